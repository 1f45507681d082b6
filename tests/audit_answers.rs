//! The answers of `audit` and what they cover: which tasks a factor includes, which lines a share, which rules were
//! checked.

use serde_json::{Value, json};

use crate::world::{NOW, Ran, START, TestRepo, World};

fn id(number: u8) -> String {
    format!("019d7743-6a00-7707-8707-0707070707{number:02x}")
}

/// A task line of forty hours, with additional fields.
fn task(number: u8, more: &Value) -> String {
    let mut line = json!({
        "v": 1, "kind": "task", "id": id(number), "rev": 0, "at": "2026-04-10T12:00:00Z", "by": "Ada <ada@example.org>",
        "title": format!("Task {number}"), "date": "2026-04-01", "estimate": { "hours": 40, "by": "Ada" },
        "source": "record",
    });
    let more = more.as_object().unwrap().clone();
    line.as_object_mut().unwrap().extend(more);
    line.to_string()
}

/// The record of a session of twenty agent minutes.
fn session(name: &str) -> String {
    json!({
        "v": 1, "kind": "session", "id": id(200), "rev": 0, "at": "2026-04-10T12:00:00Z", "by": "Ada <ada@example.org>",
        "session": name, "agent": "codex", "started_at": "2026-04-01T09:00:00Z", "ended_at": "2026-04-01T09:30:00Z",
        "intervals": [[0, 20]], "agent_minutes": 20, "share": 1, "evidence": ["log:commit"],
    })
    .to_string()
}

fn note(repo: &TestRepo<'_>, commit: &str, lines: &[String]) {
    let text = lines.join("\n");
    repo.git_at(
        &["notes", "--ref=leverage", "add", "-f", "-m", &text, commit],
        NOW,
    );
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"))
}

fn audited(repo: &TestRepo<'_>, more: &[&str]) -> Value {
    json_of(&repo.run(&[&["audit", "--format", "json"], more].concat()))
}

fn page(repo: &TestRepo<'_>, more: &[&str]) -> String {
    repo.run(&[&["audit"], more].concat()).success()
}

#[track_caller]
fn says(page: &str, sentence: &str) {
    // A terminal breaks lines; the words stay.
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(page).contains(sentence), "no `{sentence}` in\n{page}");
}

#[track_caller]
fn is_silent_on(page: &str, sentence: &str) {
    assert!(!page.contains(sentence), "`{sentence}` in\n{page}");
}

#[test]
fn the_factor_of_measured_minutes_is_not_moved_by_a_claim() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    for (claimed, by_claim) in [(40.0, 60.0), (1.0, 2400.0)] {
        let lines = [task(1, &json!({ "agent_minutes": claimed })), session("codex:1")];
        note(&repo, &commit, &lines);
        let confidence = &audited(&repo, &[])["confidence"];
        assert_eq!(confidence["noted"]["leverage_factor"], by_claim);
        assert_eq!(confidence["noted"]["measured_leverage_factor"], 120.0);
        assert_eq!(confidence["without_unsupported"], 120.0);
        assert_eq!(confidence["all_in_leverage_factor"], 120.0);
    }
    says(
        &page(&repo, &[]),
        "From notes: agent time of 1 of 1 task; anyone can type it; factor 120.0x",
    );
}

#[test]
fn the_all_in_factor_takes_tasks_with_sessions_as_a_report_does() {
    let world = World::new();
    let repo = world.repo("kiln");
    let first = repo.write("a.txt", "one\n").commit("Start");
    let second = repo.write("b.txt", "one\n").commit("Go on");
    note(&repo, &first, &[task(1, &json!({})), session("codex:1")]);
    note(
        &repo,
        &second,
        &[task(2, &json!({ "estimate": { "hours": 4000, "by": "Ada" } }))],
    );
    let all_in = || audited(&repo, &[])["confidence"]["all_in_leverage_factor"].clone();
    let report: Value =
        serde_json::from_str(&repo.run(&["report", ".", "--format", "json"]).success()).unwrap();
    assert_eq!(all_in(), 120.0);
    assert_eq!(report["totals"]["all_in_leverage_factor"], 120.0);
    says(
        &page(&repo, &[]),
        "All-in factor: 120.0x, over the 20m of all sessions, including those without a task",
    );
    // Without the session, nothing is left to divide by.
    note(&repo, &first, &[task(1, &json!({}))]);
    assert_eq!(all_in(), Value::Null);
    says(&page(&repo, &[]), "All-in factor: –, no sessions were found");
}

