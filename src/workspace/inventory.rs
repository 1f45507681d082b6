//! Reads an inventory: the content of each repository at HEAD and, on request, its tasks, commits and sessions.

use std::collections::HashSet;
use std::path::Path;

use rayon::ThreadPoolBuildError;

use super::one::Found;
use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use super::several::{Asked, Contents, read_several};
use crate::aggregate::inventory::{Agents, Inventory, Windows, reached};
use crate::aggregate::repository::{Repository, unify};
use crate::correlate::seen::SeenSession;
use crate::facts::commits::Wanted;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::inventory::RepoFacts;
use crate::git::config::ConfigFiles;
use crate::sources::discover::Discovery;
use crate::sources::inventory::{reached_at, shared_histories};

/// How repositories are read for an inventory.
#[derive(Debug, Clone)]
pub struct InventoryOptions {
    /// The number of threads, the cache, and how histories are read if they are requested.
    pub read: ReadOptions,
    /// The sessions that worked in them; `None` if only the content of HEAD is requested and no commits are read.
    pub agents: Option<Sessions>,
    /// The configuration of git.
    pub config_files: ConfigFiles,
    /// The days that count.
    pub windows: Windows,
}

/// Repositories that were read elsewhere: they are not opened.
#[derive(Debug, Default)]
pub struct Elsewhere {
    /// Their histories and ledgers.
    pub repos: Vec<Repository>,
    /// The content of each, from [`Windows::earliest`] on.
    pub facts: Vec<RepoFacts>,
    /// The sessions of logs that worked in them.
    pub sessions: Vec<SeenSession>,
    /// The ids of all sessions in these logs.
    pub live: HashSet<SessionId>,
    /// What could not be read of the sessions.
    pub warnings: Vec<Warning>,
}

/// Takes the inventory of the repositories that were found, and of those that were read elsewhere. The caller adds the time.
pub fn read_inventory(
    found: Discovery,
    mut elsewhere: Elsewhere,
    options: &InventoryOptions,
) -> Result<Inventory, ThreadPoolBuildError> {
    let asked = Asked {
        histories: options.agents.is_some(),
        contents: Some(Contents {
            config_files: &options.config_files,
            now: options.windows.now,
            since: options.windows.earliest(),
        }),
    };
    let (repos, mut facts) = apart(read_several(&found.repositories, &options.read, asked)?);
    elsewhere.refuse_mixed();
    let here = facts.len();
    facts.append(&mut elsewhere.facts);
    let commits_of = |at: usize, head| match at.checked_sub(here).and_then(|at| elsewhere.repos.get(at)) {
        Some(repo) => reached_in(repo, head),
        None => reached_at(Path::new(&facts[at].path), head),
    };
    let shared = shared_histories(&facts, commits_of);
    let mut known = Workspace {
        repos,
        warnings: found.warnings,
        ..Workspace::default()
    };
    if let Some(sessions) = &options.agents {
        known.complete_with(elsewhere, sessions);
        note_ledgers(&known.repos, &mut facts);
    } else {
        known.warnings.append(&mut elsewhere.warnings);
    }
    let agents = options.agents.as_ref().map(|sessions| Agents {
        repos: &known.repos,
        sessions: matches!(sessions, Sessions::Counted(_)).then_some(&known.sessions),
    });
    Ok(Inventory {
        warnings: known.warnings.clone(),
        ..Inventory::new(&facts, &shared, agents, options.windows)
    })
}

impl Workspace {
    /// Adds the sessions of this machine if repositories were read here, and then those that were read elsewhere.
    fn complete_with(&mut self, elsewhere: Elsewhere, sessions: &Sessions) {
        unify(&mut self.repos);
        if !self.repos.is_empty() || elsewhere.repos.is_empty() {
            self.complete(sessions);
        }
        self.warnings.extend(elsewhere.warnings);
        if !elsewhere.repos.is_empty() {
            self.join(elsewhere.repos, (elsewhere.sessions, elsewhere.live), sessions);
        }
    }
}

impl Elsewhere {
    /// A HEAD that is not among the commits was read after the refs had changed: commits and content would not fit.
    fn refuse_mixed(&mut self) {
        for (repo, facts) in self.repos.iter().zip(&mut self.facts) {
            let is_here = |head| !repo.commits.found(&Wanted::from_iter([head])).is_empty();
            // If its history cannot be read, nothing is counted in its commits.
            if facts.history.is_some() && !facts.head.is_none_or(is_here) {
                let (name, path) = (facts.name.clone(), facts.path.clone());
                let reason = "its inventory and its commits are of different times: write the facts again";
                *facts = RepoFacts {
                    lineage: facts.lineage.clone(),
                    ..RepoFacts::failed(name, path, reason.to_owned())
                };
            }
        }
    }
}

/// The commits that HEAD of a repository reaches. They are dropped again: there may be millions.
fn reached_in(repo: &Repository, head: ObjectId) -> Vec<ObjectId> {
    let commits = repo.commits.clone();
    let reached = reached(Some(head), &commits);
    reached.into_iter().map(|commit| commit.id).collect()
}

/// Notes whose ledger was read only in part, which matters if tasks are counted.
fn note_ledgers(repos: &[Repository], facts: &mut [RepoFacts]) {
    for (repo, facts) in repos.iter().zip(facts) {
        if repo.ledger_status != Status::Complete && facts.status != Status::Failed {
            facts.partly("its ledger could not be read completely");
        }
    }
}

/// The results, by kind: histories only if they were requested.
fn apart(read: Vec<Found>) -> (Vec<Repository>, Vec<RepoFacts>) {
    let (repos, facts): (Vec<Option<Repository>>, Vec<Option<RepoFacts>>) = (read.into_iter())
        .map(|found| (found.repository, found.facts))
        .unzip();
    (
        repos.into_iter().flatten().collect(),
        facts.into_iter().flatten().collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample;
    use crate::facts::inventory::HistoryFacts;

    #[test]
    fn content_of_a_commit_that_was_not_read_is_refused() {
        let commit = sample::commit(1, "2026-03-01T10:00:00Z");
        let here = commit.id;
        let repo = Repository {
            commits: vec![commit].into(),
            ..sample::repository("kiln")
        };
        let facts = |head| RepoFacts {
            status: Status::Complete,
            head,
            history: Some(HistoryFacts::default()),
            ..RepoFacts::failed("kiln".to_owned(), "team/kiln".to_owned(), String::new())
        };
        for (head, status) in [
            (None, Status::Complete),
            (Some(here), Status::Complete),
            (Some([9; 20].into()), Status::Failed),
        ] {
            let mut elsewhere = Elsewhere {
                repos: vec![repo.clone()],
                facts: vec![facts(head)],
                ..Elsewhere::default()
            };
            elsewhere.refuse_mixed();
            assert_eq!(elsewhere.facts[0].status, status, "{head:?}");
        }
    }
}
