//! The inventory: one row a repository, and what changed since another one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::measures::Tally;
use super::names::{Named, tell_apart};
use super::readiness::{self, Check, Verdict};
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::OriginState;
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::inventory::{
    AgentFacts, Author, Cases, Divergence, LicenceSource, Lines, Remote, RepoFacts, Size, StateFacts,
    TreeFacts,
};
use crate::facts::quantity::Hours;
use crate::facts::span::Moment;
use crate::facts::task::Task;
use crate::facts::zone::{Period, Zone};

/// The name and version of the machine format.
pub const SCHEMA: &str = "git-leverage.inventory/1";
const DAY: i64 = 86_400;
/// Weeks are not shown here.
const HOURS_PER_WEEK: f64 = 40.0;

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

/// One language of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LanguageRow {
    /// Files.
    pub files: u64,
    /// Lines of code.
    pub code: u64,
    /// Lines of comments.
    pub comments: u64,
    /// Blank lines.
    pub blanks: u64,
    /// Share of the code in programming languages; `None` for data, configuration and prose.
    pub share: Option<f64>,
}

/// The tests of a repository.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TestRow {
    /// Test cases.
    pub cases: u64,
    /// Of these, those with parameters, which a runner lists more than once.
    pub parametrised: u64,
    /// By framework.
    pub frameworks: BTreeMap<String, Cases>,
    /// Lines of code that test.
    pub test_lines: u64,
    /// Lines of code that are tested.
    pub source_lines: u64,
    /// The former over the latter.
    pub ratio: Option<f64>,
}

/// Commits and lines of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Activity {
    /// Commits made in it.
    pub commits: u64,
    /// Lines they added; `None` where those of one are unknown.
    pub lines_added: Option<u64>,
    /// Lines they removed.
    pub lines_removed: Option<u64>,
}

/// A row. `None` is unknown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field is described in docs/formats/inventory.md.
pub struct Row {
    pub name: String,
    pub path: String,
    pub status: Option<Status>,
    pub reasons: Vec<String>,
    pub head: Option<String>,
    pub branch: Option<String>,
    pub default_branch: Option<String>,
    pub remotes: Vec<Remote>,
    pub description: Option<String>,
    pub licence: Option<String>,
    pub licence_source: Option<LicenceSource>,
    pub submodules: Option<u64>,
    pub files_complete: Option<bool>,
    pub files: Option<u64>,
    pub lines_code: Option<u64>,
    pub lines_comments: Option<u64>,
    pub lines_blank: Option<u64>,
    pub lines_generated: Option<u64>,
    pub lines_vendored: Option<u64>,
    pub language: Option<String>,
    pub languages: Option<BTreeMap<String, LanguageRow>>,
    pub tests: Option<TestRow>,
    pub history_complete: Option<bool>,
    pub commits: Option<u64>,
    pub authors: Option<u64>,
    pub top_authors: Vec<Author>,
    pub first_commit: Option<i64>,
    pub last_commit: Option<i64>,
    pub last_30_days: Option<Activity>,
    pub last_90_days: Option<Activity>,
    pub since: Option<Activity>,
    pub tags: Option<u64>,
    pub releases: Option<u64>,
    pub latest_release: Option<String>,
    pub agent_commits: Option<u64>,
    pub agent_lines_added: Option<u64>,
    pub known_origin_share: Option<f64>,
    pub tasks: Option<u64>,
    pub human_hours: Option<Hours>,
    pub leverage_factor: Option<f64>,
    pub sessions: Option<u64>,
    pub changed_files: Option<u64>,
    pub untracked_files: Option<u64>,
    pub ahead: Option<u64>,
    pub behind: Option<u64>,
    pub unpushed_branches: Option<Vec<String>>,
    pub stale_branches: Option<Vec<String>>,
    pub stashes: Option<u64>,
    pub bare: Option<bool>,
    pub checked_out: Option<bool>,
    pub shallow: Option<bool>,
    pub partial_clone: Option<bool>,
    pub last_fetch: Option<i64>,
    pub checks: Vec<Check>,
}

/// The authors in [`Row::top_authors`].
const TOP_AUTHORS: usize = 5;

