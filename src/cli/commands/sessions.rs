//! `sessions`: what the logs of coding agents on this machine tell, and the timeline of one session.

use std::path::{Path, PathBuf};

use super::Context;
use crate::aggregate::sessions::{SessionReport, session_report};
use crate::aggregate::timeline::timeline;
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::linking;
use crate::cli::logs::{LogArgs, RulesArgs};
use crate::cli::output::OutputArgs;
use crate::cli::period::PeriodArgs;
use crate::cli::settings::Settings;
use crate::correlate::ForeignNames;
use crate::correlate::history::link_repositories;
use crate::facts::session::Session;
use crate::render::json::Versioned;
use crate::render::sessions;
use crate::sources::agents::collect::Collected;
use crate::sources::discover::{LinkedWorkTrees, discover};

/// The arguments of `sessions`.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  git leverage sessions\n  git leverage sessions --since '2 weeks ago' ~/src/kiln\n  \
                  git leverage sessions --agent-dir claude-code=/mnt/backup/.claude --sensitivity\n  \
                  git leverage sessions show 4f1c"
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Sub>,
    /// Only sessions that worked in these folders
    #[arg(value_name = "ROOT")]
    roots: Vec<PathBuf>,
    #[command(flatten)]
    logs: LogArgs,
    /// Read every log again, and keep nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    rules: RulesArgs,
    /// Also show the totals for idle thresholds of 5, 15 and 30 minutes
    #[arg(long)]
    sensitivity: bool,
    /// Do not look for the commits that the sessions made
    #[arg(long)]
    no_links: bool,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    /// Show the timeline of one session: times, counts and paths
    Show(ShowArgs),
}

#[derive(Debug, clap::Args)]
struct ShowArgs {
    /// The session's id, or the beginning of it
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    logs: LogArgs,
    /// Read every log again, and keep nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Shows the sessions.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    match &args.command {
        Some(Sub::Show(args)) => show(args, context),
        None => list(args, context),
    }
}

fn list(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let settings = context.settings();
    let zone = args.period.zone(&settings)?;
    let period = args.period.period(zone, &context.environment)?;
    let rules = args.rules.rules(&settings)?;
    let cache = context.environment.cache_dir().filter(|_| !args.no_cache);
    let roots: Vec<PathBuf> = args
        .roots
        .iter()
        .map(|root| context.environment.directory.join(root))
        .collect();
    let around = around(&roots, context, &settings);
    let mut collected = args.logs.collect(context, &settings, cache, &around)?;
    let repositories = match args.no_links {
        true => Vec::new(),
        false => linking::repositories(&roots, &collected.sessions),
    };
    let mut linked = link_repositories(&repositories, &[], &collected.sessions, ForeignNames::Read);
    collected.warnings.append(&mut linked.warnings);
    let made = linked.made(&collected.sessions);
    if !roots.is_empty() {
        collected
            .sessions
            .retain(|session| roots.iter().any(|root| worked_in(session, root)));
    }
    let thresholds: &[i64] = if args.sensitivity {
        &[5 * 60_000, 15 * 60_000, 30 * 60_000]
    } else {
        &[]
    };
    let mut report = session_report(&collected.sessions, period, zone, rules, thresholds);
    report.add_commits(&made);
    send(args, context, report)?;
    finish(context, &collected)
}

fn send(args: &Args, context: &mut Context, report: SessionReport) -> Result<(), CommandError> {
    let document = sessions::list(&report);
    let rows = document.tables.first().cloned().unwrap_or_default();
    let machine = Versioned {
        schema: "git-leverage.sessions/1",
        body: report,
    };
    args.output.send(context, &document, &rows, &machine)
}

/// The repositories in whose work trees agents may have left logs: those below the roots, else the one that one stands in,
/// else the configured ones.
fn around(roots: &[PathBuf], context: &Context, settings: &Settings) -> Vec<PathBuf> {
    let below = |roots: &[PathBuf]| discover(roots, LinkedWorkTrees::LeadToMain).repositories;
    if !roots.is_empty() {
        return below(roots);
    }
    if let Ok(repo) = context.environment.repository() {
        return vec![repo.place().to_owned()];
    }
    let configured: Vec<PathBuf> = (settings.get_all("root").iter())
        .map(|root| context.environment.resolve(root))
        .collect();
    below(&configured)
}

/// Whether a session worked in a folder or below it.
pub fn worked_in(session: &Session, root: &Path) -> bool {
    let real = root.canonicalize();
    let below = |path: &str| {
        Path::new(path).starts_with(root) || real.as_ref().is_ok_and(|real| Path::new(path).starts_with(real))
    };
    session.places.iter().any(|place| below(&place.folder))
        || session.touched.iter().any(|touch| below(&touch.path))
}

fn show(args: &ShowArgs, context: &mut Context) -> Result<Outcome, CommandError> {
    let settings = context.settings();
    let cache = context.environment.cache_dir().filter(|_| !args.no_cache);
    let around = around(&[], context, &settings);
    let collected = args.logs.collect(context, &settings, cache, &around)?;
    let found: Vec<&Session> = collected
        .sessions
        .iter()
        .filter(|session| session.id.id.starts_with(&args.id) || session.id.to_string() == args.id)
        .collect();
    let session = match found.as_slice() {
        [one] => *one,
        [] => {
            return Err(
                CommandError::failed(format!("no session begins with `{}`", args.id))
                    .hint("`git leverage sessions` lists them"),
            );
        }
        several => {
            return Err(CommandError::failed(format!(
                "{} sessions begin with `{}`",
                several.len(),
                args.id
            )));
        }
    };
    let repositories = linking::repositories(&[], [session]);
    let linked = link_repositories(&repositories, &[], &collected.sessions, ForeignNames::Read);
    let mut links = Vec::new();
    for (path, found) in repositories.iter().zip(linked.links) {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let own = found.into_iter().filter(|link| link.session == session.id);
        links.extend(own.map(|link| (name.clone(), link)));
    }
    let timeline = timeline(session, &links);
    let document = sessions::timeline(&timeline);
    let rows = document.tables.first().cloned().unwrap_or_default();
    let machine = Versioned {
        schema: "git-leverage.session/1",
        body: &timeline,
    };
    args.output.send(context, &document, &rows, &machine)?;
    finish(context, &collected)
}

/// Shows what was left out, which makes the outcome partial.
fn finish(context: &mut Context, collected: &Collected) -> Result<Outcome, CommandError> {
    context.terminal.warnings(&collected.warnings)?;
    Ok(if collected.warnings.is_empty() {
        Outcome::Done
    } else {
        Outcome::Partial
    })
}
