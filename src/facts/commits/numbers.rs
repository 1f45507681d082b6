//! A column of numbers, each as wide as the largest needs: read in place, written once.

/// So many numbers are unpacked at once.
pub(super) const BLOCK: usize = 256;

/// Numbers of one width, above a common base.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers<'a> {
    bytes: &'a [u8],
    width: usize,
    base: i64,
}

impl<'a> Numbers<'a> {
    /// Numbers stored in `bytes`; `None` if no number has this width, or the last one is cut short.
    pub(super) fn new(bytes: &'a [u8], width: usize, base: i64) -> Option<Self> {
        let is_whole = matches!(width, 1 | 2 | 4 | 8) && bytes.len().is_multiple_of(width);
        is_whole.then_some(Self { bytes, width, base })
    }

    /// The same for numbers that were checked to be some.
    #[inline]
    pub(super) fn checked(bytes: &'a [u8], width: usize, base: i64) -> Self {
        Self { bytes, width, base }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.bytes.len() / self.width.max(1)
    }

    /// The number at a position, 0 beyond the end.
    #[inline]
    fn above_base(&self, at: usize) -> u64 {
        fn word<const WIDTH: usize>(bytes: &[u8], at: usize) -> Option<[u8; WIDTH]> {
            bytes.get(at * WIDTH..)?.first_chunk::<WIDTH>().copied()
        }
        match self.width {
            1 => self.bytes.get(at).map_or(0, |byte| u64::from(*byte)),
            2 => word(self.bytes, at).map_or(0, |word| u64::from(u16::from_le_bytes(word))),
            4 => word(self.bytes, at).map_or(0, |word| u64::from(u32::from_le_bytes(word))),
            _ => word(self.bytes, at).map_or(0, u64::from_le_bytes),
        }
    }

    /// The number at a position as it was written, if it was a count.
    #[inline]
    pub(super) fn count(&self, at: usize) -> u64 {
        self.above_base(at).wrapping_add(self.base.cast_unsigned())
    }

    /// The same as a position in memory: one that does not fit there is beyond any end.
    #[inline]
    pub(super) fn index(&self, at: usize) -> usize {
        usize::try_from(self.count(at)).unwrap_or(usize::MAX)
    }

    /// The number at a position as it was written, if it was signed.
    #[inline]
    pub(super) fn signed(&self, at: usize) -> i64 {
        self.count(at).cast_signed()
    }

    /// All of them, as counts.
    pub(super) fn counts(self) -> impl Iterator<Item = u64> + 'a {
        (0..self.len()).map(move |at| self.count(at))
    }

    /// Those from a position on, as counts, as many as there is room for.
    pub(super) fn fill(&self, start: usize, room: &mut [u64]) {
        fn words<const WIDTH: usize>(bytes: &[u8], base: u64, room: &mut [u64]) {
            for (place, word) in room.iter_mut().zip(bytes.chunks_exact(WIDTH)) {
                let mut whole = [0; 8];
                whole[..WIDTH].copy_from_slice(word);
                *place = u64::from_le_bytes(whole).wrapping_add(base);
            }
        }
        let bytes = self
            .bytes
            .get(start.saturating_mul(self.width)..)
            .unwrap_or_default();
        let base = self.base.cast_unsigned();
        match self.width {
            1 => words::<1>(bytes, base, room),
            2 => words::<2>(bytes, base, room),
            4 => words::<4>(bytes, base, room),
            _ => words::<8>(bytes, base, room),
        }
    }

    /// Calls `take` with all of them, as counts, some at a time.
    pub(super) fn blocks(self, mut take: impl FnMut(&[u64])) {
        let mut block = [0; BLOCK];
        for start in (0..self.len()).step_by(BLOCK) {
            let some = &mut block[..BLOCK.min(self.len() - start)];
            self.fill(start, some);
            take(some);
        }
    }

    /// Whether all are below an end.
    pub(super) fn are_below(self, end: u64) -> bool {
        let mut are = true;
        self.blocks(|some| are &= some.iter().all(|count| *count < end));
        are
    }

    /// Whether all fit into 16 bits, as signed numbers.
    pub(super) fn are_short(self) -> bool {
        let mut are = true;
        self.blocks(|some| {
            are &= some
                .iter()
                .all(|count| i16::try_from(count.cast_signed()).is_ok());
        });
        are
    }

    /// Their sum; `None` if it is too large.
    pub(super) fn sum(self) -> Option<usize> {
        let mut sum = Some(0_u64);
        self.blocks(|some| {
            let mut counts = some.iter();
            sum = sum.and_then(|sum| counts.try_fold(sum, |sum, count| sum.checked_add(*count)));
        });
        usize::try_from(sum?).ok()
    }
}

