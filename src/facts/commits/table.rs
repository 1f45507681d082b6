//! Commits in columns: one run of bytes that is checked once and then read in place, without building anything for each commit.
//!
//! The layout begins with the number of commits, the width of their ids and a flag, then the width, the base and the length of
//! each [`Column`], then the columns in this order. All numbers are little-endian. The bytes are in a cache file or in the answer
//! of a worker process; both are checked against damage before, but their writer is not trusted: a table with a number that
//! leads outside of it is not one.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::super::commit::{Commit, Instant, LineCounts, Person};
use super::super::evidence::{Evidence, Origin, StoredEvidence};
use super::super::files::FileClass;
use super::super::ids::ObjectId;
use super::super::shared_bytes::SharedBytes;
use super::numbers::{BLOCK, Numbers};

/// The columns. Those of commits have one entry for each; others say how long they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Ids,
    /// For each commit: the id of its tree.
    Trees,
    /// Ids of parents that are not in this table.
    ForeignIds,
    /// For each commit: how many parents.
    ParentCounts,
    /// The parents of all commits: positions in the table, or behind its end, in `ForeignIds`.
    Parents,
    /// For each commit: a position in `People`.
    Authors,
    AuthorSeconds,
    AuthorOffsets,
    CommitSeconds,
    CommitOffsets,
    SubjectLengths,
    Subjects,
    /// For each commit: whether its lines are known.
    Known,
    Files,
    Added,
    Removed,
    /// For each commit: how many kinds of files it changed.
    ClassCounts,
    /// The kinds of files of all commits.
    Classes,
    ClassFiles,
    ClassAdded,
    ClassRemoved,
    /// For each commit: a position in `EvidenceSets`.
    Evidence,
    /// The positions of commits with an object, ascending.
    Claiming,
    ObjectLengths,
    Objects,
    People,
    /// The positions of commits whose messages revert others, ascending, with what these are called.
    Reverts,
    EvidenceSets,
}

/// How many columns there are.
pub(super) const COLUMNS: usize = Column::EvidenceSets as usize + 1;
/// The length of the header: counts, then each column.
pub(super) const HEADER: usize = 8 + 1 + 1 + COLUMNS * COLUMN_HEADER;
const COLUMN_HEADER: usize = 1 + 8 + 8;

/// The kinds of files by their numbers in the layout.
pub(super) const CLASSES: [FileClass; 8] = [
    FileClass::Source,
    FileClass::Test,
    FileClass::Docs,
    FileClass::Config,
    FileClass::Data,
    FileClass::Generated,
    FileClass::Vendored,
    FileClass::Lock,
];
const SOURCE: u64 = 0;
const TEST: u64 = 1;

/// Where a column is.
#[derive(Debug, Clone, Default)]
struct Place {
    range: Range<usize>,
    width: usize,
    base: i64,
}

/// A table whose numbers were checked; by default, an empty one.
#[derive(Debug, Default)]
pub(super) struct Table {
    bytes: SharedBytes,
    /// The table within `bytes`.
    range: Range<usize>,
    rows: usize,
    id_width: usize,
    is_regrown: bool,
    places: [Place; COLUMNS],
    pub(super) people: Arc<[Person]>,
    pub(super) origins: Arc<[Origin]>,
    reverts: Vec<(usize, Box<[Box<str>]>)>,
    starts: OnceLock<Starts>,
}

/// Where the parts of each commit begin in columns of all commits.
#[derive(Debug, Default)]
struct Starts(Vec<Start>);

#[derive(Debug, Clone, Copy, Default)]
struct Start {
    parents: usize,
    subject: usize,
    classes: usize,
}

