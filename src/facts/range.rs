//! Ranges of estimated hours: `24h..60h`, or with a likely value, `24h..40h..60h`.
//!
//! `docs/formats/estimates.md` is the specification.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::DecimalMark;
use super::quantity::{Hours, QuantityError, WorkTime};

/// What separates the values of a range.
const DOTS: &str = "..";

/// The least and the most that somebody expects. The low end is above 0 and below the high end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ends {
    /// The low end.
    pub low: Hours,
    /// The high end.
    pub high: Hours,
}

impl Ends {
    /// The ends of a range around `likely`; `None` if they are not, or leave nothing between them.
    pub fn around(likely: Hours, low: Option<Hours>, high: Option<Hours>) -> Option<Self> {
        let (low, high) = low.zip(high)?;
        let is_range = low.get() > 0.0 && low <= likely && likely <= high && low < high;
        is_range.then_some(Self { low, high })
    }
}

/// `24h..60h`
impl fmt::Display for Ends {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{DOTS}{}", self.low, self.high)
    }
}

/// Why a text is not a duration or a range of durations.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum RangeError {
    /// One of its values.
    #[error(transparent)]
    Value(#[from] QuantityError),
    /// `..4h`
    #[error("the range `{text}` has no {which}; write it as `24h..60h`")]
    Missing {
        /// The whole value.
        text: String,
        /// Which of its values is missing.
        which: &'static str,
    },
    /// `1h..2h..3h..4h`
    #[error("`{0}` has more than three values; write a range as `24h..60h` or `24h..40h..60h`")]
    TooMany(String),
    /// `24h-60h`, `24h…60h`
    #[error("`{0}` is not a duration such as 40h; write a range with two dots, as `24h..60h`")]
    Dots(String),
    /// `6h..2h`
    #[error("the range `{0}` is reversed: its low end is above its high end")]
    Reversed(String),
    /// `2h..9h..4h`
    #[error("the likely value of `{0}` is not between its ends")]
    Outside(String),
    /// `0h..4h`
    #[error("the range `{0}` begins at 0h; leave the range out if its low end is unknown")]
    Zero(String),
}

/// Hours as somebody states them: one value, or two ends with or without a likely value between them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HoursRange {
    /// The stated value: the likely one of a range. `None` if only its ends are stated.
    stated: Option<Hours>,
    /// The ends; `None` for one value.
    ends: Option<Ends>,
    /// The stated value, or the one that follows from the ends.
    likely: Hours,
}

impl From<Hours> for HoursRange {
    fn from(hours: Hours) -> Self {
        Self {
            stated: Some(hours),
            ends: None,
            likely: hours,
        }
    }
}

impl HoursRange {
    /// Reads `40h`, `24h..60h` or `24h..40h..60h`; the values are spelled as [`Hours::parse`] reads them.
    pub fn parse(text: &str, work: WorkTime) -> Result<Self, RangeError> {
        Self::read(text, &values(text), |value| Hours::parse(value, work))
    }

    /// The same of a cell of a table, whose numbers have `mark` before their fraction. A dash also makes a range there,
    /// and only the last value needs a unit: `24–60 h`.
    pub fn parse_cell(text: &str, work: WorkTime, mark: DecimalMark) -> Result<Self, RangeError> {
        let values = cell_values(text);
        let unit = values.last().map_or("", |last| unit_of(last));
        Self::read(text, &values, |value| {
            if unit_of(value).is_empty() && !value.is_empty() {
                Hours::parse_with(&format!("{value}{unit}"), work, mark)
            } else {
                Hours::parse_with(value, work, mark)
            }
        })
    }

