//! Where each file of HEAD came from: a graph of versions, made from trees alone.
//!
//! One walk, newest to oldest, carries every file that HEAD still owes to the past. Where a commit leaves a file as one
//! of its parents has it, the file simply moves on; where all parents differ, a [`Version`] is settled there and points
//! to what each parent has under the same path or, failing that, under the one it was renamed from.

use std::collections::HashMap;

use git2::Oid;

use super::SurvivalError;
use super::history::{CommitIndex, History};
use super::objects::Objects;
use super::similarity::Deleted;
use super::trees::{self, Change, Entry, File};

/// A version's place in [`Versions`].
pub(super) type VersionIndex = usize;
type PathIndex = u32;

/// One content of one file, and the commit that made it.
#[derive(Debug)]
pub(super) struct Version {
    pub(super) blob: Oid,
    /// The commit that differs from all its parents here. Lines that no source has are its own.
    pub(super) commit: Option<CommitIndex>,
    /// What the parents have, in their order; equal ones are left out.
    pub(super) sources: Vec<VersionIndex>,
    /// Why the sources are not known, if they are not.
    pub(super) unknown: Option<String>,
    /// The version that this one turned out to be, when two ways met.
    same_as: Option<VersionIndex>,
}

/// All versions that the files of HEAD descend from.
#[derive(Default)]
pub(super) struct Versions {
    list: Vec<Version>,
    paths: Vec<Box<[u8]>>,
    by_path: HashMap<Box<[u8]>, PathIndex>,
}

/// The files that are still open at one commit.
type Open = HashMap<PathIndex, VersionIndex>;

