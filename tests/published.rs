//! The four published days and the published phases: every total and every factor, as precise as they were published.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use git_leverage::testing::facts::{
    FirstClaim, Hours, Minutes, Period, Phase, Task, TaskId, TaskSource, Tokens, WorkTime, Zone,
};
use git_leverage::testing::reports::{
    Dimension, PlacedTask, Query, Report, Repository, Requested, View, markdown, report, task_log,
};
use serde_json::Value;

const DAYS: [&str; 4] = ["2026-03-01", "2026-03-02", "2026-03-26", "2026-04-04"];

fn published(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/published")
        .join(name)
}

fn json(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(published(name)).unwrap()).unwrap()
}

fn rows(day: &str) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(published(&format!("{day}.csv"))).unwrap();
    reader.records().map(Result::unwrap).collect()
}

fn task(title: &str, date: NaiveDate, hours: f64, number: u64) -> Task {
    let first = FirstClaim {
        at: chrono::DateTime::UNIX_EPOCH,
        by: "Ada Example <ada@example.org>",
        title: title.to_owned(),
        date,
        hours: Hours::new(hours).unwrap(),
        source: TaskSource::Record,
    };
    Task::new(TaskId::new(number, &[0; 10]), first)
}

fn tasks_of(day: &str) -> Vec<Task> {
    let number = |text: &str| text.parse::<f64>().ok();
    rows(day)
        .iter()
        .map(|row| Task {
            agent_minutes: number(&row[3]).and_then(Minutes::new),
            supervisory_minutes: number(&row[4]).and_then(Minutes::new),
            tokens: row[5].parse().ok().map(Tokens),
            ..task(
                &row[1],
                day.parse().unwrap(),
                row[2].parse().unwrap(),
                row[0].parse().unwrap(),
            )
        })
        .collect()
}

fn sum_up(tasks: Vec<Task>, by: &[Dimension], day: Option<&str>) -> Report {
    let repo = Repository {
        name: "published".to_owned(),
        path: "/published".to_owned(),
        tasks: tasks
            .into_iter()
            .map(|task| PlacedTask {
                earlier: Vec::new(),
                task,
                commits: Vec::new(),
                opinions: Vec::new(),
            })
            .collect(),
        ..Repository::default()
    };
    let day = day.map(|day| day.parse().unwrap());
    let query = Query {
        by: by.to_vec(),
        zone: Zone::Named(chrono_tz::UTC),
        period: Period {
            since: day,
            until: day,
        },
        today: None,
        author: None,
        agent: None,
        sort: None,
        limit: None,
        work: WorkTime::default(),
        models: Requested::default(),
        calibrated: false,
    };
    report(&[repo], &[], &query)
}

/// A published figure: 96 means 96, 96.0 as well, 54.1 means anything that rounds to it.
fn one_decimal(value: f64) -> String {
    format!("{value:.1}")
}

#[test]
fn every_published_total_follows_from_its_rows() {
    let published = json("published.json");
    for day in DAYS {
        let totals = serde_json::to_value(sum_up(tasks_of(day), &[], Some(day)).totals).unwrap();
        for (name, figure) in published[day].as_object().unwrap() {
            // Tokens were published by row for the first day only, and the tasks before grouping not at all.
            let is_by_row = name != "tokens" || day == DAYS[0];
            if name == "tasks_before_grouping" || !is_by_row {
                continue;
            }
            let computed = totals[name]
                .as_f64()
                .unwrap_or_else(|| panic!("{day} has no {name}"));
            assert_eq!(
                one_decimal(computed),
                one_decimal(figure.as_f64().unwrap()),
                "{day} {name}"
            );
        }
    }
}

#[test]
fn every_published_factor_follows_from_its_row() {
    let mut compared = 0;
    for day in DAYS {
        for (task, row) in tasks_of(day).iter().zip(rows(day)) {
            for (factor, figure) in [
                (task.leverage_factor(), &row[6]),
                (task.supervisory_leverage_factor(), &row[7]),
            ] {
                if figure.is_empty() {
                    assert_eq!(factor, None);
                    continue;
                }
                compared += 1;
                assert_eq!(
                    one_decimal(factor.unwrap()),
                    one_decimal(figure.parse().unwrap()),
                    "{day} {}",
                    task.title
                );
            }
        }
    }
    assert_eq!(compared, 12 + 15 + 2 * 32 + 2 * 29);
}

#[test]
fn published_phases_sum_to_their_estimate_and_give_its_factors() {
    for (title, figures) in json("phases.json").as_object().unwrap() {
        let number = |name: &str| figures[name].as_f64().unwrap();
        let mut task = task(title, NaiveDate::default(), number("human_hours"), 1);
        task.agent_minutes = Minutes::new(number("agent_minutes"));
        task.supervisory_minutes = Minutes::new(number("supervisory_minutes"));
        let phases = figures["phases"].as_object().into_iter().flatten();
        task.estimate.phases = phases
            .map(|(name, hours)| Phase::new(name, Hours::new(hours.as_f64().unwrap()).unwrap()))
            .collect();
        assert_eq!(task.check(), Ok(()), "{title}");
        // These were published without a decimal.
        assert_eq!(
            task.leverage_factor().unwrap().round(),
            number("leverage_factor"),
            "{title}"
        );
        assert_eq!(
            task.supervisory_leverage_factor().unwrap().round(),
            number("supervisory_leverage_factor"),
            "{title}"
        );
    }
}

