//! The sessions of this machine beside the repositories that are read: the one way in which every command links them.

use std::path::PathBuf;

use super::commands::Context;
use super::commands::sessions::{LogArgs, RulesArgs};
use super::error::CommandError;
use super::reading::{ReadArgs, Reading};
use super::settings::Settings;
use crate::correlate::ForeignNames;
use crate::correlate::history::{Linked, link_repositories};
use crate::correlate::seen::{SeenSession, seen};
use crate::facts::session::Session;
use crate::facts::supervision::supervision;

/// Which logs are read, and how they are linked.
#[derive(Debug, Clone, Copy)]
pub struct Linking<'a> {
    /// Where logs are.
    pub logs: &'a LogArgs,
    /// The thresholds of the estimate.
    pub rules: &'a RulesArgs,
    /// How the repositories are read.
    pub read: &'a ReadArgs,
}

impl Linking<'_> {
    /// The sessions that worked in the repositories of `reading`, from their logs or from notes. Trouble is added to the
    /// warnings of `reading`.
    pub fn seen(
        &self,
        context: &Context,
        settings: &Settings,
        reading: &mut Reading,
    ) -> Result<Vec<SeenSession>, CommandError> {
        let rules = self.rules.rules(settings)?;
        let (sessions, linked) = self.link(context, settings, reading)?;
        let charges = supervision(&sessions, rules);
        let captured: Vec<_> = reading
            .repos
            .iter()
            .map(|repo| repo.captured.as_slice())
            .collect();
        Ok(seen(&sessions, charges, linked, &captured))
    }

    /// All sessions of this machine, by agent and id, and what they made in the repositories of `reading`.
    pub fn link(
        &self,
        context: &Context,
        settings: &Settings,
        reading: &mut Reading,
    ) -> Result<(Vec<Session>, Linked), CommandError> {
        let cache = context.environment.cache_dir().filter(|_| !self.read.no_cache);
        let collected = self.logs.collect(context, settings, cache)?;
        let paths: Vec<PathBuf> = reading
            .repos
            .iter()
            .map(|repo| PathBuf::from(&repo.path))
            .collect();
        let foreign = if self.read.ignore_foreign_trailers {
            ForeignNames::Ignore
        } else {
            ForeignNames::Read
        };
        let mut linked = link_repositories(&paths, &[], &collected.sessions, foreign);
        reading.warnings.extend(collected.warnings);
        reading.warnings.append(&mut linked.warnings);
        Ok((collected.sessions, linked))
    }
}
