//! The diff of two texts, step by step.

use super::classes::{self, Counts};
use super::ends::{Ends, line_count};
use super::hunk::Hunk;
use super::interned::Interned;
use super::rests::{LineChange, Rests};
use super::tables::TableDiff;

/// A line diff with buffers that are reused from file to file.
#[derive(Default)]
pub struct LineDiff {
    interned: Interned,
    counts: Counts,
    pub(super) rests: Rests,
    tables: TableDiff,
}

impl LineDiff {
    /// See [`count`].
    pub fn count(&mut self, old: &[u8], new: &[u8]) -> LineChange {
        let ends = Ends::shared(old, new);
        if let Some(simple) = simple_change(&ends, old, new) {
            return simple;
        }
        self.classify(ends.rest(old), ends.rest(new));
        if self.rests.frequency_matters() {
            self.apply_git_rules(old, &ends);
        }
        self.rests.change()
    }

    /// See [`hunks`].
    pub fn hunks(&mut self, old: &[u8], new: &[u8]) -> Vec<Hunk> {
        self.tables.reset();
        let table = self.tables.table(new);
        self.tables.compare((old, None), (new, &table), |_| true).hunks
    }

    /// Numbers the lines of both rests, and stores those that both have.
    pub(super) fn classify(&mut self, old: &[u8], new: &[u8]) {
        self.interned.reset(old.len() + new.len());
        self.interned.number_all(old, &mut self.rests.old.classes);
        self.interned.number_all(new, &mut self.rests.new.classes);
        self.counts.reset(self.interned.len());
        self.rests.count(&mut self.counts);
        self.rests.keep_common(&self.counts);
    }

    /// Replaces the stored lines by those that git would search, for which the ends count, too.
    fn apply_git_rules(&mut self, old: &[u8], ends: &Ends) {
        let mut shared_lines = 0;
        for end in [&old[..ends.prefix], &old[old.len() - ends.suffix..]] {
            for line in classes::lines(end) {
                shared_lines += 1;
                if let Some(class) = self.interned.find(line) {
                    self.counts.add_shared(class);
                }
            }
        }
        self.rests.keep_as_git_does(shared_lines, &self.counts);
    }
}

/// The change if only one text has lines between the ends.
pub(super) fn simple_change(ends: &Ends, old: &[u8], new: &[u8]) -> Option<LineChange> {
    let (old, new) = (ends.rest(old), ends.rest(new));
    (old.is_empty() || new.is_empty()).then(|| LineChange {
        added: line_count(new) as u64,
        removed: line_count(old) as u64,
    })
}
