//! Where the turns of a thread begin and end, and who asked for them.
//!
//! A turn begins with `task_started`. Usually a prompt follows, and the turn is that of the prompt. Without one it is
//! another agent's message, or a compaction that a person asked for.

use serde_json::Value;

use super::super::log::{Key, Log, Stamp, What};
use super::super::prose;
use super::super::value::{items, millis, text};
use super::state::{get, set};
use crate::facts::session::ActionKind;

/// The command that compacts a thread: the log has no text of it.
const COMPACT: &str = "/compact";

/// A turn began; in logs that write the prompt first, it is known by now.
pub(super) fn began(stamp: Stamp, log: &mut Log) {
    set(log, "task", &stamp.line.to_string());
    set(log, "compacted", "");
    if get(log, "turn") == "asked" {
        return set(log, "turn", "prompted");
    }
    set(log, "turn", "open");
    // Counts unless a prompt follows before the agent does anything.
    log.push(stamp, What::Automated);
}

/// A turn ended.
pub(super) fn ended(payload: &Value, stamp: Stamp, log: &mut Log) {
    let is_persons = get(log, "automated").is_empty();
    if is_persons && get(log, "turn") == "open" && !get(log, "compacted").is_empty() {
        ask_for_compaction(log);
    }
    set(log, "turn", "");
    let what = if is_persons && text(payload, "/reason") == "interrupted" {
        What::Interrupted
    } else {
        What::TurnEnd(millis(payload, "/duration_ms"))
    };
    log.push(stamp, what);
}

/// The history was compacted, in a separate turn or within one.
pub(super) fn compacted(stamp: Stamp, log: &mut Log) {
    set(log, "compacted", "yes");
    log.push(stamp, What::Work);
}

/// A turn that only compacted is one that a person asked for.
fn ask_for_compaction(log: &mut Log) {
    let line = get(log, "task").parse::<u32>().ok();
    let mut recent = log.events.iter_mut().rev();
    let start = recent.find(|event| Some(event.stamp.line) == line && matches!(event.what, What::Automated));
    if let Some(start) = start {
        start.what = What::Prompt {
            kind: ActionKind::Command,
            typed: prose::typed(COMPACT),
        };
    }
}

/// A message of another agent: it is the subject of a turn without a prompt.
pub(super) fn told_by_agent(stamp: Stamp, log: &mut Log) {
    if get(log, "turn") == "open" {
        set(log, "turn", "prompted");
        log.push(stamp, What::Automated);
    }
}

/// A `!` command. Newer logs have it twice, as the ended command and as the message to the model: `form` shows which
/// one this is, and its counterpart is skipped.
pub(super) fn own_command(form: &str, command: &str, stamp: Stamp, log: &mut Log) {
    let Key(said) = Key::of(&[command.trim()]);
    let (form_of_last, last) = get(log, "own command").split_once(' ').unwrap_or_default();
    if form_of_last != form && last == said.to_string() {
        return set(log, "own command", "");
    }
    set(log, "own command", &format!("{form} {said}"));
    let (kind, typed) = (ActionKind::Shell, prose::typed(command));
    log.push(stamp, What::Local { kind, typed });
}

/// The command line of a `!` command: the last argument of the shell.
pub(super) fn typed_command(command: &Value) -> &str {
    let words = items(command, "/command");
    let script = words.last().and_then(Value::as_str);
    script.unwrap_or_else(|| text(command, "/command"))
}
