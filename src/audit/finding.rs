//! What an audit finds.

use std::collections::BTreeMap;

use serde::Serialize;

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
