//! ROOT and what every command that reads repositories shares: which ones, how, and how far along it is.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use super::commands::Context;
use super::error::CommandError;
use super::settings::Settings;
use crate::aggregate::report::Repository;
use crate::facts::diagnostics::{Status, Warning};
use crate::git::Repo;
use crate::git::changes::Renames;
use crate::sources::discover::{Discovery, discover};
use crate::sources::history::{ForeignTrailers, History, HistoryOptions, read_open};
use crate::sources::ledger::{LedgerOptions, read_ledger, read_recorded};

/// Which repositories, and how they are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ReadArgs {
    /// Repositories, or folders to search for them [default: the repository you stand in, else `leverage.root`, else
    /// this folder]
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
    /// How many repositories are read at a time [default: one for each processor]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub jobs: usize,
}

/// What was read, with the trouble of finding it.
pub struct Reading {
    /// The repositories, each with a name of its own.
    pub repos: Vec<Repository>,
    /// What could not be searched.
    pub warnings: Vec<Warning>,
}

impl ReadArgs {
    /// Finds and reads the repositories, side by side.
    pub fn read(&self, context: &Context, settings: &Settings) -> Result<Reading, CommandError> {
        let found = self.discover(context, settings)?;
        let ledger = LedgerOptions {
            work: settings.work_time()?,
            ..LedgerOptions::default()
        };
        let history = HistoryOptions {
            renames: self.renames(),
            foreign_trailers: if self.ignore_foreign_trailers {
                ForeignTrailers::Ignore
            } else {
                ForeignTrailers::Believe
            },
            ..HistoryOptions::default()
        };
        let progress = progress(context, found.repositories.len());
        let read = |path: &PathBuf| {
            let repo = read_repository(path, &history, &ledger);
            progress.inc(1);
            repo
        };
        let mut repos = self
            .pool()?
            .install(|| found.repositories.par_iter().map(read).collect::<Vec<_>>());
        progress.finish_and_clear();
        tell_apart(&mut repos);
        Ok(Reading {
            repos,
            warnings: found.warnings,
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
        })
    }

    fn discover(&self, context: &Context, settings: &Settings) -> Result<Discovery, CommandError> {
        let found = discover(&self.roots(context, settings));
        if found.repositories.is_empty() {
            return Err(nothing_found(&found.warnings));
        }
        Ok(found)
    }

    /// The roots that were named, else the repository that one stands in, else the configured ones, else this folder.
    pub fn roots(&self, context: &Context, settings: &Settings) -> Vec<PathBuf> {
        let environment = &context.environment;
        if !self.roots.is_empty() {
            return self
                .roots
                .iter()
                .map(|root| whole_repository(&environment.directory.join(root)))
                .collect();
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

    /// How moved files count.
    pub fn renames(&self) -> Renames {
        if self.no_renames {
            Renames::Ignore
        } else {
            Renames::Follow
        }
    }

    fn pool(&self) -> Result<rayon::ThreadPool, CommandError> {
        rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs)
            .build()
            .map_err(|error| CommandError::from_error(&error))
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

/// A folder inside a repository stands for the repository, unless it holds repositories of its own.
fn whole_repository(root: &Path) -> PathBuf {
    let holds_some = || !discover(&[root.to_owned()]).repositories.is_empty();
    match Repo::discover(root) {
        Ok(around) if Repo::open(root).is_err() && !holds_some() => around.place().to_owned(),
        _ => root.to_owned(),
    }
}

fn read_repository(path: &Path, history: &HistoryOptions, ledger: &LedgerOptions) -> Repository {
    match Repo::open(path) {
        Ok(repo) => Repository::new(read_open(&repo, history), read_ledger(&repo, ledger)),
        Err(error) => Repository::new(History::failed(path, error.to_string()), Default::default()),
    }
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
            Repository::new(history, read_recorded(&repo))
        }
        Err(error) => Repository::new(History::failed(path, error.to_string()), Default::default()),
    }
}

/// Gives repositories of the same name as much of their path as tells them apart.
fn tell_apart(repos: &mut [Repository]) {
    for parts in 2..=8 {
        let names: Vec<String> = repos.iter().map(|repo| repo.name.clone()).collect();
        let mut is_unique = true;
        for repo in repos.iter_mut() {
            if names.iter().filter(|name| **name == repo.name).count() > 1 {
                is_unique = false;
                repo.name = last_parts(&repo.path, parts);
            }
        }
        if is_unique {
            return;
        }
    }
}

fn last_parts(path: &str, parts: usize) -> String {
    let all: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    all.get(all.len().saturating_sub(parts)..)
        .unwrap_or_default()
        .join("/")
}

/// A bar on a terminal that is looked at; nothing elsewhere.
fn progress(context: &Context, repos: usize) -> ProgressBar {
    if !context.terminal.interactive || repos < 2 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("reading {pos} of {len} repositories {wide_bar}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(Some(repos as u64), ProgressDrawTarget::stderr_with_hz(8));
    bar.set_style(style);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_repositories_apart() {
        let mut repos: Vec<Repository> = ["/w/a/api", "/w/b/api", "/w/web"]
            .iter()
            .map(|path| {
                let history = History::failed(Path::new(path), "");
                assert_eq!(history.status, Status::Failed);
                Repository::new(history, Default::default())
            })
            .collect();
        tell_apart(&mut repos);
        let names: Vec<&str> = repos.iter().map(|repo| repo.name.as_str()).collect();
        assert_eq!(names, ["a/api", "b/api", "web"]);
    }
}
