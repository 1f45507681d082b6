//! Several repositories, read side by side and without comparing any with another.

use std::path::PathBuf;

use rayon::ThreadPoolBuildError;

use super::isolated::Readers;
use super::one::{Found, Order};
use super::options::ReadOptions;
use super::workers::read_each;
use crate::git::config::ConfigFiles;
use crate::sources::inventory::{Reading, Siblings};

/// How the content of repositories at HEAD and the state of their clones are read.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'a> {
    /// The configuration of git.
    pub config_files: &'a ConfigFiles,
    /// The present, in seconds since the epoch.
    pub now: i64,
    /// Commits from here on are listed with their lines, in seconds since the epoch.
    pub since: i64,
}

/// What to read of each of several repositories.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Whether to read histories and ledgers.
    pub histories: bool,
    /// How to read contents, if they are requested.
    pub contents: Option<Contents<'a>>,
}

/// Reads the repositories at these paths, in parallel. The results are in their order.
pub fn read_several(
    paths: &[PathBuf],
    options: &ReadOptions,
    asked: Asked<'_>,
) -> Result<Vec<Found>, ThreadPoolBuildError> {
    let each = options.for_each_of(paths.len());
    let siblings = Siblings::default();
    let order = Order {
        read: &each,
        with_history: asked.histories,
        inventory: asked.contents.map(|contents| Reading {
            cache_dir: options.history.cache.as_deref(),
            config_files: contents.config_files,
            now: contents.now,
            since: contents.since,
            progress: &each.history.progress,
            siblings: &siblings,
        }),
    };
    let readers = Readers::new(&order, paths.len());
    let read = |path, share| readers.read(path, share);
    let stage = ("Scanning", &*options.progress);
    read_each(paths, options.history.threads, stage, read)
}
