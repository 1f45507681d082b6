//! The files in which two trees differ, found by comparing their raw entries side by side.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::rc::Rc;

use super::lines;
use super::name_in::NameIn;
use super::packs::{Kind, MOST_ENTRIES, MOST_MIB, MOST_REPEATED, ObjectError, Objects};
use crate::facts::ids::ObjectId;

/// Real trees are small; a larger one is an attack.
pub(super) const LARGEST_TREE: u64 = 64 << 20;
/// The depth to which git itself follows directories.
const DEEPEST: usize = 2048;

/// The type of a file. Directories are not files.
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
    pub(super) id: ObjectId,
    pub(super) kind: FileKind,
    /// Only compared: a change of the executable bit is a change of the file.
    pub(super) mode: u32,
}

/// A file in which two trees differ: added, removed or changed.
#[derive(Debug, Clone)]
pub(super) struct Difference {
    pub(super) path: Vec<u8>,
    pub(super) old: Option<Version>,
    pub(super) new: Option<Version>,
}

/// The budget of one walk through trees. Real ones stay far below it.
#[derive(Debug)]
pub(super) struct Budget {
    entries: usize,
    repeated: usize,
    bytes: usize,
    listed: HashSet<(Side, ObjectId)>,
}

/// Which of the two trees a directory is in: one that moved is in both, and is not listed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Old,
    New,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            entries: MOST_ENTRIES,
            repeated: MOST_REPEATED,
            bytes: MOST_MIB << 20,
            listed: HashSet::new(),
        }
    }
}

impl Budget {
    /// Pays for one entry, and for `bytes` that the walk must keep in memory. `None` once the budget is exhausted, and from then
    /// on.
    pub(super) fn spend(&mut self, bytes: usize) -> Option<()> {
        let left = self.entries.checked_sub(1).zip(self.bytes.checked_sub(bytes));
        (self.entries, self.bytes) = left.unwrap_or_default();
        left.map(|_| ())
    }

    /// Pays for an entry of a directory, whether or not it was listed before.
    pub(super) fn spend_in(&mut self, is_repeated: bool, bytes: usize) -> Option<()> {
        if is_repeated {
            let left = self.repeated.checked_sub(1);
            self.repeated = left.unwrap_or_default();
            self.entries = left.map_or(0, |_| self.entries);
        }
        self.spend(bytes)
    }

    /// Whether a directory was listed before; marks it as listed.
    pub(super) fn list(&mut self, side: Side, folder: &ObjectId) -> bool {
        !self.listed.insert((side, *folder))
    }

    /// Whether the budget is exhausted.
    pub(super) fn is_spent(&self) -> bool {
        self.entries == 0
    }
}

/// Appends the differences between two trees, in git's order of paths. `None` is the empty tree.
///
/// It is an error if trees list more than any real one, or cannot be read.
pub(super) fn compare(
    objects: &mut Objects<'_>,
    old: Option<&ObjectId>,
    new: Option<&ObjectId>,
    found: &mut Vec<Difference>,
) -> Result<(), ObjectError> {
    compare_within(Budget::default(), objects, (old, new), found)
}

fn compare_within(
    budget: Budget,
    objects: &mut Objects<'_>,
    (old, new): (Option<&ObjectId>, Option<&ObjectId>),
    found: &mut Vec<Difference>,
) -> Result<(), ObjectError> {
    let Some(top) = new.or(old) else {
        return Ok(());
    };
    let mut walk = Walk {
        objects,
        budget,
        top: *top,
        path: Vec::new(),
        open: Vec::new(),
        found,
    };
    walk.enter(old, new)?;
    walk.run()
}

/// The file at `path` below a tree, if there is one.
pub(super) fn lookup(
    objects: &mut Objects<'_>,
    tree: &ObjectId,
    path: &[u8],
) -> Result<Option<Version>, ObjectError> {
    let mut folder = *tree;
    let mut parts = path.split(|byte| *byte == b'/').peekable();
    while let Some(part) = parts.next() {
        let data = folder_data(objects, &folder)?;
        let is_wanted =
            |entry: &Result<Entry<'_>, Malformed>| entry.as_ref().map_or(true, |entry| entry.name == part);
        let Some(entry) = Entries::of(&folder, &data).find(is_wanted) else {
            return Ok(None);
        };
        let entry = entry.map_err(|malformed| malformed.of(&folder))?;
        match (entry.is_folder(), parts.peek()) {
            (true, Some(_)) => folder = entry.id(),
            (false, None) => return Ok(Some(entry.version())),
            _ => return Ok(None),
        }
    }
    Ok(None)
}

