//! `facts [ROOT…] --output DIR`: what was read of each repository, as Parquet files for other programs and for `--facts`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rayon::prelude::*;
use serde::Serialize;

use crate::aggregate::copies::generations;
use crate::aggregate::names::{Named, tell_apart};
use crate::aggregate::repository::Repository;
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::input;
use crate::cli::linking::Linking;
use crate::cli::logs::{LogArgs, RulesArgs};
use crate::cli::outcome::Outcome;
use crate::cli::reading::ReadArgs;
use crate::correlate::seen::{Origin, SeenSession};
use crate::exchange::facts::{Entry, Line, LoggedSession, Row, Writer, digest, id_of, write_sessions};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::SessionId;
use crate::facts::lineage::Lineage;
use crate::git::Repo;
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::json::{self, Versioned};
use crate::render::terminal::render;
use crate::sources::discover::Discovery;
use crate::workspace::options::ReadOptions;
use crate::workspace::read::Workspace;
use crate::workspace::repositories::failed;

/// The name and version of the JSON.
const SCHEMA: &str = "git-leverage.facts/1";
/// The maximum size of a list of repositories, in bytes.
const LARGEST_LIST: u64 = 64 << 20;

/// The arguments of `facts`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  git leverage facts ~/src --output ~/facts\n  \
                  git leverage facts --repos list.tsv --output /mnt/facts\n  \
                  git leverage facts ~/src --output ~/facts --sessions\n  \
                  git leverage report --facts ~/facts --by repo,month\n\n\
                  A repository whose references are as in the last run is skipped. docs/formats/facts.md describes the files.")]
pub struct Args {
    #[command(flatten)]
    read: ReadArgs,
    /// Write the files to DIR
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Read the repositories in FILE, one a line: `PATH`, `PATH<TAB>KEY` or `PATH<TAB>KEY<TAB>RANK`; `-` is standard input.
    /// Of copies of a commit, the one in the repository of the lowest rank counts [default rank: the line's number, from 0]
    #[arg(long, value_name = "FILE", conflicts_with = "roots")]
    repos: Option<PathBuf>,
    /// Also write what the logs of this machine say of sessions in these repositories
    #[arg(long)]
    sessions: bool,
    /// Read and write everything again
    #[arg(long)]
    again: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: FactsFormat,
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    rules: RulesArgs,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum FactsFormat {
    /// A table for a terminal
    #[default]
    Table,
    /// JSON
    Json,
}

/// A repository of the list.
#[derive(Debug, Clone)]
struct Listed {
    path: PathBuf,
    key: Option<String>,
    rank: u32,
}

/// A repository that was looked at, without reading its history.
struct Looked {
    path: PathBuf,
    lineage: Lineage,
    entry: Entry,
    /// Why it cannot be read.
    trouble: Option<String>,
}

impl Named for Looked {
    fn path(&self) -> &str {
        self.path.to_str().unwrap_or_default()
    }

    fn name(&mut self) -> &mut String {
        &mut self.entry.name
    }
}

/// One repository in the JSON.
#[derive(Debug, Serialize)]
struct Written {
    repo: String,
    key: String,
    name: String,
    status: Status,
    reason: Option<String>,
    commits: Option<u64>,
    unchanged: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    repositories: Vec<Written>,
    sessions: Option<usize>,
}

/// Reads what changed, and writes its facts.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let (listed, mut warnings) = args.listed(context)?;
    let looked = look(listed);
    check_ids(&looked)?;
    let options = args.read.options(context)?;
    let told = how(&options);
    let folder = context.environment.directory.join(&args.output);
    let writer = Writer {
        folder: &folder,
        options: &told,
        now: context.environment.now.timestamp(),
    };
    let known: Vec<Option<Row>> = looked
        .par_iter()
        .map(|one| writer.unchanged(&one.entry).filter(|_| !args.again))
        .collect();
    let to_read: Vec<usize> = (0..looked.len())
        .filter(|at| looked[*at].trouble.is_none() && (args.sessions || known[*at].is_none()))
        .collect();
    let mut repos = read(&looked, &to_read, &options, context)?;
    let mut rows = Vec::new();
    for (one, known) in looked.iter().zip(known) {
        let is_unchanged = known.is_some();
        let row = match (known, repos.get(&one.entry.repo)) {
            (Some(row), _) => writer.rename(&row, &one.entry),
            (None, Some(repository)) => writer.write(&one.entry, repository),
            (None, None) => {
                let reason = one.trouble.clone().unwrap_or_default();
                writer.write(&one.entry, &failed(&one.path, reason))
            }
        };
        rows.push((
            row.map_err(|error| CommandError::from_error(&error))?,
            is_unchanged,
        ));
    }
    warnings.extend(repos.values().flat_map(Repository::all_warnings));
    warnings.extend(looked.iter().filter_map(|one| {
        let reason = one.trouble.clone()?;
        Some(Warning::new(one.path.display().to_string(), reason))
    }));
    let sessions = match args.sessions {
        true => Some(args.add_sessions(&looked, &mut repos, &folder, context)?),
        false => None,
    };
    let is_complete = rows.iter().all(|(row, _)| row.status == Status::Complete) && warnings.is_empty();
    let report = Report {
        repositories: rows
            .into_iter()
            .map(|(row, is_unchanged)| Written::of(row, is_unchanged))
            .collect(),
        sessions,
    };
    args.send(&report, context)?;
    context.terminal.warnings(&warnings)?;
    Ok(match is_complete {
        true => Status::Complete,
        false => Status::Partial,
    }
    .into())
}

