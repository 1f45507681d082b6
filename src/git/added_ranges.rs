//! Which lines of which files a commit added, by line number: the new side of `git show -M -U0`.

use std::collections::{BTreeSet, HashMap};
use std::ops::RangeInclusive;
use std::rc::Rc;

use rayon::prelude::*;

use super::Repo;
use super::lines::{LineDiff, looks_binary};
use super::packs::{ObjectError, Objects};
use super::renames;
use super::trees::{self, Version};
use super::walk::read_commit;
use crate::facts::ids::ObjectId;

/// Larger blobs count as binary here: nobody writes that much by hand, and several threads read some at once.
const LARGEST_BLOB: u64 = 10 << 20;
/// The cache of each thread, in bytes of objects.
const KEPT: usize = 16 << 20;
/// How many commits a thread takes at a time: neighbors share their trees.
const AT_ONCE: usize = 32;

/// The lines that a commit added, from 1, by path.
pub type AddedRanges = HashMap<String, Vec<RangeInclusive<u32>>>;

/// What each commit added to the requested files. A merge adds nothing.
pub fn added_ranges(
    repo: &Repo,
    wanted: &[(ObjectId, BTreeSet<&str>)],
) -> Vec<Result<AddedRanges, ObjectError>> {
    let packs = repo.packs();
    let place = repo.git_dir();
    wanted
        .par_chunks(AT_ONCE)
        .flat_map_iter(|chunk| {
            let mut reader = Reader {
                objects: Objects::new(&packs, place, KEPT),
                diff: LineDiff::default(),
            };
            let found: Vec<_> = chunk
                .iter()
                .map(|(commit, paths)| reader.added_by(commit, paths))
                .collect();
            found
        })
        .collect()
}

struct Reader<'a> {
    objects: Objects<'a>,
    diff: LineDiff,
}

impl Reader<'_> {
    fn added_by(&mut self, commit: &ObjectId, paths: &BTreeSet<&str>) -> Result<AddedRanges, ObjectError> {
        let mut added = AddedRanges::new();
        let new = read_commit(commit, &mut self.objects)?;
        if new.parents.len() > 1 {
            return Ok(added);
        }
        let old_tree = match new.parents.first() {
            Some(parent) => Some(read_commit(parent, &mut self.objects)?.tree),
            None => None,
        };
        let mut differences = Vec::new();
        trees::compare(
            &mut self.objects,
            old_tree.as_ref(),
            Some(&new.tree),
            &mut differences,
        )?;
        for change in renames::detect(differences, &mut self.objects, LARGEST_BLOB)? {
            let path = String::from_utf8_lossy(&change.path).into_owned();
            if change.new.is_some() && paths.contains(path.as_str()) {
                let ranges = self.compare(change.old, change.new)?;
                added.insert(path, ranges);
            }
        }
        Ok(added)
    }

    fn compare(
        &mut self,
        old: Option<Version>,
        new: Option<Version>,
    ) -> Result<Vec<RangeInclusive<u32>>, ObjectError> {
        let (Some(old), Some(new)) = (self.text(old)?, self.text(new)?) else {
            return Ok(Vec::new());
        };
        let hunks = self.diff.hunks(&old, &new);
        let added = hunks.into_iter().filter(|hunk| hunk.new_len > 0);
        Ok(added
            .map(|hunk| hunk.new_start as u32 + 1..=(hunk.new_start + hunk.new_len) as u32)
            .collect())
    }

    /// `None` for a binary file.
    fn text(&mut self, version: Option<Version>) -> Result<Option<Rc<Vec<u8>>>, ObjectError> {
        let Some(version) = version else {
            return Ok(Some(Rc::default()));
        };
        match self.objects.read(&version.id, LARGEST_BLOB) {
            Ok(object) => Ok(Some(object.data).filter(|data| !looks_binary(data))),
            Err(ObjectError::TooLarge(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
