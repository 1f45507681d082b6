//! What sessions left in one repository, as far as the time of sessions is divided by it: plain data, which can be stored, so
//! that a repository in which nothing happened need not be read again when something happened in another.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::context;
use super::lines;
use super::named;
use super::repository::{ChangeIndex, Found, GroupIndex, History, Proof, Repository, VisitIndex};
use crate::facts::evidence::{Confidence, ForeignTrailers};
use crate::facts::ids::ObjectId;
use crate::facts::session::Session;
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::Moment;

/// What sessions left in one repository.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Traces {
    /// What each session left that worked there.
    pub(super) visits: Vec<Visited>,
}

/// What one session left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Visited {
    /// A position in the list of sessions.
    pub(super) session: usize,
    /// The commits for which there is evidence.
    pub(super) pairs: Vec<Pair>,
    /// Those that take a share of it, each change once.
    pub(super) targets: Vec<Target>,
    /// Its edits, in order of time.
    pub(super) work: Vec<Work>,
    /// The files of these, which targets and edits refer to by their position.
    pub(super) files: Vec<String>,
}

/// The evidence for one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pair {
    pub(super) commit: ObjectId,
    pub(super) rung: Rung,
    pub(super) confidence: Confidence,
    pub(super) evidence: Vec<Sign>,
}

/// A commit that takes a share of a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Target {
    pub(super) commit: ObjectId,
    /// When it took in the session's work.
    pub(super) at: Moment,
    /// The files in it that the session edited.
    pub(super) files: Vec<u32>,
    /// How many of the session's lines it contains.
    pub(super) lines: usize,
}

/// An edit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Work {
    pub(super) at: Moment,
    pub(super) file: u32,
}

impl Traces {
    /// Applies the rungs to one repository.
    pub fn of(sessions: &[&Session], history: &History, foreign: ForeignTrailers) -> Self {
        let repository = Repository::new(sessions.iter().copied(), history);
        let found = climb(&repository, foreign);
        let mut proofs: HashMap<VisitIndex, Vec<(ChangeIndex, &Proof)>> = HashMap::new();
        for ((change, visit), proof) in &found.pairs {
            proofs.entry(*visit).or_default().push((*change, proof));
        }
        let positions = sessions.iter().enumerate();
        let positions: HashMap<_, usize> = positions.map(|(at, session)| (&session.id, at)).collect();
        let visits = repository.visits.iter().enumerate().filter_map(|(at, visit)| {
            let proofs = proofs.get(&at).map_or(&[][..], Vec::as_slice);
            let session = *positions.get(&visit.session.id)?;
            Some(Visited::of(session, &repository, at, proofs))
        });
        Self {
            visits: visits.collect(),
        }
    }

    /// The same if the sessions have these positions in another list; `None` if there are more.
    pub fn at(mut self, positions: &[usize]) -> Option<Self> {
        for visited in &mut self.visits {
            visited.session = *positions.get(visited.session)?;
            let is_one = |file: &u32| (*file as usize) < visited.files.len();
            let mut files = visited.targets.iter().flat_map(|target| &target.files);
            let mut edited = visited.work.iter().map(|work| work.file);
            (files.all(is_one) && edited.all(|file| is_one(&file))).then_some(())?;
        }
        Some(self)
    }
}

fn climb(repository: &Repository<'_>, foreign: ForeignTrailers) -> Found {
    let mut found = Found::default();
    if repository.visits.is_empty() {
        return found;
    }
    named::add(repository, foreign, &mut found);
    lines::add(repository, &mut found);
    context::add(repository, &mut found);
    found
}

impl Visited {
    fn of(
        session: usize,
        repository: &Repository<'_>,
        visit: VisitIndex,
        proofs: &[(ChangeIndex, &Proof)],
    ) -> Self {
        let edits = &repository.visits[visit].edits;
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut files: Vec<String> = Vec::new();
        let work = edits.iter().map(|edit| {
            let file = *numbers.entry(&edit.path).or_insert_with(|| {
                files.push(edit.path.clone());
                (files.len() - 1) as u32
            });
            Work { at: edit.at, file }
        });
        let work = work.collect();
        let pair = |(change, proof): &(ChangeIndex, &Proof)| Pair {
            commit: repository.change(*change).id,
            rung: proof.rung,
            confidence: proof.confidence,
            evidence: proof.evidence.clone(),
        };
        Self {
            session,
            pairs: proofs.iter().map(pair).collect(),
            targets: targets_in(repository, proofs, visit, &numbers).collect(),
            work,
            files,
        }
    }
}

/// The changes that a session has a certain enough part in, each once.
fn targets_in<'a>(
    repository: &'a Repository<'_>,
    proofs: &[(ChangeIndex, &'a Proof)],
    visit: VisitIndex,
    files: &'a HashMap<&str, u32>,
) -> impl Iterator<Item = Target> {
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
            .filter_map(|(change, proof)| {
                proof
                    .taken
                    .or(lines::committed(repository.change(*change), start))
            })
            .min()
            .unwrap_or(start);
        let commit = repository.change(chosen);
        let paths = commit.files.iter().map(|file| file.path.as_str());
        Some(Target {
            commit: commit.id,
            at,
            files: paths.filter_map(|path| files.get(path).copied()).collect(),
            lines: proof.lines,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::sample::{commit, edits, history, session};

    #[test]
    fn traces_that_were_stored_are_the_same_and_refer_to_nothing_that_is_not_there() {
        let other = session("a", &[(0, 60)]);
        let wrote = edits(
            session("b", &[(0, 600)]),
            60,
            "src/a.rs",
            "let a = 1;\nlet b = 2;",
            "",
        );
        let changes = vec![commit(1, 300, &[("src/a.rs", "let a = 1;\nlet b = 2;", "")])];
        let traces = Traces::of(&[&other, &wrote], &history(changes), ForeignTrailers::Believe);
        assert_eq!(
            traces
                .visits
                .iter()
                .map(|visited| visited.targets.len())
                .sum::<usize>(),
            1
        );
        let bytes = postcard::to_stdvec(&traces).unwrap();
        let read: Traces = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(read, traces);
        let moved = read.clone().at(&[7, 3]).unwrap();
        let mut sessions: Vec<usize> = moved.visits.iter().map(|visited| visited.session).collect();
        sessions.sort_unstable();
        assert_eq!(sessions, [3, 7]);
        assert_eq!(read.clone().at(&[7]), None);
        let mut damaged = read;
        damaged
            .visits
            .iter_mut()
            .for_each(|visited| visited.files.clear());
        assert_eq!(damaged.at(&[0, 1]), None);
    }
}
