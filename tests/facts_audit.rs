//! Audits by facts: they are the audits of the repositories.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::clones::Places;
use crate::world::transcript::Transcript;
use crate::world::{NOW, START, TestRepo, World};

/// The repositories of the demo, a clone of one, and a fork.
const NAMES: [&str; 6] = ["accounts", "courses", "platform", "console", "spare", "a-fork"];

/// Compares the audit of a repository of the world with that by facts, and returns it.
#[track_caller]
fn same(world: &World, path: &str, name: &str, more: &[&str]) -> String {
    let repository = world.run(&[&["audit", path], more].concat());
    let facts = world.run(&[&["audit", "--facts", "facts", name], more].concat());
    assert_eq!(
        repository.code, facts.code,
        "{name} {more:?}: {repository} {facts}"
    );
    // The key of a repository without a remote is its path, without a slash at its end.
    let expected = repository
        .stdout
        .replace(&format!("{path}/\""), &format!("{path}\""));
    let mut differs = expected.lines().zip(facts.stdout.lines());
    assert_eq!(differs.find(|(one, other)| one != other), None, "{name} {more:?}");
    assert_eq!(expected, facts.stdout, "{name} {more:?}");
    facts.stdout
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn an_audit_by_facts_is_the_audit_of_the_repository() {
    let places = Places::new();
    places.write(&["--audit"]).success();
    let logs = ["--agent-dir", &places.logs];
    let mut findings = 0;
    for name in NAMES {
        for more in [
            &["--format", "json"][..],
            &["--format", "json", "--no-sessions"],
            &["--format", "json", "--ignore-foreign-trailers"],
            &["--format", "json", "--since", "2026-03-02"],
            &["--format", "json", "--until", "2026-03-02", "--no-sessions"],
            &["--format", "json", "--author", "example"],
            &["--format", "json", "--rule", "session-without-task"],
            &["--format", "json", "--level", "warning", "--no-allow-file"],
            &["--format", "json", "--zone", "Asia/Tokyo"],
            &["--format", "sarif"],
            &["--strict"],
        ] {
            let path = format!("made/{name}");
            let ran = same(&places.world, &path, name, &[&logs, more].concat());
            if more == ["--format", "json"] {
                findings += json(&ran)["findings"].as_array().unwrap().len();
            }
        }
    }
    assert!(findings > 5, "{findings}");
}

/// Writes the facts of a repository; a trailer that cannot be read is a warning.
#[track_caller]
fn write(world: &World, repo: &str) {
    let written = world.run(&["facts", repo, "--output", "facts", "--audit"]);
    assert!(matches!(written.code, Some(0 | 3)), "{written}");
}

fn id(number: u8) -> String {
    format!("019d7743-6a00-7707-8707-0707070707{number:02x}")
}

/// Puts a task on the note of a commit.
fn note(repo: &TestRepo<'_>, commit: &str, number: u8, more: &str) {
    let task = format!(
        r#"{{"v":1,"kind":"task","id":"{}","rev":0,"at":"2026-04-10T12:00:00Z","by":"Ada <ada@example.org>","title":"Task {number}","date":"2026-04-01","estimate":{{"hours":40,"by":"Ada"}},"source":"record"{more}}}"#,
        id(number)
    );
    repo.git_at(
        &["notes", "--ref=leverage", "add", "-f", "-m", &task, commit],
        NOW,
    );
}

/// A repository with everything that only the tables of audits have.
fn eventful(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    let commits: Vec<String> = (0..4)
        .map(|number| {
            repo.write(&format!("{number}.rs"), "fn one() {}\nfn two() {}\n")
                .commit(&format!("Work {number}"))
        })
        .collect();
    // Reverted, and the trailers of a claim of which one cannot be read.
    repo.write("0.rs", "")
        .commit(&format!("Back out\n\nThis reverts commit {}.", commits[0]));
    repo.write("4.rs", "fn four() {}\n")
        .commit("More\n\nLeverage-Estimate: 4h\nLeverage-Agent-Time: soon\nLeverage-Phase: One=1h\nLeverage-Phase: Two=1h");
    // On another branch, with a copy of it on this one.
    repo.git(&["checkout", "-q", "-b", "other"]);
    let picked = repo.write("5.rs", "fn five() {}\n").commit("Elsewhere");
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["cherry-pick", &picked]);
    for (commit, number) in commits.iter().zip(0..) {
        note(&repo, commit, number, r#","supervisory_minutes":0"#);
    }
    // A line that was removed, and a ref that was moved off its history.
    note(&repo, &commits[1], 9, "");
    let moved = repo.git(&["rev-parse", "refs/notes/leverage"]);
    note(&repo, &commits[2], 8, "");
    repo.git(&["update-ref", "refs/notes/leverage", &moved]);
    repo.run(&["retract", &id(3), "--reason", "wrong"]).success();
    let attested = "1.rs\n  s_11c3e1cdda522c::t_1 1\n  h_00000000000000 2\n---\n{\"schema_version\":\"authorship/3.0.0\",\
                    \"prompts\":{},\"sessions\":{\"s_11c3e1cdda522c\":{\"agent_id\":{\"tool\":\"claude\",\"id\":\"1\",\"model\":\"m\"}}}}";
    repo.git(&["notes", "--ref=ai", "add", "-m", attested, &commits[1]]);
    let allowed = format!(
        "# explained\nsupervision-too-short:{} ran by itself\nnothing\n",
        id(0)
    );
    repo.write(".leverage-audit", allowed).commit("Explain");
    repo
}

#[test]
fn facts_have_what_only_audits_look_at() {
    let world = World::new();
    let repo = eventful(&world);
    write(&world, "kiln");
    let ran = same(&world, "kiln", "kiln", &["--format", "json"]);
    let audit = json(&ran);
    let rules: Vec<&str> = (audit["findings"].as_array().unwrap().iter())
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    for rule in [
        "commit-reverted",
        "ledger-line-removed",
        "ledger-moved",
        "supervision-too-short",
        "task-retracted",
        "trailer-refused",
    ] {
        assert!(rules.contains(&rule), "{rule}: {rules:?}");
    }
    assert_eq!(audit["allowed"][0]["reason"], "ran by itself", "{ran}");
    assert_eq!(audit["attested"][0]["agent_lines"], 1, "{ran}");
    assert!(ran.contains(".leverage-audit:3"), "{ran}");
    for more in [
        &["--no-allow-file", "--format", "json"][..],
        &["--allow", "commit-reverted:x", "--format", "json"],
        &["--mine", "--format", "json"],
        &["--rule", "commit-reverted", "--strict"],
        &["--format", "sarif"],
        &["--format", "csv"],
    ] {
        same(&world, "kiln", "kiln", more);
    }
    // Without a name, the only one.
    let named = world.run(&["audit", "--facts", "facts", "kiln"]);
    assert_eq!(world.run(&["audit", "--facts", "facts"]).stdout, named.stdout);
    drop(repo);
}

#[test]
fn a_clone_without_everything_says_so_by_facts_too() {
    let world = World::new();
    let repo = eventful(&world);
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let whole = json(&world.run(&["audit", "kiln", "--format", "json"]).success());
    let url = format!("file://{}", repo.path().display());
    for (name, how) in [("partial", "--filter=blob:none"), ("shallow", "--depth=2")] {
        let clone = world.path(name).display().to_string();
        repo.git(&["clone", "-q", "--no-checkout", how, &url, &clone]);
        write(&world, name);
        let audit = json(&same(&world, name, name, &["--format", "json"]));
        assert_ne!(audit["origin"], whole["origin"], "{name}");
    }
    world.repo("empty");
    write(&world, "empty");
    same(&world, "empty", "empty", &["--format", "json"]);
}

#[test]
fn a_session_counts_in_each_repository_in_which_it_worked() {
    let world = World::new();
    let (first, second) = (world.repo("first"), world.repo("second"));
    first.commit("Begin");
    second.commit("Begin");
    let lines = "let retries = 5;\nlet delay = cap(retries);\n";
    // It works in one repository first, and commits in the other.
    Transcript::new("s", first.path().parent().unwrap())
        .prompt(60, "cap the delay")
        .write(62, "second/b.rs", "let unused = 1;\n")
        .write(65, "first/src/a.rs", lines)
        .answer(70, "done")
        .end(70)
        .save(&world);
    first
        .write("src/a.rs", lines)
        .commit_at("Cap the delay", START + 80 * 60);
    // A task that names it in the repository without commits of it has all of its time there.
    let plan = ["record", "--no-commit", "--title", "Plan", "--estimate", "2h"];
    second
        .run(&[&plan[..], &["--session", "claude-code:s"]].concat())
        .success();
    world
        .run(&[
            "facts",
            "first",
            "second",
            "--output",
            "facts",
            "--sessions",
            "--audit",
        ])
        .success();
    for name in ["first", "second"] {
        let audit = json(&same(&world, name, name, &["--format", "json"]));
        let checked = audit["checked"].as_array().unwrap();
        assert!(
            checked.contains(&"session-without-task".into()),
            "{name}: {audit}"
        );
    }
}

/// The file of a table of the only repository.
fn file(facts: &Path, table: &str) -> PathBuf {
    let mut files = fs::read_dir(facts.join(table)).unwrap();
    files.next().unwrap().unwrap().path()
}

#[test]
fn tables_of_other_refs_are_not_used() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn a() {}\n").commit("Start");
    let write = |more: &[&str]| {
        world
            .run(&[&["facts", "kiln", "--output", "facts", "--format", "json"], more].concat())
            .success()
    };
    let audit = || world.run(&["audit", "--facts", "facts", "--format", "json"]);
    write(&[]);
    let without = audit();
    assert_eq!(without.code, Some(1), "{without}");
    assert!(without.stderr.contains("--audit"), "{without}");
    // A repository that did not change gets the tables, once.
    let is_unchanged = |written: String| json(&written)["repositories"][0]["unchanged"] == true;
    assert!(!is_unchanged(write(&["--audit"])));
    assert!(is_unchanged(write(&["--audit"])));
    let first = audit().success();
    let (facts, row) = (world.path("facts"), world.path("row"));
    fs::copy(file(&facts, "audits"), &row).unwrap();
    // Without `--audit`, they remain while nothing changed, and go when something did.
    write(&["--again"]);
    assert_eq!(audit().success(), first);
    repo.write("b.rs", "fn b() {}\n").commit("More");
    write(&[]);
    assert_eq!(audit().code, Some(1));
    let stray = facts
        .join("audits")
        .join(file(&facts, "repos").file_name().unwrap());
    assert!(!stray.exists());
    fs::copy(&row, &stray).unwrap();
    let ran = audit();
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("from another run"), "{ran}");
    write(&["--audit"]);
    same(&world, "kiln", "kiln", &["--format", "json"]);
}