/// What the facts depend on besides the repositories, as JSON.
fn how(options: &ReadOptions) -> String {
    let history = &options.history;
    serde_json::json!({
        "all_refs": history.refs.all,
        "exclude_refs": history.refs.exclude,
        "renames": format!("{:?}", history.renames).to_lowercase(),
        "hours_per_day": options.work.hours_per_day,
        "hours_per_week": options.work.hours_per_week,
    })
    .to_string()
}

fn read(
    looked: &[Looked],
    to_read: &[usize],
    options: &ReadOptions,
    context: &Context,
) -> Result<HashMap<String, Repository>, CommandError> {
    let found = Discovery {
        repositories: to_read.iter().map(|at| looked[*at].path.clone()).collect(),
        ..Discovery::default()
    };
    if found.repositories.is_empty() {
        return Ok(HashMap::new());
    }
    let repos = bar::during(context, || Workspace::read_apart(&found, options))?;
    let ids = to_read.iter().map(|at| looked[*at].entry.repo.clone());
    Ok(ids.zip(repos).collect())
}

/// Opens each repository to see where it comes from and what its references are.
fn look(listed: Vec<Listed>) -> Vec<Looked> {
    let mut looked: Vec<Looked> = listed.into_par_iter().map(Looked::at).collect();
    tell_apart(&mut looked);
    let lineages: Vec<&Lineage> = looked.iter().map(|one| &one.lineage).collect();
    let generations = generations(&lineages);
    for ((one, generation), place) in looked.iter_mut().zip(generations).zip(0..) {
        one.entry.generation = generation;
        one.entry.place = place;
    }
    looked
}

impl Looked {
    fn at(listed: Listed) -> Self {
        let Listed { path, key, rank } = listed;
        let opened = Repo::open(&path).map_err(|error| error.to_string());
        let opened = opened.and_then(|repo| match repo.references_digest() {
            Ok(references) => Ok((repo.lineage(), repo.name(), references, repo.place().to_owned())),
            Err(error) => Err(format!("its references cannot be read: {}", error.message())),
        });
        let (found, trouble) = match opened {
            Ok(found) => (found, None),
            Err(reason) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let nothing = (Lineage::default(), name.into_owned(), String::new(), path.clone());
                (nothing, Some(reason))
            }
        };
        let (lineage, name, references, place) = found;
        // A path that cannot be opened has no slash at its end either.
        let place = place.display().to_string();
        let place = place.trim_end_matches('/').to_owned();
        let repo = match &key {
            Some(key) => id_of(key, None),
            None => id_of(lineage.key.as_deref().unwrap_or(&place), Some(&place)),
        };
        Self {
            entry: Entry {
                repo,
                key: key.or_else(|| lineage.key.clone()).unwrap_or(place),
                name,
                rank,
                generation: 0,
                place: 0,
                references,
            },
            path,
            lineage,
            trouble,
        }
    }
}

/// No two repositories are written to one file.
fn check_ids(looked: &[Looked]) -> Result<(), CommandError> {
    let mut known: BTreeMap<&str, &Path> = BTreeMap::new();
    for one in looked {
        if let Some(other) = known.insert(&one.entry.repo, &one.path) {
            return Err(CommandError::usage(format!(
                "`{}` and `{}` have the same key `{}`",
                other.display(),
                one.path.display(),
                one.entry.key
            )));
        }
    }
    Ok(())
}

impl Args {
    /// The repositories to read.
    fn listed(&self, context: &mut Context) -> Result<(Vec<Listed>, Vec<Warning>), CommandError> {
        let Some(file) = &self.repos else {
            let found = self.read.find(context)?;
            let listed = found.repositories.into_iter();
            let listed = listed.map(|path| Listed {
                path,
                key: None,
                rank: 0,
            });
            return Ok((listed.collect(), found.warnings));
        };
        let content = match file.to_str() {
            Some("-") => input::standard_input(LARGEST_LIST),
            _ => input::file(&context.environment.directory.join(file), LARGEST_LIST),
        };
        let unreadable = |reason: String| CommandError::failed(format!("{}: {reason}", file.display()));
        let content = content.map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(content).map_err(|_| unreadable("not UTF-8".to_owned()))?;
        let listed: Result<Vec<Listed>, CommandError> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .zip(0..)
            .map(|((number, line), rank)| {
                let listed = listed_in(line, rank, &context.environment.directory);
                listed.map_err(|reason| {
                    CommandError::usage(format!("{}:{}: {reason}", file.display(), number + 1))
                })
            })
            .collect();
        let listed = listed?;
        match listed.is_empty() {
            true => Err(CommandError::usage(format!(
                "{}: no repository in it",
                file.display()
            ))),
            false => Ok((listed, Vec::new())),
        }
    }

