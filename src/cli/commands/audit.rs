//! `audit [REPO]`: what was built with agents here, how well that is known, and what does not add up.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::path::PathBuf;

use clap::ValueEnum;

use super::Context;
use crate::audit::origin::state_word;
use crate::audit::{self, Audit, Choice, Evidence, Level, rules};
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::output::send_text;
use crate::cli::survival::survival_of;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::ObjectId;
use crate::facts::ledger::Ledger;
use crate::git::Repo;
use crate::git::survival::Survival;
use crate::git::{ledger_steps, refs};
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::json::Versioned;
use crate::render::terminal::Screen;
use crate::render::{audit as shown, csv, json, markdown, terminal};
use crate::sources::history::{HistoryOptions, read_open};
use crate::sources::ledger::{LedgerOptions, read_ledger};
use crate::sources::reach::{Reach, reach};

/// Findings that may stand, one a line: `RULE:ID  why`. Committed, so that it is reviewed like code.
const ALLOWED: &str = ".leverage-audit";

/// The arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage audit\n  git leverage audit ~/src/kiln --strict --level warning\n  \
                  git leverage audit --format sarif --output findings.sarif\n  git leverage audit --file src/lib.rs\n\n\
                  A finding may stand when `.leverage-audit` at HEAD holds a line `RULE:ID  why`."
)]
pub struct Args {
    /// The repository [default: the one you stand in]
    repo: Option<PathBuf>,
    /// Show where each line of one file comes from, instead
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// Exit with 4 if something is found
    #[arg(long)]
    strict: bool,
    /// The least level that is shown, and that `--strict` minds
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    level: LevelArg,
    /// Only this rule; repeat for more
    #[arg(long, value_name = "RULE", value_parser = known_rule)]
    rule: Vec<String>,
    /// Let a finding stand for this run; repeat for more
    #[arg(long, value_name = "RULE:ID", value_parser = rule_and_id)]
    allow: Vec<String>,
    /// Read everything anew, and keep nothing
    #[arg(long)]
    no_cache: bool,
    /// How many threads read the repository [default: one a processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZero<usize>>,
    /// The form of the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: AuditFormat,
    /// Write to FILE, whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// In which form an audit leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum AuditFormat {
    /// Aligned columns, for people
    #[default]
    Table,
    /// One object with a schema, for programs
    Json,
    /// The findings, or the lines of `--file`, for spreadsheets
    Csv,
    /// Markdown tables, for logs and reviews
    Markdown,
    /// SARIF 2.1.0, for forges
    Sarif,
}

/// A level as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum LevelArg {
    /// Everything
    #[default]
    Note,
    /// What needs an explanation
    Warning,
    /// What cannot be right
    Error,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Note => Self::Note,
            LevelArg::Warning => Self::Warning,
            LevelArg::Error => Self::Error,
        }
    }
}

fn known_rule(text: &str) -> Result<String, String> {
    match rules::RULES.iter().find(|rule| rule.id == text) {
        Some(rule) => Ok(rule.id.to_owned()),
        None => {
            let known: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
            Err(format!("the rules are {}", known.join(", ")))
        }
    }
}

fn rule_and_id(text: &str) -> Result<String, String> {
    let (rule, id) = text
        .split_once(':')
        .ok_or("write it as RULE:ID, as in the JSON format")?;
    known_rule(rule)?;
    if id.is_empty() {
        return Err("the id after the colon is missing".into());
    }
    Ok(text.to_owned())
}

/// Reads the repository, applies the rules and shows what came of it.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let repo = match &args.repo {
        Some(path) => Repo::discover(&context.environment.directory.join(path))?,
        None => context.environment.repository()?,
    };
    let read = Read::of(&repo, args, context)?;
    if let Some(path) = &args.file {
        return show_file(args, context, &read, path);
    }
    let (allowed, mut warnings) = allowed(&repo, args);
    warnings.extend(read.warnings.iter().cloned());
    let choice = Choice {
        rules: args.rule.iter().cloned().collect(),
        allowed,
    };
    let mut audit = audit::audit(repo.name(), &read.evidence(context), &choice, warnings);
    audit.findings.retain(|found| found.level >= args.level.into());
    send(args, context, &audit)?;
    context.terminal.warnings(&audit.warnings)?;
    Ok(
        match (args.strict && !audit.findings.is_empty(), read.is_complete) {
            (true, _) => Outcome::Findings,
            (false, true) => Outcome::Done,
            (false, false) => Outcome::Partial,
        },
    )
}

/// All that an audit looks at, as it was read.
struct Read {
    ledger: Ledger,
    steps: Vec<ledger_steps::LedgerStep>,
    jumps: Vec<ledger_steps::Jump>,
    commits: Vec<Commit>,
    reach: Reach,
    survival: Option<Survival>,
    warnings: Vec<Warning>,
    is_complete: bool,
}

impl Read {
    fn of(repo: &Repo, args: &Args, context: &Context) -> Result<Self, CommandError> {
        let cache = context.environment.cache_dir().filter(|_| !args.no_cache);
        let history = HistoryOptions {
            cache: cache.clone(),
            ..HistoryOptions::default()
        };
        let history = read_open(repo, &history);
        let options = LedgerOptions {
            work: context.settings().work_time()?,
            ..LedgerOptions::default()
        };
        let ledger = read_ledger(repo, &options);
        let mut warnings = history.warnings;
        warnings.extend(history.reason.map(|reason| Warning::new(repo.name(), reason)));
        warnings.extend(ledger.warnings.iter().cloned());
        let steps = ledger_steps::steps(repo, refs::NOTES).unwrap_or_else(|error| {
            warnings.push(Warning::new(
                repo.name(),
                format!("the ledger's history cannot be read: {error}"),
            ));
            Vec::new()
        });
        let survival = survival_of(repo, args.jobs, cache.as_deref());
        let survival = survival
            .map(|read| {
                warnings.extend(read.trouble.map(|reason| Warning::new(repo.name(), reason)));
                read.survival
            })
            .map_err(|reason| {
                let message = format!("who brought the lines at HEAD is unknown: {reason}");
                warnings.push(Warning::new(repo.name(), message));
            })
            .ok();
        Ok(Self {
            is_complete: history.status == Status::Complete && survival.is_some(),
            jumps: ledger_steps::jumps(repo, refs::NOTES),
            reach: reach(repo),
            commits: history.commits,
            ledger,
            steps,
            survival,
            warnings,
        })
    }

