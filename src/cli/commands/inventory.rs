//! `inventory`: one row a repository, its readiness, and what changed since an earlier inventory.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, NaiveTime, SecondsFormat};

use super::Context;
use crate::aggregate::inventory::{Comparison, Inventory, SCHEMA, Windows};
use crate::aggregate::readiness::Verdict;
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::output::{Format, OutputArgs, send_text};
use crate::cli::period::PeriodArgs;
use crate::cli::reading::ReadArgs;
use crate::cli::workers::read_each;
use crate::facts::diagnostics::Status;
use crate::facts::zone::Zone;
use crate::render::document::{Document, Table};
use crate::render::inventory::{self as shown, Columns, UnknownColumn};
use crate::render::json::{self, Versioned};
use crate::sources::discover::LinkedWorkTrees;
use crate::sources::inventory::{Reading, read};

/// The arguments of `inventory`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Columns: identity, size, testing, history, ai and clone stand for all of theirs; `--columns help` lists them.\n\
                  Those of ai read every commit, and are filled only where they are asked for.\n\n\
                  Examples:\n  git leverage inventory ~/src\n  git leverage inventory ~/src --columns name,languages,size --sort code\n  \
                  git leverage inventory ~/src --readiness --strict\n  \
                  git leverage inventory ~/src --save today.json --compare last-month.json"
)]
pub struct Args {
    #[command(flatten)]
    read: ReadArgs,
    /// The columns to show, by id or group
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,
    /// The columns to sort by: numbers from the largest, text from A
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    sort: Vec<String>,
    /// Sort the other way round
    #[arg(long)]
    reverse: bool,
    /// Show checks of what a repository needs before others can rely on it
    #[arg(long)]
    readiness: bool,
    /// Exit with 4 when a check of `--readiness` fails
    #[arg(long, requires = "readiness")]
    strict: bool,
    /// Keep this inventory in FILE, to compare a later one with
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Show what changed since the inventory in FILE
    #[arg(long, value_name = "FILE", conflicts_with = "readiness")]
    compare: Option<PathBuf>,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads the repositories and shows what was asked for.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    if args.columns == ["help"] {
        return list_columns(context);
    }
    let zone = args.period.zone(&context.settings())?;
    let columns = args.columns()?;
    let sorting = columns_named(&args.sort)?;
    let with_agents = args.asks_for_agents(&columns, &sorting);
    let mut inventory = take_inventory(args, context, zone, with_agents)?;
    shown::sort(&mut inventory.rows, &sorting, zone);
    if args.reverse {
        inventory.rows.reverse();
    }
    if let Some(file) = &args.save {
        save(context, file, &inventory)?;
    }
    match &args.compare {
        Some(file) => show_changes(args, context, file, &inventory)?,
        None if args.readiness => show_readiness(args, context, &inventory)?,
        None => show_table(args, context, &inventory, &columns, zone)?,
    }
    Ok(outcome(args, &inventory))
}

impl Args {
    /// The columns that were asked for; without any, the usual ones, and all of them for a spreadsheet.
    fn columns(&self) -> Result<Columns, CommandError> {
        if !self.columns.is_empty() {
            return columns_named(&self.columns);
        }
        if self.output.format == Format::Csv {
            let quick = shown::GROUPS.into_iter().filter(|group| *group != shown::AI);
            return columns_named(&quick.collect::<Vec<_>>());
        }
        let usual = shown::DEFAULT.map(|id| match id {
            "commits_90d" if self.period.since.is_some() => "commits_since",
            _ => id,
        });
        columns_named(&usual)
    }

    fn asks_for_agents(&self, columns: &Columns, sorting: &Columns) -> bool {
        columns.touch(shown::AI) || sorting.touch(shown::AI)
    }
}

fn columns_named<S: AsRef<str>>(names: &[S]) -> Result<Columns, CommandError> {
    Columns::named(names.iter().map(AsRef::as_ref)).map_err(|error: UnknownColumn| {
        CommandError::usage(error.to_string()).hint("`git leverage inventory --columns help` lists them")
    })
}

fn list_columns(context: &mut Context) -> Result<Outcome, CommandError> {
    for id in Columns::ids() {
        context.terminal.line(id)?;
    }
    Ok(Outcome::Done)
}

