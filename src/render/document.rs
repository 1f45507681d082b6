//! What every command shows: titled tables of typed cells, with notes below them.
//!
//! A cell has a type (hours, a factor, untrusted text), and a column has a basis: how its numbers came to be.
//! The formats decide what they look like: a factor is `54.1x` on a terminal and unrounded in CSV.

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::doctor::Health;
use crate::facts::factor::FactorRange;
pub(super) use crate::facts::quantity::percent;
use crate::facts::quantity::{Hours, Minutes, Tokens, thousands};
use crate::facts::web_address::WebAddress;

/// A whole page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The heading of the page, if the format has one. Untrusted text.
    pub title: Option<String>,
    /// What the page is about, in a sentence or two, for formats that are pages. Untrusted text.
    pub lead: Option<String>,
    /// The tables, in order. CSV has only the first.
    pub tables: Vec<Table>,
    /// Sentences that read the tables, for formats that are pages. Untrusted text.
    pub reading: Vec<String>,
    /// A chart below the tables, on a terminal.
    pub timeline: Option<Timeline>,
    /// Sentences about all of it. Untrusted text.
    pub notes: Vec<String>,
}

/// Claimed hours and the factor, by day, week or month.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// `day`, `week` or `month`.
    pub unit: &'static str,
    /// The periods with hours or a factor.
    pub points: Vec<Point>,
}

/// One period of a [`Timeline`].
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// Its position on the axis of time, in periods.
    pub at: i64,
    /// Its name.
    pub label: String,
    /// The claimed hours.
    pub hours: Option<Hours>,
    /// The factor as claimed.
    pub factor: Option<f64>,
}

impl From<Table> for Document {
    fn from(table: Table) -> Self {
        Self {
            tables: vec![table],
            ..Self::default()
        }
    }
}

/// A titled table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Above it. Untrusted text.
    pub title: Option<String>,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows. A row shorter than `columns` ends in empty cells.
    pub rows: Vec<Vec<Cell>>,
    /// The sums below the rows. Never part of CSV, where they would be added again.
    pub totals: Option<Vec<Cell>>,
    /// How many rows are beyond a limit. The totals include them.
    pub more_rows: usize,
    /// Sentences about what the numbers leave out. Untrusted text.
    pub notes: Vec<String>,
}

impl Table {
    /// For each column, whether its minutes are shown with one decimal.
    pub(super) fn tenths(&self) -> Vec<bool> {
        let has_tenths = |row: &Vec<Cell>, at: usize| match row.get(at) {
            Some(Cell::Minutes(minutes)) => minutes.has_tenths(),
            _ => false,
        };
        let lines = self.rows.iter().chain(&self.totals);
        let columns = 0..self.columns.len();
        columns
            .map(|at| lines.clone().any(|row| has_tenths(row, at)))
            .collect()
    }
}

/// How the numbers of a column came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Somebody states it.
    Claimed,
    /// Read from git or from an agent's log.
    Measured,
    /// Computed from other columns.
    Derived,
    /// Inferred, and possibly wrong.
    Estimated,
}

impl Basis {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Measured => "measured",
            Self::Derived => "derived",
            Self::Estimated => "estimated",
        }
    }
}

impl Basis {
    /// The character of the line above its columns: dashed for what is said, solid for what was read, double for what
    /// follows, dotted for what is inferred.
    pub fn rule(self) -> char {
        match self {
            Self::Claimed => '╌',
            Self::Measured => '─',
            Self::Derived => '═',
            Self::Estimated => '┈',
        }
    }
}

/// The side of its column that a cell is aligned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name in CSV: stable, `snake_case`.
    pub id: Cow<'static, str>,
    /// Its name for people.
    pub heading: Cow<'static, str>,
    /// The side that its cells are aligned to. A left column contains text and may be shortened to fit a terminal.
    pub align: Align,
    /// How its numbers came to be; `None` for text.
    pub basis: Option<Basis>,
    /// When a narrow terminal hides it: the highest first, 0 only if nothing else helps.
    pub drop_order: u8,
    /// Whether it names the row. A narrow terminal never hides it and shortens it last. If no column is a key, the first
    /// one is.
    pub is_key: bool,
    /// Whether a text that is shortened loses its front: the end of a path says most.
    pub keeps_end: bool,
    /// Whether its texts are never shortened: a shortened id names nothing.
    pub is_whole: bool,
    /// Whether it contains sentences: a narrow terminal breaks them into lines instead of shortening them.
    pub is_prose: bool,
}

