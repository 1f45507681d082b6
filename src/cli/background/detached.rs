//! Starts this program again, to continue after the caller has exited.

// The started program is this one, as in `workspace/isolated/process.rs`; that process ends with its caller, this one does not.
#![allow(clippy::disallowed_types)]

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::cli::environment::OF_A_HOOK;
use crate::cli::isolated::program;

/// Starts `git-leverage ARGUMENTS` in a directory, without streams and in its own process group, and does not wait for it: it
/// survives a closed terminal, and the end of the caller and all its other processes.
pub fn start(arguments: &[&str], folder: &Path) -> io::Result<()> {
    command(arguments, folder)?.spawn().map(drop)
}

/// The same, with its standard output readable.
pub fn heard(arguments: &[OsString], folder: &Path) -> io::Result<Child> {
    command(arguments, folder)?.stdout(Stdio::piped()).spawn()
}

fn command(arguments: &[impl AsRef<OsStr>], folder: &Path) -> io::Result<Command> {
    let program = program().map_err(|error| io::Error::other(error.message()))?;
    // An inherited pipe that stays open would make its reader wait.
    #[cfg(unix)]
    close_fds::set_fds_cloexec_threadsafe(3, &[]);
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for name in OF_A_HOOK {
        command.env_remove(name);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(command)
}
