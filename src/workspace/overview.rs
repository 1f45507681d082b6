//! Reads everything that an overview joins: repositories, the sessions that worked in them, and an audit of each.

use rayon::ThreadPoolBuildError;

use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use crate::facts::zone::Zone;
use crate::git::config::ConfigFiles;
use crate::overview::{Audited, Overview, Query};
use crate::sources::discover::Discovery;

/// How the input of an overview is read.
#[derive(Debug, Clone)]
pub struct OverviewOptions {
    /// How repositories are read.
    pub read: ReadOptions,
    /// Which sessions count.
    pub sessions: Sessions,
    /// The names of repositories to leave out.
    pub exclude: Vec<String>,
    /// How each repository is audited; `None` for no audits.
    pub audits: Option<AuditsOptions>,
}

/// How the repositories of an overview are audited.
#[derive(Debug, Clone)]
pub struct AuditsOptions {
    /// Where git finds the keys to verify signatures.
    pub config_files: ConfigFiles,
    /// The time zone that decides where days and months end.
    pub zone: Zone,
    /// The current time, in seconds since the epoch.
    pub now: i64,
}

/// Everything that an overview joins.
pub struct OverviewInput {
    /// The repositories without the excluded ones, the sessions, and what could not be read of them.
    pub workspace: Workspace,
    /// The audit of each repository, by position.
    pub audits: Vec<Option<Audited>>,
    /// How many repositories were excluded.
    pub excluded: usize,
    /// The names to exclude that no repository has.
    pub unknown: Vec<String>,
}

impl OverviewInput {
    /// Reads the repositories that were found.
    pub fn read(found: Discovery, options: &OverviewOptions) -> Result<Self, ThreadPoolBuildError> {
        let mut workspace = Workspace::read(found, &options.read)?;
        workspace.complete(&options.sessions);
        Ok(Self {
            audits: workspace.repos.iter().map(|_| None).collect(),
            workspace,
            excluded: 0,
            unknown: Vec::new(),
        })
    }

    /// Joins it. `query` may depend on the repositories that were read.
    pub fn join(self, query: &Query) -> Overview {
        let Workspace { repos, sessions, .. } = &self.workspace;
        Overview::new(repos, sessions, self.audits, query)
    }
}
