//! `repair` and `carry`: notes follow their commits, or are left where they are; the totals of the ledger stay the
//! same.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::rewrites::{REWRITES, Way, kiln};
use crate::world::{TestRepo, World};

pub fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    serde_json::from_str(&repo.run(args).stdout).unwrap()
}

/// The totals of `report`.
pub fn totals(repo: &TestRepo<'_>) -> [Value; 4] {
    let report = json(repo, &["report", "--format", "json"]);
    ["tasks", "human_hours", "agent_minutes", "supervisory_minutes"]
        .map(|name| report["totals"][name].clone())
}

/// The titles of the tasks of a range.
pub fn titles(repo: &TestRepo<'_>, range: &[&str]) -> BTreeSet<String> {
    let log = json(repo, &[&["log", "--format", "json"], range].concat());
    let tasks = log["tasks"].as_array().unwrap().iter();
    tasks
        .map(|task| task["title"].as_str().unwrap().to_owned())
        .collect()
}

/// The commits with a note that contains a text, of those that a ref reaches.
pub fn noted(repo: &TestRepo<'_>, text: &str) -> BTreeSet<String> {
    let branches = repo.git(&["rev-list", "--branches", "--tags", "--remotes", "HEAD"]);
    let is_on_branch: BTreeSet<&str> = branches.lines().collect();
    let notes = repo.git(&["notes", "--ref=leverage", "list"]);
    let commits = notes.lines().filter_map(|line| line.split(' ').nth(1));
    commits
        .filter(|commit| is_on_branch.contains(commit))
        .filter(|commit| {
            repo.git(&["notes", "--ref=leverage", "show", commit])
                .contains(text)
        })
        .map(str::to_owned)
        .collect()
}

/// The commits of all branches that changed a file.
pub fn changing(repo: &TestRepo<'_>, file: &str) -> BTreeSet<String> {
    let commits = repo.git(&["log", "--branches", "--format=%H", "HEAD", "--", file]);
    commits.lines().map(str::to_owned).collect()
}

/// Repairs, and checks everything that is true of every repair. Returns what it printed.
pub fn repaired(repo: &TestRepo<'_>, case: &str) -> String {
    let before = totals(repo);
    let ledger =
        |repo: &TestRepo<'_>| repo.git(&["for-each-ref", "--format=%(objectname)", "refs/notes/leverage"]);
    let tip = ledger(repo);
    let tried = repo.run(&["repair", "--dry-run"]);
    assert_eq!(ledger(repo), tip, "{case}: --dry-run writes nothing");
    let ran = repo.run(&["repair"]);
    assert!(matches!(ran.code, Some(0 | 3)), "{case}: {ran}");
    assert_eq!(tried.stdout, ran.stdout, "{case}");
    assert_eq!(tried.code, ran.code, "{case}");
    assert_eq!(
        ran.code == Some(3),
        ran.stdout.contains("undecided"),
        "{case}: {ran}"
    );
    assert_eq!(totals(repo), before, "{case}: {ran}");
    let tip = ledger(repo);
    let again = repo.run(&["repair"]);
    assert_eq!(ledger(repo), tip, "{case}: a second time changes nothing");
    assert!(!again.stdout.contains("->"), "{case}: {again}");
    assert_eq!(again.code, ran.code, "{case}: {again}");
    ran.stdout
}

/// Every rewrite of the matrix, for every way in which the second task has a note.
#[test]
fn after_every_rewrite_the_note_is_on_the_commit_or_undecided() {
    for way in [Way::Note, Way::Both, Way::Revised] {
        let world = World::new();
        let repo = kiln(&world, "kiln", way, false);
        let copy = world.copy();
        for (name, rewrite) in REWRITES {
            copy.restore();
            rewrite(&repo, way);
            let case = format!("{way:?}, {name}");
            let said = repaired(&repo, &case);
            if said.contains("undecided") {
                // The message claims another task, which a record on its commit would hide from other clones.
                assert!(name.contains("squash"), "{case}: {said}");
                assert!(said.contains("the totals would change"), "{case}: {said}");
                continue;
            }
            let right = changing(&repo, "kiln.rs");
            let found = noted(&repo, "\"kind\":\"task\"");
            assert!(!found.is_empty(), "{case}: {said}");
            assert!(found.is_subset(&right), "{case}: {found:?} {right:?}");
            let on = found.iter().flat_map(|commit| titles(&repo, &[commit]));
            assert!(on.count() > 0, "{case}: {said}");
        }
    }
}

