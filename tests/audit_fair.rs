//! Honest work as seen by the commands that read it: nothing is written, a rewrite, an import or a shallow clone is not
//! reported as a fault, and what was not read is reported.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;

use crate::world::{NOW, START, TestRepo, World};

/// Every file and directory below `folder`, with its size and modification time.
fn listing(folder: &Path) -> BTreeMap<String, (u64, SystemTime)> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        let data = std::fs::symlink_metadata(&next).unwrap();
        let size = if data.is_file() { data.len() } else { 0 };
        found.insert(next.display().to_string(), (size, data.modified().unwrap()));
        if data.is_dir() {
            pending.extend(
                std::fs::read_dir(&next)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    found
}

#[test]
fn reading_writes_nothing() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/kiln.rs", "fn fire() {}\n").commit("Fire");
    let record = [
        "record",
        "--estimate",
        "4h",
        "--agent-time",
        "10m",
        "--supervision",
        "2m",
    ];
    repo.run(&record).success();
    repo.run(&["record", "--estimate", "1h", "--no-commit", "--title", "Talk"])
        .success();
    repo.git(&["clone", "--quiet", "--mirror", ".", "../mirror.git"]);
    // As if the ledger was fetched into a repository without a reflog of its notes.
    std::fs::remove_dir_all(repo.path().join(".git/logs")).unwrap();
    let reading: [&[&str]; 14] = [
        &["audit"],
        &["report"],
        &["report", "--by", "task"],
        &["scan"],
        &["inventory"],
        &["sessions"],
        &["export", "commits"],
        &["export", "tasks"],
        &["export", "sessions"],
        &["export", "links"],
        &["export", "survival"],
        &["log"],
        &["show"],
        &["trailers"],
    ];
    for place in [repo.path().to_owned(), world.path("mirror.git")] {
        for args in reading {
            let before = listing(&place);
            let ran = world.run_in(&place, args);
            assert!(matches!(ran.code, Some(0 | 1 | 3)), "{args:?} {ran}");
            assert_eq!(before, listing(&place), "{args:?} wrote: {ran}");
        }
    }
}

#[test]
fn a_line_that_cannot_be_read_is_a_part_that_was_not_read() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.rs", "fn a() {}\n").commit("Start");
    repo.run(&["record", "--estimate", "4h"]).success();
    let every: [&[&str]; 6] = [
        &["audit"],
        &["report"],
        &["log"],
        &["show"],
        &["export", "commits"],
        &["export", "tasks"],
    ];
    for args in every {
        repo.run(args).success();
    }
    let line = repo.git(&["notes", "--ref=leverage", "show", &commit]);
    for wrong in [
        line.replace(r#""hours":4"#, r#""hours":-4"#),
        r#"{"v":2,"kind":"task","id":"019d7743-6a00-7707-8707-070707070701","new":1}"#.to_owned(),
    ] {
        repo.git_at(
            &[
                "notes",
                "--ref=leverage",
                "add",
                "-f",
                "-m",
                &format!("{line}\n{wrong}"),
                &commit,
            ],
            NOW,
        );
        for args in every {
            let ran = repo.run(args);
            assert_eq!(ran.code, Some(3), "{args:?} {ran}");
            assert!(ran.stderr.contains("a line cannot be read"), "{args:?} {ran}");
        }
    }
}

fn audited(repo: &TestRepo<'_>) -> Value {
    let ran = repo.run(&["audit", "--format", "json"]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran}"))
}

/// What rules found, as `level rule`.
fn found(audit: &Value) -> Vec<String> {
    let text = |found: &Value, field: &str| found[field].as_str().unwrap().to_owned();
    let findings = audit["findings"].as_array().unwrap().iter();
    findings
        .map(|found| format!("{} {}", text(found, "level"), text(found, "rule")))
        .collect()
}

fn skipped(audit: &Value, reason: &str) -> Vec<String> {
    let skipped = audit["skipped"].as_array().unwrap().iter();
    skipped
        .filter(|one| one["reason"].as_str().unwrap().contains(reason))
        .map(|one| one["rule"].as_str().unwrap().to_owned())
        .collect()
}

/// A repository whose only task is on the last commit of a branch that another commit has overtaken.
fn overtaken(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("start.rs", "fn start() {}\n").commit("Start");
    repo.git(&["checkout", "--quiet", "-b", "work"]);
    repo.write("kiln.rs", "fn fire() {}\n".repeat(400))
        .commit_at("Fire", NOW - 60);
    repo.run(&[
        "record",
        "--estimate",
        "8h",
        "--agent-time",
        "20m",
        "--supervision",
        "5m",
    ])
    .success();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("other.rs", "fn other() {}\n").commit("Other");
    repo
}

/// No finding, and the hours are counted on the reachable commit.
fn assert_fair(repo: &TestRepo<'_>) {
    let audit = audited(repo);
    assert_eq!(found(&audit), [""; 0], "{audit:#}");
    assert_eq!(audit["confidence"]["linked"]["tasks"], 1, "{audit:#}");
}

