//! Where a session's time went: each minute to one commit or to none.
//!
//! The session is cut at the times of its commits. What a turn took between two cuts goes to the next commit that has a
//! file which the turn changed there, otherwise to the next commit; after the last one nothing was committed. Whole
//! milliseconds are distributed, so the parts and the rest add up to the whole. Copies of one change count once: the
//! one on HEAD, otherwise the newest.

use std::collections::{BTreeMap, HashMap};

use super::lines::committed;
use super::{ChangeIndex, Found, GroupIndex, Proof, Repository, VisitIndex};
use crate::facts::evidence::Confidence;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::sign::Sign;
use crate::facts::span::{self, Moment, Span};

/// A commit that takes a share of a session.
struct Target<'a> {
    repository: usize,
    commit: ObjectId,
    /// When it took in the session's work.
    at: Moment,
    files: Vec<&'a str>,
    /// How many of the session's lines it contains.
    lines: usize,
}

/// An edit, with the repository it was made in.
struct Work<'a> {
    at: Moment,
    repository: usize,
    path: &'a str,
}

/// What of a session went into one commit.
#[derive(Default)]
struct Part {
    share: f64,
    worked: Vec<Span>,
}

/// An index of what a repository knows of each session.
struct Index<'a> {
    visits: HashMap<&'a SessionId, VisitIndex>,
    /// The evidence for each change that a visit may have made, by change.
    proofs: HashMap<VisitIndex, Vec<(ChangeIndex, &'a Proof)>>,
}

impl<'a> Index<'a> {
    fn new((repository, found): &'a (Repository<'_>, Found)) -> Self {
        let mut index = Self {
            visits: HashMap::new(),
            proofs: HashMap::new(),
        };
        for (at, visit) in repository.visits.iter().enumerate() {
            index.visits.entry(&visit.session.id).or_insert(at);
        }
        for ((change, visit), proof) in &found.pairs {
            index.proofs.entry(*visit).or_default().push((*change, proof));
        }
        index
    }

    fn proofs_of(&self, visit: VisitIndex) -> &[(ChangeIndex, &'a Proof)] {
        self.proofs.get(&visit).map_or(&[], Vec::as_slice)
    }
}

/// The parts of sessions that went into commits of one repository.
type Parts<'a> = HashMap<(ObjectId, &'a SessionId), Part>;

