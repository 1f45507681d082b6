//! Rungs 4 and 5: the commit was made where the session worked.
//!
//! For commits that nothing above explains: agents also change files by commands, people finish by hand what an agent
//! began, and parts of logs get lost. Time is never enough for a link. These count in addition, in this order:
//!
//! - **window**: the session was active when the commit was made, and changed one of its files;
//! - **follows**: the commit continues, on its branch and by the same author, one that is certainly the session's,
//!   within a working day after it, and changes a file that the session changed;
//! - **beside**: the session was active, and the commit is parent or child of one that is certainly the session's.
//!
//! Sessions of one worktree are one person's: commits by authors other than those of its certain commits are ignored.
//! If two sessions fit equally well, both are shown with low confidence.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::visit::Visit;
use super::{ChangeIndex, Found, Proof, Repository, VisitIndex};
use crate::facts::change::Change;
use crate::facts::evidence::Confidence;
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::Seconds;

/// How long after its last work a session's branch is still its own: a working day.
const WORKING_DAY: Seconds = Seconds::HOUR.times(8);
/// How long after its last work the weakest rung applies.
const DAY_AFTER: Seconds = Seconds::DAY;
/// How far back a branch is followed.
const LONGEST_RUN: usize = 10;

/// Adds the links that time and place make likely.
pub(super) fn add(repository: &Repository<'_>, found: &mut Found) {
    let context = Context::new(repository, found);
    let mut guesses = Found::default();
    for change in 0..repository.history.changes.len() {
        let commit = repository.change(change);
        if !found.explains(change) && commit.parents.len() < 2 {
            context.guess(change, commit, found, &mut guesses);
        }
    }
    for ((change, visit), proof) in guesses.pairs {
        found.add(change, visit, proof);
    }
}

struct Context<'a> {
    repository: &'a Repository<'a>,
    /// For each worktree the authors of its certain commits.
    authors: HashMap<&'a str, BTreeSet<&'a str>>,
    children: HashMap<ChangeIndex, Vec<ChangeIndex>>,
    /// The sessions that changed each file.
    by_file: HashMap<&'a str, Vec<VisitIndex>>,
}

/// A session that may be behind a commit, with how many of the commit's files it changed.
type Candidate = (usize, VisitIndex);

/// The evidence of a rule for a session that changed this many of the commit's files.
type Rule = fn(usize) -> Sign;

impl<'a> Context<'a> {
    fn new(repository: &'a Repository<'a>, found: &Found) -> Self {
        let mut authors: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for ((change, visit), proof) in &found.pairs {
            if proof.confidence >= Confidence::High {
                let root = repository.visits[*visit].root;
                let author = repository.change(*change).author.as_str();
                authors.entry(root).or_default().insert(author);
            }
        }
        let mut children: HashMap<ChangeIndex, Vec<ChangeIndex>> = HashMap::new();
        for (index, change) in repository.history.changes.iter().enumerate() {
            for parent in change
                .parents
                .iter()
                .filter_map(|parent| repository.position.get(parent))
            {
                children.entry(*parent).or_default().push(index);
            }
        }
        let mut by_file: HashMap<&str, Vec<VisitIndex>> = HashMap::new();
        for (index, visit) in repository.visits.iter().enumerate() {
            for file in &visit.files {
                by_file.entry(file).or_default().push(index);
            }
        }
        Self {
            repository,
            authors,
            children,
            by_file,
        }
    }

    fn guess(&self, change: ChangeIndex, commit: &Change, found: &Found, guesses: &mut Found) {
        let touching = self.touching(commit);
        let rules: [(Rule, Vec<Candidate>); 3] = [
            (Sign::Window, self.window(commit, &touching)),
            (Sign::Follows, self.follows(change, commit, found)),
            (Sign::Beside, self.beside(change, commit, found)),
        ];
        let fitting: Vec<(Rule, Vec<Candidate>)> = rules
            .into_iter()
            .map(|(rule, candidates)| (rule, best(&candidates)))
            .filter(|(_, best)| !best.is_empty())
            .collect();
        if let Some((_, chosen)) = fitting.first() {
            add_all(chosen, &fitting, change, guesses);
            return;
        }
        for (files, visit) in best(&self.same_day(commit, &touching)) {
            guesses.add(
                change,
                visit,
                proof(Rung::Day, Confidence::Low, vec![Sign::Day(files)]),
            );
        }
    }