/// Three tasks in notes on a branch, one commit each, and a main branch that advanced.
pub fn glaze(world: &World) -> TestRepo<'_> {
    let repo = world.repo("glaze");
    repo.write("base.rs", "fn base() {}\n").commit("Base");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    for (title, file) in [("Clay", "clay.rs"), ("Kiln", "kiln.rs"), ("Glaze", "glaze.rs")] {
        repo.write(file, format!("fn {}() {{}}\n", title.to_lowercase()));
        repo.commit(title);
        let title = format!("Task of {title}");
        let _ = repo
            .run(&[
                "record",
                "--estimate",
                "3h",
                "--agent-time",
                "10m",
                "--title",
                &title,
            ])
            .success();
    }
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("more.rs", "fn more() {}\n").commit("More");
    repo
}

pub const TASKS: [&str; 3] = ["Task of Clay", "Task of Kiln", "Task of Glaze"];

pub fn squash(repo: &TestRepo<'_>, message: &str) {
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    repo.commit(message);
}

pub fn delete(repo: &TestRepo<'_>) {
    repo.git(&["branch", "--quiet", "-D", "topic"]);
}

/// What happened to the branch, and which of the tasks are on HEAD after a repair.
type Case = (&'static str, fn(&TestRepo<'_>), &'static [&'static str]);

const CASES: &[Case] = &[
    (
        "squash, a message of one's own",
        |repo| {
            squash(repo, "Pottery");
            delete(repo);
        },
        &TASKS,
    ),
    (
        "squash, git's message",
        |repo| {
            repo.git(&["merge", "--quiet", "--squash", "topic"]);
            repo.git(&["commit", "--quiet", "--no-edit"]);
            delete(repo);
        },
        &TASKS,
    ),
    (
        "squash by a forge",
        |repo| {
            squash(
                repo,
                "Pottery (#3)\n\n* Clay\n\n* Kiln\n\n* Glaze\n\n---------\n\nCo-authored-by: Bo <bo@example.org>\n",
            );
            delete(repo);
        },
        &TASKS,
    ),
    (
        "cherry-picks under another title and time",
        |repo| {
            for (number, commit) in ["topic~2", "topic~1", "topic"].iter().enumerate() {
                repo.git(&["cherry-pick", "--no-commit", commit]);
                repo.commit(&format!("Part {number}"));
            }
            delete(repo);
        },
        &TASKS,
    ),
    (
        "cherry-picks, the branch kept",
        |repo| {
            repo.git(&["cherry-pick", "topic~2", "topic~1", "topic"]);
        },
        &[],
    ),
    (
        "rebase",
        |repo| {
            repo.git(&["rebase", "--quiet", "main", "topic"]);
        },
        &TASKS,
    ),
    (
        "rebase --apply",
        |repo| {
            repo.git(&["rebase", "--quiet", "--apply", "main", "topic"]);
        },
        &TASKS,
    ),
    (
        "two squashed into one, one kept",
        |repo| {
            repo.git(&["checkout", "--quiet", "topic"]);
            let editor = "sequence.editor=sed -i '2s/^pick/fixup/'";
            repo.git(&[
                "-c",
                editor,
                "-c",
                "core.editor=true",
                "rebase",
                "--quiet",
                "-i",
                "main",
            ]);
        },
        &TASKS,
    ),
    (
        "fixup of the first",
        |repo| {
            repo.git(&["checkout", "--quiet", "topic"]);
            repo.write("clay.rs", "fn clay() -> u8 { 1 }\n");
            repo.git(&["commit", "--quiet", "--all", "--fixup=HEAD~2"]);
            let editor = "sequence.editor=true";
            repo.git(&["-c", editor, "rebase", "--quiet", "-i", "--autosquash", "main"]);
        },
        &TASKS,
    ),
    (
        "filter-branch",
        |repo| {
            repo.git_with_env(
                &[
                    "filter-branch",
                    "-f",
                    "--env-filter",
                    "GIT_COMMITTER_NAME=Z; export GIT_COMMITTER_NAME",
                    "--",
                    "topic",
                ],
                &[("FILTER_BRANCH_SQUELCH_WARNING", "1")],
            );
            repo.git(&["checkout", "--quiet", "topic"]);
        },
        &TASKS,
    ),
    (
        "revert",
        |repo| {
            repo.git(&["checkout", "--quiet", "topic"]);
            repo.git(&["revert", "--no-edit", "HEAD~1"]);
        },
        &TASKS,
    ),
    (
        "a rebase in a linked work tree",
        |repo| {
            repo.git(&["worktree", "add", "--quiet", "../linked", "topic"]);
            repo.git(&["-C", "../linked", "rebase", "--quiet", "main"]);
            repo.git(&["checkout", "--quiet", "--detach", "topic"]);
        },
        &TASKS,
    ),
    (
        "left on no branch in a linked work tree",
        |repo| {
            repo.git(&["worktree", "add", "--quiet", "--detach", "../linked", "topic"]);
            delete(repo);
        },
        &[],
    ),
];

