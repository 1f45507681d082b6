//! What the lines of a note record.

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

/// Whether a line is a revision of a task or its retraction.
pub(super) fn speaks_of(line: &[u8], id: TaskId) -> bool {
    match Record::decode(line) {
        Ok(Record::Task(task)) => task.id == id,
        Ok(Record::Tombstone(tombstone)) => tombstone.of == id.into(),
        Ok(Record::Session(_)) | Err(_) => false,
    }
}
