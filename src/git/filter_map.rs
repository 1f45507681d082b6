//! What `git filter-repo` reports about the commits and refs it rewrote.
//!
//! It deletes the old commits, so nothing else tells which new ones replaced them. Its maps are in the directory of the
//! repository: `filter-repo/commit-map` with lines `OLD NEW`, and `filter-repo/ref-map` with `OLD NEW REF`. An id of zeros stands
//! for a removed object.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufRead, BufReader, Read as _};
use std::path::PathBuf;

use super::files;
use super::open::Repo;
use crate::facts::ids::ObjectId;

/// A larger map is not read: this is one of six million commits.
const LARGEST_COMMIT_MAP: u64 = 512 << 20;
const LARGEST_REF_MAP: u64 = 64 << 20;
/// The maximum length of a line in a map of commits: two ids of 64 digits.
const LONGEST_LINE: u64 = 256;

/// The new ids of these commits. Commits that the map does not name, or that were removed or unchanged, are left out, as are all
/// if there is no readable map.
pub fn rewritten(repo: &Repo, wanted: &HashSet<ObjectId>) -> BTreeMap<ObjectId, ObjectId> {
    let mut found = BTreeMap::new();
    let path = map(repo, "commit-map");
    let is_readable = matches!(files::check(&path, LARGEST_COMMIT_MAP), Ok(Some(_)));
    let Some(file) = std::fs::File::open(path)
        .ok()
        .filter(|_| is_readable && !wanted.is_empty())
    else {
        return found;
    };
    let mut map = BufReader::new(file.take(LARGEST_COMMIT_MAP));
    let mut line = String::new();
    while let Ok(1..) = map.by_ref().take(LONGEST_LINE).read_line(&mut line) {
        if let Some((old, new)) = pair(&line)
            && old != new
            && wanted.contains(&old)
        {
            found.insert(old, new);
        }
        line.clear();
    }
    found
}

/// Whether the filter removed a ref, as happens to notes when only some paths are kept.
pub fn removed(repo: &Repo, reference: &str) -> bool {
    let map = files::read_text(&map(repo, "ref-map"), LARGEST_REF_MAP);
    let map = map.ok().flatten().unwrap_or_default();
    let line = map.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    let mut removed =
        line.filter(|line| matches!(line[..], [_, new, name] if is_zeros(new) && name == reference));
    removed.next().is_some()
}

fn map(repo: &Repo, name: &str) -> PathBuf {
    repo.common_dir().join("filter-repo").join(name)
}

/// The ids of a line; `None` for the heading, and if the commit was removed.
fn pair(line: &str) -> Option<(ObjectId, ObjectId)> {
    let (old, new) = line.trim_end().split_once(' ')?;
    let new = new.trim_start();
    (!is_zeros(new)).then_some(())?;
    Some((old.parse().ok()?, new.parse().ok()?))
}

fn is_zeros(id: &str) -> bool {
    id.len() >= 40 && id.bytes().all(|digit| digit == b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_two_commits_or_nothing() {
        let (one, two, none) = ("1".repeat(40), "2".repeat(40), "0".repeat(40));
        assert_eq!(
            pair(&format!("{one} {two}\n")),
            Some((one.parse().unwrap(), two.parse().unwrap()))
        );
        for other in [
            format!("{one} {none}\n"),
            "old                                      new\n".to_owned(),
            format!("{one}\n"),
            format!("{one} {two} more\n"),
            String::new(),
        ] {
            assert_eq!(pair(&other), None, "{other}");
        }
    }
}
