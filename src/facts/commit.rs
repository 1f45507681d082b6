//! A commit as the reports need it: who, when, how many lines, made by whom.

use std::fmt;
use std::ops::{Add, AddAssign};

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::evidence::{ForeignTrailers, Origin, Signs, origin};
use super::files::FileClass;
use super::ids::ObjectId;

/// An instant with the offset its author's clock had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Instant {
    /// Seconds since the epoch, UTC.
    pub seconds: i64,
    /// Minutes east of UTC.
    pub offset: i16,
}

impl Instant {
    /// The day on that clock: the same for everybody who reads it.
    pub fn day(self) -> NaiveDate {
        let at: DateTime<Utc> = DateTime::from_timestamp(self.seconds, 0).unwrap_or_default();
        FixedOffset::east_opt(i32::from(self.offset) * 60)
            .map_or(at.date_naive(), |offset| at.with_timezone(&offset).date_naive())
    }
}

/// A person as git's mailmap resolves them. Untrusted text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// `Name <email>`, as git shows a person. Untrusted text.
impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// What an amend, a rebase and a cherry-pick preserve of a commit, which ids are derived from: the bytes of the object
/// as text, whatever encoding it names. For display, the text is read as git shows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Authored {
    /// The author, as the commit has it.
    pub author: Person,
    /// The author's time.
    pub time: Instant,
    /// The first line of the message.
    pub title: String,
}

impl Authored {
    /// Whether both were authored in the same second and have the author or the title in common.
    pub fn is_alike(&self, other: &Self) -> bool {
        self.time == other.time && (self.author == other.author || self.title == other.title)
    }
}

/// The totals of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineCounts {
    /// Files touched, mode changes and binaries included.
    pub files: u64,
    /// Lines added.
    pub added: u64,
    /// Lines removed.
    pub removed: u64,
}

impl Add for LineCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            added: self.added + other.added,
            removed: self.removed + other.removed,
        }
    }
}

impl AddAssign for LineCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// The totals of a change, of all files and by kind of file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lines {
    /// All files.
    pub total: LineCounts,
    /// By kind, sorted.
    pub by_class: Vec<(FileClass, LineCounts)>,
}

impl Lines {
    /// Adds a file of a kind.
    pub fn add(&mut self, class: FileClass, counts: LineCounts) {
        self.total += counts;
        match self.by_class.binary_search_by_key(&class, |(known, _)| *known) {
            Ok(at) => self.by_class[at].1 += counts,
            Err(at) => self.by_class.insert(at, (class, counts)),
        }
    }
}

/// The facts of one commit. They depend only on its objects, so they are read once and never change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Commit {
    /// Its object id.
    pub id: ObjectId,
    /// The tree of its files.
    #[serde(skip)]
    pub tree: ObjectId,
    /// Its parents, in order.
    pub parents: Vec<ObjectId>,
    /// The author, through the mailmap.
    pub author: Person,
    /// When the author made the change.
    pub author_time: Instant,
    /// When the commit was made: moves on amend and rebase.
    pub commit_time: Instant,
    /// The first paragraph of the message as one line. Untrusted text.
    pub subject: String,
    /// All its files and lines against its first parent; zero for a merge, `None` if blobs are missing.
    pub lines: Option<LineCounts>,
    /// The same by kind of file, sorted; empty if `lines` is `None`.
    pub by_class: Vec<(FileClass, LineCounts)>,
    /// Its object, if its message may have `Leverage-` trailers; hardly any does.
    pub claiming: Option<Box<[u8]>>,
    /// The ids, or beginnings of ids, of the commits that its message reverts; hardly any names one.
    #[serde(skip)]
    pub reverts: Box<[Box<str>]>,
    /// Who made it, and the evidence.
    pub origin: Origin,
}

impl Commit {
    /// The part of its lines in files of a class; `None` if its lines are unknown.
    pub fn lines_in(&self, class: FileClass) -> Option<LineCounts> {
        self.lines?;
        let of_class = self.by_class.iter().find(|(known, _)| *known == class);
        Some(of_class.map_or_else(LineCounts::default, |(_, counts)| *counts))
    }

    /// Combines it with the same commit in another clone. Blobs may be missing in one and notes in the other: lines are
    /// those of the first clone that has any, signs those of all.
    pub fn known_better(&self, again: &Self) -> Option<Self> {
        let counted = [self, again]
            .into_iter()
            .find(|one| one.lines.is_some())
            .unwrap_or(self);
        let is_more = counted.lines != self.lines || self.origin != again.origin;
        is_more.then(|| Self {
            lines: counted.lines,
            by_class: counted.by_class.clone(),
            origin: self.origin.with(again.origin.evidence().iter().cloned()),
            ..self.clone()
        })
    }

    /// Whether it joins histories. Merges have no lines, as in `git log --no-merges`.
    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }
}

/// The order of a history: newest first, then by id.
pub fn newest_first(commit: &Commit) -> (std::cmp::Reverse<i64>, ObjectId) {
    (std::cmp::Reverse(commit.commit_time.seconds), commit.id)
}

/// Decides who made each of `commits`, whose origins contain only their own signs until then.
pub fn decide(commits: &mut [Commit], elsewhere: &Signs, foreign: ForeignTrailers) {
    for commit in commits {
        let signs = elsewhere.of(commit.id);
        if !signs.is_empty() || foreign == ForeignTrailers::Ignore {
            commit.origin = origin(commit.origin.evidence(), signs, foreign);
        }
    }
}
