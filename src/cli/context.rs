//! What every command is given: the process, its streams and its settings.

use super::environment::Environment;
use super::settings::Settings;
use super::terminal::Terminal;
use crate::git::config::Config;

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
            Err(_) => Config::read(files, None),
        };
        Settings::new(config)
    }
}
