//! Why a transfer to or from a remote failed, and whether another attempt may succeed.

/// Why a transfer to or from a remote failed. Names and git's messages are untrusted text.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum RemoteError {
    /// No remote with this name is configured.
    #[error("unknown remote: `{0}`")]
    Unknown(String),
    /// It would be taken for an option, or cannot be part of a ref.
    #[error("invalid remote name: `{0}`")]
    Name(String),
    /// One of its addresses contains a line break or another control character.
    #[error("an address of `{0}` contains a control character")]
    Address(String),
    /// No remote is configured.
    #[error("this repository has no remote")]
    None,
    /// Several are configured, and the choice is not clear.
    #[error("this repository has several remotes: {}", .0.join(", "))]
    Several(Vec<String>),
    /// Git could not be started, or failed.
    #[error("git cannot {action} `{remote}`: {reason}")]
    Git {
        /// `fetch from`, `push to`, …
        action: &'static str,
        /// The remote: its name, or its address if it has several.
        remote: String,
        /// Git's message, without credentials.
        reason: String,
        /// Whether the cause may be temporary.
        chance: Chance,
    },
}

impl RemoteError {
    /// Whether another attempt may succeed.
    pub fn chance(&self) -> Chance {
        match self {
            Self::Git { chance, .. } => *chance,
            _ => Chance::None,
        }
    }
}

/// Whether a failed transfer may succeed in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chance {
    /// Someone else moved the ref first: their push must be fetched.
    Overtaken,
    /// A ref could not be moved. It may be locked; git prints the same if nobody may write to it.
    Unclear,
    /// It will fail again.
    None,
}
