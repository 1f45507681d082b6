//! What the claimed hours rest on: a bar per repository, in parts by evidence.

use super::svg::Marks;
use super::{Drawing, Drawn};

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rests {
    /// The bars, from the top.
    pub rows: Vec<RestsRow>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct RestsRow {
    /// Its label. Untrusted text.
    pub name: String,
    /// Whether it is the sum of the others.
    pub is_total: bool,
    /// Tasks and claimed hours by evidence, the strongest first: logs, notes, commits, unchecked, nothing.
    pub parts: [(u64, f64); 5],
}

impl Drawing for Rests {
    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn draw(&self, _width: f64, _name: &str) -> Drawn {
        let marks = Marks::default();
        Drawn {
            marks: marks.markup(),
            height: 0.0,
        }
    }
}
