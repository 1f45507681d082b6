//! How a claim changed: whether it was made after the work, and how it moved from revision to revision.

use std::collections::HashMap;

use super::Level;
use super::evidence::{All, Shown};
use super::found::Found;
use super::integrity::first_carried;
use super::rule::{Check, Rule, no_past, no_tasks};
use crate::aggregate::written::written;
use crate::facts::commit::Commit;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::{LedgerTask, TaskProvenance};
use crate::facts::quantity::{Hours, Minutes};
use crate::facts::record::Record;
use crate::facts::span::Seconds;
use crate::facts::task::Task;

/// The rules, in the order in which they are listed.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "estimate-after-work",
        about: "Was the estimate given after the work?",
        advice: "Record estimates before the work, or explain what a late estimate is based on",
        one: "estimate given after the work",
        many: "estimates given after the work",
        missing: no_past,
        check: Check::ShownByAll(estimate_after_work),
    },
    Rule {
        id: "estimate-raised",
        about: "Was the estimate raised later?",
        advice: "Ask who raised it and why",
        one: "estimate raised later",
        many: "estimates raised later",
        missing: no_tasks,
        check: Check::Shown(estimate_raised),
    },
    Rule {
        id: "minutes-lowered",
        about: "Was the agent time or the supervision lowered later?",
        advice: "Ask who lowered it and why; compare with the sessions and the first revision",
        one: "agent or supervision time lowered later",
        many: "agent or supervision times lowered later",
        missing: no_tasks,
        check: Check::Shown(minutes_lowered),
    },
];

/// An estimate within an hour of the last commit counts as made with it; one in a commit message is as old as the commit.
fn estimate_after_work(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let commits: HashMap<ObjectId, &Commit> = all.commits.iter().map(|one| (one.id, one)).collect();
    let time_of = |commit: &ObjectId| Some(commits.get(commit)?.author_time.seconds);
    let carried = tasks_first_carried(all);
    let late = |task: &LedgerTask| {
        if task.provenance != TaskProvenance::Note {
            return None;
        }
        let here: Vec<&Commit> = task
            .commits
            .iter()
            .filter_map(|id| commits.get(id).copied())
            .collect();
        let last = last_work(&here)?;
        // The ledger's history says when a line was added; what the line says of itself counts only without it.
        let said = task.revisions.first()?.at.timestamp();
        let written = carried.get(&task.task.id).copied().unwrap_or(said);
        let in_messages = task.claims.iter().filter(|(_, claim)| claim.estimate.is_some());
        let given = in_messages
            .filter_map(|(commit, _)| time_of(commit))
            .fold(written, i64::min);
        let after = Seconds(given - last);
        let level = if after > Seconds::DAY.times(7) {
            Level::Warning
        } else {
            Level::Note
        };
        (after > Seconds::HOUR).then(|| {
            let message = format!(
                "`{}` was estimated {:.1}h after its last commit",
                task.task.title,
                after.hours()
            );
            Found::of(level, &task.task, message).figure("hours_after", after.hours())
        })
    };
    shown.tasks().filter_map(late).collect()
}

/// When the last commit that adds source or tests was made; without one, the last that changes a file, or the last of all. A
/// later commit without work does not count.
fn last_work(commits: &[&Commit]) -> Option<i64> {
    let last = |counts: fn(&Commit) -> bool| {
        let counting = commits.iter().filter(|commit| counts(commit));
        counting.map(|commit| commit.author_time.seconds).max()
    };
    last(|commit| written(commit).is_some_and(|lines| lines.added > 0))
        .or_else(|| last(|commit| commit.lines.is_none_or(|lines| lines.files > 0)))
        .or_else(|| last(|_| true))
}

/// When a commit of the ledger first had each task, in seconds since the epoch.
fn tasks_first_carried(all: All<'_>) -> HashMap<TaskId, i64> {
    let mut carried = HashMap::new();
    for (step, record) in first_carried(all) {
        if let Record::Task(task) = record {
            let first = carried.entry(task.id).or_insert(step.time);
            *first = step.time.min(*first);
        }
    }
    carried
}

/// How a number of a task changed in the direction that raises the factor.
struct Move<'a> {
    from: f64,
    to: f64,
    /// The largest step, and the revision that made it.
    step: (f64, f64, &'a Task),
}

/// Which direction raises the factor.
#[derive(Clone, Copy)]
enum Way {
    Up,
    Down,
}

