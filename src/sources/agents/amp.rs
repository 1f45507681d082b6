//! Amp: `threads/T-<id>.json`, one document per thread, rewritten as a whole.
//!
//! Only prompts and responses have a time. When tools ran and when a turn ended is in `meta.traces`, which older
//! threads lack: there the results of tools are known to come before the next response. Tokens are in `usageLedger` or
//! with each response; if there is a ledger, only the ledger counts, because it has the requests that left no message,
//! too. Since 2026 threads are on Amp's servers: a missing thread proves nothing.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::log::{Key, Log, Name, Outcome, Stamp, What};
use super::value::{
    content, count, document, first_text, instant, is_miscounted, items, number, text, timed,
};
use super::{Agent, LogFile, Machine, files_below, prose, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};
use crate::facts::span::{Moment, Span};

/// The reader.
pub struct Amp;

impl Agent for Amp {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::AMP
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let windows = ["LOCALAPPDATA", "APPDATA"].map(|name| machine.folder(name));
        let homes = std::iter::once(machine.data_home()).chain(windows).flatten();
        homes.map(|home| home.join("amp")).collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let threads = root.join("threads");
        let folder = if threads.is_dir() { &threads } else { root };
        files_below(folder, warnings, |path| {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            name.starts_with("T-") && name.ends_with(".json")
        })
    }

    fn appends(&self, _file: &LogFile) -> bool {
        false
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        if let Some(thread) = document(&file.path, log)? {
            Thread::read(&thread, log);
        }
        Ok(())
    }
}

/// What all messages of a thread have in common.
struct Thread<'thread> {
    thread: &'thread Value,
    traces: Traces,
    /// Whether no person was there: `amp --execute`.
    headless: bool,
    /// Whether the responses' own tokens count.
    counts_responses: bool,
    session: Name,
    folder: Option<Name>,
    branch: Option<Name>,
    /// The time of the last event.
    now: Moment,
}

