//! The content of one log file, record by record, without its text: the form in which logs are cached.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::facts::diagnostics::Warning;
use crate::facts::hash::fnv1a;
use crate::facts::session::{ActionKind, CommitKind, HashEvidence, LineHash, TokenCounts};
use crate::facts::span::Moment;
use crate::facts::zone::Zone;

/// A text that many events share, by its position in [`Log::names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Name(pub u32);

/// The identity of a record, a message or a tool call: a hash of the ids that the agent gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub u64);

impl Key {
    /// The key of an id that may consist of several parts.
    pub fn of(parts: &[&str]) -> Self {
        let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
        let hash = fnv1a(bytes);
        Self(hash ^ (hash >> 29))
    }
}

/// The owner and the time of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// When it was logged.
    pub at: Moment,
    /// Its number, from 1: that of its line, except for records after another on a line, and in logs without lines.
    pub line: u32,
    /// Its identity, the same in every copy of the record; `None` if the agent gives none.
    pub key: Option<Key>,
    /// The session.
    pub session: Name,
    /// The subagent; `None` for the main lane.
    pub lane: Option<Name>,
    /// The working directory.
    pub folder: Option<Name>,
    /// The branch checked out there.
    pub branch: Option<Name>,
    /// Whether the record is marked as a copy from another session.
    pub copied: bool,
}

impl Stamp {
    /// That of a record of the session's main lane of which nothing more is known.
    pub fn new(at: Moment, line: u32, session: Name) -> Self {
        Self {
            at,
            line,
            key: None,
            session,
            lane: None,
            folder: None,
            branch: None,
            copied: false,
        }
    }
}

/// What a tool does, as far as its duration matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tool {
    /// Reads, searches or edits: done at once.
    Instant,
    /// Runs a command, for at most this many milliseconds if a limit was given.
    Command {
        /// The limit.
        timeout: Option<u32>,
    },
    /// Runs a subagent, or waits for one in the background, for as long as that takes; nobody is asked before it
    /// begins.
    Subagent,
    /// Waits for a command in the background; nobody is asked before it begins.
    Wait,
    /// Asks the person, or waits for their approval.
    Question,
}

/// How a tool call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It succeeded.
    Done,
    /// It failed, or was stopped.
    Failed,
    /// The person refused it.
    Refused,
}

/// A change to a file. See [`super::change`] for how to make one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The file.
    pub path: Name,
    /// Lines added.
    pub added: Vec<LineHash>,
    /// Lines removed.
    pub removed: Vec<LineHash>,
}

