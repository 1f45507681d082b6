//! Columns say what rows say.

use proptest::prelude::*;

use super::*;
use crate::commit::LineCounts;
use crate::evidence::Evidence;
use crate::evidence::Origin;
use crate::files::FileClass;
use crate::shared_bytes::SharedBytes;

fn lines() -> impl Strategy<Value = LineCounts> {
    let count = || prop_oneof![0..300_u64, 0..=u64::MAX >> 8];
    (count(), count(), count()).prop_map(|(files, added, removed)| LineCounts {
        files,
        added,
        removed,
    })
}

fn evidence() -> impl Strategy<Value = Evidence> {
    let rule = prop_oneof!["author", "trailer:co-authored-by", "human:git-ai", "[a-z]{0,5}"];
    let text = || prop::option::of("[a-z\u{e9}]{0,4}");
    (rule, text(), text(), prop::option::of(any::<u64>())).prop_map(|(rule, agent, model, lines)| Evidence {
        rule: rule.parse().unwrap(),
        agent,
        model,
        lines,
    })
}

fn instant() -> impl Strategy<Value = Instant> {
    let seconds = prop_oneof![1_700_000_000..1_700_100_000_i64, any::<i64>()];
    (seconds, any::<i16>()).prop_map(|(seconds, offset)| Instant { seconds, offset })
}

fn counted() -> impl Strategy<Value = (Option<LineCounts>, Vec<(FileClass, LineCounts)>)> {
    let classes = prop::sample::subsequence(table::CLASSES.to_vec(), 0..4);
    let by_class = classes.prop_flat_map(|classes| {
        let all: Vec<_> = classes.into_iter().map(|class| (Just(class), lines())).collect();
        all
    });
    prop_oneof![
        Just((None, Vec::new())),
        (lines(), by_class).prop_map(|(lines, by_class)| (Some(lines), by_class)),
    ]
}

prop_compose! {
    /// A commit with the number `number`; its parents are among the first twelve, which need not be here.
    fn commit(number: u8)(
        parents in prop::collection::vec(0..12_u8, 0..3),
        author in ("[a-c\u{e9}]{0,2}", "[a-c]{0,1}"),
        times in (instant(), instant()),
        subject in "\\PC{0,9}",
        counted in counted(),
        claiming in prop::option::weighted(0.2, prop::collection::vec(any::<u8>(), 0..9)),
        reverts in prop::collection::vec("[0-9a-f]{7}", 0..3),
        evidence in prop::collection::vec(evidence(), 0..3),
    ) -> Commit {
        Commit {
            id: [number; 20].into(),
            tree: [number + 100; 20].into(),
            parents: parents.into_iter().map(|parent| [parent; 20].into()).collect(),
            author: Person { name: author.0, email: author.1 },
            author_time: times.0,
            commit_time: times.1,
            subject,
            lines: counted.0,
            by_class: counted.1,
            claiming: claiming.map(Vec::into_boxed_slice),
            reverts: reverts.into_iter().map(String::into_boxed_str).collect(),
            origin: Origin::new(evidence),
        }
    }
}

/// Up to nine commits in the order of a history.
fn history() -> impl Strategy<Value = Vec<Commit>> {
    (0..9_u8)
        .prop_flat_map(|count| (0..count).map(commit).collect::<Vec<_>>())
        .prop_map(|mut commits| {
            commits.sort_by_key(newest_first);
            commits
        })
}

fn layer(commits: &[Commit]) -> Layer {
    let bytes = SharedBytes::new(layout(commits, false).unwrap());
    let all = 0..bytes.len();
    Layer::read(&bytes, all).unwrap()
}