fn folder_data(objects: &mut Objects<'_>, id: &ObjectId) -> Result<Rc<Vec<u8>>, ObjectError> {
    let object = objects.read(id, LARGEST_TREE)?;
    match object.kind {
        Kind::Tree => Ok(object.data),
        _ => Err(damaged(id, "not a tree")),
    }
}

fn damaged(id: &ObjectId, reason: &str) -> ObjectError {
    ObjectError::Damaged {
        id: *id,
        reason: reason.to_owned(),
    }
}

/// A walk through two trees side by side. Its directories are in a list of its own, not on the thread's stack, which deep ones
/// would overflow.
struct Walk<'a, 'objects> {
    objects: &'a mut Objects<'objects>,
    budget: Budget,
    /// The tree to name in an error.
    top: ObjectId,
    path: Vec<u8>,
    open: Vec<Folder>,
    found: &'a mut Vec<Difference>,
}

/// A directory of one or both trees, as far as it was read.
struct Folder {
    old: Rest,
    new: Rest,
    /// The length of the path to it.
    path: usize,
    /// Whether either tree also has it elsewhere.
    is_repeated: bool,
}

/// The remaining entries of a tree.
#[derive(Default)]
struct Rest {
    /// The tree, if there is one.
    id: Option<ObjectId>,
    data: Rc<Vec<u8>>,
    at: usize,
}

impl Rest {
    fn peek(&self) -> Result<Option<Entry<'_>>, ObjectError> {
        let Some(id) = &self.id else {
            return Ok(None);
        };
        let next = Entries::of(id, &self.data[self.at..]).next().transpose();
        next.map_err(|malformed| malformed.of(id))
    }
}

/// The result of one step through a directory.
enum Step {
    Same,
    Deeper(Option<ObjectId>, Option<ObjectId>),
    File(Option<Version>, Option<Version>),
}

impl Walk<'_, '_> {
    fn run(&mut self) -> Result<(), ObjectError> {
        while let Some(folder) = self.open.last_mut() {
            self.path.truncate(folder.path);
            let is_repeated = folder.is_repeated;
            for _ in 0..folder.skip_same() {
                let paid = self.budget.spend_in(is_repeated, 0);
                paid.ok_or_else(|| too_many(&self.top))?;
            }
            let Some(step) = folder.step(&mut self.path)? else {
                self.open.pop();
                continue;
            };
            let path = if matches!(step, Step::Same) {
                0
            } else {
                self.path.len()
            };
            let paid = self.budget.spend_in(is_repeated, path);
            paid.ok_or_else(|| too_many(&self.top))?;
            match step {
                Step::Same => {}
                Step::Deeper(old, new) => self.enter(old.as_ref(), new.as_ref())?,
                Step::File(old, new) => self.found.push(Difference {
                    path: self.path.clone(),
                    old,
                    new,
                }),
            }
        }
        Ok(())
    }

    /// Opens the directory at the path.
    fn enter(&mut self, old: Option<&ObjectId>, new: Option<&ObjectId>) -> Result<(), ObjectError> {
        let mut is_listed = |side, id: Option<&ObjectId>| id.is_some_and(|id| self.budget.list(side, id));
        let is_repeated = is_listed(Side::Old, old) | is_listed(Side::New, new);
        let folder = Folder {
            old: self.rest(old)?,
            new: self.rest(new)?,
            path: self.path.len(),
            is_repeated,
        };
        self.open.push(folder);
        Ok(())
    }

    fn rest(&mut self, id: Option<&ObjectId>) -> Result<Rest, ObjectError> {
        let Some(id) = id else {
            return Ok(Rest::default());
        };
        if self.open.len() > DEEPEST {
            return Err(damaged(id, "its directories are nested too deeply"));
        }
        let data = folder_data(self.objects, id)?;
        self.budget.spend(data.len()).ok_or_else(|| too_many(&self.top))?;
        Ok(Rest {
            id: Some(*id),
            data,
            at: 0,
        })
    }
}

