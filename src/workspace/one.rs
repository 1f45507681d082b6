//! One repository, read in this process: its history and its ledger, its content at HEAD, or both.

use std::path::Path;

use super::options::ReadOptions;
use super::repositories::{failed, read_repository};
use crate::aggregate::repository::Repository;
use crate::facts::diagnostics::Status;
use crate::facts::inventory::RepoFacts;
use crate::sources::inventory::{self, Reading};

/// What to read of a repository.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    /// How its history is read, and with how many threads.
    pub read: &'a ReadOptions,
    /// Whether to read its history and its ledger.
    pub with_history: bool,
    /// How to read its content, if that is requested.
    pub inventory: Option<Reading<'a>>,
}

/// The result.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Its history and its ledger; who made its commits is not decided yet.
    pub repository: Option<Repository>,
    /// Its content and its state.
    pub facts: Option<RepoFacts>,
}

impl Order<'_> {
    /// Reads the repository at `path`. Problems are part of the result.
    pub fn read_here(&self, path: &Path) -> Found {
        let reading = self.inventory.as_ref();
        Found {
            repository: self.with_history.then(|| read_repository(path, self.read)),
            facts: reading.map(|reading| inventory::read(path, reading)),
        }
    }

    /// The result for a repository that was given up.
    pub fn given_up(&self, path: &Path, reason: &str) -> Found {
        let shown = path.display().to_string();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Found {
            repository: self.with_history.then(|| Repository {
                given_up: true,
                ..failed(path, reason.to_owned())
            }),
            facts: (self.inventory.is_some())
                .then(|| RepoFacts::failed(name.into_owned(), shown, reason.to_owned())),
        }
    }
}

impl Found {
    /// Whether everything that was requested was read.
    pub fn is_complete(&self) -> bool {
        let repository = self.repository.as_ref().map(|repository| repository.status);
        let facts = self.facts.as_ref().map(|facts| facts.status);
        [repository, facts]
            .into_iter()
            .flatten()
            .all(|status| status == Status::Complete)
    }
}
