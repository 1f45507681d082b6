//! `record --trailer`: adds the task to the message of HEAD while nobody else has that commit.

use super::unwritable::print_trailers;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, TaskFields};
use crate::cli::untold;
use crate::facts::claim::{self, Claim};
use crate::facts::claim_lines::block;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::WorkTime;
use crate::facts::task::Task;
use crate::facts::trailers::{self, TrailerPlace};
use crate::git::amend::{AmendError, Amendable, carry_other_notes};
use crate::git::walk::RefSelection;
use crate::ledger::{self, WriteError, Writer};
use crate::render::task::card;
use crate::sources::ledger::read_ledger_at;

/// Adds the trailers of a task to the message of HEAD, and prints the task as it is read from there.
pub fn claim(
    fields: &TaskFields,
    task: &Task,
    on: ObjectId,
    dry_run: bool,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let commit = amendable(task, on, open, context)?;
    let block = block(task)?;
    let message = with_block(&commit, &block, open.work)?;
    untold::tell(fields, task, context)?;
    if dry_run {
        context.terminal.data(block.as_bytes())?;
        context.terminal.status("Nothing written (--dry-run)")?;
        return Ok(Outcome::Done);
    }
    let writer = open.committer(&context.settings())?.ok_or_else(unsigned)?;
    let new = match commit.reword(&open.repo, &message, &writer) {
        Ok(new) => new,
        Err(error) => return Err(print_trailers(refused(error), fields, task, context)?),
    };
    let what = format!(
        "the message of {} claims the task, as {}",
        commit.id.short(),
        new.short()
    );
    context.recorded(&open.repo, what, Outcome::Done)?;
    carry_notes(commit.id, new, &writer, open)?;
    let ledger = read_ledger_at(&open.repo, &[new], open.work);
    let read: String = ledger
        .on(&[new])
        .map(|task| card(task, None, open.zone))
        .collect();
    context.terminal.cards(&read)?;
    let done = format!(
        "Added to the commit message: `{}`, which was `{}`",
        new.short(),
        commit.id.short()
    );
    context.terminal.status(&done)?;
    Ok(Outcome::Done)
}

/// The commit whose message can claim a task.
pub fn amendable(
    task: &Task,
    on: ObjectId,
    open: &OpenLedger,
    context: &Context,
) -> Result<Amendable, CommandError> {
    let commit = Amendable::at_head(&open.repo, &branches(context)).map_err(refused)?;
    if commit.id != on {
        let message = format!(
            "`{}` is not HEAD; only the message of HEAD can be changed",
            on.short()
        );
        return Err(CommandError::usage(message).hint(NOTE));
    }
    if task.commits.iter().any(|other| *other != on) {
        return Err(CommandError::usage("a trailer can only describe its own commit").hint(NOTE));
    }
    Ok(commit)
}

const NOTE: &str = "Run `git leverage record --note …` to record it in a note";

/// The branches whose history counts.
fn branches(context: &Context) -> RefSelection {
    let mut refs = RefSelection::default();
    let excluded = context.settings().get_all("excludeRef");
    if !excluded.is_empty() {
        refs.exclude = excluded;
    }
    refs
}

/// Copies the notes of the old commit to the new one: the ledger and those that the user's git carries along.
fn carry_notes(old: ObjectId, new: ObjectId, writer: &Writer, open: &OpenLedger) -> Result<(), CommandError> {
    carry_other_notes(&open.repo, old, new, writer)?;
    ledger::carry(&open.repo, old, new, open.writer()?)?;
    Ok(())
}

/// The message with the block added, if git and this program still read everything that was there before, and the task.
fn with_block(commit: &Amendable, block: &str, work: WorkTime) -> Result<Vec<u8>, CommandError> {
    let cannot = |why: &str| {
        let message = format!("the message of `{}` {why}", commit.id.short());
        CommandError::failed(message).hint(NOTE)
    };
    if let Some(encoding) = commit.encoding().filter(|_| !block.is_ascii()) {
        return Err(cannot(&format!(
            "is in {encoding}, and the task contains non-ASCII text"
        )));
    }
    let message = trailers::appended(&commit.message, block.as_bytes());
    let alone = format!("-\n\n{block}");
    let (wanted, _) = claim::read(alone.as_bytes(), work);
    let in_block = |claim: &&Claim| claim.place == TrailerPlace::Block && claim.part.is_none();
    let (claims, errors) = claim::read(&message, work);
    let (_, errors_before) = claim::read(&commit.message, work);
    let read = claims.iter().find(in_block);
    let is_read = read
        .zip(wanted.first())
        .is_some_and(|(read, wanted)| read.says_the_same(wanted));
    let said = |message: &[u8]| -> Vec<(Vec<u8>, Vec<u8>)> {
        let all = trailers::parse(message).into_iter();
        all.map(|trailer| (trailer.key, trailer.value)).collect()
    };
    let kept = said(&message).starts_with(&said(&commit.message));
    match is_read && kept && errors.len() == errors_before.len() {
        true => Ok(message),
        false => Err(cannot("has no place where git would read the trailers")),
    }
}

fn unsigned() -> CommandError {
    CommandError::failed("the commit would not be signed: `commit.gpgSign` is set only in the repository's own git config, which is ignored")
        .hint(NOTE)
}

fn refused(error: AmendError) -> CommandError {
    let message = format!("the message of HEAD cannot be changed: {error}");
    match error {
        // This signature is on code, which `leverage.sign` does not cover.
        AmendError::Write(error @ WriteError::Unsigned { .. }) => CommandError::from(error).instead(
            "Check that `git commit -S` works here, or leave the commit unsigned: \
             `git -c commit.gpgSign=false leverage record --trailer …`",
        ),
        AmendError::Write(error) => error.into(),
        AmendError::Shared { .. } => CommandError::failed(message)
            .hint(NOTE)
            .hint("Or add the output of `git leverage trailers --print …` to the next commit of the task"),
        AmendError::InProgress(_) => CommandError::failed(message)
            .hint("Finish that operation first")
            .hint(NOTE),
        _ => CommandError::failed(message).hint(NOTE),
    }
}