    /// Writes what logs say of sessions in these repositories; returns how many worked there.
    fn add_sessions(
        &self,
        looked: &[Looked],
        repos: &mut HashMap<String, Repository>,
        folder: &Path,
        context: &mut Context,
    ) -> Result<usize, CommandError> {
        let readable = looked.iter().filter(|one| repos.contains_key(&one.entry.repo));
        let ids: Vec<String> = readable.map(|one| one.entry.repo.clone()).collect();
        let read = ids.iter().filter_map(|id| repos.remove(id)).collect();
        let linking = Linking {
            logs: &self.logs,
            rules: &self.rules,
            foreign: self.read.foreign,
            no_cache: self.read.no_cache,
        };
        let options = linking.options(context)?;
        let mut workspace = Workspace::of(read);
        let live: HashSet<SessionId> = bar::during(context, || {
            workspace.complete_and(&options, |looked| {
                looked.sessions.iter().map(|session| session.id.clone()).collect()
            })
        });
        let logged = workspace
            .sessions
            .iter()
            .filter(|session| session.origin == Origin::Log);
        let seen: HashMap<SessionId, &SeenSession> =
            logged.map(|session| (session.id.clone(), session)).collect();
        let mut sessions: Vec<LoggedSession> = live
            .into_iter()
            .map(|id| LoggedSession {
                seen: seen.get(&id).and_then(|session| Line::of(session, &ids)),
                id,
            })
            .collect();
        sessions.sort_by(|one, other| one.id.cmp(&other.id));
        let source = id_of(&source_of(context), None);
        write_sessions(folder, (&source, &digest([&*source])), &sessions, &seen)
            .map_err(CommandError::failed)?;
        context.terminal.warnings(&workspace.warnings)?;
        Ok(seen.len())
    }

    fn send(&self, report: &Report, context: &mut Context) -> Result<(), CommandError> {
        let text = match self.format {
            FactsFormat::Json => json::pretty(&Versioned {
                schema: SCHEMA,
                body: report,
            })
            .map_err(|error| CommandError::from_error(&error))?,
            FactsFormat::Table => render(&Document::from(table(report)), context.terminal.screen(None)),
        };
        context.terminal.data(text.as_bytes())?;
        Ok(())
    }
}

/// What tells this machine's logs apart from those of others: only a hash of it is written.
fn source_of(context: &Context) -> String {
    let home = context.environment.home().map(|home| home.display().to_string());
    format!(
        "{}\0{}",
        rustix::system::uname().nodename().to_string_lossy(),
        home.unwrap_or_default()
    )
}

fn listed_in(line: &str, rank: u32, directory: &Path) -> Result<Listed, String> {
    let mut parts = line.split('\t');
    let path = parts.next().unwrap_or_default();
    let key = parts.next().filter(|key| !key.is_empty());
    let own_rank = parts.next().map(|rank| rank.trim().parse());
    let own_rank: Option<u32> = own_rank
        .transpose()
        .map_err(|_| "its rank is not a number".to_owned())?;
    if parts.next().is_some() {
        return Err("more than a path, a key and a rank".to_owned());
    }
    if key.is_some_and(|key| key.len() > 1000 || key.chars().any(char::is_control)) {
        return Err("its key is too long, or has control characters".to_owned());
    }
    Ok(Listed {
        path: directory.join(path),
        key: key.map(str::to_owned),
        rank: own_rank.unwrap_or(rank),
    })
}

impl Written {
    fn of(row: Row, unchanged: bool) -> Self {
        Self {
            repo: row.repo,
            key: row.key,
            name: row.name,
            commits: (row.status != Status::Failed).then_some(row.commits),
            status: row.status,
            reason: row.reason,
            unchanged,
        }
    }
}

fn table(report: &Report) -> Table {
    let row = |one: &Written| {
        vec![
            Cell::text(&*one.name),
            one.commits.map_or(Cell::Unknown, Cell::Count),
            Cell::text(if one.unchanged { "unchanged" } else { "written" }),
            Cell::text(one.status.to_string()),
        ]
    };
    Table {
        columns: vec![
            Column::name("repo", "Repository").key(),
            Column::number("commits", "Commits", Basis::Measured),
            Column::text("facts", "Facts"),
            Column::text("status", "Status"),
        ],
        rows: report.repositories.iter().map(row).collect(),
        ..Table::default()
    }
}
