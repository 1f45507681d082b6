//! What a commit changed, through libgit2's diff: files and lines against its first parent, without renames.

use git2::{DiffFindOptions, DiffOptions};

use super::{GitError, Repo};
use crate::facts::commit::{Commit, LineCounts};

/// Larger blobs count as binary, as with git's `core.bigFileThreshold`: comparing them takes memory without bound.
const MAX_BLOB: i64 = 10 << 20;

/// Whether a file that moved counts as moved or as removed and added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Renames {
    /// As `git log` by default.
    #[default]
    Follow,
    /// As `git log --no-renames`.
    Ignore,
}

impl Repo {
    /// Files and lines of a commit, as `git log --no-merges --numstat` counts them: none for a merge.
    pub fn line_counts(&self, commit: &Commit, renames: Renames) -> Result<LineCounts, GitError> {
        if commit.is_merge() {
            return Ok(LineCounts::default());
        }
        let tree = |id: crate::facts::ids::ObjectId| -> Result<git2::Tree<'_>, GitError> {
            let oid = git2::Oid::from_bytes(id.as_bytes())?;
            Ok(self.raw().find_commit(oid)?.tree()?)
        };
        let new = tree(commit.id)?;
        let old = commit.parents.first().map(|parent| tree(*parent)).transpose()?;
        let mut options = DiffOptions::new();
        options.max_size(MAX_BLOB).include_typechange(true);
        let mut diff = self
            .raw()
            .diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options))?;
        if renames == Renames::Follow {
            diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        }
        let stats = diff.stats()?;
        Ok(LineCounts {
            files: stats.files_changed() as u64,
            added: stats.insertions() as u64,
            removed: stats.deletions() as u64,
        })
    }
}
