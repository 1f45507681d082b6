//! What every command is given: the process, its streams and its settings.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::rc::Rc;

use super::environment::Environment;
use super::settings::Settings;
use super::terminal::Terminal;
use crate::facts::diagnostics::Warning;
use crate::git::config::Config;

/// What a command works with.
pub struct Context {
    /// The process.
    pub environment: Environment,
    /// Its streams.
    pub terminal: Terminal,
    settings: OnceCell<Rc<Settings>>,
}

impl Context {
    /// A context for one run.
    pub fn new(environment: Environment, terminal: Terminal) -> Self {
        Self {
            environment,
            terminal,
            settings: OnceCell::new(),
        }
    }

    /// The settings outside any repository, or those of the one that the process stands in, read once.
    pub fn settings(&self) -> Rc<Settings> {
        let read = || {
            let files = &self.environment.config_files;
            let config = match self.environment.repository() {
                Ok(repo) => repo.config(files),
                Err(_) => Config::read(files, None),
            };
            Rc::new(Settings::new(config))
        };
        Rc::clone(self.settings.get_or_init(read))
    }

    /// What the settings that were read say and may not.
    pub fn ignored_settings(&self) -> Option<Warning> {
        self.settings.get()?.ignored()
    }

    /// Where facts are kept between runs, unless nothing is to be kept.
    pub fn cache(&self, no_cache: bool) -> Option<PathBuf> {
        self.environment.cache_dir().filter(|_| !no_cache)
    }
}
