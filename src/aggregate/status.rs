//! The evening: what was recorded today, and what is left to do before it is forgotten or deleted.
//!
//! Tasks and their factors are those of the report of that day. What is left to do is searched from the day before: a
//! person who looks every evening sees everything twice, and one who missed an evening misses nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::copies::Copies;
use super::group::Dimension;
use super::measures::Measures;
use super::report::{self, CommitsOnce, Query, RepoStatus, Report, SortBy};
use super::repository::Repository;
use crate::correlate::seen::{Origin, SeenSession};
use crate::facts::diagnostics::Warning;
use crate::facts::event::EventKind;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::quantity::{Minutes, WorkTime};
use crate::facts::retention::Keeps;
use crate::facts::span::{Moment, Seconds, Span};
use crate::facts::zone::{Period, Zone};

/// The name and version of the format.
pub const SCHEMA: &str = "git-leverage.status/1";

/// How deep subagents of subagents are followed.
const DEEPEST: usize = 16;

/// A session on a commit that has more than the notes there.
#[derive(Debug, Clone, PartialEq)]
pub struct Uncaptured {
    /// The repository: a position.
    pub repo: usize,
    /// The session.
    pub session: SessionId,
    /// The commit.
    pub commit: ObjectId,
    /// When its author made it, in seconds since the epoch, if it can be read.
    pub authored: Option<i64>,
    /// The last event of its log.
    pub ended: Moment,
    /// How long the agent retains the log after that.
    pub keeps: Keeps,
}

/// What the ledger of a repository contains that its remote did not have when it was last fetched or pushed to.
#[derive(Debug, Clone, PartialEq)]
pub struct Unshared {
    /// The repository: a position.
    pub repo: usize,
    /// The remote. Untrusted text.
    pub remote: String,
    /// Whether a ledger of it was ever here.
    pub was_met: bool,
    /// What it does not have.
    pub news: Counts,
}

/// Lines of a ledger by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Tasks in their first revision.
    pub tasks: u64,
    /// Later revisions.
    pub revisions: u64,
    /// Opinions on tasks.
    pub opinions: u64,
    /// Tasks done by hand.
    pub by_hand: u64,
    /// Retractions.
    pub retractions: u64,
    /// Measured sessions.
    pub sessions: u64,
    /// Lines that this version does not read, or that are only in the history of the ledger.
    pub others: u64,
}

impl Counts {
    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }
}

/// The last known activity of an agent on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentActivity {
    /// The agent.
    pub agent: String,
    /// When its hook was last called; `None` if no call is known.
    pub last_event_at: Option<DateTime<Utc>>,
    /// What it was called for.
    pub last_event: Option<EventKind>,
    /// The last record of its logs; `None` if there is no log.
    pub last_log_at: Option<DateTime<Utc>>,
    /// Whether its settings have our hooks; `None` if it has none that could be set up, or they cannot be understood.
    pub has_hooks: Option<bool>,
}

