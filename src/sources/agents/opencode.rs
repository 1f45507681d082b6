//! OpenCode: SQLite databases `opencode.db` and `opencode-<channel>.db`, and the tree of JSON documents (`storage/`) of
//! older versions. Programs made from it (Kilo, MiMo Code, ICodeMate) use the same tables under their own names.
//!
//! A database has the tables of version 1 (`session`, `message`, `part`), of version 2 (`session_v2`,
//! `session_message`), or both: a new version of OpenCode copies its history and leaves the old rows, as it left the
//! tree when it moved to the database. So a message may be in three places. The first copy of an id in a database
//! counts, tables of version 1 first, because they are complete and no longer written; between a database and the tree,
//! and between a session and its fork, which has copies under new ids, the content of a message is its identity.

use std::io;
use std::path::{Path, PathBuf};

use super::log::Log;
use super::{Agent, LogFile, Machine};
use crate::facts::agents::{self, AgentIdentity};
use crate::facts::diagnostics::Warning;

mod database;
mod reading;
#[cfg(test)]
mod tests;
mod tree;

/// The reader: OpenCode itself, or a program made from it.
pub struct OpenCode {
    identity: &'static AgentIdentity,
    /// Its directory in the data directory of the machine.
    folder: &'static str,
    /// The names of its databases: the whole name, or the part before the `-` of a channel.
    databases: &'static [&'static str],
    /// The variable that names its database.
    named_by: &'static str,
}

/// OpenCode itself.
pub static OPENCODE: OpenCode = OpenCode {
    identity: &agents::OPENCODE,
    folder: "opencode",
    databases: &["opencode"],
    named_by: "OPENCODE_DB",
};
/// Kilo, its command line and its extension since April 2026.
pub static KILO: OpenCode = OpenCode {
    identity: &agents::KILO,
    folder: "kilo",
    databases: &["kilo", "opencode"],
    named_by: "KILO_DB",
};
/// MiMo Code.
pub static MIMO: OpenCode = OpenCode {
    identity: &agents::MIMOCODE,
    folder: "mimocode",
    databases: &["mimicode", "mimocode", "opencode"],
    named_by: "MIMOCODE_DB",
};
/// ICodeMate.
pub static ICODEMATE: OpenCode = OpenCode {
    identity: &agents::ICODEMATE,
    folder: "icodemate",
    databases: &["icodemate", "opencode"],
    named_by: "ICODEMATE_DB",
};

impl OpenCode {
    /// Where its data is, the certain one first.
    fn folders(&self, machine: &Machine) -> Vec<PathBuf> {
        if let Some(moved) = machine.moved(self.identity) {
            return vec![moved];
        }
        let windows = ["LOCALAPPDATA", "APPDATA"].map(|name| machine.folder(name));
        let homes = std::iter::once(machine.data_home()).chain(windows).flatten();
        homes.map(|home| home.join(self.folder)).collect()
    }

    /// Whether a file is read as that of another program of the family.
    fn is_anothers(&self, file: &Path, machine: &Machine) -> bool {
        let others = [&OPENCODE, &KILO, &MIMO, &ICODEMATE].into_iter();
        let others = others.filter(|other| other.identity != self.identity);
        others
            .flat_map(|other| other.folders(machine))
            .any(|folder| file.parent() == Some(&folder))
    }
}

impl Agent for OpenCode {
    fn identity(&self) -> &'static AgentIdentity {
        self.identity
    }

    fn roots(&self, machine: &Machine) -> Vec<PathBuf> {
        let mut roots = self.folders(machine);
        // A file of any name, relative to the data directory.
        let named = machine
            .folder(self.named_by)
            .and_then(|file| Some(roots.first()?.join(file)))
            .filter(|file| !self.is_anothers(file, machine));
        roots.extend(named);
        roots
    }

    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
        if root.is_file() {
            return vec![super::database::log_file(root)];
        }
        let mut files = database::below(root, self.databases, warnings);
        files.extend(tree::sessions_below(&root.join("storage"), warnings));
        files
    }

    fn appends(&self, _file: &LogFile) -> bool {
        false
    }

    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()> {
        if file.path.extension().is_some_and(|extension| extension == "json") {
            tree::read(&file.path, log)
        } else {
            database::read(&file.path, log)
        }
    }
}
