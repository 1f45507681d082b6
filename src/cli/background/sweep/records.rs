//! Records of sessions on their way to the notes.

use std::collections::HashSet;

use crate::cli::error::CommandError;
use crate::cli::recording::OpenLedger;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::counted;
use crate::facts::record::Record;
use crate::git::Repo;
use crate::ledger::{self, WriteError, Writer};
use crate::workspace::capture::Records;

/// Writes records to the notes. Returns the commits whose notes could not take them, and why.
pub fn write(open: &OpenLedger, records: &Records) -> Result<ledger::Left, CommandError> {
    Ok(append(&open.repo, records, open.writer()?)?)
}

/// Like [`write`], by any writer to any repository.
pub fn append(repo: &Repo, records: &Records, writer: &Writer) -> Result<ledger::Left, WriteError> {
    let lines: Vec<(ObjectId, Record)> = records
        .iter()
        .map(|(commit, record)| (*commit, Record::Session(Box::new(record.clone()))))
        .collect();
    let message = |left: &ledger::Left| {
        let mut written = records.clone();
        written.retain(|(commit, _)| !left.contains_key(commit));
        format!("Capture: {} on {}\n", count(&written), commits(&written))
    };
    ledger::append_each(repo, &lines, message, writer)
}

/// The number of sessions in records, with its noun.
pub fn count(records: &Records) -> String {
    let sessions: HashSet<_> = records.iter().map(|(_, record)| &record.session).collect();
    counted(sessions.len(), "session", "sessions")
}

/// The number of commits in records, with its noun.
pub fn commits(records: &Records) -> String {
    let commits: HashSet<_> = records.iter().map(|(commit, _)| commit).collect();
    counted(commits.len(), "commit", "commits")
}
