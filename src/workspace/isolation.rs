//! How repositories are kept apart from this process, as it was started and configured.

use std::path::{Path, PathBuf};

use crate::facts::limits::ChosenLimits;

/// The program that reads repositories, and what it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Isolation {
    /// This program.
    pub program: PathBuf,
    /// All of its environment.
    pub variables: Vec<(String, String)>,
    /// Settings of git config that were given beside its files.
    pub overrides: Vec<(String, String)>,
    /// What each repository may take.
    pub limits: ChosenLimits,
    /// The folder that one stands in.
    pub directory: PathBuf,
}

impl Isolation {
    /// Whether the repository at `path` is around the folder of the process.
    pub fn stands_in(&self, path: &Path) -> bool {
        self.directory.starts_with(path)
    }
}
