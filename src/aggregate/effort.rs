//! What sessions took for commits and tasks: each minute counts for one commit, and for one task if several share a
//! commit.
//!
//! A record that was made during its session has what was known then. If nobody claimed that figure, what the session
//! shows now counts, and what was recorded counts only as far as no other task has it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::repository::PlacedTask;
use super::settled::{Amounts, BySession, Recorded};
use crate::correlate::seen::SeenSession;
use crate::facts::factor::{FactorRange, Ratio, RatioRange};
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::link::Link;
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::span::Span;
use crate::facts::task::Task;
use crate::facts::worked::Worked;

/// What sessions took for something.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spent<'a> {
    sessions: BTreeMap<&'a SessionId, Taken>,
}

/// What one session took for something. `None` if unknown.
#[derive(Debug, Clone, PartialEq, Default)]
struct Taken {
    time: Worked,
    supervisory: Option<Minutes>,
    tokens: Option<f64>,
}

impl Taken {
    /// A part of a session, 0 to 1, with the time that agents worked in it.
    fn of(session: &SeenSession, share: f64, time: Worked) -> Self {
        Self {
            time,
            supervisory: session.supervisory_minutes().map(|minutes| minutes * share),
            tokens: session.tokens().map(|tokens| tokens.total().0 as f64 * share),
        }
    }

    fn part(&self, from: f64, to: f64) -> Self {
        Self {
            time: self.time.part(from, to),
            supervisory: self.supervisory.map(|minutes| minutes * (to - from)),
            tokens: self.tokens.map(|tokens| tokens * (to - from)),
        }
    }

    fn amounts(&self) -> Amounts {
        Amounts {
            minutes: self.time.minutes.map(Minutes::get),
            unknown: self.time.minutes.map(|_| self.time.unknown.get()),
            supervisory: self.supervisory.map(Minutes::get),
            tokens: self.tokens,
        }
    }

    fn add(&mut self, other: Self) {
        self.time.add(other.time);
        if let Some(minutes) = other.supervisory {
            *self.supervisory.get_or_insert_default() += minutes;
        }
        if let Some(tokens) = other.tokens {
            *self.tokens.get_or_insert_default() += tokens;
        }
    }
}

impl<'a> Spent<'a> {
    fn of(session: &'a SessionId, taken: Taken) -> Self {
        Self {
            sessions: BTreeMap::from([(session, taken)]),
        }
    }

    /// Adds the part of what was spent elsewhere that is between two parts of the whole.
    fn add(&mut self, other: &Spent<'a>, from: f64, to: f64) {
        for (session, taken) in &other.sessions {
            self.sessions
                .entry(session)
                .or_default()
                .add(taken.part(from, to));
        }
    }

    /// What each session shows of it.
    fn amounts(&self) -> BySession<'a> {
        let of_session = |(session, taken): (&&'a SessionId, &Taken)| (Some(*session), taken.amounts());
        self.sessions.iter().map(of_session).collect()
    }

    /// Σ agent minutes, without unknown time; `None` if no log shows them, and if all the time of the sessions went
    /// elsewhere.
    pub fn minutes(&self) -> Option<Minutes> {
        let known = self.sessions.values().filter_map(|taken| taken.time.minutes);
        known
            .sum::<Minutes>()
            .checked()
            .filter(|minutes| minutes.get() > 0.0)
    }

    /// Minutes in which agents may have worked in addition.
    pub fn unknown_minutes(&self) -> Minutes {
        let known = self
            .sessions
            .values()
            .filter(|taken| taken.time.minutes.is_some());
        known.map(|taken| taken.time.unknown).sum()
    }

    /// The longest that agents can have worked, in minutes; `None` as for [`Self::minutes`].
    pub fn most_minutes(&self) -> Option<Minutes> {
        self.minutes().map(|minutes| minutes + self.unknown_minutes())
    }

    /// When any agent worked, in no order.
    pub(super) fn worked(&self) -> impl Iterator<Item = Span> {
        self.sessions
            .values()
            .flat_map(|taken| &taken.time.spans)
            .copied()
    }

    /// Whether only the days of some of that are known.
    pub(super) fn is_by_day(&self) -> bool {
        self.sessions.values().any(|taken| taken.time.is_by_day)
    }

    /// The sessions.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &'a SessionId> {
        self.sessions.keys().copied()
    }

    /// What each session took by itself, with its part of the agent minutes.
    pub(super) fn apart(&self) -> impl Iterator<Item = (&'a SessionId, f64, Self)> {
        let total = self.minutes().map_or(0.0, Minutes::get);
        let even = 1.0 / self.sessions.len() as f64;
        self.sessions.iter().map(move |(session, taken)| {
            let part = if total > 0.0 {
                taken.time.minutes.map_or(0.0, Minutes::get) / total
            } else {
                even
            };
            (*session, part, Spent::of(session, taken.clone()))
        })
    }
}

/// The part of a commit's sessions, or of what a session did not commit, that belongs to one task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Portion<'a> {
    /// Its owner.
    pub(super) task: &'a Task,
    /// Where it begins in the whole, 0 to 1.
    pub(super) from: f64,
    /// Where it ends.
    pub(super) to: f64,
}

impl Portion<'_> {
    /// The same of a part of the whole.
    fn within(self, from: f64, to: f64) -> Self {
        Self {
            from: from + self.from * (to - from),
            to: from + self.to * (to - from),
            ..self
        }
    }
}

