//! `inventory`: one row per repository, its readiness, and what changed since an earlier inventory.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use chrono::SecondsFormat;

use crate::aggregate::inventory::{Comparison, Inventory, InventoryRow, SCHEMA, SCHEMA_1, Windows};
use crate::aggregate::readiness::Verdict;
use crate::cli::bar;
use crate::cli::columns::ColumnsArgs;
use crate::cli::commands::scan::no_commits;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::facts::FactsArgs;
use crate::cli::input;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::{ForeignArgs, RulesArgs};
use crate::cli::outcome::Outcome;
use crate::cli::output::{Format, OutputArgs, send_text};
use crate::cli::period::PeriodArgs;
use crate::cli::reading::{ReadArgs, threads};
use crate::facts::diagnostics::Status;
use crate::facts::zone::Zone;
use crate::render::document::{Document, Table};
use crate::render::inventory::{self as shown, Columns, Sorting};
use crate::render::json::{self, Versioned};
use crate::render::single;
use crate::sources::discover::{Discovery, LinkedWorkTrees};
use crate::workspace::inventory::{InventoryOptions, read_inventory};
use crate::workspace::repositories::find;

/// The arguments of `inventory`.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub struct Args {
    /// Repositories, or directories to search for them [default: the current repository, else `leverage.root`, else the current
    /// directory]
    #[arg(value_name = "ROOT")]
    roots: Vec<PathBuf>,
    #[command(flatten)]
    facts: FactsArgs,
    #[command(flatten)]
    columns: ColumnsArgs,
    /// Sort by these columns: largest number and latest date first, text from A to Z, or from Z to A with `-` before the column
    #[arg(
        long,
        value_name = "COLUMNS",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    sort: Vec<String>,
    /// Reverse the order; unknown values stay last
    #[arg(long)]
    reverse: bool,
    /// Show whether each repository has what others need to rely on it
    #[arg(long, conflicts_with = "columns")]
    readiness: bool,
    /// Exit with 4 if a check fails
    #[arg(long, requires = "readiness")]
    strict: bool,
    /// Save the inventory to FILE, for a later `--compare`
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Show what changed since the inventory in FILE; `--save` may replace the same FILE
    #[arg(long, value_name = "FILE", conflicts_with_all = ["readiness", "columns"])]
    compare: Option<PathBuf>,
    /// Ignore other tools' trailers when detecting agents and sessions for the `ai` columns
    #[arg(long)]
    ignore_foreign_trailers: bool,
    /// Read everything again, and cache nothing
    #[arg(long)]
    no_cache: bool,
    /// Threads to use, at most 256 [default: one per processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    jobs: Option<NonZero<usize>>,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    output: OutputArgs,
}

fn after_help() -> String {
    let groups: Vec<String> = shown::groups_in_words().map(|group| wrapped(&group)).collect();
    format!(
        "Columns, by group (`--columns help` lists their headings):\n{}\n\
         The `ai` columns need every commit to be read, and are filled only on request. With `--since`, the `_since` columns \
         cover the period; with `--until`, the `_30d` and `_90d` columns end on its last day.\n\n\
         Examples:\n  git leverage inventory ~/src\n  git leverage inventory ~/src --columns name,languages,size --sort code\n  \
         git leverage inventory ~/src --columns name,ai --sort leverage\n  \
         git leverage inventory ~/src --since 2026-01-01 --until 2026-03-31\n  \
         git leverage inventory ~/src --readiness --strict\n  \
         git leverage inventory ~/src --compare last.json --save last.json",
        groups.join("\n")
    )
}

/// Lines that fit a help page; all but the first are indented.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::from(" ")];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 100 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("    {word}")),
        }
    }
    lines.join("\n")
}

/// Reads the repositories and shows what was requested.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    if args.columns.ask_for_help() {
        return ColumnsArgs::list(&shown::choices(), context);
    }
    let zone = args.period.zone(&context.settings())?;
    let columns = args.columns()?;
    let sorting = Sorting::named(args.sort.iter().map(String::as_str))?;
    let with_agents = columns.touch(shown::AI) || sorting.touches(shown::AI);
    let earlier = args
        .compare
        .as_deref()
        .map(|file| load(context, file))
        .transpose()?;
    let mut inventory = take_inventory(args, context, zone, with_agents)?;
    shown::sort(&mut inventory.rows, &sorting, zone, args.reverse);
    let sent = match earlier {
        Some(earlier) => show_changes(args, context, (&earlier, &inventory), zone),
        None if args.readiness => show_readiness(args, context, &inventory),
        None if args.is_plain() && inventory.rows.iter().all(InventoryRow::is_unborn) => {
            let names = inventory.rows.iter().map(|row| row.name.as_str());
            context
                .terminal
                .data(no_commits(names).as_bytes())
                .map_err(Into::into)
        }
        None => show_table(args, context, &inventory, &columns, zone),
    };
    // The file that was compared with is replaced only after the changes were written, even if nobody read them to the end.
    sent.or_else(|error| {
        if error.is_closed_pipe() {
            Ok(())
        } else {
            Err(error)
        }
    })?;
    if let Some(file) = &args.save {
        save(context, file, &inventory)?;
    }
    context.terminal.warnings(&inventory.warnings)?;
    Ok(outcome(args, &inventory))
}

impl Args {
    /// Whether the default table is shown to a person.
    fn is_plain(&self) -> bool {
        self.columns.columns.is_empty()
            && self.output.format() == Format::Table
            && self.output.output.is_none()
    }

