//! A table as CSV (RFC 4180): machine numbers under stable names, no totals, no notes.
//!
//! Control characters become visible here, too, since a CSV file may be shown on a terminal; JSON has the original text.

use crate::render::document::{Cell, Table};
use crate::render::escape;

/// The table with its column ids as the header. Unknown values are empty cells.
pub fn render(table: &Table) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let width = table.columns.len();
    // Writing to memory fails only for rows of unequal length, and every row here has `width` cells.
    let _ = writer.write_record(table.columns.iter().map(|column| column.id.as_ref()));
    for row in &table.rows {
        let cells = row.iter().chain(std::iter::repeat(&Cell::Empty)).take(width);
        let _ = writer.write_record(cells.map(field).map(String::into_bytes));
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn field(cell: &Cell) -> String {
    let value = cell.for_machines();
    match cell {
        Cell::Text(text) | Cell::Link(text, _) => escape::spreadsheet(&escape::visible(text)).into_owned(),
        _ => value.into_owned(),
    }
}
