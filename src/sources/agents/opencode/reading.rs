//! Sessions, messages and their parts as they are read, put in the order in which they happened.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::super::log::{Event, Key, Log, Metric, Name, Outcome, Stamp, What};
use super::super::value::{content, count, instant, is_miscounted, items, number, text, timed};
use super::super::{prose, tools};
use crate::facts::session::{ActionKind, TokenCounts};
use crate::facts::span::Moment;

/// The text of a user message for a command that the person ran with `!`.
pub(super) const OWN_COMMAND: &str = "The following tool was executed by the user";
/// How the errors of calls begin that the person refused.
const REFUSALS: [&str; 2] = ["The user rejected permission to use", "The user dismissed"];
/// How deep subagents may launch subagents: beyond that, parents form a cycle.
pub(super) const DEEPEST: usize = 32;

/// The known facts of a session.
#[derive(Debug, Default)]
pub(super) struct Session {
    /// The session whose agent launched it.
    pub(super) parent: Option<String>,
    /// The session from which it was forked.
    pub(super) forked_from: Option<String>,
    pub(super) folder: String,
    pub(super) version: String,
    /// When it was made: older content came from the session that it was forked from.
    pub(super) made: Option<Moment>,
    /// Whether its agent may not even ask a question: a program runs it, and no person is there.
    pub(super) unattended: bool,
    /// When it last became idle, and how that ended.
    pub(super) idle: Option<(Moment, String)>,
}

impl Session {
    /// Reads the rules by which its tools may run. `opencode run` denies what would need a person.
    pub(super) fn set_rules(&mut self, rules: &Value) {
        let mut rules = rules.as_array().into_iter().flatten();
        self.unattended =
            rules.any(|rule| text(rule, "/permission") == "question" && text(rule, "/action") == "deny");
    }
}

/// One message, as its parts are read.
struct Message {
    id: Key,
    /// The session that contains it, possibly a subagent's.
    session: Name,
    stamp: Stamp,
    role: Role,
}

enum Role {
    /// Input by a person, or by a program in their name.
    User(Said),
    /// An answer.
    Agent(Answer),
    /// The end of a turn.
    End,
}

/// The known facts of an answer.
#[derive(Default)]
struct Answer {
    /// When it ended.
    until: Option<Moment>,
    /// The message that it answers.
    asked: Option<Key>,
    /// When the model was asked for it: until then the program was busy with itself.
    began: Option<Moment>,
    /// When the last of its parts was done: from then on it was again.
    done: Option<Moment>,
    /// Whether the person stopped it.
    stopped: bool,
    /// Whether the log counts no tokens for it.
    uncounted: bool,
}

/// The part of a user message that is a person's.
#[derive(Default)]
struct Said {
    kind: Option<ActionKind>,
    typed: u32,
    /// A hash of the whole text.
    text: Option<Key>,
}

/// The rows of a database or the documents of a tree, in any order: all sessions, then messages before their parts.
pub(super) struct Reading<'log> {
    pub(super) log: &'log mut Log,
    pub(super) sessions: HashMap<String, Session>,
    messages: Vec<Message>,
    by_id: HashMap<Key, usize>,
    /// Events with their message.
    events: Vec<(usize, Event)>,
    /// The same, of ends: at one instant they come after what ended by then.
    ends: Vec<(usize, Event)>,
    /// When calls began to run, after any permission was given: by the call's id and the time it was made.
    running: HashMap<Key, Moment>,
    /// Records so far.
    pub(super) records: u32,
}

impl<'log> Reading<'log> {
    pub(super) fn new(log: &'log mut Log) -> Self {
        Self {
            log,
            sessions: HashMap::new(),
            messages: Vec::new(),
            by_id: HashMap::new(),
            events: Vec::new(),
            ends: Vec::new(),
            running: HashMap::new(),
            records: 0,
        }
    }

