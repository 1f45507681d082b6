//! The entries of a directory.
//!
//! The standard library aborts the process if a directory cannot be closed properly, as can happen on a broken disk or on a
//! network: even after a record was written, which would then be reported as a failure. Here this is not an error, because all
//! entries have been listed by then. `clippy.toml` forbids the functions of the standard library.

#![cfg_attr(not(unix), allow(clippy::disallowed_methods))]

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The type of an entry, without following links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Folder,
    /// A symbolic link.
    Link,
    /// A pipe, a socket or a device.
    Special,
}

/// An entry of a directory.
#[derive(Debug, Clone)]
pub struct Entry {
    path: PathBuf,
    kind: Option<Kind>,
}

impl Entry {
    /// The path of the directory, and the name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name.
    pub fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// Its type.
    pub fn kind(&self) -> io::Result<Kind> {
        match self.kind {
            Some(kind) => Ok(kind),
            // Not every file system reports the type with the name.
            None => self.metadata().map(|data| kind_of(&data)),
        }
    }

    /// Its metadata; of a link, that of the link itself.
    pub fn metadata(&self) -> io::Result<Metadata> {
        self.path.symlink_metadata()
    }
}

fn kind_of(data: &Metadata) -> Kind {
    let kind = data.file_type();
    match () {
        () if kind.is_file() => Kind::File,
        () if kind.is_dir() => Kind::Folder,
        () if kind.is_symlink() => Kind::Link,
        () => Kind::Special,
    }
}

/// All entries of a directory, in no order. An unreadable entry is an error in its place.
pub fn list(folder: &Path) -> io::Result<Vec<io::Result<Entry>>> {
    let entry = |(name, kind): (OsString, Option<Kind>)| Entry {
        path: folder.join(name),
        kind,
    };
    let names = names(folder)?.into_iter();
    Ok(names.map(|named| named.map(entry)).collect())
}

/// The entries of a directory that can be listed, whether or not it exists.
pub fn present(folder: &Path) -> impl Iterator<Item = Entry> + use<> {
    list(folder).into_iter().flatten().flatten()
}

/// Removes a directory and the files in it.
pub fn remove_with_files(folder: &Path) -> io::Result<()> {
    for entry in list(folder)? {
        fs::remove_file(entry?.path())?;
    }
    fs::remove_dir(folder)
}

/// Removes a directory and everything below it; links are removed, not followed.
pub fn remove_with_all(folder: &Path) -> io::Result<()> {
    for entry in list(folder)? {
        let entry = entry?;
        match entry.kind()? {
            Kind::Folder => remove_with_all(entry.path())?,
            Kind::File | Kind::Link | Kind::Special => fs::remove_file(entry.path())?,
        }
    }
    fs::remove_dir(folder)
}

/// A name, and the type of its entry if the directory contains it.
type Named = io::Result<(OsString, Option<Kind>)>;

#[cfg(unix)]
fn names(folder: &Path) -> io::Result<Vec<Named>> {
    use std::os::unix::ffi::OsStrExt;

    use rustix::fs::{Dir, FileType, Mode, OFlags, open};

    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let open = Dir::new(open(folder, flags, Mode::empty())?)?;
    let kind = |kind| match kind {
        FileType::RegularFile => Some(Kind::File),
        FileType::Directory => Some(Kind::Folder),
        FileType::Symlink => Some(Kind::Link),
        FileType::Unknown => None,
        _ => Some(Kind::Special),
    };
    let named = open.filter_map(|entry| match entry {
        Ok(entry) => {
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            (name != "." && name != "..").then(|| Ok((name.to_owned(), kind(entry.file_type()))))
        }
        Err(error) => Some(Err(error.into())),
    });
    Ok(named.collect())
}

#[cfg(not(unix))]
fn names(folder: &Path) -> io::Result<Vec<Named>> {
    let named = fs::read_dir(folder)?.map(|entry| entry.map(|entry| (entry.file_name(), None)));
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_there_is_listed_with_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(list(folder.path()).unwrap().len(), 0);
        fs::write(at("file"), "text").unwrap();
        fs::create_dir(at("folder")).unwrap();
        let mut expected = vec![("file", Kind::File), ("folder", Kind::Folder)];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("file", at("link")).unwrap();
            let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
            expected.extend([("link", Kind::Link), ("socket", Kind::Special)]);
        }
        let mut found: Vec<Entry> = present(folder.path()).collect();
        found.sort_by(|a, b| a.path().cmp(b.path()));
        let unsaid = found.iter().map(|entry| Entry {
            kind: None,
            ..entry.clone()
        });
        for found in [found.clone(), unsaid.collect()] {
            let found: Vec<_> = found
                .iter()
                .map(|entry| (entry.name().to_str().unwrap(), entry.kind().unwrap()))
                .collect();
            assert_eq!(found, expected);
        }
        assert_eq!(found[0].path(), at("file"));
    }

    #[test]
    fn what_is_no_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text").unwrap();
        let kind = |name| list(&at(name)).unwrap_err().kind();
        assert_eq!(kind("nothing"), io::ErrorKind::NotFound);
        assert_eq!(kind("file"), io::ErrorKind::NotADirectory);
        assert_eq!(present(&at("nothing")).count(), 0);
    }

    #[test]
    fn a_folder_is_removed_with_its_files_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("flat")).unwrap();
        fs::write(at("flat/file"), "text").unwrap();
        remove_with_files(&at("flat")).unwrap();
        assert!(!at("flat").exists());
        fs::create_dir_all(at("deep/inner")).unwrap();
        assert!(remove_with_files(&at("deep")).is_err());
        assert!(at("deep/inner").exists());
        fs::create_dir(at("other")).unwrap();
        fs::write(at("other/file"), "text").unwrap();
        fs::write(at("deep/inner/file"), "text").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(at("other"), at("deep/link")).unwrap();
        remove_with_all(&at("deep")).unwrap();
        assert!(!at("deep").exists() && at("other/file").exists());
        assert!(remove_with_all(&at("deep")).is_err());
    }
}
