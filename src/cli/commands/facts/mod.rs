//! `facts [ROOT…] --output DIR`: what was read of each repository, as Parquet files for other programs and for `--facts`.

mod args;
mod listed;
mod looked;
mod sessions;
mod shown;

use std::collections::HashMap;

use rayon::prelude::*;

use crate::aggregate::repository::Repository;
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::exchange::facts::{Row, Writer};
use crate::facts::diagnostics::{Status, Warning};
use crate::sources::discover::Discovery;
use crate::workspace::options::ReadOptions;
use crate::workspace::read::Workspace;
use crate::workspace::repositories::failed;
pub use args::Args;
use looked::{Looked, check_ids, look};
use shown::{Report, Written};

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
