//! The contents of the cache, and how to remove them.
//!
//! A file belongs to the cache if its name is one that a [`Slot`](super::Slot) gives, or gave in an earlier version,
//! and if it is a plain file in the cache's directory or in the directory of one kind. Links are not followed, and
//! other files are counted and not touched.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Kind, UNFINISHED};
use crate::facts::diagnostics::Warning;
use crate::git::folder::{self, Entry};

/// No process writes one file for longer: after this time it was given up.
const LONGEST_WRITE: TimeDelta = TimeDelta::hours(1);

/// One file of the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its content; `None` for one that an interrupted run left unfinished.
    pub kind: Option<Kind>,
    /// Its path.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// When it was written, if the file system records it.
    pub written: Option<DateTime<Utc>>,
}

/// The contents of the cache.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The files of the cache, sorted by path.
    pub files: Vec<Stored>,
    /// How many other files, directories and links are between them.
    pub foreign: u64,
    /// What could not be examined.
    pub warnings: Vec<Warning>,
}

impl Contents {
    /// Lists the cache at `cache`; a missing one is empty. A file that may still be being written at the time `now` is
    /// neither counted as the cache's nor as another one.
    pub fn of(cache: &Path, now: DateTime<Utc>) -> Self {
        let mut contents = Self::default();
        contents.add(cache, None, now);
        contents.files.sort_by(|a, b| a.path.cmp(&b.path));
        contents
    }

    /// Adds the content of a directory: that of a kind, or the cache itself.
    fn add(&mut self, folder: &Path, kind: Option<Kind>, now: DateTime<Utc>) {
        let entries = match folder::list(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => return self.warn(folder, "cannot list the directory", &error),
        };
        for entry in entries {
            if let Err(error) = entry.and_then(|entry| self.add_entry(&entry, kind, now)) {
                self.warn(folder, "cannot read an entry of the directory", &error);
            }
        }
    }

    fn add_entry(&mut self, entry: &Entry, folder: Option<Kind>, now: DateTime<Utc>) -> io::Result<()> {
        let name = entry.name().to_str().unwrap_or_default();
        let file_type = entry.kind()?;
        if file_type == folder::Kind::Folder
            && folder.is_none()
            && let Some(kind) = kind_of_folder(name)
        {
            self.add(entry.path(), Some(kind), now);
            return Ok(());
        }
        let kind = kind_of_file(folder, name);
        let is_unfinished = is_unfinished(name);
        if file_type != folder::Kind::File || kind.is_none() && !is_unfinished {
            self.foreign += 1;
            return Ok(());
        }
        let metadata = match entry.metadata() {
            // Another run replaced or removed it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let written = metadata.modified().ok().map(DateTime::<Utc>::from);
        if is_unfinished && written.is_none_or(|written| now - written < LONGEST_WRITE) {
            return Ok(());
        }
        self.files.push(Stored {
            kind,
            path: entry.path().to_owned(),
            bytes: metadata.len(),
            written,
        });
        Ok(())
    }

    fn warn(&mut self, place: &Path, what: &str, error: &io::Error) {
        let place = place.display().to_string();
        self.warnings
            .push(Warning::new(place, format!("{what}: {error}")));
    }
}

/// Removes files of the cache, and the directories of kinds that are empty then. Returns those that could not be
/// removed.
pub fn remove(cache: &Path, files: &[&Stored]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut folders = BTreeSet::new();
    for file in files {
        match fs::remove_file(&file.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let place = file.path.display().to_string();
                warnings.push(Warning::new(place, format!("cannot remove the file: {error}")));
            }
            _ => folders.extend(file.path.parent().filter(|folder| *folder != cache)),
        }
    }
    for folder in folders {
        // It stays if it contains something else.
        let _ = fs::remove_dir(folder);
    }
    warnings
}

/// Earlier versions had a directory for each version of the inventory's cache.
fn kind_of_folder(name: &str) -> Option<Kind> {
    let own = Kind::ALL.into_iter().filter(|kind| kind.has_folder());
    let is_version = |rest: &str| rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-'));
    let is_old = || name.strip_prefix("inventory-").is_some_and(is_version);
    own.into_iter()
        .find(|kind| kind.name() == name)
        .or_else(|| is_old().then_some(Kind::Inventory))
}

