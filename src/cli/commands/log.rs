//! `log [REV-RANGE]`: the tasks, newest first, or every revision of them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use regex::Regex;
use serde::Serialize;

use crate::cli::authors::AuthorArgs;
use crate::cli::columns::{ColumnsArgs, LimitArgs};
use crate::cli::context::Context;
use crate::cli::counted::TaskBody;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::output::{Format, OutputArgs, send_text};
use crate::cli::period::PeriodArgs;
use crate::cli::range;
use crate::cli::recording::OpenLedger;
use crate::cli::timing::{Timing, TimingArgs};
use crate::facts::commit::Person;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerByHand, LedgerTask};
use crate::facts::quantity::counted;
use crate::facts::record::{ByHand, Opinion, Tombstone};
use crate::facts::shell;
use crate::facts::zone::{Period, Zone};
use crate::git::messages;
use crate::render::by_hand;
use crate::render::document::{Document, Table};
use crate::render::history::{Step, blocks};
use crate::render::json::Versioned;
use crate::render::task::{Timed, history, oneline, shown, table, with_short_ids, without_idle_estimator};

const SCHEMA: &str = "git-leverage.log/1";

/// The arguments of `log`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage log\n  git leverage log -n 5 --since monday\n  \
    git leverage log main~20..main --oneline\n  git leverage log --history\n  git leverage log --by-hand\n  git leverage log --format json"
)]
pub struct Args {
    /// Only tasks of these commits: `A..B`, or a revision and all its ancestors
    #[arg(value_name = "REV-RANGE")]
    range: Option<String>,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    author: AuthorArgs,
    /// Show one line per task: id, day, estimate and title
    #[arg(long, conflicts_with_all = ["history", "columns"])]
    oneline: bool,
    /// Show every revision and retraction: who, when, what changed and why
    #[arg(long, conflicts_with = "columns")]
    history: bool,
    /// List the tasks that were done by hand instead, which are in no factor
    #[arg(long, conflicts_with_all = ["history", "oneline", "columns"])]
    by_hand: bool,
    #[command(flatten)]
    timing: TimingArgs,
    #[command(flatten)]
    columns: ColumnsArgs,
    /// Output format and destination.
    #[command(flatten)]
    output: OutputArgs,
}

/// `Name <mail>` of the author of the commit that carries the task, else of whoever recorded it. `known` are the authors that
/// the mailmap was asked for before.
fn author_of(found: &LedgerTask, open: &OpenLedger, known: &mut HashMap<Person, String>) -> String {
    let author = |commit: &ObjectId| messages::with_commit(&open.repo, *commit, |raw| raw.author()).ok();
    let Some(made) = found.commits.first().and_then(author) else {
        return found.task.by.clone();
    };
    let proper = known
        .entry(made)
        .or_insert_with_key(|made| open.repo.proper_name(made).to_string());
    proper.clone()
}

/// What of the ledger is shown.
struct Selection {
    commits: Option<HashSet<ObjectId>>,
    author: Option<Regex>,
    period: Period,
    zone: Zone,
    limit: usize,
}

/// Prints the tasks.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let none = Document::from(table(&[]));
    if args.columns.ask_for_help() {
        return ColumnsArgs::list_of(&none, context);
    }
    args.columns.choose(none)?;
    let open = OpenLedger::open(context)?;
    let selection = Selection::new(args, &open, context)?;
    let ledger = open.ledger(context)?;
    if let Some(remote) = &ledger.unfetched {
        let remote = shell::word(remote);
        context.terminal.status(&format!(
            "No ledger was fetched from `{remote}`; if it has one, run `git leverage sync {remote}`"
        ))?;
    }
    if args.by_hand {
        return show_by_hand(args, &selection, &ledger, context);
    }
    match args.history {
        true => show_history(args, &selection, &ledger, &open, context),
        false => show_tasks(args, &selection, &ledger, &open, context),
    }
}

impl Selection {
    fn new(args: &Args, open: &OpenLedger, context: &Context) -> Result<Self, CommandError> {
        let zone = args.period.zone(&context.settings())?;
        let range = args.range.as_deref();
        Ok(Self {
            commits: range.map(|range| range::commits(&open.repo, range)).transpose()?,
            author: args.author.pattern(context, open.repo.place())?,
            period: args.period.period(zone, &context.environment)?,
            zone,
            limit: args.limit.limit.unwrap_or(usize::MAX),
        })
    }

