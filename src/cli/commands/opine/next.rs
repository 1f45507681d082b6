//! `opine --next`: the next question, without any figure of the claim.

use std::collections::BTreeSet;

use super::subject::{Subject, estimator};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, TaskFields};
use crate::facts::estimate::{Estimate, Estimator, EstimatorKey};
use crate::facts::figures::Figures;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::Ledger;
use crate::facts::quantity::Hours;
use crate::facts::question::{Question, Work};
use crate::git::mailmap::NameMap;
use crate::git::{diffstat, messages};
use crate::render::question::question;

/// As many commits of a task are read.
const MOST_READ: usize = 50;

/// Prints the question, and nothing if there is none left.
pub(super) fn show(
    fields: &TaskFields,
    open: &OpenLedger,
    ledger: &Ledger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let people = open.repo.name_map();
    let me = me(fields, open, &people)?;
    let Some(subject) = next(ledger, &me, &people) else {
        context
            .terminal
            .status("No task is left without an opinion of yours")?;
        return Ok(ledger.status.into());
    };
    let commits = match subject {
        Subject::Task(found) => found.commits.clone(),
        Subject::Unknown(id, _) => naming(ledger, id),
    };
    let is_partial = commits.len() > MOST_READ;
    let work = work(open, &commits);
    let asked = match subject {
        Subject::Task(found) => {
            let figures = Figures::of(found, &ledger.sessions, open.work);
            Question::about(found, found.task.date, work, &figures)
        }
        Subject::Unknown(id, _) => Question::unknown(id, None, work, &Figures::default()),
    };
    context.terminal.cards(&question(&asked, is_partial))?;
    Ok(ledger.status.into())
}

/// Who would answer.
fn me(fields: &TaskFields, open: &OpenLedger, people: &NameMap) -> Result<EstimatorKey, CommandError> {
    let named = fields.estimated_by.as_deref().map(Estimator::parse).transpose()?;
    let estimate = Estimate {
        estimator: named.unwrap_or_else(|| open.estimator.clone()),
        ..Estimate::new(Hours::default(), open.author()?)
    };
    Ok(estimator(&estimate, people))
}

/// The next task without an opinion of `me`: first those whose claim is not in this clone, then the newest.
fn next<'a>(ledger: &'a Ledger, me: &EstimatorKey, people: &NameMap) -> Option<Subject<'a>> {
    let is_mine = |estimate: &Estimate| estimator(estimate, people) == *me;
    let strayed = ledger.strayed.iter().filter(|opinion| is_mine(&opinion.estimate));
    let answered: BTreeSet<TaskId> = strayed.map(|opinion| opinion.of).collect();
    let mut unknown = ledger.unknown.iter().filter(|(_, id)| !answered.contains(id));
    if let Some((commit, id)) = unknown.next() {
        return Some(Subject::Unknown(*id, *commit));
    }
    let is_open = |found: &&crate::facts::ledger::LedgerTask| {
        !is_mine(&found.task.estimate) && !found.opinions.iter().any(|opinion| is_mine(&opinion.estimate))
    };
    let open = ledger.tasks.iter().filter(is_open);
    open.max_by_key(|found| (found.task.date, found.task.id))
        .map(Subject::Task)
}

/// The commits whose messages name a task that is not recorded here.
fn naming(ledger: &Ledger, id: TaskId) -> Vec<ObjectId> {
    let named = ledger.unknown.iter().filter(|(_, named)| **named == id);
    named.map(|(commit, _)| *commit).collect()
}

/// What git has of the commits; those that cannot be read have no subject and no files.
fn work(open: &OpenLedger, commits: &[ObjectId]) -> Work {
    let mut work = Work::default();
    for (at, commit) in commits.iter().enumerate() {
        let is_read = at < MOST_READ;
        let subject = is_read.then(|| messages::with_commit(&open.repo, *commit, |raw| raw.subject()).ok());
        work.commits.push((*commit, subject.flatten()));
        if is_read {
            work.files
                .extend(diffstat::of_commit(&open.repo, *commit).unwrap_or_default());
        }
    }
    work
}
