//! How much of a factor survives each doubt, in every format.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::world::{NOW, START, TestRepo, World};

const DOUBTS: [&str; 14] = [
    "total",
    "without_largest_task",
    "without_largest_tenth",
    "without_highest_tenth",
    "lowest_opinion",
    "median_opinion",
    "low_ends",
    "calibrated",
    "pace",
    "sloc",
    "cocomo",
    "all_in",
    "without_unknown_time",
    "measured_minutes",
];

/// A repository with the tasks of a published day and no commit of them.
fn published<'w>(world: &'w World, day: &str) -> TestRepo<'w> {
    let repo = world.repo(&format!("day-{day}"));
    repo.commit("Begin");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/published/{day}.csv"));
    let copy = world.path(&format!("{day}.csv"));
    fs::copy(file, &copy).unwrap();
    repo.run(&["import", "--date", day, copy.to_str().unwrap()])
        .success();
    repo
}

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    let text = repo.run(&[args, &["--format", "json"]].concat()).success();
    serde_json::from_str(&text).unwrap()
}

fn row<'j>(table: &'j Value, doubt: &str) -> &'j Value {
    let rows = table["rows"].as_array().unwrap();
    rows.iter().find(|row| row["doubt"] == doubt).unwrap()
}

fn number(row: &Value, field: &str) -> f64 {
    row[field].as_f64().unwrap()
}

/// Tasks, hours, minutes and supervision (0 if unknown) of each day: the total, without the largest task, without the largest tenth.
const SUMS: [(&str, [[f64; 4]; 3]); 4] = [
    (
        "2026-03-01",
        [
            [12.0, 204.0, 503.0, 0.0],
            [11.0, 164.0, 478.0, 0.0],
            [10.0, 124.0, 443.0, 0.0],
        ],
    ),
    (
        "2026-03-02",
        [
            [15.0, 1096.0, 643.0, 0.0],
            [14.0, 856.0, 533.0, 0.0],
            [13.0, 688.0, 435.0, 0.0],
        ],
    ),
    (
        "2026-03-26",
        [
            [32.0, 309.5, 766.0, 110.0],
            [31.0, 269.5, 741.0, 105.0],
            [28.0, 157.5, 533.0, 90.0],
        ],
    ),
    (
        "2026-04-04",
        [
            [29.0, 1426.0, 1581.0, 149.0],
            [28.0, 1186.0, 1559.0, 144.0],
            [26.0, 746.0, 479.0, 119.0],
        ],
    ),
];

/// The rows of each day, by another way: the CSV sorted by hours and then minutes, its first lines dropped, and summed with awk.
#[test]
fn the_published_days_have_the_sums_that_awk_has() {
    let world = World::new();
    for (day, sums) in SUMS {
        let repo = published(&world, day);
        let table = json(&repo, &["report", "--sensitivity"]);
        assert_eq!(table["schema"], "git-leverage.sensitivity/1");
        for (doubt, [tasks, hours, minutes, supervision]) in DOUBTS.iter().zip(sums) {
            let row = row(&table, doubt);
            let is = |field: &str, wanted: f64| {
                let found = number(row, field);
                assert!((found - wanted).abs() < 1e-9, "{day} {doubt} {field}: {found}");
            };
            is("tasks", tasks);
            is("human_hours", hours);
            is("agent_minutes", minutes);
            is("leverage_factor", hours * 60.0 / minutes);
            let whole = sums[0];
            is("left", (hours / minutes) / (whole[1] / whole[2]));
            match supervision > 0.0 {
                true => is("supervisory_leverage_factor", hours * 60.0 / supervision),
                false => assert!(row["supervisory_leverage_factor"].is_null()),
            }
        }
        // The total is that of the report.
        let report = json(&repo, &["report"]);
        for field in ["human_hours", "agent_minutes", "leverage_factor"] {
            assert_eq!(
                report["totals"][field],
                row(&table, "total")[field],
                "{day} {field}"
            );
        }
    }
}

#[test]
fn a_doubt_that_cannot_be_computed_is_shown_with_its_reason() {
    let world = World::new();
    let repo = published(&world, "2026-04-04");
    let table = json(&repo, &["report", "--sensitivity"]);
    let rows = table["rows"].as_array().unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row["doubt"].as_str().unwrap()).collect();
    assert_eq!(names, DOUBTS);
    for row in &rows[4..] {
        assert!(row["leverage_factor"].is_null() && row["left"].is_null(), "{row}");
        assert!(row["reason"].is_string(), "{row}");
    }
    let shown = repo.run(&["report", "--sensitivity"]).success();
    let line = |start: &str| {
        shown
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap()
            .to_owned()
    };
    assert!(line("By low ends").ends_with('–'), "{shown}");
    assert!(
        shown.contains("\nBy low ends of ranges: no estimate has a range\n"),
        "{shown}"
    );
    assert!(
        line("Without the largest task  ").contains("45.6x   84.3%"),
        "{shown}"
    );
    assert!(shown.contains("\nWithout the largest task: `Full-stack accounting platform rewrite`\n"));
}

