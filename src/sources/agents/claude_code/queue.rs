//! Prompts that wait until the agent takes them up.
//!
//! Headless runs also queue their prompt, and only the record that takes it up shows that: until then a queued prompt
//! counts as typed, and no longer does once a program turns out to have passed it. Texts are stored as hashes.

use super::super::log::{Key, Log, QueueState as State, Queued, Stamp, What};

/// The longest queue: of a longer one the oldest prompts are forgotten.
const LONGEST: usize = 500;

/// The hash of a prompt's text.
pub(super) fn hash(prompt: &str) -> Key {
    Key::of(&[prompt.trim()])
}

/// A prompt joins the queue; `typed` is `None` if a program passed it.
pub(super) fn join(text: Key, typed: Option<u32>, stamp: Stamp, log: &mut Log) {
    let event = typed.map(|typed| {
        log.push(stamp, What::Queued { typed });
        log.events.len() - 1
    });
    let queue = &mut log.carried.queue;
    if queue.len() >= LONGEST {
        queue.remove(0);
    }
    let state = State::Waiting;
    queue.push(Queued { text, event, state });
}

/// A prompt is taken out of the queue: the one with this text, otherwise the oldest. `taken` if a separate record
/// follows.
pub(super) fn leave(text: Option<Key>, taken: bool, log: &mut Log) {
    let queue = &mut log.carried.queue;
    let waiting = |entry: &Queued| entry.state == State::Waiting;
    let at = (queue.iter())
        .position(|entry| waiting(entry) && Some(entry.text) == text)
        .or_else(|| queue.iter().position(waiting));
    if let Some(entry) = at.and_then(|at| queue.get_mut(at)) {
        entry.state = if taken { State::Taken } else { State::Removed };
    }
}

/// All prompts leave the queue: the person gets them back to edit.
pub(super) fn empty(log: &mut Log) {
    log.carried.queue.clear();
}

/// A prompt reaches the agent during its work, as an attachment: returns whether it was in no queue before.
pub(super) fn attached(text: Key, human: bool, log: &mut Log) -> bool {
    let found = log.carried.queue.iter().position(|entry| entry.text == text);
    take(found, human, log);
    found.is_none()
}

/// A prompt is passed to the agent by a separate record: returns whether it was in the queue. If a program passed it,
/// it was not an action. Another prompt shows that what was taken before has reached the agent without a record.
pub(super) fn given(text: Key, human: bool, log: &mut Log) -> bool {
    let queue = &mut log.carried.queue;
    queue.retain(|entry| entry.state != State::Removed);
    let found = queue.iter().position(|entry| entry.text == text);
    if found.is_none() {
        queue.retain(|entry| entry.state == State::Waiting);
    }
    take(found, human, log);
    found.is_some()
}

/// Takes an entry out of the queue. If nobody typed it, the action is removed; the record still shows where the log
/// began.
fn take(found: Option<usize>, human: bool, log: &mut Log) {
    let Some(at) = found else { return };
    let event = log.carried.queue.remove(at).event.filter(|_| !human);
    if let Some(event) = event.and_then(|event| log.events.get_mut(event))
        && matches!(event.what, What::Queued { .. })
    {
        event.what = What::Place;
    }
}
