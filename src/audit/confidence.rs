//! How many of the claimed hours have measured minutes, only commits, or nothing as evidence.

use std::ops::Add;

use serde::Serialize;

use super::claims::is_by_own_agent;
use super::evidence::{All, Evidence, Shown};
use super::measured::{Here, Support, empty_commits};
use super::retractions::{self, Retracted};
use crate::aggregate::effort::{Effort, TaskEffort};
use crate::aggregate::repository::PlacedTask;
use crate::correlate::seen::SeenSession;
use crate::facts::factor::Ratio;
use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::{Hours, Minutes, serialize_decimal};

/// The claimed hours by their evidence, with the leverage factors of each part.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Confidence {
    /// All tasks.
    pub claimed: Part,
    /// Tasks whose sessions have their logs here.
    pub measured: Part,
    /// Tasks with sessions of which some are known only from notes: measured elsewhere, or written by hand.
    pub noted: Part,
    /// Tasks without sessions, all of whose commits are here and some of which change files.
    pub linked: Part,
    /// Tasks whose commits a shallow clone left out.
    pub unchecked: Part,
    /// All other tasks.
    pub unsupported: Part,
    /// Tasks that an agent estimated, whatever their evidence.
    pub by_agents: Part,
    /// How many of these were estimated by the agent that did the work.
    pub by_own_agent: u64,
    /// Σ agent minutes, as in reports: claimed, else of the sessions that made a task's commits, with their unknown time.
    /// `None` without either.
    #[serde(serialize_with = "serialize_decimal")]
    pub agent_minutes: Option<Minutes>,
    /// The same without unknown time; `None` if nothing is unknown.
    #[serde(serialize_with = "serialize_decimal")]
    pub agent_minutes_low: Option<Minutes>,
    /// The part of `agent_minutes` that nobody claimed.
    #[serde(serialize_with = "serialize_decimal")]
    pub agent_minutes_measured: Option<Minutes>,
    /// The factor of the tasks that have such minutes, as in reports.
    pub leverage_factor: Option<f64>,
    /// The hours in that factor.
    #[serde(serialize_with = "serialize_decimal")]
    pub factor_hours: Hours,
    /// The factor of the tasks with evidence: over measured minutes if there are any, else over claimed ones.
    pub without_unsupported: Option<f64>,
    /// Σ agent minutes of all sessions, with or without a task. `None` without any, and for a range of commits, because sessions
    /// without a commit belong to no range.
    #[serde(serialize_with = "serialize_decimal")]
    pub session_minutes: Option<Minutes>,
    /// The hours of the tasks with measured minutes × 60 / `session_minutes`.
    pub all_in_leverage_factor: Option<f64>,
    /// The retracted tasks, which are in none of the parts.
    pub retracted: Retracted,
}

/// Some tasks.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Part {
    /// How many.
    pub tasks: u64,
    /// The hours that they claim.
    #[serde(serialize_with = "serialize_decimal")]
    pub human_hours: Hours,
    /// Σ hours × 60 / Σ claimed agent minutes, over tasks that claim minutes.
    pub leverage_factor: Option<f64>,
    /// The hours in that factor.
    #[serde(serialize_with = "serialize_decimal")]
    pub factor_hours: Hours,
    /// Σ hours × 60 / Σ agent minutes of their sessions, over tasks with sessions.
    pub measured_leverage_factor: Option<f64>,
}

