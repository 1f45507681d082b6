//! Every kind of repository that git knows, and many damaged ones, each made by git itself: the promised status, and
//! git's own figures for each of its commits.
//!
//! The kinds are those of `docs/repositories.md`.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::world::{TestRepo, World};

mod objects;
mod storage;
mod trees;

/// How completely a repository is read.
enum Promise {
    /// All of it was read.
    Complete,
    /// A part of it, with the reasons.
    Partial(&'static str),
    /// Nothing, with the reason.
    Failed(&'static str),
}

use Promise::{Complete, Failed, Partial};

/// Lines added and removed in each commit; `None` if unknown.
type Figures = BTreeMap<String, Option<(u64, u64)>>;

/// A repository of the kind.
struct Specimen {
    path: PathBuf,
    /// git's figures, if it can no longer compute them.
    figures: Option<Figures>,
}

impl From<PathBuf> for Specimen {
    fn from(path: PathBuf) -> Self {
        Self { path, figures: None }
    }
}

impl From<TestRepo<'_>> for Specimen {
    fn from(repo: TestRepo<'_>) -> Self {
        repo.path().to_owned().into()
    }
}

/// One test for each kind: its name, the promise, and how it is made.
macro_rules! kinds {
    ($($name:ident, $promise:expr, |$world:ident| $make:expr;)*) => {
        $(
            #[test]
            fn $name() {
                let $world = &$crate::world::World::new();
                $crate::zoo::check($world, &$promise, $make.into());
            }
        )*
    };
}
use kinds;

/// Five commits on `main` and two on `side`, with files that grow, move and are deleted.
fn plain<'world>(world: &'world World, name: &str) -> TestRepo<'world> {
    let repo = world.repo(name);
    grow(&repo);
    repo
}

fn grow(repo: &TestRepo<'_>) {
    let stream = Stream::default()
        .commit(
            "main",
            "Begin",
            &[("src/kiln.rs", Some(0..40)), ("readme", Some(0..1))],
        )
        .commit("main", "Grow", &[("src/kiln.rs", Some(3..60))])
        .commit(
            "main",
            "Move",
            &[("src/kiln.rs", None), ("src/oven.rs", Some(3..70))],
        )
        .commit("side", "Aside\nfrom :3", &[("side/glaze.rs", Some(0..25))])
        .commit("main", "Remove", &[("readme", None)])
        .commit("main", "Merge\nmerge :4", &[("side/glaze.rs", Some(0..25))])
        .commit("main", "End", &[("src/last.rs", Some(0..9))]);
    // Loose objects, as commits leave them.
    let import = ["-c", "fastimport.unpackLimit=1000", "fast-import", "--quiet"];
    repo.git_with_input(&import, &stream.text);
    if repo.git(&["rev-parse", "--is-bare-repository"]) == "false" {
        repo.git(&["reset", "-q", "--hard", "main"]);
    }
}

/// What `git fast-import` reads.
#[derive(Default)]
struct Stream {
    text: String,
    commits: i64,
}

impl Stream {
    /// Another commit on a branch, with lines of files, and deleted files. The message may be followed by parents.
    fn commit(mut self, branch: &str, message: &str, files: &[(&str, Option<std::ops::Range<u32>>)]) -> Self {
        self.commits += 1;
        // An empty line would end it.
        let (message, parents) = match message.split_once('\n') {
            Some((message, parents)) => (message, format!("{parents}\n")),
            None => (message, String::new()),
        };
        let (number, time) = (self.commits, crate::world::START + self.commits * 60);
        let length = message.len();
        self.text += &format!(
            "commit refs/heads/{branch}\nmark :{number}\ncommitter Ada <ada@example.org> {time} +0000\n\
             data {length}\n{message}\n{parents}"
        );
        for (name, lines) in files {
            self.text += &match lines {
                Some(lines) => {
                    let content: String = lines.clone().map(|line| format!("line {line} of it\n")).collect();
                    format!("M 100644 inline {name}\ndata {}\n{content}\n", content.len())
                }
                None => format!("D {name}\n"),
            };
        }
        self
    }
}

/// Runs git where it may fail.
fn try_git(world: &World, path: &Path, args: &[&str]) -> Output {
    let mut git = world.git(path);
    // What git would fetch is missing.
    git.env("GIT_NO_LAZY_FETCH", "1").args(args);
    git.output().expect("git starts")
}

fn said(output: &Output) -> Option<String> {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    output.status.success().then_some(text)
}

/// git's figures for each commit that HEAD and the branches reach; if it fails on a damaged one, asked one by one.
fn gits_figures(world: &World, path: &Path) -> Figures {
    let log = [
        "log",
        "--branches",
        "-z",
        "--numstat",
        "--no-merges",
        "--format=%x01%H",
    ];
    let head = said(&try_git(world, path, &["rev-parse", "-q", "--verify", "HEAD"]));
    let head = head.unwrap_or_default();
    let list: Vec<&str> = ["rev-list", "--branches"]
        .into_iter()
        .chain(head.lines())
        .collect();
    let ids = said(&try_git(world, path, &list));
    let log: Vec<&str> = log.into_iter().chain(head.lines()).collect();
    let log = try_git(world, path, &log);
    match ids.filter(|_| log.status.success()) {
        Some(ids) => {
            let mut figures: Figures = ids.lines().map(|id| (id.to_owned(), Some((0, 0)))).collect();
            for commit in log.stdout.split(|byte| *byte == 1).skip(1) {
                let (id, numbers) = commit.split_at(40);
                figures.insert(String::from_utf8(id.to_vec()).unwrap(), Some(sum(numbers)));
            }
            figures
        }
        None => one_by_one(world, path, &head),
    }
}