impl Column {
    /// A column of text, shortened if the terminal is narrow.
    pub fn text(id: impl Into<Cow<'static, str>>, heading: impl Into<Cow<'static, str>>) -> Self {
        Self {
            id: id.into(),
            heading: heading.into(),
            align: Align::Left,
            basis: None,
            drop_order: 0,
            is_key: false,
            keeps_end: false,
            is_whole: false,
            is_prose: false,
        }
    }

    /// A column of names, some of them paths: a narrow terminal cuts their fronts.
    pub fn name(id: impl Into<Cow<'static, str>>, heading: impl Into<Cow<'static, str>>) -> Self {
        Self {
            keeps_end: true,
            ..Self::text(id, heading)
        }
    }

    /// A column of sentences, broken into lines if the terminal is narrow.
    pub fn prose(id: impl Into<Cow<'static, str>>, heading: impl Into<Cow<'static, str>>) -> Self {
        Self {
            is_prose: true,
            ..Self::text(id, heading)
        }
    }

    /// A column of numbers with a basis.
    pub fn number(
        id: impl Into<Cow<'static, str>>,
        heading: impl Into<Cow<'static, str>>,
        basis: Basis,
    ) -> Self {
        Self {
            align: Align::Right,
            basis: Some(basis),
            ..Self::text(id, heading)
        }
    }

    /// A column of numbers that only name the row, such as a running number.
    pub fn ordinal(id: impl Into<Cow<'static, str>>, heading: impl Into<Cow<'static, str>>) -> Self {
        Self {
            align: Align::Right,
            ..Self::text(id, heading)
        }
    }

    /// The same column, never shortened.
    #[must_use]
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }

    /// The same column, which names the row.
    #[must_use]
    pub fn key(mut self) -> Self {
        self.is_key = true;
        self
    }

    /// The same column with a basis.
    #[must_use]
    pub fn basis(mut self, basis: Basis) -> Self {
        self.basis = Some(basis);
        self
    }

    /// The same column, hidden on a narrow terminal: the highest `rank` first.
    #[must_use]
    pub fn drop_order(mut self, rank: u8) -> Self {
        self.drop_order = rank;
        self
    }
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing belongs here, as under the name in a totals row.
    #[default]
    Empty,
    /// An unknown value: `–`, never 0.
    Unknown,
    /// Untrusted text.
    Text(String),
    /// Untrusted text that names a repository, and its page on the web.
    Link(String, WebAddress),
    /// How many.
    Count(u64),
    /// A lower bound: `≥5`.
    AtLeast(u64),
    /// How many more or fewer: `+1,234`, `-5`.
    Change(i64),
    /// Any other number, with one decimal for people.
    Number(f64),
    /// `1,426h`.
    Hours(Hours),
    /// `16.2m`, and from 100 minutes on `26h 21m`.
    Minutes(Minutes),
    /// `54.1x`.
    Factor(f64),
    /// `34.5x..91.2x`: both ends.
    Factors(FactorRange),
    /// `11.64M`.
    Tokens(Tokens),
    /// A share of one: `0.125` shows as `12.5%`.
    Percent(f64),
    /// A calendar day.
    Date(NaiveDate),
    /// The state of something.
    Health(Health),
}

