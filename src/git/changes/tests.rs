//! Compares the lines of commits with those that git prints.

use super::*;
use crate::facts::ids::ObjectId;
use crate::oracle::{Dice, Files, LINK, Oracle, PLAIN, PROGRAM, SUBMODULE, edited, files};
use crate::walk::RefSelection;

/// Files, added and removed lines.
type Sums = (u64, u64, u64);

/// What `git log --numstat` prints for each commit, and what this program counts.
fn both(oracle: &Oracle, renames: Renames, attributes: AttributesOf) -> Vec<(String, Sums, Option<Sums>)> {
    let mut arguments = vec!["log", "--all", "--no-merges", "--numstat", "--format=commit %H"];
    if renames == Renames::Ignore {
        arguments.push("--no-renames");
    }
    let mut git: HashMap<String, Sums> = HashMap::new();
    let mut commit = String::new();
    for line in oracle.text(&arguments).lines().filter(|line| !line.is_empty()) {
        if let Some(id) = line.strip_prefix("commit ") {
            id.clone_into(&mut commit);
            git.insert(commit.clone(), (0, 0, 0));
            continue;
        }
        let mut fields = line.split('\t').map(|field| field.parse().unwrap_or(0));
        let sums = git.get_mut(&commit).unwrap();
        *sums = (
            sums.0 + 1,
            sums.1 + fields.next().unwrap(),
            sums.2 + fields.next().unwrap(),
        );
    }
    let repo = oracle.open();
    let heads = repo.heads(&RefSelection::default()).unwrap();
    let walk = repo.walk(&heads.commits, &mut HashMap::new());
    let options = CountOptions {
        renames,
        attributes,
        threads: 2,
        progress: &Progress::default(),
    };
    let counts = count(&repo, &walk, options);
    assert_eq!(counts.trouble, []);
    let mut all = Vec::new();
    for (at, commit) in walk.commits.iter().enumerate() {
        let own = counts.lines.get(&at).map(|lines| {
            let total = lines.total;
            (total.files, total.added, total.removed)
        });
        let id = ObjectId::to_string(&commit.id);
        all.push((id.clone(), git[&id], own));
    }
    assert_eq!(all.len(), git.len());
    all
}

#[test]
fn survival_on_the_way_changes_neither_answer() {
    let oracle = histories(17);
    let heads = oracle.open().heads(&RefSelection::default()).unwrap().commits;
    let options = CountOptions {
        renames: Renames::Follow,
        attributes: AttributesOf::Nothing,
        threads: 2,
        progress: &Progress::default(),
    };
    let mut shared_changes = 0;
    for head in heads {
        let repo = oracle.open();
        let walk = repo.walk(&[head], &mut HashMap::new());
        let survive = |shared: Option<&Shared>| {
            let (survival, _) = survival::survival(&repo, head, 2, None, shared, options.progress).unwrap();
            survival
        };
        let mut found = None;
        let mut between = |shared: &Shared| {
            found = Some(survive(Some(shared)));
            let changes = shared.finish();
            shared_changes += changes.len();
            shared.add_changes(&mut changes.into_list());
        };
        let counts = count_and(&repo, &walk, options, Some(&mut between));
        assert_eq!(found, Some(survive(None)));
        assert_eq!(counts.lines, count(&repo, &walk, options).lines);
    }
    assert!(shared_changes > 50, "{shared_changes}");
}

/// Histories in which anything happens to files.
fn histories(seed: u64) -> Oracle {
    let mut dice = Dice::new(seed);
    let mut branches = Vec::new();
    for _ in 0..20 {
        let mut commits = vec![files(&mut dice)];
        for _ in 0..12 {
            commits.push(edited(&commits[commits.len() - 1], &mut dice));
        }
        branches.push(commits);
    }
    let oracle = Oracle::new();
    oracle.import(&branches);
    oracle
}

#[test]
fn lines_are_those_of_git_whatever_happens_to_files() {
    let oracle = histories(11);
    for renames in [Renames::Follow, Renames::Ignore] {
        let mut lines = 0;
        for (id, git, own) in both(&oracle, renames, AttributesOf::Nothing) {
            assert_eq!(own, Some(git), "{renames:?} {id}");
            lines += git.1 + git.2;
        }
        assert!(lines > 5000, "{lines}");
    }
}

