//! Which of the commits that refs reach are descendants of which: read in one walk, queried as often as needed.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;

use super::reach::everywhere;
use crate::facts::ids::ObjectId;
use crate::git::{Repo, graph, refs};

/// How many commits all questions together may visit. A history of a million commits is crossed a hundred times.
const MAX_STEPS: usize = 100_000_000;
/// How many questions about commits that no ref reaches are answered; each walks through objects.
const MAX_WALKS: usize = 64;

/// A commit's position in the walk.
type Index = u32;

/// The parents of every commit that a ref reaches.
pub(super) struct Ancestry<'a> {
    repo: &'a Repo,
    places: HashMap<ObjectId, Index>,
    /// By position.
    ids: Vec<ObjectId>,
    parents: Vec<Vec<Index>>,
    /// What was built on each; computed when first needed.
    children: OnceCell<Vec<Vec<Index>>>,
    /// Whether HEAD reaches each; computed likewise.
    current: OnceCell<Vec<bool>>,
    /// One more than that of any parent: a commit has no descendant that is not higher.
    heights: Vec<u32>,
    /// The last question in which each commit was visited.
    seen: RefCell<(u32, Vec<u32>)>,
    steps: Cell<usize>,
    walks: Cell<usize>,
}

impl<'a> Ancestry<'a> {
    /// Reads the history of a repository. What cannot be read has no parents.
    pub(super) fn of(repo: &'a Repo) -> Self {
        let mut found: Vec<(ObjectId, Vec<ObjectId>)> = Vec::new();
        let _ = graph::visit_all(repo, &everywhere(), |commit| {
            found.push((commit.id, commit.parents.to_vec()));
        });
        let places: HashMap<ObjectId, Index> = (0..).zip(&found).map(|(at, (id, _))| (*id, at)).collect();
        let parents: Vec<Vec<Index>> = found
            .iter()
            .map(|(_, parents)| parents.iter().filter_map(|id| places.get(id)).copied().collect())
            .collect();
        Self {
            repo,
            heights: heights(&parents),
            children: OnceCell::new(),
            current: OnceCell::new(),
            ids: found.iter().map(|(id, _)| *id).collect(),
            seen: RefCell::new((0, vec![0; parents.len()])),
            places,
            parents,
            steps: Cell::new(0),
            walks: Cell::new(0),
        }
    }

    /// Whether a ref reaches a commit.
    pub(super) fn holds(&self, commit: ObjectId) -> bool {
        self.places.contains_key(&commit)
    }

    /// Whether HEAD reaches a commit.
    pub(super) fn is_current(&self, commit: ObjectId) -> bool {
        let current = self.current.get_or_init(|| {
            let mut current = vec![false; self.parents.len()];
            let head = self.repo.head().ok().flatten();
            let mut pending: Vec<Index> = head
                .and_then(|head| self.places.get(&head))
                .copied()
                .into_iter()
                .collect();
            while let Some(at) = pending.pop() {
                if let Some(seen) = current.get_mut(at as usize).filter(|seen| !**seen) {
                    *seen = true;
                    pending.extend(self.parents.get(at as usize).into_iter().flatten());
                }
            }
            current
        });
        let place = self.places.get(&commit);
        place.is_some_and(|place| current.get(*place as usize).copied().unwrap_or_default())
    }

    /// The commits that were built on a commit, of those that a ref reaches.
    pub(super) fn children(&self, commit: ObjectId) -> Vec<ObjectId> {
        let Some(place) = self.places.get(&commit) else {
            return Vec::new();
        };
        let children = self.children.get_or_init(|| {
            let mut children = vec![Vec::new(); self.parents.len()];
            for (child, parents) in (0..).zip(&self.parents) {
                for parent in parents {
                    children[*parent as usize].push(child);
                }
            }
            children
        });
        let of_it = children.get(*place as usize).into_iter().flatten();
        of_it
            .filter_map(|child| self.ids.get(*child as usize))
            .copied()
            .collect()
    }

    /// Whether `commit` is a descendant of `from`. Once the bounds are reached nothing is: then two claims may be
    /// merged into one, but are not counted twice.
    pub(super) fn descends(&self, commit: ObjectId, from: ObjectId) -> bool {
        match (self.places.get(&commit), self.places.get(&from)) {
            (Some(commit), Some(from)) => self.reaches(*commit, *from),
            // What a ref reaches has all of its ancestors in the graph.
            (Some(_), None) => false,
            (None, _) => {
                self.walks.set(self.walks.get() + 1);
                self.walks.get() <= MAX_WALKS && refs::descends(self.repo, commit, from)
            }
        }
    }

    /// Whether a bound was reached, so that some questions were not answered.
    pub(super) fn gave_up(&self) -> bool {
        self.steps.get() > MAX_STEPS || self.walks.get() > MAX_WALKS
    }

    fn reaches(&self, commit: Index, from: Index) -> bool {
        let height = |at: Index| self.heights.get(at as usize).copied().unwrap_or(0);
        let mut seen = self.seen.borrow_mut();
        let (question, marks) = &mut *seen;
        *question += 1;
        let mut pending = vec![commit];
        while let Some(at) = pending.pop() {
            self.steps.set(self.steps.get() + 1);
            if self.steps.get() > MAX_STEPS {
                return false;
            }
            for parent in self.parents.get(at as usize).into_iter().flatten() {
                if *parent == from {
                    return true;
                }
                let Some(mark) = marks.get_mut(*parent as usize) else {
                    continue;
                };
                if *mark != *question && height(*parent) > height(from) {
                    *mark = *question;
                    pending.push(*parent);
                }
            }
        }
        false
    }
}

/// How high each commit is above the first ones. Replaced commits may form a cycle, which is cut somewhere.
fn heights(parents: &[Vec<Index>]) -> Vec<u32> {
    let mut heights: Vec<Option<u32>> = vec![None; parents.len()];
    let mut begun = vec![false; parents.len()];
    for start in 0..parents.len() {
        let mut pending = vec![start];
        while let Some(at) = pending.last().copied() {
            let open = parents[at]
                .iter()
                .map(|parent| *parent as usize)
                .find(|parent| heights[*parent].is_none() && !begun[*parent]);
            match open {
                Some(parent) if heights[at].is_none() => {
                    begun[at] = true;
                    pending.push(parent);
                }
                _ => {
                    let of_parents = parents[at].iter().filter_map(|parent| heights[*parent as usize]);
                    let height = of_parents.max().map_or(0, |height| height + 1);
                    heights[at].get_or_insert(height);
                    pending.pop();
                }
            }
        }
    }
    heights.into_iter().map(Option::unwrap_or_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_stands_above_its_parents() {
        // A merge of two lines, in an order in which children come first; then a cycle.
        assert_eq!(
            heights(&[vec![1, 2], vec![3], vec![4], vec![4], vec![]]),
            [3, 2, 1, 1, 0]
        );
        assert_eq!(heights(&[vec![1], vec![0]]).len(), 2);
    }
}
