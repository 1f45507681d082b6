//! `repair`: attaches notes of rewritten or squashed commits to the commits that replaced them.

use std::fmt::Write as _;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::counted;
use crate::facts::record::NoteLines;
use crate::git::Repo;
use crate::git::messages;
use crate::ledger;
use crate::render::escape::visible;
use crate::sources::repair::{self, Doubt, Move, Repair, Undecided};

/// The arguments of `repair`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A note is copied to another commit only if exactly one commit is proven to replace its own: \
    by what amends, rebases and cherry-picks preserve, by the same change, by the combined change of squashed commits, \
    or by a task or session that the message names. Undecided notes are listed with their candidates, and the exit \
    code is 3. The old notes stay.\n\n\
    Examples:\n  git leverage repair --dry-run\n  git leverage repair\n  \
    git leverage carry --onto main --from 5e734414fa    (decides what was left undecided)"
)]
pub struct Args {
    /// Show what would be done, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Copies the notes whose new commit is proven, and lists the others.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open_to(args.dry_run, context)?;
    let found = repair::plan(&open.repo, open.work)?;
    context.terminal.warnings(&found.warnings)?;
    let outcome = match found.undecided.is_empty() {
        true => found.status.into(),
        false => Outcome::Partial,
    };
    if !args.dry_run && !found.moves.is_empty() {
        let lines = repair::additions(&found.moves);
        ledger::append_lines(&open.repo, &lines, &message(&found.moves), open.writer()?)?;
        let what = format!(
            "{} reattached",
            counted(found.moves.len(), "note is", "notes are")
        );
        context.recorded(&open.repo, what, outcome)?;
    }
    context.terminal.data(listing(&open.repo, &found).as_bytes())?;
    context.terminal.status(&summary(args, &found))?;
    Ok(outcome)
}

fn message(moves: &[Move]) -> String {
    let mut message = format!("Repair: {}\n\n", counted(moves.len(), "note", "notes"));
    for one in moves {
        // Writing to a string cannot fail.
        let _ = writeln!(message, "{} -> {}: {}", one.from, one.to, one.proof);
    }
    message
}

fn summary(args: &Args, found: &Repair) -> String {
    if found.moves.is_empty() && found.undecided.is_empty() {
        return "Nothing to repair".to_owned();
    }
    let did = match args.dry_run {
        true => "Would reattach",
        false => "Reattached",
    };
    let moved = found.moves.len();
    let moved = (moved > 0).then(|| format!("{did} {}", counted(moved, "note", "notes")));
    let undecided = found.undecided.len();
    let undecided = (undecided > 0).then(|| format!("{} undecided", counted(undecided, "note", "notes")));
    let parts: Vec<String> = moved.into_iter().chain(undecided).collect();
    parts.join(", ")
}

/// One paragraph per note.
fn listing(repo: &Repo, found: &Repair) -> String {
    let mut text = String::new();
    for one in &found.moves {
        let from = format!("{} -> {}  {}", one.from.short(), one.to.short(), one.proof);
        text.push_str(&paragraph(&from, &one.lines));
    }
    for undecided in &found.undecided {
        let from = format!("{} undecided: {}", undecided.from.short(), undecided.doubt);
        text.push_str(&paragraph(&from, &undecided.lines));
        text.push_str(&choices(repo, undecided, &found.undecided));
    }
    text
}

/// A line about a note, followed by one for each task and session in it.
pub fn paragraph(first: &str, lines: &NoteLines) -> String {
    let mut text = format!("{first}\n");
    for task in repair::tasks(lines) {
        let title = visible(&task.title);
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}  {title} ({})", task.id.short(), task.estimate.hours);
    }
    for session in repair::sessions(lines) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  session {}", visible(&session.to_string()));
    }
    text
}

/// The maximum number of commits named in one command.
const MAX_NAMED: usize = 16;

/// How to decide. Notes whose only candidate is the same commit are carried to it together: after the first, it would already
/// have a task.
fn choices(repo: &Repo, undecided: &Undecided, all: &[Undecided]) -> String {
    let title = |id: &ObjectId| messages::with_commit(repo, *id, |raw| raw.title()).unwrap_or_default();
    let mut text = String::new();
    for candidate in &undecided.candidates {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "  candidate {}  {}",
            candidate.short(),
            visible(&title(candidate))
        );
    }
    text.push_str("  To decide, run `git leverage carry --onto ");
    let together: Vec<&Undecided> = match undecided.candidates.as_slice() {
        [one] => {
            text.push_str(&one.short());
            let others = all.iter().filter(|other| other.candidates == [*one]);
            others.take(MAX_NAMED).collect()
        }
        _ => {
            text.push_str("COMMIT");
            vec![undecided]
        }
    };
    for one in together {
        // A commit that is not here needs its full id: nothing could complete a short one.
        let from = match one.doubt {
            Doubt::NotHere => one.from.to_string(),
            _ => one.from.short(),
        };
        text.push_str(" --from ");
        text.push_str(&from);
    }
    text.push_str("`\n");
    // If the commit may have been dropped, its task may have to be retracted.
    if undecided.candidates.is_empty() {
        for task in repair::tasks(&undecided.lines) {
            let _ = writeln!(text, "  Or run `git leverage retract {} --reason TEXT`", task.id);
        }
    }
    text
}
