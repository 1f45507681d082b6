//! OpenCode: SQLite databases `opencode.db` and `opencode-<channel>.db`, and the tree of JSON documents (`storage/`) that
//! older versions kept.
//!
//! A database has the tables of version 1 (`session`, `message`, `part`), of version 2 (`session_v2`, `session_message`),
//! or both: moving on, OpenCode copies its history and leaves the old rows, as it left the tree when it moved into the
//! database. So a message may stand in three places. The first copy of an id in a database counts, tables of version 1
//! first, for they are complete and no longer written; between a database and the tree, and between a session and its fork,
//! which has copies under new ids, what a message says of itself is its identity.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::log::{Event, Key, Log, Name, Outcome, Stamp, What};
use super::value::{content, count, instant, is_miscounted, items, number, text, timed};
use super::{Agent, LogFile, Machine, prose, tools};
use crate::facts::diagnostics::Warning;
use crate::facts::session::{ActionKind, TokenCounts};
use crate::facts::span::Moment;

mod database;
#[cfg(test)]
mod tests;
mod tree;

/// The reader.
pub struct OpenCode;

impl Agent for OpenCode {
    fn name(&self) -> &'static str {
        "opencode"
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let windows = ["LOCALAPPDATA", "APPDATA"].map(|name| machine.folder(name));
        let homes = std::iter::once(machine.data_home()).chain(windows).flatten();
        let mut roots: Vec<PathBuf> = homes.map(|home| home.join("opencode")).collect();
        // A file of any name, seen from the data folder.
        let named = machine
            .folder("OPENCODE_DB")
            .and_then(|file| Some(roots.first()?.join(file)));
        roots.extend(named);
        roots
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        if root.is_file() {
            return vec![database::log_file(root)];
        }
        let mut files = database::below(root, warnings);
        files.extend(tree::sessions_below(&root.join("storage"), warnings));
        files
    }

    fn appends(&self, _file: &LogFile) -> bool {
        false
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        if file.path.extension().is_some_and(|extension| extension == "json") {
            tree::read(&file.path, log)
        } else {
            database::read(&file.path, log)
        }
    }
}

/// What a user message says that stands for a command which the person ran with `!`.
const OWN_COMMAND: &str = "The following tool was executed by the user";
/// How the errors of calls begin that the person refused.
const REFUSALS: [&str; 2] = ["The user rejected permission to use", "The user dismissed"];
/// How deep subagents may launch subagents: beyond that, parents run in a circle.
const DEEPEST: usize = 32;

/// What is known of a session.
#[derive(Debug, Default)]
struct Session {
    /// The session whose agent launched it.
    parent: Option<String>,
    /// The session from which it was forked.
    forked_from: Option<String>,
    folder: String,
    version: String,
}

/// One message, as the parts of it come.
struct Message {
    id: Key,
    /// The session it stands in, be it a subagent's.
    session: Name,
    stamp: Stamp,
    role: Role,
}

enum Role {
    /// Put in by a person, or in their name by a program.
    User(Said),
    /// An answer: up to when, and to which message.
    Agent {
        until: Option<Moment>,
        asked: Option<Key>,
    },
    /// The end of a turn.
    End,
}

/// What of a user message is a person's.
#[derive(Default)]
struct Said {
    kind: Option<ActionKind>,
    typed: u32,
    /// A hash of all that was said.
    text: Option<Key>,
}

/// The rows of a database or the documents of a tree, in any order: all sessions, then messages before their parts.
struct Reading<'log> {
    log: &'log mut Log,
    sessions: HashMap<String, Session>,
    messages: Vec<Message>,
    by_id: HashMap<Key, usize>,
    /// Events with the message that they belong to.
    events: Vec<(usize, Event)>,
    /// The same, of ends: at one instant they come after what ended by then.
    ends: Vec<(usize, Event)>,
    /// Records so far.
    records: u32,
}

impl<'log> Reading<'log> {
    fn new(log: &'log mut Log) -> Self {
        Self {
            log,
            sessions: HashMap::new(),
            messages: Vec::new(),
            by_id: HashMap::new(),
            events: Vec::new(),
            ends: Vec::new(),
            records: 0,
        }
    }

    /// A message of version 1; its text and its calls follow as parts.
    fn message(&mut self, id: &str, session: &str, message: &Value) {
        let cwd = text(message, "/path/cwd");
        let Some(at) = timed(message, "/time/created", self.records, self.log) else {
            return;
        };
        match text(message, "/role") {
            "user" => {
                self.add(id, session, cwd, at, Role::User(Said::default()));
            }
            "assistant" => {
                let asked = text(message, "/parentID");
                let asked = (!asked.is_empty()).then(|| Key::of(&[asked]));
                self.answer(id, session, message, (cwd, text(message, "/modelID")), asked);
            }
            _ => {}
        }
    }

