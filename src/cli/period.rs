//! `--since`, `--until`, `--on` and `--zone`: which days a command covers, and in which zone.
//!
//! Whole days count, since a task has a day but no hour: both bounds are days of the zone, inclusive.

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc, Weekday};

use super::environment::{self, Environment};
use super::error::CommandError;
use super::settings::Settings;
use crate::facts::zone::{Period, Zone};
use crate::git::dates;

/// The days that a command covers.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct PeriodArgs {
    /// The first day: a date, or words that git understands, such as `2 weeks ago`
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// The last day, inclusive
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Only this day: `today`, `yesterday`, or a date
    #[arg(long, value_name = "DAY", conflicts_with_all = ["since", "until"])]
    pub on: Option<String>,
    /// Time zone that decides where days begin and end: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
}

/// The requested zone, else the configured one, else that of the process.
pub fn zone(asked: Option<&str>, settings: &Settings) -> Result<Zone, CommandError> {
    if let Some(name) = asked {
        return environment::zone(name).map_err(|error| CommandError::usage(error.to_string()));
    }
    let zone = |name: &str| environment::zone(name).ok();
    let configured = settings.parsed("zone", "a time zone (`Area/City`, `UTC` or `local`)", zone)?;
    Ok(configured.unwrap_or_else(environment::local_zone))
}

impl PeriodArgs {
    /// The zone of the days: [`zone`].
    pub fn zone(&self, settings: &Settings) -> Result<Zone, CommandError> {
        zone(self.zone.as_deref(), settings)
    }

    /// The requested days, in `zone`.
    pub fn period(&self, zone: Zone, environment: &Environment) -> Result<Period, CommandError> {
        let bound = |option: &str, text: &Option<String>| {
            text.as_deref()
                .map(|text| day(text, zone, environment.now).ok_or_else(|| nonsense(option, text)))
                .transpose()
        };
        let on = bound("--on", &self.on)?;
        let period = Period {
            since: bound("--since", &self.since)?.or(on),
            until: bound("--until", &self.until)?.or(on),
        };
        match (period.since, period.until) {
            (Some(since), Some(until)) if since > until => Err(CommandError::usage(format!(
                "the period ends before it begins: {since} to {until}"
            ))),
            _ => Ok(period),
        }
    }
}

fn nonsense(option: &str, text: &str) -> CommandError {
    CommandError::usage(format!("invalid date for `{option}`: `{text}`"))
        .hint("Write 2026-03-01, or words that git knows: `yesterday`, `2 weeks ago`, `monday`")
}

/// The day that `text` means. Git takes unknown words for the current time; here they are `None`.
pub fn day(text: &str, zone: Zone, now: DateTime<Utc>) -> Option<NaiveDate> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("today") || text.eq_ignore_ascii_case("now") {
        return Some(zone.day(now.timestamp()));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) && text.matches('-').count() == 2 {
        let date = text.get(..10)?.parse().ok()?;
        if text.len() == 10 {
            return Some(date);
        }
    }
    if let Some(weekday) = weekday(text) {
        return latest(weekday, zone.day(now.timestamp()));
    }
    if !text.split(|c: char| !c.is_ascii_alphabetic()).all(is_known_word) || !has_meaning(text) {
        return None;
    }
    let seconds = dates::parse(text, now.timestamp(), zone.name()).ok()?;
    Some(zone.day(seconds))
}

/// A bare weekday: at least three of its letters.
fn weekday(text: &str) -> Option<Weekday> {
    const DAYS: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let text = text.to_ascii_lowercase();
    let found = DAYS
        .iter()
        .position(|day| text.len() >= 3 && day.starts_with(&text))?;
    Weekday::try_from(u8::try_from(found).ok()?).ok()
}

/// The latest of these weekdays, today included. Git takes a weekday without `last` for the current time.
fn latest(weekday: Weekday, today: NaiveDate) -> Option<NaiveDate> {
    let past = today.weekday().days_since(weekday);
    today.checked_sub_days(Days::new(past.into()))
}

/// Whether it is more than a bare number.
fn has_meaning(text: &str) -> bool {
    // Git takes a number of nine digits for seconds since the epoch, and anything after 2099 for the current time.
    let is_instant = |text: &str| {
        matches!(text.len(), 9 | 10)
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && text.parse::<u64>().is_ok_and(|seconds| seconds < 4_102_444_800)
    };
    text.contains(|c: char| c.is_ascii_alphabetic())
        || text.contains(['-', '/', '.', ':'])
        || is_instant(text.strip_prefix('@').unwrap_or(text))
}

