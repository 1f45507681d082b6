//! `inventory` where objects are missing: what it says, and what it keeps.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::world::{NOW, TestRepo, World};

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
    for id in ["readme", "license", "docker-pinned", "docker-user"] {
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
    for id in ["readme", "license", "docker-pinned", "docker-user"] {
        assert_eq!(verdict(&whole, id), "pass", "{id}");
    }
    assert_eq!(whole["license"], "LicenseRef-Proprietary");
    assert_eq!(whole["last_90_days"]["lines_added"], 4);
}

#[test]
fn a_clone_that_lacks_an_object_does_not_get_the_facts_of_another() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("README.md", "# Kiln\n")
        .write("src/lib.rs", "mod kiln;\n");
    repo.commit("Build a kiln");
    let lost = object(&repo, "HEAD:src/lib.rs");
    for clone in ["linked", "torn"] {
        git(&world, &["clone", "-q", "--local", "kiln", clone]);
    }
    let place = world.path("torn").join(lost.strip_prefix(repo.path()).unwrap());
    std::fs::remove_file(place).unwrap();
    let ran = world.run(&["inventory", "--format", "json", "--jobs", "1"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    let rows = json["rows"].as_array().unwrap().iter();
    let found: Vec<_> = rows
        .map(|row| (row["name"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    let expected = [("kiln", "complete"), ("linked", "complete"), ("torn", "partial")];
    assert_eq!(found, expected);
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
        row["reasons"].to_string().contains("README.md cannot be read"),
        "{row}"
    );
    assert_eq!(verdict(&row, "readme"), "pass", "it is there");
}

/// A clone of `kiln` with commits and trees alone, and what the inventory says of it and of the whole one.
fn blobless(world: &World) -> String {
    let repo = world.repo("src/kiln");
    repo.write("a.rs", "fn fire() {}\n\n#[test]\nfn fires() {}\n")
        .write("docs/b.md", "# Kiln\n");
    repo.commit("Build a kiln");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path().display());
    let clone = ["clone", "-q", "--filter=blob:none", "--no-checkout", &url];
    git(world, &[&clone[..], &["part/kiln"]].concat());
    "part".to_owned()
}

#[test]
fn what_nobody_could_read_is_unknown_and_not_0() {
    let world = World::new();
    let place = blobless(&world);
    let ran = world.run(&["inventory", "--format", "json", &place, "src"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rows = json["rows"].as_array().unwrap();
    let part = rows.iter().find(|row| row["partial_clone"] == true).unwrap();
    for field in [
        "lines_code",
        "lines_comments",
        "lines_blank",
        "lines_vendored",
        "languages",
        "tests",
    ] {
        assert_eq!(part[field], Value::Null, "{field}");
    }
    assert_eq!((&part["files"], &part["submodules"]), (&2.into(), &0.into()));
    assert_eq!(json["totals"]["lines_code"], 3);
    assert_eq!(json["totals"]["files_complete"], false);
    let columns = ["inventory", &place, "--columns", "files,submodules,code,tests"];
    let table = world.run(&columns).stdout;
    let row: Vec<&str> = table.lines().nth(3).unwrap().split_whitespace().collect();
    assert_eq!(row, ["2", "0", "–", "–"], "{table}");
}

#[test]
fn a_spreadsheet_tells_numbers_that_count_only_a_part() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn fire() {}\n")
        .write("b.rs", "fn cool() {}\n");
    repo.commit("Build a kiln");
    let csv = |columns: &str| {
        let ran = world.run(&["inventory", "kiln", "--columns", columns, "--format", "csv"]);
        ran.stdout
    };
    assert_eq!(csv("name,code"), "name,code\nkiln,2\n");
    std::fs::remove_file(object(&repo, "HEAD:b.rs")).unwrap();
    let told = csv("name,files,code,commits");
    // Facts of the whole tree are kept; they are those of a clone that had the file.
    assert_eq!(told, "name,files,code,commits\nkiln,2,2,1\n");
    let fresh = [
        "inventory",
        "kiln",
        "--no-cache",
        "--columns",
        "name,files,code,commits",
        "--format",
        "csv",
    ];
    assert_eq!(
        world.run(&fresh).stdout,
        "name,files,code,commits,at_least\nkiln,2,1,1,code\n"
    );
}

#[test]
fn what_is_not_known_on_one_side_is_no_change() {
    let world = World::new();
    let place = blobless(&world);
    git(&world, &["clone", "-q", "src/kiln", "whole/kiln"]);
    for (before, now) in [("whole", place.as_str()), (place.as_str(), "whole")] {
        let saved = world.run(&["inventory", before, "--save", "before.json"]);
        assert_ne!(saved.code, Some(1), "{saved}");
        let compare = ["inventory", now, "--compare", "before.json"];
        let ran = world.run(&[&compare[..], &["--format", "json"]].concat());
        let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
        let row = &json["rows"][0];
        assert_eq!(row["change"], "not_comparable", "{row}");
        assert_eq!(row["not_comparable"].to_string(), r#"["lines_own","tests"]"#);
        assert_eq!(row["checks_not_comparable"].to_string(), r#"["tests"]"#);
        let table = world.run(&compare).stdout;
        assert!(
            table.contains("tests not comparable") && !table.contains(" +1"),
            "{table}"
        );
    }
}

/// A file of the second of three commits is missing; the third one removed it.
fn with_a_gap(world: &World) {
    let repo = world.repo("src/kiln");
    repo.write("a.rs", "fn a() {}\n")
        .commit_at("One", NOW - 300 * DAY);
    repo.write("b.rs", "fn b() {}\n")
        .commit_at("Two", NOW - 200 * DAY);
    let missing = object(&repo, "HEAD:b.rs");
    repo.git(&["rm", "-q", "b.rs"]);
    repo.commit_at("Three", NOW - 100 * DAY);
    repo.write("c.rs", "fn c() {}\n").commit_at("Four", NOW - DAY);
    std::fs::remove_file(missing).unwrap();
}

const DAY: i64 = 86_400;

#[test]
fn a_gap_in_an_old_commit_is_told_once_and_where_it_matters() {
    let world = World::new();
    with_a_gap(&world);
    let scan = world.run(&["scan", "src"]);
    assert_eq!(scan.code, Some(3), "{scan}");
    assert_eq!(scan.stderr.lines().count(), 1, "{scan}");
    assert!(
        scan.stderr
            .starts_with("warning: $WORLD/src/kiln: cannot count the lines of `"),
        "{scan}"
    );
    let report = |more: &[&str]| world.run(&[&["report", "src", "--by", "repo"][..], more].concat());
    let whole = report(&[]);
    assert_eq!((whole.code, whole.stderr.as_str()), (Some(3), ""), "{whole}");
    assert!(
        whole.stdout.contains("the lines of 2 commits are unknown"),
        "{whole}"
    );
    for csv in [report(&["--format", "csv"]), report(&["-v"])] {
        assert_eq!(
            (csv.code, csv.stderr.matches("kiln: cannot count").count()),
            (Some(3), 1),
            "{csv}"
        );
    }
    let recent = report(&["--since", "2026-03-01"]);
    assert_eq!((recent.code, recent.stderr.as_str()), (Some(0), ""), "{recent}");
    assert!(!recent.stdout.contains("partial"), "{recent}");
    assert_eq!(world.run(&["inventory", "src"]).code, Some(0));
}

#[test]
fn attributes_outside_of_the_commits_change_nothing() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn fire() {}\n");
    repo.commit("Build a kiln");
    let added = |args: &[&str]| {
        let ran = world.run(&[&["inventory", "--format", "json", "kiln"], args].concat());
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        json["rows"][0]["last_30_days"]["lines_added"].clone()
    };
    let whole = added(&[]);
    repo.write(".git/info/attributes", "*.rs -diff\n")
        .write(".gitattributes", "*.rs -diff\n");
    assert_eq!((added(&[]), added(&["--no-cache"])), (whole.clone(), whole));
}

#[test]
fn a_dash_is_standard_output() {
    let world = World::new();
    world.repo("kiln");
    let ran = world.run(&["inventory", "kiln", "--columns", "name", "--output", "-"]);
    assert!(ran.success().contains("kiln"));
    assert!(!world.path("-").exists());
}

#[test]
fn names_are_told_apart_on_a_narrow_screen() {
    let world = World::new();
    for place in ["inventory/repos/one/gson", "inventory/repos/two/gson"] {
        world.repo(place);
    }
    let mut command = world.leverage(&world.path(""));
    command
        .env("COLUMNS", "40")
        .args(["inventory", "inventory", "--columns", "name,path,code"]);
    let shown = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(
        shown.contains("one/gson") && shown.contains("two/gson"),
        "{shown}"
    );
}
