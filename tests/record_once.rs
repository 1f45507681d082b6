//! One task, one record: what `record` does on a commit that has a task already, and what squash commits carry.

use std::process::Stdio;

use serde_json::Value;

use crate::world::{Ran, TestRepo, World};

const CLAIM: &str = "\n\nLeverage-Estimate: 8h\nLeverage-Agent-Time: 35m\nLeverage-Supervision: 8m\n";

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    serde_json::from_str(&repo.run(args).success()).unwrap()
}

/// The tasks of `log`: title and hours, sorted.
fn logged(repo: &TestRepo<'_>) -> Vec<(String, f64)> {
    let log = json(repo, &["log", "--format", "json"]);
    let tasks = log["tasks"].as_array().unwrap().iter();
    let mut told: Vec<_> = tasks
        .map(|task| {
            let hours = task["estimate"]["hours"].as_f64().unwrap();
            (task["title"].as_str().unwrap().to_owned(), hours)
        })
        .collect();
    told.sort_by(|one, other| one.partial_cmp(other).unwrap());
    told
}

fn ids(repo: &TestRepo<'_>) -> Vec<String> {
    let log = json(repo, &["log", "--format", "json"]);
    let tasks = log["tasks"].as_array().unwrap().iter();
    let mut ids: Vec<_> = tasks
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

fn without_ids(ran: &Ran) -> String {
    let id =
        regex::Regex::new(r"\b[0-9a-f]{8}(-[0-9a-f]{4}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?)?\b").unwrap();
    id.replace_all(&ran.to_string(), "ID").into_owned()
}

fn refused(repo: &TestRepo<'_>, args: &[&str], said: &str) {
    let before = repo.git(&["for-each-ref", "refs/notes", "refs/leverage"]);
    let ran = repo.run(args);
    assert_eq!(ran.code, Some(1), "{args:?} {ran}");
    assert!(ran.stderr.contains(said), "{args:?} {ran}");
    assert!(ran.stderr.contains("--another …"), "{args:?} {ran}");
    assert_eq!(repo.git(&["for-each-ref", "refs/notes", "refs/leverage"]), before);
}

#[test]
fn a_commit_with_a_task_is_not_recorded_again() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit(&format!("Kiln{CLAIM}"));
    insta::assert_snapshot!(without_ids(&repo.run(&["record", "--estimate", "3h"])), @r"
    [stderr]
    error: `f63a8187c1` already has the task `Kiln` (ID, 8h)
    hint: To change it, run `git leverage revise ID --estimate 3h --reason TEXT`
    hint: Or run `git leverage record --another …` to record a second task
    [exit 1]
    ");
    refused(&repo, &["record", "--estimate", "8h"], "already recorded: `Kiln`");
    refused(
        &repo,
        &["record", "--estimate", "3h", "--dry-run"],
        "already has the task",
    );
    repo.commit("Glaze");
    let _ = repo
        .run(&["record", "--estimate", "4h", "--agent-time", "10m"])
        .success();
    refused(
        &repo,
        &["record", "--estimate", "4h"],
        "already recorded: `Glaze`",
    );
    refused(
        &repo,
        &["record", "--estimate", "5h"],
        "already has the task `Glaze`",
    );
    repo.commit("Fire");
    let listed = ["record", "--estimate", "5h", "--commit", "HEAD~1"];
    refused(&repo, &listed, "already has the task `Glaze`");
    repo.commit("Named\n\nLeverage-Task: 019d7743-6a00-7707-8707-070707070707\n");
    let unknown = "names the task `019d7743-6a00-7707-8707-070707070707`, which is not in this ledger";
    refused(&repo, &["record", "--estimate", "5h"], unknown);
    assert_eq!(logged(&repo), [("Glaze".into(), 4.0), ("Kiln".into(), 8.0)]);
}

#[test]
fn a_copy_of_a_commit_with_a_task_is_not_recorded_again() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a", "1").commit("Base");
    repo.write("kiln", "1").commit("Kiln");
    let _ = repo
        .run(&["record", "--estimate", "4h", "--title", "Oven"])
        .success();
    let again = ["record", "--estimate", "5h"];
    repo.write("kiln", "2");
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    refused(&repo, &again, "already has the task `Oven`");
    assert!(repo.run(&["show"]).success().starts_with("Oven\n"));
    repo.git(&["commit", "--quiet", "--amend", "-m", "The kiln"]);
    refused(&repo, &again, "already has the task `Oven`");
    assert!(repo.run(&["show"]).success().starts_with("Oven\n"));
    repo.git(&["checkout", "--quiet", "-b", "release", "HEAD~1"]);
    repo.write("b", "1").commit("More");
    repo.git(&["cherry-pick", "main"]);
    refused(&repo, &again, "already has the task `Oven`");
    assert!(repo.run(&["show"]).success().starts_with("Oven\n"));
    // The next revision is on the copy as well, so that a clone without the first finds it.
    let _ = repo
        .run(&["record", "--revise", "--reason", "Timed", "--agent-time", "9m"])
        .success();
    let note = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(note.contains("\"rev\":1"), "{note}");
    assert_eq!(logged(&repo), [("Oven".into(), 4.0)]);
    // A second commit of the same second, author and title is no copy.
    let wip = repo.commit_at("wip", 1_775_040_000);
    let _ = repo.run(&["record", "--estimate", "1h"]).success();
    repo.write("c", "1").commit_at("wip", 1_775_040_000);
    let _ = repo.run(&["record", "--estimate", "1h"]).success();
    assert_eq!(logged(&repo).len(), 3, "{wip}");
}

