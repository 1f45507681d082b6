//! Gemini CLI: `tmp/<project>/chats/session-….jsonl`, before that a `.json` rewritten at every change.
//!
//! A message that grows is appended again under its id, and the whole conversation again when the agent shortens
//! it. Every part of a message (its text, its tokens, each call, each result) therefore has a separate key and is read
//! from the first copy that has it. What was rewound took time and tokens and stays. The log names no working
//! directory: that is beside it, or in the agent's list of projects.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::lines::each_record;
use super::log::{Key, Log, Outcome, Stamp, Tool, What};
use super::value::{content, count, document, instant, is_miscounted, items, text, timed};
use super::{Agent, LogFile, Machine, change, files, files_below, json, prose, tools};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};
use crate::facts::span::Moment;

/// The reader.
pub struct GeminiCli;

impl Agent for GeminiCli {
    fn identity(&self) -> &'static AgentIdentity {
        &agents::GEMINI_CLI
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let home = machine.moved(self.identity()).or_else(|| machine.home.clone());
        // The second is where it writes inside the macOS sandbox.
        [".gemini", ".cache/.gemini"]
            .iter()
            .filter_map(|folder| home.as_ref().map(|home| home.join(folder)))
            .collect()
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        let projects = root.join("tmp");
        let folder = if projects.is_dir() { &projects } else { root };
        let mut files = files_below(folder, warnings, is_chat);
        for file in &mut files {
            file.companions.extend(registry(&file.path));
            file.companions.extend(screen(&file.path));
        }
        files
    }

    fn appends(&self, file: &LogFile) -> bool {
        is_lines(&file.path)
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        let mut reading = Reading::new(file, log);
        if is_lines(&file.path) {
            return each_record(&file.path, log, |line, number, log| {
                reading.record(&line.parse()?, number, log);
                Ok(())
            });
        }
        if let Some(record) = document(&file.path, log)? {
            reading.record(&record, 1, log);
        }
        Ok(())
    }
}

fn is_lines(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl")
}

/// Whether a file below a directory `chats` is a log. A `.json` that was continued as `.jsonl` is completely in that
/// one.
fn is_chat(path: &Path) -> bool {
    let in_chats = path.ancestors().skip(1).any(|folder| folder.ends_with("chats"));
    let whole = path.extension().is_some_and(|extension| extension == "json");
    in_chats && (is_lines(path) || whole && !path.with_extension("jsonl").exists())
}

/// The directory of one project: the one that contains `chats`.
fn project(log: &Path) -> Option<&Path> {
    log.ancestors().find(|folder| folder.ends_with("chats"))?.parent()
}

/// The file that names the working directory of a log.
fn registry(log: &Path) -> Option<PathBuf> {
    let project = project(log)?;
    let beside = project.join(".project_root");
    if beside.is_file() {
        return Some(beside);
    }
    Some(project.parent()?.parent()?.join("projects.json"))
}

/// The working directory of a log, from its registry.
fn working_folder(file: &LogFile, log: &mut Log) -> Option<String> {
    let registry = file.companions.first()?;
    let said = String::from_utf8(files::beside(registry, log)?).ok()?;
    if registry.ends_with(".project_root") {
        let folder = said.trim();
        return (!folder.is_empty()).then(|| folder.to_owned());
    }
    let known: Value = json::value(&said).ok()?;
    let name = project(&file.path)?.file_name()?.to_str()?;
    let mut folders = known.get("projects")?.as_object()?.iter();
    folders
        .find(|(folder, short)| short.as_str() == Some(name) || hash(folder) == name)
        .map(|(folder, _)| folder.clone())
}

