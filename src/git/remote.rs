//! A remote, reached through the user's own git: it knows their keys, credential helpers and proxies. Only `sync` talks to one.
//!
//! What git fetches goes to references of its own below [`refs::REMOTES`], what it pushes is never forced, and nothing of the
//! repository's configuration runs that the transport does not need: no hooks, no monitors, no maintenance, no submodules.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use git2::{Oid, Reference};

use super::config::Config;
use super::open::{Repo, object_id};
use super::process::hardened;
use super::refs::{self, Fetched, NOTES, PIN, REMOTES, TASKS, Tips};
use super::remote_url;
use super::settle;
use crate::facts::ids::ObjectId;

/// A lock of a reference for what was fetched is held for milliseconds. One that stands longer was left by a process that died.
const LEFT_LOCK: Duration = Duration::from_secs(2);
/// Milliseconds between two attempts at most.
const LONGEST_PAUSE: u64 = 2000;
/// Variables that would point git to another repository than the one that was opened.
const ELSEWHERE: &[&str] = &[
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
];
/// What a transfer of a ledger does not need.
const OPTIONS: &[&str] = &[
    "--no-pager",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.alternateRefsCommand=",
    "-c",
    "gc.auto=0",
    "-c",
    "maintenance.auto=false",
    // Git 2.55 and later; those of 2.54 are named one by one.
    "-c",
    "hook.reference-transaction.enabled=false",
    "-c",
    "hook.pre-push.enabled=false",
    "-c",
    "hook.pre-auto-gc.enabled=false",
];

/// Why nothing went to a remote, or came from it. Names and what git says are untrusted text.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum RemoteError {
    /// Nothing in git config has that name.
    #[error("no remote here is called `{0}`")]
    Unknown(String),
    /// It would be taken for an option, or cannot be a part of a reference.
    #[error("`{0}` cannot be used as the name of a remote")]
    Name(String),
    /// There is nothing to sync with.
    #[error("there is no remote here")]
    None,
    /// There are several, and nothing says which.
    #[error("there are several remotes here: {}", .0.join(", "))]
    Several(Vec<String>),
    /// Git could not be started, or said no.
    #[error("git cannot {action} `{remote}`: {reason}")]
    Git {
        /// `fetch from`, `push to`, …
        action: &'static str,
        /// The name of the remote.
        remote: String,
        /// What git said, without credentials.
        reason: String,
    },
}

impl RemoteError {
    /// Whether it may well go away: somebody else moved or held a reference just then.
    pub fn is_passing(&self) -> bool {
        const PASSING: &[&str] = &[
            "[rejected]",
            "cannot lock ref",
            "failed to update ref",
            "failed to lock",
            "incorrect old value",
            "reference already exists",
            "couldn't find remote ref",
            ".lock'",
        ];
        match self {
            Self::Git { reason, .. } => PASSING.iter().any(|part| reason.contains(part)),
            _ => false,
        }
    }
}

/// A remote that git config names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name. Untrusted text.
    pub name: String,
    /// Where it is fetched from, without credentials. Untrusted text.
    pub url: String,
    /// Where it is pushed to, if that is somewhere else, without credentials. Untrusted text.
    pub push_url: Option<String>,
    /// The addresses as they are: what git says may repeat them.
    secret: Vec<String>,
    /// The names of the hooks in git config, which since Git 2.54 run besides those in files.
    hooks: BTreeSet<String>,
}

