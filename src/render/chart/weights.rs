//! What each task weighs in a factor: its share of the minutes and, below, of the hours.

use super::svg::Marks;
use super::{Drawing, Drawn};
use crate::render::href::Href;

/// The chart: tasks that have both hours and minutes, in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Weights {
    /// The tasks.
    pub tasks: Vec<Weight>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// Its title. Untrusted text.
    pub title: String,
    /// Its page.
    pub href: Option<Href>,
    /// Claimed hours.
    pub hours: f64,
    /// Agent minutes.
    pub minutes: f64,
}

impl Drawing for Weights {
    fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    fn draw(&self, _width: f64, _name: &str) -> Drawn {
        let marks = Marks::default();
        Drawn {
            marks: marks.markup(),
            height: 0.0,
        }
    }
}
