//! The lines of one file at HEAD: who made them, for which task, in which sessions.

use std::collections::BTreeSet;

use serde::Serialize;

use super::evidence::{Evidence, Shown};
use super::strength::Maker;
use crate::facts::ids::ObjectId;

/// Lines that stand together and were brought by one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileLine {
    /// The first of them, from 1.
    pub first_line: u64,
    /// The last of them.
    pub last_line: u64,
    /// The commit; `None` where an object that decides it is missing.
    pub commit: Option<ObjectId>,
    /// The author of the commit, by name. Untrusted text.
    pub author: Option<String>,
    /// Who made the commit; `None` for one that was not read.
    pub state: Option<Maker>,
    /// The agents that are named.
    pub agents: Vec<String>,
    /// The tasks of the commit, by title. Untrusted text.
    pub tasks: Vec<String>,
    /// The sessions of these tasks, and those linked to the commit.
    pub sessions: Vec<String>,
    /// Their text; empty if that is unknown. Untrusted text.
    pub text: Vec<String>,
}

impl FileLine {
    /// How many they are.
    pub fn count(&self) -> u64 {
        self.last_line + 1 - self.first_line
    }
}

/// Why the origin of a file's lines is unknown.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// There is no such file, or survival is unknown.
    #[error("`{0}` is not a file at HEAD")]
    Absent(String),
    /// It has no lines.
    #[error("`{0}` is binary")]
    Binary(String),
    /// An object is missing or too large.
    #[error("cannot attribute the lines of `{0}`: {1}")]
    Unread(String, String),
}

/// The lines of the file at `path`, which starts from the top of the tree, from first to last. `content` is what it contains at
/// HEAD, if that could be read.
pub fn of_file(
    evidence: &Evidence<'_>,
    path: &str,
    content: Option<&[u8]>,
) -> Result<Vec<FileLine>, FileError> {
    let mut files = evidence.all.survival.iter().flat_map(|survival| &survival.files);
    let file = files
        .find(|file| file.path == path.as_bytes())
        .ok_or_else(|| FileError::Absent(path.to_owned()))?;
    let runs = match &file.runs {
        Ok(Some(runs)) => runs,
        Ok(None) => return Err(FileError::Binary(path.to_owned())),
        Err(reason) => return Err(FileError::Unread(path.to_owned(), reason.clone())),
    };
    let content = content.unwrap_or_default();
    let mut texts = content.split(|byte| *byte == b'\n');
    let mut next = 1;
    Ok(runs
        .iter()
        .map(|run| {
            let first = next;
            next += run.lines as u64;
            let text = texts.by_ref().take(run.lines);
            FileLine {
                text: text
                    .map(|line| String::from_utf8_lossy(line).into_owned())
                    .collect(),
                ..line(evidence.shown(), first, next - 1, run.commit)
            }
        })
        .collect())
}

fn line(shown: Shown<'_>, first_line: u64, last_line: u64, id: Option<ObjectId>) -> FileLine {
    let commit = shown.commits().find(|commit| Some(commit.id) == id);
    let owns = |commits: &[ObjectId]| id.is_some_and(|id| commits.contains(&id));
    let tasks: Vec<_> = shown.tasks().filter(|task| owns(&task.commits)).collect();
    let named = tasks.iter().flat_map(|task| &task.task.sessions);
    let linked = shown
        .sessions()
        .filter(|session| session.made().any(|(_, link)| Some(link.commit) == id))
        .map(|session| &session.id);
    let sessions: BTreeSet<String> = named.chain(linked).map(ToString::to_string).collect();
    FileLine {
        first_line,
        last_line,
        commit: id,
        author: commit.map(|commit| commit.author.name.clone()),
        state: commit.map(Maker::of),
        agents: commit
            .map(|commit| commit.origin.agents().into_iter().map(str::to_owned).collect())
            .unwrap_or_default(),
        tasks: tasks.iter().map(|task| task.task.title.clone()).collect(),
        sessions: sessions.into_iter().collect(),
        text: Vec::new(),
    }
}
