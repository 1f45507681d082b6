//! Which task a command is about: by its id, the beginning of one, or a commit.

use super::error::CommandError;
use super::recording::OpenLedger;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::{Ledger, LedgerByHand, LedgerTask};
use crate::facts::shell;
use crate::facts::short_ids::{SHORTEST, ShortIds, begins, is_like_an_id};
use crate::git::messages;

/// As many candidates are listed.
const MOST_LISTED: usize = 5;

/// The tasks that `text` names: one by its id or the beginning of one, or all of a commit, retracted ones last.
///
/// # Errors
/// Where `text` names no task, or two things at once.
pub fn tasks<'a>(
    open: &OpenLedger,
    ledger: &'a Ledger,
    text: &str,
) -> Result<Vec<&'a LedgerTask>, CommandError> {
    let typed = text.trim().to_ascii_lowercase();
    if let Ok(id) = typed.parse::<TaskId>() {
        // A tag may have the name of a task that is not here: a whole id never means a commit.
        let exact = ledger.task(id).map(|exact| vec![exact]);
        return exact.ok_or_else(|| nothing(open, text, None));
    }
    let by_id: Vec<&LedgerTask> = match is_like_an_id(&typed) {
        true => ledger
            .all_tasks()
            .filter(|found| begins(&typed, found.task.id))
            .collect(),
        false => Vec::new(),
    };
    let commit = messages::resolve(&open.repo, text);
    let of_commit = commit.map_or_else(Vec::new, |commit| of_commit(open, ledger, commit));
    match (by_id.as_slice(), of_commit.as_slice()) {
        ([], []) => Err(nothing(open, text, commit)),
        ([], _) => Ok(of_commit),
        ([_], []) => Ok(by_id),
        ([one], [same]) if one.task.id == same.task.id => Ok(by_id),
        (_, of_commit) => {
            let is_new = |found: &&&LedgerTask| by_id.iter().all(|one| one.task.id != found.task.id);
            let more: Vec<&LedgerTask> = of_commit.iter().filter(is_new).copied().collect();
            Err(ambiguous("task id", text, &[by_id, more].concat(), ledger))
        }
    }
}

/// The one task that `text` names. Of a commit, retracted tasks count only where it has no other.
///
/// # Errors
/// Where `text` names no task, or several.
pub fn task<'a>(open: &OpenLedger, ledger: &'a Ledger, text: &str) -> Result<&'a LedgerTask, CommandError> {
    let found = tasks(open, ledger, text)?;
    if let [one] = found.as_slice() {
        return Ok(one);
    }
    let is_counted = |found: &&LedgerTask| ledger.tombstone(found.task.id).is_none();
    let counted: Vec<&LedgerTask> = found.iter().copied().filter(is_counted).collect();
    match counted.as_slice() {
        [one] => Ok(one),
        [] => Err(several(text, &found, ledger)),
        counted => Err(several(text, counted, ledger)),
    }
}

/// The tasks done by hand that `text` names: one by its id or the beginning of one, or all of a commit.
pub fn by_hand<'a>(open: &OpenLedger, ledger: &'a Ledger, text: &str) -> Vec<&'a LedgerByHand> {
    let typed = text.trim().to_ascii_lowercase();
    let id = typed.parse::<TaskId>().ok();
    let commit = match id {
        Some(_) => None,
        None => messages::resolve(&open.repo, text),
    };
    let is_it = |found: &&LedgerByHand| {
        id == Some(found.record.id)
            || (id.is_none() && is_like_an_id(&typed) && begins(&typed, found.record.id))
            || commit.is_some_and(|commit| found.commits.contains(&commit) || found.notes.contains(&commit))
    };
    ledger.all_by_hand().filter(is_it).collect()
}

