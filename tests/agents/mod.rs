//! The logs of every agent, as `fixtures/agents/AGENT/` has them: a home directory in which one person had one change
//! made.
//!
//! In a fixture `$KILN` stands for the repository, `$MADE` for the short hash of the commit that the session made in
//! it, and [`MARKER`] for everything that was said or printed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::{START, TestRepo, World};

mod aider;
mod amp;
mod beside;
mod broken;
mod codex;
mod copilot_cli;
mod cursor;
mod documented;
mod droid;
mod every;
mod gemini_cli;
mod opencode;
mod pi;
mod qwen;

/// It is in every prompt, reply, command and output of a fixture, and nowhere else.
const MARKER: &str = "qzsecretqz";

/// What the sessions of all fixtures add to `src/kiln.rs`.
const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";

/// The repository of the fixtures: a commit before the session, and the one it made eight minutes after [`START`].
fn kiln(world: &World) -> (TestRepo<'_>, String) {
    let repo = world.repo("kiln");
    repo.commit_at("Begin", START - 60);
    repo.write("src/kiln.rs", LINES);
    let made = repo.commit_at("Cap the delay", START + 8 * 60);
    (repo, made[..7].to_owned())
}

/// The files of an agent's fixture, relative to the home directory.
fn fixture(agent: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/agents")
        .join(agent);
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(&root).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no fixture of {agent}");
    files
}

/// Copies an agent's fixture into the home directory.
fn install(agent: &str, world: &World, repo: &TestRepo<'_>, made: &str) {
    for (name, text) in fixture(agent) {
        let text = text
            .replace("$KILN", &repo.path().to_string_lossy())
            .replace("$MADE", made);
        let path = placed(world, &name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// The path of a fixture's file: in the home directory, or in the repository.
fn placed(world: &World, name: &Path) -> PathBuf {
    match name.strip_prefix("$KILN") {
        Ok(inside) => world.path("kiln").join(inside),
        Err(_) => world.home().join(name),
    }
}

/// The output of the tool for an agent's fixture: one line per session, then one line per link.
fn told(agent: &str) -> String {
    let world = World::new();
    let (repo, made) = kiln(&world);
    install(agent, &world, &repo, &made);
    told_of(&repo)
}

/// The output of the tool for the sessions in a repository's world: one line per session, then one line per link.
fn told_of(repo: &TestRepo<'_>) -> String {
    let listed = repo
        .run(&["sessions", "--format", "json", "--zone", "UTC"])
        .success();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let sessions = listed["rows"].as_array().unwrap().iter().map(session);
    let linked = repo.run(&["export", "links"]).success();
    let links = linked.lines().map(|line| link(repo, line));
    sessions.chain(links).collect::<Vec<_>>().join("\n")
}

/// `agent/session start–end: minutes and tokens, each with how it came to be`.
fn session(row: &Value) -> String {
    let text = |field: &str| row[field].as_str().unwrap_or("–").to_owned();
    let source = |field: &str| row["sources"][field].as_str().unwrap_or("–").to_owned();
    let tokens = ["input", "cache_write", "cache_read", "output"]
        .map(|kind| row[format!("tokens_{kind}")].to_string())
        .join("/");
    let models: Vec<&str> = row["models"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    format!(
        "{}/{} {}–{}: agent {}m {}, supervisory {}m {}, tokens {tokens} {} by {}, edits {}, commits {}",
        text("agent"),
        text("session"),
        text("started_at"),
        text("ended_at"),
        row["agent_minutes"],
        source("agent_time"),
        row["supervisory_minutes"],
        source("human_time"),
        source("tokens"),
        models.join(" "),
        source("edits"),
        source("commits"),
    )
}

/// `session → subject: rung, confidence, evidence`.
fn link(repo: &TestRepo<'_>, line: &str) -> String {
    let link: Value = serde_json::from_str(line).unwrap();
    let text = |field: &str| link[field].as_str().unwrap_or("–").to_owned();
    let evidence: Vec<&str> = link["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let subject = repo.git(&["log", "-1", "--format=%s", &text("commit")]);
    format!(
        "{} → {subject}: {}, {}, {}",
        text("session"),
        text("rung"),
        text("confidence"),
        evidence.join(" ")
    )
}
