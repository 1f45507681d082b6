//! Detects who ran this command: an agent, with its session, or a person.
//!
//! Variables are checked first, then hook events, then the parent processes. Agents start agents, and one that sets no variables
//! passes on those of the outer one: if more than one agent may have called, the processes decide, and if they do not, no agent
//! is named. A wrong session is worse than none.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use super::integration::Integration;
use super::marks::Marks;
use super::others::OTHERS;
use crate::facts::event::{Event, EventKind};
use crate::facts::ids::SessionId;
use crate::facts::task::WrittenBy;

/// The variable with which plugins, and callers that know better, name the session: `AGENT:ID`, or `none` if no agent called.
pub const OWN: &str = "LEVERAGE_SESSION";
const NOBODY: &str = "none";

/// A session whose last hook call is at most this long ago is active.
pub const LATELY: TimeDelta = TimeDelta::hours(2);

/// A parent process.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Process {
    /// Its name in the system, possibly truncated.
    pub name: String,
    /// Its command line.
    pub arguments: Vec<String>,
}

/// The available evidence.
pub struct Traces<'a> {
    /// The variables of the process.
    pub variables: &'a BTreeMap<String, String>,
    /// The parent processes, nearest first.
    pub processes: &'a [Process],
    /// Recent hook events.
    pub events: &'a [Event],
    /// The directory of the process, and the top of the working tree around it.
    pub folders: &'a [String],
    /// Whether a person may be typing at a terminal.
    pub on_terminal: bool,
    /// The clock.
    pub now: DateTime<Utc>,
}

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// A person, as far as the evidence shows.
    ByPerson,
    /// An agent.
    ByAgent(Caller),
    /// One of several agents, but it is unclear which.
    Unclear(Vec<String>),
}

/// The agent that called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Its name.
    pub agent: String,
    /// The id of its session, as the agent names it. Untrusted text.
    pub session: Option<String>,
    /// Its model, if it reports one. Untrusted text.
    pub model: Option<String>,
    /// The evidence for it.
    pub by: Vec<Trace>,
    /// Whether the id may be a subagent's: without a log, it is then not a session.
    pub may_be_subagent: bool,
}

/// Evidence for the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trace {
    /// A variable.
    Variable(&'static str),
    /// A session of the agent in this directory, reported by its hook.
    Hook,
    /// A parent process.
    Process(String),
    /// The commit in question: a session of the agent certainly made it, and was active recently.
    Commit,
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Hook => f.write_str("its hook"),
            Self::Process(name) => write!(f, "the process `{name}`"),
            Self::Commit => f.write_str("the commit it made"),
        }
    }
}

impl Caller {
    fn new(agent: &str, by: Trace) -> Self {
        Self {
            agent: agent.to_owned(),
            session: None,
            model: None,
            by: vec![by],
            may_be_subagent: false,
        }
    }

    /// The evidence in words: `CODEX_SESSION_ID`, `GEMINI_CLI and its hook`.
    pub fn known_by(&self) -> String {
        let by: Vec<String> = self.by.iter().map(ToString::to_string).collect();
        by.join(" and ")
    }

    /// The agent with its session, if its id is a valid session id.
    pub fn written_by(&self) -> WrittenBy {
        let session = self.session.as_ref();
        let session = session.and_then(|id| format!("{}:{id}", self.agent).parse::<SessionId>().ok());
        WrittenBy {
            agent: self.agent.clone(),
            session: session.map(|session| session.id),
        }
    }

    /// The same without the session from its variables, which turned out not to be one: with the one that a hook reported, if
    /// that is one.
    #[must_use]
    pub fn without_session(&self, traces: &Traces<'_>) -> Self {
        let caller = Self {
            session: None,
            may_be_subagent: false,
            ..self.clone()
        };
        caller.with_hook(traces)
    }

    /// Adds the session of this agent that a hook reported, if no other evidence names one.
    fn with_hook(mut self, traces: &Traces<'_>) -> Self {
        let told = traces.sessions(Some(&self.agent));
        if let ([(_, session)], None) = (told.as_slice(), &self.session) {
            self.session = Some((*session).to_owned());
            self.by.push(Trace::Hook);
        }
        self
    }
}

