//! Which removed file became which added one, as `git log` decides by default.
//!
//! Equal contents first, those of the same name before others. Then files whose name is unique on both sides, if three
//! quarters of their content are the same. Then all pairs that are left, the most similar first, from half on; unless
//! there are so many that git does not look at them.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::lines::looks_binary;
use super::packs::{ObjectError, Objects, RawId};
use super::trees::{Difference, FileKind, Version};

/// The measure of similarity: all of it.
const ALL: u64 = 60_000;
/// Half: from here on a file counts as moved.
const ENOUGH: u64 = 30_000;
/// Three quarters: enough for files of the same, unique name.
const ENOUGH_BY_NAME: u64 = 45_000;
/// No more pairs than the square of this are compared (`diff.renameLimit`).
const MOST_FILES: usize = 1000;
/// For each added file so many of the removed ones are remembered.
const CANDIDATES: usize = 4;

/// A difference, and where the file was before, if it moved.
pub(super) struct Change {
    pub(super) path: Vec<u8>,
    pub(super) old_path: Option<Vec<u8>>,
    pub(super) old: Option<Version>,
    pub(super) new: Option<Version>,
}

/// A file that was only removed, or only added.
struct Candidate {
    /// Its place among the differences.
    at: usize,
    version: Version,
    /// Where the file went or came from: a place among the candidates of the other kind.
    partner: Option<usize>,
}

/// Contents that were looked at, for all questions about one commit.
#[derive(Default)]
pub(super) struct Contents(HashMap<RawId, Option<Rc<Content>>>);

/// Joins what was removed here and added there. Files above `limit` bytes are similar to none.
pub(super) fn detect(
    differences: Vec<Difference>,
    objects: &mut Objects<'_>,
    limit: u64,
) -> Result<Vec<Change>, ObjectError> {
    let (removed, added) = match_files(&differences, objects, limit, &mut Contents::default())?;
    Ok(join(differences, &removed, &added))
}

/// Where the only added file among the differences was before, as a place among them: what `git blame` decides for one
/// path, and `git log --follow`.
pub(super) fn source_of_added(
    differences: &[Difference],
    objects: &mut Objects<'_>,
    limit: u64,
    contents: &mut Contents,
) -> Result<Option<usize>, ObjectError> {
    let (removed, added) = match_files(differences, objects, limit, contents)?;
    let partner = added.first().and_then(|only| only.partner);
    Ok(partner.map(|partner| removed[partner].at))
}

/// The removed and the added files, each with its partner.
fn match_files(
    differences: &[Difference],
    objects: &mut Objects<'_>,
    limit: u64,
    contents: &mut Contents,
) -> Result<(Vec<Candidate>, Vec<Candidate>), ObjectError> {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for (at, difference) in differences.iter().enumerate() {
        let (side, version) = match (difference.old, difference.new) {
            (Some(old), None) => (&mut removed, old),
            (None, Some(new)) => (&mut added, new),
            _ => continue,
        };
        side.push(Candidate {
            at,
            version,
            partner: None,
        });
    }
    let mut matcher = Matcher {
        differences,
        removed,
        added,
        objects,
        limit,
        contents,
    };
    if !matcher.removed.is_empty() && !matcher.added.is_empty() {
        matcher.same_content();
        matcher.same_name()?;
        matcher.most_similar()?;
    }
    Ok((matcher.removed, matcher.added))
}

/// The differences, each moved file once: under its new name.
fn join(differences: Vec<Difference>, removed: &[Candidate], added: &[Candidate]) -> Vec<Change> {
    let mut origin: HashMap<usize, usize> = HashMap::new();
    let mut gone = vec![false; differences.len()];
    for candidate in added {
        if let Some(source) = candidate.partner.map(|partner| removed[partner].at) {
            origin.insert(candidate.at, source);
            gone[source] = true;
        }
    }
    let origins: Vec<_> = (0..differences.len())
        .map(|at| {
            let source = &differences[*origin.get(&at)?];
            Some((source.path.clone(), source.old))
        })
        .collect();
    differences
        .into_iter()
        .zip(origins)
        .zip(gone)
        .filter(|(_, gone)| !gone)
        .map(|((difference, origin), _)| match origin {
            Some((path, old)) => Change {
                old_path: Some(path),
                old,
                path: difference.path,
                new: difference.new,
            },
            None => Change::from(difference),
        })
        .collect()
}

impl From<Difference> for Change {
    fn from(difference: Difference) -> Self {
        Self {
            path: difference.path,
            old_path: None,
            old: difference.old,
            new: difference.new,
        }
    }
}

