//! The list of files that git checked out, with the stat data that it remembers of each: the index, read in place.
//!
//! libgit2 hashes the whole file and copies each entry, which takes longer than looking at the files. Only an index that says
//! all there is to know is read: one that is split or sparse, or in the middle of a merge, is left to libgit2.

use crate::facts::ids::ObjectId;

/// The longest path of an entry.
const LONGEST_PATH: usize = 4096;
/// The smallest entry: stat data, a name of 20 bytes, flags and a path.
const SMALLEST_ENTRY: usize = 64;
/// Where the entries start.
const START: usize = 12;

/// In the flags of an entry: `git update-index --assume-unchanged`, more flags after these, and the side of a merge.
const ANYTHING_SPECIAL: u16 = 0x8000 | 0x4000 | 0x3000;

/// What the system knows of a file without opening it, in the 32 bits that an index has for each number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) changed: (u32, u32),
    pub(super) modified: (u32, u32),
    pub(super) inode: u32,
    pub(super) owner: u32,
    pub(super) group: u32,
    pub(super) size: u32,
}

/// A path that is tracked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tracked {
    pub(super) path: Vec<u8>,
    pub(super) mode: u32,
    pub(super) stat: Stat,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tracking {
    /// Sorted by path, each once.
    pub(super) files: Vec<Tracked>,
    /// The tree of exactly these files, if git noted it.
    pub(super) tree: Option<ObjectId>,
}

/// Parses an index of a repository whose object names have `width` bytes; `None` if it is damaged, or if its entries are not all
/// there is to know.
pub(super) fn parse(data: &[u8], width: usize) -> Option<Tracking> {
    let (head, version, count) = (data.get(..4)?, number(data, 4)?, number(data, 8)? as usize);
    let is_known = head == b"DIRC" && (2..=4).contains(&version);
    // The last bytes are a checksum, which git does not verify either: what matters is compared with the files.
    let data = data.get(..data.len().checked_sub(width)?)?;
    if !is_known || count > data.len() / SMALLEST_ENTRY {
        return None;
    }
    let mut files: Vec<Tracked> = Vec::with_capacity(count);
    let mut at = START;
    for _ in 0..count {
        let before = files.last().map_or(&b""[..], |file| &file.path);
        let (file, next) = entry(data, at, (width, version), before)?;
        if file.path.as_slice() <= before {
            return None;
        }
        files.push(file);
        at = next;
    }
    let tree = extensions(data.get(at..)?, width, count)?;
    Some(Tracking { files, tree })
}

/// The entry at `at`, and where the next one starts.
fn entry(data: &[u8], at: usize, (width, version): (usize, u32), before: &[u8]) -> Option<(Tracked, usize)> {
    let field = |field: usize| number(data, at + field * 4);
    let stat = Stat {
        changed: (field(0)?, field(1)?),
        modified: (field(2)?, field(3)?),
        inode: field(5)?,
        owner: field(7)?,
        group: field(8)?,
        size: field(9)?,
    };
    let flags_at = at + 40 + width;
    let flags = data.get(flags_at..flags_at + 2)?;
    if u16::from_be_bytes([flags[0], flags[1]]) & ANYTHING_SPECIAL != 0 {
        return None;
    }
    let mut path_at = flags_at + 2;
    let mut path = Vec::new();
    if version == 4 {
        let (cut, start) = distance(data, path_at)?;
        path.extend_from_slice(before.get(..before.len().checked_sub(cut)?)?);
        path_at = start;
    }
    let rest = data.get(path_at..)?;
    let rest = &rest[..rest.len().min(LONGEST_PATH + 1)];
    let end = memchr::memchr(0, rest)?;
    path.extend_from_slice(&rest[..end]);
    let next = match version {
        4 => path_at + end + 1,
        // One to eight NULs make its length a multiple of eight.
        _ => at + (path_at + end - at + 8) / 8 * 8,
    };
    let mode = field(6)?;
    (path.len() <= LONGEST_PATH).then_some((Tracked { path, mode, stat }, next))
}

/// The tree that the extensions name; `None` if one of them changes what the entries mean.
fn extensions(mut rest: &[u8], width: usize, count: usize) -> Option<Option<ObjectId>> {
    let mut tree = None;
    while let Some((name, after)) = rest.split_at_checked(4) {
        let size = number(after, 0)? as usize;
        let content = after.get(4..4_usize.checked_add(size)?)?;
        match name {
            b"TREE" => tree = root(content, width, count),
            // An extension that may be ignored has a capital letter.
            _ if name[0].is_ascii_uppercase() => {}
            _ => return None,
        }
        rest = &after[4 + size..];
    }
    Some(tree)
}

/// The name of the whole tree, if the cached trees are up to date: an empty path, `\0`, the number of entries, a space, the
/// number of directories, a line feed and the name.
fn root(content: &[u8], width: usize, count: usize) -> Option<ObjectId> {
    let content = content.strip_prefix(b"\0")?;
    let end = memchr::memchr(b'\n', content)?;
    let (entries, _) = std::str::from_utf8(&content[..end]).ok()?.split_once(' ')?;
    // It is -1 if a file was added since.
    if entries.parse::<usize>().ok()? != count {
        return None;
    }
    ObjectId::from_bytes(content.get(end + 1..end + 1 + width)?)
}

fn number(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// A number as packs encode the distance to a base, and where it ends.
fn distance(data: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *data.get(at)?;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *data.get(at)?;
        value = (value + 1).checked_mul(128)? | usize::from(byte & 0x7f);
        if value > LONGEST_PATH {
            return None;
        }
    }
    Some((value, at + 1))
}
