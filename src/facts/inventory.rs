//! What a repository is, besides its history of lines: size, tests, project files, state.
//!
//! [`TreeFacts`] depend only on one tree and never change; [`HistoryFacts`] on one commit; [`StateFacts`] on the clone
//! and the moment.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::diagnostics::Status;
use super::ids::ObjectId;
use super::lineage::Lineage;

/// Lines by kind, as the `tokei` program counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LinesByKind {
    /// Lines with code on them.
    pub code: u64,
    /// Lines that are comments or prose.
    pub comments: u64,
    /// Lines that are empty or only white space.
    pub blanks: u64,
}

impl AddAssign for LinesByKind {
    fn add_assign(&mut self, other: Self) {
        self.code += other.code;
        self.comments += other.comments;
        self.blanks += other.blanks;
    }
}

/// The files of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LanguageSize {
    /// How many.
    pub files: u64,
    /// Their lines, including those of embedded languages.
    pub lines: LinesByKind,
    /// Of their lines of code, those in files that are neither generated nor vendored.
    pub own_code: u64,
    /// Whether it is a programming language; data, configuration and prose are not.
    pub programming: bool,
}

/// How large a tree is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Size {
    /// Files in the tree, of whatever kind.
    pub files: u64,
    /// Of these, those whose lines were counted.
    pub counted: u64,
    /// Those whose lines belong to the count but could not be read.
    pub uncounted: u64,
    /// By language, generated and vendored files included.
    pub languages: BTreeMap<String, LanguageSize>,
    /// Of these lines, those in generated files.
    pub generated: LinesByKind,
    /// Of these lines, those in vendored files.
    pub vendored: LinesByKind,
}

impl Size {
    /// Lines of code in files that are neither generated nor vendored.
    pub fn own_code(&self) -> u64 {
        self.languages.values().map(|language| language.own_code).sum()
    }

    /// The lines of all languages.
    pub fn lines(&self) -> LinesByKind {
        let mut sum = LinesByKind::default();
        self.languages.values().for_each(|language| sum += language.lines);
        sum
    }
}

/// Test cases of one framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cases {
    /// Test cases written down; one with parameters counts once.
    pub cases: u64,
    /// Of these, the ones that run once per set of parameters.
    #[serde(alias = "parametrised")]
    pub parametrized: u64,
}

impl AddAssign for Cases {
    fn add_assign(&mut self, other: Self) {
        self.cases += other.cases;
        self.parametrized += other.parametrized;
    }
}

/// The tests in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TestFacts {
    /// By framework, such as `pytest` or `JUnit 5`.
    pub frameworks: BTreeMap<String, Cases>,
    /// Lines of test code, in programming languages.
    pub test_lines: u64,
    /// Lines of tested code, without generated and vendored ones.
    pub source_lines: u64,
    /// Files that were searched.
    pub searched: u64,
    /// Files that may contain tests and could not be read.
    pub unsearched: u64,
    /// If no case was found: the first test file whose framework is unknown. Untrusted text.
    pub unrecognised: Option<String>,
    /// If no case was found: a language of the tree whose tests are not counted, or only some of them.
    pub uncounted: Option<String>,
}

impl TestFacts {
    /// Test cases of all known frameworks.
    pub fn cases(&self) -> u64 {
        self.frameworks.values().map(|framework| framework.cases).sum()
    }

    /// [`TestFacts::cases`]; `None` if no case was found and there are test files, or code in a language whose tests
    /// are not counted.
    pub fn known_cases(&self) -> Option<u64> {
        (self.unrecognised.is_none() && self.uncounted.is_none()).then(|| self.cases())
    }
}

/// Where a license was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LicenseSource {
    /// A manifest claims it.
    Manifest,
    /// Its text is in the tree.
    Text,
}

/// The terms of the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct License {
    /// An SPDX expression from a manifest, or the SPDX ids of the texts found. Untrusted text.
    pub spdx: String,
    /// Which of the two.
    pub source: LicenseSource,
}

/// A dependency manifest at the top of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its path.
    pub path: String,
    /// The lock file that its ecosystem requires, if any.
    pub lock: Option<LockFile>,
    /// Why it cannot be parsed, if it cannot. Untrusted text.
    pub broken: Option<String>,
}

/// Whether a manifest's lock file is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LockFile {
    /// At this path.
    Present(String),
    /// One of these would do.
    Missing(String),
}

/// Bad practices of a Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dockerfile {
    /// Its path.
    pub path: String,
    /// Base images without a version, or with `latest`. Untrusted text.
    pub floating_images: Vec<String>,
    /// Whether its last stage runs as root.
    pub runs_as_root: bool,
}

