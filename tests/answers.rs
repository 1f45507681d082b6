//! One question, one answer: who made a commit, how long a task took, and on which day, in every command that tells it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{Ran, START, TestRepo, World};

const LINES: &str = "pub fn delay() {}\npub fn cap() {}\npub fn jitter() {}\npub fn retry() {}\n";

fn json(ran: Ran) -> Value {
    serde_json::from_str(&ran.success()).unwrap()
}

fn json_lines(ran: Ran) -> Vec<Value> {
    let text = ran.success();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What a command says of a repository; `None` where it does not tell.
#[derive(Debug, Clone, PartialEq, Default)]
struct Answer {
    commits: Option<u64>,
    agent_commits: Option<u64>,
    tasks: Option<u64>,
    hours: Option<f64>,
    agent_minutes: Option<f64>,
}

impl Answer {
    /// Whether it says nothing else than another one. Sums may differ in their last digits.
    fn agrees(&self, other: &Self) -> bool {
        let close = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() < 1e-6,
            (one, other) => one.or(other).is_none_or(|value| value == 0.0),
        };
        let same = |one: Option<u64>, other: Option<u64>| one.is_none() || other.is_none() || one == other;
        same(self.commits, other.commits)
            && same(self.agent_commits, other.agent_commits)
            && same(self.tasks, other.tasks)
            && (self.tasks.is_none() || other.tasks.is_none() || close(self.hours, other.hours))
            && (self.tasks.is_none()
                || other.tasks.is_none()
                || close(self.agent_minutes, other.agent_minutes))
    }
}

fn sum(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    values.flatten().reduce(|sum, value| sum + value)
}

fn minutes_of(task: &Value) -> Option<f64> {
    task["agent_minutes"]
        .as_f64()
        .or(task["agent_minutes_measured"].as_f64())
}

fn of_tasks(tasks: &[Value]) -> Answer {
    Answer {
        tasks: Some(tasks.len() as u64),
        hours: sum(tasks.iter().map(|task| task["estimate"]["hours"].as_f64())),
        agent_minutes: sum(tasks.iter().map(minutes_of)),
        ..Answer::default()
    }
}

fn in_report(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let path = repo.to_string_lossy();
    let args = [&["report", &path, "--format", "json"], options].concat();
    let report = json(world.run(&args));
    let totals = &report["totals"];
    Answer {
        commits: totals["commits"].as_u64(),
        agent_commits: totals["agent_commits"].as_u64(),
        tasks: totals["tasks"].as_u64(),
        hours: totals["human_hours"].as_f64(),
        agent_minutes: totals["agent_minutes"].as_f64(),
    }
}

fn in_export(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let path = repo.to_string_lossy();
    let export = |what| json_lines(world.run(&[&["export", what, &path], options].concat()));
    let commits = export("commits");
    let by_agents = commits.iter().filter(|commit| commit["state"] == "agent");
    Answer {
        commits: Some(commits.len() as u64),
        agent_commits: Some(by_agents.count() as u64),
        ..of_tasks(&export("tasks"))
    }
}

fn in_log(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let args = [&["log", "--format", "json"], options].concat();
    let log = json(world.run_in(repo, &args));
    of_tasks(log["tasks"].as_array().unwrap())
}

/// The cards of all tasks: hours and minutes are rounded there, so both are compared by task.
fn in_show(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let log = json(world.run_in(repo, &["log", "--format", "json", "--no-sessions"]));
    let tasks = log["tasks"].as_array().unwrap();
    let exported = json_lines(world.run_in(repo, &[&["export", "tasks"], options].concat()));
    let mut answer = of_tasks(&exported);
    for task in tasks {
        let id = task["id"].as_str().unwrap();
        let card = world.run_in(repo, &[&["show", id], options].concat()).success();
        let fact = |name: &str| {
            let line = card.lines().find_map(|line| line.trim_start().strip_prefix(name));
            let value = line.unwrap_or_else(|| panic!("{name} in {card}")).trim_start();
            let end = value.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
            let (number, unit) = value.split_at(end.unwrap_or(value.len()));
            let number = number.replace(',', "").parse::<f64>().ok()?;
            // `16h 30m`
            let minutes = unit.strip_prefix("h ").and_then(|rest| rest.split_once('m'));
            let minutes = minutes.and_then(|(minutes, _)| minutes.parse::<f64>().ok());
            Some(minutes.map_or(number, |minutes| number * 60.0 + minutes))
        };
        let same = exported
            .iter()
            .find(|other| other["id"] == task["id"])
            .unwrap_or_else(|| panic!("{id} is not exported"));
        let is_close = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => (one - other).abs() <= if one < 100.0 { 0.051 } else { 0.51 },
            (one, other) => one == other,
        };
        assert!(
            is_close(fact("agent time"), minutes_of(same)),
            "{card}\nbut {same}"
        );
        assert!(
            is_close(fact("estimate"), same["estimate"]["hours"].as_f64()),
            "{card}\nbut {same}"
        );
    }
    answer.tasks = Some(tasks.len() as u64);
    answer
}

