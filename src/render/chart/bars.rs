//! What charts with a bar per row share: the column of labels, and a limit to the rows.

use maud::Markup;

use super::svg::{BOLD, shortened, text, text_width};
use crate::facts::quantity::thousands;

/// The most rows that are drawn; the others are summed up in words, since a bar of their sum would dwarf them.
pub const MOST_ROWS: usize = 40;
/// Between a label and its bar.
const GAP: f64 = 10.0;

/// The room for labels to the left of bars: as wide as the longest, but at most about a quarter of the drawing.
pub fn label_room<'t>(names: impl IntoIterator<Item = &'t str>, width: f64) -> f64 {
    let longest = names
        .into_iter()
        .map(|name| text_width(name) * BOLD)
        .fold(0.0, f64::max);
    longest.min(width * 0.26) + GAP
}

/// The label of a bar, which begins at `room`, shortened to it.
pub fn label(room: f64, y: f64, name: &str, is_strong: bool) -> Markup {
    let (class, scale) = if is_strong {
        ("e str", BOLD)
    } else {
        ("e lab", 1.0)
    };
    text(room - GAP, y, &shortened(name, (room - GAP) / scale), class)
}

/// The room for the longest of the labels that follow bars.
pub fn end_room<'t>(labels: impl IntoIterator<Item = &'t str>) -> f64 {
    labels
        .into_iter()
        .map(|label| text_width(label) * BOLD)
        .fold(0.0, f64::max)
        + 8.0
        + 2.0
}

/// How many of the rows are drawn, and how many are not.
pub fn cut(rows: usize) -> (usize, usize) {
    (rows.min(MOST_ROWS), rows.saturating_sub(MOST_ROWS))
}

/// What is said below the bars of the rows that are not drawn; nothing if all are.
pub fn more((room, y): (f64, f64), width: f64, count: usize, sum: &str) -> Option<Markup> {
    let words = format!("and {} more: {sum}", thousands(count));
    let x = room - GAP;
    (count > 0).then(|| text(x, y, &shortened(&words, width - x), ""))
}
