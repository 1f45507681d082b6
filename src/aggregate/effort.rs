//! What sessions took for commits and tasks: each minute for one commit, and for one task where several share a commit.
//!
//! A record that was made while its session went on has what was known then. Where nobody claimed that, what the session took
//! since counts as well.

use std::collections::{BTreeMap, HashMap};

use super::repository::PlacedTask;
use crate::correlate::seen::SeenSession;
use crate::facts::factor::Ratio;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::span::Span;
use crate::facts::task::Task;
use crate::facts::worked::Worked;

/// What sessions took for something.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Spent<'a> {
    sessions: BTreeMap<&'a SessionId, Taken>,
}

/// What one session took for something. `None` where nothing says.
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

    /// Adds the part of what was spent elsewhere that lies between two parts of the whole.
    fn add(&mut self, other: &Spent<'a>, from: f64, to: f64) {
        for (session, taken) in &other.sessions {
            self.sessions
                .entry(session)
                .or_default()
                .add(taken.part(from, to));
        }
    }

    /// Σ agent minutes; `None` where no log says, and where all the time of the sessions went elsewhere.
    pub fn minutes(&self) -> Option<Minutes> {
        let known = self.sessions.values().filter_map(|taken| taken.time.minutes);
        known
            .sum::<Minutes>()
            .checked()
            .filter(|minutes| minutes.get() > 0.0)
    }

    /// Σ minutes of the person; `None` where no log says.
    fn supervisory_minutes(&self) -> Option<Minutes> {
        let known = self.sessions.values().filter_map(|taken| taken.supervisory);
        known.reduce(|sum, minutes| sum + minutes)?.checked()
    }

    /// Σ tokens; `None` where no log says.
    fn tokens(&self) -> Option<Tokens> {
        let known = self.sessions.values().filter_map(|taken| taken.tokens);
        let sum = known.reduce(|sum, tokens| sum + tokens)?;
        Some(Tokens(sum.round() as u64))
    }

    /// When any agent worked, in no order.
    pub(super) fn worked(&self) -> impl Iterator<Item = Span> {
        self.sessions
            .values()
            .flat_map(|taken| &taken.time.spans)
            .copied()
    }

    /// The sessions.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &'a SessionId> {
        self.sessions.keys().copied()
    }

    /// What each session alone took, with its part of the agent minutes.
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
    /// Whose it is.
    pub(super) task: &'a Task,
    /// Where it begins in the whole, 0 to 1.
    pub(super) from: f64,
    /// Where it ends.
    pub(super) to: f64,
}

/// A task that has a part in the minutes of a commit or of a session.
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
    uncommitted: HashMap<&'a SessionId, Vec<Portion<'a>>>,
}

/// A figure of a task: as it claims, else as its sessions tell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure<T> {
    /// All of it; `None` where neither says.
    pub value: Option<T>,
    /// What nobody claimed of it: of its sessions, or taken from them when it was recorded.
    pub measured: Option<T>,
}

impl<T: Copy + PartialOrd> Figure<T> {
    /// What a record has of it, how it came to be there, and what sessions tell now. They supersede what was taken from them,
    /// where they tell more: a log may have been deleted since, or have lost its beginning.
    fn new(recorded: Option<T>, is_measured: bool, told: Option<T>) -> Self {
        if !is_measured {
            return Self {
                value: recorded,
                measured: None,
            };
        }
        let more = told.filter(|told| recorded.is_none_or(|recorded| *told > recorded));
        let value = more.or(recorded);
        Self {
            value,
            measured: value,
        }
    }
}

/// How far the rounding of what is recorded may take it from what it was, as a part of it.
const ROUNDED: f64 = 0.01;

/// What a task took of agents and persons. Every command that tells it asks here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TaskEffort {
    /// How long agents worked.
    pub agent: Figure<Minutes>,
    /// How long a person prompted and reviewed. Where a task says nothing of it, its sessions are not asked.
    pub supervisory: Figure<Minutes>,
    /// Tokens of all kinds, by the same rule.
    pub tokens: Figure<Tokens>,
}

impl TaskEffort {
    /// That of a task, with what its sessions took.
    pub fn of(task: &Task, spent: Option<&Spent<'_>>) -> Self {
        let minutes = spent.and_then(Spent::minutes);
        let supervisory = spent.and_then(Spent::supervisory_minutes);
        // An estimate may be less once more is known. One of a log that lost its beginning is not better.
        let is_whole = task.agent_minutes_basis.is_none()
            || minutes >= task.agent_minutes.map(|taken| taken * (1.0 - ROUNDED));
        let supersedes = task.supervisory_minutes_basis.is_some() && supervisory.is_some() && is_whole;
        Self {
            agent: Figure::new(task.agent_minutes, task.leaves_minutes_to_sessions(), minutes),
            supervisory: Figure::new(
                task.supervisory_minutes.filter(|_| !supersedes),
                task.supervisory_minutes_basis.is_some(),
                supervisory,
            ),
            tokens: Figure::new(
                task.tokens,
                task.tokens_basis.is_some(),
                spent.and_then(Spent::tokens),
            ),
        }
    }

    /// The terms of the task's factor.
    pub fn ratio(self, task: &Task) -> Ratio {
        Ratio::new(task.estimate.hours, self.agent.value)
    }