/// A task that has a part of the minutes of a commit or of a session.
struct Claimant<'a> {
    task: &'a Task,
    /// The minutes that its record took from these sessions when it was made.
    taken: Option<f64>,
}

/// What the sessions of a report took, by commit and by task.
#[derive(Debug, Default)]
pub struct Effort<'a> {
    commits: HashMap<ObjectId, Spent<'a>>,
    tasks: HashMap<TaskId, Spent<'a>>,
    committed: HashMap<ObjectId, Vec<Portion<'a>>>,
    /// What tasks without commits have of what sessions did for commits.
    carved: HashMap<(&'a SessionId, ObjectId), Vec<Portion<'a>>>,
    /// What tasks have beyond what their sessions show.
    beside: HashMap<TaskId, BySession<'a>>,
    uncommitted: HashMap<&'a SessionId, Vec<Portion<'a>>>,
}

/// A figure of a task: claimed, otherwise from its sessions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure<T> {
    /// All of it; `None` if neither has it.
    pub value: Option<T>,
    /// The unclaimed part: from its sessions, or taken from them when it was recorded.
    pub measured: Option<T>,
}

impl<T: Copy> Figure<T> {
    /// The figure of a record, unless that was measured; otherwise the settled one.
    fn new(recorded: Option<T>, is_measured: bool, settled: Option<T>) -> Self {
        let measured = settled.filter(|_| is_measured);
        Self {
            value: if is_measured { settled } else { recorded },
            measured,
        }
    }
}

/// What a task took of agents and persons. Every command that shows it asks here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskEffort {
    /// How long agents worked: if measured, the longest that they can have worked, with the unknown time of the sessions.
    pub agent: Figure<Minutes>,
    /// The shortest, without unknown time; `None` if there is none.
    pub agent_low: Option<Minutes>,
    /// How long a person prompted and reviewed. If a task has no figure for it, its sessions are not asked.
    pub supervisory: Figure<Minutes>,
    /// Tokens of all kinds, by the same rule.
    pub tokens: Figure<Tokens>,
}

impl TaskEffort {
    /// That of a task whose sessions are not asked.
    pub fn recorded(task: &Task) -> Self {
        let minutes = task.agent_minutes.map(Minutes::get);
        let unknown = task.unknown_minutes.map(Minutes::get);
        let supervisory = task.supervisory_minutes.map(Minutes::get);
        let tokens = task.tokens.map(|tokens| tokens.0 as f64);
        let all = Amounts {
            minutes,
            unknown,
            supervisory,
            tokens,
        };
        Self::of(task, all)
    }

    /// The effort of a task that has this much of its sessions.
    fn of(task: &Task, settled: Amounts) -> Self {
        let minutes = |value: Option<f64>| value.and_then(Minutes::new);
        let least = minutes(settled.minutes).filter(|minutes| minutes.get() > 0.0);
        let unknown = minutes(settled.unknown).unwrap_or_default();
        let is_measured = task.leaves_minutes_to_sessions();
        let has_range = is_measured && unknown.get() >= NO_REST;
        let tokens = settled.tokens.map(|tokens| Tokens(tokens.round() as u64));
        Self {
            agent: Figure::new(
                task.agent_minutes,
                is_measured,
                least.map(|least| least + unknown),
            ),
            agent_low: least.filter(|_| has_range),
            supervisory: Figure::new(
                task.supervisory_minutes,
                task.supervisory_minutes_basis.is_some(),
                minutes(settled.supervisory),
            ),
            tokens: Figure::new(task.tokens, task.tokens_basis.is_some(), tokens),
        }
    }

    /// Whether sessions show when agents worked for all of it.
    pub(super) fn is_told_by(self, spent: &Spent<'_>) -> bool {
        let told = spent.minutes().map_or(0.0, Minutes::get);
        let least = self.agent.measured.map(|most| self.agent_low.unwrap_or(most));
        least.is_none_or(|all| all.get() <= told * (1.0 + ROUNDED) + NO_REST)
    }

    /// The shortest that agents can have worked: that without unknown time, otherwise the one figure that there is.
    pub fn least_agent_minutes(self) -> Option<Minutes> {
        self.agent_low.or(self.agent.value)
    }

    /// The terms of the task's factor: the lower one, over the longest that agents can have worked.
    pub fn ratio(self, task: &Task) -> Ratio {
        Ratio::new(task.estimate.hours, self.agent.value)
    }

    /// Hours × 60 / agent minutes; `None` without minutes.
    pub fn leverage_factor(self, task: &Task) -> Option<f64> {
        self.ratio(task).factor()
    }

    /// The terms of both ends of that factor.
    pub fn ratio_range(self, task: &Task) -> RatioRange {
        RatioRange::new(task.estimate.ends(), self.agent.value, self.least_agent_minutes())
    }

    /// Both ends of the factor; `None` if neither its hours nor its minutes have a range.
    pub fn leverage_factors(self, task: &Task) -> Option<FactorRange> {
        self.ratio_range(task).factors()
    }

    /// The terms of both ends of the supervisory factor.
    pub fn supervisory_ratio_range(self, task: &Task) -> RatioRange {
        let minutes = self.supervisory.value;
        RatioRange::new(task.estimate.ends(), minutes, minutes)
    }

