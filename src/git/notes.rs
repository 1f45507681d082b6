//! Notes as sets of lines on commits: read in one walk of their tree, many written at a time in one commit.
//!
//! The path of a note is the hex digits of its target, split into directories or not (`ab/cdef…`, `abcdef…`): both are read, even
//! in one tree, and one form (2/38) is written. Entries that are not notes are preserved.

pub mod join;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use git2::{Commit, ObjectType, Odb, Oid, Repository, Tree, TreeBuilder};

use super::loose;
use super::open::{Repo, object_id};
use super::packs::Objects;
use super::refs::{self, Patience, Swap};
use super::stage::Stage;
use super::trees::Budget;
use super::writer::{WriteError, Writer};
use crate::facts::ids::ObjectId;
use crate::facts::record::{LARGEST_NOTE, NOTE_CAP, NoteLines};

/// The maximum size of all notes of a ledger together: some hundred thousand tasks.
const MOST_BYTES: usize = 256 << 20;
/// The maximum size of all notes of another tool together.
const MOST_FOREIGN_BYTES: usize = 1 << 30;
/// The object cache while notes of another tool are read, in bytes.
const KEPT_NOTES: usize = 64 << 20;
/// The number of hex digits of an object id, in the longer of the two kinds.
const MAX_HEX: usize = 64;
/// How deep a notes tree is read: `ab/cd/ef…` is the deepest that git writes.
const MAX_DEPTH: usize = 20;

/// How many directories deep notes are searched if a filter moved all of them.
const MOST_MOVED: usize = 16;

/// How often one directory is visited in a notes tree.
const MOST_VISITS: usize = 256;

const FILE: i32 = 0o100_644;
const FOLDER: i32 = 0o040_000;

/// One note as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredNote {
    /// Its lines.
    Lines(NoteLines),
    /// It is larger than 16 MiB; its size in bytes.
    TooLarge(usize),
    /// Its object is missing or damaged.
    Unreadable(String),
}

/// Every note of a ref with the commit it is on; none if the ref does not exist.
///
/// A commit occurs twice if a tree has its note in both forms. The error says why the ref cannot be read.
pub fn read(repo: &Repo, reference: &str) -> Result<Vec<(ObjectId, StoredNote)>, String> {
    let found = NotesTree::of(repo, reference).map_err(|error| error.message().to_owned())?;
    found.map_or(Ok(Vec::new()), |notes| contents(repo, &notes.notes))
}

/// The ledger of this clone, as far as it can be read.
#[derive(Debug, Default)]
pub struct OwnLedger {
    /// Its notes, with earlier versions of those that cannot be read.
    pub notes: Vec<(ObjectId, StoredNote)>,
    /// Why it cannot be read, if it cannot.
    pub trouble: Option<String>,
    /// The earlier ledger that replaces it in that case, if one can be read.
    pub past: Option<ObjectId>,
}

/// Reads the ledger of this clone; if its objects are missing or damaged, its previous state.
pub fn read_own(repo: &Repo) -> OwnLedger {
    match read(repo, refs::NOTES) {
        Ok(mut notes) => {
            let earlier = earlier_forms(repo, &notes);
            notes.extend(earlier);
            OwnLedger {
                notes,
                ..OwnLedger::default()
            }
        }
        Err(reason) => {
            let past = refs::past_ledgers(repo).into_iter();
            let mut past = past.filter_map(|past| Some((past, read_at(repo, past).ok()?)));
            let (past, notes) = past.next().unzip();
            OwnLedger {
                notes: notes.unwrap_or_default(),
                trouble: Some(reason),
                past,
            }
        }
    }
}

