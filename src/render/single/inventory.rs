//! An inventory as a page: a table that sorts and filters, the languages of all repositories, and the checks of each.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::file;
use crate::aggregate::inventory::Inventory;
use crate::facts::quantity::counted;
use crate::render::chart::languages::Languages;
use crate::render::chart::{Drawing, figure};
use crate::render::document::Document;
use crate::render::html::{list, tables};
use crate::render::inventory::{findings, matrix};
use crate::render::page::{Grid, Td};

/// The most languages that have a bar.
const MAX_LANGUAGES: usize = 15;

/// The page of an inventory; `document` has the chosen columns.
pub fn inventory(document: &Document, inventory: &Inventory) -> String {
    let count = counted(inventory.rows.len() as u64, "repository", "repositories");
    let default = format!("Inventory of {count}");
    let title = document.title.as_deref().unwrap_or(&default);
    let body = html! {
        h1 { (title) }
        @for table in &document.tables {
            h2 { (table.title.as_deref().unwrap_or("Repositories")) }
            (Grid { filter: Some("Filter repositories"), sort: true, ..Grid::of_table(table, title) }.render())
            (list(&table.notes))
        }
        (languages(inventory))
        (readiness(inventory))
        (list(&document.notes))
    };
    file(title, title, body)
}

fn languages(inventory: &Inventory) -> Markup {
    // Copies of a repository count once, as in the totals.
    let originals = inventory.rows.iter().filter(|row| row.copy_of.is_none());
    let counts = originals.flat_map(|row| row.languages.iter().flatten());
    let mut code: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, counts) in counts {
        *code.entry(name).or_default() += counts.code;
    }
    let known = code.into_iter().filter(|(_, code)| *code > 0);
    let mut rows: Vec<(String, u64)> = known.map(|(name, code)| (name.to_owned(), code)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let others = rows.split_off(rows.len().min(MAX_LANGUAGES));
    if !others.is_empty() {
        let code = others.iter().map(|(_, code)| code).sum();
        rows.push((format!("{} others", others.len()), code));
    }
    let chart = Languages { rows };
    if chart.is_empty() {
        return html! {};
    }
    html! {
        h2 id="languages" { "Lines of code by language" }
        (figure(&chart, "languages", &html! { "Lines of code in the files at HEAD of all repositories, without comments and blank lines." }, None))
    }
}

/// The checks of every repository, each with a sign and a word.
fn readiness(inventory: &Inventory) -> Markup {
    if inventory.rows.iter().all(|row| row.checks.is_empty()) {
        return html! {};
    }
    let mut grid = Grid::of_table(&matrix(inventory), "Readiness");
    for cell in grid.rows.iter_mut().flatten().filter(|td| !td.is_head) {
        with_sign(cell);
    }
    let failed = findings(inventory);
    html! {
        h2 id="readiness" { "Readiness" }
        (grid.render())
        @if !failed.rows.is_empty() { (tables(&[failed], "Failed checks")) }
    }
}

/// The words of the matrix are short; a sign before them makes a failure easy to find without a color.
fn with_sign(td: &mut Td) {
    use crate::render::document::Cell;
    let Cell::Text(word) = &td.cell else { return };
    let signed = match word.as_str() {
        "ok" => "✓ ok",
        "FAIL" => "✗ fails",
        _ => return,
    };
    td.cell = Cell::text(signed);
    td.class = "nw";
}
