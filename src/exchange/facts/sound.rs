//! Which facts of a directory count: all files are read once, before any of them is copied.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;

use super::inventory::{self, Inventoried};
use super::layout::{
    COMMITS, INVENTORY, LINKS, RECORDS, REFS_PROPERTY, SESSIONS, TASKS, Told, check_version, file_of,
};
use super::places::without_place;
use super::read::{RowRead, ids_in, rows_of, whole};
use super::repos::Row;
use super::{audits, commits, records, sessions, tasks};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::zone::Zone;
use crate::tables::{Schema, TableError, TableFile};

/// The tables of repositories and of machines, without that of the rows of repositories, in the order in which they are written.
pub(super) fn tables() -> Vec<(&'static str, &'static Schema)> {
    let mut all = of_each();
    all.push((INVENTORY, inventory::schema()));
    all.extend(audits::TABLES.into_iter().zip(audits::schemas()));
    all.push((SESSIONS, sessions::schema()));
    all.push((LINKS, sessions::links_schema()));
    all
}

/// Those that each repository has.
fn of_each() -> Vec<(&'static str, &'static Schema)> {
    vec![
        (COMMITS, commits::schema()),
        (TASKS, tasks::schema()),
        (RECORDS, records::schema()),
    ]
}

/// A file of a table: whose it is, and what it was written for.
pub(super) struct Source {
    pub(super) id: String,
    pub(super) refs: String,
}

/// What counts of a directory.
#[derive(Default)]
pub(super) struct Sound {
    /// The rows of the repositories, by id.
    pub(super) rows: Vec<Row>,
    /// The files of each table, by id.
    pub(super) files: BTreeMap<&'static str, Vec<Source>>,
    /// What does not count.
    pub(super) warnings: Vec<Warning>,
}

impl Sound {
    /// Reads everything that is in a directory.
    pub(super) fn of(folder: &Path) -> Result<Self, TableError> {
        let rows: Vec<(String, RowRead)> = rows_of(folder)?;
        let checked = rows.into_par_iter().map(|(id, row)| match row {
            Ok(row) => (id, Ok((tables_of(folder, &row), row))),
            Err(error) => (id, Err(error)),
        });
        let checked: Vec<_> = checked.collect();
        let mut sound = Self::default();
        for (id, row) in checked {
            match row {
                Ok((tables, row)) => sound.add(folder, row, tables),
                Err(error) => sound.warnings.push(Warning::new(id, error.to_string())),
            }
        }
        sound.add_machines(folder)?;
        Ok(sound)
    }

    fn add(&mut self, folder: &Path, row: Row, tables: Result<Vec<&'static str>, TableError>) {
        let tables = match tables {
            Ok(tables) => tables,
            Err(error) => {
                let reason = error.to_string();
                self.warnings.push(Warning::new(&row.key, &*reason));
                let reason = without_place(&reason, &folder.display().to_string(), "DIR");
                self.rows.push(row.without_facts(reason));
                return;
            }
        };
        for table in tables {
            let (id, refs) = (row.repo.clone(), row.refs.clone());
            self.files.entry(table).or_default().push(Source { id, refs });
        }
        self.rows.push(row);
    }

    fn add_machines(&mut self, folder: &Path) -> Result<(), TableError> {
        let ids = match ids_in(&folder.join(SESSIONS)) {
            Ok(ids) => ids,
            Err(error) if error.is_missing() => return Ok(()),
            Err(error) => return Err(error),
        };
        for id in ids {
            match refs_of_machine(folder, &id) {
                Ok(refs) => {
                    for table in [SESSIONS, LINKS] {
                        let (id, refs) = (id.clone(), refs.clone());
                        self.files.entry(table).or_default().push(Source { id, refs });
                    }
                }
                Err(error) => self.warnings.push(Warning::new(id, error.to_string())),
            }
        }
        Ok(())
    }
}

/// The tables of a repository that count, besides its row. An error if any of them is damaged, or one that each has is of another run.
fn tables_of(folder: &Path, row: &Row) -> Result<Vec<&'static str>, TableError> {
    let (repo, refs) = (&*row.repo, &*row.refs);
    let mut tables = Vec::new();
    if row.status == Status::Failed {
        return Ok(tables);
    }
    whole(folder, row, true, &std::sync::Arc::default())?;
    for (table, schema) in of_each() {
        decode(&Told::new(table, repo, refs).open(folder, schema)?)?;
        tables.push(table);
    }
    if is_of_row(folder, INVENTORY, row, inventory::schema())? {
        Inventoried::taken(folder, refs, repo)?;
        tables.push(INVENTORY);
    }
    let mut are_audited = true;
    for (table, schema) in audits::TABLES.into_iter().zip(audits::schemas()) {
        are_audited &= is_of_row(folder, table, row, schema)?;
    }
    if are_audited {
        audits::read(folder, repo, refs)?;
        tables.extend(audits::TABLES);
    }
    Ok(tables)
}

/// Whether there is a file of a table that not each repository has, for the refs of the row.
fn is_of_row(folder: &Path, table: &str, row: &Row, schema: &Schema) -> Result<bool, TableError> {
    let file = match TableFile::open(&file_of(folder, table, &row.repo), schema) {
        Ok(file) => file,
        Err(error) if error.is_missing() => return Ok(false),
        Err(error) => return Err(error),
    };
    check_version(&file)?;
    decode(&file)?;
    Ok(file.property(REFS_PROPERTY) == Some(&row.refs))
}

/// What the tables of a machine were written for, if both can be read.
fn refs_of_machine(folder: &Path, id: &str) -> Result<String, TableError> {
    sessions::read(folder, id, Zone::default())?;
    let file = Told::open_any(folder, SESSIONS, id, sessions::schema())?;
    let refs = file.property(REFS_PROPERTY).unwrap_or_default();
    let links = Told::new(LINKS, id, refs).open(folder, sessions::links_schema())?;
    decode(&file)?;
    decode(&links)?;
    Ok(refs.to_owned())
}

/// Reads all columns, also those that this program does not use.
fn decode(file: &TableFile) -> Result<(), TableError> {
    (0..file.batches()).try_for_each(|batch| file.whole_batch(batch).map(drop))
}
