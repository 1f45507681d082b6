//! How logs and the files beside them are opened. No other code below `agents/` opens one.
//!
//! The directories of agents are written by programs that follow models, and a name in them can lead anywhere. Opening
//! a pipe waits for a writer, a device may never end, and a sparse file of terabytes takes no room on a disk. So only
//! regular files are opened, and reading has a limit, for whole files and line by line. A name in a log is the name of
//! a file in a directory, and cannot lead out of it.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use super::log::Log;

/// The largest file that is read as a whole, in bytes.
pub const LARGEST: u64 = 64 << 20;
/// The most bytes of a log that are read line by line. The longest real ones have a tenth of that.
pub const LONGEST_LOG: u64 = 2 << 30;

/// Opens a regular file, or a link to one; anything else is an error.
pub fn open(path: &Path) -> io::Result<File> {
    // A device is not opened even to examine it: some act when they are opened.
    check(&std::fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    // A file may have been replaced by a pipe since.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

/// Whether a file may be opened by other code: it is a regular one, or missing.
pub fn check_if_there(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(data) => check(&data),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn check(data: &Metadata) -> io::Result<()> {
    if data.is_file() {
        return Ok(());
    }
    let what = if data.is_dir() {
        "is a directory"
    } else {
        "not a regular file"
    };
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

/// All of a file of at most [`LARGEST`] bytes; a larger one is an error.
pub fn whole(path: &Path) -> io::Result<Vec<u8>> {
    at_most(open(path)?, LARGEST)
}

fn at_most(file: File, most: u64) -> io::Result<Vec<u8>> {
    let too_large = || {
        let message = format!("larger than {} MiB", most >> 20);
        io::Error::new(io::ErrorKind::FileTooLarge, message)
    };
    let length = file.metadata()?.len();
    if length > most {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    // It may grow meanwhile, and some files report a size of 0 but are not empty.
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    Ok(bytes)
}

/// The first bytes of a file, as many as there are of `length`.
pub fn beginning(path: &Path, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    open(path)?.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// All of a file beside a log; `None` if it is missing. One that cannot be read, or is too large, is noted in the log.
pub fn beside(path: &Path, log: &mut Log) -> Option<Vec<u8>> {
    match whole(path) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            // A log that is read on from where the last run ended has it noted already.
            if log.read_to == 0 {
                log.warn(path, 1, format!("not read: {error}"));
            }
            None
        }
    }
}

/// The file beside another one that an id in a log names; `None` if the id is not a file name but leads elsewhere.
pub fn named(beside: &Path, id: &str, extension: &str) -> Option<PathBuf> {
    let name = format!("{id}.{extension}");
    let is_plain = !id.is_empty() && !id.contains(['/', '\\', '\0', ':']);
    let is_one = || {
        matches!(
            Path::new(&name).components().collect::<Vec<_>>().as_slice(),
            [Component::Normal(_)]
        )
    };
    (is_plain && is_one()).then(|| beside.with_file_name(name))
}

/// How many bytes of a file are on disk: a sparse one has fewer than its size.
pub fn stored(path: &Path) -> u64 {
    let Ok(data) = std::fs::metadata(path) else {
        return 0;
    };
    #[cfg(unix)]
    let stored = std::os::unix::fs::MetadataExt::blocks(&data).saturating_mul(512);
    #[cfg(not(unix))]
    let stored = data.len();
    stored.min(data.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(whole(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(at_most(open(&path).unwrap(), 10).unwrap(), b"0123456789");
        let error = at_most(open(&path).unwrap(), 9).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(beginning(&path, 4).unwrap(), b"0123");
        let sparse = folder.path().join("sparse");
        File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(whole(&sparse).unwrap_err().kind(), io::ErrorKind::FileTooLarge);
        let mut log = Log::default();
        assert_eq!(beside(&sparse, &mut log), None);
        assert_eq!(beside(&folder.path().join("none"), &mut log), None);
        assert_eq!(log.flaws.len(), 1, "{:?}", log.flaws);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_regular_file_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status();
        assert!(made.unwrap().success());
        std::os::unix::fs::symlink(at("pipe"), at("link")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("device")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for name in ["pipe", "link", "device", "socket", ""] {
            assert_eq!(
                open(&at(name)).unwrap_err().kind(),
                io::ErrorKind::InvalidInput,
                "{name}"
            );
            assert!(check_if_there(&at(name)).is_err(), "{name}");
        }
        check_if_there(&at("none")).unwrap();
        std::fs::write(at("file"), "x").unwrap();
        std::os::unix::fs::symlink(at("file"), at("to file")).unwrap();
        assert_eq!(whole(&at("to file")).unwrap(), b"x");
    }

    #[test]
    fn an_id_is_a_name_and_no_way() {
        let log = Path::new("/storage/session/p/one.json");
        assert_eq!(
            named(log, "ses_2", "json").as_deref(),
            Some(Path::new("/storage/session/p/ses_2.json"))
        );
        for id in ["", "../x", "a/b", "/etc/x", "..\\x", "c:x", "a\0b"] {
            assert_eq!(named(log, id, "json"), None, "{id:?}");
        }
    }
}
