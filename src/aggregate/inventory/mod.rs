//! The inventory: one row a repository, and what changed since another one.

mod comparison;
mod row;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::names::tell_apart;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::TaskId;
use crate::facts::inventory::RepoFacts;
use crate::facts::span::Moment;
use crate::facts::task::Task;
use crate::facts::zone::{Period, Zone};

pub use comparison::{Change, Comparison, Difference, Step};
pub use row::{Activity, LanguageRow, Row, TestRow};
use row::{count_sessions, ratio};

/// The name and version of the machine format.
pub const SCHEMA: &str = "git-leverage.inventory/1";
const DAY: i64 = 86_400;

/// Which stretches of time the activity columns look at: 30 days, 90 days, and the period that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// The present, in seconds since the epoch.
    pub now: i64,
    /// The period. Where it ends, the fixed stretches end as well.
    pub period: Period,
    /// Whose days the period is made of.
    pub zone: Zone,
}

impl Windows {
    /// Where the longest one starts.
    pub fn earliest(self) -> i64 {
        let fixed = self.days_back(90);
        self.since().map_or(fixed, |since| since.min(fixed))
    }

    fn since(self) -> Option<i64> {
        Some(self.midnight(self.period.since?))
    }

    /// The first second after all of them; `None` for an open end.
    fn end(self) -> Option<i64> {
        Some(self.midnight(self.period.until?.succ_opt()?))
    }

    fn days_back(self, days: i64) -> i64 {
        self.end().unwrap_or(self.now) - days * DAY
    }

    fn midnight(self, day: NaiveDate) -> i64 {
        let wall = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        self.zone.instant(Moment(wall)).seconds()
    }
}

/// The whole inventory.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// When it was made, in RFC 3339.
    #[serde(default)]
    pub at: String,
    /// The first day of the period that was asked for.
    #[serde(default)]
    pub since: Option<NaiveDate>,
    /// Its last day.
    #[serde(default)]
    pub until: Option<NaiveDate>,
    /// One row a repository.
    pub rows: Vec<Row>,
    /// Their sums, over what is known.
    pub totals: Row,
    /// What could not be searched for repositories.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

impl Inventory {
    /// The inventory of these repositories, in their order, each with a name of its own.
    pub fn new(facts: &[RepoFacts], windows: Windows, at: String, warnings: Vec<Warning>) -> Self {
        let mut rows: Vec<Row> = facts.iter().map(|facts| Row::new(facts, windows)).collect();
        tell_apart(&mut rows);
        let mut totals = totals(&rows);
        let names: BTreeSet<&str> = facts
            .iter()
            .filter_map(|facts| facts.history.as_ref())
            .flat_map(|history| history.authors.iter().map(|author| author.name.as_str()))
            .collect();
        let asked = || facts.iter().filter_map(|facts| facts.agents.as_ref());
        if asked().next().is_some() {
            // The same task or session in two clones counts once.
            let tasks: BTreeMap<TaskId, &Task> = asked()
                .flat_map(|agents| &agents.ledger.tasks)
                .map(|found| (found.task.id, &found.task))
                .collect();
            totals.fill_tasks(tasks.into_values());
            totals.sessions = Some(count_sessions(asked()));
        }
        totals.authors = rows
            .iter()
            .any(|row| row.authors.is_some())
            .then_some(names.len() as u64);
        Self {
            at,
            since: windows.period.since,
            until: windows.period.until,
            rows,
            totals,
            warnings,
        }
    }
}

/// Sums over the rows that know a number: what is unknown is left out, and the sums are said not to be complete.
fn totals(rows: &[Row]) -> Row {
    let sum = |pick: &dyn Fn(&Row) -> Option<u64>| -> Option<u64> {
        let known: Vec<u64> = rows.iter().filter_map(pick).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    let activity = |pick: &dyn Fn(&Row) -> Option<Activity>| {
        Some(Activity {
            commits: sum(&|row| pick(row).map(|activity| activity.commits))?,
            lines_added: sum(&|row| pick(row)?.lines_added),
            lines_removed: sum(&|row| pick(row)?.lines_removed),
        })
    };
    let all = |pick: &dyn Fn(&Row) -> Option<bool>| Some(rows.iter().all(|row| pick(row) == Some(true)));
    Row {
        name: "total".to_owned(),
        paths_complete: all(&|row| row.paths_complete),
        files_complete: all(&|row| row.files_complete),
        history_complete: all(&|row| row.history_complete),
        submodules: sum(&|row| row.submodules),
        files: sum(&|row| row.files),
        lines_code: sum(&|row| row.lines_code),
        lines_comments: sum(&|row| row.lines_comments),
        lines_blank: sum(&|row| row.lines_blank),
        lines_generated: sum(&|row| row.lines_generated),
        lines_vendored: sum(&|row| row.lines_vendored),
        tests: total_tests(rows),
        commits: sum(&|row| row.commits),
        first_commit: rows.iter().filter_map(|row| row.first_commit).min(),
        last_commit: rows.iter().filter_map(|row| row.last_commit).max(),
        last_30_days: activity(&|row| row.last_30_days),
        last_90_days: activity(&|row| row.last_90_days),
        since: activity(&|row| row.since),
        tags: sum(&|row| row.tags),
        releases: sum(&|row| row.releases),
        agent_commits: sum(&|row| row.agent_commits),
        agent_lines_added: sum(&|row| row.agent_lines_added),
        changed_files: sum(&|row| row.changed_files),
        untracked_files: sum(&|row| row.untracked_files),
        stashes: sum(&|row| row.stashes),
        ..Row::default()
    }
}

fn total_tests(rows: &[Row]) -> Option<TestRow> {
    let mut total = TestRow::default();
    let mut known = false;
    for tests in rows.iter().filter_map(|row| row.tests.as_ref()) {
        known = true;
        if let Some(cases) = tests.cases {
            *total.cases.get_or_insert_default() += cases;
        }
        if let Some(parametrised) = tests.parametrised {
            *total.parametrised.get_or_insert_default() += parametrised;
        }
        total.test_lines += tests.test_lines;
        total.source_lines += tests.source_lines;
        for (name, cases) in &tests.frameworks {
            *total.frameworks.entry(name.clone()).or_default() += *cases;
        }
    }
    // A row without a ratio, but with lines, has more of them than could be read.
    let is_open = |tests: &TestRow| tests.ratio.is_none() && tests.source_lines > 0;
    let mut all = rows.iter().filter_map(|row| row.tests.as_ref());
    total.ratio = ratio(total.test_lines, total.source_lines).filter(|_| !all.any(is_open));
    known.then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_numbers_are_not_zero() {
        let failed = RepoFacts::failed("a".into(), "/a".into(), "gone".into());
        let windows = Windows {
            now: 0,
            period: Period::default(),
            zone: Zone::default(),
        };
        let inventory = Inventory::new(&[failed], windows, String::new(), Vec::new());
        assert_eq!(inventory.totals.lines_code, None);
        assert_eq!(inventory.totals.tests, None);
        assert_eq!(inventory.rows[0].commits, None);
        assert_eq!(inventory.rows[0].state_in_words(), "unreadable");
    }
}
