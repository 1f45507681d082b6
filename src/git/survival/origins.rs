//! What the parents of a commit have of a file that it changed.
//!
//! For most files that is what their trees have at the same path. Merges and files that may have been renamed take longer, so
//! that threads answer for them ahead of the walk that follows files: for each file that is likely to be followed.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock};

use super::history::{CommitIndex, History};
use super::limits::{LARGEST_BLOB, SurvivalError};
use crate::packs::{ObjectError, Objects};
use crate::renames::Sources;
use crate::trees::{self, Difference, Version as Entry};

/// What a parent has of a file.
#[derive(Debug, Clone)]
pub(super) struct Origin {
    pub(super) parent: CommitIndex,
    /// The path there, if it is another one.
    pub(super) old_path: Option<Vec<u8>>,
    pub(super) entry: Entry,
}

/// Whether more than the difference to the first parent decides where a file of a commit with so many parents came from.
fn is_hard(parents: usize, difference: &Difference) -> bool {
    difference.new.is_some() && (parents > 1 || difference.old.is_none())
}

/// The paths that are followed somewhere. Threads that are ahead may not know the last ones.
#[derive(Debug, Default)]
pub(super) struct Followed(RwLock<HashSet<Vec<u8>>>);

impl Followed {
    pub(super) fn of<'p>(paths: impl Iterator<Item = &'p [u8]>) -> Self {
        Self(RwLock::new(paths.map(<[u8]>::to_vec).collect()))
    }

    pub(super) fn add(&self, path: &[u8]) {
        let mut paths = self.0.write().unwrap_or_else(PoisonError::into_inner);
        paths.insert(path.to_vec());
    }
}

/// Answers for one commit, by the position of the difference. All are right, or there are none.
#[derive(Debug, Default)]
pub(super) struct Answers(HashMap<usize, Vec<Origin>>);

impl Answers {
    /// Answers for each file that is likely to be followed.
    pub(super) fn ahead(
        objects: &mut Objects<'_>,
        history: &History,
        (commit, differences): (CommitIndex, &[Difference]),
        followed: &Followed,
    ) -> Self {
        let parents = history.commits[commit].parents.len();
        if parents == 0 || !differences.iter().any(|difference| is_hard(parents, difference)) {
            return Self::default();
        }
        let paths = followed.0.read().unwrap_or_else(PoisonError::into_inner);
        let is_likely = |at: &usize| paths.contains(&differences[*at].path);
        let likely: Vec<usize> = (0..differences.len()).filter(is_likely).collect();
        drop(paths);
        let mut renames = Renames::new(commit, differences, likely.len());
        let hard = likely
            .into_iter()
            .filter(|at| is_hard(parents, &differences[*at]));
        let answers = hard.map(|at| {
            let answer = origins(objects, history, &mut renames, &differences[at]).ok()?;
            Some((at, answer))
        });
        // Who asks for fewer files may get an answer where this fails.
        Self(answers.collect::<Option<_>>().unwrap_or_default())
    }

    /// Whether nothing that these files need is missing.
    pub(super) fn suffice<'d>(
        &self,
        parents: usize,
        mut files: impl Iterator<Item = (usize, &'d Difference)>,
    ) -> bool {
        files.all(|(at, difference)| !is_hard(parents, difference) || self.0.contains_key(&at))
    }

    /// The answer for a file.
    pub(super) fn take(&mut self, at: usize) -> Option<Vec<Origin>> {
        self.0.remove(&at)
    }
}

/// What each parent has of a file, up to one that has it unchanged: that one is last, and takes all of it.
pub(super) fn origins(
    objects: &mut Objects<'_>,
    history: &History,
    renames: &mut Renames<'_>,
    difference: &Difference,
) -> Result<Vec<Origin>, SurvivalError> {
    let Some(now) = difference.new else {
        return Ok(Vec::new());
    };
    let parents = &history.commits[renames.commit].parents;
    let mut found: Vec<Option<Origin>> = vec![None; parents.len()];
    let mut absent = Vec::new();
    for (number, parent) in parents.iter().copied().enumerate() {
        let before = if number == 0 {
            difference.old
        } else {
            renames.before(objects, history, number, (&difference.path, now))?
        };
        let origin = |entry| Origin {
            parent,
            old_path: None,
            entry,
        };
        match before {
            None => absent.push(number),
            Some(entry) if entry.kind != now.kind => (),
            Some(entry) => found[number] = Some(origin(entry)),
        }
        if before.is_some_and(|entry| entry.id == now.id && entry.kind == now.kind) {
            return Ok(found.into_iter().flatten().collect());
        }
    }
    for number in absent {
        let against = renames.against(objects, history, number)?;
        let source = against.removed.source_of(objects, &difference.path, now);
        let source = source.map_err(SurvivalError::Contents)?;
        let Some((source, entry)) = source.and_then(|source| Some((source, source.old?))) else {
            continue;
        };
        let origin = Origin {
            parent: parents[number],
            old_path: Some(source.path.clone()),
            entry,
        };
        if origin.entry.id == now.id {
            return Ok(vec![origin]);
        }
        found[number] = Some(origin);
    }
    Ok(each_once(found))
}

/// Of parents with equal content, only one is used: the first in the order in which blame finds them.
fn each_once(found: Vec<Option<Origin>>) -> Vec<Origin> {
    let mut seen = HashSet::new();
    let found = found.into_iter().flatten();
    found.filter(|origin| seen.insert(origin.entry.id)).collect()
}

/// In merges that change more files than this, whole trees are compared instead of looking up each file.
const FEW_FILES: usize = 8;
/// How many differences to the parents of one commit are stored. Real merges have fewer.
const MOST_DIFFERENCES: usize = 4_000_000;

/// The differences between one commit and each of its parents, computed on first use.
pub(super) struct Renames<'a> {
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
    pub(super) fn new(commit: CommitIndex, against_first: &'a [Difference], followed: usize) -> Self {
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