#[test]
fn sessions_that_made_no_commit_stay_in_the_all_in_factor_of_the_days_since() {
    let world = World::new();
    let repo = world.repo("kiln");
    let first = repo.write("a.txt", "one\n").commit("Start");
    note(&repo, &first, &[task(1, &json!({})), session("codex:1")]);
    let factor = |more: &[&str]| audited(&repo, more)["confidence"]["all_in_leverage_factor"].clone();
    assert_eq!(factor(&["--since", "2026-04-01"]), 120.0);
    // Such sessions cannot be assigned to a range of commits.
    assert_eq!(factor(&["HEAD"]), Value::Null);
    says(
        &page(&repo, &["HEAD"]),
        "All-in factor: –, sessions without a commit belong to no range",
    );
}

#[test]
fn hours_over_no_minutes_are_in_no_sum() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    let hours = |hours: u32, minutes: u32| json!({ "estimate": { "hours": hours, "by": "Ada" }, "agent_minutes": minutes, "supervisory_minutes": minutes });
    note(
        &repo,
        &commit,
        &[task(1, &hours(1, 60)), task(2, &hours(4000, 0))],
    );
    assert_eq!(
        audited(&repo, &[])["confidence"]["claimed"]["leverage_factor"],
        1.0
    );
    let report: Value =
        serde_json::from_str(&repo.run(&["report", ".", "--format", "json"]).success()).unwrap();
    let totals = &report["totals"];
    assert_eq!(totals["leverage_factor"], 1.0);
    assert_eq!(totals["supervisory_leverage_factor"], 1.0);
    assert_eq!(
        (&totals["human_hours"], &totals["agent_minutes"]),
        (&json!(4001), &json!(60))
    );
    assert_eq!(report["left_out"]["tasks_without_agent_minutes"], 1);
}

#[test]
fn hours_rest_on_commits_that_are_all_here_and_have_lines() {
    let world = World::new();
    let repo = world.repo("kiln");
    let full = repo.write("a.txt", "one\n").commit("Start");
    repo.git_at(&["commit", "-q", "--allow-empty", "-m", "Nothing"], START + 600);
    let empty = repo.git(&["rev-parse", "HEAD"]);
    let gone = "0123456789abcdef0123456789abcdef01234567";
    note(
        &repo,
        &full,
        &[task(1, &json!({})), task(2, &json!({ "commits": [gone] }))],
    );
    note(&repo, &empty, &[task(3, &json!({}))]);
    repo.git(&["switch", "-q", "-c", "side", "HEAD~1"]);
    repo.write("b.txt", "two\n").commit("Aside");
    repo.git(&["switch", "-q", "main"]);
    repo.git_at(&["merge", "-q", "--no-ff", "--no-edit", "side"], START + 1200);
    let merge = repo.git(&["rev-parse", "HEAD"]);
    note(&repo, &merge, &[task(4, &json!({}))]);
    let _ = repo
        .run(&["record", "--no-commit", "--title", "Plan", "--estimate", "10h"])
        .success();
    let confidence = &audited(&repo, &[])["confidence"];
    assert_eq!(confidence["linked"]["human_hours"], 40.0);
    assert_eq!(confidence["unsupported"]["human_hours"], 130.0);
    assert_eq!(confidence["unsupported"]["tasks"], 4);
}

