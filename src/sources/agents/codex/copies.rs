//! Which records are the same one. A thread that is taken up again may get a new file that begins with its whole history,
//! under new times; a fork may write its parent's anew. Such a copy differs in nothing but when it was written: a record
//! is known by its thread, its turn and what it says, and the second one that says the same by being the second.

use std::collections::HashMap;

use serde_json::Value;

use super::super::log::{Key, Log};
use crate::facts::span::Moment;

/// The records of one log so far.
pub(super) struct Seen {
    /// When each was written, by its key.
    at: HashMap<Key, Moment>,
    /// When the last one was.
    last: Option<Moment>,
}

impl Seen {
    /// What a log has from an earlier run.
    pub(super) fn of(log: &Log) -> Self {
        let keyed = log.events.iter();
        let keyed = keyed.filter_map(|event| Some((event.stamp.key?, event.stamp.at)));
        Self {
            at: keyed.collect(),
            last: None,
        }
    }

    /// The key of a record. The same line again has the same one, unless all of it was written at that moment.
    pub(super) fn key(&mut self, thread: &str, turn: &str, payload: &Value, at: Moment) -> Key {
        let Key(said) = Key::of(&[thread, turn, &payload.to_string()]);
        let is_burst = self.last.replace(at) == Some(at);
        let mut number = 0_u64;
        loop {
            let key = Key(said.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
            let known = self.at.get(&key).copied();
            if known.is_none() || known == Some(at) && !is_burst {
                self.at.insert(key, at);
                return key;
            }
            number += 1;
        }
    }
}
