//! What was typed: the options of every command. Each command's own stand in its file.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

use super::commands::Command;

/// Keep the ledger of AI-assisted engineering in git, and check it against git.
#[derive(Debug, Parser)]
#[command(
    name = "git-leverage",
    bin_name = "git leverage",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Exit codes: 0 done; 1 failed; 2 usage; 3 done, but something was only partly read; \
                  4 `--strict` found something.\n\
                  Try it on made-up repositories: git leverage demo"
)]
pub struct Arguments {
    /// The options that every command has.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The options that every command has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Run as if started in PATH; each further one is relative to the last
    #[arg(short = 'C', value_name = "PATH", global = true)]
    pub directory: Vec<PathBuf>,
    /// Set a git config value for this run
    #[arg(short = 'c', value_name = "NAME=VALUE", global = true, value_parser = config_override)]
    pub config: Vec<(String, String)>,
    /// When to colour the output
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorWhen::Auto, global = true)]
    pub color: ColorWhen,
    /// Say nothing but the result and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: every warning, not only how many there are
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// When to colour the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `NAME=VALUE`, or `NAME` alone for `true`, as `git -c` takes it.
fn config_override(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').unwrap_or((text, "true"));
    if !name.contains('.') {
        return Err("a config name has a section, as in `leverage.root=~/src`".into());
    }
    Ok((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        Arguments::command().debug_assert();
    }
}
