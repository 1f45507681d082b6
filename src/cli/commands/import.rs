//! `import FILE`: adds tasks that were recorded elsewhere.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::input;
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::exchange::{self, ImportOptions, Imported};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::TaskId;
use crate::facts::quantity::{Hours, counted, thousands};
use crate::facts::record::ByHand;
use crate::facts::short_ids::ShortIds;
use crate::facts::task::Task;
use crate::ledger::{self, WithoutCode};
use crate::render::by_hand;
use crate::render::document::Document;
use crate::render::escape::visible;
use crate::render::task::{Timed, shown, table};
use crate::render::terminal::render;

/// The arguments of `import`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads CSV, Markdown tables as people publish them (Task | Human | Agent | Sup. | Factor), and the JSON Lines of \
    `export tasks`. A row whose day and title are already in the ledger is skipped, so importing a file twice adds nothing.\n\n\
    Examples:\n  git leverage import 2026-03-01.csv\n  \
    git leverage import log.md --date 2026-04-04 --agent claude-code --dry-run"
)]
pub struct Args {
    /// File to import
    #[arg(value_name = "FILE")]
    file: String,
    /// Day of rows without one [default: the day in the file's name]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    /// Agent of rows without one
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Skip rows that cannot be read, and import the others
    #[arg(long)]
    skip_broken: bool,
    /// Show the tasks, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Writes all tasks of the file that are not in the ledger yet, in one commit.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let imported = read(args, &open, context)?;
    context.terminal.warnings(&imported.warnings)?;
    context.terminal.warnings(&imported.broken)?;
    if !imported.broken.is_empty() && !args.skip_broken && !args.dry_run {
        return Err(broken(&imported));
    }
    let mut present = Present::in_ledger(&open, context)?;
    let found = imported.tasks.len() + imported.by_hand.len();
    let new = present.without(latest(imported.tasks), imported.has_ids);
    let by_hand = present.without_by_hand(imported.by_hand);
    let count = new.len() + by_hand.len();
    let mut left_out: Vec<Warning> = present
        .left_out
        .iter()
        .map(|row| row.warning(&args.file))
        .collect();
    context.terminal.warnings(&left_out)?;
    left_out.extend(imported.broken);
    if !args.dry_run {
        let message = format!(
            "Import: {} from {}\n",
            counted(count, "task", "tasks"),
            file_name(args)
        );
        let tasks = new.iter().map(WithoutCode::from);
        let records: Vec<WithoutCode> = tasks.chain(by_hand.iter().map(WithoutCode::from)).collect();
        ledger::append_without_code(&open.repo, &records, &message, open.writer()?)?;
        if count > 0 {
            let what = counted(count, "task is", "tasks are");
            context.recorded(&open.repo, format!("{what} imported"), Outcome::of(&left_out))?;
        }
    }
    show(&new, context)?;
    show_by_hand(&by_hand, context)?;
    let done = done(args, count, by_hand.len(), found - count);
    context.terminal.status(&done)?;
    Ok(Outcome::of(&left_out))
}

/// The error where rows cannot be read.
fn broken(imported: &Imported) -> CommandError {
    let others = imported.tasks.len() + imported.by_hand.len();
    CommandError::failed(format!(
        "cannot read {} of {} rows; nothing was written",
        imported.broken.len(),
        imported.broken.len() + others
    ))
    .hint(format!(
        "Fix them, or pass `--skip-broken` to import the other {}",
        counted(others as u64, "row", "rows")
    ))
}

/// What was imported, how many of it were done by hand, and how many tasks were already there.
fn done(args: &Args, count: usize, by_hand: usize, there: usize) -> String {
    let done = match args.dry_run {
        true => "Would import",
        false => "Imported",
    };
    let there = match there {
        0 => String::new(),
        there => format!("; {} already present", thousands(there)),
    };
    let by_hand = match by_hand {
        0 => "",
        all if all == count => " done by hand",
        _ => ", some of them done by hand",
    };
    format!("{done} {}{by_hand}{there}", counted(count, "task", "tasks"))
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
            exchange::ImportError::NoDate => failed.hint("Pass the day, such as `--date 2026-03-01`"),
            exchange::ImportError::Header { .. } | exchange::ImportError::NoTable => failed
                .hint("Use a header such as `title,human_hours,agent_minutes,supervisory_minutes,tokens`"),
            _ => failed,
        }
    })
}

fn file_name(args: &Args) -> String {
    let path = std::path::Path::new(&args.file);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.chars().filter(|c| !c.is_control()).collect()
}

/// The tasks that this ledger has, retracted ones too: importing a task does not undo its retraction.
struct Present {
    known: HashMap<TaskId, Known>,
    /// Those that no row of the file was matched with yet, by day and title.
    unmatched: HashMap<(NaiveDate, String), Vec<TaskId>>,
    left_out: Vec<LeftOut>,
    by_hand: HashSet<TaskId>,
}

/// What distinguishes a task from others of its day and title.
struct Known {
    hours: Hours,
    agent: Option<String>,
    is_retracted: bool,
}