    /// A message of version 1; its text and its calls follow as parts.
    pub(super) fn message(&mut self, id: &str, session: &str, message: &Value) {
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

    /// A change of a part of version 1, while it changed. For a running call the program writes which rule allowed it
    /// and what it did so far, and only once it may run.
    pub(super) fn change(&mut self, change: &Value) {
        let state = change.pointer("/part/state").unwrap_or(&Value::Null);
        let shows = |field| state.pointer(field).is_some_and(|shown| !shown.is_null());
        let (Some(at), Some(start)) = (instant(change, "/time"), instant(state, "/time/start")) else {
            return;
        };
        let may_run = ["/metadata/approval", "/metadata/output", "/metadata/diff"];
        if text(state, "/status") == "running" && may_run.into_iter().any(shows) {
            let call = Key::of(&[text(change, "/part/callID"), &start.0.to_string()]);
            let first = self.running.entry(call).or_insert(at);
            *first = at.min(*first);
        }
    }

    /// A part of a message of version 1, with the time at which its row was made.
    pub(super) fn part(&mut self, message: &str, made: Option<Moment>, part: &Value) {
        self.records = self.records.saturating_add(1);
        let Some(&index) = self.by_id.get(&Key::of(&[message])) else {
            return;
        };
        let Some(owner) = self.messages.get_mut(index) else {
            return;
        };
        match (&mut owner.role, text(part, "/type")) {
            (Role::User(said), kind) => said.add(kind, part),
            (Role::Agent(_), "tool") => {
                let ran = (
                    instant(part, "/state/time/start"),
                    instant(part, "/state/time/end"),
                );
                self.call(index, [text(part, "/callID"), text(part, "/tool")], part, ran);
            }
            (Role::End, _) => {}
            (Role::Agent(answer), "step-start") => answer.began = answer.began.or(made),
            // The end of a step is recorded after its snapshot.
            (Role::Agent(_), "step-finish") => {}
            (Role::Agent(answer), _) => {
                if let Some(at) = instant(part, "/time/end") {
                    answer.done = answer.done.max(Some(at));
                    self.push(index, at, &["work"], What::Work);
                }
            }
        }
    }

    /// A record of version 2, which includes all its parts.
    pub(super) fn record(&mut self, id: &str, session: &str, kind: &str, record: &Value) {
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
        let copied = known
            .and_then(|session| session.made)
            .is_some_and(|made| at < made);
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
            copied,
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
        let tokens = tokens(message);
        let answer = Answer {
            until,
            asked,
            began: None,
            done: None,
            stopped: text(message, "/error/name") == "MessageAbortedError",
            uncounted: tokens == TokenCounts::default(),
        };
        let stopped = answer.stopped;
        let index = self.add(id, session, cwd, at, Role::Agent(answer))?;
        let ended = until.unwrap_or(at);
        let identity = ["answer", &at.0.to_string(), &ended.0.to_string(), model];
        self.push(index, at, &identity, What::Work);
        self.end(index, ended, &identity, What::Work);
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
        match (stopped, text(message, "/finish")) {
            (true, _) => self.end(index, ended, &identity, What::Interrupted),
            // After these the agent continues automatically.
            (_, "" | "tool-calls" | "unknown") => {}
            _ if until.is_some() => self.end(index, ended, &identity, What::TurnEnd(None)),
            _ => {}
        }
        Some(index)
    }

    /// A call that has ended. Its time includes the wait for a permission. How long it ran after that is known for
    /// subagents, which may take any time, and for those whose beginning was noted ([`Reading::change`]).
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
        if let Some(Role::Agent(answer)) = self.messages.get_mut(index).map(|message| &mut message.role) {
            answer.done = answer.done.max(Some(end));
        }
        let identity = ["call", id, &start.0.to_string(), &end.0.to_string()];
        let key = Key::of(&identity);
        let folder = self.messages.get(index).and_then(|message| message.stamp.folder);
        let input = part.pointer("/state/input").unwrap_or(&Value::Null);
        let called = tools::call(self.log, key, tool, input);
        let called = tools::resolved(self.log, folder, called);
        self.push(index, start, &identity, called);
        let began = if matches!(tool, "task" | "subagent") {
            Some(start)
        } else {
            self.running.get(&Key::of(&[id, &start.0.to_string()])).copied()
        };
        let took = began.and_then(|began| u32::try_from(end.since(began)).ok());
        let output = ["/state/output", "/state/content"]
            .iter()
            .find_map(|output| part.pointer(output));
        // Kilo records which rule allowed a call; without one a person was asked.
        if let Some(approval) = part
            .pointer("/state/metadata/approval")
            .filter(|said| said.is_object())
        {
            let asked = text(approval, "/rule/action") != "allow";
            self.push(index, end, &identity, What::Approval { id: key, asked });
        }
        let what = tools::result(self.log, key, outcome, took, &content(output));
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

    /// What follows from a whole message has the position of that message.
    fn told_by(&self, index: usize, at: Moment, identity: &[&str], what: What) -> Option<(usize, Event)> {
        let (index, mut event) = self.event(index, at, identity, what)?;
        event.stamp.line = self.messages.get(index)?.stamp.line;
        Some((index, event))
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

    /// Distinguishes prompts, answers and ends of turns, now that everything is known. At one instant prompts come
    /// first and ends last.
    pub(super) fn finish(mut self) {
        self.add_idle();
        self.tell_broken_off();
        self.leave_out_gaps();
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
            Some(Role::Agent(answer)) => answer.asked.is_some_and(|asked| own_commands.contains(&asked)),
            _ => false,
        };
        let events = self.events.into_iter().chain(self.ends);
        let events = events.filter(|(index, _)| !is_own(*index));
        self.log.events.extend(events.map(|(_, event)| event));
    }

    /// The end in a session's row, if no record has it.
    fn add_idle(&mut self) {
        let told: HashSet<Name> = self
            .messages
            .iter()
            .filter(|message| matches!(message.role, Role::End))
            .map(|message| message.session)
            .collect();
        let idle: Vec<(String, Moment, bool)> = self
            .sessions
            .iter()
            .filter_map(|(id, session)| {
                let (at, outcome) = session.idle.as_ref()?;
                Some((id.clone(), *at, outcome == "interrupted"))
            })
            .collect();
        // When the last message of each session was, and whether it was stopped.
        let mut lasts: HashMap<Name, (Moment, bool)> = HashMap::new();
        for message in &self.messages {
            let stopped = matches!(&message.role, Role::Agent(answer) if answer.stopped);
            let last = lasts
                .entry(message.session)
                .or_insert((message.stamp.at, stopped));
            if message.stamp.at >= last.0 {
                *last = (message.stamp.at, stopped);
            }
        }
        for (session, at, interrupted) in idle {
            let name = self.log.name(&session);
            let Some(&(last, stopped)) = lasts.get(&name) else {
                continue;
            };
            if told.contains(&name) || last > at {
                continue;
            }
            // An answer that was stopped shows that itself.
            let what = if interrupted && !stopped {
                What::Interrupted
            } else {
                What::TurnEnd(None)
            };
            if let Some(index) = self.add(&format!("{session} idle"), &session, "", at, Role::End) {
                self.end(index, at, &["end"], what);
            }
        }
    }

    /// Answers that ended with the program, or that a person stopped, took tokens that the log never counted.
    fn tell_broken_off(&mut self) {
        let mut last: HashMap<Name, Moment> = HashMap::new();
        for message in &self.messages {
            let last = last.entry(message.session).or_insert(message.stamp.at);
            *last = message.stamp.at.max(*last);
        }
        let broken_off = |message: &Message| match &message.role {
            Role::Agent(answer) if answer.uncounted => {
                let gone_on = last
                    .get(&message.session)
                    .is_some_and(|last| *last > message.stamp.at);
                answer.stopped || answer.until.is_none() && gone_on
            }
            _ => false,
        };
        let found: Vec<(usize, Moment)> = (0..)
            .zip(&self.messages)
            .filter(|(_, message)| broken_off(message))
            .map(|(index, message)| (index, message.stamp.at))
            .collect();
        for (index, at) in found {
            let uncounted = What::Estimated(Metric::Tokens);
            self.events
                .extend(self.told_by(index, at, &["uncounted"], uncounted));
        }
    }

    /// The time between the parts of an answer and its beginning and end shows no work. If no person is there, the
    /// program is busy with itself, mainly with snapshots; if one may be, it cannot be distinguished from a wait for
    /// them.
    fn leave_out_gaps(&mut self) {
        let mut before = Vec::new();
        let mut after = Vec::new();
        for (index, message) in self.messages.iter().enumerate() {
            let (Role::Agent(answer), true) = (&message.role, self.is_attended(message.stamp.session)) else {
                continue;
            };
            let Some(began) = answer.began else {
                continue;
            };
            before.push((index, message.stamp.at, began));
            after.extend(
                answer
                    .done
                    .zip(answer.until)
                    .map(|(done, until)| (index, done, until)),
            );
        }
        let gap = |(index, from, to): (usize, Moment, Moment)| {
            let gap = u32::try_from(to.since(from)).ok().filter(|gap| *gap > 0)?;
            Some((index, from, What::Backoff(gap)))
        };
        for (index, from, gap) in before.into_iter().filter_map(gap) {
            self.events.extend(self.told_by(index, from, &["before"], gap));
        }
        for (index, from, gap) in after.into_iter().filter_map(gap) {
            self.ends.extend(self.told_by(index, from, &["after"], gap));
        }
    }

    /// Whether a person may be at a session, given the one at the top of it.
    fn is_attended(&self, top: Name) -> bool {
        let top = self.sessions.get(self.log.text(top));
        !top.is_some_and(|top| top.unattended)
    }

    /// A prompt, with the facts that its session has once.
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
        let attended = self.is_attended(stamp.session);
        let version = (!version.is_empty()).then(|| What::Version(self.log.name(version)));
        let origin = origin.map(|origin| What::Parent(self.log.name(origin)));
        for what in version.into_iter().chain(origin) {
            self.log.push(stamp, what);
        }
        self.log.push(stamp, What::MayAsk(attended));
        let typed = said.typed;
        let taken_up = answers.during(message.session, at);
        let opens = match taken_up {
            _ if stamp.lane.is_some() || !attended => {
                self.log.push(stamp, What::Automated);
                Some(stamp)
            }
            Some(next) => {
                self.log.push(stamp, What::Queued { typed });
                next.map(|at| {
                    let stamp = Stamp { at, ..stamp };
                    self.log.push(stamp, What::Dequeued);
                    stamp
                })
            }
            None if kind == ActionKind::Shell => {
                self.log.push(stamp, What::Local { kind, typed });
                None
            }
            None => {
                self.log.push(stamp, What::Prompt { kind, typed });
                Some(stamp)
            }
        };
        if let Some(stamp) = opens {
            self.prepare(message.session, stamp, answers);
        }
    }

