//! What is true of the logs of every agent that has a fixture.

use super::{MARKER, fixture, install, kiln, placed, told_of};
use crate::world::World;

/// The agents with a fixture.
fn agents() -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/agents");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn marked(bytes: &[u8]) -> usize {
    bytes
        .windows(MARKER.len())
        .filter(|part| part.eq_ignore_ascii_case(MARKER.as_bytes()))
        .count()
}

#[test]
fn nothing_that_was_said_leaves_a_log() {
    for agent in agents() {
        let said: usize = fixture(&agent)
            .iter()
            .map(|(_, text)| marked(text.as_bytes()))
            .sum();
        assert!(said >= 4, "{agent}: the fixture says {said} things");
        let world = World::new();
        let (repo, made) = kiln(&world);
        install(&agent, &world, &repo, &made);
        for args in [
            &["capture"][..],
            &["sessions", "--format", "json"],
            &["export", "sessions"],
            &["export", "links"],
            &["report", "--by", "session"],
            &["log"],
        ] {
            let ran = repo.run(args).to_string();
            assert_eq!(marked(ran.as_bytes()), 0, "{agent} {args:?}: {ran}");
        }
        let kept = std::fs::read_dir(world.home().join("cache/git-leverage/sessions")).unwrap();
        let kept: Vec<_> = kept.map(|entry| entry.unwrap().path()).collect();
        assert!(!kept.is_empty(), "{agent}: nothing was kept");
        for file in kept {
            assert_eq!(marked(&std::fs::read(&file).unwrap()), 0, "{agent}: {file:?}");
        }
        let objects = repo.git(&["cat-file", "--batch-all-objects", "--batch", "--unordered"]);
        assert_eq!(
            marked(objects.as_bytes()),
            0,
            "{agent}: an object of the repository"
        );
    }
}

#[test]
fn a_log_that_breaks_off_anywhere_stops_nothing() {
    for agent in agents() {
        let world = World::new();
        let (repo, made) = kiln(&world);
        install(&agent, &world, &repo, &made);
        let whole = world.copy();
        for (name, text) in fixture(&agent) {
            for twelfth in 1..12 {
                whole.restore();
                let cut = &text.as_bytes()[..text.len() * twelfth / 12];
                std::fs::write(placed(&world, &name), cut).unwrap();
                let ran = repo.run(&["sessions"]);
                let shown = format!("{agent}, {name:?} cut at {}: {ran}", cut.len());
                assert!(matches!(ran.code, Some(0 | 3)), "{shown}");
                assert!(!ran.stderr.contains("panicked"), "{shown}");
            }
        }
    }
}

#[test]
fn a_log_that_grew_tells_what_it_tells_when_read_at_once() {
    for agent in agents() {
        let (once, twice) = (World::new(), World::new());
        let (repo, made) = kiln(&once);
        install(&agent, &once, &repo, &made);
        let expected = told_of(&repo);
        let (repo, made) = kiln(&twice);
        install(&agent, &twice, &repo, &made);
        halve(&agent, &twice);
        // Half a document is not a document: its log is then reported as broken.
        let half = repo.run(&["sessions", "--format", "json"]);
        assert!(matches!(half.code, Some(0 | 3)), "{agent}: {half}");
        install(&agent, &twice, &repo, &made);
        let whole = repo.run(&["sessions", "--format", "json"]).success();
        assert_ne!(half.stdout, whole, "{agent}");
        assert_eq!(told_of(&repo), expected, "{agent}");
    }
}

/// Cuts each log to its first half, in whole lines.
fn halve(agent: &str, world: &World) {
    for (name, _) in fixture(agent) {
        let path = placed(world, &name);
        let text = std::fs::read_to_string(&path).unwrap();
        let half: Vec<&str> = text.lines().take(text.lines().count() / 2).collect();
        std::fs::write(path, half.join("\n") + "\n").unwrap();
    }
}

/// The JSON logs among the files of an agent's fixture.
fn json_logs(agent: &str) -> Vec<(std::path::PathBuf, String)> {
    let files = fixture(agent).into_iter();
    let is_json = |name: &std::path::Path| {
        let ending = name.extension().unwrap_or_default();
        ending == "jsonl" || ending == "json"
    };
    files.filter(|(name, _)| is_json(name)).collect()
}

/// The output for an agent's fixture, each of its JSON logs changed.
fn told_with(agent: &str, mut change: impl FnMut(&World, &std::path::Path)) -> String {
    let world = World::new();
    let (repo, made) = kiln(&world);
    install(agent, &world, &repo, &made);
    for (name, _) in json_logs(agent) {
        change(&world, &placed(&world, &name));
    }
    told_of(&repo)
}

