//! The commits of a repository: in columns, as they are cached and passed on, and one by one for who asks.
//!
//! A history of a hundred thousand commits takes a few megabytes in columns, and nothing is built to read them. Sums and
//! comparisons of ids read the columns; everything else sees a slice of [`Commit`], which is built when it is first looked at.

mod columns;
mod distant;
mod numbers;
mod table;
mod wanted;
mod write;

use std::borrow::Cow;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::commit::{Commit, Instant, Person, decide, newest_first};
use super::evidence::{ForeignTrailers, Origin, Signs, origin};
use super::ids::ObjectId;
use super::shared_bytes::SharedBytes;
pub use columns::CommitColumns;
pub use distant::{Distant, Load};
pub use table::Seen;
use table::Table;
pub use wanted::Wanted;

/// The commits of a repository, newest first.
#[derive(Default)]
pub struct Commits {
    /// Where they are, if they are in columns: none if `rows` were given.
    layers: Vec<Layer>,
    /// Those that are loaded when they are looked at.
    distant: Option<Distant>,
    rows: OnceLock<Vec<Commit>>,
}

/// Commits in columns, with what was found out about them since they were written.
#[derive(Debug, Clone)]
pub struct Layer {
    table: Arc<Table>,
    /// Their authors through the mailmap, if that changes any.
    people: Option<Arc<[Person]>>,
    /// Who made them, by the number of their evidence; then those with a number of their own.
    origins: Arc<[Origin]>,
    /// The commits with an origin of their own, by position, and the number of that.
    own: Vec<(usize, usize)>,
}

/// Some of the commits of a repository, in columns: here, or to be loaded.
#[derive(Debug, Clone, Copy)]
pub enum Section<'a> {
    /// In memory.
    Here(&'a Layer),
    /// Elsewhere.
    There(&'a Distant),
}

impl<'a> Section<'a> {
    /// The commits. Those from elsewhere are dropped with what this returns.
    pub fn load(self) -> Cow<'a, Layer> {
        match self {
            Self::Here(layer) => Cow::Borrowed(layer),
            Self::There(distant) => Cow::Owned(distant.layer()),
        }
    }
}

/// A layer as it is stored or passed on.
#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    table: Bytes,
    people: Option<Vec<Person>>,
}

