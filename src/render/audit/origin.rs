//! The tables of what made the commits, and what became of their lines.

use std::collections::{BTreeMap, HashMap};

use crate::audit::origin::{Grouping, Row, state_word};
use crate::facts::evidence::OriginState;
use crate::facts::ids::TaskId;
use crate::render::document::{Basis, Cell, Column, Table};

pub(super) fn origin(rows: &[Row], by: Grouping, title: &str, heading: &'static str) -> Option<Table> {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.by == by).collect();
    let cells = |(label, row): (String, &&Row)| {
        let mut cells = vec![
            Cell::text(label),
            Cell::Count(row.commits),
            Cell::Count(row.lines_added),
        ];
        cells.extend(fate(row.lines_added, row.lines_elsewhere, row.lines_standing));
        cells
    };
    let mut columns = vec![
        Column::text("value", heading),
        Column::number("commits", "Commits", Basis::Measured),
        Column::number("lines_added", "Lines added", Basis::Measured),
    ];
    columns.extend(fate_columns());
    let table = Table {
        title: Some(title.to_owned()),
        columns,
        rows: labels(&rows).into_iter().zip(&rows).map(cells).collect(),
        ..Table::default()
    };
    (!rows.is_empty()).then(|| without_idle_column(table))
}

/// The column of lines on other branches, which most repositories do not need.
const ELSEWHERE: &str = "lines_elsewhere";

/// What became of lines: the end of every table about them.
fn fate_columns() -> [Column; 3] {
    [
        Column::number(ELSEWHERE, "Not in HEAD", Basis::Measured),
        Column::number("lines_standing", "Standing", Basis::Measured),
        Column::number("share_standing", "Share", Basis::Derived),
    ]
}

/// What HEAD does not reach cannot stand there, and so is no part of the share.
fn fate(added: u64, elsewhere: u64, standing: Option<u64>) -> [Cell; 3] {
    let at_head = added - elsewhere;
    let share = standing.filter(|_| at_head > 0);
    [
        Cell::Count(elsewhere),
        Cell::known(standing, Cell::Count),
        Cell::known(share, |standing| Cell::Percent(standing as f64 / at_head as f64)),
    ]
}

/// The table without the column of lines on other branches, where there are none.
fn without_idle_column(mut table: Table) -> Table {
    let at = table.columns.iter().position(|column| column.id == ELSEWHERE);
    let is_idle = |at: &usize| table.rows.iter().all(|row| row.get(*at) == Some(&Cell::Count(0)));
    if let Some(at) = at.filter(is_idle) {
        table.columns.remove(at);
        for row in &mut table.rows {
            row.remove(at);
        }
    }
    table
}

/// The value of each row, with as much of a task's id as tells it from others of the same title.
fn labels(rows: &[&Row]) -> Vec<String> {
    let mut ids: HashMap<&str, Vec<TaskId>> = HashMap::new();
    for row in rows {
        ids.entry(&row.value).or_default().extend(row.id);
    }
    let label = |row: &&Row| {
        let (Some(id), Some(same)) = (row.id, ids.get(row.value.as_str())) else {
            return row.value.clone();
        };
        let namesakes = |id: TaskId| same.iter().filter(|one| one.short() == id.short()).count();
        match (same.len(), namesakes(id)) {
            (1, _) => row.value.clone(),
            (_, 1) => format!("{} ({})", row.value, id.short()),
            _ => format!("{} ({id})", row.value),
        }
    };
    rows.iter().map(label).collect()
}

/// Months that have a row of their own; what is before them is put together by year.
const MONTHS_SHOWN: usize = 18;

/// All commits of a month or a year, and those with agents.
#[derive(Default)]
struct Span {
    commits: u64,
    agent_commits: u64,
    added: u64,
    agent_added: u64,
    elsewhere: u64,
    standing: Option<u64>,
}

pub(super) fn over_time(rows: &[Row]) -> Option<Table> {
    let by_month: Vec<(&str, &str, &Row)> = rows
        .iter()
        .filter(|row| row.by == Grouping::Month)
        .filter_map(|row| {
            row.value
                .split_once(' ')
                .map(|(month, state)| (month, state, row))
        })
        .collect();
    let mut months: Vec<&str> = by_month.iter().map(|(month, ..)| *month).collect();
    months.dedup();
    let recent = months.len().saturating_sub(MONTHS_SHOWN);
    // Years are whole: the first month with a row of its own is a January, where there is one.
    let january = months
        .iter()
        .skip(recent)
        .position(|month| month.ends_with("-01"));
    let first_shown = months.get(recent + january.filter(|_| recent > 0).unwrap_or(0))?;
    let mut spans: BTreeMap<&str, Span> = BTreeMap::new();
    for (month, state, row) in by_month {
        let year = month.split('-').next().unwrap_or(month);
        let span = spans
            .entry(if month < *first_shown { year } else { month })
            .or_default();
        span.commits += row.commits;
        span.added += row.lines_added;
        span.elsewhere += row.lines_elsewhere;
        if state == state_word(OriginState::Agent) {
            span.agent_commits += row.commits;
            span.agent_added += row.lines_added;
        }
        if let Some(standing) = row.lines_standing {
            *span.standing.get_or_insert(0) += standing;
        }
    }
    let mut columns = vec![
        Column::text("period", "Period"),
        Column::number("commits", "Commits", Basis::Measured),
        Column::number("agent_commits", "Agents' commits", Basis::Measured),
        Column::number("lines_added", "Lines added", Basis::Measured),
        Column::number("agent_lines_added", "Agents' lines", Basis::Measured),
    ];
    columns.extend(fate_columns());
    Some(without_idle_column(Table {
        title: Some("Over time".into()),
        columns,
        rows: spans
            .into_iter()
            .map(|(period, span)| span_cells(period, &span))
            .collect(),
        ..Table::default()
    }))
}

fn span_cells(period: &str, span: &Span) -> Vec<Cell> {
    let mut cells = vec![
        Cell::text(period),
        Cell::Count(span.commits),
        Cell::Count(span.agent_commits),
        Cell::Count(span.added),
        Cell::Count(span.agent_added),
    ];
    cells.extend(fate(span.added, span.elsewhere, span.standing));
    cells
}
