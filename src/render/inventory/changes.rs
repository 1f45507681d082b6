//! What changed since an earlier inventory.

use super::at_least;
use super::columns::count;
use crate::aggregate::inventory::{Change, Comparison, Difference, Step};
use crate::render::document::Basis::Measured;
use crate::render::document::{Cell, Column, Document, Table};

/// What changed since an earlier inventory, in a table where anything did.
pub fn changes(comparison: &Comparison) -> Document {
    let since = format!("Since {}: {} unchanged", comparison.before, comparison.unchanged);
    let is_open = comparison.rows.iter().any(Difference::is_open);
    let open = is_open.then(|| "not comparable, or –: not known, or not to the full, on one side".to_owned());
    let notes = [since].into_iter().chain(open).collect();
    let tables = if comparison.rows.is_empty() {
        Vec::new()
    } else {
        vec![changed(comparison)]
    };
    Document {
        tables,
        notes,
        ..Document::default()
    }
}

/// A row a repository that differs.
pub fn changed(comparison: &Comparison) -> Table {
    let step = |id: &'static str, heading: &'static str| {
        [
            Column::number(id, heading, Measured),
            Column::number(format!("{id}_change"), "±", Measured),
        ]
    };
    let mut columns = vec![
        Column::name("name", "Repository"),
        Column::text("change", "Change"),
    ];
    columns.extend(step("code", "Code"));
    columns.extend(step("tests", "Tests"));
    columns.extend(step("commits", "Commits"));
    columns.push(Column::text("checks", "Checks"));
    let rows: Vec<Vec<Cell>> = comparison.rows.iter().map(changed_row).collect();
    Table {
        columns,
        totals: (rows.len() > 1).then(|| sum_of_changes(&comparison.rows)),
        rows,
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
    for step in [row.lines_code, row.tests, row.commits] {
        cells.push(match row.change {
            Change::Gone => Cell::Empty,
            _ if step.now_complete => count(step.now),
            _ => at_least(count(step.now)),
        });
        cells.push(match change_of(row.change, step) {
            Some(0) => Cell::Empty,
            change => Cell::known(change, Cell::Change),
        });
    }
    let broken = row.checks_broken.iter().map(|id| format!("{id} fails now"));
    let mended = row.checks_mended.iter().map(|id| format!("{id} passes now"));
    let open = row.checks_not_comparable.iter();
    let open = open.map(|id| format!("{id} not comparable"));
    let said: Vec<String> = broken.chain(mended).chain(open).collect();
    cells.push(Cell::text(said.join(", ")));
    cells
}

/// A repository that came brings all that it has, and one that went takes it away.
fn change_of(change: Change, step: Step) -> Option<i64> {
    let whole = |count: Option<u64>| count.map(u64::cast_signed);
    match change {
        Change::Added => whole(step.now),
        Change::Gone => whole(step.before).map(|count| -count),
        Change::Changed | Change::NotComparable => step.difference(),
    }
}

/// The sums of what is known; a sum that lacks a part is left open.
fn sum_of_changes(rows: &[Difference]) -> Vec<Cell> {
    let sum = |pick: fn(&Difference) -> Step| {
        let sum: Option<i64> = rows.iter().map(|row| change_of(row.change, pick(row))).sum();
        [Cell::Empty, Cell::known(sum, Cell::Change)]
    };
    let mut cells = vec![Cell::text("Total"), Cell::Empty];
    cells.extend(sum(|row| row.lines_code));
    cells.extend(sum(|row| row.tests));
    cells.extend(sum(|row| row.commits));
    cells
}
