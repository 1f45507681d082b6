//! The spool: what the hooks of agents were told, until it is captured.
//!
//! There is one for the machine, in the folder of the user's state. A hook appends a line and takes no lock, so that it costs
//! next to nothing and a `kill -9` at any moment loses nothing. Whoever captures notes beside the lines how far it came. Lines
//! name sessions, folders and times: nothing that was said.

mod beside;
pub mod captured;
mod file;
pub mod pending;
mod place;

pub use beside::common_dir;
pub use pending::Pending;
pub use place::{Settled, Spool};

/// Reads what may stand in a file of a spool, to see that nothing panics.
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
