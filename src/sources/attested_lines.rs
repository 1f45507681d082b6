//! The lines of commits that notes of git-ai attest, limited to those that the commits added.
//!
//! A note may name lines that its commit did not change, or name lines twice; here each line that a commit added counts
//! once, an agent's before a person's.

use std::collections::BTreeSet;

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

/// A note's attestation of the lines that its commit added.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AttestedCommit {
    /// The commit.
    pub commit: ObjectId,
    /// Lines by agents.
    pub agent_lines: u64,
    /// Lines only by a person.
    pub human_lines: u64,
}

/// Reads the notes on `commits`.
pub fn read_attested(repo: &Repo, commits: &[Commit]) -> (Vec<AttestedCommit>, Vec<Warning>) {
    let mut warnings = Vec::new();
    let here: BTreeSet<ObjectId> = commits.iter().map(|commit| commit.id).collect();
    let mut noted: Vec<(ObjectId, Vec<AttestedLines>)> = Vec::new();
    // Notes that cannot be read were reported with the history.
    let _ = notes::visit_foreign(repo, GIT_AI, |commits, content| {
        let mut wanted = commits.iter().filter(|commit| here.contains(commit)).peekable();
        if wanted.peek().is_some() {
            let lines = GitAiNote::read(content).lines;
            noted.extend(wanted.map(|commit| (*commit, lines.clone())));
        }
    });
    noted.sort_by_key(|(commit, _)| *commit);
    let wanted: Vec<(ObjectId, BTreeSet<&str>)> = noted
        .iter()
        .map(|(commit, attested)| (*commit, attested.iter().map(|one| one.path.as_str()).collect()))
        .collect();
    let mut counted = Vec::new();
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
    use super::*;

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
