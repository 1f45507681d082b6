//! `audit --facts DIR`: what an audit needs, from facts in the place of a repository.

use std::path::Path;

use super::args::Args;
use super::scope::part_at;
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::facts::folders;
use crate::exchange::facts::{OneError, OneRead, read_one};
use crate::workspace::audit::{AuditInput, Part};
use crate::workspace::read::Workspace;

/// The facts of the repository that the arguments name, and the selected part of it.
pub(super) fn read(args: &Args, context: &Context) -> Result<(AuditInput, Part), CommandError> {
    check(args)?;
    let folders = folders(&args.facts, context);
    let wanted = args.repo.as_ref().map(|repo| repo.to_string_lossy());
    let sessions = args.sessions(context)?;
    let zone = args.zone(context)?;
    let read = bar::during(context, || read_one(&folders, wanted.as_deref(), zone));
    let OneRead {
        key,
        repository,
        objects,
        sessions: logged,
        live,
        warnings,
    } = read.map_err(|error| told(&error))?;
    let part = part_at(Path::new(&key), args, context)?;
    let mut workspace = Workspace {
        warnings,
        ..Workspace::default()
    };
    workspace.join(vec![repository], (logged, live), &sessions);
    Ok((AuditInput::of_facts(workspace, objects, zone), part))
}

/// Refuses what only objects answer.
fn check(args: &Args) -> Result<(), CommandError> {
    let needs_a_repository = |what: &str, command: &str| {
        let message = format!("{what} cannot be used with `--facts`: facts do not have what it needs");
        Err(CommandError::usage(message)
            .hint(format!("Run `git leverage audit {command}` in the repository")))
    };
    match (&args.file, &args.range) {
        (Some(file), _) => needs_a_repository("`--file`", &format!("--file {}", file.display())),
        (None, Some(range)) => needs_a_repository("REV-RANGE", &format!(". {range}")),
        (None, None) => Ok(()),
    }
}

fn told(error: &OneError) -> CommandError {
    let told = CommandError::from_error(error);
    match error {
        OneError::Several(_) => told.hint("Name one of them, or its key or id"),
        OneError::Ambiguous(..) => told.hint("Name one of these ids"),
        OneError::Unknown(..) => {
            told.hint("To audit a range of commits, run `git leverage audit` in the repository")
        }
        OneError::NotForAudits(_) => {
            told.hint("Run `git leverage facts` with `--audit`, for the same directory")
        }
        OneError::Table(_) | OneError::Failed(..) => told,
    }
}
