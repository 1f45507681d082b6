//! The files that the objects of a repository are in. `git clone` of a repository on the same file system links them: a clone whose
//! object directories contain the same files has the same objects, and lacks and damages the same ones.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::folder::{self, Kind};
use super::{Repo, changes};

/// How many files are compared; with more, most of them are loose objects, of which each clone has its own.
const MOST: usize = 4_096;
/// The directory of an object store that contains no objects.
const NO_OBJECTS: &str = "info";

/// All files in the object directories of a repository. What is read of its objects alone is the same wherever these are equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFiles {
    files: Vec<ObjectFile>,
    /// The size in bytes above which files have no lines here.
    threshold: u64,
}

/// Where a file is in which of the object directories, and which one it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct ObjectFile {
    store: usize,
    path: PathBuf,
    identity: Identity,
}

impl Repo {
    /// The files of its objects; `None` if its objects are not read as they are, because it is shallow or replaces some, or if
    /// there are too many files.
    pub fn object_files(&self) -> Option<ObjectFiles> {
        if self.is_shallow() || self.replacements().is_some() {
            return None;
        }
        let mut files = Vec::new();
        for (store, top) in self.object_folders().iter().enumerate() {
            for folder in folder::list(top).ok()? {
                let folder = folder.ok()?;
                if folder.kind().ok()? == Kind::Folder && folder.name() != NO_OBJECTS {
                    add(&mut files, (store, top), folder.path())?;
                }
            }
        }
        files.sort();
        Some(ObjectFiles {
            files,
            threshold: changes::threshold(self),
        })
    }
}

/// Adds the files of a directory; `None` if something else is in it.
fn add(files: &mut Vec<ObjectFile>, (store, top): (usize, &Path), folder: &Path) -> Option<()> {
    for file in folder::list(folder).ok()? {
        let file = file.ok()?;
        let found = file.metadata().ok().filter(Metadata::is_file)?;
        files.push(ObjectFile {
            store,
            path: file.path().strip_prefix(top).ok()?.to_owned(),
            identity: identity(&found)?,
        });
        (files.len() <= MOST).then_some(())?;
    }
    Some(())
}

/// Device, inode, size, and time of the last change of its content. Another link changes no more than the time of its metadata.
type Identity = (u64, u64, u64, i64, i64);

#[cfg(unix)]
fn identity(found: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((
        found.dev(),
        found.ino(),
        found.size(),
        found.mtime(),
        found.mtime_nsec(),
    ))
}

/// Elsewhere, files with several names are not recognized.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> Option<Identity> {
    None
}

#[cfg(any(test, feature = "testing"))]
impl ObjectFiles {
    /// No files, on a machine with this threshold.
    pub fn none_with(threshold: u64) -> Self {
        Self {
            files: Vec::new(),
            threshold,
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::super::oracle::Oracle;
    use super::*;

    /// Clones a repository; its packs and loose objects are links, unless options say otherwise.
    fn cloned(oracle: &Oracle, name: &str, options: &[&str]) -> Repo {
        oracle.git(&[&["clone", "--quiet"], options, &[".", name]].concat(), b"");
        Repo::open(&oracle.path().join(name)).unwrap()
    }

    #[test]
    fn linked_clones_have_the_same_files_until_one_of_them_changes() {
        let oracle = Oracle::with_merges();
        let files = oracle.open().object_files().unwrap();
        assert!(!files.files.is_empty());
        let clone = cloned(&oracle, "linked", &["--local"]);
        assert_eq!(clone.object_files().unwrap(), files);
        let copy = cloned(&oracle, "copied", &["--no-hardlinks"]);
        assert_ne!(
            copy.object_files().unwrap(),
            files,
            "others with the same content"
        );
        oracle.git(&["-C", "linked", "config", "core.bigFileThreshold", "1000"], b"");
        let clone = oracle.path().join("linked");
        assert_ne!(Repo::open(&clone).unwrap().object_files().unwrap(), files);
        oracle.git(
            &["-C", "linked", "config", "--unset", "core.bigFileThreshold"],
            b"",
        );
        assert_eq!(Repo::open(&clone).unwrap().object_files().unwrap(), files);
        oracle.git(
            &["-C", "linked", "hash-object", "-w", "--stdin"],
            b"another object",
        );
        assert_ne!(Repo::open(&clone).unwrap().object_files().unwrap(), files);
    }

    #[test]
    fn a_clone_that_is_shallow_or_replaces_objects_has_none() {
        let oracle = Oracle::with_merges();
        let url = format!("file://{}", oracle.path().display());
        oracle.git(&["clone", "--quiet", "--depth=1", &url, "shallow"], b"");
        let shallow = Repo::open(&oracle.path().join("shallow")).unwrap();
        assert!(shallow.object_files().is_none());
        oracle.git(&["replace", "HEAD", "HEAD~1"], b"");
        assert!(oracle.open().object_files().is_none());
    }
}
