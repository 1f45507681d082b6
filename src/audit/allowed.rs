//! Which findings may stand: what was explained of a claim as it was, and not of what became of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Finding, Level};
use crate::facts::diagnostics::Warning;

/// Why a finding may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// As it was written. Untrusted text.
    pub text: String,
    /// Who says so.
    pub by: AllowedBy,
}

/// Who lets a finding stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllowedBy {
    /// The repository that is audited, in a committed file.
    Repository,
    /// Whoever runs the audit.
    CommandLine,
}

/// Errors that say that the ledger is not what it was are not for its own repository to allow.
const NOT_BY_REPOSITORY: [&str; 3] = ["ledger-line-removed", "revision-twice", "ledger-moved"];

impl Reason {
    fn may_allow(&self, finding: &Finding) -> bool {
        self.by == AllowedBy::CommandLine
            || finding.level < Level::Error
            || !NOT_BY_REPOSITORY.contains(&finding.rule)
    }
}

/// What an explanation is tied to, so that it ends when that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// What it is about never changes.
    Nothing,
    /// The revision of the task.
    Revision(u32),
    /// So many of what is counted, or fewer.
    UpTo(u64),
}

impl Tie {
    /// What names the finding as it is now: `RULE:ID`, with `@N` where it is tied. Revision 0 needs none.
    pub(super) fn entry(self, rule: &str, id: &str) -> String {
        match self {
            Self::Nothing | Self::Revision(0) => format!("{rule}:{id}"),
            Self::Revision(revision) => format!("{rule}:{id}@{revision}"),
            Self::UpTo(count) => format!("{rule}:{id}@{count}"),
        }
    }

    /// Whether an entry that ends with `@number` speaks of it.
    fn allows(self, number: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::Revision(revision) => number == u64::from(revision),
            Self::UpTo(count) => count <= number,
        }
    }
}

/// The entries, and which of them were of use.
pub(super) struct Allowances<'a> {
    entries: &'a BTreeMap<String, Reason>,
    used: BTreeSet<&'a str>,
    /// Entries of the repository about what it cannot allow.
    refused: BTreeSet<&'a str>,
    /// Entries that name a finding as it was, with what names it now.
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

    /// Why a finding may stand, if somebody said so.
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

    /// Entries of rules that were asked and match nothing: a typing error, or a finding that has become another.
    pub(super) fn unused(self, checked: &[&str]) -> Vec<Warning> {
        let is_asked = |entry: &str| {
            let rule = entry.split_once(':').map(|(rule, _)| rule);
            checked.iter().any(|one| rule == Some(one))
        };
        let entries = self.entries.keys().map(String::as_str);
        let unused = entries.filter(|entry| !self.used.contains(entry) && is_asked(entry));
        unused
            .map(|entry| match self.outdated.get(entry) {
                _ if self.refused.contains(entry) => Warning::new(
                    entry,
                    "it is an error about the ledger itself, which the repository cannot allow",
                )
                .hint(format!("For one run: --allow {entry}")),
                Some(now) => Warning::new(
                    entry,
                    "it allows the finding as it was, and that has changed since",
                )
                .hint(format!("Look at it again; if it may stand, write `{now}`")),
                None => Warning::new(entry, "it allows a finding that there is not")
                    .hint("Remove it, or correct the id"),
            })
            .collect()
    }
}
