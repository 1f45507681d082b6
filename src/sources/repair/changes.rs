//! Which reachable commits made the change of unreachable commits: of one, or of several consecutive ones.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::standing::Standing;
use crate::facts::ids::ObjectId;
use crate::git::change_id::{self, ChangeId};
use crate::git::messages;
use crate::git::touched::touched;
use crate::git::{Repo, refs};

/// How long a line of commits may be to count as one that was squashed.
pub(super) const MAX_CHAIN: usize = 64;
/// How many reachable commits are examined: those that were made soonest after an unreachable one.
const MAX_STANDING: usize = 20_000;
/// How many changes are compared line by line.
const MAX_CHANGES: usize = 4_096;
/// Commits whose files are listed in one batch.
const AT_ONCE: usize = 256;
/// How much the clocks of two machines may differ, in seconds.
const CLOCKS: i64 = 24 * 60 * 60;

/// By the unreachable commit, what made its change again, each with how many commits it replaces.
pub(super) type Found = BTreeMap<ObjectId, BTreeMap<ObjectId, usize>>;

/// What was compared.
pub(super) struct Compared {
    pub(super) found: Found,
    /// Whether a bound was reached, so that there may be more.
    pub(super) gave_up: bool,
}

/// Compares the changes of `gone` with those of all reachable commits.
pub(super) fn compare(repo: &Repo, gone: &BTreeSet<ObjectId>, standing: &Standing) -> Compared {
    let mut search = Search {
        repo,
        changes: HashMap::new(),
        found: Found::new(),
        gave_up: false,
    };
    let chains = chains(repo, gone, standing);
    let times: BTreeSet<i64> = chains.iter().flatten().map(|commit| commit.committed).collect();
    let by_files = search.by_files(standing, &times);
    let mut seen = HashSet::new();
    for chain in &chains {
        for newest in 0..chain.len() {
            let mut files = BTreeSet::new();
            for oldest in newest..chain.len() {
                let Some(more) = &chain[oldest].files else { break };
                files.extend(more.iter().cloned());
                let range = &chain[newest..=oldest];
                if !range.iter().any(|commit| gone.contains(&commit.id)) {
                    continue;
                }
                if seen.insert((chain[newest].id, chain[oldest].id))
                    && let Some(alike) = by_files.get(&hash(&files))
                {
                    search.try_range(range, alike, gone);
                }
            }
        }
    }
    search.end()
}

/// An unreachable commit.
struct Gone {
    id: ObjectId,
    parent: Option<ObjectId>,
    committed: i64,
    /// The paths that it changed; `None` if they cannot be read.
    files: Option<BTreeSet<Vec<u8>>>,
}

/// Lines of unreachable commits, newest first, each with one of `gone`. They begin at one of these, or where HEAD was
/// once: at the end of a deleted branch.
fn chains(repo: &Repo, gone: &BTreeSet<ObjectId>, standing: &Standing) -> Vec<Vec<Gone>> {
    let left = change_id::left_by_head(repo).into_iter();
    let tips: BTreeSet<ObjectId> = left.chain(gone.iter().copied()).collect();
    let mut chains = Vec::new();
    for tip in tips {
        let mut chain = Vec::new();
        let mut next = Some(tip);
        while let Some(id) = next.filter(|id| !standing.has(*id) && chain.len() < MAX_CHAIN) {
            let read = messages::with_commit(repo, id, |raw| {
                let parents: Vec<ObjectId> = raw.parents().take(2).collect();
                (parents, raw.commit_time().seconds)
            });
            let Ok((parents, committed)) = read else { break };
            if parents.len() > 1 {
                break;
            }
            next = parents.first().copied();
            chain.push(Gone {
                id,
                parent: next,
                committed,
                files: None,
            });
        }
        if chain.iter().any(|commit| gone.contains(&commit.id)) {
            let ids: Vec<ObjectId> = chain.iter().map(|commit| commit.id).collect();
            for (commit, files) in chain.iter_mut().zip(touched(repo, ids)) {
                commit.files = files;
            }
            chains.push(chain);
        }
    }
    chains
}

