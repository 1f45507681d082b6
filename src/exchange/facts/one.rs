//! Reads the facts of one repository, with what an audit needs of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::audits;
use super::line::Line;
use super::read::{RowRead, latest_rows, latest_sessions, whole};
use super::repos::Row;
use super::sessions::LoggedSession;
use super::trouble::Trouble;
use crate::aggregate::repository::Repository;
use crate::correlate::seen::SeenSession;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::SessionId;
use crate::facts::zone::Zone;
use crate::tables::TableError;
use crate::workspace::from_objects::FromObjects;

/// How many names an error lists.
const MOST_NAMES: usize = 8;

/// The facts of one repository.
#[derive(Debug)]
pub struct OneRead {
    /// Its key. Untrusted text.
    pub key: String,
    /// The repository, as if nothing else had been read.
    pub repository: Repository,
    /// What was read from its objects besides.
    pub objects: FromObjects,
    /// The sessions of logs that worked in it.
    pub sessions: Vec<SeenSession>,
    /// All sessions that are in logs.
    pub live: HashSet<SessionId>,
    /// What could not be read of sessions.
    pub warnings: Vec<Warning>,
}

/// Why one repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OneError {
    /// A file.
    #[error(transparent)]
    Table(#[from] TableError),
    /// None was named.
    #[error("the facts are of several repositories: {0}")]
    Several(String),
    /// None has this name.
    #[error("no repository `{0}` in the facts; they have {1}")]
    Unknown(String, String),
    /// Several have this name.
    #[error("several repositories are named `{0}` in the facts: {1}")]
    Ambiguous(String, String),
    /// There are none of it.
    #[error("`{0}` could not be read when its facts were written: {1}")]
    Failed(String, String),
    /// It was not written for audits.
    #[error("the facts of `{0}` do not have what an audit needs")]
    NotForAudits(String),
}

/// Reads the repository with this name, key or id; without one, the only one. A repository in several directories counts in the
/// one with the latest row. Dates of sessions of which only these are known are in `zone`.
pub fn read_one(folders: &[PathBuf], wanted: Option<&str>, zone: Zone) -> Result<OneRead, OneError> {
    let rows = latest_rows(folders)?;
    let (folder, row) = chosen(rows.into_iter().collect(), wanted)?;
    let name = row.name.clone();
    if row.status == Status::Failed {
        return Err(OneError::Failed(name, row.reason.unwrap_or_default()));
    }
    if !audits::are_there(&folder, &row.repo) {
        return Err(OneError::NotForAudits(name));
    }
    let objects = audits::read(&folder, &row.repo, &row.refs)?;
    let repository = whole(&folder, &row, true, &Arc::<Trouble>::default())?;
    let (logged, warnings) = latest_sessions(folders, zone);
    let live = logged.keys().cloned().collect();
    Ok(OneRead {
        repository,
        objects,
        sessions: sessions_in(&row.repo, logged),
        live,
        warnings,
        key: row.key,
    })
}

/// The sessions that worked in a repository, as if only that had been read.
fn sessions_in(repo: &str, logged: BTreeMap<SessionId, LoggedSession>) -> Vec<SeenSession> {
    let lines = logged.values().filter_map(|session| session.seen.as_ref());
    let linked = lines.filter(|line| line.is_linked_in(repo));
    let around: BTreeSet<String> = linked.flat_map(Line::visits).cloned().collect();
    let seen = logged
        .into_iter()
        .filter_map(|(id, session)| session.seen?.session_in(id, repo, &around));
    seen.collect()
}

/// A row with its directory and its id.
type Placed = (String, (PathBuf, RowRead));

fn chosen(rows: Vec<Placed>, wanted: Option<&str>) -> Result<(PathBuf, Row), OneError> {
    let by: [fn(&Placed) -> Option<&str>; 3] = [
        |(id, _)| Some(id),
        |(_, (_, row))| row.as_ref().ok().map(|row| &*row.key),
        |(_, (_, row))| row.as_ref().ok().map(|row| &*row.name),
    ];
    let is_wanted = |row: &Placed, by: fn(&Placed) -> Option<&str>| by(row) == wanted;
    let by = by
        .into_iter()
        .find(|by| rows.iter().any(|row| is_wanted(row, *by)));
    let found: Vec<Placed> = match (wanted, by) {
        (None, _) => rows,
        (Some(_), Some(by)) => rows.into_iter().filter(|row| is_wanted(row, by)).collect(),
        (Some(wanted), None) => {
            let names = listed(rows.iter().map(name));
            return Err(OneError::Unknown(wanted.to_owned(), names));
        }
    };
    let mut found = found.into_iter();
    match (found.next(), found.next(), wanted) {
        (Some((_, (folder, row))), None, _) => Ok((folder, row?)),
        (one, other, None) => {
            let all = one.into_iter().chain(other).chain(found);
            Err(OneError::Several(listed(all.map(|row| name(&row)))))
        }
        (one, other, Some(wanted)) => {
            let all = one.into_iter().chain(other).chain(found);
            Err(OneError::Ambiguous(
                wanted.to_owned(),
                listed(all.map(|(id, _)| id)),
            ))
        }
    }
}

/// The name of a repository, or its id if its row cannot be read.
fn name((id, (_, row)): &Placed) -> String {
    row.as_ref().map_or_else(|_| id.clone(), |row| row.name.clone())
}

/// Some of the names, sorted, and how many more there are.
fn listed(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    names.sort();
    let more = names.len().saturating_sub(MOST_NAMES);
    names.truncate(MOST_NAMES);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}
