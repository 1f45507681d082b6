//! `completions SHELL`: a completion script on stdout.

use clap::Command;
use clap_complete::Shell;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;

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

/// Prints the script for `program`, the whole declaration of the arguments.
pub fn run(args: &Args, mut program: Command, context: &mut Context) -> Result<Outcome, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "git-leverage", &mut script);
    context.terminal.data(&script)?;
    Ok(Outcome::Done)
}
