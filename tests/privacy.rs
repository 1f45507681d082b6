//! Nothing of a conversation leaves its log: no prompt, reply, command, output or line of code.

use std::path::Path;

use serde_json::json;

use crate::world::tables::all_rows;
use crate::world::transcript::Transcript;
use crate::world::{START, TestRepo, World};

/// Part of everything that must not be found again.
const MARKER: &str = "qzsecretqz";

/// A session of which every text contains the marker.
fn secretive(world: &World, repo: &TestRepo<'_>) {
    let said = |what: &str| format!("{MARKER} {what} {MARKER}");
    let code = format!("let retries = 5; // {MARKER}\nlet delay = cap(retries);\n");
    let made = repo.git(&["rev-parse", "--short", "HEAD"]);
    Transcript::new("s", repo.path())
        .prompt(60, &said("prompt"))
        .raw(61, thought(&said("thought")))
        .answer(62, &said("reply"))
        .write(65, "src/a.rs", &code)
        .write(66, "src/b.rs", "fn second() {}\n")
        .command(67, &format!("echo {MARKER}"), &said("output"))
        .command(
            68,
            &format!("git commit -m {MARKER}"),
            &format!("[main {made}] {MARKER}\n {MARKER}\n"),
        )
        .raw(
            69,
            json!({"type": "summary", "summary": said("summary"), "leafUuid": "x"}),
        )
        .raw(
            69,
            json!({"type": "queue-operation", "operation": "enqueue", "content": said("queued")}),
        )
        .raw(
            70,
            json!({"type": "system", "subtype": "local_command", "content": said("local")}),
        )
        .raw(
            70,
            json!({"type": "user", "message": {"role": "user", "content": format!(
                "<command-name>/{MARKER}</command-name><command-args>{MARKER}</command-args>"
            )}}),
        )
        .raw(71, failed(&said("failure")))
        .raw(
            71,
            json!({"type": "user", "message": [MARKER], "toolUseResult": MARKER}),
        )
        .answer(72, &said("reply"))
        .end(72)
        .line(&format!("{MARKER} is no JSON"))
        .line(&format!(
            "{{\"type\": \"{MARKER}\", \"message\": {{\"content\": \"{MARKER}\"}}}}"
        ))
        .save(world);
}

fn thought(text: &str) -> serde_json::Value {
    json!({"type": "assistant", "message": {
        "id": "thought", "role": "assistant", "model": "model-x",
        "content": [{"type": "thinking", "thinking": text, "signature": text}],
    }})
}

fn failed(text: &str) -> serde_json::Value {
    json!({"type": "user", "toolUseResult": format!("Error: {text}"), "message": {"role": "user", "content": [
        {"type": "tool_result", "tool_use_id": "gone", "is_error": true, "content": text},
    ]}})
}

/// Every command that reads sessions, in every form.
fn everything_printed(repo: &TestRepo<'_>) -> Vec<String> {
    let mut printed = Vec::new();
    let mut run = |args: &[&str]| {
        let ran = repo.run(args);
        assert!(matches!(ran.code, Some(0 | 3)), "{args:?}: {ran}");
        printed.push(format!("{args:?} {ran}"));
    };
    run(&["capture"]);
    run(&["record", "--estimate", "40h", "--title", "Retries"]);
    for format in ["table", "json", "csv", "markdown", "html"] {
        run(&["sessions", "--sensitivity", "--format", format]);
        run(&["sessions", "show", "s", "--format", format]);
        for by in ["task", "session", "day", "model"] {
            run(&[
                "report",
                "--estimate-model",
                "sloc",
                "--by",
                by,
                "--format",
                format,
            ]);
        }
    }
    for what in ["sessions", "links", "tasks", "commits"] {
        run(&["export", what]);
    }
    run(&["log"]);
    printed
}

