//! Commit messages as raw bytes, for everything reachable.
//!
//! libgit2's walk returns nothing at all if one author line in the history is malformed. This walk reads the raw objects and
//! parses only what it needs.

use std::collections::HashSet;
use std::sync::Arc;

use git2::Oid;

use super::GitError;
pub use super::commits::RawCommit;
use super::lookup::LARGEST_COMMIT;
use super::open::{Repo, object_id};
use super::packs::{Kind, Object, Objects, Packs};
use super::replacements::Replaced;
use super::walk::RefSelection;
use crate::facts::ids::ObjectId;

/// Commits are seldom deltas of each other, so a large cache is not worth it.
const KEPT: usize = 1 << 20;

/// Visits every commit that the selected refs reach, each once, in no order.
///
/// A missing commit (in a shallow or damaged repository) ends its line of history; the number of missing commits is returned.
pub fn visit_all(
    repo: &Repo,
    refs: &RefSelection,
    visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, GitError> {
    Ok(visit_from(repo, repo.tips(refs)?, visit))
}

/// [`visit_all`], plus the history of some more commits.
pub fn visit_all_and(
    repo: &Repo,
    refs: &RefSelection,
    more: &[ObjectId],
    visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, GitError> {
    let mut tips = repo.tips(refs)?;
    for commit in more {
        tips.push(Oid::from_bytes(commit.as_bytes())?);
    }
    Ok(visit_from(repo, tips, visit))
}

/// Visits these commits without their history. Missing ones are left out.
pub fn visit_these(
    repo: &Repo,
    commits: impl IntoIterator<Item = ObjectId>,
    mut visit: impl FnMut(RawCommit<'_>),
) {
    let packs = repo.packs();
    let mut walk = Walk::new(repo, &packs);
    for id in commits {
        if let Some(object) = walk.read(id) {
            visit(RawCommit::parse(id, &object.data));
        }
    }
}

/// Visits the commits that `included` reaches and `excluded` does not, newest lines of history first. Missing commits of either
/// are counted.
pub fn visit_range(repo: &Repo, range: &Range, visit: impl FnMut(RawCommit<'_>)) -> Result<usize, GitError> {
    let packs = repo.packs();
    let mut walk = Walk::new(repo, &packs);
    walk.visit(range.excluded.clone(), |_| {});
    walk.visit(range.included.clone(), visit);
    Ok(walk.missing)
}

/// The ends of a range of commits.
#[derive(Debug, Clone, Default)]
pub struct Range {
    included: Vec<Oid>,
    excluded: Vec<Oid>,
}

impl Range {
    /// `A..B`, or one revision for everything it reaches.
    pub fn parse(repo: &Repo, text: &str) -> Result<Self, GitError> {
        let commit = |revision: &str| {
            let revision = if revision.is_empty() { "HEAD" } else { revision };
            let commit = repo.peel_to_commit(repo.revision(revision)?)?;
            let not_one = || git2::Error::from_str(&format!("`{revision}` is not a commit"));
            commit.map(|commit| commit.id()).ok_or_else(not_one)
        };
        Ok(match text.split_once("..") {
            Some((from, to)) => Self {
                included: vec![commit(to.trim_start_matches('.'))?],
                excluded: vec![commit(from)?],
            },
            None => Self {
                included: vec![commit(text)?],
                excluded: Vec::new(),
            },
        })
    }
}

/// The commit that a revision names.
pub fn resolve(repo: &Repo, revision: &str) -> Option<ObjectId> {
    let commit = repo.peel_to_commit(repo.revision(revision).ok()?).ok()??;
    object_id(commit.id())
}

/// One commit, raw.
pub fn with_commit<T>(
    repo: &Repo,
    id: ObjectId,
    read: impl FnOnce(RawCommit<'_>) -> T,
) -> Result<T, GitError> {
    let oid = repo.replaced().oid(Oid::from_bytes(id.as_bytes())?);
    repo.look_at(oid, 0)?;
    let odb = repo.raw().odb()?;
    let object = odb.read(oid)?;
    Ok(read(RawCommit::parse(id, object.data())))
}

pub(super) fn visit_from(repo: &Repo, tips: Vec<Oid>, visit: impl FnMut(RawCommit<'_>)) -> usize {
    let packs = repo.packs();
    let mut walk = Walk::new(repo, &packs);
    walk.visit(tips, visit);
    walk.missing
}

/// A walk over commits that reads each once, however often it is resumed.
struct Walk<'a> {
    objects: Objects<'a>,
    replaced: Arc<Replaced>,
    seen: HashSet<Oid>,
    /// Commits that could not be read.
    missing: usize,
}

impl<'a> Walk<'a> {
    fn new(repo: &'a Repo, packs: &'a Packs) -> Self {
        Self {
            objects: Objects::of_commits(packs, repo.git_dir(), KEPT),
            replaced: repo.replaced(),
            seen: HashSet::new(),
            missing: 0,
        }
    }

    fn read(&mut self, id: ObjectId) -> Option<Object> {
        let object = self.objects.read(&id, LARGEST_COMMIT).ok()?;
        (object.kind == Kind::Commit).then_some(object)
    }

    /// Visits what `pending` reaches, except commits visited before.
    fn visit(&mut self, mut pending: Vec<Oid>, mut visit: impl FnMut(RawCommit<'_>)) {
        while let Some(raw) = pending.pop() {
            if !self.seen.insert(raw) {
                continue;
            }
            let id = object_id(raw);
            let (Some(object), Some(id)) = (id.and_then(|id| self.read(id)), id) else {
                self.missing += 1;
                continue;
            };
            let commit = RawCommit::parse(id, &object.data);
            let parents = commit
                .parent_ids()
                .filter_map(|id| Oid::from_bytes(id.as_bytes()).ok());
            pending.extend(self.replaced.parent_oids(raw, parents.collect()));
            visit(commit);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::oracle::Oracle;
    use super::*;

    #[test]
    fn a_range_leaves_out_what_its_first_end_reaches() {
        let oracle = Oracle::with_merges();
        let repo = oracle.open();
        for range in ["0..1", "1..0", "2..0", "0", "0~1..1"] {
            let mut visited = Vec::new();
            let parsed = Range::parse(&repo, range).unwrap();
            visit_range(&repo, &parsed, |commit| visited.push(commit.id.to_string())).unwrap();
            let expected = oracle.listed(&[range]);
            assert_eq!(visited.len(), expected.len(), "{range}");
            assert_eq!(visited.into_iter().collect::<BTreeSet<_>>(), expected, "{range}");
        }
    }
}
