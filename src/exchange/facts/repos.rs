//! The table of repositories: one row in each file, written after all other tables of the repository.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::field::{LONGEST_TEXT, Taken, check_one_row, long};
use super::layout::{REPOS, Told, VERSION, check_version, file_of, is_id};
use super::places::without_place;
use crate::aggregate::repository::Repository;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::TaskId;
use crate::facts::lineage::{Lineage, Marks};
use crate::facts::record::ByHand;
use crate::facts::zone::Zone;
use crate::sources::history::UnknownLines;
use crate::tables::{Column, Schema, TableError, TableFile};

const SCHEMA: &str = "message repos {
    required binary repo (STRING);
    required binary key (STRING);
    required binary name (STRING);
    required int32 rank;
    required int32 generation;
    required boolean is_named_after_origin;
    required binary refs (STRING);
    required int32 facts;
    required binary options (STRING);
    required int64 read_at;
    required binary status (STRING);
    optional binary reason (STRING);
    required int64 commits;
    required boolean cut_short;
    required binary rest (STRING);
}";

/// What remains of an earlier reason when another one comes before it, in characters of up to 4 bytes: both fit into a text.
const LONGEST_EARLIER: usize = LONGEST_TEXT / 8;

pub fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// The row of a repository.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id.
    pub repo: String,
    /// `host/owner/name`, or its path. Untrusted text.
    pub key: String,
    /// As a report of the same run names it. Untrusted text.
    pub name: String,
    /// Its place in the list of repositories.
    pub rank: u32,
    /// How many clones lie between it and one that was not cloned from another one of the same run.
    pub generation: u32,
    /// Whether it has the name of its remote.
    pub is_named_after_origin: bool,
    /// The digest of what its facts depend on.
    pub refs: String,
    /// How it was read, as JSON.
    pub options: String,
    /// When, in seconds since the epoch.
    pub read_at: i64,
    /// How much of it.
    pub status: Status,
    /// Why not all. Untrusted text.
    pub reason: Option<String>,
    /// How many commits.
    pub commits: u64,
    /// Whether it has more.
    pub cut_short: bool,
    /// What no other column has.
    pub rest: Rest,
}

/// What is read of a repository and is of no use in SQL.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rest {
    /// Its place in the list of its run, which is the order of a report.
    pub(super) place: u32,
    ledger_status: Status,
    warnings: Vec<Warning>,
    untold: Option<String>,
    unknown_lines: Option<UnknownLines>,
    by_hand: Vec<ByHand>,
    same: BTreeMap<TaskId, TaskId>,
    given_up: bool,
    /// Whether commits have other parents than their objects.
    is_regrown: bool,
    /// The remote whose ledger was not fetched.
    unfetched: Option<String>,
    /// Where it is, and what it was cloned from.
    marks: Marks,
    /// Set if the repository could not be read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<Unread>,
}

/// Why the facts of a repository that could not be read again are not new, and why they were incomplete before, if they were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Unread {
    told: String,
    reason: Option<String>,
}

impl Rest {
    /// The same at a place in the list of its run, with the marks of where it is.
    #[must_use]
    pub fn at(self, place: u32, marks: Marks) -> Self {
        Self { place, marks, ..self }
    }

    /// Of a repository that was read; its path becomes its key wherever a text contains it.
    pub fn of(repository: &Repository, key: &str) -> Result<Self, String> {
        let rest = Self {
            place: 0,
            ledger_status: repository.ledger_status,
            warnings: repository.warnings.clone(),
            untold: repository.untold.clone(),
            unknown_lines: repository.unknown_lines.clone(),
            by_hand: repository.by_hand.clone(),
            same: repository.same.clone(),
            given_up: repository.given_up,
            is_regrown: repository.commits.is_regrown(),
            unfetched: repository.unfetched.clone(),
            marks: Marks::default(),
            unread: None,
        };
        let text = serde_json::to_string(&rest).map_err(|error| error.to_string())?;
        let [path, key] = [&repository.path, key].map(|text| serde_json::to_string(text).unwrap_or_default());
        let text = without_place(&text, path.trim_matches('"'), key.trim_matches('"'));
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }
}

