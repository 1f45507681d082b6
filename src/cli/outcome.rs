//! How a command that did its work ended.

use crate::facts::diagnostics::{Status, Warning};

/// How a command that did its work ended. Failure is a [`CommandError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All of it: exit code 0.
    Done,
    /// A repository or a log was only partly read: exit code 3.
    Partial,
    /// `--strict` found something: exit code 4.
    Findings,
    /// A hook asks its agent to go on, as the agent's protocol has it: exit code 2.
    GoOn,
}

impl From<Status> for Outcome {
    fn from(status: Status) -> Self {
        match status {
            Status::Complete => Self::Done,
            Status::Partial | Status::Failed => Self::Partial,
        }
    }
}

impl Outcome {
    /// That of a command which leaves something out for each warning.
    pub fn of(warnings: &[Warning]) -> Self {
        match warnings.is_empty() {
            true => Self::Done,
            false => Self::Partial,
        }
    }

    /// The code that the process ends with.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::GoOn => 2,
            Self::Partial => 3,
            Self::Findings => 4,
        }
    }
}
