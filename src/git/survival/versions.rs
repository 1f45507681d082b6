//! The ancestry of each file at HEAD: a graph of versions, built from trees only.
//!
//! One walk, newest to oldest, carries every file of HEAD whose origin is still open. If a commit has a file exactly as one of
//! its parents, the file simply moves on; if all parents differ, a [`Version`] is created there that points to what each parent
//! has under the same path or, failing that, under the path it was renamed from.

use std::collections::{HashMap, HashSet};

use super::history::{CommitIndex, History};
use super::kept::{KeptFiles, KeptIndex};
use super::limits::{LARGEST_BLOB, SurvivalError};
use crate::facts::ids::ObjectId;
use crate::packs::{KeyMap, ObjectError, Objects};
use crate::renames::Sources;
use crate::trees::{self, Difference, Version as Entry};

/// A version's position in [`Versions`].
pub(super) type VersionIndex = usize;
type PathIndex = u64;

/// One content of one file, and the commit that made it.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) blob: ObjectId,
    /// The commit that differs from all its parents here. Lines that no source has are its own.
    pub(super) commit: Option<CommitIndex>,
    /// What the parents have, in their order; equal ones are left out.
    pub(super) sources: Vec<VersionIndex>,
    /// Why the sources are unknown, if they are.
    pub(super) unknown: Option<String>,
    /// The file of an earlier result that this version is.
    pub(super) kept: Option<KeptIndex>,
    /// The version that this one turned out to equal, when two paths met.
    same_as: Option<VersionIndex>,
}

/// All versions that the files of HEAD descend from.
#[derive(Default)]
pub(super) struct Versions {
    list: Vec<Version>,
    paths: Vec<Box<[u8]>>,
    by_path: HashMap<Box<[u8]>, PathIndex>,
}

/// The files that are still open at one commit, by path.
type Open = KeyMap<VersionIndex>;

impl Versions {
    /// The version at an index, after paths that met.
    pub(super) fn resolve(&self, mut index: VersionIndex) -> VersionIndex {
        while let Some(other) = self.list[index].same_as {
            index = other;
        }
        index
    }

    /// Shortens each path to a version: where many merges meet, a path is as long as the history.
    fn shorten(&mut self) {
        for index in 0..self.list.len() {
            let end = self.resolve(index);
            let mut at = index;
            while let Some(next) = self.list[at].same_as.filter(|_| at != end) {
                self.list[at].same_as = Some(end);
                at = next;
            }
        }
    }

    pub(super) fn get(&self, index: VersionIndex) -> &Version {
        &self.list[self.resolve(index)]
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    fn path_index(&mut self, path: &[u8]) -> PathIndex {
        if let Some(known) = self.by_path.get(path) {
            return *known;
        }
        let index = self.paths.len() as PathIndex;
        self.paths.push(path.into());
        self.by_path.insert(path.into(), index);
        index
    }

    fn add(&mut self, blob: ObjectId) -> VersionIndex {
        self.list.push(Version {
            blob,
            commit: None,
            sources: Vec::new(),
            unknown: None,
            kept: None,
            same_as: None,
        });
        self.list.len() - 1
    }
}

/// The walk over all commits.
pub(super) struct Walk<'a> {
    history: &'a History,
    versions: Versions,
    open: Vec<Open>,
}

impl<'a> Walk<'a> {
    /// A walk that starts with the files of HEAD, paths and blobs. The second value is each file's version, in their order.
    pub(super) fn new(history: &'a History, files: &[(Vec<u8>, ObjectId)]) -> (Self, Vec<VersionIndex>) {
        let mut walk = Self {
            history,
            versions: Versions::default(),
            open: std::iter::repeat_with(Open::default)
                .take(history.commits.len())
                .collect(),
        };
        let tops = files
            .iter()
            .map(|(path, blob)| {
                let path = walk.versions.path_index(path);
                let version = walk.versions.add(*blob);
                walk.open[0].insert(path, version);
                version
            })
            .collect();
        (walk, tops)
    }

