//! Sessions from the logs of one agent: every record, response and edit once, however many files repeat it.
//!
//! A record that is in several files (a fork, a resumed session, a copied directory) belongs to the file that does not
//! mark it as a copy, otherwise to the one that began first, because a fork begins with what it repeats, otherwise to
//! the one that ended first. Which of two files ended first is weak evidence: a short fork ends before the session that
//! it left.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use super::beside;
use super::log::{Change, Event, Key, Log, Made, Metric, Name, Outcome, What};
use super::shell;
use super::timeline::timeline;
use super::unrecorded::unrecorded;
use crate::facts::ids::SessionId;
use crate::facts::session::{
    Action, ActionKind, Edit, HashEvidence, Lane, MadeCommit, Place, Provenance, Session, Sources,
    TokenCounts, Touch, TurnEnd, Usage,
};
use crate::facts::span::{Moment, Span};

/// One event with the log that its names belong to.
type Found<'log> = (&'log Log, &'log Event);

/// The subagent of an event.
fn lane<'log>((log, event): Found<'log>) -> Option<&'log str> {
    event.stamp.lane.map(|lane| log.text(lane))
}

/// The sessions in the logs of one agent, sorted by id.
pub fn assemble(agent: &str, logs: &[(PathBuf, Log)]) -> Vec<Session> {
    let ordered = in_order_of_ownership(logs);
    let shared = shared_runs(&ordered);
    gather(&ordered)
        .into_iter()
        .filter_map(|(id, gathered)| gathered.session(SessionId::new(agent, id), &shared))
        .collect()
}

/// The runs of a program that gave totals for several sessions.
fn shared_runs(logs: &[&Log]) -> HashSet<Key> {
    let mut sessions: HashMap<Key, BTreeSet<&str>> = HashMap::new();
    for (log, event) in logs
        .iter()
        .flat_map(|log| log.events.iter().map(move |event| (log, event)))
    {
        if let What::Totals { run, .. } = event.what {
            sessions
                .entry(run)
                .or_default()
                .insert(log.text(event.stamp.session));
        }
    }
    sessions.retain(|_, sessions| sessions.len() > 1);
    sessions.into_keys().collect()
}

/// The subagents with a separate log: what a parent's log repeats of them is not needed.
fn recorded_lanes<'log>(logs: &[&'log Log]) -> HashSet<(&'log str, &'log str)> {
    let mut own = HashSet::new();
    for log in logs {
        let mut last = None;
        for stamp in log
            .events
            .iter()
            .map(|event| &event.stamp)
            .filter(|stamp| !stamp.copied)
        {
            let here = (stamp.session, stamp.lane);
            if let (true, Some(lane)) = (last.replace(here) != Some(here), stamp.lane) {
                own.insert((log.text(stamp.session), log.text(lane)));
            }
        }
    }
    own
}

/// The events and responses of each session, without copies.
fn gather<'log>(logs: &[&'log Log]) -> BTreeMap<&'log str, Gathered<'log>> {
    let owners = Owners::of(logs);
    let recorded = recorded_lanes(logs);
    let mut gathered: BTreeMap<&str, Gathered<'log>> = BTreeMap::new();
    for (rank, log) in (0..).zip(logs) {
        for event in &log.events {
            let session = log.text(event.stamp.session);
            let is_repeated = event.stamp.copied
                && lane((log, event)).is_some_and(|lane| recorded.contains(&(session, lane)));
            if session.is_empty() {
                continue;
            }
            if event.stamp.lane.is_none() && owners.is_elsewhere(rank, event, logs) {
                gathered.entry(session).or_default().repeats = true;
            }
            if owners.own(rank, event) && !is_repeated {
                gathered.entry(session).or_default().events.push((log, event));
            }
        }
    }
    for response in responses(logs, &owners) {
        if let Some(session) = gathered.get_mut(response.session()) {
            session.responses.push(response);
        }
    }
    gathered
}

/// The logs by the times of their first and last events, then by path.
fn in_order_of_ownership(logs: &[(PathBuf, Log)]) -> Vec<&Log> {
    let mut keyed: Vec<_> = logs
        .iter()
        .map(|(path, log)| {
            let times = || log.events.iter().map(|event| event.stamp.at);
            ((times().min(), times().max(), path), log)
        })
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, log)| log).collect()
}

