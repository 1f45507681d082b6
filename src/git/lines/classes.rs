//! What is known of lines as small numbers, their classes: equal lines, and only they, share one.

use memchr::memchr_iter;

/// Which version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// How often the lines of each class occur on either side.
#[derive(Default)]
pub(super) struct Counts(Vec<[u32; 2]>);

impl Counts {
    /// Sets all counts to zero, and makes room for this many classes.
    pub(super) fn reset(&mut self, classes: usize) {
        self.0.clear();
        self.make_room(classes);
    }

    /// Makes room for this many classes.
    pub(super) fn make_room(&mut self, classes: usize) {
        if self.0.len() < classes {
            self.0.resize(classes, [0; 2]);
        }
    }

    /// Counts lines of one side.
    pub(super) fn add(&mut self, side: Side, classes: &[u32]) {
        for class in classes {
            self.0[*class as usize][side as usize] += 1;
        }
    }

    /// Counts a line that is on both sides.
    pub(super) fn add_shared(&mut self, class: u32) {
        for count in &mut self.0[class as usize] {
            *count += 1;
        }
    }

    /// Sets the counts of these classes to zero.
    pub(super) fn forget(&mut self, classes: &[u32]) {
        for class in classes {
            self.0[*class as usize] = [0; 2];
        }
    }

    /// Whether lines of a class were counted.
    pub(super) fn is_counted(&self, class: u32) -> bool {
        self.0[class as usize] != [0; 2]
    }

    /// How often the lines of a class occur on a side.
    pub(super) fn count(&self, side: Side, class: u32) -> u32 {
        self.0[class as usize][side as usize]
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

/// Mixes sixteen bytes at a time. A collision costs only time: lines are compared.
pub(super) fn hash(line: &[u8]) -> u64 {
    const FACTORS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93];
    let mix = |one: u64, other: u64| {
        let product = u128::from(one) * u128::from(other);
        product as u64 ^ (product >> 64) as u64
    };
    let mut hash = line.len() as u64;
    let mut rest = line;
    while let Some((pair, after)) = rest.split_first_chunk::<16>() {
        let [one, other] = words(pair);
        hash = mix(one ^ FACTORS[0] ^ hash, other ^ FACTORS[1]);
        rest = after;
    }
    // What remains, with bytes before it if there are some.
    let last = match line.last_chunk::<16>() {
        Some(last) => words(last),
        None => short_words(line),
    };
    mix(last[0] ^ FACTORS[1] ^ hash, last[1] ^ FACTORS[0])
}

fn words(pair: &[u8; 16]) -> [u64; 2] {
    let number = u128::from_le_bytes(*pair);
    [number as u64, (number >> 64) as u64]
}

/// All bytes of a line of fewer than sixteen, some of them twice.
fn short_words(line: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (line.first_chunk::<8>(), line.last_chunk::<8>()) {
        return [u64::from_le_bytes(*first), u64::from_le_bytes(*last)];
    }
    if let (Some(first), Some(last)) = (line.first_chunk::<4>(), line.last_chunk::<4>()) {
        return [
            u32::from_le_bytes(*first).into(),
            u32::from_le_bytes(*last).into(),
        ];
    }
    let all = line.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    [all, 0]
}
