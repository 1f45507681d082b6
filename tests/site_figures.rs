//! The pages of a site: their structure, and every figure against `report`.

use regex::Regex;
use serde_json::Value;

use crate::world::World;

/// A world with the site of the demo in `out`.
fn site() -> World {
    let world = World::new();
    world.run(&["demo", "demo"]).success();
    world.run(&["site", "out", "demo", "--zone", "UTC"]).success();
    world
}

fn page(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.path("out").join(name)).unwrap()
}

fn text(markup: &str) -> String {
    let text = Regex::new("<[^>]*>").unwrap().replace_all(markup, "");
    text.replace("&amp;", "&").trim().to_owned()
}

/// The headings, tiles, tables with their heads, and figures of a page, in their order.
fn outline(page: &str) -> String {
    let part = Regex::new(
        "(?s)<(h[123])[^>]*>(.*?)</h[123]>|<dt>(.*?)</dt>|<(section) class=\"scroll\"[^>]*aria-label=\"([^\"]*)\"|<th scope=\"col\"[^>]*>(.*?)</th>|<(figure)",
    )
    .unwrap();
    // The axis in the head of a column of drawings.
    let factors = Regex::new("[0-9.,]+x").unwrap();
    let mut lines: Vec<String> = Vec::new();
    let (_, main) = page.split_once("<main").unwrap();
    for found in part.captures_iter(main) {
        let group = |at| found.get(at).map(|found| text(found.as_str()));
        if let (Some(tag), Some(heading)) = (group(1), group(2)) {
            lines.push(format!("{tag} {heading}"));
        } else if let Some(word) = group(3) {
            lines.push(format!("  tile {word}"));
        } else if let Some(label) = group(5) {
            lines.push(format!("  table {label}:"));
        } else if let Some(head) = group(6) {
            let head = factors.replace_all(&head, "").trim().to_owned();
            if let Some(last) = lines.last_mut() {
                *last += &format!(" {head} |");
            }
        } else {
            lines.push("  figure".to_owned());
        }
    }
    lines.join("\n")
}

/// The exact values of cells; `None` for text and for what is unknown.
type Figures = Vec<Option<f64>>;

/// The exact values of the cells of a table by its label: of each row with its head, and of the foot.
fn values(page: &str, label: &str) -> (Vec<(String, Figures)>, Figures) {
    let (_, table) = page.split_once(&format!("aria-label=\"{label}\">")).unwrap();
    let table = &table[..table.find("</section>").unwrap()];
    let row = Regex::new("(?s)<tr[^>]*>(.*?)</tr>").unwrap();
    let cell = Regex::new("(?s)<t[dh]([^>]*)>(.*?)</t[dh]>").unwrap();
    let exact = Regex::new(" data-v=\"([^\"]*)\"").unwrap();
    let cells = |row: &str| -> Figures {
        let cells = cell.captures_iter(row).filter(|cell| !cell[1].contains("chart"));
        let value = |attributes: &str| Some(exact.captures(attributes)?[1].parse().unwrap());
        cells.map(|cell| value(&cell[1])).collect()
    };
    let head = |row: &str| {
        cell.captures_iter(row)
            .find(|cell| cell[1].contains("scope=\"row\""))
            .map(|cell| text(&cell[2]))
    };
    let (body, foot) = table.split_once("<tfoot>").unwrap();
    let (_, body) = body.split_once("<tbody>").unwrap();
    let rows = row.captures_iter(body);
    let rows = rows.map(|row| (head(&row[1]).unwrap(), cells(&row[1]))).collect();
    let foot = row.captures(foot).map(|row| cells(&row[1])).unwrap();
    (rows, foot)
}

fn report(world: &World, by: &str) -> Value {
    let args = ["report", "demo", "--zone", "UTC", "--by", by, "--format", "json"];
    serde_json::from_str(&world.run(&args).success()).unwrap()
}

const COLUMNS: [&str; 11] = [
    "tasks",
    "human_hours",
    "agent_minutes",
    "supervisory_minutes",
    "tokens",
    "leverage_factor",
    "supervisory_leverage_factor",
    "session_agent_minutes",
    "commits",
    "agent_commits",
    "lines_added",
];

#[test]
fn the_tables_of_the_index_have_the_figures_of_the_report() {
    let world = site();
    let index = page(&world, "index.html");
    for (label, by) in [("Days", "day"), ("Repositories", "repo")] {
        let report = report(&world, by);
        let (rows, foot) = values(&index, label);
        assert!(rows.len() >= 4, "{rows:?}");
        let figures = |of: &Value| -> Figures { COLUMNS.iter().map(|name| of[*name].as_f64()).collect() };
        for (name, cells) in &rows {
            let mut all = report["rows"].as_array().unwrap().iter();
            let row = all.find(|row| row["key"][by] == name.as_str()).unwrap();
            assert_eq!(cells[1..], figures(row), "{label}: {name}");
        }
        assert_eq!(foot[1..], figures(&report["totals"]), "{label}");
    }
}

