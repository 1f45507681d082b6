//! The commits made during sessions, with the lines they changed in files that the sessions changed.
//!
//! A commit costs one comparison of trees; blobs are read only for the wanted files.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet, VecDeque};
use std::path::Path;

use git2::{DiffOptions, Oid, Patch};
use rayon::prelude::*;

use super::commits::{self, RawCommit};
use super::graph::Commits;
use super::open::{Repo, object_id};
use super::packs::{Objects, Packs};
use super::replacements::Replaced;
use super::tree::{known, oid};
use super::trees;
use super::walk::RefSelection;
use super::{GitError, attributes, screen, session_names};
use crate::facts::change::{Change, ChangedFile, ChangedLines};
use crate::facts::ids::ObjectId;
use crate::facts::session::LineHash;

/// Larger blobs contain no lines that a person or an agent wrote by hand.
const LARGEST_BLOB: i64 = 4 << 20;
/// Clocks differ, so the walk stops only after this many commits in a row that are too old.
const OLD_COMMITS_IN_A_ROW: usize = 500;
/// How many commits one thread reads before it takes more.
const COMMITS_AT_A_TIME: usize = 128;
/// The cache of a part, in bytes of objects: neighboring commits share their trees.
const KEPT: usize = 8 << 20;
/// A line with fewer letters and digits is a bracket, a ruler or a keyword, which says nothing about who wrote it.
const LEAST_SIGNS: usize = 4;

/// A period in seconds since the epoch; a commit is in it by its author's clock or its committer's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first second.
    pub since: i64,
    /// The last second.
    pub until: i64,
}

impl Period {
    fn holds(self, second: i64) -> bool {
        (self.since..=self.until).contains(&second)
    }
}

/// The files that commits changed, as read before: with lines if an earlier run needed them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    /// The files of each commit.
    pub files: HashMap<ObjectId, Vec<ChangedFile>>,
    /// Whether files were added since.
    pub has_grown: bool,
}

/// The commits of `period`, newest first, with the lines of the files in `wanted` (paths in the repository).
///
/// A commit whose trees cannot be read has no files. Fails if the history itself cannot be walked. Results that `known` lacks are
/// added to it.
pub fn read(
    repo: &Repo,
    refs: &RefSelection,
    period: Period,
    wanted: &HashSet<String>,
    known: &mut Known,
) -> Result<Vec<Change>, GitError> {
    let replaced = repo.replaced();
    let packs = repo.packs();
    let mut history = History::new(repo, &packs);
    let on_head = match repo.head()? {
        Some(head) => history.recent(period.since, &[head])?.into_iter().collect(),
        None => HashSet::new(),
    };
    let ids = history.recent(period.since, &repo.heads(refs)?.commits)?;
    let source = (repo.git_dir(), &*packs, &session_names::Notes::of(repo));
    let before: &Known = known;
    let parts: Vec<Result<Part, git2::Error>> = ids
        .par_chunks(COMMITS_AT_A_TIME)
        .map(|ids| read_part(source, &replaced, ids, &on_head, period, (wanted, before)))
        .collect();
    let mut changes = Vec::new();
    for part in parts {
        let mut part = part?;
        changes.append(&mut part.changes);
        for (commit, files) in part.fresh {
            learn(known.files.entry(commit).or_default(), files);
            known.has_grown = true;
        }
    }
    Ok(changes)
}

/// The commits that one thread read.
#[derive(Default)]
struct Part {
    changes: Vec<Change>,
    /// The files of the unknown ones.
    fresh: Vec<(ObjectId, Vec<ChangedFile>)>,
}

/// Replaces the files of a commit by the new result; lines that only an earlier run needed stay.
fn learn(known: &mut Vec<ChangedFile>, mut files: Vec<ChangedFile>) {
    for file in files.iter_mut().filter(|file| file.lines.is_none()) {
        let before = known.iter_mut().find(|before| before.path == file.path);
        file.lines = before.and_then(|before| before.lines.take());
    }
    *known = files;
}

/// The files as if they were read now; `None` if unknown lines are needed.
fn of_wanted(known: &[ChangedFile], wanted: &HashSet<String>) -> Option<Vec<ChangedFile>> {
    let file = |file: &ChangedFile| {
        let lines = match wanted.contains(&file.path) {
            true => Some(file.lines.clone()?),
            false => None,
        };
        Some(ChangedFile {
            path: file.path.clone(),
            lines,
        })
    };
    known.iter().map(file).collect()
}

