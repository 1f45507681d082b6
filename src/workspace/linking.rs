//! Reads what sessions could have made in repositories, and links it in the same way for every command.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::options::SessionOptions;
use super::places::{self, Places};
use crate::correlate::History;
use crate::correlate::linked::Linked;
use crate::correlate::links::Links;
use crate::correlate::wanted::Wanted;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::SessionId;
use crate::facts::session::Session;
use crate::git::Repo;
use crate::git::added_lines::{self, Period};
use crate::git::walk::RefSelection;
use crate::sources::changed;

/// What sessions made in the repositories at `paths`. Their time is divided over all repositories of this machine that they
/// worked in, so that a commit took equally long whichever of them are read; except for those at `closed`, which are not opened.
pub fn link_everywhere(
    paths: &[PathBuf],
    closed: &[PathBuf],
    sessions: &[Session],
    options: &SessionOptions,
) -> Linked {
    let mut linked = link_among(paths, sessions, options);
    let links = linked.links.iter().flatten();
    let linked_here: BTreeSet<&SessionId> = links.map(|link| &link.session).collect();
    let here = sessions
        .iter()
        .filter(|session| linked_here.contains(&session.id));
    let mut elsewhere = places::repositories(&[], closed, here);
    if !elsewhere.is_empty() {
        let known: BTreeSet<PathBuf> = paths.iter().filter_map(|path| main_folder(path)).collect();
        elsewhere.retain(|path| !known.contains(path));
    }
    if !elsewhere.is_empty() {
        let all: Vec<PathBuf> = paths.iter().chain(&elsewhere).cloned().collect();
        let everywhere = link_among(&all, sessions, options);
        // These include the sessions of the repositories being read.
        linked.warnings = everywhere.warnings;
        linked.links = everywhere.links;
        let elsewhere = linked.links.split_off(paths.len());
        linked.elsewhere = elsewhere.into_iter().flatten().collect();
    }
    linked
}

/// Links `sessions` to the commits of the repositories at `paths`, on all their branches. Their time is divided over these only.
pub fn link_among(paths: &[PathBuf], sessions: &[Session], options: &SessionOptions) -> Linked {
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
    let Places { roots, links } = Places::of(&repos, sessions);
    let cache = options.cache();
    let progress = &options.logs.progress;
    progress.begin("Linking sessions to commits", "repositories", repos.len());
    let looked: Vec<(History, Vec<Warning>)> = repos
        .into_par_iter()
        .zip(roots)
        .map(|(repo, roots)| {
            let read = repo.map(|repo| read(&repo, roots, Arc::clone(&links), sessions, cache));
            progress.advance(1);
            read.unwrap_or_default()
        })
        .collect();
    let (histories, trouble): (Vec<History>, Vec<Vec<Warning>>) = looked.into_iter().unzip();
    warnings.extend(trouble.into_iter().flatten());
    Linked {
        warnings,
        ..Linked::of(sessions, &histories, options.foreign)
    }
}

/// Reads the commits that `sessions` could have made, on all branches, because work is often committed elsewhere than at HEAD.
/// If no session worked in this repository, nothing is read.
///
/// `roots` are the working trees with the paths used in the logs, `links` the targets of those paths. If something cannot be
/// read, there is a warning, and no commits.
fn read(
    repo: &Repo,
    roots: Vec<String>,
    links: Arc<Links>,
    sessions: &[Session],
    cache: Option<&Path>,
) -> (History, Vec<Warning>) {
    let refs = RefSelection {
        all: true,
        exclude: Vec::new(),
    };
    let mut history = History::default();
    let mut warnings = Vec::new();
    if let Some(wanted) = Wanted::by(sessions, &roots, &links) {
        let hashes: HashSet<&str> = wanted.hashes.iter().copied().collect();
        let resolved = |hash: &str| Some((hash.to_owned(), added_lines::resolve(repo, hash)?));
        let period = Period {
            since: wanted.since,
            until: wanted.until,
        };
        let mut known = cache
            .map(|folder| changed::load(folder, repo))
            .unwrap_or_default();
        let changes = added_lines::read(repo, &refs, period, &wanted.files, &mut known);
        if let Some(folder) = cache {
            changed::save(folder, repo, &known);
        }
        match changes {
            Ok(changes) => {
                history.changes = changes;
                history.resolved = hashes.into_iter().filter_map(resolved).collect();
            }
            Err(error) => {
                let place = repo.place().to_string_lossy();
                let reason = format!("cannot link sessions here: {error}");
                warnings.push(Warning::new(place, reason));
            }
        }
    }
    history.roots = roots;
    history.links = links;
    (history, warnings)
}

/// The main directory of the repository at a path; `None` if there is none.
fn main_folder(path: &Path) -> Option<PathBuf> {
    Some(Repo::open(path).ok()?.main_folder())
}
