//! Which removed file became which added one, as `git log` decides by default.
//!
//! Equal contents first, preferring those with the same name. Then files whose name is unique on both sides, if three quarters of
//! their content are the same. Then all remaining pairs, the most similar first, if at least half is the same; unless there are
//! so many that git does not compare them.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use super::lines::looks_binary;
use super::packs::{ObjectError, Objects};
use super::trees::{Difference, FileKind, Version};
use crate::facts::ids::ObjectId;

/// The scale of similarity: identical.
const ALL: u64 = 60_000;
/// Half: from here on, a file counts as moved.
const ENOUGH: u64 = 30_000;
/// Three quarters: enough for files with the same, unique name.
const ENOUGH_BY_NAME: u64 = 45_000;
/// At most the square of this many pairs are compared (`diff.renameLimit`).
const MOST_FILES: usize = 1000;
/// For each added file, this many removed ones are remembered.
const CANDIDATES: usize = 4;
/// The budget for comparing the contents of one commit's files, in bytes read and chunks compared. The thousand by a thousand
/// files that git compares need a part of it, unless each has thousands of lines.
const MOST_WORK: u64 = 6_000_000_000;
/// Reading and splitting a byte of a file costs as much as comparing this many chunks.
const READING: u64 = 4;
/// How many chunks are cached, of any number of files.
const MOST_CHUNKS: usize = 16_000_000;

/// A difference, and the previous path of the file if it moved.
pub(super) struct Change {
    pub(super) path: Vec<u8>,
    pub(super) old_path: Option<Vec<u8>>,
    pub(super) old: Option<Version>,
    pub(super) new: Option<Version>,
}

/// A file that was only removed, or only added.
struct Candidate {
    /// Its position among the differences.
    at: usize,
    version: Version,
    /// Where the file went or came from: a position among the candidates of the other kind.
    partner: Option<usize>,
}

/// The similarity of files, for all questions about one commit, and the remaining budget.
struct Likeness {
    /// Files above this many bytes are similar to none.
    limit: u64,
    contents: HashMap<ObjectId, Option<Rc<Content>>>,
    chunks: usize,
    work: u64,
}

/// Matches removed files with added ones. Files above `limit` bytes are similar to none.
pub(super) fn detect(
    differences: Vec<Difference>,
    objects: &mut Objects<'_>,
    limit: u64,
) -> Result<Vec<Change>, ObjectError> {
    let (removed, added) = match_files(&differences, objects, limit)?;
    Ok(join(differences, &removed, &added))
}

/// The files that a commit removed, as candidates for the previous paths of those it added: each is looked up as if it were the
/// only added one, as in `git blame` and `git log --follow`.
pub(super) struct Sources {
    files: Vec<Difference>,
    removed: Vec<Candidate>,
    /// The first file of each content, and the first of each content and name.
    by_content: HashMap<ContentKey, usize>,
    by_content_and_name: HashMap<(ContentKey, Vec<u8>), usize>,
    /// The names of the files; `None` if several have the same.
    by_name: HashMap<Vec<u8>, Option<usize>>,
    likeness: Likeness,
}

impl Sources {
    /// The removed files among the differences of a commit. Files above `limit` bytes are similar to none.
    pub(super) fn among(differences: &[Difference], limit: u64) -> Self {
        let mut sources = Self {
            files: Vec::new(),
            removed: Vec::new(),
            by_content: HashMap::new(),
            by_content_and_name: HashMap::new(),
            by_name: HashMap::new(),
            likeness: Likeness::new(limit),
        };
        for difference in differences {
            if let (Some(version), None) = (difference.old, difference.new) {
                sources.add(difference.clone(), version);
            }
        }
        sources
    }

    fn add(&mut self, difference: Difference, version: Version) {
        let number = self.removed.len();
        let key = content_key(&version);
        let name = name_of(&difference.path).to_vec();
        self.by_content.entry(key).or_insert(number);
        self.by_content_and_name
            .entry((key, name.clone()))
            .or_insert(number);
        self.by_name
            .entry(name)
            .and_modify(|known| *known = None)
            .or_insert(Some(number));
        self.removed.push(Candidate {
            at: number,
            version,
            partner: None,
        });
        self.files.push(difference);
    }

