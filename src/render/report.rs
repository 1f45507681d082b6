//! A report as a document: what its columns are called, where their numbers come from, and what they leave out.

use super::document::{Basis, Cell, Column, Document, Table};
use super::task::estimates_by_agents;
use crate::aggregate::group::Dimension;
use crate::aggregate::measures::Measures;
use crate::aggregate::report::{LeftOut, Report, Row};
use crate::facts::diagnostics::Status;
use crate::facts::quantity::counted;

/// One measure: its name in CSV, its heading, its basis, when a narrow terminal drops it, and its cell.
struct Field {
    id: &'static str,
    heading: &'static str,
    /// In a log of tasks, in the words in which such logs are published.
    log_heading: &'static str,
    basis: Basis,
    drop_order: u8,
    cell: fn(&Measures) -> Cell,
}

macro_rules! field {
    ($id:ident, $heading:literal, $log:literal, $basis:ident, $drop_order:expr, $cell:expr) => {
        Field {
            id: stringify!($id),
            heading: $heading,
            log_heading: $log,
            basis: Basis::$basis,
            drop_order: $drop_order,
            cell: |measures| {
                #[allow(clippy::redundant_closure_call)]
                ($cell)(measures.$id)
            },
        }
    };
}

fn known<T>(cell: fn(T) -> Cell) -> impl Fn(Option<T>) -> Cell {
    move |value| Cell::known(value, cell)
}

/// In place of a rank: for programs only, since a table for people would be too wide.
const MACHINE: u8 = u8::MAX;

/// Which lines a table is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Headline {
    /// All, and of these the added ones of source and tests.
    #[default]
    AllLines,
    /// Those of source and tests.
    SourceLines,
}

impl Headline {
    fn hides(self, id: &str) -> bool {
        match self {
            Self::AllLines => matches!(id, "source_lines_removed" | "test_lines_removed"),
            Self::SourceLines => matches!(id, "lines_added" | "lines_removed"),
        }
    }
}

