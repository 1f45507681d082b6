//! What Codex's tools did: commands, patches, and the programs that run both.
//!
//! A call is announced by one record and ended by the first that shows its result: its output, or the event or item of
//! the patch or command. Tools that a program called have no separate record of their calls; if their completion is
//! logged, that is both the call and its end.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use super::super::log::{Change, Event, Key, Log, Name, Outcome, Stamp, Tool, What};
use super::super::value::{content, first_text, instant, number, text};
use super::super::{change, json, tools};
use super::state::{get, set};
use super::turns;
use crate::facts::span::Moment;

/// How far after a call its end is searched, in events: both are near each other.
const NEAR: usize = 1000;

/// The shortest time between a call and its command's run if a person was asked, in milliseconds: nobody answers
/// sooner, and no command takes that long to start.
const ASKED: i64 = 500;

/// Notes whether a person is asked before what the rules do not allow.
pub(super) fn read_policy(payload: &Value, stamp: Stamp, log: &mut Log) {
    let Some(policy) = payload.get("approval_policy").filter(|policy| !policy.is_null()) else {
        return;
    };
    let reviewer = text(payload, "/approvals_reviewer");
    let asks = policy != "never" && matches!(reviewer, "" | "user");
    let policy = if asks { "asks" } else { "never asks" };
    if policy != get(log, "policy") {
        set(log, "policy", policy);
        set(log, "asks", if asks { "yes" } else { "" });
        log.push(stamp, What::MayAsk(asks));
    }
}

/// A tool call.
pub(super) fn call(payload: &Value, stamp: Stamp, log: &mut Log) {
    let id = Key::of(&[first_text(payload, &["call_id", "id"])]);
    let name = text(payload, "/name");
    let what = match text(payload, "/type") {
        "local_shell_call" => {
            let action = payload.get("action").unwrap_or(&Value::Null);
            tools::call(log, id, "local_shell", action)
        }
        "custom_tool_call" if name == "exec" => program(log, id, text(payload, "/input")),
        "custom_tool_call" => tools::call(log, id, name, payload.get("input").unwrap_or(&Value::Null)),
        _ => {
            let arguments: Value = json::value(text(payload, "/arguments")).unwrap_or_default();
            if name == "write_stdin" {
                go_on_with(number(&arguments, "/session_id"), id, log);
            }
            note_escalated(&arguments, id, log);
            tools::call(log, id, name, &arguments)
        }
    };
    push(what, stamp, log);
}

/// Notes a call for which a person is asked, unless they decided before that they need not be.
fn note_escalated(arguments: &Value, id: Key, log: &mut Log) {
    let by_model = text(arguments, "/sandbox_permissions") == "require_escalated"
        || arguments.get("with_escalated_permissions") == Some(&Value::Bool(true));
    if by_model && !get(log, "asks").is_empty() {
        let list = format!("{}{},", get(log, "escalated"), id.0);
        set(log, "escalated", &list);
    }
}

/// Whether a call was noted this way; it is over now.
fn was_escalated(id: Key, log: &mut Log) -> bool {
    let (noted, list) = (format!("{},", id.0), get(log, "escalated").to_owned());
    let found = list.contains(&noted);
    if found {
        set(log, "escalated", &list.replace(&noted, ""));
    }
    found
}

/// A call that waited from `since` on and ran from `began` on: in between a person was asked, unless that was
/// immediate.
fn ask(id: Key, since: Moment, began: Moment, stamp: Stamp, log: &mut Log) {
    let question = Key::of(&["approval", &id.0.to_string()]);
    if began.since(since) < ASKED || state(log, question) != State::Unknown {
        return;
    }
    let asked = What::Call {
        id: question,
        tool: Tool::Question,
        changes: Vec::new(),
        reads: Vec::new(),
    };
    insert(asked, Stamp { at: since, ..stamp }, log);
    insert(
        ended(question, Outcome::Done, None, None),
        Stamp { at: began, ..stamp },
        log,
    );
}

/// Adds an event that is known only now at its position by time.
fn insert(what: What, stamp: Stamp, log: &mut Log) {
    let before = log.events.iter().rposition(|event| event.stamp.at <= stamp.at);
    let place = before.map_or(0, |at| at + 1);
    log.events.insert(place, Event { stamp, what });
}

