//! `cache` and `cache clear [KIND…]`: lists the files that make later runs faster, and removes them.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::output::OutputArgs;
use crate::facts::diagnostics::Warning;
use crate::facts::quantity::plural;
use crate::render::document::{Cell, Column, Document, Table};
use crate::render::json::Versioned;
use crate::sources::store::Kind;
use crate::sources::store::contents::{Contents, Stored, remove};

/// The arguments of `cache`.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  git leverage cache\n  git leverage cache --format json\n  git leverage cache clear --dry-run\n  \
                  git leverage cache clear sessions inventory\n\n\
                  Nothing is lost by clearing the cache: the next command that needs a missing file creates it again. \
                  The cache is in $XDG_CACHE_HOME/git-leverage, by default ~/.cache/git-leverage."
)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Sub>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Sub {
    /// Remove cached files; they are created again as needed
    Clear(ClearArgs),
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Only files that git-leverage wrote are removed. Symbolic links are not followed, and other files are left in place."
)]
struct ClearArgs {
    /// Only these kinds of files [default: all]
    #[arg(value_name = "KIND", value_parser = kinds())]
    kinds: Vec<Kind>,
    /// Show what would be removed, but remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

fn kinds() -> impl TypedValueParser<Value = Kind> {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name)).try_map(|name| {
        let mut kinds = Kind::ALL.into_iter();
        kinds
            .find(|kind| kind.name() == name)
            .ok_or("not a kind of cached file")
    })
}

/// Shows the cache, or clears it.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let folder = context.environment.cache_dir().ok_or_else(|| {
        CommandError::failed("cannot find the cache directory: neither `XDG_CACHE_HOME` nor `HOME` is set")
            .hint("Set `XDG_CACHE_HOME` to an absolute path")
    })?;
    let contents = Contents::of(&folder, context.environment.now);
    let mut warnings = contents.warnings.clone();
    match &args.command {
        None => show(args, context, &folder, &contents)?,
        Some(Sub::Clear(args)) => warnings.extend(clear(args, context, &folder, &contents)?),
    }
    context.terminal.warnings(&warnings)?;
    Ok(Outcome::of(&warnings))
}

/// The cache, in JSON.
#[derive(Serialize)]
struct Overview {
    folder: PathBuf,
    kinds: Vec<Row>,
    files: u64,
    bytes: u64,
    foreign_entries: u64,
}

/// The files of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
struct Row {
    kind: &'static str,
    files: u64,
    bytes: u64,
    oldest: Option<DateTime<Utc>>,
    newest: Option<DateTime<Utc>>,
}

impl Row {
    fn of<'a>(kind: &'static str, files: impl Iterator<Item = &'a Stored>) -> Self {
        let mut row = Self {
            kind,
            ..Self::default()
        };
        for file in files {
            row.files += 1;
            row.bytes += file.bytes;
            let times = || row.oldest.into_iter().chain(row.newest).chain(file.written);
            (row.oldest, row.newest) = (times().min(), times().max());
        }
        row
    }
}

/// One row per kind, and one for the remains of interrupted runs, if any.
fn rows(contents: &Contents) -> Vec<Row> {
    let of = |kind: Option<Kind>| contents.files.iter().filter(move |file| file.kind == kind);
    let kinds = Kind::ALL.map(|kind| Row::of(kind.name(), of(Some(kind))));
    let unfinished = Row::of("unfinished", of(None));
    let unfinished = Some(unfinished).filter(|row| row.files > 0);
    kinds.into_iter().chain(unfinished).collect()
}

fn show(args: &Args, context: &mut Context, folder: &Path, contents: &Contents) -> Result<(), CommandError> {
    let kinds = rows(contents);
    let now = context.environment.now;
    let document = Document::from(Table {
        title: Some(folder.display().to_string()),
        rows: kinds.iter().map(|row| cells_for_people(row, now)).collect(),
        totals: Some(cells_for_people(&Row::of("total", contents.files.iter()), now)),
        notes: foreign_note(contents.foreign).into_iter().collect(),
        ..table()
    });
    let plain = Table {
        rows: kinds.iter().map(cells).collect(),
        ..table()
    };
    let machine = Versioned {
        schema: "git-leverage.cache/1",
        body: Overview {
            folder: folder.to_owned(),
            files: kinds.iter().map(|row| row.files).sum(),
            bytes: kinds.iter().map(|row| row.bytes).sum(),
            kinds,
            foreign_entries: contents.foreign,
        },
    };
    args.output.send(context, &document, &plain, &machine)
}

