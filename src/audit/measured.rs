//! What the sessions of a task measured.

use std::collections::BTreeSet;

use super::Evidence;
use crate::correlate::seen::SeenSession;
use crate::facts::ids::SessionId;
use crate::facts::ledger::LedgerTask;

/// The minutes of the sessions that a task names or, where it names none, of those linked to its commits.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Measured {
    /// What the agents worked.
    pub(super) agent_minutes: f64,
    /// What the person took, as far as anything says.
    pub(super) supervisory_minutes: f64,
    /// The most that agents can have worked between the first and the last event of each session.
    pub(super) possible_minutes: f64,
}

/// `None` where no session is known, or one that is named is not here and may hold the rest.
pub(super) fn of_task(evidence: &Evidence<'_>, task: &LedgerTask) -> Option<Measured> {
    let named: BTreeSet<&SessionId> = task.task.sessions.iter().collect();
    let parts: Vec<(&SeenSession, f64)> = if named.is_empty() {
        linked(evidence, task)
    } else {
        let find = |wanted: &&SessionId| evidence.sessions.iter().find(|session| session.id == **wanted);
        let found: Vec<(&SeenSession, f64)> =
            named.iter().filter_map(find).map(|found| (found, 1.0)).collect();
        (found.len() == named.len()).then_some(found)?
    };
    let mut sum = Measured::default();
    for (session, share) in &parts {
        let agent = session.agent_minutes()?;
        sum.agent_minutes += agent * share;
        sum.supervisory_minutes += session.supervisory_minutes().unwrap_or(0.0) * share;
        // Subagents work side by side, so a session may hold more minutes than its span.
        sum.possible_minutes += session.span.minutes().max(agent);
    }
    (!parts.is_empty()).then_some(sum)
}

/// The sessions that made a commit of the task, with the part of them that did.
fn linked<'a>(evidence: &Evidence<'a>, task: &LedgerTask) -> Vec<(&'a SeenSession, f64)> {
    let part = |session: &'a SeenSession| {
        let shares = session
            .made()
            .filter(|(_, link)| task.commits.contains(&link.commit))
            .map(|(_, link)| link.share);
        shares
            .reduce(|sum, share| sum + share)
            .map(|share| (session, share.min(1.0)))
    };
    evidence.sessions.iter().filter_map(part).collect()
}
