//! Inventories from facts: what they say is what an inventory of the repositories says.

use std::fs;
use std::path::PathBuf;

use git_leverage_tables::{Schema, TableFile};
use serde_json::Value;

use crate::world::clones::{Places, assert_same, files};
use crate::world::tables::rows_of;
use crate::world::{Ran, START};

/// The columns that other programs read.
const COLUMNS: &str = "message inventory {
    required binary repo (STRING);
    required int64 read_at;
    optional binary head;
    optional int64 files;
    optional int64 code;
    optional int64 comments;
    optional int64 blanks;
    optional int64 own_code;
    optional int64 test_cases;
    optional int64 test_lines;
    optional int64 commits;
    optional int64 authors;
    optional int64 first_at;
    optional int64 last_at;
    required int64 since;
    required binary line (STRING);
}";

const AI: [&str; 2] = ["--columns", "identity,ai"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The inventory of facts.
fn on_facts(places: &Places, more: &[&str]) -> Ran {
    places.run(&[&["inventory", "--facts", "facts", "--format", "json"], more].concat())
}

/// The row of a repository in an inventory.
#[track_caller]
fn row(inventory: &Value, name: &str) -> Value {
    let mut rows = inventory["rows"].as_array().unwrap().iter();
    rows.find(|row| row["name"] == name)
        .unwrap_or_else(|| panic!("{name} is in no row"))
        .clone()
}

fn inventory_files(places: &Places) -> Vec<PathBuf> {
    let all = files(&places.world.path("facts"));
    let is_inventory = |file: &PathBuf| file.parent().unwrap().ends_with("inventory");
    all.into_iter().filter(is_inventory).collect()
}

#[test]
fn an_inventory_of_facts_is_that_of_the_repositories() {
    let places = Places::new();
    let accounts = places.world.at("made/accounts");
    accounts.write("notes.txt", "to do\n");
    places.write(&["--inventory"]).success();
    for args in [
        &["inventory", "--format", "json"][..],
        &["inventory", "--format", "json", AI[0], AI[1]],
        &["inventory", "--format", "json", AI[0], AI[1], "--no-sessions"],
        &["inventory", "--format", "json", "--since", "2026-03-01"],
        &["inventory", "--readiness", "--format", "json"],
    ] {
        let (repositories, facts) = places.both(args);
        assert_eq!(repositories.code, facts.code, "{args:?}: {repositories} {facts}");
        assert_same(&repositories.stdout, &facts.stdout, &args.join(" "));
    }
    for args in [
        &["inventory"][..],
        &["inventory", "--readiness"],
        &["inventory", "--columns", "name,ai,state"],
    ] {
        let (repositories, facts) = places.both(args);
        assert_eq!(repositories.success(), facts.success(), "{args:?}");
    }
    let inventory = json(&on_facts(&places, &AI).success());
    assert_eq!(row(&inventory, "spare")["copy_of"], "accounts");
    assert_eq!(row(&inventory, "a-fork")["path"], "example.org/team/fork");
    assert_eq!(row(&inventory, "accounts")["untracked_files"], 1);
    assert!(row(&inventory, "courses")["sessions"].as_u64() > Some(0));
}

#[test]
fn the_state_of_a_clone_is_read_again_although_its_facts_are_unchanged() {
    let places = Places::new();
    places.write(&["--inventory"]).success();
    let changed = |inventory: &Ran| row(&json(&inventory.stdout), "accounts")["untracked_files"].clone();
    assert_eq!(changed(&on_facts(&places, &[])), 0);
    places.world.at("made/accounts").write("notes.txt", "to do\n");
    for more in [&["--sessions"][..], &[]] {
        let args = [
            "facts",
            "made",
            "--output",
            "facts",
            "--inventory",
            "--format",
            "json",
        ];
        let again = json(&places.run(&[&args, more].concat()).success());
        let repositories = again["repositories"].as_array().unwrap();
        assert!(
            repositories.iter().all(|repo| repo["unchanged"] == true),
            "{again}"
        );
        assert_eq!(changed(&on_facts(&places, &[])), 1);
        places.world.at("made/accounts").write("notes.txt", "done\n");
    }
}

#[test]
fn a_missing_inventory_is_named() {
    let places = Places::new();
    places.write(&[]).success();
    let none = on_facts(&places, &[]);
    assert_eq!((none.code, &*none.stdout), (Some(1), ""));
    assert!(
        none.stderr.contains("no inventory in the facts in `facts`"),
        "{none}"
    );
    assert!(none.stderr.contains("--inventory`"), "{none}");

    places.write(&["--inventory"]).success();
    assert_eq!(inventory_files(&places).len(), 6);
    places.write(&[]).success();
    assert_eq!(inventory_files(&places).len(), 6, "the refs are the same");
    let courses = places.world.at("made/courses");
    courses.write("x", "x\n").commit_at("X", START);
    places.write(&[]).success();
    assert_eq!(inventory_files(&places).len(), 5, "of other refs");
    let partial = on_facts(&places, &[]);
    assert_eq!(partial.code, Some(3), "{partial}");
    let courses = row(&json(&partial.stdout), "courses");
    assert_eq!(
        (&courses["status"], &courses["files"]),
        (&"failed".into(), &Value::Null)
    );
    assert!(
        courses["reasons"][0].as_str().unwrap().contains("no inventory"),
        "{courses}"
    );
}

#[test]
fn damaged_inventories_and_those_of_another_run_are_named() {
    let places = Places::new();
    places.write(&["--inventory"]).success();
    let whole = on_facts(&places, &[]).success();
    let facts = inventory_files(&places);
    let early: Vec<Vec<u8>> = facts.iter().map(|file| fs::read(file).unwrap()).collect();
    for (file, content) in facts.iter().zip(&early) {
        fs::write(file, &content[..content.len() / 2]).unwrap();
        let ran = on_facts(&places, &[]);
        assert_eq!(ran.code, Some(3), "{ran}");
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(ran.stdout.contains(name), "{name}: {ran}");
        fs::write(file, content).unwrap();
    }
    assert_eq!(on_facts(&places, &[]).success(), whole);
    places
        .world
        .at("made/courses")
        .write("x", "x\n")
        .commit_at("X", START);
    places.write(&["--inventory"]).success();
    for (file, content) in facts.iter().zip(&early) {
        fs::write(file, content).unwrap();
    }
    let ran = on_facts(&places, &[]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("from another run"), "{ran}");
}

#[test]
fn facts_that_begin_later_than_the_period_are_refused() {
    let places = Places::new();
    places.write(&["--inventory"]).success();
    let period = ["--since", "2025-06-01"];
    let late = on_facts(&places, &period);
    assert_eq!((late.code, &*late.stdout), (Some(1), ""));
    assert!(
        late.stderr
            .contains("list recent commits only from 2026-01-10 on"),
        "{late}"
    );
    assert!(late.stderr.contains("--inventory --since 2025-06-01`"), "{late}");
    places.write(&["--inventory", period[0], period[1]]).success();
    let args = ["inventory", "--format", "json", period[0], period[1]];
    let (repositories, facts) = places.both(&args);
    assert_same(&repositories.success(), &facts.success(), "since");
    assert_eq!(on_facts(&places, &["--until", "2025-12-31"]).code, Some(0));
    assert_eq!(on_facts(&places, &["--until", "2025-07-31"]).code, Some(1));
    let alone = places.run(&["facts", "made", "--output", "facts", "--since", "2025-06-01"]);
    assert_eq!(alone.code, Some(2), "{alone}");
}

#[test]
fn facts_stand_beside_repositories_and_those_without_any_have_a_row() {
    let places = Places::new();
    let line = |name: &str| format!("{}\n", places.world.path(&format!("made/{name}")).display());
    let list = [&*line("accounts"), &*line("spare"), "/nowhere/kiln\tteam/kiln\n"].concat();
    fs::write(places.world.path("list"), list).unwrap();
    let args = ["facts", "--repos", "list", "--output", "facts", "--inventory"];
    assert_eq!(places.run(&args).code, Some(3));
    let roots = ["made/courses", "made/accounts", "made/spare"];
    let args = ["inventory", "--no-sessions", "--format", "json", AI[0], AI[1]];
    let here = json(&places.run(&[&args[..], &roots].concat()).success());
    let both = places.run(&[&args[..], &roots[..1], &["--facts", "facts"]].concat());
    assert_eq!(both.code, Some(3), "{both}");
    let both = json(&both.stdout);
    for name in ["courses", "accounts", "spare"] {
        for field in [
            "files",
            "lines_own",
            "commits",
            "agent_commits",
            "tasks",
            "copy_of",
            "last_90_days",
        ] {
            assert_eq!(
                row(&both, name)[field],
                row(&here, name)[field],
                "{name}: {field}"
            );
        }
    }
    for field in [
        "files",
        "lines_own",
        "commits",
        "authors",
        "tasks",
        "last_90_days",
    ] {
        assert_eq!(both["totals"][field], here["totals"][field], "{field}");
    }
    let kiln = row(&both, "kiln");
    assert_eq!(
        (&kiln["status"], &kiln["path"], &kiln["commits"]),
        (&"failed".into(), &"team/kiln".into(), &Value::Null)
    );
}

#[test]
fn an_inventory_has_no_place_of_the_machine_and_no_password() {
    let places = Places::new();
    let names = ["accounts", "spare", "a-fork", "courses"];
    let line = |name: &str| {
        format!(
            "{}\tteam/{name}\n",
            places.world.path(&format!("made/{name}")).display()
        )
    };
    fs::write(places.world.path("list"), names.map(line).concat()).unwrap();
    let args = ["facts", "--repos", "list", "--output", "facts", "--inventory"];
    places.run(&args).success();
    let schema = Schema::of(COLUMNS);
    let root = places.world.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    let mut remotes = Vec::new();
    for file in inventory_files(&places) {
        let table = TableFile::open(&file, &schema).unwrap();
        let columns = table.whole_batch(0).unwrap();
        let rows = rows_of(&file);
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].contains(root) && !rows[0].contains("user:"), "{rows:?}");
        let lines: Vec<String> = columns.into_iter().next_back().unwrap().all().unwrap();
        let line = json(&lines[0]);
        assert!(line["path"].as_str().unwrap().starts_with("team/"), "{line}");
        let all = line["state"]["remotes"].as_array().unwrap().iter();
        remotes.extend(all.map(|remote| remote["url"].as_str().unwrap().to_owned()));
    }
    remotes.sort();
    assert!(remotes.contains(&"accounts".to_owned()), "{remotes:?}");
    assert!(
        remotes.contains(&"https://example.org/team/fork.git".to_owned()),
        "{remotes:?}"
    );
}
