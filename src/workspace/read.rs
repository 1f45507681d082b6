//! The data read for a command: repositories, and the sessions that worked in them.

use std::collections::HashSet;
use std::path::PathBuf;

use rayon::ThreadPoolBuildError;

use super::linking::link_everywhere;
use super::one::Found;
use super::options::{ReadOptions, SessionOptions, Sessions};
use super::repositories::{failed, recorded};
use super::sessions::collect;
use super::several::{Asked, read_several};
use crate::aggregate::names::tell_apart;
use crate::aggregate::repository::{Repository, unify};
use crate::correlate::seen::{self, Origin, SeenSession};
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::ForeignTrailers;
use crate::facts::ids::SessionId;
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::supervision::{Charge, supervision};
use crate::facts::zone::{Period, Zone};
use crate::sources::discover::Discovery;

/// Repositories as read, and the sessions that worked in them.
///
/// The sessions decide who made the commits: [`complete`](Self::complete) is called last, and once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Workspace {
    /// The repositories, each with a unique name.
    pub repos: Vec<Repository>,
    /// The sessions that worked in them, if they were requested.
    pub sessions: Vec<SeenSession>,
    /// What could not be searched, or not be read of the sessions.
    pub warnings: Vec<Warning>,
}

/// All sessions of this machine as in their logs, and what they made.
pub struct Looked<'a> {
    /// The repositories.
    pub repos: &'a [Repository],
    /// The sessions, by agent and id.
    pub sessions: &'a [Session],
    /// The person's time in each.
    pub charges: &'a [Vec<Charge>],
    /// The links of each repository.
    pub links: &'a [Vec<Link>],
    /// The repositories in which each session worked.
    pub visits: &'a [Vec<usize>],
}

impl Workspace {
    /// Reads the repositories that were found, in parallel.
    pub fn read(found: Discovery, options: &ReadOptions) -> Result<Self, ThreadPoolBuildError> {
        let asked = Asked {
            histories: true,
            contents: None,
        };
        let read = read_several(&found.repositories, options, asked)?;
        let history = |(found, path): (Found, &PathBuf)| {
            let unread = || failed(path, "its history was not read".to_owned());
            found.repository.unwrap_or_else(unread)
        };
        let repos = read.into_iter().zip(&found.repositories).map(history);
        Ok(Self {
            warnings: found.warnings,
            ..Self::of(repos.collect())
        })
    }

    /// Repositories that were read apart.
    pub fn of(mut repos: Vec<Repository>) -> Self {
        tell_apart(&mut repos);
        unify(&mut repos);
        Self {
            repos,
            ..Self::default()
        }
    }

    /// Reads what the notes of the repositories contain, without walking their histories.
    pub fn recorded(found: Discovery) -> Self {
        let mut repos: Vec<Repository> = found.repositories.iter().map(|path| recorded(path)).collect();
        tell_apart(&mut repos);
        Self {
            repos,
            warnings: found.warnings,
            ..Self::default()
        }
    }

    /// Adds the sessions that worked in the repositories, and decides who made the commits: every command that reports who made a
    /// commit calls this.
    pub fn complete(&mut self, sessions: &Sessions) {
        match sessions {
            Sessions::Counted(options) => self.complete_and(options, |_| ()),
            Sessions::LeftOut(foreign) => self.decide(*foreign),
        }
    }