    /// Hours × 60 / supervisory minutes; `None` without minutes.
    pub fn supervisory_leverage_factor(self, task: &Task) -> Option<f64> {
        Ratio::new(task.estimate.hours, self.supervisory.value).factor()
    }
}

impl<'a> Effort<'a> {
    /// Divides the time of sessions among the commits that they made, and that of commits among their tasks.
    pub fn new(sessions: &'a [SeenSession], tasks: &[&'a PlacedTask]) -> Self {
        let mut effort = Self::default();
        let recorded = Recorded::new(sessions, tasks);
        let naming = naming(tasks, &recorded);
        for session in sessions {
            let claimants = naming.get(&session.id).map_or(&[][..], Vec::as_slice);
            let carved = carve(session, claimants, &recorded, tasks);
            for (_, link) in session.made() {
                let taken = Taken::of(session, link.share, session.worked_for(link));
                let spent = Spent::of(&session.id, taken);
                let part = carved.get(&link.commit).copied().unwrap_or_default();
                if part > 0.0 {
                    let of_whole = portions(0.0, claimants).into_iter();
                    let portions: Vec<Portion<'_>> =
                        of_whole.map(|portion| portion.within(0.0, part)).collect();
                    deal(&mut effort.tasks, &spent, &portions);
                    effort.carved.insert((&session.id, link.commit), portions);
                }
                let of_commit = effort.commits.entry(link.commit).or_default();
                of_commit.add(&spent, part, 1.0);
            }
        }
        effort.share_commits(tasks);
        effort.share_uncommitted(sessions, &naming);
        let told = effort.tasks.iter();
        let told: BTreeMap<TaskId, BySession<'_>> =
            told.map(|(task, spent)| (*task, spent.amounts())).collect();
        effort.beside = recorded.beside(&told);
        effort
    }

    /// The commits that sessions made.
    pub(super) fn commits(&self) -> impl Iterator<Item = ObjectId> {
        self.commits.keys().copied()
    }

    /// Divides the time of each commit among its tasks.
    fn share_commits(&mut self, tasks: &[&'a PlacedTask]) {
        let minutes_of = |commit: &ObjectId| {
            let spent = self.commits.get(commit)?;
            Some(spent.minutes().map_or(0.0, Minutes::get))
        };
        let mut claimants: BTreeMap<ObjectId, (f64, Vec<Claimant<'a>>)> = BTreeMap::new();
        for placed in tasks {
            let task = &placed.task;
            let taken = task.agent_minutes.filter(|_| task.agent_minutes_basis.is_some());
            let all: f64 = placed.commits.iter().filter_map(minutes_of).sum();
            for commit in &placed.commits {
                let Some(minutes) = minutes_of(commit) else {
                    continue;
                };
                let part = if all > 0.0 { minutes / all } else { 0.0 };
                let (_, of_commit) = claimants.entry(*commit).or_insert_with(|| (minutes, Vec::new()));
                of_commit.push(Claimant {
                    task,
                    taken: taken.map(|taken| taken.get() * part),
                });
            }
        }
        for (commit, (minutes, claimants)) in claimants {
            let portions = portions(minutes, &claimants);
            if let Some(spent) = self.commits.get(&commit) {
                deal(&mut self.tasks, spent, &portions);
            }
            self.committed.insert(commit, portions);
        }
    }

    /// Tasks without commits that name their sessions have what these did not commit. Without such tasks, it goes to
    /// tasks with commits that were recorded in the session: an agent that records a task answers after that, and may
    /// continue to work.
    fn share_uncommitted(
        &mut self,
        sessions: &'a [SeenSession],
        naming: &HashMap<&'a SessionId, Vec<Claimant<'a>>>,
    ) {
        for session in sessions {
            let left = session.uncommitted();
            let share = session.uncommitted_share();
            let minutes = left.minutes.map_or(0.0, Minutes::get);
            let portions = match naming.get(&session.id) {
                Some(claimants) => portions(minutes, claimants),
                None => self.by_commits(session),
            };
            if portions.is_empty() {
                continue;
            }
            let spent = Spent::of(&session.id, Taken::of(session, share, left));
            deal(&mut self.tasks, &spent, &portions);
            // Such tasks also get what may be in commits that are not here.
            let part = share / session.share_beside_known().max(f64::MIN_POSITIVE);
            let of_all = portions.into_iter().map(|portion| Portion {
                task: portion.task,
                from: portion.from * part,
                to: portion.to * part,
            });
            self.uncommitted.insert(&session.id, of_all.collect());
        }
    }

    /// Divides what a session did not commit among its commits by their shares, and that among the tasks that were
    /// recorded there. The part of other commits is assigned to no task.
    fn by_commits(&self, session: &SeenSession) -> Vec<Portion<'a>> {
        let all = session.committed_share().max(1.0 - session.rest);
        let mut portions = Vec::new();
        let mut before = 0.0;
        for (_, link) in session.made() {
            let (start, length) = (before / all, link.share / all);
            before += link.share;
            let of_commit = self.committed.get(&link.commit).into_iter().flatten();
            let own = of_commit.filter(|portion| portion.task.has_rest_of(&session.id));
            portions.extend(own.map(|portion| Portion {
                task: portion.task,
                from: start + portion.from * length,
                to: start + portion.to * length,
            }));
        }
        // Without a share for any commit, what was for which is unknown.
        portions.retain(|portion: &Portion<'_>| portion.from < portion.to && portion.to.is_finite());
        portions
    }

    /// The tasks that a part of a session belongs to: what it took for a commit, or what it did not commit.
    pub(super) fn portions(&self, session: &SessionId, commit: Option<ObjectId>) -> Cow<'_, [Portion<'a>]> {
        let portions = match commit {
            Some(commit) => self.committed.get(&commit),
            None => self.uncommitted.get(session),
        };
        let portions = portions.map_or(&[][..], Vec::as_slice);
        match commit.and_then(|commit| self.carved.get(&(session, commit))) {
            None => portions.into(),
            Some(carved) => {
                let from = carved.last().map_or(0.0, |portion| portion.to);
                let others = portions.iter().map(|portion| portion.within(from, 1.0));
                carved.iter().copied().chain(others).collect::<Vec<_>>().into()
            }
        }
    }

    /// What was spent on a commit; `None` if no session is linked to it.
    pub fn of_commit(&self, commit: ObjectId) -> Option<&Spent<'a>> {
        self.commits.get(&commit)
    }

    /// What was spent on a task; `None` if no session is linked to it.
    pub fn of_task(&self, task: TaskId) -> Option<&Spent<'a>> {
        self.tasks.get(&task)
    }

    /// What a task took: as claimed, otherwise as its sessions show, with what these lost.
    pub fn figures(&self, task: &Task) -> TaskEffort {
        let told = self.tasks.get(&task.id).map(Spent::amounts);
        let beside = self.beside.get(&task.id).cloned();
        let mut all = Amounts::default();
        for amounts in told.iter().chain(&beside).flat_map(BTreeMap::values) {
            all.add(*amounts);
        }
        TaskEffort::of(task, all)
    }

    /// The same for the `part` of a task that one session did, given `done`, that part of the task, and what the
    /// session took for it by itself. What comes from sessions that no longer exist is divided like the rest of the
    /// task.
    pub(super) fn figures_in(
        &self,
        done: &Task,
        session: &'a SessionId,
        part: f64,
        alone: &Spent<'a>,
    ) -> TaskEffort {
        let mut all = Amounts::default();
        let told = self.tasks.get(&done.id).map(Spent::amounts).unwrap_or_default();
        for (of, amounts) in self.beside.get(&done.id).into_iter().flatten() {
            if *of == Some(session) {
                all.add(*amounts);
            } else if !told.contains_key(of) {
                all.add(amounts.times(part));
            }
        }
        alone.amounts().into_values().for_each(|amounts| all.add(amounts));
        TaskEffort::of(done, all)
    }
}

