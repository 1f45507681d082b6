//! The facts that the checks examine, as gathered.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::facts::diagnostics::Warning;
use crate::facts::retention::Keeps;
use crate::facts::version::GitVersion;
use crate::git::health::{HeldLock, Unwritable};
use crate::git::remote::{Dangerous, Forced};

/// All facts.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// When they were gathered.
    pub now: DateTime<Utc>,
    /// This program.
    pub program: OwnProgram,
    /// The git that this program calls; `None` if it cannot be started.
    pub git: Option<GitVersion>,
    /// Hooks in git config that call git-leverage, by name.
    pub git_hooks: Vec<GitHook>,
    /// The agents that were used or set up here.
    pub agents: Vec<AgentFacts>,
    /// The spool; `None` if there is no place for it.
    pub spool: Option<SpoolFacts>,
    /// The author of new records, `Name <mail>`.
    pub author: Option<String>,
    /// Whether the author comes from the repository's own git config.
    pub is_author_of_repository: bool,
    /// Why the current repository cannot be opened, and what to do about it.
    pub closed: Option<(String, Option<String>)>,
    /// The current repository, if there is one and it can be opened.
    pub repository: Option<RepositoryFacts>,
}

/// This program.
#[derive(Debug, Clone, Default)]
pub struct OwnProgram {
    /// Its path.
    pub path: Option<PathBuf>,
    /// The program of this name on the PATH.
    pub on_path: Option<PathBuf>,
    /// Whether both are the same file.
    pub is_on_path: bool,
}

/// What a program named in a hook turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// This program, or a copy of it.
    This,
    /// Another program with this name.
    Another(PathBuf),
    /// A file that is not executable.
    NotExecutable(PathBuf),
    /// A missing file.
    Missing,
}

/// A hook in git config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitHook {
    /// Its name: `leverage` in `hook.leverage.command`.
    pub name: String,
    /// Its command. Untrusted text.
    pub command: String,
    /// Its events.
    pub events: Vec<String>,
    /// Whether it is disabled.
    pub is_off: bool,
    /// What the first word of the command resolves to; `None` if unknown.
    pub called: Option<Called>,
}

/// One agent.
#[derive(Debug, Clone)]
pub struct AgentFacts {
    /// Its name.
    pub name: String,
    /// Its name in sentences.
    pub title: String,
    /// Its hooks, per file; `None` for an agent without hooks.
    pub hooks: Option<Vec<HookFacts>>,
    /// The skill that explains when and how to record; `None` for an agent without skills.
    pub skill: Option<SkillFacts>,
    /// What a person has to do in addition.
    pub then: Option<&'static str>,
    /// Its last hook call; `None` if the spool has none.
    pub last_event: Option<DateTime<Utc>>,
    /// The last record in its logs; `None` if there is none.
    pub last_log: Option<DateTime<Utc>>,
    /// How long it keeps logs.
    pub keeps: Keeps,
    /// The file that sets this.
    pub keeps_by: Option<PathBuf>,
    /// Which of its logs cannot be listed or read.
    pub unreadable: Vec<Warning>,
}

/// The skill of an agent.
#[derive(Debug, Clone)]
pub struct SkillFacts {
    /// Where it is, or would be.
    pub file: PathBuf,
    /// Whether that is in the repository and not in the user's settings.
    pub is_of_project: bool,
    /// Its state.
    pub state: Own,
}

/// The state of a file that belongs entirely to git-leverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Own {
    /// It is as this version writes it.
    Ours,
    /// It is as another version wrote it.
    Older,
    /// Someone else wrote or changed it.
    Changed,
    /// It does not exist.
    Absent,
    /// It cannot be read.
    Unreadable,
}

/// What one file of an agent says about git-leverage's hooks.
#[derive(Debug, Clone)]
pub struct HookFacts {
    /// The file.
    pub file: PathBuf,
    /// Whether it belongs to the repository and not to the user.
    pub is_of_project: bool,
    /// Its hooks.
    pub state: Hooks,
    /// Whether its hooks remind the agent of commits without a task.
    pub reminds: bool,
}

/// Whether git-leverage's hooks are installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hooks {
    /// All of them.
    Present {
        /// The program they call, as written. Untrusted text.
        program: String,
        /// What that program is.
        called: Called,
    },
    /// Some of them.
    Incomplete(Vec<String>),
    /// They are installed, but a setting turns all hooks off.
    TurnedOff(String),
    /// None.
    Absent,
    /// The file cannot be parsed.
    Unclear(String),
    /// It belongs entirely to git-leverage, but someone else wrote or changed it.
    Changed,
    /// It is a dangling symbolic link.
    Dangling,
}

/// The spool of the machine.
#[derive(Debug, Clone, Default)]
pub struct SpoolFacts {
    /// Its directory.
    pub folder: PathBuf,
    /// Why nothing can be appended, if nothing can.
    pub unwritable: Option<String>,
    /// When each session became pending, and its last event.
    pub pending: Vec<PendingFacts>,
    /// Sessions that were given up, with the reason.
    pub dropped: Vec<(String, String)>,
    /// What could not be read.
    pub unreadable: Vec<Warning>,
    /// Files of one day that are full.
    pub full: Vec<PathBuf>,
}

/// A session waiting to be captured.
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
    /// What a record needs but cannot be written.
    pub unwritable: Option<Unwritable>,
    /// Locks on git-leverage's refs.
    pub locks: Vec<HeldLock>,
    /// Whether the file of one of these refs is empty or garbled.
    pub has_rubbish: bool,
    /// Why the ledger cannot be read, if it cannot.
    pub unreadable: Option<String>,
    /// How many lines are missing since this clone last wrote the ledger; `None` if unknown.
    pub lost_lines: Option<u64>,
    /// The values of `notes.rewriteRef`.
    pub rewrite_refs: Vec<String>,
    /// `notes.rewriteMode`.
    pub rewrite_mode: Option<String>,
    /// The commands for which copying notes is disabled: `notes.rewrite.<command>`.
    pub no_rewrite: Vec<String>,
    /// The remotes; the error says why git does not list them.
    pub remotes: Option<RemoteFacts>,
    /// Hook managers used here that do not call git-leverage.
    pub managers: Vec<ManagerFacts>,
    /// When a session was last captured.
    pub last_capture: Option<DateTime<Utc>>,
    /// The uncaptured sessions with commits here: each with its agent and the time when its log is deleted.
    pub uncaptured: Vec<UncapturedFacts>,
}

/// The configuration of remotes.
#[derive(Debug, Clone, Default)]
pub struct RemoteFacts {
    /// Fetch refspecs that affect the ledger.
    pub dangerous: Vec<Dangerous>,
    /// Pushes that would overwrite or delete the ledger of a remote.
    pub forced: Vec<Forced>,
    /// Whether a fetch deletes refs that the remote does not have.
    pub prunes: bool,
}

/// A hook manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagerFacts {
    /// Its name.
    pub name: &'static str,
    /// The file that identifies it.
    pub file: PathBuf,
    /// Whether it calls git-leverage.
    pub calls_us: bool,
}

/// A session that is not captured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UncapturedFacts {
    /// Its agent.
    pub agent: String,
    /// When its log is deleted.
    pub deleted_at: Option<DateTime<Utc>>,
}
