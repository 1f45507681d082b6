//! What a fork or a subagent repeats of its parent's history: it was the parent's work, so it counts there, even if the
//! parent's log no longer exists.
//!
//! Three signs show what is repeated. Newer versions number the records and name the first one that is the thread's
//! own. Others preserve the times, which are then before the thread's beginning. The rest rewrite the history, after
//! the parent's `session_meta`: all of it is before the first turn that began since, by its start time or its id,
//! however long the writing took. For logs without such a sign there is the clock: a second at most. What follows that
//! second is the thread's own until a turn of its own shows that it is not, and is then not a second copy of the
//! parent's log.

use serde_json::Value;

use super::super::log::{Log, Name, What};
use super::super::value::{instant, number, text};
use super::state::{get, read_context, set, tokens};
use crate::facts::span::Moment;

/// How long the burst lasts, in milliseconds.
const BURST: i64 = 1000;
/// A burst longer than that: a turn of the thread's own may still show that it was one.
const LATE: &str = "late";
/// What follows is the thread's own.
const OVER: &str = "over";
/// The largest difference between the time in a thread's id and the one in its `session_meta`, in milliseconds.
const CLOCKS: i64 = 60_000;

/// Notes when the thread began, and its first own record, if its `session_meta` names it.
pub(super) fn expect(payload: &Value, at: Moment, log: &mut Log) {
    let born = instant(payload, "/timestamp").map_or(at, |born| born.min(at));
    set(log, "born", &born.0.to_string());
    // Some versions write the number as a text.
    let first = [
        "/subagent_history_start_ordinal",
        "/history_base/end_ordinal_exclusive",
    ]
    .iter()
    .find_map(|pointer| number(payload, pointer).or_else(|| text(payload, pointer).parse().ok()));
    if let Some(first) = first {
        set(log, "first own", &first.to_string());
    }
}

/// The `session_meta` of another thread: what follows may be its history.
pub(super) fn begin(parent: &str, at: Moment, line: u32, log: &mut Log) {
    let Some(mut stamp) = log.carried.stamp else {
        return;
    };
    if !stamp.copied {
        let parent = log.name(parent);
        log.push(stamp, What::Parent(parent));
        stamp.copied = true;
        log.carried.stamp = Some(stamp);
    }
    if at >= born(log) && get(log, "burst").is_empty() {
        set(log, "burst", &at.0.to_string());
        set(log, "history", &format!("{line} {parent}"));
    }
}

/// The thread was resumed: what its log had by then is settled.
pub(super) fn taken_up(log: &mut Log) {
    if get(log, "burst") == LATE {
        set(log, "burst", OVER);
    }
}

/// The owner of this record. After the second of a burst it may be the parent's: one that names its turn gets the
/// parent's id, so that it is the same record there.
pub(super) fn thread(own: Name, log: &Log) -> &str {
    let is_unsure = get(log, "burst") == LATE && !get(log, "turn id").is_empty();
    let parent = get(log, "history").split_once(' ').map(|(_, parent)| parent);
    parent.filter(|_| is_unsure).unwrap_or_else(|| log.text(own))
}

/// Whether a record repeats the parent's.
pub(super) fn is_copied(record: &Value, payload: &Value, at: Moment, log: &mut Log) -> bool {
    if !log.carried.stamp.is_some_and(|stamp| stamp.copied) {
        return false;
    }
    if let (Ok(first), Some(ordinal)) = (get(log, "first own").parse::<u64>(), number(record, "/ordinal")) {
        return ordinal < first;
    }
    if at < born(log) {
        return true;
    }
    let burst = get(log, "burst").to_owned();
    match burst.parse::<i64>() {
        _ if matches!(&*burst, "" | OVER) => return false,
        _ if begins_own_turn(record, payload, log) => {
            forget_history(log);
            set(log, "burst", OVER);
        }
        Ok(start) if at.since(Moment(start)) < BURST => return true,
        _ => set(log, "burst", LATE),
    }
    false
}

/// A repeated turn keeps the second of its start, and its id.
fn begins_own_turn(record: &Value, payload: &Value, log: &Log) -> bool {
    let is_start = matches!(text(payload, "/type"), "task_started" | "turn_started");
    if !is_start && text(record, "/type") != "turn_context" {
        return false;
    }
    let started = number(payload, "/started_at").and_then(|seconds| i64::try_from(seconds).ok());
    let was_started = started.map(|second| second >= born(log).0.div_euclid(1000));
    was_started.unwrap_or_else(|| is_later(text(payload, "/turn_id"), log))
}

/// Whether a turn's id was made after the thread's: both begin with their creation time, if the thread's does.
fn is_later(turn: &str, log: &Log) -> bool {
    let thread = log.carried.stamp.map(|stamp| log.text(stamp.session));
    let made = thread.and_then(made_at);
    made.is_some_and(|made| made.since(born(log)).abs() <= CLOCKS)
        && made_at(turn).is_some()
        && thread.is_some_and(|thread| turn.to_ascii_lowercase() > thread.to_ascii_lowercase())
}

/// The time in an id of version 7.
fn made_at(id: &str) -> Option<Moment> {
    let hex: String = id.split('-').collect();
    let is_one = id.len() == 36 && hex.len() == 32 && hex.get(12..13) == Some("7");
    let millis = i64::from_str_radix(hex.get(..12)?, 16).ok()?;
    is_one.then_some(Moment(millis))
}

/// Removes what was counted as the thread's own before its first turn.
fn forget_history(log: &mut Log) {
    let line = get(log, "history").split_once(' ');
    let Some(first) = line.and_then(|(line, _)| line.parse::<u32>().ok()) else {
        return;
    };
    log.events.retain(|event| event.stamp.line < first);
    log.carried.open_commands.clear();
    for state in [
        "turn",
        "prompts",
        "messages",
        "own command",
        "compacted",
        "asks",
        "policy",
        "escalated",
    ] {
        set(log, state, "");
    }
}

fn born(log: &Log) -> Moment {
    Moment(get(log, "born").parse().unwrap_or(i64::MIN))
}

/// The repeated part is where the thread continues from: its token counts, its model and its directory.
pub(super) fn go_on_from(kind: &str, payload: &Value, log: &mut Log) {
    if kind == "turn_context" {
        read_context(payload, log);
    }
    if let Some(total) = payload.pointer("/info/total_token_usage") {
        log.carried.totals = tokens(total);
    }
}
