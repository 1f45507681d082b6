//! Worktrees that no longer exist, recognized by their names.
//!
//! Agents make a worktree for a task and remove it afterwards. Git then knows nothing of it, but the name of its
//! directory still shows whose it was: most are in a directory for worktrees inside the repository
//! (`kiln/.claude/worktrees/NAME`), others in one that has the repository's name in it
//! (`~/.cursor/worktrees/kiln/NAME`), or beside it (`kiln-topic`).

/// Directories for worktrees at the top of a repository; `.AGENT/worktrees` is also one.
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
/// Directories for the worktrees of several repositories.
const OUTSIDE: &[&str] = &[
    ".claude-worktrees",
    ".worktrees",
    "workspaces",
    "worktree",
    "worktrees",
];

/// The repository that a directory is a worktree of by its name, inside that repository.
pub fn owner(folder: &str) -> Option<&str> {
    let starts = folder.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    starts
        .into_iter()
        .find(|at| name_inside(&folder[at + 1..]).is_some())
        .and_then(|at| folder.get(..at))
}

/// The directory for worktrees with which a path in a repository begins, and the rest of the path.
pub fn name_inside(path: &str) -> Option<(&str, &str)> {
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

/// The directory that would be a worktree of the repository in `place`, of a path outside it: in a directory for
/// worktrees under the repository's name, or beside it with a name that begins like its own.
pub fn outside<'path>(folder: &'path str, place: &str) -> Option<&'path str> {
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
