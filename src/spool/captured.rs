//! How far a spool is captured: `captured.json`, which is replaced atomically.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::facts::event::Event;
use crate::git::files;
use crate::git::folder;

const NAME: &str = "captured.json";
/// Its name while it is being written, followed by six letters or digits.
const UNFINISHED: &str = ".captured-";
/// The maximum size of such a file.
const LARGEST: u64 = 8 << 20;
/// How many given-up sessions are remembered.
const MOST_DROPPED: usize = 50;

/// A session that was given up: nothing of it could be captured for days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The session, as `AGENT:ID`.
    pub session: String,
    /// Its last event.
    pub last: DateTime<Utc>,
    /// When it was given up.
    pub at: DateTime<Utc>,
    /// Why nothing could be captured.
    pub reason: String,
}

/// What is known of a spool in addition to its lines.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Captured {
    /// The byte up to which nothing is pending, by file name.
    #[serde(default)]
    pub files: BTreeMap<String, u64>,
    /// When the last successful capture of a session began, by `AGENT:ID`. Only for sessions with lines after that byte.
    #[serde(default)]
    pub sessions: BTreeMap<String, DateTime<Utc>>,
    /// When a capture of a session first failed since the last success, by `AGENT:ID`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failing: BTreeMap<String, DateTime<Utc>>,
    /// The last event of each agent in files that are removed or captured.
    #[serde(default)]
    pub last: BTreeMap<String, Event>,
    /// The sessions that were given up.
    #[serde(default)]
    pub dropped: Vec<Dropped>,
}

impl Captured {
    /// Reads the file. A missing or broken one is treated as empty: sessions are then captured again, which changes nothing.
    pub(super) fn read(spool: &Path) -> Self {
        let content = files::read(&spool.join(NAME), LARGEST);
        let content = content.ok().flatten().unwrap_or_default();
        serde_json::from_slice(&content).unwrap_or_default()
    }

    /// Replaces the file.
    pub(super) fn write(&mut self, spool: &Path) -> io::Result<()> {
        let more = self.dropped.len().saturating_sub(MOST_DROPPED);
        self.dropped.drain(..more);
        remove_unfinished(spool);
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(spool)?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")?;
        file.persist(spool.join(NAME)).map_err(|error| error.error)?;
        Ok(())
    }

    /// Stores that an agent called.
    pub(super) fn heard(&mut self, event: &Event) {
        let known = self.last.get(&event.agent);
        if known.is_none_or(|known| known.at <= event.at) {
            self.last.insert(event.agent.clone(), event.clone());
        }
    }
}

/// Removes what killed processes left behind. Only the holder of the lock writes.
fn remove_unfinished(spool: &Path) {
    for entry in folder::present(spool) {
        if entry.name().to_string_lossy().starts_with(UNFINISHED) {
            // It does no harm.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
