//! The tables of `--audit`: what an audit knows of a repository besides its commits and sessions.
//!
//! `audited` has a row for each commit, `ledger_steps` one for each commit of the ledger's history, and `audits` one for the
//! repository. It is written last.

use std::borrow::Cow;
use std::path::Path;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::audited;
use super::field::{LONGEST_JSON, Taken, check_one_row};
use super::layout::{AUDITED, AUDITS, LEDGER_STEPS, Told, file_of};
use super::ledger_steps;
use super::places::without_place;
use crate::facts::claim::ClaimError;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Ledger, LedgerByHand, LedgerTask, RetractedTask};
use crate::facts::opinions::People;
use crate::git::ledger_steps::Jumps;
use crate::git::survival::Standing;
use crate::tables::{Column, Schema, TableError, TableFile};
use crate::workspace::from_objects::FromObjects;

const SCHEMA: &str = "message audits {
    required binary repo (STRING);
    required int64 read_at;
    required binary status (STRING);
    required boolean is_cut;
    required boolean has_task_commits;
    optional boolean lines_complete;
    required binary line (STRING);
}";

/// The tables.
pub const TABLES: [&str; 3] = [AUDITED, LEDGER_STEPS, AUDITS];

pub(super) fn schema() -> &'static Schema {
    static PARSED: LazyLock<Schema> = LazyLock::new(|| Schema::of(SCHEMA));
    &PARSED
}

/// What has no column. Of the ledger, it has what audits examine.
#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    warnings: Vec<Warning>,
    tasks: &'a [LedgerTask],
    retracted: &'a [RetractedTask],
    by_hand: &'a [LedgerByHand],
    people: &'a People,
    refused: &'a [(ObjectId, Vec<ClaimError>)],
    jumps: &'a Jumps,
    top: &'a [String],
    allow_file: Cow<'a, str>,
}

#[derive(Deserialize)]
struct OwnLine {
    name: String,
    warnings: Vec<Warning>,
    tasks: Vec<LedgerTask>,
    retracted: Vec<RetractedTask>,
    by_hand: Vec<LedgerByHand>,
    people: People,
    refused: Vec<(ObjectId, Vec<ClaimError>)>,
    jumps: Jumps,
    top: Vec<String>,
    allow_file: String,
}

/// Where a repository is, and what stands for that in facts.
#[derive(Debug, Clone, Copy)]
pub struct Renamed<'a> {
    /// Its path, which is in no file.
    pub path: &'a str,
    /// Its key.
    pub key: &'a str,
}

impl Renamed<'_> {
    fn text(self, text: &str) -> String {
        without_place(text, self.path, self.key)
    }

    fn warning(self, warning: &Warning) -> Warning {
        Warning {
            place: self.text(&warning.place),
            message: self.text(&warning.message),
            hint: warning.hint.as_deref().map(|hint| self.text(hint)),
        }
    }
}

/// Writes the tables. `commits` are those of the history.
pub fn write(
    folder: &Path,
    (repo, refs): (&str, &str),
    (objects, commits): (&FromObjects, &[Commit]),
    (renamed, now): (Renamed<'_>, i64),
) -> Result<(), TableError> {
    let line = line(objects, renamed)
        .map_err(|reason| TableError::content(&file_of(folder, AUDITS, repo), reason))?;
    audited::write(folder, (repo, refs), objects, commits)?;
    ledger_steps::write(folder, (repo, refs), &objects.steps)?;
    let standing = objects.standing.as_ref();
    let columns = vec![
        Column::of([repo.to_owned()]),
        Column::of([now]),
        Column::of([objects.status.to_string()]),
        Column::of([objects.reach.is_cut]),
        Column::of([objects.reach.has_task_commits]),
        Column::optional([standing.map(|standing| standing.is_complete)]),
        Column::of([line]),
    ];
    Told::new(AUDITS, repo, refs).write(folder, schema(), &[], [columns])?;
    Ok(())
}

fn line(objects: &FromObjects, renamed: Renamed<'_>) -> Result<String, String> {
    let ledger = &objects.ledger;
    let line = Line {
        name: &objects.name,
        warnings: objects.warnings.iter().map(|one| renamed.warning(one)).collect(),
        tasks: &ledger.tasks,
        retracted: &ledger.retracted,
        by_hand: &ledger.by_hand,
        people: &ledger.people,
        refused: &ledger.refused,
        jumps: &objects.jumps,
        top: objects.standing.as_ref().map_or(&[], |standing| &standing.top),
        allow_file: String::from_utf8_lossy(&objects.allow_file),
    };
    let text = serde_json::to_string(&line).map_err(|error| error.to_string())?;
    match text.len() <= LONGEST_JSON {
        true => Ok(text),
        false => Err(format!(
            "the ledger and `.leverage-audit` are larger than {} MiB",
            LONGEST_JSON >> 20
        )),
    }
}

/// The columns of these tables.
pub fn schemas() -> [&'static Schema; 3] {
    [audited::schema(), ledger_steps::schema(), schema()]
}

/// The tables that were not written for these references, or not at all: nobody may use them with the commits of these.
pub fn of_another_run(folder: &Path, repo: &str, refs: &str) -> Vec<&'static str> {
    let tables = TABLES.into_iter().zip(schemas());
    let others = tables.filter(|(table, schema)| Told::new(table, repo, refs).open(folder, schema).is_err());
    others.map(|(table, _)| table).collect()
}

