//! Records that an agent makes in the middle of its session: who called, what the log says of it, and what comes later.

use std::process::Command;

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{NOW, START, TestRepo, World};

const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";
const MORE: &str = "fn more() {}\nfn most() {}\n";
const CLAUDE: &[(&str, &str)] = &[
    ("CLAUDECODE", "1"),
    ("CLAUDE_CODE_SESSION_ID", "s"),
    ("CLAUDE_CODE_CHILD_SESSION", "1"),
];

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// `git leverage ARGS` as a command of an agent that sets these variables.
fn run_as(world: &World, repo: &TestRepo<'_>, variables: &[(&str, &str)], args: &[&str]) -> Ran {
    let mut command: Command = world.leverage(repo.path());
    let output = command
        .envs(variables.iter().copied())
        .args(args)
        .output()
        .unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The same, with `record`; it has to succeed.
fn record(world: &World, repo: &TestRepo<'_>, args: &[&str]) -> Ran {
    let ran = run_as(world, repo, CLAUDE, &[&["record"], args].concat());
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    ran
}

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    let text = repo.run(&[args, &["--format", "json"]].concat()).success();
    serde_json::from_str(&text).unwrap()
}

/// The agent minutes, supervisory minutes and tokens of each task and of all, to hundredths.
fn figures(repo: &TestRepo<'_>) -> Vec<[f64; 3]> {
    let report = json(repo, &["report", "--by", "task", "--sort", "human_hours"]);
    let of = |row: &Value| {
        ["agent_minutes", "supervisory_minutes", "tokens"]
            .map(|field| (row[field].as_f64().unwrap_or(-1.0) * 100.0).round() / 100.0)
    };
    let rows = report["rows"].as_array().unwrap().iter();
    let named = rows.filter(|row| !row["key"]["task"].is_null());
    named.chain([&report["totals"]]).map(of).collect()
}

/// What the log of the only session says of it.
fn session(repo: &TestRepo<'_>) -> [f64; 3] {
    let text = repo.run(&["export", "sessions"]).success();
    let session: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let tokens: f64 = [
        "tokens_input",
        "tokens_cache_write",
        "tokens_cache_read",
        "tokens_output",
    ]
    .iter()
    .map(|kind| session[*kind].as_f64().unwrap())
    .sum();
    let minutes = |field: &str| (session[field].as_f64().unwrap() * 100.0).round() / 100.0;
    [minutes("agent_minutes"), minutes("supervisory_minutes"), tokens]
}

/// A session that commits after ten minutes, with what it did until then.
fn begun(repo: &TestRepo<'_>, hash: &str) -> Transcript {
    Transcript::new("s", repo.path())
        .prompt(
            60,
            "cap the delay, and mind that it must never be more than a minute",
        )
        .write(65, "src/a.rs", LINES)
        .command(70, "git commit -am Cap", &format!("[main {}] Cap\n", &hash[..7]))
}

/// The answer after that, and one more turn.
fn ended(log: Transcript) -> Transcript {
    log.answer(74, "recorded and done")
        .end(74)
        .prompt(80, "is that all")
        .answer(83, "yes")
        .end(83)
}

fn one_commit<'world>(world: &'world World) -> (TestRepo<'world>, String) {
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.write("src/a.rs", LINES);
    let hash = repo.commit_at("Cap", START + 70 * 60);
    (repo, hash)
}

fn note(repo: &TestRepo<'_>) -> Value {
    let text = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    let mut lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.find(|line| line["kind"] == "task").unwrap()
}

fn near(one: &[f64; 3], other: &[f64; 3]) {
    let is_near = |(one, other): (&f64, &f64)| (one - other).abs() < 0.05 + other * 0.001;
    assert!(one.iter().zip(other).all(is_near), "{one:?} {other:?}");
}