/// The end of a call that made no commits.
fn ended(id: Key, outcome: Outcome, took: Option<u32>, changes: Option<Vec<Change>>) -> What {
    What::Result {
        id,
        outcome,
        took,
        typed: 0,
        changes,
        commits: Vec::new(),
    }
}

/// The commands that a program passes to a tool, and where they run.
static COMMAND: LazyLock<Option<Regex>> = LazyLock::new(|| argument("cmd"));
static FOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| argument("workdir"));

/// A field of an object of a program, with its literal.
fn argument(name: &str) -> Option<Regex> {
    let literal = r#""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`"#;
    Regex::new(&format!(r#"(?s)\b{name}["']?\s*:\s*({literal})"#)).ok()
}

/// A program that calls tools. If the history is paginated, their completion is logged; otherwise commands are searched
/// in its text, and patches end with a separate event.
fn program(log: &mut Log, id: Key, source: &str) -> What {
    if get(log, "paginated").is_empty() {
        let commands = literals(COMMAND.as_ref(), source).join("\n");
        let folder = literals(FOLDER.as_ref(), source).pop().unwrap_or_default();
        if !commands.is_empty() {
            return tools::call(
                log,
                id,
                "exec_command",
                &json!({"cmd": commands, "workdir": folder}),
            );
        }
    }
    tools::call(log, id, "program", &Value::Null)
}

fn literals(argument: Option<&Regex>, source: &str) -> Vec<String> {
    let found = argument
        .into_iter()
        .flat_map(|argument| argument.captures_iter(source));
    found
        .filter_map(|found| {
            let literal = found.get(1)?.as_str();
            let inside = literal.get(1..literal.len().checked_sub(1)?)?;
            Some(inside.replace("\\n", "\n").replace('\\', ""))
        })
        .collect()
}

/// The output of a call.
pub(super) fn output(payload: &Value, stamp: Stamp, log: &mut Log) {
    let id = Key::of(&[text(payload, "/call_id")]);
    if state(log, id) == State::Ended {
        return log.push(stamp, What::Work);
    }
    let printed = content(payload.get("output"));
    let wrapped: Value = json::value(&printed).unwrap_or_default();
    let inner = text(&wrapped, "/output");
    let printed = if inner.is_empty() { &printed } else { inner };
    let report = Report::of(printed, &wrapped, payload);
    if let (true, Some(took), Some(since)) = (was_escalated(id, log), report.took, called_at(log, id)) {
        ask(id, since, stamp.at.plus(-i64::from(took)), stamp, log);
    }
    let making = log.carried.open_commands.get(&id).copied();
    let what = tools::result(log, id, report.outcome, report.took, printed);
    // A command that continues prints into other calls' outputs.
    if let (Some(making), Some(process)) = (making, report.process) {
        let made_none = matches!(&what, What::Result { commits, .. } if commits.is_empty());
        if made_none {
            log.carried.open_commands.insert(process_key(process), making);
        }
    }
    push(what, stamp, log);
}

fn process_key(process: u64) -> Key {
    Key::of(&["process", &process.to_string()])
}

/// What a process prints to this call belongs to the command that started it.
fn go_on_with(process: Option<u64>, id: Key, log: &mut Log) {
    let open = &mut log.carried.open_commands;
    if let Some(making) = process.and_then(|process| open.remove(&process_key(process))) {
        open.insert(id, making);
    }
}

/// The result of a call in its output: JSON with the exit code beside the text, or a heading above it.
struct Report {
    outcome: Outcome,
    /// Milliseconds.
    took: Option<u32>,
    /// The process that goes on running.
    process: Option<u64>,
}

impl Report {
    fn of(printed: &str, wrapped: &Value, payload: &Value) -> Self {
        let heading = heading(printed);
        let after = |label: &str| {
            let rest = heading.iter().find_map(|line| line.strip_prefix(label))?;
            rest.trim_start_matches([':', ' '])
                .split_ascii_whitespace()
                .next()
        };
        let seconds =
            number_of(after("Wall time")).or_else(|| wrapped.pointer("/metadata/duration_seconds")?.as_f64());
        let code = number_of(after("Exit code"))
            .or_else(|| number_of(after("Process exited with code")))
            .or_else(|| wrapped.pointer("/metadata/exit_code")?.as_f64());
        let first = heading.first().copied().unwrap_or_default();
        let is_aborted = heading.iter().any(|line| line.starts_with("aborted by user"));
        let failed = code.is_some_and(|code| code != 0.0)
            || is_aborted
            || ["Script failed", "apply_patch verification failed"]
                .iter()
                .any(|start| first.starts_with(start))
            || [payload.get("success"), payload.pointer("/output/success")]
                .contains(&Some(&Value::Bool(false)));
        Self {
            outcome: match (first.contains("rejected by user"), failed) {
                (true, _) => Outcome::Refused,
                (_, true) => Outcome::Failed,
                _ => Outcome::Done,
            },
            // The time of an aborted command is that of the call, including the wait for a person.
            took: seconds
                .filter(|seconds| (0.0..1e6).contains(seconds) && !is_aborted)
                .map(|seconds| (seconds * 1000.0).round() as u32),
            process: after("Process running with session ID").and_then(|id| id.parse().ok()),
        }
    }
}

/// The lines above what a command printed; of an output without a heading, its first line.
fn heading(printed: &str) -> Vec<&str> {
    let has_one = ["Exit code:", "Chunk ID:", "Wall time", "Script "]
        .iter()
        .any(|start| printed.starts_with(start));
    let lines = printed.lines().map(str::trim);
    if has_one {
        lines.take(8).take_while(|line| *line != "Output:").collect()
    } else {
        lines.take(1).collect()
    }
}

fn number_of(text: Option<&str>) -> Option<f64> {
    text?.parse().ok()
}

/// A patch was applied, or not. `record` has the files and the result.
pub(super) fn patched(record: &Value, id: &str, stamp: Stamp, log: &mut Log) {
    let id = Key::of(&[id]);
    let state = state(log, id);
    if state == State::Ended {
        return;
    }
    let changes = changes(record.get("changes"), log);
    if state == State::Unknown {
        push(tools::call(log, id, "apply_patch", &Value::Null), stamp, log);
    }
    let succeeded = record.get("success").and_then(Value::as_bool);
    let outcome = match (succeeded, text(record, "/status")) {
        (_, "declined") => Outcome::Refused,
        (Some(false), _) | (_, "failed") => Outcome::Failed,
        _ => Outcome::Done,
    };
    let changes = (!changes.is_empty()).then_some(changes);
    push(ended(id, outcome, None, changes), stamp, log);
}

/// The files of a patch as the agent logs them: by path, with a diff or the content.
fn changes(files: Option<&Value>, log: &mut Log) -> Vec<Change> {
    let files = files.and_then(Value::as_object);
    let changed = files.into_iter().flatten().map(|(path, file)| {
        let (kind, file) = match (text(file, "/type"), file.as_object()) {
            // Older versions: `{"update": {…}}`.
            ("", Some(fields)) => match fields.iter().next() {
                Some((kind, inner)) => (kind.as_str(), inner),
                None => ("", file),
            },
            (kind, _) => (kind, file),
        };
        let content = text(file, "/content");
        match kind {
            "add" => change::written(log, path, content),
            "delete" => change::replaced(log, path, content, ""),
            _ => {
                let moved = text(file, "/move_path");
                let path = if moved.is_empty() { path } else { moved };
                change::unified(log, path, text(file, "/unified_diff"))
            }
        }
    });
    changed.collect()
}

/// A command ended: a program or the person ran it, so that its call has no separate record, or the model called it and
/// it is logged separately. `record` has the times, `command` the rest.
pub(super) fn ran(record: &Value, command: &Value, id: &str, stamp: Stamp, log: &mut Log) {
    if matches!(text(command, "/source"), "user_shell" | "userShell") {
        return turns::own_command("item", turns::typed_command(command), stamp, log);
    }
    let id = Key::of(&[id]);
    let took = duration(record, command);
    let (since, over) = (
        instant(record, "/started_at_ms"),
        instant(record, "/completed_at_ms"),
    );
    let began = over.unwrap_or(stamp.at).plus(-i64::from(took.unwrap_or(0)));
    if let (Some(since), Some(_), false) = (since, took, get(log, "asks").is_empty()) {
        ask(id, since, began, stamp, log);
        // The wait, if any, is logged separately.
        log.push(stamp, What::Approval { id, asked: false });
    }
    match state(log, id) {
        State::Unknown => ran_untold(command, id, took, Stamp { at: began, ..stamp }, stamp, log),
        State::Ended if took.is_some() => correct_duration(id, began, log),
        _ => {}
    }
}

/// A command that no record calls for.
fn ran_untold(command: &Value, id: Key, took: Option<u32>, began: Stamp, stamp: Stamp, log: &mut Log) {
    let folder = text(command, "/cwd");
    let folder = folder.strip_prefix("file://").unwrap_or(folder);
    let line = match command.get("command") {
        Some(words @ Value::Array(_)) => words.clone(),
        _ => Value::from(text(command, "/command")),
    };
    let call = tools::call(
        log,
        id,
        "exec_command",
        &json!({"command": line, "workdir": folder}),
    );
    let call = placed(call, began, log);
    insert(call, began, log);
    let failed = number(command, "/exit_code") != Some(0) && command.get("exit_code").is_some();
    let outcome = match text(command, "/status") {
        "declined" => Outcome::Refused,
        "failed" => Outcome::Failed,
        _ if failed => Outcome::Failed,
        _ => Outcome::Done,
    };
    let printed = first_text(command, &["aggregated_output", "stdout", "formatted_output"]);
    let result = tools::result(log, id, outcome, took, printed);
    push(result, stamp, log);
}

/// The message of a call that was stopped does not show since when it ran: its command does, which ends later.
fn correct_duration(id: Key, began: Moment, log: &mut Log) {
    let near = log.events.iter_mut().rev().take(NEAR);
    for event in near {
        match &mut event.what {
            What::Result {
                id: ended,
                took: took @ None,
                ..
            } if *ended == id => {
                *took = u32::try_from(event.stamp.at.since(began).max(0)).ok();
                return;
            }
            _ => {}
        }
    }
}

/// How long a command took, in milliseconds.
fn duration(record: &Value, command: &Value) -> Option<u32> {
    let times = (
        instant(record, "/started_at_ms"),
        instant(record, "/completed_at_ms"),
    );
    let took = match (number(command, "/duration/secs"), times) {
        (Some(seconds), _) => seconds * 1000 + number(command, "/duration/nanos").unwrap_or(0) / 1_000_000,
        (None, (Some(start), Some(end))) => u64::try_from(end.since(start)).ok()?,
        _ => return None,
    };
    u32::try_from(took).ok()
}

/// The known facts of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unknown,
    Open,
    Ended,
}

fn state(log: &Log, id: Key) -> State {
    let near = log.events.iter().rev().take(NEAR);
    let found = near.map(|event| &event.what).find_map(|what| match what {
        What::Result { id: ended, .. } if *ended == id => Some(State::Ended),
        What::Call { id: open, .. } if *open == id => Some(State::Open),
        _ => None,
    });
    found.unwrap_or(State::Unknown)
}

/// When a call was made.
fn called_at(log: &Log, id: Key) -> Option<Moment> {
    let mut near = log.events.iter().rev().take(NEAR);
    let call = near.find(|event| matches!(event.what, What::Call { id: open, .. } if open == id));
    call.map(|event| event.stamp.at)
}

fn push(what: What, stamp: Stamp, log: &mut Log) {
    let what = placed(what, stamp, log);
    log.push(stamp, what);
}

/// An event with its paths relative to the working directory. If no person is at the thread, a refusal counts as a
/// failure.
fn placed(mut what: What, stamp: Stamp, log: &mut Log) -> What {
    let is_automated = !get(log, "automated").is_empty();
    let mut paths: Vec<&mut Name> = Vec::new();
    match &mut what {
        What::Call { changes, reads, .. } => {
            paths.extend(changes.iter_mut().map(|change| &mut change.path));
            paths.extend(reads);
        }
        What::Result { changes, outcome, .. } => {
            paths.extend(changes.iter_mut().flatten().map(|change| &mut change.path));
            if is_automated && *outcome == Outcome::Refused {
                *outcome = Outcome::Failed;
            }
        }
        _ => {}
    }
    for path in paths {
        *path = absolute(*path, stamp, log);
    }
    what
}

fn absolute(path: Name, stamp: Stamp, log: &mut Log) -> Name {
    let (Some(folder), named) = (stamp.folder, log.text(path)) else {
        return path;
    };
    if named.starts_with(['/', '\\', '~']) || named.get(1..2) == Some(":") {
        return path;
    }
    let whole = format!("{}/{named}", log.text(folder).trim_end_matches(['/', '\\']));
    log.name(&whole)
}
