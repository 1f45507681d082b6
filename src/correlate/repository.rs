//! One repository as the linking sees it, and the evidence for its pairs of commit and session.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::links::Links;
use super::visit::Visit;
use crate::facts::change::Change;
use crate::facts::evidence::Confidence;
use crate::facts::ids::ObjectId;
use crate::facts::session::Session;
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::Moment;

/// One repository as the linking sees it.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Its worktrees, as absolute paths without a slash at the end.
    pub roots: Vec<String>,
    /// Where paths of the sessions lead through symbolic links.
    pub links: Arc<Links>,
    /// Its commits in the time of the sessions, the newest first.
    pub changes: Vec<Change>,
    /// Commits that sessions name by a prefix, resolved among all objects.
    pub resolved: HashMap<String, ObjectId>,
}

/// A position in [`History::changes`].
pub(super) type ChangeIndex = usize;
/// A position in [`Repository::visits`].
pub(super) type VisitIndex = usize;
/// Commits that are one change: rebased or cherry-picked copies, by their position in [`Repository::groups`].
pub(super) type GroupIndex = usize;

/// A repository with the sessions that worked in it.
pub(super) struct Repository<'a> {
    pub(super) history: &'a History,
    pub(super) visits: Vec<Visit<'a>>,
    pub(super) groups: Vec<Vec<ChangeIndex>>,
    pub(super) group_of: Vec<GroupIndex>,
    pub(super) position: HashMap<ObjectId, ChangeIndex>,
}

/// The evidence for one pair.
#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub(super) rung: Rung,
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<Sign>,
    /// How many of the session's lines the commit contains.
    pub(super) lines: usize,
    /// When the commit took in the last of them.
    pub(super) taken: Option<Moment>,
}

/// The pairs found so far.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) pairs: BTreeMap<(ChangeIndex, VisitIndex), Proof>,
}

impl Found {
    /// Adds evidence to a pair; the strongest decides rung and confidence.
    pub(super) fn add(&mut self, change: ChangeIndex, visit: VisitIndex, proof: Proof) {
        match self.pairs.get_mut(&(change, visit)) {
            Some(known) => {
                known.rung = known.rung.min(proof.rung);
                known.confidence = known.confidence.max(proof.confidence);
                known.lines = known.lines.max(proof.lines);
                known.taken = known.taken.max(proof.taken);
                known.evidence.extend(proof.evidence);
            }
            None => {
                self.pairs.insert((change, visit), proof);
            }
        }
    }

    /// The sessions found for a commit.
    pub(super) fn of(&self, change: ChangeIndex) -> impl Iterator<Item = (VisitIndex, &Proof)> {
        self.pairs
            .range((change, 0)..=(change, VisitIndex::MAX))
            .map(|((_, visit), proof)| (*visit, proof))
    }

    /// Whether a commit needs no more guesses.
    pub(super) fn explains(&self, change: ChangeIndex) -> bool {
        self.of(change)
            .any(|(_, proof)| proof.confidence >= Confidence::Medium)
    }

    /// The sessions that are certainly behind a commit.
    pub(super) fn surely(&self, change: ChangeIndex) -> impl Iterator<Item = VisitIndex> {
        self.of(change)
            .filter(|(_, proof)| proof.confidence >= Confidence::High)
            .map(|(visit, _)| visit)
    }
}

impl<'a> Repository<'a> {
    pub(super) fn new(sessions: impl Iterator<Item = &'a Session>, history: &'a History) -> Self {
        let mut visits: Vec<Visit<'a>> = sessions
            .filter_map(|session| Visit::of(session, &history.roots, &history.links))
            .collect();
        visits.sort_by(|a, b| (a.session.span, &a.session.id).cmp(&(b.session.span, &b.session.id)));
        let mut groups: BTreeMap<_, Vec<ChangeIndex>> = BTreeMap::new();
        for (index, change) in history.changes.iter().enumerate() {
            let same_change = (change.author_time, change.author.as_str(), change.title);
            groups.entry(same_change).or_default().push(index);
        }
        let groups: Vec<Vec<ChangeIndex>> = groups.into_values().collect();
        let mut group_of = vec![0; history.changes.len()];
        for (group, members) in groups.iter().enumerate() {
            for member in members {
                group_of[*member] = group;
            }
        }
        let position = history
            .changes
            .iter()
            .enumerate()
            .map(|(index, change)| (change.id, index))
            .collect();
        Self {
            history,
            visits,
            groups,
            group_of,
            position,
        }
    }

    pub(super) fn change(&self, index: ChangeIndex) -> &'a Change {
        &self.history.changes[index]
    }
}
