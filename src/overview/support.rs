//! The evidence for claims, by the rule of audits, and sums of it.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::{Audited, Compared, Support, SupportPart, SupportParts, TaskView};
use crate::aggregate::report::{CountedTask, Material};
use crate::aggregate::repository::Repository;
use crate::audit::measured::{self, Here, Measured, SessionIndex, empty_commits, of_task};
use crate::correlate::seen::SeenSession;
use crate::facts::factor::Ratio;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::{Hours, Minutes};

/// Finds the evidence for tasks.
pub(super) struct Supports<'a> {
    sessions: &'a [SeenSession],
    /// The index of these.
    pub(super) index: SessionIndex,
    empty: HashSet<ObjectId>,
    /// What is here of each repository, by its name.
    repos: HashMap<&'a str, Known<'a>>,
}

/// What is known of the commits of a repository.
struct Known<'a> {
    reached: Cow<'a, HashSet<ObjectId>>,
    is_cut: bool,
    standing: Option<&'a HashMap<ObjectId, u64>>,
}

impl<'a> Known<'a> {
    fn of(repo: &Repository, audited: Option<&'a Audited>) -> Self {
        // Without an audit, only the commits are known that count.
        let counting = || repo.commits.iter().map(|commit| commit.id).collect();
        Self {
            reached: audited.map_or_else(
                || Cow::Owned(counting()),
                |audited| Cow::Borrowed(&audited.reach.commits),
            ),
            is_cut: audited.map_or(repo.cut_short, |audited| audited.reach.is_cut),
            standing: audited.and_then(|audited| audited.standing.as_ref()),
        }
    }
}

impl<'a> Supports<'a> {
    pub(super) fn new(
        material: &Material<'a>,
        repos: &'a [Repository],
        sessions: &'a [SeenSession],
        audits: &'a [Option<Audited>],
    ) -> Self {
        let placed = material.all_tasks();
        let tasks = placed.map(|placed| (&placed.task, placed.commits.as_slice()));
        let known = repos.iter().enumerate().map(|(at, repo)| {
            let audited = audits.get(at).and_then(Option::as_ref);
            (repo.name.as_str(), Known::of(repo, audited))
        });
        Self {
            sessions,
            index: SessionIndex::new(sessions, tasks),
            empty: empty_commits(repos.iter().flat_map(|repo| &repo.commits)),
            repos: known.collect(),
        }
    }

    /// What the sessions of a task measured, as an audit takes it: none if some that it names are not here.
    pub(super) fn measured(&self, task: &CountedTask<'_>) -> Option<Measured> {
        let placed = task.placed;
        let measured = of_task(self.sessions, &self.index, &placed.task, &placed.commits);
        measured.filter(|measured| measured.is_all)
    }

    /// The evidence for a task, given what its sessions measured.
    pub(super) fn of(&self, task: &CountedTask<'_>, measured: Option<Measured>) -> Support {
        let nothing = HashSet::new();
        let known = self.repos.get(task.repo.name.as_str());
        let here = Here {
            reached: known.map_or(&nothing, |known| &known.reached),
            is_cut: known.is_some_and(|known| known.is_cut),
            empty: &self.empty,
        };
        measured::Support::of(measured, &task.placed.commits, here).into()
    }

    /// Whether a commit is anywhere here.
    pub(super) fn has(&self, commit: ObjectId) -> bool {
        self.repos.values().any(|known| known.reached.contains(&commit))
    }

    /// How many lines of a commit are at HEAD of its repository; `None` if that is unknown.
    pub(super) fn standing(&self, repo: &Repository, commit: ObjectId) -> Option<u64> {
        let standing = self.repos.get(repo.name.as_str())?.standing?;
        Some(standing.get(&commit).copied().unwrap_or(0))
    }
}

impl From<measured::Support> for Support {
    fn from(support: measured::Support) -> Self {
        match support {
            measured::Support::Minutes(_) => Self::Logs,
            measured::Support::NotedMinutes(_) => Self::Notes,
            measured::Support::Commits => Self::Commits,
            measured::Support::Unknown => Self::Unchecked,
            measured::Support::Nothing => Self::Nothing,
        }
    }
}

impl SupportParts {
    /// Those of some tasks.
    pub(super) fn of<'t>(tasks: impl Iterator<Item = &'t TaskView>) -> Self {
        let mut parts = [SupportPart::default(); 5];
        for view in tasks {
            let part = &mut parts[view.support as usize];
            part.tasks += 1;
            part.human_hours += view.task.estimate.hours;
        }
        Self(parts)
    }

    /// One of them.
    pub fn get(&self, support: Support) -> SupportPart {
        self.0[support as usize]
    }
}

impl Compared {
    /// The tasks among these whose minutes were measured.
    pub(super) fn of<'t>(tasks: impl Iterator<Item = &'t TaskView>) -> Self {
        let mut sum = Self::default();
        let (mut claimed, mut measured) = (Ratio::default(), Ratio::default());
        for view in tasks {
            let Some(minutes) = view.logged else {
                continue;
            };
            let hours = view.task.estimate.hours;
            sum.tasks += 1;
            sum.human_hours += hours;
            sum.minutes += minutes;
            measured += view.logged_terms();
            if let Some(claim) = view.claimed_minutes() {
                *sum.claimed_minutes.get_or_insert_default() += claim;
                claimed += Ratio::new(hours, claim);
            }
        }
        Self {
            claimed_factor: claimed.factor(),
            factor: measured.factor(),
            ..sum
        }
    }
}

impl TaskView {
    /// The agent minutes that somebody claimed; those that were measured when it was recorded are not claims.
    pub fn claimed_minutes(&self) -> Option<Minutes> {
        let task = &self.task;
        task.agent_minutes.filter(|_| !task.leaves_minutes_to_sessions())
    }

    /// The terms of its factor.
    pub fn terms(&self) -> Ratio {
        Ratio::new(self.task.estimate.hours, self.agent.value)
    }

    /// The terms of its factor over the minutes of its sessions.
    pub fn logged_terms(&self) -> Ratio {
        Ratio::new(self.task.estimate.hours, self.logged)
    }
}

/// Hours × 60 / minutes; `None` without minutes.
pub(super) fn factor(hours: Hours, minutes: Option<Minutes>) -> Option<f64> {
    Ratio::new(hours, minutes).factor()
}