impl Folder {
    /// Skips the next entries, as far as their bytes are the same in both trees; most are. Returns how many.
    fn skip_same(&mut self) -> usize {
        let (Some(id), Some(_)) = (&self.old.id, &self.new.id) else {
            return 0;
        };
        let width = id.width();
        let (old, new) = (&self.old.data[self.old.at..], &self.new.data[self.new.at..]);
        let same = &old[..lines::same_prefix(old, new)];
        let (mut count, mut end) = (0, 0);
        while let Some(len) = entry_len(&same[end..], width) {
            count += 1;
            end += len;
        }
        self.old.at += end;
        self.new.at += end;
        count
    }

    /// Takes the next name in git's order from the tree or trees that have it, and appends it to the path if they differ in it.
    fn step(&mut self, path: &mut Vec<u8>) -> Result<Option<Step>, ObjectError> {
        let (old, new) = (self.old.peek()?, self.new.peek()?);
        let order = match (&old, &new) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.order(new),
        };
        let (old, new) = (old.filter(|_| order.is_le()), new.filter(|_| order.is_ge()));
        let len = |entry: &Option<Entry<'_>>| entry.as_ref().map_or(0, |entry| entry.len);
        let taken = (len(&old), len(&new));
        let step = match (&old, &new) {
            (Some(old), Some(new)) if old.is_same(new) => Step::Same,
            _ => {
                let Some(any) = old.as_ref().or(new.as_ref()) else {
                    return Ok(None);
                };
                path.extend_from_slice(any.name);
                if any.is_folder() {
                    path.push(b'/');
                    let id = |entry: &Option<Entry<'_>>| entry.as_ref().map(Entry::id);
                    Step::Deeper(id(&old), id(&new))
                } else {
                    let version = |entry: &Option<Entry<'_>>| entry.as_ref().map(Entry::version);
                    Step::File(version(&old), version(&new))
                }
            }
        };
        self.old.at += taken.0;
        self.new.at += taken.1;
        Ok(Some(step))
    }
}

fn too_many(tree: &ObjectId) -> ObjectError {
    ObjectError::TooManyFiles(*tree)
}

/// An entry of a raw tree.
pub(super) struct Entry<'a> {
    mode: u32,
    pub(super) name: &'a [u8],
    id: NameIn<'a>,
    /// How many bytes of the tree it takes.
    len: usize,
}

impl Entry<'_> {
    /// The name of its object.
    pub(super) fn id(&self) -> ObjectId {
        self.id.id()
    }

    pub(super) fn is_folder(&self) -> bool {
        self.mode & 0o170_000 == 0o040_000
    }

    pub(super) fn version(&self) -> Version {
        Version {
            id: self.id(),
            kind: match self.mode & 0o170_000 {
                0o120_000 => FileKind::Link,
                0o160_000 => FileKind::Submodule,
                _ => FileKind::Regular,
            },
            // Old trees contain group-writable files; git treats them as ordinary ones.
            mode: match self.mode & 0o170_000 {
                0o100_000 if self.mode & 0o100 != 0 => 0o100_755,
                0o100_000 => 0o100_644,
                _ => self.mode,
            },
        }
    }

    /// Whether git sees no change: the same content, and equivalent modes.
    fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && (self.mode == other.mode || self.version().mode == other.version().mode)
    }

    /// Git's order, in which the name of a directory ends with a slash.
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

/// The entries of a raw tree; the last one is an error if git could not read it.
pub(super) struct Entries<'a> {
    rest: &'a [u8],
    /// The length of object names in bytes.
    width: usize,
}

impl<'a> Entries<'a> {
    /// The entries in the bytes of a tree; object names in it are as long as its own.
    pub(super) fn of(tree: &ObjectId, data: &'a [u8]) -> Self {
        let width = tree.width();
        Self { rest: data, width }
    }
}

/// An entry that is cut short or invalid; what follows it is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

impl Malformed {
    /// Converts it to an error of the tree that contains it.
    pub(super) fn of(self, tree: &ObjectId) -> ObjectError {
        damaged(tree, "one of its entries is cut short or invalid")
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Entry<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        match take_entry(self.rest, self.width) {
            Some(entry) => {
                self.rest = &self.rest[entry.len..];
                Some(Ok(entry))
            }
            None => {
                self.rest = &[];
                Some(Err(Malformed))
            }
        }
    }
}

