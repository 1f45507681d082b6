//! Claims that go into a commit's message: printed for it, put into that of HEAD, and given from standard input.

use std::io::Write as _;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::world::{Ran, TestRepo, World};

/// A repository with one commit of an agent's task.
fn repo(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn heat() {}\n")
        .commit("Kiln controller\n\nHolds the curve.\n");
    repo
}

#[test]
fn trailers_are_printed_for_a_message() {
    let world = World::new();
    let all = [
        "trailers",
        "--print",
        "--phase",
        "Stage 1h=30m",
        "--phase",
        "Client=3h30m",
        "--agent-time",
        "25m",
        "--supervision",
        "90s",
        "--tokens",
        "2.62M",
        "--agent",
        "codex",
        "--model",
        "gpt-6",
        "--category",
        "api",
        "--session",
        "codex:a",
        "--session",
        "codex:b",
        "--title",
        "Kiln",
        "--basis",
        "size",
        "--commit",
        "HEAD~1",
    ];
    assert_snapshot!(world.run(&all), @r"
    Leverage-Estimate: 4h
    Leverage-Phase: Stage 1h 0.5h
    Leverage-Phase: Client 3.5h
    Leverage-Agent-Time: 25m
    Leverage-Supervision: 1.5m
    Leverage-Tokens: 2620000
    Leverage-Agent: codex
    Leverage-Model: gpt-6
    Leverage-Category: api
    Leverage-Session: codex:a
    Leverage-Session: codex:b
    [stderr]
    Left out, because there are no trailers for them: title (the commit's subject is used), further commits, basis
    [exit 0]
    ");
    let days = ["trailers", "--print", "--estimate", "2d"];
    assert_snapshot!(world.run(&days), @r"
    Leverage-Estimate: 16h
    [exit 0]
    ");
}

#[test]
fn what_no_trailer_can_say_is_not_printed() {
    let world = World::new();
    for (args, wanted) in [
        (&["--print"] as &[&str], "error: the task has no estimate"),
        (
            &["--print", "--estimate", "4"],
            "error: invalid value for `--estimate`: `4` has no unit",
        ),
        (&["--print", "--estimate", "0h"], "error: the estimate is 0h"),
        (
            &["--print", "--estimate", "4h", "--agent", "a\nSigned-off-by: b"],
            "error: the agent `a",
        ),
        (
            &["--print", "--estimate", "4h", "--phase", "a\u{1b}[2J=4h"],
            "error: the phase `a",
        ),
        (
            &["--print", "--estimate", "4h", "--title", "a\u{7}"],
            "error: the title `a",
        ),
        (
            &["--print", "--estimate", "4h", "--phase", "a=3h"],
            "error: the phases sum to 3h",
        ),
        (
            &["--estimate", "4h"],
            "error: the fields of a task need `--print`",
        ),
        (
            &["--print", "HEAD", "--estimate", "4h"],
            "error: `--print` cannot be used with",
        ),
    ] {
        let ran = world.run(&[&["trailers"], args].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(ran.stderr.starts_with(wanted), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains('\u{1b}'));
    }
}

/// What `git interpret-trailers --parse` finds in a message, unfolded.
fn parsed_by_git(world: &World, message: &str) -> String {
    let mut git = world.git(&world.home());
    let git = git.args(["interpret-trailers", "--parse"]);
    let mut child = git.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn git_and_we_read_what_is_printed() {
    let world = World::new();
    let names = [
        "Client",
        "a: b",
        "# no comment",
        "Stage 2 1h",
        "Größe = 1",
        "---",
        "(cherry picked from commit",
    ];
    for (number, name) in names.iter().enumerate() {
        let phase = format!("{name}={}h", number + 1);
        let (phase, agent) = (format!("--phase={phase}"), format!("--agent={name}"));
        let args = ["trailers", "--print", &phase, &agent, "--model", "a  b"];
        let block = world.run(&args).success();
        let message = format!("Title\n\nBody\n\n{block}");
        assert_eq!(parsed_by_git(&world, &message), block, "{name}");
        let file = world.path("message");
        std::fs::write(&file, &message).unwrap();
        let read = world
            .run(&["trailers", "--file", file.to_str().unwrap()])
            .success();
        let wanted = format!(
            "estimate: {0}h\nphases: {name} {0}h\nagent: {name}\nmodel: a  b\n",
            number + 1
        );
        assert_eq!(read, wanted);
    }
}

#[test]
fn what_is_printed_makes_a_commit_a_task() {
    let world = World::new();
    let repo = repo(&world);
    let block = repo.run(&["trailers", "--print", "--estimate", "4h"]).success();
    repo.git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "Cap the delay",
        "-m",
        &block,
    ]);
    let log: Ran = repo.run(&["log", "--format", "json"]);
    assert!(log.stdout.contains("Cap the delay"), "{log}");
}

/// `git leverage ARGS` with this on its standard input.
fn run_with(world: &World, repo: &TestRepo<'_>, args: &[&str], input: &[u8]) -> Ran {
    let file = world.path("standard-input");
    std::fs::write(&file, input).unwrap();
    world.run_with(repo.path(), args, std::fs::File::open(file).unwrap())
}

#[test]
fn a_task_is_given_as_json() {
    let world = World::new();
    let repo = repo(&world);
    let json = r#"{
        "title": "Kiln's \"controller\", $HOME `id`",
        "phases": {"Curve": "3h", "Tests": "1h30m"},
        "basis": "Größe: 18 tests",
        "category": "feature",
        "tags": ["a", "b"]
    }"#;
    let args = ["record", "--json", "-", "--no-sessions", "--agent-time", "9m"];
    let recorded = run_with(&world, &repo, &args, json.as_bytes()).to_string();
    let (id, _) = recorded
        .split_once("id           ")
        .unwrap()
        .1
        .split_once('\n')
        .unwrap();
    assert_snapshot!(recorded.replace(id, "ID"), @r#"
    Kiln's "controller", $HOME `id`
      id           ID
      date         2026-04-01
      estimate     4.5h, by Ada Example <ada@example.org>: Größe: 18 tests
                   3h  Curve
                   1.5h  Tests
      agent time   9m  30.0x factor
      supervision  –
      category     feature
      tags         a, b
      commits      f2067c4d76
      source       record
      recorded     2026-04-10 12:00 +0000, by Ada Example <ada@example.org>
    [stderr]
    Recorded 4.5h on `f2067c4d76`
    [exit 0]
    "#);
    let block = ["trailers", "--print", "--json", "-", "--estimate", "4h30m"];
    assert_snapshot!(run_with(&world, &repo, &block, json.as_bytes()), @r"
    Leverage-Estimate: 4.5h
    Leverage-Phase: Curve 3h
    Leverage-Phase: Tests 1.5h
    Leverage-Category: feature
    [stderr]
    Left out, because there are no trailers for them: title (the commit's subject is used), basis, tags
    [exit 0]
    ");
    repo.commit("Second");
    std::fs::write(
        world.path("task.json"),
        r#"{"estimate": "4h", "title": "From a file"}"#,
    )
    .unwrap();
    let file = ["record", "--json", "../task.json", "--estimate", "2h"];
    let said = repo.run(&file).success();
    assert!(said.contains("From a file") && said.contains("2h"), "{said}");
}

#[test]
fn json_that_says_something_else_records_nothing() {
    let world = World::new();
    let repo = repo(&world);
    let record = |json: &[u8]| run_with(&world, &repo, &["record", "--json", "-"], json).to_string();
    assert_snapshot!(record(br#"{"estimate": "4h", "agent_minutes": 3}"#), @r"
    [stderr]
    error: invalid value for `--json`: standard input: line 1, column 34: unknown field `agent_minutes`, expected one of `title`, `estimate`, `phases`, `basis`, `category`, `tags`, `commits`
    hint: `agent_minutes` cannot be set in JSON; if no log has it, pass `--agent-time`
    [exit 2]
    ");
    assert_snapshot!(record(b"{\n  \"estimate\": 4\n}\n"), @r#"
    [stderr]
    error: invalid value for `--json`: standard input: line 2, column 15: 4 has no unit; write "4h" or "4m"
    [exit 2]
    "#);
    assert_snapshot!(record(b"\n"), @r#"
    [stderr]
    error: invalid value for `--json`: standard input is empty
    hint: Write an object such as {"title": "Retry queue", "phases": {"Queue": "3h", "Tests": "1h"}}
    [exit 2]
    "#);
    assert_snapshot!(record(br#"{"title": "no hours"}"#), @r"
    [stderr]
    error: the task has no estimate
    hint: Pass the hours that a person would have needed: `--estimate 40h`, or `--phase 'Design=4h'` for each part
    [exit 2]
    ");
    assert_snapshot!(record(br#"{"estimate": "4h", "title": "two\nlines"}"#), @r"
    [stderr]
    error: the title `two\nlines` contains the control character U+000A; write it on one line of plain text
    [exit 2]
    ");
    assert_snapshot!(record(br#"{"estimate": "4h", "phases": {"Part": "3h"}}"#), @r"
    [stderr]
    error: the phases sum to 3h, but the estimate is 4h
    hint: Leave out the estimate, which is then the sum of the phases, or correct one of them
    [exit 2]
    ");
    assert_snapshot!(record(&[b' '; (1 << 20) + 1]), @r"
    [stderr]
    error: cannot read standard input: larger than 1 MiB
    [exit 1]
    ");
    assert_snapshot!(repo.run(&["record", "--json", "none.json"]), @r"
    [stderr]
    error: cannot read `none.json`: no such file
    [exit 1]
    ");
    assert_eq!(repo.git(&["for-each-ref", "refs/notes", "refs/leverage"]), "");
}

#[test]
fn an_agent_that_prints_a_claim_is_named_as_its_estimator() {
    let world = World::new();
    let repo = repo(&world);
    let print = |directory: &std::path::Path, more: &[&str]| {
        let mut command = world.leverage(directory);
        command
            .args(["trailers", "--print", "--estimate", "4h"])
            .args(more);
        command.envs([("CLAUDECODE", "1"), ("CLAUDE_CODE_SESSION_ID", "s")]);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert_eq!(
        print(repo.path(), &[]),
        "Leverage-Estimate: 4h\nLeverage-Agent: claude-code\nLeverage-Estimator: claude-code\n\
         Leverage-Session: claude-code:s\n"
    );
    let given = print(repo.path(), &["--agent", "codex", "--session", "codex:1"]);
    assert!(
        given
            .ends_with("Leverage-Agent: codex\nLeverage-Estimator: claude-code\nLeverage-Session: codex:1\n")
    );
    assert_eq!(print(&world.home(), &[]), "Leverage-Estimate: 4h\n");
}

#[test]
fn a_message_without_claims_says_so_and_one_that_hides_them_is_refused() {
    let world = World::new();
    let repo = repo(&world);
    let read = |message: &str| run_with(&world, &repo, &["trailers", "--file", "-"], message.as_bytes());
    let none = read("Cap the delay\n\nLeverage is high: no claim.\n");
    assert_eq!(none.code, Some(0));
    assert!(
        none.stderr.contains("No `Leverage-` trailers in standard input"),
        "{none}"
    );
    let hidden = read("Cap the delay\nLeverage-Estimate: 4h\n");
    assert_eq!(hidden.code, Some(1), "{hidden}");
    let said = "line 2: Leverage-Estimate: in the title's paragraph, where git reads no trailers; add a blank line before it";
    assert!(hidden.stderr.contains(said), "{hidden}");
    let read = read("Cap the delay\n\nLeverage-Estimate: 4h\n");
    assert_eq!((read.code, read.stderr.as_str()), (Some(0), ""), "{read}");
    repo.commit("Plain");
    let plain = repo.run(&["trailers"]);
    assert!(
        plain.stderr.contains("No `Leverage-` trailers in `HEAD`"),
        "{plain}"
    );
    assert_eq!(repo.run(&["--quiet", "trailers"]).stderr, "");
}

#[test]
fn what_only_shows_restores_no_ledger() {
    let world = World::new();
    let repo = repo(&world);
    repo.write("a.rs", "fn a() {}\n").commit("Plain");
    repo.run(&["record", "--estimate", "4h"]).success();
    repo.git(&["update-ref", "-d", "refs/notes/leverage"]);
    for args in [
        &["trailers", "--print", "--estimate", "1h"][..],
        &["trailers"],
        &["record", "--another", "--estimate", "1h", "--dry-run"],
        &["revise", "HEAD", "--estimate", "1h", "--reason", "x", "--dry-run"],
        &["retract", "00000000", "--reason", "x", "--dry-run"],
    ] {
        let ran = repo.run(args);
        assert!(!ran.stderr.contains("Restored"), "{args:?}: {ran}");
        assert_eq!(repo.git(&["for-each-ref", "refs/notes"]), "", "{args:?}");
    }
    let recorded = repo.run(&["record", "--another", "--estimate", "1h"]);
    assert!(recorded.stderr.contains("Restored records"), "{recorded}");
}
