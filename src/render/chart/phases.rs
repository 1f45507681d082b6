//! The hours of an estimate by phase.

use super::svg::Marks;
use super::{Drawing, Drawn};

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Phases {
    /// Names, which are untrusted text, and claimed hours, from the top.
    pub phases: Vec<(String, f64)>,
}

impl Drawing for Phases {
    fn is_empty(&self) -> bool {
        self.phases.is_empty()
    }

    fn draw(&self, _width: f64, _name: &str) -> Drawn {
        let marks = Marks::default();
        Drawn {
            marks: marks.markup(),
            height: 0.0,
        }
    }
}
