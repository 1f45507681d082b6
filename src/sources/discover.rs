//! Finding repositories: each once, however it is reached.
//!
//! A root is a repository or a folder to search. Links are not followed, hidden folders and other file systems are left
//! alone, and a repository is not searched for further ones inside it: what lies there came with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use crate::facts::diagnostics::Warning;
use crate::git::{OpenError, Repo};

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Where to open each repository, sorted by path.
    pub repositories: Vec<PathBuf>,
    /// What could not be searched.
    pub warnings: Vec<Warning>,
}

/// The repositories at or below `roots`. Two work trees of one repository count once.
///
/// A root that is named but is no folder, and a root without any repository, are warnings.
pub fn discover(roots: &[PathBuf]) -> Discovery {
    let mut found = Discovery::default();
    let mut seen = BTreeSet::new();
    for root in roots {
        let candidates = search(root, &mut found.warnings);
        if candidates.is_empty() && root.is_dir() {
            let warning = Warning::new(root.display().to_string(), "no git repository here");
            found.warnings.push(warning);
        }
        for path in candidates {
            let (identity, place) = identify(path);
            if seen.insert(identity) {
                found.repositories.push(place);
            }
        }
    }
    found.repositories.sort();
    found
}

/// About how much there is to read in the repository at `path`: the bytes of its packs.
pub fn weight(path: &Path) -> u64 {
    let packs = |folder: PathBuf| {
        std::fs::read_dir(folder.join("objects/pack"))
            .into_iter()
            .flatten()
            .flatten()
    };
    packs(path.join(".git"))
        .chain(packs(path.to_owned()))
        .filter_map(|entry| entry.metadata().ok())
        .map(|data| data.len())
        .sum()
}

/// What makes a repository the same however it is reached, and where to open it: the main work tree rather than a linked
/// one. One that cannot be opened is itself; whoever reads it will say why.
fn identify(path: PathBuf) -> (PathBuf, PathBuf) {
    let Ok(repo) = Repo::open(&path) else {
        return (path.canonicalize().unwrap_or_else(|_| path.clone()), path);
    };
    let common_dir = repo.common_dir().to_owned();
    let is_linked = repo.git_dir().canonicalize().is_ok_and(|own| own != common_dir);
    let place = match common_dir.parent() {
        Some(main) if is_linked && common_dir.ends_with(".git") => main.to_owned(),
        _ => path,
    };
    (common_dir, place)
}

fn search(root: &Path, warnings: &mut Vec<Warning>) -> Vec<PathBuf> {
    if looks_like_repository(root) {
        return vec![root.to_owned()];
    }
    // A folder inside a work tree stands for its repository.
    match Repo::discover(root) {
        Ok(repo) => return vec![repo.place().to_owned()],
        Err(OpenError::NotARepository(_)) => {}
        Err(error) => warnings.push(Warning::new(root.display().to_string(), error.to_string())),
    }
    let mut found = Vec::new();
    for entry in walk(root) {
        match entry {
            Ok(entry) if looks_like_repository(entry.path()) => found.push(entry.into_path()),
            Ok(_) => {}
            Err(error) => warnings.push(Warning::new(root.display().to_string(), error.to_string())),
        }
    }
    found
}

/// The folders below `root`, none of them inside a repository.
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

/// A `.git` inside, or the parts of a bare repository. Git itself has the last word when it is opened.
fn looks_like_repository(path: &Path) -> bool {
    // A link is not followed: the repository is found where it really is.
    let git = path.join(".git").symlink_metadata();
    git.is_ok_and(|kind| kind.is_dir() || kind.is_file())
        || (path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir())
}
