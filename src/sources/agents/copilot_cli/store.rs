//! `session-store.db`: one row per response, written immediately, by the command line and by GitHub's desktop
//! application.
//!
//! Only the counts are read, and where each session ran. The database has a write-ahead log; the columns of a version
//! are queried. A row is the same response as the log's own record if all counts are equal.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::super::LogFile;
use super::super::database;
use super::super::log::{Key, Log, Metric, Stamp, TIMELESS, What};
use super::super::record::{COUNTS, moment};
use super::keys::{Keys, counts};
use crate::facts::span::Moment;

/// The name of the database in the agent's directory.
const NAME: &str = "session-store.db";
const TABLE: &str = "assistant_usage_events";
/// Columns without which a row is useless.
const NEEDED: [&str; 4] = ["session_id", "model", "created_at", "input_tokens"];
/// Columns that not every version has.
const OTHERS: [&str; 6] = [
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "agent_id",
    "parent_tool_call_id",
    "initiator",
];
/// The key in [`super::super::log::Carried::other`] for the rows of compactions, and those without an output count.
pub(super) const COMPACTIONS: &str = "compactions";
pub(super) const WITHOUT_OUTPUT: &str = "without output";

/// The database in a directory.
pub(super) fn log_file(root: &Path) -> Option<LogFile> {
    let path = root.join(NAME);
    path.is_file().then(|| database::log_file(&path))
}

/// Whether a log is that database.
pub(super) fn is_store(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "db")
}

/// Reads the database. One that is locked, or not a database, is an error; the readable part of a damaged one counts.
pub(super) fn read(path: &Path, log: &mut Log) -> io::Result<()> {
    let connection = database::open(path)?;
    let mut reading = Reading {
        log,
        keys: Keys::default(),
        places: HashMap::new(),
        compactions: Vec::new(),
        without_output: Vec::new(),
    };
    let result = reading.all(&connection);
    reading.pause();
    match result {
        Err(error) if database::is_passing(&error) || log.events.is_empty() => {
            Err(database::explained(error))
        }
        Err(error) => {
            let message = format!("the database is damaged: {}", database::explained(error));
            log.warn(path, log.lines, message);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

struct Reading<'log> {
    log: &'log mut Log,
    keys: Keys,
    /// Where sessions ran: directory and branch.
    places: HashMap<String, (String, String)>,
    compactions: Vec<Key>,
    without_output: Vec<Key>,
}

impl Reading<'_> {
    fn all(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        // All of it in the state of one moment.
        let _snapshot = connection.unchecked_transaction()?;
        self.read_places(connection)?;
        let columns = columns(connection, TABLE)?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        if !NEEDED.iter().all(|name| has(name)) {
            return Ok(());
        }
        let others = OTHERS.map(|name| if has(name) { name } else { "NULL" });
        let query = format!(
            "SELECT {}, {} FROM {TABLE} ORDER BY rowid",
            NEEDED.join(", "),
            others.join(", ")
        );
        let mut statement = connection.prepare(&query)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.log.lines = self.log.lines.saturating_add(1);
            self.row(row);
        }
        Ok(())
    }

    fn read_places(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let columns = columns(connection, "sessions")?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        if !has("id") || !has("cwd") {
            return Ok(());
        }
        let branch = if has("branch") { "branch" } else { "NULL" };
        let mut statement = connection.prepare(&format!("SELECT id, cwd, {branch} FROM sessions"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let place = (text(row, 1).to_owned(), text(row, 2).to_owned());
            self.places.insert(text(row, 0).to_owned(), place);
        }
        Ok(())
    }

    fn row(&mut self, row: &Row<'_>) {
        let line = self.log.lines;
        let (session, model) = (text(row, 0), text(row, 1));
        let Some(at) = written_at(text(row, 2)) else {
            return self.log.refuse(line, TIMELESS);
        };
        let stamp = self.stamp(row, session, at);
        let numbers = [3, 4, 5, 6].map(|column| count(row, column));
        let [Ok(Some(input)), Ok(output), Ok(read), Ok(written)] = numbers else {
            return self.log.refuse_tokens(stamp);
        };
        let tokens = counts(
            input,
            read.unwrap_or(0),
            written.unwrap_or(0),
            output.unwrap_or(0),
        );
        let number = line.to_string();
        let message = self
            .keys
            .message((session, model), tokens, Some(Key::of(&["row", &number])));
        if text(row, 9) == "compaction" {
            self.compactions.push(message);
        }
        if output.is_none() {
            self.without_output.push(message);
        }
        let what = What::Usage {
            message: Some(message),
            request: None,
            model: self.log.name(model),
            tokens,
        };
        self.log.push(stamp, what);
    }

    fn stamp(&mut self, row: &Row<'_>, session: &str, at: Moment) -> Stamp {
        let (folder, branch) = self.places.get(session).cloned().unwrap_or_default();
        let agent = [7, 8].map(|column| text(row, column));
        let lane = agent.into_iter().find(|agent| !agent.is_empty());
        let line = self.log.lines;
        let mut some = |text: &str| (!text.is_empty()).then(|| self.log.name(text));
        Stamp {
            at,
            line,
            key: None,
            lane: lane.and_then(&mut some),
            folder: some(&folder),
            branch: some(&branch),
            session: self.log.name(session),
            copied: false,
        }
    }

    fn pause(&mut self) {
        for (name, keys) in [
            (COMPACTIONS, &self.compactions),
            (WITHOUT_OUTPUT, &self.without_output),
        ] {
            if let Ok(list) = serde_json::to_string(keys) {
                self.log.carried.note(name, &list);
            }
        }
    }
}

/// Of sessions that are only in the store, nothing but tokens is known.
pub(super) fn name_what_is_missing(logs: &mut [(PathBuf, Log)], has_events: impl Fn(&str) -> bool) {
    for (_, log) in logs.iter_mut().filter(|(path, _)| is_store(path)) {
        let mut alone = HashMap::new();
        for event in &log.events {
            if !has_events(log.text(event.stamp.session)) {
                alone.insert(event.stamp.session, event.stamp);
            }
        }
        for stamp in alone.into_values() {
            for metric in [
                Metric::AgentTime,
                Metric::HumanTime,
                Metric::Edits,
                Metric::Commits,
            ] {
                log.push(stamp, What::Absent(metric));
            }
        }
    }
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let names = statement.query_map([table], |row| row.get(0))?;
    names.collect()
}

/// When a row was written: RFC 3339, or SQLite's form of the current time, which is UTC without a zone.
fn written_at(text: &str) -> Option<Moment> {
    moment(text).or_else(|| moment(&format!("{}Z", text.replacen(' ', "T", 1))))
}

/// The text in a column; empty if there is none.
fn text<'row>(row: &'row Row<'_>, column: usize) -> &'row str {
    let value = row.get_ref(column).ok();
    value.and_then(|value| value.as_str().ok()).unwrap_or_default()
}

/// The count in a column, if there is one; an error if it is invalid.
fn count(row: &Row<'_>, column: usize) -> Result<Option<u64>, ()> {
    let number = match row.get_ref(column) {
        Ok(ValueRef::Null) => return Ok(None),
        Ok(ValueRef::Integer(number)) => number as f64,
        Ok(ValueRef::Real(number)) => number,
        _ => return Err(()),
    };
    COUNTS
        .contains(&number)
        .then_some(Some(number.round() as u64))
        .ok_or(())
}
