//! What changed since an earlier inventory.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Inventory, InventoryRow};
use crate::aggregate::names::{Named, tell_apart};
use crate::aggregate::readiness::Verdict;

/// How a repository differs from its row in an earlier inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The earlier inventory does not have it.
    Added,
    /// Only the earlier inventory has it.
    Gone,
    /// One side is incomplete, and nothing else differs.
    #[serde(rename = "not_comparable")]
    NotComparable,
    /// Something differs.
    Changed,
}

/// A number before and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// In the earlier inventory.
    pub before: Option<u64>,
    /// In this one.
    pub now: Option<u64>,
    /// Whether the earlier number is complete.
    pub before_complete: bool,
    /// Whether this number is complete.
    pub now_complete: bool,
}

impl Step {
    fn new(before: Option<&InventoryRow>, now: Option<&InventoryRow>, count: Count) -> Self {
        let is_complete =
            |row: Option<&InventoryRow>| row.is_some_and(|row| (count.is_complete)(row) != Some(false));
        Self {
            before: before.and_then(count.of),
            now: now.and_then(count.of),
            before_complete: is_complete(before),
            now_complete: is_complete(now),
        }
    }

    /// The difference; `None` unless both are known and complete.
    pub fn difference(self) -> Option<i64> {
        let is_whole = self.before_complete && self.now_complete;
        let difference = self.now?.cast_signed().saturating_sub(self.before?.cast_signed());
        is_whole.then_some(difference)
    }

    /// Whether the sides differ, if only in completeness, by an unknown amount.
    fn is_open(self) -> bool {
        let before = (self.before, self.before_complete);
        let is_known = self.before.or(self.now).is_some();
        is_known && before != (self.now, self.now_complete) && self.difference().is_none()
    }
}

/// A number of a row, and whether it is complete.
#[derive(Clone, Copy)]
struct Count {
    id: &'static str,
    of: fn(&InventoryRow) -> Option<u64>,
    is_complete: fn(&InventoryRow) -> Option<bool>,
}

const LINES: Count = Count {
    id: "lines_own",
    of: |row| row.lines_own,
    is_complete: |row| row.files_complete,
};
const TESTS: Count = Count {
    id: "tests",
    of: |row| row.tests.as_ref().and_then(|tests| tests.cases),
    is_complete: |row| row.files_complete,
};
const COMMITS: Count = Count {
    id: "commits",
    of: |row| row.commits,
    is_complete: |row| row.history_complete,
};

/// One repository of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Its name. Untrusted text.
    pub name: String,
    /// Where it is, or was. Untrusted text.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// Lines of code, without generated and vendored files.
    pub lines_own: Step,
    /// Test cases.
    pub tests: Step,
    /// Commits.
    pub commits: Step,
    /// Checks that fail now and did not before.
    pub checks_broken: Vec<String>,
    /// Checks that failed and pass now.
    pub checks_fixed: Vec<String>,
    /// Checks that are unknown on one side.
    pub checks_not_comparable: Vec<String>,
    /// Numbers that are unknown or incomplete on one side.
    pub not_comparable: Vec<String>,
}

/// What changed since an earlier inventory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// When the earlier one was made.
    pub before: String,
    /// When this one was made.
    pub now: String,
    /// Repositories that differ.
    pub rows: Vec<Difference>,
    /// How many do not, as far as is known.
    pub unchanged: u64,
}

impl Comparison {
    /// What changed from `before` to `now`. Repositories with the same path are the same; the others are matched by the longest
    /// end of their paths that is unique, unless their first commits differ.
    pub fn new(before: &Inventory, now: &Inventory) -> Self {
        let mut left = Left {
            before: before.rows.iter().collect(),
            now: now.rows.iter().collect(),
        };
        let mut rows = Vec::new();
        let mut unchanged = 0;
        for (before, now) in left.pair_all() {
            let difference = Difference::new(Some(before), Some(now));
            if difference.is_nothing() && !difference.is_open() {
                unchanged += 1;
            } else {
                rows.push(difference);
            }
        }
        rows.extend(left.now.into_iter().map(|row| Difference::new(None, Some(row))));
        rows.extend(
            left.before
                .into_iter()
                .map(|row| Difference::new(Some(row), None)),
        );
        tell_apart(&mut rows);
        rows.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
        Self {
            before: before.at.clone(),
            now: now.at.clone(),
            rows,
            unchanged,
        }
    }
}

/// Rows of two inventories that are not matched yet.
struct Left<'a> {
    before: Vec<&'a InventoryRow>,
    now: Vec<&'a InventoryRow>,
}

