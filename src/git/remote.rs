//! A remote, reached through the user's own git: it knows their keys, credential helpers and proxies. Only `sync` talks to one.
//!
//! What is fetched is looked at before a reference names it, what is pushed is never forced, and nothing of the repository's
//! configuration runs that the transport does not need: no hooks, no monitors, no maintenance, no submodules. A remote may be
//! fetched from one address and pushed to others: each of these is read, and written to, by itself.

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

/// A lock of a reference for what was fetched is held for milliseconds. One that stands longer was left by a process that died.
const LEFT_LOCK: Duration = Duration::from_secs(2);
/// What git calls a remote of one address that a remote of several is pushed to.
const ALONE: &str = "leverage-push";
/// The variable that hands git such an address.
const ADDRESS: &str = "GIT_LEVERAGE_ADDRESS";
/// The variable that turns off the hooks of git config.
const HOOKS: &str = "GIT_LEVERAGE_HOOKS";
/// What git says where a server cannot take two references at once or none.
const NOT_ATOMIC: &str = "the receiving end does not support --atomic push";

/// A remote that git config names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name. Untrusted text.
    pub name: String,
    /// Where it is fetched from, without credentials. Untrusted text.
    pub url: String,
    /// Where it is pushed to: the one place that it is fetched from, or others, each once.
    pub pushed_to: Vec<Target>,
    /// The addresses as they are: what git says may repeat them.
    secret: Vec<String>,
    /// How it is reached, apart from its addresses.
    reached_by: Vec<(String, String)>,
    /// The names of the hooks in git config, which since Git 2.54 run besides those in files.
    hooks: BTreeSet<String>,
    /// What git calls a remote of one address. No other remote has that name.
    alone: String,
}

/// One address of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What it is called: the name of the remote, or the address without credentials. Untrusted text.
    pub name: String,
    /// Whether it is the address that the remote is fetched from.
    pub is_source: bool,
    /// The address, where git is not to use the name of the remote.
    address: Option<String>,
}

/// What became of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The references that stand where they should, each once.
    pub done: BTreeSet<String>,
    /// Why others do not.
    pub error: Option<RemoteError>,
}

impl Remote {
    /// The remote that is named, else the one that the branch follows, else `origin`, else the only one.
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

    /// Asks git for the addresses: `insteadOf` and its like change them.
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
        // The longer ones first: one may be a part of another.
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

    /// Where it is fetched from.
    pub fn source(&self) -> Target {
        Target {
            name: self.name.clone(),
            is_source: true,
            address: None,
        }
    }

    /// Where what is fetched of its notes goes.
    pub fn notes(&self) -> String {
        format!("{REMOTES}{}/notes", self.name)
    }

    /// Where what is fetched of its tasks without code goes.
    pub fn tasks(&self) -> String {
        format!("{REMOTES}{}/tasks", self.name)
    }

    /// The ledger that a target has now.
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

    /// Fetches the objects of a target's ledger and moves no reference; where it stands.
    pub fn fetch(&self, repo: &Repo, target: &Target) -> Result<Tips, RemoteError> {
        let theirs = self.tips(repo, target)?;
        let is_here = |id: ObjectId| {
            let id = Oid::from_bytes(id.as_bytes());
            id.and_then(|id| repo.commit_at(id)).is_ok()
        };
        self.fetch_objects(repo, target, &theirs, |tip| !is_here(tip), &[])?;
        Ok(theirs)
    }

