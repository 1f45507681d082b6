//! Models that turn lines into hours, in columns of their own.

use serde_json::Value;

use crate::world::{TestRepo, World};

const START: i64 = 1_583_150_400;
const DAY: i64 = 86_400;

/// 30 days with 20 lines each by a person, then a commit with an agent, and one more.
fn with_past(repo: &TestRepo<'_>) {
    for day in 0..30 {
        let lines: String = (0..20)
            .map(|line| format!("let x{day}_{line} = {line};\n"))
            .collect();
        repo.write(&format!("src/d{day}.rs"), lines)
            .commit_at(&format!("Day {day}"), START + day * DAY);
    }
    let lines: String = (0..100).map(|line| format!("let y{line} = {line};\n")).collect();
    repo.write("src/agent.rs", lines).commit_at(
        "Write it\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
        START + 40 * DAY,
    );
}

fn report(repo: &TestRepo<'_>, models: &[&str]) -> Value {
    let mut args = vec![
        "report",
        "--format",
        "json",
        "--zone",
        "UTC",
        "--since",
        "2020-04-10",
    ];
    for model in models {
        args.extend(["--estimate-model", model]);
    }
    let ran = repo.run(&args);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran}"))
}

#[test]
fn each_model_has_its_own_columns_and_pace_is_that_of_the_people_before_the_first_agent() {
    let world = World::new();
    let repo = world.repo("kiln");
    with_past(&repo);
    let all = report(&repo, &["sloc=1,000/day,pace", "cocomo"]);
    let totals = &all["totals"];
    assert_eq!(totals["commits"], 1);
    assert_eq!(totals["human_hours"], Value::Null);
    assert_eq!(totals["model_human_hours"], 0.8);
    assert_eq!(totals["pace_human_hours"], 40);
    let cocomo = totals["cocomo_human_hours"].as_f64().unwrap();
    // 2.94 × 0.1^1.0997 × 152
    assert!((cocomo - 35.522).abs() < 0.001, "{cocomo}");
    let pace = &all["pace"][0];
    assert_eq!(pace["pace"]["lines_per_day"].as_f64(), Some(20.0));
    assert_eq!(pace["pace"]["days"], 30);
    assert_eq!(pace["pace"]["people"], 1);
    assert_eq!(pace["left_out"]["since_first_agent"], 1);
    let one = report(&repo, &["cocomo"]);
    for absent in ["pace_human_hours", "pace_leverage_factor"] {
        assert!(one["totals"].get(absent).is_none(), "{one}");
    }
    assert!(one.get("pace").is_none(), "{one}");
    let page = repo.run(&["report", "--estimate-model", "pace"]).success();
    assert!(
        page.contains("20 lines of source and tests per working day"),
        "{page}"
    );
}

#[test]
fn a_repository_without_a_human_past_has_no_pace() {
    let world = World::new();
    let repo = world.repo("young");
    repo.write("src/a.rs", "fn a() {}\n").commit_at(
        "Write it\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
        START + 50 * DAY,
    );
    let report = report(&repo, &["pace"]);
    assert_eq!(report["pace"][0]["pace"], Value::Null);
    assert_eq!(report["left_out"]["commits_without_pace"], 1);
    assert!(report["totals"].get("pace_human_hours").is_none(), "{report}");
    let page = repo.run(&["report", "--estimate-model", "pace"]).success();
    let said = "1 commit without a task is in repositories without a pace; the columns by pace leave it out";
    assert!(page.contains(said), "{page}");
}
