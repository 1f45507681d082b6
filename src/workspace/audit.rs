//! Reads everything that an audit examines, from one repository and the agents' logs.

use std::collections::HashSet;

use regex::Regex;

use super::options::{ReadOptions, Sessions};
use super::read::Workspace;
use super::repositories::gather_and;
use super::survival::{standing_of, survival_of};
use crate::aggregate::pace::{Pace, TooLittle, pace};
use crate::aggregate::repository::{Repository, SameIds};
use crate::audit::measured::SessionIndex;
use crate::audit::origin::reached;
use crate::audit::{All, Asked, Evidence, Selection};
use crate::correlate::seen::{self, SeenSession};
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::zone::{Period, Zone};
use crate::git::Repo;
use crate::git::config::ConfigFiles;
use crate::git::ledger_steps::{self, Jumps, LedgerStep};
use crate::git::refs;
use crate::git::shared::Shared;
use crate::git::survival::{Standing, Survival};
use crate::sources::attested_lines::{AttestedCommit, read_attested};
use crate::sources::history::History;
use crate::sources::reach::{Reach, reach};
use crate::sources::survival::Read;

/// How a repository is read for an audit.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// Its history and its ledger.
    pub read: ReadOptions,
    /// The sessions that worked in it.
    pub sessions: Sessions,
    /// Where git finds the keys to verify signatures.
    pub config_files: ConfigFiles,
    /// The time zone that decides where days and months end.
    pub zone: Zone,
    /// Whether the origin of each line of each file is needed, and not only sums.
    pub with_lines: bool,
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
    /// The lines at HEAD by commit; `None` if there are none, or their origin is unknown.
    pub standing: Option<Standing>,
    /// The origin of each of them, if that was needed.
    survival: Option<Survival>,
    asked: Asked,
    zone: Zone,
    at_head: HashSet<ObjectId>,
    ledger: Ledger,
    sessions: Vec<SeenSession>,
    session_index: SessionIndex,
    steps: Vec<LedgerStep>,
    jumps: Jumps,
    commits: Vec<Commit>,
    attested: Vec<AttestedCommit>,
    /// The commits of the repository.
    pub reach: Reach,
    /// The pace of people in all of its history.
    pace: Result<Pace, TooLittle>,
    /// The part that this was narrowed to.
    only: Option<Selection>,
}

impl AuditInput {
    /// Reads a repository, its ledger and its sessions.
    pub fn read(repo: &Repo, options: &AuditOptions) -> Self {
        let (history, ledger, lines) = gather(repo, options);
        let mut workspace = Workspace::from(Repository::new(repo.lineage(), history, ledger.clone()));
        workspace.complete(&options.sessions);
        Self::of(repo, options, workspace, ledger, lines)
    }

    /// The same for one of several repositories whose sessions were read together.
    pub fn read_among(repo: &Repo, options: &AuditOptions, together: Together<'_>) -> Self {
        let (history, mut ledger, lines) = gather(repo, options);
        for found in &mut ledger.tasks {
            for task in std::iter::once(&mut found.task).chain(&mut found.revisions) {
                task.id = together.ids.root(task.id);
            }
        }
        let mut repository = Repository::new(repo.lineage(), history, ledger.clone());
        let signs = seen::signs(&together.sessions, together.at);
        repository.decide(signs, options.sessions.foreign());
        let mut workspace = Workspace::from(repository);
        workspace.sessions = together.sessions;
        let mut input = Self::of(repo, options, workspace, ledger, lines);
        input.session_index.add_named(together.named_without_commits);
        input
    }

