//! Copies of one repository: which clones contain the same commits, and in which one a commit counts.
//!
//! A commit counts in the clone that was not cloned from another one here; of several such, in one that has the name of its
//! remote, else in the first. So a clone of a clone is the copy, whatever their names, and of two clones of one remote, the
//! one in a directory of another name.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::facts::commits::{Commits, Wanted};
use crate::facts::ids::ObjectId;
use crate::facts::lineage::Lineage;
use crate::facts::quantity::counted;

/// What a repository has in common with one that counts before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// The other one, by position.
    pub with: usize,
    /// How many of its commits the other also has.
    pub shared: usize,
    /// Whether these are all of its commits.
    pub is_copy: bool,
    /// Whether the other has no additional ones.
    pub is_same: bool,
}

/// The part of a repository's commits that another one has, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// The name of the other one.
    pub with: String,
    /// How many commits.
    pub commits: u64,
}

/// Where the commits of several repositories count.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Copies {
    order: Vec<usize>,
    kin: Vec<Option<Kin>>,
    counted: Vec<usize>,
    /// The number of the family of each; those of different families share nothing. Empty if that is unknown.
    families: Vec<usize>,
}

/// Some repositories, in the order in which they count, with their commits.
struct Family<'c> {
    members: Vec<usize>,
    commits: Vec<Cow<'c, [ObjectId]>>,
    kin: Vec<Option<Kin>>,
    counted: Vec<usize>,
}

impl Family<'_> {
    /// Compares them.
    fn compared(mut self) -> Self {
        let mut owners: HashMap<ObjectId, usize> = HashMap::new();
        let mut sets: HashMap<usize, HashSet<ObjectId>> = HashMap::new();
        for at in 0..self.members.len() {
            let mut others: BTreeSet<usize> = BTreeSet::new();
            for commit in self.commits[at].iter() {
                match *owners.entry(*commit).or_insert(at) {
                    owner if owner == at => self.counted[at] += 1,
                    owner => {
                        others.insert(owner);
                    }
                }
            }
            for other in self.near(at, &others) {
                let all = || self.commits[other].iter().copied().collect();
                let set = sets.entry(other).or_insert_with(all);
                let shared = self.commits[at]
                    .iter()
                    .filter(|commit| set.contains(commit))
                    .count();
                self.compare(at, other, shared);
            }
        }
        self
    }

    /// The members before one that share commits with it: the owners of these commits, and others related to them.
    fn near(&self, at: usize, owners: &BTreeSet<usize>) -> Vec<usize> {
        let is_near = |other: &usize| {
            let with = self.kin[*other].map(|kin| kin.with);
            let is_with = |owner: &usize| Some(self.members[*owner]) == with;
            owners.contains(other) || owners.iter().any(is_with)
        };
        match owners.is_empty() {
            true => Vec::new(),
            false => (0..at).filter(is_near).collect(),
        }
    }

    /// Remembers what a member shares with another one, if that is more than with any earlier one.
    fn compare(&mut self, at: usize, other: usize, shared: usize) {
        if shared > self.kin[at].map_or(0, |best| best.shared) {
            let (own, others) = (self.commits[at].len(), self.commits[other].len());
            self.kin[at] = Some(Kin {
                with: self.members[other],
                shared,
                is_copy: shared == own,
                is_same: shared == own && shared == others,
            });
        }
    }
}

impl Copies {
    /// Compares histories, and where each was cloned from. Of nearly all, it takes only a look at where they begin to see that
    /// they have nothing in common; the others are compared one family after the other.
    pub fn of_histories(lineages: &[&Lineage], histories: &[&Commits]) -> Self {
        let mut found = Self {
            order: order(lineages),
            kin: vec![None; histories.len()],
            counted: histories.iter().map(|history| history.len()).collect(),
            families: families(histories),
        };
        let several = found.families().into_iter().filter(|members| members.len() > 1);
        let several: Vec<Vec<usize>> = several.collect();
        let compared = several.into_par_iter().map(|members| {
            let commits = members.iter().map(|at| histories[*at].ids().collect());
            let mut family = Self::family(&members, commits.collect()).compared();
            family.commits.clear();
            family
        });
        for family in compared.collect::<Vec<_>>() {
            found.learn(family);
        }
        found
    }

