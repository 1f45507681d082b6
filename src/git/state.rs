//! The state of a clone: branches compared with remotes, changes in the working tree, stashes, tags, and what was left out when
//! cloning.
//!
//! No filter, hook or file system monitor runs, in submodules neither: libgit2 has none of these, and only its built-in line
//! ending conversions apply when a file must be compared. If other conversions are needed, changes are unknown.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::UNIX_EPOCH;

use git2::{
    AttrCheckFlags, AttrValue, BranchType, Error, ErrorCode, ObjectType, Oid, Repository,
    RepositoryOpenFlags, Status, StatusOptions, StatusShow,
};

use super::config::{Config, ConfigFiles};
use super::files::FileError;
use super::open::{Repo, object_id};
use super::shadow::Shadow;
use super::tree::Contents;
use super::{attributes, folder, refs, remote_url, screen};
use crate::facts::inventory::{Dirt, Divergence, Remote, StateFacts};

/// A branch is stale if its last commit is older than this, in seconds.
const STALE_SECONDS: i64 = 90 * 86_400;
/// How deep nested submodules are followed.
const DEEPEST: usize = 16;
/// The mode of a submodule in a tree or an index.
const SUBMODULE: u32 = 0o160_000;
/// A larger list of submodules is an attack.
const LARGEST_LIST: u64 = 16 << 20;
/// Common names of a default branch.
const USUAL_DEFAULTS: [&str; 4] = ["main", "master", "trunk", "develop"];

/// The tips of local and remote branches, read once.
struct Tips {
    local: Vec<(String, Oid)>,
    remote: Vec<(String, Oid)>,
}

impl Repo {
    /// The state of the clone at `now` (seconds since the epoch), with `config` for its remotes; and what could not be read.
    pub fn state(&self, config: &Config, now: i64) -> (StateFacts, Vec<String>) {
        let mut trouble = Vec::new();
        let repo = self.raw();
        let tips = Tips::read(repo).unwrap_or_else(|error| {
            trouble.push(format!("cannot read branches: {}", error.message()));
            Tips {
                local: Vec::new(),
                remote: Vec::new(),
            }
        });
        let broken = self.broken_refs();
        trouble.extend(broken.iter().map(|name| format!("`{name}` is empty or damaged")));
        let branch = head_branch(repo);
        let remotes = remotes(config);
        let default_branch = default_branch(repo, &tips, branch.as_deref());
        let is_told = !tips.remote.is_empty() || keeps_remote_branches(config);
        let unpushed = (is_told && !remotes.is_empty()).then(|| tips.unpushed(self));
        let dirt = self.dirt(config, 0).unwrap_or_else(|error| {
            trouble.push(format!(
                "changes in the working tree are unknown: {}",
                error.message()
            ));
            None
        });
        let mut tags = tag_names(repo, &broken);
        let tag_count = tags.len() as u64;
        tags.retain(|tag| version(tag).is_some());
        tags.sort_by_cached_key(|tag| version(tag));
        let facts = StateFacts {
            default_pushed: default_branch.as_ref().and_then(|default| {
                let unpushed = unpushed.as_ref()?;
                tips.has(default).then(|| !unpushed.contains(default))
            }),
            stale_branches: tips.stale(self, default_branch.as_deref(), branch.as_deref(), now),
            divergence: divergence(self, branch.as_deref()),
            bare: repo.is_bare(),
            checked_out: self.is_checked_out(),
            shallow: repo.is_shallow(),
            partial: is_partial(config),
            submodules: submodules(self),
            stashes: refs::log_of(self, "refs/stash").map_or(0, |entries| entries.len() as u64),
            tags: tag_count,
            releases: tags,
            last_fetch: last_fetch(&[self.git_dir(), self.common_dir()]),
            branch,
            default_branch,
            remotes,
            dirt,
            unpushed,
        };
        (facts, trouble)
    }

