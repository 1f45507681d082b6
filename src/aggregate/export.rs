//! What `export` writes: one flat object a line, for programs that do their own sums. `docs/formats/export.md` is the
//! specification.

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde::Serialize;

use super::report::{PlacedTask, Repository};
use crate::facts::commit::{Commit, Instant};
use crate::facts::evidence::{Evidence, OriginState};
use crate::facts::ids::ObjectId;
use crate::facts::task::Task;

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
    leverage_factor: Option<f64>,
    supervisory_leverage_factor: Option<f64>,
    #[serde(flatten)]
    task: &'a Task,
}

/// The commits of all repositories, each once.
pub fn commits(repos: &[Repository]) -> impl Iterator<Item = CommitLine<'_>> {
    each_once(repos, |repo| &repo.commits, |commit| commit.id)
        .map(|(repo, commit)| CommitLine::new(repo, commit))
}

/// The tasks of all repositories, each once.
pub fn tasks(repos: &[Repository]) -> impl Iterator<Item = TaskLine<'_>> {
    each_once(repos, |repo| &repo.tasks, |placed| placed.task.id)
        .map(|(repo, placed)| TaskLine::new(repo, placed))
}

/// Two clones of one history hold the same commits and tasks: the first clone has them.
fn each_once<'a, T: 'a, K: std::hash::Hash + Eq + 'a>(
    repos: &'a [Repository],
    of: impl Fn(&'a Repository) -> &'a Vec<T> + 'a,
    key: impl Fn(&T) -> K + 'a,
) -> impl Iterator<Item = (&'a Repository, &'a T)> {
    let mut seen = std::collections::HashSet::new();
    repos
        .iter()
        .flat_map(move |repo| of(repo).iter().map(move |item| (repo, item)))
        .filter(move |(_, item)| seen.insert(key(item)))
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
            state: commit.origin.state,
            agents: commit.origin.agents(),
            evidence: &commit.origin.evidence,
        }
    }
}

impl<'a> TaskLine<'a> {
    fn new(repo: &'a Repository, placed: &'a PlacedTask) -> Self {
        Self {
            repo: &repo.name,
            commit: placed.commits.first().copied(),
            leverage_factor: placed.task.leverage_factor(),
            supervisory_leverage_factor: placed.task.supervisory_leverage_factor(),
            task: &placed.task,
        }
    }
}

/// The instant on its author's clock; `None` for a time that no calendar has.
fn with_offset(instant: Instant) -> Option<DateTime<FixedOffset>> {
    let offset = TimeDelta::minutes(instant.offset.into()).num_seconds();
    let zone = FixedOffset::east_opt(i32::try_from(offset).ok()?)?;
    Some(DateTime::from_timestamp(instant.seconds, 0)?.with_timezone(&zone))
}
