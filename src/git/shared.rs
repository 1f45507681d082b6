//! What two readings of one history share: a count of its lines, and the survival of its last tree.
//!
//! Both compare nearly the same trees and the same versions of files. When one wants the other, the differences of trees that the
//! count found are there for survival, and the lines that survival counted on its way are there for the count.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rayon::slice::ParallelSliceMut;

use super::lines::LineChange;
use super::trees::Difference;
use crate::facts::ids::ObjectId;

/// The maximum number of differences that are stored for survival: more are found again.
const MOST_DIFFERENCES: usize = if cfg!(test) { 1000 } else { 400_000 };

/// What was found by one of them.
#[derive(Debug, Default)]
pub struct Shared {
    trees: Mutex<Trees>,
    versions: Mutex<Vec<Change>>,
}

#[derive(Debug, Default)]
struct Trees {
    /// By the older and the newer tree.
    differences: HashMap<(ObjectId, ObjectId), Vec<Difference>>,
    count: usize,
}

/// The lines that changed between two versions of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    key: Key,
    added: u32,
    removed: u32,
}

/// The bytes of two names of blobs.
type Key = [[u8; 20]; 2];

fn key(old: &ObjectId, new: &ObjectId) -> Option<Key> {
    Some([old.as_bytes().try_into().ok()?, new.as_bytes().try_into().ok()?])
}

impl Change {
    /// Nothing for the names of SHA-256, and for more lines than fit.
    pub(super) fn of(old: &ObjectId, new: &ObjectId, change: LineChange) -> Option<Self> {
        Some(Self {
            key: key(old, new)?,
            added: change.added.try_into().ok()?,
            removed: change.removed.try_into().ok()?,
        })
    }
}

impl Shared {
    /// Adds what a commit changed. The trees are that of its first parent and its own.
    pub(super) fn add_trees(&self, old: &ObjectId, new: &ObjectId, differences: &[Difference]) {
        let differences = differences.to_vec();
        let mut trees = lock(&self.trees);
        if trees.count + differences.len() <= MOST_DIFFERENCES {
            trees.count += differences.len();
            trees.differences.insert((*old, *new), differences);
        }
    }

    /// Takes what was found of two trees.
    pub(super) fn take_trees(&self, old: &ObjectId, new: &ObjectId) -> Option<Vec<Difference>> {
        lock(&self.trees).differences.remove(&(*old, *new))
    }

    /// Adds the lines of versions.
    pub(super) fn add_changes(&self, changes: &mut Vec<Change>) {
        lock(&self.versions).append(changes);
    }

    /// All of them, to be looked up. Nothing else is needed any more.
    pub(super) fn finish(&self) -> Changes {
        *lock(&self.trees) = Trees::default();
        let mut changes = std::mem::take(&mut *lock(&self.versions));
        changes.par_sort_unstable_by_key(|change| change.key);
        Changes(changes)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lines that changed between versions that were compared.
#[derive(Debug, Default)]
pub(super) struct Changes(Vec<Change>);

impl Changes {
    /// Those between two versions, if they are known.
    pub(super) fn find(&self, old: &ObjectId, new: &ObjectId) -> Option<LineChange> {
        let key = key(old, new)?;
        let at = self.0.binary_search_by_key(&key, |change| change.key).ok()?;
        let change = self.0[at];
        Some(LineChange {
            added: change.added.into(),
            removed: change.removed.into(),
        })
    }
}

#[cfg(test)]
impl Changes {
    /// How many are known.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(super) fn into_list(self) -> Vec<Change> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_by_both_versions_in_their_order() {
        let shared = Shared::default();
        let (one, other): (ObjectId, ObjectId) = ([1; 20].into(), [2; 20].into());
        let change = |added, removed| LineChange { added, removed };
        let mut changes = [
            Change::of(&other, &one, change(5, 0)),
            Change::of(&one, &other, change(0, 5)),
            Change::of(&one, &one, change(1 << 40, 0)),
        ];
        assert!(changes[2].is_none());
        shared.add_changes(&mut changes.iter_mut().filter_map(Option::take).collect());
        let changes = shared.finish();
        assert_eq!(changes.find(&one, &other), Some(change(0, 5)));
        assert_eq!(changes.find(&other, &one), Some(change(5, 0)));
        assert_eq!(changes.find(&one, &one), None);
    }

    #[test]
    fn differences_are_taken_once_and_only_so_many_are_stored() {
        let shared = Shared::default();
        let trees: Vec<ObjectId> = (0..4).map(|number| [number; 20].into()).collect();
        let difference = Difference {
            path: b"kiln".to_vec(),
            old: None,
            new: None,
        };
        shared.add_trees(&trees[0], &trees[1], std::slice::from_ref(&difference));
        assert_eq!(
            shared.take_trees(&trees[1], &trees[0]).map(|found| found.len()),
            None
        );
        assert_eq!(
            shared.take_trees(&trees[0], &trees[1]).map(|found| found.len()),
            Some(1)
        );
        assert_eq!(
            shared.take_trees(&trees[0], &trees[1]).map(|found| found.len()),
            None
        );
        shared.add_trees(&trees[1], &trees[2], &vec![difference; MOST_DIFFERENCES]);
        assert!(shared.take_trees(&trees[1], &trees[2]).is_none());
    }
}
