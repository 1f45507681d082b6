//! Facts → findings: claims that do not add up in a repository's history.
//!
//! A [`rules::Rule`] is a function from the selection ([`Shown`]), checked against [`All`], to findings, with an id and advice. A
//! rule that has nothing to check is listed as skipped, so that silence never looks like a clean result. Nothing here reads a
//! repository or decides how findings look.

pub mod allow_file;
mod allowed;
mod claims;
pub mod confidence;
mod evidence;
mod finding;
mod found;
mod integrity;
pub mod lines;
pub mod measured;
pub mod models;
pub mod opinions;
pub mod origin;
pub mod retractions;
mod revisions;
mod rule;
pub mod rules;
mod selection;
pub mod strength;
mod trailers;
mod work;
mod worth;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use allowed::Allowances;
pub use allowed::{AllowedBy, Reason};
pub use evidence::{All, Asked, Evidence, Selection};
pub use finding::{Finding, Level};

use crate::aggregate::worth::Worth;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::TaskId;
use crate::git::ledger_steps::LedgerStep;
use crate::git::signing::Signature;
use crate::sources::attested_lines::AttestedCommit;

/// The version of the machine format.
pub const SCHEMA: &str = "git-leverage.audit/1";
/// The version of the machine format of a file's lines.
pub const LINES_SCHEMA: &str = "git-leverage.audit-lines/1";

/// An allowed finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Allowed {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why it is allowed. Untrusted text.
    pub reason: String,
    /// Who allows it.
    pub by: AllowedBy,
}

/// A rule that had nothing to check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The id of the rule.
    pub rule: &'static str,
    /// What it would need.
    pub reason: &'static str,
}

/// The result of an audit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// The repository's name. Untrusted text.
    pub repo: String,
    /// The selected part of it.
    pub asked: Asked,
    /// The evidence for the claims.
    pub confidence: confidence::Confidence,
    /// Which claims have more than one person's word.
    pub worth: Worth,
    /// What models give for the lines of the tasks; `None` if no task has known lines.
    pub models: Option<models::AgainstModels>,
    /// The tasks whose hours were given before the work.
    #[serde(skip)]
    pub given_before: BTreeSet<TaskId>,
    /// What others think of the claimed hours.
    pub opinions: opinions::Opinions,
    /// Commits and lines by who made them, and how many lines are still at HEAD.
    pub origin: Vec<origin::Row>,
    /// The signs of agents and persons as people are shown them: [`origin::Grouping::Evidence`].
    #[serde(skip)]
    pub evidence: Vec<origin::Row>,
    /// Lines that git-ai notes attribute, of those that their commits added.
    pub attested: Vec<AttestedCommit>,
    /// How long lines last.
    pub half_life: origin::HalfLives,
    /// Who signed ledger commits, and how many.
    pub signatures: Vec<Signer>,
    /// The lowest level in `findings`.
    pub level: Level,
    /// The findings, most severe first.
    pub findings: Vec<Finding>,
    /// How many findings below the level were left out.
    pub findings_below_level: u64,
    /// The allowed findings.
    pub allowed: Vec<Allowed>,
    /// The rules that had something to check, by id.
    pub checked: Vec<&'static str>,
    /// The rules that had nothing to check.
    pub skipped: Vec<Skipped>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

/// Signatures of one kind or person on ledger commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// Whether they are valid, and whose they are.
    #[serde(flatten)]
    pub signature: Signature,
    /// On how many commits.
    pub commits: u64,
}

fn signers(steps: &[LedgerStep]) -> Vec<Signer> {
    let mut counts: BTreeMap<&Signature, u64> = BTreeMap::new();
    for step in steps {
        *counts.entry(&step.signature).or_default() += 1;
    }
    let signer = |(signature, commits): (&Signature, u64)| Signer {
        signature: signature.clone(),
        commits,
    };
    counts.into_iter().map(signer).collect()
}

/// Which rules run, which of their findings count, and which are allowed.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Only these rules; all if empty.
    pub rules: BTreeSet<String>,
    /// Findings below it are only counted.
    pub level: Level,
    /// `RULE:ID` or `RULE:ID@N`, with the reason.
    pub allowed: BTreeMap<String, Reason>,
}

/// Applies the rules.
pub fn audit(repo: String, evidence: &Evidence<'_>, choice: &Choice, mut warnings: Vec<Warning>) -> Audit {
    let (mut findings, mut allowed) = (Vec::new(), Vec::new());
    let (mut checked, mut skipped) = (Vec::new(), Vec::new());
    let mut allowances = Allowances::new(&choice.allowed);
    let chosen = |rule: &&rules::Rule| choice.rules.is_empty() || choice.rules.contains(rule.id);
    for rule in rules::RULES.iter().filter(chosen) {
        if let Some(reason) = (rule.missing)(evidence) {
            skipped.push(Skipped {
                rule: rule.id,
                reason,
            });
            continue;
        }
        checked.push(rule.id);
        let found = rule.findings(evidence).into_iter();
        for (tie, finding) in found.map(|found| found.into_finding(rule.id, rule.advice)) {
            match allowances.reason(&finding, tie) {
                Some(reason) => allowed.push(Allowed {
                    reason: reason.text.clone(),
                    by: reason.by,
                    finding,
                }),
                None => findings.push(finding),
            }
        }
    }
    // In an audit of a part, an entry may apply to another part.
    if evidence.shown().is_everything() {
        warnings.extend(allowances.unused(&checked));
    }
    let ((origin, signs), half_life) =
        rayon::join(|| origin::rows(evidence), || origin::half_lives(evidence));
    let (worth, given_before) = worth::worth(evidence);
    let found = findings.len();
    findings.retain(|finding: &Finding| finding.level >= choice.level);
    findings.sort_by(|one, other| (other.level, one.rule, &one.id).cmp(&(one.level, other.rule, &other.id)));
    Audit {
        repo,
        asked: evidence.asked.clone(),
        confidence: confidence::confidence(evidence),
        worth,
        models: models::against_models(evidence.shown(), evidence.all),
        given_before,
        opinions: opinions::opinions(evidence),
        origin,
        evidence: signs,
        attested: evidence.shown().attested().cloned().collect(),
        half_life,
        signatures: signers(evidence.all.steps),
        level: choice.level,
        findings_below_level: (found - findings.len()) as u64,
        findings,
        allowed,
        checked,
        skipped,
        warnings,
    }
}

#[cfg(test)]
mod tests;