/// The input of a status, besides the repositories and the sessions in them.
#[derive(Debug, Clone, PartialEq)]
pub struct Beside {
    /// Now.
    pub now: DateTime<Utc>,
    /// The zone whose midnight ends the day.
    pub zone: Zone,
    /// The length of a week of work.
    pub work: WorkTime,
    /// What is not captured.
    pub uncaptured: Vec<Uncaptured>,
    /// What is not shared, one entry for each repository that has a remote.
    pub unshared: Vec<Unshared>,
    /// The sessions that ran within another one, with that one.
    pub within: HashMap<SessionId, SessionId>,
    /// The agents of this machine, by name.
    pub agents: Vec<AgentActivity>,
    /// Whether the settings of any agent have our hooks, including agents that never worked.
    pub is_set_up: bool,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The zone whose midnight ends the day.
    pub zone: Zone,
    /// The day.
    pub today: NaiveDate,
    /// The first day on which commits and sessions are examined.
    pub since: NaiveDate,
    /// The tasks of the day.
    pub tasks: Vec<TodaysTask>,
    /// Their sums.
    pub totals: Measures,
    /// How many of them an agent estimated.
    pub estimates_by_agents: u64,
    /// Commits since that day in which an agent had a part and that belong to no task, the oldest first.
    pub commits_without_task: Vec<CommitWithoutTask>,
    /// Sessions since that day that made no commit and that no task names, the oldest first.
    pub sessions_without_commit: Vec<SessionWithoutCommit>,
    /// Sessions with commits whose notes are missing or out of date, those whose log is deleted first before the
    /// others.
    pub not_captured: Vec<UncapturedRow>,
    /// What remotes do not have.
    pub not_shared: Vec<UnsharedRow>,
    /// The agents of this machine, by name.
    pub agents: Vec<AgentActivity>,
    /// How completely each repository was read.
    pub repos: Vec<RepoStatus>,
    /// What was wrong.
    pub warnings: Vec<Warning>,
    /// Whether a repository has a remote.
    #[serde(skip)]
    pub has_remote: bool,
    /// Whether the settings of any agent have our hooks.
    #[serde(skip)]
    pub is_set_up: bool,
}

/// A task of the day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TodaysTask {
    /// The repository.
    pub repo: String,
    /// The id.
    pub task: String,
    /// The title. Untrusted text.
    pub title: Option<String>,
    /// The agent that estimated, or `person`. Untrusted text.
    pub estimator: Option<String>,
    /// Its hours, minutes and factors.
    #[serde(flatten)]
    pub measures: Measures,
}

/// A commit without a task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CommitWithoutTask {
    /// The repository.
    pub repo: String,
    /// The commit.
    pub commit: ObjectId,
    /// When its author made it.
    pub authored_at: Option<DateTime<Utc>>,
    /// The first line of its message. Untrusted text.
    pub title: String,
    /// The agents.
    pub agents: Vec<String>,
}

/// A session without a commit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionWithoutCommit {
    /// The repository that it worked in first.
    pub repo: String,
    /// `AGENT:ID`.
    pub session: String,
    /// Its first event.
    pub started_at: Option<DateTime<Utc>>,
    /// Its last event.
    pub ended_at: Option<DateTime<Utc>>,
    /// How long its agents worked, on all of its days, with unknown time.
    pub agent_minutes: Option<Minutes>,
    /// The same without unknown time; `None` if nothing is unknown.
    pub agent_minutes_low: Option<Minutes>,
}

/// A session that is not captured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UncapturedRow {
    /// The repository.
    pub repo: String,
    /// Its path.
    #[serde(skip)]
    pub path: String,
    /// `AGENT:ID`.
    pub session: String,
    /// The number of commits.
    pub commits: u64,
    /// The day of the oldest of them.
    pub oldest_commit: Option<NaiveDate>,
    /// The last event of its log.
    pub ended_at: Option<DateTime<Utc>>,
    /// What happens to the log: `deleted`, `kept` or `unknown`.
    pub log: LogFate,
    /// When the agent starts to delete the log; `None` if it keeps it, or that is unknown.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Whole days until then; 0 if it is deleted when the agent next starts.
    pub days_left: Option<u64>,
}

/// What happens to a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFate {
    /// The agent deletes it.
    Deleted,
    /// The agent keeps it.
    Kept,
    /// Unknown.
    Unknown,
}

impl From<Keeps> for LogFate {
    fn from(keeps: Keeps) -> Self {
        match keeps {
            Keeps::For(_) => Self::Deleted,
            Keeps::Always => Self::Kept,
            Keeps::Unknown => Self::Unknown,
        }
    }
}

/// What a remote does not have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnsharedRow {
    /// The repository.
    pub repo: String,
    /// Its path.
    pub path: String,
    /// The remote. Untrusted text.
    pub remote: String,
    /// Whether a ledger of the remote was ever fetched or pushed to.
    pub was_met: bool,
    /// What it does not have.
    #[serde(flatten)]
    pub news: Counts,
}

