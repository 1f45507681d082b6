//! Commit messages as raw bytes, over all that can be reached.
//!
//! libgit2's walk yields nothing at all when one author line in the ancestry is malformed. This one reads the raw objects
//! and asks of them only what it needs.

use std::collections::HashSet;

use git2::Oid;

use super::GitError;
pub use super::commits::RawCommit;
use super::lookup::LARGEST_COMMIT;
use super::open::{Repo, object_id};
use super::packs::{Kind, Objects, Packs, RawId};
use super::walk::RefSelection;
use crate::facts::ids::ObjectId;

/// Commits are seldom deltas of each other: little is worth keeping.
const KEPT: usize = 1 << 20;

/// Visits every commit that the selected refs reach, each once, in no order.
///
/// Commits that are missing (a shallow or damaged repository) end their line of ancestry; their number is returned.
pub fn visit_all(
    repo: &Repo,
    refs: &RefSelection,
    visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, GitError> {
    Ok(visit_from(repo, repo.tips(refs)?, visit)?)
}

/// [`visit_all`], with what some more commits reach.
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
    Ok(visit_from(repo, tips, visit)?)
}

/// Visits the commits that `included` reaches and `excluded` does not, newest lines of ancestry first.
pub fn visit_range(
    repo: &Repo,
    range: &Range,
    mut visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, GitError> {
    let mut excluded = HashSet::new();
    visit_from(repo, range.excluded.clone(), |commit| {
        excluded.insert(commit.id);
    })?;
    Ok(visit_from(repo, range.included.clone(), |commit| {
        if !excluded.contains(&commit.id) {
            visit(commit);
        }
    })?)
}

/// The ends of a range of commits.
#[derive(Debug, Clone, Default)]
pub struct Range {
    included: Vec<Oid>,
    excluded: Vec<Oid>,
}

impl Range {
    /// `A..B`, or one revision for all that it reaches.
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

pub(super) fn visit_from(
    repo: &Repo,
    mut pending: Vec<Oid>,
    mut visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, git2::Error> {
    let packs = Packs::open(repo);
    let mut objects = Objects::new(&packs, repo.git_dir(), KEPT);
    let replaced = repo.replaced();
    let mut seen: HashSet<Oid> = HashSet::new();
    let mut missing = 0;
    while let Some(id) = pending.pop() {
        if !seen.insert(id) {
            continue;
        }
        let object = RawId::try_from(id.as_bytes())
            .ok()
            .and_then(|id| objects.read(&id, LARGEST_COMMIT).ok())
            .filter(|object| object.kind == Kind::Commit);
        let raw = id;
        let (Some(object), Some(id)) = (object, object_id(id)) else {
            missing += 1;
            continue;
        };
        let commit = RawCommit::parse(id, &object.data);
        let parents = commit.parent_ids().filter_map(|id| Oid::from_bytes(&id).ok());
        pending.extend(replaced.parent_oids(raw, parents.collect()));
        visit(commit);
    }
    Ok(missing)
}
