//! The checks of readiness: a matrix, and what failed with what to do.

use super::troubles;
use crate::aggregate::inventory::{Inventory, InventoryRow};
use crate::aggregate::readiness::{self, Verdict};
use crate::render::document::{Align, Cell, Column, Document, Table};

/// The checks of every row, and what failed with what to do. The checks are a matrix, or on a screen that is too narrow for
/// it, those that failed by name.
pub fn readiness(inventory: &Inventory, width: Option<usize>) -> Document {
    let matrix = matrix(inventory);
    let fits = width.is_none_or(|width| matrix_width(&matrix) <= width);
    let mut tables = vec![if fits { matrix } else { failures(inventory) }];
    let findings = findings(inventory);
    if !findings.rows.is_empty() {
        tables.push(findings);
    }
    Document {
        tables,
        ..Document::default()
    }
}

/// The width of the matrix in characters.
fn matrix_width(matrix: &Table) -> usize {
    let widths = matrix.columns.iter().enumerate().map(|(at, column)| {
        let cells = matrix.rows.iter().filter_map(|row| row.get(at));
        let cells = cells.map(|cell| cell.for_people().chars().count());
        cells.chain([column.heading.chars().count()]).max().unwrap_or(0) + 2
    });
    widths.sum::<usize>().saturating_sub(2)
}

fn mark(verdict: Verdict) -> Cell {
    match verdict {
        Verdict::Pass => Cell::text("ok"),
        Verdict::Fail => Cell::text("FAIL"),
        Verdict::NotApplicable => Cell::text("n/a"),
        Verdict::Unknown => Cell::Unknown,
    }
}

/// One row per repository, one column per check.
pub fn matrix(inventory: &Inventory) -> Table {
    let mut columns = vec![Column::name("name", "Repository").key()];
    columns.extend(readiness::ids().map(|id| Column::text(id, id)));
    columns.push(passed_column());
    let rows = inventory
        .rows
        .iter()
        .map(|row| {
            let verdict = |id: &str| {
                row.checks
                    .iter()
                    .find(|check| check.id == id)
                    .map(|check| check.verdict)
            };
            let mut cells = vec![Cell::text(row.name.as_str())];
            cells.extend(readiness::ids().map(|id| verdict(id).map_or(Cell::Unknown, mark)));
            cells.push(passed(row));
            cells
        })
        .collect();
    Table {
        columns,
        rows,
        notes: troubles(inventory),
        ..Table::default()
    }
}

/// One row per repository, with the checks that it fails.
fn failures(inventory: &Inventory) -> Table {
    let names = |row: &InventoryRow, verdict| -> Vec<String> {
        row.checks_with(verdict).map(|check| check.id.clone()).collect()
    };
    let rows = inventory.rows.iter().map(|row| {
        let unknown = names(row, Verdict::Unknown);
        let mut fails = names(row, Verdict::Fail);
        fails.extend((!unknown.is_empty()).then(|| format!("{} unknown", unknown.len())));
        vec![
            Cell::text(row.name.as_str()),
            passed(row),
            Cell::text(fails.join(", ")),
        ]
    });
    Table {
        columns: vec![
            Column::name("name", "Repository").key(),
            passed_column(),
            Column::prose("fails", "Fails"),
        ],
        rows: rows.collect(),
        notes: troubles(inventory),
        ..Table::default()
    }
}

fn passed_column() -> Column {
    Column {
        align: Align::Right,
        ..Column::text("passed", "Passed")
    }
}

fn passed(row: &InventoryRow) -> Cell {
    let passed = row.checks_with(Verdict::Pass).count();
    let asked = passed + row.checks_with(Verdict::Fail).count();
    Cell::text(format!("{passed}/{asked}"))
}

/// Every failed check with its reason and hint.
pub fn findings(inventory: &Inventory) -> Table {
    let rows = inventory
        .rows
        .iter()
        .flat_map(|row| {
            row.checks_with(Verdict::Fail).map(|check| {
                vec![
                    Cell::text(row.name.as_str()),
                    Cell::text(check.id.as_str()),
                    Cell::text(check.reason.as_str()),
                    Cell::text(check.hint.clone().unwrap_or_default()),
                ]
            })
        })
        .collect();
    Table {
        title: Some("Failed checks".to_owned()),
        columns: vec![
            Column::name("name", "Repository").key(),
            Column::text("check", "Check"),
            Column::prose("reason", "Why"),
            Column::prose("hint", "What to do"),
        ],
        rows,
        ..Table::default()
    }
}
