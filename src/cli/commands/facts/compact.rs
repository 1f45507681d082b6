//! `--compact DIR`: the facts in a directory as a few large files.

use std::path::Path;

use serde::Serialize;

use super::args::{Args, FactsFormat};
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::exchange::facts::{CompactTable, compact};
use crate::facts::diagnostics::Status;
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::json::{self, Versioned};
use crate::render::terminal::render;

/// The name and version of the JSON.
const SCHEMA: &str = "git-leverage.compact-facts/1";

/// What was written, in JSON.
#[derive(Debug, Serialize)]
struct Report {
    tables: Vec<CompactTable>,
}

impl Args {
    /// Writes the facts in one directory to another one.
    pub(super) fn compact(
        &self,
        from: &Path,
        to: &Path,
        context: &mut Context,
    ) -> Result<Outcome, CommandError> {
        let compacted = bar::during(context, || compact(from, to));
        let compacted = compacted.map_err(|error| CommandError::from_error(&error))?;
        let report = Report {
            tables: compacted.tables,
        };
        let text = match self.format {
            FactsFormat::Json => json::pretty(&Versioned {
                schema: SCHEMA,
                body: &report,
            })
            .map_err(|error| CommandError::from_error(&error))?,
            FactsFormat::Table => render(&Document::from(table(&report)), context.terminal.screen(None)),
        };
        context.terminal.data(text.as_bytes())?;
        context.terminal.warnings(&compacted.warnings)?;
        Ok(match compacted.warnings.is_empty() {
            true => Status::Complete,
            false => Status::Partial,
        }
        .into())
    }
}

fn table(report: &Report) -> Table {
    let row = |one: &CompactTable| {
        vec![
            Cell::text(one.table),
            Cell::Count(one.rows as u64),
            Cell::Count(one.files as u64),
            Cell::Count(one.bytes),
        ]
    };
    Table {
        columns: vec![
            Column::name("table", "Table").key(),
            Column::number("rows", "Rows", Basis::Measured),
            Column::number("files", "Files", Basis::Measured),
            Column::number("bytes", "Bytes", Basis::Measured),
        ],
        rows: report.tables.iter().map(row).collect(),
        ..Table::default()
    }
}
