//! Commits as plain columns, for who has them in another columnar format.

use super::super::commit::{LineCounts, Person};
use super::super::evidence::{Evidence, StoredEvidence};
use super::super::files::FileClass;
use super::super::shared_bytes::SharedBytes;
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
    pub parent_counts: Vec<u64>,
    /// The parents of all commits: positions, or behind the end of all commits, positions in `foreign_ids`.
    pub parents: Vec<u64>,
    /// The ids of parents that are not here, one after the other.
    pub foreign_ids: Vec<u8>,
    /// All authors.
    pub people: Vec<Person>,
    /// Positions in `people`.
    pub authors: Vec<u64>,
    /// The author's times in seconds since the epoch, and their offsets in minutes.
    pub author_times: (Vec<i64>, Vec<i64>),
    /// The same of the commits.
    pub commit_times: (Vec<i64>, Vec<i64>),
    /// The lines of each commit, if known.
    pub lines: Vec<Option<LineCounts>>,
    /// How many classes of files.
    pub class_counts: Vec<u64>,
    /// The classes of all commits.
    pub classes: Vec<(FileClass, LineCounts)>,
    /// Positions in `evidence_sets`.
    pub evidence: Vec<u64>,
    /// All sets of evidence.
    pub evidence_sets: Vec<Vec<Evidence>>,
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
        let of = |count: fn(&LineCounts) -> u64| {
            let counts = self.lines.iter();
            Written::counts(
                &counts
                    .map(|lines| lines.as_ref().map_or(0, count))
                    .collect::<Vec<_>>(),
            )
        };
        let of_classes = |count: fn(&(FileClass, LineCounts)) -> u64| {
            Written::counts(&self.classes.iter().map(count).collect::<Vec<_>>())
        };
        let known = self.lines.iter().map(|lines| u64::from(lines.is_some()));
        let written = [
            (Column::Trees, Written::raw(self.ids.clone())),
            (Column::Ids, Written::raw(self.ids.clone())),
            (Column::ForeignIds, Written::raw(self.foreign_ids.clone())),
            (Column::ParentCounts, Written::counts(&self.parent_counts)),
            (Column::Parents, Written::counts(&self.parents)),
            (Column::Authors, Written::counts(&self.authors)),
            (Column::People, Written::raw(encoded(&people))),
            (Column::AuthorSeconds, Written::signed(&self.author_times.0)),
            (Column::AuthorOffsets, Written::signed(&self.author_times.1)),
            (Column::CommitSeconds, Written::signed(&self.commit_times.0)),
            (Column::CommitOffsets, Written::signed(&self.commit_times.1)),
            (Column::SubjectLengths, Written::counts(&vec![0; rows])),
            (Column::Known, Written::counts(&known.collect::<Vec<_>>())),
            (Column::Files, of(|lines| lines.files)),
            (Column::Added, of(|lines| lines.added)),
            (Column::Removed, of(|lines| lines.removed)),
            (Column::ClassCounts, Written::counts(&self.class_counts)),
            (Column::Classes, of_classes(|(class, _)| class_number(*class))),
            (Column::ClassFiles, of_classes(|(_, lines)| lines.files)),
            (Column::ClassAdded, of_classes(|(_, lines)| lines.added)),
            (Column::ClassRemoved, of_classes(|(_, lines)| lines.removed)),
            (Column::Evidence, Written::counts(&self.evidence)),
            (Column::EvidenceSets, Written::raw(encoded(&sets))),
            (Column::Reverts, Written::raw(encoded::<(usize, Vec<&str>)>(&[]))),
        ];
        for (column, written) in written {
            set(&mut columns, column, written);
        }
        let width = u8::try_from(self.id_width).ok()?;
        let bytes = SharedBytes::new(bytes_of(rows, width, self.is_regrown, columns));
        let all = 0..bytes.len();
        Table::read(&bytes, all).map(Layer::of_table)
    }
}
