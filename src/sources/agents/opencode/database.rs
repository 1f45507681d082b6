//! The databases of OpenCode, read in place: nothing is written, no file is created beside them, and rows are streamed.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::Value;

use super::super::database::{explained, is_passing, log_file, open, refused};
use super::super::lines::{LONGEST, REPLACED};
use super::super::log::Log;
use super::super::record::reason;
use super::super::{LogFile, json};
use super::reading::{Reading, Session};
use crate::facts::diagnostics::Warning;
use crate::facts::span::Moment;
use crate::git::folder;

/// The databases in the data directory, by their names: one of releases, and one for each other channel.
pub(super) fn below(folder: &Path, names: &[&str], warnings: &mut Vec<Warning>) -> Vec<LogFile> {
    let entries = match folder::list(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let message = format!("cannot list the directory: {error}");
            warnings.push(Warning::new(folder.display().to_string(), message));
            return Vec::new();
        }
    };
    let paths = entries.into_iter().flatten().map(|entry| entry.path().to_owned());
    let databases = paths.filter(|path| {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let stem = name.strip_suffix(".db").unwrap_or_default();
        names.iter().any(|name| {
            let channel = stem.strip_prefix(name);
            channel.is_some_and(|channel| channel.is_empty() || channel.starts_with('-'))
        })
    });
    databases.map(|path| log_file(&path)).collect()
}

/// Reads a database. One that is locked, or not a database, is an error; the readable part of a damaged one counts.
pub(super) fn read(path: &Path, log: &mut Log) -> io::Result<()> {
    let database = Database {
        connection: open(path)?,
        path,
    };
    let mut reading = Reading::new(log);
    let result = database.read(&mut reading);
    match result {
        Err(error) if is_passing(&error) || reading.records == 0 => Err(explained(error)),
        result => {
            if let Err(error) = result {
                let message = format!("the database is damaged: {}", explained(error));
                reading.log.warn(path, reading.records, message);
            }
            reading.finish();
            Ok(())
        }
    }
}

struct Database<'path> {
    connection: Connection,
    path: &'path Path,
}

