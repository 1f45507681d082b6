//! The refs of the ledger, and how they move: compare-and-swap under a lock of their own, so that no update is lost.
//!
//! Git's own notes commands and libgit2's `note()` update their ref without checking its value: with four concurrent writers,
//! half of the acknowledged updates are lost. Here a ref moves only from the value that was read.

use std::collections::HashSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read as _};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use git2::{ErrorCode, ObjectFormat, Oid, Reflog};

use super::files;
use super::open::{Repo, object_id};
pub use super::ref_names::{NOTES, PIN, REMOTES, TASKS};
use super::settle;
use super::shadow::Shadow;
use super::stage::Stage;
use super::swap::{self, Moved, Moving};
use super::writer::{PATIENCE_WITH_OURS, WriteError, Writer};
use crate::facts::ids::ObjectId;

/// The refs that this program moves.
const OURS: &[&str] = &[NOTES, TASKS, PIN];

/// The maximum size of a ref's file: git's longest names are shorter.
const MAX_REFERENCE: u64 = 8192;

/// How many earlier ledgers are searched for what cannot be read in the current one.
const MOST_PAST: usize = 16;

/// How long a writer waits for a ref that another process holds or keeps moving.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_secs(3);

/// The tips of a ledger; `None` for a ref that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tips {
    /// The commit of its notes.
    pub notes: Option<ObjectId>,
    /// The last commit of its tasks without a commit.
    pub tasks: Option<ObjectId>,
}

impl Tips {
    /// The tips of this clone's ledger.
    pub fn own(repo: &Repo) -> Self {
        let tip = |name| target(repo, name).ok().flatten().and_then(object_id);
        Self {
            notes: tip(NOTES),
            tasks: tip(TASKS),
        }
    }
}

/// The lock of this program: one writer at a time per repository. Released when dropped, and by the system when the process dies.
/// Whoever acquires it removes what a dead process left behind.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

impl WriteLock {
    /// Waits for the lock, in the directory that all working trees share.
    pub fn take(repo: &Repo) -> Result<Self, WriteError> {
        let path = repo.common_dir().join("leverage.flock");
        // Opening a pipe would block forever.
        files::check(&path, u64::MAX).map_err(|error| WriteError::storage(repo, &error.to_string()))?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| WriteError::of_system(repo, &error))?;
        let patience = Patience::of(PATIENCE_WITH_OURS);
        loop {
            match file.try_lock() {
                Ok(()) => {
                    let listed = repo.refresh();
                    listed.map_err(|error| WriteError::storage(repo, &error.to_string()))?;
                    swap::take_over(repo.common_dir(), OURS);
                    settle::clear(&repo.objects());
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::WouldBlock) if patience.wait() => {}
                Err(TryLockError::WouldBlock) => return Err(WriteError::Busy(path)),
                // Some network file systems have no locks: compare-and-swap alone still loses nothing.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::Error(error)) => return Err(WriteError::of_system(repo, &error)),
            }
        }
    }
}

/// Short waits of varying length until a deadline.
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

    /// Waits a few milliseconds; false once the deadline has passed.
    pub(super) fn wait(&self) -> bool {
        let chance = RandomState::new().build_hasher().finish();
        thread::sleep(Duration::from_millis(1 + chance % 12));
        Instant::now() < self.deadline
    }
}

/// The result of an attempt to move a ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Swap {
    /// It moved.
    Done,
    /// It no longer has the value that was read, or another process holds it.
    TryAgain,
}