/// The tasks without commits that name each session.
fn naming<'a>(
    tasks: &[&'a PlacedTask],
    recorded: &Recorded<'a>,
) -> HashMap<&'a SessionId, Vec<Claimant<'a>>> {
    let mut naming: HashMap<&SessionId, Vec<Claimant<'a>>> = HashMap::new();
    for placed in tasks.iter().filter(|placed| placed.commits.is_empty()) {
        let task = &placed.task;
        for session in &task.sessions {
            let taken = recorded.minutes(task, session);
            naming.entry(session).or_default().push(Claimant { task, taken });
        }
    }
    naming
}

/// The parts, 0 to 1, of what a session did for its commits that tasks without commits had recorded before: they are
/// taken from what no commit had yet. Commits whose tasks were recorded even earlier give last.
fn carve(
    session: &SeenSession,
    claimants: &[Claimant<'_>],
    recorded: &Recorded<'_>,
    tasks: &[&PlacedTask],
) -> HashMap<ObjectId, f64> {
    let taken: f64 = claimants.iter().filter_map(|claimant| claimant.taken).sum();
    let all = session.agent_minutes().map_or(0.0, Minutes::get);
    let left = all * session.uncommitted_share();
    let wanted = taken - left - recorded.lost_minutes(&session.id);
    let measured = claimants.iter().filter(|claimant| claimant.taken.is_some());
    let Some(first) = measured.map(|claimant| claimant.task.at).min() else {
        return HashMap::new();
    };
    if wanted < NO_REST || all <= 0.0 {
        return HashMap::new();
    }
    let earlier: HashSet<ObjectId> = tasks
        .iter()
        .filter(|placed| placed.task.at < first)
        .flat_map(|placed| placed.commits.iter().copied())
        .collect();
    let (before, after): (Vec<&Link>, Vec<&Link>) = session
        .made_anywhere()
        .partition(|link| earlier.contains(&link.commit));
    let mut parts = HashMap::new();
    let mut wanted = wanted / all;
    for links in [after, before] {
        let share: f64 = links.iter().map(|link| link.share).sum();
        let part = if share > 0.0 {
            (wanted / share).clamp(0.0, 1.0)
        } else {
            0.0
        };
        wanted -= part * share;
        parts.extend(links.into_iter().map(|link| (link.commit, part)));
    }
    parts
}

/// Gives each task its portion of what was spent.
fn deal<'a>(tasks: &mut HashMap<TaskId, Spent<'a>>, spent: &Spent<'a>, portions: &[Portion<'_>]) {
    for portion in portions {
        let own = tasks.entry(portion.task.id).or_default();
        own.add(spent, portion.from, portion.to);
    }
}

/// How much rounding may change minutes, as a part of them.
const ROUNDED: f64 = 0.01;
/// Minutes in records are rounded to hundredths: less than this does not count as a rest.
const NO_REST: f64 = 0.01;

