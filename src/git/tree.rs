//! The files of a tree and their contents, from the object database alone: no work tree, filter or attribute has a say.

use git2::{ObjectType, Oid};

use super::open::object_id;
use super::{GitError, Repo};
use crate::facts::ids::ObjectId;

/// A tree can name one folder many times over, so that a few objects list billions of files.
const MAX_FILES: usize = 2_000_000;
/// Deeper folders than any file system can hold.
const MAX_DEPTH: usize = 512;

/// What a path of a tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Content.
    Regular,
    /// The path of another file.
    Symlink,
    /// A commit of another repository.
    Submodule,
}

/// A path of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    /// From the top of the tree, with `/` between its parts. Untrusted text.
    pub path: String,
    /// Its content.
    pub id: ObjectId,
    /// What it stands for.
    pub kind: FileKind,
}

/// All paths of a tree.
#[derive(Debug, Clone, Default)]
pub struct FileTree {
    /// In the order of the tree.
    pub files: Vec<TreeFile>,
    /// Folders whose objects are missing, damaged, or too many.
    pub unreadable: u64,
}

impl Repo {
    /// The tree of a commit.
    pub fn tree_of(&self, commit: ObjectId) -> Result<ObjectId, GitError> {
        let tree = self.raw().find_commit(oid(commit)?)?.tree_id();
        object_id(tree).ok_or(GitError::ForeignId)
    }

    /// Lists a tree. Only a top folder that cannot be read is an error.
    pub fn files(&self, tree: ObjectId) -> Result<FileTree, GitError> {
        let mut found = FileTree::default();
        self.list(oid(tree)?, "", 0, &mut found)?;
        Ok(found)
    }

    fn list(&self, tree: Oid, above: &str, depth: usize, found: &mut FileTree) -> Result<(), GitError> {
        for entry in &self.raw().find_tree(tree)? {
            let path = format!("{above}{}", String::from_utf8_lossy(entry.name_bytes()));
            if entry.kind() == Some(ObjectType::Tree) {
                let full = depth >= MAX_DEPTH || found.files.len() >= MAX_FILES;
                if full
                    || self
                        .list(entry.id(), &format!("{path}/"), depth + 1, found)
                        .is_err()
                {
                    found.unreadable += 1;
                }
                continue;
            }
            let kind = match entry.filemode() {
                0o120_000 => FileKind::Symlink,
                0o160_000 => FileKind::Submodule,
                _ => FileKind::Regular,
            };
            match object_id(entry.id()) {
                Some(id) => found.files.push(TreeFile { path, id, kind }),
                None => found.unreadable += 1,
            }
        }
        Ok(())
    }

    /// The content of a file.
    pub fn blob(&self, id: ObjectId) -> Result<Vec<u8>, GitError> {
        Ok(self.raw().find_blob(oid(id)?)?.content().to_vec())
    }
}

/// Our id in libgit2's vocabulary.
pub(super) fn oid(id: ObjectId) -> Result<Oid, git2::Error> {
    Oid::from_bytes(id.as_bytes())
}
