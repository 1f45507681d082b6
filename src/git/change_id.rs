//! Identifies what commits changed, by an id that is the same wherever the same change was made again.
//!
//! The id is git's own patch id (`git patch-id --stable`): a hash over the changed lines and their context, without line numbers.
//! For binary files, it includes only the name, so their contents are compared separately.

use std::collections::{BTreeMap, HashSet};

use git2::{Commit, Delta, Diff, DiffOptions, Oid};

use super::open::{Repo, object_id};
use super::packs::Objects;
use super::tree::oid;
use super::trees;
use crate::facts::ids::ObjectId;

/// Larger versions of files are compared by content only.
const LARGEST_TEXT: i64 = 8 << 20;
/// A change of a larger file has no id.
const LARGEST_FILE: u64 = 512 << 20;
/// The cache for trees while two are compared, in bytes.
const KEPT: usize = 4 << 20;
/// A larger reflog of HEAD is not read.
const LARGEST_LOG: u64 = 64 << 20;
/// Larger changes have no id: a patch of so many files is seldom worth its time.
const MAX_FILES: usize = 10_000;
/// How many of HEAD's last moves are examined.
const MAX_MOVES: usize = 1_000;

/// What a change did. Two changes with the same id added and removed the same lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ChangeId {
    patch: Oid,
    /// Files whose lines are not in the patch, with their new content.
    other: BTreeMap<Vec<u8>, Oid>,
}

/// What a commit changed against its only parent, or the first commit against nothing; `None` for merges, for commits without a
/// change, and if an object is missing or too much changed.
pub fn of_commit(repo: &Repo, commit: ObjectId) -> Option<ChangeId> {
    let new = find(repo, commit)?;
    match new.parent_count() {
        0 => change(repo, None, &new),
        1 => change(repo, Some(&repo.commit_at(new.parent_id(0).ok()?).ok()?), &new),
        _ => None,
    }
}

/// What changed from one commit to another; `None` as for [`of_commit`].
pub fn between(repo: &Repo, old: ObjectId, new: ObjectId) -> Option<ChangeId> {
    change(repo, Some(&find(repo, old)?), &find(repo, new)?)
}

/// The commits from which HEAD last moved away, here and in every other working tree: including those of deleted branches.
pub fn left_by_head(repo: &Repo) -> Vec<ObjectId> {
    let raw = repo.raw();
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let file = repo.git_dir().join("logs/HEAD").symlink_metadata();
    if file.is_ok_and(|file| file.is_file() && file.len() <= LARGEST_LOG)
        && let Ok(log) = raw.reflog("HEAD")
    {
        for entry in log.iter().take(MAX_MOVES) {
            found.extend([entry.id_new(), entry.id_old()]);
        }
    }
    found.retain(|id| seen.insert(*id) && repo.commit_at(*id).is_ok());
    found.into_iter().filter_map(object_id).collect()
}

/// The commits that are checked out, here and in every linked worktree, on a branch or detached.
pub fn checked_out(repo: &Repo) -> Vec<ObjectId> {
    let trees = repo.work_trees();
    let others = trees
        .iter()
        .filter_map(|tree| Repo::open(tree).ok()?.head().ok()?);
    others.chain(repo.head().ok().flatten()).collect()
}

fn find(repo: &Repo, id: ObjectId) -> Option<Commit<'_>> {
    repo.commit_at(oid(id).ok()?).ok()
}

fn change(repo: &Repo, old: Option<&Commit<'_>>, new: &Commit<'_>) -> Option<ChangeId> {
    if !may_be_read(repo, old.map(Commit::tree_id), new.tree_id()) {
        return None;
    }
    let old = match old {
        Some(old) => Some(repo.tree_at(old.tree_id()).ok()?),
        None => None,
    };
    let new = repo.tree_at(new.tree_id()).ok()?;
    let mut options = DiffOptions::new();
    options.max_size(LARGEST_TEXT).context_lines(3);
    let diff = repo
        .raw()
        .diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options))
        .ok()?;
    Some(ChangeId {
        patch: diff.patchid(None).ok()?,
        other: without_lines(&diff)?,
    })
}

/// Whether two trees differ in at least one file, in not too many of them, and in none that libgit2 must not read.
fn may_be_read(repo: &Repo, old: Option<Oid>, new: Oid) -> bool {
    let packs = repo.packs();
    let mut objects = Objects::new(&packs, repo.git_dir(), KEPT);
    let mut found = Vec::new();
    let (old, Some(new)) = (old.and_then(object_id), object_id(new)) else {
        return false;
    };
    if trees::compare(&mut objects, old.as_ref(), Some(&new), &mut found).is_err() {
        return false;
    }
    let may_be_read = |version: &trees::Version| {
        version.kind == trees::FileKind::Submodule
            || oid(version.id).is_ok_and(|id| repo.look_at(id, LARGEST_FILE).is_ok())
    };
    (1..=MAX_FILES).contains(&found.len())
        && found
            .iter()
            .flat_map(|file| file.old.iter().chain(&file.new))
            .all(may_be_read)
}

/// Every file whose lines are not in a patch, with its new content; all zeros if it was removed. Modes are in neither.
fn without_lines(diff: &Diff<'_>) -> Option<BTreeMap<Vec<u8>, Oid>> {
    let mut found = BTreeMap::new();
    let mut file = |delta: git2::DiffDelta<'_>, _: f32| {
        if delta.status() != Delta::Unmodified {
            let path = delta.new_file().path_bytes().unwrap_or_default().to_vec();
            found.insert(path, delta.new_file().id());
        }
        true
    };
    let mut with_lines = HashSet::new();
    let mut line = |delta: git2::DiffDelta<'_>, _: git2::DiffHunk<'_>| {
        with_lines.insert(delta.new_file().path_bytes().unwrap_or_default().to_vec());
        true
    };
    diff.foreach(&mut file, None, Some(&mut line), None).ok()?;
    found.retain(|path, _| !with_lines.contains(path));
    Some(found)
}
