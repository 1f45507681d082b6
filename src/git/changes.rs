//! How many lines each commit of a history changed, by file: what `git log --no-merges --numstat` prints.
//!
//! The order of the work decides how fast this is. A first pass looks only at trees, and collects which versions of which files
//! must be compared. A second pass compares these file by file, newest first: packs chain the versions of a file in this order,
//! so nearly every version is one step from the one read before.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use rayon::slice::ParallelSliceMut;
use serde::{Deserialize, Serialize};

use super::Repo;
use super::attributes::{self, Attributes};
use super::files::FileError;
use super::lines::{LineChange, VersionDiff, looks_binary};
use super::packs::{ObjectError, Objects, Packs};
use super::renames::{self, Change};
use super::shared::{Changes, Shared};
use super::survival;
use super::trees::{self, FileKind, Version};
use super::walk::Walk;
use crate::facts::commit::{LineCounts, Lines};
use crate::facts::files::FileClass;
use crate::facts::ids::ObjectId;
use crate::facts::progress::Progress;

/// Larger blobs count as binary, unless `core.bigFileThreshold` is set: git's own default.
const USUAL_THRESHOLD: u64 = 512 << 20;
/// Larger blobs are compared one at a time, by one thread that caches none of them …
const LARGEST_AT_ONCE: u64 = 64 << 20;
/// … and above this size, which only a repository's own setting can reach, the lines are unknown.
const LARGEST_BLOB: u64 = 512 << 20;
/// The cache of each thread in bytes of objects: trees in the first pass, versions of a file in the second.
const KEPT_TREES: usize = 48 << 20;
const KEPT_BLOBS: usize = 32 << 20;
/// How many commits a thread takes at a time in the first pass …
const COMMITS_AT_ONCE: usize = 64;
/// … and how many comparisons in the second: enough to profit from their order, few enough that all threads finish together.
const COMPARISONS_AT_ONCE: usize = 192;

/// Whether a moved file counts as moved, or as removed and added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Renames {
    /// As `git log` does by default.
    #[default]
    Follow,
    /// As `git log --no-renames` does.
    Ignore,
}

/// Where to look up which files are not text, and which are generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttributesOf {
    /// In the working tree, in `info/attributes` and in the user's configuration, as `git log` does.
    #[default]
    WorkTree,
    /// Nowhere, so that the same commits have the same lines in every clone.
    Nothing,
}

/// The lines of each commit of a walk, by its position there.
#[derive(Debug, Default)]
pub struct Counts {
    /// The lines of each commit that had none and whose blobs are present.
    pub lines: HashMap<usize, Lines>,
    /// The errors: the position of the commit, and the reason.
    pub trouble: Vec<(usize, String)>,
    /// How many commits were not counted at all, and why: their attributes cannot be read.
    pub refused: Option<(usize, String)>,
    /// How many versions of files were too large to be compared.
    pub too_large: usize,
    /// The size in bytes above which git treats a file as binary.
    pub threshold: u64,
}

/// What to count, and with how many threads.
#[derive(Debug, Clone, Copy)]
pub struct CountOptions<'a> {
    /// How moved files count.
    pub renames: Renames,
    /// Which attributes count.
    pub attributes: AttributesOf,
    /// The maximum number of threads.
    pub threads: usize,
    /// Receives the progress.
    pub progress: &'a Progress,
}

/// Counts the lines of those commits of a walk that have none yet.
pub fn count(repo: &Repo, walk: &Walk, options: CountOptions<'_>) -> Counts {
    count_and(repo, walk, options, None)
}

