//! Which lines git considers changed before it searches.
//!
//! A line without a match in the other file is a change. A line that matches very often there says little; among certain changes
//! it becomes one, too, so that blank lines and braces do not mislead the search.

/// How often a line occurs in the other file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Not at all: a certain change.
    Certain,
    /// A few times.
    Ordinary,
    /// Many times.
    Frequent,
}

/// The fewest certain changes among which a frequent line is dropped: with one frequent line counted in each direction,
/// fewer than a quarter of at least nine lines are frequent.
pub(super) const FEWEST_CERTAIN: usize = 7;

/// The maximum number of lines examined in each direction.
const WINDOW: usize = 100;

/// The number of matches from which a line is frequent, in a file of this many lines.
pub(super) fn frequent_from(lines: usize) -> u32 {
    rough_square_root(lines).min(1024) as u32
}

/// A power of two near twice the square root.
pub(super) fn rough_square_root(mut number: usize) -> usize {
    let mut root = 1;
    while number > 0 {
        number >>= 2;
        root <<= 1;
    }
    root
}

pub(super) fn mark(matches: u32, frequent_from: u32) -> Mark {
    match matches {
        0 => Mark::Certain,
        _ if matches >= frequent_from => Mark::Frequent,
        _ => Mark::Ordinary,
    }
}

/// Whether a line takes part in the search.
pub(super) fn is_kept(marks: &[Mark], line: usize) -> bool {
    match marks[line] {
        Mark::Certain => false,
        Mark::Ordinary => true,
        Mark::Frequent => !stands_among_changes(marks, line),
    }
}

/// Whether there are certain changes in both directions before an ordinary line, and frequent lines are less than a quarter of
/// all lines on the way.
fn stands_among_changes(marks: &[Mark], line: usize) -> bool {
    let before = survey(marks[..line].iter().rev());
    if before.certain == 0 {
        return false;
    }
    let after = survey(marks[line + 1..].iter());
    if after.certain == 0 {
        return false;
    }
    let frequent = before.frequent + after.frequent;
    frequent * 4 < frequent + before.certain + after.certain
}

struct Survey {
    certain: usize,
    /// In each direction, including the line in the middle.
    frequent: usize,
}

fn survey<'a>(marks: impl Iterator<Item = &'a Mark>) -> Survey {
    let mut survey = Survey {
        certain: 0,
        frequent: 1,
    };
    for mark in marks.take(WINDOW) {
        match mark {
            Mark::Certain => survey.certain += 1,
            Mark::Frequent => survey.frequent += 1,
            Mark::Ordinary => break,
        }
    }
    survey
}
