//! Drawings within a table: factors in a column of one width, with one axis in its head.

use maud::Markup;

use super::svg::{Marks, drawing};

/// The width of the column's drawings, in pixels.
pub const WIDTH: f64 = 148.0;

/// The scale of a column, by powers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    /// A scale on which all these factors have a place; `None` without any.
    pub fn of(factors: impl IntoIterator<Item = f64>) -> Option<Self> {
        let ends = factors
            .into_iter()
            .fold(None, |ends: Option<(f64, f64)>, factor| {
                let (least, most) = ends.unwrap_or((factor, factor));
                Some((least.min(factor), most.max(factor)))
            });
        ends.map(|(least, most)| Self { least, most })
    }
}

/// The axis, for the head of the column.
pub fn axis(_scale: &Scale) -> Markup {
    drawing(WIDTH, 30.0, None, &Marks::default().markup())
}

/// A factor as claimed and with measured minutes. One that is unknown or outside of the scale has no mark.
pub fn pair(_scale: &Scale, _factor: Option<f64>, _measured: Option<f64>) -> Markup {
    drawing(WIDTH, 30.0, None, &Marks::default().markup())
}

/// A tick per task, and the factor over all of them. What is unknown or outside of the scale has no mark.
pub fn rug(_scale: &Scale, _factors: &[f64], _factor: Option<f64>) -> Markup {
    drawing(WIDTH, 34.0, None, &Marks::default().markup())
}
