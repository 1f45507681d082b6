//! What tasks recorded of their sessions, compared with what these show now.
//!
//! A record is made during its session, and the session's time is divided again whenever commits and records follow. So
//! what a task recorded may count beside what its sessions show only as far as no other task has it: if a log lost
//! something since, and if time of the session is in no task. Whatever the order of records and commits, the tasks of a
//! session thus have no more than it had.

use std::collections::{BTreeMap, HashMap};

use super::repository::PlacedTask;
use crate::correlate::seen::{Origin, SeenSession};
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::session::TokenCounts;
use crate::facts::span::{self, Moment, Span};
use crate::facts::task::{MeasuredIn, Task};

/// Minutes of agents, minutes in which they may have worked in addition, minutes of a person, and tokens. `None` is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Amounts {
    pub(super) minutes: Option<f64>,
    pub(super) unknown: Option<f64>,
    pub(super) supervisory: Option<f64>,
    pub(super) tokens: Option<f64>,
}

/// One of the amounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Minutes,
    Unknown,
    Supervisory,
    Tokens,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Minutes, Self::Unknown, Self::Supervisory, Self::Tokens];

    /// Whether it may be lower when more is known: an estimate, and what is unknown.
    fn may_shrink(self) -> bool {
        matches!(self, Self::Unknown | Self::Supervisory)
    }
}

impl Amounts {
    fn new([minutes, unknown, supervisory]: [Option<Minutes>; 3], tokens: Option<Tokens>) -> Self {
        Self {
            minutes: minutes.map(Minutes::get),
            unknown: unknown.map(Minutes::get),
            supervisory: supervisory.map(Minutes::get),
            tokens: tokens.map(|tokens| tokens.0 as f64),
        }
    }

    fn get(self, kind: Kind) -> Option<f64> {
        match kind {
            Kind::Minutes => self.minutes,
            Kind::Unknown => self.unknown,
            Kind::Supervisory => self.supervisory,
            Kind::Tokens => self.tokens,
        }
    }

    fn slot(&mut self, kind: Kind) -> &mut Option<f64> {
        match kind {
            Kind::Minutes => &mut self.minutes,
            Kind::Unknown => &mut self.unknown,
            Kind::Supervisory => &mut self.supervisory,
            Kind::Tokens => &mut self.tokens,
        }
    }

    /// Adds the known amounts of the others.
    pub(super) fn add(&mut self, others: Self) {
        for kind in Kind::ALL {
            if let Some(amount) = others.get(kind) {
                *self.slot(kind).get_or_insert_default() += amount;
            }
        }
    }

    /// A part of each.
    pub(super) fn times(self, part: f64) -> Self {
        let mut all = self;
        for kind in Kind::ALL {
            *all.slot(kind) = self.get(kind).map(|amount| amount * part);
        }
        all
    }
}

/// What tasks have of sessions, by session. `None` is what belongs to no known session.
pub(super) type BySession<'a> = BTreeMap<Option<&'a SessionId>, Amounts>;

/// What was recorded of sessions, what these show in total, and what they lost.
#[derive(Debug, Default)]
pub(super) struct Recorded<'a> {
    tasks: BTreeMap<TaskId, BySession<'a>>,
    sessions: HashMap<&'a SessionId, Held>,
}

/// A session as a whole.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    /// What the examined tasks may have of it now.
    now: Amounts,
    lost: Amounts,
}

/// Rounding may make a session smaller than it was recorded by this part of it.
const ROUNDED: f64 = 0.005;
/// And by this much, in minutes or tokens.
const ROUNDED_BY: f64 = 0.02;

