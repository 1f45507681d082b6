//! Which deleted file a new one was renamed from, by the rules of git's rename detection for a single path.
//!
//! The outcome must be git's own, so its thresholds, its order of trials and its way to break ties are kept.

use std::collections::HashMap;
use std::rc::Rc;

use git2::Oid;

use super::SurvivalError;
use super::objects::Objects;
use super::trees::{Change, Entry, File, Kind};

/// The score of equal contents.
const FULL: u64 = 60_000;
/// What any rename needs: half.
const ENOUGH: u64 = 30_000;
/// What a rename that kept its file name needs to be taken without comparing others.
const ENOUGH_FOR_A_NAMESAKE: u64 = 45_000;
/// How many equal sources are looked at.
const EQUALS_TRIED: usize = 100;
/// How many candidates are remembered.
const CANDIDATES: usize = 4;

/// The files that a commit deleted, as sources of renames. Fingerprints are made once for all that ask.
pub(super) struct Deleted {
    files: Vec<File>,
    fingerprints: HashMap<Oid, Rc<Fingerprint>>,
    sizes: HashMap<Oid, u64>,
}

impl Deleted {
    pub(super) fn new(changes: &[Change]) -> Self {
        let files = changes
            .iter()
            .filter(|change| change.new.is_none())
            .filter_map(|change| {
                Some(File {
                    path: change.path.clone(),
                    entry: change.old?,
                })
            })
            .collect();
        Self {
            files,
            fingerprints: HashMap::new(),
            sizes: HashMap::new(),
        }
    }

    /// The file that `path` was renamed from, if any.
    pub(super) fn source_of(
        &mut self,
        objects: &Objects,
        path: &[u8],
        target: Entry,
    ) -> Result<Option<&File>, SurvivalError> {
        let chosen = match self.equal(path, target) {
            Some(chosen) => Some(chosen),
            None if target.kind() != Kind::Regular => None,
            None => match self.namesake(objects, path, target)? {
                Some(chosen) => Some(chosen),
                None => self.most_similar(objects, path, target)?,
            },
        };
        Ok(chosen.map(|index| &self.files[index]))
    }

    fn equal(&self, path: &[u8], target: Entry) -> Option<usize> {
        let suits = |source: Entry| {
            source.oid == target.oid
                && (source.mode == target.mode
                    || (source.kind() == Kind::Regular && target.kind() == Kind::Regular))
        };
        let equals = || {
            let indexed = self.files.iter().enumerate();
            indexed
                .filter(|(_, source)| suits(source.entry))
                .take(EQUALS_TRIED)
        };
        equals()
            .find(|(_, source)| same_name(&source.path, path))
            .or_else(|| equals().next())
            .map(|(index, _)| index)
    }

    /// The one deleted file of the same name in another folder, if it is similar enough.
    fn namesake(
        &mut self,
        objects: &Objects,
        path: &[u8],
        target: Entry,
    ) -> Result<Option<usize>, SurvivalError> {
        let mut namesakes = (0..self.files.len()).filter(|index| same_name(&self.files[*index].path, path));
        let (Some(only), None) = (namesakes.next(), namesakes.next()) else {
            return Ok(None);
        };
        let score = self.score(objects, self.files[only].entry, target, ENOUGH_FOR_A_NAMESAKE)?;
        Ok((score >= ENOUGH_FOR_A_NAMESAKE).then_some(only))
    }

    fn most_similar(
        &mut self,
        objects: &Objects,
        path: &[u8],
        target: Entry,
    ) -> Result<Option<usize>, SurvivalError> {
        let mut best: [Option<Candidate>; CANDIDATES] = [None; CANDIDATES];
        for index in 0..self.files.len() {
            let candidate = Candidate {
                score: self.score(objects, self.files[index].entry, target, ENOUGH)?,
                same_name: same_name(&self.files[index].path, path),
                index,
            };
            let worst = (1..CANDIDATES).fold(0, |worst, slot| {
                if rank(best[slot]) < rank(best[worst]) {
                    slot
                } else {
                    worst
                }
            });
            if rank(best[worst]) < rank(Some(candidate)) {
                best[worst] = Some(candidate);
            }
        }
        let first = best.iter().flatten().copied().reduce(|first, other| {
            if rank(Some(other)) > rank(Some(first)) {
                other
            } else {
                first
            }
        });
        Ok(first
            .filter(|candidate| candidate.score >= ENOUGH)
            .map(|candidate| candidate.index))
    }

    fn score(
        &mut self,
        objects: &Objects,
        source: Entry,
        target: Entry,
        least: u64,
    ) -> Result<u64, SurvivalError> {
        if source.kind() != Kind::Regular || target.kind() != Kind::Regular {
            return Ok(0);
        }
        let (source_size, target_size) = (self.size(objects, source.oid)?, self.size(objects, target.oid)?);
        let largest = source_size.max(target_size);
        if largest * (FULL - least) < source_size.abs_diff(target_size) * FULL || target_size == 0 {
            return Ok(0);
        }
        let source = self.fingerprint(objects, source.oid)?;
        let target = self.fingerprint(objects, target.oid)?;
        Ok(copied(&source, &target) * FULL / largest)
    }