/// Whether what an audit needs was ever written.
pub fn are_there(folder: &Path, repo: &str) -> bool {
    file_of(folder, AUDITS, repo).exists()
}

/// Whether all of the tables were written for these references, and nothing was missing then.
pub fn are_complete(folder: &Path, repo: &str, refs: &str) -> bool {
    let row = || Row::read(folder, repo, refs).ok();
    of_another_run(folder, repo, refs).is_empty() && row().is_some_and(|row| row.status == Status::Complete)
}

/// Reads the tables.
pub fn read(folder: &Path, repo: &str, refs: &str) -> Result<FromObjects, TableError> {
    let row = Row::read(folder, repo, refs)?;
    let mut audited = audited::read(folder, repo, refs)?;
    let line = row.line;
    audited.reach.is_cut = row.is_cut;
    audited.reach.has_task_commits = row.has_task_commits;
    Ok(FromObjects {
        name: line.name,
        status: row.status,
        warnings: line.warnings,
        ledger: Ledger {
            tasks: line.tasks,
            retracted: line.retracted,
            by_hand: line.by_hand,
            people: line.people,
            refused: line.refused,
            ..Ledger::default()
        },
        steps: ledger_steps::read(folder, repo, refs)?,
        jumps: line.jumps,
        reach: std::mem::take(&mut audited.reach),
        at_head: std::mem::take(&mut audited.at_head),
        attested: std::mem::take(&mut audited.attested),
        standing: row.lines_complete.map(|is_complete| Standing {
            lines: std::mem::take(&mut audited.lines),
            top: line.top,
            is_complete,
        }),
        survival: None,
        allow_file: line.allow_file.into_bytes(),
        twins: audited.twins,
    })
}

/// The row of a repository.
pub(super) struct Row {
    status: Status,
    is_cut: bool,
    has_task_commits: bool,
    lines_complete: Option<bool>,
    line: OwnLine,
}

impl Row {
    pub(super) fn read(folder: &Path, repo: &str, refs: &str) -> Result<Self, TableError> {
        let file = Told::new(AUDITS, repo, refs).open(folder, schema())?;
        check_one_row(&file)?;
        Self::taken(&file)
    }

    fn taken(file: &TableFile) -> Result<Self, TableError> {
        let mut taken = Taken::new(file, file.whole_batch(0)?);
        taken.skip(2)?;
        let status = match taken.texts()?.first().map(String::as_str) {
            Some("complete") => Status::Complete,
            Some("partial") => Status::Partial,
            _ => return Err(file.wrong("its status is unknown")),
        };
        let is_cut = taken.all()?.first() == Some(&true);
        let has_task_commits = taken.all()?.first() == Some(&true);
        let lines_complete = taken.some()?.into_iter().flatten().next();
        let line = taken.json()?.into_iter().next();
        Ok(Self {
            status,
            is_cut,
            has_task_commits,
            lines_complete,
            line: line.ok_or_else(|| file.wrong("its row is empty"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::claim;
    use crate::facts::quantity::WorkTime;

    #[test]
    fn neither_a_path_nor_a_message_is_in_the_json() {
        let message = b"* Secret one\n\nLeverage-Estimate: 4h\n\n* Secret two\n\nLeverage-Estimate: 1h\n";
        let (claims, _) = claim::read(message, WorkTime::default());
        assert!(claims.iter().any(|claim| !claim.titles.is_empty()));
        let objects = FromObjects {
            warnings: vec![
                Warning::new("/home/ada/kiln abc", "cannot read `/home/ada/kiln/.git`")
                    .hint("/home/ada/kiln"),
            ],
            ..FromObjects::default()
        };
        let renamed = Renamed {
            path: "/home/ada/kiln",
            key: "example.org/team/kiln",
        };
        let text = line(&objects, renamed).unwrap() + &serde_json::to_string(&claims).unwrap();
        assert!(!text.contains("/home/ada") && !text.contains("Secret"), "{text}");
        assert!(text.contains("example.org/team/kiln abc"), "{text}");
    }
}
