//! Whether one commit made the change of others: of one, or of several consecutive ones.
//!
//! That is all that is left of a branch that was squashed under a new title.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};

use super::ancestry::Ancestry;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::change_id::{self, ChangeId};
use crate::git::messages;
use crate::git::touched::touched;

/// How many commits below one, and how many above it, are considered as parts of its squash.
const MAX_CHAIN: usize = 32;
/// How many changes are compared line by line.
const MAX_CHANGES: usize = 2_048;
/// For how many commits the files are compared.
const MAX_FILES: usize = 16_384;

/// What a commit changed, by path; `None` if that cannot be read.
type Files = Option<BTreeSet<Vec<u8>>>;
/// Two commits between which something changed: the older one is `None` before the first commit.
type Range = (Option<ObjectId>, ObjectId);

/// Compares changes, and remembers them.
pub(super) struct Squashes<'a> {
    repo: &'a Repo,
    files: RefCell<HashMap<ObjectId, Files>>,
    changes: RefCell<HashMap<Range, Option<ChangeId>>>,
    /// What was built on commits that no ref reaches, at an earlier HEAD.
    gone: OnceCell<HashMap<ObjectId, BTreeSet<ObjectId>>>,
    gave_up: Cell<bool>,
}

impl<'a> Squashes<'a> {
    pub(super) fn new(repo: &'a Repo) -> Self {
        Self {
            repo,
            files: RefCell::default(),
            changes: RefCell::default(),
            gone: OnceCell::new(),
            gave_up: Cell::new(false),
        }
    }

    /// Whether a bound was reached, so that some squashes were not found.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up.get()
    }

    /// Whether `whole` made the change of a line of commits that includes `part`.
    pub(super) fn holds(&self, ancestry: &Ancestry<'_>, whole: ObjectId, part: ObjectId) -> bool {
        let parents = parents(self.repo, whole);
        if parents.len() > 1 || !self.share_a_file(whole, part) {
            return false;
        }
        let range = (parents.first().copied(), whole);
        let Some(change) = self.change(range) else {
            return false;
        };
        let below = self.below(ancestry, whole, part);
        let above = self.above(ancestry, whole, part);
        // Most squashes take the whole branch.
        let mut ranges = below
            .iter()
            .rev()
            .flat_map(|old| above.iter().rev().map(|new| (*old, *new)));
        ranges.any(|range| self.change(range).as_ref() == Some(&change))
    }

    /// Whether `whole` changed every file that `part` changed.
    pub(super) fn has_files_of(&self, whole: ObjectId, part: ObjectId) -> bool {
        match (self.files(whole), self.files(part)) {
            (Some(whole), Some(part)) => !part.is_empty() && part.is_subset(&whole),
            _ => false,
        }
    }

    fn share_a_file(&self, one: ObjectId, other: ObjectId) -> bool {
        match (self.files(one), self.files(other)) {
            (Some(one), Some(other)) => one.iter().any(|path| other.contains(path)),
            _ => false,
        }
    }

    fn files(&self, commit: ObjectId) -> Files {
        let mut files = self.files.borrow_mut();
        if files.len() >= MAX_FILES && !files.contains_key(&commit) {
            self.gave_up.set(true);
            return None;
        }
        let read = || touched(self.repo, [commit]).pop().flatten();
        files.entry(commit).or_insert_with(read).clone()
    }

    fn change(&self, range: Range) -> Option<ChangeId> {
        let mut changes = self.changes.borrow_mut();
        if changes.len() >= MAX_CHANGES && !changes.contains_key(&range) {
            self.gave_up.set(true);
            return None;
        }
        let read = || match range {
            (Some(old), new) => change_id::between(self.repo, old, new),
            (None, new) => change_id::of_commit(self.repo, new),
        };
        changes.entry(range).or_insert_with(read).clone()
    }

    /// Where the line of a commit may begin: at each commit below it, down to the first that the squash was built on.
    fn below(&self, ancestry: &Ancestry<'_>, whole: ObjectId, part: ObjectId) -> Vec<Option<ObjectId>> {
        let mut below = Vec::new();
        let mut at = part;
        while below.len() < MAX_CHAIN {
            let Some(parent) = parents(self.repo, at).first().copied() else {
                below.extend((at == part).then_some(None));
                break;
            };
            below.push(Some(parent));
            if ancestry.descends(whole, parent) {
                break;
            }
            at = parent;
        }
        below
    }

    /// Where it may end: at the commit, or at one that was built on it and that the squash was not built on.
    fn above(&self, ancestry: &Ancestry<'_>, whole: ObjectId, part: ObjectId) -> Vec<ObjectId> {
        let mut above = vec![part];
        let mut seen = HashSet::from([part, whole]);
        let mut next = 0;
        while let Some(at) = above.get(next).copied() {
            let mut children = ancestry.children(at);
            children.extend(self.gone(ancestry).get(&at).into_iter().flatten());
            for child in children {
                if above.len() < MAX_CHAIN && seen.insert(child) && !ancestry.descends(whole, child) {
                    above.push(child);
                }
            }
            next += 1;
        }
        above
    }

    fn gone(&self, ancestry: &Ancestry<'_>) -> &HashMap<ObjectId, BTreeSet<ObjectId>> {
        self.gone.get_or_init(|| {
            let mut children: HashMap<ObjectId, BTreeSet<ObjectId>> = HashMap::new();
            for tip in change_id::left_by_head(self.repo) {
                let mut at = tip;
                for _ in 0..MAX_CHAIN {
                    let parent = parents(self.repo, at).first().copied();
                    let Some(parent) = parent.filter(|_| !ancestry.holds(at)) else {
                        break;
                    };
                    if !children.entry(parent).or_default().insert(at) {
                        break;
                    }
                    at = parent;
                }
            }
            children
        })
    }
}

/// At most two of them: that there are several is enough to know.
fn parents(repo: &Repo, commit: ObjectId) -> Vec<ObjectId> {
    let read = messages::with_commit(repo, commit, |raw| raw.parents().take(2).collect());
    read.unwrap_or_default()
}
