//! What `sessions` shows: which sessions, of which days, and how certain it is.

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{START, TestRepo, World};

/// Three files of a session in a container, and the repository that has them.
fn in_a_container(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    let mut log = Transcript::new("s", "/workspace/kiln".as_ref()).prompt(0, "cap the delay");
    for (at, name) in ["a.rs", "b.rs", "c.rs"].into_iter().enumerate() {
        let line = format!("let delay_of_{at} = cap({at});\n");
        log = log.write(1 + at as i64, name, &line);
        repo.write(name, line);
    }
    repo.commit_at("Cap the delay", START + 300);
    log.end(4).save(world);
    repo
}

fn rows(listed: &str) -> Vec<Value> {
    let report: Value = serde_json::from_str(listed).unwrap();
    report["rows"].as_array().unwrap().clone()
}

#[test]
fn a_root_has_the_sessions_that_an_export_finds_there() {
    let world = World::new();
    let repo = in_a_container(&world);
    let exported = world.run(&["export", "sessions", "kiln"]).success();
    assert_eq!(exported.lines().count(), 1);
    for listed in [
        world.run(&["sessions", "kiln", "--format", "json"]),
        repo.run(&["sessions", "--format", "json"]),
    ] {
        let rows = rows(&listed.success());
        assert_eq!((rows.len(), &rows[0]["commits_linked"]), (1, &1.into()));
    }
    world.repo("other").commit_at("Begin", START);
    let none = world.run(&["sessions", "other"]);
    assert!(
        none.stderr
            .contains("No sessions worked here, but 1 session worked elsewhere")
            && none.stderr.contains("--path-map"),
        "{none}"
    );
    let mapped = repo.run(&[
        "sessions",
        ".",
        "--path-map",
        "/workspace/kiln=.",
        "--format",
        "json",
    ]);
    assert_eq!(rows(&mapped.success()).len(), 1);
}

#[test]
fn a_root_that_is_no_folder_is_an_error() {
    let world = World::new();
    let missing = world.run(&["sessions", "nonexistent"]);
    assert!(
        missing.stderr.contains("`nonexistent` is not a directory"),
        "{missing}"
    );
    assert_eq!(missing.code, Some(1));
    let show = world.run(&["sessions", "--agent-dir", "pi=.", "show", "s"]);
    assert!(show.stderr.contains("sessions show ID --agent-dir"), "{show}");
}

