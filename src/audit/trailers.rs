//! Trailers: whether they are valid, and whether they agree with the record.

use std::collections::HashSet;

use super::Level;
use super::evidence::{All, Evidence, Shown};
use super::found::Found;
use super::rule::{Check, Rule, no_tasks};
use crate::facts::claim::Fault;
use crate::facts::estimate::phase_sum;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{LedgerTask, TaskProvenance};
use crate::facts::quantity::{Hours, Minutes};

/// The rules, in the order in which they are listed.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "parts-do-not-sum",
        about: "Do the phases add up to the estimate?",
        advice: "Correct the phases or the estimate with `git leverage revise`",
        one: "estimate that its phases do not add up to",
        many: "estimates that their phases do not add up to",
        missing: no_tasks,
        check: Check::Shown(parts_do_not_sum),
    },
    Rule {
        id: "trailer-against-note",
        about: "Do trailers agree with the record?",
        advice: "The record counts; revise it if the trailer is right",
        one: "trailer that contradicts the record",
        many: "trailers that contradict the record",
        missing: no_tasks,
        check: Check::Shown(trailer_against_note),
    },
    Rule {
        id: "trailer-refused",
        about: "Are all `Leverage` trailers valid?",
        advice: "Record the task instead: `git leverage record REV`",
        one: "commit with an invalid trailer",
        many: "commits with invalid trailers",
        missing: no_trailers,
        check: Check::ShownByAll(trailer_refused),
    },
];

fn no_trailers(evidence: &Evidence<'_>) -> Option<&'static str> {
    let mut tasks = evidence.shown().tasks();
    let is_none = evidence.all.ledger.refused.is_empty() && tasks.all(|found| found.claims.is_empty());
    is_none.then_some("there are no `Leverage` trailers")
}

/// Phases that do not add up have their own rule.
fn trailer_refused(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let commits: HashSet<ObjectId> = shown.commits().map(|commit| commit.id).collect();
    let refused = all.ledger.refused.iter();
    refused
        .filter(|(commit, _)| commits.contains(commit))
        .filter_map(|(commit, errors)| {
            let mut values = errors.iter().filter(|error| error.fault == Fault::Value);
            let first = values.next()?;
            let more = match values.count() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            let message = format!(
                "an invalid trailer of {} is ignored: {first}{more}",
                commit.short()
            );
            Some(Found::new(Level::Warning, commit, message))
        })
        .collect()
}

/// Hours: less than a minute is rounding.
const ROUNDING: f64 = 1.0 / 60.0;

fn parts_do_not_sum(shown: Shown<'_>) -> Vec<Found> {
    let wrong = |found: &LedgerTask, phases: Hours, whole: Hours, place: String| {
        let sum = phases.get();
        ((sum - whole.get()).abs() > ROUNDING).then(|| {
            let message = format!(
                "the phases of `{}`{place} add up to {phases}, not {whole}",
                found.task.title
            );
            Found::of(Level::Error, &found.task, message)
                .figure("phases_hours", sum)
                .figure("estimate_hours", whole.get())
        })
    };
    let mut sums = Vec::new();
    for found in shown.tasks() {
        let estimate = &found.task.estimate;
        if !estimate.phases.is_empty() {
            sums.extend(wrong(
                found,
                phase_sum(&estimate.phases),
                estimate.hours,
                String::new(),
            ));
        }
        for (commit, claim) in &found.claims {
            let (left_out, whole) = (&claim.phases_left_out, claim.estimate);
            if let Some(whole) = whole.filter(|_| !left_out.is_empty()) {
                let place = format!(" in the trailers of {}", commit.short());
                sums.extend(wrong(found, phase_sum(left_out), whole, place));
            }
        }
    }
    sums
}

fn trailer_against_note(shown: Shown<'_>) -> Vec<Found> {
    let recorded = shown
        .tasks()
        .filter(|found| found.provenance == TaskProvenance::Note);
    recorded.flat_map(disagreements).collect()
}

/// Minutes; people write trailers by hand and round.
const ROUNDED_MINUTES: f64 = 1.0;

/// For each number, the first trailer that disagrees. If the record was revised, that explains it.
fn disagreements(found: &LedgerTask) -> Vec<Found> {
    let task = &found.task;
    let say = |what: &str, record: String, trailer: String, commit: ObjectId| {
        let message = format!(
            "`{}` has {what} of {record} in its record, but {trailer} in the trailer of {}",
            task.title,
            commit.short()
        );
        let level = match task.rev {
            0 => Level::Warning,
            _ => Level::Note,
        };
        Found::of(level, task, message)
    };
    let hours = task.estimate.hours;
    let estimate = found
        .claims
        .iter()
        .find_map(|(commit, claim)| Some((*commit, claim.estimate.filter(|one| *one != hours)?)))
        .map(|(commit, claimed)| {
            say("an estimate", hours.to_string(), claimed.to_string(), commit)
                .figure("record_hours", hours.get())
                .figure("trailer_hours", claimed.get())
        });
    let minutes = |what: &str, recorded: Option<Minutes>, claimed: Vec<(ObjectId, Option<Minutes>)>| {
        let recorded = recorded?;
        let differs = |one: &Minutes| (one.get() - recorded.get()).abs() > ROUNDED_MINUTES;
        let (commit, claimed) = claimed
            .into_iter()
            .find_map(|(commit, one)| Some((commit, one.filter(differs)?)))?;
        let found = say(what, recorded.to_string(), claimed.to_string(), commit)
            .figure("record_minutes", recorded.get())
            .figure("trailer_minutes", claimed.get());
        Some(found)
    };
    let claims = found.claims.iter();
    let agent = claims
        .clone()
        .map(|(commit, claim)| (*commit, claim.agent_minutes));
    let supervisory = claims.map(|(commit, claim)| (*commit, claim.supervisory_minutes));
    [
        estimate,
        minutes("agent time", task.agent_minutes, agent.collect()),
        minutes("supervision", task.supervisory_minutes, supervisory.collect()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
