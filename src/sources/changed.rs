//! Which files and lines commits changed, kept between runs: reading them costs most of the time in which sessions are linked
//! to commits, and a commit never changes.
//!
//! One file a repository. One that is damaged or of another version is as good as none; all may be deleted at any time.

use std::path::Path;

use super::store::{Kind, Slot};
use crate::facts::change::ChangedFile;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::added_lines::Known;

/// Raised whenever these facts are laid out or found differently.
const VERSION: u32 = 2;

/// Whether what a commit changed depends on its objects alone: not where history was cut off or replaced, since that may be
/// undone.
fn is_lasting(repo: &Repo) -> bool {
    !repo.is_shallow() && repo.replacements().is_none()
}

/// What earlier runs kept of a repository.
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

/// Keeps it, if there is anything new. What cannot be written costs time in the next run, nothing else.
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