impl<'a> Recorded<'a> {
    pub(super) fn new(sessions: &'a [SeenSession], tasks: &[&'a PlacedTask]) -> Self {
        let linked = linked(sessions);
        let mut all = Self::default();
        for session in sessions {
            let now = whole(session).times(share_here(session));
            all.sessions.insert(
                &session.id,
                Held {
                    now,
                    ..Held::default()
                },
            );
        }
        for placed in tasks {
            all.tasks.insert(placed.task.id, of_task(placed, &linked));
        }
        all.find_losses(sessions, tasks);
        all
    }

    /// Minutes of a session that a task recorded as measured.
    pub(super) fn minutes(&self, task: &Task, session: &SessionId) -> Option<f64> {
        self.tasks.get(&task.id)?.get(&Some(session))?.minutes
    }

    /// Minutes that the log or the note of a session lost since tasks were recorded.
    pub(super) fn lost_minutes(&self, session: &SessionId) -> f64 {
        let held = self.sessions.get(session);
        held.and_then(|held| held.lost.minutes).unwrap_or_default()
    }

    /// Compares each session with the totals it had when tasks were recorded.
    fn find_losses(&mut self, sessions: &[SeenSession], tasks: &[&'a PlacedTask]) {
        let seen: HashMap<&SessionId, &SeenSession> =
            sessions.iter().map(|session| (&session.id, session)).collect();
        // Lines of earlier versions do not record the totals: assume as much as they took together.
        let mut taken: HashMap<&SessionId, Amounts> = HashMap::new();
        for placed in tasks {
            for then in &placed.task.measured_in {
                let lost = lost(then, seen.get(&then.session).copied());
                self.lose(&then.session, lost);
            }
            if placed.task.measured_in.is_empty() {
                let own = self.tasks.get(&placed.task.id).into_iter().flatten();
                for (session, amounts) in own.filter_map(|(session, amounts)| Some(((*session)?, amounts))) {
                    taken.entry(session).or_default().add(*amounts);
                }
            }
        }
        for (session, then) in taken {
            let now = seen.get(session).map(|seen| whole(seen)).unwrap_or_default();
            self.lose(session, lost_of(then, now));
        }
    }

    /// The largest loss that any record shows.
    fn lose(&mut self, session: &'a SessionId, lost: Amounts) {
        let held = self.sessions.entry(session).or_default();
        for kind in Kind::ALL {
            let amount = held.lost.slot(kind);
            *amount = [*amount, lost.get(kind)].into_iter().flatten().reduce(f64::max);
        }
    }

    /// What each task has beyond what its sessions show: as much as it recorded, as far as no other task has it. `told`
    /// is what sessions show for each task now.
    pub(super) fn beside(&self, told: &BTreeMap<TaskId, BySession<'a>>) -> HashMap<TaskId, BySession<'a>> {
        let mut dealt: HashMap<&SessionId, Amounts> = HashMap::new();
        for (session, amounts) in told.values().flatten() {
            if let Some(session) = session {
                dealt.entry(session).or_default().add(*amounts);
            }
        }
        let mut beside = HashMap::new();
        for kind in Kind::ALL {
            let wanted = self.wanted(kind, told);
            let mut of_session: HashMap<&SessionId, f64> = HashMap::new();
            for (_, session, amount) in &wanted {
                if let Some(session) = session {
                    *of_session.entry(session).or_default() += amount;
                }
            }
            for (task, session, amount) in wanted {
                let all = session.and_then(|session| Some((session, *of_session.get(session)?)));
                let part = all.map_or(1.0, |(session, all)| {
                    let dealt = dealt.get(session).copied().unwrap_or_default();
                    (self.free(kind, session, dealt) / all).clamp(0.0, 1.0)
                });
                let of_task: &mut BySession<'a> = beside.entry(task).or_default();
                *of_task.entry(session).or_default().slot(kind) = Some(amount * part);
            }
        }
        beside
    }

    /// What tasks recorded of one kind and sessions do not show.
    fn wanted(
        &self,
        kind: Kind,
        told: &BTreeMap<TaskId, BySession<'a>>,
    ) -> Vec<(TaskId, Option<&'a SessionId>, f64)> {
        let mut wanted = Vec::new();
        for (task, recorded) in &self.tasks {
            let told = told.get(task);
            let told_of = |session: &Option<&SessionId>| told.and_then(|told| told.get(session)?.get(kind));
            let missing = |(session, amounts): (&Option<&'a SessionId>, &Amounts)| {
                let known = told_of(session);
                // That of a log that lost something is not better.
                let is_better = kind.may_shrink() && known.is_some() && !self.is_cut(*session);
                let amount = amounts.get(kind)? - known.unwrap_or_default();
                (amount > 0.0 && !is_better).then_some((*session, amount))
            };
            let missing: Vec<(Option<&SessionId>, f64)> = recorded.iter().filter_map(missing).collect();
            let all: f64 = missing.iter().map(|(_, amount)| amount).sum();
            let sum = |of: &BySession<'_>| of.values().filter_map(|amounts| amounts.get(kind)).sum::<f64>();
            let most = (sum(recorded) - told.map_or(0.0, sum)).clamp(0.0, all);
            // What one session shows less of than its rounded record, another may show more of.
            if most <= 0.0 {
                continue;
            }
            wanted.extend(
                missing
                    .into_iter()
                    .map(|(session, amount)| (*task, session, amount * most / all)),
            );
        }
        wanted
    }

    fn is_cut(&self, session: Option<&SessionId>) -> bool {
        let held = session.and_then(|session| self.sessions.get(session));
        held.is_none_or(|held| Kind::ALL.iter().any(|kind| held.lost.get(*kind) > Some(0.0)))
    }

    /// The part of a session that no task has: what it lost, and what is assigned to none now.
    fn free(&self, kind: Kind, session: &SessionId, dealt: Amounts) -> f64 {
        let held = self.sessions.get(session).copied().unwrap_or_default();
        let left = held.now.get(kind).unwrap_or_default() - dealt.get(kind).unwrap_or_default();
        left.max(0.0) + held.lost.get(kind).unwrap_or_default()
    }
}

/// The sessions that made each commit.
fn linked(sessions: &[SeenSession]) -> HashMap<ObjectId, Vec<&SessionId>> {
    let mut linked: HashMap<ObjectId, Vec<&SessionId>> = HashMap::new();
    for session in sessions {
        for (_, link) in session.made() {
            linked.entry(link.commit).or_default().push(&session.id);
        }
    }
    linked
}

/// All that a session shows.
fn whole(session: &SeenSession) -> Amounts {
    let tokens = session.tokens().map(TokenCounts::total);
    let agent = session.agent_minutes();
    let unknown = agent.map(|_| session.unknown_minutes());
    Amounts::new([agent, unknown, session.supervisory_minutes()], tokens)
}

/// The part of a session that is in examined commits, or in none.
fn share_here(session: &SeenSession) -> f64 {
    let made: f64 = session.made().map(|(_, link)| link.share).sum();
    (made + session.uncommitted_share()).clamp(0.0, 1.0)
}

/// What a task took of each session when it was recorded.
fn of_task<'a>(placed: &'a PlacedTask, linked: &HashMap<ObjectId, Vec<&'a SessionId>>) -> BySession<'a> {
    let task = &placed.task;
    let is_measured = task.agent_minutes_basis.is_some();
    let recorded = Amounts::new(
        [
            task.agent_minutes.filter(|_| is_measured),
            task.unknown_minutes.filter(|_| is_measured),
            task.supervisory_minutes
                .filter(|_| task.supervisory_minutes_basis.is_some()),
        ],
        task.tokens.filter(|_| task.tokens_basis.is_some()),
    );
    if recorded == Amounts::default() {
        return BySession::new();
    }
    let mut weights: BTreeMap<Option<&SessionId>, Amounts> = BTreeMap::new();
    for then in &task.measured_in {
        let all = recorded_then(then);
        weights.insert(Some(&then.session), all.times(then.share));
    }
    if weights.is_empty() {
        let of_commits = || {
            placed
                .commits
                .iter()
                .filter_map(|commit| linked.get(commit))
                .flatten()
        };
        let named: Vec<&SessionId> = match task.sessions.is_empty() {
            true => of_commits().copied().collect(),
            false => task.sessions.iter().collect(),
        };
        weights.extend(
            named
                .into_iter()
                .map(|session| (Some(session), Amounts::default())),
        );
    }
    if weights.is_empty() {
        weights.insert(None, Amounts::default());
    }
    divided(recorded, &weights)
}

/// Divides amounts by weights; equally if there are none.
fn divided<'a>(amounts: Amounts, weights: &BySession<'a>) -> BySession<'a> {
    let mut parts = BySession::new();
    for kind in Kind::ALL {
        let Some(amount) = amounts.get(kind) else {
            continue;
        };
        let all: f64 = weights.values().filter_map(|weight| weight.get(kind)).sum();
        for (session, weight) in weights {
            let part = match all > 0.0 {
                true => weight.get(kind).unwrap_or_default() / all,
                false => 1.0 / weights.len() as f64,
            };
            *parts.entry(*session).or_default().slot(kind) = Some(amount * part);
        }
    }
    parts
}

