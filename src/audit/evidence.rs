//! What an audit looks at.

use std::collections::HashSet;

use serde::Serialize;

use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask, RetractedTask};
use crate::facts::zone::Zone;
use crate::git::ledger_steps::{Jumps, LedgerStep};
use crate::git::survival::Survival;
use crate::sources::attested_lines::AttestedCommit;
use crate::sources::reach::Reach;

/// Which part of a repository was asked for. Without any, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Asked {
    /// A range of commits, as it was typed. Untrusted text.
    pub range: Option<String>,
    /// The first day, as it was typed. Untrusted text.
    pub since: Option<String>,
}

impl Asked {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// All that was read of a repository, whatever part of it was asked for. Rules judge by it: a range of commits cuts no task
/// in two.
#[derive(Clone, Copy)]
pub struct All<'a> {
    /// The tasks.
    pub ledger: &'a Ledger,
    /// The measured sessions that worked here, from logs or from notes.
    pub sessions: &'a [SeenSession],
    /// How the ledger came to be, oldest first.
    pub steps: &'a [LedgerStep],
    /// Where its references left their past behind.
    pub jumps: &'a Jumps,
    /// The commits of the repository.
    pub commits: &'a [Commit],
    /// What notes of git-ai attest of them.
    pub attested: &'a [AttestedCommit],
    /// All commits that can be reached, and those that were reverted for good.
    pub reach: &'a Reach,
    /// The commits on a way to HEAD: only their lines can stand there.
    pub at_head: &'a HashSet<ObjectId>,
    /// Who brought each line of HEAD; `None` where it could not be told.
    pub survival: Option<&'a Survival>,
}

/// What was asked for, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The commits.
    pub commits: HashSet<ObjectId>,
    /// The tasks.
    pub tasks: HashSet<TaskId>,
    /// The sessions.
    pub sessions: HashSet<SessionId>,
}

/// The part that was asked for, and nothing beside it: findings are about this alone.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    of: All<'a>,
    only: Option<&'a Selection>,
}

impl<'a> Shown<'a> {
    /// Whether that is everything.
    pub(super) fn is_everything(self) -> bool {
        self.only.is_none()
    }

    /// The tasks that count.
    pub(super) fn tasks(self) -> impl Iterator<Item = &'a LedgerTask> {
        let tasks = self.of.ledger.tasks.iter();
        tasks.filter(move |found| self.only.is_none_or(|only| only.tasks.contains(&found.task.id)))
    }

    /// The tasks that count no more.
    pub(super) fn retracted(self) -> impl Iterator<Item = &'a RetractedTask> {
        let retracted = self.of.ledger.retracted.iter();
        retracted.filter(move |gone| {
            self.only.is_none_or(|only| {
                gone.task
                    .commits
                    .iter()
                    .any(|commit| only.commits.contains(commit))
            })
        })
    }

    /// The measured sessions.
    pub(super) fn sessions(self) -> impl Iterator<Item = &'a SeenSession> {
        let sessions = self.of.sessions.iter();
        sessions.filter(move |session| self.only.is_none_or(|only| only.sessions.contains(&session.id)))
    }

    /// The commits.
    pub(super) fn commits(self) -> impl Iterator<Item = &'a Commit> {
        let commits = self.of.commits.iter();
        commits.filter(move |commit| self.has(commit.id))
    }

    /// What notes of git-ai attest of these commits.
    pub(super) fn attested(self) -> impl Iterator<Item = &'a AttestedCommit> {
        let attested = self.of.attested.iter();
        attested.filter(move |one| self.has(one.commit))
    }

    fn has(self, commit: ObjectId) -> bool {
        self.only.is_none_or(|only| only.commits.contains(&commit))
    }
}

/// What an audit looks at.
pub struct Evidence<'a> {
    /// What all of it was narrowed to, in words.
    pub asked: &'a Asked,
    /// The same, as what it came to; `None` for everything.
    pub only: Option<&'a Selection>,
    /// Everything.
    pub all: All<'a>,
    /// Whose midnight ends a day and a month.
    pub zone: Zone,
    /// The present, seconds since the epoch.
    pub now: i64,
}

impl<'a> Evidence<'a> {
    /// What findings and figures are about.
    pub(super) fn shown(&self) -> Shown<'a> {
        Shown {
            of: self.all,
            only: self.only,
        }
    }
}
