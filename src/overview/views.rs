//! The tasks, sessions and commits of an overview.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;

use super::lines::TaskLines;
use super::support::{Supports, factor};
use super::{CommitView, SessionView, TaskSession, TaskView};
use crate::aggregate::calibration::Calibration;
use crate::aggregate::estimates::Spread;
use crate::aggregate::measures::Measures;
use crate::aggregate::report::{CountedTask, Material, Query};
use crate::aggregate::repository::Repository;
use crate::aggregate::sensitivity::OtherHours;
use crate::aggregate::worth;
use crate::audit::measured::Measured;
use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::link::Link;
use crate::facts::quantity::Tokens;
use crate::facts::span::{self, Span};
use crate::facts::zone::Zone;

/// What views are made of.
pub(super) struct Views<'v, 'a> {
    pub(super) material: &'v Material<'a>,
    pub(super) query: &'v Query,
    pub(super) supports: &'v Supports<'a>,
    /// Where each repository is in the overview, by its name.
    pub(super) positions: &'v HashMap<&'a str, usize>,
    pub(super) sessions: &'a [SeenSession],
    pub(super) calibration: &'v Calibration,
    pub(super) lines: &'v TaskLines<'a>,
}

/// The sessions of an overview.
#[derive(Default)]
pub(super) struct Sessions {
    pub(super) views: Vec<SessionView>,
    /// Where each is among these, by its position in the input.
    places: HashMap<usize, usize>,
    /// Those that were active on each day.
    pub(super) of_day: BTreeMap<NaiveDate, Vec<usize>>,
}