    /// Hours × 60 / agent minutes; `None` without minutes.
    pub fn leverage_factor(self, task: &Task) -> Option<f64> {
        self.ratio(task).factor()
    }

    /// Hours × 60 / supervisory minutes; `None` without minutes.
    pub fn supervisory_leverage_factor(self, task: &Task) -> Option<f64> {
        Ratio::new(task.estimate.hours, self.supervisory.value).factor()
    }
}

impl<'a> Effort<'a> {
    /// Divides the time of sessions over the commits that they made, and that of commits over their tasks.
    pub fn new(sessions: &'a [SeenSession], tasks: &[&'a PlacedTask]) -> Self {
        let mut effort = Self::default();
        for session in sessions {
            for (_, link) in session.made() {
                let taken = Taken::of(session, link.share, session.worked_for(link));
                let spent = Spent::of(&session.id, taken);
                effort
                    .commits
                    .entry(link.commit)
                    .or_default()
                    .add(&spent, 0.0, 1.0);
            }
        }
        effort.share_commits(tasks);
        effort.share_uncommitted(sessions, tasks);
        effort
    }

    /// Divides the time of each commit over its tasks.
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

    /// Tasks without commits that name their sessions have what these did not commit. Where there are none, tasks with commits
    /// have it that were recorded there: an agent that records a task answers after that, and may work on.
    fn share_uncommitted(&mut self, sessions: &'a [SeenSession], tasks: &[&'a PlacedTask]) {
        let mut naming: HashMap<&SessionId, Vec<Claimant<'a>>> = HashMap::new();
        for placed in tasks.iter().filter(|placed| placed.commits.is_empty()) {
            let task = &placed.task;
            let taken = task.agent_minutes.filter(|_| task.agent_minutes_basis.is_some());
            for session in &task.sessions {
                naming.entry(session).or_default().push(Claimant {
                    task,
                    taken: taken.map(Minutes::get).filter(|_| task.sessions.len() == 1),
                });
            }
        }
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
            // Whoever asks for them has what may be in commits that are not here as well.
            let part = share / session.share_beside_known().max(f64::MIN_POSITIVE);
            let of_all = portions.into_iter().map(|portion| Portion {
                task: portion.task,
                from: portion.from * part,
                to: portion.to * part,
            });
            self.uncommitted.insert(&session.id, of_all.collect());
        }
    }

    /// Divides what a session did not commit over its commits by their shares, and of these over the tasks that were recorded
    /// there. The part of other commits is nobody's.
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
        // Without a share for any commit nothing tells what was for which.
        portions.retain(|portion: &Portion<'_>| portion.from < portion.to && portion.to.is_finite());
        portions
    }

    /// The tasks that a part of a session belongs to: what it took for a commit, or what it did not commit.
    pub(super) fn portions(&self, session: &SessionId, commit: Option<ObjectId>) -> &[Portion<'a>] {
        let portions = match commit {
            Some(commit) => self.committed.get(&commit),
            None => self.uncommitted.get(session),
        };
        portions.map_or(&[], Vec::as_slice)
    }

    /// What was spent on a commit; `None` where no session is linked to it.
    pub fn of_commit(&self, commit: ObjectId) -> Option<&Spent<'a>> {
        self.commits.get(&commit)
    }

    /// What was spent on a task; `None` where no session is linked to it.
    pub fn of_task(&self, task: TaskId) -> Option<&Spent<'a>> {
        self.tasks.get(&task)
    }
}

/// Gives each task its portion of what was spent.
fn deal<'a>(tasks: &mut HashMap<TaskId, Spent<'a>>, spent: &Spent<'a>, portions: &[Portion<'_>]) {
    for portion in portions {
        let own = tasks.entry(portion.task.id).or_default();
        own.add(spent, portion.from, portion.to);
    }
}

/// Minutes in records are rounded to hundredths: less than this is no rest.
const NO_REST: f64 = 0.01;

/// Divides the minutes of a commit over its tasks, none of them empty. A record keeps what it took when it was made, and the
/// others share the rest by their estimates; where there is nothing to be taken, the estimates of all decide.
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

/// The part of each by the hours of those who share; even where none has hours, and 0 for the others.
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
    use super::*;
    use crate::aggregate::sample::{claim, object};
    use crate::correlate::seen::Origin;
    use crate::facts::evidence::Confidence;
    use crate::facts::link::Link;
    use crate::facts::session::{Provenance, Sources};
    use crate::facts::sign::Rung;
    use crate::facts::span::{self, Moment};

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
            attention: Vec::new(),
            usage: Vec::new(),
            sources: Sources {
                agent_time: Provenance::Measured,
                ..Sources::default()
            },
            links: shares.iter().map(|share| (0, link(share))).collect(),
            elsewhere: Vec::new(),
            rest: 1.0,
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
        // A record that says more than is here leaves nothing.
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
            let figure = TaskEffort::of(&placed.task, effort.of_task(placed.task.id)).agent;
            (figure.value.map(Minutes::get), figure.measured.map(Minutes::get))
        };
        assert_eq!(told(&placed), (Some(4.0), None));
        placed.task.agent_minutes_basis = Some(Provenance::Measured);
        assert_eq!(told(&placed), (Some(10.0), Some(10.0)));
        // A log that is gone, or lost its beginning, takes nothing away.
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
        // A note that says how much was not committed says that the rest is in commits that are not here.
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
}