    /// The requested columns, else the default ones, or nearly all of them for a spreadsheet.
    fn columns(&self) -> Result<Columns, CommandError> {
        if !self.columns.columns.is_empty() {
            return columns_named(&self.columns.columns);
        }
        if self.output.format() == Format::Csv {
            let quick = shown::GROUPS.into_iter().filter(|group| *group != shown::AI);
            return columns_named(&quick.collect::<Vec<_>>());
        }
        let usual = shown::DEFAULT.map(|id| match id {
            "commits_90d" if self.period.since.is_some() => "commits_since",
            _ => id,
        });
        columns_named(&usual)
    }

    /// How the repositories are found and read: at HEAD, as all columns are.
    fn read(&self) -> ReadArgs {
        ReadArgs {
            roots: self.roots.clone(),
            foreign: ForeignArgs {
                ignore_foreign_trailers: self.ignore_foreign_trailers,
            },
            no_cache: self.no_cache,
            jobs: self.jobs,
            ..ReadArgs::default()
        }
    }
}

fn columns_named<S: AsRef<str>>(names: &[S]) -> Result<Columns, CommandError> {
    Ok(Columns::named(names.iter().map(AsRef::as_ref))?)
}

fn take_inventory(
    args: &Args,
    context: &mut Context,
    zone: Zone,
    with_agents: bool,
) -> Result<Inventory, CommandError> {
    let environment = &context.environment;
    let roots = args.read();
    let sessions = || (args.sessions).options(&roots, &RulesArgs::default(), context);
    let options = InventoryOptions {
        read: roots.options(context)?,
        agents: with_agents.then(sessions).transpose()?,
        config_files: environment.config_files.clone(),
        windows: Windows {
            now: environment.now.timestamp(),
            period: args.period.period(zone, environment)?,
            zone,
        },
    };
    let found = match args.facts.are_all(&roots) {
        true => Discovery::default(),
        false => find(&roots.roots(context), LinkedWorkTrees::StandForThemselves)?,
    };
    let (elsewhere, loading) = args
        .facts
        .inventories(options.windows.earliest(), zone, context)?;
    let read = || read_inventory(found, elsewhere, &options);
    let inventory = bar::during(context, read)?;
    loading.check()?;
    Ok(Inventory {
        at: environment.now.to_rfc3339_opts(SecondsFormat::Secs, true),
        ..inventory
    })
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
    let document = Document::from(shown::table(inventory, columns, zone));
    if args.output.format() == Format::Html {
        let page = single::inventory(&document, inventory);
        return send_text(context, args.output.output.as_deref(), &page);
    }
    let rows = shown::spreadsheet(inventory, columns, zone);
    send(args, context, &document, &rows, inventory)
}

fn show_readiness(args: &Args, context: &mut Context, inventory: &Inventory) -> Result<(), CommandError> {
    let screen = context.terminal.screen(args.output.output.as_deref());
    let width = screen.width.filter(|_| args.output.format() == Format::Table);
    let document = shown::readiness(inventory, width);
    send(args, context, &document, &shown::matrix(inventory), inventory)
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
    (earlier, now): (&Inventory, &Inventory),
    zone: Zone,
) -> Result<(), CommandError> {
    let changes = &Comparison::new(earlier, now);
    let mut document = shown::changes(changes, zone);
    // The exit code is that of an inventory with gaps, so the page names them.
    document.notes.extend(shown::troubles(now));
    let machine = Versioned {
        schema: "git-leverage.inventory-changes/2",
        body: changes,
    };
    args.output
        .send(context, &document, &shown::changed(changes), &machine)
}

fn save(context: &mut Context, file: &Path, inventory: &Inventory) -> Result<(), CommandError> {
    let text = json::pretty(&machine(inventory)).map_err(|error| CommandError::from_error(&error))?;
    send_text(context, Some(file), &text)
}

/// Reads an inventory that `--save` or `--format json` wrote.
fn load(context: &Context, file: &Path) -> Result<Inventory, CommandError> {
    let shown = file.display();
    let path = context.environment.directory.join(file);
    let bytes = input::file(&path, input::LARGEST)
        .map_err(|error| CommandError::failed(format!("cannot read `{shown}`: {error}")))?;
    let value: serde_json::Value = serde_json::from_slice(&bytes)
        .map_err(|error| CommandError::failed(format!("`{shown}` is not valid JSON: {error}")))?;
    let schema = value
        .get("schema")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    if ![SCHEMA, SCHEMA_1].contains(&schema) {
        return Err(
            CommandError::failed(format!("`{shown}` is not an inventory of this version")).hint(format!(
                "Its schema is `{schema}`; `inventory --save` writes `{SCHEMA}`"
            )),
        );
    }
    let is_former = schema == SCHEMA_1;
    let inventory: Inventory = serde_json::from_value(value)
        .map_err(|error| CommandError::failed(format!("`{shown}` is not an inventory: {error}")))?;
    Ok(match is_former {
        true => inventory.upgraded(),
        false => inventory,
    })
}

fn outcome(args: &Args, inventory: &Inventory) -> Outcome {
    let mut rows = inventory.rows.iter();
    let failed = |row: &InventoryRow| row.checks_with(Verdict::Fail).next().is_some();
    if args.strict && rows.clone().any(failed) {
        Outcome::Findings
    } else if !inventory.warnings.is_empty() || rows.any(|row| row.status != Some(Status::Complete)) {
        Outcome::Partial
    } else {
        Outcome::Done
    }
}
