//! Commits as plain columns, for who has them in another columnar format.
//!
//! Nothing is built for a single commit on the way from these columns into those of a layer.

use super::super::commit::Person;
use super::super::evidence::{Evidence, Origin, StoredEvidence};
use super::super::files::FileClass;
use super::layer::Layer;
use super::numbers::Written;
use super::table::{Column, Table};
use super::write::{Columns as Layout, bytes_of, class_number, encoded, set};

/// Commits in columns, each with one entry for a commit unless it says otherwise. Subjects, trees and messages are not among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CommitColumns {
    /// The length of an id in bytes: 20 or 32.
    pub id_width: usize,
    /// The ids, one after the other.
    pub ids: Vec<u8>,
    /// Whether parents may be others than the objects of the commits name.
    pub is_regrown: bool,
    /// How many parents.
    pub parent_counts: Vec<usize>,
    /// The parents of all commits: positions, or a negative number for the next one of `foreign_ids`.
    pub parents: Vec<i32>,
    /// The ids of parents that are not here, one after the other.
    pub foreign_ids: Vec<u8>,
    /// All authors.
    pub people: Vec<Person>,
    /// Positions in `people`.
    pub authors: Vec<u32>,
    /// The author's times in seconds since the epoch, and their offsets in minutes.
    pub author_times: (Vec<i64>, Vec<i32>),
    /// The same of the commits.
    pub commit_times: (Vec<i64>, Vec<i32>),
    /// All lines.
    pub lines: SomeLines,
    /// Those of source.
    pub source: SomeLines,
    /// Those of tests.
    pub tests: SomeLines,
    /// How many other classes of files.
    pub other_counts: Vec<usize>,
    /// The other classes of all commits.
    pub others: Vec<FileClass>,
    /// Their lines.
    pub other_lines: LineColumns,
    /// Positions in `evidence_sets`.
    pub evidence: Vec<u32>,
    /// All sets of evidence.
    pub evidence_sets: Vec<Vec<Evidence>>,
}

/// Numbers of files and of lines that were added and removed. None is negative.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineColumns {
    files: Vec<i64>,
    added: Vec<i64>,
    removed: Vec<i64>,
}

/// The lines of some commits.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SomeLines {
    /// Whether those of a commit are known.
    known: Vec<bool>,
    /// Those that are.
    lines: LineColumns,
}

impl LineColumns {
    /// Numbers up to `most`; `None` if one is larger or negative, or if there are more of one kind than of another.
    pub fn new([files, added, removed]: [Vec<i64>; 3], most: u64) -> Option<Self> {
        let are_possible = |numbers: &Vec<i64>| {
            let most = numbers.iter().map(|number| number.cast_unsigned()).max() <= Some(most);
            most && numbers.len() == files.len()
        };
        let are_sound = [&files, &added, &removed].into_iter().all(are_possible);
        are_sound.then_some(Self {
            files,
            added,
            removed,
        })
    }

    /// How many there are of each kind.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds others behind.
    pub fn append(&mut self, mut others: Self) {
        self.files.append(&mut others.files);
        self.added.append(&mut others.added);
        self.removed.append(&mut others.removed);
    }

    /// Adds those of another at a position.
    fn push(&mut self, others: &Self, at: usize) -> Option<()> {
        self.files.push(*others.files.get(at)?);
        self.added.push(*others.added.get(at)?);
        self.removed.push(*others.removed.get(at)?);
        Some(())
    }
}

impl SomeLines {
    /// The lines of the commits for which they are known; `None` if there are not as many.
    pub fn new(known: Vec<bool>, lines: LineColumns) -> Option<Self> {
        let count = known.iter().filter(|is_known| **is_known).count();
        (count == lines.len()).then_some(Self { known, lines })
    }

    /// Adds those of later commits.
    pub fn append(&mut self, mut others: Self) {
        self.known.append(&mut others.known);
        self.lines.append(others.lines);
    }

    /// A number for each commit: 0 if it is unknown.
    fn spread(&self, of: fn(&LineColumns) -> &Vec<i64>) -> Written {
        let numbers = of(&self.lines);
        if numbers.len() == self.known.len() {
            return Written::counts(numbers);
        }
        let mut numbers = numbers.iter();
        let mut spread = vec![0; self.known.len()];
        for (place, _) in spread
            .iter_mut()
            .zip(&self.known)
            .filter(|(_, is_known)| **is_known)
        {
            *place = numbers.next().copied().unwrap_or_default();
        }
        Written::counts(&spread)
    }
}

