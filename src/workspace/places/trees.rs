//! Removed working trees inside repositories, found by the files that sessions changed in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::disk::Disk;
use crate::correlate::links::Links;
use crate::correlate::trees::name_inside;
use crate::correlate::visit;
use crate::facts::session::Session;
use crate::git::Repo;

/// How deep below its directory a working tree may be: some are named after branches such as `team/topic`.
const DEEPEST: usize = 3;

/// Adds the removed working trees inside repositories in which sessions worked. Tracked directories and nested repositories do
/// not count.
pub(super) fn add_inside(
    repos: &[Option<Repo>],
    roots: &mut [Vec<String>],
    (sessions, links): (&[Session], &Links),
    disk: &Disk,
) {
    let mut files: BTreeSet<&str> = BTreeSet::new();
    for session in sessions {
        let paths = visit::paths(session).map(|path| links.real(path));
        files.extend(
            paths.filter(|path| {
                path.contains("tree") || path.contains("/.conductor/") || path.contains("/.wt/")
            }),
        );
    }
    if files.is_empty() {
        return;
    }
    for (repo, roots) in repos.iter().zip(roots) {
        let Some(repo) = repo else { continue };
        let mut found: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
        for file in &files {
            let Some((root, inside)) = visit::place(file, roots, links) else {
                continue;
            };
            if let Some((container, rest)) = name_inside(&inside) {
                found
                    .entry((root, container.to_owned()))
                    .or_default()
                    .push(rest.to_owned());
            }
        }
        let trees: Vec<String> = found
            .iter()
            .flat_map(|((root, container), rests)| {
                let names = names(repo, rests);
                names.into_iter().filter_map(move |name| {
                    let inside = format!("{container}/{name}");
                    let tree = format!("{root}/{inside}");
                    let is_other = disk.is_folder(&Path::new(&tree).join(".git"));
                    (!is_other && repo.count_of([inside.as_str()].into_iter()) == 0).then_some(tree)
                })
            })
            .collect();
        roots.extend(trees);
    }
}

/// The names of the working trees in a directory for them: the number of path parts that matches most files.
fn names(repo: &Repo, rests: &[String]) -> BTreeSet<String> {
    let mut by_first: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rest in rests {
        let first = rest.split('/').next().unwrap_or_default();
        by_first.entry(first).or_default().push(rest);
    }
    let mut names = BTreeSet::new();
    for rests in by_first.values() {
        let known = |depth: usize| repo.count_of(rests.iter().filter_map(|rest| Some(split(rest, depth)?.1)));
        let depth = (1..=DEEPEST)
            .max_by_key(|depth| (known(*depth), std::cmp::Reverse(*depth)))
            .unwrap_or(1);
        let named = rests
            .iter()
            .map(|rest| split(rest, depth).map_or(*rest, |(name, _)| name));
        names.extend(named.map(str::to_owned));
    }
    names
}

/// A path after this many parts.
fn split(path: &str, depth: usize) -> Option<(&str, &str)> {
    let (at, _) = path.match_indices('/').nth(depth - 1)?;
    Some((path.get(..at)?, path.get(at + 1..)?))
}
