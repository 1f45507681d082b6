//! `--notes DIR`: what the author of a site wrote about its days, one text file a day.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Read as _};
use std::path::Path;

use chrono::NaiveDate;

use crate::cli::error::CommandError;
use crate::cli::output::reason;
use crate::facts::diagnostics::Warning;
use crate::facts::zone::Period;
use crate::git::folder;

/// The maximum size of a text, in bytes.
const LARGEST: u64 = 64 << 10;

/// The texts by day, and what is not one.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// By day.
    pub(super) texts: BTreeMap<NaiveDate, String>,
    /// Text files that are not read.
    pub(super) warnings: Vec<Warning>,
}

impl Notes {
    /// Reads the files `2026-04-04.txt` of a directory. Files with other extensions are not its business.
    pub(super) fn read(path: &Path) -> Result<Self, CommandError> {
        let entries = folder::list(path).map_err(|error| {
            CommandError::failed(format!("cannot read `{}`: {}", path.display(), reason(&error)))
        })?;
        let mut files: Vec<_> = entries
            .into_iter()
            .flatten()
            .map(|entry| entry.path().to_owned())
            .collect();
        files.sort();
        let mut notes = Self::default();
        for file in files {
            if file.extension().is_some_and(|extension| extension == "txt") {
                match text(&file) {
                    Ok((day, text)) => {
                        notes.texts.insert(day, text);
                    }
                    Err(why) => notes.warnings.push(Warning::new(file.display().to_string(), why)),
                }
            }
        }
        Ok(notes)
    }

    /// Removes the texts that no page shows; those of a day in the period are warned about.
    pub(super) fn keep(&mut self, folder: &Path, period: Period, has_page: impl Fn(NaiveDate) -> bool) {
        let (shown, others) = std::mem::take(&mut self.texts)
            .into_iter()
            .partition(|(day, _)| has_page(*day));
        self.texts = shown;
        let others: BTreeMap<NaiveDate, String> = others;
        for day in others.into_keys().filter(|day| period.contains(*day)) {
            let file = folder.join(format!("{day}.txt"));
            self.warnings.push(Warning::new(
                file.display().to_string(),
                "its day has no page, because no task is on it",
            ));
        }
    }
}

/// The day of a file, and its text.
fn text(file: &Path) -> Result<(NaiveDate, String), String> {
    let name = file
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    // The parser also takes `2026-4-4`.
    let day = name
        .parse()
        .ok()
        .filter(|day: &NaiveDate| day.to_string() == name);
    let day = day.ok_or("its name is not a day, such as `2026-04-04.txt`")?;
    let bytes = read(file)?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text")?;
    Ok((day, text))
}

/// The content of a regular file. A link is not followed: what it leads to was not written for the site.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: io::Error| format!("it cannot be read: {}", reason(&error));
    let data = path.symlink_metadata().map_err(unreadable)?;
    if !data.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    match bytes.len() as u64 > LARGEST {
        true => Err(format!("it is larger than {LARGEST} bytes")),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_by_day_and_the_rest_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("2026-04-04.txt"), "A long day.\n").unwrap();
        std::fs::write(at("2026-4-5.txt"), "").unwrap();
        std::fs::write(at("plan.txt"), "").unwrap();
        std::fs::write(at("2026-04-06.txt"), b"\xff").unwrap();
        std::fs::write(at("2026-04-07.txt"), vec![b'a'; 70_000]).unwrap();
        std::fs::create_dir(at("2026-04-08.txt")).unwrap();
        std::fs::write(at("2026-04-09.md"), "# Markdown").unwrap();
        let notes = Notes::read(folder.path()).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 4, 4).unwrap();
        assert_eq!(notes.texts, [(day, "A long day.\n".to_owned())].into());
        let warnings: Vec<String> = notes.warnings.iter().map(ToString::to_string).collect();
        assert_eq!(warnings.len(), 5, "{warnings:?}");
        assert!(
            warnings.iter().any(|one| one.contains("larger than 65536 bytes")),
            "{warnings:?}"
        );
        assert!(Notes::read(&at("none")).is_err());
    }
}
