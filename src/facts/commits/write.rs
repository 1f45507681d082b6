//! Puts commits into columns.

use std::collections::HashMap;

use super::super::commit::{Commit, LineCounts, Person};
use super::super::evidence::{Evidence, StoredEvidence};
use super::super::files::FileClass;
use super::super::ids::ObjectId;
use super::numbers::Written;
use super::table::{CLASSES, COLUMNS, Column, HEADER};

/// Numbers for values, in the order in which they are met.
struct Numbered<'a, T> {
    numbers: HashMap<&'a T, u64>,
    list: Vec<&'a T>,
}

impl<'a, T: std::hash::Hash + Eq> Numbered<'a, T> {
    fn new() -> Self {
        Self {
            numbers: HashMap::new(),
            list: Vec::new(),
        }
    }

    fn number(&mut self, value: &'a T) -> u64 {
        let next = self.list.len() as u64;
        *self.numbers.entry(value).or_insert_with(|| {
            self.list.push(value);
            next
        })
    }
}

/// The layout of these commits; `is_regrown` if their parents may be others than their objects name. `None` if their ids have
/// different lengths, which no repository has.
pub(super) fn layout(commits: &[Commit], is_regrown: bool) -> Option<Vec<u8>> {
    let id_width = commits.first().map_or(20, |commit| commit.id.width());
    let all = || {
        commits
            .iter()
            .flat_map(|commit| commit.parents.iter().chain([&commit.id, &commit.tree]))
    };
    if all().any(|id| id.width() != id_width) {
        return None;
    }
    let mut columns = Columns::default();
    add_ancestry(&mut columns, commits);
    add_people_and_times(&mut columns, commits);
    add_lines(&mut columns, commits);
    add_evidence(&mut columns, commits);
    Some(bytes_of(commits.len(), id_width as u8, is_regrown, columns))
}

/// The layout of columns.
pub(super) fn bytes_of(rows: usize, id_width: u8, is_regrown: bool, columns: Columns) -> Vec<u8> {
    let Columns(columns) = columns;
    let length = columns.iter().map(|column| column.bytes.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(HEADER + length);
    bytes.extend((rows as u64).to_le_bytes());
    bytes.extend([id_width, u8::from(is_regrown)]);
    for column in &columns {
        bytes.push(column.width);
        bytes.extend(column.base.to_le_bytes());
        bytes.extend((column.bytes.len() as u64).to_le_bytes());
    }
    for column in columns {
        bytes.extend(column.bytes);
    }
    bytes
}

/// All columns, empty at first.
pub(super) struct Columns([Written; COLUMNS]);

impl Default for Columns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Written::raw(Vec::new())))
    }
}

pub(super) fn set(columns: &mut Columns, column: Column, written: Written) {
    columns.0[column as usize] = written;
}

fn counts<'a>(commits: &'a [Commit], count: impl Fn(&'a Commit) -> u64) -> Written {
    Written::counts(&commits.iter().map(count).collect::<Vec<_>>())
}

fn signed<'a>(commits: &'a [Commit], number: impl Fn(&'a Commit) -> i64) -> Written {
    Written::signed(&commits.iter().map(number).collect::<Vec<_>>())
}

/// Ids and parents.
fn add_ancestry(columns: &mut Columns, commits: &[Commit]) {
    let places: HashMap<&ObjectId, u64> = commits.iter().map(|commit| &commit.id).zip(0..).collect();
    let mut foreign = Numbered::new();
    let parents = commits.iter().flat_map(|commit| &commit.parents);
    let parents = parents.map(|parent| match places.get(parent) {
        Some(place) => *place,
        None => commits.len() as u64 + foreign.number(parent),
    });
    let parents: Vec<u64> = parents.collect();
    let bytes = |ids: &mut dyn Iterator<Item = &ObjectId>| {
        Written::raw(ids.flat_map(|id| id.as_bytes().iter().copied()).collect())
    };
    set(
        columns,
        Column::Ids,
        bytes(&mut commits.iter().map(|commit| &commit.id)),
    );
    set(
        columns,
        Column::Trees,
        bytes(&mut commits.iter().map(|commit| &commit.tree)),
    );
    set(
        columns,
        Column::ForeignIds,
        bytes(&mut foreign.list.iter().copied()),
    );
    let count = counts(commits, |commit| commit.parents.len() as u64);
    set(columns, Column::ParentCounts, count);
    set(columns, Column::Parents, Written::counts(&parents));
}

