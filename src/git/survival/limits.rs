//! What is not read, and why survival is then unknown.

use super::super::packs::ObjectError;

/// The maximum size of a blob that is read. Above it, the origin of lines is unknown.
pub(in super::super) const LARGEST_BLOB: u64 = 32 << 20;

/// Why survival is unknown for a repository.
#[derive(Debug, thiserror::Error)]
pub enum SurvivalError {
    /// Its object ids are not SHA-1.
    #[error("unsupported kind of object ids")]
    ForeignId,
    /// A commit or a tree, as in a partial clone.
    #[error("{0}")]
    Object(#[from] ObjectError),
    /// The content of a file: only this file is affected.
    #[error("{0}")]
    Contents(ObjectError),
    /// The computation cannot continue.
    #[error("a worker thread panicked")]
    Stopped,
}
