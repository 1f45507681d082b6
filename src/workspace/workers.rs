//! Reads repositories in parallel: with the requested number of threads, the largest first, so that no thread is left working on
//! it alone at the end.

use std::cmp::Reverse;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use rayon::ThreadPoolBuildError;

use crate::git::changes;
use crate::git::size::size;

/// The progress of a reading, visible to another thread.
#[derive(Debug, Default)]
pub struct Progress {
    /// The number of repositories to read.
    pub repositories: AtomicUsize,
    /// The number of repositories that were read.
    pub done: AtomicUsize,
    /// The progress of their histories.
    pub commits: Arc<changes::Progress>,
}

impl Progress {
    /// A progress whose histories are reported elsewhere.
    pub fn with_commits(commits: Arc<changes::Progress>) -> Self {
        Self {
            commits,
            ..Self::default()
        }
    }
}

/// The result of a repository's turn.
pub enum Turn<'a, T> {
    /// It was read.
    Done(T),
    /// Nothing can be done for now; it is read after all others had their turn.
    Later(Box<dyn FnOnce() -> T + Send + 'a>),
}

/// The resources for one repository.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// How many threads it can use: its share of them by size, at least one.
    pub threads: NonZero<usize>,
    /// The amount of data to read, in bytes ([`size`]).
    pub bytes: u64,
}

/// Reads each repository with `read`, with `jobs` threads, by default one per processor. Results are in the order of `paths`.
///
/// Readers in this process share threads as they go.
pub fn read_each<'a, T: Send>(
    paths: &'a [PathBuf],
    jobs: Option<NonZero<usize>>,
    progress: &Progress,
    read: impl Fn(&'a Path, Share) -> Turn<'a, T> + Sync,
) -> Result<Vec<T>, ThreadPoolBuildError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.map_or(0, NonZero::get))
        .build()?;
    progress.repositories.fetch_add(paths.len(), Ordering::Relaxed);
    let mut order: Vec<usize> = (0..paths.len()).collect();
    let weights: Vec<u64> = paths.iter().map(|path| size(path)).collect();
    let all: u128 = weights.iter().copied().map(u128::from).sum();
    order.sort_by_key(|at| Reverse(weights[*at]));
    let threads = pool.current_num_threads();
    let share = |at: usize| {
        let part = (u128::from(weights[at]) * threads as u128).div_ceil(all.max(1));
        Share {
            threads: NonZero::new(part as usize).unwrap_or(NonZero::<usize>::MIN),
            bytes: weights[at],
        }
    };
    let (sender, results) = channel();
    pool.install(|| {
        rayon::scope_fifo(|scope| {
            for at in order {
                let (sender, read, share) = (sender.clone(), &read, share(at));
                scope.spawn_fifo(move |_| {
                    let turn = read(&paths[at], share);
                    if matches!(turn, Turn::Done(_)) {
                        progress.done.fetch_add(1, Ordering::Relaxed);
                    }
                    // The receiver exists until all are done.
                    let _ = sender.send((at, turn));
                });
            }
        });
    });
    drop(sender);
    let mut found: Vec<(usize, Turn<'_, T>)> = results.into_iter().collect();
    found.sort_by_key(|(at, _)| *at);
    let result = |turn| match turn {
        Turn::Done(result) => result,
        Turn::Later(finish) => {
            let result = finish();
            progress.done.fetch_add(1, Ordering::Relaxed);
            result
        }
    };
    Ok(found.into_iter().map(|(_, turn)| result(turn)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stand_in_the_order_of_the_paths_and_are_counted() {
        let paths: Vec<PathBuf> = (0..20).map(|number| PathBuf::from(number.to_string())).collect();
        let progress = Progress::default();
        let count = |path: &Path| path.to_str().and_then(|number| number.parse::<u32>().ok());
        let read = |path, _| match count(path) {
            Some(number) if number % 7 == 3 => Turn::Later(Box::new(|| path.to_owned())),
            _ => Turn::Done(path.to_owned()),
        };
        let read = read_each(&paths, NonZero::new(3), &progress, read).unwrap();
        assert_eq!(read, paths);
        assert_eq!(progress.repositories.into_inner(), 20);
        assert_eq!(progress.done.into_inner(), 20);
    }
}
