//! Factors, hours, minutes and commits on one calendar. A day without a record is a gap, not a 0.

use chrono::NaiveDate;

use super::svg::Marks;
use super::{Drawing, Drawn};
use crate::render::href::Href;

/// The chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
    /// The days with anything, in any order. Days outside of the calendar are ignored.
    pub days: Vec<CalendarDay>,
}

/// One day.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarDay {
    /// The day.
    pub day: NaiveDate,
    /// Its page.
    pub href: Option<Href>,
    /// Hours and agent minutes of the tasks that are in its factor as claimed.
    pub factor_terms: Option<(f64, f64)>,
    /// Hours and agent minutes of the tasks that are in its factor with measured minutes.
    pub measured_terms: Option<(f64, f64)>,
    /// How many tasks it has.
    pub tasks: u64,
    /// How many of them have measured minutes.
    pub measured_tasks: u64,
    /// Claimed hours.
    pub human_hours: Option<f64>,
    /// Claimed agent minutes.
    pub agent_minutes: Option<f64>,
    /// Agent minutes of its sessions.
    pub logged_minutes: Option<f64>,
    /// How many sessions were active.
    pub sessions: Option<u64>,
    /// How many commits were made.
    pub commits: u64,
    /// How many of them have a sign of an agent.
    pub agent_commits: u64,
}

/// What one mark of the calendar sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A day, on calendars of up to 120 days.
    Day,
    /// A week from Monday, on calendars of up to about three years.
    Week,
    /// A month, on calendars of up to about thirty years.
    Month,
    /// A year.
    Year,
}

impl Calendar {
    /// What one mark sums up; the caption must say so.
    pub fn period(&self) -> Period {
        match (self.last - self.first).num_days() {
            ..120 => Period::Day,
            120..1_100 => Period::Week,
            1_100..11_000 => Period::Month,
            _ => Period::Year,
        }
    }
}

impl Drawing for Calendar {
    fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    fn draw(&self, _width: f64, _name: &str) -> Drawn {
        let marks = Marks::default();
        Drawn {
            marks: marks.markup(),
            height: 0.0,
        }
    }
}
