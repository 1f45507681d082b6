//! Hours, minutes and tokens, as people write them and as arithmetic needs them.
//!
//! A duration needs a unit: a bare number is an error, since `40` may be hours or minutes. Days and weeks are working
//! time and follow [`WorkTime`].

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Mul};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::number::{self, DecimalMark, NumberError};

/// How long a working day and a working week are, in hours (`leverage.hoursPerDay`, `leverage.hoursPerWeek`).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WorkTime {
    /// Hours in `1d`.
    pub hours_per_day: f64,
    /// Hours in `1w`, and in a human week.
    pub hours_per_week: f64,
}

impl Default for WorkTime {
    fn default() -> Self {
        Self {
            hours_per_day: 8.0,
            hours_per_week: 40.0,
        }
    }
}

/// Why a quantity was refused.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum QuantityError {
    /// `40`: hours or minutes?
    #[error("`{0}` has no unit; write `{0}h` or `{0}m`")]
    NoUnit(String),
    /// `-3h`.
    #[error("`{0}` is negative")]
    Negative(String),
    /// `4x`.
    #[error("`{text}` has an unknown unit `{unit}`; use s, m, h, d or w")]
    UnknownUnit {
        /// The whole value.
        text: String,
        /// The part that is not a unit.
        unit: String,
    },
    /// `1e400h`, or a million hours.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// `400.000` tokens: 400 or 400000?
    #[error("`{text}` may mean {first} or {second}; write it without separators")]
    Ambiguous {
        /// The whole value.
        text: String,
        /// One reading.
        first: String,
        /// The other.
        second: String,
    },
    /// `h`, `abc`, nothing.
    #[error("`{0}` is not {1}")]
    NotAQuantity(String, &'static str),
}

/// No single claim is longer: a thousand working years of minutes stay exact in sums of `f64`.
const MAX_MINUTES: f64 = 1.2e8;
/// No single claim is larger; sums stay far below 2^63.
const MAX_TOKENS: f64 = 1e15;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
        pub struct $name(f64);

        impl $name {
            /// The quantity, or `None` if it is negative, infinite, not a number, or beyond any claim.
            pub fn new(value: f64) -> Option<Self> {
                // `+ 0.0` turns minus zero into zero.
                (0.0..=MAX_MINUTES).contains(&value).then_some(Self(value + 0.0))
            }

            /// The same value, or `None` if it is longer than [`new`](Self::new) accepts: for sums and measurements.
            pub fn checked(self) -> Option<Self> {
                Self::new(self.0)
            }

            /// The bare number, in this type's unit.
            pub fn get(self) -> f64 {
                self.0
            }
        }

        impl Add for $name {
            type Output = Self;

            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        /// A part of it, 0 to 1, or a multiple.
        impl Mul<f64> for $name {
            type Output = Self;

            fn mul(self, part: f64) -> Self {
                Self((self.0 * part).max(0.0) + 0.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
                parts.fold(Self::default(), Add::add)
            }
        }

        impl Decimal for $name {
            fn decimal(&self) -> Option<f64> {
                Some(self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_number(self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(f64::deserialize(deserializer)?)
                    .ok_or_else(|| serde::de::Error::custom("a duration out of range"))
            }
        }
    };
}

quantity! {
    /// Human hours: what the work would have taken a person.
    Hours
}

quantity! {
    /// Minutes of an agent, of supervision, or of wall time.
    Minutes
}

/// Whole numbers without `.0`, so that `40` in a record stays `40`.
pub fn serialize_number<S: Serializer>(value: f64, serializer: S) -> Result<S::Ok, S::Error> {
    if value.fract() == 0.0 && value.abs() < 9.0e15 {
        serializer.serialize_i64(value as i64)
    } else {
        serializer.serialize_f64(value)
    }
}

/// A quantity that [`serialize_decimal`] writes.
pub trait Decimal {
    /// The bare number, in the unit of the type; `None` if it is unknown.
    fn decimal(&self) -> Option<f64>;
}

impl<Q: Decimal> Decimal for Option<Q> {
    fn decimal(&self) -> Option<f64> {
        self.as_ref().and_then(Decimal::decimal)
    }
}

/// Always with a point: `40.0`, and `null` if unknown. For formats without integers.
pub fn serialize_decimal<Q: Decimal, S: Serializer>(value: &Q, serializer: S) -> Result<S::Ok, S::Error> {
    value.decimal().serialize(serializer)
}

impl Hours {
    /// The same time in minutes.
    pub fn minutes(self) -> Minutes {
        Minutes(self.0 * 60.0)
    }

    /// Reads `40h`, `1.5h`, `90m`, `1h30m`, `90s`, `2d`, `1w`, `40 hours`.
    pub fn parse(text: &str, work: WorkTime) -> Result<Self, QuantityError> {
        Self::parse_with(text, work, DecimalMark::English)
    }

    /// The same in a text whose numbers have `mark` before their fraction.
    pub fn parse_with(text: &str, work: WorkTime, mark: DecimalMark) -> Result<Self, QuantityError> {
        Ok(Self(parse_minutes(text, work, mark)? / 60.0))
    }
}

impl Minutes {
    /// Measured time, however long: whether it can be a claim is for [`Minutes::checked`] to decide. Never negative.
    pub(super) fn measured(value: f64) -> Self {
        Self(value.max(0.0) + 0.0)
    }

    /// The longer of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// Reads the same spellings as [`Hours::parse`].
    pub fn parse(text: &str, work: WorkTime) -> Result<Self, QuantityError> {
        Self::parse_with(text, work, DecimalMark::English)
    }

    /// Reads the same spellings as [`Hours::parse_with`].
    pub fn parse_with(text: &str, work: WorkTime, mark: DecimalMark) -> Result<Self, QuantityError> {
        parse_minutes(text, work, mark).map(Self)
    }
}

/// `40h`, `1.5h`, `20m`, `1h30s`: hours for people. Whole seconds are exact, and the rest has at most two decimals.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = (self.0 * 3600.0).round();
        if is_short(self.0) || (seconds / 60.0 / 60.0 - self.0).abs() > 1e-12 * self.0 {
            return f.pad(&format!("{}h", short_decimal(self.0)));
        }
        let hours = (seconds / 3600.0).floor();
        let minutes = Minutes((seconds - hours * 3600.0) / 60.0).in_whole_seconds();
        f.pad(&if hours == 0.0 {
            minutes
        } else {
            format!("{hours}h{minutes}")
        })
    }
}

