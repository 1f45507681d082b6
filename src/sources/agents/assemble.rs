//! Sessions out of the logs of one agent: every record, response and edit once, however many files repeat it.
//!
//! A record that stands in several files (a fork, a resumed session, a copied folder) belongs to the file that does not
//! call it a copy, else to the one that ended first: the other went on from there.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::log::{Change, Event, Key, Log, Made, Metric, Name, Outcome, What};
use super::timeline::timeline;
use crate::facts::ids::SessionId;
use crate::facts::session::{
    Edit, HashEvidence, Lane, MadeCommit, Place, Provenance, Session, Sources, TokenCounts, Touch, TurnEnd,
    Usage,
};
use crate::facts::span::{Moment, Span};

/// One event with the log that its names belong to.
type Found<'log> = (&'log Log, &'log Event);

/// The sessions in the logs of one agent, sorted by id.
pub fn assemble(agent: &str, logs: &[(PathBuf, Log)]) -> Vec<Session> {
    let ordered = in_order_of_ownership(logs);
    let owners = owners(&ordered);
    let mut gathered: BTreeMap<&str, Gathered> = BTreeMap::new();
    for (rank, log) in ordered.iter().enumerate() {
        for event in &log.events {
            let session = log.text(event.stamp.session);
            let is_owner = event
                .stamp
                .key
                .is_none_or(|key| owners.get(&key) == Some(&Owner::of(rank, event)));
            if is_owner && !session.is_empty() {
                gathered.entry(session).or_default().events.push((log, event));
            }
        }
    }
    for response in responses(&ordered) {
        if let Some(session) = gathered.get_mut(response.session) {
            session.responses.push(response);
        }
    }
    gathered
        .into_iter()
        .filter_map(|(id, gathered)| gathered.session(SessionId::new(agent, id)))
        .collect()
}

/// The logs by the time of their last event, then by path.
fn in_order_of_ownership(logs: &[(PathBuf, Log)]) -> Vec<&Log> {
    let mut keyed: Vec<_> = logs
        .iter()
        .map(|(path, log)| (log.events.iter().map(|event| event.stamp.at).max(), path, log))
        .collect();
    keyed.sort_by_key(|(last, path, _)| (*last, *path));
    keyed.into_iter().map(|(.., log)| log).collect()
}

/// Which copy of a record counts: the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    copied: bool,
    rank: usize,
    line: u32,
}

impl Owner {
    fn of(rank: usize, event: &Event) -> Self {
        Self {
            copied: event.stamp.copied,
            rank,
            line: event.stamp.line,
        }
    }
}

fn owners(logs: &[&Log]) -> HashMap<Key, Owner> {
    let mut owners: HashMap<Key, Owner> = HashMap::new();
    for (rank, log) in logs.iter().enumerate() {
        for event in &log.events {
            if let Some(key) = event.stamp.key {
                let candidate = Owner::of(rank, event);
                owners
                    .entry(key)
                    .and_modify(|owner| *owner = candidate.min(*owner))
                    .or_insert(candidate);
            }
        }
    }
    owners
}

/// The tokens of one response, and where they count.
struct Response<'log> {
    session: &'log str,
    lane: Option<&'log str>,
    copied: bool,
    at: Moment,
    model: &'log str,
    tokens: TokenCounts,
}

/// All responses, each once. Copies have the same message and request; where one of them is a subagent's or a replay, the
/// message alone decides. The copy outside subagents wins, then the larger; early copies know only part of the output.
fn responses<'log>(logs: &[&'log Log]) -> Vec<Response<'log>> {
    let mut found: Vec<Response<'log>> = Vec::new();
    let mut exact: HashMap<(Key, Option<Key>), usize> = HashMap::new();
    let mut by_message: HashMap<Key, Vec<usize>> = HashMap::new();
    for (log, event) in originals_first(logs) {
        let What::Usage {
            message,
            request,
            model,
            tokens,
        } = &event.what
        else {
            continue;
        };
        let response = Response {
            session: log.text(event.stamp.session),
            lane: event.stamp.lane.map(|lane| log.text(lane)),
            copied: event.stamp.copied,
            at: event.stamp.at,
            model: log.text(*model),
            tokens: *tokens,
        };
        let Some(message) = *message else {
            found.push(response);
            continue;
        };
        let same = exact.get(&(message, *request)).copied().or_else(|| {
            let alike = by_message.get(&message)?;
            alike
                .iter()
                .copied()
                .find(|at| found.get(*at).is_some_and(|other| other.may_repeat(&response)))
        });
        match same.and_then(|at| found.get_mut(at)) {
            Some(known) => known.merge(response),
            None => {
                exact.insert((message, *request), found.len());
                by_message.entry(message).or_default().push(found.len());
                found.push(response);
            }
        }
    }
    found
}

fn originals_first<'log>(logs: &[&'log Log]) -> impl Iterator<Item = Found<'log>> {
    let pass = |copied: bool| {
        let logs: Vec<&'log Log> = logs.to_vec();
        logs.into_iter()
            .flat_map(|log| log.events.iter().map(move |event| (log, event)))
            .filter(move |(_, event)| event.stamp.copied == copied)
    };
    pass(false).chain(pass(true))
}

