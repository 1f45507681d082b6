//! Commits as rows without field names: in the cache, and between processes.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::facts::commit::{Commit, Instant, LineCounts, Person};
use crate::facts::evidence::{Evidence, Origin};
use crate::facts::files::FileClass;
use crate::facts::ids::ObjectId;
use crate::facts::sign::Sign;

/// A commit whose author is a number in a list of people.
#[derive(Serialize, Deserialize)]
pub struct Row {
    id: ObjectId,
    parents: Vec<ObjectId>,
    author: u32,
    author_time: Instant,
    commit_time: Instant,
    subject: String,
    lines: Option<LineCounts>,
    by_class: Vec<(FileClass, LineCounts)>,
    claiming: Option<Box<[u8]>>,
    evidence: Vec<StoredEvidence>,
}

/// [`Evidence`] without the attributes that omit empty fields from its JSON.
#[derive(Serialize, Deserialize)]
pub struct StoredEvidence {
    rule: Sign,
    agent: Option<String>,
    model: Option<String>,
    lines: Option<u64>,
}

/// People by number, while they are collected.
#[derive(Default)]
pub struct People {
    numbers: HashMap<Person, u32>,
    list: Vec<Person>,
}

impl People {
    /// The row of a commit. Its author joins the list.
    pub fn row(&mut self, commit: &Commit) -> Row {
        let number = self.numbers.get(&commit.author).copied();
        let author = number.unwrap_or_else(|| {
            let number = self.list.len() as u32;
            self.list.push(commit.author.clone());
            self.numbers.insert(commit.author.clone(), number);
            number
        });
        Row::of(commit, author)
    }

    /// All of them, in the order of their numbers.
    pub fn list(self) -> Vec<Person> {
        self.list
    }
}

impl Row {
    /// A commit whose author has this number.
    fn of(commit: &Commit, author: u32) -> Self {
        Self {
            id: commit.id,
            parents: commit.parents.clone(),
            author,
            author_time: commit.author_time,
            commit_time: commit.commit_time,
            subject: commit.subject.clone(),
            lines: commit.lines,
            by_class: commit.by_class.clone(),
            claiming: commit.claiming.clone(),
            evidence: commit.origin.evidence().iter().map(StoredEvidence::of).collect(),
        }
    }

    /// The commit; `None` if `people` lack its author.
    pub fn commit(self, people: &[Person]) -> Option<Commit> {
        let evidence = self.evidence.into_iter().map(StoredEvidence::evidence).collect();
        Some(Commit {
            id: self.id,
            parents: self.parents,
            author: people.get(self.author as usize)?.clone(),
            author_time: self.author_time,
            commit_time: self.commit_time,
            subject: self.subject,
            lines: self.lines,
            by_class: self.by_class,
            claiming: self.claiming,
            origin: Origin::new(evidence),
        })
    }
}

impl StoredEvidence {
    /// For a file.
    pub fn of(evidence: &Evidence) -> Self {
        let Evidence {
            rule,
            agent,
            model,
            lines,
        } = evidence.clone();
        Self {
            rule,
            agent,
            model,
            lines,
        }
    }

    /// The inverse.
    pub fn evidence(self) -> Evidence {
        Evidence {
            rule: self.rule,
            agent: self.agent,
            model: self.model,
            lines: self.lines,
        }
    }
}
