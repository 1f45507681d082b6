//! Facts in Parquet files: what follows from them is what follows from the repositories.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::world::clones::{Places, assert_same, files};
use crate::world::tables::all_rows;
use crate::world::{Ran, START, World};

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

/// Names some repositories of the demo in a list, with keys.
fn list(places: &Places, file: &str, names: &[&str]) {
    let line = |name: &&str| {
        let path = places.world.path(&format!("made/{name}"));
        format!("{}\tteam/{name}\n", path.display())
    };
    fs::write(
        places.world.path(file),
        names.iter().map(line).collect::<String>(),
    )
    .unwrap();
}

/// The row of the only repository in what `facts` printed.
#[track_caller]
fn only_row(ran: &Ran) -> Value {
    assert_eq!(ran.code, Some(3), "{ran}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["repositories"].as_array().unwrap().len(), 1, "{ran}");
    report["repositories"][0].clone()
}

#[test]
fn facts_of_what_could_not_be_read_again_count_and_reports_say_so() {
    let places = Places::new();
    list(&places, "all", &["accounts", "courses"]);
    list(&places, "one", &["accounts"]);
    let facts = |more: &[&str]| places.run(&[&["facts", "--output", "facts"], more].concat());
    let write = || facts(&["--repos", "all", "--inventory", "--audit"]).success();
    let mark = |reason: &str| facts(&["--repos", "one", "--format", "json", "--failed", reason]);
    let json = |args: &[&str]| places.run(&[args, &["--facts", "facts", "--format", "json"]].concat());
    write();
    let (report, audit) = (json(&["report"]), json(&["audit", "accounts"]));
    let tables = || -> Vec<(PathBuf, Vec<u8>)> {
        let all = files(&places.world.path("facts")).into_iter();
        let tables = all.filter(|file| !file.parent().unwrap().ends_with("repos"));
        tables
            .map(|file| (file.clone(), fs::read(file).unwrap()))
            .collect()
    };
    let before = tables();
    let row = only_row(&mark("signal 9"));
    let (status, commits) = (&row["status"], row["commits"].as_u64());
    assert_eq!(
        (status, commits.is_some_and(|commits| commits > 10)),
        (&"partial".into(), true)
    );
    // The second reason takes the place of the first, and has no path and no characters that a terminal obeys.
    let path = places.world.path("made/accounts").display().to_string();
    let row = only_row(&mark(&format!("{path}/.git: \u{1b}[31mno \nmemory")));
    let reason = "could not be read again: team/accounts/.git: [31mno memory; these facts are of 2026-04-10";
    assert_eq!(row["reason"], reason);
    assert_eq!(tables(), before);

    let told = |ran: &Ran| ran.stderr.contains(&format!("team/accounts: {reason}"));
    let late = json(&["report"]);
    assert!(late.code == Some(3) && told(&late), "{late}");
    let of = |ran: &Ran, field: &str| serde_json::from_str::<Value>(&ran.stdout).unwrap()[field].clone();
    for field in ["rows", "totals"] {
        assert_eq!(of(&late, field), of(&report, field));
    }
    let late = json(&["audit", "accounts"]);
    assert!(
        (audit.code, late.code) == (Some(0), Some(3)) && told(&late),
        "{late}"
    );
    assert_eq!(of(&late, "findings"), of(&audit, "findings"));
    let late = json(&["inventory"]);
    assert_eq!(late.code, Some(3), "{late}");
    assert!(of(&late, "rows").to_string().contains(reason), "{late}");

    write();
    assert_eq!(json(&["report"]).success(), report.stdout);
    assert_eq!(json(&["audit", "accounts"]).stdout, audit.stdout);
}

#[test]
fn what_was_never_read_is_in_a_report_with_its_reason() {
    let places = Places::new();
    list(&places, "all", &["accounts", "courses", "missing"]);
    list(&places, "good", &["accounts"]);
    let facts = |more: &[&str]| places.run(&[&["facts", "--output", "facts"], more].concat());
    facts(&["--repos", "good"]).success();
    let ran = facts(&["--repos", "all", "--failed", "took more than 5 s"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert_eq!(ran.stdout.matches("not read").count(), 3, "{ran}");
    let report = || places.run(&["report", "--facts", "facts", "--by", "repo"]);
    let told = report();
    assert_eq!(told.code, Some(3), "{told}");
    for name in ["team/courses", "team/missing"] {
        assert!(
            told.stderr.contains(&format!("{name}: took more than 5 s")),
            "{told}"
        );
    }
    assert_eq!(
        fs::read_dir(places.world.path("facts/commits")).unwrap().count(),
        1
    );

    list(&places, "all", &["accounts", "courses"]);
    facts(&["--repos", "all"]).success();
    let told = report();
    assert!(told.code == Some(3) && !told.stderr.contains("courses"), "{told}");
    for other in ["--sessions", "--inventory", "--audit", "--again"] {
        assert_eq!(
            facts(&["made", "--failed", "killed", other]).code,
            Some(2),
            "{other}"
        );
    }
    assert_eq!(facts(&["made", "--failed", " \n"]).code, Some(2));
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
fn no_password_and_no_home_directory_is_in_the_reason_of_a_failure() {
    let places = Places::new();
    list(&places, "one", &["accounts"]);
    let reason_of = |reason: &str| {
        let ran = places.run(&[
            "facts", "--repos", "one", "--output", "facts", "--format", "json", "--failed", reason,
        ]);
        only_row(&ran)["reason"].as_str().unwrap().to_owned()
    };
    let home = places.world.home().display().to_string();
    let reason = format!(
        "exit code 1: `https://ada:s3cret@example.org/x` and ssh://ada@example.org/y, not in {home}/.netrc"
    );
    assert_eq!(
        reason_of(&reason),
        "exit code 1: `https://example.org/x` and ssh://example.org/y, not in ~/.netrc"
    );
    // What is cut off has no part of it either.
    for before in (400..500).step_by(10) {
        let reason = format!(
            "{} https://ada:s3cret@example.org/x {home}/.netrc",
            "x".repeat(before)
        );
        let told = reason_of(&reason);
        let has_home = told.contains(&home[..home.len() - 1]);
        assert!(
            !told.contains("ada") && !told.contains("s3") && !has_home,
            "{told}"
        );
    }
    let rows = all_rows(&places.world.path("facts")).concat();
    assert!(!rows.contains("s3cret") && !rows.contains(&home), "{rows}");
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
