//! What a ledger contains that somebody with only a part of it would learn, and what of that should not be shared.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::inventory::secret_in;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::quantity::counted;
use crate::facts::record::Record;
use crate::git::Repo;
use crate::git::ledger_steps::{Told, Untold};
use crate::git::notes::{self, StoredNote};
use crate::git::refs::Tips;
use crate::git::writer::WriteError;

/// Every line of a ledger, each once.
pub type LedgerLines = BTreeSet<Vec<u8>>;

/// Why a ledger cannot be read completely, with its history.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Unread {
    /// What is wrong, and where. Untrusted text.
    pub reason: String,
    /// Whether something is missing that may be fetched again.
    pub is_missing: bool,
}

impl From<Untold> for Unread {
    fn from(error: Untold) -> Self {
        Self {
            reason: error.to_string(),
            is_missing: error.is_missing(),
        }
    }
}

/// Whether every note below a commit is here.
pub fn is_whole(repo: &Repo, tip: Option<ObjectId>) -> bool {
    lines(repo, tip).is_ok()
}

/// Every line of the notes below a commit; none if there is no commit. The error names what cannot be read.
fn lines(repo: &Repo, tip: Option<ObjectId>) -> Result<LedgerLines, Unread> {
    let Some(tip) = tip else {
        return Ok(LedgerLines::new());
    };
    let unread = |reason: String, is_missing: bool| Unread { reason, is_missing };
    let mut lines = LedgerLines::new();
    for (commit, note) in notes::read_at(repo, tip).map_err(|reason| unread(reason, false))? {
        match note {
            StoredNote::Lines(found) => lines.extend(found.iter().map(<[u8]>::to_vec)),
            StoredNote::TooLarge(size) => {
                let large = WriteError::NoteTooLarge { commit, size };
                return Err(unread(large.to_string(), false));
            }
            StoredNote::Unreadable(reason) => {
                let what = format!("the note on `{}` cannot be read: {reason}", commit.short());
                return Err(unread(what, true));
            }
        }
    }
    Ok(lines)
}

/// How many lines of each kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds {
    /// Tasks in their first revision.
    pub tasks: u64,
    /// Later revisions of tasks.
    pub revisions: u64,
    /// Opinions on tasks.
    pub opinions: u64,
    /// Tasks done by hand.
    pub by_hand: u64,
    /// Retractions.
    pub retractions: u64,
    /// Measured sessions.
    pub sessions: u64,
    /// Lines that this version does not read.
    pub unknown: u64,
}

impl Kinds {
    /// Counts lines.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a Vec<u8>>) -> Self {
        let mut kinds = Self::default();
        for line in lines {
            let count = match Record::decode(line) {
                Ok(Record::Task(task)) if task.rev == 0 => &mut kinds.tasks,
                Ok(Record::Task(_)) => &mut kinds.revisions,
                Ok(Record::Opinion(_)) => &mut kinds.opinions,
                Ok(Record::ByHand(_)) => &mut kinds.by_hand,
                Ok(Record::Tombstone(_)) => &mut kinds.retractions,
                Ok(Record::Session(_)) => &mut kinds.sessions,
                Err(_) => &mut kinds.unknown,
            };
            *count += 1;
        }
        kinds
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.tasks, "task", "tasks"),
            (self.revisions, "revision", "revisions"),
            (self.opinions, "opinion", "opinions"),
            (self.by_hand, "task by hand", "tasks by hand"),
            (self.retractions, "retraction", "retractions"),
            (self.sessions, "session", "sessions"),
            (self.unknown, "line of an unknown kind", "lines of unknown kinds"),
        ];
        let told = parts.into_iter().filter(|(count, ..)| *count > 0);
        let told: Vec<String> = told.map(|(count, one, many)| counted(count, one, many)).collect();
        match told.is_empty() {
            true => f.write_str("nothing new"),
            false => f.write_str(&told.join(", ")),
        }
    }
}

/// What one ledger has that others lack.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct News {
    /// The lines that are in the one and not in the other.
    pub lines: LedgerLines,
    /// Lines that are no longer in it. Its history contains them, and is shared with it.
    pub past: LedgerLines,
    /// The commits of tasks without code.
    pub tasks: Vec<ObjectId>,
    /// The messages of all commits, those of the notes included. Untrusted text.
    messages: Vec<(ObjectId, String)>,
}

impl News {
    /// What `ledger` has that `other` lacks. The commits of both are here.
    ///
    /// Fails if something of it cannot be read: then the difference is unknown.
    pub fn of(repo: &Repo, ledger: Tips, other: Tips) -> Result<Self, Unread> {
        let told = |tip: Option<ObjectId>, known: Option<ObjectId>| match tip.filter(|_| tip != known) {
            Some(tip) => Told::of(repo, tip, known),
            None => Ok(Told::default()),
        };
        let tasks = told(ledger.tasks, other.tasks)?;
        let notes = told(ledger.notes, other.notes)?;
        if notes == Told::default() {
            // The same ledger, or none at all.
            return Ok(Self::without_notes(tasks));
        }
        let known = lines(repo, other.notes)?;
        let standing = lines(repo, ledger.notes)?;
        let is_new = |line: &&Vec<u8>| !known.contains(*line);
        Ok(Self {
            past: notes
                .lines
                .difference(&standing)
                .filter(is_new)
                .cloned()
                .collect(),
            lines: standing.difference(&known).cloned().collect(),
            tasks: tasks.messages.iter().map(|(commit, _)| *commit).collect(),
            messages: tasks.messages.into_iter().chain(notes.messages).collect(),
        })
    }

