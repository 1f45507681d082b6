//! How long an agent retains its logs.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::span::{Millis, Moment};

/// How long an agent retains the log of a session after its last record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    /// It deletes older logs when it starts.
    For(Millis),
    /// It never deletes logs by itself.
    Always,
    /// Unknown.
    #[default]
    Unknown,
}

impl Keeps {
    /// This many days.
    pub fn days(days: u32) -> Self {
        Self::For(Millis::DAY.times(i64::from(days)))
    }

    /// The one of two after which a log is deleted earlier; unknown ones are ignored.
    #[must_use]
    pub fn shorter(self, other: Self) -> Self {
        match (self, other) {
            (Self::For(one), Self::For(other)) => Self::For(one.min(other)),
            (Self::For(one), _) | (_, Self::For(one)) => Self::For(one),
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Unknown, Self::Unknown) => Self::Unknown,
        }
    }

    /// When a log that ends at `end` may be deleted; `None` if it never is, or if that is unknown.
    pub fn until(self, end: Moment) -> Option<DateTime<Utc>> {
        match self {
            Self::For(time) => DateTime::from_timestamp(end.plus(time.0).seconds(), 0),
            Self::Always | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_time_counts_and_an_unknown_one_does_not() {
        let (week, month) = (Keeps::days(7), Keeps::days(30));
        assert_eq!(month.shorter(week), week);
        assert_eq!(Keeps::Always.shorter(month), month);
        assert_eq!(Keeps::Unknown.shorter(Keeps::Always), Keeps::Always);
        assert_eq!(Keeps::Unknown.shorter(Keeps::Unknown), Keeps::Unknown);
    }

    #[test]
    fn a_log_goes_so_many_days_after_its_end() {
        let end = Moment(1_775_822_400_000);
        let until = Keeps::days(30).until(end).map(|at| at.to_rfc3339());
        assert_eq!(until.as_deref(), Some("2026-05-10T12:00:00+00:00"));
        assert_eq!(Keeps::Always.until(end), None);
        assert_eq!(Keeps::Unknown.until(end), None);
    }
}
