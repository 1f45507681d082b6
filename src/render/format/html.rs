//! A document as a self-contained HTML file, which fetches nothing.

use maud::{Markup, html};

use crate::render::document::{Document, Table};
use crate::render::page::{Grid, Page, Place};

/// The whole page.
pub fn render(document: &Document) -> String {
    with_lead(document, &html! {})
}

/// The whole page, with something between its heading and its tables.
pub fn with_lead(document: &Document, lead: &Markup) -> String {
    let title = document.title.as_deref().unwrap_or("git leverage");
    let body = html! {
        h1 { (title) }
        (lead)
        @for part in &document.tables { (table(part, title)) }
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

fn table(table: &Table, page: &str) -> Markup {
    html! {
        @if let Some(title) = &table.title { h2 { (title) } }
        (Grid::of_table(table, page).render())
        (list(&table.notes))
    }
}

/// Sentences below a table or a page.
pub fn list(notes: &[String]) -> Markup {
    html! {
        @if !notes.is_empty() { ul.faint { @for note in notes { li { (note) } } } }
    }
}