#[test]
fn the_rows_of_a_day_sum_up_to_its_foot() {
    let world = site();
    for day in ["2026-03-01", "2026-03-02", "2026-03-26", "2026-04-04"] {
        let (rows, foot) = values(&page(&world, &format!("days/{day}.html")), "Task log");
        assert!(rows.len() > 10, "{day}: {}", rows.len());
        // Hours, agent time, supervision, measured time: after the number and the title.
        for column in [2, 3, 4] {
            let sum: f64 = rows.iter().filter_map(|(_, cells)| cells[column]).sum();
            let total = foot[column].unwrap_or_default();
            assert!(
                (sum - total).abs() < 1e-6,
                "{day}, column {column}: {sum} and {total}"
            );
        }
        let tasks = rows.iter().filter(|(_, cells)| cells[3].is_some());
        let (hours, minutes) = tasks.fold((0.0, 0.0), |(hours, minutes), (_, cells)| {
            (hours + cells[2].unwrap(), minutes + cells[3].unwrap())
        });
        let factor = foot[5].unwrap();
        assert!((hours * 60.0 / minutes - factor).abs() < 1e-9, "{day}: {factor}");
    }
}

#[test]
fn the_index_and_days_have_this_structure() {
    let world = site();
    insta::assert_snapshot!(outline(&page(&world, "index.html")), @r"
    h1 3,035.5h of human work, claimed for 58h 13m of agent time
      tile Human hours
      tile Factor
      tile Factor over measured time
      tile Supervisory factor
      tile Agents at work
      tile Commits
    h2 Evidence for the claims
      figure
      table Evidence for the claims: Evidence | Tasks | Human | Share |
    h2 How much survives each doubt
      table How much survives each doubt: Doubt | Tasks | Human | Agent time | Factor | Left | Sup. | Sup. factor | Sup. left |
    h2 Every task
      figure
    h2 Calendar
      figure
    h2 Days
      table Days: Day | Tasks | Human | Agent | Sup. | Tokens | Factor | Sup. factor | Each task at its factor | Measured | Commits | By agents | +Lines |
    h2 Repositories
      table Repositories: Repository | Tasks | Human | Agent | Sup. | Tokens | Factor | Sup. factor | Each task at its factor | Measured | Commits | By agents | +Lines |
    h2 What the numbers leave out
    ");
    insta::assert_snapshot!(outline(&page(&world, "days/2026-03-26.html")), @r"
    h1 Leverage Record: March 26, 2026
      tile Human hours
      tile Factor
      tile Factor over measured time
      tile Supervisory factor
    h2 Task log
      table Task log: # | Task | Human | Agent | Sup. | Factor | Sup. factor | Factor as claimed, and over measured time | Measured | Commit | Findings | Repository |
    h2 What weighs in the factor
      figure
    h2 Hours against minutes
      figure
    h2 When it happened
      figure
    h2 Aggregate
      table Aggregate: Figure | Value |
    h3 Reading it
    ");
}

#[test]
fn months_repositories_and_tasks_have_this_structure() {
    let world = site();
    insta::assert_snapshot!(outline(&page(&world, "months/2026-04.html")), @r"
    h1 Leverage Record: April 2026
    h2 Days
      table Days: Day | Tasks | Human | Agent | Sup. | Tokens | Factor | Sup. factor | Each task at its factor | Measured | Commits | By agents | +Lines |
    h2 Every task
      figure
    h2 Calendar
      figure
    ");
    insta::assert_snapshot!(outline(&page(&world, "repos/accounts.html")), @r"
    h1 accounts
      tile Factor
      tile Factor over measured time
      tile All-in factor
      tile Lines still at HEAD
    h2 Evidence for the claims
      figure
      table Evidence for the claims: Evidence | Tasks | Human | Share |
    h2 Calendar
      figure
    h2 Tasks
      table Tasks: Day | Task | Human | Agent | Sup. | Factor | Factor as claimed, and over measured time | Measured | +Lines | Commit | Evidence |
    h2 Who made it, and what is still there
      figure
      table By agent: Agent | Commits | +Lines | At HEAD |
      table By evidence: Sign | Commits | +Lines | At HEAD |
    h2 What does not add up
    ");
    let task = std::fs::read_dir(world.path("out/tasks")).unwrap();
    let mut tasks: Vec<_> = task
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    tasks.sort();
    insta::assert_snapshot!(outline(&page(&world, &format!("tasks/{}", tasks[0]))), @r"
    h1 Design document for desktop application
      tile Estimate
      tile Factor
      tile Factor over measured time
      tile Supervisory factor
    h2 Claimed and measured
      table Claimed and measured: Figure | Claimed | Measured | Difference | How it is known |
    h2 Revisions
    h2 What does not add up
    h2 Evidence
      figure
    h3 Commits
    h3 Sessions
    h2 Check it yourself
    ");
}
