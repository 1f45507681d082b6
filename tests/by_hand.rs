//! Tasks that people did without an agent: recording, importing and retracting them, and what they say about estimates.

use serde_json::Value;

use crate::world::{TestRepo, World};

fn calibrated(repo: &TestRepo<'_>) -> Value {
    let report = repo
        .run(&["report", "--calibrated", "--format", "json"])
        .success();
    serde_json::from_str(&report).unwrap()
}

fn log(repo: &TestRepo<'_>) -> Vec<Value> {
    let log = repo.run(&["log", "--by-hand", "--format", "json"]).success();
    let log: Value = serde_json::from_str(&log).unwrap();
    log["by_hand"].as_array().unwrap().clone()
}

#[test]
fn a_task_by_hand_is_stored_shown_listed_and_retracted_and_is_no_task() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("door.rs", "fn door() {}\n")
        .commit("Mend the kiln door");
    let recorded = repo.run(&["record", "--by-hand", "--estimate", "4h", "--actual", "6h"]);
    assert!(recorded.stderr.contains("Recorded 6h by hand"), "{recorded}");
    let shown = repo.run(&["show"]).success();
    assert!(shown.starts_with("Mend the kiln door\n"), "{shown}");
    assert!(
        shown.contains("actual       6h by hand, 150% of the estimate"),
        "{shown}"
    );
    let [task] = &log(&repo)[..] else { panic!() };
    assert_eq!(
        (&task["estimate"]["hours"], &task["actual_hours"]),
        (&4.into(), &6.into())
    );
    let report = calibrated(&repo);
    assert_eq!(report["totals"]["tasks"], 0);
    assert_eq!(report["totals"]["human_hours"], Value::Null);
    assert_eq!(report["calibration"]["estimators"][0]["ratio_of_sums"], 1.5);
    let again = repo.run(&["record", "--by-hand", "--estimate", "4h", "--actual", "6h"]);
    assert_eq!(again.code, Some(1));
    assert!(again.stderr.contains("this task is already recorded"), "{again}");
    let id = task["id"].as_str().unwrap();
    let _ = repo
        .run(&["retract", id, "--reason", "An agent did half of it"])
        .success();
    assert_eq!(log(&repo), [] as [Value; 0]);
    assert_eq!(calibrated(&repo)["calibration"]["all"], Value::Null);
    let again = repo.run(&["retract", id, "--reason", "Twice"]);
    assert!(again.stderr.contains("was already retracted"), "{again}");
}

#[test]
fn what_is_missing_or_contradicts_is_refused_and_nothing_is_written() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    let before = repo.git(&["for-each-ref"]);
    for (args, said) in [
        ("--actual 6h", "missing `--by-hand`"),
        ("--by-hand --estimate 4h", "missing `--actual <DURATION>`"),
        ("--by-hand --actual 6h", "the task has no estimate"),
        ("--estimate 4h --actual 6h", "missing `--by-hand`"),
        ("--by-hand --estimate 4h --actual 0h", "the actual time is 0h"),
        ("--by-hand --estimate 0h --actual 4h", "the estimate is 0h"),
        ("--by-hand --estimate 4h --actual 6", "`6` has no unit"),
        ("--by-hand --estimate 4h --actual -6h", "`-6h` is negative"),
        (
            "--by-hand --estimate 4h --actual 6h --agent codex",
            "cannot be used with",
        ),
        (
            "--by-hand --estimate 4h --actual 6h --agent-time 5m",
            "cannot be used with",
        ),
        (
            "--by-hand --estimate 4h --actual 6h --trailer",
            "cannot be used with",
        ),
    ] {
        let args: Vec<&str> = args.split(' ').collect();
        let refused = repo.run(&[&["record"], args.as_slice()].concat());
        assert_eq!(refused.code, Some(2), "{args:?}: {refused}");
        assert!(refused.stderr.contains(said), "{args:?}: {refused}");
    }
    assert_eq!(repo.git(&["for-each-ref"]), before);
}

#[test]
fn tasks_by_hand_have_ranges_and_are_never_taken_for_tasks_or_for_each_other() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Mend the kiln door");
    let by_hand = ["record", "--by-hand", "--actual", "6h", "--phase", "Door=2h..8h"];
    let recorded = repo.run(&[by_hand.as_slice(), &["--title", "Door"]].concat());
    assert!(recorded.stdout.contains("4h (2h..8h)"), "{recorded}");
    let _ = repo
        .run(&[
            "record",
            "--by-hand",
            "--actual",
            "6h",
            "--estimate",
            "5h",
            "--title",
            "Shelf",
        ])
        .success();
    let refs = repo.git(&["for-each-ref"]);
    let several = repo.run(&["retract", "HEAD", "--reason", "Twice"]);
    assert_eq!(several.code, Some(1), "{several}");
    assert!(
        several.stderr.contains("`HEAD` names 2 tasks done by hand: `"),
        "{several}"
    );
    let id = log(&repo)[0]["id"].as_str().unwrap().to_owned();
    let revised = repo.run(&["revise", &id, "--estimate", "3h", "--reason", "Less"]);
    assert_eq!(revised.code, Some(1), "{revised}");
    assert!(
        revised.stderr.contains("was done by hand and cannot be revised"),
        "{revised}"
    );
    assert_eq!(repo.git(&["for-each-ref"]), refs);
    let _ = repo.run(&["retract", &id, "--reason", "Twice"]).success();
    let other = repo.run(&["retract", "HEAD", "--reason", "Not by hand"]);
    assert_eq!(other.code, Some(0), "{other}");
    assert_eq!(log(&repo), [] as [Value; 0]);
}