/// Moves a ref from `old` (`None`: it does not exist) to `new`, or not at all.
pub(super) fn compare_and_swap(
    repo: &Repo,
    name: &str,
    old: Option<Oid>,
    new: Oid,
    message: &str,
) -> Result<Swap, WriteError> {
    if let Some(shadow) = repo.shadow() {
        return swap_through_git(repo, shadow, name, (old, new), message);
    }
    keep_log(repo, name);
    let settling = &repo.settling;
    let moved = Moving {
        repository: repo.raw(),
        common_dir: repo.common_dir(),
        name,
        new,
        message,
        fsync: settling.fsync.get(),
    };
    let is_there = || target(repo, name).is_ok_and(|found| found == old);
    match moved.run(old, is_there) {
        Ok(Moved::Done(unsettled)) => {
            settling.stand();
            if let Some(error) = unsettled {
                settling.doubt(format!("`{name}` may not survive a power failure: {error}"));
            }
            Ok(Swap::Done)
        }
        Ok(Moved::Held | Moved::Elsewhere) => {
            settling.abandon();
            Ok(Swap::TryAgain)
        }
        Err(error) => {
            settling.leave();
            Err(WriteError::storage(repo, &format!("`{name}`: {error}")))
        }
    }
}

/// [`compare_and_swap`] for a ref that only git can move.
fn swap_through_git(
    repo: &Repo,
    shadow: &Shadow,
    name: &str,
    (old, new): (Option<Oid>, Oid),
    message: &str,
) -> Result<Swap, WriteError> {
    let failed = |reason: &str| WriteError::storage(repo, &format!("`{name}`: {reason}"));
    let settling = &repo.settling;
    let values = (
        old.and_then(object_id),
        object_id(new).ok_or_else(|| failed("invalid new value"))?,
    );
    let log = name == TASKS && !repo.raw().is_bare();
    let moved = shadow.move_reference(name, values, message, (log, settling.fsync.get()));
    // Git may have moved it before it failed.
    let stands = || target(repo, name).is_ok_and(|found| found == Some(new));
    if matches!(moved, Ok(true)) || stands() {
        settling.stand();
        return Ok(Swap::Done);
    }
    match moved {
        Ok(_) => {
            settling.abandon();
            Ok(Swap::TryAgain)
        }
        Err(error) => {
            settling.leave();
            Err(failed(&error.to_string()))
        }
    }
}

/// Git logs the moves of notes and branches, and of other names only if a reflog exists. A bare repository has none.
fn keep_log(repo: &Repo, name: &str) {
    let log = repo.common_dir().join("logs").join(name);
    // An existing file may be a pipe, which libgit2 would open.
    if name == TASKS && !repo.raw().is_bare() && log.symlink_metadata().is_err() {
        // Without a reflog, the audit says that it cannot tell.
        let _ = repo.raw().reference_ensure_log(name);
    }
}

/// Why a ref could not be moved in time: a lock that is still there, or too many writers.
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

/// The age of a file, in words.
pub(super) fn age(path: &Path) -> Option<String> {
    let modified = path.metadata().ok()?.modified().ok()?;
    let seconds = modified.elapsed().unwrap_or_default().as_secs();
    Some(match seconds {
        0..60 => "was made moments ago".to_owned(),
        60..7200 => format!("is {} minutes old", seconds / 60),
        7200..172_800 => format!("is {} hours old", seconds / 3600),
        _ => format!("is {} days old", seconds / 86_400),
    })
}

/// The target of a ref; `None` if it does not exist.
///
/// If the file of a ledger ref is empty, as after a power failure, the target is the one known from elsewhere.
pub(super) fn target(repo: &Repo, name: &str) -> Result<Option<Oid>, git2::Error> {
    match repo.raw().find_reference(name) {
        Ok(reference) => Ok(reference.resolve()?.target()),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => match is_rubbish(repo, name).then_some(name) {
            Some(PIN) => Ok(None),
            Some(NOTES) => last_ledger(repo).ok_or(error).map(Some),
            Some(TASKS) => last_tasks(repo).ok_or(error).map(Some),
            _ => Err(error),
        },
    }
}

/// Whether the file of one of the ledger's refs is empty or invalid.
pub fn has_rubbish(repo: &Repo) -> bool {
    OURS.iter().any(|name| is_rubbish(repo, name))
}

