//! The origin of each line at HEAD, for the whole tree at once, with the same result as `git blame`.
//!
//! Blaming file by file walks history once per file. Here it is walked once: [`history`] orders the commits, [`versions`] follows
//! all files through trees and renames, and [`lines`] then reads blobs, file by file, so that the versions that a pack stores as
//! one chain of deltas are read together.

mod history;
mod kept;
mod limits;
mod lines;
mod origins;
mod runs;
mod standing;
mod versions;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, SyncSender};

use history::{CommitIndex, History, Touched};
use kept::KeptFiles;
use lines::Family;
use origins::{Answers, Followed};
use runs::{FileIndex, FileRuns};
use versions::{VersionIndex, Versions, Walk};

use super::Repo;
use super::graph::Commits;
use super::lines::TableDiff;
use super::packs::{ObjectError, Objects, Packs};
use super::shared::Shared;
use super::trees::{self, Difference, FileKind};
use crate::facts::ids::ObjectId;
use crate::facts::progress::Progress;

pub use kept::Kept;
pub(super) use limits::LARGEST_BLOB;
pub use limits::SurvivalError;
pub use standing::{Origin, Standing};

/// The cache of each thread in bytes of objects: trees while they are compared, versions of files while lines are.
const KEPT_TREES: usize = 32 << 20;
const KEPT_BLOBS: usize = 32 << 20;

/// Consecutive lines of one file that were added by one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRun {
    /// How many.
    pub lines: usize,
    /// The commit; `None` if an object needed to decide is missing.
    pub commit: Option<ObjectId>,
}

/// A file at HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileLines {
    /// Its path, as stored. Untrusted bytes.
    pub path: Vec<u8>,
    /// Its lines from first to last; `None` for a binary file, an error if it could not be read.
    pub runs: Result<Option<Vec<LineRun>>, String>,
}

/// The origin of each line of a commit's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survival {
    /// The commit whose tree it is.
    pub head: ObjectId,
    /// Its regular files and symbolic links, in git's order.
    pub files: Vec<FileLines>,
}

/// Computes the survival of the tree at `head`, with up to `jobs` threads.
///
/// `kept` is the result of an earlier call, for this repository and any head, and `shared` what a count of the same history
/// found. The answer is the same with and without them. The second value is to be cached instead; `None` if nothing is new.
pub fn survival(
    repo: &Repo,
    head: ObjectId,
    jobs: usize,
    kept: Option<Kept>,
    shared: Option<&Shared>,
    progress: &Progress,
) -> Result<(Survival, Option<Kept>), SurvivalError> {
    let packs = repo.packs();
    let shallow = repo.shallow_commits();
    let parts = kept.and_then(|kept| kept.into_parts(&shallow));
    let (known, mut touched, known_files) = parts.unwrap_or_default();
    let source = Source {
        place: repo.git_dir(),
        packs: &packs,
        progress,
        shared,
    };
    let mut objects = source.objects(KEPT_TREES);
    let (history, new_commits) = History::read(&mut Commits::of(repo, &packs), head, &shallow, known)?;
    let start = new_commits.map(|new| (known_files.behind(new), new));
    if start.is_none() {
        touched = Touched::default();
    }
    let files = files_at(&mut objects, &history.commits[0].tree)?;
    let (mut walk, tops) = Walk::new(&history, &files);
    follow(
        &source,
        &mut objects,
        &mut walk,
        &mut touched,
        start.as_ref(),
        jobs,
    )?;
    drop(objects);
    let versions = walk.finish();
    let kept_files = start.map(|(files, _)| files).unwrap_or_default();
    let runs = attribute(&source, &versions, &kept_files, &tops, jobs)?;
    let survival = Survival {
        head,
        files: files
            .iter()
            .zip(&runs)
            .map(|((path, _), runs)| FileLines {
                path: path.clone(),
                runs: named(&history, runs),
            })
            .collect(),
    };
    let paths = files.iter().map(|(path, _)| path.as_slice());
    let keep = (new_commits != Some(0)).then(|| Kept::of(shallow, history, touched, paths.zip(&runs)));
    Ok((survival, keep))
}

