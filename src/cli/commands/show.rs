//! `show REV|ID`: one task, or all tasks of a commit.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, find_task};
use crate::cli::timing::TimingArgs;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::git::messages;
use crate::render::task::timed_card;

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage show\n  git leverage show main~3\n  git leverage show 019d7743-6a00"
)]
pub struct Args {
    /// A commit, or a task's id or a prefix of it
    #[arg(value_name = "REV|ID", default_value = "HEAD")]
    what: String,
    #[command(flatten)]
    timing: TimingArgs,
}

/// Prints the card of each task found.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let ledger = open.ledger(context)?;
    let found = match find_task(&ledger, &args.what) {
        Ok(task) => vec![task],
        Err(error) => match messages::resolve(&open.repo, &args.what) {
            Some(commit) => of_commit(&open, &ledger, commit),
            None if args.what == "HEAD" => return open.commit("HEAD").map(|_| Outcome::Done),
            None => return Err(error),
        },
    };
    if found.is_empty() {
        return Err(
            CommandError::failed(format!("no task is recorded on `{}`", args.what))
                .hint("Record one: git leverage record --estimate 40h")
                .hint("List all: git leverage log"),
        );
    }
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

/// The tasks of a commit, those that were retracted last.
fn of_commit<'a>(open: &OpenLedger, ledger: &'a Ledger, commit: ObjectId) -> Vec<&'a LedgerTask> {
    let retracted = ledger.retracted.iter().map(|retracted| &retracted.task);
    let retracted = retracted.filter(|task| task.commits.contains(&commit) || task.notes.contains(&commit));
    open.tasks_of(ledger, commit)
        .into_iter()
        .chain(retracted)
        .collect()
}
