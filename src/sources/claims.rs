//! The claims in the message of one commit.

use crate::facts::claim;
use crate::facts::claimed::CommitClaims;
use crate::facts::quantity::WorkTime;
use crate::git::messages::RawCommit;

/// The claims in the message of a commit; `None` if it has no `Leverage-` trailer.
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
