//! Where a run of changed lines is shown if it could also be higher or lower.
//!
//! A run slides up while the line above it equals its last line, and down while its first line equals the one below it.
//! Git moves it to face a change of the other file, if it can; else to where the indentation and the blank lines around
//! its two ends look most like the borders of a block.

use super::hunk::Hunk;
use super::interned::Interned;

/// The maximum indentation.
const DEEPEST: i32 = 200;
/// The maximum number of blank lines counted around a border.
const MOST_BLANK: i32 = 20;
/// The maximum distance from the lowest position.
const MOST_SLIDING: usize = 100;

/// All lines of one version by their numbers, and which of them changed.
struct Version<'a> {
    texts: &'a Interned,
    lines: &'a [u32],
    changed: Vec<bool>,
    /// No line before this one changed …
    first: usize,
    /// … and none from this one on.
    end: usize,
}

/// A run of changed lines, possibly empty: every unchanged line has one before it, and so does the end of the text.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
}

impl Run {
    fn is_empty(self) -> bool {
        self.start == self.end
    }

    fn len(self) -> usize {
        self.end - self.start
    }
}

/// The hunks of two versions, given which lines from line `start` on changed; all lines before and after those are equal.
pub(super) fn hunks(
    texts: &Interned,
    (old, removed): (&[u32], &[bool]),
    (new, added): (&[u32], &[bool]),
    start: usize,
) -> Vec<Hunk> {
    let mut old = Version::new(texts, old, start, removed);
    let mut new = Version::new(texts, new, start, added);
    settle(&mut old, &new);
    settle(&mut new, &old);
    pair(&old, &new)
}

impl<'a> Version<'a> {
    fn new(texts: &'a Interned, lines: &'a [u32], start: usize, rest: &[bool]) -> Self {
        let mut changed = vec![false; lines.len()];
        changed[start..start + rest.len()].copy_from_slice(rest);
        Self {
            texts,
            lines,
            changed,
            first: start,
            end: start + rest.len(),
        }
    }

    fn texts(&self, lines: std::ops::Range<usize>) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.lines[lines].iter().map(|line| self.texts.line(*line))
    }

    fn is_changed(&self, line: usize) -> bool {
        self.changed.get(line).copied().unwrap_or(false)
    }

    fn run_from(&self, start: usize) -> Run {
        let mut end = start;
        while self.is_changed(end) {
            end += 1;
        }
        Run { start, end }
    }

    /// The run after the next unchanged line.
    fn next(&self, run: Run) -> Option<Run> {
        (run.end < self.lines.len()).then(|| self.run_from(run.end + 1))
    }

    /// The run before the last unchanged line.
    fn previous(&self, run: Run) -> Option<Run> {
        let end = run.start.checked_sub(1)?;
        Some(Run {
            start: self.start_of(end),
            end,
        })
    }

    fn start_of(&self, mut start: usize) -> usize {
        while start > 0 && self.is_changed(start - 1) {
            start -= 1;
        }
        start
    }

    /// Moves a run up by a line, joining it with the run it then touches.
    fn slide_up(&mut self, run: &mut Run) -> bool {
        if run.start == 0 || self.lines[run.start - 1] != self.lines[run.end - 1] {
            return false;
        }
        run.start -= 1;
        run.end -= 1;
        self.changed[run.start] = true;
        self.changed[run.end] = false;
        self.first = self.first.min(run.start);
        run.start = self.start_of(run.start);
        true
    }

    /// Moves a run down by a line, joining it with the run it then touches.
    fn slide_down(&mut self, run: &mut Run) -> bool {
        if run.end == self.lines.len() || self.lines[run.start] != self.lines[run.end] {
            return false;
        }
        self.changed[run.start] = false;
        self.changed[run.end] = true;
        run.start += 1;
        self.end = self.end.max(run.end + 1);
        run.end = self.run_from(run.end + 1).end;
        true
    }
}

/// Moves each run of `version` to its final place. `other` does not change; the runs of both are walked in step, because each
/// unchanged line is in both.
fn settle(version: &mut Version<'_>, other: &Version<'_>) {
    let first = version.first.min(other.first);
    let (mut run, mut facing) = (version.run_from(first), other.run_from(first));
    while run.start < version.end {
        if !run.is_empty() {
            settle_run(version, other, &mut run, &mut facing);
        }
        match (version.next(run), other.next(facing)) {
            (Some(next), Some(next_facing)) => (run, facing) = (next, next_facing),
            _ => break,
        }
    }
}

fn settle_run(version: &mut Version<'_>, other: &Version<'_>, run: &mut Run, facing: &mut Run) {
    let (highest_end, faces_change, len) = loop {
        let len = run.len();
        while version.slide_up(run) {
            *facing = other.previous(*facing).unwrap_or(*facing);
        }
        let highest_end = run.end;
        let mut faces_change = !facing.is_empty();
        while version.slide_down(run) {
            *facing = other.next(*facing).unwrap_or(*facing);
            faces_change |= !facing.is_empty();
        }
        // A run that joined others may move differently.
        if len == run.len() {
            break (highest_end, faces_change, len);
        }
    };
    if run.end == highest_end {
        return;
    }
    let best_end = if faces_change {
        None
    } else {
        Some(best_end(version, highest_end, *run, len))
    };
    let is_there = |run: &Run, facing: &Run| best_end.map_or(!facing.is_empty(), |end| run.end <= end);
    while !is_there(run, facing) && version.slide_up(run) {
        *facing = other.previous(*facing).unwrap_or(*facing);
    }
}