/// How older versions named the directory of a project.
fn hash(folder: &str) -> String {
    let digest = Sha256::digest(folder);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file of a project into which only the interactive screen writes what is typed there.
fn screen(log: &Path) -> Option<PathBuf> {
    Some(project(log)?.join("logs.json"))
}

/// When prompts were typed at the interactive screen, by session.
fn typed_prompts(path: &Path, log: &mut Log) -> Vec<(String, Moment)> {
    let said = screen(path).and_then(|file| files::beside(&file, log));
    let entries: Value = said
        .and_then(|said| json::document(&said).0.ok())
        .unwrap_or_default();
    let entries = items(&entries, "").iter();
    let typed = entries.filter_map(|entry| {
        let at = instant(entry, "/timestamp")?;
        Some((text(entry, "/sessionId").to_owned(), at))
    });
    typed.collect()
}

/// The beginning of a message for a command that the person ran with `!`.
const OWN_COMMAND: &str = "I ran the following shell command:\n```sh\n";
/// Nobody types a prompt within this many milliseconds of the program's start: it was given on the command line.
const AT_ONCE: i64 = 1_000;
/// A typed prompt is in the project's file up to this many milliseconds before it is in the log: files that it names
/// are read first.
const NOTED_BEFORE: i64 = 10_000;

/// One run over a log.
struct Reading {
    /// What the log contained before, by key.
    seen: HashSet<Key>,
    /// The working directory that its registry names.
    folder: Option<String>,
    /// The session id if the log does not contain one.
    stem: String,
    /// The directory of a subagent's log is named after the session that launched it.
    launched_by: Option<String>,
    /// Prompts that were typed at the interactive screen.
    typed: Vec<(String, Moment)>,
    /// When the program that writes now was started.
    started: Option<Moment>,
    /// Whether it continues a session that another run of it began.
    resumes: bool,
}

impl Reading {
    fn new(file: &LogFile, log: &mut Log) -> Self {
        let above = file.path.parent().and_then(Path::file_name);
        Self {
            seen: log.events.iter().filter_map(|event| event.stamp.key).collect(),
            folder: working_folder(file, log),
            stem: file
                .path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            launched_by: above
                .map(|name| name.to_string_lossy().into_owned())
                .filter(|name| name != "chats"),
            typed: typed_prompts(&file.path, log),
            started: None,
            resumes: false,
        }
    }

    /// Notes when the program was started: a log begins with it, and a resumed session is named and repeated.
    fn note_start(&mut self, record: &Value) {
        if let Some(at) = instant(record, "/startTime") {
            self.started = Some(at);
        }
        if record.pointer("/$set/sessionId").is_some() {
            self.resumes = true;
        }
        if record.pointer("/$set/messages").is_some() && std::mem::take(&mut self.resumes) {
            self.started = instant(record, "/$set/lastUpdated").or(self.started);
        }
    }

    /// Whether a prompt came from the command line and not from a person at the screen.
    fn is_headless(&self, session: &str, at: Moment) -> bool {
        let at_once = self
            .started
            .is_some_and(|started| (0..=AT_ONCE).contains(&at.since(started)));
        let noted = self
            .typed
            .iter()
            .any(|(known, noted)| known == session && (-AT_ONCE..=NOTED_BEFORE).contains(&at.since(*noted)));
        at_once && !noted
    }

    fn record(&mut self, record: &Value, line: u32, log: &mut Log) {
        if !text(record, "/id").is_empty() {
            log.carried.note(OWN_RECORDS, "");
            return self.message(record, line, log);
        }
        self.note_start(record);
        let said = record.get("$set").unwrap_or(record);
        if !text(said, "/sessionId").is_empty() && log.carried.stamp.is_none() {
            self.begin(said, line, log);
        }
        // In addition to separate records, these are what the agent still remembers of them, under new ids.
        if !has_own_records(log) {
            for (number, message) in (line..).zip(items(said, "/messages")) {
                self.message(message, number, log);
            }
        }
    }

    /// Sets the owner of everything that follows.
    fn begin(&self, said: &Value, line: u32, log: &mut Log) {
        let named = text(said, "/sessionId");
        let own = if named.is_empty() { &self.stem } else { named };
        let session = self.launched_by.as_deref().unwrap_or(own);
        let first = items(said, "/directories").first().and_then(Value::as_str);
        let folder = self.folder.as_deref().or(first);
        let subagent = text(said, "/kind") == "subagent" || self.launched_by.is_some();
        log.carried.stamp = Some(Stamp {
            lane: subagent.then(|| log.name(own)),
            folder: folder.map(|folder| log.name(folder)),
            ..Stamp::new(Moment(0), line, log.name(session))
        });
    }

    fn message(&mut self, message: &Value, line: u32, log: &mut Log) {
        let Some(at) = timed(message, "/timestamp", line, log) else {
            return;
        };
        if log.carried.stamp.is_none() {
            self.begin(&Value::Null, line, log);
        }
        let Some(stamp) = log.carried.stamp else {
            return;
        };
        let message = Message {
            session: log.text(stamp.session).to_owned(),
            stamp: Stamp { at, line, ..stamp },
            value: message,
        };
        let said = content(
            message
                .value
                .get("displayContent")
                .or(message.value.get("content")),
        );
        match text(message.value, "/type") {
            "user" if !prose::is_injected(&said) => self.prompt(&message, &said, log),
            "info" if said.starts_with("Request cancelled") => {
                self.push(&message, &["said"], What::Interrupted, log);
            }
            "gemini" if self.was_given_up(&message) => {}
            "gemini" if is_given_up(message.value, log) => self.give_up(&message, log),
            "gemini" => {
                self.push(&message, &["said"], What::Work, log);
                // Before the calls, whose results come later.
                self.usage(&message, log);
                let calls = items(message.value, "/toolCalls");
                // Refusing one call cancels those beside it.
                let refused = calls.iter().find(|call| was_refused(call));
                let refused = refused.map_or("", |call| text(call, "/id"));
                for call in calls {
                    self.call(&message, call, refused, log);
                }
            }
            _ => {}
        }
    }

    /// A prompt of a person, or of a program in their name. Until the next one calls may wait for that person,
    /// including those of subagents.
    fn prompt(&mut self, message: &Message<'_>, said: &str, log: &mut Log) {
        if message.stamp.lane.is_some() {
            self.push(message, &["said"], What::Automated, log);
            return;
        }
        let is_there = !self.is_headless(&message.session, message.stamp.at);
        self.push(message, &["may ask"], What::MayAsk(is_there), log);
        let typed = prose::typed(said);
        let what = match said.strip_prefix(OWN_COMMAND) {
            _ if !is_there => What::Automated,
            Some(ran) => What::Local {
                kind: ActionKind::Shell,
                typed: prose::typed(ran.split("\n```").next().unwrap_or_default()),
            },
            None => What::Prompt {
                kind: prose::kind(said),
                typed,
            },
        };
        self.push(message, &["said"], what, log);
    }

    /// Calls that the person stopped: they are logged after the interrupt, as if another answer had made them. They
    /// were made by the one before it, and nothing came after it.
    fn give_up(&mut self, message: &Message<'_>, log: &mut Log) {
        let mut before = log.events.iter().rev();
        let asked = before.find(|event| matches!(event.what, What::Work | What::Prompt { .. }));
        let asked = asked.map(|event| event.stamp.at);
        let (Some(interrupt), Some(asked)) = (log.events.pop(), asked) else {
            return;
        };
        for call in items(message.value, "/toolCalls") {
            let name = text(call, "/id");
            let id = Key::of(&[&message.session, name]);
            let mut own = message.clone();
            own.stamp.at = asked;
            let arguments = call.get("args").unwrap_or(&Value::Null);
            let what = tools::call(log, id, text(call, "/name"), arguments);
            self.push(&own, &["call", name], what, log);
        }
        for call in items(message.value, "/toolCalls") {
            let name = text(call, "/id");
            let id = Key::of(&[&message.session, name]);
            let mut own = message.clone();
            own.stamp.at = interrupt.stamp.at;
            let what = tools::result(log, id, Outcome::Failed, None, &printed(call));
            self.push(&own, &["result", name], what, log);
        }
        log.events.push(interrupt);
    }

    /// Whether this is another copy of such a message: its calls are known, and it is not.
    fn was_given_up(&self, message: &Message<'_>) -> bool {
        let mut calls = items(message.value, "/toolCalls").iter();
        let is_known = |part: &[&str]| self.seen.contains(&message.key(part));
        !is_known(&["said"]) && calls.any(|call| is_known(&["call", text(call, "/id")]))
    }

    /// Adds the content of a part of a message, once. Returns whether it was new.
    fn push(&mut self, message: &Message<'_>, part: &[&str], what: What, log: &mut Log) -> bool {
        let key = message.key(part);
        let new = self.seen.insert(key);
        if new {
            let stamp = Stamp {
                key: Some(key),
                ..message.stamp
            };
            log.push(stamp, what);
        }
        new
    }

    fn call(&mut self, message: &Message<'_>, call: &Value, refused: &str, log: &mut Log) {
        let name = text(call, "/id");
        let id = Key::of(&[&message.session, name]);
        let arguments = call.get("args").unwrap_or(&Value::Null);
        if !self.seen.contains(&message.key(&["call", name])) {
            let mut what = tools::call(log, id, text(call, "/name"), arguments);
            if let (What::Call { tool, .. }, false) = (&mut what, text(call, "/agentId").is_empty()) {
                *tool = Tool::Subagent;
            }
            self.push(message, &["call", name], what, log);
        }
        let outcome = match text(call, "/status") {
            "success" => Outcome::Done,
            "cancelled" if name == refused => Outcome::Refused,
            "error" | "cancelled" => Outcome::Failed,
            // It still runs, or waits for approval.
            _ => return,
        };
        if self.seen.contains(&message.key(&["result", name])) {
            return;
        }
        let mut done = message.clone();
        done.stamp.at = instant(call, "/timestamp").map_or(done.stamp.at, |at| at.max(done.stamp.at));
        let mut what = tools::result(log, id, outcome, None, &printed(call));
        if let What::Result { changes, .. } = &mut what {
            // What was written in the end: the person may have edited it during approval.
            let (path, diff) = (
                text(arguments, "/file_path"),
                text(call, "/resultDisplay/fileDiff"),
            );
            let known = !path.is_empty() && diff.contains("\n@@");
            *changes = known.then(|| vec![change::unified(log, path, diff)]);
        }
        self.push(&done, &["result", name], what, log);
    }

    fn usage(&mut self, message: &Message<'_>, log: &mut Log) {
        let named = text(message.value, "/model");
        if !named.is_empty() {
            log.carried.model = Some(log.name(named));
        }
        let Some(counted) = message.value.get("tokens").filter(|tokens| tokens.is_object()) else {
            return;
        };
        if is_miscounted(counted) {
            return log.refuse_tokens(message.stamp);
        }
        let tokens = tokens(counted);
        let what = What::Usage {
            message: Some(message.key(&["tokens"])),
            request: None,
            model: log.carried.model.unwrap_or_else(|| log.name("unknown")),
            tokens,
        };
        // Copies with other counts are merged later.
        self.push(message, &["tokens", &format!("{tokens:?}")], what, log);
    }
}

/// Set in [`super::log::Carried::other`] once a message had a separate record.
const OWN_RECORDS: &str = "own records";

fn has_own_records(log: &Log) -> bool {
    log.carried.noted(OWN_RECORDS).is_some()
}

/// A message and its owner.
#[derive(Clone)]
struct Message<'log> {
    session: String,
    stamp: Stamp,
    value: &'log Value,
}

