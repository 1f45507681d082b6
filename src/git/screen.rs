//! Checks the files of a repository before libgit2 opens them.
//!
//! A pipe in place of `config` or of a ref makes git and libgit2 wait forever, and a sparse file of terabytes in place of an
//! index fills the memory. Both can come with an archive that someone unpacks among repositories. So the files that libgit2 would
//! open are checked first, and a repository in which any of them is not a regular file of reasonable size is refused, naming the
//! file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::alternates;
use super::config_text;
use super::files::{self, FileError};
use super::folder::{self, Kind};
use super::loose_refs;

/// The maximum size of `packed-refs`: millions of refs.
pub(super) const LARGEST_PACKED_REFS: u64 = 512 << 20;
/// The maximum size of the list of grafts.
pub(super) const LARGEST_GRAFTS: u64 = 64 << 20;
/// The maximum size of a config file, and of all those of a repository together: each command reads them several times.
const LARGEST_CONFIG: u64 = 4 << 20;
/// The maximum size of a list of patterns, as in git.
pub(super) const LARGEST_PATTERNS: u64 = 100 << 20;
/// The maximum size of a file that contains a path or a name.
const LARGEST_LINE: u64 = 64 << 10;
/// The maximum size of a working tree's index: millions of files.
pub(super) const LARGEST_INDEX: u64 = 1 << 30;
/// How deep config files include each other in git.
const DEEPEST_INCLUDE: usize = 10;
/// How many config files are examined.
const MOST_CONFIG_FILES: usize = 100;

/// Files in each working tree's own `.git` directory, with their maximum size.
const OWN: [(&str, u64); 3] = [
    ("HEAD", LARGEST_LINE),
    ("gitdir", LARGEST_LINE),
    ("index", LARGEST_INDEX),
];
/// Files that describe a linked worktree.
const LINKED: [(&str, u64); 4] = [
    ("HEAD", LARGEST_LINE),
    ("gitdir", LARGEST_LINE),
    ("commondir", LARGEST_LINE),
    ("locked", LARGEST_LINE),
];
/// Files in the directory that all working trees share.
const SHARED: [(&str, u64); 5] = [
    ("packed-refs", LARGEST_PACKED_REFS),
    ("shallow", LARGEST_GRAFTS),
    ("info/grafts", LARGEST_GRAFTS),
    ("info/exclude", LARGEST_PATTERNS),
    ("info/attributes", LARGEST_PATTERNS),
];
/// Files in a directory of objects.
const OBJECTS: [(&str, u64); 2] = [
    ("info/alternates", LARGEST_GRAFTS),
    ("info/commit-graph", LARGEST_INDEX),
];

/// Refuses the repository at `path`, or with `upwards` the first one above it, if a file that is opened with it is not a regular
/// file of reasonable size. If there is no repository, libgit2 reports that.
pub(super) fn check(path: &Path, upwards: bool) -> Result<(), FileError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for folder in absolute.ancestors().take(if upwards { usize::MAX } else { 1 }) {
        for candidate in [folder.join(".git"), folder.to_owned()] {
            if looked_at().contains(&candidate) {
                return Ok(());
            }
            if let Some(git_dir) = git_dir(&candidate) {
                return check_git_dir(&git_dir);
            }
        }
    }
    Ok(())
}

/// The `.git` directory that `candidate` is or, as a file, points to.
fn git_dir(candidate: &Path) -> Option<PathBuf> {
    let data = candidate.metadata().ok()?;
    if data.is_file() {
        let text = files::read_text(candidate, LARGEST_LINE).ok()??;
        let named = text.strip_prefix("gitdir:")?.trim();
        return Some(candidate.parent()?.join(named));
    }
    let has = |name: &str| candidate.join(name).symlink_metadata().is_ok();
    let is_folder = |name: &str| candidate.join(name).is_dir();
    let is_one = has("HEAD") && (is_folder("objects") && is_folder("refs") || has("commondir"));
    (data.is_dir() && is_one).then(|| candidate.to_owned())
}

/// Repositories that were checked: a command opens each several times.
static LOOKED_AT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn looked_at() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    LOOKED_AT.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check_git_dir(git_dir: &Path) -> Result<(), FileError> {
    if looked_at().contains(git_dir) {
        return Ok(());
    }
    check_files(git_dir)?;
    looked_at().insert(git_dir.to_owned());
    Ok(())
}