/// The numbers of one commit that sums are made of.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// Its position in the table.
    pub row: usize,
    /// Its author's number.
    pub author: usize,
    /// The number of its origin.
    pub origin: usize,
    /// When its author made it, in seconds since the epoch.
    pub seconds: i64,
    /// Whether it joins histories.
    pub is_merge: bool,
    /// Whether its lines are known; if not, the following are zero.
    pub is_known: bool,
    /// All its lines.
    pub lines: LineCounts,
    /// Those in source.
    pub source: LineCounts,
    /// Those in tests.
    pub tests: LineCounts,
}

impl Table {
    /// The table in a range of these bytes; `None` if there is none.
    pub(super) fn read(bytes: &SharedBytes, range: Range<usize>) -> Option<Self> {
        Self::located(bytes, range)?.with_lists()?.checked()
    }

    /// The same of all bytes, with the lists that are in them.
    pub(super) fn of(bytes: Vec<u8>, people: Arc<[Person]>, origins: Arc<[Origin]>) -> Option<Self> {
        let bytes = SharedBytes::new(bytes);
        let table = Self::located(&bytes, 0..bytes.len())?;
        Self {
            people,
            origins,
            ..table
        }
        .checked()
    }

    /// The places of all columns, without the short lists.
    fn located(bytes: &SharedBytes, range: Range<usize>) -> Option<Self> {
        let own = bytes.get(range.clone())?;
        let (header, _) = own.split_at_checked(HEADER)?;
        let (rows, header) = header.split_first_chunk::<8>()?;
        let (&[id_width, flag], mut header) = header.split_first_chunk::<2>()?;
        let mut places: [Place; COLUMNS] = Default::default();
        let mut start = range.start + HEADER;
        for place in &mut places {
            let (column, rest) = header.split_first_chunk::<COLUMN_HEADER>()?;
            header = rest;
            let (&[width], column) = column.split_first_chunk::<1>()?;
            let (base, column) = column.split_first_chunk::<8>()?;
            let length = u64::from_le_bytes(*column.first_chunk()?);
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            *place = Place {
                range: start..end,
                width: usize::from(width),
                base: i64::from_le_bytes(*base),
            };
            start = end;
        }
        let table = Self {
            rows: usize::try_from(u64::from_le_bytes(*rows)).ok()?,
            id_width: usize::from(id_width),
            is_regrown: flag == 1,
            bytes: bytes.clone(),
            people: Arc::default(),
            origins: Arc::default(),
            reverts: Vec::new(),
            starts: OnceLock::new(),
            places,
            range: range.clone(),
        };
        let is_sound = start == range.end && flag <= 1 && matches!(id_width, 20 | 32);
        is_sound.then_some(table)
    }

    /// Adds the short lists, which are built.
    fn with_lists(mut self) -> Option<Self> {
        let people: Vec<(&str, &str)> = whole(self.raw(Column::People))?;
        let people = people.into_iter().map(|(name, email)| Person {
            name: name.to_owned(),
            email: email.to_owned(),
        });
        self.people = people.collect();
        let sets: Vec<Vec<StoredEvidence>> = whole(self.raw(Column::EvidenceSets))?;
        let origin = |set: Vec<StoredEvidence>| {
            let evidence: Vec<Evidence> = set.into_iter().map(StoredEvidence::evidence).collect();
            Origin::new(evidence)
        };
        self.origins = sets.into_iter().map(origin).collect();
        self.reverts = whole(self.raw(Column::Reverts))?;
        Some(self)
    }