fn take_inventory(
    args: &Args,
    context: &mut Context,
    zone: Zone,
    with_agents: bool,
) -> Result<Inventory, CommandError> {
    let settings = context.settings();
    let environment = &context.environment;
    let period = args.period.period(zone, environment)?;
    let windows = Windows {
        now: environment.now.timestamp(),
        since: period.since.map(|day| first_second(day, zone)),
    };
    let found = args
        .read
        .discover_as(context, &settings, LinkedWorkTrees::StandForThemselves)?;
    let history = args.read.history(context, &settings);
    let work = settings.work_time()?;
    let reading = Reading {
        cache_dir: history.cache.as_deref(),
        config_files: &environment.config_files,
        now: windows.now,
        since: windows.earliest(),
        agents: with_agents.then_some((&history, work)),
    };
    let read = |path: &Path| read(path, &reading);
    let facts = read_each(
        context,
        args.read.jobs,
        &found.repositories,
        &history.progress,
        read,
    )?;
    let at = environment.now.to_rfc3339_opts(SecondsFormat::Secs, true);
    context.terminal.warnings(&found.warnings)?;
    Ok(Inventory::new(&facts, windows, at, found.warnings))
}

/// When a day begins in a zone, in seconds since the epoch.
fn first_second(day: NaiveDate, zone: Zone) -> i64 {
    let in_utc = day.and_time(NaiveTime::MIN).and_utc().timestamp();
    in_utc - i64::from(zone.at(in_utc).offset().local_minus_utc())
}

fn machine(inventory: &Inventory) -> Versioned<&Inventory> {
    Versioned {
        schema: SCHEMA,
        body: inventory,
    }
}

fn show_table(
    args: &Args,
    context: &mut Context,
    inventory: &Inventory,
    columns: &Columns,
    zone: Zone,
) -> Result<(), CommandError> {
    let table = shown::table(inventory, columns, zone);
    send(args, context, &Document::from(table.clone()), &table, inventory)
}

fn show_readiness(args: &Args, context: &mut Context, inventory: &Inventory) -> Result<(), CommandError> {
    let document = shown::readiness(inventory);
    let matrix = document.tables.first().cloned().unwrap_or_default();
    send(args, context, &document, &matrix, inventory)
}

fn send(
    args: &Args,
    context: &mut Context,
    document: &Document,
    rows: &Table,
    inventory: &Inventory,
) -> Result<(), CommandError> {
    args.output.send(context, document, rows, &machine(inventory))
}

fn show_changes(
    args: &Args,
    context: &mut Context,
    file: &std::path::Path,
    inventory: &Inventory,
) -> Result<(), CommandError> {
    let changes = Comparison::new(&load(context, file)?, inventory);
    let table = shown::comparison(&changes);
    let machine = Versioned {
        schema: "git-leverage.inventory-changes/1",
        body: &changes,
    };
    args.output
        .send(context, &Document::from(table.clone()), &table, &machine)
}

fn save(context: &mut Context, file: &std::path::Path, inventory: &Inventory) -> Result<(), CommandError> {
    let text = json::pretty(&machine(inventory)).map_err(|error| CommandError::from_error(&error))?;
    send_text(context, Some(file), &text)
}

/// Reads an inventory that `--save` or `--format json` wrote.
fn load(context: &Context, file: &std::path::Path) -> Result<Inventory, CommandError> {
    let shown = file.display();
    let path = context.environment.directory.join(file);
    let bytes = std::fs::read(path)
        .map_err(|error| CommandError::failed(format!("cannot read `{shown}`: {error}")))?;
    let value: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| CommandError::failed(format!("`{shown}` is no JSON: {error}")))?;
    let schema = value
        .get("schema")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    if schema != SCHEMA {
        return Err(
            CommandError::failed(format!("`{shown}` is no inventory of this version")).hint(format!(
                "It says `{schema}`; `inventory --save` writes `{SCHEMA}`"
            )),
        );
    }
    serde_json::from_value(value)
        .map_err(|error| CommandError::failed(format!("`{shown}` is no inventory: {error}")))
}

fn outcome(args: &Args, inventory: &Inventory) -> Outcome {
    let mut rows = inventory.rows.iter();
    let failed = |row: &crate::aggregate::inventory::Row| row.checks_with(Verdict::Fail).next().is_some();
    if args.strict && rows.clone().any(failed) {
        Outcome::Findings
    } else if !inventory.warnings.is_empty() || rows.any(|row| row.status != Some(Status::Complete)) {
        Outcome::Partial
    } else {
        Outcome::Done
    }
}
