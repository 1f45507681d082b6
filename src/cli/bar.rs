//! On a terminal, a bar that tells how far the reading of repositories is.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::terminal::Terminal;
use crate::workspace::workers::Progress;

/// What takes less time than this is not worth a bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reads with `read`, and draws how far it is.
pub fn during<T>(terminal: &Terminal, progress: &Arc<Progress>, read: impl FnOnce() -> T) -> T {
    let bar = terminal.interactive.then(|| Bar::start(Arc::clone(progress)));
    let result = read();
    if let Some(bar) = bar {
        bar.stop();
    }
    result
}

/// Draws from a thread of its own.
struct Bar {
    thread: JoinHandle<()>,
    stop: Sender<()>,
}

impl Bar {
    fn start(progress: Arc<Progress>) -> Self {
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
                let done = progress.done.load(Ordering::Relaxed);
                let all = progress.repositories.load(Ordering::Relaxed);
                bar.set_message(format!("{done} of {all} repositories"));
                // Each commit is looked at twice: once for its files, once for their lines.
                bar.set_length(progress.commits.total.load(Ordering::Relaxed) as u64 / 2);
                bar.set_position(progress.commits.done.load(Ordering::Relaxed) as u64 / 2);
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
