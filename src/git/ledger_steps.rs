//! The history of a ledger ref: which lines each of its commits added and removed, and where the ref jumped.

use std::collections::{BTreeMap, BTreeSet};

use git2::{Commit, ErrorCode, Oid, Reflog, Sort};
use serde::{Deserialize, Serialize};

use super::config::ConfigFiles;
use super::notes::{self, StoredNote};
use super::open::object_id;
use super::packs::{ObjectError, Objects};
use super::signing::{self, Signature};
use super::tree::known;
use super::trees::{self, Difference, Version};
use super::{GitError, Repo, refs};
use crate::facts::ids::ObjectId;
use crate::facts::record::{LARGEST_NOTE, NoteLines};

/// The maximum size of all notes that one commit changes, before and after.
const MOST_BYTES: u64 = 1 << 30;
/// A larger file beside the code is an attack.
const LARGEST_FILE: u64 = 16 << 20;
/// The object cache, in bytes: neighboring commits share their trees.
const KEPT: usize = 16 << 20;

/// How the message of a commit begins that imported records.
const IMPORT: &[u8] = b"Import: ";

/// What one commit of the ledger did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerStep {
    /// The commit on the notes ref.
    pub commit: ObjectId,
    /// Its parents: more than one if two ledgers were merged.
    pub parents: Vec<ObjectId>,
    /// Whether its parents are present.
    pub past: Past,
    /// Whether its message says that it imported records.
    pub is_import: bool,
    /// The committer. Untrusted text.
    pub committer: String,
    /// The committer's time, seconds since the epoch.
    pub time: i64,
    /// The result of verifying its signature.
    pub signature: Signature,
    /// Lines that no parent had anywhere.
    pub added: BTreeSet<Vec<u8>>,
    /// Lines that a parent had and that are nowhere at the end of the history, each where it was removed last.
    pub removed: BTreeSet<Vec<u8>>,
}

/// How much of a commit's history is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// Its parents, if it has any.
    Here,
    /// It has parents that a shallow clone or fetch left out, so its content may be older.
    CutOff,
}

/// A move of a ref whose old value is not an ancestor of the new one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jump {
    /// The ref.
    pub reference: String,
    /// The old commit.
    pub from: ObjectId,
    /// The new commit.
    pub to: ObjectId,
    /// Who moved it, if the reflog says so. Untrusted text.
    pub who: Option<String>,
}

/// What the reflogs say about moves of refs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Jumps {
    /// The moves that left history behind.
    pub found: Vec<Jump>,
    /// Existing refs without a reflog: bare repositories have none, and git logs only some names.
    pub unlogged: Vec<String>,
}

/// Every commit behind a ref, oldest first; none if the ref does not exist.
///
/// Signatures are verified with the programs that `files` configure.
pub fn steps(repo: &Repo, reference: &str, files: &ConfigFiles) -> Result<Vec<LedgerStep>, GitError> {
    let raw = repo.raw();
    let Ok(tip) = raw.refname_to_id(reference) else {
        return Ok(Vec::new());
    };
    let mut walk = repo.looked_walk(tip, None)?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    let packs = repo.packs();
    let mut reading = Reading {
        repo,
        objects: Objects::new(&packs, repo.git_dir(), KEPT),
        large: Large::LeftOut,
    };
    let steps: Result<Vec<LedgerStep>, GitError> =
        walk.map(|id| reading.step(&repo.commit_at(id?)?)).collect();
    let mut steps = steps?;
    keep_what_is_gone(repo, reference, &mut steps);
    let cut_off = repo.shallow_commits();
    for step in steps.iter_mut().filter(|step| cut_off.contains(&step.commit)) {
        step.past = Past::CutOff;
    }
    let commits: Vec<ObjectId> = steps.iter().map(|step| step.commit).collect();
    // If git cannot be run, signatures stay unchecked, which the audit then reports.
    let mut signatures = signing::check(repo, &commits, files).unwrap_or_default();
    for step in &mut steps {
        if let Some(signature) = signatures.remove(&step.commit) {
            step.signature = signature;
        }
    }
    Ok(steps)
}

/// What a ledger reveals to someone who does not have it yet: also its earlier content, and the messages of its commits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// Every line that any commit added.
    pub lines: BTreeSet<Vec<u8>>,
    /// The commits with their messages, newest first. Untrusted text.
    pub messages: Vec<(ObjectId, String)>,
}

/// Why the content of a ledger cannot be read, and in which commit.
#[derive(Debug, thiserror::Error)]
#[error("commit {commit}: {cause}")]
pub struct Untold {
    /// The commit of the ledger: the last one if the history as a whole cannot be read.
    pub commit: ObjectId,
    /// The reason.
    #[source]
    pub cause: GitError,
}

