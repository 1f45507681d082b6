//! The commits of a repository: in columns, as they are cached and passed on, and one by one for who asks.
//!
//! A history of a hundred thousand commits takes a few megabytes in columns, and nothing is built to read them. Sums and
//! comparisons of ids read the columns; everything else sees a slice of [`Commit`], which is built when it is first looked at.

mod columns;
mod distant;
mod layer;
mod numbers;
mod table;
mod wanted;
mod write;

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::OnceLock;

use super::commit::{Commit, Instant, Person, decide, newest_first};
use super::evidence::{ForeignTrailers, Signs};
use super::ids::ObjectId;
pub use columns::{CommitColumns, LineColumns, SomeLines};
pub use distant::{Distant, Load};
use layer::Stored;
pub use layer::{Bytes, Layer, layout};
pub use table::Seen;
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

/// Some of the commits of a repository, in columns: here, or to be loaded.
#[derive(Debug, Clone, Copy)]
pub enum Section<'a> {
    /// In memory.
    Here(&'a Layer),
    /// Elsewhere.
    There(&'a Distant),
    /// One by one, to be put into columns.
    Rows(&'a [Commit]),
}

impl<'a> Section<'a> {
    /// The commits. Those from elsewhere are dropped with what this returns.
    pub fn load(self) -> Cow<'a, Layer> {
        match self {
            Self::Here(layer) => Cow::Borrowed(layer),
            Self::There(distant) => Cow::Owned(distant.layer()),
            Self::Rows(rows) => Cow::Owned(Layer::of_rows(rows)),
        }
    }
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

    /// The columns that they are in.
    pub fn sections(&self) -> Vec<Section<'_>> {
        if !self.is_in_columns() {
            return self
                .rows
                .get()
                .map(|rows| Section::Rows(rows))
                .into_iter()
                .collect();
        }
        let here = self.layers.iter().map(Section::Here);
        here.chain(self.distant.iter().map(Section::There)).collect()
    }

    /// Whether their parents may be others than their objects name, as far as is known.
    pub fn is_regrown(&self) -> bool {
        !self.is_in_columns() || self.layers.iter().any(|layer| layer.table.is_regrown())
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
        if !self.is_in_columns() {
            return self.ids().filter(|id| wanted.contains(id)).collect();
        }
        let ids = self.layers.iter().flat_map(|layer| layer.table.ids());
        let here = ids.filter_map(|id| wanted.found(id));
        let there = self.distant.iter().flat_map(|distant| distant.found(wanted));
        here.chain(there).collect()
    }

    /// Some of the commits, which include every one that has no parent or one that is not here. All of them if parents may be
    /// others than the objects of the commits name.
    pub fn ends(&self) -> Vec<ObjectId> {
        if !self.is_in_columns() || self.layers.iter().any(|layer| layer.table.is_regrown()) {
            return self.ids().collect();
        }
        // A commit whose parent is in another layer also counts as an end, which does no harm.
        let here = self.layers.iter().flat_map(|layer| layer.table.ends());
        here.chain(self.distant.iter().flat_map(Distant::ends)).collect()
    }

    /// The authors and the author's times of those that are wanted.
    pub fn authored(&self, wanted: &Wanted) -> Vec<(ObjectId, Person, Instant)> {
        if wanted.is_empty() {
            return Vec::new();
        }
        if !self.is_in_columns() {
            let found = self.iter().filter(|commit| wanted.contains(&commit.id));
            let authored = found.map(|commit| (commit.id, commit.author.clone(), commit.author_time));
            return authored.collect();
        }
        let here = self.layers.iter().flat_map(|layer| {
            layer.find(wanted).into_iter().map(|row| {
                let (author, at) = layer.authored(row);
                (layer.id(row), author, at)
            })
        });
        let there = self.distant.iter().flat_map(|distant| distant.authored(wanted));
        here.chain(there).collect()
    }

    /// The author's times of those whose lines are unknown, except merges, in seconds since the epoch.
    pub fn without_lines(&self) -> Box<dyn Iterator<Item = i64> + '_> {
        if !self.is_in_columns() {
            let lacks_lines = |commit: &&Commit| commit.lines.is_none() && !commit.is_merge();
            let lacking = self.iter().filter(lacks_lines);
            return Box::new(lacking.map(|commit| commit.author_time.seconds));
        }
        Box::new(self.sections().into_iter().flat_map(|section| {
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
        let layers: Vec<Stored> = match self.is_in_columns() {
            true => {
                let sections = self.sections().into_iter();
                sections.map(|section| section.load().stored()).collect()
            }
            false => vec![Stored {
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
        for section in self.sections() {
            section.load().add_to(&mut rows);
        }
        if !rows.is_sorted_by_key(newest_first) {
            rows.sort_by_key(newest_first);
        }
        rows
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

/// Reads bytes that anybody may have written in every way: they are columns or not, and no more than they can contain.
#[cfg(any(test, feature = "testing"))]
pub fn read_anything(bytes: &[u8]) {
    let bytes = super::shared_bytes::SharedBytes::new(bytes.to_vec());
    let all = 0..bytes.len();
    let Some(layer) = Layer::read(&bytes, all) else {
        return;
    };
    let mut count = 0;
    layer.visit(&[], &mut |seen| {
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
