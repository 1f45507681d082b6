//! Which stretches of time an inventory looks at.

use chrono::{NaiveDate, NaiveTime};

use crate::facts::span::{Moment, Seconds};
use crate::facts::zone::{Period, Zone};

/// Which stretches of time the activity columns look at: 30 days, 90 days, and the period that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// The present, in seconds since the epoch.
    pub now: i64,
    /// The period. Where it ends, the fixed stretches end as well.
    pub period: Period,
    /// Whose days the period is made of.
    pub zone: Zone,
}

impl Windows {
    /// Where the longest one starts.
    pub fn earliest(self) -> i64 {
        let fixed = self.days_back(90);
        self.since().map_or(fixed, |since| since.min(fixed))
    }

    /// Where the period starts.
    pub(super) fn since(self) -> Option<i64> {
        Some(self.midnight(self.period.since?))
    }

    /// The first second after all of them; `None` for an open end.
    pub(super) fn end(self) -> Option<i64> {
        Some(self.midnight(self.period.until?.succ_opt()?))
    }

    /// So many days before the end.
    pub(super) fn days_back(self, days: i64) -> i64 {
        self.end().unwrap_or(self.now) - Seconds::DAY.times(days).0
    }

    fn midnight(self, day: NaiveDate) -> i64 {
        let wall = day.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        self.zone.instant(Moment(wall)).seconds()
    }
}
