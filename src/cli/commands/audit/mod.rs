//! `audit [REPO]`: what was built with agents here, how well that is known, and what does not add up.

mod reading;
mod scope;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde::Serialize;

use super::Context;
use crate::audit::lines::{FileLine, of_file};
use crate::audit::{self, AllowedBy, Asked, Audit, Choice, Level, Reason, rules};
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::linking::SessionArgs;
use crate::cli::output::send_text;
use crate::cli::period;
use crate::cli::reading::threads;
use crate::cli::settings::Settings;
use crate::facts::diagnostics::Warning;
use crate::facts::zone::Zone;
use crate::git::{Repo, ledger_steps};
use crate::render::document::Document;
use crate::render::json::Versioned;
use crate::render::terminal::Screen;
use crate::render::{audit as shown, csv, json, markdown, terminal};
use reading::Read;
use scope::{Scope, in_repository, target};

/// Findings that may stand, one a line: `RULE:ID  why`. Committed, so that it is reviewed like code.
const ALLOWED: &str = ".leverage-audit";

/// The arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "git leverage audit [OPTIONS] [REPO] [REV-RANGE]\n       git leverage audit [OPTIONS] --file PATH [REPO]",
    after_help = "Examples:\n  git leverage audit\n  git leverage audit ~/src/kiln --strict --level warning\n  \
                  git leverage audit --format sarif --output findings.sarif\n  git leverage audit --file src/lib.rs\n  \
                  git leverage audit v1.0..HEAD\n  git leverage audit . main\n\n\
                  HEAD and the local branches are read. `--help` says what each rule asks.\n\
                  A finding may stand when `.leverage-audit` at HEAD holds a line `RULE:ID  why`; the repository says so \
                  itself,\nand `--no-allow-file` does not listen."
)]
pub struct Args {
    /// The repository [default: the one you stand in]. What is no folder here is taken for a REV-RANGE
    repo: Option<PathBuf>,
    /// Only these commits, as git names a range of them, and the tasks that have some
    #[arg(value_name = "REV-RANGE")]
    range: Option<String>,
    /// Only commits of this day and later: a date, or what git understands, such as `2 weeks ago`
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
    /// Show where each line of one file comes from, instead. Relative to this folder, or to REPO
    #[arg(long, value_name = "PATH", conflicts_with_all = ["range", "since", "strict", "level", "rule", "allow", "no_allow_file"])]
    file: Option<PathBuf>,
    /// Exit with 4 if something is found
    #[arg(long)]
    strict: bool,
    /// The least level that is shown, and that `--strict` minds
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    level: LevelArg,
    /// Only this rule; repeat for more
    #[arg(long, value_name = "RULE", value_parser = rule_ids())]
    rule: Vec<String>,
    /// Let a finding stand for this run; repeat for more
    #[arg(long, value_name = "RULE:ID", value_parser = rule_and_id)]
    allow: Vec<String>,
    /// Show what `.leverage-audit` of the repository allows as well, as in a repository of somebody else
    #[arg(long)]
    no_allow_file: bool,
    /// The zone whose days and months count: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Take only our own trailers, authors and notes as signs of an agent or a session
    #[arg(long)]
    ignore_foreign_trailers: bool,
    /// Read everything anew, and keep nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    sessions: SessionArgs,
    /// Threads to use, at most 256 [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    jobs: Option<NonZero<usize>>,
    /// The form of the result
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    format: AuditFormat,
    /// Write to FILE, whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Args {
    /// The zone whose days and months count.
    fn zone(&self, settings: &Settings) -> Result<Zone, CommandError> {
        period::zone(self.zone.as_deref(), settings)
    }
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

/// The ids of the rules, each with what it asks.
fn rule_ids() -> PossibleValuesParser {
    let value = |rule: &rules::Rule| PossibleValue::new(rule.id).help(rule.about);
    rules::RULES.iter().map(value).collect::<Vec<_>>().into()
}

fn rule_and_id(text: &str) -> Result<String, String> {
    let (rule, id) = text
        .split_once(':')
        .ok_or("write it as RULE:ID, as in the JSON format")?;
    if rules::RULES.iter().all(|known| known.id != rule) {
        let known: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
        return Err(format!("the rules are {}", known.join(", ")));
    }
    if id.is_empty() {
        return Err("the id after the colon is missing".into());
    }
    Ok(text.to_owned())
}

/// Reads the repository, applies the rules and shows what came of it.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let (repo, range) = target(args, context)?;
    if let Some(path) = &args.file {
        if range.is_some() {
            return Err(CommandError::usage(
                "`--file` shows the lines at HEAD, and takes no REV-RANGE",
            ));
        }
        let path = in_repository(&repo, path, args, context)?;
        return show_file(args, context, &Read::of(&repo, args, context)?, &path);
    }
    let scope = Scope::of(&repo, range.as_deref(), args, context)?;
    let mut read = Read::of(&repo, args, context)?;
    read.narrow(&scope);
    read.asked = Asked {
        range,
        since: args.since.clone(),
    };
    let (allowed, mut warnings) = allowed(&repo, args);
    warnings.extend(read.warnings.iter().cloned());
    let choice = Choice {
        rules: args.rule.iter().cloned().collect(),
        level: args.level.into(),
        allowed,
    };
    let audit = audit::audit(repo.name(), &read.evidence(context), &choice, warnings);
    send(args, context, &audit, read.place())?;
    context.terminal.warnings(&audit.warnings)?;
    Ok(
        match (args.strict && !audit.findings.is_empty(), read.is_complete) {
            (true, _) => Outcome::Findings,
            (false, true) => Outcome::Done,
            (false, false) => Outcome::Partial,
        },
    )
}

