//! A repository as it was read: the input of a report.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::facts::commits::{Commits, Wanted};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::{ForeignTrailers, Signs};
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::ledger::{Ledger, LedgerSession, LedgerTask};
use crate::facts::lineage::Lineage;
use crate::facts::opinions::{self, People};
use crate::facts::record::{ByHand, Opinion};
use crate::facts::task::Task;
use crate::sources::cache::KeptIn;
use crate::sources::history::{History, UnknownLines};

/// A repository as it was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Repository {
    /// Its name, different from that of any other in the report.
    pub name: String,
    /// Where it is.
    pub path: String,
    /// How much of it was read.
    pub status: Status,
    /// Why it is incomplete.
    pub reason: Option<String>,
    /// Where it comes from.
    pub lineage: Lineage,
    /// Its commits.
    pub commits: Commits,
    /// Whether it has more of them: the clone is shallow, or they cannot be read.
    pub cut_short: bool,
    /// How many of them are new since an earlier run.
    pub new_commits: usize,
    /// The state of the cache that has them, if the next reading would find the same while nothing changes.
    pub kept_in: Option<KeptIn>,
    /// The evidence for its commits besides their own text: notes of other tools, and records of its ledger.
    pub signs: Signs,
    /// Its tasks in their current revision.
    pub tasks: Vec<PlacedTask>,
    /// Commits of tasks that are left out because they have no estimate of the requested kind: they have a task all the same.
    pub set_aside: Vec<ObjectId>,
    /// What persons did without an agent, in their current revision.
    pub by_hand: Vec<ByHand>,
    /// The ids under which a clone without the same notes may know them, with the ids here.
    pub same: BTreeMap<TaskId, TaskId>,
    /// The sessions that were captured into its notes.
    pub captured: Vec<LedgerSession>,
    /// The remote whose ledger was never fetched, if nothing of one is here. Untrusted text.
    pub unfetched: Option<String>,
    /// How much of its ledger was read.
    pub ledger_status: Status,
    /// What was wrong in it.
    pub warnings: Vec<Warning>,
    /// The part of `reason` that no warning contains.
    pub untold: Option<String>,
    /// What is unknown of the lines of its commits, and included in the above.
    pub unknown_lines: Option<UnknownLines>,
    /// Whether it failed because reading it took too much or killed the process: it is not opened again.
    pub given_up: bool,
}

/// A task and the commits that belong to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlacedTask {
    /// The current revision.
    pub task: Task,
    /// The earlier revisions, oldest first.
    pub earlier: Vec<Task>,
    /// The code commits that it describes, the one that carries it first; none for work without code here.
    pub commits: Vec<ObjectId>,
    /// The opinions that count beside its estimate, one of each other estimator.
    pub opinions: Vec<Opinion>,
}

impl PlacedTask {
    /// The task, with the opinions that count if a mailmap names these people.
    fn of(found: LedgerTask, people: &People) -> Self {
        let mut earlier = found.revisions;
        // The last one is the current one.
        earlier.pop();
        Self {
            opinions: opinions::current(&found.task, &found.opinions, people),
            task: found.task,
            earlier,
            commits: found.commits,
        }
    }
}

impl From<&LedgerTask> for PlacedTask {
    fn from(found: &LedgerTask) -> Self {
        let earlier = found.revisions.split_last();
        Self {
            opinions: opinions::current(&found.task, &found.opinions, &People::new()),
            task: found.task.clone(),
            earlier: earlier.map(|(_, earlier)| earlier.to_vec()).unwrap_or_default(),
            commits: found.commits.clone(),
        }
    }
}

