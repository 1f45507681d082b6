//! What this process read of clones whose objects are in the same files, as those of `git clone` on one file system are.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::facts::ids::ObjectId;
use crate::facts::inventory::{HistoryFacts, TreeFacts};
use crate::git::object_files::ObjectFiles;

/// How many facts of each kind are kept. Repositories are read by size, so clones of one come one after the other.
const MOST: usize = 16;

/// Facts of trees, and those of histories by their last commit and the time from which on commits are listed.
#[derive(Debug, Default)]
pub struct Siblings {
    pub(super) trees: Latest<ObjectId, TreeFacts>,
    pub(super) histories: Latest<(ObjectId, i64), HistoryFacts>,
}

/// The latest facts of one kind, with the files that they were read from.
#[derive(Debug)]
pub(super) struct Latest<K, T>(Mutex<VecDeque<(K, ObjectFiles, T)>>);

impl<K, T> Default for Latest<K, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: PartialEq, T: Clone> Latest<K, T> {
    /// What was read by this key from these files.
    pub(super) fn get(&self, key: &K, files: &ObjectFiles) -> Option<T> {
        let latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = latest.iter().find(|(its, from, _)| its == key && from == files);
        found.map(|(_, _, facts)| facts.clone())
    }

    /// Keeps what was read, unless it is kept.
    pub(super) fn put(&self, key: K, files: &ObjectFiles, facts: &T) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if latest.iter().all(|(its, from, _)| *its != key || from != files) {
            latest.truncate(MOST - 1);
            latest.push_front((key, files.clone(), facts.clone()));
        }
    }
}
