//! Where output goes: data to stdout, everything else to stderr.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::args::{ColorWhen, GlobalArgs};
use super::environment::Environment;
use super::error::CommandError;
use crate::facts::diagnostics::Warning;
use crate::render::escape::visible;
use crate::render::terminal::Screen;

/// Columns of a terminal that does not tell how many it has.
const USUAL_WIDTH: usize = 80;

/// How many warnings are shown without `--verbose`.
const SHOWN_WARNINGS: usize = 8;

/// How much is said besides the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The result and errors.
    Quiet,
    /// And what matters.
    Normal,
    /// And every warning.
    Verbose,
}

/// The two streams of the process, with colour decided.
pub struct Terminal {
    out: io::BufWriter<AutoStream<io::Stdout>>,
    err: AutoStream<io::Stderr>,
    /// How much is said.
    pub verbosity: Verbosity,
    /// Columns of the terminal on stdout; `None` where it is none and no `COLUMNS` is set.
    pub width: Option<usize>,
    /// Whether stdout takes colour.
    pub color: bool,
    /// Whether stderr is a terminal, so that a progress bar can be drawn.
    pub interactive: bool,
}

/// The file that a result goes to: none where none is named, and where `-` stands for standard output.
pub fn to_file(named: Option<&Path>) -> Option<&Path> {
    named.filter(|file| *file != Path::new("-"))
}

impl Terminal {
    /// What a result is laid out for that goes to `file`, or to standard output. A file has no width and takes no colour.
    pub fn screen(&self, file: Option<&Path>) -> Screen {
        match to_file(file) {
            Some(_) => Screen::default(),
            None => Screen {
                width: self.width,
                color: self.color,
            },
        }
    }

    /// As the options and the environment ask for.
    pub fn new(global: &GlobalArgs, environment: &Environment) -> Self {
        let choice = |is_terminal: bool| match global.color {
            ColorWhen::Always => ColorChoice::Always,
            ColorWhen::Never => ColorChoice::Never,
            ColorWhen::Auto if is_terminal && wants_color(environment) => ColorChoice::Always,
            ColorWhen::Auto => ColorChoice::Never,
        };
        let on_terminal = io::stdout().is_terminal();
        let out_choice = choice(on_terminal);
        let columns = environment.variable("COLUMNS").and_then(|text| text.parse().ok());
        let told = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = columns.or_else(|| on_terminal.then(|| told().unwrap_or(USUAL_WIDTH)));
        Self {
            out: io::BufWriter::new(AutoStream::new(io::stdout(), out_choice)),
            err: AutoStream::new(io::stderr(), choice(io::stderr().is_terminal())),
            verbosity: match (global.quiet, global.verbose) {
                (true, _) => Verbosity::Quiet,
                (_, true) => Verbosity::Verbose,
                _ => Verbosity::Normal,
            },
            width,
            color: out_choice == ColorChoice::Always,
            interactive: io::stderr().is_terminal() && !global.quiet,
        }
    }

    /// Without colour or width: for errors met before the arguments are understood.
    pub fn plain() -> Self {
        Self {
            out: io::BufWriter::new(AutoStream::never(io::stdout())),
            err: AutoStream::never(io::stderr()),
            verbosity: Verbosity::Normal,
            width: None,
            color: false,
            interactive: false,
        }
    }

    /// Writes a part of the result, already escaped by `render/`.
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// A line of the result, already escaped by `render/`.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    /// Ends the output, so that a full disk or a closed pipe is noticed.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Tells what was done; silenced by `--quiet`.
    pub fn status(&mut self, text: &str) -> io::Result<()> {
        if self.verbosity > Verbosity::Quiet {
            self.out.flush()?;
            writeln!(self.err, "{}", visible(text))?;
        }
        Ok(())
    }

    /// Shows warnings: the first few, then how many more there are; all of them with `--verbose`, none with `--quiet`.
    pub fn warnings(&mut self, warnings: &[Warning]) -> io::Result<()> {
        let shown = match self.verbosity {
            Verbosity::Quiet => return Ok(()),
            Verbosity::Normal => warnings.len().min(SHOWN_WARNINGS),
            Verbosity::Verbose => warnings.len(),
        };
        self.out.flush()?;
        let yellow = AnsiColor::Yellow.on_default().bold();
        for warning in &warnings[..shown] {
            self.labelled(yellow, "warning", &warning.to_string())?;
            if let Some(hint) = &warning.hint {
                self.hint(hint)?;
            }
        }
        if shown < warnings.len() {
            let more = warnings.len() - shown;
            self.labelled(yellow, "warning", &format!("{more} more; `--verbose` shows them"))?;
        }
        Ok(())
    }

    /// Shows why a command failed. Trouble in telling of trouble is dropped: there is nowhere left to tell it.
    pub fn error(&mut self, error: &CommandError) {
        let _ = self.out.flush();
        let red = AnsiColor::Red.on_default().bold();
        let _ = self.labelled(red, "error", error.message());
        for cause in error.causes() {
            let _ = writeln!(self.err, "  caused by: {}", visible(cause));
        }
        for other in error.others() {
            let _ = self.labelled(red, "error", other);
        }
        for hint in error.hints() {
            let _ = self.hint(hint);
        }
    }

    /// A warning at the end of a command whose streams may be broken: trouble in telling it is dropped.
    pub fn last_warning(&mut self, text: &str) {
        let _ = self.out.flush();
        let _ = self.labelled(AnsiColor::Yellow.on_default().bold(), "warning", text);
    }

    fn hint(&mut self, text: &str) -> io::Result<()> {
        self.labelled(AnsiColor::Cyan.on_default().bold(), "hint", text)
    }

    fn labelled(&mut self, style: Style, label: &str, text: &str) -> io::Result<()> {
        writeln!(self.err, "{style}{label}:{style:#} {}", visible(text))
    }
}

/// NO_COLOR and a dumb terminal say no (<https://no-color.org>).
fn wants_color(environment: &Environment) -> bool {
    environment.variable("NO_COLOR").is_none() && environment.variable("TERM") != Some("dumb")
}