fn add_people_and_times(columns: &mut Columns, commits: &[Commit]) {
    let mut people: Numbered<'_, Person> = Numbered::new();
    let authors: Vec<u64> = commits
        .iter()
        .map(|commit| people.number(&commit.author))
        .collect();
    let list: Vec<(&str, &str)> = people
        .list
        .iter()
        .map(|person| (&*person.name, &*person.email))
        .collect();
    set(columns, Column::Authors, Written::counts(&authors));
    set(columns, Column::People, Written::raw(encoded(&list)));
    let columns_of_times = [
        (
            Column::AuthorSeconds,
            signed(commits, |commit| commit.author_time.seconds),
        ),
        (
            Column::AuthorOffsets,
            signed(commits, |commit| i64::from(commit.author_time.offset)),
        ),
        (
            Column::CommitSeconds,
            signed(commits, |commit| commit.commit_time.seconds),
        ),
        (
            Column::CommitOffsets,
            signed(commits, |commit| i64::from(commit.commit_time.offset)),
        ),
        (
            Column::SubjectLengths,
            counts(commits, |commit| commit.subject.len() as u64),
        ),
    ];
    for (column, written) in columns_of_times {
        set(columns, column, written);
    }
    let subjects = commits.iter().flat_map(|commit| commit.subject.bytes()).collect();
    set(columns, Column::Subjects, Written::raw(subjects));
}

fn add_lines(columns: &mut Columns, commits: &[Commit]) {
    let of = |commit: &Commit| commit.lines.unwrap_or_default();
    let classes: Vec<(FileClass, LineCounts)> = commits
        .iter()
        .flat_map(|commit| commit.by_class.iter().copied())
        .collect();
    let of_classes = |count: &dyn Fn(&(FileClass, LineCounts)) -> u64| {
        Written::counts(&classes.iter().map(count).collect::<Vec<_>>())
    };
    let written = [
        (
            Column::Known,
            counts(commits, |commit| u64::from(commit.lines.is_some())),
        ),
        (Column::Files, counts(commits, |commit| of(commit).files)),
        (Column::Added, counts(commits, |commit| of(commit).added)),
        (Column::Removed, counts(commits, |commit| of(commit).removed)),
        (
            Column::ClassCounts,
            counts(commits, |commit| commit.by_class.len() as u64),
        ),
        (
            Column::Classes,
            of_classes(&|(class, _)| u64::from(class_number(*class))),
        ),
        (Column::ClassFiles, of_classes(&|(_, lines)| lines.files)),
        (Column::ClassAdded, of_classes(&|(_, lines)| lines.added)),
        (Column::ClassRemoved, of_classes(&|(_, lines)| lines.removed)),
    ];
    for (column, written) in written {
        set(columns, column, written);
    }
}

fn add_evidence(columns: &mut Columns, commits: &[Commit]) {
    let mut sets: HashMap<&[Evidence], u64> = HashMap::new();
    let mut list: Vec<Vec<StoredEvidence>> = Vec::new();
    let numbers: Vec<u64> = commits
        .iter()
        .map(|commit| {
            let evidence = commit.origin.evidence();
            *sets.entry(evidence).or_insert_with(|| {
                list.push(evidence.iter().map(StoredEvidence::of).collect());
                list.len() as u64 - 1
            })
        })
        .collect();
    set(columns, Column::Evidence, Written::counts(&numbers));
    set(columns, Column::EvidenceSets, Written::raw(encoded(&list)));
    let reverts = commits.iter().enumerate();
    let reverts: Vec<(usize, &[Box<str>])> = reverts
        .filter(|(_, commit)| !commit.reverts.is_empty())
        .map(|(row, commit)| (row, &*commit.reverts))
        .collect();
    set(columns, Column::Reverts, Written::raw(encoded(&reverts)));
    let claiming = commits.iter().enumerate();
    let claiming: Vec<(u64, &[u8])> = claiming
        .filter_map(|(row, commit)| Some((row as u64, commit.claiming.as_deref()?)))
        .collect();
    let rows: Vec<u64> = claiming.iter().map(|(row, _)| *row).collect();
    let lengths: Vec<u64> = claiming.iter().map(|(_, object)| object.len() as u64).collect();
    let objects = claiming
        .iter()
        .flat_map(|(_, object)| object.iter().copied())
        .collect();
    set(columns, Column::Claiming, Written::counts(&rows));
    set(columns, Column::ObjectLengths, Written::counts(&lengths));
    set(columns, Column::Objects, Written::raw(objects));
}

/// The number of a class in the layout.
pub(super) fn class_number(class: FileClass) -> u8 {
    let place = CLASSES.iter().position(|known| *known == class);
    place.unwrap_or_default() as u8
}

/// Lists are short, and memory is the only thing that writing them needs.
pub(super) fn encoded<T: serde::Serialize>(list: &[T]) -> Vec<u8> {
    postcard::to_stdvec(list).unwrap_or_default()
}
