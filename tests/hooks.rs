//! What agents call: events are kept whatever happens, and become records of the sessions that they told of, each once.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::transcript::Transcript;
use crate::world::{NOW, START, TestRepo, World, executable};

const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";

/// What Claude Code tells a hook.
pub fn told(world: &World, event: &str, session: &str, folder: &Path) -> Value {
    let log = world.home().join(format!(".claude/projects/any/{session}.jsonl"));
    json!({"session_id": session, "transcript_path": log, "cwd": folder, "hook_event_name": event})
}

/// `git leverage hook`, not yet run, at a time after [`NOW`].
fn command(world: &World, args: &[&str], seconds: i64) -> Command {
    let mut command = world.leverage(&world.home());
    command.arg("hook").args(args);
    command.env("GIT_TEST_DATE_NOW", (NOW + seconds).to_string());
    command
}

fn give(mut command: Command, payload: &[u8]) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It need not read all of it.
    let _ = child.stdin.take().unwrap().write_all(payload);
    child.wait_with_output().unwrap()
}

/// A hook that has nothing to say.
pub fn hook(world: &World, payload: &Value, seconds: i64) {
    let output = give(command(world, &[], seconds), payload.to_string().as_bytes());
    assert!(
        output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

/// The lines of a spool.
fn lines(spool: &Path) -> Vec<Value> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(spool).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let text = std::fs::read_to_string(path).unwrap();
            lines.extend(
                text.lines()
                    .filter(|line| !line.is_empty())
                    .map(|line| serde_json::from_str(line).unwrap()),
            );
        }
    }
    lines
}

/// Whether all sessions reported by hooks are captured.
pub fn is_settled(world: &World) -> bool {
    let captured = std::fs::read(spool(world).join("captured.json")).unwrap_or_default();
    let captured: Value = serde_json::from_slice(&captured).unwrap_or_default();
    let size = std::fs::metadata(spool(world).join("2026-04-10.jsonl"))
        .unwrap()
        .len();
    captured["files"]["2026-04-10.jsonl"] == size
}

pub fn spool(world: &World) -> std::path::PathBuf {
    world.home().join(".local/state/git-leverage/spool")
}

/// `git leverage ARGS` at a time after [`NOW`], in a repository.
pub fn at(world: &World, repo: &TestRepo<'_>, seconds: i64, args: &[&str]) -> Output {
    let mut command = world.leverage(repo.path());
    command.env("GIT_TEST_DATE_NOW", (NOW + seconds).to_string());
    command.args(args).output().unwrap()
}

pub fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The session lines in the notes of a repository: `session share of commit, rev`.
pub fn notes(repo: &TestRepo<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for line in repo.git(&["notes", "--ref=leverage", "list"]).lines() {
        let commit = line.split(' ').nth(1).unwrap();
        let subject = repo.git(&["log", "-1", "--format=%s", commit]);
        for line in repo.git(&["notes", "--ref=leverage", "show", commit]).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["kind"] == "session" {
                let (session, rev) = (line["session"].as_str().unwrap(), &line["rev"]);
                found.push(format!("{session} on {subject}: {} rev {rev}", line["share"]));
            }
        }
    }
    found.sort();
    found
}

/// What a report says of sessions: how many, their agent minutes, and their tokens.
fn measured(world: &World, repo: &TestRepo<'_>) -> String {
    let output = at(world, repo, 90, &["report", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let totals = &report["totals"];
    let field = |name: &str| totals[name].clone();
    format!(
        "{} sessions, {:.2} min, {} tokens",
        field("sessions"),
        field("session_agent_minutes").as_f64().unwrap_or(f64::NAN),
        field("tokens_output")
    )
}

/// A session of ten minutes that writes two lines, and the commit with them.
pub fn worked<'w>(world: &'w World, session: &str) -> TestRepo<'w> {
    let repo = world.repo("kiln");
    repo.commit("Begin");
    log(session, repo.path()).save(world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 71 * 60);
    repo
}

pub fn log(session: &str, folder: &Path) -> Transcript {
    Transcript::new(session, folder)
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .answer(70, "done")
        .end(70)
}

#[test]
fn what_a_hook_told_of_is_captured_by_the_next_report() {
    let world = World::new();
    let repo = worked(&world, "s");
    hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
    assert!(notes(&repo).is_empty());
    let report = at(&world, &repo, 60, &["report"]);
    assert!(
        report.status.success() && report.stderr.is_empty(),
        "{}",
        text(&report)
    );
    assert_eq!(notes(&repo), ["claude-code:s on Cap the delay: 1.0 rev 0"]);
    let pending = at(&world, &repo, 61, &["capture", "--pending"]);
    assert!(
        text(&pending).contains("Nothing new to capture"),
        "{}",
        text(&pending)
    );
    let captured = std::fs::read_to_string(spool(&world).join("captured.json")).unwrap();
    let captured: Value = serde_json::from_str(&captured).unwrap();
    let size = std::fs::metadata(spool(&world).join("2026-04-10.jsonl"))
        .unwrap()
        .len();
    assert_eq!(captured["files"]["2026-04-10.jsonl"], size);
    assert_eq!(captured["sessions"], json!({}));
    assert_eq!(captured["last"]["claude-code"]["session"], "s");
}

