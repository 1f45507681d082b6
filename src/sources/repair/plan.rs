//! What to do about each note whose commit is unreachable.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use super::super::ledger::read_notes;
use super::super::rewrites::{GitHistory, Traces};
use super::changes::{self, Found};
use super::lines::{filtered, retracted, speaks_of, task_of, tasks};
use super::lost::lost;
use super::standing::{MAX_CANDIDATES, Standing, titled};
use super::totals::{hours, read_elsewhere, read_with, sums};
use super::undecided::{Doubt, Undecided};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::ObjectId;
use crate::facts::quantity::WorkTime;
use crate::facts::record::{NOTE_CAP, NoteLines};
use crate::facts::task::Task;
use crate::git::messages;
use crate::git::touched::touched;
use crate::git::{GitError, Repo};

/// Sums of the same hours in another order differ by less.
const ROUNDING: f64 = 1e-6;
/// How many moves are tried one by one if all together would change the totals; each reads the ledger.
const MAX_TRIED: usize = 64;

/// What to do about notes whose commits are unreachable.
#[derive(Debug, Default)]
pub struct Repair {
    /// What is proven.
    pub moves: Vec<Move>,
    /// What is not.
    pub undecided: Vec<Undecided>,
    /// What could not be read or compared.
    pub warnings: Vec<Warning>,
    /// Whether the ledger and its history were read completely.
    pub status: Status,
}

/// Lines of a note that are copied to another commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// The commit that their note is on.
    pub from: ObjectId,
    /// The commit that replaces it.
    pub to: ObjectId,
    /// The proof.
    pub proof: Proof,
    /// The lines.
    pub lines: NoteLines,
}

/// Why one commit replaces another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// It is what an amend, a rebase or a cherry-pick made of it.
    Rewrite,
    /// Its message quotes it.
    Quote,
    /// It made the same change.
    Change,
    /// It made the combined change of this many commits, of which this was one.
    Squash(usize),
    /// Its message names the task.
    Task,
    /// Only its message names the session of the task.
    Session,
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rewrite => f.write_str("a rewritten copy of it"),
            Self::Quote => f.write_str("its message quotes it"),
            Self::Change => f.write_str("the same change"),
            Self::Squash(commits) => write!(f, "the combined change of {commits} commits"),
            Self::Task => f.write_str("its message names the task"),
            Self::Session => f.write_str("its message names the session"),
        }
    }
}

/// Examines every note. Nothing is written; the error says why the history cannot be walked.
pub fn plan(repo: &Repo, work: WorkTime) -> Result<Repair, GitError> {
    let standing = Standing::of(repo, work)?;
    let lost = lost(repo, work, &standing);
    let findings = read_notes(repo);
    let mut repair = Repair {
        warnings: findings.warnings.clone(),
        ..Repair::default()
    };
    let mut notes: BTreeMap<ObjectId, NoteLines> = BTreeMap::new();
    for (commit, lines) in findings.notes {
        notes.entry(commit).or_default().merge(lines);
    }
    let is_current = |commit: &ObjectId| standing.has(*commit) || findings.task_commits.contains(commit);
    let settled: HashSet<Vec<u8>> = notes
        .iter()
        .filter(|(commit, _)| is_current(commit))
        .flat_map(|(_, lines)| lines.iter().map(<[u8]>::to_vec))
        .collect();
    // A retracted task counts nowhere, so there is nothing to decide.
    let retracted = retracted(notes.values());
    let open = |lines: &NoteLines| {
        filtered(lines, |line| {
            !settled.contains(line) && !task_of(line).is_some_and(|id| retracted.contains(&id))
        })
    };
    let gone: BTreeMap<ObjectId, NoteLines> = notes
        .iter()
        .filter(|(commit, _)| !is_current(commit))
        .map(|(commit, lines)| (*commit, open(lines)))
        .filter(|(_, lines)| lines.size() > 0)
        .collect();
    if !gone.is_empty() {
        let mut decider = Decider::new(repo, work, standing, &gone);
        gone.iter()
            .for_each(|(commit, lines)| decider.decide(*commit, lines, &mut repair));
        decider.guess(&mut repair);
        repair.warnings.extend(decider.trouble());
        keep_totals(repo, work, &notes, &mut repair);
        // The measurements of discarded work stay with it: without a task, no claim needs a commit.
        repair
            .undecided
            .retain(|undecided| !undecided.candidates.is_empty() || !tasks(&undecided.lines).is_empty());
    }
    repair.undecided.extend(lost);
    repair.undecided.sort_by_key(|one| one.from);
    if !repair.warnings.is_empty() {
        repair.status = Status::Partial;
    }
    Ok(repair)
}

/// What is known of unreachable commits.
struct Decider<'a> {
    repo: &'a Repo,
    standing: Standing,
    traces: Traces,
    /// Those that are not here at all.
    absent: BTreeSet<ObjectId>,
    changes: Found,
    gave_up: bool,
}

