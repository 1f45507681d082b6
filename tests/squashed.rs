//! Squashes with new titles: what they took over counts once, and what they dropped is reported.

use serde_json::Value;

use crate::repair::{changing, delete, noted, repaired, totals};
use crate::world::{TestRepo, World};

const PARTS: [(&str, &str, u32); 3] = [
    ("Clay", "clay.rs", 3),
    ("Kiln", "kiln.rs", 4),
    ("Glaze", "glaze.rs", 5),
];

fn trailers(hours: u32) -> String {
    format!("Leverage-Estimate: {hours}h\nLeverage-Agent-Time: {hours}m\n")
}

/// The trailers of these parts, a paragraph each.
fn of_parts(parts: &[usize]) -> String {
    let paragraphs: Vec<String> = parts.iter().map(|part| trailers(PARTS[*part].2)).collect();
    paragraphs.join("\n")
}

/// A branch of three commits with trailers, and a main branch that advanced.
fn pottery(world: &World) -> TestRepo<'_> {
    let repo = world.repo("pottery");
    repo.write("base.rs", "fn base() {}\n").commit("Base");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    for (title, file, hours) in PARTS {
        repo.write(file, format!("fn {}() {{}}\n", title.to_lowercase()));
        repo.commit(&format!("{title}\n\n{}", trailers(hours)));
    }
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("more.rs", "fn more() {}\n").commit("More");
    repo
}

fn squash(repo: &TestRepo<'_>, message: &str) -> String {
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    repo.commit(message)
}

fn hours(repo: &TestRepo<'_>) -> [Value; 2] {
    let [tasks, hours, ..] = totals(repo);
    [tasks, hours]
}

/// What a squash was, and what came after it.
type Case = (&'static str, fn(&TestRepo<'_>));

const KEPT: &[Case] = &[
    ("all trailers", |repo| {
        squash(repo, &format!("Pottery\n\n{}", of_parts(&[0, 1, 2])));
    }),
    ("the trailers of one", |repo| {
        squash(repo, &format!("Pottery\n\n{}", of_parts(&[1])));
    }),
    ("a number of a forge", |repo| {
        squash(repo, &format!("Pottery (#3)\n\n{}", of_parts(&[2, 0])));
    }),
    ("a branch that went on", |repo| {
        squash(repo, &format!("Pottery\n\n{}", of_parts(&[0, 1, 2])));
        repo.git(&["checkout", "--quiet", "topic"]);
        repo.write("firing.rs", "fn firing() {}\n").commit("Firing");
    }),
    ("main went on", |repo| {
        squash(repo, &format!("Pottery\n\n{}", of_parts(&[0, 1, 2])));
        repo.write("later.rs", "fn later() {}\n").commit("Later");
    }),
    ("one of them alone", |repo| {
        repo.git(&["cherry-pick", "--no-commit", "topic~1"]);
        repo.commit(&format!("Oven\n\n{}", of_parts(&[1])));
    }),
    ("the last two", |repo| {
        repo.git(&["cherry-pick", "--no-commit", "topic~1", "topic"]);
        repo.commit(&format!("Oven\n\n{}", of_parts(&[1, 2])));
    }),
    ("more beside, and every trailer", |repo| {
        repo.git(&["merge", "--quiet", "--squash", "topic"]);
        repo.write("kiln.rs", "fn kiln() -> u8 { 1 }\n");
        repo.commit(&format!("Pottery\n\n{}", of_parts(&[0, 1, 2])));
    }),
    ("a squash of a squash", |repo| {
        squash(repo, &format!("Pottery\n\n{}", of_parts(&[0, 1, 2])));
        repo.git(&["checkout", "--quiet", "-b", "release", "main~2"]);
        repo.git(&["cherry-pick", "--no-commit", "main"]);
        repo.commit(&format!("Workshop\n\n{}", of_parts(&[0, 1, 2])));
    }),
];

#[test]
fn a_squash_under_its_own_title_counts_once_beside_its_branch() {
    let world = World::new();
    let repo = pottery(&world);
    let copy = world.copy();
    for (case, squash) in KEPT {
        copy.restore();
        squash(&repo);
        assert_eq!(hours(&repo), [3, 12], "{case}");
        assert_eq!(repaired(&repo, case), "", "{case}");
    }
}

/// The same claim on another branch is another task if nothing else is equal.
#[test]
fn other_work_with_the_same_claim_counts() {
    let world = World::new();
    let repo = pottery(&world);
    let copy = world.copy();
    let other = |files: &[(&str, &str)], claims: &[usize]| {
        copy.restore();
        for (file, text) in files {
            repo.write(file, text);
        }
        repo.commit(&format!("Other work\n\n{}", of_parts(claims)));
        hours(&repo)
    };
    assert_eq!(other(&[("other.rs", "fn other() {}\n")], &[1]), [4, 16]);
    assert_eq!(other(&[("kiln.rs", "fn other() {}\n")], &[1]), [4, 16]);
    let two = [("kiln.rs", "fn other() {}\n"), ("other.rs", "fn other() {}\n")];
    assert_eq!(other(&two, &[1, 2]), [5, 21]);
}

/// Makes each task one of ten hours.
fn revise_all(repo: &TestRepo<'_>) {
    let log: Value = serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
    for task in log["tasks"].as_array().unwrap() {
        let id = task["id"].as_str().unwrap();
        let _ = repo
            .run(&["revise", id, "--estimate", "10h", "--reason", "Counted"])
            .success();
    }
}

