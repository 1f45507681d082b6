//! The cache of which commit added each line of HEAD: the next run only reads what is new.
//!
//! Two files per repository, safe to delete: the lines, and their sums, which answer most questions while HEAD stays where it is.
//! The cache changes no answer, only how long it takes.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::store::{Kind, Slot, StoreError};
use crate::facts::ids::ObjectId;
use crate::facts::progress::Progress;
use crate::git::Repo;
use crate::git::shared::Shared;
use crate::git::stamp::Stamp;
use crate::git::survival::{Kept, Origin, Standing, Survival, SurvivalError, survival};

/// Increase it whenever answers are stored or found differently.
const VERSION: u32 = 3;
/// The same for sums.
const SUMS_VERSION: u32 = 1;

/// An answer, and any trouble with caching it.
pub struct Read<T> {
    /// The answer.
    pub answer: T,
    /// Why the earlier answer, or this one, is of no use to the next run.
    pub trouble: Option<String>,
}

/// Reads the survival of the tree at `head` with up to `jobs` threads, using the cache of an earlier run in `folder`.
pub fn read_survival(
    repo: &Repo,
    head: ObjectId,
    jobs: usize,
    folder: Option<&Path>,
    shared: Option<&Shared>,
    progress: &Progress,
) -> Result<Read<Survival>, SurvivalError> {
    let slot = folder.map(|folder| Slot::of_clone(folder, Kind::Survival, VERSION, repo.common_dir()));
    let (kept, mut trouble) = match slot.as_ref().map(Slot::load::<Kept>) {
        Some(Ok(kept)) => (Some(kept), None),
        None | Some(Err(StoreError::Absent | StoreError::OtherVersion)) => (None, None),
        Some(Err(error)) => (None, Some(format!("its cached lines are read again: {error}"))),
    };
    let (answer, keep) = survival(repo, head, jobs, kept, shared, progress)?;
    if let Some((slot, keep)) = slot.zip(keep)
        && let Err(error) = slot.save(&keep)
    {
        trouble = Some(format!(
            "its lines cannot be cached in `{}`: {error}",
            slot.path().display()
        ));
    }
    Ok(Read { answer, trouble })
}

/// Sums as they are stored, or why they are unknown.
#[derive(Serialize, Deserialize)]
struct StoredSums {
    origin: Origin,
    /// The state of the repository, if objects were missing: they may be there one day.
    stamp: Option<[u8; 32]>,
    sums: Result<Sums, String>,
}

#[derive(Serialize, Deserialize)]
struct Sums {
    /// Sorted by commit.
    lines: Vec<(ObjectId, u64)>,
    top: Vec<String>,
    is_complete: bool,
}

impl Sums {
    fn of(standing: &Standing) -> Self {
        let mut lines: Vec<_> = standing
            .lines
            .iter()
            .map(|(commit, lines)| (*commit, *lines))
            .collect();
        lines.sort_unstable();
        Self {
            lines,
            top: standing.top.clone(),
            is_complete: standing.is_complete,
        }
    }

    fn standing(self) -> Standing {
        Standing {
            lines: self.lines.into_iter().collect(),
            top: self.top,
            is_complete: self.is_complete,
        }
    }
}

/// Reads the sums of the survival of the tree at `head`, or why they are unknown; see [`read_survival`].
pub fn read_standing(
    repo: &Repo,
    head: ObjectId,
    jobs: usize,
    folder: Option<&Path>,
    shared: Option<&Shared>,
    progress: &Progress,
) -> Result<Read<Standing>, String> {
    let Some(folder) = folder else {
        let read =
            read_survival(repo, head, jobs, None, shared, progress).map_err(|error| error.to_string())?;
        return Ok(Read {
            answer: Standing::of(&read.answer),
            trouble: read.trouble,
        });
    };
    let slot = Slot::of_sums(folder, SUMS_VERSION, repo.common_dir());
    let origin = Origin::of(repo, head);
    let stamp = || {
        let stamp = Stamp::of(repo.git_dir()).filter(Stamp::is_settled);
        stamp.map(|stamp| stamp.sum)
    };
    // Trouble with the lines was reported when they were read; a damaged file counts as absent.
    if let Ok(stored) = slot.load::<StoredSums>()
        && stored.origin == origin
        && (stored.stamp.is_none() || stored.stamp == stamp())
    {
        return Ok(Read {
            answer: stored.sums?.standing(),
            trouble: None,
        });
    }
    let before = stamp();
    let (found, mut trouble) = match read_survival(repo, head, jobs, Some(folder), shared, progress) {
        Ok(read) => (Ok(Standing::of(&read.answer)), read.trouble),
        Err(error @ SurvivalError::Object(_)) => (Err(error.to_string()), None),
        Err(error) => return Err(error.to_string()),
    };
    let is_complete = found.as_ref().is_ok_and(|standing| standing.is_complete);
    let stored = StoredSums {
        origin,
        stamp: before.filter(|_| !is_complete),
        sums: found.as_ref().map(Sums::of).map_err(Clone::clone),
    };
    // Without a stamp, nobody would notice that a missing object arrived.
    if (is_complete || stored.stamp.is_some())
        && let Err(error) = slot.save(&stored)
    {
        let unsaved = || {
            format!(
                "its lines cannot be cached in `{}`: {error}",
                slot.path().display()
            )
        };
        trouble.get_or_insert_with(unsaved);
    }
    found.map(|answer| Read { answer, trouble })
}

#[cfg(test)]
mod tests {
    use super::super::store::assert_damage_is_noticed;
    use super::*;
    use crate::facts::commit::Person;
    use crate::git::create::NewRepo;

    #[test]
    fn any_damage_to_the_sums_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let owner = Person {
            name: "A Potter".into(),
            email: "potter@kiln.example".into(),
        };
        NewRepo::init(&folder.path().join("kiln"), &owner).unwrap();
        let repo = Repo::open(&folder.path().join("kiln")).unwrap();
        let slot = Slot::of_sums(folder.path(), SUMS_VERSION, repo.common_dir());
        let standing = Standing {
            lines: [([1; 20].into(), 3), ([2; 20].into(), 4)].into(),
            top: vec!["README".into()],
            is_complete: true,
        };
        let origin = Origin::of(&repo, [1; 20].into());
        slot.save(&StoredSums {
            origin: origin.clone(),
            stamp: Some([3; 32]),
            sums: Ok(Sums::of(&standing)),
        })
        .unwrap();
        let is_whole = || {
            slot.load::<StoredSums>().is_ok_and(|stored| {
                stored.origin == origin && stored.sums.is_ok_and(|sums| sums.standing() == standing)
            })
        };
        assert_damage_is_noticed(slot.path(), is_whole);
    }
}