/// Files that show how a project is run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Project {
    /// What it is, from its manifest or README. Untrusted text.
    pub description: Option<String>,
    /// Its license.
    pub license: Option<License>,
    /// The path of a file with the name of a license, whatever it contains.
    pub license_file: Option<String>,
    /// Whether a license text is in the tree.
    pub has_license_text: bool,
    /// The README's path.
    pub readme: Option<String>,
    /// The changelog's path.
    pub changelog: Option<String>,
    /// The security policy's path.
    pub security_policy: Option<String>,
    /// CI configuration, by path.
    pub ci: Vec<String>,
    /// Dependency manifests.
    pub manifests: Vec<Manifest>,
    /// Dockerfiles.
    pub dockerfiles: Vec<Dockerfile>,
    /// Paths of files that look like secrets.
    pub secrets: Vec<String>,
    /// The kinds of which some files could not be read.
    pub unread: BTreeSet<ProjectPart>,
}

/// Files that show how a project is run, by the question they answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ProjectPart {
    /// Its license.
    License,
    /// What it depends on.
    Manifest,
    /// How its image is built.
    Dockerfile,
    /// Whether it contains a key or a token.
    Secret,
}

/// Parts of a tree that could not be examined.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Gaps {
    /// Directories whose objects are missing, damaged, or too many.
    pub folders: u64,
    /// Paths of files whose objects are missing or damaged. Untrusted text.
    pub unreadable: BTreeSet<String>,
    /// Paths of files that are too large. Untrusted text.
    pub too_large: BTreeSet<String>,
}

impl Gaps {
    /// Whether everything was examined.
    pub fn is_empty(&self) -> bool {
        self.is_lasting() && self.too_large.is_empty()
    }

    /// Whether every clone of the same tree has the same gaps.
    pub fn is_lasting(&self) -> bool {
        self.folders == 0 && self.unreadable.is_empty()
    }

    /// These and those of another part of the tree.
    pub fn merge(&mut self, other: Self) {
        self.folders += other.folders;
        self.unreadable.extend(other.unreadable);
        self.too_large.extend(other.too_large);
    }
}

/// The contents of one tree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TreeFacts {
    /// How large it is.
    pub size: Size,
    /// Its tests.
    pub tests: TestFacts,
    /// Its project files.
    pub project: Project,
    /// What could not be examined, and is in none of the above.
    pub gaps: Gaps,
}

impl TreeFacts {
    /// Whether all of it was examined.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
    }

    /// The lines of all languages; `None` if there may be some and no file could be read.
    pub fn lines(&self) -> Option<LinesByKind> {
        self.is_known(self.size.counted, self.size.uncounted)
            .then(|| self.size.lines())
    }

    /// Its tests; `None` if there may be some and no file could be read.
    pub fn known_tests(&self) -> Option<&TestFacts> {
        self.is_known(self.tests.searched, self.tests.unsearched)
            .then_some(&self.tests)
    }

    fn is_known(&self, read: u64, unread: u64) -> bool {
        read > 0 || (unread == 0 && self.gaps.folders == 0)
    }
}

impl TreeFacts {
    fn counts(&self) -> impl Iterator<Item = u64> {
        let lines = |lines: LinesByKind| [lines.code, lines.comments, lines.blanks];
        let (size, tests) = (&self.size, &self.tests);
        let languages = size.languages.values().flat_map(move |language| {
            let own = [language.files, language.own_code];
            own.into_iter().chain(lines(language.lines))
        });
        let frameworks = tests.frameworks.values();
        let frameworks = frameworks.flat_map(|cases| [cases.cases, cases.parametrized]);
        [size.files, tests.test_lines, tests.source_lines]
            .into_iter()
            .chain(lines(size.generated))
            .chain(lines(size.vendored))
            .chain(languages)
            .chain(frameworks)
    }
}

/// One author, through the mailmap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The name. Untrusted text.
    pub name: String,
    /// Commits, merges included.
    pub commits: u64,
}

/// The commits that one commit reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryFacts {
    /// How many, itself included.
    pub commits: u64,
    /// Who made them, most commits first.
    pub authors: Vec<Author>,
    /// Author time of the earliest, in seconds since the epoch.
    pub first: Option<i64>,
    /// Author time of the latest, in seconds since the epoch.
    pub last: Option<i64>,
    /// The latest commits: those whose author time is not before the start of the longest activity window.
    pub recent: Vec<RecentCommit>,
    /// Those without parents: histories without a common one are unrelated.
    pub roots: Vec<ObjectId>,
    /// Whether parents are missing, so that there are more commits than these.
    pub cut_short: bool,
    /// What else is unknown of them, a sentence each. Untrusted text.
    pub gaps: Vec<String>,
}

impl HistoryFacts {
    fn counts(&self) -> impl Iterator<Item = u64> {
        let lines = self.recent.iter().filter_map(|commit| commit.lines);
        let lines = lines.flat_map(|(added, removed)| [added, removed]);
        lines.chain([self.commits])
    }
}

/// A commit of the activity windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecentCommit {
    /// Which one.
    pub id: ObjectId,
    /// Author time in seconds since the epoch.
    pub time: i64,
    /// Lines added and removed against its first parent, 0 for a merge; `None` if blobs are missing.
    pub lines: Option<(u64, u64)>,
}