#[test]
fn half_a_character_costs_nothing() {
    let mut tried = 0;
    for agent in agents() {
        let expected = super::told(&agent);
        for half in ["\\ud83d", "\\udc00\\uD83D", "\\\\ud83d"] {
            let found = told_with(&agent, |_, path| {
                let text = std::fs::read_to_string(path).unwrap();
                tried += usize::from(text.contains(MARKER));
                std::fs::write(path, text.replace(MARKER, &format!("{half}{MARKER}"))).unwrap();
            });
            assert_eq!(
                told_without_typed(&found),
                told_without_typed(&expected),
                "{agent}: {half}"
            );
        }
    }
    assert!(tried > 20, "{tried}");
}

/// Two more characters are two more that a person typed.
fn told_without_typed(told: &str) -> String {
    let minutes = regex::Regex::new(r"supervisory [\d.]+m").unwrap();
    minutes.replace_all(told, "supervisory").into_owned()
}

#[test]
fn bytes_that_are_no_text_cost_nothing_and_are_told() {
    for agent in agents() {
        let expected = super::told(&agent);
        let world = World::new();
        let (repo, made) = kiln(&world);
        install(&agent, &world, &repo, &made);
        let mut tried = 0;
        for (name, _) in json_logs(&agent) {
            let path = placed(&world, &name);
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8(bytes).unwrap();
            let parts: Vec<&[u8]> = text.split(MARKER).map(str::as_bytes).collect();
            tried += parts.len() - 1;
            std::fs::write(
                &path,
                parts.join(&[MARKER.as_bytes(), b"\xed\xa0\xbd"].concat()[..]),
            )
            .unwrap();
        }
        if tried == 0 {
            continue;
        }
        let ran = repo.run(&["sessions", "--format", "json"]);
        assert!(
            ran.stderr.contains("invalid UTF-8 was replaced"),
            "{agent}: {ran}"
        );
        let rows: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let found: Vec<String> = rows["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(super::session)
            .collect();
        let expected: Vec<&str> = expected.lines().take(found.len()).collect();
        assert_eq!(
            told_without_typed(&found.join("\n")),
            told_without_typed(&expected.join("\n")),
            "{agent}"
        );
    }
}

#[test]
fn records_that_lost_the_line_feed_between_them_count_as_they_did() {
    for agent in agents() {
        let expected = super::told(&agent);
        let glued = told_with(&agent, |_, path| {
            let text = std::fs::read_to_string(path).unwrap();
            if path.extension().is_some_and(|ending| ending == "jsonl") {
                std::fs::write(path, text.replace('\n', "") + "\n").unwrap();
            }
        });
        assert_eq!(glued, expected, "{agent}");
        let grown = told_with(&agent, |world, path| {
            if path.extension().is_none_or(|ending| ending != "jsonl") {
                return;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let lines: Vec<&str> = text.lines().collect();
            for count in 1..=lines.len() {
                std::fs::write(path, lines[..count].concat()).unwrap();
                if count % 3 == 1 || count == lines.len() {
                    world
                        .leverage(&world.path(""))
                        .args(["sessions", "--no-links"])
                        .output()
                        .unwrap();
                }
            }
        });
        assert_eq!(grown, expected, "{agent}, grown");
    }
}

#[test]
fn a_record_behind_what_is_left_of_one_counts() {
    for agent in agents() {
        let world = World::new();
        let (repo, made) = kiln(&world);
        install(&agent, &world, &repo, &made);
        let expected = super::told(&agent);
        let mut tried = false;
        for (name, _) in json_logs(&agent) {
            let path = placed(&world, &name);
            let text = std::fs::read_to_string(&path).unwrap();
            if path.extension().is_none_or(|ending| ending != "jsonl") {
                continue;
            }
            tried = true;
            let broken = r#"{"type":"x","content":[{"a":{"b":1}},{"text":"it broke of"#;
            let lines: Vec<String> = text.lines().map(|line| format!("{broken}{line}\n")).collect();
            std::fs::write(path, lines.concat()).unwrap();
        }
        if tried {
            let ran = repo.run(&["sessions", "--format", "json"]);
            assert!(
                ran.stderr.contains("a record in the line is incomplete"),
                "{agent}: {ran}"
            );
            let rows: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            let found: Vec<String> = rows["rows"]
                .as_array()
                .unwrap()
                .iter()
                .map(super::session)
                .collect();
            let expected: Vec<&str> = expected.lines().take(found.len()).collect();
            assert_eq!(found, expected, "{agent}");
        }
    }
}
