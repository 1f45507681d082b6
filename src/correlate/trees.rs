//! Work trees that are gone, known by their names.
//!
//! Agents make a work tree for a task and remove it afterwards. Git then knows nothing of it, but the name of its folder still
//! tells whose it was: most lie in a folder for work trees inside of the repository (`kiln/.claude/worktrees/NAME`), others in one
//! that has the repository's name in it (`~/.cursor/worktrees/kiln/NAME`), or beside it (`kiln-topic`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::links::Links;
use super::visit;
use crate::facts::session::Session;
use crate::git::Repo;

/// Folders for work trees at the top of a repository; `.AGENT/worktrees` is one, too.
const INSIDE: &[&str] = &[
    ".conductor",
    ".git-worktrees",
    ".trees",
    ".worktree",
    ".worktrees",
    ".wt",
    "_worktrees",
    "worktrees",
];
/// Folders for the work trees of several repositories.
const OUTSIDE: &[&str] = &[
    ".claude-worktrees",
    ".worktrees",
    "workspaces",
    "worktree",
    "worktrees",
];
/// How deep below its folder a work tree may lie: some are named after branches such as `team/topic`.
const DEEPEST: usize = 3;

/// The repository that a folder says it is a work tree of, inside of that repository.
pub fn owner(folder: &str) -> Option<&str> {
    let starts = folder.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    starts
        .into_iter()
        .find(|at| name_inside(&folder[at + 1..]).is_some())
        .and_then(|at| folder.get(..at))
}

/// The folder for work trees with which a path in a repository begins, and what stands behind it.
fn name_inside(path: &str) -> Option<(&str, &str)> {
    let (first, rest) = path.split_once('/')?;
    if INSIDE.contains(&first) {
        return (!rest.is_empty()).then_some((first, rest));
    }
    let rest = rest
        .strip_prefix("worktrees/")
        .filter(|_| first.starts_with('.'))?;
    let container = path.get(..path.len() - rest.len() - 1)?;
    (!rest.is_empty()).then_some((container, rest))
}

/// Adds the work trees inside of repositories that are gone, as far as sessions worked in them. What the repository tracks is
/// none, nor is a repository of its own.
pub(super) fn add_inside(
    repos: &[Option<Repo>],
    roots: &mut [Vec<String>],
    sessions: &[Session],
    links: &Links,
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
                    let is_other = Path::new(&tree).join(".git").is_dir();
                    (!is_other && repo.count_of([inside.as_str()].into_iter()) == 0).then_some(tree)
                })
            })
            .collect();
        roots.extend(trees);
    }
}

/// The names of the work trees in a folder for them: as many parts of the paths as make most of the files known.
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

/// A path after so many parts.
fn split(path: &str, depth: usize) -> Option<(&str, &str)> {
    let (at, _) = path.match_indices('/').nth(depth - 1)?;
    Some((path.get(..at)?, path.get(at + 1..)?))
}

/// The folder that would be a work tree of the repository in `place`, of a path outside of it: in a folder for work trees under
/// the repository's name, or beside it with a name that begins like its own.
pub(super) fn outside<'path>(folder: &'path str, place: &str) -> Option<&'path str> {
    let (beside, repository) = place.trim_end_matches('/').rsplit_once('/')?;
    let mut at = 0;
    // Each part, with where it ends.
    let parts: Vec<(usize, &str)> = folder
        .split('/')
        .map(|part| {
            at += part.len() + 1;
            (at - 1, part)
        })
        .collect();
    let part = |at: usize| parts.get(at).map_or("", |(_, part)| *part);
    let upto = |at: usize| {
        let (end, _) = parts.get(at).filter(|(_, part)| !part.is_empty())?;
        folder.get(..*end)
    };
    (0..parts.len()).find_map(|at| {
        let name = part(at);
        if OUTSIDE.contains(&name) {
            if part(at + 1) == repository {
                return upto(at + 2);
            }
            return upto(at + 2).filter(|_| part(at + 2) == repository);
        }
        let own = name.strip_prefix(repository)?;
        if matches!(own, ".worktrees" | "-worktrees" | "_worktrees") {
            return upto(at + 1);
        }
        let is_like = own.len() > 1 && own.starts_with(['-', '_', '.']);
        upto(at).filter(|tree| is_like && tree.rsplit_once('/').is_some_and(|(around, _)| around == beside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_work_tree_in_its_repository_is_known_by_its_folder() {
        for (folder, expected) in [
            ("/w/kiln/.claude/worktrees/x", Some("/w/kiln")),
            ("/w/kiln/.claude/worktrees/x/src/deep", Some("/w/kiln")),
            ("/w/kiln/.worktrees/team/topic", Some("/w/kiln")),
            ("/w/kiln/worktrees/x", Some("/w/kiln")),
            ("/w/kiln/.conductor/lagos", Some("/w/kiln")),
            ("/w/kiln/.claude/worktrees", None),
            ("/w/kiln/src/worktrees.rs", None),
            ("/w/kiln/.claude/plans/x", None),
        ] {
            assert_eq!(owner(folder), expected, "{folder}");
        }
    }

    #[test]
    fn a_work_tree_elsewhere_is_known_by_the_name_of_its_repository() {
        for (folder, expected) in [
            (
                "/h/.cursor/worktrees/kiln/aBc",
                Some("/h/.cursor/worktrees/kiln/aBc"),
            ),
            (
                "/h/.cursor/worktrees/kiln/aBc/src",
                Some("/h/.cursor/worktrees/kiln/aBc"),
            ),
            (
                "/h/.codex/worktrees/1a2b/kiln",
                Some("/h/.codex/worktrees/1a2b/kiln"),
            ),
            (
                "/h/conductor/workspaces/kiln/lagos",
                Some("/h/conductor/workspaces/kiln/lagos"),
            ),
            ("/h/.claude-worktrees/kiln/x", Some("/h/.claude-worktrees/kiln/x")),
            ("/w/kiln.worktrees/x/src", Some("/w/kiln.worktrees/x")),
            ("/w/kiln-worktrees/x", Some("/w/kiln-worktrees/x")),
            ("/h/.cursor/worktrees/kiln", None),
            ("/h/.cursor/worktrees/other/aBc", None),
            ("/w/kiln-topic/src", Some("/w/kiln-topic")),
            ("/w/kiln.topic", Some("/w/kiln.topic")),
            ("/v/kiln-topic", None),
            ("/w/kilns", None),
            ("/w/x/kiln-topic", None),
        ] {
            assert_eq!(outside(folder, "/w/kiln"), expected, "{folder}");
        }
    }
}
