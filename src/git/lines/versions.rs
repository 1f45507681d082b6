//! Counts between versions of a file that are compared one after the other.
//!
//! A scan compares each version with the one before it, which is compared next. The numbers of a version's lines are kept, and
//! those of its neighbor are taken from them wherever the bytes are the same: only lines that differ are hashed, each once.

use std::collections::VecDeque;
use std::rc::Rc;

use super::beside::{AHEAD, IN_STEP, MOST_AHEAD, position};
use super::classes::Counts;
use super::ends::{Ends, same_prefix, same_suffix};
use super::interned::Interned;
use super::line_diff::{LineDiff, simple_change};
use super::rests::LineChange;

/// Versions above this many bytes have no table: the tables of some would take much memory.
const LARGEST_TEXT: usize = 8 << 20;
/// The maximum size of the texts that have a table, unless the last two are larger.
const MOST_TEXT: usize = 8 << 20;
/// The maximum number of tables: branches make histories alternate between a few versions.
const MOST_TABLES: usize = 6;
/// When the distinct lines of all versions take more than this, all are forgotten.
const MOST_DISTINCT: usize = if cfg!(test) { 20_000 } else { 16 << 20 };
/// About how much memory a distinct line takes besides its bytes.
const LINE: usize = 48;
/// Differing parts of fewer bytes are hashed without a table …
const SHORT: usize = if cfg!(test) { 100 } else { 4096 };
/// … and so are those that are a smaller part of their versions than this.
const SMALL_PART: usize = 8;

/// A line diff of versions, with what is known of the last ones.
#[derive(Default)]
pub struct VersionDiff {
    diff: LineDiff,
    interned: Interned,
    counts: Counts,
    /// The last ones, the one used last in front.
    tables: VecDeque<Rc<Table>>,
}

/// The lines of a version.
struct Table {
    text: Rc<Vec<u8>>,
    /// Where each line ends.
    ends: Vec<u32>,
    /// The number of each line.
    classes: Vec<u32>,
}

impl VersionDiff {
    /// What [`LineDiff::count`] returns for the same texts.
    pub fn count(&mut self, old: &Rc<Vec<u8>>, new: &Rc<Vec<u8>>) -> LineChange {
        if old.len().max(new.len()) > LARGEST_TEXT {
            return self.diff.count(old, new);
        }
        let ends = Ends::shared(old, new);
        if let Some(simple) = simple_change(&ends, old, new) {
            return simple;
        }
        let rests = ends.rest(old).len() + ends.rest(new).len();
        if rests < SHORT || rests < (old.len() + new.len()) / SMALL_PART {
            self.diff.classify(ends.rest(old), ends.rest(new));
            if !self.diff.rests.frequency_matters() {
                return self.diff.rests.change();
            }
        }
        self.count_by_tables(old, new)
    }

    /// Forgets all versions: the next ones are those of another file.
    pub fn start_file(&mut self) {
        self.tables.clear();
        self.interned.reset(0);
    }

    fn count_by_tables(&mut self, old: &Rc<Vec<u8>>, new: &Rc<Vec<u8>>) -> LineChange {
        if self.interned.bytes() + self.interned.len() * LINE > MOST_DISTINCT {
            self.start_file();
        }
        let new = self.table(new);
        let old = self.table(old);
        let prefix = same_prefix(&old.classes, &new.classes);
        let suffix = same_suffix(&old.classes[prefix..], &new.classes[prefix..]);
        let rests = &mut self.diff.rests;
        for (rest, table) in [(&mut rests.old, &old), (&mut rests.new, &new)] {
            rest.classes.clear();
            rest.classes
                .extend_from_slice(&table.classes[prefix..table.classes.len() - suffix]);
        }
        self.counts.make_room(self.interned.len());
        rests.count(&mut self.counts);
        rests.keep_common(&self.counts);
        if rests.frequency_matters() {
            let shared = [&old.classes[..prefix], &old.classes[old.classes.len() - suffix..]];
            for class in shared.into_iter().flatten() {
                self.counts.add_shared(*class);
            }
            rests.keep_as_git_does(prefix + suffix, &self.counts);
            shared.iter().for_each(|classes| self.counts.forget(classes));
        }
        self.counts.forget(&rests.old.classes);
        self.counts.forget(&rests.new.classes);
        rests.change()
    }

