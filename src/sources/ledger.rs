//! The ledger of one repository: notes, task commits, what was fetched, and trailers.
//!
//! What another program pushed out of the notes reference is read from the pin, so that a report is right before anything
//! was healed.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::facts::claim;
use crate::facts::claimed::CommitClaims;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Findings, Ledger};
use crate::facts::quantity::WorkTime;
use crate::git::Repo;
use crate::git::messages::{self, RawCommit};
use crate::git::notes::{self, StoredNote};
use crate::git::refs;
use crate::git::walk::RefSelection;
use crate::sources::reach::rewritten;

/// How a ledger is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LedgerOptions {
    /// The refs whose messages are searched for trailers. Notes count wherever their commit is.
    pub refs: RefSelection,
    /// How long a day and a week are.
    pub work: WorkTime,
}

/// Reads all that a repository's ledger holds, every message included. Trouble is in the warnings.
pub fn read_ledger(repo: &Repo, options: &LedgerOptions) -> Ledger {
    let mut findings = read_notes(repo);
    match read_claims(repo, options) {
        Ok(claims) => findings.claims = claims,
        Err(reason) => findings.warnings.push(Warning::new(
            repo.name(),
            format!("its trailers cannot be read: {reason}"),
        )),
    }
    Ledger::assemble(findings)
}

/// [`read_ledger`] with the commits of a history that was read already: of their messages only those are looked at that
/// may hold a claim, and to the origin of each is added what notes record of it.
pub fn read_ledger_of(repo: &Repo, commits: &mut [Commit], work: WorkTime) -> Ledger {
    let mut findings = read_notes(repo);
    let mut found = BTreeMap::new();
    for commit in commits.iter().filter(|commit| commit.may_claim) {
        match messages::with_commit(repo, commit.id, |raw| claims_of(&raw, work)) {
            Ok(claims) => found.extend(claims.map(|claims| ((claims.time.seconds, claims.commit), claims))),
            Err(reason) => findings.warnings.push(Warning::new(
                format!("{} {}", repo.name(), commit.id.short()),
                format!("its trailers cannot be read: {reason}"),
            )),
        }
    }
    findings.claims = found.into_values().collect();
    let mut ledger = Ledger::assemble(findings);
    follow_rewrites(repo, &mut ledger, commits);
    ledger.testify(commits);
    ledger
}

/// Puts what a rebase, an amend or a cherry-pick made of a commit in the place of the one that it left behind.
///
/// Git copies notes only where it is told to (`notes.rewriteRef`), and then leaves the old one. A note whose commit is on no
/// branch, and has no copy that is known, counts for nothing where the same task stands on another commit.
fn follow_rewrites(repo: &Repo, ledger: &mut Ledger, commits: &[Commit]) {
    let history: HashSet<ObjectId> = match (ledger.tasks.as_slice(), ledger.sessions.as_slice()) {
        ([], []) => return,
        _ => commits.iter().map(|commit| commit.id).collect(),
    };
    let of_tasks = ledger.tasks.iter().flat_map(|found| &found.commits);
    let of_sessions = ledger.sessions.iter().flat_map(|found| &found.commits);
    let missing: HashSet<ObjectId> = of_tasks
        .chain(of_sessions)
        .filter(|commit| !history.contains(commit))
        .copied()
        .collect();
    if missing.is_empty() {
        return;
    }
    let rewritten = rewritten(repo, &missing, &history);
    let stands = |commit: &ObjectId| history.contains(commit) || rewritten.reached.contains(commit);
    let follow = |all: &mut Vec<ObjectId>, notes: &[ObjectId]| {
        let is_elsewhere = notes.iter().any(stands);
        let current: BTreeSet<ObjectId> = all
            .iter()
            .filter_map(|commit| match rewritten.copies.get(commit) {
                Some(copy) => Some(*copy),
                None if !stands(commit) && is_elsewhere && notes.contains(commit) => None,
                None => Some(*commit),
            })
            .collect();
        *all = current.into_iter().collect();
    };
    for found in &mut ledger.tasks {
        follow(&mut found.commits, &found.notes);
    }
    for found in &mut ledger.sessions {
        let notes = found.commits.clone();
        follow(&mut found.commits, &notes);
    }
}

/// The ledger of notes alone, without a look at any message.
pub fn read_recorded(repo: &Repo) -> Ledger {
    Ledger::assemble(read_notes(repo))
}

fn read_notes(repo: &Repo) -> Findings {
    let mut findings = Findings {
        repo: repo.name(),
        ..Findings::default()
    };
    findings.task_commits = refs::chain(repo, &refs::task_references(repo));
    let fetched = refs::names(repo, &format!("{}*/notes", refs::REMOTES)).unwrap_or_default();
    let mut ledgers = vec![refs::NOTES.to_owned()];
    ledgers.extend(
        fetched
            .into_iter()
            .filter(|reference| notes::is_ahead(repo, reference)),
    );
    if notes::was_moved(repo) {
        ledgers.push(refs::PIN.to_owned());
    }
    for reference in ledgers {
        match notes::read(repo, &reference) {
            Ok(found) => found
                .into_iter()
                .for_each(|(commit, note)| add_note(&mut findings, commit, note)),
            Err(reason) => findings.warnings.push(
                Warning::new(repo.name(), format!("`{reference}` cannot be read: {reason}"))
                    .hint(format!("Look at it with: git log {reference}")),
            ),
        }
    }
    findings
}

fn add_note(findings: &mut Findings, commit: ObjectId, note: StoredNote) {
    let place = format!("{} note on {}", findings.repo, commit.short());
    match note {
        StoredNote::Lines(lines) => findings.notes.push((commit, lines)),
        StoredNote::TooLarge(size) => findings.warnings.push(Warning::new(
            place,
            format!(
                "it was not read: {} MiB are more than any ledger writes",
                size >> 20
            ),
        )),
        StoredNote::Unreadable(reason) => findings
            .warnings
            .push(Warning::new(place, format!("it cannot be read: {reason}"))),
    }
}

/// Every commit with trailers of ours, oldest first.
fn read_claims(repo: &Repo, options: &LedgerOptions) -> Result<Vec<CommitClaims>, crate::git::GitError> {
    let mut found = BTreeMap::new();
    messages::visit_all(repo, &options.refs, |commit| {
        if let Some(claims) = claims_of(&commit, options.work) {
            found.insert((claims.time.seconds, claims.commit), claims);
        }
    })?;
    Ok(found.into_values().collect())
}

/// What the message of a commit claims; `None` where it has no trailer of ours.
pub fn claims_of(commit: &RawCommit<'_>, work: WorkTime) -> Option<CommitClaims> {
    if !claim::may_claim(commit.message) {
        return None;
    }
    let (claims, errors) = claim::read(commit.message, work);
    if claims.is_empty() && errors.is_empty() {
        return None;
    }
    let (author, time) = commit.author();
    Some(CommitClaims {
        commit: commit.id,
        author,
        time,
        committed: commit.committed(),
        subject: commit.subject(),
        claims,
        errors,
    })
}
