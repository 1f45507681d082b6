//! The tables of a machine's logs: its sessions, and their links to commits.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use super::field::{Taken, millis, same};
use super::layout::{LINKS, SESSIONS, Told};
use super::line::{Line, StoredLink};
use crate::correlate::seen::SeenSession;
use crate::facts::ids::SessionId;
use crate::facts::quantity::Minutes;
use crate::facts::span::{Moment, Span};
use crate::facts::zone::Zone;
use crate::tables::{Column, Schema, TableError};

const SESSIONS_SCHEMA: &str = "message sessions {
    required binary source (STRING);
    required binary agent (STRING);
    required binary session (STRING);
    optional binary repo (STRING);
    optional int64 started_at;
    optional int64 ended_at;
    optional int64 agent_ms;
    optional int64 supervisory_ms;
    required binary line (STRING);
}";

const LINKS_SCHEMA: &str = "message links {
    required binary source (STRING);
    required binary repo (STRING);
    required binary commit;
    required binary agent (STRING);
    required binary session (STRING);
    required binary rung (STRING);
    required binary confidence (STRING);
    required double share;
}";

pub fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SESSIONS_SCHEMA));
    &PARSED
}

pub(super) fn links_schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(LINKS_SCHEMA));
    &PARSED
}

/// A session of the logs of a machine, in terms of ids of repositories.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedSession {
    /// Agent and id.
    pub id: SessionId,
    /// What is known of it; `None` if it worked in none of the repositories.
    pub seen: Option<Line>,
}

/// Writes both tables.
pub fn write(
    folder: &Path,
    (source, digest): (&str, &str),
    sessions: &[LoggedSession],
) -> Result<u64, String> {
    let all = || sessions.iter();
    let seen = all().map(|session| session.seen.as_ref()?.whole(&session.id));
    let seen: Vec<Option<SeenSession>> = seen.collect();
    let minutes = |of: fn(&SeenSession) -> Option<Minutes>| {
        Column::optional(seen.iter().map(|seen| of(seen.as_ref()?).map(millis)))
    };
    let lines = all().map(|session| serde_json::to_string(&session.seen));
    let lines: Result<Vec<String>, _> = lines.collect();
    let timed = |session: &LoggedSession| session.seen.as_ref().and_then(Line::timed);
    let at = |end: fn(Span) -> Moment| Column::optional(all().map(|session| Some(end(timed(session)?).0)));
    let columns = vec![
        same(source, sessions.len()),
        Column::of(all().map(|session| session.id.agent.clone())),
        Column::of(all().map(|session| session.id.id.clone())),
        Column::optional(all().map(|session| session.seen.as_ref().map(|line| line.home().to_owned()))),
        at(|span| span.start),
        at(|span| span.end),
        minutes(SeenSession::most_agent_minutes),
        minutes(SeenSession::supervisory_minutes),
        Column::of(lines.map_err(|error| error.to_string())?),
    ];
    let told = |table| Told::new(table, source, digest);
    let wrong = |error: TableError| error.to_string();
    let size = told(LINKS)
        .write(folder, links_schema(), &[], [link_columns(source, sessions)])
        .map_err(wrong)?;
    let own = told(SESSIONS)
        .write(folder, schema(), &[], [columns])
        .map_err(wrong)?;
    Ok(size + own)
}

fn link_columns(source: &str, sessions: &[LoggedSession]) -> Vec<Column> {
    let lines = sessions.iter().filter_map(|session| session.seen.as_ref());
    let links: Vec<&(String, StoredLink)> = lines.flat_map(Line::links).collect();
    let all = || links.iter().map(|(repo, stored)| (repo, &stored.link));
    vec![
        same(source, links.len()),
        Column::of(all().map(|(repo, _)| repo.clone())),
        Column::of(all().map(|(_, link)| link.commit.as_bytes().to_vec())),
        Column::of(all().map(|(_, link)| link.session.agent.clone())),
        Column::of(all().map(|(_, link)| link.session.id.clone())),
        Column::of(all().map(|(_, link)| link.rung.to_string())),
        Column::of(all().map(|(_, link)| link.confidence.to_string())),
        Column::of(all().map(|(_, link)| link.share)),
    ]
}

/// The sessions of a machine. Of those of which only the days are known, these are in `zone`.
pub fn read(folder: &Path, source: &str, zone: Zone) -> Result<Vec<LoggedSession>, TableError> {
    read_with(folder, source, |line| line.in_zone(zone))
}

/// The sessions of a machine as its file has them; empty if there is no file.
pub fn read_again(folder: &Path, source: &str) -> Result<Vec<LoggedSession>, TableError> {
    match read_with(folder, source, Ok) {
        Err(error) if error.is_missing() => Ok(Vec::new()),
        read => read,
    }
}

fn read_with(
    folder: &Path,
    source: &str,
    used: impl Fn(Line) -> Result<Line, &'static str>,
) -> Result<Vec<LoggedSession>, TableError> {
    let schema = schema();
    let file = Told::open_any(folder, SESSIONS, source, schema)?;
    let mut sessions = Vec::new();
    for batch in 0..file.batches() {
        let mut taken = Taken::new(&file, file.batch(batch, &[1, 2, schema.len() - 1])?);
        let (agents, ids) = (taken.texts()?, taken.texts()?);
        let lines: Vec<Option<Line>> = taken.json()?;
        for ((agent, id), line) in agents.into_iter().zip(ids).zip(lines) {
            let id = SessionId::new(agent, id);
            let wrong = |reason| file.wrong(format!("session `{id}` is invalid: {reason}"));
            let checked = |line: Line| line.check().and_then(|()| used(line));
            let seen = line.map(checked).transpose().map_err(wrong)?;
            sessions.push(LoggedSession { id, seen });
        }
    }
    Ok(sessions)
}

impl LoggedSession {
    /// Adds it to the sessions of other machines: a log that was copied counts as the copy that goes on longest.
    pub fn add_to(self, all: &mut BTreeMap<SessionId, Self>) {
        match all.get(&self.id) {
            Some(known) if !self.goes_on_after(known) => {}
            _ => {
                all.insert(self.id.clone(), self);
            }
        }
    }

    /// Whether it goes on after another copy of the log.
    fn goes_on_after(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (&self.seen, &other.seen) else {
            return self.seen.is_some() && other.seen.is_none();
        };
        own.goes_on_after(others)
    }
}
