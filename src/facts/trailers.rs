//! Trailers, exactly as `git log --format='%(trailers:only,unfold)'` reads them with the default configuration.
//!
//! Configuration can rename keys, change separators and comment characters: a ledger that read differently on two
//! machines would be useless, so configuration is ignored here. libgit2's parser differs from git's on values that are
//! folded, empty or end in a carriage return, and cannot be used. In addition to git's reading there is a second look
//! at the paragraphs above the block: a squash merge leaves the trailers of its parts in the middle of the message.

use serde::{Deserialize, Serialize};

/// One trailer. Untrusted bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trailer {
    /// The key, as written. Keys are case-insensitive.
    pub key: Vec<u8>,
    /// The value, unfolded and trimmed.
    pub value: Vec<u8>,
    /// The line it starts on, the first line of the message being 1.
    pub line: usize,
    /// The paragraph it is in, counted from the start of the message.
    pub paragraph: usize,
    /// Whether git also sees it.
    pub place: TrailerPlace,
}

/// Where in a message a trailer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrailerPlace {
    /// In the block at the end: git also reads it.
    Block,
    /// Above it, as squash merges leave it: a second look, less certain.
    Body,
}

impl Trailer {
    /// Whether the key is `name`, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.key.eq_ignore_ascii_case(name.as_bytes())
    }
}

const SCISSORS: &[u8] = b"# ------------------------ >8 ------------------------\n";
const GIT_GENERATED: [&[u8]; 2] = [b"Signed-off-by: ", b"(cherry picked from commit "];

/// The trailers that git reads in the message of a commit.
pub fn parse(message: &[u8]) -> Vec<Trailer> {
    let message = Message::new(message);
    let (start, end) = message.block();
    message.trailers(start, end, TrailerPlace::Block)
}

/// The trailers that git reads, and below the title all lines with a key that `wanted` accepts and that git does not
/// read. In the order of the message.
pub fn parse_everywhere(message: &[u8], wanted: impl Fn(&[u8]) -> bool) -> Vec<Trailer> {
    let message = Message::new(message);
    let (start, end) = message.block();
    let mut found = message.trailers(message.end_of_title(), start, TrailerPlace::Body);
    found.retain(|trailer| wanted(&trailer.key));
    found.extend(message.trailers(start, end, TrailerPlace::Block));
    found
}

/// A message with more trailers at its end: in the block that git reads there, or in a new paragraph. `lines` are whole
/// lines.
pub fn appended(message: &[u8], lines: &[u8]) -> Vec<u8> {
    let parsed = Message::new(message);
    let (start, end) = parsed.block();
    let skipped = memchr::memchr(0, message).unwrap_or(message.len()) - parsed.text.len();
    let (before, after) = message.split_at(skipped + end);
    let mut whole = before.to_vec();
    if !whole.ends_with(b"\n") {
        whole.push(b'\n');
    }
    if start == end {
        whole.push(b'\n');
    }
    whole.extend_from_slice(lines);
    if !after.trim_ascii().is_empty() {
        whole.extend_from_slice(after);
    }
    whole
}

/// A message as git sees it: without leading blank lines, ending at the first NUL.
struct Message<'a> {
    text: &'a [u8],
    skipped_lines: usize,
    /// Where scissors, trailing comments and blank lines begin.
    end: usize,
}

impl<'a> Message<'a> {
    fn new(message: &'a [u8]) -> Self {
        let mut text = &message[..memchr::memchr(0, message).unwrap_or(message.len())];
        let mut skipped_lines = 0;
        while !text.is_empty() && is_blank(text) {
            text = &text[next_line(text, 0)..];
            skipped_lines += 1;
        }
        Self {
            text,
            skipped_lines,
            end: end_of_log(text),
        }
    }

    /// Where the title's paragraph ends: it never contains trailers.
    fn end_of_title(&self) -> usize {
        let mut at = 0;
        while at < self.end {
            let line = &self.text[at..];
            if !is_comment(&self.text[at..self.end]) && is_blank(line) {
                break;
            }
            at = next_line(self.text, at);
        }
        at
    }

    /// The trailer block, from its first byte to after its last; empty if there is none.
    fn block(&self) -> (usize, usize) {
        let none = (self.end, self.end);
        let end_of_title = self.end_of_title();
        let mut votes = Votes::default();
        let mut only_spaces = true;
        let mut below = self.end;
        while let Some(at) = last_line(self.text, below).filter(|at| *at >= end_of_title) {
            below = at;
            let line = &self.text[at..];
            if is_comment(&self.text[at..self.end]) {
                votes.settle();
            } else if !is_blank(line) {
                only_spaces = false;
                votes.count(line);
            } else if !only_spaces {
                votes.settle();
                let start = next_line(self.text, at);
                return if votes.carried() { (start, self.end) } else { none };
            }
        }
        none
    }

