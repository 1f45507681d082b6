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

mod classes;
mod discard;
mod hunk;
mod interned;
mod myers;
mod slide;
mod tables;

use std::ops::Range;

use classes::{Classes, Side};
pub use hunk::Hunk;
use myers::Search;
pub use tables::{Table, TableDiff};

/// Lines added and removed by a change of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineChange {
    /// Lines of the new version that the old one does not have.
    pub added: u64,
    /// Lines of the old version that the new one does not have.
    pub removed: u64,
}

/// The number of lines; a last line without newline counts.
pub fn line_count(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count() + usize::from(text.last().is_some_and(|last| *last != b'\n'))
}

/// Git's rule for a file without attributes: a NUL in its first 8,000 bytes.
pub(super) fn looks_binary(data: &[u8]) -> bool {
    memchr::memchr(0, &data[..data.len().min(8000)]).is_some()
}

/// Below this many lines in both rests together, Myers' search is never expensive enough to lose exactness: its shortcuts start
/// at an edit cost of 256 from each end.
const ALWAYS_MINIMAL: usize = 500;

/// A line diff with buffers that are reused from file to file.
#[derive(Default)]
pub struct LineDiff {
    classes: Classes,
    old: Rest,
    new: Rest,
    search: Search,
    tables: TableDiff,
}

/// The lines of one version between the ends that both versions share.
#[derive(Default)]
struct Rest {
    /// The class of each line.
    classes: Vec<u32>,
    /// Whether the line is a change.
    changed: Vec<bool>,
    /// The lines that take part in the search, by number …
    kept: Vec<u32>,
    /// … and their classes.
    kept_classes: Vec<u32>,
}

impl Rest {
    fn changes(&self) -> u64 {
        self.changed.iter().filter(|changed| **changed).count() as u64
    }

    /// Makes every line a change.
    fn change_all(&mut self) {
        self.changed.clear();
        self.changed.resize(self.classes.len(), true);
    }

    /// Sorts the lines into certain changes and those left to the search.
    fn keep(&mut self, is_kept: impl Fn(usize, u32) -> bool) {
        self.kept.clear();
        self.kept_classes.clear();
        self.changed.clear();
        for (line, class) in self.classes.iter().enumerate() {
            let kept = is_kept(line, *class);
            if kept {
                self.kept.push(line as u32);
                self.kept_classes.push(*class);
            }
            self.changed.push(!kept);
        }
    }
}

impl LineDiff {
    /// See [`count`].
    pub fn count(&mut self, old: &[u8], new: &[u8]) -> LineChange {
        let ends = Ends::shared(old, new);
        let (old_rest, new_rest) = (ends.rest(old), ends.rest(new));
        if old_rest.is_empty() || new_rest.is_empty() {
            return LineChange {
                added: line_count(new_rest) as u64,
                removed: line_count(old_rest) as u64,
            };
        }
        self.classify(old_rest, new_rest);
        if self.frequency_matters() {
            self.apply_git_rules(old, &ends);
        }
        self.decide();
        LineChange {
            added: self.new.changes(),
            removed: self.old.changes(),
        }
    }

    /// See [`hunks`].
    pub fn hunks(&mut self, old: &[u8], new: &[u8]) -> Vec<Hunk> {
        self.tables.reset();
        let table = self.tables.table(new);
        self.tables.compare((old, None), (new, &table), |_| true).1
    }

    /// Numbers the lines of both rests, and stores those that both have.
    fn classify(&mut self, old: &[u8], new: &[u8]) {
        self.classes.reset(line_count(old) + line_count(new));
        self.classes.add(Side::Old, old, &mut self.old.classes);
        self.classes.add(Side::New, new, &mut self.new.classes);
        let classes = &self.classes;
        self.old.keep(|_, class| classes.count(Side::New, class) > 0);
        self.new.keep(|_, class| classes.count(Side::Old, class) > 0);
    }

