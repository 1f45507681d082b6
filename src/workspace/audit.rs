//! Reads everything that an audit examines, from one repository and the agents' logs.

use std::collections::{HashMap, HashSet};

use regex::Regex;

use super::from_objects::{Begun, FromObjects, ObjectOptions};
use super::options::Sessions;
use super::read::Workspace;
use crate::aggregate::pace::{Pace, TooLittle, pace};
use crate::aggregate::repository::{Repository, SameIds};
use crate::audit::measured::SessionIndex;
use crate::audit::{All, Asked, Evidence, Selection};
use crate::correlate::seen::{self, SeenSession};
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::zone::{Period, Zone};
use crate::git::Repo;

/// How a repository is read for an audit.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// Its history, its ledger and its lines.
    pub objects: ObjectOptions,
    /// The sessions that worked in it.
    pub sessions: Sessions,
    /// The time zone that decides where days and months end.
    pub zone: Zone,
}

/// The requested part of a repository. Without a range and a first day, all of it.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// As the user specified it.
    pub asked: Asked,
    /// Only these commits.
    pub commits: Option<HashSet<ObjectId>>,
    /// Only commits of these days.
    pub period: Period,
    /// Only commits whose author, as `Name <mail>`, matches.
    pub author: Option<Regex>,
}

impl Part {
    fn is_everything(&self) -> bool {
        self.commits.is_none() && self.period == Period::default() && self.author.is_none()
    }

    fn holds(&self, commit: &Commit, zone: Zone) -> bool {
        let in_range = self
            .commits
            .as_ref()
            .is_none_or(|commits| commits.contains(&commit.id));
        in_range
            && self.period.contains(zone.day(commit.author_time.seconds))
            && self.takes(|| commit.author.to_string())
    }

    fn takes(&self, author: impl FnOnce() -> String) -> bool {
        self.author
            .as_ref()
            .is_none_or(|wanted| wanted.is_match(&author()))
    }

    /// Whether a task without commits belongs to it. A range of commits includes none.
    fn takes_without_commits(&self, found: &LedgerTask) -> bool {
        self.commits.is_none()
            && found.commits.is_empty()
            && self.period.contains(found.task.date)
            && self.takes(|| found.task.by.clone())
    }

    /// Whether a session without commits belongs to it. A range of commits includes none, and nobody is known as its author.
    fn ends(&self, session: &SeenSession, zone: Zone) -> bool {
        self.commits.is_none()
            && self.author.is_none()
            && self.period.contains(zone.day(session.span.end.seconds()))
    }
}

/// What is known of one of several repositories that are audited together.
#[derive(Debug, Clone)]
pub struct Together<'a> {
    /// Its position among them.
    pub at: usize,
    /// The sessions that concern it.
    pub sessions: Vec<SeenSession>,
    /// The sessions that tasks without commits name, in all of the repositories.
    pub named_without_commits: &'a HashSet<SessionId>,
    /// The ids under which they know the same task.
    pub ids: &'a SameIds,
}

/// Everything that an audit examines.
pub struct AuditInput {
    /// How much of it was read.
    pub status: Status,
    /// What was left out.
    pub warnings: Vec<Warning>,
    /// What was read from its objects besides the commits.
    pub objects: FromObjects,
    asked: Asked,
    zone: Zone,
    sessions: Vec<SeenSession>,
    session_index: SessionIndex,
    commits: Vec<Commit>,
    /// The pace of people in all of its history.
    pace: Result<Pace, TooLittle>,
    /// The part that this was narrowed to.
    only: Option<Selection>,
}

impl AuditInput {
    /// Reads a repository, its ledger and its sessions.
    pub fn read(repo: &Repo, options: &AuditOptions) -> Self {
        let (history, begun) = Begun::read(repo, &options.objects);
        let mut workspace = Workspace::from(Repository::new(repo.lineage(), history, begun.ledger.clone()));
        workspace.complete(&options.sessions);
        Self::of_repository(repo, options, workspace, begun)
    }

    /// The same for one of several repositories whose sessions were read together.
    pub fn read_among(repo: &Repo, options: &AuditOptions, together: Together<'_>) -> Self {
        let (history, mut begun) = Begun::read(repo, &options.objects);
        unite(&mut begun.ledger, together.ids);
        let mut repository = Repository::new(repo.lineage(), history, begun.ledger.clone());
        let signs = seen::signs(&together.sessions, together.at);
        repository.decide(signs, options.sessions.foreign());
        let mut workspace = Workspace::from(repository);
        workspace.sessions = together.sessions;
        let mut input = Self::of_repository(repo, options, workspace, begun);
        input.session_index.add_named(together.named_without_commits);
        input
    }

    /// The same from facts: the repository, decided with its sessions, and what was read from its objects.
    pub fn of_facts(mut workspace: Workspace, objects: FromObjects, zone: Zone) -> Self {
        let repository = workspace.repos.pop().unwrap_or_default();
        let warnings = warnings_of(&repository, &mut workspace);
        let commits = titled(repository.commits.into_vec(), &objects.twins);
        let pace = pace(&commits);
        let read = ReadRepository {
            status: repository.status,
            warnings,
            commits,
            pace,
        };
        Self::of(read, workspace.sessions, objects, zone)
    }

