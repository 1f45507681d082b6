//! Distinct lines of any number of texts, each with a number, its class.

use super::classes::{hash, lines};

/// Distinct lines: equal ones, and only they, share a class.
#[derive(Default)]
pub(super) struct Interned {
    /// An open-addressed table, at most half full.
    slots: Vec<Slot>,
    classes: Vec<Class>,
    /// The lines themselves, one after the other.
    text: Vec<u8>,
}

/// A place for one class in the table.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// A part of its hash: most other lines are told apart without looking at the class.
    hash: u32,
    /// The class plus one; 0 is a free slot.
    class: u32,
}

struct Class {
    hash: u64,
    start: usize,
    len: usize,
}

impl Interned {
    /// At least this many slots.
    const FEWEST_SLOTS: usize = 64;
    /// Few lines are shorter on average.
    const BYTES_PER_SLOT: usize = 16;

    /// Forgets all lines. Room is made for the lines of `bytes` bytes of text.
    pub(super) fn reset(&mut self, bytes: usize) {
        let slots = (bytes / Self::BYTES_PER_SLOT)
            .next_power_of_two()
            .max(Self::FEWEST_SLOTS);
        self.slots.clear();
        self.slots.resize(slots, Slot::default());
        self.classes.clear();
        self.text.clear();
    }

    /// How many classes there are.
    pub(super) fn len(&self) -> usize {
        self.classes.len()
    }

    /// The size of all lines.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// The line of a class.
    pub(super) fn line(&self, class: u32) -> &[u8] {
        let class = &self.classes[class as usize];
        &self.text[class.start..class.start + class.len]
    }

    /// Appends the class of each line of `text` to `out`, which is emptied first.
    pub(super) fn number_all(&mut self, text: &[u8], out: &mut Vec<u32>) {
        out.clear();
        out.extend(lines(text).map(|line| self.number(line)));
    }

    /// The class of a line, which is a new one if no line before was equal.
    pub(super) fn number(&mut self, line: &[u8]) -> u32 {
        if self.classes.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(line);
        let slot = self.slot(hash, line);
        if let Some(class) = self.slots[slot].class.checked_sub(1) {
            return class;
        }
        let class = self.classes.len() as u32;
        self.classes.push(Class {
            hash,
            start: self.text.len(),
            len: line.len(),
        });
        self.text.extend_from_slice(line);
        self.slots[slot] = Slot::of(hash, class);
        class
    }

    /// The class of a line, if an equal one was numbered.
    pub(super) fn find(&self, line: &[u8]) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        self.slots[self.slot(hash(line), line)].class.checked_sub(1)
    }

    /// The slot of a line, or the free one where it belongs.
    fn slot(&self, hash: u64, line: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            let Some(class) = slot.class.checked_sub(1) else {
                return at;
            };
            if slot.hash == (hash >> 32) as u32 && self.line(class) == line {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let slots = (self.slots.len() * 2).max(Self::FEWEST_SLOTS);
        self.slots.clear();
        self.slots.resize(slots, Slot::default());
        for (number, class) in self.classes.iter().enumerate() {
            let mut at = class.hash as usize & (slots - 1);
            while self.slots[at].class > 0 {
                at = (at + 1) & (slots - 1);
            }
            self.slots[at] = Slot::of(class.hash, number as u32);
        }
    }
}

impl Slot {
    fn of(hash: u64, class: u32) -> Self {
        Self {
            hash: (hash >> 32) as u32,
            class: class + 1,
        }
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
        assert_eq!(interned.find(&lines[2600]), Some(100));
        assert_eq!(interned.find(b"other"), None);
        interned.reset(0);
        assert_eq!((interned.number(b"other"), interned.bytes()), (0, 5));
    }
}