/// Every measure, in the order of the format.
const FIELDS: &[Field] = &[
    field!(tasks, "tasks", "Tasks", Claimed, 0, Cell::Count),
    field!(human_hours, "human", "Human Est.", Claimed, 0, known(Cell::Hours)),
    field!(
        agent_minutes,
        "agent",
        "Agent Time",
        Claimed,
        0,
        known(Cell::Minutes)
    ),
    field!(
        agent_minutes_measured,
        "from logs",
        "From Logs",
        Measured,
        1,
        known(Cell::Minutes)
    ),
    field!(
        supervisory_minutes,
        "superv.",
        "Sup.",
        Claimed,
        0,
        known(Cell::Minutes)
    ),
    field!(
        supervisory_minutes_measured,
        "superv. from logs",
        "Sup. From Logs",
        Estimated,
        MACHINE,
        known(Cell::Minutes)
    ),
    field!(wall_minutes, "wall", "Wall", Measured, 5, known(Cell::Minutes)),
    field!(tokens, "tokens", "Tokens", Claimed, 6, known(Cell::Tokens)),
    field!(
        tokens_measured,
        "tokens from logs",
        "Tokens From Logs",
        Measured,
        MACHINE,
        known(Cell::Tokens)
    ),
    field!(
        leverage_factor,
        "leverage",
        "Factor",
        Derived,
        0,
        known(Cell::Factor)
    ),
    field!(
        supervisory_leverage_factor,
        "sup. lev.",
        "Sup. Factor",
        Derived,
        0,
        known(Cell::Factor)
    ),
    field!(
        wall_leverage_factor,
        "wall lev.",
        "Wall Factor",
        Derived,
        4,
        known(Cell::Factor)
    ),
    field!(
        all_in_leverage_factor,
        "all-in lev.",
        "All-in Factor",
        Derived,
        1,
        known(Cell::Factor)
    ),
    field!(
        human_weeks,
        "weeks",
        "Human Weeks",
        Derived,
        MACHINE,
        known(Cell::Number)
    ),
    field!(commits, "commits", "Commits", Measured, 3, Cell::Count),
    field!(agent_commits, "by agents", "By Agents", Measured, 7, Cell::Count),
    field!(
        files_changed,
        "files",
        "Files",
        Measured,
        MACHINE,
        known(Cell::Count)
    ),
    field!(
        lines_added,
        "+lines",
        "Lines Added",
        Measured,
        3,
        known(Cell::Count)
    ),
    field!(
        lines_removed,
        "-lines",
        "Lines Removed",
        Measured,
        3,
        known(Cell::Count)
    ),
    field!(
        source_lines_added,
        "+source",
        "Source Added",
        Measured,
        5,
        known(Cell::Count)
    ),
    field!(
        source_lines_removed,
        "-source",
        "Source Removed",
        Measured,
        5,
        known(Cell::Count)
    ),
    field!(
        test_lines_added,
        "+tests",
        "Tests Added",
        Measured,
        5,
        known(Cell::Count)
    ),
    field!(
        test_lines_removed,
        "-tests",
        "Tests Removed",
        Measured,
        5,
        known(Cell::Count)
    ),
    field!(sessions, "sessions", "Sessions", Measured, 7, known(Cell::Count)),
    field!(
        session_agent_minutes,
        "logged",
        "Logged Agent",
        Measured,
        4,
        known(Cell::Minutes)
    ),
    field!(
        session_supervisory_minutes,
        "logged sup.",
        "Logged Sup.",
        Estimated,
        6,
        known(Cell::Minutes)
    ),
    field!(
        parallelism,
        "parallel",
        "Parallelism",
        Derived,
        6,
        known(Cell::Number)
    ),
    field!(tokens_input, "input", "Input", Measured, MACHINE, known(tokens)),
    field!(
        tokens_cache_write,
        "cache wr.",
        "Cache Written",
        Measured,
        MACHINE,
        known(tokens)
    ),
    field!(
        tokens_cache_read,
        "cache rd.",
        "Cache Read",
        Measured,
        MACHINE,
        known(tokens)
    ),
    field!(
        tokens_output,
        "output",
        "Output",
        Measured,
        MACHINE,
        known(tokens)
    ),
    field!(
        model_human_hours,
        "model",
        "Model Est.",
        Estimated,
        2,
        known(Cell::Hours)
    ),
    field!(
        model_leverage_factor,
        "model lev.",
        "Model Factor",
        Estimated,
        2,
        known(Cell::Factor)
    ),
];

fn tokens(count: u64) -> Cell {
    Cell::Tokens(crate::facts::quantity::Tokens(count))
}

/// For CSV: what names the row, then every measure.
pub fn rows(report: &Report) -> Table {
    let by_task = report.group_by.contains(&Dimension::Task);
    let mut columns: Vec<Column> = report
        .group_by
        .iter()
        .map(|dimension| Column::text(dimension.name(), dimension.name()))
        .collect();
    if by_task {
        columns.push(Column::text("title", "title"));
        columns.push(Column::text("date", "date"));
    }
    columns.extend(
        FIELDS
            .iter()
            .map(|field| Column::number(field.id, field.heading, field.basis)),
    );
    let names_estimator = by_task && !report.group_by.contains(&Dimension::Estimator);
    columns.extend(names_estimator.then(|| Column::text("estimator", "estimator")));
    let line = |row: &Row| {
        let mut cells: Vec<Cell> = row
            .key
            .0
            .iter()
            .map(|(_, value)| Cell::known(value.clone(), Cell::Text))
            .collect();
        if by_task {
            cells.push(Cell::known(row.title.clone(), Cell::Text));
            cells.push(Cell::known(row.date, Cell::Date));
        }
        cells.extend(FIELDS.iter().map(|field| (field.cell)(&row.measures)));
        cells.extend(names_estimator.then(|| Cell::known(row.estimator.clone(), Cell::Text)));
        cells
    };
    Table {
        columns,
        rows: report.rows.iter().map(line).collect(),
        ..Table::default()
    }
}

