//! A report as a document: its columns, where their numbers come from, and what they leave out.

use super::by_hand;
use super::columns::{Choice, UnknownName};
use super::document::{Basis, Cell, Column, Document, Point, Table, Timeline};
use super::pace;
use super::sections::stated;
use super::task::estimates_by_agents;
use crate::aggregate::estimates::Counted;
use crate::aggregate::group::Dimension;
use crate::aggregate::measures::Measures;
use crate::aggregate::report::{LeftOut, Report, Row};
use crate::facts::diagnostics::Status;
use crate::facts::factor::FactorRange;
use crate::facts::quantity::{Minutes, counted, plural, thousands};
use crate::facts::statistics::FEWEST;
use crate::facts::worked::ASSUMED_MINUTES;
use crate::overview::claim::Claim;

/// One measure: its name in CSV, its heading, its basis, when a narrow terminal hides it, and its cell.
struct Field {
    id: &'static str,
    heading: &'static str,
    basis: Basis,
    drop_order: u8,
    cell: fn(&Measures) -> Cell,
}

macro_rules! field {
    ($id:ident, $heading:literal, $basis:ident, $drop_order:expr, $cell:expr) => {
        Field {
            id: stringify!($id),
            heading: $heading,
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

/// Instead of a rank: only for programs, and if `--columns` requests it.
const MACHINE: u8 = u8::MAX;

/// The column of both ends of the factor, for people: programs get a column for each.
const RANGE: &str = "leverage_factor_range";

/// Which lines a table counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Headline {
    /// All lines, and of these the added ones in source and tests.
    #[default]
    AllLines,
    /// Only lines in source and tests.
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
    field!(tasks, "Tasks", Claimed, 4, Cell::Count),
    field!(human_hours, "Human", Claimed, 0, known(Cell::Hours)),
    field!(human_hours_low, "Low", Claimed, 14, known(Cell::Hours)),
    field!(human_hours_high, "High", Claimed, 14, known(Cell::Hours)),
    field!(agent_minutes, "Agent time", Claimed, 0, known(Cell::Minutes)),
    field!(agent_minutes_low, "At least", Claimed, 4, known(Cell::Minutes)),
    field!(
        agent_minutes_measured,
        "From logs",
        Measured,
        3,
        known(Cell::Minutes)
    ),
    field!(supervisory_minutes, "Sup.", Claimed, 5, known(Cell::Minutes)),
    field!(
        supervisory_minutes_measured,
        "Sup. from logs",
        Estimated,
        MACHINE,
        known(Cell::Minutes)
    ),
    field!(wall_minutes, "Wall time", Measured, 11, known(Cell::Minutes)),
    field!(tokens, "Tokens", Claimed, 9, known(Cell::Tokens)),
    field!(
        tokens_measured,
        "Tokens from logs",
        Measured,
        MACHINE,
        known(Cell::Tokens)
    ),
    field!(leverage_factor, "Factor", Derived, 0, known(Cell::Factor)),
    Field {
        id: RANGE,
        heading: "Range",
        basis: Basis::Derived,
        drop_order: 3,
        cell: |measures| {
            let ends = measures.leverage_factor_low.zip(measures.leverage_factor_high);
            Cell::known(ends, |(low, high)| Cell::Factors(FactorRange { low, high }))
        },
    },
    field!(
        leverage_factor_low,
        "Factor at least",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(
        leverage_factor_high,
        "Factor at most",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(
        supervisory_leverage_factor,
        "Sup. factor",
        Derived,
        6,
        known(Cell::Factor)
    ),
    field!(
        supervisory_leverage_factor_low,
        "Sup. factor at least",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(
        supervisory_leverage_factor_high,
        "Sup. factor at most",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(
        wall_leverage_factor,
        "Wall factor",
        Derived,
        10,
        known(Cell::Factor)
    ),
    field!(
        wall_leverage_factor_low,
        "Wall factor at least",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(
        wall_leverage_factor_high,
        "Wall factor at most",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(
        all_in_leverage_factor,
        "All-in factor",
        Derived,
        8,
        known(Cell::Factor)
    ),
    field!(
        all_in_leverage_factor_low,
        "All-in factor at least",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(
        all_in_leverage_factor_high,
        "All-in factor at most",
        Derived,
        MACHINE,
        known(Cell::Factor)
    ),
    field!(human_weeks, "Human weeks", Derived, MACHINE, known(Cell::Number)),
    field!(commits, "Commits", Measured, 1, Cell::Count),
    field!(agent_commits, "By agents", Measured, 2, Cell::Count),
    field!(files_changed, "Files", Measured, MACHINE, known(Cell::Count)),
    field!(lines_added, "+lines", Measured, 4, known(Cell::Count)),
    field!(lines_removed, "-lines", Measured, 9, known(Cell::Count)),
    field!(source_lines_added, "+source", Measured, 12, known(Cell::Count)),
    field!(source_lines_removed, "-source", Measured, 12, known(Cell::Count)),
    field!(test_lines_added, "+tests", Measured, 12, known(Cell::Count)),
    field!(test_lines_removed, "-tests", Measured, 12, known(Cell::Count)),
    field!(sessions, "Sessions", Measured, 10, known(Cell::Count)),
    field!(
        session_agent_minutes,
        "Logged agent time",
        Measured,
        3,
        known(Cell::Minutes)
    ),
    field!(
        session_agent_minutes_low,
        "Logged at least",
        Measured,
        MACHINE,
        known(Cell::Minutes)
    ),
    field!(
        session_supervisory_minutes,
        "Logged sup.",
        Estimated,
        11,
        known(Cell::Minutes)
    ),
    field!(parallelism, "Parallelism", Derived, 13, known(Cell::Number)),
    field!(tokens_input, "Input", Measured, MACHINE, known(tokens)),
    field!(
        tokens_cache_write,
        "Cache written",
        Measured,
        MACHINE,
        known(tokens)
    ),
    field!(tokens_cache_read, "Cache read", Measured, MACHINE, known(tokens)),
    field!(tokens_output, "Output", Measured, MACHINE, known(tokens)),
    field!(tokens_logged, "Logged tokens", Measured, 7, known(tokens)),
    field!(model_human_hours, "Model est.", Estimated, 2, known(Cell::Hours)),
    field!(
        model_leverage_factor,
        "Model factor",
        Estimated,
        2,
        known(Cell::Factor)
    ),
    field!(pace_human_hours, "By pace", Estimated, 2, known(Cell::Hours)),
    field!(pace_human_hours_low, "Pace low", Estimated, 3, known(Cell::Hours)),
    field!(
        pace_human_hours_high,
        "Pace high",
        Estimated,
        3,
        known(Cell::Hours)
    ),
    field!(
        pace_leverage_factor,
        "Pace factor",
        Estimated,
        2,
        known(Cell::Factor)
    ),
    field!(cocomo_human_hours, "COCOMO II", Estimated, 2, known(Cell::Hours)),
    field!(
        cocomo_leverage_factor,
        "COCOMO factor",
        Estimated,
        2,
        known(Cell::Factor)
    ),
    field!(
        calibrated_human_hours,
        "Calibrated",
        Derived,
        1,
        known(Cell::Hours)
    ),
    field!(
        calibrated_leverage_factor,
        "Calibrated factor",
        Derived,
        0,
        known(Cell::Factor)
    ),
    field!(
        calibrated_leverage_factor_low,
        "Cal. low",
        Derived,
        2,
        known(Cell::Factor)
    ),
    field!(
        calibrated_leverage_factor_high,
        "Cal. high",
        Derived,
        2,
        known(Cell::Factor)
    ),
];

fn tokens(count: u64) -> Cell {
    Cell::Tokens(crate::facts::quantity::Tokens(count))
}

/// What a table shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct View {
    /// Which lines it counts.
    pub headline: Headline,
    /// Whether a chart follows a table by day, week or month.
    pub chart: bool,
    /// The requested columns, by id or heading, in addition to those that name the row. Empty for the default.
    pub columns: Vec<String>,
}

/// The measures on a page that people publish as their log of tasks, if no columns are requested.
const LOG: [&str; 8] = [
    "human_hours",
    "human_hours_low",
    "human_hours_high",
    "agent_minutes",
    "supervisory_minutes",
    "leverage_factor",
    RANGE,
    "supervisory_leverage_factor",
];

/// Every column that can be requested.
pub fn choices() -> Vec<Choice<'static>> {
    let names = Dimension::ALL
        .iter()
        .map(|dimension| (dimension.name(), heading(*dimension)))
        .chain([("title", "Task"), ("date", "Date")]);
    let measures = FIELDS.iter().map(|field| (field.id, field.heading));
    let choice = |(id, heading)| Choice {
        id,
        heading,
        group: None,
    };
    names.chain(measures).map(choice).collect()
}

/// The measures that rows can be sorted by.
pub fn measures() -> Vec<Choice<'static>> {
    let of = choices().into_iter();
    of.filter(|choice| {
        FIELDS
            .iter()
            .any(|field| field.id == choice.id && field.id != RANGE)
    })
    .collect()
}

/// For CSV: what names the row, then every measure, or the requested ones.
pub fn rows(report: &Report, view: &View) -> Result<Table, UnknownName> {
    match view.columns.as_slice() {
        [] => Ok(all_rows(report, &|field| field.id != RANGE)),
        names => all_rows(report, &|_| true).choose(names, &choices()),
    }
}

fn all_rows(report: &Report, takes: &dyn Fn(&Field) -> bool) -> Table {
    let fields: Vec<&Field> = FIELDS.iter().filter(|field| takes(field)).collect();
    let by_task = report.group_by.contains(&Dimension::Task);
    let mut columns: Vec<Column> = report
        .group_by
        .iter()
        .map(|dimension| Column::text(dimension.name(), heading(*dimension)).key())
        .collect();
    if by_task {
        columns.push(Column::text("title", "Task").key());
        columns.push(Column::text("date", "Date").key());
    }
    columns.extend(
        fields
            .iter()
            .map(|field| Column::number(field.id, field.heading, field.basis)),
    );
    let names_estimator = by_task && !report.group_by.contains(&Dimension::Estimator);
    columns.extend(names_estimator.then(|| Column::text("estimator", "Estimator")));
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
        cells.extend(fields.iter().map(|field| (field.cell)(&row.measures)));
        cells.extend(names_estimator.then(|| Cell::known(row.estimator.clone(), Cell::Text)));
        cells
    };
    Table {
        columns,
        rows: report.rows.iter().map(line).collect(),
        ..Table::default()
    }
}

/// For people: the columns with values, the totals, and what the numbers leave out.
pub fn document(report: &Report, view: &View) -> Result<Document, UnknownName> {
    page(report, view, None)
}

/// A log of tasks as people publish it: the tasks, numbered, and the aggregates with human weeks.
pub fn task_log(report: &Report, view: &View) -> Result<Document, UnknownName> {
    let mut document = page(report, view, Some(&LOG))?;
    if let Some(day) = report.since.filter(|_| is_one_day(report)) {
        document.title = Some(format!("Leverage Record: {}", day.format("%B %-d, %Y")));
        document.lead = day_lead(report);
    }
    if !document.tables.is_empty() {
        document.tables.push(aggregates(&report.totals));
    }
    Ok(document)
}

/// What a day claims; `None` without tasks.
fn day_lead(report: &Report) -> Option<String> {
    let amounts = |row: &Row| {
        let measures = &row.measures;
        let hours = measures.human_hours?;
        Some((hours, measures.agent_minutes, measures.supervisory_minutes))
    };
    let claim = Claim::of(report.rows.iter().filter_map(amounts));
    let is_whole = claim.tasks == report.totals.tasks && claim.tasks > 0;
    is_whole.then(|| format!("{} Days are in {}.", stated(&claim, ""), zone_words(report)))
}

fn page(report: &Report, view: &View, usual: Option<&[&str]>) -> Result<Document, UnknownName> {
    let totals = &report.totals;
    let is_empty = totals.tasks == 0 && totals.commits == 0 && totals.sessions.is_none();
    let mut notes = repo_notes(report);
    let tables = match is_empty {
        true => Vec::new(),
        false => vec![table(report, view, usual)?],
    };
    let calibration = report.calibration.as_ref().map(by_hand::calibration);
    let tables = tables.into_iter().chain(calibration).collect();
    if is_empty {
        notes.insert(0, "No tasks or commits match".to_owned());
    }
    Ok(Document {
        title: Some(title(report)),
        lead: None,
        reading: Vec::new(),
        timeline: view.chart.then(|| timeline(report)).flatten(),
        tables,
        notes,
    })
}

/// The rows as a chart, if they are days, weeks or months, and more than one of them has hours.
fn timeline(report: &Report) -> Option<Timeline> {
    let [unit @ (Dimension::Day | Dimension::Week | Dimension::Month)] = report.group_by.as_slice() else {
        return None;
    };
    let point = |row: &Row| {
        let label = row.key.0.first()?.1.clone()?;
        Some(Point {
            at: unit.position(&label)?,
            label,
            hours: row.measures.human_hours,
            factor: row.measures.leverage_factor,
        })
    };
    let mut points: Vec<Point> = report.rows.iter().filter_map(point).collect();
    points.retain(|point| point.hours.is_some());
    (points.len() > 1).then(|| Timeline {
        unit: unit.name(),
        points,
    })
}

/// What a report is about.
pub fn title(report: &Report) -> String {
    let period = match (report.since, report.until) {
        (Some(since), _) if is_one_day(report) => format!(" of {since}"),
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

fn table(report: &Report, view: &View, usual: Option<&[&str]>) -> Result<Table, UnknownName> {
    let is_log = report.group_by == [Dimension::Task];
    let fields = match (view.columns.as_slice(), usual) {
        ([], usual) => {
            let mut shown = shown_fields(report, view.headline, is_log);
            // On a page, and not beside the many columns of a terminal, which might hide one of the two.
            let is_beside = |field: &Field| !matches!(field.id, "human_hours_low" | "human_hours_high");
            shown.retain(|field| usual.map_or(is_beside(field), |usual| usual.contains(&field.id)));
            shown
        }
        _ => FIELDS.iter().collect(),
    };
    let mut columns = name_columns(report, is_log);
    let names = columns.len();
    columns.extend(
        fields
            .iter()
            .map(|field| Column::number(field.id, field.heading, field.basis).drop_order(field.drop_order)),
    );
    let measures = |of: &Measures| -> Vec<Cell> { fields.iter().map(|field| (field.cell)(of)).collect() };
    let rows = report.rows.iter().enumerate().map(|(at, row)| {
        let mut cells = names_of(report, is_log, at, row);
        cells.extend(measures(&row.measures));
        cells
    });
    let mut totals = vec![Cell::Empty; names];
    totals[usize::from(is_log)] = Cell::text("Total");
    totals.extend(measures(&report.totals));
    let table = Table {
        title: is_log.then(|| "Task log".to_owned()),
        columns,
        rows: rows.collect(),
        totals: Some(totals),
        more_rows: report.left_out.rows,
        notes: left_out(report),
    };
    match view.columns.as_slice() {
        [] => Ok(table),
        names => table.choose(names, &choices()),
    }
}

/// The measures that have values: claimed ones, then derived ones, then measured ones.
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
        // It follows from sessions, not from claims.
        _ if field.id == "parallelism" => 3,
        Basis::Claimed => 0,
        Basis::Derived => 1,
        Basis::Measured => 2,
        Basis::Estimated => 3,
    });
    fields
}

fn name_columns(report: &Report, is_log: bool) -> Vec<Column> {
    let mut columns = key_columns(report, is_log);
    columns.extend(names_estimators(report).then(|| Column::text("estimator", "Estimator").drop_order(7)));
    columns
}

/// Whether rows are tasks, some of them estimated by agents.
fn names_estimators(report: &Report) -> bool {
    report.estimates_by_agents > 0
        && report.group_by.contains(&Dimension::Task)
        && !report.group_by.contains(&Dimension::Estimator)
}

fn key_columns(report: &Report, is_log: bool) -> Vec<Column> {
    if is_log {
        let mut columns = vec![
            Column::ordinal("n", "#").key(),
            Column::text("title", "Task").key(),
        ];
        if !is_one_day(report) {
            columns.push(Column::text("date", "Date").drop_order(6));
        }
        return columns;
    }
    report
        .group_by
        .iter()
        .map(|dimension| match dimension {
            // Sessions differ in the end of their ids, so it is not cut.
            Dimension::Session => Column::text("session", "Session").whole().key(),
            Dimension::Day | Dimension::Week | Dimension::Month => {
                Column::text(dimension.name(), heading(*dimension)).whole().key()
            }
            _ => Column::text(dimension.name(), heading(*dimension)).key(),
        })
        .collect()
}

/// The heading of a dimension's column.
fn heading(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Day => "Day",
        Dimension::Week => "Week",
        Dimension::Month => "Month",
        Dimension::Repo => "Repository",
        Dimension::Agent => "Agent",
        Dimension::Model => "Model",
        Dimension::Category => "Category",
        Dimension::Author => "Author",
        Dimension::Estimator => "Estimator",
        Dimension::Task => "Task",
        Dimension::Tag => "Tag",
        Dimension::Session => "Session",
    }
}

/// How many characters of a session's id are shown, if no other session shares them.
const SHORT_ID: usize = 8;

/// The shortest unique name of a session: `claude-code:44df7d08`.
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

/// Whether the report covers a single day: the given one, or today if everything since today was requested.
fn is_one_day(report: &Report) -> bool {
    report.since.is_some() && report.since == report.until.or(report.today)
}

/// Counts the tasks that lack something.
type Lacking = fn(&LeftOut) -> u64;

/// What tasks may lack, with the factors that then leave them out.
const TASKS_WITHOUT: [(Lacking, &str, &str); 3] = [
    (
        |left_out| left_out.tasks_without_agent_minutes,
        "agent time",
        "the factor leaves",
    ),
    (
        |left_out| left_out.tasks_without_supervisory_minutes,
        "supervision time",
        "the supervisory factor leaves",
    ),
    (
        |left_out| left_out.tasks_without_sessions.unwrap_or_default(),
        "time in sessions",
        "the wall and all-in factors leave",
    ),
];

/// What the numbers leave out, a sentence each.
fn left_out(report: &Report) -> Vec<String> {
    let (totals, left_out) = (&report.totals, &report.left_out);
    if totals.tasks == 0 {
        let none = match &report.estimates {
            Some(counted) if counted.tasks_left_out > 0 => estimates(counted),
            _ => "No tasks are recorded here; `git leverage record` adds the first".to_owned(),
        };
        return std::iter::once(none)
            .chain(pace::notes(report))
            .chain(in_no_row(report))
            .chain(unread_lines(report))
            .collect();
    }
    let tasks = TASKS_WITHOUT.iter().filter_map(|(count, what, factors)| {
        let count = count(left_out);
        let them = plural(&count, "it", "them");
        let of_all = part_of(count, totals.tasks, "task", "tasks")?;
        Some(format!("{of_all} no {what}; {factors} {them} out"))
    });
    let uncalibrated = left_out.tasks_without_calibration.and_then(|count| {
        let of_all = part_of(count, totals.tasks, "task", "tasks")?;
        let them = plural(&count, "it", "them");
        Some(format!(
            "{of_all} an estimator with fewer than {FEWEST} tasks done by hand; the calibrated factor leaves {them} out"
        ))
    });
    let commits = part_of(left_out.commits_without_task, totals.commits, "commit", "commits");
    let by_agents = estimates_by_agents(report.estimates_by_agents, totals.tasks);
    let chosen = report.estimates.as_ref().map(estimates);
    chosen
        .into_iter()
        .chain(by_agents)
        .chain(tasks)
        .chain(uncalibrated)
        .chain(from_logs(totals))
        .chain(unknown_time(totals))
        .chain(commits.map(|of_all| format!("{of_all} no task")))
        .chain(pace::notes(report))
        .chain(in_no_row(report))
        .chain(unread_lines(report))
        .collect()
}

/// Which estimates count, and on how many opinions they rest.
fn estimates(counted_by: &Counted) -> String {
    let tasks = counted_by.tasks();
    let some = counted_by.opinions.iter().filter(|(opinions, _)| *opinions > 0);
    let with: u64 = some.clone().map(|(_, tasks)| tasks).sum();
    let each: Vec<String> = some
        .map(|(opinions, tasks)| {
            format!(
                "{} on {}",
                counted(*opinions, "opinion", "opinions"),
                thousands(*tasks)
            )
        })
        .collect();
    let mut said = format!("The estimates are {}", counted_by.by.described());
    let have = plural(&with, "has", "have");
    said += &match each.is_empty() {
        true => "; no task has opinions".to_owned(),
        false => format!(
            "; {} of {} {have} opinions ({})",
            thousands(with),
            counted(tasks, "task", "tasks"),
            each.join(", ")
        ),
    };
    let by_agents = counted_by.opinions_by_agents;
    if by_agents > 0 {
        let given = counted(by_agents, "opinion is by an agent", "opinions are by agents");
        said += &format!("; {given}");
    }
    if counted_by.tasks_left_out > 0 {
        let left_out = counted(counted_by.tasks_left_out, "task", "tasks");
        said += &format!("; {left_out} without an estimate of yours left out");
    }
    said
}

/// `27 of 88 tasks have`, if there are any.
fn part_of(count: u64, all: u64, one: &str, many: &str) -> Option<String> {
    let have = plural(&count, "has", "have");
    (count > 0).then(|| format!("{} of {} {have}", thousands(count), counted(all, one, many)))
}

/// Which part of the tasks' figures comes from logs.
fn from_logs(totals: &Measures) -> impl Iterator<Item = String> {
    let figures = [
        (
            totals.agent_minutes_measured.map(Cell::Minutes),
            "of agent time come from session logs, not from claims",
        ),
        (
            totals.supervisory_minutes_measured.map(Cell::Minutes),
            "of supervision are estimated from session logs",
        ),
        (
            totals.tokens_measured.map(Cell::Tokens),
            "tokens come from session logs, not from claims",
        ),
    ];
    let some = figures
        .into_iter()
        .filter_map(|(figure, what)| Some((figure?, what)));
    some.map(|(figure, what)| format!("{} {what}", figure.for_people()))
}

/// How much of the agent time is unknown, and what follows for the factor.
fn unknown_time(totals: &Measures) -> Option<String> {
    let (low, most) = totals.agent_minutes_low.zip(totals.agent_minutes)?;
    let shown = |minutes: Minutes| Cell::Minutes(minutes).for_people().into_owned();
    let unknown = Minutes::new(most.get() - low.get())?;
    let highest = totals
        .leverage_factor
        .map(|factor| factor * most.get() / low.get());
    let factor = highest.map(|highest| format!(", and the factor {}", Cell::Factor(highest).for_people()));
    Some(format!(
        "Agent time includes {} in which logs do not show whether an agent worked (beyond {ASSUMED_MINUTES}m of a response or \
         command, or a possible wait for a person); without it, it is {}{}",
        shown(unknown),
        shown(low),
        factor.unwrap_or_default()
    ))
}

/// What only the totals include by session.
fn in_no_row(report: &Report) -> Option<String> {
    let commits = report.left_out.commits_without_session.filter(|count| *count > 0);
    let hours = report.left_out.human_hours_without_session;
    let hours = hours.filter(|hours| hours.get() > 0.0);
    let have = match (commits, hours) {
        (Some(1), None) => "has",
        _ => "have",
    };
    let commits = commits.map(|count| {
        let all = counted(report.totals.commits, "commit", "commits");
        format!("{} of {all}", thousands(count))
    });
    let hours = hours.map(|hours| format!("{} of estimates", Cell::Hours(hours).for_people()));
    let parts: Vec<String> = commits.into_iter().chain(hours).collect();
    (!parts.is_empty()).then(|| {
        format!(
            "{} {have} no session; only the total includes them",
            parts.join(" and ")
        )
    })
}

fn unread_lines(report: &Report) -> Option<String> {
    let count = report.left_out.commits_without_lines;
    (count > 0).then(|| {
        let have = plural(&count, "has", "have");
        let commits = counted(count, "commit", "commits");
        format!("{commits} {have} unknown lines, because files are missing")
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

/// The totals as a list.
fn aggregates(totals: &Measures) -> Table {
    let named = [
        ("tasks", "Tasks"),
        ("human_hours", "Human hours"),
        ("human_weeks", "Human weeks"),
        ("agent_minutes", "Agent time"),
        ("agent_minutes_low", "Agent time at least"),
        ("agent_minutes_measured", "Agent time from logs"),
        ("supervisory_minutes", "Supervision"),
        ("tokens", "Tokens"),
        ("leverage_factor", "Leverage factor"),
        ("supervisory_leverage_factor", "Supervisory factor"),
        ("wall_leverage_factor", "Wall factor"),
        ("all_in_leverage_factor", "All-in factor"),
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
        let measures: Vec<&str> = columns.iter().copied().filter(|id| *id != RANGE).collect();
        assert_eq!(measures, Measures::NAMES);
        let at = |name| columns.iter().position(|id| *id == name);
        assert_eq!(at(RANGE), at("leverage_factor").map(|at| at + 1));
    }
}
