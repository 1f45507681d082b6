//! Who brought each line of HEAD, kept between runs: the next one reads what came since.
//!
//! One file a repository, safe to delete. What was kept changes no answer, only how long it takes.

use std::path::{Path, PathBuf};

use super::cache::{self, CacheError};
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::survival::{Kept, Survival, SurvivalError, survival};

/// Raised whenever answers are laid out or found differently.
const HEAD: &[u8] = b"git-leverage survival 2\n";

/// An answer, and what was wrong with keeping it.
pub struct Read {
    /// The answer.
    pub survival: Survival,
    /// Why the answer before, or this one, is of no use to the next run.
    pub trouble: Option<String>,
}

/// Reads the survival of the tree at `head` with up to `jobs` threads, from what `folder` keeps of an earlier time.
pub fn read_survival(
    repo: &Repo,
    head: ObjectId,
    jobs: usize,
    folder: Option<&Path>,
) -> Result<Read, SurvivalError> {
    let path = folder.map(|folder| place(folder, repo));
    let (kept, mut trouble) = match path.as_deref().map(load) {
        Some(Ok(kept)) => (Some(kept), None),
        None | Some(Err(CacheError::Absent | CacheError::OtherVersion)) => (None, None),
        Some(Err(error)) => (
            None,
            Some(format!("what was kept of its lines is read anew: {error}")),
        ),
    };
    let (survival, keep) = survival(repo, head, jobs, kept)?;
    if let Some((path, keep)) = path.zip(keep)
        && let Err(error) = save(&path, &keep)
    {
        trouble = Some(format!(
            "its lines cannot be kept in `{}`: {error}",
            path.display()
        ));
    }
    Ok(Read { survival, trouble })
}

fn place(folder: &Path, repo: &Repo) -> PathBuf {
    let name = cache::checksum(repo.common_dir().as_os_str().as_encoded_bytes());
    folder.join(format!("survival-{name:016x}"))
}

fn load(path: &Path) -> Result<Kept, CacheError> {
    let body = cache::read_body(path, HEAD)?;
    postcard::from_bytes(&body).map_err(|_| CacheError::Damaged)
}

fn save(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let body = postcard::to_stdvec(kept).map_err(std::io::Error::other)?;
    cache::write_body(path, HEAD, &body)
}
