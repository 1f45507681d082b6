//! ROOT and what every command that reads repositories shares: which ones, how, and how far along it is.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CommandError;
use super::settings::Settings;
use super::workers::read_each;
use crate::aggregate::names::{Named, tell_apart};
use crate::aggregate::repository::{Repository, unify};
use crate::correlate::seen::{self, SeenSession};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::ForeignTrailers;
use crate::facts::ledger::Ledger;
use crate::facts::lineage::Lineage;
use crate::facts::quantity::WorkTime;
use crate::git::Repo;
use crate::git::changes::Renames;
use crate::git::walk::RefSelection;
use crate::sources::discover::{Discovery, LinkedWorkTrees, discover};
use crate::sources::history::{History, HistoryOptions, read_open};
use crate::sources::ledger::{read_ledger_of, read_recorded};

/// Which repositories, and how they are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ReadArgs {
    /// Repositories, or folders that hold some; a repository is not searched for others, and a folder without any stands
    /// for the one it lies in [default: the repository you stand in, else `leverage.root`, else this folder]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<PathBuf>,
    /// Count a moved file as removed and added, as `git log --no-renames` does
    #[arg(long)]
    pub no_renames: bool,
    /// Take only our own trailers, authors and notes as signs of an agent or a session
    #[arg(long)]
    pub ignore_foreign_trailers: bool,
    /// Read everything anew and keep nothing
    #[arg(long)]
    pub no_cache: bool,
    /// Read remote branches and tags as well
    #[arg(long)]
    pub all_refs: bool,
    /// Threads to use, at most 256 [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub jobs: Option<NonZero<usize>>,
}

/// A number of threads that a machine can have.
pub fn threads(text: &str) -> Result<NonZero<usize>, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number: &NonZero<usize>| number.get() <= 256);
    number.ok_or_else(|| "not a number from 1 to 256".to_owned())
}

/// What was read, with the trouble of finding it.
#[derive(Default)]
pub struct Reading {
    /// The repositories, each with a name of its own.
    pub repos: Vec<Repository>,
    /// The sessions that worked in them, as far as they were asked for.
    pub sessions: Vec<SeenSession>,
    /// What could not be searched.
    pub warnings: Vec<Warning>,
}

impl Reading {
    /// Decides who made the commits of each repository, now that the sessions are known: every command that tells who made a
    /// commit comes through here.
    pub(super) fn decide(&mut self, foreign: ForeignTrailers) {
        for (at, repo) in self.repos.iter_mut().enumerate() {
            repo.decide(seen::signs(&self.sessions, at), foreign);
        }
    }

    /// Where the repositories are.
    pub fn paths(&self) -> Vec<PathBuf> {
        let repos = self.repos.iter();
        repos.map(|repo| PathBuf::from(&repo.path)).collect()
    }
}

impl ReadArgs {
    /// Finds and reads the repositories, side by side. [`super::linking::Linking::complete`] adds the sessions, and who made
    /// the commits.
    pub(super) fn read(
        &self,
        context: &Context,
        settings: &Settings,
        options: &HistoryOptions,
    ) -> Result<Reading, CommandError> {
        let found = self.discover(context, settings)?;
        let work = settings.work_time()?;
        let read = |path: &Path| read_repository(path, options, work);
        let mut repos = read_each(context, self.jobs, &found.repositories, &options.progress, read)?;
        tell_apart(&mut repos);
        unify(&mut repos);
        Ok(Reading {
            repos,
            warnings: found.warnings,
            ..Reading::default()
        })
    }

    /// Finds the repositories and reads what their notes recorded, without a walk over their history.
    pub fn find(&self, context: &Context, settings: &Settings) -> Result<Reading, CommandError> {
        let found = self.discover(context, settings)?;
        let mut repos: Vec<Repository> = found.repositories.iter().map(|path| unread(path)).collect();
        tell_apart(&mut repos);
        Ok(Reading {
            repos,
            warnings: found.warnings,
            ..Reading::default()
        })
    }