/// The source of objects for all threads.
struct Source<'a> {
    place: &'a Path,
    packs: &'a Packs,
    progress: &'a Progress,
    /// What a count of the same history found, and wants to know.
    shared: Option<&'a Shared>,
}

impl Source<'_> {
    fn objects(&self, memory: usize) -> Objects<'_> {
        Objects::new(self.packs, self.place, memory)
    }
}

/// The regular files and links below a tree.
fn files_at(objects: &mut Objects<'_>, tree: &ObjectId) -> Result<Vec<(Vec<u8>, ObjectId)>, ObjectError> {
    let mut found = Vec::new();
    trees::compare(objects, None, Some(tree), &mut found)?;
    let file = |difference: Difference| {
        let version = difference
            .new
            .filter(|version| version.kind != FileKind::Submodule)?;
        Some((difference.path, version.id))
    };
    Ok(found.into_iter().filter_map(file).collect())
}

fn named(history: &History, runs: &FileRuns) -> Result<Option<Vec<LineRun>>, String> {
    let name = |commit: CommitIndex| history.commits[commit].id;
    match runs {
        FileRuns::Unread(reason) => Err(reason.clone()),
        FileRuns::Binary => Ok(None),
        FileRuns::Text(runs) => Ok(Some(
            runs.iter()
                .map(|run| LineRun {
                    lines: run.lines,
                    commit: run.commit.map(name),
                })
                .collect(),
        )),
    }
}

/// Walks all commits: threads compare trees ahead while this one follows the files through the results. If `start` has an earlier
/// result for the commit after this many new ones, older trees are compared only where a commit touched a file that is still
/// open. `touched` receives the paths of the new ones.
fn follow(
    source: &Source<'_>,
    objects: &mut Objects<'_>,
    walk: &mut Walk<'_>,
    touched: &mut Touched,
    start: Option<&(KeptFiles, CommitIndex)>,
    jobs: usize,
) -> Result<(), SurvivalError> {
    let history = walk.history();
    let commits = history.commits.len();
    source.progress.begin("Following files", "commits", commits);
    let ahead = start.map_or(history.commits.len(), |(_, new)| *new);
    touched.prepend(follow_ahead(
        source,
        objects,
        walk,
        &Pieces::new(ahead, jobs),
        jobs,
    )?);
    if let Some((kept, new)) = start {
        walk.settle_from(kept, *new);
    }
    for commit in ahead..commits {
        source.progress.advance(1);
        if walk.is_open(commit) {
            let differences = if walk.follows(commit, touched.paths(commit)) {
                against_first_parent(objects, history, commit)?
            } else {
                Vec::new()
            };
            walk.step(objects, commit, (&differences, Answers::default()))?;
        }
    }
    Ok(())
}

/// Walks the commits of `pieces`, and returns the paths that each of them changed.
fn follow_ahead(
    source: &Source<'_>,
    objects: &mut Objects<'_>,
    walk: &mut Walk<'_>,
    pieces: &Pieces,
    jobs: usize,
) -> Result<Vec<Vec<Vec<u8>>>, SurvivalError> {
    let history = walk.history();
    let next = AtomicUsize::new(0);
    let mut touched: Vec<Vec<Vec<u8>>> = Vec::with_capacity(pieces.commits);
    std::thread::scope(|scope| {
        let followed = walk.followed();
        let (sender, receiver) = mpsc::sync_channel(2 * jobs);
        for _ in 0..jobs.min(pieces.count()) {
            let (sender, next, followed) = (sender.clone(), &next, followed.clone());
            scope.spawn(move || compare_trees(source, (history, &followed), pieces, next, &sender));
        }
        drop(sender);
        let mut early: BTreeMap<usize, Vec<Seen>> = BTreeMap::new();
        for piece in 0..pieces.count() {
            let seen = loop {
                if let Some(seen) = early.remove(&piece) {
                    break seen;
                }
                let (number, seen) = receiver.recv().map_err(|_| SurvivalError::Stopped)?;
                early.insert(number, seen?);
            };
            for (commit, (differences, answers)) in pieces.range(piece).zip(seen) {
                source.progress.advance(1);
                walk.step(objects, commit, (&differences, answers))?;
                touched.push(
                    differences
                        .into_iter()
                        .map(|difference| difference.path)
                        .collect(),
                );
            }
        }
        Ok(touched)
    })
}

