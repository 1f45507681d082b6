//! Compares the diff with git's and libgit2's, on generated texts.

use std::process::Command;
use std::rc::Rc;

use proptest::prelude::*;

use super::myers::Search;
use super::*;

fn hunks(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    LineDiff::default().hunks(old, new)
}

fn count(old: &[u8], new: &[u8]) -> LineChange {
    LineDiff::default().count(old, new)
}

/// The hunks as git prints them.
fn git_hunks(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("old"), old).unwrap();
    std::fs::write(dir.path().join("new"), new).unwrap();
    let output = Command::new("git")
        .args([
            "-c",
            "diff.algorithm=default",
            "-c",
            "core.attributesFile=/dev/null",
        ])
        .args([
            "diff",
            "--no-index",
            "--no-ext-diff",
            "--text",
            "-U0",
            "old",
            "new",
        ])
        .current_dir(dir.path())
        .output()
        .unwrap();
    output
        .stdout
        .split(|byte| *byte == b'\n')
        .filter_map(|line| header(std::str::from_utf8(line).ok()?))
        .collect()
}

/// Parses `@@ -1,2 +3 @@ …`: positions from 1, or the line before if the length is 0.
fn header(line: &str) -> Option<Hunk> {
    let mut ranges = line.strip_prefix("@@ ")?.split(' ').take(2).map(|range| {
        let (start, len) = range[1..].split_once(',').unwrap_or((&range[1..], "1"));
        let (start, len): (usize, usize) = (start.parse().unwrap(), len.parse().unwrap());
        (if len == 0 { start } else { start - 1 }, len)
    });
    let ((old_start, old_len), (new_start, new_len)) = (ranges.next()?, ranges.next()?);
    Some(Hunk {
        old_start,
        old_len,
        new_start,
        new_len,
    })
}

/// The sums of libgit2's diff, which follows git's.
fn libgit2_count(old: &[u8], new: &[u8]) -> LineChange {
    let mut options = git2::DiffOptions::new();
    options.force_text(true);
    let patch = git2::Patch::from_buffers(old, None, new, None, Some(&mut options)).unwrap();
    let (_, added, removed) = patch.line_stats().unwrap();
    LineChange {
        added: added as u64,
        removed: removed as u64,
    }
}

#[test]
fn ends_are_cut_at_whole_lines() {
    let count = |old: &str, new: &str| {
        let change = count(old.as_bytes(), new.as_bytes());
        (change.added, change.removed)
    };
    assert_eq!(count("", ""), (0, 0));
    assert_eq!(count("", "a"), (1, 0));
    assert_eq!(count("a", "a\n"), (1, 1));
    assert_eq!(count("a\n", "a\na\n"), (1, 0));
    assert_eq!(count("xa\n", "ya\n"), (1, 1));
    assert_eq!(count("b\na\n", "a\n"), (0, 1));
    assert_eq!(count("a\nb", "a\nc\nb"), (1, 0));
}

#[test]
fn an_inserted_block_reads_as_one() {
    let old = "fn a() {\n    x\n}\n\nfn c() {\n    x\n}\n";
    let new = "fn a() {\n    x\n}\n\nfn b() {\n    x\n}\n\nfn c() {\n    x\n}\n";
    let block = Hunk {
        old_start: 4,
        old_len: 0,
        new_start: 4,
        new_len: 4,
    };
    assert_eq!(hunks(old.as_bytes(), new.as_bytes()), [block]);
}

/// Texts that resemble code: few distinct lines, much whitespace, some frequent lines.
fn text(lines: usize) -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => Just("}".to_owned()),
        4 => Just(String::new()),
        2 => Just("    }".to_owned()),
        3 => (0..6_u8, 0..12_u8).prop_map(|(depth, word)| format!("{}w{word}", "\t".repeat(depth.into()))),
        3 => (0..400_u16).prop_map(|word| format!("    line {word}")),
    ];
    (proptest::collection::vec(line, 0..lines), any::<bool>()).prop_map(|(lines, ended)| {
        let mut text = lines.join("\n").into_bytes();
        if ended && !text.is_empty() {
            text.push(b'\n');
        }
        text
    })
}

/// The versions of a text.
type Texts = Vec<Rc<Vec<u8>>>;

/// Versions of a text, each an edited one of any before it, and the pairs of them to compare.
fn versions(lines: usize) -> impl Strategy<Value = (Texts, Vec<(usize, usize)>)> {
    let edit = (
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        0..20_usize,
        text(20),
    );
    let pairs = proptest::collection::vec(
        (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        1..20,
    );
    let edits = proptest::collection::vec((edit, any::<bool>()), 1..12);
    (text(lines), edits, pairs).prop_map(|(first, edits, pairs)| {
        let mut all = vec![first];
        for ((from, at, drop, insert), cut) in edits {
            let from = from.get(&all);
            let mut lines: Vec<Vec<u8>> = from.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            let at = at.index(lines.len() + 1);
            let end = (at + drop).min(lines.len());
            lines.splice(at..end, insert.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
            let mut next = lines.join(&b'\n');
            // Sometimes in the middle of a line.
            if cut {
                next.truncate(next.len() - next.len() / 7);
            }
            all.push(next);
        }
        let pairs = pairs
            .iter()
            .map(|(old, new)| (old.index(all.len()), new.index(all.len())));
        let pairs = pairs.collect();
        (all.into_iter().map(Rc::new).collect(), pairs)
    })
}

/// A text and an edited version of it: ranges removed, duplicated or replaced.
fn edited(lines: usize) -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, text(40)), 0..6);
    (text(lines), edits).prop_map(|(old, edits)| {
        let mut new: Vec<Vec<u8>> = old.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        for (at, drop, insert) in edits {
            let at = at.index(new.len() + 1);
            let end = (at + drop).min(new.len());
            let insert = insert.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
            new.splice(at..end, insert);
        }
        (old, new.join(&b'\n'))
    })
}