fn one_by_one(world: &World, path: &Path, head: &str) -> Figures {
    let ask = |args: &[&str]| said(&try_git(world, path, args));
    let branches = ask(&["for-each-ref", "--format=%(objectname)", "refs/heads"]).expect("branches");
    let mut pending: Vec<String> = branches.lines().chain(head.lines()).map(str::to_owned).collect();
    let mut figures = Figures::new();
    while let Some(id) = pending.pop() {
        if figures.contains_key(&id) {
            continue;
        }
        let Some(parents) = ask(&["rev-list", "--parents", "--no-walk", &id]) else {
            continue;
        };
        let parents: Vec<String> = parents.split_whitespace().skip(1).map(str::to_owned).collect();
        let lines = match parents.len() {
            0 | 1 => {
                let numbers = try_git(world, path, &["log", "-1", "-z", "--numstat", "--format=", &id]);
                numbers.status.success().then(|| sum(&numbers.stdout))
            }
            _ => Some((0, 0)),
        };
        figures.insert(id, lines);
        pending.extend(parents);
    }
    figures
}

/// The sums of `--numstat -z`.
fn sum(numbers: &[u8]) -> (u64, u64) {
    let text = String::from_utf8_lossy(numbers);
    let mut sum = (0, 0);
    for entry in text.split('\0') {
        let mut fields = entry.trim_start().split('\t');
        if let (Some(added), Some(removed), Some(_)) = (fields.next(), fields.next(), fields.next()) {
            sum.0 += added.parse::<u64>().unwrap_or(0);
            sum.1 += removed.parse::<u64>().unwrap_or(0);
        }
    }
    sum
}

/// Asserts the status of the repository, its message, and the lines of each of its commits.
fn check(world: &World, promise: &Promise, specimen: Specimen) {
    let place = specimen.path.to_string_lossy();
    let ran = world.run(&["report", &place, "--format", "json", "--no-cache"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran}"));
    let repo = &json["repos"][0];
    let (status, reason) = match promise {
        Complete => ("complete", ""),
        Partial(reason) => ("partial", *reason),
        Failed(reason) => ("failed", *reason),
    };
    assert_eq!(repo["status"], status, "{ran}");
    assert_eq!(ran.code, Some(if status == "complete" { 0 } else { 3 }), "{ran}");
    let told = repo["reason"].as_str().unwrap_or_default();
    assert!(told.contains(reason), "{told}");
    // The table contains the message, too.
    assert!(
        status == "complete" || ran.stderr.contains(&*repo_name(&specimen.path)),
        "{ran}"
    );
    let expected = match (status, specimen.figures) {
        ("failed", _) => Figures::new(),
        (_, Some(figures)) => figures,
        (_, None) => gits_figures(world, &specimen.path),
    };
    // The second time from the cache of the first.
    for _ in 0..2 {
        assert_eq!(our_figures(world, &place), expected, "{told}");
    }
    let known = || expected.values().flatten();
    let totals = |name: &str| json["totals"][name].as_u64();
    assert_eq!(totals("commits"), Some(expected.len() as u64), "{ran}");
    assert_eq!(
        totals("lines_added").unwrap_or(0),
        known().map(|lines| lines.0).sum::<u64>()
    );
    assert_eq!(
        totals("lines_removed").unwrap_or(0),
        known().map(|lines| lines.1).sum::<u64>()
    );
    let unknown = expected.values().filter(|lines| lines.is_none()).count() as u64;
    assert_eq!(json["left_out"]["commits_without_lines"], unknown, "{ran}");
}

fn repo_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn our_figures(world: &World, place: &str) -> Figures {
    let commits = world.run(&["export", "commits", place]).stdout;
    let commits = commits
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let number = |line: &Value, name: &str| line[name].as_u64();
    commits
        .map(|line| {
            let lines = number(&line, "lines_added").zip(number(&line, "lines_removed"));
            (line["commit"].as_str().unwrap().to_owned(), lines)
        })
        .collect()
}

/// The file of a loose object.
fn object_file(repo: &TestRepo<'_>, revision: &str) -> PathBuf {
    let id = repo.git(&["rev-parse", revision]);
    repo.path().join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Overwrites a file of the repository that git made read-only.
fn spoil(path: &Path, bytes: &[u8]) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Writes an object that git would not; its name.
fn literal(repo: &TestRepo<'_>, world: &World, kind: &str, content: &[u8]) -> String {
    let mut git = world.git(repo.path());
    git.args(["hash-object", "-t", kind, "--literally", "-w", "--stdin"]);
    let mut git = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    git.stdin.take().unwrap().write_all(content).unwrap();
    let output = git.wait_with_output().unwrap();
    said(&output).expect("an object").trim().to_owned()
}

/// A tree that contains a file below this many directories, made with one process.
fn nested_trees(repo: &TestRepo<'_>, blob: &str, folders: usize) -> String {
    let path = "d/".repeat(folders);
    let stream = format!(
        "commit refs/heads/nested\ncommitter C <c@d> 1775040000 +0000\ndata 0\nM 100644 {blob} {path}file\n\n"
    );
    repo.git_with_input(&["fast-import", "--quiet"], &stream);
    let tree = repo.git(&["rev-parse", "nested^{tree}"]);
    repo.git(&["branch", "-q", "-D", "nested"]);
    tree
}
