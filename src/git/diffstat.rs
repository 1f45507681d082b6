//! The lines that one commit changed, file by file: what `git show --numstat` prints.

use super::lines::{LineDiff, looks_binary};
use super::messages;
use super::packs::Objects;
use super::renames::{self, Change};
use super::trees::{self, FileKind, Version};
use super::{GitError, Repo};
use crate::facts::ids::ObjectId;
use crate::facts::question::ChangedPath;

/// Larger blobs contain no lines that a person or an agent wrote by hand.
const LARGEST_BLOB: u64 = 4 << 20;
/// The lines of more files of one commit are not counted.
const MOST_COUNTED: usize = 2_000;
/// The cache in bytes of objects.
const KEPT: usize = 8 << 20;

/// The files that a commit changed against its parent, in git's order of paths; none for a merge. The lines of a file are
/// unknown if it is binary, too large or unreadable.
///
/// # Errors
/// If the commit or its trees cannot be read.
pub fn of_commit(repo: &Repo, commit: ObjectId) -> Result<Vec<ChangedPath>, GitError> {
    let read = |commit| {
        messages::with_commit(repo, commit, |raw| {
            (raw.tree(), raw.parents().collect::<Vec<ObjectId>>())
        })
    };
    let (tree, parents) = read(commit)?;
    let parent = match parents.as_slice() {
        [] => None,
        [parent] => read(*parent)?.0,
        _ => return Ok(Vec::new()),
    };
    let packs = repo.packs();
    let mut objects = Objects::new(&packs, repo.git_dir(), KEPT);
    let mut differences = Vec::new();
    trees::compare(&mut objects, parent.as_ref(), tree.as_ref(), &mut differences)?;
    let changes = renames::detect(differences, &mut objects, LARGEST_BLOB)?;
    let mut diff = LineDiff::default();
    let counted = |(at, change): (usize, Change)| ChangedPath {
        lines: match at < MOST_COUNTED {
            true => lines(&mut objects, &mut diff, &change),
            false => None,
        },
        path: String::from_utf8_lossy(&change.path).into_owned(),
    };
    Ok(changes.into_iter().enumerate().map(counted).collect())
}

/// The lines added and removed; `None` if they are unknown.
fn lines(objects: &mut Objects<'_>, diff: &mut LineDiff, change: &Change) -> Option<(u64, u64)> {
    let old = content(objects, change.old)?;
    let new = content(objects, change.new)?;
    if looks_binary(&old) || looks_binary(&new) {
        return None;
    }
    let counted = diff.count(&old, &new);
    Some((counted.added, counted.removed))
}

/// The bytes of a version, or of a line that stands for the commit of a submodule; nothing of no version.
fn content(objects: &mut Objects<'_>, version: Option<Version>) -> Option<Vec<u8>> {
    let Some(version) = version else {
        return Some(Vec::new());
    };
    match version.kind {
        FileKind::Submodule => Some(format!("Subproject commit {}\n", version.id).into_bytes()),
        FileKind::Regular | FileKind::Link => {
            let object = objects.read(&version.id, LARGEST_BLOB).ok()?;
            Some(object.data.to_vec())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::{Dice, Oracle, edited, files};

    /// What git prints: path, added, removed.
    fn of_git(oracle: &Oracle, id: &str) -> Vec<(String, Option<(u64, u64)>)> {
        let text = oracle.text(&["show", "--numstat", "--format=", "-z", id]);
        let mut parts = text.split('\0').filter(|part| !part.trim().is_empty());
        let mut found = Vec::new();
        while let Some(part) = parts.next() {
            let mut fields = part.trim_start().splitn(3, '\t');
            let mut number = || fields.next().unwrap().parse::<u64>().ok();
            let lines = (number(), number());
            let lines = lines.0.zip(lines.1);
            let path = match fields.next().unwrap() {
                // A renamed file: its old and its new path follow.
                "" => {
                    parts.next().unwrap();
                    parts.next().unwrap().to_owned()
                }
                path => path.to_owned(),
            };
            found.push((path, lines));
        }
        found.sort();
        found
    }

    #[test]
    fn lines_are_those_that_git_shows() {
        let mut dice = Dice::new(18);
        let mut commits = vec![files(&mut dice)];
        for _ in 0..25 {
            commits.push(edited(&commits[commits.len() - 1], &mut dice));
        }
        let oracle = Oracle::new();
        let ids = oracle.import(&[commits]);
        let repo = oracle.open();
        let mut total = 0;
        for id in &ids[0] {
            let found = of_commit(&repo, id.parse().unwrap()).unwrap();
            let mut found: Vec<_> = found.into_iter().map(|file| (file.path, file.lines)).collect();
            found.sort();
            let git = of_git(&oracle, id);
            total += git.len();
            let sum = |files: &[(String, Option<(u64, u64)>)]| {
                let lines = files.iter().filter_map(|(_, lines)| *lines);
                lines.fold((0, 0), |sum, lines| (sum.0 + lines.0, sum.1 + lines.1))
            };
            assert_eq!(sum(&found), sum(&git), "{id}");
        }
        assert!(total > 50, "{total}");
    }
}
