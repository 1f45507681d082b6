//! The output of `export`: one flat object per line, for programs that compute their own totals.
//! `docs/formats/export.md` is the specification.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta};
use serde::Serialize;

use super::calibration;
use super::effort::{Effort, TaskEffort};
use super::report::{CommitsOnce, copies, tasks_once};
use super::repository::{PlacedTask, Repository};
use crate::correlate::seen::{Origin, SeenSession};
use crate::facts::commit::{Commit, Instant};
use crate::facts::evidence::{Confidence, Evidence, OriginState};
use crate::facts::ids::ObjectId;
use crate::facts::link::Link;
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::record::ByHand;
use crate::facts::session::{Provenance, Sources};
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::Moment;
use crate::facts::task::Task;
use crate::facts::zone::Zone;
use crate::git::survival::Survival;

/// One commit.
#[derive(Debug, Serialize)]
pub struct CommitLine<'a> {
    repo: &'a str,
    commit: ObjectId,
    parents: &'a [ObjectId],
    author: String,
    author_time: Option<DateTime<FixedOffset>>,
    commit_time: Option<DateTime<FixedOffset>>,
    files_changed: Option<u64>,
    lines_added: Option<u64>,
    lines_removed: Option<u64>,
    state: OriginState,
    agents: Vec<&'a str>,
    evidence: &'a [Evidence],
}

/// One task: the current line of the ledger and what follows from it.
#[derive(Debug, Serialize)]
pub struct TaskLine<'a> {
    repo: &'a str,
    commit: Option<ObjectId>,
    /// The day on which reports count it.
    day: NaiveDate,
    /// The part of its agent minutes that nobody claimed, with unknown time.
    agent_minutes_measured: Option<Minutes>,
    /// Its agent minutes without unknown time; `None` if nothing is unknown.
    agent_minutes_low: Option<Minutes>,
    /// The same of its supervisory minutes.
    supervisory_minutes_measured: Option<Minutes>,
    /// The same of its tokens.
    tokens_measured: Option<Tokens>,
    leverage_factor: Option<f64>,
    /// Its ends; `None` if neither the hours nor the minutes have a range.
    leverage_factor_low: Option<f64>,
    leverage_factor_high: Option<f64>,
    supervisory_leverage_factor: Option<f64>,
    supervisory_leverage_factor_low: Option<f64>,
    supervisory_leverage_factor_high: Option<f64>,
    #[serde(flatten)]
    task: &'a Task,
}

/// One task that was done by hand.
#[derive(Debug, Serialize)]
pub struct ByHandLine<'a> {
    repo: &'a str,
    /// Tells it apart from a task where both are imported.
    kind: &'static str,
    #[serde(flatten)]
    task: &'a ByHand,
}

/// The lines of one file at HEAD that one commit added.
#[derive(Debug, Serialize)]
pub struct SurvivalLine<'a> {
    repo: &'a str,
    path: String,
    /// `None` if an object that decides it is missing.
    commit: Option<ObjectId>,
    lines: u64,
    /// The first and last line of each run, from 1.
    ranges: Vec<[u64; 2]>,
}

/// One session.
#[derive(Debug, Serialize)]
pub struct SessionLine<'a> {
    agent: &'a str,
    session: &'a str,
    repo: &'a str,
    /// `None` if only its days are known.
    started_at: Option<String>,
    ended_at: Option<String>,
    /// With unknown time.
    agent_minutes: Option<Minutes>,
    /// Without it; `None` if nothing is unknown.
    agent_minutes_low: Option<Minutes>,
    supervisory_minutes: Option<Minutes>,
    wall_minutes: Option<Minutes>,
    models: &'a [String],
    tokens_input: Option<u64>,
    tokens_cache_write: Option<u64>,
    tokens_cache_read: Option<u64>,
    tokens_output: Option<u64>,
    commits: usize,
    origin: Origin,
    sources: Sources,
}

/// One session and one commit that are linked.
#[derive(Debug, Serialize)]
pub struct LinkLine<'a> {
    repo: &'a str,
    commit: ObjectId,
    session: &'a str,
    agent: &'a str,
    rung: Rung,
    confidence: Confidence,
    evidence: &'a [Sign],
    share: f64,
}