#[test]
fn what_git_does_every_day_loses_no_note() {
    let world = World::new();
    let repo = glaze(&world);
    let copy = world.copy();
    for (case, rewrite, expected) in CASES {
        copy.restore();
        rewrite(&repo);
        let said = repaired(&repo, case);
        assert!(!said.contains("undecided"), "{case}: {said}");
        let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(titles(&repo, &["HEAD"]), expected, "{case}: {said}");
        for (task, file) in TASKS.iter().zip(["clay.rs", "kiln.rs", "glaze.rs"]) {
            let found = noted(&repo, task);
            assert!(
                found.is_subset(&changing(&repo, file)),
                "{case}: {task} {found:?}"
            );
        }
    }
}

#[test]
fn what_nothing_proves_is_listed_and_stays() {
    let world = World::new();
    let repo = glaze(&world);
    let copy = world.copy();
    let second = repo.git(&["rev-parse", "topic~1"]);
    // The same change twice, and on two branches.
    repo.git(&["branch", "release", "main~1"]);
    for branch in ["release", "main"] {
        repo.git(&["checkout", "--quiet", branch]);
        repo.git(&["cherry-pick", "topic~1"]);
    }
    delete(&repo);
    let said = repaired(&repo, "two cherry-picks");
    assert!(
        said.contains("more than one commit may replace the original"),
        "{said}"
    );
    assert_eq!(said.matches("  candidate ").count(), 2, "{said}");
    assert_eq!(said.matches("nothing proves which commit").count(), 2, "{said}");
    assert_eq!(noted(&repo, "Task of"), BTreeSet::new());
    // The printed command decides.
    let onto = ["carry", "--onto", "main", "--from", &second[..10]];
    let _ = repo.run(&onto).success();
    assert_eq!(noted(&repo, "Task of Kiln").len(), 1);
    assert_eq!(titles(&repo, &["HEAD"]), ["Task of Kiln".to_owned()].into());
    let said = repaired(&repo, "decided");
    assert!(!said.contains("Task of Kiln"), "{said}");
    // Squashed with more changes: no longer the change of these commits.
    copy.restore();
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    repo.write("kiln.rs", "fn kiln() -> u8 { 2 }\n").commit("Pottery");
    delete(&repo);
    let said = repaired(&repo, "changed squash");
    assert_eq!(said.matches("nothing proves").count(), 3, "{said}");
    // Discarded, including its objects.
    copy.restore();
    delete(&repo);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    let said = repaired(&repo, "pruned");
    assert_eq!(
        said.matches("its commit is not in this clone").count(),
        3,
        "{said}"
    );
    assert!(said.contains(&format!("--from {second}")), "{said}");
    let _ = repo
        .run(&["carry", "--onto", "HEAD", "--from", &second])
        .success();
    assert_eq!(titles(&repo, &["HEAD"]), ["Task of Kiln".to_owned()].into());
}

