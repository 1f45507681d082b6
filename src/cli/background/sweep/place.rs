//! Which repositories a sweep captures in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::git::Repo;

/// Which repositories to sweep.
#[derive(Debug, Clone, Copy)]
pub enum Where<'a> {
    /// All repositories that the sessions worked in.
    Everywhere,
    /// Only those below or around these directories. What a session made elsewhere stays pending.
    At(&'a [PathBuf]),
}

/// The places to sweep, compared by their paths only: examining a directory in which another person's agent worked can take
/// forever.
pub(super) struct Near {
    /// The requested directories, and the working trees of the repositories around them; `None` means all.
    folders: Option<Vec<PathBuf>>,
}

impl Near {
    pub(super) fn of(place: Where<'_>) -> Self {
        let Where::At(folders) = place else {
            return Self { folders: None };
        };
        let mut near: BTreeSet<PathBuf> = folders.iter().cloned().collect();
        for repo in folders.iter().filter_map(|folder| Repo::discover(folder).ok()) {
            near.insert(repo.main_folder());
            near.extend(repo.work_trees());
        }
        let real: Vec<PathBuf> = near
            .iter()
            .filter_map(|folder| folder.canonicalize().ok())
            .collect();
        near.extend(real);
        Self {
            folders: Some(near.into_iter().collect()),
        }
    }

    pub(super) fn holds(&self, path: &Path) -> bool {
        let folders = self.folders.as_ref();
        folders.is_none_or(|folders| folders.iter().any(|folder| path.starts_with(folder)))
    }
}

impl Where<'_> {
    /// Whether a repository, given its main directory, is one of them.
    pub(super) fn holds(self, repository: &Path) -> bool {
        let Self::At(folders) = self else { return true };
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let repository = real(repository);
        folders.iter().any(|folder| {
            let folder = real(folder);
            let around = || Repo::discover(&folder).ok().map(|repo| real(&repo.main_folder()));
            repository.starts_with(&folder) || around() == Some(repository.clone())
        })
    }
}
