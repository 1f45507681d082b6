//! A set of ids that is looked for among many others, nearly all of which are not in it.

use std::collections::HashSet;

use super::super::ids::ObjectId;

/// Ids, and which beginnings they have: that alone excludes nearly every other id.
#[derive(Debug, Clone)]
pub struct Wanted {
    beginnings: Box<[u64; WORDS]>,
    ids: HashSet<ObjectId>,
}

/// One bit for each value of the first two bytes of an id.
const WORDS: usize = (1 << 16) / 64;

impl FromIterator<ObjectId> for Wanted {
    fn from_iter<I: IntoIterator<Item = ObjectId>>(ids: I) -> Self {
        let ids: HashSet<ObjectId> = ids.into_iter().collect();
        let mut beginnings = Box::new([0; WORDS]);
        for id in &ids {
            let (word, bit) = beginning(id.as_bytes());
            beginnings[word] |= bit;
        }
        Self { beginnings, ids }
    }
}

impl Wanted {
    /// Whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Whether an id is in it.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.found(id.as_bytes()).is_some()
    }

    /// Whether the id with these bytes is in it.
    #[inline]
    pub fn has(&self, bytes: &[u8]) -> bool {
        self.found(bytes).is_some()
    }

    /// The id with these bytes, if it is in it.
    #[inline]
    pub(super) fn found(&self, bytes: &[u8]) -> Option<ObjectId> {
        let (word, bit) = beginning(bytes);
        if self.beginnings[word] & bit == 0 {
            return None;
        }
        ObjectId::from_bytes(bytes).filter(|id| self.ids.contains(id))
    }
}

/// The place of the bit for an id.
#[inline]
fn beginning(id: &[u8]) -> (usize, u64) {
    let value = id
        .first_chunk::<2>()
        .map_or(0, |first| u16::from_le_bytes(*first));
    (usize::from(value) / 64, 1 << (value % 64))
}
