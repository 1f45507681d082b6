//! `progress` records: what a tool does while it runs. Older logs store the records of subagents in them.

use std::collections::HashSet;

use serde_json::value::RawValue;

use super::super::json;
use super::super::log::{Key, Log};
use super::super::record::moment;
use super::records::{Progress, Record, key};
use crate::facts::span::Moment;

/// Reads a `progress` record. `nested` are the records of subagents that this log had before: some versions repeat all
/// of them each time. `read_record` reads each that is new.
pub(super) fn read(
    record: &Record<'_>,
    line: u32,
    nested: &mut HashSet<Key>,
    log: &mut Log,
    read_record: impl Fn(&Record<'_>, u32, &mut Log),
) {
    let Some(data) = &record.data else { return };
    match &*data.kind {
        "bash_progress" => note_start(record, data, log),
        "agent_progress" => {
            let repeated = data.normalized_messages.iter().copied();
            for raw in data.message.into_iter().chain(repeated) {
                if let Some(inner) = nested_record(record, data, raw)
                    && nested.insert(key(&inner))
                {
                    read_record(&inner, line, log);
                }
            }
        }
        _ => {}
    }
}

/// A record of a subagent in the envelope of the record that contains it.
fn nested_record<'a>(envelope: &Record<'a>, data: &Progress<'a>, raw: &'a RawValue) -> Option<Record<'a>> {
    let mut record = json::part::<Record<'_>>(raw).ok()?;
    if record.timestamp.is_empty() {
        record.timestamp = envelope.timestamp.clone();
    }
    record.session_id = envelope.session_id.clone();
    record.cwd = envelope.cwd.clone();
    record.git_branch = envelope.git_branch.clone();
    record.version = envelope.version.clone();
    record.agent_id = data.agent_id.clone();
    record.is_sidechain = true;
    record.nested = true;
    Some(record)
}

/// The key of a command's start among what is carried.
fn name(id: Key) -> String {
    format!("ran {:x}", id.0)
}

/// A running command reports for how long: before that it waited.
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

/// Since when a command that has ended now ran, if its progress showed it.
pub(super) fn ran_since(id: Key, log: &mut Log) -> Option<Moment> {
    let since = log.carried.take_note(&name(id))?;
    since.parse().ok().map(Moment)
}
