//! The report: tasks and commits of many repositories, each counted once, summed by day, repository or another dimension.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use chrono::NaiveDate;
use rayon::prelude::*;
use regex::Regex;
use serde::Serialize;

use super::calibration::Calibration;
use super::copies::{Copies, Shared};
use super::effort::{Effort, Spent, TaskEffort};
use super::estimates::Counted;
use super::families::{self, InRepository};
use super::group::{Dimension, Grouping, Key};
use super::groups::{CommitSum, Groups, Needs};
use super::measures::{Measures, Tally};
use super::models::{ModelHours, Requested};
use super::pace::{Pace, RepoPace, pace};
use super::repository::{PlacedTask, Repository};
use crate::correlate::seen::{Part, SeenSession};
use crate::facts::commit::{Commit, Instant};
use crate::facts::commits::{Commits, Wanted};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::files::FileClass;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::lineage::Lineage;
use crate::facts::link::Link;
use crate::facts::quantity::{Hours, WorkTime};
use crate::facts::task::Task;
use crate::facts::zone::{Period, Zone};

/// The name and version of the format.
pub const SCHEMA: &str = "git-leverage.report/1";

/// Whose work is asked for, by a pattern for `Name <mail>`.
#[derive(Debug, Clone)]
pub enum Authors {
    /// The same in every repository.
    Like(Regex),
    /// A pattern for each repository, by its path: who one is there is for that repository alone to say.
    InEach(HashMap<String, Regex>),
}

impl Authors {
    pub fn takes(&self, repo: &str, author: &str) -> bool {
        match self {
            Self::Like(pattern) => pattern.is_match(author),
            Self::InEach(patterns) => patterns.get(repo).is_some_and(|pattern| pattern.is_match(author)),
        }
    }
}

/// What is asked of a report.
#[derive(Debug, Clone)]
pub struct Query {
    /// The dimensions, outermost first. Empty for only the totals.
    pub by: Vec<Dimension>,
    /// The zone of the days.
    pub zone: Zone,
    /// Which days.
    pub period: Period,
    /// The current day, which ends a period without an end.
    pub today: Option<NaiveDate>,
    /// The authors.
    pub author: Option<Authors>,
    /// The agent.
    pub agent: Option<String>,
    /// The order of the rows; `None` for the default.
    pub sort: Option<SortBy>,
    /// The most rows to keep.
    pub limit: Option<usize>,
    /// The length of a working week.
    pub work: WorkTime,
    /// The models that estimate work without a task from its lines.
    pub models: Requested,
    /// Whether to correct hours by what their estimators' tasks by hand took.
    pub calibrated: bool,
}

/// The order of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortBy {
    /// By name or date, ascending.
    Key,
    /// By a field of [`Measures`], largest first, unknown last.
    Measure(String),
}

/// The query and its result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The zone of the days.
    pub zone: Zone,
    /// The first day, if one was given.
    pub since: Option<NaiveDate>,
    /// The last day, if one was given.
    pub until: Option<NaiveDate>,
    /// The current day.
    #[serde(skip)]
    pub today: Option<NaiveDate>,
    /// The dimensions, outermost first.
    pub group_by: Vec<Dimension>,
    /// The rows within the limit.
    pub rows: Vec<Row>,
    /// Everything in the period, each task and commit once, whichever rows are shown.
    pub totals: Measures,
    /// How many of these tasks an agent estimated.
    pub estimates_by_agents: u64,
    /// If requested, what the estimates of each estimator are worth.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// If requested, the pace of people in each repository.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pace: Vec<RepoPace>,
    /// Which estimates count, if not those that were claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimates: Option<Counted>,
    /// What the numbers or the rows leave out.
    pub left_out: LeftOut,
    /// How each repository was read.
    pub repos: Vec<RepoStatus>,
    /// Sentences about commits that are in several repositories.
    #[serde(skip)]
    pub copies: Vec<String>,
    /// The warnings.
    pub warnings: Vec<Warning>,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The key.
    pub key: Key,
    /// The title, if the row is a task. Untrusted text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The day, if the row is a task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<NaiveDate>,
    /// The agent that estimated, or `person`, if the row is a task. Untrusted text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimator: Option<String>,
    /// Its sums and factors.
    #[serde(flatten)]
    pub measures: Measures,
}

/// What the numbers leave out.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct LeftOut {
    /// Tasks that the leverage factor leaves out.
    pub tasks_without_agent_minutes: u64,
    /// Tasks that the supervisory factor leaves out.
    pub tasks_without_supervisory_minutes: u64,
    /// Tasks that the wall and all-in factors leave out; `None` if no session was seen.
    pub tasks_without_sessions: Option<u64>,
    /// Tasks that the calibrated factor leaves out, if one was requested: their estimators have too few tasks by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tasks_without_calibration: Option<u64>,
    /// Commits without a task that the columns by pace leave out, if they were requested: no pace is known of their repositories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commits_without_pace: Option<u64>,
    /// Commits without a task.
    pub commits_without_task: u64,
    /// Commits, except merges, whose lines could not be read.
    pub commits_without_lines: u64,
    /// By session: commits without a linked session, which are in no row.
    pub commits_without_session: Option<u64>,
    /// By session: the hours of tasks without a linked session, which are in no row.
    pub human_hours_without_session: Option<Hours>,
    /// Rows beyond the limit.
    pub rows: usize,
}

/// How a repository was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepoStatus {
    /// Its name.
    pub name: String,
    /// Its path.
    pub path: String,
    /// How much of it was read.
    pub status: Status,
    /// Why it was not read completely.
    pub reason: Option<String>,
    /// The repository that has all of its commits; they count there.
    pub copy_of: Option<String>,
    /// The repository that has some of its commits; these count there.
    pub shares: Option<Shared>,
}

/// Sums up what was read. `sessions` are those that worked in the repositories, which they name by their position in `repos`.
pub fn report(repos: &[Repository], sessions: &[SeenSession], query: &Query) -> Report {
    Material::new(repos, sessions).report(query)
}

/// What reports are made of: every task and commit once, and what sessions took of them. Several reports can share it.
pub struct Material<'a> {
    repos: &'a [Repository],
    sessions: &'a [SeenSession],
    copies: Copies,
    /// Each with the repository where it counts.
    tasks: Vec<(&'a Repository, &'a PlacedTask)>,
    commits: CommitsOnce<'a>,
    made: HashMap<ObjectId, Made<'a>>,
    effort: Effort<'a>,
}

/// A task that counts.
#[derive(Debug, Clone, Copy)]
pub struct CountedTask<'a> {
    /// The repository where it counts.
    pub repo: &'a Repository,
    /// The task and its commits.
    pub placed: &'a PlacedTask,
    /// The day that it counts on.
    pub day: NaiveDate,
}

