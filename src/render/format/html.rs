//! A document as a self-contained HTML file: without scripts, fonts and requests.
//!
//! All foreign text is escaped, and a content security policy forbids what an escape might have missed.

use std::fmt::Write as _;

use super::markdown::more_rows;
use crate::render::document::{Align, Basis, Cell, Column, Document, Table};
use crate::render::escape;

const HEAD: &str = r#"<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<style>
:root { color-scheme: light dark; --text: #1b1f24; --faint: #656d76; --page: #fff; --line: #d0d7de; --band: #f6f8fa; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --faint: #8d96a0; --page: #0d1117; --line: #30363d; --band: #161b22; }
}
body { margin: 2rem auto; padding: 0 1rem; max-width: 76rem; color: var(--text); background: var(--page);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th.n, td.n { text-align: right; } td.n { white-space: nowrap; } th.n { vertical-align: bottom; }
thead th { background: var(--band); position: sticky; top: 0; }
thead tr.basis th { font-weight: normal; font-size: .8rem; color: var(--faint); text-align: center; position: static; }
thead tr.basis th:not(:empty) { border-bottom: 2px solid var(--faint); border-left: .4rem solid var(--band); }
tfoot td { font-weight: 600; border-top: 2px solid var(--line); }
td.u, ul { color: var(--faint); }
</style>
"#;

/// The whole page.
pub fn render(document: &Document) -> String {
    let title = escape::html(document.title.as_deref().unwrap_or("git leverage"));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<title>{title}</title>\n{HEAD}</head>\n<body>\n<h1>{title}</h1>\n"
    );
    for part in &document.tables {
        page += &table(part);
    }
    page += &list(&document.notes);
    page += "</body>\n</html>\n";
    page
}

fn table(table: &Table) -> String {
    let mut text = String::new();
    if let Some(title) = &table.title {
        let _ = writeln!(text, "<h2>{}</h2>", escape::html(title));
    }
    text += "<div class=\"scroll\"><table>\n<thead>\n";
    text += &bands(&table.columns);
    text += "<tr>";
    for column in &table.columns {
        let _ = write!(
            text,
            "<th{} scope=\"col\">{}</th>",
            class(column, None),
            escape::html(&column.heading)
        );
    }
    text += "</tr>\n</thead>\n<tbody>\n";
    let tenths = table.tenths();
    for row in &table.rows {
        text += &line(row, &table.columns, &tenths);
    }
    text += "</tbody>\n";
    if let Some(totals) = &table.totals {
        let _ = writeln!(text, "<tfoot>\n{}</tfoot>", line(totals, &table.columns, &tenths));
    }
    text += "</table></div>\n";
    let notes: Vec<String> = more_rows(table).into_iter().chain(table.notes.clone()).collect();
    text + &list(&notes)
}

/// The row above the headings that names the basis of each span of columns.
fn bands(columns: &[Column]) -> String {
    if columns.iter().all(|column| column.basis.is_none()) {
        return String::new();
    }
    let same = |a: &Column, b: &Column| a.basis == b.basis;
    let cells: String = columns
        .chunk_by(same)
        .map(|band| {
            let word = band
                .first()
                .and_then(|column| column.basis)
                .map_or("", Basis::word);
            format!("<th colspan=\"{}\">{word}</th>", band.len())
        })
        .collect();
    format!("<tr class=\"basis\">{cells}</tr>\n")
}

fn line(row: &[Cell], columns: &[Column], tenths: &[bool]) -> String {
    let cells: String = row
        .iter()
        .chain(std::iter::repeat(&Cell::Empty))
        .zip(columns.iter().zip(tenths))
        .map(|(cell, (column, tenths))| {
            let text = escape::html(&cell.in_column(*tenths));
            let text = match cell {
                Cell::Link(_, address) => {
                    format!("<a href=\"{address}\" rel=\"noopener noreferrer\">{text}</a>")
                }
                _ => text,
            };
            format!("<td{}>{text}</td>", class(column, Some(cell)))
        })
        .collect();
    format!("<tr>{cells}</tr>\n")
}

fn class(column: &Column, cell: Option<&Cell>) -> &'static str {
    match (column.align, cell) {
        (Align::Right, Some(Cell::Unknown)) => " class=\"n u\"",
        (Align::Left, Some(Cell::Unknown)) => " class=\"u\"",
        (Align::Right, _) => " class=\"n\"",
        (Align::Left, _) => "",
    }
}

fn list(notes: &[String]) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let items: String = notes
        .iter()
        .map(|note| format!("<li>{}</li>\n", escape::html(note)))
        .collect();
    format!("<ul>\n{items}</ul>\n")
}