/// Decides who called.
pub fn called(known: &'static [&'static Integration], traces: &Traces<'_>) -> Called {
    if traces.variable(OWN) == Some(NOBODY) {
        return Called::ByPerson;
    }
    let candidates = by_variables(known, traces);
    let caller = match (candidates.as_slice(), nearest(known, traces.processes)) {
        (_, Nearest::Multiplexer) => return Called::ByPerson,
        ([], Nearest::Unknown) => return by_hook_alone(traces),
        ([one], Nearest::Unknown) => one.clone(),
        ([..], Nearest::Agent(agent, program)) => {
            let own = candidates.iter().find(|candidate| candidate.agent == agent);
            own.cloned()
                .unwrap_or_else(|| Caller::new(agent, Trace::Process(program)))
        }
        (several, Nearest::Unknown) => {
            let agents = several.iter().map(|candidate| candidate.agent.clone());
            return Called::Unclear(agents.collect());
        }
    };
    Called::ByAgent(caller.with_hook(traces))
}

/// An agent that may have called without certain evidence, with the variable that hints at it.
pub fn doubtful(
    known: &'static [&'static Integration],
    traces: &Traces<'_>,
) -> Option<(&'static str, &'static str)> {
    let is_asked = traces.variable(OWN) != Some(NOBODY)
        && !matches!(nearest(known, traces.processes), Nearest::Multiplexer)
        && called(known, traces) == Called::ByPerson;
    let hint = |(agent, marks): (&'static str, &'static Marks)| {
        let mut hints = marks.hints.iter();
        let set = hints.find(|name| traces.variable(name).is_some())?;
        Some((agent, *set))
    };
    is_asked.then(|| all(known).find_map(hint)).flatten()
}

/// Hook events only show that an agent is active in this directory, not that it called: a person at a terminal may have.
fn by_hook_alone(traces: &Traces<'_>) -> Called {
    let sessions = match traces.on_terminal {
        true => Vec::new(),
        false => traces.sessions(None),
    };
    match sessions.as_slice() {
        [(agent, session)] => Called::ByAgent(Caller {
            session: Some((*session).to_owned()),
            ..Caller::new(agent, Trace::Hook)
        }),
        _ => Called::ByPerson,
    }
}

/// The agents whose marks are among the variables, with the values of these.
fn by_variables(known: &'static [&'static Integration], traces: &Traces<'_>) -> Vec<Caller> {
    let mut found: Vec<Caller> = Vec::new();
    let mut imitated: Vec<&str> = Vec::new();
    for (agent, marks) in all(known) {
        let Some(mark) = mark(marks, traces) else {
            continue;
        };
        let session = set(marks.session, traces);
        found.push(Caller {
            session: session.map(|(_, id)| id.to_owned()),
            model: marks
                .model
                .and_then(|name| traces.variable(name))
                .map(str::to_owned),
            may_be_subagent: marks.has_other_ids,
            ..Caller::new(agent, Trace::Variable(session.map_or(mark, |(name, _)| name)))
        });
        imitated.extend(marks.imitates);
    }
    found.retain(|candidate| !imitated.contains(&candidate.agent.as_str()));
    if let Some((agent, id)) = traces.variable(OWN).and_then(|own| own.split_once(':')) {
        let own = Caller {
            session: Some(id.to_owned()),
            ..Caller::new(agent, Trace::Variable(OWN))
        };
        match found.iter_mut().find(|candidate| candidate.agent == agent) {
            Some(candidate) => *candidate = own,
            None => found.push(own),
        }
    }
    found
}

fn all(known: &'static [&'static Integration]) -> impl Iterator<Item = (&'static str, &'static Marks)> {
    let known = known.iter().map(|one| (one.identity.name, &one.marks));
    known.chain(OTHERS.iter().map(|(identity, marks)| (identity.name, marks)))
}

/// The first variable of an agent that has the value the agent gives it.
fn mark(marks: &'static Marks, traces: &Traces<'_>) -> Option<&'static str> {
    let is_set = |(name, value): &&(&'static str, Option<&str>)| {
        let found = traces.variable(name);
        found.is_some_and(|found| value.is_none_or(|value| found == value))
    };
    marks.variables.iter().find(is_set).map(|(name, _)| *name)
}