    /// Reads the rest, given the repository with its sessions.
    fn of(
        repo: &Repo,
        options: &AuditOptions,
        mut workspace: Workspace,
        ledger: Ledger,
        lines: Option<LinesAtHead>,
    ) -> Self {
        let repository = workspace.repos.pop().unwrap_or_default();
        let mut warnings: Vec<Warning> = repository.all_warnings().collect();
        warnings.append(&mut workspace.warnings);
        let Repository { status, commits, .. } = repository;
        repo.remember(&commits);
        // Of several repositories, each is one step of a stage.
        let progress = &options.read.history.progress;
        progress.begin("Reading the history of the ledger", "", 0);
        let steps = steps(repo, &options.config_files, &mut warnings);
        let LinesAtHead {
            standing,
            survival,
            warnings: trouble,
        } = lines.unwrap_or_else(|| LinesAtHead::read(repo, options, None));
        warnings.extend(trouble);
        let head = repo.head();
        progress.begin("Reading notes", "", 0);
        let (attested, trouble) = read_attested(repo, &commits, options.read.history.cache.as_deref());
        warnings.extend(trouble);
        let tip = head.as_ref().ok().copied().flatten();
        let read_commits = || (pace(&commits), reached(&commits, tip));
        let mut of_commits = None;
        let (jumps, reach) = rayon::in_place_scope(|scope| {
            scope.spawn(|_| of_commits = Some(read_commits()));
            let jumps = ledger_steps::jumps(repo, &[refs::NOTES, refs::TASKS]);
            (jumps, reach(repo))
        });
        let (pace, at_head) = of_commits.unwrap_or_else(read_commits);
        let is_told = standing.is_some() || matches!(head, Ok(None));
        Self {
            status: if is_told {
                status
            } else {
                status.max(Status::Partial)
            },
            asked: Asked::default(),
            zone: options.zone,
            at_head,
            jumps,
            only: None,
            reach,
            session_index: SessionIndex::of_ledger(&workspace.sessions, &ledger.tasks),
            sessions: workspace.sessions,
            pace,
            commits: commits.into_vec(),
            attested,
            ledger,
            steps,
            standing,
            survival,
            warnings,
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
        let claimed: HashSet<&SessionId> = named_sessions(&self.ledger.tasks).collect();
        let tasks = self.ledger.tasks.iter().filter(|found| {
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
        let all = All {
            at_head: &self.at_head,
            ledger: &self.ledger,
            sessions: &self.sessions,
            session_index: &self.session_index,
            steps: &self.steps,
            jumps: &self.jumps,
            commits: &self.commits,
            attested: &self.attested,
            reach: &self.reach,
            standing: self.standing.as_ref(),
            survival: self.survival.as_ref(),
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

/// The history of the ledger.
fn steps(repo: &Repo, config_files: &ConfigFiles, warnings: &mut Vec<Warning>) -> Vec<LedgerStep> {
    ledger_steps::steps(repo, refs::NOTES, config_files).unwrap_or_else(|error| {
        let message = format!("cannot read the history of the ledger: {error}");
        warnings.push(Warning::new(repo.name(), message));
        Vec::new()
    })
}

/// The history of a repository and its ledger, and its lines at HEAD if all of its history is read: both need the same files.
fn gather(repo: &Repo, options: &AuditOptions) -> (History, Ledger, Option<LinesAtHead>) {
    let mut lines = None;
    let mut between = |shared: &Shared| lines = Some(LinesAtHead::read(repo, options, Some(shared)));
    let (history, ledger) = gather_and(repo, &options.read, Some(&mut between));
    (history, ledger, lines)
}

/// Who wrote the lines at HEAD.
#[derive(Default)]
struct LinesAtHead {
    standing: Option<Standing>,
    survival: Option<Survival>,
    warnings: Vec<Warning>,
}

impl LinesAtHead {
    fn read(repo: &Repo, options: &AuditOptions, shared: Option<&Shared>) -> Self {
        // A branch without commits has no lines, which is not an error.
        if matches!(repo.head(), Ok(None)) {
            return Self::default();
        }
        let history = &options.read.history;
        let (threads, cache, progress) = (history.threads, history.cache.as_deref(), &history.progress);
        let mut warnings = Vec::new();
        let (standing, survival) = if options.with_lines {
            let read = survival_of(repo, threads, cache, shared, progress);
            let survival = known(repo, read, &mut warnings);
            (survival.as_ref().map(Standing::of), survival)
        } else {
            let read = standing_of(repo, threads, cache, shared, progress);
            (known(repo, read, &mut warnings), None)
        };
        Self {
            standing,
            survival,
            warnings,
        }
    }
}

/// What was read of the lines at HEAD; what is wrong with it becomes a warning.
fn known<T>(repo: &Repo, read: Result<Read<T>, String>, warnings: &mut Vec<Warning>) -> Option<T> {
    match read {
        Ok(Read { answer, trouble }) => {
            warnings.extend(trouble.map(|reason| Warning::new(repo.name(), reason)));
            Some(answer)
        }
        Err(reason) => {
            let message = format!("the origin of the lines at HEAD is unknown: {reason}");
            warnings.push(Warning::new(repo.name(), message));
            None
        }
    }
}
