//! `show REV|ID`: one task, or all tasks of a commit.

use clap::ValueEnum;
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::counted::TaskBody;
use crate::cli::error::CommandError;
use crate::cli::named;
use crate::cli::outcome::Outcome;
use crate::cli::period;
use crate::cli::recording::OpenLedger;
use crate::cli::timing::TimingArgs;
use crate::facts::record::{ByHand, Tombstone};
use crate::render::by_hand;
use crate::render::json::{self, Versioned};
use crate::render::opinion;
use crate::render::task::timed_card;

/// The arguments of `show`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage show\n  git leverage show main~3\n  git leverage show 8f3a\n\n\
                  Notes are for programs: `git notes --ref leverage show` prints the stored records."
)]
pub struct Args {
    /// A commit, or a task id: its first 4 digits or more
    #[arg(value_name = "REV|ID", default_value = "HEAD")]
    what: String,
    /// Time zone of days and times: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    #[command(flatten)]
    timing: TimingArgs,
    /// Output format: `json` for programs
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: ShowFormat,
}

/// How the tasks are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    /// A card for each task
    #[default]
    Card,
    /// JSON, as `log --format json`
    Json,
}

/// What JSON holds.
#[derive(Serialize)]
struct Shown<'a> {
    tasks: Vec<TaskBody>,
    /// The tasks that were done by hand.
    by_hand: Vec<&'a ByHand>,
    /// Those of them that were retracted, by whom and why.
    retractions: Vec<&'a Tombstone>,
}

/// Prints each task found.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let ledger = open.ledger(context)?;
    let by_hand = named::by_hand(&open, &ledger, &args.what);
    let found = match named::tasks(&open, &ledger, &args.what) {
        Err(_) if !by_hand.is_empty() => Vec::new(),
        found => found?,
    };
    let zone = period::zone(args.zone.as_deref(), &context.settings())?;
    let timing = args.timing.time(&open, &ledger, &found, zone, context)?;
    match args.format {
        ShowFormat::Json => {
            let shown = Versioned {
                schema: "git-leverage.show/1",
                body: Shown {
                    tasks: found
                        .iter()
                        .map(|task| TaskBody::last(task, ledger.opinions_on(task), &timing.of(task)))
                        .collect(),
                    by_hand: by_hand.iter().map(|task| &task.record).collect(),
                    retractions: found
                        .iter()
                        .map(|task| task.task.id)
                        .chain(by_hand.iter().map(|task| task.record.id))
                        .filter_map(|id| ledger.tombstone(id))
                        .collect(),
                },
            };
            let text = json::pretty(&shown).map_err(|error| CommandError::from_error(&error))?;
            context.terminal.data(text.as_bytes())?;
        }
        ShowFormat::Card => {
            let cards: Vec<String> = found
                .iter()
                .map(|task| {
                    let timed = timing.of(task);
                    let opinions = opinion::facts(task, &ledger.opinions_on(task), timed.effort);
                    timed_card(task, timed, ledger.tombstone(task.task.id), zone) + &opinions
                })
                .chain(
                    by_hand
                        .iter()
                        .map(|task| by_hand::card(task, ledger.tombstone(task.record.id), zone)),
                )
                .collect();
            context.terminal.cards(&cards.join("\n"))?;
        }
    }
    Ok(timing.outcome.max(ledger.status.into()))
}
