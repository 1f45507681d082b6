//! Importing what was kept elsewhere: the four published days, files with faults, and the same file twice.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::world::{TestRepo, World};

fn published(day: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/published");
    folder.join(format!("{day}.csv"))
}

fn tasks(repo: &TestRepo<'_>) -> Vec<Value> {
    let log: Value = serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
    assert_eq!(log["schema"], "git-leverage.log/1");
    log["tasks"].as_array().unwrap().clone()
}

fn sum(tasks: &[Value], field: &str) -> f64 {
    tasks
        .iter()
        .filter_map(|task| task.pointer(field)?.as_f64())
        .sum()
}

#[test]
fn the_published_days_keep_their_sums_and_agree_with_their_factors() {
    let world = World::new();
    let repo = world.repo("published");
    for (day, count, hours, minutes, factor) in [
        ("2026-03-01", 12, 204.0, 503.0, 24.3),
        ("2026-03-02", 15, 1096.0, 643.0, 102.3),
        ("2026-03-26", 32, 309.5, 766.0, 24.2),
        ("2026-04-04", 29, 1426.0, 1581.0, 54.1),
    ] {
        let file = published(day);
        let imported = repo.run(&["import", file.to_str().unwrap()]);
        assert!(!imported.stderr.contains("does not match"), "{imported}");
        let of_day: Vec<Value> = tasks(&repo)
            .into_iter()
            .filter(|task| task["date"] == day)
            .collect();
        assert_eq!(of_day.len(), count, "{day}");
        assert_eq!(sum(&of_day, "/estimate/hours"), hours, "{day}");
        assert_eq!(sum(&of_day, "/agent_minutes"), minutes, "{day}");
        assert_eq!(
            format!("{:.1}", hours * 60.0 / minutes),
            format!("{factor:.1}"),
            "{day}"
        );
    }
    assert_eq!(
        repo.git(&["log", "--format=%s", "refs/leverage/tasks"])
            .lines()
            .count(),
        4
    );
    assert_eq!(
        repo.git(&["log", "--format=%s", "refs/notes/leverage"])
            .lines()
            .count(),
        4
    );
}

#[test]
fn a_second_import_adds_nothing() {
    let world = World::new();
    let repo = world.repo("published");
    let file = published("2026-03-01");
    let file = file.to_str().unwrap();
    let _ = repo.run(&["import", file]).success();
    let before = repo.git(&["for-each-ref"]);
    let again = repo.run(&["import", file]);
    assert!(
        again.stderr.contains("Imported 0 tasks; 12 already present"),
        "{again}"
    );
    assert_eq!(repo.git(&["for-each-ref"]), before);
    // A retracted task does not come back by itself.
    let id = tasks(&repo)[0]["id"].as_str().unwrap().to_owned();
    let _ = repo.run(&["retract", &id, "--reason", "not ours"]).success();
    let _ = repo.run(&["import", file]).success();
    assert_eq!(tasks(&repo).len(), 11);
}

#[test]
fn a_broken_row_in_the_middle_writes_nothing_unless_asked() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write(
        "2026-03-01.csv",
        "title,human_hours,agent_minutes,mood,factor\nKiln,40,25,fine,96\nOven,-4,10,,\nDoor,2,5,,30\n",
    );
    insta::assert_snapshot!(repo.run(&["import", "2026-03-01.csv"]), @r"
    [stderr]
    warning: 2026-03-01.csv: unknown column `mood`; not imported
    warning: 2026-03-01.csv:4: the factor 30 does not match its row: 2h in 5m is 24.0x
    warning: 2026-03-01.csv:3: `-4h` is negative
    error: cannot read 1 of 3 rows; nothing was written
    hint: Fix them, or pass `--skip-broken` to import the other 2 rows
    [exit 1]
    ");
    assert_eq!(repo.git(&["for-each-ref"]), "");
    let rest = repo.run(&["import", "2026-03-01.csv", "--skip-broken"]);
    assert_eq!(rest.code, Some(3), "{rest}");
    assert!(
        rest.stderr
            .contains("the factor 30 does not match its row: 2h in 5m is 24.0x"),
        "{rest}"
    );
    assert_eq!(tasks(&repo).len(), 2);
}

