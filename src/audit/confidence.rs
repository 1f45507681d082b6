//! How much of the claimed hours rests on measured minutes, on linked commits, on nothing.

use serde::Serialize;

use super::{Evidence, measured};
use crate::correlate::seen::SeenSession;
use crate::facts::ledger::LedgerTask;

/// The claimed human hours by what they rest on, with the leverage factor of each part.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Confidence {
    /// All of them.
    pub claimed: Part,
    /// Tasks with a session whose minutes were measured.
    pub measured: Part,
    /// Tasks without one, but with commits that are here.
    pub linked: Part,
    /// Tasks with neither.
    pub unsupported: Part,
    /// The factor of the tasks that rest on something.
    pub without_unsupported: Option<f64>,
    /// The factor of all tasks over the minutes of every session seen, in a task or not.
    pub all_in_leverage_factor: Option<f64>,
}

/// Some tasks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Part {
    /// How many.
    pub tasks: u64,
    /// What they claim.
    pub human_hours: f64,
    /// Σ hours × 60 / Σ agent minutes, over those that have both.
    pub leverage_factor: Option<f64>,
}

/// Sorts the tasks.
pub(super) fn confidence(evidence: &Evidence<'_>) -> Confidence {
    let measured = |task: &&LedgerTask| measured::of_task(evidence, task).is_some();
    let linked = |task: &&LedgerTask| {
        let mut commits = task.commits.iter();
        commits.any(|commit| evidence.reach.commits.contains(commit))
    };
    let tasks = || evidence.ledger.tasks.iter();
    let claimed = part(tasks());
    let minutes: f64 = evidence
        .sessions
        .iter()
        .filter_map(SeenSession::agent_minutes)
        .sum();
    Confidence {
        claimed,
        measured: part(tasks().filter(measured)),
        linked: part(tasks().filter(|task| !measured(task) && linked(task))),
        unsupported: part(tasks().filter(|task| !measured(task) && !linked(task))),
        without_unsupported: part(tasks().filter(|task| measured(task) || linked(task))).leverage_factor,
        all_in_leverage_factor: (minutes > 0.0).then(|| claimed.human_hours * 60.0 / minutes),
    }
}

fn part<'a>(tasks: impl Iterator<Item = &'a LedgerTask>) -> Part {
    let mut part = Part::default();
    let (mut hours, mut minutes) = (0.0, 0.0);
    for task in tasks {
        part.tasks += 1;
        part.human_hours += task.task.estimate.hours.get();
        if let Some(agent) = task.task.agent_minutes {
            hours += task.task.estimate.hours.get();
            minutes += agent.get();
        }
    }
    part.leverage_factor = (minutes > 0.0).then(|| hours * 60.0 / minutes);
    part
}
