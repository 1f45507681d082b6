//! The minutes that the sessions of a task measured, and the evidence for its claim that follows from them.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::correlate::seen::{Origin, SeenSession};
use crate::facts::commit::Commit;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::LedgerTask;
use crate::facts::link::Link;
use crate::facts::quantity::Minutes;
use crate::facts::session::TokenCounts;
use crate::facts::task::Task;

/// The sessions that worked somewhere, found by their id and by what they made.
#[derive(Debug, Clone, Default)]
pub struct SessionIndex {
    /// The position of each session.
    by_id: HashMap<SessionId, usize>,
    /// The positions of the sessions that made each commit, ascending.
    by_commit: HashMap<ObjectId, Vec<usize>>,
    /// The sessions that a task without commits names, and so has their uncommitted time.
    named_without_commits: HashSet<SessionId>,
}

impl SessionIndex {
    /// Indexes `sessions`; `tasks` are all tasks of the ledger.
    pub fn of_ledger(sessions: &[SeenSession], tasks: &[LedgerTask]) -> Self {
        let tasks = tasks.iter();
        Self::new(
            sessions,
            tasks.map(|found| (&found.task, found.commits.as_slice())),
        )
    }

    /// Indexes `sessions`; `tasks` are all tasks, each with its commits.
    pub fn new<'t>(
        sessions: &[SeenSession],
        tasks: impl IntoIterator<Item = (&'t Task, &'t [ObjectId])>,
    ) -> Self {
        let mut index = Self::default();
        for (at, session) in sessions.iter().enumerate() {
            index.by_id.insert(session.id.clone(), at);
            for (_, link) in session.made() {
                let makers = index.by_commit.entry(link.commit).or_default();
                if makers.last() != Some(&at) {
                    makers.push(at);
                }
            }
        }
        let without_commits = tasks.into_iter().filter(|(_, commits)| commits.is_empty());
        let named = without_commits.flat_map(|(task, _)| &task.sessions);
        index.named_without_commits = named.cloned().collect();
        index
    }

    /// Adds sessions that a task without commits names in another repository.
    pub fn add_named(&mut self, sessions: &HashSet<SessionId>) {
        self.named_without_commits.extend(sessions.iter().cloned());
    }

    /// The positions of the sessions with these ids that are here, ascending.
    pub fn named(&self, ids: &BTreeSet<&SessionId>) -> BTreeSet<usize> {
        ids.iter().filter_map(|id| self.by_id.get(*id).copied()).collect()
    }

    /// The positions of the sessions that made one of these commits, ascending.
    pub fn makers(&self, commits: &[ObjectId]) -> BTreeSet<usize> {
        let makers = commits.iter().filter_map(|commit| self.by_commit.get(commit));
        makers.flatten().copied().collect()
    }
}

/// What of a repository is here to support claims.
#[derive(Debug, Clone, Copy)]
pub struct Here<'a> {
    /// The commits that any branch or tag reaches.
    pub reached: &'a HashSet<ObjectId>,
    /// Whether older ones are missing, as in a shallow clone.
    pub is_cut: bool,
    /// The commits that change no file.
    pub empty: &'a HashSet<ObjectId>,
}

/// The evidence for a task.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Support {
    /// The agent minutes of its sessions, from their logs, with unknown time.
    Minutes(Minutes),
    /// The same, some of them from notes.
    NotedMinutes(Minutes),
    /// All of its commits are here, and some of them change files.
    Commits,
    /// A shallow clone left its commits out.
    Unknown,
    /// None of these.
    Nothing,
}

impl Support {
    /// The evidence for a task with these commits, given what its sessions measured. A commit that is not here may be the one with
    /// the work, and one that changes no file shows no work.
    pub fn of(measured: Option<Measured>, commits: &[ObjectId], here: Here<'_>) -> Self {
        let is_here = |commit: &ObjectId| here.reached.contains(commit);
        let changes_files = |commit: &ObjectId| !here.empty.contains(commit);
        // The minutes of some sessions are not those of all: they would make the factor too high.
        match measured.filter(|measured| measured.is_all) {
            Some(measured) if measured.is_from_logs => Self::Minutes(measured.most_agent_minutes()),
            Some(measured) => Self::NotedMinutes(measured.most_agent_minutes()),
            None if commits.iter().all(is_here) && commits.iter().any(changes_files) => Self::Commits,
            None if here.is_cut && !commits.iter().all(is_here) => Self::Unknown,
            None => Self::Nothing,
        }
    }

    /// The minutes of its sessions.
    pub fn minutes(self) -> Option<Minutes> {
        match self {
            Self::Minutes(minutes) | Self::NotedMinutes(minutes) => Some(minutes),
            Self::Commits | Self::Unknown | Self::Nothing => None,
        }
    }
}

