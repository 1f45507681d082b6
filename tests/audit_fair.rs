//! What honest work looks like to the commands that read it: nothing is written, nothing is blamed on a rewrite, an import
//! or a shallow clone, and what was not read is said.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use crate::world::{NOW, World};

/// Every file and folder below `folder`, with its size and when it was last changed.
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
    // As where the ledger was fetched into a repository that logs no notes.
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
            assert!(
                ran.stderr.contains("a line was kept but not read"),
                "{args:?} {ran}"
            );
        }
    }
}
