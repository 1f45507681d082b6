//! The directories in logs that exist on this machine, and the repositories around them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::disk::Disk;
use crate::correlate::trees;
use crate::facts::session::Session;

/// The repositories in whose directories the sessions worked or changed files, and those `around`: their sessions may have used
/// directories of another machine. Directories that are `closed` are not opened.
pub fn repositories<'a>(
    around: &[PathBuf],
    closed: &[PathBuf],
    sessions: impl IntoIterator<Item = &'a Session>,
    disk: &Disk,
) -> Vec<PathBuf> {
    let is_open = |folder: &Path| !closed.iter().any(|closed| folder.starts_with(closed));
    found((around, disk), sessions, |_| true, is_open)
}

/// Only the repositories on paths that satisfy `is_near`. Nothing else is examined.
pub fn repositories_near<'a>(
    around: &[PathBuf],
    sessions: impl IntoIterator<Item = &'a Session>,
    is_near: impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    found((around, &Disk::default()), sessions, &is_near, &is_near)
}

/// The directories that a session worked in and the files it changed, if their paths are absolute.
pub fn named(session: &Session) -> impl Iterator<Item = &Path> {
    let places = session.places.iter().map(|place| place.folder.as_str());
    let made_in = session.commits.iter().filter_map(|made| made.folder.as_deref());
    let edits = session.edits.iter().map(|edit| edit.path.as_str());
    let named = places.chain(made_in).chain(edits).map(Path::new);
    named.filter(|path| path.is_absolute())
}

fn found<'a>(
    (around, disk): (&[PathBuf], &Disk),
    sessions: impl IntoIterator<Item = &'a Session>,
    is_looked_at: impl Fn(&Path) -> bool,
    is_opened: impl Fn(&Path) -> bool,
) -> Vec<PathBuf> {
    let mut folders: BTreeSet<PathBuf> = around.iter().cloned().collect();
    let mut files: BTreeSet<&Path> = BTreeSet::new();
    for session in sessions {
        let places = session.places.iter().map(|place| place.folder.as_str());
        let made_in = session.commits.iter().filter_map(|made| made.folder.as_deref());
        let named = places.chain(made_in);
        folders.extend(
            named
                .filter(|folder| is_looked_at(Path::new(folder)))
                .filter_map(|folder| standing(folder, disk)),
        );
        files.extend(
            session
                .edits
                .iter()
                .filter_map(|edit| Path::new(&edit.path).parent())
                .filter(|folder| is_looked_at(folder)),
        );
    }
    folders.extend(tops(&files, disk));
    folders.retain(|folder| is_opened(folder));
    let found: BTreeSet<PathBuf> = folders.iter().filter_map(|folder| disk.around(folder)).collect();
    found.into_iter().collect()
}

/// Whether a session worked in a directory or below it.
pub fn worked_in(session: &Session, root: &Path) -> bool {
    let real = root.canonicalize();
    let below = |path: &str| {
        Path::new(path).starts_with(root) || real.as_ref().is_ok_and(|real| Path::new(path).starts_with(real))
    };
    session.places.iter().any(|place| below(&place.folder))
        || session.touched.iter().any(|touch| below(&touch.path))
}

/// The directory if it exists, or the repository of a removed working tree.
fn standing(folder: &str, disk: &Disk) -> Option<PathBuf> {
    let is_there = |folder: &&Path| folder.is_absolute() && disk.is_folder(folder);
    let removed = || trees::owner(folder).map(Path::new).filter(is_there);
    let found = Some(Path::new(folder)).filter(is_there).or_else(removed);
    found.map(Path::to_owned)
}

/// The tops of the working trees around directories; each directory on the way is examined once.
fn tops(folders: &BTreeSet<&Path>, disk: &Disk) -> BTreeSet<PathBuf> {
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    let mut tops = BTreeSet::new();
    for folder in folders.iter().filter(|folder| folder.is_absolute()) {
        for above in folder.ancestors() {
            if !seen.insert(above) {
                break;
            }
            if disk.exists(&above.join(".git")) {
                tops.insert(above.to_owned());
                break;
            }
        }
    }
    tops
}
