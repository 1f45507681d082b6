//! `status`: the evening on one screen, and a call without a command.

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{NOW, Ran, START, TestRepo, World};

const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";
/// 09:00 of the present day, in minutes from [`START`].
const TODAY: i64 = 9 * 24 * 60;

/// `git leverage ARGS` on a terminal of 80 columns.
fn shown(world: &World, repo: &TestRepo<'_>, args: &[&str]) -> String {
    let mut command = world.leverage(repo.path());
    let output = command.args(args).env("COLUMNS", "80").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    text.replace(&world.path("").to_string_lossy().into_owned(), "$WORLD/")
}

fn json(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(0), "{ran}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// A session that writes two lines in ten minutes, from a given minute on.
fn worker(repo: &TestRepo<'_>, session: &str, minute: i64, file: &str) -> Transcript {
    Transcript::new(session, repo.path())
        .prompt(minute, "cap the delay")
        .write(minute + 5, file, LINES)
        .answer(minute + 10, "done")
        .end(minute + 10)
}

/// Commits what such a session wrote.
fn commit_of(repo: &TestRepo<'_>, minute: i64, file: &str, message: &str) -> String {
    repo.write(file, LINES)
        .commit_at(message, START + (minute + 11) * 60)
}

/// A day with some of everything.
fn busy(world: &World) -> TestRepo<'_> {
    world.repo("hub.git");
    world.at("hub.git").git(&["config", "core.bare", "true"]);
    let repo = world.repo("kiln");
    repo.git(&["remote", "add", "origin", "../hub.git"]);
    repo.commit("Begin");
    worker(&repo, "first", TODAY, "src/first.rs").save(world);
    let first = commit_of(&repo, TODAY, "src/first.rs", "Cap the retry delay");
    worker(&repo, "second", TODAY - 1440, "src/second.rs").save(world);
    commit_of(&repo, TODAY - 1440, "src/second.rs", "Cap the connect delay");
    worker(&repo, "third", TODAY + 60, "src/gone.rs").save(world);
    repo.run(&["record", &first, "--estimate", "4h", "--supervision", "5m"])
        .success();
    let audit = ["record", "--no-commit", "--title", "Deployment audit"];
    repo.run(&[&audit[..], &["--estimate", "1d", "--agent-time", "40m"]].concat())
        .success();
    repo
}

#[test]
fn an_evening_is_one_screen() {
    let world = World::new();
    let repo = busy(&world);
    insta::assert_snapshot!(shown(&world, &repo, &["status"]), @"
    Status of 2026-04-10, kiln, days in local time

    Tasks today
                         ╌╌╌╌╌╌╌ claimed ╌╌╌╌╌╌╌  ═════ derived ═════
    Task                 Human  Agent time  Sup.  Factor  Sup. factor
    ─────────────────────────────────────────────────────────────────
    Cap the retry delay     4h         10m    5m   24.0x        48.0x
    Deployment audit        8h         40m     –   12.0x            –
    ─────────────────────────────────────────────────────────────────
    2 tasks                12h         50m    5m   14.4x        48.0x

    10m of agent time come from session logs, not from claims

    Commits by agents without a task, since 2026-04-09
        Commit         Made  Agent        Title
    ───────────────────────────────────────────────────────────
    7dfa114710  04-09 09:11  claude-code  Cap the connect delay

    Record one: `git leverage record COMMIT --estimate 4h`

    Sessions without a commit, since 2026-04-09
                               measured
    Session            Ended  Agent time
    ────────────────────────────────────
    claude-code:third  10:10         10m

    Record one: `git leverage record --no-commit --session ID --title T --estimate
    4h`

    Not captured yet
                        measured  ══════ derived ═══════
    Session              Commits  Log deleted  Days left
    ────────────────────────────────────────────────────
    claude-code:second         1   2026-05-09         28
    claude-code:first          1   2026-05-10         29

    Capture them: `git leverage capture --since 2026-04-09`

    Agents on this machine
    Agent        Last event  At  Last log
    ─────────────────────────────────────
    claude-code  –            –     10:10

    Set up hooks: `git leverage setup`

    origin (never synced) does not have 2 tasks; run `git leverage sync origin`
    ");
}

#[test]
fn without_a_command_a_repository_shows_its_status_and_any_other_folder_the_help() {
    let world = World::new();
    let repo = busy(&world);
    let status = shown(&world, &repo, &["status"]);
    assert_eq!(shown(&world, &repo, &[]), status);
    repo.write("src/deep/a.rs", "");
    let inside = repo.path().join("src/deep");
    let deep = world.leverage(&inside).env("COLUMNS", "80").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&deep.stdout), status);
    let outside = world.run(&[]);
    assert_eq!(outside.code, Some(2));
    assert_eq!(outside.stdout, "");
    let help = world.run(&["-h"]).success();
    assert_eq!(outside.stderr, help);
    let changed = world.run(&["-C", "kiln"]);
    assert_eq!(changed.code, Some(0), "{changed}");
    assert!(
        changed.stdout.starts_with("Status of 2026-04-10, kiln"),
        "{changed}"
    );
}