#[test]
fn a_record_in_a_session_is_filled_from_its_log() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    let ran = record(
        &world,
        &repo,
        &["--phase", "Delay=4h", "--basis", "Two functions"],
    );
    assert!(
        ran.stderr
            .contains("Session: `claude-code:s` (from CLAUDE_CODE_SESSION_ID)"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stdout
            .contains("4h, by claude-code (model-x) for Ada Example <ada@example.org>: Two functions"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("10m, measured"), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("tokens       200, measured"),
        "{}",
        ran.stdout
    );
    let task = note(&repo);
    assert_eq!(task["agent"], "claude-code");
    assert_eq!(task["model"], "model-x");
    assert_eq!(task["sessions"], serde_json::json!(["claude-code:s"]));
    assert_eq!(task["recorded_in"], "claude-code:s");
    assert_eq!(task["estimate"]["agent"], "claude-code");
    assert_eq!(task["estimate"]["model"], "model-x");
    assert_eq!(
        (&task["agent_minutes"], &task["agent_minutes_basis"]),
        (&10.into(), &"measured".into())
    );
    assert_eq!(
        (&task["tokens"], &task["tokens_basis"]),
        (&200.into(), &"measured".into())
    );
    assert!(task["supervisory_minutes"].as_f64().unwrap() > 0.0);
    assert_eq!(task["supervisory_minutes_basis"], "estimated");
}

#[test]
fn what_is_given_wins_over_what_is_found() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    let given = [
        "--estimate=4h",
        "--agent-time=20m",
        "--supervision=3m",
        "--tokens=5k",
        "--agent=codex",
        "--model=gpt-6",
        "--session=codex:a",
        "--estimated-by=person",
    ];
    record(&world, &repo, &given);
    let task = note(&repo);
    let expected = serde_json::json!({
        "agent": "codex", "model": "gpt-6", "sessions": ["codex:a"], "agent_minutes": 20, "supervisory_minutes": 3,
        "tokens": 5000,
    });
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&task[field], value, "{field}");
    }
    for field in [
        "agent_minutes_basis",
        "supervisory_minutes_basis",
        "tokens_basis",
        "recorded_in",
    ] {
        assert!(task[field].is_null(), "{field}: {task}");
    }
    assert_eq!(task["estimate"].as_object().unwrap().len(), 2);
    near(&figures(&repo)[0], &[20.0, 3.0, 5000.0]);
}

#[test]
fn without_sessions_only_the_estimator_is_known() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    record(&world, &repo, &["--estimate=4h", "--no-sessions"]);
    let task = note(&repo);
    for field in ["agent", "model", "sessions", "agent_minutes", "tokens"] {
        assert!(task[field].is_null(), "{field}: {task}");
    }
    assert_eq!(task["estimate"]["agent"], "claude-code");
}

#[test]
fn a_person_records_as_before() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    let ran = repo.run(&["record", "--estimate", "4h"]);
    assert!(!ran.stderr.contains("Session: `claude-code:s` (from"), "{ran}");
    let task = note(&repo);
    for field in ["agent", "model", "tokens", "tokens_basis", "recorded_in"] {
        assert!(task[field].is_null(), "{field}: {task}");
    }
    assert_eq!(task["agent_minutes"], 10);
    assert_eq!(task["estimate"].as_object().unwrap().len(), 2);
}

/// Whether the report has the whole session, from its log and, once that is gone, from what was captured.
fn has_the_whole_session(world: &World, repo: &TestRepo<'_>, tasks: usize) {
    let whole = session(repo);
    let told = figures(repo);
    assert_eq!(told.len(), tasks + 1);
    near(&told[tasks], &whole);
    repo.run(&["capture", "--since", "2026-03-01"]).success();
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
    let captured = figures(repo);
    for (one, other) in captured.iter().zip(&told) {
        near(one, other);
    }
}

