//! What a run of `facts` leaves of earlier ones, and what it refuses before it writes anything.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use crate::world::clones::{Places, files};
use crate::world::{NOW, World};

/// What facts say of sessions, and of what these made: each line that only one of two says.
fn told(places: &Places) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    for what in ["sessions", "links"] {
        let ran = places.run(&["export", what, "--facts", "facts"]).success();
        told.extend(ran.lines().map(str::to_owned));
    }
    assert!(told.len() > 100, "{}", told.len());
    told
}

#[track_caller]
fn assert_same(one: &BTreeSet<String>, other: &BTreeSet<String>) {
    let differs = one.symmetric_difference(other).next();
    assert_eq!(differs, None);
}

/// The file of a table that a command would use first.
fn first(world: &World, table: &str) -> PathBuf {
    let place = world.path("facts").join(table);
    let mut all = files(&world.path("facts")).into_iter();
    all.find(|file| file.starts_with(&place)).unwrap()
}

#[test]
fn sessions_of_other_repositories_and_of_deleted_logs_are_kept() {
    let places = Places::new();
    let log = format!("--agent-dir={}", places.logs);
    for sessions in ["--sessions", "--sessions=days"] {
        let facts = |root: &str| places.run(&["facts", root, "--output", "facts", sessions, &log]);
        let _ = fs::remove_dir_all(places.world.path("facts"));
        facts("made").success();
        let all = told(&places);
        facts("made/console").success();
        assert_same(&told(&places), &all);
        // One after the other: each run knows only its own.
        fs::remove_dir_all(places.world.path("facts/sessions")).unwrap();
        for name in ["accounts", "courses", "platform", "console", "spare", "a-fork"] {
            facts(&format!("made/{name}")).success();
        }
        assert_same(&told(&places), &all);
    }
    // Their logs are gone.
    fs::remove_dir_all(places.world.path("facts")).unwrap();
    places.write(&[]).success();
    let all = told(&places);
    let gone = places.world.path("made/agent-logs");
    fs::rename(&gone, places.world.path("elsewhere")).unwrap();
    fs::create_dir_all(gone.join("claude")).unwrap();
    let run = places.write(&[]);
    assert!(run.stderr.contains("are known only from earlier runs"), "{run}");
    assert_same(&told(&places), &all);
    // What is kept has no times of day either, if none are to be written.
    places
        .run(&["facts", "made", "--output", "facts", "--sessions=days", &log])
        .success();
    let logged = |line: &&String| line.contains(r#""origin":"log""#);
    let told = told(&places);
    let mut logged = told.iter().filter(logged).peekable();
    assert!(logged.peek().is_some());
    let timed = logged.find(|line| !line.contains(r#""started_at":null"#));
    assert_eq!(timed, None);
}

#[test]
fn a_table_that_was_cut_is_written_again() {
    let world = World::new();
    world.repo("kiln").write("a.rs", "fn a() {}\n").commit("Start");
    let write = || world.run(&["facts", "kiln", "--output", "facts"]).success();
    write();
    let report = || world.run(&["report", "--facts", "facts", "--format", "json"]);
    let whole = report().success();
    for table in ["commits", "tasks", "records", "repos"] {
        let path = first(&world, table);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(report().code, Some(3), "{table}");
        assert!(write().contains("written"), "{table}");
        assert_eq!(report().success(), whole, "{table}");
    }
}

#[test]
fn a_repository_whose_row_is_damaged_is_named_by_its_id() {
    let world = World::new();
    world.repo("kiln").write("a.rs", "fn a() {}\n").commit("Start");
    world.run(&["facts", "kiln", "--output", "facts"]).success();
    let row = first(&world, "repos");
    fs::write(&row, "PAR1").unwrap();
    let report = world.run(&["report", "--facts", "facts"]);
    let id = row.file_stem().unwrap().to_str().unwrap();
    assert_eq!(report.code, Some(3), "{report}");
    assert!(report.stderr.contains(&format!("warning: {id}: ")), "{report}");
}

#[test]
fn mistakes_are_refused_before_anything_is_written() {
    let world = World::new();
    world
        .repo("kiln")
        .write("a.rs", "fn a() {}\n")
        .commit_at("Start", NOW);
    let meant = world.run(&["facts", "kiln", "--output", "facts", "--sessions", "days"]);
    assert_eq!(meant.code, Some(2), "{meant}");
    assert!(
        meant.stderr.contains("Did you mean `--sessions=days`?"),
        "{meant}"
    );
    for (line, reason) in [
        ("\tkiln", "list.tsv:1: its path is empty"),
        (
            "kiln\thttps://ada:secret@example.org/kiln",
            "list.tsv:1: its key has a user or a password",
        ),
    ] {
        fs::write(world.path("list.tsv"), line).unwrap();
        let refused = world.run(&["facts", "--repos", "list.tsv", "--output", "facts"]);
        assert_eq!(refused.code, Some(2), "{refused}");
        assert!(
            refused.stderr.contains(reason) && !refused.stderr.contains("secret"),
            "{refused}"
        );
    }
    assert!(!world.path("facts").exists());
    fs::write(world.path("file"), "").unwrap();
    let file = world.run(&["facts", "kiln", "--output", "file"]);
    assert!(file.stderr.contains("cannot write to `file`"), "{file}");
    for (place, reason) in [
        (
            "kiln",
            "no facts in this directory: write them with `git leverage facts`",
        ),
        ("file", "no such directory"),
        ("nowhere", "no such directory"),
    ] {
        let ran = world.run(&["report", "--facts", place]);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stderr.contains(reason), "{ran}");
    }
}