#[test]
fn a_revision_keeps_what_was_not_given() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit(&format!("Kiln{CLAIM}"));
    let id = ids(&repo);
    let nothing = repo.run(&["record", "--revise", "--estimate", "3h"]);
    assert_eq!(nothing.code, Some(2), "{nothing}");
    let revised = repo.run(&["record", "--revise", "--reason", "Counted", "--estimate", "3h"]);
    insta::assert_snapshot!(without_ids(&revised), @r"
    Kiln
      id           ID
      date         2026-04-01
      estimate     3h, by Ada Example <ada@example.org>
      agent time   35m  5.1x factor
      supervision  8m  22.5x supervisory factor
      commits      f63a8187c1
      source       trailer
      recorded     2026-04-10 12:00 +0000, by Ada Example <ada@example.org>, revision 1: 8h → 3h (`Counted`)
    [stderr]
    Revised
    [exit 0]
    ");
    assert_eq!(ids(&repo), id);
    assert_eq!(logged(&repo), [("Kiln".into(), 3.0)]);
    repo.commit("Without");
    let none = repo.run(&["record", "--revise", "--reason", "x", "--estimate", "3h"]);
    assert_eq!(none.code, Some(1), "{none}");
    assert!(none.stderr.contains("has no task to revise"), "{none}");
}

#[test]
fn another_task_takes_nothing_from_what_trailers_claim() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln", "1");
    repo.commit(&format!("Squash\n\n* Kiln{CLAIM}\n* Glaze{CLAIM}"));
    let before = ids(&repo);
    let _ = repo
        .run(&["record", "--another", "--estimate", "1h", "--title", "Review"])
        .success();
    let all = [("Review", 1.0), ("Squash", 8.0), ("Squash", 8.0)];
    let all = all.map(|(title, hours)| (title.to_owned(), hours));
    assert_eq!(logged(&repo), all);
    assert!(before.iter().all(|id| ids(&repo).contains(id)));
    let _ = repo
        .run(&["record", "--another", "--estimate", "1h", "--title", "Talk"])
        .success();
    repo.write("kiln", "2");
    repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    assert_eq!(logged(&repo).len(), 4);
    let hours: f64 = logged(&repo).iter().map(|(_, hours)| hours).sum();
    assert_eq!(hours, 18.0);
}