#[test]
fn calibration_is_shown_before_the_first_commit() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("by-hand.csv", TABLE);
    let _ = repo.run(&["import", "by-hand.csv"]).success();
    let page = repo.run(&["report", "--calibrated"]).success();
    assert!(page.contains("Ratio of sums"), "{page}");
}

const TABLE: &str = "task,person,estimate_hours,actual_hours\n\
    1,Ada,4,6\n2,Ada,8,8\n3,Ada,2,3\n4,Ada,16,20\n5,Ada,1,1\n6,Ben,8,4\n7,Ben,8,4\n";

#[test]
fn a_table_of_actual_hours_is_imported_once_and_calibrates_who_estimated() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("by-hand.csv", TABLE);
    let imported = repo.run(&["import", "by-hand.csv"]);
    assert!(
        imported.stderr.contains("Imported 7 tasks done by hand"),
        "{imported}"
    );
    let refs = repo.git(&["for-each-ref"]);
    let again = repo.run(&["import", "by-hand.csv"]);
    assert!(
        again.stderr.contains("Imported 0 tasks; 7 already present"),
        "{again}"
    );
    assert_eq!(repo.git(&["for-each-ref"]), refs);
    let exported = repo.run(&["export", "by-hand"]).success();
    assert_eq!(exported.lines().count(), 7);
    repo.write("by-hand.jsonl", &exported);
    let back = repo.run(&["import", "by-hand.jsonl"]);
    assert!(
        back.stderr.contains("Imported 0 tasks; 7 already present"),
        "{back}"
    );
    let other = world.repo("other");
    other.write("by-hand.jsonl", &exported);
    let _ = other.run(&["import", "by-hand.jsonl"]).success();
    assert_eq!(
        calibrated(&other)["calibration"],
        calibrated(&repo)["calibration"]
    );
    let calibration = calibrated(&repo)["calibration"].clone();
    let ada = &calibration["estimators"][0];
    assert_eq!((&ada["person"], &ada["tasks"]), (&"Ada".into(), &5.into()));
    assert_eq!(ada["ratio_of_sums"].as_f64().unwrap(), 38.0 / 31.0);
    assert!(ada["ratio_of_sums_low"].as_f64().unwrap() < 38.0 / 31.0);
    let ben = &calibration["estimators"][1];
    assert_eq!(
        (&ben["ratio_of_sums"], &ben["ratio_of_sums_low"]),
        (&0.5.into(), &Value::Null)
    );
}

#[test]
fn rows_without_actual_hours_or_with_an_agent_are_refused() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (row, said) in [
        ("x,4,,", "the row has no actual hours"),
        ("x,,4,", "the row has no human estimate"),
        ("x,4,0,", "the actual time is 0h"),
        (
            "x,4,6,5",
            "the row has actual hours of a person and figures of an agent",
        ),
    ] {
        repo.write(
            "odd.csv",
            format!("task,estimate_hours,actual_hours,agent_minutes\n{row}\n"),
        );
        let refused = repo.run(&["import", "odd.csv"]);
        assert_eq!(refused.code, Some(1), "{row}: {refused}");
        assert!(refused.stderr.contains(said), "{row}: {refused}");
    }
}

#[test]
fn factors_are_corrected_only_where_the_estimator_has_five_tasks_by_hand() {
    let world = World::new();
    let repo = world.repo("kiln");
    let own = |factor: &str| {
        let report = calibrated(&repo);
        let totals = report["totals"].clone();
        (
            totals[factor].clone(),
            totals["leverage_factor"].clone(),
            report["left_out"].clone(),
        )
    };
    let _ = repo
        .run(&[
            "record",
            "--no-commit",
            "--title",
            "Kiln",
            "--estimate",
            "10h",
            "--agent-time",
            "1h",
        ])
        .success();
    for number in 1..=5 {
        if number == 5 {
            let (factor, claimed, left_out) = own("calibrated_leverage_factor");
            assert_eq!((factor, claimed), (Value::Null, 10.0.into()));
            assert_eq!(left_out["tasks_without_calibration"], 1);
            let page = repo.run(&["report", "--calibrated"]).success();
            assert!(
                page.contains("has an estimator with fewer than 5 tasks done by hand"),
                "{page}"
            );
        }
        let title = format!("Shelf {number}");
        let args = [
            "record",
            "--by-hand",
            "--no-commit",
            "--title",
            &title,
            "--estimate",
            "4h",
            "--actual",
            "3h",
        ];
        let _ = repo.run(&args).success();
    }
    let (factor, claimed, left_out) = own("calibrated_leverage_factor");
    assert_eq!((factor, claimed), (7.5.into(), 10.0.into()));
    assert_eq!(left_out["tasks_without_calibration"], 0);
    assert_eq!(own("calibrated_human_hours").0, 7.5);
    assert_eq!(own("calibrated_leverage_factor_low").0, 7.5);
}

#[test]
fn a_commit_that_shows_an_agent_or_has_a_task_was_not_made_by_hand() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin\n\nCo-Authored-By: Claude <noreply@anthropic.com>");
    let by_hand = ["record", "--by-hand", "--estimate", "4h", "--actual", "80h"];
    let refused = repo.run(&by_hand);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(
        refused.stderr.contains("was not made by hand: it shows an agent"),
        "{refused}"
    );
    repo.commit("Go on\n\nLeverage-Estimate: 2h");
    let refused = repo.run(&[&by_hand[..], &["--another"]].concat());
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(
        refused
            .stderr
            .contains("was not made by hand: it has the task `Go on`"),
        "{refused}"
    );
    assert_eq!(repo.git(&["for-each-ref", "refs/notes"]), "");
}
