//! Commits that are not in memory: they are loaded to be looked at, and dropped again.

use std::sync::Arc;

use super::super::commit::{Instant, Person};
use super::super::evidence::{ForeignTrailers, Signs};
use super::super::ids::ObjectId;
use super::layer::Layer;
use super::wanted::Wanted;

/// Where commits are loaded from. Whoever loads them keeps the error if that fails, and gives none.
pub trait Load: std::fmt::Debug + Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them.
    fn layer(&self) -> Layer;

    /// Only their ids, in any order.
    fn ids(&self) -> Vec<ObjectId>;

    /// Those of the wanted ids that are among them.
    fn found(&self, wanted: &Wanted) -> Vec<ObjectId>;

    /// Those that have no parent or one that is not among them, or all if parents may be others than the objects name.
    fn ends(&self) -> Vec<ObjectId>;

    /// The authors and the author's times of those that are wanted.
    fn authored(&self, wanted: &Wanted) -> Vec<(ObjectId, Person, Instant)>;
}

/// The commits of a repository, elsewhere.
#[derive(Debug, Clone)]
pub struct Distant {
    from: Arc<dyn Load>,
    /// What was found out about them, to be applied whenever they are loaded.
    decided: Option<(Arc<Signs>, ForeignTrailers)>,
}

impl Distant {
    /// Commits that are loaded from there.
    pub fn new(from: Arc<dyn Load>) -> Self {
        Self { from, decided: None }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.from.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn ids(&self) -> Vec<ObjectId> {
        self.from.ids()
    }

    pub(super) fn found(&self, wanted: &Wanted) -> Vec<ObjectId> {
        self.from.found(wanted)
    }

    pub(super) fn ends(&self) -> Vec<ObjectId> {
        self.from.ends()
    }

    pub(super) fn authored(&self, wanted: &Wanted) -> Vec<(ObjectId, Person, Instant)> {
        self.from.authored(wanted)
    }

    /// All of them, with what was decided about them.
    pub(super) fn layer(&self) -> Layer {
        let mut layer = self.from.layer();
        if let Some((signs, foreign)) = &self.decided {
            let wanted: Wanted = signs.iter().map(|(commit, _)| commit).collect();
            layer.decide(signs, &wanted, *foreign);
        }
        layer
    }

    pub(super) fn decide(&mut self, elsewhere: &Signs, foreign: ForeignTrailers) {
        self.decided = Some((Arc::new(elsewhere.clone()), foreign));
    }
}
