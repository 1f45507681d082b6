//! The cache of the sessions that were assembled from the logs of one agent: while no log changed, neither logs nor events are
//! needed.
//!
//! What determines the sessions is hashed into a key: the state of each log, as it was before anything was read, and what else
//! the request says. A file with another key counts as absent.

use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::super::store::Slot;
use crate::facts::diagnostics::Warning;
use crate::facts::session::Session;

/// A hash of everything in a session, or of all that determines sessions.
pub type Fingerprint = [u8; 32];

/// The sessions in the logs of one agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assembled {
    /// The sessions, sorted by id, with paths as they are on this machine.
    pub sessions: Vec<Session>,
    /// The fingerprint of each.
    pub fingerprints: Vec<Fingerprint>,
    /// What was skipped in the logs.
    pub warnings: Vec<Warning>,
}

/// Builds a key from parts, none of which can be mistaken for the beginning of the next.
#[derive(Debug, Default)]
pub struct Fingerprinter(Sha256);

impl Fingerprinter {
    /// Adds a part.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update((part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    /// Adds a path.
    pub fn add_path(&mut self, path: &Path) {
        self.add(path.as_os_str().as_encoded_bytes());
    }

    /// The fingerprint of all parts.
    pub fn finish(self) -> Fingerprint {
        self.0.finalize().into()
    }
}

/// A warning as stored. It has no hint: those of logs have none.
#[derive(Serialize, Deserialize)]
struct Said {
    place: String,
    message: String,
}

/// The beginning of a file; the sessions follow, each in its own bytes.
#[derive(Serialize, Deserialize)]
struct Head {
    key: Fingerprint,
    warnings: Vec<Said>,
}

impl Assembled {
    /// Those that were assembled from what the key describes; `None` if they were not stored, or the file is damaged.
    pub fn load(slot: &Slot, key: &Fingerprint) -> Option<Self> {
        let body = slot.read().ok()?;
        let (head, rest) = postcard::take_from_bytes::<Head>(&body).ok()?;
        if head.key != *key {
            return None;
        }
        let (rows, []) = postcard::take_from_bytes::<Vec<(Fingerprint, &[u8])>>(rest).ok()? else {
            return None;
        };
        let session = |(_, bytes): &(Fingerprint, &[u8])| match postcard::take_from_bytes(bytes) {
            Ok((session, [])) => Some(session),
            _ => None,
        };
        let sessions: Option<Vec<Session>> = rows.par_iter().with_min_len(8).map(session).collect();
        let warning = |said: Said| Warning {
            place: said.place,
            message: said.message,
            hint: None,
        };
        Some(Self {
            sessions: sessions?,
            fingerprints: rows.iter().map(|(fingerprint, _)| *fingerprint).collect(),
            warnings: head.warnings.into_iter().map(warning).collect(),
        })
    }

    /// Fingerprints sessions, and stores them if there is a place to.
    pub fn new(sessions: Vec<Session>, warnings: Vec<Warning>, place: Option<(&Slot, Fingerprint)>) -> Self {
        let rows: Option<Vec<Vec<u8>>> = (sessions.par_iter())
            .map(|session| postcard::to_stdvec(session).ok())
            .collect();
        let Some(rows) = rows else {
            // Without fingerprints, nothing that depends on them is stored either.
            return Self {
                sessions,
                fingerprints: Vec::new(),
                warnings,
            };
        };
        let fingerprints: Vec<Fingerprint> = rows.par_iter().map(|row| Sha256::digest(row).into()).collect();
        if let Some((slot, key)) = place {
            let said = warnings.iter().map(|warning| Said {
                place: warning.place.clone(),
                message: warning.message.clone(),
            });
            let head = Head {
                key,
                warnings: said.collect(),
            };
            let rows: Vec<(&Fingerprint, &[u8])> =
                fingerprints.iter().zip(rows.iter().map(Vec::as_slice)).collect();
            let body = slot.empty().with(&head).and_then(|body| body.with(&rows));
            // A failed write only costs time in the next run.
            let _ = body.and_then(|body| slot.write(body));
        }
        Self {
            sessions,
            fingerprints,
            warnings,
        }
    }
}
