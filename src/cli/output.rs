//! `--format` and `--output`: the form of a result, and where it is written.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use clap::builder::PossibleValue;
use serde::Serialize;

use super::context::Context;
use super::error::CommandError;
use super::terminal::to_file;
use crate::render::document::{Document, Table};
use crate::render::format::Content;
pub use crate::render::format::Format;

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.about()))
    }
}

/// Output format and destination.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct OutputArgs {
    /// Output format [default: by the extension of `--output`, else table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write to FILE, atomically; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl OutputArgs {
    /// The requested format, else the one of the file's extension, else a table.
    pub fn format(&self) -> Format {
        let of_file = || Format::of_file(to_file(self.output.as_deref())?);
        self.format.or_else(of_file).unwrap_or_default()
    }

    /// Writes a result: the document for people, `machine` as JSON, `rows` as CSV.
    pub fn send<T: Serialize>(
        &self,
        context: &mut Context,
        document: &Document,
        rows: &Table,
        machine: &T,
    ) -> Result<(), CommandError> {
        let content = Content {
            document,
            rows,
            machine,
        };
        let text = self
            .format()
            .render(&content, context.terminal.screen(self.output.as_deref()));
        let text = text.map_err(|error| CommandError::from_error(&error))?;
        send_text(context, self.output.as_deref(), &text)
    }
}

/// Writes text to `file`, or to standard output.
pub fn send_text(context: &mut Context, file: Option<&Path>, text: &str) -> Result<(), CommandError> {
    let Some(file) = to_file(file) else {
        return Ok(context.terminal.data(text.as_bytes())?);
    };
    let path = context.environment.directory.join(file);
    write_whole(&path, text.as_bytes()).map_err(|error| {
        CommandError::failed(format!("cannot write `{}`: {}", file.display(), reason(&error)))
    })
}

/// Why a file cannot be written, without the name of the temporary file.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such directory".to_owned(),
        io::ErrorKind::NotADirectory => "a part of its path is not a directory".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull => "no space left on the device".to_owned(),
        kind => kind.to_string(),
    }
}

/// Writes a file atomically: a new file in the same directory replaces it once everything is written.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    // Devices and pipes cannot be replaced.
    if fs::metadata(path).is_ok_and(|data| !data.is_file()) {
        return fs::OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    // The file behind a symbolic link is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut file = new_file(folder, &path)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file with the permissions of `path`, or those that the umask gives a new file.
fn new_file(folder: &Path, path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Ok(present) = fs::metadata(path) {
        file.as_file().set_permissions(present.permissions())?;
    }
    Ok(file)
}