/// The last readable versions of notes that cannot be read.
fn earlier_forms(repo: &Repo, notes: &[(ObjectId, StoredNote)]) -> Vec<(ObjectId, StoredNote)> {
    let unreadable = notes
        .iter()
        .filter(|(_, note)| matches!(note, StoredNote::Unreadable(_)));
    let mut lost: BTreeSet<ObjectId> = unreadable.map(|(commit, _)| *commit).collect();
    let mut found = Vec::new();
    if lost.is_empty() {
        return found;
    }
    for past in refs::past_ledgers(repo) {
        for (commit, note) in read_some_at(repo, past, &lost).unwrap_or_default() {
            if matches!(note, StoredNote::Lines(_)) {
                lost.remove(&commit);
                found.push((commit, note));
            }
        }
        if lost.is_empty() {
            break;
        }
    }
    found
}

/// [`read_at`] for the notes on some commits.
fn read_some_at(
    repo: &Repo,
    tip: ObjectId,
    wanted: &BTreeSet<ObjectId>,
) -> Result<Vec<(ObjectId, StoredNote)>, String> {
    let mut found = load_at(repo, tip)?;
    found.notes.retain(|commit, _| wanted.contains(commit));
    contents(repo, &found.notes)
}

/// Every note below a commit of a ledger, as [`read`] reads those of a ref.
pub fn read_at(repo: &Repo, tip: ObjectId) -> Result<Vec<(ObjectId, StoredNote)>, String> {
    contents(repo, &load_at(repo, tip)?.notes)
}

fn load_at(repo: &Repo, tip: ObjectId) -> Result<NotesTree, String> {
    let load = || {
        let commit = repo.commit_at(Oid::from_bytes(tip.as_bytes())?)?;
        NotesTree::load(repo, &repo.tree_at(commit.tree_id())?)
    };
    load().map_err(|error: git2::Error| error.message().to_owned())
}

/// The notes of a tree, with the commits they are on.
fn contents(
    repo: &Repo,
    notes: &BTreeMap<ObjectId, Vec<Oid>>,
) -> Result<Vec<(ObjectId, StoredNote)>, String> {
    let text = |error: git2::Error| error.message().to_owned();
    let each = || {
        notes
            .iter()
            .flat_map(|(target, blobs)| blobs.iter().map(|blob| (*target, *blob)))
    };
    let mut reader = NoteReader::new(repo, MOST_BYTES).map_err(text)?;
    each().for_each(|(_, blob)| *reader.named.entry(blob).or_default() += 1);
    each()
        .map(|(target, blob)| Ok((target, reader.note(blob)?)))
        .collect()
}

/// Reads notes; those that several commits share, once.
struct NoteReader<'repo> {
    repo: &'repo Repo,
    odb: Odb<'repo>,
    /// How many commits name a blob.
    named: HashMap<Oid, usize>,
    /// The blobs that more than one commit names.
    known: HashMap<Oid, StoredNote>,
    /// How many bytes may still be read …
    to_read: usize,
    /// … and stored. A shared note is stored as often as it is named.
    to_hold: usize,
}

impl<'repo> NoteReader<'repo> {
    fn new(repo: &'repo Repo, most: usize) -> Result<Self, git2::Error> {
        Ok(Self {
            repo,
            odb: repo.raw().odb()?,
            named: HashMap::new(),
            known: HashMap::new(),
            to_read: most,
            to_hold: most,
        })
    }

    /// Fails if the notes are larger than any real ledger.
    fn note(&mut self, blob: Oid) -> Result<StoredNote, String> {
        let too_many = || "its notes are too large in total".to_owned();
        let note = match self.known.get(&blob) {
            Some(note) => note.clone(),
            None => {
                let note = match self.repo.size_of(blob) {
                    Ok(size) => {
                        let read = usize::try_from(size).unwrap_or(usize::MAX);
                        let read = if read > LARGEST_NOTE { 0 } else { read };
                        self.to_read = self.to_read.checked_sub(read).ok_or_else(too_many)?;
                        stored(self.repo.raw(), &self.odb, blob)
                    }
                    Err(error) => StoredNote::Unreadable(error.message().to_owned()),
                };
                if self.named.get(&blob).is_some_and(|times| *times > 1) {
                    self.known.insert(blob, note.clone());
                }
                note
            }
        };
        if let StoredNote::Lines(lines) = &note {
            self.to_hold = self.to_hold.checked_sub(lines.size()).ok_or_else(too_many)?;
        }
        Ok(note)
    }
}