/// A commit that a command made. See [`super::commands`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its hash, as short as in the log.
    pub hash: String,
    /// The command that made it.
    pub kind: CommitKind,
    /// Where git ran.
    pub folder: Option<Name>,
    /// The branch.
    pub branch: Option<Name>,
    /// Where the hash was found.
    pub evidence: HashEvidence,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The agent did something of which only the time matters.
    Work,
    /// A person's prompt, slash command or `!` command: it opens a turn.
    Prompt {
        /// Which of these it was.
        kind: ActionKind,
        /// Characters typed ([`super::prose`]).
        typed: u32,
    },
    /// A command that the program itself carries out, or the person's own shell: an action that does not ask the agent
    /// for anything.
    Local {
        /// Which of these it was.
        kind: ActionKind,
        /// Characters typed ([`super::prose`]).
        typed: u32,
    },
    /// A prompt typed while the agent worked, at the time of its typing: it opens no turn.
    Queued {
        /// Characters typed.
        typed: u32,
    },
    /// A queued prompt is taken up now: it opens a turn, but was typed then.
    Dequeued,
    /// A prompt that no person typed: headless run, timer, another agent. It opens a turn.
    Automated,
    /// The person interrupted the agent: it ends the turn.
    Interrupted,
    /// A tool call.
    Call {
        /// Its id.
        id: Key,
        /// What kind of tool.
        tool: Tool,
        /// What it changes if it succeeds.
        changes: Vec<Change>,
        /// The files that it reads.
        reads: Vec<Name>,
    },
    /// The result of a tool call.
    Result {
        /// The id of the call.
        id: Key,
        /// How it ended.
        outcome: Outcome,
        /// How long it ran in milliseconds, if the log records it.
        took: Option<u32>,
        /// Characters that the person typed as the answer.
        typed: u32,
        /// What it changed, if the result shows it; it takes precedence over what the call announced.
        changes: Option<Vec<Change>>,
        /// The commits that it made.
        commits: Vec<Made>,
    },
    /// Whether a person was asked before a call ran. It may be anywhere in the lane: agents write it with the call,
    /// with the answer or with the result.
    Approval {
        /// The id of the call.
        id: Key,
        /// Whether a person was asked; otherwise a rule or a setting allowed the call.
        asked: bool,
    },
    /// From here on a command that may have waited without a trace is assumed to run for at most this many
    /// milliseconds, not for as long as a read or an edit.
    UntoldRun(u32),
    /// This many milliseconds of the turn that ends here were work, without waits for a person.
    Worked {
        /// The milliseconds.
        millis: u32,
        /// Whether waits may be among them: then they are an upper bound for the work.
        at_most: bool,
    },
    /// The agent has summarized the conversation; the milliseconds it took, if the log records it. Its tokens are in no
    /// separate record.
    Compacted(Option<u32>),
    /// The usage of a model since a run of the program began: all requests, also those that left no other record.
    Totals {
        /// The run.
        run: Key,
        /// When it began.
        began: Moment,
        /// The model.
        model: Name,
        /// The tokens.
        tokens: TokenCounts,
    },
    /// A response that has no request, and is therefore identified by more than its message: the message that it names.
    Unrequested {
        /// How it is identified, in its [`Usage`](What::Usage).
        response: Key,
        /// What it names.
        message: Key,
    },
    /// A copy of a subagent's response: whether it has the final count of its tokens.
    Counted {
        /// The response.
        response: Key,
        /// Whether it has.
        is_final: bool,
    },
    /// The session works in the directory of the stamp.
    Place,
    /// From here on calls may wait for a person without a trace in the log (`true`), or nobody is asked (`false`, as
    /// every lane begins). An [`Approval`](What::Approval) is more specific about its call.
    MayAsk(bool),
    /// The tokens of one response; repeated copies are counted once, by the larger of each field.
    Usage {
        /// The id of the response, if it has one.
        message: Option<Key>,
        /// The id of the request, if it has one.
        request: Option<Key>,
        /// The model.
        model: Name,
        /// The tokens.
        tokens: TokenCounts,
    },
    /// The turn ended; the milliseconds it took, if the log records it.
    TurnEnd(Option<u32>),
    /// The agent waited for its provider for this many milliseconds from now, and did not work.
    Backoff(u32),
    /// The version of the agent.
    Version(Name),
    /// The URL of a remote of the repository.
    Remote(Name),
    /// The session that launched this one or from which it was forked.
    Parent(Name),
    /// The whole session's time, tokens or edits come from a total or a model, not from records.
    Estimated(Metric),
    /// The log does not show it, whatever the other events look like: it is unknown, not zero.
    Absent(Metric),
}

/// The metrics that a log may have only in a weak form, or not at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Metric {
    /// When the agent worked.
    AgentTime,
    /// When the person acted.
    HumanTime,
    /// Tokens.
    Tokens,
    /// Lines that edits added and removed.
    Edits,
    /// Commits made.
    Commits,
}

impl Metric {
    /// Each of them.
    pub const ALL: [Self; 5] = [
        Self::AgentTime,
        Self::HumanTime,
        Self::Tokens,
        Self::Edits,
        Self::Commits,
    ];
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The owner and the time.
    pub stamp: Stamp,
    /// What it was.
    pub what: What,
}

/// How many commits of one command are distinguished.
pub const MOST_STEPS: usize = 4;

/// A command that may make commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// The commands in it, in order; there is at least one.
    pub steps: [Option<Step>; MOST_STEPS],
}

/// One of the commands in a script that may make commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Whether it commits, cherry-picks or reverts.
    pub kind: CommitKind,
    /// Where git runs, if that is not the session's working directory: `cd FOLDER` and `git -C FOLDER` followed.
    pub folder: Option<Name>,
    /// What is known of its output.
    pub says: Says,
}

