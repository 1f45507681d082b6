//! Reads what the facts in a directory lack: of repositories that changed everything, of others what is not in their facts.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;

use super::args::Args;
use super::looked::Looked;
use crate::aggregate::inventory::Windows;
use crate::aggregate::repository::Repository;
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::period::PeriodArgs;
use crate::exchange::facts::{Inventoried, Row};
use crate::facts::span::Seconds;
use crate::facts::zone::Period;
use crate::workspace::one::Found;
use crate::workspace::options::ReadOptions;
use crate::workspace::several::{Asked, Contents, read_several};

/// What was read, by the id of the repository among facts.
#[derive(Default)]
pub(super) struct Read {
    /// Histories and ledgers: of repositories that changed, and with sessions of all.
    pub(super) repos: HashMap<String, Repository>,
    /// What an inventory reads.
    pub(super) inventories: HashMap<String, Inventoried>,
}

impl Args {
    /// Reads repositories without `known` facts completely, and others as far as more is requested, such as those `to_audit`.
    pub(super) fn read_what_is_missing(
        &self,
        (looked, known, to_audit): (&[Looked], &[Option<Row>], &BTreeSet<usize>),
        options: &ReadOptions,
        context: &Context,
    ) -> Result<Read, CommandError> {
        let contents = self.contents(context)?;
        let those = |fits: &dyn Fn(usize) -> bool| -> Vec<&Looked> {
            let all = looked.iter().enumerate();
            let fitting = all.filter(|(at, one)| one.trouble.is_none() && fits(*at));
            fitting.map(|(_, one)| one).collect()
        };
        let is_known = |at: usize| known[at].is_some();
        let changed = those(&|at| !is_known(at));
        let asked = |histories, contents| Asked { histories, contents };
        let mut read = Read::default();
        read.add(&changed, asked(true, contents), options, context)?;
        // Apart from their content: an unchanged history is not even opened.
        let again = those(&|at| is_known(at) && (self.sessions.is_some() || to_audit.contains(&at)));
        read.add(&again, asked(true, None), options, context)?;
        if contents.is_some() {
            read.add(&those(&is_known), asked(false, contents), options, context)?;
        }
        Ok(read)
    }

    /// How the content is read, if it is requested. It begins a day early: the clock and the zone of whoever uses the facts may
    /// be others.
    fn contents<'a>(&self, context: &'a Context) -> Result<Option<Contents<'a>>, CommandError> {
        if !self.inventory {
            return Ok(None);
        }
        let environment = &context.environment;
        let period = PeriodArgs {
            since: self.since.clone(),
            ..PeriodArgs::default()
        };
        let zone = period.zone(&context.settings())?;
        let windows = Windows {
            now: environment.now.timestamp(),
            period: Period {
                until: None,
                ..period.period(zone, environment)?
            },
            zone,
        };
        Ok(Some(Contents {
            config_files: &environment.config_files,
            now: windows.now,
            since: windows.earliest() - Seconds::DAY.0,
        }))
    }
}

impl Read {
    fn add(
        &mut self,
        looked: &[&Looked],
        asked: Asked<'_>,
        options: &ReadOptions,
        context: &Context,
    ) -> Result<(), CommandError> {
        if looked.is_empty() {
            return Ok(());
        }
        let paths: Vec<PathBuf> = looked.iter().map(|one| one.path.clone()).collect();
        let found = bar::during(context, || read_several(&paths, options, asked))?;
        let since = asked.contents.map(|contents| contents.since);
        for (Found { repository, facts }, one) in found.into_iter().zip(looked) {
            let id = || one.entry.repo.clone();
            let inventory = facts
                .zip(since)
                .map(|(facts, since)| Inventoried { facts, since });
            self.repos.extend(repository.map(|repository| (id(), repository)));
            self.inventories
                .extend(inventory.map(|inventory| (id(), inventory)));
        }
        Ok(())
    }
}
