//! Which files a commit changed, without their lines.

use std::collections::BTreeSet;

use super::Repo;
use super::packs::Objects;
use super::trees;
use super::walk::read_commit;
use crate::facts::ids::ObjectId;

/// The object cache while they are read, in bytes.
const KEPT: usize = 4 << 20;

/// The paths that each commit changed against its first parent; `None` if its objects cannot be read.
pub fn touched(repo: &Repo, commits: impl IntoIterator<Item = ObjectId>) -> Vec<Option<BTreeSet<Vec<u8>>>> {
    let packs = repo.packs();
    let mut objects = Objects::new(&packs, repo.git_dir(), KEPT);
    commits
        .into_iter()
        .map(|commit| paths(&mut objects, commit))
        .collect()
}

fn paths(objects: &mut Objects<'_>, commit: ObjectId) -> Option<BTreeSet<Vec<u8>>> {
    let new = read_commit(&commit, objects).ok()?;
    let old = match new.parents.first() {
        Some(parent) => Some(read_commit(parent, objects).ok()?.tree),
        None => None,
    };
    let mut differences = Vec::new();
    trees::compare(objects, old.as_ref(), Some(&new.tree), &mut differences).ok()?;
    Some(
        differences
            .into_iter()
            .map(|difference| difference.path)
            .collect(),
    )
}
