//! Claude Cowork: the desktop application runs the agent in a virtual machine, and stores its logs in a separate
//! directory.
//!
//! `<organisation>/<workspace>/local_<uuid>.json` names the directories that the person shared,
//! `local_<uuid>/.claude/projects` beside it contains the logs. Paths in them are those of the machine:
//! `/sessions/<name>/mnt/<folder>` is a shared directory.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::super::log::{Key, Log, Stamp, What};
use super::super::{LogFile, Machine, files, json};
use crate::git::folder;

/// The directory within the application's.
const FOLDER: &str = "local-agent-mode-sessions";
/// Where the virtual machine stores its sessions.
const INSIDE: &str = "/sessions/";

/// The directories in which the application stores its sessions.
pub(super) fn roots(machine: &Machine) -> Vec<PathBuf> {
    let application = [
        machine.in_home("Library/Application Support/Claude"),
        machine.config_home().map(|config| config.join("Claude")),
        machine.folder("APPDATA").map(|data| data.join("Claude")),
    ];
    let installed = machine.folder("LOCALAPPDATA").map(|data| data.join("Packages"));
    let packages = installed
        .map(|folder| folder::present(&folder))
        .into_iter()
        .flatten();
    let packages = packages.filter_map(|entry| {
        let own = entry
            .name()
            .to_str()
            .is_some_and(|name| name.starts_with("Claude_"));
        own.then(|| entry.path().join("LocalCache/Roaming/Claude"))
    });
    let folders = application.into_iter().flatten().chain(packages);
    folders.map(|folder| folder.join(FOLDER)).collect()
}

/// The part of a path below which one session of the application is, with its description beside it.
fn description(path: &Path) -> Option<PathBuf> {
    let session = path.ancestors().find(|folder| {
        let name = folder.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("local_"))
            && folder.ancestors().any(|above| above.ends_with(FOLDER))
    })?;
    let mut name = session.as_os_str().to_owned();
    name.push(".json");
    Some(PathBuf::from(name))
}

/// Whether a log is one of conversations: the application has others beside them.
pub(super) fn is_conversation(path: &Path) -> bool {
    let is_own = path.ancestors().any(|folder| folder.ends_with(FOLDER));
    !is_own
        || path
            .ancestors()
            .any(|folder| folder.ends_with(".claude/projects"))
}

/// Adds the description to each log that has one.
pub(super) fn accompany(files: &mut [LogFile]) {
    for file in files {
        file.companions
            .extend(description(&file.path).filter(|path| path.is_file()));
    }
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Description {
    user_selected_folders: Vec<serde_json::Value>,
}

/// Maps the paths of the virtual machine to the directories that the person shared.
pub(super) fn move_out(file: &LogFile, log: &mut Log) {
    let Some(companion) = file.companions.first() else {
        return;
    };
    let read = files::whole(companion).ok();
    let Some(shared) = read.and_then(|text| Description::deserialize(json::document(&text).0.ok()?).ok())
    else {
        return log.warn(companion, 1, "the directories of the session could not be read");
    };
    let shared = shared
        .user_selected_folders
        .iter()
        .filter_map(|folder| folder.as_str());
    let shared: Vec<String> = shared.map(str::to_owned).collect();
    log.rename(|name| moved(name, &shared));
    share(&shared, log);
}

/// The outside path of a path in the virtual machine; `None` for any other text.
fn moved(name: &str, shared: &[String]) -> Option<String> {
    let inside = name.strip_prefix(INSIDE)?;
    let first = shared.first()?;
    let mounted = inside.split_once("/mnt/").map(|(_, mounted)| mounted);
    let found = mounted.and_then(|mounted| {
        let (base, rest) = mounted.split_once('/').unwrap_or((mounted, ""));
        let folder = shared.iter().find(|folder| base_of(folder) == base)?;
        Some(join(folder, rest))
    });
    // A directory of the session itself is a place where it worked; a file in it is not counted.
    let is_session =
        !inside.trim_end_matches('/').contains('/') || inside.trim_end_matches('/').ends_with("/mnt");
    found.or_else(|| is_session.then(|| first.clone()))
}

fn base_of(folder: &str) -> &str {
    folder
        .trim_end_matches(['/', '\\'])
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
}

fn join(folder: &str, rest: &str) -> String {
    let folder = folder.trim_end_matches(['/', '\\']);
    if rest.is_empty() {
        folder.to_owned()
    } else {
        format!("{folder}/{rest}")
    }
}

/// The session belongs to all directories that were shared, not only to the first.
fn share(shared: &[String], log: &mut Log) {
    let Some(stamp) = log.events.first().map(|event| event.stamp) else {
        return;
    };
    let is_moved = stamp.folder.is_some_and(|folder| {
        let folder = log.text(folder);
        shared.iter().any(|own| folder.starts_with(own.as_str()))
    });
    for folder in shared.iter().filter(|_| is_moved) {
        let key = Key::of(&["shared", folder]);
        if log.events.iter().any(|event| event.stamp.key == Some(key)) {
            continue;
        }
        let folder = log.name(folder);
        let stamp = Stamp {
            key: Some(key),
            folder: Some(folder),
            branch: None,
            ..stamp
        };
        log.push(stamp, What::Place);
    }
}
