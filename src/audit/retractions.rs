//! Retracted tasks: a retraction may be right, but its effect on the factor is shown.

use serde::Serialize;

use super::Level;
use super::evidence::{All, Shown};
use super::found::Found;
use super::rule::{Check, Rule, no_tasks_at_all};
use crate::facts::factor::Ratio;
use crate::facts::ledger::{LedgerTask, RetractedTask};
use crate::facts::quantity::{Hours, serialize_decimal};
use crate::facts::task::Task;

/// The rules, in the order in which they are listed.
pub(super) const RULES: &[Rule] = &[Rule {
    id: "task-retracted",
    about: "Was a task retracted, and is the factor higher without it?",
    advice: "Ask what became of the work; `git leverage log --history` lists retracted tasks",
    one: "retracted task",
    many: "retracted tasks",
    missing: no_tasks_at_all,
    check: Check::ShownByAll(task_retracted),
}];

/// The retracted tasks, and the factor with them.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Retracted {
    /// How many.
    pub tasks: u64,
    /// What they claimed.
    #[serde(serialize_with = "serialize_decimal")]
    pub human_hours: Hours,
    /// Σ hours × 60 / Σ claimed agent minutes of all tasks, these among them; `None` where no task claims minutes.
    pub leverage_factor_with: Option<f64>,
}

pub(super) fn retracted(shown: Shown<'_>) -> Retracted {
    let gone: Vec<&RetractedTask> = shown.retracted().collect();
    let with = shown.tasks().chain(gone.iter().map(|gone| &gone.task));
    Retracted {
        tasks: gone.len() as u64,
        human_hours: gone.iter().map(|gone| gone.task.task.estimate.hours).sum(),
        leverage_factor_with: factor(with),
    }
}

/// The factor that tasks claim together.
fn factor<'a>(tasks: impl Iterator<Item = &'a LedgerTask>) -> Option<f64> {
    tasks.map(|found| found.task.ratio()).sum::<Ratio>().factor()
}

fn hours(found: &LedgerTask) -> f64 {
    found.task.estimate.hours.get()
}

/// Retractions that raise the factor by more than this need an explanation.
const LARGE_GAIN: f64 = 0.25;

fn task_retracted(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let without = factor(shown.tasks());
    let with = retracted(shown).leverage_factor_with;
    let gained = without
        .zip(with)
        .filter(|(without, with)| *with < *without * (1.0 - LARGE_GAIN));
    let told = |gone: &RetractedTask| {
        let task = &gone.task.task;
        let again = all
            .ledger
            .tasks
            .iter()
            .find(|found| claims_more(found, &gone.task));
        // Of several retracted tasks, those that would lower the factor.
        let gain = gained.filter(|(without, _)| task.leverage_factor().is_some_and(|own| own < *without));
        let mut message = format!(
            "`{}` ({}) was retracted by {} with the reason `{}`",
            task.title,
            claim_text(task),
            gone.tombstone.by,
            gone.tombstone.reason
        );
        if let Some(again) = again {
            message += &format!(
                "; `{}` ({}) claims the same work",
                again.task.title,
                claim_text(&again.task)
            );
        }
        if let Some((without, with)) = gain {
            message += &format!("; the factor is {without:.1}x, with retracted tasks {with:.1}x");
        }
        let level = match (again, gain) {
            (None, None) => Level::Note,
            _ => Level::Warning,
        };
        let found = Found::of(level, task, message).figure("claimed_hours", hours(&gone.task));
        let found = again.into_iter().fold(found, |found, again| {
            found.figure("claimed_again_hours", hours(again))
        });
        gain.into_iter().fold(found, |found, (without, with)| {
            found
                .figure("leverage_factor", without)
                .figure("leverage_factor_with", with)
        })
    };
    shown.retracted().map(told).collect()
}

/// Whether a task claims the work of a retracted one with more hours or fewer minutes.
fn claims_more(found: &LedgerTask, gone: &LedgerTask) -> bool {
    let shares_commit = found.commits.iter().any(|commit| gone.commits.contains(commit));
    let (again, before) = (&found.task, &gone.task);
    let shares_session = again
        .sessions
        .iter()
        .any(|session| before.sessions.contains(session));
    // Without a commit or a session, only the title identifies a task.
    let is_namesake = gone.commits.is_empty() && again.title == before.title;
    let has_fewer_minutes = match (again.agent_minutes, before.agent_minutes) {
        (Some(again), Some(before)) => again < before,
        (None, Some(_)) => true,
        (_, None) => false,
    };
    (shares_commit || shares_session || is_namesake)
        && (again.estimate.hours > before.estimate.hours || has_fewer_minutes)
}

/// `4h in 40m`.
fn claim_text(task: &Task) -> String {
    match task.agent_minutes {
        Some(minutes) => format!("{} in {minutes}", task.estimate.hours),
        None => format!("{}, agent time unknown", task.estimate.hours),
    }
}
