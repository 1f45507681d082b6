//! docs/style.md, as far as a program can hold it: in comments, messages, help, headings and pages.

mod rules;
mod texts;

use std::path::Path;

use git_leverage::testing::cli::{commands, help_texts};
use regex::Regex;

use crate::world::World;
use texts::{Kind, Text};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All places at once, so that they can be corrected at once.
fn assert_style(texts: &[Text]) {
    let broken: Vec<String> = texts.iter().flat_map(rules::broken).collect();
    assert!(
        broken.is_empty(),
        "{} places:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

#[test]
fn the_sources_keep_to_the_style() {
    let texts = texts::of_sources(root());
    assert!(texts.len() > 5000, "{}", texts.len());
    for kind in [
        Kind::Comment,
        Kind::Message,
        Kind::Error,
        Kind::Hint,
        Kind::Heading,
    ] {
        let count = texts.iter().filter(|text| text.kind == kind).count();
        assert!(count > 30, "{kind:?}: {count}");
    }
    assert_style(&texts);
}

#[test]
fn the_pages_keep_to_the_style() {
    let texts = texts::of_pages(root());
    assert!(texts.len() > 500, "{}", texts.len());
    assert_style(&texts);
}

#[test]
fn the_help_keeps_to_the_style() {
    let texts: Vec<Text> = help_texts()
        .into_iter()
        .map(|(place, text)| Text::new(&place, Kind::Help, &[(0, text)]))
        .collect();
    assert!(texts.len() > 100, "{}", texts.len());
    assert_style(&texts);
    let is_command = |text: &&Text| !text.file.contains(['-', '<']) && text.file != "git leverage";
    let first = |text: &Text| text.whole.split(' ').next().unwrap_or_default().to_owned();
    let wrong: Vec<String> = texts
        .iter()
        .filter(is_command)
        .filter(|text| {
            let word = first(text);
            ["The", "A", "An", "What", "Which", "How"].contains(&word.as_str()) || word.ends_with('s')
        })
        .map(|text| format!("{}: an imperative: {}", text.file, text.whole))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Commands that messages, hints and examples name, with their options.
#[test]
fn messages_name_commands_and_options_that_exist() {
    let help = help_texts();
    let has = |place: String| help.iter().any(|(known, _)| *known == place);
    let commands = commands();
    let code = Regex::new("`(git leverage [^`]+)`").unwrap();
    let option = Regex::new(r"(?:^|[ \[])(--[a-z][a-z-]+)").unwrap();
    let mut broken = Vec::new();
    let mut seen = 0;
    for text in texts::of_sources(root()) {
        if text.kind == Kind::Comment {
            continue;
        }
        let inside = code
            .captures_iter(&text.whole)
            .map(|found| (true, found[1].to_owned()));
        let outside = code.replace_all(&text.whole, "`").into_owned();
        let parts = outside.split("git leverage ").skip(1);
        let parts = parts.map(|part| {
            (
                false,
                format!(
                    "git leverage {}",
                    part.split(['`', ';', ',', '.']).next().unwrap_or_default()
                ),
            )
        });
        for (is_code, call) in inside.chain(parts) {
            let name = call.split(' ').nth(2).unwrap_or_default();
            let name = name.split('{').next().unwrap_or_default();
            let is_name = name.starts_with(|one: char| one.is_ascii_lowercase());
            if !commands.iter().any(|known| known == name) {
                if is_code && is_name {
                    broken.push(format!("{}:{}: no such command: {call}", text.file, text.line(0)));
                }
                continue;
            }
            seen += 1;
            for found in option.captures_iter(&call) {
                let (place, second) = (&found[1], call.split(' ').nth(3).unwrap_or_default());
                let places = [
                    format!("git leverage {place}"),
                    format!("git leverage {name} {place}"),
                    format!("git leverage {name} {second} {place}"),
                ];
                if place != "--help" && !places.into_iter().any(has) {
                    broken.push(format!(
                        "{}:{}: no such option: {place}: {call}",
                        text.file,
                        text.line(0)
                    ));
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The headings of tables, as they are shown: what is put together at run time cannot be seen in the sources.
#[test]
fn headings_are_in_sentence_case() {
    let world = World::new();
    world.run(&["demo", "made"]).success();
    let mut broken = Vec::new();
    let mut seen = 0;
    let calls: [&[&str]; 11] = [
        &["report", "made"],
        &["report", "made", "--by", "task"],
        &["report", "made", "--by", "repo,day"],
        &["report", "made", "--by", "session"],
        &["report", "made", "--by", "agent"],
        &["report", "made", "--by", "model"],
        &["sessions", "made"],
        &["sessions", "made", "--sensitivity"],
        &["inventory", "made"],
        &["audit", "made/accounts"],
        &["status", "made"],
    ];
    for call in calls {
        let ran = world.run(&[call, ["--format", "markdown"].as_slice()].concat());
        let printed = ran.stdout.lines().collect::<Vec<_>>();
        let tables = printed.windows(2).filter(|lines| lines[1].starts_with("| :---"));
        for lines in tables {
            for cell in lines[0].trim_matches('|').split(" | ") {
                seen += 1;
                let cell = cell.trim();
                if let Some(rule) = rules::heading(cell) {
                    broken.push(format!("{}: {rule}: {cell}", call.join(" ")));
                }
            }
        }
    }
    assert!(seen > 50, "{seen}");
    assert!(
        broken.is_empty(),
        "{} places:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

/// What the system's error numbers say is for programmers.
#[test]
fn errors_do_not_show_numbers_of_the_system() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn main() {}\n").commit("Begin");
    std::fs::write(world.path("file"), "").unwrap();
    let calls: [&[&str]; 12] = [
        &["report", "-o", "missing/report.md"],
        &["report", "-o", "../file/report.md"],
        &["report", "-o", "."],
        &["export", "commits", "-o", "missing/commits.jsonl"],
        &["inventory", "--save", "missing/saved.json"],
        &["inventory", "--compare", "missing.json"],
        &["import", "missing.csv"],
        &["import", "."],
        &["trailers", "--file", "missing"],
        &["-C", "missing", "log"],
        &["report", "missing"],
        &["manual", "../file/pages"],
    ];
    let mut broken = Vec::new();
    for call in calls {
        let ran = repo.run(call);
        assert_ne!(ran.code, Some(0), "{call:?} fails");
        if ["os error", ".tmp"].iter().any(|part| ran.stderr.contains(part)) {
            broken.push(format!("{}: {}", call.join(" "), ran.stderr));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
