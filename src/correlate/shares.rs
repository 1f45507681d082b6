//! Where a session's time went: each minute to one commit or to none.
//!
//! The session is cut at the times of its commits. What a turn took between two cuts goes to the next commit that has a
//! file which the turn changed there, otherwise to the next commit; after the last one nothing was committed. Whole
//! milliseconds are distributed, so the parts and the rest add up to the whole. Copies of one change count once: the
//! one on HEAD, otherwise the newest.

use std::collections::{BTreeMap, HashMap};

use super::traces::{Pair, Traces, Visited};
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
    /// The files in it that the session edited.
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

/// The parts of one session that went into commits of one repository.
type Parts = HashMap<ObjectId, Part>;

/// The links of each repository, with the share of the session that each of them has.
pub(super) fn links(sessions: &[Session], traces: &[Traces]) -> Vec<Vec<Link>> {
    let mut visits: Vec<Vec<(usize, &Visited)>> = sessions.iter().map(|_| Vec::new()).collect();
    for (number, traces) in traces.iter().enumerate() {
        for visited in &traces.visits {
            if let Some(visits) = visits.get_mut(visited.session) {
                visits.push((number, visited));
            }
        }
    }
    let mut links: Vec<Vec<Link>> = traces.iter().map(|_| Vec::new()).collect();
    for (session, visits) in sessions.iter().zip(visits) {
        let mut parts = parts_in(session, &visits);
        for (number, visited) in visits {
            let of_pair = |pair: &Pair| {
                let part = parts
                    .get_mut(&number)
                    .and_then(|parts| parts.remove(&pair.commit));
                link(&session.id, pair, part)
            };
            if let Some(links) = links.get_mut(number) {
                links.extend(visited.pairs.iter().map(of_pair));
            }
        }
    }
    links
}

/// A link that is certain enough and has no part is to a copy of the change that has it.
fn link(session: &SessionId, pair: &Pair, part: Option<Part>) -> Link {
    let is_copy = part.is_none() && pair.confidence >= Confidence::Medium;
    let copy = is_copy.then_some(Sign::Copy);
    let part = part.unwrap_or_default();
    Link {
        commit: pair.commit,
        session: session.clone(),
        rung: pair.rung,
        confidence: pair.confidence,
        evidence: pair.evidence.iter().cloned().chain(copy).collect(),
        share: part.share,
        worked: part.worked,
    }
}

/// What of a session went into which commit, by repository.
fn parts_in(session: &Session, visits: &[(usize, &Visited)]) -> HashMap<usize, Parts> {
    let mut targets = Vec::new();
    let mut work = Vec::new();
    for (repository, visited) in visits {
        let path = |file: &u32| visited.files.get(*file as usize).map_or("", String::as_str);
        targets.extend(visited.targets.iter().map(|target| Target {
            repository: *repository,
            commit: target.commit,
            at: target.at,
            files: target.files.iter().map(path).collect(),
            lines: target.lines,
        }));
        work.extend(visited.work.iter().map(|edit| Work {
            at: edit.at,
            repository: *repository,
            path: path(&edit.file),
        }));
    }
    targets.sort_by_key(|target| (target.at, target.repository, target.commit));
    let mut parts: HashMap<usize, Parts> = HashMap::new();
    for (target, part) in targets.iter().zip(parts_of(session, &targets, &work)) {
        parts
            .entry(target.repository)
            .or_default()
            .insert(target.commit, part);
    }
    parts
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
