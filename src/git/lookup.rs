//! The only way to objects that libgit2 looks up: each is checked before it is read.
//!
//! libgit2 reads an object completely, whatever its size, and opens its file, whatever that is. A loose commit of four gigabytes
//! takes four megabytes on disk. So no other code asks libgit2 for an object directly.

use std::path::{Path, PathBuf};

use git2::{Blob, Commit, Error, ErrorClass, ErrorCode, ObjectType, Oid, Reference, Tree, TreeEntry};

use super::open::{Repo, object_id};
use super::packs::Packs;
use super::replacements::Replaced;
use super::trees::LARGEST_TREE;
use super::{alternates, loose};
use crate::facts::ids::ObjectId;

/// A commit or tag above this size is an attack.
pub(super) const LARGEST_COMMIT: u64 = 16 << 20;
/// How many tags of tags are followed.
const MOST_TAGS: usize = 64;

impl Repo {
    /// The size and the type of an object that may be read; a blob may have at most `most` bytes. Fails with
    /// [`ErrorCode::NotFound`] if it is missing.
    pub(super) fn look_at(&self, id: Oid, most: u64) -> Result<(u64, ObjectType), Error> {
        let (size, kind) = self.header(id)?;
        self.accept(id, size, kind, most)?;
        Ok((size, kind))
    }

    /// Fails if an object of this size and type may not be read.
    fn accept(&self, id: Oid, size: u64, kind: ObjectType, most: u64) -> Result<(), Error> {
        let most = match kind {
            ObjectType::Commit | ObjectType::Tag => LARGEST_COMMIT,
            ObjectType::Tree => LARGEST_TREE,
            _ => most,
        };
        if size > most {
            return Err(Error::from_str(&format!("object {id} is too large")));
        }
        self.check_whole(id)
    }

    /// The size of an object, without a limit. The object may be damaged: see [`Repo::check_whole`].
    pub(super) fn size_of(&self, id: Oid) -> Result<u64, Error> {
        Ok(self.header(id)?.0)
    }

    fn header(&self, id: Oid) -> Result<(u64, ObjectType), Error> {
        if id.as_bytes().len() != self.id_width() {
            return Err(not_found(
                ErrorClass::Odb,
                "object names of this length do not exist in this repository",
            ));
        }
        if let Some(file) = self.loose(id)? {
            match loose::head(&file) {
                Ok(Some(head)) => return Ok((head.size, head.kind)),
                // It was packed in the meantime.
                Ok(None) => {}
                Err(error) => self.packed_instead(id, &error)?,
            }
        }
        let (size, kind) = self.raw().odb()?.read_header(id)?;
        Ok((size as u64, kind))
    }

    /// Fails if the file of an object is damaged in a way that makes libgit2 hang.
    pub(super) fn check_whole(&self, id: Oid) -> Result<(), Error> {
        if self.whole.borrow().contains(&id) {
            return Ok(());
        }
        if let Some(Err(error)) = self.loose(id)?.map(|file| loose::check(&file)) {
            return self.packed_instead(id, &error);
        }
        self.whole.borrow_mut().insert(id);
        Ok(())
    }

    /// Fails if an object whose file is damaged is in no pack; libgit2 looks in packs first. Git may have packed it just now, so
    /// that those opened before are not asked.
    fn packed_instead(&self, id: Oid, error: &std::io::Error) -> Result<(), Error> {
        match object_id(id).is_some_and(|name| Packs::open(self).has(&name)) {
            true => Ok(()),
            false => Err(Error::from_str(&format!("object {id} is damaged: {error}"))),
        }
    }

    /// Fails if the file of a loose object must not be opened.
    pub(super) fn check_file(&self, id: Oid) -> Result<(), Error> {
        self.loose(id).map(|_| ())
    }