impl Message<'_> {
    /// The key of one of its parts.
    fn key(&self, part: &[&str]) -> Key {
        let whole = [self.session.as_str(), text(self.value, "/id")];
        let all: Vec<&str> = whole.iter().chain(part).copied().collect();
        Key::of(&all)
    }
}

/// Whether a message has only calls that were canceled with the request, which is the last in the log.
fn is_given_up(message: &Value, log: &Log) -> bool {
    let calls = items(message, "/toolCalls");
    let cancelled = calls.iter().all(|call| text(call, "/status") == "cancelled");
    let is_last = |what: &What| *what == What::Interrupted;
    !calls.is_empty()
        && cancelled
        && !message.get("tokens").is_some_and(Value::is_object)
        && log.events.last().is_some_and(|event| is_last(&event.what))
}

/// Whether the person refused a call, rather than stopped it or refused another one.
fn was_refused(call: &Value) -> bool {
    let responses = items(call, "/result").iter();
    let mut reasons = responses.map(|part| text(part, "/functionResponse/response/error"));
    text(call, "/status") == "cancelled"
        && reasons.any(|reason| reason.contains("denied") || reason.contains("did not allow"))
}

/// The output of a call: what the model received, otherwise what the person saw.
fn printed(call: &Value) -> String {
    let told = items(call, "/result")
        .iter()
        .filter_map(|part| part.pointer("/functionResponse/response"))
        .map(|response| content(Some(response)).into_owned())
        .collect::<Vec<_>>()
        .join("\n");
    if told.is_empty() {
        text(call, "/resultDisplay").to_owned()
    } else {
        told
    }
}

