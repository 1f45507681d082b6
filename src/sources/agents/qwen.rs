//! Qwen Code: `projects/<folder>/chats/<session>.jsonl`, one record a message; older logs lie in `tmp` instead of `projects`.
//!
//! What the token fields overlap depends on the provider; `totalTokenCount` tells. Where a provider gives a total alone, the
//! agent splits it 70 to 30 by itself: such counts are estimated. `/branch` copies the records of a session into another,
//! under the same ids.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lines::each_line;
use super::log::{Key, Log, Metric, NAMELESS, Outcome, Stamp, What};
use super::record::reason;
use super::value::{content, count, is_miscounted, items, text, timed};
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
        let moved = ["QWEN_RUNTIME_DIR", "QWEN_HOME"]
            .iter()
            .find_map(|name| machine.folder(name));
        moved.or_else(|| machine.in_home(".qwen")).into_iter().collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let homes: Vec<PathBuf> = ["projects", "tmp"]
            .iter()
            .map(|folder| root.join(folder))
            .filter(|folder| folder.is_dir())
            .collect();
        let folders = if homes.is_empty() {
            vec![root.to_owned()]
        } else {
            homes
        };
        let wanted = |path: &Path| path.extension().is_some_and(|extension| extension == "jsonl");
        folders
            .iter()
            .flat_map(|folder| files_below(folder, warnings, wanted))
            .collect()
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
    note_origin(record, stamp, log);
    match text(record, "/type") {
        "user" => read_prompt(record, stamp, log),
        "assistant" => read_response(record, stamp, log),
        "tool_result" => read_result(record, stamp, log),
        "system" => read_system(record, stamp, log),
        _ => {}
    }
}

fn stamp(record: &Value, line: u32, log: &mut Log) -> Option<Stamp> {
    let at = timed(record, "/timestamp", line, log)?;
    if text(record, "/sessionId").is_empty() {
        log.refuse(line, NAMELESS);
        return None;
    }
    let (id, branch) = (text(record, "/uuid"), text(record, "/gitBranch"));
    let mut some = |text: &str| (!text.is_empty()).then(|| log.name(text));
    Some(Stamp {
        at,
        line,
        key: (!id.is_empty()).then(|| Key::of(&[id])),
        session: some(text(record, "/sessionId"))?,
        lane: some(text(record, "/agentId")),
        folder: some(text(record, "/cwd")),
        branch: some(branch).filter(|_| branch != "HEAD"),
        copied: record.get("forkedFrom").is_some_and(Value::is_object),
    })
}

/// The version of the agent where it changes, and with a branch's first record of its own the session it was copied from.
fn note_origin(record: &Value, stamp: Stamp, log: &mut Log) {
    if stamp.copied {
        remember(log, "parent", text(record, "/forkedFrom/sessionId"));
        return;
    }
    let version = text(record, "/version");
    if remember(log, "version", version) {
        let version = log.name(version);
        log.push(stamp, What::Version(version));
    }
    let parent = log.carried.other.iter().position(|(known, _)| known == "parent");
    if let Some(at) = parent {
        let (_, parent) = log.carried.other.swap_remove(at);
        let parent = log.name(&parent);
        log.push(stamp, What::Parent(parent));
    }
}

/// Keeps a text for the records to come. Returns whether it is another one than before.
fn remember(log: &mut Log, name: &str, said: &str) -> bool {
    let kept = &mut log.carried.other;
    match kept.iter_mut().find(|(known, _)| known == name) {
        _ if said.is_empty() => false,
        Some((_, before)) if before == said => false,
        Some((_, before)) => {
            said.clone_into(before);
            true
        }
        None => {
            kept.push((name.to_owned(), said.to_owned()));
            true
        }
    }
}

fn read_prompt(record: &Value, stamp: Stamp, log: &mut Log) {
    let said = content(record.pointer("/message/parts"));
    // What the person wrote, without the files it named.
    let shown = text(record, "/systemPayload/displayText");
    let said = if shown.is_empty() { &said } else { shown };
    let subtype = text(record, "/subtype");
    let is_human = stamp.lane.is_none()
        && matches!(text(record, "/provenance"), "" | "real_user")
        && matches!(subtype, "" | "mid_turn_user_message" | "realtime_message");
    if is_human && prose::is_injected(said) {
        return;
    }
    let typed = prose::typed(said);
    let what = match (is_human, subtype) {
        (true, "mid_turn_user_message") => What::Queued { typed },
        (true, _) => What::Prompt {
            kind: ActionKind::Prompt,
            typed,
        },
        _ => What::Automated,
    };
    log.push(stamp, what);
}

