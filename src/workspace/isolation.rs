//! The isolation of repositories from this process, as started and configured.

use std::path::{Path, PathBuf};

use crate::facts::limits::ChosenLimits;

/// The program that reads repositories, and what it receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// This program.
    pub program: PathBuf,
    /// All of its environment.
    pub variables: Vec<(String, String)>,
    /// Settings of git config given outside its files.
    pub overrides: Vec<(String, String)>,
    /// The limits for each repository.
    pub limits: ChosenLimits,
    /// The current directory.
    pub directory: PathBuf,
}

impl Isolation {
    /// Whether the repository at `path` contains the current directory.
    pub fn stands_in(&self, path: &Path) -> bool {
        self.directory.starts_with(path)
    }
}
