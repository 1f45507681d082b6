//! The calls of a lane that have no result yet, with answers to the questions that every event asks of all of them:
//! none of them needs a loop over the calls, since a log may leave any number of calls unanswered.

use std::collections::{BTreeMap, HashMap};

use super::log::{Key, Tool};
use crate::facts::span::Moment;

/// A call without a result yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenCall {
    /// When it was made.
    pub since: Moment,
    /// What was called.
    pub tool: Tool,
    /// Whether the log shows that a person was asked.
    pub asked: bool,
    /// Whether a person may have been asked.
    pub may_wait: bool,
    /// The longest time that it is assumed to run, in milliseconds.
    pub bound: i64,
}

/// The calls without a result yet, by id.
#[derive(Debug, Default)]
pub struct OpenCalls {
    calls: HashMap<Key, OpenCall>,
    /// How many of them have each bound.
    bounds: BTreeMap<i64, usize>,
    questions: usize,
    asked: usize,
    may_wait: usize,
    instant: usize,
}

impl OpenCalls {
    /// Adds a call; an earlier one with the same id is forgotten.
    pub fn insert(&mut self, id: Key, call: OpenCall) {
        if let Some(before) = self.calls.insert(id, call) {
            self.uncount(before);
        }
        *self.bounds.entry(call.bound).or_default() += 1;
        self.questions += usize::from(call.tool == Tool::Question);
        self.asked += usize::from(call.asked);
        self.may_wait += usize::from(call.may_wait);
        self.instant += usize::from(call.tool == Tool::Instant);
    }

    /// Removes a call that ended.
    pub fn remove(&mut self, id: Key) {
        if let Some(call) = self.calls.remove(&id) {
            self.uncount(call);
        }
    }

    fn uncount(&mut self, call: OpenCall) {
        if let Some(count) = self.bounds.get_mut(&call.bound) {
            *count -= 1;
            if *count == 0 {
                self.bounds.remove(&call.bound);
            }
        }
        self.questions -= usize::from(call.tool == Tool::Question);
        self.asked -= usize::from(call.asked);
        self.may_wait -= usize::from(call.may_wait);
        self.instant -= usize::from(call.tool == Tool::Instant);
    }

    /// Gives up all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A call by its id.
    pub fn get(&self, id: Key) -> Option<OpenCall> {
        self.calls.get(&id).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// Whether one of them is a question to the person.
    pub fn has_question(&self) -> bool {
        self.questions > 0
    }

    /// The longest time that any of them is assumed to run, in milliseconds; `None` if there are none.
    pub fn bound(&self) -> Option<i64> {
        self.bounds.keys().next_back().copied()
    }

    /// Whether a person was asked for each.
    pub fn are_asked(&self) -> bool {
        self.asked == self.len()
    }

    /// Whether each may wait for a person.
    pub fn may_wait(&self) -> bool {
        self.may_wait == self.len()
    }

    /// Whether each is a read, a search or an edit.
    pub fn are_instant(&self) -> bool {
        self.instant == self.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call() -> impl Strategy<Value = OpenCall> {
        let tools = prop_oneof![
            Just(Tool::Question),
            Just(Tool::Instant),
            Just(Tool::Subagent),
            Just(Tool::Command { timeout: None }),
        ];
        (tools, any::<bool>(), any::<bool>(), 1..4_i64).prop_map(|(tool, asked, may_wait, bounds)| OpenCall {
            since: Moment(0),
            tool,
            asked,
            may_wait,
            bound: bounds * 1000,
        })
    }

    proptest! {
        #[test]
        fn what_is_kept_is_what_a_look_at_each_tells(
            steps in prop::collection::vec((0..6_u64, prop::option::of(call())), 0..40),
        ) {
            let mut open = OpenCalls::default();
            let mut plain: HashMap<Key, OpenCall> = HashMap::new();
            for (id, call) in steps {
                match call {
                    Some(call) => {
                        open.insert(Key(id), call);
                        plain.insert(Key(id), call);
                    }
                    None if id == 0 => {
                        open.clear();
                        plain.clear();
                    }
                    None => {
                        open.remove(Key(id));
                        plain.remove(&Key(id));
                    }
                }
                let all = || plain.values();
                prop_assert_eq!(open.len(), plain.len());
                prop_assert_eq!(open.is_empty(), plain.is_empty());
                prop_assert_eq!(open.get(Key(id)), plain.get(&Key(id)).copied());
                prop_assert_eq!(open.bound(), all().map(|call| call.bound).max());
                prop_assert_eq!(open.has_question(), all().any(|call| call.tool == Tool::Question));
                prop_assert_eq!(open.are_asked(), all().all(|call| call.asked));
                prop_assert_eq!(open.may_wait(), all().all(|call| call.may_wait));
                prop_assert_eq!(open.are_instant(), all().all(|call| call.tool == Tool::Instant));
            }
        }
    }
}