#[test]
fn a_day_by_task_reads_like_the_published_log() {
    let report = sum_up(tasks_of("2026-04-04"), &[Dimension::Task], Some("2026-04-04"));
    let page = markdown(&task_log(&report, &View::default()).unwrap());
    insta::assert_snapshot!(page, @r"
    # Leverage Record: April 4, 2026

    29 tasks claim 1,426h of human work over 26h 21m of agent time: a factor of 54.1x, if the estimates are right. Over the 2h 29m of supervision, it is 574.2x. Days are in UTC.

    ## Task log

    | # | Task | Human | Agent time | Sup. | Factor | Sup. factor |
    | ---: | :--- | ---: | ---: | ---: | ---: | ---: |
    | 1 | Full-stack accounting platform rewrite | 240h | 22m | 5m | 654.5x | 2,880.0x |
    | 2 | Full refit of time tracking service | 80h | 15m | 3m | 320.0x | 1,600.0x |
    | 3 | Full rewrite of list management app | 120h | 25m | 5m | 288.0x | 1,440.0x |
    | 4 | Accounting platform React 19 frontend | 40h | 12m | 10m | 200.0x | 240.0x |
    | 5 | Time tracking frontend rewrite | 24h | 8m | 5m | 180.0x | 288.0x |
    | 6 | Time tracking comprehensive test suite | 40h | 18m | 2m | 133.3x | 1,200.0x |
    | 7 | OIDC client registration | 200h | 90m | 20m | 133.3x | 600.0x |
    | 8 | Dual auth architecture | 120h | 55m | 15m | 130.9x | 480.0x |
    | 9 | 17 API route files | 24h | 12m | 8m | 120.0x | 180.0x |
    | 10 | Marketing platform test suite | 80h | 45m | 3m | 106.7x | 1,600.0x |
    | 11 | Cross-app integration | 16h | 10m | 3m | 96.0x | 320.0x |
    | 12 | 6 accounting service files | 12h | 8m | 5m | 90.0x | 144.0x |
    | 13 | Launch plan reconciliation + press kit | 24h | 18m | 5m | 80.0x | 288.0x |
    | 14 | Bidirectional cross-app integration | 12h | 12m | 2m | 60.0x | 360.0x |
    | 15 | MCP server config fix | 20h | 22m | 3m | 54.5x | 400.0x |
    | 16 | 18 backend unit test files | 16h | 18m | 5m | 53.3x | 192.0x |
    | 17 | Task tracker comprehensive test suite | 16h | 20m | 3m | 48.0x | 320.0x |
    | 18 | Accounting backend core skeleton | 4h | 5m | 5m | 48.0x | 48.0x |
    | 19 | Terraform infrastructure | 3h | 4m | 5m | 45.0x | 36.0x |
    | 20 | Critical proficiency scoring bug | 16h | 22m | 5m | 43.6x | 192.0x |
    | 21 | Reconcile task tracker with fleet conventions | 8h | 12m | 2m | 40.0x | 240.0x |
    | 22 | Backend unit test suite | 8h | 12m | 5m | 40.0x | 96.0x |
    | 23 | Certification marketplace frontend | 4h | 6m | 5m | 40.0x | 48.0x |
    | 24 | Production deployment | 16h | 25m | 2m | 38.4x | 480.0x |
    | 25 | Infrastructure rename migration | 28h | 45m | 5m | 37.3x | 336.0x |
    | 26 | Newsletter platform testing strategy, 99 tests | 12h | 35m | 3m | 20.6x | 240.0x |
    | 27 | Rename task tracker | 2h | 7m | 3m | 17.1x | 40.0x |
    | 28 | 12 structured content specifications | 240h | 16h 30m | 5m | 14.5x | 2,880.0x |
    | 29 | Update product website patent portfolio numbers | 1h | 8m | 2m | 7.5x | 30.0x |
    |  | **Total** | **1,426h** | **26h 21m** | **2h 29m** | **54.1x** | **574.2x** |

    - Human, Agent time, Sup. are claimed; Factor, Sup. factor are derived

    ## Aggregates

    | Aggregate | Value | Basis |
    | :--- | ---: | :--- |
    | Tasks | 29 | claimed |
    | Human hours | 1,426h | claimed |
    | Human weeks | 35.6 | derived |
    | Agent time | 26h 21m | claimed |
    | Supervision | 2h 29m | claimed |
    | Leverage factor | 54.1x | derived |
    | Supervisory factor | 574.2x | derived |
    ");
}
