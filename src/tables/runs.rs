//! Numbers as runs of equal ones and as groups of eight in few bits: the levels of Parquet, and positions in its dictionaries.

use super::thrift::Wrong;

pub(super) const CUT: Wrong = "a page ends within its values";

/// Some numbers.
pub(super) enum Run<'a> {
    /// One, and how often it is there.
    Same(u32, usize),
    /// Some, at most [`GROUP`].
    Each(&'a [u32]),
}

/// So many numbers without space between them take up whole bytes.
const GROUP: usize = 8;
/// The bytes of the widest group, and those that a number in it is read with.
const WIDEST: usize = GROUP * size_of::<u32>() + size_of::<u64>();

/// Calls `take` with numbers of `width` bits, `count` in total.
pub(super) fn each(
    bytes: &[u8],
    width: u32,
    count: usize,
    mut take: impl FnMut(Run<'_>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    if width > u32::BITS {
        return Err("numbers of more than 32 bits");
    }
    let (mut rest, mut left) = (bytes, count);
    while left > 0 {
        let (head, after) = varint(rest)?;
        let length = usize::try_from(head >> 1).unwrap_or(usize::MAX);
        if length == 0 {
            return Err("an empty run of values");
        }
        if head & 1 == 0 {
            let (value, after) = repeated(after, width)?;
            let some = length.min(left);
            take(Run::Same(value, some))?;
            (rest, left) = (after, left - some);
        } else {
            let some = length.saturating_mul(GROUP).min(left);
            packed(after, width as usize, some, &mut take)?;
            let whole = length.saturating_mul(width as usize).min(after.len());
            (rest, left) = (&after[whole..], left - some);
        }
    }
    Ok(())
}

fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), Wrong> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if *byte < 0x80 {
            return Ok((value, &bytes[at + 1..]));
        }
    }
    Err(CUT)
}

/// The number of a run.
fn repeated(bytes: &[u8], width: u32) -> Result<(u32, &[u8]), Wrong> {
    let (number, after) = bytes.split_at_checked(width.div_ceil(8) as usize).ok_or(CUT)?;
    let mut whole = [0; 4];
    whole[..number.len()].copy_from_slice(number);
    Ok((u32::from_le_bytes(whole), after))
}

/// Numbers without space between them, the lowest bit first.
fn packed(
    bytes: &[u8],
    width: usize,
    count: usize,
    take: &mut impl FnMut(Run<'_>) -> Result<(), Wrong>,
) -> Result<(), Wrong> {
    if width == 0 {
        return take(Run::Same(0, count));
    }
    let length = count.checked_mul(width).ok_or(CUT)?.div_ceil(8);
    let bytes = bytes.get(..length).ok_or(CUT)?;
    let mut left = count;
    for group in bytes.chunks(width) {
        let mut padded = [0; WIDEST];
        padded[..group.len()].copy_from_slice(group);
        let numbers = unpacked(&padded, width);
        let some = left.min(GROUP);
        take(Run::Each(&numbers[..some]))?;
        left -= some;
    }
    Ok(())
}

/// The numbers of a group.
#[inline]
fn unpacked(group: &[u8; WIDEST], width: usize) -> [u32; GROUP] {
    let mask = (1_u64 << width) - 1;
    std::array::from_fn(|nth| {
        let bit = nth * width;
        let word = group[bit / 8..]
            .first_chunk()
            .map_or(0, |word| u64::from_le_bytes(*word));
        (word >> (bit % 8) & mask) as u32
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(bytes: &[u8], width: u32, count: usize) -> Result<Vec<u32>, Wrong> {
        let mut numbers = Vec::new();
        each(bytes, width, count, |run| {
            match run {
                Run::Same(number, times) => numbers.extend(std::iter::repeat_n(number, times)),
                Run::Each(some) => numbers.extend(some),
            }
            Ok(())
        })?;
        Ok(numbers)
    }

    #[test]
    fn runs_and_groups_are_read() {
        // Three times 5, then 0 to 7 in three bits each.
        let bytes = [6, 5, 3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let expected = vec![5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7];
        assert_eq!(all(&bytes, 3, 11), Ok(expected.clone()));
        // What fills the last group does not count.
        assert_eq!(all(&bytes, 3, 5), Ok(expected[..5].to_vec()));
        assert_eq!(all(&[20], 0, 10), Ok(vec![0; 10]));
        assert_eq!(
            all(&[4, 1, 2, 3, 4], 32, 2),
            Ok(vec![u32::from_le_bytes([1, 2, 3, 4]); 2])
        );
    }

    #[test]
    fn what_is_cut_or_endless_is_refused() {
        assert_eq!(all(&[], 1, 1), Err(CUT));
        assert_eq!(all(&[6], 3, 3), Err(CUT));
        assert_eq!(all(&[3, 0xff], 3, 8), Err(CUT));
        assert_eq!(all(&[0, 1, 0, 1], 1, 8), Err("an empty run of values"));
        assert_eq!(all(&[1, 1, 1, 1], 1, 8), Err("an empty run of values"));
        assert_eq!(all(&[0xff; 12], 1, 8), Err(CUT));
        assert_eq!(all(&[2, 0], 33, 1), Err("numbers of more than 32 bits"));
    }
}
