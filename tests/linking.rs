//! Sessions beside commits: what `export links` and `export sessions` find of logs and real repositories.

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{Ran, START, TestRepo, World};

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
fn a_task_without_an_agent_falls_under_the_agent_of_its_linked_session() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    worker(&repo).save(&world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay\n\nLeverage-Estimate: 2h", START + 80 * 60);
    let by_agent = |more: &[&str]| {
        let args = ["report", ".", "--by", "agent", "--format", "json"];
        json(repo.run(&[&args[..], more].concat()))["rows"].clone()
    };
    let rows = by_agent(&[]);
    let of_agent = |row: &&Value| row["key"]["agent"] == "claude-code";
    let row = rows.as_array().unwrap().iter().find(of_agent).unwrap();
    assert_eq!(
        (&row["tasks"], &row["human_hours"]),
        (&1.into(), &2.into()),
        "{rows}"
    );
    // Without the session, nobody knows the agent.
    let rows = by_agent(&["--no-sessions"]);
    assert!(
        !rows.as_array().unwrap().iter().any(|row| of_agent(&row)),
        "{rows}"
    );
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
    let made = repo.commit_at("Cap the delay", START + 71 * 60);
    worker(&repo)
        .command(
            71,
            "git commit -am 'Cap the delay'",
            &format!("[main {}] Cap the delay", &made[..7]),
        )
        .command(72, "git log --oneline", &format!("{} Begin", &old[..7]))
        .end(73)
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
fn every_command_that_links_can_ignore_trailers_of_other_tools() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("Begin\n\nEntire-Session: 2026-04-01-s", START + 20 * 3600);
    worker(&repo).save(&world);
    let without = |args: &[&str], wanted: &str| {
        let all = repo.run(args);
        let own = repo.run(&[args, &["--ignore-foreign-trailers"]].concat());
        let told = |ran: &Ran| ran.to_string().contains(wanted);
        assert!(told(&all), "{args:?}: {all}");
        assert!(!told(&own), "{args:?}: {own}");
    };
    let made = repo.git(&["rev-parse", "--short=8", "HEAD"]);
    without(&["sessions", "--format", "json"], "\"commits_linked\": 1");
    without(&["sessions", "show", "s"], &made[..7]);
    without(&["record", "--estimate", "4h", "--dry-run"], "Agent time taken");
    without(&["capture", "--dry-run"], "entire-session");
    without(&["report", "--format", "json"], "\"agent_commits\": 1");
    without(&["audit", "--format", "json"], "\"value\": \"agent\"");
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
    {"agent":"claude-code","session":"s","repo":"kiln","started_at":"2026-04-01T10:00:00Z","ended_at":"2026-04-01T10:10:00Z","agent_minutes":10,"agent_minutes_low":null,"supervisory_minutes":1.25,"wall_minutes":10,"models":["model-x"],"tokens_input":20,"tokens_cache_write":40,"tokens_cache_read":60,"tokens_output":80,"commits":1,"origin":"log","sources":{"agent_time":"derived","human_time":"measured","tokens":"measured","edits":"measured","commits":"measured"}}
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
                                                           ════════════ derived ═════════════  estimated  ─ measured ─
    Agent        Session     Repository       Start (UTC)  Agent time  Wall  Unknown  Commits       Sup.  Tokens  Made
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    claude-code  s           kiln        2026-04-01 10:00         10m   10m       0m        1       1.3m     200     0
    claude-code  t           nowhere     2026-04-01 10:20         10m   10m       0m        –       1.3m     100     0
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
                 2 sessions                                       20m   20m                 1       2.5m     300     0

    Average parallelism: 1.00

    Totals by idle threshold
                ═══ derived ════  estimated
    Idle after  Agent time  Wall       Sup.
    ───────────────────────────────────────
            5m         20m   20m       2.5m
           15m         20m   20m       2.5m
           30m         20m   20m       2.5m

    The repository of 1 of 2 sessions was not found: name it as a ROOT, or map the paths in its logs with `--path-map FROM=TO`
    Supervision is an estimate: typing (at least 15 s per prompt), up to 10 min of reading before a prompt, and 1 min for the last answer; pauses over 15 min count as away
    [exit 0]
    ");
    insta::assert_snapshot!(world.run(&["sessions", "show", "s"]), @r"
    claude-code:s

                                 derived
    Time (UTC)           Event    Worked  Detail
    ─────────────────────────────────────────────────────────────────────────────
    2026-04-01 10:00:00  turn        10m  main, until 10:10:00, for e5dcbb2c63
    2026-04-01 10:00:00  prompt           13 characters
    2026-04-01 10:05:00  edit             +2 -0 $WORLD/kiln/src/a.rs
    2026-04-01 10:10:00  commit      10m  kiln e5dcbb2c63, high: lines:2

    Agent time derived, times of human actions measured, tokens measured, edits measured, commits measured
    [exit 0]
    ");
}

/// A repository with a task of 40 hours without agent minutes, made by five sessions side by side, and a bad session.
fn five_and_a_bad_one(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    for number in 0..5 {
        let file = format!("src/{number}.rs");
        let lines = format!("let retries_{number} = 5;\nlet delay_{number} = cap(retries);\n");
        Transcript::new(&format!("s{number}"), repo.path())
            .prompt(60, "do your part")
            .write(70, &file, &lines)
            .answer(80, "done")
            .end(80)
            .save(world);
        repo.write(&file, lines);
    }
    repo.commit_at(
        "Cap delays\n\nLeverage-Estimate: 40h\nLeverage-Agent: claude-code",
        START + 90 * 60,
    );
    Transcript::new("bad", repo.path())
        .prompt(200, "try something")
        .answer(300, "no")
        .end(300)
        .save(world);
    repo
}

fn json(ran: crate::world::Ran) -> Value {
    serde_json::from_str(&ran.success()).unwrap()
}

#[test]
fn a_report_takes_minutes_from_sessions_and_leaves_no_bad_one_out() {
    let world = World::new();
    let repo = five_and_a_bad_one(&world);
    let report = json(repo.run(&["report", "--format", "json", "--by", "task", "--zone", "UTC"]));
    let (row, totals) = (&report["rows"][0], &report["totals"]);
    let near = |value: &Value, wanted: f64| {
        let value = value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
        assert!((value - wanted).abs() < 1e-6, "{value} is not {wanted}");
    };
    near(&row["agent_minutes"], 100.0);
    near(&row["agent_minutes_measured"], 100.0);
    near(&row["leverage_factor"], 40.0 * 60.0 / 100.0);
    near(&row["wall_minutes"], 20.0);
    near(&row["wall_leverage_factor"], 40.0 * 60.0 / 20.0);
    near(&row["parallelism"], 5.0);
    near(&totals["sessions"], 6.0);
    near(&totals["all_in_leverage_factor"], 40.0 * 60.0 / 110.0);
    // A hundred minutes without a word from the model are unknown but for the first ten.
    near(&totals["session_agent_minutes"], 110.0);
    near(&totals["tokens_output"], 5.0 * 80.0 + 40.0);
    let none = json(repo.run(&["report", "--format", "json", "--no-sessions"]));
    for field in [
        "sessions",
        "wall_minutes",
        "all_in_leverage_factor",
        "agent_minutes",
        "tokens_input",
    ] {
        assert_eq!(none["totals"][field], Value::Null, "{field}");
    }
    assert_eq!(none["left_out"]["tasks_without_sessions"], Value::Null);
}

#[test]
fn minutes_and_tokens_of_sessions_are_the_same_however_they_are_grouped() {
    let world = World::new();
    let repo = five_and_a_bad_one(&world);
    repo.commit_at("More\n\nLeverage-Estimate: 2h", START + 400 * 60);
    let exported = repo.run(&["export", "sessions"]).success();
    let sum = |name: &str| -> f64 {
        let lines = exported
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter_map(|line| line[name].as_f64()).sum()
    };
    for by in [
        "day",
        "week",
        "repo",
        "agent",
        "model",
        "author",
        "session",
        "category",
        "repo,session",
    ] {
        let report = json(repo.run(&["report", "--format", "json", "--by", by, "--zone", "UTC"]));
        for (field, exported) in [
            ("session_agent_minutes", "agent_minutes"),
            ("session_supervisory_minutes", "supervisory_minutes"),
            ("tokens_output", "tokens_output"),
            ("tokens_cache_read", "tokens_cache_read"),
        ] {
            let rows: f64 = report["rows"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|row| row[field].as_f64())
                .sum();
            assert!(
                (rows - sum(exported)).abs() < 1e-6,
                "{by} {field}: {rows} {}",
                sum(exported)
            );
        }
    }
}

#[test]
fn a_session_in_two_repositories_counts_once() {
    let world = World::new();
    let (kiln, oven) = (world.repo("kiln"), world.repo("oven"));
    let oven_lines = "fn bake() {}\nfn cool() {}\n";
    Transcript::new("s", world.home().parent().unwrap())
        .prompt(60, "do both")
        .write(64, "kiln/src/a.rs", LINES)
        .answer(66, "first")
        .write(74, "oven/src/b.rs", oven_lines)
        .answer(80, "second")
        .end(80)
        .save(&world);
    kiln.write("src/a.rs", LINES).commit_at("Kiln", START + 68 * 60);
    oven.write("src/b.rs", oven_lines)
        .commit_at("Oven", START + 90 * 60);
    let report = json(world.run(&[
        "report", "kiln", "oven", "--format", "json", "--by", "repo", "--zone", "UTC",
    ]));
    let rows: Vec<(&str, f64)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["key"]["repo"].as_str().unwrap(),
                row["session_agent_minutes"].as_f64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows.iter().map(|(_, minutes)| minutes.round()).sum::<f64>(),
        20.0,
        "{rows:?}"
    );
    assert!(rows.iter().all(|(_, minutes)| *minutes > 5.0), "{rows:?}");
    assert_eq!(report["totals"]["session_agent_minutes"], 20);
    assert_eq!(report["totals"]["sessions"], 1);
}