#[test]
fn what_is_said_of_the_lines_at_head_is_said_of_all_of_them() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\ntwo\nthree\n").commit("Start");
    repo.write("b.txt", "four\n")
        .commit("Go on\n\nCo-authored-by: Claude <noreply@anthropic.com>");
    says(
        &page(&repo, &[]),
        "Lines at HEAD: agents 25.0%, people 0.0%, unknown 75.0%",
    );
    let range = page(&repo, &["HEAD~1..HEAD"]);
    is_silent_on(&range, "Lines at HEAD: ");
    says(&range, "Audit of kiln, HEAD~1..HEAD: ");
    says(
        &range,
        "Their lines at HEAD: agents 100.0%, people 0.0%, unknown 0.0%",
    );
    let none = page(&repo, &["HEAD..HEAD"]);
    says(&none, "No commits are in this range");
    is_silent_on(&none, "0.0%");
    assert_eq!(
        audited(&repo, &["HEAD~1..HEAD"])["asked"],
        json!({ "range": "HEAD~1..HEAD", "since": null, "until": null, "author": null })
    );
}

#[test]
fn what_is_not_shown_is_counted_and_what_was_not_asked_is_no_praise() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    note(&repo, &commit, &[task(1, &json!({ "supervisory_minutes": 0 }))]);
    let nothing = "Nothing was found";
    let hidden = page(&repo, &["--level", "error"]);
    is_silent_on(&hidden, nothing);
    says(&hidden, "below `error`");
    let audit = audited(&repo, &["--level", "error", "--rule", "supervision-too-short"]);
    assert_eq!(
        (
            &audit["level"],
            &audit["findings_below_level"],
            &audit["findings"]
        ),
        (&json!("error"), &json!(1), &json!([]))
    );
    assert_eq!(audit["checked"], json!(["supervision-too-short"]));
    let allow = format!("supervision-too-short:{}", id(1));
    let allowed = page(&repo, &["--rule", "supervision-too-short", "--allow", &allow]);
    is_silent_on(&allowed, nothing);
    says(
        &page(&repo, &["--rule", "parts-do-not-sum"]),
        "All rules were checked and found nothing",
    );
    let skipped = page(&repo, &["--rule", "outlier"]);
    is_silent_on(&skipped, nothing);
    says(&skipped, "1 of 1 rule had nothing to check");
}

#[test]
fn lines_on_other_branches_are_not_lost() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\ntwo\n").commit("Start");
    repo.git(&["switch", "-q", "-c", "idea"]);
    repo.write("b.txt", "three\nfour\nfive\n").commit("Try");
    repo.git(&["switch", "-q", "main"]);
    let state = &audited(&repo, &[])["origin"][0];
    assert_eq!(
        [
            &state["commits"],
            &state["lines_added"],
            &state["commits_elsewhere"],
            &state["lines_elsewhere"],
            &state["lines_standing"]
        ],
        [2, 5, 1, 3, 2]
    );
    let shown = page(&repo, &[]);
    says(
        &shown,
        "Survival and half-life leave out 1 commit with 3 lines that HEAD does not reach",
    );
    says(&shown, "unknown 2 5 3 2 100.0%");
    repo.git(&["merge", "-q", "--no-edit", "idea"]);
    is_silent_on(&page(&repo, &[]), "Not in HEAD");
}

#[test]
fn tasks_of_one_title_are_two() {
    let world = World::new();
    let repo = world.repo("kiln");
    for number in 1..=3 {
        let commit = repo.write(&format!("{number}.txt"), "one\n").commit("Work");
        let title = if number == 3 { "Other" } else { "Same" };
        note(&repo, &commit, &[task(number, &json!({ "title": title }))]);
    }
    let audit = audited(&repo, &[]);
    let tasks: Vec<_> = audit["origin"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["by"] == "task")
        .map(|row| (row["value"].as_str().unwrap(), row["id"].as_str().unwrap()))
        .collect();
    let ids: Vec<String> = (1..=3).map(id).collect();
    assert_eq!(tasks, [("Other", &*ids[2]), ("Same", &ids[0]), ("Same", &ids[1])]);
    let shown = repo.run(&["audit", "--format", "markdown"]).success();
    for label in [
        format!("Same ({})", ids[0]),
        format!("Same ({})", ids[1]),
        "| Other |".into(),
    ] {
        says(&shown, &label);
    }
}