/// Which copy of a record counts: the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Owner {
    copied: bool,
    rank: u32,
    line: u32,
}

impl Owner {
    fn of(rank: u32, event: &Event) -> Self {
        Self {
            copied: event.stamp.copied,
            rank,
            line: event.stamp.line,
        }
    }
}

/// The copy that counts of each record.
struct Owners(HashMap<Key, Owner>);

impl Owners {
    fn of(logs: &[&Log]) -> Self {
        let mut owners: HashMap<Key, Owner> = HashMap::new();
        for (rank, log) in (0..).zip(logs) {
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
        Self(owners)
    }

    /// Whether an event belongs to the copy that counts.
    fn own(&self, rank: u32, event: &Event) -> bool {
        let owner = event.stamp.key.and_then(|key| self.0.get(&key));
        owner.is_none_or(|owner| *owner == Owner::of(rank, event))
    }
}

impl Owners {
    /// Whether an event is in the log of another session, or was copied from there.
    fn is_elsewhere(&self, rank: u32, event: &Event, logs: &[&Log]) -> bool {
        let log = |rank: u32| logs.get(rank as usize);
        let first = |log: &Log| {
            log.events
                .first()
                .map(|event| log.text(event.stamp.session).to_owned())
        };
        let owner = event.stamp.key.and_then(|key| self.0.get(&key));
        let other = owner
            .filter(|owner| owner.rank != rank)
            .and_then(|owner| log(owner.rank));
        event.stamp.copied || other.is_some_and(|other| first(other) != log(rank).and_then(|own| first(own)))
    }
}

/// The tokens of one response.
#[derive(Clone, Copy)]
struct Response<'log> {
    /// Where they count.
    counts: Found<'log>,
    /// The most complete copy: its time and model count.
    fullest: Found<'log>,
    tokens: TokenCounts,
    request: Option<Key>,
    /// The last response before it with the same message.
    earlier: Option<u32>,
}

/// All responses, each once. Copies have the same message and request; if one of them is a subagent's or a replay, only
/// the message decides. The copy outside subagents wins, then the larger; early copies have only part of the output.
/// Without a message, copies are those of the record. Responses without a request come last, because they may be copies
/// of one that has it.
fn responses<'log>(logs: &[&'log Log], owners: &Owners) -> Vec<Response<'log>> {
    let events = || logs.iter().flat_map(|log| &log.events);
    let mut known = Responses {
        unrequested: events()
            .filter_map(|event| match event.what {
                What::Unrequested { response, message } => Some((response, message)),
                _ => None,
            })
            .collect(),
        ..Responses::default()
    };
    for pass in [(false, false), (false, true), (true, false), (true, true)] {
        for (rank, log) in (0..).zip(logs) {
            for event in &log.events {
                if (known.is_unrequested(event), event.stamp.copied) != pass {
                    continue;
                }
                match &event.what {
                    What::Usage { message: None, .. } if !owners.own(rank, event) => {}
                    What::Usage {
                        message,
                        request,
                        tokens,
                        ..
                    } => known.add(
                        *message,
                        Response {
                            counts: (log, event),
                            fullest: (log, event),
                            tokens: *tokens,
                            request: *request,
                            earlier: None,
                        },
                    ),
                    _ => {}
                }
            }
        }
    }
    known.found
}

#[derive(Default)]
struct Responses<'log> {
    found: Vec<Response<'log>>,
    /// The last one with a message.
    last: HashMap<Key, u32>,
    /// The message that a response without a request names.
    unrequested: HashMap<Key, Key>,
}

impl<'log> Responses<'log> {
    fn is_unrequested(&self, event: &Event) -> bool {
        match event.what {
            What::Usage {
                message: Some(message),
                ..
            } => self.unrequested.contains_key(&message),
            _ => false,
        }
    }

    /// The response with a request that one without is a copy of: of the same session, in the log of a subagent.
    fn requested(&self, message: Key, response: &Response<'log>) -> Option<u32> {
        let mut next = self.last.get(self.unrequested.get(&message)?).copied();
        while let Some((at, other)) = next.and_then(|at| Some((at, self.found.get(at as usize)?))) {
            if other.session() == response.session() && other.may_repeat(response) {
                return Some(at);
            }
            next = other.earlier;
        }
        None
    }

