//! Repositories side by side: with as many threads as asked for, the largest first, so that no thread is left alone with it
//! at the end; and on a terminal a bar that tells how far it is.

use std::cmp::Reverse;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::context::Context;
use super::error::CommandError;
use crate::git::changes::Progress;
use crate::sources::discover::weight;

/// What takes less time than this is not worth a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reads each repository with `read`, with `jobs` threads or, without, one a processor. `progress` is what the readers advance.
/// Results are in the order of `paths`.
pub fn read_each<T: Send>(
    context: &Context,
    jobs: Option<NonZero<usize>>,
    paths: &[PathBuf],
    progress: &Arc<Progress>,
    read: impl Fn(&Path) -> T + Sync,
) -> Result<Vec<T>, CommandError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs.map_or(0, NonZero::get))
        .build()
        .map_err(|error| CommandError::from_error(&error))?;
    let done = Arc::new(AtomicUsize::new(0));
    let bar = context
        .terminal
        .interactive
        .then(|| Bar::start(Arc::clone(progress), Arc::clone(&done), paths.len()));
    let mut order: Vec<usize> = (0..paths.len()).collect();
    order.sort_by_cached_key(|at| Reverse(weight(&paths[*at])));
    let (sender, results) = channel();
    pool.install(|| {
        rayon::scope_fifo(|scope| {
            for at in order {
                let (sender, read, done) = (sender.clone(), &read, &done);
                scope.spawn_fifo(move |_| {
                    let result = read(&paths[at]);
                    done.fetch_add(1, Ordering::Relaxed);
                    // The other end is there until all are done.
                    let _ = sender.send((at, result));
                });
            }
        });
    });
    drop(sender);
    if let Some(bar) = bar {
        bar.stop();
    }
    let mut found: Vec<(usize, T)> = results.into_iter().collect();
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, result)| result).collect())
}

/// Draws from a thread of its own.
struct Bar {
    thread: JoinHandle<()>,
    stop: Sender<()>,
}

impl Bar {
    fn start(progress: Arc<Progress>, done: Arc<AtomicUsize>, repositories: usize) -> Self {
        let (stop, stopped) = channel();
        let thread = std::thread::spawn(move || {
            let start = Instant::now();
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            let template = "{msg} {wide_bar} {percent}% of commits, {rate}/s, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.with_key("rate", write_rate));
            }
            while stopped.recv_timeout(PATIENCE / 4).is_err() {
                if start.elapsed() >= PATIENCE && bar.is_hidden() {
                    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
                }
                let done = done.load(Ordering::Relaxed);
                bar.set_message(format!("{done} of {repositories} repositories"));
                // Each commit is looked at twice: once for its files, once for their lines.
                bar.set_length(progress.total.load(Ordering::Relaxed) as u64 / 2);
                bar.set_position(progress.done.load(Ordering::Relaxed) as u64 / 2);
            }
            bar.finish_and_clear();
        });
        Self { thread, stop }
    }

    fn stop(self) {
        // A thread that ended already drew its last.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

/// Whole commits a second: a bar that is drawn eight times a second has no use for more.
fn write_rate(state: &ProgressState, out: &mut dyn std::fmt::Write) {
    // Nothing is left to be done about a bar that cannot be drawn.
    let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
}