    /// The file of a loose object. Opening a pipe in its place would block forever.
    fn loose(&self, id: Oid) -> Result<Option<PathBuf>, Error> {
        let name = id.to_string();
        let file = Path::new(&name[..2]).join(&name[2..]);
        for folder in self.object_folders() {
            let path = folder.join(&file);
            match path.metadata() {
                Ok(data) if data.is_file() => return Ok(Some(path)),
                Ok(_) => {
                    return Err(Error::from_str(&format!("object {id} is not a regular file")));
                }
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Where its objects are, including alternates.
    pub(super) fn object_folders(&self) -> &[PathBuf] {
        self.object_folders
            .get_or_init(|| alternates::object_folders(self.common_dir()))
    }

    /// A commit.
    pub(super) fn commit_at(&self, id: Oid) -> Result<Commit<'_>, Error> {
        self.look_for(id, ObjectType::Commit)?;
        self.raw().find_commit(id)
    }

    /// A tree.
    pub(super) fn tree_at(&self, id: Oid) -> Result<Tree<'_>, Error> {
        self.look_for(id, ObjectType::Tree)?;
        self.raw().find_tree(id)
    }

    /// Fails if an object is not of the wanted type, or may not be read.
    fn look_for(&self, id: Oid, wanted: ObjectType) -> Result<(), Error> {
        let (size, kind) = self.header(id)?;
        match kind == wanted {
            true => self.accept(id, size, kind, 0),
            false => Err(Error::from_str(&format!(
                "object {id} is a {kind}, not a {wanted}"
            ))),
        }
    }

    /// A blob of at most `most` bytes.
    pub(super) fn blob_at(&self, id: Oid, most: u64) -> Result<Blob<'_>, Error> {
        self.look_at(id, most)?;
        self.raw().find_blob(id)
    }

    /// The commit that an object is or, as a tag, names. `None` for a tree or a blob, which are not read.
    pub(super) fn peel_to_commit(&self, id: Oid) -> Result<Option<Commit<'_>>, Error> {
        let mut id = id;
        for _ in 0..MOST_TAGS {
            let kind = self.header(id)?.1;
            if matches!(kind, ObjectType::Commit | ObjectType::Tag) {
                self.look_at(id, 0)?;
            }
            match kind {
                ObjectType::Commit => return self.raw().find_commit(id).map(Some),
                ObjectType::Tag => id = self.raw().find_tag(id)?.target_id(),
                _ => return Ok(None),
            }
        }
        Err(Error::from_str(&format!("tag {id} is nested too deeply")))
    }

    /// The commit that a ref leads to. `None` if that is a tree or a blob.
    pub(super) fn commit_of(&self, reference: &Reference<'_>) -> Result<Option<Commit<'_>>, Error> {
        let target = match reference.target() {
            Some(target) => Some(target),
            None => reference.resolve()?.target(),
        };
        self.peel_to_commit(target.ok_or_else(|| Error::from_str("a ref without an object"))?)
    }

    /// The tree of the commit at HEAD. Fails with [`ErrorCode::UnbornBranch`] if there is none yet.
    pub(super) fn head_tree(&self) -> Result<Tree<'_>, Error> {
        let head = self.raw().head()?;
        let commit = self.commit_of(&head)?;
        self.tree_at(
            commit
                .ok_or_else(|| Error::from_str("HEAD is not a commit"))?
                .tree_id(),
        )
    }

    /// The object whose full name a text is.
    pub(super) fn whole_id(&self, text: &str) -> Option<Oid> {
        let id: ObjectId = text.parse().ok()?;
        Oid::from_bytes(id.as_bytes())
            .ok()
            .filter(|_| id.width() == self.id_width())
    }

    /// The object of a full id or the name of a ref, without reading the object.
    pub(super) fn named(&self, name: &str) -> Option<Oid> {
        if let Some(id) = self.whole_id(name) {
            return Some(id);
        }
        let reference = self.raw().resolve_reference_from_short_name(name).ok()?;
        reference.resolve().ok()?.target()
    }

    /// The object of any revision. libgit2 reads the objects on the way to it.
    pub(super) fn revision(&self, revision: &str) -> Result<Oid, Error> {
        match self.named(revision) {
            // For libgit2, an empty text is HEAD; for git, it is not a revision.
            _ if revision.is_empty() => Err(Error::from_str("an empty revision")),
            Some(id) => Ok(id),
            None => Ok(self.raw().revparse_single(revision)?.id()),
        }
    }

    /// What a tree has at `path`.
    pub(super) fn entry_at(&self, tree: &Tree<'_>, path: &Path) -> Result<TreeEntry<'static>, Error> {
        let none = || not_found(ErrorClass::Tree, "no such path in the tree");
        let mut found: Option<TreeEntry<'static>> = None;
        for part in path {
            let entry = match &found {
                None => tree
                    .get_name_bytes(part.as_encoded_bytes())
                    .map(|entry| entry.to_owned()),
                Some(above) if above.kind() == Some(ObjectType::Tree) => {
                    let tree = self.tree_at(above.id())?;
                    let entry = tree.get_name_bytes(part.as_encoded_bytes());
                    entry.map(|entry| entry.to_owned())
                }
                Some(_) => None,
            };
            found = Some(entry.ok_or_else(none)?);
        }
        found.ok_or_else(none)
    }
}