impl Row {
    /// Writes the row, which makes the other tables of the repository count.
    pub fn write(&self, folder: &Path) -> Result<u64, TableError> {
        let columns = Self::columns(std::slice::from_ref(self));
        let wrong = |reason| TableError::content(&file_of(folder, REPOS, &self.repo), reason);
        Told::new(REPOS, &self.repo, &self.refs).write(folder, schema(), &[], [columns.map_err(wrong)?])
    }

    /// The columns of some rows.
    pub fn columns(rows: &[Self]) -> Result<Vec<Column>, String> {
        let all = || rows.iter();
        let text = |of: fn(&Self) -> &str| Column::of(all().map(|row| of(row).to_owned()));
        let int =
            |of: fn(&Self) -> u32| Column::of(all().map(|row| i32::try_from(of(row)).unwrap_or(i32::MAX)));
        let rest: Result<Vec<String>, _> = all().map(|row| serde_json::to_string(&row.rest)).collect();
        Ok(vec![
            text(|row| &row.repo),
            text(|row| &row.key),
            text(|row| &row.name),
            int(|row| row.rank),
            int(|row| row.generation),
            Column::of(all().map(|row| row.is_named_after_origin)),
            text(|row| &row.refs),
            Column::of(all().map(|_| VERSION)),
            text(|row| &row.options),
            Column::of(all().map(|row| row.read_at)),
            Column::of(all().map(|row| row.status.to_string())),
            Column::optional(all().map(|row| row.reason.clone())),
            Column::of(all().map(|row| long(row.commits))),
            Column::of(all().map(|row| row.cut_short)),
            Column::of(rest.map_err(|error| error.to_string())?),
        ])
    }

    /// The row of a repository whose other files cannot be used.
    #[must_use]
    pub fn without_facts(self, reason: String) -> Self {
        Self {
            status: Status::Failed,
            reason: Some(reason),
            commits: 0,
            cut_short: true,
            rest: Rest::default().at(self.rest.place, self.rest.marks),
            ..self
        }
    }

