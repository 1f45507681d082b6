//! The packs of a repository: opened once, and shared by everything that reads its objects.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder;
use super::pack::Pack;
use super::replacements::Replaced;
use crate::facts::ids::ObjectId;

/// The packs of a repository and its alternates, shared by all threads.
pub(super) struct Packs {
    pub(super) packs: Vec<Pack>,
    /// The length of object names in bytes.
    pub(super) width: usize,
    pub(super) replaced: Arc<Replaced>,
}

impl Packs {
    /// Opens all readable packs in these object directories; others are left to libgit2.
    pub(super) fn below(folders: &[PathBuf], width: usize, replaced: Arc<Replaced>) -> Self {
        let packs = folders
            .iter()
            .flat_map(|folder| open_folder(&folder.join("pack"), width));
        Self {
            packs: packs.collect(),
            width,
            replaced,
        }
    }

    /// Whether one of them contains an object.
    pub(super) fn has(&self, id: &ObjectId) -> bool {
        self.find(id, 0).is_some()
    }

    /// The pack that contains an object, and its position there; the pack `first` is asked first.
    pub(super) fn find(&self, id: &ObjectId, first: usize) -> Option<(usize, u64)> {
        let in_pack = |number: usize| Some((number, self.packs.get(number)?.find(id)?));
        let others = (0..self.packs.len()).filter(|number| *number != first);
        in_pack(first).or_else(|| others.into_iter().find_map(in_pack))
    }
}

fn open_folder(folder: &Path, width: usize) -> Vec<Pack> {
    let mut indexes: Vec<PathBuf> = folder::present(folder)
        .map(|entry| entry.path().to_owned())
        .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
        .collect();
    indexes.sort();
    let packs = indexes.iter().filter_map(|path| Pack::open(path, width));
    packs.collect()
}
