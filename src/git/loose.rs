//! Checks loose objects before libgit2 reads them: one file each, a zlib stream of `KIND SIZE`, a NUL and the content.
//!
//! If such a stream is cut short, as after a power failure or on a full disk, libgit2 waits for more data forever.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use git2::{Error, ObjectType, Oid, Repository};
use zlib_rs::{Inflate, InflateFlush, Status};

/// How much of a file is read and inflated at once.
const PIECE: usize = 16 << 10;
/// The maximum length of a valid `KIND SIZE`, including its NUL.
const LONGEST_HEAD: usize = 32;

/// The header of a loose object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) kind: ObjectType,
    /// The size of its content in bytes.
    pub(super) size: u64,
}

/// A stream that is inflated and discarded.
struct Stream {
    file: File,
    inflate: Inflate,
    input: Vec<u8>,
    ready: std::ops::Range<usize>,
    output: Vec<u8>,
}

/// The header of a loose object; the rest of it may be damaged. `None` if there is no such file.
pub(super) fn head(path: &Path) -> io::Result<Option<Head>> {
    match Stream::open(path)? {
        Some(mut stream) => stream.head().map(|(head, _)| Some(head)),
        None => Ok(None),
    }
}

/// Fails if the stream of a loose object does not end where its header says. Reads no more than that.
pub(super) fn check(path: &Path) -> io::Result<()> {
    let Some(mut stream) = Stream::open(path)? else {
        return Ok(());
    };
    let (head, mut expected) = stream.head()?;
    expected = expected.saturating_add(head.size);
    loop {
        let (_, is_end) = stream.next()?;
        let inflated = stream.inflate.total_out();
        if inflated > expected || is_end && inflated < expected {
            return Err(damage("wrong length"));
        }
        if is_end {
            return Ok(());
        }
    }
}

/// [`check`] for objects in the repository itself, where everything is that this program writes.
pub(super) fn check_own(repo: &Repository, id: Oid) -> Result<(), Error> {
    let name = id.to_string();
    let file = repo.commondir().join("objects").join(&name[..2]).join(&name[2..]);
    // Opening a pipe would block forever.
    if file.metadata().is_ok_and(|data| !data.is_file()) {
        return Err(Error::from_str(&format!("object {id} is not a regular file")));
    }
    check(&file).map_err(|error| Error::from_str(&format!("object {id} is damaged: {error}")))
}

fn damage(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

impl Stream {
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Some(Self {
            file,
            inflate: Inflate::new(true, 15),
            input: vec![0; PIECE],
            ready: 0..0,
            output: vec![0; PIECE],
        }))
    }

    /// Inflates up to one more piece: its bytes, and whether the stream ended.
    fn next(&mut self) -> io::Result<(usize, bool)> {
        loop {
            if self.ready.is_empty() {
                self.ready = 0..self.file.read(&mut self.input)?;
            }
            let is_last = self.ready.is_empty();
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let input = &self.input[self.ready.clone()];
            let status = self
                .inflate
                .decompress(input, &mut self.output, InflateFlush::NoFlush);
            self.ready.start += (self.inflate.total_in() - read) as usize;
            let bytes = (self.inflate.total_out() - written) as usize;
            match status {
                Ok(Status::StreamEnd) => return Ok((bytes, true)),
                Ok(_) if bytes > 0 => return Ok((bytes, false)),
                // Nothing to read, and nothing was buffered.
                _ if is_last => return Err(damage("truncated")),
                Ok(_) if self.ready.is_empty() => {}
                _ => return Err(damage("cannot inflate it")),
            }
        }
    }

    /// The header, and its length.
    fn head(&mut self) -> io::Result<(Head, u64)> {
        let (bytes, _) = self.next()?;
        let start = &self.output[..bytes.min(LONGEST_HEAD)];
        let parsed = memchr::memchr(0, start).and_then(|end| Some((parse(&start[..end])?, end as u64 + 1)));
        parsed.ok_or_else(|| damage("invalid header"))
    }
}

fn parse(head: &[u8]) -> Option<Head> {
    let (kind, size) = std::str::from_utf8(head).ok()?.split_once(' ')?;
    Some(Head {
        kind: match kind {
            "commit" => ObjectType::Commit,
            "tree" => ObjectType::Tree,
            "blob" => ObjectType::Blob,
            "tag" => ObjectType::Tag,
            _ => return None,
        },
        size: size.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loose object of a given size, as libgit2 writes it.
    fn object(folder: &Path, content: &[u8]) -> Vec<u8> {
        let repo = git2::Repository::init(folder).unwrap();
        let name = repo.blob(content).unwrap().to_string();
        std::fs::read(folder.join(".git/objects").join(&name[..2]).join(&name[2..])).unwrap()
    }

    #[test]
    fn whole_objects_are_told_from_damaged_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object");
        let noise: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        for content in [&b""[..], b"a line\n", &vec![b'\n'; 1 << 20], &noise] {
            let whole = object(folder.path(), content);
            std::fs::write(&path, &whole).unwrap();
            check(&path).unwrap();
            let found = head(&path).unwrap().unwrap();
            assert_eq!((found.kind, found.size), (ObjectType::Blob, content.len() as u64));
            for cut in (0..whole.len()).step_by(whole.len() / 50 + 1) {
                std::fs::write(&path, &whole[..cut]).unwrap();
                assert!(check(&path).is_err(), "{cut} of {}", whole.len());
            }
            for at in (0..whole.len()).step_by(whole.len() / 50 + 1) {
                let mut other = whole.clone();
                other[at] ^= 0x55;
                std::fs::write(&path, &other).unwrap();
                // It ends, whatever it finds.
                let _ = (check(&path), head(&path));
            }
        }
        assert!(head(&folder.path().join("none")).unwrap().is_none());
    }

    #[test]
    fn a_head_that_lies_is_damage() {
        for (head, length) in [
            ("blob 5", 4),
            ("blob 5", 6),
            ("blob -1", 1),
            ("blub 1", 1),
            ("blob", 0),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("object");
            let content = [head.as_bytes(), b"\0", &vec![b'x'; length]].concat();
            // A stream that compresses nothing.
            let size = (content.len() as u16).to_le_bytes();
            let not = (!(content.len() as u16)).to_le_bytes();
            let stream = [&[0x78, 0x01, 1][..], &size, &not, &content, &adler(&content)].concat();
            std::fs::write(&path, stream).unwrap();
            assert!(check(&path).is_err(), "{head} with {length} bytes");
        }
    }

    fn adler(bytes: &[u8]) -> [u8; 4] {
        let sums = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
            let a = (a + u32::from(*byte)) % 65_521;
            (a, (b + a) % 65_521)
        });
        (sums.1 << 16 | sums.0).to_be_bytes()
    }
}
