//! A remote, accessed with the user's own git, which knows their keys, credential helpers and proxies. Only `sync` contacts one.
//!
//! Fetched data is checked before a ref names it, pushes are never forced, and nothing in the repository's configuration runs
//! that the transport does not need: no hooks, no monitors, no maintenance, no submodules. A remote can be fetched from one
//! address and pushed to others: each of these is read and written separately.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use git2::{ErrorCode, Oid, Reference};

use super::config::Config;
use super::open::{Repo, object_id};
use super::process::hardened;
use super::refs::{self, Fetched, NOTES, PIN, REMOTES, TASKS, Tips};
use super::remote_url;
use super::settle;
use crate::facts::ids::ObjectId;

mod answer;
mod error;
mod program;
pub mod retries;
mod settings;

pub use error::{Chance, RemoteError};
pub use settings::{Dangerous, Forced, Place, Settings};

use answer::{Statuses, chance_of_fetch, sentences};
use program::{ended, user_git};

/// A lock on a ref for fetched data is held for milliseconds. An older one was left by a process that died.
const LEFT_LOCK: Duration = Duration::from_secs(2);
/// The name that git uses for one push address of a remote with several.
const ALONE: &str = "leverage-push";
/// The variable that passes such an address to git.
const ADDRESS: &str = "GIT_LEVERAGE_ADDRESS";
/// The variable that disables hooks in git config.
const HOOKS: &str = "GIT_LEVERAGE_HOOKS";
/// Git's message if a server cannot update two refs atomically.
const NOT_ATOMIC: &str = "the receiving end does not support --atomic push";

/// A remote that git config names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name. Untrusted text.
    pub name: String,
    /// Its fetch address, without credentials. Untrusted text.
    pub url: String,
    /// Its push addresses: the fetch address, or others, each once.
    pub pushed_to: Vec<Target>,
    /// The unmodified addresses: git's messages may contain them.
    secret: Vec<String>,
    /// How it is accessed, apart from its addresses.
    reached_by: Vec<(String, String)>,
    /// The names of hooks in git config, which since Git 2.54 run in addition to those in files.
    hooks: BTreeSet<String>,
    /// The name that git uses for one of its addresses. No other remote has this name.
    alone: String,
}

/// One address of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name: that of the remote, or the address without credentials. Untrusted text.
    pub name: String,
    /// Whether it is the fetch address of the remote.
    pub is_source: bool,
    /// The address, if git must not use the name of the remote.
    address: Option<String>,
}

/// The result of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The refs that were updated, each once.
    pub done: BTreeSet<String>,
    /// Why others were not.
    pub error: Option<RemoteError>,
}

impl Remote {
    /// The remote with this name, else the upstream remote of the branch, else `origin`, else the only one.
    pub fn choose(
        repo: &Repo,
        config: &Config,
        settings: &Settings,
        named: Option<&str>,
    ) -> Result<Self, RemoteError> {
        let names = settings.names();
        let name = match named {
            Some(name) if name.starts_with('-') => return Err(RemoteError::Name(name.to_owned())),
            Some(name) if !names.iter().any(|known| known == name) => {
                return Err(RemoteError::Unknown(name.to_owned()));
            }
            Some(name) => name.to_owned(),
            None => usual(&names, followed(repo, config).as_deref())?,
        };
        let tracking = format!("{REMOTES}{name}/notes");
        if name.starts_with('-') || name.contains(char::is_control) || !Reference::is_valid_name(&tracking) {
            return Err(RemoteError::Name(name));
        }
        let keys = ["url", "pushurl"];
        let secret: Vec<String> = keys
            .iter()
            .flat_map(|key| settings.all(&name, key))
            .filter(|address| !address.is_empty())
            .map(str::to_owned)
            .collect();
        if secret.iter().any(|address| address.contains(char::is_control)) {
            return Err(RemoteError::Address(name));
        }
        let mut alone = ALONE.to_owned();
        while names.contains(&alone) {
            alone.push('-');
        }
        let mut remote = Self {
            reached_by: settings.reached_by(&name),
            hooks: settings.hooks(),
            url: String::new(),
            pushed_to: Vec::new(),
            name,
            secret,
            alone,
        };
        remote.find_addresses(repo)?;
        Ok(remote)
    }

