//! The sessions of this machine beside the repositories that are read, linked in one way for every command that reports on
//! repositories. `sessions`, which starts from the sessions, takes the repositories from here and links them itself.

use super::context::Context;
use super::error::CommandError;
use super::logs::{LogArgs, RulesArgs};
use super::reading::{ReadArgs, Reading};
use super::settings::Settings;
use crate::correlate::seen::{SeenSession, seen};
use crate::facts::diagnostics::Warning;
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::supervision::{Charge, supervision};
use crate::git::Repo;
use crate::workspace::linking::{LinkOptions, link_everywhere};

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
        let mut linked = link_everywhere(&paths, &collected.sessions, &self.options(context));
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
        let mut linked = link_everywhere(&here, &collected.sessions, &self.options(context));
        let mut warnings = collected.warnings;
        warnings.append(&mut linked.warnings);
        Ok(OwnLinks {
            charges: supervision(&collected.sessions, self.rules.rules(settings)?),
            links: linked.links.into_iter().next().unwrap_or_default(),
            sessions: collected.sessions,
            warnings,
        })
    }

    fn options(&self, context: &Context) -> LinkOptions {
        LinkOptions {
            foreign: self.read.foreign_trailers(),
            cache: self.read.cache(context),
        }
    }
}
