//! GitHub Copilot CLI: `session-state/<id>/events.jsonl`, before that `session-state/<id>.jsonl`.
//!
//! Where the tokens are depends on the version ([`tokens`]); a database beside the sessions has them, too ([`store`]).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lines::each_record;
use super::log::{Event, Key, Log, Name, Outcome, Stamp, Tool, What};
use super::value::{content, count, items, text, timed};
use super::{Agent, LogFile, Machine, files_below, json, prose, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::ActionKind;
use crate::facts::span::Moment;

mod keys;
mod store;
#[cfg(test)]
mod tests;
mod tokens;

use keys::Keys;
use tokens::Tokens;

/// The reader.
pub struct CopilotCli;

impl Agent for CopilotCli {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::COPILOT_CLI
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let moved = machine.moved(self.identity());
        moved
            .or_else(|| machine.in_home(".copilot"))
            .into_iter()
            .collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let sessions = root.join("session-state");
        let folder = if sessions.is_dir() { &sessions } else { root };
        let mut files = files_below(folder, warnings, |path| {
            let older = path.parent() == Some(folder)
                && path.extension().is_some_and(|extension| extension == "jsonl");
            older || path.ends_with("events.jsonl")
        });
        files.extend(store::log_file(root));
        files
    }

    fn appends(&self, file: &LogFile) -> bool {
        !store::is_store(&file.path)
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        if store::is_store(&file.path) {
            return store::read(&file.path, log);
        }
        let mut reading = Reading::resume(file, log);
        each_record(&file.path, log, |line, number, log| {
            reading.event(&line.parse()?, number, log);
            Ok(())
        })?;
        reading.pause(log);
        Ok(())
    }

    fn settle(&self, logs: &mut [(PathBuf, Log)]) {
        tokens::settle(logs, |log| Some(state_of(log)?.tokens));
    }
}

/// The state that a log was left in.
fn state_of(log: &Log) -> Option<State> {
    log.carried.noted(STATE).and_then(json::kept)
}

/// The key of the state in [`super::log::Carried::other`].
const STATE: &str = "copilot";
/// The system message of a headless run, in the first bytes up to this limit: further down are the person's own
/// instructions.
const HEADLESS: &str = "You are running in non-interactive mode";
const OPENING: usize = 2_000;
/// The command that compacts a session: the log has no text of it.
const COMPACT: &str = "/compact";

/// What has to be remembered from one event to the next.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    tokens: Tokens,
    /// Whether the main agent called a tool since its turn began: then it continues after the turn.
    asked: bool,
    /// Whether the main agent is in a turn.
    busy: bool,
    /// Whether the main agent is compacting the session in a separate turn.
    compacting: bool,
    /// Whether a compaction began while it did something else, and has not ended.
    compacting_beside: bool,
    /// When its last turn ended.
    idle_since: Option<Moment>,
    /// Whether nobody is there to type or to answer.
    headless: bool,
    /// The line of the last prompt of the main agent, until it is taken up: the system message then shows whose it
    /// is.
    prompt: Option<(u32, ActionKind, u32)>,
    /// Calls that the person refused, requests that nobody had to answer, and commands of the person, each with the
    /// number of mentions.
    settled: BTreeMap<Key, u32>,
    /// Calls for a subagent, with the lane that makes them.
    launches: BTreeMap<Key, Option<Name>>,
    /// Subagents that another lane waits for.
    awaited: BTreeMap<Name, Option<Name>>,
}

/// One run over a log.
struct Reading {
    state: State,
    keys: Keys,
    /// The session id if the log does not contain one.
    id: String,
}

impl Reading {
    fn resume(file: &LogFile, log: &Log) -> Self {
        let folder = file.path.parent().and_then(Path::file_name);
        let stem = file.path.file_stem().filter(|stem| *stem != "events");
        Self {
            state: state_of(log).unwrap_or_default(),
            keys: Keys::of(log),
            id: stem.or(folder).unwrap_or_default().to_string_lossy().into_owned(),
        }
    }

    fn pause(&self, log: &mut Log) {
        if let Ok(state) = serde_json::to_string(&self.state) {
            log.carried.note(STATE, &state);
        }
    }

