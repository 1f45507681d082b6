//! `capture [REV…]`: saves the measured figures of the sessions behind commits in their notes, because agents delete their logs.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::cli::background::apart;
use crate::cli::background::sweep::{self, Where, commits, count, write};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::logs::{ForeignArgs, LogArgs, RulesArgs};
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::quantity::Minutes;
use crate::facts::sign;
use crate::git::messages;
use crate::ledger::WriteError;
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::terminal::render;
use crate::workspace::capture::{Capture, Records, with_launched};
use crate::workspace::sessions::OwnLinks;

/// The arguments of `capture`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage capture\n  git leverage capture HEAD~3 HEAD\n  \
                  git leverage capture --since 30.days\n  \
                  git leverage capture --session claude-code:4f1c…\n  git leverage capture --pending\n\n\
                  Capturing again changes nothing, unless a session continued."
)]
pub struct Args {
    /// Commits to capture [default: HEAD]
    #[arg(value_name = "REV")]
    revisions: Vec<String>,
    /// All commits of all branches since a day: a date, or words that git understands, such as `30.days`
    #[arg(long, value_name = "DATE", conflicts_with = "revisions")]
    since: Option<String>,
    /// All commits that a session made here, including the sessions it started
    #[arg(long, value_name = "AGENT:ID", conflicts_with_all = ["revisions", "since"])]
    session: Option<SessionId>,
    /// Sessions reported by hooks and not yet captured, in every repository they worked in
    #[arg(long, conflicts_with_all = ["revisions", "since", "session", "dry_run"])]
    pending: bool,
    /// As started by a hook: wait until the logs are complete
    #[arg(long, hide = true, requires = "pending")]
    after_hook: bool,
    /// As started by a sweeping command: print one line of JSON
    #[arg(long, hide = true, requires = "pending")]
    apart: bool,
    /// Only in repositories below or around these directories
    #[arg(long, hide = true, requires = "apart", value_name = "FOLDER")]
    at: Vec<PathBuf>,
    #[command(flatten)]
    foreign: ForeignArgs,
    /// Read every log again, and cache nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    rules: RulesArgs,
    /// Show what would be saved, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Writes the records and shows them.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    if args.pending {
        return pending(args, context);
    }
    let open = OpenLedger::open_to(args.dry_run, context)?;
    let linking = Linking {
        logs: &args.logs,
        rules: &args.rules,
        foreign: args.foreign,
        no_cache: args.no_cache,
    };
    let own = OwnLinks::of(&open.repo, &linking.options(context)?);
    let capture = Capture::new(&open.repo, &own);
    let wanted = args.wanted(&open, &own, &capture)?;
    // A dry run needs no author.
    let mut records = capture.records(&wanted, &open.stamp(open.author().unwrap_or_default()));
    let mut warnings = own.warnings.clone();
    if !records.is_empty() && !args.dry_run {
        warnings.extend(keep(&open, &mut records)?);
        let what = format!("{} on {} captured", count(&records), commits(&records));
        context.recorded(&open.repo, what, Outcome::of(&warnings))?;
    }
    show(context, &records)?;
    context
        .terminal
        .status(&match (records.is_empty(), args.dry_run) {
            (true, _) => "Nothing new to capture".to_owned(),
            (false, true) => "Nothing written (--dry-run)".to_owned(),
            (false, false) => format!("Captured {} on {}", count(&records), commits(&records)),
        })?;
    context.terminal.warnings(&warnings)?;
    if !args.dry_run {
        apart::sweep_here(context)?;
    }
    Ok(Outcome::of(&warnings))
}

/// Writes records, and keeps those that were written; a warning for each commit whose note cannot take its records. It is an
/// error if none can.
fn keep(open: &OpenLedger, records: &mut Records) -> Result<Vec<Warning>, CommandError> {
    let mut left = write(open, records)?;
    records.retain(|(commit, _)| !left.contains_key(commit));
    match left.pop_first() {
        Some((_, first)) if records.is_empty() => Err(first.into()),
        Some(first) => {
            let all = std::iter::once(first).chain(left);
            let warning = |(commit, error): (ObjectId, WriteError)| {
                Warning::new(commit.short().to_string(), format!("not captured: {error}"))
            };
            Ok(all.map(warning).collect())
        }
        None => Ok(Vec::new()),
    }
}

/// Captures the sessions that hooks reported.
fn pending(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let place = match args.at.as_slice() {
        [] => Where::Everywhere,
        folders => Where::At(folders),
    };
    let swept = match args.after_hook {
        true => sweep::after_hook(context),
        false => sweep::sweep(context, place),
    };
    if args.apart {
        let line = serde_json::to_string(&swept).map_err(|error| CommandError::failed(error.to_string()))?;
        context.terminal.line(&line)?;
        return Ok(Outcome::Done);
    }
    context.terminal.status(&swept.in_words())?;
    let warnings = swept.warning();
    context.terminal.warnings(warnings.as_slice())?;
    Ok(Outcome::of(warnings.as_slice()))
}

impl Args {
    /// The requested commits.
    fn wanted(
        &self,
        open: &OpenLedger,
        own: &OwnLinks,
        capture: &Capture<'_>,
    ) -> Result<HashSet<ObjectId>, CommandError> {
        if let Some(session) = &self.session {
            let sessions = with_launched(session, &own.sessions);
            let made = capture.links().filter(|link| sessions.contains(&link.session));
            return Ok(made.map(|link| link.commit).collect());
        }
        let Some(since) = &self.since else {
            let head = ["HEAD".to_owned()];
            let named = if self.revisions.is_empty() {
                &head[..]
            } else {
                &self.revisions
            };
            return named.iter().map(|revision| open.commit(revision)).collect();
        };
        let first = open.day("--since", since)?;
        let linked: HashSet<ObjectId> = capture.links().map(|link| link.commit).collect();
        let is_young = |commit: &ObjectId| {
            let day = |raw: &messages::RawCommit<'_>| open.zone.day(raw.author_time().seconds);
            messages::with_commit(&open.repo, *commit, |raw| day(&raw) >= first).unwrap_or(false)
        };
        Ok(linked.into_iter().filter(is_young).collect())
    }
}

fn show(context: &mut Context, records: &Records) -> Result<(), CommandError> {
    if records.is_empty() {
        return Ok(());
    }
    let minutes = |value: Option<f64>| {
        let tenths = value.and_then(|value| Minutes::new((value * 10.0).round() / 10.0));
        Cell::known(tenths, Cell::Minutes)
    };
    let table = Table {
        columns: vec![
            Column::text("commit", "Commit"),
            Column::text("session", "Session"),
            Column::number("agent_minutes", "Agent", Basis::Measured),
            Column::number("own", "Share", Basis::Derived),
            Column::text("evidence", "Evidence"),
        ],
        rows: records
            .iter()
            .map(|(commit, record)| {
                let total = record.agent_minutes.map(Minutes::get);
                vec![
                    Cell::text(commit.short()),
                    Cell::text(record.session.to_string()),
                    minutes(total),
                    minutes(total.map(|total| total * record.share)),
                    Cell::text(sign::in_words(&record.evidence)),
                ]
            })
            .collect(),
        ..Table::default()
    };
    let screen = context.terminal.screen(None);
    let text = render(&Document::from(table), screen);
    Ok(context.terminal.data(text.as_bytes())?)
}