impl<'a> Decider<'a> {
    fn new(repo: &'a Repo, work: WorkTime, standing: Standing, gone: &BTreeMap<ObjectId, NoteLines>) -> Self {
        let missing: Vec<ObjectId> = gone.keys().copied().collect();
        let ids = standing.ids();
        let traces = GitHistory::new(repo, &ids, work).traces_of(&missing);
        let is_here = |id: &ObjectId| messages::with_commit(repo, *id, |_| ()).is_ok();
        let (here, absent): (BTreeSet<ObjectId>, BTreeSet<ObjectId>) = missing.into_iter().partition(is_here);
        let open = here.into_iter().filter(|id| by_history(&traces, *id).len() != 1);
        let compared = changes::compare(repo, &open.collect(), &standing);
        Self {
            repo,
            standing,
            traces,
            absent,
            changes: compared.found,
            gave_up: compared.gave_up,
        }
    }

    fn trouble(&self) -> Option<Warning> {
        self.gave_up.then(|| {
            Warning::new(
                self.repo.name(),
                "there are too many commits to compare all of their changes",
            )
        })
    }

    /// Decides about one note: as a whole by its commit, otherwise by each of its lines.
    fn decide(&mut self, from: ObjectId, lines: &NoteLines, repair: &mut Repair) {
        let (doubt, candidates) = match self.of_commit(from) {
            Ok((to, proof)) => {
                let lines = lines.clone();
                repair.moves.push(Move {
                    from,
                    to,
                    proof,
                    lines,
                });
                return;
            }
            Err(left) => left,
        };
        let mut rest = lines.clone();
        for task in tasks(lines) {
            let Some((to, proof)) = self.of_task(from, &task) else {
                continue;
            };
            let lines = filtered(&rest, |line| speaks_of(line, task.id));
            rest = filtered(&rest, |line| !speaks_of(line, task.id));
            repair.moves.push(Move {
                from,
                to,
                proof,
                lines,
            });
        }
        if rest.size() > 0 {
            repair.undecided.push(Undecided {
                from,
                lines: rest,
                doubt,
                candidates: candidates.into_iter().take(MAX_CANDIDATES).collect(),
            });
        }
    }

    /// The commit that replaces an unreachable one, or the doubts about each candidate.
    fn of_commit(&self, from: ObjectId) -> Result<(ObjectId, Proof), (Doubt, BTreeSet<ObjectId>)> {
        let traced = by_history(&self.traces, from);
        if traced.is_empty() && self.absent.contains(&from) {
            return Err((Doubt::NotHere, BTreeSet::new()));
        }
        let compared = self.changes.get(&from).cloned().unwrap_or_default();
        let copies = self.traces.copies.get(&from);
        let proof_of = |to: &ObjectId| match copies.is_some_and(|copies| copies.contains(to)) {
            true => Proof::Rewrite,
            false => Proof::Quote,
        };
        let both: BTreeSet<ObjectId> = traced
            .iter()
            .filter(|to| compared.get(to) == Some(&1))
            .copied()
            .collect();
        if let Some(to) = only(&traced).or_else(|| only(&both)) {
            return Ok((to, proof_of(&to)));
        }
        let found: BTreeSet<ObjectId> = compared.keys().copied().collect();
        if let Some(to) = only(&found).filter(|_| traced.is_empty()) {
            return Ok(match compared.get(&to) {
                Some(1) | None => (to, Proof::Change),
                Some(commits) => (to, Proof::Squash(*commits)),
            });
        }
        let candidates: BTreeSet<ObjectId> = traced.union(&found).copied().collect();
        match candidates.is_empty() {
            true => Err((Doubt::Nothing, candidates)),
            false => Err((Doubt::Several, candidates)),
        }
    }

    /// The commit whose message names a task, or its session.
    fn of_task(&self, from: ObjectId, task: &Task) -> Option<(ObjectId, Proof)> {
        if let Some(commit) = self.standing.naming(task.id) {
            return Some((commit, Proof::Task));
        }
        let commit = only(&self.standing.of_sessions(&task.sessions))?;
        self.is_of_one_work(from, commit, task)
            .then_some((commit, Proof::Session))
    }

    /// A session makes more than one commit: another one of it changed other files, or is of another day.
    fn is_of_one_work(&self, from: ObjectId, commit: ObjectId, task: &Task) -> bool {
        if self.absent.contains(&from) {
            let day = messages::with_commit(self.repo, commit, |raw| raw.author_day());
            return day.is_ok_and(|day| day == task.date);
        }
        match &touched(self.repo, [from, commit])[..] {
            [Some(before), Some(now)] => before.iter().any(|path| now.contains(path)),
            _ => false,
        }
    }

