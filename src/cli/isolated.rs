//! The worker process that reads repositories for a scan, and how it is started.
//!
//! This is not a command: users do not run it, help does not list it, and only its first argument is parsed.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::context::Context;
use super::environment;
use super::error::CommandError;
use crate::workspace::isolated::COMMAND;
use crate::workspace::isolated::child::Task;
use crate::workspace::isolation::Isolation;

/// What of the environment reading depends on: where git's configuration and git itself are, what stands in for objects, where
/// temporary files go, and the clock. Nothing else is passed on.
const VARIABLES: &[&str] = &[
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_CONFIG_SYSTEM",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_TEST_DATE_NOW",
    "HOME",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
    "TZ",
    "USERPROFILE",
    "XDG_CONFIG_HOME",
];

/// Reads repositories, if this process was started for that.
pub fn main() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next()? != COMMAND {
        return None;
    }
    Some(match run(arguments.next()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The parent reads standard error if the response is missing.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    })
}

fn run(request: Option<OsString>) -> io::Result<()> {
    let request = request.and_then(|request| request.into_string().ok());
    let task = Task::new(&request.ok_or_else(|| io::Error::other("it takes a request"))?)?;
    environment::choose_replacements(task.overrides());
    task.run(io::stdin().lock(), io::stdout().lock())
}

/// How repositories are kept apart from the process of this context.
pub fn isolation(context: &Context) -> Result<Isolation, CommandError> {
    let environment = &context.environment;
    let given = |name: &&&str| environment.variables().contains_key(**name);
    let value = |name: &&str| ((*name).to_owned(), environment.variables()[*name].clone());
    Ok(Isolation {
        program: program()?,
        variables: VARIABLES.iter().filter(given).map(value).collect(),
        overrides: environment.config_files.overrides.clone(),
        limits: context.settings().limits()?,
        directory: (environment.directory.canonicalize()).unwrap_or_else(|_| environment.directory.clone()),
    })
}

/// This program, even where another one lies in its place by now.
pub fn program() -> Result<PathBuf, CommandError> {
    let own = Path::new("/proc/self/exe");
    if own.exists() {
        return Ok(own.to_owned());
    }
    std::env::current_exe()
        .map_err(|error| CommandError::failed(format!("cannot determine the path of this program: {error}")))
}
