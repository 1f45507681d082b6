//! Captures in one repository.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::records::write;
use super::swept::Swept;
use super::target::{Commits, Left, Target};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::logs::{LogArgs, RulesArgs};
use crate::cli::recording::OpenLedger;
use crate::cli::terminal::Terminal;
use crate::correlate::measured::Repose;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::git::Repo;
use crate::ledger;
use crate::workspace::capture::Capture;
use crate::workspace::sessions::OwnLinks;

/// A session whose log has an event this recent is at work.
const AT_WORK: TimeDelta = TimeDelta::seconds(60);
/// A session with no events for this long counts as over.
const LONG_REST: TimeDelta = TimeDelta::hours(1);

/// Captures what sessions made in one repository, as `capture` does when run there.
pub(super) fn capture_in(
    context: &Context,
    repository: &Path,
    targets: &mut [&mut Target<'_>],
    made_by_hand: &mut [&mut Commits<'_>],
    swept: &mut Swept,
) -> Result<(), CommandError> {
    let there = Context::new(context.environment.at(repository), Terminal::plain());
    let open = OpenLedger::open_quietly(&there)?;
    let options = Linking::usual(&LogArgs::default(), &RulesArgs::default()).options(&there)?;
    let own = OwnLinks::of(&open.repo, &options);
    if let Some(reason) = unread(&open.repo, &own) {
        return Err(CommandError::failed(reason));
    }
    let there = There {
        capture: Capture::new(&open.repo, &own),
        own: &own,
        open: &open,
        now: context.environment.now,
    };
    let wanted = there.wanted(targets, made_by_hand);
    there.keep(&wanted, targets, made_by_hand, swept)
}

/// A repository being captured in.
struct There<'a> {
    capture: Capture<'a>,
    own: &'a OwnLinks,
    open: &'a OpenLedger,
    now: DateTime<Utc>,
}

impl There<'_> {
    /// The commits that get records of all their sessions.
    fn wanted(
        &self,
        targets: &[&mut Target<'_>],
        made_by_hand: &mut [&mut Commits<'_>],
    ) -> HashSet<ObjectId> {
        let due = targets
            .iter()
            .filter(|target| target.is_due || self.capture.has_news(&target.sessions));
        let sessions: BTreeSet<&SessionId> = due.flat_map(|target| &target.sessions).collect();
        let links = || self.capture.links();
        let made = links().filter(|link| sessions.contains(&link.session));
        let mut wanted: HashSet<ObjectId> = made.map(|link| link.commit).collect();
        // An active session has not written everything yet; its own hook comes at the end of the turn.
        let lately = (self.now - AT_WORK).timestamp();
        let sessions = self.own.sessions.iter();
        let works = sessions.filter(|session| session.span.end.seconds() >= lately);
        let works: HashSet<&SessionId> = works.map(|session| &session.id).collect();
        for commits in made_by_hand {
            let made = links().filter(|link| commits.may_have(link.commit, &self.open.repo));
            let (at_work, done): (Vec<&Link>, Vec<&Link>) =
                made.partition(|link| works.contains(&link.session));
            wanted.extend(done.into_iter().map(|link| link.commit));
            commits.is_left = !at_work.is_empty();
        }
        wanted
    }

    /// Writes what the notes on these commits lack, and marks the sessions that have something left to do.
    fn keep(
        &self,
        wanted: &HashSet<ObjectId>,
        targets: &mut [&mut Target<'_>],
        made_by_hand: &mut [&mut Commits<'_>],
        swept: &mut Swept,
    ) -> Result<(), CommandError> {
        let stamp = self.open.stamp(self.open.author()?);
        let mut records = self.capture.records(wanted, &stamp);
        let reposes = |session: &SessionId| repose(session, targets, &self.own.sessions, self.now);
        let waiting = self.capture.put_off(&mut records, reposes);
        let left = match records.is_empty() {
            true => ledger::Left::new(),
            false => write(self.open, &records)?,
        };
        for target in targets
            .iter_mut()
            .filter(|target| !target.sessions.is_disjoint(&waiting))
        {
            target.leave(Left::Waits);
        }
        let mut written = HashSet::new();
        for (commit, record) in records {
            let Some(error) = left.get(&commit) else {
                swept.commits += usize::from(written.insert(commit));
                swept.sessions.insert(record.session);
                continue;
            };
            let of_it = targets
                .iter_mut()
                .filter(|target| target.sessions.contains(&record.session));
            of_it.for_each(|target| target.leave(Left::Failed(error.to_string())));
            swept.failed.insert(record.session, error.to_string());
        }
        for commits in made_by_hand {
            let is_open = |link: &Link| left.contains_key(&link.commit) || waiting.contains(&link.session);
            let is_one = |link: &&Link| commits.may_have(link.commit, &self.open.repo);
            let is_left = self.capture.links().filter(is_one).any(is_open);
            commits.is_left |= is_left;
        }
        Ok(())
    }
}

/// Why the links of a repository are unknown: their absence then proves nothing.
fn unread(repo: &Repo, own: &OwnLinks) -> Option<String> {
    let places = [repo.place().to_owned(), repo.main_folder()].map(|place| place.display().to_string());
    let mut warnings = own.warnings.iter().filter(|_| own.links.is_empty());
    let found = warnings.find(|warning| places.contains(&warning.place));
    found.map(|warning| warning.message.clone())
}

/// Whether a session rests, according to hooks and its log.
fn repose(session: &SessionId, targets: &[&mut Target<'_>], all: &[Session], now: DateTime<Utc>) -> Repose {
    let log = all.iter().find(|one| one.id == *session);
    let is_quiet = log.is_none_or(|log| now.timestamp() - log.span.end.seconds() >= LONG_REST.num_seconds());
    let told = targets.iter().filter(|target| target.sessions.contains(session));
    let told = told.map(|target| match target.pending {
        pending if now - pending.last >= LONG_REST => Repose::Long,
        pending if pending.is_ended => Repose::Ended,
        _ => Repose::None,
    });
    // A session without events was captured to its end.
    match told.min().unwrap_or(Repose::Long) {
        Repose::Long if !is_quiet => Repose::Ended,
        told => told,
    }
}
