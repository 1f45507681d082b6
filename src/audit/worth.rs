//! What the claims of an audit are worth: who estimated them, when and how.

use std::collections::{BTreeSet, HashMap};

use super::confidence::agent_times;
use super::evidence::{All, Evidence};
use super::integrity::first_carried;
use super::measured::Measured;
use crate::aggregate::calibration::Calibration;
use crate::aggregate::worth::{ClaimFacts, Worth, is_given_before, people};
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::LedgerTask;
use crate::facts::record::Record;

/// The worth of the selected claims, and the tasks whose hours were given before the work.
pub(super) fn worth(evidence: &Evidence<'_>) -> (Worth, BTreeSet<TaskId>) {
    let all = evidence.all;
    let starts = Starts::of(all);
    let by_hand: Vec<_> = all.ledger.by_hand.iter().map(|found| &found.record).collect();
    let calibration = Calibration::of_tasks(&by_hand);
    let tasks = agent_times(evidence.shown(), all);
    let mut before = BTreeSet::new();
    let claims = tasks.iter().map(|(found, effort)| {
        let task = &found.task;
        let measured = all.measured(found).filter(|measured: &Measured| measured.is_all);
        let others = all.ledger.opinions_on(found);
        let others = others.iter().map(|opinion| &opinion.estimate);
        let is_before = starts.precede(found);
        if is_before {
            before.insert(task.id);
        }
        ClaimFacts {
            hours: task.estimate.hours,
            agent: effort.agent.value,
            measured: measured.map(|measured| measured.agent_minutes),
            is_from_logs: measured.is_some_and(|measured| measured.is_from_logs),
            people: people(others.chain([&task.estimate])),
            has_phases: !task.estimate.phases.is_empty(),
            is_given_before: is_before,
            is_calibrated: calibration.correction(&task.estimate).is_some(),
        }
    });
    let claims: Vec<ClaimFacts> = claims.collect();
    (Worth::of(&claims), before)
}

/// When work began, and when claims were written.
struct Starts<'a> {
    all: All<'a>,
    /// Author times, in seconds since 1970.
    commits: HashMap<ObjectId, i64>,
    /// When the ledger first had each revision.
    carried: HashMap<(TaskId, u32), i64>,
}

impl<'a> Starts<'a> {
    fn of(all: All<'a>) -> Self {
        let mut carried = HashMap::new();
        for (step, record) in first_carried(all) {
            if let Record::Task(task) = record {
                let first = carried.entry((task.id, task.rev)).or_insert(step.time);
                *first = step.time.min(*first);
            }
        }
        let commits = all.commits.iter();
        Self {
            all,
            commits: commits
                .map(|commit| (commit.id, commit.author_time.seconds))
                .collect(),
            carried,
        }
    }

    /// Whether the hours of a task were given before its work.
    fn precede(&self, found: &LedgerTask) -> bool {
        let revisions = found.revisions.iter().map(|task| {
            // The ledger's history says when a line was added; what the line says of itself counts only without it.
            let carried = self.carried.get(&(task.id, task.rev)).copied();
            (carried.unwrap_or(task.at.timestamp()), task.estimate.hours)
        });
        is_given_before(revisions, found.task.estimate.hours, self.began(found))
    }

    /// When the first commit of a task was made or its first session began; `None` without any, and if one of them is not here.
    fn began(&self, found: &LedgerTask) -> Option<i64> {
        let named: BTreeSet<_> = found.task.sessions.iter().collect();
        let mut sessions = self.all.session_index.named(&named);
        if sessions.len() < named.len() {
            return None;
        }
        sessions.extend(self.all.session_index.makers(&found.commits));
        let sessions = sessions.iter().filter_map(|at| self.all.sessions.get(*at));
        let sessions = sessions.map(|session| Some(session.longest_span().start.seconds()));
        let commits = found
            .commits
            .iter()
            .map(|commit| self.commits.get(commit).copied());
        let starts: Option<Vec<i64>> = sessions.chain(commits).collect();
        starts?.into_iter().min()
    }
}
