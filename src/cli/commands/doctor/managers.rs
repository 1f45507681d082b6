//! Hook managers of a repository, detected by their files.

use std::path::Path;

use crate::doctor::evidence::ManagerFacts;
use crate::git::files;

/// The maximum size of such a file.
const LARGEST: u64 = 1 << 20;
/// Files whose names identify their manager, and where a line for git-leverage would be.
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
/// Personal files that lefthook also reads.
const OF_A_PERSON: &[&str] = &["lefthook-local.yml", "lefthook-local.yaml", ".lefthook-local.yml"];

/// The hook managers used in a working tree.
pub(super) fn found(work_tree: &Path) -> Vec<ManagerFacts> {
    let mut found: Vec<ManagerFacts> = Vec::new();
    for (name, file) in KNOWN {
        let path = work_tree.join(file);
        let is_there = match *name {
            // Its directory exists before any of its hooks.
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
