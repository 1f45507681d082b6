//! Facts of sessions without times of day: `facts --sessions=days`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use chrono::{DateTime, FixedOffset};
use regex::Regex;
use serde_json::Value;

use crate::world::clones::{Places, pages};
use crate::world::tables::all_rows;

/// The measures that depend on when different sessions worked.
const OF_WALL_TIME: [&str; 5] = [
    "parallelism",
    "wall_leverage_factor",
    "wall_leverage_factor_high",
    "wall_leverage_factor_low",
    "wall_minutes",
];

/// The demo, with facts that have times and facts that have days, in a zone other than UTC.
fn places() -> Places {
    let places = Places::new();
    let zone = ["config", "--global", "leverage.zone", "Asia/Kathmandu"];
    let home = places.world.home();
    assert!(places.world.git(&home).args(zone).status().unwrap().success());
    for when in ["times", "days"] {
        write(&places, &format!("--sessions={when}"), when);
    }
    places
}

fn write(places: &Places, sessions: &str, output: &str) {
    let args = [
        "facts",
        "made",
        "--audit",
        "--agent-dir",
        &places.logs,
        sessions,
        "--output",
        output,
    ];
    places.run(&args).success();
}

/// The names and values of fields that differ.
fn differences(name: &str, times: &Value, days: &Value, found: &mut Vec<(String, Value)>) {
    match (times, days) {
        (Value::Object(one), Value::Object(other)) => {
            assert!(one.keys().eq(other.keys()), "{name}");
            for (field, value) in one {
                differences(field, value, &other[field], found);
            }
        }
        (Value::Array(one), Value::Array(other)) => {
            assert_eq!(one.len(), other.len(), "{name}");
            for (one, other) in one.iter().zip(other) {
                differences(name, one, other, found);
            }
        }
        (one, other) if one != other => found.push((name.to_owned(), other.clone())),
        _ => {}
    }
}

#[test]
fn reports_differ_only_in_wall_time() {
    let places = places();
    let ask = |args: &[&str], facts: &str| {
        let ran = places.run(&[args, &["--facts", facts, "--format", "json"]].concat());
        serde_json::from_str::<Value>(&ran.stdout).unwrap_or_else(|_| panic!("{args:?}: {ran}"))
    };
    let mut unknown = BTreeSet::new();
    for by in [
        "repo",
        "day",
        "repo,month",
        "task",
        "agent",
        "model",
        "author",
        "session",
    ] {
        let args = ["report", "--by", by];
        let mut found = Vec::new();
        differences("", &ask(&args, "times"), &ask(&args, "days"), &mut found);
        for (name, value) in found {
            assert!(
                OF_WALL_TIME.contains(&&*name) && value.is_null(),
                "{by}: {name} {value}"
            );
            unknown.insert(name);
        }
    }
    // No hours of the demo have a range, but what is unknown of its sessions gives the factor one.
    assert!(unknown.len() >= 3, "{unknown:?}");
    for name in ["accounts", "courses", "platform", "console"] {
        let args = ["audit", name];
        let mut found = Vec::new();
        differences("", &ask(&args, "times"), &ask(&args, "days"), &mut found);
        assert_eq!(found, [], "{name}");
    }

    // The wall time of one session is its own, whenever that was.
    let rows = |facts: &str| {
        ask(&["report", "--by", "session"], facts)["rows"]
            .as_array()
            .unwrap()
            .clone()
    };
    let known = |row: &&Value| !row["wall_minutes"].is_null() && row["sessions"] == 1;
    assert_eq!(
        rows("days").iter().filter(known).count(),
        rows("times").iter().filter(known).count()
    );
    assert!(rows("days").iter().any(|row| known(&row)));
    let totals = ask(&["report"], "days")["totals"].clone();
    assert!(
        totals["wall_minutes"].is_null() && totals["session_agent_minutes"].is_number(),
        "{totals}"
    );
    assert!(totals["all_in_leverage_factor"].is_number(), "{totals}");
}

#[test]
fn exports_and_pages_have_no_times_of_such_sessions() {
    let places = places();
    let export = |facts: &str| -> Vec<Value> {
        let lines = places.run(&["export", "sessions", "--facts", facts]).success();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let (times, days) = (export("times"), export("days"));
    assert_eq!(times.len(), days.len());
    let mut without = 0;
    for (one, other) in times.iter().zip(&days) {
        let mut found = Vec::new();
        differences("", one, other, &mut found);
        let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
        assert!(
            names.is_empty() || names == ["ended_at", "started_at"],
            "{names:?}"
        );
        assert!(found.iter().all(|(_, value)| value.is_null()), "{found:?}");
        without += usize::from(!found.is_empty());
    }
    assert!(without > 3, "{without}");
    let page = |facts: &str| {
        let args = ["report", "--facts", facts, "--by", "repo", "-o", "report.html"];
        places.run(&args).success();
        fs::read_to_string(places.world.path("report.html")).unwrap()
    };
    assert_ne!(page("times"), page("days"));
}

/// The instants in the logs of agents, in seconds since 1970.
fn logged(folder: &Path, found: &mut BTreeSet<i64>) {
    let time = Regex::new(r#""(20\d\d-\d\d-\d\dT[^"]+)""#).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            logged(&path, found);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let times = time.captures_iter(&text);
            found.extend(
                times.filter_map(|time| Some(DateTime::parse_from_rfc3339(&time[1]).ok()?.timestamp())),
            );
        }
    }
}

