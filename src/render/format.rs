//! The output formats, one file each, and the function that renders the result of every command.

pub mod csv;
pub mod html;
pub mod json;
pub mod markdown;
pub mod terminal;
mod timeline;

use std::path::Path;

use serde::Serialize;

use self::terminal::Screen;
use super::document::{Document, Table};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// The result's own type.
    Json,
    /// The rows alone.
    Csv,
    /// The document, as text that forges render.
    Markdown,
    /// The document, as a page.
    Html,
}

/// A result in the three forms that formats are made from.
pub struct Content<'a, T> {
    /// For people.
    pub document: &'a Document,
    /// For spreadsheets.
    pub rows: &'a Table,
    /// For programs.
    pub machine: &'a T,
}

impl Format {
    /// All formats, in the order of the help.
    pub const ALL: &'static [Self] = &[Self::Table, Self::Json, Self::Csv, Self::Markdown, Self::Html];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// The format for a file's extension, in any case.
    pub fn of_file(file: &Path) -> Option<Self> {
        let extension = file.extension()?.to_str()?.to_ascii_lowercase();
        Some(match extension.as_str() {
            "json" => Self::Json,
            "csv" => Self::Csv,
            "md" | "markdown" => Self::Markdown,
            "html" | "htm" => Self::Html,
            _ => return None,
        })
    }

    /// Its purpose, for the help.
    pub fn about(self) -> &'static str {
        match self {
            Self::Table => "Aligned columns, for people",
            Self::Json => "One object with a schema, for programs",
            Self::Csv => "Comma-separated values, for spreadsheets",
            Self::Markdown => "A Markdown table, for logs and reviews",
            Self::Html => "A self-contained HTML page",
        }
    }

    /// The text of a result. Only a table for people depends on the screen. An error means that `machine` cannot be written as
    /// JSON.
    pub fn render<T: Serialize>(
        self,
        content: &Content<'_, T>,
        screen: Screen,
    ) -> Result<String, serde_json::Error> {
        Ok(match self {
            Self::Table => terminal::render(content.document, screen),
            Self::Json => json::pretty(content.machine)?,
            Self::Csv => csv::render(content.rows),
            Self::Markdown => markdown::render(content.document),
            Self::Html => html::render(content.document),
        })
    }
}