#[test]
fn each_command_that_speaks_of_sessions_sweeps() {
    for args in [
        &["record", "--estimate", "2h"][..],
        &["capture", "HEAD~1"],
        &["capture", "--pending"],
        &["report"],
    ] {
        let world = World::new();
        let repo = worked(&world, "s");
        hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
        let output = at(&world, &repo, 60, args);
        assert!(output.status.success(), "{args:?}: {}", text(&output));
        assert_eq!(notes(&repo).len(), 1, "{args:?}");
    }
    for args in [
        &["record", "--estimate", "2h", "--dry-run"][..],
        &["capture", "--dry-run"],
        &["report", "--no-sessions"],
        &["log"],
    ] {
        let world = World::new();
        let repo = worked(&world, "s");
        hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
        let output = at(&world, &repo, 60, args);
        assert!(output.status.success(), "{args:?}: {}", text(&output));
        assert!(notes(&repo).is_empty(), "{args:?}");
    }
}

#[test]
fn a_session_is_named_to_be_captured_with_those_that_it_launched() {
    let world = World::new();
    let repo = worked(&world, "s");
    let captured = at(&world, &repo, 0, &["capture", "--session", "claude-code:other"]);
    assert!(
        text(&captured).contains("Nothing new to capture"),
        "{}",
        text(&captured)
    );
    let captured = at(&world, &repo, 0, &["capture", "--session", "claude-code:s"]);
    assert!(captured.status.success(), "{}", text(&captured));
    assert_eq!(notes(&repo).len(), 1);
    let wrong = at(&world, &repo, 0, &["capture", "--session", "s"]);
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_session_that_goes_on_stays_pending_and_is_written_where_a_commit_is_new() {
    let world = World::new();
    let repo = worked(&world, "s");
    let start = told(&world, "SessionStart", "s", repo.path());
    hook(&world, &start, 0);
    // A commit that has nothing of it is news at once; the rest waits until the log is whole.
    let _ = at(&world, &repo, 5, &["capture", "--pending"]);
    assert_eq!(notes(&repo), ["claude-code:s on Cap the delay: 1.0 rev 0"]);
    log("s", repo.path())
        .prompt(80, "more")
        .answer(85, "done")
        .end(85)
        .save(&world);
    hook(&world, &start, 10);
    let _ = at(&world, &repo, 15, &["capture", "--pending"]);
    assert_eq!(notes(&repo).len(), 1, "no line for every turn");
    let _ = at(&world, &repo, 45, &["capture", "--pending"]);
    assert_eq!(notes(&repo).len(), 2);
    assert!(notes(&repo)[0].ends_with("0.6667 rev 1"), "{:?}", notes(&repo));
    let before = repo.git(&["rev-parse", "refs/notes/leverage"]);
    let _ = at(&world, &repo, 50, &["capture", "--pending"]);
    assert_eq!(repo.git(&["rev-parse", "refs/notes/leverage"]), before);
}

/// The cases in which one session is told of more than once, or is made of several logs.
#[test]
fn each_session_and_minute_is_in_the_ledger_once() {
    let world = World::new();
    let repo = worked(&world, "s");
    let tree = world.path("tree");
    repo.git(&["worktree", "add", "--quiet", tree.to_str().unwrap()]);
    // A resumed session in another work tree, a subagent of its own, and a fork that repeats all of it.
    let moved = log("s", repo.path())
        .raw(
            80,
            json!({"type": "user", "cwd": tree, "message": {"role": "user", "content": "go on"}}),
        )
        .answer(84, "done")
        .end(84);
    let helped = moved
        .raw(90, json!({"type": "user", "isSidechain": true, "agentId": "helper", "message": {"role": "user", "content": "help"}}))
        .raw(93, json!({"type": "assistant", "isSidechain": true, "agentId": "helper", "message": {
            "id": "h", "role": "assistant", "model": "model-x", "content": [{"type": "text", "text": "helped"}],
            "usage": {"input_tokens": 1, "output_tokens": 7}}}));
    helped.save(&world);
    let log = world.home().join(".claude/projects/any/s.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    let forked = text.replace("\"sessionId\":\"s\"", "\"sessionId\":\"fork\"");
    std::fs::write(log.with_file_name("fork.jsonl"), forked).unwrap();
    let expected = measured(&world, &repo);
    for folder in [repo.path(), &tree] {
        for session in ["s", "fork"] {
            for event in ["SessionStart", "SessionStart", "SessionEnd", "SessionStart"] {
                let ours = told(&world, event, session, folder);
                // Cursor runs the hooks of Claude Code, and says who it is.
                let mut cursors = ours.clone();
                cursors["cursor_version"] = json!("2.0");
                cursors["conversation_id"] = json!("c");
                hook(&world, &ours, 0);
                hook(&world, &cursors, 0);
            }
        }
    }
    // Those that the ends of sessions started come first, and this one goes on without.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_settled(&world) && Instant::now() < deadline {
        let _ = at(&world, &repo, 60, &["report"]);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(measured(&world, &repo), expected);
    let before = notes(&repo);
    assert!(!before.is_empty());
    let _ = at(&world, &repo, 120, &["capture", "--pending"]);
    assert_eq!(notes(&repo), before);
    // Without the logs, the notes say the same of what they have.
    let kept = std::fs::remove_dir_all(world.home().join(".claude"));
    assert!(kept.is_ok());
    let sessions: std::collections::BTreeSet<&str> = before
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    let from_notes = measured(&world, &repo);
    assert!(
        from_notes.starts_with(&format!("{} sessions", sessions.len())),
        "{from_notes} {before:?}"
    );
}

#[test]
fn a_session_is_done_when_all_its_repositories_are() {
    let world = World::new();
    let repo = worked(&world, "s");
    let other = world.repo("oven");
    other.commit("Begin");
    let code = "let heat = 900;\nlet hold = soak(heat);\n";
    let path = other.path().join("src/b.rs");
    let transcript = log("s", repo.path()).raw(
        66,
        json!({"type": "user", "cwd": other.path(), "message": {"role": "user", "content": "and the oven"}}),
    );
    let input = json!({"file_path": path, "content": code});
    transcript
        .raw(67, json!({"type": "assistant", "message": {"id": "w", "role": "assistant", "model": "model-x",
            "content": [{"type": "tool_use", "id": "w1", "name": "Write", "input": input}]}}))
        .raw(68, json!({"type": "user", "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "w1", "content": "ok"}]},
            "toolUseResult": {"filePath": path, "type": "create", "structuredPatch": []}}))
        .save(&world);
    other.write("src/b.rs", code).commit_at("Soak", START + 75 * 60);
    hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
    let _ = at(&world, &repo, 60, &["report"]);
    assert_eq!((notes(&repo).len(), notes(&other).len()), (1, 0));
    let _ = at(&world, &repo, 70, &["capture", "--pending"]);
    assert_eq!((notes(&repo).len(), notes(&other).len()), (1, 1));
}

#[test]
fn nothing_is_written_where_nobody_is_known_and_it_stays_pending() {
    let world = World::new();
    let repo = worked(&world, "s");
    hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
    let config = world.home().join(".gitconfig");
    let known = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, "").unwrap();
    let report = at(&world, &repo, 60, &["report"]);
    assert!(report.status.success(), "{}", text(&report));
    assert_eq!(
        String::from_utf8_lossy(&report.stderr)
            .lines()
            .filter(|line| line.contains("claude-code:s"))
            .count(),
        1
    );
    assert!(notes(&repo).is_empty());
    std::fs::write(&config, known).unwrap();
    let _ = at(&world, &repo, 61, &["report"]);
    assert_eq!(notes(&repo).len(), 1);
}