/// For people: the columns that say something, the totals, and what the numbers leave out.
pub fn document(report: &Report, headline: Headline) -> Document {
    if report.totals.tasks == 0 && report.totals.commits == 0 && report.totals.sessions.is_none() {
        return nothing(report);
    }
    Document {
        title: Some(title(report)),
        tables: vec![table(report, headline)],
        notes: repo_notes(report),
    }
}

fn nothing(report: &Report) -> Document {
    let mut notes = vec!["nothing to report: no task and no commit in what was asked for".to_owned()];
    notes.extend(repo_notes(report));
    Document {
        title: Some(title(report)),
        tables: Vec::new(),
        notes,
    }
}

/// A log of tasks as people publish it: the tasks, numbered, and the aggregates with human weeks.
pub fn task_log(report: &Report, headline: Headline) -> Document {
    let mut document = document(report, headline);
    if !document.tables.is_empty() {
        document.tables.push(aggregates(&report.totals));
    }
    document
}

fn title(report: &Report) -> String {
    let period = match (report.since, report.until) {
        (Some(since), Some(until)) if since == until => format!(" of {since}"),
        (Some(since), Some(until)) => format!(" from {since} to {until}"),
        (Some(since), None) => format!(" since {since}"),
        (None, Some(until)) => format!(" until {until}"),
        (None, None) => String::new(),
    };
    let repos = match report.repos.as_slice() {
        [only] => only.name.clone(),
        repos => format!("{} repositories", repos.len()),
    };
    let by_day = !period.is_empty() || report.group_by.iter().any(|dimension| dimension.is_time());
    let zone = if by_day {
        format!(", days in {}", zone_words(report))
    } else {
        String::new()
    };
    format!("Leverage{period}, {repos}{zone}")
}

fn zone_words(report: &Report) -> String {
    report.zone.name().map_or("local time".to_owned(), str::to_owned)
}

fn table(report: &Report, headline: Headline) -> Table {
    let is_log = report.group_by == [Dimension::Task];
    let fields = shown_fields(report, headline, is_log);
    let mut columns = name_columns(report, is_log);
    let names = columns.len();
    columns.extend(fields.iter().map(|field| {
        let heading = if is_log { field.log_heading } else { field.heading };
        Column::number(field.id, heading, field.basis).drop_order(field.drop_order)
    }));
    let measures = |of: &Measures| -> Vec<Cell> { fields.iter().map(|field| (field.cell)(of)).collect() };
    let rows = report.rows.iter().enumerate().map(|(at, row)| {
        let mut cells = names_of(report, is_log, at, row);
        cells.extend(measures(&row.measures));
        cells
    });
    let mut totals = vec![Cell::Empty; names];
    totals[usize::from(is_log)] = Cell::text("total");
    totals.extend(measures(&report.totals));
    Table {
        title: is_log.then(|| "Task log".to_owned()),
        columns,
        rows: rows.collect(),
        totals: Some(totals),
        more_rows: report.left_out.rows,
        notes: left_out(report),
    }
}

/// The measures that say something, the claimed before the derived before the measured.
fn shown_fields(report: &Report, headline: Headline, is_log: bool) -> Vec<&'static Field> {
    let says_something = |field: &Field| {
        let all = report
            .rows
            .iter()
            .map(|row| &row.measures)
            .chain([&report.totals]);
        all.map(field.cell)
            .any(|cell| !matches!(cell, Cell::Unknown | Cell::Count(0)))
    };
    let mut fields: Vec<&Field> = FIELDS
        .iter()
        .filter(|field| field.drop_order != MACHINE && !(is_log && field.id == "tasks"))
        .filter(|field| !headline.hides(field.id) && says_something(field))
        .collect();
    fields.sort_by_key(|field| match field.basis {
        Basis::Claimed => 0,
        Basis::Derived => 1,
        Basis::Measured => 2,
        Basis::Estimated => 3,
    });
    fields
}

fn name_columns(report: &Report, is_log: bool) -> Vec<Column> {
    let mut columns = key_columns(report, is_log);
    columns.extend(
        names_estimators(report)
            .then(|| Column::text("estimator", if is_log { "Estimator" } else { "estimator" })),
    );
    columns
}

