//! Records with the same content: the second is identified by being the second.

use std::collections::HashMap;
use std::hash::Hash;

use super::log::Key;

/// An odd number whose multiples are far apart.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// The key of the record with a number, from 0, among those with the same content.
fn nth(said: Key, number: u64) -> Key {
    Key(said.0.wrapping_add(number.wrapping_mul(STEP)))
}

/// The keys that were given, each with what distinguishes records of the same content.
#[derive(Debug)]
pub struct Repeats<V> {
    known: HashMap<Key, V>,
    /// For repeated content, the next number.
    next: HashMap<Key, u64>,
    /// And the first number with a value.
    first: HashMap<(Key, V), u64>,
}

impl<V> Default for Repeats<V> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            next: HashMap::new(),
            first: HashMap::new(),
        }
    }
}

impl<V: Copy + Eq + Hash> Repeats<V> {
    /// Those of an earlier run.
    pub fn of(known: impl IntoIterator<Item = (Key, V)>) -> Self {
        Self {
            known: known.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The key of a record. If it `may_be_known`, it is the one with the same content and value, if there is one.
    pub fn key(&mut self, said: Key, value: V, may_be_known: bool) -> Key {
        match self.known.get(&said) {
            Some(known) if may_be_known && *known == value => return said,
            Some(_) => {}
            None => {
                self.known.insert(said, value);
                return said;
            }
        }
        let next = self.next.entry(said).or_default();
        while let Some(known) = self.known.get(&nth(said, *next)) {
            self.first.entry((said, *known)).or_insert(*next);
            *next += 1;
        }
        if let (true, Some(number)) = (may_be_known, self.first.get(&(said, value))) {
            return nth(said, *number);
        }
        let key = nth(said, *next);
        self.known.insert(key, value);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_again_is_told_by_its_number() {
        let mut repeats = Repeats::default();
        let said = Key(7);
        let first = repeats.key(said, 1, true);
        assert_eq!((first, repeats.key(said, 1, true)), (said, said));
        let second = repeats.key(said, 2, true);
        let third = repeats.key(said, 1, false);
        assert!(second != first && third != first && third != second);
        assert_eq!(repeats.key(said, 2, true), second);
        // An earlier run gave these.
        let mut later = Repeats::of([(first, 1), (second, 2), (third, 1)]);
        assert_eq!(later.key(said, 2, true), second);
        assert_eq!(later.key(said, 1, true), first);
        assert_eq!(later.key(said, 3, true), repeats.key(said, 3, true));
    }

    #[test]
    fn the_same_a_hundred_thousand_times_takes_no_time() {
        let mut repeats = Repeats::default();
        let keys: std::collections::HashSet<Key> = (0..100_000)
            .map(|number| repeats.key(Key(7), number, true))
            .collect();
        assert_eq!(keys.len(), 100_000);
    }
}