fn in_scan(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let path = repo.to_string_lossy();
    let table = world.run(&[&["scan", &path], options].concat()).success();
    let row = table.lines().nth(3).unwrap_or_else(|| panic!("{table}"));
    let numbers: Vec<u64> = row
        .split_whitespace()
        .skip(1)
        .filter_map(|cell| cell.replace(',', "").parse().ok())
        .collect();
    Answer {
        commits: numbers.first().copied(),
        agent_commits: numbers.get(2).copied(),
        ..Answer::default()
    }
}

fn in_inventory(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let path = repo.to_string_lossy();
    let args = [
        &[
            "inventory",
            &path,
            "--columns",
            "name,commits,ai",
            "--format",
            "json",
        ],
        options,
    ]
    .concat();
    let inventory = json(world.run(&args));
    let row = &inventory["rows"][0];
    Answer {
        commits: row["commits"].as_u64(),
        agent_commits: row["agent_commits"].as_u64(),
        tasks: row["tasks"].as_u64(),
        hours: row["human_hours"].as_f64(),
        agent_minutes: row["agent_minutes"].as_f64(),
    }
}

fn in_audit(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let path = repo.to_string_lossy();
    let audit = json(world.run(&[&["audit", &path, "--format", "json"], options].concat()));
    let states = audit["origin"].as_array().unwrap().iter();
    let states: Vec<&Value> = states.filter(|row| row["by"] == "state").collect();
    let count = |rows: &mut dyn Iterator<Item = &&Value>| -> u64 {
        rows.filter_map(|row| row["commits"].as_u64()).sum()
    };
    let confidence = &audit["confidence"];
    Answer {
        commits: Some(count(&mut states.iter())),
        agent_commits: Some(count(&mut states.iter().filter(|row| row["value"] == "agent"))),
        tasks: confidence["claimed"]["tasks"].as_u64(),
        hours: confidence["claimed"]["human_hours"].as_f64(),
        agent_minutes: confidence["agent_minutes"].as_f64(),
    }
}

type Asked = fn(&World, &Path, &[&str]) -> Answer;

const COMMANDS: [(&str, Asked); 7] = [
    ("report", in_report),
    ("export", in_export),
    ("log", in_log),
    ("show", in_show),
    ("scan", in_scan),
    ("inventory", in_inventory),
    ("audit", in_audit),
];

/// What all commands say, which is the same.
#[track_caller]
fn one_answer(world: &World, repo: &Path, options: &[&str]) -> Answer {
    let reported = in_report(world, repo, options);
    for (command, ask) in COMMANDS {
        let said = ask(world, repo, options);
        assert!(
            said.agrees(&reported),
            "{command} {options:?} in {}: {said:?}\nreport: {reported:?}",
            repo.display()
        );
    }
    reported
}

#[test]
fn every_command_gives_one_answer_on_the_demo() {
    let world = World::new();
    world.run(&["demo", "made"]).success();
    let logs = format!("claude-code={}", world.path("made/agent-logs/claude").display());
    let folders = std::fs::read_dir(world.path("made")).unwrap();
    let repos: BTreeSet<_> = folders
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join(".git").exists())
        .collect();
    assert!(repos.len() > 1);
    let (mut by_agents, mut minutes) = (0, 0.0);
    for repo in &repos {
        let with_logs = one_answer(&world, repo, &["--agent-dir", &logs]);
        let without = one_answer(&world, repo, &["--no-sessions"]);
        assert!(with_logs.agent_commits >= without.agent_commits);
        let noted = one_answer(&world, repo, &[]);
        // The notes tell who made a commit as the logs do, in all repositories but the one that is not captured.
        let same = if repo.ends_with("console") {
            &without
        } else {
            &with_logs
        };
        assert_eq!(noted.agent_commits, same.agent_commits);
        by_agents += with_logs.agent_commits.unwrap();
        minutes += with_logs.agent_minutes.unwrap_or(0.0);
    }
    let all = in_report(&world, &world.path("made"), &["--agent-dir", &logs]);
    assert_eq!(all.agent_commits, Some(by_agents));
    assert!((all.agent_minutes.unwrap() - minutes).abs() < 1e-6);
}

