//! The four readings that take the time of most commands, on generated input: lines of a history, lines that are still there, a
//! report, and logs of agents. Run them with `cargo bench`, on a quiet machine; nothing else runs them.
//!
//! The input is the same in each run. It is small: what was measured on large repositories is in `docs/performance.md`.

// Git writes the generated history.
#![allow(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::num::NonZero;
use std::path::Path;
use std::process::{Command, Stdio};

use divan::Bencher;
use git_leverage::testing::facts::{Period, Progress, WorkTime, Zone};
use git_leverage::testing::git::{Repo, survival};
use git_leverage::testing::reading::{Machine, ReadOptions, Request, Workspace, collect};
use git_leverage::testing::reports::{Dimension, Query, Requested, report};
use git_leverage::testing::sources::{HistoryOptions, LinkedWorkTrees, discover, read_history};
use tempfile::TempDir;

/// The commits of the repository, the files that they change, and the lines of each file.
const COMMITS: usize = 2_000;
const FILES: usize = 100;
const LINES: usize = 300;
/// The logs, and the requests in each.
const LOGS: usize = 20;
const REQUESTS: usize = 500;
const START: usize = 1_775_034_000;

fn main() {
    divan::main();
}

/// The lines that each commit changed, without and with several threads.
#[divan::bench(args = [1, 2], sample_count = 10)]
fn count(bencher: Bencher, threads: usize) {
    let repository = repository();
    let options = HistoryOptions {
        threads: NonZero::new(threads),
        ..HistoryOptions::default()
    };
    bencher.bench(|| {
        let history = read_history(repository.path(), &options);
        assert_eq!(history.commits.len(), COMMITS);
        history
    });
}

/// Which commit added each line at HEAD, without and with several threads.
#[divan::bench(name = "survival", args = [1, 2], sample_count = 10)]
fn surviving(bencher: Bencher, threads: usize) {
    let repository = repository();
    let repo = Repo::open(repository.path()).expect("git created it");
    let head = repo.head().expect("it has a HEAD").expect("it has commits");
    bencher.bench_local(|| {
        let found = survival(&repo, head, threads, None, None, &Progress::default());
        let (found, _) = found.expect("nothing is missing");
        assert_eq!(found.files.len(), FILES);
        found
    });
}

/// A report by repository and by day, with all facts in the cache and without reading them.
#[divan::bench(name = "report", args = ["cached", "read"], sample_count = 20)]
fn reporting(bencher: Bencher, from: &str) {
    let repository = repository();
    let cache = TempDir::new().expect("a temporary directory");
    let history = HistoryOptions {
        cache: Some(cache.path().to_owned()),
        ..HistoryOptions::default()
    };
    let options = ReadOptions::new(history, WorkTime::default());
    let read = || {
        let found = discover(&[repository.path().to_owned()], LinkedWorkTrees::LeadToMain);
        Workspace::read(found, &options).expect("a pool of threads")
    };
    let known = read();
    let by_repository = query(Dimension::Repo);
    let by_day = query(Dimension::Day);
    let both = |workspace: &Workspace| {
        let of = |query| report(&workspace.repos, &workspace.sessions, query);
        (of(&by_repository), of(&by_day))
    };
    bencher.bench_local(|| match from {
        "cached" => both(&read()),
        _ => both(&known),
    });
}

/// Sessions from logs, without and with a cache.
#[divan::bench(args = [false, true], sample_count = 20)]
fn logs(bencher: Bencher, cached: bool) {
    let home = TempDir::new().expect("a temporary directory");
    write_logs(home.path());
    let request = Request {
        machine: Machine {
            home: Some(home.path().to_owned()),
            ..Machine::default()
        },
        cache: cached.then(|| home.path().join("cache")),
        ..Request::default()
    };
    assert_eq!(collect(&request).sessions.len(), LOGS);
    bencher.bench_local(|| collect(&request));
}

fn query(by: Dimension) -> Query {
    Query {
        by: vec![by],
        zone: Zone::Named(chrono_tz::UTC),
        period: Period::default(),
        today: None,
        author: None,
        agent: None,
        sort: None,
        limit: None,
        work: WorkTime::default(),
        models: Requested::default(),
        calibrated: false,
    }
}

