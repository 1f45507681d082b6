//! Sweeps read repositories that nobody asked for: a command elsewhere notices neither one that hangs nor one that
//! kills its reader.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use crate::hooks::{at, hook, notes, text, told, worked};
use crate::world::{World, executable};

fn set(world: &World, name: &str, value: &str) {
    let set = world
        .git(&world.home())
        .args(["config", "--global", name, value])
        .status();
    assert!(set.unwrap().success());
}

/// A pending session in a repository where a record is signed by a script, and an unrelated repository.
fn signed_by(world: &World, script: &str) {
    let repo = worked(world, "s");
    let program = world.path("signer");
    executable(&program, &format!("#!/bin/sh\n{script}\n"));
    set(world, "leverage.sign", "true");
    set(world, "gpg.program", program.to_str().unwrap());
    world.repo("other").commit("Begin");
    hook(world, &told(world, "SessionStart", "s", repo.path()), 0);
}

#[test]
fn a_repository_that_hangs_holds_up_no_other_command() {
    let world = World::new();
    let sleeps = world.path("sleeps");
    signed_by(
        &world,
        &format!("echo $$ >> '{}'; exec sleep 300", sleeps.display()),
    );
    let began = Instant::now();
    let status = at(&world, &world.at("other"), 60, &["status"]);
    assert!(status.status.success(), "{}", text(&status));
    // The capture still waits for the script, and no other one tries meanwhile.
    assert!(sleeps.is_file(), "it was tried");
    let again = Instant::now();
    let status = at(&world, &world.at("other"), 61, &["status"]);
    assert!(status.status.success(), "{}", text(&status));
    assert!(again - began < Duration::from_secs(60) && again.elapsed() < Duration::from_secs(60));
    for pid in std::fs::read_to_string(&sleeps).unwrap().lines() {
        let _ = std::process::Command::new("kill").arg(pid).status();
    }
}

#[test]
fn a_repository_that_kills_its_reader_kills_no_other_command() {
    let world = World::new();
    // The parent of the git that started this.
    signed_by(
        &world,
        "kill -9 $(sed 's/.*) [A-Z] //' /proc/$PPID/stat | cut -d' ' -f1)",
    );
    let status = at(&world, &world.at("other"), 60, &["status"]);
    assert!(status.status.success(), "{}", text(&status));
    assert!(
        text(&status).contains("ended early: signal: 9"),
        "{}",
        text(&status)
    );
    // It is still pending, and captured once the script is fixed.
    set(&world, "leverage.sign", "false");
    assert!(notes(&world.at("kiln")).is_empty());
    let status = at(&world, &world.at("other"), 61, &["status"]);
    assert!(
        status.status.success() && !text(&status).contains("ended early"),
        "{}",
        text(&status)
    );
    assert_eq!(notes(&world.at("kiln")).len(), 1);
}

/// What is pending elsewhere is not even examined by commands about one repository.
#[test]
fn a_command_in_one_repository_looks_at_no_other() {
    let world = World::new();
    signed_by(&world, "exit 1");
    std::fs::write(world.path("kiln/.git/config"), "[").unwrap();
    for args in [
        &["report"][..],
        &[
            "record",
            "--estimate",
            "2h",
            "--agent-time",
            "1m",
            "-c",
            "leverage.sign=false",
        ],
    ] {
        let output = at(&world, &world.at("other"), 60, args);
        assert!(output.status.success(), "{}", text(&output));
        assert!(!text(&output).contains("claude-code:s"), "{}", text(&output));
    }
    let status = at(&world, &world.at("other"), 61, &["status"]);
    assert!(text(&status).contains("claude-code:s"), "{}", text(&status));
}