impl Cell {
    /// The cell, or [`Cell::Unknown`] without a value.
    pub fn known<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Unknown, cell)
    }

    /// Untrusted text.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    /// For people. It may still contain hostile characters, which the formats escape.
    pub(in crate::render) fn for_people(&self) -> Cow<'_, str> {
        match self {
            Self::Minutes(minutes) => Cow::Owned(thousands(minutes.rounded())),
            _ => self.in_column(false),
        }
    }

    /// The same in a column, whose minutes all have one decimal or none.
    pub(in crate::render) fn in_column(&self, tenths: bool) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Empty => return Cow::Borrowed(""),
            Self::Unknown => return Cow::Borrowed("–"),
            Self::Text(text) | Self::Link(text, _) => return Cow::Borrowed(text),
            Self::Count(count) => thousands(count),
            Self::AtLeast(count) => format!("≥{}", thousands(count)),
            Self::Change(change) => {
                let sign = if *change < 0 { '-' } else { '+' };
                format!("{sign}{}", thousands(change.unsigned_abs()))
            }
            Self::Number(number) => thousands(format!("{number:.1}")),
            Self::Hours(hours) => thousands(hours.in_decimals()),
            Self::Minutes(minutes) => thousands(minutes.rounded_to(tenths)),
            Self::Factor(factor) => thousands(format!("{factor:.1}x")),
            Self::Factors(ends) => {
                let end = |factor: f64| thousands(format!("{factor:.1}x"));
                format!("{}..{}", end(ends.low), end(ends.high))
            }
            Self::Tokens(tokens) => tokens.to_string(),
            Self::Percent(share) => percent(*share, 1),
            Self::Date(date) => date.to_string(),
            Self::Health(health) => return Cow::Borrowed(health.word()),
        })
    }

    /// For machines: bare numbers, not rounded, and nothing for unknown values.
    pub(in crate::render) fn for_machines(&self) -> Cow<'_, str> {
        Cow::Owned(match self {
            Self::Empty | Self::Unknown => return Cow::Borrowed(""),
            Self::Text(text) | Self::Link(text, _) => return Cow::Borrowed(text),
            Self::Count(count) | Self::AtLeast(count) => count.to_string(),
            Self::Change(change) => change.to_string(),
            Self::Hours(hours) => hours.get().to_string(),
            Self::Minutes(minutes) => minutes.get().to_string(),
            Self::Number(number) | Self::Factor(number) | Self::Percent(number) => number.to_string(),
            Self::Factors(ends) => format!("{}..{}", ends.low, ends.high),
            Self::Tokens(tokens) => tokens.0.to_string(),
            Self::Date(date) => date.to_string(),
            Self::Health(health) => return Cow::Borrowed(health.word()),
        })
    }
}

/// Puts a comma between thousands of the whole part; what follows it (`.5`, `h`, `x`) stays.
pub(super) fn grouped(number: &str) -> String {
    thousands(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_units_and_machines_numbers() {
        let cells = [
            Cell::Count(1_234_567),
            Cell::AtLeast(1_234),
            Cell::Change(-1_234),
            Cell::known(Hours::new(1426.0), Cell::Hours),
            Cell::known(Minutes::new(1580.5), Cell::Minutes),
            Cell::Factor(1426.0 * 60.0 / 1581.0),
            Cell::Tokens(Tokens(11_636_500)),
            Cell::Percent(0.125),
            Cell::Number(35.65),
            Cell::Unknown,
            Cell::Empty,
        ];
        let people: Vec<_> = cells.iter().map(Cell::for_people).collect();
        assert_eq!(
            people,
            [
                "1,234,567",
                "≥1,234",
                "-1,234",
                "1,426h",
                "26h 21m",
                "54.1x",
                "11.64M",
                "12.5%",
                "35.6",
                "–",
                ""
            ]
        );
        let machines: Vec<_> = cells.iter().map(Cell::for_machines).collect();
        assert_eq!(
            machines,
            [
                "1234567",
                "1234",
                "-1234",
                "1426",
                "1580.5",
                "54.11764705882353",
                "11636500",
                "0.125",
                "35.65",
                "",
                ""
            ]
        );
    }

    #[test]
    fn minutes_of_a_column_have_one_form() {
        let minutes = |value: f64| vec![Cell::known(Minutes::new(value), Cell::Minutes)];
        let shown = |values: &[f64]| -> Vec<String> {
            let table = Table {
                columns: vec![Column::number("agent_minutes", "Agent", Basis::Claimed)],
                rows: values.iter().map(|value| minutes(*value)).collect(),
                ..Table::default()
            };
            let tenths = table.tenths()[0];
            let cells = table.rows.iter().map(|row| row[0].in_column(tenths).into_owned());
            cells.collect()
        };
        assert_eq!(shown(&[35.0, 16.22, 3493.2]), ["35.0m", "16.2m", "58h 13m"]);
        assert_eq!(shown(&[35.0, 0.0, 100.0]), ["35m", "0m", "1h 40m"]);
        assert_eq!(shown(&[99.96, 0.01, 60_000.5]), ["1h 40m", "<0.1m", "1,000h 01m"]);
        assert_eq!(Cell::Minutes(Minutes::new(1.26).unwrap()).for_people(), "1.3m");
    }

    #[test]
    fn only_nothing_is_none_of_it_and_only_all_is_all_of_it() {
        let shown = [0.0, 0.0009, 0.001, 0.5, 0.999, 0.9991, 1.0].map(|share| percent(share, 1));
        assert_eq!(
            shown,
            ["0.0%", "<0.1%", "0.1%", "50.0%", "99.9%", ">99.9%", "100.0%"]
        );
        assert_eq!([0.004, 0.995].map(|share| percent(share, 0)), ["<1%", ">99%"]);
    }
}
