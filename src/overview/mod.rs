//! Reports, tasks, sessions and findings of several repositories, joined: the input of pages.
//!
//! An [`Overview`] holds what the pages of a site and the charts of a single file show, and nothing that depends on how they look.
//! Its sums are those of [`crate::aggregate::report`], so that a page and a report never disagree. Members refer to each other by
//! position in the lists of the overview.

mod build;
pub mod claim;
pub mod doubts;
mod lines;
pub mod reading;
mod support;
mod views;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::aggregate::effort::Figure;
use crate::aggregate::measures::Measures;
use crate::aggregate::report::{Authors, LeftOut};
use crate::aggregate::sensitivity::OtherHours;
use crate::audit::{Audit, Level};
use crate::correlate::seen::Origin;
use crate::facts::diagnostics::Status;
use crate::facts::evidence::{Confidence, OriginState};
use crate::facts::ids::ObjectId;
use crate::facts::quantity::{Hours, Minutes, Tokens, WorkTime};
use crate::facts::record::Opinion;
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::Span;
use crate::facts::task::Task;
use crate::facts::zone::{Period, Zone};
use crate::sources::reach::Reach;

/// What is asked of an overview.
#[derive(Debug, Clone)]
pub struct Query {
    /// The zone of the days.
    pub zone: Zone,
    /// Which days.
    pub period: Period,
    /// The authors.
    pub author: Option<Authors>,
    /// The length of a working week.
    pub work: WorkTime,
    /// How many repositories were excluded on request.
    pub excluded: usize,
}

/// The audit of a repository, with what it read that pages show.
#[derive(Debug, Clone)]
pub struct Audited {
    /// The audit.
    pub audit: Audit,
    /// How many lines of HEAD each commit added; `None` if that is unknown.
    pub standing: Option<HashMap<ObjectId, u64>>,
    /// The commits that any branch or tag reaches.
    pub reach: Reach,
}

/// Everything that pages show.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The zone of the days.
    pub zone: Zone,
    /// Which days.
    pub period: Period,
    /// The length of a working week.
    pub work: WorkTime,
    /// The time of the newest record or commit that was read; `None` without any.
    pub as_of: Option<DateTime<Utc>>,
    /// Everything.
    pub all: Group,
    /// What the numbers leave out.
    pub left_out: LeftOut,
    /// How many tasks an agent estimated.
    pub estimates_by_agents: u64,
    /// Every day with a task, a commit or a session, ascending.
    pub days: Vec<Day>,
    /// The repositories with a task or a commit that counts in them, by name.
    pub repos: Vec<Repo>,
    /// The tasks, each once: by day, then the highest factor first, unknown last, then by id.
    pub tasks: Vec<TaskView>,
    /// The sessions by start.
    pub sessions: Vec<SessionView>,
    /// The commits of days with tasks or sessions, and those of tasks, by time.
    pub commits: Vec<CommitView>,
    /// Sentences about repositories that were read in part, and about commits in several of them. Untrusted text.
    pub notes: Vec<String>,
    /// How many repositories were excluded on request.
    pub excluded: usize,
}

impl Overview {
    /// The tasks at some positions.
    pub fn tasks_at(&self, positions: &[usize]) -> impl Iterator<Item = &TaskView> {
        positions.iter().filter_map(|at| self.tasks.get(*at))
    }

    /// The tasks at some positions, with these.
    pub fn numbered(&self, positions: &[usize]) -> impl Iterator<Item = (usize, &TaskView)> {
        positions
            .iter()
            .filter_map(|at| Some((*at, self.tasks.get(*at)?)))
    }

    /// The tasks of a group.
    pub fn tasks_of(&self, group: &Group) -> impl Iterator<Item = &TaskView> {
        self.tasks_at(&group.tasks)
    }
}

/// Sums over some tasks, commits and sessions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Group {
    /// As in a report.
    pub measures: Measures,
    /// Its tasks: positions in [`Overview::tasks`], in their order.
    pub tasks: Vec<usize>,
    /// The claimed hours by their evidence.
    pub support: SupportParts,
    /// Its tasks with measured agent minutes.
    pub measured: Compared,
}

/// Tasks whose sessions have agent minutes: what they claim and what was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Compared {
    /// How many.
    pub tasks: u64,
    /// The hours that they claim.
    pub human_hours: Hours,
    /// The agent minutes that those claim which claim any; `None` if none does.
    pub claimed_minutes: Option<Minutes>,
    /// The factor over these.
    pub claimed_factor: Option<f64>,
    /// The agent minutes of their sessions.
    pub minutes: Minutes,
    /// Hours × 60 / `minutes`.
    pub factor: Option<f64>,
}

/// The evidence for the claim of a task, as in an audit, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Support {
    /// The minutes of its sessions were read in their logs.
    Logs,
    /// The minutes of its sessions are known, some of them only from notes.
    Notes,
    /// Only its commits are here.
    Commits,
    /// A shallow clone left its commits out.
    Unchecked,
    /// Nothing.
    Nothing,
}

impl Support {
    /// All of them, the strongest first.
    pub const ALL: [Self; 5] = [
        Self::Logs,
        Self::Notes,
        Self::Commits,
        Self::Unchecked,
        Self::Nothing,
    ];

    /// What it is, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Logs => "minutes in session logs",
            Self::Notes => "minutes in notes",
            Self::Commits => "commits",
            Self::Unchecked => "unknown (shallow clone)",
            Self::Nothing => "nothing",
        }
    }
}

