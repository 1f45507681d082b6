//! Ends this process where what it does takes too long: a file that never answers would else keep it, and the locks that it
//! holds, for good.

use std::process;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// What must be over in time. It is watched until this is dropped.
#[derive(Debug)]
pub struct Watched {
    _over: Option<Sender<()>>,
}

impl Watched {
    /// Ends the process with 1 unless this is dropped sooner.
    pub fn until(limit: Duration) -> Self {
        let (over, heard) = channel();
        let watch = move || {
            if heard.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                end();
            }
        };
        // Where no thread can be had, nothing is watched.
        let is_watched = thread::Builder::new().spawn(watch).is_ok();
        Self {
            _over: is_watched.then_some(over),
        }
    }
}

// The thread that hangs cannot be ended on its own.
#[allow(clippy::exit)]
fn end() {
    process::exit(1)
}