impl<'a> Material<'a> {
    /// Prepares what was read, as for [`report`].
    pub fn new(repos: &'a [Repository], sessions: &'a [SeenSession]) -> Self {
        let copies = copies(repos);
        let tasks = tasks_once(repos, &copies);
        let commits = CommitsOnce::of(repos, &copies);
        let placed: Vec<&PlacedTask> = tasks.iter().map(|(_, placed)| *placed).collect();
        Self {
            repos,
            sessions,
            made: made(repos, &commits, sessions),
            effort: Effort::new(sessions, &placed),
            tasks,
            commits,
            copies,
        }
    }

    /// Sums it up.
    pub fn report(&self, query: &Query) -> Report {
        let selection = self.selection(query);
        let placed: Vec<&PlacedTask> = self.tasks.iter().map(|(_, placed)| *placed).collect();
        let calibration = query.calibrated.then(|| Calibration::of(self.repos));
        let mut sums = Sums::new(query, &placed, &self.effort, calibration);
        sums.set_aside = self
            .repos
            .iter()
            .flat_map(|repo| repo.set_aside.iter().copied())
            .collect();
        if query.models.pace {
            sums.set_paces(self.paces());
        }
        for (repo, placed) in &self.tasks {
            let author = selection.author_of(placed);
            let day = selection.day_of(placed);
            let agents = sums.grouping.agents_of(&placed.task);
            if selection.takes_task(repo, day, author, &agents) {
                sums.add_task(repo, placed, day, author);
            }
        }
        sums.add_commits(&self.commits, &selection);
        let places = self.places();
        for session in self.sessions {
            let made = selection.made_in(session);
            if selection.takes_session(session, made) {
                sums.add_session(&places, session, made.map(|made| made.author.as_str()));
            }
        }
        sums.into_report(self.repos, &self.copies)
    }

    /// The pace of people in each repository, in all of its history. Copies have that of what they are copies of.
    pub fn paces(&self) -> Vec<RepoPace> {
        let is_original = |at: &usize| self.copies.representative(*at) == *at;
        let repos = (0..self.repos.len())
            .filter(is_original)
            .map(|at| &self.repos[at]);
        repos
            .map(|repo| RepoPace::new(repo, pace(self.best_of(repo))))
            .collect()
    }

    /// The commits of a repository, with the best that any clone knows of them.
    fn best_of<'m>(&'m self, repo: &'m Repository) -> impl Iterator<Item = &'m Commit> {
        let best = |commit: &'m Commit| self.commits.get(commit.id).map_or(commit, |(_, best)| best);
        repo.commits.iter().map(best)
    }

    /// All tasks, whatever is selected.
    pub fn all_tasks(&self) -> impl Iterator<Item = &'a PlacedTask> {
        self.tasks.iter().map(|(_, placed)| *placed)
    }

    /// The tasks that a query selects, whatever their agent.
    pub fn tasks<'q>(&'q self, query: &'q Query) -> impl Iterator<Item = CountedTask<'a>> + 'q {
        let selection = self.selection(query);
        self.tasks.iter().filter_map(move |(repo, placed)| {
            let day = selection.day_of(placed);
            let is_taken =
                query.period.contains(day) && selection.takes_author(&repo.path, selection.author_of(placed));
            is_taken.then_some(CountedTask { repo, placed, day })
        })
    }

    /// The commits that a query selects, each with the repository where it counts.
    pub fn commits<'q>(&'q self, query: &'q Query) -> impl Iterator<Item = (&'a Repository, &'q Commit)> {
        let selection = self.selection(query);
        let all = self.commits.iter();
        all.filter(move |(repo, commit)| selection.takes_commit(repo, commit))
    }

    /// The sessions that a query selects, on any day.
    pub fn sessions<'q>(&'q self, query: &'q Query) -> impl Iterator<Item = &'a SeenSession> + 'q {
        let selection = self.selection(query);
        let taken =
            move |session: &&SeenSession| selection.takes_session(session, selection.made_in(session));
        self.sessions.iter().filter(taken)
    }

    /// A commit by its id, with the repository where it counts.
    pub fn commit(&self, id: ObjectId) -> Option<(&'a Repository, &Commit)> {
        self.commits.get(id)
    }

    /// The repository where what a session did not commit counts.
    pub fn home(&self, session: &SeenSession) -> Option<&'a Repository> {
        self.places().of(session, None)
    }

    /// What a task took.
    pub fn effort(&self, task: &Task) -> TaskEffort {
        self.effort.figures(task)
    }

    /// Whether any session has agent minutes for a task, as the wall and all-in factors take it.
    pub fn has_session_minutes(&self, task: TaskId) -> bool {
        let spent = self.effort.of_task(task);
        spent.and_then(Spent::minutes).is_some()
    }

    fn selection<'q>(&'q self, query: &'q Query) -> Selection<'q> {
        Selection {
            query,
            commits: &self.made,
        }
    }

    fn places(&self) -> Places<'_, 'a> {
        Places {
            repos: self.repos,
            copies: &self.copies,
            made: &self.made,
        }
    }
}

/// The days in `zone` with a commit or a task.
pub fn days(repos: &[Repository], zone: Zone) -> BTreeSet<NaiveDate> {
    let tasks = || repos.iter().flat_map(|repo| &repo.tasks);
    let wanted: Wanted = tasks()
        .flat_map(|placed| placed.commits.iter().copied())
        .collect();
    let mut times: HashMap<ObjectId, Instant> = HashMap::new();
    let mut days = BTreeSet::new();
    for repo in repos {
        let authored = repo.commits.authored(&wanted);
        times.extend(authored.into_iter().map(|(commit, _, at)| (commit, at)));
        for section in repo.commits.sections() {
            section.load().visit(&[], &mut |seen| {
                days.insert(zone.day(seen.seconds));
            });
        }
    }
    let day =
        |placed: &PlacedTask| (placed.task).day(&placed.commits, |commit| times.get(commit).copied(), zone);
    days.extend(tasks().map(day));
    days
}

/// Finds the repositories that are copies of each other.
pub fn copies(repos: &[Repository]) -> Copies {
    let lineages: Vec<&Lineage> = repos.iter().map(|repo| &repo.lineage).collect();
    let commits: Vec<&Commits> = repos.iter().map(|repo| &repo.commits).collect();
    Copies::of_histories(&lineages, &commits)
}

/// Every commit once, with the best that any clone knows of it.
pub struct CommitsOnce<'a> {
    /// The repositories in the order in which they count, those that may share commits together.
    families: Vec<Vec<&'a Repository>>,
    /// In the order in which they count.
    order: Vec<(&'a Repository, bool)>,
    /// The commits themselves, once one is asked for.
    built: OnceLock<Built<'a>>,
}

/// The commits of all repositories, one by one.
#[derive(Default)]
struct Built<'a> {
    /// The repositories in the order in which they count, each with those of its commits that count in it; `None` for all.
    parts: Vec<(&'a Repository, Option<Vec<&'a Commit>>)>,
    /// The commits of repositories that share some, with the repository where each counts.
    shared: HashMap<ObjectId, (&'a Repository, &'a Commit)>,
    /// Commits of which another repository knows more.
    better: HashMap<ObjectId, Commit>,
    /// The commits of the other repositories, once one is asked for.
    others: OnceLock<HashMap<ObjectId, (&'a Repository, &'a Commit)>>,
}