#[test]
fn sessions_that_begin_alike_are_named() {
    let world = World::new();
    for session in ["4f1c-a", "4f1c-b", "4f1c-c", "4f1c-d", "4f1c-e", "4f1c-f", "4f2"] {
        Transcript::new(session, "/w/kiln".as_ref())
            .prompt(0, "cap the delay")
            .end(1)
            .save(&world);
    }
    let ran = world.run(&["sessions", "show", "4f1c"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    let said =
        "error: ambiguous session `4f1c`: `4f1c-a`, `4f1c-b`, `4f1c-c`, `4f1c-d`, `4f1c-e`, and 1 more";
    assert!(ran.stderr.starts_with(said), "{ran}");
    assert_eq!(world.run(&["sessions", "show", "4f1c-f"]).code, Some(0));
}

#[test]
fn a_session_over_midnight_is_in_both_days() {
    let world = World::new();
    let midnight = 15 * 60;
    Transcript::new("s", "/w/kiln".as_ref())
        .prompt(midnight - 2, "cap the delay")
        .answer(midnight - 1, "one")
        .answer(midnight + 2, "two")
        .end(midnight + 2)
        .save(&world);
    let listed = |day: &str| {
        let day = [
            "sessions", "--zone", "UTC", "--format", "json", "--since", day, "--until", day,
        ];
        let report: Value = serde_json::from_str(&world.run(&day).success()).unwrap();
        let row = &report["rows"][0];
        let usage = report["usage"].as_array().unwrap().len();
        (
            row["agent_minutes"].as_f64(),
            row["tokens_output"].as_u64(),
            usage,
        )
    };
    assert_eq!(listed("2026-04-01"), (Some(2.0), Some(40), 1));
    assert_eq!(listed("2026-04-02"), (Some(2.0), Some(40), 1));
    assert_eq!(listed("2026-04-03"), (None, None, 0));
}

#[test]
fn a_session_is_named_with_its_agent_or_without() {
    let world = World::new();
    for id in ["44df7d08-1", "44df7d08-2", "44"] {
        let log = Transcript::new(id, "/w/kiln".as_ref())
            .prompt(0, "x")
            .answer(1, "y");
        log.save(&world);
    }
    for id in [
        "44df7d08-1",
        "claude-code:44df7d08-1",
        "44",
        "claude-code:44df7d08-2",
    ] {
        world.run(&["sessions", "show", id]).success();
    }
    let several = world.run(&["sessions", "show", "claude-code:44d"]);
    assert!(
        several
            .stderr
            .contains("ambiguous session `claude-code:44d`: `44df7d08-1`, `44df7d08-2`"),
        "{several}"
    );
}

#[test]
fn a_folder_given_last_is_the_one_that_is_read() {
    let world = World::new();
    Transcript::new("s", "/w/kiln".as_ref())
        .prompt(0, "x")
        .answer(1, "y")
        .save(&world);
    std::fs::create_dir(world.path("empty")).unwrap();
    let repo = world.repo("kiln");
    let claude = world.home().join(".claude").to_string_lossy().into_owned();
    let empty = world.path("empty").to_string_lossy().into_owned();
    repo.git(&["config", "--global", "leverage.agentDir.claude-code", &claude]);
    let given = format!("leverage.agentDir.claude-code={empty}");
    let listed = |args: &[&str]| rows(&repo.run(args).success()).len();
    assert_eq!(listed(&["sessions", "--format", "json"]), 1);
    assert_eq!(listed(&["-c", &given, "sessions", "--format", "json"]), 0);
    let over = format!("claude-code={claude}");
    let args = ["-c", &given, "sessions", "--agent-dir", &over, "--format", "json"];
    assert_eq!(listed(&args), 1);
    let unknown = repo.run(&["-c", "leverage.agentDir.foo=/x", "sessions"]);
    assert!(unknown.stderr.contains("known agents: aider, amp"), "{unknown}");
}

#[test]
fn a_repository_does_not_say_which_logs_are_read() {
    let world = World::new();
    Transcript::new("s", "/elsewhere".as_ref())
        .prompt(0, "x")
        .answer(1, "y")
        .save(&world);
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    std::fs::create_dir(world.path("empty")).unwrap();
    let empty = world.path("empty").to_string_lossy().into_owned();
    let here = format!("/elsewhere={}", repo.path().display());
    repo.git(&["config", "leverage.agentDir.claude-code", &empty]);
    // An unknown agent is not read either.
    repo.git(&["config", "leverage.agentDir.foo", &empty]);
    repo.git(&["config", "leverage.pathMap", &here]);
    repo.git(&["config", "leverage.root", &empty]);
    repo.git(&["config", "leverage.sign", "true"]);
    repo.git(&["config", "gpg.program", "/nowhere"]);
    repo.git(&["config", "leverage.zone", "Asia/Tokyo"]);
    for args in [
        &["sessions", "--format", "json"][..],
        &["report", "--format", "json"],
        &["audit", "--format", "json"],
        &["export", "sessions"],
        &["capture", "--dry-run"],
        &["record", "--no-commit", "--title", "Plan", "--estimate", "1h"],
    ] {
        let run = repo.run(args);
        let warned = run
            .stderr
            .matches("`leverage.agentDir.<agent>`, `leverage.pathMap`")
            .count();
        assert_eq!(warned, 1, "{args:?} {run}");
        assert!(run.stderr.contains("git config --global"), "{args:?} {run}");
        assert!(!run.stderr.contains("empty"), "{args:?} {run}");
        assert_eq!(run.code, Some(0), "{args:?} {run}");
    }
    let listed = repo.run(&["sessions", "--format", "json"]).success();
    assert_eq!(rows(&listed).len(), 1, "{listed}");
    assert_eq!(rows(&listed)[0]["repo"], "elsewhere", "{listed}");
    // From outside it is not even seen.
    let outside = world.run(&["report", repo.path().to_str().unwrap()]);
    assert!(!outside.stderr.contains("agentDir"), "{outside}");
}

#[test]
fn what_is_derived_is_not_called_measured() {
    let world = World::new();
    let log = Transcript::new("s", "/w/kiln".as_ref())
        .prompt(0, "x")
        .answer(2, "y");
    log.save(&world);
    let told = world.run(&["sessions", "--no-links"]).success();
    let headings = told.lines().next().unwrap();
    let bases: Vec<&str> = headings
        .split(['╌', '─', '═', '┈', ' '])
        .filter(|word| !word.is_empty())
        .collect();
    assert_eq!(bases, ["derived", "estimated", "measured"], "{told}");
    let row = &rows(
        &world
            .run(&["sessions", "--no-links", "--format", "json"])
            .success(),
    )[0];
    assert_eq!(row["supervisory_minutes_source"], "estimated");
    let csv = world
        .run(&["sessions", "--no-links", "--format", "csv"])
        .success();
    let line = csv.lines().nth(1).unwrap();
    assert!(
        line.contains(",2026-04-01T09:00:00Z,") && line.contains(",10,20,30,40,"),
        "{csv}"
    );
}