#[test]
fn nothing_that_was_said_is_found_again() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/a.rs", "let retries = 5;\nlet delay = cap(retries);\n")
        .write("src/b.rs", "fn second() {}\n")
        .commit_at("Retry", START + 68 * 60);
    secretive(&world, &repo);
    let log = world.home().join(".claude/projects/any/s.jsonl");
    assert!(std::fs::read_to_string(log).unwrap().matches(MARKER).count() > 30);
    for printed in everything_printed(&repo) {
        assert!(!printed.to_lowercase().contains(MARKER), "{printed}");
    }
    let notes = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(notes.contains(r#""kind":"session""#), "{notes}");
    let objects = repo.git(&["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
    assert!(!objects.contains(MARKER), "an object of the repository");
    let mut files = 0;
    for place in [world.home().join("cache"), repo.path().to_owned()] {
        files += scan(&place);
    }
    assert!(files > 10, "{files} files are not all that was written");
    assert!(world.home().join("cache/git-leverage/sessions").is_dir());
}

/// Facts are compressed, so they are read: by the library, which sees all columns that are there.
#[test]
fn facts_hold_nothing_that_was_said_and_no_path() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/a.rs", "let retries = 5;\nlet delay = cap(retries);\n")
        .write("src/b.rs", "fn second() {}\n")
        .commit_at("Retry", START + 68 * 60);
    repo.git(&[
        "remote",
        "add",
        "origin",
        "https://user:qzpasswordqz@example.org/team/kiln.git",
    ]);
    secretive(&world, &repo);
    // A line of the log is not JSON.
    assert_eq!(repo.run(&["capture"]).code, Some(3));
    repo.run(&["record", "--estimate", "40h", "--title", "Retries"])
        .success();
    let facts = world.home().join("facts");
    let folder = facts.to_str().unwrap();
    repo.run(&[
        "facts",
        "--output",
        folder,
        "--sessions",
        "--inventory",
        "--audit",
    ])
    .success();
    scan(&facts);
    let tables = [
        "repos",
        "commits",
        "tasks",
        "records",
        "sessions",
        "links",
        "inventory",
        "audits",
        "audited",
        "ledger_steps",
    ];
    let mut found: Vec<String> = std::fs::read_dir(&facts)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut expected = tables;
    expected.sort_unstable();
    assert_eq!(found, expected);
    let home = world.home().to_str().unwrap().to_lowercase();
    for table in tables {
        let rows = all_rows(&facts.join(table));
        assert!(!rows.is_empty(), "{table}");
        for row in rows {
            let row = row.to_lowercase();
            for secret in [MARKER, "qzpasswordqz", &home] {
                assert!(!row.contains(secret), "{table}: {row}");
            }
        }
    }
}

/// The input of agents to their hooks, each text with the marker: prompts, answers, calls and their arguments.
fn payloads(world: &World, folder: &Path) -> Vec<serde_json::Value> {
    let log = world.home().join(".claude/projects/any/s.jsonl");
    let claude_like = |event: &str| {
        json!({"session_id": "s", "transcript_path": log, "cwd": folder, "hook_event_name": event,
            "prompt": MARKER, "last_assistant_message": format!("{MARKER} done"), "prompt_response": MARKER,
            "tool_name": MARKER, "tool_input": {"command": MARKER}, "tool_response": [MARKER], "source": MARKER,
            "reason": MARKER, "error": MARKER, "initialPrompt": MARKER, "submitted_prompt": MARKER,
            "effort": {"level": MARKER}, "model": format!("model {MARKER}"), "user_email": MARKER})
    };
    let mut all: Vec<serde_json::Value> = [
        "SessionStart",
        "UserPromptSubmit",
        "PostToolUse",
        "Stop",
        "SessionEnd",
    ]
    .into_iter()
    .map(claude_like)
    .collect();
    all.push(json!({"sessionId": "s", "cwd": folder, "stopReason": MARKER, "response": MARKER, "toolArgs": MARKER}));
    all.push(
        json!({"conversation_id": "s", "cursor_version": MARKER, "hook_event_name": "stop", "status": MARKER,
        "workspace_roots": [folder], "prompt": MARKER}),
    );
    all.push(json!({"leverage": 1, "agent": "opencode", "event": "turn-end", "session": "s", "folder": folder, "title": MARKER}));
    all
}

#[test]
fn what_a_hook_is_told_leaves_no_word_behind() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/a.rs", "let retries = 5;\nlet delay = cap(retries);\n")
        .write("src/b.rs", "fn second() {}\n")
        .commit_at("Retry", START + 68 * 60);
    secretive(&world, &repo);
    for payload in payloads(&world, repo.path()) {
        assert!(payload.to_string().contains(MARKER));
        for remind in [&["hook"][..], &["hook", "--remind"]] {
            let mut command = world.leverage(repo.path());
            command
                .args(remind)
                .stdin(std::process::Stdio::piped())
                .stdout(std::process::Stdio::piped());
            let mut child = command.spawn().unwrap();
            let mut input = child.stdin.take().unwrap();
            std::io::Write::write_all(&mut input, payload.to_string().as_bytes()).unwrap();
            drop(input);
            let output = child.wait_with_output().unwrap();
            assert!(
                !String::from_utf8_lossy(&output.stdout).contains(MARKER),
                "{payload}"
            );
        }
    }
    // The ends of turns started captures, which come first.
    let state = world.home().join(".local/state/git-leverage");
    let captured = || std::fs::read_to_string(state.join("spool/captured.json")).unwrap_or_default();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !captured().contains("\"cursor\"") && std::time::Instant::now() < deadline {
        let mut later = world.leverage(repo.path());
        later.env("GIT_TEST_DATE_NOW", (crate::world::NOW + 60).to_string());
        let ran = later.args(["capture", "--pending"]).output().unwrap();
        assert!(!String::from_utf8_lossy(&ran.stderr).contains(MARKER), "{ran:?}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let notes = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(
        notes.contains(r#""kind":"session""#) && !notes.contains(MARKER),
        "{notes}"
    );
    let spool = std::fs::read_dir(state.join("spool")).unwrap();
    let kept = spool.filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok());
    assert!(kept.map(|text| text.matches("session").count()).sum::<usize>() > 10);
    assert!(scan(&state) > 2 && scan(&world.home().join("cache")) > 0 && scan(repo.path()) > 10);
}

/// How many files were searched; fails at the first one with the marker, in its name or content.
fn scan(folder: &Path) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(!path.to_string_lossy().contains(MARKER), "{path:?}");
        if path.is_dir() {
            files += scan(&path);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(MARKER.len())
                .any(|part| part.eq_ignore_ascii_case(MARKER.as_bytes()));
            assert!(!found, "{path:?}");
            files += 1;
        }
    }
    files
}

/// No command but `sync` uses the network, and `site --serve` that of this machine.
#[cfg(target_os = "linux")]
#[test]
fn no_command_opens_a_socket() {
    if !crate::world::can_trace() {
        return;
    }
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn kiln() {}\n").commit("Kiln");
    repo.git(&["remote", "add", "origin", "https://git.example.org/kiln"]);
    secretive(&world, &repo);
    for args in [
        &["record", "--estimate", "2h"][..],
        &["scan", ".", "../"],
        &["report"],
        &["sessions"],
        &["capture"],
        &["audit"],
        &["inventory"],
        &["log"],
        &["repair"],
        &["export", "commits"],
        &["site", "../out"],
    ] {
        let trace = world.path("trace");
        let file = trace.to_str().unwrap();
        let ran = repo.traced(&["-e", "trace=%network", "-o", file], args);
        assert!(matches!(ran.status.code(), Some(0 | 3)), "{args:?}: {ran:?}");
        let said = std::fs::read_to_string(&trace).unwrap();
        let calls: Vec<&str> = said.lines().filter(|line| line.contains("socket(")).collect();
        assert!(calls.is_empty(), "{args:?}: {calls:?}");
    }
}
