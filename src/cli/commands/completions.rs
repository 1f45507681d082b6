//! `completions SHELL`: a completion script on stdout.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Context;
use crate::cli::Outcome;
use crate::cli::args::Arguments;
use crate::cli::error::CommandError;

/// The arguments of `completions`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage completions bash >~/.local/share/bash-completion/completions/git-leverage\n  \
                        git leverage completions zsh >~/.zfunc/_git-leverage"
)]
pub struct Args {
    /// The shell to complete in
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Arguments::command(), "git-leverage", &mut script);
    context.terminal.data(&script)?;
    Ok(Outcome::Done)
}
