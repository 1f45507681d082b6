//! Facts in Parquet files: what follows from them is what follows from the repositories.

use std::fs;

use serde_json::Value;

use crate::world::clones::{Places, assert_same, files};
use crate::world::tables::all_rows;
use crate::world::{START, World};

/// Everything by which a report groups.
const DIMENSIONS: [&str; 12] = [
    "day",
    "week",
    "month",
    "repo",
    "agent",
    "model",
    "category",
    "author",
    "estimator",
    "task",
    "tag",
    "session",
];

#[test]
fn a_report_on_facts_is_the_report_on_the_repositories() {
    let places = Places::new();
    let written = places.write(&[]).success();
    assert_eq!(written.matches("complete").count(), 6, "{written}");
    let mut compared = 0;
    for (at, one) in DIMENSIONS.iter().enumerate() {
        // Of pairs, those that people ask for: `tests/scripts/facts-against-report.py` compares all.
        let is_asked = |other: &&&str| [*one, **other].contains(&"repo");
        let pairs = DIMENSIONS[at + 1..].iter().filter(is_asked);
        let pairs = pairs.map(|other| format!("{one},{other}"));
        for by in pairs.chain([(*one).to_owned()]) {
            let (repositories, facts) = places.both(&["report", "--by", &by, "--format", "json"]);
            assert_eq!(repositories.code, facts.code, "{by}: {repositories} {facts}");
            if repositories.code == Some(0) {
                assert_same(&repositories.stdout, &facts.stdout, &by);
                compared += 1;
            }
        }
    }
    assert!(compared > 15, "{compared}");
    for args in [
        &["report", "--no-sessions", "--format", "csv"][..],
        &[
            "report",
            "--ignore-foreign-trailers",
            "--by",
            "agent",
            "--format",
            "csv",
        ],
        &[
            "report",
            "--since",
            "2026-03-02",
            "--by",
            "day",
            "--format",
            "csv",
        ],
        &["report", "--estimate-model", "sloc,pace", "--format", "csv"],
        &["export", "commits"],
        &["export", "tasks"],
        &["export", "by-hand"],
        &["export", "sessions"],
        &["export", "links"],
    ] {
        let (repositories, facts) = places.both(args);
        assert_eq!(repositories.success(), facts.success(), "{args:?}");
    }
}

#[test]
fn a_repository_is_written_again_only_if_it_changed() {
    let places = Places::new();
    places.write(&[]).success();
    let before = files(&places.world.path("facts"));
    let again = places.write(&["--format", "json"]).success();
    let again: Value = serde_json::from_str(&again).unwrap();
    let unchanged = |report: &Value| {
        let repositories = report["repositories"].as_array().unwrap().iter();
        repositories.filter(|repo| repo["unchanged"] == true).count()
    };
    assert_eq!(unchanged(&again), 6);
    places
        .world
        .at("made/courses")
        .write("src/new.rs", "fn new() {}\n")
        .commit_at("New", START);
    let changed: Value = serde_json::from_str(&places.write(&["--format", "json"]).success()).unwrap();
    assert_eq!(unchanged(&changed), 5);
    assert_eq!(files(&places.world.path("facts")), before);
    let (repositories, facts) = places.both(&["report", "--by", "repo,day", "--format", "json"]);
    assert_same(&repositories.success(), &facts.success(), "repo,day");
}

#[test]
fn a_damaged_file_is_named_and_its_repository_does_not_count() {
    let places = Places::new();
    places.write(&[]).success();
    let whole = places
        .run(&["report", "--facts", "facts", "--format", "json"])
        .success();
    for file in files(&places.world.path("facts")) {
        let content = fs::read(&file).unwrap();
        for cut in [0, content.len() / 2, content.len() - 1] {
            fs::write(&file, &content[..cut]).unwrap();
            let ran = places.run(&["report", "--facts", "facts", "--format", "json"]);
            let is_of_links = file.parent().unwrap().ends_with("links");
            if is_of_links {
                // Nobody but other programs reads these.
                continue;
            }
            assert_eq!(ran.code, Some(3), "{} cut at {cut}: {ran}", file.display());
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(
                ran.stderr.contains(name) || ran.stdout.contains(name),
                "{name}: {ran}"
            );
            assert_ne!(ran.stdout, whole);
        }
        fs::write(&file, content).unwrap();
    }
    assert_eq!(
        places
            .run(&["report", "--facts", "facts", "--format", "json"])
            .success(),
        whole
    );
}

