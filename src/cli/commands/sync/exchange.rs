//! Synchronizes two ledgers: fetches, checks and merges what the remote has, then screens and pushes what it lacks, until both
//! are equal or no further step helps.

use std::thread;
use std::time::Instant;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::recording::OpenLedger;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::counted;
use crate::git::refs::{self, Tips};
use crate::git::remote::retries::{self, Retries};
use crate::git::remote::{Chance, Remote, RemoteError, Settings, Target};
use crate::ledger::WriteError;
use crate::ledger::merge::merge;
use crate::sources::sharing::{News, Unread, is_whole};

/// How many secrets are listed individually.
const NAMED: usize = 8;

/// A ledger and the remote it is synchronized with.
pub(super) struct Sync<'a> {
    pub(super) open: &'a OpenLedger,
    pub(super) remote: &'a Remote,
    pub(super) settings: &'a Settings,
    pub(super) allow_secrets: bool,
    /// Whether to push.
    pub(super) is_pushing: bool,
}

/// What was transferred, and what failed.
#[derive(Default)]
pub(super) struct Exchanged {
    pub(super) received: News,
    /// One entry per push address.
    pub(super) sent: Vec<Sent>,
    /// The first error, with all others appended.
    pub(super) trouble: Option<CommandError>,
    /// A failure without consequences.
    pub(super) warning: Option<String>,
}

/// What was sent to one address.
#[derive(Default)]
pub(super) struct Sent {
    pub(super) news: News,
    /// What the address still lacks.
    pub(super) unsent: News,
    /// Why it refuses the rest, if another attempt would not help.
    refused: Option<CommandError>,
}

impl Sent {
    /// Updates the entry after refs were pushed.
    fn arrived(&mut self, done: impl Fn(&str) -> bool) {
        if !done(refs::NOTES) && !done(refs::TASKS) {
            return;
        }
        let mut arrived = std::mem::take(&mut self.unsent);
        if !done(refs::NOTES) {
            self.unsent.lines = std::mem::take(&mut arrived.lines);
            self.unsent.past = std::mem::take(&mut arrived.past);
        }
        if !done(refs::TASKS) {
            self.unsent.tasks = std::mem::take(&mut arrived.tasks);
        }
        self.news.extend(arrived);
    }
}

/// Why an attempt stopped.
enum Stop {
    /// Another attempt may succeed.
    Passing(RemoteError),
    /// No other attempt will succeed.
    Final(CommandError),
}

impl From<RemoteError> for Stop {
    fn from(error: RemoteError) -> Self {
        match error.chance() {
            Chance::None => Self::Final(error.into()),
            Chance::Overtaken | Chance::Unclear => Self::Passing(error),
        }
    }
}

impl From<WriteError> for Stop {
    fn from(error: WriteError) -> Self {
        Self::Final(error.into())
    }
}

impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Self {
        Self::Final(error)
    }
}