#[test]
fn revising_one_task_of_a_squash_leaves_the_others() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit(&format!("Squash\n\n* Kiln{CLAIM}\n* Glaze{CLAIM}"));
    let id = &ids(&repo)[0];
    let _ = repo
        .run(&["revise", id, "--estimate", "2h", "--reason", "Counted"])
        .success();
    assert_eq!(logged(&repo), [("Squash".into(), 2.0), ("Squash".into(), 8.0)]);
}

#[test]
fn a_task_without_code_is_recorded_once_a_day() {
    let world = World::new();
    let repo = world.repo("plans");
    let args = ["record", "--no-commit", "--title", "Plan", "--estimate", "2h"];
    let _ = repo.run(&args).success();
    refused(&repo, &args, "already recorded for 2026-04-10: `Plan`");
    let other = |more: &[&str]| repo.run(&[&args[..], more].concat()).success();
    let _ = other(&["--date", "2026-04-09"]);
    let _ = other(&["--another"]);
    assert_eq!(logged(&repo).len(), 3);
}

#[test]
fn of_many_who_record_at_once_one_succeeds() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Kiln");
    for args in [
        &["record", "--estimate", "4h"][..],
        &["record", "--no-commit", "--title", "Plan", "--estimate", "2h"],
    ] {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let mut command = world.leverage(repo.path());
                command.args(args).stdout(Stdio::null()).stderr(Stdio::null());
                command.spawn().unwrap()
            })
            .collect();
        let ended = writers
            .into_iter()
            .map(|mut writer| writer.wait().unwrap().success());
        assert_eq!(ended.filter(|success| *success).count(), 1, "{args:?}");
    }
    assert_eq!(logged(&repo), [("Kiln".into(), 4.0), ("Plan".into(), 2.0)]);
}

#[test]
fn a_second_retraction_is_one_line() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln", "1").commit(&format!("Kiln{CLAIM}"));
    let id = ids(&repo).remove(0);
    let retract = || repo.run(&["retract", &id, "--reason", "Not ours"]);
    let _ = retract().success();
    insta::assert_snapshot!(without_ids(&retract()), @r"
    [stderr]
    `Kiln` (ID) was already retracted on 2026-04-10, with the reason `Not ours`
    [exit 0]
    ");
    // It can be recorded anew, and what was retracted stays so under another title.
    let _ = repo.run(&["record", "--estimate", "2h"]).success();
    assert_eq!(logged(&repo), [("Kiln".into(), 2.0)]);
    repo.git(&["commit", "--quiet", "--amend", "-m", &format!("The kiln{CLAIM}")]);
    assert_eq!(logged(&repo), [("Kiln".into(), 2.0)]);
}

/// A branch of two tasks, of two authors.
fn branch(repo: &TestRepo<'_>) {
    repo.write("base", "1").commit("Base");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("clay", "1")
        .commit("Clay\n\nWhy it is wet\n\nLeverage-Estimate: 2h\n");
    repo.git(&["config", "user.name", "Bo"]);
    repo.write("kiln", "1").commit(&format!("Kiln\twith tabs{CLAIM}"));
    repo.git(&["config", "--unset", "user.name"]);
    repo.git(&["checkout", "--quiet", "main"]);
}

