//! What an audit finds.

use std::collections::BTreeMap;

use serde::Serialize;

/// The severity of a finding.
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

impl Level {
    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A claim or a record that does not add up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// The id of the rule.
    pub rule: &'static str,
    /// Its severity.
    pub level: Level,
    /// The id of the task, commit or session that it is about.
    pub id: String,
    /// Its entry for `--allow` and `.leverage-audit`.
    pub entry: String,
    /// One sentence. Untrusted text.
    pub message: String,
    /// The numbers behind it.
    pub figures: BTreeMap<&'static str, f64>,
    /// Advice.
    pub advice: &'static str,
}
