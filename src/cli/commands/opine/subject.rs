//! What an opinion is on: a task that is recorded here, or one that only a message names.

use crate::cli::error::CommandError;
use crate::cli::named;
use crate::cli::recording::{OpenLedger, homes};
use crate::facts::estimate::{Estimate, EstimatorKey};
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::question::{is_key, key};
use crate::facts::record::Opinion;
use crate::facts::short_ids::{begins, is_like_an_id};
use crate::git::mailmap::NameMap;
use crate::git::messages;

/// What an opinion is on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// A task with its claim.
    Task(&'a LedgerTask),
    /// A task whose claim is not in this clone, and a commit whose message names it.
    Unknown(TaskId, ObjectId),
}

impl<'a> Subject<'a> {
    pub(super) fn id(&self) -> TaskId {
        match self {
            Self::Task(found) => found.task.id,
            Self::Unknown(id, _) => *id,
        }
    }

    /// The revision that is current here.
    pub(super) fn rev(&self) -> Option<u32> {
        match self {
            Self::Task(found) => Some(found.task.rev),
            Self::Unknown(..) => None,
        }
    }

    /// Every opinion on it.
    pub(super) fn opinions(&self, ledger: &'a Ledger) -> impl Iterator<Item = &'a Opinion> {
        let id = self.id();
        let of_task = match self {
            Self::Task(found) => found.opinions.as_slice(),
            Self::Unknown(..) => ledger.strayed.as_slice(),
        };
        let is_of_a_task = matches!(self, Self::Task(_));
        of_task
            .iter()
            .filter(move |opinion| is_of_a_task || opinion.of == id)
    }

    /// The commits whose notes get the opinion.
    pub(super) fn homes(&self) -> Vec<ObjectId> {
        match self {
            Self::Task(found) => homes(found, None),
            Self::Unknown(_, commit) => vec![*commit],
        }
    }

    /// The title of the task, or that of the commit. Untrusted text.
    pub(super) fn title(&self, open: &OpenLedger) -> String {
        match self {
            Self::Task(found) => found.task.title.clone(),
            Self::Unknown(id, commit) => {
                let title = messages::with_commit(&open.repo, *commit, |raw| raw.title());
                title.unwrap_or_else(|_| id.to_string())
            }
        }
    }

    /// Whether an opinion may be given on it.
    pub(super) fn check(
        &self,
        ledger: &Ledger,
        is_mine: impl Fn(&Estimate) -> bool,
    ) -> Result<(), CommandError> {
        let Self::Task(found) = self else {
            return Ok(());
        };
        if is_mine(&found.task.estimate) {
            let short = ledger.short_id(found.task.id);
            return Err(
                CommandError::failed(format!("the claim of `{}` is yours", found.task.title)).hint(format!(
                    "Run `git leverage revise {short} --estimate 6h --reason TEXT` to correct it"
                )),
            );
        }
        Ok(())
    }
}

/// Who estimated, through the mailmap.
pub(super) fn estimator(estimate: &Estimate, people: &NameMap) -> EstimatorKey {
    estimate.estimator_key_of(&people.proper_author(&estimate.by))
}

/// What `text` names, and whether it is the key of a question.
///
/// # Errors
/// If it names nothing on which an opinion can be given, or several tasks.
pub(super) fn find<'a>(
    open: &OpenLedger,
    ledger: &'a Ledger,
    text: &str,
) -> Result<(Subject<'a>, bool), CommandError> {
    let typed = text.trim().to_ascii_lowercase();
    if is_key(&typed) {
        return Ok((asked(ledger, &typed)?, true));
    }
    let commit = messages::resolve(&open.repo, text);
    let unknown = unknown(ledger, &typed, commit);
    let named = named::task(open, ledger, text);
    let subject = match (unknown.as_slice(), named) {
        ([], Ok(found)) => Subject::Task(found),
        ([], Err(error)) => return Err(by_hand(open, ledger, text).unwrap_or(error)),
        ([(id, commit)], Err(_)) if !is_of_a_task(open, ledger, text) => Subject::Unknown(*id, *commit),
        (unknown, _) => return Err(several(open, ledger, text, unknown)),
    };
    match subject {
        Subject::Task(found) if ledger.tombstone(found.task.id).is_some() => Err(retracted(found)),
        subject => Ok((subject, false)),
    }
}

fn retracted(found: &LedgerTask) -> CommandError {
    let what = format!("`{}` is retracted; a retraction is final", found.task.title);
    CommandError::failed(what).hint("Run `git leverage opine --next` for a task that counts")
}

/// The task that a question was about.
fn asked<'a>(ledger: &'a Ledger, text: &str) -> Result<Subject<'a>, CommandError> {
    let is_it = |id: TaskId, rev: Option<u32>| key(id, rev) == text;
    let all = ledger.all_tasks();
    let mut found = all.filter(|found| is_it(found.task.id, Some(found.task.rev)));
    if let Some(found) = found.next() {
        return match ledger.tombstone(found.task.id) {
            Some(_) => Err(retracted(found)),
            None => Ok(Subject::Task(found)),
        };
    }
    let mut unknown = ledger.unknown.iter().filter(|(_, id)| is_it(**id, None));
    let unknown = unknown.next().map(|(commit, id)| Subject::Unknown(*id, *commit));
    unknown.ok_or_else(|| {
        CommandError::failed(format!(
            "no task has the key `{text}`: it is unknown, or was revised since"
        ))
        .hint("Run `git leverage opine --next` again")
    })
}

/// The tasks without a record here that `typed` or a commit names, each with a commit.
fn unknown(ledger: &Ledger, typed: &str, commit: Option<ObjectId>) -> Vec<(TaskId, ObjectId)> {
    let is_named = |id: TaskId| {
        typed.parse::<TaskId>().is_ok_and(|exact| exact == id) || (is_like_an_id(typed) && begins(typed, id))
    };
    let mut found: Vec<(TaskId, ObjectId)> = Vec::new();
    for (on, id) in &ledger.unknown {
        let is_meant = commit == Some(*on) || is_named(*id);
        if is_meant && found.iter().all(|(known, _)| known != id) {
            found.push((*id, *on));
        }
    }
    found
}

/// Whether `text` also names tasks that are recorded here.
fn is_of_a_task(open: &OpenLedger, ledger: &Ledger, text: &str) -> bool {
    named::tasks(open, ledger, text).is_ok()
}

/// The error for a text that names tasks that are recorded here and others.
fn several(open: &OpenLedger, ledger: &Ledger, text: &str, unknown: &[(TaskId, ObjectId)]) -> CommandError {
    let recorded = named::tasks(open, ledger, text).unwrap_or_default();
    let recorded = recorded
        .iter()
        .map(|found| format!("`{}` ({})", found.task.title, ledger.short_id(found.task.id)));
    let unknown = unknown
        .iter()
        .map(|(id, _)| format!("`{id}`, which no note here records"));
    let all: Vec<String> = recorded.chain(unknown).collect();
    let what = format!("`{text}` has {} tasks: {}", all.len(), all.join(", "));
    CommandError::failed(what).hint("Choose one by its id")
}

/// The error for what was done by hand: nobody claims a factor for it.
fn by_hand(open: &OpenLedger, ledger: &Ledger, text: &str) -> Option<CommandError> {
    let all = named::by_hand(open, ledger, text);
    let what = format!(
        "`{}` was done by hand: it has no claim",
        all.first()?.record.title
    );
    Some(CommandError::failed(what).hint("Run `git leverage log` to list the tasks and their ids"))
}
