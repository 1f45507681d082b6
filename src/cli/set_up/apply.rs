//! Applies a plan: each file is changed only if it is still as it was when the plan was made.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::files;
use super::memory::{FileMemory, Memory};
use super::plan::{Change, remembered};
use crate::cli::environment::Environment;
use crate::facts::diagnostics::Warning;

/// The result of the changes.
#[derive(Debug, Default)]
pub struct Applied {
    /// The changed files.
    pub done: Vec<PathBuf>,
    /// The files that another program changed in the meantime. They are left as they are.
    pub overtaken: Vec<PathBuf>,
    /// What failed, and why.
    pub failed: Vec<Warning>,
}

/// Makes the changes, and remembers the previous state.
pub fn apply(changes: &[Change], memory: &mut Memory, environment: &Environment) -> Applied {
    let mut applied = Applied::default();
    let known = memory.files.clone();
    // The memory is written first: whatever becomes of a change, it can then be undone.
    memory.files.extend(remembered(changes));
    remember(memory, environment, &mut applied);
    let mut emptied = Vec::new();
    for change in changes {
        match one(change, memory, &mut emptied) {
            Ok(true) => applied.done.push(change.path.clone()),
            Ok(false) => {
                forget(change, &known, memory);
                applied.overtaken.push(change.path.clone());
            }
            Err(error) => {
                forget(change, &known, memory);
                applied.failed.push(failure(&change.path, &error));
            }
        }
    }
    hand_on(files::remove_empty(emptied), memory);
    remember(memory, environment, &mut applied);
    applied
}

/// What was not written is not remembered.
fn forget(change: &Change, known: &BTreeMap<PathBuf, FileMemory>, memory: &mut Memory) {
    let target = &change.found.target;
    match known.get(target) {
        Some(before) => drop(memory.files.insert(target.clone(), before.clone())),
        None => drop(memory.files.remove(target)),
    }
}

/// Directories that cannot be removed yet go together with what is left in them.
fn hand_on(folders: Vec<PathBuf>, memory: &mut Memory) {
    for folder in folders {
        let mut known = memory.files.iter_mut();
        if let Some((_, file)) = known.find(|(file, _)| file.starts_with(&folder)) {
            file.folders.push(folder);
        }
    }
}

fn failure(path: &Path, error: &io::Error) -> Warning {
    Warning::new(path.display().to_string(), format!("cannot write it: {error}"))
}

fn remember(memory: &mut Memory, environment: &Environment, applied: &mut Applied) {
    if let Err(error) = memory.store(environment) {
        let text = format!("cannot save the previous state of the files: {error}");
        let is_told = applied.failed.iter().any(|warning| warning.place == "setup.json");
        applied
            .failed
            .extend((!is_told).then(|| Warning::new("setup.json", text)));
    }
}

/// Makes one change; `false` if the file is now a different one.
fn one(change: &Change, memory: &mut Memory, emptied: &mut Vec<PathBuf>) -> io::Result<bool> {
    let target = &change.found.target;
    let mut folders = Vec::new();
    let is_as_found = || files::read(&change.path).as_ref() == Ok(&change.found);
    if change.new.is_some() && is_as_found() {
        folders = files::make_folders(target)?;
    }
    if !is_as_found() {
        return Ok(false);
    }
    match &change.new {
        Some(text) => files::write(target, text)?,
        None => {
            std::fs::remove_file(target)?;
            emptied.extend(change.folders.iter().cloned());
        }
    }
    match (&change.memory, memory.files.get_mut(target)) {
        (Some(_), Some(known)) => known.folders.extend(folders),
        _ => drop(memory.files.remove(target)),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::set_up::files::Found;

    #[test]
    fn a_file_that_somebody_else_wrote_meanwhile_stays_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("settings.json");
        std::fs::write(&path, "theirs").unwrap();
        let change = |text: Option<&str>, new: Option<&str>| Change {
            path: path.clone(),
            found: Found {
                target: path.clone(),
                text: text.map(str::to_owned),
            },
            new: new.map(str::to_owned),
            memory: None,
            folders: Vec::new(),
            whole: false,
            then: None,
        };
        let mut memory = Memory::default();
        let mut made = |text, new| one(&change(text, new), &mut memory, &mut Vec::new()).unwrap();
        for (text, new) in [
            (Some("ours"), Some("new")),
            (None, Some("new")),
            (Some("ours"), None),
        ] {
            assert!(!made(text, new));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        }
        assert!(made(Some("theirs"), Some("new")));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
    }
}
