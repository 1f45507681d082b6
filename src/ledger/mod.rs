//! The only writer to a repository.
//!
//! Every write is a batch: one commit on the notes ref, created under a lock, moved there by compare-and-swap and remembered by
//! the pin. Writing the same lines again changes nothing, so a failed command can be run again.

pub mod merge;

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::facts::ids::ObjectId;
use crate::facts::record::{ByHand, NOTE_CAP, NoteLines, Record};
use crate::facts::task::Task;
use crate::git::Repo;
use crate::git::notes::{self, Batch, StoredNote};
use crate::git::refs::{self, WriteLock};

pub use crate::git::notes::Written;
pub use crate::git::writer::{Signing, WriteError, Writer, is_writable};

/// How much of a note is filled, so that a revision or a retraction still has room.
const FILL: usize = NOTE_CAP / 2;

/// Restores what another program overwrote in the ledger; returns whether there was anything. A ref whose file is empty is
/// repaired first.
///
/// Git's own commands move the notes ref without looking at its content. What this clone wrote last is pinned, so that it can be
/// merged back.
pub fn heal(repo: &Repo, writer: &Writer) -> Result<bool, WriteError> {
    let is_rubbish = refs::has_rubbish(repo);
    if !is_rubbish && !notes::was_moved(repo) {
        return Ok(false);
    }
    let _lock = WriteLock::take(repo)?;
    if is_rubbish {
        refs::mend(repo)?;
    }
    let message = "Restore what another program overwrote\n\nThe pinned ledger of this clone was not an ancestor of the notes.\n";
    let written = notes::add(repo, &BTreeMap::new(), message, writer)?;
    Ok(written != Written::Nothing)
}

/// Adds records to the notes on commits.
pub fn append(
    repo: &Repo,
    records: &[(ObjectId, Record)],
    message: &str,
    writer: &Writer,
) -> Result<Written, WriteError> {
    let _lock = WriteLock::take(repo)?;
    notes::add(repo, &by_commit(records), message, writer)
}

/// The commits whose notes could not take their records, with the reason.
pub type Left = BTreeMap<ObjectId, WriteError>;

/// Like [`append`], but a note that cannot take its records does not prevent writing the others. Returns the commits that were
/// left out; the message is built for them.
pub fn append_each(
    repo: &Repo,
    records: &[(ObjectId, Record)],
    message: impl Fn(&Left) -> String,
    writer: &Writer,
) -> Result<Left, WriteError> {
    let _lock = WriteLock::take(repo)?;
    let mut lines = by_commit(records);
    let mut left = Left::new();
    loop {
        match notes::add(repo, &lines, &message(&left), writer) {
            Ok(_) => return Ok(left),
            Err(error) => match error.commit().filter(|commit| lines.remove(commit).is_some()) {
                Some(commit) => drop(left.insert(commit, error)),
                None => return Err(error),
            },
        }
    }
}

/// Adds lines that are already in the ledger to the notes on other commits, byte for byte.
pub fn append_lines(
    repo: &Repo,
    lines: &BTreeMap<ObjectId, NoteLines>,
    message: &str,
    writer: &Writer,
) -> Result<Written, WriteError> {
    let _lock = WriteLock::take(repo)?;
    notes::add(repo, lines, message, writer)
}

/// Adds all lines of the note on a commit to the note on another one, which replaced it.
pub fn carry(repo: &Repo, from: ObjectId, to: ObjectId, writer: &Writer) -> Result<Written, WriteError> {
    let own = notes::read_own(repo).notes.into_iter();
    let mut lines = NoteLines::default();
    for (commit, note) in own {
        if let (true, StoredNote::Lines(found)) = (commit == from, note) {
            lines.merge(found);
        }
    }
    if lines.size() == 0 {
        return Ok(Written::Nothing);
    }
    let message = format!("Carry: the note on {} to {}\n", from.short(), to.short());
    append_lines(repo, &BTreeMap::from([(to, lines)]), &message, writer)
}

/// Adds to the notes on commits what `decide` returns for the ledger as it is when written: records and the message of the
/// commit. It is called again if another process wrote in the meantime; an error leaves the ledger unchanged.
pub fn append_decided<E: From<WriteError>>(
    repo: &Repo,
    writer: &Writer,
    mut decide: impl FnMut() -> Result<(Vec<(ObjectId, Record)>, String), E>,
) -> Result<Written, E> {
    let _lock = WriteLock::take(repo)?;
    notes::add_decided(repo, writer, || {
        let (records, message) = decide()?;
        Ok(Batch {
            additions: by_commit(&records),
            message,
        })
    })
}

/// A record without a commit of code.
#[derive(Debug, Clone, PartialEq)]
pub struct WithoutCode {
    date: NaiveDate,
    title: String,
    /// What people read of it: its figures.
    figures: String,
    record: Record,
}