    /// Whether the tree at HEAD has an entry at `path`, an absolute path in the working tree.
    pub fn has_committed(&self, path: &Path) -> bool {
        let find = || {
            let inside = path.strip_prefix(self.work_dir()?).ok()?;
            self.entry_at(&self.head_tree().ok()?, inside).ok()
        };
        find().is_some()
    }

    /// Not if it was cloned without a checkout: git would call every file deleted.
    pub(super) fn is_checked_out(&self) -> bool {
        let Some(work_dir) = self.work_dir() else {
            return false;
        };
        let has_files = || {
            let entries = folder::list(work_dir).ok()?;
            Some(entries.iter().flatten().any(|entry| entry.name() != ".git"))
        };
        let is_unborn = self.raw().head().is_err();
        is_unborn || self.git_dir().join("index").exists() || has_files() != Some(false)
    }

    /// What differs from HEAD, using the real index and a separate handle.
    fn dirt(&self, config: &Config, depth: usize) -> Result<Option<Dirt>, Error> {
        let Some(work_dir) = self.work_dir().filter(|_| self.is_checked_out()) else {
            return Ok(None);
        };
        let open = || {
            let none: [&Path; 0] = [];
            let place = self.shadow().map_or(work_dir, Shadow::folder);
            Repository::open_ext(place, RepositoryOpenFlags::NO_SEARCH, none)
        };
        let open_for = |paths: &[Vec<u8>]| {
            let folders = attributes::folders(paths.iter().map(Vec::as_slice));
            let checked = screen::check_patterns(work_dir, folders);
            checked.map_err(|error| Error::from_str(&error.to_string()))?;
            open()
        };
        if let Some(untracked) = self.untouched(open_for)? {
            return Ok(Some(Dirt {
                changed: 0,
                untracked,
            }));
        }
        self.check_head()?;
        self.check_trees()?;
        let repo = open()?;
        check_files(&repo, work_dir, depth)?;
        let mut options = StatusOptions::new();
        options
            .show(StatusShow::IndexAndWorkdir)
            .include_untracked(true)
            .recurse_untracked_dirs(false)
            .include_ignored(false)
            .update_index(false);
        let mut dirt = Dirt::default();
        for entry in repo.statuses(Some(&mut options))?.iter() {
            let status = entry.status();
            // A file that was only removed from the index is both deleted and untracked.
            dirt.untracked += u64::from(status.is_wt_new());
            let is_changed = match status.difference(Status::WT_NEW) {
                Status::CURRENT => false,
                Status::WT_MODIFIED => {
                    let path = String::from_utf8_lossy(entry.path_bytes());
                    is_modified(&repo, Path::new(path.as_ref()), config, depth)?
                }
                _ => true,
            };
            dirt.changed += u64::from(is_changed);
        }
        Ok(Some(dirt))
    }

    /// Fails if libgit2 would read a tree below HEAD that must not be read, or billions of files.
    fn check_trees(&self) -> Result<(), Error> {
        let Ok(tree) = self.head_tree() else {
            return Ok(());
        };
        let id = object_id(tree.id()).ok_or_else(|| Error::from_str("an object id of an unknown kind"))?;
        let contents = Contents::of(self);
        let files = contents.reader().files(id);
        match files
            .map_err(|error| Error::from_str(&error.to_string()))?
            .unreadable
        {
            0 => Ok(()),
            count => Err(Error::from_str(&format!(
                "cannot read {count} directories at HEAD"
            ))),
        }
    }

