//! Rung 3: the lines that a session wrote are in a commit.
//!
//! A line that a session added, and did not remove again, belongs to the first commit after it that adds the same line
//! to the same file; a line that it removed, to the first that removes it. A later commit that adds it again (a move, a
//! merge of branches, a revert of a revert) has no part in it. If several sessions wrote a line before it was
//! committed, the last one counts. Rare lines weigh more: one that five changes add weighs a fifth of one that a single
//! change adds. So a commit that was amended, rebased or made hours later is found, and boilerplate links nothing.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{ChangeIndex, Found, GroupIndex, Proof, Repository, VisitIndex};
use crate::facts::change::Change;
use crate::facts::evidence::Confidence;
use crate::facts::session::LineHash;
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::{Millis, Moment};

/// How long after an edit it may still be committed.
pub(super) const PATIENCE: Millis = Millis::DAY.times(14);
/// This many lines of a change that no other change has are not an accident.
const ENOUGH: f64 = 2.0;
/// Nor is this part of a small commit.
const MOST: f64 = 0.5;

/// Whether a line was added or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Side {
    Added,
    Removed,
}

/// One line in one file: the file by its position among those that sessions changed.
type Line = (Side, usize, LineHash);

/// The evidence of a session for one change.
#[derive(Default)]
struct Claim {
    lines: Vec<Line>,
    weight: f64,
    /// The shortest time from edit to commit.
    age: Option<Millis>,
    /// When the last of the lines was committed.
    taken: Option<Moment>,
}

/// Adds the links that lines prove.
pub(super) fn add(repository: &Repository<'_>, found: &mut Found) {
    let files = files(repository);
    let standing: Vec<HashMap<Line, Moment>> = (0..repository.visits.len())
        .map(|visit| standing(repository, visit, &files))
        .collect();
    let wanted: HashSet<Line> = standing.iter().flat_map(HashMap::keys).copied().collect();
    let index = Index::new(repository, &files, &wanted);
    for ((group, visit), claim) in claims(repository, &standing, &index) {
        let mut counts: BTreeMap<ChangeIndex, usize> = BTreeMap::new();
        for line in &claim.lines {
            for change in index.of(*line) {
                if repository.group_of[*change] == group {
                    *counts.entry(*change).or_default() += 1;
                }
            }
        }
        for (change, lines) in counts {
            let confidence = claim.confidence(repository.change(change));
            let proof = Proof {
                rung: Rung::Lines,
                confidence,
                evidence: vec![Sign::Lines(lines)],
                lines,
                taken: claim.taken,
            };
            found.add(change, visit, proof);
        }
    }
}

impl Claim {
    fn confidence(&self, change: &Change) -> Confidence {
        let fresh = self.age.is_some_and(|age| age <= Millis::DAY);
        if self.weight >= ENOUGH || self.weight >= MOST * telling_lines(change) {
            Confidence::High
        } else if self.weight >= 1.0 && fresh {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }
}

/// How many lines of a change are distinctive. Files that were not read also count.
fn telling_lines(change: &Change) -> f64 {
    let read: Vec<usize> = change
        .files
        .iter()
        .filter_map(|file| file.lines.as_ref())
        .map(crate::facts::change::ChangedLines::count)
        .collect();
    let lines: usize = read.iter().sum();
    (lines * change.files.len()) as f64 / read.len().max(1) as f64
}

/// The files that sessions changed, numbered.
fn files<'a>(repository: &'a Repository<'_>) -> HashMap<&'a str, usize> {
    let mut files = HashMap::new();
    for edit in repository.visits.iter().flat_map(|visit| &visit.edits) {
        let next = files.len();
        files.entry(edit.path.as_str()).or_insert(next);
    }
    files
}

/// What a session leaves behind: the lines it added and did not remove, and those of others that it removed and did not
/// restore, with the time of the last edit that did so.
fn standing(
    repository: &Repository<'_>,
    visit: VisitIndex,
    files: &HashMap<&str, usize>,
) -> HashMap<Line, Moment> {
    let mut standing = HashMap::new();
    for edit in &repository.visits[visit].edits {
        let file = files[edit.path.as_str()];
        let put_back: HashSet<&LineHash> = edit.added.iter().collect();
        for line in edit.removed.iter().filter(|line| !put_back.contains(line)) {
            if standing.remove(&(Side::Added, file, *line)).is_none() {
                standing.insert((Side::Removed, file, *line), edit.at);
            }
        }
        for line in edit.added {
            standing.remove(&(Side::Removed, file, *line));
            standing.insert((Side::Added, file, *line), edit.at);
        }
    }
    standing
}

/// Which commits add and remove the lines of the sessions, and how many changes add each line anywhere.
struct Index {
    changes: HashMap<Line, Vec<ChangeIndex>>,
    frequency: HashMap<(Side, LineHash), usize>,
}

impl Index {
    fn new(repository: &Repository<'_>, files: &HashMap<&str, usize>, wanted: &HashSet<Line>) -> Self {
        let hashes: HashSet<(Side, LineHash)> = wanted.iter().map(|(side, _, line)| (*side, *line)).collect();
        let mut index = Self {
            changes: HashMap::new(),
            frequency: HashMap::new(),
        };
        for members in &repository.groups {
            let mut seen = HashSet::new();
            for member in members {
                for (path, side, hash) in lines_of(repository.change(*member)) {
                    if hashes.contains(&(side, hash)) {
                        seen.insert((side, hash));
                    }
                    let line = files.get(path).map(|file| (side, *file, hash));
                    if let Some(line) = line.filter(|line| wanted.contains(line)) {
                        index.changes.entry(line).or_default().push(*member);
                    }
                }
            }
            for known in seen {
                *index.frequency.entry(known).or_default() += 1;
            }
        }
        index
    }

