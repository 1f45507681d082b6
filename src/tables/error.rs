//! What can be wrong with the file of a table.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A file that is not the table that was expected, or that cannot be read or written.
#[derive(Debug, Error)]
pub enum TableError {
    /// The file system refused.
    #[error("`{}`: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// Its content is not such a table.
    #[error("`{}`: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl TableError {
    /// The file system refused something with this file.
    pub fn io(path: &Path, error: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            error,
        }
    }

    /// The content of this file is wrong.
    pub fn content(path: &Path, reason: impl Into<String>) -> Self {
        Self::Content {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    /// Whether the file does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotFound)
    }

    /// Whether a part of its path is a file.
    pub fn is_no_directory(&self) -> bool {
        matches!(self, Self::Io { error, .. } if error.kind() == io::ErrorKind::NotADirectory)
    }
}