/// Rewrites refs whose files are empty or invalid: with their former target if it is known from elsewhere, and the pin with the
/// ledger.
///
/// The caller holds the [`WriteLock`].
pub fn mend(repo: &Repo) -> Result<(), WriteError> {
    for name in OURS.iter().filter(|name| is_rubbish(repo, name)) {
        let known = target(repo, name).ok().flatten();
        let ledger = || target(repo, NOTES).ok().flatten();
        if let Some(new) = known.or_else(|| ledger().filter(|_| *name == PIN)) {
            compare_and_swap(repo, name, known, new, "leverage: repaired")?;
        }
    }
    Ok(())
}

/// Whether the file of a ref exists, and contains neither an object id nor the name of another ref.
fn is_rubbish(repo: &Repo, name: &str) -> bool {
    let path = repo.raw().commondir().join(name);
    if !path.symlink_metadata().is_ok_and(|data| data.is_file()) {
        return false;
    }
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_REFERENCE).read_to_end(&mut content));
    let text = String::from_utf8_lossy(&content);
    let digits = match repo.raw().object_format() {
        ObjectFormat::Sha1 => 40,
        ObjectFormat::Sha256 => 64,
    };
    let is_id = |text: &str| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    read.is_ok() && !text.starts_with("ref:") && !is_id(text.trim_ascii_end())
}

/// The last ledger in the reflog or the pin, whichever is newer.
fn last_ledger(repo: &Repo) -> Option<Oid> {
    let logged = last_logged(repo, NOTES);
    let pinned = target(repo, PIN)
        .ok()
        .flatten()
        .filter(|tip| is_readable(repo, *tip));
    match (logged, pinned) {
        (Some(logged), Some(pinned)) if repo.descends(pinned, logged).unwrap_or(false) => Some(pinned),
        (logged, pinned) => logged.or(pinned),
    }
}

/// The last commit of the chain of tasks without a commit that is in the reflog, or that a note is on.
fn last_tasks(repo: &Repo) -> Option<Oid> {
    let empty = |tip: &Oid| {
        let tree = repo
            .commit_at(*tip)
            .and_then(|commit| repo.tree_at(commit.tree_id()));
        tree.is_ok_and(|tree| tree.is_empty())
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "notes cannot be asked: they are written by way of this"
    )]
    let noted = repo.raw().notes(Some(NOTES)).into_iter().flatten();
    let mut chain: Vec<Oid> = noted
        .filter_map(|note| Some(note.ok()?.1))
        .filter(empty)
        .collect();
    let Some(logged) = last_logged(repo, TASKS) else {
        // An empty commit may also be on a branch.
        chain.retain(|tip| !is_elsewhere(repo, *tip));
        let parents: HashSet<Oid> = chain.iter().flat_map(|tip| parents(repo, *tip)).collect();
        chain.retain(|tip| !parents.contains(tip));
        return chain.first().copied().filter(|_| chain.len() == 1);
    };
    // The reflog may end before the chain does.
    let mut last = logged;
    while let Some(next) = chain.iter().find(|tip| parents(repo, **tip).contains(&last)) {
        last = *next;
    }
    Some(last)
}

fn parents(repo: &Repo, id: Oid) -> Vec<Oid> {
    repo.commit_at(id)
        .map(|commit| commit.parent_ids().collect())
        .unwrap_or_default()
}

/// Whether a branch, a tag or a fetched chain contains a commit.
fn is_elsewhere(repo: &Repo, commit: Oid) -> bool {
    let references = repo.raw().references().into_iter().flatten().flatten();
    let other = references.filter(|reference| reference.name().is_ok_and(|name| !OURS.contains(&name)));
    let mut tips = other.filter_map(|reference| Some(repo.commit_of(&reference).ok()??.id()));
    tips.any(|tip| tip == commit || repo.descends(tip, commit).unwrap_or(false))
}

/// The last readable commit in the reflog of a ref.
fn last_logged(repo: &Repo, name: &str) -> Option<Oid> {
    logged(repo, name).into_iter().find(|tip| is_readable(repo, *tip))
}

/// The commits in the reflog of a ref, newest first.
fn logged(repo: &Repo, name: &str) -> Vec<Oid> {
    let path = repo.raw().commondir().join("logs").join(name);
    let is_file = path.symlink_metadata().is_ok_and(|data| data.is_file());
    let log = is_file.then(|| repo.raw().reflog(name).ok()).flatten();
    log.map(|log| log.iter().map(|entry| entry.id_new()).collect())
        .unwrap_or_default()
}