    /// The commits that are walked.
    pub(super) fn history(&self) -> &'a History {
        self.history
    }

    /// The graph, once every commit was visited.
    pub(super) fn finish(mut self) -> Versions {
        self.versions.shorten();
        self.versions
    }

    /// Whether a file is still followed at `commit`.
    pub(super) fn is_open(&self, commit: CommitIndex) -> bool {
        !self.open[commit].is_empty()
    }

    /// Whether one of these paths is still followed at `commit`.
    pub(super) fn follows<'p>(&self, commit: CommitIndex, mut paths: impl Iterator<Item = &'p [u8]>) -> bool {
        let open = &self.open[commit];
        let number = |path: &[u8]| self.versions.by_path.get(path);
        paths.any(|path| number(path).is_some_and(|path| open.contains_key(path)))
    }

    /// Answers the files open at `commit`, the head of an earlier result, from that result. A binary file has no lines to pass to
    /// another version: it is used only if no lines are requested.
    pub(super) fn settle_from(&mut self, kept: &KeptFiles, commit: CommitIndex) {
        let versions = &mut self.versions;
        let asked: HashSet<VersionIndex> = versions
            .list
            .iter()
            .flat_map(|version| version.sources.iter().copied().chain(version.same_as))
            .collect();
        self.open[commit].retain(|path, version| {
            let index = kept.find(&versions.paths[*path as usize]);
            let usable = index.filter(|index| kept.has_lines(*index) || !asked.contains(version));
            versions.list[*version].kept = usable;
            if usable.is_some() {
                versions.list[*version].commit = Some(commit);
            }
            usable.is_none()
        });
    }

    /// Processes the files open at `commit`. `differences` are those against its first parent.
    pub(super) fn step(
        &mut self,
        objects: &mut Objects<'_>,
        commit: CommitIndex,
        differences: &[Difference],
    ) -> Result<(), SurvivalError> {
        let mut open = std::mem::take(&mut self.open[commit]);
        let Some(first) = self.history.commits[commit].parents.first().copied() else {
            for version in open.into_values() {
                self.versions.list[version].commit = Some(commit);
            }
            return Ok(());
        };
        let mut changed = Vec::new();
        for difference in differences {
            let path = self.versions.by_path.get(difference.path.as_slice()).copied();
            if let Some((path, version)) = path.and_then(|path| Some((path, open.remove(&path)?))) {
                changed.push((difference, path, version));
            }
        }
        self.hand_on(open, first);
        let mut renames = Renames::new(commit, differences, changed.len());
        for (difference, path, version) in changed {
            self.settle(objects, &mut renames, difference, (path, version))?;
        }
        Ok(())
    }

    /// Everything in `open` is the same in `parent`.
    fn hand_on(&mut self, mut open: Open, parent: CommitIndex) {
        if self.open[parent].len() < open.len() {
            std::mem::swap(&mut self.open[parent], &mut open);
        }
        for (path, version) in open {
            self.meet(parent, path, version);
        }
    }

    /// `version` is what `parent` has at `path`.
    fn meet(&mut self, parent: CommitIndex, path: PathIndex, version: VersionIndex) {
        match self.open[parent].insert(path, version) {
            Some(other) if other != version => self.versions.list[other].same_as = Some(version),
            _ => (),
        }
    }

    fn settle(
        &mut self,
        objects: &mut Objects<'_>,
        renames: &mut Renames<'_>,
        difference: &Difference,
        (path, version): (PathIndex, VersionIndex),
    ) -> Result<(), SurvivalError> {
        let Some(now) = difference.new else {
            // A file is only followed to commits that have it.
            return Ok(());
        };
        let origins = match self.origins(objects, renames, difference, (path, now)) {
            Ok(origins) => origins,
            Err(SurvivalError::Contents(error)) => {
                self.versions.list[version].unknown = Some(error.to_string());
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        if let Some(same) = origins.iter().find(|origin| origin.entry.id == now.id) {
            self.meet(same.parent, same.path, version);
            return Ok(());
        }
        self.versions.list[version].commit = Some(renames.commit);
        for origin in origins {
            let known = self.open[origin.parent].get(&origin.path).copied();
            let source = known.unwrap_or_else(|| {
                let added = self.versions.add(origin.entry.id);
                self.open[origin.parent].insert(origin.path, added);
                added
            });
            self.versions.list[version].sources.push(source);
        }
        Ok(())
    }

    /// What each parent has of a file, up to one that has it unchanged: that one is last, and takes all of it.
    fn origins(
        &mut self,
        objects: &mut Objects<'_>,
        renames: &mut Renames<'_>,
        difference: &Difference,
        (path, now): (PathIndex, Entry),
    ) -> Result<Vec<Origin>, SurvivalError> {
        let parents = self.history.commits[renames.commit].parents.clone();
        let mut found: Vec<Option<Origin>> = vec![None; parents.len()];
        let mut absent = Vec::new();
        for (number, parent) in parents.iter().copied().enumerate() {
            let before = if number == 0 {
                difference.old
            } else {
                renames.before(objects, self.history, number, (&difference.path, now))?
            };
            match before {
                None => absent.push(number),
                Some(entry) if entry.kind != now.kind => (),
                Some(entry) => found[number] = Some(Origin { parent, path, entry }),
            }
            if before.is_some_and(|entry| entry.id == now.id && entry.kind == now.kind) {
                return Ok(found.into_iter().flatten().collect());
            }
        }
        for number in absent {
            let against = renames.against(objects, self.history, number)?;
            let source = against.removed.source_of(objects, &difference.path, now);
            let source = source.map_err(SurvivalError::Contents)?;
            let Some((source, entry)) = source.and_then(|source| Some((source, source.old?))) else {
                continue;
            };
            let origin = Origin {
                parent: parents[number],
                path: self.versions.path_index(&source.path),
                entry,
            };
            if origin.entry.id == now.id {
                return Ok(vec![origin]);
            }
            found[number] = Some(origin);
        }
        Ok(each_once(found))
    }
}

/// Of parents with equal content, only one is used: the first in the order in which blame finds them.
fn each_once(found: Vec<Option<Origin>>) -> Vec<Origin> {
    let mut seen = HashSet::new();
    let found = found.into_iter().flatten();
    found.filter(|origin| seen.insert(origin.entry.id)).collect()
}

#[derive(Debug, Clone, Copy)]
struct Origin {
    parent: CommitIndex,
    path: PathIndex,
    entry: Entry,
}

/// In merges that change more files than this, whole trees are compared instead of looking up each file.
const FEW_FILES: usize = 8;
/// How many differences to the parents of one commit are stored. Real merges have fewer.
const MOST_DIFFERENCES: usize = 4_000_000;

/// The differences between one commit and each of its parents, computed on first use.
struct Renames<'a> {
    commit: CommitIndex,
    against_first: &'a [Difference],
    /// How many of the followed files the commit changed.
    followed: usize,
    against: HashMap<usize, Against>,
    /// How many differences may still be stored.
    left: usize,
}

