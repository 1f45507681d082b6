//! Reads objects from packs, for scans that read nearly all of them.
//!
//! libgit2 inflates and patches an object's whole delta chain each time, because it caches no result that it returns. A scan in
//! path order reads one version of a file after the other, and each is the base of the next: with the last results cached, each
//! costs one inflation and one patch. Objects that are not in a readable pack (loose objects, an old index format) are left to
//! libgit2, which also decides what is missing.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::Repo;
use super::pack::OFFSET_BITS;
pub(super) use super::store::Packs;
use crate::facts::ids::ObjectId;

/// The maximum size of an object that is read: nothing that a scan needs comes close.
const LARGEST_OBJECT: u64 = 512 << 20;
/// The maximum size of the bases of a small object, unless the caller would read an object as large.
const LARGEST_BASE: u64 = 64 << 20;
/// The maximum total size of everything created on the way to one object: a delta of a few bytes can copy any amount.
const MOST_ON_THE_WAY: u64 = 4 << 30;
/// The maximum length of a delta chain. Git writes at most 4,095.
const MOST_DELTAS: usize = 10_000;
/// How much of a pack is read at once.
const READ: usize = 4096;
/// How much of a pack a walk over commits reads at once, and how much of a long object.
const READ_AHEAD: usize = READ * 16;
/// The maximum size of an entry's header: ten bytes for a size and twenty for a name.
const LONGEST_HEAD: usize = 30;
/// Extra room after an object while it is inflated. One byte would suffice to see that the stream ends; with this much, zlib-rs
/// stays in its fast loop, which needs room for the longest match, up to the last byte of small objects.
const SLACK: usize = 288;
/// How much room for inflating is kept from one object to the next.
const MOST_OUTPUT: usize = 1 << 20;

/// The maximum number of files and directories of one tree. The largest real ones have half a million.
pub(super) const MOST_ENTRIES: usize = 1_000_000;
/// Of these, the maximum number in directories that were already listed: a tree can name one directory many times, so that a few
/// objects list billions of files. Real ones contain some copies, such as one per version of a documentation.
pub(super) const MOST_REPEATED: usize = 250_000;
/// The maximum size of trees and of paths in MiB: names may be long, and many trees may be open at once.
pub(super) const MOST_MIB: usize = 128;

/// Why an object cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// A shallow or partial clone, or a damaged one.
    #[error("object {0} is missing")]
    Missing(ObjectId),
    /// Its bytes are invalid.
    #[error("object {id} is damaged: {reason}")]
    Damaged {
        /// The object.
        id: ObjectId,
        /// The reason.
        reason: String,
    },
    /// Larger than the given limit.
    #[error("object {0} is too large")]
    TooLarge(ObjectId),
    /// A tree that names directories repeatedly, so that a few objects stand for billions of files.
    #[error(
        "tree {0} lists too many files: the limits are {MOST_ENTRIES} files, {MOST_REPEATED} in directories that occur again, and {MOST_MIB} MiB of paths"
    )]
    TooManyFiles(ObjectId),
    /// A merge of so many sides that the changes against each would fill the memory.
    #[error("the commit of tree {0} differs from its parents in too many files")]
    TooManyDifferences(ObjectId),
    /// A file of a commit that removed and added so many similar ones that finding the moved one would take minutes.
    #[error("too many candidates for the previous path of file {0}")]
    TooManyMoves(ObjectId),
}

/// The type of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

/// An object's bytes, shared with the cache.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) kind: Kind,
    pub(super) data: Rc<Vec<u8>>,
}

impl Objects<'_> {
    /// The parents of a commit whose own object has the parents `own`.
    pub(super) fn parents(&self, id: &ObjectId, own: Vec<ObjectId>) -> Vec<ObjectId> {
        self.packs.replaced.parents(id, own)
    }
}

/// One thread's view of the objects of a repository, with a cache of the last ones.
pub(super) struct Objects<'a> {
    packs: &'a Packs,
    place: &'a Path,
    /// Opened when the first object is needed that the packs do not have.
    repo: Option<Repo>,
    cache: Generations,
    /// The pack of the last object: the next one is often in the same.
    last: usize,
    /// Objects that the packs do not have.
    elsewhere: Elsewhere,
    inflate: Inflate,
    input: Vec<u8>,
    /// How much is read at the start of an entry.
    at_once: usize,
    /// Which part of which pack is in the input buffer.
    ready: Ready,
    /// Where objects are inflated before they are copied to a buffer of their own size.
    output: Vec<u8>,
    /// The size of all deltas below one object: all are in memory at once, and zeros inflate a thousandfold.
    most_deltas: u64,
    /// The size of all objects created for one.
    most_on_the_way: u64,
}

/// Bytes of a pack.
#[derive(Default)]
struct Ready {
    pack: usize,
    start: u64,
    len: usize,
}

impl Ready {
    /// Where an entry of `pack` starts in them, if more than its header is there.
    fn holds(&self, pack: usize, offset: u64) -> Option<usize> {
        let at = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        (pack == self.pack && at.checked_add(LONGEST_HEAD)? < self.len).then_some(at)
    }
}

