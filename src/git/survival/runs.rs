//! The lines of a file at HEAD, in runs that each have one origin.

use super::history::CommitIndex;

/// Lines of one file that stand together and have one origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The first line at HEAD, from 0.
    pub(super) at: usize,
    pub(super) lines: usize,
    /// `None` where it is not known.
    pub(super) commit: Option<CommitIndex>,
}

/// A file of HEAD, by its number there.
pub(super) type FileIndex = usize;

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileRuns {
    /// Its lines, in order and without gaps.
    Text(Vec<Run>),
    /// It has no lines.
    Binary,
    /// It could not be read.
    Unread(String),
}
