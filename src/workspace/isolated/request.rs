//! What a worker process is told: once, how to read; for each repository, which one, and its limits.

use std::num::NonZero;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::isolation::Isolation;
use super::super::one::Order;
use super::super::options::ReadOptions;
use crate::facts::hash::fnv1a;
use crate::facts::limits::Limits;
use crate::facts::lineage::as_bytes;
use crate::facts::quantity::WorkTime;
use crate::git::changes::Renames;
use crate::git::config::ConfigFiles;
use crate::git::walk::RefSelection;
use crate::sources::history::{HistoryOptions, KeptFacts};
use crate::sources::inventory::{Reading, Siblings};

/// An order, as passed on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    cache: Option<PathBuf>,
    kept_facts: KeptFacts,
    refs: RefSelection,
    renames: Renames,
    work: WorkTime,
    with_history: bool,
    inventory: Option<Inventory>,
    overrides: Vec<(String, String)>,
}

/// One requested repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    /// Its path.
    #[serde(with = "as_bytes")]
    pub path: PathBuf,
    /// Its limits.
    pub limits: Limits,
    /// The number of threads.
    pub threads: NonZero<usize>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Inventory {
    config_files: ConfigFiles,
    now: i64,
    since: i64,
}

/// Sections of git config that describe how a repository is stored. Others, which may contain credentials, are not passed on.
const TOLD: &[&str] = &["branch.", "core.", "extensions.", "filter."];

impl Request {
    /// The order, for one isolation.
    pub(super) fn new(order: &Order<'_>, isolation: &Isolation) -> Self {
        let history = &order.read.history;
        Self {
            overrides: told(&isolation.overrides),
            cache: history.cache.clone(),
            kept_facts: history.kept_facts,
            refs: history.refs.clone(),
            renames: history.renames,
            work: order.read.work,
            with_history: order.with_history,
            inventory: order.inventory.as_ref().map(|reading| Inventory {
                config_files: ConfigFiles {
                    overrides: told(&reading.config_files.overrides),
                    ..reading.config_files.clone()
                },
                now: reading.now,
                since: reading.since,
            }),
        }
    }

    /// Calls `then` with the order, with this many threads. `siblings` are those of all repositories that this process reads.
    pub(super) fn with_order<T>(
        &self,
        threads: NonZero<usize>,
        siblings: &Siblings,
        then: impl FnOnce(&Order<'_>) -> T,
    ) -> T {
        let history = HistoryOptions {
            refs: self.refs.clone(),
            renames: self.renames,
            cache: self.cache.clone(),
            kept_facts: self.kept_facts,
            threads: Some(threads),
            ..HistoryOptions::default()
        };
        let read = ReadOptions::new(history, self.work);
        then(&Order {
            read: &read,
            with_history: self.with_history,
            inventory: self.inventory.as_ref().map(|inventory| Reading {
                cache_dir: self.cache.as_deref(),
                config_files: &inventory.config_files,
                now: inventory.now,
                since: inventory.since,
                progress: &read.history.progress,
                siblings,
            }),
        })
    }

    /// The settings given outside git's files.
    pub(super) fn overrides(&self) -> &[(String, String)] {
        &self.overrides
    }

    /// A number that identifies the order, except for its start time.
    pub(super) fn way(&self) -> u64 {
        let (refs, renames) = (&self.refs, self.renames);
        let what = format!(
            "{refs:?} {renames:?} {} {}",
            self.with_history,
            self.inventory.is_some()
        );
        fnv1a(what.bytes())
    }

    /// The earliest commits to read, in seconds since the epoch.
    pub(super) fn since(&self) -> i64 {
        self.inventory.as_ref().map_or(0, |inventory| inventory.since)
    }
}

fn told(overrides: &[(String, String)]) -> Vec<(String, String)> {
    let is_told = |name: &str| {
        let name = name.to_ascii_lowercase();
        TOLD.iter().any(|section| name.starts_with(section))
    };
    let told = overrides.iter().filter(|(name, _)| is_told(name));
    told.cloned().collect()
}
