//! Second opinions: who may give one, what they see before, and that none is lost.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::world::{NOW, Ran, TestRepo, World};

const BO: [&str; 4] = ["-c", "user.name=Bo", "-c", "user.email=bo@example.org"];

/// Runs `git leverage ARGS` as somebody else than Ada.
fn run_as(world: &World, repo: &TestRepo<'_>, who: &str, args: &[&str]) -> Ran {
    run_with(
        world,
        repo,
        &[("GIT_COMMITTER_NAME", who), ("GIT_COMMITTER_EMAIL", &mail(who))],
        args,
    )
}

fn mail(who: &str) -> String {
    format!("{}@example.org", who.to_lowercase())
}

fn run_with(world: &World, repo: &TestRepo<'_>, variables: &[(&str, &str)], args: &[&str]) -> Ran {
    let mut command = world.leverage(repo.path());
    command.args(args).envs(variables.iter().copied());
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A commit with a task of Ada's: 8 hours in 35 minutes.
fn kiln(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("src/kiln.rs", "fn main() {}\n// heat\n");
    repo.commit("Heat the kiln in 8h");
    repo.run(&[
        "record",
        "--phase",
        "Schema=3h",
        "--phase",
        "Client 8h=5h",
        "--agent-time",
        "35m",
    ])
    .success();
    repo
}

/// Every line of the ledger's notes.
fn lines(repo: &TestRepo<'_>) -> Vec<Value> {
    let mut lines = Vec::new();
    for note in repo.git(&["notes", "--ref", "leverage", "list"]).lines() {
        let blob = note.split_once(' ').unwrap().0;
        for line in repo.git(&["cat-file", "blob", blob]).lines() {
            lines.push(serde_json::from_str(line).unwrap());
        }
    }
    lines
}

fn opinions(repo: &TestRepo<'_>) -> Vec<Value> {
    let mut found = lines(repo);
    found.retain(|line| line["kind"] == "opinion");
    found
}

fn task_id(repo: &TestRepo<'_>) -> String {
    let log: Value = serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
    log["tasks"][0]["id"].as_str().unwrap().to_owned()
}

fn key_in(question: &str) -> String {
    let at = question.find("git leverage opine q").unwrap();
    question[at..].split_whitespace().nth(3).unwrap().to_owned()
}

/// Every file below a directory, with its bytes.
fn listing(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path.clone()),
                false => {
                    found.insert(path.display().to_string(), std::fs::read(&path).unwrap());
                }
            }
        }
    }
    found
}