/// The blobs of each note of a ref, by the commit it is on.
pub(super) fn blobs(repo: &Repo, reference: &str) -> Result<BTreeMap<ObjectId, Vec<Oid>>, git2::Error> {
    Ok(NotesTree::of(repo, reference)?.unwrap_or_default().notes)
}

/// The commit that a ref of notes points to.
pub fn tip(repo: &Repo, reference: &str) -> Option<ObjectId> {
    refs::target(repo, reference).ok().flatten().and_then(object_id)
}

/// Visits the notes that another tool stores in a ref: the bytes of each, once, and the commits it is on. Returns how many are
/// too large, too many or unreadable; the error says why the ref cannot be read.
pub fn visit_foreign(
    repo: &Repo,
    reference: &str,
    mut visit: impl FnMut(&[ObjectId], &[u8]),
) -> Result<usize, String> {
    let text = |error: git2::Error| error.message().to_owned();
    let Some(notes) = NotesTree::of(repo, reference).map_err(text)? else {
        return Ok(0);
    };
    let packs = repo.packs();
    // Notes are deltas of each other, so the last results are cached.
    let mut objects = Objects::new(&packs, repo.git_dir(), KEPT_NOTES);
    let mut unread = 0;
    let mut left = MOST_FOREIGN_BYTES;
    for (blob, commits) in by_blob(&notes.notes) {
        let id = object_id(blob);
        let object = id.and_then(|id| objects.read(&id, LARGEST_NOTE as u64).ok());
        // Its text is stored once per commit.
        let cost = |data: &[u8]| data.len().saturating_mul(commits.len());
        let rest = object
            .as_ref()
            .and_then(|object| left.checked_sub(cost(&object.data)));
        match object.zip(rest) {
            Some((object, rest)) => {
                left = rest;
                visit(&commits, &object.data);
            }
            None => unread += commits.len(),
        }
    }
    Ok(unread)
}

/// The blobs of notes in the order in which commits name them, each once, with all its commits.
fn by_blob(notes: &BTreeMap<ObjectId, Vec<Oid>>) -> Vec<(Oid, Vec<ObjectId>)> {
    let mut places: HashMap<Oid, usize> = HashMap::new();
    let mut found: Vec<(Oid, Vec<ObjectId>)> = Vec::new();
    for (commit, blobs) in notes {
        for blob in blobs {
            let place = *places.entry(*blob).or_insert(found.len());
            match found.get_mut(place) {
                Some((_, commits)) => commits.push(*commit),
                None => found.push((*blob, vec![*commit])),
            }
        }
    }
    found
}

fn stored(repo: &Repository, odb: &Odb<'_>, blob: Oid) -> StoredNote {
    match odb.read_header(blob) {
        Ok((size, ObjectType::Blob)) if size > LARGEST_NOTE => return StoredNote::TooLarge(size),
        Ok((_, ObjectType::Blob)) => {}
        Ok(_) => return StoredNote::Unreadable("not a blob".into()),
        Err(error) => return StoredNote::Unreadable(error.message().to_owned()),
    }
    match loose::check_own(repo, blob).and_then(|()| odb.read(blob)) {
        Ok(object) => StoredNote::Lines(NoteLines::parse(object.data())),
        Err(error) => StoredNote::Unreadable(error.message().to_owned()),
    }
}

/// The result of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// One commit, the new tip.
    Commit(ObjectId),
    /// Nothing to write.
    Nothing,
}

