//! The inventory: one row a repository, and what changed since another one.

mod comparison;
mod row;
mod windows;

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::copies::Copies;
use super::effort::Effort;
use super::names::tell_apart;
use super::report::{CommitsOnce, tasks_once};
use super::repository::{PlacedTask, Repository};
use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::facts::inventory::{HistoryFacts, RecentCommit, RepoFacts};
use crate::facts::lineage::Lineage;

pub use comparison::{Change, Comparison, Difference, Step};
use row::ratio;
pub use row::{Activity, InventoryRow, TestRow, reached};
pub use windows::Windows;

/// The name and version of the machine format.
pub const SCHEMA: &str = "git-leverage.inventory/2";

/// The version before, which `--compare` still reads.
pub const SCHEMA_1: &str = "git-leverage.inventory/1";

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
    pub rows: Vec<InventoryRow>,
    /// Their sums, over what is known.
    pub totals: InventoryRow,
    /// What is in several of the repositories, a sentence each.
    #[serde(skip)]
    pub copies: Vec<String>,
    /// What could not be searched for repositories.
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

impl Inventory {
    /// An inventory of [`SCHEMA_1`] with the fields and check ids of [`SCHEMA`].
    pub fn upgraded(mut self) -> Self {
        for row in &mut self.rows {
            let apart = row.lines_generated.zip(row.lines_vendored);
            let own = row.lines_code.zip(apart);
            row.lines_own = own
                .map(|(all, (generated, vendored))| all.saturating_sub(generated.saturating_add(vendored)));
            row.license = row.licence.clone();
            let former = row.checks.iter_mut().filter(|check| check.id == "licence");
            former.for_each(|check| "license".clone_into(&mut check.id));
        }
        self
    }

    /// The inventory of these repositories, in their order, each with a name of its own. `shared` are the commits of each that
    /// others may have too; `agents` is what is known of who made them, where somebody asks.
    pub fn new(
        facts: &[RepoFacts],
        shared: &[Vec<ObjectId>],
        agents: Option<Agents<'_>>,
        windows: Windows,
    ) -> Self {
        let lineages: Vec<&Lineage> = facts.iter().map(|facts| &facts.lineage).collect();
        let copies = Copies::of(&lineages, shared);
        let mut rows: Vec<InventoryRow> = facts
            .iter()
            .map(|facts| InventoryRow::new(facts, windows))
            .collect();
        tell_apart(&mut rows);
        let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
        let name = |at: usize| names[at].as_str();
        for (at, row) in rows.iter_mut().enumerate() {
            row.copy_of = copies.copy_of(at, name);
            row.shares = copies.shares(at, name);
        }
        let mut totals = totals(&rows, &copies);
        if let Some(agents) = agents {
            agents.fill(facts, &copies, &mut rows, &mut totals);
        }
        fill_total_history(facts, &copies, windows, &mut totals);
        Self {
            since: windows.period.since,
            until: windows.period.until,
            copies: copies.notes(name),
            rows,
            totals,
            ..Self::default()
        }
    }
}

/// What is known of who made the commits of the repositories of an inventory.
#[derive(Debug, Clone, Copy)]
pub struct Agents<'a> {
    /// The repositories, in the order of the inventory.
    pub repos: &'a [Repository],
    /// The sessions that worked in them; `None` where they were not asked for.
    pub sessions: Option<&'a [SeenSession]>,
}

impl Agents<'_> {
    /// Fills the columns of agents, each task, session and commit once in the totals.
    fn fill(
        self,
        facts: &[RepoFacts],
        copies: &Copies,
        rows: &mut [InventoryRow],
        totals: &mut InventoryRow,
    ) {
        let sessions = self.sessions.unwrap_or_default();
        let tasks = tasks_once(self.repos, copies);
        let placed: Vec<&PlacedTask> = tasks.iter().map(|(_, placed)| *placed).collect();
        let effort = Effort::new(sessions, &placed);
        let mut ids: HashSet<ObjectId> = HashSet::new();
        for (at, (row, (repo, facts))) in rows.iter_mut().zip(self.repos.iter().zip(facts)).enumerate() {
            let commits = reached(facts.head, &repo.commits);
            row.fill_agents(&commits);
            ids.extend(commits.iter().map(|commit| commit.id));
            row.fill_tasks(repo.tasks.iter(), &effort);
            let here = sessions
                .iter()
                .filter(|session| session.home == at || session.made().any(|(repo, _)| *repo == at));
            row.sessions = self.sessions.map(|_| here.count() as u64);
        }
        let once = CommitsOnce::of(self.repos, copies);
        let all: Vec<&Commit> = once.iter().map(|(_, commit)| commit).collect();
        let all: Vec<&Commit> = all
            .into_iter()
            .filter(|commit| ids.contains(&commit.id))
            .collect();
        totals.fill_agents(&all);
        totals.fill_tasks(placed.into_iter(), &effort);
        totals.sessions = self.sessions.map(|sessions| sessions.len() as u64);
    }
}

