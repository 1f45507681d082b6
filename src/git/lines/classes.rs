//! Lines as small numbers: equal lines, and only they, share one.

use memchr::memchr_iter;

/// Which version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// The distinct lines of two texts, with how often each occurs on either side.
#[derive(Default)]
pub(super) struct Classes {
    /// An open-addressed table of class numbers plus one; 0 is a free slot.
    slots: Vec<u32>,
    classes: Vec<Class>,
    /// The lines themselves, one after the other.
    text: Vec<u8>,
}

struct Class {
    hash: u64,
    start: usize,
    len: usize,
    counts: [u32; 2],
}

impl Classes {
    /// Forgets all lines and makes room for `lines` new ones.
    pub(super) fn reset(&mut self, lines: usize) {
        let slots = (lines * 2).next_power_of_two().max(16);
        self.slots.clear();
        self.slots.resize(slots, 0);
        self.classes.clear();
        self.text.clear();
    }

    /// Appends the class of each line of `text` to `out`, which is emptied first.
    pub(super) fn add(&mut self, side: Side, text: &[u8], out: &mut Vec<u32>) {
        out.clear();
        for line in lines(text) {
            let hash = hash(line);
            let slot = self.slot(hash, line);
            if self.slots[slot] == 0 {
                self.classes.push(Class {
                    hash,
                    start: self.text.len(),
                    len: line.len(),
                    counts: [0; 2],
                });
                self.text.extend_from_slice(line);
                self.slots[slot] = self.classes.len() as u32;
            }
            let class = self.slots[slot] - 1;
            self.classes[class as usize].counts[side as usize] += 1;
            out.push(class);
        }
    }

    /// Counts the lines of a text that is on both sides, if they have a class. Returns how many lines there are.
    pub(super) fn count_shared(&mut self, text: &[u8]) -> usize {
        let mut count = 0;
        for line in lines(text) {
            count += 1;
            let slot = self.slot(hash(line), line);
            if let Some(class) = self.slots[slot].checked_sub(1) {
                for count in &mut self.classes[class as usize].counts {
                    *count += 1;
                }
            }
        }
        count
    }

    /// How often the lines of a class occur on a side.
    pub(super) fn count(&self, side: Side, class: u32) -> u32 {
        self.classes[class as usize].counts[side as usize]
    }

    /// The slot of a line, or the free one where it belongs.
    fn slot(&self, hash: u64, line: &[u8]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 32) as usize & mask;
        while let Some(class) = self.slots[at].checked_sub(1) {
            let class = &self.classes[class as usize];
            if class.hash == hash && &self.text[class.start..class.start + class.len] == line {
                break;
            }
            at = (at + 1) & mask;
        }
        at
    }
}

/// The lines of a text, each with its newline.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr_iter(b'\n', text)
        .map(|newline| newline + 1)
        .chain(text.last().filter(|last| **last != b'\n').map(|_| text.len()));
    let mut start = 0;
    ends.map(move |end| {
        let line = &text[start..end];
        start = end;
        line
    })
}

/// Mixes eight bytes at a time. A collision costs only time: lines are compared.
pub(super) fn hash(line: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = line.len() as u64;
    let mut words = line.chunks_exact(8);
    let mut mix = |word: u64| hash = (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    for word in &mut words {
        mix(word.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }
    mix(words
        .remainder()
        .iter()
        .fold(1, |word, byte| word << 8 | u64::from(*byte)));
    hash ^ hash >> 29
}