/// The links of each repository, with the share of the session that each of them has.
pub(super) fn links(sessions: &[Session], looked: &[(Repository<'_>, Found)]) -> Vec<Vec<Link>> {
    let parts = parts_in(sessions, looked);
    let links_in = |((repository, found), mut parts): (&(Repository<'_>, Found), Parts<'_>)| {
        let pairs = found.pairs.iter();
        let of_pair = |((change, visit), proof): (&(ChangeIndex, VisitIndex), &Proof)| {
            let (commit, session) = (
                repository.change(*change).id,
                &repository.visits[*visit].session.id,
            );
            link(commit, session, proof, parts.remove(&(commit, session)))
        };
        pairs.map(of_pair).collect()
    };
    looked.iter().zip(parts).map(links_in).collect()
}

/// A link that is certain enough and has no part is to a copy of the change that has it.
fn link(commit: ObjectId, session: &SessionId, proof: &Proof, part: Option<Part>) -> Link {
    let is_copy = part.is_none() && proof.confidence >= Confidence::Medium;
    let copy = is_copy.then_some(Sign::Copy);
    let part = part.unwrap_or_default();
    Link {
        commit,
        session: session.clone(),
        rung: proof.rung,
        confidence: proof.confidence,
        evidence: proof.evidence.iter().cloned().chain(copy).collect(),
        share: part.share,
        worked: part.worked,
    }
}

/// What of each session went into which commit, by repository.
fn parts_in<'a>(sessions: &'a [Session], looked: &[(Repository<'_>, Found)]) -> Vec<Parts<'a>> {
    let mut parts: Vec<Parts<'a>> = looked.iter().map(|_| HashMap::new()).collect();
    let indexes: Vec<Index<'_>> = looked.iter().map(Index::new).collect();
    for session in sessions {
        let mut targets = Vec::new();
        let mut work = Vec::new();
        for (number, ((repository, _), index)) in looked.iter().zip(&indexes).enumerate() {
            if let Some(&visit) = index.visits.get(&session.id) {
                targets.extend(targets_in(number, repository, index.proofs_of(visit), visit));
                work.extend(repository.visits[visit].edits.iter().map(|edit| Work {
                    at: edit.at,
                    repository: number,
                    path: &edit.path,
                }));
            }
        }
        targets.sort_by_key(|target| (target.at, target.repository, target.commit));
        for (target, part) in targets.iter().zip(parts_of(session, &targets, &work)) {
            parts[target.repository].insert((target.commit, &session.id), part);
        }
    }
    parts
}

/// The changes that a session has a certain enough part in, each once.
fn targets_in<'a>(
    number: usize,
    repository: &'a Repository<'_>,
    proofs: &[(ChangeIndex, &'a Proof)],
    visit: VisitIndex,
) -> impl Iterator<Item = Target<'a>> {
    let mut groups: BTreeMap<GroupIndex, Vec<(ChangeIndex, &'a Proof)>> = BTreeMap::new();
    for (change, proof) in proofs {
        if proof.confidence >= Confidence::Medium {
            let group = repository.group_of[*change];
            groups.entry(group).or_default().push((*change, proof));
        }
    }
    let start = repository.visits[visit].session.span.start;
    groups.into_values().filter_map(move |members| {
        let one = |(change, _): &(ChangeIndex, &Proof)| {
            let commit = repository.change(*change);
            (commit.on_head, commit.commit_time, commit.id)
        };
        let (chosen, proof) = members.iter().copied().max_by_key(one)?;
        let at = members
            .iter()
            .filter_map(|(change, proof)| proof.taken.or(committed(repository.change(*change), start)))
            .min()
            .unwrap_or(start);
        let commit = repository.change(chosen);
        Some(Target {
            repository: number,
            commit: commit.id,
            at,
            files: commit.files.iter().map(|file| file.path.as_str()).collect(),
            lines: proof.lines,
        })
    })
}

/// The part of each target, in order. Without any known time the lines decide, and without lines all parts are equal.
fn parts_of<'a>(session: &Session, targets: &[Target<'a>], work: &'a [Work<'a>]) -> Vec<Part> {
    let total = session.worked();
    if total > 0 {
        let part = |worked: Vec<Span>| Part {
            share: span::total(&worked) as f64 / total as f64,
            worked,
        };
        return divide(session, targets, work).into_iter().map(part).collect();
    }
    let lines: usize = targets.iter().map(|target| target.lines).sum();
    let even = 1.0 / targets.len().max(1) as f64;
    let by_lines = |target: &Target<'_>| target.lines as f64 / lines as f64;
    targets
        .iter()
        .map(|target| Part {
            share: if lines == 0 { even } else { by_lines(target) },
            worked: Vec::new(),
        })
        .collect()
}

/// The agent time that went into each target, in order of time. The rest was not committed.
fn divide<'a>(session: &Session, targets: &[Target<'a>], work: &'a [Work<'a>]) -> Vec<Vec<Span>> {
    let mut worked = vec![Vec::new(); targets.len()];
    let next = |at: Moment| targets.partition_point(|target| target.at < at);
    let holders = Holders::new(targets, work);
    for turn in session.turns() {
        let mut parts: BTreeMap<usize, Vec<Span>> = BTreeMap::new();
        for span in &turn.working {
            for piece in cut(*span, targets) {
                parts.entry(next(piece.end)).or_default().push(piece);
            }
        }
        for (first, pieces) in parts {
            let begin = first.checked_sub(1).and_then(|before| targets.get(before));
            // Those of the turn that the first target is the next for.
            let from = begin.map_or(turn.span.start, |begin| turn.span.start.max(begin.at.plus(1)));
            let to = targets
                .get(first)
                .map_or(turn.span.end, |next| turn.span.end.min(next.at));
            let edits = holders.edits(from, to).iter();
            let chosen = edits.filter_map(|edit| holders.first(edit, first)).min();
            if let Some(taken) = worked.get_mut(chosen.unwrap_or(first)) {
                taken.extend(pieces);
            }
        }
    }
    worked
}

/// An index of the targets that have the edited files.
struct Holders<'a> {
    /// In order of time.
    work: Vec<&'a Work<'a>>,
    /// The targets of each edited file, in order.
    targets: HashMap<(usize, &'a str), Vec<usize>>,
}

impl<'a> Holders<'a> {
    fn new(targets: &[Target<'a>], work: &'a [Work<'a>]) -> Self {
        let edited = work.iter().map(|edit| ((edit.repository, edit.path), Vec::new()));
        let mut holders = Self {
            work: work.iter().collect(),
            targets: edited.collect(),
        };
        holders.work.sort_by_key(|edit| edit.at);
        // Nothing to look up: a commit may have any number of files.
        let holding = targets.iter().enumerate().filter(|_| !work.is_empty());
        for (index, target) in holding {
            for file in &target.files {
                if let Some(holding) = holders.targets.get_mut(&(target.repository, *file)) {
                    holding.push(index);
                }
            }
        }
        holders
    }

    /// The edits from one instant to another, both included.
    fn edits(&self, from: Moment, to: Moment) -> &[&'a Work<'a>] {
        let from = self.work.partition_point(|edit| edit.at < from);
        let to = self.work.partition_point(|edit| edit.at <= to);
        self.work.get(from..to).unwrap_or_default()
    }

    /// The first target from `first` on that has the file of an edit.
    fn first(&self, edit: &Work<'_>, first: usize) -> Option<usize> {
        let holding = self.targets.get(&(edit.repository, edit.path))?;
        holding
            .get(holding.partition_point(|index| *index < first))
            .copied()
    }
}

/// A span in pieces, none of which contains a target's instant.
fn cut(span: Span, targets: &[Target<'_>]) -> Vec<Span> {
    let mut pieces = Vec::new();
    let mut start = span.start;
    let inside = targets.get(targets.partition_point(|target| target.at <= span.start)..);
    let inside = inside.unwrap_or_default().iter().map(|target| target.at);
    for at in inside.take_while(|at| *at < span.end) {
        if start < at {
            pieces.push(Span::new(start, at));
            start = at;
        }
    }
    pieces.push(Span::new(start, span.end));
    pieces
}

#[cfg(test)]
mod tests;
