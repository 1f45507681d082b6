//! What README and `docs/` show is so: their commands can be called, README's output is what is printed, and links lead somewhere.

use std::path::{Path, PathBuf};

use git_leverage::testing::cli::{commands, usage_error};
use regex::Regex;

use crate::world::World;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// README, CHANGELOG, SECURITY and everything in `docs/`, with its text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut pages: Vec<PathBuf> = ["README.md", "CHANGELOG.md", "SECURITY.md"]
        .map(|page| root().join(page))
        .into();
    let mut open = vec![root().join("docs")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path);
        }
    }
    let read = |page: PathBuf| {
        let text = std::fs::read_to_string(&page).unwrap();
        (page, text)
    };
    pages.into_iter().map(read).collect()
}

/// The words of a command, as a shell splits it, up to a redirection, a pipe or a comment.
fn words(command: &str) -> Vec<String> {
    let end = Regex::new(r" (\||>|<<|#|&&) .*| <<.*").unwrap();
    let mut words = Vec::new();
    for (at, part) in command.split('\'').enumerate() {
        match at % 2 {
            0 => {
                let part = end.replace(part, "");
                words.extend(part.split_whitespace().map(str::to_owned));
            }
            _ => words.push(part.to_owned()),
        }
    }
    words
}

/// The calls of `git leverage` in a page, in blocks of shell and in code within a line.
fn calls(text: &str) -> Vec<String> {
    let block = Regex::new(r"(?s)```(sh|text)\n(.*?)```").unwrap();
    let mut calls: Vec<String> = Vec::new();
    for found in block.captures_iter(text) {
        let is_shell = &found[1] == "sh";
        let joined = found[2].replace("\\\n", " ");
        let lines = joined.lines().filter_map(|line| match is_shell {
            true => Some(line.to_owned()),
            false => line.strip_prefix("$ ").map(str::to_owned),
        });
        calls.extend(lines);
    }
    let outside = block.replace_all(text, "");
    let span = Regex::new(r"`(git leverage [^`]+)`").unwrap();
    calls.extend(
        span.captures_iter(&outside)
            .map(|found| found[1].replace('\n', " ")),
    );
    calls.retain(|call| call.starts_with("git leverage ") && !call.contains(['…', '<', '[', '$', '"']));
    calls
}

#[test]
fn the_commands_of_the_pages_can_be_called() {
    let mut seen = 0;
    let mut broken = Vec::new();
    for (page, text) in pages() {
        for call in calls(&text) {
            let words = words(&call);
            let arguments: Vec<&str> = words.iter().skip(2).map(String::as_str).collect();
            seen += 1;
            // A sentence that names a command leaves out what it is called with.
            if arguments.len() == 1 && commands().iter().any(|name| name == arguments[0]) {
                continue;
            }
            if let Some(error) = usage_error(&arguments) {
                let why = error.lines().next().unwrap_or_default().to_owned();
                broken.push(format!("{}: {call}: {why}", page.display()));
            }
        }
    }
    assert!(seen > 80, "{seen}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Blocks that leave a part out have a line of three dots.
#[test]
fn the_readme_shows_what_is_printed() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let world = World::new();
    world.run(&["demo", "leverage-demo"]).success();
    let block = Regex::new(r"(?s)```text\n\$ git leverage ([^\n]*)\n(.*?)```").unwrap();
    let mut seen = 0;
    for found in block
        .captures_iter(&readme)
        .filter(|found| !found[2].contains('…'))
    {
        let command = &found[1];
        let mut called = world.leverage(&world.path("."));
        called.args(words(command)).env("COLUMNS", "100");
        let output = called.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(printed.trim_end(), found[2].trim_end(), "git leverage {command}");
        seen += 1;
    }
    assert!(seen > 0, "a block of output");
}

/// The anchor that a forge gives a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text
        .chars()
        .filter(|one| one.is_alphanumeric() || matches!(one, ' ' | '-' | '_'));
    kept.map(|one| if one == ' ' { '-' } else { one }).collect()
}

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    let mut seen = 0;
    for (page, text) in pages() {
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.starts_with("http") {
                continue;
            }
            seen += 1;
            let (path, place) = target.split_once('#').unwrap_or((target, ""));
            let file = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            let is_there = match (file.exists(), place) {
                (true, "") => true,
                (true, place) => std::fs::read_to_string(&file)
                    .unwrap_or_default()
                    .lines()
                    .any(|line| line.starts_with('#') && anchor(line) == place),
                (false, _) => false,
            };
            if !is_there {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(seen > 50, "{seen}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
