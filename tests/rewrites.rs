//! What git does to commits, against each way in which a task can be recorded: the totals stay the same.

use serde_json::Value;

use crate::world::{TestRepo, World};

/// How the task of a commit came into the ledger.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    /// Only trailers.
    Trailer,
    /// A record, on a commit without trailers.
    Note,
    /// Trailers, and a record with another id, as earlier versions wrote beside them.
    Both,
    /// Trailers, and a later revision of their task.
    Revised,
    /// Trailers, and `record --revise`.
    RecordedAgain,
    /// A record without a commit.
    NoCommit,
}

const TRAILERS: &str = "\n\nLeverage-Estimate: 8h\nLeverage-Agent-Time: 20m\nLeverage-Supervision: 4m\n";
const TITLE: &str = "Kiln controller";
const CHANGED: &str = "Controller of the kiln";

impl Way {
    pub fn message(self, title: &str) -> String {
        let trailers = match self {
            Self::Note | Self::NoCommit => "",
            _ => TRAILERS,
        };
        format!("{title}{trailers}")
    }

    /// Records what is not in the message.
    fn record(self, repo: &TestRepo<'_>) {
        let fields = ["--estimate", "6h", "--agent-time", "20m", "--supervision", "4m"];
        let run = |args: &[&str], fields: &[&str]| {
            let _ = repo.run(&[args, fields].concat()).success();
        };
        match self {
            Self::Trailer => {}
            Self::Note => run(&["record", "--title", "Said in other words"], &fields),
            Self::Both => {
                let line = r#"{"agent_minutes":20,"at":"2026-04-02T09:00:00Z","by":"Ada Example <ada@example.org>","date":"2026-04-01","estimate":{"by":"Ada Example <ada@example.org>","hours":6},"id":"019d4834-5d00-7000-8000-000000000001","kind":"task","rev":0,"source":"record","supervisory_minutes":4,"title":"Kiln controller","v":1}"#;
                repo.git(&["notes", "--ref=leverage", "add", "-m", line, "HEAD"]);
            }
            Self::Revised => {
                let json: Value = json(repo, &["log", "--format", "json"]);
                let tasks = json["tasks"].as_array().unwrap();
                let id = tasks.iter().find(|task| task["title"] == TITLE).unwrap()["id"].clone();
                let id = id.as_str().unwrap();
                run(&["revise", id, "--reason", "Counted"], &fields[..2]);
            }
            Self::RecordedAgain => run(&["record", "--revise", "--reason", "Counted"], &fields[..2]),
            Self::NoCommit => run(&["record", "--no-commit", "--title", "Plan"], &fields),
        }
    }

