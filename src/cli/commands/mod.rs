//! The commands, one file each: its arguments and one short run function.

use clap::Subcommand;

use super::Outcome;
use super::environment::Environment;
use super::error::CommandError;
use super::settings::Settings;
use super::terminal::Terminal;

pub mod audit;
pub mod cache;
pub mod capture;
pub mod completions;
pub mod demo;
pub mod export;
pub mod import;
pub mod inventory;
pub mod log;
pub mod manual;
pub mod record;
pub mod report;
pub mod retract;
pub mod revise;
pub mod scan;
pub mod sessions;
pub mod show;
pub mod trailers;

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
    /// Record a task: what a person would have needed, and what the agent took
    Record(Box<record::Args>),
    /// Keep what was measured of the sessions behind commits in their notes
    Capture(Box<capture::Args>),
    /// Change a task in a new revision; the old ones stay
    Revise(Box<revise::Args>),
    /// Take a task back; its record stays, but counts no more
    Retract(retract::Args),
    /// Show a task, or the tasks of a commit
    Show(show::Args),
    /// List the tasks of this repository, newest first
    Log(log::Args),
    /// Import tasks from CSV, Markdown or JSON Lines
    Import(import::Args),
    /// Check the trailers of a message or of commits
    Trailers(trailers::Args),
    /// Sum up tasks and commits of one or many repositories
    Report(Box<report::Args>),
    /// Write commits, tasks, sessions or links as JSON Lines
    Export(export::Args),
    /// Make a small workspace to try everything on
    Demo(demo::Args),
    /// Bring the kept facts up to date, and say what each repository holds
    Scan(scan::Args),
    /// Show what the logs of coding agents tell: minutes, tokens, commits
    Sessions(Box<sessions::Args>),
    /// Show every repository with its size, tests, history and state
    Inventory(inventory::Args),
    /// Say what was built with agents here, and what does not add up
    Audit(Box<audit::Args>),
    /// Show or clear the cache, which makes later runs fast
    Cache(cache::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Write the manual pages, which `git leverage --help` shows
    Manual(manual::Args),
}

impl Command {
    /// Does the work.
    pub fn run(self, context: &mut Context) -> Result<Outcome, CommandError> {
        match self {
            Self::Record(args) => record::run(&args, context),
            Self::Capture(args) => capture::run(&args, context),
            Self::Revise(args) => revise::run(&args, context),
            Self::Retract(args) => retract::run(&args, context),
            Self::Show(args) => show::run(&args, context),
            Self::Log(args) => log::run(&args, context),
            Self::Import(args) => import::run(&args, context),
            Self::Trailers(args) => trailers::run(&args, context),
            Self::Export(args) => export::run(&args, context),
            Self::Demo(args) => demo::run(&args, context),
            Self::Report(args) => report::run(&args, context),
            Self::Scan(args) => scan::run(&args, context),
            Self::Inventory(args) => inventory::run(&args, context),
            Self::Audit(args) => audit::run(&args, context),
            Self::Cache(args) => cache::run(&args, context),
            Self::Completions(args) => completions::run(&args, context),
            Self::Manual(args) => manual::run(&args, context),
            Self::Sessions(args) => sessions::run(&args, context),
        }
    }
}