    /// Compares the commits of each repository, in any order, and where each was cloned from.
    pub fn of(lineages: &[&Lineage], commits: &[Vec<ObjectId>]) -> Self {
        let order = order(lineages);
        let none: &[ObjectId] = &[];
        let own = |at: &usize| Cow::Borrowed(commits.get(*at).map_or(none, Vec::as_slice));
        let family = Self::family(&order, order.iter().map(own).collect()).compared();
        let mut found = Self {
            kin: vec![None; commits.len()],
            counted: vec![0; commits.len()],
            families: Vec::new(),
            order,
        };
        found.learn(family);
        found
    }

    fn family<'c>(members: &[usize], commits: Vec<Cow<'c, [ObjectId]>>) -> Family<'c> {
        Family {
            kin: vec![None; members.len()],
            counted: vec![0; members.len()],
            members: members.to_vec(),
            commits,
        }
    }

    fn learn(&mut self, family: Family<'_>) {
        for ((at, kin), counted) in family.members.into_iter().zip(family.kin).zip(family.counted) {
            self.kin[at] = kin;
            self.counted[at] = counted;
        }
    }

    /// The repositories in groups that are known to share no commit with each other, each in the order in which they count, and so
    /// the groups by their first.
    pub fn families(&self) -> Vec<Vec<usize>> {
        let mut places: HashMap<usize, usize> = HashMap::new();
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for at in &self.order {
            let family = self.families.get(*at).copied().unwrap_or_default();
            let place = *places.entry(family).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(*at),
                None => groups.push(vec![*at]),
            }
        }
        groups
    }

    /// The repositories in the order in which they count, by position.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// What the repository at a position has in common with one before it; `None` for one that shares nothing.
    pub fn kin(&self, at: usize) -> Option<Kin> {
        self.kin.get(at).copied().flatten()
    }

    /// The repository that represents the one at a position: the one of which it is a copy, else itself.
    pub fn representative(&self, at: usize) -> usize {
        match self.kin(at) {
            // A copy comes after what it is a copy of, so this ends.
            Some(kin) if kin.is_copy => self.representative(kin.with),
            _ => at,
        }
    }

    /// How many commits of the repository at a position count in no other.
    pub fn counted(&self, at: usize) -> usize {
        self.counted.get(at).copied().unwrap_or(0)
    }

    /// The name of the repository of which it is a copy.
    pub fn copy_of<'n>(&self, at: usize, name: impl Fn(usize) -> &'n str) -> Option<String> {
        let kin = self.kin(at).filter(|kin| kin.is_copy)?;
        Some(name(kin.with).to_owned())
    }

    /// The repository with which it shares some of its commits.
    pub fn shares<'n>(&self, at: usize, name: impl Fn(usize) -> &'n str) -> Option<Shared> {
        let kin = self.kin(at).filter(|kin| !kin.is_copy)?;
        Some(Shared {
            with: name(kin.with).to_owned(),
            commits: kin.shared as u64,
        })
    }

    /// A note for the reader of the table about each copy, in the order of the repositories.
    pub fn notes<'n>(&self, name: impl Fn(usize) -> &'n str) -> Vec<String> {
        let note = |at: usize| {
            let kin = self.kin(at)?;
            let (own, other) = (name(at), name(kin.with));
            Some(match (kin.is_same, kin.is_copy) {
                (true, _) => format!("{own}: same commits as {other}, counted once"),
                (_, true) => format!("{own}: all of its commits are in {other}, counted once"),
                _ => format!(
                    "{own}: shares {} with {other}, counted once",
                    counted(kin.shared, "commit", "commits")
                ),
            })
        };
        (0..self.kin.len()).filter_map(note).collect()
    }
}

/// For each history, the number of its family: histories of different families have no commit in common.
///
/// An *end* of a history is a commit without parents, or with a parent that the history does not contain. Two histories that share
/// a commit also share an end of one of them. Proof: an id is a hash over the ids of the parents, so parents form no cycle, and at
/// least one shared commit has no shared parent. If it has no parents at all, it is an end of both histories. Otherwise, at least
/// one of the two histories lacks its first parent, and the commit is an end of that one. The proof also covers shallow and damaged
/// histories, but not replacements, which give a commit other parents in one clone only: in such a history, every commit counts as
/// an end ([`Commits::ends`]). So it is enough to look for the ends of each history in all others.
fn families(histories: &[&Commits]) -> Vec<usize> {
    let mut families: Vec<usize> = (0..histories.len()).collect();
    if histories.len() < 2 {
        return families;
    }
    let mut owners: HashMap<ObjectId, Vec<usize>> = HashMap::new();
    let all: Vec<Vec<ObjectId>> = histories.par_iter().map(|history| history.ends()).collect();
    for (at, ends) in all.into_iter().enumerate() {
        for end in ends {
            owners.entry(end).or_default().push(at);
        }
    }
    let ends: Wanted = owners.keys().copied().collect();
    let found: Vec<Vec<ObjectId>> = histories.par_iter().map(|history| history.found(&ends)).collect();
    for (at, found) in found.into_iter().enumerate() {
        for owner in found.iter().filter_map(|end| owners.get(end)).flatten() {
            unite(&mut families, at, *owner);
        }
    }
    (0..families.len()).map(|at| first_of(&families, at)).collect()
}

