//! Trouble as data: what was wrong, where, and what to do next.
//!
//! One bad commit, log line or repository never stops the others. The code that finds it adds a [`Warning`] and
//! continues; only `cli/` shows them, and every report includes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that was skipped or not read as it asked to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Warning {
    /// Where: a repository, `repository commit`, or `file:line`. Untrusted text: escape before showing.
    pub place: String,
    /// What is wrong, one sentence without a period. Untrusted text: escape before showing.
    pub message: String,
    /// What the reader can do about it, if anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl Warning {
    /// A warning without a hint.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// How much of a repository or a log was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of it.
    #[default]
    Complete,
    /// Some of it is missing or unreadable; what was read is correct.
    Partial,
    /// None of it.
    Failed,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        })
    }
}
