//! Reads everything that an overview joins: repositories, the sessions that worked in them, and an audit of each.
//!
//! Logs are read and linked once, for all repositories together; each audit has the sessions that concern its repository.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use rayon::ThreadPoolBuildError;

use super::audit::{AuditInput, AuditOptions, Together};
use super::from_objects::ObjectOptions;
use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use super::workers::{Share, Turn, read_each};
use crate::aggregate::copies::Copies;
use crate::aggregate::report;
use crate::aggregate::repository::{PlacedTask, Repository, SameIds};
use crate::audit::{self, Choice, allow_file};
use crate::correlate::seen::SeenSession;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::zone::{Period, Zone};
use crate::git::Repo;
use crate::git::config::ConfigFiles;
use crate::overview::{Audited, Overview, Query};
use crate::sources::discover::Discovery;

/// How the input of an overview is read.
#[derive(Debug, Clone)]
pub struct OverviewOptions {
    /// How repositories are read.
    pub read: ReadOptions,
    /// Which sessions count.
    pub sessions: Sessions,
    /// The names of repositories to leave out.
    pub exclude: Vec<String>,
    /// How each repository is audited; `None` for no audits.
    pub audits: Option<AuditsOptions>,
}

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

/// Everything that an overview joins.
pub struct OverviewInput {
    /// The repositories without the excluded ones, the sessions, and what could not be read of them.
    pub workspace: Workspace,
    /// The audit of each repository, by position; `None` for one that was not read.
    pub audits: Vec<Option<Audited>>,
    /// What the audits could not read, and lines of the files that allow findings that mean nothing.
    pub warnings: Vec<Warning>,
    /// How many repositories were excluded.
    pub excluded: usize,
    /// The names to exclude that no repository has.
    pub unknown: Vec<String>,
    /// Whether each audit had all that it needs.
    are_audits_whole: bool,
}

impl OverviewInput {
    /// Reads the repositories that were found.
    pub fn read(found: Discovery, options: &OverviewOptions) -> Result<Self, ThreadPoolBuildError> {
        let mut workspace = Workspace::read(found, &options.read)?;
        let (excluded, unknown) = exclude(&mut workspace.repos, &options.exclude);
        workspace.complete(&options.sessions);
        let audits = match &options.audits {
            Some(audits) => Audits::new(&workspace, options, audits).read_all()?,
            None => workspace.repos.iter().map(|_| Outcome::default()).collect(),
        };
        let mut input = Self {
            workspace,
            audits: Vec::with_capacity(audits.len()),
            warnings: Vec::new(),
            excluded,
            unknown,
            are_audits_whole: true,
        };
        for outcome in audits {
            input.audits.push(outcome.audited);
            input.warnings.extend(outcome.warnings);
            input.are_audits_whole &= outcome.status == Status::Complete;
        }
        Ok(input)
    }

    /// Whether everything was read.
    pub fn status(&self) -> Status {
        match self.are_audits_whole {
            true => self.workspace.status(),
            false => self.workspace.status().max(Status::Partial),
        }
    }

    /// Joins it. `query` may depend on the repositories that were read.
    pub fn join(self, query: &Query) -> Overview {
        let Workspace { repos, sessions, .. } = &self.workspace;
        let mut overview = Overview::new(repos, sessions, self.audits, query);
        overview.notes.extend(of_period(query.period));
        overview.notes.extend(unfetched(repos));
        overview
    }
}

/// A sentence about the period, if not everything is included.
fn of_period(period: Period) -> Option<String> {
    let days = match (period.since, period.until) {
        (None, None) => return None,
        (Some(since), Some(until)) if since == until => since.to_string(),
        (Some(since), Some(until)) => format!("{since} to {until}"),
        (Some(since), None) => format!("work since {since}"),
        (None, Some(until)) => format!("work until {until}"),
    };
    Some(format!(
        "Only {days} is included; audits and lines at HEAD are of the whole history"
    ))
}

/// A sentence about each repository whose remote may have a ledger that was not fetched.
fn unfetched(repos: &[Repository]) -> Vec<String> {
    let without = repos.iter().filter(|repo| repo.unfetched.is_some());
    let mut notes: Vec<String> = without
        .map(|repo| {
            format!(
                "{}: its ledger was not fetched from a remote, so tasks may be missing",
                repo.name
            )
        })
        .collect();
    notes.sort();
    notes
}

