//! Lines of code by language.

use super::svg::Marks;
use super::{Drawing, Drawn};

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Languages {
    /// Names and lines of code, from the top.
    pub rows: Vec<(String, u64)>,
}

impl Drawing for Languages {
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
