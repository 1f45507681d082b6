//! Writes the facts of repositories, each file as a whole.

use std::fs;
use std::path::Path;

use super::audits::Renamed;
use super::inventory::Inventoried;
use super::layout::{COMMITS, INVENTORY, RECORDS, REPOS, TASKS, Told, digest, file_of};
use super::places::without_place;
use super::repos::{Rest, Row};
use super::{audits, commits, records, tasks};
use crate::aggregate::repository::Repository;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::{ForeignTrailers, Signs};
use crate::facts::lineage::Marks;
use crate::tables::TableError;
use crate::workspace::from_objects::FromObjects;
use crate::workspace::repositories::failed;

/// Writes into a directory.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// The directory.
    pub folder: &'a Path,
    /// How repositories are read, as JSON.
    pub options: &'a str,
    /// The current time, in seconds since the epoch.
    pub now: i64,
}

/// What is known of a repository besides what was read of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its id among facts.
    pub repo: String,
    /// `host/owner/name`, or its path.
    pub key: String,
    /// Its name among those of the run.
    pub name: String,
    /// Its place in the list of repositories.
    pub rank: u32,
    /// How many clones lie between it and one that was not cloned from another one of the run.
    pub generation: u32,
    /// Its place in the list of the run.
    pub place: u32,
    /// Where it is, and what it was cloned from.
    pub marks: Marks,
    /// The digest of its references.
    pub references: String,
}

