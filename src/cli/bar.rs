//! On a terminal, a line that shows how far the work is.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::context::Context;
use crate::facts::progress::Progress;
use crate::render::escape::visible;

/// Work that takes less time shows no line.
const PATIENCE: Duration = Duration::from_millis(500);

/// Time between two looks at the work.
const PERIOD: Duration = Duration::from_millis(125);

/// Does some work of a command, and shows how far it is.
pub fn during<T>(context: &Context, work: impl FnOnce() -> T) -> T {
    // What an earlier stage of the command left behind is done.
    context.progress.restart();
    let interactive = context.terminal.interactive;
    let bar = interactive.then(|| Bar::start(Arc::clone(&context.progress)));
    let result = work();
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
            let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
                line.set_style(style);
            }
            watch(
                &progress,
                &stopped,
                || start.elapsed(),
                |text| {
                    if line.is_hidden() {
                        line.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
                    }
                    line.set_message(text);
                    line.tick();
                },
            );
            line.finish_and_clear();
        });
        Self { thread, stop }
    }

    fn stop(self) {
        // A thread that ended already drew its last line.
        let _ = self.stop.send(());
        let _ = self.thread.join();
    }
}

/// Draws the stages of some work until it is done, or nothing if it is done soon.
fn watch(
    progress: &Progress,
    stopped: &Receiver<()>,
    elapsed: impl Fn() -> Duration,
    mut draw: impl FnMut(String),
) {
    while stopped.recv_timeout(PERIOD) == Err(RecvTimeoutError::Timeout) {
        let stage = progress.now();
        if elapsed() >= PATIENCE && !stage.what.is_empty() {
            draw(visible(&stage.to_string()).into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is drawn of some work when the clock shows `elapsed`.
    fn drawn(elapsed: Duration, work: impl FnOnce(&Progress) + Send) -> Vec<String> {
        let progress = Progress::default();
        let (stop, stopped) = channel();
        let mut lines = Vec::new();
        std::thread::scope(|scope| {
            let progress = &progress;
            scope.spawn(move || {
                work(progress);
                stop.send(()).unwrap();
            });
            watch(progress, &stopped, || elapsed, |line| lines.push(line));
        });
        lines
    }

    /// Three stages, each long enough to be seen.
    fn stages(progress: &Progress) {
        for (what, counted) in [
            ("Scanning", "repositories"),
            ("Reading session logs", ""),
            ("Linking sessions to commits", "repositories"),
        ] {
            progress.begin(what, counted, 8);
            for step in 0..8 {
                progress.name(&format!("\u{1b}{step}"));
                progress.advance(1);
                std::thread::sleep(PERIOD / 2);
            }
        }
    }

    #[test]
    fn counts_never_run_backward() {
        let lines = drawn(PATIENCE, stages);
        assert!(lines.len() > 5, "{lines:?}");
        let mut last = (String::new(), 0);
        let mut seen = Vec::new();
        for line in &lines {
            let (what, counts) = line.split_once(": ").unwrap();
            let (done, total) = counts.split_once('/').unwrap();
            assert!(total.starts_with('8'), "{line}");
            assert!(!line.contains(['%', '\u{1b}']), "{line}");
            let now = (what.to_owned(), done.parse::<usize>().unwrap());
            if now.0 == last.0 {
                assert!(now.1 >= last.1, "{lines:?}");
            } else {
                assert!(!seen.contains(&now.0), "a stage comes back: {lines:?}");
                seen.push(now.0.clone());
            }
            last = now;
        }
    }

    #[test]
    fn short_work_draws_nothing() {
        let lines = drawn(PATIENCE / 2, |progress| {
            progress.begin("Scanning", "repositories", 8);
            std::thread::sleep(PERIOD * 2);
        });
        assert!(lines.is_empty(), "{lines:?}");
    }

    #[test]
    fn work_without_a_stage_draws_nothing() {
        let lines = drawn(PATIENCE, |_| std::thread::sleep(PERIOD * 2));
        assert!(lines.is_empty(), "{lines:?}");
    }
}