/// The one task done by hand that `text` names; `None` if it names none, or a commit that has tasks as well. Of a commit,
/// retracted ones count only where it has no other.
///
/// # Errors
/// Where `text` names several, or one of them and a task by the beginning of both ids.
pub fn one_by_hand<'a>(
    open: &OpenLedger,
    ledger: &'a Ledger,
    text: &str,
) -> Result<Option<&'a LedgerByHand>, CommandError> {
    let mut found = by_hand(open, ledger, text);
    if found.is_empty() {
        return Ok(None);
    }
    let typed = text.trim().to_ascii_lowercase();
    let is_id = |id: TaskId| is_like_an_id(&typed) && begins(&typed, id);
    let begins_a_task = ledger.all_tasks().any(|task| is_id(task.task.id));
    if begins_a_task && found.iter().any(|found| is_id(found.record.id)) {
        return Err(
            CommandError::failed(format!("ambiguous task id `{text}`")).hint("Type more digits of the id")
        );
    }
    if begins_a_task || tasks(open, ledger, text).is_ok() {
        return Ok(None);
    }
    let is_counted = |found: &&LedgerByHand| ledger.tombstone(found.record.id).is_none();
    if found.iter().any(is_counted) {
        found.retain(is_counted);
    }
    match found.as_slice() {
        [one] => Ok(Some(one)),
        several => {
            let ids: ShortIds = several.iter().map(|found| found.record.id).collect();
            let listed = several.iter().take(MOST_LISTED);
            let listed =
                listed.map(|found| format!("`{}` ({})", found.record.title, ids.of(found.record.id)));
            let what = format!(
                "`{text}` names {} tasks done by hand: {}",
                several.len(),
                listed.collect::<Vec<_>>().join(", ")
            );
            Err(CommandError::failed(what).hint("Choose one by its id"))
        }
    }
}

/// The tasks of a commit, those that were retracted last.
fn of_commit<'a>(open: &OpenLedger, ledger: &'a Ledger, commit: ObjectId) -> Vec<&'a LedgerTask> {
    let retracted = ledger.retracted.iter().map(|retracted| &retracted.task);
    let retracted = retracted.filter(|task| task.commits.contains(&commit) || task.notes.contains(&commit));
    open.tasks_of(ledger, commit)
        .into_iter()
        .chain(retracted)
        .collect()
}

/// Why nothing was found.
fn nothing(open: &OpenLedger, text: &str, commit: Option<ObjectId>) -> CommandError {
    let list = "Run `git leverage log` to list the tasks and their ids";
    if commit.is_some() {
        return CommandError::failed(format!("`{text}` has no task"))
            .hint(format!(
                "Run `git leverage record {} --estimate 40h` to record one",
                shell::word(text)
            ))
            .hint(list);
    }
    if matches!(text, "HEAD" | "@") {
        return open.commit(text).map_or_else(|error| error, |_| unknown(text));
    }
    let is_short = text.len() < SHORTEST && text.chars().all(|c| c.is_ascii_hexdigit());
    match is_short {
        true => unknown(text).hint(format!("Type at least {SHORTEST} digits of an id")),
        false => unknown(text),
    }
    .hint(list)
}

fn unknown(text: &str) -> CommandError {
    CommandError::failed(format!("unknown task or commit `{text}`"))
}

/// A commit that has several tasks.
fn several(text: &str, found: &[&LedgerTask], ledger: &Ledger) -> CommandError {
    let what = format!(
        "`{text}` has {} tasks: {}",
        found.len(),
        candidates(found, ledger)
    );
    CommandError::failed(what).hint("Choose one by its id")
}

fn ambiguous(what: &str, text: &str, found: &[&LedgerTask], ledger: &Ledger) -> CommandError {
    let message = format!("ambiguous {what} `{text}`: {}", candidates(found, ledger));
    CommandError::failed(message).hint("Type more digits of the id")
}

/// Ids that can be typed, each with its title.
fn candidates(found: &[&LedgerTask], ledger: &Ledger) -> String {
    let ids = ledger.short_ids();
    let listed = found.iter().take(MOST_LISTED);
    let mut listed: Vec<String> = listed
        .map(|found| format!("`{}` ({})", found.task.title, ids.of(found.task.id)))
        .collect();
    let more = found.len().saturating_sub(MOST_LISTED);
    listed.extend((more > 0).then(|| format!("and {more} more")));
    listed.join(", ")
}
