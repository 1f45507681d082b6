//! What may prevent a record from being written or read, as far as it can be determined without writing one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::open::Repo;
use super::refs::{self, NOTES, PIN, REMOTES, TASKS, Tips, WriteLock};
use super::swap;
use super::writer::{WriteError, refusals};
use super::{folder, notes};
use crate::facts::ids::ObjectId;

/// A lock that git holds longer than this was left by a process that died.
const YOUNG: u64 = 600;
/// How many directories of remotes are searched for locks.
const MOST_FOLDERS: usize = 200;

/// Something that cannot be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable {
    /// The directory.
    pub path: PathBuf,
    /// The message of the system.
    pub reason: String,
}

/// The lock of a ref, or of all packed ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLock {
    /// Its file.
    pub path: PathBuf,
    /// Its age, in words.
    pub age: Option<String>,
    /// Whether it is too young to have been left by a process that died.
    pub is_young: bool,
    /// Whether it was made by a git-leverage process that no longer runs.
    pub is_ours: bool,
}

/// The first directory that a record would be written to, but cannot: an unnamed file is created in each.
pub fn unwritable(repo: &Repo) -> Option<Unwritable> {
    refusals(repo).next().map(|(path, error)| Unwritable {
        reason: error_text(&error),
        path,
    })
}

fn error_text(error: &io::Error) -> String {
    let inner = error.get_ref().map(ToString::to_string);
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code).to_string(),
        None => inner.unwrap_or_else(|| error.kind().to_string()),
    }
}

/// The locks of the ledger's refs, and the lock of all packed refs.
pub fn locks(repo: &Repo) -> Vec<HeldLock> {
    let common = repo.common_dir();
    let ours = swap::left_locks(common, &[NOTES, TASKS, PIN]);
    let mut paths: Vec<PathBuf> = [NOTES, TASKS, PIN, "packed-refs"]
        .iter()
        .map(|name| common.join(format!("{name}.lock")))
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    locks_below(&common.join(REMOTES), &mut paths);
    let lock = |path: PathBuf| HeldLock {
        age: refs::age(&path),
        is_young: seconds_since(&path).is_none_or(|age| age < YOUNG),
        is_ours: ours.contains(&path),
        path,
    };
    paths.into_iter().map(lock).collect()
}

fn locks_below(top: &Path, found: &mut Vec<PathBuf>) {
    let mut folders = vec![top.to_owned()];
    let mut seen = 0;
    while let Some(next) = folders.pop() {
        seen += 1;
        if seen > MOST_FOLDERS {
            return;
        }
        for entry in folder::present(&next) {
            match entry.kind() {
                Ok(folder::Kind::Folder) => folders.push(entry.path().to_owned()),
                Ok(_) if entry.path().extension().is_some_and(|end| end == "lock") => {
                    found.push(entry.path().to_owned());
                }
                _ => {}
            }
        }
    }
}

fn seconds_since(path: &Path) -> Option<u64> {
    let modified = fs::symlink_metadata(path).ok()?.modified().ok()?;
    Some(modified.elapsed().unwrap_or_default().as_secs())
}

/// Removes locks of git-leverage processes that died while writing, as every writer does.
pub fn remove_left_locks(repo: &Repo) -> Result<(), WriteError> {
    WriteLock::take(repo).map(drop)
}

/// Why the ledger cannot be read, if it cannot.
pub fn unreadable(repo: &Repo) -> Option<String> {
    if let Err(error) = refs::check(repo) {
        return Some(error.to_string());
    }
    notes::read_own(repo).trouble
}

/// The ledger that this clone last wrote, and its current one, if another program moved it since.
pub fn moved(repo: &Repo) -> Option<(Tips, Tips)> {
    let pinned: ObjectId = notes::tip(repo, PIN)?;
    let own = Tips::own(repo);
    let at = |notes| Tips { notes, tasks: None };
    (own.notes != Some(pinned)).then(|| (at(Some(pinned)), at(own.notes)))
}