#[test]
fn the_question_shows_the_work_and_the_answer_is_known_to_follow_it() {
    let world = World::new();
    let repo = kiln(&world);
    let before = listing(&repo.path().join(".git"));
    let asked = run_as(&world, &repo, "Bo", &["opine", "--next"]).success();
    assert_eq!(listing(&repo.path().join(".git")), before);
    let key = key_in(&asked);
    let commit = repo.git(&["rev-parse", "--short=10", "HEAD"]);
    let asked = asked.replace(&key, "KEY").replace(&commit, "COMMIT");
    insta::assert_snapshot!(asked, @r"
    Heat the kiln in [hidden]
      date         2026-04-01
      phases       Schema
                   Client [hidden]
      commits      COMMIT Heat the kiln in [hidden]
      changes      1 file, 2 lines added, 0 lines removed
                   +2 −0        src/kiln.rs
      answer with  git leverage opine KEY --estimate HOURS --basis TEXT
    ");
    let given = run_as(
        &world,
        &repo,
        "Bo",
        &["opine", &key, "--estimate", "6h", "--basis", "Two tables"],
    );
    assert_eq!(given.code, Some(0), "{given}");
    assert!(given.stderr.contains("(asked blind, claim was here)"), "{given}");
    let all = opinions(&repo);
    let only = &all[0];
    assert_eq!(
        (all.len(), &only["asked"], &only["claim_here"]),
        (1, &true.into(), &true.into())
    );
    assert_eq!((&only["of_rev"], &only["rev"]), (&0.into(), &0.into()));
    assert_eq!(only["estimate"]["by"], "Bo <bo@example.org>");
    assert_eq!(only["of"], task_id(&repo).as_str());
    let none = run_as(&world, &repo, "Bo", &["opine", "--next"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""), "{none}");
    assert!(
        none.stderr
            .contains("No task is left without an opinion of yours"),
        "{none}"
    );
    let own = repo.run(&["opine", "--next"]);
    assert_eq!((own.code, own.stdout.as_str()), (Some(0), ""), "{own}");
}

#[test]
fn a_later_opinion_replaces_and_the_old_line_stays() {
    let world = World::new();
    let repo = kiln(&world);
    for hours in ["6h", "7h"] {
        run_as(&world, &repo, "Bo", &["opine", "HEAD", "--estimate", hours]).success();
    }
    run_as(&world, &repo, "Cy", &["opine", "HEAD", "--estimate", "3h"]).success();
    let mut told: Vec<(String, u64, String)> = opinions(&repo)
        .iter()
        .map(|line| {
            (
                line["estimate"]["by"].as_str().unwrap().to_owned(),
                line["rev"].as_u64().unwrap(),
                line["id"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    told.sort();
    let revisions: Vec<(&str, u64)> = told.iter().map(|(by, rev, _)| (by.as_str(), *rev)).collect();
    assert_eq!(
        revisions,
        [
            ("Bo <bo@example.org>", 0),
            ("Bo <bo@example.org>", 1),
            ("Cy <cy@example.org>", 0)
        ]
    );
    assert_eq!(told[0].2, told[1].2);
    assert_ne!(told[0].2, told[2].2);
    // Of another revision of the task it is another opinion.
    repo.run(&["revise", "HEAD", "--estimate", "9h", "--reason", "Counted again"])
        .success();
    run_as(&world, &repo, "Bo", &["opine", "HEAD", "--estimate", "6h"]).success();
    let of_rev = opinions(&repo).into_iter().filter(|line| line["of_rev"] == 1);
    assert_eq!(
        of_rev.map(|line| line["rev"].clone()).collect::<Vec<_>>(),
        [Value::from(0)]
    );
}

#[test]
fn an_agent_is_marked_with_its_model() {
    let world = World::new();
    let repo = kiln(&world);
    let codex = [("CODEX_THREAD_ID", "0199d3c0"), ("CODEX_SESSION_ID", "0199d3c0")];
    let ran = run_with(&world, &repo, &codex, &["opine", "HEAD", "--estimate", "5h"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    let given = [
        &["opine", "HEAD", "--estimate", "4h", "--estimated-by"][..],
        &["claude-code claude-opus-4-8"],
    ]
    .concat();
    repo.run(&given).success();
    let mut told: Vec<String> = opinions(&repo)
        .iter()
        .map(|line| format!("{} {}", line["estimate"]["agent"], line["estimate"]["model"]))
        .collect();
    told.sort();
    assert_eq!(told, ["\"claude-code\" \"claude-opus-4-8\"", "\"codex\" null"]);
}

#[test]
fn what_has_no_code_and_what_only_a_message_claims_gets_opinions() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Kiln\n\nLeverage-Estimate: 8h\n");
    repo.run(&["record", "--no-commit", "--title", "Audit", "--estimate", "4h"])
        .success();
    for _ in 0..2 {
        let asked = run_as(&world, &repo, "Bo", &["opine", "--next"]).success();
        run_as(
            &world,
            &repo,
            "Bo",
            &["opine", &key_in(&asked), "--estimate", "3h"],
        )
        .success();
    }
    assert_eq!(opinions(&repo).len(), 2);
    let none = run_as(&world, &repo, "Bo", &["opine", "--next"]).success();
    assert_eq!(none, "");
}

#[test]
fn where_only_a_message_names_the_task_an_opinion_is_blind() {
    let world = World::new();
    let repo = world.repo("kiln");
    let id = "019d7743-6a00-7707-8707-070707070707";
    repo.write("kiln.rs", "fn main() {}\n");
    repo.commit(&format!("Kiln\n\nLeverage-Task: {id}\n"));
    let asked = run_as(&world, &repo, "Bo", &["opine", "--next"]);
    assert_eq!(asked.code, Some(0), "{asked}");
    let key = key_in(&asked.stdout);
    run_as(&world, &repo, "Bo", &["opine", &key, "--estimate", "3h"]).success();
    let plain = run_as(&world, &repo, "Cy", &["opine", "HEAD", "--estimate", "2h"]);
    assert_eq!(plain.code, Some(0), "{plain}");
    let by_id = run_as(&world, &repo, "Di", &["opine", "0707", "--estimate", "2h"]);
    assert_eq!(by_id.code, Some(0), "{by_id}");
    let all = opinions(&repo);
    assert_eq!(all.len(), 3);
    for line in &all {
        assert_eq!(
            (&line["claim_here"], &line["of"]),
            (&false.into(), &id.into()),
            "{line}"
        );
        assert_eq!(line.get("of_rev"), None);
    }
    assert_eq!(all.iter().filter(|line| line["asked"] == true).count(), 1);
    // Once the claim is here, the marks stay.
    let note = repo.git(&["rev-parse", "HEAD"]);
    let task = format!(
        r#"{{"at":"2026-04-10T12:00:00Z","by":"A <a@b>","date":"2026-04-10","estimate":{{"by":"A <a@b>","hours":8}},"id":"{id}","kind":"task","rev":0,"source":"record","title":"Kiln","v":1}}"#
    );
    repo.git(&["notes", "--ref", "leverage", "append", "-m", &task, &note]);
    let late = run_as(&world, &repo, "Ed", &["opine", "HEAD", "--estimate", "2h"]);
    assert!(late.stderr.contains("(claim was here)"), "{late}");
}

/// The answer to these is an error that says this, and nothing below `.git` changes.
fn refused(world: &World, repo: &TestRepo<'_>, args: &[&str], code: i32, said: &str) {
    let before = listing(&repo.path().join(".git"));
    let ran = run_as(world, repo, "Bo", &[&["opine"], args].concat());
    assert_eq!(ran.code, Some(code), "{args:?} {ran}");
    assert!(ran.stderr.contains(said), "{args:?} {ran}");
    assert_eq!(listing(&repo.path().join(".git")), before, "{args:?}");
}

#[test]
fn bad_opinions_are_refused_and_nothing_is_written() {
    let world = World::new();
    let repo = kiln(&world);
    repo.commit("Nothing claimed");
    repo.commit("Retracted\n\nLeverage-Estimate: 2h");
    repo.run(&["retract", "HEAD", "--reason", "Twice"]).success();
    repo.commit("Two tasks");
    repo.run(&["record", "--estimate", "1h", "--title", "One"])
        .success();
    repo.run(&["record", "--another", "--estimate", "2h", "--title", "Two"])
        .success();
    let hours = ["--estimate", "6h"];
    let with = |what: &'static str| [&[what][..], &hours].concat();
    for (args, code, said) in [
        (with("HEAD"), 1, "`HEAD` has 2 tasks: "),
        (with("HEAD~1"), 1, "`Retracted` is retracted"),
        (with("HEAD~2"), 1, "`HEAD~2` has no task"),
        (with("ffff0000"), 1, "unknown task or commit `ffff0000`"),
        (with("019d7743-6a00-7707-8707-070707070707"), 1, "unknown task"),
        (with("q00000000000f"), 1, "no task has the key `q00000000000f`"),
        (vec!["HEAD~3"], 2, "the opinion has no estimate"),
        (vec!["HEAD~3", "--estimate", "0h"], 2, "the estimate is 0h"),
        (vec!["HEAD~3", "--estimate", "-3h"], 2, "is negative"),
        (vec!["HEAD~3", "--estimate", "6"], 2, "has no unit"),
        (vec!["HEAD~3", "--estimate", "6h..2h"], 2, "`--estimate`"),
        (vec!["HEAD~3", "--estimate", ".."], 2, "`--estimate`"),
        (vec!["HEAD~3", "--estimate", "0h..0h"], 2, ""),
        (
            vec!["HEAD~3", "--estimate", "6h", "--phase", "A=1h"],
            2,
            "the phases sum to 1h",
        ),
        (
            vec!["HEAD~3", "--estimate", "6h", "--basis", "a\nb"],
            2,
            "control character",
        ),
        (
            vec!["--next", "--estimate", "6h"],
            2,
            "`--next` cannot be used with",
        ),
        (vec![], 2, "missing `"),
    ] {
        refused(&world, &repo, &args, code, said);
    }
}

#[test]
fn nobody_gives_an_opinion_on_their_own_claim() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write(".mailmap", "Bo <bo@example.org> <BO@old.example.org>\n");
    repo.commit("Kiln");
    let old = [
        ("GIT_COMMITTER_NAME", "bo"),
        ("GIT_COMMITTER_EMAIL", "bo@OLD.example.org"),
    ];
    run_with(&world, &repo, &old, &["record", "--estimate", "8h"]).success();
    refused(
        &world,
        &repo,
        &["HEAD", "--estimate", "6h"],
        1,
        "the claim of `Kiln` is yours",
    );
    assert_eq!(run_as(&world, &repo, "Bo", &["opine", "--next"]).success(), "");
    // An agent that estimates for Bo is another estimator.
    run_as(
        &world,
        &repo,
        "Bo",
        &["opine", "HEAD", "--estimate", "6h", "--estimated-by", "codex"],
    )
    .success();
    // A person under two addresses has one opinion.
    run_as(&world, &repo, "Ada", &["opine", "HEAD", "--estimate", "6h"]).success();
    assert_eq!(opinions(&repo).len(), 2);
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = World::new();
    let repo = kiln(&world);
    let before = listing(&repo.path().join(".git"));
    let ran = run_as(&world, &repo, "Bo", &["opine", "HEAD", "--estimate", "6h", "-n"]);
    assert!(ran.stderr.contains("Nothing written (--dry-run)"), "{ran}");
    assert_eq!(listing(&repo.path().join(".git")), before);
}

/// Two clones of a remote that have Ada's task.
fn clones(world: &World) -> (TestRepo<'_>, TestRepo<'_>) {
    let seed = kiln(world);
    seed.git(&["clone", "--quiet", "--bare", ".", "../remote.git"]);
    let remote = world.at("remote.git");
    seed.git(&["push", "--quiet", "../remote.git", "refs/notes/leverage"]);
    let source = remote.path().to_string_lossy().into_owned();
    for name in ["one", "two"] {
        remote.git(&["clone", "--quiet", &source, &world.path(name).to_string_lossy()]);
        world.at(name).run(&["sync"]).success();
    }
    (world.at("one"), world.at("two"))
}

fn hours(repo: &TestRepo<'_>) -> Vec<String> {
    let mut hours: Vec<String> = opinions(repo)
        .iter()
        .map(|line| line["estimate"]["hours"].to_string())
        .collect();
    hours.sort();
    hours
}

#[test]
fn clones_that_opine_at_once_keep_both_opinions() {
    let world = World::new();
    let (one, two) = clones(&world);
    run_as(&world, &one, "Bo", &["opine", "HEAD", "--estimate", "6h"]).success();
    run_as(&world, &two, "Cy", &["opine", "HEAD", "--estimate", "3h"]).success();
    // The same person in two clones: the same id, and both lines stay.
    run_as(&world, &two, "Bo", &["opine", "HEAD", "--estimate", "7h"]).success();
    for repo in [&one, &two, &one] {
        repo.run(&["sync"]).success();
    }
    assert_eq!(hours(&one), ["3", "6", "7"]);
    assert_eq!(hours(&two), ["3", "6", "7"]);
}

#[test]
fn git_itself_merges_opinions() {
    let world = World::new();
    let (one, two) = clones(&world);
    run_as(&world, &one, "Bo", &["opine", "HEAD", "--estimate", "6h"]).success();
    run_as(&world, &two, "Cy", &["opine", "HEAD", "--estimate", "3h"]).success();
    one.git(&[
        "fetch",
        "--quiet",
        "../two",
        "refs/notes/leverage:refs/notes/theirs",
    ]);
    let merge = [
        &BO[..],
        &[
            "notes",
            "--ref",
            "leverage",
            "merge",
            "-s",
            "cat_sort_uniq",
            "theirs",
        ],
    ]
    .concat();
    one.git(&merge);
    assert_eq!(hours(&one), ["3", "6"]);
    let left = one.run(&["log"]);
    assert_eq!((left.code, left.stderr.as_str()), (Some(0), ""), "{left}");
}

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    serde_json::from_str(&repo.run(&[args, &["--format", "json"]].concat()).success()).unwrap()
}

/// Ada's task of 8 hours in 30 minutes, of which Bo thinks 6, an agent of his 3 and Cy 20, and a task without opinions.
fn judged(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.commit("Kiln");
    repo.run(&["record", "--estimate", "8h", "--agent-time", "30m"])
        .success();
    let asked = run_as(world, &repo, "Bo", &["opine", "--next"]).success();
    let bo = [
        "opine",
        &key_in(&asked),
        "--estimate",
        "6h",
        "--basis",
        "Two \u{202e}tables",
    ];
    run_as(world, &repo, "Bo", &bo).success();
    let codex = [
        "opine",
        "HEAD",
        "--estimate",
        "3h",
        "--estimated-by",
        "codex gpt-5",
    ];
    run_as(world, &repo, "Bo", &codex).success();
    run_as(world, &repo, "Cy", &["opine", "HEAD", "--estimate", "20h"]).success();
    repo.commit("Glaze\n\nLeverage-Estimate: 1h\nLeverage-Agent-Time: 10m\n");
    repo
}

#[test]
fn a_report_counts_by_the_estimates_that_are_asked_for() {
    let world = World::new();
    let repo = judged(&world);
    let told = |choice: &str| {
        let report = json(&repo, &["report", "--estimates", choice]);
        let hours = report["totals"]["human_hours"].as_f64();
        let factor = report["totals"]["leverage_factor"].as_f64();
        (hours, factor, report["estimates"].clone())
    };
    assert_eq!(told("claimed"), (Some(9.0), Some(13.5), Value::Null));
    let (hours, factor, estimates) = told("median");
    assert_eq!((hours, factor), (Some(7.0), Some(10.5)));
    let expected = serde_json::json!({
        "by": "median", "opinions": [[0, 1], [3, 1]], "opinions_by_agents": 1, "tasks_left_out": 0,
    });
    assert_eq!(estimates, expected);
    assert_eq!(told("lowest").0, Some(4.0));
    assert_eq!(told("highest").0, Some(21.0));
    assert_eq!(told("mine").0, Some(9.0));
    let config = "[user]\n\tname = Bo\n\temail = bo@example.org\n";
    std::fs::write(world.home().join(".gitconfig"), config).unwrap();
    let by_bo = repo.run(&["report", "--estimates", "mine", "--by", "task"]);
    let shown = by_bo.success();
    let says = "The estimates are your own claims and opinions; 1 of 2 tasks has opinions (3 opinions on 1); 1 opinion is by an \
                agent; 1 task without an estimate of yours left out";
    assert!(shown.contains(says), "{shown}");
    assert!(shown.contains("6h") && !shown.contains("Glaze"), "{shown}");
}

#[test]
fn show_history_and_audit_list_opinions_with_what_could_be_seen() {
    let world = World::new();
    let repo = judged(&world);
    let card = repo.run(&["show", "HEAD~1"]).success();
    let facts = card.split_once("  opinions ").unwrap().1;
    insta::assert_snapshot!(format!("  opinions {facts}"), @r"
    opinions     6h, by Bo <bo@example.org>, asked blind, claim was here: Two \u{202e}tables
                 3h, by codex (gpt-5) for Bo <bo@example.org>, claim was here
                 20h, by Cy <cy@example.org>, claim was here
    spread       3h to 20h (6.7 times), median 6h; 2 opinions by people, 1 by agents
    factors      16.0x claimed, 12.0x median, 6.0x lowest, 40.0x highest
    ");
    let shown = json(&repo, &["show", "HEAD~1"]);
    let opinions = shown["tasks"][0]["opinions"].as_array().unwrap();
    assert_eq!(opinions.len(), 3);
    assert!(opinions.iter().all(|opinion| opinion["claim_here"] == true));
    let history = repo.run(&["log", "--history"]).success();
    assert_eq!(history.matches(", opinion\n").count(), 3, "{history}");
    assert!(
        history.contains("Given: asked blind, claim was here"),
        "{history}"
    );
    let machine = json(&repo, &["log", "--history"]);
    assert_eq!(machine["opinions"].as_array().unwrap().len(), 3);
    let audit = json(&repo, &["audit"]);
    let told = &audit["opinions"];
    assert_eq!((&told["tasks"], &told["opinions"]), (&2.into(), &3.into()));
    assert_eq!((&told["by_agents"], &told["asked"]), (&1.into(), &1.into()));
    assert_eq!(told["by_task"][0]["ratio"], 20.0 / 3.0);
    for (choice, factor) in [
        ("claimed", 13.5),
        ("median", 10.5),
        ("lowest", 6.0),
        ("highest", 31.5),
    ] {
        assert_eq!(told[choice]["leverage_factor"], factor, "{choice}");
    }
    let page = repo.run(&["audit", "--format", "markdown"]).success();
    let says = "1 of 2 tasks has opinions: 2 by people, 1 by agents; 0 blind, 1 asked blind where the claim was, 2 where the \
                claim was";
    assert!(page.contains(says), "{page}");
}

#[test]
fn one_person_under_two_addresses_has_one_opinion() {
    let world = World::new();
    let repo = kiln(&world);
    run_as(&world, &repo, "Bo", &["opine", "HEAD", "--estimate", "6h"]).success();
    let other = [
        ("GIT_COMMITTER_NAME", "bo"),
        ("GIT_COMMITTER_EMAIL", "bo@old.example.org"),
        ("GIT_TEST_DATE_NOW", &(NOW + 60).to_string()),
    ];
    run_with(&world, &repo, &other, &["opine", "HEAD", "--estimate", "2h"]).success();
    let lowest = |repo: &TestRepo<'_>| json(repo, &["report", "--estimates", "lowest"])["estimates"].clone();
    assert_eq!(lowest(&repo)["opinions"], serde_json::json!([[2, 1]]));
    repo.write(".mailmap", "Bo <bo@example.org> <bo@old.example.org>\n");
    assert_eq!(lowest(&repo)["opinions"], serde_json::json!([[1, 1]]));
    let shown = json(&repo, &["show", "HEAD"]);
    assert_eq!(shown["tasks"][0]["opinions"][0]["estimate"]["hours"], 2);
}

#[test]
fn hostile_opinions_are_bounded_and_escaped() {
    let world = World::new();
    let repo = kiln(&world);
    let id = task_id(&repo);
    let line = |rev: u32, by: &str| {
        format!(
            r#"{{"asked":false,"at":"2026-04-10T12:00:00Z","by":"{by}","claim_here":true,"estimate":{{"basis":"\u001b[31mred\u202e","by":"{by}","hours":{}}},"id":"019d774b-0a00-8707-8707-0707070707ff","kind":"opinion","of":"{id}","of_rev":0,"rev":{rev},"v":1}}"#,
            rev % 50 + 1
        )
    };
    let mut note = repo.git(&["notes", "--ref", "leverage", "show", "HEAD"]) + "\n";
    for rev in 0..12_000 {
        note += &(line(rev, "Bo <bo@example.org>") + "\n");
    }
    note += &(line(0, "\\u001b]0;x <c@example.org>") + "\n");
    std::fs::write(world.path("note"), note).unwrap();
    let file = world.path("note").to_string_lossy().into_owned();
    repo.git(&["notes", "--ref", "leverage", "add", "-f", "-F", &file, "HEAD"]);
    let shown = repo.run(&["show"]);
    assert_eq!(shown.code, Some(0), "{shown}");
    assert!(!shown.stdout.contains(['\u{1b}', '\u{202e}']), "{shown}");
    assert!(
        shown.stderr.contains("has more than 5000 opinions"),
        "{}",
        shown.stderr
    );
    let report = json(&repo, &["report", "--estimates", "median"]);
    assert_eq!(report["estimates"]["opinions"], serde_json::json!([[2, 1]]));
    for args in [&["log", "--history", "-n", "3"][..], &["audit"]] {
        let ran = repo.run(args);
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{ran}");
    }
    let own = "019d774b-0a00-8707-8707-0707070707ff";
    let refused = repo.run(&["retract", own, "--reason", "x"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("is an opinion on the task"),
        "{}",
        refused.stderr
    );
}
