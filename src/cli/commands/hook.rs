//! `hook`: what agents and git call. Here it is declared, for the help and the completions; what it does is in `cli/hook.rs`.

use crate::cli::error::CommandError;
use crate::cli::hook::{self, Asked};
use crate::cli::outcome::Outcome;

/// The arguments of `hook`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It takes what the agent says on standard input, and tells by that which agent it is. It notes that something \
                  happened, starts a capture in the background, and ends with 0 whatever happens.\n\n\
                  Examples:\n  git leverage hook <payload.json\n  git leverage hook --git post-commit"
)]
pub struct Args {
    /// At the end of a turn, remind the agent once of commits of the session that have no task
    #[arg(long, conflicts_with = "git")]
    pub remind: bool,
    /// The git hook that is running: post-commit or post-rewrite
    #[arg(long, value_name = "EVENT")]
    pub git: Option<String>,
}

/// The same as where it is the first argument, for a call with global options before it.
pub fn run(args: Args) -> Result<Outcome, CommandError> {
    Ok(hook::run(Asked {
        remind: args.remind,
        git: args.git,
    }))
}
