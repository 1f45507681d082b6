//! `export commits|tasks|sessions|links|survival [ROOT…]`: the facts themselves as JSON Lines.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use crate::aggregate::export;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::RulesArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::send_text;
use crate::cli::period;
use crate::cli::reading::{ReadArgs, Reading};
use crate::cli::survival::survival_at;
use crate::facts::diagnostics::{Status, Warning};
use crate::render::json;

/// The arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage export tasks ~/src --output tasks.jsonl\n  \
                  git leverage export commits --no-renames | wc -l\n  \
                  git leverage export links --ignore-foreign-trailers ~/src/kiln\n  \
                  git leverage export sessions --path-map /workspace=/home/ada/kiln ~/kiln\n\n\
                  `git leverage import` reads exported tasks."
)]
pub struct Args {
    /// The facts to export
    #[arg(value_enum)]
    what: What,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    rules: RulesArgs,
    /// Time zone of the `day` of tasks: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Write to FILE, all or nothing, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every commit with its lines and who made it
    Commits,
    /// Every task in its current revision
    Tasks,
    /// Every agent session that worked in these repositories, with its minutes and tokens
    Sessions,
    /// Every session and commit that belong together, with the evidence
    Links,
    /// Which commit brought which lines of each file at HEAD, as `git blame` finds them
    Survival,
}

/// Reads what is asked for and writes a line for each fact.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let settings = context.settings();
    let zone = period::zone(args.zone.as_deref(), &settings)?;
    let mut reading = match args.what {
        What::Commits | What::Tasks => args.sessions.read(&args.read, &args.rules, context, &settings)?,
        What::Sessions | What::Links => {
            let mut reading = args.read.find(context, &settings)?;
            (args.sessions).complete(&args.read, &args.rules, (context, &settings), &mut reading)?;
            reading
        }
        What::Survival => args.read.find(context, &settings)?,
    };
    let facts = || export::Facts::new(&reading.repos, &reading.sessions, zone);
    let text = match args.what {
        What::Commits => lines(facts().commits())?,
        What::Tasks => lines(facts().tasks())?,
        What::Sessions => lines(export::sessions(&reading.repos, &reading.sessions))?,
        What::Links => lines(export::links(&reading.repos, &reading.sessions).into_iter())?,
        What::Survival => survival(args, context, &mut reading)?,
    };
    send_text(context, args.output.as_deref(), &text)?;
    let is_whole = reading.warnings.is_empty();
    let mut warnings = reading.warnings;
    warnings.extend(reading.repos.iter().flat_map(|repo| repo.warnings.clone()));
    context.terminal.warnings(&warnings)?;
    let is_partial = !is_whole || reading.repos.iter().any(|repo| repo.status != Status::Complete);
    Ok(if is_partial {
        Outcome::Partial
    } else {
        Outcome::Done
    })
}

fn survival(args: &Args, context: &Context, reading: &mut Reading) -> Result<String, CommandError> {
    let cache = context.environment.cache_dir().filter(|_| !args.read.no_cache);
    let mut text = String::new();
    for repo in &mut reading.repos {
        match survival_at(Path::new(&repo.path), args.read.jobs, cache.as_deref()) {
            Ok(found) => {
                text += &lines(export::survival(&repo.name, &found.survival).into_iter())?;
                let trouble = found.trouble.into_iter().chain(export::unread(&found.survival));
                reading
                    .warnings
                    .extend(trouble.map(|reason| Warning::new(&repo.path, reason)));
            }
            Err(reason) => {
                repo.status = Status::Failed;
                reading.warnings.push(Warning::new(&repo.path, reason));
            }
        }
    }
    Ok(text)
}

fn lines<T: Serialize>(facts: impl Iterator<Item = T>) -> Result<String, CommandError> {
    let mut text = String::new();
    for fact in facts {
        text += &json::line(&fact).map_err(|error| CommandError::from_error(&error))?;
    }
    Ok(text)
}
