//! `record --by-hand`: a task that a person did without an agent, with what it took.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, quantity};
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerByHand};
use crate::facts::quantity::Hours;
use crate::facts::record::{ByHand, Record};
use crate::facts::signs;
use crate::facts::task::Task;
use crate::git::messages;
use crate::ledger::{self, WithoutCode};
use crate::render::by_hand::{card, card_without_id};
use crate::sources::ledger::{read_ledger_at, read_recorded};

/// What to record.
pub(super) struct Order<'a> {
    /// The task with its estimate.
    pub task: Task,
    /// What it took, as written.
    pub actual: &'a str,
    /// The commit whose note gets it.
    pub on: Option<ObjectId>,
    /// Whether a second task like one that is there is wanted.
    pub another: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// Writes the task and prints it.
pub(super) fn record(
    order: Order<'_>,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let Order {
        on, another, dry_run, ..
    } = order;
    let task = by_hand(order, open)?;
    if let Some(commit) = on {
        check_that_no_agent_worked(commit, open)?;
    }
    let allowed = || match already(&task, on, open).filter(|_| !another) {
        None => Ok(()),
        Some(id) => Err(CommandError::failed(format!(
            "this task is already recorded: `{}` ({id})",
            task.title
        ))
        .hint("Run `git leverage record --by-hand --another …` to record it a second time")),
    };
    let message = format!("Record: {}\n", task.title);
    match (dry_run, on) {
        (true, _) => allowed()?,
        (false, None) => {
            let tasks = [WithoutCode::from(&task)];
            ledger::append_without_code_if(&open.repo, &tasks, &message, open.writer()?, allowed)?;
        }
        (false, Some(on)) => {
            let record = (on, Record::ByHand(Box::new(task.clone())));
            ledger::append_decided(&open.repo, open.writer()?, || {
                allowed()?;
                Ok::<_, CommandError>((vec![record.clone()], message.clone()))
            })?;
        }
    }
    if !dry_run {
        let what = format!("the task {} is recorded", task.id);
        context.recorded(&open.repo, what, Outcome::Done)?;
    }
    let found = LedgerByHand {
        notes: Vec::new(),
        commits: on.into_iter().collect(),
        record: task,
    };
    let card = match dry_run {
        true => card_without_id(&found, open.zone),
        false => card(&found, None, open.zone),
    };
    context.terminal.cards(&card)?;
    context.terminal.status(&match dry_run {
        true => "Nothing written (--dry-run)".to_owned(),
        false => format!("Recorded {} by hand", found.record.actual_hours),
    })?;
    Ok(Outcome::Done)
}

/// A commit that shows an agent was not made by hand: calibration would rest on nothing.
fn check_that_no_agent_worked(commit: ObjectId, open: &OpenLedger) -> Result<(), CommandError> {
    let short = commit.short();
    let not_by_hand = |what: String| {
        CommandError::failed(format!("`{short}` was not made by hand: {what}"))
            .hint("Pass a commit that a person made without an agent, or `--no-commit --title TEXT`")
    };
    let ledger = read_ledger_at(&open.repo, &[commit], open.work);
    if let Some(found) = ledger.on(&[commit]).next() {
        let (title, id) = (&found.task.title, found.task.id.short());
        return Err(not_by_hand(format!("it has the task `{title}` ({id})")));
    }
    let signs = messages::with_commit(&open.repo, commit, |raw| {
        signs::in_commit(&raw.author(), &raw.message())
    })?;
    match signs.iter().find(|sign| sign.agent.is_some()) {
        Some(sign) => Err(not_by_hand(format!("it shows an agent ({})", sign.rule))),
        None => Ok(()),
    }
}

fn by_hand(order: Order<'_>, open: &OpenLedger) -> Result<ByHand, CommandError> {
    let actual_hours = quantity("--actual", Hours::parse(order.actual, open.work))?;
    let task = order.task;
    let by_hand = ByHand::new(task, actual_hours);
    by_hand.check()?;
    Ok(by_hand)
}

/// The id of a task done by hand that has the same place, title, day and hours.
fn already(task: &ByHand, on: Option<ObjectId>, open: &OpenLedger) -> Option<String> {
    let ledger: Ledger = match on {
        Some(commit) => read_ledger_at(&open.repo, &[commit], open.work),
        None => read_recorded(&open.repo),
    };
    let is_there = |found: &&LedgerByHand| match on {
        Some(commit) => found.commits.contains(&commit),
        None => found.commits.is_empty(),
    };
    let of = |task: &ByHand| {
        (
            task.title.clone(),
            task.date,
            task.estimate.hours,
            task.actual_hours,
        )
    };
    let mut same = ledger.by_hand.iter().filter(is_there);
    let same = same.find(|found| of(&found.record) == of(task))?;
    Some(same.record.id.short())
}
