//! The documents of OpenCode before it had a database: `storage/session/<project>/<session>.json`,
//! `storage/message/<session>/<message>.json` and `storage/part/<message>/<part>.json`. A log is a session; its
//! messages and the directories of their parts are its companions.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::log::Log;
use super::super::value::{companion, document, instant, text};
use super::super::{LogFile, files, files_below, json};
use super::reading::{DEEPEST, Reading, Session};
use crate::facts::diagnostics::Warning;
use crate::git::folder;

/// The sessions below a `storage` directory.
pub(super) fn sessions_below(storage: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile> {
    let mut sessions = files_below(&storage.join("session"), warnings, is_json);
    for session in &mut sessions {
        let messages = documents(&storage.join("message").join(stem(&session.path)));
        // A part is only rewritten in place before its message is, for the last time.
        let parts = messages
            .iter()
            .map(|message| storage.join("part").join(stem(message)));
        session.companions = parts.chain(messages.iter().cloned()).collect();
    }
    sessions
}

/// Reads a session with its messages. An incomplete one is still known by its name.
pub(super) fn read(path: &Path, log: &mut Log) -> io::Result<()> {
    let Some(storage) = path
        .ancestors()
        .find(|folder| folder.ends_with("session"))
        .and_then(Path::parent)
    else {
        return Ok(());
    };
    let mut reading = Reading::new(log);
    if let Some(session) = document(path, reading.log)? {
        add_with_parents(path, &session, &mut reading);
    }
    let session = stem(path);
    for path in documents(&storage.join("message").join(&session)) {
        let message = companion(&path, reading.log);
        reading.message(&stem(&path), &session, &message);
        for part in documents(&storage.join("part").join(stem(&path))) {
            let part = companion(&part, reading.log);
            reading.part(&stem(&path), None, &part);
        }
    }
    reading.finish();
    Ok(())
}

/// A session and its ancestors: they show whose subagent it is.
pub(super) fn add_with_parents(path: &Path, session: &Value, reading: &mut Reading<'_>) {
    let mut id = stem(path);
    let mut known = session.clone();
    for _ in 0..DEEPEST {
        let parent = text(&known, "/parentID").to_owned();
        let mut session = Session {
            parent: (!parent.is_empty()).then(|| parent.clone()),
            folder: text(&known, "/directory").to_owned(),
            version: text(&known, "/version").to_owned(),
            made: instant(&known, "/time/created"),
            ..Session::default()
        };
        session.set_rules(known.get("permission").unwrap_or(&Value::Null));
        reading.sessions.insert(id, session);
        // Sessions that name each other as parents end here.
        if parent.is_empty() || reading.sessions.contains_key(&parent) {
            return;
        }
        let Some(file) = files::named(path, &parent, "json") else {
            return reading.log.warn(path, 1, "its parent is not a session id");
        };
        let above = files::beside(&file, reading.log);
        let Some(above) = above.and_then(|bytes| json::document(&bytes).0.ok()) else {
            return;
        };
        (id, known) = (parent, above);
    }
}

/// The documents in a directory, in the order of their ids, which is that of their creation.
fn documents(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = folder::present(folder)
        .map(|entry| entry.path().to_owned())
        .filter(|path| is_json(path))
        .collect();
    paths.sort();
    paths
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// The name of a document or a directory: the id of what it contains.
fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
