//! In which order the work, its commits and its estimates came. Long gaps are cut out, with a visible break.

use super::svg::Marks;
use super::{Drawing, Drawn};
use crate::facts::zone::Zone;

/// The chart. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// From, to, and a label, such as `session 019d5787, 20.2m`. Untrusted text.
    pub sessions: Vec<(i64, i64, String)>,
    /// The events, in any order.
    pub events: Vec<OrderEvent>,
    /// The zone of the hours below.
    pub zone: Zone,
}

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderEvent {
    /// When.
    pub at: i64,
    /// Its label, such as `commit` or `revision 1`. Untrusted text.
    pub word: String,
    /// Whether it is a claim, not something measured.
    pub is_claim: bool,
}

impl Drawing for Order {
    fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.events.is_empty()
    }

    fn draw(&self, _width: f64, _name: &str) -> Drawn {
        let marks = Marks::default();
        Drawn {
            marks: marks.markup(),
            height: 0.0,
        }
    }
}
