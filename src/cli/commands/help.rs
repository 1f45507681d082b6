//! `help [COMMAND…]`: what `--help` shows, and the list of all commands.

use clap::Command;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::usage::unknown_command;

/// The arguments of `help`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage help\n  git leverage help report\n  git leverage help sessions show\n  \
                  git leverage help --all"
)]
pub struct Args {
    /// The command to describe [default: git leverage itself]
    #[arg(value_name = "COMMAND", conflicts_with = "all")]
    command: Vec<String>,
    /// List all commands, with the commands below them
    #[arg(short, long)]
    all: bool,
}

/// Prints the help of a command of `program`, the whole declaration of the arguments.
pub fn run(args: &Args, program: &Command, context: &mut Context) -> Result<Outcome, CommandError> {
    let text = match args.all {
        true => all(program, "git leverage"),
        false => described(&args.command, program)?
            .render_long_help()
            .ansi()
            .to_string(),
    };
    context.terminal.data(text.as_bytes())?;
    Ok(Outcome::Done)
}

/// The command that words name.
fn described(words: &[String], program: &Command) -> Result<Command, CommandError> {
    let mut command = program;
    let mut name = "git leverage".to_owned();
    for word in words {
        command = (command.find_subcommand(word)).ok_or_else(|| unknown_command(word, &name, command))?;
        name = format!("{name} {word}");
    }
    Ok(command.clone())
}

/// A line for each command below `command`, which is called as `name`.
fn all(command: &Command, name: &str) -> String {
    let line = |inner: &Command| {
        let name = format!("{name} {}", inner.get_name());
        let about = inner.get_about().map(ToString::to_string);
        format!("{name:<27} {}\n{}", about.unwrap_or_default(), all(inner, &name))
    };
    command.get_subcommands().map(line).collect()
}