#[test]
fn a_squash_by_git_keeps_each_task_and_its_id() {
    let world = World::new();
    let repo = world.repo("kiln");
    branch(&repo);
    let (before, tasks) = (ids(&repo), logged(&repo));
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    repo.git_at(&["commit", "--quiet", "--no-edit"], 1_775_120_400);
    assert_eq!((ids(&repo), logged(&repo)), (before.clone(), tasks.clone()));
    repo.git(&["branch", "--quiet", "-D", "topic"]);
    assert_eq!((ids(&repo), logged(&repo)), (before.clone(), tasks));
    insta::assert_snapshot!(repo.run(&["trailers"]).success(), @r"
    6b619d6602 squashed from: 08f7f875d4 Kiln\twith tabs
    6b619d6602 estimate: 8h (outside the trailer block; git itself ignores it)
    6b619d6602 agent time: 35m (outside the trailer block; git itself ignores it)
    6b619d6602 supervision: 8m (outside the trailer block; git itself ignores it)
    6b619d6602 leverage factor: 13.7x (outside the trailer block; git itself ignores it)
    6b619d6602 supervisory factor: 60.0x (outside the trailer block; git itself ignores it)
    6b619d6602 squashed from: b076909d11 Clay
    6b619d6602 estimate: 2h (outside the trailer block; git itself ignores it)
    ");
    let shown = repo.run(&["show"]).success();
    assert!(before.iter().all(|id| shown.contains(id)), "{shown}");
    let said = repo.run(&["record", "--estimate", "5h"]);
    assert_eq!(said.code, Some(1), "{said}");
    assert!(
        said.stderr.contains("already has 2 tasks: `Clay`")
            || said.stderr.contains("already has 2 tasks: `Kiln"),
        "{said}"
    );
    let found = json(&repo, &["audit", "--format", "json"]);
    assert_eq!(found["confidence"]["claimed"]["human_hours"], 10.0);
    // Without the objects the message alone tells the same.
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    assert_eq!(ids(&repo).len(), 2);
    assert!(ids(&repo).iter().any(|id| before.contains(id)));
}

/// Squashes as forges write them, with the branch and without it.
#[test]
fn a_squash_by_a_forge_counts_each_task_once() {
    let parts = format!("* Clay\n\nWhy it is wet\n\nLeverage-Estimate: 2h\n\n* Kiln{CLAIM}");
    for message in [
        format!("Kiln and clay (#12)\n\n{parts}"),
        format!("Kiln and clay (#12)\n\n{parts}\n---------\n\nCo-authored-by: Bo <bo@example.org>\n"),
        format!("Merged in topic (pull request #12)\n\nKiln and clay\n\n{parts}\nApproved-by: Bo\n"),
        format!("Kiln and clay\n\n- Clay\n- Nothing\n\nLeverage-Estimate: 2h\n\n- Kiln{CLAIM}"),
    ] {
        let world = World::new();
        let repo = world.repo("kiln");
        repo.write("base", "1").commit("Base");
        repo.git(&["checkout", "--quiet", "-b", "topic"]);
        repo.write("clay", "1").commit("Clay\n\nLeverage-Estimate: 2h\n");
        repo.write("kiln", "1").commit(&format!("Kiln{CLAIM}"));
        let before = ids(&repo);
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["merge", "--quiet", "--squash", "topic"]);
        repo.commit_at(&message, 1_775_120_400);
        assert_eq!(ids(&repo), before, "{message}");
        repo.git(&["branch", "--quiet", "-D", "topic"]);
        let hours: f64 = logged(&repo).iter().map(|(_, hours)| hours).sum();
        assert_eq!((logged(&repo).len(), hours), (2, 10.0), "{message}");
    }
}

#[test]
fn a_squash_of_one_commit_by_a_forge_is_that_commit() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("base", "1").commit("Base");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("kiln", "1").commit(&format!("Kiln{CLAIM}"));
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    repo.commit_at(&format!("Kiln (#7){CLAIM}"), 1_775_120_400);
    assert_eq!(logged(&repo), [("Kiln".into(), 8.0)]);
    // The next one of that name is another task.
    repo.write("kiln", "2");
    repo.commit_at(&format!("Kiln (#9){CLAIM}"), 1_775_120_500);
    repo.write("kiln", "3");
    repo.commit_at(&format!("Kiln{CLAIM}"), 1_775_120_600);
    assert_eq!(logged(&repo).len(), 3);
}