impl<'a> CommitsOnce<'a> {
    /// The commits of all repositories.
    pub fn of(repos: &'a [Repository], copies: &Copies) -> Self {
        let groups = copies.families();
        let apart: HashSet<usize> = groups
            .iter()
            .filter_map(|group| match group.as_slice() {
                [only] => Some(*only),
                _ => None,
            })
            .collect();
        let families = groups
            .into_iter()
            .map(|group| group.into_iter().filter_map(|at| repos.get(at)).collect());
        let order = copies.order().iter();
        Self {
            families: families.collect(),
            order: order
                .filter_map(|at| Some((repos.get(*at)?, apart.contains(at))))
                .collect(),
            built: OnceLock::new(),
        }
    }

    fn built(&self) -> &Built<'a> {
        self.built.get_or_init(|| {
            let mut built = Built::default();
            for (repo, is_apart) in &self.order {
                let own = match is_apart {
                    true => None,
                    false => Some(built.add(repo)),
                };
                built.parts.push((repo, own));
            }
            built
        })
    }

    /// The commits, each with the repository where it counts.
    pub fn iter(&self) -> impl Iterator<Item = (&'a Repository, &Commit)> {
        self.built().iter()
    }

    /// A commit, with the repository where it counts.
    fn get(&self, commit: ObjectId) -> Option<(&'a Repository, &Commit)> {
        self.built().get(commit)
    }
}

impl<'a> Built<'a> {
    /// Adds the commits of a repository that shares some; returns those that count in it.
    fn add(&mut self, repo: &'a Repository) -> Vec<&'a Commit> {
        let mut own = Vec::new();
        for commit in &repo.commits {
            match self.shared.get(&commit.id) {
                Some((_, known)) => self.learn(known, commit),
                None => {
                    self.shared.insert(commit.id, (repo, commit));
                    own.push(commit);
                }
            }
        }
        own
    }

    fn learn(&mut self, first: &Commit, again: &Commit) {
        let known = self.better.get(&first.id).unwrap_or(first);
        if let Some(better) = known.known_better(again) {
            self.better.insert(first.id, better);
        }
    }

    fn iter(&self) -> impl Iterator<Item = (&'a Repository, &Commit)> {
        self.parts.iter().flat_map(|(repo, own)| {
            let (all, own): (&'a [Commit], &[&'a Commit]) = match own {
                None => (&repo.commits, &[]),
                Some(own) => (&[], own),
            };
            let own = own.iter().map(|commit| self.best_of(commit));
            all.iter().chain(own).map(|commit| (*repo, commit))
        })
    }

    fn best_of<'s>(&'s self, commit: &'a Commit) -> &'s Commit
    where
        'a: 's,
    {
        self.better.get(&commit.id).unwrap_or(commit)
    }

    fn get(&self, commit: ObjectId) -> Option<(&'a Repository, &Commit)> {
        if let Some((repo, first)) = self.shared.get(&commit) {
            return Some((repo, self.best_of(first)));
        }
        let others = self.others.get_or_init(|| {
            let apart = self.parts.iter().filter(|(_, own)| own.is_none());
            let commits = apart.flat_map(|(repo, _)| repo.commits.iter().map(|commit| (*repo, commit)));
            commits
                .map(|(repo, commit)| (commit.id, (repo, commit)))
                .collect()
        });
        others.get(&commit).copied()
    }
}

/// Decides in which repository the parts of sessions count.
struct Places<'p, 'a> {
    repos: &'a [Repository],
    copies: &'p Copies,
    made: &'p HashMap<ObjectId, Made<'a>>,
}

impl<'a> Places<'_, 'a> {
    /// The repository of the commit that the part led to, else the one where the session worked. Never a copy, whose commits
    /// count elsewhere.
    fn of(&self, session: &SeenSession, link: Option<&(usize, Link)>) -> Option<&'a Repository> {
        let of_commit = link.and_then(|(_, link)| Some(self.made.get(&link.commit)?.repo));
        let worked_in = link.map_or(session.home, |(repo, _)| *repo);
        of_commit.or_else(|| self.repos.get(self.copies.representative(worked_in)))
    }
}

/// Every task once, in its highest revision, with the repository that has it: of several, the one that knows most of its
/// commits, and of copies, their representative.
pub(super) fn tasks_once<'a>(
    repos: &'a [Repository],
    copies: &Copies,
) -> Vec<(&'a Repository, &'a PlacedTask)> {
    let mut best: HashMap<TaskId, (&Repository, &PlacedTask)> = HashMap::new();
    for at in copies.order() {
        let (Some(repo), Some(home)) = (repos.get(*at), repos.get(copies.representative(*at))) else {
            continue;
        };
        for placed in &repo.tasks {
            let known = best.entry(placed.task.id).or_insert((home, placed));
            let worth = |placed: &PlacedTask| (placed.task.rev, placed.task.at, placed.commits.len());
            if worth(placed) > worth(known.1) {
                *known = (home, placed);
            }
        }
    }
    let mut tasks: Vec<_> = best.into_values().collect();
    tasks.sort_unstable_by_key(|(_, placed)| (placed.task.date, placed.task.id));
    tasks
}

/// The author of a commit, the repository where it counts, and its time.
struct Made<'a> {
    author: String,
    repo: &'a Repository,
    at: Instant,
}

/// The authors and times of the commits of tasks and sessions.
fn made<'a>(
    repos: &[Repository],
    commits: &CommitsOnce<'a>,
    sessions: &[SeenSession],
) -> HashMap<ObjectId, Made<'a>> {
    let of_sessions = sessions
        .iter()
        .flat_map(|session| &session.links)
        .map(|(_, link)| link.commit);
    let wanted: Wanted = repos
        .iter()
        .flat_map(|repo| &repo.tasks)
        .flat_map(|placed| placed.commits.iter().copied())
        .chain(of_sessions)
        .collect();
    let mut made = HashMap::new();
    let found: Vec<_> = commits
        .order
        .par_iter()
        .map(|(repo, _)| repo.commits.authored(&wanted))
        .collect();
    for ((repo, _), authored) in commits.order.iter().zip(found) {
        for (commit, author, at) in authored {
            // The first that has it is the one where it counts.
            made.entry(commit).or_insert_with(|| Made {
                author: author.to_string(),
                repo,
                at,
            });
        }
    }
    made
}

/// Decides which tasks and commits a query selects.
struct Selection<'a> {
    query: &'a Query,
    commits: &'a HashMap<ObjectId, Made<'a>>,
}

