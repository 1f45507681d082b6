//! Trailers against git: generated messages in one repository, all of them read by one `git log`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use git_leverage::testing::facts::trailers;

use crate::world::{TestRepo, World, executable};

/// What messages are made of: the lines that git's parser treats in their own way.
const LINES: &[&str] = &[
    "",
    "",
    "",
    " ",
    "\t",
    "\r",
    "Subject of the change",
    "prose that is no trailer",
    "prose: with a colon",
    "Signed-off-by: Ada <ada@example.org>",
    "signed-off-by: lower case",
    "Signed-off-by:no blank",
    "(cherry picked from commit 0123456789)",
    "Leverage-Estimate: 40h",
    "Leverage-Estimate : 40h",
    "leverage-agent-time:25m",
    "Leverage-Session: codex:a:b",
    "Key:",
    "Key: \t",
    "Key: value\r",
    "Key\t: tabbed",
    "Two words: no trailer",
    "Under_score: no trailer",
    ": no key",
    "-: dash",
    "https://example.org/x",
    " continued",
    "\tcontinued by a tab",
    "   ",
    "# a comment",
    "#",
    "# Key: commented",
    "---",
    "--- a/file",
    "# ------------------------ >8 ------------------------",
    "Conflicts:",
    "\tpath/of/conflict",
    "Größe: groß",
    "Key: größer",
    "Fixes #12",
    "* item",
];

/// A small generator that always gives the same numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

fn messages(count: usize) -> Vec<String> {
    let mut numbers = Numbers(7);
    let mut message = |_| {
        let mut text = String::new();
        if numbers.below(3) > 0 {
            text.push_str("Subject\n\n");
        }
        for _ in 0..numbers.below(9) {
            text.push_str(LINES[numbers.below(LINES.len())]);
            text.push('\n');
        }
        // A block that has a chance to be one.
        if numbers.below(2) == 0 {
            text.push('\n');
            for _ in 0..=numbers.below(4) {
                text.push_str(LINES[9 + numbers.below(22)]);
                text.push('\n');
            }
        }
        if numbers.below(4) == 0 {
            text.pop();
        }
        text
    };
    (0..count).map(&mut message).collect()
}

/// Commits all messages byte for byte, in one process.
fn commit_all(repo: &TestRepo<'_>, messages: &[String]) {
    let mut stream = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        write!(
            stream,
            "commit refs/heads/main\ncommitter A <a@b> {} +0000\ndata {}\n{message}\n",
            1_775_034_000 + number,
            message.len()
        )
        .unwrap();
    }
    let mut import = Command::new("git")
        .args(["fast-import", "--quiet"])
        .current_dir(repo.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(&stream).unwrap();
    assert!(import.wait().unwrap().success());
}

/// Our reading in the form in which git prints its own.
fn ours(message: &[u8]) -> String {
    trailers(message)
        .iter()
        .map(|trailer| {
            format!(
                "{}: {}\n",
                String::from_utf8_lossy(&trailer.key),
                String::from_utf8_lossy(&trailer.value)
            )
        })
        .collect()
}

#[test]
fn generated_messages_read_as_git_reads_them() {
    let world = World::new();
    let repo = world.repo("messages");
    let messages = messages(3000);
    commit_all(&repo, &messages);
    let log = repo.git(&[
        "log",
        "-z",
        "--reverse",
        "--format=%(trailers:only,unfold)",
        "main",
    ]);
    let theirs: Vec<&str> = log.split_terminator('\0').collect();
    assert_eq!(theirs.len(), messages.len());
    let mut with_trailers = 0;
    for (message, theirs) in messages.iter().zip(theirs) {
        assert_eq!(ours(message.as_bytes()), theirs, "{message:?}");
        with_trailers += usize::from(!theirs.is_empty());
    }
    assert!(with_trailers > 500, "only {with_trailers} messages had trailers");
}

/// Every commit of the repositories in `LEVERAGE_TEST_REPOS`: `tests/scripts/trailers-against-git.sh` runs it.
#[test]
#[ignore = "needs real repositories"]
fn real_messages_read_as_git_reads_them() {
    let repos = std::env::var("LEVERAGE_TEST_REPOS").expect("LEVERAGE_TEST_REPOS=/repo:/repo");
    for repo in repos.split_terminator(':') {
        let git = |format: &str| {
            let output = Command::new("git")
                .args(["-C", repo, "log", "--all", "-z", "--encoding=none", format])
                .env("GIT_CONFIG_GLOBAL", "/dev/null")
                .env("GIT_CONFIG_NOSYSTEM", "1")
                .output()
                .unwrap();
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            output.stdout
        };
        let (messages, theirs) = (
            git("--format=%H%n%B"),
            git("--format=%H%n%(trailers:only,unfold)"),
        );
        let mut commits = 0;
        let mut found = 0;
        for (message, theirs) in messages
            .split(|byte| *byte == 0)
            .zip(theirs.split(|byte| *byte == 0))
        {
            let Some(at) = message.iter().position(|byte| *byte == b'\n') else {
                continue;
            };
            let theirs = String::from_utf8_lossy(&theirs[at + 1..]);
            assert_eq!(
                ours(&message[at + 1..]),
                theirs,
                "{repo} {}",
                String::from_utf8_lossy(&message[..at])
            );
            commits += 1;
            found += theirs.lines().count();
        }
        println!("equal: {repo}: {commits} commits, {found} trailers");
    }
}