/// Thoughts are counted separately from the output, prompts of tools separately from the input, and cache reads within
/// it, unless the total shows otherwise.
fn tokens(counted: &Value) -> TokenCounts {
    let of = |name: &str| count(counted, &format!("/{name}"));
    let output = of("output") + of("thoughts");
    let (input, cached) = (of("input"), of("cached"));
    let beside = input + of("tool") + output + cached;
    let fresh = if cached > 0 && of("total") == beside {
        input
    } else {
        input.saturating_sub(cached)
    };
    TokenCounts {
        input: fresh + of("tool"),
        cache_write: 0,
        cache_read: cached,
        output,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::collect::{Request, collect};
    use super::*;
    use crate::facts::session::Session;

    /// A directory `.gemini` in which one project is `/w/kiln`.
    struct Home(tempfile::TempDir);

    impl Home {
        fn new() -> Self {
            let home = Self(tempfile::tempdir().unwrap());
            home.write(
                "projects.json",
                &json!({"projects": {"/w/kiln": "kiln"}}).to_string(),
            );
            home
        }

        fn write(&self, name: &str, content: &str) {
            let path = self.0.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }

        fn log(&self, name: &str, records: &[Value]) {
            let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
            self.write(&format!("tmp/kiln/chats/{name}"), &lines);
        }

        fn sessions(&self) -> Vec<Session> {
            let collected = collect(&Request {
                folders: BTreeMap::from([("gemini-cli".to_owned(), vec![self.0.path().to_owned()])]),
                ..Request::default()
            });
            assert_eq!(collected.warnings, []);
            collected.sessions
        }

        fn session(&self) -> Session {
            let [session] = <[Session; 1]>::try_from(self.sessions()).unwrap();
            session
        }
    }

    fn header() -> Value {
        json!({"sessionId": "s", "projectHash": "kiln", "startTime": "2026-04-01T09:00:00Z"})
    }

    fn prompt(id: &str, minute: u32) -> Value {
        json!({"id": id, "timestamp": at(minute), "type": "user", "content": "fix it"})
    }

    fn response(id: &str, minute: u32, output: u32) -> Value {
        json!({"id": id, "timestamp": at(minute), "type": "gemini", "content": "", "model": "m",
            "tokens": {"input": 10, "output": output, "cached": 4, "thoughts": 1, "tool": 0}})
    }

    fn with_call(mut message: Value, minute: u32, status: &str) -> Value {
        message["toolCalls"] = json!([{"id": "c", "name": "write_file", "timestamp": at(minute), "status": status,
            "args": {"file_path": "/w/kiln/a.rs", "content": "let a = 1;\nlet b = 2;\n"}}]);
        message
    }

    fn at(minute: u32) -> String {
        format!("2026-04-01T09:{minute:02}:00Z")
    }

    fn output(session: &Session) -> u64 {
        session.tokens().unwrap().output
    }

    #[test]
    fn a_message_that_grew_counts_once_with_all_it_came_to() {
        let home = Home::new();
        let grown = with_call(response("g", 2, 5), 3, "success");
        home.log(
            "session-a.jsonl",
            &[
                header(),
                prompt("u", 1),
                json!({"id": "g", "timestamp": at(2), "type": "gemini", "content": "", "model": "m", "tokens": null}),
                with_call(response("g", 2, 5), 3, "executing"),
                grown.clone(),
                grown,
                json!({"$set": {"messages": [prompt("copy", 4), response("copied", 4, 9)]}}),
            ],
        );
        let session = home.session();
        assert_eq!((output(&session), session.tokens().unwrap().input), (6, 6));
        assert_eq!((session.actions.len(), session.edits.len()), (1, 1));
        assert_eq!(session.edits[0].added.len(), 2);
        assert_eq!(session.places[0].folder, "/w/kiln");
    }

    #[test]
    fn the_old_form_counts_unless_it_was_continued_in_the_new_one() {
        let home = Home::new();
        let mut whole = header();
        whole["messages"] = json!([prompt("u", 1), response("g", 2, 5)]);
        home.write("tmp/kiln/chats/session-a.json", &format!("{whole:#}"));
        assert_eq!(output(&home.session()), 6);
        let continued = [
            header(),
            prompt("u", 1),
            response("g", 2, 5),
            prompt("v", 3),
            response("h", 4, 7),
        ];
        home.log("session-a.jsonl", &continued);
        assert_eq!(output(&home.session()), 14);
        // After a move, both are read: what they share still counts once.
        std::fs::remove_file(home.0.path().join("tmp/kiln/chats/session-a.jsonl")).unwrap();
        home.log("session-b.jsonl", &continued);
        let session = home.session();
        assert_eq!((output(&session), session.actions.len()), (14, 2));
    }

    #[test]
    fn what_was_rewound_took_its_tokens() {
        let home = Home::new();
        home.log(
            "session-a.jsonl",
            &[
                header(),
                prompt("u", 1),
                response("g", 2, 5),
                json!({"$rewindTo": "u"}),
                prompt("v", 3),
                response("h", 4, 7),
            ],
        );
        assert_eq!(output(&home.session()), 14);
    }

    #[test]
    fn a_subagent_is_a_lane_of_the_session_that_launched_it() {
        let home = Home::new();
        home.log(
            "session-a.jsonl",
            &[header(), prompt("u", 1), response("g", 5, 5)],
        );
        let mut own = header();
        own["sessionId"] = json!("sub");
        own["kind"] = json!("subagent");
        home.log("s/sub.jsonl", &[own, prompt("x", 2), response("y", 3, 7)]);
        let session = home.session();
        assert_eq!((session.lanes.len(), session.actions.len()), (2, 1));
        assert_eq!(session.lanes[1].subagent.as_deref(), Some("sub"));
        assert!(!session.lanes[1].turns[0].human);
        assert_eq!(output(&session), 14);
    }

    #[test]
    fn refusing_one_of_several_calls_is_one_refusal_and_stopping_one_is_none() {
        let cancelled = |id: &str, reason: &str| {
            json!({"id": id, "name": "write_file", "timestamp": at(3), "status": "cancelled",
                "args": {"file_path": "/w/kiln/a.rs", "content": "let a = 1;"},
                "result": [{"functionResponse": {"response": {"error": format!("[Operation Cancelled] Reason: {reason}")}}}]})
        };
        for (reason, expected) in [
            (
                "User denied execution.",
                vec![ActionKind::Prompt, ActionKind::Refusal],
            ),
            (
                "User did not allow tool call",
                vec![ActionKind::Prompt, ActionKind::Refusal],
            ),
            ("User cancelled tool execution.", vec![ActionKind::Prompt]),
        ] {
            let home = Home::new();
            let mut stopped = response("g", 2, 5);
            stopped["toolCalls"] = json!([cancelled("c", reason), cancelled("d", reason)]);
            home.log("session-a.jsonl", &[header(), prompt("u", 1), stopped]);
            let session = home.session();
            let kinds: Vec<ActionKind> = session.actions.iter().map(|action| action.kind).collect();
            assert_eq!(kinds, expected, "{reason}");
            assert!(session.edits.is_empty());
        }
    }

    #[test]
    fn a_cancelled_request_is_an_interrupt() {
        let home = Home::new();
        let notice = json!({"id": "i", "timestamp": at(4), "type": "info", "content": "Request cancelled."});
        home.log(
            "session-a.jsonl",
            &[header(), prompt("u", 1), response("g", 2, 5), notice],
        );
        assert_eq!(home.session().actions[1].kind, ActionKind::Interrupt);
    }

    #[test]
    fn what_the_person_made_of_an_edit_wins_over_what_was_proposed() {
        let home = Home::new();
        let mut edited = with_call(response("g", 2, 5), 3, "success");
        edited["toolCalls"][0]["resultDisplay"] = json!({"fileDiff": "Index: a.rs\n--- a.rs\n+++ a.rs\n@@ -1,2 +1,2 @@\n let a = 1;\n-let b = 3;\n+let b = 2;\n"});
        home.log("session-a.jsonl", &[header(), prompt("u", 1), edited]);
        let session = home.session();
        assert_eq!(
            (session.edits[0].added.len(), session.edits[0].removed.len()),
            (1, 1)
        );
    }

    #[test]
    fn older_folders_are_named_by_a_hash_of_the_project() {
        let file = LogFile {
            path: PathBuf::from("/h/tmp")
                .join(hash("/w/kiln"))
                .join("chats/session-a.json"),
            companions: Vec::new(),
        };
        let home = Home::new();
        let file = LogFile {
            companions: vec![home.0.path().join("projects.json")],
            ..file
        };
        assert_eq!(
            working_folder(&file, &mut Log::default()).as_deref(),
            Some("/w/kiln")
        );
    }

    #[test]
    fn the_total_tells_whether_the_input_holds_what_was_cached() {
        for (total, input) in [(120, 60), (160, 100), (0, 60)] {
            let counted =
                json!({"input": 100, "output": 15, "cached": 40, "thoughts": 5, "tool": 0, "total": total});
            let tokens = tokens(&counted);
            assert_eq!(
                (tokens.input, tokens.cache_read, tokens.output),
                (input, 40, 20),
                "{total}"
            );
        }
    }

    /// A message at a second of the first minute.
    fn soon(mut message: Value, millis: u32) -> Value {
        message["timestamp"] = json!(format!(
            "2026-04-01T09:00:{:02}.{:03}Z",
            millis / 1000,
            millis % 1000
        ));
        message
    }

    #[test]
    fn a_prompt_on_the_command_line_was_not_typed_before_the_screen() {
        let noted = json!([{"sessionId": "s", "type": "user", "message": "fix it", "timestamp": "2026-04-01T09:00:00.300Z"}]);
        let other = json!([{"sessionId": "t", "type": "user", "message": "fix it", "timestamp": "2026-04-01T09:00:00.300Z"}]);
        for (millis, screen, human) in [
            (20, None, false),
            (400, Some(&other), false),
            // `gemini -i`: it was on the command line, and came before the screen.
            (400, Some(&noted), true),
            (2_500, None, true),
        ] {
            let home = Home::new();
            if let Some(screen) = screen {
                home.write("tmp/kiln/logs.json", &screen.to_string());
            }
            let told = [header(), soon(prompt("u", 0), millis), response("g", 2, 5)];
            home.log("session-a.jsonl", &told);
            let session = home.session();
            assert_eq!(session.actions.len(), usize::from(human), "{millis} {screen:?}");
            assert_eq!(
                session.turns().next().unwrap().human,
                human,
                "{millis} {screen:?}"
            );
        }
    }

    #[test]
    fn a_log_is_read_again_when_the_screen_has_written() {
        let home = Home::new();
        home.log(
            "session-a.jsonl",
            &[header(), prompt("u", 1), response("g", 2, 5)],
        );
        let log = GeminiCli.logs(home.0.path(), &mut Vec::new()).remove(0);
        let screen = log.path.parent().unwrap().with_file_name("logs.json");
        assert!(log.companions.contains(&screen));
    }

    #[test]
    fn a_session_that_goes_on_without_a_screen_is_told_anew() {
        let home = Home::new();
        let resumed = json!({"$set": {"messages": [], "lastUpdated": "2026-04-01T09:10:00.100Z"}});
        let mut again = prompt("v", 10);
        again["timestamp"] = json!("2026-04-01T09:10:00.150Z");
        home.log(
            "session-a.jsonl",
            &[
                header(),
                prompt("u", 1),
                response("g", 2, 5),
                json!({"$set": {"sessionId": "s"}}),
                resumed.clone(),
                again,
                response("h", 12, 5),
                // The history was shortened: that is not a start of the program.
                resumed,
                prompt("w", 20),
                response("i", 21, 5),
            ],
        );
        let human: Vec<bool> = home.session().turns().map(|turn| turn.human).collect();
        assert_eq!(human, [true, false, true]);
    }

    #[test]
    fn commands_count_whole_only_where_nobody_can_be_asked() {
        let run = |id: &str, minutes: [u32; 2]| {
            let mut message = with_call(response(id, minutes[0], 5), minutes[1], "success");
            message["toolCalls"][0]["name"] = json!("run_shell_command");
            message["toolCalls"][0]["args"] = json!({"command": "cargo test"});
            message
        };
        for (first, worked, unknown) in [
            (soon(prompt("u", 0), 20), 239_980, 0),
            (prompt("u", 1), 61_000, 119_000),
        ] {
            let home = Home::new();
            home.log("session-a.jsonl", &[header(), first, run("g", [2, 4])]);
            let session = home.session();
            let turn = session.turns().next().unwrap();
            let found = crate::facts::span::total(&turn.working);
            assert_eq!((found, turn.unknown), (worked, unknown));
        }
    }

    #[test]
    fn a_command_of_the_persons_own_is_no_prompt() {
        let home = Home::new();
        let mut own = prompt("u", 1);
        own["content"] = json!(
            "I ran the following shell command:\n```sh\ncargo test\n```\n\nThis produced the following result:\n```\nall fine\n```"
        );
        home.log(
            "session-a.jsonl",
            &[header(), own, prompt("v", 5), response("g", 6, 5)],
        );
        let session = home.session();
        let acted: Vec<_> = session
            .actions
            .iter()
            .map(|action| (action.kind, action.typed))
            .collect();
        assert_eq!(acted, [(ActionKind::Shell, 10), (ActionKind::Prompt, 6)]);
        assert_eq!(session.turns().count(), 1);
    }

    #[test]
    fn what_an_interrupt_leaves_behind_is_no_turn() {
        let home = Home::new();
        let notice = json!({"id": "i", "timestamp": at(4), "type": "info", "content": "Request cancelled."});
        let mut left = with_call(response("h", 4, 0), 4, "cancelled");
        left["timestamp"] = json!("2026-04-01T09:04:00.200Z");
        left.as_object_mut().unwrap().remove("tokens");
        home.log(
            "session-a.jsonl",
            &[
                header(),
                prompt("u", 1),
                response("g", 2, 5),
                notice,
                left.clone(),
                left,
            ],
        );
        let session = home.session();
        let turns: Vec<_> = session.turns().map(|turn| (turn.human, turn.end)).collect();
        assert_eq!(turns, [(true, crate::facts::session::TurnEnd::Interrupted)]);
        // The model's minute and a second of the call; the rest may have been a question.
        let turn = session.turns().next().unwrap();
        assert_eq!(crate::facts::span::total(&turn.working), 61_000);
        assert_eq!((session.edits.len(), session.actions.len()), (0, 2));
    }
}
