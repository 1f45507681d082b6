//! Compares renames with those that git finds.

use super::*;
use crate::facts::ids::ObjectId;
use crate::oracle::{Dice, Files, LINK, Oracle, PLAIN, PROGRAM, edited, files, text};
use crate::packs::Packs;
use crate::trees;

/// Pairs of trees with git's and our result for each: `A path`, `D path`, `M path` or `R old new`, sorted.
fn both(pairs: &[(Files, Files)]) -> Vec<(Vec<String>, Vec<String>)> {
    let oracle = Oracle::new();
    let branches: Vec<Vec<Files>> = pairs
        .iter()
        .map(|(old, new)| vec![old.clone(), new.clone()])
        .collect();
    let commits = oracle.import(&branches);
    let input: Vec<String> = commits
        .iter()
        .map(|pair| format!("{} {}\n", pair[1], pair[0]))
        .collect();
    let arguments = ["diff-tree", "--stdin", "-r", "-M", "--name-status"];
    let printed = oracle.git(&arguments, input.concat().as_bytes());
    let printed = String::from_utf8(printed).unwrap();
    let mut said: Vec<Vec<String>> = Vec::new();
    for line in printed.lines() {
        match line.split('\t').collect::<Vec<_>>()[..] {
            [_] => said.push(Vec::new()),
            [sign, path] => said
                .last_mut()
                .unwrap()
                .push(format!("{} {path}", sign.replace('T', "M"))),
            [_, old, new] => said.last_mut().unwrap().push(format!("R {old} {new}")),
            _ => panic!("{line}"),
        }
    }
    let repo = oracle.open();
    let packs = Packs::open(&repo);
    let mut objects = Objects::new(&packs, repo.git_dir(), 1 << 20);
    let found = commits.iter().map(|pair| ours(&oracle, &mut objects, pair));
    let found: Vec<Vec<String>> = found.collect();
    assert_eq!(said.len(), found.len());
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    said.into_iter()
        .zip(found)
        .map(|(git, own)| (sorted(git), sorted(own)))
        .collect()
}

fn ours(oracle: &Oracle, objects: &mut Objects<'_>, pair: &[String]) -> Vec<String> {
    let repo = oracle.open();
    let tree = |commit: &String| {
        let commit = repo.raw().find_commit(commit.parse().unwrap()).unwrap();
        ObjectId::from_bytes(commit.tree_id().as_bytes()).unwrap()
    };
    let mut differences = Vec::new();
    trees::compare(
        objects,
        Some(&tree(&pair[0])),
        Some(&tree(&pair[1])),
        &mut differences,
    )
    .unwrap();
    let path = |path: &[u8]| String::from_utf8(path.to_vec()).unwrap();
    let told = |change: Change| match (&change.old_path, change.old, change.new) {
        (Some(old), _, _) => format!("R {} {}", path(old), path(&change.path)),
        (None, None, _) => format!("A {}", path(&change.path)),
        (None, _, None) => format!("D {}", path(&change.path)),
        _ => format!("M {}", path(&change.path)),
    };
    let changes = detect(differences, objects, 1 << 29).unwrap();
    changes.into_iter().map(told).collect()
}

