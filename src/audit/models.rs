//! Claims compared with what models give for the lines of the same tasks.

use std::collections::HashMap;

use serde::Serialize;

use super::evidence::{All, Shown};
use crate::aggregate::models::{ModelHours, Terms, USUAL_LINES_PER_DAY};
use crate::aggregate::pace::{Pace, Uncounted};
use crate::aggregate::written::written;
use crate::facts::commit::Commit;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::Hours;

/// Hours in a working day.
pub(super) const HOURS_PER_DAY: f64 = 8.0;

/// The claims of tasks with known lines beside what models give for them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgainstModels {
    /// The tasks: all their commits have known lines, and some of these are source or tests.
    pub tasks: u64,
    /// The other tasks.
    pub tasks_left_out: u64,
    /// The hours that the tasks claim.
    pub claimed_hours: Hours,
    /// Source and tests that their commits added, each commit once.
    pub lines_added: u64,
    /// A row per model.
    pub models: Vec<ModelRow>,
    /// The pace of people in the repository; `None` if it is unknown.
    pub pace: Option<Pace>,
    /// Why it is unknown.
    pub pace_reason: Option<String>,
    /// The commits that the pace leaves out.
    pub pace_left_out: Uncounted,
}

/// What a model gives for the tasks. Estimated.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelRow {
    /// `sloc`, `cocomo` or `pace`.
    pub model: &'static str,
    /// The hours. A commit of several tasks is divided evenly among them.
    pub human_hours: Option<Hours>,
    /// The low end of their range.
    pub human_hours_low: Option<Hours>,
    /// The high end.
    pub human_hours_high: Option<Hours>,
    /// How many tasks claim more than the model gives for all lines of their commits.
    pub tasks_above: Option<u64>,
}

/// The models and the lines of commits.
pub(super) struct Sizes<'a> {
    commits: HashMap<ObjectId, &'a Commit>,
    /// By how many tasks each commit is claimed.
    claims: HashMap<ObjectId, u64>,
    terms: Terms<'a>,
}

/// A task's lines and the hours that models give for them.
struct Size {
    hours: ModelHours,
    /// The part of its lines that is its own, 0 to 1.
    own: f64,
    claimed: Hours,
}

impl<'a> Sizes<'a> {
    pub(super) fn of(all: All<'a>) -> Self {
        let mut claims: HashMap<ObjectId, u64> = HashMap::new();
        for commit in all.ledger.tasks.iter().flat_map(|found| &found.commits) {
            *claims.entry(*commit).or_default() += 1;
        }
        let commits = all.commits.iter();
        let claimed = commits.filter(|commit| claims.contains_key(&commit.id));
        Self {
            commits: claimed.map(|commit| (commit.id, commit)).collect(),
            claims,
            terms: Terms {
                lines_per_day: USUAL_LINES_PER_DAY,
                hours_per_day: HOURS_PER_DAY,
                pace: all.pace.as_ref().ok(),
            },
        }
    }

    /// The hours for all lines of a task; `None` without commits, or if the lines of one are unknown.
    pub(super) fn hours(&self, found: &LedgerTask) -> Option<ModelHours> {
        ModelHours::of_commits(self.commits(found)?, self.terms)
    }

    fn commits(&self, found: &LedgerTask) -> Option<Vec<&'a Commit>> {
        let mut ids = found.commits.clone();
        ids.sort_unstable();
        ids.dedup();
        ids.iter().map(|id| self.commits.get(id).copied()).collect()
    }

    fn size(&self, found: &LedgerTask) -> Option<Size> {
        let hours = self.hours(found).filter(|hours| hours.lines_added > 0)?;
        let own = |commit: &&Commit| {
            let lines = written(commit).map_or(0, |lines| lines.added) as f64;
            lines / self.claims.get(&commit.id).copied().unwrap_or(1).max(1) as f64
        };
        let own: f64 = self.commits(found)?.iter().map(own).sum();
        Some(Size {
            own: own / hours.lines_added as f64,
            hours,
            claimed: found.task.estimate.hours,
        })
    }
}

/// The comparison; `None` if no task has known lines.
pub(super) fn against_models(shown: Shown<'_>, all: All<'_>) -> Option<AgainstModels> {
    let sizes = Sizes::of(all);
    let known: Vec<Size> = shown.tasks().filter_map(|found| sizes.size(found)).collect();
    if known.is_empty() {
        return None;
    }
    let (pace, reason, left_out) = match all.pace {
        Ok(pace) => (Some(pace.clone()), None, pace.left_out),
        Err(too_little) => (None, Some(too_little.to_string()), too_little.left_out),
    };
    let lines = known.iter().map(|size| size.hours.lines_added as f64 * size.own);
    Some(AgainstModels {
        tasks: known.len() as u64,
        tasks_left_out: (shown.tasks().count() - known.len()) as u64,
        claimed_hours: known.iter().map(|size| size.claimed).sum(),
        lines_added: lines.sum::<f64>().round() as u64,
        models: vec![
            row("sloc", &known, |hours| hours.sloc.map(|hours| [hours; 3])),
            row("cocomo", &known, |hours| hours.cocomo.map(|hours| [hours; 3])),
            row("pace", &known, |hours| {
                let pace = hours.pace?;
                Some([
                    pace.low.unwrap_or(pace.hours),
                    pace.hours,
                    pace.high.unwrap_or(pace.hours),
                ])
            }),
        ],
        pace,
        pace_reason: reason,
        pace_left_out: left_out,
    })
}

/// Sums what a model gives: the low end, the hours and the high end.
fn row(model: &'static str, sizes: &[Size], of: fn(&ModelHours) -> Option<[Hours; 3]>) -> ModelRow {
    let given: Option<Vec<(&Size, [Hours; 3])>> =
        sizes.iter().map(|size| Some((size, of(&size.hours)?))).collect();
    let sum = |at: usize| {
        let given = given.as_ref()?.iter();
        Some(given.map(|(size, hours)| hours[at] * size.own).sum::<Hours>())
    };
    let has_range = sum(0) != sum(1) || sum(1) != sum(2);
    let above = |(size, hours): &&(&Size, [Hours; 3])| size.claimed.get() > hours[1].get();
    ModelRow {
        model,
        human_hours: sum(1),
        human_hours_low: sum(0).filter(|_| has_range),
        human_hours_high: sum(2).filter(|_| has_range),
        tasks_above: given
            .as_ref()
            .map(|given| given.iter().filter(above).count() as u64),
    }
}
