//! The readers of raw objects and indexes, for tests that feed them hostile bytes.

use super::commits::RawCommit;
pub(crate) use super::packs::hostile::{delta, index};
use super::trees::Entries;

/// A tree object.
pub(crate) fn tree(data: &[u8]) {
    let entries = Entries(data).map(|entry| entry.map_or(0, |entry| entry.name.len() + entry.id.len()));
    assert!(entries.sum::<usize>() <= data.len());
}

/// A commit object.
pub(crate) fn commit(data: &[u8]) {
    let commit = RawCommit::parse([0; 20].into(), data);
    // A byte takes at most three in UTF-8, whatever it was in.
    assert!(commit.message().len() <= 3 * data.len());
    assert!(commit.parents().count() <= data.len());
    commit.author();
    commit.subject();
    commit.authored();
}
