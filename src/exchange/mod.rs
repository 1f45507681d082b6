//! Foreign records ↔ facts: tables as people publish them, and our own export.
//!
//! A file is read whole before anything is offered: what it says, which of its columns were not understood, which rows are
//! broken and why. Whether the rest is taken is not decided here.

mod columns;
mod jsonl;
mod table;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::facts::diagnostics::Warning;
use crate::facts::ids::TaskId;
use crate::facts::quantity::WorkTime;
use crate::facts::task::Task;

/// What the file does not say.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The name of the file: the place of warnings, the source of tasks, and perhaps their date.
    pub name: String,
    /// The day of rows without one.
    pub date: Option<NaiveDate>,
    /// The agent of rows without one.
    pub agent: Option<String>,
    /// Who imports: `Name <mail>`.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How long a day and a week are.
    pub work: WorkTime,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Imported {
    /// The tasks of the rows that can be read, in order.
    pub tasks: Vec<Task>,
    /// Columns that were not understood, factors that do not follow from their row, rows of totals.
    pub warnings: Vec<Warning>,
    /// Rows that cannot be read, with the reason. Their place is the file and the line.
    pub broken: Vec<Warning>,
}

/// Why nothing of a file can be read.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum ImportError {
    /// Some other encoding, or no text at all.
    #[error("line {0} is not UTF-8")]
    NotUtf8(usize),
    /// Nothing in it.
    #[error("it holds no rows")]
    Empty,
    /// No header names what a task needs.
    #[error("no header names {missing}; it has {found}")]
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
    #[error("neither its rows nor its name say on which day the work was done")]
    NoDate,
}

/// The forms that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Separated,
    Markdown,
    JsonLines,
}

/// Reads a file of records. The form follows from the name, else from the content.
pub fn read(content: &[u8], options: &ImportOptions) -> Result<Imported, ImportError> {
    let text = std::str::from_utf8(content).map_err(|error| {
        let before = &content[..error.valid_up_to()];
        ImportError::NotUtf8(1 + memchr::memchr_iter(b'\n', before).count())
    })?;
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err(ImportError::Empty);
    }
    match form(&options.name, text) {
        Form::Separated => table::read_separated(text, options),
        Form::Markdown => table::read_markdown(text, options),
        Form::JsonLines => Ok(jsonl::read(text, options)),
    }
}

fn form(name: &str, text: &str) -> Form {
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("csv" | "tsv") => Form::Separated,
        Some("md" | "markdown") => Form::Markdown,
        Some("jsonl" | "ndjson") => Form::JsonLines,
        _ if text.trim_start().starts_with('{') => Form::JsonLines,
        _ if text.lines().any(|line| line.trim_start().starts_with('|')) => Form::Markdown,
        _ => Form::Separated,
    }
}

/// The day in a file's name, as in `2026-03-01.csv`.
fn date_in_name(name: &str) -> Option<NaiveDate> {
    (0..name.len()).find_map(|at| name.get(at..at + 10)?.parse().ok())
}

/// Gives each task the id that its content always gives, so that a second import adds nothing. Equal rows of one file are
/// told apart by their number among themselves.
fn give_ids(tasks: &mut [Task]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for task in tasks {
        let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let content = [
            "import".to_owned(),
            task.date.to_string(),
            task.title.clone(),
            number(Some(task.estimate.hours.get())),
            number(task.agent_minutes.map(crate::facts::quantity::Minutes::get)),
            number(task.supervisory_minutes.map(crate::facts::quantity::Minutes::get)),
            task.tokens.map_or(String::new(), |tokens| tokens.0.to_string()),
        ];
        let count = seen.entry(content.join("\0")).or_default();
        *count += 1;
        let mut parts: Vec<&str> = content.iter().map(String::as_str).collect();
        let ordinal = count.to_string();
        parts.push(&ordinal);
        task.id = TaskId::derived(&parts);
    }
}