impl Remote {
    /// The remote that is named, else the one that the branch follows, else `origin`, else the only one.
    pub fn choose(repo: &Repo, config: &Config, named: Option<&str>) -> Result<Self, RemoteError> {
        let names = names(config);
        let is_known = |name: &str| names.iter().any(|known| known == name);
        let name = match named {
            Some(name) if name.starts_with('-') => return Err(RemoteError::Name(name.to_owned())),
            Some(name) if !is_known(name) => return Err(RemoteError::Unknown(name.to_owned())),
            Some(name) => name.to_owned(),
            None => usual(&names, followed(repo, config).as_deref())?,
        };
        let tracking = format!("{REMOTES}{name}/notes");
        if name.starts_with('-') || name.contains(char::is_control) || !Reference::is_valid_name(&tracking) {
            return Err(RemoteError::Name(name));
        }
        let found = repo.raw().find_remote(&name).ok();
        let address = |address: Result<&str, git2::Error>| address.unwrap_or_default().to_owned();
        let url = found
            .as_ref()
            .map(|remote| address(remote.url()))
            .unwrap_or_default();
        let push_url = found
            .as_ref()
            .and_then(|remote| remote.pushurl().ok().flatten().map(str::to_owned))
            .filter(|push| *push != url);
        Ok(Self {
            name,
            url: remote_url::shown(&url),
            push_url: push_url.as_deref().map(remote_url::shown),
            secret: std::iter::once(url)
                .chain(push_url)
                .filter(|url| !url.is_empty())
                .collect(),
            hooks: hooks(config),
        })
    }

    /// The user's git, with the hooks off that git config names.
    fn git(&self, repo: &Repo) -> Command {
        const OFF: &str = "GIT_LEVERAGE_HOOKS";
        let mut command = user_git(repo);
        if !self.hooks.is_empty() {
            command.env(OFF, "false");
        }
        for hook in &self.hooks {
            // Unlike `-c`, it takes names with an equals sign in them.
            command.arg(format!("--config-env=hook.{hook}.enabled={OFF}"));
        }
        command
    }

    /// Where what is fetched of its notes goes.
    pub fn notes(&self) -> String {
        format!("{REMOTES}{}/notes", self.name)
    }

    /// Where what is fetched of its tasks without code goes.
    pub fn tasks(&self) -> String {
        format!("{REMOTES}{}/tasks", self.name)
    }

    /// The ledger that it has now.
    pub fn tips(&self, repo: &Repo) -> Result<Tips, RemoteError> {
        let mut git = self.git(repo);
        git.args([
            "ls-remote",
            "--quiet",
            "--end-of-options",
            &self.name,
            NOTES,
            TASKS,
        ]);
        let listed = self.run("read", &mut git)?;
        let tip = |wanted: &str| {
            listed.lines().find_map(|line| {
                let (id, name) = line.split_once('\t')?;
                (name == wanted).then(|| id.parse().ok()).flatten()
            })
        };
        Ok(Tips {
            notes: tip(NOTES),
            tasks: tip(TASKS),
        })
    }

    /// Fetches its ledger to the references for that, and says where they are then. What the remote does not have is `None`,
    /// whatever was fetched of it before.
    pub fn fetch(&self, repo: &Repo) -> Result<Tips, RemoteError> {
        let theirs = self.tips(repo)?;
        let own = |name: &str| refs::target(repo.raw(), name).ok().flatten().and_then(object_id);
        let wanted: Vec<(&str, String)> = [
            (theirs.notes, NOTES, self.notes()),
            (theirs.tasks, TASKS, self.tasks()),
        ]
        .into_iter()
        .filter(|(tip, _, tracking)| tip.is_some() && own(tracking) != *tip)
        .map(|(_, name, tracking)| (name, tracking))
        .collect();
        for (_, tracking) in &wanted {
            make_way(repo, tracking);
        }
        let refspecs = wanted
            .iter()
            .map(|(name, tracking)| format!("+{name}:{tracking}"));
        self.fetch_refs(repo, &refspecs.collect::<Vec<_>>())?;
        Ok(Tips {
            notes: theirs.notes.and(own(&self.notes())),
            tasks: theirs.tasks.and(own(&self.tasks())),
        })
    }

