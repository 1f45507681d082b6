//! `retract REV|ID`: a tombstone. The task no longer counts; its lines stay.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::named;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, homes};
use crate::facts::checks::check_text;
use crate::facts::ids::{ObjectId, RecordId, TaskId};
use crate::facts::ledger::Ledger;
use crate::facts::record::{Record, Tombstone};
use crate::ledger;
use crate::render::by_hand;
use crate::render::task::card;

/// The arguments of `retract`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage retract HEAD --reason 'Recorded twice'\n  \
    git leverage retract 8f3a61c2 --reason 'Belongs to another repository'"
)]
pub struct Args {
    /// A commit with one task, or a task id: its first 4 digits or more
    #[arg(value_name = "REV|ID")]
    id: String,
    /// Why the task is retracted
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Show the task, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// What is retracted.
struct Retracted {
    id: TaskId,
    title: String,
    short: String,
    /// The commits whose notes get the tombstone.
    homes: Vec<ObjectId>,
}

/// Writes the tombstone next to the task.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open_to(args.dry_run, context)?;
    let ledger = open.ledger(context)?;
    if let Some(found) = named::one_by_hand(&open, &ledger, &args.id)? {
        let what = Retracted {
            id: found.record.id,
            title: found.record.title.clone(),
            short: found.record.id.short(),
            homes: found.notes.clone(),
        };
        let card = |tombstone: &Tombstone| by_hand::card(found, Some(tombstone), open.zone);
        return retract(args, &what, card, &open, &ledger, context);
    }
    let found =
        named::task(&open, &ledger, &args.id).map_err(|error| opinion(&ledger, &args.id).unwrap_or(error))?;
    let what = Retracted {
        id: found.task.id,
        title: found.task.title.clone(),
        short: ledger.short_id(found.task.id),
        homes: homes(found, None),
    };
    let card = |tombstone: &Tombstone| card(found, Some(tombstone), open.zone);
    retract(args, &what, card, &open, &ledger, context)
}

fn retract(
    args: &Args,
    what: &Retracted,
    card: impl Fn(&Tombstone) -> String,
    open: &OpenLedger,
    ledger: &Ledger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    if let Some(tombstone) = ledger.tombstone(what.id) {
        let said = format!(
            "`{}` ({}) was already retracted on {}, with the reason `{}`",
            what.title,
            what.short,
            open.zone.at(tombstone.at.timestamp()).format("%Y-%m-%d"),
            tombstone.reason
        );
        context.terminal.status(&said)?;
        return Ok(Outcome::Done);
    }
    check_text("the reason", &args.reason)?;
    let tombstone = Tombstone {
        id: open.new_id().into(),
        rev: 0,
        at: open.now,
        by: open.author()?,
        of: what.id.into(),
        reason: args.reason.clone(),
    };
    if !args.dry_run {
        let message = format!("Retract: {}\n\n{}\n", what.title, args.reason);
        let record = |commit: &ObjectId| (*commit, Record::Tombstone(tombstone.clone()));
        let records: Vec<_> = what.homes.iter().map(record).collect();
        ledger::append(&open.repo, &records, &message, open.writer()?)?;
        let done = format!("the task {} is retracted", what.id);
        context.recorded(&open.repo, done, Outcome::Done)?;
    }
    context.terminal.cards(&card(&tombstone))?;
    let done = match args.dry_run {
        true => "Nothing written (--dry-run)".to_owned(),
        false => format!("Retracted `{}`", what.short),
    };
    context.terminal.status(&done)?;
    Ok(Outcome::Done)
}

/// The error for the id of an opinion: it is not retracted, but replaced.
fn opinion(ledger: &Ledger, typed: &str) -> Option<CommandError> {
    let id: RecordId = typed.trim().parse().ok()?;
    let on_tasks = ledger.all_tasks().flat_map(|found| &found.opinions);
    let mut all = on_tasks.chain(&ledger.strayed);
    let opinion = all.find(|opinion| opinion.id == id)?;
    let what = format!("`{id}` is an opinion on the task {}, not a task", opinion.of);
    Some(CommandError::failed(what).hint(format!(
        "A later opinion replaces it: `git leverage opine {} --estimate 6h`",
        opinion.of
    )))
}