impl<'a> Left<'a> {
    fn pair_all(&mut self) -> Vec<(&'a InventoryRow, &'a InventoryRow)> {
        let mut pairs = self.pair(|before, now| directories(&before.path) == directories(&now.path));
        let longest = self.now.iter().map(|row| directories(&row.path).len()).max();
        for length in (1..=longest.unwrap_or(0)).rev() {
            pairs.extend(self.pair(|before, now| {
                let is_young = before.first_commit.is_none() || now.first_commit.is_none();
                shared_end(&before.path, &now.path) == length
                    && (is_young || before.first_commit == now.first_commit)
            }));
        }
        pairs
    }

    /// Removes the rows that fit each other and no third one.
    fn pair(
        &mut self,
        fit: impl Fn(&InventoryRow, &InventoryRow) -> bool,
    ) -> Vec<(&'a InventoryRow, &'a InventoryRow)> {
        let only = |rows: &[&'a InventoryRow], fits: &dyn Fn(&InventoryRow) -> bool| {
            let mut fitting = rows.iter().filter(|row| fits(row));
            fitting.next().copied().filter(|_| fitting.next().is_none())
        };
        let pairs: Vec<(&InventoryRow, &InventoryRow)> = self
            .now
            .iter()
            .filter_map(|now| {
                let before = only(&self.before, &|before| fit(before, now))?;
                only(&self.now, &|other| fit(before, other)).map(|now| (before, now))
            })
            .collect();
        let is_paired = |row: &&InventoryRow| {
            let mut paired = pairs.iter();
            paired.any(|(before, now)| std::ptr::eq(*before, *row) || std::ptr::eq(*now, *row))
        };
        self.before.retain(|row| !is_paired(row));
        self.now.retain(|row| !is_paired(row));
        pairs
    }
}

/// The parts of a path, however it is written.
fn directories(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            directory => parts.push(directory),
        }
    }
    parts
}

/// How many parts two paths share at their ends.
fn shared_end(a: &str, b: &str) -> usize {
    let (a, b) = (directories(a), directories(b));
    a.iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(a, b)| a.trim_end_matches(".git") == b.trim_end_matches(".git"))
        .count()
}

impl Named for Difference {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&mut self) -> &mut String {
        &mut self.name
    }
}

impl Difference {
    fn new(before: Option<&InventoryRow>, now: Option<&InventoryRow>) -> Self {
        let named = now.or(before);
        let with = |row: Option<&InventoryRow>, verdict| -> BTreeSet<String> {
            row.into_iter()
                .flat_map(|row| row.checks_with(verdict))
                .map(|check| check.id.clone())
                .collect()
        };
        let both = before.is_some() && now.is_some();
        let failed_before = with(before, Verdict::Fail);
        let unknown_before = with(before, Verdict::Unknown);
        let checks = |verdict, failed: bool| -> Vec<String> {
            with(now.filter(|_| both), verdict)
                .into_iter()
                .filter(|id| failed_before.contains(id) == failed && !unknown_before.contains(id))
                .collect()
        };
        let steps = [LINES, TESTS, COMMITS].map(|count| (count.id, Step::new(before, now, count)));
        let open_counts = steps.iter().filter(|(_, step)| both && step.is_open());
        let not_comparable = open_counts.map(|(id, _)| (*id).to_owned()).collect();
        let unknown_now = with(now, Verdict::Unknown);
        let open_checks = unknown_before.symmetric_difference(&unknown_now);
        let [lines_own, tests, commits] = steps.map(|(_, step)| step);
        let mut difference = Self {
            name: named.map(|row| row.name.clone()).unwrap_or_default(),
            path: named.map(|row| row.path.clone()).unwrap_or_default(),
            change: match (before, now) {
                (None, _) => Change::Added,
                (_, None) => Change::Gone,
                _ => Change::Changed,
            },
            lines_own,
            tests,
            commits,
            checks_broken: checks(Verdict::Fail, false),
            checks_fixed: checks(Verdict::Pass, true),
            checks_not_comparable: open_checks.filter(|_| both).cloned().collect(),
            not_comparable,
        };
        if both && difference.is_nothing() {
            difference.change = Change::NotComparable;
        }
        difference
    }

    /// Whether one side is less complete than the other.
    pub fn is_open(&self) -> bool {
        !(self.not_comparable.is_empty() && self.checks_not_comparable.is_empty())
    }