#[test]
fn sessions_stand_beside_what_was_claimed() {
    let world = World::new();
    let repo = five_and_a_bad_one(&world);
    repo.write("src/more.rs", "fn more() {}\n");
    repo.commit_at(
        "More\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 3m",
        START + 400 * 60,
    );
    insta::assert_snapshot!(repo.run(&["report", "--zone", "UTC"]), @r"
    Leverage, kiln, days in UTC

                ╌╌╌╌╌╌╌ claimed ╌╌╌╌╌╌╌╌  ════════════ derived ═════════════  ───────────────────────────────────────────── measured ──────────────────────────────────────────────   estimated   ═ derived ═
    Day         Tasks  Human  Agent time  Factor  Wall factor  All-in factor  From logs  Wall time  Commits  By agents  +lines  +source  Sessions  Logged agent time  Logged tokens  Logged sup.  Parallelism
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    2026-04-01      2    42h      1h 43m   24.5x       120.0x          21.8x     1h 40m        30m        2          2      11       11         6             1h 50m           1100         2.5m          3.7
    ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    Total           2    42h      1h 43m   24.5x       120.0x          21.8x     1h 40m        30m        2          2      11       11         6             1h 50m           1100         2.5m          3.7

    2 of 2 tasks have no supervision time; the supervisory factor leaves them out
    1 of 2 tasks has no time in sessions; the wall and all-in factors leave it out
    1h 40m of agent time come from session logs, not from claims
    [exit 0]
    ");
    insta::assert_snapshot!(repo.run(&["report", "--by", "session", "--zone", "UTC"]), @r"
    Leverage, kiln

                     ╌╌╌╌╌╌╌ claimed ╌╌╌╌╌╌╌╌  ════════════ derived ═════════════  ───────────────────────────────────────────── measured ──────────────────────────────────────────────   estimated   ═ derived ═
    Session          Tasks  Human  Agent time  Factor  Wall factor  All-in factor  From logs  Wall time  Commits  By agents  +lines  +source  Sessions  Logged agent time  Logged tokens  Logged sup.  Parallelism
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    claude-code:s0       1     8h         20m   24.0x        24.0x          24.0x        20m        20m        1          1      10       10         1                20m            200         0.3m          1.0
    claude-code:s1       1     8h         20m   24.0x        24.0x          24.0x        20m        20m        1          1      10       10         1                20m            200         0.3m          1.0
    claude-code:s2       1     8h         20m   24.0x        24.0x          24.0x        20m        20m        1          1      10       10         1                20m            200         0.3m          1.0
    claude-code:s3       1     8h         20m   24.0x        24.0x          24.0x        20m        20m        1          1      10       10         1                20m            200         0.3m          1.0
    claude-code:s4       1     8h         20m   24.0x        24.0x          24.0x        20m        20m        1          1      10       10         1                20m            200         0.3m          1.0
    claude-code:bad      0      –           –       –            –              –          –        10m        0          0       –        –         1                10m            100         1.3m          1.0
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    Total                2    42h      1h 43m   24.5x       120.0x          21.8x     1h 40m        30m        2          2      11       11         6             1h 50m           1100         2.5m          3.7

    2 of 2 tasks have no supervision time; the supervisory factor leaves them out
    1 of 2 tasks has no time in sessions; the wall and all-in factors leave it out
    1h 40m of agent time come from session logs, not from claims
    1 of 2 commits and 2h of estimates have no session; only the total includes them
    [exit 0]
    ");
}

#[test]
fn a_log_of_tasks_says_which_minutes_were_measured() {
    let world = World::new();
    let repo = five_and_a_bad_one(&world);
    repo.write("src/more.rs", "fn more() {}\n");
    repo.commit_at(
        "More\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 3m",
        START + 400 * 60,
    );
    insta::assert_snapshot!(repo.run(&["report", "--by", "task", "--zone", "UTC", "--format", "markdown"]), @r"
    # Leverage, kiln

    ## Task log

    | # | Task | Date | Human | Agent time | Factor |
    | ---: | :--- | :--- | ---: | ---: | ---: |
    | 1 | More | 2026-04-01 | 2h | 3m | 40.0x |
    | 2 | Cap delays | 2026-04-01 | 40h | 1h 40m | 24.0x |
    |  | **Total** |  | **42h** | **1h 43m** | **24.5x** |

    - Human, Agent time are claimed; Factor is derived
    - 2 of 2 tasks have no supervision time; the supervisory factor leaves them out
    - 1 of 2 tasks has no time in sessions; the wall and all-in factors leave it out
    - 1h 40m of agent time come from session logs, not from claims

    ## Aggregates

    | Aggregate | Value | Basis |
    | :--- | ---: | :--- |
    | Tasks | 2 | claimed |
    | Human hours | 42h | claimed |
    | Human weeks | 1.1 | derived |
    | Agent time | 1h 43m | claimed |
    | Agent time from logs | 1h 40m | measured |
    | Leverage factor | 24.5x | derived |
    | Wall factor | 120.0x | derived |
    | All-in factor | 21.8x | derived |
    | Commits | 2 | measured |
    | Lines added | 11 | measured |
    [exit 0]
    ");
}

#[test]
fn a_model_estimates_what_no_task_claims_in_columns_of_its_own() {
    let world = World::new();
    let repo = world.repo("kiln");
    worker(&repo).save(&world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 2 * 3600);
    repo.write("README.md", "# Kiln\n")
        .commit_at("Describe it", START + 3 * 3600);
    repo.write("src/b.rs", "fn b() {}\n").commit_at(
        "Claimed\n\nLeverage-Estimate: 1h\nLeverage-Agent-Time: 1m",
        START + 4 * 3600,
    );
    let report = json(repo.run(&[
        "report",
        "--format",
        "json",
        "--zone",
        "UTC",
        "--estimate-model",
        "sloc=16/day",
    ]));
    let totals = &report["totals"];
    assert_eq!(totals["human_hours"], 1);
    assert_eq!(totals["leverage_factor"], 60.0);
    assert_eq!(totals["model_human_hours"], 1);
    assert_eq!(totals["model_leverage_factor"], 6.0);
    let none = json(repo.run(&["report", "--format", "json", "--zone", "UTC"]));
    assert_eq!(none["totals"]["model_human_hours"], Value::Null);
    assert!(none["totals"].get("cocomo_human_hours").is_none(), "{none}");
    let refused = repo.run(&["report", "--estimate-model", "slok"]);
    assert_eq!(refused.code, Some(2), "{refused}");
}

/// The notes on HEAD.
fn note(repo: &TestRepo<'_>) -> String {
    repo.git(&["notes", "--ref=leverage", "show", "HEAD"])
}

#[test]
fn captured_facts_outlive_the_logs_and_count_once() {
    let world = World::new();
    let repo = five_and_a_bad_one(&world);
    let report = || json(repo.run(&["report", "--by", "task", "--format", "json", "--zone", "UTC"]));
    let before = report();
    let ran = repo.run(&["capture"]);
    assert!(ran.stderr.contains("Captured 5 sessions on 1 commit"), "{ran}");
    let first = note(&repo);
    assert_eq!(first.lines().count(), 5);
    assert_eq!(report(), before, "live logs count, not their copies");
    insta::assert_snapshot!(repo.run(&["capture", "--since", "30.days"]), @r"
    [stderr]
    Nothing new to capture
    [exit 0]
    ");
    assert_eq!(note(&repo), first);
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
    let after = report();
    for field in [
        "agent_minutes",
        "agent_minutes_measured",
        "leverage_factor",
        "wall_minutes",
        "wall_leverage_factor",
        "sessions",
        "session_agent_minutes",
        "session_supervisory_minutes",
        "tokens_output",
        "tokens_input",
    ] {
        assert_eq!(after["rows"][0][field], before["rows"][0][field], "{field}");
    }
    // The bad session made no commit, and its log is gone.
    assert_eq!(after["totals"]["sessions"], 5);
    assert_eq!(links(&repo, &[]).len(), 5);
    let exported = repo.run(&["export", "sessions"]).success();
    assert!(
        exported.lines().all(|line| line.contains(r#""origin":"note""#)),
        "{exported}"
    );
}

#[test]
fn a_session_that_went_on_is_captured_anew() {
    let world = World::new();
    let repo = world.repo("kiln");
    worker(&repo).save(&world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 2 * 3600);
    let captured = |repo: &TestRepo<'_>| {
        assert_eq!(repo.run(&["capture"]).code, Some(0));
        let lines: Vec<Value> = note(repo)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        lines
            .iter()
            .map(|line| (line["rev"].clone(), line["agent_minutes"].clone()))
            .collect::<Vec<_>>()
    };
    let all = captured(&repo);
    assert_eq!(all, [(0.into(), 10.into())]);
    worker(&repo)
        .prompt(100, "go on")
        .answer(105, "yes")
        .end(105)
        .save(&world);
    let mut all = captured(&repo);
    all.sort_by_key(|(rev, _)| rev.as_u64());
    assert_eq!(all, [(0.into(), 10.into()), (1.into(), 15.into())]);
    assert_eq!(captured(&repo).len(), 2);
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
    let report = json(repo.run(&["report", "--format", "json", "--zone", "UTC"]));
    assert_eq!(report["totals"]["session_agent_minutes"], 15);
    assert_eq!(report["totals"]["sessions"], 1);
}

#[test]
fn what_an_amend_left_behind_takes_nothing_from_its_successor() {
    let world = World::new();
    let repo = world.repo("kiln");
    worker(&repo).save(&world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap\n\nLeverage-Estimate: 4h", START + 2 * 3600);
    assert_eq!(repo.run(&["capture"]).code, Some(0));
    repo.git(&[
        "commit",
        "--quiet",
        "--amend",
        "-m",
        "Cap all\n\nLeverage-Estimate: 4h",
    ]);
    assert_eq!(repo.run(&["capture"]).code, Some(0));
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
    let report = json(repo.run(&["report", "--format", "json", "--zone", "UTC"]));
    assert_eq!(report["totals"]["agent_minutes"], 10);
    assert_eq!(report["totals"]["session_agent_minutes"], 10);
}

#[test]
fn a_record_takes_agent_time_from_the_sessions_behind_the_commit() {
    let world = World::new();
    let repo = five_and_a_bad_one(&world);
    let ran = repo.run(&[
        "record",
        "--estimate",
        "20h",
        "--title",
        "Cap delays",
        "--another",
        "--dry-run",
        "--no-sessions",
    ]);
    assert!(!ran.stderr.contains("measured"), "{ran}");
    let record = |more: &[&str]| repo.run(&[&["record", "--estimate", "20h"], more].concat());
    let ran = record(&["--title", "Cap all", "--revise", "--reason", "Counted"]);
    assert!(ran.stdout.contains("1h 40m, measured  12.0x factor"), "{ran}");
    assert!(
        ran.stderr.contains("Agent time taken from claude-code:s0,"),
        "{ran}"
    );
    let task: Value = serde_json::from_str(&note(&repo)).unwrap();
    assert_eq!(task["agent_minutes"], 100);
    assert_eq!(task["agent_minutes_basis"], "measured");
    let again = record(&["--title", "Another", "--another", "--dry-run"]);
    assert!(!again.stderr.contains("measured"), "{again}");
    let claimed = repo.run(&[
        "revise",
        task["id"].as_str().unwrap(),
        "--agent-time",
        "30m",
        "--reason",
        "Timed",
    ]);
    assert_eq!(claimed.code, Some(0), "{claimed}");
    assert!(
        !note(&repo)
            .lines()
            .any(|line| line.contains(r#""rev":2"#) && line.contains("basis"))
    );
}

#[test]
fn the_logs_of_the_demo_name_their_commits() {
    let world = World::new();
    world.run(&["demo", "made"]).success();
    let logs = format!("claude-code={}", world.path("made/agent-logs/claude").display());
    let links = world
        .run(&["export", "links", "made", "--agent-dir", &logs])
        .success();
    assert!(links.lines().count() > 50);
    for link in links.lines() {
        let link: Value = serde_json::from_str(link).unwrap();
        assert_eq!(link["confidence"], "certain", "{link}");
        assert_eq!(link["evidence"][0], "hash:structured", "{link}");
    }
}

/// A repository in which one session worked 10 minutes for a commit, 9 for the next, and 5 for none.
fn two_commits_of_one_session(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    let more = "fn more() {}\nfn most() {}\n";
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + 70 * 60);
    repo.write("src/b.rs", more).commit_at("More", START + 80 * 60);
    Transcript::new("s", repo.path())
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .answer(70, "done")
        .end(70)
        .prompt(71, "more")
        .write(76, "src/b.rs", more)
        .answer(80, "done")
        .end(80)
        .prompt(90, "what now")
        .answer(95, "rest")
        .end(95)
        .save(world);
    repo
}

fn by(repo: &TestRepo<'_>, by: &str) -> Value {
    json(repo.run(&["report", "--by", by, "--format", "json", "--zone", "UTC"]))
}

fn sum_of(report: &Value, field: &str) -> f64 {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.filter_map(|row| row[field].as_f64()).sum()
}

#[test]
fn what_one_record_took_the_next_does_not_take_again() {
    let world = World::new();
    let repo = two_commits_of_one_session(&world);
    let record =
        |title: &str, more: &[&str]| repo.run(&[&["record", "HEAD~1", "--title", title], more].concat());
    let first = record("one", &["--estimate", "10h"]);
    assert!(first.stdout.contains("10m, measured"), "{first}");
    let second = record("two", &["--estimate", "30h", "--another"]);
    assert!(
        second
            .stderr
            .contains("Agent time is unknown: all of its sessions' time is counted in another task's record"),
        "{second}"
    );
    let report = by(&repo, "task");
    assert_eq!(report["totals"]["agent_minutes"], 10);
    assert_eq!(sum_of(&report, "agent_minutes"), 10.0);
    assert_eq!(sum_of(&report, "session_agent_minutes"), 10.0);
    assert_eq!(report["left_out"]["tasks_without_sessions"], 1);
    let audit = repo.run(&["audit"]);
    assert!(!audit.stdout.contains("its sessions took"), "{audit}");
}

#[test]
fn tasks_on_one_commit_share_the_columns_of_its_sessions() {
    let world = World::new();
    let repo = two_commits_of_one_session(&world);
    for (title, hours) in [("one", "3h"), ("two", "1h")] {
        let args = [
            "record",
            "HEAD",
            "--another",
            "--title",
            title,
            "--estimate",
            hours,
        ];
        let ran = repo.run(&[&args[..], &["--category", title, "--no-sessions"]].concat());
        assert_eq!(ran.code, Some(0), "{ran}");
    }
    let plan = ["record", "--no-commit", "--title", "plan", "--estimate", "2h"];
    let ran = repo.run(&[&plan[..], &["--session", "claude-code:s", "--category", "plan"]].concat());
    assert_eq!(ran.code, Some(0), "{ran}");
    for grouping in ["task", "category"] {
        let report = by(&repo, grouping);
        let rows: Vec<[f64; 4]> = ["one", "two", "plan"]
            .iter()
            .map(|name| {
                let mut rows = report["rows"].as_array().unwrap().iter();
                let named = |row: &&Value| row["title"] == *name || row["key"]["category"] == *name;
                let row = rows.find(named).unwrap();
                let number = |field: &str| (row[field].as_f64().unwrap() * 1e6).round() / 1e6;
                [
                    number("session_agent_minutes"),
                    number("wall_minutes"),
                    number("agent_minutes"),
                    number("all_in_leverage_factor"),
                ]
            })
            .collect();
        assert_eq!(
            rows,
            [
                [6.75, 6.75, 6.75, 26.666667],
                [2.25, 2.25, 2.25, 26.666667],
                [5.0, 5.0, 5.0, 24.0]
            ],
            "{grouping}"
        );
    }
    let report = by(&repo, "category");
    for field in [
        "session_agent_minutes",
        "session_supervisory_minutes",
        "wall_minutes",
        "tokens_input",
        "tokens_output",
    ] {
        let total = report["totals"][field].as_f64().unwrap();
        assert!((sum_of(&report, field) - total).abs() < 1e-6, "{field}");
    }
}

#[test]
fn a_commit_that_other_commits_left_no_time_has_unknown_minutes() {
    let world = World::new();
    let repo = two_commits_of_one_session(&world);
    let again = "let more = \"by hand\";\n";
    repo.write("src/b.rs", again).commit_at(
        "Finish by hand\n\nLeverage-Session: claude-code:s",
        START + 80 * 60 + 1,
    );
    let ran = repo.run(&["record", "--title", "late", "--estimate", "5h"]);
    assert!(
        ran.stderr
            .contains("Agent time is unknown: all of its sessions' time is counted for other commits"),
        "{ran}"
    );
    let report = by(&repo, "task");
    assert_eq!(report["rows"][0]["agent_minutes"], Value::Null);
    assert_eq!(report["totals"]["all_in_leverage_factor"], Value::Null);
    assert_eq!(report["left_out"]["tasks_without_sessions"], 1);
}

#[test]
fn a_report_by_session_says_what_no_session_has() {
    let world = World::new();
    let repo = two_commits_of_one_session(&world);
    repo.write("README.md", "# Kiln\n")
        .commit_at("Describe it\n\nLeverage-Estimate: 3h", START + 30 * 3600);
    let report = by(&repo, "session");
    assert_eq!(report["left_out"]["commits_without_session"], 1);
    assert_eq!(report["left_out"]["human_hours_without_session"], 3);
    assert_eq!(
        by(&repo, "day")["left_out"]["commits_without_session"],
        Value::Null
    );
    let shown = repo
        .run(&["report", "--by", "session", "--zone", "UTC"])
        .success();
    assert!(
        shown.contains("1 of 3 commits and 3h of estimates have no session; only the total includes them"),
        "{shown}"
    );
}

#[test]
fn a_note_says_how_its_facts_came_to_be() {
    let world = World::new();
    let repo = two_commits_of_one_session(&world);
    let sessions = || -> Value {
        let exported = repo.run(&["export", "sessions"]).success();
        serde_json::from_str(exported.lines().next().unwrap()).unwrap()
    };
    let before = sessions();
    repo.run(&["capture", "HEAD", "HEAD~1"]).success();
    insta::assert_snapshot!(repo.run(&["capture", "HEAD", "HEAD~1"]), @r"
    [stderr]
    Nothing new to capture
    [exit 0]
    ");
    std::fs::remove_dir_all(world.home().join(".claude")).unwrap();
    let after = sessions();
    assert_eq!(
        (&before["origin"], &after["origin"]),
        (&"log".into(), &"note".into())
    );
    for field in [
        "agent_minutes",
        "wall_minutes",
        "supervisory_minutes",
        "tokens_output",
        "commits",
        "sources",
    ] {
        assert_eq!(after[field], before[field], "{field}");
    }
}
