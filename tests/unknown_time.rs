//! Time of which a log does not show whether an agent worked: both ends of measured minutes, wherever they are shown.

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{START, TestRepo, World};

const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";

/// A session that worked for 15 minutes, and may have worked for 30 more: its answer took 40.
fn slow(repo: &TestRepo<'_>) -> Transcript {
    Transcript::new("s", repo.path())
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .answer(105, "done")
}

/// A repository with the commit of that session, with this message.
fn kiln<'world>(world: &'world World, message: &str) -> TestRepo<'world> {
    let repo = world.repo("kiln");
    repo.commit("Begin");
    slow(&repo).save(world);
    repo.write("src/a.rs", LINES).commit_at(message, START + 110 * 60);
    repo
}

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    let args = [args, &["--format", "json"]].concat();
    serde_json::from_str(&repo.run(&args).success()).unwrap()
}

/// Some measures of the totals.
fn totals(report: &Value, names: &[&str]) -> Vec<Option<f64>> {
    let of = |name: &&str| report["totals"][*name].as_f64();
    names.iter().map(of).collect()
}

const ENDS: [&str; 4] = [
    "agent_minutes",
    "agent_minutes_low",
    "agent_minutes_measured",
    "session_agent_minutes_low",
];
const BOTH: [Option<f64>; 4] = [Some(45.0), Some(15.0), Some(45.0), Some(15.0)];

fn forget_logs(world: &World) {
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
}

#[test]
fn a_report_counts_unknown_time_and_shows_the_minutes_without_it() {
    let world = World::new();
    let repo = kiln(&world, "Cap the delay\n\nLeverage-Estimate: 10h");
    let report = json(&repo, &["report"]);
    assert_eq!(totals(&report, &ENDS), BOTH);
    let factors = [
        "leverage_factor",
        "wall_leverage_factor",
        "all_in_leverage_factor",
    ];
    assert_eq!(totals(&report, &factors), [Some(600.0 / 45.0); 3]);
    // These are of the time in which an agent is known to have worked.
    assert_eq!(
        totals(&report, &["wall_minutes", "parallelism"]),
        [Some(15.0), Some(1.0)]
    );
    let table = repo.run(&["report"]).success();
    let note = "Agent time includes 30m in which logs do not show whether an agent worked (beyond 10m of a response or command, \
                or a possible wait for a person); without it, it is 15m, and the factor 40.0x";
    let joined = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains(note), "{table}");
    assert!(table.contains("At least"), "{table}");
    let card = repo.run(&["show", "HEAD"]).success();
    assert!(card.contains("15m..45m, from logs"), "{card}");
    let shown = json(&repo, &["log"]);
    let task = &shown["tasks"][0];
    assert_eq!(
        (&task["agent_minutes_measured"], &task["agent_minutes_low"]),
        (&45.into(), &15.into()),
        "{shown}"
    );
}

#[test]
fn a_claim_has_one_figure() {
    let world = World::new();
    let repo = kiln(
        &world,
        "Cap the delay\n\nLeverage-Estimate: 10h\nLeverage-Agent-Time: 20m",
    );
    let report = json(&repo, &["report"]);
    assert_eq!(totals(&report, &ENDS), [Some(20.0), None, None, Some(15.0)]);
}

