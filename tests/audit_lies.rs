//! Ways to make a factor look better than it is, each on a whole repository: `audit` reports it.

use serde_json::Value;

use crate::world::{START, TestRepo, World};

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    serde_json::from_str(&repo.run(&args).success()).unwrap()
}

/// The level and the message of a rule's findings.
fn findings(repo: &TestRepo<'_>, rule: &str) -> Vec<(String, String)> {
    let audit = json(repo, &["audit", "--rule", rule]);
    let text = |found: &Value, field: &str| found[field].as_str().unwrap_or_default().to_owned();
    let findings = audit["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|found| (text(found, "level"), text(found, "message")))
        .collect()
}

/// The page for people, its lines joined.
fn page(repo: &TestRepo<'_>) -> String {
    let page = repo.run(&["audit"]).success();
    page.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn one_warning(repo: &TestRepo<'_>, rule: &str, says: &str) {
    let found = findings(repo, rule);
    assert_eq!(found.len(), 1, "{rule}: {found:?}");
    assert_eq!(found[0].0, "warning", "{found:?}");
    assert!(found[0].1.contains(says), "{found:?}");
}

/// The id of the only task.
fn only_task(repo: &TestRepo<'_>) -> String {
    let log = json(repo, &["log"]);
    let tasks = log["tasks"].as_array().unwrap();
    assert_eq!(tasks.len(), 1, "{log}");
    tasks[0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_trailer_revises_the_first() {
    // Whatever the clocks say, also within one second.
    for later in [60, 0, -60] {
        let world = World::new();
        let repo = world.repo("kiln");
        repo.write("a.txt", "one\n").commit_at(
            "Build it\n\nLeverage-Estimate: 8h\nLeverage-Agent-Time: 30m",
            START,
        );
        let id = only_task(&repo);
        let trailers = format!("Leverage-Task: {id}\nLeverage-Estimate: 80h\nLeverage-Agent-Time: 2m");
        repo.write("a.txt", "two\n")
            .commit_at(&format!("Touch it\n\n{trailers}"), START + later);
        assert_eq!(only_task(&repo), id);
        one_warning(&repo, "estimate-raised", "from 8h to 80h by Ada Example");
        one_warning(&repo, "minutes-lowered", "from 30m to 2m");
        let history = json(&repo, &["log", "--history"]);
        let hours = |task: &Value| (task["rev"].as_u64(), task["estimate"]["hours"].as_f64());
        let told: Vec<_> = history["tasks"].as_array().unwrap().iter().map(hours).collect();
        assert_eq!(told, [(Some(0), Some(8.0)), (Some(1), Some(80.0))]);
    }
}

#[test]
fn a_trailer_that_says_the_same_again_revises_nothing() {
    let world = World::new();
    let repo = world.repo("kiln");
    let claim = "Leverage-Estimate: 8h\nLeverage-Agent-Time: 30m";
    repo.write("a.txt", "one\n")
        .commit(&format!("Build it\n\n{claim}"));
    let id = only_task(&repo);
    // Only a part of it, and no claim at all: the rest stays.
    for more in [claim, "Leverage-Estimate: 8h", "Leverage-Agent: codex"] {
        repo.write("a.txt", more)
            .commit(&format!("More\n\nLeverage-Task: {id}\n{more}"));
    }
    let history = json(&repo, &["log", "--history"]);
    assert_eq!(history["tasks"].as_array().unwrap().len(), 1, "{history}");
    assert_eq!(history["tasks"][0]["agent_minutes"], 30.0);
    assert_eq!(findings(&repo, "minutes-lowered"), []);
}

#[test]
fn a_record_after_two_trailers_is_the_third_revision() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n")
        .commit("Build it\n\nLeverage-Estimate: 8h");
    let id = only_task(&repo);
    repo.write("a.txt", "two\n")
        .commit(&format!("Touch it\n\nLeverage-Task: {id}\nLeverage-Estimate: 9h"));
    repo.run(&[
        "revise",
        &id,
        "--estimate",
        "80h",
        "--reason",
        "harder than it looked",
    ])
    .success();
    let history = json(&repo, &["log", "--history"]);
    let hours = |task: &Value| (task["rev"].as_u64(), task["estimate"]["hours"].as_f64());
    let told: Vec<_> = history["tasks"].as_array().unwrap().iter().map(hours).collect();
    let all = [(0, 8.0), (1, 9.0), (2, 80.0)];
    assert_eq!(told, all.map(|(rev, hours)| (Some(rev), Some(hours))));
    one_warning(&repo, "estimate-raised", "from 8h to 80h");
}

/// `record` on a commit, and the id of the task.
fn record(repo: &TestRepo<'_>, commit: &str, title: &str, claim: &[&str]) -> String {
    let before: Vec<String> = ids(repo);
    repo.run(&[&["record", commit, "--title", title], claim].concat())
        .success();
    let new = ids(repo).into_iter().find(|id| !before.contains(id));
    new.unwrap()
}

fn ids(repo: &TestRepo<'_>) -> Vec<String> {
    let log = json(repo, &["log"]);
    let tasks = log["tasks"].as_array().unwrap().iter();
    tasks
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn what_is_retracted_and_claimed_again_is_told() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Build it");
    let id = record(
        &repo,
        &commit,
        "Kiln",
        &["--estimate", "4h", "--agent-time", "40m"],
    );
    repo.run(&["retract", &id, "--reason", "wrong"]).success();
    let told = findings(&repo, "task-retracted");
    assert_eq!(told[0].0, "note", "{told:?}");
    assert!(
        told[0].1.contains("`Kiln` (4h in 40m) was retracted by Ada"),
        "{told:?}"
    );
    record(
        &repo,
        &commit,
        "Kiln, at last",
        &["--estimate", "12h", "--agent-time", "5m"],
    );
    let says =
        "`Kiln, at last` (12h in 5m) claims the same work; the factor is 144.0x, with retracted tasks 21.3x";
    one_warning(&repo, "task-retracted", says);
    let page = page(&repo);
    let sentence = "1 task with 4h is retracted; the factor would be 21.3x with it";
    assert!(page.contains(sentence), "{page}");
}

#[test]
fn a_slow_task_that_was_retracted_elsewhere_is_told() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Build it");
    let slow = record(
        &repo,
        &commit,
        "Slow",
        &["--estimate", "4h", "--agent-time", "300m"],
    );
    let next = repo.write("b.txt", "one\n").commit("Go on");
    record(&repo, &next, "Fast", &["--estimate", "8h", "--agent-time", "10m"]);
    assert_eq!(findings(&repo, "task-retracted"), []);
    // In a fetched ledger, and not in the notes of this clone.
    let tombstone = format!(
        r#"{{"at":"2026-04-10T12:00:00Z","by":"Mal <m@x>","id":"019d774b-0a00-7707-8707-070707070707","kind":"tombstone","of":"{slow}","reason":"oops","rev":0,"v":1}}"#
    );
    repo.git(&["notes", "--ref=theirs", "add", "-m", &tombstone, &commit]);
    repo.git(&[
        "update-ref",
        "refs/leverage/remotes/origin/notes",
        "refs/notes/theirs",
    ]);
    let says = "`Slow` (4h in 300m) was retracted by Mal <m@x> with the reason `oops`; the factor is 48.0x, with retracted \
                tasks 2.3x";
    one_warning(&repo, "task-retracted", says);
    let audit = json(&repo, &["audit"]);
    assert_eq!(audit["confidence"]["retracted"]["tasks"], 1);
    assert_eq!(audit["confidence"]["retracted"]["human_hours"], 4.0);
}

#[test]
fn a_retraction_that_flatters_nobody_is_a_note() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Build it");
    let claim = ["--estimate", "4h", "--agent-time", "40m"];
    let first = record(&repo, &commit, "Kiln", &claim);
    record(&repo, &commit, "Kiln", &[&claim[..], &["--another"]].concat());
    repo.run(&["retract", &first, "--reason", "twice"]).success();
    let told = findings(&repo, "task-retracted");
    assert_eq!((told.len(), told[0].0.as_str()), (1, "note"), "{told:?}");
}

/// A measured session in a note, as written by hand.
fn session_line(day: &str) -> String {
    format!(
        r#"{{"agent":"codex","agent_minutes":5,"at":"2026-04-10T12:00:00Z","by":"Mal <m@x>","ended_at":"{day}T09:30:00Z","evidence":["log:commit"],"id":"019d774b-0a00-7707-8707-070707070707","intervals":[[0,5]],"kind":"session","rev":0,"session":"codex:1","share":1,"started_at":"{day}T09:00:00Z","v":1}}"#
    )
}

#[test]
fn minutes_that_only_a_note_tells_are_told_apart() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Build it");
    record(
        &repo,
        &commit,
        "Kiln",
        &["--estimate", "4h", "--agent-time", "5m"],
    );
    repo.git(&[
        "notes",
        "--ref=leverage",
        "append",
        "-m",
        &session_line("2026-04-01"),
        &commit,
    ]);
    let audit = json(&repo, &["audit"]);
    let parts = ["measured", "noted"].map(|part| audit["confidence"][part]["human_hours"].as_f64());
    assert_eq!(parts, [Some(0.0), Some(4.0)]);
    let page = page(&repo);
    let measured = "From notes: agent time of 1 of 1 task; anyone can type it; factor 48.0x";
    assert!(page.contains(measured), "{page}");
    assert!(page.contains("Minutes in notes 1 4h 48.0x 48.0x"), "{page}");
    assert_eq!(findings(&repo, "session-away-from-commits"), []);
}

