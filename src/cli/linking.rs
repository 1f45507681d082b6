//! The sessions of this machine beside the repositories that are read: the one way in which every command links them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::commands::Context;
use super::error::CommandError;
use super::logs::{LogArgs, RulesArgs};
use super::reading::{ReadArgs, Reading};
use super::settings::Settings;
use crate::correlate::ForeignNames;
use crate::correlate::history::{Linked, link_repositories};
use crate::correlate::seen::{SeenSession, seen};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::SessionId;
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::supervision::{Charge, supervision};
use crate::git::Repo;
use crate::sources::discover::{LinkedWorkTrees, discover};

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
        let paths: Vec<PathBuf> = reading
            .repos
            .iter()
            .map(|repo| PathBuf::from(&repo.path))
            .collect();
        let collected = self.logs.collect(context, settings, cache, &paths)?;
        let mut linked = link_repositories(&paths, &[], &collected.sessions, self.foreign());
        reading.warnings.extend(collected.warnings);
        reading.warnings.append(&mut linked.warnings);
        Ok((collected.sessions, linked))
    }
}

/// What sessions made in one repository.
pub struct OwnLinks {
    /// All sessions of this machine, by agent and id.
    pub sessions: Vec<Session>,
    /// The person's time of each.
    pub charges: Vec<Vec<Charge>>,
    /// The links of the repository.
    pub links: Vec<Link>,
    /// What was wrong.
    pub warnings: Vec<Warning>,
}

impl Linking<'_> {
    /// What sessions made in `repo`, their time divided over all repositories that they worked in.
    pub fn own(&self, context: &Context, settings: &Settings, repo: &Repo) -> Result<OwnLinks, CommandError> {
        let place = main_folder(repo);
        let here = std::slice::from_ref(&place);
        let collected = (self.logs).collect(context, settings, self.cache(context), here)?;
        let link = |paths: &[PathBuf]| link_repositories(paths, &[], &collected.sessions, self.foreign());
        let mut linked = link(here);
        let links = linked.links.iter().flatten();
        let linked_here: BTreeSet<&SessionId> = links.map(|link| &link.session).collect();
        let sessions = collected.sessions.iter();
        let elsewhere = repositories(
            &[],
            &[],
            sessions.filter(|session| linked_here.contains(&session.id)),
        );
        let mut paths = vec![place.clone()];
        paths.extend(elsewhere.into_iter().filter(|path| *path != place));
        if paths.len() > 1 {
            linked = link(&paths);
        }
        let mut warnings = collected.warnings;
        warnings.append(&mut linked.warnings);
        Ok(OwnLinks {
            charges: supervision(&collected.sessions, self.rules.rules(settings)?),
            links: linked.links.into_iter().next().unwrap_or_default(),
            sessions: collected.sessions,
            warnings,
        })
    }

    fn cache(&self, context: &Context) -> Option<PathBuf> {
        context.environment.cache_dir().filter(|_| !self.read.no_cache)
    }

    fn foreign(&self) -> ForeignNames {
        if self.read.ignore_foreign_trailers {
            ForeignNames::Ignore
        } else {
            ForeignNames::Read
        }
    }
}

/// The repositories below `roots`, or without any, those in whose folders the sessions worked and those `around`: their
/// sessions may know them by the folders of another machine.
pub fn repositories<'a>(
    roots: &[PathBuf],
    around: &[PathBuf],
    sessions: impl IntoIterator<Item = &'a Session>,
) -> Vec<PathBuf> {
    if !roots.is_empty() {
        return discover(roots, LinkedWorkTrees::LeadToMain).repositories;
    }
    let places = sessions.into_iter().flat_map(|session| &session.places);
    let folders: BTreeSet<&Path> = places.map(|place| Path::new(&place.folder)).collect();
    let places = folders
        .into_iter()
        .filter(|folder| folder.is_absolute() && folder.is_dir());
    let found: BTreeSet<PathBuf> = places
        .chain(around.iter().map(PathBuf::as_path))
        .filter_map(|folder| Some(main_folder(&Repo::discover(folder).ok()?)))
        .collect();
    found.into_iter().collect()
}

/// The work trees of the repositories at `paths`, linked ones too.
pub fn work_trees(paths: &[PathBuf]) -> Vec<PathBuf> {
    let open = paths.iter().filter_map(|path| Repo::open(path).ok());
    open.flat_map(|repo| repo.work_trees()).collect()
}

/// The repository itself where a session worked in one of its linked work trees.
fn main_folder(repo: &Repo) -> PathBuf {
    let common = repo.common_dir();
    match common.parent() {
        Some(parent) if common.ends_with(".git") => parent.to_owned(),
        _ => common.to_owned(),
    }
}