/// Earlier states of this clone's ledger, newest first: what may still be readable if it is damaged now.
pub fn past_ledgers(repo: &Repo) -> Vec<ObjectId> {
    let tip = target(repo, NOTES).ok().flatten();
    let parent = |commit: &Oid| repo.commit_at(*commit).ok()?.parent_id(0).ok();
    let parents = std::iter::successors(tip.and_then(|tip| parent(&tip)), parent).take(MOST_PAST);
    let pinned = target(repo, PIN).ok().flatten();
    let mut seen = HashSet::from([tip]);
    parents
        .chain(logged(repo, NOTES))
        .chain(pinned)
        .filter(|past| seen.insert(Some(*past)))
        .filter(|past| is_readable(repo, *past))
        .take(MOST_PAST)
        .filter_map(object_id)
        .collect()
}

/// Whether an object is a commit whose tree is present.
fn is_readable(repo: &Repo, tip: Oid) -> bool {
    repo.commit_at(tip)
        .is_ok_and(|commit| repo.tree_at(commit.tree_id()).is_ok())
}

/// The reflog of a ref that all working trees share; `None` if there is none. Asking libgit2 for a missing reflog would create an
/// empty one.
pub(super) fn log_of(repo: &Repo, name: &str) -> Option<Reflog> {
    let file = repo.raw().commondir().join("logs").join(name);
    file.is_file().then(|| repo.raw().reflog(name).ok()).flatten()
}