/// The same, with a call of `between` when it is known which files each commit changed: if it reads the survival of a tree, both
/// share what they find. It is not called if all lines are known.
pub fn count_and(
    repo: &Repo,
    walk: &Walk,
    options: CountOptions<'_>,
    between: Option<&mut dyn FnMut(&Shared)>,
) -> Counts {
    let mut counts = Counts {
        threshold: threshold(repo),
        ..Counts::default()
    };
    let commits = &walk.commits;
    let todo: Vec<usize> = (0..commits.len())
        .filter(|at| commits[*at].lines.is_none() && !walk.is_cut_off(*at))
        .collect();
    if todo.is_empty() {
        return counts;
    }
    // Once for the files that it changed, once for their lines: that is a stage of its own after other work.
    let passes = if between.is_some() { 1 } else { 2 };
    options
        .progress
        .begin_in_passes(passes, "Reading history", "commits", todo.len());
    let packs = repo.packs();
    let scan = Scan {
        place: repo.git_dir(),
        packs: &packs,
        walk,
        options,
        threshold: counts.threshold,
        shared: between.is_some().then(Shared::default),
        paths: Mutex::default(),
        trouble: Mutex::default(),
    };
    let mut comparisons = scan.compare_trees(&todo);
    comparisons.par_sort_unstable_by_key(|comparison| (comparison.path, comparison.commit));
    let paths = scan.paths.lock().map(|mut paths| std::mem::take(&mut paths.list));
    let paths = match Paths::judged(&paths.unwrap_or_default(), repo, options.attributes) {
        Ok(paths) => paths,
        Err(error) => {
            // A merge has no lines of its own, whatever its files are.
            let (merges, others): (Vec<usize>, Vec<usize>) =
                todo.iter().partition(|at| commits[**at].is_merge());
            let merges = merges.into_iter().map(|at| (at, Lines::default()));
            counts.lines.extend(merges);
            counts.refused = Some((others.len(), error.to_string()));
            return counts;
        }
    };
    let known = between.zip(scan.shared.as_ref());
    let known = known.map(|(between, shared)| scan.share(between, shared));
    let known = known.unwrap_or_default();
    let found = scan.compare_files(&comparisons, (&paths, &known));
    counts.lines.extend(todo.iter().map(|at| (*at, Lines::default())));
    for found in found {
        counts.too_large += found.too_large;
        for (commit, class, change) in found.changes {
            if let Some(lines) = counts.lines.get_mut(&(commit as usize)) {
                lines.add(class, change);
            }
        }
    }
    counts.trouble = scan.trouble.into_inner().unwrap_or_else(PoisonError::into_inner);
    counts.trouble.sort();
    counts.trouble.dedup_by_key(|(commit, _)| *commit);
    for (commit, _) in &counts.trouble {
        counts.lines.remove(commit);
    }
    counts
}

/// The repository's `core.bigFileThreshold`.
pub(super) fn threshold(repo: &Repo) -> u64 {
    let config = repo
        .raw()
        .config()
        .and_then(|config| config.get_i64("core.bigFileThreshold"));
    let asked = config.ok().and_then(|bytes| u64::try_from(bytes).ok());
    asked.unwrap_or(USUAL_THRESHOLD)
}

/// Two versions of a file between which a commit changed it.
#[derive(Clone, Copy)]
struct Comparison {
    commit: u32,
    path: u32,
    old_path: u32,
    old: Option<Version>,
    new: Option<Version>,
}

/// The numbers of paths, while they are collected.
#[derive(Default)]
struct PathNumbers {
    numbers: HashMap<Vec<u8>, u32>,
    list: Vec<Vec<u8>>,
}

impl PathNumbers {
    fn number(&mut self, path: Vec<u8>) -> u32 {
        if let Some(number) = self.numbers.get(&path) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(path.clone());
        self.numbers.insert(path, number);
        number
    }
}

/// What is known about each path.
struct Paths {
    classes: Vec<FileClass>,
    /// Whether attributes say that it is text (`Some(false)`) or binary (`Some(true)`).
    binary: Vec<Option<bool>>,
}

impl Paths {
    fn judged(paths: &[Vec<u8>], repo: &Repo, attributes: AttributesOf) -> Result<Self, FileError> {
        let attributes = match attributes {
            AttributesOf::WorkTree => attributes::read(repo, paths)?,
            AttributesOf::Nothing => vec![Attributes::default(); paths.len()],
        };
        Ok(Self {
            classes: paths
                .iter()
                .zip(&attributes)
                .map(|(path, attributes)| FileClass::of(path, attributes.linguist))
                .collect(),
            binary: attributes.iter().map(|attributes| attributes.binary).collect(),
        })
    }
}

struct Scan<'a> {
    place: &'a Path,
    packs: &'a Packs,
    walk: &'a Walk,
    options: CountOptions<'a>,
    threshold: u64,
    /// What survival may need, if that is read as well.
    shared: Option<Shared>,
    paths: Mutex<PathNumbers>,
    trouble: Mutex<Vec<(usize, String)>>,
}

