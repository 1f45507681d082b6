//! Macros of Rust that make tests: only all files together tell how many.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Macros that make tests, and calls of macros that may.
#[derive(Debug, Default)]
pub(super) struct Macros {
    pub(super) makes_tests: BTreeSet<String>,
    /// Calls of macros of other files.
    calls: BTreeMap<String, u64>,
    /// Calls of macros of the same file.
    own_calls: u64,
}

impl Macros {
    /// A macro's scope is its file, or else its name should say what it makes: `matches!` is seldom a test.
    pub(super) fn call(&mut self, name: Cow<'_, str>) {
        if self.makes_tests.contains(name.as_ref()) {
            self.own_calls += 1;
        } else if name.contains("test") {
            *self.calls.entry(name.into_owned()).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.own_calls += other.own_calls;
        self.makes_tests.extend(other.makes_tests);
        for (name, calls) in other.calls {
            *self.calls.entry(name).or_default() += calls;
        }
    }

    /// Calls of macros that make tests.
    pub(super) fn tests(&self) -> u64 {
        let calls = self.makes_tests.iter().filter_map(|name| self.calls.get(name));
        self.own_calls + calls.sum::<u64>()
    }
}
