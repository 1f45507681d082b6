//! All that an audit looks at, read from the repository and the logs of agents.

use std::collections::HashSet;
use std::path::Path;

use super::args::{ALLOWED, Args};
use super::scope::Scope;
use crate::aggregate::repository::Repository;
use crate::audit::origin::reached;
use crate::audit::{All, Asked, Evidence, Selection};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::logs::RulesArgs;
use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::zone::Zone;
use crate::git::Repo;
use crate::git::survival::Survival;
use crate::git::{ledger_steps, refs};
use crate::sources::attested_lines::{AttestedCommit, read_attested};
use crate::sources::reach::{Reach, reach};
use crate::workspace::read::Workspace;
use crate::workspace::repositories::gather;
use crate::workspace::survival::survival_of;

/// All that an audit looks at, as it was read.
pub(super) struct Read {
    pub(super) asked: Asked,
    zone: Zone,
    at_head: HashSet<ObjectId>,
    ledger: Ledger,
    sessions: Vec<SeenSession>,
    steps: Vec<ledger_steps::LedgerStep>,
    jumps: ledger_steps::Jumps,
    commits: Vec<Commit>,
    attested: Vec<AttestedCommit>,
    reach: Reach,
    survival: Option<Survival>,
    /// What this was narrowed to.
    only: Option<Selection>,
    pub(super) warnings: Vec<Warning>,
    pub(super) is_complete: bool,
}

impl Read {
    pub(super) fn of(repo: &Repo, args: &Args, context: &Context) -> Result<Self, CommandError> {
        let read = args.read(repo);
        let options = read.options(context)?;
        let (history, ledger) = gather(repo, &options);
        let repository = Repository::new(repo.lineage(), history, ledger.clone());
        let mut warnings: Vec<Warning> = repository.all_warnings().collect();
        let status = repository.status;
        let mut workspace = Workspace::from(repository);
        workspace.complete(&args.sessions.options(&read, &RulesArgs::default(), context)?);
        warnings.append(&mut workspace.warnings);
        let commits = workspace.repos.pop().map(|repo| repo.commits).unwrap_or_default();
        let sessions = workspace.sessions;
        let steps = ledger_steps::steps(repo, refs::NOTES, &context.environment.config_files).unwrap_or_else(
            |error| {
                let message = format!("the ledger's history cannot be read: {error}");
                warnings.push(Warning::new(repo.name(), message));
                Vec::new()
            },
        );
        let head = repo.head();
        let survival = match head {
            // A branch without a commit has no lines, which is nothing that could not be read.
            Ok(None) => None,
            _ => survival(repo, args, options.history.cache.as_deref(), &mut warnings),
        };
        let (attested, trouble) = read_attested(repo, &commits);
        warnings.extend(trouble);
        Ok(Self {
            is_complete: status == Status::Complete && (survival.is_some() || matches!(head, Ok(None))),
            asked: Asked::default(),
            zone: args.zone(&context.settings())?,
            at_head: reached(&commits, head.ok().flatten()),
            jumps: ledger_steps::jumps(repo, &[refs::NOTES, refs::TASKS]),
            only: None,
            reach: reach(repo),
            commits,
            attested,
            ledger,
            sessions,
            steps,
            survival,
            warnings,
        })
    }

    /// Leaves the commits of a scope, the tasks that have some or whose day it is, and their sessions.
    pub(super) fn narrow(&mut self, scope: &Scope) {
        if scope.is_everything() {
            return;
        }
        let commits = self.commits.iter().filter(|commit| scope.holds(commit));
        let commits: HashSet<ObjectId> = commits.map(|commit| commit.id).collect();
        let claimed: HashSet<&SessionId> = named_sessions(&self.ledger.tasks).collect();
        let tasks = self.ledger.tasks.iter().filter(|found| {
            let by_day = scope.commits.is_none() && scope.period.since.is_some();
            found.commits.iter().any(|commit| commits.contains(commit))
                || by_day && found.commits.is_empty() && scope.period.contains(found.task.date)
        });
        let tasks: Vec<&LedgerTask> = tasks.collect();
        let named: HashSet<&SessionId> = named_sessions(tasks.iter().copied()).collect();
        let sessions = self.sessions.iter().filter(|session| {
            named.contains(&session.id)
                || session.made().any(|(_, link)| commits.contains(&link.commit))
                || session.made().next().is_none() && !claimed.contains(&session.id) && scope.ends_in(session)
        });
        self.only = Some(Selection {
            tasks: tasks.iter().map(|found| found.task.id).collect(),
            sessions: sessions.map(|session| session.id.clone()).collect(),
            commits,
        });
    }

    /// A file that stands for the whole repository where a finding has to be in one: what allows findings, or a README.
    pub(super) fn place(&self) -> Option<&str> {
        let files = self.survival.iter().flat_map(|survival| &survival.files);
        let mut paths: Vec<&str> = files
            .filter_map(|file| std::str::from_utf8(&file.path).ok())
            .collect();
        paths.retain(|path| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            path.chars().all(is_plain)
                && (*path == ALLOWED || path.to_ascii_lowercase().starts_with("readme"))
        });
        paths.into_iter().min()
    }

    pub(super) fn evidence(&self, context: &Context) -> Evidence<'_> {
        let all = All {
            at_head: &self.at_head,
            ledger: &self.ledger,
            sessions: &self.sessions,
            steps: &self.steps,
            jumps: &self.jumps,
            commits: &self.commits,
            attested: &self.attested,
            reach: &self.reach,
            survival: self.survival.as_ref(),
        };
        Evidence {
            asked: &self.asked,
            only: self.only.as_ref(),
            all,
            zone: self.zone,
            now: context.environment.now.timestamp(),
        }
    }
}

fn named_sessions<'a>(
    tasks: impl IntoIterator<Item = &'a LedgerTask>,
) -> impl Iterator<Item = &'a SessionId> {
    tasks.into_iter().flat_map(|found| &found.task.sessions)
}

/// Who brought the lines at HEAD.
fn survival(repo: &Repo, args: &Args, cache: Option<&Path>, warnings: &mut Vec<Warning>) -> Option<Survival> {
    match survival_of(repo, args.jobs, cache) {
        Ok(read) => {
            warnings.extend(read.trouble.map(|reason| Warning::new(repo.name(), reason)));
            Some(read.survival)
        }
        Err(reason) => {
            let message = format!("who brought the lines at HEAD is unknown: {reason}");
            warnings.push(Warning::new(repo.name(), message));
            None
        }
    }
}
