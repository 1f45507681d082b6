//! `--failed REASON`: what is written of repositories whose reader was killed, crashed or took too long, and could not say so itself.

use std::path::Path;

use super::args::Args;
use super::looked::Looked;
use super::shown::{Report, Written};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::exchange::facts::{Writer, without_place};
use crate::facts::diagnostics::{Status, Warning};
use crate::git::remote_url::without_users;
use crate::render::escape::is_deceptive;

/// The maximum length of a reason, in characters: what follows the first message of a program is of no use in a row.
const LONGEST_REASON: usize = 500;

impl Args {
    /// Writes the row of each repository, without reading its history.
    pub(super) fn write_unread(
        &self,
        (reason, looked): (&str, &[Looked]),
        writer: &Writer<'_>,
        mut warnings: Vec<Warning>,
        context: &mut Context,
    ) -> Result<Outcome, CommandError> {
        let reason = without_users(&one_line(reason));
        if reason.is_empty() {
            return Err(CommandError::usage("the reason for `--failed` is empty"));
        }
        let home = context.environment.home();
        let mut repositories = Vec::new();
        for one in looked {
            let key = &*one.entry.key;
            let mut places = vec![
                (&*one.path, key),
                (&one.lineage.place, key),
                (writer.folder, "DIR"),
            ];
            places.extend(home.as_deref().map(|home| (home, "~")));
            let row = writer.write_unread(&one.entry, &shortened(&without_places(&reason, &places)));
            let row = row.map_err(|error| CommandError::from_error(&error))?;
            let place = one.path.display().to_string();
            warnings.extend(row.reason.iter().map(|reason| Warning::new(&place, reason)));
            repositories.push(Written::of(row, false));
        }
        let report = Report {
            repositories,
            sessions: None,
            is_read: false,
        };
        self.send(&report, context)?;
        context.terminal.warnings(&warnings)?;
        Ok(Status::Partial.into())
    }
}

/// A text with other names for some places.
fn without_places(text: &str, places: &[(&Path, &str)]) -> String {
    places.iter().fold(text.to_owned(), |text, (place, name)| {
        without_place(&text, &place.display().to_string(), name)
    })
}

/// A text as one line, without characters that a terminal would obey.
fn one_line(text: &str) -> String {
    let plain = text.replace(is_deceptive, " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ")
}

/// The beginning of a long line. What must not be shown is not in it any more: of an address that was cut, nobody could say where its
/// password ends.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(
            one_line(" \u{1b}[31mkilled\u{7}\r\n by \u{202e}signal 9\0 "),
            "[31mkilled by signal 9"
        );
        assert_eq!(one_line("\n\u{1b}"), "");
        let long = shortened(&"ä".repeat(10_000));
        assert_eq!(
            (long.chars().count(), long.ends_with('…')),
            (LONGEST_REASON + 1, true)
        );
        assert_eq!(
            shortened(&"ä".repeat(LONGEST_REASON)).chars().count(),
            LONGEST_REASON
        );
    }
}