/// The classes of files of all commits, one commit after the other.
#[derive(Default)]
struct Classes {
    counts: Vec<usize>,
    classes: Vec<u8>,
    lines: LineColumns,
}

impl Classes {
    /// Puts those with columns of their own before the others of each commit; `None` if they do not fit together.
    fn of(columns: &CommitColumns) -> Option<Self> {
        let own = [
            (FileClass::Source, &columns.source),
            (FileClass::Test, &columns.tests),
        ];
        let own = own.map(|(class, some)| (class_number(class), some));
        let mut places = [0; 2];
        let mut other = 0;
        let mut all = Self::default();
        for (row, others) in columns.other_counts.iter().enumerate() {
            let before = all.classes.len();
            for ((class, some), place) in own.iter().zip(&mut places) {
                if *some.known.get(row)? {
                    all.add(*class, &some.lines, *place)?;
                    *place += 1;
                }
            }
            for _ in 0..*others {
                all.add(
                    class_number(*columns.others.get(other)?),
                    &columns.other_lines,
                    other,
                )?;
                other += 1;
            }
            all.counts.push(all.classes.len() - before);
        }
        Some(all)
    }

    fn add(&mut self, class: u8, lines: &LineColumns, at: usize) -> Option<()> {
        self.classes.push(class);
        self.lines.push(lines, at)
    }
}

impl CommitColumns {
    /// The layer with these commits; `None` if the columns do not fit together.
    pub fn layer(self) -> Option<Layer> {
        let rows = self.parent_counts.len();
        let mut columns: Layout = Layout::default();
        let people: Vec<(&str, &str)> = self
            .people
            .iter()
            .map(|person| (&*person.name, &*person.email))
            .collect();
        let sets: Vec<Vec<StoredEvidence>> = self
            .evidence_sets
            .iter()
            .map(|set| set.iter().map(StoredEvidence::of).collect())
            .collect();
        let Classes {
            counts,
            classes,
            lines,
        } = Classes::of(&self)?;
        let written = [
            (Column::Trees, Written::raw(self.ids.clone())),
            (Column::Parents, Written::counts(&self.places_of_parents(rows))),
            (Column::ParentCounts, Written::counts(&self.parent_counts)),
            (Column::Authors, Written::counts(&self.authors)),
            (Column::People, Written::raw(encoded(&people))),
            (Column::AuthorSeconds, Written::signed(&self.author_times.0)),
            (Column::AuthorOffsets, Written::signed(&self.author_times.1)),
            (Column::CommitSeconds, Written::signed(&self.commit_times.0)),
            (Column::CommitOffsets, Written::signed(&self.commit_times.1)),
            (Column::SubjectLengths, Written::raw(vec![0; rows])),
            (Column::Known, Written::counts(&self.lines.known)),
            (Column::Files, self.lines.spread(|lines| &lines.files)),
            (Column::Added, self.lines.spread(|lines| &lines.added)),
            (Column::Removed, self.lines.spread(|lines| &lines.removed)),
            (Column::ClassCounts, Written::counts(&counts)),
            (Column::Classes, Written::counts(&classes)),
            (Column::ClassFiles, Written::counts(&lines.files)),
            (Column::ClassAdded, Written::counts(&lines.added)),
            (Column::ClassRemoved, Written::counts(&lines.removed)),
            (Column::Evidence, Written::counts(&self.evidence)),
            (Column::EvidenceSets, Written::raw(encoded(&sets))),
            (Column::Reverts, Written::raw(encoded::<(usize, Vec<&str>)>(&[]))),
            (Column::Ids, Written::raw(self.ids)),
            (Column::ForeignIds, Written::raw(self.foreign_ids)),
        ];
        for (column, written) in written {
            set(&mut columns, column, written);
        }
        let width = u8::try_from(self.id_width).ok()?;
        let bytes = bytes_of(rows, width, self.is_regrown, columns);
        let origins = self.evidence_sets.into_iter().map(Origin::new).collect();
        Table::of(bytes, self.people.into(), origins).map(Layer::of_table)
    }

    /// The position of each parent: behind the end of all commits, in the list of foreign ids.
    fn places_of_parents(&self, rows: usize) -> Vec<u64> {
        let mut next = rows as u64;
        let parents = self.parents.iter().map(|parent| match u64::try_from(*parent) {
            Ok(row) => row,
            Err(_) => {
                next += 1;
                next - 1
            }
        });
        parents.collect()
    }
}
