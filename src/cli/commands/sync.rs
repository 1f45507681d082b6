//! `sync [REMOTE]`: exchanges the ledger with a remote, through the user's own git.

mod exchange;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::facts::diagnostics::Warning;
use crate::facts::quantity::counted;
use crate::facts::shell;
use crate::git::refs;
use crate::git::remote::{self, Dangerous, Place, Remote, Settings};
use crate::ledger;
use crate::render::escape::visible;
use crate::sources::sharing::{Kinds, News};

use exchange::{Exchanged, Sync};

/// The arguments of `sync`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Fetches the ledger of REMOTE, merges it into the ledger of this clone, and pushes `refs/notes/leverage` and \
                  `refs/leverage/tasks`, never by force. Records are merged by line: none is lost.\n\n\
                  Examples:\n  git leverage sync\n  git leverage sync upstream\n  git leverage sync --dry-run\n  \
                  git leverage sync --setup"
)]
pub struct Args {
    /// A configured remote [default: the upstream remote of the branch, else `origin`, else the only one]
    #[arg(value_name = "REMOTE")]
    remote: Option<String>,
    /// Print the lines that would be pushed, but merge and push nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Fetch and merge, but push nothing
    #[arg(long, conflicts_with_all = ["setup", "allow_secrets"])]
    no_push: bool,
    /// Only configure `git fetch` to also fetch the ledger of REMOTE, without overwriting anything
    #[arg(long)]
    setup: bool,
    /// Push records even if they seem to contain passwords, keys or tokens
    #[arg(long)]
    allow_secrets: bool,
}

/// Synchronizes with the remote; no other command contacts one.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    refs::check(&open.repo)?;
    let config = open.repo.config(&context.environment.config_files);
    let settings = Settings::read(&open.repo)?;
    let remote = Remote::choose(&open.repo, &config, &settings, args.remote.as_deref())?;
    let dangers: Vec<Warning> = settings.dangerous().iter().map(danger).collect();
    context.terminal.warnings(&dangers)?;
    let sync = Sync {
        open: &open,
        remote: &remote,
        settings: &settings,
        allow_secrets: args.allow_secrets,
        is_pushing: !args.no_push,
    };
    match (args.setup, args.dry_run) {
        (true, dry_run) => set_up(&sync, dry_run, context)?,
        (false, true) => rehearse(&sync, context)?,
        (false, false) => exchange(&sync, context)?,
    }
    Ok(Outcome::Done)
}

/// A refspec with which a plain `git fetch` can remove records.
fn danger(found: &Dangerous) -> Warning {
    let text = format!(
        "`{}` lets `git fetch` replace or delete records of this clone",
        found.refspec
    );
    let file = match &found.place {
        Place::Own => String::new(),
        Place::File(path) => format!("--file {} ", shell::quoted(path)),
        Place::Elsewhere => {
            return Warning::new(found.key.clone(), text)
                .hint("It was set on the command line or in the environment; remove it there");
        }
    };
    Warning::new(found.key.clone(), text).hint(format!(
        "Run `git config {file}--fixed-value --unset-all {} {}` to remove it",
        shell::word(&found.key),
        shell::quoted(&found.refspec)
    ))
}

/// Fetches, merges and pushes, and prints what was transferred, even if a step failed.
fn exchange(sync: &Sync<'_>, context: &mut Context) -> Result<(), CommandError> {
    let exchanged = sync.exchange(context)?;
    if exchanged.trouble.is_none() {
        let what = match sync.is_pushing {
            true => format!("the ledger is in sync with `{}`", sync.remote.name),
            false => format!("the ledger has everything from `{}`", sync.remote.name),
        };
        context.recorded(&sync.open.repo, what, Outcome::Done)?;
    }
    // With the push, git may have moved the local ledger as a configured refspec says.
    let healed = match sync.open.known_writer() {
        Some(writer) => ledger::heal(&sync.open.repo, writer).map(|_| ()),
        None => Ok(()),
    };
    if let Some(reason) = &exchanged.warning {
        let what = format!("{reason}; all other steps succeeded");
        context
            .terminal
            .warnings(&[Warning::new(sync.remote.name.clone(), what)])?;
    }
    let is_untouched = exchanged.received.is_empty()
        && exchanged
            .sent
            .iter()
            .all(|sent| sent.news.is_empty() && sent.unsent.is_empty());
    if exchanged.trouble.is_none() || !is_untouched {
        tell(sync, &exchanged, context)?;
    }
    match exchanged.trouble {
        Some(error) => Err(error),
        None => Ok(healed?),
    }
}

