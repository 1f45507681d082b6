//! `--columns` and `--limit`: which part of a table is shown.

use super::context::Context;
use super::error::CommandError;
use super::outcome::Outcome;
use crate::render::columns::{Choice, UnknownName, find, list};
use crate::render::document::{Document, Table};
use crate::render::terminal::render;

/// Which columns.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ColumnsArgs {
    /// Show these columns, by name or heading; `help` lists them
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub columns: Vec<String>,
}

/// How many rows.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct LimitArgs {
    /// Show at most N entries; totals include the others
    #[arg(short = 'n', long, value_name = "N", value_parser = at_least_one)]
    pub limit: Option<usize>,
}

/// A list of nothing is asked for by mistake.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(limit) => Ok(limit),
        Err(_) => Err("it is not a whole number".to_owned()),
    }
}

impl ColumnsArgs {
    /// Whether to list the columns.
    pub fn ask_for_help(&self) -> bool {
        self.columns == ["help"]
    }

    /// Rejects unknown names.
    pub fn check(&self, choices: &[Choice<'_>]) -> Result<(), CommandError> {
        find(&self.columns, choices).map(drop).map_err(CommandError::from)
    }

    /// The same page; its first table has only the requested columns, if any were requested.
    pub fn choose(&self, document: Document) -> Result<Document, CommandError> {
        match self.columns.as_slice() {
            [] => Ok(document),
            names => Ok(document.choose(names)?),
        }
    }

    /// The same for the rows of a spreadsheet. It may lack columns that the page has.
    pub fn choose_rows(&self, rows: Table, page: &Document) -> Result<Table, CommandError> {
        let shown = page.tables.first().map(Table::choices).unwrap_or_default();
        match self.columns.as_slice() {
            [] => Ok(rows),
            names => Ok(rows.choose(names, &shown)?),
        }
    }

    /// Lists the columns of the first table of a page.
    pub fn list_of(page: &Document, context: &mut Context) -> Result<Outcome, CommandError> {
        let choices = page.tables.first().map(Table::choices).unwrap_or_default();
        Self::list(&choices, context)
    }

    /// Lists the columns.
    pub fn list(choices: &[Choice<'_>], context: &mut Context) -> Result<Outcome, CommandError> {
        let text = render(&Document::from(list(choices)), context.terminal.screen(None));
        context.terminal.data(text.as_bytes())?;
        Ok(Outcome::Done)
    }
}

impl From<UnknownName> for CommandError {
    fn from(error: UnknownName) -> Self {
        let hint = "`--columns help` lists them";
        Self::usage(error.to_string()).hint(hint)
    }
}