/// The commits and tasks of all repositories, each once, as a report counts them.
pub struct Facts<'a> {
    commits: CommitsOnce<'a>,
    tasks: Vec<(&'a Repository, &'a PlacedTask)>,
    effort: Effort<'a>,
    zone: Zone,
}

impl<'a> Facts<'a> {
    /// Collects the commits, tasks and sessions of the repositories; a day is one of `zone`.
    pub fn new(repos: &'a [Repository], sessions: &'a [SeenSession], zone: Zone) -> Self {
        let copies = copies(repos);
        let tasks = tasks_once(repos, &copies);
        let placed: Vec<&PlacedTask> = tasks.iter().map(|(_, placed)| *placed).collect();
        Self {
            commits: CommitsOnce::of(repos, &copies),
            effort: Effort::new(sessions, &placed),
            tasks,
            zone,
        }
    }

    /// The commits.
    pub fn commits(&self) -> impl Iterator<Item = CommitLine<'_>> {
        self.commits
            .iter()
            .map(|(repo, commit)| CommitLine::new(repo, commit))
    }

    /// The tasks.
    pub fn tasks(&self) -> impl Iterator<Item = TaskLine<'_>> {
        let times: HashMap<ObjectId, Instant> = self
            .commits
            .iter()
            .map(|(_, commit)| (commit.id, commit.author_time))
            .collect();
        self.tasks.iter().map(move |(repo, placed)| {
            let day = (placed.task).day(&placed.commits, |commit| times.get(commit).copied(), self.zone);
            let effort = self.effort.figures(&placed.task);
            TaskLine::new(repo, placed, day, effort)
        })
    }
}

/// The tasks that were done by hand, each once in its last revision, in the order of their days.
pub fn by_hand(repos: &[Repository]) -> Vec<ByHandLine<'_>> {
    let mut lines: Vec<ByHandLine<'_>> = calibration::by_hand_once(repos)
        .into_iter()
        .map(|(repo, task)| ByHandLine {
            repo: &repo.name,
            kind: "by-hand",
            task,
        })
        .collect();
    lines.sort_by_key(|line| (line.task.date, line.task.id));
    lines
}

/// The sessions that worked in the repositories, each once, with the one in which it worked first.
pub fn sessions<'a>(
    repos: &'a [Repository],
    sessions: &'a [SeenSession],
) -> impl Iterator<Item = SessionLine<'a>> {
    sessions.iter().filter_map(|session| {
        let repo = repos.get(session.home)?;
        Some(SessionLine::new(repo, session))
    })
}

