//! The only code that knows a process: arguments, environment, clock, terminal, exit codes.
//!
//! [`Arguments`] is what was typed, and each [`Command`] runs in its own file below [`commands`]. [`main`] reads the process
//! once into an [`Environment`] and passes it down; nothing below `cli/` reads the process itself.

#![allow(clippy::disallowed_methods)]

pub mod args;
pub mod authors;
pub mod background;
pub mod bar;
pub mod called;
pub mod columns;
pub mod commands;
pub mod context;
pub mod counted;
pub mod environment;
pub mod error;
pub mod facts;
pub mod git_config;
pub mod input;
pub mod isolated;
pub mod keys;
pub mod linking;
pub mod logs;
pub mod named;
pub mod outcome;
pub mod output;
pub mod pager;
pub mod period;
pub mod program;
pub mod range;
pub mod reading;
pub mod recording;
pub mod set_up;
pub mod settings;
pub mod task_json;
pub mod terminal;
pub mod timing;
pub mod untold;
pub mod usage;

use std::io::Write as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use args::GlobalArgs;
use context::{Context, Recorded};
use environment::Environment;
use error::CommandError;
use outcome::Outcome;
use pager::Pager;
use terminal::Terminal;

use crate::git::config::Config;

/// Record what coding agents did in git, and check the claims
#[derive(Debug, Parser)]
#[command(
    name = "git-leverage",
    bin_name = "git leverage",
    version,
    max_term_width = 100,
    disable_help_subcommand = true,
    after_help = "Without a command, `git leverage` shows the status of the current repository. `git leverage demo` creates \
                  repositories to try everything on.\n\n\
                  Exit codes:\n  \
                  0  done\n  \
                  1  failed\n  \
                  2  wrong usage\n  \
                  3  finished, but some data could not be read\n  \
                  4  `--strict` found something\n  \
                  5  nothing was written: the git directory is not writable\n\n\
                  `git leverage --help` opens the manual page, once it is installed:\n  \
                  git leverage manual ~/.local/share/man/man1"
)]
pub struct Arguments {
    /// The options that every command has.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// The command; without one, the status of the current repository.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Record a task: human estimate and agent time
    Record(Box<commands::record::Args>),
    /// Save the time and tokens of sessions in notes of their commits
    Capture(Box<commands::capture::Args>),
    /// Handle a hook call from an agent or git
    Hook(commands::hook::Args),
    /// Correct a task; earlier revisions are kept
    Revise(Box<commands::revise::Args>),
    /// Estimate a task that somebody else estimated
    Opine(commands::opine::Args),
    /// Withdraw a task; it is kept but no longer counted
    Retract(commands::retract::Args),
    /// Reattach tasks whose commits were rewritten or squashed
    Repair(commands::repair::Args),
    /// Copy tasks of squashed commits to the commit that replaces them
    Carry(commands::carry::Args),
    /// Show today's tasks and what is left to record, capture or share
    Status(Box<commands::status::Args>),
    /// Check every step from an agent's hook to the ledger
    Doctor(commands::doctor::Args),
    /// Show a task, or the tasks of a commit
    Show(commands::show::Args),
    /// List the tasks of this repository, newest first
    Log(commands::log::Args),
    /// Set up coding agents to report sessions and record tasks
    Setup(commands::setup::Args),
    /// Exchange the ledger with a remote: fetch, merge and push
    Sync(commands::sync::Args),
    /// Import tasks from CSV, Markdown or JSON Lines
    Import(commands::import::Args),
    /// Check the trailers of a message or of commits
    Trailers(commands::trailers::Args),
    /// Summarize tasks and commits across repositories
    Report(Box<commands::report::Args>),
    /// Write the record as web pages with charts
    Site(Box<commands::site::Args>),
    /// Write commits, tasks, sessions or links as JSON Lines
    Export(commands::export::Args),
    /// Write what was read of each repository as Parquet files
    Facts(Box<commands::facts::Args>),
    /// Create a small demo workspace
    Demo(commands::demo::Args),
    /// Update the cache and list what each repository contains
    Scan(commands::scan::Args),
    /// List agent sessions: time, tokens, commits
    Sessions(Box<commands::sessions::Args>),
    /// List repositories: size, tests, history and state
    Inventory(commands::inventory::Args),
    /// Show what agents built, and flag claims that do not add up
    Audit(Box<commands::audit::Args>),
    /// Show or clear the cache
    Cache(commands::cache::Args),
    /// Print a completion script for a shell
    Completions(commands::completions::Args),
    /// Write the manual pages that `git leverage --help` opens
    Manual(commands::manual::Args),
    /// Show the help of a command
    Help(commands::help::Args),
}

