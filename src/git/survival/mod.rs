//! Who brought each line of HEAD, for the whole tree at once and equal to `git blame`.
//!
//! Blaming file by file walks history once a file. Here it is walked once: [`history`] orders the commits, [`versions`]
//! follows all files through their trees and renames, and [`lines`] then reads blobs, file by file, so that the versions
//! that a pack stores as one chain of deltas are read together.

mod history;
mod lines;
mod objects;
mod similarity;
mod trees;
mod versions;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};

use git2::Oid;

use history::History;
use lines::{Family, FileIndex, FileRuns};
use objects::Objects;
use trees::{Change, File, Kind};
use versions::{VersionIndex, Versions, Walk};

use super::Repo;
use super::lines::LineDiff;
use super::open::object_id;
use crate::facts::ids::ObjectId;

/// Why survival is not known for a repository.
#[derive(Debug, thiserror::Error)]
pub enum SurvivalError {
    /// A further handle could not be opened.
    #[error("{0}")]
    Open(String),
    /// The branch has no commit yet, or HEAD names none.
    #[error("there is no commit at HEAD")]
    NoHead,
    /// As in a partial clone.
    #[error("the {kind} {id} is missing")]
    Missing {
        /// `commit`, `tree` or `blob`.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// The object is there and cannot be read.
    #[error("the {kind} {id} cannot be read: {reason}")]
    Damaged {
        /// `commit`, `tree` or `blob`.
        kind: &'static str,
        /// Its id.
        id: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Folders in folders without end.
    #[error("a tree is more than {0} folders deep")]
    TooDeep(usize),
}

impl SurvivalError {
    /// Whether only one file's contents are at stake.
    fn is_about_a_blob(&self) -> bool {
        matches!(self, Self::Missing { kind, .. } | Self::Damaged { kind, .. } if *kind == "blob")
    }
}

/// Lines of one file that stand together and were brought by one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRun {
    /// How many.
    pub lines: usize,
    /// The commit; `None` where an object that decides it is missing.
    pub commit: Option<ObjectId>,
}

/// A file at HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLines {
    /// Its path, as stored. Untrusted bytes.
    pub path: Vec<u8>,
    /// Its lines from first to last; `None` for a binary file, an error for one that could not be read.
    pub runs: Result<Option<Vec<LineRun>>, String>,
}

/// Who brought each line of a commit's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survival {
    /// The commit whose tree it is.
    pub head: ObjectId,
    /// Its regular files and symbolic links, in git's order.
    pub files: Vec<FileLines>,
}

impl Survival {
    /// How many lines at HEAD each commit brought.
    pub fn lines_by_commit(&self) -> HashMap<ObjectId, u64> {
        let mut lines = HashMap::new();
        let texts = self
            .files
            .iter()
            .filter_map(|file| file.runs.as_ref().ok()?.as_ref());
        for run in texts.flatten() {
            if let Some(commit) = run.commit {
                *lines.entry(commit).or_insert(0) += run.lines as u64;
            }
        }
        lines
    }
}

/// Reads the survival of the tree at `head`, with up to `jobs` threads.
pub fn survival(repo: &Repo, head: ObjectId, jobs: usize) -> Result<Survival, SurvivalError> {
    let oid = Oid::from_bytes(head.as_bytes()).map_err(|_| SurvivalError::NoHead)?;
    let git_dir = repo.git_dir();
    let mut objects = Objects::open(git_dir)?;
    let history = History::read(&objects, oid, &shallow_commits(repo))?;
    let tree = objects.commit(oid)?.tree;
    let mut files = trees::files(&mut objects, tree)?;
    files.retain(|file| matches!(file.entry.kind(), Kind::Regular | Kind::Symlink));
    let (versions, tops) = follow(git_dir, &mut objects, &history, &files, jobs)?;
    let runs = attribute(git_dir, &versions, &tops, jobs)?;
    Ok(Survival {
        head,
        files: files
            .into_iter()
            .zip(runs)
            .map(|(file, runs)| FileLines {
                path: file.path.into(),
                runs: named(&history, runs),
            })
            .collect(),
    })
}

fn named(history: &History, runs: FileRuns) -> Result<Option<Vec<LineRun>>, String> {
    match runs {
        FileRuns::Unread(reason) => Err(reason),
        FileRuns::Binary => Ok(None),
        FileRuns::Text(runs) => Ok(Some(
            runs.into_iter()
                .map(|run| LineRun {
                    lines: run.lines,
                    commit: run
                        .commit
                        .and_then(|commit| object_id(history.commits[commit].id)),
                })
                .collect(),
        )),
    }
}

