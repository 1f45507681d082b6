//! A finding before its rule is added.

use std::collections::BTreeMap;

use super::allowed::Tie;
use super::{Finding, Level};
use crate::facts::task::Task;

/// A count for people, with a comma between thousands.
pub(super) fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A finding without the parts that all findings of its rule share.
pub(super) struct Found {
    level: Level,
    id: String,
    tie: Tie,
    message: String,
    figures: BTreeMap<&'static str, f64>,
}

impl Found {
    /// A finding about a commit, a session, or the whole.
    pub(super) fn new(level: Level, id: &dyn ToString, message: String) -> Self {
        Self {
            level,
            id: id.to_string(),
            tie: Tie::Nothing,
            message,
            figures: BTreeMap::new(),
        }
    }

    /// A finding about the current revision of a task.
    pub(super) fn of(level: Level, task: &Task, message: String) -> Self {
        Self {
            tie: Tie::Revision(task.rev),
            ..Self::new(level, &task.id, message)
        }
    }

    /// A finding that counts something and may grow.
    pub(super) fn up_to(self, count: u64) -> Self {
        Self {
            tie: Tie::UpTo(count),
            ..self
        }
    }

    pub(super) fn figure(mut self, name: &'static str, value: f64) -> Self {
        self.figures.insert(name, value);
        self
    }

    /// The finding of the rule with this id, and what it depends on.
    pub(super) fn into_finding(self, rule: &'static str, advice: &'static str) -> (Tie, Finding) {
        let finding = Finding {
            entry: self.tie.entry(rule, &self.id),
            rule,
            level: self.level,
            id: self.id,
            message: self.message,
            figures: self.figures,
            advice,
        };
        (self.tie, finding)
    }
}
