//! What is stored of a call of an agent's hook: that something happened, never any text.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One call of a hook. Its text is untrusted, and its creator limits its length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When the hook was called.
    pub at: DateTime<Utc>,
    /// The agent, in our spelling; `git` for a hook of git.
    pub agent: String,
    /// What happened.
    pub kind: EventKind,
    /// The id of the session, as the agent names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<String>,
    /// The log of the session.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub log: Option<String>,
    /// The directory that the agent works in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub folder: Option<String>,
    /// The model, as the agent names it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A session began, or was resumed.
    SessionStart,
    /// The agent answered and waits for the person.
    TurnEnd,
    /// A session ended.
    SessionEnd,
    /// Git made a commit.
    Commit,
    /// The agent was reminded of commits without a task.
    Reminded,
    /// Anything else: it only shows that the agent called.
    #[serde(other)]
    Other,
}
