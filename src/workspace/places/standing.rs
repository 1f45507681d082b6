//! The folders of logs that are on this machine, and the repositories around them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::correlate::trees;
use crate::facts::session::Session;
use crate::git::Repo;

/// The repositories in whose folders the sessions worked or changed files, and those `around`: their sessions may know them by
/// the folders of another machine. What lies in folders that are `closed` is not opened.
pub fn repositories<'a>(
    around: &[PathBuf],
    closed: &[PathBuf],
    sessions: impl IntoIterator<Item = &'a Session>,
) -> Vec<PathBuf> {
    let mut folders: BTreeSet<PathBuf> = around.iter().cloned().collect();
    let mut files: BTreeSet<&Path> = BTreeSet::new();
    for session in sessions {
        let places = session.places.iter().map(|place| place.folder.as_str());
        let made_in = session.commits.iter().filter_map(|made| made.folder.as_deref());
        folders.extend(places.chain(made_in).filter_map(standing));
        files.extend(
            session
                .edits
                .iter()
                .filter_map(|edit| Path::new(&edit.path).parent()),
        );
    }
    folders.extend(tops(&files));
    folders.retain(|folder| !closed.iter().any(|closed| folder.starts_with(closed)));
    let found: BTreeSet<PathBuf> = folders
        .iter()
        .filter_map(|folder| Some(Repo::discover(folder).ok()?.main_folder()))
        .collect();
    found.into_iter().collect()
}

/// Whether a session worked in a folder or below it.
pub fn worked_in(session: &Session, root: &Path) -> bool {
    let real = root.canonicalize();
    let below = |path: &str| {
        Path::new(path).starts_with(root) || real.as_ref().is_ok_and(|real| Path::new(path).starts_with(real))
    };
    session.places.iter().any(|place| below(&place.folder))
        || session.touched.iter().any(|touch| below(&touch.path))
}

/// A folder that is there, or of a work tree that is gone, the repository that it belonged to.
fn standing(folder: &str) -> Option<PathBuf> {
    let is_there = |folder: &&Path| folder.is_absolute() && folder.is_dir();
    let removed = || trees::owner(folder).map(Path::new).filter(is_there);
    let found = Some(Path::new(folder)).filter(is_there).or_else(removed);
    found.map(Path::to_owned)
}

/// The tops of the work trees around folders: each folder on the way is looked at once.
fn tops(folders: &BTreeSet<&Path>) -> BTreeSet<PathBuf> {
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    let mut tops = BTreeSet::new();
    for folder in folders.iter().filter(|folder| folder.is_absolute()) {
        for above in folder.ancestors() {
            if !seen.insert(above) {
                break;
            }
            if above.join(".git").exists() {
                tops.insert(above.to_owned());
                break;
            }
        }
    }
    tops
}
