//! Errors as the user sees them: what, why, and what to do next.
//!
//! The `From` impls here are the one place that decides exit code and hint of an error from below.

use std::error::Error;
use std::io;

use rayon::ThreadPoolBuildError;

use crate::audit::lines::FileError;
use crate::facts::checks::TaskError;
use crate::facts::diagnostics::plain;
use crate::facts::ids::InvalidId;
use crate::facts::quantity::QuantityError;
use crate::git::create::CreateError;
use crate::git::remote::RemoteError;
use crate::git::{GitError, OpenError};
use crate::ledger::WriteError;
use crate::workspace::repositories::NothingFound;

/// Whose mistake it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Failed,
    Usage,
    NotWritable,
    ClosedPipe,
}

/// Why a command did not do its work.
#[derive(Debug)]
pub struct CommandError {
    kind: Kind,
    message: String,
    causes: Vec<String>,
    others: Vec<String>,
    hints: Vec<String>,
}

impl CommandError {
    /// The work could not be done: exit code 1.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command was called wrongly: exit code 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: plain(message.into()),
            causes: Vec::new(),
            others: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// A failure with the message and causes of `error`.
    pub fn from_error(error: &(dyn Error + 'static)) -> Self {
        let mut failed = Self::failed(error.to_string());
        let mut cause = error.source();
        while let Some(error) = cause {
            failed.causes.push(plain(error.to_string()));
            cause = error.source();
        }
        failed
    }

    /// The same error, with what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same error, with something else to do next.
    #[must_use]
    pub fn instead(mut self, hint: impl Into<String>) -> Self {
        self.hints = vec![hint.into()];
        self
    }

    /// The same error, with another one beside it that has nothing to do with it.
    #[must_use]
    pub fn and(mut self, other: impl Into<String>) -> Self {
        self.others.push(plain(other.into()));
        self
    }

    /// Whether the reader of our output went away, which is not an error.
    pub fn is_closed_pipe(&self) -> bool {
        self.kind == Kind::ClosedPipe
    }

    /// Whether nothing was written because the git directory is not writable.
    pub fn is_not_writable(&self) -> bool {
        self.kind == Kind::NotWritable
    }

    /// 1, 2 or 5.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::Usage => 2,
            Kind::NotWritable => 5,
            Kind::Failed | Kind::ClosedPipe => 1,
        }
    }

    /// What failed. Untrusted text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Why, from near to far. Untrusted text.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }

    /// What else is wrong. Untrusted text.
    pub fn others(&self) -> &[String] {
        &self.others
    }

    /// What to do next. Untrusted text.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl From<io::Error> for CommandError {
    fn from(error: io::Error) -> Self {
        let kind = if error.kind() == io::ErrorKind::BrokenPipe {
            Kind::ClosedPipe
        } else {
            Kind::Failed
        };
        Self::new(kind, error.to_string())
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        Self {
            hints: error.hint().into_iter().collect(),
            ..Self::failed(error.to_string())
        }
    }
}

impl From<WriteError> for CommandError {
    fn from(error: WriteError) -> Self {
        let kind = match error {
            WriteError::NotWritable { .. } => Kind::NotWritable,
            _ => Kind::Failed,
        };
        Self {
            hints: error.hints(),
            ..Self::new(kind, error.to_string())
        }
    }
}

impl From<RemoteError> for CommandError {
    fn from(error: RemoteError) -> Self {
        let message = error.to_string();
        match error {
            RemoteError::Unknown(_) => Self::usage(message).hint("Run `git remote -v` to list the remotes"),
            RemoteError::None => Self::failed(message).hint("Run `git remote add origin URL` to add one"),
            RemoteError::Several(_) => Self::usage(message).hint("Name one: `git leverage sync REMOTE`"),
            RemoteError::Name(_) => Self::usage(message),
            RemoteError::Address(_) => Self::failed(message),
            RemoteError::Git { .. } => Self::failed(message),
        }
    }
}

impl From<NothingFound> for CommandError {
    fn from(error: NothingFound) -> Self {
        Self::failed(error.to_string())
            .hint("Name a repository or a directory that contains repositories, or set `leverage.root`")
    }
}

impl From<ThreadPoolBuildError> for CommandError {
    fn from(error: ThreadPoolBuildError) -> Self {
        Self::from_error(&error)
    }
}

impl From<TaskError> for CommandError {
    fn from(error: TaskError) -> Self {
        let usage = Self::usage(error.to_string());
        match error {
            TaskError::PhasesDoNotSum { .. } => usage
                .hint("Leave out the estimate, which is then the sum of the phases, or correct one of them"),
            _ => usage,
        }
    }
}

impl From<CreateError> for CommandError {
    fn from(error: CreateError) -> Self {
        Self::from_error(&error)
    }
}

/// Its message is that of the error below, of which only the causes are new.
impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        match &error {
            GitError::Object(object) => Self::from_error(object),
            GitError::Library(_) | GitError::ForeignId => Self::failed(error.to_string()),
        }
    }
}

impl From<FileError> for CommandError {
    fn from(error: FileError) -> Self {
        Self::from_error(&error)
    }
}

impl From<QuantityError> for CommandError {
    fn from(error: QuantityError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<InvalidId> for CommandError {
    fn from(error: InvalidId) -> Self {
        Self::usage(error.to_string())
    }
}