fn check_files(git_dir: &Path) -> Result<(), FileError> {
    check_all(git_dir, &OWN)?;
    let shared = sane_text(&git_dir.join("commondir"), LARGEST_LINE)?;
    let common_dir = shared.map_or_else(|| git_dir.to_owned(), |shared| git_dir.join(shared.trim_end()));
    check_all(&common_dir, &SHARED)?;
    check_config(&common_dir, git_dir)?;
    check_refs(&common_dir)?;
    check_no_pipes(&common_dir.join("reftable"))?;
    if common_dir != git_dir {
        check_refs(git_dir)?;
        check_no_pipes(&git_dir.join("reftable"))?;
    }
    for folder in folder::present(&common_dir.join("worktrees")) {
        check_all(folder.path(), &LINKED)?;
    }
    for folder in alternates::object_folders(&common_dir) {
        check_all(&folder, &OBJECTS)?;
        check_no_pipes(&folder.join("pack"))?;
    }
    Ok(())
}

fn check_all(folder: &Path, names: &[(&str, u64)]) -> Result<(), FileError> {
    for (name, most) in names {
        is_sane(&folder.join(name), *most)?;
    }
    Ok(())
}

/// What cannot be examined cannot be opened either, which libgit2 reports itself.
fn is_sane(path: &Path, most: u64) -> Result<(), FileError> {
    match files::check(path, most) {
        Ok(_) | Err(FileError::Unreadable { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// [`is_sane`] for a file that is read.
fn sane_text(path: &Path, most: u64) -> Result<Option<String>, FileError> {
    match files::read_text(path, most) {
        Err(FileError::Unreadable { .. }) => Ok(None),
        read => read,
    }
}

fn check_refs(git_dir: &Path) -> Result<(), FileError> {
    let mut found = Ok(());
    loose_refs::visit(git_dir, "refs", |_, path, kind| {
        if kind != Kind::Folder && found.is_ok() {
            found = is_sane(path, LARGEST_LINE);
        }
    });
    found
}

/// Packs and their indexes can have any size, and are checked before they are read; git itself reads reftables.
fn check_no_pipes(folder: &Path) -> Result<(), FileError> {
    for entry in folder::present(folder) {
        if matches!(entry.kind(), Ok(Kind::Link | Kind::Special)) {
            is_sane(entry.path(), u64::MAX)?;
        }
    }
    Ok(())
}

/// Refuses patterns for files in these directories of a working tree if they are not in a regular file of reasonable size:
/// libgit2 opens those above each path that it is asked about.
pub(super) fn check_patterns(
    work_dir: &Path,
    folders: impl IntoIterator<Item = PathBuf>,
) -> Result<(), FileError> {
    for folder in folders {
        let folder = work_dir.join(folder);
        for name in [".gitattributes", ".gitignore"] {
            is_sane(&folder.join(name), LARGEST_PATTERNS)?;
        }
    }
    Ok(())
}

/// The files that the repository's own configuration includes, and those that it names for libgit2 to read.
fn check_config(common_dir: &Path, git_dir: &Path) -> Result<(), FileError> {
    let mut pending = vec![
        (common_dir.join("config"), 0),
        (git_dir.join("config.worktree"), 0),
    ];
    let (mut looked_at, mut left) = (0, LARGEST_CONFIG);
    while let Some((file, depth)) = pending.pop() {
        looked_at += 1;
        let Some(text) = sane_text(&file, LARGEST_CONFIG)? else {
            continue;
        };
        // Files that include others twice, which do the same, would be read a thousand times and more.
        let rest = left.checked_sub(text.len() as u64);
        left = rest
            .filter(|_| looked_at <= MOST_CONFIG_FILES)
            .ok_or_else(|| FileError::Unreadable {
                path: file.clone(),
                reason: std::io::Error::other("the configuration includes too much"),
            })?;
        // The directory that a relative path starts from.
        let base = file.parent().unwrap_or(git_dir);
        for (key, value) in config_text::paths(&text) {
            let path = resolve(base, &value);
            match key {
                config_text::Named::Include if depth < DEEPEST_INCLUDE => pending.push((path, depth + 1)),
                config_text::Named::Include => {}
                config_text::Named::Patterns => is_sane(&path, LARGEST_PATTERNS)?,
            }
        }
    }
    Ok(())
}

/// A path as libgit2 resolves it: `~/` is the home directory, which contains the user's own configuration.
fn resolve(base: &Path, value: &str) -> PathBuf {
    let Some(below_home) = value.strip_prefix("~/") else {
        return base.join(value);
    };
    let global = git2::Config::find_global().ok();
    let xdg = git2::Config::find_xdg().ok();
    let home = match (&global, &xdg) {
        (Some(global), _) => global.parent(),
        (None, Some(xdg)) => xdg.ancestors().nth(3),
        (None, None) => None,
    };
    home.unwrap_or(base).join(below_home)
}
