//! GitHub Copilot CLI: `session-state/<id>/events.jsonl`, before that `session-state/<id>.jsonl`.
//!
//! Input is counted only when the program ends (`session.shutdown`), by model; messages know their output alone. Such a total
//! is right for the session and spread evenly over the responses before it: where those fall on several days, by rule.
//! Without it the input is unknown, and with it the tokens. Newer versions go on counting when a session is resumed, older
//! ones began anew; the output of the messages in between tells which.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lines::each_line;
use super::log::{Key, Log, Metric, Name, Outcome, Stamp, Tool, What};
use super::record::reason;
use super::value::{content, count, is_miscounted, items, text, timed};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};

/// The reader.
pub struct CopilotCli;

impl Agent for CopilotCli {
    fn name(&self) -> &'static str {
        "copilot-cli"
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let moved = machine.folder("COPILOT_HOME");
        moved
            .or_else(|| machine.in_home(".copilot"))
            .into_iter()
            .collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let sessions = root.join("session-state");
        let folder = if sessions.is_dir() { &sessions } else { root };
        files_below(folder, warnings, |path| {
            let older = path.parent() == Some(folder)
                && path.extension().is_some_and(|extension| extension == "jsonl");
            older || path.ends_with("events.jsonl")
        })
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let mut reading = Reading::resume(file, log);
        each_line(&file.path, log, |line, number, log| {
            match serde_json::from_str::<Value>(line) {
                Ok(event) => reading.event(&event, number, log),
                Err(error) => log.warn(&file.path, number, reason(&error)),
            }
        })?;
        reading.pause(log);
        Ok(())
    }
}

/// Where [`super::log::Carried::other`] keeps the state.
const STATE: &str = "copilot";

/// What has to be remembered from one event to the next.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// Responses whose tokens were not counted yet.
    responses: Vec<Response>,
    /// The last totals, by model.
    totals: BTreeMap<String, TokenCounts>,
    /// Whether the main agent asked for a tool since its turn began: then it goes on after the turn.
    asked: bool,
    /// Calls that the person refused, requests that nobody had to answer, and commands of the person's own.
    settled: Vec<Key>,
}

/// A response of a model; its stamp says when and in which lane.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Response {
    call: Key,
    stamp: Stamp,
    model: Option<Name>,
    output: u64,
}

/// One run over a log.
struct Reading {
    state: State,
    /// What the session is called if the log does not say.
    id: String,
}