/// An error in a pack; the name of the object is added where it is known.
enum PackError {
    Damaged(&'static str),
    TooLarge,
}

impl From<io::Error> for PackError {
    fn from(_: io::Error) -> Self {
        Self::Damaged("cannot read its pack")
    }
}

impl Packs {
    /// Opens the packs of a repository. Only [`Repo::packs`] and tests call it.
    pub(super) fn open(repo: &Repo) -> Self {
        Self::below(repo.object_folders(), repo.id_width(), repo.replaced())
    }
}

impl Repo {
    /// Its packs and those that it borrows, opened once: all readers of objects share them. What is packed later is found through
    /// libgit2.
    pub(super) fn packs(&self) -> Arc<Packs> {
        self.packs.get_or_init(|| Arc::new(Packs::open(self))).clone()
    }
}

#[cfg(any(test, feature = "testing"))]
pub(super) mod hostile {
    use super::apply_delta;

    /// A delta, preceded by its base and the length of that in one byte.
    pub fn delta(data: &[u8]) {
        let Some((length, rest)) = data.split_first() else {
            return;
        };
        let (base, delta) = rest.split_at(usize::from(*length).min(rest.len()));
        apply_delta(base, delta);
    }
}

impl<'a> Objects<'a> {
    /// A view that caches about `memory` bytes of objects.
    pub(super) fn new(packs: &'a Packs, place: &'a Path, memory: usize) -> Self {
        Self {
            packs,
            place,
            repo: None,
            cache: Generations::new(memory),
            last: 0,
            elsewhere: Elsewhere::new(memory / 4),
            inflate: Inflate::new(true, 15),
            input: vec![0; READ],
            at_once: READ,
            ready: Ready::default(),
            output: Vec::new(),
            most_deltas: LARGEST_OBJECT,
            most_on_the_way: MOST_ON_THE_WAY,
        }
    }

    /// A view for a walk over commits, which are next to each other in a pack, roughly in the order of the walk: much is read at
    /// once. For objects in random order, that would be a waste.
    pub(super) fn of_commits(packs: &'a Packs, place: &'a Path, memory: usize) -> Self {
        Self {
            at_once: READ_AHEAD,
            ..Self::new(packs, place, memory)
        }
    }

    /// Reads an object of at most `limit` bytes, or its replacement.
    pub(super) fn read(&mut self, id: &ObjectId, limit: u64) -> Result<Object, ObjectError> {
        let id = self.packs.replaced.object(id);
        let name = || *id;
        let Some((pack, offset)) = self.packs.find(id, self.last) else {
            return self.read_elsewhere(id, limit);
        };
        self.last = pack;
        self.read_packed(pack, offset, limit)
            .map_err(|error| match error {
                PackError::TooLarge => ObjectError::TooLarge(name()),
                PackError::Damaged(reason) => ObjectError::Damaged {
                    id: name(),
                    reason: reason.to_owned(),
                },
            })
    }

    /// Through libgit2: loose objects, and packs added since.
    fn read_elsewhere(&mut self, id: &ObjectId, limit: u64) -> Result<Object, ObjectError> {
        let name = *id;
        if name.width() != self.packs.width {
            return Err(ObjectError::Missing(name));
        }
        if let Some(object) = self.elsewhere.get(id, limit) {
            return Ok(object);
        }
        let damaged = |reason: String| ObjectError::Damaged { id: name, reason };
        let repo = match self.repo.take() {
            Some(repo) => repo,
            None => Repo::reopen(self.place).map_err(|error| damaged(error.to_string()))?,
        };
        let read = read_through_library(self.repo.insert(repo), id, limit);
        match read {
            Ok(Some(object)) => {
                self.elsewhere.insert(id, &object);
                Ok(object)
            }
            Ok(None) => Err(ObjectError::TooLarge(name)),
            Err(error) if error.code() == git2::ErrorCode::NotFound => Err(ObjectError::Missing(name)),
            Err(error) => {
                // Some errors name the object, others do not.
                let reason = error.message();
                let reason = reason
                    .strip_prefix(&format!("object {name} is damaged: "))
                    .unwrap_or(reason);
                Err(damaged(reason.to_owned()))
            }
        }
    }

    /// Follows the deltas down to a whole or cached object, and applies them on the way back.
    fn read_packed(&mut self, pack: usize, offset: u64, limit: u64) -> Result<Object, PackError> {
        let mut deltas: Vec<(u64, Vec<u8>)> = Vec::new();
        let mut budget = self.most_deltas;
        let mut at = offset;
        let mut object = loop {
            if let Some(kept) = self.cache.get(key(pack, at)) {
                break kept;
            }
            // The base of a small object may be larger than the object.
            let limit = if at == offset {
                limit
            } else {
                limit.max(LARGEST_BASE)
            };
            match self.read_entry(pack, at, limit, budget)? {
                Entry::Whole(object) => {
                    self.cache.insert(key(pack, at), &object);
                    break object;
                }
                Entry::Delta { base, delta } => {
                    budget = budget.saturating_sub(delta.len() as u64);
                    deltas.push((at, delta));
                    if deltas.len() > MOST_DELTAS {
                        return Err(PackError::Damaged("its delta chain is too long"));
                    }
                    // A fetch appends bases that are missing in the received pack. A cycle has such a step, too.
                    if base >= at && deltas.iter().any(|(seen, _)| *seen == base) {
                        return Err(PackError::Damaged("its delta has no base"));
                    }
                    at = base;
                }
            }
        };
        let mut on_the_way = 0;
        for (at, delta) in deltas.into_iter().rev() {
            let data = apply_delta(&object.data, &delta)
                .ok_or(PackError::Damaged("its delta does not match its base"))?;
            on_the_way += data.len() as u64;
            if on_the_way > self.most_on_the_way {
                return Err(PackError::TooLarge);
            }
            object = Object {
                kind: object.kind,
                data: Rc::new(data),
            };
            self.cache.insert(key(pack, at), &object);
        }
        if object.data.len() as u64 > limit {
            return Err(PackError::TooLarge);
        }
        Ok(object)
    }

