//! Which commits a repository reaches from any branch or tag, and which of them revert another by their message.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::facts::commit::Authored;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::refs::{self, Fetched};
use crate::git::walk::RefSelection;
use crate::git::{graph, messages};

/// The commits of a repository.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// Everything that a branch or a tag reaches, local or remote.
    pub commits: HashSet<ObjectId>,
    /// Whether older commits are missing, as in a shallow clone.
    pub is_cut: bool,
    /// Whether the commits of tasks without code are here, own or fetched ones.
    pub has_task_commits: bool,
    /// Reverted commits, with one that reverted them and still applies. Only HEAD's reverts count: what is on a branch
    /// may never be merged. What a cherry-pick restored after the revert is not reverted.
    pub reverts: BTreeMap<ObjectId, ObjectId>,
}

/// Commits by what a rewrite preserves of them; those that are not here are left out.
fn authored(repo: &Repo, commits: impl Iterator<Item = ObjectId>) -> HashMap<Authored, Vec<ObjectId>> {
    let mut found: HashMap<Authored, Vec<ObjectId>> = HashMap::new();
    messages::visit_these(repo, commits, |commit| {
        found.entry(commit.authored()).or_default().push(commit.id);
    });
    found
}

/// Every branch and tag, local and remote.
pub fn everywhere() -> RefSelection {
    RefSelection {
        all: true,
        ..RefSelection::default()
    }
}

/// Walks all refs. What cannot be walked is left out: reading the history reports it.
pub fn reach(repo: &Repo) -> Reach {
    let mut commits = HashSet::new();
    let mut said = Vec::new();
    let mut on_head = Vec::new();
    let visited = graph::visit_head_first(repo, &everywhere(), |commit| {
        commits.insert(commit.id);
        if commit.is_on_head {
            on_head.push((commit.authored, commit.id));
            let reverted = commit.reverts.iter().map(ToString::to_string);
            said.extend(reverted.map(|id| (id, commit.id)));
        }
    });
    let Ok(missing) = visited else {
        return Reach::default();
    };
    let mut reverts = standing(&resolved(&said, &commits));
    forget_what_came_back(repo, &on_head, &mut reverts);
    Reach {
        commits,
        is_cut: repo.is_shallow() && missing > 0,
        has_task_commits: !Fetched::of(repo).task_references(repo).is_empty(),
        reverts,
    }
}

/// A commit of HEAD that a rewrite made of a reverted one, after its revert, restored it, unless that was also reverted.
///
/// `on_head` are the commits of HEAD with the seconds at which they were authored, which a rewrite preserves: only
/// those of the same second are examined further.
fn forget_what_came_back(
    repo: &Repo,
    on_head: &[(i64, ObjectId)],
    reverts: &mut BTreeMap<ObjectId, ObjectId>,
) {
    if reverts.is_empty() {
        return;
    }
    let wanted = authored(repo, reverts.keys().copied());
    let seconds: HashSet<i64> = wanted.keys().map(|kept| kept.time.seconds).collect();
    let may_be_copies = on_head
        .iter()
        .filter(|(second, id)| seconds.contains(second) && !reverts.contains_key(id));
    let mut again: Vec<(ObjectId, ObjectId)> = Vec::new();
    for (kept, copies) in authored(repo, may_be_copies.map(|(_, id)| *id)) {
        for reverted in wanted.get(&kept).into_iter().flatten() {
            again.extend(copies.iter().map(|copy| (*reverted, *copy)));
        }
    }
    for (reverted, copy) in again {
        if reverts
            .get(&reverted)
            .is_some_and(|by| refs::descends(repo, copy, *by))
        {
            reverts.remove(&reverted);
        }
    }
}

