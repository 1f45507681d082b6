//! Why nothing went to a remote, or came from it, and whether that may be another time.

/// Why nothing went to a remote, or came from it. Names and what git says are untrusted text.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum RemoteError {
    /// Nothing in git config has that name.
    #[error("no remote here is called `{0}`")]
    Unknown(String),
    /// It would be taken for an option, or cannot be a part of a reference.
    #[error("`{0}` cannot be used as the name of a remote")]
    Name(String),
    /// An address of it holds a line break or another control character.
    #[error("an address of `{0}` contains a control character")]
    Address(String),
    /// There is nothing to sync with.
    #[error("there is no remote here")]
    None,
    /// There are several, and nothing says which.
    #[error("there are several remotes here: {}", .0.join(", "))]
    Several(Vec<String>),
    /// Git could not be started, or said no.
    #[error("git cannot {action} `{remote}`: {reason}")]
    Git {
        /// `fetch from`, `push to`, …
        action: &'static str,
        /// The remote: its name, or its address where it has several.
        remote: String,
        /// What git said, without credentials.
        reason: String,
        /// Whether it may go away by itself.
        chance: Chance,
    },
}

impl RemoteError {
    /// Whether another attempt may end otherwise.
    pub fn chance(&self) -> Chance {
        match self {
            Self::Git { chance, .. } => *chance,
            _ => Chance::None,
        }
    }
}

/// Whether what failed may work in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chance {
    /// Somebody else moved the reference first: what they pushed is to be fetched.
    Overtaken,
    /// A reference could not be moved. Somebody may hold it just now; git says the same where nobody may write it.
    Unclear,
    /// It will fail again.
    None,
}