impl Scan<'_> {
    /// Runs `work` on each thread, with a handle that lives as long as the thread has work.
    fn on_all_threads<T: Send>(&self, kept: usize, work: impl Fn(&mut Objects<'_>) -> T + Sync) -> Vec<T> {
        let results = Mutex::new(Vec::new());
        rayon::scope(|scope| {
            for _ in 0..self.options.threads.max(1) {
                scope.spawn(|_| {
                    let result = work(&mut Objects::new(self.packs, self.place, kept));
                    results
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(result);
                });
            }
        });
        results.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, commit: usize, error: &ObjectError) {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.push((commit, error.to_string()));
    }

    /// The first pass.
    fn compare_trees(&self, todo: &[usize]) -> Vec<Comparison> {
        let next = AtomicUsize::new(0);
        let found = self.on_all_threads(KEPT_TREES, |objects| {
            let mut found = Vec::new();
            while let Some(batch) = take(&next, COMMITS_AT_ONCE, todo.len()) {
                self.options.progress.advance(batch.len());
                for commit in todo[batch].iter().copied() {
                    match self.compare_commit(commit, objects) {
                        Ok(changes) => self.number(commit, changes, &mut found),
                        Err(error) => self.report(commit, &error),
                    }
                }
            }
            found
        });
        found.concat()
    }

    fn compare_commit(&self, commit: usize, objects: &mut Objects<'_>) -> Result<Vec<Change>, ObjectError> {
        if self.walk.commits[commit].is_merge() {
            return Ok(Vec::new());
        }
        let new = self.walk.tree(commit);
        let old = self.walk.parent_tree(commit, objects)?;
        let mut differences = Vec::new();
        trees::compare(objects, old.as_ref(), Some(&new), &mut differences)?;
        if let (Some(shared), Some(old)) = (&self.shared, &old) {
            shared.add_trees(old, &new, &differences);
        }
        match self.options.renames {
            Renames::Follow => renames::detect(differences, objects, self.threshold.min(LARGEST_AT_ONCE)),
            Renames::Ignore => Ok(differences.into_iter().map(Change::from).collect()),
        }
    }

    fn number(&self, commit: usize, changes: Vec<Change>, found: &mut Vec<Comparison>) {
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            let path = paths.number(change.path);
            found.push(Comparison {
                commit: commit as u32,
                path,
                old_path: change.old_path.map_or(path, |old| paths.number(old)),
                old: change.old,
                new: change.new,
            });
        }
    }

    /// Calls `between`, and returns what it found.
    fn share(&self, between: &mut dyn FnMut(&Shared), shared: &Shared) -> Changes {
        between(shared);
        let changes = shared.finish();
        let progress = self.options.progress;
        progress.begin("Counting lines", "commits", self.walk.commits.len());
        // Survival reads larger versions than are compared here.
        let is_usable = self.threshold.min(LARGEST_AT_ONCE) >= survival::LARGEST_BLOB;
        if is_usable { changes } else { Changes::default() }
    }

    /// The second pass.
    fn compare_files(&self, comparisons: &[Comparison], (paths, known): (&Paths, &Changes)) -> Vec<Found> {
        let chunks = chunks(comparisons);
        let next = AtomicUsize::new(0);
        let steps = self.walk.commits.len().div_ceil(chunks.len().max(1));
        let mut found = self.on_all_threads(KEPT_BLOBS, |objects| {
            let mut counter = Counter::new(objects, (paths, known), self.threshold, LARGEST_AT_ONCE);
            while let Some(taken) = take(&next, 1, chunks.len()) {
                self.options.progress.advance(steps);
                counter.known.clear();
                for comparison in taken.flat_map(|chunk| &comparisons[chunks[chunk].clone()]) {
                    match counter.count(comparison) {
                        Ok(()) => {}
                        Err(ObjectError::TooLarge(_)) => counter.found.postponed.push(*comparison),
                        Err(error) => self.report(comparison.commit as usize, &error),
                    }
                }
            }
            counter.found
        });
        let postponed = found
            .iter_mut()
            .flat_map(|found| std::mem::take(&mut found.postponed));
        let postponed: Vec<Comparison> = postponed.collect();
        let each = postponed.iter();
        found.extend(each.map(|large| self.compare_large(large, (paths, known))));
        found
    }

    fn compare_large(&self, comparison: &Comparison, paths: (&Paths, &Changes)) -> Found {
        let mut objects = Objects::new(self.packs, self.place, 0);
        let mut counter = Counter::new(&mut objects, paths, self.threshold, LARGEST_BLOB);
        if let Err(error) = counter.count(comparison) {
            self.report(comparison.commit as usize, &error);
        }
        counter.found
    }
}

/// Takes the next few of `len` items, until none are left.
fn take(next: &AtomicUsize, at_once: usize, len: usize) -> Option<Range<usize>> {
    let start = next.fetch_add(at_once, Ordering::Relaxed);
    (start < len).then(|| start..len.min(start + at_once))
}

/// Splits sorted comparisons into runs, between files if possible.
fn chunks(comparisons: &[Comparison]) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut start = 0;
    for end in 1..=comparisons.len() {
        let len = end - start;
        let between_files = comparisons
            .get(end)
            .is_none_or(|next| next.path != comparisons[end - 1].path);
        if end == comparisons.len()
            || len >= COMPARISONS_AT_ONCE && between_files
            || len >= COMPARISONS_AT_ONCE * 2
        {
            chunks.push(start..end);
            start = end;
        }
    }
    chunks
}

