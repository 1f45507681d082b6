//! Which responses were counted, so that each counts once, however many records describe it.

use super::super::log::{Key, Log, What};
use super::super::repeats::Repeats;
use crate::facts::session::TokenCounts;

/// Tokens by kind, of an input that includes the cache's.
pub(super) fn counts(input: u64, read: u64, written: u64, output: u64) -> TokenCounts {
    TokenCounts {
        input: input.saturating_sub(read.saturating_add(written)),
        cache_write: written,
        cache_read: read,
        output,
    }
}

/// The counted responses, by what identifies them: session, model and all counts, and its number among equal ones.
#[derive(Debug, Default)]
pub(super) struct Keys(Repeats<Option<Key>>);

impl Keys {
    /// The state from an earlier run.
    pub(super) fn of(log: &Log) -> Self {
        let known = log.events.iter();
        let known = known.filter_map(|event| Some((message_of(&event.what)?, event.stamp.key)));
        Self(Repeats::of(known))
    }

    /// The key of a response that a record counts; the same record again has the same one.
    pub(super) fn message(
        &mut self,
        (session, model): (&str, &str),
        tokens: TokenCounts,
        record: Option<Key>,
    ) -> Key {
        let said = Key::of(&["response", session, model, &format!("{tokens:?}")]);
        self.0.key(said, record, record.is_some())
    }
}

/// The response whose tokens an event counts.
pub(super) fn message_of(what: &What) -> Option<Key> {
    match what {
        What::Usage { message, .. } => *message,
        _ => None,
    }
}
