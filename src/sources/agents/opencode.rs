//! OpenCode: SQLite databases `opencode.db` and `opencode-<channel>.db`, and the tree of JSON documents (`storage/`) that
//! older versions kept. Programs made from it (Kilo, MiMo Code, ICodeMate) keep the same tables under names of their own.
//!
//! A database has the tables of version 1 (`session`, `message`, `part`), of version 2 (`session_v2`, `session_message`),
//! or both: moving on, OpenCode copies its history and leaves the old rows, as it left the tree when it moved into the
//! database. So a message may stand in three places. The first copy of an id in a database counts, tables of version 1
//! first, for they are complete and no longer written; between a database and the tree, and between a session and its fork,
//! which has copies under new ids, what a message says of itself is its identity.

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
    /// Its folder in the data folder of the machine.
    folder: &'static str,
    /// How its databases are called: the name alone, or before the `-` of a channel.
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
    /// Where it keeps its data, the first of them for sure.
    fn folders(&self, machine: &Machine) -> Vec<PathBuf> {
        if let Some(moved) = machine.moved(self.identity) {
            return vec![moved];
        }
        let windows = ["LOCALAPPDATA", "APPDATA"].map(|name| machine.folder(name));
        let homes = std::iter::once(machine.data_home()).chain(windows).flatten();
        homes.map(|home| home.join(self.folder)).collect()
    }

    /// Whether a file is read as another program's of the family already.
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
        // A file of any name, seen from the data folder.
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