    /// Adds to what is undecided the commits that have its title.
    fn guess(&self, repair: &mut Repair) {
        let title_of = |undecided: &Undecided| {
            let subject = messages::with_commit(self.repo, undecided.from, |raw| raw.title());
            let first = || tasks(&undecided.lines).into_iter().next().map(|task| task.title);
            subject.ok().or_else(first)
        };
        let mut open: Vec<(&mut Undecided, String)> = repair
            .undecided
            .iter_mut()
            .filter(|undecided| undecided.candidates.is_empty())
            .filter_map(|undecided| {
                let title = title_of(undecided)?;
                Some((undecided, title))
            })
            .collect();
        let titles: BTreeSet<String> = open.iter().map(|(_, title)| title.clone()).collect();
        if titles.is_empty() {
            return;
        }
        let found = titled(self.repo, &titles);
        for (undecided, title) in &mut open {
            undecided
                .candidates
                .extend(found.get(title).into_iter().flatten());
        }
    }
}

fn only(found: &BTreeSet<ObjectId>) -> Option<ObjectId> {
    found.first().copied().filter(|_| found.len() == 1)
}

/// Every commit that may replace one, by what rewrites preserve and squashes quote.
fn by_history(traces: &Traces, from: ObjectId) -> BTreeSet<ObjectId> {
    let copies = traces.copies.get(&from).into_iter().flatten();
    let squashed = traces.squashed.get(&from).into_iter().flatten();
    copies.chain(squashed).copied().collect()
}

/// Leaves undecided whatever would change the totals of the ledger, or does not fit.
fn keep_totals(repo: &Repo, work: WorkTime, notes: &BTreeMap<ObjectId, NoteLines>, repair: &mut Repair) {
    let mut kept: Vec<Move> = Vec::new();
    let mut full: BTreeMap<ObjectId, NoteLines> = BTreeMap::new();
    let mut doubtful = Vec::new();
    for one in std::mem::take(&mut repair.moves) {
        let mut note = full.get(&one.to).or_else(|| notes.get(&one.to)).cloned();
        let note = note.get_or_insert_default();
        let size = note.size();
        note.merge(one.lines.clone());
        if note.size() == size {
            continue;
        }
        match note.size() > NOTE_CAP {
            true => doubtful.push((one, Doubt::Full)),
            false => {
                full.insert(one.to, std::mem::take(note));
                kept.push(one);
            }
        }
    }
    doubtful.extend(take_unsafe(repo, work, &mut kept));
    // What was copied along rewrites is on several unreachable commits; it is settled once one of them is decided.
    let moved: HashSet<Vec<u8>> = kept
        .iter()
        .flat_map(|one| one.lines.iter().map(<[u8]>::to_vec))
        .collect();
    repair
        .undecided
        .retain(|undecided| undecided.lines.iter().any(|line| !moved.contains(line)));
    repair.moves = kept;
    let undecided = doubtful.into_iter().map(|(one, doubt)| Undecided {
        from: one.from,
        lines: one.lines,
        doubt,
        candidates: vec![one.to],
    });
    repair.undecided.extend(undecided);
    tell_once(&mut repair.undecided);
}

/// Removes the moves after which something would count differently, here or in another clone.
fn take_unsafe(repo: &Repo, work: WorkTime, moves: &mut Vec<Move>) -> Vec<(Move, Doubt)> {
    let mut taken = Vec::new();
    if moves.is_empty() {
        return taken;
    }
    let now = read_with(repo, work, BTreeMap::new(), []);
    let before = sums(&now);
    // What counts here and elsewhere must continue to count in both.
    let least = hours(&now).min(hours(&read_elsewhere(repo, work, BTreeMap::new())));
    let is_safe = |moves: &[Move]| {
        let lines = additions(moves);
        sums(&read_with(repo, work, lines.clone(), [])) == before
            && hours(&read_elsewhere(repo, work, lines)) >= least - ROUNDING
    };
    if is_safe(moves) {
        return taken;
    }
    for (number, one) in std::mem::take(moves).into_iter().enumerate() {
        moves.push(one);
        if number >= MAX_TRIED || !is_safe(moves) {
            taken.extend(moves.pop().map(|one| (one, Doubt::Totals)));
        }
    }
    taken
}

/// A note that was copied along rewrites is undecided once: on the commit with candidates, otherwise on the one with
/// the most lines.
fn tell_once(undecided: &mut Vec<Undecided>) {
    undecided.sort_by_key(|one| {
        (
            one.candidates.is_empty(),
            std::cmp::Reverse(one.lines.size()),
            one.from,
        )
    });
    let mut told: HashSet<Vec<u8>> = HashSet::new();
    undecided.retain(|one| {
        let lines = one.lines.iter().map(<[u8]>::to_vec);
        // Counted completely: each line is to be remembered.
        lines.filter(|line| told.insert(line.clone())).count() > 0
    });
    undecided.sort_by_key(|one| one.from);
}

/// The lines that moves add, by the commit of the note.
pub fn additions(moves: &[Move]) -> BTreeMap<ObjectId, NoteLines> {
    let mut additions: BTreeMap<ObjectId, NoteLines> = BTreeMap::new();
    for one in moves {
        additions.entry(one.to).or_default().merge(one.lines.clone());
    }
    additions
}
