//! The task log of a day: first the columns of a published record, then what was measured.

use maud::{Markup, html};

use super::parts::{commits, link, pair, pair_head, scale};
use super::urls::Urls;
use crate::facts::quantity::counted;
use crate::overview::{Day, Overview, TaskView};
use crate::render::chart::cells::Scale;
use crate::render::document::Cell;
use crate::render::page::{Grid, Head, Mark, Td};

/// The most rows.
const MAX_ROWS: usize = 150;
/// Digits of a commit.
const SHORT: usize = 8;

/// The table.
pub fn log(overview: &Overview, day: &Day, urls: &Urls) -> Markup {
    let scale = scale(overview, [&day.group]);
    let tasks: Vec<(usize, &TaskView)> = overview.numbered(&day.group.tasks).collect();
    let rows = tasks.iter().take(MAX_ROWS).enumerate();
    let grid = Grid {
        label: "Task log".to_owned(),
        columns: columns(scale.as_ref(), overview.repos.len() > 1),
        rows: rows
            .map(|(number, (at, view))| row(number, *at, view, overview, urls, scale.as_ref()))
            .collect(),
        foot: Some(foot(overview, day, &tasks, scale.as_ref())),
        sort: tasks.len() > 1,
        filter: (tasks.len() > 5).then_some("Filter tasks"),
        ..Grid::default()
    };
    let more = tasks.len().saturating_sub(MAX_ROWS) as u64;
    html! {
        (grid.render())
        @if more > 0 {
            p.sub {
                (counted(more, "more task is", "more tasks are")) " only in "
                (link(urls.file("data/tasks.jsonl").as_ref(), &html! { "tasks.jsonl" })) "; the totals include them."
            }
        }
    }
}

fn columns(scale: Option<&Scale>, has_repos: bool) -> Vec<Head> {
    let mut columns = vec![Head::ordinal("#"), Head::text("Task").class("title")];
    columns.extend(["Human", "Agent", "Sup."].map(|word| Head::number(word, Mark::Claimed)));
    columns.extend(["Factor", "Sup. factor"].map(|word| Head::number(word, Mark::Derived)));
    columns.extend(pair_head(scale));
    columns.push(Head::number("Measured", Mark::Measured));
    columns.extend([Head::text("Commit"), Head::ordinal("Findings")]);
    columns.extend(has_repos.then(|| Head::text("Repository").class("opt")));
    columns
}

fn row(
    number: usize,
    at: usize,
    view: &TaskView,
    overview: &Overview,
    urls: &Urls,
    scale: Option<&Scale>,
) -> Vec<Td> {
    let section = |id| urls.task_section(at, Some(id));
    let measured = |is: bool, mark| is.then_some(mark);
    let agent_is_measured = view.agent.measured.is_some();
    let mut cells = vec![
        Td::of(Cell::Count(number as u64 + 1)).class("faint"),
        Td::head(view.task.title.clone()).link(urls.task_section(at, None)),
        Td::of(Cell::Hours(view.task.estimate.hours)),
        Td {
            mark: measured(agent_is_measured, Mark::Measured),
            ..Td::of(Cell::known(view.agent.value, Cell::Minutes))
        },
        Td {
            mark: measured(view.supervisory.measured.is_some(), Mark::Estimated),
            ..Td::of(Cell::known(view.supervisory.value, Cell::Minutes))
        },
        Td {
            mark: measured(agent_is_measured, Mark::DerivedMeasured),
            ..Td::of(Cell::known(view.measures.leverage_factor, Cell::Factor))
        },
        Td::of(Cell::known(
            view.measures.supervisory_leverage_factor,
            Cell::Factor,
        )),
    ];
    cells.extend(scale.map(|scale| pair(scale, view.measures.leverage_factor, view.logged_factor)));
    cells.push(Td::of(Cell::known(view.logged, Cell::Minutes)));
    cells.push(
        Td::of(Cell::known(commits(overview, view, SHORT), Cell::text))
            .link(section("evidence").filter(|_| !view.commits.is_empty()))
            .class("id"),
    );
    cells.push(findings(view, overview).link(section("findings").filter(|_| !view.findings.is_empty())));
    if overview.repos.len() > 1 {
        let name = overview.repos.get(view.repo).map(|repo| repo.name.clone());
        cells.push(Td::of(Cell::known(name, Cell::text)).link(urls.repo(view.repo, None)));
    }
    cells
}

/// How many the audit has; unknown without one.
fn findings(view: &TaskView, overview: &Overview) -> Td {
    let audit = overview.repos.get(view.repo).and_then(|repo| repo.audit.as_ref());
    Td::of(Cell::known(audit, |_| Cell::Count(view.findings.len() as u64)))
}

fn foot(overview: &Overview, day: &Day, tasks: &[(usize, &TaskView)], scale: Option<&Scale>) -> Vec<Td> {
    let measures = &day.group.measures;
    let measured = &day.group.measured;
    let minutes = (measured.tasks > 0).then_some(measured.minutes);
    let audited = tasks.iter().all(|(_, view)| {
        overview
            .repos
            .get(view.repo)
            .is_some_and(|repo| repo.audit.is_some())
    });
    let count: usize = tasks.iter().map(|(_, view)| view.findings.len()).sum();
    let mut cells = vec![
        Td::of(Cell::Empty),
        Td::head("Total"),
        Td::of(Cell::known(measures.human_hours, Cell::Hours)),
        Td::of(Cell::known(measures.agent_minutes, Cell::Minutes)),
        Td::of(Cell::known(measures.supervisory_minutes, Cell::Minutes)),
        Td::of(Cell::known(measures.leverage_factor, Cell::Factor)),
        Td::of(Cell::known(measures.supervisory_leverage_factor, Cell::Factor)),
    ];
    cells.extend(scale.map(|scale| pair(scale, measures.leverage_factor, measured.factor)));
    cells.push(Td::of(Cell::known(minutes, Cell::Minutes)));
    cells.push(Td::of(Cell::Empty));
    cells.push(Td::of(Cell::known(audited.then_some(count as u64), Cell::Count)));
    cells
}
