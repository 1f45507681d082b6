//! The lines of commits that notes of git-ai attest, limited to those that the commits added.
//!
//! A note may name lines that its commit did not change, or name lines twice; here each line that a commit added counts
//! once, an agent's before a person's.
//!
//! The counts are cached for as long as the ref that contains the notes stays at the same commit.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::store::Slot;

use crate::facts::attestation::Maker;
use crate::facts::attestation::git_ai::{AttestedLines, GitAiNote};
use crate::facts::commit::Commit;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::added_ranges::{AddedRanges, added_ranges};
use crate::git::notes;

/// Where git-ai stores its notes.
const GIT_AI: &str = "refs/notes/ai";
/// Increase it whenever the counts are stored or made differently.
const VERSION: u32 = 1;

/// A note's attestation of the lines that its commit added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttestedCommit {
    /// The commit.
    pub commit: ObjectId,
    /// Lines by agents.
    pub agent_lines: u64,
    /// Lines only by a person.
    pub human_lines: u64,
}

/// The counts as they are stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    /// The last commit of the notes.
    tip: ObjectId,
    /// A number for replacements and grafts, if there are any.
    replacements: Option<u64>,
    /// The commits with notes that were counted, and those whose notes were not, because nobody asked about the commits.
    counted: BTreeSet<ObjectId>,
    others: BTreeSet<ObjectId>,
    counts: Vec<AttestedCommit>,
}

impl Stored {
    /// Whether the same commits would be counted.
    fn is_for(&self, tip: ObjectId, replacements: Option<u64>, commits: &HashSet<ObjectId>) -> bool {
        self.tip == tip
            && self.replacements == replacements
            && self.counted.iter().all(|commit| commits.contains(commit))
            && !self.others.iter().any(|commit| commits.contains(commit))
    }
}

/// Reads the notes on `commits`, unless the cache in `folder` has what an earlier run counted.
pub fn read_attested(
    repo: &Repo,
    commits: &[Commit],
    folder: Option<&Path>,
) -> (Vec<AttestedCommit>, Vec<Warning>) {
    let Some(tip) = notes::tip(repo, GIT_AI) else {
        return (Vec::new(), Vec::new());
    };
    let here: HashSet<ObjectId> = commits.iter().map(|commit| commit.id).collect();
    let slot = folder.map(|folder| Slot::of_attested(folder, VERSION, repo.common_dir()));
    let replacements = repo.replacements();
    // A damaged file counts as absent: nothing is lost with it.
    let stored = slot.as_ref().and_then(|slot| slot.load::<Stored>().ok());
    if let Some(stored) = stored.filter(|stored| stored.is_for(tip, replacements, &here)) {
        return (stored.counts, Vec::new());
    }
    let mut stored = Stored {
        tip,
        replacements,
        counted: BTreeSet::new(),
        others: BTreeSet::new(),
        counts: Vec::new(),
    };
    let mut noted: Vec<(ObjectId, Vec<AttestedLines>)> = Vec::new();
    let unread = notes::visit_foreign(repo, GIT_AI, |commits, content| {
        let (wanted, others): (Vec<ObjectId>, Vec<ObjectId>) =
            commits.iter().partition(|commit| here.contains(commit));
        stored.others.extend(others);
        if !wanted.is_empty() {
            let lines = GitAiNote::read(content).lines;
            noted.extend(wanted.into_iter().map(|commit| (commit, lines.clone())));
        }
    });
    noted.sort_by_key(|(commit, _)| *commit);
    stored.counted.extend(noted.iter().map(|(commit, _)| *commit));
    let (counts, mut warnings) = count_all(repo, &noted);
    stored.counts = counts;
    // Notes that cannot be read were reported with the history; what is missing may arrive.
    let is_all = unread == Ok(0) && warnings.is_empty();
    if let Some(slot) = slot.filter(|_| is_all)
        && let Err(error) = slot.save(&stored)
    {
        let path = slot.path().display();
        let message = format!("the lines in its notes cannot be cached in `{path}`: {error}");
        warnings.push(Warning::new(repo.name(), message));
    }
    (stored.counts, warnings)
}

