//! The process as it was started: variables, current directory and clock, read once.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, NaiveDateTime, Offset, TimeZone, Utc};

use super::args::GlobalArgs;
use super::error::CommandError;
use super::git_config;
use crate::facts::zone::{LocalClock, UnknownZone, Zone};
use crate::git::config::ConfigFiles;
use crate::git::replaced::{self, ReplaceRefs};
use crate::git::{OpenError, Repo};
use crate::integrations::settings::command;

/// Variables that git sets for its hooks. They name a repository, which need not be the one that is read, and the author of a
/// commit, who need not be the one who records. (`GIT_EXEC_PATH` stays: it belongs to the git in the `PATH` of a hook.)
pub const OF_A_HOOK: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_AUTHOR_DATE",
    "GIT_AUTHOR_EMAIL",
    "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_DATE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_EDITOR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_LITERAL_PATHSPECS",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// What the commands know of the process.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The directory that relative paths start from, after `-C`.
    pub directory: PathBuf,
    /// The clock. Fixed by `GIT_TEST_DATE_NOW` (seconds since the epoch), the variable by which git fixes its own.
    pub now: DateTime<Utc>,
    /// Which config files count.
    pub config_files: ConfigFiles,
}

#[allow(clippy::disallowed_types)] // Here the environment is read.
fn machine_offset(utc: NaiveDateTime) -> FixedOffset {
    chrono::Local.offset_from_utc_datetime(&utc).fix()
}

/// The zone of the machine: by `TZ`, a name or a POSIX rule, else by what the system is set to.
pub fn local_zone() -> Zone {
    Zone::Local(LocalClock(machine_offset))
}

/// `Area/City`, `UTC` or `local`.
pub fn zone(name: &str) -> Result<Zone, UnknownZone> {
    if name.eq_ignore_ascii_case("local") {
        return Ok(local_zone());
    }
    name.parse()
}

impl Environment {
    /// Reads the process.
    pub fn of_process(global: &GlobalArgs) -> Result<Self, CommandError> {
        let variables = variables();
        if let Ok(program) = std::env::current_exe() {
            command::is_called(&program);
        }
        let start = std::env::current_dir().map_err(|error| {
            CommandError::failed(format!("cannot determine the current directory: {error}"))
        })?;
        let directory = global
            .directory
            .iter()
            .fold(start, |folder, part| folder.join(part));
        check(&directory).map_err(|error| {
            CommandError::failed(format!("cannot change to `{}`: {error}", directory.display()))
        })?;
        let now = clock(&variables);
        let mut overrides = git_config::of_environment(&variables)?;
        overrides.extend(global.config.iter().cloned());
        replaced::choose(replace_refs(&variables, &overrides));
        let config_files = config_files(&variables, overrides);
        Ok(Self {
            variables,
            directory,
            now,
            config_files,
        })
    }

    /// The same process in another directory. The variables that git sets for hooks are left out: they are about the first.
    #[must_use]
    pub fn at(&self, folder: &Path) -> Self {
        let mut there = self.clone();
        there.directory = folder.to_owned();
        there
            .variables
            .retain(|name, _| !OF_A_HOOK.contains(&name.as_str()));
        there
    }

    /// Whether git started this process, or a parent of it, as a hook of a commit: only then git names the index.
    pub fn is_of_a_commit_hook(&self) -> bool {
        self.variables.contains_key("GIT_INDEX_FILE")
    }

    /// Reads the clock again, unless it is fixed.
    pub fn look_at_clock(&mut self) {
        self.now = clock(&self.variables);
    }

    /// Whether the clock is fixed.
    pub fn is_clock_fixed(&self) -> bool {
        self.variables.contains_key("GIT_TEST_DATE_NOW")
    }

    /// A variable; an empty one counts as unset.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// All variables that are text.
    pub fn variables(&self) -> &BTreeMap<String, String> {
        &self.variables
    }

    /// The home directory.
    pub fn home(&self) -> Option<PathBuf> {
        home(&|name| self.variable(name).map(PathBuf::from))
    }

    /// What distinguishes this machine and its user from others. Only hashes of it may be written anywhere.
    pub fn machine(&self) -> String {
        let home = self.home().map(|home| home.display().to_string());
        let name = rustix::system::uname();
        format!(
            "{}\0{}",
            name.nodename().to_string_lossy(),
            home.unwrap_or_default()
        )
    }

