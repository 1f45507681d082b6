//! The origin of each line: the lines of HEAD are passed along the graph of versions until no source has them.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::kept::{KeptFiles, KeptIndex};
use super::limits::LARGEST_BLOB;
use super::runs::{FileIndex, FileRuns, Run};
use super::versions::{VersionIndex, Versions};
use crate::facts::ids::ObjectId;
use crate::lines::{Hunk, Table, TableDiff, line_count, looks_binary};
use crate::packs::{ObjectError, Objects};
use crate::shared::Change;

/// Lines on their way: `lines` lines from `at` in a file of HEAD, which are those from `start` in some version.
#[derive(Debug, Clone, Copy)]
struct Span {
    file: FileIndex,
    at: usize,
    start: usize,
    lines: usize,
}

/// Files with connected histories, and all their versions, newest first.
#[derive(Default)]
pub(super) struct Family {
    pub(super) files: Vec<(FileIndex, VersionIndex)>,
    pub(super) versions: Vec<VersionIndex>,
}

/// Splits the graph into disconnected parts.
pub(super) fn families(versions: &Versions, tops: &[VersionIndex]) -> Vec<Family> {
    let mut heads: Vec<usize> = (0..versions.len()).map(|index| versions.resolve(index)).collect();
    for index in 0..versions.len() {
        for source in &versions.get(index).sources {
            let (one, other) = (find(&mut heads, index), find(&mut heads, *source));
            heads[one] = other;
        }
    }
    let mut families: HashMap<usize, Family> = HashMap::new();
    for (file, top) in tops.iter().enumerate() {
        let top = versions.resolve(*top);
        let family = families.entry(find(&mut heads, top)).or_default();
        family.files.push((file, top));
    }
    for index in (0..versions.len()).filter(|index| versions.resolve(*index) == *index) {
        let family = families.entry(find(&mut heads, index)).or_default();
        family.versions.push(index);
    }
    let mut families: Vec<Family> = families.into_values().collect();
    for family in &mut families {
        family
            .versions
            .sort_by_key(|index| (versions.get(*index).commit, *index));
    }
    families.sort_by_key(|family| {
        (
            std::cmp::Reverse(family.versions.len()),
            family.files.first().copied(),
        )
    });
    families
}

fn find(heads: &mut [usize], mut index: usize) -> usize {
    while heads[index] != index {
        heads[index] = heads[heads[index]];
        index = heads[index];
    }
    index
}

/// The lines of one family's files. `changes` receives how many lines changed between versions that were compared.
pub(super) fn attribute(
    objects: &mut Objects<'_>,
    diff: &mut TableDiff,
    (versions, kept): (&Versions, &KeptFiles),
    family: &Family,
    changes: &mut Option<Vec<Change>>,
) -> Vec<(FileIndex, FileRuns)> {
    diff.reset();
    let mut work = Attribution {
        objects,
        diff,
        versions,
        kept,
        changes,
        waiting: HashMap::new(),
        tables: Tables::default(),
        found: HashMap::new(),
    };
    let mut done: Vec<(FileIndex, FileRuns)> = Vec::new();
    for (file, top) in &family.files {
        if let Some(known) = versions.get(*top).kept {
            done.push((*file, kept.runs(known)));
            continue;
        }
        match work.start(*file, *top) {
            Ok(Some(())) => (),
            Ok(None) => done.push((*file, FileRuns::Binary)),
            Err(error) => done.push((*file, FileRuns::Unread(error.to_string()))),
        }
    }
    for version in &family.versions {
        work.pass_on(*version);
    }
    let texts = work
        .found
        .into_iter()
        .map(|(file, runs)| (file, FileRuns::Text(joined(runs))));
    done.extend(texts);
    done
}

struct Attribution<'a, 'objects> {
    objects: &'a mut Objects<'objects>,
    diff: &'a mut TableDiff,
    versions: &'a Versions,
    kept: &'a KeptFiles,
    changes: &'a mut Option<Vec<Change>>,
    waiting: HashMap<VersionIndex, Vec<Span>>,
    tables: Tables,
    found: HashMap<FileIndex, Vec<Run>>,
}