#[test]
fn what_was_thrown_away_and_retracted_is_no_longer_asked_for() {
    let world = World::new();
    let repo = glaze(&world);
    delete(&repo);
    let ran = repo.run(&["repair"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    let ways: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.contains("retract"))
        .collect();
    assert_eq!(ways.len(), TASKS.len(), "{ran}");
    for way in ways {
        let id = way.split_whitespace().nth(5).unwrap();
        let _ = repo.run(&["retract", id, "--reason", "thrown away"]).success();
    }
    let ran = repo.run(&["repair"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("Nothing to repair"), "{ran}");
}

#[test]
fn a_message_that_names_the_task_or_its_session_decides() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("base", "1").commit("Base");
    repo.git(&["branch", "topic"]);
    repo.git(&["checkout", "--quiet", "topic"]);
    for (title, session) in [("Clay", "codex:a"), ("Kiln", "codex:b")] {
        repo.write(title, "one\n").commit(title);
        let _ = repo
            .run(&[
                "record",
                "--estimate",
                "3h",
                "--session",
                session,
                "--no-sessions",
            ])
            .success();
    }
    let log = json(&repo, &["log", "--format", "json"]);
    let tasks = log["tasks"].as_array().unwrap();
    let clay = tasks.iter().find(|task| task["title"] == "Clay").unwrap();
    let id = clay["id"].as_str().unwrap();
    repo.git(&["checkout", "--quiet", "main"]);
    delete(&repo);
    // Other lines under other titles.
    repo.write("Clay", "two\n")
        .commit(&format!("Work on it\n\nLeverage-Task: {id}\n"));
    repo.write("Kiln", "two\n")
        .commit("More work\n\nLeverage-Session: codex:b\n");
    let said = repaired(&repo, "named");
    assert!(said.contains("its message names the task"), "{said}");
    assert!(said.contains("its message names the session"), "{said}");
    assert_eq!(noted(&repo, id), [repo.git(&["rev-parse", "HEAD~1"])].into());
    assert_eq!(noted(&repo, "codex:b"), [repo.git(&["rev-parse", "HEAD"])].into());
}

#[test]
fn a_session_that_made_several_commits_decides_nothing() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("base", "1").commit("Base");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("kiln", "one\n").commit("Kiln");
    let _ = repo
        .run(&[
            "record",
            "--estimate",
            "3h",
            "--session",
            "codex:a",
            "--no-sessions",
        ])
        .success();
    repo.git(&["checkout", "--quiet", "main"]);
    delete(&repo);
    let copy = world.copy();
    for content in ["two\n", "three\n"] {
        repo.write("kiln", content)
            .commit("Work\n\nLeverage-Session: codex:a\n");
    }
    assert!(repaired(&repo, "two commits").contains("nothing proves"));
    copy.restore();
    repo.write("other", "one\n")
        .commit("Work\n\nLeverage-Session: codex:a\n");
    assert!(repaired(&repo, "another file").contains("nothing proves"));
}

/// With `notes.rewriteRef`, git leaves the same note on every commit that it rewrote.
#[test]
fn a_note_that_git_copied_along_is_told_once() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.git(&["config", "notes.rewriteRef", "refs/notes/leverage"]);
    repo.write("base", "1").commit("Base");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("kiln", "one\n").commit("Kiln");
    let _ = repo.run(&["record", "--estimate", "3h"]).success();
    for title in ["Kilns", "Kilns, again"] {
        repo.git(&["commit", "--quiet", "--amend", "-m", title]);
    }
    assert_eq!(repaired(&repo, "amended"), "");
    let copy = world.copy();
    repo.git(&["checkout", "--quiet", "main"]);
    delete(&repo);
    let said = repaired(&repo, "thrown away");
    assert_eq!(said.matches("undecided").count(), 1, "{said}");
    copy.restore();
    repo.git(&["checkout", "--quiet", "main"]);
    // On the same parent and within a second, the pick would be the same commit.
    repo.write("side", "1").commit("Side");
    repo.git(&["cherry-pick", "topic"]);
    delete(&repo);
    let said = repaired(&repo, "picked");
    assert_eq!(
        (said.matches("->").count(), said.matches("undecided").count()),
        (1, 0),
        "{said}"
    );
}

