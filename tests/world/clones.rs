//! Repositories of which some are copies of others, read in two ways: from where they are, and from facts.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Ran, START, World};

/// The repositories of the demo, a clone of one, a clone of that with a commit more, and a fork of another name.
pub struct Places {
    /// Where they are.
    pub world: World,
    pub logs: String,
}

impl Places {
    /// A new world with them.
    pub fn new() -> Self {
        let world = World::new();
        world.run(&["demo", "made"]).success();
        let logs = format!("claude-code={}", world.path("made/agent-logs/claude").display());
        let accounts = world.path("made/accounts");
        for (from, to) in [("accounts", "spare"), ("courses", "a-fork")] {
            let (from, to) = (
                world.path(&format!("made/{from}")),
                world.path(&format!("made/{to}")),
            );
            let cloned = world
                .git(&world.home())
                .arg("clone")
                .arg("--quiet")
                .arg(&from)
                .arg(&to)
                .status()
                .unwrap();
            assert!(cloned.success());
        }
        let fork = world.at("made/a-fork");
        fork.write("src/more.rs", "fn more() {}\n")
            .commit_at("More", START);
        fork.git(&[
            "remote",
            "set-url",
            "origin",
            "https://user:secret@example.org/team/fork.git",
        ]);
        assert!(accounts.is_dir());
        Self { world, logs }
    }

    /// Runs a command.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.world.run(args)
    }

    /// Writes facts, with the sessions of the logs.
    pub fn write(&self, more: &[&str]) -> Ran {
        let args = [
            "facts",
            "made",
            "--output",
            "facts",
            "--sessions",
            "--agent-dir",
            &self.logs,
        ];
        self.run(&[&args, more].concat())
    }

    /// What a command says of the repositories, and of the facts.
    pub fn both(&self, args: &[&str]) -> (Ran, Ran) {
        let with_logs = ["--agent-dir", &self.logs];
        let repositories = self.run(&[&args[..1], &of(args), &["made"], &with_logs].concat());
        (repositories, self.run(&[args, &["--facts", "facts"]].concat()))
    }
}

/// The arguments after the name of the command.
fn of<'a>(args: &[&'a str]) -> Vec<&'a str> {
    args[1..].to_vec()
}

/// JSON without the paths of repositories: facts have keys there.
pub fn without_paths(text: &str) -> Value {
    let mut value: Value = serde_json::from_str(text).unwrap();
    forget_paths(&mut value);
    value
}

/// Says where two reports differ first, instead of showing both.
#[track_caller]
pub fn assert_same(one: &str, other: &str, what: &str) {
    if without_paths(one) != without_paths(other) {
        let differs = one
            .lines()
            .zip(other.lines())
            .find(|(a, b)| a != b && !a.contains("\"path\""));
        panic!("{what}: {differs:?}");
    }
}

fn forget_paths(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("path");
            if let Some(Value::String(url)) = fields.get_mut("url") {
                // Of a remote that is a directory, facts have its name.
                if let Some((_, name)) = url.rsplit_once('/')
                    && url.starts_with("$WORLD/")
                {
                    *url = name.to_owned();
                }
            }
            fields.values_mut().for_each(forget_paths);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_paths),
        _ => {}
    }
}

/// The files of facts.
pub fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for table in fs::read_dir(folder).unwrap() {
        let table = table.unwrap().path();
        found.extend(fs::read_dir(table).unwrap().map(|file| file.unwrap().path()));
    }
    found
}

/// The files of a site, by their path in it.
pub fn pages(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn add(at: &Path, top: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => add(&path, top, found),
                false => {
                    let name = path.strip_prefix(top).unwrap().display().to_string();
                    found.insert(name, fs::read(&path).unwrap());
                }
            }
        }
    }
    let mut found = BTreeMap::new();
    add(folder, folder, &mut found);
    found
}
