//! Who made how many of the commits that one commit reaches, as `git shortlog -sn` and `git rev-list --count` report it.
//!
//! Only the author and times of a commit are stored, so a long history costs one read of its commit objects.

use std::collections::{HashMap, HashSet};

use super::changes::{self, AttributesOf, CountOptions, Renames};
use super::commits::RawCommit;
use super::graph::Commits;
use super::mailmap::NameMap;
use super::packs::Objects;
use super::tree::oid;
use super::walk::{FoundCommit, facts_of, read_commit};
use super::{GitError, Repo};
use crate::facts::commit::{Commit, Person};
use crate::facts::ids::ObjectId;
use crate::facts::inventory::{Author, HistoryFacts, RecentCommit};
use crate::facts::progress::Progress;

/// Commits are seldom deltas of each other, so a large cache is not worth it.
const KEPT: usize = 1 << 20;

impl Repo {
    /// The commits that `head` reaches, with authors mapped by the mailmap in its tree. Commits authored at `since` (seconds
    /// since the epoch) or later are listed with their lines, following renames and ignoring attributes. If an object is missing,
    /// its history is left out. At most `threads` threads count lines, and `progress` advances with each commit.
    pub fn contributions(
        &self,
        head: ObjectId,
        since: i64,
        (threads, progress): (usize, &Progress),
    ) -> Result<HistoryFacts, GitError> {
        let packs = self.packs();
        let mut objects = Objects::of_commits(&packs, self.git_dir(), KEPT);
        read_commit(&head, &mut objects)?;
        let mut facts = HistoryFacts {
            cut_short: self.is_shallow(),
            ..HistoryFacts::default()
        };
        let mut people = People::default();
        let mut recent = Vec::new();
        let mut pending = vec![head];
        let mut seen: HashSet<ObjectId> = HashSet::from([head]);
        while let Some(id) = pending.pop() {
            let Ok(commit) = read_commit(&id, &mut objects) else {
                facts.cut_short = true;
                continue;
            };
            progress.advance(1);
            let raw = commit.raw();
            let authored = raw.author_time().seconds;
            count(&mut facts, id, &commit, authored);
            let parents = commit.parents.iter().copied();
            pending.extend(parents.filter(|parent| seen.insert(*parent)));
            people.add(&raw);
            if authored >= since {
                recent.push(facts_of(&commit));
            }
        }
        facts.recent = self.with_lines(recent, threads, &mut facts.gaps);
        let mailmap = NameMap::of_tree(self, oid(head)?).unwrap_or_else(|error| {
            let reason = error.message();
            facts
                .gaps
                .push(format!("counted authors without `.mailmap`: {reason}"));
            NameMap::default()
        });
        facts.authors = authors(&people, &mailmap);
        Ok(facts)
    }

    /// The commits that `head` reaches, as far as they are present.
    pub fn reached_from(&self, head: ObjectId) -> Vec<ObjectId> {
        let packs = self.packs();
        let mut commits = Commits::of(self, &packs);
        let mut seen: HashSet<ObjectId> = HashSet::from([head]);
        let mut pending = vec![head];
        let mut reached = Vec::new();
        while let Some(id) = pending.pop() {
            if let Ok((_, _, parents)) = commits.with_tree(&id) {
                reached.push(id);
                pending.extend(parents.iter().copied().filter(|parent| seen.insert(*parent)));
            }
        }
        reached
    }

    /// A merge has no lines; those of a commit whose blobs are missing are unknown, which is reported in `gaps`.
    fn with_lines(&self, recent: Vec<Commit>, threads: usize, gaps: &mut Vec<String>) -> Vec<RecentCommit> {
        let walk = self.walk_of(recent);
        let options = CountOptions {
            renames: Renames::Follow,
            attributes: AttributesOf::Nothing,
            threads,
            progress: &Progress::default(),
        };
        let counts = changes::count(self, &walk, options);
        if let Some((commits, reason)) = &counts.refused {
            gaps.push(format!("lines of {commits} recent commits are unknown: {reason}"));
        }
        if let Some((_, reason)) = counts.trouble.first() {
            let commits = counts.trouble.len();
            gaps.push(format!("lines of {commits} recent commits are unknown: {reason}"));
        }
        let lines_of = |at: usize| {
            let sum = counts.lines.get(&at)?.total;
            Some((sum.added, sum.removed))
        };
        let recent = walk.commits.iter().enumerate();
        recent
            .map(|(at, commit)| RecentCommit {
                id: commit.id,
                time: commit.author_time.seconds,
                lines: lines_of(at),
            })
            .collect()
    }
}

/// Adds a commit to what is known about the history.
fn count(facts: &mut HistoryFacts, id: ObjectId, commit: &FoundCommit, authored: i64) {
    facts.commits += 1;
    if commit.parents.is_empty() {
        facts.roots.push(id);
    }
    facts.first = Some(facts.first.map_or(authored, |first| first.min(authored)));
    facts.last = Some(facts.last.map_or(authored, |last| last.max(authored)));
}

/// How many commits each author made.
#[derive(Default)]
struct People {
    /// By the bytes of the author, if these have one meaning: decoding each time would take longer than counting.
    by_bytes: HashMap<Vec<u8>, (Person, u64)>,
    /// The others.
    others: HashMap<Person, u64>,
}

impl People {
    fn add(&mut self, commit: &RawCommit<'_>) {
        let Some(bytes) = commit.author_bytes() else {
            *self.others.entry(commit.author()).or_default() += 1;
            return;
        };
        if let Some((_, commits)) = self.by_bytes.get_mut(bytes) {
            *commits += 1;
        } else {
            self.by_bytes.insert(bytes.to_owned(), (commit.author(), 1));
        }
    }

    fn all(&self) -> impl Iterator<Item = (&Person, u64)> {
        let others = self.others.iter().map(|(person, commits)| (person, *commits));
        let known = self.by_bytes.values();
        known.map(|(person, commits)| (person, *commits)).chain(others)
    }
}

/// The people, by the names that the mailmap gives them, most commits first.
fn authors(people: &People, mailmap: &NameMap) -> Vec<Author> {
    let mut by_name: HashMap<&str, u64> = HashMap::new();
    for (person, commits) in people.all() {
        let name = mailmap.resolve(&person.name, &person.email);
        *by_name.entry(name).or_default() += commits;
    }
    let mut authors: Vec<Author> = by_name
        .into_iter()
        .map(|(name, commits)| Author {
            name: name.to_owned(),
            commits,
        })
        .collect();
    authors.sort_by(|a, b| b.commits.cmp(&a.commits).then_with(|| a.name.cmp(&b.name)));
    authors
}
