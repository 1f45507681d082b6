//! The only code that knows a process: arguments, environment, clock, terminal, exit codes.
//!
//! [`main`] reads the process once into an [`Environment`] and hands it down; nothing below `cli/` looks for itself.

pub mod args;
pub mod commands;
pub mod environment;
pub mod error;
pub mod git_config;
pub mod linking;
pub mod logs;
pub mod output;
pub mod period;
pub mod reading;
pub mod recording;
pub mod settings;
pub mod survival;
pub mod terminal;
pub mod timing;
pub mod workers;

use std::process::ExitCode;

use clap::Parser;

use args::Arguments;
use commands::Context;
use environment::Environment;
use error::CommandError;
use terminal::Terminal;

use crate::facts::diagnostics::Status;

/// How a command that did its work ended. Failure is a [`CommandError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// All of it: exit code 0.
    Done,
    /// A repository or a log was only partly read: exit code 3.
    Partial,
    /// `--strict` found something: exit code 4.
    Findings,
}

impl From<Status> for Outcome {
    fn from(status: Status) -> Self {
        match status {
            Status::Complete => Self::Done,
            Status::Partial | Status::Failed => Self::Partial,
        }
    }
}

impl Outcome {
    fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Partial => 3,
            Self::Findings => 4,
        }
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let environment = match Environment::of_process(&arguments.global) {
        Ok(environment) => environment,
        Err(error) => return fail(&mut Terminal::plain(), &error),
    };
    let terminal = Terminal::new(&arguments.global, &environment);
    let mut context = Context::new(environment, terminal);
    match arguments.command.run(&mut context).and_then(|outcome| {
        context.terminal.flush()?;
        Ok(outcome)
    }) {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => fail(&mut context.terminal, &error),
    }
}

/// Help and version go to stdout with 0, a wrong call to stderr with 2, as clap has it.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to tell where not even this can be printed.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

fn fail(terminal: &mut Terminal, error: &CommandError) -> ExitCode {
    if error.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    terminal.error(error);
    ExitCode::from(error.exit_code())
}
