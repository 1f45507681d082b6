//! What a check is, and what it says.

use std::path::Path;

use serde::Serialize;

use super::evidence::Evidence;

/// How it stands, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It works.
    #[default]
    Ok,
    /// Nobody can tell from here.
    Unknown,
    /// It works, and something may be lost.
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

/// What can be mended without a question: each takes nothing away that anybody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fix {
    /// Values are added to the repository's own git config.
    AddConfig(&'static [(&'static str, &'static str)]),
    /// References that say nothing are written anew, and what another program overwrote is merged back.
    HealLedger,
    /// Locks that a process of ours left when it died are removed.
    RemoveLocks,
    /// What waits in the spool is captured.
    DrainSpool,
}

/// What a check says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Symptom {
    /// The name of the check.
    pub check: &'static str,
    /// What it asks.
    pub asks: &'static str,
    /// How it stands.
    pub health: Health,
    /// Where: an agent, a file, a key of git config. Untrusted text.
    pub place: Option<String>,
    /// What is so, one sentence without a full stop. Untrusted text.
    pub message: String,
    /// What to do about it.
    pub advice: Option<String>,
    /// Whether `--fix` does it.
    pub can_fix: bool,
    /// How.
    #[serde(skip)]
    pub fix: Option<Fix>,
}

/// What was found, before it has the name of its check.
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
    /// Its name.
    pub name: &'static str,
    /// What it asks.
    pub about: &'static str,
    /// The answer; nothing where there is nothing to ask about.
    pub(super) look: fn(&Evidence) -> Vec<Found>,
}

impl Check {
    /// What it says.
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
