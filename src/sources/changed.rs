//! The cache of the files and lines that commits changed: reading them takes most of the time of linking sessions to
//! commits, and a commit never changes.
//!
//! One file per repository. A damaged file, or one of another version, counts as absent; all may be deleted at any
//! time.

use std::path::Path;

use super::store::{Kind, Slot};
use crate::facts::change::ChangedFile;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::added_lines::Known;

/// Increase it whenever these facts are stored or found differently.
const VERSION: u32 = 2;

/// Whether a commit's changes depend only on its objects: not if history was cut off or replaced, since that may be
/// undone.
fn is_lasting(repo: &Repo) -> bool {
    !repo.is_shallow() && repo.replacements().is_none()
}

/// What earlier runs cached of a repository.
pub fn load(folder: &Path, repo: &Repo) -> Known {
    if !is_lasting(repo) {
        return Known::default();
    }
    let kept: Vec<(ObjectId, Vec<ChangedFile>)> = slot(folder, repo).load().unwrap_or_default();
    Known {
        files: kept.into_iter().collect(),
        has_grown: false,
    }
}

/// Caches it, if there is anything new. A failed write only costs time in the next run.
pub fn save(folder: &Path, repo: &Repo, known: &Known) {
    if !known.has_grown || !is_lasting(repo) {
        return;
    }
    let mut sorted: Vec<(&ObjectId, &Vec<ChangedFile>)> = known.files.iter().collect();
    sorted.sort_unstable_by_key(|(id, _)| **id);
    let _ = slot(folder, repo).save(&sorted);
}

fn slot(folder: &Path, repo: &Repo) -> Slot {
    Slot::of_clone(folder, Kind::Changes, VERSION, repo.common_dir())
}