    /// Whether the sums can depend on how often a line occurs in the whole files: only if enough certain changes surround a
    /// frequent line, or if the search may lose exactness.
    fn frequency_matters(&self) -> bool {
        let unmatched = |rest: &Rest| rest.classes.len() - rest.kept.len();
        let kept = self.old.kept.len() + self.new.kept.len();
        kept > 0
            && (unmatched(&self.old) >= discard::FEWEST_CERTAIN
                || unmatched(&self.new) >= discard::FEWEST_CERTAIN
                || kept >= ALWAYS_MINIMAL)
    }

    /// Replaces the stored lines by those that git would search, for which the ends count, too.
    fn apply_git_rules(&mut self, old: &[u8], ends: &Ends) {
        let shared = [&old[..ends.prefix], &old[old.len() - ends.suffix..]];
        let mut shared_lines = 0;
        for end in shared {
            shared_lines += self.classes.count_shared(end);
        }
        for (rest, other) in [(&mut self.old, Side::New), (&mut self.new, Side::Old)] {
            let limit = discard::frequent_from(shared_lines + rest.classes.len());
            let classes = &self.classes;
            let marks: Vec<_> = rest
                .classes
                .iter()
                .map(|class| discard::mark(classes.count(other, *class), limit))
                .collect();
            rest.keep(|line, _| discard::is_kept(&marks, line));
        }
    }

    /// Runs the search on the stored lines.
    fn decide(&mut self) {
        let (old, new) = (&mut self.old, &mut self.new);
        self.search.run(
            &old.kept_classes,
            &new.kept_classes,
            |at| old.changed[old.kept[at] as usize] = true,
            |at| new.changed[new.kept[at] as usize] = true,
        );
    }
}

/// How many bytes of whole lines two texts share at their ends.
struct Ends {
    prefix: usize,
    suffix: usize,
}

impl Ends {
    fn shared(old: &[u8], new: &[u8]) -> Self {
        let same = same_prefix(old, new);
        let prefix = if same == old.len() && same == new.len() {
            same
        } else {
            memchr::memrchr(b'\n', &old[..same]).map_or(0, |newline| newline + 1)
        };
        let (old, new) = (&old[prefix..], &new[prefix..]);
        let same = same_suffix(old, new);
        let suffix = if starts_line(old, same) && starts_line(new, same) {
            same
        } else {
            let tail = &old[old.len() - same..];
            memchr::memchr(b'\n', tail).map_or(0, |newline| same - newline - 1)
        };
        Self { prefix, suffix }
    }

    fn range(&self, text: &[u8]) -> Range<usize> {
        self.prefix..text.len() - self.suffix
    }

    fn rest<'text>(&self, text: &'text [u8]) -> &'text [u8] {
        &text[self.range(text)]
    }
}

/// Whether the last `len` bytes begin with a line.
fn starts_line(text: &[u8], len: usize) -> bool {
    let start = text.len() - len;
    start == 0 || text[start - 1] == b'\n'
}

const BLOCK: usize = 32;

fn same_prefix(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.chunks_exact(BLOCK).zip(new.chunks_exact(BLOCK));
    let start = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let bytes = old[start..].iter().zip(&new[start..]);
    start + bytes.take_while(|(old, new)| old == new).count()
}

fn same_suffix(old: &[u8], new: &[u8]) -> usize {
    let blocks = old.rchunks_exact(BLOCK).zip(new.rchunks_exact(BLOCK));
    let end = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let bytes = old[..old.len() - end]
        .iter()
        .rev()
        .zip(new[..new.len() - end].iter().rev());
    end + bytes.take_while(|(old, new)| old == new).count()
}

/// If no context is shown, git first drops whole kibibytes that both texts end with, except for the rest of the line in which the
/// first of them begins. This matters: dropped lines do not count as frequent.
fn shared_blocks(old: &[u8], new: &[u8]) -> usize {
    const KIBIBYTE: usize = 1024;
    let blocks = old.rchunks_exact(KIBIBYTE).zip(new.rchunks_exact(KIBIBYTE));
    let same = blocks.take_while(|(old, new)| old == new).count() * KIBIBYTE;
    let tail = &old[old.len() - same..];
    memchr::memchr(b'\n', tail).map_or(0, |newline| same - newline - 1)
}

#[cfg(test)]
mod tests;