/// Files that are not text have no lines to compare, but are still compared.
#[test]
fn changes_of_other_bytes_are_told_apart() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("base", "1").commit("Base");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("image", b"\0one").commit("Image");
    let _ = repo.run(&["record", "--estimate", "3h"]).success();
    repo.git(&["checkout", "--quiet", "main"]);
    delete(&repo);
    let copy = world.copy();
    repo.write("image", b"\0two").commit("Picture");
    assert!(repaired(&repo, "other bytes").contains("nothing proves"));
    copy.restore();
    repo.write("image", b"\0one").commit("Picture");
    assert!(repaired(&repo, "the same bytes").contains("the same change"));
}

#[test]
fn a_shallow_clone_lists_what_it_does_not_have() {
    let world = World::new();
    let repo = glaze(&world);
    repo.git(&["merge", "--quiet", "topic"]);
    let from = format!("file://{}", repo.path().display());
    repo.git(&["clone", "--quiet", "--depth=2", &from, "../shallow"]);
    let shallow = world.repo("shallow");
    let notes = "refs/notes/leverage:refs/leverage/remotes/origin/notes";
    shallow.git(&["fetch", "--quiet", "origin", notes]);
    let ran = shallow.run(&["repair"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("its commit is not in this clone"), "{ran}");
    assert!(!ran.stdout.contains("->"), "{ran}");
    shallow.git(&["fetch", "--quiet", "--unshallow"]);
    assert_eq!(shallow.run(&["repair"]).code, Some(0));
}

#[test]
fn a_squash_by_a_forge_takes_over_what_the_branch_has() {
    let world = World::new();
    let repo = glaze(&world);
    repo.git(&["checkout", "--quiet", "topic"]);
    repo.write("firing.rs", "fn firing() {}\n")
        .commit("Firing\n\nLeverage-Estimate: 5h\nLeverage-Agent-Time: 7m\n");
    repo.git(&["checkout", "--quiet", "main"]);
    squash(&repo, "Pottery (#3)");
    let before = totals(&repo);
    assert_eq!(before[1], 14);
    let carry = ["carry", "--onto", "main", "--from", "main~1..topic"];
    let tried = repo.run(&[&carry[..], &["--dry-run"]].concat()).success();
    assert_eq!(noted(&repo, "Task of").len(), 3);
    assert_eq!(repo.run(&carry).success(), tried);
    assert_eq!(totals(&repo), before);
    let all: BTreeSet<String> = TASKS
        .iter()
        .copied()
        .chain(["Firing"])
        .map(str::to_owned)
        .collect();
    assert_eq!(titles(&repo, &["main~1..main"]), all);
    // Again, and without the branch.
    let again = repo.run(&carry);
    assert!(again.stderr.contains("Nothing to carry"), "{again}");
    delete(&repo);
    assert_eq!(totals(&repo), before);
    assert_eq!(titles(&repo, &["main"]), all);
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    assert_eq!(totals(&repo), before);
    assert_eq!(repo.run(&["repair"]).code, Some(0));
}

#[test]
fn carry_adds_nothing_to_a_commit_with_another_task() {
    let world = World::new();
    let repo = glaze(&world);
    squash(&repo, "Pottery (#3)");
    let _ = repo.run(&["record", "--estimate", "9h"]).success();
    let ran = repo.run(&["carry", "--onto", "main", "--from", "main~1..topic"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("already has a task of its own"), "{ran}");
    let ran = repo.run(&["carry", "--onto", "main", "--from", "main~1"]);
    assert!(ran.stderr.contains("the commits have no tasks"), "{ran}");
    assert_eq!(repo.run(&["carry", "--onto", "main"]).code, Some(2));
}

/// Two tasks of equal figures are two tasks, unless the message of the one has the title of the other.
#[test]
fn carry_drops_no_claim_for_its_figures_alone() {
    let world = World::new();
    let claim = "Leverage-Estimate: 4h\nLeverage-Agent-Time: 25m\n";
    for (message, counted) in [
        (format!("Printer and parser\n\n{claim}"), None),
        (format!("Parser (#7)\n\n{claim}"), Some(4)),
        (format!("Both (#8)\n\n* Parser\n\n{claim}"), Some(4)),
    ] {
        let repo = world.repo(&format!("carry-{}", message.len()));
        repo.write("base.rs", "fn base() {}\n").commit("Begin");
        repo.git(&["checkout", "--quiet", "-b", "topic"]);
        repo.write("parser.rs", "fn parse() {}\n")
            .commit(&format!("Parser\n\n{claim}"));
        repo.git(&["checkout", "--quiet", "main"]);
        repo.write("parser.rs", "fn parse() {}\n")
            .write("printer.rs", "fn print() {}\n")
            .commit(&message);
        let ran = repo.run(&["carry", "--onto", "main", "--from", "main~1..topic"]);
        match counted {
            None => {
                assert_eq!(ran.code, Some(1), "{ran}");
                assert!(ran.stderr.contains("already has a task of its own"), "{ran}");
                assert_eq!(totals(&repo)[1], 8, "{ran}");
            }
            Some(hours) => {
                assert_eq!(ran.code, Some(0), "{ran}");
                assert_eq!(totals(&repo)[1], hours, "{ran}");
            }
        }
    }
}

/// An author bumps the version more than once: a commit that only has the same title is another one, with another task.
#[test]
fn a_later_commit_of_the_same_title_is_not_a_rewrite() {
    let world = World::new();
    let repo = world.repo("versions");
    repo.write("version.txt", "1\n").commit("Begin");
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("version.txt", "2-beta\n").commit("Bump version");
    let _ = repo.run(&["record", "--estimate", "16h"]).success();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["branch", "--quiet", "-D", "topic"]);
    repo.write("more.txt", "more\n").commit("More");
    repo.write("version.txt", "3\n").commit("Bump version");
    let ran = repo.run(&["repair"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("nothing proves which commit"), "{ran}");
    assert!(ran.stdout.contains("  candidate "), "{ran}");
    assert_eq!(noted(&repo, "Bump"), BTreeSet::new());
    let _ = repo.run(&["record", "--estimate", "1h"]).success();
    assert_eq!(totals(&repo)[1], 17);
}

/// A record takes precedence over its commit's message, and if the squashed commits are missing, it is unknown which of
/// them the message described: a claim that counts here must count in every clone.
#[test]
fn repair_takes_no_claim_away_elsewhere() {
    let world = World::new();
    let claim = "Leverage-Estimate: 3h\nLeverage-Agent-Time: 9m\n";
    for (name, message) in [
        ("list", format!("Pottery (#2)\n\n* First\n\n{claim}\n* Second\n")),
        ("own", format!("Pottery\n\n{claim}")),
        ("sum", "Pottery\n\nLeverage-Estimate: 12h\n".to_owned()),
    ] {
        let repo = world.repo(name);
        repo.write("base.rs", "fn base() {}\n").commit("Begin");
        repo.git(&["checkout", "--quiet", "-b", "topic"]);
        repo.write("first.rs", "fn first() {}\n")
            .commit(&format!("First\n\n{claim}"));
        repo.write("second.rs", "fn second() {}\n").commit("Second");
        let _ = repo.run(&["record", "--estimate", "4h"]).success();
        repo.write("third.rs", "fn third() {}\n").commit("Third");
        let _ = repo.run(&["record", "--estimate", "5h"]).success();
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["merge", "--quiet", "--squash", "topic"]);
        repo.git(&["commit", "--quiet", "-m", &message]);
        repo.git(&["branch", "--quiet", "-D", "topic"]);
        let hours = |repo: &TestRepo<'_>| totals(repo)[1].as_f64().unwrap();
        let before = hours(&repo);
        let _ = repaired(&repo, name);
        repo.git(&["reflog", "expire", "--expire=now", "--all"]);
        repo.git(&["gc", "--quiet", "--prune=now"]);
        assert!(hours(&repo) >= before.min(12.0), "{name}: {before}");
    }
}
