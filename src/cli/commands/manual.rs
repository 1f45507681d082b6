//! `manual FOLDER`: the manual pages, one a command, for `man` and thus for `git leverage --help`.

use std::fs;
use std::path::PathBuf;

use clap::CommandFactory;

use super::Context;
use crate::cli::Outcome;
use crate::cli::args::Arguments;
use crate::cli::error::CommandError;

/// The arguments of `manual`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "git opens the manual page of a command for `--help`; `-h` needs none.\n\n\
                  Examples:\n  git leverage manual ~/.local/share/man/man1"
)]
pub struct Args {
    /// Where the pages are written; made if it is not there
    folder: PathBuf,
}

/// Writes the pages.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let folder = context.environment.directory.join(&args.folder);
    fs::create_dir_all(&folder)
        .and_then(|()| clap_mangen::generate_to(Arguments::command(), &folder))
        .map_err(|error| {
            CommandError::failed(format!(
                "cannot write manual pages to `{}`: {error}",
                args.folder.display()
            ))
        })?;
    Ok(Outcome::Done)
}
