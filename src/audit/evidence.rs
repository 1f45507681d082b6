//! The input of an audit.

use std::collections::HashSet;

use serde::Serialize;

use super::measured::{self, Measured, SessionIndex};
use crate::aggregate::pace::{Pace, TooLittle};
use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask, RetractedTask};
use crate::facts::zone::Zone;
use crate::git::ledger_steps::{Jumps, LedgerStep};
use crate::git::survival::{Standing, Survival};
use crate::sources::attested_lines::AttestedCommit;
use crate::sources::reach::Reach;

/// The selected part of a repository; by default everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Asked {
    /// A range of commits, as it was typed. Untrusted text.
    pub range: Option<String>,
    /// The first day, as it was typed. Untrusted text.
    pub since: Option<String>,
    /// The last day, as it was typed. Untrusted text.
    pub until: Option<String>,
    /// The pattern of authors: as it was typed, or what `--mine` stands for. Untrusted text.
    pub author: Option<String>,
}

impl Asked {
    /// Whether sessions without a commit are left out: they are in no range, and their author is unknown.
    pub fn needs_commits(&self) -> bool {
        self.range.is_some() || self.author.is_some()
    }

    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// All that was read of a repository, whatever was selected. Rules check against all of it, so a range of commits never cuts a
/// task in two.
#[derive(Clone, Copy)]
pub struct All<'a> {
    /// The tasks.
    pub ledger: &'a Ledger,
    /// The measured sessions that worked here, from logs or from notes.
    pub sessions: &'a [SeenSession],
    /// The index of these.
    pub session_index: &'a SessionIndex,
    /// The ledger's history, oldest first.
    pub steps: &'a [LedgerStep],
    /// Where its refs were moved off their own history.
    pub jumps: &'a Jumps,
    /// The commits of the repository.
    pub commits: &'a [Commit],
    /// What git-ai notes say about them.
    pub attested: &'a [AttestedCommit],
    /// All reachable commits, and those that are still reverted.
    pub reach: &'a Reach,
    /// The commits that HEAD reaches: only their lines can be there.
    pub at_head: &'a HashSet<ObjectId>,
    /// How many lines at HEAD each commit added; `None` if that is unknown.
    pub standing: Option<&'a Standing>,
    /// The commit of each line, if it was asked for and is known.
    pub survival: Option<&'a Survival>,
    /// The pace of people in the repository, or why it is unknown.
    pub pace: &'a Result<Pace, TooLittle>,
}

impl All<'_> {
    /// What the sessions of a task measured.
    pub(super) fn measured(&self, found: &LedgerTask) -> Option<Measured> {
        measured::of_task(self.sessions, self.session_index, &found.task, &found.commits)
    }
}

/// The selection, by id.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The commits.
    pub commits: HashSet<ObjectId>,
    /// The tasks.
    pub tasks: HashSet<TaskId>,
    /// The sessions.
    pub sessions: HashSet<SessionId>,
}

/// The selection and nothing else: findings are about this part only.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    of: All<'a>,
    only: Option<&'a Selection>,
}

impl<'a> Shown<'a> {
    /// Whether the selection is everything.
    pub(super) fn is_everything(self) -> bool {
        self.only.is_none()
    }

    /// The tasks that count.
    pub(super) fn tasks(self) -> impl Iterator<Item = &'a LedgerTask> {
        let tasks = self.of.ledger.tasks.iter();
        tasks.filter(move |found| self.only.is_none_or(|only| only.tasks.contains(&found.task.id)))
    }

    /// The retracted tasks.
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

    /// What git-ai notes say about these commits.
    pub(super) fn attested(self) -> impl Iterator<Item = &'a AttestedCommit> {
        let attested = self.of.attested.iter();
        attested.filter(move |one| self.has(one.commit))
    }

    fn has(self, commit: ObjectId) -> bool {
        self.only.is_none_or(|only| only.commits.contains(&commit))
    }
}

/// The input of an audit.
pub struct Evidence<'a> {
    /// The selection, as typed.
    pub asked: &'a Asked,
    /// The selection, by id; `None` for everything.
    pub only: Option<&'a Selection>,
    /// Everything.
    pub all: All<'a>,
    /// The time zone of days and months.
    pub zone: Zone,
    /// The current time, in seconds since the epoch.
    pub now: i64,
}

impl<'a> Evidence<'a> {
    /// The part that findings and figures are about.
    pub(super) fn shown(&self) -> Shown<'a> {
        Shown {
            of: self.all,
            only: self.only,
        }
    }
}
