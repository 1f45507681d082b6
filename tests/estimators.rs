//! Who estimated: a person, or an agent on behalf of one. Every command distinguishes them.

use serde_json::Value;

use crate::world::{NOW, TestRepo, World};

const CLAIM: &str = "Cap the delay\n\nLeverage-Estimate: 4h\nLeverage-Agent: claude-code\n\
                     Leverage-Estimator: claude-code claude-opus-4-8\n";

/// A commit whose estimate is an agent's, and one whose estimate is a person's.
fn both(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("src/a.rs", "let delay = cap(retries);\n")
        .commit(CLAIM);
    repo.write("src/b.rs", "let retries = 5;\n")
        .commit("Retry\n\nLeverage-Estimate: 2h\nLeverage-Estimator: person");
    repo
}

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    let text = repo.run(&[args, &["--format", "json"]].concat()).success();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_trailer_says_which_agent_estimated() {
    let world = World::new();
    let repo = both(&world);
    let id = json(&repo, &["log"])["tasks"][1]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let card = repo.run(&["show", &id]).success();
    assert!(
        card.contains("4h, by claude-code (claude-opus-4-8) for Ada Example <ada@example.org>"),
        "{card}"
    );
    let history = repo.run(&["log", "--history"]).success();
    assert!(
        history.contains("Estimated by: claude-code claude-opus-4-8"),
        "{history}"
    );
    let rows = json(&repo, &["report", "--by", "estimator"]);
    let told: Vec<(&str, f64)> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let key = row["key"]["estimator"].as_str().unwrap();
            (key, row["human_hours"].as_f64().unwrap())
        })
        .collect();
    assert_eq!(told, [("claude-code", 4.0), ("person", 2.0)]);
}

#[test]
fn where_no_agent_estimated_the_history_says_nothing_of_it() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Retry\n\nLeverage-Estimate: 2h");
    let history = repo.run(&["log", "--history"]).success();
    assert!(!history.contains("Estimated by"), "{history}");
    let told = json(&repo, &["log", "--history"]);
    assert_eq!(told["tasks"][0]["estimate"].as_object().unwrap().len(), 2);
}

#[test]
fn an_audit_counts_the_estimates_of_agents() {
    let world = World::new();
    let repo = both(&world);
    let audit = repo.run(&["audit"]).stdout;
    let said = "1 of 2 estimates (4h of 6h) is by an agent, the one that did the work";
    assert!(audit.contains(said), "{audit}");
    let audit: Value = serde_json::from_str(&repo.run(&["audit", "--format", "json"]).stdout).unwrap();
    assert_eq!(audit["confidence"]["by_agents"]["tasks"], 1);
    assert_eq!(audit["confidence"]["by_agents"]["human_hours"], 4.0);
    assert_eq!(audit["confidence"]["by_own_agent"], 1);
    let own = audit["findings"].as_array().unwrap().iter();
    let own: Vec<&Value> = own.filter(|one| one["rule"] == "estimate-by-own-agent").collect();
    assert_eq!(own.len(), 1, "{audit}");
}

/// Whether the line of each task in a table for people shows who estimated it.
fn names_the_estimators(table: &str) -> bool {
    let has = |title: &str, estimator: &str| {
        let mut lines = table.lines();
        lines.any(|line| line.contains(title) && line.contains(estimator))
    };
    has("Cap the delay", "claude-code") && has("Retry", "person")
}

#[test]
fn each_command_that_lists_tasks_says_whose_their_estimates_are() {
    let world = World::new();
    let repo = both(&world);
    let log = repo.run(&["log"]).success();
    assert!(log.contains("Estimator") && names_the_estimators(&log), "{log}");
    let csv = repo.run(&["log", "--format", "csv"]).success();
    assert!(csv.lines().next().unwrap().ends_with(",estimator"), "{csv}");
    assert!(csv.lines().any(|line| line.ends_with(",claude-code")), "{csv}");

    let report = repo.run(&["report", "--by", "task"]).success();
    assert!(names_the_estimators(&report), "{report}");
    assert!(report.contains("1 of 2 estimates is by an agent"), "{report}");
    let csv = repo.run(&["report", "--by", "task", "--format", "csv"]).success();
    assert!(csv.lines().next().unwrap().ends_with(",estimator"), "{csv}");
    assert!(csv.lines().any(|line| line.ends_with(",person")), "{csv}");
    let report = json(&repo, &["report", "--by", "task"]);
    assert_eq!(report["estimates_by_agents"], 1);
    let rows = report["rows"].as_array().unwrap();
    assert!(
        rows.iter().any(|row| row["estimator"] == "claude-code"),
        "{report}"
    );
    let by_day = repo.run(&["report", "--by", "day"]).success();
    assert!(by_day.contains("1 of 2 estimates is by an agent"), "{by_day}");
}

