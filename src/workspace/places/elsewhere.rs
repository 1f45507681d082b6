//! Directories that are not on this machine: in a container, a removed working tree, or another computer.
//!
//! Their sessions belong to the repository that has the files they changed, at the same paths. One or two such files may be a
//! coincidence (every project has a README), most of many are not. If there are too few, other evidence may decide: a commit made
//! there, the directory's name ([`trees`]), or the branch that was checked out in it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::disk::Disk;
use crate::correlate::links::Links;
use crate::correlate::{trees, visit};
use crate::facts::session::Session;
use crate::git::{Repo, added_lines};

/// This many files at the same paths are not a coincidence.
const ENOUGH: usize = 3;
/// How many files of each directory are compared.
const MOST: usize = 100;
/// This many digits of a hash are not a coincidence.
const LONG: usize = 7;

/// Branches that many repositories have.
const COMMON: &[&str] = &[
    "dev",
    "develop",
    "development",
    "gh-pages",
    "main",
    "master",
    "next",
    "production",
    "release",
    "stable",
    "staging",
    "test",
    "trunk",
];

/// What sessions did in a directory.
#[derive(Default)]
struct Work<'a> {
    /// The files they changed.
    files: BTreeSet<&'a str>,
    /// The commits they made.
    commits: BTreeSet<&'a str>,
    /// The branches that were checked out there.
    branches: BTreeSet<&'a str>,
}

/// How well a directory matches a repository; larger is better.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Branch,
    Name,
    Commit,
    Files(usize),
}

/// Adds directories of other machines to the working trees of the repositories that have their files.
pub(super) fn adopt(
    repos: &[Option<Repo>],
    roots: &mut [Vec<String>],
    (sessions, links): (&[Session], &Links),
    disk: &Disk,
) {
    for (folder, work) in unplaced(roots, (sessions, links), disk) {
        let fitting: Vec<(Fit, std::cmp::Reverse<usize>, &str)> = repos
            .iter()
            .enumerate()
            .filter_map(|(number, repo)| {
                let (fit, root) = fit(repo.as_ref()?, folder, &work)?;
                Some((fit, std::cmp::Reverse(number), root))
            })
            .collect();
        // A branch that several repositories have proves nothing.
        let is_clear = |fit: &Fit| *fit != Fit::Branch || fitting.len() == 1;
        let found = fitting.iter().max().filter(|(fit, ..)| is_clear(fit));
        if let Some((_, std::cmp::Reverse(number), root)) = found
            && let Some(roots) = roots.get_mut(*number)
            && !roots.iter().any(|known| known == root)
        {
            roots.push((*root).to_owned());
        }
    }
}

/// What sessions did that worked in no repository and no directory of this machine, by the first directory of each session.
fn unplaced<'a>(
    roots: &[Vec<String>],
    (sessions, links): (&'a [Session], &Links),
    disk: &Disk,
) -> BTreeMap<&'a str, Work<'a>> {
    let is_placed = |session: &Session| {
        visit::paths(session).any(|path| {
            let mut roots = roots.iter();
            roots.any(|roots| visit::place(path, roots, links).is_some())
        })
    };
    let mut folders: BTreeMap<&str, Work<'_>> = BTreeMap::new();
    for session in sessions.iter().filter(|session| !is_placed(session)) {
        if let Some(place) = session.places.first() {
            let work = folders.entry(place.folder.as_str()).or_default();
            let edited = session.edits.iter().map(|edit| edit.path.as_str());
            let room = MOST.saturating_sub(work.files.len());
            work.files.extend(edited.take(room));
            let made = session.commits.iter().map(|made| made.hash.as_str());
            work.commits
                .extend(made.filter(|hash| hash.len() >= LONG).take(MOST));
            let here = session.places.iter().filter(|other| other.folder == place.folder);
            let branches = here.filter_map(|here| here.branch.as_deref());
            work.branches
                .extend(branches.filter(|branch| !COMMON.contains(branch)));
        }
    }
    folders.retain(|folder, _| !disk.exists(Path::new(folder)));
    folders
}

/// How well a directory matches a repository, and which directory would be the working tree. `None` if there is no evidence.
fn fit<'a>(repo: &Repo, folder: &'a str, work: &Work<'_>) -> Option<(Fit, &'a str)> {
    if let Some((count, root)) = root(repo, folder, &work.files) {
        return Some((Fit::Files(count), root));
    }
    let named = trees::outside(folder, repo.place().to_str()?);
    let is_known = |hash: &str| added_lines::resolve(repo, hash).is_some();
    if work.commits.iter().any(|hash| is_known(hash)) {
        return Some((Fit::Commit, named.unwrap_or(folder)));
    }
    let root = named.unwrap_or(folder);
    let files: Vec<&str> = below(&work.files, root).collect();
    let is_unlike = files.len() >= ENOUGH && repo.count_of(files.iter().copied()) == 0;
    // Unknown commits or files belong to another repository.
    if !work.commits.is_empty() || is_unlike {
        return None;
    }
    let has_branch = || work.branches.iter().any(|branch| repo.has_branch(branch));
    match named {
        Some(root) => Some((Fit::Name, root)),
        None => has_branch().then_some((Fit::Branch, folder)),
    }
}

/// The paths below a directory, relative to it.
fn below<'a>(files: &BTreeSet<&'a str>, folder: &str) -> impl Iterator<Item = &'a str> + Clone {
    let inside = files
        .iter()
        .filter_map(move |file| file.strip_prefix(folder)?.strip_prefix('/'));
    inside.collect::<Vec<_>>().into_iter()
}

/// The directory that would be the working tree of the repository: that of the session or one above it. `None` if no directory
/// has enough of the repository's files, or if most files below it are not in the repository.
fn root<'a>(repo: &Repo, folder: &'a str, files: &BTreeSet<&str>) -> Option<(usize, &'a str)> {
    let above = std::iter::successors(Some(folder), |folder| Some(folder.rsplit_once('/')?.0));
    above
        .take_while(|root| !root.is_empty())
        .filter_map(|root| {
            let inside = below(files, root);
            let count = repo.count_of(inside.clone());
            (count >= ENOUGH && count * 2 >= inside.count()).then_some((count, root))
        })
        .max_by_key(|(count, _)| *count)
}
