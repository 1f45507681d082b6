//! An inventory, read: what each repository holds at HEAD, and where it is asked for, the tasks, commits and sessions of each.

use std::path::Path;

use rayon::ThreadPoolBuildError;

use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use super::repositories::read_repository;
use super::workers::read_each;
use crate::aggregate::inventory::{Agents, Inventory, Windows};
use crate::aggregate::repository::{Repository, unify};
use crate::facts::diagnostics::Status;
use crate::facts::inventory::RepoFacts;
use crate::git::config::ConfigFiles;
use crate::sources::discover::Discovery;
use crate::sources::inventory::{self, Reading, shared_histories};

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
    let read = |path: &Path| read_one(path, options);
    let threads = options.read.history.threads;
    let read = read_each(&found.repositories, threads, &options.read.progress, read)?;
    let (facts, repos): (Vec<RepoFacts>, Vec<Option<Repository>>) = read.into_iter().unzip();
    let mut known = Workspace {
        repos: repos.into_iter().flatten().collect(),
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

/// What a repository holds at HEAD, and what its history and its ledger say where that is asked for.
fn read_one(path: &Path, options: &InventoryOptions) -> (RepoFacts, Option<Repository>) {
    let repo = (options.agents.is_some()).then(|| read_repository(path, &options.read));
    let reading = Reading {
        cache_dir: options.read.history.cache.as_deref(),
        config_files: &options.config_files,
        now: options.windows.now,
        since: options.windows.earliest(),
    };
    let mut facts = inventory::read(path, &reading);
    let ledger = repo.as_ref().map(|repo| repo.ledger_status);
    if ledger.is_some_and(|status| status != Status::Complete) {
        facts.partly("some of its ledger was not read");
    }
    (facts, repo)
}
