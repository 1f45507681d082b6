//! Texts and ids of a column, each different one once where the file has it once.

use std::collections::HashMap;

/// The different values of a column, by position. A value may be there twice, if the file has it twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dictionary {
    bytes: Vec<u8>,
    ends: Ends,
}

/// Where each value ends; it begins where the one before ends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ends {
    /// All have the same length, as ids do.
    Even { length: usize, count: usize },
    /// Some are longer than others.
    Uneven(Vec<usize>),
}

impl Default for Ends {
    fn default() -> Self {
        Self::Even { length: 0, count: 0 }
    }
}

impl Dictionary {
    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.ends {
            Ends::Even { count, .. } => *count,
            Ends::Uneven(ends) => ends.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position; empty if there is none.
    #[inline]
    pub fn get(&self, at: u32) -> &[u8] {
        let at = at as usize;
        let (start, end) = match &self.ends {
            Ends::Even { length, .. } => (at.saturating_mul(*length), (at + 1).saturating_mul(*length)),
            Ends::Uneven(ends) => {
                let start = at.checked_sub(1).and_then(|before| ends.get(before));
                (
                    start.copied().unwrap_or_default(),
                    ends.get(at).copied().unwrap_or_default(),
                )
            }
        };
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// All values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..).map(|at| self.get(at)).take(self.len())
    }

    /// The length that all values have; `None` if they differ, or if there are none.
    pub fn length(&self) -> Option<usize> {
        match self.ends {
            Ends::Even { length, count: 1.. } => Some(length),
            _ => None,
        }
    }

    /// The values at some positions, one after the other.
    pub fn joined(&self, codes: &[u32]) -> Vec<u8> {
        // Ids differ from each other, so each is where its row is.
        if codes.len() == self.len() && codes.iter().zip(0..).all(|(code, at)| *code == at) {
            return self.bytes.clone();
        }
        let mut joined = Vec::with_capacity(codes.len() * self.length().unwrap_or_default());
        for code in codes {
            joined.extend_from_slice(self.get(*code));
        }
        joined
    }

    pub(super) fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        let end = self.bytes.len();
        match &mut self.ends {
            Ends::Uneven(ends) => ends.push(end),
            Ends::Even { length, count } if *length == value.len() || *count == 0 => {
                (*length, *count) = (value.len(), *count + 1);
            }
            Ends::Even { length, count } => {
                let ends = (1..=*count).map(|before| before * *length);
                self.ends = Ends::Uneven(ends.chain([end]).collect());
            }
        }
    }
}

/// Numbers for the pairs of two columns of positions, the same for the same pair, in the order in which they are met: one for each
/// row, and the pairs.
pub fn paired(one: &[u32], other: &[u32]) -> (Vec<u32>, Vec<(u32, u32)>) {
    let mut pairs: Vec<(u32, u32)> = Vec::new();
    let mut known: HashMap<(u32, u32), u32> = HashMap::new();
    // Beside a value is most often what was there the last time.
    let places = one.iter().max().map_or(0, |most| *most as usize + 1);
    let mut last: Vec<Option<(u32, u32)>> = vec![None; places];
    let number = |(one, other): (&u32, &u32)| {
        let last = &mut last[*one as usize];
        if let Some((_, number)) = last.filter(|(beside, _)| beside == other) {
            return number;
        }
        let number = *known.entry((*one, *other)).or_insert_with(|| {
            pairs.push((*one, *other));
            (pairs.len() - 1) as u32
        });
        *last = Some((*other, number));
        number
    };
    let numbers = one.iter().zip(other).map(number).collect();
    (numbers, pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_any_lengths_come_back() {
        let mut ids = Dictionary::default();
        assert_eq!((ids.length(), ids.get(0)), (None, &[][..]));
        for id in [[1; 3], [2; 3]] {
            ids.push(&id);
        }
        assert_eq!(
            (ids.length(), ids.get(1), ids.get(2)),
            (Some(3), &[2; 3][..], &[][..])
        );
        assert_eq!(ids.joined(&[1, 0]), [2, 2, 2, 1, 1, 1]);
        ids.push(b"");
        ids.push(&[3; 4]);
        let all: [&[u8]; 4] = [&[1; 3], &[2; 3], b"", &[3; 4]];
        assert_eq!(
            (ids.length(), ids.iter().collect::<Vec<_>>()),
            (None, all.to_vec())
        );
        assert_eq!(ids.get(4), b"");
    }

    #[test]
    fn pairs_are_numbered_as_they_are_met() {
        let (numbers, pairs) = paired(&[7, 7, 1, 7, 7], &[2, 3, 3, 2, 3]);
        assert_eq!(
            (numbers, pairs),
            (vec![0, 1, 2, 0, 1], vec![(7, 2), (7, 3), (1, 3)])
        );
        assert_eq!(paired(&[], &[]), (Vec::new(), Vec::new()));
    }
}
