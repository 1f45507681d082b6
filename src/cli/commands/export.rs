//! `export commits|tasks|by-hand|sessions|links|survival [ROOT…]`: the facts themselves, as JSON Lines.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::Serialize;

use crate::aggregate::export;
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::facts::FactsArgs;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::RulesArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::send_text;
use crate::cli::period;
use crate::cli::reading::ReadArgs;
use crate::facts::diagnostics::{Status, Warning};
use crate::render::json;
use crate::workspace::read::Workspace;
use crate::workspace::survival::survival_at;

/// The arguments of `export`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage export tasks ~/src --output tasks.jsonl\n  \
                  git leverage export commits --no-renames | wc -l\n  \
                  git leverage export links --ignore-foreign-trailers ~/src/kiln\n  \
                  git leverage export sessions --path-map /workspace=/home/ada/kiln ~/kiln\n\n\
                  `git leverage import` reads exported tasks, also those done by hand."
)]
pub struct Args {
    /// The facts to export
    #[arg(value_enum)]
    what: What,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    facts: FactsArgs,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    rules: RulesArgs,
    /// Time zone of the `day` of tasks: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Write to FILE, atomically; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Every commit, with its lines and who made it
    Commits,
    /// Every task, at its current revision
    Tasks,
    /// Every task that was done by hand, with what it took
    ByHand,
    /// Every agent session that worked in these repositories, with its minutes and tokens
    Sessions,
    /// Every link between a session and a commit, with the evidence
    Links,
    /// Which commit added which lines of each file at HEAD, as `git blame` attributes them
    Survival,
}

/// Reads the requested facts and writes one line for each.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let zone = period::zone(args.zone.as_deref(), &context.settings())?;
    let reading = (&args.read, &args.sessions, &args.rules);
    let mut loading = None;
    let mut workspace = match args.what {
        What::Survival if args.facts.are_all(&args.read) => {
            let reason = "survival is read from objects, which facts do not have: name repositories";
            return Err(CommandError::usage(reason));
        }
        What::Sessions | What::Links | What::ByHand if args.facts.are_all(&args.read) => {
            let mut workspace = Workspace::default();
            loading = Some(args.facts.join(&mut workspace, reading, zone, context)?);
            workspace
        }
        What::Commits | What::Tasks => {
            let (workspace, loaded) = args.facts.read(reading, zone, context)?;
            loading = Some(loaded);
            workspace
        }
        What::Sessions | What::Links => {
            let mut workspace = args.read.recorded(context)?;
            let sessions = args.sessions.options(&args.read, &args.rules, context)?;
            bar::during(context, || workspace.complete(&sessions));
            loading = Some(args.facts.join(&mut workspace, reading, zone, context)?);
            workspace
        }
        What::ByHand => {
            let mut workspace = args.read.recorded(context)?;
            loading = Some(args.facts.join(&mut workspace, reading, zone, context)?);
            workspace
        }
        What::Survival => args.read.recorded(context)?,
    };
    let facts = || export::Facts::new(&workspace.repos, &workspace.sessions, zone);
    let text = match args.what {
        What::Commits => lines(facts().commits())?,
        What::Tasks => lines(facts().tasks())?,
        What::ByHand => lines(export::by_hand(&workspace.repos).into_iter())?,
        What::Sessions => lines(export::sessions(&workspace.repos, &workspace.sessions))?,
        What::Links => lines(export::links(&workspace.repos, &workspace.sessions).into_iter())?,
        What::Survival => survival(args, context, &mut workspace)?,
    };
    loading.unwrap_or_default().check()?;
    send_text(context, args.output.as_deref(), &text)?;
    let status = workspace.status();
    let mut warnings = workspace.warnings;
    warnings.extend(workspace.repos.into_iter().flat_map(|repo| repo.warnings));
    context.terminal.warnings(&warnings)?;
    Ok(status.into())
}

fn survival(args: &Args, context: &Context, workspace: &mut Workspace) -> Result<String, CommandError> {
    let cache = context.cache(args.read.no_cache);
    let mut text = String::new();
    for repo in workspace.repos.iter_mut().filter(|repo| !repo.given_up) {
        match survival_at(Path::new(&repo.path), args.read.jobs, cache.as_deref()) {
            Ok(found) => {
                text += &lines(export::survival(&repo.name, &found.answer).into_iter())?;
                let trouble = found.trouble.into_iter().chain(export::unread(&found.answer));
                workspace
                    .warnings
                    .extend(trouble.map(|reason| Warning::new(&repo.path, reason)));
            }
            Err(reason) => {
                repo.status = Status::Failed;
                workspace.warnings.push(Warning::new(&repo.path, reason));
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
