//! Who brought each line of HEAD, kept between runs: the next one reads what came since.
//!
//! One file a repository, safe to delete. What was kept changes no answer, only how long it takes.

use std::path::Path;

use super::store::{Kind, Slot, StoreError};
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::survival::{Kept, Survival, SurvivalError, survival};

/// Raised whenever answers are laid out or found differently.
const VERSION: u32 = 3;

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
    let slot = folder.map(|folder| Slot::of_clone(folder, Kind::Survival, VERSION, repo.common_dir()));
    let (kept, mut trouble) = match slot.as_ref().map(Slot::load::<Kept>) {
        Some(Ok(kept)) => (Some(kept), None),
        None | Some(Err(StoreError::Absent | StoreError::OtherVersion)) => (None, None),
        Some(Err(error)) => (None, Some(format!("its cached lines are read again: {error}"))),
    };
    let (survival, keep) = survival(repo, head, jobs, kept)?;
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
