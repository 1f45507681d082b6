//! One repository's row of the inventory.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::Windows;
use crate::aggregate::copies::Shared;
use crate::aggregate::effort::Effort;
use crate::aggregate::measures::Tally;
use crate::aggregate::names::Named;
use crate::aggregate::readiness::{self, Check, Verdict};
use crate::aggregate::repository::PlacedTask;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::Status;
use crate::facts::evidence::OriginState;
use crate::facts::ids::ObjectId;
use crate::facts::inventory::{
    Author, Cases, Divergence, HistoryFacts, LicenseSource, LinesByKind, RecentCommit, Remote, RepoFacts,
    Size, StateFacts, TreeFacts,
};
use crate::facts::quantity::{Hours, Minutes, thousands};
use crate::facts::web_address::WebAddress;

/// Weeks are not shown here.
const HOURS_PER_WEEK: f64 = 40.0;

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
    /// Share of the code in programming languages, generated and vendored files left out; `None` for data, configuration and
    /// prose.
    pub share: Option<f64>,
}

/// The tests of a repository.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TestRow {
    /// Test cases; `None` where there are test files, and no framework that is known.
    pub cases: Option<u64>,
    /// Of these, those with parameters, which a runner lists more than once.
    #[serde(alias = "parametrised")]
    pub parametrized: Option<u64>,
    /// Why the number of cases is unknown. Untrusted text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
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

impl Activity {
    /// Both together, as far as they are known.
    pub(super) fn with(self, other: Self) -> Self {
        let sum = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).reduce(|a, b| a + b);
        Self {
            commits: self.commits + other.commits,
            lines_added: sum(self.lines_added, other.lines_added),
            lines_removed: sum(self.lines_removed, other.lines_removed),
        }
    }
}

/// A row. `None` is unknown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[allow(missing_docs)] // Each field is described in docs/formats/inventory.md.
pub struct InventoryRow {
    pub name: String,
    pub path: String,
    pub copy_of: Option<String>,
    pub shares: Option<Shared>,
    pub status: Option<Status>,
    pub reasons: Vec<String>,
    pub head: Option<String>,
    pub branch: Option<String>,
    pub default_branch: Option<String>,
    pub remotes: Vec<Remote>,
    pub description: Option<String>,
    pub license: Option<String>,
    /// The same under its name in version 1, for programs that read that.
    #[serde(default)]
    pub licence: Option<String>,
    #[serde(alias = "licence_source")]
    pub license_source: Option<LicenseSource>,
    pub submodules: Option<u64>,
    pub paths_complete: Option<bool>,
    pub files_complete: Option<bool>,
    pub files: Option<u64>,
    pub lines_own: Option<u64>,
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
    pub agent_minutes: Option<Minutes>,
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

/// The authors in [`InventoryRow::top_authors`].
const TOP_AUTHORS: usize = 5;

impl InventoryRow {
    /// The row of a repository; what agents made is [filled in](Self::fill_agents) where somebody asks.
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
        if let Some(history) = &facts.history {
            row.fill_history(history);
            row.fill_activity(&history.recent.iter().collect::<Vec<_>>(), windows);
        }
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
        self.paths_complete = Some(tree.gaps.folders == 0);
        self.files_complete = Some(tree.is_complete());
        self.description = tree.project.description.clone();
        self.license = tree.project.license.as_ref().map(|license| license.spdx.clone());
        self.licence.clone_from(&self.license);
        self.license_source = tree.project.license.as_ref().map(|license| license.source);
        self.files = Some(tree.size.files);
        if let Some(lines) = tree.lines() {
            self.fill_lines(lines, &tree.size);
        }
        self.tests = tree.known_tests().map(|tests| TestRow {
            cases: tests.known_cases(),
            parametrized: tests
                .known_cases()
                .map(|_| tests.frameworks.values().map(|all| all.parametrized).sum()),
            reason: tests
                .unrecognised
                .as_ref()
                .map(|file| format!("no known test framework in `{file}` or any other test file"))
                .or_else(|| {
                    let language = tests.uncounted.as_ref()?;
                    Some(format!(
                        "tests in {language} cannot be counted, and no others were found"
                    ))
                }),
            frameworks: tests.frameworks.clone(),
            test_lines: tests.test_lines,
            source_lines: tests.source_lines,
            // That of a part says nothing of the whole, neither as a lower bound nor as an upper one.
            ratio: ratio(tests.test_lines, tests.source_lines)
                .filter(|_| tests.unsearched == 0 && tree.gaps.folders == 0),
        });
    }

    fn fill_lines(&mut self, lines: LinesByKind, size: &Size) {
        self.lines_own = Some(size.own_code());
        self.lines_code = Some(lines.code);
        self.lines_comments = Some(lines.comments);
        self.lines_blank = Some(lines.blanks);
        self.lines_generated = Some(size.generated.code);
        self.lines_vendored = Some(size.vendored.code);
        self.language = main_language(size);
        self.languages = Some(languages(size));
    }

