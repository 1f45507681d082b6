//! Filters that rewrite a whole history and discard the old one: the traces they leave, and what remains of a ledger.

use std::collections::BTreeSet;

use crate::repair::{glaze, noted, repaired, totals};
use crate::rewrites::{Way, kiln, wrong};
use crate::world::{TestRepo, World};

/// Rewrites `topic` with another title and author, and preserves nothing of the old commits but a map, as
/// `git filter-repo` does. Returns the lines of the map.
fn filter(repo: &TestRepo<'_>, title: &str) -> Vec<String> {
    let all = |repo: &TestRepo<'_>| repo.git(&["rev-list", "--topo-order", "topic"]);
    let before = all(repo);
    let env = "GIT_AUTHOR_EMAIL=bo@example.org; GIT_AUTHOR_NAME=Bo; export GIT_AUTHOR_EMAIL GIT_AUTHOR_NAME";
    let message = format!("sed '1s/.*/{title}/'");
    let filters = ["--env-filter", env, "--msg-filter", &message];
    let command = [&["filter-branch", "-f"][..], &filters, &["--", "topic"]].concat();
    repo.git_with_env(&command, &[("FILTER_BRANCH_SQUELCH_WARNING", "1")]);
    repo.git(&["update-ref", "-d", "refs/original/refs/heads/topic"]);
    repo.git(&["checkout", "--quiet", "--force", "topic"]);
    prune(repo);
    let after = all(repo);
    before
        .lines()
        .zip(after.lines())
        .map(|(old, new)| format!("{old} {new}"))
        .collect()
}

fn prune(repo: &TestRepo<'_>) {
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
}

fn write_map(repo: &TestRepo<'_>, lines: &[String]) {
    let map = format!("old{:38}new\n{}\n", "", lines.join("\n"));
    repo.write(".git/filter-repo/commit-map", map);
}

#[test]
fn the_map_of_a_filter_tells_what_took_the_place_of_commits() {
    for way in [Way::Note, Way::Both, Way::Revised] {
        let world = World::new();
        let repo = kiln(&world, "kiln", way, false);
        let map = filter(&repo, "Oven");
        let copy = world.copy();
        if way == Way::Note {
            let said = repaired(&repo, "without a map");
            assert!(said.contains("its commit is not in this clone"), "{said}");
        }
        copy.restore();
        write_map(&repo, &map);
        assert_eq!(wrong(&repo, way.expected()), [""; 0], "{way:?}");
        let said = repaired(&repo, "with its map");
        assert!(!said.contains("undecided"), "{way:?}: {said}");
        let head = BTreeSet::from([repo.git(&["rev-parse", "topic"])]);
        assert_eq!(noted(&repo, "\"kind\":\"task\""), head, "{way:?}: {said}");
        assert_eq!(wrong(&repo, way.expected()), [""; 0], "{way:?}, repaired");
        // What the filter made was amended since.
        copy.restore();
        write_map(&repo, &map);
        repo.git(&["commit", "--quiet", "--amend", "-m", &way.message("Furnace")]);
        let said = repaired(&repo, "amended after the filter");
        assert!(!said.contains("undecided"), "{way:?}: {said}");
        let head = BTreeSet::from([repo.git(&["rev-parse", "topic"])]);
        assert_eq!(noted(&repo, "\"kind\":\"task\""), head, "{way:?}: {said}");
        // A map that records that the commit was removed, and an invalid one.
        copy.restore();
        for (old, _) in map.iter().filter_map(|line| line.split_once(' ')) {
            let none = format!("{old} {}", "0".repeat(40));
            write_map(&repo, &[none, format!("{old} {old}x"), "x".repeat(100_000)]);
            assert!(!repaired(&repo, "removed").contains("->"));
        }
    }
}

/// A copy that names its original, if that commit is not here.
#[test]
fn a_message_tells_of_which_commit_it_is_a_copy() {
    for said in ["(cherry picked from commit ID)", "Former-commit-id: ID"] {
        let world = World::new();
        let repo = kiln(&world, "kiln", Way::Note, false);
        let before = totals(&repo);
        let old = repo.git(&["rev-parse", "topic"]);
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["cherry-pick", "--no-commit", "topic"]);
        let new = repo.commit(&format!("Oven\n\n{}\n", said.replace("ID", &old)));
        repo.git(&["branch", "--quiet", "-f", "topic", "topic~1"]);
        prune(&repo);
        let told = repaired(&repo, said);
        assert!(!told.contains("undecided"), "{said}: {told}");
        assert_eq!(noted(&repo, "\"kind\":\"task\""), [new].into(), "{said}: {told}");
        assert_eq!(totals(&repo), before, "{said}");
    }
}

/// A filter of all refs moves the notes of the ledger into a directory, too.
#[test]
fn notes_that_a_filter_moved_are_read_and_put_back() {
    let world = World::new();
    let repo = glaze(&world);
    let before = totals(&repo);
    let mut tree = repo.git(&["rev-parse", "refs/notes/leverage^{tree}"]);
    for folder in ["pottery", "lib"] {
        tree = repo.git_with_input(&["mktree"], &format!("040000 tree {tree}\t{folder}\n"));
    }
    let moved = repo.git(&["commit-tree", "-m", "Moved", &tree]);
    for reference in ["refs/notes/leverage", "refs/leverage/pin"] {
        repo.git(&["update-ref", reference, &moved]);
    }
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    assert_eq!(totals(&repo), before);
    let _ = repo
        .run(&["record", "main", "--estimate", "1h", "--title", "More"])
        .success();
    assert_eq!(totals(&repo)[0], 4);
    assert_eq!(noted(&repo, "Task of").len(), 3);
}

#[test]
fn a_ledger_that_a_filter_removed_is_missed() {
    let world = World::new();
    let repo = glaze(&world);
    let tip = repo.git(&["rev-parse", "refs/notes/leverage"]);
    for reference in ["refs/notes/leverage", "refs/leverage/pin"] {
        repo.git(&["update-ref", "-d", reference]);
    }
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    let map = format!("old ref\n{tip} {} refs/notes/leverage\n", "0".repeat(40));
    repo.write(".git/filter-repo/ref-map", map);
    for command in ["report", "log", "repair"] {
        let ran = repo.run(&[command]);
        assert_eq!(ran.code, Some(3), "{command}: {ran}");
        assert!(
            ran.stderr.contains("git filter-repo removed the ledger"),
            "{command}: {ran}"
        );
    }
    repo.git(&["update-ref", "refs/notes/leverage", &tip]);
    assert_eq!(repo.run(&["report"]).code, Some(0));
}

/// Another program may have put something else in the place of a filter's map.
#[test]
fn a_map_that_is_no_file_is_none() {
    let world = World::new();
    let repo = kiln(&world, "kiln", Way::Note, false);
    filter(&repo, "Oven");
    std::fs::create_dir_all(repo.path().join(".git/filter-repo/commit-map")).unwrap();
    assert!(repaired(&repo, "a folder").contains("undecided"));
}
