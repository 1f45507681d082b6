//! Tables of who made the commits, how that is known, and what became of their lines.

use std::collections::{BTreeMap, HashMap};

use crate::audit::origin::{Grouping, NOT_NAMED, Row};
use crate::audit::strength::{Maker, Strength};
use crate::facts::ids::TaskId;
use crate::render::document::{Basis, Cell, Column, Table};

/// The commits of one grouping. Who made a commit is concluded from evidence; which commits a task has is claimed.
pub(super) fn origin(rows: &[Row], by: Grouping, title: &str, heading: &'static str) -> Option<Table> {
    let mut rows: Vec<&Row> = rows.iter().filter(|row| row.by == by).collect();
    if matches!(by, Grouping::Agent | Grouping::Model | Grouping::Task) {
        rows.sort_by_key(|row| (row.value == NOT_NAMED, std::cmp::Reverse(row.commits)));
    }
    let basis = match by {
        Grouping::Task => Basis::Claimed,
        _ => Basis::Derived,
    };
    // Where nobody is named at all, there is nothing to compare.
    if matches!(by, Grouping::Model) && rows.iter().all(|row| row.value == NOT_NAMED) {
        return None;
    }
    let labels = labels(&rows).into_iter().map(|label| vec![Cell::text(label)]);
    let columns = vec![Column::text("value", heading)];
    of_rows(title, columns, labels, &rows, basis)
}

/// Every sign by its strength: what is measured comes first, what anyone can type last.
pub(super) fn evidence(rows: &[Row]) -> Option<Table> {
    let rows: Vec<&Row> = rows.iter().collect();
    let labels = rows.iter().map(|row| {
        let (strength, basis) = match row.strength {
            Some(Strength::Log) => ("session log", Basis::Measured),
            Some(strength) => (strength.word(), Basis::Claimed),
            None => ("", Basis::Claimed),
        };
        vec![
            Cell::text(&row.value),
            Cell::text(strength),
            Cell::text(basis.word()),
        ]
    });
    let columns = vec![
        Column::text("value", "Evidence").whole(),
        Column::text("strength", "Kind").drop_order(5),
        Column::text("basis", "Basis"),
    ];
    let mut table = of_rows(
        "Evidence, strongest first",
        columns,
        labels,
        &rows,
        Basis::Derived,
    )?;
    table.notes.push(
        "Anyone who can commit or push can type a note, an author, a trailer or text; a commit with several is in several rows"
            .to_owned(),
    );
    Some(table)
}

/// A table with what is known of the commits of each row.
fn of_rows(
    title: &str,
    mut columns: Vec<Column>,
    labels: impl Iterator<Item = Vec<Cell>>,
    rows: &[&Row],
    basis: Basis,
) -> Option<Table> {
    columns.extend([
        Column::number("commits", "Commits", basis),
        Column::number("lines_added", "Lines added", basis),
    ]);
    columns.extend(fate_columns(basis));
    let cells = |(mut cells, row): (Vec<Cell>, &&Row)| {
        cells.extend([Cell::Count(row.commits), Cell::Count(row.lines_added)]);
        cells.extend(fate(row.lines_added, row.lines_elsewhere, row.lines_standing));
        cells
    };
    let table = Table {
        title: Some(title.to_owned()),
        columns,
        rows: labels.zip(rows).map(cells).collect(),
        ..Table::default()
    };
    (!rows.is_empty()).then(|| without_idle_column(table))
}

/// The column of lines on other branches, which most repositories do not have.
const ELSEWHERE: &str = "lines_elsewhere";

/// What became of lines: the last columns of every table about them.
fn fate_columns(basis: Basis) -> [Column; 3] {
    [
        Column::number(ELSEWHERE, "Not in HEAD", basis).drop_order(3),
        Column::number("lines_standing", "Lines at HEAD", basis).drop_order(1),
        Column::number("share_standing", "Survival", Basis::Derived).drop_order(2),
    ]
}

/// Lines that HEAD does not reach cannot be there, so the share leaves them out.
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

/// The value of each row; of tasks with the same title, the id too.
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

/// A history of more months than these is shown by year.
const MONTHS_SHOWN: usize = 18;

/// The commits of a month or a year, and those made with agents.
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
    let by_year = months.len() > MONTHS_SHOWN;
    if months.is_empty() {
        return None;
    }
    let mut spans: BTreeMap<&str, Span> = BTreeMap::new();
    for (month, state, row) in by_month {
        let year = month.split('-').next().unwrap_or(month);
        let span = spans.entry(if by_year { year } else { month }).or_default();
        span.commits += row.commits;
        span.added += row.lines_added;
        span.elsewhere += row.lines_elsewhere;
        if state == Maker::Agent.word() {
            span.agent_commits += row.commits;
            span.agent_added += row.lines_added;
        }
        if let Some(standing) = row.lines_standing {
            *span.standing.get_or_insert(0) += standing;
        }
    }
    let mut columns = vec![
        Column::text("period", if by_year { "Year" } else { "Month" }),
        Column::number("commits", "Commits", Basis::Measured),
        Column::number("lines_added", "Lines added", Basis::Measured),
    ];
    let [elsewhere, standing, share] = fate_columns(Basis::Measured);
    columns.extend([
        elsewhere,
        standing,
        share,
        Column::number("agent_commits", "Agent commits", Basis::Derived),
        Column::number("agent_lines_added", "Agent lines", Basis::Derived),
    ]);
    Some(without_idle_column(Table {
        title: Some(if by_year { "By year" } else { "By month" }.into()),
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
        Cell::Count(span.added),
    ];
    cells.extend(fate(span.added, span.elsewhere, span.standing));
    cells.extend([Cell::Count(span.agent_commits), Cell::Count(span.agent_added)]);
    cells
}