#[test]
fn what_comes_after_the_record_counts() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    record(&world, &repo, &["--estimate=4h"]);
    repo.run(&["capture"]).success();
    near(&figures(&repo)[0], &session(&repo));
    ended(begun(&repo, &hash)).save(&world);
    let whole = session(&repo);
    assert!(whole[0] > 16.0 && whole[2] > 350.0, "{whole:?}");
    let card = repo.run(&["show", "HEAD"]).stdout;
    assert!(card.contains("17m, measured"), "{card}");
    has_the_whole_session(&world, &repo, 1);
}

/// A second commit of the session, ten minutes after its first.
fn second_commit(repo: &TestRepo<'_>) -> String {
    repo.write("src/b.rs", MORE);
    repo.commit_at("More", START + 80 * 60)
}

fn second(log: Transcript, hash: &str) -> Transcript {
    log.answer(71, "done")
        .end(71)
        .prompt(72, "more")
        .write(76, "src/b.rs", MORE)
        .command(
            80,
            "git commit -am More",
            &format!("[main {}] More\n", &hash[..7]),
        )
}

#[test]
fn two_tasks_on_two_commits_have_the_whole_session_between_them() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    record(&world, &repo, &["--estimate=8h"]);
    let other = second_commit(&repo);
    second(begun(&repo, &hash), &other).save(&world);
    record(&world, &repo, &["--estimate=4h"]);
    let log = second(begun(&repo, &hash), &other);
    log.answer(84, "recorded, too").end(84).save(&world);
    let told = figures(&repo);
    // Each has what its commit took, and its part of the answer after them: 10 and 9 minutes, and 4.
    let part = |minutes: f64| minutes + 4.0 * minutes / 19.0;
    assert!((told[0][0] - part(10.0)).abs() < 0.02, "{told:?}");
    assert!((told[1][0] - part(9.0)).abs() < 0.02, "{told:?}");
    has_the_whole_session(&world, &repo, 2);
}

#[test]
fn two_tasks_on_one_commit_have_the_whole_session_between_them() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    record(&world, &repo, &["--estimate=8h"]);
    record(&world, &repo, &["--estimate=4h", "--title=Two", "--another"]);
    ended(begun(&repo, &hash)).save(&world);
    has_the_whole_session(&world, &repo, 2);
}

#[test]
fn a_commit_without_a_task_keeps_its_part_of_what_follows() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    record(&world, &repo, &["--estimate=8h"]);
    let other = second_commit(&repo);
    let log = second(begun(&repo, &hash), &other);
    log.answer(84, "done").end(84).save(&world);
    let report = json(&repo, &["report", "--by", "category"]);
    let minutes = |row: &Value, field: &str| row[field].as_f64().unwrap();
    let part = 10.0 + 4.0 * 10.0 / 19.0;
    assert!((minutes(&report["totals"], "agent_minutes") - part).abs() < 0.02);
    assert!((minutes(&report["totals"], "session_agent_minutes") - 23.0).abs() < 0.02);
    let by_task = json(&repo, &["report", "--by", "task"]);
    let of_task = minutes(&by_task["rows"][0], "session_agent_minutes");
    assert!((of_task - part).abs() < 0.02, "{by_task}");
    // Nor does a note on one of them say that what went into the other was for the task.
    repo.run(&["capture", "HEAD~1"]).success();
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
    let captured = json(&repo, &["report", "--by", "category"]);
    let told = minutes(&captured["totals"], "agent_minutes");
    assert!((told - part).abs() < 0.02, "{captured}");
    let audit = repo.run(&["audit"]).stdout;
    assert!(!audit.contains("its sessions took"), "{audit}");
}

#[test]
fn a_claim_in_the_message_of_a_sessions_own_commit_is_filled_as_well() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.write("src/a.rs", LINES);
    let message = "Cap\n\nLeverage-Estimate: 4h\nLeverage-Estimator: claude-code model-x\nLeverage-Session: claude-code:s";
    let hash = repo.commit_at(message, START + 70 * 60);
    ended(begun(&repo, &hash)).save(&world);
    has_the_whole_session(&world, &repo, 1);
}