/// Adds lines to notes in one commit, merging in what the pin has and the ledger lacks.
///
/// The caller holds the [`refs::WriteLock`]. On return, the lines are in the ledger and the pin names it, or the repository has a
/// notice about that.
pub fn add(
    repo: &Repo,
    additions: &BTreeMap<ObjectId, NoteLines>,
    message: &str,
    writer: &Writer,
) -> Result<Written, WriteError> {
    add_decided(repo, writer, || {
        Ok(Batch {
            additions: additions.clone(),
            message: message.to_owned(),
        })
    })
}

/// What one write adds.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The lines, by the commit of their note.
    pub additions: BTreeMap<ObjectId, NoteLines>,
    /// The message of the commit.
    pub message: String,
}

/// [`add`] with what `decide` returns for the current ledger. If another program moves the ledger in between, nothing is written
/// and `decide` is called again.
pub fn add_decided<E: From<WriteError>>(
    repo: &Repo,
    writer: &Writer,
    mut decide: impl FnMut() -> Result<Batch, E>,
) -> Result<Written, E> {
    write(repo, |base| {
        let batch = decide()?;
        Ok(base.commit_with(&batch, repo, writer)?)
    })
}

/// Moves the ledger to the commit that `make` creates from its current state, and then the pin. If another program moves the
/// ledger in the meantime, `make` is called again; if it returns none, nothing moves.
fn write<E: From<WriteError>>(
    repo: &Repo,
    mut make: impl FnMut(&Base<'_>) -> Result<Option<Oid>, E>,
) -> Result<Written, E> {
    let patience = Patience::with_others();
    loop {
        let base = Base::read(repo)?;
        let Some(new) = make(&base)? else {
            pin(repo, base.old);
            return Ok(Written::Nothing);
        };
        if refs::compare_and_swap(repo, refs::NOTES, base.old, new, "leverage: ledger")? == Swap::Done {
            pin(repo, Some(new));
            let new = object_id(new).map(Written::Commit);
            return new.ok_or_else(|| WriteError::storage(repo, "an object id of unknown length").into());
        }
        if !patience.wait() {
            return Err(refs::gave_up(repo, refs::NOTES).into());
        }
    }
}

/// Whether a ref has a ledger that ours does not contain.
pub fn is_ahead(repo: &Repo, reference: &str) -> bool {
    let (Ok(Some(other)), Ok(own)) = (refs::target(repo, reference), refs::target(repo, refs::NOTES)) else {
        return false;
    };
    repo.commit_at(other).is_ok()
        && own.is_none_or(|own| own != other && !repo.descends(own, other).unwrap_or(false))
}

/// Whether another program moved the ledger since this clone last wrote it, so that lines may be missing.
///
/// Moving forward does not prove that nothing was lost: `git notes add --force` replaces a note in a proper child commit.
pub fn was_moved(repo: &Repo) -> bool {
    let target = |reference| refs::target(repo, reference).ok().flatten();
    target(refs::PIN).is_some_and(|pinned| target(refs::NOTES) != Some(pinned))
}

/// Remembers the ledger that this clone last wrote or found intact. If this fails, the ledger is still written, and the next
/// write remembers it.
fn pin(repo: &Repo, tip: Option<Oid>) {
    let Some(tip) = tip else {
        return;
    };
    let patience = Patience::with_others();
    let error = loop {
        let old = match refs::target(repo, refs::PIN) {
            Ok(old) if old == Some(tip) => return,
            Ok(old) => old,
            Err(error) => break WriteError::git(repo, &error),
        };
        match refs::compare_and_swap(repo, refs::PIN, old, tip, "leverage: pin") {
            Ok(Swap::Done) => return,
            Ok(Swap::TryAgain) if patience.wait() => {}
            Ok(Swap::TryAgain) => break refs::gave_up(repo, refs::PIN),
            Err(error) => break error,
        }
    };
    repo.settling
        .doubt(format!("cannot update `{}`: {error}", refs::PIN));
}

/// The ledger that a write starts from.
struct Base<'repo> {
    /// The commit of the ref.
    old: Option<Oid>,
    parents: Vec<Commit<'repo>>,
    notes: NotesTree,
    /// The commit of the pin, if it must be merged in.
    pinned: Option<NotesTree>,
}