/// Sorts the tasks.
pub(super) fn confidence(evidence: &Evidence<'_>) -> Confidence {
    let (shown, all) = (evidence.shown(), evidence.all);
    let tasks = supports(evidence);
    let with = |wanted: fn(Support) -> bool| part(tasks.iter().filter(|(_, support)| wanted(*support)));
    let session_minutes = session_minutes(evidence);
    let times = agent_times(shown, all);
    let minutes = |of: fn(TaskEffort) -> Option<Minutes>| {
        let known = times.iter().filter_map(|(_, effort)| of(*effort));
        known.reduce(Add::add)
    };
    let as_reports: Ratio = times.iter().map(|(task, time)| time.ratio(&task.task)).sum();
    let measured: Ratio = tasks
        .iter()
        .map(|(task, support)| ratio(task, support.minutes()))
        .sum();
    let supported = tasks.iter().map(|(task, support)| match support {
        Support::Minutes(_) | Support::NotedMinutes(_) => ratio(task, support.minutes()),
        Support::Commits => task.task.ratio(),
        Support::Unknown | Support::Nothing => Ratio::default(),
    });
    let by_agents = tasks
        .iter()
        .filter(|(task, _)| task.task.estimate.estimator.is_some());
    let by_own_agent = tasks.iter().filter(|(task, _)| is_by_own_agent(&task.task));
    Confidence {
        by_agents: part(by_agents),
        by_own_agent: by_own_agent.count() as u64,
        claimed: part(tasks.iter()),
        measured: with(|support| matches!(support, Support::Minutes(_))),
        noted: with(|support| matches!(support, Support::NotedMinutes(_))),
        linked: with(|support| support == Support::Commits),
        unchecked: with(|support| support == Support::Unknown),
        unsupported: with(|support| support == Support::Nothing),
        agent_minutes: minutes(|effort| effort.agent.value),
        agent_minutes_low: minutes(TaskEffort::least_agent_minutes)
            .filter(|_| times.iter().any(|(_, effort)| effort.agent_low.is_some())),
        agent_minutes_measured: minutes(|effort| effort.agent.measured),
        leverage_factor: as_reports.factor(),
        factor_hours: as_reports.hours(),
        without_unsupported: supported.sum::<Ratio>().factor(),
        session_minutes,
        all_in_leverage_factor: session_minutes
            .filter(|_| !measured.is_empty())
            .and_then(|minutes| Ratio::new(measured.hours(), minutes).factor()),
        retracted: retractions::retracted(shown),
    }
}

/// How long agents worked on each task of the selection. All tasks of a commit share the time of its sessions, selected or not.
pub(super) fn agent_times<'a>(shown: Shown<'a>, all: All<'a>) -> Vec<(&'a LedgerTask, TaskEffort)> {
    let placed: Vec<PlacedTask> = all.ledger.tasks.iter().map(PlacedTask::from).collect();
    let effort = Effort::new(all.sessions, &placed.iter().collect::<Vec<_>>());
    let tasks = shown.tasks();
    tasks.map(|found| (found, effort.figures(&found.task))).collect()
}

/// The evidence for each task of the selection.
fn supports<'a>(evidence: &Evidence<'a>) -> Vec<(&'a LedgerTask, Support)> {
    let all = evidence.all;
    let empty = empty_commits(all.commits);
    let here = Here {
        reached: &all.reach.commits,
        is_cut: all.reach.is_cut,
        empty: &empty,
    };
    let support = |task: &LedgerTask| Support::of(all.measured(task), &task.commits, here);
    evidence
        .shown()
        .tasks()
        .map(|task| (task, support(task)))
        .collect()
}

/// `None` if no session has minutes, or if those without a commit were left out.
fn session_minutes(evidence: &Evidence<'_>) -> Option<Minutes> {
    let known = evidence
        .shown()
        .sessions()
        .filter_map(SeenSession::most_agent_minutes);
    known.reduce(Add::add).filter(|_| !evidence.asked.needs_commits())
}

fn part<'a>(tasks: impl Iterator<Item = &'a (&'a LedgerTask, Support)> + Clone) -> Part {
    let claimed: Ratio = tasks.clone().map(|(task, _)| task.task.ratio()).sum();
    let measured: Ratio = tasks
        .clone()
        .map(|(task, support)| ratio(task, support.minutes()))
        .sum();
    Part {
        tasks: tasks.clone().count() as u64,
        human_hours: tasks.map(|(task, _)| task.task.estimate.hours).sum(),
        leverage_factor: claimed.factor(),
        factor_hours: claimed.hours(),
        measured_leverage_factor: measured.factor(),
    }
}

/// The terms of a task's factor over minutes other than its claim.
fn ratio(task: &LedgerTask, minutes: Option<Minutes>) -> Ratio {
    Ratio::new(task.task.estimate.hours, minutes)
}
