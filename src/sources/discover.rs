//! Finding repositories: each once, however it is reached.
//!
//! A root that is a repository is that repository only: it is not searched, and anything in it came with it. Any other
//! directory stands for the repositories below it, or, if there are none, for the one that it is in. Links to
//! directories are not followed, except for `.git`, as in git; hidden directories and other file systems are skipped.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use crate::facts::diagnostics::Warning;
use crate::git::stamp::own_common_dir;
use crate::git::{OpenError, Repo};

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Where to open each repository, sorted: absolute, without links, `.` and `..`.
    pub repositories: Vec<PathBuf>,
    /// What could not be searched.
    pub warnings: Vec<Warning>,
}

/// Where a repository is opened of which only a linked worktree was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkedWorkTrees {
    /// At its main worktree: history is the same in both.
    LeadToMain,
    /// There, with its own HEAD and changes.
    StandForThemselves,
}

/// The repositories at or below `roots`. Two worktrees of one repository count once, and the main one before others.
///
/// A root that is not a directory, and a root without any repository, are warnings.
pub fn discover(roots: &[PathBuf], linked: LinkedWorkTrees) -> Discovery {
    let mut warnings = Vec::new();
    let mut places: BTreeMap<PathBuf, Place> = BTreeMap::new();
    for root in roots {
        for path in search(root, &mut warnings) {
            let (identity, place) = identify(path, linked);
            match places.entry(identity) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
                Entry::Occupied(mut entry) if entry.get().is_linked && !place.is_linked => {
                    entry.insert(place);
                }
                Entry::Occupied(_) => {}
            }
        }
    }
    let mut repositories: Vec<PathBuf> = places.into_values().map(|place| place.path).collect();
    repositories.sort();
    warnings.dedup();
    Discovery {
        repositories,
        warnings,
    }
}

/// The worktrees of the repositories at `paths`, including linked ones.
pub fn work_trees(paths: &[PathBuf]) -> Vec<PathBuf> {
    let open = paths.iter().filter_map(|path| Repo::open(path).ok());
    open.flat_map(|repo| repo.work_trees()).collect()
}

/// Where to open a repository.
struct Place {
    path: PathBuf,
    is_linked: bool,
}

/// What identifies a repository however it is reached, and where to open it. One that cannot be opened identifies
/// itself; the error appears when it is read.
fn identify(path: PathBuf, linked: LinkedWorkTrees) -> (PathBuf, Place) {
    // Nearly all have the layout that git creates, which shows their common directory without opening them.
    if let Some(common_dir) = own_common_dir(&path).filter(|_| !path.ends_with(".git")) {
        let is_linked = false;
        return (common_dir, Place { path, is_linked });
    }
    let Ok(repo) = Repo::open(&path) else {
        let is_linked = false;
        return (path.clone(), Place { path, is_linked });
    };
    let common_dir = repo.common_dir().to_owned();
    let is_work_tree = repo.git_dir().canonicalize().is_ok_and(|own| own != common_dir);
    let leads_to_main = is_work_tree && linked == LinkedWorkTrees::LeadToMain;
    // The directory with the repository itself comes before one with a link to it.
    let is_linked = is_work_tree || path.join(".git").is_symlink();
    let path = match (common_dir.parent(), path.parent()) {
        (Some(main), _) if leads_to_main && common_dir.ends_with(".git") => main.to_owned(),
        (_, Some(work_tree)) if path.ends_with(".git") && !repo.is_bare() => work_tree.to_owned(),
        _ => path,
    };
    (common_dir, Place { path, is_linked })
}

fn search(root: &Path, warnings: &mut Vec<Warning>) -> Vec<PathBuf> {
    let mut warn = |reason: String| warnings.push(Warning::new(root.display().to_string(), reason));
    let folder = match root.canonicalize() {
        Ok(folder) if folder.is_dir() => folder,
        Ok(_) => {
            warn("not a directory".to_owned());
            return Vec::new();
        }
        Err(error) => {
            warn(reason(&error));
            return Vec::new();
        }
    };
    if looks_like_repository(&folder) {
        return vec![folder];
    }
    let around = Repo::discover(&folder);
    match &around {
        Ok(_) | Err(OpenError::NotARepository(_)) => {}
        Err(error) => warn(error.to_string()),
    }
    let mut found = below(&folder, warnings);
    if let Ok(around) = &around {
        // Submodules, and bare repositories that are test data.
        found.retain(|inner| !around.has_committed(inner) && !around.has_committed(&inner.join("HEAD")));
    }
    match around {
        Ok(around) if found.is_empty() => found.extend(around.place().canonicalize()),
        Err(OpenError::NotARepository(_)) if found.is_empty() => {
            warnings.push(Warning::new(root.display().to_string(), "not a git repository"));
        }
        _ => {}
    }
    found
}

/// The repositories below `folder`.
fn below(folder: &Path, warnings: &mut Vec<Warning>) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in walk(folder) {
        match entry {
            Ok(entry) if looks_like_repository(entry.path()) => found.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => warnings.push(unsearched(folder, error)),
        }
    }
    found
}

fn unsearched(place: &Path, error: ignore::Error) -> Warning {
    match error {
        ignore::Error::WithPath { path, err } => unsearched(&path, *err),
        ignore::Error::WithDepth { err, .. } => unsearched(place, *err),
        other => {
            let reason = other.io_error().map_or_else(|| other.to_string(), reason);
            Warning::new(place.display().to_string(), reason)
        }
    }
}

/// Only the kind of the error: its own text may repeat the path.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such directory".to_owned(),
        kind => format!("cannot be searched: {kind}"),
    }
}

/// The directories below `root`, none of them inside a repository.
fn walk(root: &Path) -> ignore::Walk {
    let inside_repository = |entry: &DirEntry| entry.path().parent().is_some_and(looks_like_repository);
    WalkBuilder::new(root)
        .standard_filters(false)
        .follow_links(false)
        .same_file_system(true)
        .filter_entry(move |entry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            let is_hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
            is_folder && !is_hidden && (entry.depth() == 0 || !inside_repository(entry))
        })
        .build()
}

/// A `.git` inside, or the parts of a bare repository. Git itself decides when it is opened.
fn looks_like_repository(path: &Path) -> bool {
    // Git follows a link; if its target is missing, the worktree has lost its repository, which is worth a warning.
    let git = path.join(".git").symlink_metadata();
    git.is_ok_and(|kind| kind.is_dir() || kind.is_file() || kind.is_symlink())
        || (path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir())
}
