//! Where two versions differ.

/// A run of lines that was replaced by another run. Positions are counted in lines from 0; either length may be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hunk {
    /// The first old line of the hunk, or the one before which lines were inserted.
    pub old_start: usize,
    /// How many old lines were removed.
    pub old_len: usize,
    /// The first new line, or the one before which lines were removed.
    pub new_start: usize,
    /// How many new lines were added.
    pub new_len: usize,
}