    fn event(&mut self, event: &Value, line: u32, log: &mut Log) {
        let Some(stamp) = self.stamp(event, line, log) else {
            return;
        };
        let data = event.get("data").unwrap_or(&Value::Null);
        let kind = text(event, "/type");
        match kind {
            "session.start" => start(data, stamp, log),
            "session.resume" => {
                (self.state.busy, self.state.compacting) = (false, false);
                self.state.compacting_beside = false;
                self.state.tokens.resumed(stamp.at);
                moved(data, "/context", log);
            }
            "session.context_changed" if stamp.lane.is_none() => moved(data, "", log),
            "session.model_change" => model(text(data, "/newModel"), log),
            "session.auto_mode_resolved" => model(text(data, "/chosenModel"), log),
            "session.usage_record" => self.state.tokens.record(data, stamp, &mut self.keys, log),
            "session.compaction_start" => self.compaction_began(data, stamp, log),
            "session.compaction_complete" => self.compacted(data, stamp, log),
            "session.shutdown" => {
                self.end_turn(stamp, log);
                self.state.tokens.shutdown(text(event, "/id"), data, stamp, log);
            }
            "system.message" if stamp.lane.is_none() => self.told(text(data, "/content"), log),
            "user.message" => self.prompt(data, stamp, log),
            "tool.user_requested" => self.own_command(data, stamp, log),
            "assistant.turn_start" if stamp.lane.is_none() => {
                (self.state.asked, self.state.prompt, self.state.busy) = (false, None, true);
                log.push(stamp, What::Work);
            }
            "assistant.message" => self.message(data, stamp, log),
            "assistant.turn_end" => {
                log.push(stamp, What::Work);
                if stamp.lane.is_none() && !self.state.asked {
                    self.end_turn(stamp, log);
                }
            }
            "assistant.turn_start" | "assistant.reasoning" => log.push(stamp, What::Work),
            "subagent.started" => self.launched(data, stamp, log),
            "subagent.completed" | "subagent.failed" => self.returned(stamp, log),
            "tool.execution_start" => self.call(data, stamp, log),
            "tool.execution_complete" => self.result(data, stamp, log),
            "permission.requested" => self.request(data, stamp, log),
            "permission.completed" => self.permission(data, stamp, log),
            "abort" if self.state.headless || text(data, "/reason") == "autopilot_credit_limit" => {
                self.end_turn(stamp, log);
            }
            "abort" => {
                self.state.busy &= stamp.lane.is_some();
                log.push(stamp, What::Interrupted);
            }
            _ => {}
        }
    }

    fn end_turn(&mut self, stamp: Stamp, log: &mut Log) {
        if stamp.lane.is_none() {
            (self.state.busy, self.state.idle_since) = (false, Some(stamp.at));
        }
        log.push(stamp, What::TurnEnd(None));
    }

    /// The owner of an event; events of subagents name the call that launched them.
    fn stamp(&self, event: &Value, line: u32, log: &mut Log) -> Option<Stamp> {
        let at = timed(event, "/timestamp", line, log)?;
        let named = text(event, "/data/sessionId");
        let session = match log.carried.stamp {
            Some(stamp) => stamp.session,
            None if text(event, "/type") == "session.start" && !named.is_empty() => log.name(named),
            None => log.name(&self.id),
        };
        let common = log.carried.stamp.get_or_insert(Stamp::new(at, line, session));
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
        self.state.busy |= stamp.lane.is_none();
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
        self.state.tokens.message(call, output, model, stamp);
    }

    /// A compaction while the agent works is part of that; otherwise a person asked for it.
    fn compaction_began(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        self.state.tokens.compaction_began();
        if stamp.lane.is_some() || self.state.busy {
            self.state.compacting_beside |= stamp.lane.is_none();
            return log.push(stamp, What::Work);
        }
        self.state.compacting = true;
        let by_person = !self.state.headless && matches!(text(data, "/trigger"), "" | "manual");
        let (kind, typed) = (ActionKind::Command, prose::typed(COMPACT));
        let what = if by_person {
            What::Prompt { kind, typed }
        } else {
            What::Automated
        };
        log.push(stamp, what);
    }

    /// The end of a compaction. One that outlasts the turn in which it began still takes its time.
    fn compacted(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        let is_main = stamp.lane.is_none();
        let beside = is_main && std::mem::take(&mut self.state.compacting_beside);
        let alone = is_main && std::mem::take(&mut self.state.compacting);
        let outlasts = is_main && !alone && !self.state.busy;
        if outlasts {
            let since = self.state.idle_since.filter(|_| beside).unwrap_or(stamp.at);
            let place = log.events.iter().rposition(|event| event.stamp.at <= since);
            let (stamp, what) = (Stamp { at: since, ..stamp }, What::Automated);
            log.events
                .insert(place.map_or(0, |at| at + 1), Event { stamp, what });
        }
        log.push(stamp, What::Work);
        self.state.tokens.compacted(data, stamp, &mut self.keys, log);
        if alone || outlasts {
            self.end_turn(stamp, log);
        }
    }

    /// The system message of a task: whether anybody is there, also when the last prompt was given.
    fn told(&mut self, said: &str, log: &mut Log) {
        self.state.headless = said.match_indices(HEADLESS).any(|(at, _)| at < OPENING);
        let Some((line, kind, typed)) = self.state.prompt else {
            return;
        };
        let now = self.opening(kind, typed);
        let mut recent = log.events.iter_mut().rev();
        let prompt = recent.find(|event| {
            event.stamp.line == line && matches!(event.what, What::Prompt { .. } | What::Automated)
        });
        if let Some(event) = prompt {
            event.what = now;
        }
    }