    /// Asks git for the addresses, because `insteadOf` and similar settings change them.
    fn find_addresses(&mut self, repo: &Repo) -> Result<(), RemoteError> {
        let ask = |more: &[&str]| {
            let mut git = user_git(repo);
            git.args(["remote", "get-url"]).args(more).arg(&self.name);
            self.run("find the address of", &self.name, &mut git)
        };
        let fetched = ask(&[])?;
        let fetched = fetched.lines().next().unwrap_or_default().to_owned();
        let pushed = ask(&["--push", "--all"])?;
        let mut addresses: Vec<String> = Vec::new();
        for address in pushed.lines().filter(|address| !address.is_empty()) {
            if !addresses.iter().any(|known| known == address) {
                addresses.push(address.to_owned());
            }
        }
        self.secret.push(fetched.clone());
        self.secret.extend(addresses.iter().cloned());
        // Longest first: one may be part of another.
        self.secret
            .sort_by_key(|address| std::cmp::Reverse(address.len()));
        self.secret.dedup();
        self.secret.retain(|address| !address.is_empty());
        self.url = remote_url::shown(&fetched);
        self.pushed_to = match addresses.as_slice() {
            [only] if *only == fetched => vec![self.source()],
            _ => addresses
                .into_iter()
                .map(|address| Target {
                    name: remote_url::shown(&address),
                    is_source: address == fetched,
                    address: Some(address),
                })
                .collect(),
        };
        Ok(())
    }

    /// The fetch address.
    pub fn source(&self) -> Target {
        Target {
            name: self.name.clone(),
            is_source: true,
            address: None,
        }
    }

    /// The local ref for its fetched notes.
    pub fn notes(&self) -> String {
        format!("{REMOTES}{}/notes", self.name)
    }

    /// The local ref for its fetched tasks without a commit.
    pub fn tasks(&self) -> String {
        format!("{REMOTES}{}/tasks", self.name)
    }

