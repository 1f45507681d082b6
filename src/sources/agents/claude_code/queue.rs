//! Prompts that wait until the agent takes them up.
//!
//! Headless runs queue their prompt as well, and only the record that takes it up tells: until then a queued prompt counts
//! as typed, and is taken back where a program turns out to have given it. Texts are kept as hashes.

use super::super::log::{Key, Log, Stamp, What};

/// How an entry is named in [`Carried::other`](super::super::log::Carried::other).
const NAME: &str = "queued";

/// Where a prompt is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the queue.
    Waiting,
    /// Taken out of it to be given to the agent by a record of its own.
    Taken,
    /// Taken out of it by other means; an attachment may follow, a prompt does not.
    Removed,
}

/// A queued prompt.
#[derive(Clone, Copy)]
struct Entry {
    text: Key,
    /// Its event; `None` where a program queued it, not a person.
    event: Option<usize>,
    state: State,
}

impl Entry {
    fn format(self) -> String {
        let event = self.event.map_or(String::from("-"), |event| event.to_string());
        let state = match self.state {
            State::Waiting => "waiting",
            State::Taken => "taken",
            State::Removed => "removed",
        };
        format!("{:x} {event} {state}", self.text.0)
    }

    fn parse(value: &str) -> Option<Self> {
        let mut parts = value.split(' ');
        let text = Key(u64::from_str_radix(parts.next()?, 16).ok()?);
        let event = parts.next()?.parse().ok();
        let state = match parts.next()? {
            "waiting" => State::Waiting,
            "taken" => State::Taken,
            _ => State::Removed,
        };
        Some(Self { text, event, state })
    }
}

fn entries(log: &Log) -> Vec<Entry> {
    let own = log.carried.other.iter().filter(|(name, _)| name == NAME);
    own.filter_map(|(_, value)| Entry::parse(value)).collect()
}

fn keep(log: &mut Log, entries: &[Entry]) {
    log.carried.other.retain(|(name, _)| name != NAME);
    let kept = entries.iter().map(|entry| (NAME.to_owned(), entry.format()));
    log.carried.other.extend(kept);
}

/// The hash of a prompt's text.
pub(super) fn hash(prompt: &str) -> Key {
    Key::of(&[prompt.trim()])
}

/// A prompt joins the queue; `typed` is `None` where a program gave it.
pub(super) fn join(text: Key, typed: Option<u32>, stamp: Stamp, log: &mut Log) {
    let event = typed.map(|typed| {
        log.push(stamp, What::Queued { typed });
        log.events.len() - 1
    });
    let mut queue = entries(log);
    let state = State::Waiting;
    queue.push(Entry { text, event, state });
    keep(log, &queue);
}

/// A prompt is taken out of the queue: the one with this text, else the oldest. `taken` if a record of its own follows.
pub(super) fn leave(text: Option<Key>, taken: bool, log: &mut Log) {
    let mut queue = entries(log);
    let waiting = |entry: &Entry| entry.state == State::Waiting;
    let at = (queue.iter())
        .position(|entry| waiting(entry) && Some(entry.text) == text)
        .or_else(|| queue.iter().position(waiting));
    if let Some(entry) = at.and_then(|at| queue.get_mut(at)) {
        entry.state = if taken { State::Taken } else { State::Removed };
    }
    keep(log, &queue);
}

/// All prompts leave the queue: the person has them back to edit.
pub(super) fn empty(log: &mut Log) {
    keep(log, &[]);
}

/// A prompt reaches the agent beside its work, as an attachment: whether it was in no queue before.
pub(super) fn attached(text: Key, human: bool, log: &mut Log) -> bool {
    let mut queue = entries(log);
    let found = queue.iter().position(|entry| entry.text == text);
    take(found, human, &mut queue, log);
    keep(log, &queue);
    found.is_none()
}

/// A prompt is given to the agent by a record of its own: whether it stood in the queue. Where a program gave it, it was no
/// action. Another prompt shows that what was taken before has reached the agent without a record.
pub(super) fn given(text: Key, human: bool, log: &mut Log) -> bool {
    let mut queue = entries(log);
    queue.retain(|entry| entry.state != State::Removed);
    let found = queue.iter().position(|entry| entry.text == text);
    take(found, human, &mut queue, log);
    if found.is_none() {
        queue.retain(|entry| entry.state == State::Waiting);
    }
    keep(log, &queue);
    found.is_some()
}

/// Takes an entry out of the queue. That nobody typed it takes the action back; the record still shows where the log began.
fn take(found: Option<usize>, human: bool, queue: &mut Vec<Entry>, log: &mut Log) {
    let Some(at) = found else { return };
    let event = queue.remove(at).event.filter(|_| !human);
    if let Some(event) = event.and_then(|event| log.events.get_mut(event))
        && matches!(event.what, What::Queued { .. })
    {
        event.what = What::Place;
    }
}