    /// The table, if every number in it leads to where something is.
    fn checked(self) -> Option<Self> {
        for place in &self.places {
            Numbers::new(self.bytes.get(place.range.clone())?, place.width, place.base)?;
        }
        let count = |column| self.column(column).len();
        let is_of_commits = |column: &Column| count(*column) == self.rows;
        let foreign = self.raw(Column::ForeignIds).len();
        let length = self.rows.checked_mul(self.id_width)?;
        let is_of_ids = |column| self.raw(column).len() == length;
        let ids_fit =
            is_of_ids(Column::Ids) && is_of_ids(Column::Trees) && foreign.is_multiple_of(self.id_width);
        let sum = |column| self.column(column).sum();
        let is_long = |lengths, column| sum(lengths) == Some(count(column));
        let below = |column, end: usize| self.column(column).are_below(end as u64);
        let is_offset = |column| self.column(column).are_short();
        let classes = count(Column::Classes);
        let per_class = [Column::ClassFiles, Column::ClassAdded, Column::ClassRemoved];
        let claiming = self.column(Column::Claiming);
        let is_sound = ids_fit
            && OF_COMMITS.iter().all(is_of_commits)
            && per_class.into_iter().all(|column| count(column) == classes)
            && is_long(Column::ParentCounts, Column::Parents)
            && is_long(Column::SubjectLengths, Column::Subjects)
            && is_long(Column::ClassCounts, Column::Classes)
            && is_long(Column::ObjectLengths, Column::Objects)
            && count(Column::ObjectLengths) == claiming.len()
            && claiming.counts().is_sorted_by(|a, b| a < b)
            && below(Column::Claiming, self.rows)
            && below(Column::Parents, self.rows.checked_add(foreign / self.id_width)?)
            && below(Column::Authors, self.people.len())
            && below(Column::Evidence, self.origins.len())
            && below(Column::Classes, CLASSES.len())
            && below(Column::Known, 2)
            && is_offset(Column::AuthorOffsets)
            && is_offset(Column::CommitOffsets);
        is_sound.then_some(self)
    }

    /// Its bytes, to be stored elsewhere.
    pub(super) fn stored(&self) -> &[u8] {
        &self.bytes[self.range.clone()]
    }

    /// How many commits it has.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Whether parents of its commits may be others than their objects name.
    pub(super) fn is_regrown(&self) -> bool {
        self.is_regrown
    }

    fn raw(&self, column: Column) -> &[u8] {
        let place = &self.places[column as usize];
        self.bytes.get(place.range.clone()).unwrap_or_default()
    }

