//! The arguments of `facts`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::logs::{LogArgs, RulesArgs};
use crate::cli::reading::ReadArgs;

/// The arguments of `facts`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  git leverage facts ~/src --output ~/facts\n  \
                  git leverage facts --repos list.tsv --output /mnt/facts\n  \
                  git leverage facts ~/src --output ~/facts --sessions --inventory --audit\n  \
                  git leverage report --facts ~/facts --by repo,month\n  \
                  git leverage inventory --facts ~/facts\n  \
                  git leverage audit --facts ~/facts kiln\n\n\
                  A repository whose refs are as in the last run is skipped. docs/formats/facts.md describes the files.")]
pub struct Args {
    #[command(flatten)]
    pub(super) read: ReadArgs,
    /// Write the files to DIR
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
    /// Read the repositories in FILE, one a line: `PATH`, `PATH<TAB>KEY` or `PATH<TAB>KEY<TAB>RANK`; `-` is standard input.
    /// Of copies of a commit, the one in the repository of the lowest rank counts [default rank: the line's number, from 0]
    #[arg(long, value_name = "FILE", conflicts_with = "roots")]
    pub(super) repos: Option<PathBuf>,
    /// Also write what the logs of this machine show of sessions in these repositories [default with no value: times]
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "times"
    )]
    pub(super) sessions: Option<SessionTimes>,
    /// Also write what `git leverage inventory` reads, such as files, tests and the state of the clone, in each run
    #[arg(long)]
    pub(super) inventory: bool,
    /// The earliest day that `inventory --facts` can begin at: a date, or words that git understands [default: 90 days ago]
    #[arg(long, value_name = "DATE", requires = "inventory")]
    pub(super) since: Option<String>,
    /// Also write what `git leverage audit --facts` needs, such as how many lines of each commit are still at HEAD
    #[arg(long)]
    pub(super) audit: bool,
    /// Read and write everything again
    #[arg(long)]
    pub(super) again: bool,
    /// Read nothing, and write that the repositories could not be read, and why, such as that reading took too long; earlier facts
    /// of them remain, as `partial`
    #[arg(long, value_name = "REASON", conflicts_with_all = ["sessions", "inventory", "audit", "again"])]
    pub(super) failed: Option<String>,
    /// Read no repository, and write the facts in DIR to a few large files for each table, which only other programs can read
    #[arg(long, value_name = "DIR", conflicts_with_all = ["roots", "repos", "sessions", "inventory", "audit", "again", "failed"])]
    pub(super) compact: Option<PathBuf>,
    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub(super) format: FactsFormat,
    #[command(flatten)]
    pub(super) logs: LogArgs,
    #[command(flatten)]
    pub(super) rules: RulesArgs,
}

/// What is written of the times of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SessionTimes {
    /// When they worked, to the millisecond
    Times,
    /// Only on which days they worked, so that wall time is unknown; what was captured of sessions in notes still has times
    Days,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FactsFormat {
    /// A table for a terminal
    #[default]
    Table,
    /// JSON
    Json,
}