    /// A part of a message of version 1.
    fn part(&mut self, message: &str, part: &Value) {
        self.records = self.records.saturating_add(1);
        let Some(&index) = self.by_id.get(&Key::of(&[message])) else {
            return;
        };
        let Some(owner) = self.messages.get_mut(index) else {
            return;
        };
        match (&mut owner.role, text(part, "/type")) {
            (Role::User(said), kind) => said.add(kind, part),
            (Role::Agent { .. }, "tool") => {
                let ran = (
                    instant(part, "/state/time/start"),
                    instant(part, "/state/time/end"),
                );
                self.call(index, [text(part, "/callID"), text(part, "/tool")], part, ran);
            }
            (Role::End, _) => {}
            (Role::Agent { .. }, _) => {
                if let Some(at) = instant(part, "/time/end") {
                    self.push(index, at, &["work"], What::Work);
                }
            }
        }
    }

    /// A record of version 2, which has all its parts in it.
    fn record(&mut self, id: &str, session: &str, kind: &str, record: &Value) {
        let Some(at) = timed(record, "/time/created", self.records, self.log) else {
            return;
        };
        match kind {
            "assistant" => self.step(id, session, record),
            "location-switched" => {
                let folder = text(record, "/location/directory");
                self.sessions.entry(session.to_owned()).or_default().folder = folder.to_owned();
            }
            "idle" => {
                if let Some(index) = self.add(id, session, "", at, Role::End) {
                    let stopped = text(record, "/outcome") == "interrupted";
                    let what = if stopped {
                        What::Interrupted
                    } else {
                        What::TurnEnd(None)
                    };
                    self.end(index, at, &["end"], what);
                }
            }
            _ => {
                let mut said = Said::default();
                match kind {
                    "user" => said.add("text", record),
                    "shell" => said.act(ActionKind::Shell, text(record, "/command")),
                    "compaction" if text(record, "/reason") == "manual" => said.act(ActionKind::Command, ""),
                    _ => return,
                }
                self.add(id, session, "", at, Role::User(said));
            }
        }
    }

    /// An answer of version 2 with its calls.
    fn step(&mut self, id: &str, session: &str, record: &Value) {
        let Some(index) = self.answer(id, session, record, ("", text(record, "/model/id")), None) else {
            return;
        };
        for part in items(record, "/content") {
            if text(part, "/type") == "tool" {
                let started = instant(part, "/time/ran").or_else(|| instant(part, "/time/created"));
                let ran = (started, instant(part, "/time/completed"));
                self.call(index, [text(part, "/id"), text(part, "/name")], part, ran);
            }
        }
    }

    /// Adds a message, unless it is there.
    fn add(&mut self, id: &str, session: &str, cwd: &str, at: Moment, role: Role) -> Option<usize> {
        self.records = self.records.saturating_add(1);
        let (id, index) = (Key::of(&[id]), self.messages.len());
        if *self.by_id.entry(id).or_insert(index) != index {
            return None;
        }
        let known = self.sessions.get(session);
        let folder = match (cwd, known) {
            ("", Some(session)) => session.folder.as_str(),
            _ => cwd,
        };
        let folder = (!folder.is_empty()).then(|| self.log.name(folder));
        let root = self.root(session).to_owned();
        let session = self.log.name(session);
        let root = self.log.name(&root);
        let stamp = Stamp {
            at,
            line: self.records,
            key: None,
            session: root,
            lane: (root != session).then_some(session),
            folder,
            branch: None,
            copied: false,
        };
        self.messages.push(Message {
            id,
            session,
            stamp,
            role,
        });
        Some(index)
    }

    /// The session that a person has before them, from that of a subagent.
    fn root<'a>(&'a self, session: &'a str) -> &'a str {
        let parents = std::iter::successors(Some(session), |session| {
            self.sessions.get(*session)?.parent.as_deref()
        });
        parents.take(DEEPEST).last().unwrap_or(session)
    }

