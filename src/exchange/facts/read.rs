//! Reads the facts of all repositories in some directories.
//!
//! Of few commits, all are held in memory; of many, each repository's are loaded whenever they are looked at, and dropped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::inventory::Inventoried;
use super::layout::{COMMITS, REPOS, SESSIONS, file_of, is_compact, is_id};
use super::repos::Row;
use super::sessions::{self, LoggedSession};
use super::trouble::Trouble;
use super::{audits, commits, records, tasks};
use crate::aggregate::names::tell_apart;
use crate::aggregate::repository::{Repository, unify};
use crate::correlate::seen::SeenSession;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::SessionId;
use crate::facts::zone::Zone;
use crate::git::folder;
use crate::tables::TableError;
use crate::workspace::elsewhere::ReadElsewhere;
use crate::workspace::from_objects::FromObjects;

/// So many commits are held in memory: a hundred megabytes.
const MOST_HELD: u64 = 1_000_000;

/// The row of a repository, or why it has none that can be used.
pub(super) type RowRead = Result<Row, TableError>;

/// The facts of some directories.
#[derive(Debug, Default)]
pub struct FactsRead {
    /// The repositories; what is wrong in one is in its status and its warnings.
    pub repos: Vec<Repository>,
    /// What could not be read of sessions.
    pub warnings: Vec<Warning>,
    /// The errors of what is loaded later.
    pub trouble: Arc<Trouble>,
    /// Where the files of each repository are.
    places: Vec<Place>,
    /// All sessions that are in logs, also those that worked elsewhere.
    logged: BTreeMap<SessionId, LoggedSession>,
}

/// The files of a repository: their directory, and what they have in common.
#[derive(Debug)]
struct Place {
    folder: PathBuf,
    id: String,
    refs: String,
    /// Why they are not new, if it could not be read again.
    unread: Option<String>,
}

/// Reads these directories; an error if one has no facts. Dates of sessions of which only these are known are in `zone`.
pub fn read(folders: &[PathBuf], zone: Zone) -> Result<FactsRead, TableError> {
    let rows = latest_rows(folders)?;
    let whole: u64 = rows
        .values()
        .filter_map(|(_, row)| row.as_ref().ok())
        .map(|row| row.commits)
        .sum();
    let trouble: Arc<Trouble> = Arc::default();
    let rows: Vec<(String, (PathBuf, RowRead))> = rows.into_iter().collect();
    let read = rows.into_par_iter().map(|(id, (folder, row))| {
        let (nth, refs) = row.as_ref().map_or((0, ""), |row| (row.rest.place, &row.refs));
        let refs = refs.to_owned();
        let unread = row.as_ref().ok().and_then(Row::unread).map(str::to_owned);
        let repository = repository((&folder, &id), row, whole <= MOST_HELD, &trouble);
        let place = Place {
            folder,
            id,
            refs,
            unread,
        };
        (nth, repository, place)
    });
    let mut found: Vec<(u32, Repository, Place)> = read.collect();
    found.sort_by(|(a, one, place), (b, other, other_place)| {
        (a, &one.path, &one.name, &place.id).cmp(&(b, &other.path, &other.name, &other_place.id))
    });
    let (mut repos, places): (Vec<Repository>, Vec<Place>) =
        found.into_iter().map(|(_, repo, place)| (repo, place)).unzip();
    tell_apart(&mut repos);
    unify(&mut repos);
    let (logged, warnings) = latest_sessions(folders, zone);
    Ok(FactsRead {
        repos,
        warnings,
        trouble,
        places,
        logged,
    })
}

/// The row of each repository in some directories, the latest if it is in several, with its directory.
pub(super) fn latest_rows(folders: &[PathBuf]) -> Result<BTreeMap<String, (PathBuf, RowRead)>, TableError> {
    let mut rows: BTreeMap<String, (PathBuf, RowRead)> = BTreeMap::new();
    for folder in folders {
        for (id, row) in rows_of(folder)? {
            let is_later = match (&row, rows.get(&id)) {
                (Ok(row), Some((_, Ok(known)))) => row.read_at > known.read_at,
                (Err(_), Some(_)) => false,
                _ => true,
            };
            if is_later {
                rows.insert(id, (folder.clone(), row));
            }
        }
    }
    Ok(rows)
}

/// The rows of a directory, by id.
pub(super) fn rows_of(folder: &Path) -> Result<Vec<(String, RowRead)>, TableError> {
    let ids = match ids_in(&folder.join(REPOS)) {
        Err(error) if error.is_missing() || error.is_no_directory() => Vec::new(),
        ids => ids?,
    };
    if ids.is_empty() {
        let reason = if is_compact(folder) {
            "compact facts, for other programs: use the directory that they were made from"
        } else if folder.is_dir() {
            "no facts in this directory: write them with `git leverage facts`"
        } else {
            "no such directory"
        };
        return Err(TableError::content(folder, reason));
    }
    let row = |id: String| {
        let row = Row::read_file(&file_of(folder, REPOS, &id));
        (id, row)
    };
    Ok(ids.into_par_iter().map(row).collect())
}

/// The ids in the names of the files of a table, sorted.
pub(super) fn ids_in(folder: &Path) -> Result<Vec<String>, TableError> {
    let io = |error| TableError::io(folder, error);
    let mut ids = Vec::new();
    for entry in folder::list(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.name();
        let id = name.to_str().and_then(|name| name.strip_suffix(".parquet"));
        ids.extend(id.filter(|id| is_id(id)).map(str::to_owned));
    }
    ids.sort();
    Ok(ids)
}

