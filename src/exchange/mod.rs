//! Foreign records ↔ facts: tables as people publish them, git-leverage's own export, and facts of many machines in Parquet files.
//!
//! [`facts`] are written and read by this program. Of the others, a file is read completely before anything is used: its tasks, its unknown columns, and its invalid rows with the reason. The
//! caller decides whether to import the rest.

mod columns;
pub mod facts;
mod imported;
mod jsonl;
mod table;

pub use imported::{ImportError, ImportOptions, Imported};

/// The supported formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Separated,
    Markdown,
    JsonLines,
}

/// Reads a file of records. The format follows from the name, else from the content.
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
