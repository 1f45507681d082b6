//! Charts as SVG, drawn for three widths: no script, no color in attributes, all of it readable in black and white.
//!
//! A chart is a plain value with its data; [`Drawing::draw`] turns it into marks for one width, and [`figure`] into a figure with a
//! caption. Marks take classes (`f-claimed`, `f-measured`, …) that the style sheet colors. What a chart shows is also in the words
//! or a table nearby, so charts are hidden from screen readers and their links are not in the order of tabs.
//!
//! A value that is unknown has no mark. Factors are points on a scale by powers, never bars; bars begin at 0. Texts are shortened
//! to the room that they have, and the same values give the same bytes.

mod bars;
pub mod calendar;
pub mod cells;
pub mod clock;
mod labels;
pub mod languages;
pub mod order;
pub mod phases;
pub mod rests;
mod scale;
pub mod scatter;
pub mod standing;
pub mod strips;
mod svg;
#[cfg(test)]
mod tests;
pub mod weights;

use maud::{Markup, html};

/// A drawing for one width.
pub struct Drawn {
    /// The marks.
    pub marks: Markup,
    /// In pixels.
    pub height: f64,
}

/// A chart.
pub trait Drawing {
    /// Whether there is nothing to draw: then [`figure`] gives nothing, and the page says so in words or leaves the section out.
    fn is_empty(&self) -> bool;

    /// Draws it for a width in pixels. `name` is unique on the page: ids of patterns begin with it.
    fn draw(&self, width: f64, name: &str) -> Drawn;
}

/// The widths that are drawn: on a screen, on a small one or paper, and on a phone.
pub const WIDTHS: [(&str, f64); 3] = [("wide", 1138.0), ("mid", 690.0), ("slim", 330.0)];

/// The chart in all widths, of which the style sheet shows one, with words below. Nothing at all if the chart is empty. `name` is
/// unique on the page and consists of `a-z`, `0-9` and `-`; `id` is that of the figure.
pub fn figure(chart: &dyn Drawing, name: &str, caption: &Markup, id: Option<&str>) -> Markup {
    if chart.is_empty() {
        return html! {};
    }
    html! {
        figure id=[id] {
            @for (class, width) in WIDTHS {
                @let drawn = chart.draw(width, &format!("{name}-{class}"));
                (svg::drawing(width, drawn.height, Some(class), &drawn.marks))
            }
            figcaption { (caption) }
        }
    }
}