#[test]
fn the_commit_names_a_session_that_was_at_work_lately() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    let without_id = &[("CLAUDE_CODE_CHILD_SESSION", "1")];
    let args = ["record", "--estimate=4h", "--dry-run"];
    let later = run_as(&world, &repo, without_id, &args);
    let unknown = "Called by claude-code (from CLAUDE_CODE_CHILD_SESSION); its session is unknown";
    assert!(later.stderr.contains(unknown), "{}", later.stderr);
    let now = (START + 71 * 60).to_string();
    let variables = [without_id, &[("GIT_TEST_DATE_NOW", now.as_str())][..]].concat();
    let at_once = run_as(&world, &repo, &variables, &args);
    let known = "Session: `claude-code:s` (from CLAUDE_CODE_CHILD_SESSION and the commit it made)";
    assert!(at_once.stderr.contains(known), "{}", at_once.stderr);
    assert!(
        at_once.stdout.contains("by claude-code (model-x) for"),
        "{}",
        at_once.stdout
    );
}

#[test]
fn a_task_without_a_commit_is_linked_to_its_session() {
    let world = World::new();
    let (repo, _) = one_commit(&world);
    let log = || {
        Transcript::new("s", repo.path())
            .prompt(60, "where does the delay come from")
            .answer(68, "from the cap")
    };
    log().save(&world);
    let ran = record(&world, &repo, &["--no-commit", "--title=Audit", "--estimate=2h"]);
    assert!(ran.stdout.contains("8m, measured"), "{}", ran.stdout);
    assert!(ran.stdout.contains("claude-code:s"), "{}", ran.stdout);
    log().answer(70, "recorded").end(70).save(&world);
    near(&figures(&repo)[0], &session(&repo));
    // A second one has what the first left.
    let ran = record(&world, &repo, &["--no-commit", "--title=Plan", "--estimate=1h"]);
    assert!(ran.stdout.contains("2m, measured"), "{}", ran.stdout);
    let told = figures(&repo);
    assert!((told[0][0] - 8.0).abs() < 0.02, "{told:?}");
    log()
        .answer(70, "recorded")
        .answer(75, "planned, too")
        .end(75)
        .save(&world);
    has_the_whole_session(&world, &repo, 2);
    let exported = repo.run(&["export", "sessions"]).success();
    let session: Value = serde_json::from_str(exported.trim()).unwrap();
    assert_eq!(
        (&session["origin"], &session["commits"]),
        (&"note".into(), &0.into())
    );
}

#[test]
fn a_session_is_not_named_for_what_was_done_before_it() {
    let world = World::new();
    let (repo, _) = one_commit(&world);
    Transcript::new("s", repo.path())
        .prompt(200, "record the last commit")
        .answer(201, "yes")
        .save(&world);
    let ran = record(&world, &repo, &["--estimate=4h"]);
    assert!(
        ran.stderr.contains("was made before this session began"),
        "{}",
        ran.stderr
    );
    let task = note(&repo);
    assert!(task["sessions"].is_null() && task["agent"].is_null(), "{task}");
    assert_eq!(task["estimate"]["agent"], "claude-code");
}

#[test]
fn a_session_without_a_log_is_named_and_its_minutes_come_later() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    let ran = record(&world, &repo, &["--estimate=4h"]);
    assert!(
        ran.stderr.contains("Agent time is unknown so far"),
        "{}",
        ran.stderr
    );
    let task = note(&repo);
    assert_eq!(task["recorded_in"], "claude-code:s");
    assert!(task["agent_minutes"].is_null() && task["tokens"].is_null());
    ended(begun(&repo, &hash)).save(&world);
    has_the_whole_session(&world, &repo, 1);
}