proptest! {
    #[test]
    fn sums_are_those_of_libgit2((old, new) in edited(600)) {
        prop_assert_eq!(count(&old, &new), libgit2_count(&old, &new));
    }
}

proptest! {
    #[test]
    fn sums_of_versions_are_those_of_libgit2_in_any_order((texts, pairs) in versions(200)) {
        let mut diff = VersionDiff::default();
        for (old, new) in pairs {
            // Another copy of the same version is as good.
            let new = if old % 3 == 0 { Rc::new(texts[new].to_vec()) } else { Rc::clone(&texts[new]) };
            let old = &texts[old];
            prop_assert_eq!(diff.count(old, &new), libgit2_count(old, &new));
        }
    }

    #[test]
    fn edits_are_as_many_as_are_reported_one_by_one(
        old in proptest::collection::vec(0..60_u32, 0..900),
        new in proptest::collection::vec(0..60_u32, 0..900),
    ) {
        let mut search = Search::default();
        let (mut removed, mut added) = (0, 0);
        search.run(&old, &new, |_| removed += 1, |_| added += 1);
        prop_assert_eq!(search.count(&old, &new), (removed, added));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn sums_of_unrelated_texts_are_those_of_libgit2(old in text(1500), new in text(1500)) {
        prop_assert_eq!(count(&old, &new), libgit2_count(&old, &new));
    }

    #[test]
    fn hunks_are_those_of_git((old, new) in edited(300)) {
        prop_assert_eq!(hunks(&old, &new), git_hunks(&old, &new));
    }
}

/// The old line that each of `lines` new ones is, if it was not added.
fn sources(hunks: &[Hunk], lines: usize) -> Vec<Option<usize>> {
    let mut sources = Vec::new();
    let mut old = 0;
    for hunk in hunks {
        let unchanged = hunk.new_start - sources.len();
        sources.extend((old..old + unchanged).map(Some));
        sources.extend(vec![None; hunk.new_len]);
        old = hunk.old_start + hunk.old_len;
    }
    sources.extend((old..).map(Some).take(lines - sources.len()));
    sources
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn tables_of_neighbors_are_as_good_as_their_texts((old, new) in edited(300), other in text(60)) {
        prop_assume!(old != new && old != other);
        let mut diff = TableDiff::default();
        let new_table = diff.table(&new);
        let first = diff.compare((&old, None), (&new, &new_table), |_| true);
        prop_assert_eq!(&first.hunks, &hunks(&old, &new));
        let old_table = first.old_table;
        prop_assert_eq!(&old_table, &diff.table(&old));
        // On to a text that shares little, and back to one whose table is known.
        let second = diff.compare((&other, None), (&old, &old_table), |_| true);
        prop_assert_eq!(&second.hunks, &hunks(&other, &old));
        let other_table = second.old_table;
        prop_assume!(other != new);
        let third = diff.compare((&new, Some(new_table)), (&other, &other_table), |_| true);
        prop_assert_eq!(third.hunks, hunks(&new, &other));
    }

    #[test]
    fn sums_are_counted_on_the_way((old, new) in edited(300), end in text(300), is_needed in any::<bool>()) {
        // A common end of some kibibytes, in which lines are frequent.
        let (old, new) = ([old, b"\n".to_vec(), end.clone()].concat(), [new, b"\n".to_vec(), end].concat());
        prop_assume!(old != new);
        let mut diff = TableDiff::default();
        let table = diff.table(&new);
        for _ in 0..2 {
            let compared = diff.compare((&old, None), (&new, &table), |_| is_needed);
            prop_assert_eq!(diff.change(&compared, &table), count(&old, &new));
        }
    }

    #[test]
    fn one_hunk_is_right_for_all_lines_out_of_reach((old, new) in edited(300)) {
        prop_assume!(old != new);
        let mut diff = TableDiff::default();
        let table = diff.table(&new);
        let mut reach = 0..0;
        let coarse = diff.compare((&old, None), (&new, &table), |lines| {
            reach = lines;
            false
        });
        let (coarse, exact) = (sources(&coarse.hunks, table.len()), sources(&hunks(&old, &new), table.len()));
        prop_assert_eq!(&coarse[..reach.start], &exact[..reach.start]);
        prop_assert_eq!(&coarse[reach.end..], &exact[reach.end..]);
    }
}
