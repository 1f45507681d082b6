//! `hook`: the command that agents and git call. This file declares it for help and completions; `cli/background/hook.rs` implements it.

use crate::cli::background::hook::{self, Asked};
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;

/// The arguments of `hook`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Reads the agent's payload from standard input and detects from it which agent is calling. Appends \
                  one line to the spool, starts a capture in the background, and always exits with 0.\n\n\
                  Examples:\n  git leverage hook <payload.json\n  git leverage hook --git post-commit"
)]
pub struct Args {
    /// At the end of a turn, remind the agent once of the session's commits without a task
    #[arg(long, conflicts_with = "git")]
    pub remind: bool,
    /// The git hook that is running: post-commit or post-rewrite
    #[arg(long, value_name = "EVENT")]
    pub git: Option<String>,
}

/// The same as if it were the first argument, for a call with global options before it.
pub fn run(args: Args) -> Result<Outcome, CommandError> {
    Ok(hook::run(Asked {
        remind: args.remind,
        git: args.git,
    }))
}