impl Selection<'_> {
    /// The author of the task's first commit, else the person who recorded it.
    fn author_of<'t>(&'t self, placed: &'t PlacedTask) -> &'t str {
        let made = placed.commits.first().and_then(|commit| self.commits.get(commit));
        made.map_or(placed.task.by.as_str(), |made| made.author.as_str())
    }

    /// The day that the task counts on.
    fn day_of(&self, placed: &PlacedTask) -> NaiveDate {
        let author_time = |commit: &ObjectId| Some(self.commits.get(commit)?.at);
        placed.task.day(&placed.commits, author_time, self.query.zone)
    }

    /// The commit with the largest share of the session; `None` if no commit is known.
    fn made_in(&self, session: &SeenSession) -> Option<&Made<'_>> {
        let made = session
            .made()
            .filter_map(|(_, link)| Some((link, self.commits.get(&link.commit)?)));
        let most = made.max_by(|(a, _), (b, _)| (a.share.total_cmp(&b.share)).then(b.commit.cmp(&a.commit)));
        most.map(|(_, made)| made)
    }

    fn takes_session(&self, session: &SeenSession, made: Option<&Made<'_>>) -> bool {
        made.map_or(self.query.author.is_none(), |made| {
            self.takes_author(&made.repo.path, &made.author)
        }) && self.takes_agents(std::iter::once(session.id.agent.as_str()))
    }

    fn takes_task(&self, repo: &Repository, day: NaiveDate, author: &str, agents: &[Option<String>]) -> bool {
        self.query.period.contains(day)
            && self.takes_author(&repo.path, author)
            && self.takes_agents(agents.iter().flatten().map(String::as_str))
    }

    fn takes_commit(&self, repo: &Repository, commit: &Commit) -> bool {
        self.query
            .period
            .contains(self.query.zone.day(commit.author_time.seconds))
            && (self.query.author.is_none() || self.takes_author(&repo.path, &commit.author.to_string()))
            && self.takes_agents(commit.origin.agents().into_iter())
    }

    fn takes_author(&self, repo: &str, author: &str) -> bool {
        self.query
            .author
            .as_ref()
            .is_none_or(|wanted| wanted.takes(repo, author))
    }

    fn takes_agents<'s>(&self, mut agents: impl Iterator<Item = &'s str>) -> bool {
        self.query
            .agent
            .as_deref()
            .is_none_or(|wanted| agents.any(|agent| agent == wanted))
    }
}

/// The sums of a report while it is built.
struct Sums<'a> {
    query: &'a Query,
    grouping: Grouping<'a>,
    effort: &'a Effort<'a>,
    rows: HashMap<Key, Tally<'a>>,
    labels: HashMap<String, (&'a Task, NaiveDate)>,
    estimates_by_agents: u64,
    calibration: Option<Calibration>,
    /// The commits of tasks that are left out.
    set_aside: HashSet<ObjectId>,
    paces: Vec<RepoPace>,
    totals: Tally<'a>,
    left_out: LeftOut,
}

impl<'a> Sums<'a> {
    fn new(
        query: &'a Query,
        tasks: &[&'a PlacedTask],
        effort: &'a Effort<'a>,
        calibration: Option<Calibration>,
    ) -> Self {
        let by_session = query.by.contains(&Dimension::Session);
        Self {
            query,
            grouping: Grouping::new(&query.by, query.zone, tasks, effort),
            effort,
            rows: HashMap::new(),
            labels: HashMap::new(),
            estimates_by_agents: 0,
            set_aside: HashSet::new(),
            paces: Vec::new(),
            totals: Tally::default(),
            left_out: LeftOut {
                tasks_without_calibration: calibration.as_ref().map(|_| 0),
                commits_without_session: by_session.then_some(0),
                human_hours_without_session: by_session.then(Hours::default),
                ..LeftOut::default()
            },
            calibration,
        }
    }

    fn set_paces(&mut self, paces: Vec<RepoPace>) {
        self.paces = paces;
        self.left_out.commits_without_pace = Some(0);
    }

    fn add_task(&mut self, repo: &Repository, placed: &'a PlacedTask, day: NaiveDate, author: &str) {
        let task = &placed.task;
        let keys = |session| self.grouping.of_task(repo, placed, day, author, session);
        let spent = self.effort.of_task(task.id);
        let effort = self.effort.figures(task);
        let calibration = self.calibration.as_ref();
        let correction = calibration.and_then(|calibration| calibration.correction(&task.estimate));
        if self.query.by.contains(&Dimension::Session) {
            for (session, part, alone) in spent.into_iter().flat_map(Spent::apart) {
                let done = task.part(part);
                let effort = self.effort.figures_in(&done, session, part, &alone);
                for key in keys(Some(session)) {
                    let row = self.rows.entry(key).or_default();
                    row.add_task(&done, effort, Some(&alone));
                    if let Some(by) = correction {
                        row.add_calibrated(&done, effort, by);
                    }
                }
            }
        } else {
            for key in keys(None) {
                let row = self.rows.entry(key).or_default();
                row.add_task(task, effort, spent);
                if let Some(by) = correction {
                    row.add_calibrated(task, effort, by);
                }
            }
        }
        if let Some(hours) = self.left_out.human_hours_without_session.as_mut()
            && spent.is_none()
        {
            *hours += task.estimate.hours;
        }
        if self.query.by.contains(&Dimension::Task) {
            self.labels.insert(task.id.to_string(), (task, day));
        }
        self.estimates_by_agents += u64::from(task.estimate.estimator.is_some());
        self.totals.add_task(task, effort, spent);
        if let Some(by) = correction {
            self.totals.add_calibrated(task, effort, by);
        } else if let Some(tasks) = self.left_out.tasks_without_calibration.as_mut() {
            *tasks += 1;
        }
    }

    /// Adds the commits that are selected: in sums where nothing distinguishes them, else one by one.
    fn add_commits(&mut self, commits: &CommitsOnce<'_>, selection: &Selection<'_>) {
        let query = self.query;
        let chosen = (query.author.is_some(), query.agent.is_some());
        // Hours of models are sums whose last digits depend on the order.
        if !query.models.is_empty() {
            for (repo, commit) in commits.iter() {
                self.add_each(repo, std::iter::once(commit), selection);
            }
            return;
        }
        let needs = Needs::new(&query.by, query.period, chosen);
        let own = self.grouping.with_task().chain(self.effort.commits());
        let own: Wanted = own.chain(self.set_aside.iter().copied()).collect();
        self.add_families(&commits.families, &own, needs, selection);
    }

    /// Adds the commits of families of repositories, one family after the other; those in `own` one by one.
    fn add_families(
        &mut self,
        families: &[Vec<&Repository>],
        own: &Wanted,
        needs: Needs,
        selection: &Selection<'_>,
    ) {
        let zone = self.query.zone;
        let day = |seconds| zone.day(seconds);
        let summed: Vec<Vec<(&Repository, InRepository)>> = families
            .par_iter()
            .map(|repos| families::in_family(repos, own, needs, day))
            .collect();
        let mut of_all = Groups::default();
        for (repo, InRepository { each, groups }) in summed.into_iter().flatten() {
            self.add_each(repo, each.iter(), selection);
            match needs.are_of_all() {
                true => of_all.join(groups),
                false => self.add_groups(repo, groups, selection),
            }
        }
        if let Some(repo) = families.iter().flatten().next() {
            self.add_groups(repo, of_all, selection);
        }
    }

    fn add_groups(&mut self, repo: &Repository, groups: Groups, selection: &Selection<'_>) {
        for (like, sum) in groups.into_sums() {
            if selection.takes_commit(repo, &like) {
                self.add_sum(repo, &like, &sum);
            }
        }
    }

    fn add_each<'c>(
        &mut self,
        repo: &Repository,
        commits: impl Iterator<Item = &'c Commit>,
        selection: &Selection<'_>,
    ) {
        for commit in commits {
            if selection.takes_commit(repo, commit) {
                self.add_commit(repo, commit);
            }
        }
    }