    /// The row of a repository; `None` if it has none.
    pub fn read(folder: &Path, id: &str) -> Result<Option<Self>, TableError> {
        match Self::read_file(&file_of(folder, REPOS, id)) {
            Ok(row) => Ok(Some(row)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The row in a file.
    pub fn read_file(path: &Path) -> Result<Self, TableError> {
        let file = TableFile::open(path, schema())?;
        check_version(&file)?;
        check_one_row(&file)?;
        let row = Self::taken(&file)?;
        let is_own = path.file_stem().is_some_and(|stem| stem == &*row.repo) && is_id(&row.repo);
        match is_own {
            true => Ok(row),
            false => Err(file.wrong("the file of another repository")),
        }
    }

    fn taken(file: &TableFile) -> Result<Self, TableError> {
        let mut taken = Taken::new(file, file.whole_batch(0)?);
        let only = |texts: Vec<String>| texts.into_iter().next().unwrap_or_default();
        let count = |numbers: Vec<i32>| u32::try_from(numbers.first().copied().unwrap_or(-1)).ok();
        let missing = || file.wrong("a number in its row is impossible");
        let repo = only(taken.texts()?);
        let key = only(taken.texts()?);
        let name = only(taken.texts()?);
        let rank = count(taken.all()?).ok_or_else(missing)?;
        let generation = count(taken.all()?).ok_or_else(missing)?;
        let is_named_after_origin = taken.all()?.first() == Some(&true);
        let refs = only(taken.texts()?);
        taken.skip(1)?;
        let options = only(taken.texts()?);
        let read_at = taken.all()?.first().copied().unwrap_or_default();
        let status = match only(taken.texts()?).as_str() {
            "complete" => Status::Complete,
            "partial" => Status::Partial,
            "failed" => Status::Failed,
            _ => return Err(file.wrong("its status is unknown")),
        };
        let reason = taken.some_texts()?.into_iter().flatten().next();
        let commits: Vec<i64> = taken.all()?;
        let commits = commits.first().and_then(|commits| u64::try_from(*commits).ok());
        let cut_short = taken.all()?.first() == Some(&true);
        let rest = taken.json()?.into_iter().next().ok_or_else(missing)?;
        Ok(Self {
            repo,
            key,
            name,
            rank,
            generation,
            is_named_after_origin,
            refs,
            options,
            read_at,
            status,
            reason,
            commits: commits.ok_or_else(missing)?,
            cut_short,
            rest,
        })
    }

    /// The same facts of a repository that could not be read again for a reason, which replaces one given before.
    #[must_use]
    pub fn not_read_again(&self, reason: &str) -> Self {
        let day = Zone::default().day(self.read_at);
        let told = format!("could not be read again: {reason}; these facts are of {day}");
        let warning = |told: &str| Warning::new(&self.key, told);
        let mut warnings = self.rest.warnings.clone();
        let before = match &self.rest.unread {
            Some(unread) => {
                warnings.retain(|known| *known != warning(&unread.told));
                unread.reason.clone()
            }
            None => self.reason.clone(),
        };
        warnings.push(warning(&told));
        let earlier = before
            .iter()
            .map(|earlier| earlier.chars().take(LONGEST_EARLIER).collect());
        let reasons: Vec<String> = std::iter::once(told.clone()).chain(earlier).collect();
        Self {
            status: Status::Partial,
            reason: Some(reasons.join("; ")),
            rest: Rest {
                warnings,
                unread: Some(Unread { told, reason: before }),
                ..self.rest.clone()
            },
            ..self.clone()
        }
    }

    /// Why the facts are not new, if the repository could not be read again.
    pub fn unread(&self) -> Option<&str> {
        self.rest.unread.as_ref().map(|unread| &*unread.told)
    }

    /// The repository without what the other tables have.
    pub fn repository(self) -> Repository {
        Repository {
            lineage: Lineage {
                // No path: nothing can be opened here.
                place: self.repo.into(),
                marks: Some(self.rest.marks),
                is_named_after_origin: self.is_named_after_origin,
                rank: self.rank,
                generation: Some(self.generation),
                key: Some(self.key.clone()),
                ..Lineage::default()
            },
            name: self.name,
            path: self.key,
            status: self.status,
            reason: self.reason,
            cut_short: self.cut_short,
            by_hand: self.rest.by_hand,
            same: self.rest.same,
            ledger_status: self.rest.ledger_status,
            warnings: self.rest.warnings,
            untold: self.rest.untold,
            unknown_lines: self.rest.unknown_lines,
            given_up: self.rest.given_up,
            unfetched: self.rest.unfetched,
            ..Repository::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_replaced_and_the_one_of_the_facts_remains() {
        let row = Row {
            repo: "0123456789abcdef".to_owned(),
            key: "team/kiln".to_owned(),
            name: "kiln".to_owned(),
            rank: 0,
            generation: 0,
            is_named_after_origin: true,
            refs: String::new(),
            options: String::new(),
            read_at: 86_399,
            status: Status::Partial,
            reason: Some("it is shallow".to_owned()),
            commits: 7,
            cut_short: true,
            rest: Rest {
                warnings: vec![Warning::new("team/kiln", "it is shallow")],
                ..Rest::default()
            },
        };
        let late = row.not_read_again("killed").not_read_again("took more than 5 s");
        let told = "could not be read again: took more than 5 s; these facts are of 1970-01-01";
        assert_eq!(late.unread(), Some(told));
        assert_eq!(late.reason, Some(format!("{told}; it is shallow")));
        let warnings = [&row.rest.warnings[..], &[Warning::new("team/kiln", told)]].concat();
        assert_eq!(late.rest.warnings, warnings);
        // It can be read again, with all of that.
        let folder = tempfile::tempdir().unwrap();
        let long = late.not_read_again(&"ü".repeat(500));
        let longest = Row {
            reason: Some("ü".repeat(LONGEST_TEXT / 2)),
            ..row
        };
        for row in [late, long, longest.not_read_again(&"ü".repeat(500))] {
            row.write(folder.path()).unwrap();
            assert_eq!(Row::read(folder.path(), &row.repo).unwrap(), Some(row));
        }
    }
}