#[test]
fn a_rebase_that_copies_notes_is_no_finding() {
    let world = World::new();
    let repo = overtaken(&world);
    repo.git(&["config", "notes.rewriteRef", "refs/notes/leverage"]);
    repo.git(&["rebase", "--quiet", "main", "work"]);
    assert_eq!(repo.git(&["notes", "--ref=leverage", "list"]).lines().count(), 2);
    assert_fair(&repo);
    repo.git_at(&["commit", "--amend", "--quiet", "-m", "Fire well"], NOW);
    assert_fair(&repo);
    // The old commits are removed, and with them their notes.
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["update-ref", "-d", "ORIG_HEAD"]);
    repo.git(&["prune", "--expire=now"]);
    assert_fair(&repo);
    repo.git(&["notes", "--ref=leverage", "prune"]);
    assert_eq!(repo.git(&["notes", "--ref=leverage", "list"]).lines().count(), 1);
    assert_fair(&repo);
}

#[test]
fn a_rewrite_that_leaves_the_note_behind_is_followed() {
    let world = World::new();
    let repo = overtaken(&world);
    repo.git(&["cherry-pick", "work"]);
    repo.git(&["branch", "--quiet", "-D", "work"]);
    assert_fair(&repo);
    repo.write("kiln.rs", "fn fire_well() {}\n".repeat(500));
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    assert_fair(&repo);
    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    assert_eq!(found(&audited(&repo)), ["warning commit-missing"]);
}

#[test]
fn a_line_that_was_taken_back_is_not_gone() {
    let world = World::new();
    let repo = overtaken(&world);
    repo.git(&["checkout", "--quiet", "work"]);
    let line = repo.git(&["notes", "--ref=leverage", "show"]);
    repo.git_at(&["notes", "--ref=leverage", "remove"], NOW);
    // Another record, so that the ledger does not disappear completely.
    repo.git_at(&["notes", "--ref=leverage", "add", "-m", &line, "main"], NOW);
    assert_fair(&repo);
    repo.git_at(&["notes", "--ref=leverage", "remove", "main"], NOW);
    assert!(found(&audited(&repo)).contains(&"error ledger-line-removed".to_owned()));
}

#[test]
fn an_import_says_so_and_is_no_forgery() {
    let world = World::new();
    let repo = overtaken(&world);
    let exported = repo.run(&["export", "tasks"]).success();
    let old = exported.replace("2026-04-10T12:00:00Z", "2026-03-10T12:00:00Z");
    assert_ne!(old, exported);
    let new = world.repo("new");
    new.write("start.rs", "fn start() {}\n").commit("Start");
    std::fs::write(world.path("tasks.jsonl"), old).unwrap();
    new.run(&["import", "../tasks.jsonl"]).success();
    let audit = audited(&new);
    let dated: Vec<&Value> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["rule"] == "ledger-back-dated")
        .collect();
    assert_eq!(dated.len(), 1, "{audit:#}");
    assert_eq!(dated[0]["level"], "note");
    let message = dated[0]["message"].as_str().unwrap();
    assert!(
        message.starts_with("1 task was imported on 2026-04-10"),
        "{message}"
    );
}

#[test]
fn a_shallow_clone_blames_nobody() {
    let world = World::new();
    let repo = overtaken(&world);
    repo.git(&["checkout", "--quiet", "work"]);
    // A ledger whose last commit contains what an older one added.
    repo.git_at(
        &["notes", "--ref=leverage", "add", "-m", "x", "main"],
        NOW + 90_000,
    );
    let url = format!("file://{}", repo.path().display());
    let clone = |name: &str, args: &[&str]| {
        let place = world.path(name);
        let place = place.to_str().unwrap();
        repo.git(&[&["clone", "--quiet", "--branch", "work", &url, place], args].concat());
        world.repo(name)
    };
    let ledger = "refs/notes/leverage:refs/notes/leverage";
    let whole = clone("whole", &[]);
    whole.git(&["fetch", "--quiet", "--depth=1", "origin", ledger]);
    let audit = audited(&whole);
    assert_eq!(found(&audit), [""; 0], "{audit:#}");
    assert_eq!(
        skipped(&audit, "fetched shallow"),
        [
            "estimate-after-work",
            "ledger-line-removed",
            "ledger-back-dated",
            "revision-twice",
            "written-by-another",
            "ledger-moved"
        ]
    );
    repo.write("later.rs", "fn later() {}\n").commit("Later");
    let cut = clone("cut", &["--depth=1"]);
    cut.git(&["fetch", "--quiet", "origin", ledger]);
    let audit = audited(&cut);
    assert_eq!(found(&audit), [""; 0], "{audit:#}");
    let confidence = &audit["confidence"];
    assert_eq!(confidence["unsupported"]["tasks"], 0, "{audit:#}");
    assert_eq!(confidence["unchecked"]["tasks"], 1, "{audit:#}");
    let rules = skipped(&audit, "the clone is shallow");
    assert!(rules.contains(&"commit-missing".to_owned()), "{rules:?}");
    assert!(!rules.contains(&"ledger-back-dated".to_owned()), "{rules:?}");
}

