//! The large figures at the top of a page, each with its own sum and a link to its evidence.

use maud::{Markup, html};

use super::key::{Mark, mark};
use crate::render::document::Cell;
use crate::render::href::Href;

/// A number for people; programs find the exact value in `data-v`. An unknown one has none.
pub fn number(cell: &Cell) -> Markup {
    html! { span class=[is_unknown(cell).then_some("u")] data-v=[value(cell)] { (cell.for_people()) } }
}

/// A tile: what it is, the figure, and how it is computed. With `href`, the figure leads to its evidence.
pub fn tile(kind: Mark, word: &str, cell: &Cell, how: &Markup, href: Option<&Href>) -> Markup {
    html! {
        div {
            dt { (mark(kind)) (word) }
            dd {
                span.big {
                    @if let Some(href) = href { a href=(href) { (number(cell)) } } @else { (number(cell)) }
                }
                span.how { (how) }
            }
        }
    }
}

/// Some tiles in a row, or in two.
pub fn tiles(tiles: &[Markup]) -> Markup {
    let is_six = tiles.len() > 4;
    html! { dl class=(if is_six { "stats six" } else { "stats" }) { @for tile in tiles { (tile) } } }
}

pub(super) fn is_unknown(cell: &Cell) -> bool {
    matches!(cell, Cell::Unknown)
}

/// The exact value of a number; nothing for text and for what is unknown.
pub(super) fn value(cell: &Cell) -> Option<String> {
    let is_text = matches!(
        cell,
        Cell::Empty | Cell::Text(_) | Cell::Link(..) | Cell::Date(_) | Cell::Health(_)
    );
    (!is_text && !is_unknown(cell)).then(|| cell.for_machines().into_owned())
}