/// Handles of libgit2 cannot be shared, so each part has its own.
fn read_part(
    (git_dir, packs, notes): (&Path, &Packs, &session_names::Notes),
    replaced: &Replaced,
    ids: &[Oid],
    on_head: &HashSet<Oid>,
    period: Period,
    (wanted, known): (&HashSet<String>, &Known),
) -> Result<Part, git2::Error> {
    let repo = Repo::reopen(git_dir).map_err(|error| git2::Error::from_str(&error.to_string()))?;
    let mut objects = Objects::new(packs, git_dir, KEPT);
    let mut read_notes = session_names::Read::new();
    let mut part = Part::default();
    for id in ids {
        let commit = replaced.commit(&repo, *id)?;
        let parents = replaced.parent_oids(*id, commit.parent_ids().collect());
        let Some(own) = object_id(*id) else {
            continue;
        };
        let object = commits::object_of(&commit);
        let said = RawCommit::parse(own, &object);
        let (author_time, commit_time) = (said.author_time().seconds, said.commit_time().seconds);
        if !period.holds(author_time) && !period.holds(commit_time) {
            continue;
        }
        let message = said.message();
        let mut lines = message.split(|byte| *byte == b'\n');
        let before = known.files.get(&own).and_then(|files| of_wanted(files, wanted));
        let files = before.unwrap_or_else(|| {
            let files = changed_files((&repo, &mut objects), replaced, (&commit, &parents), wanted);
            part.fresh.extend(files.iter().map(|files| (own, files.clone())));
            files.unwrap_or_default()
        });
        part.changes.push(Change {
            id: own,
            parents: parents.iter().copied().filter_map(object_id).collect(),
            author: said.author().email,
            author_time,
            commit_time,
            title: lines.find(|line| !line.is_empty()).and_then(LineHash::of),
            on_head: on_head.contains(id),
            files,
            named: session_names::of(&message, notes.on(own, &mut objects, &mut read_notes)),
        });
    }
    Ok(part)
}

/// The full id of the commit that `prefix` names, if it names only one.
pub fn resolve(repo: &Repo, prefix: &str) -> Option<ObjectId> {
    let short = Oid::from_str_ext(prefix, repo.raw().object_format()).ok()?;
    let id = repo.raw().odb().ok()?.exists_prefix(short, prefix.len()).ok()?;
    object_id(repo.commit_at(id).ok()?.id())
}

/// The recent part of a history.
struct History<'a> {
    commits: Commits<'a>,
    shallow: BTreeSet<ObjectId>,
}

impl<'a> History<'a> {
    fn new(repo: &'a Repo, packs: &'a Packs) -> Self {
        Self {
            commits: Commits::of(repo, packs),
            shallow: repo.shallow_commits(),
        }
    }

    /// The commits below `tips` made since `since`, newest first. Fails if one of them cannot be read.
    fn recent(&mut self, since: i64, tips: &[ObjectId]) -> Result<Vec<Oid>, GitError> {
        let mut pending = BinaryHeap::new();
        let mut seen = HashSet::new();
        let mut next: Vec<ObjectId> = tips.to_vec();
        let mut recent = Vec::new();
        let mut old = 0;
        loop {
            for id in next.drain(..) {
                if seen.insert(id) {
                    // Of commits made in the same second, the one met first comes first.
                    pending.push((self.commits.with_tree(&id)?.1, Reverse(seen.len()), id));
                }
            }
            let Some((second, _, id)) = pending.pop() else {
                return Ok(recent);
            };
            if second >= since {
                recent.push(oid(id)?);
                old = 0;
            } else {
                old += 1;
                if old > OLD_COMMITS_IN_A_ROW {
                    return Ok(recent);
                }
            }
            if !self.shallow.contains(&id) {
                next.extend(self.commits.with_tree(&id)?.2);
            }
        }
    }
}

