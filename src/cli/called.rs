//! Who ran this command, judged by what the process can see: its environment variables, hook events, and its parent processes.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::environment::Environment;
use crate::facts::estimate::Estimator;
use crate::facts::event::Event;
use crate::facts::task::WrittenBy;
use crate::git::Repo;
use crate::git::files;
use crate::integrations::INTEGRATIONS;
use crate::integrations::caller::{Called, Caller, LATELY, Process, Traces, called, doubtful};
use crate::spool::Spool;

/// The traces of a caller.
pub struct Seen {
    variables: BTreeMap<String, String>,
    processes: Vec<Process>,
    events: Vec<Event>,
    folders: Vec<String>,
    on_terminal: bool,
    now: DateTime<Utc>,
}

impl Seen {
    /// Collects the traces for a process that works in a repository.
    pub fn of(environment: &Environment, repo: &Repo) -> Self {
        let spool = environment.state_dir().map(|state| Spool::of_machine(&state));
        let events = spool.map(|spool| spool.recent(environment.now - LATELY));
        Self {
            variables: environment.variables().clone(),
            processes: processes(&environment.proc_folder()),
            events: events.unwrap_or_default(),
            folders: folders(&environment.directory, repo),
            on_terminal: is_on_terminal(),
            now: environment.now,
        }
    }

    /// Who ran this command, judged by the traces.
    pub fn called(&self) -> Called {
        called(INTEGRATIONS, &self.traces())
    }

    /// The calling agent as an estimator, with its model if it reports one.
    pub fn estimator(&self) -> Option<Estimator> {
        let Called::ByAgent(caller) = self.called() else {
            return None;
        };
        Some(Estimator {
            agent: caller.agent,
            model: caller.model,
        })
    }

    /// The calling agent as the writer of a revision.
    pub fn written_by(&self) -> Option<WrittenBy> {
        match self.called() {
            Called::ByAgent(caller) => Some(caller.written_by()),
            Called::ByPerson | Called::Unclear(_) => None,
        }
    }

    /// The notice for an estimate that counts as a person's although an agent's variable is set.
    pub fn doubt(&self) -> Option<String> {
        let (agent, variable) = doubtful(INTEGRATIONS, &self.traces())?;
        Some(format!(
            "`{variable}` is set, but no session is known: the estimate counts as yours; if an agent made it, pass \
             `--estimated-by {agent}`"
        ))
    }

    /// The agent, without the session that it seemed to be in.
    pub fn without_session(&self, caller: &Caller) -> Caller {
        caller.without_session(&self.traces())
    }

    fn traces(&self) -> Traces<'_> {
        Traces {
            variables: &self.variables,
            processes: &self.processes,
            events: &self.events,
            folders: &self.folders,
            on_terminal: self.on_terminal,
            now: self.now,
        }
    }
}

/// Whether any standard stream is a terminal.
fn is_on_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

/// The current directory and the top of its working tree, both as written and with links resolved.
fn folders(directory: &Path, repo: &Repo) -> Vec<String> {
    let real = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let trees = repo.work_trees().into_iter();
    // A working tree may be inside another one: the session belongs to the inner one.
    let top = trees
        .filter(|tree| real.starts_with(tree) || directory.starts_with(tree))
        .max_by_key(|tree| tree.components().count());
    let all: Vec<PathBuf> = [Some(directory.to_owned()), Some(real), top]
        .into_iter()
        .flatten()
        .collect();
    let mut folders: Vec<String> = all
        .iter()
        .filter_map(|path| path.to_str().map(str::to_owned))
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The maximum length of a command line that is examined, in bytes.
const LONGEST: u64 = 1 << 16;
/// The maximum number of parent processes that are examined.
const MOST_PROCESSES: usize = 64;

/// The parent processes, nearest first, where the system exposes them as files.
fn processes(proc: &Path) -> Vec<Process> {
    let mut found = Vec::new();
    let mut next = stat(proc, "self").map(|(_, parent)| parent);
    while let Some(id) = next.filter(|id| *id > 0 && found.len() < MOST_PROCESSES) {
        let Some((name, parent)) = stat(proc, &id.to_string()) else {
            break;
        };
        let line = files::read(&proc.join(id.to_string()).join("cmdline"), LONGEST);
        let line = line.ok().flatten().unwrap_or_default();
        let arguments = line.split(|byte| *byte == 0).filter(|part| !part.is_empty());
        found.push(Process {
            name,
            arguments: arguments
                .map(|part| String::from_utf8_lossy(part).into_owned())
                .collect(),
        });
        next = Some(parent);
    }
    found
}

/// The name of a process and the id of its parent: `PID (NAME) STATE PARENT …`. The name can contain anything.
fn stat(proc: &Path, process: &str) -> Option<(String, u32)> {
    let text = files::read_text(&proc.join(process).join("stat"), LONGEST).ok()??;
    let (before, rest) = text.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let parent = rest.split_whitespace().nth(1)?.parse().ok()?;
    Some((name.to_owned(), parent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_read_up_to_the_first() {
        let proc = tempfile::tempdir().unwrap();
        let process = |id: &str, stat: &str, line: &str| {
            let folder = proc.path().join(id);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("stat"), stat).unwrap();
            std::fs::write(folder.join("cmdline"), line).unwrap();
        };
        process("self", "9 (git-leverage) R 7 7 1", "git-leverage\0record\0");
        process("7", "7 (a) b (c)) S 3 7 1", "sh\0-c\0x\0");
        process("3", "3 (node) S 0 3 1", "node\0/usr/bin/gemini\0");
        let named = |name: &str, arguments: &[&str]| Process {
            name: name.into(),
            arguments: arguments.iter().map(|part| (*part).into()).collect(),
        };
        assert_eq!(
            processes(proc.path()),
            [
                named("a) b (c)", &["sh", "-c", "x"]),
                named("node", &["node", "/usr/bin/gemini"])
            ]
        );
        assert_eq!(processes(&proc.path().join("none")), []);
    }

    #[test]
    fn processes_in_a_circle_end() {
        let proc = tempfile::tempdir().unwrap();
        for (id, parent) in [("self", 5), ("5", 6), ("6", 5)] {
            let folder = proc.path().join(id);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("stat"), format!("5 (sh) S {parent} 1")).unwrap();
        }
        assert_eq!(processes(proc.path()).len(), MOST_PROCESSES);
    }
}