/// The commits that may have been made from one that was made at one of `times`, each with how long after the last of
/// these: those first that were made soonest.
fn soonest(commits: impl Iterator<Item = (i64, ObjectId)>, times: &BTreeSet<i64>) -> Vec<(i64, ObjectId)> {
    let after = |committed: i64| {
        let latest = committed.saturating_add(CLOCKS);
        let last = times.range(..=latest).next_back()?;
        Some(latest.saturating_sub(*last))
    };
    let mut later: Vec<(i64, ObjectId)> = commits
        .filter_map(|(committed, id)| Some((after(committed)?, id)))
        .collect();
    later.sort_unstable();
    later
}

fn hash(files: &BTreeSet<Vec<u8>>) -> u64 {
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}

struct Search<'a> {
    repo: &'a Repo,
    /// The changes of reachable commits that were computed.
    changes: HashMap<ObjectId, Option<ChangeId>>,
    found: Found,
    gave_up: bool,
}

impl Search<'_> {
    fn end(self) -> Compared {
        Compared {
            found: self.found,
            gave_up: self.gave_up,
        }
    }

    /// The reachable commits by the paths that they changed, without those older than all unreachable ones.
    fn by_files(&mut self, standing: &Standing, times: &BTreeSet<i64>) -> HashMap<u64, Vec<ObjectId>> {
        let single = standing.commits.iter().filter(|(_, commit)| !commit.is_merge);
        let mut later = soonest(single.map(|(id, commit)| (commit.committed, *id)), times);
        self.gave_up |= later.len() > MAX_STANDING;
        later.truncate(MAX_STANDING);
        let mut by_files: HashMap<u64, Vec<ObjectId>> = HashMap::new();
        for some in later.chunks(AT_ONCE) {
            let ids = some.iter().map(|(_, id)| *id);
            for (id, files) in ids.clone().zip(touched(self.repo, ids)) {
                if let Some(files) = files.filter(|files| !files.is_empty()) {
                    by_files.entry(hash(&files)).or_default().push(id);
                }
            }
        }
        by_files
    }

    /// Searches for the change of a line of commits, newest first, among reachable commits with the same files.
    fn try_range(&mut self, range: &[Gone], alike: &[ObjectId], gone: &BTreeSet<ObjectId>) {
        let (Some(newest), Some(oldest)) = (range.first(), range.last()) else {
            return;
        };
        if self.changes.len() >= MAX_CHANGES {
            self.gave_up = true;
            return;
        }
        let change = match oldest.parent {
            Some(parent) => change_id::between(self.repo, parent, newest.id),
            None if range.len() == 1 => change_id::of_commit(self.repo, newest.id),
            None => None,
        };
        let Some(change) = change else { return };
        for id in alike {
            if self.change(*id) != Some(&change) || refs::descends(self.repo, newest.id, *id) {
                continue;
            }
            for commit in range.iter().filter(|commit| gone.contains(&commit.id)) {
                let found = self.found.entry(commit.id).or_default();
                let length = found.entry(*id).or_insert(range.len());
                *length = range.len().min(*length);
            }
        }
    }

    fn change(&mut self, id: ObjectId) -> Option<&ChangeId> {
        let repo = self.repo;
        let change = || change_id::of_commit(repo, id);
        self.changes.entry(id).or_insert_with(change).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_commit_that_is_gone_does_not_hide_what_became_of_a_new_one() {
        let day = 24 * 60 * 60;
        let id = |number: i64| format!("{number:040x}").parse::<ObjectId>().unwrap();
        let commits = || (0..100).map(|number| (number * day, id(number)));
        let order = |times: &[i64]| -> Vec<ObjectId> {
            let times = times.iter().map(|time| time * day).collect();
            soonest(commits(), &times).into_iter().map(|(_, id)| id).collect()
        };
        let found = order(&[2, 90]);
        assert_eq!(
            found.len(),
            99,
            "what is older than all by more than clocks differ is left out"
        );
        let last = found.iter().position(|found| *found == id(92)).unwrap();
        assert!(last < 8, "it is looked at among the first: {last}");
        assert_eq!(order(&[98]), [id(97), id(98), id(99)]);
        assert!(order(&[]).is_empty());
    }
}
