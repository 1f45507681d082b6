//! The lines of a file at HEAD, in runs that each have one origin.

use super::history::CommitIndex;

/// Consecutive lines of one file with the same origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The first line at HEAD, from 0.
    pub(super) at: usize,
    pub(super) lines: usize,
    /// `None` if unknown.
    pub(super) commit: Option<CommitIndex>,
}

/// A file of HEAD, by its index.
pub(super) type FileIndex = usize;

/// The result for a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileRuns {
    /// Its lines, in order and without gaps.
    Text(Vec<Run>),
    /// It is binary and has no lines.
    Binary,
    /// It could not be read.
    Unread(String),
}