/// Every ref whose name matches, sorted. Names that are not UTF-8 do not belong to the ledger.
pub fn names(repo: &Repo, glob: &str) -> Result<Vec<String>, git2::Error> {
    let mut names: Vec<String> = repo
        .raw()
        .references_glob(glob)?
        .filter_map(|reference| reference.ok()?.name().ok().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// Appends empty commits to the chain at `name`, oldest message first, and returns their ids.
///
/// The caller holds the [`WriteLock`].
pub fn extend_chain(
    repo: &Repo,
    name: &str,
    messages: &[String],
    writer: &Writer,
) -> Result<Vec<ObjectId>, WriteError> {
    let failed = |error: git2::Error| WriteError::git(repo, &error);
    let patience = Patience::with_others();
    loop {
        let old = target(repo, name).map_err(failed)?;
        if let Some(tip) = old {
            readable(repo, name, tip)?;
        }
        let mut stage = Stage::new(repo)?;
        let mut ids: Vec<Oid> = Vec::with_capacity(messages.len());
        for message in messages {
            let parents: Vec<Oid> = ids.last().copied().or(old).into_iter().collect();
            ids.push(commit_without_files(&mut stage, repo, &parents, message, writer)?);
        }
        let Some(new) = ids.last() else {
            return Ok(Vec::new());
        };
        stage.land(repo)?;
        if compare_and_swap(repo, name, old, *new, "leverage: tasks without code")? == Swap::Done {
            return Ok(ids.into_iter().filter_map(object_id).collect());
        }
        if !patience.wait() {
            return Err(gave_up(repo, name));
        }
    }
}

/// Merges the chain that ends in `theirs` into the one at `name`: fast-forward if ours is part of it, else with a merge commit,
/// which needs a writer. Returns whether that moves it.
///
/// The caller holds the [`WriteLock`].
pub fn join_chain(
    repo: &Repo,
    name: &str,
    theirs: ObjectId,
    message: &str,
    writer: Option<&Writer>,
) -> Result<bool, WriteError> {
    let failed = |error: git2::Error| WriteError::git(repo, &error);
    let theirs = Oid::from_bytes(theirs.as_bytes()).map_err(failed)?;
    readable(repo, name, theirs)?;
    let patience = Patience::with_others();
    loop {
        let old = target(repo, name).map_err(failed)?;
        repo.look_through(&old.into_iter().chain([theirs]).collect::<Vec<_>>())
            .map_err(|error| WriteError::of_reference(name, &error, None))?;
        let new = match old {
            None => theirs,
            Some(own) if own == theirs || repo.descends(own, theirs).map_err(failed)? => {
                return Ok(false);
            }
            Some(own) if repo.descends(theirs, own).map_err(failed)? => theirs,
            Some(own) => {
                readable(repo, name, own)?;
                let writer = writer.ok_or(WriteError::Nobody)?;
                let mut stage = Stage::new(repo)?;
                let joined = commit_without_files(&mut stage, repo, &[own, theirs], message, writer)?;
                stage.land(repo)?;
                joined
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

/// An error if the end of a chain cannot be read as a commit.
fn readable(repo: &Repo, name: &str, tip: Oid) -> Result<(), WriteError> {
    let found = repo.commit_at(tip);
    let is_own = || name == TASKS && target(repo, name).is_ok_and(|own| own == Some(tip));
    let past = || last_tasks(repo).and_then(object_id);
    found
        .map(|_| ())
        .map_err(|error| WriteError::of_reference(name, &error, is_own().then(past).flatten()))
}

/// An error if the end of our ledger cannot be read as a commit: git would fail on it, or wait forever.
pub fn check(repo: &Repo) -> Result<(), WriteError> {
    for name in [NOTES, TASKS] {
        if let Some(tip) = target(repo, name).ok().flatten() {
            readable(repo, name, tip)?;
        }
    }
    let pin = target(repo, PIN).ok().flatten();
    pin.map_or(Ok(()), |tip| repo.check_file(tip))
        .map_err(|error| WriteError::of_reference(PIN, &error, None))
}

/// A commit of the empty tree that no ref names yet.
fn commit_without_files(
    stage: &mut Stage,
    repo: &Repo,
    parents: &[Oid],
    message: &str,
    writer: &Writer,
) -> Result<Oid, WriteError> {
    let empty = stage.repository.treebuilder(None).and_then(|tree| tree.write());
    let empty = stage.add(empty.map_err(|error| WriteError::git(repo, &error))?);
    stage.commit(repo, empty, parents, message, writer)
}

/// The fetched ledgers.
#[derive(Debug, Default)]
pub struct Fetched(Vec<String>);

impl Fetched {
    /// Finds them. Refs that cannot be listed count as missing.
    pub fn of(repo: &Repo) -> Self {
        Self(names(repo, &format!("{REMOTES}*")).unwrap_or_default())
    }

    /// Whether there are any.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The notes of each remote, sorted.
    pub fn notes(&self) -> impl Iterator<Item = &String> {
        self.of_remotes("/notes")
    }

    fn of_remotes(&self, end: &'static str) -> impl Iterator<Item = &String> {
        let below = move |name: &String| name.strip_prefix(REMOTES).is_some_and(|name| name.ends_with(end));
        self.0.iter().filter(move |name| below(name))
    }

    /// The refs of commits that carry tasks without a commit: our own and the fetched ones.
    pub fn task_references(&self, repo: &Repo) -> Vec<String> {
        let own = target(repo, TASKS).ok().flatten();
        let own = own.map(|_| TASKS.to_owned());
        self.of_remotes("/tasks").cloned().chain(own).collect()
    }
}

/// Whether a commit comes after another; false if an object between them is missing.
pub fn descends(repo: &Repo, commit: ObjectId, from: ObjectId) -> bool {
    let oid = |id: ObjectId| Oid::from_bytes(id.as_bytes());
    let descends = || repo.descends(oid(commit)?, oid(from)?);
    descends().unwrap_or(false)
}

/// Every commit that the refs reach, except through broken ones.
pub fn chain(repo: &Repo, names: &[String]) -> HashSet<ObjectId> {
    let tip = |name: &String| match target(repo, name).ok().flatten() {
        Some(lost) if name == TASKS && !is_readable(repo, lost) => last_tasks(repo),
        found => found,
    };
    let mut pending: Vec<Oid> = names.iter().filter_map(tip).collect();
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
