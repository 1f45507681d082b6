//! Files that the user names for a command to read: anything that can be read, a pipe as well, up to a size.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The most that is read of a table or an inventory, in bytes.
pub const LARGEST: u64 = 64 << 20;
/// The most that is read of a commit message, in bytes: as much as is read of one in a repository.
pub const LARGEST_MESSAGE: u64 = 16 << 20;

/// All of a file; an error where it has more than `most` bytes, of which no more are read then.
pub fn file(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if file.metadata()?.len() > most {
        return Err(too_large(most));
    }
    all(file, most)
}

/// All of standard input; an error where it has more than `most` bytes.
pub fn standard_input(most: u64) -> io::Result<Vec<u8>> {
    all(io::stdin().lock(), most)
}

/// What is read to its end, and has none beyond `most` bytes: a device may go on for ever, and says that it is empty.
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
        assert!(file(&folder.path().join("none"), 4).is_err());
    }
}
