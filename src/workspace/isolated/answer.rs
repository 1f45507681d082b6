//! The result for one repository, as sent back by a worker process.
//!
//! Both sides are the same program, so it needs no version.

use serde::{Deserialize, Serialize};

use super::super::one::Found;
use super::super::packed::PackedWhole;
use crate::facts::inventory::RepoFacts;
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
    repository: Option<PackedWhole>,
    facts: Option<RepoFacts>,
    recorded: Recorded,
    is_spent: bool,
}

impl Answer {
    /// Encodes it. It is consumed on the way, because a second copy of a large history would use too much memory.
    pub(super) fn encode(self) -> Result<Vec<u8>, String> {
        let Found { repository, facts } = self.found;
        let packed = Packed {
            repository: repository.map(PackedWhole::of).transpose()?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::repository::Repository;
    use crate::aggregate::sample;
    use crate::facts::diagnostics::{Status, Warning};
    use crate::facts::evidence::{Evidence, Signs};
    use crate::sources::cache::KeptIn;
    use crate::sources::history::UnknownLines;

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
            kept_in: Some(KeptIn {
                file: "history-0123456789abcdef.plain".to_owned(),
                sum: 7,
            }),
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
