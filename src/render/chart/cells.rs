//! Drawings within a table: factors in a column of one width, with one axis in its head.

use maud::Markup;

use super::scale::Log;
use super::svg::{Marks, diamond, drawing, line, path, px, text};

/// The width of the column's drawings, in pixels.
pub const WIDTH: f64 = 148.0;
/// The room at both ends of the scale.
const MARGIN: f64 = 14.0;
/// The height of the axis and of a pair.
const ROW: f64 = 30.0;
/// The height of a rug.
const RUG: f64 = 34.0;

/// The scale of a column, by powers.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    log: Log,
    /// The place of a value, the middle of its name, and the name.
    ticks: Vec<(f64, f64, String)>,
}

impl Scale {
    /// A scale on which all these factors have a place, claimed and measured ones alike; `None` without any.
    pub fn of(factors: impl IntoIterator<Item = f64>) -> Option<Self> {
        let log = Log::of(factors, MARGIN, WIDTH - MARGIN)?;
        let ticks = log.names("x", WIDTH);
        Some(Self { log, ticks })
    }

    fn place(&self, factor: f64) -> Option<f64> {
        self.log.has(factor).then(|| self.log.at(factor))
    }

    fn grid(&self, marks: &mut Marks, height: f64) {
        for (x, ..) in &self.ticks {
            marks.add(line(*x, 0.0, *x, height, "grid"));
        }
    }
}

/// The axis, for the head of the column.
pub fn axis(scale: &Scale) -> Markup {
    let mut marks = Marks::default();
    for (_, middle, name) in &scale.ticks {
        marks.add(text(*middle, ROW - 4.0, name, "c"));
    }
    drawing(WIDTH, ROW, None, &marks.markup())
}

/// A factor as claimed and with measured minutes. One that is unknown or outside of the scale has no mark.
pub fn pair(scale: &Scale, factor: Option<f64>, measured: Option<f64>) -> Markup {
    let mut marks = Marks::default();
    scale.grid(&mut marks, ROW);
    let claimed = factor.and_then(|factor| scale.place(factor));
    let measured = measured.and_then(|factor| scale.place(factor));
    let y = ROW / 2.0;
    if let (Some(from), Some(to)) = (claimed, measured) {
        marks.add(line(from, y, to, y, "link"));
    }
    marks.add_some(claimed.map(|x| diamond(x, y, 5.4, "h-derived", None)));
    marks.add_some(measured.map(|x| diamond(x, y, 2.2, "f-derived", None)));
    drawing(WIDTH, ROW, None, &marks.markup())
}

/// A tick per task, and the factor over all of them. What is unknown or outside of the scale has no mark.
pub fn rug(scale: &Scale, factors: &[f64], factor: Option<f64>) -> Markup {
    let mut marks = Marks::default();
    scale.grid(&mut marks, RUG);
    // Ticks on top of each other are one.
    let mut places: Vec<String> = Vec::new();
    let mut sorted: Vec<f64> = factors.iter().filter_map(|factor| scale.place(*factor)).collect();
    sorted.sort_by(f64::total_cmp);
    for x in sorted {
        let place = px((x * 2.0).round() / 2.0);
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    let (top, length) = (12.0, RUG - 18.0);
    let ticks: String = places.iter().map(|x| format!("M{x} {top}v{length}")).collect();
    if !ticks.is_empty() {
        marks.add(path(&ticks, "tick"));
    }
    let factor = factor.and_then(|factor| scale.place(factor));
    marks.add_some(factor.map(|x| diamond(x, 7.0, 4.6, "h-derived", None)));
    drawing(WIDTH, RUG, None, &marks.markup())
}
