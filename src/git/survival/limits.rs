//! What is not read, and why survival is not known then.

use super::super::packs::ObjectError;

/// The largest blob that is read. Above it, who wrote a line is unknown.
pub(super) const LARGEST_BLOB: u64 = 32 << 20;

/// Why survival is not known for a repository.
#[derive(Debug, thiserror::Error)]
pub enum SurvivalError {
    /// Its ids are of another kind than SHA-1.
    #[error("its object ids are of a kind that is not read")]
    ForeignId,
    /// A commit or a tree, as in a partial clone.
    #[error("{0}")]
    Object(#[from] ObjectError),
    /// A file's contents: only this file is at stake.
    #[error("{0}")]
    Contents(ObjectError),
    /// It cannot go on.
    #[error("a worker thread panicked")]
    Stopped,
}
