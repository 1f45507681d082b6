//! Which commits a scan reads, and each commit's facts except its lines.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use super::commits::RawCommit;
use super::lookup::LARGEST_COMMIT;
use super::open::object_id;
use super::packs::{Kind, ObjectError, Objects};
use super::tree::oid;
use super::{GitError, Repo, files, loose_refs};
use crate::facts::claim;
use crate::facts::commit::{Commit, newest_first};
use crate::facts::evidence::Origin;
use crate::facts::ids::ObjectId;
use crate::facts::{reverts, signs};

/// The maximum size of the list of commits at which a shallow clone ends.
const LARGEST_SHALLOW: u64 = 64 << 20;
/// Commits are seldom deltas of each other, so a large cache is not worth it.
const KEPT: usize = 1 << 20;

/// The refs that history is read from: HEAD and local branches, and others on request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefSelection {
    /// Also remote branches and tags.
    pub all: bool,
    /// Branches that contain data, not history, as patterns of full names such as `refs/heads/entire/*`.
    pub exclude: Vec<String>,
}

impl Default for RefSelection {
    /// Excludes the branch in which Entire stores its checkpoints.
    fn default() -> Self {
        Self {
            all: false,
            exclude: vec!["entire/*".to_owned()],
        }
    }
}

/// The starting points of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heads {
    /// The commits, sorted, each once.
    pub commits: Vec<ObjectId>,
    /// Refs that do not lead to a commit although they should.
    pub broken: Vec<BrokenRef>,
}

/// A ref whose history is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRef {
    /// Its full name. Untrusted text.
    pub name: String,
    /// The reason, as a continuation of the name.
    pub reason: &'static str,
}

impl Heads {
    /// `seen` are commits that were found intact.
    fn add(
        &mut self,
        repo: &Repo,
        name: &str,
        reference: &git2::Reference<'_>,
        seen: &mut HashSet<git2::Oid>,
    ) {
        if reference.target().is_some_and(|target| seen.contains(&target)) {
            return;
        }
        match repo.commit_of(reference) {
            Ok(Some(commit)) => {
                seen.insert(commit.id());
                self.commits.extend(object_id(commit.id()));
            }
            // A ref to a tree or a file is unusual, but valid.
            Ok(None) => {}
            Err(_) => self.add_broken(name, "names a commit that is missing, damaged or too large"),
        }
    }

    fn add_broken(&mut self, name: &str, reason: &'static str) {
        let name = name.to_owned();
        self.broken.push(BrokenRef { name, reason });
    }

    fn is_broken(&self, name: &str) -> bool {
        self.broken.iter().any(|broken| broken.name == name)
    }
}

/// The selected commits of a repository.
#[derive(Debug, Default)]
pub struct Walk {
    /// Each once, newest first, with authors as in the commits.
    pub commits: Vec<Commit>,
    /// What could not be read, and why.
    pub trouble: Vec<(ObjectId, String)>,
    /// How many of them were just read.
    new_commits: usize,
    places: HashMap<ObjectId, usize>,
    /// Commits at which a shallow clone ends.
    shallow: BTreeSet<ObjectId>,
}

impl Walk {
    /// Whether the commit has parents that are not present, so that its changes are unknown.
    pub(super) fn is_cut_off(&self, at: usize) -> bool {
        self.shallow.contains(&self.commits[at].id)
    }

    /// How many of the commits were just read.
    pub fn new_commits(&self) -> usize {
        self.new_commits
    }

    /// Whether the clone ends somewhere in this history.
    pub fn is_shallow(&self) -> bool {
        !self.shallow.is_empty()
    }

    /// The root tree of a commit.
    pub(super) fn tree(&self, at: usize) -> ObjectId {
        self.commits[at].tree
    }

    /// The root tree of a commit's first parent, if it has one.
    pub(super) fn parent_tree(
        &self,
        at: usize,
        objects: &mut Objects<'_>,
    ) -> Result<Option<ObjectId>, ObjectError> {
        let Some(parent) = self.commits[at].parents.first() else {
            return Ok(None);
        };
        match self.places.get(parent) {
            Some(place) => Ok(Some(self.tree(*place))),
            None => Ok(Some(read_commit(parent, objects)?.tree)),
        }
    }

