//! Which findings are allowed: an explanation holds for a claim as it was, not for what it became.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Finding, Level};
use crate::facts::diagnostics::Warning;

/// Why a finding is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// As it was written. Untrusted text.
    pub text: String,
    /// Who says so.
    pub by: AllowedBy,
}

/// Who allows a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllowedBy {
    /// The repository that is audited, in a committed file.
    Repository,
    /// Whoever runs the audit.
    CommandLine,
}

/// A repository cannot allow errors about its own ledger.
const NOT_BY_REPOSITORY: [&str; 3] = ["ledger-line-removed", "revision-twice", "ledger-moved"];

impl Reason {
    fn may_allow(&self, finding: &Finding) -> bool {
        self.by == AllowedBy::CommandLine
            || finding.level < Level::Error
            || !NOT_BY_REPOSITORY.contains(&finding.rule)
    }
}

/// What an explanation depends on, so that it ends when that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// What it is about never changes.
    Nothing,
    /// The revision of the task.
    Revision(u32),
    /// This many, or fewer.
    UpTo(u64),
}

impl Tie {
    /// The entry for the finding as it is now: `RULE:ID`, or `RULE:ID@N` if it depends on something. Revision 0 needs no `@N`.
    pub(super) fn entry(self, rule: &str, id: &str) -> String {
        match self {
            Self::Nothing | Self::Revision(0) => format!("{rule}:{id}"),
            Self::Revision(revision) => format!("{rule}:{id}@{revision}"),
            Self::UpTo(count) => format!("{rule}:{id}@{count}"),
        }
    }

    /// Whether an entry that ends in `@number` applies.
    fn allows(self, number: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::Revision(revision) => number == u64::from(revision),
            Self::UpTo(count) => count <= number,
        }
    }
}

/// The entries, and which of them were used.
pub(super) struct Allowances<'a> {
    entries: &'a BTreeMap<String, Reason>,
    used: BTreeSet<&'a str>,
    /// Entries of the repository about what it cannot allow.
    refused: BTreeSet<&'a str>,
    /// Entries for an earlier state of a finding, with the entry for its current state.
    outdated: BTreeMap<&'a str, String>,
}

impl<'a> Allowances<'a> {
    pub(super) fn new(entries: &'a BTreeMap<String, Reason>) -> Self {
        Self {
            entries,
            used: BTreeSet::new(),
            refused: BTreeSet::new(),
            outdated: BTreeMap::new(),
        }
    }

    /// Why a finding is allowed, if it is.
    pub(super) fn reason(&mut self, finding: &Finding, tie: Tie) -> Option<&'a Reason> {
        let name = format!("{}:{}", finding.rule, finding.id);
        let same = self.entries.range(name.clone()..);
        let mut reason = None;
        for (entry, why) in same.take_while(|(entry, _)| entry.starts_with(&name)) {
            let Some(end) = entry.strip_prefix(&name) else {
                continue;
            };
            let number = end.strip_prefix('@').and_then(|number| number.parse().ok());
            if *entry == finding.entry || number.is_some_and(|number| tie.allows(number)) {
                if why.may_allow(finding) {
                    self.used.insert(entry);
                    reason = Some(why);
                } else {
                    self.refused.insert(entry);
                }
            } else if end.is_empty() || number.is_some() {
                self.outdated.insert(entry, finding.entry.clone());
            }
        }
        reason
    }

    /// Entries of checked rules that match nothing: a typing error, or a finding that changed.
    pub(super) fn unused(self, checked: &[&str]) -> Vec<Warning> {
        let is_asked = |entry: &str| {
            let rule = entry.split_once(':').map(|(rule, _)| rule);
            checked.iter().any(|one| rule == Some(one))
        };
        let entries = self.entries.keys().map(String::as_str);
        let unused = entries.filter(|entry| !self.used.contains(entry) && is_asked(entry));
        unused
            .map(|entry| match self.outdated.get(entry) {
                _ if self.refused.contains(entry) => {
                    Warning::new(entry, "the repository cannot allow an error about its own ledger")
                        .hint(format!("Use `--allow {entry}` for one run"))
                }
                Some(now) => Warning::new(entry, "the finding has changed since it was allowed")
                    .hint(format!("Check it again, and write `{now}` to allow it")),
                None => Warning::new(entry, "there is no such finding")
                    .hint("Remove the entry, or correct the id"),
            })
            .collect()
    }
}
