//! The inventory as tables: its columns, the matrix of checks, and what changed.

mod changes;
mod columns;
mod readiness;

use std::cmp::Ordering;

use super::document::{Cell, Column, Table};
use crate::aggregate::inventory::{Inventory, InventoryRow};
use crate::facts::diagnostics::Status;
use crate::facts::quantity::counted;
use crate::facts::zone::Zone;

pub use changes::{changed, changes};
pub use columns::{AI, Columns, DEFAULT, GROUPS, UnknownColumn, columns_there_are, groups_in_words};
use columns::{Given, HISTORY, SIZE, Spec, TESTS};
pub use readiness::{matrix, readiness};

/// Which way rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Numbers and days from the largest, text from A.
    Usual,
    /// The other way round.
    Reversed,
}

/// Sorts the rows by columns. Those that are equal keep their order, and what is unknown comes last either way.
pub fn sort(rows: &mut [InventoryRow], by: &Columns, zone: Zone, direction: Direction) {
    if by.is_empty() && direction == Direction::Reversed {
        rows.reverse();
    }
    rows.sort_by(|a, b| {
        by.0.iter()
            .map(|spec| {
                let cell = |row| (spec.cell)(&Given { row, zone });
                order(&cell(a), &cell(b), direction)
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

fn order(a: &Cell, b: &Cell, direction: Direction) -> Ordering {
    let known = match (is_known(a), is_known(b)) {
        (true, true) => known_order(a, b),
        (a, b) => return b.cmp(&a),
    };
    match direction {
        Direction::Usual => known,
        Direction::Reversed => known.reverse(),
    }
}

fn is_known(cell: &Cell) -> bool {
    !matches!(cell, Cell::Unknown | Cell::Empty) && *cell != Cell::text("")
}

fn known_order(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Count(a), Cell::Count(b)) => b.cmp(a),
        (Cell::Percent(a), Cell::Percent(b)) | (Cell::Factor(a), Cell::Factor(b)) => b.total_cmp(a),
        (Cell::Hours(a), Cell::Hours(b)) => b.get().total_cmp(&a.get()),
        (Cell::Date(a), Cell::Date(b)) => b.cmp(a),
        _ => a.for_people().to_lowercase().cmp(&b.for_people().to_lowercase()),
    }
}

/// The chosen columns of every row, with totals.
pub fn table(inventory: &Inventory, columns: &Columns, zone: Zone) -> Table {
    let cell = |spec: &Spec, row: &InventoryRow| {
        let cell = (spec.cell)(&Given { row, zone });
        if is_cut_short(spec, row) {
            at_least(cell)
        } else {
            cell
        }
    };
    let total = |spec: &Spec| {
        let lacks = inventory.rows.iter().any(|row| spec.lacks(row, zone));
        match (spec.id, cell(spec, &inventory.totals)) {
            ("name", _) => Cell::text("Total"),
            // Sums only: a total of names or days says nothing, and one that nobody knows is left open.
            (_, Cell::Text(_) | Cell::Date(_) | Cell::Unknown) => Cell::Empty,
            (_, total) if lacks => at_least(total),
            (_, total) => total,
        }
    };
    let totals: Vec<Cell> = columns.0.iter().map(|spec| total(spec)).collect();
    let rows: Vec<Vec<Cell>> = inventory
        .rows
        .iter()
        .map(|row| columns.0.iter().map(|spec| cell(spec, row)).collect())
        .collect();
    let says_something = totals
        .iter()
        .any(|cell| !matches!(cell, Cell::Empty | Cell::Text(_)));
    let totals = (rows.len() > 1 && says_something).then_some(totals);
    Table {
        columns: columns
            .0
            .iter()
            .enumerate()
            .map(|(at, spec)| column(spec, at))
            .collect(),
        notes: notes(inventory, columns, rows.iter().chain(&totals)),
        rows,
        totals,
        ..Table::default()
    }
}

/// The chosen columns of every row for a spreadsheet, where a number that counts only a part has no sign of its own: the
/// last column names those, where there are any.
pub fn spreadsheet(inventory: &Inventory, columns: &Columns, zone: Zone) -> Table {
    let mut table = table(inventory, columns, zone);
    let mut cells = table.rows.iter().flatten();
    if !cells.any(|cell| matches!(cell, Cell::AtLeast(_))) {
        return table;
    }
    for row in &mut table.rows {
        let cut_short = columns.0.iter().zip(&*row);
        let cut_short = cut_short.filter(|(_, cell)| matches!(cell, Cell::AtLeast(_)));
        let ids: Vec<&str> = cut_short.map(|(spec, _)| spec.id).collect();
        row.push(Cell::text(ids.join(" ")));
    }
    table.columns.push(Column::text("at_least", "At least"));
    table
}

impl Spec {
    /// Whether the row does not know what there is to know here.
    fn lacks(&self, row: &InventoryRow, zone: Zone) -> bool {
        let has_none = row.checked_out == Some(false) && matches!(self.id, "changed" | "untracked");
        !has_none && (self.cell)(&Given { row, zone }) == Cell::Unknown
    }
}

/// Whether a number counts only a part of what it is about.
fn is_cut_short(spec: &Spec, row: &InventoryRow) -> bool {
    match spec.group {
        // The tree at HEAD names them, whether they are here or not.
        SIZE if matches!(spec.id, "files" | "submodules") => row.paths_complete == Some(false),
        SIZE | TESTS => row.files_complete == Some(false),
        HISTORY | AI => row.history_complete == Some(false),
        _ => false,
    }
}

fn at_least(cell: Cell) -> Cell {
    match cell {
        Cell::Count(count) => Cell::AtLeast(count),
        other => other,
    }
}

/// On a narrow terminal what can be done without goes first, then the rightmost columns, but neither the name nor the state.
fn column(spec: &Spec, at: usize) -> Column {
    let drop_order = match spec.id {
        "name" | "code" | "state" => 0,
        "authors" => u8::MAX,
        "test_ratio" => u8::MAX - 1,
        "commits_90d" | "commits_since" => u8::MAX - 2,
        _ => u8::try_from(at).unwrap_or(u8::MAX),
    };
    match spec.basis {
        Some(basis) => Column::number(spec.id, spec.heading, basis),
        None if matches!(spec.id, "name" | "path") => Column::name(spec.id, spec.heading),
        None => Column::text(spec.id, spec.heading),
    }
    .drop_order(drop_order)
}

/// What the reader of the table has to know besides.
fn notes<'a>(
    inventory: &Inventory,
    columns: &Columns,
    mut rows: impl Iterator<Item = &'a Vec<Cell>>,
) -> Vec<String> {
    let is_partial = rows.any(|row| row.iter().any(|cell| matches!(cell, Cell::AtLeast(_))));
    let partial = is_partial.then(|| "≥: there is more that could not be read or told".to_owned());
    let period = columns.period_in_words(inventory);
    let submodules = inventory.rows.iter().filter_map(|row| {
        let submodules = row
            .submodules
            .filter(|_| columns.touch(SIZE))
            .filter(|n| *n > 0)?;
        let submodules = counted(submodules, "submodule", "submodules");
        Some(format!("{}: {submodules}, not counted", row.name))
    });
    period
        .into_iter()
        .chain(partial)
        .chain(untold_tests(inventory, columns))
        .chain(submodules)
        .chain(inventory.copies.iter().cloned())
        .chain(troubles(inventory))
        .collect()
}

impl Columns {
    /// Of which days the columns of activity tell, where that was asked for.
    fn period_in_words(&self, inventory: &Inventory) -> Option<String> {
        let shown = |end: &str| self.0.iter().any(|spec| spec.id.ends_with(end));
        let until = inventory.until.map(|day| format!("until {day}"));
        let since = inventory
            .since
            .filter(|_| shown("_since"))
            .map(|day| format!("since {day}"));
        let fixed = until.clone().filter(|_| shown("_30d") || shown("_90d"));
        let asked = match (since, until) {
            (Some(since), Some(until)) => Some(format!("{since} {until}")),
            (since, _) => since,
        };
        let fixed = fixed.map(|until| format!("30d, 90d: the days {until}"));
        let told: Vec<String> = asked.into_iter().chain(fixed).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// Why cases are not known, a sentence a repository.
fn untold_tests(inventory: &Inventory, columns: &Columns) -> Vec<String> {
    let shows_cases = columns
        .0
        .iter()
        .any(|spec| matches!(spec.id, "tests" | "parametrised" | "frameworks"));
    let rows = inventory.rows.iter().filter(|_| shows_cases);
    rows.filter_map(|row| {
        let reason = row.tests.as_ref()?.reason.as_ref()?;
        Some(format!("{}: {reason}", row.name))
    })
    .collect()
}

/// What could not be read, a sentence a repository.
fn troubles(inventory: &Inventory) -> Vec<String> {
    inventory
        .rows
        .iter()
        .filter(|row| row.status.is_some_and(|status| status != Status::Complete))
        .map(|row| format!("{}: {}", row.name, row.reasons.join("; ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_sorts_last_and_numbers_from_the_largest() {
        let row = |name: &str, code: Option<u64>| InventoryRow {
            name: name.to_owned(),
            lines_code: code,
            ..InventoryRow::default()
        };
        let names = |by: &str, direction: Direction| {
            let mut rows = [
                row("b", None),
                row("a", Some(1)),
                row("c", Some(9)),
                row("d", Some(1)),
            ];
            sort(
                &mut rows,
                &Columns::named([by]).unwrap(),
                Zone::default(),
                direction,
            );
            rows.map(|row| row.name).join("")
        };
        assert_eq!(names("code", Direction::Usual), "cadb");
        assert_eq!(names("code", Direction::Reversed), "adcb");
        assert_eq!(names("name", Direction::Usual), "abcd");
        assert_eq!(names("name", Direction::Reversed), "dcba");
    }
}
