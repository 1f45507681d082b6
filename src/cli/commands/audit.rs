//! `audit [REPO]`: what was built with agents here, how well that is known, and what does not add up.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZero;
use std::path::{Component, Path, PathBuf};

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};
use serde::Serialize;

use super::Context;
use super::sessions::{LogArgs, RulesArgs};
use crate::audit::lines::{FileLine, of_file};
use crate::audit::origin::{reached, with_sessions};
use crate::audit::{self, Asked, Audit, Choice, Evidence, Level, Whole, rules};
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::output::send_text;
use crate::cli::period::PeriodArgs;
use crate::cli::reading::{ReadArgs, threads};
use crate::cli::survival::survival_of;
use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::Ledger;
use crate::facts::zone::{Period, Zone};
use crate::git::Repo;
use crate::git::messages::{self, Range};
use crate::git::survival::Survival;
use crate::git::{ledger_steps, refs};
use crate::render::document::Document;
use crate::render::json::Versioned;
use crate::render::terminal::Screen;
use crate::render::{audit as shown, csv, json, markdown, terminal};
use crate::sources::attested_lines::{AttestedCommit, read_attested};
use crate::sources::history::{HistoryOptions, read_open};
use crate::sources::ledger::read_ledger_of;
use crate::sources::reach::{Reach, reach};

/// Findings that may stand, one a line: `RULE:ID  why`. Committed, so that it is reviewed like code.
const ALLOWED: &str = ".leverage-audit";

/// The arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage audit\n  git leverage audit ~/src/kiln --strict --level warning\n  \
                  git leverage audit --format sarif --output findings.sarif\n  git leverage audit --file src/lib.rs\n  \
                  git leverage audit v1.0..HEAD\n  git leverage audit . main\n\n\
                  HEAD and the local branches are read. `--help` says what each rule asks.\n\
                  A finding may stand when `.leverage-audit` at HEAD holds a line `RULE:ID  why`."
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
    #[arg(long, value_name = "PATH", conflicts_with_all = ["range", "since", "strict", "level", "rule", "allow"])]
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
    /// Read everything anew, and keep nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    logs: LogArgs,
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

/// The repository and the range. A single word that is no path here names a range of the repository one stands in.
fn target(args: &Args, context: &Context) -> Result<(Repo, Option<String>), CommandError> {
    let environment = &context.environment;
    let Some(path) = &args.repo else {
        return Ok((environment.repository()?, None));
    };
    let place = environment.directory.join(path);
    let word = path.to_string_lossy();
    match &args.range {
        None if !place.exists() => match environment.repository() {
            Ok(repo) => Ok((repo, Some(word.into_owned()))),
            Err(_) => Err(CommandError::failed(format!("there is no folder `{word}` here"))
                .hint("A range of commits needs a repository: stand in one, or name it before the range")),
        },
        None if !is_clearly_a_path(&word)
            && environment
                .repository()
                .is_ok_and(|repo| names_commits(&repo, &word)) =>
        {
            Err(
                CommandError::usage(format!("`{word}` is both a path and a revision here"))
                    .hint(format!("For the commits: git leverage audit . {word}"))
                    .hint(format!("For the repository: git leverage audit ./{word}")),
            )
        }
        range => Ok((Repo::discover(&place)?, range.clone())),
    }
}

/// Git, too, takes these for paths whatever else they may name.
fn is_clearly_a_path(word: &str) -> bool {
    matches!(word, "." | "..") || ["/", "./", "../"].iter().any(|start| word.starts_with(start))
}

fn names_commits(repo: &Repo, word: &str) -> bool {
    Range::parse(repo, word).is_ok()
}