    /// The totals of the ledger: this task and another one of 2 hours, 10 and 1 minutes.
    pub fn expected(self) -> Sums {
        Sums {
            tasks: 2,
            hours: if self == Self::Trailer { 10.0 } else { 8.0 },
            minutes: Some((30.0, 5.0)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sums {
    tasks: u64,
    hours: f64,
    /// Of agents and supervision, if the command shows them.
    minutes: Option<(f64, f64)>,
}

fn json(repo: &TestRepo<'_>, args: &[&str]) -> Value {
    serde_json::from_str(&repo.run(args).success()).unwrap()
}

fn sums_of(object: &Value) -> Sums {
    Sums {
        tasks: object["tasks"].as_u64().unwrap(),
        hours: object["human_hours"].as_f64().unwrap(),
        minutes: None,
    }
}

fn sums_of_tasks<'a>(tasks: impl Iterator<Item = &'a Value>) -> Sums {
    let mut sums = Sums {
        tasks: 0,
        hours: 0.0,
        minutes: Some((0.0, 0.0)),
    };
    for task in tasks {
        sums.tasks += 1;
        sums.hours += task["estimate"]["hours"].as_f64().unwrap();
        let minutes = |name: &str| task[name].as_f64().unwrap_or_default();
        let (agent, supervision) = sums.minutes.unwrap();
        sums.minutes = Some((
            agent + minutes("agent_minutes"),
            supervision + minutes("supervisory_minutes"),
        ));
    }
    sums
}

/// The output of each command that sums tasks.
fn sums(repo: &TestRepo<'_>) -> Vec<(&'static str, Sums)> {
    let report = json(repo, &["report", "--format", "json"]);
    let totals = &report["totals"];
    let minutes = |name: &str| totals[name].as_f64().unwrap_or_default();
    let of_report = Sums {
        minutes: Some((minutes("agent_minutes"), minutes("supervisory_minutes"))),
        ..sums_of(totals)
    };
    let log = json(repo, &["log", "--format", "json"]);
    let export = repo.run(&["export", "tasks"]).success();
    let exported: Vec<Value> = export
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut said = vec![
        ("report", of_report),
        ("log", sums_of_tasks(log["tasks"].as_array().unwrap().iter())),
        ("export", sums_of_tasks(exported.iter())),
    ];
    if !repo
        .git(&["config", "--default", "", "notes.rewriteRef"])
        .is_empty()
    {
        // The others read the ledger as `report` does.
        return said;
    }
    let inventory = json(repo, &["inventory", "--columns", "ai", "--format", "json"]);
    let audit = json(repo, &["audit", "--format", "json"]);
    said.push(("inventory", sums_of(&inventory["totals"])));
    said.push(("audit", sums_of(&audit["confidence"]["claimed"])));
    said
}

/// Every command with unexpected output.
pub fn wrong(repo: &TestRepo<'_>, expected: Sums) -> Vec<String> {
    let is_right = |said: &Sums| {
        let minutes = said.minutes.is_none() || said.minutes == expected.minutes;
        (said.tasks, said.hours) == (expected.tasks, expected.hours) && minutes
    };
    let said = sums(repo).into_iter().filter(|(_, said)| !is_right(said));
    said.map(|(command, said)| format!("{command}: {said:?}"))
        .collect()
}

/// A branch of two tasks, the second recorded in the given way, and a main branch that advanced.
pub fn kiln<'a>(world: &'a World, name: &str, way: Way, rewrite_ref: bool) -> TestRepo<'a> {
    let repo = world.repo(name);
    if rewrite_ref {
        repo.git(&["config", "notes.rewriteRef", "refs/notes/leverage"]);
    }
    repo.write("base.rs", "fn base() {}\n");
    repo.commit_at("Base", 1_775_034_000);
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("clay.rs", "fn clay() {}\n");
    let first = "Clay\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 10m\nLeverage-Supervision: 1m\n";
    repo.commit_at(first, 1_775_034_060);
    repo.write("kiln.rs", "fn kiln() {}\n");
    repo.commit_at(&way.message(TITLE), 1_775_034_120);
    way.record(&repo);
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("more.rs", "fn more() {}\n");
    repo.commit_at("More", 1_775_034_180);
    repo.git(&["checkout", "--quiet", "topic"]);
    repo
}

pub type Rewrite = fn(&TestRepo<'_>, Way);

pub const REWRITES: [(&str, Rewrite); 19] = [
    ("amend", |repo, _| {
        repo.write("kiln.rs", "fn kiln() -> u8 { 1 }\n");
        repo.git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    }),
    ("amend the message", |repo, way| {
        repo.git(&["commit", "--quiet", "--amend", "-m", &way.message(CHANGED)]);
    }),
    ("amend all", |repo, way| {
        repo.write("kiln.rs", "fn kiln() -> u8 { 1 }\n");
        repo.git(&[
            "commit",
            "--quiet",
            "--all",
            "--amend",
            "-m",
            &way.message(CHANGED),
        ]);
        repo.git(&["rebase", "--quiet", "main"]);
    }),
    ("amend the author's time", |repo, _| {
        repo.git(&["commit", "--quiet", "--amend", "--no-edit", "--reset-author"]);
    }),
    ("amend the author", |repo, _| {
        let author = "--author=Bo <bo@example.org>";
        repo.git(&["commit", "--quiet", "--amend", "--no-edit", author]);
    }),
    ("take over", |repo, _| {
        repo.git(&["config", "user.email", "bo@example.org"]);
        repo.git(&["commit", "--quiet", "--amend", "--no-edit", "--reset-author"]);
    }),
    ("cherry-pick, another author", |repo, _| {
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["cherry-pick", "topic"]);
        let author = "--author=Bo <bo@example.org>";
        repo.git(&["commit", "--quiet", "--amend", "--no-edit", author]);
    }),
    ("rebase", |repo, _| {
        repo.git(&["rebase", "--quiet", "--merge", "main"]);
    }),
    ("rebase --apply", |repo, _| {
        repo.git(&["rebase", "--quiet", "--apply", "main"]);
    }),
    ("rebase --autosquash", |repo, _| {
        repo.write("kiln.rs", "fn kiln() -> u8 { 1 }\n");
        repo.git(&["commit", "--quiet", "--all", "--fixup=HEAD"]);
        interactive(repo, "true", &["--autosquash", "main"]);
    }),
    ("reorder", |repo, _| {
        interactive(repo, "sed -i -e '1{h;d}' -e '2{G}'", &["main"]);
    }),
    ("rebase, squash", |repo, _| {
        interactive(repo, "sed -i '2s/^pick/squash/'", &["main"]);
    }),
    ("rebase, squash with comments", |repo, _| {
        repo.git(&["config", "commit.cleanup", "verbatim"]);
        interactive(repo, "sed -i '2s/^pick/squash/'", &["main"]);
        assert!(repo.git(&["log", "-1", "--format=%B"]).contains("# This is"));
    }),
    ("cherry-pick", |repo, _| {
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["cherry-pick", "-x", "topic"]);
    }),
    ("cherry-pick, another message", |repo, way| {
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["cherry-pick", "topic"]);
        repo.git(&["commit", "--quiet", "--amend", "-m", &way.message(CHANGED)]);
    }),
    ("merge --squash", |repo, _| {
        merge_squash(repo);
    }),
    ("merge --squash, branch deleted", |repo, _| {
        merge_squash(repo);
        repo.git(&["branch", "--quiet", "-D", "topic"]);
    }),
    ("squash of a squash, branches deleted", |repo, _| {
        merge_squash(repo);
        repo.git(&["checkout", "--quiet", "-b", "release", "main~1"]);
        repo.git(&["merge", "--quiet", "--squash", "main"]);
        repo.git_at(&["commit", "--quiet", "--no-edit"], 1_775_120_400);
        repo.git(&["branch", "--quiet", "-D", "topic", "main"]);
    }),
    ("rebase in a linked work tree", |repo, _| {
        repo.git(&["checkout", "--quiet", "main"]);
        repo.git(&["worktree", "add", "--quiet", "linked", "topic"]);
        repo.git(&["-C", "linked", "rebase", "--quiet", "main"]);
        repo.write(".git/info/exclude", "linked\n");
    }),
];

