//! The facts that checks look at, as they were gathered.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::facts::diagnostics::Warning;
use crate::facts::retention::Keeps;
use crate::facts::version::GitVersion;
use crate::git::health::{HeldLock, Unwritable};
use crate::git::remote::{Dangerous, Forced};

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// When they were gathered.
    pub now: DateTime<Utc>,
    /// This program.
    pub program: OwnProgram,
    /// The git that this program calls; `None` where it cannot be started.
    pub git: Option<GitVersion>,
    /// What git config says of hooks of its own that call us, by name.
    pub git_hooks: Vec<GitHook>,
    /// The agents that were used or set up here.
    pub agents: Vec<AgentFacts>,
    /// The spool; `None` where no place for it is known.
    pub spool: Option<SpoolFacts>,
    /// Who would be named as author, `Name <mail>`.
    pub author: Option<String>,
    /// Whether the repository's own git config says so.
    pub is_author_of_repository: bool,
    /// Why the repository cannot be opened that one stands in, and what to do about it.
    pub closed: Option<(String, Option<String>)>,
    /// The repository that one stands in, where one does and it can be opened.
    pub repository: Option<RepositoryFacts>,
}

/// This program.
#[derive(Debug, Clone, Default)]
pub struct OwnProgram {
    /// Where it is.
    pub path: Option<PathBuf>,
    /// The one that the PATH has.
    pub on_path: Option<PathBuf>,
    /// Whether that is the same file.
    pub is_on_path: bool,
}

/// What became of a program that a hook names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// This very program, or a copy of it.
    This,
    /// Another program of this name.
    Another(PathBuf),
    /// A file that may not be run.
    NotExecutable(PathBuf),
    /// Nothing.
    Missing,
}

/// A hook in git config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHook {
    /// Its name: `leverage` of `hook.leverage.command`.
    pub name: String,
    /// What it runs. Untrusted text.
    pub command: String,
    /// On which events.
    pub events: Vec<String>,
    /// Whether it is switched off.
    pub is_off: bool,
    /// What its first word leads to; `None` where that cannot be told.
    pub called: Option<Called>,
}

/// One agent.
#[derive(Debug, Clone)]
pub struct AgentFacts {
    /// Its name.
    pub name: String,
    /// What it is called in sentences.
    pub title: String,
    /// What its files say of hooks; `None` of an agent that has none.
    pub hooks: Option<Vec<HookFacts>>,
    /// The skill that tells it when and how to record; `None` of an agent that has none.
    pub skill: Option<SkillFacts>,
    /// What a person has to do besides.
    pub then: Option<&'static str>,
    /// When its hook was last called; `None` where it never was, as far as the spool tells.
    pub last_event: Option<DateTime<Utc>>,
    /// The last record in its logs; `None` where there is none.
    pub last_log: Option<DateTime<Utc>>,
    /// How long it keeps logs.
    pub keeps: Keeps,
    /// The file that says so.
    pub keeps_by: Option<PathBuf>,
    /// What of its logs cannot be listed or read.
    pub unreadable: Vec<Warning>,
}

/// The skill of an agent.
#[derive(Debug, Clone)]
pub struct SkillFacts {
    /// Where it is, or would be.
    pub file: PathBuf,
    /// Whether that is in the repository, and not with the user.
    pub is_of_project: bool,
    /// How it stands.
    pub state: Own,
}

/// How a file stands that would be ours alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// It is as this version writes it.
    Ours,
    /// It is as another version wrote it.
    Older,
    /// Somebody else wrote it, or changed it.
    Changed,
    /// It is not there.
    Absent,
    /// It cannot be read.
    Unreadable,
}

/// What one file of an agent says of our hooks.
#[derive(Debug, Clone)]
pub struct HookFacts {
    /// The file.
    pub file: PathBuf,
    /// Whether it is of the repository, and not of the user.
    pub is_of_project: bool,
    /// What it says.
    pub state: Hooks,
    /// Whether our hooks in it remind the agent of commits without a task.
    pub reminds: bool,
}

/// Whether hooks of ours are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hooks {
    /// All of them.
    Present {
        /// The program that they call, as it is written. Untrusted text.
        program: String,
        /// What that is.
        called: Called,
    },
    /// Some of them.
    Incomplete(Vec<String>),
    /// They are there, and a setting turns all hooks off.
    TurnedOff(String),
    /// None.
    Absent,
    /// The file cannot be understood.
    Unclear(String),
    /// It would be ours alone, and somebody else wrote it or changed it.
    Changed,
    /// It is a symbolic link to nothing.
    Dangling,
}

/// The spool of the machine.
#[derive(Debug, Clone, Default)]
pub struct SpoolFacts {
    /// Its folder.
    pub folder: PathBuf,
    /// Why nothing can be appended, where it cannot.
    pub unwritable: Option<String>,
    /// When each session became pending, and why it is.
    pub pending: Vec<PendingFacts>,
    /// Sessions that were given up, with the reason.
    pub dropped: Vec<(String, String)>,
    /// What could not be read.
    pub unreadable: Vec<Warning>,
    /// Files of one day that take no more events.
    pub full: Vec<PathBuf>,
}

/// A session that waits to be captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingFacts {
    /// `AGENT:ID`. Untrusted text.
    pub session: String,
    /// Its last event.
    pub last: DateTime<Utc>,
}

/// One repository.
#[derive(Debug, Clone, Default)]
pub struct RepositoryFacts {
    /// Its name.
    pub name: String,
    /// What cannot be written of what a record needs.
    pub unwritable: Option<Unwritable>,
    /// Locks of references of ours.
    pub locks: Vec<HeldLock>,
    /// Whether the file of a reference of ours says nothing.
    pub has_rubbish: bool,
    /// Why the ledger cannot be read, where it cannot.
    pub unreadable: Option<String>,
    /// How many lines the ledger lost since this clone last wrote it; `None` where nobody can tell.
    pub lost_lines: Option<u64>,
    /// The values of `notes.rewriteRef`.
    pub rewrite_refs: Vec<String>,
    /// `notes.rewriteMode`.
    pub rewrite_mode: Option<String>,
    /// The commands for which copying of notes is turned off: `notes.rewrite.<command>`.
    pub no_rewrite: Vec<String>,
    /// The remotes; the error says why git does not tell.
    pub remotes: Option<RemoteFacts>,
    /// Programs that manage hooks here and do not call us.
    pub managers: Vec<ManagerFacts>,
    /// When a session was last captured.
    pub last_capture: Option<DateTime<Utc>>,
    /// The uncaptured sessions with commits here: each with its agent, and when its log goes.
    pub uncaptured: Vec<UncapturedFacts>,
}

/// What git config says of remotes.
#[derive(Debug, Clone, Default)]
pub struct RemoteFacts {
    /// Fetch refspecs that reach the ledger.
    pub dangerous: Vec<Dangerous>,
    /// Pushes that would overwrite or delete the ledger of a remote.
    pub forced: Vec<Forced>,
    /// Whether a fetch deletes what a remote does not have.
    pub prunes: bool,
}

/// A program that manages hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerFacts {
    /// Its name.
    pub name: &'static str,
    /// The file by which it is known.
    pub file: PathBuf,
    /// Whether that calls us.
    pub calls_us: bool,
}

/// A session that is not captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncapturedFacts {
    /// Its agent.
    pub agent: String,
    /// When its log goes.
    pub deleted_at: Option<DateTime<Utc>>,
}
