//! The state in which a repository was read to its end, within the limits: while it has that state and what was read is
//! still cached, reading it again finds nothing new.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::inventory::STORE_VERSION;
use super::store::recording::Recorded;
use super::store::{Kind, Slot, clone_name};
use super::{attested, cache};
use crate::git::stamp::Stamp;

/// Increase it whenever a seal is stored differently, or means something else.
const VERSION: u32 = 2;

/// The seal of one clone, read in one way.
#[derive(Debug)]
pub struct Seal {
    slot: Slot,
    stamp: Stamp,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    stamp: [u8; 32],
    /// From when on commits were examined, in seconds since the epoch.
    since: i64,
    /// The files of the cache that were used or written.
    files: Vec<String>,
}

/// The versions of everything that reading a repository caches.
pub fn versions() -> String {
    format!(
        "{}-{}-{}-{STORE_VERSION}",
        env!("CARGO_PKG_VERSION"),
        cache::VERSION,
        attested::VERSION,
    )
}

impl Seal {
    /// The seal in `cache` of the repository with this stamp; `way` distinguishes ways of reading.
    pub fn new(cache: &Path, stamp: Stamp, way: u64) -> Self {
        // What another version cached is read again, but not by the process that finds the seal.
        let version = format!("{VERSION}-{}", versions());
        let name = format!("{}-{way:016x}", clone_name(&stamp.common_dir));
        Self {
            slot: Slot::new(cache, Kind::Seals, version, name),
            stamp,
        }
    }

    /// Whether the repository was read in its current state, with commits from `since` on, and what was cached then is
    /// still there.
    pub fn holds(&self, cache: &Path, since: i64) -> bool {
        let is_there = |file: &String| {
            let found = cache.join(file).symlink_metadata();
            found.is_ok_and(|found| found.is_file())
        };
        self.slot.load::<Stored>().is_ok_and(|stored| {
            stored.stamp == self.stamp.sum && stored.since <= since && stored.files.iter().all(is_there)
        })
    }

    /// Records that it was, if `path` still has that state and anything was cached: otherwise it would be read
    /// completely again.
    pub fn set(&self, path: &Path, recorded: &Recorded, since: i64) {
        if recorded.is_empty() || Stamp::of(path).as_ref() != Some(&self.stamp) {
            return;
        }
        let stored = Stored {
            stamp: self.stamp.sum,
            since,
            files: recorded.names().map(str::to_owned).collect(),
        };
        // Without it, the next run only starts an additional process.
        let _ = self.slot.save(&stored);
    }

    /// The name of the clone in the cache.
    pub fn clone_name(&self) -> String {
        clone_name(&self.stamp.common_dir)
    }
}