/// The number of lines in all tables above which they are forgotten: each can be made again.
const MOST_LINES: usize = 4 << 20;

/// The line tables of versions that were compared as older ones and wait for their own turn.
#[derive(Default)]
struct Tables {
    by_version: HashMap<VersionIndex, Table>,
    lines: usize,
}

impl Tables {
    fn take(&mut self, version: VersionIndex) -> Option<Table> {
        let table = self.by_version.remove(&version)?;
        self.lines -= table.len();
        Some(table)
    }

    fn put(&mut self, version: VersionIndex, table: Table) {
        if self.lines + table.len() > MOST_LINES {
            self.clear();
        }
        self.lines += table.len();
        if let Some(replaced) = self.by_version.insert(version, table) {
            self.lines -= replaced.len();
        }
    }

    fn clear(&mut self) {
        self.by_version.clear();
        self.lines = 0;
    }
}

impl Attribution<'_, '_> {
    /// Starts with all lines of a file; `None` if it is binary and has none.
    fn start(&mut self, file: FileIndex, top: VersionIndex) -> Result<Option<()>, ObjectError> {
        let blob = self.blob(&self.versions.get(top).blob)?;
        if looks_binary(&blob) {
            return Ok(None);
        }
        self.found.insert(file, Vec::new());
        let lines = line_count(&blob);
        if lines > 0 {
            let span = Span {
                file,
                at: 0,
                start: 0,
                lines,
            };
            self.waiting.entry(top).or_default().push(span);
        }
        Ok(Some(()))
    }

    fn blob(&mut self, id: &ObjectId) -> Result<Rc<Vec<u8>>, ObjectError> {
        Ok(self.objects.read(id, LARGEST_BLOB)?.data)
    }

    /// Passes the lines of a version to its sources; lines that none of them has are the commit's own.
    fn pass_on(&mut self, index: VersionIndex) {
        let mut table = self.tables.take(index);
        let Some(mut spans) = self.waiting.remove(&index) else {
            return;
        };
        join_spans(&mut spans);
        let version = self.versions.get(index);
        if let Some(known) = version.kept {
            self.take_from(known, &spans);
            return;
        }
        let mut origin = if version.unknown.is_some() {
            None
        } else {
            version.commit
        };
        for source in &version.sources {
            if spans.is_empty() {
                return;
            }
            let source = self.versions.resolve(*source);
            match self.compare(source, &version.blob, &mut table, &spans) {
                Ok(hunks) => {
                    let passed = pass(&mut spans, &hunks);
                    self.waiting.entry(source).or_default().extend(passed);
                }
                Err(_) => origin = None,
            }
        }
        for span in spans {
            let run = Run {
                at: span.at,
                lines: span.lines,
                commit: origin,
            };
            self.found.entry(span.file).or_default().push(run);
        }
    }

    /// Looks up lines in an earlier result.
    fn take_from(&mut self, known: KeptIndex, spans: &[Span]) {
        for span in spans {
            let runs = self.kept.runs_between(known, span.start, span.lines);
            let at_head = runs.into_iter().map(|run| Run {
                at: run.at - span.start + span.at,
                ..run
            });
            self.found.entry(span.file).or_default().extend(at_head);
        }
    }

    /// The hunks between a version and the source of some of its lines. `table` is its table, if that is known.
    fn compare(
        &mut self,
        source: VersionIndex,
        new: &ObjectId,
        table: &mut Option<Table>,
        spans: &[Span],
    ) -> Result<Vec<Hunk>, ObjectError> {
        let new_blob = self.blob(new)?;
        let old_blob = self.blob(&self.versions.get(source).blob)?;
        if self.diff.is_full() {
            self.diff.reset();
            self.tables.clear();
            *table = None;
        }
        let new_table = table.get_or_insert_with(|| self.diff.table(&new_blob));
        let old_table = self.tables.take(source);
        let has_any = |lines: Range<usize>| {
            let is_in = |span: &Span| span.start < lines.end && lines.start < span.start + span.lines;
            !lines.is_empty() && spans.iter().any(is_in)
        };
        let compared = (self.diff).compare((&old_blob, old_table), (&new_blob, new_table), has_any);
        // What looks binary has no lines to count.
        if let Some(changes) = self.changes.as_mut().filter(|_| !looks_binary(&new_blob))
            && !looks_binary(&old_blob)
        {
            let change = self.diff.change(&compared, new_table);
            let old = &self.versions.get(source).blob;
            changes.extend(Change::of(old, new, change));
        }
        self.tables.put(source, compared.old_table);
        Ok(compared.hunks)
    }
}