/// The results of a thread.
#[derive(Default)]
struct Found {
    changes: Vec<(u32, FileClass, LineCounts)>,
    /// Versions above the threshold.
    too_large: usize,
    /// Comparisons of versions that are too large to run several at once.
    postponed: Vec<Comparison>,
}

/// What determines how one side of a comparison counts: the same bytes are text at one path and binary at another.
type Side = (Option<ObjectId>, Option<bool>);

/// Compares versions of files.
struct Counter<'a, 'objects> {
    objects: &'a mut Objects<'objects>,
    paths: &'a Paths,
    /// What survival found.
    shared: &'a Changes,
    threshold: u64,
    /// The maximum size of a blob that is read.
    limit: u64,
    diff: VersionDiff,
    /// The file whose versions were compared last.
    path: Option<u32>,
    /// The results in this chunk: branches often make the same change twice.
    known: HashMap<[Side; 2], LineChange>,
    found: Found,
}

/// A version of a file, ready to be compared.
enum Content {
    Text(std::rc::Rc<Vec<u8>>),
    Binary,
}

impl<'a, 'objects> Counter<'a, 'objects> {
    fn new(
        objects: &'a mut Objects<'objects>,
        (paths, shared): (&'a Paths, &'a Changes),
        threshold: u64,
        limit: u64,
    ) -> Self {
        Self {
            objects,
            paths,
            shared,
            threshold,
            limit: limit.min(threshold),
            diff: VersionDiff::default(),
            path: None,
            known: HashMap::new(),
            found: Found::default(),
        }
    }

    fn count(&mut self, comparison: &Comparison) -> Result<(), ObjectError> {
        if self.path.replace(comparison.path) != Some(comparison.path) {
            self.diff.start_file();
        }
        let key = [
            self.side(comparison.old, comparison.old_path),
            self.side(comparison.new, comparison.path),
        ];
        let change = match self.known.get(&key) {
            Some(known) => *known,
            None if key[0].0 == key[1].0 => LineChange::default(),
            None => {
                let change = match self.known_to_survival(comparison) {
                    Some(known) => known,
                    None => self.compare(comparison)?,
                };
                self.known.insert(key, change);
                change
            }
        };
        let class = self.paths.classes[comparison.path as usize];
        let counts = LineCounts {
            files: 1,
            added: change.added,
            removed: change.removed,
        };
        self.found.changes.push((comparison.commit, class, counts));
        Ok(())
    }

    fn compare(&mut self, comparison: &Comparison) -> Result<LineChange, ObjectError> {
        let new = self.content(comparison.new, comparison.path)?;
        let old = self.content(comparison.old, comparison.old_path)?;
        Ok(match (&old, &new) {
            (Content::Text(old), Content::Text(new)) => self.diff.count(old, new),
            _ => LineChange::default(),
        })
    }

    /// The change between two texts that survival compared.
    fn known_to_survival(&self, comparison: &Comparison) -> Option<LineChange> {
        let (old, new) = (comparison.old?, comparison.new?);
        let sides = [(old, comparison.old_path), (new, comparison.path)];
        let is_text = |(version, path): (Version, u32)| {
            version.kind != FileKind::Submodule && self.attribute(version, path) != Some(true)
        };
        let known = || self.shared.find(&old.id, &new.id);
        sides.into_iter().all(is_text).then(known).flatten()
    }

    fn side(&self, version: Option<Version>, path: u32) -> Side {
        version.map_or((None, None), |version| {
            (Some(version.id), self.attribute(version, path))
        })
    }

    /// Whether attributes say that it is binary; links have none.
    fn attribute(&self, version: Version, path: u32) -> Option<bool> {
        self.paths.binary[path as usize].filter(|_| version.kind == FileKind::Regular)
    }

    fn content(&mut self, version: Option<Version>, path: u32) -> Result<Content, ObjectError> {
        let Some(version) = version else {
            return Ok(Content::Text(std::rc::Rc::default()));
        };
        let attribute = self.attribute(version, path);
        if version.kind == FileKind::Submodule {
            let line = format!("Subproject commit {}\n", version.id);
            return Ok(Content::Text(std::rc::Rc::new(line.into_bytes())));
        }
        if attribute == Some(true) {
            return Ok(Content::Binary);
        }
        match self.objects.read(&version.id, self.limit) {
            Ok(object) if attribute.is_none() && looks_binary(&object.data) => Ok(Content::Binary),
            Ok(object) => Ok(Content::Text(object.data)),
            Err(ObjectError::TooLarge(_)) if self.limit == self.threshold => {
                self.found.too_large += 1;
                Ok(Content::Binary)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
