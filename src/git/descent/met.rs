//! The commits that were met by walks through one handle.

use std::collections::HashMap;

use git2::Oid;

/// A commit's place among those that were met.
pub(in super::super) type Place = u32;

/// The commits that were met through one handle, each read once however often it is asked about.
#[derive(Default)]
pub(in super::super) struct Met {
    pub(in super::super) places: HashMap<Oid, Place>,
    /// By place.
    pub(in super::super) commits: Vec<MetCommit>,
}

pub(in super::super) struct MetCommit {
    pub(in super::super) id: Oid,
    /// What is known once it was read.
    pub(in super::super) read: Option<(i64, Box<[Place]>)>,
}

impl Met {
    /// The place of a commit, met or not.
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

/// An id as it is hashed: libgit2 leaves anything behind the bytes of a short one.
pub(in super::super) fn plain(id: Oid) -> Oid {
    Oid::from_bytes(id.as_bytes()).unwrap_or(id)
}
