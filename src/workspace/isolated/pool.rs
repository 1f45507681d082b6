//! The processes that read repositories: as many as are read at once, each started when needed.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::super::isolation::Isolation;
use super::process::{Ended, Program, Worker};

/// The first argument of the program if it is a worker process.
pub const COMMAND: &str = "read-repositories";
/// How many idle repositories may be left waiting; any more are waited for.
const MOST_LEFT: usize = 64;

/// Waiting processes, and how to start more.
#[derive(Debug)]
pub(super) struct Pool<'a> {
    program: &'a Path,
    variables: &'a [(String, String)],
    request: Result<String, String>,
    idle: Mutex<Vec<Worker>>,
    left: AtomicUsize,
}

impl<'a> Pool<'a> {
    /// An empty pool, for requests in this form.
    pub(super) fn new(isolation: &'a Isolation, request: serde_json::Result<String>) -> Self {
        Self {
            program: &isolation.program,
            variables: &isolation.variables,
            request: request.map_err(|error| error.to_string()),
            idle: Mutex::default(),
            left: AtomicUsize::new(0),
        }
    }

    /// A waiting process, or else a new one.
    pub(super) fn worker(&self) -> Result<Worker, Ended> {
        let waiting = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        waiting.map_or_else(|| self.fresh(), Ok)
    }

    /// A new process.
    pub(super) fn fresh(&self) -> Result<Worker, Ended> {
        let request = self.request.as_ref();
        let request = request.map_err(|error| Ended::NotStarted(io::Error::other(error.clone())))?;
        let arguments: [&OsStr; 2] = [COMMAND.as_ref(), request.as_ref()];
        Program {
            path: self.program,
            arguments: &arguments,
            variables: self.variables,
        }
        .start()
    }

    /// Returns a process for the next request.
    pub(super) fn give_back(&self, worker: Worker) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(worker);
    }

    /// Counts one more repository that is left waiting; `false` if there are too many.
    pub(super) fn leave_one(&self) -> bool {
        self.left.fetch_add(1, Ordering::Relaxed) < MOST_LEFT
    }
}