impl Command {
    /// Runs the command, and warns about ignored settings.
    fn run(self, context: &mut Context) -> Result<Outcome, CommandError> {
        let ended = self.work(context);
        let told = match context.ignored_settings() {
            Some(warning) => context.terminal.warnings(&[warning]),
            None => Ok(()),
        };
        let outcome = ended?;
        told?;
        Ok(outcome)
    }

    /// Whether its output goes through a pager on a terminal: it may be long, and nothing is asked.
    fn is_paged(&self) -> bool {
        match self {
            Self::Audit(_)
            | Self::Help(_)
            | Self::Inventory(_)
            | Self::Log(_)
            | Self::Report(_)
            | Self::Scan(_)
            | Self::Sessions(_)
            | Self::Show(_) => true,
            Self::Setup(args) => args.is_dry_run(),
            _ => false,
        }
    }

    fn work(self, context: &mut Context) -> Result<Outcome, CommandError> {
        match self {
            Self::Record(args) => commands::record::run(&args, context),
            Self::Capture(args) => commands::capture::run(&args, context),
            Self::Hook(args) => commands::hook::run(args),
            Self::Revise(args) => commands::revise::run(&args, context),
            Self::Retract(args) => commands::retract::run(&args, context),
            Self::Opine(args) => commands::opine::run(&args, context),
            Self::Repair(args) => commands::repair::run(&args, context),
            Self::Carry(args) => commands::carry::run(&args, context),
            Self::Status(args) => commands::status::run(&args, context),
            Self::Doctor(args) => commands::doctor::run(&args, context),
            Self::Show(args) => commands::show::run(&args, context),
            Self::Log(args) => commands::log::run(&args, context),
            Self::Setup(args) => commands::setup::run(&args, context),
            Self::Sync(args) => commands::sync::run(&args, context),
            Self::Import(args) => commands::import::run(&args, context),
            Self::Trailers(args) => commands::trailers::run(&args, context),
            Self::Export(args) => commands::export::run(&args, context),
            Self::Facts(args) => commands::facts::run(&args, context),
            Self::Demo(args) => commands::demo::run(&args, context),
            Self::Report(args) => commands::report::run(&args, context),
            Self::Site(args) => commands::site::run(&args, context),
            Self::Scan(args) => commands::scan::run(&args, context),
            Self::Inventory(args) => commands::inventory::run(&args, context),
            Self::Audit(args) => commands::audit::run(&args, context),
            Self::Cache(args) => commands::cache::run(&args, context),
            Self::Completions(args) => commands::completions::run(&args, Arguments::command(), context),
            Self::Help(args) => commands::help::run(&args, &program(), context),
            Self::Manual(args) => commands::manual::run(&args, Arguments::command(), context),
            Self::Sessions(args) => commands::sessions::run(&args, context),
        }
    }
}

/// The code that Rust ends a process with whose main thread panicked.
const PANICKED: i32 = 101;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    end_at_panics();
    if let Some(code) = isolated::main() {
        return code;
    }
    if let Some(code) = background::hook::main() {
        return code;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return unparsed(&error),
    };
    let mut context = match context(&arguments.global) {
        Ok(context) => context,
        Err(error) => return fail(&mut Terminal::plain(), &error),
    };
    let command = match arguments.command {
        Some(command) => command,
        None if context.environment.is_in_repository() => Command::Status(Box::default()),
        None => return help(),
    };
    if command.is_paged() {
        page(&mut context);
    }
    let code = match command.run(&mut context).and_then(|outcome| {
        context.terminal.flush()?;
        Ok(outcome)
    }) {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => match context.what_is_recorded().cloned() {
            Some(recorded) => stands(&mut context.terminal, &recorded, &error),
            None => fail(&mut context.terminal, &error),
        },
    };
    context.terminal.close();
    code
}

/// Reports a panic and ends the process, on whichever thread it occurs. The program that ships is compiled without unwinding and
/// would end by a signal instead.
#[expect(clippy::exit, reason = "nothing can go on after a panic")]
fn end_at_panics() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        report(panic);
        std::process::exit(PANICKED);
    }));
}

fn context(global: &GlobalArgs) -> Result<Context, CommandError> {
    let environment = Environment::of_process(global)?;
    let terminal = Terminal::new(global, &environment);
    Ok(Context::new(environment, terminal))
}

/// Has the output of a command paged, as the user's config says; a repository's own config is not read for it.
fn page(context: &mut Context) {
    let environment = &context.environment;
    let pager = || {
        let config = Config::read(&environment.config_files, None);
        Pager::chosen(environment.variables(), &config)
    };
    context.terminal.page_with(pager);
}

/// The declaration of the arguments, as the help shows it.
fn program() -> clap::Command {
    program::arranged(Arguments::command())
}

/// The end of a command that wrote to the ledger and then could not go on, for example because nobody reads its output.
fn stands(terminal: &mut Terminal, recorded: &Recorded, error: &CommandError) -> ExitCode {
    if !error.is_closed_pipe() {
        terminal.last_warning(&recorded.in_spite_of(error));
    }
    ExitCode::from(recorded.outcome().exit_code())
}

