//! `sessions`: the sessions in the logs of coding agents on this machine, and the timeline of one.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::aggregate::sessions::{SessionReport, session_report};
use crate::aggregate::timeline::timeline;
use crate::cli::bar;
use crate::cli::columns::ColumnsArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::logs::{ForeignArgs, LogArgs, RulesArgs};
use crate::cli::outcome::Outcome;
use crate::cli::output::OutputArgs;
use crate::cli::period::{self, PeriodArgs};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::SessionId;
use crate::facts::quantity::counted;
use crate::facts::session::Session;
use crate::facts::shell;
use crate::facts::short_ids::ShortNames;
use crate::facts::span::Millis;
use crate::git::Repo;
use crate::render::document::Document;
use crate::render::json::Versioned;
use crate::render::sessions;
use crate::sources::agents::{Agent, READERS};
use crate::sources::discover::{LinkedWorkTrees, discover};
use crate::sources::ledger::read_recorded;
use crate::workspace::options::SessionOptions;
use crate::workspace::sessions::{MachineSessions, Scope, collect, links_of};

/// As many candidates and places are listed.
const MOST_NAMED: usize = 5;

/// The arguments of `sessions`.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  git leverage sessions\n  git leverage sessions --since '2 weeks ago' ~/src/kiln\n  \
                  git leverage sessions --agent-dir claude-code=/mnt/backup/.claude --sensitivity\n  \
                  git leverage sessions show 4f1c\n\n\
                  Without ROOT, all sessions of this machine are shown. Their commits are searched for in the repositories where they \
                  worked, and in the current one. Sessions of a container or another machine belong to a ROOT \
                  that contains the files they changed, or to which `--path-map` maps their paths.\n\n\
                  `--since` and `--until` count the minutes, tokens and commits of those days: a session that runs past midnight \
                  is in both. Linked commits are those of the whole session.\n\n\
                  Captured sessions are shown by `git leverage report --by session`."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Sub>,
    /// Only sessions that worked in these directories, or in the repositories in them
    #[arg(value_name = "ROOT")]
    roots: Vec<PathBuf>,
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    foreign: ForeignArgs,
    /// Read every log again, and cache nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    rules: RulesArgs,
    /// Also show the totals for idle thresholds of 5, 15 and 30 minutes
    #[arg(long)]
    sensitivity: bool,
    /// Do not search for the commits of the sessions
    #[arg(long)]
    no_links: bool,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    columns: ColumnsArgs,
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
    /// The session's id, or a prefix of it
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    foreign: ForeignArgs,
    /// Read every log again, and cache nothing
    #[arg(long)]
    no_cache: bool,
    /// Time zone of the times: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
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
    let linking = Linking {
        logs: &args.logs,
        rules: &args.rules,
        foreign: args.foreign,
        no_cache: args.no_cache,
    };
    let options = linking.options(context)?;
    let none = sessions::list(&session_report(&[], period, zone, options.rules, &[]));
    if args.columns.ask_for_help() {
        return ColumnsArgs::list_of(&none, context);
    }
    args.columns.choose(none)?;
    let roots = roots(args, context)?;
    let scope = Scope {
        around: around(&roots, context),
        roots,
        with_links: !args.no_links,
    };
    let machine = bar::during(context, || MachineSessions::read(&scope, &options));
    let thresholds: &[Millis] = if args.sensitivity {
        &[5, 15, 30].map(|minutes| Millis::MINUTE.times(minutes))
    } else {
        &[]
    };
    let mut report = session_report(&machine.sessions, period, zone, options.rules, thresholds);
    report.add_commits(&machine.made);
    report.add_repositories(&machine.names);
    let why_empty = report.rows.is_empty().then(|| why_empty(&machine, &options));
    send(args, context, report)?;
    if let Some(why) = why_empty {
        context.terminal.status(&why)?;
        if let Some(captured) = captured(&scope.around, &args.roots) {
            context.terminal.status(&captured)?;
        }
    }
    finish(context, &machine.warnings)
}

/// Why no session is shown, and what to do.
fn why_empty(machine: &MachineSessions, options: &SessionOptions) -> String {
    match (machine.found, machine.sessions.is_empty()) {
        (0, _) => nothing_found(options),
        (found, true) => format!(
            "No sessions worked here, but {} worked elsewhere; if they ran on another machine, map its paths with \
             `--path-map FROM=TO`",
            counted(found as u64, "session", "sessions")
        ),
        (_, false) => "No sessions are in this period".to_owned(),
    }
}

/// The captured sessions of repositories, which have no logs here, and the command that shows them.
fn captured(repositories: &[PathBuf], roots: &[PathBuf]) -> Option<String> {
    let opened = repositories.iter().filter_map(|path| Repo::open(path).ok());
    let ids = |repo: Repo| {
        read_recorded(&repo)
            .sessions
            .into_iter()
            .map(|found| found.record.session)
    };
    let sessions: BTreeSet<SessionId> = opened.flat_map(ids).collect();
    let roots = roots.iter().map(|root| shell::word(&root.to_string_lossy()));
    let words: Vec<String> = std::iter::once("git leverage report".to_owned())
        .chain(roots)
        .chain(["--by session".to_owned()])
        .collect();
    (!sessions.is_empty()).then(|| {
        format!(
            "Captured in notes: {}; `{}` shows them",
            counted(sessions.len() as u64, "session", "sessions"),
            words.join(" ")
        )
    })
}