/// Whether rows are tasks of which agents estimated some.
fn names_estimators(report: &Report) -> bool {
    report.estimates_by_agents > 0
        && report.group_by.contains(&Dimension::Task)
        && !report.group_by.contains(&Dimension::Estimator)
}

fn key_columns(report: &Report, is_log: bool) -> Vec<Column> {
    if is_log {
        let mut columns = vec![Column::ordinal("n", "#"), Column::text("title", "Task")];
        if !is_one_day(report) {
            columns.push(Column::text("date", "Date"));
        }
        return columns;
    }
    report
        .group_by
        .iter()
        .map(|dimension| match dimension {
            // What tells sessions apart is the end: like a number, it is not cut.
            Dimension::Session => Column::ordinal("session", "session"),
            _ => Column::text(dimension.name(), dimension.name()),
        })
        .collect()
}

/// Characters of a session's id that people are shown, where those tell it from the others.
const SHORT_ID: usize = 8;

/// A session's name as short as it is the only one: `claude-code:44df7d08`.
fn short_session(report: &Report, name: &str) -> String {
    let rows = report.rows.iter().flat_map(|row| &row.key.0);
    let sessions = rows.filter(|(dimension, _)| *dimension == Dimension::Session);
    let others: Vec<&str> = sessions
        .filter_map(|(_, other)| other.as_deref())
        .filter(|other| *other != name)
        .collect();
    let begin = name.find(':').map_or(0, |colon| colon + 1);
    let ends = name
        .char_indices()
        .map(|(at, _)| at)
        .filter(|at| *at >= begin + SHORT_ID);
    let short = ends
        .filter_map(|end| name.get(..end))
        .find(|short| !others.iter().any(|other| other.starts_with(short)));
    short.unwrap_or(name).to_owned()
}

fn names_of(report: &Report, is_log: bool, at: usize, row: &Row) -> Vec<Cell> {
    let mut cells = key_of(report, is_log, at, row);
    cells.extend(names_estimators(report).then(|| Cell::known(row.estimator.clone(), Cell::Text)));
    cells
}

fn key_of(report: &Report, is_log: bool, at: usize, row: &Row) -> Vec<Cell> {
    if is_log {
        let mut cells = vec![
            Cell::Count(at as u64 + 1),
            Cell::known(row.title.clone(), Cell::Text),
        ];
        if !is_one_day(report) {
            cells.push(Cell::known(row.date, Cell::Date));
        }
        return cells;
    }
    let title = |dimension| row.title.clone().filter(|_| dimension == Dimension::Task);
    let name = |dimension, value: &Option<String>| match dimension {
        Dimension::Session => value.as_deref().map(|name| short_session(report, name)),
        _ => value.clone(),
    };
    let named = row.key.0.iter();
    named
        .map(|(dimension, value)| {
            Cell::known(title(*dimension).or_else(|| name(*dimension, value)), Cell::Text)
        })
        .collect()
}

fn is_one_day(report: &Report) -> bool {
    report.since.is_some() && report.since == report.until
}

/// How many lack something.
type Lacking = fn(&LeftOut) -> u64;

/// What tasks lack, with the factors that do without them then.
const TASKS_WITHOUT: [(Lacking, &str); 3] = [
    (
        |left_out| left_out.tasks_without_agent_minutes,
        "agent time, in no leverage factor",
    ),
    (
        |left_out| left_out.tasks_without_supervisory_minutes,
        "supervision, in no supervisory factor",
    ),
    (
        |left_out| left_out.tasks_without_sessions.unwrap_or_default(),
        "time in sessions, in no wall-clock or all-in factor",
    ),
];

