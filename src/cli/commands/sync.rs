//! `sync [REMOTE]`: takes in the ledger of a remote and gives it ours, through the user's own git.

use std::time::{Duration, Instant};

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::counted;
use crate::git::Repo;
use crate::git::config::Config;
use crate::git::refs::{self, Tips};
use crate::git::remote::{self, Remote, RemoteError};
use crate::ledger;
use crate::ledger::merge::merge;
use crate::render::escape::visible;
use crate::sources::sharing::{Kinds, News};

/// How long a push that others keep overtaking is tried.
const PATIENCE: Duration = Duration::from_secs(90);
/// How many secrets are named one by one.
const NAMED: usize = 8;

/// The arguments of `sync`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage sync\n  git leverage sync upstream\n  git leverage sync --dry-run\n  \
                  git leverage sync --setup\n\n\
                  Fetches the ledger of REMOTE into references of its own, merges it into the ledger of this clone, and pushes\n\
                  both `refs/notes/leverage` and `refs/leverage/tasks`, never by force. Records are merged by line: none is lost."
)]
pub struct Args {
    /// A remote of git config [default: the one that the branch follows, else `origin`, else the only one]
    #[arg(value_name = "REMOTE", allow_hyphen_values = true)]
    remote: Option<String>,
    /// Print the lines that would be published; merge and push nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Only let `git fetch` fetch the ledger of REMOTE from now on, to where it overwrites nothing
    #[arg(long)]
    setup: bool,
    /// Publish records even if they look like they hold passwords, keys or tokens
    #[arg(long)]
    allow_secrets: bool,
}

/// Talks to the remote; no other command does.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let config = open.repo.config(&context.environment.config_files);
    let remote = Remote::choose(&open.repo, &config, args.remote.as_deref())?;
    context.terminal.warnings(&dangers(&config))?;
    let sync = Sync {
        open: &open,
        remote: &remote,
        allow_secrets: args.allow_secrets,
    };
    match (args.setup, args.dry_run) {
        (true, dry_run) => sync.set_up(&config, dry_run, context)?,
        (false, true) => sync.rehearse(context)?,
        (false, false) => sync.run(context)?,
    }
    Ok(Outcome::Done)
}

/// Refspecs by which a plain `git fetch` may take records away.
fn dangers(config: &Config) -> Vec<Warning> {
    let warning = |found: remote::Dangerous| {
        let quoted = found.refspec.replace('\'', r"'\''");
        Warning::new(
            found.key.clone(),
            format!(
                "`{}` lets `git fetch` replace or delete records of this clone",
                found.refspec
            ),
        )
        .hint(format!(
            "Remove it: git config --fixed-value --unset '{}' '{quoted}'",
            found.key.replace('\'', r"'\''")
        ))
    };
    remote::dangerous(config).into_iter().map(warning).collect()
}

/// One ledger and the remote that it meets.
struct Sync<'a> {
    open: &'a OpenLedger,
    remote: &'a Remote,
    allow_secrets: bool,
}

/// What went over, once both have the same.
struct Exchanged {
    /// Our ledger as it was.
    before: Tips,
    /// Theirs as it was.
    theirs: Tips,
    sent: News,
}

impl Exchanged {
    /// What came of theirs.
    fn received(&self, repo: &Repo) -> Result<News, CommandError> {
        let mut received = News::of(repo, self.theirs, self.before).map_err(unreadable)?;
        received.lines.retain(|line| !self.sent.lines.contains(line));
        received.tasks.retain(|commit| !self.sent.tasks.contains(commit));
        Ok(received)
    }
}

