//! Who estimated: a person, or an agent on behalf of one. Every command tells them apart.

use serde_json::Value;

use crate::world::{TestRepo, World};

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
    assert!(history.contains("Estimated by"), "{history}");
    assert!(history.contains("claude-code claude-opus-4-8"), "{history}");
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
    let said = "Of 2 estimates 1 is by agents, 1 by the agent that did the work, with 4 of 6 human hours";
    assert!(audit.contains(said), "{audit}");
    let audit: Value = serde_json::from_str(&repo.run(&["audit", "--format", "json"]).stdout).unwrap();
    assert_eq!(audit["confidence"]["by_agents"]["tasks"], 1);
    assert_eq!(audit["confidence"]["by_agents"]["human_hours"], 4.0);
    assert_eq!(audit["confidence"]["by_own_agent"], 1);
    let own = audit["findings"].as_array().unwrap().iter();
    let own: Vec<&Value> = own.filter(|one| one["rule"] == "estimate-by-own-agent").collect();
    assert_eq!(own.len(), 1, "{audit}");
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