#[test]
fn facts_of_another_run_are_not_mixed() {
    let places = Places::new();
    places.write(&[]).success();
    let facts = places.world.path("facts");
    let one = fs::read_dir(facts.join("tasks"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let early = fs::read(&one).unwrap();
    for repo in ["accounts", "courses", "platform", "console", "spare", "a-fork"] {
        places
            .world
            .at(&format!("made/{repo}"))
            .write("x", "x\n")
            .commit_at("X", START);
    }
    places.write(&[]).success();
    fs::write(&one, early).unwrap();
    let ran = places.run(&["report", "--facts", "facts"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stderr.contains("from another run"), "{ran}");
}

#[test]
fn a_list_says_which_repository_comes_first() {
    let places = Places::new();
    let line = |name: &str| format!("{}\n", places.world.path(&format!("made/{name}")).display());
    let first = |order: [&str; 2]| {
        fs::write(places.world.path("list"), order.map(line).concat()).unwrap();
        let _ = fs::remove_dir_all(places.world.path("facts"));
        places
            .run(&["facts", "--repos", "list", "--output", "facts"])
            .success();
        let report = places.run(&[
            "report",
            "--facts",
            "facts",
            "--by",
            "repo",
            "--format",
            "json",
            "--no-sessions",
        ]);
        let report: Value = serde_json::from_str(&report.success()).unwrap();
        let rows = report["rows"].as_array().unwrap().iter();
        let most = rows.max_by_key(|row| row["commits"].as_u64()).unwrap();
        most["key"]["repo"].as_str().unwrap().to_owned()
    };
    assert_eq!(first(["courses", "a-fork"]), "courses");
    assert_eq!(first(["a-fork", "courses"]), "a-fork");
}

#[test]
fn what_cannot_be_read_has_a_row_and_no_facts() {
    let places = Places::new();
    let good = places.world.path("made/accounts");
    fs::write(
        places.world.path("list"),
        format!(
            "# all\n{}\tteam/accounts\n/nowhere/kiln\tteam/kiln\t7\n",
            good.display()
        ),
    )
    .unwrap();
    let ran = places.run(&[
        "facts", "--repos", "list", "--output", "facts", "--format", "json",
    ]);
    assert_eq!(ran.code, Some(3), "{ran}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let of = |at: usize, field: &str| report["repositories"][at][field].clone();
    assert_eq!(
        (of(0, "key"), of(0, "status")),
        ("team/accounts".into(), "complete".into())
    );
    assert_eq!(
        (of(1, "key"), of(1, "status")),
        ("team/kiln".into(), "failed".into())
    );
    assert_eq!(of(1, "commits"), Value::Null);
    let shown = places.run(&["report", "--facts", "facts"]);
    assert_eq!(shown.code, Some(3), "{shown}");
    assert_eq!(places.run(&["report", "--facts", "nowhere"]).code, Some(1));
    let same = format!("{0}\tone\n{0}\tone\n", good.display());
    fs::write(places.world.path("list"), same).unwrap();
    let ran = places.run(&["facts", "--repos", "list", "--output", "facts"]);
    assert_eq!(ran.code, Some(2), "{ran}");
}

#[test]
fn no_password_and_no_path_but_the_key_is_in_facts() {
    let places = Places::new();
    places.write(&[]).success();
    let fork = places
        .run(&["facts", "made/a-fork", "--output", "fork", "--format", "json"])
        .success();
    let fork: Value = serde_json::from_str(&fork).unwrap();
    assert_eq!(fork["repositories"][0]["key"], "example.org/team/fork");
    let rows = all_rows(&places.world.path("fork"));
    assert!(rows.len() > 20, "{rows:?}");
    let place = places.world.path("made");
    for row in rows {
        assert!(
            !row.contains("secret") && !row.contains(place.to_str().unwrap()),
            "{row}"
        );
    }
}

#[test]
fn a_repository_without_commits_has_facts() {
    let world = World::new();
    world.repo("empty");
    world.run(&["facts", "empty", "--output", "facts"]).success();
    let report = world.run(&["report", "--facts", "facts", "--format", "json"]);
    let expected = world.run(&["report", "empty", "--format", "json"]);
    assert_eq!(report.code, expected.code, "{report} {expected}");
    assert_same(&expected.stdout, &report.stdout, "empty");
}
