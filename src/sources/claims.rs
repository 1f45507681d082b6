//! What the message of one commit claims.

use crate::facts::claim;
use crate::facts::claimed::CommitClaims;
use crate::facts::quantity::WorkTime;
use crate::git::messages::RawCommit;

/// What the message of a commit claims; `None` where it has no trailer of ours.
pub(super) fn claims_of(commit: &RawCommit<'_>, work: WorkTime) -> Option<CommitClaims> {
    if !claim::may_claim(commit.message) {
        return None;
    }
    let (claims, errors) = claim::read(commit.message, work);
    if claims.is_empty() && errors.is_empty() {
        return None;
    }
    let (author, time) = commit.author();
    Some(CommitClaims {
        commit: commit.id,
        author,
        time,
        committed: commit.committed(),
        subject: commit.subject(),
        claims,
        errors,
    })
}