    fn evidence(&self, context: &Context) -> Evidence<'_> {
        Evidence {
            ledger: &self.ledger,
            steps: &self.steps,
            jumps: &self.jumps,
            commits: &self.commits,
            reach: &self.reach,
            survival: self.survival.as_ref(),
            now: context.environment.now.timestamp(),
        }
    }
}

/// What may stand: `--allow`, and the lines of the committed file that give a reason.
fn allowed(repo: &Repo, args: &Args) -> (BTreeMap<String, String>, Vec<Warning>) {
    let mut allowed: BTreeMap<String, String> = args
        .allow
        .iter()
        .map(|one| (one.clone(), "--allow".to_owned()))
        .collect();
    let mut warnings = Vec::new();
    let file = ledger_steps::file_at_head(repo, ALLOWED).unwrap_or_default();
    for (number, line) in String::from_utf8_lossy(&file).lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split_once(char::is_whitespace) {
            Some((finding, reason)) if rule_and_id(finding).is_ok() => {
                allowed.insert(finding.to_owned(), reason.trim().to_owned());
            }
            _ => warnings.push(
                Warning::new(format!("{ALLOWED}:{}", number + 1), "the line allows nothing")
                    .hint("Write `RULE:ID  why it may stand`"),
            ),
        }
    }
    (allowed, warnings)
}

fn send(args: &Args, context: &mut Context, audit: &Audit) -> Result<(), CommandError> {
    let text = match args.format {
        AuditFormat::Json => json::pretty(&Versioned {
            schema: audit::SCHEMA,
            body: audit,
        }),
        AuditFormat::Sarif => json::pretty(&shown::sarif(audit, env!("CARGO_PKG_VERSION"))),
        AuditFormat::Table | AuditFormat::Csv | AuditFormat::Markdown => {
            Ok(render(args, context, &shown::document(audit)))
        }
    };
    let text = text.map_err(|error| CommandError::from_error(&error))?;
    send_text(context, args.output.as_deref(), &text)
}

fn render(args: &Args, context: &Context, document: &Document) -> String {
    let screen = match args.output {
        Some(_) => Screen::default(),
        None => Screen {
            width: context.terminal.width,
            color: context.terminal.color,
        },
    };
    match args.format {
        AuditFormat::Markdown => markdown::render(document),
        AuditFormat::Csv => document.tables.first().map(csv::render).unwrap_or_default(),
        _ => terminal::render(document, screen),
    }
}

/// `--file`: each run of lines with its commit, what made it, its task and its sessions.
fn show_file(args: &Args, context: &mut Context, read: &Read, path: &str) -> Result<Outcome, CommandError> {
    let file = read
        .survival
        .iter()
        .flat_map(|survival| &survival.files)
        .find(|file| file.path == path.as_bytes())
        .ok_or_else(|| CommandError::failed(format!("`{path}` is not a file at HEAD")))?;
    let runs = match &file.runs {
        Ok(Some(runs)) => runs,
        Ok(None) => return Err(CommandError::failed(format!("`{path}` is binary"))),
        Err(reason) => return Err(CommandError::failed(format!("`{path}` cannot be told: {reason}"))),
    };
    let mut first = 1;
    let rows = runs
        .iter()
        .map(|run| {
            let last = first + run.lines - 1;
            let row = line_row(read, (first, last), run.commit);
            first = last + 1;
            row
        })
        .collect();
    let table = Table {
        columns: vec![
            Column::number("first_line", "First", Basis::Measured),
            Column::number("last_line", "Last", Basis::Measured),
            Column::text("commit", "Commit"),
            Column::text("state", "Made by"),
            Column::text("agents", "Agents"),
            Column::text("task", "Task"),
            Column::text("sessions", "Sessions").spare(1),
        ],
        rows,
        ..Table::default()
    };
    let text = render(args, context, &Document::from(table));
    send_text(context, args.output.as_deref(), &text)?;
    Ok(Outcome::Done)
}

fn line_row(read: &Read, (first, last): (usize, usize), id: Option<ObjectId>) -> Vec<Cell> {
    let commit = read.commits.iter().find(|commit| Some(commit.id) == id);
    let tasks: Vec<_> = id
        .map(|id| {
            read.ledger
                .tasks
                .iter()
                .filter(|task| task.commits.contains(&id))
                .collect()
        })
        .unwrap_or_default();
    let joined = |parts: BTreeSet<String>| parts.into_iter().collect::<Vec<_>>().join(", ");
    vec![
        Cell::Count(first as u64),
        Cell::Count(last as u64),
        Cell::known(id, |id| Cell::text(id.short())),
        Cell::known(commit, |commit| Cell::text(state_word(commit.origin.state))),
        Cell::known(commit, |commit| Cell::text(commit.origin.agents().join(", "))),
        Cell::text(joined(tasks.iter().map(|task| task.task.title.clone()).collect())),
        Cell::text(joined(
            tasks
                .iter()
                .flat_map(|task| &task.task.sessions)
                .map(ToString::to_string)
                .collect(),
        )),
    ]
}
