//! Programs that manage the hooks of a repository, by the files that they are known by.

use std::path::Path;

use crate::doctor::evidence::ManagerFacts;
use crate::git::files;

/// No honest file of theirs is larger.
const LARGEST: u64 = 1 << 20;
/// Files whose names say of whom they are, and where a line for us would be.
const KNOWN: &[(&str, &str)] = &[
    ("husky", ".husky/post-commit"),
    ("lefthook", "lefthook.yml"),
    ("lefthook", "lefthook.yaml"),
    ("lefthook", ".lefthook.yml"),
    ("lefthook", ".lefthook.yaml"),
    ("lefthook", "lefthook.toml"),
    ("lefthook", "lefthook.json"),
    ("pre-commit", ".pre-commit-config.yaml"),
];
/// Files of a person alone that lefthook reads as well.
const OF_A_PERSON: &[&str] = &["lefthook-local.yml", "lefthook-local.yaml", ".lefthook-local.yml"];

/// Those that a work tree has.
pub(super) fn found(work_tree: &Path) -> Vec<ManagerFacts> {
    let mut found: Vec<ManagerFacts> = Vec::new();
    for (name, file) in KNOWN {
        let path = work_tree.join(file);
        let is_there = match *name {
            // Its folder is there before any of its hooks.
            "husky" => work_tree.join(".husky").is_dir(),
            _ => path.is_file(),
        };
        if is_there && found.iter().all(|known| known.name != *name) {
            let own = OF_A_PERSON.iter().filter(|_| *name == "lefthook");
            let mut files = own.map(|file| work_tree.join(file)).chain([path.clone()]);
            found.push(ManagerFacts {
                name,
                calls_us: files.any(|file| mentions_us(&file)),
                file: path,
            });
        }
    }
    found
}

fn mentions_us(file: &Path) -> bool {
    let text = files::read_text(file, LARGEST).ok().flatten().unwrap_or_default();
    let lines = text
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.starts_with('#'));
    let mut lines = lines.map(|line| line.contains("git-leverage") || line.contains("git leverage"));
    lines.any(|mentions| mentions)
}