    fn read(
        text: &str,
        values: &[&str],
        parse: impl Fn(&str) -> Result<Hours, QuantityError>,
    ) -> Result<Self, RangeError> {
        let whole = || shown(text);
        let (low, likely, high) = match values {
            [one] => {
                return match parse(one) {
                    Ok(hours) => Ok(hours.into()),
                    Err(_) if has_other_dots(one) => Err(RangeError::Dots(whole())),
                    Err(error) => Err(error.into()),
                };
            }
            [low, high] => (low, None, high),
            [low, likely, high] => (low, Some(likely), high),
            _ => return Err(RangeError::TooMany(whole())),
        };
        let named = [
            (Some(low), "low end"),
            (likely, "likely value"),
            (Some(high), "high end"),
        ];
        for (value, which) in named {
            match value {
                Some(&"") => {
                    let text = whole();
                    return Err(RangeError::Missing { text, which });
                }
                Some(value) if value.starts_with('.') || value.ends_with('.') => {
                    return Err(RangeError::Dots(whole()));
                }
                _ => {}
            }
        }
        let (low, high) = (parse(low)?, parse(high)?);
        let likely = likely.map(|value| parse(value)).transpose()?;
        Self::new(low, likely, high).map_err(|error| error(whole()))
    }

    /// The range of these values. Equal ends are one value.
    fn new(low: Hours, stated: Option<Hours>, high: Hours) -> Result<Self, fn(String) -> RangeError> {
        if low > high {
            return Err(RangeError::Reversed);
        }
        if low.get() <= 0.0 {
            return Err(RangeError::Zero);
        }
        let likely = stated.unwrap_or_else(|| likely_between(low, high));
        if likely < low || high < likely {
            return Err(RangeError::Outside);
        }
        if low == high {
            return Ok(low.into());
        }
        Ok(Self {
            stated,
            ends: Some(Ends { low, high }),
            likely,
        })
    }

    /// The range of three values.
    pub fn of(low: Hours, likely: Hours, high: Hours) -> Result<Self, RangeError> {
        let shown = || format!("{low}{DOTS}{likely}{DOTS}{high}");
        Self::new(low, Some(likely), high).map_err(|error| error(shown()))
    }

    /// The hours that count: as stated, or the likely value of the ends.
    pub fn likely(self) -> Hours {
        self.likely
    }

    /// The ends, if it is a range.
    pub fn ends(self) -> Option<Ends> {
        self.ends
    }

    /// The hours that count if they have parts that sum to `parts`: these state the likely value if nothing else does. A
    /// sum beyond the ends does not.
    pub fn likely_with(self, parts: Hours) -> Hours {
        let (None, Some(ends)) = (self.stated, self.ends) else {
            return self.likely;
        };
        // A sum of decimals may miss an end by the last bit.
        let within = parts.get().clamp(ends.low.get(), ends.high.get());
        match (within - parts.get()).abs() < 1e-9 {
            true => Hours::new(within).unwrap_or(self.likely),
            false => self.likely,
        }
    }
}

/// The likely value between two ends that state none: their geometric mean, in three digits, rounded down. Efforts are
/// skewed to the right, so the middle of the ends would be too high.
fn likely_between(low: Hours, high: Hours) -> Hours {
    let mean = (low.get() * high.get()).sqrt();
    let digits = 2 - mean.log10().floor() as i32;
    // So that a mean such as 0.2 stays what it is, whatever the last bit of the root.
    let scaled = mean * (1.0 + 1e-12);
    let rounded = match digits {
        0.. => (scaled * 10_f64.powi(digits)).floor() / 10_f64.powi(digits),
        _ => (scaled * 10_f64.powi(digits)).floor() * 10_f64.powi(-digits),
    };
    Hours::new(rounded.clamp(low.get(), high.get())).unwrap_or(low)
}

/// The range of a whole from those of its phases, as if these were independent: how far the ends are from the likely
/// value is the root of the sum of squares. A phase without a range adds nothing to it. `None` if no phase has one.
pub fn combined(phases: impl IntoIterator<Item = (Hours, Option<Ends>)>) -> Option<Ends> {
    let (mut sum, mut below, mut above) = (Hours::default(), 0.0, 0.0);
    for (likely, ends) in phases {
        sum += likely;
        if let Some(ends) = ends {
            below += (likely.get() - ends.low.get()).powi(2);
            above += (ends.high.get() - likely.get()).powi(2);
        }
    }
    let low = Hours::new(sum.get() - below.sqrt());
    let high = Hours::new(sum.get() + above.sqrt());
    Ends::around(sum, low, high)
}

