//! `inventory` where objects are missing: what it says, and what it keeps.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::world::{TestRepo, World};

/// The row of `place`, through the cache.
fn row(world: &World, place: &str) -> Value {
    let ran = world.run(&["inventory", "--format", "json", place]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    json["rows"][0].clone()
}

fn verdict<'a>(row: &'a Value, id: &str) -> &'a str {
    let checks = row["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["id"] == id).unwrap();
    check["verdict"].as_str().unwrap()
}

/// Where git keeps the loose object of `revision`.
fn object(repo: &TestRepo, revision: &str) -> PathBuf {
    let id = repo.git(&["rev-parse", revision]);
    repo.path()
        .join(format!(".git/objects/{}/{}", &id[..2], &id[2..]))
}

fn git(world: &World, args: &[&str]) {
    let mut command = Command::new("git");
    command.args(["-c", "protocol.file.allow=always"]).args(args);
    command.current_dir(world.path("")).env("HOME", world.home());
    assert!(
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn facts_with_gaps_are_told_and_not_kept() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("LICENSE", "Copyright 2026 Ada. All rights reserved.")
        .write("Dockerfile", "FROM debian:13\nUSER kiln\n")
        .write("README.md", "# Kiln\n");
    repo.commit("Build a kiln");
    let lost = ["HEAD:LICENSE", "HEAD:Dockerfile", "HEAD:README.md"].map(|file| object(&repo, file));
    let aside: Vec<_> = lost.iter().map(|path| path.with_extension("aside")).collect();
    lost.iter()
        .zip(&aside)
        .for_each(|(path, aside)| std::fs::rename(path, aside).unwrap());
    let damaged = row(&world, "kiln");
    assert_eq!(damaged["status"], "partial");
    assert!(
        damaged["reasons"]
            .to_string()
            .contains("Dockerfile and 2 more files"),
        "{damaged}"
    );
    for id in ["readme", "licence", "docker-pinned", "docker-user"] {
        assert_eq!(verdict(&damaged, id), "unknown", "{id}");
    }
    assert_eq!(verdict(&damaged, "ci"), "fail", "no file of that name is there");
    assert_eq!(
        damaged["last_90_days"]["lines_added"],
        Value::Null,
        "those of one commit are unknown"
    );
    lost.iter()
        .zip(&aside)
        .for_each(|(path, aside)| std::fs::rename(aside, path).unwrap());
    let whole = row(&world, "kiln");
    assert_eq!(
        (&whole["status"], &whole["reasons"]),
        (&"complete".into(), &Value::Array(vec![]))
    );
    for id in ["readme", "licence", "docker-pinned", "docker-user"] {
        assert_eq!(verdict(&whole, id), "pass", "{id}");
    }
    assert_eq!(whole["licence"], "LicenseRef-Proprietary");
    assert_eq!(whole["last_90_days"]["lines_added"], 4);
}

#[test]
fn the_history_of_a_shallow_clone_is_not_kept() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("README.md", "# Kiln\n");
    repo.commit("Build a kiln");
    repo.commit("Rest");
    let url = format!("file://{}", repo.path().display());
    git(&world, &["clone", "-q", "--depth=1", &url, "shallow"]);
    let shallow = row(&world, "shallow");
    assert_eq!(
        (&shallow["commits"], &shallow["status"]),
        (&1.into(), &"partial".into())
    );
    git(&world, &["-C", "shallow", "fetch", "-q", "--unshallow"]);
    let whole = row(&world, "shallow");
    assert_eq!(
        (&whole["commits"], &whole["status"]),
        (&2.into(), &"complete".into())
    );
    git(&world, &["-C", "shallow", "fetch", "-q", "--depth=1"]);
    assert_eq!(row(&world, "shallow")["status"], "partial", "it was whole before");
}

#[test]
fn a_fetch_that_brought_deltas_alone_lacks_nothing() {
    let world = World::new();
    let repo = world.repo("kiln");
    let log = |last: u32| {
        (0..last)
            .map(|n| format!("Firing {n} went well\n"))
            .collect::<String>()
    };
    repo.write("log.md", log(2000));
    repo.commit("Fire");
    let url = format!("file://{}", repo.path().display());
    git(&world, &["clone", "-q", "--bare", &url, "clone.git"]);
    repo.write("log.md", log(2001));
    repo.commit("Fire again");
    let fetch = [
        "-C",
        "clone.git",
        "-c",
        "fetch.unpackLimit=1",
        "fetch",
        "-q",
        "origin",
    ];
    git(&world, &[&fetch[..], &["+main:main"]].concat());
    let row = row(&world, "clone.git");
    assert_eq!(
        (&row["status"], &row["reasons"]),
        (&"complete".into(), &Value::Array(vec![]))
    );
    assert_eq!(row["last_90_days"]["lines_added"], 2001);
}

#[cfg(unix)]
#[test]
fn documents_may_be_links_inside_the_tree() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln/about.md", "Fires pots.\n");
    for (link, target) in [
        ("README.md", "kiln/about.md"),
        ("CHANGELOG.md", "/etc/hostname"),
        ("SECURITY.md", "../../secret.md"),
    ] {
        std::os::unix::fs::symlink(target, repo.path().join(link)).unwrap();
    }
    repo.commit("Link");
    let row = row(&world, "kiln");
    assert_eq!(row["description"], "Fires pots.");
    assert_eq!(verdict(&row, "readme"), "pass");
    assert_eq!(verdict(&row, "changelog"), "fail");
    assert_eq!(verdict(&row, "security-policy"), "fail");
}

#[test]
fn a_file_that_is_too_large_has_a_reason() {
    let world = World::new();
    let repo = world.repo("kiln");
    let large = format!("# Kiln\n\nFires pots.\n{}", "a\n".repeat(33 << 20));
    repo.write("README.md", &large);
    repo.commit("Say much");
    let row = row(&world, "kiln");
    assert_eq!(row["status"], "partial");
    assert!(
        row["reasons"]
            .to_string()
            .contains("README.md cannot be looked at"),
        "{row}"
    );
    assert_eq!(verdict(&row, "readme"), "pass", "it is there");
}
