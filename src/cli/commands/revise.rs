//! `revise REV|ID`: a new revision of a task; earlier ones are kept.

use crate::cli::called::Seen;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::named;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, TaskFields, homes, next_revision, phases_left_out};
use crate::facts::checks::check_text;
use crate::facts::record::Record;
use crate::ledger;
use crate::render::task::card;

/// The arguments of `revise`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    git leverage revise HEAD --estimate 24h --reason 'The client library existed'\n  \
    git leverage revise 8f3a61c2 --supervision 12m --reason 'Second review'")]
pub struct Args {
    /// A commit with one task, or a task id: its first 4 digits or more
    #[arg(value_name = "REV|ID")]
    id: String,
    /// Why the task changed
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The fields that change.
    #[command(flatten)]
    fields: TaskFields,
    /// Show the task, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Writes the revision next to the line that it follows.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let mut open = OpenLedger::open_to(args.dry_run, context)?;
    let seen = Seen::of(&context.environment, &open.repo);
    open.estimator = seen.estimator();
    open.written_by = seen.written_by();
    let ledger = open.ledger(context)?;
    if let Some(found) = named::one_by_hand(&open, &ledger, &args.id)? {
        return Err(CommandError::failed(format!(
            "`{}` was done by hand and cannot be revised",
            found.record.title
        ))
        .hint(format!(
            "Run `git leverage retract {} --reason TEXT`, and record it again",
            found.record.id.short()
        )));
    }
    let found = named::task(&open, &ledger, &args.id)?;
    if ledger.tombstone(found.task.id).is_some() {
        return Err(
            CommandError::failed("the task is retracted; a retraction is final")
                .hint("Run `git leverage record --estimate 4h` to record a new task"),
        );
    }
    check_text("the reason", &args.reason)?;
    if let Some(unknown) = args.fields.unknown_estimator() {
        context.terminal.status(&unknown)?;
    }
    if let Some(doubt) = seen.doubt().filter(|_| args.fields.counts_as_the_callers()) {
        context.terminal.status(&doubt)?;
    }
    let revised = next_revision(found, &args.fields, &args.reason, &open)?;
    let record = Record::Task(Box::new(revised.clone()));
    let mut shown = found.clone();
    shown.task = revised.clone();
    shown.revisions.push(revised);
    if !args.dry_run {
        let message = format!("Revise: {}\n\n{}\n", found.task.title, args.reason);
        let records: Vec<_> = homes(found, None)
            .into_iter()
            .map(|commit| (commit, record.clone()))
            .collect();
        ledger::append(&open.repo, &records, &message, open.writer()?)?;
        let what = format!("the task {} is revised", found.task.id);
        context.recorded(&open.repo, what, Outcome::Done)?;
    }
    context.terminal.cards(&card(&shown, None, open.zone))?;
    if let Some(left_out) = phases_left_out(&found.task, &shown.task) {
        context.terminal.status(&left_out)?;
    }
    let id = ledger.short_id(found.task.id);
    let done = match args.dry_run {
        true => "Nothing written (--dry-run)".to_owned(),
        false => format!("Revised `{id}`"),
    };
    context.terminal.status(&done)?;
    Ok(Outcome::Done)
}
