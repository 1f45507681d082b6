//! `capture [REV…]`: keeps what was measured of the sessions behind commits in their notes, since agents delete their logs.

use std::collections::{HashMap, HashSet};

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::logs::{ForeignArgs, LogArgs, RulesArgs};
use crate::cli::outcome::Outcome;
use crate::cli::recording::OpenLedger;
use crate::correlate::measured::{Stamp, record};
use crate::facts::ids::{ObjectId, RecordId, SessionId};
use crate::facts::ledger::Ledger;
use crate::facts::link::Link;
use crate::facts::quantity::{Minutes, counted};
use crate::facts::record::{Record, SessionRecord};
use crate::facts::sign;
use crate::facts::supervision::charged_minutes;
use crate::git::messages;
use crate::ledger;
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::terminal::render;
use crate::sources::ledger::read_recorded;
use crate::workspace::sessions::OwnLinks;

/// The arguments of `capture`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage capture\n  git leverage capture HEAD~3 HEAD\n  \
                  git leverage capture --since 30.days\n\n\
                  Capturing again changes nothing, unless a session went on."
)]
pub struct Args {
    /// The commits [default: HEAD]
    #[arg(value_name = "REV")]
    revisions: Vec<String>,
    /// All commits of all branches since a day: a date, or words that git understands, such as `30.days`
    #[arg(long, value_name = "DATE", conflicts_with = "revisions")]
    since: Option<String>,
    #[command(flatten)]
    foreign: ForeignArgs,
    /// Read every log again, and cache nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    rules: RulesArgs,
    /// Show what would be saved, and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Writes the facts and shows them.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let open = OpenLedger::open(context)?;
    let linking = Linking {
        logs: &args.logs,
        rules: &args.rules,
        foreign: args.foreign,
        no_cache: args.no_cache,
    };
    let own = OwnLinks::of(&open.repo, &linking.options(context)?);
    let wanted = args.wanted(&open, &own.links)?;
    let records = records(&open, &own, &wanted, args.dry_run)?;
    if !records.is_empty() && !args.dry_run {
        let lines: Vec<(ObjectId, Record)> = records
            .iter()
            .map(|(commit, record)| (*commit, Record::Session(Box::new(record.clone()))))
            .collect();
        let message = format!("Capture: {} on {}\n", count(&records), commits(&records));
        ledger::append(&open.repo, &lines, &message, open.writer()?)?;
        let what = format!("{} on {} captured", count(&records), commits(&records));
        context.recorded(&open.repo, what, Outcome::of(&own.warnings))?;
    }
    show(context, &records)?;
    context
        .terminal
        .status(&match (records.is_empty(), args.dry_run) {
            (true, _) => "nothing new to capture".to_owned(),
            (false, true) => "not written (--dry-run)".to_owned(),
            (false, false) => format!("captured {} on {}", count(&records), commits(&records)),
        })?;
    context.terminal.warnings(&own.warnings)?;
    Ok(Outcome::of(&own.warnings))
}

impl Args {
    /// The commits that are asked for.
    fn wanted(&self, open: &OpenLedger, links: &[Link]) -> Result<HashSet<ObjectId>, CommandError> {
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
        let linked: HashSet<ObjectId> = links.iter().map(|link| link.commit).collect();
        let is_young = |commit: &ObjectId| {
            let day = |raw: &messages::RawCommit<'_>| open.zone.day(raw.author_time().seconds);
            messages::with_commit(&open.repo, *commit, |raw| day(&raw) >= first).unwrap_or(false)
        };
        Ok(linked.into_iter().filter(is_young).collect())
    }
}

/// What is not in the notes yet, by commit.
fn records(
    open: &OpenLedger,
    own: &OwnLinks,
    wanted: &HashSet<ObjectId>,
    dry_run: bool,
) -> Result<Vec<(ObjectId, SessionRecord)>, CommandError> {
    let ledger = read_recorded(&open.repo);
    let known = by_commit(&ledger);
    let sessions = own.sessions.iter().enumerate();
    let sessions: HashMap<&SessionId, usize> = sessions.map(|(at, session)| (&session.id, at)).collect();
    let links = own.links.iter();
    let mut records = Vec::new();
    for link in links.filter(|link| link.counts() && !link.is_copy() && wanted.contains(&link.commit)) {
        let Some(&at) = sessions.get(&link.session) else {
            continue;
        };
        let charges = own.charges.get(at).map(Vec::as_slice).unwrap_or_default();
        let stamp = Stamp {
            id: RecordId::derived(&["session", &link.session.to_string(), &link.commit.to_string()]),
            at: open.now,
            // What is not written needs no author.
            by: open
                .author()
                .or_else(|error| if dry_run { Ok(String::new()) } else { Err(error) })?,
        };
        let minutes = charged_minutes(charges).checked();
        let known = known.get(&link.commit).map_or(&[][..], Vec::as_slice);
        if let Some(record) = record(&own.sessions[at], link, minutes, known, &stamp) {
            records.push((link.commit, record));
        }
    }
    Ok(records)
}

/// The records that are on each commit already.
fn by_commit(ledger: &Ledger) -> HashMap<ObjectId, Vec<&SessionRecord>> {
    let mut known: HashMap<ObjectId, Vec<&SessionRecord>> = HashMap::new();
    for found in &ledger.sessions {
        for commit in &found.commits {
            known.entry(*commit).or_default().push(&found.record);
        }
    }
    known
}

fn count(records: &[(ObjectId, SessionRecord)]) -> String {
    let sessions: HashSet<_> = records.iter().map(|(_, record)| &record.session).collect();
    counted(sessions.len(), "session", "sessions")
}

fn commits(records: &[(ObjectId, SessionRecord)]) -> String {
    let commits: HashSet<_> = records.iter().map(|(commit, _)| commit).collect();
    counted(commits.len(), "commit", "commits")
}

fn show(context: &mut Context, records: &[(ObjectId, SessionRecord)]) -> Result<(), CommandError> {
    if records.is_empty() {
        return Ok(());
    }
    let minutes = |value: Option<f64>| {
        let tenths = value.and_then(|value| Minutes::new((value * 10.0).round() / 10.0));
        Cell::known(tenths, Cell::Minutes)
    };
    let table = Table {
        columns: vec![
            Column::text("commit", "commit"),
            Column::text("session", "session"),
            Column::number("agent_minutes", "agent", Basis::Measured),
            Column::number("own", "of it here", Basis::Derived),
            Column::text("evidence", "evidence"),
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
