//! Folders that are not on this machine: a container's, a removed work tree's, another computer's.
//!
//! Their sessions belong to the repository that has the files which they changed, at the same paths. One or two such files
//! may be an accident (every project has a README), most of many are not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::visit;
use crate::facts::session::Session;
use crate::git::Repo;

/// So many files at the same paths are no accident.
const ENOUGH: usize = 3;
/// Files looked at for each folder.
const MOST: usize = 100;

/// Adds folders of other machines to the work trees of the repositories whose files they hold.
pub(super) fn adopt(repos: &[Option<Repo>], roots: &mut [Vec<String>], sessions: &[Session]) {
    for (folder, files) in unplaced(roots, sessions) {
        let found = repos
            .iter()
            .enumerate()
            .filter_map(|(number, repo)| {
                let (count, root) = root(repo.as_ref()?, folder, &files)?;
                Some((count, std::cmp::Reverse(number), root))
            })
            .max();
        if let Some((_, std::cmp::Reverse(number), root)) = found
            && let Some(roots) = roots.get_mut(number)
            && !roots.iter().any(|known| known == root)
        {
            roots.push(root.to_owned());
        }
    }
}

/// The files changed by sessions that worked in no repository and in no folder of this machine, by the first folder of
/// each session.
fn unplaced<'a>(roots: &[Vec<String>], sessions: &'a [Session]) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let is_placed = |session: &Session| {
        visit::paths(session).any(|path| roots.iter().any(|roots| visit::place(path, roots).is_some()))
    };
    let mut folders: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for session in sessions.iter().filter(|session| !is_placed(session)) {
        if let Some(place) = session.places.first() {
            let files = folders.entry(place.folder.as_str()).or_default();
            let edited = session.edits.iter().map(|edit| edit.path.as_str());
            let room = MOST.saturating_sub(files.len());
            files.extend(edited.take(room));
        }
    }
    folders.retain(|folder, _| !Path::new(folder).exists());
    folders
}

/// The folder that would be the work tree of the repository: that of the session or one above it. `None` where no folder
/// holds enough files of the repository, or where most files below it are not in the repository.
fn root<'a>(repo: &Repo, folder: &'a str, files: &BTreeSet<&str>) -> Option<(usize, &'a str)> {
    let above = std::iter::successors(Some(folder), |folder| Some(folder.rsplit_once('/')?.0));
    above
        .take_while(|root| !root.is_empty())
        .filter_map(|root| {
            let inside = files
                .iter()
                .filter_map(|file| file.strip_prefix(root)?.strip_prefix('/'));
            let count = repo.count_of(inside.clone());
            (count >= ENOUGH && count * 2 >= inside.count()).then_some((count, root))
        })
        .max_by_key(|(count, _)| *count)
}
