//! The ancestry of each file at HEAD: a graph of versions, built from trees only.
//!
//! One walk, newest to oldest, carries every file of HEAD whose origin is still open. If a commit has a file exactly as one of
//! its parents, the file simply moves on; if all parents differ, a [`Version`] is created there that points to what each parent
//! has under the same path or, failing that, under the path it was renamed from.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::history::{CommitIndex, History};
use super::kept::{KeptFiles, KeptIndex};
use super::limits::SurvivalError;
use super::origins::{Answers, Followed, Origin, Renames, origins};
use crate::facts::ids::ObjectId;
use crate::packs::{KeyMap, Objects};
use crate::trees::Difference;

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
    followed: Arc<Followed>,
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
            followed: Arc::new(Followed::of(files.iter().map(|(path, _)| path.as_slice()))),
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

    /// The paths that are followed.
    pub(super) fn followed(&self) -> Arc<Followed> {
        Arc::clone(&self.followed)
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
    ///
    /// `answers` may have what takes long to find.
    pub(super) fn step(
        &mut self,
        objects: &mut Objects<'_>,
        commit: CommitIndex,
        (differences, mut answers): (&[Difference], Answers),
    ) -> Result<(), SurvivalError> {
        let mut open = std::mem::take(&mut self.open[commit]);
        let Some(first) = self.history.commits[commit].parents.first().copied() else {
            for version in open.into_values() {
                self.versions.list[version].commit = Some(commit);
            }
            return Ok(());
        };
        let mut changed = Vec::new();
        for (at, difference) in differences.iter().enumerate() {
            let path = self.versions.by_path.get(difference.path.as_slice()).copied();
            if let Some((path, version)) = path.and_then(|path| Some((path, open.remove(&path)?))) {
                changed.push((at, path, version));
            }
        }
        self.hand_on(open, first);
        let parents = self.history.commits[commit].parents.len();
        let files = changed.iter().map(|(at, ..)| (*at, &differences[*at]));
        let is_answered = answers.suffice(parents, files);
        let mut renames = Renames::new(commit, differences, changed.len());
        for (at, path, version) in changed {
            let origins = match answers.take(at).filter(|_| is_answered) {
                Some(known) => Ok(known),
                None => origins(objects, self.history, &mut renames, &differences[at]),
            };
            // A file is only followed to commits that have it.
            if let Some(now) = differences[at].new {
                self.settle(commit, (path, version), now.id, origins)?;
            }
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

    /// Settles a version that `commit` made, if no parent has it as it is.
    fn settle(
        &mut self,
        commit: CommitIndex,
        (path, version): (PathIndex, VersionIndex),
        blob: ObjectId,
        origins: Result<Vec<Origin>, SurvivalError>,
    ) -> Result<(), SurvivalError> {
        let origins = match origins {
            Ok(origins) => origins,
            Err(SurvivalError::Contents(error)) => {
                self.versions.list[version].unknown = Some(error.to_string());
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let mut placed = Vec::with_capacity(origins.len());
        for origin in &origins {
            let path = match &origin.old_path {
                None => path,
                Some(old) => {
                    self.followed.add(old);
                    self.versions.path_index(old)
                }
            };
            placed.push((origin.parent, path, origin.entry.id));
        }
        if let Some((parent, path, _)) = placed.iter().find(|(.., id)| *id == blob) {
            self.meet(*parent, *path, version);
            return Ok(());
        }
        self.versions.list[version].commit = Some(commit);
        for (parent, path, id) in placed {
            let known = self.open[parent].get(&path).copied();
            let source = known.unwrap_or_else(|| {
                let added = self.versions.add(id);
                self.open[parent].insert(path, added);
                added
            });
            self.versions.list[version].sources.push(source);
        }
        Ok(())
    }
}
