//! Charts as SVG, drawn for three widths: no script, no color in attributes, all of it readable in black and white.
//!
//! A chart is a plain value with its data; [`Drawing::draw`] turns it into marks for one width, and [`figure`] into a figure with a
//! caption. Marks take classes (`f-claimed`, `f-measured`, …) that the style sheet colors. What a chart shows is also in the words
//! or a table nearby, so charts are hidden from screen readers and their links are not in the order of tabs.


use maud::Markup;

/// A drawing for one width.
pub struct Drawn {
    /// The marks.
    pub marks: Markup,
    /// In pixels.
    pub height: f64,
}

/// A chart.
pub trait Drawing {
    /// Draws it for a width in pixels. `name` is unique on the page: prefix ids (patterns, clips) with it.
    fn draw(&self, width: f64, name: &str) -> Drawn;
}

/// The widths that are drawn: on a screen, on a small one or paper, and on a phone.
pub const WIDTHS: [(&str, f64); 3] = [("wide", 1138.0), ("mid", 690.0), ("slim", 330.0)];
