//! The cache of what sessions left in one repository: if something changed in another one, this one is not read again.
//!
//! One file for each repository. Its key is a hash of everything that determines the traces: the state of the repository, its
//! working trees, the links among the paths in logs that may lead there, and all facts of the sessions that worked there.

use std::path::Path;

use super::places::Place;
use crate::correlate::traces::Traces;
use crate::facts::evidence::ForeignTrailers;
use crate::sources::agents::assembled::{Fingerprint, Fingerprinter};
use crate::sources::store::{Kind, Slot};

/// Increase it whenever sessions are linked differently, or traces are stored differently.
const VERSION: u32 = 1;

/// The place of the traces of one repository.
#[derive(Debug)]
pub struct KeptTraces {
    slot: Slot,
    key: Fingerprint,
}

impl KeptTraces {
    /// For the repository at `path` in a state; `sessions` are the fingerprints of those that worked there.
    pub fn new<'s>(
        cache: &Path,
        (path, state): (&Path, &[u8; 32]),
        place: Place<'_>,
        sessions: impl Iterator<Item = &'s Fingerprint>,
        foreign: ForeignTrailers,
    ) -> Self {
        let mut key = Fingerprinter::default();
        key.add(env!("CARGO_PKG_VERSION").as_bytes());
        key.add_path(path);
        key.add(state);
        key.add(match foreign {
            ForeignTrailers::Believe => b"believe",
            ForeignTrailers::Ignore => b"ignore",
        });
        key.add(&place.roots.len().to_le_bytes());
        place.roots.iter().for_each(|root| key.add(root.as_bytes()));
        for (path, real) in place.links.near(place.roots) {
            key.add(path.as_bytes());
            key.add(real.as_bytes());
        }
        sessions.for_each(|fingerprint| key.add(fingerprint));
        let slot = Slot::of_clone(cache, Kind::Traces, VERSION, path);
        Self {
            slot,
            key: key.finish(),
        }
    }

    /// What an earlier run found, if it found it from the same.
    pub fn load(&self) -> Option<Traces> {
        let body = self.slot.read().ok()?;
        let (key, rest) = postcard::take_from_bytes::<Fingerprint>(&body).ok()?;
        match postcard::take_from_bytes(rest) {
            Ok((traces, [])) if key == self.key => Some(traces),
            _ => None,
        }
    }

    /// Stores it. A failed write only costs time in the next run.
    pub fn save(&self, traces: &Traces) {
        let body = self.slot.empty().with(&self.key);
        let _ = body.and_then(|body| self.slot.write(body.with(traces)?));
    }
}