    /// Reads one entry: a whole object of at most `limit` bytes, or a delta of at most `budget` that produces one.
    fn read_entry(&mut self, pack: usize, offset: u64, limit: u64, budget: u64) -> Result<Entry, PackError> {
        const CUT_SHORT: PackError = PackError::Damaged("its pack is truncated");
        let store = &self.packs.packs[pack];
        let input = self.bytes_at(pack, offset)?;
        let mut head = Head {
            bytes: &self.input[..input.end],
            at: input.start,
        };
        let (kind, size) = head.kind_and_size().ok_or(CUT_SHORT)?;
        let base = match kind {
            6 => Some(head.offset_before(offset).ok_or(CUT_SHORT)?),
            7 => Some(
                head.id(store.width())
                    .and_then(|id| store.find(&id))
                    .ok_or(PackError::Damaged("its delta has no base"))?,
            ),
            _ => None,
        };
        let start = head.at;
        let most = if base.is_some() { limit.min(budget) } else { limit };
        if size > most.min(LARGEST_OBJECT) {
            return Err(PackError::TooLarge);
        }
        let data = self.inflate(pack, start..input.end, size as usize)?;
        match (base, kind) {
            (Some(base), _) => {
                let result = delta_sizes(&data)
                    .ok_or(PackError::Damaged("its delta does not match its base"))?
                    .1;
                if result > limit {
                    return Err(PackError::TooLarge);
                }
                Ok(Entry::Delta { base, delta: data })
            }
            (None, 1) => Ok(Entry::whole(Kind::Commit, data)),
            (None, 2) => Ok(Entry::whole(Kind::Tree, data)),
            (None, 3) => Ok(Entry::whole(Kind::Blob, data)),
            (None, 4) => Ok(Entry::whole(Kind::Tag, data)),
            _ => Err(PackError::Damaged("unknown object type")),
        }
    }

    /// Where in the input buffer the entry at `offset` starts, and where the data read of it ends.
    fn bytes_at(&mut self, pack: usize, offset: u64) -> io::Result<std::ops::Range<usize>> {
        let at = self.ready.holds(pack, offset);
        if let Some(at) = at.filter(|_| self.at_once == READ_AHEAD) {
            return Ok(at..self.ready.len);
        }
        self.read_on(pack, offset, self.at_once)?;
        Ok(0..self.ready.len)
    }

    /// Fills the input buffer with the bytes of a pack at `start`.
    fn read_on(&mut self, pack: usize, start: u64, most: usize) -> io::Result<()> {
        if self.input.len() < most {
            self.input.resize(most, 0);
        }
        self.ready.len = 0;
        let len = self.packs.packs[pack].read_at(&mut self.input[..most], start)?;
        self.ready = Ready { pack, start, len };
        Ok(())
    }

    /// Inflates `size` bytes, starting with those in the input buffer.
    fn inflate(
        &mut self,
        pack: usize,
        mut ready: std::ops::Range<usize>,
        size: usize,
    ) -> Result<Vec<u8>, PackError> {
        const BROKEN: PackError = PackError::Damaged("cannot inflate it");
        self.inflate.reset(true);
        if self.output.len() < size + SLACK {
            self.output.resize(size + SLACK, 0);
        }
        loop {
            let (read_before, written) = (self.inflate.total_in(), self.inflate.total_out() as usize);
            let input = &self.input[ready.clone()];
            let status = self
                .inflate
                .decompress(input, &mut self.output[written..], InflateFlush::NoFlush)
                .map_err(|_| BROKEN)?;
            ready.start += (self.inflate.total_in() - read_before) as usize;
            match status {
                Status::StreamEnd => break,
                _ if !ready.is_empty() => return Err(BROKEN),
                _ => {}
            }
            self.read_on(pack, self.ready.start + self.ready.len as u64, READ_AHEAD)?;
            if self.ready.len == 0 {
                return Err(PackError::Damaged("its pack is truncated"));
            }
            ready = 0..self.ready.len;
        }
        if self.inflate.total_out() as usize != size {
            return Err(BROKEN);
        }
        let data = self.output[..size].to_vec();
        self.output.truncate(MOST_OUTPUT);
        self.output.shrink_to(MOST_OUTPUT);
        Ok(data)
    }
}

/// `None` if the object is above the limit.
fn read_through_library(repo: &Repo, id: &ObjectId, limit: u64) -> Result<Option<Object>, git2::Error> {
    let oid = git2::Oid::from_bytes(id.as_bytes())?;
    // No limit per type here, only that of the caller.
    if repo.size_of(oid)? > limit.min(LARGEST_OBJECT) {
        return Ok(None);
    }
    repo.check_whole(oid)?;
    let odb = repo.raw().odb()?;
    let object = odb.read(oid)?;
    let kind = match object.kind() {
        git2::ObjectType::Commit => Kind::Commit,
        git2::ObjectType::Tree => Kind::Tree,
        git2::ObjectType::Tag => Kind::Tag,
        _ => Kind::Blob,
    };
    let data = Rc::new(object.data().to_vec());
    Ok(Some(Object { kind, data }))
}

enum Entry {
    Whole(Object),
    Delta { base: u64, delta: Vec<u8> },
}

impl Entry {
    fn whole(kind: Kind, data: Vec<u8>) -> Self {
        Self::Whole(Object {
            kind,
            data: Rc::new(data),
        })
    }
}

/// The header of a pack entry.
struct Head<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Head<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn kind_and_size(&mut self) -> Option<(u8, u64)> {
        let first = self.byte()?;
        let mut size = u64::from(first & 15);
        let mut shift = 4;
        let mut more = first & 0x80 != 0;
        while more {
            let byte = self.byte()?;
            size |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            more = byte & 0x80 != 0;
        }
        Some((first >> 4 & 7, size))
    }

