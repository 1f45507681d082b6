//! Findings by kind: those of one rule and one level, most severe first.

use crate::audit::rules::{RULES, Rule};
use crate::audit::{Finding, Level};
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::quantity::plural;
use crate::render::document::grouped;

/// Findings of one rule and one level, at least one.
pub(in crate::render) struct Kind<'a> {
    pub(in crate::render) level: Level,
    pub(in crate::render) rule: &'static Rule,
    pub(in crate::render) findings: &'a [Finding],
}

impl Kind<'_> {
    /// `3 estimates raised later`.
    pub(in crate::render) fn summary(&self) -> String {
        let count = self.findings.len();
        let noun = plural(&(count as u64), self.rule.one, self.rule.many);
        format!("{} {noun}", grouped(&count.to_string()))
    }
}

/// The kinds, most severe first: errors before warnings before notes. Within a level, a ledger that was tampered with comes
/// first; the others follow the order of the rules.
pub(in crate::render) fn kinds(findings: &[Finding]) -> Vec<Kind<'_>> {
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

/// The order among kinds of one level.
fn rank(rule: &Rule) -> (bool, usize) {
    let at = RULES.iter().position(|one| one.id == rule.id);
    let is_about_ledger = rule.id.starts_with("ledger-") || rule.id == "revision-twice";
    (!is_about_ledger, at.unwrap_or(usize::MAX))
}

/// The id of a finding, shortened for people; empty for a finding about the whole repository. Untrusted text.
pub(in crate::render) fn short_id(found: &Finding) -> String {
    let id = &found.id;
    if let Ok(task) = id.parse::<TaskId>() {
        return task.short();
    }
    if let Ok(commit) = id.parse::<ObjectId>() {
        return commit.short();
    }
    match id.parse::<SessionId>() {
        Ok(session) => session.id.chars().take(8).collect(),
        Err(_) => String::new(),
    }
}

/// The text with only the first eight digits of each UUID, as session ids are shown.
pub(in crate::render) fn with_short_ids(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('-') {
        let start = at.checked_sub(8).filter(|start| rest.is_char_boundary(*start));
        let uuid = start.and_then(|start| rest.get(start..start + UUID_LENGTH));
        match (start, uuid.filter(|uuid| is_uuid(uuid))) {
            (Some(start), Some(_)) => {
                short += &rest[..at];
                rest = &rest[start + UUID_LENGTH..];
            }
            _ => {
                short += &rest[..=at];
                rest = &rest[at + 1..];
            }
        }
    }
    short + rest
}

const UUID_LENGTH: usize = 36;

fn is_uuid(text: &str) -> bool {
    let is_dash = |at: usize| matches!(at, 8 | 13 | 18 | 23);
    text.bytes().enumerate().all(|(at, byte)| match is_dash(at) {
        true => byte == b'-',
        false => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_in_sentences_are_short() {
        for (long, short) in [
            (
                "names codex:48021d63-2ae1-4169-afd0-51731c224974, gone",
                "names codex:48021d63, gone",
            ),
            ("48021d63-2ae1-4169-afd0-51731c224974", "48021d63"),
            (
                "a-b ü-x 48021d63-2ae1-4169-afd0-51731c22497",
                "a-b ü-x 48021d63-2ae1-4169-afd0-51731c22497",
            ),
            ("–12345–-", "–12345–-"),
        ] {
            assert_eq!(with_short_ids(long), short);
        }
    }
}
