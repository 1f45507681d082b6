//! The readers of raw objects and indexes, for tests that feed them hostile bytes.

use super::commits::CommitText;
pub(crate) use super::packs::hostile::{delta, index};
use super::trees::Entries;

/// A tree object.
pub(crate) fn tree(data: &[u8]) {
    let entries = Entries(data).map(|entry| entry.name.len() + entry.id.len());
    assert!(entries.sum::<usize>() <= data.len());
}

/// A commit object.
pub(crate) fn commit(data: &[u8]) {
    if let Some(commit) = CommitText::parse(data) {
        // A byte of Latin-1 takes at most two.
        assert!(commit.message.len() <= 2 * data.len());
        commit.subject();
    }
}