/// Commits in pieces that one thread takes at a time.
struct Pieces {
    commits: usize,
    size: usize,
}

impl Pieces {
    /// Small enough that all threads have work, large enough that neighbors share their trees.
    fn new(commits: usize, jobs: usize) -> Self {
        let size = (commits / (jobs * 6)).clamp(64, 512);
        Self { commits, size }
    }

    fn count(&self) -> usize {
        self.commits.div_ceil(self.size)
    }

    fn range(&self, piece: usize) -> std::ops::Range<usize> {
        piece * self.size..self.commits.min((piece + 1) * self.size)
    }
}

/// What a commit changed, and where that came from.
type Seen = (Vec<Difference>, Answers);
type Compared = (usize, Result<Vec<Seen>, ObjectError>);

/// Compares the trees of piece after piece with those of their first parents, and looks for what is not there, until none is left
/// or the receiver is gone.
fn compare_trees(
    source: &Source<'_>,
    (history, followed): (&History, &Followed),
    pieces: &Pieces,
    next: &AtomicUsize,
    found: &SyncSender<Compared>,
) {
    let mut objects = source.objects(KEPT_TREES);
    loop {
        let piece = next.fetch_add(1, Ordering::Relaxed);
        if piece >= pieces.count() {
            return;
        }
        let seen = pieces
            .range(piece)
            .map(|commit| {
                let known = source.shared.and_then(|shared| taken(shared, history, commit));
                let differences =
                    known.map_or_else(|| against_first_parent(&mut objects, history, commit), Ok)?;
                let answers = Answers::ahead(&mut objects, history, (commit, &differences), followed);
                Ok((differences, answers))
            })
            .collect();
        if found.send((piece, seen)).is_err() {
            return;
        }
    }
}

/// What a count found that a commit changed.
fn taken(shared: &Shared, history: &History, commit: CommitIndex) -> Option<Vec<Difference>> {
    let commit = &history.commits[commit];
    let parent = commit.parents.first()?;
    shared.take_trees(&history.commits[*parent].tree, &commit.tree)
}

fn against_first_parent(
    objects: &mut Objects<'_>,
    history: &History,
    commit: CommitIndex,
) -> Result<Vec<Difference>, ObjectError> {
    let mut differences = Vec::new();
    let commit = &history.commits[commit];
    if let Some(parent) = commit.parents.first() {
        let parent = &history.commits[*parent];
        trees::compare(objects, Some(&parent.tree), Some(&commit.tree), &mut differences)?;
    }
    Ok(differences)
}

/// Reads the blobs, each thread one family of files at a time.
fn attribute(
    source: &Source<'_>,
    versions: &Versions,
    kept: &KeptFiles,
    tops: &[VersionIndex],
    jobs: usize,
) -> Result<Vec<FileRuns>, SurvivalError> {
    let families = lines::families(versions, tops);
    let progress = source.progress;
    progress.begin("Finding who wrote the lines", "files", tops.len());
    let next = AtomicUsize::new(0);
    let work = || attribute_families(source, versions, kept, &families, &next);
    let found = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| SurvivalError::Stopped))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let mut runs = vec![FileRuns::Binary; tops.len()];
    for (file, found) in found.into_iter().flatten() {
        runs[file] = found;
    }
    Ok(runs)
}

fn attribute_families(
    source: &Source<'_>,
    versions: &Versions,
    kept: &KeptFiles,
    families: &[Family],
    next: &AtomicUsize,
) -> Vec<(FileIndex, FileRuns)> {
    let mut objects = source.objects(KEPT_BLOBS);
    let mut diff = TableDiff::default();
    let (mut found, mut changes) = (Vec::new(), source.shared.map(|_| Vec::new()));
    while let Some(family) = families.get(next.fetch_add(1, Ordering::Relaxed)) {
        let graph = (versions, kept);
        found.extend(lines::attribute(
            &mut objects,
            &mut diff,
            graph,
            family,
            &mut changes,
        ));
        source.progress.advance(family.files.len());
    }
    if let Some((shared, changes)) = source.shared.zip(changes.as_mut()) {
        shared.add_changes(changes);
    }
    found
}
