//! Pending sessions and commits, and the repositories they belong to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::place::Near;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::session::Session;
use crate::git::{OpenError, Repo, messages};
use crate::sources::agents::READERS;
use crate::spool::Pending;
use crate::spool::pending::Committed;
use crate::workspace::capture::with_launched;
use crate::workspace::places::{named, repositories_near};

/// How many seconds the time of a commit may be earlier than that of its hook: git takes it before the message is typed.
const CLOCKS: i64 = 3600;

/// A pending session with the sessions it started.
pub(super) struct Target<'a> {
    pub(super) pending: &'a Pending,
    pub(super) sessions: BTreeSet<SessionId>,
    /// The repositories they worked in.
    pub(super) repositories: BTreeSet<PathBuf>,
    /// Whether all of it is captured now, or only commits that have nothing of it yet: while the session is active, each turn
    /// would otherwise add a line to each of its commits.
    pub(super) is_due: bool,
    /// What is left to do.
    pub(super) left: Left,
}

/// What is still to be captured of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Left {
    /// Nothing, for now.
    Nothing,
    /// Work in a place that was not examined.
    Elsewhere,
    /// Too little new work for new lines, as long as more may come.
    Waits,
    /// Work whose capture failed.
    Failed(String),
}

/// Commits that git reported.
pub(super) struct Commits<'a> {
    pub(super) committed: &'a Committed,
    /// The repository they are in, if it still exists.
    pub(super) repository: Option<PathBuf>,
    /// Whether any of them is left to do.
    pub(super) is_left: bool,
}

impl<'a> Commits<'a> {
    pub(super) fn new(committed: &'a Committed, near: &Near) -> Self {
        let is_near = near.holds(Path::new(&committed.folder));
        let repository = match is_near {
            true => main_folder(&committed.folder),
            false => Ok(None),
        };
        Self {
            committed,
            is_left: !is_near || repository.is_err(),
            repository: repository.ok().flatten(),
        }
    }

    /// Whether a commit may be one of them.
    pub(super) fn may_have(&self, commit: ObjectId, repo: &Repo) -> bool {
        let first = self.committed.first.timestamp().saturating_sub(CLOCKS);
        messages::with_commit(repo, commit, |raw| raw.commit_time().seconds >= first).unwrap_or(false)
    }
}

impl<'a> Target<'a> {
    pub(super) fn new(pending: &'a Pending, all: &[Session], near: &Near, now: DateTime<Utc>) -> Self {
        let mut target = Self {
            is_due: pending.is_ended || pending.rests(now),
            pending,
            sessions: with_launched(&pending.session, all),
            repositories: BTreeSet::new(),
            left: Left::Nothing,
        };
        let own: Vec<&Session> = all
            .iter()
            .filter(|one| target.sessions.contains(&one.id))
            .collect();
        let folders: Vec<&Path> = pending.folders.iter().map(Path::new).collect();
        let named = own.iter().flat_map(|session| named(session));
        let is_near = |path: &Path| near.holds(path);
        let (is_here, is_elsewhere) = folders
            .iter()
            .copied()
            .chain(named)
            .map(is_near)
            .fold((false, false), |(here, elsewhere), is_near| {
                (here || is_near, elsewhere || !is_near)
            });
        if is_elsewhere {
            target.leave(Left::Elsewhere);
        }
        if is_here || !is_elsewhere {
            target.look(&own, near);
        }
        target
    }

    /// Finds the repositories the session worked in, and the obstacles.
    fn look(&mut self, own: &[&Session], near: &Near) {
        let pending = self.pending;
        let is_near = |folder: &&String| near.holds(Path::new(folder));
        let mut folders = Vec::new();
        for folder in pending.folders.iter().filter(is_near) {
            match main_folder(folder) {
                Ok(found) => folders.extend(found),
                Err(reason) => self.leave(Left::Failed(reason)),
            }
        }
        let found = repositories_near(&folders, own.iter().copied(), |path| near.holds(path));
        self.repositories = found.into_iter().collect();
        // One that can no longer be opened is reported when it is captured in.
        self.repositories.extend(folders);
        let is_gone = |folder: &String| !Path::new(folder).exists();
        if self.repositories.is_empty() && pending.folders.iter().filter(is_near).any(is_gone) {
            self.leave(Left::Failed("its working directory no longer exists".to_owned()));
        }
        if own.is_empty() && has_log(pending) {
            self.leave(Left::Failed("its log could not be read".to_owned()));
        }
    }

    /// Records that something is left, unless something worse already is.
    pub(super) fn leave(&mut self, left: Left) {
        if !matches!(self.left, Left::Failed(_)) {
            self.left = left;
        }
    }
}

/// Whether a log exists that must contain something.
fn has_log(pending: &Pending) -> bool {
    let is_read = READERS
        .iter()
        .any(|reader| reader.name() == pending.session.agent);
    let is_there = |log: &String| std::fs::metadata(log).is_ok_and(|data| data.is_file());
    is_read && pending.had_turns && pending.log.as_ref().is_some_and(is_there)
}

/// The main directory of the repository around a directory that an agent named; `None` if there is none.
pub(super) fn main_folder(folder: &str) -> Result<Option<PathBuf>, String> {
    let folder = Path::new(folder);
    if !folder.is_absolute() || !folder.is_dir() {
        return Ok(None);
    }
    match Repo::discover(folder) {
        Ok(repo) => Ok(Some(repo.main_folder())),
        // There should be a repository here, but it is broken.
        Err(OpenError::NotARepository(_)) if !has_git_folder(folder) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

fn has_git_folder(folder: &Path) -> bool {
    folder.ancestors().any(|above| above.join(".git").exists())
}