/// Prints what was transferred.
fn tell(sync: &Sync<'_>, exchanged: &Exchanged, context: &mut Context) -> Result<(), CommandError> {
    context
        .terminal
        .line(&visible(&format!("Remote    {}", address(sync.remote))))?;
    let (notes, tasks) = (sync.remote.notes(), sync.remote.tasks());
    let is_fine = exchanged.trouble.is_none();
    let from = [
        format!("{} -> {notes}", refs::NOTES),
        format!("{} -> {tasks}", refs::TASKS),
    ];
    told("Received", &exchanged.received, &from, "", context)?;
    if !sync.is_pushing {
        return Ok(context.terminal.line("Sent      nothing (--no-push)")?);
    }
    for (target, sent) in sync.remote.pushed_to.iter().zip(&exchanged.sent) {
        let there = match sync.remote.pushed_to.as_slice() {
            [only] if only.is_source => String::new(),
            _ => format!(" at {}", target.name),
        };
        let to = [refs::NOTES, refs::TASKS].map(|name| format!("{name}{there}"));
        if is_fine || !sent.news.is_empty() {
            told("Sent", &sent.news, &to, &there, context)?;
        }
        if !sent.unsent.lines.is_empty() || !sent.unsent.tasks.is_empty() {
            told("Not sent", &sent.unsent, &to, &there, context)?;
        }
    }
    Ok(())
}

/// Prints what a sync would publish: the lines on standard output, everything else on standard error.
fn rehearse(sync: &Sync<'_>, context: &mut Context) -> Result<(), CommandError> {
    let (incoming, outgoing) = sync.rehearsal()?;
    let mut all = News::default();
    outgoing.iter().cloned().for_each(|news| all.extend(news));
    for line in all.lines.iter().chain(&all.past) {
        context.terminal.line(&visible(&String::from_utf8_lossy(line)))?;
    }
    let terminal = &mut context.terminal;
    terminal.status(&format!("Remote: {}", address(sync.remote)))?;
    terminal.status(&format!("Would receive: {}", summary(&incoming)))?;
    for (target, news) in sync.remote.pushed_to.iter().zip(&outgoing) {
        let place = match outgoing.as_slice() {
            [_] => String::new(),
            _ => format!(" to {}", target.name),
        };
        terminal.status(&format!("Would send{place}: {}", summary(news)))?;
    }
    if !all.past.is_empty() {
        let last = counted(all.past.len() as u64, "line is", "lines are");
        terminal.status(&format!("The last {last} only in the history of the ledger"))?;
    }
    terminal.status("Nothing merged or pushed (--dry-run)")?;
    sync.screen(&outgoing)
}

/// Adds the refspecs that `git fetch` needs; existing ones stay.
fn set_up(sync: &Sync<'_>, dry_run: bool, context: &mut Context) -> Result<(), CommandError> {
    let Sync {
        open,
        remote,
        settings,
        ..
    } = sync;
    if settings.is_promisor(&remote.name) {
        return Err(CommandError::failed(format!(
            "this is a partial clone of `{}`: `git fetch` would not fetch the contents of the ledger",
            remote.name
        ))
        .hint("Run `git leverage sync`, which fetches all of it"));
    }
    let missing = remote::missing_refspecs(remote, settings);
    for refspec in remote::refspecs(remote) {
        let is_missing = missing.contains(&refspec);
        if is_missing && !dry_run {
            remote::add_refspec(&open.repo, remote, &refspec)?;
        }
        let what = match (is_missing, dry_run) {
            (true, true) => "to be added",
            (true, false) => "added",
            (false, _) => "already present",
        };
        let line = format!("remote.{}.fetch = {refspec}  ({what})", remote.name);
        context.terminal.line(&visible(&line))?;
    }
    context.terminal.status(match (dry_run, missing.is_empty()) {
        (true, false) => "Nothing written (--dry-run)",
        (_, true) => "Nothing to add",
        (false, false) => {
            "From now on, `git fetch` also fetches the ledger; only `git leverage sync` merges and pushes it"
        }
    })?;
    Ok(())
}

/// The remote as people refer to it.
fn address(remote: &Remote) -> String {
    let own = format!("{}, {}", remote.name, remote.url);
    match remote.pushed_to.as_slice() {
        [only] if only.is_source => own,
        several => {
            let names: Vec<&str> = several.iter().map(|target| target.name.as_str()).collect();
            format!("{own}; pushed to {}", names.join(", "))
        }
    }
}

/// One line per kind of news, with the refs of notes and of tasks without a commit.
fn told(
    what: &str,
    news: &News,
    [notes, tasks]: &[String; 2],
    there: &str,
    context: &mut Context,
) -> Result<(), CommandError> {
    let mut parts = Vec::new();
    if !news.lines.is_empty() {
        parts.push((Kinds::of(&news.lines).to_string(), notes));
    }
    if !news.tasks.is_empty() {
        parts.push((commits(news), tasks));
    }
    if parts.is_empty() {
        let line = format!("{what:8}  nothing new{there}");
        context.terminal.line(&visible(&line))?;
    }
    for (at, (counted, place)) in parts.iter().enumerate() {
        let what = if at == 0 { what } else { "" };
        context
            .terminal
            .line(&visible(&format!("{what:8}  {counted}  ({place})")))?;
    }
    Ok(())
}

fn summary(news: &News) -> String {
    let lines = Kinds::of(&news.lines);
    match (news.lines.is_empty(), news.tasks.is_empty()) {
        (_, true) => lines.to_string(),
        (true, false) => format!("{} ({})", commits(news), refs::TASKS),
        (false, false) => format!("{lines} ({}), {} ({})", refs::NOTES, commits(news), refs::TASKS),
    }
}

fn commits(news: &News) -> String {
    counted(news.tasks.len() as u64, "commit", "commits")
}