    fn put_in_order(&mut self, found: Vec<Commit>) {
        self.commits = found;
        self.commits.sort_by_key(newest_first);
        let places = self.commits.iter().enumerate();
        self.places = places.map(|(at, commit)| (commit.id, at)).collect();
    }
}

impl Repo {
    /// The commits that the selected refs point to; refs to other objects have no history.
    pub fn heads(&self, refs: &RefSelection) -> Result<Heads, GitError> {
        let mut heads = Heads::default();
        for name in loose_refs::broken(self.files_of_references(), refs.all, self.id_width() * 2) {
            if refs.selects(&name) {
                heads.add_broken(&name, "is empty or damaged");
            }
        }
        let mut seen = HashSet::new();
        self.add_head(&mut heads, &mut seen);
        for reference in self.raw().references()? {
            let reference = reference?;
            let name = String::from_utf8_lossy(reference.name_bytes());
            // If a file is broken, an older value may be packed.
            if refs.selects(&name) && !heads.is_broken(&name) {
                heads.add(self, &name, &reference, &mut seen);
            }
        }
        heads.commits.sort_unstable();
        heads.commits.dedup();
        Ok(heads)
    }

    /// An unborn branch has no history; an unreadable HEAD may have one.
    fn add_head(&self, heads: &mut Heads, seen: &mut HashSet<git2::Oid>) {
        match self.raw().head() {
            Ok(head) => heads.add(self, "HEAD", &head, seen),
            Err(error) if error.code() == git2::ErrorCode::UnbornBranch => {}
            Err(_) => {
                let head = self.raw().find_reference("HEAD").ok();
                let branch = head.as_ref().and_then(git2::Reference::symbolic_target_bytes);
                let branch = branch.map(String::from_utf8_lossy);
                if branch.is_none_or(|branch| !heads.is_broken(&branch)) {
                    heads.add_broken("HEAD", "cannot be read");
                }
            }
        }
    }

    /// The full names of refs whose file is empty or invalid, sorted. Untrusted text.
    pub(super) fn broken_refs(&self) -> Vec<String> {
        loose_refs::broken(self.files_of_references(), true, self.id_width() * 2)
    }

    /// The commits of [`Repo::heads`] with libgit2's ids.
    pub(super) fn tips(&self, refs: &RefSelection) -> Result<Vec<git2::Oid>, GitError> {
        let heads = self.heads(refs)?.commits.into_iter();
        Ok(heads.map(oid).collect::<Result<_, _>>()?)
    }

    /// Every commit that `tips` reach. Those in `known` are not read again.
    pub fn walk(&self, tips: &[ObjectId], known: &mut HashMap<ObjectId, Commit>) -> Walk {
        self.walk_until(tips, |id| known.remove(id), |_| false)
    }

    /// The commits that `tips` reach and an earlier walk from `heads`, which reached `reached`, did not. `None` if it reached
    /// commits that are no longer reachable, or may not be.
    pub fn walk_beyond(
        &self,
        tips: &[ObjectId],
        (heads, reached): (&[ObjectId], &HashSet<ObjectId>),
        known: &HashMap<ObjectId, Commit>,
    ) -> Option<Walk> {
        let mut not_met: HashSet<ObjectId> = heads.iter().copied().collect();
        let is_reached = |id: &ObjectId| {
            not_met.remove(id);
            reached.contains(id)
        };
        let walk = self.walk_until(tips, |id| known.get(id).cloned(), is_reached);
        not_met.is_empty().then_some(walk)
    }

    fn walk_until(
        &self,
        tips: &[ObjectId],
        mut known: impl FnMut(&ObjectId) -> Option<Commit>,
        mut is_end: impl FnMut(&ObjectId) -> bool,
    ) -> Walk {
        // If all commits are known, no pack is opened.
        let packs = OnceCell::new();
        let mut objects = None;
        let mut walk = Walk {
            shallow: self.shallow_commits(),
            ..Walk::default()
        };
        let mut found: Vec<Commit> = Vec::new();
        let mut pending: Vec<ObjectId> = tips.to_vec();
        let mut seen: HashSet<ObjectId> = pending.iter().copied().collect();
        while let Some(id) = pending.pop() {
            if is_end(&id) {
                continue;
            }
            let read = match known(&id) {
                Some(commit) => Ok(commit),
                None => {
                    let packs = packs.get_or_init(|| self.packs());
                    let objects =
                        objects.get_or_insert_with(|| Objects::of_commits(packs, self.git_dir(), KEPT));
                    walk.new_commits += 1;
                    read_commit(&id, objects).map(|commit| facts_of(&commit))
                }
            };
            match read {
                Ok(commit) => {
                    if !walk.shallow.contains(&id) {
                        let parents = commit.parents.iter().copied();
                        pending.extend(parents.filter(|parent| seen.insert(*parent)));
                    }
                    found.push(commit);
                }
                Err(error) => {
                    walk.new_commits -= 1;
                    walk.trouble.push((id, error.to_string()));
                }
            }
        }
        walk.put_in_order(found);
        walk
    }

