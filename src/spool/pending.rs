//! What is in a spool but not captured yet.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::diagnostics::Warning;
use crate::facts::event::{Event, EventKind};
use crate::facts::ids::SessionId;

use super::captured::{Captured, Dropped};

/// Logs are written late: a capture that began sooner after an event may have missed something.
pub const RESTS: TimeDelta = TimeDelta::seconds(30);
/// Events from a clock that is this far ahead are not waited for.
const WRONG_CLOCK: TimeDelta = TimeDelta::days(1);
/// How many directories of a session are reported.
const MOST_FOLDERS: usize = 16;

/// A session that is not completely captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The session.
    pub session: SessionId,
    /// The first event that is not captured.
    pub first: DateTime<Utc>,
    /// The last event.
    pub last: DateTime<Utc>,
    /// Whether the last event ended the session.
    pub is_ended: bool,
    /// Whether the agent answered in it.
    pub had_turns: bool,
    /// Its log, as the agent named it. Untrusted text.
    pub log: Option<String>,
    /// The directories it worked in, as the agent named them. Untrusted text.
    pub folders: Vec<String>,
}

impl Pending {
    /// Whether a capture that begins now is the last one it needs, unless the session continues.
    pub fn rests(&self, now: DateTime<Utc>) -> bool {
        is_settled(self.last, Some(&now), now)
    }
}

/// Commits that a git hook reported and whose sessions are not captured yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The directory in which git called the hook. Untrusted text.
    pub folder: String,
    /// The first commit that is not captured.
    pub first: DateTime<Utc>,
    /// The last commit.
    pub last: DateTime<Utc>,
}

/// The content of a spool.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// The sessions that are not completely captured, oldest first.
    pub pending: Vec<Pending>,
    /// The commits whose sessions are not captured, by directory.
    pub committed: Vec<Committed>,
    /// The last event of each agent; `git` stands for git's own hooks.
    pub last: BTreeMap<String, Event>,
    /// Sessions that were given up.
    pub dropped: Vec<Dropped>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

impl Contents {
    /// The time of the last event that is not captured; `None` if all are.
    pub fn newest(&self) -> Option<DateTime<Utc>> {
        let sessions = self.pending.iter().map(|pending| pending.last);
        let commits = self.committed.iter().map(|committed| committed.last);
        sessions.chain(commits).max()
    }
}

/// Whether a capture that began then has everything of an event.
pub(super) fn is_settled(event: DateTime<Utc>, began: Option<&DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    // The times in foreign data may be the largest possible ones.
    let after = |began: &DateTime<Utc>| *began - event >= RESTS;
    began.is_some_and(after) || event - now > WRONG_CLOCK && began.is_some()
}

/// The key of what an event asks to capture: a session, or the commits in a directory.
pub(super) fn key_of(event: &Event) -> Option<String> {
    match folder_of(event) {
        Some(folder) => Some(key_of_folder(folder)),
        None => session_of(event).map(|session| session.to_string()),
    }
}

/// The key of the commits in a directory.
pub(super) fn key_of_folder(folder: &str) -> String {
    format!("git:{folder}")
}

/// The directory of a commit that git reported.
fn folder_of(event: &Event) -> Option<&str> {
    let is_commit = event.kind == EventKind::Commit && event.session.is_none();
    event.folder.as_deref().filter(|_| is_commit)
}

/// The commits among events that are not captured yet.
pub(super) fn committed<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    captured: &Captured,
    now: DateTime<Utc>,
) -> Vec<Committed> {
    let mut found: BTreeMap<&str, Committed> = BTreeMap::new();
    for event in events {
        let Some(folder) = folder_of(event) else { continue };
        if is_settled(event.at, captured.sessions.get(&key_of_folder(folder)), now) {
            continue;
        }
        let committed = found.entry(folder).or_insert_with(|| Committed {
            folder: folder.to_owned(),
            first: event.at,
            last: event.at,
        });
        committed.first = committed.first.min(event.at);
        committed.last = committed.last.max(event.at);
    }
    found.into_values().collect()
}

/// The session that an event asks to capture.
fn session_of(event: &Event) -> Option<SessionId> {
    let session = SessionId::new(event.agent.as_str(), event.session.as_deref()?);
    // A name that could not be written to a note is ignored.
    session.to_string().parse().ok()
}

/// The sessions among events that are not captured yet.
pub(super) fn pending<'a>(
    events: impl IntoIterator<Item = &'a Event>,
    captured: &Captured,
    now: DateTime<Utc>,
) -> Vec<Pending> {
    let mut found: BTreeMap<SessionId, Pending> = BTreeMap::new();
    for event in events {
        let Some(session) = session_of(event) else {
            continue;
        };
        if is_settled(event.at, captured.sessions.get(&session.to_string()), now) {
            continue;
        }
        let pending = found.entry(session.clone()).or_insert_with(|| Pending {
            session,
            first: event.at,
            last: event.at,
            is_ended: false,
            had_turns: false,
            log: None,
            folders: Vec::new(),
        });
        pending.first = pending.first.min(event.at);
        if event.at >= pending.last {
            pending.last = event.at;
            pending.is_ended = event.kind == EventKind::SessionEnd;
        }
        pending.had_turns |= event.kind == EventKind::TurnEnd;
        if let Some(log) = &event.log {
            pending.log = Some(log.clone());
        }
        if let Some(folder) = &event.folder
            && pending.folders.len() < MOST_FOLDERS
            && !pending.folders.contains(folder)
        {
            pending.folders.push(folder.clone());
        }
    }
    let mut pending: Vec<Pending> = found.into_values().collect();
    pending.sort_by(|one, other| (one.first, &one.session).cmp(&(other.first, &other.session)));
    pending
}
