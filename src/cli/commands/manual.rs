//! `manual DIRECTORY`: the manual pages, one per command, for `man` and so for `git leverage --help`.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;

/// The arguments of `manual`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "`git leverage --help` opens the manual page. `manpath` lists the directories that man searches.\n\n\
                  Examples:\n  git leverage manual ~/.local/share/man/man1\n  \
                  git leverage manual pages && man ./pages/git-leverage-record.1"
)]
pub struct Args {
    /// Directory to write the pages to; created if it does not exist
    #[arg(value_name = "DIRECTORY")]
    folder: PathBuf,
}

/// Writes the pages of `program`, the whole declaration of the arguments.
pub fn run(args: &Args, mut program: Command, context: &mut Context) -> Result<Outcome, CommandError> {
    let folder = context.environment.directory.join(&args.folder);
    program.build();
    fs::create_dir_all(&folder)
        .and_then(|()| write_pages(&folder, "git-leverage", &program))
        .map_err(|error| {
            let folder = args.folder.display();
            CommandError::failed(format!("cannot write manual pages to `{folder}`: {error}"))
        })?;
    Ok(Outcome::Done)
}

/// The page of a command and those of its own commands, each called as `man` is asked for it.
fn write_pages(folder: &Path, name: &str, command: &Command) -> io::Result<()> {
    fs::write(folder.join(format!("{name}.1")), page(name, command)?)?;
    for command in command.get_subcommands() {
        write_pages(folder, &format!("{name}-{}", command.get_name()), command)?;
    }
    Ok(())
}

fn page(name: &str, command: &Command) -> io::Result<Vec<u8>> {
    let version = format!("git-leverage {}", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone().display_name(name))
        .title(name.to_uppercase())
        .source(version)
        .manual("git-leverage");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(command).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(notes) = command.get_after_help() {
        as_typed("NOTES", &notes.to_string()).to_writer(&mut page)?;
    }
    Ok(page)
}

/// The usage as `-h` shows it: that of the library lists every option without its value.
fn synopsis(command: &Command) -> Roff {
    let usage = command.clone().render_usage().to_string();
    let lines: Vec<&str> = usage
        .trim_start_matches("Usage:")
        .lines()
        .map(str::trim)
        .collect();
    as_typed("SYNOPSIS", &lines.join("\n"))
}

/// A section whose lines stay as they are.
fn as_typed(heading: &str, text: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [heading]).control("nf", []);
    for line in text.lines() {
        section.text([roman(line)]);
    }
    section.control("fi", []);
    section
}
