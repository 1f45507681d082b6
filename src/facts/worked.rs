//! Time that agents worked: how much of it, and when.

use super::quantity::Minutes;
use super::span::{self, Span};

/// The longest that a response of a model, or a command without a limit of its own, is assumed to take, in minutes, unless the
/// log shows more. What is beyond it is unknown time.
pub const ASSUMED_MINUTES: i64 = 10;

/// What agents worked for something: a part of a session, a commit, a task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Worked {
    /// Agent minutes, subagents as separate lanes; `None` if no log shows them.
    pub minutes: Option<Minutes>,
    /// Minutes in which agents may have worked in addition: the log does not show whether they did.
    pub unknown: Minutes,
    /// When any agent worked, in no order; overlapping if several did. Empty if the log has no times.
    pub spans: Vec<Span>,
    /// Whether `spans` are on the right days and have the right lengths, but not the right times of day.
    pub is_by_day: bool,
}

impl Worked {
    /// The part of it from one position to another, 0 to 1: neighboring parts add up.
    #[must_use]
    pub fn part(&self, from: f64, to: f64) -> Self {
        Self {
            minutes: self.minutes.map(|minutes| minutes * (to - from)),
            unknown: self.unknown * (to - from),
            spans: stretch(&self.spans, from, to),
            is_by_day: self.is_by_day,
        }
    }

    /// Adds what was worked elsewhere.
    pub fn add(&mut self, other: Self) {
        if let Some(minutes) = other.minutes {
            *self.minutes.get_or_insert_default() += minutes;
        }
        self.unknown += other.unknown;
        self.is_by_day |= other.is_by_day && !other.spans.is_empty();
        self.spans.extend(other.spans);
    }

    /// Agent minutes with the unknown time: the longest that agents can have worked. `None` if no log shows them.
    pub fn most(&self) -> Option<Minutes> {
        self.minutes.map(|minutes| minutes + self.unknown)
    }
}

/// The wall time from one position to another: neighboring stretches add up.
pub fn stretch(worked: &[Span], from: f64, to: f64) -> Vec<Span> {
    let wall = span::union(worked.iter().copied());
    let total = span::total(&wall) as f64;
    between(&wall, (from * total).round() as i64, (to * total).round() as i64)
}

/// The part of disjoint spans from one millisecond of their sum to another.
fn between(spans: &[Span], from: i64, to: i64) -> Vec<Span> {
    let mut before = 0;
    let mut chosen = Vec::new();
    for span in spans {
        let (first, last) = ((from - before).max(0), (to - before).min(span.millis()));
        if first < last {
            chosen.push(Span::new(span.start.plus(first), span.start.plus(last)));
        }
        before += span.millis();
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Moment;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Moment(from), Moment(to))
    }

    #[test]
    fn neighbouring_parts_add_up() {
        // Two parallel lanes, then a pause, then one lane.
        let whole = Worked {
            minutes: Minutes::new(8.0),
            unknown: Minutes::new(2.0).unwrap(),
            spans: vec![span(0, 100), span(50, 200), span(300, 400)],
            is_by_day: false,
        };
        let (first, rest) = (whole.part(0.0, 0.75), whole.part(0.75, 1.0));
        assert_eq!(first.spans, [span(0, 200), span(300, 325)]);
        assert_eq!(rest.spans, [span(325, 400)]);
        let mut sum = first;
        sum.add(rest);
        assert_eq!((sum.minutes, sum.most()), (whole.minutes, Minutes::new(10.0)));
        assert_eq!(span::union(sum.spans), span::union(whole.spans));
    }

    #[test]
    fn what_no_log_says_is_not_zero() {
        let mut unknown = Worked::default();
        unknown.add(Worked::default().part(0.0, 0.5));
        assert_eq!(unknown.minutes, None);
        unknown.add(Worked {
            minutes: Minutes::new(2.0),
            ..Worked::default()
        });
        assert_eq!(unknown.minutes, Minutes::new(2.0));
    }
}
