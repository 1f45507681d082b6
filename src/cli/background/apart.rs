//! Sweeps in a separate process: it reads repositories that do not belong to the command, and a hang or crash in one of them must
//! not affect it.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::detached;
use super::sweep::{Swept, Where, is_pending};
use crate::cli::context::Context;
use crate::cli::error::CommandError;

/// The maximum time to wait for a sweep, which then continues by itself.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a process may take to exit after its answer.
const ENDING: Duration = Duration::from_secs(1);
/// The maximum length of an answer.
const LONGEST: u64 = 1 << 20;

/// Captures what is pending, unless another process is capturing, and warns about what could not be captured.
pub fn sweep_and_say(context: &mut Context, place: Where<'_>) -> Result<(), CommandError> {
    let warning = sweep(context, place).warning();
    Ok(context.terminal.warnings(warning.as_slice())?)
}

/// The same, in the current repository only.
pub fn sweep_here(context: &mut Context) -> Result<(), CommandError> {
    let here = context.environment.repository().map(|repo| repo.main_folder());
    let here: Vec<PathBuf> = here.into_iter().collect();
    sweep_and_say(context, Where::At(&here))
}

/// Captures what is pending, if anything is and no other process is capturing.
pub fn sweep(context: &Context, place: Where<'_>) -> Swept {
    let is_nowhere = matches!(place, Where::At([]));
    if is_nowhere || !is_pending(context) {
        return Swept::default();
    }
    let started = detached::heard(&arguments(context, place), &context.environment.directory);
    match started.and_then(|child| wait(child, PATIENCE)) {
        Ok(swept) => swept,
        Err(error) => Swept {
            trouble: Some(error.to_string()),
            ..Swept::default()
        },
    }
}

fn arguments(context: &Context, place: Where<'_>) -> Vec<OsString> {
    let overrides = context.environment.config_files.overrides.iter();
    let mut arguments: Vec<OsString> = overrides
        .flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")])
        .map(OsString::from)
        .collect();
    arguments.extend(["capture", "--pending", "--apart"].map(OsString::from));
    if let Where::At(folders) = place {
        let at = |folder: &PathBuf| [OsString::from("--at"), folder.clone().into_os_string()];
        arguments.extend(folders.iter().flat_map(at));
    }
    arguments
}

/// The answer of a process, or that it is still running.
fn wait(mut child: Child, patience: Duration) -> io::Result<Swept> {
    let (sender, heard) = channel();
    let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
    let listen = move || {
        // Nobody waits for a late answer.
        let _ = sender.send(answer(output));
    };
    thread::Builder::new().spawn(listen)?;
    match heard.recv_timeout(patience) {
        Ok(Ok(swept)) => Ok(swept),
        Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(io::Error::other(ended(&mut child))),
        Err(RecvTimeoutError::Timeout) => Ok(Swept {
            is_left: true,
            ..Swept::default()
        }),
    }
}

fn answer(output: ChildStdout) -> io::Result<Swept> {
    let mut line = String::new();
    BufReader::new(output.take(LONGEST)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

/// How a process ended that gave no answer.
fn ended(child: &mut Child) -> String {
    let deadline = Instant::now() + ENDING;
    while Instant::now() < deadline {
        match child.try_wait() {
            Ok(Some(status)) => return format!("the capturing process ended early: {status}"),
            Ok(None) => thread::sleep(Duration::from_millis(5)),
            Err(_) => break,
        }
    }
    "the capturing process no longer responds".to_owned()
}
