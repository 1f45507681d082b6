//! What an audit reads from the objects and refs of a repository, and from nothing else: it can be written as facts and read again.

use std::collections::{HashMap, HashSet};

use super::options::ReadOptions;
use super::repositories::gather_and;
use super::survival::{standing_of, survival_of};
use crate::audit::allow_file;
use crate::audit::origin::reached;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::ids::ObjectId;
use crate::facts::ledger::Ledger;
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

/// How the objects of a repository are read for an audit.
#[derive(Debug, Clone)]
pub struct ObjectOptions {
    /// Its history and its ledger.
    pub read: ReadOptions,
    /// Where git finds the keys to verify signatures.
    pub config_files: ConfigFiles,
    /// Whether the origin of each line of each file is needed, and not only sums.
    pub with_lines: bool,
}

/// What an audit knows of a repository besides its commits and the sessions that worked there.
#[derive(Debug, Clone, Default)]
pub struct FromObjects {
    /// The name of the repository. Untrusted text.
    pub name: String,
    /// Whether the origin of the lines at HEAD is known, if there are any.
    pub status: Status,
    /// What could not be read of what is here.
    pub warnings: Vec<Warning>,
    /// The tasks, also retracted ones. From facts, it has no sessions.
    pub ledger: Ledger,
    /// The ledger's history, oldest first.
    pub steps: Vec<LedgerStep>,
    /// Where its refs were moved off their own history.
    pub jumps: Jumps,
    /// What branches and tags reach.
    pub reach: Reach,
    /// The commits that HEAD reaches.
    pub at_head: HashSet<ObjectId>,
    /// What notes of git-ai say about commits.
    pub attested: Vec<AttestedCommit>,
    /// The lines at HEAD by commit; `None` if there are none, or their origin is unknown.
    pub standing: Option<Standing>,
    /// The origin of each of them, if that was needed. Facts do not have it.
    pub survival: Option<Survival>,
    /// The file at HEAD that allows findings; empty without one. Untrusted text.
    pub allow_file: Vec<u8>,
    /// Of commits with the same author's time and title the first one, for each of the others. Only facts have it, which have no
    /// titles.
    pub twins: HashMap<ObjectId, ObjectId>,
}

/// A repository of which the history was read, and with it what needs the same files.
pub struct Begun {
    /// The ledger.
    pub ledger: Ledger,
    /// The lines at HEAD, if all of the history was read.
    lines: Option<LinesAtHead>,
}

impl Begun {
    /// Reads the history of a repository and its ledger.
    pub fn read(repo: &Repo, options: &ObjectOptions) -> (History, Self) {
        let mut lines = None;
        let mut between = |shared: &Shared| lines = Some(LinesAtHead::read(repo, options, Some(shared)));
        let (history, ledger) = gather_and(repo, &options.read, Some(&mut between));
        (history, Self { ledger, lines })
    }

    /// Reads the rest, given the commits of the history.
    pub fn complete(self, repo: &Repo, commits: &[Commit], options: &ObjectOptions) -> FromObjects {
        repo.remember(commits);
        let mut warnings = Vec::new();
        // Of several repositories, each is one step of a stage.
        let progress = &options.read.history.progress;
        progress.begin("Reading the history of the ledger", "", 0);
        let steps = steps(repo, &options.config_files, &mut warnings);
        let lines = self.lines;
        let lines = lines.unwrap_or_else(|| LinesAtHead::read(repo, options, None));
        warnings.extend(lines.warnings);
        progress.begin("Reading notes", "", 0);
        let (attested, trouble) = read_attested(repo, commits, options.read.history.cache.as_deref());
        warnings.extend(trouble);
        let head = repo.head();
        let is_told = lines.standing.is_some() || matches!(head, Ok(None));
        let tip = head.ok().flatten();
        let mut at_head = None;
        let (jumps, reach) = rayon::in_place_scope(|scope| {
            scope.spawn(|_| at_head = Some(reached(commits, tip)));
            let jumps = ledger_steps::jumps(repo, &[refs::NOTES, refs::TASKS]);
            (jumps, reach(repo))
        });
        FromObjects {
            name: repo.name(),
            status: if is_told {
                Status::Complete
            } else {
                Status::Partial
            },
            warnings,
            ledger: self.ledger,
            steps,
            jumps,
            reach,
            at_head: at_head.unwrap_or_else(|| reached(commits, tip)),
            attested,
            standing: lines.standing,
            survival: lines.survival,
            allow_file: ledger_steps::file_at_head(repo, allow_file::PATH).unwrap_or_default(),
            twins: HashMap::new(),
        }
    }
}

/// The history of the ledger.
fn steps(repo: &Repo, config_files: &ConfigFiles, warnings: &mut Vec<Warning>) -> Vec<LedgerStep> {
    ledger_steps::steps(repo, refs::NOTES, config_files).unwrap_or_else(|error| {
        let message = format!("cannot read the history of the ledger: {error}");
        warnings.push(Warning::new(repo.name(), message));
        Vec::new()
    })
}

/// Who wrote the lines at HEAD.
#[derive(Default)]
struct LinesAtHead {
    standing: Option<Standing>,
    survival: Option<Survival>,
    warnings: Vec<Warning>,
}

impl LinesAtHead {
    fn read(repo: &Repo, options: &ObjectOptions, shared: Option<&Shared>) -> Self {
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
