//! Databases that agents use as logs, opened in place: nothing is written, and no file is created beside them.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::{LogFile, files};

/// How long to wait for a database that its agent has locked.
const PATIENCE: Duration = Duration::from_secs(2);

/// A database with its write-ahead log, which has the latest changes.
pub(super) fn log_file(path: &Path) -> LogFile {
    LogFile {
        path: path.to_owned(),
        companions: vec![beside(path, "-wal")],
    }
}

/// Whether an error may disappear with another attempt.
pub(super) fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// How many steps of SQLite's virtual machine any database may take, and how many more per byte of it on disk. A row of
/// OpenCode takes about 40 each time it is read, and has hundreds of bytes.
const STEPS: u64 = 20_000_000;
const STEPS_A_BYTE: u64 = 8;
/// After how many steps the limit is checked.
const STEPS_AT_ONCE: i32 = 10_000;

/// An error of git-leverage among those of SQLite.
pub(super) fn refused(message: String) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_AUTH), Some(message))
}

/// An error in words that its reader can understand.
pub(super) fn explained(error: rusqlite::Error) -> io::Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            io::Error::other("reading it takes more steps than its size explains")
        }
        _ => io::Error::other(error),
    }
}

/// Opens a database; an error if one of its files is not a regular file. Its schema is untrusted: views are not read,
/// and a query that takes many more steps than its size explains is interrupted.
pub(super) fn open(path: &Path) -> io::Result<Connection> {
    files::open(path)?;
    let mut size = files::stored(path);
    for suffix in ["-wal", "-shm", "-journal"] {
        let beside = beside(path, suffix);
        files::check_if_there(&beside).map_err(|error| {
            let name = beside.file_name().unwrap_or_default().to_string_lossy();
            io::Error::new(error.kind(), format!("`{name}`: {error}"))
        })?;
        size = size.saturating_add(files::stored(&beside));
    }
    let mut left = STEPS.saturating_add(size.saturating_mul(STEPS_A_BYTE));
    let connect = || {
        let mut connection = connect(path)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.progress_handler(
            STEPS_AT_ONCE,
            Some(move || {
                left = left.saturating_sub(STEPS_AT_ONCE.unsigned_abs().into());
                left == 0
            }),
        )?;
        Ok(connection)
    };
    connect().map_err(explained)
}

/// Connects to a database so that not even SQLite leaves files beside it, which it does for a write-ahead log that no
/// program has open.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let size = |suffix| fs::metadata(beside(path, suffix)).map_or(0, |file| file.len());
    let is_there = |suffix| beside(path, suffix).exists();
    let is_shared = is_there("-wal") && is_there("-shm") || is_there("-journal");
    let connection = match (is_shared, size("-wal")) {
        (true, _) => Connection::open_with_flags(path, flags)?,
        (false, 0) => Connection::open_with_flags(immutable(path), flags)?,
        // No program has it open, so no locks are needed, and an index of the log in memory is enough.
        (false, _) => {
            let vfs = if cfg!(windows) {
                c"win32-none"
            } else {
                c"unix-none"
            };
            let connection = Connection::open_with_flags_and_vfs(path, flags, vfs)?;
            connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
            connection
        }
    };
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(PATIENCE)?;
    Ok(connection)
}

/// The URI of a database that no program changes.
fn immutable(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1")
}

/// A file that SQLite creates beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
