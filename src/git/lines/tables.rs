//! Versions of files as tables of numbers, for comparing many versions with their neighbors.
//!
//! Neighbors share nearly all of their lines. So each distinct line gets a number once, for all versions of some files; the table
//! of an older version is that of the newer one except for the lines between the shared ends, and only these are looked at.
//! Everything after that compares numbers.

use std::ops::Range;
use std::rc::Rc;

use super::beside::{Numbered, number_beside};
use super::classes::{Counts, Side, lines};
use super::ends::{Ends, line_count, shared_blocks};
use super::hunk::Hunk;
use super::interned::Interned;
use super::rests::{LineChange, Rests};
use super::slide;

/// The number of each line of a version, in order.
pub type Table = Rc<Vec<u32>>;

/// The number of bytes of distinct lines above which they are forgotten, and tables with them.
const MOST_TEXT: usize = 16 << 20;

/// Compares versions by their tables.
#[derive(Default)]
pub struct TableDiff {
    interned: Interned,
    /// How often each line occurs in the old and in the new version: zero between two comparisons.
    counts: Counts,
    rests: Rests,
}

/// The result of a comparison of two versions.
pub struct Compared {
    /// The table of the older one.
    pub old_table: Table,
    /// Where they differ.
    pub hunks: Vec<Hunk>,
    parts: Parts,
    /// How many lines the search called changed, if there was one.
    searched: Option<LineChange>,
}

/// The lines of two versions by where they are: shared at the start, different, shared at the end, and in the kibibytes at the
/// end that git does not look at.
#[derive(Debug, Clone, Copy)]
struct Parts {
    start: usize,
    old: usize,
    new: usize,
    end: usize,
    tail: usize,
}

impl Parts {
    fn old_range(&self) -> Range<usize> {
        self.start..self.start + self.old
    }

    fn new_range(&self) -> Range<usize> {
        self.start..self.start + self.new
    }

    /// One hunk for everything between the shared ends.
    fn hunk(self) -> Hunk {
        Hunk {
            old_start: self.start,
            old_len: self.old,
            new_start: self.start,
            new_len: self.new,
        }
    }
}

impl TableDiff {
    /// Forgets all lines. Tables made before are of no more use.
    pub fn reset(&mut self) {
        self.interned.reset(0);
    }

    /// Whether so many lines are known that it is time for [`TableDiff::reset`].
    pub fn is_full(&self) -> bool {
        self.interned.bytes() > MOST_TEXT
    }

    /// The table of a version without a neighbor.
    pub fn table(&mut self, text: &[u8]) -> Table {
        Rc::new(lines(text).map(|line| self.interned.number(line)).collect())
    }

    /// Compares two different versions.
    ///
    /// If `needs` is false for a range of new lines outside which nothing can have changed, one hunk takes the place of all: it is
    /// right for all lines that are outside the range.
    pub fn compare(
        &mut self,
        (old, old_table): (&[u8], Option<Table>),
        (new, new_table): (&[u8], &Table),
        needs: impl FnOnce(Range<usize>) -> bool,
    ) -> Compared {
        let tail = shared_blocks(old, new);
        let (short_old, short_new) = (&old[..old.len() - tail], &new[..new.len() - tail]);
        let ends = Ends::shared(short_old, short_new);
        let mut parts = Parts {
            start: line_count(&old[..ends.prefix]),
            old: 0,
            new: 0,
            end: line_count(&short_new[short_new.len() - ends.suffix..]),
            tail: line_count(&new[new.len() - tail..]),
        };
        parts.new = new_table.len() - parts.start - parts.end - parts.tail;
        let old_table = old_table.unwrap_or_else(|| {
            let same_end = parts.start + parts.new;
            let mut table = Vec::with_capacity(new_table.len());
            table.extend_from_slice(&new_table[..parts.start]);
            let neighbor = Numbered {
                text: ends.rest(short_new),
                classes: &new_table[parts.start..same_end],
            };
            number_beside(&mut self.interned, ends.rest(short_old), neighbor, &mut table);
            table.extend_from_slice(&new_table[same_end..]);
            Rc::new(table)
        });
        parts.old = old_table.len() - parts.start - parts.end - parts.tail;
        let hunks = self.hunks(&old_table, new_table, parts, needs);
        let searched = hunks.is_some().then(|| self.rests.marked());
        Compared {
            old_table,
            hunks: hunks.unwrap_or_else(|| vec![parts.hunk()]),
            parts,
            searched,
        }
    }