#[test]
fn a_message_is_checked_line_by_line() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write(
        "message",
        "Kiln\n\nLeverage-Estimate: 40h\nLeverage-Agent-Time: 25\nLeverage-Phase: A 4h\n",
    );
    insta::assert_snapshot!(repo.run(&["trailers", "--file", "message"]), @r"
    estimate: 40h
    [stderr]
    error: line 4: Leverage-Agent-Time: `25` has no unit; write `25h` or `25m`
    error: line 3: Leverage-Phase: the phases sum to 4h, but the estimate is 40h
    [exit 1]
    ");
}

/// A hook that has nothing to complain about prints nothing; one that fails says why.
#[test]
fn a_commit_msg_hook_prints_errors_only() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Start");
    let program = env!("CARGO_BIN_EXE_git-leverage");
    let hook = format!("#!/bin/sh\nexec '{program}' trailers --file \"$1\"\n");
    executable(&repo.path().join(".git/hooks/commit-msg"), &hook);
    let commit = |message: &str| {
        let args = ["commit", "--allow-empty", "-m", message];
        let mut git = world.git(repo.path());
        git.args(args).output().unwrap()
    };
    for fine in ["Kiln", "Kiln\n\nLeverage-Estimate: 4h"] {
        let made = commit(fine);
        let said =
            String::from_utf8_lossy(&made.stderr).into_owned() + &String::from_utf8_lossy(&made.stdout);
        assert!(made.status.success(), "{said}");
        assert!(!said.contains("estimate") && !said.contains("railers"), "{said}");
    }
    let refused = commit("Kiln\n\nLeverage-Estimat: 4h");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success(), "{said}");
    assert!(
        said.contains("unknown trailer; did you mean `Leverage-Estimate`?"),
        "{said}"
    );
}

#[test]
fn an_empty_message_passes() {
    let world = World::new();
    let repo = world.repo("kiln");
    for message in ["", "\n\n", "# only\n# comments\n"] {
        repo.write("message", message);
        assert_eq!(repo.run(&["trailers", "--file", "message"]).success(), "");
        assert_eq!(
            std::fs::read_to_string(repo.path().join("message")).unwrap(),
            message
        );
    }
}

#[test]
fn commits_are_checked_one_by_one() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("First");
    repo.commit("Second\n\nLeverage-Estimate: 40h\nLeverage-Agent-Time: 25m\n");
    repo.commit("Third\n\nLeverage-Estimate: 4x\n");
    insta::assert_snapshot!(repo.run(&["trailers", "HEAD~2..HEAD"]), @r"
    6cf03ac381 estimate: 40h
    6cf03ac381 agent time: 25m
    6cf03ac381 leverage factor: 96.0x
    [stderr]
    error: c54429feea: line 3: Leverage-Estimate: `4x` has an unknown unit `x`; use s, m, h, d or w
    [exit 1]
    ");
}

#[test]
fn a_claim_in_the_middle_says_so_wherever_it_goes() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n");
    repo.commit(
        "Squash (#1)\n\n* one\n\nLeverage-Estimate: 4h\n\n* two\n\nReviewed-by: Ada <a@example.org>\n",
    );
    repo.write("oven.rs", "fn bake() {}\n");
    repo.commit("Bake\n\nLeverage-Estimate: 2h\n");
    let sources = |repo: &TestRepo<'_>| -> Vec<(String, String)> {
        let lines = repo.run(&["export", "tasks", "."]).success();
        let mut found: Vec<_> = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|line| (line["title"].to_string(), line["source"].to_string()))
            .collect();
        found.sort();
        found
    };
    let expected = [
        ("\"Bake\"", "\"trailer\""),
        ("\"Squash (#1)\"", "\"trailer:body\""),
    ]
    .map(|(title, source)| (title.to_owned(), source.to_owned()));
    assert_eq!(sources(&repo), expected);
    let file = world.path("tasks.jsonl");
    std::fs::write(&file, repo.run(&["export", "tasks", "."]).success()).unwrap();
    let other = world.repo("copy");
    other.commit("Start");
    other.run(&["import", file.to_str().unwrap()]).success();
    assert_eq!(sources(&other), expected);
}