#[test]
fn the_lines_of_a_file_are_asked_for_alone() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    for more in [
        &["--strict"][..],
        &["--since", "2026-04-01"],
        &["--rule", "outlier"],
        &["--level", "error"],
        &["--allow", "outlier:1"],
        &[".", "HEAD"],
        &["HEAD"],
    ] {
        let ran = repo.run(&[&["audit", "--file", "a.txt"], more].concat());
        assert_eq!(ran.code, Some(2), "{more:?}: {ran}");
    }
}

#[test]
fn a_file_is_named_as_for_git() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n")
        .write("deep/b.txt", "two\n")
        .commit("Start");
    let deep = repo.path().join("deep");
    let absolute = deep.join("b.txt").display().to_string();
    let path_of = |ran: Ran| json_of(&ran)["path"].as_str().unwrap_or_default().to_owned();
    let file = |path: &str| world.run_in(&deep, &["audit", "--format", "json", "--file", path]);
    assert_eq!(path_of(file("b.txt")), "deep/b.txt");
    assert_eq!(path_of(file("./b.txt")), "deep/b.txt");
    assert_eq!(path_of(file("../a.txt")), "a.txt");
    assert_eq!(path_of(file(&absolute)), "deep/b.txt");
    assert_eq!(file("a.txt").code, Some(1));
    let outside = file("../../c.txt");
    assert_eq!(outside.code, Some(1));
    assert!(outside.stderr.contains("outside the repository"), "{outside}");
    // As in `git -C REPO`.
    let from_above = world.run(&["audit", "kiln", "--format", "json", "--file", "./deep/b.txt"]);
    assert_eq!(path_of(from_above), "deep/b.txt");
    let link = world.path("link");
    std::os::unix::fs::symlink(repo.path(), &link).unwrap();
    let through = link.join("a.txt").display().to_string();
    assert_eq!(path_of(file(&through)), "a.txt");
    let bare = world.path("bare.git").display().to_string();
    repo.git(&["clone", "-q", "--bare", ".", &bare]);
    let ran = world.run(&["audit", &bare, "--format", "json", "--file", "./deep/b.txt"]);
    assert_eq!(path_of(ran), "deep/b.txt");
}

#[test]
fn a_word_that_is_a_path_and_a_revision_is_refused() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    repo.write("main/b.txt", "two\n").commit("Go on");
    repo.git(&["branch", "old", "HEAD~1"]);
    let commits = |args: &[&str]| {
        let ran = repo.run(&[&["audit", "--format", "json"], args].concat());
        json_of(&ran)["origin"][0]["commits"].as_u64()
    };
    let both = repo.run(&["audit", "main"]);
    assert_eq!(both.code, Some(2), "{both}");
    assert!(both.stderr.contains("git leverage audit . main"), "{both}");
    assert_eq!(commits(&["old"]), Some(1));
    assert_eq!(commits(&[".", "main"]), Some(2));
    assert_eq!(commits(&["./main"]), Some(2));
    let nowhere = world.run(&["audit", "nothing"]);
    assert_eq!(nowhere.code, Some(1), "{nowhere}");
    assert!(
        nowhere.stderr.contains("no such directory: `nothing`"),
        "{nowhere}"
    );
}

#[test]
fn only_all_is_all_and_only_nothing_is_nothing() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    let most = json!({ "estimate": { "hours": 824, "by": "Ada" }, "sessions": ["codex:1"] });
    note(&repo, &commit, &[task(1, &most), session("codex:1")]);
    let _ = repo
        .run(&["record", "--no-commit", "--title", "Plan", "--estimate", "4h"])
        .success();
    let shown = page(&repo, &[]);
    says(
        &shown,
        "From notes: agent time of 1 of 2 tasks; anyone can type it;",
    );
    says(&shown, "Minutes in notes 1 824h");
    says(&shown, "Nothing 1 4h");
}

