//! Facts → findings: what does not add up in a repository's AI-built history.
//!
//! A [`rules::Rule`] is one function from the [`Evidence`] to findings, with its id, its level and its reason. A rule that
//! has nothing to look at is listed as skipped, so that silence is never taken for a clean bill. Nothing here reads a
//! repository or decides what is shown.

mod allowed;
mod claims;
pub mod confidence;
mod found;
mod integrity;
pub mod lines;
mod measured;
pub mod origin;
pub mod retractions;
mod revisions;
pub mod rules;
mod trailers;
mod work;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::Serialize;

use allowed::Allowances;
pub use allowed::{AllowedBy, Reason};

use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::zone::Zone;
use crate::git::ledger_steps::{Jumps, LedgerStep};
use crate::git::signing::Signature;
use crate::git::survival::Survival;
use crate::sources::attested_lines::AttestedCommit;
use crate::sources::reach::Reach;

/// The version of the machine format.
pub const SCHEMA: &str = "git-leverage.audit/1";
/// The version of the machine format of a file's lines.
pub const LINES_SCHEMA: &str = "git-leverage.audit-lines/1";

/// Which part of a repository was asked for. Without any, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Asked {
    /// A range of commits, as it was typed. Untrusted text.
    pub range: Option<String>,
    /// The first day, as it was typed. Untrusted text.
    pub since: Option<String>,
}

impl Asked {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

/// What an audit looks at.
pub struct Evidence<'a> {
    /// What all of it was narrowed to.
    pub asked: &'a Asked,
    /// Whose midnight ends a day and a month.
    pub zone: Zone,
    /// The tasks.
    pub ledger: &'a Ledger,
    /// The measured sessions that worked here, from logs or from notes.
    pub sessions: &'a [SeenSession],
    /// How the ledger came to be, oldest first.
    pub steps: &'a [LedgerStep],
    /// Where its references left their past behind.
    pub jumps: &'a Jumps,
    /// The commits of the repository.
    pub commits: &'a [Commit],
    /// What notes of git-ai attest of them.
    pub attested: &'a [AttestedCommit],
    /// All commits that can be reached, and those that were reverted for good.
    pub reach: &'a Reach,
    /// The commits on a way to HEAD: only their lines can stand there.
    pub at_head: &'a HashSet<ObjectId>,
    /// Who brought each line of HEAD; `None` where it could not be told.
    pub survival: Option<&'a Survival>,
    /// Everything, where only a part is to be shown.
    pub whole: Option<&'a Whole>,
    /// The present, seconds since the epoch.
    pub now: i64,
}

/// What rules look at to judge the tasks that are shown: a range of commits cuts no task in two.
#[derive(Debug, Clone)]
pub struct Whole {
    /// All tasks.
    pub ledger: Ledger,
    /// All sessions that worked in the repository.
    pub sessions: Vec<SeenSession>,
    /// All commits.
    pub commits: Vec<Commit>,
}

impl<'a> Evidence<'a> {
    fn all_tasks(&self) -> &'a [LedgerTask] {
        self.whole.map_or(&self.ledger.tasks, |whole| &whole.ledger.tasks)
    }

    fn all_sessions(&self) -> &'a [SeenSession] {
        self.whole.map_or(self.sessions, |whole| &whole.sessions)
    }

    fn all_commits(&self) -> &'a [Commit] {
        self.whole.map_or(self.commits, |whole| &whole.commits)
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    #[default]
    Note,
    /// Needs an explanation.
    Warning,
    /// Cannot be right.
    Error,
}

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The id of the rule.
    pub rule: &'static str,
    /// How much it weighs.
    pub level: Level,
    /// What it is about: a task, a commit or a session by its id.
    pub id: String,
    /// What names it as it is now, for `--allow` and `.leverage-audit`.
    pub entry: String,
    /// What was found, one sentence. Untrusted text.
    pub message: String,
    /// The numbers behind it.
    pub figures: BTreeMap<&'static str, f64>,
    /// What to do about it.
    pub advice: &'static str,
}

/// A finding that somebody explained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Allowed {
    /// What was found.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why it may stand. Untrusted text.
    pub reason: String,
    /// Who says so.
    pub by: AllowedBy,
}

/// A rule that had nothing to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The id of the rule.
    pub rule: &'static str,
    /// What it would have needed.
    pub reason: &'static str,
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// The repository's name. Untrusted text.
    pub repo: String,
    /// Which part of it was looked at.
    pub asked: Asked,
    /// How much of what is claimed rests on what.
    pub confidence: confidence::Confidence,
    /// Commits and lines by what made them, and what stands of them.
    pub origin: Vec<origin::Row>,
    /// Lines that notes of git-ai attest, of those that their commits added.
    pub attested: Vec<AttestedCommit>,
    /// How long lines last.
    pub half_life: origin::HalfLives,
    /// Who signed commits of the ledger, and how many of them.
    pub signatures: Vec<Signer>,
    /// The least level of `findings`.
    pub level: Level,
    /// What does not add up, the gravest first.
    pub findings: Vec<Finding>,
    /// How many findings are below the level, and left out.
    pub findings_below_level: u64,
    /// What was explained.
    pub allowed: Vec<Allowed>,
    /// The rules that were asked and had something to look at, by id.
    pub checked: Vec<&'static str>,
    /// What was not looked at.
    pub skipped: Vec<Skipped>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

/// Signatures of one kind or person on commits of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// What they are worth, and whose they are.
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

/// Which rules run, what of their findings counts, and what may stand.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Only these rules; all where there are none.
    pub rules: BTreeSet<String>,
    /// Findings below it are only counted.
    pub level: Level,
    /// `RULE:ID` or `RULE:ID@N`, with the reason why it may stand.
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
        let found = (rule.check)(evidence).into_iter();
        for (tie, finding) in found.map(|found| found.under(rule.id, rule.advice)) {
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
    // In a part of the history, an entry may speak of another part.
    if evidence.whole.is_none() {
        warnings.extend(allowances.unused(&checked));
    }
    let found = findings.len();
    findings.retain(|finding: &Finding| finding.level >= choice.level);
    findings.sort_by(|one, other| (other.level, one.rule, &one.id).cmp(&(one.level, other.rule, &other.id)));
    Audit {
        repo,
        asked: evidence.asked.clone(),
        confidence: confidence::confidence(evidence),
        origin: origin::rows(evidence),
        attested: evidence.attested.to_vec(),
        half_life: origin::half_lives(evidence),
        signatures: signers(evidence.steps),
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
