//! One build of a site: reads what the pages show, and writes those that changed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::args::Args;
use super::notes::Notes;
use super::watch::{Watch, Watched};
use super::write::{Folder, Written};
use crate::aggregate::repository::Repository;
use crate::cli::background::apart;
use crate::cli::background::sweep::Where;
use crate::cli::bar;
use crate::cli::commands::report::unfetched;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::facts::diagnostics::Warning;
use crate::facts::similar::nearest;
use crate::facts::zone::Zone;
use crate::overview::{Overview, Query};
use crate::render::site::{SiteOptions, draw, plan};
use crate::sources::agents::collect::Request;
use crate::sources::discover::Discovery;
use crate::workspace::audits::AuditsOptions;
use crate::workspace::elsewhere::ReadElsewhere;
use crate::workspace::options::Sessions;
use crate::workspace::overview::{OverviewInput, OverviewOptions};
use crate::workspace::workers::pool;

/// What a build did.
pub(super) struct Built {
    /// What was written.
    pub(super) written: Written,
    /// How it ended.
    pub(super) outcome: Outcome,
    /// Lines about ledgers that were not fetched.
    pub(super) unfetched: Vec<String>,
    /// What was left out.
    pub(super) warnings: Vec<Warning>,
    /// What the site was built from.
    pub(super) watch: Watch,
    /// Its state before it was read.
    pub(super) state: u64,
}

/// Builds the site in `folder`.
pub(super) fn build(args: &Args, folder: &Path, context: &mut Context) -> Result<Built, CommandError> {
    let zone = args.period.zone(&context.settings())?;
    let period = args.period.period(zone, &context.environment)?;
    if !args.sessions.no_sessions && !args.facts.are_all(&args.read) {
        apart::sweep_and_say(context, Where::At(&args.read.roots(context)))?;
    }
    let options = args.options(zone, context)?;
    let notes = args
        .notes
        .as_ref()
        .map(|notes| context.environment.directory.join(notes));
    let (found, watch) = args.find(&options.sessions, notes.clone(), context)?;
    let state = watch.state();
    let mut texts = match &notes {
        Some(notes) => Notes::read(notes)?,
        None => Notes::default(),
    };
    let (mut facts, loading) = args.facts.with_audits(!args.no_audit, zone, context)?;
    let elsewhere = facts.as_mut().map(|facts| facts as &mut dyn ReadElsewhere);
    let mut input = bar::during(context, || OverviewInput::read(found, elsewhere, &options))?;
    check_excluded(&input)?;
    input.workspace.narrow(period, zone);
    let status = input.status();
    let mut warnings = warnings(&mut input);
    let unfetched = unfetched(&input.workspace.repos);
    let query = Query {
        zone,
        period,
        author: None,
        work: context.settings().work_time()?,
        excluded: input.excluded,
    };
    let overview = input.join(&query);
    loading.check()?;
    if let Some(notes) = &notes {
        texts.keep(notes, period, |day| has_page(&overview, day));
    }
    let outcome = Outcome::of(&texts.warnings).max(status.into());
    warnings.extend(texts.warnings);
    let pages = SiteOptions {
        title: args.title.clone(),
        base_url: args.base_url.as_ref().map(ToString::to_string),
        mail: args.mail,
        notes: texts.texts,
    };
    let written = write(args, folder, context, &overview, &pages)?;
    Ok(Built {
        written,
        outcome,
        unfetched,
        warnings,
        watch,
        state,
    })
}

impl Args {
    /// The repositories that are here, and what notices that something changed of all that is read.
    fn find(
        &self,
        sessions: &Sessions,
        notes: Option<PathBuf>,
        context: &Context,
    ) -> Result<(Discovery, Watch), CommandError> {
        let found = match self.facts.are_all(&self.read) {
            true => Discovery::default(),
            false => self.read.find(context)?,
        };
        let watch = Watch::new(Watched {
            repositories: found.repositories.clone(),
            facts: self.facts.folders(context),
            logs: logs(sessions).filter(|_| !found.repositories.is_empty()),
            notes,
        });
        Ok((found, watch))
    }

    /// How everything is read.
    fn options(&self, zone: Zone, context: &Context) -> Result<OverviewOptions, CommandError> {
        Ok(OverviewOptions {
            read: self.read.options(context)?,
            sessions: self.sessions.options(&self.read, &self.rules, context)?,
            exclude: self.exclude.clone(),
            machine: context.environment.machine(),
            audits: (!self.no_audit).then(|| AuditsOptions {
                config_files: context.environment.config_files.clone(),
                zone,
                now: context.environment.now.timestamp(),
            }),
        })
    }
}

/// Draws the pages and writes those that changed.
fn write(
    args: &Args,
    folder: &Path,
    context: &Context,
    overview: &Overview,
    options: &SiteOptions,
) -> Result<Written, CommandError> {
    let plan = plan(overview);
    let paths: Vec<String> = plan.iter().map(|page| page.path(overview)).collect();
    let draw = |at: usize| draw(overview, &plan[at], options).bytes;
    let folder = Folder::open(folder)?;
    let pool = pool(args.read.jobs)?;
    let progress = &*context.progress;
    let write = || pool.install(|| folder.write(&paths, draw, progress));
    bar::during(context, write)
}

/// Whether the site has a page of this day: one with tasks has.
fn has_page(overview: &Overview, day: NaiveDate) -> bool {
    let mut days = overview.days.iter();
    days.any(|found| found.day == day && !found.group.tasks.is_empty())
}

/// The logs that sessions are read from, if they count.
fn logs(sessions: &Sessions) -> Option<Request> {
    match sessions {
        Sessions::Counted(options) => Some(options.logs.clone()),
        Sessions::LeftOut(_) => None,
    }
}

/// What is not on the pages as it should be.
fn warnings(input: &mut OverviewInput) -> Vec<Warning> {
    let workspace = &mut input.workspace;
    let mut warnings = std::mem::take(&mut workspace.warnings);
    warnings.extend(workspace.repos.iter().flat_map(Repository::all_warnings));
    warnings.append(&mut input.warnings);
    let mut told = HashSet::new();
    warnings.retain(|warning| told.insert(warning.to_string()));
    warnings
}

/// Whether each name of `--exclude` is one of a repository: a slip of the pen must not publish what should be left out.
fn check_excluded(input: &OverviewInput) -> Result<(), CommandError> {
    let Some(unknown) = input.unknown.first() else {
        return Ok(());
    };
    let error = CommandError::usage(format!("no repository is named `{unknown}`"));
    let names = input.workspace.repos.iter().map(|repo| repo.name.as_str());
    Err(match nearest(unknown, names) {
        Some(meant) => error.hint(format!("Did you mean `{meant}`?")),
        None => error.hint("`git leverage scan` lists the repositories by name"),
    })
}
