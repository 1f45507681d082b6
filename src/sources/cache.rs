//! The cache of commit facts: a commit never changes, so it is read only once.
//!
//! One file per repository and way of counting, in parts: the first contains a whole history, each later one the
//! commits that a run found beyond it. Of two concurrent scans the later one wins, and what it lacks is read again.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::rows::{People, Row};
use super::store::{Body, Kind, Slot, StoreError, clone_name};
use crate::facts::commit::{Commit, Person};
use crate::facts::ids::ObjectId;
use crate::git::changes::Renames;
use crate::git::walk::newest_first;

/// Increase it whenever facts are stored or found differently.
pub(super) const VERSION: u32 = 9;

/// The cached facts of one repository.
pub(super) struct Cache {
    slot: Slot,
}

/// What earlier runs found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Kept {
    /// The commits from which the last one walked, sorted; none if it did not reach all their ancestors.
    pub(super) heads: Vec<ObjectId>,
    /// The commits that these reach, in the order of a walk.
    pub(super) reached: Vec<Commit>,
    /// Others that may be needed again.
    pub(super) others: Vec<Commit>,
    /// The file, to be extended; `None` if it is better rewritten.
    pub(super) file: Option<KeptFile>,
}

/// The parts of a cache file as stored.
#[derive(Debug, PartialEq)]
pub(super) struct KeptFile(Body);

/// A file of more parts than this is rewritten.
const MOST_PARTS: usize = 40;

/// A part of the file: people once, commits by column order of a row.
#[derive(Serialize, Deserialize)]
struct Part {
    heads: Vec<ObjectId>,
    /// How many of the commits, starting with the first, the heads reach.
    reached: usize,
    people: Vec<Person>,
    commits: Vec<Row>,
}

impl Cache {
    /// The cache of the repository with this common directory, counted this way and with these replacements for its
    /// objects, below `folder`.
    pub(super) fn new(folder: &Path, common_dir: &Path, renames: Renames, replaced: Option<u64>) -> Self {
        let name = clone_name(common_dir);
        let way = match renames {
            Renames::Follow => "renames",
            Renames::Ignore => "plain",
        };
        // A commit never changes, but its replacement may.
        let replaced = replaced.map_or(String::new(), |number| format!(".{number:016x}"));
        let name = format!("{name}.{way}{replaced}");
        Self {
            slot: Slot::new(folder, Kind::History, VERSION, name),
        }
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        self.slot.path()
    }

    /// All cached commits.
    pub(super) fn load(&self) -> Result<Kept, StoreError> {
        let body = self.slot.read()?;
        let mut kept = Kept::default();
        let mut rest = &*body;
        let mut parts = 0;
        while !rest.is_empty() {
            let part;
            (part, rest) = postcard::take_from_bytes::<Part>(rest).map_err(|_| StoreError::Damaged)?;
            part.add_to(&mut kept).ok_or(StoreError::Damaged)?;
            parts += 1;
        }
        kept.reached.sort_by_key(newest_first);
        kept.file = (parts < MOST_PARTS).then_some(KeptFile(body));
        Ok(kept)
    }

    /// Replaces the cached commits: those that `heads` reach, and others.
    pub(super) fn save(&self, heads: &[ObjectId], reached: &[Commit], others: &[Commit]) -> io::Result<()> {
        let part = Part::of(heads, reached, others);
        self.slot.save(&part)
    }

    /// Adds the commits that `heads` reach beyond those cached in `file`.
    pub(super) fn append(&self, file: KeptFile, heads: &[ObjectId], beyond: &[Commit]) -> io::Result<()> {
        let part = Part::of(heads, beyond, &[]);
        self.slot.write(file.0.with(&part)?)
    }
}

impl Part {
    fn of(heads: &[ObjectId], reached: &[Commit], others: &[Commit]) -> Self {
        let mut people = People::default();
        let mut commits: Vec<Row> = reached.iter().map(|commit| people.row(commit)).collect();
        let reached = commits.len();
        commits.extend(others.iter().map(|commit| people.row(commit)));
        Self {
            heads: heads.to_vec(),
            reached,
            people: people.list(),
            commits,
        }
    }

    /// `None` if the part contradicts itself.
    fn add_to(self, kept: &mut Kept) -> Option<()> {
        let people = self.people;
        let commits = self.commits.into_iter().map(|row| row.commit(&people));
        let mut commits: Vec<Commit> = commits.collect::<Option<_>>()?;
        kept.others
            .extend(commits.drain(self.reached.min(commits.len())..));
        if commits.len() < self.reached {
            return None;
        }
        kept.reached.extend(commits);
        kept.heads = self.heads;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::assert_damage_is_noticed;
    use super::*;
    use crate::facts::commit::{Instant, LineCounts};
    use crate::facts::evidence::Origin;
    use crate::facts::files::FileClass;
    use crate::facts::signs;

    fn commit(number: u8) -> Commit {
        let author = Person {
            name: "Ada".to_owned(),
            email: "noreply@anthropic.com".to_owned(),
        };
        Commit {
            id: [number; 20].into(),
            parents: vec![[number + 1; 20].into()],
            author_time: Instant {
                seconds: -5,
                offset: 90,
            },
            commit_time: Instant {
                seconds: 5,
                offset: -90,
            },
            subject: "caf\u{e9}".to_owned(),
            lines: (number > 1).then(LineCounts::default),
            by_class: vec![(FileClass::Lock, LineCounts::default())],
            claiming: (number > 1).then(|| Box::from(&b"tree"[..])),
            origin: Origin::new(signs::in_commit(&author, b"")),
            author,
        }
    }

    fn saved(folder: &Path) -> Cache {
        let cache = Cache::new(folder, Path::new("/src/kiln/.git"), Renames::Follow, None);
        let heads = [[1; 20].into()];
        cache.save(&heads, &[commit(1), commit(2)], &[commit(9)]).unwrap();
        cache
    }

    #[test]
    fn what_is_kept_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let kept = saved(folder.path()).load().unwrap();
        assert_eq!(kept.heads, [[1; 20].into()]);
        assert_eq!(kept.reached, [commit(1), commit(2)]);
        assert_eq!(kept.others, [commit(9)]);
    }

    #[test]
    fn what_is_found_beyond_is_added_until_there_are_many_parts() {
        let folder = tempfile::tempdir().unwrap();
        let cache = saved(folder.path());
        let mut added = 0;
        while let Some(file) = cache.load().unwrap().file {
            added += 1;
            cache
                .append(file, &[[100 + added; 20].into()], &[commit(100 + added)])
                .unwrap();
        }
        let kept = cache.load().unwrap();
        assert_eq!(usize::from(added), MOST_PARTS - 1);
        assert_eq!(kept.heads, [[100 + added; 20].into()]);
        assert_eq!(kept.reached.len(), 2 + usize::from(added));
        assert!(kept.reached.is_sorted_by_key(newest_first));
        assert_eq!(kept.others, [commit(9)]);
    }

    #[test]
    fn any_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = saved(folder.path());
        let whole = cache.load().unwrap();
        assert_damage_is_noticed(cache.path(), || cache.load().is_ok_and(|kept| kept == whole));
    }

    #[test]
    fn ways_of_counting_and_repositories_are_apart() {
        let folder = tempfile::tempdir().unwrap();
        saved(folder.path());
        let other = |common_dir, renames| Cache::new(folder.path(), Path::new(common_dir), renames, None);
        for cache in [
            other("/src/kiln/.git", Renames::Ignore),
            other("/src/loom/.git", Renames::Follow),
        ] {
            assert!(matches!(cache.load(), Err(StoreError::Absent)));
        }
    }
}