#[test]
fn of_two_agents_none_is_named_unless_a_process_decides() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    let both = [CLAUDE, &[("CODEX_SESSION_ID", "c")]].concat();
    let args = ["record", "--estimate=4h", "--dry-run"];
    let unclear = run_as(&world, &repo, &both, &args);
    assert!(
        unclear
            .stderr
            .contains("Called by claude-code or codex, but it is not clear which"),
        "{}",
        unclear.stderr
    );
    assert!(
        unclear.stdout.contains("4h, by Ada Example"),
        "{}",
        unclear.stdout
    );
    for (process, stat, line) in [
        ("self", "9 (git-leverage) R 8 1", "git-leverage\0"),
        ("8", "8 (sh) S 7 1", "sh\0-c\0"),
        ("7", "7 (claude) S 1 1", "claude\0"),
    ] {
        let folder = world.path("proc").join(process);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("stat"), stat).unwrap();
        std::fs::write(folder.join("cmdline"), line).unwrap();
    }
    let decided = run_as(&world, &repo, &both, &args);
    assert!(
        decided.stderr.contains("Session: `claude-code:s` (from"),
        "{}",
        decided.stderr
    );
}

#[test]
fn a_hook_names_the_session_of_an_agent_that_does_not() {
    let world = World::new();
    let (repo, _) = one_commit(&world);
    let spool = world.home().join(".local/state/git-leverage/spool");
    std::fs::create_dir_all(&spool).unwrap();
    let at = chrono::DateTime::from_timestamp(NOW - 300, 0).unwrap();
    let event = serde_json::json!({
        "at": at, "agent": "gemini-cli", "kind": "session-start", "session": "g", "folder": repo.path(),
    });
    let file = spool.join(format!("{}.jsonl", at.date_naive()));
    std::fs::write(file, format!("\n{event}\n")).unwrap();
    let args = ["record", "--estimate=4h"];
    let ran = run_as(&world, &repo, &[("GEMINI_CLI", "1")], &args);
    assert!(
        ran.stderr
            .contains("Session: `gemini-cli:g` (from GEMINI_CLI and its hook)"),
        "{}",
        ran.stderr
    );
    assert_eq!(note(&repo)["sessions"], serde_json::json!(["gemini-cli:g"]));
}

#[test]
fn who_revises_an_estimate_estimated_it() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    record(&world, &repo, &["--estimate=4h"]);
    let id = note(&repo)["id"].as_str().unwrap().to_owned();
    let revise = |variables: &[(&str, &str)], args: &[&str]| {
        let all = [&["revise", &id, "--reason", "Looked again"], args].concat();
        run_as(&world, &repo, variables, &all).stdout
    };
    let unchanged = revise(CLAUDE, &["--category=api"]);
    assert!(
        unchanged.contains("4h, by claude-code (model-x) for"),
        "{unchanged}"
    );
    let by_person = revise(&[], &["--estimated-by=person"]);
    assert!(by_person.contains("4h, by Ada Example"), "{by_person}");
    let by_agent = revise(&[("CODEX_SESSION_ID", "c")], &["--estimate=3h"]);
    assert!(by_agent.contains("3h, by codex for Ada Example"), "{by_agent}");
    let again = revise(&[], &["--estimate=2h"]);
    assert!(again.contains("2h, by Ada Example"), "{again}");
    let history = repo.run(&["log", "--history"]).stdout;
    assert!(history.contains("claude-code model-x"), "{history}");
}

