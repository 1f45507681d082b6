//! The content of a file of records, and what it leaves open.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::facts::diagnostics::Warning;
use crate::facts::ids::TaskId;
use crate::facts::quantity::WorkTime;
use crate::facts::range::Ends;
use crate::facts::record::ByHand;
use crate::facts::task::Task;

/// What the file leaves open.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The name of the file: the place of warnings, the source of tasks, and possibly their date.
    pub name: String,
    /// The day of rows without one.
    pub date: Option<NaiveDate>,
    /// The agent of rows without one.
    pub agent: Option<String>,
    /// Who imports: `Name <mail>`.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The length of a day and of a week.
    pub work: WorkTime,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// The tasks of the rows that could be read, in order.
    pub tasks: Vec<Task>,
    /// The tasks that were done by hand, in order.
    pub by_hand: Vec<ByHand>,
    /// Unknown columns, factors that do not match their row, rows of totals.
    pub warnings: Vec<Warning>,
    /// Rows that cannot be read, with the reason. Their place is the file and the line.
    pub broken: Vec<Warning>,
    /// Whether the file has ids of its own, as an export has. Otherwise ids follow from the content.
    pub has_ids: bool,
}

/// Why nothing of a file can be read.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ImportError {
    /// Some other encoding, or no text at all.
    #[error("line {0} is not valid UTF-8")]
    NotUtf8(usize),
    /// Nothing in it.
    #[error("the file has no rows")]
    Empty,
    /// No header names what a task needs.
    #[error("the header has no column for {missing}; it has {found}")]
    Header {
        /// What is missing.
        missing: String,
        /// The columns there are. Untrusted text.
        found: String,
    },
    /// Markdown without a table that names a task and a human estimate.
    #[error("no table has columns for a task and a human estimate")]
    NoTable,
    /// Rows need a day.
    #[error("unknown day: neither its rows nor its name contain a date")]
    NoDate,
}

/// The day in a file's name, as in `2026-03-01.csv`.
pub(super) fn date_in_name(name: &str) -> Option<NaiveDate> {
    (0..name.len()).find_map(|at| name.get(at..at + 10)?.parse().ok())
}

/// Gives each task the id that its content always gives, so that a second import adds nothing. Equal rows of one file are
/// told apart by their number among themselves.
pub(super) fn give_ids(tasks: &mut [Task]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for task in tasks {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let ends = |ends: Ends| format!("{}..{}", ends.low.get(), ends.high.get());
        let mut content = vec![
            "import".to_owned(),
            task.date.to_string(),
            task.title.clone(),
            number(Some(task.estimate.hours.get())),
            number(task.agent_minutes.map(crate::facts::quantity::Minutes::get)),
            number(task.supervisory_minutes.map(crate::facts::quantity::Minutes::get)),
            task.tokens.map_or(String::new(), |tokens| tokens.0.to_string()),
        ];
        content.extend(task.estimate.range().map(ends));
        let count = seen.entry(content.join("\0")).or_default();
        *count += 1;
        let mut parts: Vec<&str> = content.iter().map(String::as_str).collect();
        let ordinal = count.to_string();
        parts.push(&ordinal);
        task.id = TaskId::derived(&parts);
    }
}

/// The same for tasks done by hand. Without a day of its own, a row is the same task whenever it is imported.
pub(super) fn give_ids_by_hand(tasks: &mut [ByHand], have_days: bool) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for task in tasks.iter_mut().filter(|task| task.id.is_nil()) {
        let day = if have_days {
            task.date.to_string()
        } else {
            String::new()
        };
        let content = [
            "by-hand".to_owned(),
            day,
            task.title.clone(),
            task.estimate.by.clone(),
            task.estimate
                .estimator
                .as_ref()
                .map_or(String::new(), ToString::to_string),
            task.estimate.hours.get().to_string(),
            task.actual_hours.get().to_string(),
        ];
        let count = seen.entry(content.join("\0")).or_default();
        *count += 1;
        let ordinal = count.to_string();
        let parts = content.iter().map(String::as_str).chain([ordinal.as_str()]);
        task.id = TaskId::derived(&parts.collect::<Vec<_>>());
    }
}