    /// The trailers between two line starts.
    fn trailers(&self, start: usize, end: usize, place: TrailerPlace) -> Vec<Trailer> {
        let mut found: Vec<Trailer> = Vec::new();
        let mut number = 1 + self.skipped_lines + memchr::memchr_iter(b'\n', &self.text[..start]).count();
        let mut paragraph = number;
        let mut open = false;
        let mut at = start;
        while at < end {
            let next = next_line(self.text, at).min(end);
            let line = &self.text[at..next];
            if open && is_space(line[0]) && (place == TrailerPlace::Block || !is_blank(line)) {
                if let Some(last) = found.last_mut() {
                    last.value.extend_from_slice(line);
                }
            } else if let Some(separator) = find_separator(line).filter(|at| *at > 0) {
                found.push(Trailer {
                    key: trimmed(&line[..separator]).to_vec(),
                    value: line[separator + 1..].to_vec(),
                    line: number,
                    paragraph,
                    place,
                });
                open = true;
            } else {
                open = false;
            }
            if is_blank(line) {
                paragraph = number + 1;
            }
            at = next;
            number += 1;
        }
        found
            .iter_mut()
            .for_each(|trailer| trailer.value = unfolded(trimmed(&trailer.value)));
        found
    }
}

/// What the lines of a paragraph show, from the last to the first, about whether it is a trailer block.
#[derive(Default)]
struct Votes {
    trailers: usize,
    others: usize,
    /// Indented lines whose first line is not yet known.
    undecided: usize,
    /// A line that git itself writes was among them.
    git_generated: bool,
}

impl Votes {
    fn count(&mut self, line: &[u8]) {
        let indented = is_space(line[0]);
        if GIT_GENERATED.iter().any(|prefix| line.starts_with(prefix)) {
            self.git_generated = true;
            self.trailers += 1;
            self.undecided = 0;
        } else if !indented && find_separator(line).is_some_and(|at| at > 0) {
            self.trailers += 1;
            self.undecided = 0;
        } else if indented {
            self.undecided += 1;
        } else {
            self.others += 1;
            self.settle();
        }
    }

    /// Indented lines that continue no trailer are prose.
    fn settle(&mut self) {
        self.others += std::mem::take(&mut self.undecided);
    }

    fn carried(&self) -> bool {
        (self.git_generated && self.trailers * 3 >= self.others) || (self.trailers > 0 && self.others == 0)
    }
}

/// Where the message ends before scissors, and before the comments, blank lines and old `Conflicts:` list at its end.
fn end_of_log(text: &[u8]) -> usize {
    let cutoff = scissors(text).unwrap_or(text.len());
    let mut ignored_from = None;
    let mut in_conflicts = false;
    let mut at = 0;
    while at < cutoff {
        let line = &text[at..];
        // Git treats an offset of 0 as none, so that comments at the very start are never cut.
        let begin = ignored_from.or((at > 0).then_some(at));
        if is_comment(&text[at..cutoff]) || line[0] == b'\n' {
            ignored_from = begin;
        } else if line.starts_with(b"Conflicts:\n") {
            in_conflicts = true;
            ignored_from = begin;
        } else if in_conflicts && line[0] == b'\t' {
            // A path in the list.
        } else if ignored_from.take().is_some() {
            in_conflicts = false;
        }
        at = next_line(text, at);
    }
    ignored_from.unwrap_or(cutoff)
}

fn scissors(text: &[u8]) -> Option<usize> {
    if text.starts_with(SCISSORS) {
        return Some(0);
    }
    memchr::memmem::find_iter(text, SCISSORS).find(|at| text[at - 1] == b'\n')
}

/// The start of the line before `end`.
fn last_line(text: &[u8], end: usize) -> Option<usize> {
    let last = end.checked_sub(1)?;
    Some(memchr::memrchr(b'\n', &text[..last]).map_or(0, |at| at + 1))
}

/// The start of the line after the one at `at`.
fn next_line(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length + 1)
}

/// The position of the separator in `key  : value`; 0 for a line that starts with one.
fn find_separator(line: &[u8]) -> Option<usize> {
    let mut blank_seen = false;
    for (at, byte) in line.iter().enumerate() {
        match byte {
            b':' => return Some(at),
            b' ' | b'\t' if at > 0 => blank_seen = true,
            b'-' if !blank_seen => {}
            byte if byte.is_ascii_alphanumeric() && !blank_seen => {}
            _ => return None,
        }
    }
    None
}

fn is_comment(line: &[u8]) -> bool {
    line.first() == Some(&b'#')
}