    /// An answer: its time, its tokens and its end.
    fn answer(
        &mut self,
        id: &str,
        session: &str,
        message: &Value,
        (cwd, model): (&str, &str),
        asked: Option<Key>,
    ) -> Option<usize> {
        let (at, until) = (
            instant(message, "/time/created")?,
            instant(message, "/time/completed"),
        );
        let index = self.add(id, session, cwd, at, Role::Agent { until, asked })?;
        let ended = until.unwrap_or(at);
        let identity = ["answer", &at.0.to_string(), &ended.0.to_string(), model];
        self.push(index, at, &identity, What::Work);
        self.end(index, ended, &identity, What::Work);
        let tokens = tokens(message);
        if message.get("tokens").is_some_and(is_miscounted) {
            if let Some(message) = self.messages.get(index) {
                self.log.refuse_tokens(message.stamp);
            }
        } else if tokens != TokenCounts::default() {
            let model = self.log.name(if model.is_empty() { "unknown" } else { model });
            let what = What::Usage {
                message: Some(Key::of(&identity)),
                request: None,
                model,
                tokens,
            };
            self.push(index, at, &identity, what);
        }
        match (text(message, "/error/name"), text(message, "/finish")) {
            ("MessageAbortedError", _) => self.end(index, ended, &identity, What::Interrupted),
            // After these the agent goes on by itself.
            (_, "" | "tool-calls" | "unknown") => {}
            _ if until.is_some() => self.end(index, ended, &identity, What::TurnEnd(None)),
            _ => {}
        }
        Some(index)
    }

    /// A call that has ended. Its time has the wait for a permission in it, so that of commands and edits is believed as far
    /// as such a tool can take; only subagents take as long as they like.
    fn call(
        &mut self,
        index: usize,
        [id, tool]: [&str; 2],
        part: &Value,
        ran: (Option<Moment>, Option<Moment>),
    ) {
        let Some(outcome) = outcome(part) else {
            return;
        };
        let (Some(start), Some(end)) = ran else {
            return;
        };
        let identity = ["call", id, &start.0.to_string(), &end.0.to_string()];
        let key = Key::of(&identity);
        let folder = self.messages.get(index).and_then(|message| message.stamp.folder);
        let input = part.pointer("/state/input").unwrap_or(&Value::Null);
        let called = tools::call(self.log, key, tool, input);
        let called = tools::resolved(self.log, folder, called);
        self.push(index, start, &identity, called);
        let exact = matches!(tool, "task" | "subagent").then(|| u32::try_from(end.since(start)).ok());
        let output = ["/state/output", "/state/content"]
            .iter()
            .find_map(|output| part.pointer(output));
        let what = tools::result(self.log, key, outcome, exact.flatten(), &content(output));
        self.push(index, end, &identity, what);
    }

    /// Adds an event of a message, by what identifies it in every copy.
    fn push(&mut self, index: usize, at: Moment, identity: &[&str], what: What) {
        self.events.extend(self.event(index, at, identity, what));
    }

    /// Adds an end.
    fn end(&mut self, index: usize, at: Moment, identity: &[&str], what: What) {
        self.ends.extend(self.event(index, at, identity, what));
    }

    fn event(&self, index: usize, at: Moment, identity: &[&str], what: What) -> Option<(usize, Event)> {
        let stamp = Stamp {
            at,
            line: self.records,
            key: Some(Key::of(&[identity, &[&at.0.to_string()]].concat())),
            ..self.messages.get(index)?.stamp
        };
        Some((index, Event { stamp, what }))
    }

    /// Tells prompts, answers and ends of turns apart, now that all is known. At one instant prompts come first and ends
    /// last.
    fn finish(mut self) {
        let answers = Answers::of(&self.messages);
        let messages = std::mem::take(&mut self.messages);
        let mut own_commands = HashSet::new();
        for message in &messages {
            if let Role::User(said) = &message.role {
                self.prompt(message, said, &answers);
                if said.kind == Some(ActionKind::Shell) {
                    own_commands.insert(message.id);
                }
            }
        }
        let is_own = |index: usize| match messages.get(index).map(|message| &message.role) {
            Some(Role::Agent {
                asked: Some(asked), ..
            }) => own_commands.contains(asked),
            _ => false,
        };
        let events = self.events.into_iter().chain(self.ends);
        let events = events.filter(|(index, _)| !is_own(*index));
        self.log.events.extend(events.map(|(_, event)| event));
    }

