//! What is beside a log, or in its place, and is not a file: a pipe, a device, a file of terabytes. It costs that log,
//! or what it would have added, and never the run.

use std::path::Path;

use crate::world::World;
use crate::world::transcript::Transcript;

/// A log of each agent, and the files that are read because of it.
const LOGS: &[(&str, &str, &[&str])] = &[
    (
        ".gemini/tmp/kiln/chats/session-1.json",
        r#"{"sessionId":"g","startTime":"2026-03-02T10:00:00Z","lastUpdated":"2026-03-02T10:00:00Z","messages":[]}"#,
        &[
            ".gemini/projects.json",
            ".gemini/tmp/kiln/.project_root",
            ".gemini/tmp/kiln/logs.json",
            ".gemini/tmp/kiln/chats/session-2.json",
            ".gemini/tmp/kiln/chats/session-3.jsonl",
        ],
    ),
    (
        ".local/share/opencode/storage/session/p/ses_1.json",
        r#"{"id":"ses_1","directory":"/w","version":"1","parentID":"ses_0","time":{"created":1772445600000}}"#,
        &[
            ".local/share/opencode/storage/session/p/ses_0.json",
            ".local/share/opencode/storage/message/ses_1/msg_1.json",
            ".local/share/opencode/storage/part/msg_2/prt_1.json",
            ".local/share/opencode/opencode.db",
        ],
    ),
    (
        ".cursor/projects/x/agent-transcripts/c1.jsonl",
        r#"{"role":"user","message":{"content":[{"type":"text","text":"hi"}]}}"#,
        &[
            ".cursor/chats/h/c1/meta.json",
            ".cursor/projects/x/agent-transcripts/c2.jsonl",
        ],
    ),
    (
        ".factory/sessions/x/d1.jsonl",
        r#"{"type":"session_start","id":"d1","title":"x","cwd":"/w"}"#,
        &[
            ".factory/sessions/x/d1.settings.json",
            ".factory/sessions/x/d2.jsonl",
        ],
    ),
    (
        ".qwen/projects/w/chats/q.jsonl",
        r#"{"uuid":"1","sessionId":"q","timestamp":"2026-03-02T10:00:00Z","type":"user","cwd":"/w"}"#,
        &[
            ".qwen/projects/w/chats/q.runtime.json",
            ".qwen/projects/w/subagents/q/agent-1.meta.json",
        ],
    ),
    (
        ".local/share/amp/threads/T-1.json",
        r#"{"id":"T-1","created":1772445600000,"messages":[]}"#,
        &[".local/share/amp/threads/T-2.json"],
    ),
    (
        ".copilot/session-state/s1/events.jsonl",
        r#"{"type":"session.start","timestamp":"2026-03-02T10:00:00Z","data":{"sessionId":"s1"}}"#,
        &[
            ".copilot/session-state/s2/events.jsonl",
            ".copilot/session-store.db",
        ],
    ),
    (
        ".codex/sessions/2026/rollout-1.jsonl",
        r#"{"timestamp":"2026-03-02T10:00:00Z","type":"session_meta","payload":{"id":"x","cwd":"/w"}}"#,
        &[
            ".codex/sessions/2026/rollout-2.jsonl.zst",
            ".codex/sessions/2026/rollout-3.jsonl",
        ],
    ),
];

fn put(world: &World, name: &str, content: &str) {
    let path = world.home().join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

/// Reads with each file of [`LOGS`] replaced by what `make` makes; returns the terminal's output.
fn read_beside(make: impl Fn(&Path)) -> String {
    let world = World::new();
    Transcript::new("good", "/w/kiln".as_ref())
        .prompt(0, "x")
        .answer(1, "y")
        .save(&world);
    put(
        &world,
        ".local/share/opencode/storage/message/ses_1/msg_2.json",
        r#"{"id":"msg_2","sessionID":"ses_1","role":"user"}"#,
    );
    put(&world, ".qwen/projects/w/subagents/q/agent-1.jsonl", "{}\n");
    for (log, content, others) in LOGS {
        put(&world, log, &format!("{content}\n"));
        for other in *others {
            let path = world.home().join(other);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            make(&path);
        }
    }
    let run = world.run(&["--verbose", "sessions", "--no-links", "--format", "json"]);
    assert!(matches!(run.code, Some(0 | 3)), "{run}");
    let listed: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let good = listed["rows"].as_array().unwrap().iter();
    let good = good.filter(|row| row.to_string().contains("good"));
    assert_eq!(good.count(), 1, "{run}");
    run.stderr
}

/// Checks that a warning about the file contains this.
#[cfg(unix)]
fn assert_says(said: &str, name: &str, what: &str) {
    let mut lines = said.lines().filter(|line| line.contains(name));
    assert!(lines.any(|line| line.contains(what)), "{name}: {said}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_never_opened() {
    let said = read_beside(|path| {
        let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    });
    for name in [
        "projects.json",
        "ses_0.json",
        "msg_1.json",
        "prt_1.json",
        "c1/meta.json",
        "d1.settings.json",
    ] {
        assert_says(&said, name, "not a regular file");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_device_is_never_opened() {
    let said = read_beside(|path| std::os::unix::fs::symlink("/dev/zero", path).unwrap());
    assert!(
        said.contains("d1.settings.json:1: not read: not a regular file"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn what_is_read_whole_has_a_limit() {
    let said = read_beside(|path| {
        let is_whole = path.extension().is_some_and(|extension| extension == "json");
        let size = if is_whole { 1 << 40 } else { 1 << 10 };
        std::fs::File::create(path).unwrap().set_len(size).unwrap();
    });
    for name in [
        "ses_0.json",
        "msg_1.json",
        "prt_1.json",
        "c1/meta.json",
        "d1.settings.json",
    ] {
        assert_says(&said, name, "larger than 64 MiB");
    }
    for name in ["session-2.json", "T-2.json"] {
        let line = said.lines().find(|line| line.contains(name));
        assert!(
            line.is_some_and(|line| line.contains("larger than 64 MiB was skipped")),
            "{name}: {said}"
        );
    }
}