#[test]
fn a_session_of_which_nothing_can_be_captured_is_given_up_after_a_week() {
    let world = World::new();
    let repo = worked(&world, "s");
    hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
    std::fs::write(repo.path().join(".git/config"), "[").unwrap();
    let day = 24 * 3600;
    let somewhere = world.repo("other");
    let dropped = |seconds| {
        let _ = at(&world, &somewhere, seconds, &["capture", "--pending"]);
        let captured = std::fs::read_to_string(spool(&world).join("captured.json")).unwrap();
        serde_json::from_str::<Value>(&captured).unwrap()["dropped"].clone()
    };
    // However old the event, the first time is not the last.
    assert_eq!(dropped(8 * day), json!([]));
    assert_eq!(dropped(14 * day), json!([]));
    let given_up = dropped(15 * day);
    assert_eq!(given_up[0]["session"], "claude-code:s");
    assert!(
        given_up[0]["reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    );
    assert_eq!(dropped(15 * day).as_array().unwrap().len(), 1);
    // All of it is captured or given up: the file goes after two weeks.
    let _ = dropped(16 * day);
    hook(
        &world,
        &told(&world, "SessionStart", "t", somewhere.path()),
        16 * day,
    );
    let _ = dropped(17 * day);
    let left = lines(&spool(&world));
    assert_eq!((left.len(), &left[0]["session"]), (1, &json!("t")));
}

#[test]
fn what_no_agent_says_is_dropped_without_a_word() {
    let world = World::new();
    let folder = world.home();
    let mut subagent = told(&world, "Stop", "s", &folder);
    subagent["agent_id"] = json!("helper");
    for payload in [
        String::new(),
        "{".to_owned(),
        "[1, 2]".to_owned(),
        "null".to_owned(),
        json!({"session_id": "s"}).to_string(),
        told(&world, "PostToolUse", "s", &folder).to_string(),
        told(&world, "Stop", "two words", &folder).to_string(),
        told(&world, "Stop", &"x".repeat(10_000), &folder).to_string(),
        subagent.to_string(),
        json!({"leverage": 1, "agent": "nobody", "event": "turn-end", "session": "s"}).to_string(),
        json!({"leverage": 2, "agent": "amp", "event": "turn-end", "session": "s"}).to_string(),
        "[".repeat(100_000),
    ] {
        let output = give(command(&world, &[], 0), payload.as_bytes());
        assert!(
            output.status.success() && output.stdout.is_empty() && output.stderr.is_empty(),
            "{payload:.80}"
        );
    }
    assert!(lines(&spool(&world)).is_empty());
    // Of a path that is too long, the rest is kept.
    let mut long = told(&world, "SessionStart", "s", &folder);
    long["cwd"] = json!(format!("/{}", "x".repeat(10_000)));
    hook(&world, &long, 0);
    assert_eq!(lines(&spool(&world))[0]["folder"], Value::Null);
}

#[test]
fn plugins_of_ours_and_hooks_of_git_leave_events() {
    let world = World::new();
    let repo = world.repo("kiln");
    for agent in ["opencode", "amp"] {
        hook(
            &world,
            &json!({"leverage": 1, "agent": agent, "event": "session-start", "session": "T-1", "folder": repo.path(), "model": "m"}),
            0,
        );
    }
    for event in ["post-commit", "post-rewrite", "pre-push"] {
        let mut git = command(&world, &["--git", event], 0);
        git.current_dir(repo.path());
        let output = git.output().unwrap();
        assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    }
    let kept: Vec<String> = lines(&spool(&world))
        .iter()
        .map(|line| format!("{} {}", line["agent"], line["kind"]))
        .collect();
    assert_eq!(
        kept,
        [
            r#""opencode" "session-start""#,
            r#""amp" "session-start""#,
            r#""git" "commit""#,
            r#""git" "other""#
        ]
    );
    assert_eq!(lines(&spool(&world))[2]["folder"], json!(repo.path()));
}

#[test]
fn help_and_arguments_of_a_later_release_are_no_trouble() {
    let world = World::new();
    let help = world.run(&["hook", "--help"]);
    assert!(help.stdout.contains("--remind"), "{help}");
    let payload = told(&world, "SessionStart", "s", &world.home()).to_string();
    let output = give(command(&world, &["--later", "x"], 0), payload.as_bytes());
    assert!(output.status.success() && output.stderr.is_empty());
    for before in [
        &["-C", ".", "hook"][..],
        &["-q", "-c", "x=y", "hook", "--later"],
        &["-C", "gone", "hook"],
    ] {
        let mut called = world.leverage(&world.home());
        called.args(before);
        let output = give(called, payload.as_bytes());
        assert!(output.status.success() && output.stderr.is_empty(), "{before:?}");
    }
    assert_eq!(lines(&spool(&world)).len(), 4);
}

#[cfg(unix)]
#[test]
fn nothing_that_is_in_the_way_holds_a_hook_up_or_makes_it_fail() {
    let world = World::new();
    let repo = world.repo("kiln");
    let payload = told(&world, "SessionStart", "s", repo.path());
    let beside = repo.path().join(".git/leverage/spool");
    let file = spool(&world).join("2026-04-10.jsonl");
    let fifo = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let made: [&dyn Fn(); 5] = [
        &|| fifo(&file),
        &|| std::fs::create_dir(&file).unwrap(),
        &|| std::os::unix::fs::symlink("/dev/null", &file).unwrap(),
        &|| std::fs::File::create(&file).unwrap().set_len(64 << 20).unwrap(),
        &|| {
            std::fs::remove_dir(spool(&world)).unwrap();
            fifo(&spool(&world));
        },
    ];
    // None of the repository is looked at but where it lies.
    std::fs::write(repo.path().join(".git/HEAD"), "rubbish").unwrap();
    std::fs::remove_file(repo.path().join(".git/config")).unwrap();
    fifo(&repo.path().join(".git/config"));
    for (number, make) in made.iter().enumerate() {
        let _ = std::fs::remove_dir_all(spool(&world));
        std::fs::create_dir_all(spool(&world)).unwrap();
        make();
        let began = Instant::now();
        hook(&world, &payload, 0);
        assert!(began.elapsed() < Duration::from_secs(2), "{number}");
        assert_eq!(lines(&beside).len(), number + 1);
    }
    let mut homeless = command(&world, &[], 0);
    homeless.env_remove("HOME");
    assert!(give(homeless, payload.to_string().as_bytes()).status.success());
    assert_eq!(lines(&beside).len(), 6);
    // A relative one would be in whatever work tree a hook is called in.
    for name in ["HOME", "XDG_STATE_HOME", "USERPROFILE"] {
        let mut relative = command(&world, &[], 0);
        relative
            .env_remove("HOME")
            .env(name, "x")
            .current_dir(repo.path());
        assert!(give(relative, payload.to_string().as_bytes()).status.success());
    }
    assert_eq!((lines(&beside).len(), repo.path().join("x").exists()), (9, false));
    // Neither here nor there.
    let mut nowhere = command(&world, &[], 0);
    nowhere.env_remove("HOME");
    let lost = told(&world, "SessionStart", "s", &world.path("gone"));
    let output = give(nowhere, lost.to_string().as_bytes());
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn an_event_beside_a_repository_is_swept_there() {
    let world = World::new();
    let repo = worked(&world, "s");
    std::fs::create_dir_all(world.home().join(".local")).unwrap();
    std::fs::write(world.home().join(".local/state"), "in the way").unwrap();
    hook(
        &world,
        &told(&world, "SessionStart", "s", &repo.path().join("src")),
        0,
    );
    assert_eq!(lines(&repo.path().join(".git/leverage/spool")).len(), 1);
    let report = at(&world, &repo, 60, &["report"]);
    assert!(report.status.success(), "{}", text(&report));
    assert_eq!(notes(&repo).len(), 1);
}

/// A repository may come with a spool that its maker wrote.
#[cfg(unix)]
#[test]
fn what_a_repository_brings_reaches_no_other() {
    let world = World::new();
    let repo = worked(&world, "s");
    let theirs = world.repo("theirs");
    theirs.commit("Begin");
    let brought = theirs.path().join(".git/leverage/spool");
    std::fs::create_dir_all(&brought).unwrap();
    let log = world.home().join(".claude/projects/any/s.jsonl");
    let of = |folder: &Path, kind: &str, agent: &str| {
        let mut line =
            json!({"at": "2026-04-10T11:59:00Z", "agent": agent, "kind": kind, "log": log, "folder": folder});
        if agent != "git" {
            line["session"] = json!("s");
        }
        format!("\n{line}\n")
    };
    let link = theirs.path().join("link");
    std::os::unix::fs::symlink(repo.path(), &link).unwrap();
    let lines = [
        of(repo.path(), "commit", "git"),
        of(&link, "turn-end", "claude-code"),
        // The session is ours, and worked elsewhere.
        of(theirs.path(), "session-end", "claude-code"),
        of(theirs.path(), "commit", "git"),
    ];
    std::fs::write(brought.join("2026-04-10.jsonl"), lines.concat()).unwrap();
    for args in [&["status"][..], &["report"], &["capture", "--pending"], &[]] {
        let output = at(&world, &theirs, 600, args);
        assert!(output.status.success(), "{}", text(&output));
    }
    assert!(notes(&repo).is_empty() && notes(&theirs).is_empty());
    let captured = std::fs::read_to_string(brought.join("captured.json")).unwrap();
    assert!(
        !captured.contains(&repo.path().display().to_string()),
        "{captured}"
    );
}

#[test]
fn a_stream_that_nobody_closes_or_that_never_ends_is_left() {
    let world = World::new();
    let payload = told(&world, "SessionStart", "s", &world.home()).to_string();
    for (said, kept) in [(payload.as_str(), 1), ("{\"session_id\": ", 1), ("", 1)] {
        let mut command = command(&world, &[], 0);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(said.as_bytes()).unwrap();
        let began = Instant::now();
        assert!(child.wait().unwrap().success());
        assert!(began.elapsed() < Duration::from_secs(10), "{said:?}");
        assert_eq!(lines(&spool(&world)).len(), kept);
    }
    let endless = format!("{{\"prompt\": \"{}", "x".repeat(100 << 20));
    assert!(give(command(&world, &[], 0), endless.as_bytes()).status.success());
    let mut shut = Command::new("sh");
    shut.args([
        "-c",
        &format!("exec '{}' hook >&- 2>&- <&-", env!("CARGO_BIN_EXE_git-leverage")),
    ]);
    shut.env("HOME", world.home());
    assert!(shut.status().unwrap().success());
    assert_eq!(lines(&spool(&world)).len(), 1);
}

/// On a machine that is busy, a payload comes late, and in parts.
#[test]
fn who_speaks_slowly_is_heard() {
    let world = World::new();
    let payload = told(&world, "SessionStart", "s", &world.home()).to_string();
    let (first, second) = payload.split_at(20);
    let mut called = command(&world, &[], 0);
    let mut child = called
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    std::thread::sleep(Duration::from_millis(600));
    input.write_all(first.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(700));
    input.write_all(second.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(lines(&spool(&world)).len(), 1);
}

/// The capture outlives the hook, and keeps nobody waiting for its streams.
#[test]
fn the_end_of_a_turn_starts_a_capture_that_outlives_the_hook() {
    let world = World::new();
    let repo = worked(&world, "s");
    let payload = told(&world, "Stop", "s", repo.path());
    let mut command = world.leverage(&world.home());
    command.arg("hook").env_remove("GIT_TEST_DATE_NOW");
    let output = give(command, payload.to_string().as_bytes());
    assert!(output.status.success() && output.stdout.is_empty());
    let deadline = Instant::now() + Duration::from_secs(60);
    while notes(&repo).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(notes(&repo).len(), 1);
    // It is done when the lock is free, and what it left is ours alone.
    while Instant::now() < deadline && !spool(&world).join("captured.json").is_file() {
        std::thread::sleep(Duration::from_millis(100));
    }
    #[cfg(unix)]
    for entry in std::fs::read_dir(spool(&world)).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let entry = entry.unwrap();
        assert_eq!(
            entry.metadata().unwrap().permissions().mode() & 0o077,
            0,
            "{:?}",
            entry.path()
        );
    }
}

/// The processes that stay in a folder.
#[cfg(target_os = "linux")]
fn staying(folder: &Path) -> usize {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let places = processes.filter_map(|process| std::fs::read_link(process.path().join("cwd")).ok());
    places.filter(|place| place == folder).count()
}

/// Many agents never say that a session ends, and write on after their last event.
#[cfg(target_os = "linux")]
#[test]
fn what_an_agent_writes_after_its_last_event_is_captured_by_itself() {
    let world = World::new();
    let repo = worked(&world, "s");
    let folder = spool(&world).canonicalize();
    assert!(folder.is_err());
    let stop = told(&world, "Stop", "s", repo.path()).to_string();
    let call = || {
        let mut command = world.leverage(&world.home());
        command.arg("hook").env_remove("GIT_TEST_DATE_NOW");
        assert!(is_silent(&give(command, stop.as_bytes())));
    };
    (0..10).for_each(|_| call());
    let folder = spool(&world).canonicalize().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let until = |done: &dyn Fn() -> bool| {
        while !done() {
            assert!(Instant::now() < deadline, "{:?}", notes(&repo));
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until(&|| notes(&repo).len() == 1);
    log("s", repo.path())
        .prompt(80, "more")
        .answer(85, "done")
        .end(85)
        .save(&world);
    // One stays, whatever comes, and keeps nobody from capturing.
    until(&|| spool(&world).join("captured.json").is_file() && staying(&folder) == 1);
    (0..10).for_each(|_| call());
    let mut sweep = world.leverage(repo.path());
    let sweep = sweep
        .args(["capture", "--pending"])
        .env_remove("GIT_TEST_DATE_NOW")
        .output()
        .unwrap();
    assert!(
        text(&sweep).contains("Nothing new to capture"),
        "{}",
        text(&sweep)
    );
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!((staying(&folder), notes(&repo).len()), (1, 1));
    until(&|| notes(&repo).len() == 2 && staying(&folder) == 0);
    assert!(notes(&repo)[0].ends_with("0.6667 rev 1"), "{:?}", notes(&repo));
}

/// What an agent wrote and a person commits, long after its session was captured.
#[test]
fn a_commit_by_hand_is_captured_when_git_tells_of_it() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    log("s", repo.path()).save(&world);
    hook(&world, &told(&world, "SessionStart", "s", repo.path()), -3600);
    let _ = at(&world, &repo, -3000, &["report"]);
    assert!(is_settled(&world) && notes(&repo).is_empty());
    repo.write("src/a.rs", LINES).commit_at("Cap the delay", NOW - 10);
    let mut git = command(&world, &["--git", "post-commit"], 0);
    git.current_dir(repo.path());
    assert!(is_silent(&git.output().unwrap()));
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_settled(&world) && Instant::now() < deadline {
        let _ = at(&world, &repo, 60, &["report"]);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(notes(&repo), ["claude-code:s on Cap the delay: 1.0 rev 0"]);
}

/// What git says of the commit, and what was said of it alone, is nothing about who captures.
#[cfg(unix)]
#[test]
fn the_author_of_a_commit_is_not_who_captures_after_it() {
    let world = World::new();
    let repo = worked(&world, "s");
    let hooks = repo.path().join(".git/hooks");
    let script = format!(
        "#!/bin/sh\nexec '{}' hook --git post-commit\n",
        env!("CARGO_BIN_EXE_git-leverage")
    );
    executable(&hooks.join("post-commit"), &script);
    let mut commit = world.git(repo.path());
    commit.args([
        "-c",
        "user.name=Robot",
        "commit",
        "--quiet",
        "--amend",
        "--no-edit",
    ]);
    commit.args([
        "--author",
        "Someone Else <else@example.org>",
        "--date",
        "@1775038260",
    ]);
    commit.env("GIT_COMMITTER_DATE", format!("@{}", NOW - 10));
    assert!(commit.status().unwrap().success());
    assert!(repo.git(&["log", "-1", "--format=%an"]).contains("Someone Else"));
    let deadline = Instant::now() + Duration::from_secs(60);
    while notes(&repo).is_empty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(
        repo.git(&["notes", "--ref=leverage", "show"])
            .contains("Ada Example <ada@example.org>")
    );
    let who = repo.git(&["log", "-1", "--format=%an|%ae|%cn", "refs/notes/leverage"]);
    assert_eq!(who.trim(), "Ada Example|ada@example.org|Ada Example");

    // Who records something obeys the variables as git does.
    let mut record = world.leverage(repo.path());
    record
        .env("GIT_AUTHOR_NAME", "Grace")
        .env("GIT_AUTHOR_EMAIL", "grace@example.org");
    let record = record.args(["record", "--estimate", "2h"]).output().unwrap();
    assert!(record.status.success(), "{}", text(&record));
    assert!(
        repo.git(&["notes", "--ref=leverage", "show"])
            .contains("Grace <grace@example.org>")
    );
}

/// A hook that may remind, at the end of a turn of some agent.
fn reminded(world: &World, payload: &Value, seconds: i64) -> Output {
    give(
        command(world, &["--remind"], seconds),
        payload.to_string().as_bytes(),
    )
}

fn is_silent(output: &Output) -> bool {
    output.status.success() && output.stdout.is_empty() && output.stderr.is_empty()
}

#[test]
fn a_session_with_commits_without_a_task_is_reminded_once() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("Before", NOW - 60);
    hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
    let stop = told(&world, "Stop", "s", repo.path());
    assert!(is_silent(&reminded(&world, &stop, 1)), "nothing was committed");
    let first = repo.commit_at("One", NOW + 10);
    let second = repo.commit_at("Two", NOW + 20);
    repo.git_at(
        &["commit", "--quiet", "--allow-empty", "--amend", "-m", "Two again"],
        NOW + 21,
    );
    let amended = repo.git(&["rev-parse", "HEAD"]);
    for (field, value) in [
        ("stop_hook_active", json!(true)),
        ("background_tasks", json!([{"id": "b"}])),
        ("hook_event_name", json!("SessionEnd")),
    ] {
        let mut goes_on = stop.clone();
        goes_on[field] = value;
        assert!(is_silent(&reminded(&world, &goes_on, 25)), "{field}");
    }
    let plain = give(command(&world, &[], 25), stop.to_string().as_bytes());
    assert!(is_silent(&plain), "it was not asked for");
    let output = reminded(&world, &stop, 30);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["hookSpecificOutput"]["hookEventName"], "Stop");
    let said = answer["hookSpecificOutput"]["additionalContext"]
        .as_str()
        .unwrap();
    for part in [
        &first[..7],
        &amended[..7],
        "git leverage record",
        "If none of it is worth a record",
    ] {
        assert!(said.contains(part), "{said}");
    }
    assert!(!said.contains(&second[..7]), "{said}");
    repo.commit_at("Three", NOW + 40);
    assert!(is_silent(&reminded(&world, &stop, 50)));
}

#[test]
fn nobody_is_reminded_of_what_has_a_task_or_may_be_another_ones() {
    let begin = |session: &str| {
        let world = World::new();
        world.repo("kiln").commit_at("Before", NOW - 60);
        hook(
            &world,
            &told(&world, "SessionStart", session, &world.path("kiln")),
            0,
        );
        world
    };
    let is_due = |world: &World| {
        let stop = told(world, "Stop", "s", &world.path("kiln"));
        !is_silent(&reminded(world, &stop, 60))
    };
    let world = begin("s");
    let repo = world.at("kiln");
    repo.commit_at("One", NOW + 10);
    repo.commit_at("Two\n\nLeverage-Estimate: 4h", NOW + 20);
    let record = at(
        &world,
        &repo,
        30,
        &["record", "HEAD~1", "--estimate", "2h", "--agent-time", "1m"],
    );
    assert!(record.status.success(), "{}", text(&record));
    assert!(!is_due(&world));

    // One record that names the session speaks of all that it made.
    let world = begin("s");
    let repo = world.at("kiln");
    repo.commit_at("One", NOW + 10);
    repo.commit_at("Two", NOW + 20);
    let args = [
        "record",
        "--estimate",
        "2h",
        "--agent-time",
        "1m",
        "--session",
        "claude-code:s",
    ];
    let record = at(&world, &repo, 30, &args);
    assert!(record.status.success(), "{}", text(&record));
    assert!(!is_due(&world));

    let world = begin("s");
    let repo = world.at("kiln");
    repo.commit_at("One", NOW + 10);
    hook(&world, &told(&world, "SessionStart", "other", repo.path()), 5);
    assert!(!is_due(&world));

    let world = begin("s");
    let repo = world.at("kiln");
    repo.git(&["checkout", "--quiet", "-b", "gone"]);
    repo.commit_at("One", NOW + 10);
    repo.git(&["checkout", "--quiet", "main"]);
    assert!(!is_due(&world), "what is not below HEAD any more");
}

#[test]
fn nobody_is_reminded_where_it_is_not_known_whose_commits_are_whose() {
    let is_due = |world: &World| {
        let stop = told(world, "Stop", "s", &world.path("kiln"));
        !is_silent(&reminded(world, &stop, 60))
    };
    // Somebody who is at work since before says nothing meanwhile; who ended does not work any more.
    for (event, due) in [("SessionStart", false), ("Stop", false), ("SessionEnd", true)] {
        let world = World::new();
        let repo = world.repo("kiln");
        repo.commit_at("Before", NOW - 60);
        hook(&world, &told(&world, event, "other", repo.path()), -30);
        hook(&world, &told(&world, "SessionStart", "s", repo.path()), 0);
        repo.commit_at("One", NOW + 10);
        assert_eq!(is_due(&world), due, "{event}");
    }

    // When it began is not known, be it that the hook was set up meanwhile.
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("One", NOW + 10);
    assert!(!is_due(&world));
    let _ = reminded(&world, &told(&world, "Stop", "s", repo.path()), 60);
    assert!(!is_due(&world));
}

/// The end of a turn of each agent that starts hooks, and how it is answered.
fn turns(world: &World, folder: &Path) -> Vec<(&'static str, Value)> {
    let claude_like = |logs: &str, event: &str| json!({"session_id": "s", "cwd": folder, "hook_event_name": event, "transcript_path": world.home().join(logs)});
    vec![
        ("errors", claude_like(".codex/sessions/rollout-s.jsonl", "Stop")),
        (
            "errors",
            claude_like(".gemini/tmp/kiln/chats/session-s.jsonl", "AfterAgent"),
        ),
        ("errors", claude_like(".qwen/projects/kiln/chats/s.jsonl", "Stop")),
        ("decision", claude_like(".factory/sessions/kiln/s.jsonl", "Stop")),
        (
            "decision",
            json!({"sessionId": "s", "cwd": folder, "stopReason": "end_turn", "stop_hook_active": false}),
        ),
        (
            "followup",
            json!({"conversation_id": "s", "cursor_version": "2.0", "workspace_roots": [folder],
                "hook_event_name": "stop", "status": "completed", "loop_count": 0}),
        ),
    ]
}

#[test]
fn each_agent_is_reminded_as_its_protocol_has_it() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("Before", NOW - 60);
    for (number, (form, turn)) in turns(&world, repo.path()).iter().enumerate() {
        let start = 10_000 * (number as i64 + 1);
        let mut begins = turn.clone();
        let fields = begins.as_object_mut().unwrap();
        if fields.contains_key("hook_event_name") {
            fields.insert("hook_event_name".to_owned(), json!("SessionStart"));
        }
        fields.retain(|name, _| !name.starts_with("stop"));
        fields.insert("source".to_owned(), json!("startup"));
        hook(&world, &begins, start);
        repo.commit_at("One", NOW + start + 10);
        let output = reminded(&world, turn, start + 20);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let (code, said) = match *form {
            "errors" => (2, json!(String::from_utf8_lossy(&output.stderr))),
            "decision" if answer["decision"] == "block" => (0, answer["reason"].clone()),
            _ => (0, answer["followup_message"].clone()),
        };
        assert_eq!(output.status.code(), Some(code), "{turn}");
        assert!(
            said.as_str()
                .is_some_and(|said| said.contains("git leverage record")),
            "{turn}"
        );
        assert!((code == 2) == output.stdout.is_empty() && (code == 0) == output.stderr.is_empty());
    }
    // A hook of git says nothing, whatever it is asked for.
    let mut git = command(&world, &["--git", "post-commit", "--remind"], 9000);
    git.current_dir(repo.path());
    assert!(is_silent(&git.output().unwrap()));
}

/// Sessions that each wrote one file of one commit.
fn sessions<'w>(world: &'w World, names: &[String]) -> TestRepo<'w> {
    let repo = world.repo("kiln");
    repo.commit("Begin");
    for (number, name) in names.iter().enumerate() {
        let minute = 60 + 100 * number as i64;
        let code = format!("fn first_{name}() {{}}\nfn second_{name}() {{}}\n");
        let file = format!("src/{name}.rs");
        Transcript::new(name, repo.path())
            .prompt(minute, "go")
            .write(minute + 5, &file, &code)
            .answer(minute + 10, "done")
            .end(minute + 10)
            .save(world);
        repo.write(&file, &code)
            .commit_at(name, START + (minute + 11) * 60);
    }
    repo
}

