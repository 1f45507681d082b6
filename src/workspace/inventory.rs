//! Reads an inventory: the content of each repository at HEAD and, on request, its tasks, commits and sessions.

use rayon::ThreadPoolBuildError;

use super::isolated::Readers;
use super::one::{Found, Order};
use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use super::workers::read_each;
use crate::aggregate::inventory::{Agents, Inventory, Windows};
use crate::aggregate::repository::{Repository, unify};
use crate::facts::inventory::RepoFacts;
use crate::git::config::ConfigFiles;
use crate::sources::discover::Discovery;
use crate::sources::inventory::{Reading, Siblings, shared_histories};

/// How repositories are read for an inventory.
#[derive(Debug, Clone)]
pub struct InventoryOptions {
    /// The number of threads, the cache, and how histories are read if they are requested.
    pub read: ReadOptions,
    /// The sessions that worked in them; `None` if only the content of HEAD is requested and no commits are read.
    pub agents: Option<Sessions>,
    /// The configuration of git.
    pub config_files: ConfigFiles,
    /// The days that count.
    pub windows: Windows,
}

/// Takes the inventory of the repositories that were found. The caller adds the time.
pub fn read_inventory(
    found: Discovery,
    options: &InventoryOptions,
) -> Result<Inventory, ThreadPoolBuildError> {
    let each = options.read.for_each_of(found.repositories.len());
    let siblings = Siblings::default();
    let order = Order {
        read: &each,
        with_history: options.agents.is_some(),
        inventory: Some(Reading {
            cache_dir: options.read.history.cache.as_deref(),
            config_files: &options.config_files,
            now: options.windows.now,
            since: options.windows.earliest(),
            progress: &each.history.progress,
            siblings: &siblings,
        }),
    };
    let readers = Readers::new(&order, found.repositories.len());
    let read = |path, share| readers.read(path, share);
    let threads = options.read.history.threads;
    let stage = ("Scanning", &*options.read.progress);
    let read = read_each(&found.repositories, threads, stage, read)?;
    let (repos, facts): (Vec<Repository>, Vec<RepoFacts>) = apart(read);
    let mut known = Workspace {
        repos,
        warnings: found.warnings,
        ..Workspace::default()
    };
    unify(&mut known.repos);
    if let Some(sessions) = &options.agents {
        known.complete(sessions);
    }
    let agents = options.agents.as_ref().map(|sessions| Agents {
        repos: &known.repos,
        sessions: matches!(sessions, Sessions::Counted(_)).then_some(&known.sessions),
    });
    Ok(Inventory {
        warnings: known.warnings.clone(),
        ..Inventory::new(&facts, &shared_histories(&facts), agents, options.windows)
    })
}

/// The results, by kind: histories only if they were requested.
fn apart(read: Vec<Found>) -> (Vec<Repository>, Vec<RepoFacts>) {
    let (repos, facts): (Vec<Option<Repository>>, Vec<Option<RepoFacts>>) = (read.into_iter())
        .map(|found| (found.repository, found.facts))
        .unzip();
    (
        repos.into_iter().flatten().collect(),
        facts.into_iter().flatten().collect(),
    )
}