impl<'repo> Base<'repo> {
    fn read(repo: &'repo Repo) -> Result<Self, WriteError> {
        let old = refs::target(repo, refs::NOTES).map_err(|error| unreadable(repo, &error))?;
        let mut base = Self {
            old,
            parents: Vec::new(),
            notes: NotesTree::default(),
            pinned: None,
        };
        if let Some(tip) = old {
            let (commit, notes) = load_commit(repo, tip).map_err(|error| unreadable(repo, &error))?;
            base.parents.push(commit);
            base.notes = notes;
        }
        let is_ahead = is_ahead(repo, refs::PIN);
        let tip = refs::target(repo, refs::PIN).ok().flatten();
        // A pin whose objects are missing cannot restore anything, and must not block the next write.
        let is_wanted = |tip: &Oid| is_ahead || was_moved(repo) && repo.commit_at(*tip).is_ok();
        if let Some(tip) = tip.filter(is_wanted) {
            match load_commit(repo, tip) {
                Ok((commit, notes)) => {
                    base.parents.extend(is_ahead.then_some(commit));
                    base.pinned = Some(notes);
                }
                Err(error) => {
                    let said = format!("the pinned ledger is missing: {}", error.message());
                    repo.settling.doubt(said);
                }
            }
        }
        Ok(base)
    }

    /// A commit on the base with a batch and everything to merge; `None` if that changes nothing.
    fn commit_with(&self, batch: &Batch, repo: &Repo, writer: &Writer) -> Result<Option<Oid>, WriteError> {
        let mut store = Store::new(repo)?;
        match self.with(&batch.additions, repo, &mut store)? {
            Some(tree) => self.commit(tree, &batch.message, store, repo, writer).map(Some),
            None => Ok(None),
        }
    }

    /// A commit of a tree with these parents, written to disk with all new objects in the store.
    fn commit(
        &self,
        tree: Oid,
        message: &str,
        mut store: Store<'_>,
        repo: &Repo,
        writer: &Writer,
    ) -> Result<Oid, WriteError> {
        let parents: Vec<Oid> = self.parents.iter().map(Commit::id).collect();
        let new = store.stage.commit(repo, tree, &parents, message, writer)?;
        store.stage.land(repo)?;
        Ok(new)
    }

    /// The tree of the base with `additions` and everything to merge; `None` if that changes nothing.
    fn with(
        &self,
        additions: &BTreeMap<ObjectId, NoteLines>,
        repo: &Repo,
        store: &mut Store<'_>,
    ) -> Result<Option<Oid>, WriteError> {
        let mut notes = self.notes.clone();
        let mut changed = self.pinned.is_some();
        if let Some(pinned) = &self.pinned {
            notes.take_in(pinned);
        }
        for (target, lines) in additions {
            changed |= notes.add_lines(*target, lines, store)?;
        }
        if !changed {
            return Ok(None);
        }
        notes.unite(store)?;
        // Everything in the pin may still be present; other histories are joined even if they add nothing.
        if self.parents.len() == 1 && notes.notes == self.notes.notes && notes.foreign == self.notes.foreign {
            return Ok(None);
        }
        notes
            .write(store, &self.notes)
            .map(Some)
            .map_err(|error| WriteError::git(repo, &error))
    }
}

fn load_commit(repo: &Repo, tip: Oid) -> Result<(Commit<'_>, NotesTree), git2::Error> {
    let commit = repo.commit_at(tip)?;
    let notes = NotesTree::load(repo, &repo.tree_at(commit.tree_id())?)?;
    Ok((commit, notes))
}

/// The error for an unreadable ledger; an earlier one may be readable.
fn unreadable(repo: &Repo, error: &git2::Error) -> WriteError {
    let past = refs::past_ledgers(repo).first().copied();
    WriteError::of_reference(refs::NOTES, error, past)
}

/// An entry of a notes tree that is not a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Foreign {
    mode: i32,
    id: Oid,
}