    /// The previous file of an added one, if any.
    pub(super) fn source_of(
        &mut self,
        objects: &mut Objects<'_>,
        path: &[u8],
        version: Version,
    ) -> Result<Option<&Difference>, ObjectError> {
        if self.removed.is_empty() {
            return Ok(None);
        }
        let (key, name) = (content_key(&version), name_of(path).to_vec());
        let of_name = self.by_name.get(&name).copied().flatten();
        let same = self.by_content_and_name.get(&(key, name));
        let mut found = same.or_else(|| self.by_content.get(&key)).copied();
        if let (None, Some(number)) = (found, of_name) {
            let similarity = self
                .likeness
                .similarity(objects, self.removed[number].version, version)?;
            found = (similarity >= ENOUGH_BY_NAME).then_some(number);
        }
        if found.is_none() && self.removed.len() <= MOST_FILES * MOST_FILES {
            found = self.most_similar(objects, path, version)?;
        }
        Ok(found.and_then(|number| self.files.get(number)))
    }

    fn most_similar(
        &mut self,
        objects: &mut Objects<'_>,
        path: &[u8],
        version: Version,
    ) -> Result<Option<usize>, ObjectError> {
        let mut best = Guesses::default();
        for (number, (file, candidate)) in self.files.iter().zip(&self.removed).enumerate() {
            best.add(Guess {
                similarity: self.likeness.similarity(objects, candidate.version, version)?,
                same_name: name_of(&file.path) == name_of(path),
                removed: number,
                added: 0,
            });
        }
        let best = best.sorted().into_iter().next();
        let best = best.filter(|guess| guess.similarity >= ENOUGH);
        Ok(best.map(|guess| guess.removed))
    }
}

/// The removed and the added files, each with its partner.
fn match_files(
    differences: &[Difference],
    objects: &mut Objects<'_>,
    limit: u64,
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
        likeness: Likeness::new(limit),
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
    likeness: Likeness,
}

/// A pair to compare: an added file, and the removed one it may have been.
#[derive(Clone, Copy)]
struct Guess {
    similarity: u64,
    same_name: bool,
    removed: usize,
    added: usize,
}

impl Guess {
    /// Better candidates are greater.
    fn rank(&self) -> (u64, bool) {
        (self.similarity, self.same_name)
    }
}

/// The few removed files that an added one is most similar to.
#[derive(Default)]
struct Guesses(Vec<Guess>);

impl Guesses {
    /// Replaces the worst candidate by a new one.
    fn add(&mut self, guess: Guess) {
        if self.0.len() < CANDIDATES {
            return self.0.push(guess);
        }
        // The first of the worst, as `min_by_key` finds it.
        if let Some(worst) = self.0.iter_mut().min_by_key(|guess| guess.rank())
            && worst.rank() < guess.rank()
        {
            *worst = guess;
        }
    }

    /// Best first; equal ones in the order in which they are remembered.
    fn sorted(mut self) -> Vec<Guess> {
        self.0.sort_by_key(|guess| std::cmp::Reverse(guess.rank()));
        self.0
    }
}

/// The removed files of one content.
#[derive(Default)]
struct Equal<'d> {
    all: Queue,
    by_name: HashMap<&'d [u8], Queue>,
}

/// Files in order; those that have a partner are dropped when met.
#[derive(Default)]
struct Queue(VecDeque<usize>);

impl Queue {
    fn push(&mut self, file: usize) {
        self.0.push_back(file);
    }

    /// Takes the first free one.
    fn next(&mut self, is_free: impl Fn(usize) -> bool) -> Option<usize> {
        while let Some(file) = self.0.pop_front() {
            if is_free(file) {
                return Some(file);
            }
        }
        None
    }
}

type ContentKey = (ObjectId, u32);

/// The key of equal files: links and submodules only match their own kind, files match regardless of mode.
fn content_key(version: &Version) -> ContentKey {
    let mode = match version.kind {
        FileKind::Regular => 0,
        _ => version.mode,
    };
    (version.id, mode)
}

fn name<'d>(differences: &'d [Difference], candidate: &Candidate) -> &'d [u8] {
    name_of(&differences[candidate.at].path)
}

