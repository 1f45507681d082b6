//! How far some work is, to be looked at from another thread.
//!
//! Work is done in stages. The total of a stage is known when it begins or never, and what is done only grows, so that nobody
//! who looks sees it run backward. A stage that begins a second time has another name, so that it does not seem to run backward
//! either.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A stage of some work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// What is done: `Scanning`. Empty before the first stage.
    pub what: &'static str,
    /// What is counted: `repositories`.
    pub counted: &'static str,
    /// How many steps there are; 0 if that is unknown.
    pub total: usize,
    /// How many of them are done.
    pub done: usize,
    /// What was begun last, by its name. Untrusted text.
    pub name: String,
    /// How often each thing that is counted is looked at.
    passes: usize,
    /// Whether a stage of this name was over before.
    is_again: bool,
}

/// How far some work is.
#[derive(Debug, Default)]
pub struct Progress(Mutex<Stages>);

#[derive(Debug, Default)]
struct Stages {
    now: Stage,
    /// The names of all that have begun.
    begun: Vec<&'static str>,
}

impl Progress {
    /// Begins other work: nothing of the earlier stages matters for it.
    pub fn restart(&self) {
        *self.stages() = Stages::default();
    }

    /// Begins a stage of `total` things; 0 if their number is unknown.
    pub fn begin(&self, what: &'static str, counted: &'static str, total: usize) {
        self.begin_in_passes(1, what, counted, total);
    }

    /// Begins a stage in which each thing is looked at several times: [`advance`](Self::advance) is called each time.
    pub fn begin_in_passes(&self, passes: usize, what: &'static str, counted: &'static str, total: usize) {
        let mut stages = self.stages();
        let is_again = stages.begun.contains(&what);
        if !is_again {
            stages.begun.push(what);
        }
        stages.now = Stage {
            what,
            counted,
            total: total * passes,
            done: 0,
            name: String::new(),
            passes,
            is_again,
        };
    }

    /// Names what is begun.
    pub fn name(&self, name: &str) {
        name.clone_into(&mut self.stages().now.name);
    }

    /// Adds to what is done.
    pub fn advance(&self, steps: usize) {
        let stage = &mut self.stages().now;
        stage.done = match stage.total {
            0 => stage.done + steps,
            total => (stage.done + steps).min(total),
        };
    }

    /// The stage as it is now.
    pub fn now(&self) -> Stage {
        self.stages().now.clone()
    }

    fn stages(&self) -> MutexGuard<'_, Stages> {
        // Nothing panics while it holds the lock, and numbers are never half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        if self.is_again {
            f.write_str(" again")?;
        }
        let count = |steps: usize| grouped(steps / self.passes.max(1));
        match self.total {
            0 if self.done == 0 || self.counted.is_empty() => {}
            0 => write!(f, ": {} {}", count(self.done), self.counted)?,
            total => {
                write!(f, ": {}/{}", count(self.done), count(total))?;
                if !self.counted.is_empty() {
                    write!(f, " {}", self.counted)?;
                }
            }
        }
        if !self.name.is_empty() {
            write!(f, ", {}", self.name)?;
        }
        Ok(())
    }
}

/// `1,234,567`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_stage_is_shown_with_what_is_known_of_it() {
        let progress = Progress::default();
        assert_eq!(progress.now().to_string(), "");
        progress.begin("Scanning", "repositories", 39);
        progress.advance(13);
        progress.name("jj");
        assert_eq!(progress.now().to_string(), "Scanning: 13/39 repositories, jj");
        progress.begin("Reading session logs", "", 270);
        assert_eq!(progress.now().to_string(), "Reading session logs: 0/270");
        progress.begin("Reading notes", "", 0);
        progress.advance(3);
        assert_eq!(progress.now().to_string(), "Reading notes");
        progress.begin("Reading commits", "commits", 0);
        assert_eq!(progress.now().to_string(), "Reading commits");
        progress.advance(1234);
        assert_eq!(progress.now().to_string(), "Reading commits: 1,234 commits");
        progress.begin_in_passes(2, "Reading history", "commits", 1200);
        progress.advance(1201);
        assert_eq!(progress.now().to_string(), "Reading history: 600/1,200 commits");
    }

    #[test]
    fn a_stage_that_comes_back_has_another_name() {
        let progress = Progress::default();
        progress.begin("Scanning", "repositories", 2);
        progress.advance(2);
        progress.begin("Reading notes", "", 0);
        progress.begin("Scanning", "repositories", 3);
        assert_eq!(progress.now().to_string(), "Scanning again: 0/3 repositories");
        progress.restart();
        assert_eq!(progress.now().to_string(), "");
        progress.begin("Scanning", "repositories", 3);
        assert_eq!(progress.now().to_string(), "Scanning: 0/3 repositories");
    }

    #[test]
    fn what_is_done_only_grows_and_never_beyond_the_total() {
        let progress = Progress::default();
        let is_over = AtomicBool::new(false);
        progress.begin("Scanning", "repositories", 3000);
        std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let mut seen = vec![progress.now()];
                while !is_over.load(Ordering::Relaxed) {
                    seen.push(progress.now());
                }
                seen.push(progress.now());
                seen
            });
            let workers: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| (0..500).for_each(|_| progress.advance(3))))
                .collect();
            workers.into_iter().for_each(|worker| worker.join().unwrap());
            is_over.store(true, Ordering::Relaxed);
            let seen = watcher.join().unwrap();
            assert!(seen.is_sorted_by_key(|stage| stage.done), "{seen:?}");
            assert!(seen.iter().all(|stage| stage.total == 3000 && stage.done <= 3000));
            assert_eq!(seen.last().map(|stage| stage.done), Some(3000));
        });
    }
}