/// The lowest of the best-looking ends of a run that is as low as it can be.
fn best_end(version: &Version<'_>, highest_end: usize, run: Run, len: usize) -> usize {
    let from = highest_end
        .max(run.end.saturating_sub(len + 1))
        .max(run.end.saturating_sub(MOST_SLIDING));
    let mut best: Option<(Look, usize)> = None;
    for end in from..=run.end {
        let look = Border::at(version, end)
            .look()
            .plus(Border::at(version, end - len).look());
        if best
            .as_ref()
            .is_none_or(|(known, _)| look.is_no_worse_than(known))
        {
            best = Some((look, end));
        }
    }
    best.map_or(run.end, |(_, end)| end)
}

/// The surroundings of a border between two lines. An indentation of `None` means no line, or only blank ones.
struct Border {
    at_end: bool,
    /// Of the line below the border.
    indent: Option<i32>,
    /// Of the first line above that is not blank, and how many blank ones are between.
    indent_above: Option<i32>,
    blank_above: i32,
    /// The same for the lines below the one that follows the border.
    indent_below: Option<i32>,
    blank_below: i32,
}

/// How good a border looks: indentation first, then penalties.
#[derive(Debug, Clone, Copy)]
struct Look {
    indent: i32,
    penalty: i32,
}

impl Border {
    fn at(version: &Version<'_>, border: usize) -> Self {
        let len = version.lines.len();
        let (indent_above, blank_above) = first_indent(version.texts(0..border).rev());
        let (indent_below, blank_below) = first_indent(version.texts((border + 1).min(len)..len));
        Self {
            at_end: border >= len,
            indent: version.texts(border..len).next().and_then(indent),
            indent_above,
            blank_above,
            indent_below,
            blank_below,
        }
    }

    /// The weights are git's, found by experiment there.
    fn look(&self) -> Look {
        let mut penalty = 0;
        if self.indent_above.is_none() && self.blank_above == 0 {
            penalty += 1;
        }
        if self.at_end {
            penalty += 21;
        }
        let blank_below = if self.indent.is_none() {
            1 + self.blank_below
        } else {
            0
        };
        let blank = self.blank_above + blank_below;
        penalty += -30 * blank + 6 * blank_below;
        let indent = self.indent.or(self.indent_below);
        if let (Some(indent), Some(above)) = (indent, self.indent_above) {
            penalty += self.step_penalty(indent, above, blank != 0);
        }
        Look {
            indent: indent.unwrap_or(-1),
            penalty,
        }
    }

    /// What a change of indentation across the border costs.
    fn step_penalty(&self, indent: i32, above: i32, blank: bool) -> i32 {
        let opens_block = self.indent_below.is_some_and(|below| below > indent);
        match (indent.cmp(&above), blank) {
            (std::cmp::Ordering::Equal, _) => 0,
            (std::cmp::Ordering::Greater, false) => -4,
            (std::cmp::Ordering::Greater, true) => 10,
            (std::cmp::Ordering::Less, false) if opens_block => 24,
            (std::cmp::Ordering::Less, false) => 23,
            (std::cmp::Ordering::Less, true) => 17,
        }
    }
}

impl Look {
    fn plus(self, other: Self) -> Self {
        Self {
            indent: self.indent + other.indent,
            penalty: self.penalty + other.penalty,
        }
    }

    fn is_no_worse_than(&self, other: &Self) -> bool {
        60 * (self.indent - other.indent).signum() + self.penalty - other.penalty <= 0
    }
}

/// The indentation of the first line that is not blank, and how many blank ones come before it.
fn first_indent<'a>(lines: impl Iterator<Item = &'a [u8]>) -> (Option<i32>, i32) {
    let mut blank = 0;
    for line in lines {
        if let Some(indent) = indent(line) {
            return (Some(indent), blank);
        }
        blank += 1;
        if blank == MOST_BLANK {
            return (Some(0), blank);
        }
    }
    (None, blank)
}

/// The column of the first character that is not whitespace; `None` for a blank line.
fn indent(line: &[u8]) -> Option<i32> {
    let mut column = 0;
    for byte in line {
        match byte {
            b' ' => column += 1,
            b'\t' => column += 8 - column % 8,
            b'\n' | b'\r' => {}
            _ => return Some(column),
        }
        if column >= DEEPEST {
            return Some(DEEPEST);
        }
    }
    None
}

/// Reads the hunks from both versions: unchanged lines correspond one to one.
fn pair(old: &Version<'_>, new: &Version<'_>) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    let first = old.first.min(new.first);
    let (mut removed, mut added) = (old.run_from(first), new.run_from(first));
    while removed.start < old.end || added.start < new.end {
        if !removed.is_empty() || !added.is_empty() {
            hunks.push(Hunk {
                old_start: removed.start,
                old_len: removed.len(),
                new_start: added.start,
                new_len: added.len(),
            });
        }
        match (old.next(removed), new.next(added)) {
            (Some(next), Some(next_added)) => (removed, added) = (next, next_added),
            _ => break,
        }
    }
    hunks
}