/// The files that a commit changed against its first parent; none for a merge.
fn changed_files(
    (repo, objects): (&Repo, &mut Objects<'_>),
    replaced: &Replaced,
    (commit, parents): (&git2::Commit<'_>, &[Oid]),
    wanted: &HashSet<String>,
) -> Result<Vec<ChangedFile>, GitError> {
    if parents.len() > 1 {
        return Ok(Vec::new());
    }
    let parent = parents
        .first()
        .and_then(|parent| replaced.commit(repo, *parent).ok());
    let old = parent
        .as_ref()
        .map(|parent| known(parent.tree_id()))
        .transpose()?;
    let mut differences = Vec::new();
    // Unlike libgit2's, this comparison stops if a tree lists billions of files.
    trees::compare(
        objects,
        old.as_ref(),
        Some(&known(commit.tree_id())?),
        &mut differences,
    )?;
    let is_wanted = |path: &[u8]| wanted.contains(&*String::from_utf8_lossy(path));
    let paths = differences.iter().map(|difference| &*difference.path);
    let paths: Vec<&[u8]> = paths.filter(|path| is_wanted(path)).collect();
    let mut lines = lines_of(repo, (parent.as_ref(), commit), &paths)?;
    let mut files = Vec::new();
    for difference in &differences {
        let kind = |version: Option<trees::Version>| version.map(|version| version.kind);
        let (old, new) = (kind(difference.old), kind(difference.new));
        // A file that became a link was removed and added.
        let times = if old.is_some() && new.is_some() && old != new {
            2
        } else {
            1
        };
        for _ in 0..times {
            let lines = lines.get_mut(&difference.path).and_then(VecDeque::pop_front);
            files.push(ChangedFile {
                path: String::from_utf8_lossy(&difference.path).into_owned(),
                lines: lines.flatten(),
            });
        }
    }
    Ok(files)
}

/// The lines that differ in the files at `paths`; a file that changed its type occurs more than once.
fn lines_of(
    repo: &Repo,
    (parent, commit): (Option<&git2::Commit<'_>>, &git2::Commit<'_>),
    paths: &[&[u8]],
) -> Result<HashMap<Vec<u8>, VecDeque<Option<ChangedLines>>>, git2::Error> {
    let mut lines: HashMap<Vec<u8>, VecDeque<_>> = HashMap::new();
    if paths.is_empty() {
        return Ok(lines);
    }
    let mut options = DiffOptions::new();
    options
        .context_lines(0)
        .max_size(LARGEST_BLOB)
        .disable_pathspec_match(true);
    for path in paths {
        options.pathspec(*path);
    }
    if let Some(work_dir) = repo.work_dir() {
        let folders = attributes::folders(paths.iter().copied());
        screen::check_patterns(work_dir, folders)
            .map_err(|error| git2::Error::from_str(&error.to_string()))?;
    }
    let old = parent.map(git2::Commit::tree).transpose()?;
    let paths: HashSet<&[u8]> = paths.iter().copied().collect();
    let diff = repo
        .raw()
        .diff_tree_to_tree(old.as_ref(), Some(&commit.tree()?), Some(&mut options))?;
    for (index, delta) in diff.deltas().enumerate() {
        let path = delta.new_file().path_bytes().or(delta.old_file().path_bytes());
        // The pathspec of a file that became a directory also matches the files in it.
        if let Some(path) = path.filter(|path| paths.contains(path)) {
            let of_path = lines.entry(path.to_owned()).or_default();
            of_path.push_back(changed_lines(&diff, index).ok());
        }
    }
    Ok(lines)
}

fn changed_lines(diff: &git2::Diff<'_>, index: usize) -> Result<ChangedLines, git2::Error> {
    let mut lines = ChangedLines::default();
    let Some(patch) = Patch::from_diff(diff, index)? else {
        return Ok(lines);
    };
    for hunk in 0..patch.num_hunks() {
        for line in 0..patch.num_lines_in_hunk(hunk)? {
            let line = patch.line_in_hunk(hunk, line)?;
            let into = match line.origin() {
                '+' => &mut lines.added,
                '-' => &mut lines.removed,
                _ => continue,
            };
            into.extend(telling(line.content()));
        }
    }
    for side in [&mut lines.added, &mut lines.removed] {
        side.sort_unstable();
        side.dedup();
    }
    Ok(lines)
}

/// The hash of a line that is distinctive enough.
fn telling(line: &[u8]) -> Option<LineHash> {
    let signs = line
        .iter()
        .filter(|byte| byte.is_ascii_alphanumeric() || !byte.is_ascii());
    if signs.take(LEAST_SIGNS).count() < LEAST_SIGNS {
        return None;
    }
    LineHash::of(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: Option<u64>) -> ChangedFile {
        let lines = lines.map(|line| ChangedLines {
            added: vec![LineHash(line)],
            removed: Vec::new(),
        });
        ChangedFile {
            path: path.to_owned(),
            lines,
        }
    }

    #[test]
    fn known_files_are_as_good_as_read_ones_where_all_wanted_lines_are_known() {
        let known = [file("a.rs", Some(1)), file("b.rs", None)];
        let wanted = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
        assert_eq!(of_wanted(&known, &wanted(&["a.rs"])), Some(known.to_vec()));
        assert_eq!(
            of_wanted(&known, &wanted(&["c.rs"])),
            Some(vec![file("a.rs", None), file("b.rs", None)])
        );
        assert_eq!(of_wanted(&known, &wanted(&["b.rs"])), None);
    }

    #[test]
    fn lines_that_another_run_wanted_stay_known() {
        let mut known = vec![file("a.rs", Some(1)), file("b.rs", None)];
        learn(&mut known, vec![file("a.rs", None), file("b.rs", Some(2))]);
        assert_eq!(known, [file("a.rs", Some(1)), file("b.rs", Some(2))]);
    }

    #[test]
    fn brackets_and_rulers_tell_nothing() {
        assert_eq!(telling(b"    });"), None);
        assert_eq!(telling(b"// ------"), None);
        assert_eq!(telling(b"\treturn 1"), LineHash::of(b"return 1"));
        assert!(telling("/* ja */ // \u{e4}\u{f6}".as_bytes()).is_some());
    }
}
