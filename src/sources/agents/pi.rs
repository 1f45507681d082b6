//! Pi: `sessions/--<folder>--/<time>_<id>.jsonl`, a tree of entries in the order of their writing.
//!
//! Every branch took tokens and time, so the whole tree counts, not its live leaf. A fork begins with copies of its parent's
//! entries, known by id and time.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lines::each_line;
use super::log::{Key, Log, Outcome, Stamp, What};
use super::record::reason;
use super::value::{content, count, instant, items, text};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};

/// The reader.
pub struct Pi;

impl Agent for Pi {
    fn name(&self) -> &'static str {
        "pi"
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let sessions = machine.folder("PI_CODING_AGENT_SESSION_DIR").or_else(|| {
            let home = machine
                .folder("PI_CODING_AGENT_DIR")
                .or_else(|| machine.in_home(".pi/agent"));
            home.map(|home| home.join("sessions"))
        });
        sessions.into_iter().collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        files_below(root, warnings, |path| {
            path.extension().is_some_and(|extension| extension == "jsonl")
        })
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        each_line(&file.path, log, |line, number, log| {
            match serde_json::from_str::<Value>(line) {
                Ok(entry) => read_entry(&entry, number, log),
                Err(error) => log.warn(&file.path, number, reason(&error)),
            }
        })
    }
}

fn read_entry(entry: &Value, line: u32, log: &mut Log) {
    let Some(at) = instant(entry, "/timestamp") else {
        return;
    };
    if text(entry, "/type") == "session" {
        let (id, folder) = (text(entry, "/id"), text(entry, "/cwd"));
        log.carried.stamp = (!id.is_empty()).then(|| Stamp {
            at,
            line,
            key: None,
            session: log.name(id),
            lane: None,
            folder: (!folder.is_empty()).then(|| log.name(folder)),
            branch: None,
            copied: false,
        });
        return;
    }
    let Some(mut stamp) = log.carried.stamp else {
        return;
    };
    stamp.key = Some(Key::of(&[text(entry, "/id"), text(entry, "/timestamp")]));
    (stamp.at, stamp.line) = (at, line);
    match text(entry, "/type") {
        "message" => read_message(entry, stamp, log),
        "compaction" | "branch_summary" => {
            log.push(stamp, What::Work);
            read_usage(entry, stamp, log);
        }
        "model_change" => {
            let model = text(entry, "/modelId");
            log.carried.model = (!model.is_empty()).then(|| log.name(model));
        }
        _ => {}
    }
}

fn read_message(entry: &Value, stamp: Stamp, log: &mut Log) {
    let Some(message) = entry.get("message") else {
        return;
    };
    match text(message, "/role") {
        role @ ("user" | "bashExecution") => {
            let (kind, said) = if role == "user" {
                (ActionKind::Prompt, content(message.get("content")))
            } else {
                (ActionKind::Shell, content(message.get("command")))
            };
            let typed = prose::typed(&said);
            log.push(stamp, What::Prompt { kind, typed });
        }
        "assistant" => {
            log.push(stamp, What::Work);
            for block in items(message, "/content") {
                if text(block, "/type") == "toolCall" {
                    let id = Key::of(&[text(block, "/id")]);
                    let arguments = block.get("arguments").unwrap_or(&Value::Null);
                    let what = tools::call(log, id, text(block, "/name"), arguments);
                    log.push(stamp, what);
                }
            }
            read_usage(message, stamp, log);
            if text(message, "/stopReason") == "aborted" {
                log.push(stamp, What::Interrupted);
            }
        }
        "toolResult" => {
            let failed = message.get("isError").and_then(Value::as_bool) == Some(true);
            let outcome = if failed { Outcome::Failed } else { Outcome::Done };
            let id = Key::of(&[text(message, "/toolCallId")]);
            let what = tools::result(log, id, outcome, None, &content(message.get("content")));
            log.push(stamp, what);
        }
        _ => {}
    }
}

fn read_usage(message: &Value, stamp: Stamp, log: &mut Log) {
    let Some(usage) = message.get("usage").filter(|usage| usage.is_object()) else {
        return;
    };
    let named = text(message, "/model");
    let model = match (named, log.carried.model) {
        ("", Some(model)) => model,
        ("", None) => log.name("unknown"),
        _ => log.name(named),
    };
    let tokens = TokenCounts {
        input: count(usage, "/input"),
        cache_write: count(usage, "/cacheWrite"),
        cache_read: count(usage, "/cacheRead"),
        output: count(usage, "/output"),
    };
    let what = What::Usage {
        message: stamp.key,
        request: None,
        model,
        tokens,
    };
    log.push(stamp, what);
}