/// Numbers without a pattern, the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) as usize % limit
    }
}

/// A packed history: each commit replaces some lines of two files, and inserts and removes others.
fn repository() -> TempDir {
    let folder = TempDir::new().expect("a temporary directory");
    git(
        folder.path(),
        &["init", "--quiet", "--template=", "-b", "main"],
        b"",
    );
    let mut dice = Dice(1);
    let mut line = 0;
    let mut new = || {
        line += 1;
        format!("    let value_{line} = compute({}, \"kiln\");\n", line * 7 % 1000)
    };
    let first = |_| (0..LINES).map(|_| new()).collect();
    let mut files: Vec<Vec<String>> = (0..FILES).map(first).collect();
    let mut stream = Vec::new();
    for commit in 0..COMMITS {
        let time = START + commit * 3600;
        let person = format!("Ada {} <ada@example.org> {time} +0000", commit % 5);
        let head = format!("commit refs/heads/main\nauthor {person}\ncommitter {person}\ndata 5\nFire\n\n");
        stream.extend(head.bytes());
        let changed = match commit {
            0 => (0..FILES).collect(),
            _ => vec![dice.below(FILES), dice.below(FILES)],
        };
        for file in changed {
            let lines = &mut files[file];
            for _ in 0..4 {
                let at = dice.below(lines.len());
                lines[at] = new();
            }
            lines.insert(dice.below(lines.len()), new());
            lines.remove(dice.below(lines.len()));
            let content = lines.concat();
            let path = format!("src/part{}/file{file}.rs", file % 10);
            write!(
                stream,
                "M 100644 inline {path}\ndata {}\n{content}\n",
                content.len()
            )
            .expect("memory");
        }
    }
    git(folder.path(), &["fast-import", "--quiet"], &stream);
    git(folder.path(), &["repack", "-adq"], b"");
    folder
}

fn git(folder: &Path, arguments: &[&str], input: &[u8]) {
    let mut child = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", folder.join("no-config"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("git");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(input).expect("git reads everything");
    drop(stdin);
    assert!(child.wait().expect("git ends").success(), "git {arguments:?}");
}

/// Logs of Claude Code in which each request is a prompt, a response that calls a tool, and its result.
fn write_logs(home: &Path) {
    let folder = home.join(".claude/projects/-w-kiln");
    std::fs::create_dir_all(&folder).expect("a directory");
    for log in 0..LOGS {
        let mut text = String::new();
        for request in 0..REQUESTS {
            let at = chrono::DateTime::from_timestamp((START + log * 40_000 + request * 60) as i64, 0);
            let at = at.expect("a time").format("%Y-%m-%dT%H:%M:%S.000Z");
            let common = format!(
                r#""sessionId":"{log:08}-0000-4000-8000-000000000000","cwd":"/w/kiln","timestamp":"{at}","version":"2.1.0""#
            );
            let filler = "Lorem ipsum dolor sit amet. ".repeat(30);
            writeln!(
                text,
                r#"{{"type":"user","uuid":"u{request}",{common},"message":{{"role":"user","content":"{filler}"}}}}"#
            )
            .expect("memory");
            writeln!(
                text,
                r#"{{"type":"assistant","uuid":"a{request}",{common},"message":{{"id":"m{request}","role":"assistant","model":"claude-sonnet-4-5","content":[{{"type":"text","text":"{filler}"}},{{"type":"tool_use","id":"t{request}","name":"Bash","input":{{"command":"cargo test"}}}}],"usage":{{"input_tokens":10,"output_tokens":200,"cache_read_input_tokens":3000}}}}}}"#
            )
            .expect("memory");
            writeln!(
                text,
                r#"{{"type":"user","uuid":"r{request}",{common},"message":{{"role":"user","content":[{{"type":"tool_result","tool_use_id":"t{request}","content":"{filler}"}}]}}}}"#
            )
            .expect("memory");
        }
        std::fs::write(folder.join(format!("{log}.jsonl")), text).expect("a file");
    }
}
