//! How a task is named on the command line: by its id, the beginning of one, the short form, or a commit.

use crate::world::{TestRepo, World};

/// The whole id of the task that `rev` names.
fn id_of(repo: &TestRepo<'_>, rev: &str) -> String {
    let shown = repo.run(&["show", rev]).success();
    let line = shown.lines().find(|line| line.trim_start().starts_with("id "));
    line.unwrap().split_whitespace().last().unwrap().to_owned()
}

/// A repository with a commit and a task for each title, the last one at HEAD.
fn kiln<'a>(world: &'a World, titles: &[&str]) -> TestRepo<'a> {
    let repo = world.repo("kiln");
    for title in titles {
        repo.write("kiln.rs", format!("fn {title}() {{}}\n"));
        repo.commit(title);
        repo.run(&["record", "--estimate", "4h"]).success();
    }
    repo
}

#[test]
fn log_shows_the_random_part_of_an_id() {
    let world = World::new();
    let repo = kiln(&world, &["first", "second"]);
    let log = repo.run(&["log"]).success();
    for (rev, title) in [("HEAD", "second"), ("HEAD~1", "first")] {
        let whole = id_of(&repo, rev);
        let line = log.lines().find(|line| line.contains(title)).unwrap();
        assert_eq!(line.split_whitespace().nth(1), Some(&whole[24..32]), "{log}");
    }
    let csv = repo.run(&["log", "--format", "csv"]).success();
    assert!(csv.contains(&id_of(&repo, "HEAD")), "{csv}");
}

#[test]
fn four_digits_of_an_id_or_a_commit_name_a_task() {
    let world = World::new();
    let repo = kiln(&world, &["first", "second"]);
    let id = id_of(&repo, "HEAD");
    for text in [
        &id,
        &id[24..28],
        &id[24..32],
        &id[24..],
        &id.to_uppercase(),
        "HEAD",
        "@",
        "main",
    ] {
        let shown = repo.run(&["show", text]).success();
        assert!(shown.starts_with("second\n"), "{text}: {shown}");
    }
    let revise = |text: &str, hours: &str| {
        let ran = repo.run(&["revise", text, "--estimate", hours, "--reason", "Counted again"]);
        assert!(ran.success().contains("estimate     6h"), "{text}");
    };
    revise(&id[24..28], "6h");
    repo.run(&["revise", "HEAD", "--estimate", "5h", "--reason", "x"])
        .success();
    revise("HEAD", "6h");
    repo.run(&["retract", "HEAD", "--reason", "Recorded twice"])
        .success();
    let again = repo.run(&["retract", "HEAD", "--reason", "Recorded twice"]);
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""), "{again}");
    assert_eq!(again.stderr.lines().count(), 1, "{again}");
    assert!(
        again
            .stderr
            .contains(") was already retracted on 2026-04-10, with the reason `"),
        "{again}"
    );
    let shown = repo.run(&["show", "HEAD"]).success();
    assert!(shown.contains("Recorded twice"), "{shown}");
    let final_ = repo.run(&["revise", "HEAD", "--estimate", "1h", "--reason", "x"]);
    assert!(final_.stderr.contains("retracted"), "{final_}");
}

#[test]
fn an_ambiguous_beginning_names_the_candidates() {
    let world = World::new();
    let repo = kiln(&world, &["first"]);
    // The clock of the tests stands still, so both UUIDs begin alike.
    repo.run(&["record", "--another", "--estimate", "2h", "--title", "second"])
        .success();
    let ids: Vec<String> = repo
        .run(&["log"])
        .success()
        .lines()
        .skip(3)
        .filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned))
        .collect();
    let whole = id_of(&repo, &ids[0]);
    let ran = repo.run(&["show", &whole[..8]]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr
            .starts_with(&format!("error: ambiguous task id `{}`: ", &whole[..8])),
        "{ran}"
    );
    for (id, title) in ids.iter().zip(["second", "first"]) {
        let one = repo.run(&["show", id]).success();
        let title = if one.starts_with(title) {
            title
        } else {
            one.lines().next().unwrap()
        };
        assert!(ran.stderr.contains(&format!("`{title}` ({id})")), "{ran}");
    }
    let of_commit = repo.run(&["revise", "HEAD", "--estimate", "1h", "--reason", "x"]);
    assert!(of_commit.stderr.contains("`HEAD` has 2 tasks: `"), "{of_commit}");
    let both = repo.run(&["show", "HEAD"]).success();
    assert!(both.contains("first\n") && both.contains("second\n"), "{both}");
}

#[test]
fn what_names_no_task_says_what_to_do() {
    let world = World::new();
    let repo = kiln(&world, &["first"]);
    repo.commit("empty");
    for (text, said, hint) in [
        ("6b89", "unknown task or commit `6b89`", "git leverage log"),
        ("abc", "unknown task or commit `abc`", "at least 4 digits"),
        (
            "HEAD",
            "`HEAD` has no task",
            "git leverage record HEAD --estimate 40h",
        ),
    ] {
        for args in [&["show", text][..], &["retract", text, "--reason", "x"]] {
            let ran = repo.run(args);
            assert_eq!(ran.code, Some(1), "{ran}");
            assert!(ran.stderr.contains(said) && ran.stderr.contains(hint), "{ran}");
        }
    }
    let unborn = world.repo("unborn").run(&["show"]);
    assert!(
        unborn.stderr.contains("the current branch has no commits yet"),
        "{unborn}"
    );
    assert!(unborn.stderr.contains("Run `git commit` first"), "{unborn}");
    assert!(!unborn.stderr.contains("--no-commit"), "{unborn}");
}
