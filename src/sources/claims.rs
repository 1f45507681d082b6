//! What the message of one commit claims.

use crate::facts::claim;
use crate::facts::claimed::CommitClaims;
use crate::facts::quantity::WorkTime;
use crate::git::messages::RawCommit;

/// What the message of a commit claims; `None` where it has no trailer of ours.
pub(super) fn claims_of(commit: &RawCommit<'_>, work: WorkTime) -> Option<CommitClaims> {
    let message = commit.message();
    if !claim::may_claim(&message) {
        return None;
    }
    let (claims, errors) = claim::read(&message, work);
    if claims.is_empty() && errors.is_empty() {
        return None;
    }
    Some(CommitClaims {
        commit: commit.id,
        author: commit.author(),
        time: commit.author_time(),
        committed: commit.commit_time().seconds,
        subject: commit.title(),
        authored: commit.authored(),
        claims,
        errors,
    })
}
