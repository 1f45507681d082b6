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
    no trailer holds: title, which is the subject of the commit, basis, further commits
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
            "error: --estimate: `4` has no unit",
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
        (&["--estimate", "4h"], "error: the fields of a task need --print"),
        (&["--print", "HEAD", "--estimate", "4h"], "error: the argument"),
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