#[test]
fn notes_keep_both_ends() {
    let world = World::new();
    let repo = kiln(&world, "Cap the delay\n\nLeverage-Estimate: 10h");
    repo.run(&["capture"]).success();
    let line = repo.git(&["notes", "--ref=refs/notes/leverage", "show", "HEAD"]);
    assert!(line.contains(r#""unknown_minutes":30"#), "{line}");
    forget_logs(&world);
    assert_eq!(totals(&json(&repo, &["report"]), &ENDS), BOTH);
}

#[test]
fn a_record_keeps_both_ends() {
    let world = World::new();
    let repo = kiln(&world, "Cap the delay");
    repo.run(&["record", "HEAD", "--estimate", "10h"]).success();
    let line = repo.git(&["notes", "--ref=refs/notes/leverage", "show", "HEAD"]);
    let task: Value = line
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .find(|line: &Value| line["kind"] == "task")
        .unwrap();
    assert_eq!(
        (&task["agent_minutes"], &task["unknown_minutes"]),
        (&15.into(), &30.into()),
        "{line}"
    );
    assert_eq!(totals(&json(&repo, &["report"]), &ENDS), BOTH);
    forget_logs(&world);
    let report = json(&repo, &["report", "--no-sessions"]);
    assert_eq!(totals(&report, &ENDS[..3]), BOTH[..3]);
    // A claim replaces both.
    repo.run(&["revise", "HEAD", "--agent-time", "20m", "--reason", "timed"])
        .success();
    let report = json(&repo, &["report", "--no-sessions"]);
    assert_eq!(totals(&report, &ENDS[..3]), [Some(20.0), None, None]);
}

#[test]
fn a_claim_between_the_ends_agrees_with_its_sessions() {
    for (claimed, is_found) in [
        ("11m", true),
        ("14m", false),
        ("30m", false),
        ("55m", false),
        ("57m", true),
    ] {
        let world = World::new();
        let message = format!("Cap the delay\n\nLeverage-Estimate: 10h\nLeverage-Agent-Time: {claimed}");
        let repo = kiln(&world, &message);
        let audit = repo.run(&["audit", "--format", "json"]).stdout;
        let audit: Value = serde_json::from_str(&audit).unwrap();
        let findings = audit["findings"].as_array().unwrap().iter();
        let own: Vec<&Value> = findings
            .filter(|finding| finding["rule"] == "agent-minutes-differ")
            .collect();
        assert_eq!(!own.is_empty(), is_found, "{claimed}: {audit}");
        for finding in own {
            let message = finding["message"].as_str().unwrap();
            assert!(message.ends_with("its sessions took 15m..45m"), "{message}");
        }
    }
}

#[test]
fn unknown_time_is_on_the_day_of_its_pause() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    // From ten minutes before midnight; the model may have worked until 0:05, and what follows is unknown.
    Transcript::new("s", repo.path())
        .prompt(890, "cap the delay")
        .write(895, "src/a.rs", LINES)
        .answer(955, "done")
        .save(&world);
    let report = json(&repo, &["report", "--by", "day", "--zone", "UTC"]);
    let minutes = |day: &str| {
        let rows = report["rows"].as_array().unwrap().iter();
        let row = rows.clone().find(|row| row["key"]["day"] == day).unwrap();
        (
            row["session_agent_minutes"].as_f64(),
            row["session_agent_minutes_low"].as_f64(),
        )
    };
    assert_eq!(minutes("2026-04-01"), (Some(10.0), None));
    assert_eq!(minutes("2026-04-02"), (Some(55.0), Some(5.0)));
}

#[test]
fn a_command_in_a_mode_that_asks_nobody_works_to_its_end() {
    for (mode, ends) in [
        ("bypassPermissions", [Some(46.0), None]),
        ("default", [Some(46.0), Some(6.25)]),
    ] {
        let world = World::new();
        let repo = world.repo("kiln");
        repo.commit("Begin");
        let call =
            serde_json::json!({"type": "tool_use", "id": "c", "name": "Bash", "input": {"command": "make"}});
        let message =
            serde_json::json!({"id": "m", "role": "assistant", "model": "model-x", "content": [call]});
        let result = serde_json::json!([{"type": "tool_result", "tool_use_id": "c", "content": "built"}]);
        Transcript::new("s", repo.path())
            .raw(
                60,
                serde_json::json!({
                    "type": "user", "permissionMode": mode, "message": {"role": "user", "content": "build it"},
                }),
            )
            .raw(65, serde_json::json!({"type": "assistant", "requestId": "r", "message": message}))
            .raw(
                105,
                serde_json::json!({"type": "user", "message": {"role": "user", "content": result}}),
            )
            .answer(106, "built")
            .save(&world);
        let sessions = json(&repo, &["sessions"]);
        assert_eq!(
            totals(&sessions, &["agent_minutes", "agent_minutes_low"]),
            ends,
            "{mode}: {sessions}"
        );
    }
}
