//! `log [REV-RANGE]`: the tasks, newest first, or every revision of them.

use std::collections::HashSet;

use serde::Serialize;

use super::Context;
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::output::OutputArgs;
use crate::cli::recording::Desk;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::record::Tombstone;
use crate::facts::task::Task;
use crate::git::messages::{self, Range};
use crate::render::document::Document;
use crate::render::json::Versioned;
use crate::render::task::{history, table};

/// The arguments of `log`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage log\n  git leverage log main~20..main\n  \
    git leverage log --history\n  git leverage log --format json"
)]
pub struct Args {
    /// Only tasks of these commits, as `A..B`, or one revision for all that it reaches
    #[arg(value_name = "REV-RANGE")]
    range: Option<String>,
    /// Every revision and retraction: who, when, from what to what
    #[arg(long)]
    history: bool,
    /// The form of the result.
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the table.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let desk = Desk::open(context)?;
    let ledger = desk.ledger(context)?;
    let commits = args
        .range
        .as_deref()
        .map(|range| commits(&desk, range))
        .transpose()?;
    let wanted = |task: &&LedgerTask| {
        let in_range = |commits: &HashSet<ObjectId>| task.commits.iter().any(|id| commits.contains(id));
        commits.as_ref().is_none_or(in_range)
    };
    let mut tasks: Vec<&LedgerTask> = match args.history {
        true => with_retracted(&ledger).filter(wanted).collect(),
        false => ledger.tasks.iter().filter(wanted).collect(),
    };
    tasks.sort_by_key(|task| (task.task.date, task.task.at, task.task.id));
    tasks.reverse();
    if tasks.is_empty() {
        context.terminal.status("no tasks are recorded here")?;
    }
    let mut rows = match args.history {
        true => history(tasks.iter().map(|task| (*task, ledger.tombstone(task.task.id)))),
        false => table(tasks.iter().map(|task| &task.task)),
    };
    if !args.history && !ledger.retracted.is_empty() {
        let left_out = format!("{} retracted, shown with --history", ledger.retracted.len());
        rows.notes.push(left_out);
    }
    let machine = Versioned {
        schema: "git-leverage.log/1",
        body: Log::of(&tasks, &ledger, args.history),
    };
    args.output
        .send(context, &Document::from(rows.clone()), &rows, &machine)?;
    Ok(ledger.status.into())
}

/// What JSON holds.
#[derive(Serialize)]
struct Log<'a> {
    /// Their last revisions, or all of them with `--history`.
    tasks: Vec<&'a Task>,
    /// With `--history`, which of them were taken back, by whom and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    retractions: Option<Vec<&'a Tombstone>>,
}

impl<'a> Log<'a> {
    fn of(tasks: &[&'a LedgerTask], ledger: &'a Ledger, history: bool) -> Self {
        if !history {
            return Self {
                tasks: tasks.iter().map(|task| &task.task).collect(),
                retractions: None,
            };
        }
        let tombstones = tasks.iter().filter_map(|task| ledger.tombstone(task.task.id));
        Self {
            tasks: tasks.iter().flat_map(|task| &task.revisions).collect(),
            retractions: Some(tombstones.collect()),
        }
    }
}

fn with_retracted(ledger: &Ledger) -> impl Iterator<Item = &LedgerTask> {
    let retracted = ledger.retracted.iter().map(|retracted| &retracted.task);
    ledger.tasks.iter().chain(retracted)
}

fn commits(desk: &Desk, range: &str) -> Result<HashSet<ObjectId>, CommandError> {
    let unknown = || CommandError::failed(format!("`{range}` names no commits here"));
    let range = Range::parse(&desk.repo, range).map_err(|_| unknown())?;
    let mut commits = HashSet::new();
    messages::visit_range(&desk.repo, &range, |commit| {
        commits.insert(commit.id);
    })
    .map_err(|error| CommandError::failed(error.to_string()))?;
    Ok(commits)
}