/// A repository with commits by agents of which messages, notes and logs tell, each in its own way, and with tasks of which
/// some say how long agents worked and some do not.
fn mixed(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("README.md", "By hand\n").commit_at("Begin", START);
    repo.write("src/a.rs", LINES);
    let made = repo.commit_at("Cap the delay\n\nLeverage-Estimate: 20h", START + 70 * 60);
    repo.write("src/b.rs", LINES.replace("pub", "fn"));
    repo.commit_at(
        "By lines alone\n\nLeverage-Estimate: 4h\nLeverage-Agent-Time: 9m",
        START + 80 * 60,
    );
    repo.write("src/e.rs", "pub fn logged() {}\n");
    let logged = repo.commit_at("Told by a log alone", START + 85 * 60);
    repo.write("src/c.rs", "pub fn noted() {}\n");
    let noted = repo.commit_at("Noted", START + 300 * 60);
    repo.write("src/d.rs", "pub fn signed() {}\n").commit_at(
        "Signed\n\nCo-Authored-By: Claude <noreply@anthropic.com>",
        START + 301 * 60,
    );
    let note = "src/c.rs\n  s_0123456789abcd::t_1 1-1\n---\n\
                {\"sessions\":{\"s_0123456789abcd\":{\"agent_id\":{\"tool\":\"claude\"}}}}";
    repo.git(&["notes", "--ref", "ai", "add", "--message", note, &noted]);
    Transcript::new("s1", repo.path())
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .command(
            70,
            "git commit -m 'Cap the delay'",
            &format!("[main {}] Cap the delay\n 1 file changed", &made[..7]),
        )
        .end(71)
        .prompt(72, "more")
        .write(76, "src/b.rs", &LINES.replace("pub", "fn"))
        .answer(80, "done")
        .end(80)
        .prompt(81, "and commit")
        .command(
            85,
            "git commit -m 'Told by a log alone'",
            &format!("[main {}] Told by a log alone\n 1 file changed", &logged[..7]),
        )
        .end(86)
        .prompt(90, "what now")
        .answer(95, "a plan")
        .end(95)
        .save(world);
    repo
}

#[test]
fn every_command_weighs_logs_notes_and_trailers_alike() {
    let world = World::new();
    let repo = mixed(&world);
    let answer = one_answer(&world, repo.path(), &[]);
    assert_eq!((answer.commits, answer.agent_commits), (Some(6), Some(5)));
    assert_eq!((answer.tasks, answer.hours), (Some(2), Some(24.0)));
    assert!(answer.agent_minutes.unwrap() > 9.0 + 9.0, "{answer:?}");
    let own = one_answer(&world, repo.path(), &["--ignore-foreign-trailers"]);
    assert_eq!(own.agent_commits, Some(4));
    let without = one_answer(&world, repo.path(), &["--no-sessions"]);
    assert!(without.agent_commits < answer.agent_commits);
    assert_eq!(without.agent_minutes, Some(9.0));
    // A plan without code has what its session did not commit, and a note keeps what a log said.
    repo.run(&[
        "record",
        "--no-commit",
        "--title",
        "Plan",
        "--estimate",
        "3h",
        "--session",
        "claude-code:s1",
    ])
    .success();
    repo.run(&["capture", "--since", "2026-03-31"]).success();
    let planned = one_answer(&world, repo.path(), &[]);
    assert_eq!(planned.tasks, Some(3));
    assert!(planned.agent_minutes.unwrap() >= answer.agent_minutes.unwrap() + 5.0);
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
    let noted = one_answer(&world, repo.path(), &[]);
    assert_eq!(noted.agent_commits, planned.agent_commits);
    assert!(noted.agent_minutes.unwrap() > 9.0, "{noted:?}");
}