impl Row {
    /// The row of a repository.
    pub fn new(facts: &RepoFacts, windows: Windows) -> Self {
        let mut row = Self {
            name: facts.name.clone(),
            path: facts.path.clone(),
            status: Some(facts.status),
            reasons: facts.reasons.clone(),
            head: facts.head.map(|head| head.to_string()),
            checks: readiness::checks(facts),
            ..Self::default()
        };
        if let Some(state) = &facts.state {
            row.fill_state(state);
        }
        if let Some(tree) = &facts.tree {
            row.fill_tree(tree);
        }
        row.fill_history(facts, windows);
        row.fill_agents(facts);
        row
    }

    fn fill_state(&mut self, state: &StateFacts) {
        self.branch = state.branch.clone();
        self.default_branch = state.default_branch.clone();
        self.remotes = state.remotes.clone();
        self.tags = Some(state.tags);
        self.releases = Some(state.releases.len() as u64);
        self.latest_release = state.releases.last().cloned();
        self.changed_files = state.dirt.map(|dirt| dirt.changed);
        self.untracked_files = state.dirt.map(|dirt| dirt.untracked);
        self.ahead = state.divergence.map(|Divergence { ahead, .. }| ahead);
        self.behind = state.divergence.map(|Divergence { behind, .. }| behind);
        self.submodules = state.submodules;
        self.unpushed_branches = state.unpushed.clone();
        self.stale_branches = Some(state.stale_branches.clone());
        self.stashes = Some(state.stashes);
        self.bare = Some(state.bare);
        self.checked_out = Some(state.checked_out);
        self.shallow = Some(state.shallow);
        self.partial_clone = Some(state.partial);
        self.last_fetch = state.last_fetch;
    }

    fn fill_tree(&mut self, tree: &TreeFacts) {
        let Lines {
            code,
            comments,
            blanks,
        } = tree.size.lines();
        self.files_complete = Some(tree.is_complete());
        self.description = tree.project.description.clone();
        self.licence = tree.project.licence.as_ref().map(|licence| licence.spdx.clone());
        self.licence_source = tree.project.licence.as_ref().map(|licence| licence.source);
        self.files = Some(tree.size.files);
        self.lines_code = Some(code);
        self.lines_comments = Some(comments);
        self.lines_blank = Some(blanks);
        self.lines_generated = Some(tree.size.generated.code);
        self.lines_vendored = Some(tree.size.vendored.code);
        self.language = main_language(&tree.size);
        self.languages = Some(languages(&tree.size));
        let tests = &tree.tests;
        self.tests = Some(TestRow {
            cases: tests.cases(),
            parametrised: tests.frameworks.values().map(|all| all.parametrised).sum(),
            frameworks: tests.frameworks.clone(),
            test_lines: tests.test_lines,
            source_lines: tests.source_lines,
            ratio: ratio(tests.test_lines, tests.source_lines),
        });
    }

    fn fill_history(&mut self, facts: &RepoFacts, windows: Windows) {
        let Some(history) = &facts.history else { return };
        let end = windows.end();
        let activity = |from: i64| {
            let recent = history.recent.iter();
            let recent =
                recent.filter(|commit| commit.time >= from && end.is_none_or(|end| commit.time < end));
            let sum = |pick: fn((u64, u64)) -> u64| recent.clone().map(|commit| commit.lines.map(pick)).sum();
            Activity {
                commits: recent.clone().count() as u64,
                lines_added: sum(|(added, _)| added),
                lines_removed: sum(|(_, removed)| removed),
            }
        };
        let is_complete = !history.cut_short;
        self.history_complete = Some(is_complete);
        self.commits = Some(history.commits);
        self.authors = Some(history.authors.len() as u64);
        self.top_authors = history.authors.iter().take(TOP_AUTHORS).cloned().collect();
        self.first_commit = history.first.filter(|_| is_complete);
        self.last_commit = history.last;
        self.last_30_days = Some(activity(windows.days_back(30)));
        self.last_90_days = Some(activity(windows.days_back(90)));
        self.since = windows.since().map(activity);
    }

    fn fill_agents(&mut self, facts: &RepoFacts) {
        let Some(agents) = &facts.agents else { return };
        let commits = reached(facts.head, &agents.commits);
        let mut tally = Tally::default();
        commits.iter().for_each(|commit| tally.add_commit(commit));
        self.agent_commits = Some(tally.measures(HOURS_PER_WEEK).agent_commits);
        let of_state = |state| commits.iter().filter(move |commit| commit.origin.state == state);
        self.agent_lines_added = of_state(OriginState::Agent)
            .map(|commit| commit.lines.map(|lines| lines.added))
            .sum();
        let unknown = of_state(OriginState::Unknown).count() as u64;
        let all = commits.len() as u64;
        self.known_origin_share = ratio(all - unknown, all);
        self.sessions = Some(count_sessions([agents]));
        self.fill_tasks(agents.ledger.tasks.iter().map(|found| &found.task));
    }

