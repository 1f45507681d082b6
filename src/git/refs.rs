//! The references of the ledger, and how they move: compare-and-swap under a lock of our own, so that nobody's update is
//! lost.
//!
//! Git's own notes commands and libgit2's `note()` update their reference without looking at what is there; four writers
//! beside each other lose half of what they acknowledge. Here a reference moves only from the value that was read.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use git2::{ErrorCode, Oid, Reflog, Repository};

use super::open::{Repo, object_id};
use super::signing;
use super::writer::{PATIENCE_WITH_OURS, Signing, WriteError, Writer};
use crate::facts::ids::ObjectId;

/// The ledger.
pub const NOTES: &str = "refs/notes/leverage";
/// The chain of commits that carry tasks without code.
pub const TASKS: &str = "refs/leverage/tasks";
/// The last ledger that this clone wrote.
pub const PIN: &str = "refs/leverage/pin";
/// What was fetched: `refs/leverage/remotes/<remote>/notes` and `…/tasks`.
pub const REMOTES: &str = "refs/leverage/remotes/";

/// How long a writer waits for a reference that somebody holds or keeps moving.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(3);

/// Where a ledger ends; `None` where it has no such reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tips {
    /// The commit of its notes.
    pub notes: Option<ObjectId>,
    /// The last commit of its tasks without code.
    pub tasks: Option<ObjectId>,
}

impl Tips {
    /// Those of the ledger of this clone.
    pub fn own(repo: &Repo) -> Self {
        let tip = |name| target(repo.raw(), name).ok().flatten().and_then(object_id);
        Self {
            notes: tip(NOTES),
            tasks: tip(TASKS),
        }
    }
}

/// Our own lock: one writer of ours at a time in a repository. Released when dropped, and by the system when the process
/// dies.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Waits for the lock in the folder that all work trees share.
    pub fn take(repo: &Repo) -> Result<Self, WriteError> {
        let path = repo.common_dir().join("leverage.flock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| WriteError::storage(repo, &error.to_string()))?;
        let patience = Patience::of(PATIENCE_WITH_OURS);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if patience.wait() => {}
                Err(TryLockError::WouldBlock) => return Err(WriteError::Busy(path)),
                // Some network file systems have no locks: compare-and-swap alone still loses nothing.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::Error(error)) => return Err(WriteError::storage(repo, &error.to_string())),
            }
        }
    }
}

/// Short waits of uneven length until a deadline.
pub(super) struct Patience {
    deadline: Instant,
}

impl Patience {
    fn of(limit: Duration) -> Self {
        Self {
            deadline: Instant::now() + limit,
        }
    }

    pub(super) fn with_others() -> Self {
        Self::of(PATIENCE_WITH_OTHERS)
    }

    /// Waits a few milliseconds; false when the time is over.
    pub(super) fn wait(&self) -> bool {
        let chance = RandomState::new().build_hasher().finish();
        thread::sleep(Duration::from_millis(1 + chance % 12));
        Instant::now() < self.deadline
    }
}

/// What became of an attempt to move a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swap {
    /// It moved.
    Done,
    /// It is no longer where it was read, or somebody holds it just now.
    TryAgain,
}

/// Moves a reference from `old` (`None`: it does not exist) to `new`, or not at all.
pub(super) fn compare_and_swap(
    repo: &Repo,
    name: &str,
    old: Option<Oid>,
    new: Oid,
    message: &str,
) -> Result<Swap, WriteError> {
    let old = old.unwrap_or(Oid::ZERO_SHA1);
    keep_log(repo, name);
    match repo.raw().reference_matching(name, new, true, old, message) {
        Ok(_) => Ok(Swap::Done),
        Err(error)
            if matches!(
                error.code(),
                ErrorCode::Locked | ErrorCode::Modified | ErrorCode::NotFound | ErrorCode::Exists
            ) =>
        {
            Ok(Swap::TryAgain)
        }
        Err(error) => Err(WriteError::git(repo, &error)),
    }
}

/// Git logs the moves of notes and branches, and of other names only where a log is there already. A bare repository keeps
/// none.
fn keep_log(repo: &Repo, name: &str) {
    if name == TASKS && !repo.raw().is_bare() {
        // Without a log the audit says that it cannot tell.
        let _ = repo.raw().reference_ensure_log(name);
    }
}

/// Why a reference could not be moved in time: a lock that is still there, or a crowd.
pub(super) fn gave_up(repo: &Repo, name: &str) -> WriteError {
    for path in [
        repo.common_dir().join(format!("{name}.lock")),
        repo.common_dir().join("packed-refs.lock"),
    ] {
        if let Some(age) = age(&path) {
            return WriteError::Locked { path, age };
        }
    }
    WriteError::Contended(name.to_owned())
}

fn age(path: &Path) -> Option<String> {
    let modified = path.metadata().ok()?.modified().ok()?;
    let seconds = modified.elapsed().unwrap_or_default().as_secs();
    Some(match seconds {
        0..60 => "was made moments ago".to_owned(),
        60..7200 => format!("is {} minutes old", seconds / 60),
        7200..172_800 => format!("is {} hours old", seconds / 3600),
        _ => format!("is {} days old", seconds / 86_400),
    })
}

