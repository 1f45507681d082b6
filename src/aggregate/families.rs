//! The commits of repositories that may share some, each counted once and with the best that any of them knows of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::groups::{Groups, Needs};
use super::repository::Repository;
use crate::facts::commit::Commit;
use crate::facts::commits::{Layer, Section, Wanted};
use crate::facts::ids::ObjectId;

/// What counts in one repository.
#[derive(Debug, Default)]
pub(super) struct InRepository {
    /// Commits that are to be looked at one by one.
    pub(super) each: Vec<Commit>,
    /// All others, in sums.
    pub(super) groups: Groups,
}

/// A place in the layers of a family: which layer, and which row.
type Place = (usize, usize);

/// Which commits of a family do not count where they are, and what is known better of those that do.
#[derive(Default)]
struct Told {
    /// By layer, ascending: rows that another repository has as well, and before.
    again: Vec<Vec<usize>>,
    /// Commits of which a later repository knows more, by their first place.
    better: BTreeMap<Place, Commit>,
}

/// Counts the commits of a family, whose repositories are in the order in which they count. Those in `own` are not summed; `day` says on which day a second is.
pub(super) fn in_family<'a>(
    repos: &[&'a Repository],
    own: &Wanted,
    needs: Needs,
    day: impl Fn(i64) -> NaiveDate + Copy,
) -> Vec<(&'a Repository, InRepository)> {
    let sections = repos.iter().flat_map(|repo| {
        let sections = repo.commits.sections().into_iter();
        sections.map(|section| (*repo, section))
    });
    let sections: Vec<(&Repository, Section<'_>)> = sections.collect();
    if repos.len() == 1 {
        // One after the other, so that each can be dropped before the next is loaded.
        let alone = sections.into_iter().map(|(repo, section)| {
            let layer = section.load();
            let one_by_one = layer.find(own);
            (repo, counted(&layer, &one_by_one, &one_by_one, needs, day))
        });
        return alone.collect();
    }
    let layers: Vec<(&Repository, Cow<'_, Layer>)> = sections
        .into_iter()
        .map(|(repo, section)| (repo, section.load()))
        .collect();
    let Told { again, mut better } = told_apart(&layers);
    let each = layers
        .iter()
        .zip(again)
        .enumerate()
        .map(|(at, ((repo, layer), again))| {
            let after = better.split_off(&(at + 1, 0));
            let known_better = std::mem::replace(&mut better, after);
            let mut one_by_one = layer.find(own);
            one_by_one
                .retain(|row| again.binary_search(row).is_err() && !known_better.contains_key(&(at, *row)));
            let better_rows = known_better.keys().map(|(_, row)| *row);
            let mut except: Vec<usize> = again.into_iter().chain(better_rows).collect();
            except.extend(&one_by_one);
            except.sort_unstable();
            let mut found = counted(layer, &one_by_one, &except, needs, day);
            found.each.extend(known_better.into_values());
            (*repo, found)
        });
    each.collect()
}

/// Sums up the commits of a layer, except those at the positions `except`, and lists those at `one_by_one`.
fn counted(
    layer: &Layer,
    one_by_one: &[usize],
    except: &[usize],
    needs: Needs,
    day: impl Fn(i64) -> NaiveDate,
) -> InRepository {
    let mut groups = Groups::default();
    groups.add(layer, except, needs, day);
    InRepository {
        each: one_by_one.iter().map(|row| layer.commit(*row)).collect(),
        groups,
    }
}

fn told_apart(layers: &[(&Repository, Cow<'_, Layer>)]) -> Told {
    let mut told = Told::default();
    let mut first: HashMap<ObjectId, Place> = HashMap::new();
    for (at, (_, layer)) in layers.iter().enumerate() {
        let mut again = Vec::new();
        for (row, id) in layer.ids().enumerate() {
            let place = *first.entry(id).or_insert((at, row));
            if place != (at, row) {
                again.push(row);
                told.learn(layers, place, (at, row));
            }
        }
        told.again.push(again);
    }
    told
}

impl Told {
    /// Adds what a later place knows of a commit.
    fn learn(&mut self, layers: &[(&Repository, Cow<'_, Layer>)], place: Place, again: Place) {
        let (first, other) = (&layers[place.0].1, &layers[again.0].1);
        let known = self.better.get(&place);
        if known.is_none() && !first.learns(place.1, other, again.1) {
            return;
        }
        let known = known.cloned().unwrap_or_else(|| first.commit(place.1));
        if let Some(better) = known.known_better(&other.commit(again.1)) {
            self.better.insert(place, better);
        }
    }
}
