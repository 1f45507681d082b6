//! What the lines of a note record, and the titles in those of a message.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::ids::{SessionId, TaskId};
use crate::facts::record::{NoteLines, Record};
use crate::facts::task::Task;

/// The last revision of each task that lines record.
pub fn tasks(lines: &NoteLines) -> Vec<Task> {
    let mut found: BTreeMap<TaskId, Task> = BTreeMap::new();
    for line in lines.iter() {
        if let Ok(Record::Task(task)) = Record::decode(line) {
            let known = found.entry(task.id).or_insert_with(|| (*task).clone());
            if (known.rev, known.at) < (task.rev, task.at) {
                *known = *task;
            }
        }
    }
    found.into_values().collect()
}

/// The sessions whose measures lines record, each once.
pub fn sessions(lines: &NoteLines) -> BTreeSet<SessionId> {
    let session = |line| match Record::decode(line) {
        Ok(Record::Session(session)) => Some(session.session),
        _ => None,
    };
    lines.iter().filter_map(session).collect()
}

/// The lines that are wanted.
pub(super) fn filtered(lines: &NoteLines, mut wanted: impl FnMut(&[u8]) -> bool) -> NoteLines {
    let mut kept = NoteLines::default();
    for line in lines.iter().filter(|line| wanted(line)) {
        kept.insert(line.to_vec());
    }
    kept
}

/// The tasks that lines retract.
pub(super) fn retracted<'a>(notes: impl Iterator<Item = &'a NoteLines>) -> BTreeSet<TaskId> {
    let of = |line: &[u8]| match Record::decode(line) {
        Ok(Record::Tombstone(tombstone)) => Some(tombstone.of.as_task()),
        _ => None,
    };
    notes
        .flat_map(|lines| lines.iter().filter_map(of).collect::<Vec<_>>())
        .collect()
}

/// The task of which a line is a revision, the retraction or an opinion.
pub(super) fn task_of(line: &[u8]) -> Option<TaskId> {
    match Record::decode(line) {
        Ok(Record::Task(task)) => Some(task.id),
        Ok(Record::Opinion(opinion)) => Some(opinion.of),
        Ok(Record::ByHand(by_hand)) => Some(by_hand.id),
        Ok(Record::Tombstone(tombstone)) => Some(tombstone.of.as_task()),
        Ok(Record::Session(_)) | Err(_) => None,
    }
}

/// What may be the title of a commit, or of one that was joined to it, in its message: each line, without the mark of a
/// list and without the number of a request that a forge appends.
pub(super) fn titles(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    message.split(|byte| *byte == b'\n').flat_map(|line| {
        let text = line.trim_ascii();
        let item = text.strip_prefix(b"* ").or_else(|| text.strip_prefix(b"- "));
        let whole = item.unwrap_or(text);
        std::iter::once(whole).chain(without_request(whole))
    })
}

/// `Title` of `Title (#12)` or `Title (!12)`.
fn without_request(title: &[u8]) -> Option<&[u8]> {
    let inner = title.strip_suffix(b")")?;
    let at = inner.iter().rposition(|byte| *byte == b'(')?;
    let (mark, number) = inner.get(at + 1..)?.split_first()?;
    let is_request =
        matches!(mark, b'#' | b'!') && !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    is_request.then(|| title[..at].trim_ascii_end())
}

/// Whether a line is a revision of a task, its retraction or an opinion on it.
pub(super) fn speaks_of(line: &[u8], id: TaskId) -> bool {
    task_of(line) == Some(id)
}
