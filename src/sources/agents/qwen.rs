//! Qwen Code: `projects/<folder>/chats/<session>.jsonl`, one record per message; older logs are in `tmp` instead of
//! `projects`.
//!
//! Which token fields overlap depends on the provider; `totalTokenCount` shows it. If a provider reports only a total,
//! the agent itself splits it 70 to 30: such counts are estimated. `/branch` copies the records of a session into
//! another, under the same ids.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::lines::each_record;
use super::log::{Key, Log, Metric, NAMELESS, Outcome, Stamp, What};
use super::value::{content, count, is_miscounted, items, millis, text, timed};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};

mod telemetry;

use telemetry::{Decision, Told};

/// The reader.
pub struct Qwen;

impl Agent for Qwen {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::QWEN
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let moved = machine.moved(self.identity());
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
        let files = folders
            .iter()
            .flat_map(|folder| files_below(folder, warnings, wanted));
        files
            .map(|mut file| {
                file.companions = telemetry::companions(&file.path);
                file
            })
            .collect()
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let mut told = Told::beside(file, log);
        each_record(&file.path, log, |line, number, log| {
            read_record(&line.parse()?, number, &mut told, log);
            Ok(())
        })?;
        told.settle(log);
        Ok(())
    }
}

fn read_record(record: &Value, line: u32, told: &mut Told, log: &mut Log) {
    let Some(stamp) = stamp(record, line, log) else {
        return;
    };
    note_origin(record, stamp, log);
    told.note(record, stamp, log);
    match text(record, "/type") {
        "user" => read_prompt(record, stamp, log),
        "assistant" => read_response(record, stamp, told, log),
        "tool_result" => read_result(record, stamp, told, log),
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

/// The version of the agent if it changes, and with a branch's first own record the session it was copied from.
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
    if let Some(parent) = log.carried.take_note("parent") {
        let parent = log.name(&parent);
        log.push(stamp, What::Parent(parent));
    }
}

/// Stores a text for later records. Returns whether it differs from the one before.
fn remember(log: &mut Log, name: &str, said: &str) -> bool {
    !said.is_empty() && log.carried.note(name, said)
}

fn read_prompt(record: &Value, stamp: Stamp, log: &mut Log) {
    let said = content(record.pointer("/message/parts"));
    // What the person wrote, without the contents of the files it named.
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

/// Records beside the conversation: a few of these show what the person did, or that a turn ended.
fn read_system(record: &Value, stamp: Stamp, log: &mut Log) {
    let payload = record.get("systemPayload").unwrap_or(&Value::Null);
    let is_sent = payload.get("sentToModel") == Some(&Value::Bool(true));
    let what = match text(record, "/subtype") {
        "mid_turn_user_message" => What::Queued {
            typed: prose::typed(&content(record.pointer("/message/parts"))),
        },
        // One that is sent to the model appears again as a prompt.
        "slash_command" if text(payload, "/phase") == "invocation" && !is_sent => {
            let (kind, command) = (ActionKind::Command, text(payload, "/rawCommand"));
            let typed = prose::typed(command);
            // The agent itself handles this one.
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

fn read_response(record: &Value, stamp: Stamp, told: &mut Told, log: &mut Log) {
    told.answered();
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
    let named = match text(record, "/model") {
        "" => told.model_of(text(record, "/agentId"), stamp.at, usage),
        model => Some(model),
    };
    let model = log.name(named.unwrap_or("unknown"));
    let what = What::Usage {
        message: stamp.key,
        request: None,
        model,
        tokens,
    };
    log.push(stamp, what);
}

/// Cache reads are part of the prompt. Thoughts are separate from the answer only if the total has room for them.
fn tokens(usage: &Value) -> TokenCounts {
    let prompt = count(usage, "/promptTokenCount");
    let cached = count(usage, "/cachedContentTokenCount").min(prompt);
    let said = count(usage, "/candidatesTokenCount");
    let thought = count(usage, "/thoughtsTokenCount");
    let total = count(usage, "/totalTokenCount");
    let output = match prompt + said {
        // A total does not show its parts.
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

/// Whether prompt and answer are 7 and 3 tenths of the total, each rounded, as the agent splits totals itself; or only
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

fn read_result(record: &Value, stamp: Stamp, told: &mut Told, log: &mut Log) {
    let answers = items(record, "/message/parts");
    let answer = answers.iter().find_map(|part| part.get("functionResponse"));
    let called = text(record, "/toolCallResult/callId");
    let answered = answer.map_or("", |answer| text(answer, "/id"));
    let called = if called.is_empty() { answered } else { called };
    let id = Key::of(&[called]);
    let printed = printed(record, answer);
    let decided = told.decision(id);
    let had_begun = text(record, "/toolCallResult/executionStatus") == "cancelled"
        || matches!(decided, Some(Decision::Accepted | Decision::Allowed { .. }));
    let mut stopped = false;
    let outcome = match text(record, "/toolCallResult/status") {
        "error" => Outcome::Failed,
        "cancelled" if stamp.lane.is_some() => Outcome::Failed,
        "cancelled" if had_begun && decided != Some(Decision::Refused) => {
            stopped = true;
            Outcome::Failed
        }
        "cancelled" => Outcome::Refused,
        _ => Outcome::Done,
    };
    // A subagent's run is timed without what came before it; any other call's time includes the wait for a person.
    let run = millis(
        record,
        "/toolCallResult/resultDisplay/executionSummary/totalDurationMs",
    );
    let took = run.or(match decided {
        Some(Decision::Allowed { took }) => took,
        Some(Decision::Accepted) if outcome == Outcome::Done => told.ran_until(stamp.at),
        _ => None,
    });
    let what = tools::result(log, id, outcome, took, &printed);
    log.push(stamp, what);
    if stopped && told.is_first_stop(stamp.at) {
        log.push(stamp, What::Interrupted);
    }
}

/// The output of a call: what the model received, otherwise what the person saw.
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
                let (mut log, mut told) = (Log::default(), Told::default());
                for (line, record) in (1..).zip(records) {
                    read_record(record, line, &mut told, &mut log);
                }
                told.settle(&mut log);
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
        // Without the original, only the branch is left.
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

    fn event(uuid: &str, second: u32, event: &Value) -> Value {
        let payload = json!({"systemPayload": {"uiEvent": event}, "subtype": "ui_telemetry"});
        record(uuid, second, "system", payload)
    }

    fn decided(uuid: &str, second: u32, call: &str, decision: &str, millis: u32) -> Value {
        let tool_call = json!({"event.name": "qwen-code.tool_call", "call_id": call, "decision": decision,
                               "duration_ms": millis, "prompt_id": "s########0"});
        event(uuid, second, &tool_call)
    }

    fn called(uuid: &str, second: u32, call: &str, name: &str) -> Value {
        let call = json!({"functionCall": {"id": call, "name": name, "args": {"command": "make", "file_path": "/w/a"}}});
        record(uuid, second, "assistant", json!({"message": {"parts": [call]}}))
    }

    fn ended(uuid: &str, second: u32, call: &str, status: &str, execution: &str) -> Value {
        let result = json!({"callId": call, "status": status, "executionStatus": execution});
        record(uuid, second, "tool_result", json!({"toolCallResult": result}))
    }

    fn worked(session: &Session) -> (i64, i64) {
        let turn = session.turns().next().unwrap();
        (crate::facts::span::total(&turn.working), turn.unknown)
    }

    #[test]
    fn a_call_says_whether_somebody_was_asked() {
        for (decision, worked_for, unknown, answers) in [
            ("auto_accept", 25_000, 0, 0),
            // It took 20 seconds with the question.
            ("accept", 6_000, 19_000, 1),
            ("modify", 6_000, 19_000, 1),
        ] {
            let session = only(vec![
                prompt("u1", 0, json!({})),
                called("a1", 5, "c1", "run_shell_command"),
                decided("d1", 25, "c1", decision, 20_000),
                ended("r1", 25, "c1", "success", "success"),
            ]);
            assert_eq!(worked(&session), (worked_for, unknown), "{decision}");
            let answered = session
                .actions
                .iter()
                .filter(|action| action.kind == ActionKind::Answer);
            assert_eq!(answered.count(), answers, "{decision}");
        }
    }

    #[test]
    fn a_file_is_put_by_once_its_edit_is_allowed() {
        let files = json!({"/w/a": {"backupTime": "2026-04-01T09:01:24.900Z"}});
        let snapshot = json!({"subtype": "file_history_snapshot",
                              "systemPayload": {"snapshots": [{"trackedFileBackups": files}]}});
        let session = only(vec![
            prompt("u1", 0, json!({})),
            called("a1", 5, "c1", "edit"),
            record("s1", 25, "system", snapshot),
            decided("d1", 25, "c1", "accept", 20_000),
            ended("r1", 25, "c1", "success", "success"),
        ]);
        assert_eq!(worked(&session), (5_100, 0));
    }

    #[test]
    fn stopping_a_call_that_runs_is_an_interrupt_and_not_a_refusal() {
        use ActionKind::{Answer, Interrupt, Prompt, Refusal};
        for (decision, execution, expected) in [
            (Some("accept"), "cancelled", vec![Prompt, Answer, Interrupt]),
            (Some("auto_accept"), "cancelled", vec![Prompt, Interrupt]),
            (Some("reject"), "not_started", vec![Prompt, Refusal]),
            (None, "not_started", vec![Prompt, Refusal]),
        ] {
            let mut told = vec![
                prompt("u1", 0, json!({})),
                called("a1", 5, "c1", "run_shell_command"),
            ];
            told.extend(decision.map(|decision| decided("d1", 25, "c1", decision, 20_000)));
            told.push(ended("r1", 25, "c1", "cancelled", execution));
            let session = only(told);
            let kinds: Vec<ActionKind> = session.actions.iter().map(|action| action.kind).collect();
            assert_eq!(kinds, expected, "{decision:?}");
        }
    }

    #[test]
    fn a_run_without_a_screen_has_nothing_that_only_a_screen_writes() {
        let snapshot = |subtype: &str, surface: &str, version: &str| {
            let payload = json!({"subtype": subtype, "version": version, "systemPayload": {"snapshot": {"surface": surface}}});
            record("s1", 1, "system", payload)
        };
        let line = snapshot("attribution_snapshot", "cli", "0.24.4");
        for (more, human) in [
            (vec![line.clone()], false),
            (
                vec![line.clone(), snapshot("file_history_snapshot", "", "0.24.4")],
                true,
            ),
            (vec![line.clone(), decided("d1", 2, "c1", "accept", 1)], true),
            (vec![snapshot("attribution_snapshot", "ide", "0.24.4")], true),
            (vec![snapshot("attribution_snapshot", "cli", "0.9.2")], true),
            (vec![], true),
        ] {
            let mut told = vec![prompt("u1", 0, json!({}))];
            told.extend(more.clone());
            told.push(called("a1", 5, "c1", "run_shell_command"));
            told.push(ended("r1", 25, "c1", "success", "success"));
            let session = only(told);
            assert_eq!(session.turns().next().unwrap().human, human, "{more:?}");
            let prompts = session
                .actions
                .iter()
                .filter(|action| action.kind == ActionKind::Prompt);
            assert_eq!(prompts.count(), usize::from(human), "{more:?}");
            assert_eq!(worked(&session).0, if human { 6_000 } else { 25_000 }, "{more:?}");
        }
    }

    #[test]
    fn the_log_of_a_session_tells_which_model_answered_its_subagent() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, records: &[Value]| {
            let path = home.path().join("projects/-w").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
            std::fs::write(&path, lines).unwrap();
        };
        let answered = |second: u32, model: &str, output: u64| {
            let told = json!({"event.name": "qwen-code.api_response", "event.timestamp": format!("2026-04-01T09:01:{second:02}Z"),
                "model": model, "subagent_id": "x-1", "input_token_count": 20, "output_token_count": output,
                "cached_content_token_count": 0, "total_token_count": 20 + output});
            event("e", second, &told)
        };
        let sub = |mut record: Value| {
            record["agentId"] = json!("x-1");
            record.as_object_mut().unwrap().remove("model");
            record
        };
        let lane = [
            sub(response("a2", 10, &usage(20, 0, 7, 0, 27))),
            sub(response("a3", 20, &usage(20, 0, 8, 0, 28))),
            sub(response("a4", 30, &usage(20, 0, 9, 0, 29))),
        ];
        write("subagents/s/agent-x-1.jsonl", &lane);
        let models = || {
            let mut warnings = Vec::new();
            let files = Qwen.logs(home.path(), &mut warnings);
            let read = |file: LogFile| {
                let mut log = Log::default();
                Qwen.read(&file, &mut log).unwrap();
                (file.path, log)
            };
            let logs: Vec<(PathBuf, Log)> = files.into_iter().map(read).collect();
            let usage = assemble("qwen", &logs).remove(0).usage;
            usage.into_iter().map(|usage| usage.model).collect::<Vec<_>>()
        };
        assert_eq!(models(), ["unknown"; 3]);
        let meta = json!({"persistedCliFlags": {"model": "started"}});
        write("subagents/s/agent-x-1.meta.json", &[meta]);
        assert_eq!(models(), ["started"; 3]);
        let main = prompt("u1", 0, json!({}));
        write(
            "chats/s.jsonl",
            &[main.clone(), answered(10, "small", 7), answered(20, "large", 8)],
        );
        assert_eq!(models(), ["small", "large", "started"]);
        write("chats/s.jsonl", &[main, answered(10, "small", 7)]);
        assert_eq!(models(), ["small"; 3]);
    }

    #[test]
    fn what_only_the_screen_writes_lies_beside_the_log() {
        let home = tempfile::tempdir().unwrap();
        let chat = home.path().join("projects/-w/chats/s.jsonl");
        std::fs::create_dir_all(chat.parent().unwrap()).unwrap();
        let line = json!({"subtype": "attribution_snapshot", "version": "0.24.4",
                          "systemPayload": {"snapshot": {"surface": "cli"}}});
        let told = [
            prompt("u1", 0, json!({})),
            record("s1", 0, "system", line),
            response("a1", 9, &usage(1, 0, 1, 0, 2)),
        ];
        let lines: String = told.iter().map(|record| format!("{record}\n")).collect();
        std::fs::write(&chat, lines).unwrap();
        let human = || {
            let file = Qwen.logs(home.path(), &mut Vec::new()).remove(0);
            let mut log = Log::default();
            Qwen.read(&file, &mut log).unwrap();
            assemble("qwen", &[(file.path, log)]).remove(0).lanes[0].turns[0].human
        };
        assert!(!human());
        std::fs::write(chat.with_extension("runtime.json"), "{}").unwrap();
        assert!(human());
    }
}