/// `25m`, `1.5m`, `1m20s`: minutes for people. Whole seconds are exact, and the rest has at most two decimals.
impl fmt::Display for Minutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = (self.0 * 60.0).round();
        if is_short(self.0) || seconds / 60.0 != self.0 {
            return f.pad(&format!("{}m", short_decimal(self.0)));
        }
        f.pad(&self.in_whole_seconds())
    }
}

impl Hours {
    /// `0.33h`: for columns, in which all have the same form; at most two decimals.
    pub fn in_decimals(self) -> String {
        format!("{}h", short_decimal(self.0))
    }
}

impl Minutes {
    /// For tables and sentences: `35m`, `16.2m`, and from 100 minutes on `58h 13m`.
    pub fn rounded(self) -> String {
        self.rounded_to(self.has_tenths())
    }

    /// The same, with one decimal below 100 minutes or with none: in a column, all have the same form.
    pub fn rounded_to(self, tenths: bool) -> String {
        let rounded = self.in_tenths();
        if self.0 > 0.0 && rounded == 0.0 {
            return "<0.1m".to_owned();
        }
        match (rounded < LARGEST_IN_MINUTES, tenths) {
            (true, true) => format!("{rounded:.1}m"),
            (true, false) => format!("{rounded:.0}m"),
            (false, _) => {
                let whole = self.0.round();
                format!("{}h {:02}m", (whole / 60.0).floor(), whole % 60.0)
            }
        }
    }

    /// Whether [`rounded`](Self::rounded) shows it with a decimal.
    pub fn has_tenths(self) -> bool {
        let rounded = self.in_tenths();
        rounded < LARGEST_IN_MINUTES && rounded.fract() != 0.0
    }

    fn in_tenths(self) -> f64 {
        (self.0 * 10.0).round() / 10.0
    }

    /// `1m20s`, `20m`, `20s`.
    fn in_whole_seconds(self) -> String {
        let all = (self.0 * 60.0).round();
        let (minutes, seconds) = ((all / 60.0).floor(), all % 60.0);
        match (minutes == 0.0, seconds == 0.0) {
            (_, true) => format!("{minutes}m"),
            (true, false) => format!("{seconds}s"),
            (false, false) => format!("{minutes}m{seconds}s"),
        }
    }
}

/// From here on, minutes are shown as hours and minutes.
const LARGEST_IN_MINUTES: f64 = 100.0;

/// Whether two decimals represent a number exactly.
fn is_short(value: f64) -> bool {
    (value * 100.0).round() / 100.0 == value
}