impl Reading {
    fn resume(file: &LogFile, log: &Log) -> Self {
        let kept = log.carried.other.iter().find(|(name, _)| name == STATE);
        let folder = file.path.parent().and_then(Path::file_name);
        let stem = file.path.file_stem().filter(|stem| *stem != "events");
        Self {
            state: kept
                .and_then(|(_, state)| serde_json::from_str(state).ok())
                .unwrap_or_default(),
            id: stem.or(folder).unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    fn pause(&self, log: &mut Log) {
        log.carried.other.retain(|(name, _)| name != STATE);
        if let Ok(state) = serde_json::to_string(&self.state) {
            log.carried.other.push((STATE.to_owned(), state));
        }
    }

    fn event(&mut self, event: &Value, line: u32, log: &mut Log) {
        let Some(stamp) = self.stamp(event, line, log) else {
            return;
        };
        let data = event.get("data").unwrap_or(&Value::Null);
        match text(event, "/type") {
            "session.start" => start(data, stamp, log),
            "session.resume" => moved(data, "/context", log),
            "session.context_changed" if stamp.lane.is_none() => moved(data, "", log),
            "session.model_change" => model(text(data, "/newModel"), log),
            "session.auto_mode_resolved" => model(text(data, "/chosenModel"), log),
            "session.shutdown" => self.shutdown(event, data, stamp, log),
            "user.message" => prompt(data, stamp, log),
            "tool.user_requested" => self.own_command(data, stamp, log),
            "assistant.turn_start" => {
                self.state.asked &= stamp.lane.is_some();
                log.push(stamp, What::Work);
            }
            "assistant.message" => self.message(data, stamp, log),
            "assistant.turn_end" => {
                log.push(stamp, What::Work);
                if stamp.lane.is_none() && !self.state.asked {
                    log.push(stamp, What::TurnEnd(None));
                }
            }
            "assistant.reasoning" | "session.compaction_complete" => log.push(stamp, What::Work),
            "subagent.started" => log.push(stamp, What::Automated),
            "subagent.completed" | "subagent.failed" => {
                log.push(stamp, What::Work);
                log.push(stamp, What::TurnEnd(None));
            }
            "tool.execution_start" => self.call(data, stamp, log),
            "tool.execution_complete" => self.result(data, stamp, log),
            "permission.requested" => self.request(data, stamp, log),
            "permission.completed" => self.permission(data, stamp, log),
            "abort" if text(data, "/reason") == "autopilot_credit_limit" => {
                log.push(stamp, What::TurnEnd(None));
            }
            "abort" => log.push(stamp, What::Interrupted),
            _ => {}
        }
    }

    /// To whom an event belongs; what subagents do names the call that launched them.
    fn stamp(&self, event: &Value, line: u32, log: &mut Log) -> Option<Stamp> {
        let at = timed(event, "/timestamp", line, log)?;
        let named = text(event, "/data/sessionId");
        let session = match log.carried.stamp {
            Some(stamp) => stamp.session,
            None if text(event, "/type") == "session.start" && !named.is_empty() => log.name(named),
            None => log.name(&self.id),
        };
        let common = log.carried.stamp.get_or_insert(Stamp {
            at,
            line,
            key: None,
            session,
            lane: None,
            folder: None,
            branch: None,
            copied: false,
        });
        let mut stamp = *common;
        let (id, agent) = (text(event, "/id"), text(event, "/agentId"));
        let launch = match text(event, "/type") {
            "subagent.started" | "subagent.completed" | "subagent.failed" => "/data/toolCallId",
            _ => "/data/parentToolCallId",
        };
        let lane = if agent.is_empty() {
            text(event, launch)
        } else {
            agent
        };
        stamp.lane = (!lane.is_empty()).then(|| log.name(lane));
        stamp.key = (!id.is_empty()).then(|| Key::of(&[id]));
        (stamp.at, stamp.line) = (at, line);
        Some(stamp)
    }

    fn message(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        log.push(stamp, What::Work);
        if stamp.lane.is_none() && !items(data, "/toolRequests").is_empty() {
            self.state.asked = true;
        }
        let named = text(data, "/model");
        let model = if named.is_empty() {
            log.carried.model
        } else {
            Some(log.name(named))
        };
        // A response that is logged in pieces repeats its count.
        let id = [text(data, "/apiCallId"), text(data, "/messageId")];
        let call = id.iter().find(|id| !id.is_empty()).map(|id| Key::of(&[id]));
        let Some(call) = call.or(stamp.key) else {
            return;
        };
        let output = count(data, "/outputTokens");
        let mut responses = self.state.responses.iter_mut();
        match responses.find(|response| response.call == call) {
            Some(known) => known.output = known.output.max(output),
            None => self.state.responses.push(Response {
                call,
                stamp,
                model,
                output,
            }),
        }
    }

    fn shutdown(&mut self, event: &Value, data: &Value, stamp: Stamp, log: &mut Log) {
        log.push(stamp, What::TurnEnd(None));
        if data.get("modelMetrics").is_some_and(is_miscounted) {
            return log.refuse_tokens(stamp);
        }
        let totals = totals(data);
        if totals.is_empty() {
            return;
        }
        let went_on = self.went_on(&totals);
        log.push(stamp, What::Estimated(Metric::Tokens));
        for (model, total) in &totals {
            let before = self.state.totals.get(model).copied().filter(|_| went_on);
            let tokens = less(*total, before.unwrap_or_default());
            self.spread(text(event, "/id"), model, tokens, stamp, log);
        }
        self.state.totals = totals;
        self.state.responses.clear();
        // What belongs to a response stands with it: at one instant the order decides what is part of a turn.
        log.events.sort_by_key(|event| event.stamp.line);
    }

    /// Whether totals have the last ones in them. A count that fell began anew; else the messages since then tell by which
    /// reading their output is nearer.
    fn went_on(&self, totals: &BTreeMap<String, TokenCounts>) -> bool {
        let none_fell = self.state.totals.iter().all(|(model, before)| {
            totals
                .get(model)
                .is_some_and(|total| total.max(*before) == *total)
        });
        let output = |totals: &BTreeMap<String, TokenCounts>| -> u64 {
            let outputs = totals.values().map(|tokens| tokens.output);
            outputs.fold(0, u64::saturating_add)
        };
        let said = self.state.responses.iter().map(|response| response.output);
        let said = said.fold(0, u64::saturating_add);
        let (before, now) = (output(&self.state.totals), output(totals));
        none_fell && (said == 0 || now.abs_diff(before.saturating_add(said)) <= now.abs_diff(said))
    }

    /// Spreads the tokens of a model evenly over its responses: over all where none is known for its own, at the end where
    /// there are none at all.
    fn spread(&self, shutdown: &str, model: &str, tokens: TokenCounts, end: Stamp, log: &mut Log) {
        if tokens == TokenCounts::default() {
            return;
        }
        let name = log.name(model);
        let all = self.state.responses.iter();
        let own = all.clone().filter(|response| response.model == Some(name));
        let mut stamps: Vec<Stamp> = own.map(|response| response.stamp).collect();
        if stamps.is_empty() {
            stamps.extend(all.map(|response| response.stamp));
        }
        if stamps.is_empty() {
            stamps.push(end);
        }
        for (number, (stamp, tokens)) in stamps.iter().zip(parts(tokens, stamps.len())).enumerate() {
            let what = What::Usage {
                message: Some(Key::of(&[shutdown, model, &number.to_string()])),
                request: None,
                model: name,
                tokens,
            };
            log.push(*stamp, what);
        }
    }

    /// A `!` command: how long it runs is not the agent's time.
    fn own_command(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        self.state.settled.push(call_key(data));
        let typed = prose::typed(text(data, "/arguments/command"));
        let kind = ActionKind::Shell;
        log.push(stamp, What::Local { kind, typed });
    }

    fn call(&self, data: &Value, stamp: Stamp, log: &mut Log) {
        let id = call_key(data);
        if self.state.settled.contains(&id) {
            return;
        }
        let arguments = data.get("arguments").unwrap_or(&Value::Null);
        // Older versions wrote them as text.
        let parsed = arguments
            .as_str()
            .and_then(|arguments| serde_json::from_str::<Value>(arguments).ok());
        let arguments = parsed.as_ref().unwrap_or(arguments);
        let what = tools::call(log, id, text(data, "/toolName"), arguments);
        log.push(stamp, what);
    }

    fn result(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        let id = call_key(data);
        let settled = self.is_settled(id);
        if data.get("isUserRequested").and_then(Value::as_bool) == Some(true) {
            return;
        }
        let failed = data.get("success").and_then(Value::as_bool) == Some(false);
        let outcome = match (settled, text(data, "/error/code")) {
            (false, "rejected") => Outcome::Refused,
            (false, _) if !failed => Outcome::Done,
            _ => Outcome::Failed,
        };
        let printed = content(data.get("result"));
        let what = tools::result(log, id, outcome, None, &printed);
        log.push(stamp, what);
    }

    /// A permission that was asked for: the person's time until it is given.
    fn request(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        let id = request_key(data);
        let by_hook = data.get("resolvedByHook").and_then(Value::as_bool) == Some(true);
        if by_hook || data.get("promptRequest").is_none() {
            self.state.settled.push(id);
            return;
        }
        let what = What::Call {
            id,
            tool: Tool::Question,
            changes: Vec::new(),
            reads: Vec::new(),
        };
        log.push(stamp, what);
    }

    fn permission(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        let id = request_key(data);
        let kind = text(data, "/result/kind");
        // What was cancelled was interrupted: that is logged for itself.
        if self.is_settled(id) || kind == "cancelled" {
            return;
        }
        let refused = kind == "denied-interactively-by-user";
        if refused {
            // The call ends as rejected too: one refusal.
            self.state.settled.push(call_key(data));
        }
        let what = What::Result {
            id,
            outcome: if refused { Outcome::Refused } else { Outcome::Done },
            took: None,
            typed: 0,
            changes: None,
            commits: Vec::new(),
        };
        log.push(stamp, what);
    }

    fn is_settled(&mut self, id: Key) -> bool {
        let at = self.state.settled.iter().position(|settled| *settled == id);
        at.map(|at| self.state.settled.swap_remove(at)).is_some()
    }
}

fn start(data: &Value, stamp: Stamp, log: &mut Log) {
    moved(data, "/context", log);
    model(text(data, "/selectedModel"), log);
    let stamp = Stamp {
        key: stamp.key,
        ..log.carried.stamp.unwrap_or(stamp)
    };
    let version = text(data, "/copilotVersion");
    if !version.is_empty() {
        let what = What::Version(log.name(version));
        log.push(stamp, what);
    }
    let parent = text(data, "/detachedFromSpawningParentSessionId");
    if !parent.is_empty() {
        let what = What::Parent(log.name(parent));
        log.push(stamp, what);
    }
}

/// Takes over the working folder and the branch at a pointer.
fn moved(data: &Value, pointer: &str, log: &mut Log) {
    let mut some = |field: &str| {
        let text = text(data, &format!("{pointer}/{field}"));
        (!text.is_empty()).then(|| log.name(text))
    };
    let (folder, branch) = (some("cwd"), some("branch"));
    if let (Some(folder), Some(stamp)) = (folder, &mut log.carried.stamp) {
        (stamp.folder, stamp.branch) = (Some(folder), branch);
    }
}

fn model(named: &str, log: &mut Log) {
    if !matches!(named, "" | "auto") {
        log.carried.model = Some(log.name(named));
    }
}

fn prompt(data: &Value, stamp: Stamp, log: &mut Log) {
    let own = content(data.get("content"));
    let said = if own.is_empty() {
        content(data.get("transformedContent"))
    } else {
        own
    };
    let continued = data.get("isAutopilotContinuation").and_then(Value::as_bool) == Some(true);
    let delivery = text(data, "/delivery");
    let by_person = stamp.lane.is_none() && !continued && matches!(text(data, "/source"), "" | "user");
    if !by_person {
        // What is put into a running turn opens none: a skill, or the task of a subagent that was started.
        let inside =
            stamp.lane.is_some() || delivery == "steering" || text(data, "/source").starts_with("skill-");
        return log.push(stamp, if inside { What::Work } else { What::Automated });
    }
    if prose::is_injected(&said) {
        return;
    }
    let typed = prose::typed(&said);
    match delivery {
        "steering" => log.push(stamp, What::Queued { typed }),
        "queued" => {
            log.push(stamp, What::Queued { typed });
            log.push(stamp, What::Dequeued);
        }
        _ => {
            let kind = prose::kind(&said);
            log.push(stamp, What::Prompt { kind, typed });
        }
    }
}

fn call_key(data: &Value) -> Key {
    Key::of(&[text(data, "/toolCallId")])
}

fn request_key(data: &Value) -> Key {
    Key::of(&["permission", text(data, "/requestId")])
}

/// The totals of a shutdown, by model; models without tokens left out. What came from the cache or went there is part of
/// the input.
fn totals(data: &Value) -> BTreeMap<String, TokenCounts> {
    let metrics = data.get("modelMetrics").and_then(Value::as_object);
    let of = |metric: &Value| {
        let (read, written) = (
            count(metric, "/usage/cacheReadTokens"),
            count(metric, "/usage/cacheWriteTokens"),
        );
        TokenCounts {
            input: count(metric, "/usage/inputTokens").saturating_sub(read + written),
            cache_write: written,
            cache_read: read,
            output: count(metric, "/usage/outputTokens"),
        }
    };
    metrics
        .into_iter()
        .flatten()
        .map(|(model, metric)| (model.clone(), of(metric)))
        .filter(|(_, tokens)| *tokens != TokenCounts::default())
        .collect()
}

fn less(total: TokenCounts, before: TokenCounts) -> TokenCounts {
    TokenCounts {
        input: total.input.saturating_sub(before.input),
        cache_write: total.cache_write.saturating_sub(before.cache_write),
        cache_read: total.cache_read.saturating_sub(before.cache_read),
        output: total.output.saturating_sub(before.output),
    }
}

/// `tokens` in so many parts that differ by at most one of each kind and add up to it.
fn parts(tokens: TokenCounts, number: usize) -> impl Iterator<Item = TokenCounts> {
    let number = number.max(1) as u64;
    (0..number).map(move |part| {
        let of = |count: u64| count / number + u64::from(part < count % number);
        TokenCounts {
            input: of(tokens.input),
            cache_write: of(tokens.cache_write),
            cache_read: of(tokens.cache_read),
            output: of(tokens.output),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::collect::{Request, collect};
    use super::*;
    use crate::facts::session::{Provenance, Session, TurnEnd};

    /// A folder `.copilot`.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn log(&self, name: &str, events: &[Value]) {
            let path = self.0.path().join("session-state").join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
            std::fs::write(path, lines).unwrap();
        }

        fn session(&self) -> Session {
            let collected = collect(&Request {
                folders: BTreeMap::from([("copilot-cli".to_owned(), vec![self.0.path().to_owned()])]),
                cache: Some(self.0.path().join("cache")),
                ..Request::default()
            });
            assert_eq!(collected.warnings, []);
            let [session] = <[Session; 1]>::try_from(collected.sessions).unwrap();
            session
        }
    }

    /// The events of one log, a minute apart.
    fn events(list: &[(&str, Value)]) -> Vec<Value> {
        let start = (
            "session.start",
            json!({"sessionId": "s", "context": {"cwd": "/w/kiln", "branch": "main"}}),
        );
        [start]
            .iter()
            .chain(list)
            .enumerate()
            .map(|(minute, (kind, data))| {
                let at = format!("2026-04-{:02}T09:{:02}:00Z", 1 + minute / 60, minute % 60);
                json!({"type": kind, "id": format!("e{minute}"), "timestamp": at, "data": data})
            })
            .collect()
    }

    fn prompt() -> (&'static str, Value) {
        ("user.message", json!({"content": "fix it"}))
    }

    fn response(call: &str, output: u64) -> (&'static str, Value) {
        let data = json!({"apiCallId": call, "model": "m", "toolRequests": [], "outputTokens": output});
        ("assistant.message", data)
    }

    fn shutdown(input: u64, output: u64) -> (&'static str, Value) {
        let usage = json!({"inputTokens": input, "cacheReadTokens": 0, "cacheWriteTokens": 0, "outputTokens": output});
        (
            "session.shutdown",
            json!({"modelMetrics": {"m": {"usage": usage}}}),
        )
    }

    fn counted(session: &Session) -> (u64, u64) {
        let tokens = session.tokens().unwrap();
        (tokens.input, tokens.output)
    }

    fn kinds(session: &Session) -> Vec<ActionKind> {
        session.actions.iter().map(|action| action.kind).collect()
    }

    #[test]
    fn totals_are_spread_over_the_responses_they_count() {
        let home = Home::new();
        let list = [prompt(), response("a", 10), response("b", 20), shutdown(101, 30)];
        home.log("s/events.jsonl", &events(&list));
        let session = home.session();
        assert_eq!(counted(&session), (101, 30));
        let inputs: Vec<u64> = session.usage.iter().map(|usage| usage.tokens.input).collect();
        assert_eq!(inputs, [51, 50]);
        assert_eq!(session.sources.tokens, Provenance::Estimated);
    }

    #[test]
    fn tokens_are_unknown_without_a_shutdown() {
        let home = Home::new();
        home.log("s/events.jsonl", &events(&[prompt(), response("a", 10)]));
        let session = home.session();
        assert_eq!(
            (session.tokens(), session.sources.tokens),
            (None, Provenance::Absent)
        );
        assert_eq!(session.lanes[0].turns.len(), 1);
    }

    #[test]
    fn totals_of_a_resumed_session_go_on_or_begin_anew_as_its_messages_say() {
        let resume = ("session.resume", json!({"context": {"cwd": "/w/kiln"}}));
        for (second, expected) in [
            // 30 more were said: 40 has the first 10 in it, 30 has not, and 5 cannot have.
            (shutdown(400, 40), (400, 40)),
            (shutdown(300, 30), (400, 40)),
            (shutdown(50, 5), (150, 15)),
        ] {
            let home = Home::new();
            let list = [
                prompt(),
                response("a", 10),
                shutdown(100, 10),
                resume.clone(),
                prompt(),
                response("b", 30),
                second,
            ];
            home.log("s/events.jsonl", &events(&list[..3]));
            assert_eq!(counted(&home.session()), (100, 10));
            home.log("s/events.jsonl", &events(&list));
            assert_eq!(counted(&home.session()), expected);
        }
    }

    #[test]
    fn a_response_in_pieces_is_one() {
        let home = Home::new();
        let list = [prompt(), response("a", 10), response("a", 10), shutdown(100, 10)];
        home.log("s/events.jsonl", &events(&list));
        assert_eq!(home.session().usage.len(), 1);
    }

    #[test]
    fn the_older_file_beside_the_newer_says_nothing_more() {
        let home = Home::new();
        let list = events(&[prompt(), response("a", 10), shutdown(100, 10)]);
        home.log("s.jsonl", &list);
        assert_eq!(counted(&home.session()), (100, 10));
        home.log("s/events.jsonl", &list);
        let session = home.session();
        assert_eq!((counted(&session), session.actions.len()), ((100, 10), 1));
    }

    #[test]
    fn a_turn_goes_on_while_the_agent_asks_for_tools() {
        let home = Home::new();
        let asking = json!({"apiCallId": "a", "toolRequests": [{"toolCallId": "c"}]});
        let list = [
            prompt(),
            ("assistant.turn_start", json!({})),
            ("assistant.message", asking),
            (
                "tool.execution_start",
                json!({"toolCallId": "c", "toolName": "view"}),
            ),
            (
                "tool.execution_complete",
                json!({"toolCallId": "c", "success": true}),
            ),
            ("assistant.turn_end", json!({})),
            ("assistant.turn_start", json!({})),
            response("b", 1),
            ("assistant.turn_end", json!({})),
        ];
        home.log("s/events.jsonl", &events(&list));
        let turns = &home.session().lanes[0].turns;
        assert_eq!(
            (turns.len(), turns[0].human, turns[0].end),
            (1, true, TurnEnd::Recorded)
        );
    }

    #[test]
    fn waiting_for_a_permission_is_the_persons_time_and_refusing_it_one_refusal() {
        let asked = |requested: Value| {
            [
                prompt(),
                (
                    "tool.execution_start",
                    json!({"toolCallId": "c", "toolName": "bash"}),
                ),
                ("permission.requested", requested),
            ]
        };
        let request = json!({"requestId": "p", "promptRequest": {}});
        let done = (
            "tool.execution_complete",
            json!({"toolCallId": "c", "success": true}),
        );
        let failed = json!({"toolCallId": "c", "success": false, "error": {"code": "rejected"}});
        let settled = |kind: &str| {
            let data = json!({"requestId": "p", "toolCallId": "c", "result": {"kind": kind}});
            ("permission.completed", data)
        };
        for (requested, kind, end, expected, worked) in [
            (
                request.clone(),
                "approved",
                done.clone(),
                vec![ActionKind::Answer],
                3,
            ),
            (
                request,
                "denied-interactively-by-user",
                ("tool.execution_complete", failed),
                vec![ActionKind::Refusal],
                3,
            ),
            (json!({"requestId": "p"}), "approved", done, vec![], 4),
        ] {
            let home = Home::new();
            let mut list = asked(requested).to_vec();
            list.extend([settled(kind), end]);
            home.log("s/events.jsonl", &events(&list));
            let session = home.session();
            assert_eq!(kinds(&session)[1..], expected, "{kind}");
            assert_eq!(session.worked(), worked * 60_000, "{kind}");
        }
    }

    #[test]
    fn only_what_a_person_typed_is_a_prompt() {
        let message = |data: Value| ("user.message", data);
        for (data, expected) in [
            (
                json!({"content": "fix it", "parentAgentTaskId": "t"}),
                vec![ActionKind::Prompt],
            ),
            (json!({"content": "/review it"}), vec![ActionKind::Command]),
            (
                json!({"content": "", "transformedContent": "<reminder>x</reminder>fix it"}),
                vec![ActionKind::Prompt],
            ),
            (
                json!({"content": "go on", "delivery": "steering"}),
                vec![ActionKind::Prompt],
            ),
            (json!({"content": "fix it", "source": "system"}), vec![]),
            (json!({"content": "fix it", "source": "skill-pdf"}), vec![]),
            (
                json!({"content": "fix it", "isAutopilotContinuation": true}),
                vec![],
            ),
            (json!({"content": "fix it", "parentToolCallId": "c"}), vec![]),
            (json!({"content": "<reminder>x</reminder>"}), vec![]),
        ] {
            let home = Home::new();
            home.log(
                "s/events.jsonl",
                &events(&[message(data.clone()), response("a", 1)]),
            );
            assert_eq!(kinds(&home.session()), expected, "{data}");
        }
    }

    #[test]
    fn an_abort_is_an_interrupt_unless_a_limit_was_reached() {
        for (reason, expected) in [
            ("user_initiated", vec![ActionKind::Prompt, ActionKind::Interrupt]),
            ("autopilot_credit_limit", vec![ActionKind::Prompt]),
        ] {
            let home = Home::new();
            let list = [prompt(), response("a", 1), ("abort", json!({"reason": reason}))];
            home.log("s/events.jsonl", &events(&list));
            assert_eq!(kinds(&home.session()), expected);
        }
    }

    #[test]
    fn parts_add_up() {
        let tokens = TokenCounts {
            input: 10,
            cache_write: 2,
            cache_read: 0,
            output: 7,
        };
        let sum = parts(tokens, 3).fold(TokenCounts::default(), |sum, part| sum + part);
        assert_eq!((sum, parts(tokens, 3).count()), (tokens, 3));
    }
}
