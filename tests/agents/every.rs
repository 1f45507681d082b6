//! What holds for the logs of every agent that has a fixture.

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
        for (name, text) in fixture(&agent) {
            for twelfth in 1..12 {
                let world = World::new();
                let (repo, made) = kiln(&world);
                install(&agent, &world, &repo, &made);
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
        // Half a document is no document: its log is then said to be broken.
        let half = repo.run(&["sessions", "--format", "json"]);
        assert!(matches!(half.code, Some(0 | 3)), "{agent}: {half}");
        install(&agent, &twice, &repo, &made);
        let whole = repo.run(&["sessions", "--format", "json"]).success();
        assert_ne!(half.stdout, whole, "{agent}");
        assert_eq!(told_of(&repo), expected, "{agent}");
    }
}

/// Leaves of each log its first half, in whole lines.
fn halve(agent: &str, world: &World) {
    for (name, _) in fixture(agent) {
        let path = placed(world, &name);
        let text = std::fs::read_to_string(&path).unwrap();
        let half: Vec<&str> = text.lines().take(text.lines().count() / 2).collect();
        std::fs::write(path, half.join("\n") + "\n").unwrap();
    }
}
