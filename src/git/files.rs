//! Files that strangers may have created: read only if they are regular, and no larger than their purpose needs.
//!
//! Opening a pipe waits for a writer, a device may never end, and a sparse file of terabytes takes no space on disk.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A pipe, a socket or a device.
    #[error("`{}` is not a regular file", .0.display())]
    Special(PathBuf),
    /// Larger than any real file of its kind.
    #[error("`{}` is larger than {most} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The limit.
        most: u64,
    },
    /// It exists but cannot be read.
    #[error("cannot read `{}`: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The message of the system.
        reason: io::Error,
    },
}

/// Whether `path` is a regular file of at most `most` bytes, or a link to one. `None` if there is no file; a directory is not
/// one.
pub fn check(path: &Path, most: u64) -> Result<Option<Metadata>, FileError> {
    let unreadable = |reason| FileError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    match path.metadata() {
        Ok(data) if data.is_dir() => Ok(None),
        Ok(data) => check_data(path, data, most).map(Some),
        Err(error) if is_absent(path, &error) => Ok(None),
        Err(error) => Err(unreadable(error)),
    }
}

/// Reads a regular file of at most `most` bytes, or a link to one. `None` if there is no file.
pub fn read(path: &Path, most: u64) -> Result<Option<Vec<u8>>, FileError> {
    let unreadable = |reason| FileError::Unreadable {
        path: path.to_owned(),
        reason,
    };
    let Some(data) = check(path, most)? else {
        return Ok(None);
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(path, &error) => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mut content = Vec::with_capacity(data.len() as usize);
    // It may grow in the meantime, and files in `/proc` claim to be empty.
    file.take(most + 1)
        .read_to_end(&mut content)
        .map_err(unreadable)?;
    if content.len() as u64 > most {
        let path = path.to_owned();
        return Err(FileError::TooLarge { path, most });
    }
    Ok(Some(content))
}

/// [`read`] for a text file; invalid UTF-8 is replaced.
pub fn read_text(path: &Path, most: u64) -> Result<Option<String>, FileError> {
    let content = read(path, most)?;
    Ok(content.map(|content| String::from_utf8_lossy(&content).into_owned()))
}

fn check_data(path: &Path, data: Metadata, most: u64) -> Result<Metadata, FileError> {
    let path = || path.to_owned();
    if !data.is_file() {
        return Err(FileError::Special(path()));
    }
    if data.len() > most {
        return Err(FileError::TooLarge { path: path(), most });
    }
    Ok(data)
}

/// A dangling or circular link counts as no file.
fn is_absent(path: &Path, error: &io::Error) -> bool {
    let is_nowhere = matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    );
    is_nowhere || error.kind() != io::ErrorKind::PermissionDenied && path.is_symlink()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regular_files_up_to_the_limit_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(read(&path, 10).unwrap().is_none());
        assert!(read(&path.join("below"), 10).unwrap().is_none());
        assert!(read(folder.path(), 10).unwrap().is_none());
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(read_text(&path, 10).unwrap().unwrap(), "0123456789");
        assert!(matches!(read(&path, 9), Err(FileError::TooLarge { .. })));
        assert!(read(&path.join("below"), 10).unwrap().is_none());
    }

    #[cfg(unix)]
    #[test]
    fn links_stand_for_what_they_lead_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, at(name)).unwrap();
        std::fs::write(at("file"), "text").unwrap();
        link(&at("file"), "to file");
        link(&at("nothing"), "to nothing");
        link(&at("circle"), "circle");
        link(Path::new("/dev/zero"), "to device");
        assert_eq!(read_text(&at("to file"), 10).unwrap().unwrap(), "text");
        assert!(read(&at("to nothing"), 10).unwrap().is_none());
        assert!(read(&at("circle"), 10).unwrap().is_none());
        assert!(matches!(read(&at("to device"), 10), Err(FileError::Special(_))));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn pipes_are_not_opened_and_sparse_files_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(
            std::process::Command::new("mkfifo")
                .arg(at("pipe"))
                .status()
                .unwrap()
                .success()
        );
        assert!(matches!(read(&at("pipe"), 10), Err(FileError::Special(_))));
        let sparse = File::create(at("sparse")).unwrap();
        sparse.set_len(5 << 40).unwrap();
        assert!(matches!(
            read(&at("sparse"), 1 << 20),
            Err(FileError::TooLarge { .. })
        ));
        assert!(matches!(
            read(Path::new("/proc/self/environ"), 0),
            Err(FileError::TooLarge { .. })
        ));
    }
}
