//! The commits behind HEAD, each before its parents.

use std::collections::{BTreeSet, BinaryHeap, HashMap};

use git2::Oid;

use super::SurvivalError;
use super::objects::Objects;

/// A commit's place in [`History`]: parents come after their children.
pub(super) type CommitIndex = usize;

/// A commit without what people wrote into it.
pub(super) struct Commit {
    pub(super) id: Oid,
    pub(super) tree: Oid,
    pub(super) parents: Vec<CommitIndex>,
}

/// Everything reachable from one commit.
pub(super) struct History {
    pub(super) commits: Vec<Commit>,
}

struct Found {
    id: Oid,
    tree: Oid,
    time: i64,
    parents: Vec<usize>,
    children: usize,
}

impl History {
    /// Reads every commit behind `head`. Those in `shallow` count as having no parents, as git sees them.
    pub(super) fn read(objects: &Objects, head: Oid, shallow: &BTreeSet<Oid>) -> Result<Self, SurvivalError> {
        let found = reachable(objects, head, shallow)?;
        Ok(Self {
            commits: children_first(found),
        })
    }
}

fn reachable(objects: &Objects, head: Oid, shallow: &BTreeSet<Oid>) -> Result<Vec<Found>, SurvivalError> {
    let mut places: HashMap<Oid, usize> = HashMap::from([(head, 0)]);
    let mut waiting = vec![head];
    let mut found: Vec<Option<Found>> = vec![None];
    while let Some(id) = waiting.pop() {
        let header = objects.commit(id)?;
        let mut parents = Vec::with_capacity(header.parents.len());
        for parent in header.parents.into_iter().filter(|_| !shallow.contains(&id)) {
            let place = *places.entry(parent).or_insert_with(|| {
                waiting.push(parent);
                found.push(None);
                found.len() - 1
            });
            parents.push(place);
        }
        found[places[&id]] = Some(Found {
            id,
            tree: header.tree,
            time: header.time,
            parents,
            children: 0,
        });
    }
    let mut found: Vec<Found> = found.into_iter().flatten().collect();
    for child in 0..found.len() {
        for parent in found[child].parents.clone() {
            found[parent].children += 1;
        }
    }
    Ok(found)
}

/// Newest first among those whose children are all placed, so that neighbours share their trees.
fn children_first(mut found: Vec<Found>) -> Vec<Commit> {
    let mut ready = BinaryHeap::from([(i64::MAX, 0)]);
    let mut order = Vec::with_capacity(found.len());
    let mut places = vec![0; found.len()];
    while let Some((_, next)) = ready.pop() {
        places[next] = order.len();
        order.push(next);
        for parent in found[next].parents.clone() {
            found[parent].children -= 1;
            if found[parent].children == 0 {
                ready.push((found[parent].time, parent));
            }
        }
    }
    order
        .into_iter()
        .map(|index| Commit {
            id: found[index].id,
            tree: found[index].tree,
            parents: found[index]
                .parents
                .iter()
                .map(|parent| places[*parent])
                .collect(),
        })
        .collect()
}
