//! What is left to the user to decide, and why.

use std::fmt;

use crate::facts::ids::ObjectId;
use crate::facts::record::NoteLines;

/// Lines of a note that stay where they are.
#[derive(Debug, Clone, PartialEq)]
pub struct Undecided {
    /// The commit that their note is on.
    pub from: ObjectId,
    /// The lines.
    pub lines: NoteLines,
    /// Why it is undecided.
    pub doubt: Doubt,
    /// The candidate commits, at most five.
    pub candidates: Vec<ObjectId>,
}

/// Why a note is undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// More than one commit may replace it.
    Several,
    /// Nothing proves that any does.
    Nothing,
    /// The commit is not in this clone.
    NotHere,
    /// On the only candidate it would count differently.
    Totals,
    /// The note on the only candidate has no room for it.
    Full,
    /// Only a message on no branch claims it.
    Message,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Several => "more than one commit may replace the original",
            Self::Nothing => "nothing proves which commit replaces the original",
            Self::NotHere => "its commit is not in this clone",
            Self::Totals => "the totals would change on the commit that replaces the original",
            Self::Full => "the note of the replacement commit is full",
            Self::Message => "only a message claims it, and its commit is on no branch",
        })
    }
}
