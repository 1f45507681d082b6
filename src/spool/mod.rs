//! The spool: events from agents' hooks, until they are captured.
//!
//! The machine has one, in the user's state directory. A hook appends a line without a lock, so that it costs next to nothing and
//! a `kill -9` at any moment loses nothing. Captures store separately how far they got. Lines contain sessions, directories and
//! times, but no text of a conversation.

mod beside;
pub mod captured;
mod file;
pub mod pending;
mod place;

pub use beside::common_dir;
pub use pending::Pending;
pub use place::{Settled, Spool};

/// Parses arbitrary bytes as a spool file, to check that nothing panics.
#[cfg(any(test, feature = "fuzzing"))]
pub fn hostile(bytes: &[u8]) {
    let lines = file::parse(bytes, 0);
    let events = || lines.events.iter().map(|(_, event)| event);
    let captured = captured::Captured::default();
    let now = chrono::DateTime::UNIX_EPOCH;
    let found =
        pending::pending(events(), &captured, now).len() + pending::committed(events(), &captured, now).len();
    assert!(found <= lines.events.len() && lines.end <= bytes.len() as u64);
}