#[test]
fn a_repository_that_cannot_be_read_is_an_error_and_no_help() {
    let world = World::new();
    let repo = world.repo("kiln");
    std::fs::write(repo.path().join(".git/config"), "[core\nbroken").unwrap();
    let ran = repo.run(&[]);
    assert_ne!(ran.code, Some(2), "{ran}");
    assert!(!ran.stderr.contains("Usage:"), "{ran}");
}

#[test]
fn what_is_done_is_quiet() {
    let world = World::new();
    let repo = busy(&world);
    let second = repo.git(&["log", "--format=%H", "--grep=connect"]);
    repo.run(&["record", &second, "--estimate", "2h"]).success();
    let third = "claude-code:third";
    let record = [
        "record",
        "--no-commit",
        "--title",
        "A dead end",
        "--estimate",
        "1h",
    ];
    repo.run(&[&record[..], &["--session", third]].concat()).success();
    repo.run(&["capture", "--since", "2026-04-09"]).success();
    repo.run(&["sync"]).success();
    let text = shown(&world, &repo, &["status"]);
    let after = text.split("Agents on this machine\n").nth(1).unwrap();
    insta::assert_snapshot!(after, @"
    Agent        Last event  At  Last log
    ─────────────────────────────────────
    claude-code  –            –     10:10

    Set up hooks: `git leverage setup`

    No agent commits without a task since 2026-04-09
    No sessions without a commit since 2026-04-09
    All sessions with commits are captured
    All records are shared, as far as this clone knows
    ");
    assert!(!text.contains("Not captured"), "{text}");
    // What came later counts again.
    repo.run(&["record", "--no-commit", "--title", "A plan", "--estimate", "3h"])
        .success();
    let status = json(&repo.run(&["status", "--format", "json"]));
    assert_eq!(status["not_shared"][0]["tasks"], 1, "{status:#}");
    assert_eq!(status["not_shared"][0]["was_met"], true);
    worker(&repo, "first", TODAY, "src/first.rs")
        .prompt(TODAY + 20, "explain it")
        .answer(TODAY + 25, "so")
        .end(TODAY + 25)
        .save(&world);
    let status = json(&repo.run(&["status", "--format", "json"]));
    assert_eq!(
        status["not_captured"][0]["session"], "claude-code:first",
        "{status:#}"
    );
}

#[test]
fn an_empty_repository_has_nothing_to_tell() {
    let world = World::new();
    let repo = world.repo("kiln");
    insta::assert_snapshot!(shown(&world, &repo, &[]), @"
    Status of 2026-04-10, kiln, days in local time

    No tasks today
    No agent commits without a task since 2026-04-09
    No sessions without a commit since 2026-04-09
    All sessions with commits are captured
    No agent has worked on this machine recently; set up hooks: `git leverage setup`
    ");
}

#[test]
fn how_long_a_log_stays_is_by_the_settings_of_its_agent() {
    let world = World::new();
    let repo = busy(&world);
    let left = || {
        let status = json(&repo.run(&["status", "--format", "json"]));
        let rows = status["not_captured"].as_array().unwrap().clone();
        let row = rows
            .iter()
            .find(|row| row["session"] == "claude-code:second")
            .unwrap()
            .clone();
        (
            row["log"].clone(),
            row["deleted_at"].clone(),
            row["days_left"].clone(),
        )
    };
    assert_eq!(
        left(),
        ("deleted".into(), "2026-05-09T09:10:00Z".into(), 28.into())
    );
    let settings = world.home().join(".claude/settings.json");
    std::fs::write(&settings, r#"{"cleanupPeriodDays": 365}"#).unwrap();
    assert_eq!(left().2, 363);
    std::fs::write(&settings, r#"{"cleanupPeriodDays": 1}"#).unwrap();
    assert_eq!(
        left(),
        ("deleted".into(), "2026-04-10T09:10:00Z".into(), 0.into())
    );
    let text = shown(&world, &repo, &["status"]);
    assert!(text.contains("2026-04-10        now"), "{text}");
}

#[test]
fn the_capture_that_is_named_captures_all() {
    let world = World::new();
    let repo = busy(&world);
    let old = worker(&repo, "old", 60, "src/old.rs");
    old.save(&world);
    repo.write("src/old.rs", LINES).commit_at("Old", START + 71 * 60);
    let text = shown(&world, &repo, &["status"]);
    let command = text
        .lines()
        .find_map(|line| line.strip_prefix("Capture them: `git leverage "))
        .unwrap();
    let args: Vec<&str> = command.trim_end_matches('`').split(' ').collect();
    assert_eq!(args, ["capture", "--since", "2026-04-01"]);
    repo.run(&args).success();
    let status = json(&repo.run(&["status", "--format", "json"]));
    assert_eq!(status["not_captured"], Value::Array(Vec::new()), "{status:#}");
}

/// What a hook left in the spool of the machine.
fn event(world: &World, minute: i64, event: &Value) {
    let at = chrono::DateTime::from_timestamp(START + minute * 60, 0).unwrap();
    let mut event = event.clone();
    event["at"] = at.to_rfc3339().into();
    let spool = world.home().join(".local/state/git-leverage/spool");
    std::fs::create_dir_all(&spool).unwrap();
    let file = spool.join(format!("{}.jsonl", at.date_naive()));
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::write(&file, format!("{before}{event}\n")).unwrap();
}

#[test]
fn what_hooks_told_of_is_captured_first() {
    let world = World::new();
    let repo = busy(&world);
    let log = |session: &str| world.home().join(format!(".claude/projects/any/{session}.jsonl"));
    let told = |session: &str, kind: &str| {
        serde_json::json!({
            "agent": "claude-code", "kind": kind, "session": session, "folder": repo.path(), "log": log(session),
        })
    };
    event(&world, TODAY + 10, &told("first", "turn-end"));
    event(&world, TODAY + 70, &told("third", "session-end"));
    let status = json(&repo.run(&["status", "--format", "json"]));
    // The second reported nothing.
    let rows = status["not_captured"].as_array().unwrap();
    assert_eq!(rows.len(), 1, "{status:#}");
    assert_eq!(rows[0]["session"], "claude-code:second");
    let agent = &status["agents"][0];
    assert_eq!(agent["last_event"], "session-end", "{status:#}");
    assert_eq!(agent["last_event_at"], "2026-04-10T10:10:00Z");
    let text = shown(&world, &repo, &["status"]);
    assert!(
        text.contains("claude-code  session end  10:10     10:10"),
        "{text}"
    );
    assert!(!text.contains("git leverage setup"), "{text}");
}

#[test]
fn several_repositories_have_one_evening() {
    let world = World::new();
    let kiln = busy(&world);
    let oven = world.repo("oven");
    oven.commit_at(
        "Heat\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 10m",
        NOW - 3600,
    );
    std::fs::remove_dir_all(world.path("hub.git")).unwrap();
    let folder = world.path("");
    let output = world
        .leverage(kiln.path())
        .arg("status")
        .arg(&folder)
        .env("COLUMNS", "80")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let tasks: String = text.lines().take(9).map(|line| format!("{line}\n")).collect();
    insta::assert_snapshot!(tasks, @"
    Status of 2026-04-10, 2 repositories, days in local time

    Tasks today
                                     ╌╌╌╌╌╌╌ claimed ╌╌╌╌╌╌╌  ═════ derived ═════
    Repository  Task                 Human  Agent time  Sup.  Factor  Sup. factor
    ─────────────────────────────────────────────────────────────────────────────
    kiln        Cap the retry delay     4h         10m    5m   24.0x        48.0x
    kiln        Deployment audit        8h         40m     –   12.0x            –
    oven        Heat                    2h         10m     –   12.0x            –
    ");
    let status = json(&world.run(&["status", ".", "--format", "json"]));
    assert_eq!(status["totals"]["tasks"], 3);
}

#[test]
fn setup_is_advised_where_hooks_are_missing() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    let advice = "git leverage setup";
    let text = shown(&world, &repo, &["status"]);
    assert!(
        text.contains("No agent has worked on this machine recently; ") && text.contains(advice),
        "{text}"
    );
    for scope in [&[][..], &["--project"]] {
        repo.run(&[&["setup", "--agent", "claude-code"], scope].concat())
            .success();
        let text = shown(&world, &repo, &["status"]);
        assert!(
            text.contains("No agent has worked on this machine recently") && !text.contains(advice),
            "{text}"
        );
        let remove = ["setup", "--agent", "claude-code", "--remove"];
        repo.run(&[&remove, scope].concat()).success();
    }
    worker(&repo, "first", TODAY, "src/first.rs").save(&world);
    let text = shown(&world, &repo, &["status"]);
    assert!(text.contains(&format!("Set up hooks: `{advice}`")), "{text}");
    let status = json(&repo.run(&["status", "--format", "json"]));
    assert_eq!(status["agents"][0]["has_hooks"], false, "{status:#}");
    repo.run(&["setup", "--agent", "claude-code"]).success();
    let text = shown(&world, &repo, &["status"]);
    assert!(
        !text.contains(advice) && text.contains("git leverage doctor"),
        "{text}"
    );
    let status = json(&repo.run(&["status", "--format", "json"]));
    assert_eq!(status["agents"][0]["has_hooks"], true, "{status:#}");
}

#[test]
fn what_was_not_read_is_not_called_in_order() {
    let world = World::new();
    world.repo("kiln").commit("Begin");
    let broken = world.repo("broken");
    broken.commit("Begin");
    let text = world.run(&["status", "."]).success();
    let in_order = "All sessions with commits are captured";
    assert!(text.contains(in_order), "{text}");
    std::fs::write(broken.path().join(".git/config"), "[core\nbroken").unwrap();
    let ran = world.run(&["status", "."]);
    assert!(ran.stdout.contains("broken: failed"), "{ran}");
    assert!(
        !ran.stdout.contains(in_order) && !ran.stdout.contains("No tasks today"),
        "{ran}"
    );
}

#[test]
fn a_title_cannot_draw_on_the_terminal() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("Heat \u{1b}[31m\u{202e}\n\nLeverage-Estimate: 2h", NOW - 3600);
    for format in ["table", "json", "csv", "markdown", "html"] {
        let ran = repo.run(&["status", "--format", format]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{format}: {ran}");
    }
}

#[test]
fn the_format_is_documented() {
    const PAGE: &str = include_str!("../docs/formats/status.md");
    let world = World::new();
    let repo = busy(&world);
    let status = json(&repo.run(&["status", "--format", "json"]));
    assert_eq!(status["schema"], "git-leverage.status/1");
    let rows = [
        "commits_without_task",
        "sessions_without_commit",
        "not_captured",
        "not_shared",
        "agents",
    ];
    let fields = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let mut all = fields(&status);
    all.retain(|field| field != "schema");
    for row in rows {
        all.extend(fields(&status[row][0]));
    }
    for field in all {
        let named = [format!("`{field}`"), format!("`{field}[]`")];
        assert!(named.iter().any(|name| PAGE.contains(name)), "{field}");
    }
}
