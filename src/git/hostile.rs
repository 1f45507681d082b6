//! Entry points of the readers of raw objects and indexes, for tests with hostile bytes.

use super::commits::RawCommit;
pub use super::pack::hostile::index;
pub use super::packs::hostile::delta;
use super::trees::{Entries, Entry};
use crate::facts::ids::ObjectId;

/// A tree object.
pub fn tree(data: &[u8]) {
    for id in [ObjectId::from([0; 20]), ObjectId::from([0; 32])] {
        let bytes = |entry: &Entry<'_>| entry.name.len() + entry.id().width();
        let entries = Entries::of(&id, data).map(|entry| entry.as_ref().map_or(0, bytes));
        assert!(entries.sum::<usize>() <= data.len());
    }
}

/// A commit object.
pub fn commit(data: &[u8]) {
    let commit = RawCommit::parse(ObjectId::from([0; 20]), data);
    // In UTF-8, one byte becomes at most three, whatever the original encoding.
    assert!(commit.message().len() <= 3 * data.len());
    assert!(commit.parents().count() <= data.len());
    commit.author();
    commit.subject();
    commit.authored();
}
