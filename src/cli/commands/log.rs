//! `log [REV-RANGE]`: the tasks, newest first, or every revision of them.

use std::collections::HashSet;

use chrono::NaiveDate;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::output::OutputArgs;
use crate::cli::range;
use crate::cli::recording::OpenLedger;
use crate::cli::timing::TimingArgs;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::record::Tombstone;
use crate::facts::shell;
use crate::facts::task::Task;
use crate::render::document::Document;
use crate::render::json::Versioned;
use crate::render::task::{Timed, history, shown, table, without_idle_estimator};

/// The arguments of `log`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage log\n  git leverage log main~20..main\n  \
    git leverage log --history\n  git leverage log --format json"
)]
pub struct Args {
    /// Only tasks of these commits: `A..B`, or a revision for everything that it reaches
    #[arg(value_name = "REV-RANGE")]
    range: Option<String>,
    /// Show every revision and retraction: who, when, and what changed
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    timing: TimingArgs,
    /// Output format and destination.
    #[command(flatten)]
    output: OutputArgs,
}

/// Prints the table.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let ledger = open.ledger(context)?;
    let commits = args
        .range
        .as_deref()
        .map(|range| range::commits(&open.repo, range))
        .transpose()?;
    let wanted = |task: &&LedgerTask| {
        let in_range = |commits: &HashSet<ObjectId>| task.commits.iter().any(|id| commits.contains(id));
        commits.as_ref().is_none_or(in_range)
    };
    let mut tasks: Vec<&LedgerTask> = match args.history {
        true => with_retracted(&ledger).filter(wanted).collect(),
        false => ledger.tasks.iter().filter(wanted).collect(),
    };
    let untimed: &[&LedgerTask] = if args.history { &[] } else { &tasks };
    let timing = args.timing.time(&open, &ledger, untimed, context)?;
    tasks.sort_by_key(|task| (timing.of(task).day, task.task.at, task.task.id));
    tasks.reverse();
    tell(&ledger, &tasks, context)?;
    let timed: Vec<Timed<'_>> = tasks.iter().map(|task| timing.of(task)).collect();
    let ids = ledger.short_ids();
    let rows = match args.history {
        true => history(
            tasks.iter().map(|task| (*task, ledger.tombstone(task.task.id))),
            &ids,
        ),
        false => table(&timed),
    };
    let mut page = match args.history {
        true => without_idle_estimator(rows.clone()),
        false => shown(rows.clone(), &timed, &ids),
    };
    if !args.history && !ledger.retracted.is_empty() {
        let left_out = format!("{} retracted, shown with --history", ledger.retracted.len());
        page.notes.push(left_out);
    }
    let machine = Versioned {
        schema: "git-leverage.log/1",
        body: match args.history {
            true => Log::of_revisions(&tasks, &ledger),
            false => Log::of(&timed),
        },
    };
    let document = match tasks.is_empty() {
        // Headings over nothing say nothing.
        true => Document {
            notes: page.notes,
            ..Document::default()
        },
        false => Document::from(page),
    };
    args.output.send(context, &document, &rows, &machine)?;
    Ok(timing.outcome.max(ledger.status.into()))
}

/// Says what a reader of the table should know first.
fn tell(ledger: &Ledger, tasks: &[&LedgerTask], context: &mut Context) -> Result<(), CommandError> {
    if let Some(remote) = &ledger.unfetched {
        let said = format!(
            "no ledger was fetched from `{remote}`; if it has one: git leverage sync {}",
            shell::word(remote)
        );
        context.terminal.status(&said)?;
    }
    if tasks.is_empty() {
        context.terminal.status("no tasks are recorded here")?;
    }
    Ok(())
}

/// What JSON holds.
#[derive(Serialize)]
struct Log<'a> {
    /// Their last revisions, or all of them with `--history`.
    tasks: Vec<TaskBody<'a>>,
    /// With `--history`, which of them were retracted, by whom and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    retractions: Option<Vec<&'a Tombstone>>,
}

/// A task as it was recorded, and of a last revision, what reports make of it.
#[derive(Serialize)]
struct TaskBody<'a> {
    #[serde(flatten)]
    task: &'a Task,
    #[serde(flatten)]
    counted: Option<Counted>,
}

#[derive(Serialize)]
struct Counted {
    /// The day of the zone.
    day: NaiveDate,
    /// The part of its agent minutes that nobody claimed.
    agent_minutes_measured: Option<Minutes>,
    /// The same of its supervisory minutes.
    supervisory_minutes_measured: Option<Minutes>,
    /// The same of its tokens.
    tokens_measured: Option<Tokens>,
    leverage_factor: Option<f64>,
}

impl<'a> Log<'a> {
    fn of(tasks: &[Timed<'a>]) -> Self {
        let body = |timed: &Timed<'a>| TaskBody {
            task: timed.task,
            counted: Some(Counted {
                day: timed.day,
                agent_minutes_measured: timed.effort.agent.measured,
                supervisory_minutes_measured: timed.effort.supervisory.measured,
                tokens_measured: timed.effort.tokens.measured,
                leverage_factor: timed.effort.leverage_factor(timed.task),
            }),
        };
        Self {
            tasks: tasks.iter().map(body).collect(),
            retractions: None,
        }
    }

    fn of_revisions(tasks: &[&'a LedgerTask], ledger: &'a Ledger) -> Self {
        let tombstones = tasks.iter().filter_map(|task| ledger.tombstone(task.task.id));
        let revisions = tasks.iter().flat_map(|task| &task.revisions);
        let body = |task| TaskBody { task, counted: None };
        Self {
            tasks: revisions.map(body).collect(),
            retractions: Some(tombstones.collect()),
        }
    }
}

fn with_retracted(ledger: &Ledger) -> impl Iterator<Item = &LedgerTask> {
    let retracted = ledger.retracted.iter().map(|retracted| &retracted.task);
    ledger.tasks.iter().chain(retracted)
}
