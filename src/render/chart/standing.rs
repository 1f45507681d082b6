//! Lines added, and those of them that are still at HEAD.

use super::svg::Marks;
use super::{Drawing, Drawn};

/// The chart.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Standing {
    /// The bars, from the top.
    pub rows: Vec<StandingRow>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingRow {
    /// Its label. Untrusted text.
    pub name: String,
    /// Lines added.
    pub added: u64,
    /// Lines of them at HEAD.
    pub standing: Option<u64>,
    /// Whether these are lines with a sign of an agent.
    pub by_agent: bool,
}

impl Drawing for Standing {
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