    /// What [`LineDiff::count`](super::LineDiff::count) returns for the two versions that were compared last.
    ///
    /// Counts and hunks differ in one thing: for hunks, git does not look at whole kibibytes at the end, so that lines are less
    /// frequent. The ends that both versions share are the same, unless there is nothing between them on one side.
    pub fn change(&mut self, last: &Compared, new_table: &Table) -> LineChange {
        let parts = last.parts;
        if parts.old == 0 || parts.new == 0 {
            return LineChange {
                added: parts.new as u64,
                removed: parts.old as u64,
            };
        }
        if let Some(searched) = last.searched.filter(|_| parts.tail == 0) {
            return searched;
        }
        self.rests.count(&mut self.counts);
        self.rests.keep_common(&self.counts);
        let matters = self.rests.frequency_matters();
        let change = match last.searched.filter(|_| !matters) {
            Some(searched) => searched,
            None => {
                if matters {
                    let (start, end) = (&new_table[..parts.start], &new_table[parts.new_range().end..]);
                    self.keep_as_git_does(start, end);
                }
                self.rests.change()
            }
        };
        self.forget_counts();
        change
    }

    /// The hunks, unless they are not needed. Which lines changed is in the rests.
    fn hunks(
        &mut self,
        old: &[u32],
        new: &[u32],
        parts: Parts,
        needs: impl FnOnce(Range<usize>) -> bool,
    ) -> Option<Vec<Hunk>> {
        let (old, new) = (&old[..old.len() - parts.tail], &new[..new.len() - parts.tail]);
        self.rests.old.classes.clear();
        self.rests.old.classes.extend_from_slice(&old[parts.old_range()]);
        self.rests.new.classes.clear();
        self.rests.new.classes.extend_from_slice(&new[parts.new_range()]);
        self.counts.make_room(self.interned.len());
        self.rests.count(&mut self.counts);
        let hunks = needs(self.reach(new, parts)).then(|| {
            self.decide(&new[..parts.start], &new[parts.new_range().end..]);
            slide::hunks(
                &self.interned,
                (old, &self.rests.old.changed),
                (new, &self.rests.new.changed),
                parts.start,
            )
        });
        self.forget_counts();
        hunks
    }

    fn forget_counts(&mut self) {
        self.counts.forget(&self.rests.old.classes);
        self.counts.forget(&self.rests.new.classes);
    }

    /// The new lines outside which nothing can have changed: those between the shared ends, and those to which a run of changed
    /// lines could slide. A line that it slides over equals one in it.
    fn reach(&self, new: &[u32], parts: Parts) -> Range<usize> {
        let is_between = |class: &&u32| self.counts.is_counted(**class);
        let above = new[..parts.start].iter().rev().take_while(is_between).count();
        let below = new[parts.new_range().end..].iter().take_while(is_between).count();
        parts.start - above..parts.new_range().end + below
    }

    /// Decides which lines between the shared ends changed.
    fn decide(&mut self, start: &[u32], end: &[u32]) {
        let is_shared = |class: &u32| self.counts.count(Side::Old, *class) > 0;
        if !self.rests.new.classes.iter().any(is_shared) {
            // Whatever else git would search, none of it has a match.
            self.rests.change_all();
            return;
        }
        self.keep_as_git_does(start, end);
        self.rests.mark_changes();
    }

    /// Stores the lines that git would search, given the shared ones for which it looks how frequent lines are.
    fn keep_as_git_does(&mut self, start: &[u32], end: &[u32]) {
        let counts = &mut self.counts;
        for class in start.iter().chain(end).copied() {
            if counts.is_counted(class) {
                counts.add_shared(class);
            }
        }
        self.rests.keep_as_git_does(start.len() + end.len(), counts);
    }
}