    fn of(&self, line: Line) -> &[ChangeIndex] {
        self.changes.get(&line).map_or(&[], Vec::as_slice)
    }

    fn weight(&self, (side, _, hash): Line) -> f64 {
        let frequency = self.frequency.get(&(side, hash)).copied().unwrap_or(1);
        1.0 / frequency.max(1) as f64
    }
}

fn lines_of(change: &Change) -> impl Iterator<Item = (&str, Side, LineHash)> {
    change.files.iter().flat_map(|file| {
        file.lines.iter().flat_map(|lines| {
            let added = lines
                .added
                .iter()
                .map(|line| (file.path.as_str(), Side::Added, *line));
            let removed = lines
                .removed
                .iter()
                .map(|line| (file.path.as_str(), Side::Removed, *line));
            added.chain(removed)
        })
    })
}

/// For each change and session the lines that are the session's there.
fn claims(
    repository: &Repository<'_>,
    standing: &[HashMap<Line, Moment>],
    index: &Index,
) -> BTreeMap<(GroupIndex, VisitIndex), Claim> {
    let mut holders: HashMap<(GroupIndex, Line), (Moment, VisitIndex, Millis)> = HashMap::new();
    for (visit, lines) in standing.iter().enumerate() {
        for (line, at) in lines {
            let Some((committed, group)) = first_commit(repository, index.of(*line), *at) else {
                continue;
            };
            let mine = (*at, visit, committed - *at);
            let holder = holders.entry((group, *line)).or_insert(mine);
            *holder = (*holder).max(mine);
        }
    }
    let mut held: Vec<_> = holders.into_iter().collect();
    held.sort_unstable();
    let mut claims: BTreeMap<(GroupIndex, VisitIndex), Claim> = BTreeMap::new();
    for ((group, line), (at, visit, age)) in held {
        let claim = claims.entry((group, visit)).or_default();
        claim.lines.push(line);
        claim.weight += index.weight(line);
        claim.age = Some(claim.age.map_or(age, |known| known.min(age)));
        claim.taken = claim.taken.max(Some(at + age));
    }
    claims
}

/// The first change after `at`, within the limit, of those that contain a line.
fn first_commit(
    repository: &Repository<'_>,
    changes: &[ChangeIndex],
    at: Moment,
) -> Option<(Moment, GroupIndex)> {
    changes
        .iter()
        .filter_map(|change| {
            let committed = committed(repository.change(*change), at)?;
            Some((committed, repository.group_of[*change]))
        })
        .filter(|(committed, _)| *committed - at <= PATIENCE)
        .min()
}

/// When a change took in what existed at `at`: when it was authored, or, if that is earlier, when it was amended.
pub(super) fn committed(change: &Change, at: Moment) -> Option<Moment> {
    [change.author_time, change.commit_time]
        .into_iter()
        .map(last_moment)
        .find(|moment| *moment >= at)
}

/// Commit times are in seconds: the last millisecond of one.
pub(super) fn last_moment(second: i64) -> Moment {
    Moment(second.saturating_mul(1000)).plus(999)
}