    /// If HEAD cannot be read, libgit2 treats every file as new.
    fn check_head(&self) -> Result<(), Error> {
        match self.head_tree() {
            Ok(_) => Ok(()),
            Err(error) if error.code() == ErrorCode::UnbornBranch => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Fails if libgit2 would open a pipe: among the patterns beside tracked files, and in the submodules that it opens.
fn check_files(repo: &Repository, work_dir: &Path, depth: usize) -> Result<(), Error> {
    let told = |error: FileError| Error::from_str(&error.to_string());
    let index = repo.index()?;
    let (submodules, files): (Vec<_>, Vec<_>) = index.iter().partition(|entry| entry.mode == SUBMODULE);
    let folders = attributes::folders(files.iter().map(|entry| entry.path.as_slice()));
    screen::check_patterns(work_dir, folders).map_err(told)?;
    for submodule in submodules {
        let place = work_dir.join(String::from_utf8_lossy(&submodule.path).as_ref());
        screen::check(&place, false).map_err(told)?;
        let none: [&Path; 0] = [];
        // A submodule that is not checked out is not opened.
        if let Ok(inside) = Repository::open_ext(&place, RepositoryOpenFlags::NO_SEARCH, none) {
            if depth >= DEEPEST {
                return Err(Error::from_str("submodules are nested too deeply"));
            }
            check_files(&inside, &place, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether a file that libgit2 reports as modified in the working tree really is; fails if that is unknown.
fn is_modified(repo: &Repository, path: &Path, config: &Config, depth: usize) -> Result<bool, Error> {
    let unknown = |reason: &str| Error::from_str(&format!("`{}` {reason}", path.display()));
    let tracked = repo.index()?.get_path(path, 0);
    let Some(submodule) = tracked.filter(|entry| entry.mode == SUBMODULE) else {
        return if is_converted(repo, path, config) {
            Err(unknown("has a filter, which is not run"))
        } else {
            Ok(true)
        };
    };
    let place = repo.workdir().map(|folder| folder.join(path));
    let inside = place
        .and_then(|place| Repo::open(&place).ok())
        .filter(|_| depth < DEEPEST)
        .ok_or_else(|| unknown("cannot be opened"))?;
    if inside.raw().head()?.target() != Some(submodule.id) {
        return Ok(true);
    }
    let dirt = inside.dirt(&inside.config(&ConfigFiles::default()), depth + 1)?;
    let dirt = dirt.ok_or_else(|| unknown("is not checked out"))?;
    Ok(dirt != Dirt::default())
}

/// Whether git would run a filter or change the encoding before comparing the file.
fn is_converted(repo: &Repository, path: &Path, config: &Config) -> bool {
    let attribute = |name: &str| {
        let value = repo.get_attr_bytes(path, name, AttrCheckFlags::FILE_THEN_INDEX);
        match AttrValue::always_bytes(value.unwrap_or_default()) {
            AttrValue::Bytes(value) => Some(String::from_utf8_lossy(value).into_owned()),
            _ => None,
        }
    };
    let has_command = |filter: &str| {
        let commands = ["clean", "process"].map(|kind| config.get(&format!("filter.{filter}.{kind}")));
        commands
            .into_iter()
            .flatten()
            .any(|command| !command.value.is_empty())
    };
    attribute("working-tree-encoding").is_some()
        || attribute("filter").is_some_and(|filter| has_command(&filter))
}

impl Tips {
    fn read(repo: &Repository) -> Result<Self, Error> {
        let of = |kind| -> Result<Vec<(String, Oid)>, Error> {
            let mut tips = Vec::new();
            for (branch, _) in repo.branches(Some(kind))?.flatten() {
                let name = String::from_utf8_lossy(branch.name_bytes()?).into_owned();
                // A symbolic ref, such as `origin/HEAD`, duplicates another one.
                tips.extend(branch.get().target().map(|tip| (name, tip)));
            }
            Ok(tips)
        };
        Ok(Self {
            local: of(BranchType::Local)?,
            remote: of(BranchType::Remote)?,
        })
    }

    /// Whether the branch exists here or on a remote.
    fn has(&self, branch: &str) -> bool {
        self.local.iter().any(|(name, _)| name == branch) || self.is_remote(branch)
    }

    fn is_remote(&self, branch: &str) -> bool {
        let mut remote = self.remote.iter();
        remote.any(|(name, _)| name.split_once('/').is_some_and(|(_, name)| name == branch))
    }

    /// Local branches with commits that no remote branch reaches, and a detached HEAD with commits that no branch reaches. If
    /// this is unknown, they count as not pushed.
    fn unpushed(&self, repo: &Repo) -> Vec<String> {
        let mut known: BTreeSet<Oid> = self.remote.iter().map(|(_, tip)| *tip).collect();
        let is_own = |tip: &Oid, known: &BTreeSet<Oid>| {
            let reached = || repo.is_reached(*tip, &known.iter().copied().collect::<Vec<_>>());
            !known.contains(tip) && !reached().unwrap_or(false)
        };
        let mut unpushed: Vec<String> = self
            .local
            .iter()
            .filter(|(_, tip)| is_own(tip, &known))
            .map(|(name, _)| name.clone())
            .collect();
        known.extend(self.local.iter().map(|(_, tip)| *tip));
        let detached = repo
            .raw()
            .find_reference("HEAD")
            .ok()
            .and_then(|head| head.target());
        unpushed.extend(
            detached
                .filter(|tip| is_own(tip, &known))
                .map(|_| "HEAD".to_owned()),
        );
        unpushed
    }

    fn stale(&self, repo: &Repo, default: Option<&str>, head: Option<&str>, now: i64) -> Vec<String> {
        self.local
            .iter()
            .filter(|(name, _)| Some(name.as_str()) != default && Some(name.as_str()) != head)
            .filter(|(_, tip)| {
                repo.commit_at(*tip)
                    .is_ok_and(|commit| commit.time().seconds() < now - STALE_SECONDS)
            })
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// The branch that HEAD names, born or not.
fn head_branch(repo: &Repository) -> Option<String> {
    let head = repo.find_reference("HEAD").ok()?;
    let target = String::from_utf8_lossy(head.symbolic_target_bytes()?).into_owned();
    target.strip_prefix("refs/heads/").map(str::to_owned)
}

fn default_branch(repo: &Repository, tips: &Tips, head: Option<&str>) -> Option<String> {
    let of_remote = || {
        let mut heads = repo.references_glob("refs/remotes/*/HEAD").ok()?;
        let head = heads.find_map(Result::ok)?;
        let target = String::from_utf8_lossy(head.symbolic_target_bytes()?).into_owned();
        let branch = target.strip_prefix("refs/remotes/")?.split_once('/')?.1;
        Some(branch.to_owned())
    };
    let usual = |is_there: &dyn Fn(&str) -> bool| {
        let found = USUAL_DEFAULTS.into_iter().find(|usual| is_there(usual));
        found.map(str::to_owned)
    };
    let only = || match tips.local.as_slice() {
        [(name, _)] => Some(name.clone()),
        _ => None,
    };
    of_remote()
        .or_else(|| usual(&|name| tips.local.iter().any(|(local, _)| local == name)))
        .or_else(|| usual(&|name| tips.is_remote(name)))
        .or_else(|| head.map(str::to_owned))
        .or_else(only)
}

/// Whether fetching updates branches below `refs/remotes/`. Not in a mirror, where branches are those of the remote.
fn keeps_remote_branches(config: &Config) -> bool {
    config
        .below("remote")
        .any(|(key, value)| key.ends_with(".fetch") && value.value.contains(":refs/remotes/"))
}

/// Submodules that are in `.gitmodules` and in the tree at HEAD.
fn submodules(repo: &Repo) -> Option<u64> {
    let tree = match repo.raw().head() {
        Ok(_) => repo.head_tree().ok()?,
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
            return Some(0);
        }
        Err(_) => return None,
    };
    let Some(file) = tree.get_name(".gitmodules") else {
        return Some(0);
    };
    let text = repo.blob_at(file.id(), LARGEST_LIST).ok()?;
    let text = String::from_utf8_lossy(text.content()).into_owned();
    let paths: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(key, _)| key.trim().eq_ignore_ascii_case("path"))
        .map(|(_, path)| path.trim().trim_matches('"'))
        .collect();
    let is_submodule = |path: &&str| {
        let entry = repo.entry_at(&tree, Path::new(path));
        entry.is_ok_and(|entry| entry.kind() == Some(ObjectType::Commit))
    };
    Some(paths.iter().filter(|path| is_submodule(path)).count() as u64)
}

fn divergence(repo: &Repo, branch: Option<&str>) -> Option<Divergence> {
    let branch = repo.raw().find_branch(branch?, BranchType::Local).ok()?;
    let upstream = branch.upstream().ok()?;
    let (ahead, behind) = repo
        .apart(branch.get().target()?, upstream.get().target()?)
        .ok()?;
    Some(Divergence {
        ahead: ahead as u64,
        behind: behind as u64,
    })
}

/// The remotes in `config`, sorted by name, without credentials.
fn remotes(config: &Config) -> Vec<Remote> {
    let mut found: Vec<Remote> = config
        .below("remote")
        .filter_map(|(key, value)| {
            let name = key.strip_suffix(".url")?;
            Some(Remote {
                name: name.to_owned(),
                url: remote_url::shown(&value.value),
            })
        })
        .collect();
    found.sort_by(|a, b| (&a.name, &a.url).cmp(&(&b.name, &b.url)));
    found.dedup();
    found
}

fn is_partial(config: &Config) -> bool {
    let promised = config
        .below("remote")
        .any(|(key, value)| key.ends_with(".promisor") && value.value != "false");
    promised || config.get("extensions.partialclone").is_some()
}

fn last_fetch(folders: &[&Path]) -> Option<i64> {
    folders
        .iter()
        .filter_map(|folder| std::fs::metadata(folder.join("FETCH_HEAD")).ok()?.modified().ok())
        .filter_map(|time| Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs() as i64))
        .max()
}

/// The names of the tags, without looking each of them up, as libgit2's own list would.
fn tag_names(repo: &Repository, broken: &[String]) -> Vec<String> {
    let list = || -> Result<Vec<String>, Error> {
        let mut tags = repo.references_glob("refs/tags/*")?;
        let names = tags.names().map(|name| name.map(str::to_owned));
        names.collect()
    };
    let of_library = || {
        let names = repo.tag_names(None).ok()?;
        let names = names.iter_bytes().map(String::from_utf8_lossy);
        Some(names.map(|name| format!("refs/tags/{name}")).collect())
    };
    // A name that is not UTF-8 is an error.
    let names: Vec<String> = list().ok().or_else(of_library).unwrap_or_default();
    names
        .into_iter()
        .filter(|name| !broken.contains(name))
        .filter_map(|name| name.strip_prefix("refs/tags/").map(str::to_owned))
        .collect()
}

/// The numbers of a tag that names a version (`v1.2.3`, `lib-0.4`), and whether it is final: `1.0-rc1` comes before `1.0`.
fn version(tag: &str) -> Option<(Vec<u64>, bool)> {
    let last = tag.rsplit('/').next()?;
    let start = last
        .char_indices()
        .find(|(at, c)| {
            let before = last[..*at].chars().next_back();
            c.is_ascii_digit()
                && before.is_none_or(|c| "v-_.V@".contains(c) || last[..*at].eq_ignore_ascii_case("release"))
        })?
        .0;
    let end = last[start..]
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .map_or(last.len(), |end| start + end);
    let numbers: Option<Vec<u64>> = last[start..end]
        .split('.')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().ok())
        .collect();
    let numbers = numbers.filter(|numbers| numbers.len() >= 2)?;
    Some((numbers, end == last.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_name_a_version() {
        let mut tags = vec![
            "v1.10.0",
            "1.2",
            "v1.2.0-rc1",
            "lib-v0.3.1",
            "nightly",
            "v2",
            "release-1.9.0",
            "2024-review",
        ];
        tags.retain(|tag| version(tag).is_some());
        tags.sort_by_cached_key(|tag| version(tag));
        assert_eq!(
            tags,
            ["lib-v0.3.1", "1.2", "v1.2.0-rc1", "release-1.9.0", "v1.10.0"]
        );
    }
}