/// A notes tree, read completely.
#[derive(Debug, Clone, Default)]
struct NotesTree {
    /// The blobs of each note: one, or more if both forms or merges left several.
    notes: BTreeMap<ObjectId, Vec<Oid>>,
    /// Entries that are not notes, by directory (empty for the top) and name.
    foreign: BTreeMap<(String, Vec<u8>), Foreign>,
    /// Directories that already have the form that is written.
    settled: BTreeMap<String, Oid>,
}

impl NotesTree {
    /// The notes that a ref points to; `None` if the ref does not exist.
    fn of(repo: &Repo, reference: &str) -> Result<Option<Self>, git2::Error> {
        let Some(tip) = refs::target(repo, reference)? else {
            return Ok(None);
        };
        let tree = match repo.peel_to_commit(tip)? {
            Some(commit) => commit.tree_id(),
            // A ref may point directly to a tree of notes.
            None => tip,
        };
        Self::load(repo, &repo.tree_at(tree)?).map(Some)
    }

    fn load(repo: &Repo, tree: &Tree<'_>) -> Result<Self, git2::Error> {
        let mut found = Self::load_here(repo, tree)?;
        // A history filter that moves all files into a directory moves notes, too.
        let mut inside = found.only_folder();
        for _ in 0..MOST_MOVED {
            let Some(folder) = inside.take().filter(|_| found.notes.is_empty()) else {
                break;
            };
            let deeper = Self::load_here(repo, &repo.tree_at(folder)?)?;
            inside = deeper.only_folder();
            found.notes = deeper.notes;
        }
        Ok(found)
    }

    /// The only directory, if there is nothing else.
    fn only_folder(&self) -> Option<Oid> {
        let mut foreign = self.foreign.values();
        match (foreign.next(), foreign.next()) {
            (Some(only), None) if self.notes.is_empty() && only.mode == FOLDER => Some(only.id),
            _ => None,
        }
    }

    fn load_here(repo: &Repo, tree: &Tree<'_>) -> Result<Self, git2::Error> {
        let mut notes = Self::default();
        let mut visits = Visits::default();
        for entry in tree.iter() {
            let name = entry.name_bytes();
            visits.entry(name)?;
            match hex(name) {
                Some(prefix) if prefix.len() == 2 && entry.filemode() == FOLDER => {
                    if notes.load_folder(repo, entry.id(), (prefix, 1), &mut visits)? {
                        notes.settled.insert(prefix.to_owned(), entry.id());
                    }
                }
                prefix => notes.load_entry("", name, prefix, &entry),
            }
        }
        notes.unsettle(tree);
        Ok(notes)
    }

    /// A directory must be rewritten if notes with its prefix are beside it.
    fn unsettle(&mut self, top: &Tree<'_>) {
        for entry in top.iter() {
            if let Some(flat) = hex(entry.name_bytes()).filter(|name| name.len() > 2) {
                self.settled.remove(&flat[..2]);
            }
        }
    }

    /// Reads one directory; returns whether it only has notes in the form 2/38 (or 2/62).
    fn load_folder(
        &mut self,
        repo: &Repo,
        id: Oid,
        (prefix, depth): (&str, usize),
        visits: &mut Visits,
    ) -> Result<bool, git2::Error> {
        let mut settled = depth == 1;
        visits.folder(id)?;
        for entry in repo.tree_at(id)?.iter() {
            let name = entry.name_bytes();
            visits.entry(name)?;
            let full = hex(name).map(|rest| format!("{prefix}{rest}"));
            let is_folder = entry.filemode() == FOLDER && name.len() == 2 && depth < MAX_DEPTH;
            match full.as_deref().filter(|full| is_folder && full.len() < MAX_HEX) {
                Some(deeper) => {
                    settled = false;
                    self.load_folder(repo, entry.id(), (deeper, depth + 1), visits)?;
                }
                None => {
                    let before = self.foreign.len();
                    self.load_entry(prefix, name, full.as_deref(), &entry);
                    settled &= before == self.foreign.len();
                }
            }
        }
        Ok(settled)
    }