#[test]
fn an_estimate_alone_is_no_agents_work() {
    let world = World::new();
    for (number, (claim, state)) in [
        ("Leverage-Estimate: 3h\nLeverage-Supervision: 5m", "unknown"),
        ("Leverage-Estimate: 3h\nLeverage-Category: api", "unknown"),
        ("Leverage-Estimate: 3h\nLeverage-Agent-Time: 5m", "agent"),
        ("Leverage-Estimate: 3h\nLeverage-Tokens: 5k", "agent"),
        ("Leverage-Estimate: 3h\nLeverage-Agent: codex", "agent"),
        ("Leverage-Estimate: 3h\nLeverage-Session: codex:a", "agent"),
    ]
    .into_iter()
    .enumerate()
    {
        let trailed = world.repo(&format!("trailed-{number}"));
        trailed.write("kiln.rs", "fn fire() {}\n");
        trailed.commit(&format!("Fire\n\n{claim}\n"));
        let noted = world.repo(&format!("noted-{number}"));
        noted.write("kiln.rs", "fn fire() {}\n");
        noted.commit("Fire");
        let options: Vec<String> = claim
            .lines()
            .map(|line| {
                line.trim_start_matches("Leverage-")
                    .to_lowercase()
                    .replacen(": ", "=", 1)
            })
            .map(|option| format!("--{option}"))
            .collect();
        let args: Vec<&str> = std::iter::once("record")
            .chain(options.iter().map(String::as_str))
            .collect();
        noted.run(&args).success();
        for repo in [&trailed, &noted] {
            let json = |args: &[&str]| -> serde_json::Value {
                serde_json::from_str(&repo.run(args).success()).unwrap()
            };
            assert_eq!(json(&["export", "commits", "."])["state"], state, "{claim}");
            let by_agents = u64::from(state == "agent");
            let report = json(&["report", ".", "--format", "json"]);
            assert_eq!(report["totals"]["agent_commits"], by_agents, "{claim}");
            assert_eq!(report["totals"]["tasks"], 1, "{claim}");
            let inventory = json(&["inventory", ".", "--columns", "ai", "--format", "json"]);
            assert_eq!(inventory["rows"][0]["agent_commits"], by_agents, "{claim}");
            let audit = json(&["audit", ".", "--format", "json"]);
            assert_eq!(audit["origin"][0]["value"], state, "{claim}");
        }
    }
}

#[test]
fn lines_are_counted_with_any_ending() {
    let world = World::new();
    for text in [
        "Fire\n\nLeverage-Estimate: 4h\n\nLeverage-Supervision: 4x\nSigned-off-by: A <a@example.org>\n",
        "Fire\r\n\r\nLeverage-Estimate: 4h\r\n\r\nLeverage-Supervision: 4x\r\nSigned-off-by: A <a@example.org>\r\n",
    ] {
        let file = world.path("message");
        std::fs::write(&file, text).unwrap();
        let ran = world.run(&["trailers", "--file", file.to_str().unwrap()]);
        assert!(ran.stderr.contains("line 5: Leverage-Supervision: `4x`"), "{ran}");
    }
}

#[test]
fn seconds_and_decimal_commas_are_read() {
    let world = World::new();
    let file = world.path("message");
    let message = "Fire\n\nLeverage-Estimate: 0,750h\nLeverage-Agent-Time: 1m20s\nLeverage-Supervision: 90 seconds\n\
                   Leverage-Tokens: 1.234.567\n";
    std::fs::write(&file, message).unwrap();
    insta::assert_snapshot!(world.run(&["trailers", "--file", file.to_str().unwrap()]).success(), @r"
    estimate: 0.75h
    agent time: 1m20s
    supervision: 1.5m
    tokens: 1.23M
    leverage factor: 33.8x
    supervisory factor: 30.0x
    ");
    let wrong = "Fire\n\nLeverage-Estimate: 00,750h\nLeverage-Tokens: 400.000\n";
    std::fs::write(&file, wrong).unwrap();
    insta::assert_snapshot!(world.run(&["trailers", "--file", file.to_str().unwrap()]).stderr, @r"
    error: line 3: Leverage-Estimate: `00,750h` is not a duration such as 40h or 25m
    error: line 4: Leverage-Tokens: `400.000` may mean 400000 or 400; write it without separators
    ");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_named_has_a_limit() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    let sparse = world.path("sparse");
    std::fs::File::create(&sparse).unwrap().set_len(1 << 40).unwrap();
    let sparse = sparse.to_str().unwrap();
    for file in [sparse, "/dev/zero"] {
        for (args, most) in [
            (vec!["trailers", "--file", file], 16),
            (vec!["import", file, "--date", "2026-03-01"], 64),
            (vec!["inventory", "--compare", file], 64),
        ] {
            let run = repo.run(&args);
            let said = format!("`: larger than {most} MiB");
            assert!(run.stderr.contains(&said), "{args:?} {run}");
            assert_eq!(run.code, Some(1), "{args:?} {run}");
        }
    }
}