#[test]
fn a_session_that_was_not_there_is_found() {
    for (day, says) in [
        (
            "2026-03-01",
            "codex:1 ended 31 days before the first of its commits",
        ),
        ("2026-04-02", "codex:1 began 24.0h after the last of its commits"),
    ] {
        let world = World::new();
        let repo = world.repo("kiln");
        let commit = repo.write("a.txt", "one\n").commit("Build it");
        record(
            &repo,
            &commit,
            "Kiln",
            &["--estimate", "4h", "--agent-time", "5m"],
        );
        repo.git(&[
            "notes",
            "--ref=leverage",
            "append",
            "-m",
            &session_line(day),
            &commit,
        ]);
        one_warning(&repo, "session-away-from-commits", says);
    }
}

#[test]
fn the_headline_says_which_hours_its_factor_covers() {
    let world = World::new();
    let repo = world.repo("kiln");
    let first = repo.write("a.txt", "one\n").commit("Build it");
    record(&repo, &first, "Kiln", &["--estimate", "4h"]);
    let bare_page = page(&repo);
    let bare = "Claimed: 4h in 1 task, no agent time; estimates cannot be checked";
    assert!(bare_page.contains(bare), "{bare_page}");
    let second = repo.write("b.txt", "one\n").commit("Go on");
    record(
        &repo,
        &second,
        "Shelves",
        &["--estimate", "40h", "--agent-time", "20m"],
    );
    let more = page(&repo);
    assert!(
        more.contains("Claimed: 44h in 2 tasks, factor 120.0x over 40h; estimates"),
        "{more}"
    );
}
