//! The lines of two versions between the ends that they share, by their classes, and which of them changed.

use super::classes::{Counts, Side};
use super::discard::{self, Mark};
use super::myers::Search;

/// Lines added and removed by a change of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineChange {
    /// Lines of the new version that the old one does not have.
    pub added: u64,
    /// Lines of the old version that the new one does not have.
    pub removed: u64,
}

/// Below this many lines in both rests together, Myers' search is never expensive enough to lose exactness: its shortcuts start
/// at an edit cost of 256 from each end.
const ALWAYS_MINIMAL: usize = 500;

/// The lines of both versions between the ends that they share, and the search among them.
#[derive(Default)]
pub(super) struct Rests {
    pub(super) old: Rest,
    pub(super) new: Rest,
    search: Search,
}

/// The lines of one version between the ends that both versions share.
#[derive(Default)]
pub(super) struct Rest {
    /// The class of each line.
    pub(super) classes: Vec<u32>,
    /// How git treats it.
    marks: Vec<Mark>,
    /// Whether the line is a change.
    pub(super) changed: Vec<bool>,
    /// The lines that take part in the search, by number …
    kept: Vec<u32>,
    /// … and their classes.
    kept_classes: Vec<u32>,
}

impl Rest {
    /// How many lines are certain changes.
    fn unmatched(&self) -> usize {
        self.classes.len() - self.kept.len()
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

    /// As above, by git's rules: `limit` matches are many.
    fn keep_as_git_does(&mut self, limit: u32, matches: impl Fn(u32) -> u32) {
        let mut marks = std::mem::take(&mut self.marks);
        marks.clear();
        let classes = self.classes.iter();
        marks.extend(classes.map(|class| discard::mark(matches(*class), limit)));
        self.keep(|line, _| discard::is_kept(&marks, line));
        self.marks = marks;
    }
}

impl Rests {
    pub(super) fn count(&self, counts: &mut Counts) {
        counts.add(Side::Old, &self.old.classes);
        counts.add(Side::New, &self.new.classes);
    }

    /// Stores the lines that both rests have.
    pub(super) fn keep_common(&mut self, counts: &Counts) {
        self.old.keep(|_, class| counts.count(Side::New, class) > 0);
        self.new.keep(|_, class| counts.count(Side::Old, class) > 0);
    }

    /// Whether the sums can depend on how often a line occurs in the whole files: only if enough certain changes surround a
    /// frequent line, or if the search may lose exactness.
    pub(super) fn frequency_matters(&self) -> bool {
        let kept = self.old.kept.len() + self.new.kept.len();
        kept > 0
            && (self.old.unmatched() >= discard::FEWEST_CERTAIN
                || self.new.unmatched() >= discard::FEWEST_CERTAIN
                || kept >= ALWAYS_MINIMAL)
    }

    /// Stores those that git would search, with the counts of whole files, which share so many lines at their ends.
    pub(super) fn keep_as_git_does(&mut self, shared_lines: usize, counts: &Counts) {
        for (rest, other) in [(&mut self.old, Side::New), (&mut self.new, Side::Old)] {
            let limit = discard::frequent_from(shared_lines + rest.classes.len());
            rest.keep_as_git_does(limit, |class| counts.count(other, class));
        }
    }

    /// Makes every line a change.
    pub(super) fn change_all(&mut self) {
        self.old.change_all();
        self.new.change_all();
    }

    /// Runs the search on the stored lines, and marks those that changed.
    pub(super) fn mark_changes(&mut self) {
        let (old, new) = (&mut self.old, &mut self.new);
        self.search.run(
            &old.kept_classes,
            &new.kept_classes,
            |at| old.changed[old.kept[at] as usize] = true,
            |at| new.changed[new.kept[at] as usize] = true,
        );
    }

    /// How many lines are marked as changed.
    pub(super) fn marked(&self) -> LineChange {
        let marked = |rest: &Rest| rest.changed.iter().filter(|changed| **changed).count() as u64;
        LineChange {
            added: marked(&self.new),
            removed: marked(&self.old),
        }
    }

    /// Runs the search on the stored lines, and counts those that changed.
    pub(super) fn change(&mut self) -> LineChange {
        let (old, new) = (&self.old, &self.new);
        let (removed, added) = self.search.count(&old.kept_classes, &new.kept_classes);
        LineChange {
            added: added + new.unmatched() as u64,
            removed: removed + old.unmatched() as u64,
        }
    }
}
