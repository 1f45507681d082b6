//! Audits each of several repositories, given the sessions of all.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use rayon::ThreadPoolBuildError;
use rayon::prelude::*;

use super::audit::{AuditInput, AuditOptions, Together};
use super::elsewhere::ReadElsewhere;
use super::from_objects::{FromObjects, ObjectOptions};
use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use super::workers::{Share, Turn, pool, read_each};
use crate::aggregate::repository::{PlacedTask, Repository, SameIds};
use crate::audit::{self, Choice, allow_file};
use crate::correlate::seen::SeenSession;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::zone::Zone;
use crate::git::Repo;
use crate::git::config::ConfigFiles;
use crate::overview::Audited;

/// How the repositories of an overview are audited.
#[derive(Debug, Clone)]
pub struct AuditsOptions {
    /// Where git finds the keys to verify signatures.
    pub config_files: ConfigFiles,
    /// The time zone that decides where days and months end.
    pub zone: Zone,
    /// The current time, in seconds since the epoch.
    pub now: i64,
}

/// Those of the repositories that were read elsewhere, which are the last ones.
pub struct OthersRead<'a> {
    /// What else is known of them.
    pub read: &'a dyn ReadElsewhere,
    /// Their positions there.
    pub positions: Vec<usize>,
}

/// What became of the audit of a repository.
#[derive(Default)]
pub struct AuditRead {
    /// The audit; `None` if there is none.
    pub audited: Option<Audited>,
    /// What was left out that nothing else says.
    pub warnings: Vec<Warning>,
    /// Whether it had all that it needs.
    pub status: Status,
}

/// Audits several repositories.
pub struct Audits<'a> {
    repos: &'a [Repository],
    sessions: &'a [SeenSession],
    options: &'a AuditsOptions,
    each: AuditOptions,
    /// The sessions that concern each repository, by position.
    concerned: Vec<BTreeSet<usize>>,
    named_without_commits: HashSet<SessionId>,
    ids: SameIds,
}

impl<'a> Audits<'a> {
    /// Audits the repositories of a workspace, read with `read` and decided with `sessions`.
    pub fn new(
        workspace: &'a Workspace,
        (read, sessions): (&ReadOptions, &Sessions),
        options: &'a AuditsOptions,
    ) -> Self {
        let Workspace {
            repos,
            sessions: seen,
            ..
        } = workspace;
        let placed = repos.iter().flat_map(|repo| &repo.tasks);
        let without_commits = placed.filter(|placed| placed.commits.is_empty());
        let named = without_commits.flat_map(|placed| &placed.task.sessions);
        Self {
            repos,
            sessions: seen,
            options,
            each: AuditOptions {
                objects: ObjectOptions {
                    read: read.for_each_of(repos.len()),
                    config_files: options.config_files.clone(),
                    with_lines: false,
                },
                sessions: sessions.clone(),
                zone: options.zone,
            },
            concerned: concerned(repos, seen),
            named_without_commits: named.cloned().collect(),
            ids: SameIds::of(repos),
        }
    }

    /// The audit of each repository, side by side. One that was not read is not opened.
    pub fn read_all(
        &self,
        elsewhere: Option<&OthersRead<'_>>,
    ) -> Result<Vec<AuditRead>, ThreadPoolBuildError> {
        let far = elsewhere.map_or(0, |elsewhere| elsewhere.positions.len());
        let here = self.repos.len() - far;
        let mut outcomes = self.read_here(here)?;
        if let Some(elsewhere) = elsewhere {
            let pool = pool(self.each.objects.read.history.threads)?;
            outcomes.extend(pool.install(|| self.take_elsewhere(here, elsewhere)));
        }
        Ok(outcomes)
    }