    fn takes_commits_of(&self, found: &LedgerTask) -> bool {
        let in_range = |commits: &HashSet<ObjectId>| found.commits.iter().any(|id| commits.contains(id));
        self.commits.as_ref().is_none_or(in_range)
    }

    fn takes_author(&self, author: impl FnOnce() -> String) -> bool {
        self.author
            .as_ref()
            .is_none_or(|wanted| wanted.is_match(&author()))
    }

    /// How many are shown, where not all are.
    fn note(&self, all: usize, one: &str, many: &str) -> Option<String> {
        (all > self.limit).then(|| format!("{} of {} shown", self.limit, counted(all, one, many)))
    }
}

fn show_tasks(
    args: &Args,
    selection: &Selection,
    ledger: &Ledger,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let mut authors = HashMap::new();
    let wanted = |found: &&LedgerTask| {
        selection.takes_commits_of(found) && selection.takes_author(|| author_of(found, open, &mut authors))
    };
    let mut tasks: Vec<&LedgerTask> = ledger.tasks.iter().filter(wanted).collect();
    let timing = args.timing.time(open, ledger, &tasks, selection.zone, context)?;
    tasks.retain(|task| selection.period.contains(timing.of(task).day));
    tasks.sort_by_key(|task| (timing.of(task).day, task.task.at, task.task.id));
    tasks.reverse();
    let left_out = selection.note(tasks.len(), "task", "tasks");
    tasks.truncate(selection.limit);
    if tasks.is_empty() {
        context.terminal.status(&nothing(ledger, open))?;
    }
    let timed: Vec<Timed<'_>> = tasks.iter().map(|task| timing.of(task)).collect();
    let ids = ledger.short_ids();
    if args.oneline && args.output.format() == Format::Table {
        let screen = context.terminal.screen(args.output.output.as_deref());
        let text = oneline(&timed, &ids, screen);
        send_text(context, args.output.output.as_deref(), &text)?;
    } else {
        let rows = table(&timed);
        let mut page = match args.columns.columns.as_slice() {
            [] => shown(rows.clone(), &timed, &ids),
            names => with_short_ids(rows.clone(), &timed, &ids).choose(names, &[])?,
        };
        let rows = args.columns.choose_rows(rows, &Document::from(page.clone()))?;
        page.notes.extend(left_out);
        page.notes.extend(retracted(ledger));
        page.notes.extend(by_hand_note(ledger));
        let body = Log::of(&tasks, ledger, &timing);
        send(args, context, page, &rows, body)?;
    }
    Ok(timing.outcome.max(ledger.status.into()))
}

fn retracted(ledger: &Ledger) -> Option<String> {
    let count = ledger.retracted.len();
    (count > 0).then(|| {
        format!(
            "{} shown only with `--history`",
            counted(count, "retracted task", "retracted tasks")
        )
    })
}

fn show_by_hand(
    args: &Args,
    selection: &Selection,
    ledger: &Ledger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let is_wanted = |found: &&LedgerByHand| {
        let commits = selection.commits.as_ref();
        selection.period.contains(found.record.date)
            && commits.is_none_or(|commits| found.commits.iter().any(|id| commits.contains(id)))
            && selection.takes_author(|| found.record.by.clone())
    };
    let mut tasks: Vec<&ByHand> = ledger
        .by_hand
        .iter()
        .filter(is_wanted)
        .map(|found| &found.record)
        .collect();
    tasks.sort_by_key(|task| Reverse((task.date, task.at, task.id)));
    let left_out = selection.note(tasks.len(), "task", "tasks");
    tasks.truncate(selection.limit);
    if tasks.is_empty() {
        context.terminal.status("No task done by hand matches")?;
    }
    let mut page = by_hand::table(tasks.iter().copied());
    page.notes.extend(left_out);
    let rows = page.clone();
    let body = Log {
        tasks: Vec::new(),
        by_hand: Some(tasks),
        opinions: Vec::new(),
        retractions: None,
    };
    send(args, context, page, &rows, body)?;
    Ok(Outcome::Done.max(ledger.status.into()))
}

fn by_hand_note(ledger: &Ledger) -> Option<String> {
    let count = ledger.by_hand.len();
    (count > 0).then(|| {
        format!(
            "{} done by hand; run `git leverage log --by-hand` to list them",
            counted(count, "task was", "tasks were")
        )
    })
}

