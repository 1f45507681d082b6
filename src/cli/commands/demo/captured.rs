//! Captures the sessions of the demo in the notes of its repositories, so that every command shows them as measured.
//!
//! Nothing here depends on the machine: only the logs of the demo are read, with the default thresholds and at a fixed time.

use std::collections::HashSet;
use std::path::Path;

use super::story::person;
use crate::cli::background::sweep::append;
use crate::cli::error::CommandError;
use crate::correlate::measured::Stamp;
use crate::facts::commit::Instant;
use crate::facts::ids::RecordId;
use crate::git::Repo;
use crate::ledger::{Signing, Writer};
use crate::sources::agents::collect::Request;
use crate::workspace::capture::Capture;
use crate::workspace::options::SessionOptions;
use crate::workspace::sessions::OwnLinks;

/// When everything was captured: 2026-04-05T09:00:00Z, the morning after the last day of the story.
const AT: i64 = 1_775_379_600;

/// Saves what sessions made in the repository at `path`, as `capture` does for all its commits. `logs` is the directory of
/// Claude Code's logs.
pub(super) fn capture(path: &Path, logs: &Path) -> Result<(), CommandError> {
    let repo = Repo::open(path)?;
    let own = OwnLinks::of(&repo, &only(logs));
    let capture = Capture::new(&repo, &own);
    let writer = Writer {
        person: person(0),
        time: Instant {
            seconds: AT,
            offset: 0,
        },
        signing: Signing::Off,
        signing_config: Vec::new(),
    };
    let stamp = Stamp {
        id: RecordId::derived(&[]),
        at: chrono::DateTime::from_timestamp(AT, 0).unwrap_or_default(),
        by: writer.person.to_string(),
    };
    let wanted: HashSet<_> = capture.links().map(|link| link.commit).collect();
    let records = capture.records(&wanted, &stamp);
    match append(&repo, &records, &writer)?.pop_first() {
        Some((_, error)) => Err(error.into()),
        None => Ok(()),
    }
}

/// The logs of the demo, and no others: without a home directory and variables, no other directory is known.
fn only(logs: &Path) -> SessionOptions {
    let folders = [("claude-code".to_owned(), vec![logs.to_owned()])].into();
    SessionOptions {
        logs: Request {
            folders,
            ..Request::default()
        },
        ..SessionOptions::default()
    }
}
