//! What a repository's notes lack of the sessions behind its commits.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::sessions::OwnLinks;
use crate::correlate::measured::{Repose, Stamp, is_worth_a_line, record, uncommitted};
use crate::facts::evidence::Confidence;
use crate::facts::ids::{ObjectId, RecordId, SessionId};
use crate::facts::ledger::Ledger;
use crate::facts::link::Link;
use crate::facts::record::SessionRecord;
use crate::facts::session::Session;
use crate::facts::sign::{Rung, Sign};
use crate::facts::supervision::charged_minutes;
use crate::git::Repo;
use crate::sources::ledger::read_recorded;

/// What sessions made in a repository, and what its notes contain about them.
pub struct Capture<'a> {
    own: &'a OwnLinks,
    known: HashMap<ObjectId, Vec<SessionRecord>>,
    /// Sessions without commits, each with the note of a task that names it.
    of_tasks: Vec<Link>,
}

/// Records, each with the commit of its note.
pub type Records = Vec<(ObjectId, SessionRecord)>;

impl<'a> Capture<'a> {
    /// Reads the notes.
    pub fn new(repo: &Repo, own: &'a OwnLinks) -> Self {
        let recorded = read_recorded(repo);
        Self {
            own,
            of_tasks: of_tasks(&recorded, own),
            known: by_commit(recorded),
        }
    }

    /// The links that are worth a record: certain enough, and not of a copy. Sessions without commits are recorded in the notes
    /// of the tasks that name them.
    pub fn links(&self) -> impl Iterator<Item = &Link> + use<'_, 'a> {
        let links = self.own.links.iter();
        let made = links.filter(|link| link.counts() && !link.is_copy());
        made.chain(&self.of_tasks)
    }

    /// Whether a commit made by one of these sessions lacks a record of it.
    pub fn has_news(&self, sessions: &BTreeSet<SessionId>) -> bool {
        let mut links = self.links().filter(|link| sessions.contains(&link.session));
        links.any(|link| {
            let known = self.known.get(&link.commit).map_or(&[][..], Vec::as_slice);
            !known.iter().any(|record| record.session == link.session)
        })
    }

    /// Removes records that can wait for further work, depending on how each session rests. Otherwise, a sweep after each turn
    /// would fill the notes of a long session.
    pub fn put_off(&self, records: &mut Records, rest: impl Fn(&SessionId) -> Repose) -> BTreeSet<SessionId> {
        let mut waiting = BTreeSet::new();
        records.retain(|(commit, record)| {
            let known: Vec<&SessionRecord> = self.known.get(commit).into_iter().flatten().collect();
            let is_worth = is_worth_a_line(record, &known, rest(&record.session));
            if !is_worth {
                waiting.insert(record.session.clone());
            }
            is_worth
        });
        waiting
    }

    /// What the notes on some commits lack, stamped with author and time.
    pub fn records(&self, wanted: &HashSet<ObjectId>, stamp: &Stamp) -> Records {
        let sessions = self.own.sessions.iter().enumerate();
        let sessions: HashMap<&SessionId, usize> = sessions.map(|(at, session)| (&session.id, at)).collect();
        let mut records = Vec::new();
        for link in self.links().filter(|link| wanted.contains(&link.commit)) {
            let Some(&at) = sessions.get(&link.session) else {
                continue;
            };
            let charges = self.own.charges.get(at).map(Vec::as_slice).unwrap_or_default();
            let stamp = Stamp {
                id: RecordId::derived(&["session", &link.session.to_string(), &link.commit.to_string()]),
                ..stamp.clone()
            };
            let minutes = charged_minutes(charges).checked();
            let known: Vec<&SessionRecord> = self.known.get(&link.commit).into_iter().flatten().collect();
            let everywhere = self.own.links.iter().chain(&self.own.elsewhere);
            let left = uncommitted(&link.session, everywhere);
            let session = &self.own.sessions[at];
            if let Some(record) = record(session, link, Some(left), minutes, &known, &stamp) {
                records.push((link.commit, record));
            }
        }
        records
    }
}

/// The sessions without commits that tasks without a commit name, as links to the notes of these tasks: with low confidence and
/// without a share, because nobody's work is on the note's commit.
fn of_tasks(recorded: &Ledger, own: &OwnLinks) -> Vec<Link> {
    let made: HashSet<&SessionId> = own
        .links
        .iter()
        .filter(|link| link.counts())
        .map(|link| &link.session)
        .collect();
    let without = recorded.tasks.iter().filter(|found| found.commits.is_empty());
    let named = without.flat_map(|found| {
        let sessions = found.task.sessions.iter();
        sessions.flat_map(|session| found.notes.iter().map(move |note| (*note, session)))
    });
    let here = named.filter(|(_, session)| !made.contains(session));
    let link = |(commit, session): (ObjectId, &SessionId)| Link {
        commit,
        session: session.clone(),
        rung: Rung::Record,
        confidence: Confidence::Low,
        evidence: vec![Sign::Note(OWN.to_owned())],
        share: 0.0,
        worked: Vec::new(),
    };
    here.map(link).collect()
}

/// The tool that writes these notes.
const OWN: &str = "leverage";

/// The records that each commit already has.
fn by_commit(ledger: Ledger) -> HashMap<ObjectId, Vec<SessionRecord>> {
    let mut known: HashMap<ObjectId, Vec<SessionRecord>> = HashMap::new();
    for found in ledger.sessions {
        for commit in &found.commits {
            known.entry(*commit).or_default().push(found.record.clone());
        }
    }
    known
}

/// A session with all sessions it started, directly or indirectly; these have their own logs.
pub fn with_launched(session: &SessionId, all: &[Session]) -> BTreeSet<SessionId> {
    let mut found = BTreeSet::from([session.clone()]);
    loop {
        let is_new = |one: &&Session| {
            let parent = one.parent.as_ref();
            !found.contains(&one.id) && parent.is_some_and(|parent| found.contains(parent))
        };
        let more: Vec<SessionId> = all.iter().filter(is_new).map(|one| one.id.clone()).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}