    fn column(&self, column: Column) -> Numbers<'_> {
        let place = &self.places[column as usize];
        Numbers::checked(self.raw(column), place.width, place.base)
    }

    /// The ids of its commits, in their order.
    pub(super) fn ids(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.raw(Column::Ids).chunks_exact(self.id_width)
    }

    /// The id at a position of the table, or of a parent behind its end.
    pub(super) fn id(&self, at: usize) -> Option<ObjectId> {
        let (column, at) = match at.checked_sub(self.rows) {
            None => (Column::Ids, at),
            Some(foreign) => (Column::ForeignIds, foreign),
        };
        let start = at.checked_mul(self.id_width)?;
        ObjectId::from_bytes(self.raw(column).get(start..start.checked_add(self.id_width)?)?)
    }

    /// The ids of those of its commits that have no parent, or one that is not in the table.
    pub(super) fn ends(&self) -> Vec<ObjectId> {
        let (counts, parents) = (self.column(Column::ParentCounts), self.column(Column::Parents));
        let mut start = 0;
        let mut ends = Vec::new();
        for row in 0..self.rows {
            let end = start + counts.index(row);
            if start == end || (start..end).any(|at| parents.index(at) >= self.rows) {
                ends.extend(self.id(row));
            }
            start = end;
        }
        ends
    }

    /// When the authors of its commits made those whose lines are unknown, except merges.
    pub(super) fn without_lines(&self) -> impl Iterator<Item = i64> {
        let (known, parents) = (self.column(Column::Known), self.column(Column::ParentCounts));
        let seconds = self.column(Column::AuthorSeconds);
        (0..self.rows)
            .filter(move |row| known.count(*row) == 0 && parents.count(*row) < 2)
            .map(move |row| seconds.signed(row))
    }

    /// The author's time of a commit.
    pub(super) fn author_time(&self, row: usize) -> Instant {
        self.time(row, Column::AuthorSeconds, Column::AuthorOffsets)
    }

    /// Whether a commit's lines are known.
    pub(super) fn is_known(&self, row: usize) -> bool {
        self.column(Column::Known).count(row) == 1
    }

    /// The number of a commit's author.
    pub(super) fn author(&self, row: usize) -> usize {
        self.column(Column::Authors).index(row)
    }

    /// The number of a commit's evidence.
    pub(super) fn evidence(&self, row: usize) -> usize {
        self.column(Column::Evidence).index(row)
    }

    fn time(&self, row: usize, seconds: Column, offsets: Column) -> Instant {
        Instant {
            seconds: self.column(seconds).signed(row),
            offset: i16::try_from(self.column(offsets).signed(row)).unwrap_or_default(),
        }
    }

    /// Calls `see` with the numbers of each commit, in order.
    pub(super) fn visit(&self, see: &mut dyn FnMut(&Seen)) {
        let columns = SUMMED.map(|column| self.column(column));
        let of_class = self.lines(Column::ClassFiles, Column::ClassAdded, Column::ClassRemoved);
        let classes = self.column(Column::Classes);
        let mut block = [[0; BLOCK]; SUMMED.len()];
        let mut at = 0;
        for start in (0..self.rows).step_by(BLOCK) {
            for (column, room) in columns.iter().zip(&mut block) {
                column.fill(start, room);
            }
            for nth in 0..BLOCK.min(self.rows - start) {
                let [
                    parents,
                    author,
                    origin,
                    seconds,
                    known,
                    files,
                    added,
                    removed,
                    count,
                ] = block.each_ref().map(|column| column[nth]);
                let mut seen = Seen {
                    row: start + nth,
                    author: author as usize,
                    origin: origin as usize,
                    seconds: seconds.cast_signed(),
                    is_merge: parents > 1,
                    is_known: known == 1,
                    lines: LineCounts::default(),
                    source: LineCounts::default(),
                    tests: LineCounts::default(),
                };
                let end = at + count as usize;
                if seen.is_known {
                    seen.lines = LineCounts {
                        files,
                        added,
                        removed,
                    };
                    for at in at..end {
                        match classes.count(at) {
                            SOURCE => seen.source = counted(&of_class, at),
                            TEST => seen.tests = counted(&of_class, at),
                            _ => {}
                        }
                    }
                }
                at = end;
                see(&seen);
            }
        }
    }

    fn lines(&self, files: Column, added: Column, removed: Column) -> [Numbers<'_>; 3] {
        [files, added, removed].map(|column| self.column(column))
    }

    /// One commit, with the author and the origin of these lists.
    pub(super) fn commit(&self, row: usize, people: &[Person], origin: Origin) -> Commit {
        let starts = self.starts.get_or_init(|| Starts::of(self));
        let start = starts.0.get(row).copied().unwrap_or_default();
        self.commit_at(row, start, people, origin)
    }

    /// Calls `take` with each commit, in order; `origin` gives the origin of each.
    pub(super) fn commits(
        &self,
        people: &[Person],
        mut origin: impl FnMut(usize) -> Origin,
        mut take: impl FnMut(Commit),
    ) {
        let mut start = Start::default();
        for row in 0..self.rows {
            take(self.commit_at(row, start, people, origin(row)));
            start = start.after(self, row);
        }
    }

    fn commit_at(&self, row: usize, start: Start, people: &[Person], origin: Origin) -> Commit {
        let end = start.after(self, row);
        let parents = self.column(Column::Parents);
        let is_known = self.column(Column::Known).count(row) == 1;
        let all = self.lines(Column::Files, Column::Added, Column::Removed);
        let of_class = self.lines(Column::ClassFiles, Column::ClassAdded, Column::ClassRemoved);
        let classes = self.column(Column::Classes);
        let class = |at: usize| Some((*CLASSES.get(classes.index(at))?, counted(&of_class, at)));
        let subject = self.raw(Column::Subjects).get(start.subject..end.subject);
        Commit {
            id: self.id(row).unwrap_or_else(|| [0; 20].into()),
            tree: self.tree(row).unwrap_or_else(|| [0; 20].into()),
            parents: (start.parents..end.parents)
                .filter_map(|at| self.id(parents.index(at)))
                .collect(),
            author: people.get(self.author(row)).cloned().unwrap_or_default(),
            author_time: self.author_time(row),
            commit_time: self.time(row, Column::CommitSeconds, Column::CommitOffsets),
            subject: String::from_utf8_lossy(subject.unwrap_or_default()).into_owned(),
            lines: is_known.then(|| counted(&all, row)),
            by_class: (start.classes..end.classes).filter_map(class).collect(),
            claiming: self.object(row),
            reverts: self.reverted_by(row),
            origin,
        }
    }

    fn tree(&self, row: usize) -> Option<ObjectId> {
        let start = row * self.id_width;
        ObjectId::from_bytes(self.raw(Column::Trees).get(start..start + self.id_width)?)
    }

    fn reverted_by(&self, row: usize) -> Box<[Box<str>]> {
        let found = self.reverts.binary_search_by_key(&row, |(row, _)| *row);
        found.map_or_else(|_| Box::default(), |at| self.reverts[at].1.clone())
    }

    /// The object of a commit whose message may have trailers of ours.
    fn object(&self, row: usize) -> Option<Box<[u8]>> {
        let claiming = self.column(Column::Claiming);
        // Hardly any commit has one, so searching them takes no time.
        let (mut low, mut high) = (0, claiming.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match claiming.index(middle).cmp(&row) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(self.object_at(middle)),
            }
        }
        None
    }

    fn object_at(&self, number: usize) -> Box<[u8]> {
        let lengths = self.column(Column::ObjectLengths);
        let start: usize = (0..number).map(|at| lengths.index(at)).sum();
        let object = self
            .raw(Column::Objects)
            .get(start..start + lengths.index(number));
        object.unwrap_or_default().into()
    }

    /// The positions of the commits that have an object, ascending.
    pub(super) fn claiming(&self) -> impl Iterator<Item = usize> {
        let claiming = self.column(Column::Claiming);
        (0..claiming.len()).map(move |at| claiming.index(at))
    }
}

