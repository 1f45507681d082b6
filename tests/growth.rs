//! What long sessions and full notes do to the ledger: neither fills it, and neither keeps others from being captured.

use serde_json::Value;

use crate::hooks::{at, hook, log, text, told, worked};
use crate::world::transcript::Transcript;
use crate::world::{START, TestRepo, World};

const TURNS: i64 = 100;
/// Events are so many seconds apart: a sweep just before the next one takes the session to rest.
const APART: i64 = 40;

/// The session lines of the note on a commit, in order of revisions.
fn lines(repo: &TestRepo<'_>, commit: &str) -> Vec<Value> {
    let text = repo.git(&["notes", "--ref=leverage", "show", commit]);
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut lines: Vec<Value> = lines.filter(|line| line["kind"] == "session").collect();
    lines.sort_by_key(|line| line["rev"].as_u64());
    lines
}

/// A session that goes on for so many turns of a minute.
fn turns(repo: &TestRepo<'_>, turns: i64) -> Transcript {
    (0..turns).fold(log("s", repo.path()), |log, turn| {
        let minute = 72 + 2 * turn;
        log.prompt(minute, "more")
            .answer(minute + 1, "done")
            .end(minute + 1)
    })
}

#[test]
fn a_session_of_many_turns_adds_few_lines_and_ends_exact() {
    let world = World::new();
    let repo = worked(&world, "s");
    for turn in 0..TURNS {
        turns(&repo, turn).save(&world);
        hook(
            &world,
            &told(&world, "SessionStart", "s", repo.path()),
            APART * turn,
        );
        let swept = at(&world, &repo, APART * turn + 35, &["capture", "--pending"]);
        assert!(swept.status.success(), "{}", text(&swept));
    }
    let written = lines(&repo, "HEAD");
    assert!((8..=30).contains(&written.len()), "{} lines", written.len());
    // After the first ones, each has a tenth more of minutes or of tokens than the one before.
    let figures = |line: &Value| {
        (
            line["agent_minutes"].as_f64().unwrap(),
            line["tokens"]["output"].as_f64().unwrap(),
        )
    };
    let figures: Vec<(f64, f64)> = written.iter().map(figures).collect();
    for pair in figures[8..].windows(2) {
        let ratio = (pair[1].0 / pair[0].0).max(pair[1].1 / pair[0].1);
        assert!(ratio > 1.0999, "{figures:?}");
    }
    // It is pending still, and its last figures come when it has rested.
    let last = APART * (TURNS - 1);
    let _ = at(&world, &repo, last + 3600, &["capture", "--pending"]);
    let final_line = lines(&repo, "HEAD").pop().unwrap();
    assert_eq!(lines(&repo, "HEAD").len(), written.len() + 1);
    let expected = 5.0 + 5.0 + (TURNS - 1) as f64;
    assert_eq!(final_line["agent_minutes"], expected, "{final_line}");
    let again = at(&world, &repo, last + 3700, &["capture", "--pending"]);
    assert!(
        text(&again).contains("Nothing new to capture"),
        "{}",
        text(&again)
    );
    assert_eq!(lines(&repo, "HEAD").len(), written.len() + 1);
}

const OTHER: &str = "fn other() {}\nfn another() {}\n";

/// Another session, which writes `src/c.rs`.
fn other_turns(repo: &TestRepo<'_>) -> Transcript {
    Transcript::new("t", repo.path())
        .prompt(100, "go")
        .write(105, "src/c.rs", OTHER)
        .answer(110, "done")
        .end(110)
}

#[test]
fn a_full_note_keeps_no_other_commit_from_being_captured() {
    let world = World::new();
    let repo = worked(&world, "s");
    let full = repo.git(&["rev-parse", "HEAD"]);
    let filling = world.path("filling");
    std::fs::write(&filling, format!("{}\n", "x".repeat((1 << 20) - 100))).unwrap();
    repo.git(&[
        "notes",
        "--ref=leverage",
        "add",
        "-F",
        filling.to_str().unwrap(),
        &full,
    ]);
    let code = "fn second() {}\nfn third() {}\n";
    log("s", repo.path())
        .prompt(80, "more")
        .write(82, "src/b.rs", code)
        .answer(84, "done")
        .end(84)
        .save(&world);
    repo.write("src/b.rs", code).commit_at("Soak", START + 85 * 60);
    other_turns(&repo).save(&world);
    repo.write("src/c.rs", OTHER).commit_at("Glaze", START + 111 * 60);
    for session in ["s", "t"] {
        hook(&world, &told(&world, "SessionStart", session, repo.path()), 0);
    }
    let swept = at(&world, &repo, 60, &["capture", "--pending"]);
    let said = text(&swept);
    assert!(
        said.contains("claude-code:s") && said.contains("the limit is 1 MiB"),
        "{said}"
    );
    assert!(said.contains("Captured 2 sessions on 2 commits"), "{said}");
    let captured = |commit: &str| lines(&repo, commit).len();
    assert_eq!((captured("HEAD"), captured("HEAD~1"), captured(&full)), (1, 1, 0));
    // The one is tried again, the other is done.
    let swept = at(&world, &repo, 70, &["capture", "--pending"]);
    assert!(text(&swept).contains("claude-code:s") && !text(&swept).contains("claude-code:t"));

    // Who names the commits is told which one is left, and that none can be written is an error.
    other_turns(&repo)
        .prompt(120, "more")
        .answer(130, "done")
        .end(130)
        .save(&world);
    let named = at(&world, &repo, 80, &["capture", "HEAD", &full]);
    assert_eq!(named.status.code(), Some(3), "{}", text(&named));
    assert!(
        text(&named).contains("not captured: the note on"),
        "{}",
        text(&named)
    );
    assert_eq!(captured("HEAD"), 2);
    let alone = at(&world, &repo, 80, &["capture", &full]);
    assert_eq!(alone.status.code(), Some(1), "{}", text(&alone));
    repo.git(&["fsck", "--strict"]);
}