    fn without_notes(tasks: Told) -> Self {
        Self {
            tasks: tasks.messages.iter().map(|(commit, _)| *commit).collect(),
            messages: tasks.messages,
            ..Self::default()
        }
    }

    /// Adds another difference.
    pub fn extend(&mut self, more: Self) {
        self.lines.extend(more.lines);
        self.past.extend(more.past);
        for commit in more.tasks {
            if !self.tasks.contains(&commit) {
                self.tasks.push(commit);
            }
        }
        self.messages.extend(more.messages);
    }

    /// Whether it is empty, even in its history.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.past.is_empty() && self.tasks.is_empty() && self.messages.is_empty()
    }

    /// What looks like a secret in it. A commit whose message repeats a record is not listed in addition to it.
    pub fn secrets(&self) -> Vec<Secret> {
        let all = self.lines.iter().chain(&self.past);
        let found: Vec<Secret> = all.flat_map(|line| secrets_of(line)).collect();
        if !found.is_empty() {
            return found;
        }
        let messages = self.messages.iter();
        let found = messages.filter_map(|(commit, message)| {
            Some(Secret {
                record: format!("commit {} of the ledger", commit.short()),
                field: "message".to_owned(),
                what: secret_in(message)?,
            })
        });
        found.collect()
    }
}

/// Something that looks like a secret, without the secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// Its record: `task 019d…`, `commit ab12… of the ledger`.
    pub record: String,
    /// The field. Untrusted text.
    pub field: String,
    /// What it looks like: `a GitHub token`.
    pub what: &'static str,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: its {} looks like it contains {}",
            self.record, self.field, self.what
        )
    }
}

/// What looks like a secret in one line: in any text of it, also if the kind of the line is unknown.
fn secrets_of(line: &[u8]) -> Vec<Secret> {
    let record = match Record::decode(line) {
        Ok(Record::Task(task)) if task.rev == 0 => format!("task {}", task.id),
        Ok(Record::Task(task)) => format!("revision {} of task {}", task.rev, task.id),
        Ok(Record::Opinion(opinion)) => format!("opinion on task {}", opinion.of),
        Ok(Record::ByHand(by_hand)) => format!("task {} done by hand", by_hand.id),
        Ok(Record::Tombstone(tombstone)) => format!("retraction of {}", tombstone.of),
        Ok(Record::Session(session)) => format!("record {} of a session", session.id),
        Err(_) => match id_of(line) {
            Some(id) => format!("line {id} of an unknown kind"),
            None => "a line of an unknown kind".to_owned(),
        },
    };
    let mut found = Vec::new();
    let mut look = |field: &str, text: &str| {
        if let Some(what) = secret_in(text) {
            found.push(Secret {
                record: record.clone(),
                field: field.to_owned(),
                what,
            });
        }
    };
    match serde_json::from_slice(line) {
        Ok(value) => visit_texts("", &value, &mut look),
        Err(_) => look("text", &String::from_utf8_lossy(line)),
    }
    found
}

/// The id of a line that a later version wrote.
fn id_of(line: &[u8]) -> Option<TaskId> {
    let value: Value = serde_json::from_slice(line).ok()?;
    value.get("id")?.as_str()?.parse().ok()
}

/// Visits every text of a value with the name of its field. Names are texts themselves, and values are not deep: the
/// parser has a limit.
fn visit_texts(field: &str, value: &Value, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => visit(if field.is_empty() { "text" } else { field }, text),
        Value::Array(values) => values.iter().for_each(|value| visit_texts(field, value, visit)),
        Value::Object(fields) => {
            for (name, value) in fields {
                visit("name of a field", name);
                visit_texts(name, value, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::task::sample;

    #[test]
    fn a_secret_is_named_by_its_place_and_not_repeated() {
        let mut task = sample();
        task.estimate.basis = Some("Quoted with PASSWORD=hunter22".into());
        let line = Record::Task(Box::new(task.clone())).encode();
        let found: Vec<String> = secrets_of(&line).iter().map(Secret::to_string).collect();
        assert_eq!(
            found,
            [format!(
                "task {}: its basis looks like it contains a password or token",
                task.id
            )]
        );
        for line in [
            br#"{"kind":"dream","v":7,"deep":[{"text":"PASSWORD=hunter22"}]}"#.as_slice(),
            b"PASSWORD=hunter22",
        ] {
            let found = secrets_of(line);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(found[0].record, "a line of an unknown kind");
        }
        assert_eq!(secrets_of(&Record::Task(Box::new(sample())).encode()), []);
    }

    #[test]
    fn lines_are_counted_by_kind() {
        let mut task = sample();
        let first = Record::Task(Box::new(task.clone())).encode();
        task.rev = 1;
        let second = Record::Task(Box::new(task)).encode();
        let lines = [first, second.clone(), second, b"?".to_vec()];
        assert_eq!(
            Kinds::of(&lines).to_string(),
            "1 task, 2 revisions, 1 line of an unknown kind"
        );
        assert_eq!(Kinds::default().to_string(), "nothing new");
    }
}
