//! `report` and `demo`: from repositories to a table, and the messages for bad input.

use serde_json::Value;

use crate::world::World;

/// Compares every published figure of the four days with the report by day, except the ones in `unknown`.
fn assert_published(report: &str, is_unknown: impl Fn(&str, &str) -> bool) {
    let report: Value = serde_json::from_str(report).unwrap();
    assert_eq!(report["schema"], "git-leverage.report/1");
    assert_eq!(report["warnings"], serde_json::json!([]));
    let published: Value =
        serde_json::from_str(include_str!("../fixtures/published/published.json")).unwrap();
    for (day, figures) in published.as_object().unwrap() {
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"]["day"] == *day).unwrap();
        for (name, figure) in figures.as_object().unwrap() {
            if name == "tasks_before_grouping" {
                continue;
            }
            if is_unknown(day, name) {
                assert_eq!(row[name], Value::Null, "{day} {name}");
                continue;
            }
            let (computed, figure) = (row[name].as_f64().unwrap(), figure.as_f64().unwrap());
            assert_eq!(format!("{computed:.1}"), format!("{figure:.1}"), "{day} {name}");
        }
    }
}

#[test]
fn the_demo_gives_the_published_days() {
    let world = World::new();
    world.run(&["demo", "made"]).success();
    let ran = world.run(&[
        "report", "made", "--by", "day", "--zone", "UTC", "--format", "json",
    ]);
    assert_published(&ran.success(), |_, _| false);
}

#[test]
fn the_imported_days_give_the_published_days() {
    let world = World::new();
    let repo = world.repo("published");
    for day in ["2026-03-01", "2026-03-02", "2026-03-26", "2026-04-04"] {
        let file = format!("{}/fixtures/published/{day}.csv", env!("CARGO_MANIFEST_DIR"));
        repo.run(&["import", &file]).success();
    }
    let report = repo.run(&["report", "--by", "day", "--format", "json"]).success();
    // Tokens were published by row for the first day only.
    assert_published(&report, |day, name| name == "tokens" && day != "2026-03-01");
}

