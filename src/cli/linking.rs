//! The sessions of this machine beside the repositories that are read, linked in one way for every command that reports on
//! repositories. `sessions`, which starts from the sessions, takes the repositories from here and links them itself.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::context::Context;
use super::error::CommandError;
use super::logs::{LogArgs, RulesArgs};
use super::reading::{ReadArgs, Reading};
use super::settings::Settings;
use crate::correlate::ForeignNames;
use crate::correlate::history::{Linked, link_repositories};
use crate::correlate::seen::{SeenSession, seen};
use crate::correlate::trees;
use crate::facts::diagnostics::Warning;
use crate::facts::evidence::ForeignTrailers;
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

/// Which sessions count beside what git says.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SessionArgs {
    /// Read no logs of agents and no captured sessions
    #[arg(long)]
    pub no_sessions: bool,
    /// Where logs are.
    #[command(flatten)]
    pub logs: LogArgs,
}

impl SessionArgs {
    /// Reads repositories whole: what git says of them, the sessions that worked there, and who made their commits.
    pub fn read(
        &self,
        read: &ReadArgs,
        rules: &RulesArgs,
        context: &Context,
        settings: &Settings,
    ) -> Result<Reading, CommandError> {
        let mut reading = read.read(context, settings, &read.history(context, settings))?;
        self.complete(read, rules, (context, settings), &mut reading)?;
        Ok(reading)
    }

    /// Adds to repositories that were read the sessions that worked there, unless none are to count, and decides who made
    /// the commits.
    pub fn complete(
        &self,
        read: &ReadArgs,
        rules: &RulesArgs,
        (context, settings): (&Context, &Settings),
        reading: &mut Reading,
    ) -> Result<(), CommandError> {
        if !self.no_sessions {
            let linking = Linking {
                logs: &self.logs,
                rules,
                read,
            };
            reading.sessions = linking.seen(context, settings, reading)?;
        }
        reading.decide(read.foreign_trailers());
        Ok(())
    }
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
        let paths = reading.paths();
        let collected = (self.logs).collect(context, settings, self.read.cache(context), &paths)?;
        let mut linked = self.link(context, &paths, &collected.sessions);
        reading.warnings.extend(collected.warnings);
        reading.warnings.append(&mut linked.warnings);
        let charges = supervision(&collected.sessions, rules);
        let captured: Vec<_> = reading
            .repos
            .iter()
            .map(|repo| repo.captured.as_slice())
            .collect();
        Ok(seen(&collected.sessions, charges, linked, &captured))
    }

    /// What sessions made in the repositories at `paths`. Their time is divided over all repositories of this machine that
    /// they worked in, so that a commit took as long whichever of them are looked at.
    fn link(&self, context: &Context, paths: &[PathBuf], sessions: &[Session]) -> Linked {
        let cache = self.read.cache(context);
        let link = |paths: &[PathBuf]| link_repositories(paths, sessions, self.foreign(), cache.as_deref());
        let mut linked = link(paths);
        let links = linked.links.iter().flatten();
        let linked_here: BTreeSet<&SessionId> = links.map(|link| &link.session).collect();
        let here = sessions
            .iter()
            .filter(|session| linked_here.contains(&session.id));
        let mut elsewhere = repositories(&[], &[], here);
        if !elsewhere.is_empty() {
            let places: BTreeSet<PathBuf> = paths.iter().filter_map(|path| place_of(path)).collect();
            elsewhere.retain(|path| !places.contains(path));
        }
        if !elsewhere.is_empty() {
            let all: Vec<PathBuf> = paths.iter().chain(&elsewhere).cloned().collect();
            let everywhere = link(&all);
            // They hold those of the repositories looked at.
            linked.warnings = everywhere.warnings;
            linked.links = everywhere.links;
            let elsewhere = linked.links.split_off(paths.len());
            linked.elsewhere = elsewhere.into_iter().flatten().collect();
        }
        linked
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
        let here = [repo.main_folder()];
        let collected = (self.logs).collect(context, settings, self.read.cache(context), &here)?;
        let mut linked = self.link(context, &here, &collected.sessions);
        let mut warnings = collected.warnings;
        warnings.append(&mut linked.warnings);
        Ok(OwnLinks {
            charges: supervision(&collected.sessions, self.rules.rules(settings)?),
            links: linked.links.into_iter().next().unwrap_or_default(),
            sessions: collected.sessions,
            warnings,
        })
    }

    fn foreign(&self) -> ForeignNames {
        match self.read.foreign_trailers() {
            ForeignTrailers::Ignore => ForeignNames::Ignore,
            ForeignTrailers::Believe => ForeignNames::Read,
        }
    }
}

/// The repositories below `roots`, or without any, those in whose folders the sessions worked or changed files, and those
/// `around`: their sessions may know them by the folders of another machine.
pub fn repositories<'a>(
    roots: &[PathBuf],
    around: &[PathBuf],
    sessions: impl IntoIterator<Item = &'a Session>,
) -> Vec<PathBuf> {
    if !roots.is_empty() {
        return discover(roots, LinkedWorkTrees::LeadToMain).repositories;
    }
    let mut folders: BTreeSet<PathBuf> = around.iter().cloned().collect();
    let mut files: BTreeSet<&Path> = BTreeSet::new();
    for session in sessions {
        let places = session.places.iter().map(|place| place.folder.as_str());
        let made_in = session.commits.iter().filter_map(|made| made.folder.as_deref());
        folders.extend(places.chain(made_in).filter_map(standing));
        files.extend(
            session
                .edits
                .iter()
                .filter_map(|edit| Path::new(&edit.path).parent()),
        );
    }
    folders.extend(tops(&files));
    let found: BTreeSet<PathBuf> = folders
        .iter()
        .filter_map(|folder| Some(Repo::discover(folder).ok()?.main_folder()))
        .collect();
    found.into_iter().collect()
}

/// A folder that is there, or of a work tree that is gone, the repository that it belonged to.
fn standing(folder: &str) -> Option<PathBuf> {
    let is_there = |folder: &&Path| folder.is_absolute() && folder.is_dir();
    let removed = || trees::owner(folder).map(Path::new).filter(is_there);
    let found = Some(Path::new(folder)).filter(is_there).or_else(removed);
    found.map(Path::to_owned)
}

/// The tops of the work trees around folders: each folder on the way is looked at once.
fn tops(folders: &BTreeSet<&Path>) -> BTreeSet<PathBuf> {
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    let mut tops = BTreeSet::new();
    for folder in folders.iter().filter(|folder| folder.is_absolute()) {
        for above in folder.ancestors() {
            if !seen.insert(above) {
                break;
            }
            if above.join(".git").exists() {
                tops.insert(above.to_owned());
                break;
            }
        }
    }
    tops
}

/// The main folder of the repository at a path; `None` where there is none.
fn place_of(path: &Path) -> Option<PathBuf> {
    Some(Repo::open(path).ok()?.main_folder())
}
