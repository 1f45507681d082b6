//! The ledger of one repository: notes, task commits, fetched ledgers, and trailers.
//!
//! What another program removed from the notes ref is read from the pin, so that a report is correct even before it is
//! restored.

use std::collections::{BTreeMap, HashSet};

use crate::claims::claims_of;
use crate::facts::claimed::CommitClaims;
use crate::facts::commits::Commits;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Findings, Ledger};
use crate::facts::opinions::People;
use crate::facts::quantity::WorkTime;
use crate::facts::record::NoteLines;
use crate::git::Repo;
use crate::git::filter_map;
use crate::git::messages::{self, RawCommit};
use crate::git::notes::{self, OwnLedger, StoredNote};
use crate::git::refs::{self, Fetched};
use crate::git::remote;
use crate::git::walk::RefSelection;
use crate::rewrites::GitHistory;

/// How a ledger is read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LedgerOptions {
    /// The refs whose messages are searched for trailers. Notes count wherever their commit is.
    pub refs: RefSelection,
    /// How long a day and a week are.
    pub work: WorkTime,
}

/// What a ledger is read with in addition to what exists.
#[derive(Debug, Clone, Default)]
pub struct Supposed {
    /// Lines of notes, as if they had been written.
    pub lines: BTreeMap<ObjectId, NoteLines>,
    /// Commits that count with all their ancestors, as if a branch were on each.
    pub tips: Vec<ObjectId>,
    /// As if only what these and refs reach existed: as in another clone, or after a `git gc`.
    pub elsewhere: bool,
}

/// Reads all of a repository's ledger, every message included. Trouble is in the warnings.
pub fn read_ledger(repo: &Repo, options: &LedgerOptions) -> Ledger {
    read_ledger_with(repo, options, &Supposed::default())
}

/// [`read_ledger`] of a hypothetical ledger.
pub fn read_ledger_with(repo: &Repo, options: &LedgerOptions, supposed: &Supposed) -> Ledger {
    let mut findings = read_notes(repo);
    let lines = supposed.lines.iter();
    findings
        .notes
        .extend(lines.map(|(commit, lines)| (*commit, lines.clone())));
    let mut visited = HashSet::new();
    match read_claims(repo, options, &supposed.tips, &mut visited) {
        Ok(claims) => findings.claims = claims,
        Err(reason) => findings.warnings.push(Warning::new(
            repo.name(),
            format!("its trailers cannot be read: {reason}"),
        )),
    }
    let history = match supposed.elsewhere {
        true => GitHistory::elsewhere(repo, &visited, options.work),
        false => GitHistory::new(repo, &visited, options.work),
    };
    assemble(repo, findings, &history)
}

/// [`read_ledger`] with the commits of a history that was read already: none of them is opened again.
pub fn read_ledger_of(repo: &Repo, commits: &Commits, work: WorkTime) -> Ledger {
    let mut findings = read_notes(repo);
    let mut found = BTreeMap::new();
    for (commit, object) in commits.claiming() {
        let claims = claims_of(&RawCommit::parse(commit, &object), work);
        found.extend(complete(repo, claims).map(|claims| ((claims.time.seconds, claims.commit), claims)));
    }
    findings.claims = found.into_values().collect();
    let history = match findings.notes.is_empty() && findings.claims.is_empty() {
        true => HashSet::new(),
        false => commits.ids().collect(),
    };
    assemble(repo, findings, &GitHistory::new(repo, &history, work))
}

fn assemble(repo: &Repo, findings: Findings, history: &GitHistory<'_>) -> Ledger {
    let mut ledger = Ledger::assemble_with(findings, history);
    ledger.warnings.extend(history.trouble());
    ledger.people = people(repo, &ledger);
    ledger
}

/// What the mailmap makes of those who estimated tasks with opinions: one person under two addresses is one estimator.
fn people(repo: &Repo, ledger: &Ledger) -> People {
    let with_opinions = ledger.tasks.iter().filter(|found| !found.opinions.is_empty());
    let authors = with_opinions.flat_map(|found| {
        let opinions = found.opinions.iter().map(|opinion| &opinion.estimate.by);
        opinions.chain([&found.task.estimate.by])
    });
    let mut authors = authors.peekable();
    if authors.peek().is_none() {
        return People::new();
    }
    let names = repo.name_map();
    let mapped = authors.map(|by| (by.clone(), names.proper_author(by)));
    mapped.filter(|(by, proper)| by != proper).collect()
}