impl Views<'_, '_> {
    /// The sessions that the query selects, and those of the tasks.
    pub(super) fn sessions(&self, tasks: &[CountedTask<'_>]) -> Sessions {
        let counted: HashSet<&SessionId> =
            (self.material.sessions(self.query).map(|session| &session.id)).collect();
        let of_tasks: BTreeSet<usize> = tasks.iter().flat_map(|task| self.of_task(task)).collect();
        let mut found: Vec<(usize, &SeenSession, BTreeSet<NaiveDate>)> = Vec::new();
        for (at, session) in self.sessions.iter().enumerate() {
            let parts = session.parts(self.query.zone).into_iter();
            let days = parts
                .map(|part| part.day)
                .filter(|day| self.query.period.contains(*day));
            let days: BTreeSet<NaiveDate> = match counted.contains(&session.id) {
                true => days.collect(),
                false => BTreeSet::new(),
            };
            if !days.is_empty() || of_tasks.contains(&at) {
                found.push((at, session, days));
            }
        }
        found.sort_by(|(_, a, _), (_, b, _)| (a.span.start, &a.id).cmp(&(b.span.start, &b.id)));
        let mut sessions = Sessions::default();
        for (place, (at, session, days)) in found.into_iter().enumerate() {
            sessions.views.push(self.session(session));
            sessions.places.insert(at, place);
            for day in days {
                sessions.of_day.entry(day).or_default().push(place);
            }
        }
        sessions
    }

    /// The positions, in the input, of the sessions that a task names and of those that made its commits.
    fn of_task(&self, task: &CountedTask<'_>) -> BTreeSet<usize> {
        let named = task.placed.task.sessions.iter().collect();
        let mut all = self.supports.index.named(&named);
        all.extend(self.supports.index.makers(&task.placed.commits));
        all
    }

    fn session(&self, session: &SeenSession) -> SessionView {
        let home = self.material.home(session);
        SessionView {
            agent: session.id.agent.clone(),
            id: session.id.id.clone(),
            models: session.models.clone(),
            origin: session.origin,
            repo: home.and_then(|home| self.positions.get(home.name.as_str()).copied()),
            span: session.span,
            worked: span::union(session.worked.iter().copied()),
            is_by_day: session.is_by_day(),
            agent_minutes: session.most_agent_minutes(),
            agent_minutes_low: session.agent_minutes_low(),
            wall_minutes: session.wall_minutes(),
            commits: session.made().count(),
        }
    }

    /// The commits of tasks, and all that the query selects on days with a task or a session, with the position of each.
    pub(super) fn commits(
        &self,
        tasks: &[CountedTask<'_>],
        seen: &Sessions,
    ) -> (Vec<CommitView>, HashMap<ObjectId, usize>) {
        let days: HashSet<NaiveDate> = (tasks.iter().map(|task| task.day))
            .chain(seen.of_day.keys().copied())
            .collect();
        let of_tasks = tasks.iter().flat_map(|task| &task.placed.commits);
        let of_tasks = of_tasks.filter_map(|commit| self.material.commit(*commit));
        let of_days = self.material.commits(self.query);
        let of_days = of_days.filter(|(_, commit)| days.contains(&day(commit, self.query.zone)));
        let mut found: HashMap<ObjectId, CommitView> = HashMap::new();
        for (repo, commit) in of_tasks.chain(of_days) {
            if let Some(at) = self.positions.get(repo.name.as_str()) {
                let view = found.entry(commit.id);
                view.or_insert_with(|| self.commit(repo, *at, commit));
            }
        }
        let mut views: Vec<CommitView> = found.into_values().collect();
        views.sort_by_key(|view| (view.at, view.id));
        let places = views.iter().enumerate().map(|(at, view)| (view.id, at)).collect();
        (views, places)
    }

    fn commit(&self, repo: &Repository, at: usize, commit: &Commit) -> CommitView {
        let signs = commit.origin.evidence().iter();
        CommitView {
            id: commit.id,
            repo: at,
            author: commit.author.name.clone(),
            at: commit.author_time.seconds,
            state: commit.origin.state(),
            evidence: signs
                .filter(|sign| !sign.rule.is_of_person())
                .map(|sign| sign.rule.clone())
                .collect(),
            lines_added: commit.lines.map(|lines| lines.added),
            lines_removed: commit.lines.map(|lines| lines.removed),
            lines_standing: self.supports.standing(repo, commit.id),
        }
    }

    /// The positions of the commits of each day that the query selects.
    pub(super) fn by_day(
        &self,
        commits: &[CommitView],
        places: &HashMap<ObjectId, usize>,
    ) -> BTreeMap<NaiveDate, Vec<usize>> {
        let mut days: BTreeMap<NaiveDate, Vec<usize>> = BTreeMap::new();
        let selected = self.material.commits(self.query);
        let mut selected: Vec<usize> = selected
            .filter_map(|(_, commit)| places.get(&commit.id).copied())
            .collect();
        selected.sort_unstable();
        for at in selected {
            if let Some(view) = commits.get(at) {
                days.entry(self.query.zone.day(view.at)).or_default().push(at);
            }
        }
        days
    }

    /// The tasks in their order.
    pub(super) fn tasks(
        &self,
        tasks: Vec<CountedTask<'_>>,
        seen: &Sessions,
        places: &HashMap<ObjectId, usize>,
        mut sums: HashMap<TaskId, Measures>,
    ) -> Vec<TaskView> {
        let mut views: Vec<TaskView> = tasks
            .into_iter()
            .filter_map(|task| {
                let repo = *self.positions.get(task.repo.name.as_str())?;
                let measures = sums.remove(&task.placed.task.id)?;
                Some(self.task(&task, repo, measures, seen, places))
            })
            .collect();
        views.sort_by(|a, b| {
            let factors = highest_first(a.measures.leverage_factor, b.measures.leverage_factor);
            a.day.cmp(&b.day).then(factors).then(a.task.id.cmp(&b.task.id))
        });
        views
    }

    fn task(
        &self,
        task: &CountedTask<'_>,
        repo: usize,
        measures: Measures,
        seen: &Sessions,
        places: &HashMap<ObjectId, usize>,
    ) -> TaskView {
        let placed = task.placed;
        let effort = self.material.effort(&placed.task);
        let measured = self.supports.measured(task);
        let logged = measured.map(Measured::most_agent_minutes);
        let here = |commit: &ObjectId| places.get(commit).copied();
        let is_missing = |commit: &&ObjectId| here(commit).is_none() && !self.supports.has(**commit);
        TaskView {
            task: placed.task.clone(),
            earlier: placed.earlier.clone(),
            day: task.day,
            repo,
            measures,
            agent: effort.agent,
            agent_low: effort.agent_low,
            supervisory: effort.supervisory,
            tokens: effort.tokens,
            logged,
            logged_factor: factor(placed.task.estimate.hours, logged),
            logged_supervision: measured.and_then(Measured::supervision),
            logged_tokens: measured
                .and_then(|measured| measured.tokens)
                .map(|tokens| Tokens(tokens.round() as u64)),
            opinions: placed.opinions.clone(),
            is_given_before: self.is_given_before(task),
            other_hours: self.other_hours(task),
            has_session_minutes: self.material.has_session_minutes(placed.task.id),
            support: self.supports.of(task, measured),
            commits: placed.commits.iter().filter_map(here).collect(),
            missing_commits: placed.commits.iter().filter(is_missing).copied().collect(),
            sessions: self.sessions_of(task, seen),
            findings: Vec::new(),
            level: None,
        }
    }

    /// Whether the hours of a task were given before its first commit and its first session, by what its lines say of themselves.
    /// Without some of these it is unknown when the work began.
    fn is_given_before(&self, task: &CountedTask<'_>) -> bool {
        let placed = task.placed;
        let named: BTreeSet<&SessionId> = placed.task.sessions.iter().collect();
        if self.supports.index.named(&named).len() < named.len() {
            return false;
        }
        let sessions = self.of_task(task).into_iter();
        let sessions = sessions.filter_map(|at| self.sessions.get(at));
        let sessions = sessions.map(|session| Some(session.longest_span().start.seconds()));
        let commits = placed.commits.iter().map(|commit| {
            let (_, commit) = self.material.commit(*commit)?;
            Some(commit.author_time.seconds)
        });
        let starts: Option<Vec<i64>> = sessions.chain(commits).collect();
        let began = starts.and_then(|starts| starts.into_iter().min());
        let revisions = placed.earlier.iter().chain([&placed.task]);
        let revisions = revisions.map(|task| (task.at.timestamp(), task.estimate.hours));
        worth::is_given_before(revisions, placed.task.estimate.hours, began)
    }

    /// What its range, opinions on it, the calibration of its estimator and models say of the hours of a task.
    fn other_hours(&self, task: &CountedTask<'_>) -> OtherHours {
        let placed = task.placed;
        let models = self
            .lines
            .models(self.material, task, self.query.work.hours_per_day);
        let estimate = &placed.task.estimate;
        let spread = Spread::of(estimate, &placed.opinions);
        let correction = self.calibration.correction(estimate);
        OtherHours {
            low: estimate.low,
            lowest: spread.map(|spread| spread.lowest),
            median: spread.map(|spread| spread.median),
            calibrated: correction.map(|correction| {
                let [_, likely, _] = correction.of_hours(estimate.hours);
                likely
            }),
            pace: models.and_then(|models| Some(models.pace?.hours)),
            sloc: models.and_then(|models| models.sloc),
            cocomo: models.and_then(|models| models.cocomo),
        }
    }

    fn sessions_of(&self, task: &CountedTask<'_>, seen: &Sessions) -> Vec<TaskSession> {
        let own: HashSet<ObjectId> = task.placed.commits.iter().copied().collect();
        let mut found = Vec::new();
        for at in self.of_task(task) {
            let (Some(place), Some(session)) = (seen.places.get(&at), self.sessions.get(at)) else {
                continue;
            };
            let links = session.made().map(|(_, link)| link);
            let links: Vec<&Link> = links.filter(|link| own.contains(&link.commit)).collect();
            match links.as_slice() {
                [] => found.push(TaskSession::named(*place)),
                links => found.extend(links.iter().map(|link| TaskSession::linked(*place, link))),
            }
        }
        found.sort_by_key(|session| session.session);
        found
    }
}

impl TaskSession {
    /// One that the task only names.
    fn named(session: usize) -> Self {
        Self {
            session,
            commit: None,
            rung: None,
            confidence: None,
            evidence: Vec::new(),
            share: None,
        }
    }

    fn linked(session: usize, link: &Link) -> Self {
        Self {
            session,
            commit: Some(link.commit),
            rung: Some(link.rung),
            confidence: Some(link.confidence),
            evidence: link.evidence.clone(),
            share: Some(link.share),
        }
    }
}

impl SessionView {
    /// When its agents worked on a day: disjoint, ascending.
    pub fn worked_on(&self, day: NaiveDate, zone: Zone) -> Vec<Span> {
        let pieces = self.worked.iter().flat_map(|span| zone.split(*span));
        let on_day = pieces.filter(|(own, _)| *own == day);
        on_day.map(|(_, span)| span).collect()
    }

    /// The part from its first to its last event that is on a day; `None` if nothing is.
    pub fn span_on(&self, day: NaiveDate, zone: Zone) -> Option<Span> {
        let pieces = zone.split(self.span).into_iter();
        let mut on_day = pieces.filter(|(own, _)| *own == day).map(|(_, span)| span);
        let first = on_day.next()?;
        Some(on_day.fold(first, |all, span| Span::new(all.start, span.end)))
    }
}

fn day(commit: &Commit, zone: Zone) -> NaiveDate {
    zone.day(commit.author_time.seconds)
}

/// The highest first, unknown ones last.
fn highest_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}
