//! What of a spool is not captured yet.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::diagnostics::Warning;
use crate::facts::event::{Event, EventKind};
use crate::facts::ids::SessionId;

use super::captured::{Captured, Dropped};

/// Logs are written late: a capture that began sooner after an event may have missed something.
pub const RESTS: TimeDelta = TimeDelta::seconds(30);
/// An event of a clock that was so wrong is not waited for.
const WRONG_CLOCK: TimeDelta = TimeDelta::days(1);
/// So many folders of a session are told.
const MOST_FOLDERS: usize = 16;

/// A session of which something is not captured yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The session.
    pub session: SessionId,
    /// The first event that is not captured.
    pub first: DateTime<Utc>,
    /// The last event.
    pub last: DateTime<Utc>,
    /// Whether that says that the session ended.
    pub is_ended: bool,
    /// Whether the agent answered in it.
    pub had_turns: bool,
    /// Its log, as the agent named it. Untrusted text.
    pub log: Option<String>,
    /// The folders that it worked in, as the agent named them. Untrusted text.
    pub folders: Vec<String>,
}

impl Pending {
    /// Whether a capture that begins now is the last one that it needs, unless the session goes on.
    pub fn rests(&self, now: DateTime<Utc>) -> bool {
        is_settled(self.last, Some(&now), now)
    }
}

/// Commits that a hook of git told of, and whose sessions are not captured yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The folder in which git called. Untrusted text.
    pub folder: String,
    /// The first of them that is not captured.
    pub first: DateTime<Utc>,
    /// The last one.
    pub last: DateTime<Utc>,
}

/// What a spool says.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// The sessions that are not captured to their end, the oldest first.
    pub pending: Vec<Pending>,
    /// The commits whose sessions are not captured, by folder.
    pub committed: Vec<Committed>,
    /// The last event of each agent; `git` is the one of its own hooks.
    pub last: BTreeMap<String, Event>,
    /// Sessions that were given up.
    pub dropped: Vec<Dropped>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

impl Contents {
    /// When the last event came of those that are not captured; `None` where all are.
    pub fn newest(&self) -> Option<DateTime<Utc>> {
        let sessions = self.pending.iter().map(|pending| pending.last);
        let commits = self.committed.iter().map(|committed| committed.last);
        sessions.chain(commits).max()
    }
}

/// Whether a capture that began then has all that an event told of.
pub(super) fn is_settled(event: DateTime<Utc>, began: Option<&DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    // The times of a foreign line may be the last that there are.
    let after = |began: &DateTime<Utc>| *began - event >= RESTS;
    began.is_some_and(after) || event - now > WRONG_CLOCK && began.is_some()
}

/// What an event is to be captured of, as it is noted: a session, or the commits in a folder.
pub(super) fn key_of(event: &Event) -> Option<String> {
    match folder_of(event) {
        Some(folder) => Some(key_of_folder(folder)),
        None => session_of(event).map(|session| session.to_string()),
    }
}

/// How the commits in a folder are noted.
pub(super) fn key_of_folder(folder: &str) -> String {
    format!("git:{folder}")
}

/// The folder of a commit that git told of.
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

/// The session of an event that is to be captured.
fn session_of(event: &Event) -> Option<SessionId> {
    let session = SessionId::new(event.agent.as_str(), event.session.as_deref()?);
    // What could not be written into a note is not looked for.
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
