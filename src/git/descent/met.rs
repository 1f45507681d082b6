//! The commits that walks through one handle have met.

use std::collections::HashMap;

use git2::Oid;

/// The position of a commit among those that were met.
pub(in super::super) type Place = u32;

/// The commits met through one handle, each read once however often it is looked up.
#[derive(Default)]
pub(in super::super) struct Met {
    pub(in super::super) places: HashMap<Oid, Place>,
    /// By position.
    pub(in super::super) commits: Vec<MetCommit>,
}

pub(in super::super) struct MetCommit {
    pub(in super::super) id: Oid,
    /// What is known after reading it.
    pub(in super::super) read: Option<(i64, Box<[Place]>)>,
}

impl Met {
    /// The position of a commit, whether or not it was met.
    pub(in super::super) fn place(&mut self, id: Oid) -> Place {
        let id = plain(id);
        let next = self.commits.len() as Place;
        let place = *self.places.entry(id).or_insert(next);
        if place == next {
            self.commits.push(MetCommit { id, read: None });
        }
        place
    }
}

/// An id as a hash key: libgit2 leaves arbitrary bytes after those of a short one.
pub(in super::super) fn plain(id: Oid) -> Oid {
    Oid::from_bytes(id.as_bytes()).unwrap_or(id)
}
