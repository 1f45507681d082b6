//! Codex: `sessions/YYYY/MM/DD/rollout-….jsonl`, also compressed and archived.
//!
//! Token counts are cumulative and repeated. A fork or a subagent opens with its parent's history, re-stamped in one burst:
//! what repeats is told by a second `session_meta` and by the cumulative counts, which go on where the parent's ended.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lines::each_line;
use super::log::{Key, Log, Outcome, Stamp, What};
use super::record::reason;
use super::value::{content, count, instant, items, millis, text};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};
use crate::facts::span::Moment;

/// The reader.
pub struct Codex;

/// How long the burst lasts in which a fork writes its parent's history, in milliseconds.
const BURST: i64 = 1000;

impl Agent for Codex {
    fn name(&self) -> &'static str {
        "codex"
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        machine
            .folders("CODEX_HOME")
            .unwrap_or_else(|| machine.in_home(".codex").into_iter().collect())
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let homes: Vec<PathBuf> = ["sessions", "archived_sessions"]
            .iter()
            .map(|folder| root.join(folder))
            .filter(|folder| folder.is_dir())
            .collect();
        let folders = if homes.is_empty() {
            vec![root.to_owned()]
        } else {
            homes
        };
        let wanted = |path: &Path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // A compressed log beside its plain form says nothing more.
            name.ends_with(".jsonl") || (name.ends_with(".jsonl.zst") && !path.with_extension("").exists())
        };
        folders
            .iter()
            .flat_map(|folder| files_below(folder, warnings, wanted))
            .collect()
    }

    fn appends(&self, file: &LogFile) -> bool {
        !is_compressed(&file.path)
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        if !is_compressed(&file.path) {
            return read_lines(&file.path, &file.path, log);
        }
        let packed = std::fs::File::open(&file.path)?;
        let mut plain = ruzstd::decoding::StreamingDecoder::new(packed).map_err(io::Error::other)?;
        let mut unpacked = tempfile::NamedTempFile::new()?;
        io::copy(&mut plain, &mut unpacked)?;
        read_lines(unpacked.path(), &file.path, log)
    }
}

fn is_compressed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

fn read_lines(path: &Path, named: &Path, log: &mut Log) -> io::Result<()> {
    each_line(path, log, |line, number, log| {
        match serde_json::from_str::<Value>(line) {
            Ok(record) => read_record(&record, line, number, log),
            Err(error) => log.warn(named, number, reason(&error)),
        }
    })
}

fn read_record(record: &Value, line: &str, number: u32, log: &mut Log) {
    let Some(at) = instant(record, "/timestamp") else {
        return;
    };
    let Some(payload) = record.get("payload") else {
        return;
    };
    if text(record, "/type") == "session_meta" {
        return read_meta(payload, at, number, log);
    }
    let Some(mut stamp) = log.carried.stamp else {
        return;
    };
    if is_replayed(stamp.at, at, log) {
        // Only the counts matter: the fork goes on from them.
        if let Some(total) = payload.pointer("/info/total_token_usage") {
            log.carried.totals = tokens(total);
        }
        return;
    }
    let session = log.text(stamp.session).to_owned();
    stamp.key = Some(Key::of(&[&session, line]));
    (stamp.at, stamp.line) = (at, number);
    match text(record, "/type") {
        "turn_context" => read_context(payload, log),
        "event_msg" => read_event(payload, stamp, log),
        "response_item" => read_item(payload, stamp, log),
        _ => {}
    }
}

/// The first `session_meta` names the session; another one opens the replay of its parent's history.
fn read_meta(payload: &Value, at: Moment, line: u32, log: &mut Log) {
    if log.carried.stamp.is_some() {
        return set(log, "replay", "yes");
    }
    let id = text(payload, "/id");
    if id.is_empty() {
        return;
    }
    let mut some = |text: &str| (!text.is_empty()).then(|| log.name(text));
    let parent = some(text(payload, "/forked_from_id"))
        .or_else(|| some(text(payload, "/parent_thread_id")))
        .or_else(|| some(text(payload, "/source/subagent/thread_spawn/parent_thread_id")));
    let (folder, branch) = (some(text(payload, "/cwd")), some(text(payload, "/git/branch")));
    let (version, remote) = (
        some(text(payload, "/cli_version")),
        some(text(payload, "/git/repository_url")),
    );
    let stamp = Stamp {
        at,
        line,
        key: None,
        session: log.name(id),
        lane: None,
        folder,
        branch,
        copied: parent.is_some(),
    };
    log.carried.stamp = Some(stamp);
    if !matches!(text(payload, "/source"), "" | "cli" | "vscode")
        || payload.pointer("/source/subagent").is_some()
    {
        set(log, "automated", "yes");
    }
    let facts = [
        parent.map(What::Parent),
        version.map(What::Version),
        remote.map(What::Remote),
    ];
    for what in facts.into_iter().flatten() {
        log.push(stamp, what);
    }
}

fn is_replayed(start: Moment, at: Moment, log: &mut Log) -> bool {
    if get(log, "replay") != "yes" {
        return false;
    }
    let replayed = at.since(start) < BURST;
    if !replayed {
        set(log, "replay", "over");
    }
    replayed
}

fn read_context(payload: &Value, log: &mut Log) {
    let (model, folder) = (text(payload, "/model"), text(payload, "/cwd"));
    if !model.is_empty() {
        log.carried.model = Some(log.name(model));
    }
    if !folder.is_empty() {
        let folder = log.name(folder);
        if let Some(stamp) = &mut log.carried.stamp {
            stamp.folder = Some(folder);
        }
    }
}

