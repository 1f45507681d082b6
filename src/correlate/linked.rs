//! The result of linking: the links of each repository, and the home repository of each session.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::links::Links;
use super::traces::Traces;
use super::{links, visit};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::session::Session;

/// What sessions made in some repositories.
#[derive(Debug, Default)]
pub struct Linked {
    /// For each repository, in the order given, its links, sorted by commit and confidence.
    pub links: Vec<Vec<Link>>,
    /// What sessions made in repositories that were not asked for: that time is not available for anything else.
    pub elsewhere: Vec<Link>,
    /// For each session, in the order given, the repository in which it worked first; `None` if it worked elsewhere.
    pub homes: Vec<Option<usize>>,
    /// For each session, in the order given, the repository that contains its first directory.
    pub first: Vec<Option<usize>>,
    /// For each session, in the order given, all repositories in which it worked, ascending.
    pub visits: Vec<Vec<usize>>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

impl Linked {
    /// Links `sessions` to the commits of repositories, each with the positions of the sessions that worked there, ascending, and
    /// with its traces. `roots` are the working trees of each, `real` says where paths lead.
    pub fn of(
        sessions: &[Session],
        (visitors, traces): (&[Vec<usize>], &[Traces]),
        roots: &[Vec<String>],
        real: &Links,
    ) -> Self {
        Self {
            links: links(sessions, traces),
            elsewhere: Vec::new(),
            homes: (sessions.iter())
                .map(|session| home(session, roots, real))
                .collect(),
            first: (sessions.iter())
                .map(|session| around(&session.places.first()?.folder, roots, real))
                .collect(),
            visits: visits(sessions.len(), visitors),
            warnings: Vec::new(),
        }
    }

    /// The same if the repositories have these positions among this many others, in which nothing was made.
    #[must_use]
    pub fn at(self, positions: &[usize], all: usize) -> Self {
        let mut links = vec![Vec::new(); all];
        for (at, found) in positions.iter().zip(self.links) {
            links[*at] = found;
        }
        let moved = |homes: Vec<Option<usize>>| {
            let homes = homes.into_iter();
            homes.map(|home| positions.get(home?).copied()).collect()
        };
        let visited = |visits: Vec<usize>| {
            let visits = visits.into_iter();
            visits.filter_map(|at| positions.get(at).copied()).collect()
        };
        Self {
            links,
            homes: moved(self.homes),
            first: moved(self.first),
            visits: self.visits.into_iter().map(visited).collect(),
            ..self
        }
    }

    /// Those of `sessions` that worked in one of the repositories, or whose work is in one.
    pub fn here(&self, sessions: &[Session]) -> HashSet<SessionId> {
        let at_home = sessions.iter().zip(&self.homes);
        let at_home = at_home.filter_map(|(session, home)| home.map(|_| &session.id));
        let linked = self.links.iter().flatten().map(|link| &link.session);
        at_home.chain(linked).cloned().collect()
    }

    /// The names of the repositories that contain the first directories of sessions; `name` gives the name of a
    /// repository by its position.
    pub fn names(
        &self,
        sessions: &[Session],
        name: impl Fn(usize) -> Option<String>,
    ) -> HashMap<SessionId, String> {
        let named = sessions.iter().zip(&self.first);
        let named = named.filter_map(|(session, first)| Some((session.id.clone(), name((*first)?)?)));
        named.collect()
    }

    /// The commits of each of `sessions` that worked in one of the repositories, by links that count, without copies.
    pub fn made(&self, sessions: &[Session]) -> HashMap<SessionId, BTreeSet<ObjectId>> {
        let at_home = sessions
            .iter()
            .zip(&self.homes)
            .filter(|(_, home)| home.is_some());
        let mut made: HashMap<SessionId, BTreeSet<ObjectId>> = at_home
            .map(|(session, _)| (session.id.clone(), BTreeSet::new()))
            .collect();
        let counting = |link: &&Link| link.counts() && !link.is_copy();
        for link in self.links.iter().flatten().filter(counting) {
            made.entry(link.session.clone()).or_default().insert(link.commit);
        }
        made
    }
}

/// The repository with the innermost worktree around the first place of a session that is in any.
fn home(session: &Session, roots: &[Vec<String>], real: &Links) -> Option<usize> {
    visit::paths(session).find_map(|path| around(path, roots, real))
}

/// The repositories in which each of so many sessions worked, given the sessions that worked in each repository.
fn visits(sessions: usize, visitors: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut visits = vec![Vec::new(); sessions];
    for (repository, visitors) in visitors.iter().enumerate() {
        for visitor in visitors {
            visits[*visitor].push(repository);
        }
    }
    visits
}

/// The repository with the innermost worktree around a path.
fn around(path: &str, roots: &[Vec<String>], real: &Links) -> Option<usize> {
    let around = roots.iter().enumerate();
    around
        .filter_map(|(number, roots)| {
            let (root, _) = visit::place(path, roots, real)?;
            Some((root.len(), number))
        })
        .max_by_key(|(length, number)| (*length, std::cmp::Reverse(*number)))
        .map(|(_, number)| number)
}
