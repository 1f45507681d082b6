//! Logs as crashes, other programs and the file system leave them, for the reader of Claude Code and for what all
//! readers share.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::world::World;
use crate::world::transcript::Transcript;

/// Two turns of two minutes: 80 output tokens, and an umlaut in the last text.
fn work() -> Transcript {
    Transcript::new("s", "/w/kiln".as_ref())
        .prompt(1, "cap the delay")
        .answer(3, "done")
        .end(3)
        .prompt(5, "and now the Maß")
        .answer(7, "the Maß it is")
}

/// A world in which one log has this content.
fn with_log(bytes: impl AsRef<[u8]>) -> World {
    let world = World::new();
    write(&world, "s.jsonl", bytes);
    world
}

fn place(world: &World, name: &str) -> PathBuf {
    let path = world.home().join(".claude/projects/any").join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    path
}

fn write(world: &World, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(place(world, name), bytes).unwrap();
}

fn sessions(world: &World) -> Command {
    let mut command = world.leverage(&world.path(""));
    command.args(["sessions", "--no-links", "--format", "json"]);
    command
}

/// The output of the tool for a world's sessions, with its warnings and its exit code; it has to finish soon.
fn told(world: &World) -> String {
    told_by(world, sessions(world))
}

fn told_by(world: &World, mut command: Command) -> String {
    let (stdout, stderr) = (world.path("stdout"), world.path("stderr"));
    command.stdout(std::fs::File::create(&stdout).unwrap());
    command.stderr(std::fs::File::create(&stderr).unwrap());
    let mut child = command.stdin(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let rows: Value = serde_json::from_slice(&std::fs::read(stdout).unwrap()).unwrap_or_default();
    let rows = rows["rows"].as_array().cloned().unwrap_or_default();
    let mut lines: Vec<String> = rows.iter().map(row).collect();
    let said = std::fs::read_to_string(stderr).unwrap();
    let root = world.path("").to_string_lossy().trim_end_matches('/').to_owned();
    lines.extend(said.lines().map(|line| line.replace(&root, "$WORLD")));
    lines.push(format!("exit {}", status.code().unwrap()));
    lines.join("\n")
}

fn row(row: &Value) -> String {
    format!(
        "{}: agent {}m, supervisory {}m, output {}, {} to {}",
        row["session"].as_str().unwrap(),
        row["agent_minutes"],
        row["supervisory_minutes"],
        row["tokens_output"],
        row["started_at"].as_str().unwrap(),
        row["ended_at"].as_str().unwrap(),
    )
}

#[test]
fn a_whole_log_has_nothing_to_warn_of() {
    assert_snapshot!(told(&with_log(work().text())), @r"
    s: agent 4m, supervisory 3.25m, output 80, 2026-04-01T09:01:00Z to 2026-04-01T09:07:00Z
    exit 0
    ");
}

#[test]
fn a_log_cut_in_a_line_tells_what_stands_before_it_and_names_the_line() {
    let text = work().text();
    assert_snapshot!(told(&with_log(&text[..text.len() - 40])), @r"
    s: agent 2m, supervisory 2.25m, output 40, 2026-04-01T09:01:00Z to 2026-04-01T09:05:00Z
    warning: $WORLD/home/.claude/projects/any/s.jsonl:5: the last line is incomplete and was left for the next run
    exit 3
    ");
}

#[test]
fn a_log_cut_in_a_character_tells_what_stands_before_it() {
    let text = work().text();
    let within = text.rfind('ß').unwrap() + 1;
    let cut = &text.as_bytes()[..within];
    assert!(std::str::from_utf8(cut).is_err());
    let first = told(&with_log(cut));
    assert_eq!(first, told(&with_log(&cut[..within - 1])));
    // The agent was started again, and continued in the same line and then in the next.
    let more = Transcript::new("s", "/w/kiln".as_ref()).answer(9, "x").text();
    let again = more.replace("s-0", "s-9").replace("message-s", "message-t");
    let resumed = [cut, b"\n", again.as_bytes()].concat();
    assert_snapshot!(told(&with_log(resumed)), @r"
    s: agent 6m, supervisory 3.25m, output 80, 2026-04-01T09:01:00Z to 2026-04-01T09:09:00Z
    warning: $WORLD/home/.claude/projects/any/s.jsonl:5: invalid UTF-8 was replaced
    warning: $WORLD/home/.claude/projects/any/s.jsonl:5: the record is incomplete and was skipped
    exit 3
    ");
}

#[test]
fn nul_bytes_around_records_are_skipped_and_in_them_cost_one_record() {
    let text = work().text();
    let lines: Vec<&str> = text.lines().collect();
    let [first, second, rest @ ..] = lines.as_slice() else {
        panic!("{text}")
    };
    let nul = "\0".repeat(4096);
    let torn = second.replace("done", &nul);
    let broken = format!(
        "{first}\n{nul}{second}\n{nul}\n{torn}\n{}\n{nul}",
        rest.join("\n")
    );
    assert_snapshot!(told(&with_log(broken)), @r"
    s: agent 4m, supervisory 3.25m, output 80, 2026-04-01T09:01:00Z to 2026-04-01T09:07:00Z
    warning: $WORLD/home/.claude/projects/any/s.jsonl:8: the last line is incomplete and was left for the next run
    warning: $WORLD/home/.claude/projects/any/s.jsonl:2: NUL bytes around the record were skipped
    warning: $WORLD/home/.claude/projects/any/s.jsonl:3: NUL bytes around the record were skipped
    warning: $WORLD/home/.claude/projects/any/s.jsonl:4: the record is not JSON and was skipped
    exit 3
    ");
}

#[test]
fn a_line_beyond_64_mebibytes_costs_itself_and_one_of_ten_nothing() {
    let text = work().text();
    let (first, rest) = text.split_once('\n').unwrap();
    let long = |mebibytes: usize| {
        let record = Transcript::new("s", "/w/kiln".as_ref()).answer(2, &"x".repeat(mebibytes << 20));
        record.text().replace("-s-0", &format!("-long-{mebibytes}"))
    };
    let all = format!("{first}\n{}{}{rest}", long(10), long(65));
    assert_snapshot!(told(&with_log(all)), @r"
    s: agent 4m, supervisory 3.25m, output 120, 2026-04-01T09:01:00Z to 2026-04-01T09:07:00Z
    warning: $WORLD/home/.claude/projects/any/s.jsonl:3: a line longer than 64 MiB was skipped
    exit 3
    ");
}

#[test]
fn a_log_that_is_being_written_tells_all_once_it_is() {
    let text = work().text();
    let expected = told(&with_log(&text));
    let start = text.len() - 60;
    let world = with_log(&text[..start]);
    assert!(
        told(&world).ends_with("left for the next run\nexit 3"),
        "{}",
        told(&world)
    );
    write(&world, "s.jsonl", &text[..text.len() - 1]);
    // Complete, except for the end of its line.
    assert_eq!(told(&world), expected);
    write(&world, "s.jsonl", &text);
    assert_eq!(told(&world), expected);
}

#[test]
fn a_clock_that_runs_back_makes_no_time() {
    let turned = Transcript::new("s", "/w/kiln".as_ref())
        .prompt(60, "cap the delay")
        .answer(62, "one")
        .answer(5, "two")
        .answer(6, "three")
        .end(6)
        .raw(
            -60 * 24 * 365 * 2000,
            json!({"type": "user", "message": {"role": "user", "content": "old"}}),
        )
        .raw(
            60 * 24 * 365 * 7900,
            json!({"type": "user", "message": {"role": "user", "content": "new"}}),
        );
    assert_snapshot!(told(&with_log(turned.text())), @r"
    s: agent 13m, supervisory 1.75m, output 120, 0027-07-30T09:00:00Z to 9921-01-02T09:00:00Z
    warning: $WORLD/home/.claude/projects/any/s.jsonl:3: the clock went back by 3420 s; events are read in order of time
    warning: $WORLD/home/.claude/projects/any/s.jsonl:6: the clock went back by 63072000360 s; events are read in order of time
    exit 3
    ");
}

#[test]
fn logs_of_the_same_session_count_each_record_once() {
    let queued = json!({"type": "queue-operation", "operation": "enqueue", "content": "then test it"});
    let text = work().raw(8, queued).text().replace("\"s-8\"", "\"\"");
    let nameless = text.replace("\"id\":\"message", "\"no\":\"message");
    for text in [&text, &nameless] {
        let expected = told(&with_log(text));
        let world = with_log(text);
        write(&world, "copy.jsonl", text);
        write(
            &world,
            "deeper/half.jsonl",
            &text[..=text[..text.len() / 2].rfind('\n').unwrap()],
        );
        assert_eq!(told(&world), expected);
    }
}

#[cfg(unix)]
#[test]
fn what_only_looks_like_a_log_is_named_and_never_waited_for() {
    use std::os::unix::fs::symlink;
    let world = World::new();
    write(&world, "folder.jsonl/s.jsonl", work().text());
    symlink(place(&world, "folder.jsonl/s.jsonl"), place(&world, "link.jsonl")).unwrap();
    symlink(place(&world, ""), place(&world, "around")).unwrap();
    symlink("self.jsonl", place(&world, "self.jsonl")).unwrap();
    symlink("nowhere", place(&world, "dangling.jsonl")).unwrap();
    let made = Command::new("mkfifo").arg(place(&world, "pipe.jsonl")).status();
    assert!(made.unwrap().success());
    assert_snapshot!(told(&world), @r"
    s: agent 4m, supervisory 3.25m, output 80, 2026-04-01T09:01:00Z to 2026-04-01T09:07:00Z
    warning: $WORLD/home/.claude/projects/any/dangling.jsonl: cannot read the log: no such file or directory
    warning: $WORLD/home/.claude/projects/any/pipe.jsonl: cannot read the log: not a file
    warning: $WORLD/home/.claude/projects/any/self.jsonl: cannot read the log: too many levels of symbolic links
    exit 3
    ");
}

/// The superuser may read everything, so a directory closed to all is read as another user if possible.
#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    let world = with_log(work().text());
    write(&world, "closed/t.jsonl", work().text().replace("\"s", "\"t"));
    write(&world, "closed.jsonl", work().text().replace("\"s", "\"u"));
    let set = |name: &str, mode| {
        let path = if name.is_empty() {
            world.path("")
        } else {
            place(&world, name)
        };
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set("closed", 0);
    set("closed.jsonl", 0);
    let mut command = sessions(&world);
    if std::fs::read_dir(place(&world, "closed")).is_ok() {
        set("", 0o755);
        command.arg("--no-cache").uid(NOBODY);
        if sessions(&world).uid(NOBODY).output().is_err() {
            eprintln!("not tested: nothing can be run without the superuser's rights");
            return;
        }
    }
    let told = told_by(&world, command);
    set("closed", 0o755);
    assert_snapshot!(told, @r"
    s: agent 4m, supervisory 3.25m, output 80, 2026-04-01T09:01:00Z to 2026-04-01T09:07:00Z
    warning: $WORLD/home/.claude/projects/any/closed: cannot list the directory: permission denied
    warning: $WORLD/home/.claude/projects/any/closed.jsonl: cannot read the log: permission denied
    exit 3
    ");
}

#[test]
fn what_the_program_says_in_the_agents_place_is_no_work() {
    let user = |text: &str| json!({"type": "user", "message": {"role": "user", "content": text}});
    let nothing = json!([{"type": "text", "text": "No response requested."}]);
    let counts = json!({"input_tokens": 0, "output_tokens": 0});
    let synthetic = json!({
        "type": "assistant",
        "message": {"id": "x", "role": "assistant", "model": "<synthetic>", "content": nothing, "usage": counts},
    });
    for command in ["exit", "/model", "/some-plugins-own"] {
        let name = format!("<command-name>{command}</command-name>\n<command-args></command-args>");
        let resumed = Transcript::new("s", "/w/kiln".as_ref())
            .prompt(1, "cap the delay")
            .answer(3, "done")
            .raw(4, user(&name))
            .raw(4, user("<local-command-stdout>Bye!</local-command-stdout>"))
            .raw(400, synthetic.clone())
            .raw(
                401,
                json!({"type": "assistant", "message": {"role": "assistant", "model": "m", "content": []}}),
            );
        let told = told(&with_log(resumed.text()));
        assert!(told.starts_with("s: agent 2m,"), "{command}: {told}");
        assert!(told.ends_with("exit 0"), "{told}");
    }
}

#[test]
fn a_count_that_is_none_is_unknown_and_named() {
    let response = |usage: &Value| {
        let message = json!({"id": "x", "role": "assistant", "model": "m", "content": [], "usage": usage});
        json!({"type": "assistant", "requestId": "x", "message": message})
    };
    let usage = |input: &Value| {
        let written = Value::Null;
        json!({"input_tokens": input, "cache_creation_input_tokens": written, "output_tokens": 4})
    };
    for input in [json!("12"), Value::Null, json!(-1), json!(i64::MAX)] {
        let alone = Transcript::new("s", "/w/kiln".as_ref())
            .prompt(1, "cap the delay")
            .raw(3, response(&usage(&input)));
        let told = told(&with_log(alone.text()));
        assert!(
            told.contains("agent 2m") && told.contains("output null"),
            "{told}"
        );
        assert!(told.contains("s.jsonl:2: invalid token count"), "{told}");
        assert!(told.ends_with("exit 3"), "{told}");
    }
    let fine = Transcript::new("s", "/w/kiln".as_ref())
        .prompt(1, "cap the delay")
        .raw(3, response(&usage(&json!(3))));
    let told = told(&with_log(fine.text()));
    assert!(told.contains("output 4") && told.ends_with("exit 0"), "{told}");
}

#[test]
fn records_without_a_time_or_a_session_are_named() {
    let message = json!({"role": "user", "content": "x"});
    let lost = |at: &str, session: &str| {
        json!({"type": "user", "timestamp": at, "sessionId": session, "message": message}).to_string()
    };
    let log = work()
        .line(&lost("-000001-12-31T00:00:00.000Z", "s"))
        .line(&lost("+292277-01-01T00:00:00.000Z", "s"))
        .line(&lost("2026-04-01T09:08:00.000Z", ""))
        .line(&json!({"type": "summary", "summary": "x"}).to_string());
    assert_snapshot!(told(&with_log(log.text())), @r"
    s: agent 4m, supervisory 3.25m, output 80, 2026-04-01T09:01:00Z to 2026-04-01T09:07:00Z
    warning: $WORLD/home/.claude/projects/any/s.jsonl:6: the record has no usable time and was skipped
    warning: $WORLD/home/.claude/projects/any/s.jsonl:7: the record has no usable time and was skipped
    warning: $WORLD/home/.claude/projects/any/s.jsonl:8: the record names no session and was skipped
    exit 3
    ");
}
