//! Files that the user names for a command to read: anything readable, including pipes, up to a size limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The maximum size of a table or an inventory, in bytes.
pub const LARGEST: u64 = 64 << 20;
/// The maximum size of a commit message, in bytes: the same as in a repository.
pub const LARGEST_MESSAGE: u64 = 16 << 20;

/// The content of a file; an error if it has more than `most` bytes. Errors are phrases for messages.
pub fn file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let read = || {
        let file = File::open(path)?;
        let found = file.metadata()?;
        match found.len() > most && !found.is_dir() {
            true => Err(too_large(most)),
            false => all(file, most),
        }
    };
    read().map_err(in_words)
}

/// The error in words, without the system's error number.
fn in_words(error: io::Error) -> io::Error {
    let words = match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ if error.raw_os_error().is_some() => {
            let text = error.to_string();
            text.rsplit_once(" (")
                .map_or(&*text, |(words, _)| words)
                .to_lowercase()
        }
        _ => return error,
    };
    io::Error::new(error.kind(), words)
}

/// All of standard input; an error if it has more than `most` bytes.
pub fn standard_input(most: u64) -> io::Result<Vec<u8>> {
    all(io::stdin().lock(), most)
}

/// Reads to the end, at most `most` bytes: a device may never end, and claims to be empty.
fn all(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > most {
        true => Err(too_large(most)),
        false => Ok(bytes),
    }
}

fn too_large(most: u64) -> io::Error {
    let message = format!("larger than {} MiB", most >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "0123").unwrap();
        assert_eq!(file(&path, 4).unwrap(), b"0123");
        assert_eq!(file(&path, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(file(&path, 3).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(
            all(io::repeat(0), 1 << 20).unwrap_err().kind(),
            io::ErrorKind::FileTooLarge
        );
        let said = |path: &Path| file(path, 4).unwrap_err().to_string();
        assert_eq!(said(&folder.path().join("none")), "no such file");
        assert_eq!(said(folder.path()), "it is a directory");
    }
}
