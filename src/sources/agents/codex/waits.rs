//! Threads that wait for a subagent which waits for the person: nobody works in them meanwhile. Each thread has a
//! separate log, so this is known only once all are read. The answer stays an action in the thread that asked.
//!
//! A log may have any number of questions, calls and threads: each is looked up, none is searched linearly.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use super::super::log::{Event, Key, Log, Stamp, Tool, What};
use super::state::get;
use crate::facts::span::{Moment, Span};

/// The most threads that wait for each other: deeper than any agent nests.
const DEEPEST: usize = 64;

/// A question of a thread, by the thread's number.
struct Question {
    thread: usize,
    asked: Span,
}

/// Subtracts the time in which a subagent waited for the person from that of the threads that waited for the subagent.
pub(super) fn settle(logs: &mut [(PathBuf, Log)]) {
    let threads = Threads::of(logs);
    let mut waits: BTreeMap<usize, Vec<Event>> = BTreeMap::new();
    let questions: Vec<Question> = logs.iter().flat_map(|(_, log)| threads.questions(log)).collect();
    for question in questions.into_iter().rev() {
        let mut child = question.thread;
        // Threads that name each other as parents end here.
        for _ in 0..DEEPEST {
            let Some(parent) = threads.parent(child) else {
                break;
            };
            if threads.others_work(parent, child, question.asked) {
                break;
            }
            let Some(log) = threads.known.get(parent).and_then(|thread| thread.log) else {
                break;
            };
            let calls = threads.calls.get(&log);
            let Some(event) = calls.and_then(|calls| calls.wait(question.asked)) else {
                break;
            };
            waits.entry(log).or_default().push(event);
            child = parent;
            if child == question.thread {
                break;
            }
        }
    }
    for (log, events) in waits {
        if let Some((_, log)) = logs.get_mut(log) {
            insert(events, log);
        }
    }
}

fn thread(log: &Log) -> Option<&str> {
    log.carried.stamp.map(|stamp| log.text(stamp.session))
}

fn parent(log: &Log) -> Option<&str> {
    log.events.iter().find_map(|event| match event.what {
        What::Parent(name) => Some(log.text(name)),
        _ => None,
    })
}

/// A thread that is named by a log, or has one.
#[derive(Default)]
struct Thread {
    /// The last of its logs.
    log: Option<usize>,
    /// The thread that called it, if no person is at this one.
    parent: Option<usize>,
    /// When its subagents did something, in order of time, each with the number of the subagent.
    beneath: Vec<(Moment, usize)>,
    /// For each of these, the position of the next one of another subagent.
    next_other: Vec<usize>,
}

/// A call for a subagent, and when its result came.
struct Call {
    stamp: Stamp,
    ended: Moment,
}

struct Threads {
    numbers: HashMap<String, usize>,
    known: Vec<Thread>,
    /// The calls for subagents in each log that waits.
    calls: HashMap<usize, Calls>,
}

impl Threads {
    fn of(logs: &[(PathBuf, Log)]) -> Self {
        let mut threads = Self {
            numbers: HashMap::new(),
            known: Vec::new(),
            calls: HashMap::new(),
        };
        let mut waited_in = Vec::new();
        for (at, (_, log)) in logs.iter().enumerate() {
            let own = thread(log).map(|name| threads.number(name));
            let above = parent(log).map(|name| threads.number(name));
            if let Some(own) = own {
                threads.known[own].log = Some(at);
                threads.known[own].parent = above.filter(|_| !get(log, "automated").is_empty());
            }
            if let Some(above) = above {
                let own = own.unwrap_or(usize::MAX);
                let times = log.events.iter().map(|event| (event.stamp.at, own));
                threads.known[above].beneath.extend(times);
                waited_in.push(above);
            }
        }
        for above in waited_in {
            let thread = &mut threads.known[above];
            if let Some(at) = thread.log {
                let events = logs.get(at).map_or(&[][..], |(_, log)| &log.events);
                threads.calls.entry(at).or_insert_with(|| Calls::of(events));
            }
            if thread.next_other.is_empty() {
                thread.beneath.sort_unstable();
                thread.next_other = next_other(&thread.beneath);
            }
        }
        threads
    }

    fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        self.known.push(Thread::default());
        self.numbers.insert(name.to_owned(), self.known.len() - 1);
        self.known.len() - 1
    }

    fn parent(&self, thread: usize) -> Option<usize> {
        self.known.get(thread)?.parent
    }

    /// The questions of a thread that were answered.
    fn questions(&self, log: &Log) -> Vec<Question> {
        let Some(thread) = thread(log).and_then(|name| self.numbers.get(name)).copied() else {
            return Vec::new();
        };
        let mut asked = HashMap::new();
        let mut found = Vec::new();
        for event in &log.events {
            match &event.what {
                What::Call {
                    id,
                    tool: Tool::Question,
                    ..
                } => {
                    asked.insert(*id, event.stamp.at);
                }
                What::Result { id, .. } => {
                    if let Some(since) = asked.remove(id) {
                        let asked = Span::new(since, event.stamp.at);
                        found.push(Question { thread, asked });
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// Whether another subagent of the waiting thread did something meanwhile: then it also waited for that one.
    fn others_work(&self, waiting: usize, own: usize, asked: Span) -> bool {
        let Some(thread) = self.known.get(waiting) else {
            return false;
        };
        let after = thread.beneath.partition_point(|(at, _)| *at <= asked.start);
        let other = match thread.beneath.get(after) {
            Some((_, child)) if *child == own => thread.next_other.get(after).copied(),
            _ => Some(after),
        };
        let other = other.and_then(|other| thread.beneath.get(other));
        other.is_some_and(|(at, _)| *at < asked.end)
    }
}

/// For each entry, the position of the next one of another subagent.
fn next_other(beneath: &[(Moment, usize)]) -> Vec<usize> {
    let mut next = vec![beneath.len(); beneath.len()];
    for at in (0..beneath.len().saturating_sub(1)).rev() {
        next[at] = match beneath[at].1 == beneath[at + 1].1 {
            true => next[at + 1],
            false => at + 1,
        };
    }
    next
}

/// The calls for subagents that ended, in the order of their results; of several that one result ends, the latest first.
struct Calls {
    calls: Vec<Call>,
    /// The latest end of the calls up to each.
    ended_by: Vec<Moment>,
    /// When each call was made, as the leaves of a tree: a node is the earliest of those below it.
    made: Vec<Moment>,
}

impl Calls {
    fn of(events: &[Event]) -> Self {
        let mut open: HashMap<Key, Vec<Stamp>> = HashMap::new();
        let mut calls: Vec<Call> = Vec::new();
        for event in events {
            match &event.what {
                What::Call {
                    id,
                    tool: Tool::Subagent,
                    ..
                } => open.entry(*id).or_default().push(event.stamp),
                What::Result { id, .. } => {
                    let ended = event.stamp.at;
                    let made = open.remove(id).into_iter().flatten().rev();
                    calls.extend(made.map(|stamp| Call { stamp, ended }));
                }
                _ => {}
            }
        }
        let latest = |latest: &mut Moment, call: &Call| {
            *latest = call.ended.max(*latest);
            Some(*latest)
        };
        let ended_by = calls.iter().scan(Moment(i64::MIN), latest).collect();
        let leaves = calls.len().next_power_of_two();
        let mut made = vec![Moment(i64::MAX); 2 * leaves];
        for (leaf, call) in made.iter_mut().skip(leaves).zip(&calls) {
            *leaf = call.stamp.at;
        }
        for node in (1..leaves).rev() {
            made[node] = made[2 * node].min(made[2 * node + 1]);
        }
        Self {
            calls,
            ended_by,
            made,
        }
    }

    /// The first of the calls from `from` on that was made by `latest`.
    fn made_by(&self, from: usize, latest: Moment) -> Option<usize> {
        let leaves = self.made.len() / 2;
        let mut node = leaves + from;
        if from >= self.calls.len() {
            return None;
        }
        while self.made[node] > latest {
            // The right neighbor: the next node of the same parent, or of the first parent that has one.
            while node % 2 == 1 {
                node /= 2;
            }
            if node == 0 {
                return None;
            }
            node += 1;
        }
        while node < leaves {
            node *= 2;
            node += usize::from(self.made[node] > latest);
        }
        Some(node - leaves)
    }

    /// Whether a thread waited all the time, if it had called a subagent.
    fn wait(&self, asked: Span) -> Option<Event> {
        let mut from = self.ended_by.partition_point(|ended| *ended < asked.end);
        // Results come in order of time, unless a clock was set back.
        let call = loop {
            let at = self.made_by(from, asked.start)?;
            match self.calls.get(at)? {
                call if call.ended >= asked.end => break call,
                _ => from = at + 1,
            }
        };
        let took = u32::try_from(asked.end.since(asked.start)).ok()?;
        let stamp = Stamp {
            at: asked.start,
            ..call.stamp
        };
        Some(Event {
            stamp,
            what: What::Backoff(took),
        })
    }
}

/// Adds events at their position by time: each after the last that is not later, of several the first of them first.
fn insert(mut added: Vec<Event>, log: &mut Log) {
    let mut earliest: Vec<Moment> = log.events.iter().map(|event| event.stamp.at).collect();
    for at in (0..earliest.len().saturating_sub(1)).rev() {
        earliest[at] = earliest[at].min(earliest[at + 1]);
    }
    // The times are increasing, so this also sorts by position.
    added.sort_by_key(|event| event.stamp.at);
    let mut merged = Vec::with_capacity(log.events.len() + added.len());
    let mut added = added.into_iter().peekable();
    for (place, event) in std::mem::take(&mut log.events).into_iter().enumerate() {
        while let Some(next) = added.next_if(|next| next.stamp.at < earliest[place]) {
            merged.push(next);
        }
        merged.push(event);
    }
    merged.extend(added);
    log.events = merged;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::log::{Name, Outcome};
    use super::*;

    fn event(at: i64, what: What) -> Event {
        let stamp = Stamp::new(Moment(at), 1, Name(0));
        Event { stamp, what }
    }

    /// The result of checking every event of the log.
    fn searched(asked: Span, events: &[Event]) -> Option<Moment> {
        let mut calls: HashMap<Key, Stamp> = HashMap::new();
        let mut waits: Option<Stamp> = None;
        for event in events {
            match &event.what {
                What::Call { id, .. } if event.stamp.at <= asked.start => {
                    calls.insert(*id, event.stamp);
                }
                What::Result { id, .. } if event.stamp.at >= asked.end => {
                    waits = waits.or(calls.get(id).copied());
                }
                What::Result { id, .. } => {
                    calls.remove(id);
                }
                _ => {}
            }
        }
        waits.map(|call| call.at)
    }

    /// The call that a thread waited for, by the index.
    fn indexed(asked: Span, events: &[Event]) -> Option<Moment> {
        let calls = Calls::of(events);
        calls.wait(asked)?;
        let mut from = calls.ended_by.partition_point(|ended| *ended < asked.end);
        loop {
            let at = calls.made_by(from, asked.start)?;
            if calls.calls[at].ended >= asked.end {
                return Some(calls.calls[at].stamp.at);
            }
            from = at + 1;
        }
    }

    proptest! {
        #[test]
        fn a_call_is_found_as_a_search_finds_it(
            calls in prop::collection::vec((0..30_i64, 0..30_i64), 0..12),
            (start, length) in (0..30_i64, 0..10_i64),
        ) {
            let mut events: Vec<(i64, Event)> = Vec::new();
            for (number, (at, took)) in calls.into_iter().enumerate() {
                let id = Key(number as u64);
                let call = What::Call { id, tool: Tool::Subagent, changes: Vec::new(), reads: Vec::new() };
                let result = What::Result {
                    id,
                    outcome: Outcome::Done,
                    took: None,
                    typed: 0,
                    changes: None,
                    commits: Vec::new(),
                };
                events.push((at, event(at, call)));
                events.push((at + took, event(at + took, result)));
            }
            events.sort_by_key(|(at, _)| *at);
            let events: Vec<Event> = events.into_iter().map(|(_, event)| event).collect();
            let asked = Span::new(Moment(start), Moment(start + length));
            prop_assert_eq!(indexed(asked, &events), searched(asked, &events));
        }

        #[test]
        fn events_are_put_where_one_after_the_other_would_be(
            times in prop::collection::vec(0..20_i64, 0..12),
            added in prop::collection::vec(0..20_i64, 0..8),
        ) {
            let mut log = Log::default();
            log.events.extend(times.iter().map(|at| event(*at, What::Work)));
            let mut one_by_one = log.events.clone();
            let new = |(number, at): (usize, &i64)| event(*at, What::Backoff(number as u32));
            let new: Vec<Event> = added.iter().enumerate().map(new).collect();
            for event in &new {
                let place = one_by_one.iter().rposition(|other| other.stamp.at <= event.stamp.at);
                one_by_one.insert(place.map_or(0, |at| at + 1), event.clone());
            }
            insert(new, &mut log);
            prop_assert_eq!(log.events, one_by_one);
        }
    }
}