    /// The table of a version: the one that it has, or one made from that of its neighbor.
    fn table(&mut self, text: &Rc<Vec<u8>>) -> Rc<Table> {
        // The same bytes may be in memory twice; they would only cost a comparison.
        let known = self.tables.iter().position(|table| Rc::ptr_eq(&table.text, text));
        if let Some(table) = known.and_then(|at| self.tables.remove(at)) {
            self.tables.push_front(Rc::clone(&table));
            return table;
        }
        let neighbor = self.tables.front().map(Rc::clone);
        let table = Rc::new(Follow::new(&mut self.interned, text, neighbor.as_deref()).table());
        self.tables.push_front(Rc::clone(&table));
        self.drop_old_tables();
        table
    }

    fn drop_old_tables(&mut self) {
        let size = |tables: &VecDeque<Rc<Table>>| tables.iter().map(|table| table.text.len()).sum::<usize>();
        while self.tables.len() > 2 && (self.tables.len() > MOST_TABLES || size(&self.tables) > MOST_TEXT) {
            self.tables.pop_back();
        }
    }
}

/// The steps through a version beside its neighbor.
struct Follow<'a> {
    interned: &'a mut Interned,
    text: &'a Rc<Vec<u8>>,
    /// How far the text was read.
    at: usize,
    ends: Vec<u32>,
    classes: Vec<u32>,
    neighbor: Option<&'a Table>,
    /// The line of the neighbor that comes next.
    line: usize,
}

impl<'a> Follow<'a> {
    fn new(interned: &'a mut Interned, text: &'a Rc<Vec<u8>>, neighbor: Option<&'a Table>) -> Self {
        let lines = neighbor.map_or(0, |neighbor| neighbor.classes.len() + neighbor.classes.len() / 8);
        Self {
            interned,
            text,
            at: 0,
            ends: Vec::with_capacity(lines),
            classes: Vec::with_capacity(lines),
            neighbor,
            line: 0,
        }
    }

    fn table(mut self) -> Table {
        match self.neighbor {
            Some(neighbor) => {
                while self.at < self.text.len() {
                    self.copy_equal_lines(neighbor);
                    self.find_step(neighbor);
                }
            }
            None => while self.number_line().is_some() {},
        }
        Table {
            text: Rc::clone(self.text),
            ends: self.ends,
            classes: self.classes,
        }
    }

    /// Takes over the lines whose bytes are the same in both.
    fn copy_equal_lines(&mut self, neighbor: &Table) {
        let start = neighbor.start(self.line);
        let same = start + same_prefix(&neighbor.text[start..], &self.text[self.at..]);
        let lines = neighbor.ends[self.line..].partition_point(|end| *end as usize <= same);
        let mut end = self.line + lines;
        // A last line without a newline may be the beginning of one here.
        let is_cut = same == neighbor.text.len() && neighbor.text.last() != Some(&b'\n');
        if is_cut && lines > 0 && self.at + same - start < self.text.len() {
            end -= 1;
        }
        let (from, to) = (start as u32, self.at as u32);
        let ends = &neighbor.ends[self.line..end];
        self.ends.extend(ends.iter().map(|end| end - from + to));
        self.classes.extend_from_slice(&neighbor.classes[self.line..end]);
        self.at += neighbor.start(end) - start;
        self.line = end;
    }

    /// Numbers lines until one of them continues in both texts as the neighbor does.
    fn find_step(&mut self, neighbor: &Table) {
        let known = self.interned.len();
        let mut ahead = AHEAD;
        while let Some(class) = self.number_line() {
            ahead = (ahead + 2).min(MOST_AHEAD);
            // A line that no version had before is not in the neighbor either.
            if class as usize >= known {
                continue;
            }
            let next = &neighbor.classes[self.line.min(neighbor.classes.len())..];
            let Some(found) = position(&next[..ahead.min(next.len())], class) else {
                continue;
            };
            let line = self.line + found + 1;
            let (theirs, ours) = (&neighbor.text[neighbor.start(line)..], &self.text[self.at..]);
            let least = IN_STEP.min(theirs.len().max(ours.len()));
            if theirs.get(..least).is_some_and(|bytes| ours.starts_with(bytes)) {
                self.line = line;
                return;
            }
        }
    }

    /// The number of the next line, which is hashed.
    fn number_line(&mut self) -> Option<u32> {
        let rest = &self.text[self.at..];
        let len = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        if len == 0 {
            return None;
        }
        let class = self.interned.number(&rest[..len]);
        self.at += len;
        self.ends.push(self.at as u32);
        self.classes.push(class);
        Some(class)
    }
}

impl Table {
    /// Where a line starts; the end of the text after the last one.
    fn start(&self, line: usize) -> usize {
        line.checked_sub(1).map_or(0, |before| self.ends[before] as usize)
    }
}