    /// The cache directory: `$XDG_CACHE_HOME/git-leverage`, else `.cache/git-leverage` in the home directory. `None` if neither
    /// is known: then nothing is cached.
    pub fn cache_dir(&self) -> Option<PathBuf> {
        self.variable("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(self.home()?.join(".cache")))
            .map(|base| base.join("git-leverage"))
    }

    /// The state directory: `$XDG_STATE_HOME/git-leverage`, else `.local/state/git-leverage` in the home directory. `None` if
    /// neither is known.
    pub fn state_dir(&self) -> Option<PathBuf> {
        state_dir(|name| self.variable(name).map(PathBuf::from))
    }

    /// Where the system lists processes. Tests set `GIT_TEST_PROC`, since any process may start them.
    pub fn proc_folder(&self) -> PathBuf {
        PathBuf::from(self.variable("GIT_TEST_PROC").unwrap_or("/proc"))
    }

    /// A path as typed or configured: `~/` is the home directory, other paths are relative to the current one.
    pub fn resolve(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), self.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.directory.join(Path::new(path)),
        }
    }

    /// Whether the current directory is in a repository, even in one that cannot be opened.
    pub fn is_in_repository(&self) -> bool {
        let found = match self.variable("GIT_DIR") {
            Some(git_dir) => Repo::open(&self.directory.join(git_dir)),
            None => Repo::discover(&self.directory),
        };
        !matches!(found, Err(OpenError::NotARepository(_)))
    }

    /// The current repository (`GIT_DIR` first, as in a hook).
    pub fn repository(&self) -> Result<Repo, CommandError> {
        match self.variable("GIT_DIR") {
            Some(git_dir) => Ok(Repo::open(&self.directory.join(git_dir))?),
            None => Ok(Repo::discover(&self.directory)?),
        }
    }
}

/// Whether one can change to a directory; why not is put in git's words.
fn check(directory: &Path) -> io::Result<()> {
    match std::fs::metadata(directory) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(io::Error::other("not a directory")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(io::Error::other("no such directory")),
        Err(error) => Err(error),
    }
}

/// The time, or the fixed one of tests.
fn clock(variables: &BTreeMap<String, String>) -> DateTime<Utc> {
    let fixed = variables.get("GIT_TEST_DATE_NOW");
    fixed
        .and_then(|seconds| DateTime::from_timestamp(seconds.parse().ok()?, 0))
        .unwrap_or_else(Utc::now)
}

/// The state directory, by these variables.
pub fn state_dir(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let named = variable("XDG_STATE_HOME").filter(|path| path.is_absolute());
    let base = named.or_else(|| Some(home(&variable)?.join(".local/state")))?;
    Some(base.join("git-leverage"))
}

/// The home directory, by these variables. A relative path would be another one in each directory, even in a working tree.
fn home(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    ["HOME", "USERPROFILE"]
        .into_iter()
        .filter_map(variable)
        .find(|path| path.is_absolute())
}

/// Chooses which replacement refs count, by the environment and these settings.
pub fn choose_replacements(overrides: &[(String, String)]) {
    replaced::choose(replace_refs(&variables(), overrides));
}

/// The variables that are text.
fn variables() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

fn config_files(variables: &BTreeMap<String, String>, overrides: Vec<(String, String)>) -> ConfigFiles {
    // An empty path means no file, not the default one.
    let path = |name: &str| variables.get(name).map(PathBuf::from);
    let skip_system = variables
        .get("GIT_CONFIG_NOSYSTEM")
        .is_some_and(|value| is_true(value));
    ConfigFiles {
        system: path("GIT_CONFIG_SYSTEM"),
        skip_system,
        global: path("GIT_CONFIG_GLOBAL"),
        overrides,
    }
}

/// Whether replacements count, and where they are. A repository's own config is not asked.
fn replace_refs(variables: &BTreeMap<String, String>, overrides: &[(String, String)]) -> ReplaceRefs {
    let is_told_off = overrides
        .iter()
        .rev()
        .find(|(name, _)| name.eq_ignore_ascii_case("core.useReplaceRefs"))
        .is_some_and(|(_, value)| !is_true(value));
    if is_told_off || variables.contains_key("GIT_NO_REPLACE_OBJECTS") {
        return ReplaceRefs::Ignored;
    }
    let base = variables.get("GIT_REPLACE_REF_BASE").map_or("", String::as_str);
    match base.trim_end_matches('/') {
        "" => ReplaceRefs::Below("refs/replace/".to_owned()),
        base => ReplaceRefs::Below(format!("{base}/")),
    }
}

/// Whether git reads the value of a variable as true.
fn is_true(value: &str) -> bool {
    !matches!(
        value.to_ascii_lowercase().as_str(),
        "" | "0" | "false" | "no" | "off"
    )
}