/// A row that is not imported although it says something else than the ledger.
struct LeftOut {
    title: String,
    id: TaskId,
    /// The hours here; `None` if the task was retracted.
    here: Option<Hours>,
    in_file: Hours,
}

impl LeftOut {
    fn warning(&self, file: &str) -> Warning {
        let Some(here) = self.here else {
            let text = format!("`{}` was retracted, and not imported again", self.title);
            return Warning::new(file.to_owned(), text);
        };
        let text = format!(
            "`{}` is already recorded with {here}; its {} were not imported",
            self.title, self.in_file
        );
        let command = format!(
            "git leverage revise {} --estimate {} --reason TEXT",
            self.id, self.in_file
        );
        Warning::new(file.to_owned(), text).hint(format!("To change it, run `{command}`"))
    }
}

/// The title as a page shows it, without the marks around it that a reader of tables drops.
fn shown_title(title: &str) -> String {
    let shown = visible(title);
    shown.trim().trim_matches(['*', '`']).trim().to_owned()
}

impl Present {
    fn in_ledger(open: &OpenLedger, context: &mut Context) -> Result<Self, CommandError> {
        let ledger = open.ledger(context)?;
        let retracted = ledger.retracted.iter().map(|retracted| &retracted.task.task);
        let retracted = retracted.map(|task| (task, true));
        let counted = ledger.tasks.iter().map(|task| (&task.task, false));
        let mut present = Self {
            known: HashMap::new(),
            unmatched: HashMap::new(),
            left_out: Vec::new(),
            by_hand: ledger.all_by_hand().map(|found| found.record.id).collect(),
        };
        for (task, is_retracted) in counted.chain(retracted) {
            let known = Known {
                hours: task.estimate.hours,
                agent: task.agent.clone(),
                is_retracted,
            };
            present.known.insert(task.id, known);
            let name = (task.date, shown_title(&task.title));
            present.unmatched.entry(name).or_default().push(task.id);
        }
        Ok(present)
    }

    /// The tasks that are not here. A row of a table is the task with its id, else one of its day and title: each task of the
    /// ledger stands for one row.
    fn without(&mut self, tasks: Vec<Task>, have_ids: bool) -> Vec<Task> {
        let is_here = |task: &Task| self.known.contains_key(&task.id);
        let (known, mut others): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(is_here);
        if have_ids {
            return others;
        }
        for task in &known {
            if let Some(ids) = self.unmatched.get_mut(&(task.date, shown_title(&task.title))) {
                ids.retain(|id| *id != task.id);
            }
        }
        // All rows with the hours of a task come before those with others, whatever their order in the file.
        others.retain(|task| !self.takes(task, true));
        others.retain(|task| !self.takes(task, false));
        others
    }

    /// The tasks done by hand that are not here, each once.
    fn without_by_hand(&mut self, mut tasks: Vec<ByHand>) -> Vec<ByHand> {
        tasks.retain(|task| self.by_hand.insert(task.id));
        tasks
    }

    /// Whether a task of this day and title is here that no other row was matched with.
    fn takes(&mut self, task: &Task, with_same_hours: bool) -> bool {
        let hours = task.estimate.hours;
        let Some(ids) = self.unmatched.get_mut(&(task.date, shown_title(&task.title))) else {
            return false;
        };
        let is_it = |id: &TaskId| {
            self.known.get(id).is_some_and(|known| {
                let agents = known.agent.as_ref().zip(task.agent.as_ref());
                (!with_same_hours || known.hours == hours) && agents.is_none_or(|(here, there)| here == there)
            })
        };
        let Some(id) = ids.iter().position(is_it).map(|at| ids.remove(at)) else {
            return false;
        };
        if let Some(known) = self.known.get(&id)
            && (known.is_retracted || known.hours != hours)
        {
            self.left_out.push(LeftOut {
                title: task.title.clone(),
                id,
                here: (!known.is_retracted).then_some(known.hours),
                in_file: hours,
            });
        }
        true
    }
}

/// Each id once, at its highest revision.
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

/// As many tasks are listed.
const MOST_SHOWN: usize = 50;

fn show_by_hand(new: &[ByHand], context: &mut Context) -> Result<(), CommandError> {
    if new.is_empty() {
        return Ok(());
    }
    let screen = context.terminal.screen(None);
    let shown = new.iter().take(MOST_SHOWN);
    let mut rows = by_hand::table(shown);
    rows.more_rows = new.len().saturating_sub(MOST_SHOWN);
    let text = render(&Document::from(rows), screen);
    Ok(context.terminal.data(text.as_bytes())?)
}

fn show(new: &[Task], context: &mut Context) -> Result<(), CommandError> {
    if new.is_empty() {
        return Ok(());
    }
    let screen = context.terminal.screen(None);
    let first: Vec<Timed<'_>> = new.iter().take(MOST_SHOWN).map(Timed::as_recorded).collect();
    let ids: ShortIds = new.iter().map(|task| task.id).collect();
    let mut rows = shown(table(&first), &first, &ids);
    rows.more_rows = new.len().saturating_sub(MOST_SHOWN);
    let text = render(&Document::from(rows), screen);
    Ok(context.terminal.data(text.as_bytes())?)
}