    fn fill_tasks<'a>(&mut self, tasks: impl Iterator<Item = &'a Task>) {
        let mut tally = Tally::default();
        tasks.for_each(|task| tally.add_task(task, None));
        let measures = tally.measures(HOURS_PER_WEEK);
        self.tasks = Some(measures.tasks);
        self.human_hours = measures.human_hours;
        self.leverage_factor = measures.leverage_factor;
    }

    /// What of its state a person has to know, in a few words.
    pub fn state_in_words(&self) -> String {
        if self.status == Some(Status::Failed) {
            return "unreadable".to_owned();
        }
        let said: Vec<String> = self.kind_in_words().chain(self.work_in_words()).collect();
        if said.is_empty() {
            return "clean".to_owned();
        }
        said.join(", ")
    }

    fn kind_in_words(&self) -> impl Iterator<Item = String> {
        let is_detached = self.branch.is_none() && self.head.is_some();
        [
            (self.commits == Some(0), "no commit yet"),
            (self.bare == Some(true), "bare"),
            (self.shallow == Some(true), "shallow"),
            (self.partial_clone == Some(true), "partial"),
            (is_detached, "detached"),
        ]
        .into_iter()
        .filter(|(holds, _)| *holds)
        .map(|(_, word)| word.to_owned())
    }

    fn work_in_words(&self) -> impl Iterator<Item = String> {
        let count =
            |number: Option<u64>, word: &str| number.filter(|n| *n > 0).map(|n| format!("{n} {word}"));
        let is_unknown = self.checked_out == Some(true) && self.changed_files.is_none();
        let is_missing = self.checked_out == Some(false) && self.bare == Some(false);
        let stashes = if self.stashes == Some(1) {
            "stash"
        } else {
            "stashes"
        };
        [
            is_missing.then(|| "not checked out".to_owned()),
            is_unknown.then(|| "changes unknown".to_owned()),
            count(self.changed_files, "changed"),
            count(self.untracked_files, "untracked"),
            count(self.ahead, "ahead"),
            count(self.behind, "behind"),
            self.unpushed_in_words(),
            count(self.stashes, stashes),
        ]
        .into_iter()
        .flatten()
    }

    /// Commits that are nowhere else. Those that the branch at HEAD is ahead are said already.
    fn unpushed_in_words(&self) -> Option<String> {
        let is_bare = self.bare == Some(true);
        let Some(unpushed) = &self.unpushed_branches else {
            return (self.remotes.is_empty() && !is_bare).then(|| "no remote".to_owned());
        };
        let is_told = |branch: &&String| self.ahead > Some(0) && self.branch.as_ref() == Some(*branch);
        let untold: Vec<&String> = unpushed.iter().filter(|branch| !is_told(branch)).collect();
        match untold.as_slice() {
            [] => None,
            [one] => Some(format!("{one} not pushed")),
            several => Some(format!("{} branches not pushed", several.len())),
        }
    }

    /// Checks with this verdict.
    pub fn checks_with(&self, verdict: Verdict) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.verdict == verdict)
    }
}

/// Each once, however many of its commits have a record of it.
fn count_sessions<'a>(agents: impl IntoIterator<Item = &'a AgentFacts>) -> u64 {
    let records = agents.into_iter().flat_map(|agents| &agents.ledger.sessions);
    let sessions: BTreeSet<&SessionId> = records.map(|found| &found.record.session).collect();
    sessions.len() as u64
}

/// The commits that HEAD reaches, which the other columns are about; those of other branches are left out.
fn reached(head: Option<ObjectId>, commits: &[Commit]) -> Vec<&Commit> {
    let by_id: HashMap<ObjectId, &Commit> = commits.iter().map(|commit| (commit.id, commit)).collect();
    let mut seen: HashSet<ObjectId> = head.into_iter().collect();
    let mut pending: Vec<ObjectId> = head.into_iter().collect();
    let mut reached = Vec::new();
    while let Some(commit) = pending.pop().map(|id| by_id.get(&id)) {
        let Some(commit) = commit else { continue };
        reached.push(*commit);
        pending.extend(commit.parents.iter().filter(|parent| seen.insert(**parent)));
    }
    reached
}

