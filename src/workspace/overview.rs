//! Reads everything that an overview joins: repositories, the sessions that worked in them, and an audit of each.
//!
//! Logs are read and linked once, for all repositories together; each audit has the sessions that concern its repository.

use rayon::ThreadPoolBuildError;

use super::audits::{AuditRead, Audits, AuditsOptions, OthersRead};
use super::elsewhere::ReadElsewhere;
use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use crate::aggregate::excluded::Excluded;
use crate::aggregate::names::tell_apart;
use crate::aggregate::repository::Repository;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::zone::Period;
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
    /// What distinguishes this machine from others.
    pub machine: String,
    /// How each repository is audited; `None` for no audits.
    pub audits: Option<AuditsOptions>,
}

/// Everything that an overview joins.
pub struct OverviewInput {
    /// The repositories without the excluded ones, the sessions, and what could not be read of them.
    pub workspace: Workspace,
    /// The audit of each repository, by position; `None` for one that was not read.
    pub audits: Vec<Option<Audited>>,
    /// What the audits could not read, and lines of the files that allow findings that mean nothing.
    pub warnings: Vec<Warning>,
    /// How many repositories were excluded.
    pub excluded: usize,
    /// The names to exclude that no repository has.
    pub unknown: Vec<String>,
    /// Whether each audit had all that it needs.
    are_audits_whole: bool,
}

impl OverviewInput {
    /// Reads the repositories that were found, and takes those that were read elsewhere.
    pub fn read(
        found: Discovery,
        mut elsewhere: Option<&mut dyn ReadElsewhere>,
        options: &OverviewOptions,
    ) -> Result<Self, ThreadPoolBuildError> {
        let mut workspace = Workspace::read(found, &options.read)?;
        let mut here = workspace.repos.len();
        if let Some(elsewhere) = &mut elsewhere {
            workspace.repos.append(&mut elsewhere.take_repos());
            tell_apart(&mut workspace.repos);
        }
        let excluded = Excluded::of(&workspace.repos, &options.exclude, &options.machine);
        let kept = excluded.apply(&mut workspace.repos);
        let positions: Vec<usize> = kept.iter().filter_map(|at| at.checked_sub(here)).collect();
        here = kept.len() - positions.len();
        let others = workspace.repos.split_off(here);
        if here > 0 || elsewhere.is_none() {
            workspace.complete(&options.sessions);
        }
        if let Some(elsewhere) = &mut elsewhere {
            workspace.warnings.extend(elsewhere.take_warnings());
            workspace.join(others, elsewhere.sessions(&positions), &options.sessions);
        }
        let elsewhere = elsewhere.map(|read| OthersRead {
            read: &*read,
            positions,
        });
        Self::audited(workspace, elsewhere.as_ref(), excluded, options)
    }

    /// The same with the audits.
    fn audited(
        workspace: Workspace,
        elsewhere: Option<&OthersRead<'_>>,
        excluded: Excluded,
        options: &OverviewOptions,
    ) -> Result<Self, ThreadPoolBuildError> {
        let audits = match &options.audits {
            Some(audits) => {
                Audits::new(&workspace, (&options.read, &options.sessions), audits).read_all(elsewhere)?
            }
            None => workspace.repos.iter().map(|_| AuditRead::default()).collect(),
        };
        let mut input = Self {
            workspace,
            audits: Vec::with_capacity(audits.len()),
            warnings: Vec::new(),
            excluded: excluded.count(),
            unknown: excluded.unknown,
            are_audits_whole: true,
        };
        for outcome in audits {
            input.audits.push(outcome.audited);
            input.warnings.extend(outcome.warnings);
            input.are_audits_whole &= outcome.status == Status::Complete;
        }
        Ok(input)
    }

    /// Whether everything was read.
    pub fn status(&self) -> Status {
        match self.are_audits_whole {
            true => self.workspace.status(),
            false => self.workspace.status().max(Status::Partial),
        }
    }

    /// Joins it. `query` may depend on the repositories that were read.
    pub fn join(self, query: &Query) -> Overview {
        let Workspace { repos, sessions, .. } = &self.workspace;
        let mut overview = Overview::new(repos, sessions, self.audits, query);
        overview.notes.extend(of_period(query.period));
        overview.notes.extend(unfetched(repos));
        overview
    }
}

/// A sentence about the period, if not everything is included.
fn of_period(period: Period) -> Option<String> {
    let days = match (period.since, period.until) {
        (None, None) => return None,
        (Some(since), Some(until)) if since == until => since.to_string(),
        (Some(since), Some(until)) => format!("{since} to {until}"),
        (Some(since), None) => format!("work since {since}"),
        (None, Some(until)) => format!("work until {until}"),
    };
    Some(format!(
        "Only {days} is included; audits and lines at HEAD are of the whole history"
    ))
}

/// A sentence about each repository whose remote may have a ledger that was not fetched.
fn unfetched(repos: &[Repository]) -> Vec<String> {
    let without = repos.iter().filter(|repo| repo.unfetched.is_some());
    let mut notes: Vec<String> = without
        .map(|repo| {
            format!(
                "{}: its ledger was not fetched from a remote, so tasks may be missing",
                repo.name
            )
        })
        .collect();
    notes.sort();
    notes
}