#[test]
fn commits_that_only_look_alike_are_tasks_of_their_own() {
    let world = World::new();
    let repo = world.repo("kiln");
    for number in 0..3 {
        repo.write("kiln", number.to_string());
        repo.commit(&format!("wip{CLAIM}"));
    }
    // Of one second, by a script.
    for number in 0..3 {
        repo.write("kiln", format!("{number}, again"));
        repo.commit_at(&format!("Part {number}{CLAIM}"), 1_775_120_400);
    }
    // A squash of two that have one title.
    repo.commit_at(&format!("Both\n\n* wip{CLAIM}\n* wip{CLAIM}"), 1_775_120_500);
    assert_eq!(logged(&repo).len(), 8);
    // Quoted for those who read, and claimed by nobody.
    repo.commit("Explain\n\nWrite it so:\n\n    Leverage-Estimate: 40h\n    Leverage-Agent-Time: 25m\n");
    assert_eq!(logged(&repo).len(), 8);
}

/// A clone has the notes, and not the commits that they were written on.
#[test]
fn a_clone_counts_a_rewritten_task_once() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln", "1").commit(&format!("Kiln{CLAIM}"));
    let line = r#"{"at":"2026-04-02T09:00:00Z","by":"Ada Example <ada@example.org>","date":"2026-04-01","estimate":{"by":"Ada Example <ada@example.org>","hours":6},"id":"019d4834-5d00-7000-8000-000000000001","kind":"task","rev":0,"source":"record","title":"Kiln","v":1}"#;
    repo.git(&["notes", "--ref=leverage", "add", "-m", line, "HEAD"]);
    repo.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    repo.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    world
        .repo("hub")
        .git(&["clone", "--quiet", "--no-local", "../kiln", "../theirs"]);
    let theirs = world.repo("theirs");
    theirs.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/notes/leverage:refs/leverage/remotes/origin/notes",
    ]);
    // Beside each other they are one task, with the notes of one alone and with those of both.
    let both = |args: &[&str]| {
        let ran = world.run(&[args, &["--format", "json", "kiln", "theirs"]].concat());
        serde_json::from_str::<Value>(&ran.success()).unwrap()["totals"].clone()
    };
    let tracking = "refs/leverage/remotes/origin/notes";
    let fetched = theirs.git(&["rev-parse", tracking]);
    theirs.git(&["update-ref", "-d", tracking]);
    assert_eq!(logged(&theirs), [("Kiln".into(), 8.0)]);
    assert_eq!(both(&["report"])["human_hours"], 6);
    assert_eq!(both(&["inventory", "--columns", "ai"])["human_hours"], 6);
    theirs.git(&["update-ref", tracking, &fetched]);
    assert_eq!(both(&["report"])["human_hours"], 6);
    assert_eq!(logged(&theirs), [("Kiln".into(), 6.0)]);
    let report = json(&theirs, &["report", "--format", "json"]);
    assert_eq!(report["totals"]["human_hours"], 6);
    refused(
        &theirs,
        &["record", "--estimate", "3h"],
        "already has the task `Kiln`",
    );
}

