//! `facts [ROOT…] --output DIR`: what was read of each repository, as Parquet files for other programs and for `--facts`.

mod args;
mod audits;
mod compact;
mod listed;
mod looked;
mod read;
mod sessions;
mod shown;
mod unread;

use rayon::prelude::*;

use crate::aggregate::repository::Repository;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::output::reason;
use crate::exchange::facts::{Row, Writer, is_compact};
use crate::facts::diagnostics::{Status, Warning};
use crate::tables::TableError;
use crate::workspace::options::ReadOptions;
use crate::workspace::repositories::failed;
pub use args::Args;
use looked::{Looked, check_ids, look};
use read::Read;
use shown::{Report, Written};

/// Reads what changed, and writes its facts.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let folder = context.environment.directory.join(&args.output);
    if let Some(from) = &args.compact {
        let from = context.environment.directory.join(from);
        return args.compact(&from, &folder, context);
    }
    if is_compact(&folder) {
        let what = format!("`{}` contains compact facts", args.output.display());
        return Err(CommandError::failed(what).hint("Use another directory"));
    }
    let (listed, warnings) = args.listed(context)?;
    std::fs::create_dir_all(&folder).map_err(|error| {
        let (place, why) = (args.output.display(), reason(&error));
        CommandError::failed(format!("cannot write to `{place}`: {why}"))
    })?;
    let looked = look(listed, &context.environment.machine());
    check_ids(&looked)?;
    let options = args.read.options(context)?;
    let told = how(&options);
    let writer = Writer {
        folder: &folder,
        options: &told,
        now: context.environment.now.timestamp(),
    };
    match &args.failed {
        Some(reason) => args.write_unread((reason, &looked), &writer, warnings, context),
        None => read_and_write(args, (&looked, warnings), (&options, writer), context),
    }
}

/// Reads what changed of repositories, and writes it.
fn read_and_write(
    args: &Args,
    (looked, mut warnings): (&[Looked], Vec<Warning>),
    (options, writer): (&ReadOptions, Writer<'_>),
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let known: Vec<Option<Row>> = looked
        .par_iter()
        .map(|one| writer.unchanged(&one.entry).filter(|_| !args.again))
        .collect();
    let to_audit = args.to_audit(looked, &writer, &known);
    let mut read = args.read_what_is_missing((looked, &known, &to_audit), options, context)?;
    warnings.extend(audits::write(
        looked,
        (&to_audit, &read.repos),
        options,
        &writer,
        context,
    )?);
    let mut rows = Vec::new();
    for (at, (one, known)) in looked.iter().zip(known).enumerate() {
        let is_unchanged = known.is_some() && !to_audit.contains(&at);
        let row = write(writer, one, known, &read);
        let row = row.map_err(|error| CommandError::from_error(&error))?;
        warnings.extend(gaps(one, &row, &read));
        rows.push((row, is_unchanged));
    }
    warnings.extend(read.repos.values().flat_map(Repository::all_warnings));
    warnings.extend(looked.iter().filter_map(|one| {
        let reason = one.trouble.clone()?;
        Some(Warning::new(one.path.display().to_string(), reason))
    }));
    let sessions = match args.sessions {
        Some(times) => Some(args.add_sessions((looked, &mut read.repos), times, writer.folder, context)?),
        None => None,
    };
    let is_complete = rows.iter().all(|(row, _)| row.status == Status::Complete) && warnings.is_empty();
    let report = Report {
        repositories: rows
            .into_iter()
            .map(|(row, is_unchanged)| Written::of(row, is_unchanged))
            .collect(),
        sessions,
        is_read: true,
    };
    args.send(&report, context)?;
    context.terminal.warnings(&warnings)?;
    Ok(match is_complete {
        true => Status::Complete,
        false => Status::Partial,
    }
    .into())
}

/// Writes what was read of a repository; `known` is its row if it is unchanged.
fn write(writer: Writer<'_>, one: &Looked, known: Option<Row>, read: &Read) -> Result<Row, TableError> {
    let (entry, id) = (&one.entry, &one.entry.repo);
    let inventory = read.inventories.get(id);
    match (known, read.repos.get(id)) {
        (Some(row), _) => {
            writer.write_inventory(entry, inventory)?;
            writer.rename(&row, entry)
        }
        (None, Some(repository)) => writer.write(entry, repository, inventory),
        (None, None) => {
            let reason = one.trouble.clone().unwrap_or_default();
            writer.write(entry, &failed(&one.path, reason), None)
        }
    }
}

/// What an inventory could not read of a repository, if its row does not say that anything is missing.
fn gaps(one: &Looked, row: &Row, read: &Read) -> Vec<Warning> {
    let facts = read
        .inventories
        .get(&one.entry.repo)
        .map(|inventory| &inventory.facts);
    let worse = facts.filter(|facts| facts.status > row.status);
    let reasons = worse.into_iter().flat_map(|facts| &facts.reasons);
    let place = one.path.display().to_string();
    reasons.map(|reason| Warning::new(&place, reason)).collect()
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
