//! Aider, whose log is in the working tree.

use std::process::Command;

use insta::assert_snapshot;

use super::{install, kiln, told, told_of};
use crate::world::{START, World};

#[test]
fn a_session_is_read_and_linked() {
    assert_snapshot!(told("aider"), @r"
    aider/20260401090100-d99efba4 2026-04-01T09:01:00Z–2026-04-01T09:09:30Z: agent nullm absent, supervisory 0.5m estimated, tokens 900/300/4000/150 estimated by m-x, edits absent, commits derived
    20260401090100-d99efba4 → Cap the delay: hash, certain, hash:untimed
    ");
}

#[test]
fn every_command_finds_the_log_in_the_work_tree() {
    let world = World::new();
    let (repo, made) = kiln(&world);
    install("aider", &world, &repo, &made);
    let outside = world
        .leverage(&world.path(""))
        .args(["sessions", "kiln"])
        .output()
        .unwrap();
    assert!(
        String::from_utf8_lossy(&outside.stdout).contains("20260401"),
        "{outside:?}"
    );
    for args in [
        &["sessions"][..],
        &["sessions", "show", "20260401"],
        &["report", "--by", "session"],
        &["export", "sessions"],
        &["export", "links"],
        &["capture"],
    ] {
        let told = repo.run(args).success();
        assert!(told.contains("20260401"), "{args:?}: {told}");
    }
    let audit = repo.run(&["audit", "--format", "json"]).success();
    assert!(audit.contains("aider"), "{audit}");
}

#[test]
fn a_log_in_a_linked_work_tree_is_found() {
    let world = World::new();
    let (repo, made) = kiln(&world);
    install("aider", &world, &repo, &made);
    let expected = told_of(&repo);
    let linked = world.path("linked");
    repo.git(&["worktree", "add", "-q", linked.to_str().unwrap()]);
    for name in [".aider.chat.history.md", ".aider.input.history"] {
        std::fs::rename(world.path("kiln").join(name), linked.join(name)).unwrap();
    }
    let moved = told_of(&repo);
    // Its id is derived from the name of the directory.
    let unnamed = |told: &str| {
        let id = told.split(['/', ' ']).nth(1).unwrap();
        told.replace(id, "ID")
    };
    assert_eq!(unnamed(&moved), unnamed(&expected));
}

#[test]
fn a_log_that_somebody_committed_is_named_and_not_read() {
    let world = World::new();
    let (repo, made) = kiln(&world);
    install("aider", &world, &repo, &made);
    repo.git(&["add", "-f", ".aider.chat.history.md"]);
    repo.commit_at("Keep the talk", START + 20 * 60);
    let ran = repo.run(&["sessions"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(!ran.stdout.contains("20260401"), "{ran}");
    assert!(
        ran.stderr
            .contains(".aider.chat.history.md: not read: the log is committed"),
        "{ran}"
    );
}

#[cfg(unix)]
#[test]
fn pipes_links_and_torn_bytes_stop_nothing() {
    let world = World::new();
    let (repo, made) = kiln(&world);
    install("aider", &world, &repo, &made);
    let expected = told_of(&repo);
    let log = world.path("kiln/.aider.chat.history.md");
    let text = std::fs::read(&log).unwrap();

    let torn = [
        &text[..],
        b"\0\0\n> Tokens: 1k sent, \xff\xfe received.\n> Commit \xc3\n",
        &vec![b'#'; 1 << 20],
    ]
    .concat();
    std::fs::write(&log, torn).unwrap();
    let ran = repo.run(&["sessions"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("20260401"), "{ran}");

    // One session, though two worktrees lead to it.
    let real = world.path("kiln/.aider.real.md");
    std::fs::write(&real, &text).unwrap();
    std::fs::remove_file(&log).unwrap();
    std::os::unix::fs::symlink(&real, &log).unwrap();
    assert_eq!(told_of(&repo), expected);

    std::fs::remove_file(&log).unwrap();
    assert!(Command::new("mkfifo").arg(&log).status().unwrap().success());
    let ran = repo.run(&["sessions"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stderr.contains("cannot read the log: not a file"), "{ran}");
}