    fn load_entry(&mut self, folder: &str, name: &[u8], full: Option<&str>, entry: &git2::TreeEntry<'_>) {
        let target = full
            .filter(|_| entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000)
            .filter(|full| full.len() == 2 * entry.id().as_bytes().len())
            .and_then(|full| full.parse().ok());
        match target {
            Some(target) => self.notes.entry(target).or_default().push(entry.id()),
            None => {
                let what = Foreign {
                    mode: entry.filemode(),
                    id: entry.id(),
                };
                self.foreign.insert((folder.to_owned(), name.to_vec()), what);
            }
        }
    }

    /// Adds the notes of another tree that this one lacks.
    fn take_in(&mut self, other: &Self) {
        for (target, blobs) in &other.notes {
            let own = self.notes.entry(*target).or_default();
            own.extend(
                blobs
                    .iter()
                    .filter(|blob| !own.contains(blob))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
        for (place, what) in &other.foreign {
            self.foreign.entry(place.clone()).or_insert(*what);
        }
    }

    /// Adds lines to one note; returns whether that changes it.
    fn add_lines(
        &mut self,
        target: ObjectId,
        lines: &NoteLines,
        store: &mut Store<'_>,
    ) -> Result<bool, WriteError> {
        let blobs = self.notes.entry(target).or_default();
        let mut note = store.union(blobs, target)?;
        let before = note.size();
        note.merge(lines.clone());
        if note.size() == before {
            return Ok(false);
        }
        if note.size() > NOTE_CAP {
            return Err(WriteError::NoteFull {
                commit: target,
                size: note.size(),
            });
        }
        *blobs = vec![store.blob(&note.content())?];
        Ok(true)
    }

    /// Joins the blobs that a note may have into one. Nothing is lost, so the size limit does not apply.
    fn unite(&mut self, store: &mut Store<'_>) -> Result<(), WriteError> {
        for (target, blobs) in self.notes.iter_mut().filter(|(_, blobs)| blobs.len() > 1) {
            let note = store.union(blobs, *target)?;
            // The first is the ledger's own: if the others add nothing, it stays as it is, in any form.
            let own = store.union(&blobs[..1], *target)?;
            *blobs = match blobs.first() {
                Some(first) if own == note => vec![*first],
                _ => vec![store.blob(&note.content())?],
            };
        }
        Ok(())
    }

    /// Writes the tree in one form, reusing directories of `base` that are settled and unchanged.
    fn write(&self, store: &mut Store<'_>, base: &Self) -> Result<Oid, git2::Error> {
        let present = base.by_prefix();
        let mut folders = Vec::new();
        for (prefix, notes) in self.by_prefix() {
            let settled = base.settled.get(&prefix);
            let folder = match settled.filter(|_| present.get(&prefix) == Some(&notes)) {
                Some(settled) => *settled,
                None => self.write_folder(store, &prefix, &notes)?,
            };
            folders.push((prefix, folder));
        }
        store.tree(|top| {
            for ((_, name), what) in self.foreign.iter().filter(|((folder, _), _)| folder.is_empty()) {
                top.insert(name.as_slice(), what.id, what.mode)?;
            }
            for (prefix, folder) in &folders {
                top.insert(prefix, *folder, FOLDER)?;
            }
            Ok(())
        })
    }

    fn by_prefix(&self) -> BTreeMap<String, Vec<(&ObjectId, Oid)>> {
        let mut folders: BTreeMap<String, Vec<(&ObjectId, Oid)>> = BTreeMap::new();
        for (target, blobs) in &self.notes {
            let prefix = target.as_bytes().first().map(|byte| format!("{byte:02x}"));
            if let (Some(prefix), Some(blob)) = (prefix, blobs.first()) {
                folders.entry(prefix).or_default().push((target, *blob));
            }
        }
        for (folder, _) in self.foreign.keys().filter(|(folder, _)| !folder.is_empty()) {
            folders.entry(folder[..2].to_owned()).or_default();
        }
        folders
    }

    /// One directory: its notes, and the foreign entries of it and of the deeper directories it replaces.
    fn write_folder(
        &self,
        store: &mut Store<'_>,
        prefix: &str,
        notes: &[(&ObjectId, Oid)],
    ) -> Result<Oid, git2::Error> {
        store.tree(|folder| {
            for ((place, name), what) in &self.foreign {
                if let Some(deeper) = place.strip_prefix(prefix) {
                    folder.insert([deeper.as_bytes(), name].concat(), what.id, what.mode)?;
                }
            }
            for (target, blob) in notes {
                folder.insert(&target.to_string()[2..], *blob, FILE)?;
            }
            Ok(())
        })
    }
}

/// The remaining budget for reading a notes tree: directories that are named repeatedly can stand for billions of notes.
#[derive(Default)]
struct Visits {
    budget: Budget,
    folders: HashMap<Oid, usize>,
}

impl Visits {
    fn entry(&mut self, name: &[u8]) -> Result<(), git2::Error> {
        self.budget.spend(name.len()).ok_or_else(too_many)
    }

    /// Two directories of notes are hardly ever equal, because the names in them are parts of hashes.
    fn folder(&mut self, id: Oid) -> Result<(), git2::Error> {
        let visits = self.folders.entry(id).or_default();
        *visits += 1;
        match *visits > MOST_VISITS {
            true => Err(too_many()),
            false => Ok(()),
        }
    }
}

fn too_many() -> git2::Error {
    git2::Error::from_str("too many files in its tree")
}

/// The name, if it consists of lower-case hex digits.
fn hex(name: &[u8]) -> Option<&str> {
    let is_hex = name.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    is_hex.then(|| std::str::from_utf8(name).ok()).flatten()
}

/// The store for new notes and their trees.
struct Store<'repo> {
    repo: &'repo Repo,
    stage: Stage,
}

impl<'repo> Store<'repo> {
    fn new(repo: &'repo Repo) -> Result<Self, WriteError> {
        Ok(Self {
            repo,
            stage: Stage::new(repo)?,
        })
    }

