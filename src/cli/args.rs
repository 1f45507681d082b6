//! The options that every command has. Each command's own options are in its file.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The options that every command has.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Run as if started in PATH; may be repeated, each relative to the one before
    #[arg(short = 'C', value_name = "PATH", global = true)]
    pub directory: Vec<PathBuf>,
    /// Set a git config value for this run
    #[arg(short = 'c', value_name = "NAME=VALUE", global = true, value_parser = config_override)]
    pub config: Vec<(String, String)>,
    /// When to color the output
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorWhen::Auto, global = true)]
    pub color: ColorWhen,
    /// Print only results and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Print every warning, not just how many there are
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// When to color the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    #[default]
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