struct Matcher<'a, 'objects> {
    differences: &'a [Difference],
    removed: Vec<Candidate>,
    added: Vec<Candidate>,
    objects: &'a mut Objects<'objects>,
    limit: u64,
    contents: &'a mut Contents,
}

/// A pair to be judged: an added file, and the removed one it may have been.
#[derive(Clone, Copy)]
struct Guess {
    similarity: u64,
    same_name: bool,
    removed: usize,
    added: usize,
}

impl Guess {
    /// Better guesses are greater.
    fn rank(&self) -> (u64, bool) {
        (self.similarity, self.same_name)
    }
}

/// The removed files of one content.
#[derive(Default)]
struct Equal<'d> {
    all: Queue,
    by_name: HashMap<&'d [u8], Queue>,
}

/// Files in order, those that have a partner dropped as they are met.
#[derive(Default)]
struct Queue(VecDeque<usize>);

impl Queue {
    fn push(&mut self, file: usize) {
        self.0.push_back(file);
    }

    /// Takes the first that is free.
    fn next(&mut self, is_free: impl Fn(usize) -> bool) -> Option<usize> {
        while let Some(file) = self.0.pop_front() {
            if is_free(file) {
                return Some(file);
            }
        }
        None
    }
}

/// What equal files have in common: links and submodules are equal only to their like, and files whatever their mode.
fn content_key(candidate: &Candidate) -> (RawId, u32) {
    let mode = match candidate.version.kind {
        FileKind::Regular => 0,
        _ => candidate.version.mode,
    };
    (candidate.version.id, mode)
}

fn name<'d>(differences: &'d [Difference], candidate: &Candidate) -> &'d [u8] {
    let path = &differences[candidate.at].path;
    let start = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
    &path[start..]
}

impl Matcher<'_, '_> {
    fn name(&self, candidate: &Candidate) -> &[u8] {
        name(self.differences, candidate)
    }

    fn pair(&mut self, removed: usize, added: usize) {
        self.removed[removed].partner = Some(added);
        self.added[added].partner = Some(removed);
    }

    /// Looks at each removed file a few times, however many have one content.
    fn same_content(&mut self) {
        let differences = self.differences;
        let mut equal: HashMap<(RawId, u32), Equal<'_>> = HashMap::new();
        for (number, candidate) in self.removed.iter().enumerate() {
            let equal = equal.entry(content_key(candidate)).or_default();
            equal.all.push(number);
            let of_name = equal.by_name.entry(name(differences, candidate)).or_default();
            of_name.push(number);
        }
        for number in 0..self.added.len() {
            let target = &self.added[number];
            let Some(equal) = equal.get_mut(&content_key(target)) else {
                continue;
            };
            let is_free = |source: usize| self.removed[source].partner.is_none();
            let of_name = equal.by_name.get_mut(name(differences, target));
            let best = of_name.and_then(|of_name| of_name.next(is_free));
            if let Some(best) = best.or_else(|| equal.all.next(is_free)) {
                self.pair(best, number);
            }
        }
    }

    fn same_name(&mut self) -> Result<(), ObjectError> {
        let removed = self.unique_names(&self.removed);
        let added = self.unique_names(&self.added);
        let mut pairs: Vec<(usize, usize)> = removed
            .iter()
            .filter_map(|(name, source)| Some(((*source)?, (*added.get(name)?)?)))
            .collect();
        pairs.sort_unstable();
        for (source, target) in pairs {
            if self.similarity(source, target)? >= ENOUGH_BY_NAME {
                self.pair(source, target);
            }
        }
        Ok(())
    }

    /// The names of the files that are left; `None` where several have the same.
    fn unique_names(&self, candidates: &[Candidate]) -> HashMap<Vec<u8>, Option<usize>> {
        let mut names = HashMap::new();
        for (number, candidate) in candidates.iter().enumerate() {
            if candidate.partner.is_none() {
                names
                    .entry(self.name(candidate).to_vec())
                    .and_modify(|known| *known = None)
                    .or_insert(Some(number));
            }
        }
        names
    }

    fn most_similar(&mut self) -> Result<(), ObjectError> {
        let left = |candidates: &[Candidate]| -> Vec<usize> {
            (0..candidates.len())
                .filter(|number| candidates[*number].partner.is_none())
                .collect()
        };
        let (removed, added) = (left(&self.removed), left(&self.added));
        if removed.len() * added.len() > MOST_FILES * MOST_FILES {
            return Ok(());
        }
        let mut guesses = Vec::new();
        for added in added {
            guesses.extend(self.best_guesses(added, &removed)?);
        }
        guesses.sort_by_key(|guess| std::cmp::Reverse(guess.rank()));
        for guess in guesses {
            let is_free =
                self.removed[guess.removed].partner.is_none() && self.added[guess.added].partner.is_none();
            if guess.similarity >= ENOUGH && is_free {
                self.pair(guess.removed, guess.added);
            }
        }
        Ok(())
    }