fn name_of(path: &[u8]) -> &[u8] {
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

    /// Examines each removed file a few times, however many have the same content.
    fn same_content(&mut self) {
        let differences = self.differences;
        let mut equal: HashMap<ContentKey, Equal<'_>> = HashMap::new();
        for (number, candidate) in self.removed.iter().enumerate() {
            let equal = equal.entry(content_key(&candidate.version)).or_default();
            equal.all.push(number);
            let of_name = equal.by_name.entry(name(differences, candidate)).or_default();
            of_name.push(number);
        }
        for number in 0..self.added.len() {
            let target = &self.added[number];
            let Some(equal) = equal.get_mut(&content_key(&target.version)) else {
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

    /// The names of the remaining files; `None` if several have the same.
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
            guesses.extend(self.best_guesses(added, &removed)?.0);
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

    fn best_guesses(&mut self, added: usize, removed: &[usize]) -> Result<Guesses, ObjectError> {
        let mut best = Guesses::default();
        for removed in removed.iter().copied() {
            best.add(Guess {
                similarity: self.similarity(removed, added)?,
                same_name: self.name(&self.removed[removed]) == self.name(&self.added[added]),
                removed,
                added,
            });
        }
        Ok(best)
    }

    fn similarity(&mut self, removed: usize, added: usize) -> Result<u64, ObjectError> {
        let (old, new) = (self.removed[removed].version, self.added[added].version);
        self.likeness.similarity(self.objects, old, new)
    }
}

impl Likeness {
    fn new(limit: u64) -> Self {
        Self {
            limit,
            contents: HashMap::new(),
            chunks: 0,
            work: MOST_WORK,
        }
    }

    /// How much of the larger file both share, out of [`ALL`]; 0 if it cannot be half.
    fn similarity(
        &mut self,
        objects: &mut Objects<'_>,
        old: Version,
        new: Version,
    ) -> Result<u64, ObjectError> {
        self.spend(1, &new.id)?;
        if old.kind != FileKind::Regular || new.kind != FileKind::Regular {
            return Ok(0);
        }
        let (Some(old), Some(other)) = (self.content(objects, &old.id)?, self.content(objects, &new.id)?)
        else {
            return Ok(0);
        };
        let (larger, smaller) = (old.size.max(other.size), old.size.min(other.size));
        if larger * (ALL - ENOUGH) < (larger - smaller) * ALL || other.size == 0 {
            return Ok(0);
        }
        self.spend((old.chunks.len() + other.chunks.len()) as u64, &new.id)?;
        Ok(old.shared(&other) * ALL / larger)
    }

    fn spend(&mut self, work: u64, file: &ObjectId) -> Result<(), ObjectError> {
        match self.work.checked_sub(work) {
            Some(left) => {
                self.work = left;
                Ok(())
            }
            None => {
                self.work = 0;
                Err(ObjectError::TooManyMoves(*file))
            }
        }
    }

    fn content(
        &mut self,
        objects: &mut Objects<'_>,
        id: &ObjectId,
    ) -> Result<Option<Rc<Content>>, ObjectError> {
        if let Some(known) = self.contents.get(id) {
            return Ok(known.clone());
        }
        let content = match objects.read(id, self.limit) {
            Ok(object) => {
                self.spend(object.data.len() as u64 * READING, id)?;
                Some(Rc::new(Content::of(&object.data)))
            }
            Err(ObjectError::TooLarge(_)) => None,
            Err(error) => return Err(error),
        };
        let chunks = content.as_ref().map_or(0, |content| content.chunks.len());
        if self.chunks + chunks > MOST_CHUNKS {
            self.contents.clear();
            self.chunks = 0;
        }
        self.chunks += chunks;
        self.contents.insert(*id, content.clone());
        Ok(content)
    }
}

/// A file as a bag of chunks: lines, or 64 bytes of longer ones.
struct Content {
    size: u64,
    /// The hash of each chunk, and the bytes in all chunks with it, sorted by hash.
    chunks: Vec<(u32, u64)>,
}

/// Chunks are identified by this many hashes, as in git.
const HASHES: u32 = 107_927;
const LONGEST_CHUNK: u64 = 64;

impl Content {
    fn of(data: &[u8]) -> Self {
        let is_text = !looks_binary(data);
        let (mut high, mut low, mut len) = (0_u32, 0_u32, 0);
        let mut chunks = Vec::new();
        let mut bytes = data.iter().peekable();
        while let Some(byte) = bytes.next() {
            // All line endings are equal.
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