/// Makes a status of what was read.
pub fn status(repos: &[Repository], sessions: &[SeenSession], beside: Beside) -> Status {
    let today = beside.zone.day(beside.now.timestamp());
    let since = today.pred_opt().unwrap_or(today);
    let copies = report::copies(repos);
    let day = report_of(today, repos, sessions, &beside);
    let recent = Recent {
        zone: beside.zone,
        period: Period {
            since: Some(since),
            until: None,
        },
        repos,
    };
    Status {
        zone: beside.zone,
        today,
        since,
        tasks: task_rows(&day, repos),
        commits_without_task: recent.commits_without_task(&copies),
        sessions_without_commit: recent.sessions_without_commit(sessions, &beside.within),
        not_captured: not_captured(repos, &beside),
        not_shared: not_shared(repos, &beside.unshared),
        // What a remote may have that was not fetched leaves open whether all is shared.
        has_remote: !beside.unshared.is_empty() && repos.iter().all(|repo| repo.unfetched.is_none()),
        agents: beside.agents,
        is_set_up: beside.is_set_up,
        totals: day.totals,
        estimates_by_agents: day.estimates_by_agents,
        repos: day.repos,
        warnings: day.warnings,
    }
}

fn report_of(today: NaiveDate, repos: &[Repository], sessions: &[SeenSession], beside: &Beside) -> Report {
    let query = Query {
        by: vec![Dimension::Repo, Dimension::Task],
        zone: beside.zone,
        period: Period {
            since: Some(today),
            until: Some(today),
        },
        today: Some(today),
        author: None,
        agent: None,
        sort: Some(SortBy::Key),
        limit: None,
        work: beside.work,
        models: crate::aggregate::models::Requested::default(),
        calibrated: false,
    };
    report::report(repos, sessions, &query)
}

fn task_rows(report: &Report, repos: &[Repository]) -> Vec<TodaysTask> {
    let alone = match repos {
        [only] => only.name.as_str(),
        _ => "",
    };
    // What no task took is in a row without one.
    let rows = report.rows.iter().filter_map(|row| {
        Some(TodaysTask {
            repo: row.key.value(Dimension::Repo).unwrap_or(alone).to_owned(),
            task: row.key.value(Dimension::Task)?.to_owned(),
            title: row.title.clone(),
            estimator: row.estimator.clone(),
            measures: row.measures.clone(),
        })
    });
    rows.collect()
}

/// The days that are examined.
struct Recent<'a> {
    zone: Zone,
    period: Period,
    repos: &'a [Repository],
}

impl Recent<'_> {
    /// Merges add nothing that their parents did not.
    fn commits_without_task(&self, copies: &Copies) -> Vec<CommitWithoutTask> {
        let tasks = self.repos.iter().flat_map(|repo| &repo.tasks);
        let with_task: HashSet<ObjectId> = tasks.flat_map(|task| task.commits.iter().copied()).collect();
        let once = CommitsOnce::of(self.repos, copies);
        let mut rows: Vec<CommitWithoutTask> = once
            .iter()
            .filter(|(_, commit)| !commit.is_merge() && !with_task.contains(&commit.id))
            .filter(|(_, commit)| self.period.contains(self.zone.day(commit.author_time.seconds)))
            .filter_map(|(repo, commit)| {
                let agents = commit.origin.agents();
                (!agents.is_empty()).then(|| CommitWithoutTask {
                    repo: repo.name.clone(),
                    commit: commit.id,
                    authored_at: DateTime::from_timestamp(commit.author_time.seconds, 0),
                    title: commit.subject.clone(),
                    agents: agents.into_iter().map(str::to_owned).collect(),
                })
            })
            .collect();
        rows.sort_by(|a, b| (a.authored_at, &a.repo, a.commit).cmp(&(b.authored_at, &b.repo, b.commit)));
        rows
    }

    /// A subagent with a separate log has what the session that started it has.
    fn sessions_without_commit(
        &self,
        sessions: &[SeenSession],
        within: &HashMap<SessionId, SessionId>,
    ) -> Vec<SessionWithoutCommit> {
        let tasks = self.repos.iter().flat_map(|repo| &repo.tasks);
        let named = tasks.flat_map(|task| &task.task.sessions);
        let made = sessions
            .iter()
            .filter(|session| session.made_anywhere().next().is_some());
        let settled: HashSet<&SessionId> = named.chain(made.map(|session| &session.id)).collect();
        let is_settled = |id: &SessionId| {
            let outwards = std::iter::successors(Some(id), |id| within.get(*id));
            outwards.take(DEEPEST).any(|id| settled.contains(id))
        };
        let mut found: Vec<&SeenSession> = sessions
            .iter()
            .filter(|session| session.origin == Origin::Log && self.is_recent(session.span))
            .filter(|session| !is_settled(&session.id))
            .collect();
        found.sort_by(|a, b| (a.span.end, &a.id).cmp(&(b.span.end, &b.id)));
        let row = |session: &SeenSession| SessionWithoutCommit {
            repo: name(self.repos, session.home),
            session: session.id.to_string(),
            started_at: at(session.span.start),
            ended_at: at(session.span.end),
            agent_minutes: session.most_agent_minutes(),
            agent_minutes_low: session.agent_minutes_low(),
        };
        found.into_iter().map(row).collect()
    }

    fn is_recent(&self, span: Span) -> bool {
        self.period.contains(self.zone.day(span.end.seconds()))
    }
}

