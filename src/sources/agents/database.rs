//! Databases that agents keep as logs, opened as they lie there: nothing is written, and no file is made beside them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::LogFile;

/// How long a database is waited for that its agent has locked.
const PATIENCE: Duration = Duration::from_secs(2);

/// A database with its write-ahead log, which has the latest of it.
pub(super) fn log_file(path: &Path) -> LogFile {
    LogFile {
        path: path.to_owned(),
        companions: vec![beside(path, "-wal")],
    }
}

/// Whether an error is gone another time.
pub(super) fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Opens a database so that not even SQLite leaves files beside it, which it does for a write-ahead log that nobody has open.
pub(super) fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let size = |suffix| fs::metadata(beside(path, suffix)).map_or(0, |file| file.len());
    let is_there = |suffix| beside(path, suffix).exists();
    let is_shared = is_there("-wal") && is_there("-shm") || is_there("-journal");
    let connection = match (is_shared, size("-wal")) {
        (true, _) => Connection::open_with_flags(path, flags)?,
        (false, 0) => Connection::open_with_flags(immutable(path), flags)?,
        // Nobody has it open, so no locks are needed, and an index of the log in memory will do.
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

/// The URI of a database that nobody changes.
fn immutable(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{path}?immutable=1")
}

/// A file that SQLite keeps beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}