    /// The sessions that changed files of a commit and may have made it, by worktree and author.
    fn touching(&self, commit: &Change) -> Vec<Candidate> {
        let mut files: BTreeMap<VisitIndex, usize> = BTreeMap::new();
        let paths = commit.files.iter().map(|file| file.path.as_str());
        for visit in paths.filter_map(|path| self.by_file.get(path)).flatten() {
            *files.entry(*visit).or_default() += 1;
        }
        let is_theirs = |visit: VisitIndex| {
            let authors = self.authors.get(self.repository.visits[visit].root);
            authors.is_none_or(|known| known.contains(commit.author.as_str()))
        };
        let files = files.into_iter().filter(|(visit, _)| is_theirs(*visit));
        files.map(|(visit, files)| (files, visit)).collect()
    }

    fn window(&self, commit: &Change, touching: &[Candidate]) -> Vec<Candidate> {
        let at_work = |(_, visit): &&Candidate| {
            let visit = &self.repository.visits[*visit];
            visit.worked_at(commit.author_time) || visit.worked_at(commit.commit_time)
        };
        touching.iter().filter(at_work).copied().collect()
    }

    fn follows(&self, change: ChangeIndex, commit: &Change, found: &Found) -> Vec<Candidate> {
        let in_time = |visit: &Visit<'_>| {
            let (start, end) = (
                visit.session.span.start.seconds(),
                visit.session.span.end.seconds(),
            );
            (start..=end + WORKING_DAY.0).contains(&commit.author_time)
        };
        let before = self
            .run_before(change)
            .map(|ancestor| found.surely(ancestor).collect::<Vec<_>>())
            .find(|sure| !sure.is_empty());
        before
            .unwrap_or_default()
            .into_iter()
            .map(|visit| (self.repository.visits[visit].files_in(commit), visit))
            .filter(|(files, visit)| *files > 0 && in_time(&self.repository.visits[*visit]))
            .collect()
    }

    /// The first parents of a commit, as long as they are by the same author.
    fn run_before(&self, change: ChangeIndex) -> impl Iterator<Item = ChangeIndex> {
        let author = &self.repository.change(change).author;
        std::iter::successors(Some(change), move |change| {
            let parent = self.repository.change(*change).parents.first()?;
            let parent = *self.repository.position.get(parent)?;
            (self.repository.change(parent).author == *author).then_some(parent)
        })
        .skip(1)
        .take(LONGEST_RUN)
    }

    fn beside(&self, change: ChangeIndex, commit: &Change, found: &Found) -> Vec<Candidate> {
        let parents = commit
            .parents
            .iter()
            .filter_map(|parent| self.repository.position.get(parent));
        let children = self.children.get(&change).into_iter().flatten();
        let sure: BTreeSet<VisitIndex> = parents
            .chain(children)
            .filter(|near| self.repository.change(**near).author == commit.author)
            .flat_map(|near| found.surely(*near))
            .collect();
        sure.into_iter()
            .filter(|visit| self.repository.visits[*visit].worked_at(commit.author_time))
            .map(|visit| (0, visit))
            .collect()
    }

    fn same_day(&self, commit: &Change, touching: &[Candidate]) -> Vec<Candidate> {
        let in_time = |(_, visit): &&Candidate| {
            let span = self.repository.visits[*visit].session.span;
            let (start, end) = (span.start.seconds(), span.end.seconds());
            (start..=end + DAY_AFTER.0).contains(&commit.author_time)
        };
        touching.iter().filter(in_time).copied().collect()
    }
}

/// The candidates with the most files; several where they tie.
fn best(candidates: &[Candidate]) -> Vec<Candidate> {
    let by_files: BTreeMap<usize, Vec<Candidate>> =
        candidates
            .iter()
            .fold(BTreeMap::new(), |mut by_files, candidate| {
                by_files
                    .entry(candidate.0)
                    .or_insert_with(Vec::new)
                    .push(*candidate);
                by_files
            });
    by_files.into_values().next_back().unwrap_or_default()
}

/// Adds the sessions that the first matching rule chose, with the evidence of the others.
fn add_all(
    chosen: &[Candidate],
    fitting: &[(Rule, Vec<Candidate>)],
    change: ChangeIndex,
    guesses: &mut Found,
) {
    for (_, visit) in chosen {
        let signs = fitting.iter().filter_map(|(rule, candidates)| {
            let (files, _) = candidates.iter().find(|(_, other)| other == visit)?;
            Some(rule(*files))
        });
        let mut evidence: Vec<Sign> = signs.collect();
        let confidence = if chosen.len() > 1 {
            evidence.push(Sign::Ambiguous(chosen.len()));
            Confidence::Low
        } else if evidence.len() > 1 {
            Confidence::High
        } else {
            Confidence::Medium
        };
        guesses.add(change, *visit, proof(Rung::Context, confidence, evidence));
    }
}

fn proof(rung: Rung, confidence: Confidence, evidence: Vec<Sign>) -> Proof {
    Proof {
        rung,
        confidence,
        evidence,
        lines: 0,
        taken: None,
    }
}