impl<'thread> Thread<'thread> {
    fn read(thread: &'thread Value, log: &mut Log) {
        let id = text(thread, "/id");
        if id.is_empty() {
            return;
        }
        let tree = items(thread, "/env/initial/trees").first();
        let at_start = |pointer: &str| tree.map_or("", |tree| text(tree, pointer));
        let reference = at_start("/repository/ref");
        let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference);
        let folder = folder(at_start("/uri"));
        let ledger = items(thread, "/usageLedger/events");
        let mut reading = Self {
            thread,
            traces: Traces::of(thread),
            headless: text(thread, "/env/initial/platform/client").contains("Execute"),
            counts_responses: ledger.is_empty(),
            session: log.name(id),
            folder: (!folder.is_empty()).then(|| log.name(&folder)),
            branch: (!branch.is_empty()).then(|| log.name(branch)),
            now: instant(thread, "/created").unwrap_or(Moment(0)),
        };
        let messages = items(thread, "/messages");
        for (index, message) in messages.iter().enumerate() {
            let later = messages.get(index + 1..).unwrap_or_default();
            reading.message(message, later, log);
        }
        reading.ends(log);
        for (number, event) in ledger.iter().enumerate() {
            reading.ledger_event(number, event, log);
        }
        reading.surroundings(log);
    }

    /// The stamp of a record. A fork repeats the messages of its thread with their times, so those make the key.
    fn stamp(&self, at: Moment, line: usize, key: Option<&[&str]>) -> Stamp {
        Stamp {
            at,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            key: key.map(Key::of),
            session: self.session,
            lane: None,
            folder: self.folder,
            branch: self.branch,
            copied: false,
        }
    }

    fn message(&mut self, message: &Value, later: &[Value], log: &mut Log) {
        let line = items(self.thread, "/messages").len() - later.len();
        match text(message, "/role") {
            "user" => {
                self.results(message, later, line, log);
                self.prompt(message, line, log);
            }
            "assistant" => self.response(message, line, log),
            _ => {}
        }
    }

    fn prompt(&mut self, message: &Value, line: usize, log: &mut Log) {
        let number = u32::try_from(line).unwrap_or(u32::MAX);
        let Some(at) = timed(message, "/meta/sentAt", number, log) else {
            return;
        };
        let said = content(message.get("content"));
        self.now = self.now.max(at);
        let stamp = self.stamp(at, line, Some(&["prompt", &at.0.to_string()]));
        let kind = ActionKind::Prompt;
        let typed = prose::typed(&said);
        let what = if self.headless {
            What::Automated
        } else {
            What::Prompt { kind, typed }
        };
        log.push(stamp, what);
    }

    fn response(&mut self, message: &Value, line: usize, log: &mut Log) {
        let timed = instant(message, "/usage/timestamp").or_else(|| {
            let tools = number(message, "/messageId").and_then(|id| self.traces.tools.get(&id));
            tools.map(|tools| tools.start)
        });
        // An interrupted response has no time: it stopped when its turn ended.
        let stopped = text(message, "/state/type") == "cancelled";
        let ended = timed.or_else(|| stopped.then(|| self.traces.turn_end(self.now)).flatten());
        self.now = self.now.max(ended.unwrap_or(self.now));
        let key = (timed.map(|at| at.0.to_string()), message.get("messageId"));
        let key = (
            key.0.unwrap_or_default(),
            key.1.map(Value::to_string).unwrap_or_default(),
        );
        let parts = ["response", &*key.0, &*key.1];
        let stamp = self.stamp(self.now, line, timed.is_some().then_some(&parts));
        log.push(stamp, What::Work);
        for block in items(message, "/content") {
            if text(block, "/type") == "tool_use" {
                let input = block.get("input").unwrap_or(&Value::Null);
                let id = Key::of(&[text(block, "/id")]);
                let what = tools::call(log, id, text(block, "/name"), input);
                log.push(stamp, what);
            }
        }
        if let Some(usage) = message
            .get("usage")
            .filter(|usage| self.counts_responses && usage.is_object())
        {
            if is_miscounted(usage) {
                log.refuse_tokens(stamp);
            } else {
                push_usage(log, stamp, text(usage, "/model"), response_tokens(usage));
            }
        }
        if stopped {
            log.push(stamp, What::Interrupted);
        }
    }

    fn results(&mut self, message: &Value, later: &[Value], line: usize, log: &mut Log) {
        let results = items(message, "/content").iter();
        let mut results = results
            .filter(|block| text(block, "/type") == "tool_result")
            .peekable();
        if results.peek().is_none() {
            return;
        }
        // The response before this message launched them.
        let launched = line
            .checked_sub(2)
            .and_then(|before| items(self.thread, "/messages").get(before));
        let ran = launched
            .and_then(|response| self.traces.tools.get(&number(response, "/messageId")?))
            .copied();
        let next = || {
            later
                .iter()
                .find_map(|message| instant(message, "/usage/timestamp"))
        };
        let at = ran
            .map(|ran| ran.end)
            .or_else(next)
            .unwrap_or(self.now)
            .max(self.now);
        let took = ran.and_then(|ran| u32::try_from(ran.end.since(ran.start)).ok());
        self.now = at;
        for block in results {
            let called = first_text(block, &["toolUseID", "tool_use_id"]);
            let stamp = self.stamp(at, line, Some(&["result", called]));
            if let Some(outcome) = outcome(block) {
                let result = block
                    .pointer("/run/result")
                    .or_else(|| block.pointer("/run/error"));
                let what = tools::result(log, Key::of(&[called]), outcome, took, &content(result));
                log.push(stamp, what);
            }
        }
    }

    /// The recorded ends of turns. If the person wrote while the agent worked, the next turn had begun by then.
    fn ends(&self, log: &mut Log) {
        let prompts: Vec<Moment> = log
            .events
            .iter()
            .filter(|event| matches!(event.what, What::Prompt { .. } | What::Automated))
            .map(|event| event.stamp.at)
            .collect();
        let lines = items(self.thread, "/messages").len();
        for turn in &self.traces.turns {
            if !prompts
                .iter()
                .any(|at| turn.start.0 + SLACK < at.0 && at.0 <= turn.end.0)
            {
                let took = u32::try_from(turn.end.since(turn.start)).ok();
                let key = ["end", &turn.end.0.to_string()];
                log.push(self.stamp(turn.end, lines, Some(&key)), What::TurnEnd(took));
            }
        }
    }

    fn ledger_event(&self, number: usize, event: &Value, log: &mut Log) {
        let (Some(at), Some(tokens)) = (instant(event, "/timestamp"), event.get("tokens")) else {
            return;
        };
        let response = event.get("toMessageId").and_then(|id| {
            let mut messages = items(self.thread, "/messages").iter();
            messages
                .find(|message| message.get("messageId") == Some(id))?
                .get("usage")
        });
        let cached = |field| response.map_or(0, |usage| count(usage, field));
        let tokens = TokenCounts {
            input: count(tokens, "/input"),
            cache_write: cached("/cacheCreationInputTokens"),
            cache_read: cached("/cacheReadInputTokens"),
            output: count(tokens, "/output"),
        };
        let id = text(event, "/id");
        let line = items(self.thread, "/messages").len() + 1 + number;
        let key = (!id.is_empty()).then_some(["ledger", id]);
        let stamp = self.stamp(at, line, key.as_ref().map(<[&str; 2]>::as_slice));
        if event.get("tokens").is_some_and(is_miscounted) || response.is_some_and(is_miscounted) {
            return log.refuse_tokens(stamp);
        }
        push_usage(log, stamp, text(event, "/model"), tokens);
    }

    /// The repositories and the version, which the thread has once.
    fn surroundings(&self, log: &mut Log) {
        let Some(stamp) = log.events.first().map(|event| event.stamp) else {
            return;
        };
        for tree in items(self.thread, "/env/initial/trees") {
            let url = text(tree, "/repository/url");
            if !url.is_empty() {
                let url = log.name(url);
                log.push(stamp, What::Remote(url));
            }
        }
        let version = text(self.thread, "/env/initial/platform/clientVersion");
        if !version.is_empty() {
            let version = log.name(version);
            log.push(stamp, What::Version(version));
        }
    }
}

