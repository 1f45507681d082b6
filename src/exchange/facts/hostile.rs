//! Any bytes in the place of a file of facts.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::inventory::Inventoried;
use super::layout::{
    AUDITED, AUDITS, COMMITS, INVENTORY, LEDGER_STEPS, RECORDS, REFS_PROPERTY, REPOS, SESSIONS, TASKS,
    file_of,
};
use super::repos::Row;
use super::trouble::Trouble;
use super::{audited, audits, commits, inventory, ledger_steps, records, sessions, tasks};
use crate::aggregate::repository::Repository;
use crate::facts::zone::Zone;
use crate::tables::{Schema, TableFile};

/// The id of the repository in the seeds.
const REPO: &str = "00000000000000aa";

/// Reads these bytes as the file of each table.
pub fn read(data: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else {
        return;
    };
    let folder = folder.path();
    if write(folder, data).is_err() {
        return;
    }
    let most = data.len() + 4096;
    let _ = Row::read_file(&file_of(folder, REPOS, REPO));
    if let Some(refs) = refs(folder, COMMITS, commits::schema()) {
        let trouble: Arc<Trouble> = Arc::default();
        if let Ok(commits) = commits::read(folder, (REPO, &refs), true, &trouble) {
            assert!(commits.len() <= most);
            assert_eq!(commits.into_vec().len(), commits_in(folder, &refs, &trouble));
        }
    }
    if let Some(refs) = refs(folder, TASKS, tasks::schema()) {
        assert!(tasks::read(folder, REPO, &refs).map_or(0, |all| all.len()) <= most);
    }
    if let Some(refs) = refs(folder, RECORDS, records::schema()) {
        assert!(records::read(folder, REPO, &refs).map_or(0, |all| all.len()) <= most);
    }
    assert!(sessions::read(folder, REPO, Zone::default()).map_or(0, |all| all.len()) <= most);
    if let Some(refs) = refs(folder, LEDGER_STEPS, ledger_steps::schema()) {
        assert!(ledger_steps::read(folder, REPO, &refs).map_or(0, |all| all.len()) <= most);
    }
    if let Some(refs) = refs(folder, AUDITED, audited::schema()) {
        assert!(audited::read(folder, REPO, &refs).map_or(0, |all| all.reach.commits.len()) <= most);
    }
    if let Some(refs) = refs(folder, AUDITS, audits::schema()) {
        let _ = audits::Row::read(folder, REPO, &refs);
    }
    if let Some(refs) = refs(folder, INVENTORY, inventory::schema()) {
        Inventoried::read(folder, &refs, REPO, &Repository::default());
    }
}

/// How many commits there are when they are loaded late.
fn commits_in(folder: &Path, refs: &str, trouble: &Arc<Trouble>) -> usize {
    let late = commits::read(folder, (REPO, refs), false, trouble);
    late.map_or(0, |late| late.into_vec().len())
}

fn write(folder: &Path, data: &[u8]) -> std::io::Result<()> {
    let tables = [REPOS, COMMITS, TASKS, RECORDS, SESSIONS];
    for table in tables
        .into_iter()
        .chain([INVENTORY, LEDGER_STEPS, AUDITED, AUDITS])
    {
        let path = file_of(folder, table, REPO);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        fs::write(path, data)?;
    }
    Ok(())
}

/// The digest of references that a file gives itself.
fn refs(folder: &Path, table: &str, schema: &Schema) -> Option<String> {
    let file = TableFile::open(&file_of(folder, table, REPO), schema).ok()?;
    file.property(REFS_PROPERTY).map(str::to_owned)
}