/// Removes from `spans` everything outside the hunks, numbered as on the old side.
fn pass(spans: &mut Vec<Span>, hunks: &[Hunk]) -> Vec<Span> {
    let mut passed = Vec::new();
    let mut kept = Vec::new();
    for span in spans.drain(..) {
        let end = span.start + span.lines;
        let part = |from: usize, to: usize, start: usize| Span {
            file: span.file,
            at: span.at + (from - span.start),
            start,
            lines: to - from,
        };
        let first = hunks.partition_point(|hunk| hunk.new_start + hunk.new_len <= span.start);
        let (mut old_at, mut new_at) = first
            .checked_sub(1)
            .and_then(|before| hunks.get(before))
            .map_or((0, 0), |hunk| {
                (hunk.old_start + hunk.old_len, hunk.new_start + hunk.new_len)
            });
        let mut from = span.start;
        for hunk in &hunks[first..] {
            let to = hunk.new_start.clamp(from, end);
            if to > from {
                passed.push(part(from, to, old_at + (from - new_at)));
            }
            let hunk_end = (hunk.new_start + hunk.new_len).clamp(to, end);
            if hunk_end > to {
                kept.push(part(to, hunk_end, to));
            }
            from = hunk_end;
            (old_at, new_at) = (hunk.old_start + hunk.old_len, hunk.new_start + hunk.new_len);
            if from >= end {
                break;
            }
        }
        if from < end {
            passed.push(part(from, end, old_at + (from - new_at)));
        }
    }
    *spans = kept;
    passed
}

/// Joins pieces that took different paths.
fn join_spans(spans: &mut Vec<Span>) {
    spans.sort_unstable_by_key(|span| (span.file, span.at));
    spans.dedup_by(|next, kept| {
        let joins = next.file == kept.file
            && next.at == kept.at + kept.lines
            && next.start == kept.start + kept.lines;
        if joins {
            kept.lines += next.lines;
        }
        joins
    });
}

/// Runs in the order of the file; adjacent ones of the same origin are joined.
fn joined(mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_unstable_by_key(|run| run.at);
    runs.dedup_by(|next, kept| {
        let joins = kept.commit == next.commit;
        if joins {
            kept.lines += next.lines;
        }
        joins
    });
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(at: usize, start: usize, lines: usize) -> Span {
        Span {
            file: 0,
            at,
            start,
            lines,
        }
    }

    fn shape(spans: &[Span]) -> Vec<(usize, usize, usize)> {
        spans
            .iter()
            .map(|span| (span.at, span.start, span.lines))
            .collect()
    }

    #[test]
    fn lines_outside_the_hunks_pass_with_their_old_numbers() {
        let hunk = |old_start, old_len, new_start, new_len| Hunk {
            old_start,
            old_len,
            new_start,
            new_len,
        };
        // Two lines were inserted before line 2, and a line was removed before line 6.
        let hunks = [hunk(2, 0, 2, 2), hunk(4, 1, 6, 0)];
        let mut spans = vec![span(10, 1, 8)];
        let passed = pass(&mut spans, &hunks);
        assert_eq!(shape(&passed), [(10, 1, 1), (13, 2, 2), (15, 5, 3)]);
        assert_eq!(shape(&spans), [(11, 2, 2)]);
    }

    #[test]
    fn a_span_between_two_hunks_is_not_cut() {
        let hunk = |old_start, old_len, new_start, new_len| Hunk {
            old_start,
            old_len,
            new_start,
            new_len,
        };
        let mut spans = vec![span(0, 5, 2)];
        let passed = pass(&mut spans, &[hunk(0, 3, 0, 1), hunk(9, 1, 7, 1)]);
        assert_eq!(shape(&passed), [(0, 7, 2)]);
        assert!(spans.is_empty());
    }
}
