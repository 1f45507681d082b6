//! Survival for commands: of the tree at HEAD, with a number of threads, cached between runs.

use std::num::NonZero;
use std::path::Path;

use crate::facts::ids::ObjectId;
use crate::facts::progress::Progress;
use crate::git::Repo;
use crate::git::shared::Shared;
use crate::git::survival::{Standing, Survival};
use crate::sources::survival::{Read, read_standing, read_survival};

/// The survival of the repository at `path`, or why it is unknown.
pub fn survival_at(
    path: &Path,
    jobs: Option<NonZero<usize>>,
    cache: Option<&Path>,
) -> Result<Read<Survival>, String> {
    let repo = Repo::open(path).map_err(|error| error.to_string())?;
    survival_of(&repo, jobs, cache, None, &Progress::default())
}

/// The same for an open repository, and what a count of its history found.
pub fn survival_of(
    repo: &Repo,
    jobs: Option<NonZero<usize>>,
    cache: Option<&Path>,
    shared: Option<&Shared>,
    progress: &Progress,
) -> Result<Read<Survival>, String> {
    let head = head(repo)?;
    progress.begin("Reading the history of HEAD", "", 0);
    read_survival(repo, head, threads(jobs), cache, shared, progress).map_err(|error| error.to_string())
}

/// Its sums.
pub fn standing_of(
    repo: &Repo,
    jobs: Option<NonZero<usize>>,
    cache: Option<&Path>,
    shared: Option<&Shared>,
    progress: &Progress,
) -> Result<Read<Standing>, String> {
    let head = head(repo)?;
    progress.begin("Reading the history of HEAD", "", 0);
    read_standing(repo, head, threads(jobs), cache, shared, progress)
}

fn threads(jobs: Option<NonZero<usize>>) -> usize {
    jobs.or_else(|| std::thread::available_parallelism().ok())
        .map_or(1, NonZero::get)
}

fn head(repo: &Repo) -> Result<ObjectId, String> {
    let head = repo.head().map_err(|error| error.to_string())?;
    head.ok_or_else(|| "HEAD has no commit".to_owned())
}