    fn fill_history(&mut self, history: &HistoryFacts) {
        let is_complete = !history.cut_short;
        self.history_complete = Some(is_complete);
        self.commits = Some(history.commits);
        self.authors = Some(history.authors.len() as u64);
        self.top_authors = history.authors.iter().take(TOP_AUTHORS).cloned().collect();
        self.first_commit = history.first.filter(|_| is_complete);
        self.last_commit = history.last;
    }

    /// What was done of late.
    pub(super) fn fill_activity(&mut self, commits: &[&RecentCommit], windows: Windows) {
        let end = windows.end();
        let activity = |from: i64| {
            let is_in =
                |commit: &&RecentCommit| commit.time >= from && end.is_none_or(|end| commit.time < end);
            let recent = commits.iter().copied().filter(is_in);
            let sum = |pick: fn((u64, u64)) -> u64| recent.clone().map(|commit| commit.lines.map(pick)).sum();
            Activity {
                commits: recent.clone().count() as u64,
                lines_added: sum(|(added, _)| added),
                lines_removed: sum(|(_, removed)| removed),
            }
        };
        self.last_30_days = Some(activity(windows.days_back(30)));
        self.last_90_days = Some(activity(windows.days_back(90)));
        self.since = windows.since().map(activity);
    }

    /// What agents had a part in, of these commits.
    pub(super) fn fill_agents(&mut self, commits: &[&Commit]) {
        let mut tally = Tally::default();
        commits.iter().for_each(|commit| tally.add_commit(commit));
        self.agent_commits = Some(tally.measures(HOURS_PER_WEEK).agent_commits);
        let of_state = |state| {
            commits
                .iter()
                .filter(move |commit| commit.origin.state() == state)
        };
        self.agent_lines_added = of_state(OriginState::Agent)
            .map(|commit| commit.lines.map(|lines| lines.added))
            .sum();
        let unknown = of_state(OriginState::Unknown).count() as u64;
        let all = commits.len() as u64;
        self.known_origin_share = ratio(all - unknown, all);
    }

    /// The tasks, with what sessions took for them.
    pub(super) fn fill_tasks<'a>(
        &mut self,
        tasks: impl Iterator<Item = &'a PlacedTask>,
        effort: &Effort<'_>,
    ) {
        let mut tally = Tally::default();
        tasks.for_each(|placed| {
            let spent = effort.of_task(placed.task.id);
            tally.add_task(&placed.task, effort.figures(&placed.task), spent);
        });
        let measures = tally.measures(HOURS_PER_WEEK);
        self.tasks = Some(measures.tasks);
        self.human_hours = measures.human_hours;
        self.agent_minutes = measures.agent_minutes;
        self.leverage_factor = measures.leverage_factor;
    }

    /// The web page of its remote: that of `origin`, else of the first one that has one.
    pub fn web_address(&self) -> Option<WebAddress> {
        let origin = self.remotes.iter().filter(|remote| remote.name == "origin");
        let mut all = origin.chain(&self.remotes);
        all.find_map(|remote| WebAddress::of_remote(&remote.url))
    }

    /// Whether it could be read and has no commits.
    pub fn is_unborn(&self) -> bool {
        self.status == Some(Status::Complete) && self.commits == Some(0)
    }

    /// Its state in a few words.
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
            (self.commits == Some(0), "no commits yet"),
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
        let count = |number: Option<u64>, word: &str| {
            let number = number.filter(|number| *number > 0)?;
            Some(format!("{} {word}", thousands(number)))
        };
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

/// The commits that HEAD reaches, which the other columns are about; those of other branches are left out.
pub fn reached(head: Option<ObjectId>, commits: &[Commit]) -> Vec<&Commit> {
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

impl Named for InventoryRow {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&mut self) -> &mut String {
        &mut self.name
    }
}

pub(super) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The programming language with the most code of its own, without generated and vendored files; without one, the language
/// with the most code.
fn main_language(size: &Size) -> Option<String> {
    size.languages
        .iter()
        .filter(|(_, language)| language.lines.code > 0)
        .max_by_key(|(_, language)| (language.programming, language.own_code, language.lines.code))
        .map(|(name, _)| name.clone())
}

fn languages(size: &Size) -> BTreeMap<String, LanguageRow> {
    let programmed: u64 = size
        .languages
        .values()
        .filter(|language| language.programming)
        .map(|language| language.own_code)
        .sum();
    size.languages
        .iter()
        .map(|(name, language)| {
            let share = ratio(language.own_code, programmed).filter(|_| language.programming);
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
