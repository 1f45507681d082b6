//! Commits as sums: those of one history with the same day, week or month, author and evidence count as one row that was added
//! so many times.
//!
//! Nothing in a report distinguishes them further, unless they have a task or a session, or a model estimates each of them.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::group::Dimension;
use crate::facts::commit::{Commit, Instant, LineCounts, Person};
use crate::facts::commits::{Layer, Seen};
use crate::facts::evidence::{Origin, OriginState};
use crate::facts::ids::ObjectId;
use crate::facts::zone::Period;

/// The sums of some commits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct CommitSum {
    pub(super) commits: u64,
    /// Those by agents.
    pub(super) agent_commits: u64,
    /// Those whose lines are known.
    pub(super) counted: u64,
    /// Those whose lines are unknown, except merges.
    pub(super) without_lines: u64,
    pub(super) lines: LineCounts,
    pub(super) source: LineCounts,
    pub(super) tests: LineCounts,
}

impl CommitSum {
    fn join(&mut self, other: &Self) {
        self.commits += other.commits;
        self.agent_commits += other.agent_commits;
        self.counted += other.counted;
        self.without_lines += other.without_lines;
        self.lines += other.lines;
        self.source += other.source;
        self.tests += other.tests;
    }

    fn add(&mut self, seen: &Seen, is_of_agent: bool) {
        self.commits += 1;
        self.agent_commits += u64::from(is_of_agent);
        self.counted += u64::from(seen.is_known);
        self.without_lines += u64::from(!seen.is_known && !seen.is_merge);
        self.lines += seen.lines;
        self.source += seen.source;
        self.tests += seen.tests;
    }
}

/// What distinguishes commits in a report.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// The longest time within which commits need not be distinguished: a day, week or month; `None` if no time matters.
    time: Option<Dimension>,
    author: bool,
    origin: bool,
    repo: bool,
}

impl Needs {
    /// For a report by these dimensions, of a period, and of some authors or one agent if these are asked for.
    pub(super) fn new(by: &[Dimension], period: Period, (some_authors, one_agent): (bool, bool)) -> Self {
        let has = |dimensions: &[Dimension]| by.iter().any(|by| dimensions.contains(by));
        let mut times = by.iter().copied().filter(|by| by.is_time());
        let time = match (times.next(), times.next()) {
            (time, None) if period == Period::default() => time,
            _ => Some(Dimension::Day),
        };
        Self {
            time,
            author: some_authors || has(&[Dimension::Author]),
            origin: one_agent || has(&[Dimension::Agent, Dimension::Model]),
            repo: some_authors || has(&[Dimension::Repo]),
        }
    }

    /// Whether the groups of several histories can be joined.
    pub(super) fn are_of_all(self) -> bool {
        !(self.author || self.origin || self.repo)
    }
}

/// What the commits of a group have in common, as numbers of their layer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Key {
    time: i32,
    author: usize,
    origin: usize,
}

/// The sums of each group.
#[derive(Debug, Default)]
pub(super) struct Groups {
    places: HashMap<Key, usize>,
    sums: Vec<(Sketch, CommitSum)>,
}

/// A commit of a group, as far as reports distinguish it from those of other groups.
#[derive(Debug, Clone)]
struct Sketch {
    id: ObjectId,
    seconds: i64,
    author: Person,
    origin: Origin,
}

impl Groups {
    /// Adds the commits of a layer that are not at the positions `except`; `day` says on which day a second is.
    pub(super) fn add(
        &mut self,
        layer: &Layer,
        except: &[usize],
        needs: Needs,
        day: impl Fn(i64) -> NaiveDate,
    ) {
        let of_agent: Vec<bool> = layer
            .origins()
            .iter()
            .map(|origin| origin.state() == OriginState::Agent)
            .collect();
        // The next commit is most often of the same group.
        let mut last: Option<(Key, usize)> = None;
        layer.visit(except, &mut |seen| {
            let key = Key {
                time: needs.time.map_or(0, |time| time.number(day(seen.seconds))),
                author: if needs.author { seen.author } else { 0 },
                origin: if needs.origin { seen.origin } else { 0 },
            };
            let place = match last {
                Some((known, place)) if known == key => place,
                _ => {
                    let next = self.sums.len();
                    let place = *self.places.entry(key).or_insert(next);
                    if place == next {
                        let sketch = Sketch::of(layer, seen, needs);
                        self.sums.push((sketch, CommitSum::default()));
                    }
                    last = Some((key, place));
                    place
                }
            };
            if let Some((_, sum)) = self.sums.get_mut(place) {
                sum.add(seen, of_agent.get(seen.origin).copied().unwrap_or_default());
            }
        });
    }

    /// Adds the groups of other commits; a number in a key must mean the same in both.
    pub(super) fn join(&mut self, others: Self) {
        let mut keys: Vec<(Key, usize)> = others.places.into_iter().collect();
        // In the order in which they were met, so that the same facts make the same groups.
        keys.sort_unstable_by_key(|(_, place)| *place);
        for ((key, _), (sketch, sum)) in keys.into_iter().zip(others.sums) {
            match self.places.get(&key).and_then(|place| self.sums.get_mut(*place)) {
                Some((_, known)) => known.join(&sum),
                None => {
                    self.places.insert(key, self.sums.len());
                    self.sums.push((sketch, sum));
                }
            }
        }
    }

    /// The groups, each as a commit like any in it, with its sums.
    pub(super) fn into_sums(self) -> impl Iterator<Item = (Commit, CommitSum)> {
        self.sums.into_iter().map(|(sketch, sum)| (sketch.commit(), sum))
    }
}

impl Sketch {
    fn of(layer: &Layer, seen: &Seen, needs: Needs) -> Self {
        let author = layer.person(seen.author).filter(|_| needs.author);
        let origin = layer.origin(seen.origin).filter(|_| needs.origin);
        Self {
            id: layer.id(seen.row),
            seconds: seen.seconds,
            author: author.cloned().unwrap_or_default(),
            origin: origin.cloned().unwrap_or_default(),
        }
    }

    fn commit(self) -> Commit {
        let time = Instant {
            seconds: self.seconds,
            offset: 0,
        };
        Commit {
            id: self.id,
            tree: self.id,
            parents: Vec::new(),
            author: self.author,
            author_time: time,
            commit_time: time,
            subject: String::new(),
            lines: None,
            by_class: Vec::new(),
            claiming: None,
            reverts: Box::default(),
            origin: self.origin,
        }
    }
}