#[test]
fn a_log_alone_tells_that_an_agent_made_a_commit() {
    let world = World::new();
    let repo = mixed(&world);
    let commits = json_lines(repo.run(&["export", "commits"]));
    let commit = |minute: i64| {
        let at = chrono::DateTime::from_timestamp(START + minute * 60, 0).unwrap();
        let at = at.format("%Y-%m-%dT%H:%M:%S").to_string();
        let is_it = |commit: &&Value| commit["author_time"].as_str().unwrap().starts_with(&at);
        commits.iter().find(is_it).unwrap().clone()
    };
    let made = commit(85);
    assert_eq!(
        (&made["state"], &made["agents"][0]),
        (&"agent".into(), &"claude-code".into())
    );
    let rules: Vec<&str> = made["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|sign| sign["rule"].as_str())
        .collect();
    assert_eq!(rules, ["session:hash"]);
    assert_eq!(commit(0)["state"], "unknown");
}

#[test]
fn log_and_show_mark_minutes_that_nobody_claimed() {
    let world = World::new();
    let repo = mixed(&world);
    let log = repo.run(&["log"]).success();
    assert!(log.contains("From logs"), "{log}");
    assert!(
        log.contains("1 task has agent time from logs, which nobody claimed"),
        "{log}"
    );
    let show = repo.run(&["show", "HEAD~4"]).success();
    assert!(show.contains("m, from logs  "), "{show}");
    let claimed = repo.run(&["show", "HEAD~3"]).success();
    assert!(claimed.contains("agent time   9m  "), "{claimed}");
    let plain = repo.run(&["log", "--no-sessions"]).success();
    assert!(!plain.to_lowercase().contains("from logs"), "{plain}");
}

#[test]
fn logs_are_read_once_and_only_where_a_task_needs_them() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn a() {}\n")
        .commit("Work\n\nLeverage-Estimate: 8h\nLeverage-Agent-Time: 20m");
    let nowhere = world.path("nowhere");
    let folder = format!("codex={}", nowhere.display());
    let looked = |ran: &Ran| ran.stderr.matches("no such directory").count();
    let ran = repo.run(&["log", "--agent-dir", &folder]);
    assert_eq!((ran.code, looked(&ran)), (Some(0), 0), "{ran}");
    let ran = repo.run(&["show", "--agent-dir", &folder]);
    assert_eq!((ran.code, looked(&ran)), (Some(0), 0), "{ran}");
    repo.write("b.rs", "fn b() {}\n")
        .commit("More\n\nLeverage-Estimate: 8h");
    let ran = repo.run(&["log", "--agent-dir", &folder]);
    assert_eq!((ran.code, looked(&ran)), (Some(3), 1), "{ran}");
    let ran = repo.run(&["show", "HEAD~1", "--agent-dir", &folder]);
    assert_eq!((ran.code, looked(&ran)), (Some(0), 0), "{ran}");
    let ran = repo.run(&["inventory", "--agent-dir", &folder]);
    assert_eq!(looked(&ran), 0, "{ran}");
}

