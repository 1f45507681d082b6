//! Ends this process if its work takes too long: a file that never responds would otherwise block it, and the locks it holds,
//! forever.

use std::process;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Work with a time limit. It is watched until this is dropped.
#[derive(Debug)]
pub struct Watched {
    _over: Option<Sender<()>>,
}

impl Watched {
    /// Ends the process with exit code 1 unless this is dropped first.
    pub fn until(limit: Duration) -> Self {
        let (over, heard) = channel();
        let watch = move || {
            if heard.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                end();
            }
        };
        // If no thread can be started, nothing is watched.
        let is_watched = thread::Builder::new().spawn(watch).is_ok();
        Self {
            _over: is_watched.then_some(over),
        }
    }
}

// The hanging thread cannot be ended by itself.
#[allow(clippy::exit)]
fn end() {
    process::exit(1)
}