impl Sync<'_> {
    /// Fetches, merges and pushes until all sides are equal or an obstacle remains.
    pub(super) fn exchange(&self, context: &mut Context) -> Result<Exchanged, CommandError> {
        let started = Instant::now();
        let mut retries = Retries::default();
        let mut exchanged = Exchanged::default();
        exchanged
            .sent
            .resize_with(self.remote.pushed_to.len(), Sent::default);
        let mut before = Vec::new();
        loop {
            let mut seen = Vec::new();
            let error = match self.meet(&mut exchanged, &mut seen) {
                Ok(()) => break,
                Err(Stop::Final(error)) => {
                    exchanged.trouble = Some(error);
                    break;
                }
                Err(Stop::Passing(error)) => error,
            };
            let (has_moved, elapsed) = (seen != before, started.elapsed());
            let Some(pause) = retries.next(error.chance(), has_moved, elapsed, retries::random()) else {
                exchanged.trouble = Some(gave_up(error));
                break;
            };
            if retries.is_first() {
                let said = format!(
                    "`{}` changed in the meantime or is busy; trying again",
                    self.remote.name
                );
                context.terminal.status(&said)?;
            }
            before = seen;
            thread::sleep(pause);
        }
        for refused in exchanged.sent.iter_mut().filter_map(|sent| sent.refused.take()) {
            exchanged.trouble = Some(match exchanged.trouble.take() {
                Some(first) => first.and(refused.message()),
                None => refused,
            });
        }
        Ok(exchanged)
    }

    /// Fetches from all addresses, merges, and pushes to those that have not refused. `seen` collects the tips found at each.
    fn meet(&self, so_far: &mut Exchanged, seen: &mut Vec<Tips>) -> Result<(), Stop> {
        let source = self.take_in(&self.remote.source(), so_far)?;
        seen.push(source);
        let mut open: Vec<(usize, &Target, Tips)> = Vec::new();
        for (at, target) in self.targets().enumerate() {
            if so_far.sent[at].refused.is_some() {
                continue;
            }
            let theirs = match target.is_source {
                true => Ok(source),
                false => self.take_in(target, so_far),
            };
            match theirs {
                Ok(theirs) => open.push((at, target, theirs)),
                Err(Stop::Final(error)) => so_far.sent[at].refused = Some(error),
                Err(passing) => return Err(passing),
            }
        }
        seen.extend(open.iter().map(|(.., theirs)| *theirs));
        let own = Tips::own(&self.open.repo);
        for (at, _, theirs) in &open {
            so_far.sent[*at].unsent = self.outgoing(own, *theirs)?;
        }
        self.screen(so_far.sent.iter().map(|sent| &sent.unsent))?;
        let mut passing = None;
        for (at, target, theirs) in open {
            match self.push(target, own, theirs, so_far, at) {
                Ok(()) => {}
                Err(Stop::Final(error)) => so_far.sent[at].refused = Some(error),
                Err(Stop::Passing(error)) => passing = Some(error),
            }
        }
        passing.map_or(Ok(()), |error| Err(Stop::Passing(error)))
    }

    /// The addresses to push to.
    fn targets(&self) -> impl Iterator<Item = &Target> {
        self.remote.pushed_to.iter().filter(|_| self.is_pushing)
    }

    /// Fetches the ledger of one address, checks everything new in it, and merges it.
    fn take_in(&self, target: &Target, so_far: &mut Exchanged) -> Result<Tips, Stop> {
        let repo = &self.open.repo;
        let theirs = self.remote.fetch(repo, target)?;
        let incoming = self.incoming(target, theirs)?;
        if target.is_source {
            self.follow(&theirs, so_far);
        }
        merge(repo, theirs, &self.remote.name, self.open.known_writer())?;
        so_far.received.extend(incoming);
        Ok(theirs)
    }

    fn follow(&self, theirs: &Tips, so_far: &mut Exchanged) {
        if let Err(reason) = self.remote.follow(&self.open.repo, theirs) {
            so_far.warning = Some(reason);
        }
    }

    /// What the ledger of an address adds to this clone. If objects are missing, it is fetched again in full. An unreadable
    /// ledger is an error, so that it is not merged.
    fn incoming(&self, target: &Target, theirs: Tips) -> Result<News, Stop> {
        let repo = &self.open.repo;
        let own = Tips::own(repo);
        let is_here = !self.settings.is_partial() || is_whole(repo, theirs.notes);
        match News::of(repo, theirs, own) {
            Ok(news) if is_here => return Ok(news),
            Err(error) if !error.is_missing => return Err(self.refused(target, own, &error).into()),
            Ok(_) | Err(_) => {}
        }
        self.remote.fetch_again(repo, target, &theirs)?;
        News::of(repo, theirs, own).map_err(|error| self.refused(target, own, &error).into())
    }

    /// Why nothing is merged from an address.
    fn refused(&self, target: &Target, own: Tips, error: &Unread) -> CommandError {
        if !is_whole(&self.open.repo, own.notes) {
            return CommandError::failed(format!("the ledger of this clone cannot be read: {error}")).hint(
                format!("Run `git log {}` and `git fsck` to inspect it", refs::NOTES),
            );
        }
        CommandError::failed(format!("invalid ledger at `{}`: {error}", target.name))
            .hint("Nothing was merged from it. Its owner can reset its refs to their previous commits")
    }

    /// What an address lacks.
    pub(super) fn outgoing(&self, ledger: Tips, theirs: Tips) -> Result<News, CommandError> {
        News::of(&self.open.repo, ledger, theirs).map_err(|error| {
            CommandError::failed(format!(
                "cannot search the ledger for secrets, so nothing was pushed: {error}"
            ))
        })
    }

    /// Pushes to one address what it lacks.
    fn push(
        &self,
        target: &Target,
        own: Tips,
        theirs: Tips,
        so_far: &mut Exchanged,
        at: usize,
    ) -> Result<(), Stop> {
        // Notes are pushed last: whoever fetches in between already finds the commits they are on.
        let updates: Vec<(ObjectId, &str)> = [
            (own.tasks.filter(|_| own.tasks != theirs.tasks), refs::TASKS),
            (own.notes.filter(|_| own.notes != theirs.notes), refs::NOTES),
        ]
        .into_iter()
        .filter_map(|(tip, name)| Some((tip?, name)))
        .collect();
        if updates.is_empty() {
            return Ok(());
        }
        let pushed = self.remote.push(&self.open.repo, target, &updates);
        let is_done = |name: &str| pushed.done.contains(name);
        if target.is_source {
            let now = |name: &str, own, theirs| if is_done(name) { own } else { theirs };
            let tips = Tips {
                notes: now(refs::NOTES, own.notes, theirs.notes),
                tasks: now(refs::TASKS, own.tasks, theirs.tasks),
            };
            self.follow(&tips, so_far);
        }
        so_far.sent[at].arrived(is_done);
        pushed.error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// An error if anything to be published looks like a secret, unless that is allowed.
    pub(super) fn screen<'n>(
        &self,
        published: impl IntoIterator<Item = &'n News>,
    ) -> Result<(), CommandError> {
        if self.allow_secrets {
            return Ok(());
        }
        let mut secrets = Vec::new();
        for secret in published.into_iter().flat_map(News::secrets) {
            if !secrets.contains(&secret) {
                secrets.push(secret);
            }
        }
        if secrets.is_empty() {
            return Ok(());
        }
        let many = counted(secrets.len() as u64, "text looks", "texts look");
        let mut error = CommandError::failed(format!("{many} like a secret; nothing was pushed"));
        for secret in secrets.iter().take(NAMED) {
            error = error.and(secret.to_string());
        }
        if secrets.len() > NAMED {
            error = error.and(format!("and {} more", secrets.len() - NAMED));
        }
        Err(error
            .hint("If none of it is secret, run `git leverage sync --allow-secrets`")
            .hint("If it is secret, revoke it: it stays in the history of the ledger; see `docs/sharing.md`"))
    }

    /// What a sync would receive and what each address would get, from this ledger and those of the other addresses.
    pub(super) fn rehearsal(&self) -> Result<(News, Vec<News>), CommandError> {
        let repo = &self.open.repo;
        let own = Tips::own(repo);
        let source = self.remote.source();
        let others = self.targets().filter(|target| !target.is_source);
        let mut incoming = News::default();
        let mut known = Vec::new();
        for target in std::iter::once(&source).chain(others) {
            let theirs = self.remote.fetch(repo, target)?;
            match self.incoming(target, theirs) {
                Ok(news) => incoming.extend(news),
                Err(Stop::Final(error)) => return Err(error),
                Err(Stop::Passing(error)) => return Err(error.into()),
            }
            known.push((target.clone(), theirs));
        }
        let of = |wanted: &Target| {
            let found = known.iter().find(|(target, _)| match wanted.is_source {
                true => target.is_source,
                false => target == wanted,
            });
            found.map(|(_, theirs)| *theirs).unwrap_or_default()
        };
        let mut outgoing = Vec::new();
        for target in self.targets() {
            let theirs = of(target);
            let mut news = self.outgoing(own, theirs)?;
            for (_, other) in known.iter().filter(|(_, other)| *other != theirs) {
                news.extend(self.outgoing(*other, theirs)?);
            }
            outgoing.push(news);
        }
        Ok((incoming, outgoing))
    }
}

fn gave_up(error: RemoteError) -> CommandError {
    let hint = match error.chance() {
        Chance::Overtaken => "Try again; the fetched records are merged, and nothing is lost",
        Chance::Unclear | Chance::None => {
            "Check that you have write access there; the fetched records are merged"
        }
    };
    CommandError::from(error).hint(hint)
}
