//! The reminder at the end of a turn: which commits made since the session began have no task. It is given once.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::facts::event::{Event, EventKind};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::Ledger;
use crate::facts::quantity::WorkTime;
use crate::git::{Repo, files, messages};
use crate::sources::ledger::read_ledger_at;
use crate::spool::Spool;

/// A session that began earlier than this is ignored.
const LONGEST_SESSION: TimeDelta = TimeDelta::days(14);
/// Another session without events for this long counts as over.
const MAY_GO_ON: TimeDelta = TimeDelta::hours(2);
/// The maximum size of a reflog that is read.
const LARGEST_LOG: u64 = 32 << 20;
/// The maximum number of a session's commits that are examined.
const MOST: usize = 256;
/// The maximum number of commits that are listed.
const NAMED: usize = 5;
/// How long to wait for another copy of this hook.
const PATIENCE: Duration = Duration::from_millis(500);

/// The reminder for the agent, as text. It is marked as given, so that it is given only once.
pub fn due(spool: &Spool, event: &Event) -> Option<String> {
    // Otherwise two copies of one hook would both find that nobody was reminded.
    let _alone = spool.alone(PATIENCE)?;
    let events = spool.recent(event.at - LONGEST_SESSION);
    let is_own = |other: &&Event| other.agent == event.agent && other.session == event.session;
    let own: Vec<&Event> = events.iter().filter(is_own).collect();
    if own.iter().any(|event| event.kind == EventKind::Reminded) {
        return None;
    }
    // If the spool does not say when the session began, commits made before and since cannot be told apart.
    let is_start = |event: &&&Event| event.kind == EventKind::SessionStart;
    let began = own.iter().find(is_start)?.at;
    let repo = Repo::discover(Path::new(event.folder.as_ref()?)).ok()?;
    // While others work in the repository, the time alone does not tell whose commits are whose.
    let beside = events.iter().filter(|other| !is_own(other));
    if may_work_beside(beside, began, &repo) {
        return None;
    }
    let made = made_since(&repo, began)?;
    if made.is_empty() {
        return None;
    }
    let session = SessionId::new(event.agent.as_str(), event.session.as_deref()?);
    let ledger = read_ledger_at(&repo, &made, WorkTime::default());
    let without: Vec<ObjectId> = made
        .into_iter()
        .filter(|commit| !is_spoken_of(&ledger, *commit, &session, began))
        .collect();
    if without.is_empty() {
        return None;
    }
    let reminded = Event {
        kind: EventKind::Reminded,
        log: None,
        ..event.clone()
    };
    spool.append(&reminded).ok()?;
    Some(text(&without))
}

/// Whether another session may have worked in a repository since then: it had an event, or one shortly before that was not its
/// end. A session sends no events while it answers.
fn may_work_beside<'a>(events: impl Iterator<Item = &'a Event>, began: DateTime<Utc>, repo: &Repo) -> bool {
    let mut last: BTreeMap<(&str, Option<&str>), &Event> = BTreeMap::new();
    for event in events.filter(|event| works_in(event, repo)) {
        last.insert((event.agent.as_str(), event.session.as_deref()), event);
    }
    last.into_values()
        .any(|event| event.at > began || event.kind != EventKind::SessionEnd && began - event.at < MAY_GO_ON)
}

/// Whether an event belongs to an agent that works in a repository.
fn works_in(event: &Event, repo: &Repo) -> bool {
    let folder = event.folder.as_deref().map(Path::new);
    let is_session = event.session.is_some();
    is_session && folder.is_some_and(|folder| repo.work_dir().is_some_and(|top| folder.starts_with(top)))
}

/// The commits made in this working tree since a time that HEAD still reaches, oldest first.
fn made_since(repo: &Repo, began: DateTime<Utc>) -> Option<Vec<ObjectId>> {
    let log = files::read_text(&repo.git_dir().join("logs/HEAD"), LARGEST_LOG).ok()??;
    let logged: HashSet<ObjectId> = log
        .lines()
        .rev()
        .filter_map(|line| made(line, began.timestamp()))
        .take(MOST)
        .collect();
    let mut made = Vec::new();
    let mut next = vec![repo.head().ok()??];
    while let Some(commit) = next.pop() {
        if logged.contains(&commit) && !made.contains(&commit) {
            made.push(commit);
            next.extend(messages::with_commit(repo, commit, |raw| raw.parents().collect::<Vec<_>>()).ok()?);
        }
    }
    made.reverse();
    Some(made)
}

/// The commit that a line of HEAD's reflog reports as made, at or after a time.
fn made(line: &str, since: i64) -> Option<ObjectId> {
    let (head, message) = line.split_once('\t')?;
    let mut ids = head.split(' ').skip(1);
    let commit = ids.next()?.parse().ok()?;
    let seconds: i64 = head.rsplit(' ').nth(1)?.parse().ok()?;
    (seconds >= since && message.starts_with("commit")).then_some(commit)
}

/// Whether a task is on the commit, or names the session since it began: an agent that recorded its work once is done.
fn is_spoken_of(ledger: &Ledger, commit: ObjectId, session: &SessionId, began: DateTime<Utc>) -> bool {
    let names_session = |task: &crate::facts::task::Task| task.at >= began && task.sessions.contains(session);
    let mut tasks = ledger.tasks.iter();
    tasks.any(|found| {
        found.commits.contains(&commit) || found.notes.contains(&commit) || names_session(&found.task)
    })
}

fn text(commits: &[ObjectId]) -> String {
    let ids: Vec<String> = commits.iter().rev().take(NAMED).map(ObjectId::short).collect();
    let (what, them) = match commits.len() {
        1 => (
            "a commit was made here that has no task in the ledger",
            "it is yours and finishes",
        ),
        _ => (
            "commits were made here that have no task in the ledger",
            "they are yours and finish",
        ),
    };
    let more = match commits.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let mut command = format!(
        "git leverage record {} --title 'WHAT WAS DONE' --phase 'NAME=HOURSh' --basis 'WHY'",
        ids.first().map_or("HEAD", String::as_str)
    );
    for other in ids.iter().skip(1) {
        command.push_str(&format!(" --commit {other}"));
    }
    format!(
        "Since this session began, {what}: {}{more}. If {them} a task, record it now, with the hands-on hours that a senior engineer \
         who knows the stack would need for each phase: {command}. If none of it is \
         worth a record, just end the turn. This reminder is shown once per session.",
        ids.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_commits_since_then_are_taken() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let line = |at: i64, what: &str| format!("{id} {id} Ada L. Example <a@b> {at} +0200\t{what}");
        assert_eq!(made(&line(10, "commit: Kiln"), 10), id.parse().ok());
        assert_eq!(made(&line(10, "commit (amend): Kiln"), 10), id.parse().ok());
        assert_eq!(made(&line(9, "commit: Kiln"), 10), None);
        assert_eq!(made(&line(10, "checkout: moving"), 10), None);
        assert_eq!(made("rubbish", 10), None);
    }
}
