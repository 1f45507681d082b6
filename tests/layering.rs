//! The layers hold: who may import whom, and who may touch the process.

use std::path::{Path, PathBuf};

/// In the order of the flow. A module imports only from those before it.
const LAYERS: &[&str] = &[
    "facts",
    "git",
    "sources",
    "correlate",
    "aggregate",
    "audit",
    "render",
    "exchange",
    "ledger",
    "cli",
    "hostile",
];

/// Every source file with its layer and its text.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_owned();
                let first = inside.iter().next().unwrap().to_string_lossy();
                let layer = first.trim_end_matches(".rs").to_owned();
                found.push((inside, layer, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The code before the unit tests, without comments.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    body.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or(line)))
}

#[test]
fn readers_of_logs_parse_json_in_one_place() {
    let parser = Path::new("sources/agents/json.rs");
    let readers =
        |path: &Path| path.starts_with("sources/agents") && path != parser && !path.ends_with("tests.rs");
    let mut broken = Vec::new();
    for (path, _, text) in sources().into_iter().filter(|(path, ..)| readers(path)) {
        for (number, line) in code(&text) {
            // With halves of characters in it, a record would be lost.
            if line.contains("serde_json::from_") || line.contains("serde_json::Deserializer") {
                broken.push(format!("{}:{number}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|known| *known == layer)
}

/// The layers that a line names after `crate::`, a nested `use crate::{…}` included.
fn imported(line: &str) -> Vec<&'static str> {
    LAYERS
        .iter()
        .copied()
        .filter(|layer| {
            line.match_indices("crate::").any(|(at, found)| {
                let rest = &line[at + found.len()..];
                rest.strip_prefix('{')
                    .map_or(rest.starts_with(&format!("{layer}::")), |group| {
                        group
                            .split([',', '{', ' ', '}'])
                            .any(|part| part == *layer || part.starts_with(&format!("{layer}::")))
                    })
            })
        })
        .collect()
}

#[test]
fn a_module_imports_only_from_layers_before_it() {
    let mut broken = Vec::new();
    for (path, layer, text) in sources() {
        let Some(own) = rank(&layer) else {
            assert!(
                matches!(layer.as_str(), "lib" | "main"),
                "{} is in no layer",
                path.display()
            );
            continue;
        };
        for (number, line) in code(&text) {
            for other in imported(line) {
                if rank(other).is_some_and(|other| other > own) {
                    broken.push(format!("{}:{number}: {layer} imports {other}", path.display()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn only_cli_knows_the_process() {
    let forbidden = [
        "println!",
        "eprintln!",
        "print!(",
        "std::env::",
        "env::var",
        "io::stdout",
        "io::stderr",
        "io::stdin",
        "Utc::now",
        "Local::now",
        "SystemTime::now",
        "process::exit",
    ];
    assert_outside("cli", &forbidden);
}

#[test]
fn only_git_touches_libgit2_and_the_git_program() {
    assert_outside("git", &["git2::", "use git2", "Command::new("]);
}

/// Nothing of `forbidden` stands in the code of any layer but `owner`.
fn assert_outside(owner: &str, forbidden: &[&str]) {
    let mut broken = Vec::new();
    for (path, layer, text) in sources() {
        if layer == owner {
            continue;
        }
        for (number, line) in code(&text) {
            for word in forbidden.iter().filter(|word| line.contains(**word)) {
                broken.push(format!("{}:{number}: {word}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, _, text)| !text.starts_with("//!"))
        .map(|(path, ..)| path)
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn every_test_file_runs() {
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_test = path.extension().is_some_and(|extension| extension == "rs") && name != "main";
        assert!(
            !is_test || main.contains(&format!("mod {name};")),
            "{name} is not listed in main.rs"
        );
    }
}