/// Divides the minutes of a commit among its tasks, none of them empty. A record keeps what it took when it was made,
/// and the others share the rest by their estimates; if there is nothing to take, the estimates of all decide.
fn portions<'a>(minutes: f64, claimants: &[Claimant<'a>]) -> Vec<Portion<'a>> {
    let taken: f64 = claimants.iter().filter_map(|claimant| claimant.taken).sum();
    let rest = Some(minutes - taken).filter(|rest| *rest >= NO_REST);
    let open = by_estimate(claimants, |claimant| claimant.taken.is_none());
    let mut weights: Vec<f64> = claimants
        .iter()
        .zip(open)
        .map(|(claimant, part)| claimant.taken.unwrap_or(rest.unwrap_or(0.0) * part))
        .collect();
    if weights.iter().sum::<f64>() <= 0.0 {
        weights = by_estimate(claimants, |_| true);
    }
    let all: f64 = weights.iter().sum();
    let mut dealt = 0.0;
    let mut portions = Vec::with_capacity(claimants.len());
    for (claimant, weight) in claimants.iter().zip(weights) {
        let from = dealt / all;
        dealt += weight;
        if weight > 0.0 {
            portions.push(Portion {
                task: claimant.task,
                from,
                to: dealt / all,
            });
        }
    }
    portions
}