/// What a session had when a task was recorded.
fn recorded_then(then: &MeasuredIn) -> Amounts {
    let minutes = [then.agent_minutes, then.unknown_minutes, then.supervisory_minutes];
    Amounts::new(minutes, then.tokens)
}

/// What a session had when a task was recorded, and does not show now for that time.
fn lost(then: &MeasuredIn, session: Option<&SeenSession>) -> Amounts {
    let had = recorded_then(then);
    let now = session.map(|session| until(session, Moment(then.ended_at.timestamp_millis())));
    lost_of(had, now.unwrap_or_default())
}

fn lost_of(then: Amounts, now: Amounts) -> Amounts {
    let missing = |kind: Kind| {
        let then = then.get(kind)?;
        let missing = then - now.get(kind).unwrap_or_default();
        Some(if missing > then * ROUNDED + ROUNDED_BY {
            missing
        } else {
            0.0
        })
    };
    let minutes = missing(Kind::Minutes);
    // A log that has all of its time has all of the rest: how that is counted may have changed.
    let other = |kind| missing(kind).map(|amount| if minutes == Some(0.0) { 0.0 } else { amount });
    Amounts {
        minutes,
        unknown: other(Kind::Unknown),
        supervisory: other(Kind::Supervisory),
        tokens: other(Kind::Tokens),
    }
}

/// What a session may show of its time until an instant. If a note joined lanes, whose time it was is unknown, and all of
/// it is compared.
fn until(session: &SeenSession, end: Moment) -> Amounts {
    let all = whole(session);
    let end = end + session.vague;
    if session.origin == Origin::Note && session.lanes > 1.0 + 1e-9 {
        return all;
    }
    let before = session.worked.iter().filter(|span| span.start < end);
    let before: Vec<Span> = before
        .map(|span| Span::new(span.start, span.end.min(end)))
        .collect();
    let minutes = span::minutes(span::total(&before)).get() * session.lanes;
    let is_total = session.usage.iter().any(|used| used.at.is_none());
    let tokens = session
        .usage
        .iter()
        .filter(|used| used.at.is_none_or(|at| at <= end));
    let tokens = tokens.map(|used| used.tokens.total().0 as f64).sum();
    Amounts {
        minutes: all.minutes.map(|_| minutes),
        unknown: all.unknown,
        supervisory: all.supervisory,
        tokens: if is_total {
            all.tokens
        } else {
            all.tokens.map(|_| tokens)
        },
    }
}
