//! What the reader of one agent must know: where its logs are on a machine, and how to read them.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::log::Log;
use crate::facts::agents::AgentIdentity;
use crate::facts::diagnostics::Warning;
use crate::facts::zone::Zone;
use crate::git::folder::{self, Kind};

/// The machine whose logs are read, as the caller describes it: nothing below `cli/` looks for itself.
#[derive(Debug, Clone, Default)]
pub struct Machine {
    /// The home directory.
    pub home: Option<PathBuf>,
    /// The variables that move an agent's directories.
    pub variables: BTreeMap<String, String>,
    /// Worktrees in use: Aider leaves its log in them.
    pub work_trees: Vec<PathBuf>,
    /// The zone of its clock, for logs that have times without one.
    pub zone: Zone,
}

impl Machine {
    /// A variable; an empty one counts as unset.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// A directory that a variable names, `~/` resolved.
    pub fn folder(&self, name: &str) -> Option<PathBuf> {
        self.variable(name).map(|path| self.expand(path))
    }

    /// The comma-separated directories that a variable names; `None` if it is unset.
    pub fn folders(&self, name: &str) -> Option<Vec<PathBuf>> {
        let list = self.variable(name)?.split(',').map(str::trim);
        Some(
            list.filter(|path| !path.is_empty())
                .map(|path| self.expand(path))
                .collect(),
        )
    }

    /// The directory that an agent's variables name for its logs.
    pub fn moved(&self, agent: &AgentIdentity) -> Option<PathBuf> {
        agent.variables.iter().find_map(|name| self.folder(name))
    }

    /// The directories that they name, for an agent that takes several.
    pub fn moved_to(&self, agent: &AgentIdentity) -> Option<Vec<PathBuf>> {
        agent.variables.iter().find_map(|name| self.folders(name))
    }

    /// A directory below the home directory.
    pub fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_ref().map(|home| home.join(path))
    }

    /// `$XDG_DATA_HOME`, by default `~/.local/share`.
    pub fn data_home(&self) -> Option<PathBuf> {
        self.folder("XDG_DATA_HOME")
            .or_else(|| self.in_home(".local/share"))
    }

    /// `$XDG_CONFIG_HOME`, by default `~/.config`.
    pub fn config_home(&self) -> Option<PathBuf> {
        self.folder("XDG_CONFIG_HOME").or_else(|| self.in_home(".config"))
    }

    fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

/// One log, with the files beside it that belong to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LogFile {
    /// The log.
    pub path: PathBuf,
    /// Other files that [`Agent::read`] uses; if one of them changes, the log is read again completely.
    pub companions: Vec<PathBuf>,
}

impl LogFile {
    /// A log without companions.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            companions: Vec::new(),
        }
    }
}

/// How many directories behind links are searched: one may lead to a whole disk.
const MOST_LINKED: usize = 20_000;

/// The files below a directory that `wanted` accepts, as logs without companions, sorted. A missing directory has none;
/// one that cannot be read is a warning.
///
/// Links are followed, and what they lead to keeps the path through them, which may show whose log it is. A directory
/// is searched once, however many paths lead there; a parent of the directory in which the search began is not
/// searched.
pub fn files_below(
    folder: &Path,
    warnings: &mut Vec<Warning>,
    wanted: impl Fn(&Path) -> bool,
) -> Vec<LogFile> {
    let mut search = Search {
        real: folder.canonicalize().unwrap_or_else(|_| folder.to_owned()),
        seen: BTreeSet::new(),
        linked: Vec::new(),
        files: Vec::new(),
        warnings,
    };
    let real = search.real.clone();
    search.below(folder.to_owned(), real, &wanted, usize::MAX);
    let mut room = MOST_LINKED;
    // Everything below the directory itself has that path.
    while let Some((path, real)) = search.linked.pop() {
        let before = search.seen.len();
        search.below(path.clone(), real, &wanted, room);
        room = room.saturating_sub(search.seen.len() - before);
        if room == 0 {
            let message = format!("only the first {MOST_LINKED} linked directories were searched");
            search
                .warnings
                .push(Warning::new(path.display().to_string(), message));
            break;
        }
    }
    search.files.sort();
    search.files
}

