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

#[cfg(test)]
mod tests {
    use super::*;

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
