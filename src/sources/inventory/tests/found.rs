//! What the rules of every language family share: what a file adds, and how its text is searched.

use std::collections::{BTreeMap, BTreeSet};

use regex::bytes::Regex;

use super::macros::Macros;
use crate::facts::inventory::Cases;

/// What one file adds.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) cases: BTreeMap<&'static str, Cases>,
    pub(super) macros: Macros,
    pub(super) doc_examples: u64,
    pub(super) inline_test_lines: u64,
    /// Whether it may hold cases that are not counted.
    pub(super) is_open: bool,
}

impl Found {
    pub(super) fn add(&mut self, framework: &'static str, cases: Cases) {
        if cases.cases > 0 {
            *self.cases.entry(framework).or_default() += cases;
        }
    }
}

/// Marks at `tests`, those on one function counted once: between two functions stands a brace or a semicolon. A function
/// with a mark at `parameters` as well has parameters.
pub(super) fn grouped(masked: &[u8], tests: &[usize], parameters: &[usize]) -> Cases {
    let parameters: BTreeSet<usize> = parameters.iter().copied().collect();
    let ends = |from: usize| {
        let rest = masked.get(from..).unwrap_or_default();
        // An argument of the mark itself may hold a brace: the function starts behind its brackets.
        let mut depth = 0_usize;
        rest.iter()
            .position(|byte| {
                match byte {
                    b'(' | b'[' => depth += 1,
                    b')' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && matches!(byte, b'{' | b';')
            })
            .map_or(masked.len(), |at| from + at)
    };
    let mut cases = Cases::default();
    let mut past = 0;
    for &test in tests {
        if test < past {
            continue;
        }
        // Marks of parameters may stand above that of the test.
        let above = past;
        past = ends(test);
        cases.cases += 1;
        let same_function = |at: &usize| *at >= test || ends(*at) == past;
        let has_parameters = parameters.range(above..past).any(same_function);
        cases.parametrized += u64::from(has_parameters);
    }
    cases
}

pub(super) fn contains(text: &[u8], word: &str) -> bool {
    memchr::memmem::find(text, word.as_bytes()).is_some()
}

/// A pattern written in this directory. The tests use every one, so none is wrong.
pub(super) fn pattern(text: &str) -> Regex {
    #[allow(clippy::unwrap_used)]
    Regex::new(text).unwrap()
}

pub(super) fn text_pattern(text: &str) -> regex::Regex {
    #[allow(clippy::unwrap_used)]
    regex::Regex::new(text).unwrap()
}