/// Tasks and claimed hours by [`Support`], in the order of [`Support::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SupportParts(pub [SupportPart; 5]);

/// Some tasks.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SupportPart {
    /// How many.
    pub tasks: u64,
    /// The hours that they claim.
    pub human_hours: Hours,
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// Its sums.
    pub group: Group,
    /// Sessions that were active on it: positions in [`Overview::sessions`].
    pub sessions: Vec<usize>,
    /// Its commits: positions in [`Overview::commits`]. Complete if the day has a task or a session.
    pub commits: Vec<usize>,
}

/// One repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Repo {
    /// Its name, different from that of any other. Untrusted text.
    pub name: String,
    /// How much of it was read.
    pub status: Status,
    /// Why it was not read completely. Untrusted text.
    pub reason: Option<String>,
    /// Its sums.
    pub group: Group,
    /// Its days, ascending, with their sums; tasks are positions as everywhere.
    pub days: Vec<(NaiveDate, Group)>,
    /// Its audit, if one was made: findings, origin and standing lines.
    pub audit: Option<Audit>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskView {
    /// The current revision.
    pub task: Task,
    /// The earlier revisions, oldest first.
    pub earlier: Vec<Task>,
    /// Its day.
    pub day: NaiveDate,
    /// Its repository: a position in [`Overview::repos`].
    pub repo: usize,
    /// Its sums, as a report by task has them: factors, lines of its commits, minutes of its sessions.
    pub measures: Measures,
    /// Agent minutes: claimed, else measured with unknown time.
    pub agent: Figure<Minutes>,
    /// The measured ones without unknown time; `None` if there is none.
    pub agent_low: Option<Minutes>,
    /// Supervision: claimed, else from sessions.
    pub supervisory: Figure<Minutes>,
    /// Tokens: claimed, else from sessions.
    pub tokens: Figure<Tokens>,
    /// The agent minutes of its sessions with their unknown time, if all that it names are here.
    pub logged: Option<Minutes>,
    /// Hours × 60 / `logged`.
    pub logged_factor: Option<f64>,
    /// The supervision that its sessions show, by the rule of `docs/supervision.md`.
    pub logged_supervision: Option<Minutes>,
    /// The tokens of its sessions.
    pub logged_tokens: Option<Tokens>,
    /// The opinions that count beside its estimate, one of each other estimator.
    pub opinions: Vec<Opinion>,
    /// Whether its hours were given before the work; by the ledger's history if an audit was made.
    pub is_given_before: bool,
    /// The hours that others, or models, have for it.
    pub other_hours: OtherHours,
    /// Whether any session has agent minutes for it.
    pub has_session_minutes: bool,
    /// Its evidence.
    pub support: Support,
    /// Its commits that are here: positions in [`Overview::commits`].
    pub commits: Vec<usize>,
    /// Commits that it names and that are not here.
    pub missing_commits: Vec<ObjectId>,
    /// Its sessions that are here: positions in [`Overview::sessions`], with their link to it.
    pub sessions: Vec<TaskSession>,
    /// The findings of the audit about it, if one was made: positions in the findings of the audit of `repo`.
    pub findings: Vec<usize>,
    /// The most severe of these.
    pub level: Option<Level>,
}

/// A session that worked for a task.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskSession {
    /// A position in [`Overview::sessions`].
    pub session: usize,
    /// The commit that links them; `None` if the task only names the session.
    pub commit: Option<ObjectId>,
    /// The kind of the link.
    pub rung: Option<Rung>,
    /// How certain it is.
    pub confidence: Option<Confidence>,
    /// What it rests on.
    pub evidence: Vec<Sign>,
    /// The part of the session, 0 to 1, that the commit has.
    pub share: Option<f64>,
}

/// One session.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// The agent.
    pub agent: String,
    /// Its id. Untrusted text.
    pub id: String,
    /// The models. Untrusted text.
    pub models: Vec<String>,
    /// Where its facts come from.
    pub origin: Origin,
    /// The repository in which it worked first: a position in [`Overview::repos`]; `None` if that is not shown.
    pub repo: Option<usize>,
    /// From its first to its last event.
    pub span: Span,
    /// When its agents worked: disjoint, ascending.
    pub worked: Vec<Span>,
    /// Whether these times are only on the right days: their times of day are unknown.
    pub is_by_day: bool,
    /// Agent minutes, subagents added up, with unknown time.
    pub agent_minutes: Option<Minutes>,
    /// The same without unknown time; `None` if there is none.
    pub agent_minutes_low: Option<Minutes>,
    /// Minutes in which at least one of its agents worked.
    pub wall_minutes: Option<Minutes>,
    /// How many commits are linked to it.
    pub commits: usize,
}

/// One commit.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitView {
    /// The id.
    pub id: ObjectId,
    /// Its repository: a position in [`Overview::repos`].
    pub repo: usize,
    /// The author's name. Untrusted text.
    pub author: String,
    /// When it was written, in seconds since 1970.
    pub at: i64,
    /// Who made it.
    pub state: OriginState,
    /// The signs of an agent.
    pub evidence: Vec<Sign>,
    /// Lines added; `None` if unknown.
    pub lines_added: Option<u64>,
    /// Lines removed; `None` if unknown.
    pub lines_removed: Option<u64>,
    /// Lines of it at HEAD, if an audit was made.
    pub lines_standing: Option<u64>,
}

#[cfg(test)]
mod tests;
