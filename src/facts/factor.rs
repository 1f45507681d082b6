//! The leverage factor: human hours over minutes of an agent, of a person or of wall time. Everything that shows one
//! computes it here.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::quantity::{Hours, Minutes};

/// The two terms of a factor. Terms add up, factors do not: the factor of a sum is that of its summed terms.
///
/// Hours without minutes have no factor and would only raise that of a sum, so they are never in one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ratio {
    hours: Hours,
    minutes: Minutes,
}

impl Ratio {
    /// The terms of one piece of work; none if its minutes are unknown or 0.
    pub fn new(hours: Hours, minutes: impl Into<Option<Minutes>>) -> Self {
        match minutes.into().filter(|minutes| minutes.get() > 0.0) {
            Some(minutes) => Self { hours, minutes },
            None => Self::default(),
        }
    }

    /// The hours that have minutes.
    pub fn hours(self) -> Hours {
        self.hours
    }

    /// Their minutes.
    pub fn minutes(self) -> Minutes {
        self.minutes
    }

    /// Whether it is empty.
    pub fn is_empty(self) -> bool {
        self.minutes.get() <= 0.0
    }

    /// Hours × 60 / minutes; `None` without minutes.
    pub fn factor(self) -> Option<f64> {
        (!self.is_empty()).then(|| self.hours.minutes().get() / self.minutes.get())
    }
}

impl Add for Ratio {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            hours: self.hours + other.hours,
            minutes: self.minutes + other.minutes,
        }
    }
}

impl AddAssign for Ratio {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Ratio {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::default(), Add::add)
    }
}

/// The terms of both ends of a factor whose hours or minutes have a range.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RatioRange {
    low: Ratio,
    high: Ratio,
    /// Whether any of the terms has a range.
    is_range: bool,
}

/// Both ends of a factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorRange {
    /// The low end.
    pub low: f64,
    /// The high end.
    pub high: f64,
}

impl RatioRange {
    /// The terms of one piece of work: the lowest hours over the most minutes, the highest over the least. Without a
    /// range of its own, it counts in a sum as it is.
    pub fn new((lowest, highest): (Hours, Hours), most: Option<Minutes>, least: Option<Minutes>) -> Self {
        let (low, high) = (Ratio::new(lowest, most), Ratio::new(highest, least));
        if low.is_empty() || high.is_empty() {
            return Self::default();
        }
        Self {
            is_range: low != high,
            low,
            high,
        }
    }

    /// Both factors; `None` without minutes, and if no term has a range.
    pub fn factors(self) -> Option<FactorRange> {
        let (low, high) = self.low.factor().zip(self.high.factor())?;
        self.is_range.then_some(FactorRange { low, high })
    }
}

impl AddAssign for RatioRange {
    fn add_assign(&mut self, other: Self) {
        self.low += other.low;
        self.high += other.high;
        self.is_range |= other.is_range;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_a_sum_are_those_of_its_summed_ends() {
        let hours = |value| Hours::new(value).unwrap();
        let terms = |low, high, most, least| {
            RatioRange::new((hours(low), hours(high)), Minutes::new(most), Minutes::new(least))
        };
        let mut sum = terms(24.0, 60.0, 30.0, 20.0);
        let factors = |sum: RatioRange| sum.factors().map(|ends| (ends.low, ends.high));
        assert_eq!(factors(sum), Some((48.0, 180.0)));
        // One without a range counts with its hours at both ends: 34 h in 60 m, 70 h in 50 m.
        sum += terms(10.0, 10.0, 30.0, 30.0);
        assert_eq!(factors(sum), Some((34.0, 84.0)));
        // One without minutes counts at neither.
        sum += terms(1.0, 1000.0, 0.0, 0.0);
        assert_eq!(factors(sum), Some((34.0, 84.0)));
        assert_eq!(factors(terms(10.0, 10.0, 30.0, 30.0)), None);
        assert_eq!(
            factors(RatioRange::new((hours(1.0), hours(2.0)), None, None)),
            None
        );
        assert_eq!(factors(terms(10.0, 10.0, 30.0, 20.0)), Some((20.0, 30.0)));
    }

    fn ratio(hours: f64, minutes: Option<f64>) -> Ratio {
        Ratio::new(Hours::new(hours).unwrap(), minutes.and_then(Minutes::new))
    }

    #[test]
    fn unknown_and_no_minutes_give_no_factor() {
        assert_eq!(ratio(40.0, None).factor(), None);
        assert_eq!(ratio(40.0, Some(0.0)).factor(), None);
        assert_eq!(ratio(40.0, Some(25.0)).factor(), Some(96.0));
        assert_eq!(ratio(0.0, Some(25.0)).factor(), Some(0.0));
    }

    #[test]
    fn the_factor_of_a_sum_is_that_of_the_summed_terms_and_hours_without_minutes_do_not_raise_it() {
        let terms = [
            ratio(10.0, Some(30.0)),
            ratio(100.0, Some(0.0)),
            ratio(100.0, None),
            ratio(2.0, Some(90.0)),
        ];
        let all: Ratio = terms.into_iter().sum();
        assert_eq!((all.hours().get(), all.minutes().get()), (12.0, 120.0));
        assert_eq!(all.factor(), Some(6.0));
        let mut added = Ratio::default();
        assert_eq!(added.factor(), None);
        terms.into_iter().for_each(|terms| added += terms);
        assert_eq!(added, all);
    }
}
