//! What `audit` shows on a terminal: the first lines, folded findings, and lines that fit.

use crate::world::{START, TestRepo, World};

/// The page of a command at a width.
fn at_width(world: &World, width: usize, args: &[&str]) -> String {
    let ran = world
        .leverage(&world.path(""))
        .args(args)
        .env("COLUMNS", width.to_string())
        .output()
        .unwrap();
    String::from_utf8(ran.stdout).unwrap()
}

fn first_lines(page: &str) -> Vec<&str> {
    page.lines().take_while(|line| !line.is_empty()).collect()
}

/// A repository that no ledger describes: an agent's trailer, an automation, and somebody.
fn without_ledger<'w>(world: &'w World, name: &str) -> TestRepo<'w> {
    let repo = world.repo(name);
    repo.write("a.txt", "one\ntwo\nthree\nfour\n")
        .commit_at("Start", START);
    repo.write("b.txt", "one\ntwo\n").commit_at(
        "Go on\n\nCo-authored-by: Claude <noreply@anthropic.com>",
        START + 60,
    );
    repo.write("c.txt", "one\ntwo\n");
    repo.git(&["add", "--all"]);
    let date = format!("{} +0000", START + 120);
    repo.git_with_env(
        &["commit", "--quiet", "-m", "Bump it"],
        &[
            ("GIT_AUTHOR_NAME", "dependabot[bot]"),
            (
                "GIT_AUTHOR_EMAIL",
                "49699333+dependabot[bot]@users.noreply.github.com",
            ),
            ("GIT_AUTHOR_DATE", &date),
            ("GIT_COMMITTER_DATE", &date),
        ],
    );
    repo
}

#[test]
fn the_first_lines_without_a_ledger() {
    let world = World::new();
    without_ledger(&world, "kiln");
    let page = at_width(&world, 80, &["audit", "kiln"]);
    assert_eq!(
        first_lines(&page),
        [
            "Audit of kiln: 1 of 3 commits made with agents",
            "No tasks are recorded here",
            "Lines at HEAD: agents 25.0%, people 0.0%, automation 25.0%, unknown 50.0%",
            "Evidence: 0 commits by session log; anyone can type the rest: trailer 1",
        ]
    );
    assert!(page.contains("had nothing to check (`-v` lists them)"), "{page}");
    assert!(!page.contains("because"), "{page}");
    let all = at_width(&world, 80, &["audit", "-v", "kiln"]);
    assert!(all.contains("Not checked, because there are no tasks:"), "{all}");
}

#[test]
fn the_first_lines_with_notes_of_git_ai() {
    let world = World::new();
    let repo = without_ledger(&world, "kiln");
    let note = "a.txt\n  0123456789abcdef 1-3\n---\n{\"schema_version\":\"authorship/3.0.0\",\"prompts\":\
                {\"0123456789abcdef\":{\"agent_id\":{\"tool\":\"codex\",\"model\":\"gpt-6\"}}}}";
    repo.git(&["notes", "--ref=refs/notes/ai", "add", "-m", note, "HEAD~2"]);
    let page = at_width(&world, 80, &["audit", "kiln"]);
    assert_eq!(
        first_lines(&page),
        [
            "Audit of kiln: 2 of 3 commits made with agents",
            "No tasks are recorded here",
            "Lines at HEAD: agents 75.0%, people 0.0%, automation 25.0%, unknown 0.0%",
            "Evidence: 0 commits by session log; anyone can type the rest: note 1, trailer 1",
        ]
    );
    assert!(
        page.contains("git-ai notes on 1 commit attribute 3 added lines to agents and 0"),
        "{page}"
    );
}

#[test]
fn the_first_lines_of_the_demo() {
    let world = World::new();
    let _ = world.run(&["demo", "made"]).success();
    let page = at_width(&world, 80, &["audit", "made/accounts"]);
    let top = first_lines(&page);
    assert_eq!(
        top[..8],
        [
            "Audit of accounts: 24 of 31 commits made with agents; 5 warnings, 5 notes",
            "Claimed: 828h in 16 tasks, factor 194.1x; estimates cannot be checked",
            "From notes: agent time of 15 of 16 tasks; anyone can type it; factor 208.8x",
            "Worth: of 828h claimed, 0h by two or more people, 0h with phases, 0h given",
            "  before the work, 0h backed by tasks done by hand, 0h on measured minutes, 824h",
            "  on minutes in notes (208.8x)",
            "Lines at HEAD: agents 98.5%, people 0.0%, unknown 1.5%",
            "Evidence: 0 commits by session log; anyone can type the rest: note 19, trailer 5",
        ]
    );
    assert_eq!(top.len(), 11, "{page}");
    assert!(
        top[8].starts_with("warning: 5 supervision times that are too short: "),
        "{page}"
    );
    assert!(
        top[9].starts_with("note: ") && top[10].starts_with("note: "),
        "{page}"
    );
}

#[test]
fn the_logs_of_the_demo_are_better_evidence_than_its_notes() {
    let world = World::new();
    let _ = world.run(&["demo", "made"]).success();
    let logs = ["--agent-dir", "claude-code=made/agent-logs/claude"];
    let page = at_width(&world, 80, &[&["audit", "made/accounts"], &logs[..]].concat());
    let top = first_lines(&page);
    assert_eq!(
        [top[2], top[7]],
        [
            "Measured: agent time of 15 of 16 tasks, from session logs; factor 208.8x",
            "Evidence: 18 commits by session log; anyone can type the rest: note 1, trailer 5",
        ]
    );
    // Nothing of `console` is captured.
    let measured = |logs: &[&str]| {
        let page = at_width(&world, 80, &[&["audit", "made/console"], logs].concat());
        first_lines(&page)[2].to_owned()
    };
    assert_eq!(
        measured(&[]),
        "Measured: no agent time; no session log or note covers these tasks"
    );
    assert!(measured(&logs).contains(", from session logs;"));
}