/// Where logs were looked for in vain.
fn nothing_found(options: &SessionOptions) -> String {
    let logs = &options.logs;
    let of = |agent: &&dyn Agent| match logs.folders.get(agent.name()) {
        Some(folders) => folders.clone(),
        None => agent.roots(&logs.machine),
    };
    let places: Vec<PathBuf> = READERS.iter().flat_map(of).collect();
    let home = logs.machine.home.as_deref();
    let named = |place: &PathBuf| match home.and_then(|home| place.strip_prefix(home).ok()) {
        Some(below) => format!("`~/{}`", below.display()),
        None => format!("`{}`", place.display()),
    };
    let mut looked: Vec<String> = places.iter().take(MOST_NAMED).map(named).collect();
    let more = places.len().saturating_sub(MOST_NAMED);
    looked.extend((more > 0).then(|| format!("and {more} more places")));
    format!("No agent session logs found (looked in {})", looked.join(", "))
}

/// The directories that were named.
fn roots(args: &Args, context: &Context) -> Result<Vec<PathBuf>, CommandError> {
    let folder = |root: &PathBuf| {
        let folder = context.environment.directory.join(root);
        if folder.is_dir() {
            return Ok(folder);
        }
        let error = CommandError::failed(format!("`{}` is not a directory", root.display()));
        Err(if root.as_os_str() == "show" {
            error.hint("Put the options after `show`: `git leverage sessions show ID --agent-dir AGENT=DIR`")
        } else {
            error
        })
    };
    args.roots.iter().map(folder).collect()
}

fn send(args: &Args, context: &mut Context, report: SessionReport) -> Result<(), CommandError> {
    let document = args.columns.choose(sessions::list(&report))?;
    let rows = args.columns.choose_rows(sessions::rows(&report), &document)?;
    // Headings above nothing say nothing.
    let document = match report.rows.is_empty() {
        true => Document::default(),
        false => document,
    };
    let machine = Versioned {
        schema: "git-leverage.sessions/1",
        body: report,
    };
    args.output.send(context, &document, &rows, &machine)
}

/// The repositories in whose working trees agents may have left logs: those below the roots, else the current repository,
/// else the configured ones.
fn around(roots: &[PathBuf], context: &Context) -> Vec<PathBuf> {
    let below = |roots: &[PathBuf]| discover(roots, LinkedWorkTrees::LeadToMain).repositories;
    if !roots.is_empty() {
        return below(roots);
    }
    if let Ok(repo) = context.environment.repository() {
        return vec![repo.place().to_owned()];
    }
    let configured: Vec<PathBuf> = (context.settings().get_all("root").iter())
        .map(|root| context.environment.resolve(root))
        .collect();
    below(&configured)
}

fn show(args: &ShowArgs, context: &mut Context) -> Result<Outcome, CommandError> {
    let options = SessionOptions {
        logs: args.logs.request(context, context.cache(args.no_cache))?,
        foreign: args.foreign.foreign(),
        ..SessionOptions::default()
    };
    let around = around(&[], context);
    let collected = bar::during(context, || collect(&options, &around));
    let session = named(&args.id, &collected.sessions)?;
    let (links, warnings) = bar::during(context, || links_of(session, &collected, &around, &options));
    let timeline = timeline(session, &links);
    let zone = period::zone(args.zone.as_deref(), &context.settings())?;
    let document = sessions::timeline(&timeline, zone);
    let rows = document.tables.first().cloned().unwrap_or_default();
    let machine = Versioned {
        schema: "git-leverage.session/1",
        body: &timeline,
    };
    args.output.send(context, &document, &rows, &machine)?;
    finish(context, &[collected.warnings, warnings].concat())
}

/// The session whose id this is, or begins with this: with the agent's name before it, or without.
fn named<'a>(id: &str, sessions: &'a [Session]) -> Result<&'a Session, CommandError> {
    let full = id.contains(':');
    let is_exact = |session: &&Session| session.id.id == id || session.id.to_string() == id;
    let begins =
        |session: &&Session| session.id.id.starts_with(id) || full && session.id.to_string().starts_with(id);
    let exact: Vec<&Session> = sessions.iter().filter(is_exact).collect();
    let found = match exact.as_slice() {
        [one] => vec![*one],
        _ => sessions.iter().filter(begins).collect(),
    };
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(CommandError::failed(format!("unknown session `{id}`"))
            .hint("Run `git leverage sessions` to list the sessions")),
        several => Err(ambiguous(id, several, sessions)),
    }
}

/// Lists the candidates, each as far as it must be typed.
fn ambiguous(id: &str, several: &[&Session], all: &[Session]) -> CommandError {
    let short: ShortNames<'_> = all.iter().map(|session| session.id.id.as_str()).collect();
    let namesakes = |session: &Session| all.iter().filter(|other| other.id.id == session.id.id).count();
    let named = |session: &&Session| match namesakes(session) {
        1 => format!("`{}`", short.of(&session.id.id)),
        _ => format!("`{}`", session.id),
    };
    let mut listed: Vec<String> = several.iter().take(MOST_NAMED).map(named).collect();
    let more = several.len().saturating_sub(MOST_NAMED);
    listed.extend((more > 0).then(|| format!("and {more} more")));
    CommandError::failed(format!("ambiguous session `{id}`: {}", listed.join(", ")))
        .hint("Type more of the id; `git leverage sessions` lists the sessions")
}

/// Shows what was left out, which makes the outcome partial.
fn finish(context: &mut Context, warnings: &[Warning]) -> Result<Outcome, CommandError> {
    context.terminal.warnings(warnings)?;
    Ok(Outcome::of(warnings))
}
