//! Numbers the lines of a text beside a similar one whose numbers are known: only lines that differ are hashed.

use super::ends::{line_count, same_prefix};
use super::interned::Interned;

/// How many bytes after an equal line must be equal for two texts to be in step again.
pub(super) const IN_STEP: usize = 24;
/// How many lines ahead an equal line is searched; more after each line that was not found.
pub(super) const AHEAD: usize = 128;
/// The maximum of these.
pub(super) const MOST_AHEAD: usize = 8192;

/// A text whose lines have numbers.
#[derive(Clone, Copy)]
pub(super) struct Numbered<'a> {
    pub(super) text: &'a [u8],
    pub(super) classes: &'a [u32],
}

/// Appends the numbers of the lines of `text` to `classes`. Those that stand in `neighbor` as well are taken from there.
pub(super) fn number_beside(
    interned: &mut Interned,
    text: &[u8],
    neighbor: Numbered<'_>,
    classes: &mut Vec<u32>,
) {
    let mut steps = Steps {
        interned,
        rest: text,
        neighbor,
        classes,
    };
    while !steps.rest.is_empty() {
        steps.copy_equal_lines();
        steps.find_step();
    }
}

/// The steps through a text and its neighbor, of which only what was not passed is left.
struct Steps<'a> {
    interned: &'a mut Interned,
    rest: &'a [u8],
    neighbor: Numbered<'a>,
    classes: &'a mut Vec<u32>,
}

impl Steps<'_> {
    /// Takes over the lines whose bytes are the same in both.
    fn copy_equal_lines(&mut self) {
        let same = same_prefix(self.neighbor.text, self.rest);
        let is_end = same == self.rest.len() && same == self.neighbor.text.len();
        let end = match is_end {
            true => same,
            // Without a newline, the last line may be the beginning of another.
            false => memchr::memrchr(b'\n', &self.rest[..same]).map_or(0, |newline| newline + 1),
        };
        let lines = line_count(&self.rest[..end]);
        self.classes.extend_from_slice(&self.neighbor.classes[..lines]);
        self.rest = &self.rest[end..];
        self.neighbor.pass(lines, end);
    }

    /// Numbers lines until one of them continues in both texts in the same way.
    fn find_step(&mut self) {
        let known = self.interned.len();
        let mut ahead = AHEAD;
        while !self.rest.is_empty() {
            let class = self.number_line();
            ahead = (ahead + 2).min(MOST_AHEAD);
            // A line that no text had before is not in the neighbor either.
            if class as usize >= known {
                continue;
            }
            let next = self.neighbor.classes;
            let Some(found) = position(&next[..ahead.min(next.len())], class) else {
                continue;
            };
            let end = end_of_line(self.neighbor.text, found);
            let theirs = &self.neighbor.text[end..];
            let least = IN_STEP.min(theirs.len().max(self.rest.len()));
            if theirs
                .get(..least)
                .is_some_and(|bytes| self.rest.starts_with(bytes))
            {
                self.neighbor.pass(found + 1, end);
                return;
            }
        }
    }

    /// The number of the next line, which is hashed.
    fn number_line(&mut self) -> u32 {
        let len = end_of_line(self.rest, 0);
        let (line, rest) = self.rest.split_at(len);
        let class = self.interned.number(line);
        self.classes.push(class);
        self.rest = rest;
        class
    }
}

impl Numbered<'_> {
    fn pass(&mut self, lines: usize, bytes: usize) {
        self.classes = &self.classes[lines..];
        self.text = &self.text[bytes..];
    }
}

/// Where the line after this many others ends.
fn end_of_line(text: &[u8], before: usize) -> usize {
    memchr::memchr_iter(b'\n', text)
        .nth(before)
        .map_or(text.len(), |newline| newline + 1)
}

/// Where a class occurs first.
pub(super) fn position(classes: &[u32], class: u32) -> Option<usize> {
    const WIDE: usize = 16;
    let is_in = |block: &&[u32]| block.iter().fold(false, |found, other| found | (*other == class));
    let start = classes
        .chunks(WIDE)
        .position(|block| is_in(&block))
        .map(|block| block * WIDE)?;
    let found = classes[start..].iter().position(|other| *other == class)?;
    Some(start + found)
}