fn at(moment: Moment) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(moment.seconds(), 0)
}

fn name(repos: &[Repository], at: usize) -> String {
    repos.get(at).map(|repo| repo.name.clone()).unwrap_or_default()
}

/// One row for each session and repository.
fn not_captured(repos: &[Repository], beside: &Beside) -> Vec<UncapturedRow> {
    let mut groups: BTreeMap<(usize, &SessionId), Vec<&Uncaptured>> = BTreeMap::new();
    for found in &beside.uncaptured {
        groups
            .entry((found.repo, &found.session))
            .or_default()
            .push(found);
    }
    let row = |((repo, session), found): ((usize, &SessionId), Vec<&Uncaptured>)| {
        let ended = found.iter().map(|found| found.ended).max()?;
        let keeps = found
            .iter()
            .map(|found| found.keeps)
            .reduce(Keeps::shorter)
            .unwrap_or_default();
        let deleted_at = keeps.until(ended);
        let commits: BTreeSet<ObjectId> = found.iter().map(|found| found.commit).collect();
        let oldest = found.iter().filter_map(|found| found.authored).min();
        Some(UncapturedRow {
            repo: name(repos, repo),
            path: repos.get(repo).map(|repo| repo.path.clone()).unwrap_or_default(),
            session: session.to_string(),
            commits: commits.len() as u64,
            oldest_commit: oldest.map(|seconds| beside.zone.day(seconds)),
            ended_at: at(ended),
            log: keeps.into(),
            deleted_at,
            days_left: deleted_at.map(|at| days_left(beside.now, at)),
        })
    };
    let mut rows: Vec<UncapturedRow> = groups.into_iter().filter_map(row).collect();
    let order = |row: &UncapturedRow| (row.deleted_at.is_none(), row.deleted_at, row.ended_at);
    rows.sort_by(|a, b| (order(a), &a.session).cmp(&(order(b), &b.session)));
    rows
}

fn days_left(now: DateTime<Utc>, until: DateTime<Utc>) -> u64 {
    let left = (until.timestamp() - now.timestamp()).max(0);
    u64::try_from(left / Seconds::DAY.0).unwrap_or_default()
}

fn not_shared(repos: &[Repository], unshared: &[Unshared]) -> Vec<UnsharedRow> {
    let some = unshared.iter().filter(|found| !found.news.is_empty());
    let row = |found: &Unshared| {
        Some(UnsharedRow {
            repo: name(repos, found.repo),
            path: repos.get(found.repo)?.path.clone(),
            remote: found.remote.clone(),
            was_met: found.was_met,
            news: found.news,
        })
    };
    some.filter_map(row).collect()
}