fn id(number: u8) -> ObjectId {
    [number; 20].into()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn commits_come_back_in_any_layers_and_over_a_pipe(commits in history(), split in 0..9_usize) {
        let (newer, older) = commits.split_at(split.min(commits.len()));
        let read = Commits::of_layers(vec![layer(older), layer(newer)]);
        prop_assert_eq!(read.len(), commits.len());
        let copy = read.clone();
        prop_assert_eq!(&*copy, &*commits);
        let again = Commits::decode(&read.encode().unwrap()).unwrap();
        prop_assert!(again.is_in_columns());
        prop_assert_eq!(&*again, &*commits);
        for (at, commit) in newer.iter().enumerate() {
            prop_assert_eq!(&layer(newer).commit(at), commit);
        }
        let rows = Commits::from(commits.clone());
        let mut claiming = read.claiming();
        claiming.sort();
        let mut expected = rows.claiming();
        expected.sort();
        prop_assert_eq!(claiming, expected);
    }

    #[test]
    fn numbers_for_sums_are_those_of_the_commits(commits in history()) {
        let layer = layer(&commits);
        let mut seen = Vec::new();
        layer.visit(&[1, 3], &mut |one| seen.push(*one));
        let expected = commits.iter().enumerate().filter(|(row, _)| ![1, 3].contains(row));
        prop_assert_eq!(seen.len(), expected.clone().count());
        for (one, (row, commit)) in seen.iter().zip(expected) {
            prop_assert_eq!(one.row, row);
            prop_assert_eq!(layer.person(one.author), Some(&commit.author));
            prop_assert_eq!(layer.origin(one.origin), Some(&commit.origin));
            prop_assert_eq!((one.seconds, one.is_merge), (commit.author_time.seconds, commit.is_merge()));
            let of = |lines: LineCounts| one.is_known.then_some(lines);
            prop_assert_eq!(of(one.lines), commit.lines);
            prop_assert_eq!(of(one.source), commit.lines_in(FileClass::Source));
            prop_assert_eq!(of(one.tests), commit.lines_in(FileClass::Test));
        }
    }

    #[test]
    fn decisions_and_mailmaps_are_those_of_rows(
        commits in history(),
        signs in prop::collection::vec((0..12_u8, evidence()), 0..4),
        ignore in any::<bool>(),
    ) {
        let foreign = if ignore { ForeignTrailers::Ignore } else { ForeignTrailers::Believe };
        let mut elsewhere = Signs::default();
        for (commit, sign) in signs {
            elsewhere.add(id(commit), [sign]);
        }
        let proper = |person: &Person| {
            let name = "Ada".to_owned();
            person.name.starts_with('a').then(|| Person { name, ..person.clone() })
        };
        let mut rows = Commits::from(commits.clone());
        let mut columns = Commits::of_layers(vec![layer(&commits)]);
        for commits in [&mut rows, &mut columns] {
            commits.map_people(proper);
            commits.decide(&elsewhere, foreign);
        }
        let mut again = Commits::of_layers(vec![layer(&commits)]).with_people(columns.mapped_people());
        if let Some(again) = &mut again {
            again.decide(&elsewhere, foreign);
        }
        prop_assert_eq!(again.as_ref(), Some(&rows));
        prop_assert_eq!(&columns, &rows);
    }

    #[test]
    fn an_end_has_a_parent_that_is_not_there_or_none(commits in history()) {
        let columns = Commits::of_layers(vec![layer(&commits)]);
        let here: Vec<ObjectId> = commits.iter().map(|commit| commit.id).collect();
        let is_end = |commit: &&Commit| {
            commit.parents.is_empty() || commit.parents.iter().any(|parent| !here.contains(parent))
        };
        let expected: Vec<ObjectId> = commits.iter().filter(is_end).map(|commit| commit.id).collect();
        prop_assert_eq!(columns.ends(), expected);
        let bytes = SharedBytes::new(layout(&commits, true).unwrap());
        let all = 0..bytes.len();
        let regrown = Commits::of_layers(vec![Layer::read(&bytes, all).unwrap()]);
        prop_assert_eq!(regrown.ends(), here);
    }

    #[test]
    fn gaps_are_those_of_rows(commits in history()) {
        let columns = Commits::of_layers(vec![layer(&commits)]);
        let found: Vec<i64> = columns.without_lines().collect();
        let rows = Commits::from(commits);
        prop_assert_eq!(found, rows.without_lines().collect::<Vec<_>>());
    }

    #[test]
    fn what_is_wanted_is_found(commits in history(), wanted in prop::collection::vec(0..12_u8, 0..5)) {
        let wanted: Wanted = wanted.into_iter().map(id).collect();
        let layer = layer(&commits);
        let expected: Vec<usize> = commits
            .iter()
            .enumerate()
            .filter(|(_, commit)| wanted.contains(&commit.id))
            .map(|(row, _)| row)
            .collect();
        prop_assert_eq!(layer.find(&wanted), expected);
    }

    #[test]
    fn damaged_columns_are_none_or_some_but_never_more(
        commits in history(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        end in any::<prop::sample::Index>(),
    ) {
        let mut bytes = layout(&commits, false).unwrap();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        read_anything(&bytes);
        bytes.truncate(end.index(bytes.len()));
        read_anything(&bytes);
    }
}

#[test]
fn ids_of_both_lengths_are_not_written() {
    let commit = |id: ObjectId| Commit {
        id,
        tree: id,
        ..Commit::clone(&history_of_one())
    };
    assert!(layout(&[commit([1; 32].into())], false).is_some());
    assert!(layout(&[commit([1; 32].into()), commit([1; 20].into())], false).is_none());
}

fn history_of_one() -> Commit {
    Commit {
        id: id(1),
        tree: id(2),
        parents: Vec::new(),
        author: Person::default(),
        author_time: Instant {
            seconds: 0,
            offset: 0,
        },
        commit_time: Instant {
            seconds: 0,
            offset: 0,
        },
        subject: String::new(),
        lines: None,
        by_class: Vec::new(),
        claiming: None,
        reverts: Box::default(),
        origin: Origin::default(),
    }
}