/// What a command prints of the commit that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// A summary with this subject, as a hash.
    Subject(Key),
    /// A summary with a subject that the command does not contain.
    Something,
    /// Nothing: it was run with an option for quiet output.
    Nothing,
    /// It may be an alias for such a command, or may call one.
    Perhaps,
}

/// What a reader has to remember from one run to the next to continue in the middle of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Carried {
    /// The stamp of the last record, if later records do not repeat all of it.
    pub stamp: Option<Stamp>,
    /// The model that answers.
    pub model: Option<Name>,
    /// Tokens so far, if the log counts them cumulatively.
    pub totals: TokenCounts,
    /// Commands that may make commits and have not ended: the call's id, the command's kind and directory.
    pub open_commands: BTreeMap<Key, Making>,
    /// Prompts that wait until the agent takes them up.
    pub queue: Vec<Queued>,
    /// Anything else that one reader needs, under a name of its choice. Never text of a prompt, a reply or a command.
    pub other: Vec<(String, String)>,
}

impl Carried {
    /// What a reader noted under a name.
    pub fn noted(&self, name: &str) -> Option<&str> {
        let found = self.other.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.as_str())
    }

    /// Notes a text under a name. Returns whether it differs from what was noted before.
    pub fn note(&mut self, name: &str, text: &str) -> bool {
        match self.other.iter_mut().find(|(known, _)| known == name) {
            Some((_, before)) if before == text => return false,
            Some((_, before)) => text.clone_into(before),
            None => self.other.push((name.to_owned(), text.to_owned())),
        }
        true
    }

    /// Removes what was noted under a name, and returns it.
    pub fn take_note(&mut self, name: &str) -> Option<String> {
        let at = self.other.iter().position(|(known, _)| known == name)?;
        Some(self.other.swap_remove(at).1)
    }
}

/// A prompt that was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    /// The hash of its text.
    pub text: Key,
    /// The position of its event; `None` if a program queued it, not a person.
    pub event: Option<usize>,
    /// Its state.
    pub state: QueueState,
}

/// The state of a queued prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum QueueState {
    /// In the queue.
    Waiting,
    /// Taken out of it to be passed to the agent by a separate record.
    Taken,
    /// Taken out of it by other means; an attachment may follow, a prompt does not.
    Removed,
}

/// A record that was skipped or repaired. Unlike a warning it has no optional fields, which the cache could not store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flaw {
    /// `file:line`.
    pub place: String,
    /// What was wrong, without any text of the record.
    pub message: String,
}

impl From<&Flaw> for Warning {
    fn from(flaw: &Flaw) -> Self {
        Self::new(flaw.place.as_str(), flaw.message.as_str())
    }
}

/// How far back the call of a result is searched, in events.
const RECENT: usize = 64;
/// How far back that of a wait is searched, which may span all of a subagent's work, in events.
const FAR: usize = 4_096;

/// The content of one log file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Log {
    /// Where it is read from, for messages about skipped records.
    #[serde(skip)]
    pub file: PathBuf,
    /// The texts that events refer to: ids, models, paths, branches.
    names: Vec<String>,
    #[serde(skip)]
    index: HashMap<String, Name>,
    /// What happened, in the order of the file.
    pub events: Vec<Event>,
    /// The offset after the last complete record that was read.
    pub read_to: u64,
    /// Whether that record was a line whose end had not been written yet.
    pub in_line: bool,
    /// Whether an incomplete record follows: its writer was not done with it, or never will be.
    pub breaks_off: bool,
    /// Whether the rest of it is never read: it is too large.
    pub given_up: bool,
    /// Whether its times are local times without a zone: they are stored as if they were UTC.
    pub wall_clock: bool,
    /// Records before that offset, at least one for each line.
    pub lines: u32,
    /// Those of them that are on the line of the one before.
    behind: Vec<u32>,
    /// Whether something was skipped.
    pub flaws: Vec<Flaw>,
    /// What the reader needs to continue.
    pub carried: Carried,
}

