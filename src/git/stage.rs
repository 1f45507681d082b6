//! New objects in memory, until all that one move of a reference needs is there and goes to the disk at once.

use git2::{Oid, Repository, Signature};

use super::open::Repo;
use super::settle::Place;
use super::signing;
use super::writer::{Signing, WriteError, Writer};

/// Objects that are to be written.
pub(super) struct Stage {
    /// A handle of its own: a memory backend cannot be taken out again.
    pub(super) repository: Repository,
    new: Vec<Oid>,
}

impl Stage {
    /// An empty one.
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

    /// Takes an object that was made through [`Stage::repository`].
    pub(super) fn add(&mut self, id: Oid) -> Oid {
        self.new.push(id);
        id
    }

    /// A commit, signed where the writer signs. All before it is on the disk then, as git reads it.
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

    /// Puts what is here on the disk. The reference that moves next takes hold of it.
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
