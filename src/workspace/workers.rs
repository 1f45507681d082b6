//! Repositories side by side: with as many threads as asked for, the largest first, so that no thread is left alone with it
//! at the end.

use std::cmp::Reverse;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use rayon::ThreadPoolBuildError;

use crate::git::changes;
use crate::sources::discover::weight;

/// How far a reading is, to be looked at from another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// Repositories to read.
    pub repositories: AtomicUsize,
    /// Repositories that were read.
    pub done: AtomicUsize,
    /// How far their histories are.
    pub commits: Arc<changes::Progress>,
}

impl Progress {
    /// One whose histories are told of elsewhere.
    pub fn with_commits(commits: Arc<changes::Progress>) -> Self {
        Self {
            commits,
            ..Self::default()
        }
    }
}

/// Reads each repository with `read`, with `jobs` threads or, without, one a processor. Results are in the order of `paths`.
pub fn read_each<T: Send>(
    paths: &[PathBuf],
    jobs: Option<NonZero<usize>>,
    progress: &Progress,
    read: impl Fn(&Path) -> T + Sync,
) -> Result<Vec<T>, ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.map_or(0, NonZero::get))
        .build()?;
    progress.repositories.fetch_add(paths.len(), Ordering::Relaxed);
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by_cached_key(|at| Reverse(weight(&paths[*at])));
    let (sender, results) = channel();
    pool.install(|| {
        rayon::scope_fifo(|scope| {
            for at in order {
                let (sender, read) = (sender.clone(), &read);
                scope.spawn_fifo(move |_| {
                    let result = read(&paths[at]);
                    progress.done.fetch_add(1, Ordering::Relaxed);
                    // The other end is there until all are done.
                    let _ = sender.send((at, result));
                });
            }
        });
    });
    drop(sender);
    let mut found: Vec<(usize, T)> = results.into_iter().collect();
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, result)| result).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_paths_and_are_counted() {
        let paths: Vec<PathBuf> = (0..20).map(|number| PathBuf::from(number.to_string())).collect();
        let progress = Progress::default();
        let read = read_each(&paths, NonZero::new(3), &progress, Path::to_owned).unwrap();
        assert_eq!(read, paths);
        assert_eq!(progress.repositories.into_inner(), 20);
        assert_eq!(progress.done.into_inner(), 20);
    }
}
