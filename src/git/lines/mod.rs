//! Line diffs that equal git's, line for line.
//!
//! Git's default diff is Myers' algorithm after some preparation, and neither minimal nor canonical: which lines it calls
//! changed follows from rules that a different implementation has to repeat one by one.
//!
//! 1. Lines equal at both ends are cut off.
//! 2. Of the rest, lines that occur nowhere in the other file are changes. Lines that are frequent there become changes
//!    too where they stand among such lines ([`discard`]).
//! 3. What is left goes through Myers' search from both ends, which gives up exactness where it becomes expensive
//!    ([`myers`]). The sum of added and removed lines is settled here.
//! 4. Runs of changed lines that could as well stand higher or lower are moved to where they read best ([`slide`]).
//!
//! [`LineDiff::count`] stops after step 3 and takes every shortcut that provably leads to the same sum;
//! [`LineDiff::hunks`] does all four.

mod beside;
mod classes;
mod discard;
mod ends;
mod hunk;
mod interned;
mod line_diff;
mod myers;
mod rests;
mod slide;
mod tables;
mod versions;

pub use ends::line_count;
pub(super) use ends::same_prefix;
pub use hunk::Hunk;
pub use line_diff::LineDiff;
pub use rests::LineChange;
pub use tables::{Table, TableDiff};
pub use versions::VersionDiff;

/// Git's rule for a file without attributes: a NUL in its first 8,000 bytes.
pub(super) fn looks_binary(data: &[u8]) -> bool {
    memchr::memchr(0, &data[..data.len().min(8000)]).is_some()
}

#[cfg(test)]
mod tests;
