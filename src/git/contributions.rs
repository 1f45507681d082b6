//! Who made how many of the commits that one commit reaches, as `git shortlog -sn` and `git rev-list --count` have it.

use std::collections::HashMap;

use git2::{Commit, DiffFindOptions, DiffOptions, Oid, Repository, Sort};

use super::mailmap::NameMap;
use super::tree::oid;
use super::{GitError, Repo};
use crate::facts::ids::ObjectId;
use crate::facts::inventory::{Author, HistoryFacts, RecentCommit};

/// Larger blobs count as binary: comparing them takes memory without bound.
const MAX_BLOB: i64 = 10 << 20;

/// A name and address as a commit has them.
type RawPerson = (Vec<u8>, Vec<u8>);

impl Repo {
    /// The commits that `head` reaches, authors through the mailmap in its tree. Commits made at `since` (seconds since the
    /// epoch) or later are listed with their lines. Where an object is missing, what is before it is left out.
    pub fn contributions(&self, head: ObjectId, since: i64) -> Result<HistoryFacts, GitError> {
        let repo = self.raw();
        let head = oid(head)?;
        let mut facts = HistoryFacts {
            cut_short: repo.is_shallow(),
            ..HistoryFacts::default()
        };
        let mut people: HashMap<RawPerson, u64> = HashMap::new();
        let mut walk = repo.revwalk()?;
        walk.set_sorting(Sort::NONE)?;
        walk.push(head)?;
        for commit in walk {
            let Ok(commit) = commit.and_then(|id| repo.find_commit(id)) else {
                facts.cut_short = true;
                break;
            };
            facts.add(&commit);
            let time = commit.time().seconds();
            if time >= since {
                let lines = self.lines(&commit).ok();
                facts.recent.push(RecentCommit { time, lines });
            }
            let author = commit.author();
            let person = (author.name_bytes().to_vec(), author.email_bytes().to_vec());
            *people.entry(person).or_default() += 1;
        }
        facts.authors = authors(&people, &mailmap(repo, head).unwrap_or_default());
        Ok(facts)
    }

    /// Lines added and removed against the first parent, files that moved followed; none for a merge.
    fn lines(&self, commit: &Commit) -> Result<(u64, u64), GitError> {
        if commit.parent_count() > 1 {
            return Ok((0, 0));
        }
        let old = commit.parents().next().map(|parent| parent.tree()).transpose()?;
        let mut options = DiffOptions::new();
        options.max_size(MAX_BLOB);
        let new = commit.tree()?;
        let mut diff = self
            .raw()
            .diff_tree_to_tree(old.as_ref(), Some(&new), Some(&mut options))?;
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
        let stats = diff.stats()?;
        Ok((stats.insertions() as u64, stats.deletions() as u64))
    }
}

impl HistoryFacts {
    fn add(&mut self, commit: &Commit) {
        self.commits += 1;
        let authored = commit.author().when().seconds();
        self.first = Some(self.first.map_or(authored, |first| first.min(authored)));
        self.last = Some(self.last.map_or(authored, |last| last.max(authored)));
    }
}

/// The mailmap in the tree of `head`: the one that a clean checkout has.
fn mailmap(repo: &Repository, head: Oid) -> Option<NameMap> {
    let tree = repo.find_commit(head).ok()?.tree().ok()?;
    let blob = repo.find_blob(tree.get_name(".mailmap")?.id()).ok()?;
    Some(NameMap::parse(&String::from_utf8_lossy(blob.content())))
}

/// The people by the names that the mailmap gives them, most commits first.
fn authors(people: &HashMap<RawPerson, u64>, mailmap: &NameMap) -> Vec<Author> {
    let mut by_name: HashMap<String, u64> = HashMap::new();
    for ((name, email), commits) in people {
        let (name, email) = (String::from_utf8_lossy(name), String::from_utf8_lossy(email));
        let name = mailmap.resolve(&name, &email).to_owned();
        *by_name.entry(name).or_default() += commits;
    }
    let mut authors: Vec<Author> = by_name
        .into_iter()
        .map(|(name, commits)| Author { name, commits })
        .collect();
    authors.sort_by(|a, b| b.commits.cmp(&a.commits).then_with(|| a.name.cmp(&b.name)));
    authors
}