/// The first of some variables that is set, with its value.
fn set<'a>(names: &'static [&'static str], traces: &'a Traces<'_>) -> Option<(&'static str, &'a str)> {
    names
        .iter()
        .find_map(|name| Some((*name, traces.variable(name)?)))
}

impl<'a> Traces<'a> {
    /// A variable; an empty one counts as unset.
    fn variable(&self, name: &str) -> Option<&'a str> {
        let value = self.variables.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The active sessions in this directory that hooks reported, of one agent or of all.
    fn sessions(&self, agent: Option<&str>) -> Vec<(&'a str, &'a str)> {
        let mut last: BTreeMap<(&str, &str), &Event> = BTreeMap::new();
        for event in self.events {
            if let Some(session) = &event.session
                && agent.is_none_or(|agent| agent == event.agent)
            {
                let known = last.entry((&event.agent, session)).or_insert(event);
                if event.at >= known.at {
                    *known = event;
                }
            }
        }
        let at_work = last.into_iter().filter(|(_, event)| self.is_at_work(event));
        at_work.map(|(session, _)| session).collect()
    }

    /// Whether the session of this last event is active in this directory.
    fn is_at_work(&self, last: &Event) -> bool {
        let is_here = |folder: &String| {
            let mut here = self.folders.iter();
            here.any(|here| lies_in(folder, here) || lies_in(here, folder))
        };
        last.kind != EventKind::SessionEnd
            && (self.now - last.at).abs() <= LATELY
            && last.folder.as_ref().is_some_and(is_here)
    }
}

/// Whether a directory is another one or is inside it.
fn lies_in(folder: &str, other: &str) -> bool {
    let rest = folder.strip_prefix(other.trim_end_matches(['/', '\\']));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\']))
}

/// The evidence from the processes.
enum Nearest {
    /// The agent nearest to this process, with its program.
    Agent(&'static str, String),
    /// A program that outlives its starter, and whose shells have its variables: a person may be typing in one.
    Multiplexer,
    Unknown,
}

/// Programs that keep terminals open, by their names in the system.
const MULTIPLEXERS: &[&str] = &["tmux", "tmux: server", "screen", "SCREEN", "zellij"];

fn nearest(known: &'static [&'static Integration], processes: &[Process]) -> Nearest {
    for process in processes {
        if MULTIPLEXERS.contains(&process.name.as_str()) {
            return Nearest::Multiplexer;
        }
        for (agent, marks) in all(known) {
            if let Some(program) = program(marks, process) {
                return Nearest::Agent(agent, program.to_owned());
            }
        }
    }
    Nearest::Unknown
}

/// Programs that run others, by prefix of their names.
const INTERPRETERS: &[&str] = &["node", "bun", "deno", "python", "ruby"];

/// The agent's program that a process is: by its name, by its command line, or by the script it runs.
fn program(marks: &'static Marks, process: &Process) -> Option<&'static str> {
    let called = process.arguments.first().map(|program| base_name(program));
    let own = |name: &str| marks.programs.iter().find(|program| **program == name).copied();
    if let Some(program) = own(base_name(&process.name)).or_else(|| own(called?)) {
        return Some(program);
    }
    let is_interpreter = |name: &str| INTERPRETERS.iter().any(|known| name.starts_with(known));
    if !called.is_some_and(is_interpreter) {
        return None;
    }
    let mut arguments = process.arguments.iter().skip(1);
    let script = arguments.find(|argument| !argument.starts_with('-'))?;
    let is_in = |package: &&&str| script.contains(&format!("/node_modules/{package}/"));
    own(base_name(script)).or_else(|| marks.packages.iter().find(is_in).copied())
}

/// The last part of a path, without the extension of a program or script.
fn base_name(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let endings = [".exe", ".js", ".mjs", ".cjs", ".py"];
    endings
        .iter()
        .find_map(|ending| name.strip_suffix(ending))
        .unwrap_or(name)
}

#[cfg(test)]
mod tests;