fn count_all(repo: &Repo, noted: &[(ObjectId, Vec<AttestedLines>)]) -> (Vec<AttestedCommit>, Vec<Warning>) {
    let wanted: Vec<(ObjectId, BTreeSet<&str>)> = noted
        .iter()
        .map(|(commit, attested)| (*commit, attested.iter().map(|one| one.path.as_str()).collect()))
        .collect();
    let (mut counted, mut warnings) = (Vec::new(), Vec::new());
    for ((commit, attested), added) in noted.iter().zip(added_ranges(repo, &wanted)) {
        match added {
            Ok(added) => counted.push(count(*commit, attested, &added)),
            Err(error) => warnings.push(Warning::new(
                format!("{} {}", repo.name(), commit.short()),
                format!("cannot determine which of its attested lines it added: {error}"),
            )),
        }
    }
    (counted, warnings)
}

fn count(commit: ObjectId, attested: &[AttestedLines], added: &AddedRanges) -> AttestedCommit {
    let of = |person: bool| -> BTreeSet<(&str, u32)> {
        let wanted = |one: &&AttestedLines| match &one.maker {
            Some(maker) => (*maker == Maker::Person) == person,
            None => false,
        };
        attested
            .iter()
            .filter(wanted)
            .flat_map(|one| lines_in(one, added))
            .collect()
    };
    let (agents, people) = (of(false), of(true));
    AttestedCommit {
        commit,
        agent_lines: agents.len() as u64,
        human_lines: people.difference(&agents).count() as u64,
    }
}

/// The attested lines that were added, with their path.
fn lines_in<'a>(attested: &'a AttestedLines, added: &'a AddedRanges) -> impl Iterator<Item = (&'a str, u32)> {
    let ranges = added.get(&attested.path).map(Vec::as_slice).unwrap_or_default();
    attested.ranges.iter().flat_map(move |(first, last)| {
        // The added ranges are in order and disjoint: a note with many entries searches them instead of walking them.
        let start = ranges.partition_point(|range| range.end() < first);
        ranges
            .iter()
            .skip(start)
            .take_while(move |range| range.start() <= last)
            .flat_map(move |range| *range.start().max(first)..=*range.end().min(last))
            .map(|line| (attested.path.as_str(), line))
    })
}

#[cfg(test)]
mod tests {
    use super::super::store::assert_damage_is_noticed;
    use super::*;

    #[test]
    fn counts_are_for_the_commits_that_were_asked_about() {
        let [one, two, three]: [ObjectId; 3] = [[1; 20].into(), [2; 20].into(), [3; 20].into()];
        let stored = Stored {
            tip: three,
            replacements: None,
            counted: [one].into(),
            others: [two].into(),
            counts: Vec::new(),
        };
        assert!(stored.is_for(three, None, &[one, three].into()));
        assert!(!stored.is_for(two, None, &[one, three].into()), "other notes");
        assert!(
            !stored.is_for(three, Some(1), &[one, three].into()),
            "other commits by the same names"
        );
        assert!(!stored.is_for(three, None, &[three].into()), "fewer commits");
        assert!(!stored.is_for(three, None, &[one, two].into()), "more commits");
    }

    #[test]
    fn any_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let slot = Slot::of_attested(folder.path(), VERSION, Path::new("/src/kiln/.git"));
        let one: ObjectId = [1; 20].into();
        slot.save(&Stored {
            tip: one,
            replacements: Some(7),
            counted: [one].into(),
            others: BTreeSet::new(),
            counts: vec![AttestedCommit {
                commit: one,
                agent_lines: 3,
                human_lines: 4,
            }],
        })
        .unwrap();
        assert_damage_is_noticed(slot.path(), || {
            slot.load::<Stored>()
                .is_ok_and(|stored| stored.is_for(one, Some(7), &[one].into()) && stored.counts.len() == 1)
        });
    }

    #[test]
    fn lines_count_once_and_only_where_they_were_added() {
        let attested = |maker: Maker, ranges: Vec<(u32, u32)>| AttestedLines {
            path: "a.rs".into(),
            maker: Some(maker),
            ranges,
        };
        let agent = Maker::Agent {
            agent: Some("codex".into()),
            model: None,
        };
        let added = AddedRanges::from([("a.rs".to_owned(), vec![2..=4, 8..=9])]);
        let found = count(
            ObjectId::from([0; 20]),
            &[
                attested(agent.clone(), vec![(1, 3), (3, 3)]),
                attested(agent, vec![(3, 3)]),
                attested(Maker::Person, vec![(3, 4), (20, u32::MAX)]),
            ],
            &added,
        );
        assert_eq!((found.agent_lines, found.human_lines), (2, 1));
    }
}