    /// What a prompt is, by who is there.
    fn opening(&self, kind: ActionKind, typed: u32) -> What {
        if self.state.headless {
            What::Automated
        } else {
            What::Prompt { kind, typed }
        }
    }

    fn prompt(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
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
            // Input into a running turn opens none: a skill, or the task of a subagent that was started.
            let inside =
                stamp.lane.is_some() || delivery == "steering" || text(data, "/source").starts_with("skill-");
            return log.push(stamp, if inside { What::Work } else { What::Automated });
        }
        if prose::is_injected(&said) {
            return;
        }
        let (kind, typed) = (prose::kind(&said), prose::typed(&said));
        match delivery {
            "steering" if self.state.headless => log.push(stamp, What::Work),
            "steering" => log.push(stamp, What::Queued { typed }),
            "queued" if !self.state.headless => {
                log.push(stamp, What::Queued { typed });
                log.push(stamp, What::Dequeued);
            }
            _ => {
                (self.state.prompt, self.state.busy) = (Some((stamp.line, kind, typed)), true);
                let what = self.opening(kind, typed);
                log.push(stamp, what);
            }
        }
    }

    /// A subagent begins; its caller waits, unless it runs in the background.
    fn launched(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        log.push(stamp, What::Automated);
        let call = call_key(data);
        let by = self.state.launches.remove(&call).flatten();
        if let (Some(lane), true) = (stamp.lane, text(data, "/executionMode") != "background") {
            self.state.awaited.entry(lane).or_insert(by);
        }
    }

    fn returned(&mut self, stamp: Stamp, log: &mut Log) {
        log.push(stamp, What::Work);
        log.push(stamp, What::TurnEnd(None));
        if let Some(lane) = stamp.lane {
            self.state.awaited.remove(&lane);
        }
    }

    /// The lanes that pause while a lane waits: it and those that wait for it.
    fn waiting(&self, lane: Option<Name>) -> Vec<Option<Name>> {
        let mut lanes = vec![lane];
        while let Some(Some(lane)) = lanes.last() {
            match self.state.awaited.get(lane) {
                Some(by) if !lanes.contains(by) => lanes.push(*by),
                _ => break,
            }
        }
        lanes
    }

    /// A `!` command: how long it runs is not the agent's time.
    fn own_command(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        self.settle(call_key(data));
        let typed = prose::typed(text(data, "/arguments/command"));
        let kind = ActionKind::Shell;
        log.push(stamp, What::Local { kind, typed });
    }

    fn call(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        let id = call_key(data);
        if self.state.settled.contains_key(&id) {
            return;
        }
        if text(data, "/toolName") == "task" {
            self.state.launches.entry(id).or_insert(stamp.lane);
        }
        let arguments = data.get("arguments").unwrap_or(&Value::Null);
        // Older versions wrote them as text.
        let parsed = arguments
            .as_str()
            .and_then(|arguments| json::value(arguments).ok());
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
            self.settle(id);
            return;
        }
        for lane in self.waiting(stamp.lane) {
            let what = What::Call {
                id,
                tool: Tool::Question,
                changes: Vec::new(),
                reads: Vec::new(),
            };
            log.push(Stamp { lane, ..stamp }, what);
        }
    }

    fn permission(&mut self, data: &Value, stamp: Stamp, log: &mut Log) {
        let id = request_key(data);
        let kind = text(data, "/result/kind");
        // A canceled call was interrupted: that is logged separately.
        if self.is_settled(id) || kind == "cancelled" {
            return;
        }
        let refused = kind == "denied-interactively-by-user";
        if refused {
            // The call also ends as rejected: one refusal.
            self.settle(call_key(data));
        }
        for lane in self.waiting(stamp.lane) {
            let what = What::Result {
                id,
                outcome: if refused { Outcome::Refused } else { Outcome::Done },
                took: None,
                typed: 0,
                changes: None,
                commits: Vec::new(),
            };
            log.push(Stamp { lane, ..stamp }, what);
        }
    }

    fn is_settled(&mut self, id: Key) -> bool {
        let Some(times) = self.state.settled.get_mut(&id) else {
            return false;
        };
        *times -= 1;
        if *times == 0 {
            self.state.settled.remove(&id);
        }
        true
    }

    fn settle(&mut self, id: Key) {
        let times = self.state.settled.entry(id).or_default();
        *times = times.saturating_add(1);
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

/// Sets the working directory and the branch from a pointer.
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

fn call_key(data: &Value) -> Key {
    Key::of(&[text(data, "/toolCallId")])
}

fn request_key(data: &Value) -> Key {
    Key::of(&["permission", text(data, "/requestId")])
}