    /// [`complete`](Self::complete) with sessions, and with `look` applied to their logs and links before they are counted.
    pub fn complete_and<T>(&mut self, options: &SessionOptions, look: impl FnOnce(&Looked<'_>) -> T) -> T {
        let found = self.add_sessions(options, look);
        self.decide(options.foreign);
        found
    }

    /// Adds repositories whose facts were read elsewhere, with the sessions of logs that worked in them and the ids of all sessions in
    /// these logs, and decides who made the commits. This comes after [`complete`](Self::complete), or in its place.
    pub fn join(
        &mut self,
        repos: Vec<Repository>,
        (logged, live): (Vec<SeenSession>, HashSet<SessionId>),
        sessions: &Sessions,
    ) {
        let before = self.repos.len();
        self.repos.extend(repos);
        tell_apart(&mut self.repos);
        unify(&mut self.repos);
        if let Sessions::Counted(_) = sessions {
            self.join_sessions(logged, live, before);
        }
        self.decide(sessions.foreign());
    }

    fn join_sessions(&mut self, logged: Vec<SeenSession>, mut live: HashSet<SessionId>, before: usize) {
        let own = std::mem::take(&mut self.sessions).into_iter();
        let own: Vec<SeenSession> = own.filter(|session| session.origin == Origin::Log).collect();
        live.extend(own.iter().map(|session| session.id.clone()));
        let moved = logged.into_iter().map(|session| session.moved(before));
        let captured: Vec<_> = self.repos.iter().map(|repo| repo.captured.as_slice()).collect();
        // A session of this machine is known best here.
        self.sessions = seen::joined(moved.chain(own), &live, &captured);
    }

    fn decide(&mut self, foreign: ForeignTrailers) {
        for (at, repo) in self.repos.iter_mut().enumerate() {
            repo.decide(seen::signs(&self.sessions, at), foreign);
        }
    }

    /// Adds the sessions, from their logs or from notes.
    fn add_sessions<T>(&mut self, options: &SessionOptions, look: impl FnOnce(&Looked<'_>) -> T) -> T {
        let (positions, paths): (Vec<usize>, Vec<PathBuf>) = self.places(false).unzip();
        let closed: Vec<PathBuf> = self.places(true).map(|(_, path)| path).collect();
        let collected = collect(options, &paths);
        let linked = link_everywhere(&paths, &closed, &collected, options);
        let mut linked = linked.at(&positions, self.repos.len());
        self.warnings.extend(collected.warnings);
        self.warnings.append(&mut linked.warnings);
        let charges = supervision(&collected.sessions, options.rules);
        let looked = look(&Looked {
            repos: &self.repos,
            sessions: &collected.sessions,
            charges: &charges,
            links: &linked.links,
            visits: &linked.visits,
        });
        let captured: Vec<_> = self.repos.iter().map(|repo| repo.captured.as_slice()).collect();
        self.sessions = seen::seen(&collected.sessions, charges, linked, &captured);
        looked
    }

    /// Forgets gaps in the lines of commits outside of the period: they have no part in what is shown.
    pub fn narrow(&mut self, period: Period, zone: Zone) {
        for repo in &mut self.repos {
            repo.narrow(|seconds| period.contains(zone.day(seconds)));
        }
    }

    /// Whether all of it was searched and read.
    pub fn status(&self) -> Status {
        let is_whole = |repo: &Repository| repo.status == Status::Complete;
        match self.warnings.is_empty() && self.repos.iter().all(is_whole) {
            true => Status::Complete,
            false => Status::Partial,
        }
    }

    /// The positions of the repositories that may be opened again, or of those that were given up, and their paths.
    fn places(&self, given_up: bool) -> impl Iterator<Item = (usize, PathBuf)> {
        let repos = self.repos.iter().enumerate();
        let repos = repos.filter(move |(_, repo)| repo.given_up == given_up);
        repos.map(|(at, repo)| (at, PathBuf::from(&repo.path)))
    }
}

impl From<Repository> for Workspace {
    fn from(repository: Repository) -> Self {
        Self {
            repos: vec![repository],
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_of_one_repository_or_of_the_search_makes_it_partial() {
        let repository = |status| Repository {
            status,
            ..Repository::default()
        };
        let mut workspace = Workspace::from(repository(Status::Complete));
        assert_eq!(workspace.status(), Status::Complete);
        workspace.warnings.push(Warning::new("/src", "no such directory"));
        assert_eq!(workspace.status(), Status::Partial);
        workspace.warnings.clear();
        workspace.repos.push(repository(Status::Failed));
        assert_eq!(workspace.status(), Status::Partial);
    }
}