    /// Adds commits that are like one without a task and a session.
    fn add_sum(&mut self, repo: &Repository, like: &Commit, sum: &CommitSum) {
        for key in self.grouping.of_commit(repo, like) {
            self.rows.entry(key).or_default().add_commits(sum);
        }
        self.totals.add_commits(sum);
        if let Some(commits) = self.left_out.commits_without_session.as_mut() {
            *commits += sum.commits;
        }
        self.left_out.commits_without_task += sum.commits;
        self.left_out.commits_without_lines += sum.without_lines;
    }

    fn add_commit(&mut self, repo: &Repository, commit: &Commit) {
        let has_task = self.grouping.has_task(commit.id) || self.set_aside.contains(&commit.id);
        let models = (!has_task && !self.query.models.is_empty())
            .then(|| self.models(repo, commit))
            .flatten();
        let spent = self.effort.of_commit(commit.id);
        let count = |tally: &mut Tally<'a>| {
            tally.add_commit(commit);
            if let Some(hours) = &models {
                tally.add_models(hours, spent);
            }
        };
        for key in self.grouping.of_commit(repo, commit) {
            count(self.rows.entry(key).or_default());
        }
        count(&mut self.totals);
        if let Some(commits) = self.left_out.commits_without_session.as_mut() {
            *commits += u64::from(spent.is_none());
        }
        let is_without_pace = models.is_some_and(|hours| hours.lines_added > 0 && hours.pace.is_none());
        if let Some(commits) = self.left_out.commits_without_pace.as_mut() {
            *commits += u64::from(is_without_pace);
        }
        self.left_out.commits_without_task += u64::from(!has_task);
        self.left_out.commits_without_lines += u64::from(commit.lines.is_none() && !commit.is_merge());
    }

    /// The time that a person would need to write the lines of source and tests that a commit added, by each requested model.
    fn models(&self, repo: &Repository, commit: &Commit) -> Option<ModelHours> {
        let lines = commit.lines_in(FileClass::Source)? + commit.lines_in(FileClass::Test)?;
        let hours_per_day = self.query.work.hours_per_day;
        Some(
            self.query
                .models
                .hours(lines.added, self.pace_of(repo), hours_per_day),
        )
    }

    fn pace_of(&self, repo: &Repository) -> Option<&Pace> {
        let mut known = self.paces.iter();
        known.find(|known| known.path == repo.path)?.pace.as_ref()
    }

    fn add_session(&mut self, places: &Places<'_, '_>, session: &'a SeenSession, author: Option<&str>) {
        for part in session.parts(self.query.zone) {
            if !self.query.period.contains(part.day) {
                continue;
            }
            let link = part.link.and_then(|number| session.links.get(number));
            let Some(repo) = places.of(session, link) else {
                continue;
            };
            let portions = match self.query.by.iter().any(|by| by.is_of_tasks()) {
                true => (self.effort).portions(&session.id, link.map(|(_, link)| link.commit)),
                false => Cow::Borrowed(&[][..]),
            };
            let mut count = |task: Option<&Task>, part: &Part| {
                for key in self.grouping.of_part(repo, session, part.day, task, author) {
                    let model = key.value(Dimension::Model).map(str::to_owned);
                    let row = self.rows.entry(key).or_default();
                    row.add_part(session, part, model.as_deref());
                }
            };
            let mut dealt = 0.0;
            for portion in portions.iter() {
                if portion.from - dealt > NOTHING_BETWEEN {
                    count(None, &part.slice(dealt, portion.from));
                }
                count(Some(portion.task), &part.slice(portion.from, portion.to));
                dealt = portion.to;
            }
            if 1.0 - dealt > NOTHING_BETWEEN {
                count(None, &part.slice(dealt, 1.0));
            }
            self.totals.add_part(session, &part, None);
        }
    }

    fn into_report(mut self, repos: &[Repository], copies: &Copies) -> Report {
        let week = self.query.work.hours_per_week;
        let labels = std::mem::take(&mut self.labels);
        let mut rows: Vec<Row> = std::mem::take(&mut self.rows)
            .into_iter()
            .filter(|(key, tally)| !is_task_out_of_scope(key, tally))
            .map(|(key, tally)| labelled(key, &labels, tally.measures(week)))
            .collect();
        add_empty_rows(&mut rows, self.query);
        sort(&mut rows, self.query);
        let shown = self.query.limit.unwrap_or(usize::MAX).min(rows.len());
        let rows_left_out = rows.len() - shown;
        rows.truncate(shown);
        Report {
            zone: self.query.zone,
            since: self.query.period.since,
            until: self.query.period.until,
            today: self.query.today,
            group_by: self.query.by.clone(),
            rows,
            left_out: LeftOut {
                tasks_without_agent_minutes: self.totals.tasks_without_agent_time(),
                tasks_without_supervisory_minutes: self.totals.tasks_without_supervision(),
                tasks_without_sessions: self
                    .totals
                    .has_sessions()
                    .then(|| self.totals.tasks_without_sessions()),
                rows: rows_left_out,
                ..self.left_out
            },
            totals: self.totals.measures(week),
            estimates_by_agents: self.estimates_by_agents,
            calibration: self.calibration,
            pace: self.paces,
            estimates: None,
            repos: RepoStatus::of_all(repos, copies),
            copies: copies.notes(|at| &repos[at].name),
            warnings: repos.iter().flat_map(|repo| repo.warnings.clone()).collect(),
        }
    }
}

/// Portions this close to each other, as parts of a whole, are adjacent.
const NOTHING_BETWEEN: f64 = 1e-9;

/// A commit in the period may belong to a task that is not.
fn is_task_out_of_scope(key: &Key, tally: &Tally) -> bool {
    key.0.iter().any(|(dimension, _)| *dimension == Dimension::Task) && tally.tasks() == 0
}

fn labelled(key: Key, labels: &HashMap<String, (&Task, NaiveDate)>, measures: Measures) -> Row {
    let label = key
        .0
        .iter()
        .filter(|(dimension, _)| *dimension == Dimension::Task)
        .find_map(|(_, id)| labels.get(id.as_deref()?));
    Row {
        title: label.map(|(task, _)| task.title.clone()),
        estimator: label.map(|(task, _)| task.estimate.estimated_by().to_owned()),
        date: label.map(|(_, date)| *date),
        key,
        measures,
    }
}