/// What a reference names; `None` where there is none.
pub(super) fn target(repo: &Repository, name: &str) -> Result<Option<Oid>, git2::Error> {
    match repo.find_reference(name) {
        Ok(reference) => Ok(reference.resolve()?.target()),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// What git logged of the moves of a reference that all work trees share; `None` where it keeps no log. Asking libgit2 for a
/// log that is not there would make an empty one.
pub(super) fn log_of(repo: &Repo, name: &str) -> Option<Reflog> {
    let file = repo.common_dir().join("logs").join(name);
    file.is_file().then(|| repo.raw().reflog(name).ok()).flatten()
}

/// Every reference whose name matches, sorted. Names that are not UTF-8 are none of ours.
pub fn names(repo: &Repo, glob: &str) -> Result<Vec<String>, git2::Error> {
    let mut names: Vec<String> = repo
        .raw()
        .references_glob(glob)?
        .filter_map(|reference| reference.ok()?.name().ok().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// Appends commits without files to the chain that `name` is, oldest message first, and returns their ids.
///
/// The caller holds the [`WriteLock`].
pub fn extend_chain(
    repo: &Repo,
    name: &str,
    messages: &[String],
    writer: &Writer,
) -> Result<Vec<ObjectId>, WriteError> {
    let failed = |error: git2::Error| WriteError::git(repo, &error);
    let raw = repo.raw();
    let patience = Patience::with_others();
    loop {
        let old = target(raw, name).map_err(failed)?;
        if let Some(tip) = old {
            readable(repo, name, tip)?;
        }
        let mut tip = old;
        let mut ids = Vec::with_capacity(messages.len());
        for message in messages {
            let parents: Vec<Oid> = tip.into_iter().collect();
            let id = commit_without_files(repo, &parents, message, writer)?;
            ids.push(id);
            tip = Some(id);
        }
        let Some(new) = ids.last() else {
            return Ok(Vec::new());
        };
        if compare_and_swap(repo, name, old, *new, "leverage: tasks without code")? == Swap::Done {
            return Ok(ids.into_iter().filter_map(object_id).collect());
        }
        if !patience.wait() {
            return Err(gave_up(repo, name));
        }
    }
}

/// Takes the chain that ends in `theirs` into the one that `name` is: forward where ours is a part of it, else by a commit
/// after both. Whether that moves it.
///
/// The caller holds the [`WriteLock`].
pub fn join_chain(
    repo: &Repo,
    name: &str,
    theirs: ObjectId,
    message: &str,
    writer: &Writer,
) -> Result<bool, WriteError> {
    let failed = |error: git2::Error| WriteError::git(repo, &error);
    let raw = repo.raw();
    let theirs = Oid::from_bytes(theirs.as_bytes()).map_err(failed)?;
    readable(repo, name, theirs)?;
    let patience = Patience::with_others();
    loop {
        let old = target(raw, name).map_err(failed)?;
        let new = match old {
            None => theirs,
            Some(own) if own == theirs || raw.graph_descendant_of(own, theirs).map_err(failed)? => {
                return Ok(false);
            }
            Some(own) if raw.graph_descendant_of(theirs, own).map_err(failed)? => theirs,
            Some(own) => {
                readable(repo, name, own)?;
                commit_without_files(repo, &[own, theirs], message, writer)?
            }
        };
        if compare_and_swap(repo, name, old, new, "leverage: tasks without code")? == Swap::Done {
            return Ok(true);
        }
        if !patience.wait() {
            return Err(gave_up(repo, name));
        }
    }
}

/// An error where a chain ends in what cannot be read as a commit.
fn readable(repo: &Repo, name: &str, tip: Oid) -> Result<(), WriteError> {
    let found = repo.commit_at(tip);
    found.map(|_| ()).map_err(|error| WriteError::Unreadable {
        reference: name.to_owned(),
        reason: error.message().to_owned(),
    })
}

/// A commit of the empty tree, that no reference names yet.
fn commit_without_files(
    repo: &Repo,
    parents: &[Oid],
    message: &str,
    writer: &Writer,
) -> Result<Oid, WriteError> {
    let raw = repo.raw();
    let failed = |error: git2::Error| WriteError::git(repo, &error);
    let empty = raw
        .treebuilder(None)
        .and_then(|tree| tree.write())
        .map_err(failed)?;
    if writer.signing == Signing::On {
        return signing::commit(repo, empty, parents, message, writer);
    }
    let signature = writer.signature(repo)?;
    let commit = || {
        let tree = raw.find_tree(empty)?;
        let parents: Result<Vec<_>, _> = parents.iter().map(|parent| raw.find_commit(*parent)).collect();
        let parents = parents?;
        let parents: Vec<_> = parents.iter().collect();
        raw.commit(None, &signature, &signature, message, &tree, &parents)
    };
    commit().map_err(failed)
}

/// The references of commits that carry tasks without code: our own and what was fetched.
pub fn task_references(repo: &Repo) -> Vec<String> {
    let fetched = names(repo, &format!("{REMOTES}*/tasks")).unwrap_or_default();
    let own = target(repo.raw(), TASKS).ok().flatten();
    fetched.into_iter().chain(own.map(|_| TASKS.to_owned())).collect()
}

/// Whether a commit comes after another; not where an object between them is missing.
pub fn descends(repo: &Repo, commit: ObjectId, from: ObjectId) -> bool {
    let oid = |id: ObjectId| Oid::from_bytes(id.as_bytes());
    let descends = || repo.raw().graph_descendant_of(oid(commit)?, oid(from)?);
    descends().unwrap_or(false)
}

/// Every commit that can be reached from the references, those of broken ones left out.
pub fn chain(repo: &Repo, names: &[String]) -> HashSet<ObjectId> {
    let raw = repo.raw();
    let mut pending: Vec<Oid> = names
        .iter()
        .filter_map(|name| target(raw, name).ok().flatten())
        .collect();
    let mut seen = HashSet::new();
    while let Some(id) = pending.pop() {
        if let Ok(commit) = repo.commit_at(id)
            && seen.insert(id)
        {
            pending.extend(commit.parent_ids());
        }
    }
    seen.into_iter().filter_map(object_id).collect()
}
