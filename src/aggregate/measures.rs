//! What is summed, and the factors that follow from the sums.

use serde::Serialize;

use crate::facts::commit::{Commit, LineCounts};
use crate::facts::evidence::OriginState;
use crate::facts::quantity::{Hours, Minutes, Tokens};
use crate::facts::session::TokenCounts;
use crate::facts::task::{Task, factor};

/// The measures of a row or of the totals, in the order of the format. `None` is unknown, never 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Measures {
    /// Tasks, each once.
    pub tasks: u64,
    /// Claimed: Σ estimates, in hours.
    pub human_hours: Option<Hours>,
    /// Claimed: Σ agent minutes of the tasks that have them.
    pub agent_minutes: Option<Minutes>,
    /// Claimed: Σ supervisory minutes of the tasks that have them.
    pub supervisory_minutes: Option<Minutes>,
    /// Measured: minutes in which at least one agent worked for these tasks.
    pub wall_minutes: Option<Minutes>,
    /// Claimed: Σ tokens of the tasks that have them.
    pub tokens: Option<Tokens>,
    /// Σ human hours × 60 / Σ agent minutes, over tasks that have both.
    pub leverage_factor: Option<f64>,
    /// Σ human hours × 60 / Σ supervisory minutes, over tasks that have both.
    pub supervisory_leverage_factor: Option<f64>,
    /// Σ human hours × 60 / wall minutes.
    pub wall_leverage_factor: Option<f64>,
    /// Σ human hours × 60 / Σ agent minutes of every session seen, recorded in a task or not.
    pub all_in_leverage_factor: Option<f64>,
    /// Σ human hours in weeks of work.
    pub human_weeks: Option<f64>,
    /// Measured: commits, merges included, each once.
    pub commits: u64,
    /// Measured: commits in which an agent had a part.
    pub agent_commits: u64,
    /// Measured: Σ files changed, over commits that are no merges and whose lines could be read.
    pub files_changed: Option<u64>,
    /// Measured: Σ lines added, over the same commits.
    pub lines_added: Option<u64>,
    /// Measured: Σ lines removed, over the same commits.
    pub lines_removed: Option<u64>,
    /// Measured: sessions seen. `None` where no logs were read, as in every field below.
    pub sessions: Option<u64>,
    /// Measured: Σ agent minutes of those sessions.
    pub session_agent_minutes: Option<Minutes>,
    /// Estimated from their logs: Σ supervisory minutes.
    pub session_supervisory_minutes: Option<Minutes>,
    /// Measured: Σ fresh input tokens.
    pub tokens_input: Option<u64>,
    /// Measured: Σ tokens written to a cache.
    pub tokens_cache_write: Option<u64>,
    /// Measured: Σ tokens read from a cache.
    pub tokens_cache_read: Option<u64>,
    /// Measured: Σ output tokens.
    pub tokens_output: Option<u64>,
}

impl Measures {
    /// The names of all fields, as the formats have them.
    pub fn names() -> Vec<String> {
        fields(&Self::default())
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// A field by its name, as a number; `None` where it is unknown.
    pub fn number(&self, name: &str) -> Option<f64> {
        let (_, value) = fields(self).into_iter().find(|(field, _)| field == name)?;
        value.as_f64()
    }
}

/// The serialised fields, so that no second list of them has to be kept.
fn fields(measures: &Measures) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(measures) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

/// Sums in the making.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    tasks: u64,
    hours: Hours,
    agent: Term,
    supervision: Term,
    tokens: Option<Tokens>,
    commits: u64,
    agent_commits: u64,
    lines: Option<LineCounts>,
    /// What agents' logs add; `None` where none were read.
    pub sessions: Option<SessionTally>,
}

/// Minutes of the tasks that have them, beside the hours of the same tasks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Term {
    tasks: u64,
    minutes: Minutes,
    hours: Hours,
}

impl Term {
    fn add(&mut self, hours: Hours, minutes: Option<Minutes>) {
        if let Some(minutes) = minutes {
            self.tasks += 1;
            self.minutes += minutes;
            self.hours += hours;
        }
    }

    fn minutes(self) -> Option<Minutes> {
        (self.tasks > 0).then_some(self.minutes)
    }

    fn factor(self) -> Option<f64> {
        factor(self.hours, self.minutes)
    }
}

/// What the logs of agents add to a row.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SessionTally {
    /// How many sessions.
    pub sessions: u64,
    /// Their agent minutes.
    pub agent_minutes: Minutes,
    /// Their supervisory minutes, where a log tells.
    pub supervisory_minutes: Option<Minutes>,
    /// Minutes in which at least one of them worked.
    pub wall_minutes: Option<Minutes>,
    /// Their tokens by kind, where a log tells.
    pub tokens: Option<TokenCounts>,
}

impl Tally {
    /// Counts a task.
    pub fn add_task(&mut self, task: &Task) {
        self.tasks += 1;
        let hours = task.estimate.hours;
        self.hours += hours;
        self.agent.add(hours, task.agent_minutes);
        self.supervision.add(hours, task.supervisory_minutes);
        if let Some(tokens) = task.tokens {
            *self.tokens.get_or_insert_default() += tokens;
        }
    }

    /// Counts a commit.
    pub fn add_commit(&mut self, commit: &Commit) {
        self.commits += 1;
        self.agent_commits += u64::from(commit.origin.state == OriginState::Agent);
        if let Some(lines) = commit.lines {
            *self.lines.get_or_insert_default() += lines;
        }
    }

    /// The sums and what follows from them; a week has `hours_per_week`.
    pub fn measures(&self, hours_per_week: f64) -> Measures {
        let hours = (self.tasks > 0).then_some(self.hours);
        let seen = self.sessions.as_ref();
        let tokens = seen.and_then(|seen| seen.tokens);
        let wall = seen.and_then(|seen| seen.wall_minutes);
        Measures {
            tasks: self.tasks,
            human_hours: hours,
            agent_minutes: self.agent.minutes(),
            supervisory_minutes: self.supervision.minutes(),
            wall_minutes: wall,
            tokens: self.tokens,
            leverage_factor: self.agent.factor(),
            supervisory_leverage_factor: self.supervision.factor(),
            wall_leverage_factor: hours.zip(wall).and_then(|(hours, wall)| factor(hours, wall)),
            all_in_leverage_factor: hours
                .zip(seen)
                .and_then(|(hours, seen)| factor(hours, seen.agent_minutes)),
            human_weeks: hours.map(|hours| hours.get() / hours_per_week),
            commits: self.commits,
            agent_commits: self.agent_commits,
            files_changed: self.lines.map(|lines| lines.files),
            lines_added: self.lines.map(|lines| lines.added),
            lines_removed: self.lines.map(|lines| lines.removed),
            sessions: seen.map(|seen| seen.sessions),
            session_agent_minutes: seen.map(|seen| seen.agent_minutes),
            session_supervisory_minutes: seen.and_then(|seen| seen.supervisory_minutes),
            tokens_input: tokens.map(|tokens| tokens.input),
            tokens_cache_write: tokens.map(|tokens| tokens.cache_write),
            tokens_cache_read: tokens.map(|tokens| tokens.cache_read),
            tokens_output: tokens.map(|tokens| tokens.output),
        }
    }

    /// How many tasks were counted.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// Tasks that the leverage factor leaves out.
    pub fn tasks_without_agent_time(&self) -> u64 {
        self.tasks - self.agent.tasks
    }

    /// Tasks that the supervisory leverage factor leaves out.
    pub fn tasks_without_supervision(&self) -> u64 {
        self.tasks - self.supervision.tasks
    }
}