impl Writer<'_> {
    fn refs(&self, entry: &Entry) -> String {
        digest([&*entry.references, self.options])
    }

    /// The row of a repository, if its facts are still those of these references and were read in the same way. What is missing of
    /// one that is incomplete may be there now.
    pub fn unchanged(&self, entry: &Entry) -> Option<Row> {
        // A row that cannot be read is written again.
        let row = Row::read(self.folder, &entry.repo).ok().flatten()?;
        let is_same = row.refs == self.refs(entry) && row.status == Status::Complete;
        let tables = [
            (COMMITS, commits::schema()),
            (TASKS, tasks::schema()),
            (RECORDS, records::schema()),
        ];
        // One that was cut, or is of another run, is written again as well.
        let mut sound = tables.into_iter().map(|(table, schema)| {
            let told = Told::new(table, &entry.repo, &row.refs);
            told.open(self.folder, schema).is_ok()
        });
        (is_same && sound.all(|is_sound| is_sound)).then_some(row)
    }

    /// Puts another name, rank, generation or place into the row of a repository that is unchanged.
    pub fn rename(&self, row: &Row, entry: &Entry) -> Result<Row, TableError> {
        let renamed = Row {
            name: entry.name.clone(),
            rank: entry.rank,
            generation: entry.generation,
            rest: row.rest.clone().at(entry.place, entry.marks.clone()),
            ..row.clone()
        };
        if renamed != *row {
            renamed.write(self.folder)?;
        }
        Ok(renamed)
    }

    /// Writes what was read of a repository before it was decided who made its commits, and what an inventory read of it.
    pub fn write(
        &self,
        entry: &Entry,
        repository: &Repository,
        inventory: Option<&Inventoried>,
    ) -> Result<Row, TableError> {
        let (folder, repo, refs) = (self.folder, &*entry.repo, self.refs(entry));
        let wrong = |reason: String| TableError::content(&file_of(folder, REPOS, repo), reason);
        match repository.status {
            Status::Failed => self.remove(
                repo,
                &[&[COMMITS, TASKS, RECORDS, INVENTORY], &audits::TABLES[..]].concat(),
            )?,
            _ => {
                self.write_inventory(entry, inventory)?;
                self.remove(repo, &audits::of_another_run(folder, repo, &refs))?;
                self.write_tables((repo, &refs), repository)?;
            }
        }
        let reason = repository.reason.as_deref();
        let row = Row {
            repo: repo.to_owned(),
            key: entry.key.clone(),
            name: entry.name.clone(),
            rank: entry.rank,
            generation: entry.generation,
            is_named_after_origin: repository.lineage.is_named_after_origin,
            refs,
            options: self.options.to_owned(),
            read_at: self.now,
            status: repository.status,
            reason: reason.map(|reason| without_place(reason, &repository.path, &entry.key)),
            commits: repository.commits.len() as u64,
            cut_short: repository.cut_short,
            rest: Rest::of(repository, &entry.key)
                .map_err(wrong)?
                .at(entry.place, entry.marks.clone()),
        };
        row.write(folder)?;
        Ok(row)
    }

    /// Writes that a repository could not be read. Facts of it that are there remain, and its row says that they are earlier ones.
    pub fn write_unread(&self, entry: &Entry, reason: &str) -> Result<Row, TableError> {
        // A row that cannot be read says nothing of the other files, so they cannot be used either.
        let known = Row::read(self.folder, &entry.repo).ok().flatten();
        match known.filter(|row| row.status != Status::Failed) {
            Some(row) => {
                let row = row.not_read_again(reason);
                row.write(self.folder)?;
                Ok(row)
            }
            None => {
                let nothing = Repository {
                    warnings: vec![Warning::new(&entry.key, reason)],
                    untold: None,
                    ..failed(Path::new(&entry.key), reason.to_owned())
                };
                self.write(entry, &nothing, None)
            }
        }
    }

    fn write_tables(&self, (repo, refs): (&str, &str), repository: &Repository) -> Result<(), TableError> {
        let folder = self.folder;
        let wrong = |reason: String| TableError::content(&file_of(folder, REPOS, repo), reason);
        let mut decided = repository.commits.clone();
        let mut signs = Signs::default();
        signs.extend(repository.signs.clone());
        decided.decide(&signs, ForeignTrailers::Believe);
        commits::write(folder, (repo, refs), &decided, repository.commits.is_regrown())?;
        let columns = tasks::columns(repo, &repository.tasks).map_err(wrong)?;
        Told::new(TASKS, repo, refs).write(folder, tasks::schema(), &[], [columns])?;
        let columns = records::columns(repo, &repository.captured).map_err(wrong)?;
        Told::new(RECORDS, repo, refs).write(folder, records::schema(), &[], [columns])?;
        Ok(())
    }

    /// Whether what an audit needs of a repository is there, complete, and of these references.
    pub fn has_audit(&self, entry: &Entry) -> bool {
        audits::are_complete(self.folder, &entry.repo, &self.refs(entry))
    }

    /// Writes what an audit needs besides the other tables. This comes before [`write`](Self::write): the row of the repository is
    /// written last.
    pub fn write_audit(
        &self,
        entry: &Entry,
        path: &str,
        (objects, commits): (&FromObjects, &[Commit]),
    ) -> Result<(), TableError> {
        let key = &entry.key;
        let ids = (&*entry.repo, &*self.refs(entry));
        audits::write(
            self.folder,
            ids,
            (objects, commits),
            (Renamed { path, key }, self.now),
        )
    }

    /// Removes what was read of a repository earlier, so that no other program counts it.
    fn remove(&self, repo: &str, tables: &[&str]) -> Result<(), TableError> {
        for table in tables {
            let path = file_of(self.folder, table, repo);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(TableError::io(&path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes what an inventory read of a repository, even if its refs are as before; without it, removes that of other refs.
    pub fn write_inventory(&self, entry: &Entry, inventory: Option<&Inventoried>) -> Result<(), TableError> {
        let (repo, refs) = (&*entry.repo, &*self.refs(entry));
        match inventory {
            Some(inventory) => {
                let written = inventory.write(self.folder, (repo, refs, &entry.key), self.now);
                written.map(drop)
            }
            None if Inventoried::is_of(self.folder, repo, refs) => Ok(()),
            None => self.remove(repo, &[INVENTORY]),
        }
    }
}
