//! The hashes in the contents and names of caches: the same in every process, on every machine and in every version.
//!
//! Changing one of them makes files unreadable or, worse, readable as something else. None protects against a
//! deliberate attack; ids that must are made with SHA-256 where they are made. Hashes that live only as long as one map
//! or one comparison are not here.

/// The hex digits of a hash.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// FNV-1a: of a few bytes at a time, and in one go over parts of them.
pub fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The finalizer of MurmurHash3: FNV by itself leaves the high bits of short texts equal.
pub fn spread(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// A sum over a whole file, eight bytes at a time, which differs wherever one byte does.
pub fn checksum(bytes: &[u8]) -> u64 {
    let mut words = bytes.chunks_exact(8);
    let mut sum = bytes.len() as u64;
    for word in &mut words {
        let word = word
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
        sum = (sum.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    }
    for byte in words.remainder() {
        sum = (sum.rotate_left(23) ^ u64::from(*byte)).wrapping_mul(FACTOR);
    }
    sum ^ sum >> 32
}

/// A sum over megabytes: four side by side, so that none waits for the one before.
pub fn wide_checksum(bytes: &[u8]) -> u64 {
    const LANES: usize = 4;
    let number = |word: &[u8]| {
        let mut padded = [0; 8];
        padded[..word.len()].copy_from_slice(word);
        u64::from_le_bytes(padded)
    };
    let (blocks, rest) = bytes.as_chunks::<{ 8 * LANES }>();
    let mut lanes: [u64; LANES] = [1, 2, 3, 4];
    for block in blocks {
        let (words, _) = block.as_chunks::<8>();
        for (lane, word) in lanes.iter_mut().zip(words) {
            *lane = mixed(*lane, u64::from_le_bytes(*word));
        }
    }
    let rest = rest.chunks(8).map(number);
    let all = lanes.into_iter().chain(rest).chain([bytes.len() as u64]);
    all.fold(0, mixed)
}

/// A sum with one more word: every bit of either changes many bits, so that two changes cannot undo each other easily.
#[inline]
fn mixed(sum: u64, word: u64) -> u64 {
    let sum = (sum.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    sum ^ sum >> 32
}

/// An odd number with no pattern in its bits.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hash_moves() {
        // Published values of FNV-1a.
        assert_eq!(fnv1a([]), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(*b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(*b"foobar"), 0x8594_4171_f739_67e8);
        // And of the finalizer.
        assert_eq!(spread(0), 0);
        assert_eq!(spread(1), 0xb456_bcfc_34c2_cb2c);
        assert_eq!(checksum(b""), 0);
        assert_eq!(checksum(b"/src/kiln/.git"), 0x4c83_3c7a_f031_ebff);
    }

    #[test]
    fn a_wide_sum_differs_wherever_a_byte_or_the_length_does() {
        let bytes: Vec<u8> = (0..100).collect();
        let mut sums: Vec<u64> = (0..=100).map(|end| wide_checksum(&bytes[..end])).collect();
        for at in 0..100 {
            for bit in 0..8 {
                let mut other = bytes.clone();
                other[at] ^= 1 << bit;
                sums.push(wide_checksum(&other));
            }
        }
        let count = sums.len();
        sums.sort_unstable();
        sums.dedup();
        assert_eq!(sums.len(), count);
    }
}