/// The most rows that a report may have with empty ones, if the period has both ends.
const MOST_ROWS: usize = 366;
/// The same if it has not.
const MOST_ROWS_OPEN: usize = 62;

/// Adds the days, weeks or months without work, so that the calendar has no gaps: those of the period, else those from the
/// first row to the last. By repository as well, every repository has every day, but only if a period was given. A table that
/// would become too long stays as it is.
fn add_empty_rows(rows: &mut Vec<Row>, query: &Query) {
    let is_asked = query.period.since.is_some();
    let by_measure = matches!(query.sort, Some(SortBy::Measure(_)));
    let is_calendar = match query.by.as_slice() {
        [time] => time.is_time(),
        [time, Dimension::Repo] | [Dimension::Repo, time] => is_asked && time.is_time(),
        _ => false,
    };
    if by_measure || !is_calendar {
        return;
    }
    let most = match query.period.since.and(query.period.until) {
        Some(_) => MOST_ROWS,
        None => MOST_ROWS_OPEN,
    };
    // A period without an end ends today, unless the work ended long before.
    let keys = [query.today.filter(|_| is_asked), None]
        .into_iter()
        .find_map(|today| calendar(rows, query, today, most));
    let known: HashSet<Key> = rows.iter().map(|row| row.key.clone()).collect();
    let empty = Tally::default().measures(query.work.hours_per_week);
    let missing = keys.into_iter().flatten().filter(|key| !known.contains(key));
    rows.extend(missing.map(|key| labelled(key, &HashMap::new(), empty.clone())));
}

/// The keys of every day, week or month, until `today` if the period has no end; `None` without any row, and for more than `most`
/// keys, which are not built.
fn calendar(rows: &[Row], query: &Query, today: Option<NaiveDate>, most: usize) -> Option<Vec<Key>> {
    let days = spanned(rows, query, today)?;
    let values = |dimension: &Dimension| -> Vec<Option<String>> {
        let values: BTreeSet<Option<String>> = match dimension.is_time() {
            true => days.iter().map(|day| Some(dimension.of_day(*day))).collect(),
            false => rows.iter().map(|row| row.key.own(*dimension)).collect(),
        };
        values.into_iter().collect()
    };
    let values: Vec<_> = query.by.iter().map(|by| (*by, values(by))).collect();
    let count = (values.iter()).try_fold(1_usize, |count, (_, values)| count.checked_mul(values.len()))?;
    (count <= most).then(|| Key::all_of(&values))
}

/// The days that the rows cover, from first to last.
fn spanned(rows: &[Row], query: &Query, today: Option<NaiveDate>) -> Option<Vec<NaiveDate>> {
    let of_rows = rows.iter().flat_map(|row| &row.key.0);
    let of_rows: BTreeSet<NaiveDate> = of_rows
        .filter_map(|(dimension, value)| dimension.first_day(value.as_deref()?))
        .collect();
    let last = *of_rows.last()?;
    let first = query.period.since.unwrap_or(*of_rows.first()?);
    let last = query.period.until.unwrap_or(last.max(today.unwrap_or(last)));
    // The days are visited one by one: at most as many as the longest calendar of months has.
    let count = usize::try_from((last - first).num_days()).ok()?;
    (count < MOST_ROWS * 31).then(|| first.iter_days().take(count + 1).collect())
}

/// The default order: time ascending, tasks by factor, and everything else by hours and then commits.
fn sort(rows: &mut [Row], query: &Query) {
    let by_time = query.by.is_empty() || query.by.iter().any(|dimension| dimension.is_time());
    let by_task = query.by.contains(&Dimension::Task);
    match &query.sort {
        Some(SortBy::Key) => sort_by_key(rows),
        None if by_time => sort_by_key(rows),
        Some(SortBy::Measure(name)) => sort_by_most(rows, |row| vec![row.measures.number(name)]),
        None if by_task => sort_by_most(rows, |row| {
            let measures = &row.measures;
            vec![
                measures.leverage_factor,
                measures.supervisory_leverage_factor,
                measures.human_hours.map(Hours::get),
            ]
        }),
        None => sort_by_most(rows, |row| {
            vec![
                row.measures.human_hours.map(Hours::get),
                Some(row.measures.commits as f64),
            ]
        }),
    }
}

/// By name, or by title and then id if a row is a task; rows without a name come last.
fn sort_by_key(rows: &mut [Row]) {
    rows.sort_by(|a, b| {
        (a.date, &a.title)
            .cmp(&(b.date, &b.title))
            .then_with(|| compare_keys(&a.key, &b.key))
    });
}

fn sort_by_most(rows: &mut [Row], of: impl Fn(&Row) -> Vec<Option<f64>>) {
    sort_by_key(rows);
    rows.sort_by_cached_key(|row| of(row).into_iter().map(Descending).collect::<Vec<_>>());
}

fn compare_keys(a: &Key, b: &Key) -> Ordering {
    fn named(key: &Key) -> impl Iterator<Item = (bool, Option<&str>)> {
        let values = key.0.iter().map(|(_, value)| value.as_deref());
        values.map(|value| (value.is_none(), value))
    }
    named(a).cmp(named(b))
}

/// Largest first, unknown last.
struct Descending(Option<f64>);

impl Ord for Descending {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
}

