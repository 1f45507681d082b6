//! The result for one repository, as sent back by a worker process.
//!
//! Both sides are the same program, so it needs no version. The ledger is sent in its own format, JSON; commits, of which there
//! may be a million, in a compact one.

use serde::{Deserialize, Serialize};

use super::super::one::Found;
use crate::aggregate::repository::{PlacedTask, Repository};
use crate::facts::commit::Person;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::{Evidence, Signs};
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::inventory::RepoFacts;
use crate::facts::ledger::LedgerSession;
use crate::facts::lineage::Lineage;
use crate::facts::record::{ByHand, SessionRecord};
use crate::sources::history::UnknownLines;
use crate::sources::rows::{People, Row};
use crate::sources::store::recording::Recorded;

/// All of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// What was read.
    pub found: Found,
    /// What is to be cached.
    pub recorded: Recorded,
    /// Whether the process now uses too much memory to read another repository.
    pub is_spent: bool,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    repository: Option<PackedRepository>,
    facts: Option<RepoFacts>,
    recorded: Recorded,
    is_spent: bool,
}

#[derive(Serialize, Deserialize)]
struct PackedRepository {
    lineage: Lineage,
    people: Vec<Person>,
    commits: Vec<Row>,
    /// [`Rest`] as JSON: its types omit empty fields.
    rest: String,
}

/// A repository without its commits and its lineage.
#[derive(Serialize, Deserialize)]
struct Rest {
    name: String,
    path: String,
    status: Status,
    reason: Option<String>,
    cut_short: bool,
    new_commits: usize,
    signs: Vec<(ObjectId, Vec<Evidence>)>,
    tasks: Vec<PlacedTask>,
    by_hand: Vec<ByHand>,
    same: Vec<(TaskId, TaskId)>,
    captured: Vec<(SessionRecord, Vec<ObjectId>)>,
    ledger_status: Status,
    warnings: Vec<Warning>,
    untold: Option<String>,
    unknown_lines: Option<UnknownLines>,
    unfetched: Option<String>,
    given_up: bool,
}

impl Answer {
    /// Encodes it. It is consumed on the way, because a second copy of a large history would use too much memory.
    pub(super) fn encode(self) -> Result<Vec<u8>, String> {
        let Found { repository, facts } = self.found;
        let packed = Packed {
            repository: repository.map(PackedRepository::of).transpose()?,
            facts,
            recorded: self.recorded,
            is_spent: self.is_spent,
        };
        postcard::to_stdvec(&packed).map_err(|error| error.to_string())
    }

    /// Decodes it; `None` if the bytes are not an answer.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (packed, rest) = postcard::take_from_bytes::<Packed>(bytes).ok()?;
        let repository = match packed.repository {
            Some(repository) => Some(repository.repository()?),
            None => None,
        };
        rest.is_empty().then_some(Self {
            found: Found {
                repository,
                facts: packed.facts,
            },
            recorded: packed.recorded,
            is_spent: packed.is_spent,
        })
    }
}

impl PackedRepository {
    fn of(repository: Repository) -> Result<Self, String> {
        let Repository {
            name,
            path,
            status,
            reason,
            lineage,
            commits,
            cut_short,
            new_commits,
            signs,
            tasks,
            // Nothing is set aside before estimates are chosen.
            set_aside: _,
            by_hand,
            same,
            captured,
            ledger_status,
            warnings,
            untold,
            unknown_lines,
            unfetched,
            given_up,
        } = repository;
        let rest = Rest {
            name,
            path,
            status,
            reason,
            cut_short,
            new_commits,
            signs: signs
                .iter()
                .map(|(commit, signs)| (commit, signs.to_vec()))
                .collect(),
            tasks,
            by_hand,
            same: same.into_iter().collect(),
            captured: captured
                .into_iter()
                .map(|session| (session.record, session.commits))
                .collect(),
            ledger_status,
            warnings,
            untold,
            unknown_lines,
            unfetched,
            given_up,
        };
        let rest = serde_json::to_string(&rest).map_err(|error| error.to_string())?;
        let mut people = People::default();
        let commits = commits.into_iter().map(|commit| people.row(&commit)).collect();
        Ok(Self {
            lineage,
            people: people.list(),
            commits,
            rest,
        })
    }

    fn repository(self) -> Option<Repository> {
        let rest: Rest = serde_json::from_str(&self.rest).ok()?;
        let people = self.people;
        let commits = self.commits.into_iter().map(|row| row.commit(&people));
        let mut signs = Signs::default();
        for (commit, found) in rest.signs {
            signs.add(commit, found);
        }
        Some(Repository {
            name: rest.name,
            path: rest.path,
            status: rest.status,
            reason: rest.reason,
            lineage: self.lineage,
            commits: commits.collect::<Option<_>>()?,
            cut_short: rest.cut_short,
            new_commits: rest.new_commits,
            signs,
            tasks: rest.tasks,
            set_aside: Vec::new(),
            by_hand: rest.by_hand,
            same: rest.same.into_iter().collect(),
            captured: rest
                .captured
                .into_iter()
                .map(|(record, commits)| LedgerSession { record, commits })
                .collect(),
            ledger_status: rest.ledger_status,
            warnings: rest.warnings,
            untold: rest.untold,
            unknown_lines: rest.unknown_lines,
            unfetched: rest.unfetched,
            given_up: rest.given_up,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample;

    #[test]
    fn what_comes_back_is_what_was_read() {
        let mut task = sample::claim(1, "2026-03-01", 1.25).revised(1).placed();
        task.earlier
            .push(sample::claim(1, "2026-03-01", 2.0).placed().task);
        let mut signs = Signs::default();
        let sign = "note:git-ai".parse().unwrap_or_else(|never| match never {});
        let evidence = Evidence {
            rule: sign,
            agent: Some("codex".to_owned()),
            model: None,
            lines: Some(3),
        };
        let commits = sample::repository("kiln").commits;
        signs.add([7; 20].into(), [evidence]);
        let repository = Repository {
            path: "/w/kiln".to_owned(),
            reason: Some("a reason".to_owned()),
            status: Status::Partial,
            same: [(task.task.id, task.task.id)].into(),
            tasks: vec![task],
            signs,
            commits,
            warnings: vec![Warning::new("/w/kiln", "wrong").hint("do this")],
            new_commits: 3,
            cut_short: true,
            untold: Some("untold".to_owned()),
            unknown_lines: Some(UnknownLines {
                warnings: vec![Warning::new("/src/kiln", "unknown")],
                reason: "unknown".to_owned(),
            }),
            ..sample::repository("kiln")
        };
        let facts = RepoFacts::failed("kiln".to_owned(), "/w/kiln".to_owned(), "none".to_owned());
        for (repository, facts) in [(Some(repository), None), (None, Some(facts)), (None, None)] {
            let answer = Answer {
                found: Found { repository, facts },
                recorded: Recorded::default(),
                is_spent: true,
            };
            let bytes = answer.clone().encode().unwrap();
            assert_eq!(Answer::decode(&bytes), Some(answer));
            assert_eq!(
                Answer::decode(&[&*bytes, b"\0"].concat()),
                None,
                "more than an answer"
            );
            assert_eq!(Answer::decode(&bytes[..bytes.len() - 1]), None, "less");
        }
    }
}
