//! `progress` records: what a tool does while it runs. Older logs keep the records of subagents in them.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::super::json;
use super::super::log::{Key, Log};
use super::super::record::moment;
use super::{Progress, Record, key, read_record};
use crate::facts::span::Moment;

/// Reads a `progress` record. `nested` are the records of subagents that this log had before: some versions repeat all
/// of them each time.
pub(super) fn read(record: &Record<'_>, line: u32, nested: &mut HashSet<Key>, log: &mut Log) {
    let Some(data) = &record.data else { return };
    match &*data.kind {
        "bash_progress" => note_start(record, data, log),
        "agent_progress" => {
            let repeated = data.normalized_messages.iter().copied();
            for raw in data.message.into_iter().chain(repeated) {
                read_nested(record, data, raw, line, nested, log);
            }
        }
        _ => {}
    }
}

/// Reads a record of a subagent in the envelope of the record that it stands in.
fn read_nested(
    envelope: &Record<'_>,
    data: &Progress<'_>,
    raw: &RawValue,
    line: u32,
    seen: &mut HashSet<Key>,
    log: &mut Log,
) {
    let Ok(mut record) = json::part::<Record<'_>>(raw) else {
        return;
    };
    if record.timestamp.is_empty() {
        record.timestamp = envelope.timestamp.as_ref().into();
    }
    record.session_id = envelope.session_id.as_ref().into();
    record.cwd = envelope.cwd.as_ref().into();
    record.git_branch = envelope.git_branch.as_ref().into();
    record.version = envelope.version.as_ref().into();
    record.agent_id = data.agent_id.as_ref().into();
    record.is_sidechain = true;
    record.nested = true;
    if seen.insert(key(&record)) {
        read_record(&record, line, log);
    }
}

/// How the start of a command is named in what is carried.
fn name(id: Key) -> String {
    format!("ran {:x}", id.0)
}

/// A command that runs says for how long: before that it waited.
fn note_start(record: &Record<'_>, data: &Progress<'_>, log: &mut Log) {
    let elapsed = data
        .elapsed_time_seconds
        .and_then(|seconds| i64::try_from(seconds).ok());
    if let (Some(at), Some(elapsed)) = (moment(&record.timestamp), elapsed) {
        let name = name(Key::of(&[&record.parent_tool]));
        if log.carried.noted(&name).is_none() {
            let since = at.plus(-elapsed.saturating_mul(1_000));
            log.carried.note(&name, &since.0.to_string());
        }
    }
}

/// Since when a command that has ended now ran, if its progress told.
pub(super) fn ran_since(id: Key, log: &mut Log) -> Option<Moment> {
    let since = log.carried.take_note(&name(id))?;
    since.parse().ok().map(Moment)
}
