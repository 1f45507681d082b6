//! The commands, one file each: its arguments and one short run function.

use clap::Subcommand;

use super::Outcome;
use super::environment::Environment;
use super::error::CommandError;
use super::settings::Settings;
use super::terminal::Terminal;

pub mod completions;

/// What a command works with.
pub struct Context {
    /// The process.
    pub environment: Environment,
    /// Its streams.
    pub terminal: Terminal,
}

impl Context {
    /// A context for one run.
    pub fn new(environment: Environment, terminal: Terminal) -> Self {
        Self {
            environment,
            terminal,
        }
    }

    /// The settings outside any repository, or those of the one that the process stands in.
    pub fn settings(&self) -> Settings {
        let files = &self.environment.config_files;
        let config = match self.environment.repository() {
            Ok(repo) => repo.config(files),
            Err(_) => crate::git::config::Config::read(files, None),
        };
        Settings::new(config)
    }
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a completion script for a shell
    Completions(completions::Args),
}

impl Command {
    /// Does the work.
    pub fn run(self, context: &mut Context) -> Result<Outcome, CommandError> {
        match self {
            Self::Completions(args) => completions::run(&args, context),
        }
    }
}
