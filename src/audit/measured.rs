//! The minutes that the sessions of a task measured.

use std::collections::BTreeSet;

use super::evidence::All;
use crate::correlate::seen::{Origin, SeenSession};
use crate::facts::ids::SessionId;
use crate::facts::ledger::LedgerTask;
use crate::facts::link::Link;
use crate::facts::quantity::Minutes;

/// The minutes of the sessions that a task names, as far as they were for it; without any, or if some are not here, of those
/// linked to its commits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Measured {
    /// The agents' time.
    pub(super) agent_minutes: Minutes,
    /// The person's time, if known.
    pub(super) supervisory_minutes: Minutes,
    /// The longest that agents can have worked between the first and the last event of each session.
    pub(super) possible_minutes: Minutes,
    /// Whether all named sessions are here. One that is not can only add time.
    pub(super) is_all: bool,
    /// Whether each of these sessions has its log here. A note may have been written by hand.
    pub(super) is_from_logs: bool,
}

/// `None` if no session of the task is here.
pub(super) fn of_task(all: All<'_>, task: &LedgerTask) -> Option<Measured> {
    let named: BTreeSet<&SessionId> = task.task.sessions.iter().collect();
    let here = all.sessions.iter();
    let mut parts: Vec<(&SeenSession, f64)> = here
        .filter(|session| named.contains(&session.id))
        .map(|session| (session, named_part(all, session, task)))
        .collect();
    let is_all = parts.len() == named.len();
    if named.is_empty() || !is_all {
        let linked = linked(all, task).into_iter();
        parts.extend(linked.filter(|(session, _)| !named.contains(&session.id)));
    }
    let mut sum = Measured {
        is_all,
        is_from_logs: parts.iter().all(|(session, _)| session.origin == Origin::Log),
        ..Measured::default()
    };
    for (session, share) in &parts {
        let agent = session.agent_minutes()?;
        sum.agent_minutes += agent * *share;
        sum.supervisory_minutes += session.supervisory_minutes().unwrap_or_default() * *share;
        // Subagents work in parallel, so a session may have more minutes than its span.
        sum.possible_minutes += session.span.minutes().max(agent);
    }
    (!parts.is_empty()).then_some(sum)
}

/// The part of a session that belongs to a task that names it: the time for the task's commits, if that can be separated from
/// the time for others, and, as in reports, its part of the uncommitted time if it was recorded in the session; without commits,
/// the uncommitted time; else all of it.
fn named_part(all: All<'_>, session: &SeenSession, task: &LedgerTask) -> f64 {
    let (own, others): (Vec<_>, Vec<_>) = session
        .made()
        .map(|(_, link)| link)
        .partition(|link| task.commits.contains(&link.commit));
    let share = |links: &[&Link]| links.iter().map(|link| link.share).sum::<f64>().clamp(0.0, 1.0);
    let is_measured = task.task.agent_minutes_basis.is_some();
    let committed = share(&own) + share(&others);
    if task.commits.is_empty() {
        1.0 - share(&others)
    } else if task.task.has_rest_of(&session.id)
        && share(&own) > 0.0
        && !is_named_without_commits(all, session)
    {
        share(&own) / committed
    } else if !own.is_empty() && (is_measured || !others.is_empty()) {
        share(&own)
    } else {
        1.0
    }
}

/// Whether a task without commits names the session, and so has its uncommitted time.
fn is_named_without_commits(all: All<'_>, session: &SeenSession) -> bool {
    let mut without = all.ledger.tasks.iter().filter(|task| task.commits.is_empty());
    without.any(|found| found.task.sessions.contains(&session.id))
}

/// The sessions that made a commit of the task, with the part that did.
fn linked<'a>(all: All<'a>, task: &LedgerTask) -> Vec<(&'a SeenSession, f64)> {
    let part = |session: &'a SeenSession| {
        let shares = session
            .made()
            .filter(|(_, link)| task.commits.contains(&link.commit))
            .map(|(_, link)| link.share);
        shares
            .reduce(|sum, share| sum + share)
            .map(|share| (session, share.min(1.0)))
    };
    all.sessions.iter().filter_map(part).collect()
}
