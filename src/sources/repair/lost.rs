//! Tasks that only messages on no branch still claim, and whose change was made by a squash without them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::super::claims::claims_of;
use super::changes::{self, MAX_CHAIN};
use super::standing::{MAX_CANDIDATES, Standing};
use super::totals::read_with;
use super::undecided::{Doubt, Undecided};
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::quantity::WorkTime;
use crate::facts::record::{NoteLines, Record};
use crate::git::messages;
use crate::git::{Repo, change_id};

/// How many unreachable commits are read.
const MAX_LEFT: usize = 20_000;

/// Lists them by the commit that claimed them. HEAD must have been there, and its reflog must show it.
pub(super) fn lost(repo: &Repo, work: WorkTime, standing: &Standing) -> Vec<Undecided> {
    let claiming = claiming(repo, work, standing);
    if claiming.is_empty() {
        return Vec::new();
    }
    let now = read_with(repo, work, BTreeMap::new(), []);
    let then = read_with(repo, work, BTreeMap::new(), claiming.iter().copied());
    let known: HashSet<TaskId> = now
        .tasks
        .iter()
        .map(|found| found.task.id)
        .chain(now.retracted.iter().map(|retracted| retracted.task.task.id))
        .collect();
    let mut by_commit: BTreeMap<ObjectId, NoteLines> = BTreeMap::new();
    for found in then.tasks.iter().filter(|found| !known.contains(&found.task.id)) {
        let claimed = found.claims.iter().rev().map(|(commit, _)| *commit);
        if let Some(commit) = claimed.into_iter().find(|commit| claiming.contains(commit)) {
            let line = Record::Task(Box::new(found.task.clone())).encode();
            by_commit.entry(commit).or_default().insert(line);
        }
    }
    let commits: BTreeSet<ObjectId> = by_commit.keys().copied().collect();
    let compared = changes::compare(repo, &commits, standing);
    let undecided = by_commit.into_iter().filter_map(|(from, lines)| {
        let found = compared.found.get(&from)?.keys().copied();
        let candidates: Vec<ObjectId> = found.filter(|commit| !has_own(&now, *commit)).collect();
        (!candidates.is_empty()).then(|| Undecided {
            from,
            lines,
            doubt: Doubt::Message,
            candidates: candidates.into_iter().take(MAX_CANDIDATES).collect(),
        })
    });
    undecided.collect()
}

/// The commits of deleted branches whose messages make claims.
fn claiming(repo: &Repo, work: WorkTime, standing: &Standing) -> BTreeSet<ObjectId> {
    let mut seen = HashSet::new();
    let mut claiming = BTreeSet::new();
    for tip in change_id::left_by_head(repo) {
        let mut next = Some(tip);
        for _ in 0..MAX_CHAIN {
            let Some(id) = next
                .take()
                .filter(|id| !standing.has(*id) && seen.len() < MAX_LEFT)
            else {
                break;
            };
            if !seen.insert(id) {
                break;
            }
            let read = messages::with_commit(repo, id, |raw| {
                let claims = claims_of(&raw, work).map_or_else(Vec::new, |found| found.claims);
                let claims_one = claims.iter().any(|claim| claim.estimate.is_some());
                (raw.parents().next(), claims_one)
            });
            let Ok((parent, claims_one)) = read else { break };
            if claims_one {
                claiming.insert(id);
            }
            next = parent;
        }
    }
    claiming
}

/// Whether a commit has its own task: one that its message claims, or that was recorded only there.
fn has_own(ledger: &Ledger, commit: ObjectId) -> bool {
    ledger.tasks.iter().any(|found| is_own(found, commit))
}

/// Whether a task is of only one commit. One that a record took over from a message is not.
fn is_own(found: &LedgerTask, commit: ObjectId) -> bool {
    let is_here = |id: &ObjectId| *id == commit;
    let is_claimed = found.claims.iter().any(|(id, _)| is_here(id));
    let is_recorded =
        !found.notes.is_empty() && found.notes.iter().all(is_here) && !found.task.id.is_derived();
    is_claimed || is_recorded
}
