//! An inventory, read: what each repository holds at HEAD, and where it is asked for, the tasks, commits and sessions of each.

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
use crate::sources::inventory::{Reading, shared_histories};

/// How repositories are read for an inventory.
#[derive(Debug, Clone)]
pub struct InventoryOptions {
    /// On how many threads, what is cached, and how their histories are read where these are asked for.
    pub read: ReadOptions,
    /// The sessions that worked in them; `None` where nothing but what HEAD holds is asked for, and no commit is read.
    pub agents: Option<Sessions>,
    /// What git is configured to.
    pub config_files: ConfigFiles,
    /// The days that count.
    pub windows: Windows,
}

/// Takes the inventory of the repositories that were found. When that is, is left to be said.
pub fn read_inventory(
    found: Discovery,
    options: &InventoryOptions,
) -> Result<Inventory, ThreadPoolBuildError> {
    let order = Order {
        read: &options.read,
        with_history: options.agents.is_some(),
        inventory: Some(Reading {
            cache_dir: options.read.history.cache.as_deref(),
            config_files: &options.config_files,
            now: options.windows.now,
            since: options.windows.earliest(),
        }),
    };
    let readers = Readers::new(&order, found.repositories.len());
    let read = |path, share| readers.read(path, share);
    let threads = options.read.history.threads;
    let read = read_each(&found.repositories, threads, &options.read.progress, read)?;
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

/// What was read, by kind: histories only where they were asked for.
fn apart(read: Vec<Found>) -> (Vec<Repository>, Vec<RepoFacts>) {
    let (repos, facts): (Vec<Option<Repository>>, Vec<Option<RepoFacts>>) = (read.into_iter())
        .map(|found| (found.repository, found.facts))
        .unzip();
    (
        repos.into_iter().flatten().collect(),
        facts.into_iter().flatten().collect(),
    )
}
