//! The commits that a range on the command line names.

use std::collections::HashSet;

use super::error::CommandError;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::messages::{self, Range, RawCommit};

/// Visits the commits of a range: `A..B`, or a revision and all its ancestors.
pub fn visit(repo: &Repo, range: &str, visit: impl FnMut(RawCommit<'_>)) -> Result<(), CommandError> {
    let unknown = || CommandError::failed(format!("unknown revision or range `{range}`"));
    let range = Range::parse(repo, range).map_err(|_| unknown())?;
    messages::visit_range(repo, &range, visit)?;
    Ok(())
}

/// Their ids.
pub fn commits(repo: &Repo, range: &str) -> Result<HashSet<ObjectId>, CommandError> {
    let mut commits = HashSet::new();
    visit(repo, range, |commit| {
        commits.insert(commit.id);
    })?;
    Ok(commits)
}