impl Repository {
    /// Makes a repository from its history and its ledger. Who made its commits is to be [decided](Self::decide).
    pub fn new(lineage: Lineage, history: History, ledger: Ledger) -> Self {
        let mut signs = history.signs;
        signs.extend(ledger.signs());
        let people = ledger.people;
        let tasks = ledger.tasks.into_iter();
        let captured = standing(ledger.sessions, &history.commits);
        let mut warnings = history.warnings;
        warnings.extend(ledger.warnings);
        let unread_lines = ledger.status.max(history.status) != history.status;
        Self {
            name: history.name,
            path: history.path,
            status: history.status.max(ledger.status),
            reason: match unread_lines {
                true => Some(UNREAD_LEDGER.to_owned()),
                false => history.reason,
            },
            lineage,
            commits: history.commits,
            cut_short: history.cut_short,
            new_commits: history.new_commits,
            kept_in: history.kept_in,
            signs,
            tasks: tasks.map(|found| PlacedTask::of(found, &people)).collect(),
            set_aside: Vec::new(),
            by_hand: ledger.by_hand.into_iter().map(|found| found.record).collect(),
            same: ledger.same,
            captured,
            unfetched: ledger.unfetched,
            ledger_status: ledger.status,
            warnings,
            untold: history.untold,
            unknown_lines: history.unknown_lines,
            given_up: false,
        }
    }

    /// Decides who made its commits, by all evidence: their own text, notes and records, and the `sessions` that made
    /// them. To be called once.
    pub fn decide(&mut self, sessions: Signs, foreign: ForeignTrailers) {
        self.signs.extend(sessions);
        self.commits.decide(&self.signs, foreign);
    }

    /// Forgets that lines are unknown unless `asked` selects the author's time of a commit without lines, in seconds since the
    /// epoch: a gap in one year is not one in another.
    pub fn narrow(&mut self, asked: impl Fn(i64) -> bool) {
        if self.unknown_lines.is_none() || self.commits.without_lines().any(asked) {
            return;
        }
        let Some(unknown) = self.unknown_lines.take() else {
            return;
        };
        self.warnings
            .retain(|warning| !unknown.warnings.contains(warning));
        let reasons = self.reason.iter().flat_map(|reason| reason.split("; "));
        let others: Vec<&str> = reasons.filter(|reason| *reason != unknown.reason).collect();
        match (others.as_slice(), self.ledger_status) {
            ([], Status::Complete) => {
                self.status = Status::Complete;
                self.reason = None;
            }
            ([], _) => self.reason = Some(UNREAD_LEDGER.to_owned()),
            _ => self.reason = Some(others.join("; ")),
        }
    }

    /// Every warning, and the reason for incompleteness that has no warning.
    pub fn all_warnings(&self) -> impl Iterator<Item = Warning> {
        let untold = self.untold.iter();
        let untold = untold.map(|reason| Warning::new(&self.path, reason.clone()));
        untold.chain(self.warnings.iter().cloned())
    }
}

/// Why a repository with a ledger that was partly read is incomplete.
const UNREAD_LEDGER: &str = "some of its ledger was not read";

/// Gives each task the id under which any of the repositories knows it: a clone without the notes of another one knows
/// a task only by its trailers.
pub fn unify(repos: &mut [Repository]) {
    let ids = SameIds::of(repos);
    for placed in repos.iter_mut().flat_map(|repo| &mut repo.tasks) {
        for task in std::iter::once(&mut placed.task).chain(&mut placed.earlier) {
            task.id = ids.root(task.id);
        }
    }
}

/// The ids under which clones know the same task.
#[derive(Debug, Clone, Default)]
pub struct SameIds(BTreeMap<TaskId, TaskId>);

impl SameIds {
    /// Those that any of the repositories knows.
    pub fn of(repos: &[Repository]) -> Self {
        let mut ids = Self::default();
        for (id, same) in repos.iter().flat_map(|repo| &repo.same) {
            let (id, same) = (ids.root(*id), ids.root(*same));
            // The id that a clone leads to counts, unless it leads back.
            if id != same {
                ids.0.insert(id, same);
            }
        }
        ids
    }