    /// The position of the base, given as a distance.
    fn offset_before(&mut self, offset: u64) -> Option<u64> {
        let mut byte = self.byte()?;
        let mut distance = u64::from(byte & 0x7f);
        while byte & 0x80 != 0 {
            byte = self.byte()?;
            distance = (distance + 1).checked_mul(128)? | u64::from(byte & 0x7f);
        }
        offset.checked_sub(distance)
    }

    fn id(&mut self, width: usize) -> Option<ObjectId> {
        let id = ObjectId::from_bytes(self.bytes.get(self.at..self.at + width)?)?;
        self.at += width;
        Some(id)
    }

    fn delta_size(&mut self) -> Option<u64> {
        let (mut size, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            size |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(size);
            }
        }
    }
}

/// The size of the base and of the result.
fn delta_sizes(delta: &[u8]) -> Option<(u64, u64)> {
    let mut head = Head { bytes: delta, at: 0 };
    Some((head.delta_size()?, head.delta_size()?))
}

/// Copies ranges of the base and bytes of the delta; `None` if they do not match.
fn apply_delta(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut head = Head { bytes: delta, at: 0 };
    let (base_size, size) = (head.delta_size()?, head.delta_size()?);
    if base_size != base.len() as u64 || size > LARGEST_OBJECT {
        return None;
    }
    let mut result = Vec::with_capacity(size as usize);
    while let Some(command) = head.byte() {
        if command & 0x80 == 0 {
            let len = usize::from(command);
            result.extend_from_slice(delta.get(head.at..head.at + len)?);
            head.at += len;
            continue;
        }
        let mut number = [0_usize; 2];
        for bit in 0..7 {
            if command & 1 << bit != 0 {
                let (field, shift) = if bit < 4 { (0, bit * 8) } else { (1, (bit - 4) * 8) };
                number[field] |= usize::from(head.byte()?) << shift;
            }
        }
        let [start, len] = number;
        let len = if len == 0 { 0x10000 } else { len };
        result.extend_from_slice(base.get(start..start.checked_add(len)?)?);
    }
    (result.len() as u64 == size).then_some(result)
}

fn key(pack: usize, offset: u64) -> u64 {
    (pack as u64) << OFFSET_BITS ^ offset
}

/// A cache in two generations: what is not used while the younger one fills is dropped with the older one.
struct Generations {
    young: KeyMap<Object>,
    old: KeyMap<Object>,
    bytes: usize,
    limit: usize,
}

/// A map for keys that need little mixing.
pub(super) type KeyMap<V> = HashMap<u64, V, BuildHasherDefault<KeyHasher>>;

impl Generations {
    fn new(memory: usize) -> Self {
        Self {
            young: KeyMap::default(),
            old: KeyMap::default(),
            bytes: 0,
            limit: memory / 2,
        }
    }

    fn get(&mut self, key: u64) -> Option<Object> {
        if let Some(object) = self.young.get(&key) {
            return Some(object.clone());
        }
        let object = self.old.remove(&key)?;
        self.insert(key, &object);
        Some(object)
    }

    fn insert(&mut self, key: u64, object: &Object) {
        self.bytes += object.data.len() + 100;
        if self.bytes > self.limit {
            self.old = std::mem::take(&mut self.young);
            self.bytes = object.data.len() + 100;
        }
        self.young.insert(key, object.clone());
    }
}

/// Small objects that no pack has, by name: opening the file of each takes longer than reading it. All are dropped if they become
/// too many.
struct Elsewhere {
    objects: HashMap<ObjectId, Object>,
    bytes: usize,
    limit: usize,
}

impl Elsewhere {
    fn new(limit: usize) -> Self {
        Self {
            objects: HashMap::new(),
            bytes: 0,
            limit,
        }
    }

    /// The object, if it is cached and not larger than this.
    fn get(&self, id: &ObjectId, largest: u64) -> Option<Object> {
        let object = self.objects.get(id)?;
        (object.data.len() as u64 <= largest).then(|| object.clone())
    }

    fn insert(&mut self, id: &ObjectId, object: &Object) {
        let bytes = object.data.len() + 100;
        if bytes > self.limit / 8 {
            return;
        }
        if self.bytes + bytes > self.limit {
            self.objects.clear();
            self.bytes = 0;
        }
        self.bytes += bytes;
        self.objects.insert(*id, object.clone());
    }
}