/// The bytes of a column, with what is needed to read it again.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    pub(super) width: u8,
    pub(super) base: i64,
}

impl Written {
    /// A column of bytes.
    pub(super) fn raw(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            width: 1,
            base: 0,
        }
    }

    /// A column of counts.
    pub(super) fn counts<T: Count>(counts: &[T]) -> Self {
        Self::above(counts.iter().map(|count| count.count()), 0)
    }

    /// A column of signed numbers, stored as what they are above the lowest one.
    pub(super) fn signed<T: Copy + Into<i64>>(numbers: &[T]) -> Self {
        let numbers = numbers.iter().map(|number| (*number).into());
        let base = numbers.clone().min().unwrap_or_default();
        Self::above(
            numbers.map(|number| number.wrapping_sub(base).cast_unsigned()),
            base,
        )
    }

    fn above(numbers: impl ExactSizeIterator<Item = u64> + Clone, base: i64) -> Self {
        fn words<const WIDTH: usize>(numbers: impl ExactSizeIterator<Item = u64>) -> Vec<u8> {
            let mut bytes = vec![0; numbers.len() * WIDTH];
            for (word, number) in bytes.chunks_exact_mut(WIDTH).zip(numbers) {
                word.copy_from_slice(&number.to_le_bytes()[..WIDTH]);
            }
            bytes
        }
        let (width, bytes) = match numbers.clone().max().unwrap_or_default() {
            0..=0xff => (1, words::<1>(numbers)),
            0x100..=0xffff => (2, words::<2>(numbers)),
            0x1_0000..=0xffff_ffff => (4, words::<4>(numbers)),
            _ => (8, words::<8>(numbers)),
        };
        Self { bytes, width, base }
    }
}

/// A number that is not negative.
pub(super) trait Count: Copy {
    fn count(self) -> u64;
}

macro_rules! count {
    ($($type:ty),*) => {
        $(impl Count for $type {
            fn count(self) -> u64 {
                self as u64
            }
        })*
    };
}

// A negative number would be a large one, and is told from it by nobody who reads the column.
count!(bool, u8, u32, u64, usize, i64);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_come_back(
            counts in prop::collection::vec(prop_oneof![0..300_u64, any::<u64>()], 0..20),
            signed in prop::collection::vec(prop_oneof![-300..300_i64, any::<i64>()], 0..20),
        ) {
            let written = Written::counts(&counts);
            let read = Numbers::new(&written.bytes, usize::from(written.width), written.base).unwrap();
            prop_assert_eq!(read.counts().collect::<Vec<_>>(), &*counts);
            let written = Written::signed(&signed);
            let read = Numbers::new(&written.bytes, usize::from(written.width), written.base).unwrap();
            let again: Vec<i64> = (0..read.len()).map(|at| read.signed(at)).collect();
            prop_assert_eq!(again, signed);
        }
    }

    #[test]
    fn a_column_is_as_narrow_as_it_can_be() {
        let width = |largest: u64| Written::counts(&[0, largest]).width;
        assert_eq!([255, 256, 65_536, 1 << 32].map(width), [1, 2, 4, 8]);
        let seconds = Written::signed(&[1_700_000_000, 1_700_000_255]);
        assert_eq!((seconds.bytes.len(), seconds.base), (2, 1_700_000_000));
        assert!(Numbers::new(&[0; 3], 2, 0).is_none() && Numbers::new(&[0; 3], 3, 0).is_none());
    }
}