/// A turn's trace begins up to this many milliseconds before or after its prompt was sent.
const SLACK: i64 = 1_000;

/// What a thread measured of itself.
struct Traces {
    /// From accepting a prompt to the end of the answer.
    turns: Vec<Span>,
    /// The tools that a response launched, by its message.
    tools: HashMap<u64, Span>,
}

impl Traces {
    fn of(thread: &Value) -> Self {
        let (mut turns, mut tools) = (Vec::new(), HashMap::new());
        for trace in items(thread, "/meta/traces") {
            let (Some(start), Some(end)) = (instant(trace, "/startTime"), instant(trace, "/endTime")) else {
                continue;
            };
            let span = Span::new(start, end.max(start));
            match (text(trace, "/name"), number(trace, "/context/messageId")) {
                ("agent", _) => turns.push(span),
                ("tools", Some(message)) => {
                    let whole = tools.entry(message).or_insert(span);
                    whole.end = whole.end.max(span.end);
                }
                _ => {}
            }
        }
        Self { turns, tools }
    }

    /// The end of the turn at a moment.
    fn turn_end(&self, at: Moment) -> Option<Moment> {
        let turns = self.turns.iter();
        let mut around = turns.filter(|turn| turn.start.0 - SLACK <= at.0 && at <= turn.end);
        around.next().map(|turn| turn.end)
    }
}

fn push_usage(log: &mut Log, stamp: Stamp, model: &str, tokens: TokenCounts) {
    let model = log.name(if model.is_empty() { "unknown" } else { model });
    log.push(
        stamp,
        What::Usage {
            message: stamp.key,
            request: None,
            model,
            tokens,
        },
    );
}

fn response_tokens(usage: &Value) -> TokenCounts {
    TokenCounts {
        input: count(usage, "/inputTokens"),
        cache_write: count(usage, "/cacheCreationInputTokens"),
        cache_read: count(usage, "/cacheReadInputTokens"),
        output: count(usage, "/outputTokens"),
    }
}

/// How a tool ended; `None` while it runs or waits for a permission.
fn outcome(block: &Value) -> Option<Outcome> {
    let exited = block.pointer("/run/result/exitCode").and_then(Value::as_i64);
    match text(block, "/run/status") {
        "done" if exited.is_none_or(|code| code == 0) => Some(Outcome::Done),
        "done" | "error" | "cancelled" => Some(Outcome::Failed),
        "rejected-by-user" => Some(Outcome::Refused),
        _ => None,
    }
}