#[test]
fn files_that_cannot_be_read_are_refused_whole() {
    let world = World::new();
    let repo = world.repo("kiln");
    let mut said = String::new();
    for (name, content) in [
        ("wrong.csv", &b"a,b\n1,2\n"[..]),
        ("latin.csv", b"title,human_hours\nGr\xf6\xdfe,4\n"),
        ("undated.csv", b"title,human_hours\nKiln,4\n"),
        ("empty.csv", b""),
    ] {
        repo.write(name, content);
        said.push_str(&repo.run(&["import", name]).stderr);
    }
    said.push_str(&repo.run(&["import", "gone.csv"]).stderr);
    insta::assert_snapshot!(said, @r"
    error: cannot import `wrong.csv`: the header has no column for a task and a human estimate; it has `a`, `b`
    hint: Use a header such as `title,human_hours,agent_minutes,supervisory_minutes,tokens`
    error: cannot import `latin.csv`: line 2 is not valid UTF-8
    error: cannot import `undated.csv`: unknown day: neither its rows nor its name contain a date
    hint: Pass the day, such as `--date 2026-03-01`
    error: cannot import `empty.csv`: the file has no rows
    error: cannot import `gone.csv`: no such file
    ");
    assert_eq!(repo.git(&["for-each-ref"]), "");
}

#[test]
fn our_own_log_comes_back_with_its_ids() {
    let world = World::new();
    let (first, second) = (world.repo("first"), world.repo("second"));
    let file = published("2026-03-26");
    let _ = first.run(&["import", file.to_str().unwrap()]).success();
    let mut lines = String::new();
    for task in tasks(&first) {
        lines.push_str(&format!("{task}\n"));
    }
    second.write("tasks.jsonl", lines);
    let _ = second.run(&["import", "tasks.jsonl"]).success();
    assert_eq!(tasks(&first), tasks(&second));
}

#[test]
fn thousands_of_tasks_are_one_commit() {
    let world = World::new();
    let repo = world.repo("bulk");
    let mut text = String::from("title,human_hours,agent_minutes\n");
    for n in 0..3000 {
        text.push_str(&format!("Task {n},{},{}\n", 1 + n % 40, 1 + n % 90));
    }
    repo.write("2026-03-01.csv", text);
    let _ = repo.run(&["import", "2026-03-01.csv", "--quiet"]).success();
    assert_eq!(tasks(&repo).len(), 3000);
    assert_eq!(repo.git(&["rev-list", "--count", "refs/notes/leverage"]), "1");
    repo.git(&["fsck", "--strict"]);
}

/// A repository with four tasks of one day, two of them alike.
fn with_tasks_of_a_day(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.commit("Start");
    for (title, hours) in [("Kiln", "40h"), ("Glaze", "8h"), ("Glaze", "8h"), ("Oven", "3h")] {
        let mut args = vec!["record", "--no-commit", "--another", "--date", "2026-04-04"];
        args.extend(["--agent-time", "25m", "--supervision", "5m"]);
        args.extend(["--title", title, "--estimate", hours]);
        repo.run(&args).success();
    }
    repo
}

#[test]
fn ones_own_page_counts_nothing_twice() {
    let world = World::new();
    let repo = with_tasks_of_a_day(&world);
    let mut args = vec!["report", "--by", "task", "--format", "markdown"];
    args.extend(["--since", "2026-04-04", "--until", "2026-04-04"]);
    let written = repo.run(&args);
    repo.write("2026-04-04.md", written.success());
    let again = repo.run(&["import", "2026-04-04.md"]);
    assert!(
        again.stderr.contains("Imported 0 tasks; 4 already present"),
        "{again}"
    );
    assert!(!again.stderr.contains("unknown column"), "{again}");
}

/// Pages with measured columns and with headings of either spelling.
#[test]
fn a_page_of_old_or_new_headings_counts_nothing_twice() {
    let world = World::new();
    let repo = with_tasks_of_a_day(&world);
    let old = "| # | Task | Human Est. | Agent Time | From Logs | Sup. | Wall | Factor | Sup. Factor | Wall Factor | All-in Factor \
               | Parallelism | Commits | By Agents | Lines Added | Lines Removed | Logged Agent | Logged Sup. |";
    let new = "| # | Task | Human | Agent | From logs | Sup. | Wall | Factor | Sup. factor | Wall factor | All-in factor \
               | Parallelism | Commits | By agents | +lines | −lines | Logged agent | Logged sup. |";
    for header in [old, new] {
        let rule = "|--".repeat(18) + "|";
        let row = |title: &str, hours: &str, time: &str| {
            format!(
                "| 1 | {title} | {hours} | {time} | – | 5m | – | – | – | – | – | – | 1 | 1 | 1 | 1 | – | – |\n"
            )
        };
        let rows = row("Kiln", "42h", "25m") + &row("Glaze", "8h", "26.4m") + &row("Shelf", "1h", "1h 40m");
        repo.write("2026-04-04.md", format!("{header}\n{rule}\n{rows}"));
        let mixed = repo.run(&["import", "2026-04-04.md", "--dry-run"]);
        assert!(
            mixed.stderr.contains("Would import 1 task; 2 already present"),
            "{mixed}"
        );
        assert!(
            mixed.stdout.contains("Shelf") && mixed.stdout.contains("0.6x"),
            "{mixed}"
        );
        assert!(
            mixed
                .stderr
                .contains("`Kiln` is already recorded with 40h; its 42h were not imported"),
            "{mixed}"
        );
        assert!(!mixed.stderr.contains("unknown column"), "{mixed}");
    }
}

/// Hours, title and agent of the tasks, as a report counts them.
fn counted(repo: &TestRepo<'_>) -> Vec<String> {
    let mut tasks: Vec<String> = tasks(repo)
        .iter()
        .map(|task| format!("{} {}", task["title"], task.pointer("/estimate/hours").unwrap()))
        .collect();
    tasks.sort();
    tasks
}

#[test]
fn the_order_of_rows_decides_nothing() {
    for rows in ["Glaze,9\nGlaze,8\n", "Glaze,8\nGlaze,9\n"] {
        let world = World::new();
        let repo = world.repo("kiln");
        repo.commit("Start");
        let mut args = vec!["record", "--no-commit", "--title", "Glaze", "--estimate", "8h"];
        args.extend(["--date", "2026-04-04"]);
        repo.run(&args).success();
        repo.write("2026-04-04.csv", format!("title,human_hours\n{rows}"));
        repo.run(&["import", "2026-04-04.csv"]).success();
        let expected = [r#""Glaze" 8"#, r#""Glaze" 9"#];
        assert_eq!(counted(&repo), expected, "{rows}");
    }
}

#[test]
fn ones_own_files_count_nothing_twice_whatever_their_titles() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Start");
    for title in ["Fix parse_line", "+ add *all* <b>", "`code` | \\ x", "`whole`"] {
        let mut args = vec!["record", "--no-commit", "--estimate", "4h", "--agent-time", "9m"];
        args.extend(["--date", "2026-04-04", "--title", title]);
        repo.run(&args).success();
    }
    let before = counted(&repo);
    for file in ["page.md", "sums.csv"] {
        repo.run(&["report", "--by", "task", "--on", "2026-04-04", "-o", file])
            .success();
        let again = repo.run(&["import", file]);
        assert_eq!(again.code, Some(0), "{file}: {again}");
        assert!(
            again.stderr.contains("Imported 0 tasks; 4 already present"),
            "{file}: {again}"
        );
        assert_eq!(counted(&repo), before, "{file}");
    }
}

#[test]
fn the_same_work_of_two_agents_is_two_tasks_and_a_retracted_one_stays_so() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Start");
    let mut args = vec!["record", "--no-commit", "--estimate", "1h", "--agent", "codex"];
    args.extend(["--date", "2026-04-04", "--title", "Code review"]);
    repo.run(&args).success();
    repo.write(
        "2026-04-04.csv",
        "title,human_hours,agent\nCode review,1,claude-code\nCode review,2,codex\n",
    );
    let left_out = repo.run(&["import", "2026-04-04.csv"]);
    assert_eq!(left_out.code, Some(3), "{left_out}");
    assert!(left_out.stderr.contains("its 2h were not imported"), "{left_out}");
    assert_eq!(counted(&repo).len(), 2);
    let id = tasks(&repo)
        .iter()
        .find(|task| task["agent"] == "codex")
        .map(|task| task["id"].as_str().unwrap().to_owned());
    repo.run(&["retract", &id.unwrap(), "--reason", "Wrong"])
        .success();
    let again = repo.run(&["import", "2026-04-04.csv"]);
    assert!(
        again.stderr.contains("`Code review` was retracted") && !again.stderr.contains("revise"),
        "{again}"
    );
    assert_eq!(counted(&repo).len(), 1);
}