/// What the numbers leave out, a sentence each.
fn left_out(report: &Report) -> Vec<String> {
    let (totals, left_out) = (&report.totals, &report.left_out);
    if totals.tasks == 0 {
        let none = "no task is recorded here; `git leverage record` adds the first";
        return std::iter::once(none.to_owned())
            .chain(in_no_row(report))
            .chain(unread_lines(report))
            .collect();
    }
    let without =
        |count: u64, all: String, what: &str| (count > 0).then(|| format!("{count} of {all} without {what}"));
    let tasks = TASKS_WITHOUT
        .iter()
        .filter_map(|(count, what)| without(count(left_out), counted(totals.tasks, "task", "tasks"), what));
    let measured = [
        (
            totals.agent_minutes_measured.map(Cell::Minutes),
            "of agent time are",
        ),
        (
            totals.supervisory_minutes_measured.map(Cell::Minutes),
            "of supervision are estimated",
        ),
        (totals.tokens_measured.map(Cell::Tokens), "tokens are"),
    ];
    let measured = measured.into_iter().filter_map(|(figure, what)| {
        let figure = figure?;
        let figure = figure.for_people();
        Some(format!(
            "{figure} {what} from the logs of sessions, which nobody claimed"
        ))
    });
    let all_commits = counted(totals.commits, "commit", "commits");
    let commits = without(left_out.commits_without_task, all_commits, "a task");
    let by_agents = estimates_by_agents(report.estimates_by_agents, totals.tasks);
    by_agents
        .into_iter()
        .chain(tasks)
        .chain(measured)
        .chain(commits)
        .chain(in_no_row(report))
        .chain(unread_lines(report))
        .collect()
}

/// What the rows by session cannot hold, and the totals do.
fn in_no_row(report: &Report) -> Option<String> {
    let commits = report.left_out.commits_without_session.filter(|count| *count > 0);
    let hours = report.left_out.human_hours_without_session;
    let parts: Vec<String> = [
        commits.map(|count| {
            let all = counted(report.totals.commits, "commit", "commits");
            format!("{count} of {all}")
        }),
        hours
            .filter(|hours| hours.get() > 0.0)
            .map(|hours| format!("{} of estimates", Cell::Hours(hours).for_people())),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| format!("{} without a session, in the total alone", parts.join(" and ")))
}

fn unread_lines(report: &Report) -> Option<String> {
    let count = report.left_out.commits_without_lines;
    (count > 0).then(|| {
        format!(
            "{} counted without lines, since files are missing",
            counted(count, "commit", "commits")
        )
    })
}

fn repo_notes(report: &Report) -> Vec<String> {
    let unread = report.repos.iter().filter(|repo| repo.status != Status::Complete);
    let unread = unread.map(|repo| match &repo.reason {
        Some(reason) => format!("{}: {} ({reason})", repo.name, repo.status),
        None => format!("{}: {}", repo.name, repo.status),
    });
    unread.chain(report.copies.iter().cloned()).collect()
}

/// The totals as a list, with the words of the published records.
fn aggregates(totals: &Measures) -> Table {
    let named = [
        ("tasks", "Tasks"),
        ("human_hours", "Human-equivalent hours"),
        ("human_weeks", "Human-equivalent weeks"),
        ("agent_minutes", "Agent minutes"),
        ("agent_minutes_measured", "Agent minutes from logs"),
        ("supervisory_minutes", "Supervisory minutes"),
        ("tokens", "Tokens"),
        ("leverage_factor", "Leverage factor"),
        ("supervisory_leverage_factor", "Supervisory leverage factor"),
        ("wall_leverage_factor", "Wall-clock leverage factor"),
        ("all_in_leverage_factor", "All-in leverage factor"),
        ("commits", "Commits"),
        ("lines_added", "Lines added"),
        ("lines_removed", "Lines removed"),
    ];
    let rows = named.iter().filter_map(|(id, words)| {
        let field = FIELDS.iter().find(|field| field.id == *id)?;
        let cell = (field.cell)(totals);
        let is_empty = matches!(cell, Cell::Unknown | Cell::Count(0));
        (!is_empty).then(|| vec![Cell::text(*words), cell, Cell::text(field.basis.word())])
    });
    Table {
        title: Some("Aggregates".to_owned()),
        columns: vec![
            Column::text("aggregate", "Aggregate"),
            Column::ordinal("value", "Value"),
            Column::text("basis", "Basis"),
        ],
        rows: rows.collect(),
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_a_column_in_the_order_of_the_format() {
        let columns: Vec<&str> = FIELDS.iter().map(|field| field.id).collect();
        assert_eq!(columns, Measures::NAMES);
    }
}
