//! Hours that models give for lines of source and tests: a fixed number of lines per day, COCOMO II, and the pace of people in
//! the repository. They are estimates, and never part of what people claim.

use serde::Serialize;

use super::pace::Pace;
use super::written::written;
use crate::facts::commit::Commit;
use crate::facts::quantity::Hours;

/// Lines of source and tests per working day, unless others are requested.
pub const USUAL_LINES_PER_DAY: f64 = 200.0;

/// A person-month of COCOMO II, in hours.
const HOURS_PER_MONTH: f64 = 152.0;

/// The hours at a number of lines per day. `None` if that is not a number of hours.
pub fn by_day(lines: u64, lines_per_day: f64, hours_per_day: f64) -> Option<Hours> {
    Hours::new(lines as f64 / lines_per_day * hours_per_day)
}

/// The hours by COCOMO II with nominal values: 2.94 person-months of 152 hours per thousand lines to the power of 1.0997 (Boehm et
/// al., *Software Cost Estimation with COCOMO II*, 2000).
pub fn by_cocomo(lines: u64) -> Option<Hours> {
    Hours::new(2.94 * (lines as f64 / 1000.0).powf(1.0997) * HOURS_PER_MONTH)
}

/// Hours by the pace of people, with their range.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PaceHours {
    /// At the pace.
    pub hours: Hours,
    /// At the high end of its range; `None` without a range.
    pub low: Option<Hours>,
    /// At the low end of its range.
    pub high: Option<Hours>,
}

/// The hours at the pace of people in the repository.
pub fn by_pace(lines: u64, pace: &Pace, hours_per_day: f64) -> Option<PaceHours> {
    let at = |lines_per_day| by_day(lines, lines_per_day, hours_per_day);
    Some(PaceHours {
        hours: at(pace.lines_per_day)?,
        low: pace.lines_per_day_high.and_then(at),
        high: pace.lines_per_day_low.and_then(at),
    })
}

/// The models that were requested.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Requested {
    /// Lines of source and tests per day, for the model with a fixed number of them.
    pub sloc: Option<f64>,
    /// By the pace of people in the repository.
    pub pace: bool,
    /// By COCOMO II.
    pub cocomo: bool,
}

impl Requested {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These and others. Of two numbers of lines per day, the later one counts.
    pub fn and(self, other: Self) -> Self {
        Self {
            sloc: other.sloc.or(self.sloc),
            pace: self.pace || other.pace,
            cocomo: self.cocomo || other.cocomo,
        }
    }

    /// The hours by these models; `None` for the others.
    pub fn hours(&self, lines: u64, pace: Option<&Pace>, hours_per_day: f64) -> ModelHours {
        ModelHours {
            lines_added: lines,
            sloc: self
                .sloc
                .and_then(|per_day| by_day(lines, per_day, hours_per_day)),
            cocomo: self.cocomo.then(|| by_cocomo(lines)).flatten(),
            pace: pace
                .filter(|_| self.pace)
                .and_then(|pace| by_pace(lines, pace, hours_per_day)),
        }
    }
}

/// What the models need to know besides lines.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Lines per day of the model with a fixed number of them.
    pub lines_per_day: f64,
    /// Hours in a working day.
    pub hours_per_day: f64,
    /// The pace of people in the repository, if it is known.
    pub pace: Option<&'a Pace>,
}

/// The hours of every model for one piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ModelHours {
    /// Added lines of source and tests.
    pub lines_added: u64,
    /// At a fixed number of lines per day.
    pub sloc: Option<Hours>,
    /// By COCOMO II.
    pub cocomo: Option<Hours>,
    /// At the pace of people.
    pub pace: Option<PaceHours>,
}

impl ModelHours {
    /// Those for this many lines.
    pub fn of_lines(lines: u64, terms: Terms<'_>) -> Self {
        Self {
            lines_added: lines,
            sloc: by_day(lines, terms.lines_per_day, terms.hours_per_day),
            cocomo: by_cocomo(lines),
            pace: terms
                .pace
                .and_then(|pace| by_pace(lines, pace, terms.hours_per_day)),
        }
    }

    /// Those for the commits of a task, all of whose lines are one piece of work. Each commit is given once. `None` without
    /// commits, or if the lines of one are unknown.
    pub fn of_commits<'a>(commits: impl IntoIterator<Item = &'a Commit>, terms: Terms<'_>) -> Option<Self> {
        let lines: Option<Vec<u64>> = commits
            .into_iter()
            .map(|commit| Some(written(commit)?.added))
            .collect();
        let lines = lines.filter(|lines| !lines.is_empty())?;
        Some(Self::of_lines(lines.iter().sum(), terms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample;

    fn hours(value: Option<Hours>) -> f64 {
        value.unwrap().get()
    }

    #[test]
    fn models_give_the_hours_of_hand_computations() {
        assert_eq!(hours(by_day(500, 200.0, 8.0)), 20.0);
        // A thousand lines are 2.94 months; ten thousand are 10^1.0997 = 12.58056 times as many.
        assert!((hours(by_cocomo(1000)) - 446.88).abs() < 1e-9);
        assert!((hours(by_cocomo(10_000)) / 446.88 - 12.580_56).abs() < 1e-5);
        assert_eq!(hours(by_cocomo(0)), 0.0);
    }

    #[test]
    fn the_lines_of_a_task_are_one_piece_and_unknown_lines_give_no_hours() {
        let commits = [1, 2].map(|number| sample::commit(number, "2026-03-01T09:00:00Z"));
        let terms = Terms {
            lines_per_day: 200.0,
            hours_per_day: 8.0,
            pace: None,
        };
        let found = ModelHours::of_commits(&commits, terms).unwrap();
        assert_eq!(
            (found.lines_added, hours(found.sloc), found.pace),
            (20, 0.8, None)
        );
        assert_eq!(found.cocomo, by_cocomo(20));
        let mut unknown = commits.clone();
        unknown[1].lines = None;
        assert_eq!(ModelHours::of_commits(&unknown, terms), None);
        assert_eq!(ModelHours::of_commits([], terms), None);
    }
}