/// Commits that change no file, including merges. A commit that could not be counted is not one of them.
pub fn empty_commits<'c>(commits: impl IntoIterator<Item = &'c Commit>) -> HashSet<ObjectId> {
    let is_empty = |commit: &&Commit| commit.lines.is_some_and(|lines| lines.files == 0);
    let empty = commits.into_iter().filter(is_empty);
    empty.map(|commit| commit.id).collect()
}

/// The minutes of the sessions that a task names, as far as they were for it; without any, or if some are not here, of those
/// linked to its commits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// The agents' time, without unknown time.
    pub agent_minutes: Minutes,
    /// Minutes in which they may have worked in addition.
    pub unknown_minutes: Minutes,
    /// The person's time in the sessions that show it.
    pub supervisory_minutes: Minutes,
    /// Whether each of them shows it.
    pub is_supervision_known: bool,
    /// The tokens; `None` if they are unknown for any session.
    pub tokens: Option<f64>,
    /// The longest that agents can have worked between the first and the last event of each session.
    pub possible_minutes: Minutes,
    /// Whether all named sessions are here. One that is not can only add time.
    pub is_all: bool,
    /// Whether each of these sessions has its log here. A note may have been written by hand.
    pub is_from_logs: bool,
}

impl Measured {
    /// The longest that agents can have worked, in minutes.
    pub fn most_agent_minutes(self) -> Minutes {
        self.agent_minutes + self.unknown_minutes
    }

    /// The person's time; `None` if it is unknown for any session.
    pub fn supervision(self) -> Option<Minutes> {
        self.is_supervision_known.then_some(self.supervisory_minutes)
    }
}

/// What the sessions of a task with these commits measured; `None` if none of them is here. `index` is that of `sessions`.
pub fn of_task(
    sessions: &[SeenSession],
    index: &SessionIndex,
    task: &Task,
    commits: &[ObjectId],
) -> Option<Measured> {
    let own: HashSet<ObjectId> = commits.iter().copied().collect();
    let ids: BTreeSet<&SessionId> = task.sessions.iter().collect();
    let named = index.named(&ids);
    let at = |position: &usize| sessions.get(*position);
    let part = |session| (session, named_part(index, session, task, &own));
    let mut parts: Vec<(&SeenSession, f64)> = named.iter().filter_map(at).map(part).collect();
    let is_all = parts.len() == ids.len();
    if ids.is_empty() || !is_all {
        let makers = index.makers(commits);
        let others = makers.difference(&named).filter_map(at);
        parts.extend(others.map(|session| (session, made_part(session, &own))));
    }
    let mut sum = Measured {
        is_all,
        is_from_logs: parts.iter().all(|(session, _)| session.origin == Origin::Log),
        is_supervision_known: true,
        tokens: Some(0.0),
        ..Measured::default()
    };
    for (session, share) in &parts {
        let agent = session.agent_minutes()?;
        sum.agent_minutes += agent * *share;
        let unknown = session.unknown_minutes();
        sum.unknown_minutes += unknown * *share;
        let supervision = session.supervisory_minutes();
        sum.supervisory_minutes += supervision.unwrap_or_default() * *share;
        sum.is_supervision_known &= supervision.is_some();
        let tokens = session.tokens().map(TokenCounts::total);
        let both = sum.tokens.zip(tokens);
        sum.tokens = both.map(|(sum, tokens)| sum + tokens.0 as f64 * share);
        // Subagents work in parallel, so a session may have more minutes than its span.
        sum.possible_minutes += session.longest_span().minutes().max(agent + unknown);
    }
    (!parts.is_empty()).then_some(sum)
}

/// The part of a session that belongs to a task that names it: the time for the task's commits, if that can be separated from
/// the time for others, and, as in reports, its part of the uncommitted time if it was recorded in the session; without commits,
/// the uncommitted time; else all of it.
fn named_part(index: &SessionIndex, session: &SeenSession, task: &Task, commits: &HashSet<ObjectId>) -> f64 {
    let (own, others): (Vec<_>, Vec<_>) = session
        .made()
        .map(|(_, link)| link)
        .partition(|link| commits.contains(&link.commit));
    let share = |links: &[&Link]| links.iter().map(|link| link.share).sum::<f64>().clamp(0.0, 1.0);
    let is_measured = task.agent_minutes_basis.is_some();
    let committed = share(&own) + share(&others);
    if commits.is_empty() {
        1.0 - share(&others)
    } else if task.has_rest_of(&session.id)
        && share(&own) > 0.0
        && !index.named_without_commits.contains(&session.id)
    {
        share(&own) / committed
    } else if !own.is_empty() && (is_measured || !others.is_empty()) {
        share(&own)
    } else {
        1.0
    }
}

/// The part of a session that made these commits.
fn made_part(session: &SeenSession, commits: &HashSet<ObjectId>) -> f64 {
    let made = session.made().filter(|(_, link)| commits.contains(&link.commit));
    made.map(|(_, link)| link.share).sum::<f64>().min(1.0)
}