/// Bytes that are written as such and not one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Layer {
    /// The layer in a range of bytes that [`layout`] wrote; `None` if there is none.
    pub fn read(bytes: &SharedBytes, range: Range<usize>) -> Option<Self> {
        Table::read(bytes, range).map(Self::of_table)
    }

    fn of_table(table: Table) -> Self {
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
    pub fn visit(&self, except: &[usize], mut see: impl FnMut(&Seen)) {
        let (mut own, mut except) = (self.own.iter().peekable(), except.iter().peekable());
        self.table.visit(|seen| {
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

    fn origin_of(&self, row: usize) -> Origin {
        let own = self.own.binary_search_by_key(&row, |(row, _)| *row);
        let number = own.map_or_else(|_| self.table.evidence(row), |at| self.own[at].1);
        self.origin(number).cloned().unwrap_or_default()
    }

    fn ids(&self) -> impl Iterator<Item = ObjectId> {
        self.table.ids().filter_map(ObjectId::from_bytes)
    }

    fn add_to(&self, rows: &mut Vec<Commit>) {
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

    fn map_people(&mut self, mut proper: impl FnMut(&Person) -> Option<Person>) {
        let mapped: Vec<Option<Person>> = self.people().iter().map(&mut proper).collect();
        if mapped.iter().any(Option::is_some) {
            let people = self.people().iter().zip(mapped);
            let people = people.map(|(person, mapped)| mapped.unwrap_or_else(|| person.clone()));
            self.people = Some(people.collect());
        }
    }

    fn decide(&mut self, elsewhere: &Signs, wanted: &Wanted, foreign: ForeignTrailers) {
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

impl Commits {
    /// The commits of these layers, which have none in common.
    pub fn of_layers(layers: Vec<Layer>) -> Self {
        Self {
            layers: layers.into_iter().filter(|layer| !layer.is_empty()).collect(),
            ..Self::default()
        }
    }

    /// Commits that are elsewhere. Their authors are final: the mailmap has been applied to them.
    pub fn of_distant(distant: Distant) -> Self {
        Self {
            distant: Some(distant),
            ..Self::default()
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self.rows.get() {
            Some(rows) => rows.len(),
            None => {
                let distant = self.distant.as_ref().map_or(0, Distant::len);
                self.layers.iter().map(Layer::len).sum::<usize>() + distant
            }
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The columns that they are in; `None` if they were given one by one.
    pub fn sections(&self) -> Option<Vec<Section<'_>>> {
        let here = self.layers.iter().map(Section::Here);
        let there = self.distant.iter().map(Section::There);
        self.is_in_columns().then(|| here.chain(there).collect())
    }

    /// Whether their parents may be others than their objects name, as far as is known.
    pub fn is_regrown(&self) -> bool {
        match self.sections() {
            Some(sections) => sections
                .into_iter()
                .any(|section| section.load().table.is_regrown()),
            None => true,
        }
    }

    fn is_in_columns(&self) -> bool {
        !self.layers.is_empty() || self.distant.is_some() || self.rows.get().is_none()
    }

    /// Their ids, in no order.
    pub fn ids(&self) -> Box<dyn Iterator<Item = ObjectId> + '_> {
        if !self.is_in_columns() {
            return Box::new(self.iter().map(|commit| commit.id));
        }
        let there = self.distant.iter().flat_map(Distant::ids);
        Box::new(self.layers.iter().flat_map(Layer::ids).chain(there))
    }

    /// Those of the wanted ids that are here.
    pub fn found(&self, wanted: &Wanted) -> Vec<ObjectId> {
        if wanted.is_empty() {
            return Vec::new();
        }
        if !self.is_in_columns() || self.distant.is_some() {
            return self.ids().filter(|id| wanted.contains(id)).collect();
        }
        let ids = self.layers.iter().flat_map(|layer| layer.table.ids());
        ids.filter_map(|id| wanted.found(id)).collect()
    }

    /// Some of the commits, which include every one that has no parent or one that is not here. All of them if parents may be
    /// others than the objects of the commits name.
    pub fn ends(&self) -> Vec<ObjectId> {
        let Some(sections) = self.sections() else {
            return self.ids().collect();
        };
        let loaded: Vec<Cow<'_, Layer>> = sections.into_iter().map(Section::load).collect();
        if loaded.iter().any(|layer| layer.table.is_regrown()) {
            return self.ids().collect();
        }
        // A commit whose parent is in another layer also counts as an end, which does no harm.
        loaded.iter().flat_map(|layer| layer.table.ends()).collect()
    }

    /// The author's times of those whose lines are unknown, except merges, in seconds since the epoch.
    pub fn without_lines(&self) -> Box<dyn Iterator<Item = i64> + '_> {
        let Some(sections) = self.sections() else {
            let lacks_lines = |commit: &&Commit| commit.lines.is_none() && !commit.is_merge();
            let lacking = self.iter().filter(lacks_lines);
            return Box::new(lacking.map(|commit| commit.author_time.seconds));
        };
        Box::new(sections.into_iter().flat_map(|section| {
            let layer = section.load();
            layer.table.without_lines().collect::<Vec<_>>()
        }))
    }

    /// The objects of commits whose messages may have trailers of ours.
    pub fn claiming(&self) -> Vec<(ObjectId, Box<[u8]>)> {
        let of_layer =
            |layer: &Layer| -> Vec<Commit> { layer.table.claiming().map(|row| layer.commit(row)).collect() };
        let claiming = |commit: Commit| Some((commit.id, commit.claiming?));
        if !self.is_in_columns() {
            let rows = self.iter();
            let claiming = rows.filter_map(|commit| Some((commit.id, commit.claiming.clone()?)));
            return claiming.collect();
        }
        self.layers
            .iter()
            .flat_map(of_layer)
            .filter_map(claiming)
            .collect()
    }

    /// Replaces authors by whom `proper` names for them.
    pub fn map_people(&mut self, mut proper: impl FnMut(&Person) -> Option<Person>) {
        if self.is_in_columns() {
            self.rows = OnceLock::new();
            for layer in &mut self.layers {
                layer.map_people(&mut proper);
            }
            return;
        }
        // Most people are not in the mailmap.
        let mut known = std::collections::HashMap::new();
        for commit in self.rows.get_mut().into_iter().flatten() {
            let mapped = match known.get(&commit.author) {
                Some(mapped) => mapped,
                None => {
                    let mapped = proper(&commit.author);
                    known.entry(commit.author.clone()).or_insert(mapped)
                }
            };
            if let Some(mapped) = mapped {
                commit.author.clone_from(mapped);
            }
        }
    }

    /// Decides who made each of them; their origins contain only their own signs until then.
    pub fn decide(&mut self, elsewhere: &Signs, foreign: ForeignTrailers) {
        if !self.is_in_columns() {
            return decide(
                self.rows.get_mut().map_or(&mut [], Vec::as_mut_slice),
                elsewhere,
                foreign,
            );
        }
        let signs = elsewhere.iter().filter(|(_, signs)| !signs.is_empty());
        let wanted: Wanted = signs.map(|(commit, _)| commit).collect();
        if wanted.is_empty() && foreign == ForeignTrailers::Believe {
            return;
        }
        self.rows = OnceLock::new();
        for layer in &mut self.layers {
            layer.decide(elsewhere, &wanted, foreign);
        }
        if let Some(distant) = &mut self.distant {
            distant.decide(elsewhere, foreign);
        }
    }

    /// Their bytes, to be passed on before it is decided who made them. `None` if they cannot be written, which is never the
    /// case for commits of one repository.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let layers: Vec<Stored> = match self.sections() {
            Some(sections) => sections
                .into_iter()
                .map(|section| section.load().stored())
                .collect(),
            None => vec![Stored {
                table: Bytes(layout(self, false)?),
                people: None,
            }],
        };
        postcard::to_stdvec(&layers).ok()
    }

    /// The commits that [`encode`](Self::encode) wrote; `None` for other bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (layers, rest) = postcard::take_from_bytes::<Vec<Stored>>(bytes).ok()?;
        let layers = layers.into_iter().map(Stored::layer).collect::<Option<_>>()?;
        rest.is_empty().then(|| Self::of_layers(layers))
    }

    /// The authors of each layer after the mailmap, for [`with_people`](Self::with_people) when the same commits are read again.
    pub fn mapped_people(&self) -> Vec<Option<Vec<Person>>> {
        let layers = self.layers.iter();
        layers
            .map(|layer| layer.people.as_deref().map(<[Person]>::to_vec))
            .collect()
    }

    /// Does so. `None` if these were other commits.
    pub fn with_people(mut self, people: Vec<Option<Vec<Person>>>) -> Option<Self> {
        if self.layers.len() != people.len() {
            return None;
        }
        for (layer, people) in self.layers.iter_mut().zip(people) {
            layer.set_people(people)?;
        }
        Some(self)
    }

    /// These and others that are not among them.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        let is_here = |commits: &Self| commits.is_in_columns() && commits.distant.is_none();
        if !is_here(&self) || !is_here(&others) {
            let mut rows = self.into_vec();
            rows.extend(others.into_vec());
            rows.sort_by_key(newest_first);
            return rows.into();
        }
        self.layers.extend(others.layers);
        Self::of_layers(self.layers)
    }

    /// The commits as they were given or built, to be changed.
    pub fn into_vec(mut self) -> Vec<Commit> {
        let _: &[Commit] = &self;
        self.rows.take().unwrap_or_default()
    }

    fn built(&self) -> Vec<Commit> {
        let mut rows = Vec::new();
        for section in self.sections().unwrap_or_default() {
            section.load().add_to(&mut rows);
        }
        if !rows.is_sorted_by_key(newest_first) {
            rows.sort_by_key(newest_first);
        }
        rows
    }
}

impl Layer {
    fn stored(&self) -> Stored {
        Stored {
            table: Bytes(self.table.stored().to_vec()),
            people: self.people.as_deref().map(<[Person]>::to_vec),
        }
    }

    fn set_people(&mut self, people: Option<Vec<Person>>) -> Option<()> {
        let is_of_them = people
            .as_ref()
            .is_none_or(|people| people.len() == self.table.people.len());
        self.people = people.map(Into::into);
        is_of_them.then_some(())
    }
}

impl Stored {
    fn layer(self) -> Option<Layer> {
        let bytes = SharedBytes::new(self.table.0);
        let all = 0..bytes.len();
        let mut layer = Layer::read(&bytes, all)?;
        layer.set_people(self.people)?;
        Some(layer)
    }
}

impl Deref for Commits {
    type Target = [Commit];

    fn deref(&self) -> &[Commit] {
        self.rows.get_or_init(|| self.built())
    }
}

impl From<Vec<Commit>> for Commits {
    fn from(rows: Vec<Commit>) -> Self {
        Self {
            rows: rows.into(),
            ..Self::default()
        }
    }
}

impl FromIterator<Commit> for Commits {
    fn from_iter<I: IntoIterator<Item = Commit>>(commits: I) -> Self {
        commits.into_iter().collect::<Vec<_>>().into()
    }
}

impl<'a> IntoIterator for &'a Commits {
    type Item = &'a Commit;
    type IntoIter = std::slice::Iter<'a, Commit>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Clone for Commits {
    fn clone(&self) -> Self {
        if !self.is_in_columns() {
            return self.to_vec().into();
        }
        Self {
            distant: self.distant.clone(),
            ..Self::of_layers(self.layers.clone())
        }
    }
}

impl PartialEq for Commits {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for Commits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&**self).finish()
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

/// Reads bytes that anybody may have written in every way: they are columns or not, and no more than they can contain.
#[cfg(any(test, feature = "testing"))]
pub fn read_anything(bytes: &[u8]) {
    let bytes = SharedBytes::new(bytes.to_vec());
    let all = 0..bytes.len();
    let Some(layer) = Layer::read(&bytes, all) else {
        return;
    };
    let mut count = 0;
    layer.visit(&[], |seen| {
        count += 1;
        assert!(layer.person(seen.author).is_some() && layer.origin(seen.origin).is_some());
    });
    assert_eq!(count, layer.len());
    let commits = Commits::of_layers(vec![layer.clone()]);
    assert!(commits.ends().len() <= count && commits.claiming().len() <= count);
    let subjects: usize = commits.iter().map(|commit| commit.subject.len()).sum();
    // A byte that is not text becomes a character of three.
    assert!(commits.len() == count && subjects <= 3 * bytes.len());
    if let Some(last) = count.checked_sub(1) {
        layer.commit(last);
    }
    let _ = Commits::decode(&bytes);
}

#[cfg(test)]
mod tests;