/// The named commits, with those of HEAD that name them. A short id counts if only one commit begins with it.
fn resolved(said: &[(String, ObjectId)], commits: &HashSet<ObjectId>) -> BTreeMap<ObjectId, Vec<ObjectId>> {
    let mut reverts: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
    if said.is_empty() {
        return reverts;
    }
    // Also in the order of their names.
    let mut commits: Vec<ObjectId> = commits.iter().copied().collect();
    commits.sort_unstable();
    for (short, by) in said {
        let first = commits.partition_point(|id| id.to_string() < *short);
        let mut found = commits[first..]
            .iter()
            .take_while(|id| id.to_string().starts_with(short));
        if let (Some(reverted), None) = (found.next(), found.next()) {
            reverts.entry(*reverted).or_default().push(*by);
        }
    }
    reverts
}

/// The reverts that still apply: one that was itself reverted by such a revert reverts nothing.
fn standing(reverts: &BTreeMap<ObjectId, Vec<ObjectId>>) -> BTreeMap<ObjectId, ObjectId> {
    let mut reverted_by: BTreeMap<ObjectId, Vec<ObjectId>> = BTreeMap::new();
    for (reverted, by) in reverts {
        by.iter()
            .for_each(|by| reverted_by.entry(*by).or_default().push(*reverted));
    }
    // A revert is judged once all that revert it are, the last first. Ids crafted to form a cycle are never judged.
    let mut unjudged: BTreeMap<ObjectId, usize> = reverts.iter().map(|(id, by)| (*id, by.len())).collect();
    let last = reverted_by.keys().filter(|by| !reverts.contains_key(by));
    let mut judged: Vec<ObjectId> = last.copied().collect();
    let mut standing = BTreeMap::new();
    while let Some(by) = judged.pop() {
        let stands = !standing.contains_key(&by);
        for reverted in reverted_by.get(&by).into_iter().flatten() {
            if stands {
                standing.entry(*reverted).or_insert(by);
            }
            if let Some(open) = unjudged.get_mut(reverted) {
                *open -= 1;
                judged.extend((*open == 0).then_some(*reverted));
            }
        }
    }
    standing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(hex: &str) -> ObjectId {
        format!("{hex:0<40}").parse().unwrap()
    }

    #[test]
    fn a_revert_that_was_reverted_reverts_nothing() {
        let of = |reverts: &[(&str, &[&str])]| {
            let all = reverts
                .iter()
                .map(|(reverted, by)| (oid(reverted), by.iter().map(|by| oid(by)).collect()))
                .collect();
            standing(&all)
        };
        assert_eq!(of(&[("a", &["b"])]), BTreeMap::from([(oid("a"), oid("b"))]));
        let taken_back = [("a", ["b"].as_slice()), ("b", &["c"])];
        assert_eq!(of(&taken_back), BTreeMap::from([(oid("b"), oid("c"))]));
        let and_again = [("a", ["b"].as_slice()), ("b", &["c"]), ("c", &["d"])];
        assert_eq!(
            of(&and_again),
            BTreeMap::from([(oid("a"), oid("b")), (oid("c"), oid("d"))])
        );
        // Two reverts, one of them reverted itself; and a cycle.
        let twice = [("a", ["b", "c"].as_slice()), ("b", &["d"])];
        assert_eq!(
            of(&twice),
            BTreeMap::from([(oid("a"), oid("c")), (oid("b"), oid("d"))])
        );
        assert_eq!(of(&[("a", &["b"]), ("b", &["a"])]), BTreeMap::new());
    }

    #[test]
    fn a_short_id_names_one_commit_or_none() {
        let commits = HashSet::from([oid("aaaaaaa1"), oid("aaaaaaa2"), oid("bbbbbbb")]);
        let said = |short: &str, by: &str| (short.to_owned(), oid(by));
        let of = |said: &[(String, ObjectId)]| resolved(said, &commits);
        assert_eq!(
            of(&[said("aaaaaaa1", "c"), said("bbbbbbb", "c"), said("bbbbbbb", "d")]),
            BTreeMap::from([
                (oid("aaaaaaa1"), vec![oid("c")]),
                (oid("bbbbbbb"), vec![oid("c"), oid("d")])
            ])
        );
        // Two begin so, and none does.
        let none = [said("aaaaaaa", "c"), said("ccccccc", "c")];
        assert_eq!(of(&none), BTreeMap::new());
    }
}
