//! Findings by kind: those of one rule and one level, the gravest first.

use crate::audit::rules::{RULES, Rule};
use crate::audit::{Finding, Level};
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::quantity::plural;
use crate::render::document::grouped;

/// Findings of one rule and one level, at least one.
pub(super) struct Kind<'a> {
    pub(super) level: Level,
    pub(super) rule: &'static Rule,
    pub(super) findings: &'a [Finding],
}

impl Kind<'_> {
    /// `3 estimates raised later`.
    pub(super) fn summary(&self) -> String {
        let count = self.findings.len();
        let noun = plural(&(count as u64), self.rule.one, self.rule.many);
        format!("{} {noun}", grouped(&count.to_string()))
    }
}

/// The kinds in the order of their worth: errors before warnings before notes, and of one level in the order of the rules, which
/// lists those about the ledger itself last: what was tampered with comes first, then what is impossible.
pub(super) fn kinds(findings: &[Finding]) -> Vec<Kind<'_>> {
    let is_same = |one: &Finding, other: &Finding| (one.level, one.rule) == (other.level, other.rule);
    let mut kinds: Vec<Kind<'_>> = findings
        .chunk_by(is_same)
        .filter_map(|findings| {
            let first = findings.first()?;
            Some(Kind {
                level: first.level,
                rule: RULES.iter().find(|rule| rule.id == first.rule)?,
                findings,
            })
        })
        .collect();
    kinds.sort_by_key(|kind| (std::cmp::Reverse(kind.level), rank(kind.rule)));
    kinds
}

/// Where the kind stands among those of its level.
fn rank(rule: &Rule) -> (bool, usize) {
    let at = RULES.iter().position(|one| one.id == rule.id);
    let is_about_ledger = rule.id.starts_with("ledger-") || rule.id == "revision-twice";
    (!is_about_ledger, at.unwrap_or(usize::MAX))
}

/// What a finding is about, as short as people read it. Untrusted text.
pub(super) fn short_id(found: &Finding) -> String {
    let id = &found.id;
    if let Ok(task) = id.parse::<TaskId>() {
        return task.short();
    }
    if let Ok(commit) = id.parse::<ObjectId>() {
        return commit.short();
    }
    match id.parse::<SessionId>() {
        Ok(session) => session.id.chars().take(8).collect(),
        Err(_) => id.clone(),
    }
}