    /// The few removed files that an added one is most similar to. A new guess takes the place of the worst one.
    fn best_guesses(&mut self, added: usize, removed: &[usize]) -> Result<Vec<Guess>, ObjectError> {
        let mut best: Vec<Guess> = Vec::with_capacity(CANDIDATES);
        for removed in removed.iter().copied() {
            let guess = Guess {
                similarity: self.similarity(removed, added)?,
                same_name: self.name(&self.removed[removed]) == self.name(&self.added[added]),
                removed,
                added,
            };
            if best.len() < CANDIDATES {
                best.push(guess);
                continue;
            }
            // The first of the worst, as `min_by_key` finds it.
            if let Some(worst) = best.iter_mut().min_by_key(|guess| guess.rank())
                && worst.rank() < guess.rank()
            {
                *worst = guess;
            }
        }
        Ok(best)
    }

    /// How much of the larger file the two share, of [`ALL`]; 0 where it cannot be half.
    fn similarity(&mut self, removed: usize, added: usize) -> Result<u64, ObjectError> {
        let (old, new) = (self.removed[removed].version, self.added[added].version);
        if old.kind != FileKind::Regular || new.kind != FileKind::Regular {
            return Ok(0);
        }
        let (Some(old), Some(new)) = (self.content(&old.id)?, self.content(&new.id)?) else {
            return Ok(0);
        };
        let (larger, smaller) = (old.size.max(new.size), old.size.min(new.size));
        if larger * (ALL - ENOUGH) < (larger - smaller) * ALL || new.size == 0 {
            return Ok(0);
        }
        Ok(old.shared(&new) * ALL / larger)
    }

    fn content(&mut self, id: &RawId) -> Result<Option<Rc<Content>>, ObjectError> {
        if let Some(known) = self.contents.0.get(id) {
            return Ok(known.clone());
        }
        let content = match self.objects.read(id, self.limit) {
            Ok(object) => Some(Rc::new(Content::of(&object.data))),
            Err(ObjectError::TooLarge(_)) => None,
            Err(error) => return Err(error),
        };
        self.contents.0.insert(*id, content.clone());
        Ok(content)
    }
}

/// A file as the bag of its chunks: lines, or 64 bytes of longer ones.
struct Content {
    size: u64,
    /// The hash of each chunk and the bytes in all chunks with it, sorted by hash.
    chunks: Vec<(u32, u64)>,
}

/// Chunks are told apart by this many hashes, as git does.
const HASHES: u32 = 107_927;
const LONGEST_CHUNK: u64 = 64;

impl Content {
    fn of(data: &[u8]) -> Self {
        let is_text = !looks_binary(data);
        let (mut high, mut low, mut len) = (0_u32, 0_u32, 0);
        let mut chunks = Vec::new();
        let mut bytes = data.iter().peekable();
        while let Some(byte) = bytes.next() {
            // Line ends are one, however they are written.
            if is_text && *byte == b'\r' && bytes.peek() == Some(&&b'\n') {
                continue;
            }
            let before = high;
            high = (high << 7 ^ low >> 25).wrapping_add(u32::from(*byte));
            low = low << 7 ^ before >> 25;
            len += 1;
            if len == LONGEST_CHUNK || *byte == b'\n' {
                chunks.push((chunk_hash(high, low), len));
                (high, low, len) = (0, 0, 0);
            }
        }
        if len > 0 {
            chunks.push((chunk_hash(high, low), len));
        }
        chunks.sort_unstable();
        chunks.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        Self {
            size: data.len() as u64,
            chunks,
        }
    }

    /// The bytes of chunks that both have.
    fn shared(&self, other: &Self) -> u64 {
        let mut theirs = other.chunks.iter().peekable();
        let mut shared = 0;
        for (hash, bytes) in &self.chunks {
            while theirs.next_if(|(their_hash, _)| their_hash < hash).is_some() {}
            if let Some((_, their_bytes)) = theirs.next_if(|(their_hash, _)| their_hash == hash) {
                shared += bytes.min(their_bytes);
            }
        }
        shared
    }
}

fn chunk_hash(high: u32, low: u32) -> u32 {
    high.wrapping_add(low.wrapping_mul(0x61)) % HASHES
}

#[cfg(test)]
mod tests;
