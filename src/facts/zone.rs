//! Time zones: the calendar day of an instant, and periods of days.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use serde::{Serialize, Serializer};

use super::span::{Moment, Span};

/// Upper limit for a day in seconds: at most a day is skipped if a zone moves across the date line.
const LONGEST_DAY: i64 = 26 * 60 * 60;

/// A time zone with its rules, past and future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// That of the machine, by its rule.
    Local(LocalClock),
    /// A named one.
    Named(Tz),
}

impl Default for Zone {
    /// UTC, the same on every machine.
    fn default() -> Self {
        Self::Named(Tz::UTC)
    }
}

/// How far the clocks of a machine are from UTC at an instant, given in UTC. Only the reader of the environment knows
/// this: a machine's zone may be a file without a name, or a rule such as `CET-1CEST`.
#[derive(Debug, Clone, Copy)]
pub struct LocalClock(pub fn(NaiveDateTime) -> FixedOffset);

/// There is one machine.
impl PartialEq for LocalClock {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for LocalClock {}

/// A zone that is not in the tz database.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("`{0}` is not a time zone; write `Area/City` such as `Europe/Berlin`, `UTC` or `local`")]
pub struct UnknownZone(String);

impl Zone {
    /// Its name in the tz database; `None` for the machine's own.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Local(_) => None,
            Self::Named(zone) => Some(zone.name()),
        }
    }

    /// The calendar day on which an instant (seconds since the epoch) falls here.
    pub fn day(self, seconds: i64) -> NaiveDate {
        self.at(seconds).date_naive()
    }

    /// A span in the pieces that fall on each day, in order; none for an empty span.
    pub fn split(self, span: Span) -> Vec<(NaiveDate, Span)> {
        let mut pieces = Vec::new();
        let mut start = span.start;
        while start < span.end {
            let day = self.day(start.seconds());
            let end = self.midnight_after(start, day).min(span.end);
            pieces.push((day, Span::new(start, end)));
            start = end;
        }
        pieces
    }

    /// The first instant after `start` that is no longer on its `day`.
    fn midnight_after(self, start: Moment, day: NaiveDate) -> Moment {
        // A day has at most 25 hours, and clocks move by whole seconds.
        let (mut inside, mut outside) = (start.seconds(), start.seconds() + LONGEST_DAY);
        while outside - inside > 1 {
            let middle = inside + (outside - inside) / 2;
            if self.day(middle) == day {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        Moment(outside.saturating_mul(1000))
    }

    /// The instant at which clocks here show what clocks in UTC show at `wall`. Of the two in a repeated hour it is the
    /// first or the second; in a skipped hour, the clock had not moved yet.
    pub fn instant(self, wall: Moment) -> Moment {
        let offset =
            |at: Moment| i64::from(self.at(at.seconds()).offset().local_minus_utc()).saturating_mul(1000);
        let near = wall.plus(-offset(wall));
        wall.plus(-offset(near))
    }

    /// An instant as clocks here show it. Instants outside the calendar become its first or last.
    pub fn at(self, seconds: i64) -> DateTime<FixedOffset> {
        let limit = if seconds < 0 {
            DateTime::UNIX_EPOCH
        } else {
            DateTime::from_timestamp(253_402_214_400, 0).unwrap_or_default()
        };
        let utc = DateTime::from_timestamp(seconds, 0)
            .filter(|instant| (0..=9999).contains(&chrono::Datelike::year(instant)))
            .unwrap_or(limit)
            .naive_utc();
        let offset = match self {
            Self::Local(LocalClock(offset)) => offset(utc),
            Self::Named(zone) => zone.offset_from_utc_datetime(&utc).fix(),
        };
        offset.from_utc_datetime(&utc)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    /// A named zone. The reader of the environment decides what `local` means.
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        if name.eq_ignore_ascii_case("utc") {
            return Ok(Self::Named(Tz::UTC));
        }
        name.parse()
            .map(Self::Named)
            .map_err(|_| UnknownZone(name.chars().take(60).collect()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name().unwrap_or("local"))
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whole days from one to another, both inclusive; open if there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first day.
    pub since: Option<NaiveDate>,
    /// The last day.
    pub until: Option<NaiveDate>,
}

impl Period {
    /// Whether the day is in it.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.since.is_none_or(|since| day >= since) && self.until.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_on_the_wall_shows_an_instant_of_its_zone() {
        let berlin: Zone = "Europe/Berlin".parse().unwrap();
        let minute = |minute: i64| Moment(minute * 60_000);
        // 2026-03-29 at 02:00, when clocks go to 03:00.
        let change = 29_579_160;
        for offset in [-600, 600] {
            let wall = minute(change + offset);
            let shown = berlin.at(berlin.instant(wall).seconds()).naive_local();
            assert_eq!(shown.and_utc().timestamp() * 1000, wall.0);
        }
    }

    #[test]
    fn midnight_depends_on_where_one_stands() {
        // 2026-03-29T23:30:00Z, summer time in Berlin since that morning.
        let late = 1_774_827_000;
        let day = |zone: &str| zone.parse::<Zone>().unwrap().day(late).to_string();
        assert_eq!(day("utc"), "2026-03-29");
        assert_eq!(day("Europe/Berlin"), "2026-03-30");
        assert_eq!(day("America/Los_Angeles"), "2026-03-29");
        assert!("Mars/Phobos".parse::<Zone>().is_err());
    }

    #[test]
    fn a_local_day_is_by_the_rule_of_the_machine() {
        // Two hours ahead of UTC from 2026 on, one before.
        let zone = Zone::Local(LocalClock(|utc| {
            let hours = if chrono::Datelike::year(&utc) >= 2026 {
                2
            } else {
                1
            };
            FixedOffset::east_opt(hours * 3600).unwrap()
        }));
        // 2026-03-29T22:30:00Z and 2025-03-29T22:30:00Z.
        assert_eq!(zone.day(1_774_823_400).to_string(), "2026-03-30");
        assert_eq!(zone.day(1_743_287_400).to_string(), "2025-03-29");
        assert_eq!(zone.name(), None);
        assert_eq!(zone.to_string(), "local");
    }

    #[test]
    fn a_span_is_split_at_midnight_of_the_zone() {
        // 2026-03-28T20:00:00Z to 2026-03-30T00:00:00Z, over the night in which Berlin loses an hour.
        let span = Span::new(Moment(1_774_728_000_000), Moment(1_774_828_800_000));
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let hours: Vec<String> = zone
            .split(span)
            .iter()
            .map(|(day, piece)| format!("{day} {}", piece.minutes().get() / 60.0))
            .collect();
        assert_eq!(hours, ["2026-03-28 3", "2026-03-29 23", "2026-03-30 2"]);
    }

    #[test]
    fn any_second_has_a_day() {
        let clock = LocalClock(|_| FixedOffset::west_opt(12 * 3600).unwrap());
        for seconds in [i64::MIN, -1, 0, i64::MAX] {
            for zone in [Zone::Local(clock), Zone::Named(Tz::Pacific__Kiritimati)] {
                let year = chrono::Datelike::year(&zone.day(seconds));
                assert!((1969..=9999).contains(&year), "{seconds}: {year}");
            }
        }
    }
}
