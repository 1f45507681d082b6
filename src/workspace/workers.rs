//! Reads repositories in parallel: with the requested number of threads, the largest first, so that no thread is left working on
//! it alone at the end.

use std::cmp::Reverse;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

use crate::facts::progress::Progress;
use crate::git::size::size;

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

/// Threads for some jobs, by default one per processor.
pub fn pool(jobs: Option<NonZero<usize>>) -> Result<ThreadPool, ThreadPoolBuildError> {
    let threads = jobs.map_or(0, NonZero::get);
    ThreadPoolBuilder::new().num_threads(threads).build()
}

/// Reads each repository with `read`, with `jobs` threads, by default one per processor. Results are in the order of `paths`.
/// `what` is done to them, as a stage of `progress`.
///
/// Readers in this process share threads as they go.
pub fn read_each<'a, T: Send>(
    paths: &'a [PathBuf],
    jobs: Option<NonZero<usize>>,
    (what, progress): (&'static str, &Progress),
    read: impl Fn(&'a Path, Share) -> Turn<'a, T> + Sync,
) -> Result<Vec<T>, ThreadPoolBuildError> {
    let pool = pool(jobs)?;
    // How far a single one is, its history says.
    let counts = paths.len() > 1;
    if counts {
        progress.begin(what, "repositories", paths.len());
    }
    let advance = || {
        if counts {
            progress.advance(1);
        }
    };
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
                let (sender, read, share, advance) = (sender.clone(), &read, share(at), &advance);
                scope.spawn_fifo(move |_| {
                    if counts {
                        progress.name(&name(&paths[at]));
                    }
                    let turn = read(&paths[at], share);
                    if matches!(turn, Turn::Done(_)) {
                        advance();
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
            advance();
            result
        }
    };
    Ok(found.into_iter().map(|(_, turn)| result(turn)).collect())
}

/// The directory of a repository, as its name.
fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
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
        let read = read_each(&paths, NonZero::new(3), ("Scanning", &progress), read).unwrap();
        assert_eq!(read, paths);
        let stage = progress.now();
        assert_eq!((stage.done, stage.total), (20, 20));
        assert!(
            stage.to_string().starts_with("Scanning: 20/20 repositories, "),
            "{stage}"
        );
    }

    #[test]
    fn a_single_repository_leaves_it_to_its_history_to_say_how_far_it_is() {
        let progress = Progress::default();
        let paths = [PathBuf::from("one")];
        let read = |_, _| {
            progress.begin("Reading history", "commits", 7);
            progress.advance(7);
            Turn::Done(())
        };
        read_each(&paths, None, ("Scanning", &progress), read).unwrap();
        assert_eq!(progress.now().to_string(), "Reading history: 7/7 commits");
    }
}
