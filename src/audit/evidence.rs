//! What an audit looks at.

use std::collections::HashSet;

use serde::Serialize;

use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerTask};
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

/// What an audit looks at.
pub struct Evidence<'a> {
    /// What all of it was narrowed to.
    pub asked: &'a Asked,
    /// Whose midnight ends a day and a month.
    pub zone: Zone,
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
    /// Everything, where only a part is to be shown.
    pub whole: Option<&'a Whole>,
    /// The present, seconds since the epoch.
    pub now: i64,
}

/// What rules look at to judge the tasks that are shown: a range of commits cuts no task in two.
#[derive(Debug, Clone)]
pub struct Whole {
    /// All tasks.
    pub ledger: Ledger,
    /// All sessions that worked in the repository.
    pub sessions: Vec<SeenSession>,
    /// All commits.
    pub commits: Vec<Commit>,
}

impl<'a> Evidence<'a> {
    /// The tasks, those that are not shown as well.
    pub(super) fn all_tasks(&self) -> &'a [LedgerTask] {
        self.whole.map_or(&self.ledger.tasks, |whole| &whole.ledger.tasks)
    }

    /// The sessions, those that are not shown as well.
    pub(super) fn all_sessions(&self) -> &'a [SeenSession] {
        self.whole.map_or(self.sessions, |whole| &whole.sessions)
    }

    /// The commits, those that are not shown as well.
    pub(super) fn all_commits(&self) -> &'a [Commit] {
        self.whole.map_or(self.commits, |whole| &whole.commits)
    }
}
