//! A check, and its findings.

use std::path::Path;

use serde::Serialize;

use super::evidence::Evidence;

/// The health of a link; the worst is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It works.
    #[default]
    Ok,
    /// It cannot be determined from here.
    Unknown,
    /// It works, but something may get lost.
    Warning,
    /// It does not work.
    Broken,
}

impl Health {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Broken => "broken",
        }
    }
}

/// What can be fixed without asking: a fix removes nothing that people wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fix {
    /// Adds values to the repository's own git config.
    AddConfig(&'static [(&'static str, &'static str)]),
    /// Rewrites empty refs, and merges back what another program overwrote.
    HealLedger,
    /// Removes locks left by a git-leverage process that died.
    RemoveLocks,
    /// Captures pending sessions.
    DrainSpool,
}

/// The finding of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symptom {
    /// The name of the check.
    pub check: &'static str,
    /// The question of the check.
    pub asks: &'static str,
    /// The health.
    pub health: Health,
    /// The place: an agent, a file, a git config key. Untrusted text.
    pub place: Option<String>,
    /// The finding, one sentence without a period. Untrusted text.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// Whether `--fix` fixes it.
    pub can_fix: bool,
    /// The fix.
    #[serde(skip)]
    pub fix: Option<Fix>,
}

/// A finding before it has the name of its check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    health: Health,
    pub(super) place: Option<String>,
    message: String,
    advice: Option<String>,
    fix: Option<Fix>,
}

impl Found {
    fn new(health: Health, message: impl Into<String>) -> Self {
        Self {
            health,
            place: None,
            message: message.into(),
            advice: None,
            fix: None,
        }
    }

    pub(super) fn ok(message: impl Into<String>) -> Self {
        Self::new(Health::Ok, message)
    }

    pub(super) fn unknown(message: impl Into<String>) -> Self {
        Self::new(Health::Unknown, message)
    }

    pub(super) fn warning(message: impl Into<String>) -> Self {
        Self::new(Health::Warning, message)
    }

    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self::new(Health::Broken, message)
    }

    pub(super) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    pub(super) fn in_file(self, path: &Path) -> Self {
        self.at(path.display().to_string())
    }

    pub(super) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// A question about one link of the chain, and the function that answers it.
pub struct Check {
    /// The name.
    pub name: &'static str,
    /// The question.
    pub about: &'static str,
    /// The answers; none if there is nothing to check.
    pub(super) look: fn(&Evidence) -> Vec<Found>,
}

impl Check {
    /// The finding.
    pub(super) fn symptoms(&self, evidence: &Evidence) -> Vec<Symptom> {
        let found = (self.look)(evidence).into_iter();
        found
            .map(|found| Symptom {
                check: self.name,
                asks: self.about,
                health: found.health,
                place: found.place,
                message: found.message,
                advice: found.advice,
                can_fix: found.fix.is_some(),
                fix: found.fix,
            })
            .collect()
    }
}
