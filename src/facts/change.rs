//! What a commit changed, as far as needed to recognize a session's work.

use serde::{Deserialize, Serialize};

use super::ids::ObjectId;
use super::session::LineHash;
use super::sign::Sign;

/// A commit in the time of the sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Its object id.
    pub id: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// The author's address, as written. Untrusted text.
    pub author: String,
    /// When the author made the change, in seconds since the epoch. Survives amend and rebase.
    pub author_time: i64,
    /// When the commit was made, likewise. Moves on amend and rebase.
    pub commit_time: i64,
    /// The hash of its first line; `None` if that is blank.
    pub title: Option<LineHash>,
    /// Whether HEAD descends from it.
    pub on_head: bool,
    /// What it changed against its first parent; nothing for a merge.
    pub files: Vec<ChangedFile>,
    /// The sessions that its message or notes name.
    pub named: Vec<NamedSession>,
}

/// One file of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    /// Its path in the repository, after the change if it still exists. Untrusted text.
    pub path: String,
    /// Its lines; `None` if nobody asked for them, or if they cannot be read.
    pub lines: Option<ChangedLines>,
}

/// The distinctive lines of one file of a change: sorted, each once, without those of brackets and rulers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangedLines {
    /// Added ones.
    pub added: Vec<LineHash>,
    /// Removed ones.
    pub removed: Vec<LineHash>,
}

impl ChangedLines {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.added.len() + self.removed.len()
    }
}

/// A session as a message or a note names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NamedSession {
    /// Where it is named, such as `trailer:leverage-session` or `note:git-ai`.
    pub rule: Sign,
    /// What it contains: `agent:id`, a bare id, or git-ai's hash of both. Untrusted text.
    pub name: String,
    /// Whether another tool wrote it.
    pub foreign: bool,
}