/// Whether the first line of `text` is blank.
fn is_blank(text: &[u8]) -> bool {
    text.iter()
        .find(|byte| **byte == b'\n' || !is_space(**byte))
        .is_none_or(|byte| *byte == b'\n')
}

/// Git's definition of a space: no vertical tab, no form feed, whatever the locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let start = bytes
        .iter()
        .position(|byte| !is_space(*byte))
        .unwrap_or(bytes.len());
    let end = bytes
        .iter()
        .rposition(|byte| !is_space(*byte))
        .map_or(start, |at| at + 1);
    &bytes[start..end]
}

/// Each line break with the blanks after it becomes one space.
fn unfolded(value: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'\n', rest) {
        line.extend_from_slice(&rest[..at]);
        line.push(b' ');
        rest = &rest[at..];
        let text = rest
            .iter()
            .position(|byte| !is_space(*byte))
            .unwrap_or(rest.len());
        rest = &rest[text..];
    }
    line.extend_from_slice(rest);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &str) -> Vec<String> {
        parse(message.as_bytes())
            .iter()
            .map(|trailer| {
                format!(
                    "{}={}",
                    String::from_utf8_lossy(&trailer.key),
                    String::from_utf8_lossy(&trailer.value)
                )
            })
            .collect()
    }

    #[test]
    fn the_last_paragraph_counts_when_all_of_it_is_trailers() {
        assert_eq!(read("Title\n\nBody\n\nA: 1\nB:2\n"), ["A=1", "B=2"]);
        assert_eq!(read("Title\n\nA: 1\nprose\n"), [""; 0]);
        assert_eq!(read("A: 1\nB: 2\n"), [""; 0]);
        assert_eq!(
            read("Title\n\nprose\nSigned-off-by: x\nA: 1\n"),
            ["Signed-off-by=x", "A=1"]
        );
    }

    #[test]
    fn values_unfold_and_empty_ones_swallow_nothing() {
        assert_eq!(
            read("T\n\nA:\nB: one\n\ttwo\r\n   three\n"),
            ["A=", "B=one two\r three"]
        );
    }

    #[test]
    fn dividers_stay_and_scissors_cut() {
        assert_eq!(read("T\n\n---\nx\n\nA: 1\n"), ["A=1"]);
        let cut = "T\n\nA: 1\n# ------------------------ >8 ------------------------\nB: 2\n";
        assert_eq!(read(cut), ["A=1"]);
    }

    #[test]
    fn more_trailers_join_the_block_that_is_there() {
        for (message, wanted) in [
            ("T", "T\n\nA: 1\n"),
            ("T\n", "T\n\nA: 1\n"),
            ("T\n\n\n", "T\n\nA: 1\n"),
            ("T\n\nBody", "T\n\nBody\n\nA: 1\n"),
            ("T\n\nBody\nB: 2\n", "T\n\nBody\nB: 2\n\nA: 1\n"),
            ("T\n\nB: 2", "T\n\nB: 2\nA: 1\n"),
            (
                "\n\nT\n\nSigned-off-by: x\n two\n\n",
                "\n\nT\n\nSigned-off-by: x\n two\nA: 1\n",
            ),
            ("T\n\nB: 2\n# note\n", "T\n\nB: 2\nA: 1\n# note\n"),
            (
                "T\n\nBody\n\nConflicts:\n\ta\n",
                "T\n\nBody\n\nA: 1\n\nConflicts:\n\ta\n",
            ),
        ] {
            let whole = appended(message.as_bytes(), b"A: 1\n");
            assert_eq!(String::from_utf8_lossy(&whole), wanted, "{message:?}");
            let before = read(message);
            assert_eq!(
                read(wanted),
                [before, vec!["A=1".to_owned()]].concat(),
                "{message:?}"
            );
        }
    }

    #[test]
    fn lines_are_counted_from_the_first() {
        let found = parse(b"\n\nT\n\nA: 1\n two\nB: 2\n");
        let lines: Vec<_> = found.iter().map(|trailer| trailer.line).collect();
        assert_eq!(lines, [5, 7]);
    }

    #[test]
    fn a_second_look_finds_what_a_squash_left_in_the_middle() {
        let message = b"Squash (#1)\n\n* one\n\nLeverage-Estimate: 4h\n\n* two\n\nLeverage-Estimate: 2h\n\nCo-authored-by: x\n";
        let found = parse_everywhere(message, |key| key.starts_with(b"Leverage-"));
        let places: Vec<_> = found
            .iter()
            .map(|trailer| (trailer.line, trailer.paragraph, trailer.place))
            .collect();
        assert_eq!(
            places,
            [
                (5, 5, TrailerPlace::Body),
                (9, 9, TrailerPlace::Body),
                (11, 11, TrailerPlace::Block)
            ]
        );
    }
}