#[test]
fn every_format_has_every_doubt() {
    let world = World::new();
    let repo = published(&world, "2026-03-01");
    let of = |format: &str| {
        repo.run(&["report", "--sensitivity", "--format", format])
            .success()
    };
    let csv = of("csv");
    let names: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(names, DOUBTS);
    assert!(
        csv.lines()
            .nth(1)
            .unwrap()
            .starts_with("total,12,204,503,24.33399602385686,1,")
    );
    let markdown = of("markdown");
    assert!(
        markdown.contains("| Without the largest tenth | 10 | 124h | 7h 23m | 16.8x | 69.0% |"),
        "{markdown}"
    );
    let page = of("html");
    for text in ["By COCOMO II", "16.8x", "69.0%", "no estimate has a range"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn it_shows_nothing_of_groups() {
    let world = World::new();
    let repo = published(&world, "2026-03-01");
    for args in [
        &["--by", "day"][..],
        &["--sort", "key"],
        &["--limit", "3"],
        &["--columns", "human"],
        &["--estimate-model", "sloc"],
    ] {
        let ran = repo.run(&[&["report", "--sensitivity"], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}");
    }
}

#[test]
fn sessions_and_measured_minutes_are_doubts_of_their_own() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin\n\nLeverage-Estimate: 10h\nLeverage-Agent-Time: 30m\nLeverage-Supervision: 5m");
    let table = json(&repo, &["report", "--sensitivity"]);
    assert_eq!(number(row(&table, "total"), "leverage_factor"), 20.0);
    assert_eq!(number(row(&table, "total"), "supervisory_leverage_factor"), 120.0);
    assert_eq!(row(&table, "all_in")["reason"], "no session was read");
    assert_eq!(
        row(&table, "without_largest_task")["reason"],
        "there is no other task"
    );
}

#[test]
fn tasks_without_agent_time_are_named_and_in_no_row() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin\n\nLeverage-Estimate: 10h\nLeverage-Agent-Time: 30m");
    repo.write("b", "b").commit("Go on\n\nLeverage-Estimate: 90h");
    let table = json(&repo, &["report", "--sensitivity"]);
    assert_eq!(table["tasks_without_agent_minutes"], 1);
    assert_eq!(number(&table, "human_hours_without_agent_minutes"), 90.0);
    assert_eq!(number(row(&table, "total"), "human_hours"), 10.0);
    let shown = repo.run(&["report", "--sensitivity"]).success();
    assert!(
        shown.contains("1 of 2 tasks has no agent time; their 90h are in no factor over it"),
        "{shown}"
    );
}

/// Each part of the claims of an audit by its name: tasks and hours.
fn worth(repo: &TestRepo<'_>, part: &str) -> (u64, f64) {
    let worth = &json(repo, &["audit"])["worth"][part];
    (worth["tasks"].as_u64().unwrap(), number(worth, "human_hours"))
}

#[test]
fn hours_are_given_before_the_work_if_the_ledger_had_them_then() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("Begin", START);
    let record = |hours: &str, commit: &str| {
        repo.run(&[
            "record",
            "--estimate",
            hours,
            "--agent-time",
            "10m",
            "--commit",
            commit,
        ])
        .success();
    };
    // The clock of a record is that of the test: work before it was there first, work after it came later.
    repo.write("a", "a").commit_at("Before", NOW - 7200);
    record("4h", "HEAD");
    assert_eq!(worth(&repo, "claimed"), (1, 4.0));
    assert_eq!(worth(&repo, "given_before_work"), (0, 0.0));
    repo.write("b", "b").commit_at("After", NOW + 7200);
    record("9h", "HEAD");
    assert_eq!(worth(&repo, "claimed"), (2, 13.0));
    assert_eq!(worth(&repo, "given_before_work"), (1, 9.0));
    let lines = repo.run(&["audit"]).success();
    assert!(lines.contains("9h given before the work (54.0x)"), "{lines}");
}

#[test]
fn every_page_has_one_line_about_the_worth_of_its_claims() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a", "a")
        .commit("Begin\n\nLeverage-Phase: Client=6h\nLeverage-Phase: Tests=4h\nLeverage-Agent-Time: 30m");
    let line = "f 10h claimed, 0h by two or more people, 10h with phases (20.0x), 0h given before the work, 0h backed by \
                tasks done by hand, 0h on measured minutes";
    for command in ["report", "audit"] {
        let page = repo.run(&[command, "--format", "html"]).success();
        assert_eq!(page.matches(line).count(), 1, "{command}");
    }
    repo.run(&["site", "pages"]).success();
    for folder in ["", "days", "repos", "tasks"] {
        let names = fs::read_dir(repo.path().join("pages").join(folder)).unwrap();
        let files = names.map(|name| name.unwrap().path());
        for file in files.filter(|file| file.extension().is_some_and(|end| end == "html")) {
            let wanted = usize::from(file.file_name().unwrap() != "method.html");
            let page = fs::read_to_string(&file).unwrap();
            assert_eq!(page.matches(line).count(), wanted, "{}", file.display());
        }
    }
}

#[test]
fn models_give_hours_for_the_lines_of_tasks_each_line_once() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/a.rs", "let a = 1;\n".repeat(400))
        .commit("Write\n\nLeverage-Estimate: 80h\nLeverage-Agent-Time: 60m");
    repo.run(&["record", "--another", "--estimate", "20h", "--agent-time", "60m"])
        .success();
    repo.commit("Think\n\nLeverage-Estimate: 8h\nLeverage-Agent-Time: 10m");
    let table = json(&repo, &["report", "--sensitivity"]);
    // 400 lines at 200 per day of 8 hours, over both tasks.
    let sloc = row(&table, "sloc");
    assert_eq!(number(sloc, "human_hours"), 16.0);
    assert_eq!(
        number(sloc, "leverage_factor"),
        16.0 * 60.0 / number(sloc, "agent_minutes")
    );
    // Each task has half of the lines: 2 × 2.94 × 0.2^1.0997 × 152 hours.
    let cocomo = number(row(&table, "cocomo"), "human_hours");
    assert!(
        (cocomo - 2.0 * 2.94 * 0.2_f64.powf(1.0997) * 152.0).abs() < 1e-9,
        "{cocomo}"
    );
    assert!(row(&table, "pace")["reason"].as_str().unwrap().contains("pace"));
}