impl Untold {
    /// Whether an object is merely missing.
    pub fn is_missing(&self) -> bool {
        match &self.cause {
            GitError::Library(error) => error.code() == ErrorCode::NotFound,
            GitError::Object(error) => matches!(error, ObjectError::Missing(_)),
            GitError::ForeignId => false,
        }
    }
}

impl Told {
    /// What the commits reveal that `tip` reaches and `known` does not. Fails if any of it cannot be read or is larger than any
    /// real ledger's: what was not examined must not be published or merged.
    pub fn of(repo: &Repo, tip: ObjectId, known: Option<ObjectId>) -> Result<Self, Untold> {
        let at = |commit: ObjectId| move |cause: GitError| Untold { commit, cause };
        let commits = new_commits(repo, tip, known).map_err(at(tip))?;
        let packs = repo.packs();
        let mut reading = Reading {
            repo,
            objects: Objects::new(&packs, repo.git_dir(), KEPT),
            large: Large::Refused,
        };
        let mut told = Self::default();
        for id in commits {
            let commit = repo.commit_at(id).map_err(|error| at(tip)(error.into()))?;
            let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
            let step = reading.step(&commit).map_err(at(object_id(id).unwrap_or(tip)))?;
            told.messages.push((step.commit, message));
            told.lines.extend(step.added);
        }
        Ok(told)
    }
}

/// The commits that `tip` reaches and `known` does not, newest first.
fn new_commits(repo: &Repo, tip: ObjectId, known: Option<ObjectId>) -> Result<Vec<Oid>, GitError> {
    let tip = Oid::from_bytes(tip.as_bytes())?;
    let known = known.map(|known| Oid::from_bytes(known.as_bytes())).transpose()?;
    // libgit2 would follow a tag.
    repo.commit_at(tip)?;
    let walk = repo.looked_walk(tip, known)?;
    Ok(walk.collect::<Result<_, _>>()?)
}

/// Keeps, of the removed lines, only those that are on no note any more: a note may be a copy of another, and a lost line may
/// have been restored. A line that was removed twice was lost the second time.
fn keep_what_is_gone(repo: &Repo, reference: &str, steps: &mut [LedgerStep]) {
    if steps.iter().all(|step| step.removed.is_empty()) {
        return;
    }
    let standing = notes::read(repo, reference).unwrap_or_default();
    let mut known: BTreeSet<Vec<u8>> = BTreeSet::new();
    for (_, note) in standing {
        if let StoredNote::Lines(lines) = note {
            known.extend(lines.iter().map(<[u8]>::to_vec));
        }
    }
    for step in steps.iter_mut().rev() {
        step.removed.retain(|line| known.insert(line.clone()));
    }
}

/// How to treat notes that are too large to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Large {
    /// They count as empty.
    LeftOut,
    /// Reading fails.
    Refused,
}

/// Reads commits of a ledger.
struct Reading<'a> {
    repo: &'a Repo,
    objects: Objects<'a>,
    large: Large,
}

type Lines = BTreeSet<Vec<u8>>;

impl Reading<'_> {
    fn step(&mut self, commit: &Commit<'_>) -> Result<LedgerStep, GitError> {
        let mut added: Option<Lines> = None;
        let mut removed = Lines::new();
        let parents: Vec<Option<Oid>> = match commit.parent_count() {
            0 => vec![None],
            _ => commit.parent_ids().map(Some).collect(),
        };
        for parent in parents {
            let (old, new) = self.changed_lines(parent, commit)?;
            removed.extend(old.difference(&new).cloned());
            let fresh: Lines = new.difference(&old).cloned().collect();
            added = Some(match added {
                Some(before) => before.intersection(&fresh).cloned().collect(),
                None => fresh,
            });
        }
        let committer = commit.committer();
        Ok(LedgerStep {
            commit: known(commit.id())?,
            parents: commit.parent_ids().filter_map(object_id).collect(),
            past: Past::Here,
            is_import: commit.message_bytes().starts_with(IMPORT),
            committer: format!(
                "{} <{}>",
                String::from_utf8_lossy(committer.name_bytes()),
                String::from_utf8_lossy(committer.email_bytes())
            ),
            time: commit.time().seconds(),
            signature: if commit.header_field_bytes("gpgsig").is_ok() {
                Signature::Unchecked
            } else {
                Signature::Absent
            },
            added: added.unwrap_or_default(),
            removed,
        })
    }

    /// The lines of all notes that differ, before and after. A note that only moved to another commit cancels out.
    fn changed_lines(
        &mut self,
        parent: Option<Oid>,
        commit: &Commit<'_>,
    ) -> Result<(Lines, Lines), GitError> {
        let parent = parent.map(|parent| self.repo.commit_at(parent)).transpose()?;
        let old_tree = parent.map(|parent| known(parent.tree_id())).transpose()?;
        let new_tree = known(commit.tree_id())?;
        let mut differences = Vec::new();
        trees::compare(
            &mut self.objects,
            old_tree.as_ref(),
            Some(&new_tree),
            &mut differences,
        )?;
        let mut left = MOST_BYTES;
        let mut lines = |side: fn(&Difference) -> Option<Version>| {
            // Notes can share a blob, which is read once.
            let notes = differences.iter();
            let blobs: BTreeMap<ObjectId, &[u8]> = notes
                .filter_map(|note| Some((side(note)?.id, note.path.as_slice())))
                .collect();
            let mut lines = Lines::new();
            for (blob, path) in blobs {
                self.add_lines(&blob, path, &mut left, &mut lines)?;
            }
            Ok::<_, GitError>(lines)
        };
        Ok((
            lines(|difference| difference.old)?,
            lines(|difference| difference.new)?,
        ))
    }

    fn add_lines(
        &self,
        note: &ObjectId,
        path: &[u8],
        left: &mut u64,
        lines: &mut Lines,
    ) -> Result<(), GitError> {
        let note = Oid::from_bytes(note.as_bytes())?;
        let size = self.repo.size_of(note)?;
        if size > LARGEST_NOTE as u64 {
            return match self.large {
                Large::LeftOut => Ok(()),
                Large::Refused => Err(git2::Error::from_str(&too_large(path, size)).into()),
            };
        }
        let too_many = || git2::Error::from_str("a commit of the ledger changes too many notes");
        *left = left.checked_sub(size).ok_or_else(too_many)?;
        let blob = self.repo.blob_at(note, LARGEST_NOTE as u64)?;
        lines.extend(NoteLines::parse(blob.content()).iter().map(<[u8]>::to_vec));
        Ok(())
    }
}