#[cfg(unix)]
#[test]
fn a_kill_at_any_moment_loses_no_event_and_writes_nothing_twice() {
    let names: Vec<String> = (0..6).map(|number| format!("s{number}")).collect();
    let world = World::new();
    let repo = sessions(&world, &names);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut within = |most: u64| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Duration::from_micros((random >> 33) % most)
    };
    let mut acknowledged = 0;
    for round in 0..60 {
        let name = &names[round % names.len()];
        let mut called = command(&world, &[], 0);
        let mut child = called.stdin(Stdio::piped()).spawn().unwrap();
        let payload = told(&world, "SessionStart", name, repo.path()).to_string();
        let _ = child.stdin.take().unwrap().write_all(payload.as_bytes());
        std::thread::sleep(within(20_000));
        let _ = child.kill();
        acknowledged += usize::from(child.wait().unwrap().success());
        if round % 4 == 3 {
            let mut capture = world.leverage(repo.path());
            capture
                .args(["capture", "--pending"])
                .env("GIT_TEST_DATE_NOW", (NOW + 60).to_string());
            let mut child = capture.stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(within(150_000));
            let _ = child.kill();
            child.wait().unwrap();
        }
    }
    for name in &names {
        hook(&world, &told(&world, "SessionStart", name, repo.path()), 1);
    }
    assert!(lines(&spool(&world)).len() >= acknowledged + names.len());
    let last = at(&world, &repo, 90, &["capture", "--pending"]);
    assert!(last.status.success() && is_settled(&world), "{}", text(&last));
    let expected: Vec<String> = names
        .iter()
        .map(|name| format!("claude-code:{name} on {name}: 1.0 rev 0"))
        .collect();
    assert_eq!(notes(&repo), expected);
    repo.git(&["fsck", "--strict"]);
    let left = std::fs::read_dir(spool(&world)).unwrap();
    let left: Vec<String> = left
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert!(!left.iter().any(|name| name.starts_with(".captured")), "{left:?}");
}