/// The result for these files; git must agree.
fn told(old: &[(&str, &'static str, &str)], new: &[(&str, &'static str, &str)]) -> Vec<String> {
    let files = |files: &[(&str, &'static str, &str)]| -> Files {
        let file = |(path, mode, text): &(&str, &'static str, &str)| {
            ((*path).to_owned(), (*mode, text.as_bytes().to_vec()))
        };
        files.iter().map(file).collect()
    };
    let (git, own) = both(&[(files(old), files(new))]).pop().unwrap();
    assert_eq!(git, own);
    own
}

#[test]
fn moves_are_those_of_git_in_trees_of_all_kinds() {
    let mut dice = Dice::new(7);
    let mut pairs = Vec::new();
    while pairs.len() < 400 {
        let old = files(&mut dice);
        let new = edited(&old, &mut dice);
        if old != new {
            pairs.push((old, new));
        }
    }
    let mut moves = 0;
    for (number, (git, own)) in both(&pairs).into_iter().enumerate() {
        moves += own.iter().filter(|line| line.starts_with('R')).count();
        assert_eq!(git, own, "pair {number}");
    }
    assert!(moves > 200, "{moves}");
}

#[test]
fn of_equal_contents_the_one_of_the_same_name_moved() {
    let one = "a line\n";
    let old = [("a/x.rs", PLAIN, one), ("b/y.rs", PLAIN, one)];
    assert_eq!(
        told(&old, &[("c/y.rs", PLAIN, one)]),
        ["D a/x.rs", "R b/y.rs c/y.rs"]
    );
    // Without one of that name, it is the first.
    assert_eq!(
        told(&old, &[("c/z.rs", PLAIN, one)]),
        ["D b/y.rs", "R a/x.rs c/z.rs"]
    );
}

#[test]
fn half_of_a_file_is_enough_and_less_is_not() {
    let lines =
        |from: usize, to: usize| -> String { (from..to).map(|line| format!("line {line:03}\n")).collect() };
    let old = lines(0, 100);
    let kept = |count: usize| lines(0, count) + &lines(500, 600 - count);
    let moved = |count| told(&[("a.rs", PLAIN, &old)], &[("b.rs", PLAIN, &kept(count))]);
    assert_eq!(moved(50), ["R a.rs b.rs"]);
    assert_eq!(moved(49), ["A b.rs", "D a.rs"]);
}

#[test]
fn a_file_that_becomes_a_program_moves_and_one_that_becomes_a_link_does_not() {
    let old = [("a.rs", PLAIN, "to/b")];
    assert_eq!(told(&old, &[("b.rs", PROGRAM, "to/b")]), ["R a.rs b.rs"]);
    assert_eq!(told(&old, &[("b.rs", LINK, "to/b")]), ["A b.rs", "D a.rs"]);
    let link = [("a.rs", LINK, "to/b")];
    assert_eq!(told(&link, &[("b.rs", LINK, "to/b")]), ["R a.rs b.rs"]);
}

#[test]
fn empty_files_move_only_where_both_are_empty() {
    assert_eq!(
        told(&[("a.rs", PLAIN, "")], &[("b.rs", PLAIN, "")]),
        ["R a.rs b.rs"]
    );
    assert_eq!(
        told(&[("a.rs", PLAIN, "")], &[("b.rs", PLAIN, "x\n")]),
        ["A b.rs", "D a.rs"]
    );
}

/// This many moved files, each with one line that was not there before.
fn many(count: usize) -> (Files, Files) {
    let mut dice = Dice::new(3);
    let (mut old, mut new) = (Files::new(), Files::new());
    for number in 0..count {
        let content = [
            format!("file {number}\n").repeat(20).into_bytes(),
            text(&mut dice, 3),
        ]
        .concat();
        old.insert(format!("old/{number}.rs"), (PLAIN, content.clone()));
        let content = [content, b"one more\n".to_vec()].concat();
        new.insert(format!("new/n{number}.rs"), (PLAIN, content));
    }
    (old, new)
}

#[test]
fn of_too_many_files_only_equal_ones_move_as_in_git() {
    let (mut old, mut new) = many(MOST_FILES + 1);
    old.insert("same.rs".into(), (PLAIN, b"the same\n".to_vec()));
    new.insert("moved.rs".into(), (PLAIN, b"the same\n".to_vec()));
    let (git, own) = both(&[(old, new)]).pop().unwrap();
    assert_eq!(git, own);
    let moved: Vec<&String> = own.iter().filter(|line| line.starts_with('R')).collect();
    assert_eq!(moved, ["R same.rs moved.rs"]);
}

#[test]
fn a_file_that_may_have_been_any_of_many_is_given_up_in_time() {
    let (old, new) = many(40);
    let oracle = Oracle::new();
    let commits = oracle.import(&[vec![old, new]]).pop().unwrap();
    let repo = oracle.open();
    let packs = Packs::open(&repo);
    let mut objects = Objects::new(&packs, repo.git_dir(), 1 << 20);
    let tree = |commit: &String| {
        let commit = repo.raw().find_commit(commit.parse().unwrap()).unwrap();
        ObjectId::from_bytes(commit.tree_id().as_bytes()).unwrap()
    };
    let trees = [tree(&commits[0]), tree(&commits[1])];
    let mut differences = Vec::new();
    trees::compare(&mut objects, Some(&trees[0]), Some(&trees[1]), &mut differences).unwrap();
    let mut sources = Sources::among(&differences, 1 << 20);
    let mut moved = 0;
    let mut given_up = 0;
    for added in differences.iter().filter(|difference| difference.old.is_none()) {
        match sources.source_of(&mut objects, &added.path, added.new.unwrap()) {
            Ok(source) => moved += usize::from(source.is_some()),
            Err(error) => {
                assert!(matches!(error, ObjectError::TooManyMoves(_)), "{error}");
                given_up += 1;
            }
        }
        if moved == 3 {
            sources.likeness.work = 100;
        }
    }
    assert_eq!((moved, given_up), (3, 37));
}

#[test]
fn contents_that_are_forgotten_are_read_again() {
    let (old, new) = many(30);
    let (git, own) = both(&[(old, new)]).pop().unwrap();
    assert_eq!(git, own);
    let mut likeness = Likeness::new(1 << 20);
    likeness.chunks = MOST_CHUNKS;
    let oracle = Oracle::new();
    let content = b"one\ntwo\nthree\n".to_vec();
    let files = Files::from([("a.rs".to_owned(), (PLAIN, content))]);
    let commits = oracle.import(&[vec![files]]).pop().unwrap();
    let repo = oracle.open();
    let packs = Packs::open(&repo);
    let mut objects = Objects::new(&packs, repo.git_dir(), 1 << 20);
    let commit = repo.raw().find_commit(commits[0].parse().unwrap()).unwrap();
    let tree = ObjectId::from_bytes(commit.tree_id().as_bytes()).unwrap();
    let file = trees::lookup(&mut objects, &tree, b"a.rs").unwrap().unwrap();
    assert_eq!(likeness.similarity(&mut objects, file, file).unwrap(), ALL);
    assert!(likeness.chunks < MOST_CHUNKS && likeness.contents.len() == 1);
}