/// Work is in proportion to the message, whatever it holds.
#[test]
fn hostile_messages_are_read_in_time() {
    let world = World::new();
    let repo = world.repo("kiln");
    let id = "0123456789abcdef0123456789abcdef01234567";
    let header = format!("commit {id}\nAuthor: A <a@b>\nDate: Wed Apr 1 09:00:00 2026 +0000\n\n    ");
    let deep: String = (0..200)
        .map(|depth| {
            let indent = " ".repeat(4 * depth);
            format!("{indent}commit {id}\n{indent}Author: A <a@b>\n\n")
        })
        .collect();
    let messages = [
        "commit ".repeat(200_000),
        format!("{}commit {id}", " ".repeat(1_000_000)),
        format!("T\n\nLeverage-Estimate: 1h\n\n{}", header.repeat(5_000)),
        format!("T\n\n{deep}{}Leverage-Estimate: 1h\n", " ".repeat(800)),
        format!("T\n\n{}", "* wip\n\nLeverage-Estimate: 1h\n\n".repeat(10_000)),
        format!("T\n\n{}\n\nLeverage-Estimate: 1h\n", "* x\n".repeat(200_000)),
    ];
    for (number, message) in messages.iter().enumerate() {
        let file = format!("message{number}");
        repo.write(&file, message);
        repo.git(&[
            "commit",
            "--quiet",
            "--allow-empty",
            "--cleanup=verbatim",
            "-F",
            &file,
        ]);
    }
    let started = std::time::Instant::now();
    let _ = repo.run(&["log", "--format", "json"]).success();
    let _ = repo
        .run(&["record", "HEAD~5", "--title", "T", "--estimate", "1h"])
        .success();
    // This one has ten thousand tasks already, and an error that names them all.
    let refused = repo.run(&["record", "HEAD~1", "--title", "T", "--estimate", "1h"]);
    assert_eq!(refused.code, Some(1), "{}", &refused.stderr[..99]);
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

/// A line of history as `git fast-import` reads it: each commit with its title, its second and its message below the title.
fn imported(repo: &TestRepo<'_>, branch: &str, from: Option<&str>, commits: &[(String, i64, &str)]) {
    let mut stream = String::new();
    for (number, (title, seconds, below)) in commits.iter().enumerate() {
        let message = format!("{title}\n{below}");
        let parent = match (number, from) {
            (0, Some(from)) => format!("from {from}\n"),
            _ => String::new(),
        };
        let person = "Ada Example <ada@example.org>";
        stream += &format!(
            "commit refs/heads/{branch}\nauthor {person} {seconds} +0000\ncommitter {person} {} +0000\ndata {}\n{message}\n{parent}",
            1_775_900_000 + number,
            message.len(),
        );
    }
    repo.git_with_input(&["fast-import", "--quiet", "--force"], &stream);
}

#[test]
fn copies_are_told_by_history_however_many_there_are_and_wherever_head_is() {
    let world = World::new();
    let repo = world.repo("kiln");
    let root = repo.commit("Root");
    let one = |title: &str| -> Vec<(String, i64, &str)> {
        (0..150)
            .map(|number| {
                (
                    format!("{title} {number}"),
                    1_775_800_000 + number,
                    "\nLeverage-Estimate: 1h\n",
                )
            })
            .collect()
    };
    imported(&repo, "long", Some(&root), &one("Kiln"));
    imported(&repo, "copy", Some(&root), &one("Reworded"));
    repo.git(&["branch", "aside"]);
    for branch in ["long", "copy", "aside"] {
        repo.git(&["checkout", "-q", "-f", branch]);
        let report = json(&repo, &["report", "--all-refs", "--format", "json"]);
        let totals = &report["totals"];
        assert_eq!(totals["tasks"], 150, "{branch}");
        assert_eq!(totals["human_hours"].as_f64(), Some(150.0), "{branch}");
    }
}

#[test]
fn a_forges_squash_in_which_one_commit_claims_counts_once() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Root");
    repo.git(&["checkout", "-q", "-b", "topic"]);
    for (title, claim) in [("One", ""), ("Two", ""), ("Three", "\n\nLeverage-Estimate: 5h")] {
        repo.commit(&format!("{title}{claim}"));
    }
    repo.git(&["checkout", "-q", "main"]);
    repo.git(&["merge", "-q", "--squash", "topic"]);
    repo.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "Kiln control (#12)\n\n* One\n\n* Two\n\n* Three\n\nLeverage-Estimate: 5h",
    ]);
    assert_eq!(logged(&repo).len(), 1);
}