/// Authors by name, and what was done of late, each commit once.
fn fill_total_history(facts: &[RepoFacts], copies: &Copies, windows: Windows, totals: &mut InventoryRow) {
    let histories = copies.order().iter().filter_map(|at| facts[*at].history.as_ref());
    let histories: Vec<&HistoryFacts> = histories.collect();
    if histories.is_empty() {
        return;
    }
    let authors = histories.iter().flat_map(|history| &history.authors);
    let names: BTreeSet<&str> = authors.map(|author| author.name.as_str()).collect();
    totals.authors = Some(names.len() as u64);
    let mut best: HashMap<ObjectId, &RecentCommit> = HashMap::new();
    for commit in histories.iter().flat_map(|history| &history.recent) {
        // One clone may lack the blobs that another has.
        let known = best.entry(commit.id).or_insert(commit);
        if known.lines.is_none() {
            *known = commit;
        }
    }
    for history in histories {
        let ids = history.recent.iter().map(|commit| commit.id);
        let fresh: Vec<&RecentCommit> = ids.filter_map(|id| best.remove(&id)).collect();
        let mut part = InventoryRow::default();
        part.fill_activity(&fresh, windows);
        for (total, part) in [
            (&mut totals.last_30_days, part.last_30_days),
            (&mut totals.last_90_days, part.last_90_days),
            (&mut totals.since, part.since),
        ] {
            *total = match (*total, part) {
                (Some(total), Some(part)) => Some(total.with(part)),
                (total, part) => total.or(part),
            };
        }
    }
}

/// Sums over the rows that know a number: what is unknown is left out, and the sums are said not to be complete. A copy adds
/// nothing but the state of its clone.
fn totals(rows: &[InventoryRow], copies: &Copies) -> InventoryRow {
    let all =
        |pick: &dyn Fn(&InventoryRow) -> Option<bool>| Some(rows.iter().all(|row| pick(row) == Some(true)));
    let sum_of = |rows: &[&InventoryRow], pick: &dyn Fn(&InventoryRow) -> Option<u64>| -> Option<u64> {
        let known: Vec<u64> = rows.iter().filter_map(|row| pick(row)).collect();
        (!known.is_empty()).then(|| known.iter().sum())
    };
    let clones: Vec<&InventoryRow> = rows.iter().collect();
    let originals: Vec<&InventoryRow> = rows.iter().filter(|row| row.copy_of.is_none()).collect();
    let sum = |pick: &dyn Fn(&InventoryRow) -> Option<u64>| sum_of(&originals, pick);
    let state = |pick: &dyn Fn(&InventoryRow) -> Option<u64>| sum_of(&clones, pick);
    let commits = rows
        .iter()
        .enumerate()
        .filter_map(|(at, row)| match copies.kin(at) {
            Some(_) => row.commits.map(|_| copies.counted(at) as u64),
            None => row.commits,
        });
    InventoryRow {
        name: "total".to_owned(),
        paths_complete: all(&|row| row.paths_complete),
        files_complete: all(&|row| row.files_complete),
        history_complete: all(&|row| row.history_complete),
        submodules: sum(&|row| row.submodules),
        files: sum(&|row| row.files),
        lines_own: sum(&|row| row.lines_own),
        lines_code: sum(&|row| row.lines_code),
        lines_comments: sum(&|row| row.lines_comments),
        lines_blank: sum(&|row| row.lines_blank),
        lines_generated: sum(&|row| row.lines_generated),
        lines_vendored: sum(&|row| row.lines_vendored),
        tests: total_tests(&originals),
        commits: commits.reduce(|sum, commits| sum + commits),
        first_commit: rows.iter().filter_map(|row| row.first_commit).min(),
        last_commit: rows.iter().filter_map(|row| row.last_commit).max(),
        tags: sum(&|row| row.tags),
        releases: sum(&|row| row.releases),
        changed_files: state(&|row| row.changed_files),
        untracked_files: state(&|row| row.untracked_files),
        stashes: state(&|row| row.stashes),
        ..InventoryRow::default()
    }
}

fn total_tests(rows: &[&InventoryRow]) -> Option<TestRow> {
    let mut total = TestRow::default();
    let mut known = false;
    for tests in rows.iter().filter_map(|row| row.tests.as_ref()) {
        known = true;
        if let Some(cases) = tests.cases {
            *total.cases.get_or_insert_default() += cases;
        }
        if let Some(parametrized) = tests.parametrized {
            *total.parametrized.get_or_insert_default() += parametrized;
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
    use crate::facts::zone::{Period, Zone};

    #[test]
    fn unknown_numbers_are_not_zero() {
        let failed = RepoFacts::failed("a".into(), "/a".into(), "gone".into());
        let windows = Windows {
            now: 0,
            period: Period::default(),
            zone: Zone::default(),
        };
        let inventory = Inventory::new(&[failed], &[Vec::new()], None, windows);
        assert_eq!(inventory.totals.lines_code, None);
        assert_eq!(inventory.totals.tests, None);
        assert_eq!(inventory.rows[0].commits, None);
        assert_eq!(inventory.rows[0].state_in_words(), "unreadable");
    }
}
