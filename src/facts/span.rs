//! Instants of a log and the time between them.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

use super::quantity::Minutes;

/// A length of time in milliseconds, as in logs; negative if a clock ran backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

/// A length of time in seconds, as in commits; negative if a clock ran backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seconds(pub i64);

impl Millis {
    /// A second.
    pub const SECOND: Self = Seconds(1).millis();
    /// A minute.
    pub const MINUTE: Self = Seconds::MINUTE.millis();
    /// A day of 24 hours.
    pub const DAY: Self = Seconds::DAY.millis();

    /// This many.
    #[must_use]
    pub const fn times(self, count: i64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// How many of `unit` it is, rounded down.
    pub const fn whole(self, unit: Self) -> i64 {
        self.0.div_euclid(unit.0)
    }
}

impl Seconds {
    /// A minute.
    pub const MINUTE: Self = Self(60);
    /// An hour.
    pub const HOUR: Self = Self::MINUTE.times(60);
    /// A day of 24 hours.
    pub const DAY: Self = Self::HOUR.times(24);

    /// This many.
    #[must_use]
    pub const fn times(self, count: i64) -> Self {
        Self(self.0.saturating_mul(count))
    }

    /// The same in milliseconds.
    pub const fn millis(self) -> Millis {
        Millis(self.0.saturating_mul(1000))
    }

    /// As a number of hours.
    pub fn hours(self) -> f64 {
        self.0 as f64 / Self::HOUR.0 as f64
    }

    /// As a number of days of 24 hours.
    pub fn days(self) -> f64 {
        self.0 as f64 / Self::DAY.0 as f64
    }
}

/// An instant in milliseconds since the epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub i64);

impl Moment {
    /// The instant as whole seconds, rounded down.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Milliseconds from an earlier instant to this one; negative if that one is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This instant moved by milliseconds.
    #[must_use]
    pub fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

impl Add<Millis> for Moment {
    type Output = Self;

    fn add(self, length: Millis) -> Self {
        self.plus(length.0)
    }
}

impl Sub<Millis> for Moment {
    type Output = Self;

    fn sub(self, length: Millis) -> Self {
        Self(self.0.saturating_sub(length.0))
    }
}

impl Sub for Moment {
    type Output = Millis;

    fn sub(self, earlier: Self) -> Millis {
        Millis(self.since(earlier))
    }
}

/// RFC 3339 in UTC with whole seconds.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instant = chrono::DateTime::from_timestamp(self.seconds(), 0).unwrap_or_default();
        f.pad(&instant.format("%Y-%m-%dT%H:%M:%SZ").to_string())
    }
}

/// When the year 1 begins, in UTC.
const FIRST_YEAR: Moment = Moment(-62_135_596_800_000);
/// When the year 10000 begins, in UTC.
const YEAR_10000: Moment = Moment(253_402_300_800_000);

/// The time from one instant to another that is not earlier; the end is exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// Its first instant.
    pub start: Moment,
    /// The instant after it.
    pub end: Moment,
}

impl Span {
    /// From `start` to `end`; empty at `start` if `end` is earlier.
    pub fn new(start: Moment, end: Moment) -> Self {
        Self {
            start,
            end: end.max(start),
        }
    }

    /// Whether it is the time from an instant to a later one in the years 1 to 9999. The calendar goes much further, and nothing that
    /// walks it would end.
    pub fn is_sound(self) -> bool {
        FIRST_YEAR <= self.start && self.start <= self.end && self.end < YEAR_10000
    }

    /// Its length in milliseconds.
    pub fn millis(self) -> i64 {
        self.end.since(self.start)
    }

    /// Its length in minutes.
    pub fn minutes(self) -> Minutes {
        minutes(self.millis())
    }

    /// Whether it has no length.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The intersection with another; `None` if it is empty.
    pub fn overlap(self, other: Self) -> Option<Self> {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end);
        (start < end).then_some(Self { start, end })
    }
}

/// Milliseconds as minutes.
pub fn minutes(millis: i64) -> Minutes {
    Minutes::measured(millis as f64 / 60_000.0)
}

/// The time that at least one span covers: sorted, disjoint, none empty.
pub fn union(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.into_iter().filter(|span| !span.is_empty()).collect();
    sorted.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

/// The summed length in milliseconds. On a [`union`] that is wall time.
pub fn total<'a>(spans: impl IntoIterator<Item = &'a Span>) -> i64 {
    spans
        .into_iter()
        .map(|span| span.millis())
        .fold(0, i64::saturating_add)
}

/// What remains of `span` without `holes`, which are sorted and disjoint.
pub fn without(span: Span, holes: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    let mut start = span.start;
    for hole in holes.iter().filter_map(|hole| hole.overlap(span)) {
        if start < hole.start {
            left.push(Span::new(start, hole.start));
        }
        start = start.max(hole.end);
    }
    if start < span.end {
        left.push(Span::new(start, span.end));
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: i64, end: i64) -> Span {
        Span::new(Moment(start), Moment(end))
    }

    #[test]
    fn wall_time_counts_each_instant_once() {
        let joined = union([
            span(10, 30),
            span(0, 20),
            span(40, 50),
            span(50, 60),
            span(70, 70),
        ]);
        assert_eq!(joined, [span(0, 30), span(40, 60)]);
        assert_eq!(total(&joined), 50);
    }

    #[test]
    fn lengths_keep_their_unit() {
        assert_eq!(Seconds::DAY.millis(), Millis::DAY);
        assert_eq!(Millis::DAY, Millis(86_400_000));
        assert_eq!(Seconds::DAY.times(7).days(), 7.0);
        assert_eq!(Seconds(5400).hours(), 1.5);
        assert_eq!(Moment(5_000) + Millis::SECOND - Moment(5_000), Millis(1_000));
        assert_eq!(Moment(0) - Millis::SECOND, Moment(-1_000));
        assert_eq!(
            (
                Millis(-1).whole(Millis::MINUTE),
                Millis(60_000).whole(Millis::MINUTE)
            ),
            (-1, 1)
        );
    }

    #[test]
    fn holes_are_cut_out() {
        let holes = [span(0, 5), span(10, 20), span(90, 200)];
        assert_eq!(without(span(2, 100), &holes), [span(5, 10), span(20, 90)]);
        assert_eq!(without(span(12, 15), &holes), []);
    }

    #[test]
    fn a_clock_that_runs_backwards_gives_no_time() {
        assert_eq!(span(10, 5).millis(), 0);
    }

    #[test]
    fn no_sum_of_spans_overflows() {
        let endless = span(i64::MIN, i64::MAX);
        assert_eq!(total(&[endless, endless]), i64::MAX);
    }

    #[test]
    fn only_spans_in_the_calendar_are_sound() {
        let reversed = Span {
            start: Moment(1),
            end: Moment(0),
        };
        assert!(span(0, 0).is_sound() && Span::new(FIRST_YEAR, Moment(YEAR_10000.0 - 1)).is_sound());
        for wrong in [reversed, span(FIRST_YEAR.0 - 1, 0), span(0, YEAR_10000.0)] {
            assert!(!wrong.is_sound(), "{wrong:?}");
        }
        let year = |at: Moment| at.to_string()[..5].to_owned();
        assert_eq!(
            (year(FIRST_YEAR), year(Moment(YEAR_10000.0 - 1))),
            ("0001-".into(), "9999-".into())
        );
    }
}
