//! What was written, as a table and as JSON.

use serde::Serialize;

use super::args::{Args, FactsFormat};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::exchange::facts::Row;
use crate::facts::diagnostics::Status;
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::json::{self, Versioned};
use crate::render::terminal::render;

/// The name and version of the JSON.
const SCHEMA: &str = "git-leverage.facts/1";

/// One repository in the JSON.
#[derive(Debug, Serialize)]
pub(super) struct Written {
    pub(super) repo: String,
    pub(super) key: String,
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) reason: Option<String>,
    pub(super) commits: Option<u64>,
    pub(super) unchanged: bool,
}

/// All of them.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) repositories: Vec<Written>,
    pub(super) sessions: Option<usize>,
    /// Whether this run read repositories, and did not only note that they cannot be read.
    #[serde(skip)]
    pub(super) is_read: bool,
}

impl Written {
    pub(super) fn of(row: Row, unchanged: bool) -> Self {
        Self {
            repo: row.repo,
            key: row.key,
            name: row.name,
            commits: (row.status != Status::Failed).then_some(row.commits),
            status: row.status,
            reason: row.reason,
            unchanged,
        }
    }
}

impl Args {
    pub(super) fn send(&self, report: &Report, context: &mut Context) -> Result<(), CommandError> {
        let text = match self.format {
            FactsFormat::Json => json::pretty(&Versioned {
                schema: SCHEMA,
                body: report,
            })
            .map_err(|error| CommandError::from_error(&error))?,
            FactsFormat::Table => render(&Document::from(table(report)), context.terminal.screen(None)),
        };
        context.terminal.data(text.as_bytes())?;
        Ok(())
    }
}

fn table(report: &Report) -> Table {
    let row = |one: &Written| {
        let what = match (report.is_read, one.unchanged) {
            (false, _) => "not read",
            (true, true) => "unchanged",
            (true, false) => "written",
        };
        vec![
            Cell::text(&*one.name),
            one.commits.map_or(Cell::Unknown, Cell::Count),
            Cell::text(what),
            Cell::text(one.status.to_string()),
        ]
    };
    Table {
        columns: vec![
            Column::name("repo", "Repository").key(),
            Column::number("commits", "Commits", Basis::Measured),
            Column::text("facts", "Facts"),
            Column::text("status", "Status"),
        ],
        rows: report.repositories.iter().map(row).collect(),
        ..Table::default()
    }
}
