//! A document as one HTML file that contains its style and its script and makes no requests.

use maud::{Markup, html};

use crate::render::document::{Document, Table};
use crate::render::escape;
use crate::render::page::{Grid, Page, Place, key};

/// The name of a page whose document has none.
const UNTITLED: &str = "git leverage";

/// The whole page.
pub fn render(document: &Document) -> String {
    let title = document.title.as_deref().unwrap_or(UNTITLED);
    let body = html! {
        h1 { (title) }
        @if has_basis(&document.tables) { (key()) }
        (tables(&document.tables, title))
        (list(&document.notes))
    };
    Page {
        title,
        description: title,
        body,
        place: Place::Single,
    }
    .render()
}

/// The tables of a document with their titles and notes; `name` names those without a title.
pub(in crate::render) fn tables(tables: &[Table], name: &str) -> Markup {
    html! {
        @for table in tables {
            @if let Some(title) = &table.title { "\n" h2 { (title) } }
            (Grid::of_table(table, name).render())
            (list(&table.notes))
        }
    }
}

/// Sentences below a table or a page. Untrusted text.
pub fn list(notes: &[String]) -> Markup {
    html! {
        @if !notes.is_empty() {
            "\n" ul.faint { @for note in notes { li { (escape::visible(note)) } } }
        }
    }
}

fn has_basis(tables: &[Table]) -> bool {
    tables
        .iter()
        .flat_map(|table| &table.columns)
        .any(|column| column.basis.is_some())
}
