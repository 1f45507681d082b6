//! Commits in columns, with what was found out about them since they were written.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::commit::{Commit, Instant, Person};
use super::super::evidence::{ForeignTrailers, Origin, Signs, origin};
use super::super::ids::ObjectId;
use super::super::shared_bytes::SharedBytes;
use super::table::{Seen, Table};
use super::wanted::Wanted;
use super::write;

/// Commits in columns, with what was found out about them since they were written.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    pub(super) table: Arc<Table>,
    /// Their authors through the mailmap, if that changes any.
    pub(super) people: Option<Arc<[Person]>>,
    /// Who made them, by the number of their evidence; then those with a number of their own.
    origins: Arc<[Origin]>,
    /// The commits with an origin of their own, by position, and the number of that.
    own: Vec<(usize, usize)>,
}

/// A layer as it is stored or passed on.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) table: Bytes,
    pub(super) people: Option<Vec<Person>>,
}

/// Bytes that are written as such and not one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Layer {
    /// The layer in a range of bytes that [`layout`] wrote; `None` if there is none.
    pub fn read(bytes: &SharedBytes, range: Range<usize>) -> Option<Self> {
        Table::read(bytes, range).map(Self::of_table)
    }

    /// Those given one by one. If their ids have different lengths, which no repository has, there are none.
    pub(super) fn of_rows(rows: &[Commit]) -> Self {
        let bytes = SharedBytes::new(layout(rows, true).unwrap_or_default());
        let all = 0..bytes.len();
        Self::read(&bytes, all).unwrap_or_default()
    }

    pub(super) fn of_table(table: Table) -> Self {
        Self {
            people: None,
            origins: Arc::clone(&table.origins),
            own: Vec::new(),
            table: Arc::new(table),
        }
    }

    /// How many commits it has.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn people(&self) -> &[Person] {
        self.people.as_deref().unwrap_or(&self.table.people)
    }

    /// The author with a number.
    pub fn person(&self, number: usize) -> Option<&Person> {
        self.people().get(number)
    }

    /// The origin with a number.
    pub fn origin(&self, number: usize) -> Option<&Origin> {
        self.origins.get(number)
    }

    /// All origins, by number.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Calls `see` with the numbers of each commit that is not at one of the positions `except`, which ascend.
    pub fn visit(&self, except: &[usize], see: &mut dyn FnMut(&Seen)) {
        let (mut own, mut except) = (self.own.iter().peekable(), except.iter().peekable());
        self.table.visit(&mut |seen| {
            let own = own.next_if(|(row, _)| *row == seen.row);
            if except.next_if(|row| **row == seen.row).is_some() {
                return;
            }
            match own {
                Some((_, number)) => see(&Seen {
                    origin: *number,
                    ..*seen
                }),
                None => see(seen),
            }
        });
    }

    /// The positions of those commits that are wanted, ascending.
    pub fn find(&self, wanted: &Wanted) -> Vec<usize> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let ids = self.table.ids().enumerate();
        ids.filter(|(_, id)| wanted.found(id).is_some())
            .map(|(row, _)| row)
            .collect()
    }

    /// The id of the commit at a position.
    pub fn id(&self, row: usize) -> ObjectId {
        self.table.id(row).unwrap_or_else(|| [0; 20].into())
    }

    /// The commit at a position.
    pub fn commit(&self, row: usize) -> Commit {
        self.table.commit(row, self.people(), self.origin_of(row))
    }

    /// The author and the author's time of the commit at a position.
    pub fn authored(&self, row: usize) -> (Person, Instant) {
        let author = self.person(self.table.author(row)).cloned();
        (author.unwrap_or_default(), self.table.author_time(row))
    }

    /// Whether another layer knows the lines of a commit that are unknown here, or other evidence of who made it.
    pub fn learns(&self, row: usize, other: &Self, again: usize) -> bool {
        let lacks_lines = !self.table.is_known(row) && other.table.is_known(again);
        lacks_lines || self.origin(self.origin_number(row)) != other.origin(other.origin_number(again))
    }

    fn origin_number(&self, row: usize) -> usize {
        let own = self.own.binary_search_by_key(&row, |(row, _)| *row);
        own.map_or_else(|_| self.table.evidence(row), |at| self.own[at].1)
    }

    fn origin_of(&self, row: usize) -> Origin {
        self.origin(self.origin_number(row)).cloned().unwrap_or_default()
    }

    /// The ids of its commits, in their order.
    pub fn ids(&self) -> impl Iterator<Item = ObjectId> {
        self.table.ids().filter_map(ObjectId::from_bytes)
    }

    pub(super) fn add_to(&self, rows: &mut Vec<Commit>) {
        rows.reserve(self.len());
        let mut own = self.own.iter().peekable();
        let origin = |row: usize| {
            let own = own.next_if(|(known, _)| *known == row);
            let number = own.map_or_else(|| self.table.evidence(row), |(_, number)| *number);
            self.origin(number).cloned().unwrap_or_default()
        };
        self.table
            .commits(self.people(), origin, |commit| rows.push(commit));
    }

    pub(super) fn map_people(&mut self, mut proper: impl FnMut(&Person) -> Option<Person>) {
        let mapped: Vec<Option<Person>> = self.people().iter().map(&mut proper).collect();
        if mapped.iter().any(Option::is_some) {
            let people = self.people().iter().zip(mapped);
            let people = people.map(|(person, mapped)| mapped.unwrap_or_else(|| person.clone()));
            self.people = Some(people.collect());
        }
    }

    pub(super) fn decide(&mut self, elsewhere: &Signs, wanted: &Wanted, foreign: ForeignTrailers) {
        let before: Vec<Origin> = self.origins.to_vec();
        let mut origins: Vec<Origin> = match foreign {
            ForeignTrailers::Believe => before.clone(),
            ForeignTrailers::Ignore => before
                .iter()
                .map(|own| origin(own.evidence(), &[], foreign))
                .collect(),
        };
        let mut own = Vec::new();
        for row in self.find(wanted) {
            let known = before
                .get(self.table.evidence(row))
                .map_or(&[][..], Origin::evidence);
            own.push((row, origins.len()));
            origins.push(origin(known, elsewhere.of(self.id(row)), foreign));
        }
        self.origins = origins.into();
        self.own = own;
    }
}

/// The bytes of a layer with these commits, in their order; `is_regrown` if replacements or grafts may have given them other
/// parents than their objects name. `None` if their ids have different lengths, which no repository has.
pub fn layout(commits: &[Commit], is_regrown: bool) -> Option<Vec<u8>> {
    write::layout(commits, is_regrown)
}

impl Layer {
    pub(super) fn stored(&self) -> Stored {
        Stored {
            table: Bytes(self.table.stored().to_vec()),
            people: self.people.as_deref().map(<[Person]>::to_vec),
        }
    }

    pub(super) fn set_people(&mut self, people: Option<Vec<Person>>) -> Option<()> {
        let is_of_them = people
            .as_ref()
            .is_none_or(|people| people.len() == self.table.people.len());
        self.people = people.map(Into::into);
        is_of_them.then_some(())
    }
}

impl Stored {
    pub(super) fn layer(self) -> Option<Layer> {
        let bytes = SharedBytes::new(self.table.0);
        let all = 0..bytes.len();
        let mut layer = Layer::read(&bytes, all)?;
        layer.set_people(self.people)?;
        Some(layer)
    }
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }

            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}
