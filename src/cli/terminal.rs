//! Where output goes: data to standard output, everything else to standard error, and both to the pager while one is open.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

use super::args::{ColorWhen, GlobalArgs};
use super::environment::Environment;
use super::error::CommandError;
use super::pager::{self, Pager, Paging};
use crate::facts::diagnostics::Warning;
use crate::render::escape::visible;
use crate::render::task::fitted;
use crate::render::terminal::Screen;

/// Columns of a terminal that does not tell how many it has.
const DEFAULT_WIDTH: usize = 80;

/// How many warnings are shown without `--verbose`.
const SHOWN_WARNINGS: usize = 8;

/// How much is printed besides the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// The result and errors.
    Quiet,
    /// Also what matters.
    Normal,
    /// Also every warning.
    Verbose,
}

/// A stream that colors pass through or are stripped from.
type Stream = AutoStream<Box<dyn Write>>;

/// Whether a pager shows the output.
enum Paged {
    /// No: standard output is not a terminal, or the command is not one for a pager.
    Never,
    /// Yes, from the first byte of data on.
    Soon(Pager),
    /// Yes.
    Open(Paging),
}

/// The two streams of the process, with color decided.
pub struct Terminal {
    out: io::BufWriter<Stream>,
    out_color: ColorChoice,
    err: Stream,
    err_is_terminal: bool,
    paged: Paged,
    /// How much is printed.
    pub verbosity: Verbosity,
    /// Columns of the terminal on standard output; `None` without a terminal and without `COLUMNS`.
    pub width: Option<usize>,
    /// Whether standard output takes color.
    pub color: bool,
    /// Whether standard error is a terminal, so that progress can be shown.
    pub interactive: bool,
}

/// The file that a result goes to: `None` without one, and for `-`, which is standard output.
pub fn to_file(named: Option<&Path>) -> Option<&Path> {
    named.filter(|file| *file != Path::new("-"))
}

fn stdout(color: ColorChoice) -> io::BufWriter<Stream> {
    buffered(Box::new(io::stdout()), color)
}

fn buffered(stream: Box<dyn Write>, color: ColorChoice) -> io::BufWriter<Stream> {
    io::BufWriter::new(AutoStream::new(stream, color))
}

