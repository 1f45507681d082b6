//! The sessions of this machine, and what they made: in one repository, or wherever they worked.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::kept_links::Answer;
use super::linking::{link_among, link_around, link_everywhere};
use super::options::SessionOptions;
use super::places::disk::Disk;
use super::places::{self, worked_in};
use crate::correlate::linked::Linked;
use crate::facts::diagnostics::Warning;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::supervision::{Charge, supervision};
use crate::git::Repo;
use crate::sources::agents::collect::{self as logs, Collected, Request};
use crate::sources::discover::work_trees;

/// Reads the sessions on this machine and those whose logs are in working trees of `repositories`.
pub fn collect(options: &SessionOptions, repositories: &[PathBuf]) -> Collected {
    let mut request: Request = options.logs.clone();
    request.machine.work_trees.extend(work_trees(repositories));
    logs::collect(&request)
}

/// What sessions made in one repository.
pub struct OwnLinks {
    /// All sessions of this machine, by agent and id.
    pub sessions: Vec<Session>,
    /// The person's time in each.
    pub charges: Vec<Vec<Charge>>,
    /// The links of the repository.
    pub links: Vec<Link>,
    /// What these sessions made in other repositories.
    pub elsewhere: Vec<Link>,
    /// Warnings.
    pub warnings: Vec<Warning>,
}

impl OwnLinks {
    /// What sessions made in `repo`; their time is divided over all repositories they worked in.
    pub fn of(repo: &Repo, options: &SessionOptions) -> Self {
        let here = [repo.main_folder()];
        let collected = collect(options, &here);
        let mut linked = link_everywhere(&here, &[], &collected, options);
        let mut warnings = collected.warnings;
        warnings.append(&mut linked.warnings);
        Self {
            charges: supervision(&collected.sessions, options.rules),
            links: linked.links.into_iter().next().unwrap_or_default(),
            elsewhere: linked.elsewhere,
            sessions: collected.sessions,
            warnings,
        }
    }
}

/// Which sessions of this machine are read, and for which repositories.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only those that worked in these directories, or in the repositories of `around`; all if there are none.
    pub roots: Vec<PathBuf>,
    /// The repositories below the roots. Without roots, those in which agents may have left logs, in addition to the repositories
    /// that the sessions name.
    pub around: Vec<PathBuf>,
    /// Whether to search for the commits they made.
    pub with_links: bool,
}

/// Sessions of this machine, with what they made.
#[derive(Debug, Clone, Default)]
pub struct MachineSessions {
    /// The sessions of the scope, by agent and id.
    pub sessions: Vec<Session>,
    /// The number of sessions on this machine, including those outside the scope.
    pub found: usize,
    /// The commits of those that worked in a repository.
    pub made: HashMap<SessionId, BTreeSet<ObjectId>>,
    /// The name of the repository that contains the first directory of a session.
    pub names: HashMap<SessionId, String>,
    /// What was left out.
    pub warnings: Vec<Warning>,
}

impl MachineSessions {
    /// Reads the sessions of a scope.
    pub fn read(scope: &Scope, options: &SessionOptions) -> Self {
        let collected = collect(options, &scope.around);
        let Answer {
            repositories,
            mut linked,
        } = match (scope.with_links, scope.roots.is_empty()) {
            (true, true) => link_around(&scope.around, &collected, options),
            (with_links, _) => {
                let repositories = match scope.roots.is_empty() && !with_links {
                    true => Vec::new(),
                    false => scope.around.clone(),
                };
                let linked = link_among(&repositories, &collected, options);
                Answer { repositories, linked }
            }
        };
        let Collected {
            mut sessions,
            mut warnings,
            ..
        } = collected;
        warnings.append(&mut linked.warnings);
        let found = sessions.len();
        let made = match scope.with_links {
            true => linked.made(&sessions),
            false => HashMap::new(),
        };
        let names = linked.names(&sessions, |at| {
            Some(name(repositories.get(at)?)).filter(|name| !name.is_empty())
        });
        narrow(&mut sessions, scope, &linked);
        Self {
            sessions,
            found,
            made,
            names,
            warnings,
        }
    }
}

/// Keeps the sessions of a scope.
fn narrow(sessions: &mut Vec<Session>, scope: &Scope, linked: &Linked) {
    if scope.roots.is_empty() {
        return;
    }
    let here = linked.here(sessions);
    sessions.retain(|session| {
        here.contains(&session.id) || scope.roots.iter().any(|root| worked_in(session, root))
    });
}

/// What `sessions` made, each link with the name of its repository: in those where they worked, and those `around`. Also returns
/// warnings about these.
pub fn links_of(
    session: &Session,
    collected: &Collected,
    around: &[PathBuf],
    options: &SessionOptions,
) -> (Vec<(String, Link)>, Vec<Warning>) {
    let repositories = places::repositories(around, &[], [session], &Disk::default());
    let linked = link_among(&repositories, collected, options);
    let mut links = Vec::new();
    for (path, found) in repositories.iter().zip(linked.links) {
        let own = found.into_iter().filter(|link| link.session == session.id);
        links.extend(own.map(|link| (name(path), link)));
    }
    (links, linked.warnings)
}

fn name(repository: &Path) -> String {
    let name = repository.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