struct Search<'a> {
    /// Where the search began.
    real: PathBuf,
    /// Directories that were searched, with links resolved.
    seen: BTreeSet<PathBuf>,
    /// Links to directories, with their targets.
    linked: Vec<(PathBuf, PathBuf)>,
    files: Vec<LogFile>,
    warnings: &'a mut Vec<Warning>,
}

impl Search<'_> {
    /// Searches below a directory that is really at `real`, at most as many directories as there is `room` for.
    fn below(&mut self, path: PathBuf, real: PathBuf, wanted: &impl Fn(&Path) -> bool, room: usize) {
        let most = self.seen.len().saturating_add(room);
        let mut folders = vec![(path, real)];
        while let Some((folder, real)) = folders.pop() {
            if self.seen.len() >= most {
                return;
            }
            if !self.seen.insert(real.clone()) {
                continue;
            }
            let entries = match folder::list(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    if error.kind() != io::ErrorKind::NotFound {
                        self.warnings.push(unlisted(&folder, &error));
                    }
                    continue;
                }
            };
            for entry in entries {
                match entry.and_then(|entry| Ok((entry.kind()?, entry))) {
                    Ok((Kind::Folder, entry)) => {
                        folders.push((entry.path().to_owned(), real.join(entry.name())));
                    }
                    Ok((Kind::Link, entry)) if entry.path().is_dir() => self.link(entry.path().to_owned()),
                    Ok((_, entry)) if wanted(entry.path()) => {
                        self.files.push(LogFile::new(entry.path().to_owned()));
                    }
                    Ok(_) => {}
                    Err(error) => self.warnings.push(unlisted(&folder, &error)),
                }
            }
        }
    }

    fn link(&mut self, path: PathBuf) {
        match path.canonicalize() {
            // It would lead through everything around the logs, and back to them.
            Ok(real) if self.real.starts_with(&real) => {}
            Ok(real) => self.linked.push((path, real)),
            Err(error) => self.warnings.push(unlisted(&path, &error)),
        }
    }
}

fn unlisted(folder: &Path, error: &io::Error) -> Warning {
    Warning::new(
        folder.display().to_string(),
        format!("cannot list the directory: {error}"),
    )
}

/// The reader of one agent.
pub trait Agent: Sync {
    /// The other facts about it.
    fn identity(&self) -> &'static AgentIdentity;

    /// Its name in session ids and options: `claude-code`, `codex`, …
    fn name(&self) -> &'static str {
        self.identity().name
    }

    /// The directories of its logs on this machine, whether they exist or not.
    fn roots(&self, machine: &Machine) -> Vec<PathBuf>;

    /// The logs below one of its roots, or below a directory that the user named as one. A missing directory has none;
    /// one that cannot be read is a warning. See [`files_below`].
    fn logs(&self, root: &Path, warnings: &mut Vec<Warning>) -> Vec<LogFile>;

    /// Files that belong to one of its logs but are where a variable says.
    fn companions(&self, _log: &LogFile, _machine: &Machine) -> Vec<PathBuf> {
        Vec::new()
    }

    /// Whether a log only ever grows, so that [`Agent::read`] can continue where the last run ended ([`Log::read_to`]).
    /// Otherwise it is read completely, into an empty [`Log`], whenever it changed.
    fn appends(&self, _file: &LogFile) -> bool {
        true
    }

    /// Reads what is new in a log. Bad records become warnings in `log`; an error means that the file could not be read.
    fn read(&self, file: &LogFile, log: &mut Log) -> io::Result<()>;

    /// Adds what follows only from all of its logs together. This is done each time that they are assembled, and not
    /// cached.
    fn settle(&self, _logs: &mut [(PathBuf, Log)]) {}
}