impl Terminal {
    /// What a result is laid out for that goes to `file`, or to standard output. A file has no width and no color.
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
        // A pager that git started shows the output on a terminal, too, and git leaves its width in `COLUMNS`.
        let in_pager = pager::is_in_use(environment.variables());
        let on_terminal = io::stdout().is_terminal();
        let out_color = choice(on_terminal || in_pager);
        let err_is_terminal = io::stderr().is_terminal();
        let err_color = choice(err_is_terminal);
        let columns = environment.variable("COLUMNS").and_then(|text| text.parse().ok());
        let reported = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = columns.or_else(|| on_terminal.then(|| reported().unwrap_or(DEFAULT_WIDTH)));
        Self {
            out: stdout(out_color),
            out_color,
            err: AutoStream::new(Box::new(io::stderr()), err_color),
            err_is_terminal,
            paged: Paged::Never,
            verbosity: match (global.quiet, global.verbose) {
                (true, _) => Verbosity::Quiet,
                (_, true) => Verbosity::Verbose,
                _ => Verbosity::Normal,
            },
            width,
            color: out_color == ColorChoice::Always,
            interactive: err_is_terminal && !global.quiet,
        }
    }

    /// Without color or width: for errors met before the arguments are understood.
    pub fn plain() -> Self {
        Self {
            out: stdout(ColorChoice::Never),
            out_color: ColorChoice::Never,
            err: AutoStream::never(Box::new(io::stderr())),
            err_is_terminal: false,
            paged: Paged::Never,
            verbosity: Verbosity::Normal,
            width: None,
            color: false,
            interactive: false,
        }
    }

    /// Shows the data of a command page by page, if standard output is a terminal with a size. Nobody sits at one without, such as
    /// that of `script` in a job, and a pager would wait there for a key.
    pub fn page_with(&mut self, pager: impl FnOnce() -> Option<Pager>) {
        if io::stdout().is_terminal() && terminal_size::terminal_size().is_some() {
            self.paged = pager().map_or(Paged::Never, Paged::Soon);
        }
    }

    /// Opens the pager, if one is to be opened. Without data to show there is none, so that it does not hide a question or an
    /// error.
    fn open_pager(&mut self) -> io::Result<()> {
        let pager = match std::mem::replace(&mut self.paged, Paged::Never) {
            Paged::Soon(pager) => pager,
            before => {
                self.paged = before;
                return Ok(());
            }
        };
        match (pager.start(), pager.named()) {
            (Ok((paging, input)), _) => {
                self.out = buffered(Box::new(input), self.out_color);
                self.paged = Paged::Open(paging);
                Ok(())
            }
            (Err(error), Some(name)) => {
                let message = format!("cannot run the pager `{name}`: {error}");
                self.warnings(&[Warning::new("output is not paged", message)])
            }
            // There is no `less` here, and nobody asked for it.
            (Err(_), None) => Ok(()),
        }
    }

    /// A pager that was left early takes no more, which does not concern the command.
    fn unless_left(&self, written: io::Result<()>) -> io::Result<()> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe && self.is_paging() => Ok(()),
            written => written,
        }
    }

    fn is_paging(&self) -> bool {
        matches!(self.paged, Paged::Open(_))
    }

    /// Writes a part of the result, already escaped by `render/`.
    pub fn data(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open_pager()?;
        let written = self.out.write_all(bytes);
        self.unless_left(written)
    }

    /// Cards of tasks, wrapped to the width of the terminal.
    pub fn cards(&mut self, cards: &str) -> io::Result<()> {
        let text = fitted(cards, self.screen(None));
        self.data(text.as_bytes())
    }

    /// A line of the result, already escaped by `render/`.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.data(text.as_bytes())?;
        self.data(b"\n")
    }

    /// Ends the output, so that a full disk or a closed pipe is noticed.
    pub fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.unless_left(flushed)
    }

    /// Ends the output for good, and waits until the user leaves the pager, if one is open.
    pub fn close(&mut self) {
        if let Paged::Open(paging) = std::mem::replace(&mut self.paged, Paged::Never) {
            // A pager that was left early takes no more.
            let _ = self.out.flush();
            // The pager's input ends where its stream is dropped.
            self.out = stdout(self.out_color);
            paging.wait();
        }
    }

    /// Prints what was done, unless `--quiet` is given.
    pub fn status(&mut self, text: &str) -> io::Result<()> {
        if self.verbosity > Verbosity::Quiet {
            self.message(&format!("{}\n", visible(text)))?;
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

    /// Shows why a command failed. An error in printing the error is dropped: there is nowhere left to print it.
    pub fn error(&mut self, error: &CommandError) {
        let red = AnsiColor::Red.on_default().bold();
        let _ = self.labelled(red, "error", error.message());
        for cause in error.causes() {
            let _ = self.message(&format!("  caused by: {}\n", visible(cause)));
        }
        for other in error.others() {
            let _ = self.labelled(red, "error", other);
        }
        for hint in error.hints() {
            let _ = self.hint(hint);
        }
    }

    /// A warning at the end of a command whose streams may be broken: an error in printing it is dropped.
    pub fn last_warning(&mut self, text: &str) {
        let _ = self.labelled(AnsiColor::Yellow.on_default().bold(), "warning", text);
    }

    fn hint(&mut self, text: &str) -> io::Result<()> {
        self.labelled(AnsiColor::Cyan.on_default().bold(), "hint", text)
    }

    fn labelled(&mut self, style: Style, label: &str, text: &str) -> io::Result<()> {
        self.message(&format!("{style}{label}:{style:#} {}\n", visible(text)))
    }

    /// Writes to standard error; where that is the terminal that a pager draws on, to the pager, as git does.
    fn message(&mut self, text: &str) -> io::Result<()> {
        if self.is_paging() && self.err_is_terminal {
            let out = &mut self.out;
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                // The pager was left, and the message is still to be read.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.close(),
                written => return written,
            }
        }
        // A broken stream of data does not keep an error from being printed; whoever wrote the data finds out.
        let flushed = self.out.flush();
        self.err.write_all(text.as_bytes())?;
        flushed
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}

/// Not with NO_COLOR or on a dumb terminal (<https://no-color.org>).
fn wants_color(environment: &Environment) -> bool {
    environment.variable("NO_COLOR").is_none() && environment.variable("TERM") != Some("dumb")
}