/// The error for a note, at its path in the notes tree, that is too large to read.
fn too_large(path: &[u8], size: u64) -> String {
    let name: Vec<u8> = path.iter().copied().filter(|byte| *byte != b'/').collect();
    let target = std::str::from_utf8(&name)
        .ok()
        .and_then(|name| name.parse::<ObjectId>().ok());
    let what = match target {
        Some(target) => format!("the note on {}", target.short()),
        None => format!("the file {}", String::from_utf8_lossy(path)),
    };
    let most = LARGEST_NOTE >> 20;
    format!("{what} is too large: {size} bytes; the limit is {most} MiB")
}

/// The moves of refs that left history behind: in their reflogs, and since this clone last wrote the ledger.
pub fn jumps(repo: &Repo, references: &[&str]) -> Jumps {
    let raw = repo.raw();
    let mut jumps = Jumps::default();
    for reference in references {
        let Ok(tip) = raw.refname_to_id(reference) else {
            continue;
        };
        let log = refs::log_of(repo, reference).filter(|log| !log.is_empty());
        let mut moves = log.as_ref().map(moves_in).unwrap_or_default();
        if log.is_none() {
            jumps.unlogged.push((*reference).to_owned());
        }
        // Writing the file of a ref by hand leaves no entry.
        let last = log.as_ref().and_then(|log| Some(log.get(0)?.id_new()));
        let pinned = raw
            .refname_to_id(refs::PIN)
            .ok()
            .filter(|_| *reference == refs::NOTES);
        moves.extend([last, pinned].into_iter().flatten().map(|from| (from, tip, None)));
        jumps.found.extend(left_behind(repo, reference, moves));
    }
    jumps
}

/// The old commit, the new commit, and who moved it.
type Move = (Oid, Oid, Option<String>);

/// The moves in a reflog, newest first.
fn moves_in(log: &Reflog) -> Vec<Move> {
    let who = |entry: &git2::ReflogEntry<'_>| {
        let who = entry.committer();
        String::from_utf8_lossy(who.name_bytes()).into_owned()
    };
    log.iter()
        .map(|entry| (entry.id_old(), entry.id_new(), Some(who(&entry))))
        .collect()
}

fn left_behind(repo: &Repo, reference: &str, moves: Vec<Move>) -> Vec<Jump> {
    let descends = |to: Oid, from: Oid| repo.descends(to, from).unwrap_or(false);
    let mut known = BTreeSet::new();
    let leaves = |from: Oid, to: Oid| !from.is_zero() && from != to && !descends(to, from);
    moves
        .into_iter()
        .filter(|(from, to, _)| leaves(*from, *to) && known.insert((*from, *to)))
        .filter_map(|(from, to, who)| {
            Some(Jump {
                reference: reference.to_owned(),
                from: object_id(from)?,
                to: object_id(to)?,
                who,
            })
        })
        .collect()
}

/// A file at HEAD; `None` if it does not exist or is above 16 MiB.
pub fn file_at_head(repo: &Repo, path: &str) -> Option<Vec<u8>> {
    let tree = repo.head_tree().ok()?;
    let entry = repo.entry_at(&tree, std::path::Path::new(path)).ok()?;
    Some(repo.blob_at(entry.id(), LARGEST_FILE).ok()?.content().to_vec())
}