fn kind_of_file(folder: Option<Kind>, name: &str) -> Option<Kind> {
    let kinds = Kind::ALL.into_iter();
    match folder {
        Some(kind) => Some(kind).filter(|kind| kind.names(name)),
        None => kinds.filter(|kind| !kind.has_folder()).find(|kind| {
            let rest = name.strip_prefix(kind.name());
            rest.and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|rest| kind.names(rest))
        }),
    }
}

fn is_unfinished(name: &str) -> bool {
    name.strip_prefix(UNFINISHED)
        .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::super::Slot;
    use super::*;

    const CLONE: &str = "0123456789abcdef";
    const OBJECT: &str = "0123456789abcdef0123456789abcdef01234567";

    /// One file for each name of each kind.
    fn fill(cache: &Path) -> usize {
        let mut count = 0;
        for kind in Kind::ALL {
            for name in kind.examples() {
                Slot::new(cache, kind, 1, name).save("x").unwrap();
                count += 1;
            }
        }
        count
    }

    #[test]
    fn what_was_stored_is_found_by_its_kind_and_removed_with_its_folders() {
        let folder = tempfile::tempdir().unwrap();
        let count = fill(folder.path());
        let contents = Contents::of(folder.path(), Utc::now());
        assert_eq!(
            (contents.files.len(), contents.foreign, &*contents.warnings),
            (count, 0, &[][..])
        );
        for kind in Kind::ALL {
            let of_kind = contents.files.iter().filter(|file| file.kind == Some(kind));
            assert_eq!(of_kind.count(), kind.examples().len(), "{kind}");
        }
        let all: Vec<&Stored> = contents.files.iter().collect();
        assert_eq!(remove(folder.path(), &all), []);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(
            remove(folder.path(), &all),
            [],
            "somebody else removed them first"
        );
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let foreign = [
            "notes",
            "history-",
            "history-0123456789abcdef",
            "history-0123456789ABCDEF.plain",
            "history-0123456789abcdef.plain.bak",
            "changes-0123456789abcdef~",
            "survival-0123456789abcdeg",
            "sessions/claude-code",
            "sessions/Claude-0123456789abcdef",
            "sessions/deep/codex-0123456789abcdef",
            "inventory/readme.tree",
            "inventory-mine/x",
            ".git-leverage-abc",
        ];
        for name in foreign {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "mine").unwrap();
        }
        fs::create_dir(folder.path().join("notes-0123456789abcdef")).unwrap();
        let contents = Contents::of(folder.path(), Utc::now());
        assert_eq!(contents.files, []);
        assert_eq!(contents.foreign, foreign.len() as u64 + 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_neither_followed_nor_removed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (cache, outside) = (folder.path().join("cache"), folder.path().join("outside"));
        fs::create_dir(&cache).unwrap();
        fill(&outside);
        symlink(outside.join("sessions"), cache.join("sessions")).unwrap();
        let notes = format!("notes-{CLONE}");
        symlink(outside.join(&notes), cache.join(&notes)).unwrap();
        let contents = Contents::of(&cache, Utc::now());
        assert_eq!((contents.files, contents.foreign), (Vec::new(), 2));
    }

    #[test]
    fn files_of_interrupted_runs_are_ours_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".git-leverage-a1B2c3");
        fs::write(&path, "x").unwrap();
        let contents = Contents::of(folder.path(), Utc::now());
        assert_eq!((contents.files, contents.foreign), (Vec::new(), 0));
        let old = SystemTime::now() - Duration::from_secs(2 * 3600);
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(old).unwrap();
        let files = Contents::of(folder.path(), Utc::now()).files;
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].kind, &files[0].path), (None, &path));
    }

    #[test]
    fn folders_of_earlier_versions_are_ours() {
        let folder = tempfile::tempdir().unwrap();
        let old = folder.path().join("inventory-0.1.0-9");
        fs::create_dir(&old).unwrap();
        fs::write(old.join(format!("{OBJECT}-{CLONE}.tree")), "x").unwrap();
        let files = Contents::of(folder.path(), Utc::now()).files;
        assert_eq!(remove(folder.path(), &files.iter().collect::<Vec<_>>()), []);
        assert!(!old.exists());
    }
}