#[test]
fn a_session_in_two_repositories_takes_as_long_whichever_are_looked_at() {
    let world = World::new();
    let (api, web) = (world.repo("api"), world.repo("web"));
    api.write("a.rs", LINES)
        .commit_at("Api\n\nLeverage-Estimate: 8h", START + 70 * 60);
    web.write("w.rs", LINES)
        .commit_at("Web\n\nLeverage-Estimate: 8h", START + 100 * 60);
    let file = |repo: &TestRepo<'_>, name: &str| repo.path().join(name).display().to_string();
    let edit = |path: &str| serde_json::json!({"file_path": path, "content": LINES});
    let write = |log: Transcript, minute: i64, path: &str| {
        let block = serde_json::json!({
            "id": path, "role": "assistant", "model": "model-x", "usage": {"input_tokens": 1, "output_tokens": 1},
            "content": [{"type": "tool_use", "id": path, "name": "Write", "input": edit(path)}],
        });
        let result = serde_json::json!({
            "type": "user", "toolUseResult": {"filePath": path, "type": "create", "structuredPatch": []},
            "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": path, "content": "ok"}]},
        });
        log.raw(
            minute,
            serde_json::json!({"type": "assistant", "requestId": path, "message": block}),
        )
        .raw(minute, result)
    };
    let log = Transcript::new("both", api.path()).prompt(60, "api");
    let log = write(log, 65, &file(&api, "a.rs")).answer(70, "done").end(70);
    let log = write(log.prompt(80, "web"), 90, &file(&web, "w.rs"));
    let log = log.answer(100, "done").end(100);
    log.prompt(110, "what now")
        .answer(117, "a plan")
        .end(117)
        .save(&world);
    let all = json(world.run(&["report", "api", "web", "--by", "repo", "--format", "json"]));
    let of = |name: &str| {
        let rows = all["rows"].as_array().unwrap().iter();
        let row = rows.clone().find(|row| row["key"]["repo"] == name);
        row.unwrap()["agent_minutes"].as_f64()
    };
    assert!(of("api") > Some(5.0) && of("web") > Some(5.0), "{all}");
    for (name, repo) in [("api", &api), ("web", &web)] {
        let alone = one_answer(&world, repo.path(), &[]);
        assert_eq!(alone.agent_minutes, of(name), "{name}");
    }
    // A plan has what no commit took, wherever that commit is.
    let plan = [
        "record",
        "--no-commit",
        "--title",
        "Plan",
        "--estimate",
        "1h",
        "--session",
        "claude-code:both",
    ];
    api.run(&plan).success();
    let planned = json(world.run(&["report", "api", "web", "--by", "repo", "--format", "json"]));
    let alone = one_answer(&world, api.path(), &[]);
    let rows = planned["rows"].as_array().unwrap().iter();
    let row = rows.clone().find(|row| row["key"]["repo"] == "api").unwrap();
    assert_eq!(alone.agent_minutes, row["agent_minutes"].as_f64());
}

#[test]
fn links_are_the_same_from_what_is_kept_and_read_anew() {
    let world = World::new();
    let repo = mixed(&world);
    let links = |options: &[&str]| repo.run(&[&["export", "links"], options].concat()).success();
    let first = links(&[]);
    assert!(first.lines().count() >= 3, "{first}");
    assert_eq!(links(&[]), first);
    assert_eq!(links(&["--no-cache"]), first);
    // Another session wants lines that nobody asked for before, of commits that are known.
    Transcript::new("s2", repo.path())
        .prompt(290, "note it")
        .write(298, "src/c.rs", "pub fn noted() {}\n")
        .write(299, "src/d.rs", "pub fn signed() {}\n")
        .answer(300, "done")
        .end(300)
        .save(&world);
    let second = links(&[]);
    assert!(second.lines().count() > first.lines().count(), "{second}");
    assert_eq!(links(&["--no-cache"]), second);
    std::fs::remove_file(world.home().join(".claude/projects/any/s2.jsonl")).unwrap();
    assert_eq!(links(&[]), first);
}

#[test]
fn what_is_kept_of_a_shallow_clone_does_not_outlive_it() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/a.rs", LINES);
    let first = repo.commit_at("One", START + 70 * 60);
    repo.write("b.txt", "by hand\n");
    let second = repo.commit_at("Two", START + 80 * 60);
    let source = format!("file://{}", repo.path().display());
    repo.git(&["clone", "--quiet", "--depth", "1", &source, "../cut"]);
    let cut = world.path("cut");
    Transcript::new("s1", &cut)
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .answer(68, "done")
        .end(68)
        .save(&world);
    let linked = || -> Vec<String> {
        let ran = world.run_in(&cut, &["export", "links"]);
        let lines = ran
            .stdout
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let counting = lines.filter(|link| link["confidence"] == "high");
        counting
            .map(|link| link["commit"].as_str().unwrap().to_owned())
            .collect()
    };
    // Where history is cut, a commit seems to bring all that is there.
    assert_eq!(linked(), [second]);
    repo.git(&["-C", "../cut", "fetch", "--quiet", "--unshallow"]);
    assert_eq!(linked(), [first]);
}