impl Replaced {
    /// The commit as git sees it, except for its id and for grafted parents.
    pub(super) fn commit<'repo>(&self, repo: &'repo Repo, id: Oid) -> Result<Commit<'repo>, Error> {
        repo.commit_at(self.oid(id))
    }
}

fn not_found(class: ErrorClass, message: &str) -> Error {
    Error::new(ErrorCode::NotFound, class, message)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// Replaces the file of a loose object by one that claims `size` bytes; returns its name.
    fn loose(folder: &Path, kind: &str, size: u64) -> Oid {
        let id = Oid::hash_object(ObjectType::Blob, format!("{kind} {size}").as_bytes()).unwrap();
        let name = id.to_string();
        let place = folder.join(".git/objects").join(&name[..2]);
        std::fs::create_dir_all(&place).unwrap();
        let head = format!("{kind} {size}\0and some of it");
        // An uncompressed zlib stream that does not end.
        let mut file = std::fs::File::create(place.join(&name[2..])).unwrap();
        file.write_all(&[0x78, 0x01, 0]).unwrap();
        let len = head.len() as u16;
        file.write_all(&len.to_le_bytes()).unwrap();
        file.write_all(&(!len).to_le_bytes()).unwrap();
        file.write_all(head.as_bytes()).unwrap();
        id
    }

    fn too_large<T>(result: Result<T, Error>) -> bool {
        result.is_err_and(|error| error.message().ends_with("is too large"))
    }

    #[test]
    fn the_size_is_looked_at_before_the_object() {
        let folder = tempfile::tempdir().unwrap();
        git2::Repository::init(folder.path()).unwrap();
        let repo = Repo::open(folder.path()).unwrap();
        let huge = |kind| loose(folder.path(), kind, 4 << 30);
        assert!(too_large(repo.commit_at(huge("commit"))));
        assert!(too_large(repo.peel_to_commit(huge("commit"))));
        assert!(too_large(repo.peel_to_commit(huge("tag"))));
        assert!(too_large(repo.tree_at(huge("tree"))));
        assert!(too_large(repo.blob_at(huge("blob"), 1 << 20)));
        // It contains no history, whatever its size.
        assert!(repo.peel_to_commit(huge("blob")).unwrap().is_none());
        let limit = LARGEST_COMMIT;
        // It would be read if it were complete.
        assert!(!too_large(repo.look_at(loose(folder.path(), "commit", limit), 0)));
        assert!(too_large(
            repo.look_at(loose(folder.path(), "commit", limit + 1), 0)
        ));
        let missing = repo.commit_at(Oid::hash_object(ObjectType::Blob, b"other").unwrap());
        assert_eq!(
            missing.map(|commit| commit.id()).unwrap_err().code(),
            ErrorCode::NotFound
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_pipe_in_place_of_an_object_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        git2::Repository::init(folder.path()).unwrap();
        let id = loose(folder.path(), "commit", 10);
        let name = id.to_string();
        let path = folder
            .path()
            .join(".git/objects")
            .join(&name[..2])
            .join(&name[2..]);
        std::fs::remove_file(&path).unwrap();
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let error = Repo::open(folder.path())
            .unwrap()
            .peel_to_commit(id)
            .map(|_| ())
            .unwrap_err();
        assert!(error.message().contains("is not a regular file"), "{error}");
    }

    #[test]
    fn paths_are_followed_through_trees() {
        let folder = tempfile::tempdir().unwrap();
        let raw = git2::Repository::init(folder.path()).unwrap();
        let blob = raw.blob(b"text").unwrap();
        let tree = |name: &str, id, mode| {
            let mut tree = raw.treebuilder(None).unwrap();
            tree.insert(name, id, mode).unwrap();
            tree.write().unwrap()
        };
        let top = tree("a", tree("b", tree("c", blob, 0o100_644), 0o040_000), 0o040_000);
        let repo = Repo::open(folder.path()).unwrap();
        let top = repo.tree_at(top).unwrap();
        let at = |path: &str| repo.entry_at(&top, Path::new(path)).map(|entry| entry.id());
        assert_eq!(at("a/b/c").unwrap(), blob);
        assert!(at("a/b").is_ok());
        for nothing in ["", "b", "a/c", "a/b/c/d"] {
            assert_eq!(at(nothing).unwrap_err().code(), ErrorCode::NotFound, "{nothing}");
        }
    }
}
