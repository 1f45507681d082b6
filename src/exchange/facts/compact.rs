//! Facts in few large files, for other programs: stores of objects list and open thousands of small files slowly.
//!
//! A table is written to parts with the rows of all repositories, by their ids. What this program does not count is not in them. Nothing
//! of an earlier compaction is replaced before all parts are complete.

use std::cell::Cell;
use std::fs;
use std::iter::Peekable;
use std::path::Path;

use super::layout::{
    COMPACT_PROPERTY, FACTS_PROPERTY, REPOS, TABLE_PROPERTY, Told, VERSION, name_of_part, number_of_part,
};
use super::read::ids_in;
use super::repos::{self, Row};
use super::sound::{Sound, Source, tables};
use crate::facts::diagnostics::Warning;
use crate::git::folder::present;
use crate::git::temporary::Lent;
use crate::tables::{Column, Schema, TableError, TableFile, joined, write_up_to};

/// A part that has this many bytes gets no more rows.
const LARGEST_PART: u64 = 256 << 20;
/// How many rows of repositories are in one batch: their JSON may be long.
const BATCH: usize = 1 << 10;

/// What was written.
#[derive(Debug)]
pub struct Compacted {
    /// The tables.
    pub tables: Vec<CompactTable>,
    /// What could not be read, and is not in any of them.
    pub warnings: Vec<Warning>,
}

/// A table that was written.
#[derive(Debug, serde::Serialize)]
pub struct CompactTable {
    /// Its name.
    pub table: &'static str,
    /// How many rows it has.
    pub rows: usize,
    /// In how many files.
    pub files: usize,
    /// Of how many bytes together.
    pub bytes: u64,
}

type Batch = Result<Vec<Column>, TableError>;

/// Writes the facts of a directory to another one.
pub fn compact(from: &Path, to: &Path) -> Result<Compacted, TableError> {
    let sound = Sound::of(from)?;
    check_place(from, to)?;
    fs::create_dir_all(to).map_err(|error| TableError::io(to, error))?;
    let fresh = Lent::below(to).map_err(|error| TableError::io(to, error))?;
    let mut written = Vec::new();
    for (table, schema) in tables() {
        if let Some(files) = sound.files.get(table) {
            let batches = files
                .iter()
                .flat_map(|file| batches_of(from, table, schema, file));
            written.push(write(fresh.path(), (table, schema), joined(batches))?);
        }
    }
    let rows = sound.rows.chunks(BATCH).map(Row::columns);
    let rows = rows.map(|rows| rows.map_err(|reason| TableError::content(&to.join(REPOS), reason)));
    written.push(write(fresh.path(), (REPOS, repos::schema()), rows)?);
    // That of the repositories comes last: what is of no repository does not count.
    let all = tables().into_iter().map(|(table, _)| table).chain([REPOS]);
    for table in all {
        let parts = written.iter().find(|written| written.table == table);
        replace(fresh.path(), to, table, parts.map_or(0, |table| table.files))?;
    }
    Ok(Compacted {
        tables: written,
        warnings: sound.warnings,
    })
}

/// Refuses a directory whose facts would be mixed with these.
fn check_place(from: &Path, to: &Path) -> Result<(), TableError> {
    let is_same = fs::canonicalize(from)
        .ok()
        .is_some_and(|from| fs::canonicalize(to).is_ok_and(|to| to == from));
    if is_same {
        return Err(TableError::content(to, "compact facts need another directory"));
    }
    let names = tables().into_iter().map(|(table, _)| table).chain([REPOS]);
    for table in names {
        match ids_in(&to.join(table)) {
            Ok(ids) if ids.is_empty() => {}
            Ok(_) => {
                let reason = "contains facts that are not compact: use another directory";
                return Err(TableError::content(to, reason));
            }
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The batches of a file, one after the other.
fn batches_of<'a>(
    folder: &Path,
    table: &str,
    schema: &Schema,
    source: &Source,
) -> Box<dyn Iterator<Item = Batch> + 'a> {
    match Told::new(table, &source.id, &source.refs).open(folder, schema) {
        Ok(file) => Box::new(all_batches(file)),
        Err(error) => Box::new(std::iter::once(Err(error))),
    }
}

fn all_batches(file: TableFile) -> impl Iterator<Item = Batch> {
    (0..file.batches()).map(move |batch| file.whole_batch(batch))
}

/// Writes the parts of a table, at least one.
fn write(
    folder: &Path,
    (table, schema): (&'static str, &Schema),
    batches: impl Iterator<Item = Batch>,
) -> Result<CompactTable, TableError> {
    let rows = Cell::new(0);
    let count = |batch: &Batch| {
        let first = batch.iter().flatten().next();
        rows.set(rows.get() + first.map_or(0, Column::rows));
    };
    let mut batches = batches.inspect(count).peekable();
    let (mut files, mut bytes) = (0, 0);
    while files == 0 || batches.peek().is_some() {
        let path = folder.join(table).join(name_of_part(files));
        bytes += write_part(&path, (table, schema), &mut batches)?;
        files += 1;
    }
    Ok(CompactTable {
        table,
        rows: rows.get(),
        files,
        bytes,
    })
}

fn write_part<B: Iterator<Item = Batch>>(
    path: &Path,
    (table, schema): (&str, &Schema),
    batches: &mut Peekable<B>,
) -> Result<u64, TableError> {
    let version = VERSION.to_string();
    let told = [
        (FACTS_PROPERTY, &*version),
        (TABLE_PROPERTY, table),
        (COMPACT_PROPERTY, "true"),
    ];
    write_up_to(path, schema, &told, batches, LARGEST_PART)
}

/// Puts the new parts of a table in the place of the earlier ones.
fn replace(fresh: &Path, to: &Path, table: &str, parts: usize) -> Result<(), TableError> {
    let own = to.join(table);
    let io = |error| TableError::io(&own, error);
    if parts > 0 {
        fs::create_dir_all(&own).map_err(io)?;
    }
    for name in (0..parts).map(name_of_part) {
        fs::rename(fresh.join(table).join(&name), own.join(&name)).map_err(io)?;
    }
    for entry in present(&own) {
        let number = entry.name().to_str().and_then(number_of_part);
        if number.is_some_and(|number| number >= parts) {
            fs::remove_file(entry.path()).map_err(io)?;
        }
    }
    Ok(())
}
