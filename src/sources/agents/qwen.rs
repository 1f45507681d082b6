//! Qwen Code: `projects/<folder>/chats/<session>.jsonl`, one record a message.
//!
//! What the token fields overlap depends on the provider; `totalTokenCount` tells. Where a provider gives a total alone, the
//! agent splits it 70 to 30 by itself: such counts are estimated.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lines::each_line;
use super::log::{Key, Log, Metric, Outcome, Stamp, What};
use super::record::reason;
use super::value::{content, count, first_text, instant, items, text};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};

/// The reader.
pub struct Qwen;

impl Agent for Qwen {
    fn name(&self) -> &'static str {
        "qwen"
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let moved = machine.folder("QWEN_RUNTIME_DIR");
        moved.or_else(|| machine.in_home(".qwen")).into_iter().collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let projects = root.join("projects");
        let folder = if projects.is_dir() { &projects } else { root };
        files_below(folder, warnings, |path| {
            path.extension().is_some_and(|extension| extension == "jsonl")
        })
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        each_line(&file.path, log, |line, number, log| {
            match serde_json::from_str::<Value>(line) {
                Ok(record) => read_record(&record, number, log),
                Err(error) => log.warn(&file.path, number, reason(&error)),
            }
        })
    }
}

fn read_record(record: &Value, line: u32, log: &mut Log) {
    let Some(stamp) = stamp(record, line, log) else {
        return;
    };
    match text(record, "/type") {
        "user" => read_prompt(record, stamp, log),
        "assistant" => read_response(record, stamp, log),
        "tool_result" => read_result(record, stamp, log),
        "system" if text(record, "/subtype") == "mid_turn_user_message" => {
            let typed = prose::typed(&content(record.pointer("/message/parts")));
            log.push(stamp, What::Queued { typed });
        }
        _ => {}
    }
}

fn stamp(record: &Value, line: u32, log: &mut Log) -> Option<Stamp> {
    let at = instant(record, "/timestamp")?;
    let (id, agent) = (text(record, "/uuid"), text(record, "/agentId"));
    let mut some = |text: &str| (!text.is_empty()).then(|| log.name(text));
    Some(Stamp {
        at,
        line,
        key: (!id.is_empty()).then(|| Key::of(&[id])),
        session: some(text(record, "/sessionId"))?,
        lane: some(agent),
        folder: some(text(record, "/cwd")),
        branch: some(text(record, "/gitBranch")).filter(|_| text(record, "/gitBranch") != "HEAD"),
        copied: record.get("forkedFrom").is_some_and(|from| !from.is_null()),
    })
}

fn read_prompt(record: &Value, stamp: Stamp, log: &mut Log) {
    let said = content(record.pointer("/message/parts"));
    let is_human = match (text(record, "/provenance"), text(record, "/subtype")) {
        ("real_user", _) | ("", "" | "mid_turn_user_message") => stamp.lane.is_none(),
        _ => false,
    };
    if is_human && prose::is_injected(&said) {
        return;
    }
    let what = match (is_human, text(record, "/subtype")) {
        (true, "mid_turn_user_message") => What::Queued {
            typed: prose::typed(&said),
        },
        (true, _) => What::Prompt {
            kind: ActionKind::Prompt,
            typed: prose::typed(&said),
        },
        _ => What::Automated,
    };
    log.push(stamp, what);
}

fn read_response(record: &Value, stamp: Stamp, log: &mut Log) {
    log.push(stamp, What::Work);
    for part in items(record, "/message/parts") {
        if let Some(call) = part.get("functionCall") {
            let id = Key::of(&[text(call, "/id")]);
            let arguments = call.get("args").unwrap_or(&Value::Null);
            let what = tools::call(log, id, text(call, "/name"), arguments);
            log.push(stamp, what);
        }
    }
    let Some(usage) = record.get("usageMetadata") else {
        return;
    };
    if is_invented(usage) {
        log.push(stamp, What::Estimated(Metric::Tokens));
    }
    let model = log.name(text(record, "/model"));
    log.push(
        stamp,
        What::Usage {
            message: stamp.key,
            request: None,
            model,
            tokens: tokens(usage),
        },
    );
}

fn tokens(usage: &Value) -> TokenCounts {
    let prompt = count(usage, "/promptTokenCount");
    let cached = count(usage, "/cachedContentTokenCount").min(prompt);
    let (said, thought) = (
        count(usage, "/candidatesTokenCount"),
        count(usage, "/thoughtsTokenCount"),
    );
    let thoughts_inside = prompt + said == count(usage, "/totalTokenCount");
    TokenCounts {
        input: prompt - cached,
        cache_write: 0,
        cache_read: cached,
        output: if thoughts_inside { said } else { said + thought },
    }
}

/// Whether prompt and answer are 7 and 3 tenths of the total, as the agent splits totals itself.
fn is_invented(usage: &Value) -> bool {
    let total = count(usage, "/totalTokenCount");
    let prompt = count(usage, "/promptTokenCount");
    total > 0
        && count(usage, "/cachedContentTokenCount") == 0
        && prompt.abs_diff(total * 7 / 10) <= 1
        && prompt + count(usage, "/candidatesTokenCount") == total
}

fn read_result(record: &Value, stamp: Stamp, log: &mut Log) {
    let response = items(record, "/message/parts")
        .iter()
        .find_map(|part| part.get("functionResponse"));
    let called = text(record, "/toolCallResult/callId");
    let answered = response.map_or("", |response| text(response, "/id"));
    let id = Key::of(&[if called.is_empty() { answered } else { called }]);
    let printed = match response.and_then(|response| response.get("response")) {
        Some(response) => content(Some(response)),
        None => content(record.pointer("/toolCallResult/resultDisplay")),
    };
    let status = record
        .get("toolCallResult")
        .map_or("", |result| first_text(result, &["status"]));
    let outcome = match status {
        "error" => Outcome::Failed,
        "cancelled" => Outcome::Refused,
        _ => Outcome::Done,
    };
    let what = tools::result(log, id, outcome, None, &printed);
    log.push(stamp, what);
}