/// The lowest member of the family of one, as far as families are united: each leads to a lower one or to itself.
fn first_of(families: &[usize], mut at: usize) -> usize {
    while families[at] != at {
        at = families[at];
    }
    at
}

fn unite(families: &mut [usize], one: usize, other: usize) {
    let (one, other) = (first_of(families, one), first_of(families, other));
    families[one.max(other)] = one.min(other);
}

/// First those of the lowest rank, which is the same for all unless somebody ranked them; of these, those that were not cloned from
/// another one here, then their clones, then the clones of these; within each group, first those with the name of their remote, then
/// by the address of that.
fn order(lineages: &[&Lineage]) -> Vec<usize> {
    let are_known = lineages.iter().all(|lineage| lineage.generation.is_some());
    let generations = match are_known {
        true => Vec::new(),
        false => generations(lineages),
    };
    let mut order: Vec<usize> = (0..lineages.len()).collect();
    order.sort_by_cached_key(|at| {
        let lineage = lineages[*at];
        let generation = lineage.generation.or_else(|| generations.get(*at).copied());
        let is_spare = !lineage.is_named_after_origin;
        (lineage.rank, generation, is_spare, lineage.key.clone(), *at)
    });
    order
}

/// How many clones lie between each repository and one that was not cloned from another one of these.
pub fn generations(lineages: &[&Lineage]) -> Vec<u32> {
    let source = |at: usize| source_of(lineages, at);
    let generation = |at: usize| {
        let before = std::iter::successors(source(at), |before| source(*before));
        // Two that name each other as their origin form a circle.
        before.take(lineages.len()).map(|_| 1).sum()
    };
    (0..lineages.len()).map(generation).collect()
}

