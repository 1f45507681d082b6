//! `log` and `show` as git users type them.

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::world::{TestRepo, World};

/// Tasks of three days by two authors, newest last.
fn kiln(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    for (day, title) in [
        (1, "Retry with a delay"),
        (2, "Cap the delay"),
        (3, "Tell what happened"),
    ] {
        repo.write("kiln.rs", format!("fn day{day}() {{}}\n"));
        let date = format!("2026-04-0{day}T09:00:00+0000");
        let (name, mail) = match day {
            2 => ("Grace Example", "grace@example.org"),
            _ => ("Ada Example", "ada@example.org"),
        };
        repo.git(&["add", "--all"]);
        repo.git_with_env(
            &[
                "commit",
                "--quiet",
                "-m",
                &format!("{title}\n\nLeverage-Estimate: {day}h\n"),
            ],
            &[
                ("GIT_AUTHOR_DATE", &date),
                ("GIT_AUTHOR_NAME", name),
                ("GIT_AUTHOR_EMAIL", mail),
            ],
        );
    }
    repo
}

/// The titles of the tasks that JSON has, in its order.
fn titles(repo: &TestRepo<'_>, args: &[&str]) -> Vec<String> {
    let args = [&["log", "--format", "json", "--zone", "UTC"], args].concat();
    let log: Value = serde_json::from_str(&repo.run(&args).success()).unwrap();
    let tasks = log["tasks"].as_array().unwrap().iter();
    tasks
        .map(|task| task["title"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn log_takes_the_options_of_git_log() {
    let world = World::new();
    let repo = kiln(&world);
    let all = ["Tell what happened", "Cap the delay", "Retry with a delay"];
    assert_eq!(titles(&repo, &[]), all);
    assert_eq!(titles(&repo, &["-n", "2"]), all[..2]);
    assert_eq!(titles(&repo, &["-n2"]), all[..2]);
    assert_eq!(titles(&repo, &["--limit", "1"]), all[..1]);
    assert_eq!(titles(&repo, &["--since", "2026-04-02"]), all[..2]);
    assert_eq!(titles(&repo, &["--until", "2026-04-02"]), all[1..]);
    assert_eq!(titles(&repo, &["--author", "grace"]), all[1..2]);
    assert_eq!(titles(&repo, &["--mine"]), [all[0], all[2]]);
    let invalid = repo.run(&["log", "--author", "["]);
    assert_eq!(invalid.code, Some(2), "{invalid}");
    assert!(invalid.stderr.contains("`--author`"), "{invalid}");
    let none = repo.run(&["log", "--since", "2026-04-09"]);
    assert_eq!(
        (none.stdout.as_str(), none.stderr.as_str()),
        ("", "No tasks match\n"),
        "{none}"
    );
    let some = repo.run(&["log", "-n", "1"]).success();
    assert!(some.contains("1 of 3 tasks shown"), "{some}");
}

#[test]
fn one_line_per_task_has_the_id_first() {
    let world = World::new();
    let repo = kiln(&world);
    let lines = repo.run(&["log", "--oneline", "--zone", "UTC"]).success();
    let first = lines.lines().next().unwrap();
    let (id, rest) = first.split_once(' ').unwrap();
    assert_eq!(rest, "2026-04-03 3h Tell what happened");
    assert!(
        repo.run(&["show", id])
            .success()
            .starts_with("Tell what happened\n")
    );
    assert_eq!(lines.lines().count(), 3);
}

#[test]
fn json_names_the_commits_of_a_task() {
    let world = World::new();
    let repo = kiln(&world);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let log: Value = serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
    assert_eq!(log["tasks"][0]["commits"], serde_json::json!([head.trim()]));
    let shown: Value = serde_json::from_str(&repo.run(&["show", "--format", "json"]).success()).unwrap();
    assert_eq!(shown["schema"], "git-leverage.show/1");
    assert_eq!(shown["tasks"], serde_json::json!([log["tasks"][0]]));
    assert_eq!(shown["retractions"], serde_json::json!([]));
}

#[test]
fn the_history_is_a_block_per_revision_with_local_dates() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn main() {}\n").commit("Kiln controller");
    repo.run(&["record", "--estimate", "40h", "--agent-time", "1h"])
        .success();
    repo.run(&[
        "revise",
        "HEAD",
        "--estimate",
        "24h",
        "--reason",
        "The client existed",
    ])
    .success();
    repo.run(&["retract", "HEAD", "--reason", "Recorded twice"])
        .success();
    let ids = regex::Regex::new(r"\b[0-9a-f]{8}\b").unwrap();
    let history = |args: &[&str]| {
        let args = [&["log", "--history", "--zone", "Europe/Berlin"], args].concat();
        ids.replace_all(&repo.run(&args).success(), "ID").into_owned()
    };
    insta::assert_snapshot!(history(&[]), @r"
    task ID, retracted
    Author: Ada Example <ada@example.org>
    Date:   2026-04-10 14:00:00 +0200

        Kiln controller

        Reason: Recorded twice

    task ID, revision 1
    Author: Ada Example <ada@example.org>
    Date:   2026-04-10 14:00:00 +0200

        Kiln controller

        Estimate: 40h → 24h

        Reason: The client existed

    task ID, revision 0
    Author: Ada Example <ada@example.org>
    Date:   2026-04-10 14:00:00 +0200

        Kiln controller

        Estimate: 40h
        Agent time: 60m
        Day: 2026-04-01
    ");
    assert!(history(&["-n", "1"]).starts_with("task ID, retracted\n"));
    assert_eq!(history(&["-n", "1"]).matches("Author:").count(), 1);
    let shown = repo.run(&["show", "--zone", "America/New_York"]).success();
    assert!(shown.contains("2026-04-10 08:00 -0400, by Ada"), "{shown}");
}

#[test]
fn the_columns_of_log_are_named_by_id_or_heading() {
    let world = World::new();
    let repo = kiln(&world);
    let csv = ["log", "--format", "csv", "--columns", "human_hours,Task"];
    assert_eq!(
        repo.run(&csv).success(),
        "human_hours,title\n3,Tell what happened\n2,Cap the delay\n1,Retry with a delay\n"
    );
    let shown = repo
        .run(&["log", "-n", "1", "--columns", "task,factor,from-logs"])
        .success();
    for heading in ["Task", "Factor"] {
        assert!(shown.contains(heading) && !shown.contains("Human"), "{shown}");
    }
    let help = repo.run(&["log", "--columns", "help"]).success();
    assert!(
        help.contains("agent_minutes_measured") && help.contains("From logs"),
        "{help}"
    );
    let wrong = repo.run(&["log", "--columns", "human_hour"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("did you mean `human_hours`?"), "{wrong}");
    for other in ["--history", "--oneline"] {
        assert_eq!(repo.run(&["log", other, "--columns", "task"]).code, Some(2));
    }
}

#[test]
fn a_narrow_terminal_holds_every_line() {
    let world = World::new();
    let repo = kiln(&world);
    let title = "A title with many words that goes on and on until no terminal of sixty columns can hold it";
    repo.run(&[
        "record",
        "--another",
        "--estimate",
        "2h",
        "--title",
        title,
        "--supervision",
        "5m",
    ])
    .success();
    for width in [60, 80, 100, 120] {
        for args in [
            &["log"][..],
            &["log", "--history"],
            &["log", "--oneline"],
            &["show"],
        ] {
            let mut command = world.leverage(repo.path());
            let ran = command
                .args(args)
                .env("COLUMNS", width.to_string())
                .output()
                .unwrap();
            let text = String::from_utf8(ran.stdout).unwrap();
            assert!(!text.is_empty(), "{args:?}");
            for line in text.lines() {
                assert!(line.width() <= width, "{width} {args:?}: {line}");
            }
        }
    }
}

#[test]
fn without_a_task_one_sentence_says_what_to_do() {
    let world = World::new();
    let repo = world.repo("kiln");
    let unborn = repo.run(&["log"]);
    assert_eq!(unborn.stdout, "", "{unborn}");
    assert!(
        unborn.stderr.contains("create a commit first: `git commit`"),
        "{unborn}"
    );
    repo.write("kiln.rs", "fn main() {}\n").commit("Kiln");
    let none = repo.run(&["log"]);
    assert_eq!(none.stdout, "", "{none}");
    assert!(
        none.stderr.contains("`git leverage record --estimate 4h`"),
        "{none}"
    );
}