pub fn interactive(repo: &TestRepo<'_>, editor: &str, args: &[&str]) {
    let editor = format!("sequence.editor={editor}");
    let command = ["-c", &editor, "-c", "core.editor=true", "rebase", "--quiet", "-i"];
    repo.git(&[&command, args].concat());
}

fn merge_squash(repo: &TestRepo<'_>) {
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    repo.git_at(&["commit", "--quiet", "--no-edit"], 1_775_034_240);
}

/// Every rewrite of a task that was recorded in one way. The world is built once: each rewrite starts from a copy of
/// it.
fn check(way: Way) {
    let mut told = Vec::new();
    for rewrite_ref in [false, true] {
        let world = World::new();
        let repo = kiln(&world, "kiln", way, rewrite_ref);
        assert_eq!(wrong(&repo, way.expected()), [""; 0], "{way:?}, before");
        let before = world.copy();
        for (name, rewrite) in REWRITES {
            before.restore();
            rewrite(&repo, way);
            let after = wrong(&repo, way.expected());
            told.extend(
                after
                    .iter()
                    .map(|said| format!("{way:?}, {name}, {rewrite_ref}: {said}")),
            );
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn trailers_alone_survive_every_rewrite() {
    check(Way::Trailer);
}

#[test]
fn records_alone_survive_every_rewrite() {
    check(Way::Note);
}

#[test]
fn records_beside_trailers_survive_every_rewrite() {
    check(Way::Both);
}

#[test]
fn revised_trailers_survive_every_rewrite() {
    check(Way::Revised);
}

#[test]
fn trailers_recorded_again_survive_every_rewrite() {
    check(Way::RecordedAgain);
}

#[test]
fn records_without_a_commit_survive_every_rewrite() {
    check(Way::NoCommit);
}

/// Three commits, the first and the last with a record, the second with trailers, joined to one.
#[test]
fn a_record_is_not_taken_for_what_a_squash_joined_to_it() {
    for rewrite_ref in [false, true] {
        for fields in [["--estimate", "4h"], ["--estimate", "2h"]] {
            let world = World::new();
            let repo = world.repo("kiln");
            if rewrite_ref {
                repo.git(&["config", "notes.rewriteRef", "refs/notes/leverage"]);
            }
            repo.write("base.rs", "fn base() {}\n").commit("Base");
            repo.git(&["checkout", "--quiet", "-b", "topic"]);
            repo.write("clay.rs", "fn clay() {}\n").commit("add: clay");
            let record = ["record", "--title", "Digging"];
            let _ = repo.run(&[&record[..], &fields].concat()).success();
            repo.write("kiln.rs", "fn kiln() {}\n")
                .commit("add: kiln\n\nLeverage-Estimate: 3h\nLeverage-Agent-Time: 5m\n");
            let copy = world.copy();
            interactive(&repo, "sed -i '2s/^pick/squash/'", &["main"]);
            let hours = if fields[1] == "4h" { 7.0 } else { 5.0 };
            let expected = |tasks: u64, hours: f64| Sums {
                tasks,
                hours,
                minutes: Some((5.0, 0.0)),
            };
            assert_eq!(
                wrong(&repo, expected(2, hours)),
                [""; 0],
                "{rewrite_ref} {fields:?}"
            );
            // With a third one, git squashes in two steps.
            copy.restore();
            repo.write("glaze.rs", "fn glaze() {}\n").commit("add: glaze");
            let _ = repo
                .run(&["record", "--title", "Glazing", "--estimate", "1h"])
                .success();
            interactive(&repo, "sed -i '2,3s/^pick/squash/'", &["main"]);
            let said = wrong(&repo, expected(3, hours + 1.0));
            assert_eq!(said, [""; 0], "{rewrite_ref} {fields:?}, three");
        }
    }
}

/// Trailers that came into the message of a commit with a record express the same task in other words, whatever else
/// changed.
#[test]
fn a_record_is_told_again_by_trailers_that_came_later() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn kiln() {}\n").commit("add: kiln");
    let _ = repo.run(&["record", "--estimate", "4h"]).success();
    repo.write("kiln.rs", "fn kiln() -> u8 { 1 }\n");
    repo.git(&["add", "--all"]);
    repo.git(&[
        "commit",
        "--quiet",
        "--amend",
        "-m",
        "add: kiln\n\nLeverage-Estimate: 3h",
    ]);
    let expected = Sums {
        tasks: 1,
        hours: 4.0,
        minutes: Some((0.0, 0.0)),
    };
    let said = wrong(&repo, expected);
    assert_eq!(said, [""; 0]);
}
