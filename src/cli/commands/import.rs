//! `import FILE`: tasks that were kept elsewhere.

use std::collections::{BTreeMap, HashSet};

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::input;
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::exchange::{self, ImportOptions, Imported};
use crate::facts::ids::TaskId;
use crate::facts::quantity::counted;
use crate::facts::short_ids::ShortIds;
use crate::facts::task::Task;
use crate::ledger;
use crate::render::document::Document;
use crate::render::task::{Timed, shown, table};
use crate::render::terminal::render;

/// The arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads CSV, a Markdown table as people publish it (Task | Human Est. | Claude | Sup. | Factor), and the\n\
    JSON Lines of `export tasks`. Importing a file twice adds nothing.\n\n\
    Examples:\n  git leverage import 2026-03-01.csv\n  \
    git leverage import log.md --date 2026-04-04 --agent claude-code --dry-run"
)]
pub struct Args {
    /// The file to import
    #[arg(value_name = "FILE")]
    file: String,
    /// Day for rows without one [default: the day in the file's name]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Agent for rows without one
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Skip rows that cannot be read, and import the others
    #[arg(long)]
    skip_broken: bool,
    /// Show the tasks, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Writes all tasks of the file that are new here, in one commit of notes.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let imported = read(args, &open, context)?;
    context.terminal.warnings(&imported.warnings)?;
    context.terminal.warnings(&imported.broken)?;
    if !imported.broken.is_empty() && !args.skip_broken && !args.dry_run {
        return Err(CommandError::failed(format!(
            "{} of {} rows cannot be read; nothing was written",
            imported.broken.len(),
            imported.broken.len() + imported.tasks.len()
        ))
        .hint(format!(
            "Fix them, or pass --skip-broken to import the other {}",
            imported.tasks.len()
        )));
    }
    let present = present(&open, context)?;
    let found = imported.tasks.len();
    let new: Vec<Task> = latest(imported.tasks)
        .into_iter()
        .filter(|task| !present.contains(&task.id))
        .collect();
    if !args.dry_run {
        let message = format!(
            "Import: {} from {}\n",
            counted(new.len(), "task", "tasks"),
            file_name(args)
        );
        ledger::append_without_code(&open.repo, &new, &message, open.writer()?)?;
        if !new.is_empty() {
            let what = counted(new.len(), "task is", "tasks are");
            context.recorded(
                &open.repo,
                format!("{what} imported"),
                Outcome::of(&imported.broken),
            )?;
        }
    }
    show(&new, context)?;
    let done = match args.dry_run {
        true => "would import",
        false => "imported",
    };
    let there = found - new.len();
    let there = match there {
        0 => String::new(),
        there => format!("; {there} were here already"),
    };
    context
        .terminal
        .status(&format!("{done} {}{there}", counted(new.len(), "task", "tasks")))?;
    Ok(Outcome::of(&imported.broken))
}

fn read(args: &Args, open: &OpenLedger, context: &Context) -> Result<Imported, CommandError> {
    let path = context.environment.resolve(&args.file);
    let unreadable =
        |reason: String| CommandError::failed(format!("cannot import `{}`: {reason}", args.file));
    let content = input::file(&path, input::LARGEST).map_err(|error| unreadable(error.to_string()))?;
    let options = ImportOptions {
        name: file_name(args),
        date: args
            .date
            .as_deref()
            .map(|text| open.day("--date", text))
            .transpose()?,
        agent: args.agent.clone(),
        by: open.author()?,
        at: open.now,
        work: open.work,
    };
    exchange::read(&content, &options).map_err(|error| {
        let failed = unreadable(error.to_string());
        match error {
            exchange::ImportError::NoDate => failed.hint("Pass --date 2026-03-01"),
            exchange::ImportError::Header { .. } | exchange::ImportError::NoTable => {
                failed.hint("A header such as: title,human_hours,agent_minutes,supervisory_minutes,tokens")
            }
            _ => failed,
        }
    })
}

fn file_name(args: &Args) -> String {
    let path = std::path::Path::new(&args.file);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.chars().filter(|c| !c.is_control()).collect()
}

/// The ids that this ledger knows, retracted ones too: importing a task does not undo its retraction.
fn present(open: &OpenLedger, context: &mut Context) -> Result<HashSet<TaskId>, CommandError> {
    let ledger = open.ledger(context)?;
    let retracted = ledger.retracted.iter().map(|retracted| retracted.task.task.id);
    let counted = ledger.tasks.iter().map(|task| task.task.id);
    Ok(counted.chain(retracted).collect())
}

/// Each id once, its highest revision.
fn latest(tasks: Vec<Task>) -> Vec<Task> {
    let mut order = Vec::new();
    let mut by_id: BTreeMap<TaskId, Task> = BTreeMap::new();
    for task in tasks {
        match by_id.get(&task.id) {
            Some(known) if (known.rev, known.at) >= (task.rev, task.at) => continue,
            Some(_) => {}
            None => order.push(task.id),
        }
        by_id.insert(task.id, task);
    }
    order.iter().filter_map(|id| by_id.remove(id)).collect()
}

fn show(new: &[Task], context: &mut Context) -> Result<(), CommandError> {
    if new.is_empty() {
        return Ok(());
    }
    let screen = context.terminal.screen(None);
    let first: Vec<Timed<'_>> = new.iter().take(50).map(Timed::as_recorded).collect();
    let ids: ShortIds = new.iter().map(|task| task.id).collect();
    let mut rows = shown(table(&first), &first, &ids);
    rows.more_rows = new.len().saturating_sub(50);
    let text = render(&Document::from(rows), screen);
    Ok(context.terminal.data(text.as_bytes())?)
}