/// The columns that sums are made of; the last one says how many classes a commit has.
const SUMMED: [Column; 9] = [
    Column::ParentCounts,
    Column::Authors,
    Column::Evidence,
    Column::AuthorSeconds,
    Column::Known,
    Column::Files,
    Column::Added,
    Column::Removed,
    Column::ClassCounts,
];

/// The columns with one entry for each commit.
const OF_COMMITS: [Column; 13] = [
    Column::ParentCounts,
    Column::Authors,
    Column::AuthorSeconds,
    Column::AuthorOffsets,
    Column::CommitSeconds,
    Column::CommitOffsets,
    Column::SubjectLengths,
    Column::Known,
    Column::Files,
    Column::Added,
    Column::Removed,
    Column::ClassCounts,
    Column::Evidence,
];

impl Starts {
    fn of(table: &Table) -> Self {
        let mut next = Start::default();
        let starts = (0..table.rows).map(|row| {
            let start = next;
            next = start.after(table, row);
            start
        });
        Self(starts.collect())
    }
}

impl Start {
    /// Where the parts of the next commit begin.
    #[inline]
    fn after(self, table: &Table, row: usize) -> Self {
        Self {
            parents: self.parents + table.column(Column::ParentCounts).index(row),
            subject: self.subject + table.column(Column::SubjectLengths).index(row),
            classes: self.classes + table.column(Column::ClassCounts).index(row),
        }
    }
}

#[inline]
fn counted([files, added, removed]: &[Numbers<'_>; 3], at: usize) -> LineCounts {
    LineCounts {
        files: files.count(at),
        added: added.count(at),
        removed: removed.count(at),
    }
}

/// A value that takes up all of these bytes.
fn whole<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Some(value),
        _ => None,
    }
}