    /// Fetches the objects of its ledger and moves no reference; where it stands.
    pub fn look(&self, repo: &Repo) -> Result<Tips, RemoteError> {
        let theirs = self.tips(repo)?;
        let is_here = |id: ObjectId| {
            let id = Oid::from_bytes(id.as_bytes());
            id.and_then(|id| repo.commit_at(id)).is_ok()
        };
        let wanted = [(theirs.notes, NOTES), (theirs.tasks, TASKS)]
            .into_iter()
            .filter(|(tip, _)| tip.is_some_and(|tip| !is_here(tip)))
            .map(|(_, name)| name.to_owned());
        self.fetch_refs(repo, &wanted.collect::<Vec<_>>())?;
        Ok(theirs)
    }

    fn fetch_refs(&self, repo: &Repo, refspecs: &[String]) -> Result<(), RemoteError> {
        if refspecs.is_empty() {
            return Ok(());
        }
        let is_lasting = repo.settling.fsync.get();
        let mut git = self.git(repo);
        if is_lasting {
            // The ledger may go forward to what is fetched, and then holds what was recorded here as well.
            git.args(["-c", "core.fsync=committed"]);
        }
        // An empty map keeps configured refspecs out, which may write over anything; no filter, as notes are read at once.
        git.args([
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-filter",
            "--refmap=",
            "--no-prune",
        ])
        .args([
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--end-of-options",
        ])
        .arg(&self.name)
        .args(refspecs);
        self.run("fetch from", &mut git)?;
        repo.refresh().map_err(|error| self.failed("fetch from", error))?;
        match is_lasting {
            true => settle::sync_objects(&repo.objects()).map_err(|error| self.failed("fetch from", error)),
            false => Ok(()),
        }
    }

    /// Pushes one commit to a reference of the remote, never by force, and notes where the remote stands then.
    pub fn push(&self, repo: &Repo, commit: ObjectId, reference: &str) -> Result<(), RemoteError> {
        let mut git = self.git(repo);
        // A mirror would be pushed whole, and by force: git refuses single references then.
        if !self.name.contains('=') {
            git.args(["-c", &format!("remote.{}.mirror=false", self.name)]);
        }
        git.args([
            "push",
            "--quiet",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--no-force",
        ])
        .args(["--no-signed", "--recurse-submodules=no", "--end-of-options"])
        .arg(&self.name)
        .arg(format!("{commit}:{reference}"));
        self.run("push to", &mut git)?;
        let tracking = match reference {
            NOTES => self.notes(),
            _ => self.tasks(),
        };
        // The next fetch says it anyway.
        if repo.shadow().is_none() {
            let moved = Oid::from_bytes(commit.as_bytes())
                .and_then(|id| repo.raw().reference(&tracking, id, true, "leverage: sync"));
            drop(moved);
        }
        Ok(())
    }

    /// What git printed; what it said where it failed.
    fn run(&self, action: &'static str, git: &mut Command) -> Result<String, RemoteError> {
        let ended = git
            .output()
            .map_err(|error: io::Error| self.failed(action, format!("git cannot be started: {error}")))?;
        let printed = String::from_utf8_lossy(&ended.stdout).into_owned();
        if ended.status.success() {
            return Ok(printed);
        }
        let refused = printed.lines().filter(|line| line.starts_with('!'));
        let refused = refused.map(|line| line.rsplit('\t').next().unwrap_or(line).to_owned());
        let said = String::from_utf8_lossy(&ended.stderr);
        let said = said.lines().map(str::trim).filter(|line| is_said(line));
        let reasons: Vec<String> = refused.chain(said.map(str::to_owned)).collect();
        let reason = match reasons.is_empty() {
            true => format!("it ended with {}", ended.status),
            false => self.masked(&reasons.join("; ")),
        };
        Err(self.failed(action, reason))
    }

    fn failed(&self, action: &'static str, reason: impl std::fmt::Display) -> RemoteError {
        RemoteError::Git {
            action,
            remote: self.name.clone(),
            reason: reason.to_string(),
        }
    }

    /// What git says, without the credentials that an address in it may hold.
    fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for address in &self.secret {
            text = text.replace(address, &remote_url::shown(address));
        }
        remote_url::without_users(&text)
    }
}

