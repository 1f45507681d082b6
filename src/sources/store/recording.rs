//! What a process without write access would have cached: it passes that to its parent, which puts it into the cache.
//!
//! Recording is per process, like replacements for objects: it is begun before the first repository is read, and never
//! ends.

use std::collections::BTreeMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};

use crate::facts::commits::Bytes;

static RECORDED: OnceLock<Mutex<Recorded>> = OnceLock::new();

/// Which files of the cache a process read or would have written.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recorded {
    /// The intended content of each, by name relative to the cache; `None` if it was usable unchanged.
    pub(super) files: BTreeMap<String, Option<Bytes>>,
}

/// From now on nothing is written.
pub fn begin() {
    RECORDED.get_or_init(Mutex::default);
}

/// Returns what was recorded so far, and stops recording it.
pub fn take() -> Recorded {
    let taken = |recorded: &Mutex<Recorded>| {
        let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *recorded)
    };
    RECORDED.get().map(taken).unwrap_or_default()
}

/// The file of this name, relative to the cache, was read and was usable.
pub(super) fn saw(name: &str) {
    add(name, |known| {
        known.get_or_insert(None);
    });
}

/// Records the intended content of the file of this name; returns it if nothing is recorded.
pub(super) fn took(name: &str, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let mut left = Some(bytes);
    add(name, |known| *known = left.take().map(|bytes| Some(Bytes(bytes))));
    left
}

fn add(name: &str, change: impl FnOnce(&mut Option<Option<Bytes>>)) {
    if let Some(recorded) = RECORDED.get() {
        let mut recorded = recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = recorded.files.remove(name);
        change(&mut known);
        recorded.files.extend(known.map(|known| (name.to_owned(), known)));
    }
}

impl Recorded {
    /// The names of the files, relative to the cache.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Whether nothing was used or is to be cached.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