/// The part of each by the hours of those who share; equal parts if none has hours, and 0 for the others.
fn by_estimate(claimants: &[Claimant<'_>], shares: impl Fn(&Claimant<'_>) -> bool) -> Vec<f64> {
    let hours = |claimant: &Claimant<'_>| claimant.task.estimate.hours.get();
    let sharing = claimants.iter().filter(|claimant| shares(claimant));
    let (all, count) = sharing.fold((0.0, 0.0), |(all, count), one| (all + hours(one), count + 1.0));
    let part = |claimant: &Claimant<'_>| match shares(claimant) {
        true if all > 0.0 => hours(claimant) / all,
        true => 1.0 / count,
        false => 0.0,
    };
    claimants.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::sample::{claim, object};
    use crate::correlate::seen::{Origin, Used};
    use crate::facts::evidence::Confidence;
    use crate::facts::session::{Provenance, Sources, TokenCounts};
    use crate::facts::sign::Rung;
    use crate::facts::span::{self, Moment};
    use crate::facts::task::MeasuredIn;
    use crate::facts::worked::stretch;

    /// A session of ten minutes, of which it committed these parts.
    fn session(id: &str, shares: &[(u8, f64)]) -> SeenSession {
        let worked = Span::new(Moment(0), Moment(600_000));
        let link = |(commit, share): &(u8, f64)| Link {
            commit: object(*commit),
            session: SessionId::new("codex", id),
            rung: Rung::Lines,
            confidence: Confidence::High,
            evidence: Vec::new(),
            share: *share,
            worked: Vec::new(),
        };
        SeenSession {
            id: SessionId::new("codex", id),
            origin: Origin::Log,
            home: 0,
            models: Vec::new(),
            span: worked,
            worked: vec![worked],
            lanes: 1.0,
            unknown: Vec::new(),
            attention: Vec::new(),
            usage: Vec::new(),
            sources: Sources {
                agent_time: Provenance::Measured,
                ..Sources::default()
            },
            links: shares.iter().map(|share| (0, link(share))).collect(),
            elsewhere: Vec::new(),
            rest: 1.0,
            vague: Default::default(),
        }
    }

    #[test]
    fn tasks_on_one_commit_share_its_time_by_their_estimates() {
        let sessions = [session("a", &[(1, 0.5)]), session("b", &[(1, 1.0), (2, 0.0)])];
        let tasks = [
            claim(1, "2026-03-01", 3.0).on(1).placed(),
            claim(2, "2026-03-01", 1.0).on(1).placed(),
            claim(3, "2026-03-01", 1.0).on(9).placed(),
        ];
        let tasks: Vec<&PlacedTask> = tasks.iter().collect();
        let effort = Effort::new(&sessions, &tasks);
        let minutes = |task: &PlacedTask| Some(effort.of_task(task.task.id)?.minutes()?.get());
        assert_eq!(minutes(tasks[0]), Some(11.25));
        assert_eq!(minutes(tasks[1]), Some(3.75));
        assert_eq!(minutes(tasks[2]), None);
        let apart: Vec<f64> = effort
            .of_commit(object(1))
            .map(|spent| spent.apart().map(|(_, part, _)| part).collect())
            .unwrap_or_default();
        assert_eq!(apart, [5.0 / 15.0, 10.0 / 15.0]);
    }

    #[test]
    fn what_a_record_took_is_not_taken_again() {
        let sessions = [session("a", &[(1, 0.8), (2, 0.2)])];
        let recorded = |number, commit, minutes: f64| {
            let mut placed = claim(number, "2026-03-01", 10.0)
                .on(commit)
                .agent_minutes(minutes)
                .placed();
            placed.task.agent_minutes_basis = Some(Provenance::Measured);
            placed
        };
        let minutes = |tasks: &[PlacedTask]| -> Vec<Option<f64>> {
            let tasks: Vec<&PlacedTask> = tasks.iter().collect();
            let effort = Effort::new(&sessions, &tasks);
            let of = |placed: &&PlacedTask| Some(effort.of_task(placed.task.id)?.minutes()?.get());
            tasks.iter().map(of).collect()
        };
        let open = |number| claim(number, "2026-03-01", 30.0).on(1).placed();
        assert_eq!(minutes(&[recorded(1, 1, 8.0), open(2)]), [Some(8.0), None]);
        assert_eq!(minutes(&[recorded(1, 1, 6.0), open(2)]), [Some(6.0), Some(2.0)]);
        // A record that has more than is here leaves nothing.
        assert_eq!(minutes(&[recorded(1, 1, 16.0), open(2)]), [Some(8.0), None]);
        let mut both = recorded(1, 1, 10.0);
        both.commits.push(object(2));
        assert_eq!(minutes(&[both, open(2)]), [Some(10.0), None]);
    }

    #[test]
    fn a_commit_without_a_share_leaves_the_minutes_unknown() {
        let sessions = [session("a", &[(1, 1.0), (2, 0.0)])];
        let task = claim(1, "2026-03-01", 5.0).on(2).placed();
        let effort = Effort::new(&sessions, &[&task]);
        let spent = effort.of_task(task.task.id).expect("a link");
        assert_eq!(spent.minutes(), None);
    }

    #[test]
    fn what_sessions_took_since_supersedes_what_was_measured() {
        let sessions = [session("a", &[(1, 1.0)])];
        let mut placed = claim(1, "2026-03-01", 5.0).on(1).agent_minutes(4.0).placed();
        let told = |placed: &PlacedTask| {
            let effort = Effort::new(&sessions, &[placed]);
            let figure = effort.figures(&placed.task).agent;
            (figure.value.map(Minutes::get), figure.measured.map(Minutes::get))
        };
        assert_eq!(told(&placed), (Some(4.0), None));
        placed.task.agent_minutes_basis = Some(Provenance::Measured);
        assert_eq!(told(&placed), (Some(10.0), Some(10.0)));
        // A log that no longer exists, or lost its beginning, removes nothing.
        placed.task.agent_minutes = Minutes::new(12.0);
        assert_eq!(told(&placed), (Some(12.0), Some(12.0)));
        placed.commits.clear();
        assert_eq!(told(&placed), (Some(12.0), Some(12.0)));
    }

    #[test]
    fn what_a_session_did_beside_its_commits_is_for_the_tasks_that_were_recorded_in_it() {
        let sessions = [session("a", &[(1, 0.3), (2, 0.5)])];
        let minutes = |tasks: &[PlacedTask]| -> Vec<Option<f64>> {
            let tasks: Vec<&PlacedTask> = tasks.iter().collect();
            let effort = Effort::new(&sessions, &tasks);
            let of = |placed: &&PlacedTask| {
                let minutes = effort.of_task(placed.task.id)?.minutes()?;
                Some((minutes.get() * 1e6).round() / 1e6)
            };
            tasks.iter().map(of).collect()
        };
        let on = |number: u64, commit: u8| claim(number, "2026-03-01", 5.0).on(commit).placed();
        let within = |number: u64, commit: u8| {
            let mut placed = on(number, commit);
            placed.task.recorded_in = Some(SessionId::new("codex", "a"));
            placed
        };
        assert_eq!(minutes(&[on(1, 1), on(2, 2)]), [Some(3.0), Some(5.0)]);
        assert_eq!(minutes(&[within(1, 1), within(2, 2)]), [Some(3.75), Some(6.25)]);
        assert_eq!(minutes(&[within(1, 1), on(2, 2)]), [Some(3.75), Some(5.0)]);
        assert_eq!(minutes(&[within(1, 1), within(2, 1)]), [Some(1.875), Some(1.875)]);
        // A note that records how much was not committed implies that the rest is in commits that are not here.
        let mut noted = sessions.clone();
        noted[0].rest = 0.1;
        let tasks = [within(1, 1), within(2, 2)];
        let placed: Vec<&PlacedTask> = tasks.iter().collect();
        let effort = Effort::new(&noted, &placed);
        let of_first = effort.of_task(tasks[0].task.id).and_then(Spent::minutes);
        assert!((of_first.unwrap_or_default().get() - (3.0 + 1.0 / 3.0)).abs() < 1e-9);
        // A task without commits that names the session has what it did not commit.
        let mut plan = claim(3, "2026-03-01", 1.0).placed();
        plan.task.sessions.push(SessionId::new("codex", "a"));
        let all = minutes(&[within(1, 1), within(2, 2), plan]);
        assert_eq!(all, [Some(3.0), Some(5.0), Some(2.0)]);
    }

    #[test]
    fn portions_of_a_commit_add_up() {
        let mut sessions = [session("a", &[(1, 1.0)])];
        sessions[0].links[0].1.worked = sessions[0].worked.clone();
        let tasks = [
            claim(1, "2026-03-01", 3.0).on(1).placed(),
            claim(2, "2026-03-01", 1.0).on(1).placed(),
        ];
        let tasks: Vec<&PlacedTask> = tasks.iter().collect();
        let effort = Effort::new(&sessions, &tasks);
        let ends: Vec<(f64, f64)> = effort
            .portions(&sessions[0].id, Some(object(1)))
            .iter()
            .map(|portion| (portion.from, portion.to))
            .collect();
        assert_eq!(ends, [(0.0, 0.75), (0.75, 1.0)]);
        let wall: Vec<i64> = tasks
            .iter()
            .filter_map(|placed| {
                Some(span::total(
                    &effort.of_task(placed.task.id)?.worked().collect::<Vec<_>>(),
                ))
            })
            .collect();
        assert_eq!(wall, [450_000, 150_000]);
    }

    #[test]
    fn a_task_without_commits_has_what_its_sessions_did_not_commit() {
        let sessions = [session("a", &[(1, 0.25)])];
        let mut plan = claim(1, "2026-03-01", 8.0).placed();
        plan.task.sessions = vec![SessionId::new("codex", "a")];
        let effort = Effort::new(&sessions, &[&plan]);
        let spent = effort.of_task(plan.task.id).and_then(Spent::minutes);
        assert_eq!(spent, Minutes::new(7.5));
    }

    #[test]
    fn a_task_without_a_commit_keeps_what_a_later_commit_would_take() {
        let sessions = [session("a", &[(1, 0.5), (2, 0.5)])];
        let id = &sessions[0].id;
        let mut plan = claim(1, "2026-03-01", 1.0).agent_minutes(3.0).placed();
        plan.task.sessions.push(id.clone());
        plan.task.agent_minutes_basis = Some(Provenance::Measured);
        plan.task.at += chrono::TimeDelta::minutes(5);
        let mut before = claim(2, "2026-03-01", 1.0).on(1).placed();
        before.task.sessions.push(id.clone());
        let mut after = claim(3, "2026-03-01", 1.0).on(2).placed();
        after.task.at += chrono::TimeDelta::minutes(10);
        let tasks = [plan, before, after];
        let placed: Vec<&PlacedTask> = tasks.iter().collect();
        let effort = Effort::new(&sessions, &placed);
        let minutes = |task: &PlacedTask| effort.figures(&task.task).agent.value.map(Minutes::get);
        assert_eq!(tasks.each_ref().map(minutes), [Some(3.0), Some(5.0), Some(2.0)]);
        let portions = effort.portions(id, Some(object(2)));
        let ends: Vec<(f64, f64)> = portions
            .iter()
            .map(|portion| (portion.from, portion.to))
            .collect();
        assert_eq!(ends, [(0.0, 0.6), (0.6, 1.0)]);
    }

    #[test]
    fn a_record_that_was_rounded_up_leaves_the_minutes_known() {
        let sessions = [session("a", &[(1, 1.0)]), session("b", &[(1, 1.0)])];
        let mut task = claim(1, "2026-03-01", 1.0).agent_minutes(18.01).on(1).placed();
        task.task.agent_minutes_basis = Some(Provenance::Measured);
        task.task.measured_in = [("a", 8.0), ("b", 10.01)]
            .map(|(id, minutes)| MeasuredIn {
                session: SessionId::new("codex", id),
                ended_at: chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(10),
                agent_minutes: Minutes::new(minutes),
                unknown_minutes: None,
                supervisory_minutes: None,
                tokens: None,
                share: 1.0,
            })
            .to_vec();
        let effort = Effort::new(&sessions, &[&task]);
        assert_eq!(effort.figures(&task.task).agent.value, Minutes::new(20.0));
    }

    /// What happens in a session in which a commit may take over what others had.
    #[derive(Debug, Clone)]
    enum Step {
        /// Agents work for this many minutes.
        Work(u8),
        /// From now on, all commits so far, and the rest, have the session by these weights.
        Commit(Vec<u8>),
        /// A task is recorded on one of them, or on none.
        Record(Option<u8>),
    }

    /// A session in the making.
    #[derive(Default)]
    struct Course {
        minutes: u64,
        weights: Vec<u8>,
        tasks: Vec<PlacedTask>,
    }

    const TOKENS_A_MINUTE: u64 = 100;

    impl Course {
        fn share(&self, part: Option<usize>) -> f64 {
            let weight = |at: usize| f64::from(self.weights.get(at).copied().unwrap_or_default());
            let all: f64 = self.weights.iter().copied().map(f64::from).sum();
            match part {
                Some(commit) if all > 0.0 => weight(commit + 1) / all,
                None if all > 0.0 => weight(0) / all,
                Some(_) => 0.0,
                None => 1.0,
            }
        }

        fn take(&mut self, step: &Step) {
            match step {
                Step::Work(minutes) => self.minutes += u64::from(*minutes),
                Step::Commit(weights) => {
                    let count = self.weights.len().max(1) + 1;
                    self.weights = weights.iter().copied().cycle().take(count).collect();
                }
                Step::Record(on) => self.record(*on),
            }
        }

        /// As `record` does it: what the commit has now, minus what records of other tasks on it have.
        fn record(&mut self, on: Option<u8>) {
            let commits = self.weights.len().saturating_sub(1);
            let on = on.map(usize::from).filter(|_| commits > 0).map(|on| on % commits);
            let number = self.tasks.len() as u64 + 1;
            let mut placed = claim(number, "2026-03-01", number as f64).placed();
            placed.commits.extend(on.map(|on| object(on as u8 + 1)));
            let others = self.tasks.iter().filter(|other| other.commits == placed.commits);
            let taken: f64 = others
                .filter_map(|other| other.task.agent_minutes)
                .map(Minutes::get)
                .sum();
            let own = self.minutes as f64 * self.share(on);
            let left = ((own - taken) * 100.0).round() / 100.0;
            let task = &mut placed.task;
            let id = SessionId::new("codex", "a");
            task.sessions.push(id.clone());
            task.recorded_in = Some(id.clone());
            let now = chrono::TimeDelta::minutes(self.minutes as i64);
            task.at += now;
            task.tokens_basis = Some(Provenance::Measured);
            if left > 0.0 {
                let part = self.share(on) * left / own;
                task.agent_minutes = Minutes::new(left);
                task.agent_minutes_basis = Some(Provenance::Measured);
                let tokens = (self.minutes * TOKENS_A_MINUTE) as f64 * part;
                task.tokens = Some(Tokens(tokens.round() as u64));
                task.measured_in.push(MeasuredIn {
                    session: id,
                    ended_at: chrono::DateTime::UNIX_EPOCH + now,
                    agent_minutes: Minutes::new(self.minutes as f64),
                    unknown_minutes: None,
                    supervisory_minutes: None,
                    tokens: Some(Tokens(self.minutes * TOKENS_A_MINUTE)),
                    share: part,
                });
            }
            self.tasks.push(placed);
        }

        /// The session as it is seen in the end, without its first minutes.
        fn seen(&self, cut: u64, origin: Origin) -> SeenSession {
            let links: Vec<(u8, f64)> = (1..self.weights.len())
                .map(|commit| (commit as u8, self.share(Some(commit - 1))))
                .collect();
            let mut seen = session("a", &links);
            let at = |minute: u64| Moment(minute as i64 * 60_000);
            seen.span = Span::new(at(cut.min(self.minutes)), at(self.minutes));
            seen.worked = vec![seen.span];
            seen.sources.tokens = Provenance::Measured;
            let used = |at, minutes: u64| Used {
                at,
                model: None,
                tokens: TokenCounts {
                    input: minutes * TOKENS_A_MINUTE,
                    ..TokenCounts::default()
                },
            };
            seen.usage = match origin {
                Origin::Log => (cut..self.minutes)
                    .map(|minute| used(Some(at(minute)), 1))
                    .collect(),
                Origin::Note => vec![used(None, self.minutes.saturating_sub(cut))],
            };
            seen.origin = origin;
            let mut from = 0.0;
            for (_, link) in &mut seen.links {
                link.worked = stretch(&seen.worked, from, from + link.share);
                from += link.share;
            }
            seen
        }

        /// Σ minutes and tokens of the tasks, and minutes of wall time.
        fn sums(&self, sessions: &[SeenSession]) -> [f64; 3] {
            let tasks: Vec<&PlacedTask> = self.tasks.iter().collect();
            let effort = Effort::new(sessions, &tasks);
            let mut sums = [0.0; 3];
            for placed in tasks {
                let figures = effort.figures(&placed.task);
                sums[0] += figures.agent.measured.map_or(0.0, Minutes::get);
                sums[1] += figures.tokens.measured.map_or(0.0, |tokens| tokens.0 as f64);
                let spans: Vec<Span> = effort
                    .of_task(placed.task.id)
                    .into_iter()
                    .flat_map(Spent::worked)
                    .collect();
                sums[2] += span::minutes(span::total(&spans)).get();
            }
            sums
        }

        /// Whether each of its commits has a task; what no commit has belongs to the tasks recorded in the session.
        fn is_all_recorded(&self) -> bool {
            let mut commits = (1..self.weights.len()).map(|commit| object(commit as u8));
            commits.all(|commit| self.tasks.iter().any(|task| task.commits.contains(&commit)))
        }
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (1..30_u8).prop_map(Step::Work),
            proptest::collection::vec(0..10_u8, 1..6).prop_map(Step::Commit),
            proptest::option::of(0..4_u8).prop_map(Step::Record),
        ];
        proptest::collection::vec(step, 1..16)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]
        #[test]
        fn each_minute_and_token_of_a_session_is_in_the_totals_once(
            steps in steps(),
            cut in 0..60_u64,
            is_finished in any::<bool>(),
        ) {
            let mut course = Course::default();
            steps.iter().for_each(|step| course.take(step));
            if is_finished {
                for commit in 1..course.weights.len() {
                    course.record(Some(commit as u8 - 1));
                }
                course.record(None);
            }
            let (minutes, tokens) = (course.minutes as f64, (course.minutes * TOKENS_A_MINUTE) as f64);
            let slack = 0.05 * (course.tasks.len() as f64 + 1.0);
            let views = [
                (0, vec![course.seen(0, Origin::Log)]),
                (0, vec![course.seen(0, Origin::Note)]),
                (cut, vec![course.seen(cut, Origin::Log)]),
                (cut, vec![course.seen(cut, Origin::Note)]),
                (course.minutes, Vec::new()),
            ];
            for (cut, seen) in views {
                let sums = course.sums(&seen);
                prop_assert!(sums[0] <= minutes + slack, "{} of {minutes} minutes, cut by {cut}", sums[0]);
                prop_assert!(sums[1] <= tokens + slack * 100.0, "{} of {tokens} tokens, cut by {cut}", sums[1]);
                prop_assert!(sums[2] <= minutes + slack, "{} of {minutes} minutes on the wall", sums[2]);
                if is_finished && cut == 0 && course.is_all_recorded() {
                    prop_assert!(sums[0] >= minutes - slack, "{} of {minutes} minutes", sums[0]);
                    prop_assert!(sums[1] >= tokens - slack * 100.0, "{} of {tokens} tokens", sums[1]);
                }
            }
        }
    }
}