/// The names of the hooks in git config.
fn hooks(config: &Config) -> BTreeSet<String> {
    let named = config.below("hook").filter_map(|(key, _)| {
        let name = key
            .strip_suffix(".event")
            .or_else(|| key.strip_suffix(".command"))?;
        Some(name.to_owned())
    });
    named.collect()
}

/// Hints of git are for those who called it.
fn is_said(line: &str) -> bool {
    let told_already = ["hint:", "To ", "Done", "error: failed to push some refs"];
    !line.is_empty() && !told_already.iter().any(|start| line.starts_with(start))
}

/// The user's git, in the repository that was opened and no other.
fn user_git(repo: &Repo) -> Command {
    let mut command = Command::new("git");
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    // Refusals are told apart by their words.
    command
        .env("LC_ALL", "C")
        .env("GIT_DIR", repo.git_dir())
        .current_dir(repo.place())
        .args(OPTIONS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Waits before the next attempt: longer each time, and unevenly, so that those who met do not meet again.
pub fn pause(attempt: u32) {
    let chance = RandomState::new().build_hasher().finish();
    let longest = LONGEST_PAUSE.min(25 << attempt.min(10));
    thread::sleep(Duration::from_millis(5 + chance % longest));
}

/// Clears what a process that died left of a reference for what was fetched: its lock, or a file that names no commit, on which
/// git would stumble for ever. Both can be fetched again.
fn make_way(repo: &Repo, tracking: &str) {
    let place = repo.common_dir().join(tracking);
    free(&repo.common_dir().join(format!("{tracking}.lock")));
    if refs::target(repo.raw(), tracking).is_err() {
        // Whether it is gone, git says at once.
        let _ = std::fs::remove_file(place);
    }
}

/// Takes a left lock away; waits until it is old enough to be one.
fn free(lock: &Path) {
    let patience = Instant::now() + LEFT_LOCK + Duration::from_secs(1);
    while let Ok(modified) = lock.symlink_metadata().and_then(|about| about.modified()) {
        if modified.elapsed().is_ok_and(|age| age >= LEFT_LOCK) {
            // Whether it is gone, git says at once.
            let _ = std::fs::remove_file(lock);
            return;
        }
        if Instant::now() > patience {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The names of the remotes in git config, sorted.
fn names(config: &Config) -> Vec<String> {
    let named = config.below("remote").filter_map(|(key, _)| {
        let name = key
            .strip_suffix(".url")
            .or_else(|| key.strip_suffix(".pushurl"))?;
        Some(name.to_owned())
    });
    let mut names: Vec<String> = named.collect();
    names.sort();
    names.dedup();
    names
}

/// The remote that the current branch follows.
fn followed(repo: &Repo, config: &Config) -> Option<String> {
    let head = repo.raw().find_reference("HEAD").ok()?;
    let target = head.symbolic_target().ok().flatten()?;
    let branch = target.strip_prefix("refs/heads/")?;
    let remote = config.get(&format!("branch.{branch}.remote"))?;
    Some(remote.value.clone())
}

fn usual(names: &[String], followed: Option<&str>) -> Result<String, RemoteError> {
    let is_known = |name: &&str| names.iter().any(|known| known == name);
    match (followed.filter(is_known), names) {
        (Some(name), _) => Ok(name.to_owned()),
        (None, []) => Err(RemoteError::None),
        (None, [only]) => Ok(only.clone()),
        (None, _) if is_known(&"origin") => Ok("origin".to_owned()),
        (None, several) => Err(RemoteError::Several(several.to_vec())),
    }
}

/// The remote whose ledger was never fetched: there is one, and nothing of a ledger is here.
pub fn unfetched(repo: &Repo, fetched: &Fetched) -> Option<String> {
    if !fetched.is_empty() {
        return None;
    }
    let raw = repo.raw();
    let is_here = |name: &str| !matches!(raw.find_reference(name), Err(error) if error.code() == git2::ErrorCode::NotFound);
    if [NOTES, PIN, TASKS].into_iter().any(is_here) {
        return None;
    }
    let remotes = raw.remotes().ok()?;
    let names: Vec<&str> = remotes.iter().filter_map(|name| name.ok().flatten()).collect();
    let usual = names.iter().find(|name| **name == "origin").or(names.first());
    usual.map(|name| (*name).to_owned())
}

/// What `git fetch` is told to fetch of a ledger: only to references that nothing but fetches writes. The stars let it pass where
/// the remote has no ledger; without one, git would fail.
pub fn refspecs(remote: &Remote) -> [String; 2] {
    [
        format!("+{NOTES}*:{}*", remote.notes()),
        format!("+{TASKS}*:{}*", remote.tasks()),
    ]
}

/// The refspecs for the ledger that are not in git config yet.
pub fn missing_refspecs(remote: &Remote, config: &Config) -> Vec<String> {
    let key = format!("remote.{}.fetch", remote.name);
    let is_there = |wanted: &String| config.get_all(&key).any(|value| value.value == *wanted);
    refspecs(remote)
        .into_iter()
        .filter(|wanted| !is_there(wanted))
        .collect()
}

/// Adds a refspec to what `git fetch` fetches from a remote.
pub fn add_refspec(repo: &Repo, remote: &Remote, refspec: &str) -> Result<(), RemoteError> {
    let mut git = hardened(repo.place());
    git.env("GIT_DIR", repo.git_dir())
        .args(["config", "--local", "--add"])
        .arg(format!("remote.{}.fetch", remote.name))
        .arg(refspec)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    remote.run("configure", &mut git).map(|_| ())
}

/// A configured refspec by which a fetch may replace or delete what was recorded here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangerous {
    /// `remote.<name>.fetch`. Untrusted text.
    pub key: String,
    /// The refspec. Untrusted text.
    pub refspec: String,
}

/// The refspecs of all remotes by which a fetch, or a `fetch --prune`, may replace or delete the ledger.
pub fn dangerous(config: &Config) -> Vec<Dangerous> {
    let found = config.below("remote").filter(|(key, value)| {
        let target = value.value.trim_start_matches('+').split_once(':');
        key.ends_with(".fetch") && target.is_some_and(|(_, target)| reaches_ledger(target))
    });
    found
        .map(|(key, value)| Dangerous {
            key: format!("remote.{key}"),
            refspec: value.value.clone(),
        })
        .collect()
}

fn reaches_ledger(pattern: &str) -> bool {
    [NOTES, TASKS, PIN]
        .iter()
        .any(|name| match pattern.split_once('*') {
            Some((start, end)) => {
                name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
            }
            None => *name == pattern,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refspec_that_reaches_the_ledger_is_known() {
        for target in [
            "refs/notes/*",
            "refs/notes/leverage",
            "refs/*",
            "refs/leverage/*",
            "refs/notes/lev*",
            "refs/*/pin",
        ] {
            assert!(reaches_ledger(target), "{target}");
        }
        for target in [
            "refs/remotes/origin/*",
            "refs/heads/*",
            "refs/notes/commits",
            "refs/leverage/remotes/origin/notes*",
            "refs/leverage/remotes/*",
            "refs/notes/origin/*",
        ] {
            assert!(!reaches_ledger(target), "{target}");
        }
    }

    #[test]
    fn the_usual_remote_is_the_one_that_is_followed_then_origin_then_the_only_one() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let chosen = |all: &[&str], followed| usual(&names(all), followed);
        assert_eq!(chosen(&["a", "origin"], Some("a")), Ok("a".into()));
        assert_eq!(chosen(&["a", "origin"], Some(".")), Ok("origin".into()));
        assert_eq!(chosen(&["a", "origin"], None), Ok("origin".into()));
        assert_eq!(chosen(&["a"], None), Ok("a".into()));
        assert_eq!(
            chosen(&["a", "b"], None),
            Err(RemoteError::Several(names(&["a", "b"])))
        );
        assert_eq!(chosen(&[], None), Err(RemoteError::None));
    }
}