    /// A prompt, with what its session has once.
    fn prompt(&mut self, message: &Message, said: &Said, answers: &Answers) {
        let (Some(kind), at) = (said.kind, message.stamp.at) else {
            return;
        };
        let text = said.text.map_or(0, |text| text.0);
        let stamp = Stamp {
            key: Some(Key::of(&["prompt", &at.0.to_string(), &text.to_string()])),
            ..message.stamp
        };
        let session = self.sessions.get(self.log.text(message.session));
        let (version, origin) = session.map_or(("", None), |session| {
            (session.version.as_str(), session.forked_from.as_deref())
        });
        let version = (!version.is_empty()).then(|| What::Version(self.log.name(version)));
        let origin = origin.map(|origin| What::Parent(self.log.name(origin)));
        for what in version.into_iter().chain(origin) {
            self.log.push(stamp, what);
        }
        let typed = said.typed;
        if stamp.lane.is_some() {
            self.log.push(stamp, What::Automated);
        } else if let Some(taken_up) = answers.during(message.session, at) {
            self.log.push(stamp, What::Queued { typed });
            if let Some(at) = taken_up {
                self.log.push(Stamp { at, ..stamp }, What::Dequeued);
            }
        } else if kind == ActionKind::Shell {
            self.log.push(stamp, What::Local { kind, typed });
        } else {
            self.log.push(stamp, What::Prompt { kind, typed });
        }
    }
}

impl Said {
    /// Takes what a part says.
    fn add(&mut self, kind: &str, part: &Value) {
        let is = |flag: &str| part.get(flag).and_then(Value::as_bool) == Some(true);
        let said = text(part, "/text");
        match kind {
            "text" if is("synthetic") && said == OWN_COMMAND => self.act(ActionKind::Shell, ""),
            "text" if !is("synthetic") && !is("ignored") && !prose::is_injected(said) => {
                self.act(ActionKind::Prompt, said);
            }
            "compaction" if part.get("auto").and_then(Value::as_bool) == Some(false) => {
                self.act(ActionKind::Command, "");
            }
            "subtask" => self.act(ActionKind::Command, ""),
            _ => {}
        }
    }

    fn act(&mut self, kind: ActionKind, said: &str) {
        self.kind.get_or_insert(kind);
        self.typed = self.typed.saturating_add(prose::typed(said));
        // The same in whatever order the parts come.
        let before = self.text.map_or(0, |text| text.0);
        self.text = Some(Key(before.wrapping_add(Key::of(&[said]).0)));
    }
}

/// When the agent answered, by session.
struct Answers(HashMap<Name, Vec<(Moment, Option<Moment>)>>);

impl Answers {
    fn of(messages: &[Message]) -> Self {
        let mut answers: HashMap<Name, Vec<(Moment, Option<Moment>)>> = HashMap::new();
        for message in messages {
            if let Role::Agent { until, .. } = message.role {
                let times = (message.stamp.at, until);
                answers.entry(message.session).or_default().push(times);
            }
        }
        for times in answers.values_mut() {
            times.sort_unstable();
        }
        Self(answers)
    }

    /// Whether an answer was being given at a moment, and when the next one began.
    fn during(&self, session: Name, at: Moment) -> Option<Option<Moment>> {
        let times = self.0.get(&session)?;
        let next = times.partition_point(|(from, _)| *from < at);
        let (_, until) = times.get(next.checked_sub(1)?)?;
        until.filter(|until| at < *until)?;
        Some(times.get(next).map(|(from, _)| *from))
    }
}

/// The tokens of an answer. Its reasoning was a part of the output at first, and stands beside it since version 1.4; the
/// total tells which, where there is one.
fn tokens(message: &Value) -> TokenCounts {
    let (output, reasoning) = (
        count(message, "/tokens/output"),
        count(message, "/tokens/reasoning"),
    );
    let input = count(message, "/tokens/input");
    let cache_write = count(message, "/tokens/cache/write");
    let cache_read = count(message, "/tokens/cache/read");
    let apart = input + cache_write + cache_read + output + reasoning;
    let is_apart = message.pointer("/model/id").is_some()
        || number(message, "/tokens/total") == Some(apart)
        || reasoning > output;
    TokenCounts {
        input,
        cache_write,
        cache_read,
        output: if is_apart { output + reasoning } else { output },
    }
}

/// How a call ended; `None` while it runs.
fn outcome(part: &Value) -> Option<Outcome> {
    let exit = part.pointer("/state/metadata/exit").and_then(Value::as_i64);
    match text(part, "/state/status") {
        "completed" if exit.is_none_or(|exit| exit == 0) => Some(Outcome::Done),
        "completed" => Some(Outcome::Failed),
        "error" => {
            let errors = ["/state/error", "/state/error/message"].map(|error| text(part, error));
            let refused = |error: &str| REFUSALS.iter().any(|refusal| error.starts_with(refusal));
            let refused = errors.into_iter().any(refused);
            Some(if refused {
                Outcome::Refused
            } else {
                Outcome::Failed
            })
        }
        _ => None,
    }
}
