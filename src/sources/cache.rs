//! The cache of commit facts: a commit never changes, so it is read only once.
//!
//! One file per repository and way of counting, in parts: the first contains a whole history, each later one the
//! commits that a run found beyond it. The commits are in columns, which are read where they are in the file. Of two concurrent
//! scans the later one wins, and what it lacks is read again.

use std::io;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::store::{Body, Kind, Slot, StoreError, clone_name};
use crate::facts::commit::{Commit, newest_first};
use crate::facts::commits::{Commits, Layer, layout};
use crate::facts::ids::ObjectId;
use crate::facts::shared_bytes::SharedBytes;
use crate::git::changes::Renames;

/// Increase it whenever facts are stored or found differently.
pub(super) const VERSION: u32 = 11;

/// The cached facts of one repository.
pub(super) struct Cache {
    slot: Slot,
    /// Whether commits may have other parents than their objects name.
    is_regrown: bool,
}

/// A state of a file of the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptIn {
    /// Its name, relative to the cache.
    pub file: String,
    /// What distinguishes this state from others.
    pub sum: u64,
}

/// What earlier runs found.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The commits from which the last one walked, sorted; none if it did not reach all their ancestors.
    pub(super) heads: Vec<ObjectId>,
    /// The commits that these reach.
    pub(super) reached: Commits,
    /// Others that may be needed again.
    pub(super) others: Commits,
    /// The file, to be extended; `None` if it is better rewritten.
    pub(super) file: Option<KeptFile>,
    /// Where the commits that the heads reach are.
    pub(super) kept_in: Option<KeptIn>,
}

/// The parts of a cache file as stored, with where they begin.
#[derive(Debug, Clone)]
pub(super) struct KeptFile(SharedBytes, usize);

/// Commits that were written, and the file; the error if there is none.
pub(super) struct Saved {
    pub(super) commits: Commits,
    pub(super) kept_in: io::Result<KeptIn>,
}

/// A file of more parts than this is rewritten.
const MOST_PARTS: usize = 40;

impl Cache {
    /// The cache of the repository with this common directory, counted this way and with these replacements for its
    /// objects, below `folder`.
    pub(super) fn new(folder: &Path, common_dir: &Path, renames: Renames, replaced: Option<u64>) -> Self {
        let name = clone_name(common_dir);
        let way = match renames {
            Renames::Follow => "renames",
            Renames::Ignore => "plain",
        };
        let is_regrown = replaced.is_some();
        // A commit never changes, but its replacement may.
        let replaced = replaced.map_or(String::new(), |number| format!(".{number:016x}"));
        let name = format!("{name}.{way}{replaced}");
        Self {
            slot: Slot::new(folder, Kind::History, VERSION, name),
            is_regrown,
        }
    }

    /// Its path.
    pub(super) fn path(&self) -> &Path {
        self.slot.path()
    }

    /// All cached commits.
    pub(super) fn load(&self) -> Result<Kept, StoreError> {
        let file = self.slot.share()?;
        let mut kept = parts(&file.bytes, file.start).ok_or(StoreError::Damaged)?;
        kept.kept_in = self.kept_in(file.sum);
        Ok(kept)
    }

    fn kept_in(&self, sum: u64) -> Option<KeptIn> {
        let file = self.slot.name()?.to_owned();
        Some(KeptIn { file, sum })
    }

    /// Replaces the cached commits: those that `heads` reach, and others.
    pub(super) fn save(&self, heads: &[ObjectId], mut reached: Vec<Commit>, others: &[Commit]) -> Saved {
        reached.sort_by_key(newest_first);
        self.write(self.slot.empty(), heads, reached, others)
    }

    /// Adds the commits that `heads` reach beyond those cached in `file`, which `before` are.
    pub(super) fn append(
        &self,
        KeptFile(bytes, start): KeptFile,
        before: Commits,
        heads: &[ObjectId],
        beyond: Vec<Commit>,
    ) -> Saved {
        let body = Body::copied(&bytes, start);
        let Saved { commits, kept_in } = self.write(body, heads, beyond, &[]);
        Saved {
            commits: before.and(commits),
            kept_in,
        }
    }

    fn write(&self, body: Body, heads: &[ObjectId], reached: Vec<Commit>, others: &[Commit]) -> Saved {
        let laid_out = layout(&reached, self.is_regrown).zip(layout(others, self.is_regrown));
        let heads = postcard::to_stdvec(heads).map_err(io::Error::other);
        let (Some((table, others)), Ok(heads)) = (laid_out, heads) else {
            let kept_in = Err(io::Error::other("its ids have different lengths"));
            let commits = reached.into();
            return Saved { commits, kept_in };
        };
        let mut body = body;
        for block in [&heads, &table, &others] {
            body = body
                .with_bytes(&(block.len() as u64).to_le_bytes())
                .with_bytes(block);
        }
        let written = self.slot.write(body);
        let all = 0..table.len();
        let layer = Layer::read(&SharedBytes::new(table), all);
        Saved {
            commits: layer.map_or_else(|| reached.into(), |layer| Commits::of_layers(vec![layer])),
            kept_in: written.and_then(|sum| {
                let kept_in = self.kept_in(sum);
                kept_in.ok_or_else(|| io::Error::other("its name is not valid UTF-8"))
            }),
        }
    }
}