/// A call without a command outside of a repository: the help, and the exit code of a wrong call.
fn help() -> ExitCode {
    // If this cannot be printed, nothing can.
    let _ = write!(anstream::stderr(), "{}", program().render_help().ansi());
    ExitCode::from(2)
}

/// A call that is not a command to run: one for help or the version, or a wrong one.
fn unparsed(error: &clap::Error) -> ExitCode {
    let context = context(&GlobalArgs::default());
    match (error.kind(), context) {
        (ErrorKind::DisplayHelp, Ok(mut context)) => match print_help(error, &mut context) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&mut context.terminal, &error),
        },
        (ErrorKind::DisplayVersion, _) | (_, Err(_)) => {
            // If this cannot be printed, nothing can.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
        (_, Ok(mut context)) => fail(&mut context.terminal, &usage::error(error, &program())),
    }
}

/// The help that a call asks for: the short one, or with `--help` the long one, page by page.
fn print_help(asked: &clap::Error, context: &mut Context) -> Result<(), CommandError> {
    let is_long = std::env::args_os().any(|argument| argument == "--help");
    let program = program();
    let mut command = usage::asked_for(asked, &program).clone();
    let help = match is_long {
        true => command.render_long_help(),
        false => command.render_help(),
    };
    if is_long {
        page(context);
    }
    context.terminal.data(help.ansi().to_string().as_bytes())?;
    context.terminal.flush()?;
    context.terminal.close();
    Ok(())
}

fn fail(terminal: &mut Terminal, error: &CommandError) -> ExitCode {
    if error.is_closed_pipe() {
        return ExitCode::SUCCESS;
    }
    terminal.error(error);
    ExitCode::from(error.exit_code())
}

/// The names of all commands, those that the help does not show included.
#[doc(hidden)]
pub fn command_names() -> Vec<String> {
    let program = Arguments::command();
    let commands = program.get_subcommands();
    commands.map(|command| command.get_name().to_owned()).collect()
}

/// Why a command cannot be called with these arguments; `None` if it can.
#[doc(hidden)]
pub fn usage_error(arguments: &[&str]) -> Option<String> {
    let words = ["git leverage"].iter().chain(arguments);
    let error = Arguments::try_parse_from(words).err()?;
    error.use_stderr().then(|| error.to_string())
}

/// The help texts of all commands, options and values, each with the command and the option that it belongs to, as they are typed.
#[doc(hidden)]
pub fn help_texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    add_help_texts(&Arguments::command(), "git leverage", &mut texts);
    texts
}

fn add_help_texts(command: &clap::Command, name: &str, texts: &mut Vec<(String, String)>) {
    let mut add = |place: &str, text: Option<&clap::builder::StyledStr>| {
        texts.extend(text.map(|text| (place.to_owned(), text.to_string())));
    };
    add(name, command.get_about());
    add(name, command.get_long_about());
    for arg in command.get_arguments() {
        let place = match arg.get_long() {
            Some(long) => format!("{name} --{long}"),
            None => format!("{name} <{}>", arg.get_id()),
        };
        add(&place, arg.get_help());
        add(&place, arg.get_long_help());
        for value in arg.get_possible_values() {
            add(&format!("{place}={}", value.get_name()), value.get_help());
        }
    }
    for inner in command.get_subcommands() {
        add_help_texts(inner, &format!("{name} {}", inner.get_name()), texts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        Arguments::command().debug_assert();
    }

    /// The words of a command without variables, as a shell would split it.
    fn words(command: &str) -> Vec<String> {
        let quoted = command.split('\'').enumerate();
        let words = quoted.flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        words.collect()
    }

    #[test]
    fn the_skill_names_commands_that_there_are() {
        let skill = crate::integrations::skill::SKILL;
        // Code in a line, and lines of code.
        let spans = skill.split('`').chain(skill.lines());
        let commands = spans.filter(|code| code.starts_with("git leverage ") && !code.contains('`'));
        let commands: Vec<&str> = commands.collect();
        assert!(commands.len() >= 3, "{commands:?}");
        for command in commands {
            let command = command.split(" <<").next().unwrap();
            let words = words(command);
            let parsed = Arguments::try_parse_from(words.iter().skip(1));
            assert!(parsed.is_ok(), "{command}: {}", parsed.unwrap_err());
        }
        let is_option = |code: &&str| code.starts_with("--") && !code.contains('\n');
        let options = skill.split('`').filter(is_option);
        for option in options {
            let parsed = Arguments::try_parse_from(["leverage", "record", option]);
            assert!(parsed.is_ok(), "{option}: {}", parsed.unwrap_err());
        }
    }
}
