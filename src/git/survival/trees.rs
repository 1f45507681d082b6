//! What changed between two trees, and where a path stands in one.

use std::cmp::Ordering;

use git2::{ObjectType, Oid};

use super::SurvivalError;
use super::objects::{Objects, damaged};

/// Git itself refuses deeper trees.
const DEEPEST: usize = 2048;

/// A file in a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) mode: u32,
    pub(super) oid: Oid,
}

/// The kinds of files that blame tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Regular,
    Symlink,
    Gitlink,
    Tree,
}

impl Entry {
    pub(super) fn kind(self) -> Kind {
        match self.mode & 0o170_000 {
            0o040_000 => Kind::Tree,
            0o120_000 => Kind::Symlink,
            0o160_000 => Kind::Gitlink,
            _ => Kind::Regular,
        }
    }
}

/// A file and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct File {
    pub(super) path: Box<[u8]>,
    pub(super) entry: Entry,
}

/// A path that is not the same on both sides. At least one side is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) path: Box<[u8]>,
    pub(super) old: Option<Entry>,
    pub(super) new: Option<Entry>,
}

/// Every changed path below two trees, in the order of git's own diff.
pub(super) fn changes(objects: &mut Objects, old: Oid, new: Oid) -> Result<Vec<Change>, SurvivalError> {
    let mut walk = Walk {
        objects,
        path: Vec::new(),
        depth: 0,
        found: Vec::new(),
    };
    walk.compare(Some(old), Some(new))?;
    Ok(walk.found)
}

/// Every file below a tree.
pub(super) fn files(objects: &mut Objects, tree: Oid) -> Result<Vec<File>, SurvivalError> {
    let mut walk = Walk {
        objects,
        path: Vec::new(),
        depth: 0,
        found: Vec::new(),
    };
    walk.compare(None, Some(tree))?;
    let file = |change: Change| {
        Some(File {
            path: change.path,
            entry: change.new?,
        })
    };
    Ok(walk.found.into_iter().filter_map(file).collect())
}

/// The file at `path`, if the tree has one there.
pub(super) fn lookup(objects: &mut Objects, tree: Oid, path: &[u8]) -> Result<Option<Entry>, SurvivalError> {
    let mut at = Entry {
        mode: 0o040_000,
        oid: tree,
    };
    for part in path.split(|byte| *byte == b'/') {
        if at.kind() != Kind::Tree {
            return Ok(None);
        }
        let raw = objects.tree(at.oid)?;
        let found = Entries(&raw).find_map(|item| match item {
            Ok((name, entry)) => (name == part).then_some(Ok(entry)),
            Err(()) => Some(Err(malformed(at.oid))),
        });
        match found.transpose()? {
            Some(entry) => at = entry,
            None => return Ok(None),
        }
    }
    Ok((at.kind() != Kind::Tree).then_some(at))
}

fn malformed(tree: Oid) -> SurvivalError {
    damaged(ObjectType::Tree, tree, "it is malformed")
}

struct Walk<'a> {
    objects: &'a mut Objects,
    path: Vec<u8>,
    depth: usize,
    found: Vec<Change>,
}

impl Walk<'_> {
    fn compare(&mut self, old: Option<Oid>, new: Option<Oid>) -> Result<(), SurvivalError> {
        if self.depth > DEEPEST {
            return Err(SurvivalError::TooDeep(DEEPEST));
        }
        let old_raw = old.map(|oid| self.objects.tree(oid)).transpose()?;
        let new_raw = new.map(|oid| self.objects.tree(oid)).transpose()?;
        let mut olds = Entries(old_raw.as_deref().unwrap_or_default());
        let mut news = Entries(new_raw.as_deref().unwrap_or_default());
        let (mut left, mut right) = (olds.take_next(old)?, news.take_next(new)?);
        loop {
            let order = match (&left, &right) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(left), Some(right)) => in_tree_order(*left, *right),
            };
            let taken_left = if order.is_le() { left.take() } else { None };
            let taken_right = if order.is_ge() { right.take() } else { None };
            self.pair(taken_left, taken_right)?;
            if taken_left.is_some() {
                left = olds.take_next(old)?;
            }
            if taken_right.is_some() {
                right = news.take_next(new)?;
            }
        }
    }

    /// Two entries of one name and of one sort (both trees or neither); either may be absent.
    fn pair(
        &mut self,
        old: Option<(&[u8], Entry)>,
        new: Option<(&[u8], Entry)>,
    ) -> Result<(), SurvivalError> {
        let (old_entry, new_entry) = (old.map(|(_, entry)| entry), new.map(|(_, entry)| entry));
        let Some((name, one)) = new.or(old) else {
            return Ok(());
        };
        if old_entry == new_entry {
            return Ok(());
        }
        let length = self.path.len();
        self.path.extend_from_slice(name);
        if one.kind() == Kind::Tree {
            self.path.push(b'/');
            self.depth += 1;
            self.compare(old_entry.map(|entry| entry.oid), new_entry.map(|entry| entry.oid))?;
            self.depth -= 1;
        } else {
            self.found.push(Change {
                path: self.path.as_slice().into(),
                old: old_entry,
                new: new_entry,
            });
        }
        self.path.truncate(length);
        Ok(())
    }
}

/// Git's order: a tree sorts as if its name ended in a slash, so a file and a tree of one name are two entries.
fn in_tree_order(left: (&[u8], Entry), right: (&[u8], Entry)) -> Ordering {
    let shared = left.0.len().min(right.0.len());
    left.0[..shared].cmp(&right.0[..shared]).then_with(|| {
        let after = |(name, entry): (&[u8], Entry)| match name.get(shared) {
            Some(byte) => *byte,
            None if entry.kind() == Kind::Tree => b'/',
            None => 0,
        };
        after(left).cmp(&after(right))
    })
}

/// The entries of a raw tree, in their order.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = Result<(&'a [u8], Entry), ()>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let entry = self.parse();
        if entry.is_none() {
            self.0 = &[];
        }
        Some(entry.ok_or(()))
    }
}

impl<'a> Entries<'a> {
    /// The next entry of `tree`, where a malformed one is an error.
    fn take_next(&mut self, tree: Option<Oid>) -> Result<Option<(&'a [u8], Entry)>, SurvivalError> {
        self.next()
            .transpose()
            .map_err(|()| malformed(tree.unwrap_or(Oid::ZERO_SHA1)))
    }

    fn parse(&mut self) -> Option<(&'a [u8], Entry)> {
        const ID: usize = 20;
        let space = memchr::memchr(b' ', self.0)?;
        let mode = self.0[..space].iter().try_fold(0u32, |mode, digit| {
            matches!(digit, b'0'..=b'7').then(|| mode.wrapping_mul(8) + u32::from(digit - b'0'))
        })?;
        let rest = &self.0[space + 1..];
        let nul = memchr::memchr(0, rest)?;
        let oid = Oid::from_bytes(rest.get(nul + 1..nul + 1 + ID)?).ok()?;
        self.0 = &rest[nul + 1 + ID..];
        Some((&rest[..nul], Entry { mode, oid }))
    }
}