    /// All lines of several blobs.
    fn union(&self, blobs: &[Oid], target: ObjectId) -> Result<NoteLines, WriteError> {
        let odb = self.stage.repository.odb().map_err(|error| self.failed(&error))?;
        let mut note = NoteLines::default();
        for blob in blobs {
            let found = match self.repo.check_file(*blob) {
                Ok(()) => stored(&self.stage.repository, &odb, *blob),
                Err(error) => StoredNote::Unreadable(error.message().to_owned()),
            };
            match found {
                StoredNote::Lines(lines) => note.merge(lines),
                StoredNote::TooLarge(size) => return Err(WriteError::NoteTooLarge { commit: target, size }),
                StoredNote::Unreadable(reason) => {
                    return Err(WriteError::UnreadableNote {
                        commit: target,
                        reason,
                    });
                }
            }
        }
        Ok(note)
    }

    fn blob(&mut self, content: &[u8]) -> Result<Oid, WriteError> {
        let id = self.stage.repository.blob(content);
        let id = id.map_err(|error| self.failed(&error))?;
        Ok(self.stage.add(id))
    }

    fn tree(
        &mut self,
        fill: impl FnOnce(&mut TreeBuilder<'_>) -> Result<(), git2::Error>,
    ) -> Result<Oid, git2::Error> {
        let mut builder = self.stage.repository.treebuilder(None)?;
        fill(&mut builder)?;
        let id = builder.write()?;
        drop(builder);
        Ok(self.stage.add(id))
    }

    fn failed(&self, error: &git2::Error) -> WriteError {
        WriteError::git(self.repo, error)
    }
}

#[cfg(test)]
mod tests;