impl Named for Row {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&mut self) -> &mut String {
        &mut self.name
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The programming language with the most code; without one, whatever has most.
fn main_language(size: &Size) -> Option<String> {
    size.languages
        .iter()
        .filter(|(_, language)| language.lines.code > 0)
        .max_by_key(|(_, language)| (language.programming, language.lines.code))
        .map(|(name, _)| name.clone())
}

fn languages(size: &Size) -> BTreeMap<String, LanguageRow> {
    let programmed: u64 = size
        .languages
        .values()
        .filter(|language| language.programming)
        .map(|language| language.lines.code)
        .sum();
    size.languages
        .iter()
        .map(|(name, language)| {
            let share = ratio(language.lines.code, programmed).filter(|_| language.programming);
            let row = LanguageRow {
                files: language.files,
                code: language.lines.code,
                comments: language.lines.comments,
                blanks: language.lines.blanks,
                share,
            };
            (name.clone(), row)
        })
        .collect()
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
        total.cases += tests.cases;
        total.parametrised += tests.parametrised;
        total.test_lines += tests.test_lines;
        total.source_lines += tests.source_lines;
        for (name, cases) in &tests.frameworks {
            *total.frameworks.entry(name.clone()).or_default() += *cases;
        }
    }
    total.ratio = ratio(total.test_lines, total.source_lines);
    known.then_some(total)
}

/// How a repository differs from an earlier inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It was not there.
    Added,
    /// It is not here any more.
    Gone,
    /// Something in it differs.
    Changed,
}

/// A number before and now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What the earlier inventory says.
    pub before: Option<u64>,
    /// What this one says.
    pub now: Option<u64>,
}

impl Step {
    /// The difference, where both are known.
    pub fn difference(self) -> Option<i64> {
        Some(self.now?.cast_signed().saturating_sub(self.before?.cast_signed()))
    }
}

/// One repository of a comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Its name. Untrusted text.
    pub name: String,
    /// Where it is, or was. Untrusted text.
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// Lines of code.
    pub lines_code: Step,
    /// Test cases.
    pub tests: Step,
    /// Commits.
    pub commits: Step,
    /// Checks that fail now and did not.
    pub checks_broken: Vec<String>,
    /// Checks that failed and pass now.
    pub checks_mended: Vec<String>,
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
    /// How many do not.
    pub unchanged: u64,
}

impl Comparison {
    /// What changed from `before` to `now`. Repositories are the same by path; those left over, by as much of the end of
    /// their paths as no other one has, unless their histories began at different times.
    pub fn new(before: &Inventory, now: &Inventory) -> Self {
        let mut left = Left {
            before: before.rows.iter().collect(),
            now: now.rows.iter().collect(),
        };
        let mut rows = Vec::new();
        let mut unchanged = 0;
        for (before, now) in left.pair_all() {
            let difference = Difference::new(Some(before), Some(now));
            if difference.is_nothing() {
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

/// Rows of two inventories that are not known yet to be of one repository.
struct Left<'a> {
    before: Vec<&'a Row>,
    now: Vec<&'a Row>,
}

impl<'a> Left<'a> {
    fn pair_all(&mut self) -> Vec<(&'a Row, &'a Row)> {
        let mut pairs = self.pair(|before, now| folders(&before.path) == folders(&now.path));
        let longest = self.now.iter().map(|row| folders(&row.path).len()).max();
        for length in (1..=longest.unwrap_or(0)).rev() {
            pairs.extend(self.pair(|before, now| {
                let is_young = before.first_commit.is_none() || now.first_commit.is_none();
                shared_end(&before.path, &now.path) == length
                    && (is_young || before.first_commit == now.first_commit)
            }));
        }
        pairs
    }

    /// Takes out the rows that fit each other and no third one.
    fn pair(&mut self, fit: impl Fn(&Row, &Row) -> bool) -> Vec<(&'a Row, &'a Row)> {
        let only = |rows: &[&'a Row], fits: &dyn Fn(&Row) -> bool| {
            let mut fitting = rows.iter().filter(|row| fits(row));
            fitting.next().copied().filter(|_| fitting.next().is_none())
        };
        let pairs: Vec<(&Row, &Row)> = self
            .now
            .iter()
            .filter_map(|now| {
                let before = only(&self.before, &|before| fit(before, now))?;
                only(&self.now, &|other| fit(before, other)).map(|now| (before, now))
            })
            .collect();
        let is_paired = |row: &&Row| {
            let mut paired = pairs.iter();
            paired.any(|(before, now)| std::ptr::eq(*before, *row) || std::ptr::eq(*now, *row))
        };
        self.before.retain(|row| !is_paired(row));
        self.now.retain(|row| !is_paired(row));
        pairs
    }
}

/// The parts of a path, however it was written.
fn folders(path: &str) -> Vec<&str> {
    let mut folders = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                folders.pop();
            }
            folder => folders.push(folder),
        }
    }
    folders
}

