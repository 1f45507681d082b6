//! The tables of a machine's logs: its sessions, and their links to commits.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::field::{Taken, millis, same};
use super::layout::{LINKS, SESSIONS, Told};
use crate::correlate::seen::{Origin, SeenSession, Used};
use crate::facts::ids::SessionId;
use crate::facts::link::Link;
use crate::facts::session::{Sources, TokenCounts};
use crate::facts::span::{self, Moment, Span};
use crate::facts::supervision::Charge;
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

/// What is known of a session that worked in some of the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    home: String,
    visits: Vec<String>,
    models: Vec<String>,
    span: Span,
    worked: Vec<Span>,
    unknown: Vec<Charge>,
    lanes: f64,
    attention: Vec<Charge>,
    usage: Vec<(Option<Moment>, Option<usize>, TokenCounts)>,
    sources: Sources,
    links: Vec<(String, StoredLink)>,
    elsewhere: Vec<StoredLink>,
    rest: f64,
    #[serde(default)]
    is_by_day: bool,
}

/// A link with the time that JSON of links leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StoredLink {
    link: Link,
    worked: Vec<Span>,
}

impl StoredLink {
    fn of(link: &Link) -> Self {
        Self {
            link: link.clone(),
            worked: link.worked.clone(),
        }
    }

    fn link(self) -> Link {
        Link {
            worked: self.worked,
            ..self.link
        }
    }
}

impl Line {
    /// Of a session from a log that worked in the repositories at the positions `visits`; `ids` are those of all by position.
    pub fn of(session: &SeenSession, visits: &[usize], ids: &[String]) -> Option<Self> {
        let id = |at: usize| ids.get(at).cloned();
        let links = session.links.iter();
        let links = links.map(|(at, link)| Some((id(*at)?, StoredLink::of(link))));
        Some(Self {
            home: id(session.home)?,
            visits: visits.iter().map(|at| id(*at)).collect::<Option<_>>()?,
            models: session.models.clone(),
            span: session.span,
            worked: session.worked.clone(),
            unknown: session.unknown.clone(),
            lanes: session.lanes,
            attention: session.attention.clone(),
            usage: session
                .usage
                .iter()
                .map(|used| (used.at, used.model, used.tokens))
                .collect(),
            sources: session.sources,
            links: links.collect::<Option<_>>()?,
            elsewhere: session.elsewhere.iter().map(StoredLink::of).collect(),
            rest: session.rest,
            is_by_day: session.is_by_day,
        })
    }

    /// The session; `places` are the positions of repositories by id. `None` if it worked in none of them.
    pub fn session(self, id: SessionId, places: &HashMap<String, usize>) -> Option<SeenSession> {
        let mut links: Vec<(usize, Link)> = Vec::new();
        let mut elsewhere: Vec<Link> = self.elsewhere.into_iter().map(StoredLink::link).collect();
        for (repo, link) in self.links {
            match places.get(&repo) {
                Some(place) => links.push((*place, link.link())),
                None => elsewhere.push(link.link()),
            }
        }
        // By repository, then as before: by commit.
        links.sort_by_key(|(place, _)| *place);
        let home = places
            .get(&self.home)
            .copied()
            .or(links.first().map(|(place, _)| *place))
            .or(self.visits.iter().find_map(|repo| places.get(repo).copied()))?;
        Some(SeenSession {
            id,
            origin: Origin::Log,
            home,
            models: self.models,
            span: self.span,
            worked: self.worked,
            unknown: self.unknown,
            lanes: self.lanes,
            attention: self.attention,
            usage: self
                .usage
                .into_iter()
                .map(|(at, model, tokens)| Used { at, model, tokens })
                .collect(),
            sources: self.sources,
            links,
            elsewhere,
            rest: self.rest,
            is_by_day: self.is_by_day,
        })
    }
}

impl Line {
    /// How much was done in it, and whether it is known when.
    fn extent(&self) -> (i64, bool) {
        let charges = self.unknown.iter().chain(&self.attention);
        let spans = charges.map(|charge| &charge.span).chain(&self.worked);
        (span::total(spans), !self.is_by_day)
    }

    /// Whether the session made something in a repository.
    pub fn is_linked_in(&self, repo: &str) -> bool {
        self.links.iter().any(|(linked, _)| linked == repo)
    }

    /// The repositories in which it worked.
    pub fn visits(&self) -> &[String] {
        &self.visits
    }

    /// The session as one that worked in a repository is known if only that is read; `None` if it did not work there. Who reads one
    /// repository also looks `around`, where the sessions worked that made something in it, and nowhere else.
    pub fn session_in(mut self, id: SessionId, repo: &str, around: &BTreeSet<String>) -> Option<SeenSession> {
        if !self.is_linked_in(repo) {
            self.links.retain(|(linked, _)| around.contains(linked));
            self.elsewhere.clear();
        }
        self.session(id, &HashMap::from([(repo.to_owned(), 0)]))
    }
}

/// Writes both tables.
pub fn write(
    folder: &Path,
    (source, digest): (&str, &str),
    sessions: &[LoggedSession],
    seen: &HashMap<SessionId, SeenSession>,
) -> Result<u64, String> {
    let all = || sessions.iter();
    let about = |session: &LoggedSession| seen.get(&session.id);
    let lines = all().map(|session| serde_json::to_string(&session.seen));
    let lines: Result<Vec<String>, _> = lines.collect();
    // Of times that are made up, only this program knows what is right in them.
    let timed = |session: &LoggedSession| {
        session
            .seen
            .as_ref()
            .filter(|line| !line.is_by_day)
            .map(|line| line.span)
    };
    let at = |end: fn(Span) -> Moment| Column::optional(all().map(|session| Some(end(timed(session)?).0)));
    let columns = vec![
        same(source, sessions.len()),
        Column::of(all().map(|session| session.id.agent.clone())),
        Column::of(all().map(|session| session.id.id.clone())),
        Column::optional(all().map(|session| session.seen.as_ref().map(|line| line.home.clone()))),
        at(|span| span.start),
        at(|span| span.end),
        Column::optional(all().map(|session| about(session)?.most_agent_minutes().map(millis))),
        Column::optional(all().map(|session| about(session)?.supervisory_minutes().map(millis))),
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
    let links: Vec<&(String, StoredLink)> = lines.flat_map(|line| &line.links).collect();
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

/// The sessions of a machine.
pub fn read(folder: &Path, source: &str) -> Result<Vec<LoggedSession>, TableError> {
    let schema = schema();
    let file = Told::open_any(folder, SESSIONS, source, schema)?;
    let mut sessions = Vec::new();
    for batch in 0..file.batches() {
        let mut taken = Taken::new(&file, file.batch(batch, &[1, 2, schema.len() - 1])?);
        let (agents, ids) = (taken.texts()?, taken.texts()?);
        let lines: Vec<Option<Line>> = taken.json()?;
        let all = agents.into_iter().zip(ids).zip(lines);
        sessions.extend(all.map(|((agent, id), seen)| LoggedSession {
            id: SessionId::new(agent, id),
            seen,
        }));
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

    /// Whether it goes on after another copy of the log. If only one of them has times of day, what they worked says so, and of equal
    /// ones the one with times counts.
    fn goes_on_after(&self, other: &Self) -> bool {
        let (Some(own), Some(others)) = (&self.seen, &other.seen) else {
            return self.seen.is_some() && other.seen.is_none();
        };
        match own.is_by_day == others.is_by_day {
            true => own.span.end > others.span.end,
            false => own.extent() > others.extent(),
        }
    }
}