/// The pairs of a session and a commit, by repository and commit.
pub fn links<'a>(repos: &'a [Repository], sessions: &'a [SeenSession]) -> Vec<LinkLine<'a>> {
    let mut links: Vec<(usize, &Link)> = sessions
        .iter()
        .flat_map(|session| &session.links)
        .map(|(repo, link)| (*repo, link))
        .collect();
    links.sort_by(|(repo, a), (other, b)| {
        let key = |link: &Link| (link.commit, std::cmp::Reverse(link.confidence));
        (repo, key(a), &a.session).cmp(&(other, key(b), &b.session))
    });
    let line = |(repo, link): (usize, &'a Link)| Some(LinkLine::new(repos.get(repo)?, link));
    links.into_iter().filter_map(line).collect()
}

impl<'a> CommitLine<'a> {
    fn new(repo: &'a Repository, commit: &'a Commit) -> Self {
        Self {
            repo: &repo.name,
            commit: commit.id,
            parents: &commit.parents,
            author: commit.author.to_string(),
            author_time: with_offset(commit.author_time),
            commit_time: with_offset(commit.commit_time),
            files_changed: commit.lines.map(|lines| lines.files),
            lines_added: commit.lines.map(|lines| lines.added),
            lines_removed: commit.lines.map(|lines| lines.removed),
            state: commit.origin.state(),
            agents: commit.origin.agents(),
            evidence: commit.origin.evidence(),
        }
    }
}

impl<'a> TaskLine<'a> {
    fn new(repo: &'a Repository, placed: &'a PlacedTask, day: NaiveDate, effort: TaskEffort) -> Self {
        let factors = effort.leverage_factors(&placed.task);
        let supervisory = effort.supervisory_ratio_range(&placed.task).factors();
        Self {
            repo: &repo.name,
            commit: placed.commits.first().copied(),
            day,
            agent_minutes_measured: effort.agent.measured,
            agent_minutes_low: effort.agent_low,
            supervisory_minutes_measured: effort.supervisory.measured,
            tokens_measured: effort.tokens.measured,
            leverage_factor: effort.leverage_factor(&placed.task),
            leverage_factor_low: factors.map(|ends| ends.low),
            leverage_factor_high: factors.map(|ends| ends.high),
            supervisory_leverage_factor: effort.supervisory_leverage_factor(&placed.task),
            supervisory_leverage_factor_low: supervisory.map(|ends| ends.low),
            supervisory_leverage_factor_high: supervisory.map(|ends| ends.high),
            task: &placed.task,
        }
    }
}

impl<'a> SessionLine<'a> {
    fn new(repo: &'a Repository, session: &'a SeenSession) -> Self {
        let minutes = |value: Option<Minutes>| value.and_then(Minutes::checked);
        let at = |moment: Moment| (!session.is_by_day()).then(|| moment.to_string());
        let tokens = session.tokens();
        let mut sources = session.sources;
        let commits = session.made().count();
        // Commits that no log names are linked by their contents.
        if commits > 0 && sources.commits == Provenance::Absent {
            sources.commits = Provenance::Derived;
        }
        Self {
            agent: &session.id.agent,
            session: &session.id.id,
            repo: &repo.name,
            started_at: at(session.span.start),
            ended_at: at(session.span.end),
            agent_minutes: minutes(session.most_agent_minutes()),
            agent_minutes_low: session.agent_minutes_low().and_then(Minutes::checked),
            supervisory_minutes: minutes(session.supervisory_minutes()),
            wall_minutes: minutes(session.wall_minutes()),
            models: &session.models,
            tokens_input: tokens.map(|tokens| tokens.input),
            tokens_cache_write: tokens.map(|tokens| tokens.cache_write),
            tokens_cache_read: tokens.map(|tokens| tokens.cache_read),
            tokens_output: tokens.map(|tokens| tokens.output),
            commits,
            origin: session.origin,
            sources,
        }
    }
}

impl<'a> LinkLine<'a> {
    fn new(repo: &'a Repository, link: &'a Link) -> Self {
        Self {
            repo: &repo.name,
            commit: link.commit,
            session: &link.session.id,
            agent: &link.session.agent,
            rung: link.rung,
            confidence: link.confidence,
            evidence: &link.evidence,
            share: link.share,
        }
    }
}

/// The instant on its author's clock; `None` for a time that is not in the calendar.
fn with_offset(instant: Instant) -> Option<DateTime<FixedOffset>> {
    let offset = TimeDelta::minutes(instant.offset.into()).num_seconds();
    let zone = FixedOffset::east_opt(i32::try_from(offset).ok()?)?;
    Some(DateTime::from_timestamp(instant.seconds, 0)?.with_timezone(&zone))
}
/// An object for each file and each commit that has lines in it, in the order of the tree and of the first such line.
pub fn survival<'a>(repo: &'a str, survival: &'a Survival) -> Vec<SurvivalLine<'a>> {
    let mut lines = Vec::new();
    for file in &survival.files {
        let runs = file.runs.as_ref().ok().and_then(Option::as_ref);
        let mut places: HashMap<Option<ObjectId>, usize> = HashMap::new();
        let mut first = 1;
        for run in runs.into_iter().flatten() {
            let place = *places.entry(run.commit).or_insert_with(|| {
                lines.push(SurvivalLine {
                    repo,
                    path: String::from_utf8_lossy(&file.path).into_owned(),
                    commit: run.commit,
                    lines: 0,
                    ranges: Vec::new(),
                });
                lines.len() - 1
            });
            let count = run.lines as u64;
            lines[place].lines += count;
            lines[place].ranges.push([first, first + count - 1]);
            first += count;
        }
    }
    lines
}

/// Why files are not in [`survival`].
pub fn unread(survival: &Survival) -> impl Iterator<Item = String> {
    survival.files.iter().filter_map(|file| {
        let reason = file.runs.as_ref().err()?;
        Some(format!(
            "`{}` is left out: {reason}",
            String::from_utf8_lossy(&file.path)
        ))
    })
}
