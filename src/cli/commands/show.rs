//! `show REV|ID`: one task, or all tasks of a commit.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::named;
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::cli::timing::TimingArgs;
use crate::render::task::timed_card;

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage show\n  git leverage show main~3\n  git leverage show 8f3a"
)]
pub struct Args {
    /// A commit, or a task id: its first 4 digits or more
    #[arg(value_name = "REV|ID", default_value = "HEAD")]
    what: String,
    #[command(flatten)]
    timing: TimingArgs,
}

/// Prints the card of each task found.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let ledger = open.ledger(context)?;
    let found = named::tasks(&open, &ledger, &args.what)?;
    let timing = args.timing.time(&open, &ledger, &found, context)?;
    for (index, task) in found.iter().enumerate() {
        if index > 0 {
            context.terminal.line("")?;
        }
        let tombstone = ledger.tombstone(task.task.id);
        let card = timed_card(task, timing.of(task), tombstone);
        context.terminal.data(card.as_bytes())?;
    }
    Ok(timing.outcome.max(ledger.status.into()))
}
