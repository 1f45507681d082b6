//! What a fork or a subagent repeats of its parent's history: it was the parent's work, so it counts there, also where the
//! parent's log is gone.
//!
//! Three signs tell what is repeated. Newer versions number the records and name the first one that is the thread's own.
//! Others keep the times, which then lie before the thread's beginning. The rest write the history anew in one burst, behind
//! the parent's `session_meta`: it lasts a second at most, and ends earlier where a turn begins that was started since.
//! Should a burst last longer, its token counts are still known by the parent's.

use serde_json::Value;

use super::super::log::{Log, What};
use super::super::value::{instant, number, text};
use super::{get, read_context, set, tokens};
use crate::facts::span::Moment;

/// How long the burst lasts, in milliseconds.
const BURST: i64 = 1000;

/// Notes when the thread began, and its first own record, where its `session_meta` says so.
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
pub(super) fn begin(parent: &str, at: Moment, log: &mut Log) {
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
    }
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
    let Ok(burst) = get(log, "burst").parse::<i64>() else {
        return false;
    };
    let is_over = at.since(Moment(burst)) >= BURST || begins_own_turn(payload, log);
    if is_over {
        set(log, "burst", "over");
    }
    !is_over
}

/// A repeated turn keeps the second in which it was started.
fn begins_own_turn(payload: &Value, log: &Log) -> bool {
    let started = number(payload, "/started_at").and_then(|seconds| i64::try_from(seconds).ok());
    matches!(text(payload, "/type"), "task_started" | "turn_started")
        && started.is_some_and(|second| second >= born(log).0.div_euclid(1000))
}

fn born(log: &Log) -> Moment {
    Moment(get(log, "born").parse().unwrap_or(i64::MIN))
}

/// What is repeated is where the thread goes on from: its token counts, its model and its folder.
pub(super) fn go_on_from(kind: &str, payload: &Value, log: &mut Log) {
    if kind == "turn_context" {
        read_context(payload, log);
    }
    if let Some(total) = payload.pointer("/info/total_token_usage") {
        log.carried.totals = tokens(total);
    }
}
