//! A set of ids that is looked for among many others, nearly all of which are not in it.

use std::collections::HashSet;

use super::super::ids::ObjectId;

/// Ids, and which beginnings they have: that alone excludes nearly every other id.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// A bit for each value of the first bits of an id, of which there is a power of two.
    beginnings: Vec<u64>,
    ids: HashSet<ObjectId>,
}

/// So many bits there are for each id, so that few others have one of them, and at least and at most.
const BITS: usize = 16;
const FEWEST: usize = 1 << 16;
const MOST: usize = 1 << 26;

impl FromIterator<ObjectId> for Wanted {
    fn from_iter<I: IntoIterator<Item = ObjectId>>(ids: I) -> Self {
        let ids: HashSet<ObjectId> = ids.into_iter().collect();
        let bits = ids.len().saturating_mul(BITS).clamp(FEWEST, MOST);
        let mut wanted = Self {
            beginnings: vec![0; bits.next_power_of_two() / 64],
            ids: HashSet::new(),
        };
        for id in &ids {
            let (word, bit) = wanted.place(id.as_bytes());
            wanted.beginnings[word] |= bit;
        }
        Self { ids, ..wanted }
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
        let (word, bit) = self.place(bytes);
        if self.beginnings[word] & bit == 0 {
            return None;
        }
        ObjectId::from_bytes(bytes).filter(|id| self.ids.contains(id))
    }

    /// The place of the bit for an id.
    #[inline]
    fn place(&self, id: &[u8]) -> (usize, u64) {
        let first = id.first_chunk::<4>();
        let value = first.map_or(0, |first| u32::from_le_bytes(*first)) as usize;
        ((value / 64) & (self.beginnings.len() - 1), 1 << (value % 64))
    }
}
