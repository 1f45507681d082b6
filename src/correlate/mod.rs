//! Facts → links: which session made which commit, how that is known, and what of the session's time went there.
//!
//! [`history`] reads what the sessions could have made; everything else is pure. [`link`] looks at one repository after
//! the other, rung by rung, the strongest evidence first:
//!
//! 1. [`named`]: the session's log names the commit, or the commit names the session;
//! 2. [`lines`]: the lines that a session wrote stand in the commit;
//! 3. [`context`]: the commit stands in the session's time, files and branch.
//!
//! A commit that one rung explains is not guessed at by a weaker one. Then [`shares`] divides each session's time over the
//! commits it made, in all repositories together, so that nothing counts twice. The rules, and why they are as they are:
//! `docs/formats/links.md` and `docs/decisions/session-links.md`.

mod context;
mod elsewhere;
pub mod history;
mod lines;
mod links;
pub mod measured;
mod named;
#[cfg(test)]
mod sample;
pub mod seen;
mod shares;
#[cfg(test)]
mod tests;
pub mod trees;
mod visit;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::facts::change::Change;
use crate::facts::evidence::Confidence;
use crate::facts::ids::ObjectId;
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::Moment;
use links::Links;
use visit::Visit;

/// Which foreign names in commits count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignNames {
    /// Trailers and notes of other tools name sessions too.
    #[default]
    Read,
    /// Only our own do.
    Ignore,
}

/// One repository as the linking sees it.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// Its work trees, as absolute paths without a slash at the end.
    pub roots: Vec<String>,
    /// Where paths of the sessions lead through symbolic links.
    pub links: Arc<Links>,
    /// Its commits in the time of the sessions, the newest first.
    pub changes: Vec<Change>,
    /// Commits that sessions name by a prefix, resolved among all objects.
    pub resolved: HashMap<String, ObjectId>,
}

/// Links sessions to the commits of repositories: one list for each, sorted by commit and confidence.
///
/// `sessions` have distinct ids. The order of arguments does not matter to the result.
pub fn link(sessions: &[Session], repositories: &[History], foreign: ForeignNames) -> Vec<Vec<Link>> {
    let looked: Vec<(Repository<'_>, Found)> = repositories
        .iter()
        .map(|history| {
            let repository = Repository::new(sessions, history);
            let found = repository.link(foreign);
            (repository, found)
        })
        .collect();
    let mut links: Vec<Vec<Link>> = looked
        .iter()
        .map(|(repository, found)| repository.links(found))
        .collect();
    shares::assign(sessions, &looked, &mut links);
    for links in &mut links {
        links.sort_by(|a, b| (a.commit, b.confidence, &a.session).cmp(&(b.commit, a.confidence, &b.session)));
    }
    links
}

/// A position in [`History::changes`].
type ChangeIndex = usize;
/// A position in [`Repository::visits`].
type VisitIndex = usize;
/// Commits that are one change: rebased or cherry-picked copies, by their position in [`Repository::groups`].
type GroupIndex = usize;

/// A repository with the sessions that worked in it.
struct Repository<'a> {
    history: &'a History,
    visits: Vec<Visit<'a>>,
    groups: Vec<Vec<ChangeIndex>>,
    group_of: Vec<GroupIndex>,
    position: HashMap<ObjectId, ChangeIndex>,
}

/// What speaks for one pair.
#[derive(Debug, Clone)]
struct Proof {
    rung: Rung,
    confidence: Confidence,
    evidence: Vec<Sign>,
    /// How many of the session's lines the commit holds.
    lines: usize,
    /// When the commit took in the last of them.
    taken: Option<Moment>,
}

/// The pairs found so far.
#[derive(Debug, Default)]
struct Found {
    pairs: BTreeMap<(ChangeIndex, VisitIndex), Proof>,
}

impl Found {
    /// Adds evidence to a pair; the strongest decides rung and confidence.
    fn add(&mut self, change: ChangeIndex, visit: VisitIndex, proof: Proof) {
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
    fn of(&self, change: ChangeIndex) -> impl Iterator<Item = (VisitIndex, &Proof)> {
        self.pairs
            .range((change, 0)..=(change, VisitIndex::MAX))
            .map(|((_, visit), proof)| (*visit, proof))
    }

    /// Whether a commit needs no guess any more.
    fn explains(&self, change: ChangeIndex) -> bool {
        self.of(change)
            .any(|(_, proof)| proof.confidence >= Confidence::Medium)
    }

    /// The sessions that are surely behind a commit.
    fn surely(&self, change: ChangeIndex) -> impl Iterator<Item = VisitIndex> {
        self.of(change)
            .filter(|(_, proof)| proof.confidence >= Confidence::High)
            .map(|(visit, _)| visit)
    }
}

impl<'a> Repository<'a> {
    fn new(sessions: &'a [Session], history: &'a History) -> Self {
        let mut visits: Vec<Visit<'a>> = sessions
            .iter()
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

    fn change(&self, index: ChangeIndex) -> &'a Change {
        &self.history.changes[index]
    }

    fn link(&self, foreign: ForeignNames) -> Found {
        let mut found = Found::default();
        if self.visits.is_empty() {
            return found;
        }
        named::add(self, foreign, &mut found);
        lines::add(self, &mut found);
        context::add(self, &mut found);
        found
    }

    fn links(&self, found: &Found) -> Vec<Link> {
        found
            .pairs
            .iter()
            .map(|((change, visit), proof)| Link {
                commit: self.change(*change).id,
                session: self.visits[*visit].session.id.clone(),
                rung: proof.rung,
                confidence: proof.confidence,
                evidence: proof.evidence.clone(),
                share: 0.0,
                worked: Vec::new(),
            })
            .collect()
    }
}