impl Sync<'_> {
    fn run(&self, context: &mut Context) -> Result<(), CommandError> {
        let exchanged = self.exchange()?;
        let what = format!("the ledger is in step with `{}`", self.remote.name);
        context.recorded(&self.open.repo, what, Outcome::Done)?;
        // With the push, git may have moved our ledger as a configured refspec says.
        ledger::heal(&self.open.repo, self.open.writer()?)?;
        self.name_remote(context)?;
        let (notes, tasks) = (self.remote.notes(), self.remote.tasks());
        let received = exchanged.received(&self.open.repo)?;
        let from = [
            format!("{} -> {notes}", refs::NOTES),
            format!("{} -> {tasks}", refs::TASKS),
        ];
        told("received", &received, &from, context)?;
        told(
            "sent",
            &exchanged.sent,
            &[refs::NOTES.to_owned(), refs::TASKS.to_owned()],
            context,
        )
    }

    /// Fetches, merges and pushes until both have the same.
    fn exchange(&self) -> Result<Exchanged, CommandError> {
        let repo = &self.open.repo;
        let before = Tips::own(repo);
        let started = Instant::now();
        let mut sent = News::default();
        let mut attempt = 0;
        let theirs = loop {
            match self.meet(&mut sent)? {
                Ok(theirs) => break theirs,
                Err(error) if !error.is_passing() => return Err(error.into()),
                Err(error) if started.elapsed() > PATIENCE => {
                    return Err(CommandError::from(error)
                        .hint("Try again: what was fetched is merged, and nothing is lost"));
                }
                Err(_) => remote::pause(attempt),
            }
            attempt += 1;
        };
        Ok(Exchanged { before, theirs, sent })
    }

    /// Fetches, merges and pushes once. The ledger of the remote as it was fetched, or why it did not take ours.
    fn meet(&self, sent: &mut News) -> Result<Result<Tips, RemoteError>, CommandError> {
        let repo = &self.open.repo;
        let theirs = match self.remote.fetch(repo) {
            Ok(theirs) => theirs,
            Err(error) => return Ok(Err(error)),
        };
        merge(repo, theirs, &self.remote.name, self.open.writer()?)?;
        let own = Tips::own(repo);
        let news = News::of(repo, own, theirs).map_err(unreadable)?;
        self.screen(&news)?;
        // Before the notes: whoever fetches in between finds the commits that they are on.
        if let Some(tip) = own.tasks.filter(|_| own.tasks != theirs.tasks) {
            if let Err(error) = self.push(tip, refs::TASKS) {
                return Ok(Err(error));
            }
            sent.tasks.extend(news.tasks);
        }
        if let Some(tip) = own.notes.filter(|_| own.notes != theirs.notes) {
            if let Err(error) = self.push(tip, refs::NOTES) {
                return Ok(Err(error));
            }
            sent.lines.extend(news.lines);
        }
        Ok(Ok(theirs))
    }

    /// Pushes one commit. Where the answer was lost on the way and not the push, it is done.
    fn push(&self, commit: ObjectId, reference: &str) -> Result<(), RemoteError> {
        let repo = &self.open.repo;
        let Err(error) = self.remote.push(repo, commit, reference) else {
            return Ok(());
        };
        let is_there = |tips: Tips| [tips.notes, tips.tasks].contains(&Some(commit));
        match error.is_passing() || !self.remote.tips(repo).is_ok_and(is_there) {
            true => Err(error),
            false => Ok(()),
        }
    }

    /// An error where something that would be published looks like a secret, unless that is allowed.
    fn screen(&self, news: &News) -> Result<(), CommandError> {
        let secrets = news.secrets();
        if self.allow_secrets || secrets.is_empty() {
            return Ok(());
        }
        let many = counted(secrets.len() as u64, "text looks", "texts look");
        let mut error = CommandError::failed(format!("{many} like a secret, and nothing was pushed"));
        for secret in secrets.iter().take(NAMED) {
            error = error.and(secret.to_string());
        }
        if secrets.len() > NAMED {
            error = error.and(format!("and {} more", secrets.len() - NAMED));
        }
        Err(error.hint("If none of it is one: git leverage sync --allow-secrets").hint(
            "If it is one, it stays in the history of the ledger: replace it where it is used, or see docs/sharing.md",
        ))
    }

    /// What a sync would publish: the lines on standard output, everything else beside it.
    fn rehearse(&self, context: &mut Context) -> Result<(), CommandError> {
        let repo = &self.open.repo;
        let (own, theirs) = (Tips::own(repo), self.remote.look(repo)?);
        let incoming = News::of(repo, theirs, own).map_err(unreadable)?;
        let outgoing = News::of(repo, own, theirs).map_err(unreadable)?;
        for line in outgoing.lines.iter().chain(&outgoing.past) {
            context.terminal.line(&visible(&String::from_utf8_lossy(line)))?;
        }
        let terminal = &mut context.terminal;
        terminal.status(&format!("remote: {}", self.address()))?;
        terminal.status(&format!("would receive: {}", summary(&incoming)))?;
        terminal.status(&format!("would publish: {}", summary(&outgoing)))?;
        if !outgoing.past.is_empty() {
            let last = counted(outgoing.past.len() as u64, "line stands", "lines stand");
            terminal.status(&format!("the last {last} in the history of the ledger alone"))?;
        }
        terminal.status("nothing was merged or pushed (--dry-run)")?;
        self.screen(&outgoing)
    }

    /// Writes what `git fetch` is to fetch; what is there already stays as it is.
    fn set_up(&self, config: &Config, dry_run: bool, context: &mut Context) -> Result<(), CommandError> {
        let missing = remote::missing_refspecs(self.remote, config);
        for refspec in remote::refspecs(self.remote) {
            let is_missing = missing.contains(&refspec);
            if is_missing && !dry_run {
                remote::add_refspec(&self.open.repo, self.remote, &refspec)?;
            }
            let what = match (is_missing, dry_run) {
                (true, true) => "to be added",
                (true, false) => "added",
                (false, _) => "there already",
            };
            let line = format!("remote.{}.fetch = {refspec}  ({what})", self.remote.name);
            context.terminal.line(&visible(&line))?;
        }
        context.terminal.status(match (dry_run, missing.is_empty()) {
            (true, false) => "not written (--dry-run)",
            (_, true) => "nothing to write",
            (false, false) => {
                "`git fetch` fetches the ledger from now on; only `git leverage sync` merges and pushes it"
            }
        })?;
        Ok(())
    }

    fn name_remote(&self, context: &mut Context) -> Result<(), CommandError> {
        Ok(context
            .terminal
            .line(&visible(&format!("remote    {}", self.address())))?)
    }

    /// The remote as people know it.
    fn address(&self) -> String {
        let Remote {
            name, url, push_url, ..
        } = self.remote;
        match push_url {
            Some(push_url) => format!("{name}, {url}; pushed to {push_url}"),
            None => format!("{name}, {url}"),
        }
    }
}

fn unreadable(reason: impl std::fmt::Display) -> CommandError {
    CommandError::failed(format!("the ledger cannot be read: {reason}"))
}

/// What came or went, with the references of notes and of tasks without code.
fn told(what: &str, news: &News, places: &[String; 2], context: &mut Context) -> Result<(), CommandError> {
    let mut parts = Vec::new();
    if !news.lines.is_empty() {
        parts.push((Kinds::of(&news.lines).to_string(), &places[0]));
    }
    if !news.tasks.is_empty() {
        parts.push((commits(news), &places[1]));
    }
    if parts.is_empty() {
        context.terminal.line(&format!("{what:8}  nothing new"))?;
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
    match news.tasks.is_empty() {
        true => Kinds::of(&news.lines).to_string(),
        false => format!("{}, {}", Kinds::of(&news.lines), commits(news)),
    }
}

fn commits(news: &News) -> String {
    counted(
        news.tasks.len() as u64,
        "commit of tasks without code",
        "commits of tasks without code",
    )
}