#[test]
fn findings_of_one_kind_are_one_line_until_they_are_unfolded() {
    let world = World::new();
    let _ = world.run(&["demo", "made"]).success();
    let page = at_width(&world, 80, &["audit", "made/accounts"]);
    let advice = "Count the time spent on prompting and reviewing (supervision-too-short)";
    let findings = page.split("\nFindings\n").nth(1).unwrap();
    assert_eq!(findings.matches("supervision").count(), 2, "{page}");
    assert_eq!(page.matches(advice).count(), 1, "{page}");
    let all = at_width(&world, 300, &["audit", "-v", "made/accounts"]);
    assert_eq!(all.matches("m of supervision;").count(), 5, "{all}");
    assert_eq!(all.matches(advice).count(), 1, "{all}");
    // Warnings come before notes, and each line begins with an id.
    let unfolded = all.split("\nFindings\n").nth(1).unwrap();
    let warning = unfolded.find("warning: 5 supervision times that are too short\n  ");
    let note = unfolded.find("note: ");
    assert!(warning.is_some() && warning < note, "{all}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let world = World::new();
    let _ = world.run(&["demo", "made"]).success();
    let repo = without_ledger(&world, "kiln");
    let long = "x".repeat(150);
    repo.commit(&format!(
        "{long}\n\nLeverage-Estimate: 4h\nLeverage-Agent-Time: 5m"
    ));
    repo.write("long.txt", format!("{long}\n\t日本語 {long}\n"))
        .commit("Add long lines");
    for width in [60, 80, 100, 120] {
        for args in [
            &["audit", "made/accounts"][..],
            &["audit", "-v", "made/accounts"],
            &["audit", "made/console"],
            &["audit", "kiln"],
            &["audit", "-v", "kiln"],
            &["audit", "--file", "long.txt", "kiln"],
        ] {
            let page = at_width(&world, width, args);
            assert!(!page.is_empty());
            for line in page.lines() {
                // A wide character takes two columns.
                let wide = line.chars().filter(|c| *c >= '\u{3000}').count();
                assert!(line.chars().count() + wide <= width, "{width} {args:?}: {line}");
            }
        }
    }
}

#[test]
fn the_lines_of_a_file_have_a_sum_and_their_text() {
    let world = World::new();
    let repo = without_ledger(&world, "kiln");
    repo.write("b.txt", "one\ntwo\n\u{1b}[2Jthree\n")
        .commit("Add a line");
    let page = at_width(&world, 80, &["audit", "--file", "b.txt", "kiln"]);
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(
        lines[0],
        "2 of 3 lines from commits made with agents, 1 of unknown origin"
    );
    assert!(lines[1].ends_with("claude-code 1) one"), "{page}");
    assert!(
        lines[3].contains(" unknown ") && lines[3].ends_with("3) \\x1b[2Jthree"),
        "{page}"
    );
    let json = at_width(
        &world,
        80,
        &["audit", "--file", "b.txt", "--format", "json", "kiln"],
    );
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["lines"][0]["text"], serde_json::json!(["one", "two"]));
    assert_eq!(json["lines"][1]["state"], "unknown");
}

#[test]
fn evidence_is_ranked_and_every_commit_of_an_agent_is_in_its_table() {
    let world = World::new();
    let repo = without_ledger(&world, "kiln");
    repo.write("d.txt", "one\n")
        .commit("Assist\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 5m");
    let ran = repo.run(&["audit", "--format", "json"]);
    let audit: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = |by: &str| -> Vec<(String, u64)> {
        let rows = audit["origin"].as_array().unwrap().iter();
        rows.filter(|row| row["by"] == by)
            .map(|row| {
                (
                    row["value"].as_str().unwrap().to_owned(),
                    row["commits"].as_u64().unwrap(),
                )
            })
            .collect()
    };
    let named = |rows: &[(&str, u64)]| -> Vec<(String, u64)> {
        rows.iter()
            .map(|(value, commits)| ((*value).to_owned(), *commits))
            .collect()
    };
    assert_eq!(of("strength"), named(&[("trailer", 2)]));
    assert_eq!(of("agent"), named(&[("claude-code", 1), ("not named", 1)]));
    assert_eq!(
        of("state"),
        named(&[("agent", 2), ("automation", 1), ("unknown", 1)])
    );
    let sign = audit["origin"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["by"] == "how-known");
    assert_eq!(sign.unwrap()["strength"], "trailer");
}

#[test]
fn an_estimate_alone_is_no_evidence_of_an_agent() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("By hand");
    let estimate = [
        "record",
        "--title",
        "By hand",
        "--estimate",
        "3h",
        "--supervision",
        "5m",
    ];
    let _ = repo.run(&estimate).success();
    let page = repo.run(&["audit"]).success();
    assert!(
        page.starts_with("Audit of kiln: 0 of 1 commit made with agents"),
        "{page}"
    );
    assert!(
        page.contains("Evidence: no commit shows a sign of an agent"),
        "{page}"
    );
}

#[test]
fn levels_have_the_colors_of_git() {
    let world = World::new();
    let _ = world.run(&["demo", "made"]).success();
    let page = at_width(&world, 80, &["--color", "always", "audit", "made/accounts"]);
    assert!(page.contains("\u{1b}[1m\u{1b}[33mwarning:"), "{page:?}");
    assert!(page.contains("\u{1b}[1m\u{1b}[36mnote:"), "{page:?}");
}