/// Mixes one number.
#[derive(Default)]
pub(super) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ mixed >> 32;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::oracle::{self, Dice, Files, Oracle};

    /// Another object of a pack made by hand.
    #[derive(Clone)]
    enum Base {
        /// A whole object, with its type.
        None(u8),
        /// A delta, by the position of its base.
        Offset(usize),
        /// A delta, by the name of its base.
        Name(ObjectId),
    }

    /// A repository with packs that git would not write.
    struct Place(tempfile::TempDir);

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            git2::Repository::init(folder.path()).unwrap();
            Self(folder)
        }

        fn file(&self, name: &str) -> std::path::PathBuf {
            self.0.path().join(".git/objects/pack").join(name)
        }

        /// Writes a pack of objects named 0, 1, 2 …; returns the position of each.
        fn write(&self, objects: &[(Base, Vec<u8>)]) -> Vec<u64> {
            let mut pack = b"PACK\0\0\0\x02".to_vec();
            pack.extend((objects.len() as u32).to_be_bytes());
            let mut offsets = Vec::new();
            for (base, data) in objects {
                let at = pack.len() as u64;
                offsets.push(at);
                let kind = match base {
                    Base::None(kind) => *kind,
                    Base::Offset(_) => 6,
                    Base::Name(_) => 7,
                };
                pack.extend(head(kind, data.len()));
                match base {
                    Base::None(_) => {}
                    Base::Offset(base) => pack.extend(distance(at - offsets[*base])),
                    Base::Name(id) => pack.extend(id.as_bytes()),
                }
                pack.extend(stored(data));
            }
            std::fs::write(self.file("pack-1.pack"), pack).unwrap();
            let small: Vec<u32> = offsets.iter().map(|offset| *offset as u32).collect();
            self.write_index(&small, &[]);
            offsets
        }

        fn write_index(&self, offsets: &[u32], large: &[u64]) {
            std::fs::write(self.file("pack-1.idx"), index(offsets, large)).unwrap();
        }

        /// Reads an object with a limit for it, and one for the deltas below it.
        fn read_within(&self, id: &ObjectId, limit: u64, most_deltas: u64) -> Result<Object, ObjectError> {
            let repo = Repo::open(self.0.path()).unwrap();
            let packs = Packs::open(&repo);
            let mut objects = Objects::new(&packs, repo.git_dir(), 1 << 20);
            objects.most_deltas = most_deltas;
            objects.read(id, limit)
        }

        fn read(&self, id: &ObjectId) -> Result<String, ObjectError> {
            let object = self.read_within(id, LARGEST_OBJECT, LARGEST_OBJECT)?;
            Ok(String::from_utf8_lossy(&object.data).into_owned())
        }
    }

    /// The name of the object at a position in a pack made by hand: nothing checks that it is a hash.
    fn name(at: usize) -> ObjectId {
        let mut id = [7; 20];
        id[0] = at as u8;
        id.into()
    }

    fn head(kind: u8, size: usize) -> Vec<u8> {
        let (mut byte, mut size) = (kind << 4 | (size & 15) as u8, size >> 4);
        let mut head = Vec::new();
        while size > 0 {
            head.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        head.push(byte);
        head
    }

    fn distance(mut distance: u64) -> Vec<u8> {
        let mut bytes = vec![(distance & 0x7f) as u8];
        while distance > 0x7f {
            distance = (distance >> 7) - 1;
            bytes.insert(0, (distance & 0x7f) as u8 | 0x80);
        }
        bytes
    }

    /// A zlib stream without compression.
    fn stored(data: &[u8]) -> Vec<u8> {
        let mut stream = vec![0x78, 0x01];
        let mut parts: Vec<&[u8]> = data.chunks(0xffff).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (number, part) in parts.iter().enumerate() {
            stream.push(u8::from(number + 1 == parts.len()));
            let len = part.len() as u16;
            stream.extend(len.to_le_bytes());
            stream.extend((!len).to_le_bytes());
            stream.extend(*part);
        }
        let (mut a, mut b) = (1_u32, 0_u32);
        for byte in data {
            a = (a + u32::from(*byte)) % 65521;
            b = (b + a) % 65521;
        }
        stream.extend((b << 16 | a).to_be_bytes());
        stream
    }

    /// An index of the names 0, 1, 2 …
    fn index(offsets: &[u32], large: &[u64]) -> Vec<u8> {
        let mut index = b"\xfftOc\0\0\0\x02".to_vec();
        for bucket in 0..256 {
            index.extend((offsets.len().min(bucket + 1) as u32).to_be_bytes());
        }
        (0..offsets.len()).for_each(|at| index.extend(name(at).as_bytes()));
        index.extend(vec![0; offsets.len() * 4]);
        offsets
            .iter()
            .for_each(|offset| index.extend(offset.to_be_bytes()));
        large.iter().for_each(|offset| index.extend(offset.to_be_bytes()));
        index.extend([0; 40]);
        index
    }

    fn size(mut size: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while size > 0x7f {
            bytes.push((size & 0x7f) as u8 | 0x80);
            size >>= 7;
        }
        bytes.push(size as u8);
        bytes
    }

    /// A delta that copies the whole base (of less than 64 KiB) and appends `text`.
    fn append(base: usize, text: &str) -> Vec<u8> {
        let mut delta = [size(base), size(base + text.len())].concat();
        delta.extend([0xb0, (base & 0xff) as u8, (base >> 8) as u8]);
        delta.push(text.len() as u8);
        delta.extend(text.as_bytes());
        delta
    }

    fn blob(text: &str) -> (Base, Vec<u8>) {
        (Base::None(3), text.as_bytes().to_vec())
    }

    #[test]
    fn deltas_follow_their_bases_by_offset_and_by_name() {
        let place = Place::new();
        place.write(&[
            blob("one"),
            (Base::Offset(0), append(3, " two")),
            (Base::Name(name(3)), append(4, " five")),
            blob("four"),
            (Base::Name(name(1)), append(7, " three")),
        ]);
        assert_eq!(place.read(&name(1)).unwrap(), "one two");
        assert_eq!(place.read(&name(2)).unwrap(), "four five");
        assert_eq!(place.read(&name(4)).unwrap(), "one two three");
        assert!(matches!(place.read(&name(9)), Err(ObjectError::Missing(_))));
    }

    #[test]
    fn offsets_of_large_packs_are_in_a_table_of_their_own() {
        let place = Place::new();
        let offsets = place.write(&[blob("one"), blob("two")]);
        place.write_index(&[offsets[0] as u32, 0x8000_0000], &[offsets[1]]);
        assert_eq!(place.read(&name(1)).unwrap(), "two");
        // An entry that the table does not have, and one that no pack reaches.
        for (entry, large) in [
            (0x8000_0005, offsets[1]),
            (0x8000_0000, u64::MAX),
            (0x8000_0000, 1 << 50),
        ] {
            place.write_index(&[offsets[0] as u32, entry], &[large]);
            assert!(place.read(&name(1)).is_err(), "{entry:x} {large:x}");
            assert_eq!(place.read(&name(0)).unwrap(), "one");
        }
    }

    #[test]
    fn deltas_that_stand_on_each_other_are_damaged() {
        let place = Place::new();
        place.write(&[
            (Base::Name(name(0)), append(3, "own")),
            (Base::Name(name(2)), append(3, "one")),
            (Base::Name(name(3)), append(3, "two")),
            (Base::Name(name(1)), append(3, "three")),
            blob("sound"),
        ]);
        for at in 0..4 {
            assert!(
                matches!(place.read(&name(at)), Err(ObjectError::Damaged { .. })),
                "{at}"
            );
        }
        assert_eq!(place.read(&name(4)).unwrap(), "sound");
    }

    #[test]
    fn a_delta_whose_base_is_not_in_its_pack_is_damaged() {
        let place = Place::new();
        place.write(&[(Base::Name([1; 20].into()), append(3, "thin"))]);
        assert!(matches!(place.read(&name(0)), Err(ObjectError::Damaged { .. })));
    }

    #[test]
    fn the_deltas_of_a_chain_are_bounded_together() {
        let place = Place::new();
        let text = "x".repeat(100);
        let mut objects = vec![blob("base")];
        for step in 0..20 {
            objects.push((Base::Offset(step), append(4 + step * 100, &text)));
        }
        let sizes: Vec<u64> = objects.iter().map(|(_, data)| data.len() as u64).collect();
        place.write(&objects);
        let needed: u64 = sizes[1..].iter().sum();
        let read = |most_deltas| place.read_within(&name(20), LARGEST_OBJECT, most_deltas);
        assert_eq!(read(needed).unwrap().data.len(), 2004);
        assert!(matches!(read(needed - 1), Err(ObjectError::TooLarge(_))));
        // None of them is large by itself.
        assert!(sizes.iter().all(|size| *size < 120));
    }

    #[test]
    fn what_is_made_for_one_object_is_bounded() {
        let place = Place::new();
        let mut objects = vec![blob("base")];
        objects.extend((0..20).map(|step| (Base::Offset(step), append(4 + step, "x"))));
        place.write(&objects);
        let read = |most_on_the_way| {
            let repo = Repo::open(place.0.path()).unwrap();
            let packs = Packs::open(&repo);
            let mut objects = Objects::new(&packs, repo.git_dir(), 0);
            objects.most_on_the_way = most_on_the_way;
            objects.read(&name(20), LARGEST_OBJECT)
        };
        let needed: u64 = (5..=24).sum();
        assert_eq!(read(needed).unwrap().data.len(), 24);
        assert!(matches!(read(needed - 1), Err(ObjectError::TooLarge(_))));
    }

    #[test]
    fn a_sparse_index_is_not_read() {
        let place = Place::new();
        place.write(&[blob("one")]);
        assert_eq!(place.read(&name(0)).unwrap(), "one");
        let index = std::fs::File::options()
            .append(true)
            .open(place.file("pack-1.idx"))
            .unwrap();
        index.set_len(1 << 40).unwrap();
        assert!(place.read(&name(0)).is_err());
    }

    #[test]
    fn a_chain_longer_than_git_writes_is_damaged() {
        let place = Place::new();
        let mut objects = vec![blob("base")];
        objects.extend((0..=MOST_DELTAS).map(|step| (Base::Offset(step), append(4, ""))));
        // All names are taken from the last ones.
        let offsets = place.write(&objects);
        let last = |count: usize| offsets[count] as u32;
        place.write_index(&[last(MOST_DELTAS), last(MOST_DELTAS + 1)], &[]);
        assert_eq!(place.read(&name(0)).unwrap(), "base");
        assert!(matches!(place.read(&name(1)), Err(ObjectError::Damaged { .. })));
    }

    #[test]
    fn the_limit_is_that_of_the_object_asked_for() {
        let place = Place::new();
        // Small objects may have large bases, and large ones small deltas.
        let mut start = [size(300), size(2)].concat();
        start.extend([0x90, 2]);
        place.write(&[
            blob(&"x".repeat(300)),
            (Base::Offset(0), start),
            (Base::Offset(0), append(300, "y")),
        ]);
        let read = |at, limit| place.read_within(&name(at), limit, LARGEST_OBJECT);
        assert_eq!(read(1, 10).unwrap().data.len(), 2);
        assert!(matches!(read(0, 299), Err(ObjectError::TooLarge(_))));
        assert!(matches!(read(2, 300), Err(ObjectError::TooLarge(_))));
        assert_eq!(read(2, 301).unwrap().data.len(), 301);
    }

    #[test]
    fn an_index_with_names_of_the_other_length_is_not_read() {
        let place = Place::new();
        std::fs::write(place.file("pack-1.pack"), vec![0; 4096]).unwrap();
        let file = place.file("pack-1.idx");
        for (width, other) in [(20, 32), (32, 20)] {
            for objects in 0..40_usize {
                let mut index = b"\xfftOc\0\0\0\x02".to_vec();
                (0..256).for_each(|_| index.extend((objects as u32).to_be_bytes()));
                index.extend(vec![0; objects * (width + 8) + width * 2]);
                std::fs::write(&file, index).unwrap();
                let is_read = |width| crate::pack::Pack::open(&file, width).is_some();
                assert!(is_read(width) && !is_read(other), "{objects} of {width}");
            }
        }
    }

    #[test]
    fn an_index_that_is_cut_or_lies_costs_its_objects_alone() {
        let place = Place::new();
        let offsets = place.write(&[blob("one"), blob("two")]);
        let whole = index(&[offsets[0] as u32, offsets[1] as u32], &[]);
        for len in (0..whole.len()).step_by(7).chain(whole.len() - 60..whole.len()) {
            std::fs::write(place.file("pack-1.idx"), &whole[..len]).unwrap();
            let read = place.read(&name(1));
            assert!(read.is_err() || read.unwrap() == "two", "{len}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            std::fs::write(place.file("pack-1.idx"), &damaged).unwrap();
            let read = place.read(&name(1));
            assert!(read.is_err() || ["one", "two"].contains(&&*read.unwrap()), "{at}");
        }
    }

    #[test]
    fn a_pack_that_is_cut_is_damaged_where_it_ends() {
        let place = Place::new();
        let offsets = place.write(&[blob("one"), (Base::Offset(0), append(3, " two"))]);
        let whole = std::fs::read(place.file("pack-1.pack")).unwrap();
        for len in 0..whole.len() {
            let mut file = std::fs::File::create(place.file("pack-1.pack")).unwrap();
            file.write_all(&whole[..len]).unwrap();
            assert!(place.read(&name(1)).is_err(), "{len}");
            assert_eq!(place.read(&name(0)).is_ok(), len as u64 >= offsets[1], "{len}");
        }
    }

    #[test]
    fn alternates_lend_their_packs() {
        let (place, other) = (Place::new(), Place::new());
        other.write(&[blob("lent")]);
        let list = format!(
            "# a comment\n\n{}\n",
            other.0.path().join(".git/objects").display()
        );
        let info = place.0.path().join(".git/objects/info");
        std::fs::create_dir_all(&info).unwrap();
        std::fs::write(info.join("alternates"), list).unwrap();
        assert_eq!(place.read(&name(0)).unwrap(), "lent");
    }

    /// Versions of some files, each slightly different from the last.
    fn versions(dice: &mut Dice, commits: usize) -> Vec<Files> {
        let mut all = vec![oracle::files(dice)];
        for number in 1..commits {
            let mut files = oracle::edited(&all[number - 1], dice);
            let long = format!("line {number}\n").repeat(number) + &"always there\n".repeat(3000);
            files.insert("long".into(), (oracle::PLAIN, long.into_bytes()));
            all.push(files);
        }
        all
    }

    #[test]
    fn every_object_is_what_git_says_wherever_it_lies() {
        read_every_object("sha1");
    }

    #[test]
    fn every_object_with_a_name_of_sha_256_is_what_git_says() {
        read_every_object("sha256");
    }

    fn read_every_object(hash: &str) {
        let mut dice = Dice::new(5);
        let (lender, own) = (Oracle::of(hash), Oracle::of(hash));
        // Two packs with some objects in common, one with deltas by name, one in an old format that libgit2 reads, and loose
        // objects; in the repository and in one that it borrows from.
        for oracle in [&lender, &own] {
            oracle.git(&["config", "fastimport.unpackLimit", "100000"], b"");
            oracle.import(&[versions(&mut dice, 30)]);
            oracle.git(&["repack", "-adfq", "--depth=50"], b"");
            oracle.import(&[versions(&mut dice, 10)]);
            oracle.git(&["-c", "repack.useDeltaBaseOffset=false", "repack", "-dfq"], b"");
            oracle.import(&[versions(&mut dice, 5)]);
            oracle.git(&["-c", "pack.indexVersion=1", "repack", "-dq"], b"");
            oracle.git(
                &["-c", "fastimport.unpackLimit=1", "hash-object", "-w", "--stdin"],
                b"loose",
            );
        }
        let borrowed = format!("{}\n", lender.path().join(".git/objects").display());
        std::fs::write(own.path().join(".git/objects/info/alternates"), borrowed).unwrap();
        let names = own.text(&["cat-file", "--batch-all-objects", "--batch-check"]);
        let names: Vec<&str> = names.lines().filter_map(|line| line.split(' ').next()).collect();
        let expected = own.git(&["cat-file", "--batch"], (names.join("\n") + "\n").as_bytes());

        let repo = own.open();
        let packs = Packs::open(&repo);
        assert_eq!(packs.packs.len(), 4);
        let ids: Vec<ObjectId> = names.iter().map(|name| name.parse().unwrap()).collect();
        assert!(ids.iter().any(|id| packs.find(id, 0).is_none()));
        // Without a cache, each chain is read completely; with some, from where it was left; alternating from both ends.
        let views = [Objects::new, Objects::of_commits];
        for (memory, view) in [0, 300_000, 1 << 26]
            .into_iter()
            .flat_map(|memory| views.map(|view| (memory, view)))
        {
            let mut objects = view(&packs, repo.git_dir(), memory);
            let mut found: HashMap<&str, Object> = HashMap::new();
            for at in (0..ids.len()).flat_map(|at| [at, ids.len() - 1 - at]) {
                found.insert(names[at], objects.read(&ids[at], LARGEST_OBJECT).unwrap());
            }
            let mut printed = Vec::new();
            for name in &names {
                let kind = format!("{:?}", found[name].kind).to_lowercase();
                let data = &found[name].data;
                printed.extend(format!("{name} {kind} {}\n", data.len()).into_bytes());
                printed.extend(data.iter());
                printed.push(b'\n');
            }
            assert!(printed == expected, "with {memory} bytes");
        }
    }

    #[test]
    fn alternates_of_alternates_are_followed_from_where_each_lies() {
        let places = [(); 3].map(|()| Place::new());
        for (number, place) in places.iter().enumerate() {
            place.write(&vec![blob(&format!("of {number}")); number + 1]);
        }
        let lend = |to: &Place, path: String| {
            let info = to.0.path().join(".git/objects/info");
            std::fs::create_dir_all(&info).unwrap();
            std::fs::write(info.join("alternates"), path).unwrap();
        };
        let objects = |place: &Place| place.0.path().join(".git/objects");
        let last = places[2].0.path().file_name().unwrap().to_str().unwrap();
        lend(&places[0], objects(&places[1]).display().to_string());
        // Seen from the directory of the second.
        lend(&places[1], format!("../../../{last}/.git/objects"));
        // A cycle ends.
        lend(&places[2], objects(&places[0]).display().to_string());
        let read: Vec<String> = (0..3).map(|at| places[0].read(&name(at)).unwrap()).collect();
        assert_eq!(read, ["of 0", "of 1", "of 2"]);
    }

    #[test]
    fn what_no_pack_has_is_kept_within_its_bytes_and_the_limit_asked_for() {
        let object = |bytes: usize| Object {
            kind: Kind::Blob,
            data: Rc::new(vec![0; bytes]),
        };
        let mut kept = Elsewhere::new(10_000);
        kept.insert(&name(1), &object(400));
        assert!(kept.get(&name(1), 400).is_some());
        assert!(kept.get(&name(1), 399).is_none());
        assert!(kept.get(&name(2), 400).is_none());
        kept.insert(&name(2), &object(5_000));
        assert!(kept.get(&name(2), 9_000).is_none(), "it is large");
        for at in 3..=30 {
            kept.insert(&name(at), &object(400));
            assert!(kept.bytes <= 10_000);
        }
        assert!(kept.get(&name(1), 400).is_none());
        assert!(kept.get(&name(30), 400).is_some());
    }

    #[test]
    fn what_was_read_last_stays_in_a_cache_that_is_full() {
        let object = |size: usize| Object {
            kind: Kind::Blob,
            data: Rc::new(vec![0; size]),
        };
        let mut cache = Generations::new(2000);
        cache.insert(0, &object(100));
        for key in 1..50 {
            cache.insert(key, &object(100));
            assert!(cache.get(0).is_some(), "{key}");
            let kept = cache.young.len() + cache.old.len();
            assert!(kept <= 11, "{kept} objects of 200 bytes");
        }
        assert!(cache.get(1).is_none());
        // An object larger than the whole cache stays until the next.
        cache.insert(50, &object(5000));
        assert!(cache.get(50).is_some());
    }

    #[test]
    fn a_delta_copies_and_inserts() {
        let head = |base, result| [size(base), size(result)].concat();
        // A size of zero means 64 KiB.
        let all = [head(0x10000, 0x10000), vec![0x80]].concat();
        let base = vec![b'x'; 0x10000];
        assert_eq!(apply_delta(&base, &all).unwrap(), base);
        let both = [head(4, 5), vec![0x91, 1, 2, 3, b'a', b'b', b'c']].concat();
        assert_eq!(apply_delta(b"0123", &both).unwrap(), b"12abc");
        for broken in [
            vec![],
            head(4, 5),
            [head(3, 2), vec![0x90, 2]].concat(),
            [head(4, 9), vec![0x90, 9]].concat(),
            [head(4, 2), vec![0x91, 3, 2]].concat(),
            [head(4, 2), vec![5, b'a']].concat(),
            [head(4, 1), vec![0xff]].concat(),
        ] {
            assert_eq!(apply_delta(b"0123", &broken), None, "{broken:?}");
        }
    }
}
