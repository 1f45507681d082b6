//! Trailers against git: generated messages in one repository, all of them read by one `git log`.

use std::io::Write as _;
use std::process::{Command, Stdio};

use git_leverage::facts::trailers;

use crate::world::{TestRepo, World};

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
    trailers::parse(message)
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
