//! `carry`: copies the tasks of some commits to the commit that a forge squashed them into.

use std::collections::BTreeSet;

use crate::cli::commands::repair::paragraph;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::range;
use crate::cli::recording::OpenLedger;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::counted;
use crate::facts::record::NoteLines;
use crate::facts::task::{Task, TaskSource};
use crate::git::messages;
use crate::ledger;
use crate::sources::repair::{Refused, carry, sessions, tasks};

/// The arguments of `carry`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The tasks and measured sessions in the notes of the commits are copied to the note of COMMIT, and the tasks of \
    their trailers become records there, unless its message claims them. Each still counts once, even if the branch is kept. A second run writes nothing.\n\n\
    Examples:\n  git leverage carry --onto main --from main..topic\n  \
    git leverage carry --onto 8c1f2ab --from origin/main~1..topic --dry-run\n  \
    git leverage carry --onto HEAD --from 5e734414fa    (a single commit that `repair` left undecided)"
)]
pub struct Args {
    /// The commit that replaced the others
    #[arg(long, value_name = "COMMIT")]
    onto: String,
    /// The commits whose tasks it takes over: `A..B`, or one commit; may be repeated
    #[arg(long, value_name = "RANGE", required = true)]
    from: Vec<String>,
    /// Show what would be carried, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Carries the tasks over.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open_to(args.dry_run, context)?;
    let onto = open.commit(&args.onto)?;
    let mut from = BTreeSet::new();
    for range in &args.from {
        from.extend(commits(&open, range)?);
    }
    from.remove(&onto);
    let by = open.author()?;
    let written = |task: &Task| Task {
        at: open.now,
        by: by.clone(),
        source: TaskSource::Trailer,
        ..task.clone()
    };
    let lines = carry(&open.repo, open.work, onto, &from, written).map_err(|error| refused(&error, onto))?;
    if lines.size() == 0 {
        context.terminal.status(&format!(
            "Nothing to carry: `{}` already has all of it",
            onto.short()
        ))?;
        return Ok(Outcome::Done);
    }
    if !args.dry_run {
        let message = format!("Carry: {}\n\nFrom {}\n", onto.short(), args.from.join(", "));
        let additions = [(onto, lines.clone())].into();
        ledger::append_lines(&open.repo, &additions, &message, open.writer()?)?;
        let carried = format!("{} carried onto {}", what(&lines), onto.short());
        context.recorded(&open.repo, carried, Outcome::Done)?;
    }
    let first = format!("-> {}", onto.short());
    context.terminal.data(paragraph(&first, &lines).as_bytes())?;
    context.terminal.status(&match args.dry_run {
        true => "Nothing written (--dry-run)".to_owned(),
        false => format!("Carried {} onto `{}`", what(&lines), onto.short()),
    })?;
    Ok(Outcome::Done)
}

fn what(lines: &NoteLines) -> String {
    let tasks = counted(tasks(lines).len(), "task", "tasks");
    match sessions(lines).len() {
        0 => tasks,
        sessions => format!("{tasks} and {}", counted(sessions, "session", "sessions")),
    }
}

/// The commits of a range, or a single commit; with its full id, that may be missing from the repository.
fn commits(open: &OpenLedger, text: &str) -> Result<BTreeSet<ObjectId>, CommandError> {
    if text.contains("..") {
        return Ok(range::commits(&open.repo, text)?.into_iter().collect());
    }
    if let Some(commit) = messages::resolve(&open.repo, text) {
        return Ok([commit].into());
    }
    match text.parse() {
        Ok(id) => Ok([id].into()),
        Err(_) => Ok([open.commit(text)?].into()),
    }
}

fn refused(error: &Refused, onto: ObjectId) -> CommandError {
    let failed = CommandError::failed(error.to_string());
    match error {
        Refused::Nothing => failed.hint("Run `git leverage log` to list the commits that have tasks"),
        Refused::OwnTask(task) => failed
            .hint(format!(
                "If its task is the sum of the others', they count once; leave `{}` as it is",
                onto.short()
            ))
            .hint(format!(
                "To count theirs instead, run `git leverage retract {} --reason TEXT` and then `carry` again",
                task.id
            )),
        Refused::Totals | Refused::Full => failed.hint("Nothing was written"),
    }
}