/// A repository and clones of it: the first in the order of paths comes from the last.
fn with_copies(world: &World) -> TestRepo<'_> {
    let repo = world.repo("src/tool");
    repo.write("a.rs", "fn a() {}\nfn b() {}\n").commit("One");
    repo.write("b.rs", "fn c() {}\n")
        .commit("Two\n\nCo-Authored-By: Claude <noreply@anthropic.com>");
    repo.git(&["clone", "--quiet", ".", "../copy"]);
    repo.git(&["clone", "--quiet", "../copy", "../old"]);
    repo.git(&["-C", "../old", "reset", "--quiet", "--hard", "HEAD~1"]);
    repo.git(&["-C", "../old", "update-ref", "-d", "refs/remotes/origin/main"]);
    repo.git(&["clone", "--quiet", ".", "../fork"]);
    std::fs::write(world.path("src/fork/d.rs"), "fn d() {}\nfn e() {}\nfn f() {}\n").unwrap();
    repo.git(&["-C", "../fork", "add", "."]);
    repo.git_at(
        &["-C", "../fork", "commit", "--quiet", "-m", "Fork"],
        START + 3600,
    );
    repo
}

#[test]
fn copies_of_a_repository_count_once_and_are_told() {
    let world = World::new();
    let _repo = with_copies(&world);
    insta::assert_snapshot!(world.run(&["scan", "src"]).success(), @r"
                ────────────── measured ───────────────
    Repository  Commits  New  By agents  +lines  -lines  Status
    ─────────────────────────────────────────────────────────────
    copy              2    2          1       3       0  complete
    fork              3    3          1       6       0  complete
    old               1    1          0       2       0  complete
    tool              2    2          1       3       0  complete
    ─────────────────────────────────────────────────────────────
    Total             3    3          1       6       0

    copy: same commits as tool, counted once
    fork: shares 2 commits with tool, counted once
    old: all of its commits are in tool, counted once
    ");
    let table = world
        .run(&[
            "inventory",
            "src",
            "--columns",
            "name,commits,authors,code,agent_commits",
        ])
        .success();
    insta::assert_snapshot!(table, @r"
                ─────────── measured ────────────
    Repository  Commits  Authors  Code  By agents
    ─────────────────────────────────────────────
    copy              2        1     3          1
    fork              3        1     6          1
    old               1        1     2          0
    tool              2        1     3          1
    ─────────────────────────────────────────────
    Total             3        1     9          1

    copy: same commits as tool, counted once
    fork: shares 2 commits with tool, counted once
    old: all of its commits are in tool, counted once
    ");
    let inventory = json(world.run(&["inventory", "src", "--format", "json"]));
    let told = |field: &str| -> Vec<String> {
        let rows = inventory["rows"].as_array().unwrap().iter();
        rows.map(|row| format!("{}: {}", row["name"].as_str().unwrap(), row[field]))
            .collect()
    };
    assert_eq!(
        told("copy_of"),
        [r#"copy: "tool""#, "fork: null", r#"old: "tool""#, "tool: null"]
    );
    assert_eq!(told("shares")[1], r#"fork: {"commits":2,"with":"tool"}"#);
    assert_eq!(inventory["totals"]["last_30_days"]["commits"], 3);
}

#[test]
fn a_report_names_what_copies_share_after_their_source() {
    let world = World::new();
    let _repo = with_copies(&world);
    let report = json(world.run(&["report", "src", "--by", "repo", "--format", "json"]));
    let rows = report["rows"].as_array().unwrap().iter();
    let rows: Vec<(&str, u64)> = rows
        .map(|row| {
            (
                row["key"]["repo"].as_str().unwrap(),
                row["commits"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(rows, [("tool", 2), ("fork", 1)]);
    assert_eq!(report["totals"]["commits"], 3);
    assert_eq!(report["repos"][0]["copy_of"], "tool");
    let page = world.run(&["report", "src", "--by", "repo"]).success();
    assert!(
        page.contains("copy: same commits as tool, counted once"),
        "{page}"
    );
}

/// A repository with a task on a commit at half past midnight in Berlin, which is the day before in New York, and a task
/// without a commit of that day in Berlin.
fn late(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    let date = format!("{} +0200", START - 10 * 3600 - 1800);
    repo.write("a.rs", "fn a() {}\n").git(&["add", "."]);
    repo.git_with_env(
        &[
            "commit",
            "--quiet",
            "-m",
            "Late\n\nLeverage-Estimate: 8h\nLeverage-Agent-Time: 20m",
        ],
        &[("GIT_AUTHOR_DATE", &date), ("GIT_COMMITTER_DATE", &date)],
    );
    let plan = [
        "record",
        "--no-commit",
        "--title",
        "Plan",
        "--estimate",
        "1h",
        "--date",
        "2026-04-01",
    ];
    repo.run(&plan).success();
    repo
}

const ZONES: [(&str, &str); 2] = [
    ("America/New_York", "2026-03-31"),
    ("Europe/Berlin", "2026-04-01"),
];

#[test]
fn a_report_has_a_task_and_its_commit_on_the_same_day_of_the_zone() {
    let world = World::new();
    let repo = late(&world);
    for (zone, day) in ZONES {
        let by_day = ["report", "--by", "day", "--zone", zone, "--format", "json"];
        let report = json(repo.run(&by_day));
        let rows = report["rows"].as_array().unwrap().iter();
        let row = rows.clone().find(|row| row["key"]["day"] == day).unwrap();
        let both = (row["commits"].as_u64(), row["agent_minutes"].as_f64());
        assert_eq!(both, (Some(1), Some(20.0)));
        let in_period = ["--since", day, "--until", day, "--zone", zone];
        let report = json(repo.run(&[&["report", "--format", "json"][..], &in_period].concat()));
        assert_eq!(report["totals"]["commits"], 1);
        assert_eq!(report["totals"]["agent_minutes"], 20);
        let inventory = json(repo.run(&[&["inventory", "--format", "json"][..], &in_period].concat()));
        assert_eq!(inventory["rows"][0]["since"]["commits"], 1);
    }
}

#[test]
fn every_command_has_the_same_day_of_the_zone() {
    let world = World::new();
    let repo = late(&world);
    for (zone, day) in ZONES {
        let log = json(repo.run(&["log", "--zone", zone, "--format", "json"]));
        let tasks = log["tasks"].as_array().unwrap().iter();
        let days: BTreeSet<&str> = tasks.map(|task| task["day"].as_str().unwrap()).collect();
        assert_eq!(
            days,
            BTreeSet::from([day, "2026-04-01"]),
            "a day that was said stays"
        );
        let show = repo.run(&["show", "HEAD", "--zone", zone]).success();
        assert!(show.contains(&format!("date         {day}")), "{show}");
        let exported = json_lines(repo.run(&["export", "tasks", "--zone", zone]));
        let late = exported.iter().find(|task| task["title"] == "Late").unwrap();
        assert_eq!((&late["day"], &late["date"]), (&day.into(), &"2026-04-01".into()));
        let audit = json(repo.run(&["audit", "--zone", zone, "--format", "json"]));
        let months = audit["origin"].as_array().unwrap().iter();
        let month = months.clone().find(|row| row["by"] == "month").unwrap();
        assert!(month["value"].as_str().unwrap().starts_with(&day[..7]), "{month}");
    }
}

#[test]
fn hours_and_minutes_are_rounded_in_one_way() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn a() {}\n")
        .commit("Work\n\nLeverage-Estimate: 1375.5h\nLeverage-Agent-Time: 20m");
    let audit = repo.run(&["audit"]);
    let claimed = audit.stdout.lines().nth(1).unwrap().to_owned();
    assert!(claimed.contains("1,375.5h in 1 task"), "{claimed}");
    let table = audit.stdout.split("Evidence for the claims").nth(1).unwrap();
    let table = table.split("Claims against models").next().unwrap();
    assert_eq!(table.matches("1,375.5h").count(), 2, "{audit}");
    let report = repo.run(&["report"]).success();
    assert!(report.contains("1,375.5h"), "{report}");
}

#[test]
fn what_cannot_be_read_is_told_once() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn a() {}\n").commit("One");
    let blob = repo.git(&["rev-parse", "HEAD:a.rs"]);
    repo.write("a.rs", "fn b() {}\n");
    let second = repo.commit("Two");
    let object = format!(".git/objects/{}/{}", &blob[..2], &blob[2..]);
    std::fs::remove_file(repo.path().join(object)).unwrap();
    for command in ["scan", "report"] {
        let ran = repo.run(&[command]);
        assert_eq!(ran.code, Some(3), "{ran}");
        // `report` has it in a note below the table.
        let told = usize::from(command == "scan");
        assert_eq!(ran.stderr.matches(&second[..10]).count(), told, "{ran}");
        assert_eq!(ran.stderr.matches("warning:").count(), told, "{ran}");
        assert_eq!(
            ran.stdout.contains("the lines of 2 commits are unknown"),
            told == 0,
            "{ran}"
        );
    }
}