    /// Until the model was first asked, the program was busy with itself: starting, installing, taking a snapshot.
    fn prepare(&mut self, session: Name, opened: Stamp, answers: &Answers) {
        let began = answers.began_after(session, opened.at);
        let busy = began.and_then(|began| u32::try_from(began.since(opened.at)).ok());
        if let Some(busy) = busy {
            self.log.push(opened, What::Backoff(busy));
        }
    }
}

impl Said {
    /// Adds the content of a part.
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
        // The same in any order of the parts.
        let before = self.text.map_or(0, |text| text.0);
        self.text = Some(Key(before.wrapping_add(Key::of(&[said]).0)));
    }
}

/// When the agent answered, by session: from when, until when, and when the model was asked.
struct Answers(HashMap<Name, Vec<Times>>);

type Times = (Moment, Option<Moment>, Option<Moment>);

impl Answers {
    fn of(messages: &[Message]) -> Self {
        let mut answers: HashMap<Name, Vec<Times>> = HashMap::new();
        for message in messages {
            if let Role::Agent(answer) = &message.role {
                let times = (message.stamp.at, answer.until, answer.began);
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
        let next = times.partition_point(|(from, ..)| *from < at);
        let (_, until, _) = times.get(next.checked_sub(1)?)?;
        until.filter(|until| at < *until)?;
        Some(times.get(next).map(|(from, ..)| *from))
    }

    /// When the model was asked for the first answer since a moment.
    fn began_after(&self, session: Name, at: Moment) -> Option<Moment> {
        let times = self.0.get(&session)?;
        let next = times.partition_point(|(from, ..)| *from < at);
        times.get(next)?.2
    }
}

/// The tokens of an answer. Its reasoning was a part of the output at first, and has been separate since version 1.4;
/// the total shows which, if there is one.
pub(super) fn tokens(message: &Value) -> TokenCounts {
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