/// The values of a range, or the whole text if it is none.
fn values(text: &str) -> Vec<&str> {
    text.split(DOTS).map(str::trim).collect()
}

/// The same of a cell of a table.
pub fn cell_values(text: &str) -> Vec<&str> {
    if text.contains(DOTS) {
        return values(text);
    }
    let text = text.trim();
    let is_dash = |c: char| matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{2013}' | '\u{2014}');
    let dash = text.char_indices().skip(1).find(|(_, c)| is_dash(*c));
    match dash {
        Some((at, dash)) => vec![text[..at].trim(), text[at + dash.len_utf8()..].trim()],
        None => vec![text],
    }
}

/// The letters at the end of a value, with the blank before them.
fn unit_of(value: &str) -> &str {
    let number = value.trim_end_matches(|c: char| c.is_alphabetic() || c.is_whitespace());
    &value[number.len()..]
}

/// Whether a text may be a range in which something else is in the place of two dots.
fn has_other_dots(text: &str) -> bool {
    let mut rest = text.trim().chars().skip(1);
    rest.any(|c| {
        matches!(
            c,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2024}'..='\u{2026}' | '\u{2212}' | '\u{ff0e}' | '\u{3002}' | '~'
        )
    })
}

/// How much of a refused value is repeated in an error.
fn shown(text: &str) -> String {
    text.trim().chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(value: f64) -> Hours {
        Hours::new(value).unwrap()
    }

    /// Low, likely, high of a range, or the one value.
    fn read(text: &str) -> Result<(Option<f64>, f64, Option<f64>), String> {
        let read = HoursRange::parse(text, WorkTime::default()).map_err(|error| error.to_string())?;
        let ends = read.ends();
        Ok((
            ends.map(|ends| ends.low.get()),
            read.likely().get(),
            ends.map(|ends| ends.high.get()),
        ))
    }

    #[test]
    fn a_range_has_two_ends_and_a_likely_value() {
        for (text, (low, likely, high)) in [
            ("24h..60h", (24.0, 37.9, 60.0)), // √1440 = 37.947…
            ("24h..40h..60h", (24.0, 40.0, 60.0)),
            (" 24h  ..\t60h ", (24.0, 37.9, 60.0)),
            ("1d..1w", (8.0, 17.8, 40.0)),                // √320 = 17.888…
            ("30m..1h30m", (0.5, 0.866, 1.5)),            // √0.75 = 0.8660…
            ("1,200h..2,400h", (1200.0, 1690.0, 2400.0)), // √2880000 = 1697.05…
            ("0.1h..0.4h", (0.1, 0.2, 0.4)),
            ("4h..9h", (4.0, 6.0, 9.0)),
            ("3.999h..4h", (3.999, 3.999, 4.0)),
            ("2h..2h..5h", (2.0, 2.0, 5.0)),
            ("2h..5h..5h", (2.0, 5.0, 5.0)),
        ] {
            assert_eq!(read(text), Ok((Some(low), likely, Some(high))), "{text}");
        }
    }

    #[test]
    fn one_value_or_equal_ends_are_no_range() {
        for text in ["4h", "4h..4h", "4h..240m", "4h..4h..4h"] {
            assert_eq!(read(text), Ok((None, 4.0, None)), "{text}");
        }
    }

    #[test]
    fn what_is_no_range_says_why() {
        let missing =
            |text: &str, which: &str| format!("the range `{text}` has no {which}; write it as `24h..60h`");
        let dots = |text: &str| {
            format!("`{text}` is not a duration such as 40h; write a range with two dots, as `24h..60h`")
        };
        for (text, wanted) in [
            ("..", missing("..", "low end")),
            ("..4h", missing("..4h", "low end")),
            ("4h..", missing("4h..", "high end")),
            ("4h....6h", missing("4h....6h", "likely value")),
            (" .. ", missing("..", "low end")),
            (
                "6h..2h",
                "the range `6h..2h` is reversed: its low end is above its high end".into(),
            ),
            (
                "6h..4h..2h",
                "the range `6h..4h..2h` is reversed: its low end is above its high end".into(),
            ),
            (
                "3h..2h..5h",
                "the likely value of `3h..2h..5h` is not between its ends".into(),
            ),
            (
                "3h..6h..5h",
                "the likely value of `3h..6h..5h` is not between its ends".into(),
            ),
            (
                "0h..0h",
                "the range `0h..0h` begins at 0h; leave the range out if its low end is unknown".into(),
            ),
            (
                "0h..4h",
                "the range `0h..4h` begins at 0h; leave the range out if its low end is unknown".into(),
            ),
            (
                "1h..2h..3h..4h",
                "`1h..2h..3h..4h` has more than three values; write a range as `24h..60h` or `24h..40h..60h`"
                    .into(),
            ),
            ("4..6", "`4` has no unit; write `4h` or `4m`".into()),
            ("4..6h", "`4` has no unit; write `4h` or `4m`".into()),
            ("4h..6", "`6` has no unit; write `6h` or `6m`".into()),
            ("-1h..4h", "`-1h` is negative".into()),
            ("1h..NaN", "`NaN` is not a duration such as 40h or 25m".into()),
            ("NaNh..infh", "`NaNh` is not a duration such as 40h or 25m".into()),
            ("1h..1e400h", "`1e400h` is too large".into()),
            ("4h...6h", dots("4h...6h")),
            ("4h\u{2026}6h", dots("4h\u{2026}6h")),
            ("4h\u{2025}6h", dots("4h\u{2025}6h")),
            ("4h\u{2024}\u{2024}6h", dots("4h\u{2024}\u{2024}6h")),
            ("4h\u{2013}6h", dots("4h\u{2013}6h")),
            ("4h-6h", dots("4h-6h")),
            ("", "`` is not a duration such as 40h or 25m".into()),
            ("40", "`40` has no unit; write `40h` or `40m`".into()),
            ("-3h", "`-3h` is negative".into()),
        ] {
            assert_eq!(read(text), Err(wanted), "{text}");
        }
    }

    #[test]
    fn a_cell_of_a_table_may_have_a_dash_and_one_unit() {
        let cell = |text, mark| {
            let read = HoursRange::parse_cell(text, WorkTime::default(), mark);
            let ends = read.map_err(|error| error.to_string())?.ends();
            Ok::<_, String>(ends.map(|ends| (ends.low.get(), ends.high.get())))
        };
        let english = DecimalMark::English;
        for text in [
            "24h..60h",
            "24..60h",
            "24-60h",
            "24 \u{2013} 60 hours",
            "24h\u{2014}60h",
            "3d - 7.5d",
        ] {
            assert_eq!(cell(text, english), Ok(Some((24.0, 60.0))), "{text}");
        }
        assert_eq!(cell("4,5..6,25h", DecimalMark::Comma), Ok(Some((4.5, 6.25))));
        assert_eq!(cell("30-90m", english), Ok(Some((0.5, 1.5))));
        assert_eq!(cell("40h", english), Ok(None));
        assert_eq!(cell("-4h", english), Err("`-4h` is negative".into()));
        assert_eq!(
            cell("60-24h", english),
            Err("the range `60-24h` is reversed: its low end is above its high end".into())
        );
        assert!(cell("2026-03-01", english).is_err());
        assert!(cell("24-", english).is_err());
    }

    #[test]
    fn the_sum_of_the_parts_is_the_likely_value_if_nothing_else_states_one() {
        let with = |text, parts| {
            let read = HoursRange::parse(text, WorkTime::default()).unwrap();
            read.likely_with(hours(parts)).get()
        };
        assert_eq!(with("24h..60h", 30.0), 30.0);
        assert_eq!(with("24h..60h", 61.0), 37.9);
        assert_eq!(with("24h..40h..60h", 30.0), 40.0);
        assert_eq!(with("40h", 30.0), 40.0);
    }

    fn phase(low: f64, likely: f64, high: f64) -> (Hours, Option<Ends>) {
        let likely = hours(likely);
        (likely, Ends::around(likely, Hours::new(low), Hours::new(high)))
    }

    #[test]
    fn phases_combine_as_independent() {
        // Likely 4 + 12 = 16; below √(1² + 4²) = 4.1231…, above √(2² + 8²) = 8.2462…
        let ends = combined([phase(3.0, 4.0, 6.0), phase(8.0, 12.0, 20.0)]).unwrap();
        assert!((ends.low.get() - 11.876_894_374_382_34).abs() < 1e-9, "{ends}");
        assert!((ends.high.get() - 24.246_211_251_235_32).abs() < 1e-9, "{ends}");
        // 3-4-5 triangles: 10 + 20 + 2 = 32, less 5, and 10 more.
        let fixed = (hours(2.0), None);
        let ends = combined([phase(7.0, 10.0, 16.0), phase(16.0, 20.0, 28.0), fixed]).unwrap();
        assert_eq!((ends.low.get(), ends.high.get()), (27.0, 42.0));
        // One phase keeps its range.
        let ends = combined([phase(3.0, 4.0, 6.0)]).unwrap();
        assert_eq!((ends.low.get(), ends.high.get()), (3.0, 6.0));
        assert_eq!(combined([fixed]), None);
        assert_eq!(combined([]), None);
    }

    /// Malcolm, Roseboom, Clark and Fazar (1959): the mean of a part is (a + 4m + b) / 6, its standard deviation
    /// (b − a) / 6; means and variances of independent parts add.
    #[test]
    fn for_symmetric_phases_it_is_three_standard_deviations_of_pert() {
        let phases = [(3.0, 4.0, 5.0), (8.0, 12.0, 16.0), (1.0, 2.5, 4.0)];
        let mean: f64 = phases.iter().map(|(a, m, b)| (a + 4.0 * m + b) / 6.0).sum();
        let variance: f64 = phases
            .iter()
            .map(|(a, _, b): &(f64, f64, f64)| ((b - a) / 6.0).powi(2))
            .sum();
        let phases = phases.map(|(a, m, b)| phase(a, m, b));
        let ends = combined(phases).unwrap();
        assert!((ends.low.get() - (mean - 3.0 * variance.sqrt())).abs() < 1e-9);
        assert!((ends.high.get() - (mean + 3.0 * variance.sqrt())).abs() < 1e-9);
    }

    proptest::proptest! {
        #[test]
        fn a_combined_range_has_its_sum_inside_and_is_within_the_sums_of_the_ends(
            parts in proptest::collection::vec((0.01f64..1e3, 1.0f64..9.0, 1.0f64..9.0), 1..9),
        ) {
            let phases = parts.iter().map(|(low, up, more)| phase(*low, low * up, low * up * more));
            let low: f64 = parts.iter().map(|(low, _, _)| low).sum();
            let likely: f64 = parts.iter().map(|(low, up, _)| low * up).sum();
            let high: f64 = parts.iter().map(|(low, up, more)| low * up * more).sum();
            if let Some(ends) = combined(phases) {
                let (least, most) = (ends.low.get(), ends.high.get());
                proptest::prop_assert!(low - 1e-9 <= least && least <= likely + 1e-9);
                proptest::prop_assert!(likely - 1e-9 <= most && most <= high + 1e-9);
            }
        }

        #[test]
        fn no_text_makes_a_range_without_order(text in "[0-9h.m ,-]{0,14}") {
            if let Ok(read) = HoursRange::parse(&text, WorkTime::default()) && let Some(ends) = read.ends() {
                proptest::prop_assert!(ends.low.get() > 0.0 && ends.low <= read.likely() && read.likely() <= ends.high);
            }
        }
    }
}