    /// Commits that were already read, without their history.
    pub(super) fn walk_of(&self, commits: Vec<Commit>) -> Walk {
        let mut walk = Walk {
            shallow: self.shallow_commits(),
            ..Walk::default()
        };
        walk.put_in_order(commits);
        walk
    }

    /// The ends of a shallow clone.
    pub(super) fn shallow_commits(&self) -> BTreeSet<ObjectId> {
        let path = self.common_dir().join("shallow");
        // If libgit2 cannot read the file either, it reports that on opening the repository.
        let list = files::read_text(&path, LARGEST_SHALLOW)
            .ok()
            .flatten()
            .unwrap_or_default();
        list.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

/// A commit as read, with its parents in this clone: grafts may assign others.
pub(super) struct FoundCommit {
    id: ObjectId,
    data: Rc<Vec<u8>>,
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
}

impl FoundCommit {
    /// The content of its object.
    pub(super) fn raw(&self) -> RawCommit<'_> {
        RawCommit::parse(self.id, &self.data)
    }
}

pub(super) fn read_commit(id: &ObjectId, objects: &mut Objects<'_>) -> Result<FoundCommit, ObjectError> {
    let damaged = |reason: &str| ObjectError::Damaged {
        id: *id,
        reason: reason.to_owned(),
    };
    let object = objects.read(id, LARGEST_COMMIT)?;
    match object.kind {
        Kind::Commit => {
            let commit = RawCommit::parse(*id, &object.data);
            let tree = commit.tree_id().ok_or_else(|| damaged("it has no tree"))?;
            let parents = objects.parents(id, commit.parent_ids().collect());
            Ok(FoundCommit {
                id: *id,
                data: object.data,
                tree,
                parents,
            })
        }
        _ => Err(damaged("it is not a commit")),
    }
}

/// The facts in a commit object; its lines are still to be counted.
pub(super) fn facts_of(commit: &FoundCommit) -> Commit {
    let raw = commit.raw();
    let (author, message) = (raw.author(), raw.message());
    Commit {
        id: commit.id,
        tree: commit.tree,
        parents: commit.parents.clone(),
        author_time: raw.author_time(),
        commit_time: raw.commit_time(),
        subject: raw.subject(),
        lines: None,
        by_class: Vec::new(),
        claiming: claim::may_claim(&message).then(|| raw.object().into()),
        reverts: reverts::in_message(&message),
        origin: Origin::new(signs::in_commit(&author, &message)),
        author,
    }
}

impl RefSelection {
    pub(super) fn selects(&self, name: &str) -> bool {
        let wanted = name.starts_with("refs/heads/")
            || self.all && (name.starts_with("refs/remotes/") || name.starts_with("refs/tags/"));
        wanted && !self.exclude.iter().any(|pattern| matches_ref(pattern, name))
    }
}

/// `refs/heads/entire/*` matches everything below it, other patterns the ref itself; `refs/heads/` may be omitted.
fn matches_ref(pattern: &str, name: &str) -> bool {
    let short = name.strip_prefix("refs/heads/").unwrap_or(name);
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix) || short.starts_with(prefix),
        None => name == pattern || short == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_branches_are_no_history() {
        let refs = RefSelection {
            all: false,
            exclude: vec!["entire/*".into()],
        };
        assert!(refs.selects("refs/heads/main"));
        assert!(!refs.selects("refs/heads/entire/checkpoints/v1"));
        assert!(!refs.selects("refs/remotes/origin/main"));
        assert!(!refs.selects("refs/notes/leverage"));
    }
}