    /// The same for one of several repositories, decided with the sessions of all.
    pub fn of_facts_among(
        repository: Repository,
        mut objects: FromObjects,
        together: Together<'_>,
        zone: Zone,
    ) -> Self {
        unite(&mut objects.ledger, together.ids);
        let workspace = Workspace {
            sessions: together.sessions,
            ..Workspace::from(repository)
        };
        let mut input = Self::of_facts(workspace, objects, zone);
        input.session_index.add_named(together.named_without_commits);
        input
    }

    /// Reads the rest, given the repository with its sessions.
    fn of_repository(repo: &Repo, options: &AuditOptions, mut workspace: Workspace, begun: Begun) -> Self {
        let repository = workspace.repos.pop().unwrap_or_default();
        let warnings = warnings_of(&repository, &mut workspace);
        let commits = repository.commits;
        let mut of_commits = None;
        let objects = rayon::in_place_scope(|scope| {
            scope.spawn(|_| of_commits = Some(pace(&commits)));
            begun.complete(repo, &commits, &options.objects)
        });
        let read = ReadRepository {
            status: repository.status,
            warnings,
            pace: of_commits.unwrap_or_else(|| pace(&commits)),
            commits: commits.into_vec(),
        };
        Self::of(read, workspace.sessions, objects, options.zone)
    }

    fn of(read: ReadRepository, sessions: Vec<SeenSession>, mut objects: FromObjects, zone: Zone) -> Self {
        let mut warnings = read.warnings;
        warnings.append(&mut objects.warnings);
        Self {
            status: read.status.max(objects.status),
            warnings,
            asked: Asked::default(),
            zone,
            session_index: SessionIndex::of_ledger(&sessions, &objects.ledger.tasks),
            sessions,
            commits: read.commits,
            pace: read.pace,
            only: None,
            objects,
        }
    }

    /// Keeps the commits of a part, the tasks with commits or a day in it, and their sessions.
    pub fn narrow(&mut self, part: Part) {
        if !part.is_everything() {
            self.only = Some(self.selection(&part));
        }
        self.asked = part.asked;
    }

    fn selection(&self, part: &Part) -> Selection {
        let commits = self.commits.iter().filter(|commit| part.holds(commit, self.zone));
        let commits: HashSet<ObjectId> = commits.map(|commit| commit.id).collect();
        let claimed: HashSet<&SessionId> = named_sessions(&self.objects.ledger.tasks).collect();
        let tasks = self.objects.ledger.tasks.iter().filter(|found| {
            found.commits.iter().any(|commit| commits.contains(commit)) || part.takes_without_commits(found)
        });
        let tasks: Vec<&LedgerTask> = tasks.collect();
        let named: HashSet<&SessionId> = named_sessions(tasks.iter().copied()).collect();
        let sessions = self.sessions.iter().filter(|session| {
            named.contains(&session.id)
                || session.made().any(|(_, link)| commits.contains(&link.commit))
                || session.made().next().is_none()
                    && !claimed.contains(&session.id)
                    && part.ends(session, self.zone)
        });
        Selection {
            tasks: tasks.iter().map(|found| found.task.id).collect(),
            sessions: sessions.map(|session| session.id.clone()).collect(),
            commits,
        }
    }

    /// The input of the rules, at this second.
    pub fn evidence(&self, now: i64) -> Evidence<'_> {
        let objects = &self.objects;
        let all = All {
            at_head: &objects.at_head,
            ledger: &objects.ledger,
            sessions: &self.sessions,
            session_index: &self.session_index,
            steps: &objects.steps,
            jumps: &objects.jumps,
            commits: &self.commits,
            attested: &objects.attested,
            reach: &objects.reach,
            standing: objects.standing.as_ref(),
            survival: objects.survival.as_ref(),
            pace: &self.pace,
        };
        Evidence {
            asked: &self.asked,
            only: self.only.as_ref(),
            all,
            zone: self.zone,
            now,
        }
    }
}

fn named_sessions<'a>(
    tasks: impl IntoIterator<Item = &'a LedgerTask>,
) -> impl Iterator<Item = &'a SessionId> {
    tasks.into_iter().flat_map(|found| &found.task.sessions)
}

/// Gives each task the id under which the other repositories know it.
fn unite(ledger: &mut Ledger, ids: &SameIds) {
    for found in &mut ledger.tasks {
        for task in std::iter::once(&mut found.task).chain(&mut found.revisions) {
            task.id = ids.root(task.id);
        }
    }
}

/// The commits of facts with texts in the place of their titles: those of twins are the same.
fn titled(mut commits: Vec<Commit>, twins: &HashMap<ObjectId, ObjectId>) -> Vec<Commit> {
    for commit in &mut commits {
        commit.subject = twins.get(&commit.id).unwrap_or(&commit.id).to_string();
    }
    commits
}

/// What of a repository is not from its other objects.
struct ReadRepository {
    status: Status,
    warnings: Vec<Warning>,
    commits: Vec<Commit>,
    pace: Result<Pace, TooLittle>,
}

/// What was left out of a repository and of its sessions.
fn warnings_of(repository: &Repository, workspace: &mut Workspace) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = repository.all_warnings().collect();
    warnings.append(&mut workspace.warnings);
    warnings
}
