//! The commits of a repository as a graph: each is read once, however many questions are asked.
//!
//! What every walk needs of a commit (its tree, its parents, its times, and what its message reverts) stays with the open
//! repository. Commits whose facts come from a cache join it without being read.

pub(super) mod known;

use std::collections::HashSet;

use known::{Graph, Node, Place};

use super::commits::RawCommit;
use super::lookup::LARGEST_COMMIT;
use super::packs::{Kind, ObjectError, Objects, Packs};
use super::walk::RefSelection;
use super::{GitError, Repo};
use crate::facts::commit::Commit;
use crate::facts::ids::ObjectId;
use crate::facts::reverts;

/// Commits are seldom deltas of each other, so a large cache is not worth it.
const KEPT: usize = 1 << 20;

impl Repo {
    /// Adds commits that were already read, now or by an earlier run, to those that need not be read again.
    pub fn remember(&self, commits: &[Commit]) {
        let mut graph = self.graph.borrow_mut();
        graph.places.reserve(commits.len());
        graph.nodes.reserve_exact(commits.len());
        graph
            .parents
            .reserve_exact(commits.iter().map(|commit| commit.parents.len()).sum());
        for commit in commits {
            if !graph.places.contains_key(&commit.id) {
                let node = Node {
                    tree: Some(commit.tree),
                    authored: commit.author_time.seconds,
                    committed: commit.commit_time.seconds,
                    first: 0,
                    count: 0,
                };
                graph.insert(commit.id, node, &commit.parents, commit.reverts.clone());
            }
        }
    }
}

/// A commit that refs reach.
#[derive(Debug, Clone, Copy)]
pub struct Reached<'a> {
    /// Its id.
    pub id: ObjectId,
    /// The second in which the author made the change.
    pub authored: i64,
    /// Its parents in this clone: grafts may assign others.
    pub parents: &'a [ObjectId],
    /// The ids, or beginnings of ids, of the commits that its message reverts.
    pub reverts: &'a [Box<str>],
    /// Whether HEAD reaches it, if that was asked.
    pub is_on_head: bool,
}

/// Visits every commit that the selected refs reach, each once, in no order.
///
/// A missing commit (in a shallow or damaged repository) ends its line of history; the number of missing commits is returned.
pub fn visit_all(
    repo: &Repo,
    refs: &RefSelection,
    visit: impl FnMut(Reached<'_>),
) -> Result<usize, GitError> {
    let tips = repo.heads(refs)?.commits;
    let packs = repo.packs();
    Ok(Commits::of(repo, &packs).visit((tips, false), &mut HashSet::new(), visit))
}

/// [`visit_all`], reporting for each commit whether HEAD reaches it: first those it reaches, then the others.
pub fn visit_head_first(
    repo: &Repo,
    refs: &RefSelection,
    mut visit: impl FnMut(Reached<'_>),
) -> Result<usize, GitError> {
    let tips = repo.heads(refs)?.commits;
    // An unreadable commit is not a tip, and reaches nothing.
    let head = repo.head().ok().flatten().into_iter().collect();
    let packs = repo.packs();
    let mut commits = Commits::of(repo, &packs);
    let mut seen = HashSet::new();
    let missing = commits.visit((head, true), &mut seen, &mut visit);
    Ok(missing + commits.visit((tips, false), &mut seen, &mut visit))
}

/// The graph of a repository, with access to the commits that it lacks.
pub(super) struct Commits<'a> {
    repo: &'a Repo,
    /// Taken from the repository, which has an empty one in the meantime.
    graph: Graph,
    objects: Objects<'a>,
}

impl Drop for Commits<'_> {
    fn drop(&mut self) {
        self.repo.graph.replace(std::mem::take(&mut self.graph));
    }
}

impl<'a> Commits<'a> {
    /// The commits of a repository with these packs.
    pub(super) fn of(repo: &'a Repo, packs: &'a Packs) -> Self {
        Self {
            repo,
            graph: repo.graph.take(),
            objects: Objects::of_commits(packs, repo.git_dir(), KEPT),
        }
    }

    /// The tree of a commit, the second in which it was made, and its parents in this clone.
    pub(super) fn with_tree(&mut self, id: &ObjectId) -> Result<(ObjectId, i64, &[ObjectId]), ObjectError> {
        let place = self.place(id)?;
        let node = &self.graph.nodes[place as usize];
        let tree = node.tree.ok_or_else(|| damaged(id, "it has no tree"))?;
        Ok((tree, node.committed, self.graph.parents(place)))
    }

