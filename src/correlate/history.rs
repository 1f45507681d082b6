//! What the sessions could have made, read from git, and what came of it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::lines::PATIENCE;
use super::links::Links;
use super::visit::{self, Visit};
use super::{ForeignNames, History, elsewhere, link, trees};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::git::Repo;
use crate::git::added_lines::{self, Period};
use crate::git::walk::RefSelection;
use crate::sources::changed;

/// What sessions made in some repositories.
#[derive(Debug, Default)]
pub struct Linked {
    /// For each repository, in the order given, its links, sorted by commit and confidence.
    pub links: Vec<Vec<Link>>,
    /// What sessions made in repositories that nobody asked for: their time is not free for anything else.
    pub elsewhere: Vec<Link>,
    /// For each session, in the order given, the repository in which it worked first; `None` where it worked elsewhere.
    pub homes: Vec<Option<usize>>,
    /// For each session, in the order given, the repository that its first folder lies in.
    pub first: Vec<Option<usize>>,
    /// What could not be read.
    pub warnings: Vec<Warning>,
}

impl Linked {
    /// Those of `sessions` that worked in one of the repositories, or whose work is in one.
    pub fn here(&self, sessions: &[Session]) -> HashSet<SessionId> {
        let at_home = sessions.iter().zip(&self.homes);
        let at_home = at_home.filter_map(|(session, home)| home.map(|_| &session.id));
        let linked = self.links.iter().flatten().map(|link| &link.session);
        at_home.chain(linked).cloned().collect()
    }

    /// The names of the repositories that the first folders of sessions lie in, of those at `paths`.
    pub fn names(&self, sessions: &[Session], paths: &[PathBuf]) -> HashMap<SessionId, String> {
        let named = sessions.iter().zip(&self.first);
        let named = named.filter_map(|(session, first)| {
            let name = paths.get((*first)?)?.file_name()?.to_string_lossy();
            Some((session.id.clone(), name.into_owned()))
        });
        named.collect()
    }

    /// The commits of each of `sessions` that worked in one of the repositories, as far as links count, without copies.
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

/// Links `sessions` to the commits of the repositories at `paths`, on all their branches. What is read of commits is kept in
/// the folder `cache`, where there is one.
pub fn link_repositories(
    paths: &[PathBuf],
    sessions: &[Session],
    foreign: ForeignNames,
    cache: Option<&Path>,
) -> Linked {
    let refs = RefSelection {
        all: true,
        exclude: Vec::new(),
    };
    let mut warnings = Vec::new();
    let repos: Vec<Option<Repo>> = paths
        .iter()
        .map(|path| {
            let opened = Repo::open(path);
            let said = |error: &_| Warning::new(path.display().to_string(), format!("{error}"));
            warnings.extend(opened.as_ref().err().map(said));
            opened.ok()
        })
        .collect();
    let mut roots: Vec<Vec<String>> = repos
        .iter()
        .map(|repo| repo.as_ref().map(work_trees).unwrap_or_default())
        .collect();
    let links = Arc::new(Links::of(sessions));
    trees::add_inside(&repos, &mut roots, sessions, &links);
    elsewhere::adopt(&repos, &mut roots, sessions, &links);
    drop(repos);
    let looked: Vec<(History, Vec<Warning>)> = paths
        .par_iter()
        .zip(roots)
        .map(|(path, roots)| match Repo::open(path) {
            Ok(repo) => read(&repo, &refs, roots, Arc::clone(&links), sessions, cache),
            Err(_) => Default::default(),
        })
        .collect();
    let (histories, trouble): (Vec<History>, Vec<Vec<Warning>>) = looked.into_iter().unzip();
    warnings.extend(trouble.into_iter().flatten());
    Linked {
        links: link(sessions, &histories, foreign),
        elsewhere: Vec::new(),
        homes: sessions.iter().map(|session| home(session, &histories)).collect(),
        first: (sessions.iter())
            .map(|session| around(&session.places.first()?.folder, &histories))
            .collect(),
        warnings,
    }
}

/// The repository with the innermost work tree around the first place of a session that lies in any.
fn home(session: &Session, histories: &[History]) -> Option<usize> {
    visit::paths(session).find_map(|path| around(path, histories))
}

/// The repository with the innermost work tree around a path.
fn around(path: &str, histories: &[History]) -> Option<usize> {
    let around = histories.iter().enumerate();
    around
        .filter_map(|(number, history)| {
            let (root, _) = visit::place(path, &history.roots, &history.links)?;
            Some((root.len(), number))
        })
        .max_by_key(|(length, number)| (*length, std::cmp::Reverse(*number)))
        .map(|(_, number)| number)
}

/// The work trees of a repository, as logs name them; a bare repository stands for itself.
fn work_trees(repo: &Repo) -> Vec<String> {
    let mut trees = repo.work_trees();
    if trees.is_empty() {
        trees.push(repo.place().to_owned());
    }
    let text = |tree: &PathBuf| {
        tree.to_string_lossy()
            .replace('\\', "/")
            .trim_end_matches('/')
            .to_owned()
    };
    let mut trees: Vec<String> = trees.iter().map(text).collect();
    trees.dedup();
    trees
}

/// Reads the commits that `sessions` could have made. Without sessions in this repository, nothing is read.
///
/// `refs` should hold all branches, since work is often committed where HEAD is not. `roots` are the work trees, as the
/// paths of the logs have them, `links` where those paths lead. What cannot be read is a warning, and no commits.
pub fn read(
    repo: &Repo,
    refs: &RefSelection,
    roots: Vec<String>,
    links: Arc<Links>,
    sessions: &[Session],
    cache: Option<&Path>,
) -> (History, Vec<Warning>) {
    let mut history = History {
        roots,
        links,
        ..History::default()
    };
    let visits: Vec<Visit<'_>> = sessions
        .iter()
        .filter_map(|session| Visit::of(session, &history.roots, &history.links))
        .collect();
    let Some(period) = period(&visits) else {
        return (history, Vec::new());
    };
    let wanted: HashSet<String> = visits
        .iter()
        .flat_map(|visit| &visit.edits)
        .map(|edit| edit.path.clone())
        .collect();
    let resolved = resolved(repo, &visits);
    let mut known = cache
        .map(|folder| changed::load(folder, repo))
        .unwrap_or_default();
    let changes = added_lines::read(repo, refs, period, &wanted, &mut known);
    if let Some(folder) = cache {
        changed::save(folder, repo, &known);
    }
    match changes {
        Ok(changes) => {
            history.changes = changes;
            history.resolved = resolved;
            (history, Vec::new())
        }
        Err(error) => {
            let place = repo.place().to_string_lossy();
            let warning = Warning::new(place, format!("sessions cannot be linked here: {error}"));
            (history, vec![warning])
        }
    }
}

fn period(visits: &[Visit<'_>]) -> Option<Period> {
    let since = visits
        .iter()
        .map(|visit| visit.session.span.start.seconds())
        .min()?;
    let until = visits
        .iter()
        .map(|visit| (visit.session.span.end + PATIENCE).seconds())
        .max()?;
    // Commits are seconds, logs milliseconds: a commit may seem a second older than the edit in it.
    Some(Period {
        since: since - 1,
        until,
    })
}

fn resolved(repo: &Repo, visits: &[Visit<'_>]) -> HashMap<String, ObjectId> {
    visits
        .iter()
        .flat_map(|visit| &visit.session.commits)
        .filter_map(|made| Some((made.hash.clone(), added_lines::resolve(repo, &made.hash)?)))
        .collect()
}