#[test]
fn a_person_who_revises_is_not_in_the_session_that_recorded_the_task() {
    let world = World::new();
    let (repo, hash) = one_commit(&world);
    begun(&repo, &hash).save(&world);
    let ran = record(&world, &repo, &["--estimate=4h"]);
    assert!(
        ran.stdout
            .contains("by Ada Example <ada@example.org> in claude-code:s"),
        "{}",
        ran.stdout
    );
    let session = serde_json::json!({ "agent": "claude-code", "session": "s" });
    assert_eq!(note(&repo)["written_by"], session);
    let id = note(&repo)["id"].as_str().unwrap().to_owned();
    let revise = |variables: &[(&str, &str)], args: &[&str]| {
        let all = [&["revise", &id, "--reason", "Looked again"], args].concat();
        let ran = run_as(&world, &repo, variables, &all);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran.stdout
    };
    let by_person = revise(&[], &["--estimated-by=person"]);
    assert!(by_person.contains("4h, by Ada Example"), "{by_person}");
    assert!(
        by_person.contains("by Ada Example <ada@example.org>, revision 1"),
        "{by_person}"
    );
    let by_agent = revise(&[("CODEX_SESSION_ID", "c")], &["--category=api"]);
    assert!(by_agent.contains("in codex:c, revision 2"), "{by_agent}");
    let revisions = json(&repo, &["log", "--history"])["tasks"].clone();
    let written_by = |at: usize| &revisions[at]["written_by"];
    assert_eq!((written_by(0), written_by(1)), (&session, &Value::Null));
    assert_eq!(written_by(2)["agent"], "codex");
    // What the session does after its record is for the task all the same.
    ended(begun(&repo, &hash)).save(&world);
    has_the_whole_session(&world, &repo, 1);
}

#[test]
fn who_recorded_is_kept_where_another_session_made_the_commit() {
    let world = World::new();
    let (repo, _) = one_commit(&world);
    Transcript::new("s", repo.path())
        .prompt(200, "record the last commit")
        .answer(201, "yes")
        .save(&world);
    let ran = record(&world, &repo, &["--estimate=4h", "--estimated-by=person"]);
    assert!(ran.stdout.contains("4h, by Ada Example"), "{}", ran.stdout);
    assert!(ran.stdout.contains("in claude-code:s"), "{}", ran.stdout);
    let task = note(&repo);
    assert!(
        task["sessions"].is_null() && task["recorded_in"].is_null(),
        "{task}"
    );
    assert_eq!(task["written_by"]["agent"], "claude-code");
}

#[test]
fn a_variable_that_terminals_have_as_well_names_nobody_and_is_spoken_of() {
    let world = World::new();
    let (repo, _) = one_commit(&world);
    let args = ["record", "--estimate=4h", "--dry-run"];
    for variables in [
        &[("CLAUDECODE", "1")][..],
        &[("CLAUDECODE", "1"), ("CLAUDE_CODE_SESSION_ID", "")],
    ] {
        let ran = run_as(&world, &repo, variables, &args);
        assert!(ran.stdout.contains("4h, by Ada Example"), "{}", ran.stdout);
        assert!(
            ran.stderr.contains(
                "`CLAUDECODE` is set, but no session is known: the estimate counts as yours; if an agent made it, pass \
                 `--estimated-by claude-code`"
            ),
            "{}",
            ran.stderr
        );
    }
    let by_person = ["record", "--estimate=4h", "--dry-run", "--estimated-by=person"];
    let by_hand = [("CLAUDECODE", "1"), ("LEVERAGE_SESSION", "none")];
    for ran in [
        run_as(&world, &repo, &[], &args),
        run_as(&world, &repo, CLAUDE, &args),
        run_as(&world, &repo, &by_hand, &args),
        run_as(&world, &repo, &by_hand[..1], &by_person),
    ] {
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(!ran.stderr.contains("counts as yours"), "{}", ran.stderr);
    }
}