    /// The tips of a target's ledger.
    fn tips(&self, repo: &Repo, target: &Target) -> Result<Tips, RemoteError> {
        let mut git = self.git(repo, target);
        git.args(["ls-remote", "--quiet", "--end-of-options"])
            .args([self.called(target), NOTES, TASKS]);
        let listed = self.run("read", &target.name, &mut git)?;
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

    /// Fetches the objects of a target's ledger without updating refs; returns its tips.
    pub fn fetch(&self, repo: &Repo, target: &Target) -> Result<Tips, RemoteError> {
        let theirs = self.tips(repo, target)?;
        let is_here = |id: ObjectId| {
            let id = Oid::from_bytes(id.as_bytes());
            id.and_then(|id| repo.commit_at(id)).is_ok()
        };
        self.fetch_objects(repo, target, &theirs, |tip| !is_here(tip), &[])?;
        Ok(theirs)
    }

    /// Fetches all objects of a ledger again, if some of those fetched before are missing.
    pub fn fetch_again(&self, repo: &Repo, target: &Target, theirs: &Tips) -> Result<(), RemoteError> {
        self.fetch_objects(repo, target, theirs, |_| true, &["--refetch"])
    }

    fn fetch_objects(
        &self,
        repo: &Repo,
        target: &Target,
        theirs: &Tips,
        is_wanted: impl Fn(ObjectId) -> bool,
        options: &[&str],
    ) -> Result<(), RemoteError> {
        let wanted = [(theirs.notes, NOTES), (theirs.tasks, TASKS)]
            .into_iter()
            .filter(|(tip, _)| tip.is_some_and(&is_wanted))
            .map(|(_, name)| name);
        let wanted: Vec<&str> = wanted.collect();
        if wanted.is_empty() {
            return Ok(());
        }
        clear(repo, &self.notes());
        clear(repo, &self.tasks());
        let is_lasting = repo.settling.fsync.get();
        let mut git = self.git(repo, target);
        if is_lasting {
            // The ledger may be fast-forwarded to the fetched data, which then contains the local records, too.
            git.args(["-c", "core.fsync=committed"]);
        }
        // An empty map excludes configured refspecs, which could overwrite anything; no filter, because notes are read at once.
        git.args(["fetch", "--quiet", "--no-tags", "--no-filter", "--refmap="])
            .args(["--no-prune", "--no-write-fetch-head", "--no-recurse-submodules"])
            .args(options)
            .args(["--end-of-options", self.called(target)])
            .args(wanted);
        self.run("fetch from", &target.name, &mut git)?;
        let failed = |reason: String| RemoteError::Git {
            action: "fetch from",
            remote: target.name.clone(),
            reason,
            chance: Chance::None,
        };
        repo.refresh().map_err(|error| failed(error.to_string()))?;
        if !is_lasting {
            return Ok(());
        }
        settle::sync_objects(&repo.objects()).map_err(|error| failed(error.to_string()))
    }

    /// Stores the tips of the ledger that was fetched from the source or pushed there. The error says why that failed; the next
    /// fetch finds them again.
    pub fn follow(&self, repo: &Repo, theirs: &Tips) -> Result<(), String> {
        for (tip, tracking) in [(theirs.notes, self.notes()), (theirs.tasks, self.tasks())] {
            let known = refs::target(repo, &tracking).ok().flatten().and_then(object_id);
            let Some(tip) = tip.filter(|tip| known != Some(*tip)) else {
                continue;
            };
            if let Some(shadow) = repo.shadow() {
                shadow
                    .move_reference(&tracking, (known, tip), "leverage: sync", (false, false))
                    .map_err(|error| format!("cannot write `{tracking}`: {error}"))?;
                continue;
            }
            free(&repo.common_dir().join(format!("{tracking}.lock")));
            let moved = Oid::from_bytes(tip.as_bytes())
                .and_then(|id| repo.raw().reference(&tracking, id, true, "leverage: sync"));
            match moved {
                Err(error) if error.code() != ErrorCode::Locked => {
                    return Err(format!("cannot write `{tracking}`: {}", error.message()));
                }
                // Another sync of this clone is updating it.
                _ => {}
            }
        }
        Ok(())
    }

    /// Pushes commits to refs of a target, in order, never by force: atomically if the server can do that.
    pub fn push(&self, repo: &Repo, target: &Target, updates: &[(ObjectId, &str)]) -> Pushed {
        let pushed = self.push_at_once(repo, target, updates);
        let is_atomic = |error: &RemoteError| !error.to_string().contains(NOT_ATOMIC);
        if updates.len() < 2 || pushed.error.as_ref().is_none_or(is_atomic) {
            return pushed;
        }
        let mut done = BTreeSet::new();
        for update in updates {
            let one = self.push_at_once(repo, target, &[*update]);
            done.extend(one.done);
            if one.error.is_some() {
                return Pushed {
                    done,
                    error: one.error,
                };
            }
        }
        Pushed { done, error: None }
    }

    fn push_at_once(&self, repo: &Repo, target: &Target, updates: &[(ObjectId, &str)]) -> Pushed {
        let called = self.called(target);
        let mut git = self.git(repo, target);
        // A mirror would be pushed completely and by force: git then refuses single refs.
        if !called.contains('=') {
            git.args(["-c", &format!("remote.{called}.mirror=false")]);
        }
        git.args([
            "push",
            "--quiet",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
        ])
        .args(["--no-force", "--no-signed", "--recurse-submodules=no"])
        .args((updates.len() > 1).then_some("--atomic"))
        .args(["--end-of-options", called])
        .args(updates.iter().map(|(commit, name)| format!("{commit}:{name}")));
        let failed = |reason: String, chance: Chance| RemoteError::Git {
            action: "push to",
            remote: target.name.clone(),
            reason: self.masked(&reason),
            chance,
        };
        let output = match ended(&mut git) {
            Ok(output) => output,
            Err(reason) => {
                return Pushed {
                    done: BTreeSet::new(),
                    error: Some(failed(reason, Chance::None)),
                };
            }
        };
        let statuses = Statuses::of(&String::from_utf8_lossy(&output.stdout));
        if output.status.success() {
            return Pushed {
                done: updates.iter().map(|(_, name)| (*name).to_owned()).collect(),
                error: None,
            };
        }
        let chance = statuses.chance();
        let said = sentences(&String::from_utf8_lossy(&output.stderr));
        let is_answered = !statuses.refused.is_empty();
        let reasons: Vec<String> = statuses.reasons().into_iter().chain(said).collect();
        let reason = match reasons.is_empty() {
            true => format!("it exited with {}", output.status),
            false => reasons.join("; "),
        };
        let done = match is_answered {
            true => statuses.done.into_iter().collect(),
            // The answer may have been lost, not the push.
            false => self.standing(repo, target, updates),
        };
        let error = (done.len() < updates.len()).then(|| failed(reason, chance));
        Pushed { done, error }
    }

    /// Which refs of a target have the value that a push should have given them.
    fn standing(&self, repo: &Repo, target: &Target, updates: &[(ObjectId, &str)]) -> BTreeSet<String> {
        let tips = self.tips(repo, target).unwrap_or_default();
        let tip = |name: &str| match name {
            NOTES => tips.notes,
            _ => tips.tasks,
        };
        let standing = updates.iter().filter(|(commit, name)| tip(name) == Some(*commit));
        standing.map(|(_, name)| (*name).to_owned()).collect()
    }

    /// The name that git uses when contacting a target.
    fn called(&self, target: &Target) -> &str {
        match target.address {
            Some(_) => &self.alone,
            None => &self.name,
        }
    }

    /// The user's git with hooks from git config disabled, in which the target has a name. An address that git already rewrote as
    /// configured is not rewritten again.
    fn git(&self, repo: &Repo, target: &Target) -> Command {
        let mut git = user_git(repo);
        if !self.hooks.is_empty() {
            git.env(HOOKS, "false");
        }
        for hook in &self.hooks {
            // Unlike `-c`, it accepts names with an equals sign.
            git.arg(format!("--config-env=hook.{hook}.enabled={HOOKS}"));
        }
        let Some(address) = &target.address else {
            return git;
        };
        let alone = &self.alone;
        git.env(ADDRESS, address);
        for key in [
            format!("remote.{alone}.url"),
            format!("remote.{alone}.pushurl"),
            format!("url.{address}.insteadOf"),
        ] {
            git.arg(format!("--config-env={key}={ADDRESS}"));
        }
        for (key, value) in &self.reached_by {
            git.args(["-c", &format!("remote.{alone}.{key}={value}")]);
        }
        git
    }

    /// The output of git, or its error message.
    fn run(&self, action: &'static str, remote: &str, git: &mut Command) -> Result<String, RemoteError> {
        let failed = |reason: String, chance: Chance| RemoteError::Git {
            action,
            remote: remote.to_owned(),
            reason,
            chance,
        };
        let output = ended(git).map_err(|reason| failed(reason, Chance::None))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let reasons = sentences(&said);
        let reason = match reasons.is_empty() {
            true => format!("it exited with {}", output.status),
            false => self.masked(&reasons.join("; ")),
        };
        Err(failed(reason, chance_of_fetch(&said)))
    }

    /// Git's message, without credentials in addresses.
    fn masked(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for address in &self.secret {
            text = text.replace(address, &remote_url::shown(address));
        }
        remote_url::without_users(&text)
    }
}

/// Removes what a dead process left of a ref for fetched data: a file that names no commit, or a missing one, on which git would
/// always fail. It can be fetched again.
fn clear(repo: &Repo, tracking: &str) {
    let raw = repo.raw();
    match refs::target(repo, tracking) {
        // Git reports right away if that failed.
        Err(_) => drop(std::fs::remove_file(repo.common_dir().join(tracking))),
        Ok(Some(target)) if repo.size_of(target).is_err() => {
            drop(raw.find_reference(tracking).and_then(|mut found| found.delete()));
        }
        Ok(_) => {}
    }
}

/// Removes a stale lock, after waiting until it is old enough to be one.
fn free(lock: &Path) {
    let patience = Instant::now() + LEFT_LOCK + Duration::from_secs(1);
    while let Ok(modified) = lock.symlink_metadata().and_then(|about| about.modified()) {
        if modified.elapsed().is_ok_and(|age| age >= LEFT_LOCK) {
            // Git reports right away if that failed.
            let _ = std::fs::remove_file(lock);
            return;
        }
        if Instant::now() > patience {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The upstream remote of the current branch.
fn followed(repo: &Repo, config: &Config) -> Option<String> {
    let remote = config.get(&format!("branch.{}.remote", branch(repo)?))?;
    Some(remote.value.clone())
}

/// The current branch.
fn branch(repo: &Repo) -> Option<String> {
    let head = repo.raw().find_reference("HEAD").ok()?;
    let target = head.symbolic_target().ok().flatten()?;
    target.strip_prefix("refs/heads/").map(str::to_owned)
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

/// The remote whose ledger was never fetched: a remote exists, but nothing of a ledger is here.
pub fn unfetched(repo: &Repo, fetched: &Fetched) -> Option<String> {
    if !fetched.is_empty() {
        return None;
    }
    let raw = repo.raw();
    let is_here = |name: &str| !matches!(raw.find_reference(name), Err(error) if error.code() == git2::ErrorCode::NotFound);
    if [NOTES, PIN, TASKS].into_iter().any(is_here) {
        return None;
    }
    usual_remote(repo)
}

/// The remote that a sync without a name would use, or the first one if it would ask.
fn usual_remote(repo: &Repo) -> Option<String> {
    let raw = repo.raw();
    let remotes = raw.remotes().ok()?;
    let mut names: Vec<String> = remotes
        .iter()
        .filter_map(|name| Some(name.ok().flatten()?.to_owned()))
        .collect();
    names.sort();
    let followed = raw.config().ok().and_then(|config| {
        let key = format!("branch.{}.remote", branch(repo)?);
        config.get_string(&key).ok()
    });
    usual(&names, followed.as_deref())
        .ok()
        .or_else(|| names.first().cloned())
}

/// The default remote, and its ledger as of the last fetch or push; `None` if there is no remote.
pub fn last_known(repo: &Repo) -> Option<(String, Tips)> {
    let name = usual_remote(repo)?;
    let tip = |kind| {
        let target = refs::target(repo, &format!("{REMOTES}{name}/{kind}"));
        target.ok().flatten().and_then(object_id)
    };
    let tips = Tips {
        notes: tip("notes"),
        tasks: tip("tasks"),
    };
    Some((name, tips))
}

/// The refspecs with which `git fetch` fetches a ledger: only into refs that nothing else writes. With the stars, it succeeds if
/// the remote has no ledger; without them, git would fail.
pub fn refspecs(remote: &Remote) -> [String; 2] {
    [
        format!("+{NOTES}*:{}*", remote.notes()),
        format!("+{TASKS}*:{}*", remote.tasks()),
    ]
}

/// The refspecs for the ledger that are not in git config yet.
pub fn missing_refspecs(remote: &Remote, settings: &Settings) -> Vec<String> {
    let is_there = |wanted: &String| settings.all(&remote.name, "fetch").any(|value| value == wanted);
    refspecs(remote)
        .into_iter()
        .filter(|wanted| !is_there(wanted))
        .collect()
}

/// Adds a refspec to those that `git fetch` uses for a remote.
pub fn add_refspec(repo: &Repo, remote: &Remote, refspec: &str) -> Result<(), RemoteError> {
    let mut git = hardened(repo.place());
    git.env("GIT_DIR", repo.git_dir())
        .args(["config", "--local", "--add"])
        .arg(format!("remote.{}.fetch", remote.name))
        .arg(refspec)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    remote.run("configure", &remote.name, &mut git).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

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