fn table() -> Table {
    Table {
        columns: vec![
            Column::text("kind", "Kind"),
            Column::ordinal("files", "Files"),
            Column::ordinal("bytes", "Size"),
            Column::text("last_written", "Last written"),
        ],
        ..Table::default()
    }
}

fn cells_for_people(row: &Row, now: DateTime<Utc>) -> Vec<Cell> {
    vec![
        Cell::text(row.kind),
        Cell::Count(row.files),
        Cell::text(size(row.bytes)),
        Cell::known(row.newest, |newest| Cell::text(ago(now - newest))),
    ]
}

fn cells(row: &Row) -> Vec<Cell> {
    vec![
        Cell::text(row.kind),
        Cell::Count(row.files),
        Cell::Count(row.bytes),
        Cell::known(row.newest, |newest| Cell::text(newest.to_rfc3339())),
    ]
}

fn foreign_note(count: u64) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 other entry is not from git-leverage; `cache clear` skips it".to_owned()),
        _ => Some(format!(
            "{count} other entries are not from git-leverage; `cache clear` skips them"
        )),
    }
}

/// Removes the files of the requested kinds. Returns the ones that could not be removed.
fn clear(
    args: &ClearArgs,
    context: &mut Context,
    folder: &Path,
    contents: &Contents,
) -> Result<Vec<Warning>, CommandError> {
    let is_wanted = |file: &&Stored| match file.kind {
        Some(kind) => args.kinds.is_empty() || args.kinds.contains(&kind),
        None => args.kinds.is_empty(),
    };
    let files: Vec<&Stored> = contents.files.iter().filter(is_wanted).collect();
    let kept = match args.dry_run {
        true => Vec::new(),
        false => remove(folder, &files),
    };
    let wanted = Contents {
        files: files.into_iter().cloned().collect(),
        ..Contents::default()
    };
    let verb = match args.dry_run {
        true => "Would remove",
        false => "Removing",
    };
    let mut is_empty = true;
    for row in rows(&wanted).iter().filter(|row| row.files > 0) {
        is_empty = false;
        let noun = plural(&row.files, "file", "files");
        let line = format!("{verb} {} {} {noun} ({})", row.files, row.kind, size(row.bytes));
        context.terminal.line(&line)?;
    }
    if is_empty {
        context.terminal.status("Nothing to remove")?;
    }
    Ok(kept)
}

/// A size for people: `512 B`, `3.4 MiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1024.0;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or_default();
    for larger in units {
        // 1023.96 would be shown as 1024.0.
        if size < 1023.95 {
            break;
        }
        (size, unit) = (size / 1024.0, larger);
    }
    format!("{size:.1} {unit}")
}

/// How long ago something happened, in the largest unit of which at least two have passed, as git does.
fn ago(age: TimeDelta) -> String {
    let seconds = age.num_seconds();
    let units = [(86_400, "days"), (3600, "hours"), (60, "minutes"), (1, "seconds")];
    let fits = units.into_iter().find(|(unit, _)| seconds >= 2 * unit);
    fits.map_or_else(
        || "just now".to_owned(),
        |(unit, name)| format!("{} {name} ago", seconds / unit),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_in_units_that_fit() {
        let sizes = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1_048_575, "1.0 MiB"),
            (3_565_158, "3.4 MiB"),
            (1 << 53, "8192.0 TiB"),
        ];
        for (bytes, shown) in sizes {
            assert_eq!(size(bytes), shown);
        }
        let ages = [
            (-5, "just now"),
            (1, "just now"),
            (119, "119 seconds ago"),
            (120, "2 minutes ago"),
            (7_200, "2 hours ago"),
            (172_799, "47 hours ago"),
            (172_800, "2 days ago"),
        ];
        for (seconds, shown) in ages {
            assert_eq!(ago(TimeDelta::seconds(seconds)), shown);
        }
    }
}