/// The ledger of notes and of the messages of a few commits: what is known of these, without walking the history.
///
/// The records on older copies that amends, rebases and cherry-picks left behind are also found.
pub fn read_ledger_at(repo: &Repo, commits: &[ObjectId], work: WorkTime) -> Ledger {
    let mut findings = read_notes(repo);
    let read = |commit: &ObjectId| {
        let claims = messages::with_commit(repo, *commit, |raw| claims_of(&raw, work));
        complete(repo, claims.ok().flatten())
    };
    findings.claims = commits.iter().filter_map(read).collect();
    let few = commits.iter().copied().collect();
    assemble(repo, findings, &GitHistory::of_few(repo, &few, work))
}

/// The ledger of notes only, without reading any message.
pub fn read_recorded(repo: &Repo) -> Ledger {
    Ledger::assemble(read_notes(repo))
}

/// The contents of the notes, before they are assembled.
pub(super) fn read_notes(repo: &Repo) -> Findings {
    let fetched = Fetched::of(repo);
    let mut findings = Findings {
        repo: repo.name(),
        unfetched: remote::unfetched(repo, &fetched),
        task_commits: refs::chain(repo, &fetched.task_references(repo)),
        ..Findings::default()
    };
    add_own(&mut findings, notes::read_own(repo));
    let mut ledgers: Vec<String> = fetched
        .notes()
        .filter(|reference| notes::is_ahead(repo, reference))
        .cloned()
        .collect();
    if notes::was_moved(repo) {
        ledgers.push(refs::PIN.to_owned());
    }
    let nothing = ledgers.is_empty() && notes::tip(repo, refs::NOTES).is_none();
    if nothing && filter_map::removed(repo, refs::NOTES) {
        let warning = Warning::new(repo.name(), "git filter-repo removed the ledger");
        findings
            .warnings
            .push(warning.hint("Run `git leverage sync REMOTE` to fetch it from another clone"));
    }
    for reference in ledgers {
        match notes::read(repo, &reference) {
            Ok(found) => found
                .into_iter()
                .for_each(|(commit, note)| add_note(&mut findings, commit, note)),
            Err(reason) => {
                let warning = unreadable(&findings.repo, &reference, &reason);
                findings.warnings.push(warning);
            }
        }
    }
    findings
}

/// Adds the ledger of this clone, and its warnings.
fn add_own(findings: &mut Findings, own: OwnLedger) {
    if let Some(mut reason) = own.trouble {
        if let Some(past) = own.past {
            reason.push_str(&format!("; its state at {} is used instead", past.short()));
        }
        let warning = unreadable(&findings.repo, refs::NOTES, &reason);
        findings.warnings.push(warning);
    }
    for (commit, note) in own.notes {
        add_note(findings, commit, note);
    }
}

fn unreadable(repo: &str, reference: &str, reason: &str) -> Warning {
    Warning::new(repo, format!("`{reference}` cannot be read: {reason}"))
        .hint(format!("Run `git log {reference}` to inspect it"))
}

fn add_note(findings: &mut Findings, commit: ObjectId, note: StoredNote) {
    let place = format!("{} note on {}", findings.repo, commit.short());
    match note {
        StoredNote::Lines(lines) => findings.notes.push((commit, lines)),
        StoredNote::TooLarge(size) => findings.warnings.push(Warning::new(
            place,
            format!(
                "not read: at {} MiB it is larger than any ledger note",
                size >> 20
            ),
        )),
        StoredNote::Unreadable(reason) => findings
            .warnings
            .push(Warning::new(place, format!("cannot be read: {reason}"))),
    }
}

/// Every commit with `Leverage-` trailers, oldest first.
fn read_claims(
    repo: &Repo,
    options: &LedgerOptions,
    tips: &[ObjectId],
    visited: &mut HashSet<ObjectId>,
) -> Result<Vec<CommitClaims>, crate::git::GitError> {
    let mut found = BTreeMap::new();
    messages::visit_all_and(repo, &options.refs, tips, |commit| {
        visited.insert(commit.id);
        if let Some(claims) = claims_of(&commit, options.work) {
            found.insert((claims.time.seconds, claims.commit), claims);
        }
    })?;
    let found = found.into_values();
    Ok(found.filter_map(|claims| complete(repo, Some(claims))).collect())
}

/// The claims with the details of the commits that the message quotes, if they are here: a message shows tabs as
/// spaces, and times without a zone.
fn complete(repo: &Repo, claims: Option<CommitClaims>) -> Option<CommitClaims> {
    let mut claims = claims?;
    for part in claims.claims.iter_mut().filter_map(|claim| claim.part.as_mut()) {
        let commit = part
            .commit
            .map(|id| messages::with_commit(repo, id, |raw| (raw.author(), raw.title(), raw.authored())));
        if let Some(Ok((author, title, authored))) = commit {
            part.author = Some(author);
            part.time = Some(authored.time);
            part.subject = title;
            part.authored = Some(authored);
        }
    }
    Some(claims)
}