    fn add(&mut self, message: Option<Key>, mut response: Response<'log>) {
        let Some(message) = message else {
            return self.found.push(response);
        };
        let same = self
            .same(message, &response)
            .or_else(|| self.requested(message, &response));
        if let Some(known) = same.and_then(|at| self.found.get_mut(at as usize)) {
            return known.merge(response);
        }
        if let Ok(at) = u32::try_from(self.found.len()) {
            response.earlier = self.last.insert(message, at);
            self.found.push(response);
        }
    }

    /// The one that this is a copy of: by its request, otherwise the first that may be.
    fn same(&self, message: Key, response: &Response<'_>) -> Option<u32> {
        let mut first = None;
        let mut next = self.last.get(&message).copied();
        while let Some((at, other)) = next.and_then(|at| Some((at, self.found.get(at as usize)?))) {
            if other.request == response.request {
                return Some(at);
            }
            if other.may_repeat(response) {
                first = Some(at);
            }
            next = other.earlier;
        }
        first
    }
}

impl<'log> Response<'log> {
    fn session(&self) -> &'log str {
        let (log, event) = self.counts;
        log.text(event.stamp.session)
    }

    fn lane(&self) -> Option<&'log str> {
        lane(self.counts)
    }

    fn at(&self) -> Moment {
        self.fullest.1.stamp.at
    }

    fn model(&self) -> &'log str {
        match self.fullest {
            (
                log,
                Event {
                    what: What::Usage { model, .. },
                    ..
                },
            ) => log.text(*model),
            _ => "",
        }
    }

    fn may_repeat(&self, other: &Self) -> bool {
        let may_be_one = |response: &Self| response.lane().is_some() || response.counts.1.stamp.copied;
        may_be_one(self) || may_be_one(other)
    }

    fn merge(&mut self, other: Self) {
        match (self.lane().is_some(), other.lane().is_some()) {
            (true, false) => {
                let earlier = self.earlier;
                *self = Self { earlier, ..other };
            }
            (false, true) => {}
            _ => {
                if other.tokens.total() > self.tokens.total() {
                    self.fullest = other.fullest;
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
    /// Whether it began with the content of another session.
    repeats: bool,
}

impl Gathered<'_> {
    fn session(mut self, id: SessionId, shared_runs: &HashSet<Key>) -> Option<Session> {
        // Stable: at the same instant the order of the file decides.
        self.events.sort_by_key(|(_, event)| event.stamp.at);
        let (first, last) = (self.events.first()?.1.stamp.at, self.events.last()?.1.stamp.at);
        let mut usage = self.usage();
        let is_alone = |run| !shared_runs.contains(&run) && !self.repeats;
        let beyond = unrecorded(&self.events, &usage, is_alone);
        usage.extend(beyond.usage);
        usage.sort_by_key(|usage| usage.at);
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
            models: usage.iter().map(|usage| usage.model.clone()).collect(),
            lanes: Vec::new(),
            actions: Vec::new(),
            usage,
            edits: work.edits,
            commits: work.commits,
            touched: work.touched.into_values().collect(),
            sources: Sources::default(),
        };
        session.models.sort_unstable();
        session.models.dedup();
        self.run_lanes(&mut session);
        session.sources = self.sources(&session);
        // Responses are missing that nothing counts.
        if session.sources.tokens == Provenance::Measured && (beyond.is_short || self.lacks_counts()) {
            session.sources.tokens = Provenance::Estimated;
        }
        let says_something = session.turns().next().is_some()
            || !session.actions.is_empty()
            || !session.usage.is_empty()
            || !session.touched.is_empty();
        says_something.then_some(session)
    }

    /// The turns of each lane: the main one first, then in order of name. The person's actions are in the main one,
    /// except for what subagents asked them; if others wait for the answer, it is also in their lanes.
    fn run_lanes(&mut self, session: &mut Session) {
        let times_unknown = self.says(&What::Absent(Metric::AgentTime));
        let person_unknown = self.says(&What::Absent(Metric::HumanTime));
        self.events.sort_by_key(|found| lane(*found));
        let main = self.events.iter().take_while(|found| lane(**found).is_none());
        let modes = main.map(|(_, event)| *event).filter(|event| is_mode(event));
        let (asking, running): (Vec<_>, Vec<_>) =
            modes.partition(|event| matches!(event.what, What::MayAsk(_)));
        let modes = [asking, running];
        let (mut waits, mut begun) = (Vec::new(), Vec::new());
        let mut known: HashSet<Action> = session.actions.iter().copied().collect();
        for subagent in self.lanes() {
            let start = self.events.partition_point(|found| lane(*found) < subagent);
            let own = self.events.get(start..).unwrap_or_default();
            let own = own.iter().take_while(|found| lane(**found) == subagent);
            let own: Vec<&Event> = own.map(|(_, event)| *event).collect();
            waits.push(beside::waits(own.iter().copied()));
            begun.push(subagent.and_then(|_| own.first()).map(|event| event.stamp.at));
            let (mut turns, actions) = timeline(in_mode(own, &modes));
            if times_unknown {
                turns.clear();
            }
            // A person also answers the questions of subagents.
            let is_own = |action: &Action| {
                let answers = matches!(action.kind, ActionKind::Answer | ActionKind::Refusal);
                subagent.is_none() || (answers && action.waited_since.is_some())
            };
            if !person_unknown {
                for action in actions.into_iter().filter(is_own) {
                    // A lane that waits for an answer also has it.
                    let is_new = known.insert(action);
                    if subagent.is_none() || is_new {
                        session.actions.push(action);
                    }
                }
            }
            session.lanes.push(Lane {
                subagent: subagent.map(str::to_owned),
                turns,
            });
        }
        follow_others(&mut session.lanes, &waits, &begun);
        session.actions.sort_by_key(|action| action.at);
    }

    /// Whether a response of a subagent has no copy with its final count.
    fn lacks_counts(&self) -> bool {
        let counted = |wanted: bool| {
            let keys = self.events.iter().filter_map(move |(_, event)| match event.what {
                What::Counted { response, is_final } => (is_final == wanted).then_some(response),
                _ => None,
            });
            keys.collect::<HashSet<Key>>()
        };
        !counted(false).is_subset(&counted(true))
    }

    /// The main lane, then those of subagents in order of name.
    fn lanes(&self) -> BTreeSet<Option<&str>> {
        let lanes = self.events.iter().map(|found| lane(*found));
        lanes.chain([None]).collect()
    }

    /// The tokens, in order of time. Their copies are no longer needed.
    fn usage(&mut self) -> Vec<Usage> {
        let responses = std::mem::take(&mut self.responses);
        let lanes = self.lanes();
        let lanes: HashMap<Option<&str>, usize> = lanes.into_iter().zip(0..).collect();
        let mut usage: Vec<Usage> = responses
            .iter()
            .map(|response| {
                let lane = lanes.get(&response.lane()).copied();
                Usage {
                    at: response.at(),
                    model: response.model().to_owned(),
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
        let mut known: HashSet<(&str, Option<&str>)> = HashSet::new();
        let mut last = None;
        for (log, event) in &self.events {
            let Some(folder) = event.stamp.folder else {
                continue;
            };
            let here = (std::ptr::from_ref(*log), folder, event.stamp.branch);
            if last.replace(here) == Some(here) {
                continue;
            }
            let (folder, branch) = (
                log.text(folder),
                event.stamp.branch.map(|branch| log.text(branch)),
            );
            if known.insert((folder, branch)) {
                places.push(Place {
                    folder: folder.to_owned(),
                    branch: branch.map(str::to_owned),
                });
            }
        }
        places
    }

    fn distinct(&self, pick: impl Fn(&What) -> Option<Name>) -> Vec<String> {
        let picked = self
            .events
            .iter()
            .filter_map(|(log, event)| Some(log.text(pick(&event.what)?)));
        let distinct: BTreeSet<&str> = picked.collect();
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

    fn sources(&self, session: &Session) -> Sources {
        let unless = |metric, otherwise| {
            if self.says(&What::Absent(metric)) {
                Provenance::Absent
            } else if self.says(&What::Estimated(metric)) {
                Provenance::Estimated
            } else {
                otherwise
            }
        };
        let may_have_answered = session.turns().next().is_some()
            || self.says(&What::Absent(Metric::AgentTime))
            || self.says(&What::Estimated(Metric::Tokens));
        let uncounted = session.usage.is_empty() && may_have_answered;
        // If calls may wait for a person, the ends are not enough to know how long the agent worked.
        let ends_known = session.turns().all(|turn| turn.end != TurnEnd::LastEvent)
            && (session.turns().all(|turn| turn.told) || !self.says(&What::MayAsk(true)));
        let structured = session
            .commits
            .iter()
            .all(|made| made.evidence == HashEvidence::Structured);
        let recorded = |all: bool| {
            if all {
                Provenance::Measured
            } else {
                Provenance::Derived
            }
        };
        Sources {
            agent_time: unless(Metric::AgentTime, recorded(ends_known)),
            human_time: unless(Metric::HumanTime, Provenance::Measured),
            tokens: if uncounted {
                Provenance::Absent
            } else {
                unless(Metric::Tokens, Provenance::Measured)
            },
            edits: unless(Metric::Edits, Provenance::Measured),
            commits: unless(Metric::Commits, recorded(structured)),
        }
    }
}

/// Whether an event records how calls are allowed.
fn is_mode(event: &Event) -> bool {
    matches!(event.what, What::MayAsk(_) | What::UntoldRun(_))
}

/// The events of a lane in the mode of the main one, unless it has its own: before each event the last mode of each
/// kind.
fn in_mode<'log>(own: Vec<&'log Event>, modes: &[Vec<&'log Event>]) -> Vec<&'log Event> {
    if own.iter().any(|event| is_mode(event)) {
        return own;
    }
    let mut noted = vec![0; modes.len()];
    let mut events = Vec::with_capacity(own.len());
    for event in own {
        for (modes, noted) in modes.iter().zip(&mut noted) {
            let before = modes.partition_point(|mode| mode.stamp.at <= event.stamp.at);
            if before > *noted {
                events.extend(modes.get(before - 1));
                *noted = before;
            }
        }
        events.push(event);
    }
    events
}

/// Counts the work of each lane, while it waits for others, only as far as they work. A lane that is waited for began
/// later, as a subagent begins after its caller: the lane that began last comes first, and its work is settled when
/// another one follows it.
fn follow_others(lanes: &mut [Lane], waits: &[Vec<Span>], begun: &[Option<Moment>]) {
    if waits.iter().all(Vec::is_empty) {
        return;
    }
    let mut order: Vec<(Option<Moment>, usize)> = begun.iter().copied().zip(0..).collect();
    order.sort_unstable();
    let mut worked = beside::Worked::default();
    for (_, number) in order.into_iter().rev() {
        if let (Some(lane), Some(waits)) = (lanes.get_mut(number), waits.get(number)) {
            beside::follow(&mut lane.turns, waits, &worked);
            let working = lane.turns.iter().flat_map(|turn| &turn.working);
            working.for_each(|span| worked.add(*span));
        }
    }
}

/// What a session's tools did.
#[derive(Default)]
struct Work {
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
                    // Even of a command that failed: git prints a commit when it is made.
                    work.commits
                        .extend(commits.iter().map(|made| commit(log, event, made)));
                }
                _ => {}
            }
        }
        work
    }

    /// Edits that took effect at some time, as an event in some directory announced them.
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

/// A path as an event names it; a relative one starts in the event's directory.
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

/// A directory that a command names, relative to the one it ran in.
fn joined(here: Option<&str>, named: Option<&str>) -> Option<String> {
    match (here, named) {
        (Some(here), Some(named)) => Some(shell::joined(here, named)),
        (here, named) => named.or(here).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::super::log::{Stamp, Tool};
    use super::*;
    use crate::facts::session::Turn;
    use crate::facts::span::total;

    fn span(start: i64, end: i64) -> Span {
        Span::new(Moment(start), Moment(end))
    }

    fn lane(working: &[Span]) -> Lane {
        let turn = Turn {
            span: span(0, 100),
            working: working.to_vec(),
            unknown: 0,
            human: true,
            end: TurnEnd::Recorded,
            told: false,
        };
        Lane {
            subagent: None,
            turns: vec![turn],
        }
    }

    #[test]
    fn a_wait_is_followed_through_nested_subagents_whatever_their_names() {
        // The main lane waits for one from 10 to 90, which waits from 20 to 80 for another that asked a person from 30
        // to 50.
        let middle = (lane(&[span(10, 90)]), vec![span(20, 80)], Some(Moment(10)));
        let inner = (lane(&[span(20, 30), span(50, 80)]), Vec::new(), Some(Moment(20)));
        for subagents in [[middle.clone(), inner.clone()], [inner, middle]] {
            let main = (lane(&[span(0, 100)]), vec![span(10, 90)], None);
            let all = [main].into_iter().chain(subagents);
            let (mut lanes, mut waits, mut begun) = (Vec::new(), Vec::new(), Vec::new());
            for (lane, waited, at) in all {
                lanes.push(lane);
                waits.push(waited);
                begun.push(at);
            }
            follow_others(&mut lanes, &waits, &begun);
            let mut worked: Vec<i64> = (lanes.iter()).map(|lane| total(&lane.turns[0].working)).collect();
            worked.sort_unstable();
            assert_eq!(worked, [40, 60, 80]);
        }
    }

    const USAGE: TokenCounts = TokenCounts {
        input: 10,
        cache_write: 0,
        cache_read: 0,
        output: 1,
    };

    /// A log that is made record by record, of one session until another one is set.
    struct Writer {
        log: Log,
        stamp: Stamp,
    }

    impl Writer {
        fn new(session: &str) -> Self {
            let mut log = Log::default();
            let stamp = Stamp::new(Moment(0), 0, log.name(session));
            Self { log, stamp }
        }

        fn at(mut self, second: i64, key: &str, what: What) -> Self {
            self.stamp.line += 1;
            let stamp = Stamp {
                at: Moment(second * 1000),
                key: (!key.is_empty()).then(|| Key::of(&[key])),
                ..self.stamp
            };
            self.log.events.push(Event { stamp, what });
            self
        }

        fn prompt(self, second: i64, key: &str) -> Self {
            let kind = ActionKind::Prompt;
            self.at(second, key, What::Prompt { kind, typed: 5 })
        }

        fn response(mut self, second: i64, key: &str, request: &str, output: u64) -> Self {
            let model = self.log.name("m");
            let usage = What::Usage {
                message: Some(Key::of(&[key])),
                request: (!request.is_empty()).then(|| Key::of(&[request])),
                model,
                tokens: TokenCounts { output, ..USAGE },
            };
            self.at(second, &format!("{key}-{second}"), usage)
        }

        /// A call that changes a file, and how it ended.
        fn edit(mut self, second: i64, path: &str, outcome: Outcome) -> Self {
            let id = Key::of(&[path, &second.to_string()]);
            let path = self.log.name(path);
            let change = Change {
                path,
                added: Vec::new(),
                removed: Vec::new(),
            };
            let call = What::Call {
                id,
                tool: Tool::Instant,
                changes: vec![change],
                reads: Vec::new(),
            };
            let result = What::Result {
                id,
                outcome,
                took: None,
                typed: 0,
                changes: None,
                commits: Vec::new(),
            };
            self.at(second, "", call).at(second + 1, "", result)
        }

        fn session(mut self, name: &str) -> Self {
            self.stamp.session = self.log.name(name);
            self
        }

        fn lane(mut self, name: &str) -> Self {
            self.stamp.lane = Some(self.log.name(name));
            self
        }

        fn folder(mut self, name: &str) -> Self {
            self.stamp.folder = Some(self.log.name(name));
            self
        }

        fn copied(mut self, copied: bool) -> Self {
            self.stamp.copied = copied;
            self
        }
    }

    /// The sessions made of logs, in any order.
    fn sessions(logs: Vec<(&str, Writer)>) -> Vec<Session> {
        let mut logs: Vec<(PathBuf, Log)> = logs
            .into_iter()
            .map(|(path, writer)| (path.into(), writer.log))
            .collect();
        let made = assemble("claude-code", &logs);
        for _ in 1..logs.len() {
            logs.rotate_left(1);
            assert_eq!(assemble("claude-code", &logs), made);
        }
        logs.reverse();
        assert_eq!(assemble("claude-code", &logs), made);
        made
    }

    /// The id of each session, its prompts and its output tokens.
    fn sums(sessions: &[Session]) -> Vec<(&str, usize, u64)> {
        let output = |session: &Session| session.usage.iter().map(|usage| usage.tokens.output).sum();
        let prompts = |session: &Session| {
            let is_prompt = |action: &&Action| action.kind == ActionKind::Prompt;
            session.actions.iter().filter(is_prompt).count()
        };
        sessions
            .iter()
            .map(|session| (session.id.id.as_str(), prompts(session), output(session)))
            .collect()
    }

    fn beginning(session: &str) -> Writer {
        Writer::new(session)
            .prompt(10, "p1")
            .response(20, "r1", "q1", 100)
    }

    #[test]
    fn a_record_in_several_files_counts_once_where_it_was_first_made() {
        // A fork begins with what it repeats, under its own name, and may end before the session that it left.
        let original = beginning("a").prompt(500, "p2").response(510, "r2", "q2", 7);
        let fork = beginning("b").prompt(100, "p3").response(110, "r3", "q3", 5);
        // Both began at one instant: the fork ended first, and has what they share.
        let made = sessions(vec![("a", original), ("b", fork)]);
        assert_eq!(sums(&made), [("a", 1, 7), ("b", 2, 105)]);
        // A file that marks its records as copies never owns them.
        let original = beginning("a").prompt(500, "p2").response(510, "r2", "q2", 7);
        let fork = Writer::new("b")
            .copied(true)
            .prompt(10, "p1")
            .response(20, "r1", "q1", 100);
        let fork = fork.copied(false).prompt(100, "p3").response(110, "r3", "q3", 5);
        let made = sessions(vec![("a", original), ("b", fork)]);
        assert_eq!(sums(&made), [("a", 2, 107), ("b", 1, 5)]);
    }

    #[test]
    fn a_folder_that_was_copied_counts_nothing_twice() {
        let made = sessions(vec![("a", beginning("a")), ("copy", beginning("a"))]);
        assert_eq!(sums(&made), [("a", 1, 100)]);
    }

    #[test]
    fn records_without_an_identity_are_never_copies() {
        let log = || Writer::new("a").prompt(10, "").prompt(10, "");
        let made = sessions(vec![("a", log()), ("b", log())]);
        assert_eq!(made.len(), 1);
        let prompts = made[0]
            .actions
            .iter()
            .filter(|action| action.at == Moment(10_000));
        assert_eq!(prompts.count(), 4);
    }

    #[test]
    fn of_the_parts_of_one_response_the_fullest_counts() {
        let parts = Writer::new("a").prompt(1, "p");
        let parts = parts
            .response(2, "r", "q", 1)
            .response(3, "r", "q", 40)
            .response(4, "r", "q", 30);
        let made = sessions(vec![("a", parts)]);
        let usage = &made[0].usage;
        assert_eq!(usage.len(), 1);
        assert_eq!((usage[0].at, usage[0].tokens.output), (Moment(3000), 40));
    }

    #[test]
    fn one_message_of_two_requests_is_two_responses_but_in_a_subagents_log() {
        let twice = Writer::new("a")
            .prompt(1, "p")
            .response(2, "r", "q1", 10)
            .response(3, "r", "q2", 10);
        assert_eq!(sums(&sessions(vec![("a", twice)])), [("a", 1, 20)]);
        let main = Writer::new("a").prompt(1, "p").response(2, "r", "q1", 10);
        let lane = Writer::new("a").lane("sub").response(3, "r", "q2", 25);
        let made = sessions(vec![("a", main), ("a-sub", lane)]);
        // What the main lane has of it counts.
        assert_eq!(sums(&made), [("a", 1, 10)]);
        assert_eq!(made[0].usage[0].lane, 0);
    }

    #[test]
    fn an_edit_counts_when_it_is_done_and_not_where_it_failed() {
        let log = Writer::new("a").folder("/w/kiln/").prompt(1, "p");
        let log = log
            .edit(10, "./src/a.rs", Outcome::Done)
            .edit(20, "b.rs", Outcome::Failed);
        let log = log
            .edit(30, "/etc/c", Outcome::Done)
            .edit(40, "d.rs", Outcome::Refused);
        let made = sessions(vec![("a", log)]);
        let edits = made[0].edits.iter().map(|edit| (edit.at.0, edit.path.as_str()));
        let edits: Vec<(i64, &str)> = edits.collect();
        assert_eq!(edits, [(11_000, "/w/kiln/src/a.rs"), (31_000, "/etc/c")]);
    }

    #[test]
    fn sessions_of_one_file_are_told_apart_and_one_that_says_nothing_is_none() {
        let log = Writer::new("b").prompt(5, "p1").session("a").prompt(9, "p2");
        let log = log
            .session("c")
            .at(20, "v", What::Place)
            .session("")
            .prompt(30, "p3");
        let made = sessions(vec![("x", log)]);
        assert_eq!(sums(&made), [("a", 1, 0), ("b", 1, 0)]);
        assert_eq!(made[0].span, span(9000, 9000));
    }
}