/// A number with at most two decimals and no trailing zeros.
fn short_decimal(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn parse_minutes(text: &str, work: WorkTime, mark: DecimalMark) -> Result<f64, QuantityError> {
    let text = text.trim();
    let not_one = || QuantityError::NotAQuantity(shown(text), "a duration such as 40h or 25m");
    if text.starts_with(['-', '\u{2212}']) {
        return Err(QuantityError::Negative(shown(text)));
    }
    let mut rest = text;
    let mut minutes = 0.0;
    let mut seconds = 0.0;
    let mut previous = f64::INFINITY;
    while !rest.is_empty() {
        let (number, after) = number::split(rest, mark).map_err(|error| refused(text, error, not_one()))?;
        let after = after.trim_start();
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.' || c.is_whitespace())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        if unit.is_empty() {
            return Err(QuantityError::NoUnit(shown(text)));
        }
        let factor = unit_minutes(unit, work).ok_or_else(|| QuantityError::UnknownUnit {
            text: shown(text),
            unit: shown(unit),
        })?;
        // `30m1h` and `1h1h` are typing errors, not durations.
        if factor >= previous {
            return Err(not_one());
        }
        previous = factor;
        if factor == SECOND {
            seconds = number;
        } else {
            minutes += number * factor;
        }
        rest = after.trim_start();
    }
    if text.is_empty() {
        return Err(not_one());
    }
    // One division, so that whole seconds are the same number in whatever form they are written.
    let total = if seconds > 0.0 {
        (minutes * 60.0 + seconds) / 60.0
    } else {
        minutes
    };
    if !(0.0..=MAX_MINUTES).contains(&total) {
        return Err(QuantityError::TooLarge(shown(text)));
    }
    Ok(total)
}

fn refused(text: &str, error: NumberError, malformed: QuantityError) -> QuantityError {
    match error {
        NumberError::Malformed => malformed,
        NumberError::Ambiguous(first, second) => QuantityError::Ambiguous {
            text: shown(text),
            first,
            second,
        },
    }
}

/// A second, in minutes.
const SECOND: f64 = 1.0 / 60.0;

fn unit_minutes(unit: &str, work: WorkTime) -> Option<f64> {
    Some(match unit.to_ascii_lowercase().as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => 1.0,
        "h" | "hr" | "hrs" | "hour" | "hours" => 60.0,
        "d" | "day" | "days" => work.hours_per_day * 60.0,
        "w" | "wk" | "wks" | "week" | "weeks" => work.hours_per_week * 60.0,
        _ => return None,
    })
}

