//! Which records are the same one. A resumed thread may get a new file that begins with its whole history, under new
//! times; a fork may rewrite its parent's. Such a copy differs only in when it was written: a record is identified by
//! its thread, its turn and its content, and the second one with the same content by being the second.

use serde_json::Value;

use super::super::log::{Key, Log};
use super::super::repeats::Repeats;
use crate::facts::span::Moment;

/// The records of one log so far.
pub(super) struct Seen {
    /// When each was written, by its key.
    at: Repeats<Moment>,
    /// When the last one was.
    last: Option<Moment>,
}

impl Seen {
    /// The state from an earlier run.
    pub(super) fn of(log: &Log) -> Self {
        let keyed = log.events.iter();
        let keyed = keyed.filter_map(|event| Some((event.stamp.key?, event.stamp.at)));
        Self {
            at: Repeats::of(keyed),
            last: None,
        }
    }

    /// The key of a record. The same line again has the same one, unless everything was written at that moment.
    pub(super) fn key(&mut self, thread: &str, turn: &str, payload: &Value, at: Moment) -> Key {
        let said = Key::of(&[thread, turn, &payload.to_string()]);
        let is_burst = self.last.replace(at) == Some(at);
        self.at.key(said, at, !is_burst)
    }
}
