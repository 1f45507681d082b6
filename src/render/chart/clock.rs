//! Sessions and commits by the clock, in a lane per repository.

use super::svg::Marks;
use super::{Drawing, Drawn};
use crate::facts::zone::Zone;
use crate::render::href::Href;

/// The chart. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// The lanes, from the top.
    pub lanes: Vec<Lane>,
    /// The zone of the hours below.
    pub zone: Zone,
    /// The part that is shown, such as the two midnights of a day; `None` shows everything. Sessions are cut at its ends.
    pub within: Option<(i64, i64)>,
}

/// One repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// Its name. Untrusted text.
    pub name: String,
    /// Its sessions, in any order.
    pub sessions: Vec<LaneSession>,
    /// Its commits, in any order.
    pub commits: Vec<LaneCommit>,
}

/// One session.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneSession {
    /// Its tip. Untrusted text.
    pub tip: String,
    /// Its page, or the place of its row.
    pub href: Option<Href>,
    /// Its first event.
    pub from: i64,
    /// Its last event.
    pub to: i64,
    /// When it worked: from, to, and the share of that time, 0 to 1, in which the agent was at work.
    pub worked: Vec<(i64, i64, f64)>,
}

/// One commit.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneCommit {
    /// When it was written.
    pub at: i64,
    /// Whether it has a sign of an agent.
    pub by_agent: bool,
    /// Its tip. Untrusted text.
    pub tip: String,
    /// Its page.
    pub href: Option<Href>,
}

impl Drawing for Clock {
    fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    fn draw(&self, _width: f64, _name: &str) -> Drawn {
        let marks = Marks::default();
        Drawn {
            marks: marks.markup(),
            height: 0.0,
        }
    }
}