/// Records beside the conversation: of these a few tell what the person did, or that a turn ended.
fn read_system(record: &Value, stamp: Stamp, log: &mut Log) {
    let payload = record.get("systemPayload").unwrap_or(&Value::Null);
    let is_sent = payload.get("sentToModel") == Some(&Value::Bool(true));
    let what = match text(record, "/subtype") {
        "mid_turn_user_message" => What::Queued {
            typed: prose::typed(&content(record.pointer("/message/parts"))),
        },
        // One that is sent to the model comes again as a prompt.
        "slash_command" if text(payload, "/phase") == "invocation" && !is_sent => {
            let (kind, command) = (ActionKind::Command, text(payload, "/rawCommand"));
            let typed = prose::typed(command);
            // The agent does this one.
            if command.trim_start().starts_with("/compress") {
                What::Prompt { kind, typed }
            } else {
                What::Local { kind, typed }
            }
        }
        "chat_compression" => What::Work,
        "turn_result" => What::TurnEnd(None),
        "parent_session" => match text(payload, "/parentSessionId") {
            "" => return,
            parent => What::Parent(log.name(parent)),
        },
        _ => return,
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
    let Some(usage) = record.get("usageMetadata").filter(|usage| usage.is_object()) else {
        return;
    };
    if is_miscounted(usage) {
        return log.refuse_tokens(stamp);
    }
    let tokens = tokens(usage);
    if tokens == TokenCounts::default() {
        return;
    }
    if is_invented(usage) {
        log.push(stamp, What::Estimated(Metric::Tokens));
    }
    let model = match text(record, "/model") {
        "" => log.name("unknown"),
        model => log.name(model),
    };
    let what = What::Usage {
        message: stamp.key,
        request: None,
        model,
        tokens,
    };
    log.push(stamp, what);
}

/// What came from the cache is part of the prompt. Thoughts stand beside the answer only where the total has room for them.
fn tokens(usage: &Value) -> TokenCounts {
    let prompt = count(usage, "/promptTokenCount");
    let cached = count(usage, "/cachedContentTokenCount").min(prompt);
    let said = count(usage, "/candidatesTokenCount");
    let thought = count(usage, "/thoughtsTokenCount");
    let total = count(usage, "/totalTokenCount");
    let output = match prompt + said {
        // A total alone says nothing of its parts.
        0 => thought.max(total),
        counted if counted + thought <= total => said + thought,
        _ => said.max(thought),
    };
    TokenCounts {
        input: prompt - cached,
        cache_write: 0,
        cache_read: cached,
        output,
    }
}

/// Whether prompt and answer are 7 and 3 tenths of the total, each rounded, as the agent splits totals itself; or nothing but
/// the total is known.
fn is_invented(usage: &Value) -> bool {
    let part = |name| count(usage, name);
    let (prompt, said) = (part("/promptTokenCount"), part("/candidatesTokenCount"));
    let total = part("/totalTokenCount");
    let is_share = |part: u64, tenths: u64| (part * 10).abs_diff(total * tenths) <= 5;
    let is_split = is_share(prompt, 7) && is_share(said, 3);
    let has_details = part("/cachedContentTokenCount") + part("/thoughtsTokenCount") > 0;
    total > 0 && !has_details && (is_split || prompt + said == 0)
}

fn read_result(record: &Value, stamp: Stamp, log: &mut Log) {
    let answers = items(record, "/message/parts");
    let answer = answers.iter().find_map(|part| part.get("functionResponse"));
    let called = text(record, "/toolCallResult/callId");
    let answered = answer.map_or("", |answer| text(answer, "/id"));
    let id = Key::of(&[if called.is_empty() { answered } else { called }]);
    let printed = printed(record, answer);
    let outcome = match text(record, "/toolCallResult/status") {
        "error" => Outcome::Failed,
        "cancelled" if stamp.lane.is_none() => Outcome::Refused,
        "cancelled" => Outcome::Failed,
        _ => Outcome::Done,
    };
    let what = tools::result(log, id, outcome, None, &printed);
    log.push(stamp, what);
}

/// The output of a call: what the model was told of it, else what the person was shown.
fn printed<'record>(record: &'record Value, answer: Option<&'record Value>) -> Cow<'record, str> {
    let response = answer.and_then(|answer| answer.get("response"));
    let failed = response.map_or("", |response| text(response, "/error"));
    match response {
        Some(_) if !failed.is_empty() => Cow::Borrowed(failed),
        Some(response) => content(Some(response)),
        None => content(record.pointer("/toolCallResult/resultDisplay")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::assemble::assemble;
    use super::super::value::instant;
    use super::*;
    use crate::facts::session::{Provenance, Session};

    /// A record of the session `s` at a second of a minute, with other fields.
    fn record(uuid: &str, second: u32, kind: &str, more: Value) -> Value {
        let mut record = json!({"uuid": uuid, "sessionId": "s", "type": kind, "cwd": "/w/kiln", "gitBranch": "main",
                                "timestamp": format!("2026-04-01T09:01:{second:02}.000Z")});
        if let (Some(record), Value::Object(more)) = (record.as_object_mut(), more) {
            record.extend(more);
        }
        record
    }

    fn prompt(uuid: &str, second: u32, more: Value) -> Value {
        let mut record = record(uuid, second, "user", more);
        record["message"] = json!({"role": "user", "parts": [{"text": "fix it"}]});
        record
    }

    fn response(uuid: &str, second: u32, usage: &Value) -> Value {
        record(
            uuid,
            second,
            "assistant",
            json!({"model": "m", "usageMetadata": usage}),
        )
    }

    fn usage(prompt: u64, cached: u64, said: u64, thought: u64, total: u64) -> Value {
        json!({"promptTokenCount": prompt, "cachedContentTokenCount": cached, "candidatesTokenCount": said,
               "thoughtsTokenCount": thought, "totalTokenCount": total})
    }

    fn sessions(files: &[(&str, Vec<Value>)]) -> Vec<Session> {
        let logs: Vec<(PathBuf, Log)> = files
            .iter()
            .map(|(name, records)| {
                let mut log = Log::default();
                for (line, record) in (1..).zip(records) {
                    read_record(record, line, &mut log);
                }
                (PathBuf::from(name), log)
            })
            .collect();
        assemble("qwen", &logs)
    }

    fn only(records: Vec<Value>) -> Session {
        sessions(&[("s.jsonl", records)]).remove(0)
    }

    #[test]
    fn the_total_tells_what_the_parts_overlap() {
        for (usage, input, cached, output) in [
            (usage(100, 60, 30, 20, 130), 40, 60, 30),
            (usage(100, 60, 30, 20, 150), 40, 60, 50),
            (usage(100, 0, 30, 20, 0), 100, 0, 30),
            (usage(100, 400, 30, 0, 130), 0, 100, 30),
            (usage(0, 0, 0, 0, 90), 0, 0, 90),
        ] {
            let counted = tokens(&usage);
            let expected = TokenCounts {
                input,
                cache_write: 0,
                cache_read: cached,
                output,
            };
            assert_eq!(counted, expected, "{usage}");
        }
    }

    #[test]
    fn a_split_that_the_agent_made_up_is_an_estimate() {
        for (usage, expected) in [
            (usage(700, 0, 300, 0, 1000), Provenance::Estimated),
            (usage(709, 0, 304, 0, 1013), Provenance::Estimated),
            (usage(0, 0, 0, 0, 1013), Provenance::Estimated),
            (usage(700, 10, 300, 0, 1000), Provenance::Measured),
            (usage(710, 0, 290, 0, 1000), Provenance::Measured),
        ] {
            let session = only(vec![prompt("u1", 0, json!({})), response("a1", 5, &usage)]);
            assert_eq!(session.sources.tokens, expected, "{usage}");
        }
    }

    #[test]
    fn prompts_of_timers_and_agents_are_no_persons() {
        for (more, human) in [
            (json!({"provenance": "real_user"}), true),
            (json!({}), true),
            (json!({"provenance": "real_user", "subtype": "cron"}), false),
            (json!({"subtype": "notification"}), false),
            (json!({"provenance": "goal_runtime"}), false),
            (json!({"provenance": "system", "subtype": "notification"}), false),
        ] {
            let session = only(vec![
                prompt("u1", 0, more.clone()),
                response("a1", 30, &usage(1, 0, 1, 0, 2)),
            ]);
            assert_eq!(session.actions.len(), usize::from(human), "{more}");
            assert_eq!(session.lanes[0].turns[0].human, human, "{more}");
        }
    }

    #[test]
    fn what_is_typed_into_a_turn_opens_none() {
        let session = only(vec![
            prompt("u1", 0, json!({"provenance": "real_user"})),
            prompt(
                "u2",
                10,
                json!({"provenance": "real_user", "subtype": "mid_turn_user_message"}),
            ),
            response("a1", 30, &usage(1, 0, 1, 0, 2)),
        ]);
        assert_eq!((session.actions.len(), session.lanes[0].turns.len()), (2, 1));
    }

    #[test]
    fn a_branch_counts_what_came_after_it() {
        let mut copies = vec![
            prompt("u1", 0, json!({})),
            response("a1", 5, &usage(10, 0, 5, 0, 15)),
        ];
        let original = copies.clone();
        for copy in &mut copies {
            copy["sessionId"] = json!("b");
            copy["forkedFrom"] = json!({"sessionId": "s", "messageUuid": copy["uuid"].clone()});
        }
        let mut own = response("a2", 40, &usage(20, 0, 7, 0, 27));
        own["sessionId"] = json!("b");
        copies.push(own);
        let both = sessions(&[("b.jsonl", copies.clone()), ("s.jsonl", original)]);
        let outputs: Vec<u64> = both
            .iter()
            .map(|session| session.usage.iter().map(|usage| usage.tokens.output).sum())
            .collect();
        assert_eq!(outputs, [7, 5]);
        assert_eq!((both[0].actions.len(), both[1].actions.len()), (0, 1));
        assert_eq!(both[0].parent.as_ref().map(|parent| &*parent.id), Some("s"));
        assert_eq!(
            both[0].span.start,
            instant(&json!("2026-04-01T09:01:40Z"), "").unwrap()
        );
        // Without the original, the branch is all that is left of it.
        let alone = sessions(&[("b.jsonl", copies)]);
        assert_eq!(
            alone[0]
                .usage
                .iter()
                .map(|usage| usage.tokens.output)
                .sum::<u64>(),
            12
        );
    }

    #[test]
    fn a_subagent_is_a_lane_of_its_session() {
        let sub = |mut record: Value| {
            record["agentId"] = json!("explore-1");
            record["isSidechain"] = json!(true);
            record
        };
        let main = vec![
            prompt("u1", 0, json!({})),
            response("a1", 50, &usage(10, 0, 5, 0, 15)),
        ];
        let lane = vec![
            sub(prompt("u2", 10, json!({"subtype": "agent_launch_prompt"}))),
            sub(response("a2", 40, &usage(20, 0, 7, 0, 27))),
        ];
        let session = sessions(&[("s.jsonl", main), ("subagents/s/agent-explore-1.jsonl", lane)]).remove(0);
        assert_eq!(
            (session.lanes.len(), session.actions.len(), session.usage.len()),
            (2, 1, 2)
        );
        assert!(!session.lanes[1].turns[0].human);
    }

    #[test]
    fn a_failed_edit_changed_nothing_and_a_cancelled_one_was_refused() {
        let edit = |id: &str| {
            let call = json!({"functionCall": {"id": id, "name": "edit",
                              "args": {"file_path": "/w/kiln/a.rs", "old_string": "a", "new_string": "b"}}});
            json!({"message": {"role": "model", "parts": [call]}})
        };
        let ended = |id: &str, status: &str| json!({"toolCallResult": {"callId": id, "status": status}});
        let session = only(vec![
            prompt("u1", 0, json!({})),
            record("a1", 5, "assistant", edit("c1")),
            record("r1", 6, "tool_result", ended("c1", "error")),
            record("a2", 7, "assistant", edit("c2")),
            record("r2", 9, "tool_result", ended("c2", "cancelled")),
            record("a3", 10, "assistant", edit("c3")),
            record("r3", 11, "tool_result", ended("c3", "success")),
        ]);
        let kinds: Vec<ActionKind> = session.actions.iter().map(|action| action.kind).collect();
        assert_eq!(kinds, [ActionKind::Prompt, ActionKind::Refusal]);
        assert_eq!(session.edits.len(), 1);
    }

    #[test]
    fn logs_lie_in_projects_and_in_older_homes_in_tmp() {
        let home = tempfile::tempdir().unwrap();
        let names = [
            "projects/-w/chats/s.jsonl",
            "tmp/0a1b/chats/t.jsonl",
            "projects/-w/subagents/s/agent-x.jsonl",
        ];
        for name in names.iter().chain(&["debug/x.jsonl", "tmp/0a1b/logs.json"]) {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "{}\n").unwrap();
        }
        let mut warnings = Vec::new();
        assert_eq!(Qwen.logs(home.path(), &mut warnings).len(), names.len());
        let chats = home.path().join("projects/-w/chats");
        assert_eq!(Qwen.logs(&chats, &mut warnings).len(), 1);
        let moved = Machine {
            home: Some("/home/a".into()),
            variables: [("QWEN_RUNTIME_DIR".to_owned(), "/elsewhere".to_owned())].into(),
            ..Machine::default()
        };
        assert_eq!(Qwen.roots(&moved), [PathBuf::from("/elsewhere")]);
    }
}
