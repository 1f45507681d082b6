//! The cache of which commit added each line of HEAD: the next run only reads what is new.
//!
//! One file per repository, safe to delete. The cache changes no answer, only how long it takes.

use std::path::Path;

use super::store::{Kind, Slot, StoreError};
use crate::facts::ids::ObjectId;
use crate::facts::progress::Progress;
use crate::git::Repo;
use crate::git::survival::{Kept, Survival, SurvivalError, survival};

/// Increase it whenever answers are stored or found differently.
const VERSION: u32 = 3;

/// An answer, and any trouble with caching it.
pub struct Read {
    /// The answer.
    pub survival: Survival,
    /// Why the earlier answer, or this one, is of no use to the next run.
    pub trouble: Option<String>,
}

/// Reads the survival of the tree at `head` with up to `jobs` threads, using the cache of an earlier run in `folder`.
pub fn read_survival(
    repo: &Repo,
    head: ObjectId,
    jobs: usize,
    folder: Option<&Path>,
    progress: &Progress,
) -> Result<Read, SurvivalError> {
    let slot = folder.map(|folder| Slot::of_clone(folder, Kind::Survival, VERSION, repo.common_dir()));
    let (kept, mut trouble) = match slot.as_ref().map(Slot::load::<Kept>) {
        Some(Ok(kept)) => (Some(kept), None),
        None | Some(Err(StoreError::Absent | StoreError::OtherVersion)) => (None, None),
        Some(Err(error)) => (None, Some(format!("its cached lines are read again: {error}"))),
    };
    let (survival, keep) = survival(repo, head, jobs, kept, progress)?;
    if let Some((slot, keep)) = slot.zip(keep)
        && let Err(error) = slot.save(&keep)
    {
        trouble = Some(format!(
            "its lines cannot be cached in `{}`: {error}",
            slot.path().display()
        ));
    }
    Ok(Read { survival, trouble })
}