/// How much of a refused value is repeated in the error: enough to find it, not a screenful.
fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Tokens, as one number; the kinds are in [`crate::session::TokenCounts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tokens(pub u64);

impl Tokens {
    /// Reads `400k`, `2.62M`, `400,000`, `400000`, `1.2B`.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        Self::parse_with(text, DecimalMark::English)
    }

    /// The same in a text whose numbers have `mark` before their fraction.
    pub fn parse_with(text: &str, mark: DecimalMark) -> Result<Self, QuantityError> {
        let text = text.trim();
        let not_one = || QuantityError::NotAQuantity(shown(text), "a token count such as 400k or 2.62M");
        if text.starts_with(['-', '\u{2212}']) {
            return Err(QuantityError::Negative(shown(text)));
        }
        let factor_of = |unit: &str| match unit.trim().to_ascii_lowercase().as_str() {
            "" | "tokens" => Some(1.0),
            "k" => Some(1e3),
            "m" => Some(1e6),
            "b" | "g" => Some(1e9),
            _ => None,
        };
        let unit = text.trim_start_matches(|c: char| !c.is_alphabetic() || matches!(c, 'e' | 'E'));
        let is_count = unit.is_empty() || factor_of(unit) == Some(1.0);
        let read = if is_count {
            number::split_whole
        } else {
            number::split
        };
        let (number, unit) = read(text, mark).map_err(|error| refused(text, error, not_one()))?;
        let count = (number * factor_of(unit).ok_or_else(not_one)?).round();
        if !(0.0..=MAX_TOKENS).contains(&count) {
            return Err(QuantityError::TooLarge(shown(text)));
        }
        Ok(Self(count as u64))
    }
}

/// `400k`, `2.62M`: tokens for people.
impl fmt::Display for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0 as f64;
        let text = match self.0 {
            0..=9_999 => self.0.to_string(),
            10_000..=999_499 => format!("{}k", short_decimal((count / 1e2).round() / 10.0)),
            999_500..=999_999_999 => format!("{}M", short_decimal(count / 1e6)),
            _ => format!("{}B", short_decimal(count / 1e9)),
        };
        f.pad(&text)
    }
}

impl Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

/// `1 task`, `2 tasks`, `0 tasks`: a count with its noun.
pub fn counted<N: Copy + fmt::Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = plural(&count, one, many);
    format!("{} {noun}", thousands(count))
}

/// A number with a comma between the thousands of its whole part; what follows it (`.5`, `h`, `x`) stays.
pub fn thousands<N: fmt::Display>(number: N) -> String {
    let number = number.to_string();
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let (whole, rest) = number.split_at(end);
    let mut text = String::with_capacity(number.len() + 4);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

/// A share of one in percent. Only nothing is 0%, and only all is 100%.
pub fn percent(share: f64, decimals: usize) -> String {
    let least = 10_f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX));
    let percent = share * 100.0;
    if percent > 0.0 && percent < least {
        format!("<{least:.decimals$}%")
    } else if percent < 100.0 && percent > 100.0 - least {
        format!(">{:.decimals$}%", 100.0 - least)
    } else {
        format!("{percent:.decimals$}%")
    }
}

/// The noun for a count that is printed elsewhere.
pub fn plural<'w, N: PartialEq + From<u8>>(count: &N, one: &'w str, many: &'w str) -> &'w str {
    if *count == N::from(1) { one } else { many }
}

/// Words at the start of a line or a cell: the first letter is a capital.
pub fn capital(words: &str) -> String {
    let mut rest = words.chars();
    rest.next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(text: &str) -> Result<f64, String> {
        Hours::parse(text, WorkTime::default())
            .map(Hours::get)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_format_of_decimals_keeps_the_point_and_what_is_unknown() {
        #[derive(Serialize)]
        struct Format {
            #[serde(serialize_with = "serialize_decimal")]
            hours: Hours,
            #[serde(serialize_with = "serialize_decimal")]
            minutes: Option<Minutes>,
            #[serde(serialize_with = "serialize_decimal")]
            unknown: Option<Minutes>,
        }
        let format = Format {
            hours: Hours(40.0),
            minutes: Minutes::new(2.5),
            unknown: None,
        };
        let text = r#"{"hours":40.0,"minutes":2.5,"unknown":null}"#;
        assert_eq!(serde_json::to_string(&format).unwrap(), text);
    }

    #[test]
    fn measured_time_is_never_negative_and_unknown_beyond_any_claim() {
        assert_eq!(Minutes::measured(-1.0).get().to_bits(), 0.0_f64.to_bits());
        assert_eq!((Minutes(3.0) * -0.1).get().to_bits(), 0.0_f64.to_bits());
        assert_eq!(Minutes::measured(2.0 * MAX_MINUTES).checked(), None);
        assert_eq!((Minutes(3.0) * 0.5).checked(), Minutes::new(1.5));
    }

    #[test]
    fn every_spelling_of_a_duration() {
        for (text, expected) in [
            ("40h", 40.0),
            ("1.5h", 1.5),
            ("90m", 1.5),
            ("1h30m", 1.5),
            ("1h 30m", 1.5),
            ("2d", 16.0),
            ("1w", 40.0),
            ("40 hours", 40.0),
            ("30 min", 0.5),
            ("1,200h", 1200.0),
            ("1w 2d", 56.0),
            ("0h", 0.0),
            ("90s", 0.025),
            ("1m30s", 0.025),
            ("1h0m30s", 60.5 / 60.0),
            ("90 sec", 0.025),
            ("90 seconds", 0.025),
            ("1 min 30 secs", 0.025),
            ("0,750h", 0.75),
            ("1,5h", 1.5),
            ("1.234,5h", 1234.5),
            ("1'234h", 1234.0),
            ("1 234h", 1234.0),
            ("1\u{a0}234,5 h", 1234.5),
            ("1,2345h", 1.2345),
        ] {
            assert_eq!(hours(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_why() {
        for (text, expected) in [
            ("40", "`40` has no unit; write `40h` or `40m`"),
            ("-3h", "`-3h` is negative"),
            ("4x", "`4x` has an unknown unit `x`; use s, m, h, d or w"),
            ("1e400h", "`1e400h` is too large"),
            ("", "`` is not a duration such as 40h or 25m"),
            ("h", "`h` is not a duration such as 40h or 25m"),
            ("30m1h", "`30m1h` is not a duration such as 40h or 25m"),
            ("00,750h", "`00,750h` is not a duration such as 40h or 25m"),
            ("1,23,456h", "`1,23,456h` is not a duration such as 40h or 25m"),
            ("90s1m", "`90s1m` is not a duration such as 40h or 25m"),
            ("1..5h", "`1..5h` is not a duration such as 40h or 25m"),
            ("nanh", "`nanh` is not a duration such as 40h or 25m"),
        ] {
            assert_eq!(hours(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn seconds_stay_exact() {
        for seconds in 1_u32..=7200 {
            let minutes = Minutes::parse(&format!("{seconds}s"), WorkTime::default());
            let shown = minutes.as_ref().map(ToString::to_string).unwrap_or_default();
            assert_eq!(Minutes::parse(&shown, WorkTime::default()), minutes, "{shown}");
            let json = minutes
                .as_ref()
                .ok()
                .and_then(|minutes| serde_json::to_string(minutes).ok());
            let read = json.and_then(|json| serde_json::from_str::<Minutes>(&json).ok());
            assert_eq!(read, minutes.ok());
            let hours = Hours::parse(&format!("{seconds}s"), WorkTime::default());
            let shown = hours.as_ref().map(ToString::to_string).unwrap_or_default();
            let again = Hours::parse(&shown, WorkTime::default());
            let apart = again.and_then(|again| Ok((again.get() - hours?.get()).abs()));
            assert!(apart.is_ok_and(|apart| apart < 1e-12), "{shown}");
        }
        for (text, shown) in [
            ("90s", "1m30s"),
            ("20m", "20m"),
            ("1h20m", "1h20m"),
            ("1h30m", "1.5h"),
            ("1h0m30s", "1h30s"),
        ] {
            let hours = Hours::parse(text, WorkTime::default()).map(|hours| hours.to_string());
            assert_eq!(hours.as_deref(), Ok(shown));
        }
    }

    #[test]
    fn a_value_with_two_readings_is_refused_with_both() {
        assert_eq!(
            Tokens::parse("400.000").map_err(|error| error.to_string()),
            Err("`400.000` may mean 400000 or 400; write it without separators".to_owned())
        );
        let unknown = Hours::parse_with("1,250h", WorkTime::default(), DecimalMark::Unknown);
        assert_eq!(
            unknown.map_err(|error| error.to_string()),
            Err("`1,250h` may mean 1250 or 1.250; write it without separators".to_owned())
        );
    }

    #[test]
    fn a_day_follows_the_setting() {
        let six = WorkTime {
            hours_per_day: 6.0,
            ..WorkTime::default()
        };
        assert_eq!(Hours::parse("2d", six).map(Hours::get), Ok(12.0));
    }

    #[test]
    fn one_is_not_several() {
        let tasks = |count: u64| counted(count, "task", "tasks");
        assert_eq!([0, 1, 2].map(tasks), ["0 tasks", "1 task", "2 tasks"]);
        assert_eq!(plural(&1_usize, "is", "are"), "is");
    }

    #[test]
    fn every_spelling_of_tokens() {
        for (text, expected) in [
            ("400k", 400_000),
            ("2.62M", 2_620_000),
            ("400,000", 400_000),
            ("400000", 400_000),
            ("1.2B", 1_200_000_000),
            ("0", 0),
            ("2,62M", 2_620_000),
            ("1.234.567", 1_234_567),
            ("400 000", 400_000),
            ("1'234 tokens", 1_234),
            ("0,750k", 750),
        ] {
            assert_eq!(Tokens::parse(text), Ok(Tokens(expected)), "{text}");
        }
        for text in [
            "", "k", "-1", "4x", "1e400", "4,00", "0,750", "1,23,456", "00,750k", "1.5",
        ] {
            assert!(Tokens::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tokens_read_back_as_they_are_shown() {
        for (tokens, shown) in [
            (9_999, "9999"),
            (400_000, "400k"),
            (95_500, "95.5k"),
            (999_999, "1M"),
            (11_636_500, "11.64M"),
        ] {
            assert_eq!(Tokens(tokens).to_string(), shown);
        }
    }

    #[test]
    fn whole_numbers_are_written_without_a_point() {
        let text = |value| serde_json::to_string(&Hours::new(value)).ok();
        assert_eq!(text(40.0).as_deref(), Some("40"));
        assert_eq!(text(1.5).as_deref(), Some("1.5"));
        assert_eq!(Hours::new(-1.0), None);
        assert_eq!(Hours::new(f64::NAN), None);
    }

    #[test]
    fn thousands_are_grouped_left_of_the_point() {
        for (plain, shown) in [
            ("0", "0"),
            ("999", "999"),
            ("1000", "1,000"),
            ("123456.5h", "123,456.5h"),
            ("x", "x"),
        ] {
            assert_eq!(thousands(plain), shown);
        }
    }
}