/// A path as git takes it, relative to where one stands or to the folder that was named, from the top of the tree.
fn in_repository(repo: &Repo, path: &Path, args: &Args, context: &Context) -> Result<String, CommandError> {
    let folder = match &args.repo {
        Some(repo) => context.environment.directory.join(repo),
        None => context.environment.directory.clone(),
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let top = repo.work_dir().map(real);
    // Where nothing is checked out, and inside of `.git`, paths start at the top.
    let inside = |path: PathBuf| match &top {
        Some(top) => path.strip_prefix(top).map(Path::to_owned).ok(),
        None => Some(path.strip_prefix(real(&folder)).unwrap_or(&path).to_owned()),
    };
    let outside = || {
        CommandError::failed(format!(
            "`{}` is outside of the repository `{}`",
            path.display(),
            repo.place().display()
        ))
    };
    let whole = without_dots(&real(&folder).join(path));
    // An absolute path may lead through links; the file itself may be one, and is not followed.
    let linked = whole
        .parent()
        .map(real)
        .zip(whole.file_name())
        .map(|(parent, name)| parent.join(name));
    let found = inside(whole).or_else(|| inside(linked?)).ok_or_else(outside)?;
    Ok(found.to_string_lossy().into_owned())
}

/// The path with its `.` and `..` taken away, as far as its words tell.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// Which commits are looked at.
struct Scope {
    /// Those of a range; all where there is none.
    commits: Option<HashSet<ObjectId>>,
    /// Those of a day and later.
    period: Period,
    zone: Zone,
}

impl Scope {
    fn of(repo: &Repo, range: Option<&str>, args: &Args, context: &Context) -> Result<Self, CommandError> {
        let days = PeriodArgs {
            since: args.since.clone(),
            ..PeriodArgs::default()
        };
        let zone = days.zone(&context.settings())?;
        let commits = range.map(|range| commits_in(repo, range)).transpose()?;
        Ok(Self {
            commits,
            period: days.period(zone, &context.environment)?,
            zone,
        })
    }

    fn is_everything(&self) -> bool {
        self.commits.is_none() && self.period.since.is_none()
    }

    fn holds(&self, commit: &Commit) -> bool {
        let in_range = self
            .commits
            .as_ref()
            .is_none_or(|commits| commits.contains(&commit.id));
        in_range && self.period.contains(self.zone.day(commit.author_time.seconds))
    }

    /// Whether a session that made no commit belongs to it. To a range of commits none does.
    fn ends_in(&self, session: &SeenSession) -> bool {
        self.commits.is_none() && self.period.contains(self.zone.day(session.span.end.seconds()))
    }
}

fn commits_in(repo: &Repo, range: &str) -> Result<HashSet<ObjectId>, CommandError> {
    let mut commits = HashSet::new();
    let visited = Range::parse(repo, range).and_then(|range| {
        messages::visit_range(repo, &range, |commit| {
            commits.insert(commit.id);
        })
    });
    match visited {
        Ok(_) => Ok(commits),
        Err(_) => Err(CommandError::failed(format!(
            "`{range}` is neither a folder nor a range of commits here"
        ))
        .hint("Write A..B, or a revision for all that it reaches")),
    }
}

/// All that an audit looks at, as it was read.
struct Read {
    asked: Asked,
    at_head: HashSet<ObjectId>,
    ledger: Ledger,
    sessions: Vec<SeenSession>,
    steps: Vec<ledger_steps::LedgerStep>,
    jumps: ledger_steps::Jumps,
    commits: Vec<Commit>,
    attested: Vec<AttestedCommit>,
    reach: Reach,
    survival: Option<Survival>,
    /// All of it, once this was narrowed.
    whole: Option<Whole>,
    warnings: Vec<Warning>,
    is_complete: bool,
}

impl Read {
    fn of(repo: &Repo, args: &Args, context: &Context) -> Result<Self, CommandError> {
        let cache = context.environment.cache_dir().filter(|_| !args.no_cache);
        let history = HistoryOptions {
            cache: cache.clone(),
            threads: args.jobs,
            ..HistoryOptions::default()
        };
        let mut history = read_open(repo, &history);
        let ledger = read_ledger_of(repo, &mut history.commits, context.settings().work_time()?);
        let mut warnings = history.warnings;
        warnings.extend(history.reason.map(|reason| Warning::new(repo.name(), reason)));
        warnings.extend(ledger.warnings.iter().cloned());
        let sessions = sessions(repo, args, context, &mut warnings)?;
        let steps = ledger_steps::steps(repo, refs::NOTES, &context.environment.config_files).unwrap_or_else(
            |error| {
                let message = format!("the ledger's history cannot be read: {error}");
                warnings.push(Warning::new(repo.name(), message));
                Vec::new()
            },
        );
        let head = repo.head();
        let survival = match head {
            // A branch without a commit has no lines, which is nothing that could not be read.
            Ok(None) => None,
            _ => survival(repo, args, cache.as_deref(), &mut warnings),
        };
        let (attested, trouble) = read_attested(repo, &history.commits);
        warnings.extend(trouble);
        Ok(Self {
            is_complete: history.status == Status::Complete
                && (survival.is_some() || matches!(head, Ok(None))),
            asked: Asked::default(),
            at_head: reached(&history.commits, head.ok().flatten()),
            jumps: ledger_steps::jumps(repo, &[refs::NOTES, refs::TASKS]),
            whole: None,
            reach: reach(repo),
            commits: with_sessions(history.commits, &sessions),
            attested,
            ledger,
            sessions,
            steps,
            survival,
            warnings,
        })
    }

    /// Leaves the commits of a scope, the tasks that have some or whose day it is, and their sessions.
    fn narrow(&mut self, scope: &Scope) {
        if scope.is_everything() {
            return;
        }
        self.whole = Some(Whole {
            ledger: self.ledger.clone(),
            sessions: self.sessions.clone(),
            commits: self.commits.clone(),
        });
        self.commits.retain(|commit| scope.holds(commit));
        let commits: HashSet<ObjectId> = self.commits.iter().map(|commit| commit.id).collect();
        let claimed: HashSet<SessionId> = named_sessions(&self.ledger).cloned().collect();
        self.attested.retain(|one| commits.contains(&one.commit));
        self.ledger.tasks.retain(|found| {
            let by_day = scope.commits.is_none() && scope.period.since.is_some();
            found.commits.iter().any(|commit| commits.contains(commit))
                || by_day && found.commits.is_empty() && scope.period.contains(found.task.date)
        });
        let named: HashSet<&SessionId> = named_sessions(&self.ledger).collect();
        self.sessions.retain(|session| {
            named.contains(&session.id)
                || session.made().any(|(_, link)| commits.contains(&link.commit))
                || session.made().next().is_none() && !claimed.contains(&session.id) && scope.ends_in(session)
        });
    }

    /// A file that stands for the whole repository where a finding has to be in one: what allows findings, or a README.
    fn place(&self) -> Option<&str> {
        let files = self.survival.iter().flat_map(|survival| &survival.files);
        let mut paths: Vec<&str> = files
            .filter_map(|file| std::str::from_utf8(&file.path).ok())
            .collect();
        paths.retain(|path| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            path.chars().all(is_plain)
                && (*path == ALLOWED || path.to_ascii_lowercase().starts_with("readme"))
        });
        paths.into_iter().min()
    }

    fn evidence(&self, context: &Context) -> Evidence<'_> {
        Evidence {
            asked: &self.asked,
            at_head: &self.at_head,
            ledger: &self.ledger,
            sessions: &self.sessions,
            steps: &self.steps,
            jumps: &self.jumps,
            commits: &self.commits,
            attested: &self.attested,
            reach: &self.reach,
            survival: self.survival.as_ref(),
            whole: self.whole.as_ref(),
            now: context.environment.now.timestamp(),
        }
    }
}

