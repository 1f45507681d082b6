//! What may be written into a record: texts on one line, times that are not 0, and years of four digits.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::quantity::{Hours, Minutes};

/// The longest title, name or reason that is written, in characters.
const MAX_TEXT: usize = 1000;

/// Why a task may not be written.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum TaskError {
    /// Nothing in it.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A newline, a tab, an escape: it must be one line of plain text.
    #[error(
        "{field} `{text}` contains the control character U+{character:04X}; write it on one line of plain text"
    )]
    Control {
        /// The field.
        field: &'static str,
        /// Its value.
        text: String,
        /// The character.
        character: u32,
    },
    /// Longer than a reader would read.
    #[error("{0} has more than {MAX_TEXT} characters")]
    TooLong(&'static str),
    /// A day that no calendar of people has.
    #[error("invalid date `{0}`: {NOT_A_YEAR}")]
    Year(NaiveDate),
    /// Zero is a claim; unknown values are left out.
    #[error("{0}; leave it out if it is unknown")]
    Zero(&'static str),
    /// Actual hours are required.
    #[error("the actual time is 0h; write the hours that the task took")]
    NoActual,
    /// An agent's name is one word, and not that of a person.
    #[error("`{0}` is not an agent name such as `claude-code`")]
    NoAgent(String),
    /// Phases and estimate disagree.
    #[error("the phases sum to {phases}, but the estimate is {estimate}")]
    PhasesDoNotSum {
        /// What the phases sum to.
        phases: String,
        /// The estimate.
        estimate: String,
    },
    /// Low, likely and high are not in this order.
    #[error("`{range}` is not a range from a low end above 0h to a higher one, with the hours between them")]
    NoRange {
        /// What it states.
        range: String,
    },
}

/// Whether a year has at most four digits, as in RFC 3339. The calendar goes much further, and nothing that walks it would end.
fn has_four_digits(year: i32) -> bool {
    (1..=9999).contains(&year)
}

pub(super) const NOT_A_YEAR: &str = "the year is not one from 1 to 9999";

pub(super) fn day_with_four_digits<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    let day = NaiveDate::deserialize(from)?;
    match has_four_digits(day.year()) {
        true => Ok(day),
        false => Err(D::Error::custom(NOT_A_YEAR)),
    }
}

pub(super) fn time_with_four_digits<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    let at = DateTime::<Utc>::deserialize(from)?;
    match has_four_digits(at.year()) {
        true => Ok(at),
        false => Err(D::Error::custom(NOT_A_YEAR)),
    }
}

/// Whether an estimate is positive: work of no hours would be worth nothing, whatever it took.
pub fn check_hours(hours: Hours) -> Result<(), TaskError> {
    match hours.get() > 0.0 {
        true => Ok(()),
        false => Err(TaskError::Zero("the estimate is 0h")),
    }
}

/// Whether actual hours are positive: work of no hours says nothing about an estimate.
pub fn check_actual(hours: Hours) -> Result<(), TaskError> {
    match hours.get() > 0.0 {
        true => Ok(()),
        false => Err(TaskError::NoActual),
    }
}

/// Whether a day has a year of at most four digits.
pub(super) fn check_year(day: NaiveDate) -> Result<(), TaskError> {
    match has_four_digits(day.year()) {
        true => Ok(()),
        false => Err(TaskError::Year(day)),
    }
}

/// Whether an agent time is positive: hours that took no time would raise every factor that they are summed into.
pub fn check_agent_minutes(minutes: Minutes) -> Result<(), TaskError> {
    match minutes.get() > 0.0 {
        true => Ok(()),
        false => Err(TaskError::Zero("the agent time is 0m")),
    }
}

/// Whether `text` is one line of plain text that is not blank.
pub fn check_text(field: &'static str, text: &str) -> Result<(), TaskError> {
    if text.trim().is_empty() {
        return Err(TaskError::Empty(field));
    }
    if let Some(character) = text.chars().find(|c| c.is_control()) {
        return Err(TaskError::Control {
            field,
            text: text.chars().take(60).collect(),
            character: character.into(),
        });
    }
    if text.chars().count() > MAX_TEXT {
        return Err(TaskError::TooLong(field));
    }
    Ok(())
}
