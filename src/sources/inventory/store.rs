//! Facts that never change, kept by the object that they describe: a tree's by the tree, a history's by its last commit.
//! Each clone keeps its own: another one of the same commit may lack objects, and has to say so. Only clones whose objects are in the
//! same files share them, for as long as the process lives.
//!
//! A file that cannot be read or written is as good as none.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::store::{Kind, Slot, clone_name};
use super::siblings::Siblings;
use crate::facts::ids::ObjectId;
use crate::facts::inventory::{HistoryFacts, TreeFacts};
use crate::git::Repo;
use crate::git::object_files::ObjectFiles;

/// Raised whenever the facts or the rules by which they are counted change. So does every release.
pub(in super::super) const VERSION: u32 = 13;

/// The facts of one clone in a directory of such.
pub(super) struct Store<'a> {
    cache: Option<PathBuf>,
    clone: String,
    siblings: Option<(&'a Siblings, ObjectFiles)>,
}

impl<'a> Store<'a> {
    /// Below `cache_dir`; without one nothing is cached. What is read is shared with `siblings`.
    pub(super) fn of(repo: &Repo, cache_dir: Option<&Path>, siblings: &'a Siblings) -> Self {
        Self {
            siblings: repo.object_files().map(|files| (siblings, files)),
            ..Self::new(cache_dir, repo.common_dir(), repo.replacements())
        }
    }

    /// `place` is the directory that all worktrees of the clone share, and `replaced` tells what stands in for its objects.
    fn new(cache_dir: Option<&Path>, place: &Path, replaced: Option<u64>) -> Self {
        let clone = clone_name(place);
        let clone = match replaced {
            Some(number) => format!("{clone}-{number:016x}"),
            None => clone,
        };
        Self {
            cache: cache_dir.map(Path::to_owned),
            clone,
            siblings: None,
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
        let siblings = self.siblings.as_ref();
        let shared = siblings.and_then(|(siblings, files)| siblings.trees.get(&tree, files));
        let facts = shared.map_or_else(read, Ok)?;
        if facts.gaps.is_lasting() {
            siblings.inspect(|(siblings, files)| siblings.trees.put(tree, files, &facts));
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
        let (key, siblings) = ((head, since), self.siblings.as_ref());
        let shared = siblings.and_then(|(siblings, files)| siblings.histories.get(&key, files));
        let facts = shared.map_or_else(read, Ok)?;
        if !facts.cut_short && facts.gaps.is_empty() {
            siblings.inspect(|(siblings, files)| siblings.histories.put(key, files, &facts));
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
    use crate::facts::inventory::Gaps;

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

    #[test]
    fn clones_share_facts_if_their_objects_are_in_the_same_files() {
        let siblings = Siblings::default();
        let clone = |files: &ObjectFiles| Store {
            siblings: Some((&siblings, files.clone())),
            ..Store::new(None, Path::new("/src/kiln/.git"), None)
        };
        let [same, others] = [1, 2].map(ObjectFiles::none_with);
        let [one, two]: [ObjectId; 2] = [[1; 20].into(), [2; 20].into()];
        let tree = |files, id| clone(files).tree(id, || Err("not shared".to_owned()));
        let history = |files, since| clone(files).history(one, since, || Err("not shared".to_owned()));
        let facts = TreeFacts {
            gaps: Gaps {
                too_large: ["a".to_owned()].into(),
                ..Gaps::default()
            },
            ..TreeFacts::default()
        };
        assert_eq!(clone(&same).tree(one, || Ok(facts.clone())).unwrap(), facts);
        assert_eq!(tree(&same, one).unwrap(), facts);
        assert!(tree(&same, two).is_err() && tree(&others, one).is_err());
        let found = clone(&same).history(one, 5, || Ok(HistoryFacts::default()));
        assert!(found.is_ok() && history(&same, 5).is_ok());
        assert!(history(&same, 6).is_err() && history(&others, 5).is_err());
        let mut broken = facts;
        broken.gaps.folders = 1;
        assert!(clone(&same).tree(two, || Ok(broken)).is_ok());
        assert!(tree(&same, two).is_err(), "it could not be read completely");
    }
}
