//! The commits reachable from HEAD, each before its parents.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use serde::{Deserialize, Serialize};

use crate::facts::ids::ObjectId;
use crate::graph::Commits;
use crate::packs::ObjectError;

/// A commit's position in [`History`]: parents come after their children.
pub(super) type CommitIndex = usize;

/// A commit without its text.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Commit {
    pub(super) id: ObjectId,
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<CommitIndex>,
}

/// Everything reachable from one commit.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct History {
    pub(super) commits: Vec<Commit>,
}

/// Which paths each commit of a history changed against its first parent, in its order. Stored results save comparing the trees
/// of commits that do not touch a file.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Touched {
    paths: Vec<Vec<u8>>,
    by_commit: Vec<Vec<u32>>,
}

impl Touched {
    /// Puts new commits before the known ones. `new` has the paths of each.
    pub(super) fn prepend(&mut self, new: Vec<Vec<Vec<u8>>>) {
        if new.is_empty() {
            return;
        }
        let mut numbers: HashMap<Vec<u8>, u32> = self.paths.iter().cloned().zip(0..).collect();
        let mut number = |path: Vec<u8>| {
            *numbers.entry(path).or_insert_with_key(|path| {
                self.paths.push(path.clone());
                self.paths.len() as u32 - 1
            })
        };
        let mut by_commit: Vec<Vec<u32>> = new
            .into_iter()
            .map(|paths| paths.into_iter().map(&mut number).collect())
            .collect();
        by_commit.append(&mut self.by_commit);
        self.by_commit = by_commit;
    }

    /// The paths that a commit changed.
    pub(super) fn paths(&self, commit: CommitIndex) -> impl Iterator<Item = &[u8]> {
        let numbers = self.by_commit.get(commit).into_iter().flatten();
        numbers.filter_map(|number| self.paths.get(*number as usize).map(Vec::as_slice))
    }

    /// The number of known commits.
    pub(super) fn len(&self) -> usize {
        self.by_commit.len()
    }
}

/// A commit that was read, with its parents by where they were found.
struct Found {
    id: ObjectId,
    tree: ObjectId,
    time: i64,
    parents: Vec<Place>,
    children: usize,
}

/// Where a commit is: among those just read, or in a history that was already known.
#[derive(Clone, Copy)]
enum Place {
    New(usize),
    Known(CommitIndex),
}

impl History {
    /// Every commit reachable from `head`. Those in `shallow` count as having no parents, as git sees them.
    ///
    /// Commits in `known` are not read again, if its head is among the reachable ones; the commits before it come first. The
    /// second value is their number, or `None` if `known` was not usable.
    pub(super) fn read(
        commits: &mut Commits<'_>,
        head: ObjectId,
        shallow: &BTreeSet<ObjectId>,
        known: Self,
    ) -> Result<(Self, Option<usize>), ObjectError> {
        if let Some(old_head) = known.commits.first().map(|commit| commit.id) {
            let places: HashMap<ObjectId, CommitIndex> = known
                .commits
                .iter()
                .enumerate()
                .map(|(place, commit)| (commit.id, place))
                .collect();
            let found = reachable(commits, head, shallow, &places)?;
            let reaches_it = |commit: &Found| {
                commit
                    .parents
                    .iter()
                    .any(|parent| matches!(parent, Place::Known(0)))
            };
            if head == old_head || found.iter().any(reaches_it) {
                let new = found.len();
                let mut commits = children_first(found);
                commits.extend(known.commits.into_iter().map(|mut commit| {
                    commit.parents.iter_mut().for_each(|parent| *parent += new);
                    commit
                }));
                return Ok((Self { commits }, Some(new)));
            }
        }
        let found = reachable(commits, head, shallow, &HashMap::new())?;
        let commits = children_first(found);
        Ok((Self { commits }, None))
    }
}

fn reachable(
    commits: &mut Commits<'_>,
    head: ObjectId,
    shallow: &BTreeSet<ObjectId>,
    known: &HashMap<ObjectId, CommitIndex>,
) -> Result<Vec<Found>, ObjectError> {
    if known.contains_key(&head) {
        return Ok(Vec::new());
    }
    let mut places: HashMap<ObjectId, usize> = HashMap::from([(head, 0)]);
    let mut waiting = vec![head];
    let mut found: Vec<Option<Found>> = vec![None];
    while let Some(id) = waiting.pop() {
        let (tree, time, own) = commits.with_tree(&id)?;
        let mut parents = Vec::with_capacity(own.len());
        for parent in own.iter().copied().filter(|_| !shallow.contains(&id)) {
            parents.push(match known.get(&parent) {
                Some(place) => Place::Known(*place),
                None => Place::New(*places.entry(parent).or_insert_with(|| {
                    waiting.push(parent);
                    found.push(None);
                    found.len() - 1
                })),
            });
        }
        found[places[&id]] = Some(Found {
            id,
            tree,
            time,
            parents,
            children: 0,
        });
    }
    let mut found: Vec<Found> = found.into_iter().flatten().collect();
    for child in 0..found.len() {
        for parent in new_parents(&found[child]) {
            found[parent].children += 1;
        }
    }
    Ok(found)
}

fn new_parents(commit: &Found) -> Vec<usize> {
    let new = |place: &Place| match place {
        Place::New(index) => Some(*index),
        Place::Known(_) => None,
    };
    commit.parents.iter().filter_map(new).collect()
}

/// Newest first among commits whose children are all placed, so that neighbors share their trees. Known commits come after all of
/// them.
fn children_first(mut found: Vec<Found>) -> Vec<Commit> {
    let mut ready: BinaryHeap<(i64, usize)> = found.first().map(|_| (i64::MAX, 0)).into_iter().collect();
    let mut order = Vec::with_capacity(found.len());
    let mut places = vec![0; found.len()];
    while let Some((_, next)) = ready.pop() {
        places[next] = order.len();
        order.push(next);
        for parent in new_parents(&found[next]) {
            found[parent].children -= 1;
            if found[parent].children == 0 {
                ready.push((found[parent].time, parent));
            }
        }
    }
    let place = |parent: &Place| match parent {
        Place::New(index) => places[*index],
        Place::Known(index) => found.len() + index,
    };
    let commit = |index: usize| Commit {
        id: found[index].id,
        tree: found[index].tree,
        parents: found[index].parents.iter().map(place).collect(),
    };
    order.into_iter().map(commit).collect()
}