    fn size(&mut self, objects: &Objects, oid: Oid) -> Result<u64, SurvivalError> {
        if let Some(known) = self.sizes.get(&oid) {
            return Ok(*known);
        }
        let size = objects.blob_size(oid)? as u64;
        self.sizes.insert(oid, size);
        Ok(size)
    }

    fn fingerprint(&mut self, objects: &Objects, oid: Oid) -> Result<Rc<Fingerprint>, SurvivalError> {
        if let Some(known) = self.fingerprints.get(&oid) {
            return Ok(Rc::clone(known));
        }
        let made: Rc<Fingerprint> = fingerprint(&objects.blob(oid)?).into();
        self.fingerprints.insert(oid, Rc::clone(&made));
        Ok(made)
    }
}

#[derive(Clone, Copy)]
struct Candidate {
    score: u64,
    same_name: bool,
    index: usize,
}

/// Higher is better; an empty slot is below everything.
fn rank(candidate: Option<Candidate>) -> Option<(u64, bool)> {
    candidate.map(|candidate| (candidate.score, candidate.same_name))
}

fn same_name(one: &[u8], other: &[u8]) -> bool {
    fn name(path: &[u8]) -> Option<&[u8]> {
        path.rsplit(|byte| *byte == b'/').next()
    }
    name(one) == name(other)
}

/// How many bytes of a file fall to each hash of a piece, sorted by hash. A piece is a line, or 64 bytes of a longer one.
type Fingerprint = [(u32, u32)];

fn fingerprint(data: &[u8]) -> Box<Fingerprint> {
    const PIECE: u32 = 64;
    const HASHES: u32 = 107_927;
    let is_text = is_text(data);
    let mut pieces: Vec<(u32, u32)> = Vec::with_capacity(data.len() / 24);
    let (mut low, mut high, mut length) = (0u32, 0u32, 0u32);
    let mut end_piece = |low: u32, high: u32, length: u32| {
        pieces.push((low.wrapping_add(high.wrapping_mul(0x61)) % HASHES, length));
    };
    for (at, byte) in data.iter().enumerate() {
        if is_text && *byte == b'\r' && data.get(at + 1) == Some(&b'\n') {
            continue;
        }
        let before = low;
        low = ((low << 7) ^ (high >> 25)).wrapping_add(u32::from(*byte));
        high = (high << 7) ^ (before >> 25);
        length += 1;
        if length >= PIECE || *byte == b'\n' {
            end_piece(low, high, length);
            (low, high, length) = (0, 0, 0);
        }
    }
    if length > 0 {
        end_piece(low, high, length);
    }
    pieces.sort_unstable_by_key(|piece| piece.0);
    pieces.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    pieces.into()
}

/// Bytes of `source` that are also in `target`.
fn copied(source: &Fingerprint, target: &Fingerprint) -> u64 {
    let mut targets = target.iter().peekable();
    let mut copied = 0;
    for (hash, count) in source {
        while targets.next_if(|(other, _)| other < hash).is_some() {}
        if let Some((_, other)) = targets.next_if(|(other, _)| other == hash) {
            copied += u64::from(*count.min(other));
        }
    }
    copied
}

/// Git's own guess: no NUL among the first 8000 bytes.
pub(super) fn is_text(data: &[u8]) -> bool {
    memchr::memchr(0, &data[..data.len().min(8000)]).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_adds_up_to_the_bytes_and_ignores_carriage_returns_in_text() {
        let total = |data: &[u8]| fingerprint(data).iter().map(|piece| piece.1).sum::<u32>();
        assert_eq!(total(b"one\ntwo\nthree"), 13);
        assert_eq!(fingerprint(b"one\r\ntwo\r\n"), fingerprint(b"one\ntwo\n"));
        assert_ne!(fingerprint(b"one\r\n\0"), fingerprint(b"one\n\0"));
        assert_eq!(total(&[b'x'; 200]), 200);
    }

    #[test]
    fn copied_bytes_are_those_in_both() {
        let of = |data: &[u8]| fingerprint(data);
        assert_eq!(copied(&of(b"a\nb\nb\n"), &of(b"b\nc\n")), 2);
        assert_eq!(copied(&of(b"a\n"), &of(b"a\na\n")), 2);
        assert_eq!(copied(&of(b""), &of(b"a\n")), 0);
    }

    #[test]
    fn names_are_compared_without_their_folders() {
        assert!(same_name(b"a/b/mod.rs", b"mod.rs"));
        assert!(!same_name(b"a/mod.rs", b"a/xmod.rs"));
    }
}