/// The first entry of a raw tree. As in git, it has a mode of octal digits and a name.
fn take_entry(data: &[u8], width: usize) -> Option<Entry<'_>> {
    let space = memchr::memchr(b' ', data).filter(|space| *space > 0)?;
    let mode = data[..space].iter().try_fold(0_u32, |mode, digit| match digit {
        b'0'..=b'7' => Some(mode << 3 | u32::from(digit & 7)),
        _ => None,
    })?;
    let rest = &data[space + 1..];
    let end = memchr::memchr(0, rest).filter(|end| *end > 0)?;
    let id = NameIn::first(&rest[end + 1..], width)?;
    Some(Entry {
        mode,
        name: &rest[..end],
        id,
        len: space + end + 2 + width,
    })
}

/// How entries begin nearly always.
const USUAL_MODES: [&[u8]; 3] = [b"100644 ", b"40000 ", b"100755 "];

/// The length of the first entry of a raw tree, if it is valid and complete.
fn entry_len(data: &[u8], width: usize) -> Option<usize> {
    let Some(mode) = USUAL_MODES.into_iter().find(|mode| data.starts_with(mode)) else {
        return take_entry(data, width).map(|entry| entry.len);
    };
    let name = first_zero(&data[mode.len()..]).filter(|len| *len > 0)?;
    let len = mode.len() + name + 1 + width;
    (len <= data.len()).then_some(len)
}

/// The position of the first zero byte. Names are too short for a search that takes long to start.
fn first_zero(data: &[u8]) -> Option<usize> {
    const LOWEST: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHEST: u64 = LOWEST << 7;
    let mut start = 0;
    while let Some(bytes) = data[start..].first_chunk::<8>() {
        // The lowest bit that is set is in the first zero byte.
        let word = u64::from_le_bytes(*bytes);
        let zeros = word.wrapping_sub(LOWEST) & !word & HIGHEST;
        if zeros != 0 {
            return Some(start + zeros.trailing_zeros() as usize / 8);
        }
        start += 8;
    }
    let rest = data[start..].iter().position(|byte| *byte == 0)?;
    Some(start + rest)
}

#[cfg(test)]
mod tests {
    use git2::{Oid, Repository};
    use proptest::prelude::*;

    use super::*;
    use crate::Repo;
    use crate::packs::Packs;

    /// A directory with a repository in it.
    struct Place {
        folder: tempfile::TempDir,
        raw: Repository,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let raw = Repository::init(folder.path()).unwrap();
            Self { folder, raw }
        }

        fn blob(&self, text: &str) -> Oid {
            self.raw.blob(text.as_bytes()).unwrap()
        }

        fn tree(&self, entries: &[(&str, Oid, i32)]) -> Oid {
            let mut tree = self.raw.treebuilder(None).unwrap();
            for (name, id, mode) in entries {
                tree.insert(name, *id, *mode).unwrap();
            }
            tree.write().unwrap()
        }