/// A remote, without the credentials in its URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remote {
    /// Such as `origin`. Untrusted text.
    pub name: String,
    /// Its URL. Untrusted text.
    pub url: String,
}

impl Remote {
    /// The name of the directory that its URL is, if it is one of a machine and no address.
    pub fn directory(&self) -> Option<&str> {
        let path = match self.url.split_once("://") {
            Some((scheme, path)) => scheme.eq_ignore_ascii_case("file").then_some(path)?,
            None if self.url.starts_with(['/', '.', '~']) || !self.url.contains(':') => &self.url,
            None => return None,
        };
        let path = path.trim_end_matches('/');
        Some(path.rsplit('/').next().unwrap_or(path))
    }
}

/// A branch compared with its upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// Commits that only the branch has.
    pub ahead: u64,
    /// Commits that only its upstream has.
    pub behind: u64,
}

/// What differs between HEAD, the index and the working tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Dirt {
    /// Tracked files with changes, staged or not.
    pub changed: u64,
    /// Untracked files and directories that no rule ignores.
    pub untracked: u64,
}

/// The clone at this moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct StateFacts {
    /// The branch at HEAD, unborn or not; `None` if HEAD is detached. Untrusted text.
    pub branch: Option<String>,
    /// The default branch: that of the first remote, otherwise one of the common names, otherwise the one at HEAD or the
    /// only one. Untrusted text.
    pub default_branch: Option<String>,
    /// Whether a remote has all of the default branch; `None` without remote or branch, and in a mirror.
    pub default_pushed: Option<bool>,
    /// The remotes, sorted by name.
    pub remotes: Vec<Remote>,
    /// Whether there is no working tree.
    pub bare: bool,
    /// Whether there is a working tree, and HEAD was ever checked out there.
    pub checked_out: bool,
    /// Whether history was cut on cloning.
    pub shallow: bool,
    /// Whether objects were left out on cloning.
    pub partial: bool,
    /// Changes in the working tree; `None` for a bare repository, one that was never checked out, or an unreadable
    /// index.
    pub dirt: Option<Dirt>,
    /// HEAD's branch compared with its upstream; `None` without one.
    pub divergence: Option<Divergence>,
    /// Local branches with commits that no remote has, and a detached `HEAD` with some that no branch has either; `None`
    /// without remotes. Untrusted text.
    pub unpushed: Option<Vec<String>>,
    /// Local branches besides the default one whose last commit is older than 90 days. Untrusted text.
    pub stale_branches: Vec<String>,
    /// Submodules in the tree at HEAD; `None` if it cannot be read.
    pub submodules: Option<u64>,
    /// Entries in the stash.
    pub stashes: u64,
    /// Tags.
    pub tags: u64,
    /// Tags that name a version, oldest version first. Untrusted text.
    pub releases: Vec<String>,
    /// When a remote was last fetched, in seconds since the epoch.
    pub last_fetch: Option<i64>,
}

/// All that is known of one repository. What could not be read is `None`, never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepoFacts {
    /// The last part of its path. Untrusted text.
    pub name: String,
    /// Its path. Untrusted text.
    pub path: String,
    /// How much of it was read.
    pub status: Status,
    /// Why that is incomplete, or why there is little to read, a sentence each. Untrusted text.
    pub reasons: Vec<String>,
    /// The commit at HEAD; `None` if there is none yet or it is unknown.
    pub head: Option<ObjectId>,
    /// The contents of the tree at HEAD.
    pub tree: Option<TreeFacts>,
    /// The commits that HEAD reaches.
    pub history: Option<HistoryFacts>,
    /// The clone.
    pub state: Option<StateFacts>,
    /// Where it comes from.
    pub lineage: Lineage,
}

impl RepoFacts {
    /// A repository that could not be opened.
    pub fn failed(name: String, path: String, reason: String) -> Self {
        Self {
            name,
            path,
            status: Status::Failed,
            reasons: vec![reason],
            head: None,
            tree: None,
            history: None,
            state: None,
            lineage: Lineage::default(),
        }
    }

    /// The largest of the numbers that are added up.
    pub fn largest_count(&self) -> u64 {
        let tree = self.tree.iter().flat_map(TreeFacts::counts);
        let history = self.history.iter().flat_map(HistoryFacts::counts);
        let state = self.state.iter().flat_map(|state| {
            let dirt = state.dirt.map(|dirt| [dirt.changed, dirt.untracked]);
            let own = [Some(state.stashes), Some(state.tags), state.submodules];
            own.into_iter().flatten().chain(dirt.into_iter().flatten())
        });
        tree.chain(history).chain(state).max().unwrap_or_default()
    }

    /// Notes that some of it was not read.
    pub fn partly(&mut self, reason: impl Into<String>) {
        self.status = Status::Partial;
        self.reasons.push(reason.into());
    }
}
