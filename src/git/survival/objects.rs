//! Objects by id, one reader a thread. Decoded trees are kept: a commit and its parent share almost every one.

use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use git2::{ErrorCode, ObjectType, Oid, Repository};

use super::SurvivalError;
use crate::git::Repo;

/// Bytes of trees that a reader keeps before it forgets the older half.
const TREES_KEPT: usize = 32 << 20;
/// The largest blob that is read. Above it, who wrote a line is unknown.
const LARGEST_BLOB: usize = 32 << 20;

/// Reads the objects of one repository.
pub(super) struct Objects {
    repository: Repository,
    recent: HashMap<Oid, Rc<[u8]>>,
    older: HashMap<Oid, Rc<[u8]>>,
    recent_bytes: usize,
}

/// What a commit says about its place in history.
pub(super) struct CommitHeader {
    pub(super) tree: Oid,
    pub(super) parents: Vec<Oid>,
    /// Committer's time, seconds since the epoch; 0 where it cannot be read.
    pub(super) time: i64,
}

impl Objects {
    /// A reader with a handle of its own.
    pub(super) fn open(git_dir: &Path) -> Result<Self, SurvivalError> {
        // Hashing every object again would take longer than reading it; `git fsck` is the tool for that.
        git2::opts::strict_hash_verification(false);
        let own = Repo::open(git_dir).map_err(|error| SurvivalError::Open(error.to_string()))?;
        Ok(Self {
            repository: own.into_raw(),
            recent: HashMap::new(),
            older: HashMap::new(),
            recent_bytes: 0,
        })
    }

    fn read(&self, oid: Oid, kind: ObjectType) -> Result<Vec<u8>, SurvivalError> {
        let odb = self.repository.odb().map_err(|error| unread(kind, oid, &error))?;
        let object = odb.read(oid).map_err(|error| unread(kind, oid, &error))?;
        if object.kind() == kind {
            Ok(object.data().to_vec())
        } else {
            Err(damaged(kind, oid, "it is of another kind"))
        }
    }

    /// The headers of a commit. Only tree and parents must be sound: a malformed author does not matter here.
    pub(super) fn commit(&self, oid: Oid) -> Result<CommitHeader, SurvivalError> {
        let raw = self.read(oid, ObjectType::Commit)?;
        parse_commit(&raw).ok_or_else(|| damaged(ObjectType::Commit, oid, "it is malformed"))
    }

    /// The raw entries of a tree.
    pub(super) fn tree(&mut self, oid: Oid) -> Result<Rc<[u8]>, SurvivalError> {
        if let Some(known) = self.recent.get(&oid) {
            return Ok(Rc::clone(known));
        }
        let tree: Rc<[u8]> = match self.older.remove(&oid) {
            Some(known) => known,
            None => self.read(oid, ObjectType::Tree)?.into(),
        };
        self.recent_bytes += tree.len();
        if self.recent_bytes > TREES_KEPT / 2 {
            self.older = std::mem::take(&mut self.recent);
            self.recent_bytes = tree.len();
        }
        self.recent.insert(oid, Rc::clone(&tree));
        Ok(tree)
    }

    /// The bytes of a blob, or why they are not known.
    pub(super) fn blob(&self, oid: Oid) -> Result<Rc<[u8]>, SurvivalError> {
        let size = self.blob_size(oid)?;
        if size > LARGEST_BLOB {
            return Err(damaged(ObjectType::Blob, oid, "it is too large"));
        }
        Ok(self.read(oid, ObjectType::Blob)?.into())
    }

    /// The size of a blob in bytes, without reading it.
    pub(super) fn blob_size(&self, oid: Oid) -> Result<usize, SurvivalError> {
        let header = self.repository.odb().and_then(|odb| odb.read_header(oid));
        header
            .map(|(size, _)| size)
            .map_err(|error| unread(ObjectType::Blob, oid, &error))
    }
}

fn unread(kind: ObjectType, oid: Oid, error: &git2::Error) -> SurvivalError {
    if error.code() == ErrorCode::NotFound {
        SurvivalError::Missing {
            kind: kind.str(),
            id: oid.to_string(),
        }
    } else {
        damaged(kind, oid, error.message())
    }
}

/// The object is there and is of no use.
pub(super) fn damaged(kind: ObjectType, oid: Oid, reason: &str) -> SurvivalError {
    SurvivalError::Damaged {
        kind: kind.str(),
        id: oid.to_string(),
        reason: reason.to_owned(),
    }
}

fn parse_commit(raw: &[u8]) -> Option<CommitHeader> {
    let mut lines = raw.split(|byte| *byte == b'\n');
    let tree = id_after(lines.next()?, b"tree ")?;
    let mut parents = Vec::new();
    let mut time = 0;
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(parent) = id_after(line, b"parent ") {
            parents.push(parent);
        } else if line.starts_with(b"committer ") {
            time = committer_time(line).unwrap_or(0);
            break;
        }
    }
    Some(CommitHeader { tree, parents, time })
}

fn id_after(line: &[u8], key: &[u8]) -> Option<Oid> {
    let hex = std::str::from_utf8(line.strip_prefix(key)?).ok()?;
    Oid::from_str(hex).ok()
}

fn committer_time(line: &[u8]) -> Option<i64> {
    let after_mail = line.rsplit(|byte| *byte == b'>').next()?;
    std::str::from_utf8(after_mail)
        .ok()?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_without_a_sound_author_keeps_its_place() {
        let raw = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nparent 0123456789abcdef0123456789abcdef01234567\nauthor <<\ncommitter A <a@b> 1700000000 +0000\n\nSay\n";
        let header = parse_commit(raw).unwrap();
        assert_eq!(header.parents.len(), 1);
        assert_eq!(header.time, 1_700_000_000);
    }
}
