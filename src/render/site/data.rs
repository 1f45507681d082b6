//! The same as data: the report by day, the tasks, and the days as a table.
//!
//! Nothing here says more than the pages do: no paths, no names of files, and addresses only on request.

use chrono::NaiveDate;
use serde::Serialize;

use super::options::SiteOptions;
use super::parts::{self, person};
use crate::aggregate::group::{Dimension, Key};
use crate::aggregate::measures::Measures;
use crate::aggregate::report::{LeftOut, SCHEMA};
use crate::facts::diagnostics::Status;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::task::{Task, TaskSource};
use crate::facts::zone::Zone;
use crate::overview::{Day, Overview, TaskView};
use crate::render::document::{Basis, Cell, Column, Table};
use crate::render::format::csv;
use crate::render::json::{self, Versioned};

/// A report by day. Its repositories have no paths.
#[derive(Serialize)]
struct ByDay<'a> {
    zone: Zone,
    since: Option<NaiveDate>,
    until: Option<NaiveDate>,
    group_by: [Dimension; 1],
    rows: Vec<DayRow<'a>>,
    totals: &'a Measures,
    estimates_by_agents: u64,
    left_out: LeftOut,
    repos: Vec<RepoRow<'a>>,
}

#[derive(Serialize)]
struct DayRow<'a> {
    key: Key,
    #[serde(flatten)]
    measures: &'a Measures,
}

#[derive(Serialize)]
struct RepoRow<'a> {
    name: &'a str,
    status: Status,
    reason: Option<String>,
}

/// A task, as `export tasks` has it.
#[derive(Serialize)]
struct TaskLine<'a> {
    repo: Option<&'a str>,
    commit: Option<ObjectId>,
    day: NaiveDate,
    agent_minutes_measured: Option<Minutes>,
    supervisory_minutes_measured: Option<Minutes>,
    tokens_measured: Option<Tokens>,
    leverage_factor: Option<f64>,
    supervisory_leverage_factor: Option<f64>,
    #[serde(flatten)]
    task: Task,
}

/// The report by day, as `report --by day --format json` prints it, without paths and warnings.
pub fn report(overview: &Overview, options: &SiteOptions) -> String {
    let row = |day: &Day| Key(vec![(Dimension::Day, Some(day.day.to_string()))]);
    let body = ByDay {
        zone: overview.zone,
        since: overview.period.since,
        until: overview.period.until,
        group_by: [Dimension::Day],
        rows: overview
            .days
            .iter()
            .map(|day| DayRow {
                key: row(day),
                measures: &day.group.measures,
            })
            .collect(),
        totals: &overview.all.measures,
        estimates_by_agents: overview.estimates_by_agents,
        left_out: overview.left_out,
        repos: overview
            .repos
            .iter()
            .map(|repo| RepoRow {
                name: &repo.name,
                status: repo.status,
                reason: (repo.reason.as_deref()).map(|reason| parts::published(reason, options)),
            })
            .collect(),
    };
    // The types above have no map with keys that are not text, which is all that could fail.
    json::pretty(&Versioned { schema: SCHEMA, body }).unwrap_or_default()
}

/// The tasks, one per line, as `export tasks` prints them.
pub fn tasks(overview: &Overview, options: &SiteOptions) -> String {
    let line = |view| json::line(&line(overview, view, options)).unwrap_or_default();
    overview.tasks.iter().map(line).collect()
}

fn line<'a>(overview: &'a Overview, view: &'a TaskView, options: &SiteOptions) -> TaskLine<'a> {
    let here = view.commits.first().and_then(|at| overview.commits.get(*at));
    TaskLine {
        repo: overview.repos.get(view.repo).map(|repo| repo.name.as_str()),
        commit: here
            .map(|commit| commit.id)
            .or_else(|| view.missing_commits.first().copied()),
        day: view.day,
        agent_minutes_measured: view.agent.measured,
        supervisory_minutes_measured: view.supervisory.measured,
        tokens_measured: view.tokens.measured,
        leverage_factor: view.measures.leverage_factor,
        supervisory_leverage_factor: view.measures.supervisory_leverage_factor,
        task: published(&view.task, options),
    }
}

/// A revision as it is published: without the file that it was imported from and, unless requested, without addresses.
pub fn published(task: &Task, options: &SiteOptions) -> Task {
    let mut task = task.clone();
    if matches!(task.source, TaskSource::Import(_)) {
        task.source = TaskSource::Other("import".to_owned());
    }
    task.by = person(&task.by, options);
    task.estimate.by = person(&task.estimate.by, options);
    let clean = |text: Option<String>| text.map(|text| parts::published(&text, options));
    task.reason = clean(task.reason);
    task.category = clean(task.category);
    for tag in &mut task.tags {
        *tag = parts::published(tag, options);
    }
    for phase in &mut task.estimate.phases {
        phase.name = parts::published(&phase.name, options);
    }
    task.estimate.basis = clean(task.estimate.basis);
    task
}

/// The days, as CSV.
pub fn days(overview: &Overview) -> String {
    let names = Measures::NAMES.iter();
    let columns = names.map(|name| Column::number(*name, *name, Basis::Measured));
    let row = |day: &Day| {
        let numbers = Measures::NAMES.iter().map(|name| day.group.measures.number(name));
        std::iter::once(Cell::Date(day.day))
            .chain(numbers.map(|number| Cell::known(number, Cell::Number)))
            .collect()
    };
    csv::render(&Table {
        columns: std::iter::once(Column::text("day", "Day"))
            .chain(columns)
            .collect(),
        rows: overview.days.iter().map(row).collect(),
        ..Table::default()
    })
}