#[test]
fn the_evening_says_whose_estimates_of_today_are() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (file, message) in [("a.rs", CLAIM), ("b.rs", "Retry\n\nLeverage-Estimate: 2h")] {
        repo.write(file, "fn x() {}\n").commit_at(message, NOW - 600);
    }
    let status = repo.run(&["status"]).success();
    assert!(names_the_estimators(&status), "{status}");
    assert!(status.contains("1 of 2 estimates is by an agent"), "{status}");
    let status = json(&repo, &["status"]);
    assert_eq!(status["estimates_by_agents"], 1);
    let tasks = status["tasks"].as_array().unwrap();
    assert!(tasks.iter().any(|task| task["estimator"] == "person"), "{status}");
}

#[test]
fn where_persons_alone_estimated_nothing_is_said_of_it() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Retry\n\nLeverage-Estimate: 2h");
    for args in [&["log"][..], &["report", "--by", "task"], &["status"], &["audit"]] {
        let said = repo.run(args).stdout;
        assert!(!said.to_lowercase().contains("estimator"), "{said}");
        assert!(!said.contains("by an agent"), "{said}");
    }
}

#[test]
fn one_agent_is_one_however_it_is_spelled() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (number, estimator) in ["claude", "Claude Code claude-opus-4-8", "claude-code", "Person"]
        .iter()
        .enumerate()
    {
        repo.write("a.rs", format!("fn a{number}() {{}}\n"))
            .commit(&format!(
                "Part {number}\n\nLeverage-Estimate: 1h\nLeverage-Estimator: {estimator}"
            ));
    }
    repo.write("b.rs", "fn b() {}\n").commit("Part");
    repo.run(&["record", "--estimate=1h", "--estimated-by=CLAUDE claude-opus-4-8"])
        .success();
    let report = json(&repo, &["report", "--by", "estimator"]);
    let keys: Vec<(&str, f64)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["key"]["estimator"].as_str().unwrap(),
                row["human_hours"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(keys, [("claude-code", 4.0), ("person", 1.0)]);
    let log = json(&repo, &["log"]);
    let models = log["tasks"].as_array().unwrap().iter();
    let models = models.filter(|task| task["estimate"]["model"] == "claude-opus-4-8");
    assert_eq!(models.count(), 2, "{log}");
}

#[test]
fn exports_and_tables_bring_the_estimator_along() {
    let world = World::new();
    let lines = both(&world).run(&["export", "tasks"]).success();
    let other = world.repo("other");
    other.write("tasks.jsonl", &lines).write(
        "2026-03-01.csv",
        "title,human_hours,Estimated by\nA,4,codex gpt-6\nB,2,person\nC,1,\n",
    );
    other.run(&["import", "tasks.jsonl"]).success();
    other.run(&["import", "2026-03-01.csv"]).success();
    let log = json(&other, &["log"]);
    let of = |title: &str| {
        let tasks = log["tasks"].as_array().unwrap();
        let task = tasks.iter().find(|task| task["title"] == title).unwrap();
        (
            task["estimate"]["agent"].clone(),
            task["estimate"]["model"].clone(),
        )
    };
    assert_eq!(
        of("Cap the delay"),
        ("claude-code".into(), "claude-opus-4-8".into())
    );
    assert_eq!(of("A"), ("codex".into(), "gpt-6".into()));
    assert_eq!(of("B"), (Value::Null, Value::Null));
    assert_eq!(of("C"), (Value::Null, Value::Null));
}
