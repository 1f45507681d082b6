//! An inventory as a single file: the table, lines of code by language, and the checks of readiness.

use std::collections::BTreeMap;

use maud::html;

use crate::aggregate::inventory::Inventory;
use crate::render::chart::figure;
use crate::render::chart::languages::Languages;
use crate::render::document::{Document, Table};
use crate::render::inventory as shown;
use crate::render::page::{Grid, Page, Place};

/// Languages beyond this are one bar.
const MAX_LANGUAGES: usize = 15;

/// The page of an inventory, whose columns are those of `table`.
pub fn inventory(inventory: &Inventory, table: &Table) -> String {
    let title = "Inventory";
    let languages = languages(inventory);
    let checks = shown::readiness(inventory, None);
    let grid = Grid {
        filter: Some("Filter repositories"),
        ..Grid::of_table(table, "Repositories")
    };
    let body = html! {
        h1 { (title) }
        h2 #repositories { "Repositories" }
        (grid.render())
        (crate::render::html::list(&table.notes))
        @if !languages.rows.is_empty() {
            h2 #languages { "Lines of code by language" }
            (figure(&languages, "languages", html! { "Bars begin at 0. Blank lines and comments are left out." }, None))
        }
        h2 #readiness { "Readiness" }
        p.sub { "Whether a repository has what others need to rely on it. A check that does not apply is n/a." }
        (documents(&checks))
    };
    Page {
        title,
        description: "Repositories: size, tests, history and state",
        body,
        place: Place::Single,
    }
    .render()
}

fn documents(document: &Document) -> maud::Markup {
    html! {
        @for table in &document.tables {
            @if let Some(title) = &table.title { h3 { (title) } }
            (Grid::of_table(table, "Checks").render())
            (crate::render::html::list(&table.notes))
        }
    }
}

/// Lines of code of all repositories, the most first. Copies of a repository count once, as in the totals.
fn languages(inventory: &Inventory) -> Languages {
    let of_totals = inventory.totals.languages.iter().flatten();
    let mut lines: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, row) in of_totals {
        *lines.entry(name).or_default() += row.code;
    }
    let mut rows: Vec<(String, u64)> = lines
        .into_iter()
        .filter(|(_, code)| *code > 0)
        .map(|(name, code)| (name.to_owned(), code))
        .collect();
    rows.sort_by(|(name, a), (other, b)| b.cmp(a).then_with(|| name.cmp(other)));
    let rest: u64 = rows.iter().skip(MAX_LANGUAGES).map(|(_, code)| code).sum();
    rows.truncate(MAX_LANGUAGES);
    rows.extend((rest > 0).then(|| ("Other".to_owned(), rest)));
    Languages { rows }
}
