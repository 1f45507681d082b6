//! Collects new objects in memory until everything that one ref update needs is there and is written to disk at once.

use git2::{Oid, Repository, Signature};

use super::open::Repo;
use super::settle::Place;
use super::signing;
use super::writer::{Signing, WriteError, Writer};

/// Objects that are to be written.
pub(super) struct Stage {
    /// A separate handle: a memory backend cannot be removed again.
    pub(super) repository: Repository,
    new: Vec<Oid>,
}

impl Stage {
    /// An empty stage.
    pub(super) fn new(repo: &Repo) -> Result<Self, WriteError> {
        let open = || {
            let repository = Repository::open(repo.opened_as())?;
            repository.odb()?.add_new_mempack_backend(1000)?;
            Ok(repository)
        };
        let repository = open().map_err(|error: git2::Error| WriteError::git(repo, &error))?;
        let new = Vec::new();
        Ok(Self { repository, new })
    }

    /// Takes an object that was created through [`Stage::repository`].
    pub(super) fn add(&mut self, id: Oid) -> Oid {
        self.new.push(id);
        id
    }

    /// A commit, signed if the writer signs. Everything before it is written to disk first, so that git can read it.
    pub(super) fn commit(
        &mut self,
        repo: &Repo,
        tree: Oid,
        parents: &[Oid],
        message: &str,
        writer: &Writer,
    ) -> Result<Oid, WriteError> {
        let made = match writer.signing {
            Signing::Off => {
                let signature = writer.signature(repo)?;
                self.unsigned(tree, parents, message, &signature)
                    .map_err(|error| WriteError::git(repo, &error))?
            }
            Signing::On => {
                self.land(repo)?;
                signing::commit(repo, tree, parents, message, writer)?
            }
        };
        Ok(self.add(made))
    }

    fn unsigned(
        &self,
        tree: Oid,
        parents: &[Oid],
        message: &str,
        signature: &Signature<'_>,
    ) -> Result<Oid, git2::Error> {
        let tree = self.repository.find_tree(tree)?;
        let parents = parents.iter().map(|parent| self.repository.find_commit(*parent));
        let parents = parents.collect::<Result<Vec<_>, _>>()?;
        let parents: Vec<_> = parents.iter().collect();
        self.repository
            .commit(None, signature, signature, message, &tree, &parents)
    }

    /// Writes everything to disk. The next ref update makes it reachable.
    pub(super) fn land(&mut self, repo: &Repo) -> Result<(), WriteError> {
        let mut new = std::mem::take(&mut self.new);
        new.sort_unstable();
        new.dedup();
        if new.is_empty() {
            return Ok(());
        }
        let place = Place {
            git_dir: repo.opened_as().to_owned(),
            common_dir: repo.common_dir().to_owned(),
        };
        let landed = repo.settling.land(place, &self.repository, &new);
        landed.map_err(|reason| WriteError::storage(repo, &reason))
    }
}