/// How many parts at the end of two paths are the same.
fn shared_end(a: &str, b: &str) -> usize {
    let (a, b) = (folders(a), folders(b));
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
    fn new(before: Option<&Row>, now: Option<&Row>) -> Self {
        let named = now.or(before);
        let step = |pick: fn(&Row) -> Option<u64>| Step {
            before: before.and_then(pick),
            now: now.and_then(pick),
        };
        let with = |row: Option<&Row>, verdict| -> BTreeSet<String> {
            row.into_iter()
                .flat_map(|row| row.checks_with(verdict))
                .map(|check| check.id.clone())
                .collect()
        };
        let failed_before = with(before, Verdict::Fail);
        let both = before.is_some() && now.is_some();
        let checks = |verdict, failed: bool| -> Vec<String> {
            with(now.filter(|_| both), verdict)
                .into_iter()
                .filter(|id| failed_before.contains(id) == failed)
                .collect()
        };
        Self {
            name: named.map(|row| row.name.clone()).unwrap_or_default(),
            path: named.map(|row| row.path.clone()).unwrap_or_default(),
            change: match (before, now) {
                (None, _) => Change::Added,
                (_, None) => Change::Gone,
                _ => Change::Changed,
            },
            lines_code: step(|row| row.lines_code),
            tests: step(|row| row.tests.as_ref().map(|tests| tests.cases)),
            commits: step(|row| row.commits),
            checks_broken: checks(Verdict::Fail, false),
            checks_mended: checks(Verdict::Pass, true),
        }
    }

    fn is_nothing(&self) -> bool {
        [self.lines_code, self.tests, self.commits]
            .iter()
            .all(|step| step.before == step.now)
            && self.checks_broken.is_empty()
            && self.checks_mended.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, code: u64, failing: &[&str]) -> Row {
        let check = |id: &str, fails: bool| Check {
            id: id.to_owned(),
            verdict: if fails { Verdict::Fail } else { Verdict::Pass },
            reason: String::new(),
            hint: None,
        };
        Row {
            name: name.to_owned(),
            path: format!("/src/{name}"),
            lines_code: Some(code),
            checks: ["readme", "ci"]
                .map(|id| check(id, failing.contains(&id)))
                .to_vec(),
            ..Row::default()
        }
    }

    fn inventory(rows: Vec<Row>) -> Inventory {
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
            .map(|row| (row.name.as_str(), row.change, row.lines_code.difference()))
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
            (kiln.checks_broken.as_slice(), kiln.checks_mended.as_slice()),
            (&["ci".to_owned()][..], &["readme".to_owned()][..])
        );
        assert_eq!(comparison.unchanged, 1);
    }

    fn at(path: &str, first_commit: i64) -> Row {
        Row {
            path: path.to_owned(),
            first_commit: Some(first_commit),
            ..row(path.trim_end_matches('/').rsplit('/').next().unwrap(), 10, &[])
        }
    }

    /// What is neither the same nor unchanged.
    fn differing(before: Vec<Row>, now: Vec<Row>) -> Vec<(String, Change)> {
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
    fn a_moved_root_holds_the_same_repositories() {
        let below = |root: &str| {
            let places = [("a/api", 1), ("b/api", 1), ("web.git", 3)];
            places
                .map(|(place, first)| at(&format!("{root}/{place}"), first))
                .to_vec()
        };
        assert!(differing(below("/old"), below("/new/src")).is_empty());
    }

    #[test]
    fn namesakes_with_another_history_are_not_the_same() {
        assert_eq!(
            differing(vec![at("/w/a/api", 1)], vec![at("/w/b/api", 2)]),
            [
                ("a/api".to_owned(), Change::Gone),
                ("b/api".to_owned(), Change::Added)
            ]
        );
        assert!(differing(vec![at("/w/a/api", 1)], vec![at("/w/b/api", 1)]).is_empty());
    }

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