    /// The audits of the first repositories, which are here.
    fn read_here(&self, count: usize) -> Result<Vec<AuditRead>, ThreadPoolBuildError> {
        let mut outcomes: Vec<AuditRead> = (0..count).map(|_| AuditRead::default()).collect();
        let positions: Vec<usize> = (0..count).filter(|at| self.is_read(*at)).collect();
        let path = |at: &usize| PathBuf::from(&self.repos[*at].path);
        let paths: Vec<PathBuf> = positions.iter().map(path).collect();
        let at: HashMap<&PathBuf, usize> = paths.iter().zip(positions.iter().copied()).collect();
        let read = &self.each.objects.read;
        let stage = ("Auditing", &*read.progress);
        let audited = read_each(&paths, read.history.threads, stage, |path, share| {
            let position = at.get(&path.to_path_buf()).copied();
            Turn::Done(
                position
                    .map(|position| self.read(position, share))
                    .unwrap_or_default(),
            )
        })?;
        for (position, outcome) in positions.into_iter().zip(audited) {
            outcomes[position] = outcome;
        }
        Ok(outcomes)
    }

    /// The audits of the others, which come after those `here`.
    fn take_elsewhere(&self, here: usize, elsewhere: &OthersRead<'_>) -> Vec<AuditRead> {
        let positions = elsewhere.positions.par_iter().enumerate();
        let audit = |(number, position): (usize, &usize)| {
            let at = here + number;
            match self.is_read(at) {
                true => self.take(at, elsewhere.read.objects(*position)),
                false => AuditRead::default(),
            }
        };
        positions.map(audit).collect()
    }

    fn is_read(&self, at: usize) -> bool {
        !self.repos[at].given_up && self.repos[at].status != Status::Failed
    }

    fn read(&self, at: usize, share: Share) -> AuditRead {
        let repository = &self.repos[at];
        let repo = match Repo::open(repository.path.as_ref()) {
            Ok(repo) => repo,
            Err(error) => {
                return AuditRead::failed(&repository.path, format!("it cannot be audited: {error}"));
            }
        };
        let mut options = self.each.clone();
        options.objects.read.history.threads = Some(share.threads);
        self.audit(at, AuditInput::read_among(&repo, &options, self.together(at)))
    }

    /// The same with what was read elsewhere.
    fn take(&self, at: usize, objects: Result<FromObjects, String>) -> AuditRead {
        let repository = &self.repos[at];
        match objects {
            Ok(objects) => {
                let (repository, zone) = (repository.clone(), self.options.zone);
                self.audit(
                    at,
                    AuditInput::of_facts_among(repository, objects, self.together(at), zone),
                )
            }
            Err(reason) => AuditRead::failed(&repository.name, format!("it cannot be audited: {reason}")),
        }
    }

    fn together(&self, at: usize) -> Together<'_> {
        Together {
            at,
            sessions: self.sessions_of(at),
            named_without_commits: &self.named_without_commits,
            ids: &self.ids,
        }
    }

    fn audit(&self, at: usize, input: AuditInput) -> AuditRead {
        let repository = &self.repos[at];
        let (allowed, ignored) = allow_file::parse(&input.objects.allow_file);
        let choice = Choice {
            allowed,
            ..Choice::default()
        };
        let mut warnings = located(ignored, &repository.name);
        warnings.extend(input.warnings.iter().cloned());
        let name = repository.name.clone();
        let audit = audit::audit(name, &input.evidence(self.options.now), &choice, warnings);
        let told: HashSet<String> = (repository.all_warnings()).map(|told| told.to_string()).collect();
        let new = audit
            .warnings
            .iter()
            .filter(|warning| !told.contains(&warning.to_string()));
        let objects = input.objects;
        let standing = objects.standing.map(|standing| standing.lines);
        AuditRead {
            warnings: new.cloned().collect(),
            status: input.status,
            audited: Some(Audited {
                audit,
                standing,
                reach: objects.reach,
            }),
        }
    }

    /// The sessions that concern a repository.
    fn sessions_of(&self, at: usize) -> Vec<SeenSession> {
        let concerned = self.concerned.get(at).into_iter().flatten();
        let sessions = concerned.filter_map(|session| self.sessions.get(*session));
        sessions.cloned().collect()
    }
}