#[test]
fn the_demo_is_the_same_everywhere_and_touches_nothing() {
    let world = World::new();
    world.run(&["demo", "one"]).success();
    world.run(&["demo", "two"]).success();
    let json = |name| {
        world
            .run(&["report", name, "--by", "task", "--format", "csv"])
            .success()
    };
    assert_eq!(json("one"), json("two"));
    // The notes too, to the byte: the captured sessions contain no path and no time of this machine.
    for name in ["accounts", "courses", "platform", "console"] {
        let refs = |folder: &str| world.at(&format!("{folder}/{name}")).git(&["for-each-ref"]);
        assert_eq!(refs("one"), refs("two"));
    }
    insta::assert_snapshot!(world.run(&["demo", "one"]), @r"
    [stderr]
    error: `$WORLD/one` is not empty
    hint: Name a new directory: `git leverage demo DIR`
    [exit 1]
    ");
}

#[test]
fn a_repository_with_and_without_tasks() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "one\ntwo\n").commit("Begin");
    repo.write("a.rs", "one\nthree\n");
    repo.commit("Kiln controller\n\nLeverage-Estimate: 40h\nLeverage-Agent-Time: 25m\n");
    insta::assert_snapshot!(repo.run(&["report"]), @r"
    Leverage, kiln, days in local time

                ╌╌╌╌╌╌╌ claimed ╌╌╌╌╌╌╌╌  derived  ──────────────── measured ─────────────────
    Day         Tasks  Human  Agent time   Factor  Commits  By agents  +lines  -lines  +source
    ──────────────────────────────────────────────────────────────────────────────────────────
    2026-04-01      1    40h         25m    96.0x        2          1       3       1        3
    ──────────────────────────────────────────────────────────────────────────────────────────
    Total           1    40h         25m    96.0x        2          1       3       1        3

    1 of 1 task has no supervision time; the supervisory factor leaves it out
    1 of 2 commits has no task
    [exit 0]
    ");
    insta::assert_snapshot!(repo.run(&["report", "--by", "task", "--format", "csv"]), @r"
    task,title,date,tasks,human_hours,human_hours_low,human_hours_high,agent_minutes,agent_minutes_low,agent_minutes_measured,supervisory_minutes,supervisory_minutes_measured,wall_minutes,tokens,tokens_measured,leverage_factor,leverage_factor_low,leverage_factor_high,supervisory_leverage_factor,supervisory_leverage_factor_low,supervisory_leverage_factor_high,wall_leverage_factor,wall_leverage_factor_low,wall_leverage_factor_high,all_in_leverage_factor,all_in_leverage_factor_low,all_in_leverage_factor_high,human_weeks,commits,agent_commits,files_changed,lines_added,lines_removed,source_lines_added,source_lines_removed,test_lines_added,test_lines_removed,sessions,session_agent_minutes,session_agent_minutes_low,session_supervisory_minutes,parallelism,tokens_input,tokens_cache_write,tokens_cache_read,tokens_output,tokens_logged,model_human_hours,model_leverage_factor,pace_human_hours,pace_human_hours_low,pace_human_hours_high,pace_leverage_factor,cocomo_human_hours,cocomo_leverage_factor,calibrated_human_hours,calibrated_leverage_factor,calibrated_leverage_factor_low,calibrated_leverage_factor_high,estimator
    4fd7b1df-78a4-8f3f-a7d6-8062401335cb,Kiln controller,2026-04-01,1,40,,,25,,,,,,,,96,,,,,,,,,,,,1,1,1,1,1,1,1,1,0,0,,,,,,,,,,,,,,,,,,,,,,,person
    [exit 0]
    ");
    insta::assert_snapshot!(repo.run(&["report", "--until", "2026-03-01"]), @r"
    Leverage until 2026-03-01, kiln, days in local time

    No tasks or commits match
    [exit 0]
    ");
}

#[test]
fn lines_of_source_and_tests_stand_beside_all_lines() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/a.rs", "one\ntwo\n").write("tests/a.rs", "one\n");
    repo.write("README.md", "one\n").write("Cargo.lock", "one\n");
    repo.commit("Begin");
    repo.write("src/a.rs", "one\n");
    repo.commit("Less");
    insta::assert_snapshot!(repo.run(&["report", "--by", "repo"]), @r"
    Leverage, kiln

                ─────────────── measured ───────────────
    Repository  Commits  +lines  -lines  +source  +tests
    ────────────────────────────────────────────────────
    kiln              2       5       1        2       1
    ────────────────────────────────────────────────────
    Total             2       5       1        2       1

    No tasks are recorded here; `git leverage record` adds the first
    [exit 0]
    ");
    insta::assert_snapshot!(repo.run(&["report", "--by", "repo", "--lines", "source"]), @r"
    Leverage, kiln

                ─────────── measured ────────────
    Repository  Commits  +source  -source  +tests
    ─────────────────────────────────────────────
    kiln              2        2        1       1
    ─────────────────────────────────────────────
    Total             2        2        1       1

    No tasks are recorded here; `git leverage record` adds the first
    [exit 0]
    ");
}

#[test]
fn lines_and_commits_are_those_of_git() {
    let world = World::new();
    world.run(&["demo", "made"]).success();
    let report = world
        .run(&[
            "report",
            "made/courses",
            "--no-renames",
            "--by",
            "month",
            "--format",
            "json",
        ])
        .success();
    let report: Value = serde_json::from_str(&report).unwrap();
    let log = std::process::Command::new("git")
        .args([
            "-C",
            &world.path("made/courses").to_string_lossy(),
            "log",
            "--numstat",
            "--no-renames",
            "--format=tformat:commit",
        ])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let log = String::from_utf8(log.stdout).unwrap();
    let number = |part: Option<&str>| part.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let commits = log.lines().filter(|line| *line == "commit").count() as u64;
    let added: u64 = log
        .lines()
        .filter(|line| line.contains('\t'))
        .map(|line| number(line.split('\t').next()))
        .sum();
    let removed: u64 = log
        .lines()
        .filter(|line| line.contains('\t'))
        .map(|line| number(line.split('\t').nth(1)))
        .sum();
    let totals = &report["totals"];
    assert_eq!(totals["commits"], commits);
    assert_eq!(totals["lines_added"], added);
    assert_eq!(totals["lines_removed"], removed);
}

#[test]
fn nonsense_is_refused() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (args, code, said) in [
        (
            vec!["--since", "the day before"],
            2,
            "invalid date for `--since`: `the day before`",
        ),
        (
            vec!["--since", "2026-03-02", "--until", "2026-03-01"],
            2,
            "ends before it begins",
        ),
        (vec!["--zone", "Mars/Phobos"], 2, "is not a time zone"),
        (vec!["--by", "colour"], 2, "cannot group by `colour`"),
        (vec!["--by", "day,day"], 2, "names one dimension twice"),
        (vec!["--by", "day,week,month"], 2, "takes one or two"),
        (vec!["--sort", "comits"], 2, "did you mean `commits`?"),
        (
            vec!["--author", "("],
            2,
            "invalid pattern for `--author`: `(`: unclosed group",
        ),
        (vec!["gone"], 1, "gone"),
        (
            vec!["--output", "gone/file"],
            1,
            "cannot write `gone/file`: no such directory",
        ),
    ] {
        let mut all = vec!["report"];
        all.extend(args);
        let ran = repo.run(&all);
        assert_eq!(ran.code, Some(code), "{all:?} {ran}");
        assert!(ran.stderr.contains(said), "{all:?} {ran}");
        assert_eq!(ran.stdout, "", "{all:?}");
    }
}

#[test]
fn a_file_appears_whole_and_stdout_stays_empty() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    let ran = repo.run(&["report", "--format", "html", "--output", "report.html"]);
    assert_eq!(ran.success(), "");
    let page = std::fs::read_to_string(repo.path().join("report.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
}

#[test]
fn a_shallow_clone_is_partly_read() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("One");
    repo.commit("Two");
    let source = format!("file://{}", repo.path().display());
    repo.git(&["clone", "--quiet", "--depth=1", &source, "../shallow"]);
    let ran = world.run(&["report", "shallow"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stdout.contains("shallow: partial"), "{ran}");
}

#[test]
fn clones_of_one_repository_count_once_by_the_best_of_them() {
    let world = World::new();
    let repo = world.repo("z/kiln");
    repo.write("a.rs", "one\ntwo\n").commit("Begin");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let source = format!("file://{}", repo.path().display());
    std::fs::create_dir(world.path("a")).unwrap();
    let clone = [
        "clone",
        "--quiet",
        "--bare",
        "--filter=blob:none",
        &source,
        "../../a/kiln",
    ];
    repo.git(&clone);
    for roots in [["a", "z"], ["z", "a"]] {
        let ran = world.run(&["report", roots[0], roots[1], "--format", "json"]);
        assert_eq!(ran.code, Some(3), "{ran}");
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let totals = &report["totals"];
        assert_eq!(
            (&totals["commits"], &totals["lines_added"]),
            (&1.into(), &2.into())
        );
        assert_eq!(report["left_out"]["commits_without_lines"], 0);
    }
}

#[test]
fn a_scan_tells_the_unknown_from_nothing() {
    let world = World::new();
    let repo = world.repo("src/kiln");
    repo.write("a.rs", "one\ntwo\n").commit("Begin");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let source = format!("file://{}", repo.path().display());
    repo.git(&[
        "clone",
        "--quiet",
        "--bare",
        "--filter=blob:none",
        &source,
        "../partial",
    ]);
    let broken = world.repo("src/broken");
    let commit = broken.commit("Gone");
    let object = format!(".git/objects/{}/{}", &commit[..2], &commit[2..]);
    std::fs::remove_file(broken.path().join(object)).unwrap();
    let ran = world.run(&["scan", "src"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    insta::assert_snapshot!(ran.stdout, @r"
                ────────────── measured ───────────────
    Repository  Commits  New  By agents  +lines  -lines  Status
    ─────────────────────────────────────────────────────────────
    broken            –    0          –       –       –  partial
    kiln              1    1          0       2       0  complete
    partial           1    1          0       –       –  partial
    ─────────────────────────────────────────────────────────────
    Total            ≥1    1          –      ≥2       –

    partial: same commits as kiln, counted once
    ");
}

#[test]
fn authors_are_those_of_gits_mailmap_with_and_without_a_checkout() {
    let world = World::new();
    let repo = world.repo("kiln");
    let by = |author: &str| {
        repo.git(&["-c", author, "commit", "--quiet", "--allow-empty", "-m", "Work"]);
    };
    repo.write(
        ".mailmap",
        "Ada Example <ada@example.org>\nGrace Example <grace@example.org> <GRACE@old.example>\n\
         Cy <cy@example.org> nick <shared@example.org>\n<new@example.org> <bob@example.org>\n",
    );
    repo.commit("Begin");
    for author in [
        "author.email=Grace@OLD.example",
        "author.email=shared@example.org",
        "author.email=bob@example.org",
        "author.email=ADA@example.org",
    ] {
        by(author);
    }
    repo.git(&[
        "-c",
        "author.name=Nick",
        "-c",
        "author.email=shared@example.org",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "x",
    ]);
    repo.git(&["clone", "--quiet", "--bare", ".", "../bare"]);
    repo.git(&["clone", "--quiet", "--no-checkout", ".", "../without"]);
    let authors: std::collections::BTreeSet<String> = repo
        .git(&["shortlog", "-sne", "HEAD"])
        .lines()
        .filter_map(|line| Some(line.split_once('\t')?.1.to_owned()))
        .collect();
    for name in ["kiln", "bare", "without"] {
        let json = world
            .run(&["report", name, "--by", "author", "--format", "json"])
            .success();
        let report: serde_json::Value = serde_json::from_str(&json).unwrap();
        let rows = report["rows"].as_array().unwrap();
        let ours = rows
            .iter()
            .map(|row| row["key"]["author"].as_str().unwrap().to_owned());
        assert_eq!(ours.collect::<std::collections::BTreeSet<_>>(), authors, "{name}");
    }
}

#[test]
fn a_published_log_can_be_imported_again() {
    let world = World::new();
    let (one, other) = (world.repo("one"), world.repo("other"));
    let day = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/published/2026-04-04.csv");
    one.run(&["import", day]).success();
    let log = [
        "report",
        "--by",
        "task",
        "--since",
        "2026-04-04",
        "--until",
        "2026-04-04",
    ];
    let markdown = one.run(&[&log[..], &["--format", "markdown"]].concat()).success();
    other.write("log.md", &markdown);
    let ran = other.run(&["import", "log.md", "--date", "2026-04-04"]);
    assert!(ran.code == Some(0), "{ran}");
    let again = other
        .run(&[&log[..], &["--format", "markdown"]].concat())
        .success();
    assert_eq!(again.replace("other", "one"), markdown);
}

#[test]
fn a_model_is_one_row_whoever_wrote_its_name() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (number, message) in [
        "Co-Authored-By: Claude Opus 4.5 <noreply@anthropic.com>",
        "Leverage-Agent: claude-code\nLeverage-Model: claude-opus-4-5-20251101\nLeverage-Estimate: 2h",
        "Leverage-Agent: claude-code\nLeverage-Model: us.anthropic.claude-opus-4-5-20251101-v1:0\nLeverage-Estimate: 1h",
        "Co-Authored-By: Claude Opus 4.6 (1M context) <noreply@anthropic.com>",
    ]
    .into_iter()
    .enumerate()
    {
        repo.write("kiln.rs", format!("// {number}\n"));
        repo.commit(&format!("Fire {number}\n\n{message}\n"));
    }
    let report = repo
        .run(&["report", ".", "--by", "model", "--format", "json"])
        .success();
    let report: Value = serde_json::from_str(&report).unwrap();
    let mut rows: Vec<(String, u64, u64)> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let number = |name: &str| row[name].as_u64().unwrap();
            (
                row["key"]["model"].as_str().unwrap().to_owned(),
                number("commits"),
                number("tasks"),
            )
        })
        .collect();
    rows.sort();
    let expected = [("claude-opus-4-5", 3, 2), ("claude-opus-4-6", 1, 0)];
    assert_eq!(
        rows,
        expected.map(|(model, commits, tasks)| (model.to_owned(), commits, tasks))
    );
    let exported = repo.run(&["export", "tasks", "."]).success();
    assert!(
        exported.contains("\"us.anthropic.claude-opus-4-5-20251101-v1:0\""),
        "{exported}"
    );
}

#[test]
fn a_task_without_an_agent_falls_under_that_of_its_session() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn fire() {}\n");
    repo.commit("Fire\n\nLeverage-Estimate: 2h\nLeverage-Session: codex:a\n");
    let rows = |more: &[&str]| -> Value {
        let args = [&["report", ".", "--by", "agent", "--format", "json"], more].concat();
        let report: Value = serde_json::from_str(&repo.run(&args).success()).unwrap();
        report["rows"].clone()
    };
    let found = rows(&[]);
    assert_eq!(
        (&found[0]["key"]["agent"], &found[0]["tasks"]),
        (&"codex".into(), &1.into()),
        "{found}"
    );
    assert_eq!(found[1], Value::Null, "{found}");
    assert_eq!(rows(&["--agent", "codex"])[0]["tasks"], 1);
}

/// The commits of a report in JSON.
fn commits(ran: &crate::world::Ran) -> Value {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    report["totals"]["commits"].clone()
}

#[test]
fn a_repository_cannot_make_the_work_in_another_mine() {
    let world = World::new();
    let good = world.repo("good");
    good.commit("Begin");
    let boss = [
        ("GIT_AUTHOR_NAME", "Boss"),
        ("GIT_AUTHOR_EMAIL", "boss@example.com"),
    ];
    let message = "Rewrite\n\nLeverage-Estimate: 400h\nLeverage-Agent-Time: 1h\n";
    good.git_with_env(&["commit", "--quiet", "--allow-empty", "-m", message], &boss);
    let evil = world.repo("evil");
    evil.write(".mailmap", "Boss <boss@example.com> <ada@example.org>\n");
    evil.commit("Begin");
    evil.git(&["config", "user.email", "boss@example.com"]);
    for roots in [&["good"][..], &["good", "evil"]] {
        let ran = world.run(&[&["report", "--mine", "--format", "json"], roots].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(report["totals"]["tasks"], 0, "{roots:?} {ran}");
        assert_eq!(report["totals"]["commits"], roots.len(), "{roots:?} {ran}");
    }
}

#[test]
fn a_day_and_a_person_can_be_selected() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write(".mailmap", "Ada Example <ada@work.example> <ada@example.org>\n");
    repo.commit("Begin");
    repo.write("a.rs", "one\n").commit("Go on");
    let bob = [
        ("GIT_AUTHOR_NAME", "Bob [x"),
        ("GIT_AUTHOR_EMAIL", "bob@example.org"),
        ("GIT_AUTHOR_DATE", "2026-04-10T09:00:00Z"),
    ];
    repo.git_with_env(&["commit", "--quiet", "--allow-empty", "-m", "Help"], &bob);
    for (options, expected) in [
        (&["--mine"][..], 2),
        (&["--author", "BOB"], 1),
        (&["--on", "2026-04-01"], 2),
        (&["--on", "today"], 1),
        (&["--on", "yesterday"], 0),
        (&["--since", "friday"], 1),
        (&["--since", "thursday"], 1),
        (&["--until", "thursday", "--mine"], 2),
    ] {
        let ran = repo.run(&[&["report", "--format", "json"], options].concat());
        assert_eq!(commits(&ran), expected, "{options:?} {ran}");
    }
    let title = |options: &[&str]| {
        let shown = repo.run(&[&["report"], options].concat()).success();
        shown.lines().next().unwrap_or_default().to_owned()
    };
    for options in [
        &["--on", "today"][..],
        &["--since", "today"],
        &["--since", "2026-04-10", "--until", "2026-04-10"],
    ] {
        assert_eq!(
            title(options),
            "Leverage of 2026-04-10, kiln, days in local time",
            "{options:?}"
        );
    }
    assert_eq!(
        title(&["--since", "yesterday"]),
        "Leverage since 2026-04-09, kiln, days in local time"
    );
    let ran = repo.run(&["report", "--author", "["]);
    assert!(
        ran.stderr.contains("`--author`: `[`: unclosed character class"),
        "{ran}"
    );
    let ran = repo.run(&["report", "--on", "today", "--since", "today"]);
    assert_eq!(ran.code, Some(2), "{ran}");
    repo.git(&["config", "--file", "../home/.gitconfig", "--unset", "user.email"]);
    let ran = repo.run(&["report", "--mine"]);
    assert!(ran.stderr.contains("git config --global user.email"), "{ran}");
}

#[test]
fn the_extension_of_a_file_decides_its_format() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "one\n").commit("Begin");
    for (file, options, begin) in [
        ("day.html", &[][..], "<!DOCTYPE html>"),
        ("day.HTM", &[], "<!DOCTYPE html>"),
        ("day.md", &[], "# Leverage"),
        ("day.csv", &[], "day,tasks,"),
        ("day.json", &[], "{"),
        ("day.txt", &[], "Leverage, kiln"),
        ("day", &[], "Leverage, kiln"),
        ("day.csv", &["--format", "json"], "{"),
    ] {
        let ran = repo.run(&[&["report", "--output", file], options].concat());
        ran.success();
        let written = std::fs::read_to_string(repo.path().join(file)).unwrap();
        assert!(written.starts_with(begin), "{file}: {written}");
    }
}

#[test]
fn a_week_by_repository_and_day_is_in_the_order_of_time() {
    let world = World::new();
    world.run(&["demo", "made"]).success();
    let ran = world.run(&[
        "report",
        "made",
        "--by",
        "repo,day",
        "--since",
        "2026-03-29",
        "--until",
        "2026-04-04",
        "--format",
        "json",
    ]);
    let report: Value = serde_json::from_str(&ran.success()).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let keys: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| {
            (
                row["key"]["repo"].as_str().unwrap(),
                row["key"]["day"].as_str().unwrap(),
            )
        })
        .collect();
    assert!(keys.is_sorted(), "{keys:?}");
    assert_eq!(keys.len(), 4 * 7);
    let empty = rows
        .iter()
        .find(|row| row["commits"] == 0 && row["tasks"] == 0)
        .unwrap();
    assert_eq!(empty["human_hours"], Value::Null);
    assert_eq!(empty["lines_added"], Value::Null);
}