fn repository((folder, id): (&Path, &str), row: RowRead, keep: bool, trouble: &Arc<Trouble>) -> Repository {
    let row = match row {
        Ok(row) => row,
        Err(error) => {
            let unnamed = Repository {
                name: id.to_owned(),
                path: id.to_owned(),
                ..Repository::default()
            };
            return failed(unnamed, &error);
        }
    };
    if row.status == Status::Failed {
        return row.repository();
    }
    match whole(folder, &row, keep, trouble) {
        Ok(repository) => repository,
        Err(error) => failed(row.repository(), &error),
    }
}

/// The repository of a row, with what the other tables have.
pub(super) fn whole(
    folder: &Path,
    row: &Row,
    keep: bool,
    trouble: &Arc<Trouble>,
) -> Result<Repository, TableError> {
    let (repo, refs) = (&*row.repo, &*row.refs);
    let commits = commits::read(folder, (repo, refs), keep, trouble)?;
    if commits.len() as u64 != row.commits {
        let path = file_of(folder, COMMITS, repo);
        return Err(TableError::content(
            &path,
            "not as many commits as the row of its repository says",
        ));
    }
    Ok(Repository {
        commits,
        tasks: tasks::read(folder, repo, refs)?,
        captured: records::read(folder, repo, refs)?,
        ..row.clone().repository()
    })
}

/// A repository whose facts cannot be used.
fn failed(repository: Repository, error: &TableError) -> Repository {
    let reason = error.to_string();
    Repository {
        status: Status::Failed,
        cut_short: true,
        warnings: vec![Warning::new(&repository.path, reason.clone())],
        reason: Some(reason),
        untold: None,
        ..repository
    }
}

/// The sessions of all machines, by agent and id, and what could not be read of them.
pub(super) fn latest_sessions(
    folders: &[PathBuf],
    zone: Zone,
) -> (BTreeMap<SessionId, LoggedSession>, Vec<Warning>) {
    let mut latest = BTreeMap::new();
    let mut warnings = Vec::new();
    for folder in folders {
        let mut warn = |error: &TableError| {
            warnings.push(Warning::new(folder.display().to_string(), error.to_string()));
        };
        let ids = match ids_in(&folder.join(SESSIONS)) {
            Ok(ids) => ids,
            Err(error) if error.is_missing() => continue,
            Err(error) => {
                warn(&error);
                continue;
            }
        };
        for id in ids {
            match sessions::read(folder, &id, zone) {
                Ok(sessions) => sessions
                    .into_iter()
                    .for_each(|session| session.add_to(&mut latest)),
                Err(error) => warn(&error),
            }
        }
    }
    (latest, warnings)
}

impl FactsRead {
    /// What was read of each repository for an inventory; `None` if nothing was.
    pub fn inventories(&self) -> Vec<Option<Inventoried>> {
        let repos = self.repos.par_iter().zip(&self.places);
        let read = |(repo, place): (&Repository, &Place)| {
            let mut read = Inventoried::read(&place.folder, &place.refs, &place.id, repo)?;
            if let Some(reason) = &place.unread {
                read.facts.status = read.facts.status.max(Status::Partial);
                read.facts.reasons.push(reason.clone());
            }
            Some(read)
        };
        repos.map(read).collect()
    }

    /// The sessions of logs that worked in the repositories at some positions, by agent and id, with positions among these; and the
    /// ids of all sessions in logs.
    pub fn sessions_among(
        &self,
        among: impl IntoIterator<Item = usize>,
    ) -> (Vec<SeenSession>, HashSet<SessionId>) {
        let ids = among.into_iter().filter_map(|at| self.places.get(at));
        let positions: HashMap<String, usize> = ids.map(|place| place.id.clone()).zip(0..).collect();
        let seen = self
            .logged
            .iter()
            .filter_map(|(id, session)| session.seen.clone()?.session(id.clone(), &positions));
        (seen.collect(), self.logged.keys().cloned().collect())
    }

    /// Whether anything that audits need was written, if any of the repositories could be read.
    pub fn has_audits(&self) -> bool {
        let all = self.repos.iter().zip(&self.places);
        let readable = all.filter(|(repo, _)| repo.status != Status::Failed);
        let mut are_there = readable.map(|(_, place)| audits::are_there(&place.folder, &place.id));
        are_there
            .next()
            .is_none_or(|first| first || are_there.any(|is_there| is_there))
    }
}

impl ReadElsewhere for FactsRead {
    fn take_repos(&mut self) -> Vec<Repository> {
        std::mem::take(&mut self.repos)
    }

    fn take_warnings(&mut self) -> Vec<Warning> {
        std::mem::take(&mut self.warnings)
    }

    fn sessions(&self, among: &[usize]) -> (Vec<SeenSession>, HashSet<SessionId>) {
        self.sessions_among(among.iter().copied())
    }

    fn objects(&self, at: usize) -> Result<FromObjects, String> {
        let place = self.places.get(at).ok_or("it was not read")?;
        if !audits::are_there(&place.folder, &place.id) {
            return Err("its facts do not have what an audit needs: write them with `--audit`".to_owned());
        }
        audits::read(&place.folder, &place.id, &place.refs).map_err(|error| error.to_string())
    }
}
