//! Paths in logs that lead through symbolic links.
//!
//! An agent logs a directory as the shell names it, or as the system does: `~/src/kiln` and `/data/kiln` may be the same, as are
//! `/tmp` and `/private/tmp`. A path is resolved to its target. Each directory is examined once, as far as it exists.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::disk::{Disk, Link};
use crate::correlate::links::Links;
use crate::facts::session::Session;

/// Resolves all paths of the sessions.
pub(super) fn follow(sessions: &[Session], disk: &Disk) -> Links {
    let mut known = Known::new(disk);
    let mut links = HashMap::new();
    let mut last = "";
    for path in sessions.iter().flat_map(all_paths) {
        if std::mem::replace(&mut last, path) == path || links.contains_key(path) {
            continue;
        }
        if let Place::Elsewhere(real, _) = known.place(Path::new(path)) {
            links.insert(path.to_owned(), real.to_string_lossy().into_owned());
        }
    }
    Links::new(links)
}

fn all_paths(session: &Session) -> impl Iterator<Item = &str> {
    let folders = session.places.iter().map(|place| place.folder.as_str());
    let made_in = session.commits.iter().filter_map(|made| made.folder.as_deref());
    let edits = session.edits.iter().map(|edit| edit.path.as_str());
    let changed = session.touched.iter().filter(|touch| touch.changed);
    let paths = folders.chain(made_in).chain(edits);
    paths.chain(changed.map(|touch| touch.path.as_str()))
}

/// The maximum length of a path on any system.
const LONGEST: usize = 4096;

/// The known target of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Itself; whether it exists.
    Itself(bool),
    /// This path; whether it exists.
    Elsewhere(PathBuf, bool),
}

/// Resolved paths.
struct Known<'a> {
    disk: &'a Disk,
    places: HashMap<PathBuf, Place>,
}

impl<'a> Known<'a> {
    fn new(disk: &'a Disk) -> Self {
        Self {
            disk,
            places: HashMap::new(),
        }
    }

    fn place(&mut self, path: &Path) -> Place {
        if !path.is_absolute() || path.as_os_str().len() > LONGEST {
            return Place::Itself(false);
        }
        // Starts at the longest known part: a path in a log may have any number of parts.
        let unknown: Vec<&Path> = path
            .ancestors()
            .take_while(|part| !self.places.contains_key(*part))
            .collect();
        for part in unknown.into_iter().rev() {
            let place = self.look_at(part);
            self.places.insert(part.to_owned(), place);
        }
        self.places.get(path).cloned().unwrap_or(Place::Itself(false))
    }

    /// A path whose directory is known.
    fn look_at(&self, path: &Path) -> Place {
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Place::Itself(true);
        };
        let (here, is_there) = match self.places.get(folder) {
            Some(Place::Elsewhere(real, is_there)) => (Some(real.join(name)), *is_there),
            Some(Place::Itself(is_there)) => (None, *is_there),
            None => (None, true),
        };
        let is_there = is_there
            && match self.disk.link(here.as_deref().unwrap_or(path)) {
                Link::To(target) => return Place::Elsewhere(target, true),
                Link::None => true,
                Link::Absent => false,
            };
        here.map_or(Place::Itself(is_there), |here| Place::Elsewhere(here, is_there))
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs::create_dir_all;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_path_leads_where_all_its_links_do() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        create_dir_all(root.join("disk/kiln/src")).unwrap();
        std::fs::write(root.join("disk/kiln/src/a.rs"), "").unwrap();
        symlink("disk", root.join("one")).unwrap();
        symlink("one/kiln", root.join("two")).unwrap();
        symlink(root.join("two/src/a.rs"), root.join("a.rs")).unwrap();
        symlink("around", root.join("around")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        let disk = Disk::default();
        let mut known = Known::new(&disk);
        for (path, expected) in [
            ("one/kiln", "disk/kiln"),
            ("two", "disk/kiln"),
            ("two/src/new/b.rs", "disk/kiln/src/new/b.rs"),
            ("a.rs", "disk/kiln/src/a.rs"),
            ("one/gone/x/y", "disk/gone/x/y"),
        ] {
            let is_there = root.join(path).exists();
            let expected = Place::Elsewhere(root.join(expected), is_there);
            assert_eq!(known.place(&root.join(path)), expected, "{path}");
        }
        for path in [
            "disk/kiln/src/a.rs",
            "gone/b",
            "around/b",
            "dangling/b",
            "disk/kiln/src/a.rs/b",
        ] {
            let place = known.place(&root.join(path));
            assert!(matches!(place, Place::Itself(_)), "{path}: {place:?}");
        }
        assert_eq!(known.place(Path::new("relative/a")), Place::Itself(false));
    }

    #[test]
    fn a_path_may_have_any_number_of_parts() {
        let path = format!("/{}", "a/".repeat(50_000));
        let disk = Disk::default();
        assert_eq!(Known::new(&disk).place(Path::new(&path)), Place::Itself(false));
    }
}
