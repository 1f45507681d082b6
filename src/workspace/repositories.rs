//! One repository: its history and its ledger, or only the content of its notes.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::options::ReadOptions;
use crate::aggregate::names::Named;
use crate::aggregate::repository::Repository;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ledger::Ledger;
use crate::facts::lineage::Lineage;
use crate::git::Repo;
use crate::sources::discover::{Discovery, LinkedWorkTrees, discover};
use crate::sources::history::{Between, History, read_open_and};
use crate::sources::ledger::{read_ledger_of, read_recorded};

/// There is no repository to read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", reasons(.0))]
pub struct NothingFound(pub Vec<Warning>);

fn reasons(warnings: &[Warning]) -> String {
    match warnings {
        [] => "no git repository found".to_owned(),
        // In the words of the commands that open one repository.
        [one] if !one.message.contains(':') => format!("{}: `{}`", one.message, one.place),
        several => {
            let reasons: Vec<String> = several.iter().map(Warning::to_string).collect();
            reasons.join("; ")
        }
    }
}

/// The repositories at or below `roots`; none at all is an error.
pub fn find(roots: &[PathBuf], linked: LinkedWorkTrees) -> Result<Discovery, NothingFound> {
    let found = discover(roots, linked);
    if found.repositories.is_empty() {
        return Err(NothingFound(found.warnings));
    }
    Ok(found)
}

/// Reads the repository at `path`; who made its commits is not decided yet.
pub fn read_repository(path: &Path, options: &ReadOptions) -> Repository {
    match Repo::open(path) {
        Ok(repo) => {
            let (history, ledger) = gather(&repo, options);
            Repository::new(repo.lineage(), history, ledger)
        }
        Err(error) => failed(path, error.to_string()),
    }
}

/// The history of a repository and its ledger.
pub fn gather(repo: &Repo, options: &ReadOptions) -> (History, Ledger) {
    gather_and(repo, options, None)
}

/// The same, with a call of `between` before lines are counted; see [`read_open_and`].
pub fn gather_and(repo: &Repo, options: &ReadOptions, between: Option<Between<'_>>) -> (History, Ledger) {
    let history = read_open_and(repo, &options.history, between);
    let ledger = read_ledger_of(repo, &history.commits, options.work);
    (history, ledger)
}

/// Reads what the notes of the repository at `path` contain, without walking its history.
pub fn recorded(path: &Path) -> Repository {
    match Repo::open(path) {
        Ok(repo) => {
            let history = History {
                name: repo.name(),
                status: Status::Complete,
                reason: None,
                ..History::failed(path, "")
            };
            Repository::new(repo.lineage(), history, read_recorded(&repo))
        }
        Err(error) => failed(path, error.to_string()),
    }
}

/// A repository that could not be read.
pub fn failed(path: &Path, reason: String) -> Repository {
    Repository::new(
        Lineage::default(),
        History::failed(path, reason),
        Ledger::default(),
    )
}

impl Named for Repository {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&mut self) -> &mut String {
        &mut self.name
    }
}
