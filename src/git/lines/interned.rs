//! Distinct lines of any number of texts, each with a number.

use super::classes::hash;

/// The number of slots at the start.
const FEWEST_SLOTS: usize = 1 << 8;

/// Distinct lines: equal ones, and only they, share a number.
#[derive(Default)]
pub(super) struct Interned {
    /// An open-addressed table of numbers plus one; 0 is a free slot. At most half of them are used.
    slots: Vec<u32>,
    lines: Vec<Line>,
    /// The lines themselves, one after the other.
    text: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Line {
    hash: u64,
    start: usize,
    len: usize,
}

impl Interned {
    /// Forgets all lines.
    pub(super) fn reset(&mut self) {
        self.slots.clear();
        self.slots.shrink_to(1 << 16);
        self.lines.clear();
        self.text.clear();
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// The size of all lines.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The number of a line.
    pub(super) fn number(&mut self, line: &[u8]) -> u32 {
        if self.lines.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(line);
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        while let Some(number) = self.slots[at].checked_sub(1) {
            let known = self.lines[number as usize];
            if known.hash == hash && &self.text[known.start..known.start + known.len] == line {
                return number;
            }
            at = (at + 1) & mask;
        }
        self.lines.push(Line {
            hash,
            start: self.text.len(),
            len: line.len(),
        });
        self.text.extend_from_slice(line);
        self.slots[at] = self.lines.len() as u32;
        self.slots[at] - 1
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 4).max(FEWEST_SLOTS);
        self.slots.clear();
        self.slots.resize(slots, 0);
        for (line, number) in self.lines.iter().zip(1..) {
            let mut at = (line.hash >> 32) as usize & (slots - 1);
            while self.slots[at] != 0 {
                at = (at + 1) & (slots - 1);
            }
            self.slots[at] = number;
        }
    }

    /// The line with a number.
    pub(super) fn line(&self, number: u32) -> &[u8] {
        let line = self.lines[number as usize];
        &self.text[line.start..line.start + line.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_share_a_number() {
        let mut interned = Interned::default();
        let lines: Vec<Vec<u8>> = (0..5000)
            .map(|line| format!("line {}\n", line % 2500).into())
            .collect();
        let numbers: Vec<u32> = lines.iter().map(|line| interned.number(line)).collect();
        assert_eq!(interned.len(), 2500);
        assert_eq!(numbers[..2500], numbers[2500..]);
        assert!(
            numbers
                .iter()
                .zip(&lines)
                .all(|(number, line)| interned.line(*number) == line)
        );
        interned.reset();
        assert_eq!((interned.number(b"other"), interned.bytes()), (0, 5));
    }
}