/// Why there is nothing to show.
fn nothing(ledger: &Ledger, open: &OpenLedger) -> String {
    match ledger.all_tasks().next() {
        Some(_) if ledger.tasks.is_empty() => {
            "All tasks here are retracted; `git leverage log --history` shows them".to_owned()
        }
        Some(_) => "No tasks match".to_owned(),
        None if open.is_unborn() => {
            "No tasks and no commits yet; create a commit first: `git commit`".to_owned()
        }
        None => "No tasks are recorded here yet; record one: `git leverage record --estimate 4h`".to_owned(),
    }
}

fn show_history(
    args: &Args,
    selection: &Selection,
    ledger: &Ledger,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let mut tasks: Vec<&LedgerTask> = ledger
        .all_tasks()
        .filter(|found| selection.takes_commits_of(found))
        .collect();
    tasks.sort_by_key(|found| Reverse((found.task.date, found.task.at, found.task.id)));
    let mut timed: Vec<(DateTime<Utc>, Step<'_>)> = tasks
        .iter()
        .rev()
        .flat_map(|found| Step::timed(found, ledger.tombstone(found.task.id)))
        .filter(|(_, step)| {
            selection
                .period
                .contains(selection.zone.day(step.at().timestamp()))
        })
        .filter(|(_, step)| selection.takes_author(|| step.by().to_owned()))
        .collect();
    // Sorting is stable: of one time, the later revision is the later one.
    timed.sort_by_key(|(at, _)| *at);
    let mut steps: Vec<Step<'_>> = timed.into_iter().rev().map(|(_, step)| step).collect();
    steps.truncate(selection.limit);
    if steps.is_empty() {
        context.terminal.status(&nothing(ledger, open))?;
    }
    let ids = ledger.short_ids();
    if args.output.format() == Format::Table {
        let screen = context.terminal.screen(args.output.output.as_deref());
        let text = blocks(&steps, &ids, selection.zone, screen);
        send_text(context, args.output.output.as_deref(), &text)?;
    } else {
        let rows = history(&steps, selection.zone);
        let page = without_idle_estimator(rows.clone());
        // Programs get the revisions of a task side by side, oldest first.
        let place = |step: &Step<'_>| tasks.iter().position(|found| found.task.id == step.task().id);
        steps.reverse();
        steps.sort_by_cached_key(place);
        send(args, context, page, &rows, Log::of_revisions(&steps))?;
    }
    Ok(Outcome::Done.max(ledger.status.into()))
}

/// Sends a table that has rows, or only its notes: headings above nothing say nothing.
fn send(
    args: &Args,
    context: &mut Context,
    page: Table,
    rows: &Table,
    body: Log<'_>,
) -> Result<(), CommandError> {
    let document = match page.rows.is_empty() {
        true => Document {
            notes: page.notes,
            ..Document::default()
        },
        false => Document::from(page),
    };
    let machine = Versioned { schema: SCHEMA, body };
    args.output.send(context, &document, rows, &machine)
}

/// What JSON holds.
#[derive(Serialize)]
struct Log<'a> {
    /// Their last revisions, or all of them with `--history`.
    tasks: Vec<TaskBody>,
    /// With `--by-hand`, the tasks that were done by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_hand: Option<Vec<&'a ByHand>>,
    /// With `--history`, every opinion as it was given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opinions: Vec<&'a Opinion>,
    /// With `--history`, which of them were retracted, by whom and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    retractions: Option<Vec<&'a Tombstone>>,
}

impl<'a> Log<'a> {
    fn of(tasks: &[&LedgerTask], ledger: &Ledger, timing: &Timing) -> Self {
        let body = |found: &&LedgerTask| TaskBody::last(found, ledger.opinions_on(found), &timing.of(found));
        Self {
            tasks: tasks.iter().map(body).collect(),
            by_hand: None,
            opinions: Vec::new(),
            retractions: None,
        }
    }

    fn of_revisions(steps: &[Step<'a>]) -> Self {
        let revision = |step: &Step<'a>| match step {
            Step::Revision(task, _) => Some(TaskBody::revision(task)),
            Step::Opinion(..) | Step::Retraction(..) => None,
        };
        let opinion = |step: &Step<'a>| match step {
            Step::Opinion(_, opinion) => Some(*opinion),
            Step::Revision(..) | Step::Retraction(..) => None,
        };
        let retraction = |step: &Step<'a>| match step {
            Step::Retraction(_, tombstone) => Some(*tombstone),
            Step::Revision(..) | Step::Opinion(..) => None,
        };
        Self {
            tasks: steps.iter().filter_map(revision).collect(),
            by_hand: None,
            opinions: steps.iter().filter_map(opinion).collect(),
            retractions: Some(steps.iter().filter_map(retraction).collect()),
        }
    }
}