/// The commits whose parents a shallow clone does not have.
fn shallow_commits(repo: &Repo) -> BTreeSet<Oid> {
    let text = std::fs::read_to_string(repo.common_dir().join("shallow")).unwrap_or_default();
    text.lines()
        .filter_map(|line| Oid::from_str(line.trim()).ok())
        .collect()
}

/// Walks all commits: threads compare trees ahead while this one follows the files through what they found.
fn follow(
    git_dir: &Path,
    objects: &mut Objects,
    history: &History,
    files: &[File],
    jobs: usize,
) -> Result<(Versions, Vec<VersionIndex>), SurvivalError> {
    let (mut walk, tops) = Walk::new(history, files);
    let pieces = Pieces::new(history.commits.len(), jobs);
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(2 * jobs);
        for _ in 0..jobs {
            let (sender, next, pieces) = (sender.clone(), &next, &pieces);
            scope.spawn(move || compare_trees(git_dir, history, pieces, next, &sender));
        }
        drop(sender);
        let mut early: BTreeMap<usize, Vec<Vec<Change>>> = BTreeMap::new();
        for piece in 0..pieces.count() {
            let changes = loop {
                if let Some(changes) = early.remove(&piece) {
                    break changes;
                }
                let (number, changes) = receiver.recv().map_err(|_| stopped())?;
                early.insert(number, changes?);
            };
            for (commit, changes) in pieces.range(piece).zip(changes) {
                walk.step(objects, commit, &changes)?;
            }
        }
        Ok((walk.finish(), tops))
    })
}

fn stopped() -> SurvivalError {
    SurvivalError::Open("a thread that reads objects stopped".into())
}

/// Commits in pieces that one thread takes at a time.
struct Pieces {
    commits: usize,
    size: usize,
}

impl Pieces {
    /// Small enough that all threads have work, large enough that neighbours share their trees.
    fn new(commits: usize, jobs: usize) -> Self {
        let size = (commits / (jobs * 6)).clamp(64, 2048);
        Self { commits, size }
    }

    fn count(&self) -> usize {
        self.commits.div_ceil(self.size)
    }

    fn range(&self, piece: usize) -> std::ops::Range<usize> {
        piece * self.size..self.commits.min((piece + 1) * self.size)
    }
}

type Compared = (usize, Result<Vec<Vec<Change>>, SurvivalError>);

/// Compares the trees of piece after piece with their first parents', until none is left or nobody listens.
fn compare_trees(
    git_dir: &Path,
    history: &History,
    pieces: &Pieces,
    next: &AtomicUsize,
    found: &SyncSender<Compared>,
) {
    let mut objects = Objects::open(git_dir);
    loop {
        let piece = next.fetch_add(1, Ordering::Relaxed);
        if piece >= pieces.count() {
            return;
        }
        let changes = match &mut objects {
            Ok(objects) => pieces
                .range(piece)
                .map(|commit| against_first_parent(objects, history, commit))
                .collect(),
            Err(error) => Err(SurvivalError::Open(error.to_string())),
        };
        if found.send((piece, changes)).is_err() {
            return;
        }
    }
}

fn against_first_parent(
    objects: &mut Objects,
    history: &History,
    commit: usize,
) -> Result<Vec<Change>, SurvivalError> {
    let commit = &history.commits[commit];
    match commit.parents.first() {
        Some(parent) => trees::changes(objects, history.commits[*parent].tree, commit.tree),
        None => Ok(Vec::new()),
    }
}

/// Reads the blobs, one family of files at a time on each thread.
fn attribute(
    git_dir: &Path,
    versions: &Versions,
    tops: &[VersionIndex],
    jobs: usize,
) -> Result<Vec<FileRuns>, SurvivalError> {
    let families = lines::families(versions, tops);
    let next = AtomicUsize::new(0);
    let found = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs)
            .map(|_| scope.spawn(|| attribute_families(git_dir, versions, &families, &next)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(stopped())))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let mut runs = vec![FileRuns::Binary; tops.len()];
    for (file, found) in found.into_iter().flatten() {
        runs[file] = found;
    }
    Ok(runs)
}

fn attribute_families(
    git_dir: &Path,
    versions: &Versions,
    families: &[Family],
    next: &AtomicUsize,
) -> Result<Vec<(FileIndex, FileRuns)>, SurvivalError> {
    let objects = Objects::open(git_dir)?;
    let mut diff = LineDiff::default();
    let mut found = Vec::new();
    while let Some(family) = families.get(next.fetch_add(1, Ordering::Relaxed)) {
        found.extend(lines::attribute(&objects, &mut diff, versions, family));
    }
    Ok(found)
}