fn named_sessions(ledger: &Ledger) -> impl Iterator<Item = &SessionId> {
    ledger.tasks.iter().flat_map(|found| &found.task.sessions)
}

/// Who brought the lines at HEAD.
fn survival(repo: &Repo, args: &Args, cache: Option<&Path>, warnings: &mut Vec<Warning>) -> Option<Survival> {
    match survival_of(repo, args.jobs, cache) {
        Ok(read) => {
            warnings.extend(read.trouble.map(|reason| Warning::new(repo.name(), reason)));
            Some(read.survival)
        }
        Err(reason) => {
            let message = format!("who brought the lines at HEAD is unknown: {reason}");
            warnings.push(Warning::new(repo.name(), message));
            None
        }
    }
}

/// The sessions that worked in the repository, from the logs of this machine and from notes.
fn sessions(
    repo: &Repo,
    args: &Args,
    context: &Context,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<SeenSession>, CommandError> {
    let settings = context.settings();
    let read = ReadArgs {
        roots: vec![repo.place().to_owned()],
        no_cache: args.no_cache,
        ..ReadArgs::default()
    };
    let mut reading = read.find(context, &settings)?;
    let wanted = Linking {
        logs: &args.logs,
        rules: &RulesArgs::default(),
        read: &read,
    };
    let found = wanted.seen(context, &settings, &mut reading)?;
    warnings.append(&mut reading.warnings);
    Ok(found)
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