impl Versions {
    /// The version behind an index, after ways that met.
    pub(super) fn resolve(&self, mut index: VersionIndex) -> VersionIndex {
        while let Some(other) = self.list[index].same_as {
            index = other;
        }
        index
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

    fn add(&mut self, blob: Oid) -> VersionIndex {
        self.list.push(Version {
            blob,
            commit: None,
            sources: Vec::new(),
            unknown: None,
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
    /// A walk that starts with the files of HEAD. The second value is each file's version, in their order.
    pub(super) fn new(history: &'a History, files: &[File]) -> (Self, Vec<VersionIndex>) {
        let mut walk = Self {
            history,
            versions: Versions::default(),
            open: std::iter::repeat_with(Open::new)
                .take(history.commits.len())
                .collect(),
        };
        let tops = files
            .iter()
            .map(|file| {
                let path = walk.versions.path_index(&file.path);
                let version = walk.versions.add(file.entry.oid);
                walk.open[0].insert(path, version);
                version
            })
            .collect();
        (walk, tops)
    }

    /// The graph, once every commit was stepped through.
    pub(super) fn finish(self) -> Versions {
        self.versions
    }

    /// Takes and hands on the files open at `commit`. `changes` are those against its first parent.
    pub(super) fn step(
        &mut self,
        objects: &mut Objects,
        commit: CommitIndex,
        changes: &[Change],
    ) -> Result<(), SurvivalError> {
        let mut open = std::mem::take(&mut self.open[commit]);
        let Some(first) = self.history.commits[commit].parents.first().copied() else {
            for version in open.into_values() {
                self.versions.list[version].commit = Some(commit);
            }
            return Ok(());
        };
        let mut changed = Vec::new();
        for change in changes {
            let path = self.versions.by_path.get(&change.path).copied();
            if let Some((path, version)) = path.and_then(|path| Some((path, open.remove(&path)?))) {
                changed.push((change, path, version));
            }
        }
        self.hand_on(open, first);
        let mut renames = Renames::new(commit, changes);
        for (change, path, version) in changed {
            self.settle(objects, &mut renames, change, (path, version))?;
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
        objects: &mut Objects,
        renames: &mut Renames,
        change: &Change,
        (path, version): (PathIndex, VersionIndex),
    ) -> Result<(), SurvivalError> {
        let Some(now) = change.new else {
            // A file is only followed to commits that have it.
            return Ok(());
        };
        let origins = match self.origins(objects, renames, change, (path, now)) {
            Ok(origins) => origins,
            Err(error) if error.is_about_a_blob() => {
                self.versions.list[version].unknown = Some(error.to_string());
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        if let Some(same) = origins.iter().find(|origin| origin.entry.oid == now.oid) {
            self.meet(same.parent, same.path, version);
            return Ok(());
        }
        self.versions.list[version].commit = Some(renames.commit);
        for origin in origins {
            let known = self.open[origin.parent].get(&origin.path).copied();
            let source = known.unwrap_or_else(|| {
                let added = self.versions.add(origin.entry.oid);
                self.open[origin.parent].insert(origin.path, added);
                added
            });
            self.versions.list[version].sources.push(source);
        }
        Ok(())
    }

    /// What each parent has of a file, until one has it unchanged: that one comes last, and takes it whole.
    fn origins(
        &mut self,
        objects: &mut Objects,
        renames: &mut Renames,
        change: &Change,
        (path, now): (PathIndex, Entry),
    ) -> Result<Vec<Origin>, SurvivalError> {
        let parents = self.history.commits[renames.commit].parents.clone();
        let mut found: Vec<Option<Origin>> = vec![None; parents.len()];
        let mut absent = Vec::new();
        for (number, parent) in parents.iter().copied().enumerate() {
            let before = if number == 0 {
                change.old
            } else {
                trees::lookup(objects, self.history.commits[parent].tree, &change.path)?
            };
            match before {
                None => absent.push(number),
                Some(entry) if entry.kind() != now.kind() => (),
                Some(entry) => found[number] = Some(Origin { parent, path, entry }),
            }
            if before.is_some_and(|entry| entry.oid == now.oid && entry.kind() == now.kind()) {
                return Ok(found.into_iter().flatten().collect());
            }
        }
        for number in absent {
            let deleted = renames.deleted(objects, self.history, number)?;
            let Some(source) = deleted.source_of(objects, &change.path, now)? else {
                continue;
            };
            let origin = Origin {
                parent: parents[number],
                path: self.versions.path_index(&source.path),
                entry: source.entry,
            };
            if origin.entry.oid == now.oid {
                return Ok(vec![origin]);
            }
            found[number] = Some(origin);
        }
        Ok(each_once(found))
    }
}

/// Of parents with equal contents only one is asked: the first by the order in which blame found them.
fn each_once(found: Vec<Option<Origin>>) -> Vec<Origin> {
    let mut kept: Vec<Origin> = Vec::new();
    for origin in found.into_iter().flatten() {
        if kept.iter().all(|other| other.entry.oid != origin.entry.oid) {
            kept.push(origin);
        }
    }
    kept
}

#[derive(Debug, Clone, Copy)]
struct Origin {
    parent: CommitIndex,
    path: PathIndex,
    entry: Entry,
}

/// The deletions of one commit against each of its parents, found when first asked for.
struct Renames<'a> {
    commit: CommitIndex,
    against_first: &'a [Change],
    deleted: HashMap<usize, Deleted>,
}

impl<'a> Renames<'a> {
    fn new(commit: CommitIndex, against_first: &'a [Change]) -> Self {
        Self {
            commit,
            against_first,
            deleted: HashMap::new(),
        }
    }

    fn deleted(
        &mut self,
        objects: &mut Objects,
        history: &History,
        parent: usize,
    ) -> Result<&mut Deleted, SurvivalError> {
        use std::collections::hash_map::Entry as Slot;
        match self.deleted.entry(parent) {
            Slot::Occupied(known) => Ok(known.into_mut()),
            Slot::Vacant(slot) if parent == 0 => Ok(slot.insert(Deleted::new(self.against_first))),
            Slot::Vacant(slot) => {
                let commit = &history.commits[self.commit];
                let parent_tree = history.commits[commit.parents[parent]].tree;
                let changes = trees::changes(objects, parent_tree, commit.tree)?;
                Ok(slot.insert(Deleted::new(&changes)))
            }
        }
    }
}