/// The repository from which another one was cloned.
fn source_of(lineages: &[&Lineage], at: usize) -> Option<usize> {
    let lineage = lineages[at];
    (0..lineages.len()).find(|other| *other != at && lineage.comes_from(lineages[*other]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::sample::{commit, object};
    use crate::facts::commit::Commit;
    use crate::facts::commits::{Layer, layout};
    use crate::facts::shared_bytes::SharedBytes;

    /// Up to a dozen commits, each with parents among the earlier ones.
    fn graph() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let parents = |at: u8| prop::collection::vec(0..at.max(1), 0..=usize::from(at.min(3)));
        (0..12_u8).map(parents).collect::<Vec<_>>()
    }

    /// Histories with any of the commits of a graph, in columns: whole, shallow or with holes.
    fn histories(graph: &[Vec<u8>], has: &[u16]) -> Vec<Commits> {
        let commit = |at: usize| Commit {
            parents: graph[at].iter().map(|parent| object(*parent)).collect(),
            ..commit(at as u8, "2026-03-01T10:00:00Z")
        };
        let history = |has: &u16| {
            let commits: Vec<Commit> = (0..graph.len())
                .filter(|at| has >> at & 1 == 1)
                .map(commit)
                .collect();
            let (older, newer) = commits.split_at(commits.len() / 2);
            let layers = [older, newer].map(|commits| {
                let bytes = SharedBytes::new(layout(commits, false).unwrap());
                let all = 0..bytes.len();
                Layer::read(&bytes, all).unwrap()
            });
            Commits::of_layers(layers.into())
        };
        has.iter().map(history).collect()
    }

    proptest! {
        #[test]
        fn where_histories_begin_shows_whether_they_share_anything(
            graph in graph(),
            has in prop::collection::vec(any::<u16>(), 1..5),
        ) {
            let all = histories(&graph, &has);
            let all: Vec<&Commits> = all.iter().collect();
            let lineages: Vec<Lineage> = (0..all.len()).map(|at| lineage(&format!("/{at}"), None)).collect();
            let lineages: Vec<&Lineage> = lineages.iter().collect();
            let ids: Vec<Vec<ObjectId>> = all.iter().map(|history| history.ids().collect()).collect();
            let found = Copies::of_histories(&lineages, &all);
            for at in 0..all.len() {
                let others = has.iter().enumerate().filter(|(other, _)| *other != at);
                let mask: u16 = (1 << graph.len()) - 1;
                let is_apart = others.into_iter().all(|(_, other)| has[at] & other & mask == 0);
                prop_assert_eq!(found.families().contains(&vec![at]), is_apart);
            }
            let full = Copies::of(&lineages, &ids);
            prop_assert_eq!(Copies { families: Vec::new(), ..found }, full);
        }
    }

    fn lineage(place: &str, origin: Option<&str>) -> Lineage {
        Lineage {
            place: place.into(),
            is_linked: false,
            origin: origin.map(Into::into),
            ..Lineage::default()
        }
    }

    fn ids(numbers: std::ops::RangeInclusive<u8>) -> Vec<ObjectId> {
        numbers.map(object).collect()
    }

    #[test]
    fn a_clone_of_one_that_is_here_is_the_copy_whatever_its_name() {
        let all = [
            lineage("/w/a/.git", Some("/w/tool")),
            lineage("/w/tool/.git", None),
        ];
        let all: Vec<&Lineage> = all.iter().collect();
        let copies = Copies::of(&all, &[ids(1..=3), ids(1..=3)]);
        assert_eq!(copies.order(), [1, 0]);
        assert_eq!((copies.counted(0), copies.counted(1)), (0, 3));
        assert_eq!(copies.representative(0), 1);
        assert_eq!(
            copies.notes(|at| ["a", "tool"][at]),
            ["a: same commits as tool, counted once"]
        );
    }

    #[test]
    fn a_fork_counts_its_own_commits_and_a_late_clone_none() {
        let all = [
            lineage("/a/.git", None),
            lineage("/b/.git", None),
            lineage("/c/.git", None),
        ];
        let all: Vec<&Lineage> = all.iter().collect();
        let copies = Copies::of(&all, &[ids(1..=4), ids(3..=9), ids(1..=2)]);
        let counted: Vec<usize> = (0..3).map(|at| copies.counted(at)).collect();
        assert_eq!(counted, [4, 5, 0]);
        assert_eq!(
            copies.notes(|at| ["a", "b", "c"][at]),
            [
                "b: shares 2 commits with a, counted once",
                "c: all of its commits are in a, counted once"
            ]
        );
        assert_eq!(copies.copy_of(1, |_| "a"), None);
        assert_eq!(copies.copy_of(2, |_| "a").as_deref(), Some("a"));
    }

    #[test]
    fn of_two_clones_of_one_remote_the_one_with_its_name_counts() {
        let named = Lineage {
            is_named_after_origin: true,
            ..lineage("/w/tool/.git", None)
        };
        let spare = lineage("/w/a/.git", None);
        let copies = Copies::of(&[&spare, &named], &[ids(1..=3), ids(1..=3)]);
        assert_eq!(copies.order(), [1, 0]);
        // Where it was cloned from says more than its name.
        let clone = lineage("/w/a/.git", Some("/w/b"));
        let named_clone = Lineage {
            is_named_after_origin: true,
            ..clone
        };
        let source = lineage("/w/b/.git", None);
        assert_eq!(
            Copies::of(&[&named_clone, &source], &[ids(1..=1), ids(1..=1)]).order(),
            [1, 0]
        );
    }

    #[test]
    fn repositories_that_name_each_other_keep_their_order() {
        let all = [lineage("/a/.git", Some("/b")), lineage("/b/.git", Some("/a"))];
        let all: Vec<&Lineage> = all.iter().collect();
        assert_eq!(Copies::of(&all, &[ids(1..=1), ids(1..=1)]).order(), [0, 1]);
    }

    #[test]
    fn an_empty_repository_is_not_a_copy() {
        let all = [lineage("/a/.git", None), lineage("/b/.git", None)];
        let all: Vec<&Lineage> = all.iter().collect();
        let copies = Copies::of(&all, &[ids(1..=1), Vec::new()]);
        assert_eq!(copies.kin(1), None);
    }
}
