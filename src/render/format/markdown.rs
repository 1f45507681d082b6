//! A document as GitHub-flavored Markdown, for a log, a review or a wiki page.

use crate::facts::quantity::counted;
use crate::render::document::{Align, Cell, Column, Document, Table};
use crate::render::escape;

/// The whole page.
pub fn render(document: &Document) -> String {
    let mut parts = Vec::new();
    if let Some(title) = &document.title {
        parts.push(format!("# {}\n", escape::markdown(title)));
    }
    if let Some(lead) = &document.lead {
        parts.push(format!("{}\n", escape::markdown(lead)));
    }
    parts.extend(document.tables.iter().map(table));
    if !document.reading.is_empty() {
        parts.push(format!("## Reading it\n\n{}", list(&document.reading)));
    }
    if !document.notes.is_empty() {
        parts.push(list(&document.notes));
    }
    parts.join("\n")
}

fn table(table: &Table) -> String {
    let mut text = String::new();
    if let Some(title) = &table.title {
        text += &format!("## {}\n\n", escape::markdown(title));
    }
    text += &line(table.columns.iter().map(heading));
    text += &line(table.columns.iter().map(|column| match column.align {
        Align::Left => ":---".to_owned(),
        Align::Right => "---:".to_owned(),
    }));
    let tenths = table.tenths();
    for row in &table.rows {
        text += &cells(row, &tenths, "");
    }
    if let Some(totals) = &table.totals {
        text += &cells(totals, &tenths, "**");
    }
    let notes: Vec<String> = more_rows(table)
        .into_iter()
        .chain(basis(&table.columns))
        .chain(table.notes.clone())
        .collect();
    if !notes.is_empty() {
        text += "\n";
        text += &list(&notes);
    }
    text
}

fn heading(column: &Column) -> String {
    escape::markdown(&column.heading)
}

fn cells(row: &[Cell], tenths: &[bool], around: &str) -> String {
    line(
        row.iter()
            .chain(std::iter::repeat(&Cell::Empty))
            .zip(tenths)
            .map(|(cell, tenths)| {
                let text = escape::markdown(&cell.in_column(*tenths));
                if text.is_empty() {
                    text
                } else if let Cell::Link(_, address) = cell {
                    format!("[{text}]({address})")
                } else {
                    format!("{around}{text}{around}")
                }
            }),
    )
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.collect();
    format!("| {} |\n", cells.join(" | "))
}

fn list(notes: &[String]) -> String {
    notes
        .iter()
        .map(|note| format!("- {}\n", escape::markdown(note)))
        .collect()
}

/// The sentence about rows beyond the limit.
pub(super) fn more_rows(table: &Table) -> Option<String> {
    let rows = || counted(table.more_rows as u64, "more row", "more rows");
    (table.more_rows > 0).then(|| format!("{}; the totals include them", rows()))
}

/// One sentence that names the claimed, measured, derived and estimated columns.
fn basis(columns: &[Column]) -> Option<String> {
    use crate::render::document::Basis::{Claimed, Derived, Estimated, Measured};
    let kinds: Vec<String> = [Claimed, Measured, Derived, Estimated]
        .into_iter()
        .filter_map(|basis| {
            let of_it: Vec<&str> = columns
                .iter()
                .filter(|column| column.basis == Some(basis))
                .map(|column| column.heading.as_ref())
                .collect();
            (!of_it.is_empty()).then(|| {
                format!(
                    "{} {}",
                    of_it.join(", "),
                    match of_it.len() {
                        1 => format!("is {}", basis.word()),
                        _ => format!("are {}", basis.word()),
                    }
                )
            })
        })
        .collect();
    (!kinds.is_empty()).then(|| kinds.join("; "))
}
