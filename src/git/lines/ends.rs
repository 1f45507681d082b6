//! What two texts have in common at both ends, found by wide comparisons.

use std::ops::Range;

/// The number of lines; a last line without newline counts.
pub fn line_count(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count() + usize::from(text.last().is_some_and(|last| *last != b'\n'))
}

/// How many bytes of whole lines two texts share at their ends.
pub(super) struct Ends {
    pub(super) prefix: usize,
    pub(super) suffix: usize,
}

impl Ends {
    pub(super) fn shared(old: &[u8], new: &[u8]) -> Self {
        let same = same_prefix(old, new);
        let prefix = if same == old.len() && same == new.len() {
            same
        } else {
            memchr::memrchr(b'\n', &old[..same]).map_or(0, |newline| newline + 1)
        };
        let (old, new) = (&old[prefix..], &new[prefix..]);
        let same = same_suffix(old, new);
        let suffix = if starts_line(old, same) && starts_line(new, same) {
            same
        } else {
            let tail = &old[old.len() - same..];
            memchr::memchr(b'\n', tail).map_or(0, |newline| same - newline - 1)
        };
        Self { prefix, suffix }
    }

    fn range(&self, text: &[u8]) -> Range<usize> {
        self.prefix..text.len() - self.suffix
    }

    pub(super) fn rest<'text>(&self, text: &'text [u8]) -> &'text [u8] {
        &text[self.range(text)]
    }
}

/// Whether the last `len` bytes begin with a line.
fn starts_line(text: &[u8], len: usize) -> bool {
    let start = text.len() - len;
    start == 0 || text[start - 1] == b'\n'
}

/// How many elements are compared at once.
const BLOCK: usize = 32;

/// How many elements are equal at the beginning.
pub(in super::super) fn same_prefix<T: PartialEq>(old: &[T], new: &[T]) -> usize {
    let blocks = old.chunks_exact(BLOCK).zip(new.chunks_exact(BLOCK));
    let start = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let rest = old[start..].iter().zip(&new[start..]);
    start + rest.take_while(|(old, new)| old == new).count()
}

/// How many elements are equal at the end.
pub(super) fn same_suffix<T: PartialEq>(old: &[T], new: &[T]) -> usize {
    let blocks = old.rchunks_exact(BLOCK).zip(new.rchunks_exact(BLOCK));
    let end = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let rest = old[..old.len() - end]
        .iter()
        .rev()
        .zip(new[..new.len() - end].iter().rev());
    end + rest.take_while(|(old, new)| old == new).count()
}

/// If no context is shown, git first drops whole kibibytes that both texts end with, except for the rest of the line in which the
/// first of them begins. This matters: dropped lines do not count as frequent.
pub(super) fn shared_blocks(old: &[u8], new: &[u8]) -> usize {
    const KIBIBYTE: usize = 1024;
    let blocks = old.rchunks_exact(KIBIBYTE).zip(new.rchunks_exact(KIBIBYTE));
    let same = blocks.take_while(|(old, new)| old == new).count() * KIBIBYTE;
    let tail = &old[old.len() - same..];
    memchr::memchr(b'\n', tail).map_or(0, |newline| same - newline - 1)
}