/// Whether git's date parser knows the word: it silently ignores others.
fn is_known_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let months_and_days = "january february march april may june july august september october november december \
                           sunday monday tuesday wednesday thursday friday saturday";
    let rest = "ago last never now today yesterday noon midnight tea am pm zero one two three four five six seven eight nine ten and \
                second seconds minute minutes hour hours day days week weeks month months year years \
                st nd rd th t z utc gmt";
    word.is_empty()
        || rest.split_whitespace().any(|known| known == word)
        || (word.len() >= 3
            && months_and_days
                .split_whitespace()
                .any(|known| known.starts_with(&word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-04-10T12:00:00Z, a Friday.
    fn day_of(text: &str) -> Option<String> {
        let now = DateTime::from_timestamp(1_775_822_400, 0).unwrap();
        day(text, "UTC".parse().unwrap(), now).map(|day| day.to_string())
    }

    #[test]
    fn dates_and_the_words_of_git_are_days() {
        for (text, meant) in [
            ("2026-03-01", "2026-03-01"),
            ("2026-03-01T23:30:00", "2026-03-01"),
            ("today", "2026-04-10"),
            ("yesterday", "2026-04-09"),
            ("2 weeks ago", "2026-03-27"),
            ("2.weeks.ago", "2026-03-27"),
            ("last monday", "2026-04-06"),
            ("one month ago", "2026-03-10"),
            ("March 3rd", "2026-03-03"),
        ] {
            assert_eq!(day_of(text).as_deref(), Some(meant), "{text}");
        }
    }

    #[test]
    fn a_weekday_is_its_latest_one_today_included() {
        for (text, meant) in [
            ("friday", "2026-04-10"),
            ("monday", "2026-04-06"),
            ("Mon", "2026-04-06"),
            ("saturday", "2026-04-04"),
            ("sunday", "2026-04-05"),
            ("last friday", "2026-04-03"),
        ] {
            assert_eq!(day_of(text).as_deref(), Some(meant), "{text}");
        }
        // Git takes it for the current time.
        assert_eq!(day_for_git("monday"), "2026-04-10");
        assert_eq!(day_of("mo"), None);
    }

    /// The day that git has for `--since`, with the same clock.
    fn day_for_git(text: &str) -> String {
        let seconds = dates::since(text, 1_775_822_400);
        DateTime::from_timestamp(seconds, 0)
            .unwrap()
            .date_naive()
            .to_string()
    }

    #[test]
    fn what_git_understands_means_what_git_takes_it_for() {
        for text in [
            "tea",
            "noon",
            "midnight",
            "never",
            "now",
            "today",
            "yesterday",
            "yesterday noon",
            "noon yesterday",
            "noon today",
            "tea yesterday",
            "5pm yesterday",
            "last friday",
            "last.friday",
            "last tues",
            "last week",
            "last month",
            "last year",
            "3.days.ago",
            "3 days ago",
            "2 weeks ago",
            "ten days ago",
            "1 month 2 days ago",
            "36 hours ago",
            "90 minutes ago",
            "100000 seconds ago",
            "january",
            "Feb 3",
            "mar 3rd",
            "april 2",
            "may 1 2025",
            "june 5th, 2025",
            "july 4 2025",
            "august 2025",
            "sept 2 2025",
            "oct 3 2025",
            "november 30 2025",
            "Dec 24 2025",
            "2026/03/10",
            "10.03.2026",
            "03/10/2026",
            "2026-03-01 12:00:00 +0000",
            "2026-03-01T12:00:00Z",
            "Thu, 07 Apr 2005 22:13:13 +0200",
            "1775000000",
            "@1775000000",
        ] {
            assert_eq!(day_of(text), Some(day_for_git(text)), "{text}");
        }
    }

    #[test]
    fn a_word_that_git_passes_over_is_refused() {
        for (text, without) in [
            ("3 fortnights ago", "3 ago"),
            ("a week ago", "week ago"),
            ("an hour ago", "hour ago"),
            ("eleven days ago", "days ago"),
            ("3 hrs ago", "3 ago"),
            ("3 mins ago", "3 ago"),
            ("3 secs ago", "3 ago"),
            ("next friday", "friday"),
            ("yesterday morning", "yesterday"),
            ("ja 3", "3"),
        ] {
            assert_eq!(day_for_git(text), day_for_git(without), "{text}");
            assert_eq!(day_of(text), None, "{text}");
        }
    }

    #[test]
    fn nonsense_is_not_now() {
        for text in [
            "",
            "foo",
            "foo 2 weeks ago",
            "3 fortnights ago",
            "2026-13-45",
            "2026-02-30",
            "12",
            "2026",
            "all",
            "gestern",
            "--",
            "1775034000000",
            "4102444800",
            "@99999999999999",
        ] {
            assert_eq!(day_of(text), None, "{text}");
        }
    }
}
