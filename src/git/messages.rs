//! Commit messages as raw bytes, over all that can be reached.
//!
//! libgit2's walk yields nothing at all when one author line in the ancestry is malformed. This one reads the raw objects
//! and asks of them only what it needs.

use std::collections::HashSet;

use chrono::NaiveDate;
use git2::{ObjectType, Oid};

use super::GitError;
use super::open::{Repo, object_id};
use super::walk::RefSelection;
use crate::facts::claimed::Authored;
use crate::facts::commit::{Instant, Person};
use crate::facts::ids::ObjectId;

/// The parts of a raw commit that messages need.
#[derive(Debug, Clone, Copy)]
pub struct RawCommit<'a> {
    /// Its id.
    pub id: ObjectId,
    header: &'a [u8],
    /// The message, not decoded.
    pub message: &'a [u8],
}

impl<'a> RawCommit<'a> {
    fn new(id: ObjectId, content: &'a [u8]) -> Self {
        let end = memchr::memmem::find(content, b"\n\n");
        Self {
            id,
            header: &content[..end.map_or(content.len(), |end| end + 1)],
            message: end.map_or(&[], |end| &content[end + 2..]),
        }
    }

    fn field(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.header
            .split(|byte| *byte == b'\n')
            .filter_map(move |line| line.strip_prefix(name.as_bytes())?.strip_prefix(b" "))
    }

    /// The author and the author's time; what is malformed is empty or 0.
    pub fn author(&self) -> (Person, Instant) {
        self.person("author")
    }

    /// The id of its tree, as hex digits; empty where it is malformed.
    pub fn tree(&self) -> &'a [u8] {
        self.field("tree").next().unwrap_or_default()
    }

    /// Its parents; what is malformed is left out.
    pub fn parents(&self) -> impl Iterator<Item = ObjectId> {
        let ids = self.field("parent").filter_map(|id| std::str::from_utf8(id).ok());
        ids.filter_map(|id| id.parse().ok())
    }

    /// When it was committed, seconds since the epoch; what is malformed is 0.
    pub fn committed(&self) -> i64 {
        self.person("committer").1.seconds
    }

    fn person(&self, field: &str) -> (Person, Instant) {
        let line = String::from_utf8_lossy(self.field(field).next().unwrap_or_default());
        let (name, rest) = line.split_once('<').unwrap_or((&line, ""));
        let (email, time) = rest.rsplit_once('>').unwrap_or((rest, ""));
        let mut time = time.split_whitespace();
        let seconds = time.next().and_then(|text| text.parse().ok()).unwrap_or_default();
        let zone: i32 = time.next().and_then(|text| text.parse().ok()).unwrap_or_default();
        let offset = zone / 100 * 60 + zone % 100;
        let person = Person {
            name: name.trim().to_owned(),
            email: email.to_owned(),
        };
        let instant = Instant {
            seconds,
            offset: i16::try_from(offset).unwrap_or_default(),
        };
        (person, instant)
    }

    /// What a rewrite keeps of it.
    pub fn authored(&self) -> Authored {
        let (author, time) = self.author();
        Authored {
            author,
            time,
            title: self.subject(),
        }
    }

    /// The author's day, on the author's own clock.
    pub fn author_day(&self) -> NaiveDate {
        self.author().1.day()
    }

    /// The first line that says something, as text; `(no subject)` where none does.
    pub fn subject(&self) -> String {
        let line = self
            .message
            .split(|byte| *byte == b'\n')
            .find(|line| !line.iter().all(u8::is_ascii_whitespace))
            .unwrap_or_default();
        match String::from_utf8_lossy(line).trim() {
            "" => "(no subject)".to_owned(),
            subject => subject.to_owned(),
        }
    }
}

/// Visits every commit that the selected refs reach, each once, in no order.
///
/// Commits that are missing (a shallow or damaged repository) end their line of ancestry; their number is returned.
pub fn visit_all(
    repo: &Repo,
    refs: &RefSelection,
    visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, GitError> {
    Ok(visit_from(repo, repo.tips(refs)?, visit)?)
}

/// Visits the commits that `included` reaches and `excluded` does not, newest lines of ancestry first.
pub fn visit_range(
    repo: &Repo,
    range: &Range,
    mut visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, GitError> {
    let mut excluded = HashSet::new();
    visit_from(repo, range.excluded.clone(), |commit| {
        excluded.insert(commit.id);
    })?;
    Ok(visit_from(repo, range.included.clone(), |commit| {
        if !excluded.contains(&commit.id) {
            visit(commit);
        }
    })?)
}

/// The ends of a range of commits.
#[derive(Debug, Clone, Default)]
pub struct Range {
    included: Vec<Oid>,
    excluded: Vec<Oid>,
}

impl Range {
    /// `A..B`, or one revision for all that it reaches.
    pub fn parse(repo: &Repo, text: &str) -> Result<Self, GitError> {
        let raw = repo.raw();
        let commit = |revision: &str| {
            let revision = if revision.is_empty() { "HEAD" } else { revision };
            Ok::<_, git2::Error>(raw.revparse_single(revision)?.peel_to_commit()?.id())
        };
        Ok(match text.split_once("..") {
            Some((from, to)) => Self {
                included: vec![commit(to.trim_start_matches('.'))?],
                excluded: vec![commit(from)?],
            },
            None => Self {
                included: vec![commit(text)?],
                excluded: Vec::new(),
            },
        })
    }
}

/// The commit that a revision names.
pub fn resolve(repo: &Repo, revision: &str) -> Option<ObjectId> {
    let commit = repo.raw().revparse_single(revision).ok()?.peel_to_commit().ok()?;
    object_id(commit.id())
}

/// One commit, raw.
pub fn with_commit<T>(
    repo: &Repo,
    id: ObjectId,
    read: impl FnOnce(RawCommit<'_>) -> T,
) -> Result<T, GitError> {
    let odb = repo.raw().odb()?;
    let object = odb.read(repo.replaced().oid(Oid::from_bytes(id.as_bytes())?))?;
    Ok(read(RawCommit::new(id, object.data())))
}

pub(super) fn visit_from(
    repo: &Repo,
    mut pending: Vec<Oid>,
    mut visit: impl FnMut(RawCommit<'_>),
) -> Result<usize, git2::Error> {
    let odb = repo.raw().odb()?;
    let replaced = repo.replaced();
    let mut seen: HashSet<Oid> = HashSet::new();
    let mut missing = 0;
    while let Some(id) = pending.pop() {
        if !seen.insert(id) {
            continue;
        }
        let object = odb
            .read(replaced.oid(id))
            .ok()
            .filter(|object| object.kind() == ObjectType::Commit);
        let raw = id;
        let (Some(object), Some(id)) = (object, object_id(id)) else {
            missing += 1;
            continue;
        };
        let commit = RawCommit::new(id, object.data());
        let parents = commit
            .field("parent")
            .filter_map(|hex| Oid::from_str(std::str::from_utf8(hex).ok()?).ok());
        pending.extend(replaced.parent_oids(raw, parents.collect()));
        visit(commit);
    }
    Ok(missing)
}