impl Response<'_> {
    fn may_repeat(&self, other: &Self) -> bool {
        self.lane.is_some() || other.lane.is_some() || self.copied || other.copied
    }

    fn merge(&mut self, other: Self) {
        match (self.lane.is_some(), other.lane.is_some()) {
            (true, false) => *self = other,
            (false, true) => {}
            _ => {
                if other.tokens.total() > self.tokens.total() {
                    self.at = other.at;
                    self.model = other.model;
                }
                self.tokens = self.tokens.max(other.tokens);
            }
        }
    }
}

/// What belongs to one session.
#[derive(Default)]
struct Gathered<'log> {
    events: Vec<Found<'log>>,
    responses: Vec<Response<'log>>,
}

impl Gathered<'_> {
    fn session(mut self, id: SessionId) -> Option<Session> {
        // Stable: at one instant the order of the file decides.
        self.events.sort_by_key(|(_, event)| event.stamp.at);
        let (first, last) = (self.events.first()?.1.stamp.at, self.events.last()?.1.stamp.at);
        let lanes = self.lanes();
        let work = Work::of(&self.events);
        let mut session = Session {
            parent: self
                .parent()
                .map(|parent| SessionId::new(id.agent.clone(), parent)),
            id,
            span: Span::new(first, last),
            places: self.places(),
            remotes: self.distinct(|what| match what {
                What::Remote(name) => Some(*name),
                _ => None,
            }),
            versions: self.distinct(|what| match what {
                What::Version(name) => Some(*name),
                _ => None,
            }),
            models: Vec::new(),
            lanes: Vec::new(),
            actions: Vec::new(),
            usage: Vec::new(),
            edits: work.edits,
            commits: work.commits,
            touched: work.touched.into_values().collect(),
            sources: Sources::default(),
        };
        for (subagent, events) in &lanes {
            let (mut turns, actions) = timeline(events.iter().map(|(_, event)| *event));
            if self.says(&What::Absent(Metric::AgentTime)) {
                turns.clear();
            }
            if subagent.is_none() && !self.says(&What::Absent(Metric::HumanTime)) {
                session.actions = actions;
            }
            session.lanes.push(Lane {
                subagent: subagent.map(str::to_owned),
                turns,
            });
        }
        session.usage = self.usage(&lanes);
        session.models = session.usage.iter().map(|usage| usage.model.clone()).collect();
        session.models.sort_unstable();
        session.models.dedup();
        session.sources = self.sources(&session, work.calls);
        let says_something = session.turns().next().is_some()
            || !session.actions.is_empty()
            || !session.usage.is_empty()
            || !session.touched.is_empty();
        says_something.then_some(session)
    }

    /// The events by lane: the main one first, then in order of name.
    fn lanes(&self) -> Vec<(Option<&str>, Vec<Found<'_>>)> {
        let mut lanes: BTreeMap<Option<&str>, Vec<Found<'_>>> = BTreeMap::from([(None, Vec::new())]);
        for (log, event) in &self.events {
            let lane = event.stamp.lane.map(|lane| log.text(lane));
            lanes.entry(lane).or_default().push((log, event));
        }
        lanes.into_iter().collect()
    }

    fn usage(&self, lanes: &[(Option<&str>, Vec<Found<'_>>)]) -> Vec<Usage> {
        let mut usage: Vec<Usage> = self
            .responses
            .iter()
            .map(|response| {
                let lane = lanes.iter().position(|(lane, _)| *lane == response.lane);
                Usage {
                    at: response.at,
                    model: response.model.to_owned(),
                    lane: lane.and_then(|lane| u32::try_from(lane).ok()).unwrap_or(0),
                    tokens: response.tokens,
                }
            })
            .collect();
        usage.sort_by_key(|usage| usage.at);
        usage
    }

    fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        let mut last = None;
        for (log, event) in &self.events {
            let Some(folder) = event.stamp.folder else {
                continue;
            };
            let here = (std::ptr::from_ref(*log), folder, event.stamp.branch);
            if last.replace(here) == Some(here) {
                continue;
            }
            let place = Place {
                folder: log.text(folder).to_owned(),
                branch: event.stamp.branch.map(|branch| log.text(branch).to_owned()),
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    fn distinct(&self, pick: impl Fn(&What) -> Option<Name>) -> Vec<String> {
        let picked = self
            .events
            .iter()
            .filter_map(|(log, event)| Some(log.text(pick(&event.what)?)));
        let distinct: std::collections::BTreeSet<&str> = picked.collect();
        distinct.into_iter().map(str::to_owned).collect()
    }

    fn parent(&self) -> Option<String> {
        self.events.iter().find_map(|(log, event)| match event.what {
            What::Parent(name) => Some(log.text(name).to_owned()),
            _ => None,
        })
    }

    fn says(&self, what: &What) -> bool {
        self.events.iter().any(|(_, event)| event.what == *what)
    }

    fn sources(&self, session: &Session, calls: bool) -> Sources {
        let unless = |metric, otherwise| {
            if self.says(&What::Absent(metric)) {
                Provenance::Absent
            } else if self.says(&What::Estimated(metric)) {
                Provenance::Estimated
            } else {
                otherwise
            }
        };
        let ends_known = session.turns().all(|turn| turn.end != TurnEnd::LastEvent);
        let structured = session
            .commits
            .iter()
            .all(|made| made.evidence == HashEvidence::Structured);
        let or_absent = |present: bool, otherwise| if present { otherwise } else { Provenance::Absent };
        let recorded = |all: bool| {
            if all {
                Provenance::Measured
            } else {
                Provenance::Derived
            }
        };
        Sources {
            agent_time: unless(
                Metric::AgentTime,
                or_absent(session.turns().next().is_some(), recorded(ends_known)),
            ),
            human_time: unless(Metric::HumanTime, Provenance::Measured),
            tokens: or_absent(
                !session.usage.is_empty(),
                unless(Metric::Tokens, Provenance::Measured),
            ),
            edits: or_absent(calls, Provenance::Measured),
            commits: unless(Metric::Commits, or_absent(calls, recorded(structured))),
        }
    }
}

/// What a session's tools did.
#[derive(Default)]
struct Work {
    /// Whether the log has tool calls at all.
    calls: bool,
    edits: Vec<Edit>,
    commits: Vec<MadeCommit>,
    touched: BTreeMap<String, Touch>,
}

impl Work {
    fn of(events: &[Found<'_>]) -> Self {
        let mut work = Self::default();
        let mut open: HashMap<Key, (&Log, &Event, &[Change])> = HashMap::new();
        for (log, event) in events {
            let at = event.stamp.at;
            match &event.what {
                What::Call {
                    id, changes, reads, ..
                } => {
                    work.calls = true;
                    open.insert(*id, (log, event, changes));
                    for path in reads {
                        work.touch(&placed(log, event, *path), at, false);
                    }
                }
                What::Result {
                    id,
                    outcome,
                    changes,
                    commits,
                    ..
                } => {
                    let announced = open.remove(id);
                    if *outcome == Outcome::Done {
                        match (changes, announced) {
                            (Some(changes), _) => work.edit(log, event, at, changes),
                            (None, Some((log, call, changes))) => work.edit(log, call, at, changes),
                            (None, None) => {}
                        }
                    }
                    // Even of a command that failed: git names a commit when it is made.
                    work.commits
                        .extend(commits.iter().map(|made| commit(log, event, made)));
                }
                _ => {}
            }
        }
        work
    }

    /// Edits that became real at some time, as an event in some folder announced them.
    fn edit(&mut self, log: &Log, event: &Event, at: Moment, changes: &[Change]) {
        for change in changes {
            let path = placed(log, event, change.path);
            self.touch(&path, at, true);
            self.edits.push(Edit {
                at,
                path: path.into_owned(),
                added: change.added.clone(),
                removed: change.removed.clone(),
            });
        }
    }

    fn touch(&mut self, path: &str, at: Moment, changed: bool) {
        if let Some(touch) = self.touched.get_mut(path) {
            touch.first = touch.first.min(at);
            touch.last = touch.last.max(at);
            touch.changed |= changed;
        } else {
            let touch = Touch {
                path: path.to_owned(),
                first: at,
                last: at,
                changed,
            };
            self.touched.insert(path.to_owned(), touch);
        }
    }
}

fn commit(log: &Log, event: &Event, made: &Made) -> MadeCommit {
    let folder = event.stamp.folder.map(|folder| log.text(folder));
    MadeCommit {
        at: event.stamp.at,
        hash: made.hash.clone(),
        kind: made.kind,
        folder: joined(folder, made.folder.map(|folder| log.text(folder))),
        branch: made.branch.map(|branch| log.text(branch).to_owned()),
        evidence: made.evidence,
    }
}

/// A path as an event names it; one that is relative starts in the event's folder.
fn placed<'log>(log: &'log Log, event: &Event, path: Name) -> Cow<'log, str> {
    let path = log.text(path);
    let rooted = path.starts_with(['/', '\\', '~']) || path.get(1..2) == Some(":");
    match event.stamp.folder {
        Some(folder) if !rooted && !path.is_empty() => {
            let folder = log.text(folder).trim_end_matches(['/', '\\']);
            let path = path.strip_prefix("./").unwrap_or(path);
            Cow::Owned(format!("{folder}/{path}"))
        }
        _ => Cow::Borrowed(path),
    }
}

/// A folder that a command names, seen from the one it ran in.
fn joined(here: Option<&str>, named: Option<&str>) -> Option<String> {
    match (here, named) {
        (Some(here), Some(named)) => Some(
            std::path::Path::new(here)
                .join(named)
                .to_string_lossy()
                .into_owned(),
        ),
        (here, named) => named.or(here).map(str::to_owned),
    }
}