impl Database<'_> {
    fn read(&self, reading: &mut Reading<'_>) -> rusqlite::Result<()> {
        // All of it in the state of one moment.
        let _snapshot = self.connection.unchecked_transaction()?;
        let mut known = false;
        for table in ["session", "session_v2"] {
            self.sessions(table, reading)?;
        }
        if self.has("message")? {
            known = true;
            self.rows(
                "id, session_id, NULL",
                "message",
                reading,
                |reading, [id, session, _], message| {
                    reading.message(id, session, message);
                },
            )?;
        }
        self.changes(reading)?;
        if self.has("part")? {
            let made = self.column("part", "time_created")?;
            self.rows(
                &format!("message_id, CAST({made} AS TEXT), NULL"),
                "part",
                reading,
                |reading, [message, made, _], part| {
                    reading.part(message, made.parse().ok().map(Moment), part);
                },
            )?;
        }
        if self.has("session_message")? {
            known = true;
            self.rows(
                "id, session_id, type",
                "session_message",
                reading,
                |reading, [id, session, kind], record| {
                    reading.record(id, session, kind, record);
                },
            )?;
        }
        if !known {
            reading
                .log
                .warn(self.path, 1, "the database has no OpenCode table");
        }
        Ok(())
    }

    fn has(&self, table: &str) -> rusqlite::Result<bool> {
        Ok(!self.columns(table)?.is_empty())
    }

    /// The stored columns of a table, in order. A view may take any time, and is refused.
    fn columns(&self, table: &str) -> rusqlite::Result<Vec<String>> {
        let query =
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'view' AND name = ?1 COLLATE NOCASE)";
        if self.connection.query_row(query, [table], |row| row.get(0))? {
            return Err(refused(format!("`{table}` is a view; views are not read")));
        }
        let mut statement = self
            .connection
            .prepare("SELECT name FROM pragma_table_info(?1)")?;
        let names = statement.query_map([table], |row| row.get(0))?;
        names.collect()
    }

    /// A column of a table; `NULL` if the table has none of that name.
    fn column<'name>(&self, table: &str, name: &'name str) -> rusqlite::Result<&'name str> {
        let is_there = self.columns(table)?.iter().any(|column| column == name);
        Ok(if is_there { name } else { "NULL" })
    }

    /// Checks that columns are stored: a generated one may take any time, and a view has none.
    fn check_plain(&self, columns: &str, table: &str) -> rusqlite::Result<()> {
        let table = table.split(' ').next().unwrap_or_default();
        let kept = self.columns(table)?;
        let is_name = |column: &&str| {
            column
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let mut read = columns.split(", ").chain(["data"]).filter(is_name);
        match read.find(|column| !kept.iter().any(|kept| kept.eq_ignore_ascii_case(column))) {
            Some(absent) => Err(refused(format!("`{table}` has no stored column `{absent}`"))),
            None => Ok(()),
        }
    }

    /// What calls showed while they ran, if the database stores every change of a part.
    fn changes(&self, reading: &mut Reading<'_>) -> rusqlite::Result<()> {
        if self.column("event", "data")? == "NULL" || self.column("event", "type")? == "NULL" {
            return Ok(());
        }
        let running =
            r#"event WHERE type LIKE 'message.part.updated%' AND instr(data, '"status":"running"') > 0"#;
        self.rows("NULL, NULL, NULL", running, reading, |reading, _, change| {
            reading.change(change);
        })
    }

    fn sessions(&self, table: &str, reading: &mut Reading<'_>) -> rusqlite::Result<()> {
        let columns = self.columns(table)?;
        if !columns.iter().any(|column| column == "id") {
            return Ok(());
        }
        let wanted = [
            "parent_id",
            "directory",
            "version",
            "fork_session_id",
            "permission",
            "idle_outcome",
            "time_created",
            "time_idle",
        ]
        .map(|name| {
            let is_there = columns.iter().any(|column| column == name);
            if is_there { name } else { "NULL" }
        });
        let query = format!("SELECT id, {} FROM {table}", wanted.join(", "));
        let mut statement = self.connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let some = |index| {
                Some(cell(row, index))
                    .filter(|text| !text.is_empty())
                    .map(Cow::into_owned)
            };
            let at = |index| row.get::<_, Option<i64>>(index).ok().flatten().map(Moment);
            let mut session = Session {
                parent: some(1),
                folder: some(2).unwrap_or_default(),
                version: some(3).unwrap_or_default(),
                forked_from: some(4),
                made: at(7),
                unattended: false,
                idle: at(8).map(|at| (at, cell(row, 6).into_owned())),
            };
            session.set_rules(&json::value(&cell(row, 5)).unwrap_or_default());
            if let Some(before) = reading.sessions.get(&*cell(row, 0)) {
                session.unattended |= before.unattended;
            }
            reading.sessions.insert(cell(row, 0).into_owned(), session);
        }
        Ok(())
    }

    /// Calls `record` for each row of a table with three texts and its data.
    fn rows(
        &self,
        columns: &str,
        table: &str,
        reading: &mut Reading<'_>,
        record: impl Fn(&mut Reading<'_>, [&str; 3], &Value),
    ) -> rusqlite::Result<()> {
        self.check_plain(columns, table)?;
        let data = format!("CASE WHEN octet_length(data) <= {LONGEST} THEN data END");
        let query = format!("SELECT {columns}, {data} FROM {table}");
        let mut statement = self.connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        let mut number = 0_u32;
        while let Some(row) = rows.next()? {
            number = number.saturating_add(1);
            let data = cell(row, 3);
            if matches!(data, Cow::Owned(_)) {
                reading
                    .log
                    .warn(self.path, number, format!("{table}: {REPLACED}"));
            }
            let flaw = match json::value(&data) {
                Ok(value) => {
                    let [id, above, of] = [0, 1, 2].map(|column| cell(row, column));
                    record(reading, [&*id, &*above, &*of], &value);
                    continue;
                }
                Err(_) if data.is_empty() => "a row with no data or too much data was skipped",
                Err(error) => reason(&error),
            };
            let table = table.split(' ').next().unwrap_or_default();
            reading.log.warn(self.path, number, format!("{table}: {flaw}"));
        }
        Ok(())
    }
}

/// The text in a column, with U+FFFD for invalid bytes; empty if there is no text.
fn cell<'row>(row: &'row Row<'_>, index: usize) -> Cow<'row, str> {
    match row.get_ref(index) {
        Ok(ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes),
        _ => Cow::Borrowed(""),
    }
}
