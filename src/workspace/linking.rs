//! Reads what sessions could have made in repositories, and links it in the same way for every command.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::kept_links::{self, Answer, Question, Witness};
use super::kept_traces::KeptTraces;
use super::options::SessionOptions;
use super::places::{self, Place, Places};
use crate::correlate::linked::Linked;
use crate::correlate::traces::Traces;
use crate::correlate::wanted::Wanted;
use crate::correlate::{History, visit};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::SessionId;
use crate::facts::session::Session;
use crate::git::Repo;
use crate::git::added_lines::{self, Period};
use crate::git::walk::RefSelection;
use crate::sources::agents::assembled::Fingerprint;
use crate::sources::agents::collect::Collected;
use crate::sources::changed;

/// What sessions made in the repositories at `paths`. Their time is divided over all repositories of this machine that they
/// worked in, so that a commit took equally long whichever of them are read; except for those at `closed`, which are not opened.
pub fn link_everywhere(
    paths: &[PathBuf],
    closed: &[PathBuf],
    collected: &Collected,
    options: &SessionOptions,
) -> Linked {
    let question = Question {
        way: "everywhere",
        paths,
        closed,
    };
    kept_links::or_find(&question, collected, options, |witness| {
        everywhere(&question, collected, options, witness)
    })
    .linked
}

/// Links the sessions to the commits of the repositories at `paths`, on all their branches. Their time is divided over these
/// only.
pub fn link_among(paths: &[PathBuf], collected: &Collected, options: &SessionOptions) -> Linked {
    let question = Question {
        way: "among",
        paths,
        closed: &[],
    };
    kept_links::or_find(&question, collected, options, |witness| Answer {
        repositories: paths.to_vec(),
        linked: among(paths, collected, options, witness),
    })
    .linked
}

/// The same for the repositories in which the sessions worked, and those `around`; also returns these.
pub fn link_around(around: &[PathBuf], collected: &Collected, options: &SessionOptions) -> Answer {
    let question = Question {
        way: "around",
        paths: around,
        closed: &[],
    };
    kept_links::or_find(&question, collected, options, |witness| {
        let repositories = places::repositories(around, &[], &collected.sessions, &witness.disk);
        let linked = among(&repositories, collected, options, witness);
        Answer { repositories, linked }
    })
}

fn everywhere(
    question: &Question<'_>,
    collected: &Collected,
    options: &SessionOptions,
    witness: &Witness,
) -> Answer {
    let paths = question.paths;
    let mut linked = among(paths, collected, options, witness);
    let mut repositories = paths.to_vec();
    let links = linked.links.iter().flatten();
    let linked_here: BTreeSet<&SessionId> = links.map(|link| &link.session).collect();
    let sessions = collected.sessions.iter();
    let here = sessions.filter(|session| linked_here.contains(&session.id));
    let mut elsewhere = places::repositories(&[], question.closed, here, &witness.disk);
    if !elsewhere.is_empty() {
        let known: BTreeSet<PathBuf> = paths.iter().filter_map(|path| main_folder(path)).collect();
        elsewhere.retain(|path| !known.contains(path));
    }
    if !elsewhere.is_empty() {
        repositories.extend(elsewhere);
        let everywhere = among(&repositories, collected, options, witness);
        // These include the sessions of the repositories being read.
        linked.warnings = everywhere.warnings;
        linked.links = everywhere.links;
        let elsewhere = linked.links.split_off(paths.len());
        linked.elsewhere = elsewhere.into_iter().flatten().collect();
    }
    Answer { repositories, linked }
}

fn among(paths: &[PathBuf], collected: &Collected, options: &SessionOptions, witness: &Witness) -> Linked {
    witness.note(paths);
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
    let sessions = &collected.sessions;
    let Places { roots, links } = Places::of(&repos, sessions, &witness.disk);
    let states: Vec<Option<[u8; 32]>> = paths.iter().map(|path| witness.state(path)).collect();
    let progress = &options.logs.progress;
    progress.begin("Linking sessions to commits", "repositories", repos.len());
    let looked: Vec<(Vec<usize>, Traces, Vec<Warning>)> = repos
        .into_par_iter()
        .zip(&roots)
        .zip(states)
        .map(|((repo, roots), state)| {
            let place = Place { roots, links: &links };
            let visitors = visitors(sessions, place);
            let looked = repo.map(|repo| look(&repo, state, place, (&visitors, collected, options)));
            progress.advance(1);
            let (traces, warnings) = looked.unwrap_or_default();
            (visitors, traces, warnings)
        })
        .collect();
    let (mut visitors, mut traces) = (Vec::new(), Vec::new());
    for (came, left, trouble) in looked {
        visitors.push(came);
        traces.push(left);
        warnings.extend(trouble);
    }
    Linked {
        warnings,
        ..Linked::of(sessions, (&visitors, &traces), &roots, &links)
    }
}

/// The positions of the sessions that worked in a repository, ascending.
fn visitors(sessions: &[Session], place: Place<'_>) -> Vec<usize> {
    let came = |session: &Session| visit::came(session, place.roots, place.links);
    let all = sessions.iter().enumerate();
    all.filter(|(_, session)| came(session))
        .map(|(at, _)| at)
        .collect()
}

/// What the sessions that worked in a repository in this state left there: as an earlier run found it, or as it is found now.
fn look(
    repo: &Repo,
    state: Option<[u8; 32]>,
    place: Place<'_>,
    (visitors, collected, options): (&[usize], &Collected, &SessionOptions),
) -> (Traces, Vec<Warning>) {
    let all = &collected.sessions;
    if visitors.is_empty() {
        return Default::default();
    }
    let fingerprints: Vec<&Fingerprint> = visitors
        .iter()
        .filter_map(|at| collected.fingerprints.get(*at))
        .collect();
    let is_known = fingerprints.len() == visitors.len();
    let kept = options
        .cache()
        .zip(state)
        .filter(|_| is_known)
        .map(|(cache, state)| {
            let sessions = fingerprints.iter().copied();
            KeptTraces::new(cache, (repo.place(), &state), place, sessions, options.foreign)
        });
    let before = kept.as_ref().and_then(KeptTraces::load);
    if let Some(traces) = before.and_then(|traces| traces.at(visitors)) {
        return (traces, Vec::new());
    }
    let sessions: Vec<&Session> = visitors.iter().filter_map(|at| all.get(*at)).collect();
    let (history, warnings) = read(repo, place, &sessions, options.cache());
    let traces = Traces::of(&sessions, &history, options.foreign);
    if let Some(kept) = kept.filter(|_| warnings.is_empty()) {
        kept.save(&traces);
    }
    (traces.at(visitors).unwrap_or_default(), warnings)
}

/// Reads the commits that `sessions` could have made, on all branches, because work is often committed elsewhere than at HEAD.
/// If no session worked in this repository, nothing is read.
///
/// If something cannot be read, there is a warning, and no commits.
fn read(
    repo: &Repo,
    place: Place<'_>,
    sessions: &[&Session],
    cache: Option<&Path>,
) -> (History, Vec<Warning>) {
    let refs = RefSelection {
        all: true,
        exclude: Vec::new(),
    };
    let mut history = History {
        roots: place.roots.to_vec(),
        links: Arc::clone(place.links),
        ..History::default()
    };
    let mut warnings = Vec::new();
    if let Some(wanted) = Wanted::by(sessions.iter().copied(), place.roots, place.links) {
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
    (history, warnings)
}

/// The main directory of the repository at a path; `None` if there is none.
fn main_folder(path: &Path) -> Option<PathBuf> {
    Some(Repo::open(path).ok()?.main_folder())
}
