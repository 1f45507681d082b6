//! Hours against minutes, both by powers, so that a slanted line is one factor.

use super::svg::Marks;
use super::{Drawing, Drawn};
use crate::render::href::Href;

/// The chart: tasks that have both hours and minutes, in any order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scatter {
    /// The tasks.
    pub tasks: Vec<ScatterTask>,
}

/// One task.
#[derive(Debug, Clone, PartialEq)]
pub struct ScatterTask {
    /// Its title. Untrusted text.
    pub title: String,
    /// Its page.
    pub href: Option<Href>,
    /// Claimed hours.
    pub hours: f64,
    /// Claimed agent minutes.
    pub minutes: f64,
    /// The agent minutes of its sessions.
    pub logged_minutes: Option<f64>,
    /// Its tip. Untrusted text.
    pub tip: String,
}

impl Drawing for Scatter {
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
