//! The replacements of one repository, as they are looked up.

use std::collections::HashMap;

use git2::Oid;

use crate::facts::hash::fnv1a;
use crate::facts::ids::ObjectId;

/// How many replacements of replacements git follows.
const DEEPEST: usize = 5;

/// The replacements of one repository. Most have none.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    pub(super) objects: HashMap<ObjectId, ObjectId>,
    pub(super) parents: HashMap<ObjectId, Vec<ObjectId>>,
}

impl Replaced {
    /// The object to read for `id`.
    pub(super) fn object<'a>(&'a self, id: &'a ObjectId) -> &'a ObjectId {
        let mut id = id;
        for _ in 0..DEEPEST {
            match self.objects.get(id) {
                Some(next) => id = next,
                None => break,
            }
        }
        id
    }

    /// [`Replaced::object`] with libgit2's ids.
    pub(super) fn oid(&self, id: Oid) -> Oid {
        let raw = ObjectId::from_bytes(id.as_bytes());
        let other = raw.as_ref().map(|raw| self.object(raw));
        let other = other.and_then(|other| Oid::from_bytes(other.as_bytes()).ok());
        other.unwrap_or(id)
    }

    /// The parents of a commit whose own object has the parents `own`.
    pub(super) fn parents(&self, id: &ObjectId, own: Vec<ObjectId>) -> Vec<ObjectId> {
        self.parents.get(id).cloned().unwrap_or(own)
    }

    /// [`Replaced::parents`] with libgit2's ids.
    pub(super) fn parent_oids(&self, id: Oid, own: Vec<Oid>) -> Vec<Oid> {
        let raw = ObjectId::from_bytes(id.as_bytes());
        match raw.and_then(|raw| self.parents.get(&raw)) {
            Some(parents) => parents
                .iter()
                .filter_map(|id| Oid::from_bytes(id.as_bytes()).ok())
                .collect(),
            None => own,
        }
    }

    /// Whether there is nothing to look up.
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.parents.is_empty()
    }

    /// A number that differs if other objects would be read; `None` without replacements.
    pub(super) fn fingerprint(&self) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        let mut pairs: Vec<Vec<u8>> = self
            .objects
            .iter()
            .map(|(id, other)| [id.as_bytes(), other.as_bytes()].concat())
            .collect();
        pairs.extend(self.parents.iter().map(|(id, parents)| {
            let mut bytes = vec![0];
            bytes.extend(id.as_bytes());
            bytes.extend(parents.iter().flat_map(ObjectId::as_bytes));
            bytes
        }));
        pairs.sort();
        Some(fnv1a(pairs.into_iter().flatten()))
    }
}
