//! Facts that never change, kept by the object that they describe: a tree's by the tree, a history's by its last commit.
//! Each clone keeps its own: another one of the same commit may lack objects, and has to say so.
//!
//! A file that cannot be read or written is as good as none.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::store::{Kind, Slot, clone_name};
use crate::facts::ids::ObjectId;
use crate::facts::inventory::{HistoryFacts, TreeFacts};

/// Raised whenever the facts or the rules by which they are counted change. So does every release.
pub(in super::super) const VERSION: u32 = 13;

/// The facts of one clone in a directory of such.
pub(super) struct Store {
    cache: Option<PathBuf>,
    clone: String,
}

impl Store {
    /// Below `cache_dir`; without one nothing is cached. `place` is the directory that all worktrees of the clone share, and
    /// `replaced` tells what stands in for its objects.
    pub(super) fn new(cache_dir: Option<&Path>, place: &Path, replaced: Option<u64>) -> Self {
        let clone = clone_name(place);
        let clone = match replaced {
            Some(number) => format!("{clone}-{number:016x}"),
            None => clone,
        };
        Self {
            cache: cache_dir.map(Path::to_owned),
            clone,
        }
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

    fn slot(&self, name: &str) -> Option<Slot> {
        let version = format!("{}-{VERSION}", env!("CARGO_PKG_VERSION"));
        Some(Slot::new(self.cache.as_ref()?, Kind::Inventory, version, name))
    }

    fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.slot(name)?.load().ok()
    }

    fn put<T: Serialize>(&self, name: &str, value: &T) {
        if let Some(slot) = self.slot(name) {
            // Without it the next run takes longer, no more.
            let _ = slot.save(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::store::assert_damage_is_noticed;
    use super::*;

    #[test]
    fn any_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(Some(folder.path()), Path::new("/src/kiln/.git"), Some(7));
        let id = ObjectId::from_bytes(&[1; 20]).unwrap();
        let no_tree = || Err("not kept".to_owned());
        let no_history = || Err("not kept".to_owned());
        store.tree(id, || Ok(TreeFacts::default())).unwrap();
        store.history(id, 5, || Ok(HistoryFacts::default())).unwrap();
        let files: Vec<PathBuf> = std::fs::read_dir(folder.path().join("inventory"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(files.len(), 2);
        for file in files {
            let is_tree = file.extension().is_some_and(|extension| extension == "tree");
            assert_damage_is_noticed(&file, || match is_tree {
                true => store.tree(id, no_tree).is_ok(),
                false => store.history(id, 5, no_history).is_ok(),
            });
        }
        assert!(store.history(id, 4, no_history).is_err(), "an earlier beginning");
    }
}