/// The parts of a file whose content begins at `start`; `None` if one of them is not one.
fn parts(bytes: &SharedBytes, start: usize) -> Option<Kept> {
    let mut kept = Kept::default();
    let (mut reached, mut others) = (Vec::new(), Vec::new());
    let mut at = start;
    let mut parts = 0;
    while at < bytes.len() {
        let heads = block(bytes, &mut at)?;
        kept.heads = match postcard::take_from_bytes(bytes.get(heads)?) {
            Ok((heads, [])) => heads,
            _ => return None,
        };
        reached.push(Layer::read(bytes, block(bytes, &mut at)?)?);
        others.push(Layer::read(bytes, block(bytes, &mut at)?)?);
        parts += 1;
    }
    kept.reached = Commits::of_layers(reached);
    kept.others = Commits::of_layers(others);
    kept.file = (parts < MOST_PARTS).then(|| KeptFile(bytes.clone(), start));
    Some(kept)
}

/// The block whose length is at a position, which moves behind it.
fn block(bytes: &[u8], at: &mut usize) -> Option<Range<usize>> {
    let length = u64::from_le_bytes(*bytes.get(*at..)?.first_chunk()?);
    let start = *at + 8;
    let end = start.checked_add(usize::try_from(length).ok()?)?;
    *at = end;
    (end <= bytes.len()).then_some(start..end)
}

/// The commits in the file of the cache that `kept_in` names, if it still has that state.
pub fn commits_in(cache: &Path, kept_in: &KeptIn) -> Option<Commits> {
    let name = kept_in.file.strip_prefix("history-")?;
    let slot = Slot::new(cache, Kind::History, VERSION, name);
    let file = slot.share().ok().filter(|file| file.sum == kept_in.sum)?;
    Some(parts(&file.bytes, file.start)?.reached)
}

#[cfg(test)]
mod tests {
    use super::super::store::assert_damage_is_noticed;
    use super::*;
    use crate::facts::commit::{Instant, LineCounts, Person};
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
            tree: [number + 100; 20].into(),
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
            reverts: [Box::from("0123456")].into(),
            origin: Origin::new(signs::in_commit(&author, b"")),
            author,
        }
    }

    fn saved(folder: &Path) -> Cache {
        let cache = Cache::new(folder, Path::new("/src/kiln/.git"), Renames::Follow, None);
        let heads = [[1; 20].into()];
        let saved = cache.save(&heads, vec![commit(1), commit(2)], &[commit(9)]);
        assert_eq!(*saved.commits, [commit(1), commit(2)]);
        assert_eq!(cache.load().unwrap().kept_in, saved.kept_in.ok());
        cache
    }

    #[test]
    fn what_is_kept_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let kept = saved(folder.path()).load().unwrap();
        assert_eq!(kept.heads, [[1; 20].into()]);
        assert_eq!(*kept.reached, [commit(1), commit(2)]);
        assert_eq!(*kept.others, [commit(9)]);
        let kept_in = kept.kept_in.unwrap();
        assert_eq!(commits_in(folder.path(), &kept_in), Some(kept.reached));
        let other = KeptIn {
            sum: kept_in.sum + 1,
            ..kept_in
        };
        assert_eq!(commits_in(folder.path(), &other), None, "another state");
    }

    #[test]
    fn what_is_found_beyond_is_added_until_there_are_many_parts() {
        let folder = tempfile::tempdir().unwrap();
        let cache = saved(folder.path());
        let mut added = 0;
        while let Kept {
            file: Some(file),
            reached,
            ..
        } = cache.load().unwrap()
        {
            added += 1;
            let heads = [[100 + added; 20].into()];
            let saved = cache.append(file, reached, &heads, vec![commit(100 + added)]);
            assert_eq!(saved.commits, cache.load().unwrap().reached);
        }
        let kept = cache.load().unwrap();
        assert_eq!(usize::from(added), MOST_PARTS - 1);
        assert_eq!(kept.heads, [[100 + added; 20].into()]);
        assert_eq!(kept.reached.len(), 2 + usize::from(added));
        assert!(kept.reached.is_sorted_by_key(newest_first));
        assert_eq!(*kept.others, [commit(9)]);
    }

    #[test]
    fn any_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = saved(folder.path());
        let whole = cache.load().unwrap();
        assert_damage_is_noticed(cache.path(), || {
            cache.load().is_ok_and(|kept| {
                kept.heads == whole.heads && kept.reached == whole.reached && kept.others == whole.others
            })
        });
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