/// What may stand: the lines of the committed file that give a reason, and `--allow`.
fn allowed(repo: &Repo, args: &Args) -> (BTreeMap<String, Reason>, Vec<Warning>) {
    let (mut allowed, mut warnings) = (BTreeMap::new(), Vec::new());
    let file = match args.no_allow_file {
        true => Vec::new(),
        false => ledger_steps::file_at_head(repo, ALLOWED).unwrap_or_default(),
    };
    for (number, line) in String::from_utf8_lossy(&file).lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (finding, why) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let what = match rule_and_id(finding) {
            Err(_) if finding.contains(':') => {
                let rule = finding.split(':').next().unwrap_or_default();
                format!("the line allows nothing: there is no rule `{rule}`, or no id after it")
            }
            Ok(_) if !why.trim().is_empty() => {
                let reason = Reason {
                    text: why.trim().to_owned(),
                    by: AllowedBy::Repository,
                };
                allowed.insert(finding.to_owned(), reason);
                continue;
            }
            _ => "the line allows nothing".to_owned(),
        };
        warnings.push(
            Warning::new(format!("{ALLOWED}:{}", number + 1), what)
                .hint("Write `RULE:ID  why it may stand`; `audit --help` lists the rules"),
        );
    }
    allowed.extend(args.allow.iter().map(|one| {
        let reason = Reason {
            text: "--allow".to_owned(),
            by: AllowedBy::CommandLine,
        };
        (one.clone(), reason)
    }));
    (allowed, warnings)
}

fn send(args: &Args, context: &mut Context, audit: &Audit, place: Option<&str>) -> Result<(), CommandError> {
    let text = match args.format {
        AuditFormat::Json => json::pretty(&Versioned {
            schema: audit::SCHEMA,
            body: audit,
        }),
        AuditFormat::Sarif => json::pretty(&shown::sarif(audit, place, env!("CARGO_PKG_VERSION"))),
        AuditFormat::Csv => Ok(csv::render(&shown::findings(audit))),
        AuditFormat::Table | AuditFormat::Markdown => Ok(render(args, context, &shown::document(audit))),
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

/// The machine format of `--file`.
#[derive(Serialize)]
struct FileBody<'a> {
    path: &'a str,
    lines: &'a [FileLine],
}

/// `--file`: each run of lines with its commit, what made it, its task and its sessions.
fn show_file(args: &Args, context: &mut Context, read: &Read, path: &str) -> Result<Outcome, CommandError> {
    let lines =
        of_file(&read.evidence(context), path).map_err(|error| CommandError::failed(error.to_string()))?;
    let text = match args.format {
        AuditFormat::Json => json::pretty(&Versioned {
            schema: audit::LINES_SCHEMA,
            body: FileBody { path, lines: &lines },
        })
        .map_err(|error| CommandError::from_error(&error))?,
        AuditFormat::Sarif => {
            return Err(CommandError::usage(
                "the lines of a file are no findings: SARIF has no place for them",
            ));
        }
        _ => render(args, context, &shown::file_lines(&lines)),
    };
    send_text(context, args.output.as_deref(), &text)?;
    Ok(Outcome::Done)
}