/// The lines of the second of two commits with one file each; git must agree.
fn changed(old: (&'static str, &[u8]), new: (&'static str, &[u8])) -> Sums {
    let files = |(mode, content): (&'static str, &[u8])| -> Files {
        Files::from([("f".to_owned(), (mode, content.to_vec()))])
    };
    let oracle = Oracle::new();
    let ids = oracle.import(&[vec![files(old), files(new)]]);
    let all = both(&oracle, Renames::Follow, AttributesOf::Nothing);
    let (_, git, own) = all.iter().find(|(id, ..)| *id == ids[0][1]).unwrap();
    assert_eq!(*own, Some(*git));
    *git
}

#[test]
fn a_new_mode_is_a_file_without_lines() {
    assert_eq!(changed((PLAIN, b"x\n"), (PROGRAM, b"x\n")), (1, 0, 0));
    assert_eq!(changed((PLAIN, b"x\n"), (PROGRAM, b"x\ny\n")), (1, 1, 0));
}

#[test]
fn a_file_that_becomes_a_link_or_a_submodule_is_removed_and_added() {
    let commit = b"0123456789012345678901234567890123456789";
    assert_eq!(changed((PLAIN, b"x\ny\n"), (LINK, b"x")), (1, 1, 2));
    assert_eq!(changed((LINK, b"x"), (SUBMODULE, commit)), (1, 1, 1));
    assert_eq!(changed((SUBMODULE, &[b'1'; 40]), (SUBMODULE, commit)), (1, 1, 1));
}

#[test]
fn a_binary_on_either_side_is_a_file_without_lines() {
    assert_eq!(changed((PLAIN, b"x\ny\n"), (PLAIN, b"x\0y\n")), (1, 0, 0));
    assert_eq!(changed((PLAIN, b"\0"), (PLAIN, b"x\ny\n")), (1, 0, 0));
    assert_eq!(changed((PLAIN, b"\0a"), (PLAIN, b"\0b")), (1, 0, 0));
}

#[test]
fn what_is_larger_than_the_threshold_is_binary() {
    let oracle = Oracle::new();
    let file = |length: usize| Files::from([("f".to_owned(), (PLAIN, vec![b'\n'; length]))]);
    oracle.import(&[vec![file(1000), file(1001)]]);
    oracle.git(&["config", "core.bigFileThreshold", "1000"], b"");
    let repo = oracle.open();
    let heads = repo.heads(&RefSelection::default()).unwrap();
    let walk = repo.walk(&heads.commits, &mut HashMap::new());
    let options = CountOptions {
        renames: Renames::Follow,
        attributes: AttributesOf::Nothing,
        threads: 1,
        progress: &Progress::default(),
    };
    let counts = count(&repo, &walk, options);
    assert_eq!((counts.threshold, counts.too_large), (1000, 1));
    let added: Vec<u64> = (0..2).map(|at| counts.lines[&at].total.added).collect();
    assert_eq!(added, [0, 1000]);
}

#[test]
fn attributes_of_the_work_tree_count_where_they_are_asked_for() {
    let oracle = Oracle::new();
    let file = |content: &[u8]| Files::from([("f".to_owned(), (PLAIN, content.to_vec()))]);
    oracle.import(&[vec![file(b"x\n"), file(b"x\0\n")]]);
    for (attribute, lines) in [("diff", 2), ("-diff", 0)] {
        std::fs::write(oracle.path().join(".gitattributes"), format!("f {attribute}\n")).unwrap();
        let all = both(&oracle, Renames::Follow, AttributesOf::WorkTree);
        for (id, git, own) in &all {
            assert_eq!(*own, Some(*git), "{attribute} {id}");
        }
        assert_eq!(
            all.iter().map(|(_, git, _)| git.1).sum::<u64>(),
            lines,
            "{attribute}"
        );
    }
    let without = both(&oracle, Renames::Follow, AttributesOf::Nothing);
    let added = without.iter().map(|(_, _, own)| own.unwrap().1).sum::<u64>();
    assert_eq!(added, 1);
}