/// The path that a `file:` URI names.
fn folder(uri: &str) -> String {
    let path = uri.strip_prefix("file://").unwrap_or(uri).as_bytes();
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path;
    while let [first, others @ ..] = rest {
        let escaped = others.get(..2).filter(|_| *first == b'%');
        let byte = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = others
            .get(if byte.is_some() { 2 } else { 0 }..)
            .unwrap_or_default();
    }
    let path = String::from_utf8_lossy(&decoded).into_owned();
    // `file:///C:/w` is `C:/w`.
    match path.strip_prefix('/') {
        Some(drive) if drive.as_bytes().get(1) == Some(&b':') => drive.to_owned(),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::agents::assemble::assemble;
    use crate::facts::session::{Session, TurnEnd};

    const MINUTE: i64 = 60_000;

    fn time(minute: i64) -> String {
        format!("2026-04-01T09:{minute:02}:00.000Z")
    }

    fn asked(minute: i64) -> Value {
        let sent = 1_775_034_000_000 + minute * MINUTE;
        json!({"role": "user", "content": [{"type": "text", "text": "go on"}], "meta": {"sentAt": sent}})
    }

    fn answered(id: u64, minute: i64, calls: &[(&str, &str, Value)]) -> Value {
        let calls = calls
            .iter()
            .map(|(id, name, input)| json!({"type": "tool_use", "id": id, "name": name, "input": input}));
        json!({
            "role": "assistant", "messageId": id, "content": calls.collect::<Vec<_>>(), "state": {"type": "complete"},
            "usage": {
                "model": "m-x", "inputTokens": 10, "outputTokens": 20, "cacheCreationInputTokens": 30,
                "cacheReadInputTokens": 40, "timestamp": time(minute),
            },
        })
    }

    fn ended(call: &str, run: &Value) -> Value {
        json!({"role": "user", "content": [{"type": "tool_result", "toolUseID": call, "run": run}]})
    }

    fn traced(name: &str, message: u64, minutes: [i64; 2]) -> Value {
        json!({
            "name": name, "context": {"messageId": message},
            "startTime": time(minutes[0]), "endTime": time(minutes[1]),
        })
    }

    fn thread(id: &str, messages: &[Value], traces: &[Value]) -> Value {
        json!({"id": id, "messages": messages, "meta": {"traces": traces}})
    }

    fn sessions(threads: &[Value]) -> Vec<Session> {
        let logs = threads.iter().enumerate().map(|(number, thread)| {
            let mut log = Log::default();
            Thread::read(thread, &mut log);
            (PathBuf::from(number.to_string()), log)
        });
        assemble("amp", &logs.collect::<Vec<_>>())
    }

    fn kinds(session: &Session) -> Vec<ActionKind> {
        session.actions.iter().map(|action| action.kind).collect()
    }

    fn tokens(session: &Session) -> [u64; 4] {
        let tokens = session.tokens().unwrap();
        [tokens.input, tokens.cache_write, tokens.cache_read, tokens.output]
    }

    #[test]
    fn a_ledger_counts_instead_of_the_responses() {
        let mut thread = thread("T-1", &[asked(1), answered(1, 2, &[])], &[]);
        assert_eq!(tokens(&sessions(&[thread.clone()])[0]), [10, 30, 40, 20]);
        thread["usageLedger"] = json!({"events": [
            {"id": "e1", "timestamp": time(2), "model": "m-x", "toMessageId": 1, "tokens": {"input": 11, "output": 21}},
            {"id": "e2", "timestamp": time(3), "model": "m-y", "tokens": {"input": 1, "output": 2}},
        ]});
        let session = &sessions(&[thread])[0];
        assert_eq!(tokens(session), [12, 30, 40, 23]);
        assert_eq!(session.models, ["m-x", "m-y"]);
    }

    #[test]
    fn what_was_refused_changed_nothing() {
        let write = |path: &str| ("create_file", json!({"path": path, "content": "a"}));
        let [(name, refused), (_, done)] = ["/w/a", "/w/b"].map(write);
        let messages = [
            asked(1),
            answered(1, 2, &[("t1", name, refused)]),
            ended("t1", &json!({"status": "rejected-by-user"})),
            answered(3, 9, &[("t2", name, done)]),
            ended("t2", &json!({"status": "done", "result": "ok"})),
        ];
        let session = &sessions(&[thread("T-1", &messages, &[traced("tools", 1, [2, 8])])])[0];
        assert_eq!(kinds(session), [ActionKind::Prompt, ActionKind::Refusal]);
        let edited: Vec<&str> = session.edits.iter().map(|edit| edit.path.as_str()).collect();
        assert_eq!(edited, ["/w/b"]);
        // One minute to the call, one from the answer to the next: the six between were the person's.
        let turn = session.turns().next().unwrap();
        assert_eq!(
            turn.working.iter().map(|span| span.millis()).sum::<i64>(),
            2 * MINUTE
        );
    }

    #[test]
    fn without_traces_a_result_comes_before_the_next_response() {
        let commit = ("t1", "Bash", json!({"cmd": "git commit -m x", "cwd": "/w"}));
        let output = json!({"status": "done", "result": {"output": "[main 1a2b3c4] x", "exitCode": 0}});
        let messages = [
            asked(1),
            answered(1, 2, &[commit]),
            ended("t1", &output),
            answered(3, 5, &[]),
        ];
        let session = &sessions(&[thread("T-1", &messages, &[])])[0];
        let made = &session.commits[0];
        assert_eq!(
            (made.hash.as_str(), made.at),
            ("1a2b3c4", Moment(1_775_034_300_000))
        );
        assert_eq!(session.turns().next().unwrap().end, TurnEnd::LastEvent);
    }

    #[test]
    fn a_response_that_was_broken_off_ends_with_its_turn() {
        let mut stopped = answered(1, 2, &[]);
        stopped["state"]["type"] = json!("cancelled");
        stopped["usage"] = json!(null);
        let traces = [traced("agent", 0, [1, 4]), traced("agent", 0, [20, 22])];
        let session = &sessions(&[thread(
            "T-1",
            &[asked(1), stopped, asked(20), answered(3, 22, &[])],
            &traces,
        )])[0];
        assert_eq!(
            kinds(session),
            [ActionKind::Prompt, ActionKind::Interrupt, ActionKind::Prompt]
        );
        let turns: Vec<_> = session
            .turns()
            .map(|turn| (turn.span.millis() / MINUTE, turn.end))
            .collect();
        assert_eq!(turns, [(3, TurnEnd::Interrupted), (2, TurnEnd::Recorded)]);
    }

    #[test]
    fn a_prompt_during_a_turn_leaves_the_rest_to_the_next_one() {
        let messages = [asked(1), answered(1, 2, &[]), asked(3), answered(3, 6, &[])];
        let session = &sessions(&[thread("T-1", &messages, &[traced("agent", 0, [1, 6])])])[0];
        let turns: Vec<_> = session
            .turns()
            .map(|turn| (turn.human, turn.span.millis() / MINUTE))
            .collect();
        assert_eq!(turns, [(true, 1), (true, 3)]);
    }

    #[test]
    fn nobody_typed_what_was_executed() {
        let mut thread = thread("T-1", &[asked(1), answered(1, 2, &[])], &[]);
        thread["env"] = json!({"initial": {"platform": {"client": "CLI Execute Mode"}}});
        let session = &sessions(&[thread])[0];
        assert_eq!((session.actions.len(), session.turns().count()), (0, 1));
    }

    #[test]
    fn a_fork_has_only_what_it_added() {
        let mut messages = vec![asked(1), answered(1, 2, &[])];
        let first = thread("T-1", &messages, &[traced("agent", 0, [1, 2])]);
        messages.extend([asked(20), answered(3, 21, &[])]);
        let fork = thread(
            "T-2",
            &messages,
            &[traced("agent", 0, [1, 2]), traced("agent", 0, [20, 21])],
        );
        let sessions = sessions(&[fork, first]);
        let counted: Vec<_> = sessions
            .iter()
            .map(|session| (session.actions.len(), tokens(session)))
            .collect();
        assert_eq!(counted, [(1, [10, 30, 40, 20]), (1, [10, 30, 40, 20])]);
    }

    #[test]
    fn the_first_tree_says_where() {
        for (uri, expected) in [
            ("file:///w/a%20kiln", "/w/a kiln"),
            ("file:///C:/w", "C:/w"),
            ("/w/kiln", "/w/kiln"),
            ("file:///w/50%", "/w/50%"),
        ] {
            assert_eq!(folder(uri), expected);
        }
    }
}