        /// The paths in which two trees differ: `+` added, `-` removed, `*` changed.
        fn compare(
            &self,
            budget: Budget,
            old: Option<Oid>,
            new: Option<Oid>,
        ) -> Result<Vec<String>, ObjectError> {
            let repo = Repo::open(self.folder.path()).unwrap();
            let packs = Packs::open(&repo);
            let mut objects = Objects::new(&packs, repo.git_dir(), 1 << 20);
            let id = |oid: Option<Oid>| oid.and_then(|oid| ObjectId::from_bytes(oid.as_bytes()));
            let mut found = Vec::new();
            compare_within(
                budget,
                &mut objects,
                (id(old).as_ref(), id(new).as_ref()),
                &mut found,
            )?;
            let sign = |difference: &Difference| match (difference.old, difference.new) {
                (None, _) => '+',
                (_, None) => '-',
                _ => '*',
            };
            let line = |difference: Difference| {
                format!(
                    "{}{}",
                    sign(&difference),
                    String::from_utf8_lossy(&difference.path)
                )
            };
            Ok(found.into_iter().map(line).collect())
        }
    }

    const FILE: i32 = 0o100_644;
    const FOLDER: i32 = 0o040_000;
    const LINK: i32 = 0o120_000;

    #[test]
    fn differences_come_in_the_order_of_git() {
        let place = Place::new();
        let (one, two) = (place.blob("1"), place.blob("2"));
        let folder = place.tree(&[("b", one, FILE), ("c", two, FILE)]);
        let changed = place.tree(&[("b", two, FILE), ("d", one, LINK)]);
        let old = place.tree(&[("a", folder, FOLDER), ("a.txt", one, FILE), ("same", one, FILE)]);
        let new = place.tree(&[("a", changed, FOLDER), ("a-b", one, FILE), ("same", one, FILE)]);
        let found = place.compare(Budget::default(), Some(old), Some(new)).unwrap();
        assert_eq!(found, ["+a-b", "-a.txt", "*a/b", "-a/c", "+a/d"]);
        let found = place.compare(Budget::default(), Some(old), None).unwrap();
        assert_eq!(found, ["-a.txt", "-a/b", "-a/c", "-same"]);
        assert!(place.compare(Budget::default(), None, None).unwrap().is_empty());
    }

    #[test]
    fn a_file_that_becomes_a_folder_is_removed_and_its_files_added() {
        let place = Place::new();
        let one = place.blob("1");
        let folder = place.tree(&[("b", one, FILE)]);
        let (old, new) = (
            place.tree(&[("a", one, FILE)]),
            place.tree(&[("a", folder, FOLDER)]),
        );
        let found = place.compare(Budget::default(), Some(old), Some(new)).unwrap();
        assert_eq!(found, ["-a", "+a/b"]);
    }

    /// A directory in a directory, and so on.
    fn nested(place: &Place, depth: usize) -> Oid {
        let mut tree = place.tree(&[("f", place.blob("1"), FILE)]);
        for _ in 0..depth {
            tree = place.tree(&[("d", tree, FOLDER)]);
        }
        tree
    }

    #[test]
    fn deep_folders_need_no_deep_stack() {
        let place = Place::new();
        let (deep, deeper) = (nested(&place, DEEPEST), nested(&place, DEEPEST + 1));
        // Recursion would need some hundred bytes a directory.
        let small = std::thread::Builder::new().stack_size(128 << 10);
        let walk = move || {
            let compare = |tree| place.compare(Budget::default(), None, Some(tree));
            assert_eq!(compare(deep).unwrap(), [format!("+{}f", "d/".repeat(DEEPEST))]);
            assert!(matches!(compare(deeper), Err(ObjectError::Damaged { .. })));
        };
        small.spawn(walk).unwrap().join().unwrap();
    }

    #[test]
    fn more_entries_than_the_budget_are_an_error() {
        let place = Place::new();
        // Three levels of four: 64 files. With no file at their end, there are as many directories.
        let file = place.tree(&[("f", place.blob("1"), FILE)]);
        for inner in [file, place.tree(&[])] {
            let mut tree = inner;
            for _ in 0..3 {
                let names = ["a", "b", "c", "d"];
                tree = place.tree(&names.map(|name| (name, tree, FOLDER)));
            }
            let compare = |entries, repeated, bytes| {
                let budget = Budget {
                    entries,
                    repeated,
                    bytes,
                    ..Budget::default()
                };
                place.compare(budget, None, Some(tree))
            };
            assert!(compare(1000, 1000, 1 << 20).is_ok());
            let repeated = compare(1000, 50, 1 << 20);
            assert!(matches!(repeated, Err(ObjectError::TooManyFiles(_))));
            assert!(matches!(
                compare(60, 1000, 1 << 20),
                Err(ObjectError::TooManyFiles(_))
            ));
            assert!(matches!(
                compare(1000, 1000, 500),
                Err(ObjectError::TooManyFiles(_))
            ));
        }
    }

    #[test]
    fn a_budget_that_was_too_small_once_is_spent() {
        let mut budget = Budget {
            entries: 10,
            bytes: 10,
            ..Budget::default()
        };
        assert!(budget.spend(4).is_some());
        assert!(!budget.is_spent());
        assert!(budget.spend(7).is_none());
        assert!(budget.spend(1).is_none());
        assert!(budget.is_spent());
        let mut budget = Budget {
            repeated: 1,
            ..Budget::default()
        };
        assert!(budget.spend_in(true, 1).is_some());
        assert!(budget.spend_in(false, 1).is_some());
        assert!(budget.spend_in(true, 1).is_none());
        assert!(budget.spend_in(false, 1).is_none());
    }

    #[test]
    fn a_folder_that_moves_is_not_listed_again() {
        let place = Place::new();
        let one = place.blob("1");
        let folder = place.tree(&[("a", one, FILE), ("b", one, FILE)]);
        let tops = ["old", "new"].map(|name| place.tree(&[(name, folder, FOLDER)]));
        let budget = || Budget {
            repeated: 0,
            ..Budget::default()
        };
        let found = place.compare(budget(), Some(tops[0]), Some(tops[1])).unwrap();
        assert_eq!(found, ["+new/a", "+new/b", "-old/a", "-old/b"]);
        let copied = place.tree(&[("new", folder, FOLDER), ("old", folder, FOLDER)]);
        let found = place.compare(budget(), None, Some(copied));
        assert!(matches!(found, Err(ObjectError::TooManyFiles(_))));
    }

    #[test]
    fn a_tree_ends_between_two_entries_or_is_damaged() {
        for width in [20, 32] {
            ends_of_a_tree(width);
        }
    }

    fn ends_of_a_tree(width: usize) {
        let mut data = b"100644 a\0".to_vec();
        data.extend(vec![1; width]);
        let first = data.len();
        data.extend(b"40000 b\0");
        data.extend(vec![2; width]);
        let names = |data: &[u8]| {
            let tree = ObjectId::from_bytes(&vec![0; width]).unwrap();
            let names = Entries::of(&tree, data).map(|entry| Ok(entry?.name.to_vec()));
            names.collect::<Result<Vec<_>, Malformed>>()
        };
        assert_eq!(names(&data).unwrap(), [b"a", b"b"]);
        assert_eq!(names(&data[..first]).unwrap(), [b"a"]);
        assert!(names(&[]).unwrap().is_empty());
        for end in (1..first).chain(first + 1..data.len()) {
            assert_eq!(names(&data[..end]), Err(Malformed), "{end}");
        }
        for head in ["1006z4 a", " a", "100644 ", "100644a"] {
            let data = [head.as_bytes(), &[0], &vec![1; width]].concat();
            assert_eq!(names(&data), Err(Malformed), "{head}");
        }
    }

    #[test]
    fn a_damaged_tree_below_makes_the_comparison_an_error() {
        let place = Place::new();
        let sound = place.tree(&[("f", place.blob("1"), FILE), ("g", place.blob("2"), FILE)]);
        let odb = place.raw.odb().unwrap();
        let whole = odb.read(sound).unwrap().data().to_vec();
        let cut = odb
            .write(git2::ObjectType::Tree, &whole[..whole.len() - 3])
            .unwrap();
        let tops = [sound, cut].map(|folder| place.tree(&[("d", folder, FOLDER)]));
        for (old, new) in [
            (Some(tops[0]), Some(tops[1])),
            (Some(tops[1]), None),
            (None, Some(cut)),
        ] {
            let found = place.compare(Budget::default(), old, new);
            assert!(matches!(found, Err(ObjectError::Damaged { .. })), "{found:?}");
        }
    }

    /// Bytes that are often the beginning of a tree, and often cut short.
    fn entries() -> impl Strategy<Value = Vec<u8>> {
        let mode = prop_oneof![
            Just("100644 "),
            Just("40000 "),
            Just("100755 "),
            Just("120000 "),
            Just("100644"),
            Just(" "),
            Just("9 "),
        ];
        (mode, "[a-c/.]{0,40}", any::<bool>(), 0..40_usize, any::<u8>()).prop_map(
            |(mode, name, is_ended, rest, byte)| {
                let mut data = [mode.as_bytes(), name.as_bytes()].concat();
                data.extend(is_ended.then_some(0));
                data.extend(vec![byte; rest]);
                data
            },
        )
    }

    proptest! {
        #[test]
        fn the_length_of_an_entry_is_that_of_the_entry_read(data in entries(), long in any::<bool>()) {
            let width = if long { 32 } else { 20 };
            let read = take_entry(&data, width).map(|entry| entry.len);
            prop_assert_eq!(entry_len(&data, width), read);
        }
    }
}