    /// Fetches all objects of a ledger anew, where some of those that were fetched before are not here.
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
            // The ledger may go forward to what is fetched, and then holds what was recorded here as well.
            git.args(["-c", "core.fsync=committed"]);
        }
        // An empty map keeps configured refspecs out, which may write over anything; no filter, as notes are read at once.
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

    /// Notes where the ledger stands that was fetched from the source or pushed there. The error says why that cannot be noted;
    /// the next fetch finds it again.
    pub fn follow(&self, repo: &Repo, theirs: &Tips) -> Result<(), String> {
        for (tip, tracking) in [(theirs.notes, self.notes()), (theirs.tasks, self.tasks())] {
            let known = refs::target(repo, &tracking).ok().flatten().and_then(object_id);
            let Some(tip) = tip.filter(|tip| known != Some(*tip)) else {
                continue;
            };
            if let Some(shadow) = repo.shadow() {
                shadow
                    .move_reference(&tracking, (known, tip), "leverage: sync", (false, false))
                    .map_err(|error| format!("`{tracking}` cannot be written: {error}"))?;
                continue;
            }
            free(&repo.common_dir().join(format!("{tracking}.lock")));
            let moved = Oid::from_bytes(tip.as_bytes())
                .and_then(|id| repo.raw().reference(&tracking, id, true, "leverage: sync"));
            match moved {
                Err(error) if error.code() != ErrorCode::Locked => {
                    return Err(format!("`{tracking}` cannot be written: {}", error.message()));
                }
                // Another sync of this clone writes it just now.
                _ => {}
            }
        }
        Ok(())
    }

    /// Pushes commits to references of a target, in their order, never by force: all or none where the server can do that.
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
        // A mirror would be pushed whole, and by force: git refuses single references then.
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
            true => format!("it ended with {}", output.status),
            false => reasons.join("; "),
        };
        let done = match is_answered {
            true => statuses.done.into_iter().collect(),
            // The answer may have been lost on the way, and not the push.
            false => self.standing(repo, target, updates),
        };
        let error = (done.len() < updates.len()).then(|| failed(reason, chance));
        Pushed { done, error }
    }

    /// Which of the references of a target stand where a push was to move them.
    fn standing(&self, repo: &Repo, target: &Target, updates: &[(ObjectId, &str)]) -> BTreeSet<String> {
        let tips = self.tips(repo, target).unwrap_or_default();
        let tip = |name: &str| match name {
            NOTES => tips.notes,
            _ => tips.tasks,
        };
        let standing = updates.iter().filter(|(commit, name)| tip(name) == Some(*commit));
        standing.map(|(_, name)| (*name).to_owned()).collect()
    }

    /// What git calls the remote where it talks to a target.
    fn called(&self, target: &Target) -> &str {
        match target.address {
            Some(_) => &self.alone,
            None => &self.name,
        }
    }

    /// The user's git, with the hooks off that git config names, to which the target has a name. An address that git has changed
    /// as configured is not changed again.
    fn git(&self, repo: &Repo, target: &Target) -> Command {
        let mut git = user_git(repo);
        if !self.hooks.is_empty() {
            git.env(HOOKS, "false");
        }
        for hook in &self.hooks {
            // Unlike `-c`, it takes names with an equals sign in them.
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

    /// What git printed; what it said where it failed.
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
            true => format!("it ended with {}", output.status),
            false => self.masked(&reasons.join("; ")),
        };
        Err(failed(reason, chance_of_fetch(&said)))
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

/// Clears what a process that died left of a reference for what was fetched: a file that names no commit, or one that is not
/// here, on which git would stumble for ever. It can be fetched again.
fn clear(repo: &Repo, tracking: &str) {
    let raw = repo.raw();
    match refs::target(repo, tracking) {
        // Whether it is gone, git says at once.
        Err(_) => drop(std::fs::remove_file(repo.common_dir().join(tracking))),
        Ok(Some(target)) if repo.size_of(target).is_err() => {
            drop(raw.find_reference(tracking).and_then(|mut found| found.delete()));
        }
        Ok(_) => {}
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

/// The remote that the current branch follows.
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
    usual_remote(repo)
}

/// The remote that a sync without a name would take, or the first where it would ask.
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

/// The usual remote, and its ledger as it was when it was last fetched or pushed to; `None` where there is no remote.
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

/// What `git fetch` is told to fetch of a ledger: only to references that nothing but fetches writes. The stars let it pass where
/// the remote has no ledger; without one, git would fail.
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

/// Adds a refspec to what `git fetch` fetches from a remote.
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
