//! What changed since an earlier inventory.

use chrono::DateTime;

use super::at_least;
use super::columns::count;
use crate::aggregate::inventory::{Change, Comparison, Difference, Step};
use crate::facts::quantity::counted;
use crate::facts::zone::Zone;
use crate::render::document::Basis::Measured;
use crate::render::document::{Cell, Column, Document, Table};

/// What changed since an earlier inventory: a table of the repositories that are here and differ, and one of those that are
/// gone.
pub fn changes(comparison: &Comparison, zone: Zone) -> Document {
    let compared = format!(
        "Compared with {}: {} unchanged",
        local_time(&comparison.before, zone),
        counted(comparison.unchanged, "repository", "repositories")
    );
    let is_open = comparison.rows.iter().any(Difference::is_open);
    let open = is_open.then(|| "not comparable, or –: unknown or incomplete on one side".to_owned());
    let (gone, here): (Vec<&Difference>, Vec<&Difference>) =
        comparison.rows.iter().partition(|row| row.change == Change::Gone);
    let changed = (!here.is_empty()).then(|| table(&here));
    let gone = (!gone.is_empty()).then(|| gone_table(&gone));
    Document {
        tables: changed.into_iter().chain(gone).collect(),
        notes: [compared].into_iter().chain(open).collect(),
        ..Document::default()
    }
}

/// A row per repository that differs, those that are gone included.
pub fn changed(comparison: &Comparison) -> Table {
    table(&comparison.rows.iter().collect::<Vec<_>>())
}

/// `2026-11-26 18:16 +01:00`; a time that cannot be read stays as it is.
fn local_time(time: &str, zone: Zone) -> String {
    let time_here = |time: DateTime<_>| zone.at(time.timestamp()).format("%Y-%m-%d %H:%M %:z").to_string();
    DateTime::parse_from_rfc3339(time).map_or_else(|_| time.to_owned(), time_here)
}

fn table(differences: &[&Difference]) -> Table {
    let step = |id: &'static str, heading: &'static str, rank: u8| {
        [
            Column::number(id, heading, Measured).drop_order(rank),
            Column::number(format!("{id}_change"), format!("{heading} Δ"), Measured),
        ]
    };
    let mut columns = vec![
        Column::name("name", "Repository").key(),
        Column::text("change", "Change").whole(),
    ];
    // The differences are what the table is for.
    columns.extend(step("code", "Code", 1));
    columns.extend(step("tests", "Tests", 2));
    columns.extend(step("commits", "Commits", 3));
    columns.push(Column::text("checks", "Checks").drop_order(4));
    let rows: Vec<Vec<Cell>> = differences.iter().map(|row| changed_row(row)).collect();
    Table {
        columns,
        totals: (rows.len() > 1).then(|| sum_of_changes(differences)),
        rows,
        ..Table::default()
    }
}

/// What repositories that are gone had.
fn gone_table(gone: &[&Difference]) -> Table {
    let row = |row: &&Difference| {
        let steps = [row.lines_own, row.tests, row.commits];
        let before = steps.map(|step| match step.before_complete {
            true => count(step.before),
            false => at_least(count(step.before)),
        });
        [Cell::text(row.name.as_str())]
            .into_iter()
            .chain(before)
            .collect()
    };
    Table {
        title: Some("Gone".to_owned()),
        columns: vec![
            Column::name("name", "Repository").key(),
            Column::number("code", "Code", Measured),
            Column::number("tests", "Tests", Measured),
            Column::number("commits", "Commits", Measured),
        ],
        rows: gone.iter().map(row).collect(),
        ..Table::default()
    }
}

fn changed_row(row: &Difference) -> Vec<Cell> {
    let change = match row.change {
        Change::Added => "added",
        Change::Gone => "gone",
        Change::Changed => "changed",
        Change::NotComparable => "not comparable",
    };
    let mut cells = vec![Cell::text(row.name.as_str()), Cell::text(change)];
    for step in [row.lines_own, row.tests, row.commits] {
        cells.push(match row.change {
            Change::Gone => Cell::Empty,
            _ if step.now_complete => count(step.now),
            _ => at_least(count(step.now)),
        });
        cells.push(match (row.change, change_of(row.change, step)) {
            (Change::Gone, _) | (_, Some(0)) => Cell::Empty,
            (_, change) => Cell::known(change, Cell::Change),
        });
    }
    let broken = row.checks_broken.iter().map(|id| format!("{id} fails now"));
    let fixed = row.checks_fixed.iter().map(|id| format!("{id} passes now"));
    let open = row.checks_not_comparable.iter();
    let open = open.map(|id| format!("{id} not comparable"));
    let checks: Vec<String> = broken.chain(fixed).chain(open).collect();
    cells.push(Cell::text(checks.join(", ")));
    cells
}

/// A repository that was added adds everything in it. One that is gone changes nothing: its work is not undone.
fn change_of(change: Change, step: Step) -> Option<i64> {
    match change {
        Change::Added => step.now.map(u64::cast_signed),
        Change::Gone => Some(0),
        Change::Changed | Change::NotComparable => step.difference(),
    }
}

/// The sums of what is known; a sum with an unknown part is unknown.
fn sum_of_changes(rows: &[&Difference]) -> Vec<Cell> {
    let sum = |pick: fn(&Difference) -> Step| {
        let sum: Option<i64> = rows.iter().map(|row| change_of(row.change, pick(row))).sum();
        [Cell::Empty, Cell::known(sum, Cell::Change)]
    };
    let mut cells = vec![Cell::text("Total"), Cell::Empty];
    cells.extend(sum(|row| row.lines_own));
    cells.extend(sum(|row| row.tests));
    cells.extend(sum(|row| row.commits));
    cells
}