#[test]
fn another_estimate_alone_leaves_out_phases_that_do_not_sum_to_it() {
    let world = World::new();
    let (repo, _) = one_commit(&world);
    let phases = ["--phase", "Chunk journal=3h", "--phase", "Tests=1h30m"];
    repo.run(&[&["record"], phases.as_slice()].concat()).success();
    let id = note(&repo)["id"].as_str().unwrap().to_owned();
    let told = "Removed the phases, which sum to 4.5h (Chunk journal 3h, Tests 1.5h); pass `--phase NAME=HOURS` for each new one";
    for command in [
        &["revise", &id][..],
        &["record", "--revise"],
        &["revise", &id, "--dry-run"],
    ] {
        let args = [command, &["--estimate", "6h", "--reason", "The journal was new"]].concat();
        let ran = repo.run(
            &[
                &args[..],
                &["--dry-run"][..usize::from(!command.contains(&"--dry-run"))],
            ]
            .concat(),
        );
        assert!(ran.stderr.contains(told), "{ran}");
        assert!(ran.stdout.contains("6h, by Ada Example"), "{ran}");
        assert!(!ran.stdout.contains("Chunk journal"), "{ran}");
    }
    // The same sum in other words keeps them.
    let same = repo.run(&["revise", &id, "--estimate=270m", "--basis=Size", "--reason=Why"]);
    assert!(
        same.stdout.contains("Chunk journal") && !same.stderr.contains("left out"),
        "{same}"
    );
    repo.run(&[
        "revise",
        &id,
        "--estimate",
        "6h",
        "--reason",
        "The journal was new",
    ])
    .success();
    let history = json(&repo, &["log", "--history"])["tasks"].clone();
    assert_eq!(history[0]["estimate"]["phases"][0]["name"], "Chunk journal");
    assert!(history[2]["estimate"]["phases"].is_null(), "{history}");
    // Who gives both is told where they disagree.
    let both = [
        "revise",
        &id,
        "--estimate",
        "8h",
        "--phase",
        "A=7h",
        "--reason",
        "x",
    ];
    assert_eq!(repo.run(&both).code, Some(2));
}

#[test]
fn a_commit_names_its_only_task_where_one_is_revised() {
    let world = World::new();
    let (repo, _) = one_commit(&world);
    let revise = |args: &[&str]| repo.run(&[&["revise"], args, &["--reason", "Looked again"]].concat());
    let none = revise(&["HEAD", "--estimate=3h"]);
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("`HEAD` has no task"), "{none}");
    repo.run(&["record", "--phase", "Design=2h", "--phase", "Tests=30m"])
        .success();
    let revised = revise(&["HEAD", "--phase", "Design=3h"]);
    assert!(revised.stdout.contains("3h, by Ada Example"), "{revised}");
    let said = "Replaced all phases (before: Design 2h, Tests 0.5h); `--phase` does not change single ones";
    assert!(revised.stderr.contains(said), "{revised}");
    let all = revise(&["HEAD", "--phase", "Design=4h", "--phase", "Tests=1h"]);
    assert!(!all.stderr.contains("the phases were"), "{all}");
    repo.run(&["record", "--another", "--title=Second", "--estimate=1h"])
        .success();
    let several = revise(&["HEAD", "--estimate=3h"]);
    assert_eq!(several.code, Some(1));
    assert!(
        several.stderr.contains("`HEAD` has 2 tasks: ") && several.stderr.contains("`Second` ("),
        "{several}"
    );
}

#[test]
fn what_was_meant_otherwise_is_told_how_to_be_given() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Cap\u{1b}[2J");
    let hint = |args: &[&str], hint: &str| {
        let ran = repo.run(args);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains(hint), "{ran}");
    };
    hint(
        &["record", "4h"],
        "hint: If this is the estimate, pass `--estimate 4h`",
    );
    let title = "hint: The title is the commit's subject; pass `--title TEXT` to set another one";
    hint(&["record", "--estimate=4h"], title);
    hint(
        &["record", "--estimate=4h", "--title=Cap", "--commit=nope"],
        "not a commit: `nope`",
    );
    let dry = repo.run(&["record", "--estimate=4h", "--title=Cap", "--dry-run"]);
    assert!(!dry.stdout.contains("\n  id "), "{dry}");
    let unknown = repo.run(&["record", "--estimate=4h", "--title=Cap", "--estimated-by=clod"]);
    let said = "Unknown agent `clod`; for a person, pass `person`";
    assert!(unknown.stderr.contains(said), "{unknown}");
    assert!(unknown.stdout.contains("\n  id "), "{unknown}");
}