/// The differences between a commit and one of its parents.
struct Against {
    /// What the parent had, by path; empty for the first parent.
    before: HashMap<Vec<u8>, Option<Entry>>,
    removed: Sources,
}

impl<'a> Renames<'a> {
    fn new(commit: CommitIndex, against_first: &'a [Difference], followed: usize) -> Self {
        Self {
            commit,
            against_first,
            followed,
            against: HashMap::new(),
            left: MOST_DIFFERENCES,
        }
    }

    /// What a parent other than the first has at a path where the commit has `now`.
    fn before(
        &mut self,
        objects: &mut Objects<'_>,
        history: &History,
        parent: usize,
        (path, now): (&[u8], Entry),
    ) -> Result<Option<Entry>, SurvivalError> {
        if self.followed <= FEW_FILES {
            let parent = history.commits[self.commit].parents[parent];
            return Ok(trees::lookup(objects, &history.commits[parent].tree, path)?);
        }
        let against = self.against(objects, history, parent)?;
        Ok(against.before.get(path).copied().unwrap_or(Some(now)))
    }

    fn against(
        &mut self,
        objects: &mut Objects<'_>,
        history: &History,
        parent: usize,
    ) -> Result<&mut Against, SurvivalError> {
        use std::collections::hash_map::Entry as Slot;
        let slot = match self.against.entry(parent) {
            Slot::Occupied(known) => return Ok(known.into_mut()),
            Slot::Vacant(slot) => slot,
        };
        if parent == 0 {
            return Ok(slot.insert(Against {
                before: HashMap::new(),
                removed: Sources::among(self.against_first, LARGEST_BLOB),
            }));
        }
        let commit = &history.commits[self.commit];
        let parent_tree = history.commits[commit.parents[parent]].tree;
        let mut differences = Vec::new();
        trees::compare(objects, Some(&parent_tree), Some(&commit.tree), &mut differences)?;
        self.left = self
            .left
            .checked_sub(differences.len())
            .ok_or(SurvivalError::Contents(ObjectError::TooManyDifferences(
                commit.tree,
            )))?;
        let removed = Sources::among(&differences, LARGEST_BLOB);
        let before = differences
            .into_iter()
            .map(|difference| (difference.path, difference.old));
        Ok(slot.insert(Against {
            before: before.collect(),
            removed,
        }))
    }
}
