//! `retract REV|ID`: a tombstone. The task no longer counts; its lines stay.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::named;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, homes};
use crate::facts::checks::check_text;
use crate::facts::record::{Record, Tombstone};
use crate::ledger;
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

/// Writes the tombstone next to the task.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open_to(args.dry_run, context)?;
    let ledger = open.ledger(context)?;
    let found = named::task(&open, &ledger, &args.id)?;
    if let Some(tombstone) = ledger.tombstone(found.task.id) {
        let said = format!(
            "`{}` ({}) was already retracted on {}, with the reason `{}`",
            found.task.title,
            ledger.short_id(found.task.id),
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
        of: found.task.id.into(),
        reason: args.reason.clone(),
    };
    if !args.dry_run {
        let message = format!("Retract: {}\n\n{}\n", found.task.title, args.reason);
        let records: Vec<_> = homes(found, None)
            .into_iter()
            .map(|commit| (commit, Record::Tombstone(tombstone.clone())))
            .collect();
        ledger::append(&open.repo, &records, &message, open.writer()?)?;
        let what = format!("the task {} is retracted", found.task.id);
        context.recorded(&open.repo, what, Outcome::Done)?;
    }
    let card = card(found, Some(&tombstone), open.zone);
    context.terminal.cards(&card)?;
    let id = ledger.short_id(found.task.id);
    let done = match args.dry_run {
        true => "Nothing written (--dry-run)".to_owned(),
        false => format!("Retracted `{id}`"),
    };
    context.terminal.status(&done)?;
    Ok(Outcome::Done)
}
