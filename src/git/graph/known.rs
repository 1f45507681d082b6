//! The commits of a repository that were read.

use std::collections::HashMap;

use crate::facts::ids::ObjectId;

/// A commit's position in the graph.
pub(in super::super) type Place = u32;

/// The commits that were read.
#[derive(Default)]
pub(in super::super) struct Graph {
    pub(in super::super) places: HashMap<ObjectId, Place>,
    pub(in super::super) nodes: Vec<Node>,
    /// The parents of all of them, one after the other.
    pub(in super::super) parents: Vec<ObjectId>,
    pub(in super::super) reverts: HashMap<Place, Box<[Box<str>]>>,
}

/// What a walk needs of a commit.
#[derive(Clone, Copy)]
pub(in super::super) struct Node {
    /// The tree of its files; `None` if its object names none.
    pub(in super::super) tree: Option<ObjectId>,
    /// The second in which the author made the change.
    pub(in super::super) authored: i64,
    /// The second in which the commit was made.
    pub(in super::super) committed: i64,
    /// Where its parents are, and how many it has.
    pub(in super::super) first: u32,
    pub(in super::super) count: u32,
}

impl Graph {
    pub(in super::super) fn insert(
        &mut self,
        id: ObjectId,
        node: Node,
        parents: &[ObjectId],
        reverts: Box<[Box<str>]>,
    ) -> Place {
        let place = self.nodes.len() as Place;
        self.nodes.push(Node {
            first: self.parents.len() as u32,
            count: parents.len() as u32,
            ..node
        });
        self.parents.extend(parents);
        self.places.insert(id, place);
        if !reverts.is_empty() {
            self.reverts.insert(place, reverts);
        }
        place
    }

    pub(in super::super) fn parents(&self, place: Place) -> &[ObjectId] {
        let node = &self.nodes[place as usize];
        &self.parents[node.first as usize..][..node.count as usize]
    }
}