    /// Whether nothing is known to differ.
    fn is_nothing(&self) -> bool {
        [self.lines_own, self.tests, self.commits]
            .iter()
            .all(|step| step.difference().unwrap_or(0) == 0)
            && self.checks_broken.is_empty()
            && self.checks_fixed.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::readiness::Check;

    fn row(name: &str, code: u64, failing: &[&str]) -> InventoryRow {
        let check = |id: &str, fails: bool| Check {
            id: id.to_owned(),
            verdict: if fails { Verdict::Fail } else { Verdict::Pass },
            reason: String::new(),
            hint: None,
        };
        InventoryRow {
            name: name.to_owned(),
            path: format!("/src/{name}"),
            lines_own: Some(code),
            checks: ["readme", "ci"]
                .map(|id| check(id, failing.contains(&id)))
                .to_vec(),
            ..InventoryRow::default()
        }
    }

    impl Difference {
        fn open(&self) -> String {
            let ids = self.not_comparable.iter().chain(&self.checks_not_comparable);
            ids.cloned().collect::<Vec<_>>().join(" ")
        }
    }

    fn inventory(rows: Vec<InventoryRow>) -> Inventory {
        Inventory {
            rows,
            ..Inventory::default()
        }
    }

    #[test]
    fn a_comparison_names_what_changed() {
        let before = inventory(vec![
            row("kiln", 10, &["readme"]),
            row("loom", 5, &[]),
            row("old", 1, &[]),
        ]);
        let now = inventory(vec![
            row("kiln", 12, &["ci"]),
            row("loom", 5, &[]),
            row("new", 2, &["ci"]),
        ]);
        let comparison = Comparison::new(&before, &now);
        let told: Vec<_> = comparison
            .rows
            .iter()
            .map(|row| (row.name.as_str(), row.change, row.lines_own.difference()))
            .collect();
        assert_eq!(
            told,
            [
                ("kiln", Change::Changed, Some(2)),
                ("new", Change::Added, None),
                ("old", Change::Gone, None)
            ]
        );
        let kiln = &comparison.rows[0];
        assert_eq!(
            (kiln.checks_broken.as_slice(), kiln.checks_fixed.as_slice()),
            (&["ci".to_owned()][..], &["readme".to_owned()][..])
        );
        assert_eq!(comparison.unchanged, 1);
    }

    #[test]
    fn what_is_unknown_on_one_side_is_not_a_change() {
        let whole = || row("kiln", 10, &[]);
        let unknown = |id: &str, row: InventoryRow| InventoryRow {
            checks: row
                .checks
                .into_iter()
                .map(|check| Check {
                    verdict: if check.id == id {
                        Verdict::Unknown
                    } else {
                        check.verdict
                    },
                    ..check
                })
                .collect(),
            ..row
        };
        let part = |code: Option<u64>| InventoryRow {
            lines_own: code,
            files_complete: Some(false),
            ..unknown("ci", whole())
        };
        let told = |before: InventoryRow, now: InventoryRow| {
            let comparison = Comparison::new(&inventory(vec![before]), &inventory(vec![now]));
            let rows = comparison.rows.into_iter();
            let row = rows.map(|row| (row.change, row.lines_own.difference(), row.open()));
            row.collect::<Vec<_>>()
        };
        let open = [(Change::NotComparable, None, "lines_own ci".to_owned())];
        for other in [part(None), part(Some(0)), part(Some(10))] {
            assert_eq!(told(other.clone(), whole()), open);
            assert_eq!(told(whole(), other.clone()), open);
            assert_eq!(told(other.clone(), other), []);
        }
        let broken = row("kiln", 12, &["ci"]);
        let told = told(unknown("ci", whole()), broken);
        assert_eq!(told, [(Change::Changed, Some(2), "ci".to_owned())]);
    }

    fn at(path: &str, first_commit: i64) -> InventoryRow {
        InventoryRow {
            path: path.to_owned(),
            first_commit: Some(first_commit),
            ..row(path.trim_end_matches('/').rsplit('/').next().unwrap(), 10, &[])
        }
    }

    /// The rows that differ.
    fn differing(before: Vec<InventoryRow>, now: Vec<InventoryRow>) -> Vec<(String, Change)> {
        let comparison = Comparison::new(&inventory(before), &inventory(now));
        let rows = comparison.rows.into_iter();
        rows.map(|row| (row.name, row.change)).collect()
    }

    #[test]
    fn a_path_is_the_same_however_it_is_written() {
        for path in ["/src/kiln/", "/src/./kiln", "/src/loom/../kiln", "src//kiln"] {
            let both = |first| vec![at("/other/kiln", 1), at(first, 2)];
            assert!(differing(both("/src/kiln"), both(path)).is_empty(), "{path}");
        }
    }

    #[test]
    fn a_moved_root_contains_the_same_repositories() {
        let below = |root: &str| {
            let places = [("a/api", 1), ("b/api", 1), ("web.git", 3)];
            places
                .map(|(place, first)| at(&format!("{root}/{place}"), first))
                .to_vec()
        };
        assert!(differing(below("/old"), below("/new/src")).is_empty());
    }

    #[test]
    fn repositories_with_different_histories_are_not_the_same() {
        assert_eq!(
            differing(vec![at("/w/a/api", 1)], vec![at("/w/b/api", 2)]),
            [
                ("a/api".to_owned(), Change::Gone),
                ("b/api".to_owned(), Change::Added)
            ]
        );
        assert!(differing(vec![at("/w/a/api", 1)], vec![at("/w/b/api", 1)]).is_empty());
    }
}
