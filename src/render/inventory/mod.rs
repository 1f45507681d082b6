//! The inventory as tables: its columns, the matrix of checks, and the comparison with an earlier one.

mod changes;
mod columns;
mod readiness;

use std::cmp::Ordering;

use super::columns::UnknownName;
use super::document::{Cell, Column, Table};
use crate::aggregate::inventory::{Inventory, InventoryRow};
use crate::facts::diagnostics::Status;
use crate::facts::quantity::{counted, plural, thousands};
use crate::facts::zone::Zone;

pub use changes::{changed, changes};
pub use columns::{AI, Columns, DEFAULT, GROUPS, choices, groups_in_words};
use columns::{Given, HISTORY, SIZE, Spec, TESTS};
pub use readiness::{findings, matrix, readiness};

/// The columns to sort by, and whether each was asked for with a `-`: text from Z. Numbers and dates have the largest first
/// either way.
pub struct Sorting(Vec<(&'static Spec, bool)>);

impl Sorting {
    /// Sorts by the columns with these names; a `-` before one means descending.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownName> {
        let mut keys = Vec::new();
        for name in names {
            let descending = name.strip_prefix('-');
            let columns = Columns::named([descending.unwrap_or(name)])?;
            keys.extend(columns.0.into_iter().map(|spec| (spec, descending.is_some())));
        }
        Ok(Self(keys))
    }

    /// Whether any of the columns is in the group.
    pub fn touches(&self, group: &str) -> bool {
        self.0.iter().any(|(spec, _)| spec.group == group)
    }
}

/// Sorts the rows. Rows that are equal keep their order, and unknown values come last in any order.
pub fn sort(rows: &mut [InventoryRow], by: &Sorting, zone: Zone, reverse: bool) {
    if by.0.is_empty() && reverse {
        rows.reverse();
    }
    rows.sort_by(|a, b| {
        by.0.iter()
            .map(|(spec, descending)| {
                let cell = |row| (spec.cell)(&Given { row, zone });
                order(&cell(a), &cell(b), *descending, reverse)
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

fn order(a: &Cell, b: &Cell, descending: bool, reverse: bool) -> Ordering {
    let known = match (is_known(a), is_known(b)) {
        (true, true) => known_order(a, b),
        (a, b) => return b.cmp(&a),
    };
    let is_text = matches!(a, Cell::Text(_) | Cell::Link(..));
    match (descending && is_text) != reverse {
        true => known.reverse(),
        false => known,
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
            // Sums only: names and dates have no total, and an unknown one stays empty.
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
    let has_sums = totals
        .iter()
        .any(|cell| !matches!(cell, Cell::Empty | Cell::Text(_)));
    let totals = (rows.len() > 1 && has_sums).then_some(totals);
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

/// The chosen columns of every row for a spreadsheet. It cannot mark a lower bound in the number itself, so a last column
/// names the columns with lower bounds, if there are any.
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
    /// Whether the row has an unknown value here.
    fn lacks(&self, row: &InventoryRow, zone: Zone) -> bool {
        let has_none = row.checked_out == Some(false) && matches!(self.id, "changed" | "untracked");
        !has_none && (self.cell)(&Given { row, zone }) == Cell::Unknown
    }
}

/// Whether a number is a lower bound.
fn is_cut_short(spec: &Spec, row: &InventoryRow) -> bool {
    match spec.group {
        // The tree at HEAD lists them, whether their objects are here or not.
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

/// The columns that a narrow terminal keeps longest, the last to go first. All others go before them, from the right.
const WORTH: [&str; 10] = [
    "code",
    "last_commit",
    "commits",
    "tests",
    "language",
    "state",
    "commits_since",
    "commits_90d",
    "test_ratio",
    "authors",
];

/// A column as the table has it. A narrow terminal hides any but the name.
fn column(spec: &Spec, at: usize) -> Column {
    let worth = WORTH.iter().position(|id| *id == spec.id);
    let rank = worth.unwrap_or(WORTH.len() + at) + 1;
    let drop_order = match spec.id {
        "name" => 0,
        _ => u8::try_from(rank).unwrap_or(u8::MAX),
    };
    match spec.basis {
        Some(basis) => Column::number(spec.id, spec.heading, basis),
        None if spec.id == "name" => Column::name(spec.id, spec.heading).key(),
        None if spec.id == "path" => Column::name(spec.id, spec.heading),
        // A state that is cut hides what is to be done.
        None if spec.id == "state" => Column::text(spec.id, spec.heading).whole(),
        None => Column::text(spec.id, spec.heading),
    }
    .drop_order(drop_order)
}

/// Notes below the table.
fn notes<'a>(
    inventory: &Inventory,
    columns: &Columns,
    mut rows: impl Iterator<Item = &'a Vec<Cell>>,
) -> Vec<String> {
    let is_partial = rows.any(|row| row.iter().any(|cell| matches!(cell, Cell::AtLeast(_))));
    let partial = is_partial.then(|| "≥: lower bound, some of it is unknown or could not be read".to_owned());
    let period = columns.period_in_words(inventory);
    let submodules = inventory.rows.iter().filter_map(|row| {
        let submodules = row
            .submodules
            .filter(|_| columns.touch(SIZE))
            .filter(|n| *n > 0)?;
        let submodules = counted(submodules, "submodule", "submodules");
        Some(format!("{}: {submodules}, not counted", row.name))
    });
    let apart = columns.code_apart(inventory);
    period
        .into_iter()
        .chain(partial)
        .chain(apart)
        .chain(unknown_tests(inventory, columns))
        .chain(submodules)
        .chain(inventory.copies.iter().cloned())
        .chain(troubles(inventory))
        .collect()
}

impl Columns {
    /// How many lines the column of code leaves out, unless other columns show it.
    fn code_apart(&self, inventory: &Inventory) -> Option<String> {
        let shows = |id: &str| self.0.iter().any(|spec| spec.id == id);
        let totals = &inventory.totals;
        let apart = totals.lines_generated.unwrap_or(0) + totals.lines_vendored.unwrap_or(0);
        let is_untold = shows("code") && !shows("generated") && !shows("vendored") && apart > 0;
        is_untold.then(|| {
            let lines = plural(&apart, "line", "lines");
            format!(
                "Code leaves out {} {lines} in generated and vendored files",
                thousands(apart)
            )
        })
    }

    /// The days that the columns of activity cover, if a period was requested.
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
        let fixed = fixed.map(|until| format!("30d and 90d: the days {until}"));
        let told: Vec<String> = asked.into_iter().chain(fixed).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// Why test cases are unknown, a sentence per repository.
fn unknown_tests(inventory: &Inventory, columns: &Columns) -> Vec<String> {
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

/// What could not be read, a sentence per repository.
pub fn troubles(inventory: &Inventory) -> Vec<String> {
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
            lines_own: code,
            ..InventoryRow::default()
        };
        let names = |by: &str, reverse: bool| {
            let mut rows = [
                row("b", None),
                row("a", Some(1)),
                row("c", Some(9)),
                row("d", Some(1)),
            ];
            sort(
                &mut rows,
                &Sorting::named([by]).unwrap(),
                Zone::default(),
                reverse,
            );
            rows.map(|row| row.name).join("")
        };
        assert_eq!(names("code", false), "cadb");
        assert_eq!(names("-Code", false), "cadb");
        assert_eq!(names("code", true), "adcb");
        assert_eq!(names("name", false), "abcd");
        assert_eq!(names("-name", false), "dcba");
        assert_eq!(names("name", true), "dcba");
        assert_eq!(names("-name", true), "abcd");
        assert!(Sorting::named(["-kiln"]).is_err());
    }
}