/// From the first revision to the last; if that does not raise the factor, from the worst one in between, as when an estimate
/// was lowered and raised again.
fn moved<'a>(revisions: &'a [Task], way: Way, value: impl Fn(&Task) -> Option<f64>) -> Option<Move<'a>> {
    let gain = |from: f64, to: f64| match way {
        Way::Up => to - from,
        Way::Down => from - to,
    };
    let known: Vec<(f64, &Task)> = revisions
        .iter()
        .filter_map(|task| Some((value(task)?, task)))
        .collect();
    let ((first, _), (last, _)) = (known.first()?, known.last()?);
    let steps = known.windows(2).filter_map(|pair| match pair {
        [(before, _), (after, task)] => Some((*before, *after, *task)),
        _ => None,
    });
    let step = steps.max_by(|one, other| gain(one.0, one.1).total_cmp(&gain(other.0, other.1)))?;
    let worst = known
        .iter()
        .map(|(value, _)| *value)
        .max_by(|one, other| gain(*one, *last).total_cmp(&gain(*other, *last)))?;
    let from = if gain(*first, *last) > 0.0 { *first } else { worst };
    (gain(from, *last) > 0.0).then_some(Move {
        from,
        to: *last,
        step,
    })
}

/// Every revision has a reason; a larger change than this needs an explanation, too.
const LARGE_MOVE: f64 = 0.25;

impl Move<'_> {
    fn level(&self) -> Level {
        let is_small = (self.to - self.from).abs() <= LARGE_MOVE * self.from;
        match is_small && self.step.2.reason.is_some() {
            true => Level::Note,
            false => Level::Warning,
        }
    }

    /// `from A to B by WHO, with the reason WHY`, and the largest step if there were several.
    fn told(&self, shown: impl Fn(f64) -> String) -> String {
        let (before, after, task) = self.step;
        let is_one_step = before == self.from && after == self.to;
        let step = match is_one_step {
            true => String::new(),
            false => format!(", mostly in one step ({} to {})", shown(before), shown(after)),
        };
        let (from, to) = (shown(self.from), shown(self.to));
        format!("from {from} to {to}{step} {}", by_whom(task))
    }
}

/// Who wrote a revision, and why.
fn by_whom(task: &Task) -> String {
    let why = match &task.reason {
        Some(reason) => format!("with the reason `{reason}`"),
        None => "without a reason".to_owned(),
    };
    format!("by {}, {why}", task.by)
}

fn estimate_raised(shown: Shown<'_>) -> Vec<Found> {
    let text = |hours: f64| Hours::new(hours).unwrap_or_default().to_string();
    let raised = |found: &LedgerTask| {
        let up = moved(&found.revisions, Way::Up, |task| Some(task.estimate.hours.get()))?;
        let message = format!("`{}` was raised {}", found.task.title, up.told(text));
        Some(
            Found::of(up.level(), &found.task, message)
                .figure("hours_before", up.from)
                .figure("hours_after", up.to)
                .figure("largest_step_hours", up.step.1 - up.step.0),
        )
    };
    shown.tasks().filter_map(raised).collect()
}

fn minutes_lowered(shown: Shown<'_>) -> Vec<Found> {
    let tasks = shown.tasks();
    tasks
        .flat_map(|found| {
            let agent = |task: &Task| task.agent_minutes.map(Minutes::get);
            let supervisory = |task: &Task| task.supervisory_minutes.map(Minutes::get);
            [
                lowered(found, "agent time", agent),
                lowered(found, "supervision", supervisory),
            ]
        })
        .flatten()
        .collect()
}

fn lowered(found: &LedgerTask, what: &str, value: impl Fn(&Task) -> Option<f64>) -> Option<Found> {
    let shown = |minutes: f64| Minutes::new(minutes).unwrap_or_default().to_string();
    let title = &found.task.title;
    if let Some((most, task)) = taken_out(&found.revisions, &value) {
        let (most_text, by) = (shown(most), by_whom(task));
        let message = format!(
            "the {what} of `{title}` was {most_text} and is unknown since revision {}, {by}",
            task.rev
        );
        return Some(Found::of(Level::Warning, &found.task, message).figure("minutes_before", most));
    }
    let down = moved(&found.revisions, Way::Down, value)?;
    let message = format!("the {what} of `{title}` was lowered {}", down.told(shown));
    Some(
        Found::of(down.level(), &found.task, message)
            .figure("minutes_before", down.from)
            .figure("minutes_after", down.to)
            .figure("largest_step_minutes", down.step.0 - down.step.1),
    )
}

/// The highest value of a number that the last revision lacks, and the revision that dropped it: a task without minutes is not
/// in the factor.
fn taken_out(revisions: &[Task], value: impl Fn(&Task) -> Option<f64>) -> Option<(f64, &Task)> {
    let last_known = revisions.iter().rposition(|task| value(task).is_some())?;
    let dropped = revisions.get(last_known + 1)?;
    let most = revisions.iter().filter_map(value).reduce(f64::max)?;
    Some((most, dropped))
}