    /// Visits what some commits reach, except commits in `seen`. Returns how many could not be read.
    pub(super) fn visit(
        &mut self,
        (mut pending, is_on_head): (Vec<ObjectId>, bool),
        seen: &mut HashSet<ObjectId>,
        mut visit: impl FnMut(Reached<'_>),
    ) -> usize {
        let mut missing = 0;
        while let Some(id) = pending.pop() {
            if !seen.insert(id) {
                continue;
            }
            let Ok(place) = self.place(&id) else {
                missing += 1;
                continue;
            };
            let parents = self.graph.parents(place);
            pending.extend(parents);
            visit(Reached {
                id,
                authored: self.graph.nodes[place as usize].authored,
                parents,
                reverts: self.graph.reverts.get(&place).map_or(&[], |ids| ids),
                is_on_head,
            });
        }
        missing
    }

    fn place(&mut self, id: &ObjectId) -> Result<Place, ObjectError> {
        if let Some(place) = self.graph.places.get(id) {
            return Ok(*place);
        }
        let object = self.objects.read(id, LARGEST_COMMIT)?;
        if object.kind != Kind::Commit {
            return Err(damaged(id, "it is not a commit"));
        }
        let commit = RawCommit::parse(*id, &object.data);
        let node = Node {
            tree: commit.tree_id(),
            authored: commit.author_time().seconds,
            committed: commit.commit_time().seconds,
            first: 0,
            count: 0,
        };
        let parents = self.objects.parents(id, commit.parent_ids().collect());
        let reverts = reverts::in_message(&commit.message());
        Ok(self.graph.insert(*id, node, &parents, reverts))
    }
}

fn damaged(id: &ObjectId, reason: &str) -> ObjectError {
    ObjectError::Damaged {
        id: *id,
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::super::folder;
    use super::super::oracle::Oracle;
    use super::*;

    #[test]
    fn each_commit_is_visited_once_and_those_of_head_first() {
        let oracle = Oracle::with_merges();
        let mut visited = Vec::new();
        let missing = visit_head_first(&oracle.open(), &RefSelection::default(), |commit| {
            visited.push((commit.id.to_string(), commit.is_on_head));
        });
        assert_eq!(missing.unwrap(), 0);
        let on_head = oracle.listed(&["HEAD"]);
        let (first, others) = visited.split_at(on_head.len());
        assert!(first.iter().all(|(_, is_on_head)| *is_on_head));
        assert!(others.iter().all(|(_, is_on_head)| !is_on_head));
        let ids = |part: &[(String, bool)]| part.iter().map(|(id, _)| id.clone()).collect::<BTreeSet<_>>();
        assert_eq!(ids(first), on_head);
        assert_eq!(ids(&visited), oracle.listed(&["--all"]));
        assert_eq!(visited.len(), ids(&visited).len());
    }

    #[test]
    fn without_a_commit_at_head_none_is_on_it() {
        let oracle = Oracle::with_merges();
        oracle.git(&["symbolic-ref", "HEAD", "refs/heads/unborn"], b"");
        let mut visited = 0;
        visit_head_first(&oracle.open(), &RefSelection::default(), |commit| {
            assert!(!commit.is_on_head);
            visited += 1;
        })
        .unwrap();
        assert_eq!(visited, oracle.listed(&["--all"]).len());
    }

    #[test]
    fn commits_that_are_known_are_not_read() {
        let oracle = Oracle::with_merges();
        let repo = oracle.open();
        let heads = repo.heads(&RefSelection::default()).unwrap().commits;
        let walk = repo.walk(&heads, &mut HashMap::new());
        let everything = |repo: &Repo| {
            let mut visited = Vec::new();
            let packs = repo.packs();
            let mut commits = Commits::of(repo, &packs);
            let missing = commits.visit((heads.clone(), false), &mut HashSet::new(), |commit| {
                visited.push((commit.id, commit.authored, commit.parents.to_vec()));
            });
            (missing, visited)
        };
        let expected = everything(&repo);
        let (known, unknown) = (oracle.open(), oracle.open());
        known.remember(&walk.commits);
        folder::remove_with_all(&repo.objects()).unwrap();
        assert_eq!(expected.0, 0);
        assert_eq!(everything(&known), expected);
        assert_eq!(everything(&unknown), (heads.len(), Vec::new()));
        let packs = known.packs();
        let mut commits = Commits::of(&known, &packs);
        for commit in &walk.commits {
            let read = (commit.tree, commit.commit_time.seconds, commit.parents.as_slice());
            assert_eq!(commits.with_tree(&commit.id).unwrap(), read);
        }
    }

    #[test]
    fn what_is_no_commit_is_missing() {
        let oracle = Oracle::with_merges();
        let tree: ObjectId = oracle.text(&["rev-parse", "0^{tree}"]).trim().parse().unwrap();
        let (repo, nothing) = (oracle.open(), [7; 20].into());
        let packs = repo.packs();
        let mut commits = Commits::of(&repo, &packs);
        assert!(matches!(
            commits.with_tree(&tree),
            Err(ObjectError::Damaged { .. })
        ));
        assert!(matches!(
            commits.with_tree(&nothing),
            Err(ObjectError::Missing(_))
        ));
        assert_eq!(
            commits.visit((vec![tree, nothing], false), &mut HashSet::new(), |_| ()),
            2
        );
    }
}
