//! What every command gets: the process, its streams and its settings.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use super::environment::Environment;
use super::error::CommandError;
use super::outcome::Outcome;
use super::settings::Settings;
use super::terminal::Terminal;
use crate::facts::diagnostics::Warning;
use crate::facts::progress::Progress;
use crate::git::Repo;
use crate::git::config::Config;

/// What a command wrote to a ledger. It remains, whatever happens to the command afterwards.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What is there now, as a sentence: `the task … is recorded`.
    what: String,
    /// How the command ends if nothing else fails.
    outcome: Outcome,
}

impl Recorded {
    /// The message where the command could not go on: that it did its work, and what failed then.
    pub fn in_spite_of(&self, error: &CommandError) -> String {
        format!("{}, but what came after failed: {}", self.what, error.message())
    }

    /// How the command ends all the same: a code of failure would ask for the same record again.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }
}

/// What a command works with.
pub struct Context {
    /// The process.
    pub environment: Environment,
    /// Its streams.
    pub terminal: Terminal,
    /// How far its work is.
    pub progress: Arc<Progress>,
    settings: OnceCell<Rc<Settings>>,
    recorded: Option<Recorded>,
}

impl Context {
    /// A context for one run.
    pub fn new(environment: Environment, terminal: Terminal) -> Self {
        Self {
            environment,
            terminal,
            progress: Arc::default(),
            settings: OnceCell::new(),
            recorded: None,
        }
    }

    /// The settings outside any repository, or those of the current one, read once.
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

    /// A warning about settings of the repository that are ignored.
    pub fn ignored_settings(&self) -> Option<Warning> {
        self.settings.get()?.ignored()
    }

    /// Notes that a command wrote to the ledger of a repository, and warns of what is not settled yet. Errors after this
    /// point do not make the command fail.
    pub fn recorded(
        &mut self,
        repo: &Repo,
        what: impl Into<String>,
        outcome: Outcome,
    ) -> Result<(), CommandError> {
        let what = what.into();
        let doubts = repo.take_doubts().into_iter();
        let doubts: Vec<Warning> = doubts
            .map(|doubt| Warning::new(repo.name(), format!("{what}, but {doubt}")))
            .collect();
        self.recorded = Some(Recorded { what, outcome });
        Ok(self.terminal.warnings(&doubts)?)
    }

    /// What was written to a ledger, if anything was.
    pub fn what_is_recorded(&self) -> Option<&Recorded> {
        self.recorded.as_ref()
    }

    /// The cache directory, unless nothing is to be cached.
    pub fn cache(&self, no_cache: bool) -> Option<PathBuf> {
        self.environment.cache_dir().filter(|_| !no_cache)
    }
}
