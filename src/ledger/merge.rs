//! Taking in the ledger of another clone: its notes line by line, and the commits of its tasks without code.

use crate::git::Repo;
use crate::git::notes::{Written, join};
use crate::git::refs::{self, Tips, WriteLock};
use crate::git::writer::{WriteError, Writer};

/// Takes a ledger into that of this clone; whether that changed it. `from` says whose it is, for the messages of commits. A
/// writer is needed only where both grew beside each other; without one, [`WriteError::Nobody`] says so.
///
/// No line of either is lost, and a line of a kind that is not known here is kept byte for byte.
pub fn merge(repo: &Repo, theirs: Tips, from: &str, writer: Option<&Writer>) -> Result<bool, WriteError> {
    let message = format!("Merge the ledger of {from}\n");
    let _lock = WriteLock::take(repo)?;
    let mut changed = false;
    // Before the notes: none of them may name a commit of the chain that is not in it yet.
    if let Some(tip) = theirs.tasks {
        changed |= refs::join_chain(repo, refs::TASKS, tip, &message, writer)?;
    }
    if let Some(tip) = theirs.notes {
        changed |= join::join(repo, tip, &message, writer)? != Written::Nothing;
    }
    Ok(changed)
}
