//! What a rule is, and when it has nothing to check.

use super::evidence::{All, Evidence, Shown};
use super::found::Found;
use crate::git::ledger_steps::Past;

/// One rule: a question, the function that answers it, and what to do about its findings.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its id, for `--rule` and `--allow`.
    pub id: &'static str,
    /// The question it asks.
    pub about: &'static str,
    /// What to do about what it finds.
    pub advice: &'static str,
    /// What a finding is: the noun after `1`.
    pub one: &'static str,
    /// What several findings are: the noun after `3`.
    pub many: &'static str,
    /// Why it has nothing to check here, if so.
    pub(super) missing: fn(&Evidence<'_>) -> Option<&'static str>,
    /// The answer.
    pub(super) check: Check,
}

/// A rule's function. Its parameters limit what it can see: one that takes only [`Shown`] cannot reach what was not asked for.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// Checks the selection by itself.
    Shown(fn(Shown<'_>) -> Vec<Found>),
    /// Checks the selection against everything.
    ShownByAll(fn(Shown<'_>, All<'_>) -> Vec<Found>),
    /// Checks what no selection narrows: the ledger's own history.
    All(fn(All<'_>) -> Vec<Found>),
}

impl Rule {
    /// Its findings.
    pub(super) fn findings(&self, evidence: &Evidence<'_>) -> Vec<Found> {
        match self.check {
            Check::Shown(check) => check(evidence.shown()),
            Check::ShownByAll(check) => check(evidence.shown(), evidence.all),
            Check::All(check) => check(evidence.all),
        }
    }
}

const SHALLOW: &str = "the clone is shallow (run `git fetch --unshallow`)";
const SHALLOW_LEDGER: &str = "the ledger was fetched shallow, without its history";

pub(super) fn no_tasks(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_empty = evidence.shown().tasks().next().is_none();
    is_empty.then_some("there are no tasks")
}

/// Retracted tasks count as tasks here.
pub(super) fn no_tasks_at_all(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_tasks(evidence).filter(|_| evidence.all.ledger.retracted.is_empty())
}

pub(super) fn no_sessions(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_empty = evidence.all.sessions.is_empty();
    is_empty.then_some("there are no measured sessions")
}

fn no_ledger(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_empty = evidence.all.steps.is_empty() && evidence.all.jumps.found.is_empty();
    is_empty.then_some("there is no ledger")
}

/// Rules about a task's commits also need the commits that a shallow clone leaves out.
pub(super) fn no_history(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_tasks(evidence).or(evidence.all.reach.is_cut.then_some(SHALLOW))
}

/// The first commit of a ledger that was fetched shallow appears to add all lines at once.
fn shallow_ledger(evidence: &Evidence<'_>) -> Option<&'static str> {
    let mut steps = evidence.all.steps.iter();
    steps
        .any(|step| step.past == Past::CutOff)
        .then_some(SHALLOW_LEDGER)
}

pub(super) fn no_ledger_past(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_ledger(evidence).or_else(|| shallow_ledger(evidence))
}

pub(super) fn no_revisions(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_tasks(evidence).or_else(|| shallow_ledger(evidence))
}

pub(super) fn no_past(evidence: &Evidence<'_>) -> Option<&'static str> {
    no_history(evidence).or_else(|| shallow_ledger(evidence))
}