fn read_event(payload: &Value, stamp: Stamp, log: &mut Log) {
    match text(payload, "/type") {
        "user_message" => prompt(text(payload, "/message"), stamp, log),
        "item_completed" if text(payload, "/item/type") == "UserMessage" => {
            let typed = content(payload.pointer("/item/content"));
            prompt(&typed, stamp, log);
        }
        "token_count" => read_tokens(payload, stamp, log),
        "task_complete" | "turn_complete" => log.push(stamp, What::TurnEnd(millis(payload, "/duration_ms"))),
        "turn_aborted" if text(payload, "/reason") == "interrupted" => log.push(stamp, What::Interrupted),
        "turn_aborted" => log.push(stamp, What::TurnEnd(millis(payload, "/duration_ms"))),
        "agent_message" | "task_started" | "turn_started" | "context_compacted" => {
            log.push(stamp, What::Work);
        }
        _ => {}
    }
}

fn prompt(typed: &str, stamp: Stamp, log: &mut Log) {
    let what = if get(log, "automated") == "yes" {
        What::Automated
    } else {
        What::Prompt {
            kind: ActionKind::Prompt,
            typed: prose::typed(typed),
        }
    };
    log.push(stamp, what);
}

/// The tokens since the last count; a count that did not change says nothing, one that fell starts anew.
fn read_tokens(payload: &Value, stamp: Stamp, log: &mut Log) {
    let before = log.carried.totals;
    let last = payload.pointer("/info/last_token_usage").map(tokens);
    let total = match payload.pointer("/info/total_token_usage").map(tokens) {
        Some(total) if total == before => return,
        Some(total) => total,
        None => match last {
            Some(last) => before + last,
            None => return,
        },
    };
    let fell = total.total() < before.total();
    let difference = TokenCounts {
        input: total.input.saturating_sub(before.input),
        cache_write: 0,
        cache_read: total.cache_read.saturating_sub(before.cache_read),
        output: total.output.saturating_sub(before.output),
    };
    log.carried.totals = total;
    let tokens = last.unwrap_or(if fell { total } else { difference });
    if tokens == TokenCounts::default() {
        return;
    }
    let model = log.carried.model.unwrap_or_else(|| log.name("unknown"));
    let session = log.text(stamp.session).to_owned();
    let what = What::Usage {
        // The cumulative count is the same wherever a fork repeats it, whatever time it gives it.
        message: Some(Key::of(&[&format!("{total:?} {tokens:?}")])),
        request: Some(Key::of(&[&session])),
        model,
        tokens,
    };
    log.push(stamp, what);
}

fn tokens(usage: &Value) -> TokenCounts {
    let input = count(usage, "/input_tokens");
    let cached = count(usage, "/cached_input_tokens").min(input);
    TokenCounts {
        input: input - cached,
        cache_write: 0,
        cache_read: cached,
        output: count(usage, "/output_tokens"),
    }
}

fn read_item(payload: &Value, stamp: Stamp, log: &mut Log) {
    let id = Key::of(&[text(payload, "/call_id")]);
    let what = match text(payload, "/type") {
        "function_call" => {
            let arguments = serde_json::from_str(text(payload, "/arguments")).unwrap_or_default();
            tools::call(log, id, text(payload, "/name"), &arguments)
        }
        "custom_tool_call" => {
            let input = payload.get("input").unwrap_or(&Value::Null);
            tools::call(log, id, text(payload, "/name"), input)
        }
        "local_shell_call" => {
            let action = payload.get("action").unwrap_or(&Value::Null);
            tools::call(log, id, "local_shell", action)
        }
        "function_call_output" | "custom_tool_call_output" => output(payload, id, log),
        "reasoning" => What::Work,
        "message" if text(payload, "/role") == "assistant" => What::Work,
        _ => return,
    };
    log.push(stamp, what);
}

/// The output of a call: a text, or JSON in one with the exit code beside it.
fn output(payload: &Value, id: Key, log: &mut Log) -> What {
    let said = content(payload.get("output"));
    let wrapped: Value = serde_json::from_str(&said).unwrap_or_default();
    let inner = text(&wrapped, "/output");
    let failed = wrapped
        .pointer("/metadata/exit_code")
        .is_some_and(|code| code.as_i64() != Some(0))
        || said.starts_with("Exit code: ") && !said.starts_with("Exit code: 0");
    let refused = said.contains("rejected by user");
    let outcome = match (refused, failed) {
        (true, _) => Outcome::Refused,
        (_, true) => Outcome::Failed,
        _ => Outcome::Done,
    };
    let took = wrapped
        .pointer("/metadata/duration_seconds")
        .and_then(Value::as_f64)
        .filter(|seconds| (0.0..1e6).contains(seconds))
        .map(|seconds| (seconds * 1000.0).round() as u32);
    let printed = if items(&wrapped, "").is_empty() && !inner.is_empty() {
        inner
    } else {
        &said
    };
    tools::result(log, id, outcome, took, printed)
}

fn get<'log>(log: &'log Log, name: &str) -> &'log str {
    let found = log.carried.other.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}

fn set(log: &mut Log, name: &str, value: &str) {
    log.carried.other.retain(|(known, _)| known != name);
    log.carried.other.push((name.to_owned(), value.to_owned()));
}
