//! The reachable commits: what a branch, a tag or a worktree reaches.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::super::claims::claims_of;
use super::super::reach::everywhere;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::quantity::WorkTime;
use crate::git::messages::{self, RawCommit};
use crate::git::{GitError, Repo, change_id};

/// More commits than this are not shown as candidates.
pub(super) const MAX_CANDIDATES: usize = 5;

/// One reachable commit, as far as its change is compared with others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stands {
    /// When it was committed, in seconds since the epoch.
    pub(super) committed: i64,
    /// Whether it has more than one parent.
    pub(super) is_merge: bool,
}

/// All of them, and which of them name tasks and sessions.
#[derive(Debug, Default)]
pub(super) struct Standing {
    pub(super) commits: HashMap<ObjectId, Stands>,
    /// By the task that a trailer names, the first one first.
    by_task: HashMap<TaskId, BTreeSet<(i64, ObjectId)>>,
    /// By the session that a trailer names.
    by_session: HashMap<SessionId, BTreeSet<ObjectId>>,
}

impl Standing {
    /// Walks all of them. The error says why that is impossible.
    pub(super) fn of(repo: &Repo, work: WorkTime) -> Result<Self, GitError> {
        let mut standing = Self::default();
        messages::visit_all_and(repo, &everywhere(), &change_id::checked_out(repo), |commit| {
            standing.add(&commit, work);
        })?;
        Ok(standing)
    }

    fn add(&mut self, commit: &RawCommit<'_>, work: WorkTime) {
        let committed = commit.commit_time().seconds;
        let stands = Stands {
            committed,
            is_merge: commit.parents().nth(1).is_some(),
        };
        self.commits.insert(commit.id, stands);
        let Some(claims) = claims_of(commit, work) else {
            return;
        };
        for claim in claims.claims {
            if let Some(task) = claim.task {
                let named = self.by_task.entry(task).or_default();
                named.insert((committed, commit.id));
            }
            for session in claim.sessions {
                self.by_session.entry(session).or_default().insert(commit.id);
            }
        }
    }

    pub(super) fn has(&self, commit: ObjectId) -> bool {
        self.commits.contains_key(&commit)
    }

    /// Their ids.
    pub(super) fn ids(&self) -> HashSet<ObjectId> {
        self.commits.keys().copied().collect()
    }

    /// The first commit whose message names a task. All that do belong to it.
    pub(super) fn naming(&self, task: TaskId) -> Option<ObjectId> {
        let named = self.by_task.get(&task)?;
        named.first().map(|(_, commit)| *commit)
    }

    /// The commits whose messages name one of these sessions.
    pub(super) fn of_sessions(&self, sessions: &[SessionId]) -> BTreeSet<ObjectId> {
        let named = sessions.iter().filter_map(|session| self.by_session.get(session));
        named.flatten().copied().collect()
    }
}

/// For each of these titles the first commits that have it, as their own or as that of one that they joined.
pub(super) fn titled(repo: &Repo, titles: &BTreeSet<String>) -> BTreeMap<String, Vec<ObjectId>> {
    let mut found: BTreeMap<String, BTreeSet<(i64, ObjectId)>> = BTreeMap::new();
    // What cannot be walked was reported when it was walked first.
    let _ = messages::visit_all(repo, &everywhere(), |commit| {
        for title in super::lines::titles(&commit.message()) {
            let Ok(title) = std::str::from_utf8(title) else {
                continue;
            };
            if titles.contains(title) {
                let found = found.entry(title.to_owned()).or_default();
                found.insert((commit.commit_time().seconds, commit.id));
                if found.len() > MAX_CANDIDATES {
                    found.pop_last();
                }
            }
        }
    });
    let ids = |found: BTreeSet<(i64, ObjectId)>| found.into_iter().map(|(_, id)| id).collect();
    found
        .into_iter()
        .map(|(title, found)| (title, ids(found)))
        .collect()
}