#[test]
fn no_instant_of_a_log_is_in_the_table_of_sessions() {
    let places = places();
    let mut instants = BTreeSet::new();
    logged(&places.world.path("made/agent-logs"), &mut instants);
    assert!(instants.len() > 100, "{}", instants.len());
    let millis = Regex::new(r"\b1\d{12}\b").unwrap();
    let written = |facts: &str| -> BTreeSet<i64> {
        let rows = all_rows(&places.world.path(&format!("{facts}/sessions"))).concat();
        let all = millis.find_iter(&rows);
        all.map(|found| found.as_str().parse::<i64>().unwrap() / 1000)
            .collect()
    };
    let shared = |facts: &str| written(facts).intersection(&instants).count();
    assert!(shared("times") > 100, "{}", shared("times"));
    assert!(written("days").len() > 20);
    assert_eq!(shared("days"), 0);
    let rows = all_rows(&places.world.path("days/sessions"));
    assert!(
        rows.iter()
            .all(|row| row.contains("started_at: null, ended_at: null")),
        "{rows:?}"
    );
}

#[test]
fn of_two_copies_of_a_log_the_one_with_times_counts() {
    let places = places();
    let report = |facts: &[&str]| {
        let folders = facts.iter().flat_map(|facts| ["--facts", facts]);
        let args: Vec<&str> = ["report", "--format", "json"]
            .into_iter()
            .chain(folders)
            .collect();
        places.run(&args).success()
    };
    let times = report(&["times"]);
    assert_eq!(report(&["times", "days"]), times);
    assert_eq!(report(&["days", "times"]), times);
    // Without a word, times are written.
    write(&places, "--sessions", "plain");
    assert_eq!(report(&["plain"]), times);
}

#[test]
fn dates_are_those_of_the_writer_in_the_zone_of_any_reader() {
    let places = places();
    let days = |zone: &str| -> Vec<Value> {
        let args = [
            "report", "--by", "day", "--facts", "days", "--format", "json", "--zone", zone,
        ];
        let report: Value = serde_json::from_str(&places.run(&args).stdout).unwrap();
        let rows = report["rows"].as_array().unwrap().clone();
        rows.into_iter()
            .filter(|row| row["session_agent_minutes"].is_number())
            .map(|row| {
                let fields = [
                    &row["key"]["day"],
                    &row["session_agent_minutes"],
                    &row["session_supervisory_minutes"],
                ];
                assert!(fields.iter().all(|field| !field.is_null()), "{row}");
                fields.map(Clone::clone).into_iter().collect()
            })
            .collect()
    };
    let own = days("Asia/Kathmandu");
    assert!(own.len() > 3, "{own:?}");
    for zone in ["America/Los_Angeles", "Pacific/Kiritimati", "UTC"] {
        assert_eq!(days(zone), own, "{zone}");
    }
}

#[test]
fn sites_show_no_times_of_such_sessions() {
    let places = places();
    let export = |facts: &str| -> Vec<Value> {
        let lines = places.run(&["export", "sessions", "--facts", facts]).success();
        lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    let shown_by = |facts: &str, more: &[&str]| -> String {
        let site = format!("site-{facts}");
        places
            .run(&[&["site", &site, "--facts", facts], more].concat())
            .success();
        let all = pages(&places.world.path(&site)).into_values();
        all.filter_map(|page| String::from_utf8(page).ok()).collect()
    };
    // As a page shows it, in Kathmandu.
    let shown = |time: &Value| {
        let time = DateTime::parse_from_rfc3339(time.as_str().unwrap()).unwrap();
        let there = time.with_timezone(&FixedOffset::east_opt(20_700).unwrap());
        there.format("%Y-%m-%d %H:%M %:z").to_string()
    };
    let others = shown_by("times", &["--no-sessions"]);
    let of_logs: BTreeSet<String> = export("times")
        .iter()
        .zip(&export("days"))
        .filter(|(_, day)| day["started_at"].is_null())
        .flat_map(|(time, _)| [shown(&time["started_at"]), shown(&time["ended_at"])])
        .filter(|time| !others.contains(time))
        .collect();
    let (times, days) = (shown_by("times", &[]), shown_by("days", &[]));
    let seen = of_logs.iter().filter(|time| times.contains(*time)).count();
    assert!(seen > 5, "{seen} of {of_logs:?}");
    for time in &of_logs {
        assert!(!days.contains(time), "{time}");
    }
    assert!(days.contains("nly the day is known") && !times.contains("nly the day is known"));
}