/// A record on an unreachable commit, whose claim the squash repeated.
#[test]
fn a_record_is_told_again_by_a_squash_under_its_own_title() {
    let world = World::new();
    let repo = pottery(&world);
    revise_all(&repo);
    let copy = world.copy();
    for parts in [&[0, 1, 2][..], &[1]] {
        for is_kept in [true, false] {
            copy.restore();
            let onto = squash(&repo, &format!("Pottery\n\n{}", of_parts(parts)));
            if !is_kept {
                delete(&repo);
            }
            assert_eq!(hours(&repo), [3, 30], "{parts:?} {is_kept}");
            let said = repaired(&repo, "a squash under its own title");
            assert!(!said.contains("undecided"), "{said}");
            if !is_kept {
                assert_eq!(noted(&repo, "\"kind\":\"task\""), [onto].into(), "{said}");
            }
        }
    }
}

/// A squash with git's message, of which a filter changed every title and id.
#[test]
fn what_a_changed_message_quotes_counts_once() {
    let world = World::new();
    let repo = pottery(&world);
    revise_all(&repo);
    let parts = repo.git(&["rev-list", "main..topic"]);
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    let mut message = std::fs::read_to_string(repo.path().join(".git/SQUASH_MSG")).unwrap();
    for part in parts.lines() {
        message = message.replace(part, &part.chars().rev().collect::<String>());
    }
    for (title, _, _) in PARTS {
        message = message.replace(&format!("    {title}\n"), &format!("    Piece of {title}\n"));
    }
    assert_eq!(message.matches("Piece of").count(), 3);
    repo.commit(&message);
    assert_eq!(hours(&repo), [3, 30]);
    delete(&repo);
    assert_eq!(hours(&repo), [3, 30]);
    assert!(!repaired(&repo, "quoted").contains("undecided"));
}

#[test]
fn trailers_that_a_squash_dropped_are_listed() {
    let world = World::new();
    let repo = pottery(&world);
    let copy = world.copy();
    let onto = squash(&repo, "Pottery");
    assert_eq!(repaired(&repo, "the branch is there"), "");
    delete(&repo);
    let said = repaired(&repo, "the branch is gone");
    assert_eq!(said.matches("only a message claims it").count(), 3, "{said}");
    assert_eq!(
        said.matches(&format!("candidate {}", &onto[..10])).count(),
        3,
        "{said}"
    );
    // The printed command takes them over, all at once.
    let command = said.lines().find_map(|line| {
        line.trim()
            .strip_prefix("To decide, run `git leverage ")?
            .strip_suffix('`')
    });
    let command: Vec<&str> = command.unwrap().split(' ').collect();
    let _ = repo.run(&command).success();
    assert_eq!(hours(&repo), [3, 12]);
    assert_eq!(repaired(&repo, "decided"), "");
    assert_eq!(noted(&repo, "Kiln"), [onto].into());
    // Also one by one.
    copy.restore();
    let gone: Vec<String> = ["topic~2", "topic~1", "topic"]
        .map(|part| repo.git(&["rev-parse", part]))
        .into();
    squash(&repo, "Pottery");
    delete(&repo);
    for part in &gone {
        let _ = repo.run(&["carry", "--onto", "main", "--from", part]).success();
    }
    assert_eq!(hours(&repo), [3, 12]);
    assert_eq!(repaired(&repo, "decided one by one"), "");
}

/// What nothing took over, or what was claimed again, is not a loss.
#[test]
fn trailers_of_what_was_thrown_away_are_not_listed() {
    let world = World::new();
    let repo = pottery(&world);
    let copy = world.copy();
    delete(&repo);
    assert_eq!(repaired(&repo, "thrown away"), "");
    copy.restore();
    squash(&repo, "Pottery\n\nLeverage-Estimate: 11h\n");
    delete(&repo);
    assert_eq!(repaired(&repo, "claimed anew"), "");
    assert_eq!(hours(&repo), [1, 11]);
    copy.restore();
    squash(&repo, "Pottery");
    delete(&repo);
    let _ = repo.run(&["record", "--estimate", "11h"]).success();
    assert_eq!(repaired(&repo, "recorded anew"), "");
    copy.restore();
    // The commit made from it claims the same.
    repo.git(&["rebase", "--quiet", "main", "topic"]);
    repo.git(&[
        "commit",
        "--quiet",
        "--amend",
        "-m",
        &format!("Finish\n\n{}", trailers(5)),
    ]);
    assert_eq!(repaired(&repo, "rewritten"), "");
    assert_eq!(hours(&repo), [3, 12]);
    assert_eq!(changing(&repo, "kiln.rs").len(), 1);
}

/// Untrusted messages that name thousands of commits, and claim thousands of tasks.
#[test]
fn messages_that_name_thousands_of_commits_prove_nothing() {
    let world = World::new();
    let repo = pottery(&world);
    let gone = repo.git(&["rev-parse", "topic"]);
    let _ = repo
        .run(&["record", "topic", "--another", "--estimate", "2h"])
        .success();
    delete(&repo);
    let mut message = "Everything\n".to_owned();
    for number in 0..4_000 {
        let id = format!("{number:040x}");
        message += &format!("\ncommit {id}\nAuthor: Ada <a@b>\n\nFormer-commit-id: {id}\n");
        message += &format!("\nLeverage-Estimate: 4h\nLeverage-Task: {number}\n");
    }
    let file = world.path("message");
    std::fs::write(&file, message).unwrap();
    let commit = ["commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-F"];
    repo.git(&[&commit[..], &[&file.to_string_lossy()]].concat());
    let said = repaired(&repo, "thousands of ids");
    assert!(said.contains("nothing proves"), "{said}");
    assert!(!said.contains("->"), "{said}");
    // One that is named in two such messages is undecided.
    for number in 0..2 {
        repo.commit(&format!("Copy {number}\n\nFormer-commit-id: {gone}\n"));
    }
    let said = repaired(&repo, "named twice");
    assert!(
        said.contains("more than one commit may replace the original"),
        "{said}"
    );
}
