//! Merges the ledger of another clone: its notes line by line, and the commits of its tasks without a commit.

use crate::git::Repo;
use crate::git::notes::{Written, join};
use crate::git::refs::{self, Tips, WriteLock};
use crate::git::writer::{WriteError, Writer};

/// Merges a ledger into the one of this clone; returns whether that changed it. `from` names its owner in commit messages. A
/// writer is needed only if both have grown; without one, the error is [`WriteError::Nobody`].
///
/// No line of either is lost, and lines of an unknown kind are preserved byte for byte.
pub fn merge(repo: &Repo, theirs: Tips, from: &str, writer: Option<&Writer>) -> Result<bool, WriteError> {
    let message = format!("Merge the ledger of {from}\n");
    let _lock = WriteLock::take(repo)?;
    let mut changed = false;
    // Before the notes: none of them may name a commit that is not in the chain yet.
    if let Some(tip) = theirs.tasks {
        changed |= refs::join_chain(repo, refs::TASKS, tip, &message, writer)?;
    }
    if let Some(tip) = theirs.notes {
        changed |= join::join(repo, tip, &message, writer)? != Written::Nothing;
    }
    Ok(changed)
}
