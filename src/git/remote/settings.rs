//! The configuration of remotes, as git itself reads it: with all included files, and with the place of each value.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::{Chance, RemoteError};
use super::program::{ended, user_git};
use crate::open::Repo;
use crate::refs::{NOTES, PIN, TASKS};

/// The names that are read. Git prints sections and keys in lower case.
const WANTED: &str = r"^(remote\..*|hook\..*|extensions\.partialclone|fetch\.prune)$";
/// Further values that determine how a remote is accessed.
const REACHED_BY: &[&str] = &[
    "proxy",
    "proxyauthmethod",
    "receivepack",
    "uploadpack",
    "serveroption",
    "vcs",
];

/// A value of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// `local`, `global`, …
    scope: String,
    /// `file:PATH`, or another origin.
    origin: String,
    /// The full name.
    name: String,
    value: String,
}

/// The configuration of all remotes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    entries: Vec<Entry>,
    /// The repository's own config file.
    own_file: PathBuf,
}

impl Settings {
    /// Asks git.
    pub fn read(repo: &Repo) -> Result<Self, RemoteError> {
        let mut git = user_git(repo);
        git.args(["config", "--null", "--show-scope", "--show-origin"])
            .args(["--get-regexp", WANTED]);
        let failed = |reason: String| RemoteError::Git {
            action: "read the configuration of",
            remote: repo.place().display().to_string(),
            reason,
            chance: Chance::None,
        };
        let output = ended(&mut git).map_err(failed)?;
        // Exit code 1 means that there is no value.
        if !matches!(output.status.code(), Some(0 | 1)) {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        Ok(Self {
            entries: parsed(&String::from_utf8_lossy(&output.stdout)),
            own_file: repo.common_dir().join("config"),
        })
    }

    /// The names of the remotes that have an address, sorted.
    pub(super) fn names(&self) -> Vec<String> {
        let is_address = |key: &str| matches!(key, "url" | "pushurl");
        let named = self.of_remotes().filter(|(_, key, _)| is_address(key));
        let mut names: Vec<String> = named.map(|(name, ..)| name.to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// The values of one key of a remote, in order.
    pub(super) fn all<'a>(&'a self, remote: &'a str, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.of_remotes()
            .filter(move |(name, found, _)| *name == remote && *found == key)
            .map(|(.., entry)| entry.value.as_str())
    }

    /// How a remote is accessed, apart from its addresses.
    pub(super) fn reached_by(&self, remote: &str) -> Vec<(String, String)> {
        let of_remote = self.of_remotes().filter(|(name, ..)| *name == remote);
        let wanted = of_remote.filter(|(_, key, _)| REACHED_BY.contains(key));
        wanted
            .map(|(_, key, entry)| (key.to_owned(), entry.value.clone()))
            .collect()
    }

    /// The names of the hooks in git config.
    pub(super) fn hooks(&self) -> BTreeSet<String> {
        let named = self.entries.iter().filter_map(|entry| {
            let key = entry.name.strip_prefix("hook.")?;
            let name = key
                .strip_suffix(".event")
                .or_else(|| key.strip_suffix(".command"))?;
            Some(name.to_owned())
        });
        named.collect()
    }

    /// Whether a fetch from the remote may omit objects, because this is a partial clone.
    pub fn is_promisor(&self, remote: &str) -> bool {
        self.all(remote, "promisor").last().is_some_and(is_true)
            || self.all(remote, "partialclonefilter").next().is_some()
            || self
                .entries
                .iter()
                .any(|entry| entry.name == "extensions.partialclone" && entry.value == remote)
    }

    /// Whether objects may be missing here, whichever remote has them.
    pub fn is_partial(&self) -> bool {
        self.names().iter().any(|name| self.is_promisor(name))
    }

    /// The refspecs of all remotes with which a fetch, or a `fetch --prune`, can replace or delete the ledger.
    pub fn dangerous(&self) -> Vec<Dangerous> {
        let found = self.of_remotes().filter(|(_, key, entry)| {
            let target = entry.value.trim_start_matches('+').split_once(':');
            *key == "fetch" && target.is_some_and(|(_, target)| reaches_ledger(target))
        });
        found
            .map(|(.., entry)| Dangerous {
                key: entry.name.clone(),
                refspec: entry.value.clone(),
                place: self.place(entry),
            })
            .collect()
    }

    fn place(&self, entry: &Entry) -> Place {
        let file = entry.origin.strip_prefix("file:").map(str::to_owned);
        match file {
            Some(file) if entry.scope == "local" && Path::new(&file) == self.own_file => Place::Own,
            Some(file) => Place::File(file),
            None => Place::Elsewhere,
        }
    }

    /// The settings with which a plain `git push` overwrites or deletes the ledger of a remote.
    pub fn forced(&self) -> Vec<Forced> {
        let found = self.of_remotes().filter_map(|(name, key, entry)| {
            let is_mirror = key == "mirror" && is_true(&entry.value);
            let is_forced = key == "push" && forces_ledger(&entry.value);
            // A remote that is fetched as a mirror, and has no other push address, is also pushed as one.
            let is_last = self.all(name, key).last() == Some(entry.value.as_str());
            (is_mirror && is_last || is_forced).then(|| Forced {
                key: entry.name.clone(),
                value: entry.value.clone(),
                is_mirror,
                place: self.place(entry),
            })
        });
        found.collect()
    }

    /// Whether a plain `git fetch` deletes refs that a remote does not have.
    pub fn prunes(&self) -> bool {
        let all = self
            .entries
            .iter()
            .rev()
            .find(|entry| entry.name == "fetch.prune");
        let each = self.of_remotes().filter(|(_, key, _)| *key == "prune");
        all.is_some_and(|entry| is_true(&entry.value))
            || each.into_iter().any(|(.., entry)| is_true(&entry.value))
    }

    /// The values of remotes: the name of the remote, the key, and everything else.
    fn of_remotes(&self) -> impl Iterator<Item = (&str, &str, &Entry)> {
        self.entries.iter().filter_map(|entry| {
            let (name, key) = entry.name.strip_prefix("remote.")?.rsplit_once('.')?;
            Some((name, key, entry))
        })
    }
}

/// Parses `scope NUL origin NUL name LF value NUL …`.
fn parsed(printed: &str) -> Vec<Entry> {
    let mut parts = printed.split('\0');
    let mut entries = Vec::new();
    while let (Some(scope), Some(origin), Some(pair)) = (parts.next(), parts.next(), parts.next()) {
        // A name without a value is true.
        let (name, value) = pair.split_once('\n').unwrap_or((pair, "true"));
        entries.push(Entry {
            scope: scope.to_owned(),
            origin: origin.to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
    entries
}

fn is_true(value: &str) -> bool {
    !matches!(value.to_ascii_lowercase().as_str(), "false" | "no" | "off" | "0")
}

/// Whether a refspec pushes our ledger, or nothing, over the one of a remote.
fn forces_ledger(refspec: &str) -> bool {
    let (source, target) = refspec
        .trim_start_matches('+')
        .split_once(':')
        .unwrap_or((refspec.trim_start_matches('+'), ""));
    let target = if target.is_empty() { source } else { target };
    let is_forced = refspec.starts_with('+') || source.is_empty();
    is_forced && shared_is_reached(target)
}

/// A setting with which a plain `git push` overwrites or deletes the ledger of a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    /// `remote.<name>.push` or `remote.<name>.mirror`. Untrusted text.
    pub key: String,
    /// Its value. Untrusted text.
    pub value: String,
    /// Whether all refs on the remote are made equal to those here.
    pub is_mirror: bool,
    /// Where it is set.
    pub place: Place,
}

/// A configured refspec with which a fetch can replace or delete local records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangerous {
    /// `remote.<name>.fetch`. Untrusted text.
    pub key: String,
    /// The refspec. Untrusted text.
    pub refspec: String,
    /// Where it is set.
    pub place: Place,
}

/// Where a value of git config is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the repository's own file.
    Own,
    /// In another file. Untrusted text.
    File(String),
    /// On the command line, or in the environment.
    Elsewhere,
}

fn reaches_ledger(pattern: &str) -> bool {
    [NOTES, TASKS, PIN].iter().any(|name| matches(pattern, name))
}

/// Whether a pattern matches the refs that clones share.
fn shared_is_reached(pattern: &str) -> bool {
    [NOTES, TASKS].iter().any(|name| matches(pattern, name))
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            name.len() >= start.len() + end.len() && name.starts_with(start) && name.ends_with(end)
        }
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_prints_is_read() {
        let printed = "local\0file:/r/config\0remote.a.b.url\n../hub.git\0\
                       global\0file:/home/.gitconfig\0remote.a.b.fetch\n+refs/*:refs/*\0\
                       command\0command line:\0remote.a.b.fetch\n+refs/notes/*:refs/notes/*\0\
                       local\0file:/r/config\0remote.a.b.promisor\0\
                       local\0file:/r/config\0remote.a.b.proxy\nsocks5://p\0";
        let settings = Settings {
            entries: parsed(printed),
            own_file: "/r/config".into(),
        };
        assert_eq!(settings.names(), ["a.b"]);
        assert!(settings.is_promisor("a.b") && settings.is_partial() && !settings.is_promisor("a"));
        assert_eq!(
            settings.reached_by("a.b"),
            [("proxy".to_owned(), "socks5://p".to_owned())]
        );
        let places: Vec<Place> = settings
            .dangerous()
            .into_iter()
            .map(|found| found.place)
            .collect();
        assert_eq!(places, [Place::File("/home/.gitconfig".into()), Place::Elsewhere]);
    }

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
}