impl PartialOrd for Descending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Descending {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Descending {}

impl RepoStatus {
    fn of_all(repos: &[Repository], copies: &Copies) -> Vec<Self> {
        let name = |at: usize| repos[at].name.as_str();
        let of = |(at, repo): (usize, &Repository)| Self {
            name: repo.name.clone(),
            path: repo.path.clone(),
            status: repo.status,
            reason: repo.reason.clone(),
            copy_of: copies.copy_of(at, name),
            shares: copies.shares(at, name),
        };
        repos.iter().enumerate().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::sample::{claim, commit, object, repository};
    use crate::facts::commit::{LineCounts, newest_first};
    use crate::facts::estimate::Estimator;
    use crate::facts::evidence::{Evidence, Origin};
    use crate::facts::quantity::Minutes;

    fn query(by: &[Dimension]) -> Query {
        Query {
            by: by.to_vec(),
            zone: "UTC".parse().unwrap(),
            period: Period::default(),
            today: None,
            author: None,
            agent: None,
            sort: None,
            limit: None,
            work: WorkTime::default(),
            models: Requested::default(),
            calibrated: false,
        }
    }

    /// The rows as `key: tasks hours factor commits`.
    fn lines(report: &Report) -> Vec<String> {
        report
            .rows
            .iter()
            .map(|row| {
                let keys: Vec<&str> = row
                    .key
                    .0
                    .iter()
                    .map(|(_, value)| value.as_deref().unwrap_or("–"))
                    .collect();
                let measures = &row.measures;
                format!(
                    "{}: {} {} {} {}",
                    keys.join("/"),
                    measures.tasks,
                    measures
                        .human_hours
                        .map_or("–".to_owned(), |hours| hours.to_string()),
                    measures
                        .leverage_factor
                        .map_or("–".to_owned(), |factor| format!("{factor:.1}x")),
                    measures.commits,
                )
            })
            .collect()
    }

    #[test]
    fn a_factor_takes_only_tasks_with_both_terms() {
        let mut repo = repository("kiln");
        repo.tasks = vec![
            claim(1, "2026-03-01", 40.0).agent_minutes(25.0).placed(),
            claim(2, "2026-03-01", 160.0).placed(),
            claim(3, "2026-03-01", 10.0)
                .agent_minutes(0.0)
                .supervised(6.0)
                .placed(),
        ];
        let report = report(&[repo], &[], &query(&[]));
        assert_eq!(report.totals.human_hours, Hours::new(210.0));
        assert_eq!(report.totals.leverage_factor, Some(40.0 * 60.0 / 25.0));
        assert_eq!(report.totals.supervisory_leverage_factor, Some(100.0));
        assert_eq!(report.totals.wall_leverage_factor, None);
        assert_eq!(report.totals.tokens, None);
        assert_eq!(report.left_out.tasks_without_agent_minutes, 2);
        assert_eq!(report.left_out.tasks_without_supervisory_minutes, 2);
    }

    #[test]
    fn no_minutes_make_no_factor() {
        let mut repo = repository("kiln");
        repo.tasks = vec![claim(1, "2026-03-01", 40.0).agent_minutes(0.0).placed()];
        let totals = report(&[repo], &[], &query(&[])).totals;
        assert_eq!(totals.agent_minutes, Minutes::new(0.0));
        assert_eq!(totals.leverage_factor, None);
    }

    #[test]
    fn what_two_clones_share_counts_once_in_its_latest_revision() {
        let mut one = repository("kiln");
        one.commits = vec![
            commit(1, "2026-03-01T10:00:00Z"),
            commit(2, "2026-03-02T10:00:00Z"),
        ]
        .into();
        one.tasks = vec![claim(1, "2026-03-01", 40.0).on(1).placed()];
        let mut other = repository("kiln-copy");
        other.commits = vec![
            commit(2, "2026-03-02T10:00:00Z"),
            commit(3, "2026-03-03T10:00:00Z"),
        ]
        .into();
        other.tasks = vec![claim(1, "2026-03-01", 30.0).revised(1).on(1).placed()];
        let report = report(&[one, other], &[], &query(&[Dimension::Repo]));
        assert_eq!(lines(&report), ["kiln-copy: 1 30h – 1", "kiln: 0 – – 2"]);
        assert_eq!((report.totals.tasks, report.totals.commits), (1, 3));
    }

    #[test]
    fn a_commit_counts_by_the_best_that_any_clone_knows() {
        let sign = |rule: &str| Evidence {
            rule: rule.parse().unwrap(),
            agent: Some("codex".to_owned()),
            model: None,
            lines: None,
        };
        let mut without_blobs = repository("a");
        let mut known = commit(1, "2026-03-01T10:00:00Z");
        known.lines = None;
        without_blobs.commits = vec![known.clone()].into();
        let mut without_notes = repository("b");
        without_notes.commits = vec![commit(1, "2026-03-01T10:00:00Z")].into();
        let mut without_either = without_blobs.clone();
        without_either.name = "c".to_owned();
        known.origin = known.origin.with([sign("note:git-ai")]);
        without_blobs.commits = vec![known].into();
        without_either.tasks = vec![claim(1, "2026-03-01", 8.0).on(1).placed()];
        let clones = [without_blobs, without_notes, without_either];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let repos = order.map(|number: usize| clones[number].clone());
            let report = report(&repos, &[], &query(&[]));
            let totals = &report.totals;
            assert_eq!(
                (totals.commits, totals.agent_commits, totals.lines_added),
                (1, 1, Some(10))
            );
            assert_eq!((totals.tasks, report.left_out.commits_without_task), (1, 0));
            assert_eq!(report.left_out.commits_without_lines, 0);
        }
    }

    #[test]
    fn days_end_at_midnight_of_the_zone() {
        let mut repo = repository("kiln");
        repo.commits = vec![
            commit(1, "2026-03-01T23:30:00Z"),
            commit(2, "2026-03-02T00:30:00Z"),
        ]
        .into();
        let mut asked = query(&[Dimension::Day]);
        assert_eq!(
            lines(&report(&[repo.clone()], &[], &asked)),
            ["2026-03-01: 0 – – 1", "2026-03-02: 0 – – 1"]
        );
        asked.zone = "Europe/Berlin".parse().unwrap();
        assert_eq!(
            lines(&report(&[repo.clone()], &[], &asked)),
            ["2026-03-02: 0 – – 2"]
        );
        asked.by = vec![Dimension::Week];
        assert_eq!(
            lines(&report(&[repo.clone()], &[], &asked)),
            ["2026-W10: 0 – – 2"]
        );
        asked.period.until = "2026-03-01".parse().ok();
        assert_eq!(report(&[repo], &[], &asked).totals.commits, 0);
    }

    #[test]
    fn a_task_with_two_tags_is_in_two_rows_and_once_in_the_totals() {
        let mut repo = repository("kiln");
        repo.commits = vec![
            commit(1, "2026-03-01T10:00:00Z"),
            commit(2, "2026-03-01T11:00:00Z"),
        ]
        .into();
        repo.tasks = vec![
            claim(1, "2026-03-01", 8.0).tags(&["api", "docs"]).on(1).placed(),
            claim(2, "2026-03-01", 2.0).placed(),
        ];
        let report = report(&[repo], &[], &query(&[Dimension::Tag]));
        assert_eq!(lines(&report), ["api: 1 8h – 1", "docs: 1 8h – 1", "–: 1 2h – 1"]);
        assert_eq!(report.totals.human_hours, Hours::new(10.0));
        assert_eq!(report.left_out.commits_without_task, 1);
    }

    #[test]
    fn estimates_of_agents_are_told_from_those_of_persons() {
        let mut repo = repository("kiln");
        repo.commits = vec![commit(1, "2026-03-01T10:00:00Z")].into();
        let mut by_agent = claim(1, "2026-03-01", 8.0).agent("codex").on(1).placed();
        by_agent.task.estimate.estimator = Estimator::parse("claude-code claude-opus-4-8").unwrap();
        repo.tasks = vec![by_agent, claim(2, "2026-03-01", 2.0).placed()];
        let report = report(&[repo], &[], &query(&[Dimension::Estimator]));
        assert_eq!(lines(&report), ["claude-code: 1 8h – 1", "person: 1 2h – 0"]);
    }

    #[test]
    fn tasks_come_by_factor_with_their_titles_and_a_limit_hides_no_sums() {
        let mut repo = repository("kiln");
        repo.tasks = vec![
            claim(1, "2026-03-01", 8.0).agent_minutes(7.0).placed(),
            claim(2, "2026-03-01", 40.0).agent_minutes(25.0).placed(),
            claim(3, "2026-03-01", 4.0).placed(),
        ];
        repo.commits = vec![commit(9, "2026-03-01T10:00:00Z")].into();
        let mut asked = query(&[Dimension::Task]);
        let titles = |report: &Report| -> Vec<String> {
            report.rows.iter().filter_map(|row| row.title.clone()).collect()
        };
        assert_eq!(
            titles(&report(&[repo.clone()], &[], &asked)),
            ["task 2", "task 1", "task 3"]
        );
        asked.sort = Some(SortBy::Measure("human_hours".to_owned()));
        asked.limit = Some(1);
        let limited = report(&[repo], &[], &asked);
        assert_eq!(titles(&limited), ["task 2"]);
        assert_eq!((limited.left_out.rows, limited.totals.tasks), (2, 3));
    }

