//! The result of a sweep.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::facts::diagnostics::Warning;
use crate::facts::ids::SessionId;
use crate::facts::quantity::counted;

/// The result of a sweep.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Swept {
    /// The sessions of which something was written.
    pub sessions: BTreeSet<SessionId>,
    /// How many commits have new records.
    pub commits: usize,
    /// What could not be captured, by session.
    pub failed: BTreeMap<SessionId, String>,
    /// Whether something was left to another process that is capturing now.
    pub is_left: bool,
    /// Why the result is unknown.
    pub trouble: Option<String>,
}

impl Swept {
    /// The result as a status line.
    pub fn in_words(&self) -> String {
        let sessions = counted(self.sessions.len(), "session", "sessions");
        let commits = counted(self.commits, "commit", "commits");
        match () {
            () if self.commits > 0 => format!("Captured {sessions} on {commits}"),
            () if self.is_left => "Another capture is already running".to_owned(),
            () => "Nothing new to capture".to_owned(),
        }
    }

    /// All failures in one line.
    pub fn warning(&self) -> Option<Warning> {
        if let Some(trouble) = &self.trouble {
            return Some(Warning::new("git leverage capture --pending", trouble.clone()));
        }
        let (session, reason) = self.failed.first_key_value()?;
        let more = match self.failed.len() {
            1 => String::new(),
            many => format!(" (and {} more)", many - 1),
        };
        Some(Warning::new(
            session.to_string(),
            format!("cannot capture yet: {reason}{more}"),
        ))
    }
}
