//! The changed ranges between two blobs, as blame sees them.

use git2::{DiffOptions, Patch};

/// A run of lines that is not the same on both sides, 0-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) old_start: u32,
    pub(super) old_lines: u32,
    pub(super) new_start: u32,
    pub(super) new_lines: u32,
}

/// The hunks of git's diff without context, in order.
pub(super) fn hunks(old: &[u8], new: &[u8]) -> Result<Vec<Hunk>, git2::Error> {
    let (old, new) = without_common_tail(old, new);
    let mut options = DiffOptions::new();
    options
        .context_lines(0)
        .interhunk_lines(0)
        .indent_heuristic(true)
        .force_text(true);
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options))?;
    (0..patch.num_hunks())
        .map(|number| {
            let (hunk, _) = patch.hunk(number)?;
            // A side without lines is named by the line before it.
            let start = |start: u32, lines: u32| {
                if lines == 0 {
                    start
                } else {
                    start.saturating_sub(1)
                }
            };
            Ok(Hunk {
                old_start: start(hunk.old_start(), hunk.old_lines()),
                old_lines: hunk.old_lines(),
                new_start: start(hunk.new_start(), hunk.new_lines()),
                new_lines: hunk.new_lines(),
            })
        })
        .collect()
}

/// Git cuts equal tails in blocks before it compares without context, and leaves the last line of the cut in place. What
/// is cut weighs in its heuristics, so it must be the same here.
fn without_common_tail<'a>(old: &'a [u8], new: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    const BLOCK: usize = 1024;
    let equal = old
        .rchunks_exact(BLOCK)
        .zip(new.rchunks_exact(BLOCK))
        .take_while(|(old, new)| old == new)
        .count();
    let cut = &old[old.len() - equal * BLOCK..];
    let kept = memchr::memchr(b'\n', cut).map_or(cut.len(), |end| end + 1);
    let trimmed = cut.len() - kept;
    (&old[..old.len() - trimmed], &new[..new.len() - trimmed])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_blocks_are_cut_but_for_their_first_line() {
        let tail = "tail line\n".repeat(300);
        let (old, new) = (format!("one\n{tail}"), format!("two\n{tail}"));
        let (short, _) = without_common_tail(old.as_bytes(), new.as_bytes());
        assert_eq!(old.len() - short.len(), 2 * 1024 - 8);
        assert!(short.ends_with(b"\n"));
        assert_eq!(without_common_tail(b"a", b"a"), (&b"a"[..], &b"a"[..]));
    }

    #[test]
    fn hunks_count_from_zero() {
        let found = hunks(b"a\nb\nc\n", b"a\nx\nc\nd\n").unwrap();
        let hunk = |old_start, old_lines, new_start, new_lines| Hunk {
            old_start,
            old_lines,
            new_start,
            new_lines,
        };
        assert_eq!(found, [hunk(1, 1, 1, 1), hunk(3, 0, 3, 1)]);
    }
}