impl AuditRead {
    fn failed(path: &str, reason: String) -> Self {
        Self {
            audited: None,
            warnings: vec![Warning::new(path, reason)],
            status: Status::Failed,
        }
    }
}

/// Warnings about a file of a repository, with the name of that.
fn located(warnings: Vec<Warning>, repo: &str) -> Vec<Warning> {
    let in_repo = |warning: Warning| Warning {
        place: format!("{repo}: {}", warning.place),
        ..warning
    };
    warnings.into_iter().map(in_repo).collect()
}

/// The positions of the sessions that concern each repository: they made something there, or a task of it names them or has a
/// commit of theirs. A session without any task concerns the repository in which it worked first.
fn concerned(repos: &[Repository], sessions: &[SeenSession]) -> Vec<BTreeSet<usize>> {
    let mut claimed: HashMap<&SessionId, BTreeSet<usize>> = HashMap::new();
    let mut tasks_on: HashMap<ObjectId, BTreeSet<usize>> = HashMap::new();
    for (at, repo) in repos.iter().enumerate() {
        for PlacedTask { task, commits, .. } in &repo.tasks {
            for session in &task.sessions {
                claimed.entry(session).or_default().insert(at);
            }
            for commit in commits {
                tasks_on.entry(*commit).or_default().insert(at);
            }
        }
    }
    let mut concerned = vec![BTreeSet::new(); repos.len()];
    for (number, session) in sessions.iter().enumerate() {
        let on = session.made().filter_map(|(_, link)| tasks_on.get(&link.commit));
        let mut of_session: BTreeSet<usize> = on.flatten().copied().collect();
        of_session.extend(claimed.get(&session.id).into_iter().flatten());
        if of_session.is_empty() {
            of_session.insert(session.home);
        }
        of_session.extend(session.links.iter().map(|(repo, _)| *repo));
        for at in of_session {
            if let Some(sessions) = concerned.get_mut(at) {
                sessions.insert(number);
            }
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample::{claim, object, repository};
    use crate::correlate::seen::Origin;
    use crate::facts::evidence::Confidence;
    use crate::facts::link::Link;
    use crate::facts::session::Sources;
    use crate::facts::sign::Rung;
    use crate::facts::span::{Moment, Span};

    /// A session that worked first in the repository at `home`, and made a commit in another.
    fn session(id: &str, home: usize, made: Option<(usize, u8)>) -> SeenSession {
        let id = SessionId::new("codex", id);
        let link = |(repo, number)| {
            let link = Link {
                commit: object(number),
                session: id.clone(),
                rung: Rung::Hash,
                confidence: Confidence::Certain,
                evidence: Vec::new(),
                share: 1.0,
                worked: Vec::new(),
            };
            (repo, link)
        };
        SeenSession {
            links: made.map(link).into_iter().collect(),
            origin: Origin::Log,
            home,
            models: Vec::new(),
            span: Span::new(Moment(0), Moment(60_000)),
            worked: Vec::new(),
            lanes: 1.0,
            unknown: Vec::new(),
            attention: Vec::new(),
            usage: Vec::new(),
            sources: Sources::default(),
            elsewhere: Vec::new(),
            rest: 1.0,
            vague: Default::default(),
            id,
        }
    }

    #[test]
    fn sessions_concern_the_repositories_of_their_work_and_of_their_tasks() {
        let mut named = claim(1, "2026-04-02", 1.0).placed();
        named.task.sessions = vec![SessionId::new("codex", "named")];
        let repos = [
            repository("kiln"),
            Repository {
                tasks: vec![named, claim(2, "2026-04-02", 1.0).on(7).placed()],
                ..repository("glaze")
            },
        ];
        let sessions = [
            session("alone", 0, None),
            session("named", 0, None),
            session("made", 0, Some((0, 1))),
            session("claimed", 0, Some((0, 7))),
        ];
        let concerned = concerned(&repos, &sessions);
        assert_eq!(concerned, [BTreeSet::from([0, 2, 3]), BTreeSet::from([1, 3])]);
    }
}