#[test]
fn a_title_that_many_share_hides_no_part_of_a_squash() {
    let world = World::new();
    let repo = world.repo("kiln");
    let root = repo.commit("Root");
    let hours = ["1h", "2h", "3h", "4h", "5h", "6h", "7h", "8h", "9h", "10h"];
    let claims: Vec<String> = hours
        .iter()
        .map(|hours| format!("\nLeverage-Estimate: {hours}\n"))
        .collect();
    let wip: Vec<(String, i64, &str)> = (0..40)
        .map(|number| {
            let claim = if number == 30 {
                "\nLeverage-Estimate: 77h\n"
            } else {
                claims[number % 10].as_str()
            };
            ("wip".to_owned(), 1_775_800_000 + number as i64, claim)
        })
        .collect();
    imported(&repo, "topic", Some(&root), &wip);
    repo.git(&[
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "Glaze\n\n* wip\n\nLeverage-Estimate: 77h",
    ]);
    assert_eq!(logged(&repo).len(), 40);
}

#[test]
fn what_was_made_in_one_second_is_no_copy_of_each_other() {
    let world = World::new();
    let repo = world.repo("kiln");
    let (first, second) = (1_775_900_000, 1_775_900_000);
    repo.write("base", "a\n");
    repo.git(&["add", "."]);
    repo.commit_at("Base", first);
    repo.write("work", "w\n");
    repo.git(&["add", "."]);
    repo.commit_at("Work\n\nLeverage-Estimate: 4h", second);
    let id = ids(&repo).remove(0);
    let _ = repo
        .run(&[
            "revise",
            &id,
            "--estimate",
            "4h",
            "--agent-time",
            "12m",
            "--reason",
            "r",
        ])
        .success();
    let date = "--date=2026-01-01T00:00:00Z";
    repo.git(&["commit", "-q", "--amend", "--no-edit", date]);
    assert_eq!(logged(&repo), [("Work".to_owned(), 4.0)]);
    // What was never merged says nothing of a commit of the same second that changed other files.
    repo.git(&["checkout", "-q", "-b", "aside", "HEAD~1"]);
    repo.write("aside", "b\n");
    repo.git(&["add", "."]);
    repo.commit_at("Aside", second);
    let _ = repo
        .run(&[
            "record",
            "--estimate",
            "2h",
            "--agent-time",
            "5m",
            "--agent",
            "codex",
        ])
        .success();
    repo.git(&["checkout", "-q", "-b", "other", "HEAD~1"]);
    repo.write("other", "c\n");
    repo.git(&["add", "."]);
    repo.commit_at("Other", second);
    repo.git(&["branch", "-q", "-D", "aside"]);
    let commits = repo.run(&["export", "commits"]).success();
    assert!(!commits.contains("codex"), "{commits}");
}

#[test]
fn a_commit_whose_time_was_reset_keeps_its_record() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("work", "w\n");
    repo.git(&["add", "."]);
    repo.commit_at("Work", 1_775_900_000);
    let _ = repo
        .run(&["record", "--estimate", "4h", "--agent-time", "10m"])
        .success();
    repo.git(&[
        "commit",
        "-q",
        "--amend",
        "--no-edit",
        "--date=2026-04-11T00:00:00Z",
    ]);
    assert!(repo.run(&["show", "HEAD"]).success().contains("Work"));
    refused(
        &repo,
        &["record", "--estimate", "3h"],
        "already has the task `Work`",
    );
    assert_eq!(logged(&repo), [("Work".to_owned(), 4.0)]);
}

/// As to git, nothing at all is no revision, and not HEAD.
#[test]
fn an_empty_revision_is_none() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn kiln() {}\n").commit("Kiln");
    for args in [
        &["record", "", "--estimate", "2h"][..],
        &["show", ""],
        &["carry", "--onto", "HEAD", "--from", ""],
        &["carry", "--onto", "", "--from", "HEAD"],
    ] {
        let ran = repo.run(args);
        // What names a task or a commit may name a task that is not here.
        let code = if args[0] == "show" { 1 } else { 2 };
        assert_eq!(ran.code, Some(code), "{args:?}: {ran}");
        assert!(ran.stderr.starts_with("error: "), "{args:?}: {ran}");
    }
    assert_eq!(repo.git(&["for-each-ref", "refs/notes"]), "");
}
