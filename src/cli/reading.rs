//! ROOT and what every command that reads repositories shares: which ones, how, and its progress.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use super::bar;
use super::context::Context;
use super::error::CommandError;
use super::isolated::isolation;
use super::logs::ForeignArgs;
use crate::git::changes::Renames;
use crate::git::walk::RefSelection;
use crate::sources::discover::{Discovery, LinkedWorkTrees};
use crate::sources::history::HistoryOptions;
use crate::workspace::options::ReadOptions;
use crate::workspace::read::Workspace;
use crate::workspace::repositories::find;

/// Which repositories, and how they are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ReadArgs {
    /// Repositories, or directories to search for them [default: the current repository, else `leverage.root`, else the
    /// current directory]
    #[arg(value_name = "ROOT")]
    pub roots: Vec<PathBuf>,
    /// Count a moved file as removed and added, as `git log --no-renames` does
    #[arg(long)]
    pub no_renames: bool,
    /// Whether other tools' trailers count.
    #[command(flatten)]
    pub foreign: ForeignArgs,
    /// Read everything again, and cache nothing
    #[arg(long)]
    pub no_cache: bool,
    /// Also read remote branches and tags
    #[arg(long)]
    pub all_refs: bool,
    /// Threads to use, at most 256 [default: one per processor]
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

impl ReadArgs {
    /// Finds and reads the repositories, side by side. [`Workspace::complete`] adds the sessions, and who made the commits.
    pub fn read(&self, context: &Context, options: &ReadOptions) -> Result<Workspace, CommandError> {
        let found = self.find(context)?;
        let read = || Workspace::read(found, options);
        Ok(bar::during(context, read)?)
    }

    /// Finds the repositories and reads what their notes recorded, without a walk over their history.
    pub fn recorded(&self, context: &Context) -> Result<Workspace, CommandError> {
        Ok(Workspace::recorded(self.find(context)?))
    }

    /// The repositories below the roots; none at all is an error.
    pub fn find(&self, context: &Context) -> Result<Discovery, CommandError> {
        Ok(find(&self.roots(context), LinkedWorkTrees::LeadToMain)?)
    }

    /// The roots that were named, else the current repository, else the configured ones, else the current directory.
    pub fn roots(&self, context: &Context) -> Vec<PathBuf> {
        let environment = &context.environment;
        if !self.roots.is_empty() {
            let roots = self.roots.iter();
            return roots.map(|root| environment.directory.join(root)).collect();
        }
        if let Ok(repo) = environment.repository() {
            return vec![repo.place().to_owned()];
        }
        let configured = context.settings().get_all("root");
        if configured.is_empty() {
            return vec![environment.directory.clone()];
        }
        configured.iter().map(|root| environment.resolve(root)).collect()
    }

    /// How they are read.
    pub fn options(&self, context: &Context) -> Result<ReadOptions, CommandError> {
        let settings = context.settings();
        let excluded = settings.get_all("excludeRef");
        let mut refs = RefSelection {
            all: self.all_refs,
            ..RefSelection::default()
        };
        if !excluded.is_empty() {
            refs.exclude = excluded;
        }
        let history = HistoryOptions {
            refs,
            renames: match self.no_renames {
                true => Renames::Ignore,
                false => Renames::Follow,
            },
            cache: context.cache(self.no_cache),
            threads: self.jobs,
            progress: Arc::clone(&context.progress),
            ..HistoryOptions::default()
        };
        Ok(ReadOptions {
            isolation: Some(isolation(context)?),
            ..ReadOptions::new(history, settings.work_time()?)
        })
    }
}