#[test]
fn what_landed_again_is_not_reverted() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("start.rs", "fn start() {}\n").commit("Start");
    let fire = repo
        .write("kiln.rs", "fn fire() {}\n".repeat(400))
        .commit_at("Fire", NOW - 60);
    repo.run(&[
        "record",
        "--estimate",
        "8h",
        "--agent-time",
        "20m",
        "--supervision",
        "5m",
    ])
    .success();
    repo.git_at(&["revert", "--no-edit", &fire], NOW);
    assert_eq!(found(&audited(&repo)), ["warning commit-reverted"]);
    repo.git_at(&["cherry-pick", &fire], NOW + 60);
    assert_eq!(found(&audited(&repo)), [""; 0]);
    repo.git_at(&["revert", "--no-edit", "HEAD"], NOW + 120);
    assert_eq!(found(&audited(&repo)), ["warning commit-reverted"]);
}

#[test]
fn a_squash_of_two_claims_is_no_finding() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n".repeat(400)).commit_at(
        "Kiln\n\nFire\n\nLeverage-Estimate: 4h\nLeverage-Agent-Time: 10m\n\nCool\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 5m",
        START,
    );
    let audit = audited(&repo);
    assert_eq!(audit["confidence"]["claimed"]["tasks"], 2, "{audit:#}");
    assert_eq!(found(&audit), [""; 0], "{audit:#}");
}

#[test]
fn tasks_without_code_name_what_was_not_fetched() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("start.rs", "fn start() {}\n").commit("Start");
    repo.run(&["record", "--estimate", "1h", "--no-commit", "--title", "Talk"])
        .success();
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "--quiet", &url, "../clone"]);
    let clone = world.repo("clone");
    clone.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/notes/leverage:refs/notes/leverage",
    ]);
    let audit = audited(&clone);
    let missing = &audit["findings"][0];
    assert_eq!(missing["rule"], "commit-missing", "{audit:#}");
    assert!(
        missing["message"]
            .as_str()
            .unwrap()
            .contains("refs/leverage/tasks"),
        "{missing}"
    );
    clone.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/leverage/tasks:refs/leverage/tasks",
    ]);
    assert_eq!(found(&audited(&clone)), ["note claim-without-commit"]);
}

#[test]
fn an_empty_commit_does_not_move_the_work() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n".repeat(400)).commit("Fire");
    repo.run(&[
        "record",
        "--estimate",
        "8h",
        "--agent-time",
        "20m",
        "--supervision",
        "5m",
    ])
    .success();
    assert_eq!(found(&audited(&repo)), ["warning estimate-after-work"]);
    let empty = repo.commit_at("Nothing", NOW);
    let log: Value = serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
    let id = log["tasks"][0]["id"].as_str().unwrap();
    repo.run(&["revise", id, "--commit", &empty, "--reason", "more"])
        .success();
    assert_eq!(found(&audited(&repo)), ["warning estimate-after-work"]);
}

#[test]
fn a_repository_cannot_silence_its_audit_unseen() {
    let world = World::new();
    let repo = overtaken(&world);
    repo.git(&["checkout", "--quiet", "work"]);
    repo.git_at(&["notes", "--ref=leverage", "add", "-f", "-m", "{}"], NOW);
    let taken = repo.git(&["rev-parse", "refs/notes/leverage"]);
    let removed = format!("ledger-line-removed:{taken}");
    let file = format!("{removed}  never mind\nno-such-rule:1  typed wrongly\n");
    repo.write(".leverage-audit", file).commit("Explain");
    let ran = repo.run(&["audit", "-v"]);
    assert!(ran.stdout.contains("(ledger-line-removed)"), "{ran}");
    assert!(
        ran.stderr
            .contains("the repository cannot allow an error about its own ledger"),
        "{ran}"
    );
    assert!(ran.stderr.contains("unknown rule `no-such-rule`"), "{ran}");
    let ran = repo.run(&["audit", "--allow", &removed]);
    assert!(!ran.stdout.contains("(ledger-line-removed)"), "{ran}");
}

#[test]
fn findings_that_the_repository_allows_are_counted_and_can_be_shown() {
    let world = World::new();
    let repo = overtaken(&world);
    repo.git(&["branch", "--quiet", "-D", "work"]);
    let missing = audited(&repo)["findings"][0]["entry"]
        .as_str()
        .unwrap()
        .to_owned();
    repo.write(".leverage-audit", format!("{missing}  the branch is gone\n"))
        .commit("Explain");
    let ran = repo.run(&["audit", "--strict"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stdout.contains("1 finding allowed by the repository itself"),
        "{ran}"
    );
    assert_eq!(repo.run(&["audit", "--strict", "--no-allow-file"]).code, Some(4));
}