#[test]
fn sarif_names_files_that_exist_and_what_is_allowed() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    note(&repo, &commit, &[task(1, &json!({ "supervisory_minutes": 0 }))]);
    let rule = ["audit", "--format", "sarif", "--rule", "supervision-too-short"];
    let run = || json_of(&repo.run(&rule))["runs"][0].clone();
    let place = |run: &Value| run["results"][0]["locations"][0]["physicalLocation"].clone();
    assert_eq!(place(&run()), Value::Null);
    repo.write("README.md", "# kiln\n").commit("Say what it is");
    assert_eq!(place(&run())["artifactLocation"]["uri"], "README.md");
    assert_eq!(run()["results"][0]["suppressions"], Value::Null);
    let allow = format!("supervision-too-short:{} over night\n", id(1));
    repo.write(".leverage-audit", allow).commit("Explain");
    let explained = run();
    assert_eq!(place(&explained)["artifactLocation"]["uri"], ".leverage-audit");
    assert_eq!(
        explained["results"][0]["suppressions"],
        json!([{ "kind": "external", "status": "accepted", "justification": "over night" }])
    );
}

#[test]
fn an_empty_repository_is_read_whole() {
    let world = World::new();
    let repo = world.repo("kiln");
    let ran = repo.run(&["audit"]);
    assert_eq!((ran.code, &*ran.stderr), (Some(0), ""), "{ran}");
    says(&ran.stdout, "The repository has no commits");
    is_silent_on(&ran.stdout, "Half-life");
}

#[test]
fn help_names_the_rules_and_signatures_are_spoken_of_once() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    note(&repo, &commit, &[task(1, &json!({}))]);
    let shown = page(&repo, &["-v"]);
    is_silent_on(&shown, "not signed");
    says(&shown, "no ledger commit is signed");
    let short = world.run(&["audit", "-h"]).success();
    is_silent_on(&short, "agent-minutes-beyond-span");
    let long = world.run(&["audit", "--help"]).success();
    says(&long, "agent-minutes-beyond-span");
    says(&long, "Do the phases add up to the estimate?");
    assert_eq!(repo.run(&["audit", "--rule", "nonsense"]).code, Some(2));
}

#[test]
fn the_demo_measures_without_an_option() {
    let world = World::new();
    let printed = world.run(&["demo", "made"]).success();
    assert!(!printed.contains("CLAUDE_CONFIG_DIR"), "{printed}");
    assert_eq!(printed.matches("--agent-dir").count(), 1, "{printed}");
    says(
        &printed,
        "git leverage audit made/accounts git leverage inventory made",
    );
    let audit = world
        .run(&["audit", "made/accounts", "--format", "json"])
        .success();
    let audit: Value = serde_json::from_str(&audit).unwrap();
    assert_eq!(audit["confidence"]["measured"]["tasks"], 0);
    assert_eq!(audit["confidence"]["noted"]["tasks"], 15);
}

#[test]
fn the_demo_leaves_one_repository_to_capture() {
    let world = World::new();
    let _ = world.run(&["demo", "made"]).success();
    let logs = format!("claude-code={}", world.path("made/agent-logs/claude").display());
    for (name, is_captured) in [
        ("accounts", true),
        ("courses", true),
        ("platform", true),
        ("console", false),
    ] {
        let of = |args: &[&str]| {
            let place = format!("made/{name}");
            let args = [&["-C", place.as_str()], args, &["--agent-dir", &logs]].concat();
            world.run(&args).to_string()
        };
        let since = ["capture", "--since", "2026-02-26"];
        let shown = of(&[&since[..], &["--dry-run"]].concat());
        assert_eq!(shown.contains("Nothing new to capture"), is_captured, "{shown}");
        assert_eq!(of(&["status"]).contains("Not captured yet"), !is_captured);
    }
}

/// `sessions` shows logs; without any, it says where the captured sessions are.
#[test]
fn sessions_without_logs_lead_to_the_captured_ones() {
    let world = World::new();
    let _ = world.run(&["demo", "made it"]).success();
    let empty = world.run(&["sessions", "made it"]);
    says(&empty.stderr, "No agent session logs found");
    says(
        &empty.stderr,
        "Captured in notes: 64 sessions; `git leverage report 'made it' --by session` shows them",
    );
    let none = world.run(&["sessions", "made it/console"]);
    assert!(!none.stderr.contains("Captured in notes"), "{none}");
}
