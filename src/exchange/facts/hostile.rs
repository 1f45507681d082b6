//! Any bytes in the place of a file of facts.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::layout::{COMMITS, RECORDS, REFS_PROPERTY, REPOS, SESSIONS, TASKS, file_of};
use super::repos::Row;
use super::trouble::Trouble;
use super::{commits, records, sessions, tasks};
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
    assert!(sessions::read(folder, REPO).map_or(0, |all| all.len()) <= most);
}

/// How many commits there are when they are loaded late.
fn commits_in(folder: &Path, refs: &str, trouble: &Arc<Trouble>) -> usize {
    let late = commits::read(folder, (REPO, refs), false, trouble);
    late.map_or(0, |late| late.into_vec().len())
}

fn write(folder: &Path, data: &[u8]) -> std::io::Result<()> {
    for table in [REPOS, COMMITS, TASKS, RECORDS, SESSIONS] {
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