#[test]
fn a_damaged_table_of_an_audit_is_named_and_written_again() {
    let world = World::new();
    let _repo = eventful(&world);
    write(&world, "kiln");
    let whole = world.run(&["audit", "--facts", "facts"]);
    for table in ["audited", "ledger_steps", "audits"] {
        let file = file(&world.path("facts"), table);
        let content = fs::read(&file).unwrap();
        for cut in [0, content.len() / 2, content.len() - 1] {
            fs::write(&file, &content[..cut]).unwrap();
            let ran = world.run(&["audit", "--facts", "facts"]);
            assert_eq!(ran.code, Some(1), "{table} cut at {cut}: {ran}");
            assert!(ran.stderr.contains(table), "{table} cut at {cut}: {ran}");
        }
        write(&world, "kiln");
        assert_eq!(world.run(&["audit", "--facts", "facts"]).stdout, whole.stdout);
    }
}

#[test]
fn what_facts_cannot_answer_is_refused() {
    let places = Places::new();
    places.write(&["--audit"]).success();
    let refused = |args: &[&str], code: i32, says: &str| {
        let ran = places.run(&[&["audit", "--facts", "facts"], args].concat());
        assert_eq!(ran.code, Some(code), "{args:?}: {ran}");
        assert!(ran.stderr.contains(says), "{args:?}: {ran}");
    };
    refused(&["accounts", "HEAD~1..HEAD"], 2, "REV-RANGE");
    refused(&["--file", "src/a.rs", "accounts"], 2, "--file");
    refused(&["v1.0..HEAD"], 1, "no repository `v1.0..HEAD`");
    refused(&[], 1, "several repositories: `a-fork`, `accounts`, ");
    // By its key, and by its id.
    let named = places.run(&["audit", "--facts", "facts", "a-fork"]).stdout;
    let by_key = places.run(&["audit", "--facts", "facts", "example.org/team/fork"]);
    assert_eq!(by_key.stdout, named);
    let nothing = places.run(&["audit", "--facts", "nowhere", "accounts"]);
    assert_eq!(nothing.code, Some(1), "{nothing}");
}