impl From<&Task> for WithoutCode {
    fn from(task: &Task) -> Self {
        let mut figures = format!("{} estimated", task.estimate.hours);
        if let Some(minutes) = task.agent_minutes {
            figures.push_str(&format!(", {minutes} of agent time"));
        }
        if let Some(minutes) = task.supervisory_minutes {
            figures.push_str(&format!(", {minutes} of supervision"));
        }
        Self {
            date: task.date,
            title: task.title.clone(),
            figures,
            record: Record::Task(Box::new(task.clone())),
        }
    }
}

impl From<&ByHand> for WithoutCode {
    fn from(task: &ByHand) -> Self {
        Self {
            date: task.date,
            title: task.title.clone(),
            figures: format!("{} estimated, {} by hand", task.estimate.hours, task.actual_hours),
            record: Record::ByHand(Box::new(task.clone())),
        }
    }
}

/// Records tasks without a commit: an empty commit per day, more if a note would grow too large, and one commit of notes for all
/// of them. Returns the commits, in the order of the days.
pub fn append_without_code(
    repo: &Repo,
    tasks: &[WithoutCode],
    message: &str,
    writer: &Writer,
) -> Result<Vec<ObjectId>, WriteError> {
    append_without_code_if(repo, tasks, message, writer, || Ok(()))
}

/// Like [`append_without_code`], if `allowed` accepts the ledger as it is when written.
pub fn append_without_code_if<E: From<WriteError>>(
    repo: &Repo,
    tasks: &[WithoutCode],
    message: &str,
    writer: &Writer,
    mut allowed: impl FnMut() -> Result<(), E>,
) -> Result<Vec<ObjectId>, E> {
    let batches = batches(tasks);
    let _lock = WriteLock::take(repo)?;
    allowed()?;
    let messages: Vec<String> = batches.iter().map(|batch| chain_message(batch)).collect();
    let commits = refs::extend_chain(repo, refs::TASKS, &messages, writer)?;
    let records: Vec<(ObjectId, Record)> = commits
        .iter()
        .zip(&batches)
        .flat_map(|(commit, batch)| {
            let record = |task: &&WithoutCode| (*commit, task.record.clone());
            batch.iter().map(record)
        })
        .collect();
    let additions = by_commit(&records);
    notes::add_decided(repo, writer, || {
        allowed()?;
        Ok::<_, E>(Batch {
            additions: additions.clone(),
            message: message.to_owned(),
        })
    })?;
    Ok(commits)
}

fn by_commit(records: &[(ObjectId, Record)]) -> BTreeMap<ObjectId, NoteLines> {
    let mut notes: BTreeMap<ObjectId, NoteLines> = BTreeMap::new();
    for (commit, record) in records {
        notes.entry(*commit).or_default().insert(record.encode());
    }
    notes
}

/// Tasks by day, each batch small enough for a note.
fn batches(tasks: &[WithoutCode]) -> Vec<Vec<&WithoutCode>> {
    let mut sorted: Vec<&WithoutCode> = tasks.iter().collect();
    sorted.sort_by_key(|task| task.date);
    let mut batches: Vec<Vec<&WithoutCode>> = Vec::new();
    let mut size = 0;
    for task in sorted {
        let line = task.record.encode().len() + 1;
        let fits = size + line <= FILL;
        match batches.last_mut() {
            Some(batch) if fits && batch.last().is_some_and(|last| last.date == task.date) => {
                batch.push(task);
                size += line;
            }
            _ => {
                batches.push(vec![task]);
                size = line;
            }
        }
    }
    batches
}

/// What `git log refs/leverage/tasks` shows: the note contains the record, this message is for people.
fn chain_message(batch: &[&WithoutCode]) -> String {
    let Some(first) = batch.first() else {
        return String::new();
    };
    let mut message = match batch.len() {
        1 => first.title.clone(),
        count => format!("{count} tasks of {}", first.date),
    };
    message.push_str("\n\n");
    for task in batch {
        message.push_str(&format!("{}  {}: {}", task.date, task.title, task.figures));
        message.push('\n');
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::task::sample;

    #[test]
    fn a_day_is_a_batch_and_a_full_note_ends_one() {
        let mut tasks = vec![sample(); 3000];
        tasks[0].date = "2026-04-09".parse().unwrap();
        for (n, task) in tasks.iter_mut().enumerate() {
            task.title = format!("Task {n}");
        }
        let tasks: Vec<WithoutCode> = tasks.iter().map(WithoutCode::from).collect();
        let batches = batches(&tasks);
        assert_eq!(batches[0].len(), 1);
        assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), 3000);
        for batch in &batches {
            let size: usize = batch.iter().map(|task| task.record.encode().len() + 1).sum();
            assert!(size <= FILL);
        }
        assert_eq!(batches.len(), 3);
    }

    #[test]
    fn the_chain_reads_like_a_log() {
        assert_eq!(
            chain_message(&[&WithoutCode::from(&sample())]),
            "Kiln controller\n\n2026-04-10  Kiln controller: 40h estimated, 25m of agent time, 5m of supervision\n"
        );
    }
}
