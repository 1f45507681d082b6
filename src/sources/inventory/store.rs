//! Facts that never change, kept by the object that they describe: a tree's by the tree, a history's by its last commit.
//! Each clone keeps its own: another one of the same commit may lack objects, and has to say so.
//!
//! A file that cannot be read or written is as good as none: it is only a cache, and safe to delete.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::facts::ids::ObjectId;
use crate::facts::inventory::{HistoryFacts, TreeFacts};

/// Raised whenever the facts or the rules by which they are counted change.
const VERSION: u32 = 11;

/// The facts of one clone in a folder of such.
pub(super) struct Store {
    folder: Option<PathBuf>,
    clone: String,
}

impl Store {
    /// Below `cache_dir`; without one nothing is kept. `place` is the folder that all work trees of the clone share, and
    /// `replaced` tells what stands in for its objects.
    pub(super) fn new(cache_dir: Option<&Path>, place: &Path, replaced: Option<u64>) -> Self {
        let folder = cache_dir.map(|folder| {
            let release = env!("CARGO_PKG_VERSION");
            folder.join(format!("inventory-{release}-{VERSION}"))
        });
        let digest = Sha256::digest(place.as_os_str().as_encoded_bytes());
        let clone: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let clone = match replaced {
            Some(number) => format!("{clone}-{number:016x}"),
            None => clone,
        };
        Self { folder, clone }
    }

    /// The facts of a tree, from the store or else from `read`. Incomplete ones are not kept.
    pub(super) fn tree(
        &self,
        tree: ObjectId,
        read: impl FnOnce() -> Result<TreeFacts, String>,
    ) -> Result<TreeFacts, String> {
        let name = format!("{tree}-{}.tree", self.clone);
        if let Some(kept) = self.get(&name) {
            return Ok(kept);
        }
        let facts = read()?;
        if facts.gaps.is_lasting() {
            self.put(&name, &facts);
        }
        Ok(facts)
    }

    /// The history that `head` reaches with its commits from `since` on. One that is cut short or has gaps is not kept.
    pub(super) fn history(
        &self,
        head: ObjectId,
        since: i64,
        read: impl FnOnce() -> Result<HistoryFacts, String>,
    ) -> Result<HistoryFacts, String> {
        let name = format!("{head}-{}.history", self.clone);
        match self.get::<(i64, HistoryFacts)>(&name) {
            Some((kept_since, facts)) if kept_since <= since => return Ok(facts),
            _ => {}
        }
        let facts = read()?;
        if !facts.cut_short && facts.gaps.is_empty() {
            self.put(&name, &(since, &facts));
        }
        Ok(facts)
    }

    fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let bytes = std::fs::read(self.folder.as_ref()?.join(name)).ok()?;
        postcard::from_bytes(&bytes).ok()
    }

    fn put<T: Serialize>(&self, name: &str, value: &T) {
        let Some(folder) = &self.folder else { return };
        let write = || -> std::io::Result<()> {
            let bytes = postcard::to_stdvec(value).map_err(std::io::Error::other)?;
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            file.write_all(&bytes)?;
            file.persist(folder.join(name)).map_err(|error| error.error)?;
            Ok(())
        };
        // Without it the next run takes longer, no more.
        let _ = write();
    }
}