/// Removes the repositories with these names and all copies of them: a copy has the same work under another name. Returns how
/// many, and the names that none has.
fn exclude(repos: &mut Vec<Repository>, names: &[String]) -> (usize, Vec<String>) {
    let is_known = |name: &&String| repos.iter().any(|repo| repo.name == **name);
    let unknown = names.iter().filter(|name| !is_known(name)).cloned().collect();
    let all = repos.len();
    let mut is_out: Vec<bool> = repos.iter().map(|repo| names.contains(&repo.name)).collect();
    if is_out.contains(&true) {
        let copies = report::copies(repos);
        // A copy of a copy is found in the next round.
        while let Some(at) = (0..all).find(|at| {
            let is_copy = |other: usize| is_out[other] && are_copies(repos, &copies, *at, other);
            !is_out[*at] && (0..all).any(is_copy)
        }) {
            is_out[at] = true;
        }
    }
    let mut is_out = is_out.into_iter();
    repos.retain(|_| is_out.next() != Some(true));
    (all - repos.len(), unknown)
}

/// Whether two are the same repository: one has all commits of the other, was cloned from it, or both were cloned from one place.
fn are_copies(repos: &[Repository], copies: &Copies, one: usize, other: usize) -> bool {
    let (here, there) = (&repos[one].lineage, &repos[other].lineage);
    copies.representative(one) == copies.representative(other)
        || here.comes_from(there)
        || there.comes_from(here)
        || (here.origin.is_some() && here.origin == there.origin)
}

/// What became of the audit of a repository.
#[derive(Default)]
struct Outcome {
    audited: Option<Audited>,
    warnings: Vec<Warning>,
    status: Status,
}

/// Audits several repositories.
struct Audits<'a> {
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
    fn new(workspace: &'a Workspace, all: &OverviewOptions, options: &'a AuditsOptions) -> Self {
        let Workspace { repos, sessions, .. } = workspace;
        let placed = repos.iter().flat_map(|repo| &repo.tasks);
        let without_commits = placed.filter(|placed| placed.commits.is_empty());
        let named = without_commits.flat_map(|placed| &placed.task.sessions);
        Self {
            repos,
            sessions,
            options,
            each: AuditOptions {
                objects: ObjectOptions {
                    read: all.read.for_each_of(repos.len()),
                    config_files: options.config_files.clone(),
                    with_lines: false,
                },
                sessions: all.sessions.clone(),
                zone: options.zone,
            },
            concerned: concerned(repos, sessions),
            named_without_commits: named.cloned().collect(),
            ids: SameIds::of(repos),
        }
    }

    /// The audit of each repository, side by side. One that was not read is not opened.
    fn read_all(&self) -> Result<Vec<Outcome>, ThreadPoolBuildError> {
        let mut outcomes: Vec<Outcome> = self.repos.iter().map(|_| Outcome::default()).collect();
        let is_read = |at: &usize| !self.repos[*at].given_up && self.repos[*at].status != Status::Failed;
        let positions: Vec<usize> = (0..self.repos.len()).filter(is_read).collect();
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

    fn read(&self, at: usize, share: Share) -> Outcome {
        let repository = &self.repos[at];
        let repo = match Repo::open(repository.path.as_ref()) {
            Ok(repo) => repo,
            Err(error) => return Outcome::failed(&repository.path, format!("it cannot be audited: {error}")),
        };
        let mut options = self.each.clone();
        options.objects.read.history.threads = Some(share.threads);
        let together = Together {
            at,
            sessions: self.sessions_of(at),
            named_without_commits: &self.named_without_commits,
            ids: &self.ids,
        };
        let input = AuditInput::read_among(&repo, &options, together);
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
        Outcome {
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

impl Outcome {
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

    #[test]
    fn excluded_repositories_are_counted_and_unknown_names_told() {
        let mut repos = vec![repository("kiln"), repository("glaze")];
        let names = ["glaze".to_owned(), "nothing".to_owned()];
        assert_eq!(exclude(&mut repos, &names), (1, vec!["nothing".to_owned()]));
        assert_eq!(repos.len(), 1);
    }
}