impl Log {
    /// The name for a text.
    pub fn name(&mut self, text: &str) -> Name {
        if self.index.is_empty() && !self.names.is_empty() {
            self.index = (0..)
                .map(Name)
                .zip(&self.names)
                .map(|(name, text)| (text.clone(), name))
                .collect();
        }
        if let Some(name) = self.index.get(text) {
            return *name;
        }
        let name = Name(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        self.names.push(text.to_owned());
        self.index.insert(text.to_owned(), name);
        name
    }

    /// Replaces the text of each name for which there is another one.
    pub fn rename(&mut self, renamed: impl Fn(&str) -> Option<String>) {
        for name in &mut self.names {
            if let Some(text) = renamed(name) {
                *name = text;
            }
        }
        self.index.clear();
    }

    /// The text of a name; empty for one that another log gave.
    pub fn text(&self, name: Name) -> &str {
        self.names.get(name.0 as usize).map_or("", String::as_str)
    }

    /// Adds an event.
    pub fn push(&mut self, stamp: Stamp, what: What) {
        if let What::Result {
            id, changes: Some(_), ..
        } = &what
        {
            self.forget_announced(*id);
        }
        self.events.push(Event { stamp, what });
    }

    /// What a call announced is of no use once its result is known, and is half of the memory of a log.
    fn forget_announced(&mut self, call: Key) {
        let recent = self.events.iter_mut().rev().take(RECENT);
        for event in recent {
            match &mut event.what {
                What::Call { id, changes, .. } if *id == call => {
                    *changes = Vec::new();
                    return;
                }
                _ => {}
            }
        }
    }

    /// Records what a call did that only its result shows.
    pub fn set_tool(&mut self, call: Key, is_really: Tool) {
        let recent = self.events.iter_mut().rev().take(FAR);
        let tools = recent.filter_map(|event| match &mut event.what {
            What::Call { id, tool, .. } if *id == call => Some(tool),
            _ => None,
        });
        for tool in tools.take(1) {
            *tool = is_really;
        }
    }

    /// Converts local times into instants, by the zone of the clock.
    pub fn set_clock(&mut self, zone: Zone) {
        if std::mem::take(&mut self.wall_clock) {
            for event in &mut self.events {
                event.stamp.at = zone.instant(event.stamp.at);
            }
        }
    }

    /// Counts a record, and returns its number. One that is `behind` another is on the same line.
    pub fn count_record(&mut self, behind: bool) -> u32 {
        self.lines = self.lines.saturating_add(1);
        if behind {
            self.behind.push(self.lines);
        }
        self.lines
    }

    /// The line of the record with a number: nearly always the number itself.
    pub fn line_of(&self, number: u32) -> u32 {
        let behind = self.behind.partition_point(|behind| *behind <= number);
        number.saturating_sub(u32::try_from(behind).unwrap_or(u32::MAX))
    }

    /// Notes what could not be read, with the file and the line of a record.
    pub fn warn(&mut self, file: &Path, number: u32, message: impl Into<String>) {
        let line = self.line_of(number);
        self.flaws.push(Flaw {
            place: format!("{}:{line}", file.display()),
            message: message.into(),
        });
    }

    /// Stops reading the log, with the reason. For the session at that point, nothing is the full count.
    pub fn give_up(&mut self, file: &Path, reason: impl Into<String>) {
        self.given_up = true;
        self.warn(file, self.lines.saturating_add(1), reason);
        let Some(stamp) = self.events.last().map(|event| event.stamp) else {
            return;
        };
        for metric in Metric::ALL {
            self.push(stamp, What::Estimated(metric));
        }
    }

    /// Skips a record of the log that is being read, with the reason.
    pub fn refuse(&mut self, number: u32, message: &str) {
        let line = self.line_of(number);
        let place = format!("{}:{line}", self.file.display());
        self.flaws.push(Flaw {
            place,
            message: message.to_owned(),
        });
    }

    /// Skips tokens that cannot be right. The session's other tokens are then not the full count.
    pub fn refuse_tokens(&mut self, stamp: Stamp) {
        self.refuse(
            stamp.line,
            "invalid token count; this response's tokens are not counted",
        );
        self.push(stamp, What::Estimated(Metric::Tokens));
    }
}

/// The message for a record without a valid time.
pub const TIMELESS: &str = "the record has no usable time and was skipped";
/// The message for a record that names no session.
pub const NAMELESS: &str = "the record names no session and was skipped";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_never_move() {
        assert_eq!(Key::of(&["a", "b"]), Key(0xd2b3_7187_070c_7586));
        assert_ne!(Key::of(&["a", "b"]), Key::of(&["ab"]));
    }
}