    #[test]
    fn a_calendar_has_no_gaps_unless_it_would_become_too_long() {
        let mut repo = repository("kiln");
        repo.commits = vec![
            commit(1, "2026-03-01T10:00:00Z"),
            commit(2, "2026-03-04T10:00:00Z"),
        ]
        .into();
        let mut other = repository("mill");
        other.commits = vec![commit(3, "2026-03-03T10:00:00Z")].into();
        let repos = [other, repo];
        let mut asked = query(&[Dimension::Day]);
        let days = [
            "2026-03-01: 0 – – 1",
            "2026-03-02: 0 – – 0",
            "2026-03-03: 0 – – 1",
            "2026-03-04: 0 – – 1",
        ];
        assert_eq!(lines(&report(&repos, &[], &asked)), days);
        asked.by = vec![Dimension::Repo, Dimension::Day];
        let with_work = [
            "kiln/2026-03-01: 0 – – 1",
            "kiln/2026-03-04: 0 – – 1",
            "mill/2026-03-03: 0 – – 1",
        ];
        assert_eq!(lines(&report(&repos, &[], &asked)), with_work);
        asked.period.since = "2026-03-03".parse().ok();
        asked.today = "2026-03-05".parse().ok();
        let every = [
            "kiln/2026-03-03: 0 – – 0",
            "kiln/2026-03-04: 0 – – 1",
            "kiln/2026-03-05: 0 – – 0",
            "mill/2026-03-03: 0 – – 1",
            "mill/2026-03-04: 0 – – 0",
            "mill/2026-03-05: 0 – – 0",
        ];
        assert_eq!(lines(&report(&repos, &[], &asked)), every);
        asked.by = vec![Dimension::Week];
        assert_eq!(lines(&report(&repos, &[], &asked)), ["2026-W10: 0 – – 2"]);
        asked.by = vec![Dimension::Day];
        asked.today = "2026-11-27".parse().ok();
        let until_the_last = ["2026-03-03: 0 – – 1", "2026-03-04: 0 – – 1"];
        assert_eq!(lines(&report(&repos, &[], &asked)), until_the_last);
        asked.period.since = "2020-01-01".parse().ok();
        assert_eq!(report(&repos, &[], &asked).rows.len(), 3);
    }

    #[test]
    fn author_and_agent_choose() {
        let mut repo = repository("kiln");
        repo.commits = vec![commit(1, "2026-03-01T10:00:00Z")].into();
        repo.tasks = vec![
            claim(1, "2026-03-01", 8.0).agent("codex").placed(),
            claim(2, "2026-03-01", 2.0).on(1).placed(),
        ];
        let mut asked = query(&[Dimension::Author]);
        asked.author = Regex::new("Grace").ok().map(Authors::Like);
        assert_eq!(
            lines(&report(&[repo.clone()], &[], &asked)),
            ["Grace Example <grace@example.org>: 1 2h – 1"]
        );
        asked.author = None;
        asked.agent = Some("codex".to_owned());
        assert_eq!(
            lines(&report(&[repo], &[], &asked)),
            ["Ada Example <ada@example.org>: 1 8h – 0"]
        );
    }

    /// A repository with the same commits in columns.
    fn in_columns(repo: &Repository) -> Repository {
        let bytes = repo.commits.encode().unwrap();
        Repository {
            commits: Commits::decode(&bytes).unwrap(),
            ..repo.clone()
        }
    }

    fn history() -> impl Strategy<Value = Vec<Commit>> {
        let agent = |name: &str| Evidence {
            rule: "author".parse().unwrap(),
            agent: Some(name.to_owned()),
            model: (name == "codex").then(|| "gpt-5".to_owned()),
            lines: None,
        };
        let one = (1..9_u8, 0..90_i64, 0..2_u8, 0..3_u8, any::<bool>()).prop_map(
            move |(number, hours, author, kind, is_known)| {
                let mut commit = commit(number, "2026-03-01T10:00:00Z");
                // What a commit is follows from its id, except what one clone may not know.
                let hours = hours * i64::from(number % 3);
                commit.author_time.seconds += hours * 3600;
                commit.author.name = format!("author {}", author * (number % 2));
                commit.parents = vec![object(number + 9); usize::from(number % 3)];
                commit.lines = commit.lines.filter(|_| is_known);
                let source = LineCounts {
                    files: 1,
                    added: u64::from(number),
                    removed: 1,
                };
                commit.by_class = match commit.lines {
                    Some(_) => vec![(FileClass::Source, source), (FileClass::Docs, source)],
                    None => Vec::new(),
                };
                commit.origin = match kind {
                    0 => Origin::default(),
                    1 => Origin::new(vec![agent("codex")]),
                    _ => Origin::new(vec![agent("codex"), agent("amp")]),
                };
                commit
            },
        );
        prop::collection::vec(one, 0..7).prop_map(|mut commits| {
            commits.sort_by_key(newest_first);
            commits.dedup_by_key(|commit| commit.id);
            commits
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn sums_of_columns_are_those_of_commits(
            histories in prop::collection::vec(history(), 1..4),
            by in prop::sample::subsequence(Dimension::ALL.to_vec(), 0..3),
            is_reversed in any::<bool>(),
            since in prop::option::of(1..5_u32),
            agent in prop::option::of(Just("codex".to_owned())),
            author in prop::option::of(Just("author 1".to_owned())),
            on in prop::option::of(1..9_u8),
        ) {
            let repos: Vec<Repository> = histories
                .into_iter()
                .enumerate()
                .map(|(at, commits)| {
                    let mut repo = repository(&format!("repo-{at}"));
                    repo.commits = commits.into();
                    let task = on.map(|on| claim(1, "2026-03-01", 8.0).on(on).tags(&["a"]).placed());
                    repo.tasks = task.into_iter().collect();
                    repo
                })
                .collect();
            let columns: Vec<Repository> = repos.iter().map(in_columns).collect();
            let mut asked = query(&by);
            if is_reversed {
                asked.by.reverse();
            }
            asked.zone = "America/New_York".parse().unwrap();
            asked.period.since = since.and_then(|day| NaiveDate::from_ymd_opt(2026, 3, day));
            asked.agent = agent;
            asked.author = author.map(|author| Authors::Like(Regex::new(&author).unwrap()));
            prop_assert_eq!(report(&columns, &[], &asked), report(&repos, &[], &asked));
            prop_assert_eq!(days(&columns, asked.zone), days(&repos, asked.zone));
        }
    }
}