    /// The repositories below the roots; none at all is an error.
    pub fn discover(&self, context: &Context, settings: &Settings) -> Result<Discovery, CommandError> {
        self.discover_as(context, settings, LinkedWorkTrees::LeadToMain)
    }

    /// The same, with a say in where repositories are opened.
    pub fn discover_as(
        &self,
        context: &Context,
        settings: &Settings,
        linked: LinkedWorkTrees,
    ) -> Result<Discovery, CommandError> {
        let found = discover(&self.roots(context, settings), linked);
        if found.repositories.is_empty() {
            return Err(nothing_found(&found.warnings));
        }
        Ok(found)
    }

    /// The roots that were named, else the repository that one stands in, else the configured ones, else this folder.
    pub fn roots(&self, context: &Context, settings: &Settings) -> Vec<PathBuf> {
        let environment = &context.environment;
        if !self.roots.is_empty() {
            let roots = self.roots.iter();
            return roots.map(|root| environment.directory.join(root)).collect();
        }
        if let Ok(repo) = environment.repository() {
            return vec![repo.place().to_owned()];
        }
        let configured = settings.get_all("root");
        if configured.is_empty() {
            return vec![environment.directory.clone()];
        }
        configured.iter().map(|root| environment.resolve(root)).collect()
    }

    /// How histories are read.
    pub fn history(&self, context: &Context, settings: &Settings) -> HistoryOptions {
        let excluded = settings.get_all("excludeRef");
        let mut refs = RefSelection {
            all: self.all_refs,
            ..RefSelection::default()
        };
        if !excluded.is_empty() {
            refs.exclude = excluded;
        }
        HistoryOptions {
            refs,
            renames: if self.no_renames {
                Renames::Ignore
            } else {
                Renames::Follow
            },
            cache: self.cache(context),
            threads: self.jobs,
            ..HistoryOptions::default()
        }
    }

    /// Where facts are kept between runs, if they are.
    pub fn cache(&self, context: &Context) -> Option<PathBuf> {
        context.environment.cache_dir().filter(|_| !self.no_cache)
    }

    /// Whose marks in messages count.
    pub fn foreign_trailers(&self) -> ForeignTrailers {
        match self.ignore_foreign_trailers {
            true => ForeignTrailers::Ignore,
            false => ForeignTrailers::Believe,
        }
    }
}

fn nothing_found(warnings: &[Warning]) -> CommandError {
    let reasons: Vec<String> = warnings.iter().map(Warning::to_string).collect();
    CommandError::failed(if reasons.is_empty() {
        "no git repository here".to_owned()
    } else {
        reasons.join("; ")
    })
    .hint("Name a repository or a folder that holds some, or set `leverage.root`")
}

/// Reads the repository at `path`; who made its commits is left to be decided.
pub fn read_repository(path: &Path, options: &HistoryOptions, work: WorkTime) -> Repository {
    match Repo::open(path) {
        Ok(repo) => {
            let (history, ledger) = gather(&repo, options, work);
            Repository::new(repo.lineage(), history, ledger)
        }
        Err(error) => failed(path, error.to_string()),
    }
}

/// What the history of a repository and its ledger say.
pub fn gather(repo: &Repo, options: &HistoryOptions, work: WorkTime) -> (History, Ledger) {
    let history = read_open(repo, options);
    let ledger = read_ledger_of(repo, &history.commits, work);
    (history, ledger)
}

fn failed(path: &Path, reason: String) -> Repository {
    Repository::new(
        Lineage::default(),
        History::failed(path, reason),
        Ledger::default(),
    )
}

fn unread(path: &Path) -> Repository {
    match Repo::open(path) {
        Ok(repo) => {
            let history = History {
                name: repo.name(),
                status: Status::Complete,
                reason: None,
                ..History::failed(path, "")
            };
            Repository::new(repo.lineage(), history, read_recorded(&repo))
        }
        Err(error) => failed(path, error.to_string()),
    }
}

impl Named for Repository {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&mut self) -> &mut String {
        &mut self.name
    }
}
