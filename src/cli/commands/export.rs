//! `export commits|tasks [ROOT…]`: the facts themselves as JSON Lines.

use std::path::PathBuf;

use clap::ValueEnum;
use serde::Serialize;

use super::Context;
use crate::aggregate::export;
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::output::send_text;
use crate::cli::reading::ReadArgs;
use crate::facts::diagnostics::Status;
use crate::render::json;

/// The arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage export tasks ~/src --output tasks.jsonl\n  \
                  git leverage export commits --no-renames | wc -l\n\n\
                  `git leverage import` reads exported tasks."
)]
pub struct Args {
    /// Which facts
    #[arg(value_enum)]
    what: What,
    #[command(flatten)]
    read: ReadArgs,
    /// Write to FILE, whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every commit with its lines and who made it
    Commits,
    /// Every task in its current revision
    Tasks,
}

/// Reads the repositories and writes a line for each fact.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let settings = context.settings();
    let reading = args.read.read(context, &settings)?;
    let text = match args.what {
        What::Commits => lines(export::commits(&reading.repos))?,
        What::Tasks => lines(export::tasks(&reading.repos))?,
    };
    send_text(context, args.output.as_deref(), &text)?;
    let mut warnings = reading.warnings;
    warnings.extend(reading.repos.iter().flat_map(|repo| repo.warnings.clone()));
    context.terminal.warnings(&warnings)?;
    let is_partial = reading.repos.iter().any(|repo| repo.status != Status::Complete);
    Ok(if is_partial {
        Outcome::Partial
    } else {
        Outcome::Done
    })
}

fn lines<T: Serialize>(facts: impl Iterator<Item = T>) -> Result<String, CommandError> {
    let mut text = String::new();
    for fact in facts {
        text += &json::line(&fact).map_err(|error| CommandError::from_error(&error))?;
    }
    Ok(text)
}
