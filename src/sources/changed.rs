//! Which files and lines commits changed, kept between runs: reading them costs most of the time in which sessions are linked
//! to commits, and a commit never changes.
//!
//! One file a repository. One that is damaged or of another version is as good as none; all may be deleted at any time.

use std::path::{Path, PathBuf};

use super::cache::{checksum, read_body, write_body};
use crate::facts::change::ChangedFile;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::added_lines::Known;

/// Raised whenever these facts are laid out or found differently.
const HEAD: &[u8] = b"git-leverage changes 1\n";

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
    let body = read_body(&place(folder, repo), HEAD).ok();
    let kept: Option<Vec<(ObjectId, Vec<ChangedFile>)>> =
        body.and_then(|body| postcard::from_bytes(&body).ok());
    Known {
        files: kept.unwrap_or_default().into_iter().collect(),
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
    if let Ok(body) = postcard::to_stdvec(&sorted) {
        let _ = write_body(&place(folder, repo), HEAD, &body);
    }
}

fn place(folder: &Path, repo: &Repo) -> PathBuf {
    let name = checksum(repo.common_dir().as_os_str().as_encoded_bytes());
    folder.join(format!("changes-{name:016x}"))
}
