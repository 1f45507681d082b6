//! The sessions of this machine beside the repositories that are read: the one way in which every command links them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

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
use crate::git::Repo;
use crate::sources::discover::discover;

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

/// The repositories below `roots`, or without any, those in whose folders the sessions worked.
pub fn repositories(roots: &[PathBuf], sessions: &[Session]) -> Vec<PathBuf> {
    if !roots.is_empty() {
        return discover(roots).repositories;
    }
    let places = sessions.iter().flat_map(|session| &session.places);
    let folders: BTreeSet<&Path> = places.map(|place| Path::new(&place.folder)).collect();
    let found: BTreeSet<PathBuf> = folders
        .into_iter()
        .filter(|folder| folder.is_absolute() && folder.is_dir())
        .filter_map(|folder| Some(main_folder(&Repo::discover(folder).ok()?)))
        .collect();
    found.into_iter().collect()
}

/// The repository itself where a session worked in one of its linked work trees.
fn main_folder(repo: &Repo) -> PathBuf {
    let common = repo.common_dir();
    match common.parent() {
        Some(parent) if common.ends_with(".git") => parent.to_owned(),
        _ => common.to_owned(),
    }
}
