//! `doctor`: checks every link from an agent's hook to the ledger, and fixes what can be fixed without asking.

mod fix;
mod gather;
mod managers;
mod programs;

use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::logs::LogArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::OutputArgs;
use crate::cli::terminal::Verbosity;
use crate::doctor::{self, Diagnosis, Health, examine};
use crate::render::doctor as shown;
use crate::render::json::Versioned;

/// The arguments of `doctor`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage doctor\n  git leverage doctor --fix\n  git leverage doctor --strict --format json\n\n\
                  Checks that pass are listed only by name; `--verbose` shows them. Outside a repository, only the machine \
                  is checked. Uses no network, runs no agent, and changes nothing without `--fix`.\n\n\
                  `--fix` adds `notes.rewriteRef` and `notes.rewriteMode` to the repository's own git config if they are not set, \
                  restores a ledger that was overwritten or damaged, removes locks left by a git-leverage process, and captures \
                  pending sessions."
)]
pub struct Args {
    /// Fix what can be fixed safely, and check again
    #[arg(long)]
    fix: bool,
    /// Exit with 4 if any check fails or warns
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The findings, and what was fixed before.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
    fixed: &'a [String],
}

/// Checks, fixes if asked to, and shows the result.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let mut diagnosis = examine(&gather::evidence(&args.logs, context)?);
    let mut fixed = Vec::new();
    if args.fix {
        let (mended, trouble) = fix::all(&diagnosis, context)?;
        context.terminal.warnings(&trouble)?;
        if !mended.is_empty() {
            diagnosis = examine(&gather::evidence(&args.logs, context)?);
        }
        fixed = mended;
    }
    let machine = Versioned {
        schema: doctor::SCHEMA,
        body: Body {
            diagnosis: &diagnosis,
            fixed: &fixed,
        },
    };
    let all = context.terminal.verbosity == Verbosity::Verbose;
    let document = shown::document(&diagnosis, &fixed, all);
    args.output
        .send(context, &document, &shown::rows(&diagnosis), &machine)?;
    Ok(match args.strict && diagnosis.health >= Health::Warning {
        true => Outcome::Findings,
        false => Outcome::Done,
    })
}
