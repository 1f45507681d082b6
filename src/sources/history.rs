//! The commits of one repository, with their lines.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::git::changes::Renames;
use crate::git::walk::RefSelection;
use crate::git::{GitError, Repo};

/// What of a history is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryOptions {
    /// From which refs.
    pub refs: RefSelection,
    /// How moved files count.
    pub renames: Renames,
}

/// A repository as it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Its name. Untrusted text.
    pub name: String,
    /// Where it is. Untrusted text.
    pub path: String,
    /// How much of it was read.
    pub status: Status,
    /// Why not all of it.
    pub reason: Option<String>,
    /// Its commits, newest first.
    pub commits: Vec<Commit>,
    /// What was wrong in it.
    pub warnings: Vec<Warning>,
}

impl History {
    /// A history of which nothing could be read.
    pub fn failed(path: &Path, reason: impl Into<String>) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            name: name.into_owned(),
            path: path.display().to_string(),
            status: Status::Failed,
            reason: Some(reason.into()),
            commits: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

/// Reads the repository at `path`. Trouble is in the status and the warnings, never an error.
pub fn read_history(path: &Path, options: &HistoryOptions) -> History {
    match Repo::open(path) {
        Ok(repo) => read_open(&repo, options),
        Err(error) => History::failed(path, error.to_string()),
    }
}

/// [`read_history`] of a repository that is open already.
pub fn read_open(repo: &Repo, options: &HistoryOptions) -> History {
    let commits = match repo.commits(&options.refs) {
        Ok(commits) => commits,
        Err(error) => return History::failed(repo.place(), error.to_string()),
    };
    let mut history = History {
        name: repo.name(),
        path: repo.place().display().to_string(),
        status: Status::Complete,
        reason: None,
        commits,
        warnings: Vec::new(),
    };
    let mut unread = 0;
    for commit in &mut history.commits {
        match repo.line_counts(commit, options.renames) {
            Ok(lines) => commit.lines = Some(lines),
            Err(error) => {
                unread += 1;
                history.warnings.push(uncounted(repo, commit, &error));
            }
        }
    }
    if unread > 0 {
        history.status = Status::Partial;
        history.reason = Some(format!("the lines of {unread} commits are unknown"));
    } else if repo.is_shallow() {
        history.status = Status::Partial;
        history.reason = Some("the clone is shallow: older commits are not here".into());
    }
    history
}

fn uncounted(repo: &Repo, commit: &Commit, error: &GitError) -> Warning {
    Warning::new(
        format!("{} {}", repo.place().display(), commit.id.short()),
        format!("its lines cannot be counted: {error}"),
    )
}
