//! Sessions beside commits: what `export links` and `export sessions` find of logs and real repositories.

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{START, TestRepo, World};

const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";

/// `session commit rung confidence evidence share` for each link, commits by their subject.
fn links(repo: &TestRepo<'_>, args: &[&str]) -> Vec<String> {
    let text = repo.run(&[&["export", "links"], args].concat()).success();
    let mut links: Vec<String> = text
        .lines()
        .map(|line| {
            let link: Value = serde_json::from_str(line).unwrap();
            let subject = repo.git(&["log", "-1", "--format=%s", link["commit"].as_str().unwrap()]);
            let evidence: Vec<&str> = link["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            format!(
                "{} {subject}: {} {} {} {:.2}",
                link["session"].as_str().unwrap(),
                link["rung"].as_str().unwrap(),
                link["confidence"].as_str().unwrap(),
                evidence.join(" "),
                link["share"].as_f64().unwrap(),
            )
        })
        .collect();
    links.sort();
    links
}

/// A session that writes two lines in ten minutes of work.
fn worker(repo: &TestRepo<'_>) -> Transcript {
    Transcript::new("s", repo.path())
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .answer(70, "done")
        .end(70)
}

#[test]
fn lines_lead_to_the_commit_that_was_made_hours_later_and_amended() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    worker(&repo).save(&world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 9 * 3600);
    assert_eq!(links(&repo, &[]), ["s Cap the delay: lines high lines:2 1.00"]);
    repo.git(&["commit", "--quiet", "--amend", "-m", "Cap all delays"]);
    assert_eq!(links(&repo, &[]), ["s Cap all delays: lines high lines:2 1.00"]);
}

#[test]
fn a_hash_in_the_output_of_git_is_certain_and_one_that_was_shown_is_nothing() {
    let world = World::new();
    let repo = world.repo("kiln");
    let old = repo.commit("Begin");
    repo.write("src/a.rs", LINES);
    let made = repo.commit_at("Cap the delay", START + 66 * 60);
    worker(&repo)
        .command(
            67,
            "git commit -qam x",
            &format!("[main {}] Cap the delay", &made[..7]),
        )
        .command(68, "git log --oneline", &format!("{} Begin", &old[..7]))
        .end(70)
        .save(&world);
    let found = links(&repo, &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("s Cap the delay: hash certain hash:output"),
        "{found:?}"
    );
}

#[test]
fn trailers_of_other_tools_can_be_ignored() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("Begin\n\nEntire-Session: 2026-04-01-s", START + 20 * 3600);
    worker(&repo).save(&world);
    assert_eq!(
        links(&repo, &[]),
        ["s Begin: record high trailer:entire-session 1.00"]
    );
    assert_eq!(links(&repo, &["--ignore-foreign-trailers"]), [""; 0]);
}

#[test]
fn a_log_of_another_machine_is_mapped_to_the_repository() {
    let world = World::new();
    let repo = world.repo("kiln");
    Transcript::new("s", "/workspace".as_ref())
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .end(70)
        .save(&world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 9 * 3600);
    assert_eq!(links(&repo, &[]), [""; 0]);
    let map = format!("/workspace={}", repo.path().display());
    assert_eq!(
        links(&repo, &["--path-map", &map]),
        ["s Cap the delay: lines high lines:2 1.00"]
    );
}

#[test]
fn a_folder_that_is_gone_is_known_by_the_files_in_it() {
    let world = World::new();
    let (repo, other) = (world.repo("kiln"), world.repo("other"));
    for (file, content) in [("a", LINES), ("b", "fn second() {}\n"), ("c", "fn third() {}\n")] {
        repo.write(&format!("src/{file}.rs"), content);
    }
    repo.commit_at("Cap the delay", START + 9 * 3600);
    other.write("src/a.rs", "fn unlike() {}\n").commit("Begin");
    Transcript::new("s", "/gone/kiln-side/src".as_ref())
        .prompt(60, "cap the delay")
        .write(65, "a.rs", LINES)
        .write(66, "b.rs", "fn second() {}\n")
        .write(67, "c.rs", "fn third() {}\n")
        .end(70)
        .save(&world);
    assert_eq!(links(&repo, &[]), ["s Cap the delay: lines high lines:4 1.00"]);
    assert_eq!(links(&other, &[]), [""; 0]);
}

#[test]
fn a_session_in_a_linked_work_tree_belongs_to_the_repository() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.git(&["worktree", "add", "--quiet", "-b", "side", "../side"]);
    Transcript::new("s", &world.path("side"))
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .end(70)
        .save(&world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 2 * 3600);
    assert_eq!(links(&repo, &[]), ["s Cap the delay: lines high lines:2 1.00"]);
}

#[test]
fn sessions_are_exported_with_their_repository_and_nothing_that_was_said() {
    let world = World::new();
    let repo = world.repo("kiln");
    world.repo("other").commit("Begin");
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 2 * 3600);
    worker(&repo).save(&world);
    insta::assert_snapshot!(world.run(&["export", "sessions", "kiln"]), @r#"
    {"agent":"claude-code","session":"s","repo":"kiln","started_at":"2026-04-01T10:00:00Z","ended_at":"2026-04-01T10:10:00Z","agent_minutes":10,"supervisory_minutes":1.25,"wall_minutes":10,"models":["model-x"],"tokens_input":20,"tokens_cache_write":40,"tokens_cache_read":60,"tokens_output":80,"commits":1,"origin":"log","sources":{"agent_time":"measured","human_time":"measured","tokens":"measured","edits":"measured","commits":"measured"}}
    [exit 0]
    "#);
    assert_eq!(world.run(&["export", "sessions", "other"]).success(), "");
}

#[test]
fn the_list_and_the_timeline_show_the_commits() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 2 * 3600);
    worker(&repo).save(&world);
    Transcript::new("t", &world.path("nowhere"))
        .prompt(80, "think")
        .answer(90, "thought")
        .end(90)
        .save(&world);
    insta::assert_snapshot!(world.run(&["sessions", "--sensitivity"]), @r"
                                                         measured  estimated           measured            derived
    agent        session   repository  start (UTC)          agent    superv.  wall  unknown  tokens  made  commits
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
    claude-code  s         kiln        2026-04-01 10:00       10m       1.3m   10m       0m     200     0        1
    claude-code  t         nowhere     2026-04-01 10:20       10m       1.3m   10m       0m     100     0        –
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
    2            sessions                                     20m       2.5m   20m              300     0        1

    1.00 lanes worked side by side on average

    How far the idle threshold matters
                measured  estimated  measured
    idle after     agent    superv.      wall
    ─────────────────────────────────────────
            5m       20m       2.5m       20m
           15m       20m       2.5m       20m
           30m       20m       2.5m       20m

    Supervision is estimated: typing time, and reading before each prompt for at most 10 minutes; after a pause of more than 15 minutes the person was away
    [exit 0]
    ");
    insta::assert_snapshot!(world.run(&["sessions", "show", "s"]), @r"
    claude-code:s

                                  measured
    time                  what      worked  detail
    ─────────────────────────────────────────────────────────────────────────────────────
    2026-04-01T10:00:00Z  turn         10m  main, to 2026-04-01T10:10:00Z, for e5dcbb2c63
    2026-04-01T10:00:00Z  prompt            13 characters
    2026-04-01T10:05:00Z  edit              +2 -0 $WORLD/kiln/src/a.rs
    2026-04-01T10:10:00Z  commit       10m  kiln e5dcbb2c63, high: lines:2

    Agent time measured, human actions measured, tokens measured, edits measured, commits measured
    [exit 0]
    ");
}