    /// Where an id leads in the end. Only ids that led nowhere before were made to lead to one of another group, so
    /// there is no cycle.
    pub fn root(&self, mut id: TaskId) -> TaskId {
        while let Some(next) = self.0.get(&id) {
            id = *next;
        }
        id
    }
}

/// The captured sessions without what an amend or a rebase left behind: if a session is on commits that are still in
/// the history and on others, the others are old copies.
fn standing(mut captured: Vec<LedgerSession>, commits: &Commits) -> Vec<LedgerSession> {
    if captured.is_empty() {
        return captured;
    }
    let named = captured
        .iter()
        .flat_map(|session| session.commits.iter().copied());
    let named: Wanted = named.collect();
    let known: HashSet<ObjectId> = commits.found(&named).into_iter().collect();
    for session in &mut captured {
        session.commits.sort_by_key(|commit| !known.contains(commit));
    }
    let stands = |session: &LedgerSession| session.commits.first().is_some_and(|first| known.contains(first));
    let standing: HashSet<SessionId> = captured
        .iter()
        .filter(|session| stands(session))
        .map(|session| session.record.session.clone())
        .collect();
    captured.retain(|session| stands(session) || !standing.contains(&session.record.session));
    captured
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample::{claim, commit, repository};

    #[test]
    fn a_gap_counts_only_for_the_commits_that_are_asked_for() {
        let warning = Warning::new("/src/kiln", "cannot count the lines of `a`: it is missing");
        let other = Warning::new("/src/kiln", "other");
        let at = |number: u8| ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z"][usize::from(number) - 1];
        let kiln = |reason: &str, ledger_status| {
            let mut lacking = commit(1, at(1));
            lacking.lines = None;
            Repository {
                status: Status::Partial,
                reason: Some(reason.to_owned()),
                ledger_status,
                commits: vec![lacking, commit(2, at(2))].into(),
                warnings: vec![warning.clone(), other.clone()],
                unknown_lines: Some(UnknownLines {
                    warnings: vec![warning.clone()],
                    reason: "the lines of 1 commit are unknown".to_owned(),
                }),
                ..repository("kiln")
            }
        };
        let narrowed = |reason: &str, ledger_status, number: u8| {
            let mut kiln = kiln(reason, ledger_status);
            let asked = commit(number, at(number)).author_time.seconds;
            kiln.narrow(|seconds| seconds == asked);
            (kiln.status, kiln.reason, kiln.warnings.len())
        };
        let lines = "the lines of 1 commit are unknown";
        let partial = |reason: &str, warnings| (Status::Partial, Some(reason.to_owned()), warnings);
        assert_eq!(narrowed(lines, Status::Complete, 1), partial(lines, 2));
        assert_eq!(narrowed(lines, Status::Complete, 2), (Status::Complete, None, 1));
        assert_eq!(narrowed(lines, Status::Partial, 2), partial(UNREAD_LEDGER, 1));
        let both = format!("1 commit cannot be read; {lines}");
        assert_eq!(
            narrowed(&both, Status::Complete, 2),
            partial("1 commit cannot be read", 1)
        );
    }

    #[test]
    fn clones_that_lead_to_each_other_know_a_task_by_one_id() {
        let (one, other) = (claim(1, "2026-03-01", 1.0), claim(2, "2026-03-01", 1.0));
        let ids = [one.placed().task.id, other.placed().task.id];
        let clone = |task: PlacedTask, same: [TaskId; 2]| Repository {
            tasks: vec![task],
            same: BTreeMap::from([(same[0], same[1])]),
            ..repository("kiln")
        };
        let mut repos = [
            clone(claim(1, "2026-03-01", 1.0).placed(), ids),
            clone(claim(2, "2026-03-01", 1.0).placed(), [ids[1], ids[0]]),
        ];
        unify(&mut repos);
        assert_eq!(repos[0].tasks[0].task.id, repos[1].tasks[0].task.id);
    }
}
