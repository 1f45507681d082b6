//! The tasks of some commits on the one that they were squashed into, if the user says so.

use std::collections::{BTreeMap, BTreeSet};

use super::super::ledger::read_notes;
use super::lines::{filtered, titles};
use super::totals::{read_with, sums};
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::quantity::WorkTime;
use crate::facts::record::{NOTE_CAP, NoteLines, Record};
use crate::facts::task::Task;
use crate::git::Repo;
use crate::git::messages;

/// Why nothing is carried.
#[derive(Debug, thiserror::Error, Clone, PartialEq)]
pub enum Refused {
    /// The commits have no tasks and no measured sessions.
    #[error("the commits have no tasks")]
    Nothing,
    /// The commit has a task that none of the others has.
    #[error("the commit already has a task of its own: `{}` ({}, {})", .0.title, .0.id.short(), .0.estimate.hours)]
    OwnTask(Box<Task>),
    /// The totals of the ledger would change.
    #[error("the tasks would count differently on that commit")]
    Totals,
    /// The note is full.
    #[error("the note of the commit is full")]
    Full,
}

/// The lines that the note on `onto` lacks of what the commits `from` have: their notes, and the tasks of their
/// trailers as `written` turns them into records. Empty if all of it is there.
pub fn carry(
    repo: &Repo,
    work: WorkTime,
    onto: ObjectId,
    from: &BTreeSet<ObjectId>,
    written: impl Fn(&Task) -> Task,
) -> Result<NoteLines, Refused> {
    let notes = read_notes(repo).notes;
    let on = |wanted: &dyn Fn(&ObjectId) -> bool| {
        let mut lines = NoteLines::default();
        let notes = notes.iter().filter(|(commit, _)| wanted(commit));
        notes.for_each(|(_, note)| lines.merge(note.clone()));
        lines
    };
    let own = on(&|commit| *commit == onto);
    let mut all = on(&|commit| from.contains(commit) && *commit != onto);
    let is_here = |id: &ObjectId| messages::with_commit(repo, *id, |_| ()).is_ok();
    // The claims in the messages of `from`, whether a ref reaches them or not.
    let here: Vec<ObjectId> = from.iter().copied().filter(is_here).collect();
    let read = |lines| read_with(repo, work, lines, here.iter().copied());
    let before = read(BTreeMap::new());
    let has_one = |found: &&LedgerTask| {
        found
            .commits
            .iter()
            .chain(&found.notes)
            .any(|id| from.contains(id))
    };
    let theirs: Vec<&LedgerTask> = before.tasks.iter().filter(has_one).collect();
    for found in &theirs {
        if found.notes.is_empty() && !found.commits.contains(&onto) {
            all.insert(Record::Task(Box::new(written(&found.task))).encode());
        }
    }
    if all.size() == 0 && theirs.is_empty() {
        return Err(Refused::Nothing);
    }
    let known: BTreeSet<Vec<u8>> = own.iter().map(<[u8]>::to_vec).collect();
    let lines = filtered(&all, |line| !known.contains(line));
    let message = messages::with_commit(repo, onto, |raw| raw.message().into_owned()).unwrap_or_default();
    let said_again = said_again(&before, onto, from, &theirs, &message)?;
    if own.size() + lines.size() > NOTE_CAP {
        return Err(Refused::Full);
    }
    let after = read(BTreeMap::from([(onto, lines.clone())]));
    let mut expected = sums(&before);
    for id in &said_again {
        expected.remove(&id.to_string());
    }
    let mut now = sums(&after);
    // A message that repeats a task may give it the record, or lend it its id.
    said_again.iter().for_each(|id| {
        now.remove(&id.to_string());
    });
    if now.len() < expected.len() || expected.iter().any(|(id, sum)| now.get(id) != Some(sum)) {
        return Err(Refused::Totals);
    }
    Ok(lines)
}

/// The tasks that the `message` of the squash commit claims itself, each of which equals one of `theirs` whose title is
/// there; any other task that is only there is refused. Equal figures are not enough: two tasks may take as long.
fn said_again(
    before: &Ledger,
    onto: ObjectId,
    from: &BTreeSet<ObjectId>,
    theirs: &[&LedgerTask],
    message: &[u8],
) -> Result<Vec<TaskId>, Refused> {
    let is_own = |found: &&LedgerTask| {
        let mut all = found.commits.iter().chain(&found.notes);
        let is_there = all.clone().any(|id| *id == onto) && !all.any(|id| from.contains(id) && *id != onto);
        // What was carried there before, from a message that nothing reaches any more.
        let is_carried = found.task.id.is_derived() && !found.claims.iter().any(|(id, _)| *id == onto);
        is_there && !is_carried
    };
    let mut open: Vec<&LedgerTask> = theirs.to_vec();
    let mut again = Vec::new();
    for found in before.tasks.iter().filter(is_own) {
        let says_it = |other: &&LedgerTask| {
            let said = |task: &Task| (task.estimate.hours, task.agent_minutes, task.supervisory_minutes);
            other.task.id != found.task.id
                && said(&other.task) == said(&found.task)
                && titles(message).any(|title| title == other.task.title.as_bytes())
        };
        match open.iter().position(says_it) {
            Some(at) if found.notes.is_empty() => {
                open.remove(at);
                again.push(found.task.id);
            }
            _ => return Err(Refused::OwnTask(Box::new(found.task.clone()))),
        }
    }
    Ok(again)
}
