//! Which files two trees differ in, from their raw entries side by side.

use super::packs::{Kind, ObjectError, Objects, RawId};
use crate::facts::ids::ObjectId;

/// Trees are small; a larger one is a trap.
pub(super) const LARGEST_TREE: u64 = 64 << 20;
/// How deep git itself follows folders.
const DEEPEST: usize = 2048;

/// What a file is. Folders are not files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// Content.
    Regular,
    /// The path of another file.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// One version of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Version {
    pub(super) id: RawId,
    pub(super) kind: FileKind,
    /// Only compared: a change of the executable bit is a change of the file.
    pub(super) mode: u32,
}

/// A file that two trees do not agree on: added, removed or changed.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) path: Vec<u8>,
    pub(super) old: Option<Version>,
    pub(super) new: Option<Version>,
}

/// Appends the differences between two trees, in git's order of paths. `None` is the empty tree.
pub(super) fn compare(
    objects: &mut Objects<'_>,
    old: Option<&RawId>,
    new: Option<&RawId>,
    found: &mut Vec<Difference>,
) -> Result<(), ObjectError> {
    let mut walk = Walk {
        objects,
        path: Vec::new(),
        depth: 0,
        found,
    };
    walk.trees(old, new)
}

/// The file at `path` below a tree, if it has one there.
pub(super) fn lookup(
    objects: &mut Objects<'_>,
    tree: &RawId,
    path: &[u8],
) -> Result<Option<Version>, ObjectError> {
    let mut folder = *tree;
    let mut parts = path.split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        let data = folder_data(objects, &folder)?;
        let Some(entry) = Entries(&data).find(|entry| entry.name == part) else {
            return Ok(None);
        };
        match (entry.is_folder(), parts.peek()) {
            (true, Some(_)) => folder = *entry.id,
            (false, None) => return Ok(Some(entry.version())),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

fn folder_data(objects: &mut Objects<'_>, id: &RawId) -> Result<std::rc::Rc<Vec<u8>>, ObjectError> {
    let object = objects.read(id, LARGEST_TREE)?;
    match object.kind {
        Kind::Tree => Ok(object.data),
        _ => Err(damaged(id, "not a tree")),
    }
}

fn damaged(id: &RawId, reason: &str) -> ObjectError {
    ObjectError::Damaged {
        id: ObjectId::from(*id),
        reason: reason.to_owned(),
    }
}

struct Walk<'a, 'objects> {
    objects: &'a mut Objects<'objects>,
    path: Vec<u8>,
    depth: usize,
    found: &'a mut Vec<Difference>,
}

impl Walk<'_, '_> {
    fn trees(&mut self, old: Option<&RawId>, new: Option<&RawId>) -> Result<(), ObjectError> {
        let old_data = self.data(old)?;
        let new_data = self.data(new)?;
        let mut old_entries = Entries(&old_data).peekable();
        let mut new_entries = Entries(&new_data).peekable();
        loop {
            let order = match (old_entries.peek(), new_entries.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (Some(old), Some(new)) => old.order(new),
            };
            let old = if order.is_le() { old_entries.next() } else { None };
            let new = if order.is_ge() { new_entries.next() } else { None };
            if let (Some(old), Some(new)) = (&old, &new)
                && old.is_same(new)
            {
                continue;
            }
            self.entry(old, new)?;
        }
    }

    fn data(&mut self, id: Option<&RawId>) -> Result<std::rc::Rc<Vec<u8>>, ObjectError> {
        let Some(id) = id else {
            return Ok(std::rc::Rc::default());
        };
        if self.depth >= DEEPEST {
            return Err(damaged(id, "too deep a folder"));
        }
        folder_data(self.objects, id)
    }

    fn entry(&mut self, old: Option<Entry<'_>>, new: Option<Entry<'_>>) -> Result<(), ObjectError> {
        let Some(any) = old.as_ref().or(new.as_ref()) else {
            return Ok(());
        };
        let len = self.path.len();
        self.path.extend_from_slice(any.name);
        if any.is_folder() {
            self.path.push(b'/');
            self.depth += 1;
            let id = |entry: Option<Entry<'_>>| entry.map(|entry| *entry.id);
            self.trees(id(old).as_ref(), id(new).as_ref())?;
            self.depth -= 1;
        } else {
            self.found.push(Difference {
                path: self.path.clone(),
                old: old.map(|entry| entry.version()),
                new: new.map(|entry| entry.version()),
            });
        }
        self.path.truncate(len);
        Ok(())
    }
}

/// An entry of a raw tree.
pub(super) struct Entry<'a> {
    mode: u32,
    pub(super) name: &'a [u8],
    pub(super) id: &'a RawId,
}

impl Entry<'_> {
    pub(super) fn is_folder(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    pub(super) fn version(&self) -> Version {
        Version {
            id: *self.id,
            kind: match self.mode & 0o170_000 {
                0o120_000 => FileKind::Link,
                0o160_000 => FileKind::Submodule,
                _ => FileKind::Regular,
            },
            // Old trees hold group-writable files; git takes them for ordinary ones.
            mode: match self.mode & 0o170_000 {
                0o100_000 if self.mode & 0o100 != 0 => 0o100_755,
                0o100_000 => 0o100_644,
                _ => self.mode,
            },
        }
    }

    /// Whether git sees no change: the same content, and modes that mean the same.
    fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && (self.mode == other.mode || self.version().mode == other.version().mode)
    }

    /// Git's order, in which a folder's name ends with a slash.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let end = |entry: &Self| if entry.is_folder() { b'/' } else { 0 };
        let shared = self.name.len().min(other.name.len());
        let rest = |entry: &Self| entry.name.get(shared).copied().unwrap_or_else(|| end(entry));
        self.name[..shared]
            .cmp(&other.name[..shared])
            .then_with(|| rest(self).cmp(&rest(other)))
            .then_with(|| self.name.len().cmp(&other.name.len()))
    }
}

/// The entries of a raw tree, up to the first that makes no sense.
pub(super) struct Entries<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        let space = memchr::memchr(b' ', self.0)?;
        let digits = self.0[..space].iter();
        let mode = digits.fold(0_u32, |mode, digit| mode << 3 | u32::from(digit & 7));
        let rest = &self.0[space + 1..];
        let end = memchr::memchr(0, rest)?;
        let id = rest.get(end + 1..end + 21)?;
        self.0 = &rest[end + 21..];
        Some(Entry {
            mode,
            name: &rest[..end],
            id: id.try_into().ok()?,
        })
    }
}
