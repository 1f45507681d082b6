//! The files of a tree and their contents, from the object database only: no working tree, filter or attribute is involved.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use git2::Oid;

use super::open::object_id;
use super::packs::{Kind, ObjectError, Objects, Packs};
use super::trees::{Budget, Entries, FileKind, LARGEST_TREE, Side};
use super::{GitError, Repo};
use crate::facts::ids::ObjectId;

/// Deeper than any file system supports.
const MAX_DEPTH: usize = 512;
/// The cache of each reader in bytes of objects: neighboring files are seldom deltas of each other.
const KEPT: usize = 8 << 20;

/// A path of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// From the top of the tree, with `/` between its parts. Untrusted text.
    pub path: String,
    /// Its content.
    pub id: ObjectId,
    /// Its type.
    pub kind: FileKind,
}

/// All paths of a tree.
#[derive(Debug, Clone, Default)]
pub struct FileTree {
    /// In the order of the tree.
    pub files: Vec<TreeFile>,
    /// Directories whose objects are missing or damaged.
    pub unreadable: u64,
}

/// The objects of a repository, opened once for all threads.
pub struct Contents {
    packs: Arc<Packs>,
    place: PathBuf,
}

/// One thread's view of them.
pub struct ContentReader<'a>(Objects<'a>);

impl Repo {
    /// The tree of a commit.
    pub fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, GitError> {
        let tree = self.replaced().commit(self, oid(commit)?)?.tree_id();
        known(tree)
    }
}

impl Contents {
    /// The objects of a repository.
    pub fn of(repo: &Repo) -> Self {
        Self {
            packs: repo.packs(),
            place: repo.git_dir().to_owned(),
        }
    }

    /// A view for the thread that calls.
    pub fn reader(&self) -> ContentReader<'_> {
        ContentReader(Objects::new(&self.packs, &self.place, KEPT))
    }
}

impl ContentReader<'_> {
    /// Lists a tree. An unreadable top directory is an error, as is a tree that lists more than any real one: a part of it would
    /// be misleading.
    pub fn files(&mut self, tree: ObjectId) -> Result<FileTree, GitError> {
        let (mut found, mut budget) = (FileTree::default(), Budget::default());
        let listed = self.list(&tree, "", 0, (&mut found, &mut budget));
        if budget.is_spent() {
            return Err(ObjectError::TooManyFiles(tree).into());
        }
        listed?;
        Ok(found)
    }

    fn list(
        &mut self,
        tree: &ObjectId,
        above: &str,
        depth: usize,
        (found, budget): (&mut FileTree, &mut Budget),
    ) -> Result<(), ObjectError> {
        let object = self.0.read(tree, LARGEST_TREE)?;
        let is_repeated = budget.list(Side::New, tree);
        if budget.spend(object.data.len()).is_none() {
            return Err(ObjectError::TooManyFiles(*tree));
        }
        for entry in Entries::of(tree, &object.data) {
            let entry = entry.map_err(|malformed| malformed.of(tree))?;
            let path = format!("{above}{}", String::from_utf8_lossy(entry.name));
            if budget.spend_in(is_repeated, path.len()).is_none() {
                return Err(ObjectError::TooManyFiles(*tree));
            }
            if !entry.is_folder() {
                found.files.push(TreeFile {
                    path,
                    id: entry.id(),
                    kind: entry.version().kind,
                });
                continue;
            }
            let below = (&mut *found, &mut *budget);
            let full = depth >= MAX_DEPTH;
            if full
                || self
                    .list(&entry.id(), &format!("{path}/"), depth + 1, below)
                    .is_err()
            {
                found.unreadable += 1;
            }
        }
        Ok(())
    }

    /// The content of a file of at most `limit` bytes.
    pub fn blob(&mut self, id: ObjectId, limit: u64) -> Result<Rc<Vec<u8>>, GitError> {
        let object = self.0.read(&id, limit)?;
        match object.kind {
            Kind::Blob => Ok(object.data),
            _ => Err(GitError::ForeignId),
        }
    }
}

/// Converts libgit2's id. Fails if it has a length that git does not know.
pub(super) fn known(id: Oid) -> Result<ObjectId, GitError> {
    object_id(id).ok_or(GitError::ForeignId)
}

/// Converts our id to libgit2's.
pub(super) fn oid(id: ObjectId) -> Result<Oid, git2::Error> {
    Oid::from_bytes(id.as_bytes())
}
